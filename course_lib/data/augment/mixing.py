"""Covering and mixing: cutout hides a part of an image; mixup and CutMix mix two images, and their labels alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from course_lib.validation import ANY, check_count, check_number

from .base import Augmentation, check_images, check_probability, check_size, column, per_image


def one_hot(labels: np.ndarray, classes: int | None, dtype: Any = float) -> np.ndarray:
    """Write labels as probabilities: row n holds 1 at labels[n]. A matrix of probabilities is returned as it is.

    Args:
        labels: integers in [0, classes), shape (N,), or probabilities, shape (N, classes).
        classes: number of classes; not needed for a matrix.
        dtype: a float type.

    >>> one_hot(np.array([1, 0]), 3)
    array([[0., 1., 0.],
           [1., 0., 0.]])
    """
    labels = np.asarray(labels)
    if labels.ndim == 2 and labels.dtype.kind == "f":
        if classes is not None and labels.shape[1] != classes:
            raise ValueError(f"labels must have {classes} columns, one for each class, not {labels.shape[1]}")
        return labels.astype(dtype)
    if labels.ndim != 1 or labels.dtype.kind not in "iu":
        found = f"{labels.dtype} of shape {labels.shape}"
        raise TypeError(f"labels must be integers (N,) or probabilities (N, classes), not {found}")
    if classes is None:
        raise ValueError("classes must be given to mix integer labels; or pass one_hot(labels, classes)")
    check_count("classes", classes)
    if labels.size and not 0 <= labels.min() <= labels.max() < classes:
        wrong = labels[(labels < 0) | (labels >= classes)][0]
        raise ValueError(f"labels must lie in [0, {classes}), not {wrong}")
    return np.eye(classes, dtype=dtype)[labels]


def box(batch: np.ndarray, top: Any, left: Any, bottom: Any, right: Any) -> np.ndarray:
    """Return which pixels lie in each image's rectangle, top ≤ i < bottom and left ≤ j < right; shape (N, H, W, 1).

    >>> box(np.zeros((1, 2, 3, 1)), 0, 1, 2, 3)[0, :, :, 0]
    array([[False,  True,  True],
           [False,  True,  True]])
    """
    n, rows, columns = check_images(batch).shape[:3]
    top, left, bottom, right = (np.broadcast_to(side, n)[:, None] for side in (top, left, bottom, right))
    i, j = np.arange(rows), np.arange(columns)
    inside_i, inside_j = (top <= i) & (i < bottom), (left <= j) & (j < right)
    return (inside_i[:, :, None] & inside_j[:, None, :])[..., None]


@dataclass
class Cutout(Augmentation):
    """Cover a rectangle of each image. Its middle is any pixel, so that a part of it may lie outside.

    Args:
        size: (h, w) of the rectangle, or the side of a square.
        value: the pixels' value in it.

    >>> Cutout(4)(np.ones((2, 8, 8, 3)), np.random.default_rng(0)).shape
    (2, 8, 8, 3)

    Source: DeVries and Taylor, Improved regularization of convolutional neural networks with cutout, 2017.
    """

    size: int | tuple[int, int]
    value: float = 0.0

    def __post_init__(self) -> None:
        check_size(self.size)
        self.value = check_number("value", self.value, ANY)

    def apply(self, batch: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        h, w = check_size(self.size)
        top, left = _middles(batch, rng) - np.array([[h // 2], [w // 2]])
        y = batch.copy()
        y[box(batch, top, left, top + h, left + w)[..., 0]] = self.value
        return y


def mixup(batch: np.ndarray, labels: np.ndarray, partner: np.ndarray, lam: Any) -> tuple[np.ndarray, np.ndarray]:
    """Blend each image with its partner, and their labels in the same proportion.

    x̃ = λ x + (1 − λ) x',  ỹ = λ y + (1 − λ) y'

    Args:
        batch: images, shape (N, H, W, C).
        labels: probabilities, shape (N, classes).
        partner: integers, shape (N,): image n is blended with image partner[n].
        lam: λ in [0, 1], one for all or shape (N,).

    >>> x, y = np.array([0.0, 1.0]).reshape(2, 1, 1, 1), np.eye(2)
    >>> x, y = mixup(x, y, np.array([1, 0]), 0.75)
    >>> x.ravel(), y[0]
    (array([0.25, 0.75]), array([0.75, 0.25]))

    Source: Zhang, Cisse, Dauphin and Lopez-Paz, mixup: beyond empirical risk minimization, 2018.
    """
    labels, partner = _check_pairs(batch, labels, partner)
    lam = per_image("lam", lam, batch)
    for end in (lam.min(), lam.max()):
        check_probability("lam", end)
    other = 1 - lam
    x = batch + column("lam", other, batch) * (batch[partner] - batch)
    return x, labels + other.astype(labels.dtype)[:, None] * (labels[partner] - labels)


def cutmix(
    batch: np.ndarray, labels: np.ndarray, partner: np.ndarray, inside: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Paste a part of its partner into each image; labels mix by the fraction of pixels.

    x̃ = x outside, x' inside;  ỹ = λ y + (1 − λ) y',  λ = fraction of the pixels outside

    Args:
        batch: images, shape (N, H, W, C).
        labels: probabilities, shape (N, classes).
        partner: integers, shape (N,): image n gets its part from image partner[n].
        inside: which pixels are pasted, shape (N, H, W, 1), booleans.

    >>> x, y = np.array([0.0, 0, 1, 1]).reshape(2, 1, 2, 1), np.eye(2)
    >>> x, y = cutmix(x, y, np.array([1, 0]), box(x, 0, 1, 1, 2))
    >>> x[0].ravel(), y[0]
    (array([0., 1.]), array([0.5, 0.5]))

    Source: Yun, Han, Oh, Chun, Choe and Yoo, CutMix: regularization strategy to train strong classifiers with
    localizable features, 2019.
    """
    labels, partner = _check_pairs(batch, labels, partner)
    inside, shape = np.asarray(inside), (*batch.shape[:3], 1)
    if inside.dtype != bool:
        raise TypeError(f"inside must hold booleans, not {inside.dtype}")
    if inside.shape != shape:
        raise ValueError(f"inside must have shape {shape}, not {inside.shape}")
    share = inside.mean(axis=(1, 2)).astype(labels.dtype)
    return np.where(inside, batch[partner], batch), labels + share * (labels[partner] - labels)


def _check_pairs(batch: np.ndarray, labels: Any, partner: Any) -> tuple[np.ndarray, np.ndarray]:
    """Return probabilities and partners, one for each image."""
    n, partner = len(check_images(batch)), np.asarray(partner)
    labels = one_hot(labels, None, np.asarray(labels).dtype)
    if len(labels) != n:
        raise ValueError(f"labels must be {n}, one for each image, not of shape {labels.shape}")
    if partner.dtype.kind not in "iu":
        raise TypeError(f"partner must hold integers, not {partner.dtype}")
    if partner.shape != (n,) or partner.min() < 0 or partner.max() >= n:
        raise ValueError(f"partner must be {n} integers of [0, {n}), not {partner}")
    return labels, partner


class _Mixing(Augmentation):
    changes_labels = True
    alpha: float
    classes: int | None

    def __post_init__(self) -> None:
        self.alpha = check_number("alpha", self.alpha)
        if self.classes is not None:
            check_count("classes", self.classes)

    def encode(self, labels: np.ndarray, dtype: np.dtype) -> np.ndarray:
        return one_hot(labels, self.classes, dtype)


@dataclass
class MixUp(_Mixing):
    """Blend each image with another of the batch, and their labels in proportion: f((batch, labels), rng).

    x̃ = λ x + (1 − λ) x',  ỹ = λ y + (1 − λ) y',  λ ~ Beta(α, α), drawn for each image

    Args:
        alpha: α ≥ 0; 0 blends nothing, 1 draws λ uniformly.
        classes: number of classes, for integer labels.

    Raises:
        TypeError: a batch without labels.

    >>> x, y = MixUp(0.2, classes=10)((np.ones((2, 8, 8, 3)), np.array([3, 7])), np.random.default_rng(0))
    >>> x.shape, y.shape
    ((2, 8, 8, 3), (2, 10))

    Source: Zhang, Cisse, Dauphin and Lopez-Paz, mixup: beyond empirical risk minimization, 2018.
    """

    alpha: float = 0.2
    classes: int | None = None

    def apply_labelled(
        self, batch: np.ndarray, labels: np.ndarray, rng: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        labels, n = self.encode(labels, batch.dtype), len(batch)
        return mixup(batch, labels, rng.permutation(n), _shares(self.alpha, n, rng))


@dataclass
class CutMix(_Mixing):
    """Paste a rectangle of another image of the batch into each; labels mix by area: f((batch, labels), rng).

    h = H √(1 − λ),  w = W √(1 − λ),  λ ~ Beta(α, α); then λ is set to the fraction of pixels that are left

    The middle of the rectangle is any pixel; what lies outside is cut off.

    Args:
        alpha: α ≥ 0; 0 pastes nothing, 1 draws λ uniformly.
        classes: number of classes, for integer labels.

    Raises:
        TypeError: a batch without labels.

    >>> x, y = CutMix(1.0, classes=10)((np.ones((2, 8, 8, 3)), np.array([3, 7])), np.random.default_rng(0))
    >>> x.shape, y.shape
    ((2, 8, 8, 3), (2, 10))

    Source: Yun, Han, Oh, Chun, Choe and Yoo, CutMix: regularization strategy to train strong classifiers with
    localizable features, 2019.
    """

    alpha: float = 1.0
    classes: int | None = None

    def apply_labelled(
        self, batch: np.ndarray, labels: np.ndarray, rng: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        labels, (n, rows, columns) = self.encode(labels, batch.dtype), batch.shape[:3]
        side = np.sqrt(1 - _shares(self.alpha, n, rng))
        h, w = (rows * side).astype(int), (columns * side).astype(int)
        top, left = _middles(batch, rng) - np.array([h // 2, w // 2])
        return cutmix(batch, labels, rng.permutation(n), box(batch, top, left, top + h, left + w))


def _shares(alpha: float, n: int, rng: np.random.Generator) -> np.ndarray:
    """Draw λ ~ Beta(α, α) for each image; at α = 0 λ is 1."""
    return rng.beta(alpha, alpha, n) if alpha > 0 else np.ones(n)


def _middles(batch: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw a pixel of each image, shape (2, N)."""
    return np.floor(rng.random((len(batch), 2)) * batch.shape[1:3]).astype(int).T
