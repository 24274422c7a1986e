"""The pictures of *Symptoms and causes*: draw them with `course_lib.plots.show_figure`."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from course_lib.plots import PALETTE

from ..ch14_bugs.experiments import gallery, probe

_WRONG, _RIGHT = PALETTE[0], PALETTE[1]
_SHOULD, _YOURS = "as it should be", "your program"


def draw_losses(ax: Axes, bug: str) -> None:
    """Draw the losses of a right method and of one of the gallery's bugs, which is not named."""
    found = gallery(bug=bug).data
    ax.plot(found["right"]["loss"], "-", color=_RIGHT, label=_SHOULD)
    ax.plot(found["wrong"]["loss"], "--", color=_WRONG, label=_YOURS)
    ax.set(yscale="log", xlabel="step", ylabel="loss")
    ax.legend()


def draw_steps(ax: Axes, bug: str, signal: str) -> None:
    """Draw the ten steps that a right method and one with a bug, which is not named, make of known gradients."""
    found = probe(bug=bug, signal=signal).data
    steps = np.arange(1, len(found["right"]["y"]) + 1)
    ax.bar(steps - 0.2, found["right"]["y"], width=0.4, color=_RIGHT, label=_SHOULD)
    ax.bar(steps + 0.2, found["wrong"]["y"], width=0.4, color=_WRONG, label=_YOURS)
    ax.set(xlabel="step", ylabel="length, in α", xticks=steps)
    ax.legend()
