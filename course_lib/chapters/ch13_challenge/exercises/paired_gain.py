"""A gain over pairs, and its error."""

from typing import Any

import numpy as np

from course_lib.exercises import Case, Exercise, Mutant


def cases(rng: np.random.Generator) -> list[Case]:
    def case(label: str, n: int, dtype: Any = float, better: float = 1.5) -> Case:
        shared = rng.normal(90, 2, n)  # what both owe to the draw
        a, b = shared + rng.normal(0, 0.7, n), shared + rng.normal(better, 0.7, n)
        return Case.one(label, a=a.astype(dtype), b=b.astype(dtype))

    small = Case.one("three draws, by hand", a=np.array([90.0, 94.0, 89.0]), b=np.array([92.0, 95.0, 92.0]))
    worse = case("b is worse", 7, better=-1.5)
    return [small, case("five draws", 5), case("ten draws", 10), worse, case("float32", 6, np.float32)]


paired_gain = Exercise(
    name="paired_gain",
    page="13_challenge",
    number=3,
    title="A gain, in pairs",
    prompt=(
        "`a` and `b` are arrays of the accuracies in % of two recipes on the same n draws of labels, `a[i]` and `b[i]` "
        "on draw i. Return the mean gain of b over a, in points, and its standard error, estimated from the n pairs."
    ),
    source="""\
def paired_gain(a, b):
    d = b - a
    return d.mean(), d.std(ddof=1) / np.sqrt(len(d))
""",
    returns=("gain", "error"),
    cases=cases,
    hints=(
        "What do `a[i]` and `b[i]` share? Get rid of it first.",
        "There are n differences now. Their mean is the gain; how sure is a mean of n numbers?",
        "The spread of the differences is estimated around their own mean, so it is divided by n − 1; then √n.",
    ),
    explanation="The draw moves both accuracies alike, and drops out of each difference. What is left is n numbers: "
    "their mean, and their standard deviation over √n.",
    after="`Results.gain` in `course_lib.studies` does so for every table of the book, and counts wins besides.",
    accepts={
        "by sums": (
            "def paired_gain(a, b):\n    n = len(a)\n    gain = sum(b - a) / n\n"
            "    variance = sum((b - a - gain) ** 2) / (n - 1)\n    return gain, (variance / n) ** 0.5\n"
        ),
        "means first": (
            "def paired_gain(a, b):\n    gain = b.mean() - a.mean()\n    rest = b - a - gain\n"
            "    return gain, np.sqrt((rest**2).sum() / (len(a) * (len(a) - 1)))\n"
        ),
        "by the variance": (
            "def paired_gain(a, b):\n    d = b - a\n    return np.mean(d), np.sqrt(np.var(d, ddof=1) / len(d))\n"
        ),
        "float32": (
            "def paired_gain(a, b):\n    d = (b - a).astype(np.float32)\n"
            "    return d.mean(), d.std(ddof=1) / np.float32(len(d)) ** np.float32(0.5)\n"
        ),
    },
    mutants=(
        Mutant(
            "not paired",
            "d.std(ddof=1) / np.sqrt(len(d))",
            "np.sqrt(a.var(ddof=1) / len(a) + b.var(ddof=1) / len(b))",
            "You return the error for runs that have nothing in common. These share their draws: take the spread of "
            "the differences.",
        ),
        Mutant(
            "the spread",
            "d.std(ddof=1) / np.sqrt(len(d))",
            "d.std(ddof=1)",
            "You return the spread of a single draw's gain. The mean of n is surer by √n.",
        ),
        Mutant(
            "n for its root", "np.sqrt(len(d))", "len(d)", "You divide the spread by n. The error falls with √n."
        ),
        Mutant(
            "n for n − 1",
            "ddof=1",
            "ddof=0",
            "You divide the squares by n. Around a mean that was estimated from the same numbers, divide by n − 1.",
        ),
        Mutant("the sign", "b - a", "a - b", "You return the gain of a over b. That of b over a is b − a."),
        Mutant(
            "the variance",
            "d.std(ddof=1) / np.sqrt(len(d))",
            "d.var(ddof=1) / len(d)",
            "You return the variance of the mean. The error is its root.",
        ),
        Mutant("the best draw", "d.mean()", "d.max()", "You report the draw on which b gained most: that is luck."),
        Mutant(
            "the best of each",
            "d.mean()",
            "b.max() - a.max()",
            "You compare the best draw of one with the best draw of the other.",
        ),
        Mutant(
            "the error of b",
            "d.std(ddof=1) / np.sqrt(len(d))",
            "b.std(ddof=1) / np.sqrt(len(b))",
            "You return the error of b's mean alone, in which the luck of the draws is still contained.",
        ),
        Mutant(
            "the size of the gains",
            "d.mean()",
            "np.abs(d).mean()",
            "You take the size of each difference, so losses count as gains.",
        ),
    ),
)  # fmt: skip
