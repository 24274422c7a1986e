"""Losses whose gradient is an estimate: with added noise, or the mean over a few examples instead of all.

Values and Hessians are exact, so that a plot shows the loss itself.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ...validation import check_count, check_hyper, check_rng
from .surface import Surface, Window


class Noisy(Surface):
    """A surface with normal noise on its gradient.

    g = ∇f(x) + σ N(0, 1), a fresh draw for each component at each call

    Args:
        surface: the surface f.
        sigma: σ ≥ 0, a number, or an array that broadcasts against the points: (20, 1) sets a
            noise level for each of 20 runs.
        rng: generator of the noise.

    >>> from course_lib.optim import Quadratic
    >>> loss = Noisy(Quadratic([1.0]), sigma=0.5, rng=np.random.default_rng(0))
    >>> g = loss.grad(np.full((10_000, 1), 3.0))
    >>> round(float(g.mean()), 1), round(float(g.std()), 1)
    (3.0, 0.5)
    """

    def __init__(self, surface: Surface, sigma: float | np.ndarray, rng: np.random.Generator) -> None:
        if not isinstance(surface, Surface):
            raise TypeError(f"surface must be a Surface such as Ravine(), not {surface!r}")
        self.surface = surface
        self.sigma = check_hyper("sigma", sigma, (0.0, np.inf))
        self.rng = check_rng("rng", rng)
        _look_like(self, surface)

    def value(self, x: ArrayLike) -> np.ndarray:
        return self.surface.value(x)

    def grad(self, x: ArrayLike) -> np.ndarray:
        g = self.surface.grad(x)
        sides = zip(reversed(np.shape(self.sigma)), reversed(g.shape), strict=False)
        if np.ndim(self.sigma) > g.ndim or any(n not in (1, m) for n, m in sides):
            raise ValueError(f"sigma of shape {self.sigma.shape} does not broadcast to points of shape {g.shape}")
        return (g + self.sigma * self.rng.standard_normal(g.shape)).astype(g.dtype, copy=False)

    def hessian(self, x: ArrayLike) -> np.ndarray:
        return self.surface.hessian(x)


class LeastSquares(Surface):
    """A linear model's squared error on a data set: the mean of many small losses.

    f(w) = 1/N Σ ½ (xᵢ·w − yᵢ)²,  ∇f = Xᵀ(X w − y)/N,  H = XᵀX/N

    Its minimum is Xᵀ(X Xᵀ)⁺y; where many weights fit equally well, that is the shortest of them, the one that
    gradient descent from 0 finds.

    Args:
        X: inputs xᵢ, shape (N, n).
        y: targets, shape (N,).

    >>> loss = LeastSquares([[1.0], [1.0]], [2.0, 4.0])
    >>> loss.minima[0].round(12), loss.grad([0.0])
    (array([3.]), array([-3.]))
    """

    def __init__(self, X: ArrayLike, y: ArrayLike) -> None:
        self.X, self.y = np.array(X, dtype=float), np.array(y, dtype=float)
        if self.X.ndim != 2 or self.X.size == 0 or not np.all(np.isfinite(self.X)):
            raise ValueError(f"X must hold finite numbers, one row an example, not shape {self.X.shape}")
        if self.y.shape != self.X.shape[:1] or not np.all(np.isfinite(self.y)):
            raise ValueError(f"y must hold one finite number an example, {len(self.X)}, not shape {self.y.shape}")
        self.dim = self.X.shape[1]
        self._start = (0.0,) * self.dim

    @cached_property
    def _minima(self) -> np.ndarray:
        return np.linalg.lstsq(self.X, self.y, rcond=None)[0][None]

    @property
    def window(self) -> Window:
        """A window about the minimum, wide enough for the start."""
        best = self.minima[0]
        reach = 1.5 * max(float(np.linalg.norm(best)), 1.0)
        x, y = (float(v) for v in np.resize(best, 2))
        return (x - reach, x + reach), (y - reach, y + reach)

    def value(self, x: ArrayLike) -> np.ndarray:
        x = self._point(x)
        r = x @ self.X.T - self.y
        return ((r * r).mean(-1) / 2).astype(x.dtype, copy=False)

    def grad(self, x: ArrayLike) -> np.ndarray:
        x = self._point(x)
        r = x @ self.X.T - self.y
        return (r @ self.X / len(self.X)).astype(x.dtype, copy=False)

    def hessian(self, x: ArrayLike) -> np.ndarray:
        x = self._point(x)
        return np.broadcast_to(self.X.T @ self.X / len(self.X), (*x.shape, self.dim)).astype(x.dtype)

    def grads(self, x: ArrayLike, rows: Any = slice(None)) -> np.ndarray:
        """Return the gradient of each example's loss, (xᵢ·w − yᵢ) xᵢ, shape (..., N, n).

        Args:
            x: weights w, shape (..., n).
            rows: indices of examples, shape (..., m); all by default.
        """
        x, X, y = self._point(x), self.X[rows], self.y[rows]
        r = (X * x[..., None, :]).sum(-1) - y
        return (r[..., None] * X).astype(x.dtype, copy=False)


class Minibatch(Surface):
    """A loss over examples whose gradient is the mean over a few of them, drawn anew at each call.

    g = 1/m Σ ∇fᵢ(x) over m examples drawn with replacement;  E g = ∇f(x),  Cov g = Covᵢ(∇fᵢ(x))/m

    Each point of a batch of runs has its own draw.

    Args:
        loss: the loss f over all examples.
        size: m ≥ 1, examples per batch.
        rng: generator of the draws.

    >>> loss = LeastSquares([[1.0], [1.0]], [2.0, 4.0])
    >>> noisy = Minibatch(loss, size=1, rng=np.random.default_rng(0))
    >>> sorted({float(noisy.grad([0.0])[0]) for _ in range(20)})  # one example or the other
    [-4.0, -2.0]
    """

    def __init__(self, loss: LeastSquares, size: int, rng: np.random.Generator) -> None:
        if not isinstance(loss, LeastSquares):
            raise TypeError(f"loss must be a loss over examples such as LeastSquares(X, y), not {loss!r}")
        self.loss = loss
        self.size = check_count("size", size, least=1)
        self.rng = check_rng("rng", rng)
        _look_like(self, loss)

    def value(self, x: ArrayLike) -> np.ndarray:
        return self.loss.value(x)

    def grad(self, x: ArrayLike) -> np.ndarray:
        x = self._point(x)
        rows = self.rng.integers(len(self.loss.X), size=(*x.shape[:-1], self.size))
        return self.loss.grads(x, rows).mean(-2)

    def hessian(self, x: ArrayLike) -> np.ndarray:
        return self.loss.hessian(x)

    def covariance(self, x: ArrayLike) -> np.ndarray:
        """Return the covariance of the gradient's noise at x, shape (..., n, n), in closed form."""
        d = self.loss.grads(x)
        d = d - d.mean(-2, keepdims=True)
        return np.swapaxes(d, -1, -2) @ d / (len(self.loss.X) * self.size)


def _look_like(new: Surface, old: Surface) -> None:
    """Copy window, starts, minima and saddles from another surface."""
    new.dim, new.window, new._start, new._more_starts = old.dim, old.window, old.start, old.starts[1:]
    new._minima, new._local_minima, new._saddles = old.minima, old.local_minima, old.saddles
