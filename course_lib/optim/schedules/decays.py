"""Learning rates that change, the simplest first: functions from the number of finished steps to a rate.

`SGD(lr=Cosine(0.1, steps=200))` trains with one, and `plt.plot(schedule(np.arange(200)))` draws it.

Conventions. t counts *finished* steps: a run of 200 steps evaluates t = 0, …, 199. `lr` is the rate of the
first step. `end` is reached at t = steps, one step after such a run, and kept from then on. After a jump at a
step (`every`, `milestones`, `at`, restarts) the new rate applies from t = that step on. Rates may be arrays, for
a grid: they broadcast with the steps, as in NumPy.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable

import numpy as np

from ...validation import check_count
from .schedule import Number, Rate, Schedule, as_schedule


class Step(Schedule):
    """Multiply the rate by a factor at regular intervals.

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
        return self.lr * np.float_power(self.factor, t // self.every)


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
        n = sum([t >= m for m in self.milestones])
        return self.lr * np.float_power(self.factor, n)

    def _checked(self, name, value):
        if name != "milestones":
            return super()._checked(name, value)
        if not isinstance(value, Iterable):
            raise TypeError(f"milestones must be a list of step counts, not {value!r}")
        milestones = tuple(check_count(f"milestones[{i}]", m, 1) for i, m in enumerate(value))
        if any(a >= b for a, b in itertools.pairwise(milestones)):
            raise ValueError(f"milestones must increase, not {value!r}")
        return milestones


class Exponential(Schedule):
    """Decay the rate exponentially, without jumps.

    α(t) = α₀ γ^(t/every)        (α₀ e^(−kt) with γ = e^(−k))

    A factor above 1 makes it grow, as in a learning-rate range test.

    Args:
        lr: α₀ ≥ 0, the first rate.
        factor: γ ≥ 0.
        every: steps in which the rate shrinks by γ.

    >>> Exponential(0.1, factor=0.5, every=10)([0, 5, 10, 20]).round(4)
    array([0.1   , 0.0707, 0.05  , 0.025 ])

    Source: Szegedy, Vanhoucke, Ioffe, Shlens and Wojna, Rethinking the Inception architecture for computer
    vision, 2016 (a factor of 0.94 every 2 epochs).
    """

    def __init__(self, lr: Number, *, factor: Number, every: int = 1) -> None:
        super().__init__(lr=lr, factor=factor, every=every)

    def rate(self, t):
        return self.lr * np.float_power(self.factor, t / self.every)


class InverseTime(Schedule):
    """Decay the rate as 1/t or a power of it: slow enough to reach any point, fast enough for noise to die out.

    α(t) = α₀ / (1 + kt)^p

    Any point is reached if the sum of the rates is infinite, p ≤ 1; noise dies out for certain if the sum of their
    squares is finite, p > ½.

    Args:
        lr: α₀ ≥ 0, the first rate.
        decay: k ≥ 0; after 1/k steps the rate is halved (p = 1).
        power: p ≥ 0; ½ is the 1/√t of the regret bounds.

    >>> InverseTime(0.1, decay=0.1)([0, 10, 90]).round(4)
    array([0.1 , 0.05, 0.01])

    Source: Robbins and Monro, A stochastic approximation method, 1951; in this form Darken and Moody, Note on
    learning rate schedules for stochastic optimization, 1991.
    """

    def __init__(self, lr: Number, *, decay: Number, power: Number = 1.0) -> None:
        super().__init__(lr=lr, decay=decay, power=power)

    def rate(self, t):
        return self.lr / np.float_power(1 + self.decay * t, self.power)


class Linear(Schedule):
    """Change the rate linearly, down or up.

    α(t) = α_end + (α₀ − α_end) (1 − t/T)        (α_end from t = T on)

    Args:
        lr: α₀ ≥ 0, the first rate.
        steps: T.
        end: α_end ≥ 0, the last rate.

    >>> Linear(0.1, steps=100)([0, 50, 100, 150])
    array([0.1 , 0.05, 0.  , 0.  ])

    Source: Devlin, Chang, Lee and Toutanova, BERT: Pre-training of deep bidirectional transformers for language
    understanding, 2019.
    """

    def __init__(self, lr: Number, *, steps: int, end: Number = 0.0) -> None:
        super().__init__(lr=lr, steps=steps, end=end)

    def rate(self, t):
        s = np.minimum(t / self.steps, 1)
        return self.end + (self.lr - self.end) * (1 - s)


class Polynomial(Schedule):
    """Decay the rate as a power of the remaining time.

    α(t) = α_end + (α₀ − α_end) (1 − t/T)^p        (α_end from t = T on)

    Args:
        lr: α₀ ≥ 0, the first rate.
        steps: T.
        power: p ≥ 0; 1 is linear, a larger p falls earlier.
        end: α_end ≥ 0, the last rate.

    >>> Polynomial(0.1, steps=100, power=2)([0, 50, 100])
    array([0.1  , 0.025, 0.   ])

    Source: Liu, Rabinovich and Berg, ParseNet: Looking wider to see better, 2015.
    """

    def __init__(self, lr: Number, *, steps: int, power: Number, end: Number = 0.0) -> None:
        super().__init__(lr=lr, steps=steps, power=power, end=end)

    def rate(self, t):
        s = np.minimum(t / self.steps, 1)
        return self.end + (self.lr - self.end) * np.float_power(1 - s, self.power)


class Cosine(Schedule):
    """Decay the rate along half a cosine: slowly at first, fast in the middle, slowly at the end.

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


class Warmup(Schedule):
    """Rise linearly before any other schedule, which then starts at its own step 0.

    α(t) = α_start + (β(0) − α_start) t/W  for t < W,  then β(t − W)

    Args:
        schedule: β: a schedule, a rate, or a function step → rate.
        steps: W.
        start: α_start ≥ 0, the rate of the first step. A step at rate 0 does nothing: Goyal starts at α₀/k.

    >>> schedule = Warmup(Cosine(0.1, steps=90), steps=10, start=0.02)
    >>> schedule([0, 5, 10, 55, 100]).round(4)
    array([0.02, 0.06, 0.1 , 0.05, 0.  ])

    Source: Goyal et al., Accurate, large minibatch SGD: Training ImageNet in 1 hour, 2017.
    """

    def __init__(self, schedule: Rate, *, steps: int, start: Number = 0.0) -> None:
        super().__init__(schedule=schedule, steps=steps, start=start)

    def rate(self, t):
        rate = self.schedule.rate(np.maximum(t - self.steps, 0))
        rise = self.start + (rate - self.start) * t / self.steps  # up to the schedule's first rate
        return np.where(t < self.steps, rise, rate)

    def active(self, step):
        return (self, step) if step < self.steps else self.schedule.active(step - self.steps)

    def _checked(self, name, value):
        return as_schedule(name, value) if name == "schedule" else super()._checked(name, value)


class WarmupStableDecay(Schedule):
    """Rise briefly, keep the rate constant for long, then decay; the decay may begin at any time.

    α(t) = α_start + (α₀ − α_start) t/W  for t < W,  then α₀  for t < T − D,  then α_end + (α₀ − α_end) (1 − s)
    s = (t − T + D)/D        (α_end from t = T on; 1 − √s instead of 1 − s with `root`)

    Up to T − D the rate does not depend on T: one long run at α₀ may be continued, or ended by a decay from any of its
    steps, whereas `Cosine` must know T from the first step on.

    Args:
        lr: α₀ ≥ 0, the rate in the middle.
        steps: T.
        warmup: W, steps of the rise.
        cooldown: D, steps of the decay; W + D ≤ T.
        start: α_start ≥ 0, the rate of the first step. A step at rate 0 does nothing.
        end: α_end ≥ 0, the last rate.
        root: decay as 1 − √s, faster at first, instead of linearly.

    >>> schedule = WarmupStableDecay(0.1, steps=100, warmup=10, cooldown=20, start=0.02)
    >>> schedule([0, 5, 10, 80, 90, 100]).round(4)
    array([0.02, 0.06, 0.1 , 0.1 , 0.05, 0.  ])

    Source: Hu et al., MiniCPM: Unveiling the potential of small language models with scalable training strategies,
    2024; both shapes of the decay Hägele, Bakouch, Kosson, Ben Allal, Von Werra and Jaggi, Scaling laws and
    compute-optimal training beyond fixed training durations, 2024.
    """

    counts = Schedule.counts | {"cooldown": 1}

    def __init__(
        self,
        lr: Number,
        *,
        steps: int,
        warmup: int,
        cooldown: int,
        start: Number = 0.0,
        end: Number = 0.0,
        root: bool = False,
    ) -> None:
        super().__init__(lr=lr, steps=steps, warmup=warmup, cooldown=cooldown, start=start, end=end, root=root)
        if self.warmup + self.cooldown > self.steps:
            raise ValueError(f"warmup + cooldown must be at most steps={self.steps}, not {warmup} + {cooldown}")

    def rate(self, t):
        rise = self.start + (self.lr - self.start) * t / self.warmup
        s = np.clip((t - (self.steps - self.cooldown)) / self.cooldown, 0, 1)
        s = np.sqrt(s) if self.root else s
        return np.where(t < self.warmup, rise, self.end + (self.lr - self.end) * (1 - s))

    def _checked(self, name, value):
        if name == "root" and not isinstance(value, bool):
            raise TypeError(f"root must be True or False, not {value!r}")
        return super()._checked(name, value)
