"""Noise as a regularizer: train y = f(x, z) with z drawn anew, test with z averaged out.

Every layer here has the same form. `draw(shape)` returns z for an input of that shape, and `forward(x, train=True)`
uses it. In testing, `forward(x)` computes a shortcut in place of E_z f(x, z); `average` estimates that mean from
draws, to compare the shortcut with. `keep` is the probability p to KEEP a unit, in (0, 1].
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from ..validation import check_count, check_number, check_rng, check_scalar
from .layers import Layer, Shape

IMAGES = ("N", "height", "width", "channels")


class Noise(Layer):
    """A layer y = f(x, z) that draws z in training and averages it out in testing.

    A subclass defines z in `draw`, and f and its gradient in `apply` and `backward`.

    Args:
        rng: draws z; two layers with generators of the same seed draw the same.

    Attributes:
        sampling: whether to draw in testing, too; `average` sets it.
    """

    sampling = False

    def __init__(self, rng: np.random.Generator) -> None:
        super().__init__()
        self.rng = check_rng(f"{type(self).__name__}: rng", rng)

    def draw(self, shape: Shape) -> Any:
        """Draw z for an input x of that shape, the batch included."""
        raise NotImplementedError

    def apply(self, x: np.ndarray, z: Any) -> np.ndarray:
        """Return f(x, z), or the shortcut for its mean over z if z is None."""
        raise NotImplementedError

    def forward(self, x: np.ndarray, train: bool = False) -> np.ndarray:
        self._check_batch("x", x)
        y = self.apply(x, self.draw(x.shape) if train or self.sampling else None)
        self._y_shape = y.shape
        return y


def average(
    f: Layer | Callable[[np.ndarray, np.random.Generator], np.ndarray],
    x: np.ndarray,
    samples: int,
    rng: np.random.Generator,
    of: Callable[[np.ndarray], np.ndarray] | None = None,
) -> np.ndarray:
    """Average a noisy function over draws of its noise: the mean that the test-time shortcut approximates.

    E_z f(x, z) ≈ (1/S) Σₛ f(x, zₛ), with an error of about std(f)/√S

    Only the noise is drawn: everything else in a network, such as batch norm, works as in testing.

    Args:
        f: a layer or network with noise in it, or a function of `(x, rng)`.
        x: a batch of inputs.
        samples: S, ≥ 1.
        rng: draws the noise of every layer in f; their own generators are not touched.
        of: what to average, a function of the output (softmax: the mean of the probabilities); by default the output.

    Returns:
        The mean, in the shape of f's output, and in its dtype if that is a float type, else in float64.

    Raises:
        ValueError: a network without noise.

    >>> layer, x = Dropout(0.5, rng=np.random.default_rng(0)), np.array([[2.0, 4.0]])
    >>> layer.forward(x), average(layer, x, 10_000, np.random.default_rng(1)).round(1)
    (array([[1., 2.]]), array([[1., 2.]]))

    Source: Gal and Ghahramani, Dropout as a Bayesian approximation: representing model uncertainty in deep
    learning, 2016.
    """
    samples, rng = check_count("average: samples", samples), check_rng("average: rng", rng)
    noises = list(_noises(f)) if isinstance(f, Layer) else []
    if isinstance(f, Layer) and not noises:
        raise ValueError(f"average: there is no noise in {f._label()}")
    before = [(noise.rng, noise.sampling) for noise in noises]
    try:
        for noise in noises:
            noise.rng, noise.sampling = rng, True
        total: Any = 0.0
        for _ in range(samples):
            y = f.forward(x) if isinstance(f, Layer) else f(x, rng)
            y = np.asarray(y if of is None else of(y))
            total = total + y.astype(np.float64)  # many small numbers: in float32 their sum would drift
        return (total / samples).astype(y.dtype if y.dtype.kind == "f" else np.float64)
    finally:
        for noise, (own, sampling) in zip(noises, before, strict=True):
            noise.rng, noise.sampling = own, sampling


class Dropout(Noise):
    """Units are dropped at random in training, and all are kept but scaled down in testing.

    Training: y = z ∘ x, z ~ Bernoulli(p), dx = z ∘ dy;  testing: y = p x = E_z[z ∘ x]

    Gradients reach only the units that were kept. The shortcut is exact as long as what follows is linear: E_z
    commutes with a sum, but not with a ReLU.

    Args:
        keep: p, the probability to keep a unit, in (0, 1].
        rng: draws z.

    >>> layer, x = Dropout(0.5, rng=np.random.default_rng(0)), np.array([[1.0, 2.0, 3.0, 4.0]])
    >>> layer.forward(x, train=True), layer.backward(np.ones((1, 4)))
    (array([[0., 0., 0., 4.]]), array([[0., 0., 0., 1.]]))
    >>> layer.forward(x)
    array([[0.5, 1. , 1.5, 2. ]])

    Source: Srivastava, Hinton, Krizhevsky, Sutskever and Salakhutdinov, Dropout: a simple way to prevent neural
    networks from overfitting, 2014.
    """

    _memory = Noise._memory | {"_factor"}

    def __init__(self, keep: float, *, rng: np.random.Generator) -> None:
        self.keep = check_keep(type(self).__name__, keep)
        super().__init__(rng)

    def draw(self, shape: Shape) -> np.ndarray:
        return self.rng.random(shape, dtype=np.float32) < self.keep

    def apply(self, x: np.ndarray, z: np.ndarray | None) -> np.ndarray:
        self._factor = self.keep if z is None else z
        return x * self._factor

    def backward(self, dy: np.ndarray) -> np.ndarray:
        self._remembered("_y_shape", dy)
        return dy * self._factor

    def __repr__(self) -> str:
        return f"{type(self).__name__}(keep={self.keep:g})"


class InvertedDropout(Dropout):
    """Dropout that is scaled in training, so that testing needs no change.

    Training: y = z ∘ x / p, z ~ Bernoulli(p), dx = z ∘ dy / p;  testing: y = x

    Args:
        keep: p, the probability to keep a unit, in (0, 1].
        rng: draws z.

    >>> layer, x = InvertedDropout(0.5, rng=np.random.default_rng(0)), np.array([[1.0, 2.0, 3.0, 4.0]])
    >>> layer.forward(x, train=True), layer.forward(x)
    (array([[0., 0., 0., 8.]]), array([[1., 2., 3., 4.]]))

    Source: Srivastava, Hinton, Krizhevsky, Sutskever and Salakhutdinov, Dropout: a simple way to prevent neural
    networks from overfitting, 2014.
    """

    def apply(self, x: np.ndarray, z: np.ndarray | None) -> np.ndarray:
        self._factor = 1.0 if z is None else z.astype(x.dtype) / self.keep
        return x * self._factor


class SpatialDropout(InvertedDropout):
    """Inverted dropout of whole channels: neighbouring pixels are nearly equal, so they are dropped together.

    Training: y[n, i, j, c] = z[n, c] x[n, i, j, c] / p, z ~ Bernoulli(p);  testing: y = x

    Args:
        keep: p, the probability to keep a channel, in (0, 1].
        rng: draws z.

    >>> layer = SpatialDropout(0.5, rng=np.random.default_rng(0))
    >>> layer.forward(np.ones((1, 2, 1, 4)), train=True)[0, :, 0]
    array([[0., 0., 0., 2.],
           [0., 0., 0., 2.]])

    Source: Tompson, Goroshin, Jain, LeCun and Bregler, Efficient object localization using convolutional
    networks, 2015.
    """

    def draw(self, shape: Shape) -> np.ndarray:
        self._check_shape("x", shape, IMAGES)
        return super().draw((shape[0], 1, 1, shape[3]))

    def forward(self, x: np.ndarray, train: bool = False) -> np.ndarray:
        self._check_batch("x", x, IMAGES)
        return super().forward(x, train)

    def output_shape(self, shape: Shape) -> Shape:
        self._check_shape("x", ("N", *shape), IMAGES)
        return tuple(shape)


class GaussianNoise(Noise):
    """Normal noise is added in training, and nothing in testing.

    Training: y = x + σ z, z ~ N(0, 1), dx = dy;  testing: y = x

    Args:
        sigma: σ, the noise's standard deviation in the units of x, ≥ 0.
        rng: draws z.

    >>> layer = GaussianNoise(0.1, rng=np.random.default_rng(0))
    >>> layer.forward(np.zeros((1, 3)), train=True).round(2), layer.forward(np.zeros((1, 3)))
    (array([[ 0.11, -0.14, -0.04]]), array([[0., 0., 0.]]))

    Source: Bishop, Training with noise is equivalent to Tikhonov regularization, 1995.
    """

    def __init__(self, sigma: float, *, rng: np.random.Generator) -> None:
        self.sigma = check_number("GaussianNoise: sigma", sigma)
        super().__init__(rng)

    def draw(self, shape: Shape) -> np.ndarray:
        return self.rng.standard_normal(shape, dtype=np.float32)  # precise enough for noise, in half the time

    def apply(self, x: np.ndarray, z: np.ndarray | None) -> np.ndarray:
        return x if z is None else x + self.sigma * z.astype(x.dtype, copy=False)

    def backward(self, dy: np.ndarray) -> np.ndarray:
        self._remembered("_y_shape", dy)
        return dy

    def __repr__(self) -> str:
        return f"GaussianNoise(sigma={self.sigma:g})"


def check_keep(label: str, keep: Any, name: str = "keep") -> float:
    """Return a probability to keep as a float, if it lies in (0, 1]."""
    number = check_scalar(f"{label}: {name}", keep)
    if not 0 < number <= 1:
        raise ValueError(f"{label}: {name}, the probability to keep, must lie in (0, 1], not {keep}")
    return number


def _noises(layer: Layer) -> Iterator[Noise]:
    """Iterate over the noise layers in a layer, at any depth."""
    if isinstance(layer, Noise):
        yield layer
    for value in vars(layer).values():
        held = value.values() if isinstance(value, dict) else value if isinstance(value, list | tuple) else [value]
        for part in held:
            if isinstance(part, Layer):
                yield from _noises(part)
