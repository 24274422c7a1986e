"""The pictures of chapter 10 that take more than a few lines: draw them with `course_lib.plots.show_figure`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import NormalDist

import numpy as np
from matplotlib.axes import Axes

from course_lib.plots import INK, PALETTE
from course_lib.studies import Results

_ORANGE, _BLUE, _GREEN = PALETTE[:3]


def _mean(values: np.ndarray) -> tuple[float, float]:
    """Return the mean over seeds and three standard errors."""
    return float(values.mean()), 3 * float(values.std(ddof=1)) / len(values) ** 0.5


def _dots(ax: Axes, rows: Mapping[str, np.ndarray], right: str) -> None:
    """Draw a row for each name, with three standard errors; the right one is blue."""
    for place, (name, values) in enumerate(rows.items()):
        mean, error = _mean(np.asarray(values))
        ax.errorbar(mean, -place, xerr=error, fmt="o", color=_BLUE if name == right else _ORANGE, capsize=3)
    ax.set_yticks(range(0, -len(rows), -1), rows)
    ax.set_ylim(0.6 - len(rows), 0.4)


def draw_factors(left: Axes, right: Axes, accuracy: Mapping[str, np.ndarray], loss: Mapping[str, np.ndarray]) -> None:
    """Draw accuracy and loss of the same networks under several factors of testing.

    Args:
        left: the axis of the accuracy.
        right: the axis of the loss.
        accuracy: name of the factor → a number in % for each seed; the first is the right one.
        loss: the same of the test loss.
    """
    first = next(iter(accuracy))
    _dots(left, accuracy, first)
    _dots(right, loss, first)
    left.set(xlabel="test accuracy, %", xlim=(0, 100))
    right.set(xlabel="test loss", xlim=(0, 1.8))


def draw_backward(left: Axes, right: Axes, accuracy: Mapping[str, np.ndarray], error: Mapping[str, float]) -> None:
    """Draw what test accuracy and gradient check say of right and wrong backward passes.

    Args:
        left: the axis of the accuracy.
        right: the axis of the gradient check.
        accuracy: name of the backward pass → a number in % for each seed; the first is the right one.
        error: name → the largest relative error of the gradient.
    """
    first = next(iter(accuracy))
    _dots(left, accuracy, first)
    for place, (name, value) in enumerate(error.items()):
        right.plot(value, -place, "o", color=_BLUE if name == first else _ORANGE)
    right.set_yticks(range(0, -len(error), -1), error)
    right.set(xscale="log", xlim=(1e-12, 10), ylim=(0.6 - len(error), 0.4), xlabel="error of the gradient check")
    right.axvline(1e-6, color=INK, linestyle=":")
    left.set(xlabel="test accuracy, %", xlim=(0, 100))


def draw_sampling(left: Axes, right: Axes, passes: Sequence[int], sampled: np.ndarray, shortcut: np.ndarray) -> None:
    """Draw accuracy and loss of the mean over sampled networks, and of the shortcut.

    Args:
        left: the axis of the accuracy.
        right: the axis of the loss.
        passes: the numbers of sampled networks.
        sampled: means of accuracy and loss, shape (2, len(passes)).
        shortcut: those of one pass without noise, shape (2,).
    """
    for ax, values, one, label in zip((left, right), sampled, shortcut, ("test accuracy, %", "test loss"), strict=True):
        ax.plot(passes, values, "-o", color=_ORANGE, markersize=4, label="mean of sampled passes")
        ax.axhline(one, color=_BLUE, label="one pass, the shortcut")
        ax.set(xscale="log", xlabel="sampled passes S", ylabel=label)
        ax.set_xticks(passes, [str(n) for n in passes], minor=False)
        ax.set_xticks([], minor=True)
    left.legend(loc="lower right")


def draw_bell(ax: Axes, u: np.ndarray, mean: float, variance: float) -> None:
    """Draw a unit's sum under many masks of DropConnect, the bell that stands in for it, and two test outputs.

    Args:
        ax: the axis to draw on.
        u: the unit's sum under each mask.
        mean: of all masks.
        variance: of all masks.
    """
    sigma = variance**0.5
    at = np.linspace(mean - 4 * sigma, mean + 4 * sigma, 200)
    bell = NormalDist(mean, sigma)
    ax.hist(u, bins=60, density=True, color=_BLUE, alpha=0.3, label="10,000 masks")
    ax.plot(at, [bell.pdf(x) for x in at], color=_BLUE, label="bell of μ and σ²")
    relu = mean * NormalDist().cdf(mean / sigma) + sigma * NormalDist().pdf(mean / sigma)
    top = bell.pdf(mean)
    for x, color, label in ((max(mean, 0.0), _ORANGE, "ReLU of the mean"), (relu, _GREEN, "mean of the ReLU")):
        ax.plot([x, x], [0, 1.1 * top], color=color, linewidth=2, label=label)
    ax.axvline(0, color=INK, linewidth=0.8)
    ax.set(xlabel="sum u of one unit", ylabel="density", ylim=(0, 1.25 * top))
    legend = ax.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=2, borderpad=0, columnspacing=1, handlelength=1.3)
    for label in legend.get_texts():
        if label.get_text() == "10,000 masks":  # the histogram's pale blue could not be read
            label.set_color(INK)


#: The noisy ones of the rows of *Measured*, and how the figure calls them.
FAMILY = {
    "dropout .5": "dropout, p = 0.5",
    "dropout .5, inputs kept .8": "the same, inputs p = 0.8",
    "DropConnect .5, Gaussian rule": "DropConnect, p = 0.5",
    "input noise, σ = .3": "input noise, σ = 0.3",
    "label smoothing .3": "label smoothing, ε = 0.3",
    "batch norm": "batch norm",
}


def draw_family(left: Axes, right: Axes, wrong: Results, few: Results) -> None:
    """Draw the gain of each noisy method over the plain network, with three standard errors.

    Args:
        left: the axis of the study with wrong labels.
        right: the axis of the study with few examples.
        wrong: its results.
        few: the results of the other one.
    """
    for ax, results, title in ((left, wrong, "500 digits, 30 % wrong"), (right, few, "200 digits, all right")):
        for place, row in enumerate(FAMILY):
            gain = results.gain(row)
            ax.errorbar(gain.mean, -place, xerr=3 * gain.error, fmt="o", color=_BLUE, capsize=3)
        ax.axvline(0, color=INK, linewidth=0.8)
        ax.set_yticks(range(0, -len(FAMILY), -1), FAMILY.values())
        ax.set(title=title, xlabel="gain, points", ylim=(0.6 - len(FAMILY), 0.4))
    left.set_xlim(-3, 19)
    right.set_xlim(-4, 4)
