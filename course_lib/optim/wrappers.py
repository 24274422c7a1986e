"""Methods that wrap another optimizer: they change how it is used, not its step."""

from __future__ import annotations

import contextlib
import copy
import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NoReturn, Self

import numpy as np

from .gradients import global_norm
from .optimizer import Optimizer, gradient
from .schedule_free import _ScheduleFree
from .trees import check_broadcast, check_grads, check_layout, check_params, check_state, layout_of, rebuild_like


def load_with(name: str, opt: Optimizer, state: Any) -> None:
    """Load the state of an optimizer that holds another one as `name`: both states, or neither if one does not fit.

    Each is checked against its own optimizer. That they belong together only the next step sees.
    """
    if not isinstance(state, Mapping):
        raise TypeError(f"state must be a dict as state_dict() returns, not a {type(state).__name__}")
    own = {key: s for key, s in state.items() if key != name}
    check_state(own, opt.slots, opt._layout)
    if name not in state:
        raise ValueError(f"state[{name!r}] is missing: the state of the other optimizer")
    try:
        getattr(opt, name).load_state_dict(state[name])
    except (TypeError, ValueError) as error:
        raise type(error)(f"in state[{name!r}], {error}") from None
    Optimizer.load_state_dict(opt, own)


class Wrapper(Optimizer):
    """Wrap an optimizer, with settings and slots of its own.

    The inner optimizer is used, not copied: `lr` is its rate, and `state_dict` holds its state as "inner". A wrapper
    has `step` and `step_closure` of its own, in place of `update`.

    Args:
        inner: any optimizer, including a wrapper.
        **hyper: further hyper-parameters, as in `Optimizer`.

    >>> from course_lib.optim import SGD
    >>> Wrapper(SGD(0.1), strength=2.0).settings()
    {'lr': 0.1, 'strength': 2.0}
    """

    elementwise = False

    def __init__(self, inner: Optimizer, **hyper: Any) -> None:
        if not isinstance(inner, Optimizer):
            raise TypeError(f"inner must be an optimizer such as SGD(0.1), not {inner!r}")
        self.inner = inner
        super().__init__(inner.lr, **hyper)
        self.hyper = tuple(hyper)  # lr is the inner optimizer's

    def step(self, params: Any, grads: Any, *, nonfinite: str = "raise") -> None:
        """Make one step; see `Optimizer.step`."""
        raise NotImplementedError(f"{type(self).__name__} must define step and step_closure, as every wrapper must")

    def check(self, *args: Any, **kwargs: Any) -> NoReturn:
        """Raise TypeError: what a wrapper checks, it checks within its step."""
        raise TypeError(f"{type(self).__name__} has no check and move, as every wrapper: call step or step_closure")

    move = check

    @property
    def lr(self) -> Any:
        """The inner optimizer's rate."""
        return self.inner.lr

    @lr.setter
    def lr(self, value: Any) -> None:
        self.inner.lr = value

    def innermost(self) -> list[Optimizer]:
        """Return the optimizers that make the steps, within the wrapper."""
        return self.inner.innermost()

    def rates(self, params: Any) -> dict[Any, Any]:
        """Return the inner optimizer's rates, by key; see `Optimizer.rates`."""
        return self.inner.rates(params)

    def test_params(self, params: Any) -> Any:
        """Return the weights to test with: the inner optimizer's; see `Optimizer.test_params`."""
        return self.inner.test_params(params)

    @property
    def tests_others(self) -> bool:
        """Whether the wrapper or its inner optimizer tests with others than it trains."""
        return self.inner.tests_others or type(self).test_params is not Wrapper.test_params

    def own_settings(self) -> dict[str, Any]:
        """Return the checked hyper-parameters of the wrapper alone."""
        return super().settings()

    def settings(self) -> dict[str, Any]:
        """Return the settings of the next step: the inner optimizer's and the wrapper's.

        If both have one of the same name, it is the wrapper's.
        """
        return {**self.inner.settings(), **self.own_settings()}

    def state_dict(self) -> dict[str, Any]:
        """Return a copy of both states; see `Optimizer.state_dict`."""
        return {**super().state_dict(), "inner": self.inner.state_dict()}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore a state that `state_dict` returned; see `Optimizer.load_state_dict`."""
        load_with("inner", self, state)

    def clone(self) -> Self:
        """Return a wrapper with the same settings around a clone of the inner optimizer; neither has a state."""
        new = copy.copy(self)
        new.inner = self.inner.clone()
        return Optimizer.clone(new)

    def __repr__(self) -> str:
        name = type(self).__name__
        own = super().__repr__().removeprefix(f"{name}(").removesuffix(")")
        return f"{name}({', '.join(part for part in (repr(self.inner), own) if part)})"


class Lookahead(Wrapper):
    """Make k fast steps, then move slow weights part of the way there, and restart from the slow weights.

    k times: fast ← inner step(fast)        then: slow ← slow + α (fast − slow),  fast ← slow

    `params` hold the fast weights; after every k-th step the two are the same. **Test with the slow ones**:
    `opt.test_params(params)`. The inner optimizer's state, such as a velocity, is kept.

    Args:
        inner: the optimizer of the fast steps. (Not Schedule-Free, which would not return to the slow weights.)
        k: fast steps between two slow ones, an integer ≥ 1.
        alpha: α, 0 ≤ α ≤ 1. 1 is the inner optimizer, up to rounding; 0 never moves.

    >>> from course_lib.optim import SGD
    >>> x, opt = np.array([8.0]), Lookahead(SGD(0.5), k=2, alpha=0.5)
    >>> for _ in range(2):  # 8, 4, 2: half of the way from 8 to 2 is 5
    ...     opt.step(x, grads=x)
    >>> x
    array([5.])

    Source: Zhang, Lucas, Ba and Hinton, Lookahead optimizer: k steps forward, 1 step back, 2019.
    """

    slots = ("slow",)
    domains = Optimizer.domains | {"k": (1.0, math.inf), "alpha": (0.0, math.inf)}

    def __init__(self, inner: Optimizer, *, k: int = 5, alpha: float | np.ndarray = 0.5) -> None:
        super().__init__(inner, k=k, alpha=alpha)
        if any(isinstance(one, _ScheduleFree) for one in inner.innermost()):
            raise TypeError(f"inner must not be {inner!r}: Schedule-Free steps from its own state, not from params")
        self.k = self.own_settings()["k"]

    def own_settings(self) -> dict[str, Any]:
        """Return k as an int, and alpha."""
        now = super().own_settings()
        if np.ndim(now["k"]) or now["k"] % 1:
            raise ValueError(f"k must be an integer, not {self.k!r}")
        if np.any(now["alpha"] > 1):
            raise ValueError(f"alpha must be at least 0 and at most 1, not {np.max(now['alpha'])}")
        return now | {"k": int(now["k"])}

    def step(self, params: Any, grads: Any, *, nonfinite: str = "raise") -> None:
        """Make one fast step, and after every k-th a slow one; see `Optimizer.step`."""
        self._fast_then_slow(params, lambda: self.inner.step(params, grads, nonfinite=nonfinite))

    def step_closure(self, params: Any, loss: Any, *, nonfinite: str = "raise") -> None:
        """Do the same on a loss function; see `Optimizer.step_closure`."""
        self._fast_then_slow(params, lambda: self.inner.step_closure(params, loss, nonfinite=nonfinite))

    def _fast_then_slow(self, params: Any, fast_step: Callable[[], None]) -> None:
        fasts = check_params(params)
        layout = layout_of(params, fasts)
        check_layout(layout, self._layout or layout, "params")
        k, alpha = self.own_settings().values()
        if isinstance(alpha, np.ndarray):
            check_broadcast({"alpha": alpha}, fasts)
        slows = self._state[0] if self._layout else {key: fast.copy() for key, fast in fasts.items()}
        before = self.inner.t
        fast_step()
        if self.inner.t == before:  # it was skipped
            return
        self.t, self._layout, self._state = self.t + 1, layout, [slows]
        if self.t % k == 0:
            self._slow_step(fasts, slows, alpha)

    @staticmethod
    def _slow_step(fasts: Mapping[Any, np.ndarray], slows: Mapping[Any, np.ndarray], alpha: Any) -> None:
        """Move the slow weights towards the fast ones, and these back to the slow ones, in place."""
        for key, fast in fasts.items():
            slow = slows[key]
            slow += _in(fast.dtype, alpha) * (fast - slow)
            fast[...] = slow

    def test_params(self, params: Any) -> Any:
        """Return the slow weights, structured like `params` (a copy); see `Optimizer.test_params`.

        >>> from course_lib.optim import SGD
        >>> x, opt = np.array([8.0]), Lookahead(SGD(0.5), k=2)
        >>> opt.step(x, grads=x)
        >>> x, opt.test_params(x)
        (array([4.]), array([8.]))
        """
        xs = check_params(params)
        if self._layout is not None:
            check_layout(layout_of(params, xs), self._layout, "params")
            xs = self._state[0]
        return rebuild_like(params, {key: x.copy() for key, x in xs.items()})


class SAM(Wrapper):
    """Step with the gradient at the nearby point of highest loss, which favours flat minima.

    g = ∇f(x)        g' = ∇f(x + r g/‖g‖)        x ← inner step with g'

    The norm is over all parameters together. To first order x + r g/‖g‖ is the highest point within the radius r; in a
    sharp valley the gradient there is much larger than at x. With noise, or steps that are large beside the valley, the
    run is thrown out of it. Small steps without noise are not: at a radius well below the valley's width they stay in
    the sharp minimum; at a larger one they may stop beside it, where the gradient at the second point is zero. A step
    takes two gradients, so it needs a loss function: `opt.step_closure(params, loss)`, not `opt.step(params, grads)`.

    With a network, the second evaluation is another pass in training mode: dropout draws again, and batch
    normalization's running statistics move twice.

    During the second evaluation `params` themselves are x + r g/‖g‖, so that a network which owns them sees the
    change; before the inner step they are restored to x bit for bit, even if the loss raises. If either gradient is
    not finite, the inner optimizer handles it: see `nonfinite`. With a loss that draws a minibatch at each call the
    two gradients are of two minibatches; in the paper they are of one.

    Args:
        inner: the optimizer that makes the step.
        radius: r ≥ 0 (the paper's ρ; in this book ρ is momentum), a number; 0 is the inner optimizer alone. With
            `axis` it may be an array that broadcasts.
        axis: None, or the axis of the norm, if other axes are a batch of independent runs (-1 in `descend`). Then every
            array has a norm of its own.

    >>> from course_lib.optim import SGD, Quadratic
    >>> x = np.array([3.0, 4.0])
    >>> SAM(SGD(0.1), radius=5.0).step_closure(x, Quadratic([1.0, 1.0]))
    >>> x  # the gradient of (6, 8)
    array([2.4, 3.2])

    Source: Foret, Kleiner, Mobahi and Neyshabur, Sharpness-aware minimization for efficiently improving
    generalization, 2021.
    """

    domains = Optimizer.domains | {"radius": (0.0, math.inf)}

    def __init__(self, inner: Optimizer, *, radius: float | np.ndarray = 0.05, axis: int | None = None) -> None:
        super().__init__(inner, radius=radius)
        if isinstance(axis, bool) or not isinstance(axis, int | None):
            raise TypeError(f"axis must be None or an integer, not {axis!r}")
        self.axis = axis
        self.own_settings()  # raises for a bad radius

    def own_settings(self) -> dict[str, Any]:
        """Return the radius."""
        now = super().own_settings()
        if self.axis is None and isinstance(now["radius"], np.ndarray):
            raise ValueError("radius must be a number: one set of parameters has one radius (a batch needs axis=-1)")
        return now

    def step(self, params: Any, grads: Any, *, nonfinite: str = "raise") -> None:
        """Raise TypeError: SAM needs two gradients."""
        raise TypeError(
            "SAM needs the gradient at a second point, so step(params, grads) cannot work: write "
            "step_closure(params, loss), where loss.grad(params) returns the gradients at params"
        )

    def step_closure(self, params: Any, loss: Any, *, nonfinite: str = "raise") -> None:
        """Make one step on a loss function; see `Optimizer.step_closure`."""
        self.own_settings()  # raises for a bad radius
        before = self.inner.t
        self.inner.step_closure(params, _Nearby(self, loss), nonfinite=nonfinite)
        self.t += self.inner.t - before

    def grad(self, params: Any, loss: Any) -> Any:
        """Return ∇f(x + r g/‖g‖), structured like `params`, which are x again afterwards."""
        g = gradient(loss, params)
        way = self.uphill(params, g)
        if way is None:  # the inner optimizer judges nan
            return g
        with moved(params, by=way):
            return copy.deepcopy(gradient(loss, params))  # may be a view

    def uphill(self, params: Any, grads: Any) -> dict[Any, np.ndarray] | None:
        """Return r g/‖g‖ by key, the way to the highest point; it is 0 where g is 0.

        None if ‖g‖ is not finite; with `axis`, 0 in such a run, as the others go on.
        """
        xs = check_params(params)
        dxs, radius = check_grads(grads, params, xs), self.own_settings()["radius"]
        if isinstance(radius, np.ndarray):
            check_broadcast({"radius": radius}, xs)
        if self.axis is not None:
            return {key: _in(dx.dtype, radius) * _direction(dx, self.axis) for key, dx in dxs.items()}
        norm = global_norm(dxs) or 1.0
        return {key: radius * (dx / norm) for key, dx in dxs.items()} if math.isfinite(norm) else None

    def __repr__(self) -> str:
        return super().__repr__() if self.axis is None else f"{super().__repr__()[:-1]}, axis={self.axis})"


def _in(dtype: np.dtype, hyper: float | np.ndarray) -> float | np.ndarray:
    """Cast a hyper-parameter to a dtype if it is an array; a number needs no cast."""
    return hyper.astype(dtype) if isinstance(hyper, np.ndarray) else hyper


class _Nearby:
    """A loss whose gradient is SAM's."""

    def __init__(self, sam: SAM, loss: Any) -> None:
        self.sam, self.loss = sam, loss

    def grad(self, params: Any) -> Any:
        return self.sam.grad(params, self.loss)


@contextlib.contextmanager
def moved(params: Any, by: Mapping[Any, np.ndarray]) -> Iterator[None]:
    """Move parameters, and afterwards back to where they were, bit for bit, whatever is raised meanwhile."""
    xs = check_params(params)
    before = {key: x.copy() for key, x in xs.items()}
    try:
        for key, x in xs.items():
            x += by[key]
        yield
    finally:
        for key, x in xs.items():
            x[...] = before[key]


def _direction(dx: np.ndarray, axis: int) -> np.ndarray:
    """Return dx/‖dx‖, norms along an axis; 0 where dx is 0 or ‖dx‖ not finite. No square overflows or underflows."""
    dx = np.where(np.isfinite(dx).all(axis=axis, keepdims=True), dx, 0)
    largest = np.abs(dx).max(axis=axis, keepdims=True, initial=0.0)
    largest += largest == 0
    norm = largest * np.sqrt(np.square(dx / largest).sum(axis=axis, keepdims=True))
    return dx / (norm + (norm == 0))
