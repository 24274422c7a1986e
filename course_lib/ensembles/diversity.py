"""How different the members are, and what averaging them can therefore gain."""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from .calibration import check_labels
from .voting import Predictions, stack


class Pairwise(NamedTuple):
    """One number for each pair of members: the matrix, shape (M, M), and the mean over its M(M − 1)/2 pairs."""

    matrix: np.ndarray
    mean: float


class Spread(NamedTuple):
    """What determines the gain of averaging M numbers: their correlation ρ, their standard deviation σ, and M."""

    rho: float
    sigma: float
    M: int


def disagreement(p: Predictions) -> Pairwise:
    """Return the share of rows on which two members predict different classes.

    D[i, j] = (1/N) #{n : ŷᵢₙ ≠ ŷⱼₙ}

    Args:
        p: probabilities or scores, shape (M, N, C), M ≥ 2.

    Returns:
        `Pairwise(matrix, mean)`.

    >>> p = np.array([[[0.9, 0.1], [0.8, 0.2]], [[0.7, 0.3], [0.4, 0.6]]])
    >>> disagreement(p).mean
    0.5

    Source: Skalak, The sources of increased accuracy for two proposed boosting algorithms, 1996.
    """
    labels = _at_least_two(p).argmax(axis=2)
    return _pairwise(np.mean(labels[:, None] != labels, axis=2))


def error_correlation(p: Predictions, y: np.ndarray) -> Pairwise:
    """Return the correlation of two members' errors: are they wrong on the same rows?

    eₘₙ = 1 where ŷₘₙ ≠ yₙ, else 0;    R[i, j] = corr(eᵢ, eⱼ)

    Args:
        p: probabilities or scores, shape (M, N, C), M ≥ 2.
        y: the right classes, integers, shape (N,).

    Returns:
        `Pairwise(matrix, mean)`. A member that is right, or wrong, on all rows has no correlation: nan, which the mean
        ignores.

    >>> right, wrong = [0.9, 0.1], [0.2, 0.8]
    >>> p = np.array([[right, wrong, right], [right, wrong, wrong]])
    >>> round(error_correlation(p, np.zeros(3, int)).mean, 3)
    0.5

    Source: Tumer and Ghosh, Error correlation and error reduction in ensemble classifiers, 1996.
    """
    p = _at_least_two(p)
    y = check_labels(y, p.shape[1:])
    e = (p.argmax(axis=2) != y).astype(float)
    e -= e.mean(axis=1, keepdims=True)
    size = np.sqrt(np.sum(e * e, axis=1))
    with np.errstate(invalid="ignore"):  # 0/0 where a member has no error to correlate
        return _pairwise(e @ e.T / np.outer(size, size))


def mean_variance(rho: Any, sigma: Any, M: Any) -> Any:
    """Return ρσ² + (1 − ρ)σ²/M, the bare formula of `variance_of_mean`: nothing is checked.

    Args:
        rho: ρ, a number or an array.
        sigma: σ, likewise.
        M: likewise.

    >>> mean_variance(0.5, 2.0, 4)
    2.5

    Source: Hastie, Tibshirani and Friedman, The elements of statistical learning, 2009, equation 15.1.
    """
    return rho * sigma**2 + (1 - rho) * sigma**2 / M


def variance_of_mean(rho: float | np.ndarray, sigma: float | np.ndarray, M: int | np.ndarray) -> float | np.ndarray:
    """Return the variance of the mean of M equally correlated numbers.

    Var(x̄) = ρσ² + (1 − ρ)σ²/M

    More members shrink only the second part; the first stays, so members must differ to be of use.

    Args:
        rho: ρ, the correlation of any two, −1/(M − 1) ≤ ρ ≤ 1; a number, or an array that broadcasts with the others.
        sigma: σ ≥ 0, the standard deviation of each.
        M: their number, ≥ 1.

    >>> float(variance_of_mean(0.0, 2.0, 4)), float(variance_of_mean(0.5, 2.0, 4)), float(variance_of_mean(1, 2.0, 4))
    (1.0, 2.5, 4.0)

    Source: Hastie, Tibshirani and Friedman, The elements of statistical learning, 2009, equation 15.1.
    """
    rho, sigma, M = np.asarray(rho, float), np.asarray(sigma, float), np.asarray(M)
    if not (np.isfinite(M).all() and np.all(M >= 1) and np.all(M % 1 == 0)):
        raise ValueError(f"M must be a whole number of members, at least 1, not {M}")
    if not (np.isfinite(sigma).all() and np.all(sigma >= 0)):
        raise ValueError(f"sigma must be finite and at least 0, not {sigma}")
    if not np.all((rho * (M - 1) >= -1 - 1e-9) & (rho <= 1 + 1e-9)):
        raise ValueError(f"rho must be at least −1/(M − 1) and at most 1, not {rho} with M = {M}")
    return mean_variance(rho, sigma, M)[()]


def spread(e: np.ndarray) -> Spread:
    """Estimate ρ and σ from data, so that `variance_of_mean(*spread(e))` is exactly the variance of the mean.

    σ² = the mean of the M variances;    ρσ² = the mean of the M(M − 1) covariances

    The members may differ in both: with these means the formula holds without the assumption.

    Args:
        e: numbers of M members over N cases, shape (M, N) or (M, N, …): their errors, say p − onehot(y).

    Returns:
        `Spread(rho, sigma, M)`. Where there is no pair, or nothing varies, ρ is 0.

    >>> e = np.array([[1.0, -1.0, 2.0], [0.0, 1.0, 5.0], [3.0, 0.0, 4.0]])
    >>> bool(np.isclose(variance_of_mean(*spread(e)), e.mean(axis=0).var()))
    True
    """
    e = np.asarray(e)
    if e.dtype.kind != "f":
        raise TypeError(f"e must hold floats, not {e.dtype}")
    if e.ndim < 2 or not e.size:
        raise ValueError(f"e must have shape (members, cases), not {e.shape}")
    M = len(e)
    e = e.reshape(M, -1).astype(np.float64)
    if not np.isfinite(e).all():
        m, case = np.argwhere(~np.isfinite(e))[0]
        raise ValueError(f"member {m} holds {e[m, case]} at case {case}")
    e -= e.mean(axis=1, keepdims=True)
    C = e @ e.T / e.shape[1]
    variance = np.trace(C) / M
    if M == 1:
        return Spread(0.0, math.sqrt(variance), 1)
    covariance = (C.sum() - np.trace(C)) / (M * (M - 1))
    return Spread(float(covariance / variance) if variance else 0.0, math.sqrt(variance), M)


def _at_least_two(p: Predictions) -> np.ndarray:
    p = stack(p)
    if len(p) < 2:
        raise ValueError("p holds one member: at least two are needed to compare them")
    return p


def _pairwise(matrix: np.ndarray) -> Pairwise:
    pairs = matrix[np.triu_indices(len(matrix), k=1)]
    known = pairs[~np.isnan(pairs)]
    return Pairwise(matrix, float(known.mean()) if known.size else math.nan)
