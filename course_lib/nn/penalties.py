"""Penalties: what large weights cost.

Each has a value, a gradient, and a proximal step: the point that best trades "stay near w" for "cost little",

    prox(w, step) = argmin_u ½ ‖u − w‖² + step · penalty(u).

A step of gradient descent on the loss alone, then prox with the same step size, is proximal gradient descent. It
produces exact zeros, whereas adding the gradient of |w| only ever jumps over zero.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any, Protocol

import numpy as np

from ..validation import check_float, check_number


class Penalty(Protocol):
    """The interface of a penalty."""

    def value(self, w: np.ndarray) -> float:
        """Return the penalty of w."""

    def grad(self, w: np.ndarray) -> np.ndarray:
        """Return the gradient (a subgradient at a corner), of the shape of w."""

    def prox(self, w: np.ndarray, step: float) -> np.ndarray:
        """Return the proximal step of size step ≥ 0 from w, of the shape of w."""


class L2:
    """Half the squared norm: every weight shrinks in proportion to its size.

    ½ λ ‖w‖²;  gradient λ w;  prox w/(1 + step λ)

    With SGD its gradient is weight decay: w ← (1 − α λ) w − α ∇f. With an optimizer that rescales gradients it is not.

    Args:
        strength: λ ≥ 0.

    >>> L2(0.1).grad(np.array([5.0]))
    array([0.5])

    Source: Hoerl and Kennard, Ridge regression: biased estimation for nonorthogonal problems, 1970.
    """

    def __init__(self, strength: float) -> None:
        self.strength = check_number("strength", strength)

    def value(self, w: np.ndarray) -> float:
        return 0.5 * self.strength * float(np.square(_weights(w)).sum())

    def grad(self, w: np.ndarray) -> np.ndarray:
        return self.strength * _weights(w)

    def prox(self, w: np.ndarray, step: float) -> np.ndarray:
        return _weights(w) / (1 + check_number("step", step) * self.strength)

    def __repr__(self) -> str:
        return f"L2({self.strength:g})"


def soft_threshold(w: Any, a: Any) -> Any:
    """Move w towards 0 by a, and no further: what is nearer to 0 becomes 0.

    sign(w) max(|w| − a, 0)

    It is the proximal step of a |w|. A number or an array for each argument; nothing is checked.

    Args:
        w: the weights.
        a: ≥ 0.

    >>> soft_threshold(np.array([3.0, -0.5, -2.0]), 1.0)
    array([ 2.,  0., -1.])

    Source: Donoho, De-noising by soft-thresholding, 1995.
    """
    return w - np.clip(w, -a, a)  # sign(w) max(|w| − a, 0), with no −0


class L1:
    """The sum of absolute values: every weight shrinks by the same amount, and small ones end at exactly zero.

    λ ‖w‖₁;  gradient λ sign(w), 0 at 0;  prox sign(w) max(|w| − step λ, 0)

    Args:
        strength: λ ≥ 0.

    >>> L1(1.0).prox(np.array([3.0, -0.5]), step=1.0)
    array([2., 0.])

    Source: Tibshirani, Regression shrinkage and selection via the lasso, 1996; the proximal step: Daubechies,
    Defrise and De Mol, An iterative thresholding algorithm for linear inverse problems with a sparsity constraint,
    2004.
    """

    def __init__(self, strength: float) -> None:
        self.strength = check_number("strength", strength)

    def value(self, w: np.ndarray) -> float:
        return self.strength * float(np.abs(_weights(w)).sum())

    def grad(self, w: np.ndarray) -> np.ndarray:
        return self.strength * np.sign(_weights(w))

    def prox(self, w: np.ndarray, step: float) -> np.ndarray:
        return soft_threshold(_weights(w), check_number("step", step) * self.strength)

    def __repr__(self) -> str:
        return f"L1({self.strength:g})"


class ElasticNet:
    """L1 and L2 together: zeros as with L1, and similar weights for correlated inputs as with L2.

    λ₁ ‖w‖₁ + ½ λ₂ ‖w‖²;  gradient λ₁ sign(w) + λ₂ w;  prox sign(w) max(|w| − step λ₁, 0)/(1 + step λ₂)

    Args:
        l1: λ₁ ≥ 0.
        l2: λ₂ ≥ 0.

    >>> ElasticNet(l1=1.0, l2=1.0).prox(np.array([3.0, 0.5]), step=1.0)
    array([1., 0.])

    Source: Zou and Hastie, Regularization and variable selection via the elastic net, 2005.
    """

    def __init__(self, l1: float, l2: float) -> None:
        self.l1, self.l2 = check_number("l1", l1), check_number("l2", l2)

    def value(self, w: np.ndarray) -> float:
        return L1(self.l1).value(w) + L2(self.l2).value(w)

    def grad(self, w: np.ndarray) -> np.ndarray:
        return L1(self.l1).grad(w) + L2(self.l2).grad(w)

    def prox(self, w: np.ndarray, step: float) -> np.ndarray:
        step = check_number("step", step)
        return soft_threshold(_weights(w), step * self.l1) / (1 + step * self.l2)

    def __repr__(self) -> str:
        return f"ElasticNet(l1={self.l1:g}, l2={self.l2:g})"


class MaxNorm:
    """A limit instead of a price: the norm of the weights that go into one unit is at most c.

    0 where ‖w‖ ≤ c, else ∞;  gradient 0;  prox w · min(1, c/‖w‖), whatever the step

    Only prox has an effect: the gradient does not see the limit.

    Args:
        limit: c > 0.
        axis: the axes of w that belong to one unit. None: all but the last, which are a unit's inputs in a Dense
            layer's (n_in, n_out) and a convolution's (kh, kw, c_in, c_out); all of a vector.

    >>> MaxNorm(1.0).prox(np.array([[3.0, 0.3], [4.0, 0.4]]), step=0.1)
    array([[0.6, 0.3],
           [0.8, 0.4]])

    Source: Srebro, Rennie and Jaakkola, Maximum-margin matrix factorization, 2004; with dropout: Srivastava, Hinton,
    Krizhevsky, Sutskever and Salakhutdinov, Dropout: a simple way to prevent neural networks from overfitting, 2014.
    """

    def __init__(self, limit: float, axis: int | tuple[int, ...] | None = None) -> None:
        self.limit = check_number("limit", limit)
        if self.limit == 0:
            raise ValueError("limit must be above 0")
        if axis is not None and not all(isinstance(a, int) for a in (axis if isinstance(axis, tuple) else (axis,))):
            raise TypeError(f"axis must be an integer, a tuple of them or None, not {axis!r}")
        self.axis = axis

    def value(self, w: np.ndarray) -> float:
        room = 1 + 8 * np.finfo(_weights(w).dtype).eps  # what prox has brought to the limit is within it
        return 0.0 if (self._norms(w) <= room * self.limit).all() else math.inf

    def grad(self, w: np.ndarray) -> np.ndarray:
        return np.zeros_like(_weights(w))

    def prox(self, w: np.ndarray, step: float) -> np.ndarray:
        check_number("step", step)
        return _weights(w) * (self.limit / np.maximum(self._norms(w), self.limit))

    def _norms(self, w: np.ndarray) -> np.ndarray:
        axis = tuple(range(max(w.ndim - 1, 1))) if self.axis is None else self.axis
        if any(not -w.ndim <= a < w.ndim for a in (axis if isinstance(axis, tuple) else (axis,))):
            raise ValueError(f"{self!r} with axis={axis} does not fit w of shape {w.shape}")
        # In float32 the square of 10²⁰ is infinite, and the weights would become 0.
        return np.sqrt(np.square(w, dtype=np.float64).sum(axis=axis, keepdims=True)).astype(w.dtype)

    def __repr__(self) -> str:
        return f"MaxNorm({self.limit:g})" if self.axis is None else f"MaxNorm({self.limit:g}, axis={self.axis})"


def is_weight(name: str) -> bool:
    """Check whether a parameter is a weight ("W", "0.W"), and not a bias or batch normalization's γ or β.

    >>> [is_weight(name) for name in ("0.W", "0.b", "1.gamma")]
    [True, False, False]
    """
    return str(name).endswith("W")


def penalty_value(penalty: Penalty, params: Mapping[str, np.ndarray], on: Callable[[str], bool] = is_weight) -> float:
    """Compute the penalty of a network's weights.

    Σ penalty(w), over the weights

    Args:
        penalty: a penalty.
        params: name → array.
        on: a function name → whether the penalty applies; by default to weights only.

    >>> penalty_value(L2(1.0), {"0.W": np.ones((2, 2)), "0.b": np.ones(2)})
    2.0
    """
    return sum((penalty.value(params[name]) for name in params if on(name)), 0.0)


def add_penalty_grad(
    penalty: Penalty,
    params: Mapping[str, np.ndarray],
    grads: Mapping[str, np.ndarray],
    on: Callable[[str], bool] = is_weight,
) -> None:
    """Add the penalty's gradient to the loss's, in place: before an optimizer's step.

    g ← g + ∇penalty(w), for the weights

    Args:
        penalty: a penalty.
        params: name → array.
        grads: name → array of the same shape; changed in place.
        on: a function name → whether the penalty applies; by default to weights only.

    >>> grads = {"W": np.zeros(2), "b": np.zeros(1)}
    >>> add_penalty_grad(L2(0.5), {"W": np.ones(2), "b": np.ones(1)}, grads)
    >>> grads
    {'W': array([0.5, 0.5]), 'b': array([0.])}
    """
    added = {name: penalty.grad(params[name]) for name in params if on(name)}
    for name, g in added.items():
        if name not in grads or grads[name].shape != g.shape:
            raise ValueError(f"grads[{name!r}] must have shape {g.shape}, as params[{name!r}] has")
    for name, g in added.items():
        grads[name][...] += g


def apply_prox(
    penalty: Penalty, params: Mapping[str, np.ndarray], step: float, on: Callable[[str], bool] = is_weight
) -> None:
    """Take the penalty's proximal step on the weights, in place: after an optimizer's step on the loss alone.

    w ← prox(w, step), for the weights

    Args:
        penalty: a penalty.
        params: name → array; changed in place.
        step: ≥ 0; the learning rate of the optimizer's step.
        on: a function name → whether the penalty applies; by default to weights only.

    >>> params = {"W": np.array([0.3, -2.0]), "b": np.array([0.3])}
    >>> apply_prox(L1(1.0), params, step=0.5)
    >>> params
    {'W': array([ 0. , -1.5]), 'b': array([0.3])}
    """
    shrunk = {name: penalty.prox(params[name], step) for name in params if on(name)}  # all, or none if one fails
    for name, w in shrunk.items():
        params[name][...] = w


def _weights(w: Any) -> np.ndarray:
    check_float(w, "w")
    return w
