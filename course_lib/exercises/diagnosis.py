"""Which known mistake is it? And if none: where is the first difference?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from numpy import absolute, argwhere, array, generic, ndarray, zeros  # kept here: a reader may change `np`

from .play import Call, Case, Raised, Run, play

if TYPE_CHECKING:
    from .exercise import Exercise, Mutant

SMALL = 4  # arrays of up to so many numbers are written out


@dataclass(frozen=True)
class Difference:
    """The first number in which two runs differ."""

    call: Call
    right: Call
    name: str
    index: tuple[int, ...]


def first_difference(calls: Sequence[Call], right: Sequence[Call]) -> Difference | None:
    """Compare two runs, call by call.

    Numbers are equal if they differ by 1e-10 of the size of what they were made from (1e-5 where float32
    is involved): more than rounding in another order of operations, less than any mistake.

    >>> case = Case("a number", {"x": array(8.0)}, ({}, {}))
    >>> halved, thirds = (play(f, [case], ["x"], ["x"]).calls for f in (lambda x: x / 2, lambda x: x / 3))
    >>> first_difference(halved, halved) is None
    True
    >>> first_difference(thirds, halved).call.step
    1
    """
    for mine, theirs in zip(calls, right, strict=True):
        for name, want in theirs.outputs.items():
            got = mine.outputs[name]
            far = argwhere(~_close(got, want, theirs.args))
            if len(far):
                return Difference(mine, theirs, name, tuple(int(i) for i in far[0]))
    return None


def _close(got: ndarray, want: ndarray, args: Any) -> ndarray:
    if got.shape != want.shape:
        return zeros(want.shape, dtype=bool)
    sources = [value for value in args.values() if isinstance(value, ndarray) and value.shape == want.shape]
    size = absolute([want, *sources]).max(axis=0)
    tolerance = 1e-5 if min(got.dtype.itemsize, want.dtype.itemsize) < 8 else 1e-10
    return absolute(got - want) <= tolerance * size


def diagnose(exercise: Exercise, run: Run, cases: Sequence[Case], right: Run) -> Mutant | None:
    """The one known mistake that gives exactly this run; None if none does, or more than one."""
    found = [mutant for mutant in exercise.mutants if _makes(exercise, mutant, run, cases, right)]
    return found[0] if len(found) == 1 else None


def _makes(exercise: Exercise, mutant: Mutant, run: Run, cases: Sequence[Case], right: Run) -> bool:
    function = exercise.mutated(mutant)
    for some in (cases[:1], cases):  # most are ruled out by the first case
        try:
            other = play(function, some, exercise.parameters, exercise.returns, like=right)
        except Raised:
            return False
        mine = run.calls if some is cases else run.calls[: len(other.calls)]
        if len(mine) != len(other.calls) or any(a.changed != b.changed for a, b in zip(mine, other.calls, strict=True)):
            return False
        if first_difference(mine, other.calls):
            return False
    return str(run.problem) == str(other.problem)


def in_words(exercise: Exercise, difference: Difference) -> tuple[str, ...]:
    """Tell a difference: which value, where, and the call that shows it, to be tried by hand."""
    call, right = difference.call, difference.right
    got, want = call.outputs[difference.name], right.outputs[difference.name]
    place = f"[{', '.join(map(str, difference.index))}]" if difference.index else ""
    a, b = _two_numbers(float(got[difference.index]), float(want[difference.index]))
    steps = f", step {call.step}" if len(call.case.given) > 1 else ""
    told = f"First difference ({call.case.label}{steps}): `{difference.name}{place}` is {a}, and should be {b}."
    if any(getattr(value, "size", 1) > SMALL for value in [*call.args.values(), *right.outputs.values()]):
        return (told,)
    width = max(len("should return"), len("yours returns"))
    code = [
        written_call(exercise, call.args),
        f"{'yours returns':>{width}}  {_named(call.outputs)}",
        f"{'should return':>{width}}  {_named(right.outputs)}",
    ]
    return told, "\n".join("    " + line for line in code)


def written_call(exercise: Exercise, args: Any) -> str:
    """A call as the reader would type it."""
    return f"{exercise.function}({_named(args)})"


def _named(values: Any) -> str:
    return ", ".join(f"{name}={_value(value)}" for name, value in values.items())


def _value(value: Any) -> str:
    if isinstance(value, ndarray) and value.ndim:
        if value.size > SMALL:
            return f"<array of shape {value.shape}>"
        rounded = array([float(f"{number:.6g}") for number in value.flat]).reshape(value.shape)
        return f"np.array({rounded.tolist()})"
    if isinstance(value, (ndarray, generic, float, int)):
        return f"{float(value):.6g}"
    return repr(value)


def _two_numbers(a: float, b: float) -> tuple[str, str]:
    """Two numbers with as many digits as it takes to tell them apart."""
    for digits in (6, 9, 12):
        if f"{a:.{digits}g}" != f"{b:.{digits}g}":
            return f"{a:.{digits}g}", f"{b:.{digits}g}"
    return repr(a), repr(b)
