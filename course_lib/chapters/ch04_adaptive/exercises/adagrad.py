"""One step of AdaGrad."""

import numpy as np

from course_lib.exercises import Case, Exercise, Mutant

from .cases import from_rest, of_the_step


def cases(rng: np.random.Generator) -> list[Case]:
    others = {"a rate of 1": {"lr": 1.0}, "a large ε": {"lr": 0.2, "eps": 0.1}}
    return from_rest(rng, ["s"], {"lr": 0.1, "eps": 1e-8}, others)


adagrad = Exercise(
    name="adagrad",
    page="04_adaptive",
    number=2,
    title="One step of AdaGrad",
    prompt=(
        "You get the point `x`, the gradient `dx` there, and `s`, the sum so far for each coordinate. Make one step of "
        "AdaGrad with the rate `lr` and the small number `eps`. Return the new point and the new sum, as new arrays. "
        "(`x` is a single number in the first check, and an array of any shape in the others.)"
    ),
    source="""\
def adagrad_step(x, dx, s, lr, eps):
    s = s + dx * dx
    x = x - lr * dx / (np.sqrt(s) + eps)
    return x, s
""",
    returns=("x", "s"),
    cases=cases,
    hints=(
        "Two lines: first the sum, then the point. What is summed?",
        "The sum collects squares, so that signs cannot cancel; every coordinate has its own.",
        "The step is the rate times the gradient, divided by the root of the *new* sum. `eps` is added to the root.",
    ),
    asks={
        "x": "what should be taken from `x`?",
        "dx": "in which power should `dx` go into the sum, and what should divide it in the step?",
        "s": "what should be added to `s`, and when?",
        "lr": "what should the step at the rate `lr` be divided by, and when?",
        "eps": "where should `eps` stand?",
    },
    limits={"s": (0, None), "lr": (0, None), "eps": (0, None)},
    explanation=(
        "Adding the present square first makes the divisor at least |dx|, so no step is longer than `lr`. `eps` only "
        "matters where all gradients so far are about as small as itself: there 0/0 becomes 0/ε = 0."
    ),
    after="It is what `course_lib.optim.AdaGrad` does, in place, and PyTorch's `Adagrad`.",
    accepts={
        "one rate for each coordinate": """\
def adagrad_step(x, dx, s, lr, eps):
    s = s + dx**2
    rate = lr / (s**0.5 + eps)
    return x - rate * dx, s
""",
        "copied": """\
def adagrad_step(x, dx, s, lr, eps):
    x, s = np.array(x), np.array(s)
    s += np.square(dx)
    x -= lr * dx / (np.sqrt(s) + eps)
    return x, s
""",
        "float32": """\
def adagrad_step(x, dx, s, lr, eps):
    s = np.asarray(s + dx * dx, dtype=np.float32)
    return np.asarray(x - lr * dx / (np.sqrt(s) + eps), dtype=np.float32), s
""",
    },
    mutants=(
        Mutant(
            "current gradient",
            "np.sqrt(s) + eps",
            "np.abs(dx) + eps",
            "You divide by the present gradient alone, so every step is ±α. AdaGrad divides by the root of the sum of "
            "all squares so far.",
        ),
        Mutant(
            "forgets at once", "s + dx * dx", "dx * dx", "You replace the sum by the newest square. AdaGrad adds to it."
        ),
        Mutant(
            "the gradient itself",
            "s + dx * dx",
            "s + dx",
            "You sum the gradients themselves. Of both signs, they may come to less than 0, "
            "and the root of that is not a number: square them.",
        ),
        Mutant(
            "no square",
            "s + dx * dx",
            "s + np.abs(dx)",
            "You sum sizes, not squares: the squares are summed, and the root is taken of their sum.",
        ),
        Mutant(
            "a mean",
            "s + dx * dx",
            "0.9 * s + 0.1 * dx * dx",
            "You keep a decaying mean. That is RMSProp; AdaGrad adds up all squares, and forgets none.",
        ),
        Mutant(
            "step before sum",
            "s = s + dx * dx\n    x = x - lr * dx / (np.sqrt(s) + eps)",
            "x = x - lr * dx / (np.sqrt(s) + eps)\n    s = s + dx * dx",
            "You step with the old sum. At first that is 0, and the step is dx/ε: add first.",
        ),
        Mutant(
            "one sum for all",
            "s + dx * dx",
            "s + np.sum(dx * dx)",
            "Every coordinate has its own sum. You share one among all, so all have the same rate again.",
        ),
        Mutant(
            "iterate divided",
            "x - lr * dx / (np.sqrt(s) + eps)",
            "(x - lr * dx) / (np.sqrt(s) + eps)",
            "You divide `x` itself, too. Only the *step* is divided.",
        ),
        Mutant("step squared", "lr * dx / (", "lr * dx * dx / (", "The step has the gradient itself, not its square."),
        Mutant(
            "s in place",
            "s = s + dx * dx",
            "s += dx * dx",
            "The numbers are right, but the array `s` that the caller handed you is changed: `s += ...` writes into "
            "it. Make a new one: `s = s + ...`.",
        ),
        *of_the_step("lr * dx", "√s"),
    ),
)
