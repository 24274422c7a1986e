"""Run a method on a surface: its path, and the number of steps it took.

The theory of such runs is in `rates.py` and `floors.py`; `comparison.py` does many at once.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ...validation import check_count, check_hyper
from ..optimizer import Optimizer
from ..second_order.newton import SecondOrder
from ..surfaces.surface import Surface


def descend(
    surface: Surface | Callable[[np.ndarray], Any],
    optimizer: Optimizer | SecondOrder,
    start: ArrayLike,
    steps: int,
    *,
    noise: float | np.ndarray = 0.0,
    rng: np.random.Generator | None = None,
) -> np.ndarray:
    """Run an optimizer on a surface, and return its path.

    x₀ = start,  xₖ₊₁ = step(xₖ, ∇f(xₖ) + noise · N(0, 1))

    Args:
        surface: a surface, or a function x → ∇f(x).
        optimizer: any optimizer, or a second-order method (which needs a surface, and runs from one start at
            a time, with one level of noise). It is not changed: a clone runs.
        start: starting point, shape (..., n). Leading axes are a batch of starts. If hyper-parameters or
            noise are arrays, the start is broadcast against them: lr (20, 1, 1), rho (20, 1) and a start
            (2,) make 400 runs, shape (20, 20, 2). (A method that is not elementwise takes the whole array for
            one point: SAM needs axis=-1.)
        steps: number of steps, ≥ 0.
        noise: standard deviation of the normal noise on each gradient component, ≥ 0.
        rng: generator of the noise; required with noise.

    Returns:
        The path, shape (steps + 1, ..., n), the start first. A run that diverges ends in inf or nan,
        without error or warning.

    >>> from course_lib.optim import SGD, Quadratic
    >>> descend(Quadratic([1.0]), SGD(0.5), [8.0], 3).ravel()
    array([8., 4., 2., 1.])
    """
    if not isinstance(optimizer, Optimizer | SecondOrder):
        raise TypeError(f"optimizer must be an optimizer such as SGD(0.1), not {optimizer!r}")
    steps = check_count("steps", steps, least=0)
    loss = _Loss(surface, noise, rng)
    if isinstance(optimizer, SecondOrder):
        loss.check_for(optimizer)
    x = _real("start", start)
    x = x if x.dtype.kind == "f" else x.astype(float)
    with np.errstate(all="ignore"):
        if isinstance(optimizer, SecondOrder):
            return _descend_each(loss, optimizer, x, steps)
        optimizer = optimizer.clone()
        arrays = {"start": x, "noise": loss.noise, **optimizer.settings()}
        shapes = {name: np.shape(array) for name, array in arrays.items()}
        try:
            shape = np.broadcast_shapes(*shapes.values())
        except ValueError:
            raise ValueError(f"start, noise and settings must broadcast together, not the shapes {shapes}") from None
        x = np.array(np.broadcast_to(x, shape))
        path = np.empty((steps + 1, *x.shape), x.dtype)
        path[0] = x
        for k in range(1, steps + 1):
            optimizer.step_closure(x, loss, nonfinite="allow")
            path[k] = x
    return path


def _descend_each(loss: _Loss, method: SecondOrder, start: np.ndarray, steps: int) -> np.ndarray:
    """Run from one start after another: each run has its own line searches and state."""
    if start.ndim == 0:
        raise ValueError(f"start must be a point of shape (n,), or several of them, not {start}")
    path = np.empty((steps + 1, *start.shape), start.dtype)
    for i in np.ndindex(start.shape[:-1]):
        clone, x = method.clone(), start[i].copy()
        path[(0, *i)] = x
        for k in range(1, steps + 1):
            clone.step_closure(x, loss)
            path[(k, *i)] = x
    return path


class _Loss:
    """A surface, or a function that returns the gradient, with noise on its gradient."""

    def __init__(self, surface: Any, noise: Any, rng: Any) -> None:
        self.surface, self.rng = surface, rng
        self.noise = check_hyper("noise", noise, (0.0, math.inf))
        self.noisy = bool(np.any(self.noise))
        if self.noisy and not isinstance(rng, np.random.Generator):
            raise TypeError(f"rng is required with noise, as in rng=np.random.default_rng(0), not {rng!r}")
        self.exact = surface.grad if isinstance(surface, Surface) else surface
        if not callable(self.exact):
            raise TypeError(f"surface must be a Surface or a function that returns the gradient, not {surface!r}")

    def check_for(self, method: SecondOrder) -> None:
        """Raise TypeError or ValueError unless a second-order method can use this loss."""
        if not callable(getattr(self.surface, "value", None)):
            name = type(method).__name__
            raise TypeError(f"surface must be a Surface for {name}, which needs .value(x): {self!r} has none")
        if np.ndim(self.noise):
            raise ValueError(f"noise must be one number for {type(method).__name__}, not of shape {self.noise.shape}")

    def __repr__(self) -> str:
        return getattr(self.surface, "__name__", repr(self.surface))

    def grad(self, x: np.ndarray) -> np.ndarray:
        dx = np.asarray(self.exact(x))
        return dx + self.noise * self.rng.standard_normal(x.shape) if self.noisy else dx

    def __getattr__(self, name: str) -> Any:  # value and hessian, if the surface has them
        return getattr(self.surface, name)


def steps_to(values: ArrayLike, tol: float, *, minimum: ArrayLike | None = None, stay: bool = False) -> Any:
    """Return the number of steps until values first come within a tolerance.

    the first k with |valuesₖ| ≤ tol;  with a minimum x*: the first k with ‖xₖ − x*‖ ≤ tol;
    to stay: the first k from which on that holds to the end

    Args:
        values: losses, errors or the like, shape (steps + 1, ...), step 0 first; each of the trailing axes
            is counted on its own. With `minimum`, a path of shape (steps + 1, ..., n).
        tol: the tolerance, ≥ 0.
        minimum: the point (n,) that the path should reach.
        stay: whether a value that passes through, as one that swings does, is not counted yet.

    Returns:
        An int, or an array of counts for trailing axes; `inf` where the tolerance is never reached.

    >>> steps_to([1.0, -0.5, 0.25, 0.125], tol=0.3)
    2
    >>> steps_to([1.0, 0.0, -0.5, 0.25], tol=0.3), steps_to([1.0, 0.0, -0.5, 0.25], tol=0.3, stay=True)
    (1, 3)
    >>> steps_to([1.0, 2.0, 4.0], tol=0.3)
    inf
    """
    values, tol = _real("values", values), check_hyper("tol", tol, (0.0, math.inf))
    if values.ndim == 0 or len(values) == 0:
        raise ValueError(f"values must hold one entry a step, step 0 first, not shape {values.shape}")
    if minimum is not None:
        point = _real("minimum", minimum)
        if values.ndim < 2 or point.shape != values.shape[-1:]:
            raise ValueError(f"minimum of shape {point.shape} is no point of a path of shape {values.shape}")
        values = np.linalg.norm(values - point, axis=-1)
    hit = np.abs(values) <= tol
    if stay:
        hit = np.logical_and.accumulate(hit[::-1])[::-1]
    first = np.where(hit.any(axis=0), hit.argmax(axis=0), np.inf)
    if first.ndim:
        return first
    return int(first) if hit.any() else np.inf


def _real(label: str, value: ArrayLike) -> np.ndarray:
    try:
        array = np.asarray(value)
    except ValueError:
        raise ValueError(f"{label} must be an array; its rows are of unequal lengths") from None
    if array.dtype.kind not in "iuf" and array.size:
        raise TypeError(f"{label} must hold real numbers, not {array.dtype}")
    return array
