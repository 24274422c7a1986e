"""BFGS's update of the inverse Hessian."""

import numpy as np

from course_lib.exercises import Case, Exercise, Mutant

from .cases import bowl


def bfgs_cases(rng: np.random.Generator) -> list[Case]:
    s, t = rng.standard_normal(3), rng.standard_normal(4)
    return [
        Case.one("two dimensions", H=np.eye(2), s=np.array([1.0, 0.5]), y=np.array([2.0, 3.0])),
        Case.one("from a learned H", H=bowl(rng, 3) / 5, s=s, y=bowl(rng, 3) @ s),
        Case.one("four", H=np.eye(4), s=t, y=bowl(rng, 4) @ t),
        Case.one("steps of 1e-4", H=bowl(rng, 3) / 5, s=1e-4 * s, y=bowl(rng, 3) @ (1e-4 * s)),
    ]


bfgs = Exercise(
    name="bfgs",
    page="06_second_order",
    number=3,
    title="BFGS’s update",
    prompt=(
        "`H` is the estimate of the inverse Hessian so far, `s` the last step, `y` the change of the gradient "
        "along it, with yᵀs > 0. Return the new estimate, (I − ρ s yᵀ) H (I − ρ y sᵀ) + ρ s sᵀ with ρ = "
        "1/(yᵀs)."
    ),
    source="""\
def bfgs_update(H, s, y):
    rho = 1 / (y @ s)
    V = np.eye(len(s)) - rho * np.outer(s, y)
    return V @ H @ V.T + rho * np.outer(s, s)
""",
    returns=("H",),
    cases=bfgs_cases,
    hints=(
        "`np.outer(s, y)` is the matrix s yᵀ, `y @ s` the number yᵀs.",
        "The right-hand bracket is the transpose of the left-hand one: compute it once.",
        "Test yourself: the new H times y must be s.",
    ),
    asks={
        "H": "what should stand on either side of `H`?",
    },
    explanation=(
        "The brackets take from H all that it said along y, and ρ s sᵀ puts there what was met: H y = s. H "
        "stays symmetric, and positive definite because yᵀs > 0."
    ),
    after=(
        "It is `BFGS.update_curvature` of `course_lib.optim`, which skips a pair whose yᵀs is not positive, and "
        "multiplies the brackets out: with H y computed once it costs some n² operations, your two products of "
        "matrices cost n³."
    ),
    accepts={
        "two brackets": (
            "def bfgs_update(H, s, y):\n"
            "    rho, I = 1 / (y @ s), np.eye(len(s))\n"
            "    return (I - rho * np.outer(s, y)) @ H @ (I - rho * np.outer(y, s)) + rho * np.outer(s, s)\n"
        ),
        "multiplied out": (
            "def bfgs_update(H, s, y):\n"
            "    Hy, sy = H @ y, s @ y\n"
            "    return H - (np.outer(s, Hy) + np.outer(Hy, s)) / sy + (1 + (y @ Hy) / sy) * np.outer(s, s) / sy\n"
        ),
        "float32": (
            "def bfgs_update(H, s, y):\n"
            "    V = np.eye(len(s)) - np.outer(s, y) / (y @ s)\n"
            "    return np.float32(V @ H @ V.T + np.outer(s, s) / (y @ s))\n"
        ),
    },
    mutants=(
        Mutant("rho upside down", "1 / (y @ s)", "y @ s", "ρ is 1/(yᵀs)."),
        Mutant(
            "s and y swapped",
            "rho * np.outer(s, y)\n    return V @ H @ V.T + rho * np.outer(s, s)",
            "rho * np.outer(y, s)\n    return V @ H @ V.T + rho * np.outer(y, y)",
            "s and y are exchanged: that updates the Hessian, not its inverse (the secant condition would be H s = y).",
        ),
        Mutant(
            "outer products by @",
            "rho * np.outer(s, y)\n    return V @ H @ V.T + rho * np.outer(s, s)",
            "rho * s @ y.T\n    return V @ H @ V.T + rho * s @ s.T",
            "An array with one axis has no rows or columns: `.T` leaves it as it is, and `s @ y.T` is the number sᵀy. "
            "The matrix s yᵀ is `np.outer(s, y)`.",
        ),
        Mutant(
            "no last term",
            " + rho * np.outer(s, s)",
            "",
            "Without ρssᵀ nothing new is learned: H y would be 0, and should be s.",
        ),
        Mutant(
            "last term taken off", " + rho * np.outer(s, s)", " - rho * np.outer(s, s)", "Plus ρssᵀ: H y is −s now."
        ),
        Mutant("transposed", "V @ H @ V.T", "V.T @ H @ V", "V and Vᵀ are exchanged: H y = s fails."),
        Mutant("one side", "V @ H @ V.T", "V @ H", "Only one side: H is no longer symmetric."),
        Mutant("plus", "np.eye(len(s)) - rho", "np.eye(len(s)) + rho", "Minus: V removes what H believed along y."),
        Mutant(
            "steepest descent's rho", "1 / (y @ s)", "1 / (s @ s)", "ρ has yᵀs, the curvature that was met, not sᵀs."
        ),
        Mutant("last term by y", "rho * np.outer(s, s)", "rho * np.outer(y, y)", "The last term is the step's, ρssᵀ."),
    ),
)
