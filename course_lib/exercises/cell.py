"""Run the text of an answer, and check the function in it."""

from __future__ import annotations

import linecache
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from . import wording
from .checking import LIMIT, evaluate
from .declaration import Declaration
from .host import describe_error, what_is_missing
from .intact import Intact
from .limit import Caller, call
from .question import Change
from .result import Result, Status
from .stub import NotAttempted


def check_text(
    exercise: Declaration,
    run: Callable[[], None],
    namespace: Mapping[str, Any],
    *,
    seed: int = 0,
    timeout: float = LIMIT,
    call: Caller = call,
    numpy: Intact | None = None,
    changes: Callable[[Declaration], Sequence[Change]] | None = None,
) -> Result:
    """Check the answer in a text.

    Args:
        exercise: the exercise.
        run: runs the text's definitions.
        namespace: where these are then.
        seed: of the cases.
        timeout: seconds for the text, and again for the check.
        call, numpy, changes: see `evaluate`.
    """
    outcome = call(run, timeout)

    def result(status: Status, *message: str) -> Result:
        return Result(exercise.name, status, *message, printed=outcome.printed)

    if outcome.timed_out:
        return result(Status.TIMEOUT, *wording.describe_timeout(outcome, timeout))
    if isinstance(outcome.error, NotAttempted):
        words = "Your code stops at a line that is still to be written."
        return Result(exercise.name, Status.NOT_ATTEMPTED, words)
    if outcome.error is not None and (missing := what_is_missing(outcome.error)):
        return result(Status.NOT_ATTEMPTED, missing)
    if outcome.error is not None:
        return result(Status.NOT_YET, *_describe(outcome.error))
    if exercise.function not in namespace:
        return result(
            Status.NOT_YET, f"Your code defines no `{exercise.function}`: it should hold `{exercise.opening}`."
        )
    answer = namespace[exercise.function]
    return evaluate(exercise, answer, seed=seed, timeout=timeout, call=call, numpy=numpy, changes=changes)


def _describe(error: BaseException) -> tuple[str, ...]:
    words = f"Your code cannot be run: {describe_error(error)}"
    if isinstance(error, SyntaxError):
        line = error.text or linecache.getline(str(error.filename), error.lineno or 0)
        return words, f"    line {error.lineno}: {line.strip()}"
    return words, wording.own_line(wording.places(error.__traceback__))
