"""How far to go along a direction: along the line x + a p the loss is a function of the number a alone.

    φ(a) = f(x + a p)        φ'(a) = ∇f(x + a p)ᵀ p

A line search is called with a `Line` and a first trial a, and gives a `Step`. Evaluations are what it costs, so
a `Point` remembers what it was asked, and counts.
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
    """Count what a loss was asked: values, gradients, Hessians and products of the Hessian with a vector."""

    value: int = 0
    grad: int = 0
    hessian: int = 0
    hvp: int = 0


class Loss(Protocol):
    """What can be minimized: any object with a value and a gradient; some methods need `.hessian(x)`, too."""

    def value(self, x: np.ndarray) -> Any:
        """Give f(x), a number."""

    def grad(self, x: np.ndarray) -> Any:
        """Give ∇f(x), shape (n,)."""


class Point:
    """A point of a loss. Nothing is asked there before it is needed, nothing twice, and every question is counted.

    Args:
        loss: an object with `.value(x)` and `.grad(x)`.
        x: where, shape (n,). The loss sees x in its own dtype; answers are float64.
        count: where to count.

    Raises:
        TypeError, ValueError: the loss cannot be asked, or answers in a wrong shape.

    >>> from course_lib.optim import Quadratic
    >>> at = Point(Quadratic([1.0, 10.0]), np.array([3.0, 2.0]))
    >>> at.f, at.g
    (24.5, array([ 3., 20.]))
    """

    def __init__(self, loss: Loss, x: np.ndarray, count: Evaluations | None = None) -> None:
        self.loss, self.x, self.count = loss, x, Evaluations() if count is None else count

    def shifted(self, p: np.ndarray) -> Point:
        """Give the point x + p."""
        with np.errstate(all="ignore"):
            return Point(self.loss, (self.x + p).astype(self.x.dtype), self.count)

    @cached_property
    def f(self) -> float:
        """The loss f(x)."""
        self.count.value += 1
        return float(self._ask("value", ()))

    @cached_property
    def g(self) -> np.ndarray:
        """The gradient ∇f(x), shape (n,)."""
        self.count.grad += 1
        return self._ask("grad", self.x.shape)

    @cached_property
    def hessian(self) -> np.ndarray:
        """The matrix of second derivatives, shape (n, n)."""
        self.count.hessian += 1
        return self._ask("hessian", self.x.shape * 2)

    @property
    def noise(self) -> float:
        """How far f(x) can be trusted: a few units in its last place."""
        return 10 * float(np.finfo(self.x.dtype).eps) * abs(self.f)

    def _ask(self, what: str, shape: tuple[int, ...]) -> np.ndarray:
        question = getattr(self.loss, what, None)
        if not callable(question):
            raise TypeError(f"loss must have .{what}(x), which {self.loss!r} has not")
        with np.errstate(all="ignore"):
            answer = np.array(question(self.x))
        if answer.dtype.kind not in "iuf":
            raise TypeError(f"loss.{what}(x) must give real numbers, not {answer.dtype}")
        if answer.shape != shape:
            raise ValueError(f"loss.{what}(x) must have shape {shape}, not {answer.shape}")
        return answer.astype(float)


class Trial(Point):
    """A point of a line, a steps along it."""

    def __init__(self, line: Line, a: float) -> None:
        at = line.at.shifted(a * line.p)
        super().__init__(at.loss, at.x, at.count)
        self.a, self.p = a, line.p

    @cached_property
    def slope(self) -> float:
        """φ'(a) = ∇f(x + a p)ᵀ p."""
        return float(self.g @ self.p)


class Line:
    """The loss along a line: φ(a) = f(x + a p). Calling it gives the trial point at a.

    Args:
        at: where the line starts.
        p: its direction, shape (n,).

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
    """What a line search found: a lower point, and if it did not end as it should, the reason in words.

    Attributes:
        end: the trial point to go to; None if none is lower.
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
    """Shorten the step until the loss falls by a fair part of what the slope promises (Armijo's condition).

    φ(a) ≤ φ(0) + c₁ a φ'(0);  otherwise a ← shrink · a

    It asks for values only. A trial where the loss is nan or inf is too long, like any other.

    Args:
        c1: the part c₁ of the promise that must be kept, 0 < c₁ < 1.
        shrink: factor between trials, 0 < shrink < 1.
        trials: largest number of trials.

    Raises:
        TypeError, ValueError: a bad argument, named.

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
    """Find a step that is short enough for the loss to fall, and long enough for the slope to flatten.

    φ(a) ≤ φ(0) + c₁ a φ'(0)    (sufficient decrease)
    |φ'(a)| ≤ c₂ |φ'(0)|        (curvature)

    Curvature makes sᵀy > 0, which BFGS needs. First trials grow until they bracket such a step, then `_zoom`
    shrinks the bracket to it. Where two losses differ by no more than round-off, the slopes decide, and so
    sufficient decrease is meant up to round-off. When the trials run out, the lowest point with sufficient
    decrease is given, and the reason that its slope is still steep.

    Args:
        c1: c₁ of sufficient decrease, 0 < c₁ < c₂.
        c2: c₂ of curvature, c₁ < c₂ < 1: 0.9 suits quasi-Newton methods; near 0 the search is almost exact.
        trials: largest number of trials, in each of the two stages.

    Raises:
        TypeError, ValueError: a bad argument, named.

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
        """Shrink a bracket. Its end `lo` is the lowest point yet that decreases enough, and it falls towards `hi`."""
        for _ in range(self.trials):
            now = line(_between(lo, hi))
            if np.array_equal(now.x, lo.x) or np.array_equal(now.x, hi.x):
                break  # floats lie no closer
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
        """Give the lowest point that decreases enough, although its slope is not flat."""
        return Step(lo, NOT_FLAT) if lo.f < line.f else Step(None, NO_LOWER)

    def _too_high(self, now: Trial, lo: Trial, line: Line) -> bool:
        """No sufficient decrease, or higher than `lo`; written so that nan is too high, too."""
        bound = min(line.f + self.c1 * now.a * line.slope, lo.f) + line.at.noise
        return not (now.f <= bound and math.isfinite(now.slope))

    def _flat(self, now: Trial, line: Line) -> bool:
        return abs(now.slope) <= -self.c2 * line.slope


def _further(lo: Trial, now: Trial) -> float:
    """Give a longer trial: where a cubic through both ends has its minimum, if that is 2 to 10 times as far."""
    a = _cubic(lo, now)
    return min(max(a, 2 * now.a), 10 * now.a) if a > now.a else 10 * now.a


def _between(lo: Trial, hi: Trial) -> float:
    """Give a trial inside the bracket: the minimum of a polynomial through its ends, away from the ends."""
    if not math.isfinite(hi.f):
        return lo.a + 0.2 * (hi.a - lo.a)
    a = _cubic(lo, hi) if "slope" in vars(hi) else _quadratic(lo, hi)  # no gradient is asked for this alone
    ends = sorted((lo.a + 0.1 * (hi.a - lo.a), lo.a + 0.9 * (hi.a - lo.a)))
    return min(max(a, ends[0]), ends[1]) if math.isfinite(a) else sum(ends) / 2


def _cubic(lo: Trial, hi: Trial) -> float:
    """Give the minimum of the cubic through two values and two slopes; nan if it has none."""
    h = hi.a - lo.a
    d1 = lo.slope + hi.slope - 3 * (hi.f - lo.f) / h
    square = d1 * d1 - lo.slope * hi.slope
    d2 = math.copysign(math.sqrt(square), h) if square >= 0 else math.nan
    below = hi.slope - lo.slope + 2 * d2
    return hi.a - h * (hi.slope + d2 - d1) / below if below else math.nan


def _quadratic(lo: Trial, hi: Trial) -> float:
    """Give the minimum of the parabola through two values and the slope at `lo`; nan if it has none."""
    h = hi.a - lo.a
    bend = ((hi.f - lo.f) / h - lo.slope) / h
    return lo.a - lo.slope / (2 * bend) if bend > 0 else math.nan
