"""Layers: `forward` computes y and stores what `backward` needs; `backward` turns dL/dy into dL/dx and fills `grads`.

A batch is an array whose first axis counts the examples; what comes after it is one example's shape.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from ..validation import check_count
from .init import draw_weights, he

Shape = tuple[int, ...]
Init = Callable[..., np.ndarray]  # (rng, n_in, n_out, dtype) → W, and with kernel=(height, width) for an image


class Layer:
    """The base class of layers, the steps of a network.

    A layer of your own defines `forward` and `backward`, and `output_shape` where y's shape is not x's. A layer keeps x
    and y for `backward`, uncopied: do not change them in place before.

    Attributes:
        params: name → array, which an optimizer changes in place.
        grads: name → array, dL/dparam after `backward`, with the keys and shapes of `params`.
        state: name → array, kept but not trained, such as running statistics; it changes in place.

    >>> class Double(Layer):
    ...     def forward(self, x, train=False):
    ...         return 2 * x
    ...     def backward(self, dy):
    ...         return 2 * dy
    >>> Double().forward(np.ones(2)), Double()
    (array([2., 2.]), Double())
    """

    _memory = {"_x", "_y", "_y_shape"}  # what `forward` stores for `backward`; copies do not include it

    def __init__(self) -> None:
        self.params: Mapping[str, np.ndarray] = {}
        self.grads: Mapping[str, np.ndarray] = {}
        self.state: dict[str, np.ndarray] = {}

    def forward(self, x: np.ndarray, train: bool = False) -> np.ndarray:
        """Return y for a batch x; `train` matters only to layers that behave differently in training."""
        raise NotImplementedError(f"{type(self).__name__} must define forward(self, x, train=False)")

    def backward(self, dy: np.ndarray) -> np.ndarray:
        """Return dL/dx for dL/dy, at the x of the last `forward`, and fill `grads`."""
        raise NotImplementedError(f"{type(self).__name__} must define backward(self, dy)")

    def output_shape(self, shape: Shape) -> Shape:
        """Return the shape of one example's y for that of its x; raise ValueError if it does not fit."""
        return tuple(shape)

    def bind(self, params: Mapping[str, np.ndarray], grads: Mapping[str, np.ndarray]) -> None:
        """Keep parameters and gradients in these arrays from now on: views of a container's flat buffer.

        Args:
            params: name → array, with the keys and shapes of `self.params`. Their values become the layer's.
            grads: name → array, likewise.
        """
        for what, new in (("params", params), ("grads", grads)):
            shapes, new_shapes = ({k: a.shape for k, a in arrays.items()} for arrays in (self.params, new))
            if shapes != new_shapes:
                raise ValueError(f"{self._label()}: {what} must have the shapes {shapes}, not {new_shapes}")
        self.params, self.grads = params, grads

    def _check_batch(self, name: str, array: Any, shape: tuple[int | str, ...] | None = None) -> None:
        """Raise unless this is a batch of floats, of this shape if there is one: see `_check_shape`."""
        if not isinstance(array, np.ndarray) or array.dtype.kind != "f":
            what = array.dtype if isinstance(array, np.ndarray) else f"a {type(array).__name__}"
            raise TypeError(f"{self._label()}: {name} must be a NumPy array of floats, not {what}")
        if shape is not None:
            self._check_shape(name, array.shape, shape)
        if array.ndim == 0:
            raise ValueError(
                f"{self._label()}: {name} must be a batch, whose first axis counts the examples, not one number"
            )
        if array.size == 0:
            raise ValueError(f"{self._label()}: {name} is empty: its shape is {array.shape}")

    def _check_shape(self, name: str, got: tuple[int | str, ...], shape: tuple[int | str, ...]) -> None:
        """Raise ValueError unless `got` is this shape, in which a letter stands for any number: ("N", 3)."""
        if len(got) != len(shape) or any(n != m for n, m in zip(got, shape, strict=True) if not isinstance(m, str)):
            raise ValueError(f"{self._label()}: {name} must have shape {format_shape(shape)}, not {format_shape(got)}")

    def _remembered(self, name: str, dy: np.ndarray) -> Any:
        """Return what `forward` stored for `backward`; raise unless dy has the shape of y, stored as `_y_shape`."""
        if not hasattr(self, "_y_shape"):
            raise RuntimeError(f"{self._label()}: backward needs a forward first")
        self._check_batch("dy", dy, self._y_shape)
        return getattr(self, name)

    def __getstate__(self) -> dict[str, Any]:
        return {name: value for name, value in vars(self).items() if name not in self._memory}

    def _label(self) -> str:
        """Return the name of the layer in messages, one line."""
        return repr(self)

    def __repr__(self) -> str:
        return f"{type(self).__name__}()"


class Dense(Layer):
    """A fully connected layer.

    y = x W + b;  dW = xᵀ dy,  db = Σ dy,  dx = dy Wᵀ

    Args:
        n_in: number of inputs.
        n_out: number of outputs.
        rng: draws W; b starts at 0.
        init: the rule that draws W, a function of (rng, n_in, n_out, dtype).
        dtype: a float type.

    >>> layer = Dense(3, 2, rng=np.random.default_rng(0))
    >>> layer.forward(np.ones((5, 3), np.float32)).shape
    (5, 2)
    >>> layer.backward(np.ones((5, 2), np.float32)).shape, layer.grads["b"]
    ((5, 3), array([5., 5.], dtype=float32))
    """

    def __init__(
        self, n_in: int, n_out: int, *, rng: np.random.Generator, init: Init = he, dtype: DTypeLike = np.float32
    ) -> None:
        super().__init__()
        n_in, n_out = check_count("n_in", n_in), check_count("n_out", n_out)
        self.params = {"W": draw_weights(init, rng, n_in, n_out, dtype), "b": np.zeros(n_out, dtype)}
        self.grads = {name: np.zeros_like(p) for name, p in self.params.items()}

    def forward(self, x: np.ndarray, train: bool = False) -> np.ndarray:
        W, b = self.params["W"], self.params["b"]
        self._check_batch("x", x, ("N", len(W)))
        y = x @ W
        y += b
        self._x, self._y_shape = x, y.shape
        return y

    def backward(self, dy: np.ndarray) -> np.ndarray:
        self.fill_grads(dy)
        return dy @ self.params["W"].T

    def fill_grads(self, dy: np.ndarray) -> None:
        x = self._remembered("_x", dy)
        np.matmul(x.T, dy, out=self.grads["W"])
        self.grads["b"][...] = column_sums(dy)

    def output_shape(self, shape: Shape) -> Shape:
        W = self.params["W"]
        self._check_shape("x", ("N", *shape), ("N", len(W)))
        return (W.shape[1],)

    def __repr__(self) -> str:
        return f"Dense({self.params['W'].shape[0]}, {self.params['W'].shape[1]})"


class Flatten(Layer):
    """All numbers of an example in one row.

    (N, H, W, C) → (N, H·W·C), for any number of axes after the first

    >>> Flatten().forward(np.ones((5, 8, 8, 3))).shape
    (5, 192)
    """

    def forward(self, x: np.ndarray, train: bool = False) -> np.ndarray:
        self._check_batch("x", x)
        self._shape, self._y_shape = x.shape, (len(x), math.prod(x.shape[1:]))
        return x.reshape(self._y_shape)

    def backward(self, dy: np.ndarray) -> np.ndarray:
        return dy.reshape(self._remembered("_shape", dy))

    def output_shape(self, shape: Shape) -> Shape:
        return (math.prod(shape),)


def fill_grads(layer: Layer, dy: np.ndarray) -> None:
    """Fill a layer's `grads` as `backward` does, but without dL/dx if the layer can: training does not need it.

    A layer can if its class defines `fill_grads(self, dy)`; one that only inherits it may have a `backward` of its own.
    """
    fill = vars(type(layer)).get("fill_grads", type(layer).backward)
    fill(layer, dy)


def column_sums(a: np.ndarray) -> np.ndarray:
    """Sum all rows, shape (N, F) → (F,): a row of ones times the matrix, far faster than `sum` if F is small."""
    return np.ones(len(a), a.dtype) @ a


def format_shape(shape: tuple[int | str, ...]) -> str:
    """Format a shape that may have letters in it: (N, 3)."""
    return f"({', '.join(map(str, shape))}{',' if len(shape) == 1 else ''})"
