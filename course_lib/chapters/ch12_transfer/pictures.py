"""The pictures of chapter 12: draw them with `course_lib.plots.show_figure`."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes

from course_lib.plots import COLORS, INK, label_lines

STAGES = ("pixels", "1", "2", "3", "4", "features")  # the numbers are those of convolutions
NAMES = {"1-NN": "nearest, by pixels", "scratch": "from scratch", "frozen": "letters’ features"}


def draw_ways(ax: Axes, found: Mapping[str, np.ndarray]) -> None:
    """Draw the accuracies of three ways to learn from twenty digits.

    Args:
        ax: the axis to draw on.
        found: "1-NN", "scratch" and "frozen" → accuracy in %, one for each seed.
    """
    for place, (name, values) in enumerate(found.items()):
        ax.barh(place, values.mean(), color=COLORS[name], height=0.6, alpha=0.6)
        ax.plot(values, np.full(len(values), place), "o", color=COLORS[name], markersize=4)
    ax.set_yticks(range(len(found)), [NAMES[name] for name in found])
    ax.invert_yaxis()
    ax.set_xlim(0, 100)
    ax.set_xlabel("accuracy on other digits, %")


def draw_stages(ax: Axes, by_stage: Mapping[str, np.ndarray]) -> None:
    """Draw how often the nearest labelled digit is right, after each stage of two networks.

    Args:
        ax: the axis to draw on.
        by_stage: "letters" and "random" → accuracy in %, a row for each seed, a column for each stage.
    """
    for name, label in (("letters", "learnt from letters"), ("random", "random weights")):
        runs, color = by_stage[name], COLORS["frozen" if name == "letters" else "random, frozen"]
        ax.plot(runs.mean(axis=0), "-o", color=color, label=label, markersize=4)
        ax.plot(runs.T, ".", color=color, alpha=0.5, markersize=4)
    ax.axhline(by_stage["letters"][:, 0].mean(), color=INK, linestyle=":", linewidth=1)
    ax.set_xticks(range(len(STAGES)), STAGES)
    ax.set_xlabel("after which convolution")
    ax.set_ylabel("right, %")
    label_lines(ax)
