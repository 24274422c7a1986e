"""Nesterov's step in its rearranged form."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from course_lib.exercises import Case, Exercise, Mutant

from .cases import EDGES, EXCHANGED, IN_PLACE, SHAPES, STEPS, random_setting, single_number


@dataclass(frozen=True)
class Bowl:
    """The gradient of a quadratic, x ↦ curvature · (x − centre), as a function to hand to the reader."""

    curvature: Any
    centre: Any

    def __call__(self, x: Any) -> Any:
        return self.curvature * (x - self.centre)

    def __repr__(self) -> str:
        if np.ndim(self.centre):
            return "<the gradient of a bowl>"
        sign = "+" if self.centre < 0 else "-"
        return f"lambda x: {self.curvature:g} * (x {sign} {abs(self.centre):g})"


def nesterov_cases(rng: np.random.Generator) -> list[Case]:
    """Four steps each, on a bowl."""

    def case(label: str, x: Any, v: Any, grad: Callable[[Any], Any], setting: Any = None) -> Case:
        setting = setting or ({"lr": 0.1, "rho": 0.9} if not np.ndim(x) else random_setting(rng))
        return Case(label, {"x": x, "v": v}, ({"grad": grad, **setting},) * STEPS)

    x, v, curvature = (single_number(rng) for _ in range(3))
    cases = [case("a single number", x, v, Bowl(float(curvature), float(single_number(rng, -3, -1))))]
    for label, shape, size, dtype in SHAPES:
        x, v, centre = (size * rng.standard_normal((3, *shape))).astype(dtype)
        cases.append(case(label, x, v, Bowl(rng.uniform(0.5, 2, shape).astype(dtype), centre)))
    x, v, centre = rng.standard_normal((3, 3))
    cases.append(case("starting at rest", x, np.zeros(3), Bowl(rng.uniform(0.5, 2, 3), centre)))
    cases.append(case("zero gradients", x, v, Bowl(np.zeros(3), centre)))
    cases += [case(label, x, v, Bowl(rng.uniform(0.5, 1, 3), centre), setting) for label, setting in EDGES]
    return cases


nesterov = Exercise(
    name="nesterov",
    page="03_momentum",
    number=3,
    title="Nesterov's step, rearranged",
    prompt=(
        "Write one step of Nesterov's method in its rearranged form. It is momentum with a peek ahead, written for the "
        "look-ahead point itself: `x` here is that very point, so the gradient is taken at `x` and nowhere else. "
        "With the book's velocity: v ← ρv + ∇f(x), then x ← x − α(∇f(x) + ρv), with the new v.\n\n"
        "This time you take the gradient yourself: `grad` is a function, and `grad(x)` is the gradient at `x`. "
        "Return the new point and the new velocity; make new arrays. (`x` and `v` are single numbers in the first "
        "check, and arrays of any shape in the others.)"
    ),
    source="""\
def nesterov_step(x, grad, v, lr, rho):
    dx = grad(x)
    v = rho * v + dx
    x = x - lr * (dx + rho * v)
    return x, v
""",
    returns=("x", "v"),
    cases=nesterov_cases,
    hints=(
        "Three lines: the gradient, the velocity, the point. The first two are the same as in plain momentum.",
        "Where is the gradient taken? In this form `x` has looked ahead already, at the end of the step before.",
        "The point moves by two parts, both times the rate: the gradient of this step, and `rho` times the new "
        "velocity, which is the look ahead for the step to come.",
    ),
    asks={
        "x": "what should be taken from `x`?",
        "v": "what should become of the old velocity `v`?",
        "lr": "what should `lr` multiply?",
        "rho": "where should `rho` come in, and how often?",
    },
    limits={"lr": (0, None), "rho": (0, 1)},
    explanation=(
        "One part of the step corrects with the fresh gradient; the other, `rho * v` with the new velocity, is "
        "already the look ahead of the next step. With the old velocity in its place, `dx + rho * v` would be the new "
        "velocity, and the whole plain momentum."
    ),
    after="It is what `course_lib.optim.Nesterov` and PyTorch's `SGD(momentum=rho, nesterov=True)` do.",
    accepts={
        "lecture's form": (
            "def nesterov_step(x, grad, v, lr, rho):\n"
            "    new = rho * v + grad(x)\n"
            "    return x + lr * rho * v - lr * (1 + rho) * new, new\n"
        ),
        "two gradients": (
            "def nesterov_step(x, grad, v, lr, rho):\n"
            "    v = rho * v + grad(x)\n"
            "    return x - lr * grad(x) - lr * rho * v, v\n"
        ),
        "by way of the other point": (
            "def nesterov_step(x, grad, v, lr, rho):\n"
            "    base = x + lr * rho * v\n"
            "    v = rho * v + grad(x)\n"
            "    base = base - lr * v\n"
            "    return base - lr * rho * v, v\n"
        ),
        "float32": (
            "def nesterov_step(x, grad, v, lr, rho):\n"
            "    dx = np.asarray(grad(x), dtype=np.float32)\n"
            "    v = np.asarray(rho * v + dx, dtype=np.float32)\n"
            "    return np.asarray(x - lr * (dx + rho * v), dtype=np.float32), v\n"
        ),
    },
    mutants=(
        Mutant(
            "looks ahead twice",
            "grad(x)",
            "grad(x - lr * rho * v)",
            "You take the gradient at the wrong point. In this form `x` is the look-ahead point already, and you look "
            "ahead once more: take the gradient at `x`.",
        ),
        Mutant(
            "look-ahead form",
            "dx = grad(x)\n    v = rho * v + dx\n    x = x - lr * (dx + rho * v)",
            "dx = grad(x - lr * rho * v)\n    v = rho * v + dx\n    x = x - lr * v",
            "This is Nesterov's method in its look-ahead form, right in itself: there `x` is the point before the look "
            "ahead. Here `x` is the look-ahead point, and the gradient is taken at `x`.",
        ),
        Mutant(
            "moves to the look ahead first",
            "dx = grad(x)\n    v = rho * v + dx\n    x = x - lr * (dx + rho * v)",
            "x = x - lr * rho * v\n    dx = grad(x)\n    v = rho * v + dx\n    x = x - lr * v",
            "You move `x` to the look ahead and step from there. `x` is the look-ahead point already: take "
            "the gradient at the `x` you are given, and end at the next look-ahead point.",
        ),
        Mutant(
            "lecture's look-ahead, mixed",
            "dx = grad(x)\n    v = rho * v + dx\n    x = x - lr * (dx + rho * v)",
            "dx = grad(x + rho * v)\n    v = rho * v + dx\n    x = x - lr * v",
            "You take the gradient at the wrong point: x + ρv belongs to the other convention, where v points "
            "downhill. And in this form there is no need to look ahead: `x` is the look-ahead point.",
        ),
        Mutant(
            "looks ahead by the bare velocity",
            "grad(x)",
            "grad(x + rho * v)",
            "You take the gradient at the wrong point, x + ρv. That point belongs to the look-ahead form of the other "
            "convention; here `x` is the look-ahead point already.",
        ),
        Mutant(
            "plain momentum",
            "x - lr * (dx + rho * v)",
            "x - lr * v",
            "This is plain momentum. If you wrote `dx + rho * v`, mind that `v` there has to be the new velocity: with "
            "the old one the sum is itself the new velocity.",
        ),
        Mutant(
            "uphill",
            "x - lr * (dx",
            "x + lr * (dx",
            "Your step goes uphill: gradient and velocity point up, so `x` moves by minus `lr` times both.",
        ),
        Mutant(
            "velocity never kept",
            "v = rho * v + dx\n    x = x - lr * (dx + rho * v)",
            "new = rho * v + dx\n    x = x - lr * (dx + rho * new)",
            "Your point is right, but you return the old velocity. The next step starts from what you return, "
            "so this velocity never grows.",
        ),
        Mutant(
            "velocity forgotten",
            "v = rho * v + dx",
            "v = dx",
            "Your velocity is the last gradient alone. Keep `rho` times the old velocity in it.",
        ),
        Mutant(
            "velocity discarded",
            "x - lr * (dx + rho * v)",
            "x - lr * dx",
            "Your velocity is right, but the velocity is not used: this is plain gradient descent. `x` moves by the "
            "gradient and by `rho` times the new velocity.",
        ),
        Mutant(
            "rho missing in the step",
            "(dx + rho * v)",
            "(dx + v)",
            "In the step, the velocity has to be multiplied by `rho`: it is worn down once more on the way to the next "
            "point.",
        ),
        Mutant(
            "rho on the gradient",
            "(dx + rho * v)",
            "(rho * dx + v)",
            "`rho` is on the wrong term of the step: it belongs to the velocity, and the gradient comes in whole.",
        ),
        Mutant(
            "rho on both",
            "(dx + rho * v)",
            "rho * (dx + v)",
            "`rho` belongs to the velocity only; in the step the gradient comes in whole.",
        ),
        Mutant(
            "rho on the gradient, in the velocity",
            "v = rho * v + dx",
            "v = v + rho * dx",
            "`rho` is on the wrong term of the velocity: it wears down the old velocity, not the new gradient.",
        ),
        Mutant(
            "rate on the gradient only",
            "lr * (dx + rho * v)",
            "lr * dx - rho * v",
            "The rate is missing on the velocity: it multiplies both parts of the step.",
        ),
        Mutant(
            "conventions mixed",
            "v = rho * v + dx",
            "v = rho * v - lr * dx",
            "You mix two conventions: your velocity holds −α · gradient, and your step takes it for a sum of "
            "gradients.",
        ),
        Mutant(
            "conventions mixed, other half",
            "v = rho * v + dx\n    x = x - lr * (dx + rho * v)",
            "old = v\n    v = rho * v + dx\n    x = x - rho * old + (1 + rho) * v",
            "You mix two conventions: x − ρ·v_old + (1 + ρ)·v is the lecture's step for a velocity that holds "
            "−α · gradient; yours is a sum of gradients.",
        ),
        Mutant(
            "other convention",
            "v = rho * v + dx\n    x = x - lr * (dx + rho * v)",
            "old = v\n    v = rho * v - lr * dx\n    x = x - rho * old + (1 + rho) * v",
            "This is Nesterov's rearranged step in the other convention, right in itself. Here the velocity is a sum "
            "of gradients, v ← ρv + ∇f, and the rate comes in where `x` moves.",
        ),
        Mutant(
            "running mean",
            "v = rho * v + dx",
            "v = rho * v + (1 - rho) * dx",
            "Your velocity is a running mean of gradients. Here it is a sum, and the gradient comes in whole.",
        ),
        Mutant(
            "swapped",
            "return x, v",
            "return v, x",
            "Both values are right, and in the wrong order: first the point, then the velocity.",
        ),
        Mutant(
            "the lecture's look-ahead form",
            "dx = grad(x)\n    v = rho * v + dx\n    x = x - lr * (dx + rho * v)",
            "v = rho * v - lr * grad(x + rho * v)\n    x = x + v",
            "This is Nesterov's look-ahead form in the convention v ← ρv − α∇f, as lectures write it, right in itself. "
            "Here the gradient is taken at `x`, and the velocity is a sum of plain gradients.",
        ),
        Mutant(
            "momentum in the other convention",
            "v = rho * v + dx\n    x = x - lr * (dx + rho * v)",
            "v = rho * v - lr * dx\n    x = x + v",
            "This is plain momentum in the convention v ← ρv − α∇f. Nesterov's step is asked for, with v ← ρv + ∇f.",
        ),
        Mutant(
            "rho forgotten",
            "v = rho * v + dx",
            "v = v + dx",
            "The old velocity comes in whole: `rho` is missing where the velocity is updated.",
        ),
        Mutant(
            "gradient left out of the velocity",
            "v = rho * v + dx",
            "v = rho * v",
            "The gradient is missing in the velocity: it is only worn down.",
        ),
        Mutant(
            "gradient left out of the step",
            "(dx + rho * v)",
            "(rho * v)",
            "The gradient is missing in the step: `x` moves by the gradient and by `rho` times the new velocity.",
        ),
        Mutant(
            "rate on the velocity only",
            "lr * (dx + rho * v)",
            "(dx + lr * rho * v)",
            "The rate is missing on the gradient: it multiplies both parts of the step.",
        ),
        Mutant(
            "the step, not the point",
            "x - lr * (dx + rho * v)",
            "lr * (dx + rho * v)",
            "You return the step. The new point is asked for: the old `x` minus the step.",
        ),
        *EXCHANGED,
        *IN_PLACE,
    ),
)
