"""A step of RMSProp that stops moving."""

import numpy as np

from course_lib.exercises import Case, Exercise, Mutant


def cases(rng: np.random.Generator) -> list[Case]:
    def case(label: str, gradients: np.ndarray, lr: float, decay: float) -> Case:
        x, old = rng.standard_normal((2, 3))
        return Case(label, {"x": x, "s": old**2}, tuple({"dx": dx, "lr": lr, "decay": decay} for dx in gradients))

    first = tuple({"dx": np.array(dx), "lr": 0.1, "decay": 0.9} for dx in (3.0, -1.0))
    return [
        Case("a single number", {"x": np.array(2.0), "s": np.array(0.0)}, first),
        case("three numbers", rng.standard_normal((3, 3)), 0.1, 0.9),
        case("a rate of 1", rng.standard_normal((3, 3)), 1.0, 0.99),
        case("a decay of 0", rng.standard_normal((3, 3)), 0.1, 0.0),
        case("gradients of 1e-4", 1e-4 * rng.standard_normal((3, 3)), 0.01, 0.9),
    ]


repair_rmsprop = Exercise(
    name="repair_rmsprop",
    page="14_bugs",
    number=2,
    title="Repair RMSProp",
    prompt=(
        "This was meant to be a step of RMSProp, but its steps die away. `x` is the point, `dx` the gradient there, "
        "`s` the mean of squares so far, `lr` the rate, `decay` the share of `s` that is kept. Put it right; return the"
        " new point and the new mean, as new arrays."
    ),
    source="""\
def rmsprop_step(x, dx, s, lr, decay):
    s = decay * s + (1 - decay) * dx**2
    x = x - lr * dx / (np.sqrt(s) + 1e-7)
    return x, s
""",
    start="""\
def rmsprop_step(x, dx, s, lr, decay):
    s = s + decay * s + (1 - decay) * dx**2
    x = x - lr * dx / (np.sqrt(s) + 1e-7)
    return x, s
""",
    returns=("x", "s"),
    cases=cases,
    hints=(
        "Take a steady slope of 1 and print `s` after each of ten steps. What should it tend to?",
        "In a mean, the weights of old and new add up to 1. What do they add up to here?",
    ),
    asks={
        "decay": "of what should `decay` be the share, and what is left for the new square?",
    },
    limits={"s": (0, None), "lr": (0, None), "decay": (0, 1)},
    explanation=(
        "With `s +=` the old mean enters with the weight 1 + δ, so s grows 1.9 times a step at δ = 0.9, and every step "
        "is divided by its root. The weights of a mean are δ and 1 − δ."
    ),
    after="The line came from AdaGrad, whose sum is rightly added to.",
    accepts={
        "as a correction": """\
def rmsprop_step(x, dx, s, lr, decay):
    s = s + (1 - decay) * (dx * dx - s)
    return x - lr * dx / (s**0.5 + 1e-7), s
""",
        "copied": """\
def rmsprop_step(x, dx, s, lr, decay):
    x, s = np.array(x), np.array(s)
    s *= decay
    s += (1 - decay) * np.square(dx)
    x -= lr * dx / (np.sqrt(s) + 1e-7)
    return x, s
""",
        "float32": """\
def rmsprop_step(x, dx, s, lr, decay):
    s = np.asarray(decay * s + (1 - decay) * dx**2, dtype=np.float32)
    return np.asarray(x - lr * dx / (np.sqrt(s) + 1e-7), dtype=np.float32), s
""",
    },
    mutants=(
        Mutant(
            "added to itself",
            "s = decay * s",
            "s = s + decay * s",
            "You still add the decayed mean to the old one: it grows 1.9 times a step, and the steps die.",
        ),
        Mutant(
            "AdaGrad",
            "decay * s + (1 - decay) * dx**2",
            "s + dx**2",
            "That is AdaGrad: its sum never forgets. RMSProp keeps the share `decay`.",
        ),
        Mutant(
            "weights swapped",
            "decay * s + (1 - decay) * dx**2",
            "(1 - decay) * s + decay * dx**2",
            "The weights are swapped: this forgets nearly all but the last gradient.",
        ),
        Mutant("not squared", "dx**2", "np.abs(dx)", "The mean is of squares; you average the sizes."),
        Mutant("no root", "np.sqrt(s)", "s", "The root is missing: a step is then the shorter, the larger the slope."),
        Mutant(
            "present gradient",
            "(np.sqrt(s) + 1e-7)",
            "(np.abs(dx) + 1e-7)",
            "You divide by the present gradient: only its sign is left, and `s` is never used.",
        ),
        Mutant("uphill", "x - lr", "x + lr", "You add the step: it leads uphill."),
        Mutant(
            "whole square",
            "(1 - decay) * dx**2",
            "dx**2",
            "The new square comes in whole, so that the weights do not add up to 1: it needs 1 − decay.",
        ),
        Mutant(
            "step before mean",
            "s = decay * s + (1 - decay) * dx**2\n    x = x - lr * dx / (np.sqrt(s) + 1e-7)",
            "x = x - lr * dx / (np.sqrt(s) + 1e-7)\n    s = decay * s + (1 - decay) * dx**2",
            "You step with the old mean. Take the new square in first.",
        ),
        Mutant(
            "decay hard-coded",
            "decay * s + (1 - decay) * dx**2",
            "0.9 * s + 0.1 * dx**2",
            "You use 0.9 whatever `decay` is.",
        ),
        Mutant(
            "in place",
            "s = decay * s + (1 - decay) * dx**2",
            "s *= decay\n    s += (1 - decay) * dx**2",
            "The numbers are right, but the caller's array `s` is changed: make a new one, `s = ...`.",
        ),
    ),
)
