"""The base of all augmentations: they take a batch of images, draw for each of them, and return a new batch.

Images are NHWC everywhere: an array (N, height, width, channels) of floats in [0, 1]. The dtype is kept, and the
input is never changed.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from course_lib.validation import ANY, check_count, check_hyper, check_number, check_rng


class Augmentation:
    """A random change of images: `f(batch, rng)` returns a new batch.

    For a pair (batch, labels) it returns a pair; only MixUp and CutMix change the labels.

    Attributes:
        changes_labels: whether labels must come with the batch.

    Raises:
        TypeError, ValueError: a batch that is not (N, height, width, channels) of floats; labels of another length.
    """

    changes_labels = False

    def __call__(self, batch: Any, rng: np.random.Generator) -> Any:
        check_rng("rng", rng)
        if not isinstance(batch, tuple):
            if self.changes_labels:
                raise TypeError(f"{self!r} changes the labels too: pass the pair (batch, labels)")
            return self.apply(check_images(batch), rng)
        if len(batch) != 2:
            raise ValueError(f"{self!r} takes a batch or a pair (batch, labels), not a tuple of {len(batch)}")
        images, labels = check_images(batch[0]), np.asarray(batch[1])
        if labels.ndim == 0 or len(labels) != len(images):
            raise ValueError(f"labels must be {len(images)}, one for each image, not of shape {labels.shape}")
        return self.apply_labelled(images, labels, rng)

    def apply(self, batch: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Return the new images; defined by a subclass."""
        raise NotImplementedError

    def apply_labelled(
        self, batch: np.ndarray, labels: np.ndarray, rng: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return the new images and their labels."""
        return self.apply(batch, rng), labels

    def encode(self, labels: np.ndarray, dtype: np.dtype) -> np.ndarray:
        """Return the labels in the form of the output: as they are, or as a matrix of probabilities."""
        return labels


def check_images(batch: Any, label: str = "batch") -> np.ndarray:
    """Return the batch if it is a batch of float images."""
    if not isinstance(batch, np.ndarray):
        raise TypeError(f"{label} must be a NumPy array of images, not a {type(batch).__name__}")
    if batch.dtype.kind != "f":
        raise TypeError(f"{label} must hold floats in [0, 1], not {batch.dtype}: divide by the largest value first")
    if batch.ndim != 4:
        raise ValueError(f"{label} must have shape (N, height, width, channels), not {batch.shape}")
    if batch.size == 0:
        raise ValueError(f"{label} is empty: its shape is {batch.shape}")
    return batch


def check_probability(label: str, value: Any) -> float:
    """Return a number in [0, 1] as a float."""
    value = check_number(label, value, ANY)
    if not 0 <= value <= 1:
        raise ValueError(f"{label} must lie in [0, 1], not {value:g}")
    return value


def check_limits(label: str, value: Any, middle: float = 0.0, least: float = -math.inf) -> tuple[float, float]:
    """Return a range: a number s stands for (middle − s, middle + s); a pair (low, high) for itself."""
    if isinstance(value, tuple | list):
        if len(value) != 2:
            raise ValueError(f"{label} must be a number or a pair (low, high), not {value!r}")
        low, high = (check_number(label, v, ANY) for v in value)
    else:
        s = check_number(label, value)
        low, high = middle - s, middle + s
    if not least <= low <= high:
        bound = "" if least == -math.inf else f"{least:g} ≤ "
        raise ValueError(f"{label} must be a range with {bound}low ≤ high, not ({low:g}, {high:g})")
    return low, high


def check_size(size: Any, batch: np.ndarray | None = None) -> tuple[int, int]:
    """Return (h, w), from a pair or the side of a square; with a batch, it must fit into its images."""
    pair = tuple(size) if isinstance(size, tuple | list) else (size, size)
    if len(pair) != 2:
        raise ValueError(f"size must be one number or (h, w), not {size!r}")
    h, w = (check_count("size", side) for side in pair)
    if batch is not None and (h > batch.shape[1] or w > batch.shape[2]):
        raise ValueError(f"size: a crop of {h}×{w} is larger than the images, {batch.shape[1]}×{batch.shape[2]}")
    return h, w


def per_image(label: str, value: Any, batch: np.ndarray, domain: tuple[float, float] | None = None) -> np.ndarray:
    """Return one number for each image, shape (N,), from one for all or from an array."""
    value = np.asarray(check_hyper(label, np.asarray(value), domain), float)
    if value.shape not in ((), (1,), (len(batch),)):
        raise ValueError(f"{label} must be one number or {len(batch)}, one for each image, not of shape {value.shape}")
    return np.broadcast_to(value, len(batch))


def column(label: str, value: np.ndarray, batch: np.ndarray) -> np.ndarray:
    """Reshape one number for each image to (N, 1, 1, 1), in the batch's dtype, to broadcast against it."""
    with np.errstate(over="ignore"):
        cast = value.astype(batch.dtype)
    if not np.isfinite(cast).all():
        raise ValueError(f"{label} must be finite in the images' {batch.dtype}, not {abs(value).max():g}")
    return cast[:, None, None, None]
