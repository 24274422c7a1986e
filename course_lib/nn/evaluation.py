"""Evaluation of a network: its loss and its accuracy."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from ..validation import check_count
from .layers import Layer
from .losses import softmax_cross_entropy

Loss = Callable[[np.ndarray, np.ndarray], tuple[float, np.ndarray]]


class Score(NamedTuple):
    """How good a network is: the mean loss, and the fraction of correct labels (nan for a regression)."""

    loss: float
    accuracy: float


def evaluate(
    net: Layer, x: np.ndarray, y: np.ndarray, *, loss: Loss = softmax_cross_entropy, batch: int = 500
) -> Score:
    """Compute the loss and the accuracy of a network in test mode.

    Args:
        net: a network.
        x: inputs, floats, shape (N, …).
        y: labels, shape (N,), or whatever the loss takes.
        loss: a function (scores, y) → (mean loss, gradient).
        batch: number of rows computed at once; it affects only the memory needed.

    Returns:
        Score(loss, accuracy).

    >>> from course_lib.nn import Dense, Sequential
    >>> net = Sequential(Dense(2, 2, rng=np.random.default_rng(0)))
    >>> net.params["0.W"][...] = np.eye(2)
    >>> evaluate(net, np.array([[9.0, 0.0], [0.0, 9.0]]), np.array([0, 0])).accuracy
    0.5
    """
    x, y = check_rows("x", x, "y", y)
    batch = check_count("batch", batch)
    total = np.zeros(2)
    for start in range(0, len(x), batch):
        rows = slice(start, start + batch)
        scores = net.forward(x[rows])
        total += len(scores) * np.array([loss(scores, y[rows])[0], accuracy(scores, y[rows])])
    return Score(*(total / len(x)).tolist())


def accuracy(scores: np.ndarray, y: np.ndarray) -> float:
    """Return the fraction of rows whose largest score is at the label; nan if y holds no classes."""
    if scores.ndim != 2 or scores.shape[1] < 2:
        return math.nan
    if y.ndim == 2:  # probabilities of the classes, as mixup makes them
        if y.shape != scores.shape or not np.allclose(y.sum(axis=1), 1) or y.min() < 0:
            return math.nan
        y = y.argmax(axis=1)
    elif y.dtype.kind not in "iu":
        return math.nan
    return np.count_nonzero(scores.argmax(axis=1) == y) / len(y)


def check_rows(name_x: str, x: Any, name_y: str, y: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return x and y as arrays; raise unless x holds floats and both have the same number of rows, at least one."""
    x, y = np.asarray(x), np.asarray(y)
    if x.dtype.kind != "f":
        raise TypeError(f"{name_x} must hold floats, not {x.dtype}: scale images of bytes by {name_x} / 255")
    if x.ndim < 2 or not len(x):
        raise ValueError(f"{name_x} must have shape (N, …) with at least one row, not {x.shape}")
    if y.ndim < 1 or len(y) != len(x):
        raise ValueError(f"{name_y} must have {len(x)} rows, like {name_x}, not shape {y.shape}")
    return x, y


def check_net(net: Any) -> None:
    """Raise TypeError unless this is a network."""
    if not isinstance(net, Layer):
        raise TypeError(f"net must be a network such as Sequential(…), not {net!r}")


def check_train(data: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return data.x_train and data.y_train; raise unless both are there and fit together."""
    for name in ("x_train", "y_train"):
        if getattr(data, name, None) is None:
            raise TypeError(f"data must have {name}, but a {type(data).__name__} has none")
    return check_rows("data.x_train", data.x_train, "data.y_train", data.y_train)
