"""The learning-rate range test: raise the rate during training, and see where the loss falls and where it explodes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...validation import check_count, check_number
from ..optimizer import Optimizer
from ..trees import check_params


@dataclass(frozen=True, repr=False)
class RangeTest:
    """The result of a range test: the loss after one step at each rate.

    Attributes:
        rates: the rates that were tried, shape (k,), increasing.
        losses: the loss after the step at each rate, shape (k,).
        smoothed: their moving average, shape (k,).
        first: the loss before the first step.
        stopped: the reason why it ended.
        smooth: the smoothing of the moving average.
    """

    rates: np.ndarray
    losses: np.ndarray
    smoothed: np.ndarray
    first: float
    stopped: str
    smooth: float = 0.0

    @property
    def lowest(self) -> float | None:
        """The rate at which the smoothed loss was least; None if it never fell below the first."""
        if not len(self.rates) or not self.smoothed.min() < self.first:
            return None
        return float(self.rates[self.smoothed.argmin()])

    @property
    def steepest(self) -> float | None:
        """The rate at which the smoothed loss fell most steeply on its way down, over the log of the rate.

        The first β/(1 − β) steps do not count: until then single losses make up most of the average. Nor does what
        comes after the lowest loss. None if the loss never fell, or was lowest before that.
        """
        if self.lowest is None:
            return None
        slopes = np.diff(np.concatenate([[self.first], self.smoothed]))
        begin, end = round(self.smooth / (1 - self.smooth)), self.smoothed.argmin() + 1
        return float(self.rates[begin + slopes[begin:end].argmin()]) if begin < end else None

    @property
    def suggestion(self) -> float | None:
        """A rate to start with: a tenth of `lowest`; None if the loss never fell."""
        return None if self.lowest is None else self.lowest / 10

    def __repr__(self) -> str:
        if self.lowest is None:
            return f"RangeTest({len(self.rates)} rates; the loss never fell; {self.stopped})"
        tried = f"{len(self.rates)} rates from {self.rates[0]:.2g} to {self.rates[-1]:.2g}"
        return f"RangeTest({tried}; lowest loss at {self.lowest:.2g}; try {self.suggestion:.2g}; {self.stopped})"


def range_test(
    loss: Any,
    optimizer: Optimizer,
    params: Any,
    *,
    low: float = 1e-6,
    high: float = 10.0,
    steps: int = 200,
    smooth: float = 0.9,
    explode: float = 4.0,
) -> RangeTest:
    """Make one step at each of increasing learning rates, and record the loss.

    αₖ = low (high/low)^(k/(steps − 1)),  k = 0, 1, …
    sₖ = β sₖ₋₁ + (1 − β) Lₖ,  smoothed: sₖ/(1 − β^(k+2)), starting with the loss before the first step

    At small rates hardly anything happens, then the loss falls, and at the limit of stability it turns and
    explodes. There the test ends: where the smoothed loss is above its least value b by (explode − 1) times |b|,
    or times the whole fall if that is more, or where the loss is not finite. Rule for the suggestion: a tenth of
    the rate at which the smoothed loss is least. (That rate itself is too large: it lies at the limit, which falls
    as training goes on, and smoothing delays it.) `steepest`, before it, is the other rule in use. Both are a first
    guess. Without noise the limit shows late, too: by then the steepest direction has hardly any error left to grow
    from.

    Args:
        loss: an object with `value(params)`, one number, and `grad(params)`: a surface, or a network's loss. It may
            be noisy, each call with a minibatch of its own.
        optimizer: any first-order method. It is not changed: a clone runs, with other rates.
        params: a writable float array, or a list or dict of them: a network's own, so that `loss` sees them change.
            They are restored at the end.
        low: the first rate, > 0.
        high: the last rate, > low.
        steps: number of rates, ≥ 2.
        smooth: β, 0 ≤ β < 1: the average reaches about 1/(1 − β) steps back. 0 for a loss without noise.
        explode: factor of the least loss at which the test ends, > 1.

    >>> from course_lib.optim import SGD, Rosenbrock
    >>> range_test(Rosenbrock(), SGD(0.1), np.array([-1.2, 1.0]), low=1e-5, steps=100, smooth=0.0)
    RangeTest(52 rates from 1e-05 to 0.012; lowest loss at 0.0093; try 0.00093; the loss exploded)

    Source: Smith, Cyclical learning rates for training neural networks, 2017.
    """
    for name in ("value", "grad"):
        if not callable(getattr(loss, name, None)):
            raise TypeError(f"loss must have .{name}(params), but {loss!r} does not")
    if not isinstance(optimizer, Optimizer):
        raise TypeError(f"optimizer must be an optimizer such as SGD(0.1), not {optimizer!r}")
    steps = check_count("steps", steps, least=2)
    low, high = check_number("low", low), check_number("high", high)
    smooth, explode = check_number("smooth", smooth, (0.0, 1.0)), check_number("explode", explode, above=1.0)
    if not 0 < low < high:
        raise ValueError(f"low must be above 0 and high above low, not low={low:g} and high={high:g}")
    before = {key: x.copy() for key, x in check_params(params).items()}
    optimizer = optimizer.clone()
    rates, losses, smoothed, stopped = np.geomspace(low, high, steps), [], [], f"the rate reached {high:.2g}"
    try:
        with np.errstate(all="ignore"):
            first = best = _evaluate(loss, params)
            if not math.isfinite(first):
                raise ValueError(f"loss.value(params) must be finite before the first step, not {first}")
            average = (1 - smooth) * first
            for k, rate in enumerate(rates):
                optimizer.lr = float(rate)
                optimizer.step_closure(params, loss, nonfinite="allow")
                now = _evaluate(loss, params)
                if not math.isfinite(now):
                    stopped = f"the loss was {now} at {rate:.2g}"
                    break
                average = smooth * average + (1 - smooth) * now
                losses.append(now)
                smoothed.append(average / (1 - smooth ** (k + 2)))
                best = min(best, smoothed[-1])
                if smoothed[-1] - best > (explode - 1) * max(abs(best), first - best):
                    stopped = "the loss exploded"
                    break
    finally:
        for key, x in check_params(params).items():
            x[...] = before[key]
    return RangeTest(rates[: len(losses)], np.array(losses), np.array(smoothed), first, stopped, smooth)


def _evaluate(loss: Any, params: Any) -> float:
    value = np.asarray(loss.value(params))
    if value.ndim or value.dtype.kind not in "iuf":
        raise ValueError(f"loss.value(params) must be one number, not {value.dtype} of shape {value.shape}")
    return float(value)
