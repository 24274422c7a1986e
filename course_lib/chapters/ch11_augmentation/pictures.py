"""The pictures of chapter 11: draw them with `course_lib.plots.show_figure`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import MultipleLocator

from course_lib.data.augment import affine, rotation
from course_lib.plots import INK, PALETTE


def mosaic(images: np.ndarray, columns: int) -> np.ndarray:
    """Put images side by side, row by row, a pixel apart; the gaps are nan.

    Args:
        images: shape (N, H, W, C); N must be a multiple of `columns`.
        columns: images in a row.

    >>> mosaic(np.zeros((6, 8, 8, 1)), 3).shape
    (17, 26, 1)
    """
    n, h, w, c = images.shape
    sheet = np.full((n // columns, h + 1, columns, w + 1, c), np.nan)
    sheet[:, :h, :, :w] = images.reshape(n // columns, columns, h, w, c).transpose(0, 2, 1, 3, 4)
    return sheet.reshape(n // columns * (h + 1), columns * (w + 1), c)[:-1, :-1]


def draw_sheet(ax: Axes, images: np.ndarray, columns: int) -> None:
    """Draw images as a contact sheet.

    Args:
        ax: the axis to draw on.
        images: shape (N, H, W, C) with one or three channels, in [0, 1].
        columns: images in a row.
    """
    sheet = mosaic(images, columns)
    gaps = np.isnan(sheet[..., :1])
    filled = np.broadcast_to(np.where(np.isnan(sheet), 0, sheet), (*sheet.shape[:2], 3))
    ax.imshow(np.concatenate([filled, ~gaps], axis=2), interpolation="nearest")  # gaps are transparent
    ax.set_axis_off()


def forwards(image: np.ndarray, degrees: float) -> np.ndarray:
    """Turn an image by sending each old pixel to the nearest new one; where none arrives, nan is left.

    What would come from outside the image is black, 0.

    Args:
        image: shape (H, W).
        degrees: the angle, counter-clockwise.

    >>> bool(np.isnan(forwards(np.ones((8, 8)), 30)).any())
    True
    """
    side = len(image)
    new, middle = np.full(image.shape, np.nan), (side - 1) / 2
    new[affine(np.ones((1, side, side, 1)), rotation(degrees))[0, :, :, 0] == 0] = 0
    for i, j in np.ndindex(image.shape):
        x, y, _ = rotation(degrees) @ (j - middle, i - middle, 1)
        row, column = round(y + middle), round(x + middle)
        if 0 <= row < side and 0 <= column < side:
            new[row, column] = image[i, j]
    return new


def draw_ways(before: Axes, forth: Axes, back: Axes, image: np.ndarray, degrees: float) -> None:
    """Draw a digit, and the digit turned by sending pixels and by asking where each comes from.

    Args:
        before: the axis of the digit.
        forth: the axis of pixels that are sent; holes are coloured.
        back: the axis of pixels that ask.
        image: the digit, shape (8, 8).
        degrees: the angle.
    """
    turned = affine(image[None, :, :, None], rotation(degrees))[0, :, :, 0]
    sent = forwards(image, degrees)
    for ax, title, pixels in zip(
        (before, forth, back), ("the digit", "sent forward", "asked backward"), (image, sent, turned), strict=True
    ):
        ax.imshow(np.where(np.isnan(pixels), 0, pixels), cmap="gray", vmin=0, vmax=1)
        ax.set(title=title, xticks=[], yticks=[])
        for row, column in np.argwhere(np.isnan(pixels)):
            ax.plot(column, row, "x", color=PALETTE[1], markersize=7, markeredgewidth=2)


def draw_means(ax: Axes, at: Sequence[float], values: Sequence[np.ndarray], color: str, label: str) -> None:
    """Draw means over seeds with two standard errors.

    Args:
        ax: the axis to draw on.
        at: a place for each.
        values: the seeds' values for each.
        color: of dots and lines.
        label: for the legend.
    """
    means = [v.mean() for v in values]
    errors = [2 * v.std(ddof=1) / len(v) ** 0.5 for v in values]
    ax.errorbar(at, means, yerr=errors, fmt="o", color=color, capsize=3)
    ax.plot(at, means, color=color, label=label)


def draw_strengths(ax: Axes, accuracy: Mapping[float, np.ndarray]) -> None:
    """Draw the accuracy against the strength of the jitter.

    Args:
        ax: the axis to draw on.
        accuracy: strength → accuracies in %, one for each seed.
    """
    places = range(len(accuracy))
    draw_means(ax, places, list(accuracy.values()), PALETTE[0], "test")
    ax.set(xlabel="strength: times ±0.8 pixels, ±12°, ±8 %", ylabel="accuracy, %", ylim=(0, 105))
    ax.set_xticks(places, [f"{strength:g}" for strength in accuracy])


def draw_labels(ax: Axes, accuracy: Mapping[str, Mapping[int, np.ndarray]]) -> None:
    """Draw the accuracy against the number of labels, with and without augmentation.

    Args:
        ax: the axis to draw on.
        accuracy: legend → number of labels → accuracies in %, one for each seed.
    """
    for color, (label, values) in zip((PALETTE[1], PALETTE[0]), accuracy.items(), strict=True):
        draw_means(ax, list(values), list(values.values()), color, label)
    counts = list(next(iter(accuracy.values())))
    ax.set(xscale="log", xlabel="training digits", ylabel="accuracy, %", ylim=(78, 100))
    ax.set_xticks(counts, map(str, counts))
    ax.set_yticks(range(80, 101, 5))
    ax.minorticks_off()
    ax.legend(loc="lower right")


def draw_gains(ax: Axes, gains: Mapping[str, np.ndarray]) -> None:
    """Draw the gain over no augmentation as bars, with two standard errors.

    Args:
        ax: the axis to draw on.
        gains: what was done → gains in points, one for each seed; drawn from top to bottom.
    """
    places = np.arange(len(gains))[::-1]
    means = np.array([g.mean() for g in gains.values()])
    errors = [2 * g.std(ddof=1) / len(g) ** 0.5 for g in gains.values()]
    ax.barh(places, means, color=np.where(means > 0, PALETTE[0], PALETTE[1]), height=0.6)
    ax.errorbar(means, places, xerr=errors, fmt="none", ecolor=INK, capsize=3)
    ax.axvline(0, color=INK, linewidth=1)
    ax.set(xlabel="gain in points of accuracy")
    ax.set_yticks(places, list(gains))
    ax.xaxis.set_major_locator(MultipleLocator(3))
    ax.grid(visible=False, axis="y")


def draw_leak(ax: Axes, shares: Mapping[str, np.ndarray]) -> None:
    """Draw the accuracies in validation and test, beside one another.

    Args:
        ax: the axis to draw on.
        shares: labels of the training digits, in words → accuracies in % of validation and test, shape (2, seeds).
    """
    for place, values in enumerate(shares.values()):
        for shift, color, label, found in zip((-0.2, 0.2), PALETTE, ("validation", "test"), values, strict=False):
            ax.bar(place + shift, found.mean(), 0.36, color=color, label=None if place else label)
            ax.plot(np.full(len(found), place + shift), found, "o", color=INK, markersize=3)
    ax.axhline(10, color=INK, linewidth=1, linestyle=":")
    ax.set(ylabel="accuracy, %", ylim=(0, 125))
    ax.set_yticks(range(0, 101, 20))
    ax.set_xticks(range(len(shares)), list(shares))
    ax.legend(loc="upper right", ncols=2)
    ax.grid(visible=False, axis="x")
