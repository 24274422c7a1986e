"""How fast a method converges on a quadratic, and up to which learning rate, in closed form.

Along an eigenvector of curvature λ, a method on a quadratic is a linear recurrence. Its *rate* is the factor
by which the error shrinks per step in the long run: the modulus of the recurrence's largest root. Below 1 it
converges. These formulas take numbers, or arrays that broadcast.
"""

from __future__ import annotations

from typing import Any

import numpy as np


def gd_rate(lr: Any, curvature: Any) -> Any:
    """Return gradient descent's convergence rate along one eigenvector.

    |1 − αλ|

    >>> float(gd_rate(lr=0.5, curvature=1.0))
    0.5
    """
    return np.abs(1 - lr * curvature)


def heavy_ball_rate(lr: Any, rho: Any, curvature: Any) -> Any:
    """Return the heavy ball's convergence rate along one eigenvector.

    the larger |z| of z² − (1 + ρ − αλ) z + ρ = 0;  √ρ wherever the roots are complex

    >>> float(heavy_ball_rate(lr=1.0, rho=0.81, curvature=1.0))
    0.9

    Source: Polyak, Some methods of speeding up the convergence of iteration methods, 1964.
    """
    b = 1 + rho - lr * curvature
    root = np.sqrt(np.maximum(b * b - 4 * rho, 0.0))
    return np.maximum((np.abs(b) + root) / 2, np.sqrt(rho))


def nesterov_rate(lr: Any, rho: Any, curvature: Any) -> Any:
    """Return the convergence rate of Nesterov's method along one eigenvector.

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
    """Return the learning rate below which gradient descent converges.

    2/λ

    >>> gd_limit(curvature=4.0)
    0.5
    """
    return 2 / curvature


def heavy_ball_limit(rho: Any, curvature: Any) -> Any:
    """Return the learning rate below which the heavy ball converges: momentum raises it.

    2 (1 + ρ)/λ

    >>> heavy_ball_limit(rho=0.5, curvature=1.0)
    3.0

    Source: Polyak, Some methods of speeding up the convergence of iteration methods, 1964.
    """
    return 2 * (1 + rho) / curvature


def nesterov_limit(rho: Any, curvature: Any) -> Any:
    """Return the learning rate below which Nesterov's method converges: momentum lowers it, towards 4/(3λ).

    2 (1 + ρ)/((1 + 2ρ) λ)

    It is where the root z = −1 appears: 1 + (1 + ρ) q + ρq = 0 with q = 1 − αλ.

    >>> nesterov_limit(rho=0.5, curvature=1.0)
    1.5
    """
    return 2 * (1 + rho) / ((1 + 2 * rho) * curvature)


def critical_rho(lr: Any, curvature: Any) -> Any:
    """Return the momentum at which the heavy ball is fastest along one eigenvector: critical damping.

    ρ = (1 − √(αλ))²

    Below it the ball is overdamped (if αλ < 1), above it the ball rings and its rate is √ρ.

    >>> round(float(critical_rho(lr=0.01, curvature=1.0)), 12)
    0.81

    Source: Polyak, Some methods of speeding up the convergence of iteration methods, 1964.
    """
    return (1 - np.sqrt(lr * curvature)) * (1 - np.sqrt(lr * curvature))


def regime(lr: float, rho: float, curvature: float, tol: float = 1e-9) -> str:
    """Classify the heavy ball's motion along one eigenvector (scalars only).

    The roots of z² − (1 + ρ − αλ) z + ρ = 0 decide:
    - "divergent": a root on or outside the unit circle, αλ < 0 or αλ ≥ 2 (1 + ρ);
    - "critical": a double root, ρ = (1 − √(αλ))², the discriminant being within `tol` of zero;
    - "overdamped": two real roots, the larger one positive: it approaches the minimum without oscillating
      (at αλ = 0 it does not move at all);
    - "ringing": complex roots: it swings about the minimum, with an amplitude that shrinks by √ρ per step;
    - "alternating": two negative roots: the sign changes at every step, and the amplitude shrinks more slowly.

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
    elif gap < 0:
        return "ringing"
    elif b > 0:
        return "overdamped"
    else:
        return "alternating"


def best_gd(lmin: Any, lmax: Any) -> Any:
    """Return gradient descent's best learning rate for curvatures between λmin and λmax.

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
    """Return the heavy ball's best (lr, rho) for curvatures between λmin and λmax.

    α = 4/(√λmin + √λmax)²,  ρ = ((√κ − 1)/(√κ + 1))²,  with the rate (√κ − 1)/(√κ + 1), κ = λmax/λmin

    This is optimal on quadratics; on other convex functions it may fail to converge.

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
    """Return the best (lr, rho) of Nesterov's method for quadratics with curvatures between λmin and λmax.

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
    """Return the (lr, rho) of Nesterov's method for all strongly convex functions, not only quadratics.

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


def escape_steps(rate: Any, start: Any, end: Any) -> Any:
    """Return the number of steps in which a distance grows, or shrinks, from one size to another at a constant rate.

    k = log(end/start) / log(rate)

    Along a direction of negative curvature the rates of this file are above 1: the speed at which a method leaves
    a saddle. From rest, momentum takes a few steps more, and far out the saddle is no longer quadratic.

    Args:
        rate: factor per step, > 0; above 1 to grow.
        start: initial distance, > 0; from 0 nothing ever escapes.
        end: final distance, > 0.

    >>> gd = gd_rate(lr=0.01, curvature=-1.0)
    >>> heavy_ball = heavy_ball_rate(lr=0.01, rho=0.9, curvature=-1.0)
    >>> round(float(escape_steps(gd, 1e-6, 0.5))), round(float(escape_steps(heavy_ball, 1e-6, 0.5)))
    (1319, 209)

    Source: of the linear recurrence: O'Neill and Wright, Behavior of accelerated gradient methods near critical
    points of nonconvex functions, 2019.
    """
    return np.log(end / start) / np.log(rate)
