"""The pictures of *Symptoms and causes*: draw them with `course_lib.plots.show_figure`.

What a case shows stands here, and not on the page, where the code would give the answer away.
"""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from course_lib.explore.experiment import Data
from course_lib.plots import PALETTE

from ..ch14_bugs.experiments import gallery, invisible, probe

_WRONG, _RIGHT = PALETTE[0], PALETTE[1]
_SHOULD, _YOURS = "as it should be", "your program"


def draw_case_four(ax: Axes) -> None:
    """Draw the losses of momentum and of one of chapter 14's bugs."""
    found = gallery(bug="discarded").data
    ax.plot(found["right"]["loss"], "-", color=_RIGHT, label=_SHOULD)
    ax.plot(found["wrong"]["loss"], "--", color=_WRONG, label=_YOURS)
    ax.set(yscale="log", xlabel="step", ylabel="loss")
    ax.legend()


def draw_case_five(ax: Axes) -> None:
    """Draw the steps that Adam and one of chapter 14's bugs make on a steady slope."""
    found = probe(bug="none", signal="steady").data
    steps = np.arange(1, len(found["right"]["y"]) + 1)
    ax.bar(steps - 0.2, found["right"]["y"], width=0.4, color=_RIGHT, label=_SHOULD)
    ax.bar(steps + 0.2, found["wrong"]["y"], width=0.4, color=_WRONG, label=_YOURS)
    ax.set(xlabel="step", ylabel="length, in α", xticks=steps, ylim=(0, 10))
    ax.legend(loc="upper left")


def case_six() -> Data:
    """Return the three numbers of a right network and of one with a bug of chapter 14."""
    return invisible(bug="factor").data
