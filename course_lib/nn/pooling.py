"""Fractional max pooling: images shrink by less than a half at a time, over regions drawn at random."""

from __future__ import annotations

import math

import numpy as np

from ..validation import check_count, check_number
from .layers import Shape
from .noise import IMAGES, Noise

Regions = tuple[np.ndarray, np.ndarray]  # the rows and the columns of each region


class FractionalMaxPool(Noise):
    """Max pooling with a ratio α between 1 and 2, over regions that are drawn anew in training.

    y[i, j] = max x[r, c] over the rows r of region i and the columns c of region j

    Training draws the regions; testing uses the pseudo-random ones of u = 1/2, which are fixed. Pixels count from 0.
    Region i is a[i−1] … a[i] − 1, and with overlapping a[i−1] … a[i], for a sequence a that rises by 1 or 2: see
    `random_sequence` and `pseudorandom_sequence`. It ends at n_in, and with overlapping at n_in − 1, the last pixel:
    either way the regions cover every pixel. (The paper ends both at the last pixel, so disjoint regions would miss
    it; but the increments it prints for 25 pixels add up to 25, as here.) Rows and columns have a sequence each; a
    batch shares them. n_out = ⌊n_in/α⌋, as long as steps of 1 and 2 reach the end (3 pixels never become 1).

    The maximum is not linear, so the output in testing is not the mean over regions: `average` computes that, the
    paper's repeated tests.

    Args:
        ratio: α, in (1, 2).
        rng: draws the regions.
        random: whether sequences are random, or pseudo-random, which spreads regions more evenly.
        overlapping: whether neighbouring regions share the pixels of their border.

    Raises:
        ValueError: an input that is too small (overlapping regions need two pixels).

    >>> layer = FractionalMaxPool(1.5, rng=np.random.default_rng(0), overlapping=False)
    >>> layer.forward(np.arange(9.0).reshape(1, 3, 3, 1), train=True)[0, :, :, 0]
    array([[4., 5.],
           [7., 8.]])

    Source: Graham, Fractional max-pooling, 2014.
    """

    _memory = Noise._memory | {"_z", "_low"}

    def __init__(
        self, ratio: float, *, rng: np.random.Generator, random: bool = True, overlapping: bool = True
    ) -> None:
        self.ratio = check_number("FractionalMaxPool: ratio", ratio, (1, 2))
        if self.ratio == 1:
            raise ValueError("FractionalMaxPool: ratio must lie in (1, 2), not 1")
        self.random, self.overlapping = random, overlapping
        super().__init__(rng)

    def output_shape(self, shape: Shape) -> Shape:
        self._check_shape("x", ("N", *shape), IMAGES)
        height, width, channels = shape
        return self._size(height), self._size(width), channels

    def draw(self, shape: Shape) -> Regions:
        self._check_shape("x", shape, IMAGES)
        _, height, width, _ = shape
        return self._regions(height), self._regions(width)

    def forward(self, x: np.ndarray, train: bool = False) -> np.ndarray:
        self._check_batch("x", x, IMAGES)
        return super().forward(x, train)

    def apply(self, x: np.ndarray, z: Regions | None) -> np.ndarray:
        _, height, width, _ = x.shape
        self._z = (self._regions(height, u=0.5), self._regions(width, u=0.5)) if z is None else z
        self._x, self._low = x, _max(x, self._z[0], axis=1)
        self._y = _max(self._low, self._z[1], axis=2)
        return self._y

    def backward(self, dy: np.ndarray) -> np.ndarray:
        self._remembered("_y_shape", dy)
        dlow = _spread(dy, self._low, self._y, self._z[1], axis=2)
        return _spread(dlow, self._x, self._low, self._z[0], axis=1)

    def _size(self, n_in: int) -> int:
        """Return the number of regions."""
        last = n_in - self.overlapping
        if last < 1:
            raise ValueError(f"{self!r}: height and width must be at least {1 + self.overlapping}, not {n_in}")
        n_out = math.floor(n_in / self.ratio + 1e-9)  # 9/(9/7), rounded, is below 7
        return min(max(n_out, math.ceil(last / 2)), last)

    def _regions(self, n_in: int, u: float | None = None) -> np.ndarray:
        """Return each region's pixels, shape (n_out, 2), with overlapping (n_out, 3); short ones repeat their last."""
        last, n_out = n_in - self.overlapping, self._size(n_in)
        if u is None and self.random:
            a = random_sequence(last, n_out, self.rng)
        else:
            a = pseudorandom_sequence(last, n_out, self.rng.random() if u is None else u)
        end = a[1:] if self.overlapping else a[1:] - 1
        return np.minimum(a[:-1, None] + np.arange(2 + self.overlapping), end[:, None])

    def __repr__(self) -> str:
        return f"FractionalMaxPool({self.ratio:g}, random={self.random}, overlapping={self.overlapping})"


def random_sequence(length: int, steps: int, rng: np.random.Generator) -> np.ndarray:
    """Draw a sequence a from 0 to length that rises by 1s and 2s in random order.

    a[0] = 0, a[steps] = length; length − steps of the increments are 2, the others 1, and all orders are equally likely

    Args:
        length: where the sequence ends.
        steps: number of increments, length/2 ≤ steps ≤ length.
        rng: draws the order.

    Returns:
        a, integers, shape (steps + 1,).

    >>> np.diff(random_sequence(25, 18, np.random.default_rng(0)))
    array([2, 1, 2, 1, 2, 2, 1, 2, 1, 1, 1, 1, 2, 1, 1, 1, 2, 1])

    Source: Graham, Fractional max-pooling, 2014.
    """
    _check_steps(length, steps)
    increments = np.repeat([2, 1], [length - steps, 2 * steps - length])
    return np.concatenate([[0], np.cumsum(rng.permutation(increments))])


def pseudorandom_sequence(length: int, steps: int, u: float) -> np.ndarray:
    """Return the sequence from 0 to length whose increments of 1 and 2 are spread as evenly as possible.

    a[i] = ⌈α (i + u)⌉ − ⌈α u⌉, α = length/steps

    Args:
        length: where the sequence ends.
        steps: number of increments, length/2 ≤ steps ≤ length.
        u: where the pattern starts, in [0, 1).

    Returns:
        a, integers, shape (steps + 1,).

    >>> np.diff(pseudorandom_sequence(25, 18, 0.5))
    array([2, 1, 1, 2, 1, 2, 1, 1, 2, 1, 1, 2, 1, 2, 1, 1, 2, 1])

    Source: Graham, Fractional max-pooling, 2014.
    """
    _check_steps(length, steps)
    check_number("u", u, (0, 1))
    # ⌈(length i + length u)/steps⌉ in whole numbers: α i, rounded, could step past one.
    start = math.ceil(length * u)
    return -(-(length * np.arange(steps + 1) + start) // steps) + (-start // steps)


def _check_steps(length: int, steps: int) -> None:
    check_count("length", length), check_count("steps", steps)
    if not steps <= length <= 2 * steps:
        raise ValueError(f"{steps} steps of 1 or 2 cannot reach length {length}")


def _max(x: np.ndarray, regions: np.ndarray, axis: int) -> np.ndarray:
    """Compute the maximum over each region along one axis."""
    y = x.take(regions[:, 0], axis)
    for at in regions.T[1:]:
        np.maximum(y, x.take(at, axis), out=y)
    return y


def _spread(dy: np.ndarray, x: np.ndarray, y: np.ndarray, regions: np.ndarray, axis: int) -> np.ndarray:
    """Pass dL/dy back to the pixels that were the maxima; of equal ones, to the first."""
    dx, to_come = np.zeros(x.shape, dy.dtype), np.ones(y.shape, bool)
    for at in regions.T:  # the i-th pixels of the regions all differ, so += misses none
        here = to_come & (x.take(at, axis) == y)
        dx[(slice(None),) * axis + (at,)] += dy * here
        to_come &= ~here
    return dx
