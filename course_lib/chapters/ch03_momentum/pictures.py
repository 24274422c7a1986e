"""The classical pictures of chapter 3, from runs of the library: draw them with `course_lib.plots.show_figure`.

Colours mean what they mean in the whole book: orange is a gradient step, blue momentum's path, green Nesterov's.
"""

from __future__ import annotations

from typing import NamedTuple

import matplotlib
import numpy as np
from matplotlib.axes import Axes

from course_lib.optim import Momentum, Quadratic, Ravine, descend
from course_lib.plots import INK, color_of, draw_contours

#: The run whose second step `draw_arrows` takes apart.
SURFACE, LR, RHO = Ravine(kappa=10), 0.7, 0.8


class Arrows(NamedTuple):
    """One step of momentum and one of Nesterov's from the same point with the same velocity, taken apart.

    All have shape (2,). Momentum goes to ``start + push + slope_here``, Nesterov to ``start + push + slope_there``.
    """

    before: np.ndarray
    start: np.ndarray
    push: np.ndarray
    slope_here: np.ndarray
    slope_there: np.ndarray


def arrows() -> Arrows:
    """Return the second step on the ravine: where momentum is about to overshoot the valley.

    >>> a = arrows()
    >>> (a.slope_here[1] < 0 < a.slope_there[1]).item()  # here it still pushes on, there it pushes back
    True
    """
    before, start = descend(SURFACE, Momentum(LR, rho=RHO), SURFACE.start, 1)
    push = RHO * (start - before)  # −αρv, as the last step was −αv
    return Arrows(before, start, push, -LR * SURFACE.grad(start), -LR * SURFACE.grad(start + push))


def draw_arrows(momentum: Axes, nesterov: Axes) -> None:
    """Draw one step of momentum and one of Nesterov's as sums of two arrows, on the ravine's level lines.

    Args:
        momentum: both arrows begin at the point: the gradient is measured there.
        nesterov: the gradient is measured where the push of the velocity leads.
    """
    a = arrows()
    for ax, title, slope in ((momentum, "Momentum", a.slope_here), (nesterov, "Nesterov", a.slope_there)):
        draw_contours(ax, SURFACE)
        ax.axhline(0, color=INK, linewidth=0.8, linestyle=":")
        ax.annotate("valley floor", (-4.95, 0), (4, 3), textcoords="offset points", alpha=0.9)
        ax.plot(*zip(a.before, a.start, strict=True), color=INK, linewidth=1.2, alpha=0.6)
        _arrow(ax, a.start, a.start + a.push, INK, style="--")
        measured = a.start if slope is a.slope_here else a.start + a.push
        _arrow(ax, measured, measured + slope, color_of("SGD"))
        end = a.start + a.push + slope
        _arrow(ax, a.start, end, color_of(title), width=2.8)
        if slope is a.slope_here:  # the other side of the parallelogram
            ax.plot(*zip(a.start + a.push, end, strict=True), color=color_of("SGD"), linewidth=1, linestyle=":")
        ax.plot(*measured, "o", color=color_of("SGD"), markersize=5, zorder=5)
        ax.plot(*a.start, "o", markerfacecolor="none", markeredgecolor=INK, markersize=9, markeredgewidth=1.4)
        _label(ax, a.start + 0.75 * a.push, "−αρv", INK, side=-1)
        _label(ax, measured + 0.5 * slope, "−α∇f", color_of("SGD"), side=1)
        _label(ax, end, "step", color_of(title), side=1)
        ax.set(title=title, xlim=(-4.95, -3.05), ylim=(-1.0, 0.85), aspect="equal")


class Regime(NamedTuple):
    """A way in which the error along one eigenvector behaves, with settings that show it."""

    name: str
    lr: float
    rho: float


#: For λ = 1: too little momentum, just enough, too much; and too large a rate.
REGIMES = (
    Regime("overdamped", 0.05, 0.1),
    Regime("critical", 0.05, (1 - 0.05**0.5) ** 2),
    Regime("ringing", 0.05, 0.95),
    Regime("divergent", 2.22, 0.1),
)


def draw_regimes(*axes: Axes, steps: int = 40) -> None:
    """Draw the error along one eigenvector, λ = 1, over the steps of four runs, one regime a panel.

    Args:
        axes: four.
        steps: how many steps of each run.
    """
    for ax, (name, lr, rho) in zip(axes, REGIMES, strict=True):
        error = descend(Quadratic([1.0]), Momentum(lr, rho=rho), [1.0], steps)[:, 0]
        ax.axhline(0, color=INK, linewidth=0.7)
        ax.plot(error, "-o", color=color_of("Momentum"), markersize=2.4, linewidth=1.2)
        ax.set_title(f"{name}\nαλ = {lr:.3g}, ρ = {rho:.2g}", fontsize=matplotlib.rcParams["xtick.labelsize"])
        ax.set(xlabel="step", ylabel="error" if ax is axes[0] else "", xlim=(0, steps), ylim=(-1.6, 1.6))


def draw_weights(ax: Axes, rhos: tuple[float, ...] = (0.5, 0.9, 0.99)) -> None:
    """Draw the weight ρᵏ of the gradient of k steps ago, and a dot at the window, k = 1/(1 − ρ).

    Args:
        ax: the axis to draw on.
        rhos: values of ρ, each in (0, 1).
    """
    k = np.geomspace(1, 1000, 400)
    color = color_of("Momentum")
    for rho in rhos:
        window = 1 / (1 - rho)
        ax.plot(k, rho**k, color=color)
        ax.plot([window, window], [0, rho**window], color=color, linestyle=":", linewidth=1.2)
        ax.plot(window, rho**window, "o", color=color)
        half = np.log(0.75) / np.log(rho)  # where the weight is 3/4
        right = dict(xytext=(6, 3), textcoords="offset points", color=color)
        ax.annotate(f"ρ = {rho:g}", (max(half, 1), rho ** max(half, 1)), **right)
        ax.annotate(f"{window:.0f} steps", (window, rho**window), **right)
    ax.set(xscale="log", xlim=(1, 1000), ylim=(0, 1.02), xlabel="steps ago, k", ylabel="weight ρᵏ")
    ax.xaxis.set_major_formatter("{x:g}")


def _arrow(ax: Axes, tail: np.ndarray, head: np.ndarray, color: str, *, width: float = 1.8, style: str = "-") -> None:
    look = dict(arrowstyle="-|>", color=color, linewidth=width, linestyle=style, shrinkA=0, shrinkB=0)
    ax.annotate("", xy=tuple(head), xytext=tuple(tail), arrowprops=look, annotation_clip=False)


def _label(ax: Axes, at: np.ndarray, text: str, color: str, *, side: int) -> None:
    """Write a word beside a point: to its right, or to its left for side −1."""
    ax.annotate(
        text, tuple(at), (7 * side, 0), textcoords="offset points", color=color, ha="left" if side > 0 else "right",
        va="center",
    )  # fmt: skip
