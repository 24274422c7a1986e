"""How long Adam's steps would be without its bias correction."""

import numpy as np

from course_lib.exercises import Case, Exercise, Mutant


def cases(rng: np.random.Generator) -> list[Case]:
    beta1, beta2 = float(rng.uniform(0.5, 0.85)), float(rng.uniform(0.9, 0.99))
    return [
        Case.one("the first step", t=1, beta1=0.9, beta2=0.999),
        Case.one("step 12", t=12, beta1=0.9, beta2=0.999),
        Case.one("no memory of the gradient", t=3, beta1=0.0, beta2=0.99),
        Case.one("a late step", t=4000, beta1=0.9, beta2=0.999),
        Case.one("five steps at once", t=np.arange(1.0, 6.0), beta1=beta1, beta2=beta2),
    ]


uncorrected = Exercise(
    name="uncorrected",
    page="04_adaptive",
    number=1,
    title="Steps without the correction",
    prompt=(
        "On a steady slope, Adam without its bias correction makes a first step of 3.16 α. How long is such an Adam's "
        "step number `t`, in units of α? Both moments start at zero; leave ε out. `t` is a whole number from 1, or an "
        "array of such numbers: return the size, or an array of sizes."
    ),
    source="""\
def first_steps(t, beta1, beta2):
    m = 1 - beta1**t
    v = 1 - beta2**t
    return m / np.sqrt(v)
""",
    returns=("size",),
    cases=cases,
    hints=(
        "Let every gradient be g. After t steps, which share of g has the first moment reached, and which share of g² "
        "the second?",
        "A mean that starts at 0 and keeps the share β falls short of its goal by the factor β at each step. After t "
        "steps the power t of β is missing.",
        "The step is the first moment over the root of the second. The slope g cancels, but the two shares do not.",
    ),
    asks={
        "t": "how far should the two moments have grown by step `t`?",
        "beta1": "what should `beta1` have to do with the first moment?",
        "beta2": "what should `beta2` have to do with the second moment?",
    },
    limits={"t": (1, None), "beta1": (0, 1), "beta2": (0, 1)},
    explanation=(
        "After t steps a decaying mean of a constant has the weight 1 − βᵗ. The slope cancels in m/√v, so what remains "
        "is the ratio of the two weights. It tends to 1, slowly: v needs some thousand steps at β₂ = 0.999."
    ),
    after="The bias correction divides each moment by its weight, so that every one of these steps becomes 1.",
    accepts={
        "one line": "def first_steps(t, beta1, beta2):\n    return (1 - beta1**t) / (1 - beta2**t) ** 0.5\n",
        "as sums of weights": """\
def first_steps(t, beta1, beta2):
    def weight(beta, n):
        return (1 - beta) * sum(beta**k for k in range(int(n)))

    sizes = [weight(beta1, n) / np.sqrt(weight(beta2, n)) for n in np.ravel(t)]
    return np.reshape(sizes, np.shape(t))
""",
        "from the corrections": """\
def first_steps(t, beta1, beta2):
    correct = np.sqrt(1 - np.power(beta2, t)) / (1 - np.power(beta1, t))
    return 1 / correct
""",
        "float32": "def first_steps(t, beta1, beta2):\n    return np.float32((1 - beta1**t) / np.sqrt(1 - beta2**t))\n",
    },
    mutants=(
        Mutant(
            "corrected",
            "m / np.sqrt(v)",
            "m / m",
            "You return 1 at every step. That is Adam *with* its correction, or the belief that the two small moments "
            "cancel. The slope cancels; the two betas differ, so their shares do not.",
        ),
        Mutant("no root", "m / np.sqrt(v)", "m / v", "The second moment is a mean of squares: take its root."),
        Mutant(
            "v forgotten",
            "m / np.sqrt(v)",
            "m + 0 * v",
            "You look at m alone and find a *small* first step. But v is small, too: divide by its root.",
        ),
        Mutant(
            "m forgotten",
            "m / np.sqrt(v)",
            "(m + 1 - m) / np.sqrt(v)",
            "You look at v alone, “v is small, so the step is large”, and find 31.6 α. But m is small, too.",
        ),
        Mutant(
            "one step ahead",
            "m = 1 - beta1**t\n    v = 1 - beta2**t",
            "m = 1 - beta1 ** (t + 1)\n    v = 1 - beta2 ** (t + 1)",
            "You are one step ahead: in step t both moments have seen t gradients, the present one included.",
        ),
        Mutant(
            "beta times t",
            "m = 1 - beta1**t\n    v = 1 - beta2**t",
            "m = 1 - beta1 * t\n    v = np.abs(1 - beta2 * t)",
            "You multiply β by t. Each step multiplies by β once more, which makes a power.",
        ),
        Mutant(
            "always the first",
            "m = 1 - beta1**t\n    v = 1 - beta2**t",
            "m = 1 - beta1 + 0 * t\n    v = 1 - beta2 + 0 * t",
            "That is the first step, at every t. The moments go on filling.",
        ),
        Mutant(
            "what is missing",
            "m = 1 - beta1**t\n    v = 1 - beta2**t",
            "m = beta1**t\n    v = beta2**t",
            "The power of β is the share that is still *missing*. The moment has 1 minus that.",
        ),
        Mutant(
            "betas exchanged",
            "m = 1 - beta1**t\n    v = 1 - beta2**t",
            "m = 1 - beta2**t\n    v = 1 - beta1**t",
            "β₁ and β₂ are exchanged: β₁ belongs to the gradient, β₂ to its square.",
        ),
        Mutant(
            "one beta for both",
            "1 - beta2**t",
            "1 - beta1**t",
            "You use β₁ for both moments. The second one has a memory of its own, β₂.",
        ),
        Mutant(
            "root over all", "m / np.sqrt(v)", "np.sqrt(m / v)", "The root belongs to v alone, not to the quotient."
        ),
        Mutant(
            "upside down",
            "m / np.sqrt(v)",
            "np.sqrt(v) / m",
            "Your quotient is upside down: that is the factor by which the correction multiplies the step.",
        ),
    ),
)
