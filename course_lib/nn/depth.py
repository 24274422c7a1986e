"""What happens to a signal on its way through a deep stack, and to the gradient on its way back.

If weights are too small, both vanish; if weights are too large, units saturate or numbers explode.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from course_lib.validation import check_count, check_float, check_rng

Init = Callable[[np.random.Generator, int, int, np.dtype], np.ndarray]

#: name → (f, f′ written with y = f(z))
ACTIVATIONS: dict[str, tuple[Callable[[np.ndarray], np.ndarray], Callable[[np.ndarray], np.ndarray]]] = {
    "tanh": (np.tanh, lambda y: 1 - y * y),
    "relu": (lambda z: np.maximum(z, 0), lambda y: (y > 0).astype(y.dtype)),
    "sigmoid": (lambda z: 0.5 * (1 + np.tanh(z / 2)), lambda y: y * (1 - y)),
}


class Depth(NamedTuple):
    """Statistics of each layer; the arrays have a row for each of the L layers, the input's first.

    Attributes:
        mean, std: of the layer's output y, shape (L,).
        flat: the fraction of outputs where the slope f′ is below 0.01 (saturated, or a ReLU that is off), shape (L,).
        dead: the fraction of units whose slope is below 0.01 for every example of the batch, shape (L,).
        counts, edges: a histogram of y, shapes (L, bins) and (L, bins + 1): `ax.stairs(counts[i], edges[i])`.
        grad_mean, grad_std: of ∂L/∂y, shape (L,).
        grad_counts, grad_edges: its histogram.
        weight_grad_std: the standard deviation of ∂L/∂W, shape (L,).
    """

    mean: np.ndarray
    std: np.ndarray
    flat: np.ndarray
    dead: np.ndarray
    counts: np.ndarray
    edges: np.ndarray
    grad_mean: np.ndarray
    grad_std: np.ndarray
    grad_counts: np.ndarray
    grad_edges: np.ndarray
    weight_grad_std: np.ndarray


def through_depth(
    x: np.ndarray,
    init: Init,
    *,
    rng: np.random.Generator,
    activation: str = "tanh",
    depth: int = 10,
    width: int | None = None,
    bins: int = 50,
) -> Depth:
    """Propagate a batch forward through a deep stack of equal layers, and a random gradient back.

    yₗ = f(yₗ₋₁ Wₗ), y₀ = x;  ∂L/∂y_L ~ N(0, 1), ∂L/∂Wₗ = yₗ₋₁ᵀ dzₗ, ∂L/∂yₗ₋₁ = dzₗ Wₗᵀ, dzₗ = f′(zₗ) ∂L/∂yₗ

    Args:
        x: a batch, floats, shape (N, D).
        init: draws a layer's weights, called as init(rng, n_in, n_out, dtype).
        rng: draws the weights, the first layer's first, and then the last layer's gradient.
        activation: f: "tanh", "relu" or "sigmoid".
        depth: number of layers L, ≥ 1.
        width: units of a layer; D if None.
        bins: number of bins of a histogram, ≥ 1.

    Returns:
        Depth: means, standard deviations and histograms of outputs and gradients.

    Raises:
        OverflowError: outputs or gradients too large for floats; the message names the layer.

    >>> from course_lib.nn.init import small
    >>> rng = np.random.default_rng(0)
    >>> stats = through_depth(rng.standard_normal((100, 500)), small, rng=rng, depth=3)
    >>> [f"{s:.2g}" for s in stats.std]
    ['0.21', '0.047', '0.011']

    Source: Glorot and Bengio, Understanding the difficulty of training deep feedforward neural networks, 2010.
    """
    check_float(x, "x")
    if x.ndim != 2 or x.size == 0:
        raise ValueError(f"x must have shape (N, D) with N and D at least 1, not {x.shape}")
    if not np.isfinite(x).all():
        raise ValueError("x must be finite, but holds nan or inf")
    check_rng("rng", rng)
    if activation not in ACTIVATIONS:
        raise ValueError(f"activation must be one of {', '.join(ACTIVATIONS)}, not {activation!r}")
    f, slope = ACTIVATIONS[activation]
    depth, bins = check_count("depth", depth), check_count("bins", bins)
    width = x.shape[1] if width is None else check_count("width", width)

    ys, weights = [x.astype(float)], []
    for layer in range(1, depth + 1):
        shape = (ys[-1].shape[1], width)
        W = np.asarray(init(rng, *shape, np.dtype(float)), float)
        if W.shape != shape:
            raise ValueError(f"init must return weights of shape {shape} for layer {layer}, not {W.shape}")
        if not np.isfinite(W).all():
            raise ValueError(f"init must return finite weights for layer {layer}")
        with np.errstate(over="ignore", invalid="ignore"):
            ys.append(_finite(f(ys[-1] @ W), f"the output of layer {layer}"))
        weights.append(W)

    dys, dWs, dy = [], [], rng.standard_normal(ys[-1].shape)
    for layer in range(depth, 0, -1):
        dys.insert(0, dy)
        with np.errstate(over="ignore", invalid="ignore"):
            dz = slope(ys[layer]) * dy
            dWs.insert(0, _finite(ys[layer - 1].T @ dz, f"the gradient of layer {layer}'s weights"))
            dy = _finite(dz @ weights[layer - 1].T, f"the gradient of layer {layer}'s input")

    outputs = ys[1:]
    flats = [slope(y) < 0.01 for y in outputs]
    counts, edges = zip(*(_histogram(y, bins, symmetric=activation == "tanh") for y in outputs), strict=True)
    grad_counts, grad_edges = zip(*(_histogram(dy, bins, symmetric=True) for dy in dys), strict=True)
    return Depth(
        mean=np.array([y.mean() for y in outputs]),
        std=np.array([_std(y) for y in outputs]),
        flat=np.array([flat.mean() for flat in flats]),
        dead=np.array([flat.all(axis=0).mean() for flat in flats]),
        counts=np.array(counts),
        edges=np.array(edges),
        grad_mean=np.array([dy.mean() for dy in dys]),
        grad_std=np.array([_std(dy) for dy in dys]),
        grad_counts=np.array(grad_counts),
        grad_edges=np.array(grad_edges),
        weight_grad_std=np.array([_std(dW) for dW in dWs]),
    )


def _histogram(a: np.ndarray, bins: int, symmetric: bool) -> tuple[np.ndarray, np.ndarray]:
    """Return counts and edges from 0 (from −h if symmetric) to h, the largest absolute value (1 if all are zero)."""
    high = float(np.abs(a).max()) or 1.0
    counts, edges = np.histogram(a / high, bins, range=(-1.0 if symmetric else 0.0, 1.0))
    return counts, edges * high


def _std(a: np.ndarray) -> float:
    """Compute the standard deviation on the scale of the largest number, as squares over- or underflow."""
    high = float(np.abs(a).max()) or 1.0
    return float((a / high).std() * high)


def _finite(a: np.ndarray, what: str) -> np.ndarray:
    if not np.isfinite(a).all():
        raise OverflowError(f"{what} is too large for a number: take fewer layers or smaller weights")
    return a
