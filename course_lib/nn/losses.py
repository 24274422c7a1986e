"""Losses: each returns its value and its gradient with respect to the network's output.

A loss is the mean over the batch, so that its size does not depend on how many examples there are.
Output that holds nan or +inf makes the loss nan or inf: the training loop then finds the layer it came from.
A score of −inf rules its class out.
"""

from __future__ import annotations

import numpy as np

from ..validation import check_number


def softmax(scores: np.ndarray) -> np.ndarray:
    """Turn scores into probabilities.

    pₖ = exp(sₖ)/Σⱼ exp(sⱼ)

    Each row's largest score is subtracted first: it changes nothing, and no exponential overflows.

    Args:
        scores: s, floats, shape (…, C).

    Returns:
        p, of the same shape and dtype; each row sums to 1.

    >>> softmax(np.array([1000.0, 1000.0]))
    array([0.5, 0.5])

    Source: Bridle, Probabilistic interpretation of feedforward classification network outputs, with
    relationships to statistical pattern recognition, 1990.
    """
    scores = _floats("scores", scores)
    if scores.ndim == 0 or scores.shape[-1] == 0:
        raise ValueError(f"scores must have shape (…, C) with C at least 1, not {scores.shape}")
    with np.errstate(invalid="ignore", over="ignore"):  # inf − inf is nan, and is passed on as nan
        exps = np.exp(scores - scores.max(axis=-1, keepdims=True))
        return exps / exps.sum(axis=-1, keepdims=True)


def softmax_cross_entropy(scores: np.ndarray, labels: np.ndarray, smoothing: float = 0.0) -> tuple[float, np.ndarray]:
    """Compute the mean cross-entropy of the softmax of scores, and its gradient.

    L = −(1/N) Σₙ log p_{n yₙ},  pₙₖ = exp(sₙₖ)/Σⱼ exp(sₙⱼ);  ∂L/∂s = (p − onehot(y))/N

    Labels may be probabilities t instead, as mixup makes them: L = −(1/N) Σₙ Σₖ tₙₖ log pₙₖ, ∂L/∂s = (p − t)/N.
    Label smoothing asks for a little less than certainty: t ← (1 − ε) t + ε/C.

    Args:
        scores: the network's output s, floats, shape (N, C).
        labels: the right classes y, integers in 0 … C − 1, shape (N,); or probabilities t, floats, shape (N, C), whose
            rows sum to 1.
        smoothing: ε, 0 ≤ ε < 1.

    Returns:
        L in nats, and the gradient, shape (N, C), in the scores' dtype.

    >>> loss, dscores = softmax_cross_entropy(np.zeros((1, 2)), np.array([0]))
    >>> round(loss, 4), dscores
    (0.6931, array([[-0.5,  0.5]]))
    >>> softmax_cross_entropy(np.zeros((1, 2)), np.array([0]), smoothing=0.2)[1]
    array([[-0.4,  0.4]])

    Source: Bridle, Probabilistic interpretation of feedforward classification network outputs, with
    relationships to statistical pattern recognition, 1990; label smoothing: Szegedy, Vanhoucke, Ioffe, Shlens and
    Wojna, Rethinking the inception architecture for computer vision, 2016.
    """
    scores, labels = _scores(scores), np.asarray(labels)
    smoothing = check_number("smoothing", smoothing, (0.0, 1.0))
    if labels.ndim == 2 and labels.dtype.kind == "f":
        _check_probabilities(labels, scores)
        t = labels.astype(scores.dtype)
    else:
        _check_labels(labels, scores)
        if not smoothing:
            return _cross_entropy_of_classes(scores, labels)
        t = np.eye(scores.shape[1], dtype=scores.dtype)[labels]
    return _cross_entropy(scores, (1 - smoothing) * t + smoothing / scores.shape[1])


def _cross_entropy_of_classes(scores: np.ndarray, y: np.ndarray) -> tuple[float, np.ndarray]:
    n = len(scores)
    right = np.arange(n), y
    with np.errstate(invalid="ignore", over="ignore"):  # inf − inf is nan, and is passed on as nan
        shifted = scores - scores.max(axis=1, keepdims=True)
        p = np.exp(shifted)
        sums = p.sum(axis=1, keepdims=True)
        loss = (np.log(sums[:, 0]) - shifted[right]).mean()
        p /= sums
        p[right] -= 1
        p /= n
    return float(loss), p


def _cross_entropy(scores: np.ndarray, t: np.ndarray) -> tuple[float, np.ndarray]:
    n = len(scores)
    with np.errstate(invalid="ignore", over="ignore"):
        shifted = scores - scores.max(axis=1, keepdims=True)
        p = np.exp(shifted)
        sums = p.sum(axis=1, keepdims=True)
        costs = np.where(t > 0, t * (np.log(sums) - shifted), 0)  # 0 log 0 = 0, for a class that is ruled out
        loss = costs.sum() / n
        p /= sums
        p -= t
        p /= n
    return float(loss), p


def hinge(scores: np.ndarray, labels: np.ndarray, margin: float = 1.0) -> tuple[float, np.ndarray]:
    """Compute the mean multiclass hinge loss (the loss of a support vector machine), and its gradient.

    L = (1/N) Σₙ Σ_{k ≠ yₙ} max(0, sₙₖ − s_{n yₙ} + Δ)

    A wrong class costs nothing once its score is Δ below the right one's. Every other wrong class pulls its own score
    down and pushes the right one up by the same amount: ∂L/∂sₙₖ = 1/N, and −1/N for the right class each time.

    Args:
        scores: the network's output s, floats, shape (N, C).
        labels: the right classes y, integers in 0 … C − 1, shape (N,).
        margin: Δ ≥ 0.

    Returns:
        L, and the gradient, shape (N, C), in the scores' dtype.

    >>> hinge(np.array([[3.0, 2.5, -1.0]]), np.array([0]))
    (0.5, array([[-1.,  1.,  0.]]))

    Source: Weston and Watkins, Support vector machines for multi-class pattern recognition, 1999.
    """
    scores, labels = _scores(scores), np.asarray(labels)
    _check_labels(labels, scores)
    margin = check_number("margin", margin)
    n = len(scores)
    right = np.arange(n), labels
    with np.errstate(invalid="ignore", over="ignore"):
        short = np.maximum(scores - scores[right][:, None] + margin, 0)  # how far each class is from the margin
        short[right] = scores[right] - scores[right]  # 0, or nan if the score is no number
        loss = short.sum() / n
    dscores = (short > 0).astype(scores.dtype)
    dscores[right] = -dscores.sum(axis=1)
    return float(loss), dscores / n


def squared_error(y: np.ndarray, target: np.ndarray) -> tuple[float, np.ndarray]:
    """Compute the mean squared error, and its gradient.

    L = (1/M) Σ (y − t)²,  ∂L/∂y = 2 (y − t)/M,  over all M entries

    Shapes must be equal: (N, 1) minus (N,) would silently be an N×N table of differences.

    Args:
        y: the network's output, floats, shape (N, …).
        target: t, numbers of the same shape.

    Returns:
        L, and the gradient, of y's shape and dtype.

    >>> squared_error(np.array([[1.0], [3.0]]), np.array([[1.0], [1.0]]))
    (2.0, array([[0.],
           [2.]]))

    Source: Legendre, Nouvelles méthodes pour la détermination des orbites des comètes, 1805.
    """
    y, target = _floats("y", y), np.asarray(target)
    if target.dtype.kind not in "fiu":
        raise TypeError(f"target must hold numbers, not {target.dtype}")
    if y.ndim == 0 or y.size == 0:
        raise ValueError(f"y must have shape (N, …) with at least one entry, not {y.shape}")
    if target.shape != y.shape:
        raise ValueError(f"target must have the shape of y, {y.shape}, not {target.shape}")
    with np.errstate(invalid="ignore", over="ignore"):
        difference = y - target.astype(y.dtype)
        return float(np.square(difference).mean()), difference * (2 / y.size)


def _floats(name: str, x: np.ndarray) -> np.ndarray:
    x = np.asarray(x)
    if x.dtype.kind != "f":
        raise TypeError(f"{name} must hold floats, not {x.dtype}")
    return x


def _scores(scores: np.ndarray) -> np.ndarray:
    scores = _floats("scores", scores)
    if scores.ndim != 2 or scores.size == 0:
        raise ValueError(f"scores must have shape (N, C) with N and C at least 1, not {scores.shape}")
    return scores


def _check_labels(labels: np.ndarray, scores: np.ndarray) -> None:
    n, classes = scores.shape
    if labels.dtype.kind not in "iu":
        raise TypeError(f"labels must hold integers, not {labels.dtype}")
    if labels.shape != (n,):
        raise ValueError(f"labels must have shape ({n},) to fit scores {scores.shape}, not {labels.shape}")
    if labels.min() < 0 or labels.max() >= classes:
        raise ValueError(f"labels must lie in 0 … {classes - 1}, not {labels.min()} … {labels.max()}")


def _check_probabilities(t: np.ndarray, scores: np.ndarray) -> None:
    if t.shape != scores.shape:
        raise ValueError(f"labels given as probabilities must have the shape of scores, {scores.shape}, not {t.shape}")
    with np.errstate(invalid="ignore"):
        off = np.abs(t.sum(axis=1, dtype=float) - 1)
    if not (off <= 1e-3).all() or t.min() < 0:  # so that nan is off, too
        row = int(np.argmax(~(off <= 1e-3) | (t.min(axis=1) < 0)))
        raise ValueError(
            f"labels given as probabilities must be ≥ 0 and sum to 1 in each row, not {t[row]} (row {row})"
        )
