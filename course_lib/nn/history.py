"""What a training run has seen, epoch by epoch: the curves, and the bar meanwhile."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

COLUMNS = ("loss", "penalty", "accuracy", "val_loss", "val_accuracy", "lr")
_PLOTS = {"loss": ("loss", "val_loss"), "accuracy": ("accuracy", "val_accuracy"), "lr": ("lr",)}


@dataclass(frozen=True, repr=False)
class History:
    """What `fit` saw, one number an epoch.

    The training numbers are means over the epoch's minibatches, as they came by: in training mode, with augmentation,
    while the weights were moving. So they may be worse than those on the validation set without anything being wrong.

    Attributes:
        loss: the training loss with its penalty, shape (epochs,).
        penalty: the penalty's part of it, shape (epochs,).
        accuracy: the share of training labels that were right, in 0 … 1; nan for a regression.
        val_loss: the loss on the validation set in test mode, without penalty; nan without a validation set.
        val_accuracy: the accuracy there.
        lr: the learning rate of the epoch's first step.
        best: the best epoch, counted from 1; 0 if none was finished.
        stopped: why the training ended, in words.

    >>> History(*np.ones((6, 3)), best=2, stopped="all epochs done")
    History(3 epochs, all epochs done; last: loss 1, accuracy 100.0 %; val_loss 1, val_accuracy 100.0 %; best epoch 2)
    """

    loss: np.ndarray
    penalty: np.ndarray
    accuracy: np.ndarray
    val_loss: np.ndarray
    val_accuracy: np.ndarray
    lr: np.ndarray
    best: int
    stopped: str

    @property
    def epochs(self) -> int:
        """The number of epochs that were finished."""
        return len(self.loss)

    def plot(self, ax: Any = None, what: str = "loss") -> Any:
        """Draw the curves of training and validation, and mark the best epoch.

        Args:
            ax: matplotlib's axes; None makes new ones.
            what: "loss", "accuracy" or "lr".

        Returns:
            ax.

        Raises:
            ValueError: something else is to be drawn.
        """
        if what not in _PLOTS:
            raise ValueError(f"what must be one of {list(_PLOTS)}, not {what!r}")
        if ax is None:
            import matplotlib.pyplot as plt

            ax = plt.figure().add_subplot()
        for name, style, label in zip(_PLOTS[what], ("-", "--"), ("training", "validation"), strict=False):
            values = getattr(self, name)
            if not np.isnan(values).all():
                ax.plot(np.arange(1, self.epochs + 1), values, style, label=label)
        if what != "lr":
            if self.best:
                ax.axvline(self.best, color="0.6", linewidth=1, label=f"best: epoch {self.best}")
            if self.epochs:
                ax.legend()
        ax.set_xlabel("epoch")
        ax.set_ylabel("learning rate" if what == "lr" else what)
        return ax

    def __repr__(self) -> str:
        said = f"{self.epochs} epoch{'' if self.epochs == 1 else 's'}, {self.stopped}"
        if self.epochs:
            said += f"; last: {_pair('', self.loss, self.accuracy)}"
            if not np.isnan(self.val_loss[-1]):
                said += f"; {_pair('val_', self.val_loss, self.val_accuracy)}"
            said += f"; best epoch {self.best}"
        return f"History({said})"


def _pair(prefix: str, losses: np.ndarray, accuracies: np.ndarray) -> str:
    said = f"{prefix}loss {losses[-1]:.4g}"
    return said if np.isnan(accuracies[-1]) else f"{said}, {prefix}accuracy {accuracies[-1]:.1%}".replace("%", " %")


def said(row: tuple[float, ...]) -> dict[str, str]:
    """What the bar says of an epoch, the numbers that there are."""
    shown = {name: row[COLUMNS.index(name)] for name in ("loss", "val_loss", "val_accuracy")}
    return {name: f"{value:.3g}" for name, value in shown.items() if not math.isnan(value)}
