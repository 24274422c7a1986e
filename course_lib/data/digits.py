"""Real handwritten digits: 1,797 images of 8×8 pixels that come with scikit-learn. No network is needed."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import DTypeLike

from course_lib.validation import check_count, check_rng

from .labels import Data, check_dtype

Digits = Data


def load_digits(
    rng: np.random.Generator,
    *,
    val: int = 360,
    test: int = 0,
    train: int | None = None,
    images: bool = False,
    dtype: DTypeLike = np.float32,
) -> Data:
    """Load the handwritten digits, shuffled and split into training, validation and test.

    x = pixels/16

    Args:
        rng: shuffles; one seed always gives the same split.
        val: number of validation images, 0 < val < 1797.
        test: number of test images, ≥ 0.
        train: number of training images; None: all the others.
        images: whether x holds images of shape (N, 8, 8, 1), not rows of shape (N, 64).
        dtype: the float type of x.

    Returns:
        Data(x_train, y_train, x_val, y_val, x_test, y_test): pixels in [0, 1], and the digits 0 … 9, shape (N,).

    Raises:
        ImportError: scikit-learn is missing.

    >>> digits = load_digits(np.random.default_rng(0))
    >>> digits.x_train.shape, digits.y_val.shape
    ((1437, 64), (360,))
    >>> small = load_digits(np.random.default_rng(0), train=500, val=100, test=1000, images=True)
    >>> small.x_train.shape, small.x_test.shape
    ((500, 8, 8, 1), (1000, 8, 8, 1))

    Source: Alpaydin and Kaynak, Optical recognition of handwritten digits, UCI machine learning repository,
    1998 (its test set).
    """
    try:
        from sklearn import datasets
    except ImportError as error:
        raise ImportError('the digits need scikit-learn: pip install "course-lib[data]"') from error
    dtype = check_dtype(dtype)
    check_rng("rng", rng)
    pixels, y = datasets.load_digits(return_X_y=True)
    n = len(y)
    if not 0 < check_count("val", val, least=-math.inf) < n:
        raise ValueError(f"val must be above 0 and below {n}, not {val}")
    rest = n - val - check_count("test", test, 0)
    if rest < 1:
        raise ValueError(f"val + test must be below {n}, not {val + test}")
    train = rest if train is None else check_count("train", train)
    if train > rest:
        raise ValueError(f"train must be at most {rest}, the images left by val and test, not {train}")

    order = rng.permutation(n)
    x = (pixels / 16).astype(dtype)
    if images:
        x = x.reshape(n, 8, 8, 1)
    in_val, in_test, in_train = order[:val], order[val : val + test], order[val + test :][:train]
    return Data(x[in_train], y[in_train], x[in_val], y[in_val], x[in_test], y[in_test])
