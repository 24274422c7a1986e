"""The mean of the members' probabilities."""

import numpy as np

from course_lib.exercises import Case, Exercise, Mutant


def vote_cases(rng: np.random.Generator) -> list[Case]:
    def case(members: int, rows: int, classes: int) -> Case:
        e = np.exp(2 * rng.normal(size=(members, rows, classes)))
        return Case.one(f"{members} members, {rows} rows, {classes} classes", p=e / e.sum(axis=2, keepdims=True))

    return [case(2, 2, 3), case(3, 4, 3), case(4, 2, 3), case(5, 5, 5), case(8, 3, 4)]


vote = Exercise(
    name="vote",
    page="08_ensembles",
    title="The vote",
    prompt=(
        "`p[m, n, k]` is the probability that member `m` assigns to class `k` in row `n`, shape (M, N, C). Return the "
        "mean of the members' probabilities, shape (N, C)."
    ),
    source="""\
def vote(p):
    mean = p.mean(axis=0)
    return mean
""",
    returns=("mean",),
    cases=vote_cases,
    hints=(
        "Which axis counts the members? The answer has no such axis.",
        "Each row of the answer has to add up to 1, as each member's rows do: it is a mean, and not a sum.",
    ),
    asks={
        "p": "over which axis of `p` should the members be averaged, and what should be compared then?",
    },
    limits={"p": (0, 1)},
    explanation=(
        "The members are the first axis. A mean of rows that add up to 1 adds up to 1, so no softmax is "
        "needed, and a member that is unsure counts less than one that is sure."
    ),
    after="It is `course_lib.ensembles.mean_probability`; `mean_logit` and `majority_vote` are the two others.",
    accepts={
        "sum and division": "def vote(p):\n    return p.sum(axis=0) / len(p)\n",
        "a loop": (
            "def vote(p):\n    total = np.zeros(p.shape[1:])\n    for one in p:\n        total = total + one\n"
            "    return total / len(p)\n"
        ),
        "float32": "def vote(p):\n    return np.float32(p.mean(axis=0))\n",
    },
    mutants=(
        Mutant(
            "a sum",
            "p.mean(axis=0)",
            "p.sum(axis=0)",
            "You add the members up and do not divide by their number: rows add up to M.",
        ),
        Mutant(
            "over the rows",
            "axis=0",
            "axis=1",
            "You average over the rows, the examples. The members are the first axis.",
        ),
        Mutant(
            "over the classes",
            "axis=0",
            "axis=2",
            "You average over the classes, and that is 1/C whatever the members say.",
        ),
        Mutant(
            "hard votes",
            "p.mean(axis=0)",
            "(p == p.max(axis=2, keepdims=True)).mean(axis=0)",
            "These are shares of hard votes: each member counts with its favourite alone, however unsure it is.",
        ),
        Mutant(
            "median",
            "p.mean(axis=0)",
            "np.median(p, axis=0)",
            "You take the median, whose rows need not add up to 1.",
        ),
        Mutant(
            "geometric mean",
            "p.mean(axis=0)",
            "np.exp(np.log(p).mean(axis=0))",
            "This is the geometric mean, as it is: its rows do not add up to 1.",
        ),
        Mutant(
            "mean of logits",
            "    mean = p.mean(axis=0)\n",
            "    q = np.exp(np.log(p).mean(axis=0))\n    mean = q / q.sum(axis=-1, keepdims=True)\n",
            "This is the vote of the logits, right in itself, where one member can veto. Here average probabilities.",
        ),
        Mutant(
            "softmax again",
            "    mean = p.mean(axis=0)\n",
            "    q = np.exp(p.mean(axis=0))\n    mean = q / q.sum(axis=-1, keepdims=True)\n",
            "You take a softmax of what are probabilities already: it flattens them.",
        ),
        Mutant("the first alone", "p.mean(axis=0)", "p[0]", "You return the first member alone."),
        Mutant(
            "the surest",
            "p.mean(axis=0)",
            "p.max(axis=0)",
            "You take for each class the member that is surest of it: rows add up to more than 1.",
        ),
    ),
)
