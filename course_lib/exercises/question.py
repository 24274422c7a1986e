"""Ask a question that points to a mistake without naming it: which argument matters, as runs have shown.

One argument at a time is set to a value at which it has no effect, or a plain one. If the answer is right then, the
mistake is in what it does with that argument.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from numpy import array, generic, ndarray, ndim  # kept here: a reader may change `np`

from . import wording
from .cases import Case
from .declaration import Declaration, Mutant
from .diagnosis import PATIENCE, first_difference
from .intact import Intact
from .limit import Caller, call
from .play import Run

LARGE = 100_000  # steps after which a correction that fades has faded
LIMIT = 1.0  # seconds in which a question must be found

#: An argument, and how it is changed: a key of `HOW`.
Change = tuple[str, str]


def question(
    exercise: Declaration,
    answer: Callable[..., Any],
    arguments: Mapping[str, Any],
    tried: Sequence[Change],
    numpy: Intact,
    call: Caller = call,
) -> str:
    """Return a question about an answer that is wrong in a call; empty if no single argument matters.

    Args:
        exercise: the exercise.
        answer: it is called, and may do anything: see `limit.call`.
        arguments: of the call in which it is wrong.
        tried: the changes, in this order: see `changes`.
        numpy: watches the NumPy that the answer uses.
        call: see `checking.evaluate`.

    """

    def find() -> str:
        for name, how in tried:
            now = arguments[name]
            then = changed(now, how)
            if then is None or _alike(now, then):
                continue
            case, right = _changed_call(exercise, {**arguments, name: then})
            with numpy:
                found = right is not None and _is_right(exercise, answer, case, right)
            if found:
                ask = exercise.asks.get(name, f"what should `{name}` do?")
                return f"{_words(name, then, how)} your answer is right, {_otherwise(name, now)} it is not: {ask}"
        return ""

    found = call(find, LIMIT).value or ""
    numpy.put_back()  # again, in case a stopped thread had no time to
    return found


def on_the_line(exercise: Declaration, mistakes: Sequence[Mutant], tried: Sequence[Change]) -> list[Change]:
    """Return the changes of arguments on the mistaken lines: a question must not suspect a line that is right."""
    names: set[str] = set()
    for mutant in mistakes:
        own, wrong = wording.differing_lines(exercise.source, mutant)
        lines = {line for line in [*own, *wrong] if line not in own or line not in wrong} or {*own}  # or one was moved
        names.update(re.findall(r"[A-Za-z_]\w*", "\n".join(lines)))
    return [(name, how) for name, how in tried if name in names]


@functools.lru_cache(maxsize=64)
def changes(exercise: Declaration) -> tuple[Change, ...]:
    """Return the changes of one argument that make a known mistake right, those first that make the fewest right.

    What makes all of them right, such as a rate of 0, says little; it comes last.
    """
    if exercise.method or exercise.goal:
        return ()
    wrong = [exercise.mutated(mutant) for mutant in exercise.mutants]

    def count(arguments: Mapping[str, Any]) -> int:
        case, right = _changed_call(exercise, arguments)
        return sum(_is_right(exercise, answer, case, right) for answer in wrong) if right else 0

    loops = re.search(r"^\s*(for|while)\b", exercise.source, re.MULTILINE)  # so many times would take too long
    made = exercise.solve(exercise.draw(0)).calls
    counts: dict[Change, int] = {}
    for given in (made[0].args, made[-1].args):  # in the first a step may be number 1 already
        for name, value in given.items():
            for how in HOW:
                then = changed(value, how)
                known = (name, how) in counts or (loops and how == "large")
                if then is not None and not _alike(value, then) and not known:
                    counts[name, how] = call(functools.partial(count, {**given, name: then}), PATIENCE).value or 0
    return tuple(sorted((one for one, right in counts.items() if right), key=lambda one: counts[one]))


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


def _changed_call(exercise: Declaration, arguments: Mapping[str, Any]) -> tuple[Case, Run | None]:
    """Return a call as a case, and the solution's run of it; None if the solution cannot be run on it."""
    case = Case.one("a change", **arguments)
    right = exercise.play(exercise.reference, [case])
    return case, None if right.problem else right


def _is_right(exercise: Declaration, answer: Any, case: Case, right: Run) -> bool:
    made = exercise.play(answer, [case], like=right)
    return not made.problem and first_difference(made.calls, right.calls) is None


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
