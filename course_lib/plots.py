"""Figures in the book's style.

Every function draws arrays on a given axis and returns nothing. The style has a transparent background and
mid-grey text, so that a figure is legible on a light page and on a dark one.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import matplotlib
import numpy as np
from matplotlib import cycler
from matplotlib.axes import Axes

from course_lib.optim import COMPOUND, METHODS, SECOND_ORDER, schedules

__all__ = [
    "COLORS",
    "INK",
    "PALETTE",
    "STYLE",
    "color_of",
    "draw_band",
    "draw_contours",
    "draw_loss",
    "draw_path",
    "label_lines",
    "use_style",
]

#: Text and axes: the grey as far from a white page as from the dark page (#14181f), 4.2:1.
INK = "#777b82"

#: Eight colours for one figure: any two distinct to colour-blind readers, each 3:1 on light and dark pages.
PALETTE = ("#D55E00", "#0072B2", "#009E73", "#9671FE", "#D70272", "#607338", "#CC0A0A", "#5A9CB8")

#: One colour per method in the whole book. A method without one here gets one of the palette: see `color_of`.
COLORS = {
    "SGD": "#D55E00",
    "Momentum": "#0072B2",
    "Nesterov": "#009E73",
    "AdaGrad": "#607338",
    "RMSProp": "#9671FE",
    "Adam": "#D70272",
    # Kin that rarely share a figure with the six above.
    "NesterovLookAhead": "#009E73",
    "RMSPropMomentum": "#6A6FD0",
    "CenteredRMSProp": "#9A6BB8",
    "AdamW": "#A8562E",
    "AMSGrad": "#8C6D31",
    "Adamax": "#D1495B",
    "NAdam": "#B3478F",
    "Lion": "#A67C00",
    "ScheduleFreeSGD": "#2E86AB",
    "ScheduleFreeAdamW": "#3F8F63",
    "Lookahead": "#7D6E5D",
    "SAM": "#0E8C8C",
    "Muon": "#5B7DB1",
}

# Each line shares one colour of the palette, as its members rarely share a figure.
_REGULARIZERS = (
    ("L2", "MaxNorm"),
    ("Dropout", "InvertedDropout", "SpatialDropout"),
    ("augmentation", "Cutout"),
    ("BatchNorm", "LayerNorm"),
    ("EarlyStopping",),
    ("L1", "ElasticNet"),
    ("MixUp", "label smoothing"),
    ("DropConnect", "GaussianNoise", "StochasticDepth", "FractionalMaxPool"),
)
_SCHEDULES = (
    ("Constant", "Function"),
    ("Step", "MultiStep"),
    ("Exponential", "Warmup"),
    ("InverseTime", "WarmupStableDecay"),
    ("Linear", "Polynomial"),
    ("Cosine", "ReducePlateau"),
    ("OneCycle", "Triangular"),
    ("WarmRestarts", "Snapshots", "Sequence"),
)
_TRANSFER = (
    ("scratch",),
    ("frozen",),
    ("last block, rate/10",),
    ("all, rate/10",),
    ("all, full rate",),
    ("random, frozen",),
    ("random head, all at rate/10",),
    ("random head, all at full rate",),
)
for _family in (_REGULARIZERS, _SCHEDULES, _TRANSFER):
    COLORS |= {name: color for color, names in zip(PALETTE, _family, strict=True) for name in names}
COLORS["1-NN"] = INK  # no network: the baseline

STYLE: dict[str, Any] = {
    "figure.figsize": (6.6, 3.2),
    "figure.dpi": 100,
    "figure.facecolor": "none",
    "figure.constrained_layout.use": True,
    "axes.facecolor": "none",
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "axes.titlecolor": INK,
    "axes.titlesize": 12,
    "axes.titlelocation": "left",
    "axes.labelsize": 11,
    "axes.linewidth": 0.8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.prop_cycle": cycler(color=[INK] * 4, linestyle=["-", "--", ":", "-."]),  # colour means a method
    "grid.color": INK,
    "grid.alpha": 0.18,
    "grid.linewidth": 0.6,
    "text.color": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "xtick.labelsize": 10,
    "ytick.labelsize": 10,
    "font.size": 11,
    "font.family": "sans-serif",
    "lines.linewidth": 1.8,
    "legend.frameon": False,
    "legend.labelcolor": "linecolor",
    "savefig.facecolor": "none",
    "savefig.transparent": True,
    "svg.fonttype": "path",
    "svg.hashsalt": "descent",
}


def use_style() -> None:
    """Set the book's figure style for this session; in a notebook, figures become SVG.

    >>> use_style()
    >>> matplotlib.rcParams["figure.facecolor"]
    'none'
    """
    matplotlib.rcParams.update(STYLE)
    try:
        from IPython import get_ipython
        from matplotlib_inline.backend_inline import set_matplotlib_formats
    except ImportError:  # outside a notebook there is no format to choose
        return
    if get_ipython() is not None:
        set_matplotlib_formats("svg")


def color_of(method: object, stranger: str = INK) -> str:
    """Return the colour of a method, a regularizer, a schedule or a strategy of transfer; grey for any other.

    A method of the library that has no colour in `COLORS` gets one of the palette, by its position in the registry.

    Args:
        method: its name, its class or an instance.
        stranger: the colour for names outside the library.

    >>> color_of("Momentum"), color_of("Cosine"), color_of("frozen")
    ('#0072B2', '#607338', '#0072B2')
    """
    name = _name(method)
    if name in COLORS:
        return COLORS[name]
    # New optimizers begin at the palette's end, with colours that none of the six most shown has.
    for registry, palette in (
        ([*METHODS, *COMPOUND], PALETTE[::-1]),
        (SECOND_ORDER, PALETTE),
        (schedules.__all__, PALETTE[::-1]),
    ):
        without = [known for known in registry if known not in COLORS]
        if name in without:
            return palette[without.index(name) % len(palette)]
    return stranger


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
    ax.plot(*path.T, "-o", color=color, markersize=2.6, linewidth=1.2, label=label or _name(method))
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
    ax.plot(shown, "-", color=color_of(method), label=label or _name(method))
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
    ax.plot(x, np.median(runs, axis=0), "-", color=color, label=label or _name(method))


def label_lines(ax: Axes, *, gap: float = 0.075) -> None:
    """Write each labelled line's label at its right end, in its colour, moved apart where they would overlap.

    Call it last, when the axis limits no longer change. Lines without a label are left alone.

    Args:
        ax: the axis to draw on.
        gap: the least distance between two labels, as a share of the axis' height.
    """
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
            fontsize=10.5,
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


def _name(method: object) -> str:
    if isinstance(method, str):
        return method
    return (method if isinstance(method, type) else type(method)).__name__
