"""Calibration: is a model right as often as its confidence claims? Scores for probabilities; reliability diagrams."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..validation import check_count
from .voting import check_probabilities


def nll(p: np.ndarray, y: np.ndarray) -> float:
    """Return the mean negative log-likelihood of the right classes, the cross-entropy.

    NLL = −(1/N) Σₙ log p_{n yₙ}

    Args:
        p: probabilities, shape (N, C).
        y: the right classes, integers in 0 … C − 1, shape (N,).

    Returns:
        The NLL in nats; infinite if a right class has probability 0.

    >>> round(nll(np.array([[0.5, 0.5], [0.9, 0.1]]), np.array([0, 0])), 4)
    0.3993

    Source: Good, Rational decisions, 1952.
    """
    p, y = _checked(p, y)
    with np.errstate(divide="ignore"):
        return float(-np.log(p[np.arange(len(y)), y]).mean())


def brier(p: np.ndarray, y: np.ndarray) -> float:
    """Return the mean squared distance of the probabilities from the one-hot labels.

    Brier = (1/N) Σₙ Σₖ (pₙₖ − 1[k = yₙ])²

    It lies between 0 and 2. (For two classes some count only one of them, which is half of this.)

    Args:
        p: probabilities, shape (N, C).
        y: the right classes, integers in 0 … C − 1, shape (N,).

    >>> brier(np.array([[0.5, 0.5], [1.0, 0.0]]), np.array([0, 0]))
    0.25

    Source: Brier, Verification of forecasts expressed in terms of probability, 1950.
    """
    p, y = _checked(p, y)
    return float(np.square(p - np.eye(p.shape[1])[y]).sum(axis=1).mean())


def ece(p: np.ndarray, y: np.ndarray, bins: int = 15) -> float:
    """Return the expected calibration error: the distance of confidence from accuracy, averaged over bins.

    ECE = Σ_b (n_b/N) |acc_b − conf_b|,    bin b: the rows with (b − 1)/B < maxₖ pₙₖ ≤ b/B

    It depends on B, and is above 0 by chance alone: compare models on the same rows and bins only.

    Args:
        p: probabilities, shape (N, C).
        y: the right classes, integers in 0 … C − 1, shape (N,).
        bins: B, ≥ 1.

    >>> round(ece(np.array([[0.8, 0.2], [0.8, 0.2]]), np.array([0, 1])), 4)  # 80 % confident, 50 % right
    0.3

    Source: Guo, Pleiss, Sun and Weinberger, On calibration of modern neural networks, 2017.
    """
    return reliability(p, y, bins).ece


def reliability(p: np.ndarray, y: np.ndarray, bins: int = 15) -> Reliability:
    """Sort the rows into bins by confidence, and return each bin's confidence and accuracy: the reliability diagram.

    conf_b = mean of maxₖ pₙₖ,    acc_b = share of rows that are right

    Args:
        p: probabilities, shape (N, C).
        y: the right classes, integers in 0 … C − 1, shape (N,).
        bins: B, ≥ 1, of equal width.

    Returns:
        A `Reliability`.

    >>> reliability(np.array([[0.8, 0.2], [0.8, 0.2]]), np.array([0, 1]), bins=5)
    Reliability(2 rows in 5 bins: confidence 80.0 %, accuracy 50.0 %, ECE 0.3)

    Source: DeGroot and Fienberg, The comparison and evaluation of forecasters, 1983.
    """
    (p, y), bins = _checked(p, y), check_count("bins", bins)
    confidence, right = np.minimum(p.max(axis=1), 1.0), p.argmax(axis=1) == y
    edges = np.linspace(0, 1, bins + 1)
    b = np.searchsorted(edges[1:], confidence)  # edges[b] < confidence ≤ edges[b + 1]
    count = np.bincount(b, minlength=bins)
    sums = [np.bincount(b, weights=a, minlength=bins) for a in (confidence, right)]
    with np.errstate(invalid="ignore"):  # 0/0 in an empty bin
        return Reliability(edges, count, *(s / count for s in sums))


@dataclass(frozen=True, repr=False)
class Reliability:
    """The data of a reliability diagram.

    Attributes:
        edges: of the bins, shape (B + 1,).
        count: rows in each bin, shape (B,).
        confidence: their mean confidence; nan in an empty bin.
        accuracy: the share of them that are right; nan in an empty bin.
    """

    edges: np.ndarray
    count: np.ndarray
    confidence: np.ndarray
    accuracy: np.ndarray

    @property
    def ece(self) -> float:
        """The expected calibration error."""
        return self._mean(np.abs(self.accuracy - self.confidence))

    def plot(self, ax: Any = None) -> Any:
        """Draw a bar for each bin's accuracy, a point at its confidence, and the diagonal on which both are equal.

        Args:
            ax: matplotlib's axes; None makes new ones.

        Returns:
            ax.
        """
        if ax is None:
            import matplotlib.pyplot as plt

            ax = plt.figure().add_subplot()
        full = self.count > 0
        width = np.diff(self.edges)[full]
        ax.bar(self.edges[:-1][full], self.accuracy[full], width, align="edge", alpha=0.5, edgecolor="0.4")
        ax.plot(self.confidence[full], self.accuracy[full], "o", label=f"bins (ECE {self.ece:.3f})")
        ax.plot([0, 1], [0, 1], "--", color="0.6", label="calibrated")
        ax.set_xlim(0, 1)
        ax.set_ylim(0, 1)
        ax.set_xlabel("confidence")
        ax.set_ylabel("accuracy")
        ax.legend()
        return ax

    def _mean(self, of_bins: np.ndarray) -> float:
        full = self.count > 0
        return float(np.average(of_bins[full], weights=self.count[full]))

    def __repr__(self) -> str:
        confidence, right = (f"{self._mean(a):.1%}".replace("%", " %") for a in (self.confidence, self.accuracy))
        rows = f"{self.count.sum()} rows in {len(self.count)} bins"
        return f"Reliability({rows}: confidence {confidence}, accuracy {right}, ECE {self.ece:.3g})"


def check_labels(y: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    """Return y if it holds one class for each of N rows, in 0 … C − 1; else raise an error."""
    y, (rows, classes) = np.asarray(y), shape
    if y.dtype.kind not in "iu":
        raise TypeError(f"y must hold the right classes as integers, not {y.dtype}")
    if y.shape != (rows,):
        raise ValueError(f"y must have shape ({rows},), one label for each row, not {y.shape}")
    if y.min() < 0 or y.max() >= classes:
        raise ValueError(f"y must lie in 0 … {classes - 1}, not {y.min()} … {y.max()}")
    return y


def _checked(p: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    p = np.asarray(p)
    if p.dtype.kind != "f":
        raise TypeError(f"p must hold probabilities, floats, not {p.dtype}")
    if p.ndim != 2 or not p.size:
        raise ValueError(f"p must have shape (rows, classes), not {p.shape} (for an ensemble, mean_probability(p))")
    if not np.isfinite(p).all():
        row, k = np.argwhere(~np.isfinite(p))[0]
        raise ValueError(f"p holds {p[row, k]} at row {row}, class {k}")
    check_probabilities("p", p)
    return p.astype(np.float64), check_labels(y, p.shape)
