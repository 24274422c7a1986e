"""Batch norm that does not look at the batch."""

import numpy as np

from course_lib.exercises import Case, Exercise, Mutant


def cases(rng: np.random.Generator) -> list[Case]:
    def case(label: str, n: int, eps: float, dtype: type = float) -> Case:
        x, mean, beta = rng.normal(1, 1, (n, 3)), rng.normal(size=3), rng.uniform(0.5, 1.5, 3)
        var, gamma = rng.uniform(0.3, 2, 3), rng.uniform(1.2, 2, 3)
        arrays = {"x": x, "mean": mean, "var": var, "gamma": gamma, "beta": beta}
        return Case.one(label, **{name: value.astype(dtype) for name, value in arrays.items()}, eps=eps)

    return [
        case("four rows", 4, 1e-3),
        case("one row alone", 1, 0.01),
        case("a large ε", 5, 0.5),
        case("ε = 0", 3, 0.0),
        case("float32", 4, 0.1, np.float32),
    ]


frozen_batch_norm = Exercise(
    name="frozen_batch_norm",
    page="12_transfer",
    number=3,
    title="Batch norm, frozen",
    prompt=(
        "You get a batch `x`, shape `(N, k)`, and of a frozen batch norm the running mean `mean`, the running variance "
        "`var`, `gamma` and `beta`, each of shape `(k,)`, and the number `eps`. Return the batch norm's output, shape "
        "`(N, k)`, as a new array."
    ),
    source="""\
def frozen_batch_norm(x, mean, var, gamma, beta, eps):
    y = gamma * (x - mean) / np.sqrt(var + eps) + beta
    return y
""",
    returns=("y",),
    cases=cases,
    hints=(
        "A row's output must not depend on the other rows of the batch.",
        "Normalize by what is stored, as in evaluation mode; then the learned size and place.",
        "The small number stands under the root, with the variance.",
    ),
    limits={"var": (0, None), "eps": (0, None)},
    explanation=(
        "With stored statistics batch norm is a fixed line for each feature, y = a x + c with a = γ/√(var + ε) and "
        "c = β − a·mean. Nothing in it looks at the batch, and nothing in it moves."
    ),
    after="`course_lib.deep.freeze` makes torch's layers compute this, also after `model.train()`.",
    accepts={
        "as a line": (
            "def frozen_batch_norm(x, mean, var, gamma, beta, eps):\n    a = gamma / np.sqrt(var + eps)\n"
            "    return a * x + (beta - a * mean)\n"
        ),
        "normalized first": (
            "def frozen_batch_norm(x, mean, var, gamma, beta, eps):\n    xhat = (x - mean) / (var + eps) ** 0.5\n"
            "    return gamma * xhat + beta\n"
        ),
        "float32": (
            "def frozen_batch_norm(x, mean, var, gamma, beta, eps):\n"
            "    y = gamma * (x - mean) / np.sqrt(var + eps) + beta\n    return y.astype(np.float32)\n"
        ),
    },
    mutants=(
        Mutant(
            "batch statistics",
            "(x - mean) / np.sqrt(var + eps)",
            "(x - x.mean(axis=0)) / np.sqrt(x.var(axis=0) + eps + (eps == 0) * 1e-12)",
            "You normalize by this batch's mean and variance. Frozen means the stored ones, whatever comes in.",
        ),
        Mutant(
            "batch mean",
            "(x - mean)",
            "(x - x.mean(axis=0))",
            "You subtract this batch's mean. The stored one is asked for.",
        ),
        Mutant(
            "batch variance",
            "np.sqrt(var + eps)",
            "np.sqrt(x.var(axis=0) + eps + (eps == 0) * 1e-12)",
            "You divide by this batch's standard deviation. The stored variance is asked for.",
        ),
        Mutant("no gamma", "gamma * (x", "(x", "You leave out γ, the learned size."),
        Mutant("no beta", " + beta", "", "You leave out β, the learned place."),
        Mutant(
            "no root",
            "np.sqrt(var + eps)",
            "(var + eps)",
            "You divide by the variance. Divide by the standard deviation, its root.",
        ),
        Mutant(
            "epsilon outside",
            "np.sqrt(var + eps)",
            "(np.sqrt(var) + eps)",
            "Your ε stands outside the root. Batch norm adds it to the variance.",
        ),
        Mutant("no epsilon", "var + eps", "var", "You leave out ε."),
        Mutant(
            "beta first",
            "gamma * (x - mean) / np.sqrt(var + eps) + beta",
            "gamma * ((x - mean) / np.sqrt(var + eps) + beta)",
            "You scale β by γ, too. β is added after γ.",
        ),
        Mutant(
            "multiplied",
            "/ np.sqrt(var + eps)",
            "* np.sqrt(var + eps)",
            "You multiply by the standard deviation, which undoes a normalization. Divide.",
        ),
        Mutant(
            "in place",
            "y = gamma * (x - mean) / np.sqrt(var + eps) + beta",
            "x -= mean\n    y = gamma * x / np.sqrt(var + eps) + beta",
            "The numbers are right, but the caller's batch `x` is changed: make a new array.",
        ),
    ),
)
