"""One step of Schedule-Free."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from course_lib.exercises import Case, Exercise, Mutant

BODY = """\
    x = beta * a + (1 - beta) * z
    z = z - lr * grad(x)
    a = a + (z - a) / t"""


@dataclass(frozen=True)
class Pull:
    """The gradient x ↦ curvature · (x − centre), as a function to hand to the reader."""

    curvature: Any
    centre: Any

    def __call__(self, x: Any) -> Any:
        return self.curvature * (x - self.centre)

    def __repr__(self) -> str:
        if np.ndim(self.centre):
            return "<the gradient of a bowl>"
        return f"lambda x: {self.curvature:g} * (x - {self.centre:g})"


def cases(rng: np.random.Generator) -> list[Case]:
    def case(label: str, z: Any, a: Any, grad: Pull, first: int = 1, **setting: float) -> Case:
        given = {"grad": grad, "lr": 0.3, "beta": 0.6, **setting}
        return Case(label, {"z": z, "a": a}, tuple({**given, "t": t} for t in range(first, first + 4)))

    z, a, centre = rng.standard_normal((3, 3))
    curvature = rng.uniform(0.5, 2, 3)
    return [
        case("a single number", np.array(5.0), np.array(5.0), Pull(1.0, 1.0), lr=0.5, beta=0.5),
        case("arrays of three", z, z.copy(), Pull(curvature, centre)),
        case("on its way", z, a, Pull(curvature, centre), first=8, beta=0.9),
        case("a plain average", z, a, Pull(curvature, centre), first=3, beta=0.0),
        case("a rate of 1", z, z.copy(), Pull(curvature, centre), lr=1.0),
        case("a start that does not count", np.full(2, 1.0), np.full(2, 50.0), Pull(1.0, np.zeros(2)), beta=0.1),
        case("small numbers", 1e-5 * z, 1e-5 * a, Pull(curvature, 1e-5 * centre), first=2),
    ]


schedule_free = Exercise(
    name="schedule_free",
    page="07_beyond",
    number=5,
    title="One step of Schedule-Free",
    prompt=(
        "`z` makes the steps, `a` is the average of all points z after a step, and `grad(x)` is the gradient at `x`."
        " Take the gradient between `z` and `a`, where `a` has the weight `beta`; move `z` by it; then bring the"
        " average up to date. `t` is the number of this step, from 1. Return the new `z` and the new `a`, as new"
        " arrays."
    ),
    source=f"""\
def schedule_free_step(z, a, grad, t, lr, beta):
{BODY}
    return z, a
""",
    returns=("z", "a"),
    cases=cases,
    hints=(
        "Three lines: the point of the gradient, the step of `z`, the average.",
        "The gradient is taken at `beta` of `a` and the rest of `z`. It moves `z`.",
        "A mean of t numbers, of which you know the mean of the first t − 1: move it towards the new one by 1/t of"
        " the way.",
    ),
    asks={
        "z": "what should `z` be moved by?",
        "a": "in which lines should `a` come in?",
        "t": "how far should step `t` move the average?",
        "lr": "what should `lr` multiply?",
        "beta": "what should `beta` be the weight of?",
    },
    limits={"t": (1, None), "lr": (0, None), "beta": (0, 1)},
    explanation=(
        "At t = 1 the average is replaced by the first new z, so its start does not count; from then on all points"
        " weigh alike. The rate is constant: what falls is the share 1/t of a new point in the average."
    ),
    after="It is `course_lib.optim.ScheduleFreeSGD` without warm-up. Test with `a`, not with `z` or `x`.",
    accepts={
        "weights of the mean": (
            "def schedule_free_step(z, a, grad, t, lr, beta):\n"
            "    g = grad(z + beta * (a - z))\n"
            "    z = z - lr * g\n"
            "    return z, ((t - 1) * a + z) / t\n"
        ),
        "with a share": (
            "def schedule_free_step(z, a, grad, t, lr, beta):\n"
            "    c = 1 / t\n"
            "    new = z - lr * grad((1 - beta) * z + beta * a)\n"
            "    return new, (1 - c) * a + c * new\n"
        ),
        "float32": (
            "def schedule_free_step(z, a, grad, t, lr, beta):\n"
            "    x = np.asarray(beta * a + (1 - beta) * z, dtype=np.float32)\n"
            "    z = np.asarray(z - lr * grad(x), dtype=np.float32)\n"
            "    return z, np.asarray(a + (z - a) / t, dtype=np.float32)\n"
        ),
    },
    mutants=(
        Mutant(
            "one late",
            "(z - a) / t",
            "(z - a) / (t + 1)",
            "The start counts as a point in yours. At t = 1 the first new z replaces it.",
        ),
        Mutant("a sum", "a + (z - a) / t", "a + z / t", "You add z. A mean moves *towards* z by a part of the way."),
        Mutant(
            "forgetting",
            "(z - a) / t",
            "(z - a) * 0.1",
            "You move by a fixed share: that average forgets. Here all points weigh alike.",
        ),
        Mutant("backwards", "(z - a) / t", "(a - z) / t", "Your average moves away from z: the sign."),
        Mutant("last", "a = a + (z - a) / t", "a = z + 0", "You return the last point as the average."),
        Mutant("midpoint", "(z - a) / t", "(z - a) / 2", "You go half of the way each time, whatever t is."),
        Mutant(
            "gradient at z",
            "grad(x)",
            "grad(z)",
            "You take the gradient at z. It is taken between z and the average.",
        ),
        Mutant("gradient at a", "grad(x)", "grad(a)", "You take the gradient at the average itself, as if β were 1."),
        Mutant(
            "weights exchanged",
            "beta * a + (1 - beta) * z",
            "(1 - beta) * a + beta * z",
            "`beta` is the weight of the average. You give it to z.",
        ),
        Mutant(
            "step from x",
            "z = z - lr",
            "z = x - lr",
            "You step from the point between. The step starts at z.",
        ),
        Mutant(
            "old z in the average",
            "    z = z - lr * grad(x)\n    a = a + (z - a) / t",
            "    a = a + (z - a) / t\n    z = z - lr * grad(x)",
            "You average the old z. The new one belongs to the mean.",
        ),
        Mutant(
            "x averaged",
            "(z - a) / t",
            "(x - a) / t",
            "You average the points where gradients were taken. a is the mean of the points z.",
        ),
        Mutant("uphill", "z - lr", "z + lr", "Your step goes uphill: subtract it."),
        Mutant(
            "a falling rate",
            "lr * grad(x)",
            "lr / t * grad(x)",
            "You lower the rate as well. Here it stays, and the average calms down.",
        ),
        Mutant(
            "in place",
            "z = z - lr * grad(x)",
            "z -= lr * grad(x)",
            "The numbers are right, but the caller's array `z` is changed. Make a new one: `z = z - ...`.",
        ),
    ),
)
