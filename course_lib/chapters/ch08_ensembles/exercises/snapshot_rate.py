"""The rate in cosine cycles, each of which leaves a snapshot."""

import numpy as np

from course_lib.exercises import Case, Exercise, Mutant


def snapshot_rate_cases(rng: np.random.Generator) -> list[Case]:
    def case(t: int, lr: float, cycle: int) -> Case:
        return Case.one(f"step {t}, cycles of {cycle}", t=t, lr=lr, cycle=cycle)

    drawn = [case(int(k * c + rng.integers(1, c)), float(rng.uniform(0.02, 0.4)), c) for k, c in ((1, 12), (2, 9))]
    return [case(0, 0.1, 10), case(5, 0.1, 10), case(10, 0.2, 10), case(13, 0.05, 10), case(29, 0.1, 30), *drawn]


snapshot_rate = Exercise(
    name="snapshot_rate",
    page="08_ensembles",
    number=3,
    title="The rate of snapshots",
    prompt=(
        "The rate falls from `lr` to 0 along half a period of a cosine, in cycles of `cycle` steps, and then jumps "
        "back. Return the rate of step `t`, a number; steps are counted from 0."
    ),
    source="""\
def snapshot_rate(t, lr, cycle):
    return lr / 2 * (1 + np.cos(np.pi * (t % cycle) / cycle))
""",
    returns=("rate",),
    cases=snapshot_rate_cases,
    hints=(
        "How far is step `t` in its own cycle? It is a number from 0 to `cycle` − 1.",
        "Within a cycle the angle goes from 0 to π, where the cosine goes from 1 to −1.",
        "A number from 1 to −1 becomes one from 1 to 0: add 1, and halve.",
    ),
    asks={
        "lr": "at which step of a cycle should the rate be `lr`?",
        "cycle": "when should the rate start again?",
        "t": "how far is step `t` within its own cycle?",
    },
    limits={"t": (0, None), "cycle": (1, None)},
    explanation=(
        "½ α₀ (1 + cos(π (t mod P)/P)): the remainder restarts the cosine. The "
        "snapshot is taken at the end of the cycle, where the rate has come down."
    ),
    after="It is `course_lib.optim.schedules.Snapshots`; with one cycle it is the cosine decay.",
    accepts={
        "by hand": (
            "def snapshot_rate(t, lr, cycle):\n    done = t / cycle - t // cycle\n"
            "    return 0.5 * lr * (1 + np.cos(np.pi * done))\n"
        ),
        "by a sine": (
            "def snapshot_rate(t, lr, cycle):\n    left = (cycle - t % cycle) / cycle\n"
            "    return lr * np.sin(np.pi / 2 * left) ** 2\n"
        ),
        "float32": (
            "def snapshot_rate(t, lr, cycle):\n"
            "    return np.float32(lr / 2) * (1 + np.cos(np.float32(np.pi * (t % cycle) / cycle)))\n"
        ),
    },
    mutants=(
        Mutant(
            "no restart",
            "(t % cycle)",
            "t",
            "There is no restart: after one cycle your rate comes up again along the cosine.",
        ),
        Mutant(
            "a whole period",
            "np.pi *",
            "2 * np.pi *",
            "A cycle of yours is a whole period: the rate comes back up within it.",
        ),
        Mutant("not halved", "lr / 2 *", "lr *", "1 + cos goes up to 2: your rate starts at twice `lr`."),
        Mutant(
            "no 1 +",
            "(1 + np.cos(np.pi * (t % cycle) / cycle))",
            "np.cos(np.pi * (t % cycle) / cycle)",
            "Without the 1 the rate is below 0 in the second half of a cycle: uphill.",
        ),
        Mutant(
            "rises",
            "(1 + np.cos",
            "(1 - np.cos",
            "With a minus the rate rises in each cycle. A snapshot is taken when it has fallen.",
        ),
        Mutant(
            "number of the cycle",
            "(t % cycle) / cycle",
            "(t // cycle)",
            "`t // cycle` is the number of the cycle, the same all through it; wanted is the place in it.",
        ),
        Mutant("degrees", "np.pi *", "180 *", "NumPy's cosine takes radians, half a period is π."),
        Mutant(
            "one step early",
            "(t % cycle)",
            "((t + 1) % cycle)",
            "You are one step ahead: steps count from 0, and the first one of a cycle has the whole rate.",
        ),
        Mutant(
            "a straight line",
            "lr / 2 * (1 + np.cos(np.pi * (t % cycle) / cycle))",
            "lr * (1 - (t % cycle) / cycle)",
            "Your rate falls along a straight line; asked is a cosine.",
        ),
        Mutant(
            "ends at the last step",
            "/ cycle))",
            "/ (cycle - 1)))",
            "You reach 0 at the last step of a cycle already, which then does nothing.",
        ),
    ),
)
