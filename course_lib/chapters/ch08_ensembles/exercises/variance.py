"""The variance of a committee's mean error."""

import numpy as np

from course_lib.exercises import Case, Exercise, Mutant


def variance_cases(rng: np.random.Generator) -> list[Case]:
    def case(rho: float, sigma: float, members: int) -> Case:
        return Case.one(f"ρ = {rho:.2f}, σ = {sigma:.2f}, M = {members}", rho=rho, sigma=sigma, M=members)

    fixed = [case(0.5, 2.0, 4), case(0.0, 1.5, 16), case(1.0, 1.2, 5)]
    return fixed + [case(float(rng.uniform(0.1, 0.45)), float(rng.uniform(1.3, 3)), m) for m in (2, 3, 7)]


variance = Exercise(
    name="variance",
    page="08_ensembles",
    number=2,
    title="Its variance",
    prompt=(
        "`M` members make errors, numbers of standard deviation `sigma` each; any two have the correlation `rho`. "
        "Return the variance of the mean of the errors, a number."
    ),
    source="""\
def variance(rho, sigma, M):
    return rho * sigma**2 + (1 - rho) * sigma**2 / M
""",
    returns=("variance",),
    cases=variance_cases,
    hints=(
        "What would it be for members that share nothing, ρ = 0? What for members that all say the same, ρ = 1?",
        "There are two parts: one that all members share, and one that each has for itself. Which is divided by M?",
        "The shares are ρ and 1 − ρ of the variance of one member; that variance is the square of `sigma`.",
    ),
    asks={
        "rho": "which part of the variance is shared by all members?",
        "M": "which part should shrink with `M`, and how fast?",
    },
    limits={"rho": (0, 1), "sigma": (0, None), "M": (1, None)},
    explanation=(
        "1/M² times M variances σ² and M(M − 1) covariances ρσ² is "
        "ρσ² + (1 − ρ)σ²/M. The first part has no M: no vote removes it."
    ),
    after="It is `course_lib.ensembles.variance_of_mean`; `spread` estimates ρ and σ from errors.",
    accepts={
        "from the covariances": (
            "def variance(rho, sigma, M):\n    return (M * sigma**2 + M * (M - 1) * rho * sigma**2) / M**2\n"
        ),
        "factored": "def variance(rho, sigma, M):\n    return sigma * sigma * (1 + (M - 1) * rho) / M\n",
        "float32": (
            "def variance(rho, sigma, M):\n"
            "    return np.float32(rho) * np.float32(sigma) ** 2 + np.float32((1 - rho) * sigma**2 / M)\n"
        ),
    },
    mutants=(
        Mutant(
            "as if independent",
            "rho * sigma**2 + (1 - rho) * sigma**2 / M",
            "sigma**2 / M",
            "σ²/M is for members whose errors are independent. What they share, no vote removes.",
        ),
        Mutant(
            "shares exchanged",
            "rho * sigma**2 + (1 - rho) * sigma**2 / M",
            "(1 - rho) * sigma**2 + rho * sigma**2 / M",
            "You divide the shared part by M, and keep the members' own.",
        ),
        Mutant(
            "sigma not squared",
            "rho * sigma**2 + (1 - rho) * sigma**2 / M",
            "rho * sigma + (1 - rho) * sigma / M",
            "You take σ for the variance of one member; that is σ².",
        ),
        Mutant(
            "a standard deviation",
            "rho * sigma**2 + (1 - rho) * sigma**2 / M",
            "np.sqrt(rho * sigma**2 + (1 - rho) * sigma**2 / M)",
            "You return the standard deviation; the variance is asked for.",
        ),
        Mutant(
            "what shrinks alone",
            "rho * sigma**2 + (1 - rho)",
            "(1 - rho)",
            "The shared part ρσ² is missing: with yours very many members would be perfect.",
        ),
        Mutant(
            "the floor alone",
            " + (1 - rho) * sigma**2 / M",
            "",
            "You return the limit for very many members. The part that M divides is missing.",
        ),
        Mutant("M − 1", "/ M", "/ (M - 1)", "You divide by M − 1, as in an estimate from data. Here it is M."),
        Mutant(
            "by the square of M",
            "sigma**2 / M",
            "sigma**2 / M**2",
            "You divide by M²; but there are M variances in the sum, so one M is left.",
        ),
        Mutant(
            "a sum of errors",
            "rho * sigma**2 + (1 - rho) * sigma**2 / M",
            "M**2 * rho * sigma**2 + M * (1 - rho) * sigma**2",
            "That is the variance of the sum of the errors. Their mean is an M-th of it, the variance an M²-th.",
        ),
        Mutant(
            "rho squared",
            "rho * sigma**2 + (1 - rho)",
            "rho**2 * sigma**2 + (1 - rho**2)",
            "You square ρ. The covariance of two members is ρσ², with ρ as it is.",
        ),
    ),
)
