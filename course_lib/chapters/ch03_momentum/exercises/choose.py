"""Choose rate and momentum for a condition number."""

from math import ceil, sqrt
from typing import Any

import numpy as np
from numpy import absolute  # kept here: a reader may change `np`

from course_lib.exercises import Case, Exercise, Mutant

TOLERANCE = 1e-6
DIRECTIONS = 20  # how many eigenvalues between 1/κ and 1
TOO_FAR = 1e6


def choose_cases(rng: np.random.Generator) -> list[Case]:
    """The three condition numbers of the prompt, and two between them."""
    between = [float(round(rng.uniform(*ends))) for ends in ((20, 80), (150, 600))]
    return [Case(f"κ = {kappa:g}", {}, ({"kappa": kappa},)) for kappa in (10.0, 100.0, 1000.0, *between)]


def allowed(kappa: float) -> int:
    """How many steps `choose` may take.

    >>> allowed(100)
    120
    """
    return ceil(12 * sqrt(kappa))


def steps_needed(kappa: float, lr: float, rho: float, limit: int) -> float:
    """Return after how many steps of momentum all errors are below the tolerance; nan if they grow beyond all bounds.

    >>> steps_needed(100, 3.3, 0.67, limit=120)
    84
    """
    eigenvalues = np.geomspace(1 / kappa, 1, DIRECTIONS)
    x, v = np.ones(DIRECTIONS), np.zeros(DIRECTIONS)
    for step in range(1, limit + 1):
        v = rho * v + eigenvalues * x
        x = x - lr * v
        error = absolute(x).max()
        if error <= TOLERANCE:
            return step
        if not error < TOO_FAR:
            return np.nan
    return np.inf


def reaches_goal(kappa: float, lr: Any, rho: Any) -> str | None:
    """Walk with momentum, and say what is wrong if it takes too long.

    >>> reaches_goal(100, 3.3, 0.67) is None
    True
    >>> reaches_goal(100, 1.98, 0.0)
    'κ = 100: with lr = 1.98, rho = 0 it takes 691 steps, and 120 are allowed.'
    """
    lr, rho = float(lr), float(rho)
    tried = f"κ = {kappa:g}: with lr = {lr:.4g}, rho = {rho:.4g}"
    if lr <= 0:
        return f"{tried} nothing goes downhill: the rate has to be positive."
    if not 0 <= rho < 1:
        return f"{tried} the velocity is never worn down: rho has to be at least 0 and less than 1."
    steps, limit = allowed(kappa), 20 * allowed(kappa)
    needed = steps_needed(kappa, lr, rho, limit)
    if needed <= steps:
        return None
    if np.isnan(needed):
        return f"{tried} it diverges: the error grows at every turn."
    count = f"more than {limit}" if needed == np.inf else needed
    return f"{tried} it takes {count} steps, and {steps} are allowed."


choose = Exercise(
    name="choose",
    page="03_momentum",
    number=4,
    title="Choose rate and momentum",
    prompt=(
        "A quadratic has its curvatures between 1/κ and 1. Choose the rate and the momentum for the condition number "
        "`kappa`, so that momentum, started at error 1 along every eigenvector, brings all errors below 10⁻⁶ within "
        "12√κ steps: 38 for κ = 10, 120 for κ = 100, 380 for κ = 1000. Other κ are tried as well. Return `lr, rho`.\n\n"
        "The check walks with this chapter's momentum and counts. Any pair that gets there is right."
    ),
    source="""\
def choose(kappa):
    root = np.sqrt(kappa)
    lr = (2 * root / (root + 1)) ** 2
    rho = ((root - 1) / (root + 1)) ** 2
    return lr, rho
""",
    returns=("lr", "rho"),
    cases=choose_cases,
    goal=reaches_goal,
    hints=(
        "Along one eigenvector the error shrinks by √ρ per step, if ρ is at least critical there: "
        "ρ ≥ (1 − √(αλ))². Which directions are the hardest?",
        "The two ends are the hardest: λ = 1/κ and λ = 1. The best pair is critical at both. "
        "For α > 1 the square root 1 − √(αλ) is negative at λ = 1 and positive at λ = 1/κ.",
        "Critical at both ends means √α − 1 = 1 − √(α/κ). Solve that for √α; then √ρ is either side of it.",
    ),
    explanation=(
        "Both ends are critical when √α − 1 = 1 − √(α/κ), so √α = 2/(1 + 1/√κ), and √ρ = √α − 1 = (√κ − 1)/(√κ + 1). "
        "All directions then shrink by that √ρ per step. Gradient descent's best is (κ − 1)/(κ + 1): momentum "
        "takes the root of κ."
    ),
    after="Gradient descent would need some 6.9 κ steps: the square root is what momentum is for.",
    accepts={
        "critical momentum": (
            "def choose(kappa):\n"
            "    lr = (2 / (1 + kappa ** -0.5)) ** 2\n"
            "    return lr, (1 - (lr / kappa) ** 0.5) ** 2\n"
        ),
        "a little more momentum": (
            "def choose(kappa):\n"
            "    r = kappa ** 0.5\n"
            "    return [3.9 * r * r / (r + 1) ** 2, 1.01 * ((r - 1) / (r + 1)) ** 2]\n"
        ),
        "a safer rate": (
            "def choose(kappa):\n"
            "    r = kappa ** 0.5\n"
            "    return 0.95 * 4 * kappa / (r + 1) ** 2, ((r - 1) / (r + 1)) ** 2\n"
        ),
        "float32": (
            "def choose(kappa):\n"
            "    r = np.sqrt(np.float32(kappa))\n"
            "    return (2 * r / (r + 1)) ** 2, ((r - 1) / (r + 1)) ** 2\n"
        ),
    },
    mutants=(
        Mutant(
            "gradient descent's best",
            "lr = (2 * root / (root + 1)) ** 2\n    rho = ((root - 1) / (root + 1)) ** 2",
            "lr = 2 * kappa / (kappa + 1)\n    rho = 0",
            "This is the best choice for plain gradient descent, α = 2/(λmin + λmax) and no momentum. "
            "It needs a number of steps that grows with κ; momentum needs only √κ.",
        ),
        Mutant(
            "gradient descent's rate",
            "(2 * root / (root + 1)) ** 2",
            "2 * kappa / (kappa + 1)",
            "Your momentum is right, but the rate is gradient descent's, 2/(λmin + λmax). Momentum "
            "allows nearly twice as much.",
        ),
        Mutant(
            "rate of 1",
            "(2 * root / (root + 1)) ** 2",
            "1.0",
            "Your momentum is right, but the rate α = 1/λmax is far below the best. Momentum allows nearly 4/λmax.",
        ),
        Mutant(
            "critical at a rate of 1",
            "lr = (2 * root / (root + 1)) ** 2\n    rho = ((root - 1) / (root + 1)) ** 2",
            "lr = 1.0\n    rho = (1 - 1 / root) ** 2",
            "Your momentum is critical for the flattest direction at α = 1. A larger rate lets ρ be smaller: the best "
            "pair is critical at both ends at once.",
        ),
        Mutant(
            "always 0.9",
            "((root - 1) / (root + 1)) ** 2",
            "0.9",
            "ρ = 0.9 whatever κ is: too much for a small κ, where it rings, and too little for a very large one. "
            "The best momentum depends on κ.",
        ),
        Mutant(
            "habit",
            "lr = (2 * root / (root + 1)) ** 2\n    rho = ((root - 1) / (root + 1)) ** 2",
            "lr = 0.1\n    rho = 0.9",
            "0.1 and 0.9 are a habit for networks, where nobody knows the curvatures. Here you know them: use κ.",
        ),
        Mutant(
            "rho without the square",
            "rho = ((root - 1) / (root + 1)) ** 2",
            "rho = (root - 1) / (root + 1)",
            "(√κ − 1)/(√κ + 1) is the rate at which errors shrink, and that is √ρ. So ρ is its square.",
        ),
        Mutant(
            "rate without the square",
            "lr = (2 * root / (root + 1)) ** 2",
            "lr = 2 * root / (root + 1)",
            "2√κ/(√κ + 1) is √α, not α: square it.",
        ),
        Mutant(
            "kappa for its root",
            "root = np.sqrt(kappa)",
            "root = kappa",
            "You have κ where √κ belongs, in both formulas.",
        ),
        Mutant(
            "kappa for its root in rho",
            "((root - 1) / (root + 1)) ** 2",
            "((kappa - 1) / (kappa + 1)) ** 2",
            "Your rate is right. In the momentum you have κ where √κ belongs.",
        ),
        Mutant(
            "curvatures of 1 and kappa",
            "(2 * root / (root + 1)) ** 2",
            "(2 / (root + 1)) ** 2",
            "Your rate is the one for curvatures between 1 and κ. Here they lie between 1/κ and 1, "
            "so the rate can be κ times as large.",
        ),
        Mutant(
            "swapped",
            "return lr, rho",
            "return rho, lr",
            "Both values are right, and in the wrong order: first the rate, then the momentum.",
        ),
    ),
)
