"""The surfaces used most, each with its value, gradient and Hessian.

`landscapes` and `classics` have more in two dimensions, `many_dims` has those in n and lists them all. `noisy` has
losses whose gradients are estimates, `counterexamples` two problems on which Adam fails.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from ...validation import ANY, check_count, check_number
from .surface import Surface, Surface2D, Window


class Ravine(Surface2D):
    """A long valley: a quadratic with curvature 1 across and 1/κ along, rotated by an angle.

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
        self.kappa = check_number("kappa", kappa, (1.0, math.inf))
        self.angle = check_number("angle", angle, ANY)

    @property
    def window(self) -> Window:
        c, s = abs(np.cos(self.angle)), abs(np.sin(self.angle))
        wide, high = 5 * c + 2.5 * s, 5 * s + 2.5 * c
        return (-wide, wide), (-high, high)

    @property
    def start(self) -> np.ndarray:
        """The same point of the valley at every angle."""
        return self.starts[0]

    @property
    def starts(self) -> np.ndarray:
        """One point in each quarter of the valley, the same at every angle."""
        c, s = np.cos(self.angle), np.sin(self.angle)
        u, w = np.array([-4.5, 4.5, -4.5, 4.5]), np.array([1.5, 1.5, -1.5, -1.5])
        return np.stack([c * u - s * w, s * u + c * w], axis=-1)

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
    """A saddle at the origin between two minima, with the curvature along its ridge to choose, rotated by an angle.

    f = ½ k u² − ½ w² + ¼ w⁴,  u = x cos θ + y sin θ,  w = y cos θ − x sin θ

    The minima are at u = 0, w = ±1, with f = −1/4. On the ridge, w = 0, no gradient leads off it. A steep ridge
    across the axes (k = 10, θ = π/4) is a trap for AdaGrad, which accumulates its steepness in both coordinates.

    Args:
        steep: k > 0, the curvature along the ridge.
        angle: θ in radians; at 0 the ridge is the x axis.

    >>> Saddle().grad([1.0, 0.0])
    array([1., 0.])
    """

    def __init__(self, steep: float = 1.0, angle: float = 0.0) -> None:
        self.steep = check_number("steep", steep, above=0.0)
        self.angle = check_number("angle", angle, ANY)

    def _turned(self, u: ArrayLike, w: ArrayLike) -> np.ndarray:
        """Return the points with these rotated coordinates."""
        c, s = np.cos(self.angle), np.sin(self.angle)
        u, w = np.asarray(u), np.asarray(w)
        return np.stack([c * u - s * w, s * u + c * w], axis=-1)

    @property
    def window(self) -> Window:
        c, s = abs(np.cos(self.angle)), abs(np.sin(self.angle))
        wide, high = 1.5 * c + 1.6 * s, 1.5 * s + 1.6 * c
        return (-wide, wide), (-high, high)

    @property
    def start(self) -> np.ndarray:
        """A point near the ridge, the same at every angle."""
        return self.starts[0]

    @property
    def starts(self) -> np.ndarray:
        """Points near the ridge, the same at every angle; the last one is on the ridge itself."""
        return self._turned([1.0, -1.0, 1.0, 1.0], [1e-3, 1e-6, -0.1, 0.0])

    @property
    def minima(self) -> np.ndarray:
        return self._turned([0.0, 0.0], [-1.0, 1.0])

    @property
    def saddles(self) -> np.ndarray:
        return np.zeros((1, 2))

    def f(self, x, y):
        c = np.cos(self.angle)
        s = np.sin(self.angle)
        u = c * x + s * y
        w = c * y - s * x
        return self.steep * u * u / 2 - w * w / 2 + w * w * w * w / 4

    def df(self, x, y):
        c = np.cos(self.angle)
        s = np.sin(self.angle)
        u = self.steep * (c * x + s * y)
        w = c * y - s * x
        w = w * w * w - w
        return c * u - s * w, s * u + c * w

    def d2f(self, x, y):
        c = np.cos(self.angle)
        s = np.sin(self.angle)
        w = c * y - s * x
        k = 3 * w * w - 1
        return c * c * self.steep + s * s * k, c * s * (self.steep - k), s * s * self.steep + c * c * k


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
    _more_starts = ((-1.8, 2.5), (0.0, 2.5), (0.0, 0.0))
    _minima = ((1.0, 1.0),)

    def __init__(self, b: float = 100.0) -> None:
        self.b = check_number("b", b, above=0.0)

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
    _more_starts = ((4.5, 1.2), (2.0, -4.6), (-1.4, -1.2))
    _minima = ((0.0, 0.0),)

    def __init__(self, height: float = 0.2) -> None:
        self.height = check_number("height", height)

    def f(self, x, y):
        return (x * x + y * y) / 20 + self.height * (2 - np.cos(2 * x) - np.cos(2 * y))

    def df(self, x, y):
        return x / 10 + 2 * self.height * np.sin(2 * x), y / 10 + 2 * self.height * np.sin(2 * y)

    def d2f(self, x, y):
        return 0.1 + 4 * self.height * np.cos(2 * x), 0.0, 0.1 + 4 * self.height * np.cos(2 * y)


class Quadratic(Surface):
    """A quadratic in n dimensions, with any curvatures along any orthogonal axes.

    f = ½ Σ λᵢ uᵢ²,  u = Qᵀ x

    Args:
        eigenvalues: the curvatures λ, shape (n,); zero and negative ones make plateaus and saddles.
        rotation: the orthogonal matrix Q, shape (n, n); its columns are the eigenvectors. None: the identity.

    >>> Quadratic([1.0, 10.0]).grad([3.0, 2.0])
    array([ 3., 20.])
    """

    def __init__(self, eigenvalues: ArrayLike, rotation: ArrayLike | None = None) -> None:
        lam = np.array(eigenvalues, dtype=float)
        if lam.ndim != 1 or lam.size == 0 or not np.all(np.isfinite(lam)):
            raise ValueError(f"eigenvalues must be a list of finite numbers, not {eigenvalues!r}")
        self.eigenvalues = lam
        self.dim = n = lam.size
        self._minima = ((0.0,) * n,) if np.all(lam >= 0) else ()
        self.rotation = None
        self._start = (1.0,) * n
        reach = 1.5
        if rotation is not None:
            self.rotation = _orthogonal("rotation", rotation, n)
            self._start = tuple(self.rotation @ np.ones(n))  # the same point of the ravine
            reach = 1.1 * np.sqrt(n)
        self.window = (-reach, reach), (-reach, reach)

    @classmethod
    def ravine(cls, dim: int, kappa: float, rotation: ArrayLike | None = None) -> Quadratic:
        """Make a ravine in n dimensions: curvatures from 1/κ to 1, evenly spaced on a log axis.

        λᵢ = κ^(−(n − i)/(n − 1)),  i = 1 … n

        Args:
            dim: number of coordinates n ≥ 2.
            kappa: condition number κ ≥ 1.
            rotation: as in the class; `random_rotation(n, rng)` draws one.

        >>> Quadratic.ravine(3, kappa=100).eigenvalues
        array([0.01, 0.1 , 1.  ])
        """
        dim = check_count("dim", dim, least=2)
        return cls(np.geomspace(1 / check_number("kappa", kappa, (1.0, math.inf)), 1.0, dim), rotation)

    def value(self, x: ArrayLike) -> np.ndarray:
        x = self._point(x)
        u = x if self.rotation is None else x @ self.rotation
        return ((self.eigenvalues * u * u).sum(-1) / 2).astype(x.dtype, copy=False)

    def grad(self, x: ArrayLike) -> np.ndarray:
        x = self._point(x)
        if self.rotation is None:
            return (self.eigenvalues * x).astype(x.dtype, copy=False)
        u = x @ self.rotation
        return ((self.eigenvalues * u) @ self.rotation.T).astype(x.dtype, copy=False)

    def hessian(self, x: ArrayLike) -> np.ndarray:
        x = self._point(x)
        h = np.diag(self.eigenvalues)
        if self.rotation is not None:
            h = self.rotation @ h @ self.rotation.T
            h = (h + h.T) / 2  # symmetric to the last bit
        return np.broadcast_to(h, (*x.shape, self.dim)).astype(x.dtype)


def _orthogonal(label: str, value: ArrayLike, n: int) -> np.ndarray:
    q = np.array(value, dtype=float)
    if q.shape != (n, n) or not np.allclose(q.T @ q, np.eye(n), rtol=0, atol=1e-9):
        raise ValueError(f"{label} must be an orthogonal matrix of shape {(n, n)}, not {value!r}")
    return q
