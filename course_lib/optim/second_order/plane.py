"""Newton's step in two dimensions in plain arithmetic, so that a web page can run the same lines."""

from __future__ import annotations

from typing import Any

import numpy as np


def newton_step_2d(gradient: Any, curvatures: Any, damping: float = 0.0, absolute: bool = False) -> tuple[Any, Any]:
    """Return Newton's step in the plane: along each eigenvector of H, the slope divided by the curvature.

    p = −Σ qᵢ (qᵢᵀ∇f)/(cᵢ + λ),  H qᵢ = cᵢ qᵢ;  so (H + λ I) p = −∇f
    p = −Σ qᵢ (qᵢᵀ∇f)/(|cᵢ| + λ)  with absolute curvatures

    Absolute curvatures lead away from saddles and maxima; one that is below 10⁻⁸ of the other is raised to that, as in
    `SaddleFreeNewton`. Where a divisor is 0 there is no step: it is nan.

    Args:
        gradient: two numbers, as a surface's `df(x, y)` returns them; or two arrays, for many points at once.
        curvatures: three numbers or arrays, as its `d2f(x, y)` returns them.
        damping: λ ≥ 0.
        absolute: whether curvatures are taken by their absolute values.

    Returns:
        (p_x, p_y).

    >>> from course_lib.optim import Saddle
    >>> slopes, curvatures = Saddle().df(1.0, 0.1), Saddle().d2f(1.0, 0.1)
    >>> [round(float(p), 3) for p in newton_step_2d(slopes, curvatures)]  # to the saddle
    [-1.0, -0.102]
    >>> [round(float(p), 3) for p in newton_step_2d(slopes, curvatures, absolute=True)]
    [-1.0, 0.102]

    Source: Nocedal and Wright, Numerical optimization, 2nd edition, 2006, chapter 3.4; absolute curvatures: Dauphin,
    Pascanu, Gulcehre, Cho, Ganguli and Bengio, Identifying and attacking the saddle point problem in high-dimensional
    non-convex optimization, 2014.
    """
    gx, gy = gradient
    xx, xy, yy = curvatures
    most, least, x, y = _eigen(xx, xy, yy)
    if absolute:
        floor = 1e-8 * np.maximum(np.abs(most), np.abs(least))
        most = np.maximum(np.abs(most), floor)
        least = np.maximum(np.abs(least), floor)
    along = (x * gx + y * gy) / _divisor(most + damping)
    across = (x * gy - y * gx) / _divisor(least + damping)
    return y * across - x * along, -x * across - y * along


def _eigen(xx: Any, xy: Any, yy: Any) -> tuple[Any, Any, Any, Any]:
    """Return the curvatures of a symmetric matrix, half ± r, and the unit eigenvector (x, y) of half + r."""
    half = (xx + yy) / 2
    d = (xx - yy) / 2
    r = np.sqrt(d * d + xy * xy)
    # both (r + d, xy) and (xy, r − d) are eigenvectors; the longer one is not lost in round-off
    x = np.where(d >= 0, r + d, xy)
    y = np.where(d >= 0, xy, r - d)
    x = np.where(r > 0, x, 1.0)  # equal curvatures: every vector is an eigenvector
    length = np.sqrt(x * x + y * y)
    return half + r, half - r, x / length, y / length


def _divisor(curvature: Any) -> Any:
    """Return a curvature to divide by: nan in place of 0, in Python as in a page."""
    return np.where(curvature == 0, np.nan, curvature)
