"""Initialization of weights.

Every rule has the same form: `rule(rng, n_in, n_out, dtype)` returns a Dense layer's matrix (n_in, n_out);
with `kernel=(kh, kw)` it returns a convolution's weights (kh, kw, n_in, n_out), between n_in and n_out channels.
A unit then sums over fan_in = kh·kw·n_in inputs, and an input goes into fan_out = kh·kw·n_out units.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from numpy.typing import DTypeLike

from course_lib.validation import check_count, check_number, check_rng


def small(
    rng: np.random.Generator,
    n_in: int,
    n_out: int,
    dtype: DTypeLike = np.float32,
    *,
    kernel: tuple[int, ...] = (),
    std: float = 0.01,
) -> np.ndarray:
    """Draw small weights, of one scale for all layers: in a deep network the signal vanishes.

    W ~ N(0, std²), std = 0.01

    Args:
        rng: draws the numbers.
        n_in: number of inputs of a unit, or of channels, ≥ 1.
        n_out: number of units, or of channels, ≥ 1.
        dtype: a float type.
        kernel: a convolution's window (kh, kw); () for a Dense layer.
        std: the standard deviation, ≥ 0.

    Returns:
        W, shape (*kernel, n_in, n_out).

    >>> small(np.random.default_rng(0), 64, 10).shape
    (64, 10)
    """
    shape = _shape(rng, n_in, n_out, dtype, kernel)
    return _normal(rng, shape, check_number("std", std), dtype)


def large(
    rng: np.random.Generator,
    n_in: int,
    n_out: int,
    dtype: DTypeLike = np.float32,
    *,
    kernel: tuple[int, ...] = (),
    std: float = 1.0,
) -> np.ndarray:
    """Draw large weights, of one scale for all layers: tanh saturates, and ReLUs explode.

    W ~ N(0, std²), std = 1

    Args:
        rng, n_in, n_out, dtype, kernel, std: as for `small`.

    Returns:
        W, shape (*kernel, n_in, n_out).

    >>> large(np.random.default_rng(0), 64, 10).shape
    (64, 10)
    """
    return small(rng, n_in, n_out, dtype, kernel=kernel, std=std)


def xavier_normal(
    rng: np.random.Generator,
    n_in: int,
    n_out: int,
    dtype: DTypeLike = np.float32,
    *,
    kernel: tuple[int, ...] = (),
) -> np.ndarray:
    """Draw weights that keep the size of signal and gradient through layers that are nearly linear, as tanh is at 0.

    W ~ N(0, 2/(fan_in + fan_out))

    Lectures often write 1/fan_in: the same in a stack whose layers are equally wide.

    Args:
        rng, n_in, n_out, dtype, kernel: as for `small`.

    Returns:
        W, shape (*kernel, n_in, n_out).

    >>> xavier_normal(np.random.default_rng(0), 3, 16, kernel=(5, 5)).shape
    (5, 5, 3, 16)

    Source: Glorot and Bengio, Understanding the difficulty of training deep feedforward neural networks, 2010.
    """
    shape = _shape(rng, n_in, n_out, dtype, kernel)
    return _normal(rng, shape, math.sqrt(2 / sum(_fans(shape))), dtype)


def xavier_uniform(
    rng: np.random.Generator,
    n_in: int,
    n_out: int,
    dtype: DTypeLike = np.float32,
    *,
    kernel: tuple[int, ...] = (),
) -> np.ndarray:
    """Draw weights as `xavier_normal` does, of the same variance, from a uniform distribution.

    W ~ U(−a, a), a = √(6/(fan_in + fan_out))

    Args:
        rng, n_in, n_out, dtype, kernel: as for `small`.

    Returns:
        W, shape (*kernel, n_in, n_out).

    >>> bool(abs(xavier_uniform(np.random.default_rng(0), 3, 3)).max() <= 1)
    True

    Source: Glorot and Bengio, Understanding the difficulty of training deep feedforward neural networks, 2010.
    """
    shape = _shape(rng, n_in, n_out, dtype, kernel)
    a = math.sqrt(6 / sum(_fans(shape)))
    return rng.uniform(-a, a, shape).astype(dtype)


def he(
    rng: np.random.Generator,
    n_in: int,
    n_out: int,
    dtype: DTypeLike = np.float32,
    *,
    kernel: tuple[int, ...] = (),
    slope: float = 0.0,
) -> np.ndarray:
    """Draw weights that keep the size of the signal through layers of ReLUs.

    W ~ N(0, 2/fan_in)

    A ReLU passes half of its input, hence the 2. A leaky one of slope a passes more: 2/((1 + a²) fan_in).

    Args:
        rng, n_in, n_out, dtype, kernel: as for `small`.
        slope: a ≥ 0, of the leaky ReLU below zero.

    Returns:
        W, shape (*kernel, n_in, n_out).

    >>> he(np.random.default_rng(0), 64, 10).shape
    (64, 10)

    Source: He, Zhang, Ren and Sun, Delving deep into rectifiers: surpassing human-level performance on
    ImageNet classification, 2015.
    """
    shape = _shape(rng, n_in, n_out, dtype, kernel)
    slope = check_number("slope", slope)
    return _normal(rng, shape, math.sqrt(2 / ((1 + slope**2) * _fans(shape)[0])), dtype)


def orthogonal(
    rng: np.random.Generator,
    n_in: int,
    n_out: int,
    dtype: DTypeLike = np.float32,
    *,
    kernel: tuple[int, ...] = (),
    gain: float = 1.0,
) -> np.ndarray:
    """Draw a random orthogonal matrix: a linear network of equal widths keeps the length of every signal, at any depth.

    Wᵀ W = gain² I, or W Wᵀ = gain² I where there are more units than inputs; W as a matrix (fan_in, n_out)

    Lengths are kept on the way forward if there are at least as many units as inputs; fewer units lose what lies
    outside their span. Q of the QR decomposition of a Gaussian matrix, with the signs of R's diagonal: so all
    orthogonal matrices are equally likely, half of them rotations and half reflections.

    Args:
        rng, n_in, n_out, dtype, kernel: as for `small`.
        gain: the length of an orthonormal column, ≥ 0; √2 in front of ReLUs.

    Returns:
        W, shape (*kernel, n_in, n_out).

    >>> W = orthogonal(np.random.default_rng(0), 5, 3, np.float64)
    >>> bool(np.allclose(W.T @ W, np.eye(3)))
    True

    Source: Saxe, McClelland and Ganguli, Exact solutions to the nonlinear dynamics of learning in deep linear
    neural networks, 2014.
    """
    shape = _shape(rng, n_in, n_out, dtype, kernel)
    gain = check_number("gain", gain)
    fan_in = _fans(shape)[0]
    Q, R = np.linalg.qr(rng.standard_normal((max(fan_in, n_out), min(fan_in, n_out))))
    Q *= np.where(np.diag(R) < 0, -1.0, 1.0)
    return (gain * (Q if fan_in >= n_out else Q.T)).reshape(shape).astype(dtype)


def draw_weights(
    rule: Callable[..., np.ndarray],
    rng: np.random.Generator,
    n_in: int,
    n_out: int,
    dtype: DTypeLike,
    kernel: tuple[int, ...] = (),
) -> np.ndarray:
    """Draw a layer's weights by a rule, which may be the user's own; return a copy of the right shape."""
    more = {"kernel": kernel} if kernel else {}
    W = np.array(rule(check_rng("rng", rng), n_in, n_out, dtype, **more), check_dtype(dtype))
    if W.shape != (*kernel, n_in, n_out):
        raise ValueError(f"init must return weights of shape {(*kernel, n_in, n_out)}, not {W.shape}")
    return W


def _normal(rng: np.random.Generator, shape: tuple[int, ...], std: float, dtype: DTypeLike) -> np.ndarray:
    return (rng.standard_normal(shape) * std).astype(dtype)


def _shape(
    rng: np.random.Generator, n_in: int, n_out: int, dtype: DTypeLike, kernel: tuple[int, ...]
) -> tuple[int, ...]:
    """Check the arguments of a rule, before anything is drawn, and return the shape of W."""
    check_rng("rng", rng), check_dtype(dtype)
    if not isinstance(kernel, tuple):
        raise TypeError(f"kernel must be a tuple such as (3, 3), not {kernel!r}")
    sides = (check_count("kernel", side) for side in kernel)
    return (*sides, check_count("n_in", n_in), check_count("n_out", n_out))


def _fans(shape: tuple[int, ...]) -> tuple[int, int]:
    window = math.prod(shape[:-2])
    return window * shape[-2], window * shape[-1]


def check_dtype(dtype: DTypeLike) -> np.dtype:
    """Return a float type as a NumPy dtype; raise TypeError for any other type."""
    if np.dtype(dtype).kind != "f":
        raise TypeError(f"dtype must be a float type, not {np.dtype(dtype)}")
    return np.dtype(dtype)
