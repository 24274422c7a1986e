"""Run the text of an answer, and check the function in it."""

from __future__ import annotations

import linecache
import re
from collections.abc import Callable, Mapping
from typing import Any

from . import wording
from .checking import LIMIT, evaluate
from .declaration import Declaration
from .host import describe_error, what_is_missing
from .limit import call
from .result import Result, Status
from .stub import NotAttempted


def check_text(
    exercise: Declaration, run: Callable[[], None], namespace: Mapping[str, Any], *, timeout: float = LIMIT
) -> Result:
    """Check the answer in a text.

    Args:
        exercise: the exercise.
        run: runs the text's definitions.
        namespace: where these are then.
        timeout: seconds for the text, and again for the check.
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
    return evaluate(exercise, namespace[exercise.function], seed=0, timeout=timeout)


def without_commands(source: str) -> str:
    """Return a cell's source without IPython's commands; lines keep their numbers.

    >>> without_commands("%matplotlib inline\\nx = 1")
    'pass\\nx = 1'
    """
    return re.sub(r"^([ \t]*)(?:[%!?].*|[\w.]+\?{1,2})[ \t]*$", r"\1pass", source, flags=re.MULTILINE)


def _describe(error: BaseException) -> tuple[str, ...]:
    words = f"Your code cannot be run: {describe_error(error)}"
    if isinstance(error, SyntaxError):
        line = error.text or linecache.getline(str(error.filename), error.lineno or 0)
        return words, f"    line {error.lineno}: {line.strip()}"
    return words, wording.own_line(wording.places(error.__traceback__))
