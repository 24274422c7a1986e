"""Ask a question that points to a mistake without naming it: what runs of the answer and of the solution have shown.

Four things may be found, and each is true of the call in which the answer is wrong:

- a value goes as far as it should, and the other way;
- a value hangs on an argument that it should not hang on, or does not hang on one that it should;
- with another value of one argument the answer is right: the mistake is in what it does with that argument;
- the answer is right for another value of an argument than the one that is given.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import Any

from numpy import absolute, array, eye, generic, ndarray, ndim, shape  # kept here: a reader may change `np`

from . import wording
from .cases import Case
from .declaration import Declaration, Mutant
from .diagnosis import PATIENCE, first_difference, is_close
from .intact import Intact
from .limit import Caller, call
from .play import Call, Run

LARGE = 100_000  # steps after which a correction that fades has faded
LIMIT = 1.0  # seconds in which a question must be found
SEEN = 1e-3  # the share by which a value must change so that one can say that it does
TELLING = 0.2  # the share of the known mistakes that a change of an argument must leave wrong, or it says little

#: An argument, and how it is changed: a key of `HOW`.
Change = tuple[str, str]


def question(
    exercise: Declaration,
    answer: Callable[..., Any],
    arguments: Mapping[str, Any],
    names: Collection[str],
    changes: Sequence[Change],
    numpy: Intact,
    call: Caller = call,
) -> str:
    """Return a question about an answer that is wrong in a call; empty if there is nothing to ask.

    Args:
        exercise: the exercise.
        answer: it is called, and may do anything: see `limit.call`.
        arguments: of the call in which it is wrong.
        names: of the arguments that may be asked about: see `on_the_line`.
        changes: those to be tried, in this order: see `changes`.
        numpy: watches the NumPy that the answer uses.
        call: see `checking.evaluate`.

    """

    def own(case: Case, right: Run) -> Run:
        with numpy:
            return exercise.play(answer, [case], like=right)

    def find() -> str:
        case, right = _changed_call(exercise, arguments)
        if right is None or exercise.method or exercise.goal:
            return ""
        asked = _Asking(exercise, right.calls[0], own(case, right), own)
        tried = [one for one in changes if one[0] in names]
        listed = [name for name in exercise.parameters if name in names]
        for name, fact in asked.facts(listed, tried):
            return f"{fact}{name and ': ' + exercise.asks.get(name, f'what should `{name}` do?')}"
        return ""

    found = call(find, LIMIT).value or ""
    numpy.put_back()  # again, in case a stopped thread had no time to
    return found


class _Asking:
    """An answer that is wrong in a call: facts that ask about an argument, each with its name.

    A fact without a name is a question already.
    """

    def __init__(self, exercise: Declaration, right: Call, made: Run, own: Callable[[Case, Run], Run]) -> None:
        self.exercise, self.right, self.own = exercise, right, own
        self.made = None if made.problem else made.calls[0]
        got, want = self.made.outputs if self.made else {}, right.outputs
        self.wrong = [name for name in want if not (name in got and is_close(got[name], want[name], right.args))]

    def facts(self, names: Sequence[str], tried: Sequence[Change]) -> Iterator[tuple[str, str]]:
        """Yield all facts, those first that say the most."""
        if self.made:
            yield from self._direction(self.made)
            yield from self._dependence(self.made, names)
        yield from self._neutral(tried)
        if self.made:
            yield from self._another_value(self.made, names)

    def _direction(self, made: Call) -> Iterator[tuple[str, str]]:
        """What goes as far as it should, the other way."""
        for name in self.wrong:
            got, want, given = made.outputs[name], self.right.outputs[name], self.right.args.get(name, 0.0)
            sound = want.dtype.kind == "f" and shape(given) in ((), want.shape) and not (want == given).all()
            if not sound or not is_close(2 * array(given) - got, want, self.right.args):
                return
        for name in self.wrong[:1]:
            if name in self.right.args:
                yield "", f"Your `{name}` goes as far from the given `{name}` as it should: does it go the right way?"
            else:
                yield "", f"Your `{name}` has the right size: has it the right sign?"

    def _dependence(self, made: Call, names: Sequence[str]) -> Iterator[tuple[str, str]]:
        """What changes with an argument, and should not; or the other way round."""
        for name in names:
            runs = [self._runs(name, then) for then in _others(self.right.args[name])]
            if not runs or None in runs:
                continue
            for output in self.wrong:
                ours = [self._moved(output, own, made) for own, _ in runs]
                theirs = [self._moved(output, right, self.right) for _, right in runs]
                if min(theirs) > SEEN and max(ours) == 0:
                    yield name, f"Whatever `{name}` is in this call, your `{output}` stays as it is, and should not"
                if min(ours) > SEEN and max(theirs) == 0 and output != name:
                    yield name, f"If `{name}` is changed in this call, your `{output}` changes with it, and should not"

    def _neutral(self, tried: Sequence[Change]) -> Iterator[tuple[str, str]]:
        """What is changed so that the answer is right, though something can be seen of it."""
        for name, how in tried:
            now, then = self.right.args[name], changed(self.right.args, name, how)
            if then is None or _alike(now, then) or self.exercise.beyond(name, then):
                continue
            case, right = _changed_call(self.exercise, {**self.right.args, name: then})
            if right is None or self._is_empty(right.calls[0], only_zero=how == "one" and not ndim(now)):
                continue
            if _are_alike(self.own(case, right), right):
                yield name, f"{_words(name, then, how)} your answer is right, {_otherwise(name, now, how)} it is not"

    def _another_value(self, made: Call, names: Sequence[str]) -> Iterator[tuple[str, str]]:
        """For which other value of an argument the answer is right: of single numbers first."""
        for name in sorted(names, key=lambda one: ndim(self.right.args[one])):
            now = self.right.args[name]
            for words, other in _replacements(name, now):
                if self._is_right_for(name, made, other(now)) and not self._is_chance(name, now, other):
                    yield name, f"You return what is right {words}"

    def _is_right_for(self, name: str, made: Call, then: Any) -> bool:
        _, right = _changed_call(self.exercise, {**self.right.args, name: then})
        return right is not None and first_difference([made], right.calls) is None

    def _is_chance(self, name: str, now: Any, other: Callable[[Any], Any]) -> bool:
        """Check whether an answer is right for another value in this call alone, or for many other values."""
        if isinstance(now, bool):
            return False
        moved = 1.1 * now if array(now).dtype.kind == "f" else now + 1
        runs = self._runs(name, moved)
        return (
            not runs
            or not self._is_right_for(name, runs[0], other(moved))
            or self._is_right_for(name, runs[0], other(now))
        )

    def _runs(self, name: str, then: Any) -> tuple[Call, Call] | None:
        """Return the answer's and the solution's call with another argument; None if one of them cannot be made."""
        case, right = _changed_call(self.exercise, {**self.right.args, name: then})
        made = right and self.own(case, right)
        return (made.calls[0], right.calls[0]) if right and made and not made.problem else None

    def _moved(self, output: str, now: Call, before: Call) -> float:
        """Return by which share of its size an output has changed; 1 if it is no real number."""
        new, old = now.outputs[output], before.outputs[output]
        if is_close(new, old, self.right.args):
            return 0.0
        if new.shape != old.shape or new.dtype.kind != "f":
            return 1.0
        return float(absolute(new - old).max() / (absolute(old).max() + 1e-300))

    def _is_empty(self, right: Call, only_zero: bool) -> bool:
        """Check whether nothing can be seen of what is wrong: all of it is 0 or, if that counts, as it was given."""
        values = [right.outputs[name] for name in self.wrong]
        numbers = [value for value in values if value.dtype.kind in "fiub"]
        return len(numbers) == len(values) and all(
            not value.any() or (not only_zero and _is_given(value, right.args)) for value in numbers
        )


def _is_given(value: ndarray, args: Mapping[str, Any]) -> bool:
    """Check whether a value is an argument as it is, or has it in each row, as biases alone would be."""
    for given in args.values():
        if isinstance(given, (int, float, generic, ndarray)) and (ndim(given) or not value.ndim):
            if shape(given) == value.shape[value.ndim - ndim(given) :] and (value == given).all():
                return True
    return False


def on_the_line(exercise: Declaration, mistakes: Sequence[Mutant]) -> set[str]:
    """Return the arguments on the mistaken lines: a question must not suspect a line that is right.

    All arguments if no mistake is known.
    """
    names: set[str] = set() if mistakes else set(exercise.parameters)
    for mutant in mistakes:
        own, wrong = wording.differing_lines(exercise.source, mutant)
        lines = {line for line in [*own, *wrong] if line not in own or line not in wrong} or {*own}  # or one was moved
        names.update(re.findall(r"[A-Za-z_]\w*", "\n".join(lines)))
    return names


@functools.lru_cache(maxsize=64)
def changes(exercise: Declaration) -> tuple[Change, ...]:
    """Return the changes of one argument that make a known mistake right, those first that make the fewest right.

    What makes nearly all of them right, such as a rate of 0, says little, and is left out.
    """
    if exercise.method or exercise.goal:
        return ()
    wrong = [exercise.mutated(mutant) for mutant in exercise.mutants]

    def count(arguments: Mapping[str, Any]) -> list[bool]:
        case, right = _changed_call(exercise, arguments)
        return [_are_alike(exercise.play(answer, [case], like=right), right) for answer in wrong] if right else []

    loops = re.search(r"^\s*(for|while)\b", exercise.source, re.MULTILINE)  # so many times would take too long
    made = exercise.solve(exercise.draw(0)).calls
    counts: dict[Change, int] = {}
    for given in (made[0].args, made[-1].args):  # in the first a step may be number 1 already
        before = call(functools.partial(count, given), PATIENCE).value or []
        for name, value in given.items():
            for how in [*HOW, *(f"as {one}" for one in given if one != name and _stem(one) == _stem(name))]:
                then = changed(given, name, how)
                known = (name, how) in counts or (loops and how == "large")
                if then is None or _alike(value, then) or known or exercise.beyond(name, then):
                    continue
                now = call(functools.partial(count, {**given, name: then}), PATIENCE).value or []
                still = sum(not (one or other) for one, other in zip(before, now, strict=bool(now)))
                if any(now) and still >= TELLING * before.count(False):
                    counts[name, how] = sum(now)
    return tuple(sorted(counts, key=lambda one: counts[one]))


def changed(arguments: Mapping[str, Any], name: str, how: str) -> Any:
    """Return another value of an argument; None if it cannot be changed so."""
    value = arguments[name]
    if isinstance(value, bool):
        return not value if how == "other" else None
    if not isinstance(value, (int, float, generic, ndarray)) or array(value).dtype.kind not in "fiu":
        return None
    if how.startswith("as "):
        other = arguments[how.split()[1]]
        return other if shape(other) == shape(value) else None
    return HOW[how](value)


def _stem(name: str) -> str:
    """Return a name without its number: `beta1` and `beta2` are of one kind, and so are `x` and `x2`."""
    return name.rstrip("0123456789")


def _large(value: Any) -> Any:
    return 0 * value + LARGE if array(value).dtype.kind in "iu" and not ndim(value) else None


def _level(value: Any) -> Any:
    return 0 * value + value.flat[0] if ndim(value) and value.size else None


def _diagonal(value: Any) -> Any:
    return value * eye(len(value), dtype=value.dtype) if ndim(value) == 2 and len(set(value.shape)) == 1 else None


def _first(value: Any) -> Any:
    return value[:1] if ndim(value) and len(value) > 1 else None


HOW: dict[str, Callable[[Any], Any]] = {
    "zero": lambda value: 0 * value,
    "one": lambda value: 0 * value + 1,
    "large": _large,
    "level": _level,
    "diagonal": _diagonal,
    "first": _first,
    "other": lambda value: None,
}


def _changed_call(exercise: Declaration, arguments: Mapping[str, Any]) -> tuple[Case, Run | None]:
    """Return a call as a case, and the solution's run of it; None if the solution cannot be run on it."""
    case = Case.one("a change", **arguments)
    right = exercise.play(exercise.reference, [case])
    return case, None if right.problem else right


def _are_alike(made: Run, right: Run) -> bool:
    return not made.problem and first_difference(made.calls, right.calls) is None


def _alike(one: Any, other: Any) -> bool:
    return bool((array(one) == array(other)).all())


def _words(name: str, value: Any, how: str) -> str:
    if how.startswith("as "):
        return f"With `{name}` the same as `{how.split()[1]}`"
    if how == "level":
        return f"With all entries of `{name}` alike"
    if how == "diagonal":
        return f"With only the diagonal of `{name}`"
    if how == "first":
        return f"With only the first {'row' if ndim(value) == 2 else 'entry'} of `{name}`"
    if ndim(value):
        return f"With all entries of `{name}` {'0' if how == 'zero' else '1'}"
    return f"With `{name}` = {wording.shown(value)}"


def _otherwise(name: str, value: Any, how: str) -> str:
    if how == "first":
        return "with all of them"
    return "with those of this call" if ndim(value) else f"with `{name}` = {wording.shown(value)}"


def _others(value: Any) -> list[Any]:
    """Return three other values of an argument, none if it is no number."""
    if isinstance(value, bool):
        return [not value]
    if not isinstance(value, (int, float, generic, ndarray)) or array(value).dtype.kind not in "fiu":
        return []
    if array(value).dtype.kind != "f":
        return [value + 1, value + 2]
    uneven = array([1.5 + 0.1 * i for i in range(array(value).size)]).reshape(shape(value))[()]
    return [1.5 * value + 0.3, 0.5 * value + 0.1, value * uneven + 0.2]


def _replacements(name: str, value: Any) -> Iterator[tuple[str, Callable[[Any], Any]]]:
    """Yield functions that lead to another value of an argument, with words that tell for which the answer is right."""
    others: list[Callable[[Any], Any]] = []
    kind = array(value).dtype.kind if isinstance(value, (int, float, generic, ndarray)) else ""
    if isinstance(value, bool):
        others = [lambda one: not one]
    elif kind == "f" and ndim(value):
        yield f"for entries of `{name}` twice as large", lambda one: 2 * one
        yield f"for entries of `{name}` half as large", lambda one: one / 2
        yield f"for −`{name}`, and `{name}` is given", lambda one: -one
        yield f"for 1 − `{name}`, and `{name}` is given", lambda one: 1 - one
    elif kind == "f":
        if value > 0:
            yield f"for √`{name}`, and `{name}` is given", lambda one: one**0.5
        others = [lambda one: -one, lambda one: 2 * one, lambda one: one / 2, lambda one: one**2, lambda one: 1 - one]
    elif kind in ("i", "u") and not ndim(value):
        others = [lambda one: one + 1, lambda one: one - 1]
    for other in others:
        if other(value) != value:
            yield f"for `{name}` = {wording.shown(other(value))}, and `{name}` is {wording.shown(value)}", other
