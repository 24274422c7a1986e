"""Resizing: the same picture in more or fewer pixels, and ResNet's random crop out of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from course_lib.optim.parameters import check_count

from .base import Augmentation, check_images, check_size
from .sampling import sample


def resize(batch: np.ndarray, short: Any) -> np.ndarray:
    """Resize the images, their shape kept, so that the shorter side becomes `short`; bilinear.

    Args:
        batch: images, shape (N, H, W, C).
        short: new length of the shorter side in pixels.

    Raises:
        ValueError: short below 1.

    >>> resize(np.zeros((1, 20, 30, 3)), 10).shape
    (1, 10, 15, 3)
    """
    check_images(batch)
    short = np.array([check_count("short", short)])
    h, w = (int(side[0]) for side in _resized(batch, short))
    return _resized_window(batch[:], short, np.zeros((len(batch), 2)), (h, w))


def _resized(batch: np.ndarray, short: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Height and width of the images once their shorter side is `short`, each rounded to whole pixels."""
    rows, columns = batch.shape[1:3]
    return tuple(np.maximum(1, np.rint(side * short / min(rows, columns)).astype(int)) for side in (rows, columns))


def _resized_window(batch: np.ndarray, short: np.ndarray, place: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Resize each image to its own `short` and cut a window out of it at place ∈ [0, 1)², in one sampling."""
    along = []
    for axis, (length, window) in enumerate(zip(_resized(batch, short), size, strict=True)):
        first = np.floor(place[:, axis] * (length - window + 1))  # a whole pixel of the resized image
        scale = batch.shape[1 + axis] / length
        along.append((first[:, None] + np.arange(window) + 0.5) * np.broadcast_to(scale, len(batch))[:, None] - 0.5)
    return sample(batch, along[1][:, None, :], along[0][:, :, None], fill="edge")


@dataclass
class RandomResizedCrop(Augmentation):
    """Resize each image so that its shorter side S is drawn from a range, and cut a window out at random.

    S ~ U{low, …, high},  then a window of h × w

    Bilinear; where an image shrinks, neighbouring pixels are skipped and not averaged.

    Args:
        size: (h, w) of the window, or the side of a square; ResNet's is 224.
        short: (low, high), the range of S in pixels; ResNet's is (256, 480).

    Raises:
        ValueError: low above high, or a window larger than the smallest resized image.

    >>> f = RandomResizedCrop(24, short=(28, 40))
    >>> f(np.zeros((2, 32, 48, 3)), np.random.default_rng(0)).shape
    (2, 24, 24, 3)

    Source: He, Zhang, Ren and Sun, Deep residual learning for image recognition, 2016; the range is from
    Simonyan and Zisserman, Very deep convolutional networks for large-scale image recognition, 2015.
    """

    size: int | tuple[int, int] = 224
    short: tuple[int, int] = (256, 480)

    def __post_init__(self) -> None:
        check_size(self.size)
        low, high = (check_count("short", side) for side in self.short)
        if low > high:
            raise ValueError(f"short must be (low, high) with low ≤ high, not {self.short}")

    def apply(self, batch: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        low, high = self.short
        h, w = check_size(self.size)
        rows, columns = (int(side[0]) for side in _resized(batch, np.array([low])))
        if h > rows or w > columns:
            raise ValueError(f"size: a crop of {h}×{w} is larger than the images, resized to {rows}×{columns}")
        u = rng.random((len(batch), 3))
        short = low + np.floor(u[:, 0] * (high - low + 1)).astype(int)
        return _resized_window(batch, short, u[:, 1:], (h, w))
