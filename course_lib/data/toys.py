"""Toy problems in the plane, to see what a network learns: points x, shape (N, 2), with classes y, shape (N,).

Each class has `n` points. `split(*spirals(rng, 300), rng, val=100)` makes them ready for training.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import DTypeLike

from course_lib.validation import check_count, check_number, check_rng

from .labels import check_dtype

Points = tuple[np.ndarray, np.ndarray]


def spirals(
    rng: np.random.Generator,
    n: int = 100,
    *,
    arms: int = 3,
    turns: float = 0.75,
    noise: float = 0.03,
    dtype: DTypeLike = np.float32,
) -> Points:
    """Draw a spiral with several arms that wind around each other, one class per arm.

    x = r·(cos φ, sin φ) + noise·N(0, I), r ~ U(0, 1), φ = 2π·(c/arms + turns·r)

    Args:
        rng: draws the points.
        n: points of each arm, ≥ 1.
        arms: number of classes, ≥ 1.
        turns: number of turns of an arm around the origin, ≥ 0.
        noise: standard deviation, ≥ 0; the radius of the spiral is 1.
        dtype: the float type of x.

    Returns:
        (x, y), x of shape (arms·n, 2), shuffled.

    >>> x, y = spirals(np.random.default_rng(0), 50, arms=4)
    >>> x.shape, np.bincount(y)
    ((200, 2), array([50, 50, 50, 50]))

    Source: Lang and Witbrock, Learning to tell two spirals apart, 1988.
    """
    y = _classes(rng, n, "arms", arms, noise, dtype)
    turns = check_number("turns", turns)
    r = rng.uniform(0, 1, len(y))
    return _finish(rng, _circle(r, y / arms + turns * r), y, noise, dtype)


def moons(rng: np.random.Generator, n: int = 100, *, noise: float = 0.1, dtype: DTypeLike = np.float32) -> Points:
    """Draw two interleaved half circles.

    x = (cos φ, sin φ) for class 0, (1 − cos φ, ½ − sin φ) for class 1, plus noise·N(0, I), φ ~ U(0, π)

    Args:
        rng: draws the points.
        n: points of each moon, ≥ 1.
        noise: standard deviation, ≥ 0; the radius of a moon is 1.
        dtype: the float type of x.

    Returns:
        (x, y), x of shape (2n, 2), shuffled.

    >>> x, y = moons(np.random.default_rng(0), 50)
    >>> x.shape, np.bincount(y)
    ((100, 2), array([50, 50]))

    Source: Pedregosa and others, Scikit-learn: machine learning in Python, 2011 (its `make_moons`).
    """
    y = _classes(rng, n, "classes", 2, noise, dtype)
    upper = _circle(np.ones(len(y)), rng.uniform(0, 0.5, len(y)))
    lower = np.array([1, 0.5]) - upper
    return _finish(rng, np.where(y[:, None] == 0, upper, lower), y, noise, dtype)


def rings(
    rng: np.random.Generator, n: int = 100, *, classes: int = 2, noise: float = 0.05, dtype: DTypeLike = np.float32
) -> Points:
    """Draw rings around the origin, one class per ring: no straight line separates them.

    x = (c + 1)/classes·(cos φ, sin φ) + noise·N(0, I), φ ~ U(0, 2π)

    Args:
        rng: draws the points.
        n: points of each ring, ≥ 1.
        classes: number of rings, ≥ 1.
        noise: standard deviation, ≥ 0; the radius of the outermost ring is 1.
        dtype: the float type of x.

    Returns:
        (x, y), x of shape (classes·n, 2), shuffled.

    >>> x, y = rings(np.random.default_rng(0), 50, noise=0)
    >>> np.linalg.norm(x[y == 0], axis=1).round(6).max()
    np.float32(0.5)
    """
    y = _classes(rng, n, "classes", classes, noise, dtype)
    return _finish(rng, _circle((y + 1) / classes, rng.uniform(0, 1, len(y))), y, noise, dtype)


def blobs(
    rng: np.random.Generator, n: int = 100, *, classes: int = 3, noise: float = 0.25, dtype: DTypeLike = np.float32
) -> Points:
    """Draw round clouds whose centres are evenly spaced on a circle, one class per cloud.

    x = (cos φ, sin φ) + noise·N(0, I), φ = 2π·c/classes

    Args:
        rng: draws the points.
        n: points of each cloud, ≥ 1.
        classes: number of clouds, ≥ 1.
        noise: standard deviation, ≥ 0; the centres are at distance 1 from the origin.
        dtype: the float type of x.

    Returns:
        (x, y), x of shape (classes·n, 2), shuffled.

    >>> x, y = blobs(np.random.default_rng(0), 1000, classes=2)
    >>> x[y == 1].mean(axis=0).round(1) + 0.0
    array([-1.,  0.], dtype=float32)
    """
    y = _classes(rng, n, "classes", classes, noise, dtype)
    return _finish(rng, _circle(np.ones(len(y)), y / classes), y, noise, dtype)


def _classes(rng: np.random.Generator, n: int, label: str, classes: int, noise: float, dtype: DTypeLike) -> np.ndarray:
    """Return the classes in order, once all arguments are checked: an error leaves rng unchanged."""
    check_rng("rng", rng)
    check_number("noise", noise)
    check_dtype(dtype)
    return np.repeat(np.arange(check_count(label, classes)), check_count("n", n))


def _circle(r: np.ndarray, turn: np.ndarray) -> np.ndarray:
    """Return points at radius r and an angle in turns, counter-clockwise from the right."""
    return np.stack([r * np.cos(2 * np.pi * turn), r * np.sin(2 * np.pi * turn)], axis=1)


def _finish(rng: np.random.Generator, x: np.ndarray, y: np.ndarray, noise: float, dtype: DTypeLike) -> Points:
    x = x + noise * rng.standard_normal(x.shape)
    order = rng.permutation(len(y))
    return x[order].astype(dtype), y[order]
