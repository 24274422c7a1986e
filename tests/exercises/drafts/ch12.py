"""Draft exercises of chapter 12: data that the engine's tests run on."""

# Title, prompt, hints and page are still to be written: they come with the chapter, whose exercises move from here into
# the package. Solution, cases and mistakes are meant as they are. Nothing of this is found by discovery.

import numpy as np

from course_lib.exercises import Case, Exercise, Mutant


def stage_rates_cases(rng):
    settings = (
        (4, 2, 0.1, 0.1),
        (6, 3, 0.02, 0.1),
        (6, 0, 0.02, 0.2),
        (5, 4, 0.1, 0.1),
        (3, 1, 0.05, 0.5),
        (6, 1, 1.0, 0.01),
    )
    return [
        Case.one(f"{stages} stages, {frozen} frozen", stages=stages, frozen=frozen, lr=lr, ratio=ratio)
        for stages, frozen, lr, ratio in settings
    ]


stage_rates = Exercise(
    name="stage_rates",
    title="stage_rates",
    prompt="stage_rates",
    source="""\
def stage_rates(stages, frozen, lr, ratio):
    rates = np.full(stages, ratio * lr)
    rates[:frozen] = 0
    rates[-1] = lr
    return rates
""",
    returns=("rates",),
    cases=stage_rates_cases,
    hints=("a", "b"),
    mutants=(
        Mutant(
            "head frozen",
            "rates[:frozen] = 0\n    rates[-1] = lr",
            "rates[:] = lr\n    rates[-1] = 0",
            (
                "You freeze the new head and train the old stages: the wrong way round. The head is the one part that "
                "knows nothing yet."
            ),
        ),
        Mutant(
            "frozen from the wrong end",
            "rates[:frozen] = 0\n    rates[-1] = lr",
            "rates[len(rates) - frozen:] = 0\n    rates[0] = lr",
            (
                "You count from the head. The first stages, edges and strokes, are the most general: freeze from the "
                "input."
            ),
        ),
        Mutant(
            "full rate below",
            "np.full(stages, ratio * lr)",
            "np.full(stages, lr)",
            "What is nearly right gets the full rate, and would forget: a tenth of the head's.",
        ),
        Mutant(
            "head at a tenth",
            "    rates[-1] = lr\n",
            "",
            "The head, too, learns at a tenth. It is new: give it the full rate.",
        ),
        Mutant("frozen at a tenth", "    rates[:frozen] = 0\n", "", "Nothing is frozen."),
        Mutant("one too many", "rates[:frozen]", "rates[:frozen + 1]", "You freeze one stage too many."),
        Mutant("one too few", "rates[:frozen]", "rates[:max(frozen - 1, 0)]", "You freeze one stage too few."),
        Mutant(
            "ratio the wrong way",
            "ratio * lr",
            "lr / ratio",
            "You divide: the old stages would learn ten times as fast as the head.",
        ),
    ),
)


def frozen_batch_norm_cases(rng):
    def case(label, eps, var=None):
        x, mean, beta = 1 + rng.standard_normal((4, 3)), rng.standard_normal(3), rng.standard_normal(3)
        var = rng.uniform(0.2, 2, 3) if var is None else np.array(var)
        return Case.one(label, x=x, mean=mean, var=var, gamma=rng.uniform(0.5, 2, 3), beta=beta, eps=eps)

    cases = [case(f"ε = {eps}", eps) for eps in (1e-5, 1e-2, 1e-3, 0.1)]
    return [*cases, case("variances of 1, 1e-6 and 0", 1e-5, [1.0, 1e-6, 0.0])]


frozen_batch_norm = Exercise(
    name="frozen_batch_norm",
    title="frozen_batch_norm",
    prompt="frozen_batch_norm",
    source="""\
def frozen_batch_norm(x, mean, var, gamma, beta, eps):
    return gamma * (x - mean) / np.sqrt(var + eps) + beta
""",
    returns=("y",),
    cases=frozen_batch_norm_cases,
    hints=("a", "b"),
    mutants=(
        Mutant(
            "batch statistics",
            "(x - mean) / np.sqrt(var + eps)",
            "(x - x.mean(axis=0)) / np.sqrt(x.var(axis=0) + eps)",
            "You use this batch's mean and variance. Frozen means the stored ones, whatever comes in.",
        ),
        Mutant(
            "batch mean", "(x - mean)", "(x - x.mean(axis=0))", "The mean is this batch's; the stored one is asked for."
        ),
        Mutant("no gamma", "gamma * (x - mean)", "(x - mean)", "γ is missing: the learned size."),
        Mutant("no beta", " + beta", "", "β is missing: the learned place."),
        Mutant("no root", "np.sqrt(var + eps)", "(var + eps)", "Divide by the standard deviation: take the root."),
        Mutant(
            "epsilon outside", "np.sqrt(var + eps)", "(np.sqrt(var) + eps)", "Batch norm has its ε inside the root."
        ),
        Mutant(
            "beta first",
            "gamma * (x - mean) / np.sqrt(var + eps) + beta",
            "gamma * ((x - mean) / np.sqrt(var + eps) + beta)",
            "β is added after γ, not scaled by it.",
        ),
    ),
)


def head_gradient_cases(rng):
    def case(examples):
        f, W, b = rng.standard_normal((examples, 4)), rng.standard_normal((4, 3)), rng.standard_normal(3)
        return Case.one(f"{examples} examples", f=f, W=W, b=b, y=np.eye(3)[rng.integers(0, 3, examples)])

    return [case(examples) for examples in range(3, 9)]


head_gradient = Exercise(
    name="head_gradient",
    title="head_gradient",
    prompt="head_gradient",
    source="""\
def head_gradient(f, W, b, y):
    s = f @ W + b
    p = np.exp(s) / np.exp(s).sum(axis=1, keepdims=True)
    ds = (p - y) / len(f)
    return f.T @ ds, ds.sum(axis=0)
""",
    returns=("dW", "db"),
    cases=head_gradient_cases,
    hints=("a", "b"),
    mutants=(
        Mutant(
            "no mean", "(p - y) / len(f)", "(p - y)", "The loss is a mean over the examples: divide by their number."
        ),
        Mutant("uphill", "(p - y)", "(y - p)", "The sign: it is p − y, what is said less what is true."),
        Mutant(
            "softmax over examples",
            "axis=1, keepdims=True",
            "axis=0, keepdims=True",
            "Your probabilities sum to 1 over the examples. They do over the classes.",
        ),
        Mutant(
            "scores, not probabilities",
            "(p - y)",
            "(s - y)",
            "That is the gradient of the squared error: softmax first.",
        ),
        Mutant("mean of db", "ds.sum(axis=0)", "ds.mean(axis=0)", "ds has the 1/N in it already: sum."),
        Mutant("bias ignored", "f @ W + b", "f @ W", "The bias is missing in the scores."),
        Mutant(
            "swapped",
            "return f.T @ ds, ds.sum(axis=0)",
            "return ds.sum(axis=0), f.T @ ds",
            "Both are right, and in the wrong order.",
        ),
    ),
)


def nearest_mean_cases(rng):
    def case(*counts):
        y = np.repeat(np.arange(len(counts)), counts)
        label = f"{len(counts)} classes of {', '.join(map(str, counts))}"
        return Case.one(
            label, f=rng.standard_normal((len(y), 4)), y=y, q=rng.standard_normal((3, 4)), classes=len(counts)
        )

    return [case(2, 2, 2), case(4, 3, 3), case(4, 2, 2), case(3, 3), case(3, 2, 2, 5), case(4, 2, 2)]


nearest_mean = Exercise(
    name="nearest_mean",
    title="nearest_mean",
    prompt="nearest_mean",
    source="""\
def nearest_mean(f, y, q, classes):
    means = np.stack([f[y == c].mean(axis=0) for c in range(classes)])
    return -((q[:, None] - means) ** 2).sum(axis=2)
""",
    returns=("scores",),
    cases=nearest_mean_cases,
    hints=("a", "b"),
    mutants=(
        Mutant(
            "a sum",
            ".mean(axis=0)",
            ".sum(axis=0)",
            "You add up a class's examples: classes with more of them lie farther out. Take the mean.",
        ),
        Mutant(
            "sign", "return -((", "return ((", "The nearest class should have the LARGEST score: minus the distance."
        ),
        Mutant("no square", "** 2).sum(axis=2)", "** 1).sum(axis=2)", "Differences of both signs cancel: square them."),
        Mutant(
            "root",
            "-((q[:, None] - means) ** 2).sum(axis=2)",
            "-np.sqrt(((q[:, None] - means) ** 2).sum(axis=2))",
            "That is the distance; its square is asked for. (The winner is the same.)",
        ),
        Mutant(
            "nearest example",
            "f[y == c].mean(axis=0)",
            "f[y == c][0]",
            "You compare with one example of each class, not with their mean.",
        ),
        Mutant("over the queries", ".sum(axis=2)", ".mean(axis=2)", "You divide by the number of features."),
        Mutant(
            "one mean for all",
            "f[y == c].mean(axis=0)",
            "f.mean(axis=0)",
            "All classes have the mean of all examples: choose those with y == c.",
        ),
    ),
)
