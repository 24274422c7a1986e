"""Half a cosine from the first rate to the last."""

import numpy as np

from course_lib.exercises import Case, Exercise, Mutant


def cosine_cases(rng: np.random.Generator) -> list[Case]:
    return [
        Case.one("the first step", t=0, lr=0.1, steps=100, end=0.0),
        Case.one("half way", t=50, lr=0.1, steps=100, end=0.02),
        Case.one("anywhere", t=int(rng.integers(5, 25)), lr=0.5, steps=60, end=0.01),
        Case.one("late", t=int(rng.integers(40, 55)), lr=0.5, steps=60, end=0.01),
        Case.one("after the end", t=130, lr=0.1, steps=100, end=0.02),
        Case.one("near the end", t=180, lr=0.2, steps=200, end=0.0),
        Case.one("a rate of 1", t=3, lr=1.0, steps=10, end=0.1),
    ]


cosine = Exercise(
    name="cosine",
    page="05_schedules",
    number=2,
    title="Cosine decay",
    prompt=(
        "Return the rate after `t` finished steps. It falls along half a cosine from `lr` at t = 0 to `end` at "
        "t = `steps`, and stays at `end` from then on."
    ),
    source="""\
def cosine(t, lr, steps, end):
    share = np.minimum(t / steps, 1)
    return end + (lr - end) * (1 + np.cos(np.pi * share)) / 2
""",
    returns=("rate",),
    cases=cosine_cases,
    hints=(
        "Begin with the share of the run that is over, from 0 to 1, and never more than 1.",
        "cos goes from 1 to −1 while its argument goes from 0 to π. Which line in cos goes from 1 to 0 then?",
        "The way to go is from `lr` to `end`: begin at `end`, and add a part of the difference that falls from 1 to 0.",
    ),
    asks={
        "t": "where on the curve should step `t` be?",
        "lr": "at which step should the rate be `lr`?",
        "steps": "what should happen at t = `steps`, and after it?",
        "end": "what should `end` do to the height of the curve?",
    },
    limits={"t": (0, None), "steps": (1, None)},
    explanation=(
        "(1 + cos πs)/2 falls from 1 to 0 while s goes from 0 to 1, level at both ends. It scales the way from `end` "
        "up to `lr`. Without the limit of 1 the cosine would come back up after the end."
    ),
    after="It is `course_lib.optim.Cosine`. PyTorch's `CosineAnnealingLR` comes back up after `T_max`.",
    accepts={
        "a squared cosine": (
            "def cosine(t, lr, steps, end):\n"
            "    s = min(t, steps) / steps\n"
            "    return end + (lr - end) * np.cos(np.pi * s / 2) ** 2\n"
        ),
        "a mean of two rates": (
            "def cosine(t, lr, steps, end):\n"
            "    if t >= steps:\n"
            "        return end\n"
            "    c = (1 + np.cos(np.pi * t / steps)) / 2\n"
            "    return c * lr + (1 - c) * end\n"
        ),
        "float32": (
            "def cosine(t, lr, steps, end):\n"
            "    s = np.float32(min(t / steps, 1))\n"
            "    return np.float32(end) + np.float32(lr - end) * (1 + np.cos(np.float32(np.pi) * s)) / 2\n"
        ),
    },
    mutants=(
        Mutant(
            "whole cosine",
            "np.pi * share",
            "2 * np.pi * share",
            "A whole cosine, 2π, comes back up to `lr`. Half of one, π, leads from `lr` to `end`.",
        ),
        Mutant(
            "not halved", " / 2", "", "1 + cos runs from 2 to 0. Halve it, or you start at more than twice the way."
        ),
        Mutant("upside down", "1 + np.cos", "1 - np.cos", "1 − cos rises: your run begins at `end`."),
        Mutant(
            "a quarter",
            "(1 + np.cos(np.pi * share)) / 2",
            "np.cos(np.pi * share / 2)",
            "A quarter of a cosine is steepest at its end. Half of one is level there.",
        ),
        Mutant(
            "end added twice",
            "(lr - end)",
            "lr",
            "At the start your rate is lr + end. The way to go is the difference of the two.",
        ),
        Mutant(
            "end left out",
            "end + (lr - end)",
            "lr",
            "Your rate falls to 0, whatever `end` is.",
        ),
        Mutant(
            "not held",
            "np.minimum(t / steps, 1)",
            "t / steps",
            "After the end your rate climbs again. Keep it at `end`.",
        ),
        Mutant(
            "one step less",
            "t / steps",
            "t / (steps - 1)",
            "You arrive one step early: `end` is reached at t = `steps`. (Some libraries do it your way. Here t counts "
            "finished steps.)",
        ),
        Mutant(
            "one step less, and beyond the end",
            "np.minimum(t / steps, 1)",
            "np.minimum(t, steps) / (steps - 1)",
            "You arrive one step early, at t = `steps` − 1, and from t = `steps` on you are beyond the end. Divide by "
            "`steps`: t counts finished steps.",
        ),
        Mutant(
            "whole division",
            "t / steps",
            "t // steps",
            "`//` is 0 until the run is over, so your rate never falls before that. Divide by `/`.",
        ),
        Mutant("degrees", "np.cos(np.pi * share)", "np.cos(180 * share)", "np.cos takes radians: half a turn is π."),
        Mutant(
            "a straight line",
            "(1 + np.cos(np.pi * share)) / 2",
            "(1 - share)",
            "That is linear decay. A cosine is above the line in the first half, and below it in the second.",
        ),
    ),
)
