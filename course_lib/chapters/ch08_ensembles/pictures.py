"""The pictures of chapter 8 that take more than a few lines: draw them with `course_lib.plots.show_figure`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes

from course_lib.plots import INK, PALETTE

_ORANGE, _BLUE, _GREEN = PALETTE[:3]


def _spread(values: np.ndarray) -> np.ndarray:
    """Return three standard errors of the mean over the seeds, the first axis."""
    return 3 * values.std(axis=0, ddof=1) / len(values) ** 0.5


def draw_ways(left: Axes, right: Axes, ways: Mapping[str, Mapping[str, np.ndarray]]) -> None:
    """Draw what two other ways to vote gain over the mean of probabilities.

    Args:
        left: the axis of the votes of logits.
        right: the axis of the hard votes.
        ways: "logits" and "hard votes" → name of the members → a number in points for each seed.
    """
    for ax, (way, rows) in zip((left, right), ways.items(), strict=True):
        for place, (name, values) in enumerate(rows.items()):
            color = _GREEN if "bagged" in name else _BLUE
            ax.errorbar(values.mean(), -place, xerr=_spread(values), fmt="o", color=color, capsize=3)
        ax.axvline(0, color=INK, linestyle=":")
        ax.set_yticks(range(0, -len(rows), -1), rows)
        ax.set(xlim=(-3, 3), ylim=(0.6 - len(rows), 0.4), title=way, xlabel="gain, points")


def draw_line(wrong: Axes, right: Axes, shares: np.ndarray, found: Mapping[str, Sequence[np.ndarray]]) -> None:
    """Draw the accuracy on the straight line between two networks, mean and three standard errors.

    Args:
        wrong: the axis of the networks that were trained on partly wrong labels.
        right: the axis of those with right labels.
        shares: of the second network's weights.
        found: "strangers" and "siblings" → for wrong and for right labels an array (seeds, shares), in %.
    """
    for ax, i, title in ((wrong, 0, "30 % wrong labels"), (right, 1, "right labels")):
        for (name, curves), color in zip(found.items(), (_ORANGE, _BLUE), strict=True):
            mean, error = curves[i].mean(axis=0), _spread(curves[i])
            ax.fill_between(shares, mean - error, mean + error, color=color, alpha=0.2, linewidth=0)
            ax.plot(shares, mean, color=color, label=name)
        ax.set(xlabel="share of the second network's weights", ylim=(0, 100), title=title)
    wrong.set_ylabel("test accuracy, %")
    wrong.legend(loc="lower left")


def draw_start(left: Axes, right: Axes, steps: Sequence[int], found: np.ndarray) -> None:
    """Draw NLL and accuracy of an average that starts in three ways.

    Args:
        left: the axis of the NLL.
        right: the axis of the accuracy.
        steps: at which they were measured.
        found: shape (2, 3, steps): means of NLL and accuracy in %; from 0, corrected, from the first weights.
    """
    looks = (("from 0", _ORANGE, "--"), ("from 0, corrected", _BLUE, "-"), ("from the first weights", INK, ":"))
    for ax, rows, name in zip((left, right), found, ("test loss", "test accuracy, %"), strict=True):
        for row, (label, color, style) in zip(rows, looks, strict=True):
            ax.plot(steps, row, style, color=color, label=label, marker="o", markersize=3)
        ax.set(xscale="log", xlabel="step t", ylabel=name, ylim=(0, None))
        ax.set_xticks(steps, [str(t) for t in steps], minor=False)
        ax.minorticks_off()
    left.set_ylim(0, 3.8)
    right.set_ylim(0, 100)
    left.legend(loc="upper right")


def draw_gap(right: Axes, wrong: Axes, lams: Sequence[float], found: Sequence[np.ndarray]) -> None:
    """Draw training and test accuracy under L2, on right and on partly wrong labels.

    Args:
        right: the axis of the networks with right labels.
        wrong: the axis of those with partly wrong ones.
        lams: the strengths.
        found: for right and for wrong labels an array (seeds, 2, strengths), in %: training, then test.
    """
    places = range(len(lams))
    for ax, runs, title in zip((right, wrong), found, ("right labels", "30 % wrong labels"), strict=True):
        train, test = runs.mean(axis=0)
        ax.fill_between(places, test, train, color=INK, alpha=0.3, linewidth=0, label="the gap")
        ax.plot(places, train, "-o", color=_ORANGE, label="on its training labels")
        ax.plot(places, test, "-o", color=_BLUE, label="test")
        ax.set_xticks(places, [f"{lam:g}" for lam in lams])
        ax.set(xlabel="strength λ", ylim=(50, 101), title=title)
    right.set_ylabel("accuracy, %")
    right.legend(loc="lower left").get_texts()[0].set_color(INK)  # the fill's own grey is too pale
