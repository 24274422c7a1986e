"""A network's loss on one batch as a function of a vector, for methods that minimize such functions; its Hessian."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..optim.parameter_set import ParameterSet
from ..validation import check_count, check_number, check_rng
from .checkpoint import using_params
from .evaluation import Loss, check_net, check_rows
from .gradient_check import Replay
from .layers import Layer, fill_grads
from .losses import softmax_cross_entropy
from .penalties import Penalty, add_penalty_grad, penalty_value


class BatchLoss:
    """A network's loss on a fixed batch, or on a minibatch drawn at each call, as a function of one parameter vector.

    L(w) = (1/N) Σₙ loss(net_w(xₙ), yₙ) + penalty(w)

    It has the `value`, `grad`, `hessian` and `start` of a surface, so `minimize`, `range_test` and `hessian` take it.
    The vector has the layout of `net.params.flat`. For another w, the network uses w temporarily and then gets its own
    parameters back; for `net.params.flat` itself, nothing is copied. Random layers (dropout) draw the same numbers at
    every call, and running statistics do not change: one w, one value.

    Args:
        net: a network made of layers, such as Sequential(…).
        x: inputs, floats, shape (N, …).
        y: labels, or whatever the loss takes.
        loss: a function (scores, y) → (mean loss, gradient).
        penalty: added to the loss, on the weights; None for none.
        train: whether the layers are in training mode.
        batch: rows of the minibatch that each call of `value` or `grad` draws; None: all rows, one w, one value.
        rng: where minibatches are drawn from.

    >>> from course_lib.nn import L2, Dense, Sequential, Tanh
    >>> from course_lib.optim import LBFGS, minimize
    >>> rng = np.random.default_rng(0)
    >>> x, y = rng.normal(size=(50, 2)), rng.integers(2, size=50)
    >>> f64 = np.float64
    >>> net = Sequential(Dense(2, 3, rng=rng, dtype=f64), Tanh(), Dense(3, 2, rng=rng, dtype=f64))
    >>> loss = BatchLoss(net, x, y, penalty=L2(0.01))
    >>> found = minimize(loss, LBFGS(), loss.start)
    >>> net.params.flat = found.x  # the network itself has not been changed by then
    >>> found.value < 0.7, float(np.abs(loss.grad(found.x)).max()) < 1e-6
    (True, True)
    """

    def __init__(
        self,
        net: Layer,
        x: np.ndarray,
        y: np.ndarray,
        *,
        loss: Loss = softmax_cross_entropy,
        penalty: Penalty | None = None,
        train: bool = False,
        batch: int | None = None,
        rng: np.random.Generator | None = None,
    ) -> None:
        check_net(net)
        if not isinstance(net.params, ParameterSet):
            raise TypeError(f"net must be made of layers, to have one flat buffer: write Sequential({net!r})")
        if penalty is not None and not all(callable(getattr(penalty, name, None)) for name in ("value", "grad")):
            raise TypeError(f"penalty must be a penalty such as L2(1e-3), not {penalty!r}")
        self.x, self.y = check_rows("x", x, "y", y)
        self.batch, self.rng = batch, rng
        if batch is not None:
            check_rng("rng", rng)
            if check_count("batch", batch) > len(self.x):
                raise ValueError(f"batch must be at most {len(self.x)}, the number of rows of x, not {batch}")
        self.net, self.loss, self.penalty, self.train = net, loss, penalty, train
        self._replay = Replay(net)

    @property
    def start(self) -> np.ndarray:
        """A copy of the network's current parameters, shape (n,)."""
        return self.net.params.flat.copy()

    @property
    def dim(self) -> int:
        """The number of parameters n."""
        return self.net.params.flat.size

    def value(self, w: np.ndarray) -> float:
        """Return L(w)."""
        return self._at(w, self._value)

    def grad(self, w: np.ndarray) -> np.ndarray:
        """Return ∇L(w), shape (n,)."""
        return self._at(w, self._grad)

    def hessian(self, w: np.ndarray) -> np.ndarray:
        """Return the matrix of second derivatives at w, shape (n, n), by `hessian`."""
        return hessian(self, w)

    def _rows(self) -> tuple[np.ndarray, np.ndarray]:
        """The rows of one call: all, or a minibatch drawn anew."""
        if self.batch is None:
            return self.x, self.y
        rows = self.rng.choice(len(self.x), self.batch, replace=False)
        return self.x[rows], self.y[rows]

    def _value(self) -> float:
        x, y = self._rows()
        value = self.loss(self.net.forward(x, train=self.train), y)[0]
        return value + (0.0 if self.penalty is None else penalty_value(self.penalty, self.net.params))

    def _grad(self) -> np.ndarray:
        x, y = self._rows()
        dscores = self.loss(self.net.forward(x, train=self.train), y)[1]
        fill_grads(self.net, dscores)
        if self.penalty is not None:
            add_penalty_grad(self.penalty, self.net.params, self.net.grads)
        return self.net.grads.flat.copy()

    def _at(self, w: np.ndarray, compute: Any) -> Any:
        """Compute with the parameters w, and leave the network unchanged."""
        params = self.net.params
        if not isinstance(w, np.ndarray) or w.dtype.kind != "f":
            raise TypeError(f"w must be a float array, laid out as net.params.flat, not a {type(w).__name__}")
        if w.shape != params.flat.shape:
            raise ValueError(f"w must have shape {params.flat.shape}, as net.params.flat has, not {w.shape}")
        try:
            if w is params.flat:
                return compute()
            with using_params(self.net, params.with_flat(w.astype(params.flat.dtype, copy=False))):
                return compute()
        finally:
            self._replay()


def hessian(loss: Any, w: np.ndarray | None = None, *, h: float = 1e-5) -> np.ndarray:
    """Return the Hessian of a loss by central differences of its gradient: for a few hundred parameters.

    H eⱼ ≈ (∇L(w + h eⱼ) − ∇L(w − h eⱼ))/2h,  then (H + Hᵀ)/2

    This takes 2n gradients for n parameters; the error is about 1e-10 of the size of H. At a kink (ReLU) there is no
    second derivative, and the result depends on h.

    Args:
        loss: has `grad(w)`: a `BatchLoss` of a float64 network, or a surface.
        w: the point, float64, shape (n,); None: `loss.start`, a network's current parameters.
        h: the step, > 0.

    Returns:
        H, shape (n, n), symmetric to the last bit.

    >>> from course_lib.optim import Ravine
    >>> hessian(Ravine(kappa=4.0), np.array([1.0, 2.0])).round(6) + 0.0
    array([[0.25, 0.  ],
           [0.  , 1.  ]])

    Source: Nocedal and Wright, Numerical optimization, 2006.
    """
    if not callable(getattr(loss, "grad", None)):
        raise TypeError(f"loss must have .grad(w), such as BatchLoss(net, x, y), not {loss!r}")
    if getattr(loss, "batch", None) is not None:
        raise ValueError(
            f"loss must be on a fixed batch to be differentiated, not on {loss.batch} rows drawn at a time"
        )
    h = check_number("h", h)
    if not h:
        raise ValueError("h must be above 0")
    w = np.array(loss.start if w is None else w)
    if w.ndim != 1:
        raise ValueError(f"w must have shape (n,), not {w.shape}")
    if w.dtype != np.float64:
        raise TypeError(f"w is {w.dtype}, too coarse for differences: make the network with float64")
    H = np.empty((w.size, w.size))
    for j in range(w.size):
        kept = w[j]
        w[j] = kept + h
        above = loss.grad(w)
        w[j] = kept - h
        below = loss.grad(w)
        w[j] = kept
        if above.dtype != np.float64:
            raise TypeError(f"loss.grad(w) is {above.dtype}, too coarse for differences: make the network with float64")
        H[:, j] = (above - below) / (2 * h)
    return (H + H.T) / 2
