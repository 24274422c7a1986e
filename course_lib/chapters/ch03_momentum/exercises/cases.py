"""What the exercises of chapter 3 share: numbers of all sizes and shapes, and the mistakes of any step."""

import numpy as np

from course_lib.exercises import Mutant

STEPS = 4
SHAPES: tuple[tuple[str, tuple[int, ...], float, type], ...] = (  # label, shape, size of the numbers, dtype
    ("an array of three", (3,), 1.0, np.float64),
    ("an array of shape (2, 3)", (2, 3), 1.0, np.float64),
    ("tiny gradients, about 1e-6", (4,), 1e-6, np.float64),
    ("huge gradients, about 1e12", (4,), 1e12, np.float64),
    ("float32", (3,), 1.0, np.float32),
)


def random_setting(rng: np.random.Generator) -> dict[str, float]:
    return {"lr": float(rng.uniform(0.05, 0.3)), "rho": float(rng.uniform(0.5, 0.95))}


def single_number(rng: np.random.Generator, low: float = 1.0, high: float = 3.0) -> np.ndarray:
    """A single number that can be checked by hand."""
    return np.array(round(rng.uniform(low, high), 1))


EDGES = (  # settings that a careless line gets wrong: `rho or 0.9`, a rate that is clipped
    ("rho = 0", {"lr": 0.1, "rho": 0.0}),
    ("a rate of 1", {"lr": 1.0, "rho": 0.5}),
)

EXCHANGED = (  # they fit every solution with this first line
    Mutant(
        "0.9 for rho",
        "v = rho * v + dx",
        "rho = 0.9\n    v = rho * v + dx",
        "You use 0.9 whatever `rho` is. It is an argument: other values of it are tried as well.",
    ),
    Mutant(
        "lr and rho exchanged",
        "v = rho * v + dx",
        "lr, rho = rho, lr\n    v = rho * v + dx",
        "You have exchanged the rate and the momentum: `rho` is what is kept of the velocity, and `lr` multiplies the "
        "step.",
    ),
)

IN_PLACE = (  # they fit every solution that has these two lines, whatever the step is
    Mutant(
        "x in place",
        "x = x - lr",
        "x -= lr",
        "The numbers are right, but the array `x` that the caller handed you is changed: an operator like `-=`, or "
        "`x[...] =`, writes into it. Make a new one: `x = x - ...`.",
    ),
    Mutant(
        "v in place",
        "v = rho * v + dx",
        "v *= rho\n    v += dx",
        "The numbers are right, but the array `v` that the caller handed you is changed: an operator like `*=` or "
        "`+=`, or `v[...] =`, writes into it. Make a new one: `v = ...`.",
    ),
    Mutant(
        "both in place",
        "v = rho * v + dx\n    x = x - lr",
        "v *= rho\n    v += dx\n    x -= lr",
        "The numbers are right, but the arrays `x` and `v` that the caller handed you are changed: operators like `*=` "
        "and `-=`, or `x[...] =`, write into them. Make new ones: `v = ...`, `x = ...`.",
    ),
)
