"""The networks of chapter 1 on the digits: deep stacks, ten runs of which nine have a fault, and a map to search.

The experiments read what is stored in networks.json, which ``python -m course_lib.chapters.ch01_first_step.networks``
writes in about a minute.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np

from course_lib.data import load_digits
from course_lib.ensembles import fit_many
from course_lib.nn import (
    L2,
    Babysitting,
    Dense,
    Diverged,
    History,
    ReLU,
    Sequential,
    Tanh,
    babysit,
    fit,
    softmax_cross_entropy,
)
from course_lib.nn.depth import Init
from course_lib.optim import Momentum

STORED = Path(__file__).with_name("networks.json")
SEEDS = 5

#: Of the ten runs.
EPOCHS = 15
#: Of the map: rates and strengths of the penalty.
MAP_RATES = np.geomspace(1e-4, 3, 25)
MAP_STRENGTHS = np.geomspace(1e-6, 0.3, 13)
MAP_EPOCHS = 5


@cache
def _digits() -> Any:
    return load_digits(np.random.default_rng(0))


def scaled(scale: float) -> Init:
    """Return a rule of initialization: W ~ N(0, scale²/fan_in).

    >>> bool(scaled(0.0)(np.random.default_rng(0), 3, 2, np.dtype(float)).any())
    False
    """
    return lambda rng, n_in, n_out, dtype: (scale / math.sqrt(n_in) * rng.standard_normal((n_in, n_out))).astype(dtype)


def stack(rng: np.random.Generator, scale: float, activation: type = Tanh, depth: int = 10) -> Sequential:
    """Return a network of `depth` hidden layers of 64 units, with weights of scale²/fan_in."""
    layers = [part for _ in range(depth) for part in (Dense(64, 64, rng=rng, init=scaled(scale)), activation())]
    return Sequential(*layers, Dense(64, 10, rng=rng, init=scaled(scale)))


# ---------------------------------------------------------------- ten runs


def uphill(scores: np.ndarray, y: np.ndarray) -> tuple[float, np.ndarray]:
    """Return the softmax cross-entropy with a gradient of the wrong sign."""
    loss, grad = softmax_cross_entropy(scores, y)
    return loss, -grad


@dataclass(frozen=True)
class Run:
    """A training run of 15 epochs: what is wrong with it, in words, and the settings that make it so."""

    fault: str
    lr: float = 0.05
    scale: float = 1.0
    strength: float = 0.0
    data: str = "as it is"
    loss: Any = softmax_cross_entropy


#: In the order of the experiment's letters.
RUNS = {
    "a": Run("the rate is too low: 0.0005", lr=0.0005),
    "b": Run("weights 10 times too large", scale=10.0),
    "c": Run("nothing: this run is healthy"),
    "d": Run("the training labels are shuffled", data="shuffled"),
    "e": Run("the rate is too high: 0.4", lr=0.4),
    "f": Run("weights 100 times too small", scale=0.01),
    "g": Run("only 100 training examples", data="few"),
    "h": Run("all inputs are moved by 3", data="moved"),
    "i": Run("the penalty is too strong: L2(0.3)", strength=0.3),
    "j": Run("the gradient has the wrong sign", lr=0.0001, loss=uphill),
}


def prepared(kind: str, rng: np.random.Generator) -> Any:
    """Return the digits as a run gets them: as they are, with shuffled labels, 100 of them, or moved by 3."""
    digits = _digits()
    if kind == "shuffled":
        return digits._replace(y_train=rng.permutation(digits.y_train))
    if kind == "few":
        return digits._replace(x_train=digits.x_train[:100], y_train=digits.y_train[:100])
    if kind == "moved":
        return digits._replace(x_train=digits.x_train + 3, x_val=digits.x_val + 3)
    return digits


def start(run: Run, rng: np.random.Generator) -> Sequential:
    """Return the network of a run before its first step: 64-32-32-10, with `scale` times He's weights."""
    init = scaled(run.scale * math.sqrt(2))
    sizes = (64, 32, 32, 10)
    dense = [Dense(a, b, rng=rng, init=init) for a, b in pairwise(sizes)]
    return Sequential(dense[0], ReLU(), dense[1], ReLU(), dense[2])


def check(run: Run, seed: int) -> Babysitting:
    """Return what `babysit` reports of a run before it is trained."""
    rng = np.random.default_rng(seed)
    data = prepared(run.data, rng)
    return babysit(start(run, rng), data, rng, optimizer=Momentum(run.lr), loss=run.loss)


def train(run: Run, seed: int) -> History:
    """Train the network of a run for 15 epochs of minibatches of 50; return the history, though it diverged."""
    rng = np.random.default_rng(seed)
    data = prepared(run.data, rng)
    net, penalty = start(run, rng), L2(run.strength) if run.strength else None
    try:
        return fit(net, data, Momentum(run.lr), epochs=EPOCHS, rng=rng, loss=run.loss, penalty=penalty)
    except Diverged as broken:
        return broken.history


def _median(rows: list[Any]) -> Any:
    return np.median(np.array(rows, float), axis=0).round(4).tolist()


def summary(run: Run, seeds: int = SEEDS) -> dict[str, Any]:
    """Return what the experiment shows of a run: medians over seeds."""
    histories = [train(run, seed) for seed in range(seeds)]
    checks = [check(run, seed) for seed in range(seeds)]
    dead = [max(100 * off / units for off, units in report.dead.values()) for report in checks]
    return {
        "loss": _median([history.loss for history in histories]),
        "val_loss": _median([history.val_loss for history in histories]),
        "accuracy": 100 * _median([history.val_accuracy[-1] for history in histories]),
        "initial": _median([report.initial_loss for report in checks]),
        "ten": _median([report.ten_loss for report in checks]),
        "ratio": float(np.median([np.median(list(report.ratios.values())) for report in checks])),
        "dead": _median(dead),
    }


# ---------------------------------------------------------------- the map


def map_of(seeds: int = SEEDS) -> np.ndarray:
    """Return mean validation accuracies in %: a row for each strength of L2, a column for each rate.

    The networks have 32 hidden units, and are trained for 5 epochs of minibatches of 50, with momentum.
    """
    rates = np.tile(MAP_RATES, len(MAP_STRENGTHS))[:, None]
    penalties = [L2(float(strength)) for strength in np.repeat(MAP_STRENGTHS, len(MAP_RATES))]
    total = np.zeros(len(rates))
    for seed in range(seeds):
        rngs = [np.random.default_rng(seed) for _ in rates]
        nets = [Sequential(Dense(64, 32, rng=rng), ReLU(), Dense(32, 10, rng=rng)) for rng in rngs]
        histories = fit_many(
            nets, _digits(), Momentum(rates), epochs=MAP_EPOCHS, rngs=rngs, penalty=penalties, diverged="keep"
        )
        total += [100 * history.val_accuracy[-1] if len(history.loss) == MAP_EPOCHS else 10.0 for history in histories]
    return (total / seeds).reshape(len(MAP_STRENGTHS), len(MAP_RATES))


def measure() -> dict[str, Any]:
    """Train all networks that the experiments show, and return what is stored of them."""
    return {
        "runs": {name: summary(run) for name, run in RUNS.items()},
        "map": map_of().round(1).tolist(),
    }


if __name__ == "__main__":
    STORED.write_text(json.dumps(measure()) + "\n", encoding="utf-8")
