"""Draft exercises of chapter 13: data that the engine's tests run on."""

# Title, prompt, hints and page are still to be written: they come with the chapter, whose exercises move from here into
# the package. Solution, cases and mistakes are meant as they are. Nothing of this is found by discovery.

from course_lib.exercises import Case, Exercise, Mutant


def fold_cases(rng):
    settings = ((20, 4, 0), (20, 5, 2), (12, 2, 1), (20, 10, 9), (24, 4, 3), (30, 5, 4))
    return [Case.one(f"{n} rows, fold {i} of {k}", order=rng.permutation(n), k=k, i=i) for n, k, i in settings]


fold = Exercise(
    name="fold",
    title="fold",
    prompt="fold",
    source="""\
def fold(order, k, i):
    size = len(order) // k
    val = np.zeros(len(order), dtype=bool)
    val[order[i * size:(i + 1) * size]] = True
    train = ~val
    return train, val
""",
    returns=("train", "val"),
    cases=fold_cases,
    hints=("a", "b"),
    mutants=(
        Mutant(
            "leaks",
            "train = ~val",
            "train = np.ones(len(order), dtype=bool)",
            "The validation rows are in the training set as well: a leak.",
        ),
        Mutant(
            "order forgotten",
            "val[order[i * size:(i + 1) * size]]",
            "val[i * size:(i + 1) * size]",
            "You take rows in file order, not in the shuffled one. Where a file is sorted by class, a fold is a class.",
        ),
        Mutant(
            "always the first",
            "order[i * size:(i + 1) * size]",
            "order[:size]",
            "Your fold is the first one, whatever i is.",
        ),
        Mutant(
            "one row too many",
            "(i + 1) * size]",
            "(i + 1) * size + 1]",
            "One row too many: a slice ends before its end, and folds must not overlap.",
        ),
        Mutant("fold of size k", "len(order) // k", "k", "k is the number of folds, not their size."),
        Mutant("from one", "i * size:(i + 1) * size", "max(i - 1, 0) * size:i * size", "i counts from 0."),
        Mutant(
            "every k-th",
            "order[i * size:(i + 1) * size]",
            "order[i::k]",
            "Every k-th row makes folds too, right in itself; here a fold is a block of the order.",
        ),
        Mutant("swapped", "return train, val", "return val, train", "Both are right, and in the wrong order."),
    ),
    accepts={
        "a set": """\
def fold(order, k, i):
    size = len(order) // k
    chosen = set(order[i * size : (i + 1) * size].tolist())
    val = np.array([row in chosen for row in range(len(order))])
    return np.logical_not(val), val
"""
    },
)


def paired_gain_cases(rng):
    def case(seeds):
        return Case.one(f"{seeds} seeds", a=90 + rng.standard_normal(seeds), b=91 + rng.standard_normal(seeds))

    return [case(seeds) for seeds in range(5, 11)]


paired_gain = Exercise(
    name="paired_gain",
    title="paired_gain",
    prompt="paired_gain",
    source="""\
def paired_gain(a, b):
    d = b - a
    return d.mean(), d.std(ddof=1) / np.sqrt(len(d))
""",
    returns=("gain", "error"),
    cases=paired_gain_cases,
    hints=("a", "b"),
    mutants=(
        Mutant(
            "unpaired",
            "d.std(ddof=1) / np.sqrt(len(d))",
            "np.sqrt(a.var(ddof=1) / len(a) + b.var(ddof=1) / len(b))",
            (
                "That is the error for runs that have nothing in common. Yours share seeds: take the spread of the "
                "differences."
            ),
        ),
        Mutant(
            "spread, not error",
            "d.std(ddof=1) / np.sqrt(len(d))",
            "d.std(ddof=1)",
            "That is the spread of single seeds. The mean is surer by √n.",
        ),
        Mutant("n for the root of n", "np.sqrt(len(d))", "len(d)", "Divide by √n, not by n."),
        Mutant(
            "ddof",
            "ddof=1",
            "ddof=0",
            "With n in place of n − 1 the spread comes out too small: the mean was estimated from the same numbers.",
        ),
        Mutant("sign", "b - a", "a - b", "The gain of b over a is b − a."),
        Mutant(
            "variance",
            "d.std(ddof=1) / np.sqrt(len(d))",
            "d.var(ddof=1) / len(d)",
            "That is the variance of the mean: take its root.",
        ),
        Mutant("best seed", "d.mean()", "d.max()", "You report the best seed."),
        Mutant(
            "best of each",
            "d.mean()",
            "b.max() - a.max()",
            "You compare the best run of one with the best of the other.",
        ),
    ),
)


def share_error_cases(rng):
    shares = ((45, 50), (920, 1000), (99, 100), (500, 1000), (3, 4), (880, 1000))
    return [Case.one(f"{right} of {n}", right=right, n=n) for right, n in shares]


share_error = Exercise(
    name="share_error",
    title="share_error",
    prompt="share_error",
    source="""\
def share_error(right, n):
    p = right / n
    return p, np.sqrt(p * (1 - p) / n)
""",
    returns=("share", "error"),
    cases=share_error_cases,
    hints=("a", "b"),
    mutants=(
        Mutant(
            "no 1 − p",
            "p * (1 - p)",
            "p",
            "A share's variance is p(1 − p)/n: what is nearly always right is hardly uncertain.",
        ),
        Mutant("no root", "np.sqrt(p * (1 - p) / n)", "p * (1 - p) / n", "That is the variance: take its root."),
        Mutant(
            "n for the root of n",
            "np.sqrt(p * (1 - p) / n)",
            "np.sqrt(p * (1 - p)) / n",
            "Divide by √n: the n belongs under the root.",
        ),
        Mutant("counts", "np.sqrt(p * (1 - p) / n)", "np.sqrt(n * p * (1 - p))", "That is the error of the count."),
        Mutant(
            "worst case", "np.sqrt(p * (1 - p) / n)", "0.5 / np.sqrt(n)", "½/√n is the largest it can be, at p = ½."
        ),
        Mutant("errors for hits", "return p,", "return 1 - p,", "You return the share of errors."),
    ),
)
