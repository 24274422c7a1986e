"""Learning rates that change: a schedule is a function from the number of finished steps to a rate.

    class Cosine(Schedule):
        def __init__(self, lr, *, steps, end=0.0):
            super().__init__(lr=lr, steps=steps, end=end)

        def rate(self, t):
            s = np.minimum(t / self.steps, 1)
            return self.end + (self.lr - self.end) * (1 + np.cos(np.pi * s)) / 2

That is a whole schedule: `SGD(lr=Cosine(0.1, steps=200))`. Called with an array it gives an array, so that
`plt.plot(schedule(np.arange(200)))` draws one.

Conventions. t counts *finished* steps: a run of 200 steps asks for t = 0, …, 199. `lr` is the rate of the
first step. `end` is reached at t = steps, one step after such a run, and kept from then on. A rate that
jumps at a step (`every`, `milestones`, `at`, restarts) is the new one from t = that step on. Rates may be
arrays, a grid of them: they broadcast with the steps, as in NumPy.
"""

from __future__ import annotations

import copy
import itertools
import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar, Self

import numpy as np

from .parameters import check_hyper

Number = float | np.ndarray


class Schedule:
    """Turn `rate(t)`, plain arithmetic on an array t of step counts, into a function step → rate.

    A schedule is a subclass whose constructor hands its settings on by name, and `rate`. It then checks
    them, prints as it was written, compares by value, and takes a number or an array of any shape; the
    rates of an array are, bit for bit, those of its elements.

    Args:
        **hyper: settings: finite numbers, or arrays that broadcast; counts of steps are whole numbers.

    Raises:
        TypeError, ValueError: from the constructor, from assignment and from the call, naming the argument.

    >>> class Root(Schedule):
    ...     def __init__(self, lr):
    ...         super().__init__(lr=lr)
    ...
    ...     def rate(self, t):
    ...         return self.lr / np.sqrt(1 + t)
    >>> Root(0.1), Root(0.1)(3), Root(0.1)(np.array([0, 3]))
    (Root(lr=0.1), 0.05, array([0.1 , 0.05]))
    """

    #: Where each number must lie: low ≤ value < high.
    domains: ClassVar[dict[str, tuple[float, float]]] = dict.fromkeys(
        ["lr", "start", "end", "peak", "floor", "factor", "decay", "power", "cycle_factor", "step_factor"],
        (0.0, math.inf),
    ) | {"growth": (1.0, math.inf), "threshold": (0.0, 1.0)}
    #: The least value of what counts steps.
    counts: ClassVar[dict[str, int]] = dict.fromkeys(
        ["steps", "every", "warmup", "period", "up", "down", "cycles", "at"], 1
    ) | {"patience": 0, "cooldown": 0}

    hyper: tuple[str, ...] = ()  # the names of the settings

    def __init__(self, **hyper: Any) -> None:
        self.hyper = tuple(hyper)
        for name, value in hyper.items():
            setattr(self, name, value)
        _ = self.shape  # raises if arrays do not fit each other

    def rate(self, t: np.ndarray) -> Number:
        """Give the rates at t, a float array of finished steps: the schedule itself."""
        raise NotImplementedError(f"{type(self).__name__} must define rate(self, t)")

    def __call__(self, step: Any) -> Any:
        """Give the rate after `step` finished steps: a float, or an array for an array of steps or of rates."""
        t = np.asarray(step)
        if t.dtype.kind not in "iuf":
            raise TypeError(f"step must be a number or an array of numbers, not {step!r}")
        outside = ~((t >= 0) & (t < math.inf))
        if outside.any():
            raise ValueError(f"step must be finite and at least 0, not {t[outside].flat[0]}")
        shape = _joint({"step": t.shape, "the rates": self.shape})
        # Never a NumPy scalar: its powers and cosines may differ from an array's in the last bit.
        rate = self.rate(np.array(t, dtype=float, order="C", ndmin=1))
        return np.broadcast_to(rate, shape).copy() if shape else np.asarray(rate).item()

    def then(self, schedule: Schedule | Number | Callable[[int], float], *, at: int) -> Sequence:
        """Give this schedule up to step `at`, and from there on another one, which starts at its own step 0.

        In a chain every `at` counts from the start of the whole.

        >>> ramp = Linear(0.0, steps=10, end=0.1)
        >>> schedule = ramp.then(Cosine(0.1, steps=90), at=10).then(0.001, at=100)
        >>> schedule([0, 5, 10, 55, 100]).round(3)
        array([0.   , 0.05 , 0.1  , 0.05 , 0.001])
        """
        return Sequence(self, schedule, at=at)

    def fresh(self) -> Self:
        """Give a schedule with the same settings and no memory (only `ReducePlateau` has one)."""
        settings = {name: getattr(self, name) for name in self.hyper}
        return type(self)(**{k: v.fresh() if isinstance(v, Schedule) else copy.copy(v) for k, v in settings.items()})

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of one step's rate: () for a number."""
        return _joint({name: getattr(getattr(self, name), "shape", ()) for name in self.hyper})

    def __setattr__(self, name: str, value: Any) -> None:
        object.__setattr__(self, name, self._checked(name, value) if name in self.hyper else value)

    def _checked(self, name: str, value: Any) -> Any:
        if name in self.counts:
            return _count(name, value, self.counts[name])
        return check_hyper(name, value, self.domains.get(name))

    def __eq__(self, other: object) -> bool:
        if type(self) is not type(other):
            return NotImplemented
        mine, yours = vars(self), vars(other)
        return mine.keys() == yours.keys() and all(np.array_equal(mine[k], yours[k]) for k in mine)

    __hash__ = None

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={_show(getattr(self, name))}' for name in self.hyper)})"


class Constant(Schedule):
    """The same rate at every step: α(t) = α₀.

    >>> Constant(0.1)(7)
    0.1
    """

    def __init__(self, lr: Number) -> None:
        super().__init__(lr=lr)

    def rate(self, t):
        return self.lr


class Step(Schedule):
    """Multiply the rate by a factor every so many steps.

    α(t) = α₀ γ^⌊t/every⌋

    Args:
        lr: α₀ ≥ 0, the first rate.
        every: steps between two drops.
        factor: γ ≥ 0.

    >>> Step(0.1, every=30, factor=0.1)([0, 29, 30, 60]).round(4)
    array([0.1  , 0.1  , 0.01 , 0.001])

    Source: Szegedy et al., Going deeper with convolutions, 2015 (4 % less every 8 epochs).
    """

    def __init__(self, lr: Number, *, every: int, factor: Number = 0.1) -> None:
        super().__init__(lr=lr, every=every, factor=factor)

    def rate(self, t):
        return self.lr * self.factor ** (t // self.every)


class MultiStep(Schedule):
    """Multiply the rate by a factor at each milestone.

    α(t) = α₀ γⁿ        (n milestones are ≤ t)

    Args:
        lr: α₀ ≥ 0, the first rate.
        milestones: increasing step counts ≥ 1.
        factor: γ ≥ 0.

    >>> MultiStep(0.1, milestones=[100, 150])([0, 99, 100, 150]).round(4)
    array([0.1  , 0.1  , 0.01 , 0.001])

    Source: He, Zhang, Ren and Sun, Deep residual learning for image recognition, 2016.
    """

    def __init__(self, lr: Number, *, milestones: Iterable[int], factor: Number = 0.1) -> None:
        super().__init__(lr=lr, milestones=milestones, factor=factor)

    def rate(self, t):
        n = np.searchsorted(self.milestones, t, side="right")
        return self.lr * self.factor**n

    def _checked(self, name, value):
        if name != "milestones":
            return super()._checked(name, value)
        if not isinstance(value, Iterable) or np.ndim(value) != 1:
            raise TypeError(f"milestones must be a list of step counts, not {value!r}")
        milestones = tuple(_count(f"milestones[{i}]", m, 1) for i, m in enumerate(value))
        if any(a >= b for a, b in itertools.pairwise(milestones)):
            raise ValueError(f"milestones must increase, not {value!r}")
        return milestones


class Exponential(Schedule):
    """Shrink the rate by the same factor again and again, without jumps.

    α(t) = α₀ γ^(t/every)        (α₀ e^(−kt) with γ = e^(−k))

    A factor above 1 makes it grow: that is the sweep of a learning-rate range test.

    Args:
        lr: α₀ ≥ 0, the first rate.
        factor: γ ≥ 0.
        every: steps that it takes to shrink by γ.

    >>> Exponential(0.1, factor=0.5, every=10)([0, 5, 10, 20]).round(4)
    array([0.1   , 0.0707, 0.05  , 0.025 ])

    Source: Szegedy, Vanhoucke, Ioffe, Shlens and Wojna, Rethinking the Inception architecture for computer
    vision, 2016 (a factor of 0.94 every 2 epochs).
    """

    def __init__(self, lr: Number, *, factor: Number, every: int = 1) -> None:
        super().__init__(lr=lr, factor=factor, every=every)

    def rate(self, t):
        return self.lr * self.factor ** (t / self.every)


class InverseTime(Schedule):
    """The 1/t rate: its sum is infinite, so it reaches any point; its sum of squares is not, so noise dies out.

    α(t) = α₀ / (1 + kt)^p

    Args:
        lr: α₀ ≥ 0, the first rate.
        decay: k ≥ 0; after 1/k steps the rate is halved (p = 1).
        power: p ≥ 0; ½ gives the 1/√t of the regret bounds.

    >>> InverseTime(0.1, decay=0.1)([0, 10, 90]).round(4)
    array([0.1 , 0.05, 0.01])

    Source: Robbins and Monro, A stochastic approximation method, 1951; in this form Darken and Moody, Note on
    learning rate schedules for stochastic optimization, 1991.
    """

    def __init__(self, lr: Number, *, decay: Number, power: Number = 1.0) -> None:
        super().__init__(lr=lr, decay=decay, power=power)

    def rate(self, t):
        return self.lr / (1 + self.decay * t) ** self.power


class Linear(Schedule):
    """A straight line from one rate to another, down or up.

    α(t) = α_end + (α₀ − α_end) (1 − t/T)        (α_end from t = T on)

    Args:
        lr: α₀ ≥ 0, the first rate.
        steps: T.
        end: α_end ≥ 0, the last rate.

    >>> Linear(0.1, steps=100)([0, 50, 100, 150])
    array([0.1 , 0.05, 0.  , 0.  ])

    Source: Devlin, Chang, Lee and Toutanova, BERT, 2019.
    """

    def __init__(self, lr: Number, *, steps: int, end: Number = 0.0) -> None:
        super().__init__(lr=lr, steps=steps, end=end)

    def rate(self, t):
        s = np.minimum(t / self.steps, 1)
        return self.end + (self.lr - self.end) * (1 - s)


class Polynomial(Schedule):
    """A power of the time that is left.

    α(t) = α_end + (α₀ − α_end) (1 − t/T)^p        (α_end from t = T on)

    Args:
        lr: α₀ ≥ 0, the first rate.
        steps: T.
        power: p ≥ 0; 1 is linear, more falls earlier.
        end: α_end ≥ 0, the last rate.

    >>> Polynomial(0.1, steps=100, power=2)([0, 50, 100])
    array([0.1  , 0.025, 0.   ])

    Source: Liu, Rabinovich and Berg, ParseNet: Looking wider to see better, 2015.
    """

    def __init__(self, lr: Number, *, steps: int, power: Number, end: Number = 0.0) -> None:
        super().__init__(lr=lr, steps=steps, power=power, end=end)

    def rate(self, t):
        s = np.minimum(t / self.steps, 1)
        return self.end + (self.lr - self.end) * (1 - s) ** self.power


class Cosine(Schedule):
    """Half a cosine: slow at first, fast in the middle, slow at last.

    α(t) = α_end + ½ (α₀ − α_end) (1 + cos(π t/T))        (α_end from t = T on)

    Args:
        lr: α₀ ≥ 0, the first rate.
        steps: T.
        end: α_end ≥ 0, the last rate.

    >>> Cosine(0.1, steps=100)([0, 50, 100, 150]).round(4)
    array([0.1 , 0.05, 0.  , 0.  ])

    Source: Loshchilov and Hutter, SGDR: Stochastic gradient descent with warm restarts, 2017.
    """

    def __init__(self, lr: Number, *, steps: int, end: Number = 0.0) -> None:
        super().__init__(lr=lr, steps=steps, end=end)

    def rate(self, t):
        s = np.minimum(t / self.steps, 1)
        return self.end + (self.lr - self.end) * (1 + np.cos(np.pi * s)) / 2


class WarmRestarts(Schedule):
    """Cosine after cosine, each longer than the one before; every restart jumps back to the first rate.

    α(t) = α_end + ½ (α₀ − α_end) (1 + cos(π u/Tₙ))        Tₙ = T₀ gⁿ

    Here u is the number of steps since the last restart. The n-th is at t = T₀ + … + Tₙ₋₁; it goes on for ever.

    Args:
        lr: α₀ ≥ 0, the rate after each restart.
        period: T₀, steps in the first cycle.
        growth: g ≥ 1.
        end: α_end ≥ 0, the rate that each cycle falls to; the step after its last would have it.

    >>> schedule = WarmRestarts(0.1, period=10, growth=2)
    >>> schedule([0, 5, 10, 20, 30]).round(4)
    array([0.1 , 0.05, 0.1 , 0.05, 0.1 ])
    >>> schedule.restarts(100)
    [0, 10, 30, 70]

    Source: Loshchilov and Hutter, SGDR: Stochastic gradient descent with warm restarts, 2017.
    """

    def __init__(self, lr: Number, *, period: int, growth: float = 1.0, end: Number = 0.0) -> None:
        if np.ndim(growth):
            raise TypeError(f"growth must be one number, not {growth!r}")
        super().__init__(lr=lr, period=period, growth=growth, end=end)

    def rate(self, t):
        if self.growth == 1:
            u, length = t % self.period, self.period
        else:  # a logarithm would be shorter, and miss some restarts by rounding
            starts = np.array(self._starts(t.max(initial=0)))
            n = np.searchsorted(starts, t, side="right") - 1
            u, length = t - starts[n], starts[n + 1] - starts[n]
        return self.end + (self.lr - self.end) * (1 + np.cos(np.pi * u / length)) / 2

    def restarts(self, steps: int) -> list[int]:
        """List the steps below `steps` at which a cycle begins, 0 first."""
        return [math.ceil(start) for start in self._starts(_count("steps", steps, 1) - 1)[:-1]]

    def _starts(self, last: float) -> list[float]:
        """Where the cycles up to step `last` start, and the one after them."""
        starts, length = [0], self.period
        while starts[-1] <= last:
            starts.append(starts[-1] + length)
            length *= self.growth
        return starts


class Snapshots(Schedule):
    """Equal cosine cycles down to zero, each of which leaves one member of an ensemble.

    α(t) = ½ α₀ (1 + cos(π (t mod P)/P))        P = ⌈T/M⌉

    Args:
        lr: α₀ ≥ 0, the rate at the start of each cycle.
        steps: T, of the whole run.
        cycles: M ≤ T. If it does not divide T, the last cycle is cut short.

    >>> schedule = Snapshots(0.1, steps=200, cycles=4)
    >>> schedule([0, 25, 50, 75]).round(4)
    array([0.1 , 0.05, 0.1 , 0.05])
    >>> schedule.taken()
    [50, 100, 150, 200]

    Source: Huang, Li, Pleiss, Liu, Hopcroft and Weinberger, Snapshot ensembles: Train 1, get M for free, 2017.
    """

    def __init__(self, lr: Number, *, steps: int, cycles: int) -> None:
        super().__init__(lr=lr, steps=steps, cycles=cycles)
        if self.cycles > self.steps:
            raise ValueError(f"cycles must be at most steps={self.steps}, not {cycles}")

    def rate(self, t):
        period = -(-self.steps // self.cycles)
        return self.lr * (1 + np.cos(np.pi * (t % period) / period)) / 2

    def taken(self) -> list[int]:
        """List the numbers of finished steps after which the snapshots are taken."""
        period = -(-self.steps // self.cycles)
        return [*range(period, self.steps, period), self.steps]


class Triangular(Schedule):
    """Up and down in straight lines, again and again.

    α(t) = α₀ + (α_peak − α₀) h(t) cⁿ sᵗ

    Here h rises from 0 to 1 and falls back in each cycle, and n is the number of finished cycles.

    Args:
        lr: α₀ ≥ 0, the first rate and the base of each triangle.
        peak: α_peak ≥ 0.
        up: steps to the peak.
        down: steps back; None for as many.
        cycle_factor: c ≥ 0, the height of each cycle relative to the one before (½: "triangular2").
        step_factor: s ≥ 0, the same for each step ("exp_range").

    >>> Triangular(0.1, peak=0.5, up=4, cycle_factor=0.5)([0, 2, 4, 6, 8, 12]).round(4)
    array([0.1, 0.3, 0.5, 0.3, 0.1, 0.3])

    Source: Smith, Cyclical learning rates for training neural networks, 2017.
    """

    def __init__(
        self,
        lr: Number,
        *,
        peak: Number,
        up: int,
        down: int | None = None,
        cycle_factor: Number = 1.0,
        step_factor: Number = 1.0,
    ) -> None:
        down = up if down is None else down
        super().__init__(lr=lr, peak=peak, up=up, down=down, cycle_factor=cycle_factor, step_factor=step_factor)

    def rate(self, t):
        n, u = np.divmod(t, self.up + self.down)
        height = np.minimum(u / self.up, (self.up + self.down - u) / self.down)
        return self.lr + (self.peak - self.lr) * height * self.cycle_factor**n * self.step_factor**t


class OneCycle(Schedule):
    """Once up to a large rate, and down to a very small one.

    The rate goes from α₀ to α_peak in W steps, and to α_end at t = T. In three phases it goes from α_peak
    back to α₀ in W steps first. Each phase is half a cosine, or a straight line. (The momentum that the
    paper moves the other way is not moved.)

    Args:
        lr: α₀ ≥ 0, the first rate; Smith takes a tenth of the peak or less.
        peak: α_peak ≥ 0, the largest that a range test allows.
        steps: T.
        warmup: W < T, or < T/2 in three phases.
        end: α_end ≥ 0, the last rate.
        linear: straight lines instead of cosines.
        three_phase: back to α₀ before the final fall, as in the paper.

    >>> OneCycle(0.1, peak=0.5, steps=100, warmup=40)([0, 20, 40, 70, 100]).round(4)
    array([0.1 , 0.3 , 0.5 , 0.25, 0.  ])

    Source: Smith, A disciplined approach to neural network hyper-parameters: Part 1, 2018.
    """

    def __init__(
        self,
        lr: Number,
        *,
        peak: Number,
        steps: int,
        warmup: int,
        end: Number = 0.0,
        linear: bool = False,
        three_phase: bool = False,
    ) -> None:
        super().__init__(lr=lr, peak=peak, steps=steps, warmup=warmup, end=end, linear=linear, three_phase=three_phase)
        if self.warmup * (2 if three_phase else 1) >= self.steps:
            raise ValueError(f"warmup must be below {'half of ' * three_phase}steps={self.steps}, not {warmup}")

    def rate(self, t):
        corners = [(0, self.lr), (self.warmup, self.peak), (self.steps, self.end)]
        if self.three_phase:
            corners.insert(2, (2 * self.warmup, self.lr))
        rate = self.end
        for (t0, a), (t1, b) in reversed(list(itertools.pairwise(corners))):
            s = (t - t0) / (t1 - t0)
            s = s if self.linear else (1 - np.cos(np.pi * s)) / 2
            rate = np.where(t < t1, a + (b - a) * s, rate)
        return rate

    def _checked(self, name, value):
        if name in ("linear", "three_phase") and not isinstance(value, bool):
            raise TypeError(f"{name} must be True or False, not {value!r}")
        return super()._checked(name, value)


class Warmup(Schedule):
    """A straight rise in front of any other schedule, which then starts at its own step 0.

    α(t) = α_start + (β(0) − α_start) t/W  for t < W,  then β(t − W)

    Args:
        schedule: β: a schedule, a rate, or a function step → rate.
        steps: W.
        start: α_start ≥ 0, the rate of the first step. A step at rate 0 does nothing: Goyal starts at α₀/k.

    >>> schedule = Warmup(Cosine(0.1, steps=90), steps=10, start=0.02)
    >>> schedule
    Warmup(Cosine(lr=0.1, steps=90, end=0.0), steps=10, start=0.02)
    >>> schedule([0, 5, 10, 55, 100]).round(4)
    array([0.02, 0.06, 0.1 , 0.05, 0.  ])

    Source: Goyal et al., Accurate, large minibatch SGD: Training ImageNet in 1 hour, 2017.
    """

    def __init__(
        self, schedule: Schedule | Number | Callable[[int], float], *, steps: int, start: Number = 0.0
    ) -> None:
        super().__init__(schedule=schedule, steps=steps, start=start)

    def rate(self, t):
        rate = self.schedule.rate(np.maximum(t - self.steps, 0))  # β(0) during the rise
        return np.where(t < self.steps, self.start + (rate - self.start) * t / self.steps, rate)

    def _checked(self, name, value):
        return _schedule(name, value) if name == "schedule" else super()._checked(name, value)

    def __repr__(self) -> str:
        return f"Warmup({self.schedule!r}, steps={self.steps}, start={_show(self.start)})"


class Sequence(Schedule):
    """One schedule, and from a step on another, which starts at its own step 0: what `first.then(…)` gives.

    α(t) = first(t)  for t < at,  then second(t − at)

    Args:
        first, second: schedules, rates, or functions step → rate.
        at: the first step of the second; in a chain it must be beyond the one before.

    >>> Sequence(Constant(0.1), Linear(0.1, steps=50), at=100)
    Constant(lr=0.1).then(Linear(lr=0.1, steps=50, end=0.0), at=100)
    """

    def __init__(
        self,
        first: Schedule | Number | Callable[[int], float],
        second: Schedule | Number | Callable[[int], float],
        *,
        at: int,
    ) -> None:
        super().__init__(first=first, second=second, at=at)
        if isinstance(self.first, Sequence) and self.first.at >= self.at:
            raise ValueError(f"at must be beyond the change before it, at={self.first.at}, not {at}")

    def rate(self, t):
        return np.where(t < self.at, self.first.rate(t), self.second.rate(np.maximum(t - self.at, 0)))

    def _checked(self, name, value):
        return super()._checked(name, value) if name == "at" else _schedule(name, value)

    def __repr__(self) -> str:
        return f"{self.first!r}.then({self.second!r}, at={self.at})"


class Function(Schedule):
    """A function step → rate of your own, as a schedule: asked one step at a time, it may use `if`.

    >>> Function(lambda step: 0.1 if step < 100 else 0.01).then(0.001, at=150)([0, 100, 150])
    array([0.1  , 0.01 , 0.001])
    """

    def __init__(self, f: Callable[[int], float]) -> None:
        super().__init__(f=f)

    def rate(self, t):
        steps = [int(step) if step == int(step) else step for step in t.flat]
        rates = [check_hyper(f"{_show(self.f)}({step})", self.f(step), self.domains["lr"]) for step in steps]
        return np.array([float(rate) for rate in rates]).reshape(t.shape)

    def _checked(self, name, value):
        if not callable(value) or isinstance(value, type):
            raise TypeError(f"f must be a function step → rate, not {value!r}")
        return value


class ReducePlateau(Schedule):
    """Multiply the rate by a factor when the loss has stopped falling: the schedule that needs the loss.

    Tell it each loss by `observe`. A loss is better if ℓ < ℓ* − θ |ℓ*|, where ℓ* is the best one so far.
    After more than `patience` losses in a row that are not, α ← max(γ α, floor), and the next `cooldown`
    losses are not counted. A loss that is not finite is never better, so a run that diverges slows down.
    To watch what should rise, observe its negative.

    Called, it gives its present rate, whatever the step. `Optimizer.state_dict` does not hold its memory:
    save `plateau.state_dict()` beside it.

    Args:
        lr: α₀ ≥ 0, the first rate, one number.
        factor: γ, 0 ≤ γ < 1.
        patience: losses in a row that need not be better.
        threshold: θ, 0 ≤ θ < 1, relative.
        cooldown: losses that are not counted after a drop.
        floor: the least rate that a drop leads to.

    >>> plateau = ReducePlateau(0.1, factor=0.5, patience=1)
    >>> [plateau.observe(loss) for loss in [3.0, 2.0, 2.0, 2.0]]
    [0.1, 0.1, 0.1, 0.05]

    Source: Krizhevsky, Sutskever and Hinton, ImageNet classification with deep convolutional neural networks,
    2012, did so by hand.
    """

    domains = Schedule.domains | {"factor": (0.0, 1.0)}

    def __init__(
        self,
        lr: float,
        *,
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        cooldown: int = 0,
        floor: float = 0.0,
    ) -> None:
        super().__init__(lr=lr, factor=factor, patience=patience, threshold=threshold, cooldown=cooldown, floor=floor)
        self.now = self.lr  # the present rate
        self.best = math.inf
        self.bad = 0  # losses in a row that were not better
        self.rest = 0  # losses still not to be counted

    def observe(self, loss: float) -> float:
        """Tell one loss; give the rate from now on."""
        loss = _real("loss", loss)
        if math.isfinite(loss) and loss < self.best * (1 - math.copysign(self.threshold, self.best)):
            self.best, self.bad = loss, 0
        else:
            self.bad += 1
        if self.rest > 0:
            self.rest, self.bad = self.rest - 1, 0
        if self.bad > self.patience:
            self.now = min(self.now, max(self.factor * self.now, self.floor))
            self.rest, self.bad = self.cooldown, 0
        return self.now

    def rate(self, t):
        return self.now

    def state_dict(self) -> dict[str, float]:
        """Give its memory: the present rate, the best loss, and the two counters. The settings are not in it.

        >>> plateau = ReducePlateau(0.1)
        >>> rate = plateau.observe(3.0)
        >>> plateau.state_dict()
        {'now': 0.1, 'best': 3.0, 'bad': 0, 'rest': 0}
        """
        return {name: getattr(self, name) for name in ("now", "best", "bad", "rest")}

    def load_state_dict(self, state: dict[str, float]) -> None:
        """Go on from what `state_dict` gave.

        Raises:
            TypeError, ValueError: an entry that is missing, unknown or out of range; nothing has been changed.
        """
        if not isinstance(state, Mapping):
            raise TypeError(f"state must be a dict as state_dict() gives, not {state!r}")
        if state.keys() != self.state_dict().keys():
            raise ValueError(f"state must have the keys {list(self.state_dict())}, not {list(state)}")
        now = float(check_hyper("state['now']", _real("state['now']", state["now"]), self.domains["lr"]))
        best = _real("state['best']", state["best"])
        if math.isnan(best):
            raise ValueError("state['best'] must be a loss, not nan")
        bad, rest = (_count(f"state[{name!r}]", state[name], 0) for name in ("bad", "rest"))
        self.now, self.best, self.bad, self.rest = now, best, bad, rest

    def _checked(self, name, value):
        return _real(name, super()._checked(name, value)) if name in self.domains else super()._checked(name, value)


def _schedule(name: str, value: Any) -> Schedule:
    if isinstance(value, Schedule):
        return value
    if callable(value) and not isinstance(value, type):
        return Function(value)
    return Constant(check_hyper(name, value, Schedule.domains["lr"]))


def _count(name: str, value: Any, least: int) -> int:
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise TypeError(f"{name} must be a whole number, not {value!r}")
    if value < least:
        raise ValueError(f"{name} must be at least {least}, not {value}")
    return int(value)


def _real(name: str, value: Any) -> float:
    x = np.asarray(value)
    if x.ndim != 0 or x.dtype.kind not in "iuf":
        raise TypeError(f"{name} must be one number, not {value!r}")
    return float(x)


def _joint(shapes: dict[str, tuple[int, ...]]) -> tuple[int, ...]:
    if not any(shapes.values()):
        return ()
    try:
        return np.broadcast_shapes(*shapes.values())
    except ValueError:
        said = ", ".join(f"{name} {shape}" for name, shape in shapes.items() if shape)
        raise ValueError(f"these shapes do not broadcast together: {said}") from None


def _show(value: Any) -> str:
    return f"array{value.shape}" if isinstance(value, np.ndarray) else getattr(value, "__name__", repr(value))
