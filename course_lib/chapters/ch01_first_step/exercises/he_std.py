"""How large may the weights before a leaky ReLU be?"""

import numpy as np

from course_lib.exercises import Case, Exercise, Mutant


def he_std_cases(rng: np.random.Generator) -> list[Case]:
    return [
        Case.one("a ReLU", fan_in=50, fan_out=10, slope=0.0),
        Case.one("leaky", fan_in=64, fan_out=32, slope=0.5),
        Case.one("leaky, small", fan_in=int(rng.integers(20, 49)), fan_out=int(rng.integers(100, 200)), slope=0.1),
        Case.one("linear", fan_in=16, fan_out=99, slope=1.0),
    ]


he_std = Exercise(
    name="he_std",
    page="01_first_step",
    number=4,
    title="He's scale",
    prompt=(
        "A dense layer has `fan_in` inputs and `fan_out` units; a leaky ReLU with the slope `slope` below zero "
        "follows (0 is the ReLU, 1 is no nonlinearity at all). Return the standard deviation of the layer's weights "
        "by He's rule, which keeps the mean square of the signal on its way forward."
    ),
    source="""\
def he_std(fan_in, fan_out, slope):
    gain = 2 / (1 + slope**2)
    return np.sqrt(gain / fan_in)
""",
    returns=("std",),
    cases=he_std_cases,
    hints=(
        "z is a sum over `fan_in` inputs, so E z² = fan_in · Var(w) · E x². What does the activation leave of E z²?",
        (
            "Half of E z² comes from positive z, and passes; the other half is multiplied by `slope**2`. So "
            "(1 + slope²)/2 of E z² is left, and Var(w) has to make up for it."
        ),
    ),
    asks={
        "slope": "how much of the signal's square should a slope of `slope` let through?",
        "fan_in": "how many terms does each sum have?",
        "fan_out": "which of the two fans should count?",
    },
    limits={"fan_in": (1, None), "fan_out": (1, None), "slope": (0, None)},
    explanation=(
        "The activation leaves (1 + a²)/2 of the mean square, and the sum multiplies it by fan_in · Var(w). "
        "The product is 1 for Var(w) = 2/((1 + a²) fan_in). At a = 1 it is Xavier's 1/fan_in, at a = 0 He's "
        "2/fan_in."
    ),
    after=(
        "`course_lib.nn.he` draws such weights. PyTorch's is `torch.nn.init.kaiming_normal_`; its argument `a` "
        "is the slope."
    ),
    accepts={
        "in one line": (
            "def he_std(fan_in, fan_out, slope):\n    return (2 / ((1 + slope * slope) * fan_in)) ** 0.5\n"
        ),
        "from what is left": (
            "def he_std(fan_in, fan_out, slope):\n"
            "    left = (1 + slope**2) / 2\n"
            "    var = 1 / (fan_in * left)\n"
            "    return var**0.5\n"
        ),
        "float32": (
            "def he_std(fan_in, fan_out, slope):\n"
            "    return np.float32(np.sqrt(2 / (1 + slope**2)) / np.sqrt(fan_in))\n"
        ),
    },
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
        Mutant(
            "mean of the fans",
            "gain / fan_in",
            "gain / ((fan_in + fan_out) / 2)",
            (
                "You take the mean of both fans, a compromise between forward and back. He's rule keeps the "
                "forward signal."
            ),
        ),
        Mutant(
            "multiplied by what passes",
            "2 / (1 + slope**2)",
            "2 * (1 + slope**2)",
            "A leaky ReLU lets more through, so its weights must be smaller: divide by 1 + slope².",
        ),
        Mutant(
            "a half for the 2",
            "2 / (1 + slope**2)",
            "0.5 / (1 + slope**2)",
            "You halve. The ReLU has halved the mean square already: the weights have to double it.",
        ),
    ),
    distractors=("fan_out",),
)
