"""How many members bring the variance near its floor."""

import numpy as np

from course_lib.exercises import Case, Exercise, Mutant


def members_for_cases(rng: np.random.Generator) -> list[Case]:
    def case(rho: float, over: float) -> Case:  # (1 − ρ)/(ρ share) is `over`
        share = (1 - rho) / (rho * over)
        return Case.one(f"ρ = {rho:.3f}, share {share:.3f}", rho=rho, share=share)

    more = rng.integers(0, 6, 4)
    places = ((3, 0.3), (6, 0.7), (14, 0.25), (5, 0.6))
    drawn = [case(float(rng.uniform(0.15, 0.4)), float(k + i + f)) for (k, f), i in zip(places, more, strict=True)]
    near = case(float(rng.uniform(0.6, 0.8)), 2.3)
    return [*drawn[:2], case(0.5, 4.0), near, Case.one("ρ = 1: all say the same", rho=1.0, share=0.1), *drawn[2:]]


members_for = Exercise(
    name="members_for",
    page="08_ensembles",
    number=5,
    title="How many members?",
    prompt=(
        "The vote of M members has the variance ρσ² + (1 − ρ)σ²/M, which falls towards its floor ρσ². For the "
        "correlation `rho`, 0 < ρ ≤ 1, return the least number of members, 1 or more, for which the variance is at "
        "most (1 + `share`) times the floor."
    ),
    source="""\
def members_for(rho, share):
    M = np.ceil((1 - rho) / (rho * share))
    return max(1, int(M))
""",
    returns=("M",),
    cases=members_for_cases,
    hints=(
        "Write the condition down, and divide by σ²: it drops out.",
        "ρ + (1 − ρ)/M ≤ (1 + share)·ρ. What is left if you take ρ away on both sides?",
        "Solve (1 − ρ)/M ≤ share·ρ for M. M is a whole number: in which direction must you round?",
        "For ρ = 1 the quotient is 0, and there is no vote of no members.",
    ),
    asks={
        "rho": "which part of the variance does not shrink with more members?",
        "share": "of what is `share` the part that may be left?",
    },
    limits={"rho": (0, 1), "share": (0, None)},
    explanation=(
        "(1 − ρ)/M ≤ ρ · `share`, so M ≥ (1 − ρ)/(ρ · `share`), rounded "
        "up. With ρ = 0.88, as for the chapter's networks, three members come within a twentieth of the floor."
    ),
    after="Where ρ is small many members pay; where it is large make them differ instead.",
    accepts={
        "by trying": (
            "def members_for(rho, share):\n    M = 1\n"
            "    while (1 - rho) / M > share * rho:\n        M += 1\n    return M\n"
        ),
        "negative floor": "def members_for(rho, share):\n    return max(1, int(-((1 - rho) // -(rho * share))))\n",
        "float32": (
            "def members_for(rho, share):\n    return max(1, int(np.ceil(np.float32((1 - rho) / (rho * share)))))\n"
        ),
    },
    mutants=(
        Mutant("rounded down", "np.ceil", "np.floor", "You round down: one member too few to get below the bound."),
        Mutant("rounded", "np.ceil", "np.round", "You round to the nearest number, which may be too few members."),
        Mutant(
            "one more",
            "max(1, int(M))",
            "max(1, int(np.floor((1 - rho) / (rho * share))) + 1)",
            "You round down and add 1. Where the quotient is a whole number, that is one member too many.",
        ),
        Mutant(
            "no member",
            "max(1, int(M))",
            "int(M)",
            "For ρ = 1 you return 0 members. The least committee has one.",
        ),
        Mutant(
            "shares exchanged",
            "(1 - rho) / (rho * share)",
            "rho / ((1 - rho + 1e-12) * share)",
            "You exchange ρ and 1 − ρ: the floor is ρσ², what M divides (1 − ρ)σ².",
        ),
        Mutant(
            "a share of one member's variance",
            "(1 - rho) / (rho * share)",
            "(1 - rho) / share",
            "You allow a share of σ² above the floor. Asked is a share of the floor, ρσ².",
        ),
        Mutant(
            "of the whole",
            "(1 - rho) / (rho * share)",
            "(1 - rho) / (rho * (1 + share))",
            "You ask for (1 − ρ)/M ≤ (1 + share)ρ, and forget the ρ that stands on the left, too.",
        ),
        Mutant(
            "as if independent",
            "(1 - rho) / (rho * share)",
            "1 / share",
            "You take 1/share, whatever ρ is.",
        ),
        Mutant(
            "1 − rho forgotten",
            "(1 - rho) / (rho * share)",
            "1 / (rho * share)",
            "You divide all of σ² by M. Only the part 1 − ρ is divided.",
        ),
        Mutant(
            "share multiplied",
            "(rho * share)",
            "rho * share",
            "`/ rho * share` divides by ρ and then multiplies by the share: put brackets around the product.",
        ),
    ),
)
