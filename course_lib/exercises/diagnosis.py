"""Find the known mistakes in an answer or, if there are none, its first difference."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from numpy import (
    absolute,
    argwhere,
    generic,
    isfinite,
    maximum,
    ndarray,
    shape,
    where,
    zeros,
)  # kept here: a reader may change `np`

from .cases import Case, is_tensor, numbers
from .declaration import Declaration, Mutant
from .limit import call
from .play import Call, NotFinite, Run

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
    involved, in an argument too): more than rounding in another order of operations, less than any mistake.
    Everything else (whole numbers, truth values, labels) must be identical.

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
            close = _close(got, want, reference.args)
            if not close.all():
                far = argwhere(~close)[0]
                return Difference(own, reference, name, tuple(int(i) for i in far))
    return None


def is_close(got: ndarray, want: ndarray, args: Mapping[str, Any]) -> bool:
    """Check whether one output of two runs is the same, as `first_difference` does."""
    return bool(_close(got, want, args).all())


def _close(got: ndarray, want: ndarray, args: Mapping[str, Any]) -> ndarray:
    if got.shape != want.shape:
        return zeros(want.shape, dtype=bool)
    equal = got == want
    if want.dtype.kind != "f" or equal.all():
        return equal
    sources = [value for value in args.values() if isinstance(value, ndarray) and value.shape == want.shape]
    size = absolute([want, *sources]).max(axis=0)
    kinds = [value.dtype for value in [got, want, *_reals(args)] if hasattr(value, "dtype")]
    tolerance = 1e-5 if min(kind.itemsize for kind in kinds) < 8 else 1e-10
    rounding = where(want == 0, 1e-15 * _largest(args), 0.0)  # where 0 is right, a remainder of rounding will do
    return absolute(got - want) <= maximum(tolerance * size, rounding)


def _largest(args: Mapping[str, Any]) -> float:
    """Return the size of the largest real number among the arguments."""
    real = [v for v in _reals(args) if not isinstance(v, (ndarray, generic)) or v.size]
    return max((float(absolute(v).max()) for v in real), default=0.0)


def _reals(args: Mapping[str, Any]) -> list[Any]:
    """Return the arguments that are real numbers, or arrays or tensors of them."""
    return [v for v in args.values() if isinstance(v, float) or getattr(getattr(v, "dtype", None), "kind", "") == "f"]


@dataclass(eq=False)
class Trial:
    """An exercise on its cases: the run of the solution, runs of known mistakes on the first case, and on all.

    These are kept as they become known: whoever checks an answer will check another.
    """

    exercise: Declaration
    cases: Sequence[Case]
    right: Run
    first: dict[tuple[Mutant, ...], Run | None] = field(default_factory=dict)
    whole: dict[tuple[Mutant, ...], Run] = field(default_factory=dict)


def diagnose(trial: Trial, run: Run) -> tuple[Mutant, ...]:
    """Return the known mistakes that produce exactly this run.

    One mistake if there is one with these values and these arguments changed in place; or else with these values; or
    else two that produce them together. None if several explanations remain.

    A mutant runs in limited time, as an answer does: one that never ends, or raises, does no harm.
    """
    mutants = trial.exercise.mutants
    same = [found for m in mutants for found in _same_values(trial, [(m,)], run)]
    if not same and run.problem:
        same = [found for m in mutants for found in _same_values(trial, [(m,)], run, up_to_problems=True)]
    elif not same and not _says_little(run):
        pairs = _same_values(trial, itertools.combinations(mutants, 2), run)
        same = [(pair, made) for pair, made in pairs if all(_changed_by(trial, m) <= run.changed for m in pair)]
    for changed in (run.changed, frozenset()):
        found = [mistakes for mistakes, made in same if made.changed == changed]
        if found:
            return found[0] if len(found) == 1 else ()
    return ()


def rehearse(trial: Trial) -> Iterator[None]:
    """Run the known mistakes, and then all pairs, on the first case, one a step: so no reader has to wait for them."""
    mutants = trial.exercise.mutants
    for mistakes in itertools.chain(((m,) for m in mutants), itertools.combinations(mutants, 2)):
        call(functools.partial(_first, trial, mistakes), PATIENCE)
        yield


def is_in_another_order(trial: Trial, run: Run) -> bool:
    """Check whether the right values are returned, but in another order: in the first call of every case."""
    if not all(case.calls for case in run.cases):
        return False
    names = trial.exercise.returns
    own = [case.calls[0] for case in run.cases]
    right = [case.calls[0] for case in trial.right.cases]
    for order in itertools.permutations(names):
        moved = [replace(c, outputs={name: c.outputs[o] for name, o in zip(names, order, strict=True)}) for c in own]
        if order != tuple(names) and not first_difference(moved, right):
            return True
    return False


def _changed_by(trial: Trial, mutant: Mutant) -> frozenset[str]:
    """Return the names of the arguments that a mistake by itself changes in place."""
    alone = _first(trial, (mutant,))
    return alone.changed if alone else frozenset()


def _same_values(
    trial: Trial, mistakes: Iterable[tuple[Mutant, ...]], run: Run, up_to_problems: bool = False
) -> list[tuple[tuple[Mutant, ...], Run]]:
    """Return the mistakes whose runs have the same values as `run`, with their runs, in limited time."""
    size = _largest(run.calls[0].args) if run.calls else 0.0
    known = trial.first
    waiting = [m for m in mistakes if m not in known or (_resembles(known[m], run, size) and _begins(known[m], run))]
    found: list[tuple[tuple[Mutant, ...], Run]] = []

    def try_all() -> None:
        for mutants in waiting:
            made = _run(trial, mutants, run, up_to_problems)
            if made:
                found.append((mutants, made))

    if waiting:
        call(try_all, PATIENCE)
    return found


def _run(trial: Trial, mutants: tuple[Mutant, ...], run: Run, up_to_problems: bool) -> Run | None:
    """Run a mutant; return None unless its values, and its problem if any, are those of `run` in each case.

    With `up_to_problems`, cases in which `run` has a problem do not count; in another one it must be wrong.
    """
    if not _begins(_first(trial, mutants), run):  # most are ruled out by the first case
        return None
    if mutants not in trial.whole:
        answer = trial.exercise.mutated(*mutants)
        assert answer is not None  # else there had been no first run
        trial.whole[mutants] = trial.exercise.play(answer, trial.cases, like=trial.right)
    made = trial.whole[mutants]
    cases = list(zip(made.cases, run.cases, trial.right.cases, strict=True))
    if all(_agree(theirs, own) for theirs, own, _ in cases):
        return made
    sound = [case for case in cases if not case[1].problem]
    found = all(_agree(theirs, own) for theirs, own, _ in sound)
    wrong = any(first_difference(own.calls, right.calls) for _, own, right in sound)
    return made if up_to_problems and found and wrong else None


def _agree(made: Run, run: Run) -> bool:
    """Check whether two runs of one case have the same values, and the same problem if any."""
    if len(made.calls) != len(run.calls) or first_difference(run.calls, made.calls):
        return False
    ours, theirs = run.problem, made.problem
    if not (isinstance(ours, NotFinite) and isinstance(theirs, NotFinite)):
        return str(ours) == str(theirs)
    return all(_alike(got, theirs.outputs[name], ours.arguments or {}) for name, got in ours.outputs.items())


def _alike(got: ndarray, want: ndarray, args: Mapping[str, Any]) -> bool:
    """Compare values of which some are not finite."""
    if got.shape != want.shape or want.dtype.kind != "f" or got.dtype.kind != "f":
        return bool(_close(got, want, args).all())
    finite = isfinite(want)
    close = _close(where(finite, got, 0.0), where(finite, want, 0.0), args)
    return bool((isfinite(got) == finite).all() and close.all())


def _says_little(run: Run) -> bool:
    """Check whether every returned value is an argument as it was, or 0: two mistakes come to that by chance."""
    return all(
        any(shape(given) == value.shape and (value == given).all() for given in (0 * value, *_plain(call.args)))
        for call in run.calls
        for value in call.outputs.values()
        if value.dtype.kind == "f"
    )


def _plain(args: Mapping[str, Any]) -> Iterator[Any]:
    """Yield the arguments that are numbers, or arrays, tensors or lists of them; a network, say, is none."""
    for value in args.values():
        if is_tensor(value):
            yield numbers(value)
        elif isinstance(value, (ndarray, generic, float, int)):
            yield value
        elif isinstance(value, (list, tuple)) and all(isinstance(v, (generic, float, int)) for v in value):
            yield value


def _first(trial: Trial, mutants: tuple[Mutant, ...]) -> Run | None:
    """Return the run of some mistakes on the first case; None if they cannot be combined."""
    if mutants not in trial.first:
        answer = trial.exercise.mutated(*mutants)
        trial.first[mutants] = answer and trial.exercise.play(answer, trial.cases[:1], like=trial.right)
    return trial.first[mutants]


def _resembles(first: Run | None, run: Run, size: float) -> bool:
    """Check whether the first number of a run is about a mutant's, given the `size` of its inputs.

    It rules out most of hundreds of pairs, and is much faster than a comparison.
    """
    if not (first and first.calls and run.calls):
        return first is not None
    a, b = (next(iter(one.calls[0].outputs.values())) for one in (first, run))
    if a.dtype.kind != "f" or not a.size:
        return True
    a, b = float(a.ravel()[0]), float(b.ravel()[0])
    return abs(a - b) <= 1e-4 * max(abs(a), abs(b), size)


def _begins(first: Run | None, run: Run) -> bool:
    """Check whether a run on the first case is that of a mutant."""
    return first is not None and _agree(first.cases[0], run.cases[0])
