"""The noise floor of SGD for a batch size."""

import numpy as np

from course_lib.exercises import Case, Exercise, Mutant


def cases(rng: np.random.Generator) -> list[Case]:
    curvature, sigma = float(rng.uniform(1.5, 3)), float(rng.uniform(0.2, 0.8))
    return [
        Case.one("one example", lr=0.5, curvature=1.0, sigma=1.0, batch=1),
        Case.one("a batch of 16", lr=0.1, curvature=2.0, sigma=3.0, batch=16),
        Case.one("a small rate", lr=0.01, curvature=curvature, sigma=sigma, batch=4),
        Case.one("near the limit", lr=0.6, curvature=curvature, sigma=sigma, batch=64),
        Case.one("tiny noise", lr=0.5, curvature=curvature / 2, sigma=1e-6 * sigma, batch=2),
        Case.one("no noise", lr=0.5, curvature=2.0, sigma=0.0, batch=2),
    ]


batch_floor = Exercise(
    name="batch_floor",
    page="02_sgd",
    number=4,
    title="The floor of a batch",
    prompt=(
        "SGD runs at the rate `lr` along a direction of the given `curvature`. The gradient of a single example "
        "has the "
        "standard deviation `sigma` around the mean gradient, and each step averages over `batch` examples, drawn "
        "independently. Return the variance of x around the minimum once SGD has settled, exactly and not only "
        "for small "
        "rates."
    ),
    source="""\
def batch_floor(lr, curvature, sigma, batch):
    noise = sigma**2 / batch
    return lr * noise / (curvature * (2 - lr * curvature))
""",
    returns=("variance",),
    cases=cases,
    hints=(
        "First the noise: what is the variance of a mean of `batch` independent numbers, each of variance σ²?",
        "One step is x ← (1 − αλ)x − α·noise. What happens to the variance V of x? Once settled, V no longer changes.",
        "Solve V = (1 − αλ)²V + α²σ²/batch for V; α cancels once.",
    ),
    asks={
        "curvature": "how does the curvature change what a step takes away, and what it adds?",
        "batch": "what should a larger `batch` do to the noise?",
        "lr": "how should the variance change with `lr`, and with the noise of a step?",
        "sigma": "how should the variance grow with `sigma`?",
    },
    limits={"lr": (0, None), "sigma": (0, None), "batch": (1, None)},
    explanation=(
        "A step multiplies the variance by (1 − αλ)² and adds α²σ²/b. It stays the same where V(1 − (1 − αλ)²) "
        "= α²σ²/b. "
        "The bracket is αλ(2 − αλ), so V = ασ²/(bλ(2 − αλ))."
    ),
    after="For small αλ it is ασ²/(2bλ): a batch twice as large, or half the rate, halves the floor.",
    accepts={
        "from the fixed point": (
            "def batch_floor(lr, curvature, sigma, batch):\n"
            "    keep = 1 - lr * curvature\n"
            "    return lr**2 * sigma**2 / batch / (1 - keep**2)\n"
        ),
        "one line": (
            "def batch_floor(lr, curvature, sigma, batch):\n"
            "    return sigma * sigma * lr / batch / curvature / (2 - curvature * lr)\n"
        ),
        "float32": (
            "def batch_floor(lr, curvature, sigma, batch):\n"
            "    lr, curvature, sigma = np.float32(lr), np.float32(curvature), np.float32(sigma)\n"
            "    return lr * sigma**2 / np.float32(batch) / (curvature * (2 - lr * curvature))\n"
        ),
    },
    mutants=(
        Mutant(
            "batch forgotten",
            "sigma**2 / batch",
            "sigma**2",
            "The batch is missing: a mean over a batch has 1/batch of the variance of one example.",
        ),
        Mutant(
            "batch squared",
            "sigma**2 / batch",
            "(sigma / batch) ** 2",
            "You divide σ by the batch. The standard deviation falls like 1/√batch, so the variance like 1/batch.",
        ),
        Mutant(
            "root of the batch",
            "sigma**2 / batch",
            "sigma**2 / np.sqrt(batch)",
            "You divide the variance by √batch. That belongs to the standard deviation; the variance falls like "
            "1/batch.",
        ),
        Mutant(
            "sum, not mean",
            "sigma**2 / batch",
            "sigma**2 * batch",
            "That is the variance of a sum over the batch. The gradient is the mean.",
        ),
        Mutant(
            "sigma not squared",
            "sigma**2",
            "sigma",
            "You take σ for the variance. It is a standard deviation; the variance is its square.",
        ),
        Mutant(
            "small-rate formula",
            "(2 - lr * curvature)",
            "2",
            "Your formula is the limit for small α. The exact floor has 2 − αλ, and grows without bound at the "
            "limit 2/λ.",
        ),
        Mutant(
            "wrong sign in the bracket",
            "2 - lr * curvature",
            "2 + lr * curvature",
            "A sign: 1 − (1 − αλ)² is αλ(2 − αλ), with a minus.",
        ),
        Mutant(
            "one step's noise",
            "lr * noise / (curvature * (2 - lr * curvature))",
            "lr**2 * noise",
            "That is what one step adds. The noise of all steps piles up, until as much is forgotten as is added.",
        ),
        Mutant(
            "rate squared",
            "lr * noise",
            "lr**2 * noise",
            "α² is what one step adds, but how fast it is forgotten depends on α, too. One α cancels.",
        ),
        Mutant(
            "curvature forgotten",
            "curvature * (2 - lr * curvature)",
            "2 - lr * curvature",
            "The curvature is missing: a steeper bowl holds x more tightly, so divide by λ.",
        ),
        Mutant(
            "loss",
            "lr * noise / (curvature * (2 - lr * curvature))",
            "lr * noise / (2 * (2 - lr * curvature))",
            "You return the mean loss above the minimum, ½λ times the variance. The variance of x is asked for.",
        ),
    ),
)
