"""The base of every optimizer: it walks the parameters and keeps the state; a method is one `update`.

    class Momentum(Optimizer):
        slots = ("v",)

        def update(self, x, dx, v):
            v *= self.rho
            v += dx
            x -= self.lr * v
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from typing import Any, ClassVar, Self

import numpy as np

from .parameters import check_float, check_grads, check_layout, check_params, layout_of, leaves, name, rebuild

Rate = float | np.ndarray | Callable[[int], Any]


class Optimizer:
    """Walk parameters and gradients, and let `update` change each array in place.

    A method is a subclass with `slots` (the names of its state arrays, which have the parameter's shape and
    start at zero) and `update(self, x, dx, *slots)`, plain in-place arithmetic. Inside `update`, `self.lr`
    is this step's rate (a schedule has already been asked) and `self.t` is this step's number, from 1.

    Args:
        lr: learning rate α ≥ 0: a number; an array that broadcasts against every parameter; or a schedule,
            a function from the number of finished steps (0, 1, 2, …) to such a rate.
        **hyper: further hyper-parameters: numbers, or arrays that broadcast. All are attributes and may be
            reassigned between steps.

    Raises:
        TypeError, ValueError: from here and from `step`, naming the argument. Everything is checked before
            anything is touched: no parameter, state or step count has changed.

    >>> class SignDescent(Optimizer):
    ...     def update(self, x, dx):
    ...         x -= self.lr * np.sign(dx)
    >>> x = np.array([1.0, -2.0])
    >>> SignDescent(0.5).step(x, 2 * x)
    >>> x
    array([ 0.5, -1.5])
    """

    slots: ClassVar[tuple[str, ...]] = ()
    #: True where `update` treats each element alone, so that an array may be cut into blocks.
    elementwise: ClassVar[bool] = True
    #: Elements per block: few enough that the temporaries of `update` stay in the cache. None: no blocks.
    block: int | None = 32_768
    #: Intervals low ≤ value < high. A hyper-parameter that is not listed must be finite (or a bool).
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

    def __init__(self, lr: Rate, **hyper: Any) -> None:
        self.lr = lr
        for key, value in hyper.items():
            setattr(self, key, value)
        self.hyper = ("lr", *hyper)
        self.t = 0  # finished steps
        self._layout: tuple | None = None  # structure, keys, shapes, dtypes: known after the first step
        self._state: dict[Any, tuple[np.ndarray, ...]] = {}  # the slots of each parameter
        self._hyper_now(ask_schedule=False)

    def update(self, x: np.ndarray, dx: np.ndarray, *slots: np.ndarray) -> None:
        """Change x in place, given its gradient dx and its state: the method itself."""
        raise NotImplementedError(f"{type(self).__name__} must define update(self, x, dx, *slots)")

    def step(self, params: Any, grads: Any) -> None:
        """Make one step: change `params` in place.

        Args:
            params: a writable float array, or a list, tuple or dict of them (0-d arrays and views, too).
            grads: the gradients, with the structure and shapes of params; cast to the parameters' dtypes.
        """
        xs = check_params(params)
        dxs = check_grads(grads, params, xs)
        layout = layout_of(params, xs)
        if self._layout is not None:
            check_layout(layout, self._layout)
        hyper = self._hyper_now()
        for value in hyper.items():
            _check_broadcast(*value, xs)
        if self._layout is None:
            self._state = {key: tuple(np.zeros_like(x) for _ in self.slots) for key, x in xs.items()}
            self._layout = layout
        self.t += 1
        for key, x in xs.items():
            self._walk([x, dxs[key], *self._state[key]], hyper)

    def _walk(self, arrays: list[np.ndarray], hyper: dict[str, Any]) -> None:
        """Call `update` on the arrays of one parameter, block by block where that is the same."""
        x = arrays[0]
        now = object.__new__(type(self))  # this step's view of the optimizer: plain rates, no schedule
        now.__dict__.update(self.__dict__)
        now.__dict__.update(hyper)
        grids = {}
        for key, value in hyper.items():
            if isinstance(value, np.ndarray):
                grids[key] = value.astype(x.dtype)
        now.__dict__.update(grids)
        if not self.elementwise or grids or self.block is None and x.ndim:
            return now.update(*arrays)
        if all(a.flags.c_contiguous for a in arrays):
            flat = [a.reshape(-1) for a in arrays]
            size = self.block or x.size or 1
            for i in range(0, x.size, size):
                now.update(*[a[i : i + size] for a in flat])
        else:
            now.update(*arrays)

    def _hyper_now(self, ask_schedule: bool = True) -> dict[str, Any]:
        """The hyper-parameters of the next step, checked: floats, bools and arrays."""
        values = {key: getattr(self, key) for key in self.hyper}
        if callable(self.lr):
            values["lr"] = self.lr(self.t) if ask_schedule else 0.0
        return {key: _checked(key, value, self.domains.get(key)) for key, value in values.items()}

    def state_dict(self) -> dict[str, Any]:
        """Copy what `step` remembers: {"t": steps, and each slot in the structure of params}.

        Hyper-parameters are not in it: they are given to the constructor again.

        >>> opt = Optimizer(0.1)
        >>> opt.state_dict()
        {'t': 0}
        """
        saved: dict[str, Any] = {"t": self.t}
        if self._layout is not None:
            for i, slot in enumerate(self.slots):
                saved[slot] = rebuild(self._layout[0], {key: s[i].copy() for key, s in self._state.items()})
        return saved

    def fresh(self) -> Self:
        """Give an optimizer with the same settings and no memory."""
        new = copy.copy(self)
        new.t, new._layout, new._state = 0, None, {}
        return new

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{key}={_show(getattr(self, key))}' for key in self.hyper)})"


def _checked(key: str, value: Any, domain: tuple[float, float] | None) -> Any:
    """Return a number as float, an array as it is; TypeError or ValueError naming the hyper-parameter."""
    if type(value) is not float:
        if isinstance(value, bool) and domain is None:
            return value
        if isinstance(value, bool) or not isinstance(value, int | float | np.integer | np.floating | np.ndarray):
            raise TypeError(f"{key} must be a number or a NumPy array, not {value!r}")
        if isinstance(value, np.ndarray) and value.dtype.kind not in "iuf":
            raise TypeError(f"{key} must hold numbers, not {value.dtype}")
        if np.ndim(value) == 0:
            value = float(value)
    low, high = domain or (-math.inf, math.inf)
    inside = np.isfinite(value) & (value >= low) & (value < high)
    if not np.all(inside):
        rule = "finite" if domain is None else f"finite and in [{low:g}, {high:g})"
        bad = value if isinstance(value, float) else value[~inside].flat[0]
        raise ValueError(f"{key} must be {rule}, not {bad}")
    return value


def _check_broadcast(key: str, value: Any, xs: dict[Any, np.ndarray]) -> None:
    if isinstance(value, np.ndarray):
        for k, x in xs.items():
            try:
                fits = np.broadcast_shapes(value.shape, x.shape) == x.shape
            except ValueError:
                fits = False
            if not fits:
                raise ValueError(f"{key} of shape {value.shape} does not broadcast to {name('params', k)} {x.shape}")


def _show(value: Any) -> str:
    if isinstance(value, np.ndarray):
        return f"array{value.shape}"
    return getattr(value, "__name__", repr(value)) if callable(value) else repr(value)
