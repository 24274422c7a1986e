"""The pictures of chapter 4, from runs of the library: draw them with `course_lib.plots.show_figure`."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Circle, Rectangle

from course_lib.optim import Adam, Optimizer, Quadratic, RMSProp, descend
from course_lib.plots import INK, color_of

#: The gradient of `draw_steepest`: four times as steep along the second axis as along the first.
SLOPE = np.array([0.25, 1.0])


def steepest(shape: str) -> np.ndarray:
    """Return the step of length 1 that descends most against `SLOPE`.

    Args:
        shape: "circle" for steps whose Euclidean length is 1, "square" for those whose largest coordinate is 1.

    >>> steepest("square")
    array([-1., -1.])
    """
    return -SLOPE / np.linalg.norm(SLOPE) if shape == "circle" else -np.sign(SLOPE)


def draw_steepest(circle: Axes, square: Axes) -> None:
    """Draw the steepest step among all of one length, for two ways to measure length, over the lines of equal descent.

    Args:
        circle: the Euclidean length: the step points along the gradient.
        square: the largest coordinate: the step goes to a corner.
    """
    grid = np.linspace(-1.45, 1.45, 2)
    x, y = np.meshgrid(grid, grid)
    for ax, shape, title, color in (
        (circle, "circle", "length: as the crow flies", color_of("SGD")),
        (square, "square", "length: the largest coordinate", color_of("Adam")),
    ):
        ax.contour(x, y, SLOPE[0] * x + SLOPE[1] * y, levels=9, colors=INK, linewidths=0.7, alpha=0.5)
        look = dict(fill=False, edgecolor=INK, linewidth=1.4, linestyle="--")
        ax.add_patch(Circle((0, 0), 1, **look) if shape == "circle" else Rectangle((-1, -1), 2, 2, **look))
        arrow = dict(arrowstyle="-|>", color=color, linewidth=2.4, shrinkA=0, shrinkB=0)
        ax.annotate("", xy=tuple(steepest(shape)), xytext=(0, 0), arrowprops=arrow)
        ax.plot(0, 0, "o", color=color, markersize=5)
        ax.set(title=title, xlim=(-1.45, 1.45), ylim=(-1.45, 1.45), aspect="equal", xlabel="x", ylabel="y")
        ax.grid(False)


def way_down(method: Optimizer, steps: int) -> np.ndarray:
    """Return the points of a run down x²/2 from 3, shape (steps + 1,).

    >>> way_down(RMSProp(0.1), 0)
    array([3.])
    """
    return descend(Quadratic([1.0]), method, [3.0], steps)[:, 0]


def draw_swing(run: Axes, end: Axes) -> None:
    """Draw RMSProp and Adam on x²/2: their distance from the minimum, and RMSProp's last steps.

    Args:
        run: the distance over 12,000 steps, on a log axis.
        end: RMSProp's steps 3,970 to 4,000.
    """
    for method in (RMSProp(0.1), Adam(0.1)):
        x = way_down(method, 12_000)
        run.plot(np.abs(x) + 1e-300, color=color_of(method), linewidth=1.2, label=type(method).__name__)
        if isinstance(method, RMSProp):
            end.plot(np.arange(3970, 4001), x[3970:4001], "o-", color=color_of(method), markersize=2.6, linewidth=1)
    run.set(xlabel="step", ylabel="distance from the minimum", yscale="log", xlim=(0, 12_000), ylim=(1e-20, 10))
    run.set_xticks([0, 4000, 8000, 12_000])
    run.annotate("RMSProp", (1800, 0.4), color=color_of("RMSProp"))
    run.annotate("Adam", (1700, 1e-12), color=color_of("Adam"))
    end.axhline(0, color=INK, linewidth=0.7)
    end.set(xlabel="step", ylabel="x", xlim=(3970, 4000), ylim=(-0.09, 0.09))


def scaled_step(gradient: np.ndarray, eps: float, *, inside: bool = False) -> np.ndarray:
    """Return the size of Adam's step on a steady slope, in units of α: g/(g + ε), or g/√(g² + ε) with ε inside.

    >>> scaled_step(np.array([1e-8]), 1e-8)
    array([0.5])
    """
    return gradient / np.sqrt(gradient**2 + eps) if inside else gradient / (gradient + eps)


def draw_epsilon(ax: Axes) -> None:
    """Draw the size of Adam's step against that of the gradient, for two values of ε, and for ε inside the root."""
    g = np.geomspace(1e-11, 1, 300)
    for eps, inside, words, style in (
        (1e-8, False, "ε = 1e-8", "-"),
        (1e-4, False, "ε = 1e-4", "--"),
        (1e-8, True, "ε = 1e-8,\ninside", ":"),
    ):
        size = scaled_step(g, eps, inside=inside)
        ax.plot(g, size, style, color=color_of("Adam"), linewidth=2)
        level = 0.8 if inside else 0.3
        at = g[np.argmin(np.abs(size - level))]
        side = 1 if style == "--" else -1
        ax.annotate(
            words, (at, level), (6 * side, 0), textcoords="offset points", va="center", ha=("left", "right")[side < 0]
        )
    ax.set(xscale="log", xlabel="size of the gradients", ylabel="step / α", ylim=(0, 1.05))
