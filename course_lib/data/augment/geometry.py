"""Flips and crops: pixels move, and none is interpolated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from course_lib.validation import check_count

from .base import Augmentation, check_images, check_probability, check_size

PADDINGS = ("constant", "edge", "reflect", "wrap")


def flip_horizontal(batch: np.ndarray) -> np.ndarray:
    """Mirror every image, left to right: y[i, j] = x[i, W − 1 − j].

    Args:
        batch: images, shape (N, H, W, C).

    >>> flip_horizontal(np.array([0.0, 0.5, 1.0]).reshape(1, 1, 3, 1)).ravel()
    array([1. , 0.5, 0. ])
    """
    return check_images(batch)[:, :, ::-1].copy()


def flip_vertical(batch: np.ndarray) -> np.ndarray:
    """Turn every image upside down: y[i, j] = x[H − 1 − i, j].

    Args:
        batch: images, shape (N, H, W, C).

    >>> flip_vertical(np.array([0.0, 0.5, 1.0]).reshape(1, 3, 1, 1)).ravel()
    array([1. , 0.5, 0. ])
    """
    return check_images(batch)[:, ::-1].copy()


def crop(batch: np.ndarray, top: Any, left: Any, size: tuple[int, int]) -> np.ndarray:
    """Cut a window out of every image, each at its own place: y[i, j] = x[top + i, left + j].

    Args:
        batch: images, shape (N, H, W, C).
        top: first row, one for all or shape (N,).
        left: first column, likewise.
        size: (h, w) of the window.

    Raises:
        ValueError: a window that reaches beyond the image.

    >>> x = np.arange(12.0).reshape(1, 3, 4, 1)
    >>> crop(x, 1, 2, (2, 2))[0, :, :, 0]
    array([[ 6.,  7.],
           [10., 11.]])
    """
    check_images(batch)
    h, w = check_size(size, batch)
    n, rows, columns = batch.shape[:3]
    top, left = np.asarray(top), np.asarray(left)
    for label, at, most in (("top", top, rows - h), ("left", left, columns - w)):
        if at.shape not in ((), (1,), (n,)):
            raise ValueError(f"{label} must be one number or {n}, one for each image, not of shape {at.shape}")
        if at.dtype.kind not in "iu":
            raise TypeError(f"{label} must be integers, not {at.dtype}")
        if at.min() < 0 or at.max() > most:
            raise ValueError(f"{label} must lie between 0 and {most}, not {at.min()} to {at.max()}")
    # All windows of all images, without a copy: (N, places down, places right, h, w·C); then one for each image.
    flat = np.ascontiguousarray(batch).reshape(n, rows, -1)
    channels = batch.shape[3]
    windows = np.lib.stride_tricks.sliding_window_view(flat, (h, w * channels), axis=(1, 2))[:, :, ::channels]
    return windows[np.arange(n), top, left].reshape(n, h, w, channels)


def center_crop(batch: np.ndarray, size: int | tuple[int, int]) -> np.ndarray:
    """Cut the window in the middle out of every image.

    Args:
        batch: images, shape (N, H, W, C).
        size: (h, w) of the window, or the side of a square.

    Raises:
        ValueError: the window is larger than the image.

    >>> center_crop(np.zeros((2, 32, 48, 3)), 24).shape
    (2, 24, 24, 3)
    """
    h, w = check_size(size, check_images(batch))
    return crop(batch, (batch.shape[1] - h) // 2, (batch.shape[2] - w) // 2, (h, w))


def ten_crops(batch: np.ndarray, size: int | tuple[int, int]) -> np.ndarray:
    """Cut the four corners and the middle out of every image, and mirror each: ten views, to average in testing.

    Args:
        batch: images, shape (N, H, W, C).
        size: (h, w) of the windows, or the side of a square.

    Returns:
        The views, shape (10, N, h, w, C): top left, top right, bottom left, bottom right, middle; then mirrored.

    Raises:
        ValueError: the windows are larger than the image.

    >>> ten_crops(np.zeros((2, 32, 32, 3)), 24).shape
    (10, 2, 24, 24, 3)

    Source: Krizhevsky, Sutskever and Hinton, ImageNet classification with deep convolutional neural networks, 2012.
    """
    h, w = check_size(size, check_images(batch))
    bottom, right = batch.shape[1] - h, batch.shape[2] - w
    corners = [(0, 0), (0, right), (bottom, 0), (bottom, right), (bottom // 2, right // 2)]
    five = np.stack([batch[:, top : top + h, left : left + w] for top, left in corners])
    return np.concatenate([five, five[:, :, :, ::-1]])


@dataclass
class FlipHorizontal(Augmentation):
    """Mirror each image with probability p. (A cat stays a cat; a b becomes a d.)

    Args:
        p: probability, in [0, 1].

    >>> x = np.linspace(0, 1, 8).reshape(2, 2, 2, 1)
    >>> np.array_equal(FlipHorizontal(p=1)(x, np.random.default_rng(0)), flip_horizontal(x))
    True
    """

    p: float = 0.5

    def __post_init__(self) -> None:
        self.p = check_probability("p", self.p)

    def apply(self, batch: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        y, chosen = batch.copy(), rng.random(len(batch)) < self.p
        y[chosen] = batch[chosen].take(np.arange(batch.shape[2])[::-1], axis=2)
        return y


@dataclass
class FlipVertical(Augmentation):
    """Turn each image upside down with probability p. (A 6 becomes a 9.)

    Args:
        p: probability, in [0, 1].

    >>> FlipVertical(p=1)(np.array([0.2, 0.8]).reshape(1, 2, 1, 1), np.random.default_rng(0)).ravel()
    array([0.8, 0.2])
    """

    p: float = 0.5

    def __post_init__(self) -> None:
        self.p = check_probability("p", self.p)

    def apply(self, batch: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        y, chosen = batch.copy(), rng.random(len(batch)) < self.p
        y[chosen] = batch[chosen, ::-1]
        return y


@dataclass
class RandomCrop(Augmentation):
    """Cut a window out of each image, at a place drawn uniformly.

    Args:
        size: (h, w) of the window, or the side of a square.

    Raises:
        ValueError: the window is larger than the image.

    >>> RandomCrop(24)(np.zeros((2, 32, 32, 3)), np.random.default_rng(0)).shape
    (2, 24, 24, 3)
    """

    size: int | tuple[int, int]

    def __post_init__(self) -> None:
        check_size(self.size)

    def apply(self, batch: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        h, w = check_size(self.size, batch)
        places = np.array([batch.shape[1] - h + 1, batch.shape[2] - w + 1])
        top, left = np.floor(rng.random((len(batch), 2)) * places).astype(int).T
        return crop(batch, top, left, (h, w))


@dataclass
class PadAndCrop(Augmentation):
    """Pad each image, and cut a window of the old size out of it: the image moves by whole pixels.

    Args:
        pad: width of the border in pixels, ≥ 0; the image moves by at most as much.
        mode: what the border holds: "constant" (zeros), "edge", "reflect" or "wrap", as in numpy.pad.

    Raises:
        ValueError: a reflected border as wide as the image.

    >>> PadAndCrop(4)(np.zeros((2, 32, 32, 3)), np.random.default_rng(0)).shape
    (2, 32, 32, 3)

    Source: Lee, Xie, Gallagher, Zhang and Tu, Deeply-supervised nets, 2015 (the recipe for CIFAR-10: 4 pixels).
    """

    pad: int = 4
    mode: str = "constant"

    def __post_init__(self) -> None:
        self.pad = check_count("pad", self.pad, least=0)
        if self.mode not in PADDINGS:
            raise ValueError(f"mode must be one of {', '.join(PADDINGS)}, not {self.mode!r}")

    def apply(self, batch: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        size = batch.shape[1:3]
        if self.mode == "reflect" and self.pad >= min(size):
            raise ValueError(f"pad must be below {min(size)} to reflect images of {size[0]}×{size[1]}, not {self.pad}")
        border = (self.pad, self.pad)
        return RandomCrop(size).apply(np.pad(batch, ((0, 0), border, border, (0, 0)), mode=self.mode), rng)
