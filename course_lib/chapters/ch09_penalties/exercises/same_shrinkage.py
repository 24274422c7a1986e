"""The L2 penalty that acts like t steps of gradient descent."""

import numpy as np

from course_lib.exercises import Case, Exercise, Mutant


def cases(rng: np.random.Generator) -> list[Case]:
    def case(h: float, lr: float, t: int) -> Case:
        return Case.one(f"a curvature of {h:.3g}, {t} steps", h=h, lr=lr, t=t)

    settings = ((0.5, 0.1, 5), (2.0, 0.2, 3), (0.1, 0.3, 10), (1.5, 0.1, 8), (0.8, 0.05, 20))
    drawn = [(h * float(rng.uniform(0.8, 1.25)), lr, t) for h, lr, t in settings]
    return [case(h, lr, t) for h, lr, t in ((1.0, 0.5, 2), *drawn)]


same_shrinkage = Exercise(
    name="same_shrinkage",
    page="09_penalties",
    number=5,
    title="Steps as a penalty",
    prompt=(
        "Gradient descent starts at 0 in a bowl of curvature `h`, and makes `t` steps at the rate `lr`, with `lr * h`"
        " below 1. Return the λ of an L2 penalty whose minimum is exactly as far on the way to the bowl's minimum."
    ),
    source="""\
def same_shrinkage(h, lr, t):
    left = (1 - lr * h) ** t
    return h * left / (1 - left)
""",
    returns=("lam",),
    cases=cases,
    hints=(
        "Which share of the error does one step leave? And t steps?",
        "L2 goes the share h/(h + λ) of the way. Set that equal to 1 minus the share that is left.",
        "Solve h/(h + λ) = 1 − left for λ.",
    ),
    asks={
        "lr": "by which factor should one step at the rate `lr` shorten the way?",
        "t": "how much of the way should be left after `t` steps?",
    },
    limits={"t": (1, None)},
    explanation=(
        "t steps leave the share (1 − αh)ᵗ, L2 leaves λ/(h + λ). Equal shares give λ = h·left/(1 − left), which is"
        " close to 1/(αt) where αht is small: many steps are a weak penalty."
    ),
    after="The figure of steps and minima, where the chapter limits time, shows this λ for its two directions.",
    accepts={
        "without a name": """\
def same_shrinkage(h, lr, t):
    return h / ((1 - lr * h) ** -t - 1)
""",
        "step by step": """\
def same_shrinkage(h, lr, t):
    w = 0.0
    for _ in range(t):
        w = w - lr * h * (w - 1)
    return h / w - h
""",
        "float32": """\
def same_shrinkage(h, lr, t):
    left = (1 - lr * h) ** t
    return np.float32(h * left / (1 - left))
""",
    },
    mutants=(
        Mutant(
            "rule of thumb",
            "h * left / (1 - left)",
            "1 / (lr * t)",
            "1/(αt) is the rule of thumb for small αht. The exact λ is asked for.",
        ),
        Mutant(
            "upside down",
            "h * left / (1 - left)",
            "h * (1 - left) / left",
            "Upside down: long training is a weak penalty.",
        ),
        Mutant(
            "no curvature",
            "h * left / (1 - left)",
            "left / (1 - left)",
            "Solve h/(h + λ) = 1 − left for λ: h stays as a factor.",
        ),
        Mutant("one step fewer", "** t", "** (t - 1)", "From zero, t steps leave the share (1 − αh)ᵗ of the error."),
        Mutant(
            "exponential",
            "(1 - lr * h) ** t",
            "np.exp(-lr * h * t)",
            "e^(−αht) is the limit of small steps; t steps give (1 − αh)ᵗ.",
        ),
        Mutant(
            "not from left", "h * left / (1 - left)", "h * left", "h/(h + λ) = 1 − left gives λ = h·left/(1 − left)."
        ),
        Mutant("rate forgotten", "1 - lr * h", "1 - h", "The rate is missing: an error shrinks by 1 − αh per step."),
        Mutant(
            "times t",
            "(1 - lr * h) ** t",
            "(1 - lr * h * t)",
            "You take off αh t times from 1. Each step takes its share of what is *left*: (1 − αh)ᵗ.",
        ),
    ),
)
