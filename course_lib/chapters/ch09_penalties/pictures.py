"""The pictures of chapter 9 that take more than a few lines: draw them with `course_lib.plots.show_figure`."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes

from course_lib.plots import INK, PALETTE, color_of, label_lines
from course_lib.studies import Results

#: The rows of the two studies that the figure of gains shows, by kind: how a row's name begins → its label and colour.
_SHOWN = {
    "early stopping": "early stopping",
    "L2": "L2",
    "L1, ": "L1",
    "elastic net": "elastic net",
}


def draw_heart(ax: Axes, train: np.ndarray, test: np.ndarray) -> None:
    """Draw accuracies over the epochs: the mean over seeds, and the range as a band.

    Args:
        ax: the axis to draw on.
        train: accuracies on the training labels in %, shape (seeds, epochs).
        test: those on the test digits.
    """
    epochs = np.arange(1, train.shape[1] + 1)
    ax.axhline(70, color=INK, linewidth=1, linestyle=":")
    ax.text(100, 68.5, "70 %: the right labels", color=INK, ha="right", va="top")
    for values, color, label in ((train, PALETTE[1], "training labels"), (test, PALETTE[0], "test digits")):
        ax.fill_between(epochs, values.min(axis=0), values.max(axis=0), color=color, alpha=0.18, linewidth=0)
        ax.plot(epochs, values.mean(axis=0), color=color, label=label)
    ax.set(xlabel="epoch", ylabel="accuracy, %", xlim=(0, 100), ylim=(40, 100))
    label_lines(ax)


def draw_sizes(left: Axes, right: Axes, sizes: Mapping[str, np.ndarray], used: np.ndarray) -> None:
    """Draw which share of the weights is at most so large, on a log axis: it begins with those that are exactly 0.

    Args:
        left: the axis of the shares.
        right: the axis of the pixels.
        sizes: label → absolute values of weights.
        used: the sum of the sizes of all weights that leave each pixel, shape (8, 8).
    """
    s = np.geomspace(1e-9, 3, 300)
    for (label, values), color in zip(sizes.items(), (PALETTE[1], PALETTE[5]), strict=True):
        share = np.searchsorted(np.sort(values), s, side="right") / len(values)
        left.plot(s, 100 * share, color=color, label=label)
    left.set(xscale="log", xlabel="size", ylabel="weights at most so large, %", xlim=(1e-9, 3), ylim=(-2, 102))
    left.legend(loc="lower right", title="L1")
    right.imshow(used, cmap="gray", vmin=0, vmax=1.4 * used.max())  # dark pages make pictures lighter
    right.set(xticks=[], yticks=[], title="first layer, proximal step")
    right.grid(False)


def ridge(x: np.ndarray, y: np.ndarray, strength: float, intercept: bool) -> np.ndarray:
    """Return the intercept and the weights with the least ½ mean squared error and ½ λ times the sum of their squares.

    Args:
        x: inputs, shape (N, n).
        y: targets, shape (N,).
        strength: λ.
        intercept: whether the intercept is penalized as well.

    >>> x, y = np.array([[-1.0], [1.0]]), np.array([99.0, 101.0])
    >>> ridge(x, y, 1.0, intercept=True), ridge(x, y, 1.0, intercept=False)
    (array([50. ,  0.5]), array([100. ,   0.5]))
    """
    a = np.column_stack([np.ones(len(x)), x])
    price = strength * np.eye(a.shape[1])
    price[0, 0] *= intercept
    return np.linalg.solve(a.T @ a / len(x) + price, a.T @ y / len(x))


def draw_bias(left: Axes, right: Axes, x: np.ndarray, y: np.ndarray) -> None:
    """Draw points and two lines with an L2 penalty, one of them with its intercept penalized; and errors by strength.

    Args:
        left: the axis of the points and lines, at λ = 1.
        right: the axis of the root mean squared error on the points, against λ.
        x: inputs, shape (N, 1).
        y: targets, shape (N,).
    """
    ends, strengths = np.array([x.min(), x.max()]), np.geomspace(1e-3, 10, 60)
    left.plot(x[:, 0], y, "o", color=INK, markersize=4)
    for penalized, color, label in ((True, PALETTE[0], "all parameters"), (False, PALETTE[1], "the weight alone")):
        b, w = ridge(x, y, 1.0, penalized)
        left.plot(ends, b + w * ends, color=color, label=label)
        fits = [ridge(x, y, s, penalized) for s in strengths]
        error = [np.sqrt(np.mean((b + x[:, 0] * w - y) ** 2)) for b, w in fits]
        right.plot(strengths, error, color=color, label=label)
    left.set(xlabel="x", ylabel="y", ylim=(0, 120))
    left.legend(loc="lower right", title="L2 on")
    right.set(xscale="log", yscale="log", xlabel="strength λ", ylabel="error", ylim=(0.7, 200))


def draw_gains(wrong: Axes, clean: Axes, studies: tuple[Results, Results]) -> None:
    """Draw what early stopping and penalties gain in two studies, with two standard errors to each side.

    Args:
        wrong: the axis of the first study, with wrong labels.
        clean: the axis of the second one, without.
        studies: their results.
    """
    for ax, study, title in zip((wrong, clean), studies, ("30 % wrong labels", "right labels"), strict=True):
        values = dict(zip(study.names, study.values["accuracy"], strict=True))
        rows = [(label, name) for start, label in _SHOWN.items() for name in values if name.startswith(start)]
        for place, (label, name) in enumerate(rows):
            gain = values[name] - values["nothing"]
            error = 2 * gain.std(ddof=1) / len(gain) ** 0.5
            color = color_of({"early stopping": "EarlyStopping", "elastic net": "ElasticNet"}.get(label, label))
            ax.errorbar(gain.mean(), -place, xerr=error, fmt="o", color=color, capsize=3)
        names = [label + ", proximal" * name.endswith("proximal") for label, name in rows]
        ax.set_yticks(range(0, -len(rows), -1), names)
        ax.axvline(0, color=INK, linewidth=1, linestyle=":")
        ax.set(title=title, xlabel="gain in accuracy, points", ylim=(0.6 - len(rows), 0.4), xlim=(-2, 14))
