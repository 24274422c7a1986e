"""The pictures of chapter 1 that take more than a few lines: draw them with `course_lib.plots.show_figure`."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from course_lib.nn import GELU, LeakyReLU, ReLU, Sigmoid, SiLU, Tanh
from course_lib.plots import INK, PALETTE
from course_lib.studies import Results
from course_lib.studies.trainability import RATES, SCALES

_GROUPS = {
    "squashing": {"sigmoid": Sigmoid(), "tanh": Tanh()},
    "rectifiers": {"ReLU": ReLU(), "leaky ReLU": LeakyReLU(0.1)},
    "smooth rectifiers": {"GELU": GELU(), "SiLU": SiLU()},
}


def draw_activations(*axes: Axes) -> None:
    """Draw six activations, and dashed their slopes.

    Args:
        axes: three.
    """
    x = np.linspace(-4, 4, 401)
    for ax, (title, functions) in zip(axes, _GROUPS.items(), strict=True):
        for (name, f), color in zip(functions.items(), PALETTE[1::-1], strict=True):
            y = f.f(x)
            ax.plot(x, y, "-", color=color, label=name)
            ax.plot(x, f.df(x, y), "--", color=color, linewidth=1.2)
        ax.set(title=title, xlabel="z", xlim=(-4, 4), ylim=(-1.2, 2.4))
        ax.legend(loc="upper left", borderaxespad=0)


def draw_dead(left: Axes, right: Axes, rates: np.ndarray, dead: np.ndarray, accuracy: np.ndarray) -> None:
    """Draw the share of dead units and the accuracy against the rate: a dot for each seed, a line through the means.

    Args:
        left: the axis of the dead units.
        right: the axis of the accuracy.
        rates: shape (n,).
        dead: in %, shape (seeds, n).
        accuracy: in %, shape (seeds, n).
    """
    for ax, values, name in ((left, dead, "dead units, %"), (right, accuracy, "validation accuracy, %")):
        ax.plot(rates, values.mean(axis=0), color=PALETTE[1])
        ax.plot(np.tile(rates, len(values)), values.ravel(), "o", color=PALETTE[1], markersize=3.5, alpha=0.6)
        ax.set(xlabel="rate α", ylabel=name, ylim=(-4, 104))


def draw_norms(*axes: Axes, examples: int = 4, features: int = 6) -> None:
    """Draw which numbers of a batch share a mean and a variance in batch, layer and group norm.

    Args:
        axes: three.
        examples: rows.
        features: columns, an even number.
    """
    half = features // 2
    blocks = {
        "batch norm": [(column, 0, 1, examples) for column in range(features)],
        "layer norm": [(0, row, features, 1) for row in range(examples)],
        "group norm, two groups": [(g * half, row, half, 1) for row in range(examples) for g in range(2)],
    }
    for ax, (title, parts) in zip(axes, blocks.items(), strict=True):
        for number, (x, y, width, height) in enumerate(parts):
            color = PALETTE[1] if number == 0 else "none"
            ax.add_patch(
                Rectangle((x + 0.08, y + 0.08), width - 0.16, height - 0.16, facecolor=color, edgecolor=PALETTE[1])
            )
        for row in range(examples):
            ax.plot(np.arange(features) + 0.5, np.full(features, row + 0.5), "o", color=INK, markersize=3)
        ax.set(title=title, xlabel="features", xlim=(0, features), ylim=(examples, 0), xticks=[], yticks=[])
    axes[0].set_ylabel("examples")


def draw_trainability(*axes: Axes, results: Results) -> None:
    """Draw the accuracy of a deep network with and without batch norm, against the scale of its weights.

    Args:
        axes: one for each of the study's rates.
        results: of the study "trainability".
    """
    for column, (ax, rate) in enumerate(zip(axes, RATES, strict=True)):
        for (name, values), color in zip(results.values.items(), PALETTE, strict=False):
            runs = values[column :: len(RATES)]  # a row for each scale
            ax.plot(SCALES, runs.mean(axis=1), color=color, label=name)
            ax.plot(np.repeat(SCALES, runs.shape[1]), runs.ravel(), "o", color=color, markersize=3, alpha=0.6)
        ax.set(title=f"α = {rate:g}", xlabel="scale, times He's", xscale="log", ylim=(0, 104))
        ax.set_xticks(SCALES, [f"{scale:g}" for scale in SCALES])
        ax.minorticks_off()
    axes[0].set_ylabel("accuracy, %")
    axes[-1].legend(loc="center right")


def draw_projections(left: Axes, right: Axes, trials: Mapping[str, np.ndarray]) -> None:
    """Draw nine trials on a grid and nine at random, and above each square the values of the setting that matters.

    Args:
        left: the axis of the grid.
        right: the axis of the random trials.
        trials: title → trials, shape (n, 2), between 0 and 1.
    """
    x = np.linspace(0, 1, 300)
    curve = 1.15 + 0.35 * np.exp(-(((x - 0.42) / 0.09) ** 2))
    for ax, (title, points) in zip((left, right), trials.items(), strict=True):
        ax.plot(x, curve, color=PALETTE[0])
        heights = np.interp(points[:, 0], x, curve)
        ax.vlines(points[:, 0], points[:, 1], heights, color=INK, linewidth=0.7)
        ax.plot(points[:, 0], points[:, 1], "o", color=PALETTE[1])
        ax.plot(points[:, 0], heights, "o", color=PALETTE[0], markersize=4)
        ax.axhline(1.08, color=INK, linewidth=0.8)
        ax.set(title=title, xlabel="the setting that matters", xlim=(0, 1), ylim=(0, 1.6), xticks=[], yticks=[])
    left.set_ylabel("one that does not")
