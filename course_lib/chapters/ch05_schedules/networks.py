"""The networks of chapter 5 on the digits: under every schedule, with and without warm-up, and in range tests.

The experiments read what is stored in networks.json, which ``python -m course_lib.chapters.ch05_schedules.networks``
writes in about a minute.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np

from course_lib.data import load_digits
from course_lib.ensembles import fit_many
from course_lib.nn import L2, BatchLoss, Dense, History, ReLU, Sequential
from course_lib.optim import SGD, Adam, Constant, Cosine, Momentum, Optimizer, RangeTest, Schedule, Warmup, range_test

from .shapes import SHAPES

STORED = Path(__file__).with_name("networks.json")
SEEDS = 5

#: Of the runs under every schedule.
EPOCHS, BATCH, RATES = 20, 10, (0.0003, 0.001, 0.003, 0.01, 0.03, 0.05, 0.1, 0.2)
#: Of the deep networks with warm-up.
DEEP_EPOCHS, DEEP_BATCH, DEEP_RATES = 10, 50, (0.003, 0.01, 0.03, 0.1)
WARMUPS, DECAYS = (0, 1, 3), ("constant", "cosine")
#: Of the range tests.
METHODS: dict[str, Optimizer] = {"SGD": SGD(0.1), "Momentum": Momentum(0.1), "Adam": Adam(0.1)}
BATCHES, RANGE_SEEDS = (10, 40, 160), 4

EXAMPLES = 1437


@cache
def _digits() -> Any:
    return load_digits(np.random.default_rng(0))


def steps_of(epochs: int, batch: int) -> int:
    """Return the number of steps in so many epochs of the 1,437 digits.

    >>> steps_of(epochs=20, batch=10)
    2880
    """
    return epochs * -(-EXAMPLES // batch)


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


def deep_network(rng: np.random.Generator) -> Sequential:
    """Return a network with eight hidden layers of 64 units."""
    hidden = [layer for _ in range(8) for layer in (Dense(64, 64, rng=rng), ReLU())]
    return Sequential(*hidden, Dense(64, 10, rng=rng))


def warmed(lr: Any, epochs: int, decay: str) -> Schedule:
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


def raise_rate(method: str, batch: int, seed: int) -> RangeTest:
    """Run a range test of 150 rates, from 0.00001 to 30, on a new network.

    Args:
        method: "SGD", "Momentum" or "Adam".
        batch: rows of a minibatch.
        seed: of the network and the minibatches.
    """
    rng = np.random.default_rng(seed)
    net, digits = network(rng), _digits()
    loss = BatchLoss(net, digits.x_train, digits.y_train, batch=batch, rng=rng, train=True)
    return range_test(loss, METHODS[method], net.params.flat, low=1e-5, high=30.0, steps=150)


def summary(histories: list[History]) -> dict[str, Any]:
    """Return what the experiment shows of the runs at one rate: the loss of each epoch, and the accuracy."""
    loss = np.array([history.loss for history in histories])
    return {
        "loss": np.median(loss, axis=0).round(4).tolist(),
        "low": loss.min(axis=0).round(3).tolist(),
        "high": loss.max(axis=0).round(3).tolist(),
        "accuracy": round(100 * float(np.median([history.val_accuracy[-1] for history in histories])), 2),
    }


def range_summary(test: RangeTest) -> dict[str, Any]:
    """Return what the experiment shows of a range test: its losses, and the rates that they suggest."""
    return {
        "losses": test.losses.round(3).tolist(),
        "smoothed": test.smoothed.round(3).tolist(),
        "lowest": test.lowest,
        "steepest": test.steepest,
    }


def measure() -> dict[str, Any]:
    """Train all networks that the experiments show, and return what is stored of them."""
    return {
        "schedules": {
            shape: dict(zip(map(str, RATES), map(summary, train(shape, RATES)), strict=True)) for shape in SHAPES
        },
        "warmup": {
            f"{lr} {epochs} {decay}": [(100 * np.array(history.val_accuracy)).round(1).tolist() for history in runs]
            for epochs, decay in product(WARMUPS, DECAYS)
            for lr, runs in zip(DEEP_RATES, train_deep(DEEP_RATES, epochs, decay), strict=True)
        },
        "range": {
            f"{method} {batch} {seed}": range_summary(raise_rate(method, batch, seed))
            for method, batch, seed in product(METHODS, BATCHES, range(RANGE_SEEDS))
        },
    }


if __name__ == "__main__":
    STORED.write_text(json.dumps(measure()) + "\n", encoding="utf-8")
