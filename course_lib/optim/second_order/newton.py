"""Methods that choose their own step length: the base class, gradient descent with a line search, and Newton.

There is no learning rate. A method evaluates the loss as it needs, goes to a better point, and stops by itself, with
a reason. The methods in `saddles.py` leave saddles; those in `newton_cg.py` and `quasi_newton.py` need no Hessian.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike

from ...validation import check_count, check_hyper
from .line_search import Backtracking, Evaluations, Line, Loss, Point, Step, StrongWolfe

Search = Backtracking | StrongWolfe


class SecondOrder:
    """Minimize one loss step by step, and stop with a reason.

    `direction` returns the direction of a step, the line search its length; `update_curvature` gets the step s and the
    change y of the gradient. If no lower point is found that way, the method resets what it has learned and tries
    the negative gradient; if that fails, too, it stops.

    Args:
        tol: it stops where no component of the gradient is larger.
        search: a line search, such as `Backtracking()` or `StrongWolfe(c2=0.1)`.
        **hyper: the method's own hyperparameters, plain numbers.

    Attributes:
        evaluations: numbers of evaluations of value, grad, hessian and hvp.
        stopped: None, or the reason why the method has stopped.

    >>> class Diagonal(SecondOrder):
    ...     def direction(self, at):
    ...         return -at.g / np.diag(at.hessian)
    >>> from course_lib.optim import Quadratic
    >>> x, method = np.array([3.0, 2.0]), Diagonal()
    >>> method.step_closure(x, Quadratic([1.0, 10.0]))
    >>> x, method.stopped, method.evaluations.grad
    (array([0., 0.]), 'the gradient is below 1e-06', 2)
    """

    #: The domain of each hyperparameter: low ≤ value < high.
    domains: ClassVar[dict[str, tuple[float, float]]] = {"tol": (0.0, math.inf)}

    def __init__(self, *, tol: float = 1e-6, search: Search | None = None, **hyper: Any) -> None:
        self.hyper = ("tol", *hyper)
        for name, value in {"tol": tol, **hyper}.items():
            if isinstance(value, np.ndarray):
                raise TypeError(f"{name} must be a plain number, not an array of shape {value.shape}")
            number = check_hyper(name, value, self.domains.get(name))
            setattr(self, name, number if isinstance(value, float) else value)
        self.search = Backtracking() if search is None else search
        if not callable(self.search) or isinstance(self.search, type):
            raise TypeError(f"search must be a line search such as Backtracking(), not {search!r}")
        self._begin()

    def direction(self, at: Point) -> np.ndarray:
        """Return the direction p of the step from a point, shape (n,)."""
        raise NotImplementedError(f"{type(self).__name__} must define direction(self, at)")

    def first_trial(self, at: Point, p: np.ndarray) -> float:
        """Return the first trial of the step length a along p: 1, for methods that model the curvature."""
        return 1.0

    def update_curvature(self, s: np.ndarray, y: np.ndarray) -> None:
        """Update the curvature model from a step s and the change y of the gradient, shape (n,) each."""

    def reset(self) -> None:
        """Reset what was learned."""

    def step_closure(self, x: np.ndarray, loss: Loss) -> None:
        """Make one step: change x in place. After the method has stopped, nothing happens.

        Args:
            x: a writable float array, shape (n,).
            loss: an object with `.value(x)`, `.grad(x)`, and `.hessian(x)` where the method needs it. What was
                evaluated at the end of a step is reused by the next, as long as x and loss are the same.

        Raises:
            TypeError, ValueError: a bad argument, or a bad result of the loss; x has not been changed.
        """
        _check_x(x)
        if self._at is not None and self._at.x.shape != x.shape:
            raise ValueError(f"x was of shape {self._at.x.shape} before and is now of shape {x.shape}")
        if self.stopped:
            return
        with np.errstate(all="ignore"):  # an overflow is detected, and the step shortened
            at = self._look(x, loss)
            if not self.stopped:
                self._at = self.advance(at)
                self.stopped = self.stopped or self.stop_reason(self._at)
                x[...] = self._at.x

    def advance(self, at: Point) -> Point:
        """Return the next point; or set `stopped`, and return the same point."""
        for p in self._directions(at):
            step = self.search(Line(at, p), self.first_trial(at, p))
            if step.end is not None:
                self.update_curvature(step.end.x.astype(float) - at.x, step.end.g - at.g)
                return step.end
        self.stopped = step.reason
        return at

    def _directions(self, at: Point) -> Iterator[np.ndarray]:
        yield self.direction(at)
        self.reset()
        yield -at.g

    def stop_reason(self, at: Point) -> str | None:
        """Return the reason to stop at a point, or None."""
        if not math.isfinite(at.f):
            return f"the loss is {at.f}"
        if at.f < -1e100:
            return "the loss fell below -1e+100: it has no minimum"
        if not np.all(np.isfinite(at.g)):
            return "the gradient is not finite"
        if np.abs(at.g).max() <= self.tol:
            return f"the gradient is below {self.tol:g}"
        return None

    def _look(self, x: np.ndarray, loss: Loss) -> Point:
        batch = getattr(loss, "batch", None)  # a held minibatch is another loss after each draw
        at = self._at if batch is self._batch else None
        if at is None or at.loss is not loss or at.x.dtype != x.dtype or not np.array_equal(at.x, x):
            at, self._batch = Point(loss, x.copy(), self.evaluations), batch
            self._at = at
            self.stopped = self.stop_reason(at)
        return at

    def settings(self) -> dict[str, float]:
        """Return the hyperparameters that are numbers.

        >>> Newton(damping=0.5).settings()
        {'tol': 1e-06, 'damping': 0.5}
        """
        return {name: getattr(self, name) for name in self.hyper}

    def clone(self) -> Self:
        """Return a method with the same settings and no state."""
        new = copy.copy(self)
        new._begin()
        return new

    def _begin(self) -> None:
        self.evaluations = Evaluations()
        self.stopped: str | None = None
        self._at: Point | None = None
        self._batch: Any = None  # the batch, if any, that the loss held at that point
        self.reset()

    def __repr__(self) -> str:
        parts = [f"{name}={value!r}" for name, value in self.settings().items()]
        return f"{type(self).__name__}({', '.join([*parts, f'search={self.search!r}'])})"


@dataclass(frozen=True)
class Minimum:
    """The result of `minimize`: the last point, and the cost.

    Attributes:
        x: the last point, shape (n,).
        value: the loss there.
        path: every point, shape (steps + 1, n), the start first.
        evaluations: numbers of evaluations of value, grad, hessian and hvp.
        reason: the reason why it stopped.
        steps: number of steps.
    """

    x: np.ndarray
    value: float
    path: np.ndarray
    evaluations: Evaluations
    reason: str
    steps: int


def minimize(loss: Loss, method: SecondOrder, start: ArrayLike, *, steps: int = 1000) -> Minimum:
    """Minimize a loss: run a method until it stops.

    Args:
        loss: an object with `.value(x)` and `.grad(x)`, such as a surface; `.hessian(x)` where it is needed.
        method: a second-order method. It is not changed: a clone runs.
        start: starting point, shape (n,).
        steps: maximum number of steps, ≥ 0.

    >>> from course_lib.optim import Rosenbrock
    >>> found = minimize(Rosenbrock(), Newton(), [-1.2, 1.0])
    >>> found.x.round(6), found.steps, found.reason
    (array([1., 1.]), 6, 'the gradient is below 1e-06')
    >>> found.evaluations
    Evaluations(value=7, grad=7, hessian=6, hvp=0)
    """
    if not isinstance(method, SecondOrder):
        raise TypeError(f"method must be a second-order method such as Newton(), not {method!r}")
    steps = check_count("steps", steps, least=0)
    try:
        x = np.array(start)
    except ValueError:
        raise ValueError("start must have shape (n,); its rows are of unequal lengths") from None
    if x.dtype.kind not in "iuf":
        raise TypeError(f"start must hold real numbers, not {x.dtype}")
    x = x if x.dtype.kind == "f" else x.astype(float)
    _check_x(x, "start")
    method = method.clone()
    at = method._look(x, loss)
    path = [x.copy()]
    while not method.stopped and len(path) <= steps:
        method.step_closure(x, loss)
        if method._at is not at:
            at = method._at
            path.append(x.copy())
    reason = method.stopped or f"the limit of {steps} steps was reached"
    return Minimum(x, at.f, np.array(path), method.evaluations, reason, len(path) - 1)


def _check_x(x: Any, label: str = "x") -> None:
    if not isinstance(x, np.ndarray) or x.dtype.kind != "f":
        raise TypeError(f"{label} must be a NumPy float array, not {getattr(x, 'dtype', type(x).__name__)}")
    if x.ndim != 1 or x.size == 0:
        raise ValueError(f"{label} must have shape (n,), n ≥ 1, not {x.shape}")
    if not x.flags.writeable:
        raise ValueError(f"{label} is read-only, so it cannot be changed in place")


class GradientDescent(SecondOrder):
    """Step along the negative gradient, with the length of a line search.

    p = −∇f(x),  x ← x + a p

    Args:
        tol: it stops where no component of the gradient is larger.
        search: a line search; `Backtracking()` by default. Each search begins at a = 1.

    >>> from course_lib.optim import Ravine
    >>> minimize(Ravine(kappa=10.0), GradientDescent(), [-4.5, 1.5]).x.round(4) + 0.0
    array([0., 0.])

    Source: Cauchy, Méthode générale pour la résolution des systèmes d'équations simultanées, 1847.
    """

    def __init__(self, *, tol: float = 1e-6, search: Search | None = None) -> None:
        super().__init__(tol=tol, search=search)

    def direction(self, at):
        return -at.g


class Newton(SecondOrder):
    """Step to the stationary point of the loss's quadratic model.

    (H + λ I) p = −∇f(x),  x ← x + p,  H the Hessian

    On a quadratic one step is enough; near a minimum each step doubles the number of correct digits. But stationary
    points are minima, saddles and maxima alike, and Newton's step is attracted to all of them. A line search keeps it
    from going up; damping λ shortens it and turns it towards −∇f. The Hessian has n² entries, solving costs n³.

    Args:
        tol: it stops where no component of the gradient is larger.
        damping: λ ≥ 0, added to every curvature.
        search: a line search; where the Hessian is singular or not finite, it is along the gradient. By default
            the whole step is made, up or down, and where there is none, it stops; where the loss or its gradient is
            not finite at the end of the step, the step is halved, repeatedly if need be.

    >>> from course_lib.optim import Saddle
    >>> minimize(Saddle(), Newton(), [1.0, 0.2]).x.round(6) + 0.0  # the saddle
    array([0., 0.])

    Source: Nocedal and Wright, Numerical optimization, 2nd edition, 2006, chapter 3.3.
    """

    domains: ClassVar = {**SecondOrder.domains, "damping": (0.0, math.inf)}

    def __init__(self, *, tol: float = 1e-6, damping: float = 0.0, search: Search | None = None) -> None:
        super().__init__(tol=tol, damping=damping, search=search or WholeStep())

    def direction(self, at):
        H = at.hessian + self.damping * np.eye(len(at.g))
        try:
            if np.all(np.isfinite(H)):  # of inf, `solve` may make a step
                return np.linalg.solve(H, -at.g)
        except np.linalg.LinAlgError:
            pass
        return np.full(len(at.g), np.nan)  # there is no such step

    def _directions(self, at):
        return iter([self.direction(at)]) if isinstance(self.search, WholeStep) else super()._directions(at)


@dataclass(frozen=True)
class WholeStep:
    """No search: make the whole step, halved until loss and gradient are finite at its end."""

    def __call__(self, line: Line, a: float = 1.0) -> Step:
        """Search along `line`, first at `a`."""
        if not np.all(np.isfinite(line.p)):
            return Step(None, "there is no Newton step: the Hessian is singular or not finite")
        for _ in range(100):
            here = line(a)
            if np.array_equal(here.x, line.at.x):
                return Step(None, "the step is lost in round-off")
            if math.isfinite(here.f) and np.all(np.isfinite(here.g)):
                return Step(here)
            a /= 2
        return Step(None, "the loss is not finite anywhere along the step")
