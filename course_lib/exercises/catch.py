"""Catch the bug: choose the arguments of one call, and learn which wrong versions it tells from the right one.

To test is to choose such calls. A call that treats the right version and a wrong one alike says nothing.
"""

from __future__ import annotations

import functools
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from numpy import array, generic, isfinite, ndarray, shape  # kept here: a reader may change `np`

from . import wording
from .cases import Case
from .declaration import Declaration, Mutant
from .diagnosis import PATIENCE, first_difference
from .limit import call
from .play import Run
from .show import Card, status_card

SHOWN = 6  # sentences of wrong versions that one call has caught


class NoCall(ValueError):
    """The arguments make no call; the message is for the reader."""


@dataclass(frozen=True)
class Caught:
    """What one call shows.

    Attributes:
        arguments: of the call, all of them.
        text: the call, as it would be typed.
        right: what the right version returns, as text.
        caught: the wrong versions that return something else, raise an error, or change an argument in place.
        alive: those that the call does not tell from the right one, though another call would.
    """

    arguments: Mapping[str, Any]
    text: str
    right: str
    caught: tuple[Mutant, ...]
    alive: tuple[Mutant, ...]


def can_be_caught(exercise: Declaration) -> bool:
    """Check whether there is a call to choose: a function with a number or an array among its arguments."""
    return not exercise.method and not exercise.packages and any(kinds(exercise).values())


@functools.lru_cache(maxsize=8)
def default_call(exercise: Declaration) -> dict[str, Any]:
    """Return the arguments to begin with: those of the check's call that tells the fewest wrong versions apart.

    >>> from course_lib.chapters.ch03_momentum import ex
    >>> list(default_call(ex.momentum))
    ['x', 'dx', 'v', 'lr', 'rho']
    """
    return min(_calls(exercise), key=lambda arguments: sum(1 for _ in _told(exercise, arguments)))


def catch(exercise: Declaration, given: Mapping[str, Any]) -> Caught:
    """Run the right version and every wrong one on a call.

    Args:
        exercise: the exercise.
        given: arguments by name; the others are those of `default_call`.

    Raises:
        NoCall: an argument is none, or not what it should be.

    >>> from course_lib.chapters.ch03_momentum import ex
    >>> found = catch(ex.momentum, {"v": 0.0})
    >>> "memoryless" in [mutant.name for mutant in found.alive]  # without a velocity there is none to forget
    True
    """
    default = default_call(exercise)
    for name in given:
        if name not in default:
            raise NoCall(f"`{name}` is no argument of `{exercise.signature}`.")
    arguments = default | {name: _read(name, value, kinds(exercise)[name]) for name, value in given.items()}
    case = Case.one("your call", **arguments)
    right = _right(exercise, case)
    if right is None or right.problem:
        why = f": {right.problem}" if right else ""
        raise NoCall(f"The right version does not take this call{why}.".replace("..", "."))
    caught = tuple(mutant for mutant in exercise.mutants if _tells(exercise, mutant, case, right))
    alive = tuple(mutant for mutant in exercise.mutants if mutant not in caught and mutant in catchable(exercise))
    (made,) = right.calls
    text = wording.format_call(exercise, arguments, {})
    return Caught(arguments, text, wording.named(made.outputs), caught, alive)


def argument_to_move(exercise: Declaration, now: Mapping[str, Any], alive: Sequence[Mutant]) -> tuple[str, ...]:
    """Return the arguments to change so that one of the survivors is caught: a single one, if that is enough.

    Args:
        exercise: the exercise.
        now: the arguments of the call.
        alive: the wrong versions that survived it.
    """
    typed, others = kinds(exercise), list(_calls(exercise))
    moves = [{name: one} for name in now if typed[name] for one in _moved(now[name], [c[name] for c in others])]
    moves += [{name: one for name, one in other.items() if typed[name]} for other in others]
    for move in moves:
        case = Case.one("another call", **{**now, **move})
        right = _right(exercise, case)
        if right and not right.problem and any(_tells(exercise, mutant, case, right) for mutant in alive):
            return tuple(name for name in move if not _same(now[name], move[name]))
    return ()


def _moved(value: Any, others: Sequence[Any]) -> Iterator[Any]:
    """Yield other values of an argument: one more or twice as much, and those of the check's calls."""
    if not isinstance(value, bool):
        yield value + 1 if array(value).dtype.kind in "iu" else 2 * value
    yield from (other for other in others if not _same(value, other))


@functools.lru_cache(maxsize=8)
def catchable(exercise: Declaration) -> frozenset[Mutant]:
    """Return the wrong versions that some call of the check, alone, tells from the right one."""
    return frozenset(mutant for arguments in _calls(exercise) for mutant in _told(exercise, arguments))


def _told(exercise: Declaration, arguments: Mapping[str, Any]) -> Iterator[Mutant]:
    """Yield the wrong versions that a call of the check tells from the right one."""
    case = Case.one("a call", **arguments)
    right = _right(exercise, case)
    for mutant in exercise.mutants if right else ():
        if _tells(exercise, mutant, case, right):
            yield mutant


def _right(exercise: Declaration, case: Case) -> Run | None:
    """Return the right version's run of a call, quietly; None if it does not come to an end."""
    return call(lambda: exercise.play(exercise.reference, [case]), PATIENCE).value


def _tells(exercise: Declaration, mutant: Mutant, case: Case, right: Run) -> bool:
    """Check whether a call tells a wrong version from the right one. One that does not end in time is another."""
    answer = exercise.mutated(mutant)
    made = call(functools.partial(exercise.play, answer, [case], like=right), PATIENCE)
    if not isinstance(made.value, Run) or made.value.problem:
        return True
    return made.value.changed != right.changed or first_difference(made.value.calls, right.calls) is not None


def _calls(exercise: Declaration) -> Iterator[dict[str, Any]]:
    """Yield the arguments of each call that a check makes of the solution."""
    for made in exercise.solve(exercise.draw(0)).calls:
        yield dict(made.args)


@functools.lru_cache(maxsize=64)
def kinds(exercise: Declaration) -> dict[str, str]:
    """Return what can be typed for each argument: "truth value", "whole number", "number", "whole numbers", "numbers".

    It is the narrowest kind that all calls of the check have; empty for a function, say, which stays as it is.
    """
    found: dict[str, list[Any]] = {}
    for arguments in _calls(exercise):
        for name, value in arguments.items():
            found.setdefault(name, []).append(value)
    return {name: _kind(values) for name, values in found.items()}


def _kind(values: Sequence[Any]) -> str:
    if all(isinstance(value, bool) for value in values):
        return "truth value"
    if not all(isinstance(value, (int, float, generic, ndarray)) for value in values):
        return ""
    kind = "whole number" if all(array(value).dtype.kind in "iub" for value in values) else "number"
    return kind if all(isinstance(value, (int, float)) for value in values) else f"{kind}s"


def _same(one: Any, other: Any) -> bool:
    return shape(one) == shape(other) and bool((array(one) == array(other)).all())


def _read(name: str, value: Any, kind: str) -> Any:
    """Return an argument as the call takes it.

    Raises:
        NoCall: it is not of that kind.
    """
    if not kind:
        raise NoCall(f"`{name}` cannot be typed: it stays as it is.")
    if kind == "truth value":
        if not isinstance(value, bool):
            raise NoCall(f"`{name}` must be True or False, not {value!r}.")
        return value
    try:
        numbers = array(value, dtype=float)
    except (TypeError, ValueError):
        numbers = array([])
    fits = numbers.size and isfinite(numbers).all() and not isinstance(value, bool)
    fits = fits and not (numbers.ndim and kind.endswith("number"))
    if not fits or (kind.startswith("whole") and (numbers != numbers.round()).any()):
        raise NoCall(f"`{name}` must be {'finite ' if kind.endswith('s') else 'a finite '}{kind}, not {value!r}.")
    if kind.startswith("whole"):
        numbers = numbers.astype(int)
    return numbers.item() if kind.endswith("number") else numbers


def describe(exercise: Declaration, given: Mapping[str, Any], before: Collection[str]) -> tuple[Card, list[str]]:
    """Return what a reader is told of a call, and the names of all that has been caught by then.

    Args:
        exercise: the exercise.
        given: the arguments that the reader has chosen.
        before: names of the wrong versions that earlier calls have caught.
    """
    try:
        found = catch(exercise, given)
    except NoCall as problem:
        return status_card(exercise.name, "NO CALL", [str(problem)]), list(before)
    all_of_them = [mutant for mutant in exercise.mutants if mutant in catchable(exercise)]
    now = [m for m in all_of_them if m.name in before or m in found.caught]
    new = [m for m in now if m.name not in before]
    alive = [m for m in all_of_them if m not in now]
    parts = [
        f"    {found.text}\n    returns {found.right}",
        f"This call tells {_of(found.caught, all_of_them)} wrong versions from the right one.",
        *(f"*{m.name}* · {m.message}" for m in new[:SHOWN]),
    ]
    if new[SHOWN:]:
        parts.append(f"And also: {', '.join(m.name for m in new[SHOWN:])}.")
    if not alive:
        parts.append("All are caught. These calls would be a test of your own version.")
        return status_card(exercise.name, "ALL CAUGHT", parts), [m.name for m in now]
    parts.append(f"Still alive: {', '.join(m.name for m in alive)}.")
    moved = argument_to_move(exercise, found.arguments, alive)
    if moved:
        listed = " and ".join(f"`{name}`" for name in moved)
        parts.append(f"A nudge: move {listed}.")
    return status_card(exercise.name, f"{_of(now, all_of_them)} CAUGHT", parts), [m.name for m in now]


def _of(some: Sequence[Mutant], whole: Sequence[Mutant]) -> str:
    return f"{sum(mutant in whole for mutant in some)} of {len(whole)}"
