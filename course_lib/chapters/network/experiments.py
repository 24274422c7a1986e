"""The experiment of the page *A network in this page*."""

import functools
from typing import Any

import numpy as np

from course_lib.chapters.network.training import EPOCHS, GREYS, TRAIN, begin
from course_lib.data import load_digits
from course_lib.explore.experiment import Data, Experiment, experiment
from course_lib.explore.live import Live, finish
from course_lib.explore.parts import axis, colour_of, line, panel, readout, slider
from course_lib.explore.yours import Yours
from course_lib.optim import SGD, Adam, Momentum

_TEST = 500


@functools.cache
def digits() -> dict[str, Any]:
    """Return 300 digits to train on and 500 to test with: each pixel a letter, and the labels."""
    data = load_digits(np.random.default_rng(0), train=TRAIN, test=_TEST)
    x = np.concatenate([data.x_train, data.x_test])
    y = np.concatenate([data.y_train, data.y_test])
    return {"pixels": "".join(GREYS[k] for k in (16 * x).astype(int).ravel()), "labels": y.tolist()}


def _sgd(sgd: float, seed: int, pixels: str, labels: Any) -> Any:
    return begin("SGD", SGD(lr=sgd), seed, pixels, labels)


def _momentum(momentum: float, seed: int, pixels: str, labels: Any) -> Any:
    return begin("Momentum", Momentum(lr=momentum, rho=0.9), seed, pixels, labels)


def _adam(adam: float, seed: int, pixels: str, labels: Any) -> Any:
    return begin("Adam", Adam(lr=adam), seed, pixels, labels)


def _begin_yours(mine: Any, seed: int, pixels: str, labels: Any) -> Any:
    return begin("yours", mine, seed, pixels, labels)


def _training(sgd: float, momentum: float, adam: float, seed: int, pixels: str, labels: Any) -> Data:
    data = {}
    for run in [
        _sgd(sgd, seed, pixels, labels),
        _momentum(momentum, seed, pixels, labels),
        _adam(adam, seed, pixels, labels),
    ]:
        seen = finish(run, EPOCHS)
        for key in seen:
            data[key] = seen[key]
    return data


def _yours(mine: Any, seed: int, pixels: str, labels: Any) -> Data:
    return finish(_begin_yours(mine, seed, pixels, labels), EPOCHS)


_METHODS = ("SGD", "Momentum", "Adam")


@experiment(page="network")
def training(**values: Any) -> Experiment:
    """SGD, Momentum and Adam train a small network on digits, in the page: loss and test accuracy by epoch.

    Controls: ``sgd``, ``momentum`` and ``adam``, the rates of the three, ``lr``, that of a reader's own optimizer, and
    ``seed``, of the initial weights and the shuffles.

    >>> data = training().data
    >>> [round(data["SGD"]["loss"][epoch], 2) for epoch in (0, 20)], round(data["accuracy_SGD"], 1)
    ([2.46, 0.04], 93.6)
    """
    return Experiment(
        "training",
        [
            slider("sgd", "SGD: rate α", 0.001, 3, 0.5, log=True, format=".2~g"),
            slider("momentum", "Momentum: rate α", 0.001, 3, 0.1, log=True, format=".2~g"),
            slider("adam", "Adam: rate α", 0.0001, 1, 0.01, log=True, format=".2~g"),
            slider("seed", "seed", values=range(20), value=0, format=".0f"),
            slider("lr", "your rate α", 0.0001, 3, 0.01, log=True, format=".2~g"),
        ],
        _training,
        [
            panel(
                "Training loss",
                axis("epoch", (0, EPOCHS)),
                axis("loss of 300 digits", (1e-3, 10), log=True),
                [line(n, x="step", y="loss", label=n, color=colour_of(n)) for n in _METHODS],
                alt="The training loss of each method after each epoch, on a logarithmic axis.",
            ),
            panel(
                "Test accuracy",
                axis("epoch", (0, EPOCHS)),
                axis("right of 500 digits, %", (0, 100)),
                [line(n, x="step", y="accuracy", label=n, color=colour_of(n)) for n in _METHODS],
                alt="The test accuracy of each method after each epoch: it rises from a guess towards 95 %.",
            ),
        ],
        readouts=[
            *[
                readout(f"loss_{n}", f"{n}: last loss", format=".3f", color=colour_of(n), missing="no number")
                for n in _METHODS
            ],
            *[
                readout(f"accuracy_{n}", f"{n}: test accuracy, %", format=".1f", color=colour_of(n), missing="none")
                for n in _METHODS
            ],
        ],
        caption="Each rate has its slider. The network trains anew in your browser, epoch by epoch.",
        alt="SGD, Momentum and Adam train a network on digits: loss and test accuracy after each of 20 epochs.",
        assets={"pixels": lambda: digits()["pixels"], "labels": lambda: digits()["labels"]},
        yours=Yours(_yours, like="Adam", alone=("lr",)),
        live=Live(EPOCHS, {"SGD": _sgd, "Momentum": _momentum, "Adam": _adam}, yours=_begin_yours),
        values=values,
    )
