"""Errors and endless loops in words, with the reader's own line."""

from __future__ import annotations

import builtins
import linecache
import os
import sysconfig
import traceback
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

import numpy as np

from .diagnosis import written_call
from .limit import Outcome
from .play import Raised

if TYPE_CHECKING:
    from .exercise import Exercise

Place = tuple[str, int]  # file and line

_NUMPY = frozenset(vars(np)) - frozenset(vars(builtins))
_NOT_THE_READERS = (
    "<frozen",
    str(Path(__file__).parent.parent) + os.sep,  # course_lib
    *(sysconfig.get_path(key) + os.sep for key in ("stdlib", "platstdlib", "purelib", "platlib")),
)


def raised(exercise: Exercise, raised: Raised) -> tuple[str, ...]:
    """Say what the function raised, in which of the reader's lines, and in which call."""
    error = raised.error
    if isinstance(error, SystemExit):
        words = "Your function ends the whole program (SystemExit): leave out `exit()`, and `return` the result."
    elif isinstance(error, RecursionError):
        words = "Your function calls itself without end (RecursionError)."
    else:
        words = f"Your function raised {in_words(error)}"
    line = own_line(places(error.__traceback__))
    called = f"It was called like this: `{written_call(exercise, raised.arguments)}`"
    return words, line, _tip(error, raised.arguments), called


def _tip(error: BaseException, arguments: Any) -> str:
    if isinstance(error, NameError) and error.name in _NUMPY:
        return f"Do you mean NumPy's, `np.{error.name}`?"
    if isinstance(error, TypeError) and "for ^" in str(error):
        return "A power is written `**` in Python."
    functions = [name for name, value in arguments.items() if callable(value)]
    if functions and isinstance(error, TypeError):
        return f"Note that `{functions[0]}` is a function: its value at `x` is `{functions[0]}(x)`."
    return ""


def endless(outcome: Outcome, seconds: float) -> tuple[str, ...]:
    """Say that time ran out, and where."""
    words = f"Your function had not come to an end after {seconds:g} seconds, so it was stopped here:"
    line = own_line(outcome.stack) or "    (the line is not known)"
    if outcome.stopped:
        return words, line, "Does a loop in it never end?"
    return words, line, "It could not be stopped, and may still be running: if things are slow, restart the kernel."


def unreadable(exercise: Exercise, error: BaseException) -> tuple[str, ...]:
    """Say that what the function returned broke the check itself."""
    words = f"What your function returned cannot be looked at: that raised {type(error).__name__}."
    return words, f"It should return plain numbers or NumPy arrays: `return {', '.join(exercise.returns)}`."


def in_words(error: BaseException) -> str:
    """An error's type and message, with Python's own suggestion.

    >>> in_words(ZeroDivisionError("division by zero"))
    'ZeroDivisionError: division by zero'
    """
    lines = traceback.TracebackException.from_exception(error).format_exception_only()
    lines = [line.strip() for line in lines if not line.startswith(" ")]
    return lines[0] if lines else type(error).__name__


def places(trace: TracebackType | None) -> tuple[Place, ...]:
    """The places a traceback went through, from the outermost to the innermost."""
    return tuple((frame.f_code.co_filename, line) for frame, line in traceback.walk_tb(trace))


def own_line(stack: Sequence[Place]) -> str:
    """The innermost line that is not in Python, in a package or in this library: the reader's."""
    own = [place for place in stack if not place[0].startswith(_NOT_THE_READERS)]
    if not own:
        return ""
    file, number = own[-1]
    text = linecache.getline(file, number).strip()
    return f"    line {number}: {text}" if text else f"    line {number}"
