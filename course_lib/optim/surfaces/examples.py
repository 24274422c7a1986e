"""Losses over examples: the mean of one small loss for each. Minibatches are drawn from them."""

from __future__ import annotations

import copy
from functools import cached_property
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike

from ...validation import check_number
from ..second_order import Backtracking, Newton, minimize
from .surface import Surface, Window


class FiniteSum(Surface):
    """A loss over examples: the mean of one loss for each, f(w) = 1/N Σ fᵢ(w).

    Attributes:
        X: the examples' inputs, one row each, shape (N, …).
        y: what each is to give, shape (N,).
    """

    X: np.ndarray
    y: np.ndarray

    def grads(self, x: ArrayLike, rows: Any = slice(None)) -> np.ndarray:
        """Return the gradient of each example's loss, ∇fᵢ(w), shape (..., N, n).

        Args:
            x: weights w, shape (..., n).
            rows: indices of examples, shape (..., m); all by default.
        """
        raise NotImplementedError

    def subset(self, rows: Any) -> Self:
        """Return the loss over some of the examples.

        Args:
            rows: their indices, shape (m,); an example may occur more than once.

        >>> LeastSquares([[1.0], [1.0]], [2.0, 4.0]).subset([1, 1]).minima[0].round(12)
        array([4.])
        """
        part = copy.copy(self)
        part.X, part.y = self.X[rows], self.y[rows]
        vars(part).pop("_minima", None)  # those of all examples
        return part


class LeastSquares(FiniteSum):
    """A linear model's squared error on a data set: the mean of many small losses.

    f(w) = 1/N Σ ½ (xᵢ·w − yᵢ)²,  ∇f = Xᵀ(X w − y)/N,  H = XᵀX/N

    Its minimum is Xᵀ(X Xᵀ)⁺y; where many weights fit equally well, that is the shortest of them, the one that
    gradient descent from 0 finds.

    Args:
        X: inputs xᵢ, shape (N, n).
        y: targets, shape (N,).

    >>> loss = LeastSquares([[1.0], [1.0]], [2.0, 4.0])
    >>> loss.minima[0].round(12), loss.grad([0.0])
    (array([3.]), array([-3.]))
    """

    def __init__(self, X: ArrayLike, y: ArrayLike) -> None:
        self.X, self.y = _inputs(X), np.array(y, dtype=float)
        if self.y.shape != self.X.shape[:1] or not np.all(np.isfinite(self.y)):
            raise ValueError(f"y must hold one finite number an example, {len(self.X)}, not shape {self.y.shape}")
        self.dim = self.X.shape[1]
        self._start = (0.0,) * self.dim

    @cached_property
    def _minima(self) -> np.ndarray:
        return np.linalg.lstsq(self.X, self.y, rcond=None)[0][None]

    @property
    def window(self) -> Window:
        """A window about the minimum, wide enough for the start."""
        best = self.minima[0]
        reach = 1.5 * max(float(np.linalg.norm(best)), 1.0)
        x, y = (float(v) for v in np.resize(best, 2))
        return (x - reach, x + reach), (y - reach, y + reach)

    def value(self, x: ArrayLike) -> np.ndarray:
        x = self._point(x)
        r = x @ self.X.T - self.y
        return ((r * r).mean(-1) / 2).astype(x.dtype, copy=False)

    def grad(self, x: ArrayLike) -> np.ndarray:
        x = self._point(x)
        r = x @ self.X.T - self.y
        return (r @ self.X / len(self.X)).astype(x.dtype, copy=False)

    def hessian(self, x: ArrayLike) -> np.ndarray:
        x = self._point(x)
        return np.broadcast_to(self.X.T @ self.X / len(self.X), (*x.shape, self.dim)).astype(x.dtype)

    def grads(self, x: ArrayLike, rows: Any = slice(None)) -> np.ndarray:
        """Return the gradient of each example's loss, (xᵢ·w − yᵢ) xᵢ, shape (..., N, n).

        Args:
            x: weights w, shape (..., n).
            rows: indices of examples, shape (..., m); all by default.
        """
        x, X, y = self._point(x), self.X[rows], self.y[rows]
        r = (X * x[..., None, :]).sum(-1) - y
        return (r[..., None] * X).astype(x.dtype, copy=False)


class SoftmaxRegression(FiniteSum):
    """A linear classifier's cross-entropy on a data set: a network without hidden layers, convex in its weights.

    f(w) = −1/N Σ log p_{i yᵢ} + ½ λ ‖w‖²,  pᵢ = softmax(xᵢ W),  w = the rows of W
    ∇f = Xᵀ(P − T)/N + λ w,  T = the one-hot labels
    H_{kl} = 1/N Σ pᵢₖ (δₖₗ − pᵢₗ) xᵢ xᵢᵀ + λ δₖₗ I

    The Hessian has a block for each two classes k and l. A column of ones is appended to X, so that the last row of W
    holds the biases. If λ > 0 there is one minimum; Newton's method finds it when it is first asked for. If λ = 0 none
    is named, and `f_min` is −∞: on separable data the loss falls towards 0 for ever, on others it has many minima.

    Args:
        X: inputs, shape (N, d).
        y: labels, integers, shape (N,); each class 0 … C − 1 must occur. There are n = (d + 1) C weights.
        strength: λ ≥ 0, of L2 regularization, of weights and biases alike.

    >>> loss = SoftmaxRegression([[-1.0], [0.0], [2.0]], [0, 0, 1], strength=0.1)
    >>> loss.dim, round(float(loss.value(loss.start)), 4), round(loss.f_min, 4)
    (4, 0.6931, 0.2489)

    Source: Bridle, Probabilistic interpretation of feedforward classification network outputs, with
    relationships to statistical pattern recognition, 1990.
    """

    window = ((-3.0, 3.0), (-3.0, 3.0))

    def __init__(self, X: ArrayLike, y: ArrayLike, *, strength: float = 0.0) -> None:
        X = _inputs(X)
        self.X, self.y = np.hstack([X, np.ones((len(X), 1))]), _labels(y, len(X))
        self.strength = check_number("strength", strength)
        self.classes = int(self.y.max()) + 1
        self.dim = self.X.shape[1] * self.classes
        self._start = (0.0,) * self.dim

    @cached_property
    def _minima(self) -> np.ndarray:
        if self.strength == 0:
            return np.empty((0, self.dim))
        w = minimize(self, Newton(tol=0, search=Backtracking()), self.start).x  # until round-off hides all decrease,
        w -= np.linalg.solve(self.hessian(w), self.grad(w))  # at half of the digits: a whole step doubles them
        return w[None]

    def value(self, x: ArrayLike) -> np.ndarray:
        x = self._point(x)
        s = self._scores(x, self.X)
        costs = np.log(np.exp(s).sum(-1)) - s[..., np.arange(len(self.y)), self.y]
        return (costs.mean(-1) + self.strength / 2 * (x * x).sum(-1)).astype(x.dtype, copy=False)

    def grad(self, x: ArrayLike) -> np.ndarray:
        x = self._point(x)
        d = self._probabilities(x, self.X) - self._one_hot(self.y)
        g = self.X.T @ d / len(self.X)
        return (g.reshape(x.shape) + self.strength * x).astype(x.dtype, copy=False)

    def hessian(self, x: ArrayLike) -> np.ndarray:
        x = self._point(x)
        p = self._probabilities(x, self.X)
        xp = (self.X[:, :, None] * p[..., None, :]).reshape(*p.shape[:-1], self.dim)  # xᵢ ⊗ pᵢ
        h = self.strength * np.eye(self.dim) - np.swapaxes(xp, -1, -2) @ xp / len(self.X)
        blocks = h.reshape(*x.shape[:-1], *(self.X.shape[1], self.classes) * 2)  # a view
        for k in range(self.classes):
            root = self.X * np.sqrt(p[..., k, None])  # a matrix times its own transpose is exactly symmetric
            blocks[..., :, k, :, k] += np.swapaxes(root, -1, -2) @ root / len(self.X)
        return h.astype(x.dtype, copy=False)

    def grads(self, x: ArrayLike, rows: Any = slice(None)) -> np.ndarray:
        """Return the gradient of each example's loss, xᵢ ⊗ (pᵢ − tᵢ) + λ w, shape (..., N, n).

        Args:
            x: weights w, shape (..., n).
            rows: indices of examples, shape (..., m); all by default.
        """
        x, X = self._point(x), self.X[rows]
        d = self._probabilities(x, X) - self._one_hot(self.y[rows])
        g = (X[..., :, None] * d[..., None, :]).reshape(*d.shape[:-1], self.dim)
        return (g + self.strength * x[..., None, :]).astype(x.dtype, copy=False)

    def _scores(self, x: np.ndarray, X: np.ndarray) -> np.ndarray:
        """Return the scores of examples, the largest of each made 0, so that no exponential overflows."""
        s = X @ x.reshape(*x.shape[:-1], X.shape[-1], self.classes)
        return s - s.max(-1, keepdims=True)

    def _probabilities(self, x: np.ndarray, X: np.ndarray) -> np.ndarray:
        p = np.exp(self._scores(x, X))
        return p / p.sum(-1, keepdims=True)

    def _one_hot(self, y: np.ndarray) -> np.ndarray:
        return np.eye(self.classes)[y]


def _inputs(X: ArrayLike) -> np.ndarray:
    X = np.array(X, dtype=float)
    if X.ndim != 2 or X.size == 0 or not np.all(np.isfinite(X)):
        raise ValueError(f"X must hold finite numbers, one row an example, not shape {X.shape}")
    return X


def _labels(y: ArrayLike, count: int) -> np.ndarray:
    y = np.array(y)
    if y.dtype.kind not in "iu":
        raise TypeError(f"y must hold classes, integers, not {y.dtype}")
    if y.shape != (count,):
        raise ValueError(f"y must hold one class an example, {count}, not shape {y.shape}")
    classes = np.unique(y)
    if classes[0] < 0:
        raise ValueError(f"y must hold classes from 0 on, not {classes[0]}")
    if not np.array_equal(classes, np.arange(len(classes))):
        missing = np.flatnonzero(classes != np.arange(len(classes)))[0]
        raise ValueError(f"y must hold each class from 0 to {classes[-1]}; {missing} is missing")
    if len(classes) < 2:
        raise ValueError("y must hold at least two classes, not 0 alone")
    return y
