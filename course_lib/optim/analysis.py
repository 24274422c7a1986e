"""Run a method on a surface, and what theory says of the run.

Along an eigenvector of curvature λ, a method on a quadratic is a linear recurrence. Its *rate* is the factor
by which the error shrinks a step in the long run: the modulus of the recurrence's largest root. Under 1 it
converges. These formulas take numbers, or arrays that broadcast.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .optimizer import Optimizer
from .parameters import check_hyper
from .second_order import SecondOrder
from .surface import Surface


def descend(
    surface: Surface | Callable[[np.ndarray], Any],
    optimizer: Optimizer | SecondOrder,
    start: ArrayLike,
    steps: int,
    *,
    noise: float | np.ndarray = 0.0,
    rng: np.random.Generator | None = None,
) -> np.ndarray:
    """Let an optimizer walk down a surface, and keep its path.

    x₀ = start,  xₖ₊₁ = step(xₖ, ∇f(xₖ) + noise · N(0, 1))

    Args:
        surface: a surface, or a function x → ∇f(x).
        optimizer: any optimizer, or a second-order method (which needs a surface, and walks from one start at
            a time). It is not changed: the walk uses a copy without memory.
        start: where to begin, shape (..., n). Leading axes are a batch of starts. If hyper-parameters or
            noise are arrays, the start is broadcast against them: lr (20, 1, 1), rho (20, 1) and a start
            (2,) make 400 walks, shape (20, 20, 2).
        steps: number of steps, ≥ 0.
        noise: standard deviation of the normal noise on each gradient component, ≥ 0.
        rng: where the noise comes from; needed if there is any.

    Returns:
        The path, shape (steps + 1, ..., n), the start first. A walk that diverges ends in inf or nan,
        without error or warning.

    Raises:
        TypeError, ValueError: a bad argument, named.

    >>> from course_lib.optim import SGD, Quadratic
    >>> descend(Quadratic([1.0]), SGD(0.5), [8.0], 3).ravel()
    array([8., 4., 2., 1.])
    """
    if not isinstance(optimizer, Optimizer | SecondOrder):
        raise TypeError(f"optimizer must be an optimizer such as SGD(0.1), not {optimizer!r}")
    if isinstance(steps, bool) or not isinstance(steps, int | np.integer):
        raise TypeError(f"steps must be an integer, not {steps!r}")
    if steps < 0:
        raise ValueError(f"steps must not be negative, not {steps}")
    loss = _Loss(surface, noise, rng)
    x = _real("start", start)
    x = x if x.dtype.kind == "f" else x.astype(float)
    with np.errstate(all="ignore"):
        if isinstance(optimizer, SecondOrder):
            return _descend_each(loss, optimizer, x, steps)
        optimizer = optimizer.fresh()
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
            optimizer.follow(x, loss, nonfinite="allow")
            path[k] = x
    return path


def _descend_each(loss: _Loss, method: SecondOrder, start: np.ndarray, steps: int) -> np.ndarray:
    """Walk from one start after another: each has its own line searches and memory."""
    if start.ndim == 0:
        raise ValueError(f"start must be a point of shape (n,), or several of them, not {start}")
    path = np.empty((steps + 1, *start.shape), start.dtype)
    for i in np.ndindex(start.shape[:-1]):
        walker, x = method.fresh(), start[i].copy()
        path[(0, *i)] = x
        for k in range(1, steps + 1):
            walker.follow(x, loss)
            path[(k, *i)] = x
    return path


class _Loss:
    """A surface, or a function that gives the gradient, with noise on its gradient."""

    def __init__(self, surface: Any, noise: Any, rng: Any) -> None:
        self.surface, self.rng = surface, rng
        self.noise = check_hyper("noise", noise, (0.0, math.inf))
        self.noisy = bool(np.any(self.noise))
        if self.noisy and not isinstance(rng, np.random.Generator):
            raise TypeError(f"rng must be given with noise, as in rng=np.random.default_rng(0), not {rng!r}")
        self.exact = surface.grad if isinstance(surface, Surface) else surface
        if not callable(self.exact):
            raise TypeError(f"surface must be a Surface or a function that gives the gradient, not {surface!r}")

    def grad(self, x: np.ndarray) -> np.ndarray:
        dx = np.asarray(self.exact(x))
        return dx + self.noise * self.rng.standard_normal(x.shape) if self.noisy else dx

    def __getattr__(self, name: str) -> Any:  # value and hessian, if the surface has them
        return getattr(self.surface, name)


def steps_to(values: ArrayLike, tol: float, *, minimum: ArrayLike | None = None) -> Any:
    """Count the steps until values first come within a tolerance.

    the first k with |valuesₖ| ≤ tol;  with a minimum x*: the first k with ‖xₖ − x*‖ ≤ tol

    Args:
        values: losses, errors or the like, shape (steps + 1, ...), step 0 first; each of the trailing axes
            is counted on its own. With `minimum`, a path of shape (steps + 1, ..., n).
        tol: the tolerance, ≥ 0.
        minimum: the point (n,) that the path should reach.

    Returns:
        An int, or an array of counts for trailing axes; `inf` where it is never reached.

    Raises:
        TypeError, ValueError: a bad argument, named.

    >>> steps_to([1.0, -0.5, 0.25, 0.125], tol=0.3)
    2
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


def gd_rate(lr: Any, curvature: Any) -> Any:
    """Give gradient descent's rate along one eigenvector.

    |1 − αλ|

    >>> float(gd_rate(lr=0.5, curvature=1.0))
    0.5
    """
    return np.abs(1 - lr * curvature)


def heavy_ball_rate(lr: Any, rho: Any, curvature: Any) -> Any:
    """Give the heavy ball's rate along one eigenvector.

    the larger |z| of z² − (1 + ρ − αλ) z + ρ = 0;  √ρ wherever the roots are complex

    >>> float(heavy_ball_rate(lr=1.0, rho=0.81, curvature=1.0))
    0.9

    Source: Polyak, Some methods of speeding up the convergence of iteration methods, 1964.
    """
    b = 1 + rho - lr * curvature
    root = np.sqrt(np.maximum(b * b - 4 * rho, 0.0))
    return np.maximum((np.abs(b) + root) / 2, np.sqrt(rho))


def nesterov_rate(lr: Any, rho: Any, curvature: Any) -> Any:
    """Give the rate of Nesterov's method along one eigenvector.

    the larger |z| of z² − (1 + ρ) q z + ρ q = 0,  q = 1 − αλ;  √(ρq) wherever the roots are complex

    >>> float(nesterov_rate(lr=1.0, rho=0.9, curvature=1.0))
    0.0

    Source: Lessard, Recht and Packard, Analysis and design of optimization algorithms via integral
    quadratic constraints, 2016.
    """
    q = 1 - lr * curvature
    b = (1 + rho) * q
    c = rho * q
    root = np.sqrt(np.maximum(b * b - 4 * c, 0.0))
    return np.maximum((np.abs(b) + root) / 2, np.sqrt(np.maximum(c, 0.0)))


def gd_limit(curvature: Any) -> Any:
    """Give the learning rate below which gradient descent converges.

    2/λ

    >>> gd_limit(curvature=4.0)
    0.5
    """
    return 2 / curvature


def heavy_ball_limit(rho: Any, curvature: Any) -> Any:
    """Give the learning rate below which the heavy ball converges: momentum widens it.

    2 (1 + ρ)/λ

    >>> heavy_ball_limit(rho=0.5, curvature=1.0)
    3.0

    Source: Polyak, Some methods of speeding up the convergence of iteration methods, 1964.
    """
    return 2 * (1 + rho) / curvature


def nesterov_limit(rho: Any, curvature: Any) -> Any:
    """Give the learning rate below which Nesterov's method converges: momentum narrows it, towards 4/(3λ).

    2 (1 + ρ)/((1 + 2ρ) λ)

    It is where the root z = −1 appears: 1 + (1 + ρ) q + ρq = 0 with q = 1 − αλ.

    >>> nesterov_limit(rho=0.5, curvature=1.0)
    1.5
    """
    return 2 * (1 + rho) / ((1 + 2 * rho) * curvature)


def critical_rho(lr: Any, curvature: Any) -> Any:
    """Give the momentum at which the heavy ball is fastest along one eigenvector: it just stops ringing.

    ρ = (1 − √(αλ))²

    Below it the ball creeps (if αλ < 1), above it the ball rings and its rate is √ρ.

    >>> round(float(critical_rho(lr=0.01, curvature=1.0)), 12)
    0.81

    Source: Polyak, Some methods of speeding up the convergence of iteration methods, 1964.
    """
    return (1 - np.sqrt(lr * curvature)) * (1 - np.sqrt(lr * curvature))


def regime(lr: float, rho: float, curvature: float, tol: float = 1e-9) -> str:
    """Name what the heavy ball does along one eigenvector (scalars only).

    The roots of z² − (1 + ρ − αλ) z + ρ = 0 tell it:
    - "divergent": a root on or outside the unit circle, αλ < 0 or αλ ≥ 2 (1 + ρ);
    - "critical": a double root, ρ = (1 − √(αλ))², the discriminant being within `tol` of zero;
    - "overdamped": two real roots, the larger one positive: it creeps, without passing the minimum again and
      again (at αλ = 0 it does not move at all);
    - "ringing": complex or negative roots: it swings about the minimum while the swings shrink.

    >>> regime(0.01, 0.5, 1.0), regime(0.01, 0.95, 1.0), regime(4.0, 0.9, 1.0)
    ('overdamped', 'ringing', 'divergent')
    """
    step = lr * curvature
    b = 1 + rho - step
    gap = b * b - 4 * rho
    if step < 0 or step >= 2 * (1 + rho):
        return "divergent"
    elif gap < tol and gap > -tol:
        return "critical"
    elif b > 0 and gap > 0:
        return "overdamped"
    else:
        return "ringing"


def best_gd(lmin: Any, lmax: Any) -> Any:
    """Give gradient descent's best learning rate for curvatures between λmin and λmax.

    α = 2/(λmin + λmax), with the rate (κ − 1)/(κ + 1), κ = λmax/λmin

    Args:
        lmin: smallest curvature, > 0.
        lmax: largest curvature, ≥ lmin.

    >>> best_gd(1.0, 3.0)
    0.5

    Source: Polyak, Introduction to optimization, 1987.
    """
    return 2 / (lmin + lmax)


def best_heavy_ball(lmin: Any, lmax: Any) -> tuple[Any, Any]:
    """Give the heavy ball's best (lr, rho) for curvatures between λmin and λmax.

    α = 4/(√λmin + √λmax)²,  ρ = ((√κ − 1)/(√κ + 1))²,  with the rate (√κ − 1)/(√κ + 1), κ = λmax/λmin

    The best on quadratics; on other convex functions this choice may fail to converge.

    Args:
        lmin: smallest curvature, > 0.
        lmax: largest curvature, ≥ lmin.

    >>> lr, rho = best_heavy_ball(1.0, 9.0)
    >>> float(lr), float(rho)
    (0.25, 0.25)

    Source: Polyak, Some methods of speeding up the convergence of iteration methods, 1964.
    """
    low = np.sqrt(lmin)
    high = np.sqrt(lmax)
    ratio = (high - low) / (high + low)
    return 4 / ((high + low) * (high + low)), ratio * ratio


def best_nesterov(lmin: Any, lmax: Any) -> tuple[Any, Any]:
    """Give the best (lr, rho) of Nesterov's method for quadratics with curvatures between λmin and λmax.

    α = 4/(3λmax + λmin),  ρ = (√(3κ + 1) − 2)/(√(3κ + 1) + 2),  with the rate 1 − 2/√(3κ + 1)

    Args:
        lmin: smallest curvature, > 0.
        lmax: largest curvature, ≥ lmin.

    >>> lr, rho = best_nesterov(1.0, 5.0)
    >>> float(lr), round(float(rho), 12)
    (0.25, 0.333333333333)

    Source: Lessard, Recht and Packard, Analysis and design of optimization algorithms via integral
    quadratic constraints, 2016.
    """
    root = np.sqrt(3 * lmax / lmin + 1)
    return 4 / (3 * lmax + lmin), (root - 2) / (root + 2)


def classic_nesterov(lmin: Any, lmax: Any) -> tuple[Any, Any]:
    """Give the (lr, rho) of Nesterov's method that suit every strongly convex function, not quadratics only.

    α = 1/λmax,  ρ = (√κ − 1)/(√κ + 1),  with the rate 1 − 1/√κ on a quadratic, κ = λmax/λmin

    Args:
        lmin: smallest curvature, > 0.
        lmax: largest curvature, ≥ lmin.

    >>> lr, rho = classic_nesterov(1.0, 9.0)
    >>> round(float(lr), 3), float(rho)
    (0.111, 0.5)

    Source: Nesterov, Introductory lectures on convex optimization, 2004.
    """
    root = np.sqrt(lmax / lmin)
    return 1 / lmax, (root - 1) / (root + 1)


def noise_floor(lr: Any, rho: Any, curvature: Any, sigma: Any) -> Any:
    """Give the variance of x about the minimum where noisy gradients hold the heavy ball for ever.

    var x = α σ² (1 + ρ) / (λ (1 − ρ) (2 (1 + ρ) − αλ)),  which is near α σ²/(2λ (1 − ρ)) for small α

    Momentum does not average the noise away: at equal α the floor is higher by about 1/(1 − ρ), and at equal
    effective rate α/(1 − ρ) it is about the same as SGD's (ρ = 0). It solves the Lyapunov equation of the
    recurrence.

    Args:
        lr: learning rate α, below the heavy ball's limit.
        rho: momentum ρ; 0 is SGD.
        curvature: λ > 0.
        sigma: standard deviation σ of the noise in each gradient.

    >>> round(float(noise_floor(lr=0.01, rho=0.9, curvature=1.0, sigma=1.0)), 3)
    0.05

    Source: Mandt, Hoffman and Blei, Stochastic gradient descent as approximate Bayesian inference, 2017
    (for small α); the exact form follows from the moments of the recurrence.
    """
    return lr * sigma * sigma * (1 + rho) / (curvature * (1 - rho) * (2 * (1 + rho) - lr * curvature))
