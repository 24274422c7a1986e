"""The pictures of chapter 13: draw them with `course_lib.plots.show_figure`."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes

from course_lib.plots import INK, PALETTE


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
        color = PALETTE[1] if name == "yours" else PALETTE[2] if name.startswith("letters") else PALETTE[0]
        ax.plot(values, np.full(len(values), place), "o", color=color, alpha=0.5, markersize=4)
        ax.plot([values.mean()] * 2, [place - 0.35, place + 0.35], color=INK if name != "yours" else color, linewidth=2)
    ax.set(xlabel="accuracy, %", ylim=(-0.7, len(rows) - 0.3))
    ax.set_yticks(range(len(rows)), [name for name, _ in rows])
    ax.grid(visible=False, axis="y")
