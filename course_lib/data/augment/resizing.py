"""Resizing: the same picture in more or fewer pixels, and ResNet's random crop of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from course_lib.validation import check_count

from .base import Augmentation, check_images, check_size

BLOCK = 1 << 17  # so many pixels at a time: their weights and what is computed from them stay small


def resize(batch: np.ndarray, short: Any) -> np.ndarray:
    """Resize the images so that the shorter side becomes `short`; the aspect ratio is kept.

    Bilinear, with an average over the pixels that become one where an image shrinks.

    Args:
        batch: images, shape (N, H, W, C).
        short: new length of the shorter side in pixels.

    >>> resize(np.zeros((1, 20, 30, 3)), 10).shape
    (1, 10, 15, 3)
    """
    check_images(batch)
    sides = _resized(batch, np.array([check_count("short", short)]))
    return resample(batch, sides, np.zeros((2, 1)), (int(sides[0, 0]), int(sides[1, 0])))


def weights(old: int, new: np.ndarray, first: np.ndarray, window: int) -> np.ndarray:
    """Compute the weights of `old` pixels in `window` new ones, from `first` on, per image; shape (N, window, old).

    R[n, i, j] ∝ max(0, 1 − |j + ½ − c|/max(s, 1)),  c = (first + i + ½) s,  s = old/new;  a row's sum is 1

    A triangle around the centre of a new pixel, as wide as one old pixel on each side, or as one new pixel if that
    is larger.

    >>> weights(4, np.array([2]), np.array([0]), 2)[0]
    array([[0.42857143, 0.42857143, 0.14285714, 0.        ],
           [0.        , 0.14285714, 0.42857143, 0.42857143]])
    """
    s = (old / new)[:, None, None]
    c = (first[:, None, None] + np.arange(window)[:, None] + 0.5) * s
    R = np.maximum(0, 1 - np.abs(np.arange(old) + 0.5 - c) / np.maximum(s, 1))
    return R / R.sum(axis=2, keepdims=True)


def resample(batch: np.ndarray, sides: np.ndarray, first: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Resize each image to its own sides and cut a window of `size` out of it, from its `first` row and column on.

    y = R x R'ᵀ for each image and channel, with R of `weights` for rows and R' for columns

    sides and first have shape (2, N), or (2, 1) for all images. No value leaves the range of its image and channel.
    """
    n, rows, columns, channels = batch.shape
    sides, first = (np.broadcast_to(a, (2, n)) for a in (sides, first))
    out = np.empty((n, *size, channels), batch.dtype)
    step = max(1, BLOCK // (rows * columns))
    for i in range(0, n, step):
        images = slice(i, i + step)
        planes = np.ascontiguousarray(batch[images].transpose(0, 3, 1, 2))
        down, across = (
            weights(old, sides[axis, images], first[axis, images], size[axis]).astype(batch.dtype)[:, None]
            for axis, old in enumerate((rows, columns))
        )
        y = down @ planes @ across.transpose(0, 1, 3, 2)
        # Rounding may lead beyond the ends, by one digit.
        ends = (f(axis=(2, 3), keepdims=True) for f in (planes.min, planes.max))
        out[images] = np.clip(y, *ends, out=y).transpose(0, 2, 3, 1)
    return out


def _resized(batch: np.ndarray, short: np.ndarray) -> np.ndarray:
    """Compute the images' height and width if the shorter side is `short`, in whole pixels, shape (2, len(short))."""
    rows, columns = batch.shape[1:3]
    return np.array([np.maximum(1, np.rint(side * short / min(rows, columns)).astype(int)) for side in (rows, columns)])


@dataclass
class ScaleJitterCrop(Augmentation):
    """Resize each image so that its shorter side S is drawn from a range (scale jitter), and cut out a random window.

    S ~ U{low, …, high},  then a window of h × w

    Bilinear, with an average where an image shrinks (see `resize`). torchvision's RandomResizedCrop is another
    augmentation: it draws the window's area and its aspect ratio, as the Inception networks do.

    Args:
        size: (h, w) of the window, or the side of a square; ResNet's is 224.
        short: (low, high), the range of S in pixels; ResNet's is (256, 480).

    Raises:
        ValueError: a window larger than the smallest resized image.

    >>> f = ScaleJitterCrop(24, short=(28, 40))
    >>> f(np.zeros((2, 32, 48, 3)), np.random.default_rng(0)).shape
    (2, 24, 24, 3)

    Source: He, Zhang, Ren and Sun, Deep residual learning for image recognition, 2016; to draw S is from
    Simonyan and Zisserman, Very deep convolutional networks for large-scale image recognition, 2015.
    """

    size: int | tuple[int, int] = 224
    short: tuple[int, int] = (256, 480)

    def __post_init__(self) -> None:
        check_size(self.size)
        if not isinstance(self.short, tuple | list) or len(self.short) != 2:
            raise TypeError(f"short must be a pair (low, high), not {self.short!r}")
        low, high = (check_count("short", side) for side in self.short)
        if low > high:
            raise ValueError(f"short must be (low, high) with low ≤ high, not {self.short}")

    def apply(self, batch: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        low, high = self.short
        h, w = check_size(self.size)
        rows, columns = _resized(batch, np.array([low]))[:, 0]
        if h > rows or w > columns:
            raise ValueError(f"size: a crop of {h}×{w} is larger than the images, resized to {rows}×{columns}")
        u = rng.random((len(batch), 3))
        sides = _resized(batch, low + np.floor(u[:, 0] * (high - low + 1)).astype(int))
        first = np.floor(u[:, 1:].T * (sides - [[h], [w]] + 1))  # all places are equally likely
        return resample(batch, sides, first, (h, w))
