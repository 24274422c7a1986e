"""Whether there is a bug to catch in an exercise, and the call to begin with."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

import numpy as np

from .cases import Case
from .catching import Game, calls, run_right, tells
from .declaration import Declaration, Mutant
from .play import Call

DIGITS = 3  # of the call to begin with


@functools.cache
def game_of(exercise: Declaration) -> Game | None:
    """Return what there is to catch; None if there is no call to choose.

    The call to begin with is the one of the check's calls that tells the fewest wrong versions from the right one, with
    its numbers rounded to three digits. There is none where each tells all of them.

    >>> from course_lib.chapters.ch03_momentum import ex
    >>> list(game_of(ex.momentum).start)
    ['x', 'dx', 'v', 'lr', 'rho']
    >>> game_of(ex.choose) is None  # any κ tells all of them
    True
    """
    if exercise.method or exercise.packages:
        return None
    made = exercise.solve(exercise.draw(0)).calls
    kinds = {name: _kind([one.args[name] for one in made]) for name in exercise.parameters}
    if not any(kinds.values()):
        return None
    game = Game(exercise, {}, kinds, exercise.mutants, _depths(made, kinds), _alike(made, kinds))
    if not all(kinds.values()):  # what cannot be typed is that of the call that tells the most
        told = [len(list(_told(game, one.args))) for one in made]
        game = replace(game, start={n: v for n, v in made[told.index(max(told))].args.items() if not kinds[n]})
    known: set[Mutant] = set()
    for arguments in calls(game):
        rest = [mutant for mutant in exercise.mutants if mutant not in known]
        known.update(_told(replace(game, known=rest), arguments))
    game = replace(game, known=[mutant for mutant in exercise.mutants if mutant in known])
    fewest, start = len(known), None
    for arguments in map(_rounded, calls(game)):
        told_here = len(list(islice(_told(game, arguments), fewest)))
        if told_here < fewest and _is_call(exercise, arguments):
            fewest, start = told_here, arguments
    return replace(game, start=start) if start else None


def _depths(made: Sequence[Call], kinds: Mapping[str, str]) -> dict[str, list[int]]:
    """Return how deep the lists are that the check gives for each argument."""
    return {name: sorted({np.ndim(one.args[name]) for one in made}) for name, kind in kinds.items() if kind}


def _alike(made: Sequence[Call], kinds: Mapping[str, str]) -> list[list[str]]:
    """Return the groups of arguments that have the same shape as one another in each call."""
    groups: dict[tuple[Any, ...], list[str]] = {}
    for name, kind in kinds.items():
        shapes = tuple(np.shape(one.args[name]) for one in made) if kind else ()
        if any(shapes):
            groups.setdefault(shapes, []).append(name)
    return [names for names in groups.values() if len(names) > 1]


def _told(game: Game, arguments: Mapping[str, Any]) -> Iterator[Mutant]:
    """Yield the wrong versions that a call tells from the right one."""
    case = Case.one("a call", **arguments)
    right = run_right(game.exercise, case)
    sound = right is not None and not right.problem
    yield from (mutant for mutant in game.known if sound and tells(game, mutant, case, right))


def _is_call(exercise: Declaration, arguments: Mapping[str, Any]) -> bool:
    right = run_right(exercise, Case.one("a call", **arguments))
    return right is not None and not right.problem


def _kind(values: Sequence[Any]) -> str:
    """Return the narrowest kind that all values of an argument have: see `Game`."""
    if all(isinstance(value, bool) for value in values):
        return "truth value"
    if not all(isinstance(value, (int, float, np.generic, np.ndarray)) for value in values):
        return ""
    kind = "whole number" if all(np.asarray(value).dtype.kind in "iub" for value in values) else "number"
    return kind if all(isinstance(value, (int, float)) for value in values) else f"{kind}s"


def _rounded(arguments: Mapping[str, Any]) -> dict[str, Any]:
    return {name: _round(value) for name, value in arguments.items()}


def _round(value: Any) -> Any:
    if isinstance(value, float):
        return float(f"{value:.{DIGITS}g}") + 0.0
    if isinstance(value, (np.ndarray, np.generic)) and value.dtype.kind == "f":
        return np.array([float(f"{number:.{DIGITS}g}") + 0.0 for number in np.ravel(value)]).reshape(np.shape(value))
    return value


def as_text(value: Any) -> str:
    """Return an argument as it is typed.

    >>> as_text(np.array([[1.0, 0.5]])), as_text(1e-8), as_text(True)
    ('[[1, 0.5]]', '1e-08', 'True')
    """
    if np.ndim(value):
        return f"[{', '.join(map(as_text, value))}]"
    return f"{value:g}" if np.asarray(value).dtype.kind == "f" else str(value)
