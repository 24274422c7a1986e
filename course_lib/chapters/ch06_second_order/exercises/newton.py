"""One Newton step, damped."""

import numpy as np

from course_lib.exercises import Case, Exercise, Mutant

from .cases import bowl


def newton_cases(rng: np.random.Generator) -> list[Case]:
    x, g = rng.standard_normal((2, 3))
    y, h = rng.standard_normal((2, 2))
    turned = np.array([[1.0, 0.5], [0.5, 10.0]])
    saddle = np.array([[1.0, 0.3], [0.3, -2.0]])
    return [
        Case.one("a bowl", x=np.array([3.0, 2.0]), g=np.array([3.0, 20.0]), H=turned, damping=0.0),
        Case.one("damped", x=x, g=g, H=bowl(rng, 3), damping=2.0),
        Case.one("gradients of 1e-4", x=0 * x, g=1e-4 * g, H=bowl(rng, 3), damping=0.1),
        Case.one("a saddle", x=y, g=h, H=np.diag([1.0, -2.0]), damping=0.0),
        Case.one("a saddle, damped past it", x=y, g=h, H=saddle, damping=3.0),
    ]


newton = Exercise(
    name="newton",
    page="06_second_order",
    number=1,
    title="A damped Newton step",
    prompt=(
        "You get a point `x`, the gradient `g` and the Hessian `H` there, and `damping` λ. Return the point "
        "after one step: add λ to every curvature, and go to where the quadratic model is flat."
    ),
    source="""\
def newton_step(x, g, H, damping):
    H = H + damping * np.eye(len(x))
    p = np.linalg.solve(H, -g)
    return x + p
""",
    returns=("x",),
    cases=newton_cases,
    hints=(
        "The model's slope at x + p is g + H p. Where is it zero?",
        "`np.linalg.solve(A, b)` returns the p with A p = b; no inverse is needed.",
        "Adding λ to every eigenvalue of H adds λ to its diagonal: `np.eye(n)` is the unit matrix.",
    ),
    asks={
        "damping": "to which entries of the matrix should `damping` be added?",
        "H": "what should be solved with `H`?",
        "x": "what should be added to `x`?",
        "g": "what should lead from `g` to the step?",
    },
    limits={"damping": (0, None)},
    explanation=(
        "The model is flat where (H + λI) p = −g. Its solution is the slope divided by the curvature plus λ, "
        "along each eigenvector. A solve costs about 2n³/3 operations and is more exact than an inverse."
    ),
    after=("It is `Newton(damping=…)` of `course_lib.optim`, which also stops where there is no such step."),
    accepts={
        "with the inverse": (
            "def newton_step(x, g, H, damping):\n    return x - np.linalg.inv(H + damping * np.eye(len(g))) @ g\n"
        ),
        "by eigenvectors": (
            "def newton_step(x, g, H, damping):\n"
            "    c, Q = np.linalg.eigh(H)\n"
            "    return x - Q @ ((Q.T @ g) / (c + damping))\n"
        ),
        "float32": (
            "def newton_step(x, g, H, damping):\n"
            "    A = (H + damping * np.eye(len(x))).astype(np.float32)\n"
            "    return x.astype(np.float32) - np.linalg.solve(A, g.astype(np.float32))\n"
        ),
    },
    mutants=(
        Mutant(
            "scalar added",
            "damping * np.eye(len(x))",
            "damping",
            "Adding a number to a matrix adds it to *every* entry; damping is λI, on the diagonal.",
        ),
        Mutant("uphill", "solve(H, -g)", "solve(H, g)", "The sign: from ∇f + Hp = 0, p = −H⁻¹∇f."),
        Mutant(
            "times H",
            "np.linalg.solve(H, -g)",
            "-H @ g",
            "You multiply by H: the step grows where the curvature is large. Divide by it: solve.",
        ),
        Mutant(
            "diagonal",
            "np.linalg.solve(H, -g)",
            "-g / np.diag(H)",
            "Only the diagonal: right if the axes are the eigenvectors, wrong for a turned valley.",
        ),
        Mutant("gradient step", "np.linalg.solve(H, -g)", "-g", "That is gradient descent with rate 1."),
        Mutant("step alone", "x + p", "p", "That is the step p. Asked is the point to which it leads, x + p."),
        Mutant("damping forgotten", "H + damping * np.eye(len(x))", "H", "The damping is not used."),
        Mutant(
            "damping times H",
            "damping * np.eye(len(x))",
            "damping * np.diag(np.diag(H))",
            "You scale the diagonal (Marquardt's variant); asked is λI.",
        ),
        Mutant("damping subtracted", "H + damping", "H - damping", "Damping is added: it makes curvatures positive."),
        Mutant(
            "divided afterwards",
            "H = H + damping * np.eye(len(x))\n    p = np.linalg.solve(H, -g)",
            "p = np.linalg.solve(H, -g) / (1 + damping)",
            "A shorter Newton step still points at the saddle; damping changes its direction, too.",
        ),
    ),
)
