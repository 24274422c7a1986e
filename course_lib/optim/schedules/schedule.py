"""The base class of every schedule, and sequences of schedules; a schedule is one `rate`.

    class Cosine(Schedule):
        def __init__(self, lr, *, steps, end=0.0):
            super().__init__(lr=lr, steps=steps, end=end)

        def rate(self, t):
            s = np.minimum(t / self.steps, 1)
            return self.end + (self.lr - self.end) * (1 + np.cos(np.pi * s)) / 2

That is a whole schedule. The formulas are in `decays.py` and `cycles.py`.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from typing import Any, ClassVar, Self

import numpy as np

from ...validation import check_count, check_hyper

Number = float | np.ndarray
Rate = Number | Callable[[int], Any]  # a schedule is a callable, too


class Schedule:
    """Turn `rate(t)`, plain arithmetic on an array t of step counts, into a function step → rate.

    A schedule is a subclass with `rate` and a constructor that passes its settings on by name. This class checks
    them, prints them (arrays by their shapes), compares by value, and accepts a number or an array of any
    shape; the rates of an array are, bit for bit, those of its elements (powers are written `np.float_power`
    for that: the bits of `**` depend on the neighbouring elements). Settings cannot change: make a new schedule.

    Args:
        **hyper: settings: finite numbers, or arrays that broadcast; counts of steps are integers.

    >>> class Root(Schedule):
    ...     def __init__(self, lr):
    ...         super().__init__(lr=lr)
    ...
    ...     def rate(self, t):
    ...         return self.lr / np.sqrt(1 + t)
    >>> Root(0.1), Root(0.1)(3), Root(0.1)(np.array([0, 3]))
    (Root(lr=0.1), 0.05, array([0.1 , 0.05]))
    """

    #: The domain of each number: low ≤ value < high.
    domains: ClassVar[dict[str, tuple[float, float]]] = dict.fromkeys(
        ["lr", "start", "end", "peak", "floor", "factor", "decay", "power", "cycle_factor", "step_factor"],
        (0.0, math.inf),
    ) | {"growth": (1.0, math.inf), "threshold": (0.0, 1.0)}
    #: The least value of each count of steps.
    counts: ClassVar[dict[str, int]] = dict.fromkeys(
        ["steps", "every", "warmup", "period", "up", "down", "cycles", "at"], 1
    ) | {"patience": 0, "cooldown": 0}

    hyper: tuple[str, ...] = ()  # the names of the settings
    shape: tuple[int, ...] = ()  # of one step's rate: () for a number

    def __init__(self, **hyper: Any) -> None:
        for name, value in hyper.items():
            if hasattr(type(self), name):
                raise ValueError(f"{name} cannot be a setting: it is an attribute of {type(self).__name__}")
            setattr(self, name, self._checked(name, value))
        self.hyper = tuple(hyper)
        self.shape = joint_shape({name: getattr(getattr(self, name), "shape", ()) for name in hyper})

    def rate(self, t: np.ndarray) -> Number:
        """Return the rates at t, a float array of finished steps: the schedule itself."""
        raise NotImplementedError(f"{type(self).__name__} must define rate(self, t)")

    def __call__(self, step: Any) -> Any:
        """Return the rate after `step` finished steps: a float, or an array for an array of steps or of rates."""
        t = np.asarray(step)
        if not (type(step) is int and 0 <= step < 2**53):  # an optimizer's call needs no further check
            check_steps(t, step)
        shape = joint_shape({"step": t.shape, "the rates": self.shape})
        with np.errstate(over="ignore"):  # the optimizer rejects a rate that has grown to infinity
            rate = self.rate(np.array(t, dtype=float, order="C"))
        return np.broadcast_to(rate, shape).copy() if shape else np.asarray(rate).item()

    def then(self, schedule: Rate, *, at: int) -> Sequence:
        """Return a schedule that switches at step `at` to another one, which starts at its own step 0.

        In a chain every `at` counts from the very start.

        >>> from course_lib.optim.schedules import Cosine, Linear
        >>> ramp = Linear(0.0, steps=10, end=0.1)
        >>> schedule = ramp.then(Cosine(0.1, steps=90), at=10).then(0.001, at=100)
        >>> schedule([0, 5, 10, 55, 100]).round(3)
        array([0.   , 0.05 , 0.1  , 0.05 , 0.001])
        """
        return Sequence(self, schedule, at=at)

    def active(self, step: int) -> tuple[Schedule, int]:
        """Return the schedule that sets the rate after `step` finished steps, and its own count of them.

        >>> Constant(0.1).then(0.01, at=100).active(130)
        (Constant(lr=0.01), 30)
        """
        return self, step

    def clone(self) -> Self:
        """Return a schedule with the same settings and no state (only `ReducePlateau` has one)."""
        new = copy.deepcopy(self)
        new.reset()
        return new

    def reset(self) -> None:
        """Reset the state of this schedule and of those that it contains; a schedule with a state overrides it."""
        for value in vars(self).values():
            if isinstance(value, Schedule):
                value.reset()

    def _checked(self, name: str, value: Any) -> Any:
        """Check a setting, and return it as it is stored."""
        if name in self.counts:
            return check_count(name, value, self.counts[name])
        return copy.copy(check_hyper(name, value, self.domains.get(name)))

    def __setattr__(self, name: str, value: Any) -> None:
        if name in self.hyper:
            raise AttributeError(f"{name} cannot change: a schedule is a value, so make a new {type(self).__name__}")
        object.__setattr__(self, name, value)

    def __eq__(self, other: object) -> bool:
        if type(self) is not type(other):
            return NotImplemented
        ours, others = vars(self), vars(other)
        return ours.keys() == others.keys() and all(np.array_equal(ours[k], others[k]) for k in ours)

    __hash__ = None

    def __repr__(self) -> str:
        settings = [f"{name}={format_setting(getattr(self, name))}" for name in self.hyper]
        return f"{type(self).__name__}({', '.join(settings)})"


class Constant(Schedule):
    """The same rate at every step: α(t) = α₀.

    >>> Constant(0.1)(7)
    0.1
    """

    def __init__(self, lr: Number) -> None:
        super().__init__(lr=lr)

    def rate(self, t):
        return self.lr


class Function(Schedule):
    """Your own function step → rate as a schedule: called with one step at a time, it may use `if`.

    >>> Function(lambda step: 0.1 if step < 100 else 0.01).then(0.001, at=150)([0, 100, 150])
    array([0.1  , 0.01 , 0.001])
    """

    def __init__(self, f: Callable[[int], float]) -> None:
        super().__init__(f=f)

    def rate(self, t):
        steps = [int(step) if step == int(step) else step for step in t.flat]
        rates = [check_hyper(f"{format_setting(self.f)}({step})", self.f(step), self.domains["lr"]) for step in steps]
        return np.array([float(rate) for rate in rates]).reshape(t.shape)

    def _checked(self, name, value):
        if not callable(value) or isinstance(value, type):
            raise TypeError(f"f must be a function step → rate, not {value!r}")
        return value


class Sequence(Schedule):
    """Two schedules in a row; the second starts at its own step 0. It is what `first.then(…)` returns.

    α(t) = first(t)  for t < at,  then second(t − at)

    Args:
        first, second: schedules, rates, or functions step → rate.
        at: the first step of the second; in a chain it must be later than the previous one.

    >>> Sequence(Constant(0.1), 0.01, at=100)
    Constant(lr=0.1).then(Constant(lr=0.01), at=100)
    """

    def __init__(self, first: Rate, second: Rate, *, at: int) -> None:
        super().__init__(first=first, second=second, at=at)
        if isinstance(self.first, Sequence) and self.first.at >= self.at:
            raise ValueError(f"at must be later than the previous change, at={self.first.at}, not {at}")

    def rate(self, t):
        early = t < self.at  # each part is evaluated at its own steps only
        return np.where(early, self.first.rate(np.where(early, t, 0)), self.second.rate(np.maximum(t - self.at, 0)))

    def active(self, step):
        return self.first.active(step) if step < self.at else self.second.active(step - self.at)

    def _checked(self, name, value):
        return super()._checked(name, value) if name == "at" else as_schedule(name, value)

    def __repr__(self) -> str:
        return f"{self.first!r}.then({self.second!r}, at={self.at})"


def as_schedule(name: str, value: Any) -> Schedule:
    """Convert a rate or a function step → rate to a schedule; return a schedule as it is."""
    if isinstance(value, Schedule):
        return value
    if callable(value) and not isinstance(value, type):
        return Function(value)
    return Constant(check_hyper(name, value, Schedule.domains["lr"]))


def check_steps(t: np.ndarray, step: Any) -> None:
    """Raise TypeError or ValueError unless t, the array of `step`, holds counts of finished steps."""
    if t.dtype.kind not in "iuf":
        raise TypeError(f"step must be a number or an array of numbers, not {step!r}")
    outside = ~((t >= 0) & (t < math.inf))
    if outside.any():
        raise ValueError(f"step must be finite and at least 0, not {t[outside].flat[0]}")


def joint_shape(shapes: dict[str, tuple[int, ...]]) -> tuple[int, ...]:
    """Return the shape that shapes broadcast to; a ValueError names them if they do not."""
    if not any(shapes.values()):
        return ()
    try:
        return np.broadcast_shapes(*shapes.values())
    except ValueError:
        text = ", ".join(f"{name} {shape}" for name, shape in shapes.items() if shape)
        raise ValueError(f"these shapes do not broadcast together: {text}") from None


def format_setting(value: Any) -> str:
    """Format a setting: arrays by their shape, functions by their name."""
    return f"array{value.shape}" if isinstance(value, np.ndarray) else getattr(value, "__name__", repr(value))
