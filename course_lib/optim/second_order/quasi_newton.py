"""Quasi-Newton methods: the inverse Hessian is estimated from the change of the gradient from step to step."""

from __future__ import annotations

import math
from collections import deque
from typing import ClassVar

import numpy as np

from ...validation import check_count
from .line_search import Point, StrongWolfe
from .newton import Search, SecondOrder

Pairs = deque[tuple[np.ndarray, np.ndarray]]  # (s, y), the oldest first


class QuasiNewton(SecondOrder):
    """What BFGS and L-BFGS share: p = −H ∇f(x) with an estimated H, and a strong-Wolfe line search.

    The first step has no scale, so its first trial has length 1, or |∇f| if that is shorter.
    """

    def __init__(self, *, tol: float = 1e-6, search: Search | None = None, **hyper: float) -> None:
        super().__init__(tol=tol, search=StrongWolfe() if search is None else search, **hyper)

    def first_trial(self, at: Point, p: np.ndarray) -> float:
        return 1.0 if self.has_curvature() else min(1.0, 1.0 / math.hypot(*at.g))

    def has_curvature(self) -> bool:
        """Return whether the method has curvature information from any step."""
        raise NotImplementedError


def curved(s: np.ndarray, y: np.ndarray) -> bool:
    """Return whether sᵀy > 0 beyond round-off: only then is there a positive definite H with H y = s."""
    return math.isfinite(y @ y) and s @ y > 1e-12 * np.linalg.norm(s) * np.linalg.norm(y)


class BFGS(QuasiNewton):
    """Estimate the inverse Hessian by a rank-two update per step.

    p = −H ∇f(x),  x ← x + a p,  s = a p,  y = the change of ∇f

    H ← (I − ρ s yᵀ) H (I − ρ y sᵀ) + ρ s sᵀ,  ρ = 1/(yᵀs)
      = H − ρ (s (Hy)ᵀ + Hy sᵀ) + ρ (1 + ρ yᵀHy) s sᵀ

    It is the H closest to the old one that is symmetric and satisfies the secant condition H y = s, in the Frobenius
    norm of W^½ (H − H_old) W^½ with any positive definite W for which W s = y. H stays positive definite as
    long as yᵀs > 0, which the line search ensures; a step where it does not hold is ignored. H begins as I, or if
    the first step finds the loss flatter than that, as γ I, γ = yᵀs/yᵀy: that is one over a large curvature, so it may
    lengthen H, but where it shortens, it is too short for all flatter directions. n² memory and time per step.

    Args:
        tol: it stops where no component of the gradient is larger.
        search: a line search; `StrongWolfe()` by default.

    >>> from course_lib.optim import BFGS, Rosenbrock, minimize
    >>> minimize(Rosenbrock(), BFGS(), [-1.2, 1.0]).x.round(6)
    array([1., 1.])

    Source: Nocedal and Wright, Numerical optimization, 2nd edition, 2006, algorithm 6.1; found in 1970 by Broyden,
    Fletcher, Goldfarb and Shanno, each alone.
    """

    H: np.ndarray | None  # None means I, before the first update

    def __init__(self, *, tol: float = 1e-6, search: Search | None = None) -> None:
        super().__init__(tol=tol, search=search)

    def reset(self) -> None:
        self.H = None

    def has_curvature(self) -> bool:
        return self.H is not None

    def direction(self, at):
        return -at.g if self.H is None else -self.H @ at.g

    def update_curvature(self, s, y):
        if not curved(s, y):
            return
        if self.H is None:  # the first pair sets the scale
            self.H = max(1.0, (y @ s) / (y @ y)) * np.eye(len(s))
        rho, Hy = 1 / (y @ s), self.H @ y
        cross = np.outer(s, Hy)
        last = rho * (1 + rho * (y @ Hy)) * np.outer(s, s)
        self.H = self.H - rho * (cross + cross.T) + last


class LBFGS(QuasiNewton):
    """BFGS without a matrix: it keeps only the last m steps, and computes H ∇f(x) from them.

    p = −H ∇f(x),  x ← x + a p,  s = a p,  y = the change of ∇f;  the last m pairs (s, y) are kept

    With m pairs a step costs about 6mn multiplications, 2mn of them for the yᵀs. H₀ = γ I, γ = sᵀy/yᵀy of the latest
    pair, sets the scale.

    Args:
        m: number of pairs, ≥ 1; 3 to 20 are usual.
        tol: it stops where no component of the gradient is larger.
        search: a line search; `StrongWolfe()` by default.

    >>> from course_lib.optim import LBFGS, Rosenbrock, minimize
    >>> minimize(Rosenbrock(), LBFGS(), [-1.2, 1.0]).x.round(6)
    array([1., 1.])

    Source: Nocedal, Updating quasi-Newton matrices with limited storage, 1980; Nocedal and Wright, Numerical
    optimization, 2nd edition, 2006, algorithms 7.4 and 7.5.
    """

    domains: ClassVar = {**SecondOrder.domains, "m": (1, math.inf)}

    def __init__(self, m: int = 10, *, tol: float = 1e-6, search: Search | None = None) -> None:
        super().__init__(tol=tol, search=search, m=check_count("m", m))

    def reset(self) -> None:
        self.pairs: Pairs = deque(maxlen=self.m)

    def has_curvature(self) -> bool:
        return bool(self.pairs)

    def direction(self, at):
        return -two_loop_recursion(at.g, self.pairs)

    def update_curvature(self, s, y):
        if curved(s, y):
            self.pairs.append((s, y))  # beyond m the oldest pair is dropped


def two_loop_recursion(q: np.ndarray, pairs: Pairs) -> np.ndarray:
    """Multiply a vector by L-BFGS's inverse Hessian, without forming it.

    from the newest pair to the oldest:  αᵢ = ρᵢ sᵢᵀq,  q ← q − αᵢ yᵢ
    r = γ q, γ = sᵀy/yᵀy of the newest pair
    from the oldest to the newest:  β = ρᵢ yᵢᵀr,  r ← r + sᵢ (αᵢ − β)

    Args:
        q: the vector, shape (n,).
        pairs: (s, y), the oldest first.

    >>> two_loop_recursion(np.array([4.0, 1.0]), deque([(np.array([1.0, 0.0]), np.array([4.0, 0.0]))]))
    array([1.  , 0.25])

    Source: Nocedal and Wright, Numerical optimization, 2nd edition, 2006, algorithm 7.4.
    """
    alphas = []
    for s, y in reversed(pairs):
        alpha = (s @ q) / (y @ s)
        q = q - alpha * y
        alphas.append(alpha)
    r = _inverse_curvature(pairs) * q  # γ q
    for s, y in pairs:
        beta = (y @ r) / (y @ s)
        r = r + s * (alphas.pop() - beta)
    return r


def _inverse_curvature(pairs: Pairs) -> float:
    """Return γ = sᵀy/yᵀy of the newest pair; 1 if there is none."""
    if not pairs:
        return 1.0
    s, y = pairs[-1]
    return (s @ y) / (y @ y)
