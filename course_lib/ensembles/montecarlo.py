"""Monte-Carlo dropout: with the noise of training left on in testing, one network is an ensemble."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..nn.evaluation import check_net
from ..nn.layers import Layer
from ..nn.losses import softmax
from ..nn.noise import average
from ..validation import check_count, check_rng
from .voting import Predictions, mean_probability, stack


@dataclass(frozen=True, repr=False)
class MonteCarlo:
    """The predictions of T noisy passes through one network.

    Attributes:
        passes: the probabilities of each pass, shape (T, N, C); they serve as an ensemble's p.
    """

    passes: np.ndarray

    @property
    def mean(self) -> np.ndarray:
        """The mean probabilities, shape (N, C): the prediction."""
        return mean_probability(self.passes)

    @property
    def std(self) -> np.ndarray:
        """The standard deviation of the probabilities over the passes, shape (N, C)."""
        return self.passes.std(axis=0)

    @property
    def entropy(self) -> np.ndarray:
        """The predictive entropy in nats, shape (N,): the total uncertainty."""
        return predictive_entropy(self.passes)

    @property
    def mutual_information(self) -> np.ndarray:
        """The part of the entropy due to the passes' disagreement, shape (N,)."""
        return mutual_information(self.passes)

    def __repr__(self) -> str:
        T, N, C = self.passes.shape
        mean = f"mean entropy {self.entropy.mean():.3g}, mutual information {self.mutual_information.mean():.3g}"
        return f"MonteCarlo({T} passes, {N} rows, {C} classes: {mean})"


def monte_carlo(net: Layer, x: np.ndarray, passes: int, rng: np.random.Generator) -> MonteCarlo:
    """Run a network several times with its noise on, and keep the probabilities of each pass.

    p(y | x) ≈ (1/T) Σₜ softmax f(x, zₜ)

    Only the noise is drawn (dropout and its kin); everything else, such as batch norm, works as in testing.

    Args:
        net: a network with noise layers and scores of shape (N, C).
        x: a batch, shape (N, …).
        passes: T, ≥ 1; 30 to 100 are enough.
        rng: draws the noise of every layer; their own generators are not touched.

    Returns:
        A `MonteCarlo`, with the mean probabilities and their spread.

    >>> from course_lib.nn import Dense, InvertedDropout, Sequential
    >>> rng = np.random.default_rng(0)
    >>> net = Sequential(InvertedDropout(0.5, rng=rng), Dense(4, 2, rng=rng))
    >>> monte_carlo(net, np.ones((3, 4)), 50, rng).mean.shape
    (3, 2)

    Source: Gal and Ghahramani, Dropout as a Bayesian approximation: representing model uncertainty in deep
    learning, 2016.
    """
    check_net(net)
    T, rng, kept = check_count("passes", passes), check_rng("rng", rng), []

    def keep(scores: np.ndarray) -> np.ndarray:
        kept.append(softmax(scores))
        return kept[-1]

    with np.errstate(invalid="ignore", over="ignore"):  # `stack` reports nan
        average(net, x, T, rng, of=keep)
    return MonteCarlo(stack(kept, names=[f"pass {t}" for t in range(T)]))


def predictive_entropy(p: Predictions) -> np.ndarray:
    """Return the entropy of the mean probabilities: an ensemble's total uncertainty.

    H(p̄) = −Σₖ p̄ₖ log p̄ₖ

    Args:
        p: probabilities of M members or passes, shape (M, N, C).

    Returns:
        H in nats, shape (N,), from 0 to log C.

    >>> predictive_entropy(np.array([[[1.0, 0.0]], [[0.0, 1.0]]])).round(4)
    array([0.6931])
    """
    return _entropy(mean_probability(p))


def mutual_information(p: Predictions) -> np.ndarray:
    """Return the part of the entropy due to the members' disagreement, which more data would remove.

    I = H(p̄) − (1/M) Σₘ H(pₘ) ≥ 0

    Args:
        p: probabilities of M members or passes, shape (M, N, C).

    Returns:
        I in nats, shape (N,); 0 where all agree.

    >>> sure_but_split, all_unsure = [[1.0, 0.0], [0.0, 1.0]], [[0.5, 0.5], [0.5, 0.5]]
    >>> mutual_information(np.array([sure_but_split, all_unsure]).transpose(1, 0, 2)).round(4)
    array([0.6931, 0.    ])

    Source: Houlsby, Huszár, Ghahramani and Lengyel, Bayesian active learning for classification and preference
    learning, 2011.
    """
    p = stack(p, probabilities=True)
    return np.maximum(_entropy(mean_probability(p)) - _entropy(p).mean(axis=0), 0.0)  # rounding may leave −1e-17


def _entropy(p: np.ndarray) -> np.ndarray:
    p = p.astype(np.float64)
    return -np.sum(p * np.log(np.where(p > 0, p, 1.0)), axis=-1)
