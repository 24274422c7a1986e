"""Draft exercises of chapter 2: data that the engine's tests run on."""

# Title, prompt, hints and page are still to be written: they come with the chapter, whose exercises move from here into
# the package. Solution, cases and mistakes are meant as they are. Nothing of this is found by discovery.

import numpy as np

from course_lib.exercises import Case, Exercise, Mutant


def best_rate_cases(rng):
    return [
        Case.one("curvatures 1 and 3", lmin=1.0, lmax=3.0),
        Case.one("κ = 100", lmin=0.01, lmax=1.0),
        Case.one("large", lmin=float(rng.uniform(5, 10)), lmax=float(rng.uniform(50, 90))),
        Case.one("a round bowl", lmin=2.0, lmax=2.0),
    ]


best_rate = Exercise(
    name="best_rate",
    title="best_rate",
    prompt="best_rate",
    source="""\
def best_rate(lmin, lmax):
    lr = 2 / (lmin + lmax)
    factor = (lmax - lmin) / (lmax + lmin)
    return lr, factor
""",
    returns=("lr", "factor"),
    cases=best_rate_cases,
    hints=("a", "b"),
    mutants=(
        Mutant(
            "the limit",
            "2 / (lmin + lmax)",
            "2 / lmax",
            "2/λmax is where it begins to diverge, not where it is fastest.",
        ),
        Mutant(
            "safe rate",
            "2 / (lmin + lmax)",
            "1 / lmax",
            "1/λmax is safe, and half as fast as the best when κ is large.",
        ),
        Mutant(
            "difference",
            "2 / (lmin + lmax)",
            "2 / (lmax - lmin)",
            "Sum, not difference: both ends must shrink alike, 1 − αλmin = αλmax − 1.",
        ),
        Mutant("mean", "2 / (lmin + lmax)", "(lmin + lmax) / 2", "Upside down: a large curvature wants a small rate."),
        Mutant(
            "momentum's root",
            "(lmax - lmin) / (lmax + lmin)",
            "(np.sqrt(lmax) - np.sqrt(lmin)) / (np.sqrt(lmax) + np.sqrt(lmin))",
            "That factor, with roots, is momentum's; plain descent has κ itself.",
        ),
        Mutant(
            "loss for error",
            "(lmax - lmin) / (lmax + lmin)",
            "((lmax - lmin) / (lmax + lmin)) ** 2",
            "That is the factor of the loss, which is the square; asked is the error's.",
        ),
        Mutant(
            "factor at the steep end only",
            "(lmax - lmin) / (lmax + lmin)",
            "1 - lmin / lmax",
            "That is the factor at the rate 1/λmax.",
        ),
        Mutant("swapped", "return lr, factor", "return factor, lr", "Right numbers, wrong order."),
    ),
)


def steps_needed_cases(rng):
    return [
        Case.one("κ = 5", lr=1.0, curvatures=np.array([0.1, 0.5]), tol=1e-6),
        Case.one("the steep end is slowest", lr=1.9, curvatures=np.array([0.3, 0.6, 1.0]), tol=1e-3),
        Case.one("many", lr=0.5, curvatures=rng.uniform(0.05, 3.9, 8), tol=1e-4),
        Case.one("zigzag", lr=1.5, curvatures=np.array([1.0, 1.2]), tol=1e-2),
    ]


steps_needed = Exercise(
    name="steps_needed",
    title="steps_needed",
    prompt="steps_needed",
    source="""\
def steps_needed(lr, curvatures, tol):
    rates = np.abs(1 - lr * curvatures)
    slowest = rates.max()
    return np.log(tol) / np.log(slowest)
""",
    returns=("steps",),
    cases=steps_needed_cases,
    hints=("a", "b"),
    mutants=(
        Mutant(
            "no absolute value",
            "np.abs(1 - lr * curvatures)",
            "1 - lr * curvatures",
            "Beyond αλ = 1 the error changes sign at every step and is still there: take |1 − αλ|.",
        ),
        Mutant("fastest", "rates.max()", "rates.min()", "The fastest direction is done first; the slowest decides."),
        Mutant(
            "smallest curvature",
            "rates.max()",
            "rates[curvatures.argmin()]",
            "The flattest direction is not always the slowest: near α = 2/λmax the steep one is.",
        ),
        Mutant(
            "mean",
            "rates.max()",
            "rates.mean()",
            "Directions do not share their errors: the slowest decides, not the mean.",
        ),
        Mutant("log to base 10", "np.log(tol) /", "np.log10(tol) /", "Two different logarithms: use one for both."),
        Mutant("1/log of the other", "np.log(tol) / np.log(slowest)", "np.log(slowest) / np.log(tol)", "Upside down."),
        Mutant(
            "linear",
            "np.log(tol) / np.log(slowest)",
            "(1 - tol) / (1 - slowest)",
            "The error shrinks by a factor at each step, not by a fixed amount.",
        ),
        Mutant(
            "loss",
            "np.log(tol) / np.log(slowest)",
            "np.log(tol) / np.log(slowest) / 2",
            "You count until the *loss*, the square, is small; asked is the error.",
        ),
    ),
)


def directions_cases(rng):
    A, B = rng.standard_normal((5, 5)), rng.standard_normal((4, 4))
    return [
        Case.one("a saddle", H=np.diag([1.0, -2.0])),
        Case.one("a saddle in disguise", H=np.array([[1.0, 3.0], [3.0, 1.0]])),
        Case.one("a valley floor", H=np.diag([2.0, 0.0, 1.0])),
        Case.one("a top", H=-np.eye(3)),
        Case.one("random", H=A + A.T),
        Case.one("random, lifted", H=B + B.T + 5 * np.eye(4)),
    ]


directions = Exercise(
    name="directions",
    title="directions",
    prompt="directions",
    source="""\
def directions(H):
    lam = np.linalg.eigvalsh(H)
    up = np.sum(lam > 0)
    down = np.sum(lam < 0)
    return up, down
""",
    returns=("up", "down"),
    cases=directions_cases,
    hints=("a", "b"),
    mutants=(
        Mutant(
            "diagonal",
            "np.linalg.eigvalsh(H)",
            "np.diag(H)",
            (
                "The diagonal tells the curvature along the axes only; [[1, 3], [3, 1]] is a saddle with a positive "
                "diagonal. Take eigenvalues."
            ),
        ),
        Mutant(
            "singular values",
            "np.linalg.eigvalsh(H)",
            "np.linalg.svd(H, compute_uv=False)",
            "Singular values have no sign: every saddle looks like a minimum.",
        ),
        Mutant("zero is up", "lam > 0", "lam >= 0", "A zero curvature is neither up nor down."),
        Mutant(
            "all or nothing",
            "up = np.sum(lam > 0)\n    down = np.sum(lam < 0)",
            "up = len(lam) * np.all(lam > 0)\n    down = len(lam) * np.all(lam < 0)",
            "Count the directions; that all of them agree is the rare case.",
        ),
        Mutant(
            "determinant",
            "up = np.sum(lam > 0)\n    down = np.sum(lam < 0)",
            "up = len(lam) * (np.prod(lam) > 0)\n    down = len(lam) * (np.prod(lam) < 0)",
            "The sign of the determinant tells only whether the number of negative curvatures is even or odd.",
        ),
        Mutant(
            "trace",
            "up = np.sum(lam > 0)\n    down = np.sum(lam < 0)",
            "up = len(lam) * (np.sum(lam) > 0)\n    down = len(lam) * (np.sum(lam) < 0)",
            "A positive sum of curvatures may hide negative ones.",
        ),
        Mutant("swapped", "return up, down", "return down, up", "A positive curvature bends *up*."),
    ),
    accepts={
        "plain numbers": """\
def directions(H):
    curvatures = np.linalg.eigvals(H).real
    return len([c for c in curvatures if c > 0]), len([c for c in curvatures if c < 0])
"""
    },
)


def batch_floor_cases(rng):
    curvature, sigma = float(rng.uniform(1.5, 3)), float(rng.uniform(0.2, 0.8))
    return [
        Case.one("one example", lr=0.5, curvature=1.0, sigma=1.0, batch=1),
        Case.one("a batch of 16", lr=0.1, curvature=2.0, sigma=3.0, batch=16),
        Case.one("a small rate", lr=0.01, curvature=curvature, sigma=sigma, batch=4),
        Case.one("no noise", lr=0.5, curvature=2.0, sigma=0.0, batch=2),
    ]


batch_floor = Exercise(
    name="batch_floor",
    title="batch_floor",
    prompt="batch_floor",
    source="""\
def batch_floor(lr, curvature, sigma, batch):
    noise = sigma**2 / batch
    return lr * noise / (curvature * (2 - lr * curvature))
""",
    returns=("variance",),
    cases=batch_floor_cases,
    hints=("a", "b"),
    mutants=(
        Mutant("batch forgotten", "sigma**2 / batch", "sigma**2", "A mean over a batch has 1/batch of the variance."),
        Mutant(
            "batch squared",
            "sigma**2 / batch",
            "(sigma / batch) ** 2",
            "The standard deviation falls like 1/√batch, so the variance like 1/batch, not 1/batch².",
        ),
        Mutant("sigma not squared", "sigma**2", "sigma", "σ is a standard deviation; the variance is its square."),
        Mutant(
            "small-rate formula",
            "(2 - lr * curvature)",
            "2",
            "That is the limit for small α; the exact floor has 2 − αλ.",
        ),
        Mutant(
            "rate squared",
            "lr * noise",
            "lr**2 * noise",
            "α² is what one step adds; they pile up until they are forgotten, which leaves α.",
        ),
        Mutant(
            "curvature forgotten",
            "curvature * (2 - lr * curvature)",
            "2 - lr * curvature",
            "A steeper bowl holds x tighter: divide by λ.",
        ),
        Mutant(
            "loss",
            "lr * noise / (curvature * (2 - lr * curvature))",
            "lr * noise / (2 * (2 - lr * curvature))",
            "That is the mean loss, ½λ times the variance.",
        ),
    ),
)
