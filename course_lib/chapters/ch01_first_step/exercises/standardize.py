"""Center and scale the features, by the training set's numbers."""

import numpy as np

from course_lib.exercises import Case, Exercise, Mutant


def standardize_cases(rng: np.random.Generator) -> list[Case]:
    always_zero = np.hstack([rng.standard_normal((4, 2)), np.zeros((4, 1))])
    sizes = np.array([1e-3, 1.0, 1e3])
    return [
        Case.one("two features", train=np.array([[1.0, 10.0], [3.0, 11.0]]), val=np.array([[2.0, 12.5]])),
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
    page="01_first_step",
    number=3,
    title="Standardize",
    prompt=(
        "Rows are examples, columns are features. Bring every feature of `train` to mean 0 and standard "
        "deviation 1 (`np.std`, with n, not n − 1), and treat `val` in the same way. A feature that is "
        "constant in `train` is only centered. Return both, and change neither argument."
    ),
    source="""\
def standardize(train, val):
    mean = train.mean(axis=0)
    std = train.std(axis=0)
    std = np.where(std > 0, std, 1.0)
    return (train - mean) / std, (val - mean) / std
""",
    returns=("train", "val"),
    cases=standardize_cases,
    hints=(
        "There is one mean for each column: `axis=0`. Which rows may it know?",
        (
            "`val` gets the mean and the standard deviation of `train`. Where a standard deviation is 0, "
            "divide by 1: `np.where` chooses."
        ),
    ),
    asks={
        "train": "from which rows should mean and spread be taken, and column by column or not?",
        "val": "which numbers should `val` be shifted and scaled by?",
    },
    explanation=(
        "Mean and standard deviation are parameters that are learnt from the training set, and then they stay. "
        "Validation data that were brought to their own mean would mean something else to the network, and a "
        "mean over both sets would be a leak."
    ),
    after="It is `course_lib.data.Normalize(train)`, and scikit-learn's `StandardScaler`.",
    accepts={
        "two helpers": (
            "def standardize(train, val):\n"
            "    mean, std = np.mean(train, axis=0), np.std(train, axis=0)\n"
            "    std[std == 0] = 1\n"
            "    def f(a):\n"
            "        return (a - mean) / std\n"
            "    return f(train), f(val)\n"
        ),
        "centered first": (
            "def standardize(train, val):\n"
            "    mean = train.sum(axis=0) / len(train)\n"
            "    centered, other = train - mean, val - mean\n"
            "    std = np.sqrt((centered**2).mean(axis=0))\n"
            "    std = np.where(std == 0, 1, std)\n"
            "    return centered / std, other / std\n"
        ),
        "float32": (
            "def standardize(train, val):\n"
            "    mean, std = train.mean(axis=0), train.std(axis=0)\n"
            "    std = np.where(std > 0, std, 1.0)\n"
            "    return np.float32((train - mean) / std), np.float32((val - mean) / std)\n"
        ),
    },
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
        Mutant(
            "a tiny number added",
            "np.where(std > 0, std, 1.0)",
            "np.maximum(std, 1e-8)",
            (
                "A feature that is constant in `train` is divided by 1e-8: the smallest change of it in `val` "
                "becomes huge. Divide it by 1."
            ),
        ),
        Mutant(
            "1e-8 added",
            "np.where(std > 0, std, 1.0)",
            "std + 1e-8",
            (
                "You divide by `std + 1e-8`: a feature that is constant in `train` becomes huge when it changes in "
                "`val`. Where `std` is 0, divide by 1; elsewhere by `std` alone."
            ),
        ),
        Mutant(
            "n minus one",
            "train.std(axis=0)",
            "train.std(axis=0, ddof=1)",
            "You divide by n − 1 in the standard deviation. This exercise, like scikit-learn's scaler, takes n.",
        ),
        Mutant(
            "scaled before centered",
            "return (train - mean) / std, (val - mean) / std",
            "return train / std - mean, val / std - mean",
            "You subtract the mean after dividing, so it should have been divided, too. Center first.",
        ),
    ),
)
