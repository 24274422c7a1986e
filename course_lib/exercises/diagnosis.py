"""Which known mistakes are they? And if none: where is the first difference?"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from numpy import absolute, argwhere, generic, maximum, ndarray, where, zeros  # kept here: a reader may change `np`

from .cases import Case
from .declaration import Declaration, Mutant
from .limit import call
from .play import Call, Run

PATIENCE = 2.0  # seconds for one mutant, and for all pairs: what never ends is not this mistake


@dataclass(frozen=True)
class Difference:
    """The first value in which two runs differ."""

    call: Call
    right: Call
    name: str
    index: tuple[int, ...]


def first_difference(calls: Sequence[Call], right: Sequence[Call]) -> Difference | None:
    """Compare two runs, call by call.

    Real numbers are equal if they differ by 1e-10 of the size of what they were made from (1e-5 where float32
    is involved): more than rounding in another order of operations, less than any mistake. All else (whole numbers,
    truth values, labels) has to be the same.

    >>> from .play import play
    >>> case = Case.one("a number", x=8.0)
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


def _close(got: ndarray, want: ndarray, args: Mapping[str, Any]) -> ndarray:
    if got.shape != want.shape:
        return zeros(want.shape, dtype=bool)
    if want.dtype.kind != "f":
        return got == want
    sources = [value for value in args.values() if isinstance(value, ndarray) and value.shape == want.shape]
    size = absolute([want, *sources]).max(axis=0)
    tolerance = 1e-5 if min(got.dtype.itemsize, want.dtype.itemsize) < 8 else 1e-10
    rounding = where(want == 0, 1e-15 * _largest(args), 0.0)  # where 0 is right, a remainder of rounding will do
    return absolute(got - want) <= maximum(tolerance * size, rounding)


def _largest(args: Mapping[str, Any]) -> float:
    """The size of the largest real number among the arguments."""
    real = [v for v in args.values() if isinstance(v, float) or getattr(getattr(v, "dtype", None), "kind", "") == "f"]
    return max((float(absolute(v).max()) for v in real if not isinstance(v, (ndarray, generic)) or v.size), default=0.0)


def diagnose(exercise: Declaration, run: Run, cases: Sequence[Case], right: Run) -> tuple[Mutant, ...]:
    """Return the known mistakes that give exactly this run.

    One mistake if there is one that gives these values and changes these arguments in place; or else gives these
    values; or else two that give them together. None where several explanations are left.

    A mutant is run as an answer is, in limited time: one that never ends, or raises, does no harm.
    """
    same = [found for m in exercise.mutants for found in _same_values(exercise, [(m,)], run, cases, right)]
    if not same and not run.problem:
        same = _same_values(exercise, itertools.combinations(exercise.mutants, 2), run, cases, right)
    for changed in (run.changed, frozenset()):
        found = [mutants for mutants, made in same if made.changed == changed]
        if found:
            return found[0] if len(found) == 1 else ()
    return ()


def _same_values(
    exercise: Declaration,
    mistakes: Iterable[tuple[Mutant, ...]],
    run: Run,
    cases: Sequence[Case],
    right: Run,
) -> list[tuple[tuple[Mutant, ...], Run]]:
    """Return those of the mistakes whose runs give the same values as `run`, with their runs, in limited time."""
    waiting = iter(mistakes)
    found: list[tuple[tuple[Mutant, ...], Run]] = []

    def try_all() -> None:
        for mutants in waiting:
            answer = exercise.mutated(*mutants)
            made = _run(exercise, answer, run, cases, right) if answer else None
            if made:
                found.append((mutants, made))

    call(try_all, PATIENCE)
    return found


def _run(exercise: Declaration, answer: Callable[..., Any], run: Run, cases: Sequence[Case], right: Run) -> Run | None:
    """Run a mutant; None unless it gives the same values as `run`, and the same problem if that had one."""
    for some in (cases[:1], cases):  # most are ruled out by the first case
        made = exercise.play(answer, some, like=right)
        mine = run.calls if some is cases else run.calls[: len(made.calls)]
        if len(mine) != len(made.calls) or first_difference(mine, made.calls):
            return None
        if (made.problem or some is cases) and str(made.problem) != str(run.problem):
            return None
    return made
