"""How weights begin."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import DTypeLike


def he(rng: np.random.Generator, n_in: int, n_out: int, dtype: DTypeLike = np.float32) -> np.ndarray:
    """Draw a weight matrix that keeps the size of the signal through layers of ReLUs.

    W ~ N(0, 2/n_in)

    Args:
        rng: where the numbers come from.
        n_in: number of inputs of a unit, ≥ 1.
        n_out: number of units, ≥ 1.
        dtype: a float type.

    Returns:
        W, shape (n_in, n_out).

    Raises:
        ValueError: n_in or n_out below 1.

    >>> he(np.random.default_rng(0), 64, 10).shape
    (64, 10)

    Source: He, Zhang, Ren and Sun, Delving deep into rectifiers: surpassing human-level performance on
    ImageNet classification, 2015.
    """
    for name, n in (("n_in", n_in), ("n_out", n_out)):
        if n < 1:
            raise ValueError(f"{name} must be at least 1, not {n}")
    return (rng.standard_normal((n_in, n_out)) * math.sqrt(2 / n_in)).astype(dtype)
