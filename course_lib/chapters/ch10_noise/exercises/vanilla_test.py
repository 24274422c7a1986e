"""A dense layer after dropout in its first form, in testing."""

import numpy as np

from course_lib.exercises import Case, Exercise, Mutant


def vanilla_test_cases(rng: np.random.Generator) -> list[Case]:
    def case(keep: float) -> Case:
        x, W = rng.uniform(0.3, 2, (2, 3)), rng.uniform(0.3, 1, (3, 2)) * rng.choice([-1, 1], 2)
        return Case.one(f"keep {keep}", x=x, W=W, b=rng.uniform(0.5, 1, 2), keep=keep)

    return [case(keep) for keep in (0.8, 0.75, 0.6, 0.9, 0.3, 0.2)]


vanilla_test = Exercise(
    name="vanilla_test",
    page="10_noise",
    number=3,
    title="The first form, in testing",
    prompt=(
        "In training a layer computed `(x * z) @ W + b`: dropout in its first form, each input kept with probability "
        "`keep`, nothing scaled. Return the layer's output in testing: its mean over the masks `z`."
    ),
    source="""\
def vanilla_test(x, W, b, keep):
    return keep * (x @ W) + b
""",
    returns=("y",),
    cases=vanilla_test_cases,
    hints=(
        "Each input is there with probability `keep`. What is the mean of `x * z`?",
        "The mean of a sum is the sum of the means, so the factor can be taken out of the product. Was `b` dropped?",
    ),
    asks={
        "x": "what is the mean of `x * z`?",
        "W": "what is the mean of the sums that `W` makes?",
        "b": "what did the masks do to `b`?",
        "keep": "what should `keep` multiply?",
    },
    limits={"keep": (0, 1)},
    explanation=(
        "The mean of z is `keep`, and the layer is linear in z, so its mean is `keep`·xW + b: exactly, for any input. "
        "The bias is added after the mask, and stays."
    ),
    after="Scale the input or the weights, as you like; the inverted form saves you from having to remember it.",
    accepts={
        "the input scaled": "def vanilla_test(x, W, b, keep):\n    return (keep * x) @ W + b\n",
        "the weights scaled": "def vanilla_test(x, W, b, keep):\n    W = W * keep\n    return x @ W + b\n",
        "float32": "def vanilla_test(x, W, b, keep):\n    return np.float32(keep * np.dot(x, W) + b)\n",
    },
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
            "In training only the share `keep` of the inputs arrived; here all do, and the sum is 1/keep times what "
            "the layer knows.",
        ),
        Mutant(
            "the inverse",
            "keep * (x @ W)",
            "(x @ W) / keep",
            "You divide; that is what the inverted form does in training.",
        ),
        Mutant(
            "twice",
            "keep * (x @ W)",
            "keep**2 * (x @ W)",
            "You scale twice. Scale the inputs or the weights, not both.",
        ),
        Mutant("no bias", " + b", "", "The bias is missing."),
        Mutant("half", "keep * (x @ W)", "0.5 * (x @ W)", "½ is right for keep = ½ alone."),
        Mutant(
            "by the root",
            "keep * (x @ W)",
            "np.sqrt(keep) * (x @ W)",
            "The root keeps the mean square. What is asked is the mean: the factor is `keep`.",
        ),
        Mutant(
            "bias alone",
            "keep * (x @ W) + b",
            "(x @ W) + keep * b",
            "You scale the bias, which was never dropped, and not the sum of inputs that were.",
        ),
        Mutant("bias subtracted", " + b", " - b", "The bias is added, not subtracted."),
    ),
)
