"""Colour: every pixel keeps its place and changes its value. Results are clipped to [0, 1]."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from course_lib.validation import check_number

from .base import Augmentation, check_images, check_limits, column, per_image
from .warps import Range

LUMA = (0.299, 0.587, 0.114)  # how bright red, green and blue look (ITU-R BT.601)


def brightness(batch: np.ndarray, factor: Any) -> np.ndarray:
    """Make images brighter or darker: y = f x.

    Args:
        batch: images, shape (N, H, W, C), in [0, 1].
        factor: f ≥ 0, one for all or shape (N,); 1 changes nothing, 0 gives black.

    >>> brightness(np.full((1, 1, 1, 1), 0.4), 1.5).ravel()
    array([0.6])
    """
    check_light(batch)
    return _clip(batch * _factor(factor, batch))


def contrast(batch: np.ndarray, factor: Any) -> np.ndarray:
    """Pull pixels away from the mean grey m of their image, or towards it: y = m + f (x − m).

    Args:
        batch: images, shape (N, H, W, C), in [0, 1]; of three channels m is the mean of grey, else of all values.
        factor: f ≥ 0, one for all or shape (N,); 1 changes nothing, 0 gives even grey.

    >>> contrast(np.array([0.4, 0.6]).reshape(1, 1, 2, 1), 2).ravel()
    array([0.3, 0.7])
    """
    check_light(batch)
    f = _factor(factor, batch)
    grey = _grey(batch) if batch.shape[3] == 3 else batch
    m = grey.reshape(len(batch), -1).mean(axis=1)[:, None, None, None]
    return _clip(batch + (f - 1) * (batch - m))  # as above, and x itself, to the last bit, at f = 1


def saturation(batch: np.ndarray, factor: Any) -> np.ndarray:
    """Pull colours away from the grey g of their pixel, or towards it.

    y = g + f (x − g),  g = .299 R + .587 G + .114 B

    Args:
        batch: images, shape (N, H, W, 3), in [0, 1].
        factor: f ≥ 0, one for all or shape (N,); 1 changes nothing, 0 removes the colours.

    >>> saturation(np.array([1.0, 0, 0]).reshape(1, 1, 1, 3), 0.5).ravel()
    array([0.6495, 0.1495, 0.1495])
    """
    check_light(batch)
    f = _factor(factor, batch)
    return _clip(batch + (f - 1) * (batch - _grey(batch)))


def check_light(batch: np.ndarray) -> None:
    """Raise ValueError if pixels are outside [0, 1]: clipping would lose them."""
    low, high = check_images(batch).min(), batch.max()
    if not (low >= 0 and high <= 1):
        raise ValueError(f"batch must lie in [0, 1], not in [{low:g}, {high:g}]: change colours before you normalize")


def _factor(factor: Any, batch: np.ndarray) -> np.ndarray:
    return column("factor", per_image("factor", factor, batch, (0, np.inf)), batch)


def _grey(batch: np.ndarray) -> np.ndarray:
    """Compute the brightness of every pixel, shape (N, H, W, 1)."""
    if batch.shape[3] != 3:
        raise ValueError(f"batch must have the three channels red, green and blue, not {batch.shape[3]}")
    red, green, blue = (batch[..., i : i + 1] * batch.dtype.type(LUMA[i]) for i in range(3))
    red += green
    red += blue
    return red


def _clip(y: np.ndarray) -> np.ndarray:
    return np.clip(y, 0, 1, out=y)


@dataclass
class Brightness(Augmentation):
    """Multiply the pixels of each image by a factor drawn from a range.

    y = f x,  f ~ U(low, high)

    Args:
        factor: range of f; a number s stands for (1 − s, 1 + s).

    Raises:
        ValueError: pixels outside [0, 1].

    >>> Brightness((0.5, 0.5))(np.ones((2, 1, 1, 1)), np.random.default_rng(0)).ravel()
    array([0.5, 0.5])
    """

    factor: Range

    def __post_init__(self) -> None:
        self._limits = check_limits("factor", self.factor, middle=1.0, least=0.0)

    def apply(self, batch: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        return brightness(batch, rng.uniform(*self._limits, len(batch)))


@dataclass
class Contrast(Augmentation):
    """Pull the pixels of each image from its mean grey, or towards it, by a factor drawn from a range.

    y = m + f (x − m),  f ~ U(low, high)

    Args:
        factor: range of f; a number s stands for (1 − s, 1 + s).

    Raises:
        ValueError: pixels outside [0, 1].

    >>> Contrast((0, 0))(np.array([0.2, 0.4]).reshape(1, 1, 2, 1), np.random.default_rng(0)).round(3).ravel()
    array([0.3, 0.3])
    """

    factor: Range

    def __post_init__(self) -> None:
        self._limits = check_limits("factor", self.factor, middle=1.0, least=0.0)

    def apply(self, batch: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        return contrast(batch, rng.uniform(*self._limits, len(batch)))


@dataclass
class Saturation(Augmentation):
    """Make the colours of each image stronger or weaker by a factor drawn from a range.

    y = g + f (x − g),  f ~ U(low, high)

    Args:
        factor: range of f; a number s stands for (1 − s, 1 + s).

    Raises:
        ValueError: pixels outside [0, 1], or not three channels.

    >>> Saturation((0, 0))(np.array([1.0, 0, 0]).reshape(1, 1, 1, 3), np.random.default_rng(0)).ravel()
    array([0.299, 0.299, 0.299])
    """

    factor: Range

    def __post_init__(self) -> None:
        self._limits = check_limits("factor", self.factor, middle=1.0, least=0.0)

    def apply(self, batch: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        return saturation(batch, rng.uniform(*self._limits, len(batch)))


class PCAColour(Augmentation):
    """Add to all pixels of an image one colour, drawn along the directions in which the colours of a set vary.

    y = x + Σᵢ pᵢ · (αᵢ λᵢ),  αᵢ ~ N(0, σ²), drawn once for each image

    pᵢ and λᵢ are the eigenvectors and eigenvalues of the covariance of the pixels' channels. λ and not its root,
    as the paper has it: the jitter depends on the pixels' scale, here [0, 1].

    Args:
        images: the training set, shape (N, H, W, C), in [0, 1]; PCA reads it once.
        sigma: σ ≥ 0, standard deviation of α.

    Attributes:
        p: eigenvectors in columns, shape (C, C), largest eigenvalue first; the largest entry of each is positive.
        lam: λ, eigenvalues, shape (C,).

    Raises:
        ValueError: pixels outside [0, 1], or other channels than the training set has.

    >>> x = np.random.default_rng(0).random((8, 4, 4, 3))
    >>> PCAColour(x)(x, np.random.default_rng(1)).shape
    (8, 4, 4, 3)

    Source: Krizhevsky, Sutskever and Hinton, ImageNet classification with deep convolutional neural networks, 2012.
    """

    def __init__(self, images: np.ndarray, sigma: float = 0.1) -> None:
        check_light(images)
        self.sigma = check_number("sigma", sigma)
        mean, covariance = images.mean(axis=(0, 1, 2), dtype=float), 0.0
        for image in images:  # one by one: a training set in float64 may not fit into memory
            pixels = image.reshape(-1, len(mean)) - mean
            covariance = covariance + pixels.T @ pixels / (images.size / len(mean))
        lam, p = np.linalg.eigh(covariance)
        p = p * np.sign(p[abs(p).argmax(axis=0), np.arange(len(mean))])  # signs that do not depend on the machine
        self.lam, self.p = np.maximum(lam[::-1], 0), p[:, ::-1]

    def __repr__(self) -> str:
        return f"PCAColour(λ = {np.array2string(self.lam, precision=3)}, sigma={self.sigma:g})"

    def apply(self, batch: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        check_light(batch)
        if batch.shape[3] != len(self.lam):
            raise ValueError(f"batch must have {len(self.lam)} channels, like the training set, not {batch.shape[3]}")
        alpha = rng.normal(0, self.sigma, (len(batch), len(self.lam)))
        colour = (self.p * (alpha * self.lam)[:, None, :]).sum(axis=2)
        return _clip(batch + colour.astype(batch.dtype)[:, None, None, :])
