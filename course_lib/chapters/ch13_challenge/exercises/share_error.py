"""A share and its error."""

import numpy as np

from course_lib.exercises import Case, Exercise, Mutant


def cases(rng: np.random.Generator) -> list[Case]:
    def case(right: int, n: int) -> Case:
        return Case.one(f"{right} right of {n}", right=right, n=n)

    n = int(rng.integers(60, 900))
    drawn = case(int(rng.integers(round(0.6 * n), round(0.85 * n))), n)
    return [case(3, 4), case(45, 50), case(920, 1000), case(99, 100), case(130, 500), drawn]


share_error = Exercise(
    name="share_error",
    page="13_challenge",
    number=1,
    title="A share and its error",
    prompt=(
        "A classifier names `right` of `n` test digits. Return the share of digits that the classifier names, and "
        "the standard error of that share, both as numbers between 0 and 1."
    ),
    source="""\
def share_error(right, n):
    p = right / n
    return p, np.sqrt(p * (1 - p) / n)
""",
    returns=("share", "error"),
    cases=cases,
    hints=(
        "One digit is right or wrong: a number that is 1 with probability p and else 0. What is its variance?",
        "A mean of n independent numbers has an n-th of their variance. The error is the root of that.",
    ),
    limits={"right": (0, None), "n": (1, None)},
    explanation="One digit has the variance p(1 − p), a mean of n has an n-th of it, and the error is the root: "
    "√(p(1 − p)/n). Four times as many digits halve it.",
    after="With p near 0 or 1 and few digits the share is not normally distributed: Wilson's interval is better there.",
    accepts={
        "from both counts": (
            "def share_error(right, n):\n    wrong = n - right\n    return right / n, (right * wrong / n**3) ** 0.5\n"
        ),
        "by a list of ones and zeros": (
            "def share_error(right, n):\n    named = np.arange(n) < right\n"
            "    return named.mean(), named.std() / np.sqrt(n)\n"
        ),
        "the root of each": (
            "def share_error(right, n):\n    p = right / n\n"
            "    spread = np.sqrt(p) * np.sqrt(1 - p)\n    return p, spread / np.sqrt(n)\n"
        ),
        "float32": (
            "def share_error(right, n):\n    p = np.float32(right) / np.float32(n)\n"
            "    return p, np.sqrt(p * (np.float32(1) - p) / np.float32(n))\n"
        ),
    },
    mutants=(
        Mutant(
            "no 1 − p",
            "p * (1 - p)",
            "p",
            "You take p for the variance of one digit. It is p(1 − p): what is nearly always right is quite certain.",
        ),
        Mutant("no root", "np.sqrt(p * (1 - p) / n)", "p * (1 - p) / n", "You return the variance: take its root."),
        Mutant(
            "n for its root",
            "np.sqrt(p * (1 - p) / n)",
            "np.sqrt(p * (1 - p)) / n",
            "You divide by n. The error falls with √n: the n belongs under the root.",
        ),
        Mutant(
            "of the count",
            "np.sqrt(p * (1 - p) / n)",
            "np.sqrt(n * p * (1 - p))",
            "You return the error of the count, in digits. Divide by n for that of the share.",
        ),
        Mutant(
            "not divided",
            "np.sqrt(p * (1 - p) / n)",
            "np.sqrt(p * (1 - p))",
            "You return the spread of a single digit. The mean of n is surer by √n.",
        ),
        Mutant(
            "the worst case",
            "np.sqrt(p * (1 - p) / n)",
            "0.5 / np.sqrt(n)",
            "You return ½/√n, whatever p is: that is the largest that the error can be, at p = ½.",
        ),
        Mutant(
            "errors for hits",
            "return p,",
            "return 1 - p,",
            "The error is right, and you return the share of wrong digits.",
        ),
        Mutant(
            "two errors",
            "np.sqrt(p * (1 - p) / n)",
            "2 * np.sqrt(p * (1 - p) / n)",
            "You return twice the error, half of the 95 % interval. The standard error is asked for.",
        ),
        Mutant("swapped", "return p, np.sqrt(p * (1 - p) / n)", "return np.sqrt(p * (1 - p) / n), p",
               "Both numbers are right, and you return them in the wrong order."),
    ),
)  # fmt: skip
