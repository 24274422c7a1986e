"""Drop the rate at regular intervals."""

import numpy as np

from course_lib.exercises import Case, Exercise, Mutant


def step_decay_cases(rng: np.random.Generator) -> list[Case]:
    return [
        Case.one("the first step", t=0, lr=0.1, every=30, factor=0.1),
        Case.one("just before a drop", t=29, lr=0.1, every=30, factor=0.1),
        Case.one("at a drop", t=30, lr=0.1, every=30, factor=0.1),
        Case.one("anywhere", t=int(rng.integers(70, 79)), lr=float(rng.uniform(0.2, 0.6)), every=20, factor=0.5),
        Case.one("early in the second period", t=int(rng.integers(11, 14)), lr=0.3, every=10, factor=0.7),
        Case.one("a rate of 1", t=7, lr=1.0, every=2, factor=0.9),
        Case.one("nothing is kept", t=12, lr=0.2, every=10, factor=0.0),
    ]


step_decay = Exercise(
    name="step_decay",
    page="05_schedules",
    number=1,
    title="Step decay",
    prompt=(
        "Return the rate after `t` finished steps: it starts at `lr`, and every `every` steps it is multiplied by "
        "`factor`. The first drop is at t = `every`: this step has the lower rate already."
    ),
    source="""\
def step_decay(t, lr, every, factor):
    drops = t // every
    return lr * factor**drops
""",
    returns=("rate",),
    cases=step_decay_cases,
    hints=(
        "How many drops have there been after `t` steps? With every = 30: none at t = 29, one at t = 30.",
        "Whole periods are counted by `//`. Each drop multiplies once more, so several drops are a power.",
    ),
    asks={
        "t": "how many drops should lie behind step `t`?",
        "lr": "what should `lr` have met by step `t`?",
        "every": "what should be counted in units of `every`?",
        "factor": "how often should `factor` have been multiplied in?",
    },
    limits={"t": (0, None), "every": (1, None), "factor": (0, None)},
    explanation=(
        "`t // every` counts the finished periods, and n drops multiply by the n-th power. Since t counts finished "
        "steps, the run's first step is t = 0, and the step t = `every` is the first with the lower rate."
    ),
    after="It is `course_lib.optim.Step`, and PyTorch's `StepLR` if its `step()` is called at every step.",
    accepts={
        "multiplied in a loop": (
            "def step_decay(t, lr, every, factor):\n"
            "    for _ in range(int(t) // every):\n"
            "        lr = lr * factor\n"
            "    return lr\n"
        ),
        "NumPy's floor": (
            "def step_decay(t, lr, every, factor):\n    return lr * np.power(float(factor), np.floor(t / every))\n"
        ),
        "float32": (
            "def step_decay(t, lr, every, factor):\n    return np.float32(lr) * np.float32(factor) ** (t // every)\n"
        ),
    },
    mutants=(
        Mutant(
            "no floor",
            "t // every",
            "t / every",
            "That falls at every step, exponentially. Only whole periods count: `//` counts them.",
        ),
        Mutant(
            "one early",
            "t // every",
            "(t + 1) // every",
            "You drop one step early: `t` counts finished steps, and the drop is at t = `every`.",
        ),
        Mutant(
            "one late",
            "t // every",
            "np.maximum(t - 1, 0) // every",
            "You drop one step late: at t = `every` the rate is lower already.",
        ),
        Mutant(
            "one late, and before the first",
            "t // every",
            "(t - 1) // every",
            "You drop one step late, and at t = 0 you even raise the rate, for −1 // every is −1. `t` counts finished "
            "steps: there is nothing to take off.",
        ),
        Mutant(
            "rounded up",
            "t // every",
            "-(-t // every)",
            "You round up, so the first drop comes right after the first step. Only finished periods count.",
        ),
        Mutant(
            "rounded",
            "t // every",
            "int(t / every + 0.5)",
            "You round to the nearest number of periods, and drop half a period early. Round down.",
        ),
        Mutant(
            "times, not power",
            "factor**drops",
            "(factor * drops if drops else 1.0)",
            "You multiply `factor` by the number of drops. Two drops multiply twice: that is its square.",
        ),
        Mutant(
            "linear",
            "lr * factor**drops",
            "lr - lr * (1 - factor) * drops",
            "You take off the same amount at each drop, and come to zero and below. Each drop multiplies.",
        ),
        Mutant("only once", "t // every", "int(t >= every)", "You drop once. It goes on every `every` steps."),
        Mutant(
            "drops by the factor",
            "factor**drops",
            "(1 - factor) ** drops",
            "You take `factor` for the share that is taken off. It is the share that is kept.",
        ),
        Mutant(
            "remainder",
            "t // every",
            "t % every",
            "`%` is the position within a period. You need the number of finished periods.",
        ),
        Mutant(
            "0.1 for factor",
            "factor**drops",
            "0.1**drops",
            "You use 0.1 whatever `factor` is. It is an argument: other values of it are tried as well.",
        ),
    ),
)
