"""One momentum step."""

from typing import Any

import numpy as np

from course_lib.exercises import Case, Exercise, Mutant

from .cases import EDGES, EXCHANGED, IN_PLACE, SHAPES, STEPS, random_setting, single_number


def momentum_cases(rng: np.random.Generator) -> list[Case]:
    """Four steps each, with gradients that have nothing to do with x."""

    def case(label: str, x: Any, v: Any, gradients: Any, setting: Any = None) -> Case:
        setting = setting or ({"lr": 0.1, "rho": 0.9} if not np.ndim(x) else random_setting(rng))
        return Case(label, {"x": x, "v": v}, tuple({"dx": dx, **setting} for dx in gradients))

    x, v, *gradients = (single_number(rng) for _ in range(2 + STEPS))
    cases = [case("a single number", x, v, gradients)]
    for label, shape, size, dtype in SHAPES:
        x, v, *gradients = (size * rng.standard_normal((2 + STEPS, *shape))).astype(dtype)
        cases.append(case(label, x, v, gradients))
    x, v, dx = rng.standard_normal((3, 3))
    cases.append(case("starting at rest", x, np.zeros(3), [dx] * STEPS))
    cases.append(case("zero gradients", x, v, [np.zeros(3)] * STEPS))
    cases += [case(label, x, v, list(rng.standard_normal((STEPS, 3))), setting) for label, setting in EDGES]
    return cases


momentum = Exercise(
    name="momentum",
    page="03_momentum",
    number=1,
    title="One momentum step",
    prompt=(
        "Write one step of gradient descent with momentum. You are given the point `x`, the gradient `dx` there, "
        "the velocity `v`, the rate `lr` (α) and the momentum `rho` (ρ). Return the new point and the new velocity, "
        "in the book's convention: the velocity is a decaying sum of gradients, v ← ρv + ∇f, and x ← x − αv.\n\n"
        "`x`, `dx` and `v` are single numbers in the first check, and arrays of any shape in the others: NumPy's "
        "arithmetic needs no loop for either. Leave the arrays you are given as they are: make new ones."
    ),
    source="""\
def momentum_step(x, dx, v, lr, rho):
    v = rho * v + dx
    x = x - lr * v
    return x, v
""",
    returns=("x", "v"),
    cases=momentum_cases,
    hints=(
        "Two things change, in this order: first the velocity, then the point. The gradient acts on the velocity only.",
        "The velocity forgets a little, then learns: keep a fraction `rho` of the old one and add all of the gradient, "
        "without the rate. Gradients point uphill, so in which direction must `x` move?",
        "New velocity: `rho` times the old, plus `dx`. New point: the old one minus `lr` times the new velocity.",
    ),
    asks={
        "x": "what should be taken from `x`?",
        "dx": "how much of `dx` should the velocity take in?",
        "v": "what should become of the old velocity `v`?",
        "lr": "what should `lr` multiply?",
        "rho": "which term should `rho` multiply, and which not?",
    },
    limits={"lr": (0, None), "rho": (0, 1)},
    explanation=(
        "The gradient enters the velocity, and the velocity alone moves the point. The minus sign stands in one place, "
        "the rate in one place. `v = ...` and `x = ...` make new arrays; `v *= rho` would write into the caller's."
    ),
    after="It is what `course_lib.optim.Momentum` and PyTorch's `SGD(momentum=rho)` do.",
    accepts={
        "one expression": ("def momentum_step(x, dx, v, lr, rho):\n    return x - lr * (rho * v + dx), rho * v + dx\n"),
        "multiplied out": (
            "def momentum_step(x, dx, v, lr, rho):\n    return [x - lr * rho * v - lr * dx, dx + v * rho]\n"
        ),
        "in place, on copies": (
            "def momentum_step(x, dx, v, lr, rho):\n"
            "    x, v = np.array(x), np.array(v)\n"
            "    v *= rho\n"
            "    v += dx\n"
            "    x -= lr * v\n"
            "    return x, v\n"
        ),
        "float32": (
            "def momentum_step(x, dx, v, lr, rho):\n"
            "    v = np.float32(rho) * np.asarray(v, dtype=np.float32) + np.asarray(dx, dtype=np.float32)\n"
            "    return np.asarray(x, dtype=np.float32) - np.float32(lr) * v, v\n"
        ),
        "with defaults": (
            "def momentum_step(x, dx, v, lr=0.01, rho=0.9):\n"
            "    velocity = np.add(np.multiply(rho, v), dx)\n"
            "    return np.subtract(x, lr * velocity), velocity\n"
        ),
    },
    mutants=(
        Mutant(
            "uphill",
            "x - lr * v",
            "x + lr * v",
            "Your step goes uphill: `v` is a sum of gradients, and gradients point up, so `x` moves by minus `lr * v`.",
        ),
        Mutant(
            "velocity never kept",
            "v = rho * v + dx\n    x = x - lr * v",
            "new = rho * v + dx\n    x = x - lr * new",
            "Your point is right, but you return the old velocity. The next step starts from what you return, "
            "so this velocity never grows.",
        ),
        Mutant(
            "velocity forgotten",
            "v = rho * v + dx",
            "v = dx",
            "Your velocity is the last gradient alone. Without the part `rho * v` of the old velocity this is plain "
            "gradient descent.",
        ),
        Mutant(
            "velocity discarded",
            "x - lr * v",
            "x - lr * dx",
            "Your velocity is right, but it is not used: `x` moves by the gradient `dx`, as in plain gradient "
            "descent. Move it by the velocity.",
        ),
        Mutant(
            "gradient counted twice",
            "x - lr * v",
            "x - lr * (v + dx)",
            "You add the gradient twice: it is in the new velocity already, so `x` moves by the velocity alone.",
        ),
        Mutant(
            "stale velocity",
            "v = rho * v + dx\n    x = x - lr * v",
            "x = x - lr * v\n    v = rho * v + dx",
            "You move `x` by the old velocity. Update the velocity first, then move by the new one.",
        ),
        Mutant(
            "conventions mixed",
            "v = rho * v + dx",
            "v = rho * v - lr * dx",
            "You mix two conventions. Your velocity holds −α · gradient, which goes onto `x` with a plus; you multiply "
            "by the rate once more and subtract, which goes uphill.",
        ),
        Mutant(
            "conventions mixed, other half",
            "x - lr * v",
            "x + v",
            "You mix two conventions. `x + v` belongs to a velocity that holds −α · gradient; yours is a plain sum of "
            "gradients, so this goes uphill, and with no rate.",
        ),
        Mutant(
            "other convention",
            "v = rho * v + dx\n    x = x - lr * v",
            "v = rho * v - lr * dx\n    x = x + v",
            "This is momentum in the other convention, v ← ρv − α∇f and x ← x + v. It is right in itself, but here the "
            "velocity is a sum of gradients: v ← ρv + ∇f, and the rate comes in with x.",
        ),
        Mutant(
            "rate inside the velocity",
            "v = rho * v + dx\n    x = x - lr * v",
            "v = rho * v + lr * dx\n    x = x - v",
            "You multiply by the rate on the way into the velocity. Here the velocity is a sum of plain gradients, and "
            "the rate comes in where `x` moves.",
        ),
        Mutant(
            "conventions mixed, with a minus",
            "v = rho * v + dx\n    x = x - lr * v",
            "v = rho * v - lr * dx\n    x = x - v",
            "You mix two conventions. Your velocity holds −α · gradient, which would go onto `x` with a plus. Here the "
            "velocity is the plain sum of gradients, and the rate comes in where `x` moves, with a minus.",
        ),
        Mutant(
            "rate twice",
            "v = rho * v + dx",
            "v = rho * v + lr * dx",
            "You multiply by the rate twice, in the velocity and in the step. Leave it out of the velocity.",
        ),
        Mutant(
            "no rate",
            "x - lr * v",
            "x - v",
            "The rate is missing: `x` moves by the whole velocity, and not by `lr` times it.",
        ),
        Mutant(
            "running mean",
            "v = rho * v + dx",
            "v = rho * v + (1 - rho) * dx",
            "Your velocity is a running mean of gradients: its weights `rho` and `1 - rho` add up to 1. Here it is a "
            "sum, and the gradient comes in whole.",
        ),
        Mutant(
            "rho on the gradient",
            "v = rho * v + dx",
            "v = v + rho * dx",
            "`rho` is on the wrong term: it wears down the old velocity, not the new gradient. Yours never slows down.",
        ),
        Mutant(
            "rho on both",
            "rho * v + dx",
            "rho * (v + dx)",
            "`rho` multiplies the old velocity only; yours wears down the new gradient as well.",
        ),
        Mutant(
            "rho as friction",
            "v = rho * v + dx",
            "v = (1 - rho) * v + dx",
            "You keep the fraction `1 - rho` of the velocity, as if `rho` were friction. It is what is kept: a larger "
            "`rho` is less friction.",
        ),
        Mutant(
            "two minus signs",
            "v = rho * v + dx",
            "v = rho * v - dx",
            "Your velocity subtracts the gradient, and then `x` subtracts the velocity. Two minus signs go uphill: "
            "here the velocity adds the gradient.",
        ),
        Mutant(
            "velocity points down",
            "v = rho * v + dx\n    x = x - lr * v",
            "v = rho * v - dx\n    x = x + lr * v",
            "Your velocity is a sum of negative gradients. That is right in itself, but here it is a sum of gradients, "
            "and the minus sign stands where `x` moves.",
        ),
        Mutant(
            "Nesterov",
            "x - lr * v",
            "x - lr * (dx + rho * v)",
            "This is Nesterov's step. In plain momentum `x` moves by the velocity alone.",
        ),
        Mutant(
            "swapped",
            "return x, v",
            "return v, x",
            "Both values are right, and in the wrong order: first the point, then the velocity.",
        ),
        Mutant(
            "rho forgotten",
            "v = rho * v + dx",
            "v = v + dx",
            "The old velocity comes in whole: `rho` is missing, so nothing wears it down, and it never stops growing.",
        ),
        Mutant(
            "mean with its weights exchanged",
            "v = rho * v + dx",
            "v = (1 - rho) * v + rho * dx",
            "Your velocity is a running mean of gradients, with its two weights exchanged. Here it is a sum: `rho` "
            "times the old velocity, and the whole gradient.",
        ),
        Mutant(
            "gradient left out",
            "rho * v + dx",
            "rho * v",
            "The gradient is missing: the velocity is only worn down, and nothing ever drives it.",
        ),
        Mutant(
            "rate on the velocity only",
            "x - lr * v",
            "x - lr * (v - dx) - dx",
            "The rate multiplies one part of the step only: the gradient comes in without it. It belongs on the whole "
            "new velocity.",
        ),
        Mutant(
            "rate on the gradient only",
            "x - lr * v",
            "x - (v - dx) - lr * dx",
            "The rate multiplies the gradient only: the old velocity moves `x` without it. It belongs on the whole new "
            "velocity.",
        ),
        Mutant(
            "the step, not the point",
            "x - lr * v",
            "lr * v",
            "You return the step. The new point is asked for: the old `x` minus the step.",
        ),
        Mutant(
            "minus the step, not the point",
            "x - lr * v",
            "-lr * v",
            "You return the step, with its sign. The new point is asked for: the old `x` plus that.",
        ),
        Mutant(
            "the lecture's Nesterov",
            "v = rho * v + dx\n    x = x - lr * v",
            "old = v\n    v = rho * v - lr * dx\n    x = x - rho * old + (1 + rho) * v",
            "This is the lecture's Nesterov step, in the convention v ← ρv − α∇f. Plain momentum is asked for, with "
            "v ← ρv + ∇f.",
        ),
        *EXCHANGED,
        *IN_PLACE,
    ),
)
