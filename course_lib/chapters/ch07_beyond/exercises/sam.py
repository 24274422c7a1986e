"""SAM's gradient."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from course_lib.exercises import Case, Exercise, Mutant


@dataclass(frozen=True)
class Slope:
    """The gradient x ↦ linear·x + cubic·x³, as a function to hand to the reader."""

    linear: Any
    cubic: float = 0.0

    def __call__(self, x: Any) -> Any:
        return self.linear * x + self.cubic * x**3

    def __repr__(self) -> str:
        linear = "" if np.ndim(self.linear) == 0 and self.linear == 1 else f"{np.asarray(self.linear).tolist()} * "
        cubic = f" + {self.cubic:g} * x**3" if self.cubic else ""
        if np.ndim(self.linear):
            return "<the gradient of a bowl>"
        return f"lambda x: {linear}x{cubic}"


def cases(rng: np.random.Generator) -> list[Case]:
    return [
        Case.one("a round bowl", x=np.array([3.0, 4.0]), grad=Slope(1.0), radius=5.0),
        Case.one("a ravine", x=rng.standard_normal(2), grad=Slope(np.array([1.0, 50.0])), radius=0.1),
        Case.one("a quartic", x=rng.standard_normal(3), grad=Slope(-1.0, cubic=1.0), radius=0.3),
        Case.one("far out", x=10 * rng.standard_normal(4), grad=Slope(np.arange(1.0, 5.0)), radius=0.5),
        Case.one("gradients of 1e-4", x=rng.standard_normal(3), grad=Slope(1e-4), radius=0.5),
    ]


sam = Exercise(
    name="sam",
    page="07_beyond",
    number=4,
    title="SAM's gradient",
    prompt=(
        "`grad` is a function: `grad(x)` is the gradient at `x`. Go from `x` uphill, along its gradient, by the"
        " distance `radius`, and return the gradient there."
    ),
    source="""\
def sam_gradient(x, grad, radius):
    g = grad(x)
    uphill = radius * g / np.linalg.norm(g)
    return grad(x + uphill)
""",
    returns=("g",),
    cases=cases,
    hints=(
        "Two calls of `grad`. What the second one gets depends on the first.",
        "A gradient divided by its norm has the length 1.",
        "The second point is `x` plus `radius` times that. What is returned is the gradient there, not the way there.",
    ),
    asks={
        "x": "at which two points should the gradient be taken?",
        "radius": "how long should the way uphill be, and in which direction?",
    },
    limits={"radius": (0, None)},
    explanation=(
        "To first order the loss is highest, within the radius, straight uphill. The gradient is made to have the"
        " length 1, so the radius is a distance whatever the slope. The step that follows starts at `x`, with the"
        " gradient from there."
    ),
    after="`course_lib.optim.SAM` hands this gradient to any optimizer. Its norm is that of all weights together.",
    accepts={
        "in one line": (
            "def sam_gradient(x, grad, radius):\n"
            "    return grad(x + radius * grad(x) / np.sqrt(np.sum(grad(x) ** 2)))\n"
        ),
        "with the length first": (
            "def sam_gradient(x, grad, radius):\n"
            "    g = grad(x)\n"
            "    length = (g**2).sum() ** 0.5\n"
            "    high = x + g * (radius / length)\n"
            "    return grad(high)\n"
        ),
        "float32": (
            "def sam_gradient(x, grad, radius):\n"
            "    g = np.asarray(grad(x), dtype=np.float32)\n"
            "    return np.asarray(grad(x + radius * (g / np.linalg.norm(g))), dtype=np.float32)\n"
        ),
    },
    mutants=(
        Mutant(
            "downhill",
            "x + uphill",
            "x - uphill",
            "You look downhill: that is a look-ahead. SAM asks for the *highest* point nearby.",
        ),
        Mutant(
            "not normalized",
            "radius * g / np.linalg.norm(g)",
            "radius * g",
            "You do not divide by ‖g‖. The radius is a distance, whatever the slope.",
        ),
        Mutant(
            "squared norm",
            "np.linalg.norm(g)",
            "np.sum(g * g)",
            "You divide by the square of the norm: where it is steep, you would not go far enough.",
        ),
        Mutant(
            "sign",
            "radius * g / np.linalg.norm(g)",
            "radius * np.sign(g)",
            "You go along the sign of each coordinate, to the corner of a cube. SAM uses a ball.",
        ),
        Mutant(
            "first gradient",
            "grad(x + uphill)",
            "g",
            "You return the gradient at x: the second point has no effect.",
        ),
        Mutant(
            "mixed",
            "grad(x + uphill)",
            "(g + grad(x + uphill)) / 2",
            "You return the mean of the two gradients. SAM steps with the second one alone.",
        ),
        Mutant(
            "norm of x",
            "np.linalg.norm(g)",
            "np.linalg.norm(x)",
            "You divide by the norm of x. It is the gradient that is made to have the length 1.",
        ),
        Mutant(
            "wrong point",
            "grad(x + uphill)",
            "grad(uphill)",
            "You take the gradient at the way itself. It starts at x: `x + uphill`.",
        ),
        Mutant(
            "radius of 1",
            "radius * g",
            "g",
            "You go by a distance of 1, whatever `radius` is.",
        ),
        Mutant(
            "the difference",
            "grad(x + uphill)",
            "grad(x + uphill) - g",
            "You return by how much the gradient changes. SAM steps with the gradient at the second point.",
        ),
        Mutant(
            "the mean square",
            "np.linalg.norm(g)",
            "np.sqrt(np.mean(g * g))",
            "You divide by the root of the *mean* square. The norm has the sum, or the distance grows with the"
            " dimension.",
        ),
    ),
)
