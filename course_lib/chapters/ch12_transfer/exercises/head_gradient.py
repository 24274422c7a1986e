"""The gradient of a head on frozen features."""

import numpy as np

from course_lib.exercises import Case, Exercise, Mutant


def cases(rng: np.random.Generator) -> list[Case]:
    def case(label: str, n: int, k: int, c: int, dtype: type = float) -> Case:
        f, W, b = rng.normal(size=(n, k)), rng.normal(size=(k, c)), rng.normal(size=c)
        y = np.eye(c)[np.arange(n) % c]
        return Case.one(label, f=f.astype(dtype), W=W.astype(dtype), b=b.astype(dtype), y=y.astype(dtype))

    return [
        case("four images, two classes", 4, 3, 2),
        case("three classes", 6, 3, 3),
        case("more images", 7, 4, 3),
        case("more features", 5, 6, 4),
        case("float32", 5, 4, 3, np.float32),
    ]


head_gradient = Exercise(
    name="head_gradient",
    page="12_transfer",
    number=4,
    title="The head's gradient",
    prompt=(
        "A head computes the scores `f @ W + b` of N images from their frozen features `f`, shape `(N, k)`; `W` has "
        "shape `(k, C)`, `b` `(C,)`, and `y`, shape `(N, C)`, holds the classes as rows with a single 1. The loss is "
        "the mean cross-entropy of the softmax. Return the loss's gradients `dW` and `db`, shapes `(k, C)` and `(C,)`."
    ),
    source="""\
def head_gradient(f, W, b, y):
    s = f @ W + b
    e = np.exp(s)
    p = e / e.sum(axis=1, keepdims=True)
    ds = (p - y) / len(f)
    dW = f.T @ ds
    db = ds.sum(axis=0)
    return dW, db
""",
    returns=("dW", "db"),
    cases=cases,
    hints=(
        "First the gradient with respect to the scores: what is said, less what is true.",
        "The loss is a mean, so each image counts 1/N.",
        "Scores are linear in `W` and `b`: a feature's gradient is its value times that of the score, over all images.",
    ),
    explanation=(
        "With ds = (p − y)/N the chain rule gives dW = fᵀ ds, and db the sum of ds over the images. The features are "
        "constants: nothing goes farther down, and that is why a frozen body costs no backward pass."
    ),
    after=(
        "The loss is convex in W and b, so that no local minimum can trap you; with a penalty on W one W is best, "
        "and `course_lib.deep.linear_probe` finds it."
    ),
    accepts={
        "a loop over images": (
            "def head_gradient(f, W, b, y):\n    dW, db = np.zeros(W.shape), np.zeros(b.shape)\n"
            "    for i in range(len(f)):\n        s = f[i] @ W + b\n        e = np.exp(s - s.max())\n"
            "        d = (e / e.sum() - y[i]) / len(f)\n        dW += np.outer(f[i], d)\n        db += d\n"
            "    return dW, db\n"
        ),
        "divided at the end": (
            "def head_gradient(f, W, b, y):\n    s = f @ W + b\n    s = s - s.max(axis=1)[:, None]\n"
            "    d = np.exp(s) / np.exp(s).sum(axis=1)[:, None] - y\n    return f.T @ d / len(f), d.mean(axis=0)\n"
        ),
        "float32": (
            "def head_gradient(f, W, b, y):\n    f, W, b, y = (a.astype(np.float32) for a in (f, W, b, y))\n"
            "    s = f @ W + b\n    e = np.exp(s - s.max(axis=1, keepdims=True))\n"
            "    ds = (e / e.sum(axis=1, keepdims=True) - y) / np.float32(len(f))\n"
            "    return f.T @ ds, ds.sum(axis=0)\n"
        ),
    },
    mutants=(
        Mutant(
            "no mean",
            "(p - y) / len(f)",
            "p - y",
            "You leave out 1/N: the loss is a mean over the images.",
        ),
        Mutant(
            "uphill",
            "(p - y)",
            "(y - p)",
            "Your sign is the other one: with y − p a step along −dW goes uphill. It is p − y.",
        ),
        Mutant(
            "softmax over images",
            "e.sum(axis=1, keepdims=True)",
            "e.sum(axis=0, keepdims=True)",
            "Your probabilities add up to 1 over the images. They do so over the classes of each image.",
        ),
        Mutant(
            "scores for probabilities",
            "(p - y)",
            "(s - y)",
            "You subtract y from the scores, which is the gradient of a squared error. Take the softmax first.",
        ),
        Mutant(
            "mean of db",
            "ds.sum(axis=0)",
            "ds.mean(axis=0)",
            "You divide by N twice in `db`: ds has the 1/N in it already, so sum.",
        ),
        Mutant("no bias", "f @ W + b", "f @ W", "You leave the bias out of the scores."),
        Mutant(
            "not normalized",
            "p = e / e.sum(axis=1, keepdims=True)",
            "p = e",
            "You do not divide by the sum of the exponentials, so `p` does not add up to 1.",
        ),
        Mutant(
            "swapped",
            "return dW, db",
            "return db, dW",
            "Both gradients are right, and you return them in the wrong order.",
        ),
        Mutant(
            "labels left out",
            "(p - y)",
            "p",
            "You leave out the labels: the gradient is what is said, less what is true.",
        ),
        Mutant(
            "over classes",
            "(p - y) / len(f)",
            "(p - y) / len(b)",
            "You divide by the number of classes. The mean is over the images.",
        ),
    ),
)
