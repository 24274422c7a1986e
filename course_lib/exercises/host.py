"""What a check has to know of the Python that runs it. In a web page another file of this name takes its place."""

from __future__ import annotations

import builtins
import contextlib
import dis
import importlib
import os
import sysconfig
import traceback
from collections.abc import Iterator
from pathlib import Path
from types import CodeType
from typing import Any

import numpy as np

#: NumPy's names that are not Python's, too.
NUMPY = frozenset(vars(np)) - frozenset(vars(builtins))
#: How the files begin whose lines are not the reader's.
NOT_THE_READERS = (
    "<frozen",
    str(Path(__file__).parent.parent) + os.sep,  # course_lib
    *(sysconfig.get_path(key) + os.sep for key in ("stdlib", "platstdlib", "purelib", "platlib")),
)


def describe_error(error: BaseException) -> str:
    """Return an error's type and message, with Python's own suggestion.

    >>> describe_error(ZeroDivisionError("division by zero"))
    'ZeroDivisionError: division by zero'
    >>> describe_error(np.linalg.LinAlgError("Singular matrix"))
    'LinAlgError: Singular matrix'
    """
    if described := getattr(error, "described", ""):  # it was raised, and described, in another process
        return described
    lines = traceback.TracebackException.from_exception(error).format_exception_only()
    lines = [line.strip() for line in lines if not line.startswith(" ")]
    _, colon, words = lines[0].partition(":") if lines else ("", "", "")
    return type(error).__name__ + colon + words  # without the module's name


def how_to_get_hints(name: str) -> str:
    """Return the sentence that leads to an exercise's hints."""
    return f"Stuck? `ex.{name}.hint()` gives a hint."


def what_is_missing(error: BaseException) -> str:
    """Return a sentence if an error only says that this Python lacks something: in a notebook it lacks nothing."""
    return ""


def _nothing() -> None:
    pass


def _words() -> None:
    """Only words."""


def is_empty(function: Any) -> bool:
    """Check for a body of `pass`, `...` or a docstring."""
    code = getattr(function, "__code__", None)
    if code is None or code.co_code not in (_nothing.__code__.co_code, _words.__code__.co_code):
        return False
    return set(code.co_consts) <= {None, function.__doc__}


def codes(answer: Any) -> Iterator[CodeType]:
    """Yield the code of a function, or of a class's methods."""
    for value in [answer, *vars(answer).values()] if isinstance(answer, type) else [answer]:
        code = getattr(value, "__code__", None)
        if isinstance(code, CodeType):
            yield code


def import_for(answer: Any) -> None:
    """Import what an answer imports: a first `import torch` takes seconds, which should not count."""
    with contextlib.suppress(Exception, SystemExit):  # what is wrong with it is reported when it runs
        waiting = list(codes(answer))
        for code in waiting:
            waiting += [const for const in code.co_consts if isinstance(const, CodeType)]
            for step in dis.get_instructions(code):
                if step.opname == "IMPORT_NAME":
                    importlib.import_module(str(step.argval))
