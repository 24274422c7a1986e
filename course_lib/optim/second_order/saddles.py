"""Newton methods that leave saddles: by the curvatures' absolute values, or within a trust region."""

from __future__ import annotations

import math
from typing import ClassVar

import numpy as np

from .line_search import BOTTOMLESS, Point
from .newton import Search, SecondOrder


class SaddleFreeNewton(SecondOrder):
    """Newton with the curvatures' absolute values: it falls towards minima and away from saddles and maxima.

    H = Q Λ Qᵀ,  p = −Q |Λ|⁻¹ Qᵀ ∇f(x),  x ← x + a p

    Curvatures below floor · max |λ| are raised to that. It needs some slope along a negative curvature: on the ridge
    itself, where there is none, it converges to the saddle; `TrustRegion` does not.

    Args:
        tol: it stops where no component of the gradient is larger.
        floor: smallest curvature as a fraction of the largest, 0 < floor < 1.
        search: a line search; `Backtracking()` by default.

    >>> from course_lib.optim import Saddle, SaddleFreeNewton, minimize
    >>> minimize(Saddle(), SaddleFreeNewton(), [1.0, 0.5]).x.round(6) + 0.0
    array([0., 1.])

    Source: Dauphin, Pascanu, Gulcehre, Cho, Ganguli and Bengio, Identifying and attacking the saddle point problem
    in high-dimensional non-convex optimization, 2014.
    """

    domains: ClassVar = {**SecondOrder.domains, "floor": (1e-300, 1.0)}

    def __init__(self, *, tol: float = 1e-6, floor: float = 1e-8, search: Search | None = None) -> None:
        super().__init__(tol=tol, search=search, floor=floor)

    def direction(self, at):
        if not np.all(np.isfinite(at.hessian)):
            return np.full(len(at.g), np.nan)
        lam, Q = np.linalg.eigh(at.hessian)
        size = np.abs(lam)
        size = np.maximum(size, self.floor * size.max())
        return -Q @ ((Q.T @ at.g) / size) if size.max() > 0 else -at.g


class TrustRegion(SecondOrder):
    """Step to the minimum of the quadratic model within a radius, which adapts to how well the model fits.

    m(p) = f + ∇fᵀp + ½ pᵀHp,  ‖p‖ ≤ Δ;  ratio = (f(x) − f(x + p)) / (m(0) − m(p))

    ratio < ¼: Δ ← ‖p‖/4;  ratio > ¾ at the boundary: Δ ← 2Δ;  the step is made if the loss falls, ratio > ¹⁄₁₀.
    (The edition cited has Δ/4: after a step that ended well inside, that would try the same step again.)
    Within a radius the model has a minimum even where curvatures are negative, and there it leads out: so it leaves
    saddles, even from the saddle itself. It stops only where no curvature is below −tol.

    Args:
        tol: it stops where no component of the gradient is larger, and no curvature below −tol.
        radius: initial Δ > 0.

    >>> from course_lib.optim import Saddle, TrustRegion, minimize
    >>> found = minimize(Saddle(), TrustRegion(), [0.0, 0.0])
    >>> abs(found.x).round(6), found.reason
    (array([0., 1.]), 'the gradient is below 1e-06 and no curvature is negative')

    Source: Nocedal and Wright, Numerical optimization, 2nd edition, 2006, algorithm 4.1 and chapter 4.3; the exact
    step: Moré and Sorensen, Computing a trust region step, 1983.
    """

    domains: ClassVar = {**SecondOrder.domains, "radius": (1e-300, math.inf)}

    def __init__(self, *, tol: float = 1e-6, radius: float = 1.0) -> None:
        super().__init__(tol=tol, radius=radius)

    def reset(self) -> None:
        self._delta = self.radius

    def advance(self, at: Point) -> Point:
        g, H = at.g, at.hessian
        if not np.all(np.isfinite(H)):
            self.stopped = "the Hessian is not finite"
            return at
        for _ in range(100):
            p = solve_subproblem(g, H, self._delta)
            length, promised = float(np.linalg.norm(p)), -float(g @ p + p @ H @ p / 2)
            if not promised > 0:
                break
            new = at.shifted(p)
            if new.f == -math.inf:
                self.stopped = BOTTOMLESS
                return at
            # near the minimum both differences are round-off: with it in both, the ratio tends to 1
            ratio = (at.f - new.f + at.noise) / (promised + at.noise)
            if not ratio > 0.25:
                self._delta = length / 4
            elif ratio > 0.75 and length > 0.99 * self._delta:
                self._delta *= 2
            if ratio > 0.1 and self._better(new, at):
                return new
            self._delta = min(self._delta, length / 4)
        self.stopped = "no lower point was found within any radius"
        return at

    def _better(self, new: Point, at: Point) -> bool:
        """Return whether a point is lower; or level up to round-off, with at most half the gradient."""
        flatter = np.linalg.norm(new.g) <= np.linalg.norm(at.g) / 2
        return bool(np.all(np.isfinite(new.g)) and (new.f < at.f or (flatter and new.f <= at.f + at.noise)))

    def stop_reason(self, at: Point) -> str | None:
        reason = super().stop_reason(at)
        if reason and reason.startswith("the gradient is below"):
            H = at.hessian
            if np.all(np.isfinite(H)) and np.linalg.eigvalsh(H)[0] < -self.tol:
                return None
            return f"{reason} and no curvature is negative"
        return reason

    def __repr__(self) -> str:
        return f"TrustRegion(tol={self.tol!r}, radius={self.radius!r})"


def solve_subproblem(g: np.ndarray, H: np.ndarray, radius: float) -> np.ndarray:
    """Return the minimum of a quadratic model within a radius (the trust-region subproblem).

    p minimizes gᵀp + ½ pᵀHp over ‖p‖ ≤ Δ:  (H + μI) p = −g,  μ ≥ 0,  H + μI without negative curvature, and
    ‖p‖ = Δ unless μ = 0

    Args:
        g: gradient, shape (n,).
        H: symmetric matrix, shape (n, n).
        radius: Δ > 0.

    >>> solve_subproblem(np.array([0.0, 0.0]), np.diag([-1.0, 2.0]), radius=0.5)
    array([0.5, 0. ])

    Source: Moré and Sorensen, Computing a trust region step, 1983.
    """
    lam, Q = np.linalg.eigh(H)
    c = Q.T @ g
    if lam[0] > 0 and np.linalg.norm(c / lam) <= radius:
        return -Q @ (c / lam)
    low, high = max(0.0, lam[0]), np.linalg.norm(c) / radius  # bounds of the lowest curvature λ₀ + μ
    for _ in range(100):
        middle = (low + high) / 2
        long = np.linalg.norm(c / (lam - lam[0] + middle)) > radius if middle > 0 else False
        low, high = (middle, high) if long else (low, middle)
    gap = lam - lam[0] + high
    p = np.divide(-c, gap, out=np.zeros_like(c), where=gap > 0)
    if np.linalg.norm(p) < 0.999 * radius:  # no slope along the lowest curvature: both ways are down
        p[0] = math.sqrt(radius * radius - p[1:] @ p[1:])
    return Q @ p
