"""The pictures of chapter 2, from the library's formulas and runs: draw them with `course_lib.plots.show_figure`.

Orange is gradient descent, as in the whole book; purple is steep, olive is flat.
"""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from course_lib.optim import Ravine, best_gd, gd_limit, gd_rate
from course_lib.plots import INK, color_of, draw_contours

STEEP, FLAT = "#C2478F", "#8A7A12"
KAPPA = 10.0  # of the ravine in `draw_angle` and `draw_factors`


def worst_angle(kappa: np.ndarray | float) -> np.ndarray:
    """Return the largest angle, in degrees, between −∇f and the way to the minimum, anywhere on a ravine.

    cos φ = 2√κ/(κ + 1),  where |x| = √κ |y|

    >>> worst_angle(100.0).round(1)
    np.float64(78.6)
    """
    kappa = np.asarray(kappa, dtype=float)
    return np.degrees(np.arccos(2 * np.sqrt(kappa) / (kappa + 1)))


def draw_angle(where: Axes, how: Axes) -> None:
    """Draw the gradient beside the way to the minimum at the worst point of a ravine, and that angle for every κ.

    Args:
        where: level lines with two arrows.
        how: the worst angle against κ.
    """
    f = Ravine(KAPPA)
    draw_contours(where, f)
    x = np.array([-(KAPPA**0.5), 1.0])
    downhill = -f.grad(x)
    _arrow(where, x, x + 1.6 * downhill / np.linalg.norm(downhill), color_of("SGD"))
    _arrow(where, x, x - 1.6 * x / np.linalg.norm(x), INK)
    where.annotate("−∇f", tuple(x + downhill), (7, -2), textcoords="offset points", color=color_of("SGD"), ha="left")
    where.annotate("to the minimum", tuple(0.55 * x), (8, 5), textcoords="offset points", color=INK, ha="left")
    where.set(xlabel="x", ylabel="y", aspect="equal")
    kappa = np.geomspace(1, 1000, 200)
    how.plot(kappa, worst_angle(kappa), color=color_of("SGD"))
    for k in (10, 100, 1000):
        how.plot(k, worst_angle(k), "o", color=color_of("SGD"))
        how.annotate(
            f"{worst_angle(k):.0f}°",
            (k, worst_angle(k)),
            (-3, -14),
            textcoords="offset points",
            ha="right" if k == 1000 else "left",
        )
    how.axhline(90, color=INK, linestyle=":", linewidth=1)
    how.set(xscale="log", xlim=(1, 1200), ylim=(0, 98), xlabel="condition number κ", ylabel="worst angle, degrees")
    how.xaxis.set_major_formatter("{x:g}")


def draw_factors(ax: Axes) -> None:
    """Draw the factors |1 − αλ| of the steepest and the flattest direction against the rate, the larger one thick.

    Args:
        ax: the axis to draw on.
    """
    alpha = np.linspace(0, 2.3, 400)
    steep, flat = gd_rate(alpha, 1.0), gd_rate(alpha, 1 / KAPPA)
    ax.plot(alpha, np.maximum(steep, flat), color=color_of("SGD"), linewidth=5, alpha=0.35)
    ax.plot(alpha, steep, color=STEEP)
    ax.plot(alpha, flat, color=FLAT)
    ax.axhline(1, color=INK, linestyle=":", linewidth=1)
    best, limit = best_gd(1 / KAPPA, 1.0), gd_limit(1.0)
    ax.plot(best, gd_rate(best, 1 / KAPPA), "o", color=color_of("SGD"))
    ax.plot(limit, 1, "o", markerfacecolor="none", markeredgecolor=INK)
    ax.annotate("best", (best, gd_rate(best, 1 / KAPPA)), (8, -17), textcoords="offset points", ha="left")
    ax.annotate("limit", (limit, 1), (0, 12), textcoords="offset points", ha="right")
    ax.annotate("steepest, λ = 1", (0.5, 0.5), (8, 2), textcoords="offset points", color=STEEP)
    ax.annotate("flattest, λ = 1/10", (1.0, 0.9), (0, -23), textcoords="offset points", color=FLAT)
    ax.set(xlabel="rate α", ylabel="factor per step", xlim=(0, 2.3), ylim=(0, 1.3))


def draw_spectrum(*axes: Axes, spectra: dict[str, np.ndarray]) -> None:
    """Draw the size of every curvature of a network, largest first, positive and negative ones apart.

    Args:
        axes: one for each spectrum.
        spectra: eigenvalues of the Hessian, by the name of the moment at which they were measured.
    """
    for ax, (title, curvatures) in zip(axes, spectra.items(), strict=True):
        for sign, color, word in ((1, FLAT, "positive"), (-1, STEEP, "negative")):
            sizes = np.sort(sign * curvatures[sign * curvatures > 1e-6])[::-1]
            ax.semilogy(np.arange(1, len(sizes) + 1), sizes, ".", color=color, markersize=4)
            at = (0.97, 0.94) if sign > 0 else (0.03, 0.06)
            ax.annotate(f"{len(sizes)} {word}", at, xycoords="axes fraction", color=color,
                        ha="right" if sign > 0 else "left", va="center")  # fmt: skip
        ax.axhline(0.01 * curvatures.max(), color=INK, linestyle=":", linewidth=1)
        ax.set(title=title, xlabel="rank", ylabel="|λ|" if ax is axes[0] else "", xlim=(0, 230), ylim=(1e-6, 3))


def _arrow(ax: Axes, tail: np.ndarray, head: np.ndarray, color: str) -> None:
    look = dict(arrowstyle="-|>", color=color, linewidth=2, shrinkA=0, shrinkB=0)
    ax.annotate("", xy=tuple(head), xytext=tuple(tail), arrowprops=look)
