"""The base class of every optimizer: it loops over the parameters and keeps the state; a method is one `update`.

    class Momentum(Optimizer):
        slots = ("v",)

        def update(self, x, dx, v):
            v *= self.rho
            v += dx
            x -= self.lr * v

That is a whole method. Arguments are checked in `trees.py` and `validation.py`.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, Self

import numpy as np

from ..validation import cast_hyper, check_count, check_hyper
from .blocks import update_in_blocks
from .parameter_set import ParameterSet
from .schedules.schedule import Schedule
from .trees import (
    Layout,
    check_broadcast,
    check_grads,
    check_layout,
    check_params,
    check_state,
    find_nonfinite,
    layout_of,
    rebuild,
    zeros_like,
)

_NONFINITE = ("raise", "skip", "allow")
Rate = float | np.ndarray | Callable[[int], Any]


class Optimizer:
    """Loop over parameters and gradients, and let `update` change each array in place.

    A method is a subclass with `slots`, the names of its state arrays (shaped like the parameter, zero at
    first), and `update(self, x, dx, *slots)`, plain in-place arithmetic. Inside `update`, `self.lr` is this
    step's rate (a schedule has already been evaluated) and `self.t` is this step's number, from 1. All that a
    method remembers is in its slots.

    float32 parameters stay float32: hyper-parameters follow the parameter's type, and so do gradients.

    Args:
        lr: learning rate α ≥ 0, of every method: a number; an array that broadcasts against every parameter; or a
            schedule, a function from the number of finished steps (0, 1, 2, …) to such a rate.
        **hyper: further hyper-parameters: numbers, or arrays that broadcast against every parameter, so that
            a whole grid of settings is one run. All are attributes and may be reassigned between steps, so
            an attribute of the class (t, block, step, …) cannot be one.

    Raises:
        TypeError, ValueError: here and in `step`, for a bad argument. Everything is checked before anything is
            changed: parameters, state and step count are as before.

    >>> class SignDescent(Optimizer):
    ...     def update(self, x, dx):
    ...         x -= self.lr * np.sign(dx)
    >>> x = np.array([1.0, -2.0])
    >>> SignDescent(0.5).step(x, grads=2 * x)
    >>> x
    array([ 0.5, -1.5])
    """

    slots: ClassVar[tuple[str, ...]] = ()
    #: True where `update` treats each element alone, so that arrays may be cut into blocks.
    elementwise: ClassVar[bool] = True
    #: Bytes a block has of each array: so few that `update`'s temporaries stay in the processor's cache, and just
    #: under the 128 KB from which on glibc fetches memory from the system, page by page. None: no blocks.
    block: int | None = 128_000
    #: Threads that share the blocks of a large array. Their blocks are `wide` times as large, because threads
    #: take turns in the interpreter between NumPy's calls; less than four such blocks get one thread.
    threads: int = 1
    wide: ClassVar[int] = 8
    #: Where each hyper-parameter must lie: low ≤ value < high. One that is not listed must be finite.
    domains: ClassVar[dict[str, tuple[float, float]]] = {
        "lr": (0.0, math.inf),
        "rho": (0.0, 1.0),
        "decay": (0.0, 1.0),
        "beta1": (0.0, 1.0),
        "beta2": (0.0, 1.0),
        "eps": (0.0, math.inf),
        "weight_decay": (0.0, math.inf),
        "max_norm": (0.0, math.inf),
    }

    t: int = 0  # finished steps
    hyper: tuple[str, ...] = ()  # the names of the hyper-parameters

    def __init__(self, lr: Rate, **hyper: Any) -> None:
        for name in hyper:
            if name.startswith("_") or hasattr(type(self), name):
                raise ValueError(f"{name} cannot be a hyper-parameter: it is an attribute of {type(self).__name__}")
        self.t = 0
        self.hyper = ("lr", *hyper)
        self._layout: Layout | None = None  # structure, keys, shapes, dtypes: known after the first step
        self._state: list[Mapping[Any, np.ndarray]] = []  # for each slot: key → array
        self._last: Last | None = None  # set after a step on one array
        for name, value in {"lr": lr, **hyper}.items():
            is_schedule = name == "lr" and _is_schedule(value)
            setattr(self, name, value if is_schedule else check_hyper(name, value, self.domains.get(name)))

    def update(self, x: np.ndarray, dx: np.ndarray, *slots: np.ndarray) -> None:
        """Update x in place from its gradient dx and its state: the method itself."""
        raise NotImplementedError(f"{type(self).__name__} must define update(self, x, dx, *slots)")

    def step(self, params: Any, grads: Any, *, nonfinite: str = "raise") -> None:
        """Make one step: change `params` in place.

        Args:
            params: a writable float array, or a list, tuple or dict of them (0-d arrays and views, too), or
                a `ParameterSet`.
            grads: the gradients, with the structure and the shapes of `params`. They are not changed.
            nonfinite: what to do with a gradient that holds nan or inf: "raise" a ValueError that names it,
                "skip" the step (nothing changes, not even the step count), or "allow" it.

        >>> from course_lib.optim import SGD
        >>> w = {"W": np.ones((2, 3)), "b": np.zeros(3)}
        >>> SGD(0.5).step(w, {"W": np.ones((2, 3)), "b": np.ones(3)})
        >>> w["b"]
        array([-0.5, -0.5, -0.5])
        """
        last = self._last
        if last is None or nonfinite not in _NONFINITE or not self._step_again(last, params, grads):
            self._step_checked(params, grads, nonfinite)

    def check_options(self, nonfinite: str) -> None:
        """Check the options of a step: `nonfinite`, `threads` and `block`."""
        if nonfinite not in _NONFINITE:
            raise ValueError(f'nonfinite must be "raise", "skip" or "allow", not {nonfinite!r}')
        check_count("threads", self.threads)
        if self.block is not None:
            check_count("block", self.block)

    def _step_checked(self, params: Any, grads: Any, nonfinite: str) -> None:
        """Check everything, then make the step."""
        self._last = None
        self.check_options(nonfinite)
        xs = check_params(params)
        dxs = check_grads(grads, params, xs)
        layout = layout_of(params, xs)
        if self._layout is not None:
            check_layout(layout, self._layout, "params")
        hyper = self.settings()
        grids = {name: h for name, h in hyper.items() if isinstance(h, np.ndarray)}
        check_broadcast(grids, xs)
        cast = {dtype: cast_hyper(hyper, dtype, self.domains) for dtype in {x.dtype for x in xs.values()}}
        if nonfinite != "allow" and (where := find_nonfinite(dxs)):
            if nonfinite == "skip":
                return
            raise ValueError(f'{where}; nonfinite="skip" leaves such a step out, "allow" lets it through')
        is_set = isinstance(params, ParameterSet)
        if self._layout is None:
            self._state = [params.zeros_like() if is_set else zeros_like(xs) for _ in self.slots]
            self._layout = layout
        state = self._state
        if is_set and xs and self.elementwise and not grids and params.fits(grads):  # the buffers are one array
            state = self._state = [s if params.fits(s) else ParameterSet({k: s[k] for k in params}) for s in state]
            dx = grads.flat.copy() if grads is params else grads.flat
            xs, dxs, state = {None: params.flat}, {None: dx}, [{None: s.flat} for s in state]
        self.t += 1
        now = object.__new__(type(self))  # the optimizer as `update` sees it: with this step's settings
        now.__dict__.update(self.__dict__, **hyper)
        for key, x in xs.items():
            now.__dict__.update(cast[x.dtype])
            update_in_blocks(now, {name: cast[x.dtype][name] for name in grids}, x, dxs[key], *[s[key] for s in state])
        if (is_set or xs.keys() == {None}) and len(xs) == 1 and Last.suits(self, x):
            self._last = Last(self, params, x, [s[key] for s in state])

    def _step_again(self, last: Last, params: Any, grads: Any) -> bool:
        """Repeat the last step without most of the checks if only numbers have changed; return whether it was done.

        Arrays that own their memory share none; a finite sum of squares has no nan or inf in it.
        """
        if params is not last.params:
            return False
        x, dx = last.x, grads
        if type(dx) is ParameterSet and type(params) is ParameterSet and params.fits(dx):
            dx = dx.flat
        if type(dx) is not np.ndarray or dx.base is not None or dx is x or not x.flags.writeable:
            return False
        if not (dx.shape == x.shape == last.shape and dx.dtype is x.dtype is last.dtype):
            return False
        for name, value in last.settings:
            if getattr(self, name) is not value:
                return False
        if not math.isfinite(np.vdot(dx, dx)):
            return False
        rate = self.lr(self.t) if last.scheduled else self.lr
        if not (isinstance(rate, float) and last.low <= rate < last.high and rate <= last.largest):
            return False
        self.t += 1
        now = object.__new__(type(self))
        now.__dict__ = self.__dict__.copy()
        now.__dict__["lr"] = float(rate)
        if last.whole:
            now.update(x, dx, *last.slots)
        else:
            update_in_blocks(now, {}, x, dx, *last.slots)
        return True

    def step_closure(self, params: Any, loss: Any, *, nonfinite: str = "raise") -> None:
        """Make one step on a loss function, for methods that need its gradient at another point, or twice.

        Args:
            params: as in `step`.
            loss: an object with `grad(params)`, such as a surface.
            nonfinite: as in `step`.

        >>> from course_lib.optim import SGD, Quadratic
        >>> x = np.array([8.0])
        >>> SGD(0.5).step_closure(x, Quadratic([1.0]))
        >>> x
        array([4.])
        """
        self.step(params, gradient(loss, params), nonfinite=nonfinite)

    def test_params(self, params: Any) -> Any:
        """Return the weights to test with, and to keep at the end: here `params` themselves.

        A method that trains other weights, such as an average of its own, returns those, structured like `params`: new
        arrays. Before its first step they are equal to `params`.

        Args:
            params: as in `step`.

        Raises:
            ValueError: params has another structure than in earlier steps.

        >>> from course_lib.optim import SGD
        >>> x = np.array([8.0])
        >>> SGD(0.5).test_params(x) is x
        True
        """
        return params

    @property
    def tests_others(self) -> bool:
        """Whether the weights to test with are others than those that it trains."""
        return type(self).test_params is not Optimizer.test_params

    def settings(self) -> dict[str, Any]:
        """Return the checked hyper-parameters of the next step: floats or arrays; a schedule's current rate for `lr`.

        >>> from course_lib.optim import SGD
        >>> SGD(lambda step: 1 / (1 + step)).settings()
        {'lr': 1.0}
        """
        now = {}
        for name in self.hyper:
            label, value = name, getattr(self, name)
            if name == "lr" and _is_schedule(value):
                label, value = f"lr({self.t})", value(self.t)
            now[name] = check_hyper(label, value, self.domains.get(name))
        return now

    def state_dict(self) -> dict[str, Any]:
        """Return a copy of the state: {"t": finished steps, and each slot, structured like `params`}.

        Hyper-parameters are not in it: pass them to the constructor again. After `load_state_dict` the run
        continues bit for bit. The slots determine which parameters fit; a method without slots (SGD) saves
        only its step count, and then accepts any parameters in its next step.

        >>> from course_lib.optim import Momentum
        >>> x, opt = np.array([1.0]), Momentum(0.1)
        >>> opt.step(x, grads=np.array([3.0]))
        >>> opt.state_dict()
        {'t': 1, 'v': array([3.])}
        """
        saved: dict[str, Any] = {"t": self.t}
        if self._layout is not None:
            for slot, s in zip(self.slots, self._state, strict=True):
                saved[slot] = rebuild(self._layout[0], {key: array.copy() for key, array in s.items()})
        return saved

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Restore a state that `state_dict` returned; it is checked first, then copied.

        Raises:
            TypeError, ValueError: a missing or unknown entry, or one that does not fit the parameters of
                earlier steps; nothing has been changed.

        >>> from course_lib.optim import Momentum
        >>> opt = Momentum(0.1)
        >>> opt.load_state_dict({"t": 1, "v": np.array([3.0])})
        >>> opt.t
        1
        """
        layout, slots = check_state(state, self.slots, self._layout)
        self.t, self._layout, self._state, self._last = int(state["t"]), layout, slots, None

    def clone(self) -> Self:
        """Return an optimizer with the same settings and no state."""
        new = copy.copy(self)
        new.t, new._layout, new._state, new._last = 0, None, [], None
        new = copy.deepcopy(new)
        if isinstance(self.lr, Schedule):
            new.lr = self.lr.clone()
        return new

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{k}={_format_setting(getattr(self, k))}' for k in self.hyper)})"


class Last:
    """A checked step on one array: as long as these values stay the same, the next step needs no full check."""

    __slots__ = ("dtype", "high", "largest", "low", "params", "scheduled", "settings", "shape", "slots", "whole", "x")

    def __init__(self, opt: Optimizer, params: Any, x: np.ndarray, slots: list[np.ndarray]) -> None:
        self.params, self.x, self.shape, self.dtype, self.slots = params, x, x.shape, x.dtype, slots
        self.low, self.high = opt.domains.get("lr", (-math.inf, math.inf))
        self.settings = [(name, getattr(opt, name)) for name in (*opt.hyper, "block", "threads")]
        self.scheduled, self.largest = _is_schedule(opt.lr), float(np.finfo(x.dtype).max)
        self.whole = not opt.elementwise or opt.block is None or x.nbytes <= opt.block

    @staticmethod
    def suits(opt: Optimizer, x: np.ndarray) -> bool:
        """Return whether the fast path applies: settings are numbers, and x owns its memory."""
        plain = all(type(getattr(opt, name)) in (float, bool) or name == "lr" for name in opt.hyper)
        own = type(x) is np.ndarray and x.base is None
        return plain and own and x.ndim > 0 and type(opt).settings is Optimizer.settings


def gradient(loss: Any, params: Any) -> Any:
    """Return a loss's gradient at params; TypeError if it has no `grad`."""
    if not callable(getattr(loss, "grad", None)):
        raise TypeError(f"loss must have .grad(params), as a surface does, but {loss!r} does not")
    return loss.grad(params)


def _is_schedule(value: Any) -> bool:
    return callable(value) and not isinstance(value, type)  # Cosine(0.1, steps=90), and not Cosine


def _format_setting(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return f"array{value.shape}"
    return getattr(value, "__name__", repr(value))
