"""The base classes of every test loss: value, gradient and Hessian in closed form, over any leading axes.

A point is an array whose last axis holds the coordinates; a whole batch or grid of points is one call.
The formulas in two dimensions are plain arithmetic, so that a web page can run the same lines.
"""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ...validation import check_count, check_rng

Window = tuple[tuple[float, float], tuple[float, float]]


class Surface:
    """A smooth function of `dim` coordinates.

    `value(x)`, `grad(x)` and `hessian(x)` take points x of shape (..., n) and return arrays of shape (...),
    (..., n) and (..., n, n); float32 stays float32. They raise ValueError if the last axis of x does not have
    n coordinates.

    Attributes:
        dim: number of coordinates n.
        window: ((x0, x1), (y0, y1)), the region to draw (the first two axes).
        start: array (n,), a good starting point; like the other arrays, new at each access.
        starts: array (k, n), several of them, `start` first.
        minima: array (k, n), the global minima.
        f_min: the value there; −inf if there is none.
        local_minima, saddles: arrays (k, n), other minima and saddle points, where there are few enough to name.
    """

    dim: int
    window: Window
    _start: tuple[float, ...]
    _more_starts: tuple[tuple[float, ...], ...] = ()
    _minima: tuple[tuple[float, ...], ...]
    _local_minima: tuple[tuple[float, ...], ...] = ()
    _saddles: tuple[tuple[float, ...], ...] = ()

    @property
    def start(self) -> np.ndarray:
        """A good starting point, shape (n,)."""
        return np.array(self._start)

    @property
    def starts(self) -> np.ndarray:
        """Good starting points, shape (k, n); the first is `start`."""
        return np.array([self.start, *self._more_starts])

    @property
    def minima(self) -> np.ndarray:
        """The global minima, shape (k, n)."""
        return np.array(self._minima, dtype=float).reshape(-1, self.dim)

    @property
    def f_min(self) -> float:
        """The value at the global minima; −inf if there is none."""
        minima = self.minima
        return float(self.value(minima[0])) if len(minima) else -np.inf

    @property
    def local_minima(self) -> np.ndarray:
        """Minima that are not global, shape (k, n); empty where they are too many."""
        return np.array(self._local_minima, dtype=float).reshape(-1, self.dim)

    @property
    def saddles(self) -> np.ndarray:
        """Saddle points, shape (k, n); empty where they are too many."""
        return np.array(self._saddles, dtype=float).reshape(-1, self.dim)

    def sample(self, count: int, rng: np.random.Generator) -> np.ndarray:
        """Draw points uniformly from the window, shape (count, n); all axes but the first have the second's range.

        Args:
            count: number of points, ≥ 0.
            rng: generator of the numbers.

        >>> from course_lib.optim import Saddle
        >>> Saddle().sample(20, np.random.default_rng(0)).shape
        (20, 2)
        """
        count, rng = check_count("count", count, least=0), check_rng("rng", rng)
        (x0, x1), (y0, y1) = self.window
        low, high = np.full(self.dim, y0), np.full(self.dim, y1)
        low[0], high[0] = x0, x1
        return rng.uniform(low, high, size=(count, self.dim))

    def value(self, x: ArrayLike) -> np.ndarray:
        """Return f(x), shape (...), for x of shape (..., n)."""
        raise NotImplementedError

    def grad(self, x: ArrayLike) -> np.ndarray:
        """Return ∇f(x), shape (..., n), for x of shape (..., n)."""
        raise NotImplementedError

    def hessian(self, x: ArrayLike) -> np.ndarray:
        """Return the matrix of second derivatives, shape (..., n, n), for x of shape (..., n)."""
        raise NotImplementedError

    def __repr__(self) -> str:
        names = [name for name in inspect.signature(type(self)).parameters if name != "rng"]  # its repr is an address
        settings = [f"{name}={_format_setting(getattr(self, name, None))}" for name in names]
        return f"{type(self).__name__}({', '.join(settings)})"

    def _point(self, x: ArrayLike) -> np.ndarray:
        x = np.asarray(x)
        if x.ndim == 0 or x.shape[-1] != self.dim:
            raise ValueError(f"x must have {self.dim} coordinates on its last axis, not shape {x.shape}")
        return x if x.dtype.kind in "fc" else x.astype(float)


def _format_setting(value: Any) -> str:
    return f"array{value.shape}" if isinstance(value, np.ndarray) else repr(value)


class Surface2D(Surface):
    """A surface in two dimensions, written as scalar formulas f, df and d2f of (x, y)."""

    dim = 2

    def f(self, x: Any, y: Any) -> Any:
        """Return f(x, y)."""
        raise NotImplementedError

    def df(self, x: Any, y: Any) -> tuple[Any, Any]:
        """Return the gradient (f_x, f_y)."""
        raise NotImplementedError

    def d2f(self, x: Any, y: Any) -> tuple[Any, Any, Any]:
        """Return the second derivatives (f_xx, f_xy, f_yy)."""
        raise NotImplementedError

    def value(self, x: ArrayLike) -> np.ndarray:
        x = self._point(x)
        return np.asarray(self.f(x[..., 0], x[..., 1])).astype(x.dtype, copy=False)[()]

    def grad(self, x: ArrayLike) -> np.ndarray:
        x = self._point(x)
        g = np.empty_like(x)
        g[..., 0], g[..., 1] = self.df(x[..., 0], x[..., 1])
        return g

    def hessian(self, x: ArrayLike) -> np.ndarray:
        x = self._point(x)
        h = np.empty((*x.shape, 2), x.dtype)
        h[..., 0, 0], h[..., 0, 1], h[..., 1, 1] = self.d2f(x[..., 0], x[..., 1])
        h[..., 1, 0] = h[..., 0, 1]
        return h
