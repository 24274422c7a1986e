"""Ask a question that points to a mistake without naming it: which argument matters, as runs have shown.

One argument at a time is set to a value at which it has no effect, or a plain one. If the answer is right then, the
mistake is in what it does with that argument.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from numpy import array, generic, ndarray, ndim  # kept here: a reader may change `np`

from . import wording
from .cases import Case
from .declaration import Declaration
from .diagnosis import PATIENCE, first_difference
from .limit import call
from .play import Run

LARGE = 10_000  # steps after which a correction that fades has faded


def question(exercise: Declaration, answer: Callable[..., Any], arguments: Mapping[str, Any]) -> str:
    """Return a question about an answer that is wrong in a call; empty if no single argument matters.

    Args:
        exercise: the exercise.
        answer: it is called, and may do anything: see `limit.call`.
        arguments: of the call in which it is wrong.

    """
    for name, how in changes(exercise):
        now = arguments[name]
        then = changed(now, how)
        if then is None or _alike(now, then):
            continue
        if _is_right(exercise, answer, {**arguments, name: then}):
            ask = exercise.asks.get(name, f"what should `{name}` do?")
            return f"{_words(name, then, how)} your answer is right, {_otherwise(name, now)} it is not: {ask}"
    return ""


@functools.lru_cache(maxsize=64)
def changes(exercise: Declaration) -> tuple[tuple[str, str], ...]:
    """Return the changes of one argument that make a known mistake right, those first that make the fewest right.

    What makes all of them right, such as a rate of 0, says little; it comes last.
    """
    if exercise.method:
        return ()
    made = exercise.solve(exercise.draw(0)).calls
    counts: dict[tuple[str, str], int] = {}
    for name, value in made[0].args.items():
        for how in HOW:
            then = changed(value, how)
            if then is not None and not _alike(value, then):
                arguments = {**made[0].args, name: then}
                right = [m for m in exercise.mutants if _is_right(exercise, exercise.mutated(m), arguments)]
                counts[name, how] = len(right)
    return tuple(sorted((one for one, count in counts.items() if count), key=lambda one: counts[one]))


def changed(value: Any, how: str) -> Any:
    """Return another value of an argument; None if it cannot be changed so."""
    if isinstance(value, bool):
        return not value if how == "other" else None
    if not isinstance(value, (int, float, generic, ndarray)) or array(value).dtype.kind not in "fiu":
        return None
    return HOW[how](value)


def _large(value: Any) -> Any:
    return 0 * value + LARGE if array(value).dtype.kind in "iu" and not ndim(value) else None


def _level(value: Any) -> Any:
    return 0 * value + value.flat[0] if ndim(value) and value.size else None


HOW: dict[str, Callable[[Any], Any]] = {
    "zero": lambda value: 0 * value,
    "one": lambda value: 0 * value + 1,
    "large": _large,
    "level": _level,
    "other": lambda value: None,
}


def _is_right(exercise: Declaration, answer: Any, arguments: Mapping[str, Any]) -> bool:
    """Check whether an answer is right in a call, within limited time."""

    def both() -> Iterator[Run]:
        case = Case.one("a change", **arguments)
        right = exercise.play(exercise.reference, [case])
        yield right
        yield exercise.play(answer, [case], like=right)

    runs = call(lambda: list(both()), PATIENCE).value
    if not runs or any(run.problem for run in runs):
        return False
    right, made = runs
    return first_difference(made.calls, right.calls) is None


def _alike(one: Any, other: Any) -> bool:
    return bool((array(one) == array(other)).all())


def _words(name: str, value: Any, how: str) -> str:
    if how == "level":
        return f"With all entries of `{name}` alike"
    if ndim(value):
        return f"With all entries of `{name}` {'0' if how == 'zero' else '1'}"
    return f"With `{name}` = {wording.shown(value)}"


def _otherwise(name: str, value: Any) -> str:
    return "as it was" if ndim(value) else f"with `{name}` = {wording.shown(value)}"
