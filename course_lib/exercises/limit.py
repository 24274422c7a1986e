"""Call a function that may never return, whatever it prints or raises.

The call runs in a separate thread, because that works in a notebook, in a script and on every system.
A thread cannot be killed, but Python can raise an exception inside it: an endless loop ends there.

A limitation: Python runs one thread at a time, and switches between two of its own instructions. One call into C that
holds the interpreter lock, such as `sum(range(10**11))`, blocks the watching thread as well, so nothing here can end
it. A separate process could be killed; but a reader's function, defined in a notebook, reaches another process only by
a fork, and forking a kernel, which runs several threads, may hang it.
"""

import contextlib
import ctypes
import io
import sys
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

GRACE = 1.0  # seconds spent on stopping a thread before it is left behind
KEPT = 2_000  # characters of the function's own output that are kept
#: Surrounds each call of the reader's function. Here all time counts; in a web page only this.
own_time = contextlib.nullcontext


class Stop(BaseException):
    """Raised inside a thread that has run out of time."""


class _FirstLines(io.TextIOBase):
    """A stream that keeps only the beginning: an endless loop may print forever."""

    def __init__(self) -> None:
        self.text = ""

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        if len(self.text) < KEPT:
            self.text += text[: KEPT - len(self.text)]
        return len(text)


@dataclass
class Outcome:
    """How a call ended: with a value, with an error, or not at all."""

    value: Any = None
    error: BaseException | None = None
    timed_out: bool = False
    stopped: bool = True
    stack: tuple[tuple[str, int], ...] = ()
    printed: str = ""


#: Calls a function for at most so many seconds: `call` here, another one for an answer in another process.
Caller = Callable[[Callable[[], Any], float], Outcome]


def call(function: Callable[[], Any], seconds: float) -> Outcome:
    """Call `function()` for at most `seconds`, quietly.

    Args:
        function: takes no argument.
        seconds: how long to wait for it.

    Returns:
        The `Outcome`. `stack` holds (file, line) from the outermost frame to the innermost, at the timeout.
        `stopped` is False if the function could not be stopped even then (it waits inside C code): its thread is left
        running. If that code holds the interpreter lock, `call` returns only when it does.

    >>> call(lambda: 6 * 7, seconds=2).value
    42
    >>> call(lambda: 1 / 0, seconds=2).error
    ZeroDivisionError('division by zero')
    """
    outcome = Outcome()
    finished = threading.Event()

    def work() -> None:
        with contextlib.suppress(Stop):
            try:
                with np.errstate(all="ignore"):
                    outcome.value = function()
            except Stop:
                pass
            except BaseException as error:  # SystemExit too: nothing may leave this thread
                outcome.error = error
            finished.set()

    thread = threading.Thread(target=work, name="course-exercise", daemon=True)
    with _quiet() as printed:
        try:
            thread.start()
        except RuntimeError:  # no threads here (Python inside a web page): no limit either
            work()
        try:
            finished.wait(seconds)
        except BaseException:  # the reader interrupted it
            _stop(thread)
            raise
        if not finished.is_set():
            outcome.timed_out = True
            outcome.stack = _stack_of(thread)
            outcome.stopped = _stop(thread)
    outcome.printed = printed.text
    return outcome


@contextlib.contextmanager
def _quiet() -> Iterator[_FirstLines]:
    printed = _FirstLines()
    with (
        contextlib.redirect_stdout(printed),
        contextlib.redirect_stderr(printed),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore")
        yield printed


def _stop(thread: threading.Thread) -> bool:
    """Raise `Stop` in the thread again and again: a bare `except:` may swallow the first ones."""
    end = time.monotonic() + GRACE
    while thread.is_alive() and time.monotonic() < end:
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident or 0), ctypes.py_object(Stop))
        thread.join(0.01)
    return not thread.is_alive()


def _stack_of(thread: threading.Thread) -> tuple[tuple[str, int], ...]:
    frame = sys._current_frames().get(thread.ident or 0)
    stack = []
    while frame is not None:
        stack.append((frame.f_code.co_filename, frame.f_lineno))
        frame = frame.f_back
    return tuple(reversed(stack))
