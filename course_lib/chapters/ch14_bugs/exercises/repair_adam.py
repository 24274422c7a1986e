"""A step of Adam that never uses its first moment."""

import numpy as np

from course_lib.exercises import Case, Exercise, Mutant


def cases(rng: np.random.Generator) -> list[Case]:
    def case(label: str, x: np.ndarray, gradients: np.ndarray, lr: float) -> Case:
        given = tuple({"dx": dx, "t": t, "lr": lr} for t, dx in enumerate(gradients, start=1))
        return Case(label, {"x": x, "m": 0 * x, "v": 0 * x}, given)

    return [
        case("a single number", np.array(2.0), np.array([3.0, -1.0, 2.0]), 0.1),
        case("three numbers", rng.standard_normal(3), rng.standard_normal((4, 3)), 0.1),
        case("a rate of 1", rng.standard_normal(3), rng.standard_normal((4, 3)), 1.0),
        case("gradients of 1e-4", rng.standard_normal(3), 1e-4 * rng.standard_normal((4, 3)), 0.01),
    ]


repair_adam = Exercise(
    name="repair_adam",
    page="14_bugs",
    number=3,
    title="Repair Adam",
    prompt=(
        "This was meant to be a step of Adam with the usual betas; `t` is the number of this step, 1 in the first. It "
        "runs, it learns, and it is not Adam. Put it right; return the new point and both moments, as new arrays."
    ),
    source="""\
def adam_step(x, dx, m, v, t, lr):
    m = 0.9 * m + 0.1 * dx
    v = 0.999 * v + 0.001 * dx**2
    x = x - lr * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
    return x, m, v
""",
    start="""\
def adam_step(x, dx, m, v, t, lr):
    m = 0.9 * m + 0.1 * dx
    v = 0.999 * v + 0.001 * dx**2
    x = x - lr * dx / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
    return x, m, v
""",
    returns=("x", "m", "v"),
    cases=cases,
    hints=(
        "Along which mean should the step go? Does it, and is what it uses corrected?",
        "Both moments start at 0. The second is divided by the weight that it has gathered; the first needs that, too.",
    ),
    asks={
        "t": "what should the correction at step `t` do, and to which of the two?",
    },
    limits={"v": (0, None), "t": (1, None), "lr": (0, None)},
    explanation=(
        "Adam steps along the first moment, a mean of gradients, and not along the last gradient alone. m has gathered "
        "the weight 1 − 0.9ᵗ, v the weight 1 − 0.999ᵗ; divided by these, the first step is α whatever the slope."
    ),
    after="In the first step dx and the corrected m are equal, so this bug passes the check of the first step.",
    accepts={
        "under new names": """\
def adam_step(x, dx, m, v, t, lr):
    m = m + 0.1 * (dx - m)
    v = v + 0.001 * (dx * dx - v)
    m_hat = m / (1 - 0.9**t)
    v_hat = v / (1 - 0.999**t)
    return x - lr * m_hat / (v_hat**0.5 + 1e-8), m, v
""",
        "the correction in the rate": """\
def adam_step(x, dx, m, v, t, lr):
    m = 0.9 * m + (1 - 0.9) * dx
    v = 0.999 * v + (1 - 0.999) * np.square(dx)
    root = np.sqrt(1 - 0.999**t)
    rate = lr * root / (1 - 0.9**t)
    return x - rate * m / (np.sqrt(v) + 1e-8 * root), m, v
""",
        "float32": """\
def adam_step(x, dx, m, v, t, lr):
    m = np.asarray(0.9 * m + 0.1 * dx, dtype=np.float32)
    v = np.asarray(0.999 * v + 0.001 * dx**2, dtype=np.float32)
    step = lr * m / (1 - 0.9**t) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
    return np.asarray(x - step, dtype=np.float32), m, v
""",
    },
    mutants=(
        Mutant(
            "RMSProp's line",
            "(m / (1 - 0.9**t))",
            "dx",
            "The last line is still RMSProp's, with `dx`: the first moment is computed and never used.",
        ),
        Mutant(
            "first moment alone corrected",
            "np.sqrt(v / (1 - 0.999**t))",
            "np.sqrt(v)",
            "Only m is corrected now: the first step is 31.6 α.",
        ),
        Mutant(
            "second moment alone corrected",
            "(m / (1 - 0.9**t))",
            "m",
            "Only v is corrected: the first step is 0.1 α.",
        ),
        Mutant(
            "none corrected",
            "(m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)",
            "m / (np.sqrt(v) + 1e-8)",
            "Nothing is corrected: the first step is 3.16 α whatever the gradient.",
        ),
        Mutant("both with beta 1", "0.999**t", "0.9**t", "You correct v with β₁. It has a memory of its own: 0.999."),
        Mutant("both with beta 2", "0.9**t", "0.999**t", "You correct m with β₂. It has a memory of its own: 0.9."),
        Mutant(
            "corrected kept",
            "    x = x - lr * (m / (1 - 0.9**t))",
            "    m = m / (1 - 0.9**t)\n    x = x - lr * m",
            "You keep the corrected m, so that it is corrected again at each step: give it another name.",
        ),
        Mutant("not squared", "0.001 * dx**2", "0.001 * np.abs(dx)", "v averages squares; you average sizes."),
        Mutant("uphill", "x - lr", "x + lr", "You add the step: it leads uphill."),
        Mutant(
            "t one ahead",
            "(m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t))",
            "(m / (1 - 0.9 ** (t + 1))) / (np.sqrt(v / (1 - 0.999 ** (t + 1)))",
            "You are one step ahead: `t` is 1 in the first step already.",
        ),
        Mutant(
            "no root",
            "(np.sqrt(v / (1 - 0.999**t)) + 1e-8)",
            "(v / (1 - 0.999**t) + 1e-8)",
            "The root is missing: small slopes get huge steps.",
        ),
        Mutant(
            "moments in place",
            "m = 0.9 * m + 0.1 * dx\n    v = 0.999 * v + 0.001 * dx**2",
            "m *= 0.9\n    m += 0.1 * dx\n    v *= 0.999\n    v += 0.001 * dx**2",
            "The numbers are right, but the caller's arrays `m` and `v` are changed: make new ones.",
        ),
    ),
)
