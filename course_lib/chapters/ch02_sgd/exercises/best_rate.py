"""The best rate of gradient descent on a quadratic."""

import numpy as np

from course_lib.exercises import Case, Exercise, Mutant


def cases(rng: np.random.Generator) -> list[Case]:
    large = float(rng.uniform(5, 10)), float(rng.uniform(50, 90))
    return [
        Case.one("curvatures 1 and 4", lmin=1.0, lmax=4.0),
        Case.one("κ = 100", lmin=0.01, lmax=1.0),
        Case.one("large curvatures", lmin=large[0], lmax=large[1]),
        Case.one("tiny curvatures", lmin=1e-6 * large[0], lmax=1e-6 * large[1]),
        Case.one("a round bowl", lmin=2.0, lmax=2.0),
    ]


best_rate = Exercise(
    name="best_rate",
    page="02_sgd",
    number=1,
    title="The best rate",
    prompt=(
        "All curvatures of a quadratic lie between `lmin` and `lmax`, 0 < lmin ≤ lmax. Return the rate at which "
        "gradient "
        "descent is fastest in the long run, and the factor by which the distance from the minimum then shrinks per "
        "step, a number from 0 to 1."
    ),
    source="""\
def best_rate(lmin, lmax):
    lr = 2 / (lmin + lmax)
    factor = (lmax - lmin) / (lmax + lmin)
    return lr, factor
""",
    returns=("lr", "factor"),
    cases=cases,
    hints=(
        "A direction of curvature λ shrinks by |1 − αλ| per step. Which two directions compete for being the slowest?",
        "Beyond 1/λ_max a larger α helps the flattest direction, and harms the steepest. At the best α"
        " both have the same factor.",
        "Solve 1 − α·lmin = α·lmax − 1 for α, and put it into either side.",
    ),
    asks={
        "lmin": "where should `lmin` stand in each of the two results?",
        "lmax": "where should `lmax` stand in each of the two results?",
    },
    explanation=(
        "The slowest direction decides, and that is the flattest or the steepest. At the best rate they are equally "
        "slow, 1 − αλ_min = αλ_max − 1, which gives α = 2/(λ_min + λ_max) and the factor (λ_max − λ_min)/(λ_max "
        "+ λ_min)."
    ),
    after="`course_lib.optim.best_gd` is this rate. Divide the factor by λ_min above and below: it is (κ − 1)/(κ + 1).",
    accepts={
        "from the flattest direction": (
            "def best_rate(lmin, lmax):\n    lr = 1 / ((lmin + lmax) / 2)\n    return lr, 1 - lr * lmin\n"
        ),
        "by the condition number": (
            "def best_rate(lmin, lmax):\n"
            "    kappa = lmax / lmin\n"
            "    return 2 / (lmax * (1 + 1 / kappa)), (kappa - 1) / (kappa + 1)\n"
        ),
        "float32": (
            "def best_rate(lmin, lmax):\n"
            "    lmin, lmax = np.float32(lmin), np.float32(lmax)\n"
            "    return 2 / (lmin + lmax), (lmax - lmin) / (lmax + lmin)\n"
        ),
    },
    mutants=(
        Mutant(
            "the limit",
            "2 / (lmin + lmax)",
            "2 / lmax",
            "Your rate is 2/λ_max. That is where gradient descent begins to diverge, not where it is fastest.",
        ),
        Mutant(
            "the safe rate",
            "2 / (lmin + lmax)",
            "1 / lmax",
            "Your rate is 1/λ_max. It is safe, but about half as fast as the best one when κ is large.",
        ),
        Mutant(
            "difference",
            "2 / (lmin + lmax)",
            "2 / np.maximum(lmax - lmin, 1e-9)",
            "Add the curvatures: both ends shrink alike where 1 − αλ_min = αλ_max − 1, and there the two λ are "
            "on one side.",
        ),
        Mutant(
            "mean curvature",
            "2 / (lmin + lmax)",
            "(lmin + lmax) / 2",
            "Your rate is the mean curvature. It is upside down: a large curvature needs a small rate.",
        ),
        Mutant(
            "two forgotten",
            "2 / (lmin + lmax)",
            "1 / (lmin + lmax)",
            "Your rate is half of the best one: 1 − αλ_min = αλ_max − 1 has a 2 on one side when you sort it.",
        ),
        Mutant(
            "λmax taken for 1",
            "2 / (lmin + lmax)",
            "2 / (1 + lmin / lmax)",
            "You divide both curvatures by λ_max. Your rate is right only for a loss whose largest curvature is 1.",
        ),
        Mutant(
            "momentum's root",
            "(lmax - lmin) / (lmax + lmin)",
            "(np.sqrt(lmax) - np.sqrt(lmin)) / (np.sqrt(lmax) + np.sqrt(lmin))",
            "The factor with roots of the curvatures is momentum's. That of gradient descent has the curvatures "
            "themselves.",
        ),
        Mutant(
            "loss for distance",
            "(lmax - lmin) / (lmax + lmin)",
            "((lmax - lmin) / (lmax + lmin)) ** 2",
            "You return the factor of the loss, which is the square. The factor of the distance is asked for.",
        ),
        Mutant(
            "factor at another rate",
            "(lmax - lmin) / (lmax + lmin)",
            "1 - lmin / lmax",
            "Your factor, 1 − λ_min/λ_max, belongs to the rate 1/λ_max. Put your own rate into 1 − αλ_min.",
        ),
        Mutant(
            "negative factor",
            "(lmax - lmin) /",
            "(lmin - lmax) /",
            "Your factor is negative. It is 1 − αλ_max, without its absolute value: the sign only says that the "
            "error flips.",
        ),
        Mutant("swapped", "return lr, factor", "return factor, lr", "Both numbers are right, and in the wrong order."),
    ),
)
