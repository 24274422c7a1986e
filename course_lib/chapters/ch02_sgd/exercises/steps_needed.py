"""The number of steps that gradient descent needs on a quadratic."""

import numpy as np

from course_lib.exercises import Case, Exercise, Mutant


def cases(rng: np.random.Generator) -> list[Case]:
    return [
        Case.one("two curvatures", lr=1.0, curvatures=np.array([0.1, 0.5]), tol=1e-6),
        Case.one("the steep direction is slowest", lr=1.9, curvatures=np.array([0.3, 0.6, 1.0]), tol=1e-3),
        Case.one("many", lr=0.5, curvatures=rng.uniform(0.05, 3.9, 8), tol=1e-4),
        Case.one("only flips", lr=1.5, curvatures=np.array([1.0, 1.2]), tol=1e-2),
    ]


steps_needed = Exercise(
    name="steps_needed",
    page="02_sgd",
    number=2,
    title="How many steps?",
    prompt=(
        "Gradient descent runs at the rate `lr` on a quadratic. `curvatures` is an array of its curvatures, and the "
        "rate is stable for each of them. At the start the error along each eigenvector is 1. Return the number of "
        "steps until the slowest of these errors has shrunk to `tol`, as a real number: do not round it."
    ),
    source="""\
def steps_needed(lr, curvatures, tol):
    factors = np.abs(1 - lr * curvatures)
    slowest = factors.max()
    return np.log(tol) / np.log(slowest)
""",
    returns=("steps",),
    cases=cases,
    hints=(
        "By which factor does the error along one eigenvector shrink per step? It may change its sign on the way.",
        "After t steps the slowest error is its factor to the power t. Set that equal to `tol`, and take logarithms.",
        "With q = the largest |1 − lr·λ|, solve qᵗ = tol for t.",
    ),
    asks={
        "lr": "by which factor does one step at the rate `lr` change the error?",
        "curvatures": "which of the `curvatures` should decide?",
        "tol": "where should `tol` come in, once the slowest factor is known?",
    },
    explanation=(
        "Each error is multiplied by 1 − αλ at every step, so after t steps its size is |1 − αλ|ᵗ. The largest "
        "of these "
        "factors decides, and it belongs to the flattest or to the steepest direction."
    ),
    after="For κ = 100 at the best rate it is 691, the number that the first experiment shows.",
    accepts={
        "log base 10": (
            "def steps_needed(lr, curvatures, tol):\n"
            "    return np.log10(tol) / np.log10(np.max(np.abs(1 - lr * curvatures)))\n"
        ),
        "a loop": (
            "def steps_needed(lr, curvatures, tol):\n"
            "    return max(np.log(tol) / np.log(abs(1 - lr * c)) for c in curvatures)\n"
        ),
        "both ends": (
            "def steps_needed(lr, curvatures, tol):\n"
            "    slowest = max(1 - lr * curvatures.min(), lr * curvatures.max() - 1)\n"
            "    return np.log(tol) / np.log(slowest)\n"
        ),
        "float32": (
            "def steps_needed(lr, curvatures, tol):\n"
            "    factors = np.abs(1 - np.float32(lr) * np.asarray(curvatures, dtype=np.float32))\n"
            "    return np.log(np.float32(tol)) / np.log(factors.max())\n"
        ),
    },
    mutants=(
        Mutant(
            "no absolute value",
            "np.abs(1 - lr * curvatures)",
            "1 - lr * curvatures",
            "Beyond αλ = 1 the factor is negative: the error changes its sign at every step, and is still "
            "there. Take its "
            "absolute value.",
        ),
        Mutant(
            "fastest", "factors.max()", "factors.min()", "The fastest direction is done first. The slowest decides."
        ),
        Mutant(
            "smallest curvature",
            "factors.max()",
            "factors[curvatures.argmin()]",
            "The flattest direction is not always the slowest: near the limit 2/λ_max the steepest one is.",
        ),
        Mutant(
            "largest curvature",
            "factors.max()",
            "factors[curvatures.argmax()]",
            "The steepest direction is not always the slowest: far below the limit 2/λ_max the flattest one is.",
        ),
        Mutant(
            "mean",
            "factors.max()",
            "factors.mean()",
            "You take the mean of the factors. Directions do not share their errors: the slowest decides.",
        ),
        Mutant(
            "two logarithms",
            "np.log(tol) /",
            "np.log10(tol) /",
            "You divide a logarithm to base 10 by a natural one. Take the same one above and below.",
        ),
        Mutant(
            "upside down",
            "np.log(tol) / np.log(slowest)",
            "np.log(slowest) / np.log(tol)",
            "Your quotient is upside down: from qᵗ = tol follows t = log tol / log q.",
        ),
        Mutant(
            "a fixed amount per step",
            "np.log(tol) / np.log(slowest)",
            "(1 - tol) / (1 - slowest)",
            "You let the error fall by the same amount at every step. It falls by the same factor.",
        ),
        Mutant(
            "loss for error",
            "np.log(tol) / np.log(slowest)",
            "np.log(tol) / np.log(slowest) / 2",
            "You count until the loss, which goes with the square, has shrunk to `tol`. The error needs twice "
            "as many steps.",
        ),
        Mutant(
            "rate forgotten",
            "1 - lr * curvatures",
            "1 - curvatures",
            "The rate is missing: the factor of a direction is 1 − αλ, not 1 − λ.",
        ),
        Mutant(
            "rounded",
            "return np.log(tol) / np.log(slowest)",
            "return np.ceil(np.log(tol) / np.log(slowest))",
            "You round up to whole steps. The real number is asked for.",
        ),
    ),
)
