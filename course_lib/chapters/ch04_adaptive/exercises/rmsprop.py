"""One step of RMSProp."""

import numpy as np

from course_lib.exercises import Case, Exercise, Mutant

from .cases import from_rest, of_the_step


def cases(rng: np.random.Generator) -> list[Case]:
    others = {
        "a rate of 1": {"lr": 1.0},
        "a large ε": {"eps": 0.1},
        "a decay of 0.5": {"decay": 0.5},
        "a decay of 0": {"decay": 0.0},
    }
    return from_rest(rng, ["s"], {"lr": 0.05, "decay": 0.9, "eps": 1e-8}, others)


rmsprop = Exercise(
    name="rmsprop",
    page="04_adaptive",
    number=3,
    title="One step of RMSProp",
    prompt=(
        "As before, but `s` is now a decaying mean of squares, of which each step keeps the share `decay`. Return the "
        "new point and the new mean, as new arrays."
    ),
    source="""\
def rmsprop_step(x, dx, s, lr, decay, eps):
    s = decay * s + (1 - decay) * dx * dx
    x = x - lr * dx / (np.sqrt(s) + eps)
    return x, s
""",
    returns=("x", "s"),
    cases=cases,
    hints=(
        "Only the first line differs from AdaGrad's. What is kept of the old `s`, and what is taken of the new square?",
        "It is a mean: the two weights add up to 1. `s` is replaced, not added to: `s = ...`, not `s += ...`.",
        "The step divides by the root of the new `s`; `eps` is added to the root.",
    ),
    asks={
        "x": "what should be taken from `x`?",
        "dx": "what should the mean take in of `dx`?",
        "s": "how much of `s` should be kept, and when should the new one be used?",
        "lr": "what should `lr` multiply?",
        "decay": "what should `decay` be the share of?",
        "eps": "where should `eps` stand?",
    },
    limits={"s": (0, None), "lr": (0, None), "decay": (0, 1), "eps": (0, None)},
    explanation=(
        "The weights `decay` and `1 - decay` add up to 1, so on a steady slope s tends to the square of the slope, and "
        "the step to ±α. Nothing corrects the start at 0: the first step is α/√(1 − decay)."
    ),
    after="It is what `course_lib.optim.RMSProp` does, in place, and PyTorch's `RMSprop`, whose `decay` is `alpha`.",
    accepts={
        "as a correction of the mean": """\
def rmsprop_step(x, dx, s, lr, decay, eps):
    s = s + (1 - decay) * (np.square(dx) - s)
    return x - lr / (s**0.5 + eps) * dx, s
""",
        "copied": """\
def rmsprop_step(x, dx, s, lr, decay, eps):
    x, s = np.array(x), np.array(s)
    s *= decay
    s += (1 - decay) * dx**2
    x -= lr * dx / (np.sqrt(s) + eps)
    return x, s
""",
        "float32": """\
def rmsprop_step(x, dx, s, lr, decay, eps):
    s = np.asarray(decay * s + (1 - decay) * dx * dx, dtype=np.float32)
    return np.asarray(x - lr * dx / (np.sqrt(s) + eps), dtype=np.float32), s
""",
    },
    mutants=(
        Mutant(
            "added to itself",
            "s = decay",
            "s = s + decay",
            "You *add* the decayed mean to the old one (`+=` for `=`): `s` nearly doubles at each step, and `x` soon "
            "stands still.",
        ),
        Mutant(
            "AdaGrad",
            "decay * s + (1 - decay) * dx * dx",
            "s + dx * dx",
            "That is AdaGrad's sum: nothing is forgotten.",
        ),
        Mutant(
            "weights swapped",
            "decay * s + (1 - decay) * dx * dx",
            "(1 - decay) * s + decay * dx * dx",
            "`decay` is the share of the old mean that is kept. You keep 1 − decay of it.",
        ),
        Mutant(
            "decay for both",
            "(1 - decay) * dx * dx",
            "decay * dx * dx",
            "The weights of the old mean and of the new square add up to 1: the new one has 1 − decay.",
        ),
        Mutant(
            "new one at full weight",
            "(1 - decay) * dx",
            "dx",
            "The weights do not add up to 1: the new square needs the factor 1 − decay.",
        ),
        Mutant(
            "the gradient itself",
            "(1 - decay) * dx * dx",
            "(1 - decay) * dx",
            "You average the gradients themselves. Of both signs, they may come to less than 0, "
            "and the root of that is not a number: square them.",
        ),
        Mutant(
            "no square",
            "(1 - decay) * dx * dx",
            "(1 - decay) * np.abs(dx)",
            "You average |dx|. RMS is the root of the mean *square*.",
        ),
        Mutant(
            "bias corrected",
            "np.sqrt(s) + eps",
            "np.sqrt(s / (1 - decay)) + eps",
            "You divide `s` by 1 − decay at every step. RMSProp has no such correction, and Adam's depends on t.",
        ),
        Mutant(
            "step before mean",
            "s = decay * s + (1 - decay) * dx * dx\n    x = x - lr * dx / (np.sqrt(s) + eps)",
            "x = x - lr * dx / (np.sqrt(s) + eps)\n    s = decay * s + (1 - decay) * dx * dx",
            "You step with the old mean. At first that is 0, and the step is dx/ε: average first.",
        ),
        Mutant(
            "decay hard-coded",
            "decay * s + (1 - decay) * dx * dx",
            "0.9 * s + 0.1 * dx * dx",
            "You use a number of your own for the decay. It is an argument: other values of it are tried as well.",
        ),
        Mutant(
            "current gradient",
            "np.sqrt(s) + eps",
            "np.abs(dx) + eps",
            "You divide by the present gradient, so only its sign is left, and `s` is never used.",
        ),
        Mutant(
            "one mean for all",
            "(1 - decay) * dx * dx",
            "(1 - decay) * np.mean(dx * dx)",
            "Every coordinate has its own mean of squares. You share one among all.",
        ),
        Mutant(
            "precedence",
            "(1 - decay) * dx * dx",
            "1 - decay * dx * dx",
            "`1 - decay * dx * dx` multiplies first. Write `(1 - decay)`.",
        ),
        Mutant(
            "s in place",
            "s = decay * s + (1 - decay) * dx * dx",
            "s *= decay\n    s += (1 - decay) * dx * dx",
            "The numbers are right, but the array `s` that the caller handed you is changed: `*=` and `+=` write into "
            "it. Make a new one: `s = ...`.",
        ),
        *of_the_step("lr * dx", "√s"),
    ),
)
