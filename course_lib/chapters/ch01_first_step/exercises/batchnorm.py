"""Batch normalization in training, with its running statistics."""

import numpy as np

from course_lib.exercises import Case, Exercise, Mutant


def batchnorm_cases(rng: np.random.Generator) -> list[Case]:
    def case(label, batches, momentum=0.8, eps=1e-5):
        gamma, beta, mean, var = rng.uniform(0.5, 2.0, (4, batches.shape[2])).astype(batches.dtype)
        layer = {"gamma": gamma, "beta": beta, "momentum": momentum, "eps": eps}
        return Case(label, {"mean": mean, "var": var}, tuple({"x": x, **layer} for x in batches))

    def batches(count, examples, features):
        return rng.standard_normal((count, examples, features))

    plain = {"gamma": np.array([2.0, 0.5]), "beta": np.array([1.0, -1.0]), "momentum": 0.9, "eps": 1e-5}
    two_examples = (
        {"x": np.array([[1.0, 2.0], [3.0, 6.0]]), **plain},
        {"x": np.array([[4.0, 1.0], [0.0, 3.0]]), **plain},
    )
    constant = batches(2, 4, 2)
    constant[:, :, 0] = 3.0
    far = (1e4 + batches(2, 8, 2)).astype(np.float32)
    return [
        Case("two examples", {"mean": np.zeros(2), "var": np.ones(2)}, two_examples),
        case("three batches", 2 + 3 * batches(3, 5, 2)),
        case("features of variance 1e-6", 1e-3 * batches(2, 4, 3)),
        case("a feature that is constant", constant),
        case("a large ε", batches(2, 4, 3), eps=0.1),
        case("a momentum of 0", batches(2, 6, 2), momentum=0.0),
        case("far from zero, in float32", far),
    ]


batchnorm = Exercise(
    name="batchnorm",
    page="01_first_step",
    number=5,
    title="Batch norm in training",
    prompt=(
        "One training step of batch norm, forward: rows of `x` are the N examples of a batch. Return the "
        "output `y`, with the batch's own statistics (variance with N) and ε inside the root, and the new "
        "running `mean` and `var`, which keep the share `momentum` of themselves; the running variance takes "
        "the batch's with N − 1."
    ),
    source="""\
def batchnorm_train(x, gamma, beta, mean, var, momentum, eps):
    N, mu, s2 = len(x), x.mean(axis=0), x.var(axis=0)
    y = gamma * (x - mu) / np.sqrt(s2 + eps) + beta
    mean = momentum * mean + (1 - momentum) * mu
    var = momentum * var + (1 - momentum) * s2 * N / (N - 1)
    return y, mean, var
""",
    returns=("y", "mean", "var"),
    cases=batchnorm_cases,
    hints=(
        (
            "Every feature has a mean and a variance of its own: `axis=0`. In training `y` uses those of the "
            "batch, not the running ones."
        ),
        (
            "Center, divide by `np.sqrt(s2 + eps)`, then γ and β. The running numbers: `momentum * old + (1 - "
            "momentum) * new`, where `new` for the variance is `s2 * N / (N - 1)`."
        ),
    ),
    asks={
        "eps": "where should `eps` stand?",
        "momentum": "which share should the old running value keep?",
        "x": "over which axis of `x` should mean and variance be taken?",
    },
    limits={"var": (0, None), "momentum": (0, 1), "eps": (0, None)},
    explanation=(
        "The batch is divided by its own standard deviation, hence N. The running variance estimates that of "
        "all data, for which the one with N − 1 is unbiased. The running numbers play no part in training: "
        "they are for testing, where an answer must not depend on the other examples."
    ),
    after=(
        "It is `course_lib.nn.BatchNorm` in training. PyTorch's `BatchNorm1d` does the same; its `momentum` is "
        "the share of the *new* value, 1 minus this one."
    ),
    mutants=(
        Mutant(
            "running statistics",
            "gamma * (x - mu) / np.sqrt(s2 + eps)",
            "gamma * (x - mean) / np.sqrt(var + eps)",
            (
                "You normalize by the running numbers: those are for test time. In training it is the batch's own "
                "mean and variance."
            ),
        ),
        Mutant(
            "eps outside",
            "np.sqrt(s2 + eps)",
            "(np.sqrt(s2) + eps)",
            "In batch norm ε stands inside the root (in Adam outside).",
        ),
        Mutant("variance for std", "/ np.sqrt(s2 + eps)", "/ (s2 + eps)", "You divide by the variance; take the root."),
        Mutant(
            "axis 1",
            "x.mean(axis=0), x.var(axis=0)",
            "x.mean(axis=1, keepdims=True), x.var(axis=1, keepdims=True)",
            (
                "You average over features: that is layer norm, and its numbers do not even have the running "
                "statistics' shape."
            ),
        ),
        Mutant(
            "no gamma and beta",
            "gamma * (x - mu) / np.sqrt(s2 + eps) + beta",
            "(x - mu) / np.sqrt(s2 + eps)",
            "γ and β are missing: without them the layer cannot undo what it does.",
        ),
        Mutant(
            "weights swapped for mean",
            "momentum * mean + (1 - momentum) * mu",
            "(1 - momentum) * mean + momentum * mu",
            (
                "In this book momentum is the share that is *kept*; torch counts the other way round. You take it as "
                "the new one's share."
            ),
        ),
        Mutant(
            "both shares swapped",
            (
                "    mean = momentum * mean + (1 - momentum) * mu\n"
                "    var = momentum * var + (1 - momentum) * s2 * N / (N - 1)\n"
            ),
            (
                "    mean = (1 - momentum) * mean + momentum * mu\n"
                "    var = (1 - momentum) * var + momentum * s2 * N / (N - 1)\n"
            ),
            "`momentum` is the share of the running statistics that is kept; you give it to the batch, as torch does.",
        ),
        Mutant(
            "biased running variance",
            " * N / (N - 1)",
            "",
            "The running variance is meant for the population: the batch's times N/(N − 1).",
        ),
        Mutant(
            "unbiased in the batch",
            "gamma * (x - mu) / np.sqrt(s2 + eps)",
            "gamma * (x - mu) / np.sqrt(s2 * N / (N - 1) + eps)",
            "The batch is divided by its own variance, with N and not N − 1; only the running one is corrected.",
        ),
        Mutant(
            "no running update",
            (
                "    mean = momentum * mean + (1 - momentum) * mu\n"
                "    var = momentum * var + (1 - momentum) * s2 * N / (N - 1)\n"
            ),
            "",
            "The running numbers never move: at test time this network would normalize by 0 and 1.",
        ),
        Mutant(
            "no eps",
            "np.sqrt(s2 + eps)",
            "np.sqrt(s2)",
            "ε is missing: a feature that is constant in the batch gives 0/0.",
        ),
        Mutant(
            "eps hard-coded",
            "np.sqrt(s2 + eps)",
            "np.sqrt(s2 + 1e-5)",
            "You use a number of your own for ε: it comes as an argument.",
        ),
        Mutant(
            "variance as a difference",
            "x.var(axis=0)",
            "(x**2).mean(axis=0) - x.mean(axis=0) ** 2",
            (
                "E[x²] − E[x]² takes the difference of two large numbers: at a mean of 1e4, float32 has no digit left "
                "for the variance. Take the mean off first, then square."
            ),
        ),
        Mutant(
            "running root",
            "(1 - momentum) * s2 * N / (N - 1)",
            "(1 - momentum) * np.sqrt(s2 + eps)",
            "The running number is a variance; you average its root.",
        ),
        Mutant(
            "statistics of shape (1, D)",
            "x.mean(axis=0), x.var(axis=0)",
            "x.mean(axis=0, keepdims=True), x.var(axis=0, keepdims=True)",
            (
                "Your mean and variance keep the batch's axis, and so the running ones get the shape (1, D): leave "
                "`keepdims` out."
            ),
        ),
        Mutant(
            "over each example",
            "x.mean(axis=0), x.var(axis=0)",
            "x.mean(axis=1), x.var(axis=1)",
            (
                "You average over the features of each example (axis 1): that is layer norm. A feature's mean and "
                "variance are over the batch, axis 0."
            ),
        ),
        Mutant(
            "one number for all",
            "x.mean(axis=0), x.var(axis=0)",
            "x.mean(), x.var()",
            "You take one mean and one variance of all features; each feature has its own (axis=0).",
        ),
        Mutant(
            "gamma and beta exchanged",
            "gamma * (x - mu) / np.sqrt(s2 + eps) + beta",
            "beta * (x - mu) / np.sqrt(s2 + eps) + gamma",
            "γ and β are exchanged: γ scales, β shifts.",
        ),
        Mutant(
            "not centred", "gamma * (x - mu)", "gamma * x", "Scaled, but not centred: take the batch's mean off first."
        ),
        Mutant(
            "variance kept by the wrong share",
            "momentum * var + (1 - momentum) * s2",
            "(1 - momentum) * var + momentum * s2",
            "The running variance keeps 1 − momentum of itself; momentum is the share that is kept, as for the mean.",
        ),
    ),
    accepts={
        "step by step": """\
def batchnorm_train(x, gamma, beta, mean, var, momentum, eps):
    n = x.shape[0]
    mu = np.sum(x, axis=0) / n
    centred = x - mu
    variance = np.mean(centred**2, axis=0)
    y = centred * (gamma / np.sqrt(variance + eps)) + beta
    unbiased = np.var(x, axis=0, ddof=1)
    return y, mean + (1 - momentum) * (mu - mean), var + (1 - momentum) * (unbiased - var)
""",
        "variance with n - 1 first": """\
def batchnorm_train(x, gamma, beta, mean, var, momentum, eps):
    n = len(x)
    mu, unbiased = np.mean(x, axis=0), np.var(x, axis=0, ddof=1)
    x_hat = (x - mu) / np.sqrt(unbiased * (n - 1) / n + eps)
    new_mean = momentum * mean + (1 - momentum) * mu
    new_var = momentum * var + (1 - momentum) * unbiased
    return gamma * x_hat + beta, new_mean, new_var
""",
        "float32": """\
def batchnorm_train(x, gamma, beta, mean, var, momentum, eps):
    n, mu, s2 = len(x), x.mean(axis=0), x.var(axis=0)
    y = gamma * (x - mu) / np.sqrt(s2 + eps) + beta
    mean = momentum * mean + (1 - momentum) * mu
    var = momentum * var + (1 - momentum) * s2 * n / (n - 1)
    return np.float32(y), np.float32(mean), np.float32(var)
""",
    },
)
