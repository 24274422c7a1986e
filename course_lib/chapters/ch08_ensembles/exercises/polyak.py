"""An exponential moving average of weights, and its corrected start."""

import numpy as np

from course_lib.exercises import Case, Exercise, Mutant


def polyak_cases(rng: np.random.Generator) -> list[Case]:
    def case(label: str, decay: float, *xs: np.ndarray) -> Case:
        calls = tuple({"x": x, "decay": decay, "t": t} for t, x in enumerate(xs, start=1))
        return Case(label, {"x_test": np.zeros_like(xs[0])}, calls)

    def drawn(decay: float) -> Case:
        return case(f"decay {decay}", decay, *(rng.uniform(1, 3, (4, 3)) * rng.choice([-1, 1], 3)))

    return [case("one weight, decay 0.5", 0.5, *np.array([[8.0], [4.0], [6.0]])), *map(drawn, (0.9, 0.995, 0.2, 0.7))]


polyak = Exercise(
    name="polyak",
    page="08_ensembles",
    number=4,
    title="An average with its start",
    prompt=(
        "After step `t` (1, 2, 3, …) the weights are `x`, an array. `x_test` is their exponential moving average so "
        "far, 0 before the first step, of decay `decay`. Return two new arrays: the updated `x_test`, which you get "
        "back in the next call, and the estimate to test with, corrected for the start at 0."
    ),
    source="""\
def polyak(x_test, x, decay, t):
    x_test = decay * x_test + (1 - decay) * x
    estimate = x_test / (1 - decay**t)
    return x_test, estimate
""",
    returns=("x_test", "estimate"),
    cases=polyak_cases,
    hints=(
        "The old average keeps the share `decay`; what is left is for `x`.",
        "After the first step the average is (1 − decay)·x. By what do you divide to get x?",
        "After t steps the weights of all points add up to 1 − decayᵗ. Divide by that, and keep the undivided one.",
    ),
    asks={
        "decay": "which share should the old average keep, and what should make up for its start at 0?",
        "t": "what should be divided away after `t` steps?",
    },
    limits={"decay": (0, 1), "t": (1, None)},
    explanation=(
        "The weights (1 − d)dᵗ⁻ᵏ of the points k = 1 … t add up to 1 − dᵗ, so the division makes them add up to 1. "
        "The sum itself goes on undivided; the division is for testing alone."
    ),
    after="It is `course_lib.ensembles.EMA`, and one of Adam's two means with its bias correction.",
    accepts={
        "as a step towards x": (
            "def polyak(x_test, x, decay, t):\n    x_test = x_test + (1 - decay) * (x - x_test)\n"
            "    return x_test, x_test / (1 - decay**t)\n"
        ),
        "the sum of the weights": (
            "def polyak(x_test, x, decay, t):\n    weights = sum((1 - decay) * decay**k for k in range(t))\n"
            "    x_test = decay * x_test + x * (1 - decay)\n    return x_test, x_test / weights\n"
        ),
        "float32": (
            "def polyak(x_test, x, decay, t):\n    x_test = decay * x_test + (1 - decay) * x\n"
            "    return np.float32(x_test), np.float32(x_test / (1 - decay**t))\n"
        ),
    },
    mutants=(
        Mutant(
            "no correction",
            "x_test / (1 - decay**t)",
            "x_test.copy()",
            "Your estimate is not corrected: after t steps its weights add up to 1 − dᵗ only.",
        ),
        Mutant(
            "weights exchanged",
            "decay * x_test + (1 - decay) * x",
            "(1 - decay) * x_test + decay * x",
            "You give `decay` to the new point. It belongs to the old average.",
        ),
        Mutant(
            "old one not decayed",
            "decay * x_test +",
            "x_test +",
            "You keep all of the old average, so it grows without end.",
        ),
        Mutant(
            "x comes in whole",
            "(1 - decay) * x",
            "x",
            "You add all of `x`: yours is a sum, larger than any point.",
        ),
        Mutant(
            "the corrected one kept",
            "    estimate = x_test / (1 - decay**t)\n",
            "    x_test = x_test / (1 - decay**t)\n    estimate = x_test.copy()\n",
            "You return the corrected average as `x_test`, too, so that each step corrects it again.",
        ),
        Mutant(
            "divided by 1 − d",
            "(1 - decay**t)",
            "(1 - decay)",
            "You divide by 1 − d at each step. That is the sum of the weights after the first one alone.",
        ),
        Mutant(
            "one step late",
            "decay**t",
            "decay**(t + 1)",
            "You take t + 1 for t: after the first step, t = 1, the weights add up to 1 − d.",
        ),
        Mutant(
            "multiplied",
            "x_test / (1 - decay**t)",
            "x_test * (1 - decay**t)",
            "You multiply by the sum of the weights, which makes what is too small smaller.",
        ),
        Mutant("the last point", "x_test / (1 - decay**t)", "x.copy()", "Your estimate is the last point itself."),
        Mutant(
            "in the other order",
            "return x_test, estimate",
            "return estimate, x_test",
            "Both are right, and in the other order: first the average that goes on, then the estimate.",
        ),
        Mutant(
            "an equal mean",
            "decay * x_test + (1 - decay) * x",
            "x_test + (x - x_test) / t",
            "You average all points alike, whatever `decay` is.",
        ),
    ),
)
