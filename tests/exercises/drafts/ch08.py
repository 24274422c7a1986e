"""Draft exercises of chapter 8: data that the engine's tests run on."""

# Title, prompt, hints and page are still to be written: they come with the chapter, whose exercises move from here into
# the package. Solution, cases and mistakes are meant as they are. Nothing of this is found by discovery.

import numpy as np

from course_lib.exercises import Case, Exercise, Mutant


def vote_cases(rng):
    def case(members, examples):
        scores = np.exp(2 * rng.standard_normal((members, examples, 3)))
        return Case.one(f"{members} members", p=scores / scores.sum(axis=2, keepdims=True))

    return [case(2, 2), case(3, 3), case(4, 4), case(5, 2), case(6, 3), case(7, 4)]


vote = Exercise(
    name="vote",
    title="vote",
    prompt="vote",
    source="""\
def vote(p):
    return p.mean(axis=0)
""",
    returns=("mean",),
    cases=vote_cases,
    hints=("a", "b"),
    mutants=(
        Mutant(
            "a sum",
            "p.mean(axis=0)",
            "p.sum(axis=0)",
            "You add the members up and do not divide by their number: rows sum to M, not to 1.",
        ),
        Mutant("over the rows", "axis=0", "axis=1", "You average over the examples. The members are the first axis."),
        Mutant(
            "over the classes",
            "axis=0",
            "axis=2",
            "You average over the classes, and that is 1/C whatever the members say.",
        ),
        Mutant(
            "hard votes",
            "p.mean(axis=0)",
            "(p == p.max(axis=2, keepdims=True)).mean(axis=0)",
            (
                "These are shares of votes: each member counts with its favourite alone. Average the probabilities, "
                "so that doubt counts too."
            ),
        ),
        Mutant(
            "median",
            "p.mean(axis=0)",
            "np.median(p, axis=0)",
            "A median throws away how sure the others are, and its rows need not sum to 1.",
        ),
        Mutant(
            "geometric mean",
            "p.mean(axis=0)",
            "np.exp(np.log(p).mean(axis=0))",
            (
                "This is the geometric mean, and it does not sum to 1: it belongs to the average of logits, and would "
                "need a softmax."
            ),
        ),
        Mutant(
            "mean of logits",
            "return p.mean(axis=0)",
            "q = np.exp(np.log(p).mean(axis=0))\n    return q / q.sum(axis=-1, keepdims=True)",
            (
                "This is the vote of the logits, right in itself, where one member can veto. Here average the "
                "probabilities."
            ),
        ),
        Mutant(
            "softmax again",
            "return p.mean(axis=0)",
            "q = np.exp(p.mean(axis=0))\n    return q / q.sum(axis=-1, keepdims=True)",
            "These are probabilities already. A second softmax flattens them.",
        ),
        Mutant("the first alone", "p.mean(axis=0)", "p[0]", "This is the first member alone."),
    ),
)


def variance_cases(rng):
    settings = ((0.5, 2.0, 4), (0.2, 1.5, 7), (0.9, 0.3, 2), (0.0, 1.0, 16), (1.0, 1.2, 5), (0.7, 3.0, 3))
    return [Case.one(f"ρ = {rho}, {M} members", rho=rho, sigma=sigma, M=M) for rho, sigma, M in settings]


variance = Exercise(
    name="variance",
    title="variance",
    prompt="variance",
    source="""\
def variance(rho, sigma, M):
    return rho * sigma**2 + (1 - rho) * sigma**2 / M
""",
    returns=("variance",),
    cases=variance_cases,
    hints=("a", "b"),
    mutants=(
        Mutant(
            "as if independent",
            "rho * sigma**2 + (1 - rho) * sigma**2 / M",
            "sigma**2 / M",
            "σ²/M is for members that err independently. What they share, ρσ², no vote removes.",
        ),
        Mutant(
            "rho and 1-rho swapped",
            "rho * sigma**2 + (1 - rho) * sigma**2 / M",
            "(1 - rho) * sigma**2 + rho * sigma**2 / M",
            "ρ and 1 − ρ are swapped: it is the shared part that stays.",
        ),
        Mutant(
            "sigma not squared",
            "rho * sigma**2 + (1 - rho) * sigma**2 / M",
            "rho * sigma + (1 - rho) * sigma / M",
            "σ is a standard deviation: variances need σ².",
        ),
        Mutant(
            "a standard deviation",
            "rho * sigma**2 + (1 - rho) * sigma**2 / M",
            "np.sqrt(rho * sigma**2 + (1 - rho) * sigma**2 / M)",
            "You return the standard deviation; the variance is asked for.",
        ),
        Mutant(
            "only what shrinks",
            "rho * sigma**2 + (1 - rho)",
            "(1 - rho)",
            "The floor ρσ² is missing: with this, M → ∞ would be perfect.",
        ),
        Mutant("the floor alone", " + (1 - rho) * sigma**2 / M", "", "This is the limit for very many members."),
        Mutant("M − 1", "/ M", "/ (M - 1)", "Divide by M: M − 1 is for estimating a variance from data."),
    ),
)


def polyak_cases(rng):
    def case(label, decay, points):
        given = tuple({"x": x, "decay": decay, "t": t} for t, x in enumerate(points, start=1))
        return Case(label, {"x_test": np.zeros(np.shape(points[0]))}, given)

    arrays = [case(f"a decay of {decay}", decay, rng.standard_normal((4, 3))) for decay in (0.9, 0.995, 0.2, 0.0)]
    return [case("a single number", 0.5, [np.array(x) for x in (8.0, 4.0, 6.0)]), *arrays]


polyak = Exercise(
    name="polyak",
    title="polyak",
    prompt="polyak",
    source="""\
def polyak(x_test, x, decay, t):
    x_test = decay * x_test + (1 - decay) * x
    estimate = x_test / (1 - decay**t)
    return x_test, estimate
""",
    returns=("x_test", "estimate"),
    cases=polyak_cases,
    hints=("a", "b"),
    mutants=(
        Mutant(
            "no correction",
            "x_test / (1 - decay**t)",
            "x_test",
            (
                "The average starts at zero, so early it is too small: after t steps its weights sum to 1 − dᵗ only. "
                "Divide by that."
            ),
        ),
        Mutant(
            "weights swapped",
            "decay * x_test + (1 - decay) * x",
            "(1 - decay) * x_test + decay * x",
            "The weights are swapped: this forgets all but the last point. The decay belongs to the old average.",
        ),
        Mutant(
            "old one not decayed",
            "decay * x_test +",
            "x_test +",
            "The old average has to be multiplied by the decay, or it grows without end.",
        ),
        Mutant(
            "x comes in whole",
            "(1 - decay) * x",
            "x",
            "The new point comes in with 1 − decay; yours is a sum, larger than any point.",
        ),
        Mutant(
            "corrected is kept",
            "    estimate = x_test / (1 - decay**t)\n",
            "    x_test = x_test / (1 - decay**t)\n    estimate = x_test\n",
            (
                "You keep the corrected average and go on from it, so that it is corrected again at each step. Keep "
                "the raw one, correct a copy."
            ),
        ),
        Mutant(
            "divided by 1 − d",
            "(1 - decay**t)",
            "(1 - decay)",
            "1 − d is the sum of the weights after one step. After t steps it is 1 − dᵗ.",
        ),
        Mutant(
            "one step late",
            "decay**t",
            "decay**(t + 1)",
            "t counts from 1 here: after the first step the weights sum to 1 − d.",
        ),
        Mutant(
            "multiplied",
            "x_test / (1 - decay**t)",
            "x_test * (1 - decay**t)",
            "Too small an average is divided by the sum of its weights, not multiplied.",
        ),
        Mutant("the last point", "x_test / (1 - decay**t)", "x", "You return the point itself; nothing is averaged."),
        Mutant(
            "swapped", "return x_test, estimate", "return estimate, x_test", "Both are right, and in the wrong order."
        ),
    ),
)


def snapshot_rate_cases(rng):
    settings = ((0, 0.1, 10), (5, 0.1, 10), (10, 0.2, 10), (13, 0.05, 10), (29, 0.1, 30), (47, 0.3, 20), (3, 1.0, 7))
    return [Case.one(f"step {t}, cycles of {cycle}", t=t, lr=lr, cycle=cycle) for t, lr, cycle in settings]


snapshot_rate = Exercise(
    name="snapshot_rate",
    title="snapshot_rate",
    prompt="snapshot_rate",
    source="""\
def snapshot_rate(t, lr, cycle):
    return lr / 2 * (1 + np.cos(np.pi * (t % cycle) / cycle))
""",
    returns=("rate",),
    cases=snapshot_rate_cases,
    hints=("a", "b"),
    mutants=(
        Mutant(
            "no restart",
            "(t % cycle)",
            "t",
            "Without `t % cycle` there is no restart: after one cycle the rate rises again along the cosine.",
        ),
        Mutant(
            "a whole period",
            "np.pi *",
            "2 * np.pi *",
            "A cycle is half a period: with 2π the rate comes back up within it, and ends at lr.",
        ),
        Mutant("not halved", "lr / 2 *", "lr *", "1 + cos goes up to 2: halve it, or the rate starts at twice lr."),
        Mutant(
            "no 1 +",
            "(1 + np.cos(np.pi * (t % cycle) / cycle))",
            "np.cos(np.pi * (t % cycle) / cycle)",
            "Without the 1 the rate becomes negative in the second half: uphill.",
        ),
        Mutant(
            "warm instead of cool",
            "(1 + np.cos",
            "(1 - np.cos",
            "With a minus the rate rises in each cycle. A snapshot is taken when it has fallen.",
        ),
        Mutant(
            "integer division",
            "(t % cycle) / cycle",
            "(t // cycle)",
            "t // cycle is the number of the cycle, constant within it: use t % cycle, the place in it.",
        ),
        Mutant("degrees", "np.pi *", "180 *", "NumPy's cosine takes radians."),
        Mutant(
            "one step early",
            "(t % cycle)",
            "((t + 1) % cycle)",
            "t counts finished steps, from 0: the first step of a cycle has the full rate.",
        ),
    ),
)
