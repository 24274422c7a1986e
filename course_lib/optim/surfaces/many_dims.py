"""Test functions in n dimensions, and the table of all surfaces."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from ...validation import check_count, check_number
from .classics import Ackley, Beale, Booth, Himmelblau, Rastrigin, StyblinskiTang
from .common import Bumpy, Quadratic, Ravine, Rosenbrock, Saddle
from .landscapes import MonkeySaddle, Plateau, SharpFlat
from .matrices import random_rotation
from .surface import Surface


class RosenbrockND(Surface):
    """The chained Rosenbrock function: in its valley each coordinate is the square of the previous one.

    f = Σ (1 − xᵢ)² + b (xᵢ₊₁ − xᵢ²)²  over i = 1 … n − 1,  minimum 0 at (1, …, 1)

    With b = 100 there is one more minimum from n = 4 on, with x₁ < 0: first (−.776, .613, .382, .146), then
    (−.962, .936, .881, .778, .605). As n grows it approaches (−1, 1, …, 1), most slowly in the last coordinate:
    .808 for n = 6, .905 for n = 7 and .988 for n = 10.

    Args:
        dim: number of coordinates n ≥ 2; with 2 it is `Rosenbrock`.
        b: steepness of the walls, b > 0.

    >>> float(RosenbrockND(5).value(np.zeros(5)))
    4.0

    Source: Rosenbrock, An automatic method for finding the greatest or least value of a function, 1960; of the
    second minimum: Shang and Qiu, A note on the extended Rosenbrock function, 2006.
    """

    window = ((-2.0, 2.0), (-1.0, 3.0))

    def __init__(self, dim: int, b: float = 100.0) -> None:
        self.dim = check_count("dim", dim, least=2)
        self.b = check_number("b", b, above=0.0)
        self._start = tuple(np.resize([-1.2, 1.0], self.dim))
        self._minima = ((1.0,) * self.dim,)

    def value(self, x: ArrayLike) -> np.ndarray:
        x = self._point(x)
        u, w = x[..., :-1], x[..., 1:] - x[..., :-1] ** 2
        return ((1 - u) ** 2 + self.b * w**2).sum(-1)

    def grad(self, x: ArrayLike) -> np.ndarray:
        x = self._point(x)
        u, w = x[..., :-1], x[..., 1:] - x[..., :-1] ** 2
        g = np.zeros_like(x)
        g[..., :-1] = -2 * (1 - u) - 4 * self.b * u * w
        g[..., 1:] += 2 * self.b * w
        return g

    def hessian(self, x: ArrayLike) -> np.ndarray:
        x = self._point(x)
        u, v, i = x[..., :-1], x[..., 1:], np.arange(self.dim - 1)
        h = np.zeros((*x.shape, self.dim), x.dtype)
        h[..., i, i] = 2 + self.b * (12 * u * u - 4 * v)
        h[..., i + 1, i + 1] += 2 * self.b
        h[..., i, i + 1] = h[..., i + 1, i] = -4 * self.b * u
        return h


class StyblinskiTangND(Surface):
    """Styblinski and Tang's function: two minima per coordinate, 2ⁿ in all.

    f = ½ Σ (xᵢ⁴ − 16 xᵢ² + 5 xᵢ),  minimum −39.166166 n at (−2.903534, …, −2.903534)

    Args:
        dim: number of coordinates n ≥ 1.

    >>> round(StyblinskiTangND(10).f_min, 3)
    -391.662

    Source: Styblinski and Tang, Experiments in nonconvex optimization: stochastic approximation with function
    smoothing and simulated annealing, 1990.
    """

    window = StyblinskiTang.window

    def __init__(self, dim: int) -> None:
        self.dim = check_count("dim", dim, least=1)
        self._start = (0.6,) * self.dim
        self._minima = ((-2.9035340277711771,) * self.dim,)

    def value(self, x: ArrayLike) -> np.ndarray:
        x = self._point(x)
        return (x**4 - 16 * x**2 + 5 * x).sum(-1) / 2

    def grad(self, x: ArrayLike) -> np.ndarray:
        x = self._point(x)
        return 2 * x**3 - 16 * x + 2.5

    def hessian(self, x: ArrayLike) -> np.ndarray:
        x = self._point(x)
        return _diagonal(6 * x**2 - 16)


class RastriginND(Surface):
    """Rastrigin's egg cups: 11ⁿ minima in the usual window, one near every point of integers.

    f = 10 n + Σ (xᵢ² − 10 cos 2πxᵢ),  minimum 0 at (0, …, 0)

    Args:
        dim: number of coordinates n ≥ 1.

    >>> float(RastriginND(4).value(np.ones(4)))
    4.0

    Source: Rastrigin, Systems of extremal control, 1974.
    """

    window = Rastrigin.window

    def __init__(self, dim: int) -> None:
        self.dim = check_count("dim", dim, least=1)
        self._start = tuple(np.resize([-3.4, 2.7], self.dim))
        self._minima = ((0.0,) * self.dim,)

    def value(self, x: ArrayLike) -> np.ndarray:
        x = self._point(x)
        return 10 * self.dim + (x**2 - 10 * np.cos(2 * np.pi * x)).sum(-1)

    def grad(self, x: ArrayLike) -> np.ndarray:
        x = self._point(x)
        return 2 * x + 20 * np.pi * np.sin(2 * np.pi * x)

    def hessian(self, x: ArrayLike) -> np.ndarray:
        x = self._point(x)
        return _diagonal(2 + 40 * np.pi**2 * np.cos(2 * np.pi * x))


def _diagonal(d: np.ndarray) -> np.ndarray:
    """Return matrices (..., n, n) with d (..., n) on their diagonals."""
    return d[..., None] * np.eye(d.shape[-1], dtype=d.dtype)


#: name → surface, from simple to complex.
SURFACES: dict[str, Surface] = {
    "Quadratic": Quadratic([1.0, 2.0, 5.0]),
    "Ravine": Ravine(),
    "Turned ravine": Ravine(kappa=1000.0, angle=np.pi / 4),
    "Ravine in 10-D": Quadratic.ravine(10, 1000.0, random_rotation(10, np.random.default_rng(0))),
    "Booth": Booth(),
    "Saddle": Saddle(),
    "MonkeySaddle": MonkeySaddle(),
    "Plateau": Plateau(),
    "SharpFlat": SharpFlat(),
    "Rosenbrock": Rosenbrock(),
    "Rosenbrock in 10-D": RosenbrockND(10),
    "Beale": Beale(),
    "Himmelblau": Himmelblau(),
    "StyblinskiTang": StyblinskiTang(),
    "Styblinski-Tang in 5-D": StyblinskiTangND(5),
    "Bumpy": Bumpy(),
    "Rastrigin": Rastrigin(),
    "Rastrigin in 3-D": RastriginND(3),
    "Ackley": Ackley(),
}
