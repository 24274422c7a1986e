"""Convolution and pooling. Images are NHWC everywhere: (N, height, width, channels).

So all channels of a pixel lie side by side, a window's row is one stretch of memory, and a convolution is one
copy of all windows into the rows of a matrix, and one matrix product.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import DTypeLike

from ..validation import check_count
from .init import draw_weights, he
from .layers import Init, Layer, Shape, column_sums

Pair = tuple[int, int]


class _Windowed(Layer):
    """The base class of layers that slide a window over an image in steps of a stride."""

    channels: int | str = "C"  # of x

    def __init__(self, size: int | Pair, stride: int | Pair, padding: int | Pair = 0) -> None:
        super().__init__()
        self.size, self.stride = _pair("size", size, 1), _pair("stride", stride, 1)
        self.padding = _pair("padding", padding, 0)

    def output_shape(self, shape: Shape) -> Shape:
        """Return (height, width, channels) of y: one number per window that fits entirely."""
        self._check_shape("x", ("N", *shape), ("N", "H", "W", self.channels))
        outs = []
        for axis, n, size, stride, pad in zip("HW", shape, self.size, self.stride, self.padding, strict=False):
            if n + 2 * pad < size:
                padded = f" with {pad} of padding on each side" if pad else ""
                raise ValueError(f"{self._label()}: x must have {axis} of at least {size}{padded}, not {n}")
            outs.append((n + 2 * pad - size) // stride + 1)
        return (*outs, shape[2])

    def _measure(self, x: np.ndarray) -> None:
        """Check x, and store the shape of y."""
        self._check_batch("x", x, ("N", "H", "W", self.channels))
        self._y_shape = (len(x), *self.output_shape(x.shape[1:]))

    def _places(self) -> Iterator[tuple[tuple[int, int], tuple[slice, ...]]]:
        """Yield each place (i, j) in the window, and the pixels that lie there in all windows."""
        (kh, kw), (sh, sw), (_, oh, ow, _) = self.size, self.stride, self._y_shape
        for i in range(kh):
            for j in range(kw):
                yield (i, j), (slice(None), slice(i, i + sh * oh, sh), slice(j, j + sw * ow, sw))

    def _settings(self, *names: str) -> str:
        pairs = {name: getattr(self, name) for name in names}
        return ", ".join(f"{name}={a if a == b else (a, b)}" for name, (a, b) in pairs.items())


class Conv2d(_Windowed):
    """A convolution: the same small window of weights is applied at every place of the image.

    y[n, p, q, o] = b[o] + Σ x[n, p·s + i − pad, q·s + j − pad, c] · W[i, j, c, o], the sum over i, j and c

    As one product: each window is a row of a matrix X, and Y = X W + b. So dW = Xᵀ dY as in `Dense`, and
    dX = dY Wᵀ, whose rows are added up where their windows lie.

    Args:
        c_in: channels of x.
        c_out: channels of y.
        size: height and width of the window; one number for both, or a pair.
        stride: how far the window moves; likewise.
        padding: rows and columns of zeros on each side; likewise.
        rng: draws W, shape (height, width, c_in, c_out); b starts at 0.
        init: the rule that draws W, a function of (rng, c_in, c_out, dtype, kernel=(height, width)).
        dtype: a float type.

    >>> conv = Conv2d(1, 4, 3, padding=1, rng=np.random.default_rng(0))
    >>> conv.forward(np.ones((2, 8, 8, 1), np.float32)).shape, conv.params["W"].shape
    ((2, 8, 8, 4), (3, 3, 1, 4))

    Source: LeCun et al., Backpropagation applied to handwritten zip code recognition, 1989.
    """

    _memory = Layer._memory | {"_X"}

    def __init__(
        self,
        c_in: int,
        c_out: int,
        size: int | Pair,
        *,
        stride: int | Pair = 1,
        padding: int | Pair = 0,
        rng: np.random.Generator,
        init: Init = he,
        dtype: DTypeLike = np.float32,
    ) -> None:
        super().__init__(size, stride, padding)
        self.channels, self.c_out = check_count("c_in", c_in), check_count("c_out", c_out)
        self.params = {"W": draw_weights(init, rng, c_in, c_out, dtype, self.size), "b": np.zeros(c_out, dtype)}
        self.grads = {name: np.zeros_like(p) for name, p in self.params.items()}

    def forward(self, x: np.ndarray, train: bool = False) -> np.ndarray:
        self._measure(x)
        W, b = self.params["W"], self.params["b"]
        x = _pad(x, self.padding)
        self._X, self._x_shape = self._windows(x), x.shape
        y = self._X @ W.reshape(-1, self.c_out)
        y += b
        return y.reshape(self._y_shape)

    def backward(self, dy: np.ndarray) -> np.ndarray:
        self.fill_grads(dy)
        W, dY = self.params["W"], dy.reshape(-1, self.c_out)
        dx = np.zeros(self._x_shape, np.result_type(dy, W))
        for (i, j), pixels in self._places():  # dX = dY Wᵀ, one place in the window at a time: it stays in the cache
            dx[pixels] += (dY @ W[i, j].T).reshape(*dy.shape[:3], -1)
        (ph, pw), (_, h, w, _) = self.padding, dx.shape
        return dx[:, ph : h - ph, pw : w - pw]

    def fill_grads(self, dy: np.ndarray) -> None:
        X, dY = self._remembered("_X", dy), dy.reshape(-1, self.c_out)
        self.grads["W"][...] = (X.T @ dY).reshape(self.params["W"].shape)
        self.grads["b"][...] = column_sums(dY)

    def _windows(self, x: np.ndarray) -> np.ndarray:
        """Copy all windows into the rows of a matrix, shape (N · out height · out width, height · width · c_in)."""
        (kh, kw), (sh, sw), (n, h, w, c) = self.size, self.stride, x.shape
        rows = sliding_window_view(x.reshape(n, h, w * c), (kh, kw * c), axis=(1, 2))
        return rows[:, ::sh, :: sw * c].reshape(-1, kh * kw * c)

    def output_shape(self, shape: Shape) -> Shape:
        return (*super().output_shape(shape)[:2], self.c_out)

    def __repr__(self) -> str:
        settings = self._settings("size", "stride", "padding")
        return f"Conv2d({self.channels}, {self.c_out}, {settings})"


class MaxPool2d(_Windowed):
    """The largest number of each window, in each channel.

    y = max over the window;  dy goes to the largest alone (to the first of several)

    Args:
        size: height and width of the window; one number for both, or a pair.
        stride: how far the window moves; likewise; by default its size, so that windows do not overlap.

    >>> MaxPool2d(2).forward(np.arange(16.0).reshape(1, 4, 4, 1))[0, :, :, 0]
    array([[ 5.,  7.],
           [13., 15.]])

    Source: Ranzato, Huang, Boureau and LeCun, Unsupervised learning of invariant feature hierarchies with
    applications to object recognition, 2007.
    """

    def __init__(self, size: int | Pair, *, stride: int | Pair | None = None) -> None:
        super().__init__(size, size if stride is None else stride)

    def forward(self, x: np.ndarray, train: bool = False) -> np.ndarray:
        self._measure(x)
        y = np.full(self._y_shape, -np.inf, x.dtype)
        for _, pixels in self._places():
            np.maximum(y, x[pixels], out=y)
        self._x, self._y = x, y
        return y

    def backward(self, dy: np.ndarray) -> np.ndarray:
        x = self._remembered("_x", dy)
        dx, left = np.zeros(x.shape, dy.dtype), np.ones(dy.shape, bool)
        for _, pixels in self._places():
            here = left & (x[pixels] == self._y)
            dx[pixels] += dy * here
            left ^= here  # what has gone to one pixel is not there for the next
        return dx

    def __repr__(self) -> str:
        return f"MaxPool2d({self._settings('size', 'stride')})"


class AvgPool2d(_Windowed):
    """The mean of each window, in each channel.

    y = mean over the window;  each number in it gets dy/(height · width)

    Args:
        size: height and width of the window; one number for both, or a pair.
        stride: how far the window moves; likewise; by default its size, so that windows do not overlap.

    >>> AvgPool2d(2).forward(np.arange(16.0).reshape(1, 4, 4, 1))[0, :, :, 0]
    array([[ 2.5,  4.5],
           [10.5, 12.5]])

    Source: LeCun, Bottou, Bengio and Haffner, Gradient-based learning applied to document recognition, 1998.
    """

    def __init__(self, size: int | Pair, *, stride: int | Pair | None = None) -> None:
        super().__init__(size, size if stride is None else stride)

    def forward(self, x: np.ndarray, train: bool = False) -> np.ndarray:
        self._measure(x)
        self._x_shape = x.shape
        y = np.zeros(self._y_shape, x.dtype)
        for _, pixels in self._places():
            y += x[pixels]
        y /= self.size[0] * self.size[1]
        return y

    def backward(self, dy: np.ndarray) -> np.ndarray:
        shape = self._remembered("_x_shape", dy)
        dx, share = np.zeros(shape, dy.dtype), dy / (self.size[0] * self.size[1])
        for _, pixels in self._places():
            dx[pixels] += share
        return dx

    def __repr__(self) -> str:
        return f"AvgPool2d({self._settings('size', 'stride')})"


class GlobalAvgPool(Layer):
    """The mean of each channel over the whole image, whatever its size.

    (N, H, W, C) → (N, C);  each pixel gets dy/(H · W)

    >>> GlobalAvgPool().forward(np.arange(8.0).reshape(1, 2, 2, 2))
    array([[3., 4.]])

    Source: Lin, Chen and Yan, Network in network, 2014.
    """

    def forward(self, x: np.ndarray, train: bool = False) -> np.ndarray:
        self._check_batch("x", x, ("N", "H", "W", "C"))
        self._x_shape, self._y_shape = x.shape, (len(x), x.shape[3])
        return x.mean(axis=(1, 2))

    def backward(self, dy: np.ndarray) -> np.ndarray:
        _, h, w, _ = self._remembered("_x_shape", dy)
        return np.tile((dy / (h * w))[:, None, None], (1, h, w, 1))

    def output_shape(self, shape: Shape) -> Shape:
        self._check_shape("x", ("N", *shape), ("N", "H", "W", "C"))
        return (shape[2],)


def _pad(x: np.ndarray, padding: Pair) -> np.ndarray:
    (ph, pw), (n, h, w, c) = padding, x.shape
    if ph == pw == 0:
        return x
    padded = np.zeros((n, h + 2 * ph, w + 2 * pw, c), x.dtype)
    padded[:, ph : ph + h, pw : pw + w] = x
    return padded


def _pair(label: str, value: int | Pair, least: int) -> Pair:
    """Return (height, width) from one number for both, or from a pair."""
    if not isinstance(value, tuple | list):
        value = (value, value)
    if len(value) != 2:
        raise ValueError(f"{label} must be one number or a pair, not {value!r}")
    return check_count(label, value[0], least), check_count(label, value[1], least)
