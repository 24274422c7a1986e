"""The networks of chapter 7 on the digits: each method at several rates, under wrong labels, and Schedule-Free."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import numpy as np

from course_lib.data import Data, load_digits, wrong_labels
from course_lib.ensembles import fit_many
from course_lib.nn import L2, Dense, ReLU, Sequential, fit, softmax_cross_entropy
from course_lib.optim import SAM, AdamW, Cosine, Groups, Momentum, Muon, Optimizer
from course_lib.optim.optimizer import Rate

BATCH = 50
EXAMPLES = 1437

#: Makes an optimizer from its rate, a schedule.
Method = Callable[[Rate], Optimizer]


@cache
def digits() -> Data:
    """Return the digits, split in one way for the whole chapter."""
    return load_digits(np.random.default_rng(0))


def steps_of(epochs: int, batch: int = BATCH) -> int:
    """Return the number of steps in so many epochs of the 1,437 digits.

    >>> steps_of(epochs=5)
    145
    """
    return epochs * -(-EXAMPLES // batch)


def network(rng: np.random.Generator, hidden: int = 2) -> Sequential:
    """Return a network from 64 pixels to 10 classes, with layers of 64 hidden units.

    >>> [name for name in network(np.random.default_rng(0)).params if name.endswith("W")]
    ['0.W', '2.W', '4.W']
    """
    layers = [layer for _ in range(hidden) for layer in (Dense(64, 64, rng=rng), ReLU())]
    return Sequential(*layers, Dense(64, 10, rng=rng))


def hidden_matrices(key: str, x: np.ndarray) -> str:
    """Return "matrices" for the weights that lead to a hidden layer, "others" for the last layer's and for biases.

    >>> hidden_matrices("2.W", np.zeros((64, 64))), hidden_matrices("4.W", np.zeros((64, 10)))
    ('matrices', 'others')
    """
    return "matrices" if x.shape == (64, 64) else "others"


def muon(rate: Rate, others: Rate) -> Groups:
    """Return Muon for the matrices that lead to hidden layers, at one rate, and AdamW for the rest, at another."""
    return Groups({"matrices": Muon(rate, inputs_first=True), "others": AdamW(others)}, hidden_matrices)


def end(net: Sequential) -> float:
    """Return the loss of a network on all training digits."""
    return softmax_cross_entropy(net.forward(digits().x_train), digits().y_train)[0]


def sweep(make: Method, rates: Sequence[float], seeds: int, epochs: int = 5) -> np.ndarray:
    """Train a network on each seed at each rate, with a cosine to zero.

    Args:
        make: the method; it must work element by element.
        rates: the largest rates.
        seeds: how many, from 0 on.
        epochs: passes through the digits, in minibatches of 50.

    Returns:
        Training losses and validation accuracies in % at the end, shape (2, seeds, rates).
    """
    rngs = [np.random.default_rng(seed) for seed in range(seeds) for _ in rates]
    nets = [network(rng) for rng in rngs]
    schedule = Cosine(np.tile(rates, seeds)[:, None], steps=steps_of(epochs))
    logs = fit_many(nets, digits(), make(schedule), epochs=epochs, batch=BATCH, rngs=rngs, diverged="keep")
    found = [(end(net), 100 * log.val_accuracy[-1]) for net, log in zip(nets, logs, strict=True)]
    return np.moveaxis(np.reshape(found, (seeds, len(rates), 2)), 2, 0)


def sweep_muon(rates: Sequence[float], seeds: int, epochs: int = 5) -> np.ndarray:
    """Do what `sweep` does, with Muon for the hidden matrices and AdamW at 0.01 for the rest."""

    def one(rate: float, seed: int) -> tuple[float, float]:
        rng, steps = np.random.default_rng(seed), steps_of(epochs)
        net, opt = network(rng), muon(Cosine(rate, steps=steps), Cosine(0.01, steps=steps))
        log = fit(net, digits(), opt, rng=rng, epochs=epochs, batch=BATCH)
        return end(net), 100 * log.val_accuracy[-1]

    return np.moveaxis(np.array([[one(rate, seed) for rate in rates] for seed in range(seeds)]), 2, 0)


@cache
def mislabelled(split: int) -> Data:
    """Return the digits in another split, with 30 % of the training labels wrong."""
    rng = np.random.default_rng(1000 + split)
    data = load_digits(rng)
    return data._replace(y_train=wrong_labels(data.y_train, 0.3, rng)[0])


def strengths(
    make: Callable[[Rate, Any], Optimizer], decays: Sequence[float], penalties: Sequence[float], splits: int = 4
) -> np.ndarray:
    """Train with 30 % wrong labels at several strengths of a decay or of a penalty, 20 epochs, the rate 0.02.

    Args:
        make: the method, from its rate and an array of decays.
        decays: λ of the decoupled decay.
        penalties: λ of an L2 penalty, as many.
        splits: how many splits of the data, from 0 on.

    Returns:
        Validation accuracies in %, shape (4 · splits, strengths): four networks on each split, one split after another.
    """
    found = []
    for split in range(splits):
        rngs = [np.random.default_rng(seed) for seed in range(4) for _ in decays]
        opt = make(Cosine(0.02, steps=steps_of(20)), np.tile(decays, 4)[:, None])
        logs = fit_many(
            [network(rng, hidden=1) for rng in rngs],
            mislabelled(split),
            opt,
            epochs=20,
            batch=BATCH,
            rngs=rngs,
            penalty=[L2(strength) for strength in penalties] * 4,
        )
        found += [log.val_accuracy[-1] for log in logs]
    return 100 * np.reshape(found, (4 * splits, len(decays)))


def sharpness_aware(radius: float, seed: int, data: Data) -> float:
    """Train with momentum inside SAM, 40 epochs, and return the validation accuracy in %; 0 is momentum alone."""
    rng = np.random.default_rng(seed)
    net, inner = network(rng, hidden=1), Momentum(Cosine(0.05, steps=steps_of(40)))
    log = fit(net, data, SAM(inner, radius=radius) if radius else inner, rng=rng, epochs=40, batch=BATCH)
    return 100 * log.val_accuracy[-1]


def objective(opt: Optimizer, seed: int) -> tuple[float, float]:
    """Train the network of chapter 5, ten epochs of minibatches of 10 with L2(0.01).

    Returns:
        The loss on all training digits, penalty included, and the validation accuracy in %, of the weights to test.
    """
    rng, penalty = np.random.default_rng(seed), L2(0.01)
    net = Sequential(Dense(64, 32, rng=rng), ReLU(), Dense(32, 10, rng=rng))
    log = fit(net, digits(), opt, rng=rng, epochs=10, batch=10, penalty=penalty)
    weights = [w for name, w in net.params.items() if name.endswith("W")]
    return end(net) + sum(penalty.value(w) for w in weights), 100 * log.val_accuracy[-1]
