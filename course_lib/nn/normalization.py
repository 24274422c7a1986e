"""Normalization: features over the batch (batch norm), or an example over its features (layer norm, group norm)."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import DTypeLike

from ..validation import check_count, check_number
from .init import check_dtype
from .layers import Layer, Shape, column_sums, format_shape


class _Normalization(Layer):
    """The base class: γ and β, one of each per feature; the last axis counts the features."""

    _memory = Layer._memory | {"_x_hat", "_scale"}

    def __init__(self, features: int, eps: float, dtype: DTypeLike) -> None:
        super().__init__()
        features, dtype = check_count("features", features), check_dtype(dtype)
        self.eps = check_number("eps", eps)
        self.params = {"gamma": np.ones(features, dtype), "beta": np.zeros(features, dtype)}
        self.grads = {name: np.zeros_like(p) for name, p in self.params.items()}

    def _rows(self, x: np.ndarray, at_least: int = 1) -> np.ndarray:
        """Return all examples and pixels as the rows of a matrix, and remember the shape that they had."""
        self._check_batch("x", x)
        self._check_last(x.shape)
        rows = x.reshape(-1, x.shape[-1])
        if len(rows) < at_least:
            raise ValueError(
                f"{self._label()}: x of shape {x.shape} has one value of each feature: training needs at least two"
            )
        self._y_shape = x.shape
        return rows

    def _check_last(self, shape: tuple[int | str, ...]) -> None:
        features = len(self.params["gamma"])
        if len(shape) < 2 or shape[-1] != features:
            raise ValueError(f"{self._label()}: x must have shape (N, …, {features}), not {format_shape(shape)}")

    def output_shape(self, shape: Shape) -> Shape:
        self._check_last(("N", *shape))
        return tuple(shape)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({len(self.params['gamma'])})"


class BatchNorm(_Normalization):
    """Every feature is brought to mean 0 and variance 1 over the batch, and then to a learned scale and shift.

    x̂ = (x − μ)/√(σ² + ε),  y = γ x̂ + β, in training with μ and σ² of the batch, in testing with running means

    dβ = Σ dy,  dγ = Σ dy x̂,  dx = γ/√(σ² + ε) · (dy − mean(dy) − x̂ · mean(dy x̂)) in training

    The last axis counts the features, and all other axes together are the batch: examples of (N, F), examples
    and pixels of an NHWC image. In testing μ and σ² are constants, and dx = γ/√(σ² + ε) · dy.

    After every training batch, running ← momentum · running + (1 − momentum) · batch; the running variance takes
    Σ(x − μ)²/(n − 1), which estimates the variance of all data without bias, where Σ(x − μ)²/n brings this batch to
    variance 1. (torch does so, too, and calls 1 − momentum its `momentum`.) They begin at mean 0 and variance 1, γ at 1
    and β at 0: before any training, testing changes x by the factor 1/√(1 + ε) only.

    Args:
        features: length of the last axis.
        momentum: the fraction of the running statistics that is kept, in [0, 1).
        eps: ε ≥ 0; at 0 a feature that is the same in the whole batch gives nan (by rounding, it may be ±1).
        dtype: a float type.

    Raises:
        ValueError: training on a single value of each feature, which has no variance.

    >>> norm = BatchNorm(1, momentum=0.5)
    >>> norm.forward(np.array([[1.0], [3.0]]), train=True).round(3).ravel()
    array([-1.,  1.])
    >>> norm.state
    {'mean': array([1.], dtype=float32), 'var': array([1.5], dtype=float32)}

    Source: Ioffe and Szegedy, Batch normalization: accelerating deep network training by reducing internal
    covariate shift, 2015.
    """

    def __init__(
        self, features: int, *, momentum: float = 0.9, eps: float = 1e-5, dtype: DTypeLike = np.float32
    ) -> None:
        super().__init__(features, eps, dtype)
        self.momentum = check_number("momentum", momentum, (0.0, 1.0))
        self.state = {"mean": np.zeros(features, dtype), "var": np.ones(features, dtype)}

    def forward(self, x: np.ndarray, train: bool = False) -> np.ndarray:
        rows = self._rows(x, at_least=2 if train else 1)
        mu = column_means(rows) if train else self.state["mean"]
        x_hat = rows - mu
        var = column_means(x_hat**2) if train else self.state["var"]
        if train:
            self._update_running(mu, var, len(rows))
        x_hat *= (scale := 1 / np.sqrt(var + self.eps))
        self._x_hat, self._scale, self._trained = x_hat, scale, train
        y = self.params["gamma"] * x_hat + self.params["beta"]
        return y.reshape(x.shape)

    def backward(self, dy: np.ndarray) -> np.ndarray:
        x_hat = self._remembered("_x_hat", dy)
        dy_rows, n = dy.reshape(x_hat.shape), len(x_hat)
        dbeta, dgamma = column_sums(dy_rows), column_sums(dy_rows * x_hat)
        self.grads["beta"][...], self.grads["gamma"][...] = dbeta, dgamma
        dx = dy_rows
        if self._trained:  # then μ and σ² depend on x, too
            dx = dx - dbeta / n - x_hat * (dgamma / n)
        dx = self.params["gamma"] * self._scale * dx
        return dx.reshape(dy.shape)

    def _update_running(self, mu: np.ndarray, var: np.ndarray, n: int) -> None:
        """Move the running statistics towards those of a batch of n."""
        for name, batch in (("mean", mu), ("var", var * (n / (n - 1)))):
            self.state[name] *= self.momentum
            self.state[name] += (1 - self.momentum) * batch


class LayerNorm(_Normalization):
    """Every example is brought to mean 0 and variance 1 over its features, and then to a learned scale and shift.

    x̂ = (x − μ)/√(σ² + ε),  y = γ x̂ + β, with μ and σ² over the last axis

    dβ = Σ dy,  dγ = Σ dy x̂,  dx = (g − mean(g) − x̂ · mean(g x̂))/√(σ² + ε) with g = γ dy

    Examples do not affect one another, so training and testing are the same, and a batch of one is enough. In an
    image, every pixel is normalized over its channels.

    Args:
        features: length of the last axis, ≥ 2: a single value has no variance. (torch takes it, and returns β.)
        eps: ε ≥ 0; at 0 an example whose features are all the same gives nan (by rounding, it may be ±1).
        dtype: a float type.

    >>> LayerNorm(2).forward(np.array([[1.0, 3.0]])).round(3)
    array([[-1.,  1.]])

    Source: Ba, Kiros and Hinton, Layer normalization, 2016.
    """

    def __init__(self, features: int, *, eps: float = 1e-5, dtype: DTypeLike = np.float32) -> None:
        super().__init__(check_count("features", features, least=2), eps, dtype)

    def forward(self, x: np.ndarray, train: bool = False) -> np.ndarray:
        rows, gamma, beta = self._rows(x), self.params["gamma"], self.params["beta"]
        x_hat, self._scale = standardize(rows, self.eps)
        self._x_hat = x_hat
        return (gamma * x_hat + beta).reshape(x.shape)

    def backward(self, dy: np.ndarray) -> np.ndarray:
        x_hat, gamma = self._remembered("_x_hat", dy), self.params["gamma"]
        dy_rows = dy.reshape(x_hat.shape)
        self.grads["beta"][...] = column_sums(dy_rows)
        self.grads["gamma"][...] = column_sums(dy_rows * x_hat)
        return standardize_backward(gamma * dy_rows, x_hat, self._scale).reshape(dy.shape)


class GroupNorm(_Normalization):
    """Every group of neighbouring features of an example is brought to mean 0 and variance 1, then scaled and shifted.

    x̂ = (x − μ)/√(σ² + ε),  y = γ x̂ + β, with μ and σ² over the features of a group at all pixels

    dβ = Σ dy,  dγ = Σ dy x̂,  dx = (g − mean(g) − x̂ · mean(g x̂))/√(σ² + ε) with g = γ dy

    Examples do not affect one another, as in layer norm; but an image keeps the differences between its pixels. One
    group takes all features together, and is `LayerNorm` if there are no pixels; as many groups as features are
    instance normalization, which needs pixels.

    Args:
        features: length of the last axis.
        groups: number of groups, a divisor of `features`. The paper has 32.
        eps: ε ≥ 0; at 0 a group whose values are all the same gives nan (by rounding, it may be ±1).
        dtype: a float type.

    Raises:
        ValueError: a group of a single value, which has no variance, in training and in testing. (torch refuses it
            only in a batch of one, and else returns β.)

    >>> GroupNorm(4, groups=2).forward(np.array([[1.0, 3.0, 10.0, 30.0]])).round(3)
    array([[-1.,  1., -1.,  1.]])

    Source: Wu and He, Group normalization, 2018.
    """

    def __init__(self, features: int, *, groups: int, eps: float = 1e-5, dtype: DTypeLike = np.float32) -> None:
        super().__init__(features, eps, dtype)
        self.groups = check_count("groups", groups)
        if features % groups:
            raise ValueError(f"groups must divide the {features} features, and {groups} does not")

    def forward(self, x: np.ndarray, train: bool = False) -> np.ndarray:
        rows, gamma, beta = self._rows(x), self.params["gamma"], self.params["beta"]
        groups, self._scale = standardize(self._group(rows, len(x)), self.eps)
        self._x_hat = self._ungroup(groups, len(x))
        return (gamma * self._x_hat + beta).reshape(x.shape)

    def backward(self, dy: np.ndarray) -> np.ndarray:
        x_hat, gamma = self._remembered("_x_hat", dy), self.params["gamma"]
        dy_rows = dy.reshape(x_hat.shape)
        self.grads["beta"][...] = column_sums(dy_rows)
        self.grads["gamma"][...] = column_sums(dy_rows * x_hat)
        g, x_hat = (self._group(a, len(dy)) for a in (gamma * dy_rows, x_hat))
        dx = self._ungroup(standardize_backward(g, x_hat, self._scale), len(dy))
        return dx.reshape(dy.shape)

    def _check_last(self, shape: tuple[int | str, ...]) -> None:
        super()._check_last(shape)
        if math.prod(shape[1:]) == self.groups:
            text = f"x of shape {format_shape(shape)} has one value in each group, which has no variance"
            raise ValueError(f"{self._label()}: {text}")

    def _group(self, rows: np.ndarray, n: int) -> np.ndarray:
        """Return a row for each group of each of n examples: its features at all pixels."""
        split = rows.reshape(n, -1, self.groups, rows.shape[1] // self.groups)  # (n, pixels, groups, features of one)
        return split.swapaxes(1, 2).reshape(n * self.groups, -1)

    def _ungroup(self, groups: np.ndarray, n: int) -> np.ndarray:
        """Return the rows again: `_group` undone."""
        features = len(self.params["gamma"])
        split = groups.reshape(n, self.groups, -1, features // self.groups)
        return split.swapaxes(1, 2).reshape(-1, features)

    def __repr__(self) -> str:
        return f"GroupNorm({len(self.params['gamma'])}, groups={self.groups})"


def column_means(rows: np.ndarray) -> np.ndarray:
    """Return the mean of each column of a matrix.

    >>> column_means(np.array([[1.0, 2.0], [3.0, 6.0]]))
    array([2., 4.])
    """
    return column_sums(rows) / len(rows)


def standardize(rows: np.ndarray, eps: float) -> tuple[np.ndarray, np.ndarray]:
    """Return x̂ = (x − μ)/√(σ² + ε), with μ and σ² of each row, and the factors 1/√(σ² + ε)."""
    x_hat = rows - rows.mean(axis=1, keepdims=True)
    scale = 1 / np.sqrt(np.mean(x_hat * x_hat, axis=1, keepdims=True) + eps)
    x_hat *= scale
    return x_hat, scale


def standardize_backward(g: np.ndarray, x_hat: np.ndarray, scale: np.ndarray) -> np.ndarray:
    """Return dx = (g − mean(g) − x̂ · mean(g x̂))/√(σ² + ε) for g = dL/dx̂, with the means of each row."""
    dx = g - g.mean(axis=1, keepdims=True) - x_hat * np.mean(g * x_hat, axis=1, keepdims=True)
    return dx * scale
