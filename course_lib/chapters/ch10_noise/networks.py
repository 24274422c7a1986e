"""The networks of chapter 10 on the digits: with and without dropout, on right and on partly wrong labels.

The experiments read what is stored in networks.json, which ``python -m course_lib.chapters.ch10_noise.networks``
writes in about a minute.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from course_lib.data import Data, load_digits, wrong_labels
from course_lib.ensembles import fit_many
from course_lib.nn import (
    Dense,
    DropConnect,
    History,
    InvertedDropout,
    Layer,
    ReLU,
    Sequential,
    StochasticDepth,
    fit,
    softmax_cross_entropy,
    survival,
)
from course_lib.optim import Cosine, Momentum

STORED = Path(__file__).with_name("networks.json")

KEEPS = (0.2, 0.3, 0.5, 0.7, 0.9, 1.0)
#: Share of the labels that are wrong, by the name that the experiment has for it.
LABELS = {"right": 0.0, "wrong": 0.3}
#: Shares of the hidden units that are dropped in testing.
SHARES = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
#: Digits to train on, epochs, rows of a minibatch, hidden units in each of two layers.
EXAMPLES, EPOCHS, BATCH, WIDTH, SEEDS = 300, 80, 50, 128, 8


@cache
def digits(labels: str) -> Any:
    """Return 1,000 digits to draw from and 797 to test on, as `x_val`; their labels are right."""
    rng = np.random.default_rng(0)
    data = load_digits(rng, val=797)
    return data._replace(y_train=wrong_labels(data.y_train, LABELS[labels], rng, classes=10)[0])


def network(rng: np.random.Generator, keep: float, layer: type = InvertedDropout, width: int = WIDTH) -> Sequential:
    """Return a network of two hidden layers whose units are kept with probability `keep` in training.

    >>> network(np.random.default_rng(0), 0.5).layers[2]
    InvertedDropout(keep=0.5)
    """
    return Sequential(
        Dense(64, width, rng=rng), ReLU(), layer(keep, rng=rng),
        Dense(width, width, rng=rng), ReLU(), layer(keep, rng=rng), Dense(width, 10, rng=rng),
    )  # fmt: skip


def draw_rows(rng: np.random.Generator) -> np.ndarray:
    """Return which 300 of the digits a network is trained on: the first thing that its generator draws."""
    return rng.choice(1000, EXAMPLES, replace=False)


@cache
def train(
    keep: float, labels: str, seeds: int = SEEDS, epochs: int = EPOCHS, **settings: Any
) -> tuple[list[Sequential], list[History]]:
    """Train a network on each seed, which draws 300 of the digits, the weights, the minibatches and the masks.

    Momentum 0.9, a cosine from 0.1 to 0, minibatches of 50, 80 epochs.

    Args:
        keep: the probability to keep a unit.
        labels: "right", or "wrong": 30 % of them are.
        seeds: how many, from 0 on.
        epochs: passes through the 300 digits.
        **settings: of `network`.

    Returns:
        The networks, and their histories. They are kept for the next call.
    """
    rngs = [np.random.default_rng(seed) for seed in range(seeds)]
    rows = np.stack([draw_rows(rng) for rng in rngs])
    nets = [network(rng, keep, **settings) for rng in rngs]
    method = Momentum(Cosine(0.1, steps=epochs * EXAMPLES // BATCH))
    return nets, fit_many(nets, digits(labels), method, epochs=epochs, batch=BATCH, rngs=rngs, rows=rows)


# ---------------------------------------------------------------- what is measured of them


def scores(nets: Sequence[Layer]) -> np.ndarray:
    """Return the scores of each network for the 797 digits, shape (networks, 797, 10)."""
    return np.stack([net.forward(digits("right").x_val) for net in nets])


def accuracies(found: np.ndarray) -> np.ndarray:
    """Return the accuracy of each network's scores or probabilities on the 797 digits, in %."""
    return 100 * (found.argmax(axis=-1) == digits("right").y_val).mean(axis=-1)


def losses(found: np.ndarray) -> np.ndarray:
    """Return the mean cross-entropy of each network's scores on the 797 digits."""
    return np.array([softmax_cross_entropy(one, digits("right").y_val)[0] for one in found])


def without(net: Sequential, share: float, rng: np.random.Generator) -> np.ndarray:
    """Return a network's scores with a share of its hidden units dropped, for each digit others; the rest is scaled up.

    Args:
        net: of `network`, with inverted dropout; it is left as it was.
        share: of the units, ≥ 0 and below 1.
        rng: draws which.
    """
    drops = [layer for layer in net.layers if isinstance(layer, InvertedDropout)]
    before = [(drop.keep, drop.rng) for drop in drops]
    try:
        for drop in drops:
            drop.keep, drop.rng = 1 - share, rng
        return net.forward(digits("right").x_val, train=True)
    finally:
        for drop, (keep, own) in zip(drops, before, strict=True):
            drop.keep, drop.rng = keep, own


def missing(nets: Sequence[Sequential], share: float, draws: int = 5) -> np.ndarray:
    """Return each network's accuracy in % with a share of its units dropped, the mean of several draws."""
    rngs = [np.random.default_rng(draw) for draw in range(draws)]
    return np.array([np.mean([accuracies(without(net, share, rng)) for rng in rngs]) for net in nets])


def believed(nets: Sequence[Layer], labels: str = "wrong") -> np.ndarray:
    """Return what share of its own training labels each network predicts with all units, and of the wrong ones, in %.

    Args:
        nets: of `train`, from seed 0 on.
        labels: those that they were trained on; some must be wrong.

    Returns:
        An array of shape (networks, 2).
    """
    data, true, found = digits(labels), digits("right").y_train, []
    for seed, net in enumerate(nets):
        rows = draw_rows(np.random.default_rng(seed))
        hit = net.forward(data.x_train[rows]).argmax(axis=1) == data.y_train[rows]
        found.append((hit.mean(), hit[data.y_train[rows] != true[rows]].mean()))
    return 100 * np.array(found)


# ---------------------------------------------------------------- networks that are trained one by one


class FreshMask(InvertedDropout):
    """A mistake: the backward pass draws a mask of its own."""

    def backward(self, dy: np.ndarray) -> np.ndarray:
        return dy * self.draw(dy.shape) / self.keep


class NoMask(InvertedDropout):
    """A mistake: the backward pass scales, but drops nothing."""

    def backward(self, dy: np.ndarray) -> np.ndarray:
        return dy / self.keep


def one_hidden(rng: np.random.Generator, layer: type, dtype: type = np.float32) -> Sequential:
    """Return a network of one hidden layer, 128 units, each kept with probability ½."""
    first, last = Dense(64, WIDTH, rng=rng, dtype=dtype), Dense(WIDTH, 10, rng=rng, dtype=dtype)
    return Sequential(first, ReLU(), layer(0.5, rng=rng), last)


def dropconnect(rng: np.random.Generator, keep: float = 0.5) -> Sequential:
    """Return `network` with DropConnect; the first weights are divided by `keep`, so that the signal keeps its size."""
    hidden = [DropConnect(n, WIDTH, keep, rng=rng, activation=ReLU(), each=False) for n in (64, WIDTH)]
    for layer in hidden:
        layer.params["W"][...] /= keep
    return Sequential(*hidden, Dense(WIDTH, 10, rng=rng))


def by_rule(net: Sequential, rule: str) -> np.ndarray:
    """Return the scores of `dropconnect` for the 797 digits, by a rule of testing.

    Args:
        net: of `dropconnect`.
        rule: "gaussian", the paper's; "mean", which ignores the spread; or "none": all weights, nothing scaled.
    """
    h = digits("right").x_val
    for layer in net.layers:
        if isinstance(layer, DropConnect) and rule != "gaussian":
            mean, full = layer.moments(h)[0], h @ layer.params["W"] + layer.params["b"]
            h = np.maximum(mean if rule == "mean" else full, 0)
        else:
            h = layer.forward(h)
    return h


def residual(rng: np.random.Generator, last: float, blocks: int = 12, width: int = 64) -> Sequential:
    """Return a network of residual blocks x + z ReLU(W x + b), whose survival falls linearly to `last`."""
    parts: list[Layer] = [Dense(64, width, rng=rng), ReLU()]
    for keep in survival(blocks, last):
        branch = Dense(width, width, rng=rng)
        branch.params["W"][...] *= 0.3  # twelve branches add up
        parts.append(StochasticDepth(Sequential(branch, ReLU()), keep, rng=rng))
    return Sequential(*parts, Dense(width, 10, rng=rng))


def train_alone(
    build: Callable[[np.random.Generator], Sequential], labels: str, lr: float, seeds: int, epochs: int = EPOCHS
) -> list[Sequential]:
    """Train networks that cannot be stacked, as `train` does the others.

    Args:
        build: a function of a generator that returns the network.
        labels: "right" or "wrong".
        lr: the rate at the start of the cosine.
        seeds: how many, from 0 on.
        epochs: passes through the 300 digits.
    """
    nets, data = [], digits(labels)
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        rows = draw_rows(rng)
        own = Data(data.x_train[rows], data.y_train[rows], None, None, None, None)
        nets.append(build(rng))
        method = Momentum(Cosine(lr, steps=epochs * EXAMPLES // BATCH))
        fit(nets[-1], own, method, epochs=epochs, batch=BATCH, rng=rng)
    return nets


# ---------------------------------------------------------------- what the experiments read


def summary(keep: float, labels: str) -> dict[str, Any]:
    """Return what the experiments show of the networks of one strength: mean curves, and each seed's end."""
    _, histories = train(keep, labels)
    curves = {name: 100 * np.array([getattr(h, name) for h in histories]) for name in ("accuracy", "val_accuracy")}
    return {
        "train": curves["accuracy"].mean(axis=0).round(1).tolist(),
        "test": curves["val_accuracy"].mean(axis=0).round(1).tolist(),
        "ends": curves["val_accuracy"][:, -1].round(2).tolist(),
    }


def write() -> None:
    """Train all networks of the experiments, and store what they show."""
    stored = {
        "keep": {f"{labels} {keep}": summary(keep, labels) for labels in LABELS for keep in KEEPS},
        "missing": {
            str(keep): [missing(train(keep, "right")[0], share).round(2).tolist() for share in SHARES]
            for keep in (1.0, 0.5)
        },
    }
    STORED.write_text(json.dumps(stored, indent=None, separators=(",", ":")) + "\n", "utf-8")


if __name__ == "__main__":
    write()
