"""Newton with Hessian-vector products only: conjugate gradients solve for the step."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike

from ...validation import check_count, check_hyper
from .line_search import Point
from .newton import Search, SecondOrder


def cg(
    Hv: Callable[[np.ndarray], np.ndarray], b: ArrayLike, *, tol: float = 1e-10, steps: int | None = None
) -> np.ndarray:
    """Solve H x = b by conjugate gradients, for a symmetric positive definite H known by its products.

    α = rᵀr / pᵀHp,  x ← x + α p,  r ← r − α Hp,  β = r'ᵀr' / rᵀr,  p ← r' + β p      (r' the new r)

    Each step is optimal over all directions so far, so that n steps are enough up to round-off; far fewer if H has
    few distinct eigenvalues. A direction of zero or negative curvature, pᵀHp ≤ 0, ends it with the current x: then
    H is not positive definite.

    Args:
        Hv: the function v → H v, both of shape (n,).
        b: right-hand side, shape (n,).
        tol: it ends when ‖r‖ ≤ tol · ‖b‖, r = b − H x.
        steps: maximum number of steps; 2n by default.

    Returns:
        x, shape (n,).

    >>> H = np.array([[4.0, 1.0], [1.0, 3.0]])
    >>> cg(lambda v: H @ v, [1.0, 2.0]).round(6)
    array([0.090909, 0.636364])

    Source: Hestenes and Stiefel, Methods of conjugate gradients for solving linear systems, 1952; Nocedal and Wright,
    Numerical optimization, 2nd edition, 2006, algorithm 5.2.
    """
    if not callable(Hv):
        raise TypeError(f"Hv must be a function v → H v, not {Hv!r}")
    b = np.array(b)
    if b.dtype.kind not in "iuf":
        raise TypeError(f"b must hold real numbers, not {b.dtype}")
    b = b.astype(float)
    if b.ndim != 1:
        raise ValueError(f"b must have shape (n,), not {b.shape}")
    tol = check_hyper("tol", tol, (0.0, math.inf))
    steps = 2 * len(b) if steps is None else steps
    steps = check_count("steps", steps, least=0)

    x, r, p = np.zeros_like(b), b, b
    for _ in range(steps):
        if np.linalg.norm(r) <= tol * np.linalg.norm(b):
            break
        Hp = np.asarray(Hv(p), dtype=float)
        if Hp.shape != b.shape:
            raise ValueError(f"Hv(v) must have shape {b.shape}, not {Hp.shape}")
        if not p @ Hp > 0:  # nan, too
            break
        alpha = (r @ r) / (p @ Hp)
        x = x + alpha * p
        r, old = r - alpha * Hp, r
        beta = (r @ r) / (old @ old)
        p = r + beta * p
    return x


class NewtonCG(SecondOrder):
    """Newton with the step computed by conjugate gradients, roughly at first and more exactly near the minimum.

    H p = −∇f(x) up to ‖H p + ∇f‖ ≤ min(½, √‖∇f‖) ‖∇f‖,  x ← x + a p

    No Hessian is formed: a product H v costs about as much as one or two gradients. Conjugate gradients end at a
    direction of negative curvature with the current p; if that is 0, the step is along the negative gradient.

    Args:
        hvp: the function (x, v) → H(x) v. By default `loss.hvp(x, v)`; if the loss has none, the product is the
            difference of two gradients, (∇f(x + εv) − ∇f(x))/ε.
        tol: it stops where no component of the gradient is larger.
        search: a line search; `Backtracking()` by default.

    >>> from course_lib.optim import NewtonCG, Rosenbrock, minimize
    >>> minimize(Rosenbrock(), NewtonCG(), [-1.2, 1.0]).x.round(6)
    array([1., 1.])

    Source: Nocedal and Wright, Numerical optimization, 2nd edition, 2006, algorithm 7.1; Dembo, Eisenstat and Steihaug,
    Inexact Newton methods, 1982.
    """

    def __init__(
        self,
        *,
        hvp: Callable[[np.ndarray, np.ndarray], np.ndarray] | None = None,
        tol: float = 1e-6,
        search: Search | None = None,
    ) -> None:
        if hvp is not None and not callable(hvp):
            raise TypeError(f"hvp must be a function (x, v) → H(x) v, not {hvp!r}")
        self.hvp = hvp
        super().__init__(tol=tol, search=search)

    def direction(self, at):
        size = np.linalg.norm(at.g)
        return cg(lambda v: self.product(at, v), -at.g, tol=min(0.5, math.sqrt(size)))

    def product(self, at: Point, v: np.ndarray) -> np.ndarray:
        """Return the Hessian-vector product at a point, shape (n,)."""
        hvp = self.hvp or getattr(at.loss, "hvp", None)
        if hvp is None:
            return gradient_difference(at, v)
        at.count.hvp += 1
        Hv = np.array(hvp(at.x, v.astype(at.x.dtype)), dtype=float)
        if Hv.shape != v.shape:
            raise ValueError(f"hvp(x, v) must have shape {v.shape}, not {Hv.shape}")
        return Hv


def gradient_difference(at: Point, v: np.ndarray) -> np.ndarray:
    """Approximate the Hessian-vector product at a point by two gradients, one of which is known.

    H v ≈ (∇f(x + εv) − ∇f(x))/ε,  ε = √(machine epsilon) · (1 + ‖x‖)/‖v‖

    A large ε reduces round-off, a small one the truncation error: about half of the digits are correct.
    """
    eps = math.sqrt(np.finfo(at.x.dtype).eps) * (1 + np.linalg.norm(at.x)) / np.linalg.norm(v)
    return (at.shifted(eps * v).g - at.g) / eps
