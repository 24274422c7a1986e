"""The history of a training run, epoch by epoch: the curves, and the text of the progress bar."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

COLUMNS = ("loss", "penalty", "accuracy", "val_loss", "val_accuracy", "lr")
_PLOTS = {"loss": ("loss", "val_loss"), "accuracy": ("accuracy", "val_accuracy"), "lr": ("lr",)}


@dataclass(frozen=True, repr=False)
class History:
    """The record of a run of `fit`, one number per epoch.

    The training numbers are means over the epoch's minibatches, taken in passing: in training mode, with augmentation,
    while the weights change. So they may be worse than those on the validation set without anything being wrong.

    Attributes:
        loss: the training loss with its penalty, shape (epochs,).
        penalty: the part of the penalty in it, shape (epochs,).
        accuracy: the fraction of correct training labels; nan for a regression.
        val_loss: the loss on the validation set in test mode, without penalty; nan without a validation set.
        val_accuracy: the accuracy on it.
        lr: the learning rate of the epoch's first step, of the first group if there are `Groups`.
        best: the best epoch, counted from 1; 0 if none was finished.
        stopped: why the training ended.

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
        text = f"{self.epochs} epoch{'' if self.epochs == 1 else 's'}, {self.stopped}"
        if self.epochs:
            text += f"; last: {_format_pair('', self.loss, self.accuracy)}"
            if not np.isnan(self.val_loss[-1]):
                text += f"; {_format_pair('val_', self.val_loss, self.val_accuracy)}"
            text += f"; best epoch {self.best}"
        return f"History({text})"


def _format_pair(prefix: str, losses: np.ndarray, accuracies: np.ndarray) -> str:
    text = f"{prefix}loss {losses[-1]:.4g}"
    return text if np.isnan(accuracies[-1]) else f"{text}, {prefix}accuracy {accuracies[-1]:.1%}".replace("%", " %")


def format_epoch(row: tuple[float, ...]) -> dict[str, str]:
    """Format an epoch's numbers for the progress bar, without those that are nan."""
    shown = {name: row[COLUMNS.index(name)] for name in ("loss", "val_loss", "val_accuracy")}
    return {name: f"{value:.3g}" for name, value in shown.items() if not math.isnan(value)}
