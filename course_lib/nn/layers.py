"""Layers: `forward` computes and remembers, `backward` turns dL/dy into dL/dx and fills `grads`."""

from __future__ import annotations

import numpy as np
from numpy.typing import DTypeLike

from .init import he


class Layer:
    """One step of a network.

    Attributes:
        params: name → array, what an optimizer changes in place.
        grads: name → array, dL/dparam after `backward`, with the keys and shapes of `params`.
    """

    def __init__(self) -> None:
        self.params: dict[str, np.ndarray] = {}
        self.grads: dict[str, np.ndarray] = {}

    def forward(self, x: np.ndarray, train: bool = False) -> np.ndarray:
        """Give y for a batch x; `train` matters only to layers that behave otherwise in training."""
        raise NotImplementedError

    def backward(self, dy: np.ndarray) -> np.ndarray:
        """Give dL/dx for dL/dy, at the x of the last `forward`, and fill `grads`."""
        raise NotImplementedError

    def _remembered(self, name: str, dy: np.ndarray) -> np.ndarray:
        """What `forward` left for `backward`, if dy fits it."""
        kept = getattr(self, name, None)
        if kept is None:
            raise RuntimeError(f"{self!r}: backward needs a forward first")
        if len(dy) != len(kept):
            raise ValueError(f"{self!r}: dy must have {len(kept)} rows, like the last x, not {len(dy)}")
        return kept


class Dense(Layer):
    """A fully connected layer.

    y = x W + b;  dW = xᵀ dy,  db = Σ dy,  dx = dy Wᵀ

    Args:
        n_in: number of inputs.
        n_out: number of outputs.
        rng: draws W by He's rule; b starts at 0.
        dtype: a float type.

    Raises:
        ValueError: an input or gradient whose last axis does not fit.

    >>> layer = Dense(3, 2, rng=np.random.default_rng(0))
    >>> layer.forward(np.ones((5, 3), np.float32)).shape
    (5, 2)
    >>> layer.backward(np.ones((5, 2), np.float32)).shape, layer.grads["b"]
    ((5, 3), array([5., 5.], dtype=float32))
    """

    def __init__(self, n_in: int, n_out: int, *, rng: np.random.Generator, dtype: DTypeLike = np.float32) -> None:
        super().__init__()
        self.params = {"W": he(rng, n_in, n_out, dtype), "b": np.zeros(n_out, dtype)}
        self.grads = {name: np.zeros_like(p) for name, p in self.params.items()}

    def forward(self, x: np.ndarray, train: bool = False) -> np.ndarray:
        W, b = self.params["W"], self.params["b"]
        if x.ndim != 2 or x.shape[1] != len(W):
            raise ValueError(f"{self!r}: x must have shape (N, {len(W)}), not {x.shape}")
        self._x = x
        return x @ W + b

    def backward(self, dy: np.ndarray) -> np.ndarray:
        x, W = self._remembered("_x", dy), self.params["W"]
        if dy.shape != (len(x), W.shape[1]):
            raise ValueError(f"{self!r}: dy must have shape {(len(x), W.shape[1])}, not {dy.shape}")
        np.matmul(x.T, dy, out=self.grads["W"])
        np.sum(dy, axis=0, out=self.grads["b"])
        return dy @ W.T

    def __repr__(self) -> str:
        return f"Dense({self.params['W'].shape[0]}, {self.params['W'].shape[1]})"


class ReLU(Layer):
    """The rectifier: what is negative becomes zero.

    y = max(x, 0);  dx = dy where x > 0, else 0 (at 0, too)

    >>> relu = ReLU()
    >>> relu.forward(np.array([-1.0, 0.0, 2.0]))
    array([0., 0., 2.])
    >>> relu.backward(np.ones(3))
    array([0., 0., 1.])

    Source: Nair and Hinton, Rectified linear units improve restricted Boltzmann machines, 2010.
    """

    def forward(self, x: np.ndarray, train: bool = False) -> np.ndarray:
        self._on = x > 0
        return np.maximum(x, 0)

    def backward(self, dy: np.ndarray) -> np.ndarray:
        on = self._remembered("_on", dy)
        if dy.shape != on.shape:
            raise ValueError(f"{self!r}: dy must have shape {on.shape}, not {dy.shape}")
        return dy * on

    def __repr__(self) -> str:
        return "ReLU()"


class Sequential(Layer):
    """Layers, one after the other.

    `params` and `grads` gather those of the layers under names such as "0.W"; the arrays are the layers' own,
    so an optimizer's step on `params` trains the network.

    Args:
        *layers: the layers, the input's first.

    >>> rng = np.random.default_rng(0)
    >>> net = Sequential(Dense(4, 8, rng=rng), ReLU(), Dense(8, 2, rng=rng))
    >>> net.forward(np.ones((3, 4), np.float32)).shape, list(net.params)
    ((3, 2), ['0.W', '0.b', '2.W', '2.b'])
    """

    def __init__(self, *layers: Layer) -> None:
        super().__init__()
        self.layers = layers
        for i, layer in enumerate(layers):
            self.params |= {f"{i}.{name}": p for name, p in layer.params.items()}
            self.grads |= {f"{i}.{name}": g for name, g in layer.grads.items()}

    def forward(self, x: np.ndarray, train: bool = False) -> np.ndarray:
        for layer in self.layers:
            x = layer.forward(x, train)
        return x

    def backward(self, dy: np.ndarray) -> np.ndarray:
        for layer in reversed(self.layers):
            dy = layer.backward(dy)
        return dy

    def __repr__(self) -> str:
        return f"Sequential({', '.join(map(repr, self.layers))})"
