"""The pictures of chapter 5 that take more than a few lines: draw them with `course_lib.plots.show_figure`."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from matplotlib.axes import Axes

from course_lib.nn import History
from course_lib.optim import SGD, Rosenbrock, Surface2D, clip_norm, descend
from course_lib.plots import INK, PALETTE, color_of, draw_contours, label_lines

from .shapes import SHAPES

_GROUPS = {
    "no end needed": ("step", "exponential", "1/t"),
    "zero at the end": ("linear", "cosine", "warm-up–stable–decay"),
    "up again": ("restarts", "one-cycle"),
}


def draw_shapes(*axes: Axes, steps: int = 400) -> None:
    """Draw the schedules of `SHAPES` over one run, in three groups.

    Args:
        axes: three.
        steps: of the run.
    """
    t = np.arange(steps)
    for ax, (title, names) in zip(axes, _GROUPS.items(), strict=True):
        for name, look in zip(names, ("-", "--", ":"), strict=False):
            schedule = SHAPES[name](1.0, steps)
            ax.plot(t, schedule(t), look, color=color_of(schedule), label=name)
        ax.set(title=title, xlabel="step", xlim=(0, steps), ylim=(0, 1.75))
        ax.set_xticks([0, steps], ["0", "T"])
        ax.set_yticks([0, 1], ["0", "α₀"])
        ax.legend(loc="upper left", borderaxespad=0)


def draw_gains(good: Axes, large: Axes, accuracy: Mapping[str, np.ndarray]) -> None:
    """Draw the mean validation accuracy of every schedule, with three standard errors to each side.

    Args:
        good: the axis of the first rate.
        large: the axis of the second one.
        accuracy: name of a schedule → accuracies in %, shape (seeds, 2): a column for each rate.
    """
    for column, (ax, title) in enumerate(((good, "α₀ = 0.1"), (large, "α₀ = 0.2"))):
        for place, (name, values) in enumerate(accuracy.items()):
            error = 3 * values[:, column].std(ddof=1) / len(values) ** 0.5
            color = PALETTE[0] if name == "constant" else PALETTE[1]
            ax.errorbar(values[:, column].mean(), -place, xerr=error, fmt="o", color=color, capsize=3)
        ax.set(title=title, xlim=(93, 98.4), ylim=(0.6 - len(accuracy), 0.4), xlabel="accuracy, %")
        ax.set_yticks(range(0, -len(accuracy), -1), accuracy)


class Clipped(SGD):
    """Gradient descent whose gradient is clipped to a norm of at most 1."""

    elementwise = False  # the norm is over all components

    def update(self, x, dx):
        x -= self.lr * clip_norm(dx, 1.0)


def draw_clipping(ax: Axes, surface: Surface2D | None = None, lr: float = 0.05, steps: int = 200) -> None:
    """Draw gradient descent on a steep valley with and without clipping.

    Args:
        ax: the axis to draw on.
        surface: Rosenbrock's valley if None.
        lr: the rate.
        steps: of each run.
    """
    surface = Rosenbrock() if surface is None else surface
    draw_contours(ax, surface)
    clipped = descend(surface, Clipped(lr), surface.start, steps)
    plain = descend(surface, SGD(lr), surface.start, 1)
    ax.plot(*clipped.T, "-o", color=PALETTE[1], markersize=2.5, linewidth=1.2)
    ax.plot(*plain.T, color=PALETTE[0])
    ax.plot(*plain[0], "o", color=INK)
    ax.annotate("one step without clipping", (0.1, 1.85), rotation=17, color=PALETTE[0], ha="center")
    ax.annotate(f"{steps} steps, clipped", tuple(clipped[-1]), (10, -12), textcoords="offset points", color=PALETTE[1])
    ax.set(xlim=surface.window[0], ylim=surface.window[1])


def draw_batches(left: Axes, right: Axes, per_example: np.ndarray, loss: Mapping[int, np.ndarray]) -> None:
    """Draw the loss of several batch sizes against the rate, and against the rate per example.

    Args:
        left: the axis of the rate.
        right: the axis of the rate per example.
        per_example: the rates divided by the batch, shape (n,).
        loss: batch → losses, shape (seeds, n).
    """
    for (batch, runs), color in zip(loss.items(), PALETTE, strict=False):
        for ax, rates in ((left, per_example * batch), (right, per_example)):
            ax.fill_between(rates, runs.min(axis=0), runs.max(axis=0), color=color, alpha=0.18, linewidth=0)
            ax.plot(rates, np.median(runs, axis=0), color=color, label=f"batch {batch}")
    left.set(xscale="log", yscale="log", xlabel="rate α", ylabel="loss")
    right.set(xscale="log", yscale="log", xlabel="rate per example, α/b")
    label_lines(right)


def draw_plateau(left: Axes, right: Axes, heard: History, constant: History) -> None:
    """Draw a run that reduces its rate on plateaus of the validation loss: rates and validation losses.

    Args:
        left: the axis of the rate.
        right: the axis of the loss.
        heard: of that run.
        constant: of the same run at the first rate, kept constant.
    """
    epochs = np.arange(1, len(heard.loss) + 1)
    left.step(epochs, heard.lr, where="mid", color=PALETTE[1])
    left.set(yscale="log", ylim=(1e-4, 0.2), xlabel="epoch", ylabel="rate α")
    right.plot(epochs, heard.val_loss, color=PALETTE[1], label="on plateau")
    right.plot(epochs, constant.val_loss, color=PALETTE[0], label="constant")
    right.set(xlabel="epoch", ylabel="validation loss", ylim=(0, 0.7))
    label_lines(right)
