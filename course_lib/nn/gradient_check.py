"""The numerical gradient check: does a network's backward pass compute the gradient of its loss?"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from ..validation import check_count, check_number
from .evaluation import Loss, check_net, check_rows
from .layers import Layer
from .losses import softmax_cross_entropy
from .steps import describe_layer, forward_hooks, iter_layers, named_layers


def numerical_gradient(f: Callable[[np.ndarray], float], w: np.ndarray, h: float = 1e-5) -> np.ndarray:
    """Return the gradient of f at w by central differences, one component after the other.

    ∂f/∂wᵢ ≈ (f(w + h eᵢ) − f(w − h eᵢ))/2h, with an error that falls with h²

    Args:
        f: a function of an array that returns a number.
        w: the point, an array of any shape; it is not changed.
        h: the step. In float64, 1e-5 is near the best for values of about 1.

    Returns:
        The gradient, float64, of the shape of w.

    >>> numerical_gradient(lambda w: np.sum(w**2), np.array([1.0, -2.0])).round(6)
    array([ 2., -4.])

    Source: Bengio, Practical recommendations for gradient-based training of deep architectures, 2012.
    """
    w = np.array(w, dtype=float)
    dw, step = np.zeros_like(w), np.zeros_like(w)
    for i in np.ndindex(w.shape):
        step[i] = h
        dw[i] = (f(w + step) - f(w - step)) / (2 * h)
        step[i] = 0
    return dw


@dataclass(frozen=True)
class Compared:
    """One array's gradients, the network's and the numerical ones.

    Attributes:
        name: of the parameter; "x" is the input.
        error: the relative error ‖a − n‖/(‖a‖ + ‖n‖), between 0 and 1, over the components that were compared.
        worst: the index of the component with the largest error.
        analytic: the network's gradient there.
        numeric: the numerical gradient there.
        compared: number of components that were compared.
        kinks: number of components that were left out, because the loss has a kink there.
    """

    name: str
    error: float
    worst: tuple[int, ...]
    analytic: float
    numeric: float
    compared: int
    kinks: int


@dataclass(frozen=True, repr=False)
class GradientCheck:
    """The result of a gradient check: one row for each array, the worst first, and the layers at fault.

    Attributes:
        rows: a `Compared` for each array, the largest error first.
        tolerance: the largest error that counts as right.
        culprits: a description of each layer whose own backward pass is wrong; empty if all is well.
    """

    rows: tuple[Compared, ...]
    tolerance: float
    culprits: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Whether every gradient that could be compared is right."""
        return all(row.error <= self.tolerance for row in self.rows)

    @property
    def wrong(self) -> tuple[str, ...]:
        """The names of the arrays whose gradient is wrong, the worst first."""
        return tuple(row.name for row in self.rows if not row.error <= self.tolerance)

    def __repr__(self) -> str:
        width = max(9, *(len(row.name) for row in self.rows))
        lines = [f"{'gradient':{width}}  {'error':>8}        worst at: network, numerical"]
        for row in self.rows:
            text = f"{row.error:8.1e}  {'ok   ' if row.error <= self.tolerance else 'WRONG'} "
            text += f"{list(row.worst)}: {row.analytic:.6g}, {row.numeric:.6g}"
            text += f" ({row.kinks} at a kink, left out)" if row.kinks else ""
            lines.append(f"{row.name:{width}}  {text if row.compared else f'{row.kinks} left out, all at a kink'}")
        return "\n".join([*lines, *(f"wrong: {culprit}" for culprit in self.culprits)])


def gradient_check(
    net: Layer,
    x: np.ndarray,
    y: np.ndarray,
    loss: Loss = softmax_cross_entropy,
    *,
    train: bool = False,
    samples: int | None = None,
    rng: np.random.Generator | None = None,
    h: float = 1e-5,
    tolerance: float = 1e-6,
) -> GradientCheck:
    """Compare the gradients of the backward pass with numerical ones.

    n = (L(w + h) − L(w − h))/2h,    error = ‖a − n‖/(‖a‖ + ‖n‖)    for each array, a from backward

    The input counts as an array, too. If one is wrong, every layer is checked alone, with a random gradient dy: is its
    backward pass that of Σ dy · forward? So the report names the layer that is wrong, not only those that suffer.

    A ReLU or a maximum has kinks. If a step of h crosses one, n is neither slope; a component that is off is
    compared again with h/10, and left out if the slopes on the two sides still differ as much: there is no gradient.

    Random layers (dropout) draw the same numbers every time. The network is left unchanged, except for its `grads`.

    Args:
        net: a network of float64; in float32 rounding, 1e-7/h, is as large as the slope.
        x: inputs, float64, shape (N, …); a few rows are enough.
        y: labels, or whatever the loss takes.
        loss: a function (scores, y) → (mean loss, gradient).
        train: whether the layers are in training mode.
        samples: number of components of each array to compare, drawn by `rng`; None: all of them.
        rng: draws the components; needed with `samples`.
        h: the step, > 0.
        tolerance: the largest error that counts as right: 1e-7 is usual for a right gradient; 1e-2 is a mistake.

    >>> from course_lib.nn import Dense, Sequential
    >>> rng = np.random.default_rng(0)
    >>> net = Sequential(Dense(3, 2, rng=rng, dtype=np.float64))
    >>> gradient_check(net, rng.normal(size=(4, 3)), np.array([0, 1, 1, 0])).ok
    True

    Source: Bengio, Practical recommendations for gradient-based training of deep architectures, 2012.
    """
    check_net(net)
    x, y = check_rows("x", x, "y", y)
    _check_float64({"x": x} | {f"params[{k!r}]": p for k, p in net.params.items()})
    h, tolerance = check_number("h", h), check_number("tolerance", tolerance)
    if not h:
        raise ValueError("h must be above 0")
    if samples is not None:
        check_count("samples", samples)
        if not isinstance(rng, np.random.Generator):
            raise TypeError(f"samples={samples} needs rng, such as np.random.default_rng(0), not {rng!r}")
    x = x.copy()
    picked = {name: _pick(a.size, samples, rng) for name, a in {"x": x, **net.params}.items()}
    replay = Replay(net)  # after the picks: a random layer may draw from the same generator

    def value() -> float:
        replay()
        return loss(net.forward(x, train=train), y)[0]

    try:
        scores = net.forward(x, train=train)
        dscores = loss(scores, y)[1]
        analytic = {"x": net.backward(dscores).copy(), **{k: g.copy() for k, g in net.grads.items()}}
        arrays = {"x": x, **net.params}
        rows = [_compare(name, arrays[name], a, value, picked[name], h, tolerance) for name, a in analytic.items()]
        culprits = ()
        if any(not row.error <= tolerance for row in rows):
            replay()
            culprits = tuple(_culprits(net, x, y, loss, train, h, tolerance, samples))
    finally:
        replay()
    return GradientCheck(tuple(sorted(rows, key=lambda row: -row.error)), tolerance, culprits)


class Replay:
    """A snapshot of a network's random generators and running statistics; calling it restores them."""

    def __init__(self, net: Layer) -> None:
        self.layers = list(iter_layers(net))
        self.state = [{k: a.copy() for k, a in layer.state.items()} for layer in self.layers]
        self.rngs = [g for layer in self.layers for g in vars(layer).values() if isinstance(g, np.random.Generator)]
        self.draws = [copy.deepcopy(g.bit_generator.state) for g in self.rngs]

    def __call__(self) -> None:
        for layer, state in zip(self.layers, self.state, strict=True):
            for k, a in state.items():
                layer.state[k][...] = a
        for g, draws in zip(self.rngs, self.draws, strict=True):
            g.bit_generator.state = draws


def _culprits(
    net: Layer, x: np.ndarray, y: np.ndarray, loss: Loss, train: bool, h: float, tolerance: float, samples: int | None
) -> Iterator[str]:
    """Check the loss alone; each layer alone, at its input in the network; then the containers of layers."""
    rng, inputs, layers = np.random.default_rng(0), {}, dict(named_layers(net)) or {"": net}
    with forward_hooks(layers, lambda name, x, y: inputs.setdefault(name, x.copy())):
        scores = net.forward(x, train=train)
    a = loss(scores, y)[1]
    row = _compare("s", scores, a, lambda: loss(scores, y)[0], _pick(a.size, samples, rng), h, tolerance)
    if not row.error <= tolerance:
        yield f"the loss: its gradient is off by {row.error:.1e}"
    simple = {name: layer for name, layer in layers.items() if not getattr(layer, "parts", {})}
    for group in simple, {name: layer for name, layer in layers.items() if name not in simple}:
        found = []
        for name, layer in group.items():
            rows = _check_layer(layer, inputs[name], train, h, tolerance, samples, rng) if name in inputs else []
            wrong = [f"d{row.name} is off by {row.error:.1e}" for row in rows if not row.error <= tolerance]
            if wrong:
                found.append(f"layer {name}, {describe_layer(layer)}: {', '.join(wrong)}")
        yield from found
        if found:  # a container of a wrong layer is wrong, too
            return


def _check_layer(
    layer: Layer, x: np.ndarray, train: bool, h: float, tolerance: float, samples: int | None, rng: np.random.Generator
) -> list[Compared]:
    """Check one layer by the gradient of Σ dy · forward(x), dy random."""
    replay = Replay(layer)
    y = layer.forward(x, train=train)
    dy = rng.standard_normal(y.shape)

    def value() -> float:
        replay()
        return float((dy * layer.forward(x, train=train)).sum())

    value()
    found = {"x": layer.backward(dy).copy(), **{k: g.copy() for k, g in layer.grads.items()}}
    arrays = {"x": x, **layer.params}
    return [
        _compare(name, arrays[name], a, value, _pick(a.size, samples, rng), h, tolerance) for name, a in found.items()
    ]


def _compare(
    name: str, w: np.ndarray, a: np.ndarray, value: Callable[[], float], picked: np.ndarray, h: float, tolerance: float
) -> Compared:
    """Compare one array's gradient a with the slopes of `value` in w, at the picked components."""
    if a.shape != w.shape:
        raise ValueError(f"the gradient of {name} must have shape {w.shape}, not {a.shape}")
    middle = value()

    def slopes(at: tuple[int, ...], step: float) -> tuple[float, float]:
        """Return the left and the right slope; their mean is the central difference."""
        kept = w[at]
        try:
            w[at] = kept + step
            right = value()
            w[at] = kept - step
            left = value()
        finally:
            w[at] = kept
        return (middle - left) / step, (right - middle) / step

    places = [tuple(int(k) for k in np.unravel_index(i, w.shape)) for i in picked]
    both = np.array([slopes(at, h) for at in places]).reshape(-1, 2)
    ours, slope = np.array([a[at] for at in places]), both.mean(axis=1)
    # Where the two differ by more than rounding, look closer: is it a kink?
    noise = 1e-14 * max(1.0, abs(middle)) / h
    kink = np.zeros(len(places), dtype=bool)
    for i in np.flatnonzero(np.abs(ours - slope) > tolerance * np.abs(slope) + 10 * noise):
        left, right = slopes(places[i], h / 10)
        gap = abs(right - left)
        if abs((left + right) / 2 - ours[i]) < abs(slope[i] - ours[i]) / 2:
            slope[i] = (left + right) / 2  # the kink was further away than that
        else:  # without a kink the gap would be a tenth by now
            kink[i] = gap > abs(both[i, 1] - both[i, 0]) / 4 and gap > 100 * noise
    ours, slope, places = ours[~kink], slope[~kink], [at for at, k in zip(places, kink, strict=True) if not k]
    if not places:
        return Compared(name, 0.0, (), math.nan, math.nan, 0, int(kink.sum()))
    off, size = np.linalg.norm(ours - slope), np.linalg.norm(ours) + np.linalg.norm(slope)
    size = max(size, 1e5 * noise * math.sqrt(len(places)))  # two zeros are equal, though rounding makes them 1e-11
    error = float(off / size) if math.isfinite(off) else math.inf
    i = int(np.abs(ours - slope).argmax())
    return Compared(name, error, places[i], float(ours[i]), float(slope[i]), len(places), int(kink.sum()))


def _pick(size: int, samples: int | None, rng: np.random.Generator | None) -> np.ndarray:
    return np.arange(size) if samples is None or size <= samples else np.sort(rng.permutation(size)[:samples])


def _check_float64(arrays: dict[str, np.ndarray]) -> None:
    for label, a in arrays.items():
        if a.dtype != np.float64:
            raise TypeError(f"{label} is {a.dtype}, too coarse for differences: make the network and x with float64")
