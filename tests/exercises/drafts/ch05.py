"""Draft exercises of chapter 5: data that the engine's tests run on."""

# Title, prompt, hints and page are still to be written: they come with the chapter, whose exercises move from here into
# the package. Solution, cases and mistakes are meant as they are. Nothing of this is found by discovery.

import numpy as np

from course_lib.exercises import Case, Exercise, Mutant


def cosine_cases(rng):
    return [
        Case.one("the start", t=0, lr=0.1, steps=100, end=0.0),
        Case.one("half way", t=50, lr=0.1, steps=100, end=0.02),
        Case.one("anywhere", t=int(rng.integers(5, 55)), lr=0.5, steps=60, end=0.01),
        Case.one("after the end", t=130, lr=0.1, steps=100, end=0.02),
        Case.one("the last step", t=199, lr=0.2, steps=200, end=0.0),
        Case.one("a rate of 1", t=3, lr=1.0, steps=10, end=0.1),
    ]


cosine = Exercise(
    name="cosine",
    title="cosine",
    prompt="cosine",
    source="""\
def cosine(t, lr, steps, end):
    share = np.minimum(t / steps, 1)
    return end + (lr - end) * (1 + np.cos(np.pi * share)) / 2
""",
    returns=("rate",),
    cases=cosine_cases,
    hints=("a", "b"),
    mutants=(
        Mutant(
            "whole cosine",
            "np.pi * share",
            "2 * np.pi * share",
            "A whole cosine comes back up: half of one, π, leads from lr to end.",
        ),
        Mutant("not halved", " / 2", "", "1 + cos runs from 2 to 0: halve it, or you start at twice the rate."),
        Mutant("upside down", "1 + np.cos", "1 - np.cos", "1 − cos rises."),
        Mutant(
            "no 1",
            "(1 + np.cos(np.pi * share)) / 2",
            "np.cos(np.pi * share / 2)",
            "A quarter of a cosine is steepest at the end; the schedule lands softly.",
        ),
        Mutant("end added twice", "(lr - end)", "lr", "At the start you are at lr + end: the way to go is lr − end."),
        Mutant(
            "not held",
            "np.minimum(t / steps, 1)",
            "t / steps",
            "After the end the rate climbs again: keep it at `end`.",
        ),
        Mutant(
            "one step less",
            "t / steps",
            "t / (steps - 1)",
            (
                "`end` is reached at t = steps; you arrive one step early. (Some libraries do. Here t counts finished "
                "steps.)"
            ),
        ),
        Mutant("degrees", "np.cos(np.pi * share)", "np.cos(180 * share)", "np.cos takes radians."),
    ),
)


def step_decay_cases(rng):
    return [
        Case.one("the start", t=0, lr=0.1, every=30, factor=0.1),
        Case.one("just before", t=29, lr=0.1, every=30, factor=0.1),
        Case.one("at the drop", t=30, lr=0.1, every=30, factor=0.1),
        Case.one("later", t=int(rng.integers(65, 79)), lr=0.4, every=20, factor=0.5),
        Case.one("a rate of 1", t=7, lr=1.0, every=2, factor=0.9),
    ]


step_decay = Exercise(
    name="step_decay",
    title="step_decay",
    prompt="step_decay",
    source="""\
def step_decay(t, lr, every, factor):
    drops = t // every
    return lr * factor**drops
""",
    returns=("rate",),
    cases=step_decay_cases,
    hints=("a", "b"),
    mutants=(
        Mutant(
            "no floor",
            "t // every",
            "t / every",
            "That falls at every step, exponentially; `//` counts finished periods.",
        ),
        Mutant("one early", "t // every", "(t + 1) // every", "You drop one step early: t counts finished steps."),
        Mutant("one late", "t // every", "np.maximum(t - 1, 0) // every", "You drop one step late."),
        Mutant(
            "times, not power",
            "factor**drops",
            "(factor * drops if drops else 1.0)",
            "Two drops are factor², not 2·factor.",
        ),
        Mutant(
            "linear",
            "lr * factor**drops",
            "lr - lr * (1 - factor) * drops",
            "A fixed amount each time would reach zero and go on below it; each drop multiplies.",
        ),
        Mutant("only once", "t // every", "int(t >= every)", "You drop once; it goes on every `every` steps."),
        Mutant(
            "drops by the factor",
            "factor**drops",
            "(1 - factor) ** drops",
            "`factor` is what is kept, not what is taken off.",
        ),
    ),
)


def warmup_cosine_cases(rng):
    return [
        Case.one("the first step", t=0, peak=0.1, warmup=9, steps=109),
        Case.one("last of the warm-up", t=8, peak=0.1, warmup=9, steps=109),
        Case.one("at the peak", t=9, peak=0.1, warmup=9, steps=109),
        Case.one("half way down", t=59, peak=0.1, warmup=9, steps=109),
        Case.one("anywhere", t=int(rng.integers(20, 100)), peak=0.3, warmup=15, steps=120),
        Case.one("a peak of 1", t=2, peak=1.0, warmup=4, steps=50),
        Case.one("no warm-up", t=5, peak=0.2, warmup=0, steps=50),
    ]


warmup_cosine = Exercise(
    name="warmup_cosine",
    title="warmup_cosine",
    prompt="warmup_cosine",
    source="""\
def warmup_cosine(t, peak, warmup, steps):
    if t < warmup:
        return peak * (t + 1) / (warmup + 1)
    share = (t - warmup) / (steps - warmup)
    return peak * (1 + np.cos(np.pi * share)) / 2
""",
    returns=("rate",),
    cases=warmup_cosine_cases,
    hints=("a", "b"),
    mutants=(
        Mutant(
            "first step at zero", "(t + 1) / (warmup + 1)", "t / warmup", "Your first step has rate 0 and is wasted."
        ),
        Mutant(
            "warm-up over t + 1",
            "(t + 1) / (warmup + 1)",
            "(t + 1) / warmup",
            "You reach the peak one step early, and stay for two.",
        ),
        Mutant(
            "cosine from 0",
            "(t - warmup) / (steps - warmup)",
            "t / steps",
            "The cosine began at t = 0: at the end of the warm-up the rate jumps down. It begins at the peak.",
        ),
        Mutant(
            "cosine too long",
            "(t - warmup) / (steps - warmup)",
            "(t - warmup) / steps",
            "The cosine does not arrive: it has steps − warmup left.",
        ),
        Mutant(
            "warm-up to the cosine",
            "return peak * (t + 1) / (warmup + 1)",
            "return peak * (t + 1) / (warmup + 1) * (1 + np.cos(np.pi * t / steps)) / 2",
            "During the rise you multiply by the cosine, too.",
        ),
        Mutant("warm-up down", "(t + 1) / (warmup + 1)", "(1 - t / (warmup + 1))", "A warm-up rises."),
        Mutant(
            "no warm-up",
            "return peak * (t + 1) / (warmup + 1)",
            "return peak",
            "The rate is at its peak from the start.",
        ),
    ),
)


def plateau_cases(rng):
    def case(label, losses, lr, factor, patience):
        return Case.one(label, losses=np.array(losses), lr=lr, factor=factor, patience=patience)

    return [
        case("three stalls", [3.0, 2.0, 2.0, 2.0, 2.0, 1.0], 0.1, 0.5, 1),
        case("always better", [5.0, 4.0, 3.0, 2.0, 1.0], 0.1, 0.5, 1),
        case("up and down", [3.0, 2.0, 2.5, 2.4, 2.3, 2.2, 2.1, 2.05], 1.0, 0.1, 2),
        case("a long plateau", np.full(9, 1.0), 1.0, 0.5, 2),
        case("better, then worse", [2.0, 2.1, 1.9, 2.0, 1.8, 1.9, 1.7], 1.0, 0.5, 1),
        case("no patience", [2.0, 2.1, 1.9, 2.0, 1.8, 1.9, 1.7], 0.3, 0.8, 0),
        case("random", 1 + 0.1 * rng.random(25), 1.0, 0.5, 2),
    ]


plateau = Exercise(
    name="plateau",
    title="plateau",
    prompt="plateau",
    source="""\
def plateau(losses, lr, factor, patience):
    best, bad = np.inf, 0
    for loss in losses:
        if loss < best:
            best, bad = loss, 0
        else:
            bad += 1
        if bad > patience:
            lr, bad = lr * factor, 0
    return lr
""",
    returns=("lr",),
    cases=plateau_cases,
    hints=("a", "b"),
    mutants=(
        Mutant(
            "last, not best",
            "best, bad = loss, 0\n        else:\n            bad += 1",
            "best, bad = loss, 0\n        else:\n            best, bad = loss, bad + 1",
            "You compare with the last loss, not the best: noise that goes up and down never looks like a plateau.",
        ),
        Mutant(
            "one too few",
            "bad > patience",
            "bad >= patience",
            "Patience is how many bad losses are borne: it drops at the next.",
        ),
        Mutant(
            "never forgives",
            "best, bad = loss, 0\n        else",
            "best = loss\n        else",
            "A better loss resets the count; you go on counting.",
        ),
        Mutant(
            "drops for ever",
            "lr, bad = lr * factor, 0",
            "lr = lr * factor",
            "After a drop the count starts again; yours drops at every loss from then on.",
        ),
        Mutant(
            "waits longer each time",
            "lr, bad = lr * factor, 0",
            "lr, bad, patience = lr * factor, 0, patience + 1",
            "Patience is a constant; yours grows with each drop.",
        ),
        Mutant("takes off", "lr * factor", "lr * (1 - factor)", "`factor` is what is kept."),
        Mutant(
            "equal is better",
            "loss < best",
            "loss <= best",
            "A loss that is only as good is no progress: a flat plateau would never be seen.",
        ),
    ),
)
