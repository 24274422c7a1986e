"""The challenge of chapter 13: a classifier of digits from 100 labels, and the ladder of what the library reaches.

A rung is a function `train(x, y, rng) -> predict`, as a reader writes one. Draws, test digits and generators are the
same for all, so that any two are compared draw by draw. torch is imported only by the rungs that use letters.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from functools import cache, partial
from typing import Any

import numpy as np

from course_lib.data import Data, few, load_digits
from course_lib.data.augment import Affine, OnRows
from course_lib.ensembles import mean_probability
from course_lib.nn import (
    L2,
    Dense,
    GaussianNoise,
    InvertedDropout,
    ReLU,
    Sequential,
    accuracy,
    fit,
    softmax,
    softmax_cross_entropy,
)
from course_lib.optim import Cosine, Momentum
from course_lib.validation import check_count

from .study import Study

Predict = Callable[[np.ndarray], np.ndarray]
Train = Callable[[np.ndarray, np.ndarray, np.random.Generator], Predict]

PER_CLASS, SEALED = 10, 1200
JITTER = OnRows(Affine(translate=0.8, rotate=12, stretch=0.08), (8, 8))


@cache
def split() -> Data:
    """Return all digits, split once and for all: 597 to practise on as training set, 1,200 sealed ones as test set."""
    data = load_digits(np.random.default_rng(2017), val=1, test=SEALED)
    x, y = np.concatenate([data.x_train, data.x_val]), np.concatenate([data.y_train, data.y_val])
    return data._replace(x_train=x, y_train=y, x_val=x[:0], y_val=y[:0])


def practice(draw: int = 0) -> Data:
    """Return a practice draw: 100 labelled digits, ten of each class, none of them sealed.

    Args:
        draw: its number, ≥ 0; there are as many draws as numbers.

    Returns:
        Data whose x_train and y_train are these digits; its other parts are empty.

    >>> data = practice(0)
    >>> data.x_train.shape, len(data.x_test)
    ((100, 64), 0)
    """
    digits, rng = split(), np.random.default_rng([check_count("draw", draw, 0), 0])
    x, y = few(digits.x_train, digits.y_train, rng, per_class=PER_CLASS)
    return digits._replace(x_train=x, y_train=y, x_test=x[:0], y_test=y[:0])


def sealed(draw: int) -> Data:
    """Return a sealed draw: 100 labelled digits, ten of each class, and the other 1,100 sealed ones as the test set.

    >>> data = sealed(0)
    >>> len(data.x_train), len(data.x_test), np.bincount(data.y_train).tolist() == 10 * [10]
    (100, 1100, True)
    """
    digits, rng = split(), np.random.default_rng([draw, 1])
    rows = np.arange(SEALED)[:, None]
    chosen, y = few(rows, digits.y_test, rng, per_class=PER_CLASS)
    rest = np.delete(rows, chosen)
    x = digits.x_test
    return digits._replace(x_train=x[chosen[:, 0]], y_train=y, x_test=x[rest], y_test=digits.y_test[rest])


def checked(train: Train) -> Train:
    """Return the same `train`, whose answers are checked.

    The returned one raises a TypeError if `train` returns no function, and that function raises a ValueError if it
    returns no finite scores of the ten classes.
    """

    def checked_train(x: np.ndarray, y: np.ndarray, rng: np.random.Generator) -> Predict:
        predict = train(x, y, rng)
        if not callable(predict):
            raise TypeError(f"train must return a function predict(x) → scores, not {type(predict).__name__}")

        def checked_predict(new: np.ndarray) -> np.ndarray:
            scores = np.asarray(predict(new))
            if scores.shape != (len(new), 10):
                hint = ": scores of the ten classes, not labels" if scores.shape == (len(new),) else ""
                raise ValueError(f"predict must return scores of shape ({len(new)}, 10), not {scores.shape}{hint}")
            if scores.dtype.kind not in "fiu" or not np.isfinite(scores).all():
                raise ValueError("predict must return finite numbers, and some scores are nan or inf")
            return scores

        return checked_predict

    return checked_train


def sealed_score(train: Train, draw: int) -> tuple[float, float]:
    """Train on the 100 labels of a sealed draw, and test on its other digits.

    Args:
        train: a function (x, y, rng) → predict.
        draw: the number of the draw: it decides the labels and the generator that `train` gets.

    Returns:
        Accuracy in per cent, and CPU seconds of training and predicting.

    >>> right, seconds = sealed_score(nearest, draw=0)
    >>> right > 85 and seconds < 20
    True
    """
    data, rng = sealed(draw), np.random.default_rng([draw, 2])
    start = time.process_time()
    scores = checked(train)(data.x_train, data.y_train, rng)(data.x_test)
    seconds = time.process_time() - start
    return 100 * float(accuracy(scores, data.y_test)), seconds


# ---------------------------------------------------------------- the rungs


def mlp(rng: np.random.Generator) -> Sequential:
    """Build the network that the reader starts from: one hidden layer of 128 ReLUs."""
    return Sequential(Dense(64, 128, rng=rng), ReLU(), Dense(128, 10, rng=rng))


def wide(rng: np.random.Generator) -> Sequential:
    """Build two hidden layers of 256."""
    return Sequential(Dense(64, 256, rng=rng), ReLU(), Dense(256, 256, rng=rng), ReLU(), Dense(256, 10, rng=rng))


def linear(rng: np.random.Generator) -> Sequential:
    """Build a linear classifier."""
    return Sequential(Dense(64, 10, rng=rng))


def dropped(rng: np.random.Generator) -> Sequential:
    """Drop half of the hidden units and a fifth of the pixels."""
    return Sequential(
        InvertedDropout(0.8, rng=rng), Dense(64, 256, rng=rng), ReLU(),
        InvertedDropout(0.5, rng=rng), Dense(256, 256, rng=rng), ReLU(),
        InvertedDropout(0.5, rng=rng), Dense(256, 10, rng=rng),
    )  # fmt: skip


def noisy(rng: np.random.Generator) -> Sequential:
    """Add noise to the pixels."""
    return Sequential(GaussianNoise(0.3, rng=rng), *wide(rng).parts.values())


def network(
    x: np.ndarray,
    y: np.ndarray,
    rng: np.random.Generator,
    build: Callable[[np.random.Generator], Sequential] = mlp,
    epochs: int = 200,
    **options: Any,
) -> Predict:
    """Train a network as every rung does: momentum 0.9, α = 0.05 on a cosine, batches of 25.

    Args:
        x: the labelled digits, shape (N, 64).
        y: their labels.
        rng: draws weights, batches and noise.
        build: a function rng → network.
        epochs: passes over the labelled digits.
        options: of `fit`, such as `penalty` or `augment`.

    Returns:
        A function x → scores, shape (N, 10).
    """
    net, none = build(rng), (x[:0], y[:0])
    optimizer = Momentum(Cosine(0.05, steps=epochs * math.ceil(len(x) / 25)))
    fit(net, Data(x, y, *none, *none), optimizer, epochs=epochs, batch=25, rng=rng, **options)
    return net.forward


def vote(x: np.ndarray, y: np.ndarray, rng: np.random.Generator, members: int = 5, **options: Any) -> Predict:
    """Train several networks, and average their probabilities."""
    nets = [network(x, y, member, **options) for member in rng.spawn(members)]
    return lambda new: mean_probability(np.stack([softmax(net(new)) for net in nets]))


def nearest(x: np.ndarray, y: np.ndarray, rng: np.random.Generator) -> Predict:
    """Train nothing: a digit has the label of its nearest neighbour among the labelled ones."""

    def predict(new: np.ndarray) -> np.ndarray:
        far = ((new[:, None] - x) ** 2).sum(axis=2)
        return np.stack([-far[:, y == k].min(axis=1) for k in range(10)], axis=1)

    return predict


def letters(
    x: np.ndarray, y: np.ndarray, rng: np.random.Generator, copies: int = 0, epochs: int | None = None
) -> Predict:
    """Start from the network that has learnt letters: a linear head on it, then perhaps all of it at a tenth.

    Args:
        x: the labelled digits, shape (N, 64).
        y: their labels.
        rng: draws copies and batches.
        copies: jittered copies of each digit, trained on beside the digits as they are.
        epochs: passes over digits and copies after the head has been fitted; None: the head alone.
    """
    import torch

    from course_lib import deep
    from course_lib.deep.training import one_thread

    def images(rows: np.ndarray) -> np.ndarray:
        return rows.reshape(-1, 8, 8, 1)

    net = deep.load_pretrained("letters")
    moved = [JITTER(x, rng) for _ in range(copies)]
    inputs, labels = deep.to_tensors(images(np.concatenate([x, *moved])), np.tile(y, 1 + copies))
    with one_thread():
        if epochs is None:
            net.head = deep.linear_probe(net, inputs, labels, classes=10)
        else:
            generator = torch.Generator().manual_seed(int(rng.integers(2**31)))
            deep.fine_tune(net, inputs, labels, classes=10, epochs=epochs, generator=generator)

    def predict(new: np.ndarray) -> np.ndarray:
        with one_thread():
            return deep.predict(net, deep.to_tensors(images(new), np.zeros(len(new), int))[0]).numpy()

    return predict


smoothed = partial(softmax_cross_entropy, smoothing=0.2)
#: The rungs by name; the reader starts from the first, and the letters network is a class of its own.
LADDER: dict[str, Train] = {
    "MLP 128": network,
    "MLP 256-256": partial(network, build=wide),
    "linear": partial(network, build=linear),
    "MLP 128, L2": partial(network, penalty=L2(0.003)),
    "dropout": partial(network, build=dropped),
    "1-NN on pixels": nearest,
    "input noise": partial(network, build=noisy),
    "augmentation": partial(network, build=wide, augment=JITTER),
    "augmentation, input noise": partial(network, build=noisy, augment=JITTER),
    "augmentation, label smoothing": partial(network, build=wide, augment=JITTER, loss=smoothed),
    "vote of five": partial(vote, build=noisy, augment=JITTER),
    "three times as long": partial(network, build=noisy, augment=JITTER, epochs=600),
    "letters, head alone": letters,
    "letters, all at a tenth": partial(letters, epochs=100),
    "letters, jittered copies": partial(letters, copies=9, epochs=10),
}


def measure(rung: str, draw: int) -> dict[str, float]:
    """Measure a rung on a sealed draw."""
    right, seconds = sealed_score(LADDER[rung], draw)
    return {"accuracy": right, "CPU seconds": seconds}


CHALLENGE = Study(
    "The challenge: a hundred labels",
    "100 labelled digits, ten of each class, and the other 1,100 of 1,200 sealed ones as the test set. Networks have "
    "ReLUs, and are trained with batches of 25, momentum and a rate that falls from 0.05 to 0 along a cosine, for 200 "
    "epochs, those with dropout, noise or augmentation with two hidden layers of 256. L2 has λ = 0.003, dropout drops "
    "half of the units and a fifth of the pixels, noise has σ = 0.3, labels are smoothed by 0.2. *Vote of five* and "
    "*three times as long* have augmentation and input noise. A seed is a draw of labels, with its own weights.",
    measure,
    {name: name for name in LADDER},
    seeds=10,
    formats={"CPU seconds": ".1f"},
    rows_are="rung",
)
