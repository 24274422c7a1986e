"""Check an answer, stage by stage, in the order in which a reader can act on what is said."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from . import errors
from .diagnosis import diagnose, first_difference, in_words
from .intact import Intact
from .limit import call
from .play import Call, ForgotReturn, Problem, Raised, kind, play
from .result import Result, Status
from .stub import NotAttempted

if TYPE_CHECKING:
    from .exercise import Exercise

LIMIT = 3.0  # seconds


@dataclass
class _Answer:
    status: Status
    message: Sequence[str]
    diagnosis: str | None = None
    forgot_return: bool = False


def evaluate(exercise: Exercise, function: Any, *, seed: int, timeout: float) -> Result:
    """Check `function` against the exercise.

    Everything that touches the reader's function or what it returned happens inside `call`. So nothing it does
    raises here, and it ends after `timeout` seconds, unless it hangs in C code (see `limit.call`).
    """
    numpy = Intact(np)
    outcome = call(lambda: _answer(exercise, function, seed, numpy), timeout)
    numpy.put_back()  # again, in case a stopped thread had no time to
    if outcome.timed_out:
        answer = _Answer(Status.TIMEOUT, errors.endless(outcome, timeout))
    elif outcome.error is not None:
        answer = _Answer(Status.NOT_YET, errors.unreadable(exercise, outcome.error))
    else:
        answer = outcome.value
    message = list(answer.message)
    if numpy.changed:
        if answer.status is Status.PASS:
            answer.status, message = Status.NOT_YET, ["The numbers are right, but:"]
        message.append(_changed_numpy(numpy.changed))
    if answer.forgot_return and outcome.printed.strip():
        message.append("It prints, but printing only shows a value; `return` hands it on.")
    printed = "" if answer.status is Status.NOT_ATTEMPTED else outcome.printed
    return Result(exercise.name, answer.status, *message, diagnosis=answer.diagnosis, printed=printed)


def _answer(exercise: Exercise, function: Any, seed: int, numpy: Intact) -> _Answer:
    todos = NotAttempted.raised
    try:
        answer = _compare(exercise, function, seed, numpy)
    except Raised as raised:
        answer = _Answer(Status.NOT_YET, errors.raised(exercise, raised))
        if isinstance(raised.error, NotImplementedError):
            answer.status = Status.NOT_ATTEMPTED
    except Problem as problem:
        answer = _Answer(Status.NOT_YET, problem.args, forgot_return=isinstance(problem, ForgotReturn))
    if NotAttempted.raised > todos:
        words = "This one is yours to write: put your own lines in the place of `ex.todo()`, then check again."
        return _Answer(Status.NOT_ATTEMPTED, (words,))
    return answer


def _compare(exercise: Exercise, function: Any, seed: int, numpy: Intact) -> _Answer:
    if function is exercise.reference:
        return _Answer(Status.NOT_ATTEMPTED, (f"This is the book's own `{exercise.function}`, not yours.",))
    _check_signature(exercise, function)
    if _is_empty(function):
        return _Answer(Status.NOT_ATTEMPTED, (f"Your `{exercise.function}` has no lines yet.",))
    cases = exercise.cases(np.random.default_rng(seed))
    cases.append(cases[0])  # asked twice: a function of its arguments alone answers the same
    right = play(exercise.reference, cases, exercise.parameters, exercise.returns)
    with numpy:
        run = play(function, cases, exercise.parameters, exercise.returns, like=right)
    changed = sorted({name for made in run.calls for name in made.changed}, key=exercise.parameters.index)
    if isinstance(run.problem, ForgotReturn):
        raise run.problem
    if run.problem:
        wrong = run.problem.args
    elif changed:
        wrong = (_in_place(changed),)
    else:
        wrong = _what_is_wrong(exercise, run.calls, right.calls)
    if not wrong:
        return _Answer(Status.PASS, (_passed(exercise, run.calls), exercise.after))
    mutant = diagnose(exercise, run, cases, right)
    if mutant:
        return _Answer(Status.NOT_YET, (mutant.says, *(() if changed else wrong)), mutant.name)
    repeated = len(cases[0].given)
    if not run.problem and first_difference(run.calls[-repeated:], run.calls[:repeated]):
        return _Answer(Status.NOT_YET, (_CHANGES_ITS_MIND,))
    return _Answer(Status.NOT_YET, (*wrong, f"Stuck? `ex.{exercise.name}.hint()` gives a hint."))


_CHANGES_ITS_MIND = (
    "Your function gave different answers to the same arguments. It remembers something between calls (a global "
    "variable?) or draws random numbers; all it needs is in its arguments."
)


def _check_signature(exercise: Exercise, function: Any) -> None:
    line, wanted = f"`def {exercise.signature}:`", exercise.parameters
    if not callable(function):
        raise Problem(
            f"The check takes the function itself, and got {kind(function)}. Leave out the brackets after its "
            f"name: `ex.{exercise.name}.check({exercise.function})`."
        )
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):  # some built-in functions do not tell
        return
    if any(p.kind is p.VAR_POSITIONAL for p in parameters):
        return
    needed = [p.name for p in parameters if p.default is p.empty and p.kind is not p.VAR_KEYWORD]
    by_place = [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    by_name = [p.name for p in parameters if p.kind is p.KEYWORD_ONLY]
    if len(by_place) < len(wanted) <= len(by_place) + len(by_name):
        raise Problem(
            f"Your function takes {', '.join(by_name)} by name only, because of the `*` before. All arguments come "
            f"by position: {line}."
        )
    if len(by_place) < len(wanted) or any(name not in by_place[: len(wanted)] for name in needed):
        raise Problem(f"Your function takes {_count(needed)}; it should take {_count(wanted)}: {line}.")
    given = tuple(by_place[: len(wanted)])
    if given != wanted and sorted(given) == sorted(wanted):
        raise Problem(f"Your function takes its arguments in another order. It should begin with {line}.")
    for mine, name in zip(given, wanted, strict=True):
        if mine != name:
            raise Problem(f"Your function has an argument `{mine}` that should be called `{name}`: {line}.")


def _count(names: Sequence[str]) -> str:
    return "no argument" if not names else f"{len(names)} argument{'s' * (len(names) > 1)} ({', '.join(names)})"


def _nothing() -> None:
    pass


def _words() -> None:
    """Only words."""


def _is_empty(function: Any) -> bool:
    """True for a body of `pass`, `...` or a docstring."""
    code = getattr(function, "__code__", None)
    if code is None or code.co_code not in (_nothing.__code__.co_code, _words.__code__.co_code):
        return False
    return set(code.co_consts) <= {None, function.__doc__}


def _in_place(names: Sequence[str]) -> str:
    listed = " and ".join(f"`{name}`" for name in names)
    return (
        f"Your function changes {listed} in place. The array belongs to the caller, and `+=`, `-=`, `*=` and `[...] =` "
        f"write into it. Make a new array instead, as in `{names[0]} = {names[0]} - ...`."
    )


def _changed_numpy(names: Sequence[str]) -> str:
    listed = " and ".join(f"`np.{name}`" for name in names[:3]) + (" and more" if len(names) > 3 else "")
    return (
        f"Your code changed {listed} for the whole notebook; it has been put back. `np.{names[0]} = ...` replaces "
        "what NumPy holds under that name: give your own values a name without `np.`."
    )


def _what_is_wrong(exercise: Exercise, calls: Sequence[Call], right: Sequence[Call]) -> Sequence[str]:
    if exercise.goal is None:
        difference = first_difference(calls, right)
        return in_words(exercise, difference) if difference else ()
    for made in calls:
        sentence = exercise.goal(**made.args, **made.outputs)
        if sentence:
            return (sentence,)
    return ()


def _passed(exercise: Exercise, calls: Sequence[Call]) -> str:
    if exercise.goal is not None:
        return "Your answer reaches the goal in every case."
    return f"Your `{exercise.function}` agrees with the book's in {len(calls)} calls."
