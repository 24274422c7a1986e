"""DropConnect's mean and variance."""

import numpy as np

from course_lib.exercises import Case, Exercise, Mutant


def dropconnect_cases(rng: np.random.Generator) -> list[Case]:
    def case(keep: float) -> Case:
        x, W = rng.uniform(0.3, 2, (2, 3)), rng.uniform(0.3, 1, (3, 2)) * rng.choice([-1, 1], 2)
        return Case.one(f"keep {keep}", x=x, W=W, b=rng.uniform(0.5, 1, 2), keep=keep)

    return [case(keep) for keep in (0.8, 0.75, 0.6, 0.9, 0.3, 0.2)]


dropconnect = Exercise(
    name="dropconnect",
    page="10_noise",
    number=4,
    title="DropConnect's mean and variance",
    prompt=(
        "In training a layer computed `u = x @ (Z * W) + b`, each weight kept with probability `keep` by its own coin. "
        "Return the mean and the variance of `u` over the masks `Z`, each of the shape of `x @ W`."
    ),
    source="""\
def dropconnect(x, W, b, keep):
    mean = keep * (x @ W) + b
    variance = keep * (1 - keep) * (x**2 @ W**2)
    return mean, variance
""",
    returns=("mean", "variance"),
    cases=dropconnect_cases,
    hints=(
        "u is a sum of terms x·z·W and a constant. What is the mean of one z, and what its variance?",
        "With p = `keep`, z has the mean p and the variance p(1 − p). A constant factor counts squared in a variance.",
        "The coins are independent, so the variances of the terms add up: Σ p(1 − p) x² W².",
    ),
    asks={
        "x": "how should each of the two results grow with `x`?",
        "W": "how should each of the two results grow with `W`?",
        "b": "in which of the two results should `b` be?",
        "keep": "what are the mean and the variance of one coin?",
    },
    limits={"keep": (0, 1)},
    explanation=(
        "With p = `keep`, z has the mean p and the variance p(1 − p), and so x·z·W has the variance x²W²p(1 − p). "
        "Variances of independent terms add: square first, then sum. The bias only shifts."
    ),
    after="It is `course_lib.nn.DropConnect.moments`. The Gaussian rule averages the activation over this bell.",
    accepts={
        "einsum": (
            "def dropconnect(x, W, b, keep):\n"
            "    terms = x[:, :, None] * W[None]\n"
            "    mean = (keep * terms).sum(axis=1) + b\n"
            "    return mean, (keep * (1 - keep) * terms**2).sum(axis=1)\n"
        ),
        "mean square minus squared mean": (
            "def dropconnect(x, W, b, keep):\n"
            "    squares = (x * x) @ (W * W)\n"
            "    return x @ (keep * W) + b, keep * squares - keep**2 * squares\n"
        ),
        "float32": (
            "def dropconnect(x, W, b, keep):\n"
            "    mean = keep * (x @ W) + b\n"
            "    return np.float32(mean), np.float32(keep * (1 - keep) * (x**2 @ W**2))\n"
        ),
    },
    mutants=(
        Mutant(
            "square of the sum",
            "(x**2 @ W**2)",
            "(x @ W) ** 2",
            "Each weight is dropped on its own, so variances add up: square first, then sum.",
        ),
        Mutant(
            "keep for keep(1 − keep)",
            "keep * (1 - keep) *",
            "keep *",
            "A coin with chance p has the variance p(1 − p).",
        ),
        Mutant(
            "keep squared",
            "keep * (1 - keep) *",
            "keep**2 *",
            "A coin with chance p has the variance p(1 − p), which is 0 for p = 1.",
        ),
        Mutant(
            "standard deviation",
            "return mean, variance",
            "return mean, np.sqrt(variance)",
            "You return the standard deviation.",
        ),
        Mutant("bias dropped", "keep * (x @ W) + b", "keep * (x @ W + b)", "Here biases stay; they are not scaled."),
        Mutant("dropout probability", "mean = keep *", "mean = (1 - keep) *", "The mean is scaled by what is kept."),
        Mutant(
            "not scaled",
            "mean = keep * (x @ W)",
            "mean = (x @ W)",
            "On average only the share `keep` of the weights is there.",
        ),
        Mutant(
            "units, not weights",
            "(x**2 @ W**2)",
            "((x**2).sum(axis=1, keepdims=True) * W.sum(axis=0)**2)",
            "That drops whole units. Here each weight has its own coin: Σ x²W².",
        ),
        Mutant(
            "half",
            "keep * (1 - keep) *",
            "0.25 *",
            "¼ is the variance of a fair coin. For a chance p it is p(1 − p).",
        ),
        Mutant(
            "scaled as inverted",
            "(1 - keep) *",
            "(1 - keep) / keep**2 *",
            "That is the variance of weights that are divided by `keep`. Here nothing is divided in training.",
        ),
        Mutant(
            "weights not squared",
            "x**2 @ W**2",
            "x**2 @ W",
            "A constant factor counts squared in a variance: `W`, too.",
        ),
    ),
)
