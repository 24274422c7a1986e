"""Losses: each gives its value and its gradient with respect to the network's output."""

from __future__ import annotations

import numpy as np


def softmax_cross_entropy(scores: np.ndarray, labels: np.ndarray) -> tuple[float, np.ndarray]:
    """Give the mean cross-entropy of the softmax of scores, and its gradient.

    L = −(1/N) Σₙ log pₙ,ᵧₙ,  pₙ = exp(sₙ)/Σ exp(sₙ);  ∂L/∂s = (p − onehot(y))/N

    Each row's largest score is subtracted first: it changes nothing, and no exponential overflows.

    Args:
        scores: the network's output s, floats, shape (N, C).
        labels: the right classes y, integers in 0 … C − 1, shape (N,).

    Returns:
        L in nats, and the gradient, shape (N, C), in the scores' dtype.

    Raises:
        TypeError, ValueError: a wrong shape or dtype, an empty batch, or a label out of range.

    >>> loss, dscores = softmax_cross_entropy(np.zeros((1, 2)), np.array([0]))
    >>> round(loss, 4), dscores
    (0.6931, array([[-0.5,  0.5]]))

    Source: Bridle, Probabilistic interpretation of feedforward classification network outputs, with
    relationships to statistical pattern recognition, 1990.
    """
    scores, labels = np.asarray(scores), np.asarray(labels)
    if scores.dtype.kind != "f":
        raise TypeError(f"scores must hold floats, not {scores.dtype}")
    if labels.dtype.kind not in "iu":
        raise TypeError(f"labels must hold integers, not {labels.dtype}")
    if scores.ndim != 2 or scores.size == 0:
        raise ValueError(f"scores must have shape (N, C) with N and C at least 1, not {scores.shape}")
    n, classes = scores.shape
    if labels.shape != (n,):
        raise ValueError(f"labels must have shape ({n},) to fit scores {scores.shape}, not {labels.shape}")
    if labels.min() < 0 or labels.max() >= classes:
        raise ValueError(f"labels must lie in 0 … {classes - 1}, not {labels.min()} … {labels.max()}")

    shifted = scores - scores.max(axis=1, keepdims=True)
    exps = np.exp(shifted)
    sums = exps.sum(axis=1, keepdims=True)
    rows = np.arange(n)
    loss = float((np.log(sums[:, 0]) - shifted[rows, labels]).mean())
    dscores = exps / sums
    dscores[rows, labels] -= 1
    return loss, dscores / n
