"""The pictures of chapter 6 that take more than a few lines: draw them with `course_lib.plots.show_figure`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from course_lib.optim import BFGS, Quadratic, StrongWolfe
from course_lib.plots import INK, PALETTE, color_of, label_lines

#: Methods of the digits' race that have no colour in the whole book.
_COLORS = {
    "Newton": PALETTE[4],
    "L-BFGS": PALETTE[2],
    "gradient descent": color_of("SGD"),
    "momentum": color_of("Momentum"),
}


def _draw_run(ax: Axes, name: str, values: np.ndarray, lowest: float, **look: Any) -> None:
    """Draw a method's values until they leave the picture at `lowest`, with its name there if that is early."""
    below = np.flatnonzero(values < lowest)
    last = below[0] if len(below) else len(values) - 1
    soon = last < 10
    ax.plot(np.maximum(values[: last + 1], lowest / 1e6), color=_COLORS[name], label=None if soon else name, **look)
    if soon:  # beside the last value that is in the picture
        ax.annotate(name, (last - 1, values[last - 1]), (7, -12), textcoords="offset points", color=_COLORS[name])


def draw_excess(ax: Axes, excess: Mapping[str, np.ndarray]) -> None:
    """Draw the excess loss of several methods over their steps.

    Args:
        ax: the axis to draw on.
        excess: name of the method → excess loss before and after each step.
    """
    for name, values in excess.items():
        _draw_run(ax, name, values[:121], lowest=1e-7)
    ax.set(yscale="log", ylim=(1e-7, 5), xlim=(0, 120), xlabel="step", ylabel="excess loss")
    label_lines(ax)


def draw_memory(ax: Axes, steps: Mapping[str, int]) -> None:
    """Draw how many steps each of several memories takes.

    Args:
        ax: the axis to draw on.
        steps: label → steps.
    """
    places = np.arange(len(steps))
    ax.bar(places, steps.values(), width=0.6, color=[_COLORS["L-BFGS"]] * (len(steps) - 1) + [PALETTE[3]])
    for place, count in zip(places, steps.values(), strict=True):
        ax.annotate(str(count), (place, count), (0, 3), textcoords="offset points", ha="center")
    ax.set_xticks(places, list(steps))
    ax.set(xlabel="pairs kept", ylabel="steps", ylim=(0, 1.15 * max(steps.values())))
    ax.grid(axis="x", visible=False)


def draw_costs(ax: Axes, m: int = 10) -> None:
    """Draw the memory of the Hessian and of L-BFGS's pairs over the number of weights.

    Args:
        ax: the axis to draw on.
        m: number of pairs.
    """
    n = np.geomspace(10, 1e7, 50)
    ax.plot(n, 8 * n**2, color=PALETTE[4], label="H, n²")
    ax.plot(n, 8 * 2 * m * n, color=PALETTE[2], label=f"{m} pairs, {2 * m}n")
    ax.axhline(8e9, color=INK, linestyle=":", linewidth=1)
    ax.annotate("8 GB", (15, 8e9), (0, 3), textcoords="offset points")
    ax.plot([650, 1e6], [8 * 650**2, 8e12], "o", color=PALETTE[4])
    ax.annotate("650", (650, 8 * 650**2), (-6, 4), textcoords="offset points", ha="right", color=PALETTE[4])
    ax.annotate("a million", (1e6, 8e12), (-7, 4), textcoords="offset points", ha="right", color=PALETTE[4])
    ax.set(xscale="log", yscale="log", xlabel="weights n", ylabel="bytes", xlim=(10, 1e7), ylim=(1e2, 1e16))
    label_lines(ax)


def learned(surface: Quadratic, start: Sequence[float], steps: int = 2) -> list[np.ndarray]:
    """Return BFGS's estimates of the Hessian before and after each of some steps with an almost exact line search."""
    method, x, found = BFGS(search=StrongWolfe(c2=0.01)), np.array(start, dtype=float), [np.eye(2)]
    for _ in range(steps):
        method.step_closure(x, surface)
        found.append(np.linalg.inv(np.eye(2) if method.H is None else method.H))
    return found


def draw_learned(*axes: Axes, surface: Quadratic, estimates: Sequence[np.ndarray]) -> None:
    """Draw a level line of the loss, and that of BFGS's model after 0, 1, 2, … steps, around one point.

    Args:
        axes: one for each estimate.
        surface: the loss.
        estimates: of the Hessian, shape (2, 2) each.
    """
    angle = np.linspace(0, 2 * np.pi, 200)
    circle = np.array([np.cos(angle), np.sin(angle)])

    def ellipse(H: np.ndarray) -> np.ndarray:  # where pᵀHp = 1
        values, Q = np.linalg.eigh(H)
        return Q @ (circle / np.sqrt(values)[:, None])

    for k, (ax, H) in enumerate(zip(axes, estimates, strict=True)):
        ax.plot(*ellipse(surface.hessian([0.0, 0.0])), color=INK, linestyle="--", label="the loss")
        ax.plot(*ellipse(H), color=PALETTE[2], label="the model")
        ax.set(title=("before", "after one step", "after two steps")[k], xlim=(-1.7, 1.7), ylim=(-1.5, 1.9))
        ax.set_aspect("equal")
        ax.set_xlabel("p₁")
    axes[0].set_ylabel("p₂")
    axes[0].legend(loc="upper left", borderaxespad=0)


def draw_nearing(ax: Axes, distances: Mapping[str, np.ndarray]) -> None:
    """Draw the distances of several runs from the minimum over their steps.

    Args:
        ax: the axis to draw on.
        distances: name of the method → its distance before and after each step.
    """
    for name, values in distances.items():
        _draw_run(ax, name, values, lowest=1e-12, marker="o", markersize=3)
    ax.set(yscale="log", xlabel="step", ylabel="distance from the minimum", xlim=(0, 12), ylim=(1e-12, 20))
    label_lines(ax)
