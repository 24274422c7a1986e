"""L-BFGS's two-loop recursion."""

import numpy as np

from course_lib.exercises import Case, Exercise, Mutant

from .cases import bowl


def two_loops_cases(rng: np.random.Generator) -> list[Case]:
    def case(label, g, S, hessian):
        return Case.one(label, g=g, S=S, Y=S @ hessian)

    return [
        case("one pair", np.array([4.0, 1.0]), np.array([[1.0, 0.5]]), np.diag([4.0, 1.0])),
        case("three pairs", rng.standard_normal(4), rng.standard_normal((3, 4)), bowl(rng, 4)),
        case("two pairs", rng.standard_normal(3), rng.standard_normal((2, 3)), bowl(rng, 3)),
        case("steps of 1e-4", rng.standard_normal(3), 1e-4 * rng.standard_normal((3, 3)), bowl(rng, 3)),
    ]


two_loops = Exercise(
    name="two_loops",
    page="06_second_order",
    number=4,
    title="The two loops",
    prompt=(
        "The rows of `S` and `Y` are the last steps s and changes of the gradient y, the oldest first. Return "
        "H g, without any matrix: from the newest pair to the oldest, α = sᵀq/yᵀs and q ← q − α y, with q = g "
        "at first; r = γ q with γ = sᵀy/yᵀy of the newest pair; then from the oldest to the newest, β = "
        "yᵀr/yᵀs and r ← r + s (α − β), each with its own α."
    ),
    source="""\
def two_loops(g, S, Y):
    q, alphas = g, []
    for s, y in zip(S[::-1], Y[::-1]):
        alphas.append((s @ q) / (y @ s))
        q = q - alphas[-1] * y
    r = (S[-1] @ Y[-1]) / (Y[-1] @ Y[-1]) * q
    for s, y in zip(S, Y):
        r = r + s * (alphas.pop() - (y @ r) / (y @ s))
    return r
""",
    returns=("r",),
    cases=two_loops_cases,
    hints=(
        "`S[::-1]` runs through the rows backwards, `zip(S, Y)` through both at once.",
        (
            "Keep each α of the first loop in a list. The last one that was added belongs to the oldest pair, "
            "which the second loop takes first: `pop()`."
        ),
        "Do not write `q -= …`: q is the caller's `g` at first. `q = q - …` makes a new array.",
    ),
    asks={
        "g": "what should each of the loops do to the vector that begins as `g`?",
        "S": "in which order should the rows of `S` come, and for what?",
        "Y": "in which order should the rows of `Y` come, and for what?",
    },
    explanation=(
        "The first loop applies the right-hand brackets I − ρ y sᵀ of all updates, newest first; γ q is H₀ q; "
        "the second loop applies the left-hand brackets and adds each ρ s sᵀ. That is 4mn multiplications "
        "if each yᵀs is computed once (6mn as written), and no matrix."
    ),
    after=("It is `two_loop_recursion` in `course_lib/optim/second_order/quasi_newton.py`; L-BFGS goes along −r."),
    accepts={
        "by index": (
            "def two_loops(g, S, Y):\n"
            "    q, m = np.array(g), len(S)\n"
            "    alpha = np.zeros(m)\n"
            "    for i in range(m - 1, -1, -1):\n"
            "        alpha[i] = (S[i] @ q) / (Y[i] @ S[i])\n"
            "        q = q - alpha[i] * Y[i]\n"
            "    r = (S[-1] @ Y[-1]) / (Y[-1] @ Y[-1]) * q\n"
            "    for i in range(m):\n"
            "        r = r + S[i] * (alpha[i] - (Y[i] @ r) / (Y[i] @ S[i]))\n"
            "    return r\n"
        ),
        "with the matrix": (
            "def two_loops(g, S, Y):\n"
            "    H = (S[-1] @ Y[-1]) / (Y[-1] @ Y[-1]) * np.eye(len(g))\n"
            "    for s, y in zip(S, Y):\n"
            "        V = np.eye(len(g)) - np.outer(s, y) / (y @ s)\n"
            "        H = V @ H @ V.T + np.outer(s, s) / (y @ s)\n"
            "    return H @ g\n"
        ),
        "float32": (
            "def two_loops(g, S, Y):\n"
            "    q, S, Y, alphas = np.float32(g), np.float32(S), np.float32(Y), []\n"
            "    for s, y in zip(S[::-1], Y[::-1]):\n"
            "        alphas.append((s @ q) / (y @ s))\n"
            "        q = q - alphas[-1] * y\n"
            "    r = (S[-1] @ Y[-1]) / (Y[-1] @ Y[-1]) * q\n"
            "    for s, y in zip(S, Y):\n"
            "        r = r + s * (alphas.pop() - (y @ r) / (y @ s))\n"
            "    return r\n"
        ),
    },
    mutants=(
        Mutant(
            "oldest first",
            "zip(S[::-1], Y[::-1])",
            "zip(S, Y)",
            "The first loop runs from the newest pair to the oldest.",
        ),
        Mutant(
            "newest first at the end",
            "zip(S, Y):\n        r",
            "zip(S[::-1], Y[::-1]):\n        r",
            "The second loop runs from the oldest pair to the newest.",
        ),
        Mutant(
            "alphas in the wrong order",
            "alphas.pop()",
            "alphas.pop(0)",
            "Each pair wants its own α back: they come in reverse order.",
        ),
        Mutant(
            "no scale",
            "(S[-1] @ Y[-1]) / (Y[-1] @ Y[-1]) * q",
            "q",
            "γ is missing: H₀ = I does not know the scale of the loss.",
        ),
        Mutant(
            "gamma upside down",
            "(S[-1] @ Y[-1]) / (Y[-1] @ Y[-1])",
            "(Y[-1] @ Y[-1]) / (S[-1] @ Y[-1])",
            "γ = sᵀy/yᵀy is one over a curvature; yours is the curvature.",
        ),
        Mutant(
            "gamma of the oldest",
            "(S[-1] @ Y[-1]) / (Y[-1] @ Y[-1])",
            "(S[0] @ Y[0]) / (Y[0] @ Y[0])",
            "γ comes from the newest pair.",
        ),
        Mutant("q not updated", "q = q - alphas[-1] * y", "q = q", "The first loop takes α y off q."),
        Mutant(
            "beta forgotten", "alphas.pop() - (y @ r) / (y @ s)", "alphas.pop()", "β is missing in the second loop."
        ),
        Mutant("sign of beta", "alphas.pop() - (y @ r)", "alphas.pop() + (y @ r)", "α − β, not α + β."),
    ),
)
