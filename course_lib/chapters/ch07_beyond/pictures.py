"""The pictures of chapter 7 that take more than a few lines: draw them with `course_lib.plots.show_figure`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes

from course_lib.optim import orthogonalize
from course_lib.plots import INK, PALETTE, color_of, draw_band

_GRADIENT = np.array([1.0, 0.35])

#: Method → its marker, and for the loss and the accuracy: at which of its points its name stands, and where from there.
_MARKS = {
    "Momentum": ("s", (-1, 0, 10, "right"), (0, -8, 0, "right")),
    "Adam": ("o", (0, 0, 12, "center"), (0, 4, -14, "center")),
    "NAdam": ("x", (2, 0, -12, "right"), (2, 0, 12, "right")),
    "Lion": ("^", (0, 10, 0, "left"), (-3, -8, 4, "right")),
    "Muon": ("D", (3, -10, -4, "right"), (2, 4, 12, "center")),
}


def steepest(ball: str, g: np.ndarray) -> np.ndarray:
    """Return the point of a unit ball of the plane that is farthest against g.

    Args:
        ball: "circle", of Euclid's norm, or "square", of the largest coordinate.
        g: a gradient, shape (2,), without a zero.

    >>> steepest("circle", np.array([3.0, 4.0])), steepest("square", np.array([3.0, -4.0]))
    (array([-0.6, -0.8]), array([-1.,  1.]))
    """
    return -np.sign(g) if ball == "square" else -g / np.linalg.norm(g)


def draw_norms(*axes: Axes) -> None:
    """Draw three unit balls, a gradient, and the step in each ball that lowers the linear model most.

    Args:
        axes: three: Euclid's norm, the largest weight, the largest singular value.
    """
    turn = np.linspace(0, 2 * np.pi, 200)
    shapes = {"circle": (np.cos(turn), np.sin(turn)), "square": ([1, 1, -1, -1, 1], [1, -1, -1, 1, 1])}
    for ax, ball, title, x, y, color in zip(
        axes,
        ("circle", "square", "square"),
        ("Euclid: gradient descent", "largest weight: Lion", "singular value: Muon"),
        ("weight 1", "weight 1", "along $u_1 v_1^\\top$"),
        ("weight 2", "weight 2", "along $u_2 v_2^\\top$"),
        (color_of("SGD"), color_of("Lion"), color_of("Muon")),
        strict=True,
    ):
        ax.fill(*shapes[ball], facecolor=color, alpha=0.14)
        ax.plot(*shapes[ball], color=color, linewidth=1)
        step = steepest(ball, _GRADIENT)
        across = np.array([-_GRADIENT[1], _GRADIENT[0]])
        ends = step + np.array([[-3], [3]]) * across
        ax.plot(*ends.T, ":", color=INK, linewidth=1.2)
        for tip, shade in ((_GRADIENT, INK), (step, color)):
            ax.annotate("", tip, (0, 0), arrowprops=dict(arrowstyle="-|>", color=shade, linewidth=2))
        ax.annotate("g", _GRADIENT, (4, 2), textcoords="offset points", color=INK)
        ax.annotate("step", step / 2, (-2, 9), textcoords="offset points", color=color, ha="right")
        ax.set(title=title, xlabel=x, ylabel=y, xlim=(-1.6, 1.6), ylim=(-1.6, 1.6), aspect="equal")
        ax.set_xticks([-1, 0, 1])
        ax.set_yticks([-1, 0, 1])


def newton_schulz(s: np.ndarray, steps: int) -> np.ndarray:
    """Return what the Newton–Schulz iteration makes of singular values from 0 to 1: s ← 1.5 s − 0.5 s³.

    >>> newton_schulz(np.array([0.1, 1.0]), steps=1).round(4)
    array([0.1495, 1.    ])
    """
    for _ in range(steps):
        s = 1.5 * s - 0.5 * s**3
    return s


def draw_singular_values(before: Axes, after: Axes, values: np.ndarray) -> None:
    """Draw the singular values of a gradient, and what five steps of two iterations make of a singular value.

    Args:
        before: the axis of the gradient's singular values.
        after: the axis of the iterations.
        values: the singular values, the largest first.
    """
    before.plot(np.arange(1, len(values) + 1), values / values[0], "o", color=INK, markersize=3)
    before.set(yscale="log", xlabel="number", ylabel="singular value / largest", ylim=(1e-6, 2))
    s = np.geomspace(1e-4, 1, 300)
    muon = np.array([orthogonalize(np.diag([v, np.sqrt(1 - v * v)]))[0, 0] for v in s])
    for curve, color, label in ((newton_schulz(s, 5), PALETTE[0], "Newton–Schulz"), (muon, color_of("Muon"), "Muon's")):
        after.plot(s, curve, color=color, label=label)
    after.axhline(1, color=INK, linewidth=1, linestyle=":")
    after.set(xscale="log", xlabel="singular value", ylabel="after five steps", ylim=(0, 1.6))
    after.legend(loc="upper left")


def draw_strengths(ax: Axes, accuracy: Mapping[str, np.ndarray], strengths: Mapping[str, Sequence[float]]) -> None:
    """Draw the mean accuracy against the strength of a penalty and of a decay, with one standard error.

    Args:
        ax: the axis to draw on.
        accuracy: "Adam" (with an L2 penalty) and "AdamW" → accuracies in %, shape (networks, strengths).
        strengths: λ of each.
    """
    for name, label in (("Adam", "Adam with L2"), ("AdamW", "AdamW")):
        values = accuracy[name]
        error = values.std(axis=0, ddof=1) / len(values) ** 0.5
        color = color_of(name)
        ax.errorbar(strengths[name], values.mean(axis=0), yerr=error, fmt="o", color=color, capsize=3)
        ax.plot(strengths[name], values.mean(axis=0), color=color, label=label)
    ax.set(xscale="log", xlabel="strength λ", ylabel="accuracy, %", ylim=(91, 97))
    ax.legend(loc="lower left")


def draw_methods(loss: Axes, accuracy: Axes, runs: Mapping[str, tuple[Sequence[float], np.ndarray]]) -> None:
    """Draw the training loss and the accuracy of several methods against their rates: median and range.

    Args:
        loss: the axis of the training loss.
        accuracy: the axis of the validation accuracy.
        runs: method → its rates, and losses and accuracies, shape (2, seeds, rates).
    """
    for name, (rates, (losses, found)) in runs.items():
        marker, *places = _MARKS[name]
        for ax, values, (point, right, up, side) in zip((loss, accuracy), (losses, found), places, strict=True):
            draw_band(ax, rates, values, name)
            ax.lines[-1].set(marker=marker, markersize=5)
            at = rates[point], np.median(values[:, point])
            look = dict(textcoords="offset points", color=color_of(name), ha=side, va="center")
            ax.annotate(name, at, (right, up), **look)
    loss.set(xscale="log", yscale="log", xlabel="rate α", ylabel="training loss")
    accuracy.set(xscale="log", xlabel="rate α", ylabel="validation accuracy, %", ylim=(93, 99))
