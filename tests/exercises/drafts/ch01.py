"""Draft exercises of chapter 1: data that the engine's tests run on."""

# Title, prompt, hints and page are still to be written: they come with the chapter, whose exercises move from here into
# the package. Solution, cases and mistakes are meant as they are. Nothing of this is found by discovery.

import numpy as np

from course_lib.exercises import Case, Exercise, Mutant


def update_ratio_cases(rng):
    w, dw = rng.standard_normal((2, 4, 3))
    v, dv = rng.standard_normal((2, 5))
    f, df = rng.standard_normal((2, 3)).astype(np.float32)
    return [
        Case.one("two numbers", w=np.array([3.0, 4.0]), dw=np.array([0.6, 0.8]), lr=0.1),
        Case.one("a matrix", w=w, dw=dw, lr=float(rng.uniform(0.01, 0.09))),
        Case.one("gradients of 1e-6", w=v, dw=1e-6 * dv, lr=0.5),
        Case.one("no gradient", w=v, dw=0 * dv, lr=0.5),
        Case.one("a rate of 1", w=w, dw=dw, lr=1.0),
        Case.one("float32", w=f, dw=df, lr=0.2),
    ]


update_ratio = Exercise(
    name="update_ratio",
    title="update_ratio",
    prompt="update_ratio",
    source="""\
def update_ratio(w, dw, lr):
    step = lr * dw
    return np.linalg.norm(step) / np.linalg.norm(w)
""",
    returns=("ratio",),
    cases=update_ratio_cases,
    hints=("a", "b"),
    mutants=(
        Mutant(
            "no rate",
            "lr * dw",
            "dw",
            "You compare the gradient with the weights; what moves them is the rate times the gradient.",
        ),
        Mutant(
            "upside down",
            "np.linalg.norm(step) / np.linalg.norm(w)",
            "np.linalg.norm(w) / np.linalg.norm(step)",
            "Upside down: how large is the step, seen from the weight?",
        ),
        Mutant(
            "squares",
            "np.linalg.norm(step) / np.linalg.norm(w)",
            "np.sum(step**2) / np.sum(w**2)",
            "A norm is the root of the sum of squares; the root is missing.",
        ),
        Mutant(
            "mean of ratios",
            "np.linalg.norm(step) / np.linalg.norm(w)",
            "np.mean(np.abs(step / w))",
            "You average the ratio of each number. One weight near zero rules that mean; take the two norms first.",
        ),
        Mutant(
            "signed",
            "np.linalg.norm(step) / np.linalg.norm(w)",
            "np.abs(np.sum(step) / np.sum(w))",
            "You sum numbers of both signs: they cancel. Take a norm.",
        ),
        Mutant(
            "largest",
            "np.linalg.norm(step) / np.linalg.norm(w)",
            "np.abs(step).max() / np.abs(w).max()",
            "You compare the largest entries; the rule is about norms.",
        ),
        Mutant(
            "after the step",
            "np.linalg.norm(w)",
            "np.linalg.norm(w - step)",
            "You divide by the weights after the step; the rule is about those before.",
        ),
    ),
)


def log_uniform_cases(rng):
    return [
        Case.one("the middle", low=1e-4, high=1.0, u=0.5),
        Case.one("the low end", low=1e-5, high=0.1, u=0.0),
        Case.one("the high end", low=1e-5, high=0.1, u=1.0),
        Case.one("an array", low=1e-6, high=10.0, u=rng.random(4)),
        Case.one("narrow", low=2.0, high=3.0, u=float(rng.uniform(0.1, 0.4))),
    ]


log_uniform = Exercise(
    name="log_uniform",
    title="log_uniform",
    prompt="log_uniform",
    source="""\
def log_uniform(low, high, u):
    return low * (high / low) ** u
""",
    returns=("value",),
    cases=log_uniform_cases,
    hints=("a", "b"),
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
    ),
)


def standardize_cases(rng):
    always_zero = np.hstack([rng.standard_normal((4, 2)), np.zeros((4, 1))])
    sizes = np.array([1e-3, 1.0, 1e3])
    return [
        Case.one("two features", train=np.array([[1.0, 10.0], [3.0, 30.0]]), val=np.array([[2.0, 40.0]])),
        Case.one("five rows", train=5 + 3 * rng.standard_normal((5, 3)), val=4 + rng.standard_normal((2, 3))),
        Case.one(
            "a pixel that is always 0",
            train=always_zero,
            val=np.hstack([rng.standard_normal((2, 2)), np.full((2, 1), 0.5)]),
        ),
        Case.one(
            "features of 1e-3, 1 and 1e3",
            train=sizes * rng.standard_normal((6, 3)),
            val=sizes * rng.standard_normal((3, 3)),
        ),
    ]


standardize = Exercise(
    name="standardize",
    title="standardize",
    prompt="standardize",
    source="""\
def standardize(train, val):
    mean = train.mean(axis=0)
    std = train.std(axis=0)
    std = np.where(std > 0, std, 1.0)
    return (train - mean) / std, (val - mean) / std
""",
    returns=("train", "val"),
    cases=standardize_cases,
    hints=("a", "b"),
    mutants=(
        Mutant(
            "val by itself",
            "(val - mean) / std",
            "(val - val.mean(axis=0)) / np.where(val.std(axis=0) > 0, val.std(axis=0), 1.0)",
            (
                "Validation data are brought to their own mean: use the training set's numbers for both, or the two "
                "no longer mean the same."
            ),
        ),
        Mutant(
            "both together",
            "mean = train.mean(axis=0)\n    std = train.std(axis=0)",
            "both = np.concatenate([train, val])\n    mean = both.mean(axis=0)\n    std = both.std(axis=0)",
            "Your mean and std have seen the validation set: that is a leak.",
        ),
        Mutant(
            "one number for all",
            "train.mean(axis=0)",
            "train.mean()",
            "You take one mean of all features; each has its own (axis=0).",
        ),
        Mutant(
            "row by row",
            (
                "mean = train.mean(axis=0)\n"
                "    std = train.std(axis=0)\n"
                "    std = np.where(std > 0, std, 1.0)\n"
                "    return (train - mean) / std, (val - mean) / std"
            ),
            (
                "def f(a):\n"
                "        std = a.std(axis=1, keepdims=True)\n"
                "        return (a - a.mean(axis=1, keepdims=True)) / np.where(std > 0, std, 1.0)\n"
                "\n"
                "    return f(train), f(val)"
            ),
            "You normalize each example; here each feature is to have mean 0 and std 1.",
        ),
        Mutant(
            "variance",
            "train.std(axis=0)",
            "train.var(axis=0)",
            "You divide by the variance; the standard deviation is its root.",
        ),
        Mutant(
            "not centred",
            "return (train - mean) / std, (val - mean) / std",
            "return train / std, val / std",
            "Scaled, but not centred: take the mean off first.",
        ),
        Mutant(
            "only centred",
            "return (train - mean) / std, (val - mean) / std",
            "return train - mean, val - mean",
            "Centred, but not scaled.",
        ),
        Mutant(
            "val untouched",
            ", (val - mean) / std",
            ", val",
            "The validation set is still raw: a network trained on one scale cannot read another.",
        ),
    ),
)


def he_std_cases(rng):
    return [
        Case.one("a ReLU", fan_in=50, fan_out=10, slope=0.0),
        Case.one("leaky", fan_in=64, fan_out=32, slope=0.5),
        Case.one("leaky, small", fan_in=int(rng.integers(20, 49)), fan_out=int(rng.integers(100, 200)), slope=0.1),
        Case.one("linear", fan_in=16, fan_out=99, slope=1.0),
    ]


he_std = Exercise(
    name="he_std",
    title="he_std",
    prompt="he_std",
    source="""\
def he_std(fan_in, fan_out, slope):
    gain = 2 / (1 + slope**2)
    return np.sqrt(gain / fan_in)
""",
    returns=("std",),
    cases=he_std_cases,
    hints=("a", "b"),
    mutants=(
        Mutant(
            "Xavier's",
            "2 / (1 + slope**2)",
            "1.0",
            "That is 1/fan_in, right for a linear layer. A ReLU passes half of the signal's square: ×2.",
        ),
        Mutant(
            "Glorot",
            "gain / fan_in",
            "2 / (fan_in + fan_out)",
            (
                "That is Glorot and Bengio's mean of both fans; He's rule looks forward only, at fan_in, and has the "
                "ReLU's 2."
            ),
        ),
        Mutant(
            "variance",
            "np.sqrt(gain / fan_in)",
            "gain / fan_in",
            "That is the variance; the standard deviation is its root.",
        ),
        Mutant("fan_out", "gain / fan_in", "gain / fan_out", "A unit sums over its inputs: fan_in."),
        Mutant("slope not squared", "slope**2", "slope", "The signal's *square* is kept, so the slope enters squared."),
        Mutant("slope ignored", "2 / (1 + slope**2)", "2.0", "Right for ReLU; a leaky one passes more, 1 + slope²."),
        Mutant(
            "root of the gain only",
            "np.sqrt(gain / fan_in)",
            "np.sqrt(gain) / fan_in",
            "The root goes over fan_in, too.",
        ),
    ),
    distractors=("fan_out",),
)


def batchnorm_cases(rng):
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
    title="batchnorm",
    prompt="batchnorm",
    source="""\
def batchnorm_train(x, gamma, beta, mean, var, momentum, eps):
    n, mu, s2 = len(x), x.mean(axis=0), x.var(axis=0)
    y = gamma * (x - mu) / np.sqrt(s2 + eps) + beta
    mean = momentum * mean + (1 - momentum) * mu
    var = momentum * var + (1 - momentum) * s2 * n / (n - 1)
    return y, mean, var
""",
    returns=("y", "mean", "var"),
    cases=batchnorm_cases,
    hints=("a", "b"),
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
            "biased running variance",
            " * n / (n - 1)",
            "",
            "The running variance is meant for the population: the batch's times n/(n − 1).",
        ),
        Mutant(
            "unbiased in the batch",
            "gamma * (x - mu) / np.sqrt(s2 + eps)",
            "gamma * (x - mu) / np.sqrt(s2 * n / (n - 1) + eps)",
            "The batch is divided by its own variance, with n and not n − 1; only the running one is corrected.",
        ),
        Mutant(
            "no running update",
            (
                "    mean = momentum * mean + (1 - momentum) * mu\n"
                "    var = momentum * var + (1 - momentum) * s2 * n / (n - 1)\n"
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
            "(1 - momentum) * s2 * n / (n - 1)",
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
"""
    },
)
