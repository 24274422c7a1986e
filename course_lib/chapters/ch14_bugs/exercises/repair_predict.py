"""A network's prediction after dropout in its first form."""

import numpy as np

from course_lib.exercises import Case, Exercise, Mutant


def cases(rng: np.random.Generator) -> list[Case]:
    def case(p: float) -> Case:
        x, W1, b1 = rng.standard_normal((2, 3)), rng.standard_normal((3, 5)), rng.standard_normal(5)
        return Case.one(f"keep {p}", x=x, W1=W1, b1=b1, W2=rng.standard_normal((5, 2)), b2=rng.standard_normal(2), p=p)

    return [case(p) for p in (0.8, 0.75, 0.6, 0.9, 0.3, 0.2)]


repair_predict = Exercise(
    name="repair_predict",
    page="14_bugs",
    number=1,
    title="Repair a prediction",
    prompt=(
        "In training, this network kept each of its hidden units with probability `p`, and scaled nothing: dropout in "
        "its first form. `predict` gets a batch `x`, the weights and biases of both layers, and `p`. It should return "
        "the scores for testing. Put it right."
    ),
    source="""\
def predict(x, W1, b1, W2, b2, p):
    h = np.maximum(0, x @ W1 + b1) * p
    return h @ W2 + b2
""",
    start="""\
def predict(x, W1, b1, W2, b2, p):
    h = np.maximum(0, x @ W1 + b1) * (1 - p)
    return h @ W2 + b2
""",
    returns=("scores",),
    cases=cases,
    hints=(
        "How large was a hidden unit in training, on average over the masks?",
        "A unit was there with probability `p`, and else it was 0. Its mean is that share of it.",
    ),
    asks={
        "p": "in training nothing was divided by `p`: what should make up for that, and where?",
    },
    limits={"p": (0, 1)},
    explanation=(
        "A unit h is kept with probability p, so its mean over the masks is p·h + (1 − p)·0 = p·h. The second layer has"
        " learnt with that size. Its bias was never dropped."
    ),
    after="At p = ½ the broken line gives the same numbers, so a test at ½ would have passed it.",
    accepts={
        "the second weights scaled": """\
def predict(x, W1, b1, W2, b2, p):
    h = np.maximum(x @ W1 + b1, 0)
    return h @ (p * W2) + b2
""",
        "scaled before the ReLU, with its bias": """\
def predict(x, W1, b1, W2, b2, p):
    h = np.maximum(0, p * (x @ W1 + b1))
    return np.dot(h, W2) + b2
""",
        "float32": """\
def predict(x, W1, b1, W2, b2, p):
    h = p * np.maximum(0, np.float32(x @ W1 + b1))
    return np.float32(h @ W2 + b2)
""",
    },
    mutants=(
        Mutant(
            "dropout probability",
            "* p\n",
            "* (1 - p)\n",
            "You still multiply by the probability to drop; `p` is the probability to keep.",
        ),
        Mutant(
            "not scaled",
            " * p\n",
            "\n",
            "Nothing is scaled now: the second layer gets sums 1/p times as large as in training.",
        ),
        Mutant(
            "inside the ReLU, without the bias",
            "np.maximum(0, x @ W1 + b1) * p",
            "np.maximum(0, (x @ W1) * p + b1)",
            "You scale a part of what goes into the unit. What was dropped is what comes out of it.",
        ),
        Mutant(
            "scores scaled",
            "h = np.maximum(0, x @ W1 + b1) * p\n    return h @ W2 + b2",
            "h = np.maximum(0, x @ W1 + b1)\n    return (h @ W2 + b2) * p",
            "You scale the scores, the bias included. The bias `b2` was never dropped.",
        ),
        Mutant(
            "divided",
            "* p\n",
            "/ p\n",
            "You divide. The inverted form does that, in training; here the mean has to become smaller.",
        ),
        Mutant(
            "drops in testing",
            "* p\n",
            "* (np.arange(W1.shape[1]) % 2)\n",
            "You set hidden units to zero. In testing all of them are there, each scaled.",
        ),
        Mutant("twice", "* p\n", "* p * p\n", "You scale twice: once for the one hidden layer is enough."),
        Mutant(
            "root",
            "* p\n",
            "* np.sqrt(p)\n",
            "The root of `p` would keep the mean square. What is asked is the mean.",
        ),
        Mutant(
            "inputs scaled too",
            "x @ W1",
            "p * x @ W1",
            "You scale the inputs as well. Only hidden units were dropped.",
        ),
        Mutant("a half", "* p\n", "* 0.5\n", "You use ½ whatever `p` is."),
    ),
)
