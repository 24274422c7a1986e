"""Find the known mistakes in an answer or, if there are none, its first difference."""

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

PATIENCE = 2.0  # seconds for one mutant, and for all pairs: one that never ends is not this mistake


@dataclass(frozen=True)
class Difference:
    """The first value in which two runs differ."""

    call: Call
    right: Call
    name: str
    index: tuple[int, ...]


def first_difference(calls: Sequence[Call], right: Sequence[Call]) -> Difference | None:
    """Compare two runs, call by call.

    Real numbers are equal if they differ by at most 1e-10 of the size of their inputs (1e-5 where float32 is
    involved): more than rounding in another order of operations, less than any mistake. Everything else (whole
    numbers, truth values, labels) must be identical.

    >>> from .play import play
    >>> case = Case.one("a number", x=8.0)
    >>> halved, thirds = (play(f, [case], ["x"], ["x"]).calls for f in (lambda x: x / 2, lambda x: x / 3))
    >>> first_difference(halved, halved) is None
    True
    >>> first_difference(thirds, halved).call.step
    1
    """
    for own, reference in zip(calls, right, strict=True):
        for name, want in reference.outputs.items():
            got = own.outputs[name]
            far = argwhere(~_close(got, want, reference.args))
            if len(far):
                return Difference(own, reference, name, tuple(int(i) for i in far[0]))
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
    """Return the size of the largest real number among the arguments."""
    real = [v for v in args.values() if isinstance(v, float) or getattr(getattr(v, "dtype", None), "kind", "") == "f"]
    return max((float(absolute(v).max()) for v in real if not isinstance(v, (ndarray, generic)) or v.size), default=0.0)


def diagnose(exercise: Declaration, run: Run, cases: Sequence[Case], right: Run) -> tuple[Mutant, ...]:
    """Return the known mistakes that produce exactly this run.

    One mistake if there is one with these values and these arguments changed in place; or else with these values; or
    else two that produce them together. None if several explanations remain.

    A mutant runs in limited time, as an answer does: one that never ends, or raises, does no harm.
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
    """Return the mistakes whose runs have the same values as `run`, with their runs, in limited time."""
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
    """Run a mutant; return None unless its values, and its problem if any, are those of `run`."""
    for some in (cases[:1], cases):  # most are ruled out by the first case
        made = exercise.play(answer, some, like=right)
        calls = run.calls if some is cases else run.calls[: len(made.calls)]
        if len(calls) != len(made.calls) or first_difference(calls, made.calls):
            return None
        if (made.problem or some is cases) and str(made.problem) != str(run.problem):
            return None
    return made
