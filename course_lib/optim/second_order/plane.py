"""Newton's step in two dimensions in plain arithmetic, so that a web page can run the same lines."""

from __future__ import annotations

from typing import Any

import numpy as np


def newton_step_2d(gradient: Any, curvatures: Any, damping: float = 0.0, absolute: bool = False) -> tuple[Any, Any]:
    """Return Newton's step in the plane: along each eigenvector of H, the slope divided by the curvature.

    p = −Σ qᵢ (qᵢᵀ∇f)/(cᵢ + λ),  H qᵢ = cᵢ qᵢ;  so (H + λ I) p = −∇f
    p = −Σ qᵢ (qᵢᵀ∇f)/(|cᵢ| + λ)  with absolute curvatures

    With h = (f_xx + f_yy)/2, d = (f_xx − f_yy)/2 and r = √(d² + f_xy²) the curvatures are h ± r, and both
    (r + d, f_xy) and (f_xy, r − d) point along the eigenvector of h + r. Absolute curvatures lead away from saddles
    and maxima; one below 10⁻⁸ of the other is raised to that, as in `SaddleFreeNewton`. Where a divisor is 0 there is
    no step: it is nan.

    Args:
        gradient: (f_x, f_y), numbers or arrays of one shape.
        curvatures: (f_xx, f_xy, f_yy), as a surface's `d2f` returns them.
        damping: λ ≥ 0.
        absolute: whether curvatures are taken by their absolute values.

    Returns:
        (p_x, p_y).

    >>> from course_lib.optim import Saddle
    >>> saddle = Saddle()
    >>> step = newton_step_2d(saddle.df(1.0, 0.1), saddle.d2f(1.0, 0.1))
    >>> [round(float(p), 3) for p in step]  # to the saddle
    [-1.0, -0.102]
    >>> [round(float(p), 3) for p in newton_step_2d(saddle.df(1.0, 0.1), saddle.d2f(1.0, 0.1), 0.0, True)]
    [-1.0, 0.102]

    Source: Nocedal and Wright, Numerical optimization, 2nd edition, 2006, chapter 3.4; absolute curvatures: Dauphin,
    Pascanu, Gulcehre, Cho, Ganguli and Bengio, Identifying and attacking the saddle point problem in high-dimensional
    non-convex optimization, 2014.
    """
    gx, gy = gradient
    xx, xy, yy = curvatures
    half = (xx + yy) / 2
    d = (xx - yy) / 2
    r = np.sqrt(d * d + xy * xy)
    ux = np.where(d >= 0, r + d, xy)  # of the two eigenvectors the longer one, without cancellation
    uy = np.where(d >= 0, xy, r - d)
    ux = np.where(r > 0, ux, 1.0)  # equal curvatures: every vector is an eigenvector
    length = np.sqrt(ux * ux + uy * uy)
    ux = ux / length
    uy = uy / length
    most = half + r
    least = half - r
    if absolute:
        most = np.abs(most)
        least = np.abs(least)
        floor = 1e-8 * np.maximum(most, least)
        most = np.maximum(most, floor)
        least = np.maximum(least, floor)
    along = (ux * gx + uy * gy) / _divisor(most + damping)
    across = (ux * gy - uy * gx) / _divisor(least + damping)
    return uy * across - ux * along, -ux * across - uy * along


def _divisor(curvature: Any) -> Any:
    return np.where(curvature == 0, np.nan, curvature)
