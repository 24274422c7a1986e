"""Draft exercises of chapter 7: data that the engine's tests run on."""

# Title, prompt, hints and page are still to be written: they come with the chapter, whose exercises move from here into
# the package. Solution, cases and mistakes are meant as they are. Nothing of this is found by discovery.

from dataclasses import dataclass
from typing import Any

import numpy as np

from course_lib.exercises import Case, Exercise, Mutant


def rule_cases(rng, state, usual, others, clock=False):
    """Return cases of four steps from rest: gradients of many sizes with the usual setting, then other settings."""

    def case(label, size, setting):
        start = {"x": np.full(np.shape(size), 2.0)} | {name: np.zeros(np.shape(size)) for name in state}
        gradients = size * rng.standard_normal((4, *np.shape(size)))
        if label == "a single number":
            gradients = rng.uniform(1, 3, 4).round(1)  # can be checked by hand
        if label == "no gradient at first":
            gradients[:2] = 0
        given = [
            {"dx": np.asarray(dx), **setting, **({"t": t} if clock else {})} for t, dx in enumerate(gradients, start=1)
        ]
        return Case(label, start, given)

    sizes = {
        "a single number": np.array(1.0),
        "three numbers": np.ones(3),
        "a matrix": np.ones((2, 2)),
        "steep and flat": np.array([100.0, 1.0, 0.01]),
        "gradients of 1e-4": np.full(3, 1e-4),
        "gradients of 1e-6": np.full(3, 1e-6),
        "no gradient at first": np.ones(2),
    }
    cases = [case(label, size, usual) for label, size in sizes.items()]
    return cases + [case(label, np.ones(3), usual | setting) for label, setting in others.items()]


def average_cases(rng):
    def case(label, start, points):
        return Case(label, {"a": start}, tuple({"z": z, "t": t} for t, z in enumerate(points, start=1)))

    return [
        case("three points", np.array(5.0), [np.array(z) for z in (5.0, 3.0, 1.0)]),
        case("arrays", rng.standard_normal(3), rng.standard_normal((4, 3))),
        case("a start that does not count", np.full(2, 1e3), rng.standard_normal((3, 2))),
    ]


average = Exercise(
    name="average",
    title="average",
    prompt="average",
    source="""\
def average_step(a, z, t):
    return a + (z - a) / t
""",
    returns=("a",),
    cases=average_cases,
    hints=("a", "b"),
    mutants=(
        Mutant(
            "one late", "/ t", "/ (t + 1)", "The start counts as a point in yours: the first z must replace it, t = 1."
        ),
        Mutant("sum", "a + (z - a) / t", "a + z / t", "You add; a mean moves *towards* z by a part of the way."),
        Mutant(
            "exponential",
            "/ t",
            "* 0.1",
            "A fixed share is an exponential average: it forgets. Here all points weigh alike.",
        ),
        Mutant("backwards", "(z - a) / t", "(a - z) / t", "Away from z: the sign."),
        Mutant("last", "a + (z - a) / t", "z", "That is the last point, not the mean."),
        Mutant("midpoint", "/ t", "/ 2", "Halfway each time weighs the last point ½, whatever t is."),
    ),
)


def adamw_cases(rng):
    usual = {"lr": 0.1, "beta1": 0.9, "beta2": 0.99, "eps": 1e-8, "wd": 0.2}
    others = {
        "a rate of 1": {"lr": 1.0, "wd": 0.01},
        "no momentum": {"beta1": 0.0},
        "short memories": {"beta1": 0.5, "beta2": 0.8},
        "a large ε": {"eps": 0.1},
        "no decay": {"wd": 0.0},
    }
    return rule_cases(rng, ["m", "v"], usual, others, clock=True)


adamw = Exercise(
    name="adamw",
    title="adamw",
    prompt="adamw",
    source="""\
def adamw_step(x, dx, m, v, t, lr, beta1, beta2, eps, wd):
    m = beta1 * m + (1 - beta1) * dx
    v = beta2 * v + (1 - beta2) * dx * dx
    step = m / (1 - beta1**t) / (np.sqrt(v / (1 - beta2**t)) + eps)
    x = x - lr * step - lr * wd * x
    return x, m, v
""",
    returns=("x", "m", "v"),
    cases=adamw_cases,
    hints=("a", "b"),
    mutants=(
        Mutant(
            "L2 in the gradient",
            "    m = beta1 * m + (1 - beta1) * dx",
            "    dx = dx + wd * x\n    m = beta1 * m + (1 - beta1) * dx",
            (
                "That is L2 in the loss: Adam divides it by √v̂ with the rest, so weights with large gradients hardly "
                "decay."
            ),
        ),
        Mutant(
            "rate forgotten",
            "- lr * wd * x",
            "- wd * x",
            "The decay is α λ x; without α it does not follow the schedule.",
        ),
        Mutant("decay grows", "- lr * wd * x", "+ lr * wd * x", "The sign: decay shrinks."),
        Mutant(
            "decay of the new x",
            "x = x - lr * step - lr * wd * x",
            "x = x - lr * step\n    x = x - lr * wd * x",
            "You decay after the step: the step is decayed, too. The book's AdamW (and torch's) decays the old x.",
        ),
        Mutant(
            "decay divided",
            "x = x - lr * step - lr * wd * x",
            "x = x - lr * step - lr * wd * x / (np.sqrt(v / (1 - beta2**t)) + eps)",
            "The decay is divided by √v̂: decoupled means that it is not.",
        ),
        Mutant("no decay", " - lr * wd * x", "", "That is Adam: the decay is missing."),
        Mutant(
            "L1",
            "wd * x",
            "wd * np.sign(x)",
            "That shrinks every weight by the same amount (L1); decay is in proportion to x.",
        ),
        Mutant(
            "no correction",
            "m / (1 - beta1**t) / (np.sqrt(v / (1 - beta2**t)) + eps)",
            "m / (np.sqrt(v) + eps)",
            "The bias correction is missing.",
        ),
    ),
)


def lion_cases(rng):
    usual = {"lr": 0.1, "beta1": 0.6, "beta2": 0.9, "wd": 0.1}
    others = {
        "a rate of 1": {"lr": 1.0, "wd": 0.01},
        "a step without memory": {"beta1": 0.0},
        "a short memory": {"beta2": 0.3},
        "no decay": {"wd": 0.0},
    }

    def against(label, beta1, beta2, dx):
        start = {"x": np.array([1.0, 1.0]), "m": np.array([1.0, -1.0])}
        return Case(label, start, ({"dx": np.array(dx), **usual, "beta1": beta1, "beta2": beta2},) * 2)

    return [
        *rule_cases(rng, ["m"], usual, others),
        against("momentum against gradient", 0.6, 0.9, [-1.45, 1.0]),
        against("a long memory in the step", 0.9, 0.9, [-5.0, 5.0]),
        against("a short memory", 0.6, 0.2, [-1.45, 1.0]),
    ]


lion = Exercise(
    name="lion",
    title="lion",
    prompt="lion",
    source="""\
def lion_step(x, dx, m, lr, beta1, beta2, wd):
    c = beta1 * m + (1 - beta1) * dx
    x = x - lr * (np.sign(c) + wd * x)
    m = beta2 * m + (1 - beta2) * dx
    return x, m
""",
    returns=("x", "m"),
    cases=lion_cases,
    hints=("a", "b"),
    mutants=(
        Mutant("no sign", "np.sign(c)", "c", "Lion steps by the *sign* of the mix."),
        Mutant(
            "sign of the gradient",
            "np.sign(c)",
            "np.sign(dx)",
            "You take the gradient's sign alone: momentum has no say.",
        ),
        Mutant(
            "sign of momentum",
            "np.sign(c)",
            "np.sign(m)",
            "You take momentum's sign alone: the new gradient has no say (and the first step is 0).",
        ),
        Mutant(
            "one beta",
            "m = beta2 * m + (1 - beta2) * dx",
            "m = c",
            "Two betas: β₁ mixes the step, β₂ keeps the memory, longer.",
        ),
        Mutant(
            "betas swapped",
            (
                "c = beta1 * m + (1 - beta1) * dx\n"
                "    x = x - lr * (np.sign(c) + wd * x)\n"
                "    m = beta2 * m + (1 - beta2) * dx"
            ),
            (
                "c = beta2 * m + (1 - beta2) * dx\n"
                "    x = x - lr * (np.sign(c) + wd * x)\n"
                "    m = beta1 * m + (1 - beta1) * dx"
            ),
            "β₁ and β₂ are exchanged.",
        ),
        Mutant(
            "memory first",
            (
                "    c = beta1 * m + (1 - beta1) * dx\n"
                "    x = x - lr * (np.sign(c) + wd * x)\n"
                "    m = beta2 * m + (1 - beta2) * dx"
            ),
            (
                "    m = beta2 * m + (1 - beta2) * dx\n"
                "    c = beta1 * m + (1 - beta1) * dx\n"
                "    x = x - lr * (np.sign(c) + wd * x)"
            ),
            "You update m before the step, so the new gradient counts twice.",
        ),
        Mutant(
            "decay inside the sign",
            "np.sign(c) + wd * x",
            "np.sign(c + wd * x)",
            "The decay belongs outside the sign, or it is all or nothing.",
        ),
        Mutant("decay forgotten", " + wd * x", "", "The weight decay is missing."),
    ),
)


@dataclass(frozen=True)
class Slope:
    """The gradient x ↦ linear·x + cubic·x³, as a function to hand to the reader."""

    linear: Any
    cubic: float = 0.0

    def __call__(self, x):
        return self.linear * x + self.cubic * x**3


def sam_cases(rng):
    return [
        Case.one("a round bowl", x=np.array([3.0, 4.0]), grad=Slope(1.0), radius=5.0),
        Case.one("a ravine", x=rng.standard_normal(2), grad=Slope(np.array([1.0, 50.0])), radius=0.1),
        Case.one("a quartic", x=rng.standard_normal(3), grad=Slope(-1.0, cubic=1.0), radius=0.3),
        Case.one("far out", x=10 * rng.standard_normal(4), grad=Slope(np.arange(1.0, 5.0)), radius=0.5),
        Case.one("gradients of 1e-4", x=rng.standard_normal(3), grad=Slope(1e-4), radius=0.5),
    ]


sam = Exercise(
    name="sam",
    title="sam",
    prompt="sam",
    source="""\
def sam_gradient(x, grad, radius):
    g = grad(x)
    uphill = radius * g / np.linalg.norm(g)
    return grad(x + uphill)
""",
    returns=("g",),
    cases=sam_cases,
    hints=("a", "b"),
    mutants=(
        Mutant(
            "downhill",
            "x + uphill",
            "x - uphill",
            "You look downhill: that is a look-ahead. SAM asks for the *worst* point nearby.",
        ),
        Mutant(
            "not normalized",
            "radius * g / np.linalg.norm(g)",
            "radius * g",
            "Divide by ‖g‖: the radius is a distance, whatever the slope.",
        ),
        Mutant(
            "squared norm",
            "np.linalg.norm(g)",
            "np.sum(g * g)",
            "By the norm, not its square: steep places would be probed less.",
        ),
        Mutant(
            "sign",
            "radius * g / np.linalg.norm(g)",
            "radius * np.sign(g)",
            "The sign of each coordinate goes to a corner of a cube; SAM uses a ball.",
        ),
        Mutant(
            "first gradient", "grad(x + uphill)", "g", "You return the gradient at x: the look uphill has no effect."
        ),
        Mutant("mixed", "grad(x + uphill)", "(g + grad(x + uphill)) / 2", "SAM steps with the second gradient alone."),
        Mutant(
            "norm of x", "np.linalg.norm(g)", "np.linalg.norm(x)", "It is the gradient that is brought to length 1."
        ),
        Mutant(
            "wrong point",
            "grad(x + uphill)",
            "grad(uphill)",
            "The gradient is taken at x + uphill, not at the displacement.",
        ),
    ),
)
