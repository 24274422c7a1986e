"""A line search by halving, with Armijo's condition."""

from dataclasses import dataclass

import numpy as np

from course_lib.exercises import Case, Exercise, Mutant


@dataclass(frozen=True, repr=False)
class Polynomial:
    """The sum of c·aᵏ over the coefficients c, as a function to hand to the reader; it is shown as one may write it.

    >>> Polynomial((5.0, -20.0, 20.0))
    lambda a: 5 - 20*a + 20*a**2
    """

    coefficients: tuple[float, ...]

    def __call__(self, a: float) -> float:
        return sum(c * a**k for k, c in enumerate(self.coefficients))

    def __repr__(self) -> str:
        powers = [f"*a**{k}" if k > 1 else "*a" * k for k in range(len(self.coefficients))]
        terms = [f"{'-' if c < 0 else '+'} {abs(c):g}{powers[k]}" for k, c in enumerate(self.coefficients) if c]
        return "lambda a: " + " ".join(terms).removeprefix("+ ")


def armijo_cases(rng: np.random.Generator) -> list[Case]:
    k = float(rng.uniform(3, 9))

    def case(label, phi, slope, a, c1):
        return Case.one(label, phi=Polynomial(phi), slope=slope, a=a, c1=c1)

    return [
        case("a steep bowl", (5.0, -20.0, 20.0), -20.0, 4.0, 0.4),
        case("the first trial is fine", (1.0, -2.0, 1.0), -2.0, 1.0, 1e-4),
        case("lower, but not enough", (1.0, -2.0, 1.0), -2.0, 1.9, 0.3),
        case("a wall", (0.0, -1.0, 0.0, 0.0, 100.0), -1.0, 1.0, 0.1),
        case("random", (1.0, -2 * k, k * k), -2 * k, 1.0, 0.2),
        case("a first trial that rises", (1.0, -4.0, 4.0), -4.0, 1.2, 0.4),
        case("good, though not best", (0.09, -0.6, 1.0), -0.6, 0.55, 0.01),
        case("nearly flat, then up", (2.0, -1.0, 30.0), -1.0, 1.0, 0.6),
        case("a wrong slope: no length is good", (0.0, 1.0), -1.0, 1.0, 0.5),
    ]


armijo = Exercise(
    name="armijo",
    page="06_second_order",
    number=2,
    title="Backtracking",
    prompt=(
        "`phi(a)` is the loss at step length a, and `slope` its slope at 0, below 0. Begin with `a`, and "
        "halve it until the loss falls by at least the share `c1` of what the slope promises: φ(a) ≤ φ(0) + "
        "c₁ a φ′(0). Return that `a`. Halve it 40 times at most: what is left then is returned, good or not."
    ),
    source="""\
def armijo(phi, slope, a, c1):
    start = phi(0.0)
    for _ in range(40):
        if phi(a) <= start + c1 * a * slope:
            break
        a = a / 2
    return a
""",
    returns=("a",),
    cases=armijo_cases,
    hints=(
        "What does the slope promise for a step of length a? And what is the share c₁ of that?",
        "Compute φ(0) once, before the loop.",
        "Loop 40 times at most: leave the loop as soon as the condition holds, and halve the step otherwise.",
    ),
    asks={
        "slope": "how much of a fall should `slope` promise at the length `a`?",
        "a": "which length should be tried first, and which next?",
        "c1": "what should `c1` be a share of?",
    },
    limits={"slope": (None, 0), "a": (0, None), "c1": (0, None)},
    explanation=(
        "A short enough step always passes, since near 0 the loss follows its slope, and c₁ is below 1. So "
        "the halving ends. That the loss falls somewhat would not do: the falls could shrink so fast that the "
        "walk never arrives."
    ),
    after=(
        "It is `Backtracking` of `course_lib.optim`, which also gives up where what could be gained is lost "
        "in round-off."
    ),
    accepts={
        "a while loop": (
            "def armijo(phi, slope, a, c1):\n"
            "    f0, n = phi(0.0), 0\n"
            "    while phi(a) > f0 + c1 * a * slope and n < 40:\n"
            "        a, n = a / 2, n + 1\n"
            "    return a\n"
        ),
        "by powers": (
            "def armijo(phi, slope, a, c1):\n"
            "    f0 = phi(0.0)\n"
            "    for k in range(41):\n"
            "        t = a * 0.5**k\n"
            "        if f0 - phi(t) >= -c1 * t * slope:\n"
            "            return t\n"
            "    return t\n"
        ),
        "float32": (
            "def armijo(phi, slope, a, c1):\n"
            "    a, f0 = np.float32(a), phi(0.0)\n"
            "    for _ in range(40):\n"
            "        if phi(a) <= f0 + c1 * a * slope:\n"
            "            return a\n"
            "        a = a / np.float32(2)\n"
            "    return a\n"
        ),
    },
    mutants=(
        Mutant(
            "any decrease",
            "start + c1 * a * slope",
            "start",
            (
                "Any step that does not raise the loss will do, you say. Then the walk may stall; asked is a fair "
                "share of the promised fall."
            ),
        ),
        Mutant(
            "any strict decrease",
            "phi(a) <= start + c1 * a * slope",
            "phi(a) < start",
            "You ask only that the loss falls. Then steps at which it only just falls are accepted, and the walk may "
            "stall; asked is the share c₁ of the promised fall.",
        ),
        Mutant(
            "sign",
            "c1 * a * slope",
            "c1 * a * -slope",
            "The slope is negative downhill; with the sign turned you allow the loss to rise.",
        ),
        Mutant("a forgotten", "c1 * a * slope", "c1 * slope", "The promise is slope times the way a."),
        Mutant(
            "c1 forgotten",
            "c1 * a * slope",
            "a * slope",
            "All of the promise is more than a convex loss ever keeps: the loop would go on halving.",
        ),
        Mutant("one halving too many", "    return a", "    return a / 2", "You halve once more after it was good."),
        Mutant(
            "one step behind",
            "phi(a) <= start + c1 * a * slope",
            "phi(a / 2) <= start + c1 * a / 2 * slope",
            "You return the last trial that was refused.",
        ),
        Mutant(
            "wrong factor",
            "a / 2",
            "a / 10",
            "A tenth each time: safe, but it throws away good steps; here it is halved.",
        ),
        Mutant(
            "no limit",
            "for _ in range(40):",
            "while True:",
            "Your loop has no limit: where no length is good, as with a wrong slope, it goes on until the step is 0. "
            "Stop after 40 halvings.",
        ),
        Mutant(
            "the lowest on the way",
            "    return a",
            "    return a if phi(a) < phi(a / 2) else a / 2",
            "The first good one is taken; looking for the lowest costs evaluations.",
        ),
    ),
)
