"""The pictures of chapter 13: draw them with `course_lib.plots.show_figure`."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes

from course_lib.plots import INK, PALETTE
from course_lib.studies import Gain


def draw_ladder(ax: Axes, rungs: Mapping[str, np.ndarray], yours: np.ndarray | None = None) -> None:
    """Draw each rung's accuracy on every draw as dots and their mean as a bar, the best on top; and the reader's.

    Args:
        ax: the axis to draw on.
        rungs: name → accuracies in %, one for each draw.
        yours: the reader's on the same draws.
    """
    rows = [*rungs.items(), *([] if yours is None else [("yours", yours)])]
    rows.sort(key=lambda row: row[1].mean())
    for place, (name, values) in enumerate(rows):
        color = PALETTE[0] if name == "yours" else PALETTE[2] if name.startswith("letters") else PALETTE[1]
        ax.plot(values, np.full(len(values), place), "o", color=color, alpha=0.5, markersize=4)
        ink = INK if name != "yours" else color
        ax.plot([values.mean()] * 2, [place - 0.35, place + 0.35], "-", color=ink, linewidth=2)
    ax.set(xlabel="accuracy, %", ylim=(-0.7, len(rows) - 0.3))
    ax.set_yticks(range(len(rows)), [name for name, _ in rows])
    ax.grid(visible=False, axis="y")


def draw_steps(ax: Axes, gains: Mapping[str, Gain]) -> None:
    """Draw what each change gains as a bar with two standard errors, the first on top.

    Args:
        ax: the axis to draw on.
        gains: a change, in words → its gain.
    """
    places, means = np.arange(len(gains))[::-1], np.array([gain.mean for gain in gains.values()])
    errors = [2 * gain.error for gain in gains.values()]
    ax.barh(places, means, color=PALETTE[1], height=0.6)
    ax.errorbar(means, places, xerr=errors, fmt="none", ecolor=INK, capsize=3)
    ax.axvline(0, color=INK, linewidth=1)
    ax.set(xlabel="gain in points")
    ax.set_yticks(places, list(gains))
    ax.grid(visible=False, axis="y")
