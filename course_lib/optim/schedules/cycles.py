"""Schedules that rise and fall, once or repeatedly; the conventions are those of `decays.py`."""

from __future__ import annotations

import math

import numpy as np

from ...validation import check_bool, check_count
from .schedule import Number, Schedule


class OneCycle(Schedule):
    """Rise once to a large rate, then fall to a very small one.

    The rate goes from α₀ to α_peak in W steps, and to α_end at t = T. In three phases it goes from α_peak
    back to α₀ in W steps first. Each phase is half a cosine, or a straight line. (The paper also
    moves momentum the other way, which this class does not.)

    Args:
        lr: α₀ ≥ 0, the first rate, usually a tenth of the peak or less.
        peak: α_peak ≥ 0, the largest that a range test allows.
        steps: T.
        warmup: W < T, or < T/2 in three phases.
        end: α_end ≥ 0, the last rate.
        linear: straight lines instead of cosines.
        three_phase: return to α₀ before the final fall, as in the paper.

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
        turn = 2 * self.warmup if self.three_phase else self.warmup  # where the last fall begins, and from where
        top = self.lr if self.three_phase else self.peak
        up = _between(self.lr, self.peak, t / self.warmup, self.linear)
        back = _between(self.peak, self.lr, t / self.warmup - 1, self.linear)
        down = _between(top, self.end, (t - turn) / (self.steps - turn), self.linear)
        early = np.where(t < self.warmup, up, back)
        return np.where(t < turn, early, np.where(t < self.steps, down, self.end))

    def _checked(self, name, value):
        if name in ("linear", "three_phase"):
            return check_bool(name, value)
        return super()._checked(name, value)


def _between(a, b, s, linear):
    """Interpolate from a to b, s from 0 to 1, by half a cosine or a straight line."""
    s = s if linear else (1 - np.cos(np.pi * s)) / 2
    return a + (b - a) * s


class Triangular(Schedule):
    """Rise and fall linearly, again and again.

    α(t) = α₀ + (α_peak − α₀) h(t) cⁿ sᵗ

    Here h rises from 0 to 1 and falls back in each cycle, and n is the number of finished cycles.

    Args:
        lr: α₀ ≥ 0, the first rate and the base of each triangle.
        peak: α_peak ≥ 0.
        up: steps to the peak.
        down: steps back; None for the same number.
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
        shrunk = np.float_power(self.cycle_factor, n) * np.float_power(self.step_factor, t)
        return self.lr + (self.peak - self.lr) * height * shrunk


class WarmRestarts(Schedule):
    """Repeat a cosine decay in cycles that may grow; every restart jumps back to the first rate.

    α(t) = α_end + ½ (α₀ − α_end) (1 + cos(π u/Tₙ))        Tₙ = T₀ gⁿ

    Here u is the number of steps since the last restart. The n-th is at t = T₀ + … + Tₙ₋₁; it goes on for ever.

    Args:
        lr: α₀ ≥ 0, the rate after each restart.
        period: T₀, steps in the first cycle.
        growth: g ≥ 1.
        end: α_end ≥ 0, which each cycle would reach if the next one did not begin.

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
        """Return the steps below `steps` at which a cycle begins, 0 first."""
        return [math.ceil(start) for start in self._starts(check_count("steps", steps, 1) - 1)[:-1]]

    def _starts(self, last: float) -> list[float]:
        """Return the starts of the cycles up to step `last`, and of the one after them."""
        starts, length = [0], self.period
        while starts[-1] <= last:
            starts.append(starts[-1] + length)
            length *= self.growth
        return starts


class Snapshots(Schedule):
    """Fall to zero in equal cosine cycles, each of which leaves one member of an ensemble.

    α(t) = ½ α₀ (1 + cos(π (t mod P)/P))        P = ⌈T/M⌉

    Args:
        lr: α₀ ≥ 0, the rate at the start of each cycle.
        steps: T, of the whole run.
        cycles: M ≤ T. If it does not divide T, the last cycle is cut short.

    Raises:
        ValueError: T steps in cycles of P steps are not M cycles: 10 steps in 6 cycles would be 5 cycles of 2 steps,
            so 5 members.

    >>> schedule = Snapshots(0.1, steps=200, cycles=4)
    >>> schedule([0, 25, 50, 75]).round(4)
    array([0.1 , 0.05, 0.1 , 0.05])
    >>> schedule.ends()
    [50, 100, 150, 200]

    Source: Huang, Li, Pleiss, Liu, Hopcroft and Weinberger, Snapshot ensembles: Train 1, get M for free, 2017.
    """

    def __init__(self, lr: Number, *, steps: int, cycles: int) -> None:
        super().__init__(lr=lr, steps=steps, cycles=cycles)
        if self.cycles > self.steps:
            raise ValueError(f"cycles must be at most steps={self.steps}, not {cycles}")
        if len(self.ends()) != self.cycles:
            raise ValueError(
                f"cycles={cycles} of ⌈{steps}/{cycles}⌉ = {self.period} steps do not fit steps={steps}, which "
                f"{len(self.ends())} of them fill: take cycles={len(self.ends())}, or steps from "
                f"{self.period * (self.cycles - 1) + 1} to {self.period * self.cycles}"
            )

    @property
    def period(self) -> int:
        """Steps in a cycle, ⌈T/M⌉."""
        return -(-self.steps // self.cycles)

    def rate(self, t):
        return self.lr * (1 + np.cos(np.pi * (t % self.period) / self.period)) / 2

    def ends(self) -> list[int]:
        """Return the ends of the M cycles: the numbers of finished steps after which to take a snapshot."""
        return [*range(self.period, self.steps, self.period), self.steps]
