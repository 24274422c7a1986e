"""Every optimizer of the registry on six surfaces and five tasks: one run of a method on a column, and its rate."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from course_lib.optim import SGD, Optimizer
from course_lib.optim.registry import COMPOUND, METHODS, SECOND_ORDER
from course_lib.optim.second_order import SecondOrder

from .plane import (
    GOALS,
    GROUNDS,
    STARTS,
    STEPS,
    Ground,
    arrival,
    best_rate,
    from_origin,
    heights_of,
    slope_of,
    steps_on,
    surface_of,
)
from .tasks import EVERY, TASKS, Task

#: What stands in the data for a run that does not arrive, and for one that cannot be made.
NEVER, NONE = -1.0, -2.0
COLUMNS: dict[str, Ground | Task] = {**GROUNDS, **TASKS}


@dataclass(frozen=True)
class Entry:
    """A method of the matrix: `make` makes it with a rate, or without one where it chooses its own step length."""

    kind: type
    make: Callable[[float], Any]

    @property
    def own_steps(self) -> bool:
        """Whether it chooses its own step length."""
        return issubclass(self.kind, SecondOrder)


def _entries() -> dict[str, Entry]:
    found = {
        name: Entry(row.cls, functools.partial(_with_rate, row.cls, row.defaults)) for name, row in METHODS.items()
    }
    for name, row in COMPOUND.items():
        around = "lr" not in row.defaults
        make = _around_sgd if around else _with_rate
        found[f"{name} (SGD)" if around else name] = Entry(row.cls, functools.partial(make, row.cls, row.defaults))
    for name, row in SECOND_ORDER.items():
        found[name] = Entry(row.cls, functools.partial(_as_it_is, row.cls, row.defaults))
    return found


def _with_rate(kind: type, defaults: dict[str, Any], lr: float) -> Any:
    return kind(**{**defaults, "lr": lr})


def _around_sgd(kind: type, defaults: dict[str, Any], lr: float) -> Any:
    return kind(SGD(lr), **defaults)


def _as_it_is(kind: type, defaults: dict[str, Any], lr: float) -> Any:
    return kind(**defaults)


ENTRIES = _entries()


def reason(name: str, column: str) -> str:
    """Return why a method cannot be run on a column; empty if it can.

    >>> reason("Muon", "long"), reason("Adam", "long")
    ('it moves matrices, and here is none', '')
    """
    entry = ENTRIES[name]
    noisy = TASKS[column].draws if column in TASKS else GROUNDS[column].noise > 0
    if entry.own_steps and noisy:
        return "its line search needs one loss, and here every gradient is of another"
    if entry.kind is COMPOUND["Muon"].cls and column not in ("linear", "network"):
        return "it moves matrices, and here is none"
    return ""


# -- one run --------------------------------------------------------------------------------------


def plane_steps(name: str, column: str, lr: float, run: int) -> int:
    """Return the step at which a method arrives in one run on a surface, or −1."""
    method = ENTRIES[name].make(lr)
    if isinstance(method, Optimizer) and method.elementwise and not method.tests_others:  # as in the page
        return steps_on(column, method, run)
    loss, x = _Slope(column, run), np.array(STARTS[column][run])
    path = [x.copy()]
    for _ in range(STEPS[column]):
        path.append(_step(method, x, loss).copy())
    heights = heights_of(column, path)
    return arrival(heights, GOALS[column] * heights[0])


class _Slope:
    """A surface as a loss, with the gradient of a run."""

    def __init__(self, column: str, run: int) -> None:
        self.surface, self._slope, self._away = surface_of(column), slope_of(column, run), from_origin(column)

    def grad(self, x: np.ndarray) -> np.ndarray:
        return np.array(self._slope(x))

    def value(self, x: np.ndarray) -> Any:
        return self.surface.value(self._away(x))

    def hessian(self, x: np.ndarray) -> np.ndarray:
        return self.surface.hessian(self._away(x))


class _Flat:
    """A task's loss as one of a point, for a method that chooses its own step length."""

    def __init__(self, problem: Any) -> None:
        self.problem, (self.name,) = problem, problem.params

    def grad(self, x: np.ndarray) -> np.ndarray:
        return self.problem.grad({self.name: x})[self.name]

    def value(self, x: np.ndarray) -> float:
        return self.problem.value({self.name: x})

    def hessian(self, x: np.ndarray) -> np.ndarray:
        return self.problem.hessian({self.name: x})


def _step(method: Any, params: Any, loss: Any) -> Any:
    """Make one step; return the parameters to look at."""
    if isinstance(method, SecondOrder):
        method.step_closure(params, loss)
        return params
    method.step_closure(params, loss, nonfinite="allow")
    return method.test_params(params) if method.tests_others else params


def task_steps(name: str, column: str, lr: float, run: int) -> int:
    """Return the step at which a method arrives in one run on a task, or −1; the loss is looked at every 10 steps."""
    task, method = TASKS[column], ENTRIES[name].make(lr)
    problem = task.make(np.random.default_rng(run))
    params, loss, look = problem.params, problem, problem.value
    if isinstance(method, SecondOrder):
        loss = _Flat(problem)
        params, look = params[loss.name], loss.value
    goal, losses, tested = task.goal * look(params), [], params
    for t in range(task.steps + 1):
        if t % EVERY == 0:
            losses.append(look(tested))
            if not np.isfinite(losses[-1]):
                return -1
        problem.draw()
        tested = _step(method, params, loss)
    found = arrival(losses, goal)
    return EVERY * found if found > 0 else -1


# -- a cell ---------------------------------------------------------------------------------------


@functools.cache
def rate_of(name: str, column: str) -> float:
    """Return the rate that the tuning runs choose; −1 if none arrives."""
    steps = plane_steps if column in GROUNDS else task_steps
    return best_rate(lambda lr, run: steps(name, column, lr, run))


def cell(name: str, column: str, run: int) -> tuple[float, float]:
    """Return the steps of one run at the chosen rate, and that rate; NEVER or NONE for what is not."""
    steps = plane_steps if column in GROUNDS else task_steps
    if reason(name, column):
        return NONE, NONE
    with np.errstate(all="ignore"):
        if ENTRIES[name].own_steps:
            return float(steps(name, column, 0.0, run)), NONE
        lr = rate_of(name, column)
        return (float(steps(name, column, lr, run)), lr) if lr > 0 else (NEVER, NEVER)


def measure(name: str, seed: int) -> dict[str, float]:
    """Measure one run of a method on every column: the steps, and the rate."""
    found = {column: cell(name, column, seed) for column in COLUMNS}
    return {column: steps for column, (steps, _) in found.items()} | {
        f"{column} rate": lr for column, (_, lr) in found.items()
    }
