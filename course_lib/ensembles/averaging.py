"""Averages of weights: along one run (EMA, SWA), where they help; and of independent nets, where they do not."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..nn.checkpoint import copy_into
from ..nn.evaluation import check_net, check_rows
from ..nn.layers import Layer
from ..nn.normalization import BatchNorm
from ..nn.steps import iter_layers
from ..optim.optimizer import Optimizer
from ..optim.trees import check_broadcast, check_layout, check_params, has_nonfinite, layout_of, rebuild_like
from ..optim.wrappers import Wrapper
from ..validation import check_count


class _Averaging(Wrapper):
    """Step with the inner optimizer, and average its iterates: the base of `EMA` and `SWA`."""

    slots = ("x_test",)

    def __init__(self, inner: Optimizer, **hyper: Any) -> None:
        super().__init__(inner, **hyper)
        innermost = inner
        while isinstance(innermost, Wrapper):
            innermost = innermost.inner
        if innermost.tests_others:
            raise TypeError(f"inner must not be {type(innermost).__name__}: it keeps an average of its own")
        self.own_settings()

    def update_average(self, x: np.ndarray, x_test: np.ndarray) -> None:
        """Add x to its average, after a step."""
        raise NotImplementedError(f"{type(self).__name__} must define update_average(self, x, x_test)")

    def weight(self) -> Any:
        """Return the sum of the weights of all x in x_test, 0 before there are any."""
        raise NotImplementedError(f"{type(self).__name__} must define weight(self)")

    def step(self, params: Any, grads: Any, *, nonfinite: str = "raise") -> None:
        """Make one step, and add the new point to the average; see `Optimizer.step`."""
        self._step_and_average(params, lambda: self.inner.step(params, grads, nonfinite=nonfinite))

    def step_closure(self, params: Any, loss: Any, *, nonfinite: str = "raise") -> None:
        """Make the same step with a closure that evaluates the loss; see `Optimizer.step_closure`."""
        self._step_and_average(params, lambda: self.inner.step_closure(params, loss, nonfinite=nonfinite))

    def _step_and_average(self, params: Any, inner_step: Callable[[], None]) -> None:
        xs = self._check_params(params)
        before = self.inner.t
        inner_step()
        if self.inner.t == before:  # it was skipped
            return
        if self._layout is None:
            self._layout, self._state = layout_of(params, xs), [{key: np.zeros_like(x) for key, x in xs.items()}]
        self.t += 1
        for key, x in xs.items():
            self.update_average(x, self._state[0][key])

    def _check_params(self, params: Any) -> dict[Any, np.ndarray]:
        now = self.own_settings()
        xs = check_params(params)
        if self._layout is not None:
            check_layout(layout_of(params, xs), self._layout, "params")
        check_broadcast({name: h for name, h in now.items() if isinstance(h, np.ndarray)}, xs)
        return xs

    def test_params(self, params: Any) -> Any:
        """Return the average, x_test, structured like `params` (a copy); see `Optimizer.test_params`.

        >>> from course_lib.optim import SGD
        >>> x, opt = np.array([8.0]), SWA(SGD(0.5), start=1)
        >>> for _ in range(2):
        ...     opt.step(x, grads=x)
        >>> x, opt.test_params(x)
        (array([2.]), array([3.]))
        """
        xs, weight = self._check_params(params), self.weight()
        x_tests = {key: x_test / weight for key, x_test in self._state[0].items()} if np.all(weight > 0) else xs
        return rebuild_like(params, {key: np.array(x_tests[key], dtype=x.dtype) for key, x in xs.items()})


class EMA(_Averaging):
    """Test with an exponential moving average of the weights, also called Polyak averaging.

    x ← inner step(x);    x_test ← d x_test + (1 − d) x, with d = .995: x_test ← .995 x_test + .005 x

    `params` hold x, whose path the average does not change. **Test with the average**: `opt.test_params(params)`; `fit`
    does so by itself, and leaves it in the network at the end. Its memory is about 1/(1 − d) steps: 200 for .995.
    (Polyak and Juditsky, 1992, take the plain mean of all points, which forgets none.)

    `x_test` starts at 0, so that after t steps its weights sum to 1 − dᵗ only, 1 % after two steps. Start-up
    correction divides by that. Without it the average is too small by this factor, until dᵗ has decayed (1,000 steps
    for .995). Others start at the first x instead; that is x_test + dᵗ x₁, which for as long is biased towards the
    start.

    The running statistics of batch normalization are those of x, not of x_test: see `refresh_batch_norm`. Other
    wrappers go inside: `EMA(SAM(…))`, `EMA(Lookahead(…))`, which averages the fast weights. (`Lookahead(EMA(…))` tests
    with Lookahead's slow weights and never uses the average.) `fit`'s proximal steps come after x is averaged, so the
    average of a run with `MaxNorm` may lie a little above the limit.

    Args:
        inner: the optimizer that makes the steps. (Not Schedule-Free, which has an average of its own.)
        decay: d, 0 ≤ d < 1, a number, or an array that broadcasts; 0 means no averaging.
        start_up: whether `test_params` corrects for the start at 0.

    >>> from course_lib.optim import SGD
    >>> x, opt = np.array([8.0]), EMA(SGD(0.0), decay=0.995)  # it stays where it is
    >>> for _ in range(2):
    ...     opt.step(x, grads=x)
    >>> opt.start_up, opt.test_params(x)
    (True, array([8.]))
    >>> opt.start_up = False
    >>> opt.test_params(x).round(4)  # .005 · 8 · (1 + .995)
    array([0.0798])

    Source: Kingma and Ba, Adam: A method for stochastic optimization, 2015 (section 7.2).
    """

    def __init__(self, inner: Optimizer, *, decay: float | np.ndarray = 0.995, start_up: bool = True) -> None:
        super().__init__(inner, decay=decay, start_up=start_up)

    def update_average(self, x: np.ndarray, x_test: np.ndarray) -> None:
        """x_test ← .995 x_test + .005 x."""
        d = np.float64(self.decay)  # in float32, d and 1 − d would not sum to 1
        x_test[...] = d * x_test + (1 - d) * x

    def weight(self) -> Any:
        """Return 1 − dᵗ; without start-up correction, 1."""
        return 1 - self.decay**self.t if self.start_up else float(self.t > 0)

    def own_settings(self) -> dict[str, Any]:
        """Return the checked decay, and whether the start is corrected."""
        now = super().own_settings()
        if not isinstance(now["start_up"], bool):
            raise TypeError(f"start_up must be True or False, not {self.start_up!r}")
        return now


class SWA(_Averaging):
    """Test with the plain mean of the weights late in a run: stochastic weight averaging.

    x ← inner step(x);    after the steps t₀, t₀ + c, t₀ + 2c, …:  n ← n + 1,  x_test ← x_test + (x − x_test)/n

    The rate should stay large, or go in cycles of c steps: points that no longer move leave nothing to average.
    `params` hold x. **Test with the average**: `opt.test_params(params)`; `fit` does so by itself, and leaves it in the
    network at the end. Before t₀ the average is x itself. The running statistics of batch normalization are those of
    x, not of x_test: see `refresh_batch_norm`. As with `EMA`, other wrappers go inside.

    Args:
        inner: the optimizer that makes the steps. (Not Schedule-Free, which has an average of its own.)
        start: t₀ ≥ 1, the first step after which x is averaged; a whole number.
        every: c ≥ 1, steps from one such point to the next; a whole number. Neither should change during a run.

    >>> from course_lib.optim import SGD
    >>> x, opt = np.array([16.0]), SWA(SGD(0.5), start=2, every=2)
    >>> for _ in range(4):  # 8, 4, 2, 1: the mean of 4 and 1
    ...     opt.step(x, grads=x)
    >>> opt.test_params(x)
    array([2.5])

    Source: Izmailov, Podoprikhin, Garipov, Vetrov and Wilson, Averaging weights leads to wider optima and better
    generalization, 2018.
    """

    domains = Optimizer.domains | {"start": (1.0, math.inf), "every": (1.0, math.inf)}

    def __init__(self, inner: Optimizer, *, start: int, every: int = 1) -> None:
        super().__init__(inner, start=start, every=every)
        self.start, self.every = self.own_settings().values()

    def update_average(self, x: np.ndarray, x_test: np.ndarray) -> None:
        """x_test ← x_test + (x − x_test)/n, at steps t₀, t₀ + c, …"""
        if self.t >= self.start and (self.t - self.start) % self.every == 0:
            x_test += (x - x_test) / self.n_averaged()

    def n_averaged(self) -> int:
        """Return n, the number of points in the mean so far."""
        return 0 if self.t < self.start else (self.t - self.start) // self.every + 1

    def weight(self) -> float:
        """Return 1 once there is a mean, else 0."""
        return float(self.n_averaged() > 0)

    def own_settings(self) -> dict[str, Any]:
        """Return start and every as ints."""
        now = super().own_settings()
        for name, value in now.items():
            if np.ndim(value) or value % 1:
                raise ValueError(f"{name} must be a whole number, not {getattr(self, name)!r}")
        return {name: int(value) for name, value in now.items()}


def refresh_batch_norm(net: Layer, x: np.ndarray, batch: int = 50) -> None:
    """Recompute the running statistics of batch normalization, which averaged weights do not have.

    running mean = (1/K) Σₖ μₖ,    running variance = (1/K) Σₖ nₖ/(nₖ − 1) σₖ², over the K batches of x

    The factor makes σₖ², the variance of nₖ numbers (rows, and positions of an image) about their own mean, an unbiased
    estimate, as `BatchNorm` does in training. A copy of the network runs in training mode, dropout included.
    Without batch normalization nothing happens.

    Args:
        net: a network; the `state` of its `BatchNorm` layers changes in place, no parameter does.
        x: the training inputs, floats, shape (N, …).
        batch: rows of a batch; the last one has the rest, but a single row joins the batch before it.

    Raises:
        ValueError: x makes the statistics nan or infinite; nothing has been changed.

    >>> from course_lib.nn import BatchNorm, Sequential
    >>> net = Sequential(BatchNorm(1))
    >>> refresh_batch_norm(net, np.array([[1.0], [3.0], [5.0], [9.0]]), batch=2)
    >>> net.state["0.mean"], net.state["0.var"]
    (array([4.5], dtype=float32), array([5.], dtype=float32))

    Source: Izmailov, Podoprikhin, Garipov, Vetrov and Wilson, Averaging weights leads to wider optima and better
    generalization, 2018.
    """
    check_net(net)
    (x, _), batch = check_rows("x", x, "x", x), check_count("batch", batch)
    trial = copy.deepcopy(net)  # a failure midway changes nothing, and no generator of net advances
    norms = [layer for layer in iter_layers(trial) if isinstance(layer, BatchNorm)]
    for layer in norms:
        copy_into(layer.state, dict.fromkeys(layer.state, 0.0))  # nan would stay nan
    for k, rows in enumerate(np.split(x, range(batch, len(x) - 1, batch)) if norms else ()):
        for layer in norms:
            layer.momentum = k / (k + 1)  # running ← (k running + new)/(k + 1)
        trial.forward(rows, train=True)
    if any(has_nonfinite(a) for layer in norms for a in layer.state.values()):
        raise ValueError("x makes the running statistics nan or infinite")
    copy_into(net.state, trial.state)


def average_weights(nets: Sequence[Layer]) -> Layer:
    """Average the *weights* of independent networks: a warning, not a method.

    W = (1/M) Σₘ Wₘ

    The order of hidden units is arbitrary: each network has its own, and half of one unit plus half of another is
    neither. So the mean of good networks is a bad network. Average their predictions, or the weights along one run
    (`EMA`, `SWA`).

    Args:
        nets: networks of the same layers and sizes, at least one.

    Returns:
        A new network with the mean parameters and running statistics.

    >>> from course_lib.nn import Dense, ReLU, Sequential
    >>> def abs_net(order):  # |x| = ReLU(x) + ReLU(−x), its two units in one order or the other
    ...     rng = np.random.default_rng(0)
    ...     net = Sequential(Dense(1, 2, rng=rng), ReLU(), Dense(2, 1, rng=rng))
    ...     net.params["0.W"][...], net.params["2.W"][...] = order, 1.0
    ...     return net
    >>> nets, x = [abs_net([1, -1]), abs_net([-1, 1])], np.array([[3.0]], np.float32)
    >>> [net.forward(x).item() for net in nets], average_weights(nets).forward(x).item()
    ([3.0, 3.0], 0.0)

    Source: Ainsworth, Hayase and Srinivasa, Git re-basin: Merging models modulo permutation symmetries, 2023.
    """
    if isinstance(nets, Layer) or not isinstance(nets, Sequence):
        raise TypeError(f"nets must be a list of networks, not {nets!r}")
    if not nets:
        raise ValueError("nets is empty: it takes at least one network")
    for m, net in enumerate(nets):
        if not isinstance(net, Layer):
            raise TypeError(f"nets[{m}] must be a network, not {net!r}")
        for part in ("params", "state"):
            ours, first = ({k: a.shape for k, a in getattr(n, part).items()} for n in (net, nets[0]))
            if ours != first:
                key = next(k for k in [*first, *ours] if ours.get(k) != first.get(k))
                raise ValueError(f"nets[{m}].{part}[{key!r}] has shape {ours.get(key)}, but nets[0] {first.get(key)}")
    mean = copy.deepcopy(nets[0])
    for part in ("params", "state"):
        arrays = getattr(mean, part)
        copy_into(arrays, {k: np.mean([getattr(n, part)[k] for n in nets], axis=0) for k in arrays})
    return mean
