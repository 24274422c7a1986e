"""Inverted dropout, forward."""

import numpy as np

from course_lib.exercises import Case, Exercise, Mutant


def inverted_dropout_cases(rng: np.random.Generator) -> list[Case]:
    def case(keep: float, train: bool, units: int) -> Case:
        label = f"{'training' if train else 'testing'}, keep {keep}"
        x = rng.uniform(0.3, 2, (2, units)) * rng.choice([-1, 1], (2, units))
        return Case.one(label, x=x, u=rng.random((2, units)), keep=keep, train=train)

    settings = ((0.8, True), (0.75, True), (0.6, False), (0.8, True), (0.3, True), (0.9, False), (1.0, True))
    return [case(keep, train, units) for units, (keep, train) in enumerate(settings, start=3)]


inverted_dropout = Exercise(
    name="inverted_dropout",
    page="10_noise",
    number=1,
    title="Inverted dropout",
    prompt=(
        "`x`, shape (N, n), is a batch of activations, `u` a uniform random number in [0, 1) for each of them, drawn "
        "for you. In training keep each activation with probability `keep`: where its `u` is below `keep`. Scale so "
        "that the mean over the draws is `x`. In testing return `x`."
    ),
    source="""\
def inverted_dropout(x, u, keep, train):
    if train:
        z = u < keep
        return x * z / keep
    return x
""",
    returns=("y",),
    cases=inverted_dropout_cases,
    hints=(
        "Where is `u` below `keep`? That comparison has the shape of `x`, so each example has its own mask.",
        "Multiplied by a mask of mean `keep`, the mean of `x` becomes too small, by the factor `keep`. Divide by it.",
        "Without training there is no mask and no factor.",
    ),
    asks={
        "x": "what should happen to an entry of `x` that is kept?",
        "u": "what should `u` be compared with, and which way round?",
        "keep": "where should `keep` come in, and when?",
        "train": "what should `train` decide?",
    },
    limits={"u": (0, 1), "keep": (0, 1)},
    explanation=(
        "The mean of z is `keep`, so the mean of x·z/`keep` is x. The scaling is done in training, so testing, and "
        "whoever uses the network, needs to know nothing of dropout."
    ),
    after=(
        "It is `course_lib.nn.InvertedDropout`, and PyTorch's `nn.Dropout`, whose argument `p` is the probability to "
        "DROP: `nn.Dropout(1 - keep)`."
    ),
    accepts={
        "where": (
            "def inverted_dropout(x, u, keep, train):\n    return np.where(u < keep, x / keep, 0.0) if train else x\n"
        ),
        "early return": (
            "def inverted_dropout(x, u, keep, train):\n"
            "    if not train:\n"
            "        return x\n"
            "    y = x / keep\n"
            "    y[u >= keep] = 0\n"
            "    return y\n"
        ),
        "by the drop probability": (
            "def inverted_dropout(x, u, keep, train):\n"
            "    p = 1 - keep\n"
            "    return x * (1 - u > p) / (1 - p) if train else x\n"
        ),
        "float32": (
            "def inverted_dropout(x, u, keep, train):\n"
            "    x = x.astype(np.float32)\n"
            "    return x * (u < keep) / np.float32(keep) if train else x\n"
        ),
    },
    mutants=(
        Mutant(
            "dropped, not kept",
            "u < keep",
            "u > keep",
            "You keep a unit where u > keep, so `keep` has become the probability to DROP.",
        ),
        Mutant(
            "divided by 1 − keep",
            "/ keep",
            "/ (1 - keep)",
            "You divide by the probability to drop. The mean of z is `keep`: divide by that. (At ½ the two are the "
            "same, and nobody notices.)",
        ),
        Mutant(
            "not scaled",
            "x * z / keep",
            "x * z",
            "In training only a share `keep` gets through. Divide by it, or testing sees larger sums than training.",
        ),
        Mutant(
            "scaled twice",
            "    return x\n",
            "    return x * keep\n",
            "Inverted dropout has done its scaling in training: in testing nothing is left to do. You scale twice.",
        ),
        Mutant(
            "vanilla",
            "        return x * z / keep\n    return x\n",
            "        return x * z\n    return x * keep\n",
            "This is the first form of dropout, right in itself: it scales in testing. The inverted form divides in "
            "training, and leaves testing alone.",
        ),
        Mutant(
            "multiplied", "/ keep", "* keep", "You multiply by `keep` in training, so that it counts twice. Divide."
        ),
        Mutant(
            "drops in testing",
            "    if train:\n        z = u < keep\n        return x * z / keep\n    return x\n",
            "    z = u < keep\n    return x * z / keep\n",
            "You drop in testing, too: predictions would change from call to call.",
        ),
        Mutant(
            "one mask for all",
            "u < keep",
            "u[0] < keep",
            "All examples share the first one's mask. Each draws its own.",
        ),
        Mutant("never drops", "x * z / keep", "x / keep", "Nothing is dropped: the mask is made and not used."),
        Mutant(
            "keep for drop",
            "z = u < keep\n        return x * z / keep",
            "z = u > keep\n        return x * z / (1 - keep)",
            "Right in itself for a probability to DROP, but `keep` is the probability to keep. (At ½ the two are the "
            "same.)",
        ),
        Mutant("half", "x * z / keep", "x * z * 2", "Twice is right for keep = ½ alone."),
        Mutant(
            "by the share that was kept",
            "x * z / keep",
            "x * z / max(z.mean(), 0.01)",
            "You divide by the share that this mask happened to keep. Divide by its mean over all masks, `keep`: then "
            "the outputs are right on average, and no unit hangs on the others' coins.",
        ),
        Mutant(
            "by the root",
            "/ keep",
            "/ np.sqrt(keep)",
            "You keep the mean square; the mean is what the next layer sums: divide by `keep` itself.",
        ),
        Mutant(
            "noise for the mask",
            "x * z",
            "x * u",
            "You multiply by the random numbers themselves. They only decide: a unit counts in full, or not at all.",
        ),
        Mutant(
            "the wrong way round",
            "if train",
            "if not train",
            "You drop in testing and not in training: the wrong way round.",
        ),
    ),
)
