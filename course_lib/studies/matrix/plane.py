"""The matrix's surfaces, and its rule: when a run has arrived, and which rate a method gets.

What is below `arrival` is plain Python, which the site compiles for the reader's own optimizer; so a row that is typed
in the page and a row of the stored table are made by the same lines.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from course_lib.optim import Plateau, Ravine, Rosenbrock, Saddle, descend
from course_lib.optim.surfaces import Surface2D

#: The learning rates that every method tries: two for each power of ten.
RATES = [10 ** (k / 2) for k in range(-8, 3)]
#: Runs that choose the rate, and other runs that count at that rate.
TUNING, COUNTED = [10, 11, 12], list(range(10))


@dataclass(frozen=True)
class Ground:
    """A surface of the matrix.

    Attributes:
        label: the column's header.
        job: what a method has to be able to do there.
        surface: it.
        steps: the length of a run.
        goal: the share of the first height above the minimum that must be reached.
        spread: how far a run's start is from the surface's own at most, in each coordinate.
        noise: the standard deviation of the noise on each component of the gradient.
        moved: where the surface's own origin lies: x and y, each in two parts. Where that is the minimum, it is not
            at 0, for a method that shrinks x (a weight decay does) would be drawn there without a gradient.
    """

    label: str
    job: str
    surface: Surface2D
    steps: int
    goal: float
    spread: float
    noise: float = 0.0
    moved: tuple[float, ...] = (0.0, 0.0, 0.0, 0.0)


#: (π, e), where the minimum lies of the surfaces that have it at 0 by themselves. No float is π or e, hence two parts
#: of each: on a minimum that is one, rounding ends a run that goes on swinging, for there the gradient is exactly 0.
AWAY = (np.pi, 1.2246467991473532e-16, np.e, 1.4456468917292502e-16)
GROUNDS = {
    "long": Ground(
        "Long bowl", "cross a bowl with condition number 100, along the axes", Ravine(100), 1000, 1e-4, 0.3, 0, AWAY
    ),
    "turned": Ground(
        "Turned bowl", "cross the same bowl, turned by 45°", Ravine(100, np.pi / 4), 1000, 1e-4, 0.3, 0, AWAY
    ),
    "valley": Ground("Valley", "follow Rosenbrock’s curved valley", Rosenbrock(), 2000, 7e-3, 0.2),
    "saddle": Ground("Saddle", "leave a saddle that is met almost head-on", Saddle(10, np.pi / 4), 1000, 1e-2, 1e-4),
    "plateau": Ground(
        "Plateau", "come down from a plain where the slope is nearly 0", Plateau(), 1000, 1e-2, 0.3, 0, AWAY
    ),
    "noisy": Ground("Noisy bowl", "settle in a bowl whose gradient has noise", Ravine(4), 1000, 1e-2, 0.3, 0.5, AWAY),
}
STEPS = {name: ground.steps for name, ground in GROUNDS.items()}
GOALS = {name: ground.goal for name, ground in GROUNDS.items()}
NOISES = {name: ground.noise for name, ground in GROUNDS.items()}
LOWEST = {name: ground.surface.f_min for name, ground in GROUNDS.items()}
MOVED = {name: ground.moved for name, ground in GROUNDS.items()}


def _starts(ground: Ground, rng: np.random.Generator) -> list[list[float]]:
    """Draw the start of each run, near the surface's own, which is moved with the surface."""
    apart = ground.spread * rng.uniform(-1, 1, (len(COUNTED) + len(TUNING), 2))
    return ((ground.surface.start + apart).round(6) + np.array(ground.moved[::2])).tolist()


STARTS = {name: _starts(ground, np.random.default_rng(0)) for name, ground in GROUNDS.items()}


def arrival(heights: Any, goal: float) -> int:
    """Return the step from which on all heights are at most the goal, or −1 if it is not within 9/10 of the run.

    >>> arrival([9, 1, 5, 1, 0, 1, 0, 1, 1, 1], goal=1), arrival([9, 0, 0, 0, 2], goal=1)
    (3, -1)
    """
    first = -1
    for t in range(len(heights)):
        if not heights[t] <= goal:
            first = -1
        elif first < 0:
            first = t
    return first if first <= 0.9 * (len(heights) - 1) else -1


def surface_of(column: str) -> Any:
    """Return the surface of a column, before it is moved."""
    if column == "long":
        return Ravine(kappa=100)
    elif column == "turned":
        return Ravine(kappa=100, angle=np.pi / 4)
    elif column == "valley":
        return Rosenbrock()
    elif column == "saddle":
        return Saddle(steep=10, angle=np.pi / 4)
    elif column == "plateau":
        return Plateau()
    else:
        return Ravine(kappa=4)


def from_origin(column: str) -> Any:
    """Return a function of a point: where it is, seen from where the surface's own origin was moved."""
    right, more_right, up, more_up = MOVED[column]
    return lambda x: [x[0] - right - more_right, x[1] - up - more_up]


def slope_of(column: str, run: int) -> Any:
    """Return the gradient of a column's surface as a function of the point, with the noise of a run.

    The noise is uniform between −√3 σ and √3 σ, from the generator s ← 16807 s mod (2³¹ − 1) of Park and Miller,
    1988, which gives the same bits in Python and in the page.
    """
    f, away = surface_of(column), from_origin(column)
    scale = 2 * 3**0.5 * NOISES[column]
    state = [1 + 1000003 * (run + 1)]

    def noise() -> float:
        state[0] = (16807 * state[0]) % 2147483647
        return scale * (state[0] / 2147483647 - 0.5)

    def slope(x: Any) -> list[float]:
        dx, dy = f.df(*away(x))
        return [dx + noise(), dy + noise()] if scale > 0 else [dx, dy]

    return slope


def heights_of(column: str, path: Any) -> list[float]:
    """Return the heights of points above the minimum of a column's surface."""
    f, away = surface_of(column), from_origin(column)
    return [f.f(*away([float(point[0]), float(point[1])])) - LOWEST[column] for point in path]


def steps_on(column: str, method: Any, run: int) -> int:
    """Return the step at which a method arrives in one run on a surface, or −1."""
    heights = heights_of(column, descend(slope_of(column, run), method, STARTS[column][run], STEPS[column]))
    return arrival(heights, GOALS[column] * heights[0])


def median(values: Any) -> float:
    """Return the median of a list that is not empty.

    >>> median([3, 1, 2]), median([4, 1])
    (2, 2.5)
    """
    ordered = [v for v in values]
    for i in range(len(ordered)):
        for k in range(i, 0, -1):
            if ordered[k] < ordered[k - 1]:
                ordered[k], ordered[k - 1] = ordered[k - 1], ordered[k]
    half = len(ordered) // 2
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2


def best_rate(steps: Callable[[float, int], int]) -> float:
    """Return the rate at which most of the tuning runs arrive, and among those the one with the least median of steps.

    −1 if none arrives at any rate.

    Args:
        steps: a function (rate, run) → the step of arrival, or −1.
    """
    best, most, least = -1.0, 0, 0.0
    for lr in RATES:
        found = [n for n in [steps(lr, run) for run in TUNING] if n >= 0]
        if len(found) > 0:
            middle = median(found)
            if len(found) > most or (len(found) == most and middle < least):
                best, most, least = lr, len(found), middle
    return best


def row_of(steps: Callable[[float, int], int]) -> list[Any]:
    """Return a cell of the matrix: the chosen rate, and the steps of the runs that count, −1 for one that fails."""
    lr = best_rate(steps)
    return [lr, [steps(lr, run) if lr > 0 else -1 for run in COUNTED]]
