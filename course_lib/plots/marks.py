"""Marks: every function draws arrays on a given axis and returns nothing."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes

from .style import INK, color_of, method_name


def draw_contours(ax: Axes, surface: Any, *, levels: int = 14, points: int = 160) -> None:
    """Draw a two-dimensional surface's level lines over its own window, and a cross at each minimum.

    Levels are spaced by a power, not evenly, so that the floor of a ravine shows beside its steep walls.

    Args:
        ax: the axis to draw on.
        surface: has `window` ((x0, x1), (y0, y1)), `minima` (k, 2) and `value(points)` for points (..., 2).
        levels: how many level lines.
        points: grid points along each axis.
    """
    (x0, x1), (y0, y1) = surface.window
    x, y = np.linspace(x0, x1, points), np.linspace(y0, y1, points)
    height = surface.value(np.stack(np.meshgrid(x, y), axis=-1))
    low, high = float(height.min()), float(height.max())
    at = low + (high - low) * np.linspace(0, 1, levels + 1)[1:] ** 2.5
    ax.contour(x, y, height, levels=at, colors=INK, linewidths=0.7, alpha=0.5)
    minima = np.asarray(surface.minima)
    ax.plot(minima[:, 0], minima[:, 1], "+", color=INK, markersize=9, markeredgewidth=1.6, zorder=3)
    ax.set(xlim=(x0, x1), ylim=(y0, y1), xlabel="x", ylabel="y")
    ax.grid(False)


def draw_path(ax: Axes, path: np.ndarray, method: object, *, label: str | None = None) -> None:
    """Draw one path of shape (steps + 1, 2): every step a dot, the start a ring.

    Args:
        ax: the axis to draw on.
        path: the points, the start first.
        method: the method (name, class or instance); it determines the colour and, unless given, the label.
        label: the text for `label_lines` or a legend.
    """
    path = np.asarray(path)
    if path.ndim != 2 or path.shape[1] != 2:
        raise ValueError(f"path must have shape (steps + 1, 2), got {path.shape}")
    color = color_of(method)
    ax.plot(*path.T, "-o", color=color, markersize=2.6, linewidth=1.2, label=label or method_name(method))
    ax.plot(*path[0], "o", markerfacecolor="none", markeredgecolor=color, markersize=8, markeredgewidth=1.6)


def draw_loss(ax: Axes, values: np.ndarray, method: object, *, label: str | None = None) -> None:
    """Draw values over steps on a log axis, without those that are not positive and finite.

    Args:
        ax: the axis to draw on.
        values: one value a step, shape (steps + 1,).
        method: the method; it determines the colour and, unless given, the label.
        label: the text for `label_lines` or a legend.
    """
    values = np.asarray(values, dtype=float)
    shown = np.where(np.isfinite(values) & (values > 0), values, np.nan)
    ax.plot(shown, "-", color=color_of(method), label=label or method_name(method))
    ax.set_yscale("log")
    ax.set_xlabel("step")


def draw_band(ax: Axes, x: np.ndarray, runs: np.ndarray, method: object, *, label: str | None = None) -> None:
    """Draw repeated runs: the median as a line, lowest to highest as a band.

    Args:
        ax: the axis to draw on.
        x: the horizontal values, shape (n,).
        runs: one row a seed, shape (seeds, n).
        method: the method; it determines the colour and, unless given, the label.
        label: the text for `label_lines` or a legend.
    """
    x, runs = np.asarray(x), np.asarray(runs)
    if runs.ndim != 2 or runs.shape[1] != len(x):
        raise ValueError(f"runs must have shape (seeds, {len(x)}), got {runs.shape}")
    color = color_of(method)
    ax.fill_between(x, runs.min(axis=0), runs.max(axis=0), color=color, alpha=0.18, linewidth=0)
    ax.plot(x, np.median(runs, axis=0), "-", color=color, label=label or method_name(method))


def label_lines(ax: Axes, *, gap: float | None = None) -> None:
    """Write each labelled line's label at its right end, in its colour, moved apart where they would overlap.

    Call it last, when the axis limits no longer change. Lines without a label are left alone.

    Args:
        ax: the axis to draw on.
        gap: the least distance between two labels, as a share of the axis' height; if None, the height of a line.
    """
    size = matplotlib.rcParams["legend.fontsize"]
    if gap is None:
        ax.figure.draw_without_rendering()  # only then is the height of the axis known
        gap = 1.25 * size * ax.figure.dpi / 72 / ax.bbox.height
    ax.get_xlim(), ax.get_ylim()  # the limits are computed only when they are read
    ends = []
    for line in ax.get_lines():
        xy = np.column_stack(line.get_data()).astype(float)
        xy = xy[np.isfinite(xy).all(axis=1)]
        if line.get_label().startswith("_") or not len(xy):
            continue
        height = ax.transAxes.inverted().transform(ax.transData.transform(xy[-1]))[1]
        ends.append((float(np.clip(height, 0.02, 0.98)), line))
    heights = _spread([height for height, _ in ends], gap)
    for height, (_, line) in zip(heights, ends, strict=True):
        ax.annotate(
            line.get_label(),
            (1.01, height),
            xycoords="axes fraction",
            va="center",
            color=line.get_color(),
            fontsize=size,
            annotation_clip=False,
        )


def _spread(heights: list[float], gap: float) -> list[float]:
    """Move numbers up as little as possible until any two are `gap` apart; then all down to stay below 1."""
    order = np.argsort(heights, kind="stable")
    out = np.array(heights, dtype=float)
    for lower, upper in pairwise(order):
        out[upper] = max(out[upper], out[lower] + gap)
    for upper, lower in pairwise(order[::-1]):
        out[upper] = min(out[upper], 0.99)
        out[lower] = min(out[lower], out[upper] - gap)
    return out.tolist()
