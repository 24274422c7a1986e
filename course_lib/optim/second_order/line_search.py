"""Line searches: along the line x + a p the loss is a function of the step length a alone.

    φ(a) = f(x + a p)        φ'(a) = ∇f(x + a p)ᵀ p

A line search is called with a `Line` and a first trial a, and returns a `Step`. Its cost is the evaluations, so
a `Point` caches and counts them.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple, Protocol

import numpy as np

from ...validation import check_count, check_number


@dataclass
class Evaluations:
    """Numbers of evaluations of a loss: values, gradients, Hessians and Hessian-vector products."""

    value: int = 0
    grad: int = 0
    hessian: int = 0
    hvp: int = 0


class Loss(Protocol):
    """A function to minimize: any object with a value and a gradient; some methods also need `.hessian(x)`."""

    def value(self, x: np.ndarray) -> Any:
        """Return f(x), a number."""

    def grad(self, x: np.ndarray) -> Any:
        """Return ∇f(x), shape (n,)."""


class Point:
    """A point of a loss: each quantity is evaluated when it is first needed, once, and counted.

    Args:
        loss: an object with `.value(x)` and `.grad(x)`.
        x: the point, shape (n,). The loss sees x in its own dtype; results are float64.
        count: the counter of evaluations; a new one by default.

    Raises:
        TypeError, ValueError: at the evaluation, if the loss lacks the method or returns a wrong type or shape.

    >>> from course_lib.optim import Quadratic
    >>> at = Point(Quadratic([1.0, 10.0]), np.array([3.0, 2.0]))
    >>> at.f, at.g
    (24.5, array([ 3., 20.]))
    """

    def __init__(self, loss: Loss, x: np.ndarray, count: Evaluations | None = None) -> None:
        self.loss, self.x, self.count = loss, x, Evaluations() if count is None else count

    def shifted(self, p: np.ndarray) -> Point:
        """Return the point x + p."""
        with np.errstate(all="ignore"):
            return Point(self.loss, (self.x + p).astype(self.x.dtype), self.count)

    @cached_property
    def f(self) -> float:
        """The loss f(x)."""
        self.count.value += 1
        return float(self._evaluate("value", ()))

    @cached_property
    def g(self) -> np.ndarray:
        """The gradient ∇f(x), shape (n,)."""
        self.count.grad += 1
        return self._evaluate("grad", self.x.shape)

    @cached_property
    def hessian(self) -> np.ndarray:
        """The matrix of second derivatives, shape (n, n)."""
        self.count.hessian += 1
        return self._evaluate("hessian", self.x.shape * 2)

    @property
    def noise(self) -> float:
        """The round-off in f(x): a few units in its last place."""
        return 10 * float(np.finfo(self.x.dtype).eps) * abs(self.f)

    def _evaluate(self, what: str, shape: tuple[int, ...]) -> np.ndarray:
        method = getattr(self.loss, what, None)
        if not callable(method):
            raise TypeError(f"loss must have .{what}(x), but {self.loss!r} does not")
        with np.errstate(all="ignore"):
            result = np.array(method(self.x))
        if result.dtype.kind not in "iuf":
            raise TypeError(f"loss.{what}(x) must return real numbers, not {result.dtype}")
        if result.shape != shape:
            raise ValueError(f"loss.{what}(x) must have shape {shape}, not {result.shape}")
        return result.astype(float)


class Trial(Point):
    """The point x + a p of a line."""

    def __init__(self, line: Line, a: float) -> None:
        at = line.at.shifted(a * line.p)
        super().__init__(at.loss, at.x, at.count)
        self.a, self.p = a, line.p

    @cached_property
    def slope(self) -> float:
        """φ'(a) = ∇f(x + a p)ᵀ p."""
        return float(self.g @ self.p)


class Line:
    """The loss along a line: φ(a) = f(x + a p). A call with a returns the trial point there.

    Args:
        at: the starting point x.
        p: the direction, shape (n,).

    >>> from course_lib.optim import Quadratic
    >>> line = Line(Point(Quadratic([1.0]), np.array([4.0])), p=np.array([-1.0]))
    >>> line(3.0).f, line(3.0).slope
    (0.5, -1.0)
    """

    def __init__(self, at: Point, p: np.ndarray) -> None:
        self.at, self.p = at, p
        self.f = at.f  # φ(0)
        with np.errstate(all="ignore"):
            self.slope = float(at.g @ p)  # φ'(0)

    def __call__(self, a: float) -> Trial:
        with np.errstate(all="ignore"):
            return Trial(self, a)


class Step(NamedTuple):
    """The result of a line search: a lower point, and the reason if its conditions do not hold there.

    Attributes:
        end: the trial point to accept; None if none is lower.
        reason: None if the conditions of the search hold at `end`.
    """

    end: Trial | None
    reason: str | None = None


UPHILL = "the direction does not lead downhill"
NO_LOWER = "the line search found no lower point"
NOT_FLAT = "the line search ended before the slope was flat"
BOTTOMLESS = "the loss falls to -inf along a line: it has no minimum there"


@dataclass(frozen=True)
class Backtracking:
    """Shorten the step until the loss falls by a fraction of the decrease that the slope predicts (Armijo's condition).

    φ(a) ≤ φ(0) + c₁ a φ'(0);  otherwise a ← shrink · a

    It evaluates values only. A trial where the loss is nan or inf is too long, like any other.

    Args:
        c1: the fraction c₁ of the predicted decrease, 0 < c₁ < 1.
        shrink: factor between trials, 0 < shrink < 1.
        trials: largest number of trials.

    >>> from course_lib.optim import Quadratic
    >>> line = Line(Point(Quadratic([10.0]), np.array([1.0])), p=np.array([-10.0]))
    >>> Backtracking()(line, a=1.0).end.a
    0.125

    Source: Armijo, Minimization of functions having Lipschitz continuous first partial derivatives, 1966.
    """

    c1: float = 1e-4
    shrink: float = 0.5
    trials: int = 100

    def __post_init__(self) -> None:
        check_number("c1", self.c1, (0.0, 1.0), above=0.0)
        check_number("shrink", self.shrink, (0.0, 1.0), above=0.0)
        check_count("trials", self.trials)

    def __call__(self, line: Line, a: float = 1.0) -> Step:
        """Search along `line`, first at `a`."""
        if not line.slope < 0:
            return Step(None, UPHILL)
        for _ in range(self.trials):
            here = line(a)
            if here.f == -math.inf:
                return Step(None, BOTTOMLESS)
            if here.f <= line.f + self.c1 * a * line.slope and here.f < line.f:
                return Step(here)
            if -a * line.slope < line.at.noise / 100 or np.array_equal(here.x, line.at.x):
                break  # what a shorter step could gain is lost in round-off
            a *= self.shrink
        return Step(None, NO_LOWER)


@dataclass(frozen=True)
class StrongWolfe:
    """Find a step short enough for the loss to fall and long enough for the slope to flatten (strong Wolfe conditions).

    φ(a) ≤ φ(0) + c₁ a φ'(0)    (sufficient decrease)
    |φ'(a)| ≤ c₂ |φ'(0)|        (curvature)

    The curvature condition implies sᵀy > 0, which BFGS needs. First, trials grow until they bracket such a step, then
    `_zoom` shrinks the bracket to it. Where two losses differ by no more than round-off, the slopes decide, so
    sufficient decrease holds up to round-off. When the trials run out, the result is the lowest point with sufficient
    decrease, and the reason that its slope is still steep.

    Args:
        c1: c₁ of sufficient decrease, 0 < c₁ < c₂.
        c2: c₂ of curvature, c₁ < c₂ < 1: 0.9 suits quasi-Newton methods; near 0 the search is almost exact.
        trials: largest number of trials, in each of the two stages.

    >>> from course_lib.optim import Quadratic
    >>> line = Line(Point(Quadratic([10.0]), np.array([1.0])), p=np.array([-10.0]))
    >>> StrongWolfe()(line, a=1.0).end.a
    0.1

    Source: Nocedal and Wright, Numerical optimization, 2nd edition, 2006, algorithms 3.5 and 3.6.
    """

    c1: float = 1e-4
    c2: float = 0.9
    trials: int = 20

    def __post_init__(self) -> None:
        check_number("c2", self.c2, (0.0, 1.0), above=0.0)
        check_number("c1", self.c1, (0.0, self.c2), above=0.0)
        check_count("trials", self.trials)

    def __call__(self, line: Line, a: float = 1.0) -> Step:
        """Search along `line`, first at `a`."""
        if not line.slope < 0:
            return Step(None, UPHILL)
        lo = start = line(0.0)
        start.f, start.slope = line.f, line.slope
        for _ in range(self.trials):
            now = line(a)
            if now.f == -math.inf:
                return Step(None, BOTTOMLESS)
            if self._too_high(now, lo, line):
                return self._zoom(lo, now, line)
            if self._flat(now, line):
                return Step(now)
            if now.slope >= 0:
                return self._zoom(now, lo, line)
            a, lo = _further(lo, now), now
        return self._unfinished(lo, line)

    def _zoom(self, lo: Trial, hi: Trial, line: Line) -> Step:
        """Shrink a bracket: `lo` is the lowest point so far with sufficient decrease, downhill towards `hi`."""
        for _ in range(self.trials):
            now = line(_between(lo, hi))
            if np.array_equal(now.x, lo.x) or np.array_equal(now.x, hi.x):
                break  # there are no floats between
            if now.f == -math.inf:
                return Step(None, BOTTOMLESS)
            if self._too_high(now, lo, line):
                hi = now
            else:
                if self._flat(now, line):
                    return Step(now)
                if now.slope * (hi.a - lo.a) >= 0:
                    hi = lo
                lo = now
        return self._unfinished(lo, line)

    def _unfinished(self, lo: Trial, line: Line) -> Step:
        """Return the lowest point with sufficient decrease, although its slope is not flat."""
        return Step(lo, NOT_FLAT) if lo.f < line.f else Step(None, NO_LOWER)

    def _too_high(self, now: Trial, lo: Trial, line: Line) -> bool:
        """Return whether a trial lacks sufficient decrease, or is higher than `lo`; nan is too high, too."""
        bound = min(line.f + self.c1 * now.a * line.slope, lo.f) + line.at.noise
        return not (now.f <= bound and math.isfinite(now.slope))

    def _flat(self, now: Trial, line: Line) -> bool:
        return abs(now.slope) <= -self.c2 * line.slope


def _further(lo: Trial, now: Trial) -> float:
    """Return a longer trial: the minimum of a cubic through both ends, if that is 2 to 10 times as far."""
    a = _cubic(lo, now)
    return min(max(a, 2 * now.a), 10 * now.a) if a > now.a else 10 * now.a


def _between(lo: Trial, hi: Trial) -> float:
    """Return a trial inside the bracket: the minimum of a polynomial through its ends, away from the ends."""
    if not math.isfinite(hi.f):
        return lo.a + 0.2 * (hi.a - lo.a)
    a = _cubic(lo, hi) if "slope" in vars(hi) else _quadratic(lo, hi)  # a gradient is not evaluated for this alone
    ends = sorted((lo.a + 0.1 * (hi.a - lo.a), lo.a + 0.9 * (hi.a - lo.a)))
    return min(max(a, ends[0]), ends[1]) if math.isfinite(a) else sum(ends) / 2


def _cubic(lo: Trial, hi: Trial) -> float:
    """Return the minimum of the cubic through two values and two slopes; nan if it has none."""
    h = hi.a - lo.a
    d1 = lo.slope + hi.slope - 3 * (hi.f - lo.f) / h
    square = d1 * d1 - lo.slope * hi.slope
    d2 = math.copysign(math.sqrt(square), h) if square >= 0 else math.nan
    below = hi.slope - lo.slope + 2 * d2
    return hi.a - h * (hi.slope + d2 - d1) / below if below else math.nan


def _quadratic(lo: Trial, hi: Trial) -> float:
    """Return the minimum of the parabola through two values and the slope at `lo`; nan if it has none."""
    h = hi.a - lo.a
    bend = ((hi.f - lo.f) / h - lo.slope) / h
    return lo.a - lo.slope / (2 * bend) if bend > 0 else math.nan
