"""Draw a hyperparameter on a log scale."""

import numpy as np

from course_lib.exercises import Case, Exercise, Mutant


def log_uniform_cases(rng: np.random.Generator) -> list[Case]:
    return [
        Case.one("the middle", low=1e-4, high=1.0, u=0.5),
        Case.one("the low end", low=1e-5, high=0.1, u=0.0),
        Case.one("the high end", low=1e-5, high=0.1, u=1.0),
        Case.one("an array", low=1e-6, high=10.0, u=rng.random(4)),
        Case.one("narrow", low=2.0, high=3.0, u=float(rng.uniform(0.1, 0.4))),
    ]


log_uniform = Exercise(
    name="log_uniform",
    page="01_first_step",
    number=2,
    title="A log scale",
    prompt=(
        "Turn a number `u` between 0 and 1, or an array of such numbers, into values between `low` and `high` "
        "on a log scale: u = 0 is `low`, u = 1 is `high`, and equal parts of u multiply by equal factors."
    ),
    source="""\
def log_uniform(low, high, u):
    return low * (high / low) ** u
""",
    returns=("value",),
    cases=log_uniform_cases,
    hints=(
        "Half-way, at u = 0.5, lies the geometric mean: the value that is as many times `low` as `high` is times it.",
        "From `low` to `high` the factor is `high / low`. What is the factor of half the way? And of the share u?",
    ),
    asks={
        "u": "at which power should the way from `low` to `high` stand at `u`?",
        "low": "where should the values begin, at u = 0?",
    },
    limits={"u": (0, 1)},
    explanation=(
        "low · (high/low)ᵘ is exp of a uniform number between log low and log high. So each order of magnitude "
        "between the two gets the same share of the trials."
    ),
    after="It is `course_lib.nn.Log(low, high).at(u)`; SciPy calls the distribution `loguniform`.",
    accepts={
        "by logarithms": (
            "def log_uniform(low, high, u):\n    return np.exp(np.log(low) + u * (np.log(high) - np.log(low)))\n"
        ),
        "by powers of ten": (
            "def log_uniform(low, high, u):\n"
            "    a, b = np.log10(low), np.log10(high)\n"
            "    return 10 ** (a + u * (b - a))\n"
        ),
        "weighted": "def log_uniform(low, high, u):\n    return low ** (1 - u) * high**u\n",
        "float32": "def log_uniform(low, high, u):\n    return np.float32(low * (high / low) ** u)\n",
    },
    mutants=(
        Mutant(
            "uniform",
            "low * (high / low) ** u",
            "low + u * (high - low)",
            (
                "That is uniform on the number line: between 1e-4 and 1, nine in ten are above 0.1. Draw the exponent "
                "uniformly."
            ),
        ),
        Mutant(
            "e for 10",
            "low * (high / low) ** u",
            "np.exp(np.log10(low) + u * (np.log10(high) - np.log10(low)))",
            "You take log10 and undo it with exp: use one base for both.",
        ),
        Mutant("low forgotten", "low * (high / low) ** u", "(high / low) ** u", "You forgot to start at low."),
        Mutant(
            "exponent of the difference",
            "(high / low) ** u",
            "10 ** (u * (high - low))",
            "The exponent runs over log(high/low), not over high − low.",
        ),
        Mutant(
            "backwards",
            "low * (high / low) ** u",
            "high * (low / high) ** u",
            "It runs backwards: u = 0 should give low.",
        ),
        Mutant(
            "high for the ratio",
            "(high / low) ** u",
            "high ** u",
            "The factor at u = 1 must be high/low, so that you arrive at high.",
        ),
        Mutant(
            "root",
            "low * (high / low) ** u",
            "low + (high - low) * u ** 2",
            "Squaring u favours small values, but is no log scale.",
        ),
        Mutant(
            "10 for e",
            "low * (high / low) ** u",
            "10 ** (np.log(low) + u * (np.log(high) - np.log(low)))",
            "You take the natural logarithm, and undo it with 10 to the power: use one base for both.",
        ),
        Mutant(
            "logarithm not undone",
            "low * (high / low) ** u",
            "np.log(low) + u * (np.log(high) - np.log(low))",
            "That is the logarithm of the value. Undo it with exp.",
        ),
        Mutant(
            "times u",
            "(high / low) ** u",
            "(high / low) * u",
            "You multiply by u. Equal parts of u are to multiply by equal factors, so u is the exponent.",
        ),
    ),
)
