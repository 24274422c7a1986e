"""A rate for each stage."""

import numpy as np

from course_lib.exercises import Case, Exercise, Mutant


def cases(rng: np.random.Generator) -> list[Case]:
    settings = [
        ("four stages, two of them frozen", 4, 2, 0.1, 0.1),
        ("six stages", 6, 3, 0.02, 0.1),
        ("nothing frozen", 5, 0, 0.05, 0.2),
        ("all but the head frozen", 6, 5, 0.1, 0.3),
        ("a ratio of a hundredth", 7, 2, 1.0, 0.01),
        ("drawn", 8, int(rng.integers(1, 6)), float(rng.uniform(0.01, 1)), float(rng.uniform(0.05, 0.5))),
    ]
    return [Case.one(label, stages=n, frozen=k, lr=lr, ratio=ratio) for label, n, k, lr, ratio in settings]


stage_rates = Exercise(
    name="stage_rates",
    page="12_transfer",
    number=1,
    title="A rate for each stage",
    prompt=(
        "A network has `stages` stages, counted from the input; the last is its new head. The first `frozen` of them, "
        "fewer than `stages`, do not learn. The head learns at the rate `lr`, the stages between at `ratio * lr`. "
        "Return the rates as an array of shape `(stages,)`, the input's first."
    ),
    source="""\
def stage_rates(stages, frozen, lr, ratio):
    rates = np.full(stages, ratio * lr)
    rates[:frozen] = 0
    rates[-1] = lr
    return rates
""",
    returns=("rates",),
    cases=cases,
    hints=(
        "Which part of the network knows nothing yet? It needs the largest rate.",
        "Start from one rate for all stages, then overwrite the two ends.",
        "A slice up to `frozen` is the end at the input; the index −1 is the head.",
    ),
    asks={
        "frozen": "which stages should not move at all?",
        "ratio": "which stages should have `ratio` times the head's rate?",
    },
    limits={"stages": (1, None), "frozen": (0, None), "ratio": (0, None)},
    explanation=(
        "A rate of 0 freezes weights, but not batch norm's statistics. Early stages are the most general, so they "
        "are frozen first; the head is new and learns at the full rate; what lies between is nearly right."
    ),
    after="`course_lib.deep.parameter_groups` hands such rates to an optimizer of torch, leaving out what is frozen.",
    accepts={
        "a list": (
            "def stage_rates(stages, frozen, lr, ratio):\n"
            "    return np.array([0.0] * frozen + [ratio * lr] * (stages - frozen - 1) + [lr])\n"
        ),
        "by conditions": (
            "def stage_rates(stages, frozen, lr, ratio):\n    i = np.arange(stages)\n"
            "    return np.where(i == stages - 1, lr, np.where(i < frozen, 0.0, ratio * lr))\n"
        ),
        "float32": (
            "def stage_rates(stages, frozen, lr, ratio):\n    rates = np.zeros(stages, np.float32)\n"
            "    rates[frozen:] = ratio * lr\n    rates[-1] = lr\n    return rates\n"
        ),
    },
    mutants=(
        Mutant(
            "head frozen",
            "    rates[:frozen] = 0\n    rates[-1] = lr\n",
            "    rates[:] = lr\n    rates[-1] = 0\n",
            "You freeze the new head and train the old stages: the wrong way round. The head is the one part that "
            "knows nothing yet.",
        ),
        Mutant(
            "from the wrong end",
            "    rates[:frozen] = 0\n    rates[-1] = lr\n",
            "    rates[len(rates) - frozen :] = 0\n    rates[0] = lr\n",
            "You count from the head. The stages at the input, edges and strokes, are the most general: freeze those.",
        ),
        Mutant(
            "full rate below",
            "np.full(stages, ratio * lr)",
            "np.full(stages, lr)",
            "The stages below the head get its full rate. They are nearly right: multiply by `ratio`.",
        ),
        Mutant(
            "head at a tenth",
            "    rates[-1] = lr\n",
            "",
            "Your head learns at `ratio * lr`, too. It is new, so it gets the full rate.",
        ),
        Mutant("nothing frozen", "    rates[:frozen] = 0\n", "", "You freeze nothing: the first `frozen` rates are 0."),
        Mutant("one too many", "rates[:frozen]", "rates[: frozen + 1]", "You freeze one stage too many."),
        Mutant("one too few", "rates[:frozen]", "rates[: max(frozen - 1, 0)]", "You freeze one stage too few."),
        Mutant(
            "divided",
            "ratio * lr",
            "lr / ratio",
            "You divide by `ratio`: old stages would then learn faster than the new head.",
        ),
        Mutant(
            "the ratio alone",
            "ratio * lr",
            "ratio",
            "You use `ratio` as a rate. It is the old stages' share of `lr`.",
        ),
        Mutant(
            "falling by stages",
            "np.full(stages, ratio * lr)",
            "lr * ratio ** np.arange(stages - 1, -1, -1.0)",
            "Your rate falls by `ratio` from each stage to the one below. Here all that learn share one rate.",
        ),
    ),
)
