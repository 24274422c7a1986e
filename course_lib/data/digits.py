"""Real handwritten digits: 1,797 images of 8×8 pixels that come with scikit-learn. No network is needed."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import DTypeLike


class Digits(NamedTuple):
    """Digits in two parts: x are pixels in [0, 1], shape (N, 64); y are the digits 0 … 9, shape (N,)."""

    x_train: np.ndarray
    y_train: np.ndarray
    x_val: np.ndarray
    y_val: np.ndarray


def load_digits(rng: np.random.Generator, *, val: int = 360, dtype: DTypeLike = np.float32) -> Digits:
    """Load the handwritten digits, shuffled and split into training and validation.

    x = pixels/16

    Args:
        rng: shuffles; one seed always gives the same split.
        val: number of validation images, 0 < val < 1797; the others are for training.
        dtype: the float type of x.

    Returns:
        Digits(x_train, y_train, x_val, y_val).

    Raises:
        ImportError: scikit-learn is missing.
        ValueError: val is out of range.

    >>> digits = load_digits(np.random.default_rng(0))
    >>> digits.x_train.shape, digits.y_val.shape
    ((1437, 64), (360,))

    Source: Alpaydin and Kaynak, Optical recognition of handwritten digits, UCI machine learning repository,
    1998 (its test set).
    """
    try:
        from sklearn import datasets
    except ImportError as error:
        raise ImportError('the digits need scikit-learn: pip install "course-lib[data]"') from error
    pixels, y = datasets.load_digits(return_X_y=True)
    if not 0 < val < len(y):
        raise ValueError(f"val must be above 0 and below {len(y)}, not {val}")
    order = rng.permutation(len(y))
    x = (pixels / 16).astype(dtype)
    train, held = order[val:], order[:val]
    return Digits(x[train], y[train], x[held], y[held])
