"""The experiments of chapter 5, *Learning-rate schedules*, that train networks: schedules, warm-up, the range test.

The functions of the controls come first in each part; they train the networks of many settings at once.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np

from course_lib.data import load_digits
from course_lib.ensembles import fit_many
from course_lib.explore.experiment import Data, Experiment, experiment
from course_lib.explore.parts import axis, band, choice, colour_of, line, panel, readout, rule, slider
from course_lib.nn import L2, BatchLoss, Dense, History, ReLU, Sequential
from course_lib.optim import SGD, Adam, Constant, Cosine, Momentum, Optimizer, Warmup
from course_lib.optim import range_test as raise_rate

from .shapes import SHAPES

# ---------------------------------------------------------------- 1 · schedules

EPOCHS, BATCH, SEEDS = 20, 10, 5
RATES = (0.0003, 0.001, 0.003, 0.01, 0.03, 0.05, 0.1, 0.2)
REFERENCE = 0.01  # the best of them, where the rate is constant


@cache
def _digits() -> Any:
    return load_digits(np.random.default_rng(0))


def steps_of(epochs: int, batch: int) -> int:
    """Return the number of steps in so many epochs of the digits.

    >>> steps_of(epochs=20, batch=10)
    2880
    """
    return epochs * -(-len(_digits().x_train) // batch)


def network(rng: np.random.Generator) -> Sequential:
    """Return the chapter's network: 64 pixels, 32 hidden units, 10 classes."""
    return Sequential(Dense(64, 32, rng=rng), ReLU(), Dense(32, 10, rng=rng))


@cache
def train(shape: str, rates: tuple[float, ...], seeds: int = SEEDS) -> list[list[History]]:
    """Train a network on each seed at each rate, for 20 epochs of minibatches of 10, with momentum 0.9 and L2(0.01).

    Args:
        shape: the name of a schedule in `SHAPES`.
        rates: the largest rates.
        seeds: how many, from 0 on.

    Returns:
        The histories: a list for each rate, and in it one for each seed. They are kept for the next call.
    """
    rngs = [np.random.default_rng(seed) for _ in rates for seed in range(seeds)]
    schedule = SHAPES[shape](np.repeat(rates, seeds)[:, None], steps_of(EPOCHS, BATCH))
    histories = fit_many(
        [network(rng) for rng in rngs],
        _digits(),
        Momentum(schedule, rho=0.9),
        epochs=EPOCHS,
        batch=BATCH,
        rngs=rngs,
        penalty=L2(0.01),
    )
    return [histories[i : i + seeds] for i in range(0, len(histories), seeds)]


@cache
def _curves(shape: str) -> dict[float, Data]:
    """Return for each rate the schedule, the loss over the epochs, and what the readouts show.

    All rates are trained together, which takes hardly longer than one.
    """
    steps, epochs = steps_of(EPOCHS, BATCH), np.arange(1, EPOCHS + 1)
    times = np.linspace(0, steps - 1, 121).round()
    found = {}
    for lr, histories in zip(RATES, train(shape, RATES), strict=True):
        loss = np.array([history.loss for history in histories])
        middle = np.median(loss, axis=0)
        found[lr] = {
            "rate": {"x": EPOCHS * times / steps, "y": SHAPES[shape](lr, steps)(times)},
            "loss": {"x": epochs, "y": middle},
            "range": {"x": epochs, "low": loss.min(axis=0), "high": loss.max(axis=0)},
            "first": middle[0],
            "before": middle[EPOCHS // 2 - 1],
            "after": middle[EPOCHS // 2],
            "end": middle[-1],
            "accuracy": 100 * np.median([history.val_accuracy[-1] for history in histories]),
        }
    return found


def _schedules(grid: dict[str, list[Any]]) -> list[Data]:
    best = {"end_best": _curves("constant")[REFERENCE]["end"]}
    return [_curves(shape)[lr] | best for shape in grid["shape"] for lr in grid["lr"]]


def _best() -> Data:
    return {"best": _curves("constant")[REFERENCE]["loss"]}


@experiment(page="05_schedules")
def schedules(**values: Any) -> Experiment:
    """Show how the loss of a network on the digits falls under a schedule, the best constant rate beside it.

    Controls: ``shape`` (a name in `SHAPES`) and ``lr``, the largest rate.

    >>> schedules(shape="cosine", lr=0.1).params["shape"]
    'cosine'
    """
    color = "#0072B2"
    return Experiment(
        "schedules",
        [
            choice("shape", "Schedule", {name: name for name in SHAPES}, "constant"),
            slider("lr", "largest rate α₀", values=RATES, value=0.1, format=".2~g"),
        ],
        None,
        [
            panel(
                "The rate",
                axis("epoch", (0, EPOCHS)),
                axis("α", (1e-6, 0.5), log=True),
                [line("rate", color=color, width=2)],
                alt="The learning rate over the epochs, on a logarithmic axis.",
            ),
            panel(
                "Loss in each epoch",
                axis("epoch", (1, EPOCHS)),
                axis("loss, penalty included", (0.4, 2.8)),
                [
                    rule(float(np.log(10)), label="a guess among ten classes"),
                    line("best", label=f"constant {REFERENCE:g}", color="currentColor", width=1.5),
                    band("range", color=color),
                    line("loss", label="this schedule", color=color, width=2.5),
                ],
                alt="The training loss over 20 epochs, median and range of five seeds, beside that of the best constant"
                " rate.",
            ),
        ],
        readouts=[
            readout("first", "loss in epoch 1", format=".2f", color=color),
            readout("before", "in epoch 10", format=".2f", color=color),
            readout("after", "in epoch 11", format=".2f", color=color),
            readout("end", "in epoch 20", format=".3f", color=color),
            readout("end_best", f"constant {REFERENCE:g}, in epoch 20", format=".3f"),
            readout("accuracy", "validation accuracy, %", format=".1f"),
        ],
        compute_all=_schedules,
        backdrop=_best,
        caption="The rate over 20 epochs, and the loss it leads to: the median of five seeds, the band from the lowest"
        " to the highest.",
        alt="A learning-rate schedule and the training loss under it, beside that of the best constant rate.",
        values=values,
    )


# ---------------------------------------------------------------- 2 · warm-up

DEEP_EPOCHS, DEEP_BATCH, DEEP_RATES = 10, 50, [0.003, 0.01, 0.03, 0.1]


def deep_network(rng: np.random.Generator) -> Sequential:
    """Return a network with eight hidden layers of 64 units."""
    hidden = [layer for _ in range(8) for layer in (Dense(64, 64, rng=rng), ReLU())]
    return Sequential(*hidden, Dense(64, 10, rng=rng))


def warmed(lr: Any, epochs: int, decay: str) -> Any:
    """Return a schedule of 10 epochs of 29 steps: a linear warm-up, then a constant rate or half a cosine.

    >>> schedule = warmed(0.03, 1, "cosine")
    >>> schedule([0, 29, 290]).round(4)
    array([0.001, 0.03 , 0.   ])
    """
    rise = steps_of(epochs, DEEP_BATCH)
    rest = Cosine(lr, steps=steps_of(DEEP_EPOCHS, DEEP_BATCH) - rise) if decay == "cosine" else Constant(lr)
    return Warmup(rest, steps=rise, start=lr / (rise + 1)) if rise else rest


def train_deep(rates: Sequence[float], epochs: int, decay: str, seeds: int = SEEDS) -> list[list[History]]:
    """Train the deep network by Adam on each seed at each rate, for 10 epochs of minibatches of 50.

    Args:
        rates: the largest rates.
        epochs: of warm-up.
        decay: "constant" or "cosine", after it.
        seeds: how many, from 0 on.

    Returns:
        The histories: a list for each rate, and in it one for each seed.
    """
    rngs = [np.random.default_rng(seed) for _ in rates for seed in range(seeds)]
    schedule = warmed(np.repeat(rates, seeds)[:, None], epochs, decay)
    histories = fit_many(
        [deep_network(rng) for rng in rngs], _digits(), Adam(schedule), epochs=DEEP_EPOCHS, batch=DEEP_BATCH, rngs=rngs
    )
    return [histories[i : i + seeds] for i in range(0, len(histories), seeds)]


@cache
def _deep_curves(rates: tuple[float, ...], epochs: int, decay: str) -> list[Data]:
    steps = steps_of(DEEP_EPOCHS, DEEP_BATCH)
    times = np.arange(0, steps, 3)
    found = []
    for lr, histories in zip(rates, train_deep(rates, epochs, decay), strict=True):
        accuracy = 100 * np.array([history.val_accuracy for history in histories])
        answer = {
            "rate": {"x": DEEP_EPOCHS * times / steps, "y": warmed(lr, epochs, decay)(times)},
            "mean": accuracy[:, -1].mean(),
            "worst": accuracy[:, -1].min(),
            "good": int((accuracy[:, -1] > 90).sum()),
        }
        for seed, one in enumerate(accuracy):
            answer[f"seed {seed}"] = {"x": np.arange(1, DEEP_EPOCHS + 1), "y": one}
        found.append(answer)
    return found


def _warmup(grid: dict[str, list[Any]]) -> list[Data]:
    found = {
        (epochs, decay): _deep_curves(tuple(grid["lr"]), int(epochs), decay)
        for epochs in grid["epochs"]
        for decay in grid["decay"]
    }
    return [
        found[epochs, decay][i] for i in range(len(grid["lr"])) for epochs in grid["epochs"] for decay in grid["decay"]
    ]


@experiment(page="05_schedules")
def warmup(**values: Any) -> Experiment:
    """Show five deep networks that Adam trains at one peak rate, with and without warm-up and decay.

    Controls: ``lr``, ``epochs`` of warm-up, ``decay`` (``"constant"`` or ``"cosine"``).

    >>> warmup(lr=0.03, epochs=1).params["epochs"]
    1.0
    """
    color = colour_of("Adam")
    return Experiment(
        "warmup",
        [
            slider("lr", "peak rate α₀", values=DEEP_RATES, value=0.03, format=".2~g"),
            slider("epochs", "epochs of warm-up", values=[0, 1, 3], value=0, format="d"),
            choice("decay", "Afterwards", {"constant": "constant", "cosine": "cosine to zero"}, "cosine"),
        ],
        None,
        [
            panel(
                "The rate",
                axis("epoch", (0, DEEP_EPOCHS)),
                axis("α", (3e-5, 0.2), log=True),
                [line("rate", color=color, width=2)],
                alt="The learning rate over ten epochs, on a logarithmic axis.",
            ),
            panel(
                "Validation accuracy of five seeds",
                axis("epoch", (1, DEEP_EPOCHS)),
                axis("accuracy, %", (0, 100)),
                [
                    rule(90, label="90 %"),
                    *[line(f"seed {seed}", color=color, width=1.5) for seed in range(SEEDS)],
                ],
                alt="Validation accuracy over ten epochs, a line for each of five seeds.",
            ),
        ],
        readouts=[
            readout("mean", "mean accuracy at the end, %", format=".0f", color=color),
            readout("worst", "worst of the five, %", format=".0f", color=color),
            readout("good", "above 90 %, of five", format="d"),
        ],
        compute_all=_warmup,
        caption="Adam on a network with eight hidden layers: each line is one seed, and at a high peak rate the lines"
        " scatter.",
        alt="A schedule with warm-up, and the validation accuracy of five deep networks under it.",
        values=values,
    )


# ---------------------------------------------------------------- 3 · range test

_METHODS: dict[str, Optimizer] = {"SGD": SGD(0.1), "Momentum": Momentum(0.1), "Adam": Adam(0.1)}


@cache
def _range_test(method: str, batch: float, seed: float) -> Data:
    rng = np.random.default_rng(int(seed))
    net, digits = network(rng), _digits()
    loss = BatchLoss(net, digits.x_train, digits.y_train, batch=int(batch), rng=rng, train=True)
    found = raise_rate(loss, _METHODS[method], net.params.flat, low=1e-5, high=30.0, steps=150)
    return {
        "each": {"x": found.rates, "y": np.minimum(found.losses, 10)},
        "smooth": {"x": found.rates, "y": np.minimum(found.smoothed, 10)},
        "lowest": found.lowest,
        "suggestion": found.suggestion,
        "steepest": found.steepest,
    }


@experiment(page="05_schedules")
def rising_rate(**values: Any) -> Experiment:
    """Show a learning-rate range test: the loss while the rate is raised at every step.

    Controls: ``method`` (``"SGD"``, ``"Momentum"``, ``"Adam"``), ``batch``, ``seed``.

    >>> rising_rate(method="Adam").params["batch"]
    40.0
    """
    color = "#0072B2"
    return Experiment(
        "rising_rate",
        [
            choice("method", "Method", {name: name for name in _METHODS}, "Momentum"),
            slider("batch", "batch", values=[10, 40, 160], value=40, format="d"),
            slider("seed", "seed", values=[0, 1, 2, 3, 4, 5, 6, 7], value=0, format="d"),
        ],
        _range_test,
        [
            panel(
                "The rate rises at every step",
                axis("rate α", (1e-5, 30), log=True),
                axis("loss of the minibatch", (0, 6)),
                [
                    rule("suggestion", axis="x", label="a tenth of it"),
                    rule("lowest", axis="x", label="lowest", dashed=False),
                    line("each", label="each step", color="#8A7A12", width=0.8),
                    line("smooth", label="smoothed", color=color, width=2.5),
                ],
                ratio=0.5,
                alt="The loss against the rate on a logarithmic axis: level, then falling, then exploding.",
            )
        ],
        readouts=[
            readout("lowest", "smoothed loss is lowest at", format=".2~g", color=color),
            readout("suggestion", "a tenth of that", format=".2~g"),
            readout("steepest", "falls most steeply at", format=".2~g"),
        ],
        tabulated=True,
        caption="One short run: at small rates nothing happens, then the loss falls, and at the limit of stability it"
        " turns.",
        alt="A learning-rate range test: the loss while the rate rises, with a suggested rate.",
        values=values,
    )
