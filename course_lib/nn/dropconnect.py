"""DropConnect: weights, not units, are dropped, and a Gaussian stands in for them in testing."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
from numpy.typing import DTypeLike

from ..validation import check_count
from .init import he
from .layers import Layer, Shape
from .noise import Noise, check_keep


class DropConnect(Noise):
    """A fully connected layer whose weights are dropped at random in training.

    Training: y = a(u), u = x (z ∘ W) + b, z ~ Bernoulli(p) for each weight;  testing: y = E a(u), u ~ N(μ, σ²),
    μ = p x W + b,  σ² = p (1 − p) x² W², squares by element

    A unit sums many dropped weights, so u is nearly normal, and its mean and variance are known: the Gaussian rule
    takes the mean of a over that bell, at points of equal probability. The plain rule, y = a(μ), ignores the spread
    of u. Without an activation both give μ, and that is exact. (The paper also drops biases; here they stay.)

    Args:
        n_in: number of inputs.
        n_out: number of outputs.
        keep: p, the probability to keep a weight, in (0, 1].
        rng: draws W by He's rule (b starts at 0), then z.
        activation: a, an element-wise layer without parameters such as `ReLU()`; by default none, y = u.
        rule: "gaussian" or "mean", for y in testing.
        each: whether every example has its own z, as in the paper; else a batch shares one, which costs less.
        points: number of values of u in the Gaussian rule, ≥ 2.
        dtype: a float type.

    >>> layer = DropConnect(2, 1, 0.5, rng=np.random.default_rng(0), dtype=np.float64)
    >>> layer.params["W"][...] = [[2.0], [4.0]]
    >>> layer.forward(np.ones((4, 2)), train=True).ravel(), layer.forward(np.ones((1, 2)))
    (array([6., 6., 2., 0.]), array([[3.]]))
    >>> layer.moments(np.ones((1, 2)))
    (array([[3.]]), array([[5.]]))

    Source: Wan, Zeiler, Zhang, LeCun and Fergus, Regularization of neural networks using DropConnect, 2013.
    """

    _memory = Noise._memory | {"_z", "_zW", "_t", "_sigma"}

    def __init__(
        self,
        n_in: int,
        n_out: int,
        keep: float,
        *,
        rng: np.random.Generator,
        activation: Layer | None = None,
        rule: str = "gaussian",
        each: bool = True,
        points: int = 64,
        dtype: DTypeLike = np.float32,
    ) -> None:
        super().__init__(rng)
        self.keep = check_keep("DropConnect", keep)
        if rule not in ("gaussian", "mean"):
            raise ValueError(f'DropConnect: rule must be "gaussian" or "mean", not {rule!r}')
        if activation is not None and (not isinstance(activation, Layer) or activation.params):
            raise TypeError(f"DropConnect: activation must be a layer without parameters, not {activation!r}")
        n_in, n_out = check_count("DropConnect: n_in", n_in), check_count("DropConnect: n_out", n_out)
        self.activation, self.rule, self.each = activation, rule, each
        check_count("DropConnect: points", points, 2)
        # Without spread, or where spread plays no part, one point is enough: the mean.
        spread = rule == "gaussian" and activation is not None and self.keep < 1
        self._points = _normal_points(points) if spread else np.zeros(1)
        self.params = {"W": he(rng, n_in, n_out, dtype), "b": np.zeros(n_out, dtype)}
        self.grads = {name: np.zeros_like(p) for name, p in self.params.items()}

    def draw(self, shape: Shape) -> np.ndarray:
        return self.rng.random((shape[0] if self.each else 1, *self.params["W"].shape), dtype=np.float32) < self.keep

    def moments(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return mean μ and variance σ² of u over z, shapes (N, n_out)."""
        W, b, p = self.params["W"], self.params["b"], self.keep
        return p * (x @ W) + b, p * (1 - p) * (x**2 @ W**2)

    def forward(self, x: np.ndarray, train: bool = False) -> np.ndarray:
        self._check_batch("x", x, ("N", len(self.params["W"])))
        return super().forward(x, train)

    def apply(self, x: np.ndarray, z: np.ndarray | None) -> np.ndarray:
        self._x, self._z = x, z
        if z is not None:
            self._zW = z * self.params["W"]
            return self._activate((x[:, None] @ self._zW)[:, 0] + self.params["b"])
        mu, variance = self.moments(x)
        self._sigma = np.sqrt(variance)
        self._t = self._points.astype(x.dtype)[:, None, None]
        u = mu + self._t * self._sigma  # (points, N, n_out)
        return self._activate(u.reshape(-1, u.shape[2])).reshape(u.shape).mean(0)

    def backward(self, dy: np.ndarray) -> np.ndarray:
        self._remembered("_y_shape", dy)
        return self._through_mean(dy) if self._z is None else self._through_weights(dy)

    def _through_weights(self, dy: np.ndarray) -> np.ndarray:
        x, z, du = self._x, self._z, self._deactivate(dy)
        self.grads["b"][...] = du.sum(0)
        self.grads["W"][...] = (z * (x[:, :, None] * du[:, None])).sum(0) if self.each else z[0] * (x.T @ du)
        return (self._zW @ du[:, :, None])[:, :, 0]

    def _through_mean(self, dy: np.ndarray) -> np.ndarray:
        x, W, p, t = self._x, self.params["W"], self.keep, self._t
        du = self._deactivate(np.tile(dy / len(t), (len(t), 1))).reshape(len(t), *dy.shape)
        dmu, dsigma = du.sum(0), (t * du).sum(0)
        # σ = √(σ²); where no input reaches a unit both are 0, and so is the gradient.
        dvariance = p * (1 - p) * np.divide(dsigma, 2 * self._sigma, out=np.zeros_like(dy), where=self._sigma > 0)
        self.grads["b"][...] = dmu.sum(0)
        self.grads["W"][...] = p * (x.T @ dmu) + 2 * W * ((x**2).T @ dvariance)
        return p * (dmu @ W.T) + 2 * x * (dvariance @ (W**2).T)

    def _activate(self, u: np.ndarray) -> np.ndarray:
        return u if self.activation is None else self.activation.forward(u)

    def _deactivate(self, dy: np.ndarray) -> np.ndarray:
        return dy if self.activation is None else self.activation.backward(dy)

    def output_shape(self, shape: Shape) -> Shape:
        n_in, n_out = self.params["W"].shape
        self._check_shape("x", ("N", *shape), ("N", n_in))
        return (n_out,)

    def __repr__(self) -> str:
        n_in, n_out = self.params["W"].shape
        return f"DropConnect({n_in}, {n_out}, keep={self.keep:g})"


def _normal_points(n: int) -> np.ndarray:
    """Return the midpoints of n equally likely parts of a normal variable, scaled to mean 0 and variance 1."""
    t = np.array([NormalDist().inv_cdf((k + 0.5) / n) for k in range(n)])
    return t / t.std()
