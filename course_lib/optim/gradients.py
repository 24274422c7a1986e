"""Transformations of gradients before a step. Each function returns new gradients, so they nest:

opt.step(params, clip_norm(l2(grads, params, 1e-4), 1.0))
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ..validation import check_float, check_number
from .parameter_set import ParameterSet
from .trees import check_grads, check_params, leaves, rebuild_like


def l2(grads: Any, params: Any, weight_decay: float) -> Any:
    """Add the gradient of an L2 penalty: weight decay that is coupled to the loss.

    ∇f(x) + λ x, the gradient of f(x) + ½ λ ‖x‖²

    For SGD it is the same as shrinking x by the share α λ per step. For a method that rescales gradients it is not:
    `AdamW` has decoupled weight decay.

    Args:
        grads: gradients, structured like `params`.
        params: a float array, or a list or dict of them. To leave out the biases, pass the weights alone.
        weight_decay: λ ≥ 0.

    >>> l2(np.array([1.0]), np.array([5.0]), weight_decay=0.1)
    array([1.5])

    Source: Loshchilov and Hutter, Decoupled weight decay regularization, 2019, names the two kinds.
    """
    lam = check_number("weight_decay", weight_decay)
    if isinstance(params, ParameterSet) and params.fits(grads):
        return grads.with_flat(grads.flat + lam * params.flat)
    xs = check_params(params)
    dxs = check_grads(grads, params, xs)
    return rebuild_like(params, {key: dx + lam * xs[key] for key, dx in dxs.items()})


def clip_value(grads: Any, limit: float) -> Any:
    """Clip every component to [−limit, limit].

    This also changes the gradient's direction. nan stays nan.

    Args:
        grads: a float array, or a list or dict of them.
        limit: the largest absolute value of a component, ≥ 0.

    >>> clip_value([np.array([3.0, -0.5])], limit=1.0)
    [array([ 1. , -0.5])]

    Source: Mikolov, Statistical language models based on neural networks, 2012.
    """
    limit = check_number("limit", limit)
    return _each(grads, lambda dx: np.clip(dx, -limit, limit))


def global_norm(grads: Any) -> float:
    """Return the norm of all gradients together.

    ‖g‖ = √(Σ g²), the sum over every component of every array

    Args:
        grads: a float array, or a list or dict of them.

    >>> global_norm([np.array([3.0]), np.array([[4.0]])])
    5.0
    """
    dxs = [grads.flat] if isinstance(grads, ParameterSet) else list(_leaves(grads).values())
    squares = sum(float(np.vdot(dx, dx)) for dx in dxs)
    if 1e-30 < squares < math.inf:
        return math.sqrt(squares)
    # too small or too large to be squared as they are: by the largest component, in float64
    largest = float(np.max([np.abs(dx).max(initial=0.0) for dx in dxs], initial=0.0))
    if largest == 0.0 or not math.isfinite(largest):
        return largest
    return largest * math.sqrt(sum(float(np.square(dx.astype(float) / largest).sum()) for dx in dxs))


def clip_norm(grads: Any, max_norm: float) -> Any:
    """Scale all gradients by one factor, to a norm of at most max_norm.

    g ← g · min(1, max_norm/‖g‖), ‖g‖ over all arrays together

    The direction stays the same. A gradient with nan or inf in it has no direction and is left as it is, for the
    optimizer to report.

    Args:
        grads: a float array, or a list or dict of them.
        max_norm: the largest norm, ≥ 0.

    >>> clip_norm({"W": np.array([3.0]), "b": np.array([4.0])}, max_norm=1.0)
    {'W': array([0.6]), 'b': array([0.8])}

    Source: Pascanu, Mikolov and Bengio, On the difficulty of training recurrent neural networks, 2013.
    """
    max_norm = check_number("max_norm", max_norm)
    norm = global_norm(grads)
    shorter = max_norm / norm if math.isfinite(norm) and norm > max_norm else 1.0
    return _each(grads, lambda dx: dx * shorter)


def _each(grads: Any, function: Callable[[np.ndarray], np.ndarray]) -> Any:
    """Apply a function to each array, and return the results structured like `grads`; a set is one array."""
    if isinstance(grads, ParameterSet):
        return grads.with_flat(function(grads.flat))
    return rebuild_like(grads, {key: np.asarray(function(dx)) for key, dx in _leaves(grads).items()})


def _leaves(grads: Any) -> dict[Any, np.ndarray]:
    dxs = leaves(grads, "grads")
    for key, dx in dxs.items():
        check_float(dx, "grads" if key is None else f"grads[{key!r}]")
    return dxs
