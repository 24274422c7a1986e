"""Run a method on a surface, and what theory says about the run.

Along an eigenvector of curvature λ a quadratic's steps are a linear recurrence; its spectral radius is the
factor by which the error shrinks a step, in the long run. The formulas take numbers or arrays that broadcast.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from .optimizer import Optimizer
from .surfaces import Surface


def descend(
    surface: Surface | Callable[[np.ndarray], np.ndarray],
    optimizer: Optimizer,
    start: ArrayLike,
    steps: int,
    *,
    noise: float | np.ndarray = 0.0,
    rng: np.random.Generator | None = None,
) -> np.ndarray:
    """Let an optimizer walk down a surface, and keep its path.

    Args:
        surface: a surface, or a function x → ∇f(x).
        optimizer: any optimizer. It is not changed: the walk uses a copy without memory.
        start: where to begin, shape (..., n); leading axes are a batch of starts. If hyper-parameters are
            arrays, start is broadcast against them: lr (20, 1, 1), rho (20, 1) and start (2,) make 400 walks.
        steps: number of steps, ≥ 0.
        noise: standard deviation of the normal noise added to each gradient component.
        rng: source of the noise; needed if there is any.

    Returns:
        The path, shape (steps + 1, ..., n), the start first. A walk that diverges ends in inf or nan;
        it never raises.

    Raises:
        TypeError, ValueError: a bad argument, named.

    >>> from course_lib.optim import SGD, Quadratic
    >>> descend(Quadratic([1.0]), SGD(0.5), [8.0], 3).ravel()
    array([8., 4., 2., 1.])
    """
    grad = surface.grad if isinstance(surface, Surface) else surface
    opt = optimizer.fresh()
    x = np.array(start)
    x = x if x.dtype.kind == "f" else x.astype(float)
    shapes = [np.shape(h) for h in opt._hyper_now().values()]
    x = np.array(np.broadcast_to(x, np.broadcast_shapes(x.shape, *shapes)))
    path = np.empty((steps + 1, *x.shape), x.dtype)
    path[0] = x
    noisy = bool(np.any(np.asarray(noise) != 0))
    if noisy and rng is None:
        raise ValueError("rng must be given if there is noise: rng=np.random.default_rng(0)")
    with np.errstate(all="ignore"):
        for k in range(steps):
            dx = grad(x)
            if noisy:
                dx = dx + noise * rng.standard_normal(x.shape)
            opt.step(x, dx)
            path[k + 1] = x
    return path


def gd_rate(lr: Any, curvature: Any) -> Any:
    """Give gradient descent's factor a step, |1 − αλ|."""
    return np.abs(1 - lr * curvature)


def heavy_ball_rate(lr: Any, rho: Any, curvature: Any) -> Any:
    """Give the heavy ball's factor a step: the larger root of z² − (1 + ρ − αλ) z + ρ = 0, in modulus."""
    b = 1 + rho - lr * curvature
    root = np.sqrt(np.maximum(b * b - 4 * rho, 0))
    return np.maximum(np.sqrt(rho), (np.abs(b) + root) / 2)


def nesterov_rate(lr: Any, rho: Any, curvature: Any) -> Any:
    """Give Nesterov's factor a step: the larger root of z² − (1 + ρ) q z + ρ q = 0, q = 1 − αλ, in modulus."""
    q = 1 - lr * curvature
    b = (1 + rho) * q
    c = rho * q
    root = np.sqrt(np.maximum(b * b - 4 * c, 0))
    return np.maximum(np.sqrt(np.maximum(c, 0)), (np.abs(b) + root) / 2)


def gd_limit(curvature: Any) -> Any:
    """Give the rate below which gradient descent converges, 2/λ."""
    return 2 / curvature


def heavy_ball_limit(rho: Any, curvature: Any) -> Any:
    """Give the rate below which the heavy ball converges, 2 (1 + ρ)/λ."""
    return 2 * (1 + rho) / curvature


def nesterov_limit(rho: Any, curvature: Any) -> Any:
    """Give the rate below which Nesterov's method converges, 2 (1 + ρ)/((1 + 2ρ) λ)."""
    return 2 * (1 + rho) / ((1 + 2 * rho) * curvature)


def critical_rho(lr: Any, curvature: Any) -> Any:
    """Give the heavy ball's ρ between creeping and ringing, (1 − √(αλ))²."""
    return (1 - np.sqrt(lr * curvature)) * (1 - np.sqrt(lr * curvature))


def regime(lr: float, rho: float, curvature: float) -> str:
    """Name what the heavy ball does along one eigenvector: overdamped, critical, ringing or divergent."""
    step = lr * curvature
    b = 1 + rho - step
    gap = b * b - 4 * rho
    if step < 0 or step >= 2 * (1 + rho):
        return "divergent"
    elif b >= 0 and gap < 1e-9 and gap > -1e-9:
        return "critical"
    elif b > 0 and gap > 0:
        return "overdamped"
    else:
        return "ringing"


def best_gd(lmin: float, lmax: float) -> float:
    """Give gradient descent's best rate on curvatures from lmin to lmax, 2/(λmin + λmax)."""
    return 2 / (lmin + lmax)


def best_heavy_ball(lmin: float, lmax: float) -> tuple[float, float]:
    """Give the heavy ball's best (lr, rho) on quadratics."""
    low, high = np.sqrt(lmin), np.sqrt(lmax)
    return float(4 / (high + low) ** 2), float(((high - low) / (high + low)) ** 2)


def best_nesterov(lmin: float, lmax: float) -> tuple[float, float]:
    """Give Nesterov's best (lr, rho) on quadratics."""
    root = np.sqrt(3 * lmax / lmin + 1)
    return float(4 / (3 * lmax + lmin)), float((root - 2) / (root + 2))


def classic_nesterov(lmin: float, lmax: float) -> tuple[float, float]:
    """Give Nesterov's (lr, rho) for all strongly convex functions: 1/λmax and (√κ − 1)/(√κ + 1)."""
    root = np.sqrt(lmax / lmin)
    return float(1 / lmax), float((root - 1) / (root + 1))


def noise_floor(lr: Any, rho: Any, curvature: Any, sigma: Any) -> Any:
    """Give the variance around the minimum at which noisy gradients hold the heavy ball."""
    step = lr * curvature
    return lr * sigma * sigma * (1 + rho) / (curvature * (1 - rho) * (2 * (1 + rho) - step))


def steps_to(values: ArrayLike, tol: float) -> Any:
    """Count the steps until |value| ≤ tol for the first time; inf if never."""
    hit = np.abs(np.asarray(values)) <= tol
    first = np.where(hit.any(0), hit.argmax(0), np.inf)
    return first if first.ndim else (int(first) if np.isfinite(first) else np.inf)
