"""The network of chapter 9: 300 digits, some of whose labels are wrong, which it can learn by heart.

The experiment `strength` reads what is stored in networks.json, which ``python -m
course_lib.chapters.ch09_penalties.networks`` writes in about a minute.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from course_lib.data import Data, load_digits, wrong_labels
from course_lib.ensembles import fit_many
from course_lib.nn import (
    L1,
    L2,
    BatchNorm,
    Dense,
    EarlyStopping,
    ElasticNet,
    History,
    Penalty,
    ReLU,
    Sequential,
    accuracy,
    fit,
)
from course_lib.optim import Cosine, Momentum

STORED = Path(__file__).with_name("networks.json")

EXAMPLES, TESTS, EPOCHS, BATCH, RATE = 300, 1000, 100, 50, 0.1
#: Of the experiment: strengths, shares of wrong labels in %, and the epochs between two points of a curve.
STRENGTHS = (0.0, 0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1)
WRONG = (0, 30)
EVERY = 2
SEEDS = 4


@cache
def digits(seed: int, wrong: float = 0.3) -> Data:
    """Return 300 digits to train on, a share of their labels wrong, and 1,000 others, with the right ones, to test.

    The test digits are in the place of the validation set, so that `fit` tests on them after every epoch. A second
    set, of 100 digits with as large a share of wrong labels, is in the place of the test set.

    >>> data = digits(0)
    >>> len(data.y_train), len(data.y_val), len(data.y_test)
    (300, 1000, 100)
    """
    rng = np.random.default_rng(seed)
    data = load_digits(rng, train=EXAMPLES, val=TESTS, test=100)
    if not wrong:
        return data
    y_train, y_test = (wrong_labels(y, wrong, rng)[0] for y in (data.y_train, data.y_test))
    return data._replace(y_train=y_train, y_test=y_test)


def network(rng: np.random.Generator, normalize: bool = False) -> Sequential:
    """Return a network from 64 pixels to 10 classes with 64 hidden units, if asked for with batch normalization."""
    norm = [BatchNorm(64)] if normalize else []
    return Sequential(Dense(64, 64, rng=rng), *norm, ReLU(), Dense(64, 10, rng=rng))


def method() -> Momentum:
    """Return the method of all runs: momentum 0.9, with a cosine from 0.1 to 0 over 100 epochs."""
    return Momentum(Cosine(RATE, steps=EPOCHS * EXAMPLES // BATCH))


def train(
    seed: int, penalty: Penalty | None = None, *, wrong: float = 0.3, normalize: bool = False, **options: Any
) -> tuple[Sequential, History]:
    """Train one network for 100 epochs of minibatches of 50; the options are those of `fit`."""
    rng = np.random.default_rng(seed)
    net = network(rng, normalize)
    log = fit(net, digits(seed, wrong), method(), epochs=EPOCHS, batch=BATCH, rng=rng, penalty=penalty, **options)
    return net, log


def train_many(seed: int, penalties: Sequence[Penalty], wrong: float = 0.3) -> tuple[list[Sequential], list[History]]:
    """Train a network with each of several penalties, as `train` does, all together."""
    rngs = [np.random.default_rng(seed) for _ in penalties]
    nets = [network(rng) for rng in rngs]
    logs = fit_many(nets, digits(seed, wrong), method(), epochs=EPOCHS, batch=BATCH, rngs=rngs, penalty=penalties)
    return nets, logs


def ends(log: History) -> tuple[float, float]:
    """Return the accuracies in % in the last epoch: on the training labels, wrong ones included, and on the tests."""
    return 100 * log.accuracy[-1], 100 * log.val_accuracy[-1]


def sweep(strengths: Sequence[float], seeds: int, wrong: float = 0.3) -> np.ndarray:
    """Train with L2 at several strengths.

    Returns:
        Accuracies in % at the end, shape (2, seeds, strengths): on the training labels, and on the test digits.
    """
    penalties = [L2(strength) for strength in strengths]
    found = [[ends(log) for log in train_many(seed, penalties, wrong)[1]] for seed in range(seeds)]
    return np.moveaxis(np.array(found), 2, 0)


def stopped(seed: int) -> tuple[int, float]:
    """Train without a penalty, and keep the epoch in which 100 more digits, with as many wrong labels, are best named.

    Returns:
        The epoch, and the accuracy in % on the 1,000 test digits then.
    """
    data, rng = digits(seed), np.random.default_rng(seed)
    net, watched = network(rng), data._replace(x_val=data.x_test, y_val=data.y_test)
    rule = EarlyStopping(None, watch="val_accuracy")
    log = fit(net, watched, method(), epochs=EPOCHS, batch=BATCH, rng=rng, early_stopping=rule)
    return log.best, 100 * accuracy(net.forward(data.x_val), data.y_val)


def weights(net: Sequential) -> np.ndarray:
    """Return all weights of a network, without its biases, as one array."""
    return np.concatenate([w.ravel() for name, w in net.params.items() if name.endswith("W")])


def pixels(net: Sequential) -> np.ndarray:
    """Return what the first layer takes from each pixel: the sum of |w| over the hidden units, shape (8, 8)."""
    return np.abs(net.params["0.W"]).sum(axis=1).reshape(8, 8)


def proximal(kind: str, strength: float) -> Penalty:
    """Return an L1 penalty or an elastic net for proximal steps that act like a gradient of this strength.

    Momentum 0.9 goes ten times as far as its rate says, as gradients add up in it. The proximal step does not, so its
    strength is ten times as large. The elastic net has a tenth of its strength in its L1 part.

    >>> proximal("L1", 0.002), proximal("elastic", 0.01)
    (L1(0.02), ElasticNet(l1=0.01, l2=0.1))
    """
    return L1(10 * strength) if kind == "L1" else ElasticNet(strength, 10 * strength)


def trained(kind: str, strength: float, seed: int, wrong: float = 0.3) -> tuple[Sequential, History]:
    """Train as `train` does with one of the experiment's penalties: "L2", "L1" or "elastic"."""
    if kind == "L2":
        return train(seed, L2(strength), wrong=wrong)
    return train(seed, proximal(kind, strength), wrong=wrong, proximal=True)


def summary(runs: Sequence[tuple[Sequential, History]]) -> dict[str, Any]:
    """Return what the experiment shows of networks that differ in their seeds: means."""
    nets, logs = zip(*runs, strict=True)
    return {
        "train": _mean([100 * log.accuracy[EVERY - 1 :: EVERY] for log in logs]),
        "test": _mean([100 * log.val_accuracy[EVERY - 1 :: EVERY] for log in logs]),
        "zeros": _mean([100 * np.mean(weights(net) == 0) for net in nets]),
        "norm": _mean([np.linalg.norm(weights(net)) for net in nets]),
    }


def _mean(rows: Sequence[Any]) -> Any:
    return np.mean(np.asarray(rows, float), axis=0).round(1).tolist()


def measure() -> dict[str, Any]:
    """Train all networks that the experiment shows, and return what is stored of them."""
    found: dict[str, Any] = {}
    for wrong in WRONG:
        for kind in ("L2", "L1", "elastic"):
            for strength in STRENGTHS:
                runs = [trained(kind, strength, seed, wrong / 100) for seed in range(SEEDS)]
                found[f"{kind} {strength:g} {wrong}"] = summary(runs)
    return found


if __name__ == "__main__":
    STORED.write_text(json.dumps(measure()) + "\n", encoding="utf-8")
