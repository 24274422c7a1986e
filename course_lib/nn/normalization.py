"""Normalization: every feature over the batch (batch norm), or every example over its features (layer norm)."""

from __future__ import annotations

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

    def _rows(self, x: np.ndarray) -> np.ndarray:
        """Return all examples and pixels as the rows of a matrix."""
        self._check_batch("x", x)
        self._check_last(x.shape)
        return x.reshape(-1, x.shape[-1])

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
    Σ(x − μ)²/(n − 1). (torch calls 1 − momentum its `momentum`.)

    Args:
        features: length of the last axis.
        momentum: the fraction of the running means that is kept, in [0, 1).
        eps: ε ≥ 0; at 0 a feature that is the same in the whole batch gives nan.
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
        rows, gamma, beta = self._rows(x), self.params["gamma"], self.params["beta"]
        if train:
            n = len(rows)
            if n == 1:
                raise ValueError(
                    f"{self._label()}: x of shape {x.shape} has one value of each feature: training needs at least two"
                )
            mu = column_sums(rows) / n
            centered = rows - mu
            var = column_sums(centered * centered) / n
            self._run("mean", mu)
            self._run("var", var * (n / (n - 1)))
        else:
            centered, var = rows - self.state["mean"], self.state["var"]
        self._scale = 1 / np.sqrt(var + self.eps)
        self._x_hat, self._trained, self._y_shape = centered * self._scale, train, x.shape
        y = self._x_hat * gamma
        y += beta
        return y.reshape(x.shape)

    def backward(self, dy: np.ndarray) -> np.ndarray:
        x_hat, gamma = self._remembered("_x_hat", dy), self.params["gamma"]
        dy_rows = dy.reshape(x_hat.shape)
        dbeta, dgamma, n = column_sums(dy_rows), column_sums(dy_rows * x_hat), len(x_hat)
        self.grads["beta"][...], self.grads["gamma"][...] = dbeta, dgamma
        dx = dy_rows - dbeta / n - x_hat * (dgamma / n) if self._trained else dy_rows
        return (dx * (gamma * self._scale)).reshape(dy.shape)

    def _run(self, name: str, batch: np.ndarray) -> None:
        self.state[name] *= self.momentum
        self.state[name] += (1 - self.momentum) * batch


class LayerNorm(_Normalization):
    """Every example is brought to mean 0 and variance 1 over its features, and then to a learned scale and shift.

    x̂ = (x − μ)/√(σ² + ε),  y = γ x̂ + β, with μ and σ² over the last axis

    dβ = Σ dy,  dγ = Σ dy x̂,  dx = (g − mean(g) − x̂ · mean(g x̂))/√(σ² + ε) with g = γ dy

    Examples do not affect one another, so training and testing are the same, and a batch of one is enough. In an
    image, every pixel is normalized over its channels.

    Args:
        features: length of the last axis.
        eps: ε ≥ 0.
        dtype: a float type.

    >>> LayerNorm(2).forward(np.array([[1.0, 3.0]])).round(3)
    array([[-1.,  1.]])

    Source: Ba, Kiros and Hinton, Layer normalization, 2016.
    """

    def __init__(self, features: int, *, eps: float = 1e-5, dtype: DTypeLike = np.float32) -> None:
        super().__init__(features, eps, dtype)

    def forward(self, x: np.ndarray, train: bool = False) -> np.ndarray:
        rows, gamma, beta = self._rows(x), self.params["gamma"], self.params["beta"]
        x_hat = rows - rows.mean(axis=1, keepdims=True)
        self._scale = 1 / np.sqrt(np.mean(x_hat * x_hat, axis=1, keepdims=True) + self.eps)
        x_hat *= self._scale
        self._x_hat, self._y_shape = x_hat, x.shape
        return (x_hat * gamma + beta).reshape(x.shape)

    def backward(self, dy: np.ndarray) -> np.ndarray:
        x_hat, gamma = self._remembered("_x_hat", dy), self.params["gamma"]
        dy_rows = dy.reshape(x_hat.shape)
        self.grads["beta"][...], self.grads["gamma"][...] = column_sums(dy_rows), column_sums(dy_rows * x_hat)
        g = dy_rows * gamma
        dx = g - g.mean(axis=1, keepdims=True) - x_hat * np.mean(g * x_hat, axis=1, keepdims=True)
        return (dx * self._scale).reshape(dy.shape)
