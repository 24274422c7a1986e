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

from ..validation import check_count, check_hyper
from .bound import Bound, Cast, Checked, cast_for, rows_of_grid
from .parameter_set import ParameterSet
from .schedules.schedule import Schedule
from .trees import (
    Layout,
    Leaves,
    check_broadcast,
    check_grads,
    check_layout,
    check_params,
    check_state,
    find_nonfinite,
    has_nonfinite,
    layout_of,
    leaves,
    owners_of,
    rebuild,
    zeros_like,
)

_NONFINITE = ("raise", "skip", "allow")
Rate = float | np.ndarray | Callable[[int], Any]


class Optimizer:
    """Loop over parameters and gradients, and let `update` change each array in place.

    A method is a subclass with `slots`, the names of its state arrays (shaped like the parameter, zero at
    first), and `update(self, x, dx, *slots)`, plain in-place arithmetic. Inside `update`, `self.lr` is this
    step's rate (a schedule has already been evaluated) and `self.t` is this step's number, from 1.

    `update` may be called several times in a step, each time with a part of an array, and `self` is a copy there: all
    that a method remembers is in its slots. If it needs an array as a whole (a norm, a mean, a product of matrices),
    the class says `elementwise = False`.

    float32 parameters stay float32: hyper-parameters follow the parameter's type, and so do gradients.

    Args:
        lr: learning rate α ≥ 0, of every method: a number; an array that broadcasts against every parameter; or a
            schedule, a function from the number of finished steps (0, 1, 2, …) to such a rate.
        **hyper: further hyper-parameters: numbers, or arrays that broadcast against every parameter, so that
            a whole grid of settings is one run. All are attributes and may be reassigned between steps, so
            an attribute of the class (t, block, step, …) cannot be one.

    Raises:
        TypeError, ValueError: here and in `step`, for a bad argument. Everything is checked before anything is
            changed: parameters, state and step count are as before. (If `update` itself raises, the step is half made.)

    >>> class SignDescent(Optimizer):
    ...     def update(self, x, dx):
    ...         x -= self.lr * np.sign(dx)
    >>> x = np.array([1.0, -2.0])
    >>> SignDescent(0.5).step(x, grads=2 * x)
    >>> x
    array([ 0.5, -1.5])
    """

    slots: ClassVar[tuple[str, ...]] = ()
    #: Whether `update` treats each element alone, so that arrays may be cut into blocks and sets be one array.
    elementwise: ClassVar[bool] = True
    #: Bytes a block has of each array: so few that `update`'s temporaries stay in the processor's cache, and just
    #: under the 128 KB from which on glibc fetches memory from the system, page by page. None: no blocks.
    block: int | None = 128_000
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
                raise ValueError(f"{name} cannot be a hyper-parameter: it is kept for {type(self).__name__} itself")
        self.t = 0
        self.hyper = ("lr", *hyper)
        self._layout: Layout | None = None  # structure, keys, shapes, dtypes, once they are known
        self._state: list[Mapping[Any, np.ndarray]] = []  # for each slot: key → array
        self._bound: Bound | None = None  # what the last step has checked
        for name, value in {"lr": lr, **hyper}.items():
            is_schedule = name == "lr" and _is_schedule(value)
            setattr(self, name, value if is_schedule else check_hyper(name, value, self.domains.get(name)))

    def update(self, x: np.ndarray, dx: np.ndarray, *slots: np.ndarray) -> None:
        """Update x in place from its gradient dx and its state: the method itself."""
        raise NotImplementedError(f"{type(self).__name__} must define update(self, x, dx, *slots)")

    def step(self, params: Any, grads: Any, *, nonfinite: str = "raise") -> None:
        """Make one step: change `params` in place.

        State belongs to a key (in a list, to a place) and not to an array: another array of the same shape and type may
        stand there at the next step. Keys, shapes and types must stay the same.

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
        checked = self.check(params, grads, nonfinite)
        if checked is not None:
            self.move(*checked)

    def check(self, params: Any, grads: Any, nonfinite: str = "raise") -> Checked | None:
        """Check a step and change nothing; return what `move` needs to make it, or None if it is to be skipped.

        Move it before the next check: before the first step, also after `load_state_dict`, each check makes a state of
        its own, and the second `move` would drop what the first one remembers.

        Args:
            params, grads, nonfinite: as in `step`.
        """
        if nonfinite not in _NONFINITE:
            raise ValueError(f'nonfinite must be "raise", "skip" or "allow", not {nonfinite!r}')
        checked = None if self._bound is None else self._bound.recheck(self, params, grads)
        if checked is None:
            checked = self._bind(params, grads)
        bound, dxs, _ = checked
        if nonfinite != "allow" and any(map(has_nonfinite, dxs.values())):
            if nonfinite == "skip":
                return None
            named = leaves(grads, "grads") if bound.as_one else dxs  # a set's buffer has no keys
            words = 'nonfinite="skip" leaves such a step out, "allow" lets it through'
            raise ValueError(f"{find_nonfinite(named)}; {words}")
        return checked

    def move(self, bound: Bound, dxs: Leaves, cast: Cast) -> None:
        """Make a step that was checked: call `update` for each block of each parameter."""
        if bound is not self._bound:
            self._bound, self._layout, self._state = bound, bound.layout, bound.state
        self.t += 1
        for key, x, slots, rows, flat in bound.blocks:
            now = object.__new__(type(self))  # the optimizer as `update` sees it: with this step's settings
            now.__dict__ = self.__dict__ | cast[x.dtype] if cast else self.__dict__.copy()
            dx = dxs[key]
            if rows is not None:
                dx = (dx.reshape(-1) if flat else dx)[rows]
                for name in bound.grid_shapes:
                    setattr(now, name, rows_of_grid(getattr(now, name), x, rows))
            now.update(x, dx, *slots)

    def _bind(self, params: Any, grads: Any) -> Checked:
        """Check settings, parameters and gradients; find or make the state that belongs to them."""
        if self.block is not None:
            check_count("block", self.block)
        xs = check_params(params)
        dxs = check_grads(grads, params, xs, owners_of(xs))
        layout = layout_of(params, xs)
        check_layout(layout, self._layout or layout, "params")
        hyper = self.settings()
        grids = {name: h for name, h in hyper.items() if isinstance(h, np.ndarray)}
        check_broadcast(grids, xs)
        cast = cast_for({x.dtype for x in xs.values()}, hyper, self.domains)
        as_one = self.elementwise and not grids and isinstance(params, ParameterSet) and params.fits(grads)
        state = self._state
        if self._layout is None:
            state = [params.zeros_like() if as_one else zeros_like(xs) for _ in self.slots]
        elif as_one:
            state = [s if params.fits(s) else ParameterSet({key: s[key] for key in params}) for s in state]
        if as_one:
            dxs = {None: grads.flat.copy() if grads is params else grads.flat}
        return Bound(self, params, xs, as_one, layout, state, grids), dxs, cast

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

        A method that tests with others, such as an average of its own, returns those, structured like `params` (a tuple
        becomes a list): new arrays. Before its first step they are equal to `params`. It raises a ValueError if params
        has another structure than in earlier steps.

        Args:
            params: as in `step`.

        >>> from course_lib.optim import SGD
        >>> x = np.array([8.0])
        >>> SGD(0.5).test_params(x) is x
        True
        """
        return params

    def innermost(self) -> list[Optimizer]:
        """Return the optimizers that make the steps: this one, or those within it."""
        return [self]

    def rates(self, params: Any) -> dict[Any, Any]:
        """Return the learning rate of each parameter's next step, by its key.

        Args:
            params: as in `step`.

        >>> from course_lib.optim import SGD
        >>> SGD(0.1).rates({"W": np.ones((2, 3)), "b": np.ones(3)})
        {'W': 0.1, 'b': 0.1}
        """
        return dict.fromkeys(leaves(params, "params"), self.settings()["lr"])

    @property
    def has_plain_settings(self) -> bool:
        """Whether the class leaves `settings` as it is, so that numbers are the same at every step."""
        return type(self).settings is Optimizer.settings

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
        only its step count. A tuple comes back as a list, a `ParameterSet` as a dict.

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
        self.t, self._layout, self._state, self._bound = int(state["t"]), layout, slots, None

    def clone(self) -> Self:
        """Return an optimizer with the same settings and no state."""
        new = copy.copy(self)
        new.t, new._layout, new._state, new._bound = 0, None, [], None  # first, so that deepcopy copies no state
        new = copy.deepcopy(new)
        if isinstance(self.lr, Schedule):
            new.lr = self.lr.clone()  # deepcopy keeps what a plateau has seen, its clone forgets it
        return new

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{k}={_format_setting(getattr(self, k))}' for k in self.hyper)})"


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
