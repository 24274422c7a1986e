"""Draft exercises of chapter 10: data that the engine's tests run on."""

# Title, prompt, hints and page are still to be written: they come with the chapter, whose exercises move from here into
# the package. Solution, cases and mistakes are meant as they are. Nothing of this is found by discovery.

import numpy as np

from course_lib.exercises import Case, Exercise, Mutant

KEEPS = (0.8, 0.75, 0.6, 0.9, 0.3, 0.2)


def layer_cases(rng):
    """Return cases for a layer with weights W and biases b, one for each probability to keep."""

    def case(keep):
        x, W, b = rng.standard_normal((2, 3)), rng.standard_normal((3, 2)), rng.standard_normal(2)
        return Case.one(f"keep {keep}", x=x, W=W, b=b, keep=keep)

    return [case(keep) for keep in KEEPS]


def inverted_dropout_cases(rng):
    def case(keep, train, units):
        label = f"{'training' if train else 'testing'}, keep {keep}"
        return Case.one(label, x=rng.standard_normal((2, units)), u=rng.random((2, units)), keep=keep, train=train)

    settings = ((0.8, True), (0.75, True), (0.6, False), (0.8, True), (0.3, True), (0.9, False), (1.0, True))
    return [case(keep, train, units) for units, (keep, train) in enumerate(settings, start=2)]


inverted_dropout = Exercise(
    name="inverted_dropout",
    title="inverted_dropout",
    prompt="inverted_dropout",
    source="""\
def inverted_dropout(x, u, keep, train):
    if train:
        z = u < keep
        return x * z / keep
    return x
""",
    returns=("y",),
    cases=inverted_dropout_cases,
    hints=("a", "b"),
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
            (
                "You divide by the probability to drop. The mean of z is `keep`: divide by that. (At ½ the two are "
                "the same, and nobody notices.)"
            ),
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
            (
                "Inverted dropout has done its scaling in training: in testing there is nothing left to do. You scale "
                "twice."
            ),
        ),
        Mutant(
            "vanilla",
            "        return x * z / keep\n    return x\n",
            "        return x * z\n    return x * keep\n",
            (
                "This is vanilla dropout, right in itself: it scales in testing. The inverted kind divides in "
                "training, and leaves testing alone."
            ),
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
            (
                "Right in itself for a probability to DROP, but `keep` is the probability to keep. (At ½ the two are "
                "the same.)"
            ),
        ),
        Mutant("half", "x * z / keep", "x * z * 2", "Twice is right for keep = ½ alone."),
        Mutant(
            "by the share that was kept",
            "x * z / keep",
            "x * z / z.mean()",
            (
                "You divide by the share that this mask happened to keep. Divide by its mean over all masks, `keep`: "
                "then the outputs are right on average, and one unit does not hang on the others' coins."
            ),
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
    accepts={
        "where": """\
def inverted_dropout(x, u, keep, train):
    return np.where(u < keep, x / keep, 0.0) if train else x
"""
    },
)


def dropout_backward_cases(rng):
    def case(keep, units):
        z = (rng.random((2, units)) < 0.6).astype(float)
        return Case.one(f"keep {keep}", dy=rng.standard_normal((2, units)), z=z, keep=keep)

    return [case(keep, units) for units, keep in enumerate(KEEPS, start=4)]


dropout_backward = Exercise(
    name="dropout_backward",
    title="dropout_backward",
    prompt="dropout_backward",
    source="""\
def dropout_backward(dy, z, keep):
    return dy * z / keep
""",
    returns=("dx",),
    cases=dropout_backward_cases,
    hints=("a", "b"),
    mutants=(
        Mutant(
            "no mask",
            "dy * z / keep",
            "dy / keep",
            (
                "The gradient reaches dropped units. They had no part in the output, so they get none: use the same "
                "mask as in the forward pass."
            ),
        ),
        Mutant(
            "nothing",
            "dy * z / keep",
            "dy",
            "You pass the gradient on as it is. It goes the way the signal went: through z/keep.",
        ),
        Mutant(
            "not scaled",
            "dy * z / keep",
            "dy * z",
            "The forward pass divided by keep, so the gradient is divided by it too.",
        ),
        Mutant("the other units", "dy * z", "dy * (1 - z)", "You pass the gradient to the units that were dropped."),
        Mutant(
            "by the dropout probability",
            "/ keep",
            "/ (1 - keep)",
            "Divide by the probability to keep, as in the forward pass.",
        ),
        Mutant("multiplied", "/ keep", "* keep", "The forward pass divides by keep, and so does the gradient."),
        Mutant("squared", "/ keep", "/ keep**2", "You divide twice: once is what the forward pass did."),
    ),
)


vanilla_test = Exercise(
    name="vanilla_test",
    title="vanilla_test",
    prompt="vanilla_test",
    source="""\
def vanilla_test(x, W, b, keep):
    return keep * (x @ W) + b
""",
    returns=("y",),
    cases=layer_cases,
    hints=("a", "b"),
    mutants=(
        Mutant(
            "dropout probability",
            "keep * (x @ W)",
            "(1 - keep) * (x @ W)",
            "You scale by the probability to DROP. What gets through on average is the share that is kept.",
        ),
        Mutant("bias too", "keep * (x @ W) + b", "keep * (x @ W + b)", "The bias was never dropped: do not scale it."),
        Mutant(
            "not scaled",
            "keep * (x @ W)",
            "(x @ W)",
            (
                "In training only the share `keep` of the inputs arrived; here all do, and the sum is 1/keep times "
                "what the layer knows."
            ),
        ),
        Mutant(
            "the inverse",
            "keep * (x @ W)",
            "(x @ W) / keep",
            "You divide; that is what the inverted kind does in training.",
        ),
        Mutant(
            "twice",
            "keep * (x @ W)",
            "keep**2 * (x @ W)",
            "You scale twice. Scale the inputs or the weights, not both.",
        ),
        Mutant("no bias", " + b", "", "The bias is missing."),
        Mutant("half", "keep * (x @ W)", "0.5 * (x @ W)", "½ is right for keep = ½ alone."),
    ),
)


dropconnect = Exercise(
    name="dropconnect",
    title="dropconnect",
    prompt="dropconnect",
    source="""\
def dropconnect(x, W, b, keep):
    mean = keep * (x @ W) + b
    variance = keep * (1 - keep) * (x**2 @ W**2)
    return mean, variance
""",
    returns=("mean", "variance"),
    cases=layer_cases,
    hints=("a", "b"),
    mutants=(
        Mutant(
            "square of the sum",
            "(x**2 @ W**2)",
            "(x @ W) ** 2",
            "Each weight falls on its own, so variances add up: square first, then sum.",
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
            "That lets whole units fall. Here each weight has its own coin: Σ x²W².",
        ),
    ),
)


def fractional_pool_cases(rng):
    def case(ones, twos):
        steps = rng.permutation(np.repeat([1, 2], [ones, twos]))
        return Case.one(f"{ones} steps of 1, {twos} of 2", x=rng.standard_normal(ones + 2 * twos), steps=steps)

    return [case(2, 3), case(3, 4), case(4, 3), case(5, 4), case(6, 3), case(7, 4)]


fractional_pool = Exercise(
    name="fractional_pool",
    title="fractional_pool",
    prompt="fractional_pool",
    source="""\
def fractional_pool(x, steps):
    ends = np.cumsum(steps)
    starts = ends - steps
    return np.array([x[a:b].max() for a, b in zip(starts, ends)])
""",
    returns=("y",),
    cases=fractional_pool_cases,
    hints=("a", "b"),
    mutants=(
        Mutant("mean", ".max()", ".mean()", "This is average pooling."),
        Mutant(
            "overlapping",
            "x[a:b]",
            "x[a:b + 1]",
            "Your regions share a pixel with the next: that is the overlapping kind.",
        ),
        Mutant(
            "always two", "x[a:b]", "x[a:a + 2]", "All your regions have two pixels; where the step is 1 there is one."
        ),
        Mutant("always one", "x[a:b]", "x[a:a + 1]", "You take the first pixel of each region, and no maximum."),
        Mutant("least", ".max()", ".min()", "The least value: take the largest."),
        Mutant("whole image", "x[a:b]", "x", "Each of your regions is the whole image."),
        Mutant("running maximum", "x[a:b]", "x[:b]", "Your regions all begin at the first pixel."),
    ),
)
