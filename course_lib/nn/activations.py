"""Activations: element-wise nonlinearities with their derivatives; and maxout, the largest of a few inputs."""

from __future__ import annotations

import math

import numpy as np

from ..validation import ANY, check_count, check_number
from .layers import Layer, Shape, format_shape


class Activation(Layer):
    """The base class of element-wise activations: a subclass defines the formula `f` and its derivative `df`.

    y = f(x);  dx = dy · f′(x)

    >>> class Square(Activation):
    ...     def f(self, x):
    ...         return x**2
    ...     def df(self, x, y):
    ...         return 2 * x
    >>> square = Square()
    >>> square.forward(np.array([3.0])), square.backward(np.array([1.0]))
    (array([9.]), array([6.]))
    """

    def f(self, x: np.ndarray) -> np.ndarray:
        """Return y = f(x)."""
        raise NotImplementedError(f"{type(self).__name__} must define f(self, x)")

    def df(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Return f′(x), which may be computed from y = f(x)."""
        raise NotImplementedError(f"{type(self).__name__} must define df(self, x, y)")

    def forward(self, x: np.ndarray, train: bool = False) -> np.ndarray:
        self._check_batch("x", x)
        self._x, self._y, self._y_shape = x, self.f(x), x.shape
        return self._y

    def backward(self, dy: np.ndarray) -> np.ndarray:
        x = self._remembered("_x", dy)
        return dy * self.df(x, self._y)


class Sigmoid(Activation):
    """The squashing function onto (0, 1).

    y = 1/(1 + e⁻ˣ);  dx = dy · y (1 − y)

    At most a quarter of the gradient comes through, and far from 0 almost none: it saturates.

    >>> Sigmoid().forward(np.array([0.0]))
    array([0.5])

    Source: Rumelhart, Hinton and Williams, Learning representations by back-propagating errors, 1986.
    """

    def f(self, x: np.ndarray) -> np.ndarray:
        z = np.exp(-np.abs(x))  # never above 1: nothing overflows
        return np.where(x >= 0, 1, z) / (1 + z)

    def df(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return y * (1 - y)


class Tanh(Activation):
    """The squashing function onto (−1, 1), centered at 0.

    y = tanh x;  dx = dy · (1 − y²)

    >>> Tanh().forward(np.array([0.0]))
    array([0.])

    Source: LeCun, Bottou, Orr and Müller, Efficient backprop, 1998, on why it should be centered.
    """

    def f(self, x: np.ndarray) -> np.ndarray:
        return np.tanh(x)

    def df(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return 1 - y * y


class ReLU(Activation):
    """The rectifier: negative numbers become zero.

    y = max(x, 0);  dx = dy where x > 0, else 0 (at 0, too)

    A unit that is negative for every example no longer gets a gradient: it is dead.

    >>> relu = ReLU()
    >>> relu.forward(np.array([-1.0, 0.0, 2.0]))
    array([0., 0., 2.])
    >>> relu.backward(np.ones(3))
    array([0., 0., 1.])

    Source: Nair and Hinton, Rectified linear units improve restricted Boltzmann machines, 2010.
    """

    def f(self, x: np.ndarray) -> np.ndarray:
        return np.maximum(x, 0)

    def df(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return x > 0


class LeakyReLU(Activation):
    """A rectifier with a small slope for negative numbers, so that no unit dies.

    y = x where x > 0, else slope · x;  dx = dy or slope · dy

    Args:
        slope: of the negative side; any number, usually small.

    >>> LeakyReLU(0.1).forward(np.array([-1.0, 2.0]))
    array([-0.1,  2. ])

    Source: Maas, Hannun and Ng, Rectifier nonlinearities improve neural network acoustic models, 2013.
    """

    def __init__(self, slope: float = 0.01) -> None:
        super().__init__()
        self.slope = check_number("slope", slope, ANY)

    def f(self, x: np.ndarray) -> np.ndarray:
        return np.where(x > 0, x, self.slope * x)

    def df(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return np.where(x > 0, x.dtype.type(1), x.dtype.type(self.slope))

    def __repr__(self) -> str:
        return f"LeakyReLU({self.slope:g})"


class ELU(Activation):
    """A rectifier whose negative side bends towards −α, so that the mean is nearer to 0; smooth if α = 1.

    y = x where x > 0, else α (eˣ − 1);  dx = dy, or dy · α eˣ

    Args:
        alpha: α ≥ 0; at 1 the slope is continuous, elsewhere it jumps from α to 1 at 0.

    >>> ELU().forward(np.array([-100.0, 2.0]))
    array([-1.,  2.])

    Source: Clevert, Unterthiner and Hochreiter, Fast and accurate deep network learning by exponential
    linear units (ELUs), 2016.
    """

    def __init__(self, alpha: float = 1.0) -> None:
        super().__init__()
        self.alpha = check_number("alpha", alpha)

    def f(self, x: np.ndarray) -> np.ndarray:
        return np.where(x > 0, x, self.alpha * np.expm1(np.minimum(x, 0)))

    def df(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return np.where(x > 0, x.dtype.type(1), self.alpha * np.exp(np.minimum(x, 0)))

    def __repr__(self) -> str:
        return f"ELU({self.alpha:g})"


class GELU(Activation):
    """A smooth rectifier: x times the chance that a standard normal number lies below x.

    y = x Φ(x) ≈ ½ x (1 + tanh u),  u = √(2/π) (x + .044715 x³)

    The form with tanh is the paper's, and that of the networks that made it known; its error is below 5 · 10⁻⁴
    everywhere.

    >>> GELU().forward(np.array([-10.0, 0.0, 10.0]))
    array([-0.,  0., 10.])

    Source: Hendrycks and Gimpel, Gaussian error linear units (GELUs), 2016.
    """

    def f(self, x: np.ndarray) -> np.ndarray:
        return 0.5 * x * (1 + self._tanh(x))

    def df(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        t, x = self._tanh(x), _near(x)
        du = math.sqrt(2 / math.pi) * (1 + 3 * 0.044715 * x * x)
        return 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * du

    @staticmethod
    def _tanh(x: np.ndarray) -> np.ndarray:
        x = _near(x)
        return np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x * x * x))


class SiLU(Activation):
    """A smooth rectifier: x times its own sigmoid. Also known as swish.

    y = x σ(x);  dx = dy · (σ(x) + x σ(x) (1 − σ(x))),  σ(x) = 1/(1 + e⁻ˣ)

    It looks like GELU, without the constants: it dips to −0.28 at x = −1.28.

    >>> SiLU().forward(np.array([-1000.0, 0.0, 1000.0]))
    array([  -0.,    0., 1000.])

    Source: Elfwing, Uchibe and Doya, Sigmoid-weighted linear units for neural network function approximation in
    reinforcement learning, 2018.
    """

    def f(self, x: np.ndarray) -> np.ndarray:
        return x * Sigmoid().f(x)

    def df(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        s = Sigmoid().f(x)
        return s + y * (1 - s)


class Maxout(Layer):
    """The largest of each group of k neighbouring inputs: a learned activation.

    yⱼ = max(x_{jk}, …, x_{jk+k−1});  dy goes to the largest alone (to the first of several)

    After `Dense(n_in, k * n)` it is the lecture's max(w₁ᵀx + b₁, w₂ᵀx + b₂): it neither saturates nor dies, for
    k times the parameters.

    Args:
        pieces: k ≥ 1; the last axis must be a multiple of it.

    >>> Maxout(2).forward(np.array([[1.0, 5.0, -3.0, -2.0]]))
    array([[ 5., -2.]])

    Source: Goodfellow, Warde-Farley, Mirza, Courville and Bengio, Maxout networks, 2013.
    """

    _memory = Layer._memory | {"_which"}

    def __init__(self, pieces: int = 2) -> None:
        super().__init__()
        self.pieces = check_count("pieces", pieces)

    def forward(self, x: np.ndarray, train: bool = False) -> np.ndarray:
        self._check_batch("x", x)
        self._y_shape = (len(x), *self.output_shape(x.shape[1:]))
        groups = x.reshape(*self._y_shape, self.pieces)
        self._which = groups.argmax(axis=-1)[..., None]
        return np.take_along_axis(groups, self._which, axis=-1)[..., 0]

    def backward(self, dy: np.ndarray) -> np.ndarray:
        which = self._remembered("_which", dy)
        dgroups = np.zeros((*dy.shape, self.pieces), dy.dtype)
        np.put_along_axis(dgroups, which, dy[..., None], axis=-1)
        return dgroups.reshape(*dy.shape[:-1], -1)

    def output_shape(self, shape: Shape) -> Shape:
        if not shape or shape[-1] % self.pieces:
            got = format_shape(("N", *shape))
            raise ValueError(f"{self._label()}: x must have a last axis that is a multiple of {self.pieces}, not {got}")
        return (*shape[:-1], shape[-1] // self.pieces)

    def __repr__(self) -> str:
        return f"Maxout({self.pieces})"


def _near(x: np.ndarray) -> np.ndarray:
    """Clip x to ±10: beyond, tanh u is ±1 to the last digit, and x³ may overflow."""
    return np.clip(x, -10, 10)
