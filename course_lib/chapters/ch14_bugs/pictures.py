"""The pictures of chapter 14: draw them with `course_lib.plots.show_figure`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes

from course_lib.plots import INK, PALETTE

_WRONG, _RIGHT = PALETTE[0], PALETTE[1]


def draw_rates(*axes: Axes, rates: np.ndarray, ends: Mapping[str, np.ndarray]) -> None:
    """Draw the largest of the last losses against the rate, of right methods and of wrong ones.

    Args:
        *axes: one for each pair.
        rates: the rates.
        ends: title → losses, shape (2, rates): the right method's, the wrong one's.
    """
    for ax, (title, pair) in zip(axes, ends.items(), strict=True):
        for values, color, style, label in zip(pair, (_RIGHT, _WRONG), ("-", "--"), ("right", "bug"), strict=True):
            ax.plot(rates, np.clip(values, 1e-12, 1e6), style, color=color, label=label)
        ax.set(xscale="log", yscale="log", ylim=(1e-9, 30), xlabel="rate α", title=title)
    axes[0].set_ylabel("largest of the last losses")
    axes[0].legend(loc="lower left")


def draw_seen(ax: Axes, seen: Mapping[str, Sequence[bool]], checks: Sequence[str]) -> None:
    """Draw which checks see which bugs, as a grid of dots.

    Args:
        ax: the axis to draw on.
        seen: bug → for each check, whether it sees the bug.
        checks: their names, which are numbered here as in the text.
    """
    for row, sees in enumerate(seen.values()):
        hits = [i + 1 for i, hit in enumerate(sees) if hit]
        ax.plot(hits, [-row] * len(hits), "o", color=_WRONG, markersize=8)
    ax.set_yticks(range(0, -len(seen), -1), seen)
    ax.set_xticks(range(1, len(checks) + 1))
    ax.set(xlim=(0.5, len(checks) + 0.5), ylim=(0.6 - len(seen), 0.4), xlabel="check, as numbered above")
    ax.grid(color=INK, alpha=0.15)
    ax.set_axisbelow(True)
