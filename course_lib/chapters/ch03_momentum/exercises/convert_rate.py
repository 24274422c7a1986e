"""Convert rate and velocity from the running mean to the sum."""

from typing import Any

import numpy as np

from course_lib.exercises import Case, Exercise, Mutant

from .cases import SHAPES, random_setting, single_number


def convert_cases(rng: np.random.Generator) -> list[Case]:
    """One call each: a rate, a momentum, and velocities of several shapes and sizes."""

    def case(label: str, lr: float, rho: float, v: Any) -> Case:
        return Case(label, {}, ({"lr": lr, "rho": rho, "v": v},))

    cases = [case("a single number", 0.2, float(rng.choice([0.75, 0.8, 0.9])), single_number(rng))]
    for label, shape, size, dtype in SHAPES:
        cases.append(case(label, **random_setting(rng), v=(size * rng.standard_normal(shape)).astype(dtype)))
    cases.append(case("rho = 0.99", 0.1, 0.99, rng.standard_normal(2)))
    cases.append(case("rho = 0", 0.1, 0.0, rng.standard_normal(2)))
    cases.append(case("a rate of 1", 1.0, 0.5, rng.standard_normal(2)))
    cases.append(case("at rest", 0.1, 0.9, np.zeros(2)))
    return cases


convert_rate = Exercise(
    name="convert_rate",
    page="03_momentum",
    number=2,
    title="From one convention to the other",
    prompt=(
        "A paper writes momentum with a running mean of gradients, v ← ρv + (1 − ρ)∇f, and x ← x − αv. "
        "You are given its rate `lr`, its `rho`, and the velocity `v` at which its run stopped. "
        "Return the rate and the velocity with which the book's convention, v ← ρv + ∇f and x ← x − αv, "
        "goes on along exactly the same path with the same ρ."
    ),
    source="""\
def convert_rate(lr, rho, v):
    lr = (1 - rho) * lr
    v = v / (1 - rho)
    return lr, v
""",
    returns=("lr", "v"),
    cases=convert_cases,
    hints=(
        "Give both the same constant gradient g for a long time. Where does the mean settle? And the sum?",
        "The sum is larger than the mean, always by the same factor. What must the rate be, if rate times velocity is "
        "to stay the same?",
        "The mean settles at g, the sum at g/(1 − ρ). So the velocity grows by the factor 1/(1 − ρ), "
        "and the rate shrinks by it.",
    ),
    asks={
        "lr": "what should the other rate make up for?",
        "rho": "what should `rho` do to the rate, and what to the velocity?",
        "v": "how large should the same velocity `v` be in the other convention?",
    },
    limits={"lr": (0, None), "rho": (0, 1)},
    explanation=(
        "Divide v ← ρv + (1 − ρ)∇f by (1 − ρ): v/(1 − ρ) follows the book's rule. The step α·v must stay as it was, so "
        "the rate takes the factor back. Read the other way round it is the effective rate: a rate α of the book's "
        "acts like α/(1 − ρ)."
    ),
    after="A paper's 0.1 with ρ = 0.9 is 0.01 here, and in PyTorch. Mind it whenever you copy a rate.",
    accepts={
        "factor": ("def convert_rate(lr, rho, v):\n    k = 1 / (1 - rho)\n    return lr / k, v * k\n"),
        "multiplied out": ("def convert_rate(lr, rho, v):\n    return lr - rho * lr, np.divide(v, 1 - rho)\n"),
        "float32": (
            "def convert_rate(lr, rho, v):\n    return np.float32(lr * (1 - rho)), (v / (1 - rho)).astype(np.float32)\n"
        ),
    },
    mutants=(
        Mutant(
            "nothing converted",
            "lr = (1 - rho) * lr\n    v = v / (1 - rho)\n    ",
            "",
            "You return what you were given. A sum of gradients is larger than their mean, so both numbers change.",
        ),
        Mutant(
            "rate left as it was",
            "lr = (1 - rho) * lr\n    ",
            "",
            "Your velocity is right, and the rate is still the paper's. "
            "Times a velocity that is 1/(1 − ρ) as large, it makes steps that are too long: ten times for ρ = 0.9.",
        ),
        Mutant(
            "velocity left as it was",
            "v = v / (1 - rho)\n    ",
            "",
            "Your rate is right, and the velocity is still a mean. The first steps would be too short, until the sum "
            "has built up again.",
        ),
        Mutant(
            "wrong way round",
            "lr = (1 - rho) * lr\n    v = v / (1 - rho)",
            "lr = lr / (1 - rho)\n    v = (1 - rho) * v",
            "You convert the wrong way round, from the book's convention to the paper's.",
        ),
        Mutant(
            "rate the wrong way",
            "(1 - rho) * lr",
            "lr / (1 - rho)",
            "Your rate goes the wrong way: the velocity grows by 1/(1 − ρ), so the rate shrinks by the same factor.",
        ),
        Mutant(
            "only the rate, the wrong way",
            "lr = (1 - rho) * lr\n    v = v / (1 - rho)",
            "lr = lr / (1 - rho)",
            "Your rate goes the wrong way, and the velocity is still a mean. A sum is larger than a mean by 1/(1 − ρ), "
            "so the velocity grows by that factor and the rate shrinks by it.",
        ),
        Mutant(
            "velocity the wrong way",
            "v / (1 - rho)",
            "v * (1 - rho)",
            "Your rate is right, and the velocity goes the wrong way: a sum is larger than a mean.",
        ),
        Mutant(
            "rho for 1 - rho",
            "lr = (1 - rho) * lr\n    v = v / (1 - rho)",
            "lr = rho * lr\n    v = v / rho",
            "You use ρ where 1 − ρ belongs: the two conventions differ in the weight of the gradient.",
        ),
        Mutant(
            "1 + rho",
            "lr = (1 - rho) * lr\n    v = v / (1 - rho)",
            "lr = (1 + rho) * lr\n    v = v / (1 + rho)",
            "You use 1 + ρ where 1 − ρ belongs: 1 + ρ + ρ² + ... adds up to 1/(1 − ρ).",
        ),
        Mutant(
            "velocity restarted",
            "v / (1 - rho)",
            "0 * v",
            "Your rate is right, but you start again from rest. The path goes on only if the velocity is carried over.",
        ),
        Mutant(
            "velocity times rate",
            "v = v / (1 - rho)",
            "v = -lr * v / (1 - rho)",
            "Your velocity is in yet another convention, v ← ρv − α∇f, which holds the rate and the minus sign. "
            "Here the velocity is a plain sum of gradients.",
        ),
        Mutant(
            "precedence",
            "v / (1 - rho)",
            "v / 1 - rho",
            "`v / 1 - rho` divides by 1 and then subtracts `rho`: the difference needs brackets, `(1 - rho)`.",
        ),
        Mutant(
            "precedence, in the rate",
            "(1 - rho) * lr",
            "1 - rho * lr",
            "`1 - rho * lr` multiplies before it subtracts: the difference needs brackets, `(1 - rho)`.",
        ),
        Mutant(
            "0.9 for rho",
            "lr = (1 - rho) * lr",
            "rho = 0.9\n    lr = (1 - rho) * lr",
            "You use 0.9 whatever `rho` is. It is an argument: other values of it are tried as well.",
        ),
        Mutant(
            "lr and rho exchanged",
            "lr = (1 - rho) * lr",
            "lr, rho = rho, lr\n    lr = (1 - rho) * lr",
            "You have exchanged the rate and the momentum: the two conventions differ by the factor 1 − ρ.",
        ),
        Mutant(
            "swapped",
            "return lr, v",
            "return v, lr",
            "Both values are right, and in the wrong order: first the rate, then the velocity.",
        ),
        Mutant(
            "v in place",
            "v = v / (1 - rho)",
            "v /= 1 - rho",
            "The numbers are right, but the array `v` that the caller handed you is changed: an operator like `/=`, or "
            "`v[...] =`, writes into it. Make a new one: "
            "`v = ...`.",
        ),
    ),
)
