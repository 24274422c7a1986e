"""Losses one can draw: value, gradient and Hessian in closed form, over any leading axes.

A point is an array whose last axis holds the coordinates; a whole batch or grid of points is one call.
The formulas of the two-dimensional ones are plain arithmetic, so that a web page can run the same lines.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike

Window = tuple[tuple[float, float], tuple[float, float]]


class Surface:
    """A smooth function of `dim` coordinates.

    `value(x)`, `grad(x)` and `hessian(x)` take points x of shape (..., n) and give arrays of shape (...),
    (..., n) and (..., n, n); float32 stays float32. They raise ValueError if the last axis of x does not have
    n coordinates.

    Attributes:
        dim: number of coordinates n.
        window: ((x0, x1), (y0, y1)), the part of the plane to draw (the first two axes).
        start: array (n,), a good point to start from; a new array each time.
        minima: array (k, n), the global minima; a new array each time.
    """

    dim: int
    window: Window
    _start: tuple[float, ...]
    _minima: tuple[tuple[float, ...], ...]

    @property
    def start(self) -> np.ndarray:
        """A good point to start from, shape (n,)."""
        return np.array(self._start)

    @property
    def minima(self) -> np.ndarray:
        """The global minima, shape (k, n)."""
        return np.array(self._minima).reshape(-1, self.dim)

    def value(self, x: ArrayLike) -> np.ndarray:
        """Give f(x), shape (...), for x of shape (..., n)."""
        raise NotImplementedError

    def grad(self, x: ArrayLike) -> np.ndarray:
        """Give ∇f(x), shape (..., n), for x of shape (..., n)."""
        raise NotImplementedError

    def hessian(self, x: ArrayLike) -> np.ndarray:
        """Give the matrix of second derivatives, shape (..., n, n), for x of shape (..., n)."""
        raise NotImplementedError

    def _point(self, x: ArrayLike) -> np.ndarray:
        x = np.asarray(x)
        if x.ndim == 0 or x.shape[-1] != self.dim:
            raise ValueError(f"x must have {self.dim} coordinates on its last axis, not shape {x.shape}")
        return x if x.dtype.kind in "fc" else x.astype(float)


class Surface2D(Surface):
    """A surface over the plane, written as scalar formulas f, df and d2f of (x, y)."""

    dim = 2

    def f(self, x: Any, y: Any) -> Any:
        """Give f(x, y)."""
        raise NotImplementedError

    def df(self, x: Any, y: Any) -> tuple[Any, Any]:
        """Give the gradient (f_x, f_y)."""
        raise NotImplementedError

    def d2f(self, x: Any, y: Any) -> tuple[Any, Any, Any]:
        """Give the second derivatives (f_xx, f_xy, f_yy)."""
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


class Ravine(Surface2D):
    """A long valley: a quadratic with curvature 1 across and 1/κ along, turned by an angle.

    f = ½ (u²/κ + w²),  u = x cos θ + y sin θ,  w = y cos θ − x sin θ

    The largest curvature is 1, so gradient descent is stable for α < 2 whatever κ is.

    Args:
        kappa: condition number κ ≥ 1, the ratio of the curvatures.
        angle: θ in radians; at 0 the valley lies along x and y is the steep axis.

    >>> Ravine(kappa=4).grad([4.0, 1.0])
    array([1., 1.])
    """

    _minima = ((0.0, 0.0),)

    def __init__(self, kappa: float = 25.0, angle: float = 0.0) -> None:
        if not 1 <= kappa < np.inf:
            raise ValueError(f"kappa must be finite and at least 1, not {kappa}")
        if not np.isfinite(angle):
            raise ValueError(f"angle must be finite, not {angle}")
        self.kappa, self.angle = float(kappa), float(angle)

    @property
    def window(self) -> Window:
        c, s = abs(np.cos(self.angle)), abs(np.sin(self.angle))
        wide, high = 5 * c + 2.5 * s, 5 * s + 2.5 * c
        return (-wide, wide), (-high, high)

    @property
    def start(self) -> np.ndarray:
        """The same point of the valley at every angle."""
        c, s = np.cos(self.angle), np.sin(self.angle)
        return np.array([-4.5 * c - 1.5 * s, 1.5 * c - 4.5 * s])

    def f(self, x, y):
        c = np.cos(self.angle)
        s = np.sin(self.angle)
        u = c * x + s * y
        w = c * y - s * x
        return (u * u / self.kappa + w * w) / 2

    def df(self, x, y):
        c = np.cos(self.angle)
        s = np.sin(self.angle)
        u = (c * x + s * y) / self.kappa
        w = c * y - s * x
        return c * u - s * w, s * u + c * w

    def d2f(self, x, y):
        c = np.cos(self.angle)
        s = np.sin(self.angle)
        return c * c / self.kappa + s * s, c * s * (1 / self.kappa - 1), s * s / self.kappa + c * c


class Saddle(Surface2D):
    """A saddle at the origin between two minima.

    f = x²/2 − y²/2 + y⁴/4,  minima at (0, ±1) with f = −1/4

    >>> Saddle().grad([1.0, 0.0])  # with y = 0 no gradient leads off the ridge
    array([1., 0.])
    """

    window = ((-1.5, 1.5), (-1.6, 1.6))
    _start = (1.0, 1e-3)
    _minima = ((0.0, -1.0), (0.0, 1.0))

    def f(self, x, y):
        return x * x / 2 - y * y / 2 + y * y * y * y / 4

    def df(self, x, y):
        return x, y * y * y - y

    def d2f(self, x, y):
        return 1.0, 0.0, 3 * y * y - 1


class Rosenbrock(Surface2D):
    """A curved valley with a nearly flat floor.

    f = (1 − x)² + b (y − x²)²,  minimum 0 at (1, 1)

    Args:
        b: steepness of the walls, b > 0.

    Source: Rosenbrock, An automatic method for finding the greatest or least value of a function, 1960.

    >>> float(Rosenbrock().value([1.0, 1.0]))
    0.0
    """

    window = ((-2.0, 2.0), (-1.0, 3.0))
    _start = (-1.2, 1.0)
    _minima = ((1.0, 1.0),)

    def __init__(self, b: float = 100.0) -> None:
        if not 0 < b < np.inf:
            raise ValueError(f"b must be finite and positive, not {b}")
        self.b = float(b)

    def f(self, x, y):
        w = y - x * x
        return (1 - x) * (1 - x) + self.b * w * w

    def df(self, x, y):
        w = y - x * x
        return -2 * (1 - x) - 4 * self.b * x * w, 2 * self.b * w

    def d2f(self, x, y):
        return 2 + self.b * (12 * x * x - 4 * y), -4 * self.b * x, 2 * self.b


class Bumpy(Surface2D):
    """A bowl with bumps: one global minimum among many local ones.

    f = (x² + y²)/20 + h (2 − cos 2x − cos 2y),  minimum 0 at (0, 0)

    Args:
        height: h ≥ 0, half the height of a bump; 0 leaves the plain bowl.

    >>> float(Bumpy().value([0.0, 0.0]))
    0.0
    """

    window = ((-5.0, 5.0), (-5.0, 5.0))
    _start = (-4.4, 4.0)
    _minima = ((0.0, 0.0),)

    def __init__(self, height: float = 0.2) -> None:
        if not 0 <= height < np.inf:
            raise ValueError(f"height must be finite and not negative, not {height}")
        self.height = float(height)

    def f(self, x, y):
        return (x * x + y * y) / 20 + self.height * (2 - np.cos(2 * x) - np.cos(2 * y))

    def df(self, x, y):
        return x / 10 + 2 * self.height * np.sin(2 * x), y / 10 + 2 * self.height * np.sin(2 * y)

    def d2f(self, x, y):
        return 0.1 + 4 * self.height * np.cos(2 * x), 0.0, 0.1 + 4 * self.height * np.cos(2 * y)


class Quadratic(Surface):
    """A quadratic in n dimensions along its own eigenvectors.

    f = ½ Σ λᵢ xᵢ²

    Args:
        eigenvalues: the curvatures λ, shape (n,); zero and negative ones make plateaus and saddles.

    >>> Quadratic([1.0, 10.0]).grad([3.0, 2.0])
    array([ 3., 20.])
    """

    window = ((-1.5, 1.5), (-1.5, 1.5))

    def __init__(self, eigenvalues: ArrayLike) -> None:
        lam = np.array(eigenvalues, dtype=float)
        if lam.ndim != 1 or lam.size == 0 or not np.all(np.isfinite(lam)):
            raise ValueError(f"eigenvalues must be a list of finite numbers, not {eigenvalues!r}")
        self.eigenvalues = lam
        self.dim = lam.size
        self._start = (1.0,) * self.dim
        self._minima = ((0.0,) * self.dim,) if np.all(lam >= 0) else ()

    def value(self, x: ArrayLike) -> np.ndarray:
        x = self._point(x)
        return ((self.eigenvalues * x * x).sum(-1) / 2).astype(x.dtype, copy=False)

    def grad(self, x: ArrayLike) -> np.ndarray:
        x = self._point(x)
        return (self.eigenvalues * x).astype(x.dtype, copy=False)

    def hessian(self, x: ArrayLike) -> np.ndarray:
        x = self._point(x)
        return np.broadcast_to(np.diag(self.eigenvalues), (*x.shape, self.dim)).astype(x.dtype)
