"""The experiments of chapter 5, *Learning-rate schedules*, that show networks: schedules, warm-up, the range test.

Their networks were trained before (networks.py); what is drawn is read from networks.json.
"""

import json
from functools import cache
from typing import Any

import numpy as np

from course_lib.explore.experiment import Data, Experiment, experiment
from course_lib.explore.parts import axis, band, choice, colour_of, line, panel, readout, rule, slider

from .networks import (
    BATCH,
    BATCHES,
    DEEP_BATCH,
    DEEP_EPOCHS,
    DEEP_RATES,
    EPOCHS,
    METHODS,
    RANGE_SEEDS,
    RATES,
    SEEDS,
    STORED,
    WARMUPS,
    steps_of,
    warmed,
)
from .shapes import SHAPES


@cache
def _stored() -> dict[str, Any]:
    return json.loads(STORED.read_text("utf-8"))


# ---------------------------------------------------------------- 1 · schedules

REFERENCE = 0.01  # the best of the rates, where it is constant


def _schedules(shape: str, lr: float) -> Data:
    runs, epochs, steps = _stored()["schedules"][shape][str(lr)], np.arange(1, EPOCHS + 1), steps_of(EPOCHS, BATCH)
    times = np.linspace(0, steps - 1, 121).round()
    return {
        "rate": {"x": EPOCHS * times / steps, "y": SHAPES[shape](lr, steps)(times)},
        "loss": {"x": epochs, "y": runs["loss"]},
        "range": {"x": epochs, "low": runs["low"], "high": runs["high"]},
        "first": runs["loss"][0],
        "before": runs["loss"][EPOCHS // 2 - 1],
        "after": runs["loss"][EPOCHS // 2],
        "end": runs["loss"][-1],
        "end_best": _stored()["schedules"]["constant"][str(REFERENCE)]["loss"][-1],
        "accuracy": runs["accuracy"],
    }


def _best() -> Data:
    loss = _stored()["schedules"]["constant"][str(REFERENCE)]["loss"]
    return {"best": {"x": np.arange(1, EPOCHS + 1), "y": loss}}


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
        _schedules,
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
        tabulated=True,
        backdrop=_best,
        caption="The rate over 20 epochs, and the loss it leads to: the median of five seeds, the band from the lowest"
        " to the highest.",
        alt="A learning-rate schedule and the training loss under it, beside that of the best constant rate.",
        values=values,
    )


# ---------------------------------------------------------------- 2 · warm-up


def _warmup(lr: float, epochs: float, decay: str) -> Data:
    runs, steps = _stored()["warmup"][f"{lr} {int(epochs)} {decay}"], steps_of(DEEP_EPOCHS, DEEP_BATCH)
    times, last = np.arange(0, steps, 3), np.array([run[-1] for run in runs])
    data: Data = {
        "rate": {"x": DEEP_EPOCHS * times / steps, "y": warmed(lr, int(epochs), decay)(times)},
        "mean": last.mean(),
        "worst": last.min(),
        "good": int((last > 90).sum()),
    }
    for seed, run in enumerate(runs):
        data[f"seed {seed}"] = {"x": np.arange(1, DEEP_EPOCHS + 1), "y": run}
    return data


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
            slider("epochs", "epochs of warm-up", values=WARMUPS, value=0, format="d"),
            choice("decay", "Afterwards", {"constant": "constant", "cosine": "cosine to zero"}, "cosine"),
        ],
        _warmup,
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
            readout("mean", "mean accuracy at the end, %", format=".1f", color=color),
            readout("worst", "worst of the five, %", format=".1f", color=color),
            readout("good", "above 90 %, of five", format="d"),
        ],
        tabulated=True,
        caption="Adam on a network with eight hidden layers: each line is one seed, and at a high peak rate the lines"
        " scatter.",
        alt="A schedule with warm-up, and the validation accuracy of five deep networks under it.",
        values=values,
    )


# ---------------------------------------------------------------- 3 · range test


def _range_test(method: str, batch: float, seed: float) -> Data:
    test = _stored()["range"][f"{method} {int(batch)} {int(seed)}"]
    rates = np.geomspace(1e-5, 30, 150)[: len(test["losses"])]
    return {
        "each": {"x": rates, "y": np.minimum(test["losses"], 10)},
        "smooth": {"x": rates, "y": np.minimum(test["smoothed"], 10)},
        "lowest": test["lowest"],
        "suggestion": test["lowest"] / 10,
        "steepest": test["steepest"],
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
            choice("method", "Method", {name: name for name in METHODS}, "Momentum"),
            slider("batch", "batch", values=BATCHES, value=40, format="d"),
            slider("seed", "seed", values=range(RANGE_SEEDS), value=0, format="d"),
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
