"""A head without training: the nearest mean."""

import numpy as np

from course_lib.exercises import Case, Exercise, Mutant


def cases(rng: np.random.Generator) -> list[Case]:
    def case(label: str, counts: tuple[int, ...], queries: int, width: int, dtype: type = float) -> Case:
        y = rng.permutation(np.repeat(np.arange(len(counts)), counts))
        f, q = rng.normal(size=(len(y), width)).astype(dtype), rng.normal(size=(queries, width)).astype(dtype)
        return Case.one(label, f=f, y=y, q=q, classes=len(counts))

    return [
        case("two labels of each of two classes", (2, 2), 1, 3),
        case("three classes", (2, 3, 2), 3, 4),
        case("one label of each class", (1, 1, 1), 2, 5),
        case("many of the first class", (6, 2, 3, 2), 4, 3),
        case("float32", (3, 2, 4), 3, 4, np.float32),
    ]


nearest_mean = Exercise(
    name="nearest_mean",
    page="12_transfer",
    number=2,
    title="A head without training",
    prompt=(
        "You get the features `f` of labelled images, shape `(N, k)`, their classes `y`, numbers from 0 to "
        "`classes - 1`, and the features `q` of new images, shape `(Q, k)`. Let μ_c be the mean feature vector of "
        "class c. Return the scores −‖q − μ_c‖², shape `(Q, classes)`."
    ),
    source="""\
def nearest_mean(f, y, q, classes):
    means = np.stack([f[y == c].mean(axis=0) for c in range(classes)])
    return -((q[:, None] - means) ** 2).sum(axis=2)
""",
    returns=("scores",),
    cases=cases,
    hints=(
        "First make one vector for each class: which rows of `f` belong to it?",
        "`f[y == c]` holds the rows of class c. Average over rows, not over features.",
        "With an axis of length 1 in between, `q[:, None]` has shape `(Q, 1, k)` and meets every mean.",
    ),
    asks={
        "f": "over which rows of `f` should each mean be taken?",
    },
    limits={"y": (0, None), "classes": (1, None)},
    explanation=(
        "The nearest mean has the largest score. Multiplied out, −‖q − μ‖² = 2μ·q − ‖μ‖² − ‖q‖², and ‖q‖² is the same "
        "for all classes: so this is a linear head, with weights 2μ and biases −‖μ‖²."
    ),
    after="It is the baseline for a fitted head: no rate, no steps, and new classes cost one mean.",
    accepts={
        "a loop over classes": (
            "def nearest_mean(f, y, q, classes):\n    scores = np.zeros((len(q), classes))\n"
            "    for c in range(classes):\n        d = q - f[y == c].mean(axis=0)\n"
            "        scores[:, c] = -(d * d).sum(axis=1)\n    return scores\n"
        ),
        "sums by one-hot": (
            "def nearest_mean(f, y, q, classes):\n    onehot = np.eye(classes)[y]\n"
            "    means = onehot.T @ f / onehot.sum(axis=0)[:, None]\n"
            "    return -np.sum((q[:, None, :] - means[None]) ** 2, axis=-1)\n"
        ),
        "float32": (
            "def nearest_mean(f, y, q, classes):\n    f, q = f.astype(np.float32), q.astype(np.float32)\n"
            "    means = np.stack([f[y == c].mean(axis=0) for c in range(classes)])\n"
            "    return -((q[:, None] - means) ** 2).sum(axis=2)\n"
        ),
    },
    mutants=(
        Mutant(
            "a sum",
            "f[y == c].mean(axis=0)",
            "f[y == c].sum(axis=0)",
            "You add up a class's features, so a class with more labels lies farther out. Take the mean.",
        ),
        Mutant(
            "sign",
            "return -(",
            "return (",
            "Your scores are the squared distances themselves, so the farthest class would win: put a minus before.",
        ),
        Mutant(
            "no square",
            "** 2).sum",
            "** 1).sum",
            "You add up the differences without squaring, so that those of both signs cancel.",
        ),
        Mutant(
            "absolute",
            "((q[:, None] - means) ** 2)",
            "np.abs(q[:, None] - means)",
            "You add up absolute differences. The squared length of q − μ is asked for.",
        ),
        Mutant(
            "root",
            "-((q[:, None] - means) ** 2).sum(axis=2)",
            "-np.sqrt(((q[:, None] - means) ** 2).sum(axis=2))",
            "You return minus the distance, where minus its square is asked for. (The winner is the same.)",
        ),
        Mutant(
            "first example",
            "f[y == c].mean(axis=0)",
            "f[y == c][0]",
            "You compare with the first labelled image of each class, not with the mean of all of them.",
        ),
        Mutant(
            "mean over features",
            ".sum(axis=2)",
            ".mean(axis=2)",
            "You divide by the number of features. The squared length is the sum over features.",
        ),
        Mutant(
            "one mean for all",
            "f[y == c].mean(axis=0)",
            "f.mean(axis=0)",
            "Each of your classes has the mean of all images: choose the rows with y == c.",
        ),
        Mutant(
            "nearest example",
            "np.stack([f[y == c].mean(axis=0) for c in range(classes)])\n"
            "    return -((q[:, None] - means) ** 2).sum(axis=2)",
            "((q[:, None] - f) ** 2).sum(axis=2)\n"
            "    return np.stack([-means[:, y == c].min(axis=1) for c in range(classes)], axis=1)",
            "You measure the distance to the nearest labelled image of each class, not to the class's mean.",
        ),
        Mutant(
            "divided by all",
            "f[y == c].mean(axis=0)",
            "f[y == c].sum(axis=0) / len(f)",
            "You divide a class's sum by the number of all images, not by that of its own.",
        ),
    ),
)
