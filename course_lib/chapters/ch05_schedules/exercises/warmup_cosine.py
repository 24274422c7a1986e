"""A linear rise, then half a cosine."""

import numpy as np

from course_lib.exercises import Case, Exercise, Mutant


def warmup_cosine_cases(rng: np.random.Generator) -> list[Case]:
    return [
        Case.one("the first step", t=0, peak=0.1, warmup=9, steps=109),
        Case.one("the last of the warm-up", t=8, peak=0.1, warmup=9, steps=109),
        Case.one("at the peak", t=9, peak=0.1, warmup=9, steps=109),
        Case.one("half way down", t=59, peak=0.1, warmup=9, steps=109),
        Case.one("on the way up", t=int(rng.integers(3, 9)), peak=0.2, warmup=12, steps=90),
        Case.one("on the way down", t=int(rng.integers(70, 110)), peak=0.3, warmup=15, steps=120),
        Case.one("a peak of 1", t=2, peak=1.0, warmup=4, steps=50),
        Case.one("no warm-up", t=5, peak=0.2, warmup=0, steps=50),
    ]


warmup_cosine = Exercise(
    name="warmup_cosine",
    page="05_schedules",
    number=3,
    title="Warm-up and cosine decay",
    prompt=(
        "Return the rate after `t` finished steps, t < `steps`. In the first `warmup` steps it rises in equal parts: "
        "the step t = 0 has `peak`/(`warmup` + 1), not 0, and t = `warmup` has `peak`. From there it falls along half "
        "a cosine, to 0 at t = `steps`. With `warmup` = 0 it begins at the peak."
    ),
    source="""\
def warmup_cosine(t, peak, warmup, steps):
    if t < warmup:
        return peak * (t + 1) / (warmup + 1)
    share = (t - warmup) / (steps - warmup)
    return peak * (1 + np.cos(np.pi * share)) / 2
""",
    returns=("rate",),
    cases=warmup_cosine_cases,
    hints=(
        "There are two parts, and `t < warmup` tells them apart.",
        "On the way up, the steps t = 0, 1, 2 … have 1, 2, 3 … parts of the peak. There are `warmup` + 1 parts.",
        "The cosine begins at t = `warmup`. How many steps has it left, and how many of them are over?",
    ),
    asks={
        "t": "in which of the two parts is step `t`, and how far along?",
        "peak": "which share of `peak` should the rate be at step `t`?",
        "warmup": "into how many equal parts should the rise be cut?",
        "steps": "from where to where should the cosine run?",
    },
    limits={"t": (0, None), "warmup": (0, None), "steps": (1, None)},
    explanation=(
        "A first step at rate 0 would do nothing, so the rise begins at one part. The cosine counts its own steps: at "
        "t = `warmup` its share is 0, where it equals the peak, so that the two parts meet."
    ),
    after="For `warmup` ≥ 1 it is the library's `Warmup(Cosine(…), steps=warmup, start=peak / (warmup + 1))`.",
    accepts={
        "one expression": (
            "def warmup_cosine(t, peak, warmup, steps):\n"
            "    s = max(t - warmup, 0) / (steps - warmup)\n"
            "    return peak * min((t + 1) / (warmup + 1), 1) * np.cos(np.pi * s / 2) ** 2\n"
        ),
        "the peak belongs to the rise": (
            "def warmup_cosine(t, peak, warmup, steps):\n"
            "    if t <= warmup:\n"
            "        return (t + 1) / (warmup + 1) * peak if warmup else peak * (1 + np.cos(np.pi * t / steps)) / 2\n"
            "    return peak / 2 + peak / 2 * np.cos(np.pi * (t - warmup) / (steps - warmup))\n"
        ),
        "float32": (
            "def warmup_cosine(t, peak, warmup, steps):\n"
            "    peak = np.float32(peak)\n"
            "    if t < warmup:\n"
            "        return peak * np.float32((t + 1) / (warmup + 1))\n"
            "    s = np.float32((t - warmup) / (steps - warmup))\n"
            "    return peak * (1 + np.cos(np.float32(np.pi) * s)) / np.float32(2)\n"
        ),
    },
    mutants=(
        Mutant(
            "first step at zero",
            "(t + 1) / (warmup + 1)",
            "t / warmup",
            "Your first step has the rate 0 and is wasted. Begin with one part of the peak.",
        ),
        Mutant(
            "warm-up over t + 1",
            "(t + 1) / (warmup + 1)",
            "(t + 1) / warmup",
            "You reach the peak one step early, and stay there for two.",
        ),
        Mutant(
            "whole division",
            "peak * (t + 1) / (warmup + 1)",
            "peak * ((t + 1) // (warmup + 1))",
            "`//` is 0 during the whole rise. Divide by `/`.",
        ),
        Mutant(
            "cosine from 0",
            "(t - warmup) / (steps - warmup)",
            "t / steps",
            "Your cosine began at t = 0, so at the end of the warm-up the rate jumps down. It begins at the peak.",
        ),
        Mutant(
            "cosine too long",
            "(t - warmup) / (steps - warmup)",
            "(t - warmup) / steps",
            "Your cosine does not arrive: it has only `steps` minus `warmup` steps left.",
        ),
        Mutant(
            "warm-up times cosine",
            "return peak * (t + 1) / (warmup + 1)",
            "return peak * (t + 1) / (warmup + 1) * (1 + np.cos(np.pi * t / steps)) / 2",
            "During the rise you multiply by a cosine, too. The rise is linear.",
        ),
        Mutant("warm-up down", "(t + 1) / (warmup + 1)", "(1 - t / (warmup + 1))", "Your warm-up falls. It rises."),
        Mutant(
            "no warm-up",
            "return peak * (t + 1) / (warmup + 1)",
            "return peak",
            "Your rate is at its peak from the start.",
        ),
        Mutant(
            "below zero",
            "(1 + np.cos(np.pi * share)) / 2",
            "np.cos(np.pi * share)",
            "A plain cosine falls to −1, and a negative rate climbs. Move it up by 1 and halve it.",
        ),
        Mutant(
            "a straight line",
            "(1 + np.cos(np.pi * share)) / 2",
            "(1 - share)",
            "You fall along a straight line. Half a cosine is asked for.",
        ),
        Mutant(
            "whole cosine",
            "np.pi * share",
            "2 * np.pi * share",
            "A whole cosine comes back up to the peak at the end. Half of one, π, is enough.",
        ),
    ),
)
