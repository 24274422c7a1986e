"""Lower the rate when the loss has stopped falling."""

from typing import Any

import numpy as np

from course_lib.exercises import Case, Exercise, Mutant


def plateau_cases(rng: np.random.Generator) -> list[Case]:
    def case(label: str, losses: Any, lr: float, factor: float, patience: int) -> Case:
        return Case.one(label, losses=np.array(losses), lr=lr, factor=factor, patience=patience)

    return [
        case("three stalls", [3.0, 2.0, 2.0, 2.0, 2.0, 1.0], 0.1, 0.5, 1),
        case("always better", [5.0, 4.0, 3.0, 2.0, 1.0], 0.1, 0.5, 1),
        case("up and down", [3.0, 2.0, 2.5, 2.4, 2.3, 2.2, 2.1, 2.05], 1.0, 0.1, 2),
        case("a long plateau", np.full(9, 1.0), 1.0, 0.6, 2),
        case("better, then worse", [2.0, 2.1, 1.9, 2.0, 1.8, 1.9, 1.7], 1.0, 0.5, 1),
        case("no patience", [2.0, 2.1, 1.9, 2.0, 1.8, 1.9, 1.7], 0.3, 0.8, 0),
        case("worse after a drop", [2.0, 2.1, 2.2, 2.15, 2.05], 0.3, 0.7, 1),
        case("random", 1 + 0.1 * rng.random(25), float(rng.uniform(0.5, 2)), 0.5, 2),
    ]


plateau = Exercise(
    name="plateau",
    page="05_schedules",
    number=5,
    title="Reduce on a plateau",
    prompt=(
        "You get the `losses` of all epochs so far, in order, and the first rate `lr`. Return the rate after these "
        "epochs. A loss counts as better if it is below the best one so far. When more than `patience` losses in a row "
        "were not better, the rate is multiplied by `factor`, and the count starts again."
    ),
    source="""\
def plateau(losses, lr, factor, patience):
    best, bad = np.inf, 0
    for loss in losses:
        if loss < best:
            best, bad = loss, 0
        else:
            bad = bad + 1
        if bad > patience:
            lr, bad = lr * factor, 0
    return lr
""",
    returns=("lr",),
    cases=plateau_cases,
    hints=(
        "Go through the losses once and keep two things: the best so far, and how many in a row were not better.",
        "A better loss sets the count back to zero. So does a drop of the rate; the best loss stays.",
        "With patience = 1 one bad loss is tolerated, and the second one in a row lowers the rate.",
    ),
    asks={
        "losses": "what should each of the `losses` be compared with?",
        "lr": "when should `lr` change, and when should it be returned?",
        "factor": "when should `factor` be multiplied in?",
        "patience": "how many bad losses in a row should be allowed, and what should happen to the count then?",
    },
    limits={"patience": (0, None)},
    explanation=(
        "Compared with the best loss, not with the last one, a curve that only goes up and down is a plateau. The "
        "count starts again at a better loss and at each drop, so that a new rate gets its chance."
    ),
    after="`course_lib.optim.ReducePlateau` and PyTorch's `ReduceLROnPlateau` add a threshold and a cool-down.",
    accepts={
        "by index": (
            "def plateau(losses, lr, factor, patience):\n"
            "    count = 0\n"
            "    for i in range(1, len(losses)):\n"
            "        count = 0 if losses[i] < min(losses[:i]) else count + 1\n"
            "        if count == patience + 1:\n"
            "            lr, count = lr * factor, 0\n"
            "    return lr\n"
        ),
        "counting down": (
            "def plateau(losses, lr, factor, patience):\n"
            "    best, left = losses[0], patience\n"
            "    for loss in losses[1:]:\n"
            "        left = patience if loss < best else left - 1\n"
            "        best = min(best, loss)\n"
            "        if left < 0:\n"
            "            lr *= factor\n"
            "            left = patience\n"
            "    return lr\n"
        ),
        "float32": (
            "def plateau(losses, lr, factor, patience):\n"
            "    best, bad, lr = np.float32(np.inf), 0, np.float32(lr)\n"
            "    for loss in losses:\n"
            "        best, bad = (loss, 0) if loss < best else (best, bad + 1)\n"
            "        if bad > patience:\n"
            "            lr, bad = lr * np.float32(factor), 0\n"
            "    return lr\n"
        ),
    },
    mutants=(
        Mutant(
            "last, not best",
            "best, bad = loss, 0\n        else:\n            bad = bad + 1",
            "best, bad = loss, 0\n        else:\n            best, bad = loss, bad + 1",
            "You compare with the last loss, not with the best. Noise that goes up and down then never looks like a "
            "plateau.",
        ),
        Mutant(
            "one too few",
            "bad > patience",
            "bad >= patience",
            "You drop one loss early: `patience` bad losses are tolerated, and the next one lowers the rate.",
        ),
        Mutant(
            "one too few, after a bad one",
            "bad = bad + 1\n        if bad > patience:\n            lr, bad = lr * factor, 0",
            "bad = bad + 1\n            if bad >= patience:\n                lr, bad = lr * factor, 0",
            "One loss early: as many as `patience` bad losses are tolerated, and the next one lowers the rate.",
        ),
        Mutant(
            "returned in the loop",
            "lr, bad = lr * factor, 0\n    return lr",
            "lr, bad = lr * factor, 0\n        return lr",
            "Your `return` stands in the loop and ends it at the first loss. It comes after all of them.",
        ),
        Mutant(
            "one too many",
            "bad > patience",
            "bad > patience + 1",
            "You drop one loss late: the first bad loss beyond `patience` lowers the rate.",
        ),
        Mutant(
            "never forgives",
            "best, bad = loss, 0\n        else",
            "best = loss\n        else",
            "You go on counting after a better loss. It sets the count back to zero.",
        ),
        Mutant(
            "drops for ever",
            "lr, bad = lr * factor, 0",
            "lr = lr * factor",
            "After a drop your count goes on, so every bad loss from then on lowers the rate again. It starts again.",
        ),
        Mutant(
            "waits longer each time",
            "lr, bad = lr * factor, 0",
            "lr, bad, patience = lr * factor, 0, patience + 1",
            "Your patience grows with each drop. It is a constant.",
        ),
        Mutant(
            "only once",
            "lr, bad = lr * factor, 0",
            "lr, bad = lr * factor, -np.inf",
            "Your rate drops once. A further plateau lowers it again.",
        ),
        Mutant(
            "forgets the best",
            "lr, bad = lr * factor, 0",
            "lr, bad, best = lr * factor, 0, np.inf",
            "After a drop you forget the best loss, and the next one counts as better, however bad it is.",
        ),
        Mutant(
            "takes off",
            "lr * factor",
            "lr * (1 - factor)",
            "You take `factor` for the share that is taken off. It is the share that is kept.",
        ),
        Mutant(
            "equal is better",
            "loss < best",
            "loss <= best",
            "You count an equal loss as better, so a flat plateau would never be noticed.",
        ),
        Mutant(
            "larger is better",
            "best, bad = np.inf, 0\n    for loss in losses:\n        if loss < best",
            "best, bad = -np.inf, 0\n    for loss in losses:\n        if loss > best",
            "You wait for the values to rise, as for an accuracy. These are losses.",
        ),
    ),
)
