"""Losses whose gradient is an estimate: with added noise, or the mean over a few examples instead of all.

Values and Hessians are exact, so that a plot shows the loss itself; but a held minibatch is one whole loss.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from ...validation import check_bool, check_count, check_hyper, check_rng
from .examples import FiniteSum
from .surface import Surface


def _of_the_loss(name: str) -> property:
    return property(lambda self: getattr(self._exact, name), doc=f"`{name}` of the loss itself.")


class _Estimated(Surface):
    """A loss whose gradient is an estimate; its window, starts, minima and saddles are those of the loss itself."""

    window, start, starts = (_of_the_loss(name) for name in ("window", "start", "starts"))
    minima, f_min, local_minima, saddles = map(_of_the_loss, ("minima", "f_min", "local_minima", "saddles"))

    def __init__(self, exact: Surface) -> None:
        self._exact, self.dim = exact, exact.dim


class Noisy(_Estimated):
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
        super().__init__(surface)
        self.surface = surface
        self.sigma = check_hyper("sigma", sigma, (0.0, np.inf))
        self.rng = check_rng("rng", rng)

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


class Minibatch(_Estimated):
    """A loss over examples whose gradient is the mean over a few of them, drawn anew at each call.

    g = 1/m Σ ∇fᵢ(x) over m examples drawn with replacement;  E g = ∇f(x),  Cov g = Covᵢ(∇fᵢ(x))/m

    Each point of a batch of runs has its own draw. A held minibatch keeps its draw, one for all points: value, gradient
    and Hessian are those of one batch until `draw()`, as a line search needs.

    Args:
        loss: the loss f over all examples.
        size: m ≥ 1, examples per batch.
        rng: generator of the draws.
        held: whether one batch is kept until `draw()`.

    Attributes:
        batch: the loss over the batch that is held; None without `held`.

    >>> from course_lib.optim import LeastSquares
    >>> loss = LeastSquares([[1.0], [1.0]], [2.0, 4.0])
    >>> noisy = Minibatch(loss, size=1, rng=np.random.default_rng(0))
    >>> sorted({float(noisy.grad([0.0])[0]) for _ in range(20)})  # one example or the other
    [-4.0, -2.0]
    >>> held = Minibatch(loss, size=1, rng=np.random.default_rng(0), held=True)
    >>> {float(held.grad([0.0])[0]) for _ in range(20)}, float(held.value([0.0]))
    ({-4.0}, 8.0)
    """

    batch: FiniteSum | None = None

    def __init__(self, loss: FiniteSum, size: int, rng: np.random.Generator, *, held: bool = False) -> None:
        if not isinstance(loss, FiniteSum):
            raise TypeError(f"loss must be a loss over examples such as LeastSquares(X, y), not {loss!r}")
        super().__init__(loss)
        self.loss = loss
        self.size = check_count("size", size, least=1)
        self.rng = check_rng("rng", rng)
        self.held = check_bool("held", held)
        if held:
            self.draw()

    def draw(self) -> None:
        """Draw the next batch of a held minibatch."""
        if not self.held:
            raise ValueError("only a held minibatch keeps what is drawn: write Minibatch(…, held=True)")
        self.batch = self.loss.subset(self._rows(()))

    def _rows(self, shape: tuple[int, ...]) -> np.ndarray:
        """Draw a batch for each of some points, whose shape is given: indices of examples, shape (..., m)."""
        return self.rng.integers(len(self.loss.X), size=(*shape, self.size))

    def value(self, x: ArrayLike) -> np.ndarray:
        return (self.batch or self.loss).value(x)

    def grad(self, x: ArrayLike) -> np.ndarray:
        if self.batch:
            return self.batch.grad(x)
        x = self._point(x)
        return self.loss.grads(x, self._rows(x.shape[:-1])).mean(-2)

    def hessian(self, x: ArrayLike) -> np.ndarray:
        return (self.batch or self.loss).hessian(x)

    def covariance(self, x: ArrayLike) -> np.ndarray:
        """Return the covariance of the gradient's noise at x, shape (..., n, n), in closed form."""
        d = self.loss.grads(x)
        d = d - d.mean(-2, keepdims=True)
        return np.swapaxes(d, -1, -2) @ d / (len(self.loss.X) * self.size)
