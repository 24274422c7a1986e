"""Search for hyper-parameters: on a grid, at random, and from coarse to fine."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from itertools import product
from typing import Any

import numpy as np

from ..validation import check_count, check_number, check_rng
from .trials import Log, Results, Trial, Uniform

__all__ = ["Log", "Results", "Trial", "Uniform", "coarse_to_fine", "grid_search", "random_search"]

Objective = Callable[[dict[str, Any], np.random.Generator], float]


def grid_search(
    objective: Objective,
    space: Mapping[str, Sequence[Any]],
    *,
    rng: np.random.Generator,
    maximize: bool = False,
    executor: Any = None,
) -> Results:
    """Try every combination of the values of some settings.

    With k values of each of d settings, kᵈ trials try only k values of the one that matters; `random_search` tries kᵈ.

    Args:
        objective: a function (settings, rng) → number. The settings are a dict; the rng is the trial's own, so that a
            trial's result does not depend on where or when it runs. A `FloatingPointError`, such as `Diverged`, is a
            failed trial; any other exception ends the search, with a note of the settings.
        space: name → values; `Log(1e-4, 1.0).points(5)` makes some.
        rng: the source of the trials' generators.
        maximize: whether the largest value is the best one.
        executor: runs the trials in parallel: anything with the `map` of `concurrent.futures`. For processes the
            objective must be a module-level function. None: one after the other. The results are the same.

    Returns:
        The results, the best first.

    >>> bowl = lambda s, rng: (s["x"] - 1) ** 2 + s["y"] ** 2
    >>> grid_search(bowl, {"x": [0, 1], "y": [0, 2]}, rng=np.random.default_rng(0))
       x  y  value
    1  1  0      0
    2  0  0      1
    3  1  2      4
    4  0  2      5

    Source: Bergstra and Bengio, Random search for hyper-parameter optimization, 2012.
    """
    _check(objective, space, rng, executor)
    for name, values in space.items():
        if isinstance(values, Uniform):
            raise TypeError(f"space[{name!r}] must be a list of values: write {values!r}.points(5)")
    settings = [dict(zip(space, values, strict=True)) for values in product(*space.values())]
    return Results(_run(objective, settings, rng, executor), maximize=maximize)


def random_search(
    objective: Objective,
    space: Mapping[str, Uniform | Sequence[Any]],
    *,
    n: int,
    rng: np.random.Generator,
    maximize: bool = False,
    executor: Any = None,
) -> Results:
    """Try settings at random: every trial has a new value of every setting.

    Args:
        objective: a function (settings, rng) → number; see `grid_search`.
        space: name → `Log`, `Uniform`, or a list to choose from.
        n: number of trials.
        rng: draws the settings, and is the source of the trials' generators.
        maximize: whether the largest value is the best one.
        executor: runs the trials in parallel; see `grid_search`.

    Returns:
        The results, the best first.

    >>> off = lambda s, rng: abs(np.log10(s["lr"]) + 2)
    >>> results = random_search(off, {"lr": Log(1e-4, 1.0)}, n=50, rng=np.random.default_rng(0))
    >>> 0.005 < results.best.settings["lr"] < 0.02
    True

    Source: Bergstra and Bengio, Random search for hyper-parameter optimization, 2012.
    """
    return coarse_to_fine(objective, space, n=n, rounds=1, rng=rng, maximize=maximize, executor=executor)


def coarse_to_fine(
    objective: Objective,
    space: Mapping[str, Uniform | Sequence[Any]],
    *,
    n: int,
    rounds: int = 3,
    zoom: float = 0.3,
    rng: np.random.Generator,
    maximize: bool = False,
    executor: Any = None,
) -> Results:
    """Search at random, and then again in a smaller range around the best trial so far.

    In round r every range is zoomʳ of its first width, on its own scale (log for `Log`), and stays within its first
    bounds. Lists to choose from stay whole.

    Args:
        objective: a function (settings, rng) → number; see `grid_search`.
        space: name → `Log`, `Uniform`, or a list to choose from.
        n: trials of each round.
        rounds: number of rounds.
        zoom: 0 < zoom < 1.
        rng: draws the settings, and is the source of the trials' generators.
        maximize: whether the largest value is the best one.
        executor: runs the trials of a round in parallel; see `grid_search`.

    Returns:
        The results of all rounds, the best first.

    >>> off = lambda s, rng: abs(np.log10(s["lr"]) + 2)
    >>> results = coarse_to_fine(off, {"lr": Log(1e-6, 1e2)}, n=10, rng=np.random.default_rng(0))
    >>> 0.005 < results.best.settings["lr"] < 0.02
    True
    """
    _check(objective, space, rng, executor)
    n, rounds = check_count("n", n), check_count("rounds", rounds)
    if not 0 < check_number("zoom", zoom, (0.0, 1.0)):
        raise ValueError(f"zoom must be above 0 and below 1, not {zoom}")
    trials: list[Trial] = []
    drawn: list[dict[str, float]] = []  # each trial's place u in every range
    low, high = dict.fromkeys(space, 0.0), dict.fromkeys(space, 1.0)
    for r in range(rounds):
        us = [{name: low[name] + (high[name] - low[name]) * rng.random() for name in space} for _ in range(n)]
        settings = [{name: _value(space[name], u[name]) for name in space} for u in us]
        trials += _run(objective, settings, rng, executor, len(trials), r)
        drawn += us
        ranked = Results(trials, maximize=maximize)
        if r + 1 < rounds and math.isfinite(ranked[0].value):
            for name, u in drawn[ranked[0].index].items():
                if isinstance(space[name], Uniform):
                    half = zoom ** (r + 1) / 2
                    middle = min(max(u, half), 1 - half)
                    low[name], high[name] = middle - half, middle + half
    return Results(trials, maximize=maximize)


def _run(
    objective: Objective, settings: list[dict], rng: np.random.Generator, executor: Any, start: int = 0, round: int = 0
) -> list[Trial]:
    """Run all trials, each with a generator of its own."""
    run_all = map if executor is None else executor.map
    arguments = [objective] * len(settings), settings, rng.spawn(len(settings))
    found = list(run_all(_try, *arguments))
    return [
        Trial(s, value, start + i, round, failed)
        for i, (s, (value, failed)) in enumerate(zip(settings, found, strict=True))
    ]


def _try(objective: Objective, settings: dict[str, Any], rng: np.random.Generator) -> tuple[float, str]:
    """Return the value of one trial, or nan and the reason."""
    try:
        value = objective(dict(settings), rng)
        number = np.asarray(value)
        if number.ndim or number.dtype.kind not in "iufb":
            raise TypeError(f"the objective must return a number, not {value!r}")
    except FloatingPointError as error:
        return math.nan, str(error) or type(error).__name__
    except Exception as error:
        error.add_note(f"in the trial with the settings {settings}")
        raise
    value = float(number)
    return (value, "") if math.isfinite(value) else (math.nan, str(value))


def _value(choice: Uniform | Sequence[Any], u: float) -> Any:
    return choice.at(u) if isinstance(choice, Uniform) else choice[min(int(u * len(choice)), len(choice) - 1)]


def _check(objective: Any, space: Any, rng: Any, executor: Any) -> None:
    if not callable(objective):
        raise TypeError(f"objective must be a function (settings, rng) → number, not {objective!r}")
    if not isinstance(space, Mapping):
        raise TypeError(f"space must be a dict name → values, not {space!r}")
    if not space:
        raise ValueError("space must have at least one setting")
    for name, values in space.items():
        if isinstance(values, Uniform):
            continue
        if isinstance(values, str) or not isinstance(values, Sequence | np.ndarray):
            raise TypeError(f"space[{name!r}] must be Log(…), Uniform(…) or a list of values, not {values!r}")
        if not len(values):
            raise ValueError(f"space[{name!r}] is empty")
    check_rng("rng", rng)
    if executor is not None and not callable(getattr(executor, "map", None)):
        raise TypeError(f"executor must have the map of concurrent.futures, not {executor!r}")
