"""Check an answer, stage by stage, in the order in which a reader can act on the messages.

First the answer is run, in limited time (`_attempt`), with all that touches the reader's code or what it returned.
Then its run is judged (`_judge`), in unlimited time.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from . import wording
from .cases import Case
from .declaration import Declaration, Mutant
from .diagnosis import Trial, diagnose, first_difference, is_in_another_order
from .host import codes, how_to_get_hints, import_for, is_empty, what_is_missing
from .intact import Intact
from .limit import Caller, call
from .play import ForgotReturn, NotFinite, Problem, Raised, Run, kind
from .question import Change, on_the_line, question
from .result import UNKNOWN, Result, Status
from .stub import NotAttempted

LIMIT = 3.0  # seconds


@dataclass(frozen=True)
class _Verdict:
    status: Status
    message: tuple[str, ...]
    diagnoses: tuple[str, ...] = ()
    fading: tuple[Mutant, ...] = ()  # the mistakes that are not named at once
    named: int = 0  # how many of the first paragraphs name them
    unknown: bool = False  # a value is wrong, and no known mistake leads to it


@dataclass(frozen=True)
class _Attempt:
    """An answer's run, the message if that ended early, and whether the answer is the same twice."""

    run: Run
    message: tuple[str, ...]
    repeats: bool


def evaluate(
    exercise: Declaration,
    answer: Any,
    *,
    seed: int,
    timeout: float,
    call: Caller = call,
    numpy: Intact | None = None,
    changes: Callable[[Declaration], Sequence[Change]] | None = None,
) -> Result:
    """Check an answer to an exercise.

    Errors of the reader's code are not raised here, and it ends after `timeout` seconds, unless it hangs in C code
    (see `limit.call`).

    Args:
        exercise: the exercise.
        answer: the function or class. It may stand for one in another process (see `course_lib.grading`).
        seed: of the cases.
        timeout: seconds.
        call: calls a function for at most so many seconds; another process has its own clock.
        numpy: watches the NumPy that the answer uses; None: this process's.
        changes: gives the changes of an argument that are tried to find a question (`question.changes`); None: no
            question is looked for.

    Raises:
        DeclarationError: the exercise itself is wrong, not the answer.
    """
    trial = prepare(exercise, seed)
    import_for(answer)
    numpy = Intact(np) if numpy is None else numpy
    outcome = call(lambda: _attempt(trial, answer, numpy), timeout)
    numpy.put_back()  # again, in case a stopped thread had no time to
    if outcome.timed_out:
        verdict = _Verdict(Status.TIMEOUT, wording.describe_timeout(outcome, timeout))
    elif outcome.error is not None:
        verdict = _Verdict(Status.NOT_YET, wording.describe_unreadable(exercise, outcome.error))
    elif isinstance(outcome.value, _Attempt):
        verdict = _judge(trial, outcome.value)
        if isinstance(outcome.value.run.problem, ForgotReturn) and outcome.printed.strip():
            also = "It prints, but printing only shows a value; `return` hands it on."
            verdict = replace(verdict, message=(*verdict.message, also))
    else:
        verdict = outcome.value
    if numpy.changed:
        words = ("The numbers are right, but:",) if verdict.status is Status.PASS else verdict.message
        words = (*words, _changed_numpy(numpy.changed))
        verdict = replace(verdict, status=_not_passed(verdict.status), message=words, unknown=False)
    printed = "" if verdict.status is Status.NOT_ATTEMPTED else outcome.printed
    asked, line = "", "\n".join(wording.describe_line(exercise.source, mutant) for mutant in verdict.fading)
    if (verdict.fading or verdict.unknown) and changes:
        arguments = _where(trial, outcome.value.run)
        names = on_the_line(exercise, verdict.fading)
        asked = question(exercise, answer, arguments, names, changes(exercise), numpy, call) if arguments else ""
    return Result(
        exercise.name,
        verdict.status,
        *verdict.message,
        diagnoses=verdict.diagnoses,
        printed=printed,
        question=asked,
        line=line,
        named=verdict.named,
        ran=isinstance(outcome.value, _Attempt) and outcome.value.run.problem is None,
    )


@functools.lru_cache(maxsize=32)  # answers are checked again and again
def prepare(exercise: Declaration, seed: int) -> Trial:
    """Return an exercise with its cases, and with the run of its solution."""
    cases = exercise.draw(seed)
    cases.append(cases[0])  # called twice: a function of its arguments alone returns the same
    return Trial(exercise, cases, exercise.solve(cases))


# ---------------------------------------------------------------- the answer is run


def _attempt(trial: Trial, answer: Any, numpy: Intact) -> _Attempt | _Verdict:
    exercise, cases, right = trial.exercise, trial.cases, trial.right
    if answer is exercise.reference:
        return _Verdict(Status.NOT_ATTEMPTED, (f"This is the book's own `{exercise.function}`, not yours.",))
    try:
        _check_signature(exercise, answer)
    except Problem as problem:
        return _Verdict(Status.NOT_YET, problem.args)
    if not exercise.method and is_empty(answer):
        return _Verdict(Status.NOT_ATTEMPTED, (f"Your `{exercise.function}` has no lines yet.",))
    todos = NotAttempted.raised
    with numpy:
        run = exercise.play(answer, cases, like=right)
        first = len(cases[0].arguments)
        again = run.calls[-first:] if not run.problem else []
        if run.problem and len(run.calls) >= first:  # it broke later: does it do so where it did not before?
            again = exercise.play(answer, cases[:1], like=right).calls
    if NotAttempted.raised > todos:
        return _Verdict(Status.NOT_ATTEMPTED, (wording.YOURS,))
    if not run.problem:
        message = ()
    elif not isinstance(run.problem, Raised):
        shows = isinstance(run.problem, (ForgotReturn, NotFinite))
        message = (*run.problem.args[:1], wording.describe_call(exercise, run.problem, cases[0].init) if shows else "")
    elif missing := what_is_missing(run.problem.error):
        return _Verdict(Status.NOT_ATTEMPTED, (missing,))
    elif _is_unwritten(run.problem.error, answer):
        return _Verdict(Status.NOT_ATTEMPTED, (f"Your `{exercise.function}` is still to be written.",))
    else:
        case = cases[_case_of(len(run.calls), cases)]
        message = wording.describe_raised(exercise, run.problem, case.init)
    early = len(run.calls) < first
    repeats = early or (len(again) == first and first_difference(again, run.calls[:first]) is None)
    return _Attempt(run, message, repeats)


def _case_of(count: int, cases: Sequence[Case]) -> int:
    """Return the index of the case that a call, counted over all cases, belongs to."""
    for index, case in enumerate(cases):
        count -= len(case.arguments)
        if count < 0:
            return index
    return len(cases) - 1


def _check_signature(exercise: Declaration, answer: Any) -> None:
    if exercise.method:
        _check_class(exercise, answer)
        _check_parameters(getattr(answer, exercise.method), exercise.parameters, exercise.method, skip=1)
        if exercise.constructor:
            _check_parameters(answer, exercise.constructor, "__init__", shown="self, ")
        return
    if not callable(answer):
        raise Problem(
            f"`{exercise.function}` should be the function itself, and is {kind(answer)}: leave out the brackets after "
            "its name."
        )
    _check_parameters(answer, exercise.parameters, exercise.function)


def _check_class(exercise: Declaration, answer: Any) -> None:
    if not isinstance(answer, type):
        raise Problem(
            f"`{exercise.function}` should be the class itself, and is {kind(answer)}: leave out the brackets after "
            "its name."
        )
    if not callable(getattr(answer, exercise.method, None)):
        line = f"`def {exercise.method}(self, {', '.join(exercise.parameters)}):`"
        raise Problem(f"Your class has no method `{exercise.method}`: it should have {line}.")


def _check_parameters(function: Any, wanted: Sequence[str], name: str, skip: int = 0, shown: str = "") -> None:
    shown = "self, " if skip else shown
    line = f"`def {name}({shown}{', '.join(wanted)}):`"
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):  # some built-in functions do not know
        return
    if any(p.kind is p.VAR_POSITIONAL for p in parameters):
        return
    if skip and (len(parameters) < skip or parameters[0].name in wanted):
        raise Problem(f"Your method has no `self`: it should begin with {line}.")
    parameters = parameters[skip:]
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
    names = tuple(by_place[: len(wanted)])
    if names != tuple(wanted) and sorted(names) == sorted(wanted):
        raise Problem(f"Your function takes its arguments in another order. It should begin with {line}.")
    for own, right in zip(names, wanted, strict=True):
        if own != right:
            raise Problem(f"Your function has an argument `{own}` that should be called `{right}`: {line}.")


def _count(names: Sequence[str]) -> str:
    return "no argument" if not names else f"{len(names)} argument{'s' * (len(names) > 1)} ({', '.join(names)})"


def _is_unwritten(error: BaseException, answer: Any) -> bool:
    """Check for `raise NotImplementedError` in the answer's own lines: a library's is an error like others."""
    if type(error) is not NotImplementedError or error.__traceback__ is None:
        return False
    *_, (file, _) = wording.places(error.__traceback__)
    code = getattr(answer, "__code__", None) or next(iter(codes(answer)), None)
    return code is not None and file == code.co_filename


# ---------------------------------------------------------------- what it did is judged


def _judge(trial: Trial, attempt: _Attempt) -> _Verdict:
    exercise, run, wrong = trial.exercise, attempt.run, attempt.message
    if isinstance(run.problem, ForgotReturn):
        return _Verdict(Status.NOT_YET, wrong)
    changed = sorted(run.changed, key=exercise.parameters.index)
    if not attempt.repeats:
        return _Verdict(Status.NOT_YET, (wording.REMEMBERS,), ("remembers",))
    if not run.problem or exercise.goal is None:
        wrong = (*_what_is_wrong(exercise, run, trial.right), *wrong)
    if not wrong and not changed:
        return _Verdict(Status.PASS, (_passed(exercise, run), exercise.after))
    also = (wording.describe_in_place(changed),) if changed else ()
    mutants = diagnose(trial, run)
    names, sentences = tuple(m.name for m in mutants), tuple(m.message for m in mutants)
    if mutants and not wrong:  # a mutant that does no more than change an argument in place
        return _Verdict(Status.NOT_YET, sentences, names)
    if changed:
        names = (*names, "in place")
    if len(mutants) == 2:
        sentences = ("Two things are wrong at once.", *map(_without_praise, sentences))
    if not mutants and isinstance(run.problem, Raised) and wording.is_name_from_elsewhere(run.problem.error):
        names = ("a name from elsewhere", *names)
    if not mutants and is_in_another_order(trial, run):
        names = ("another order", *names)
        order = ", ".join(exercise.returns)
        sentences = (f"The values are right, but returned in another order: `return {order}` is asked for.",)
        wrong = ()
    hint = () if sentences or not wrong else (how_to_get_hints(exercise.name),)
    fades = wrong and exercise.goal is None and not isinstance(run.problem, Raised)
    fading = mutants if fades else ()
    named = len(sentences) if fading else 0
    differs = first_difference(run.calls, trial.right.calls[: len(run.calls)]) is not None
    unknown = bool(fades and hint and differs)
    message = (*sentences, *wrong, *also, UNKNOWN if unknown else "", *hint)
    return _Verdict(Status.NOT_YET, message, names, fading, named, unknown)


def _where(trial: Trial, run: Run) -> Mapping[str, Any] | None:
    """Return the arguments of the first call in which a run is wrong."""
    difference = first_difference(run.calls, trial.right.calls[: len(run.calls)])
    return difference.call.args if difference else run.problem and run.problem.arguments


def _without_praise(sentence: str) -> str:
    """Return what a mistake's sentence says, without what it finds right: beside another mistake it may not be.

    >>> _without_praise("Your velocity is right, but `x` does not use it.")
    '`x` does not use it.'
    """
    for joint in (" right, but ", " right, and ", " right. ", " right: "):
        praise, found, rest = sentence.partition(joint)
        if found and len(praise.split()) <= 4:
            return rest[:1].upper() + rest[1:]
    return sentence


def _what_is_wrong(exercise: Declaration, run: Run, right: Run) -> tuple[str, ...]:
    if exercise.goal is None:
        difference = first_difference(run.calls, right.calls[: len(run.calls)])
        return wording.describe_difference(exercise, difference) if difference else ()
    for made in run.calls:
        sentence = exercise.goal(**made.args, **made.outputs)
        if sentence:
            return (sentence,)
    return ()


def _passed(exercise: Declaration, run: Run) -> str:
    if exercise.goal is not None:
        return "Your answer reaches the goal in every case."
    return f"Your `{exercise.function}` agrees with the book's in {len(run.calls)} calls."


def _not_passed(status: Status) -> Status:
    return Status.NOT_YET if status is Status.PASS else status


def _changed_numpy(names: Sequence[str]) -> str:
    listed = " and ".join(f"`np.{name}`" for name in names[:3]) + (" and more" if len(names) > 3 else "")
    return (
        f"Your code changed {listed} for all code that runs here; it has been put back. `np.{names[0]} = ...` replaces "
        "what NumPy holds under that name: give your own values a name without `np.`."
    )
