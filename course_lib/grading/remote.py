"""An answer in another process, as the engine sees it: a function or class whose calls go over a pipe.

The engine that checks answers in a notebook runs on it unchanged, and reaches its verdict here, on values.
"""

from __future__ import annotations

import builtins
import importlib.util
import inspect
import keyword
import linecache
from collections.abc import Callable, Sequence
from types import CodeType, TracebackType
from typing import Any

import numpy as np

from course_lib.exercises.declaration import Declaration
from course_lib.exercises.limit import Outcome, Stop
from course_lib.exercises.source import file_of
from course_lib.exercises.stub import NotAttempted

from . import wire
from .process import Ended, Process, lacks
from .rows import Verdict

CLOSED = "An answer that is checked may not open files, use a network or start programs."
EMPTY, WRITTEN = "def {}(): pass", "def {}(): return 1"


class _OutOfTime(Stop):
    def __init__(self, place: Any, own: str) -> None:
        super().__init__()
        self.stack = tuple(place for place in [_place(place, own)] if place)


class Remote:
    """The answer of a process that has found one. It takes the place of `limit.call` and of `Intact` in a check.

    Args:
        process: where the answer is.
        exercise: its exercise.
        lines: of its cell, for messages.
    """

    def __init__(self, process: Process, exercise: Declaration, lines: Sequence[str]) -> None:
        self.process, self.exercise = process, exercise
        self.namespace: dict[str, Any] = {}
        self.changed: list[str] = []  # names of NumPy, as `Intact` has them
        self._printed, self._todos, self._objects = "", 0, 0
        self._open = self._callable = False
        self.file = file_of(exercise.name)
        linecache.cache[self.file] = (1, None, [clean(line, 200) + "\n" for line in lines], self.file)

    # ------------------------------------------------------------ in the place of limit.call

    def call(self, function: Callable[[], Any], seconds: float) -> Outcome:
        """Call a function that calls the answer. The answer's process has its own clock."""
        outcome = Outcome()
        try:
            with np.errstate(all="ignore"):
                outcome.value = function()
        except _OutOfTime as stop:
            outcome.timed_out, outcome.stack = True, stop.stack
        except Stop:
            raise
        except BaseException as error:  # the answer's SystemExit, too, and not the grader's
            if not (isinstance(error, Exception) or hasattr(error, "described")):
                raise
            outcome.error = error
        if self._open and not outcome.timed_out:
            self._finish()
        outcome.printed = self._printed
        return outcome

    # ------------------------------------------------------------ in the place of Intact

    def __enter__(self) -> Remote:
        self._ask({"op": "begin"}, "begun")
        self._open = True
        return self

    def __exit__(self, *error: object) -> None:
        pass

    def put_back(self) -> None:
        """Do nothing: the answer's process has put its NumPy back."""

    def _finish(self) -> None:
        done = self._ask({"op": "finish"}, "finished")
        self._open = False
        self._printed = clean(done.get("printed"), wire.WORDS)
        names = done.get("numpy")
        self.changed += [clean(name, 40) for name in names[:10]] if isinstance(names, list) else []

    # ------------------------------------------------------------ its definitions, its calls

    def run(self) -> None:
        """Run the answer's definitions; afterwards `namespace` has it.

        Raises:
            Exception: what it raised.
        """
        ready = self._ask({"op": "run"}, "ready", "raised", "nothing", "timeout")
        self._printed = clean(ready.get("printed"), wire.WORDS)
        if ready["kind"] == "raised":
            raise self._rebuilt(ready)
        if ready["kind"] == "ready":
            self.namespace[self.exercise.function] = self._answer(ready)

    def _answer(self, ready: dict[str, Any]) -> Any:
        name = clean(ready.get("type"), 60) or "object"
        if not ready.get("callable") or (self.exercise.method and not ready.get("is_class")):
            return type(name, (), {})()
        if self.exercise.method:
            made: dict[str, Any] = {"__signature__": _signature(ready.get("parameters"))}

            def __init__(this: Any, *args: Any, **named: Any) -> None:
                this.place, self._objects = self._objects, self._objects + 1
                self._call(args, named, make=True)

            made["__init__"] = __init__
            if ready.get("has_method"):
                called = _Function(lambda *args: self._call(args[1:], {}, place=args[0].place), ready.get("method"))
                made[self.exercise.method] = called.bound()
            return type(self.exercise.function, (), made)
        body = EMPTY if ready.get("empty") is True else WRITTEN
        code = _code(body.format(self.exercise.function), self.file)
        return _Function(lambda *args: self._call(args, {}), ready.get("parameters"), code)

    def made(self, *args: Any) -> Any:
        """Call the answer, and return what it returned; if that is a function, one that calls it there."""
        place, self._objects = self._objects, self._objects + 1
        value = self._call(args, {}, make=True)
        return (lambda *given: self._call(given, {}, place=place)) if self._callable else value

    def _call(self, args: Sequence[Any], named: dict[str, Any], *, make: bool = False, place: int | None = None) -> Any:
        functions: list[Callable[..., Any]] = []
        ask = {
            "op": "call",
            "args": [wire.encode(one, functions) for one in args],
            "named": {name: wire.encode(one, functions) for name, one in named.items()},
            "make": make,
            "object": place,
        }
        kinds = ("answer", "raised", "unreadable", "timeout", "callback")
        answer = self._ask(ask, *kinds)
        while answer["kind"] == "callback":
            answer = self._ask(self._called_back(answer, functions), *kinds)
        todos = answer.get("todos")
        if isinstance(todos, int) and todos > self._todos:
            NotAttempted.raised += 1
            self._todos = todos
        if answer["kind"] == "raised":
            raise self._rebuilt(answer)
        if answer["kind"] == "unreadable":
            return _Unreadable(clean(answer.get("error"), 60))
        try:
            changed = answer.get("changed")
            for place, now in changed.items() if isinstance(changed, dict) else ():
                overwrite(args[int(place)], wire.decode(now))
            self._callable = answer.get("callable") is True
            return wire.decode(answer.get("value"))
        except (wire.BadFrame, ValueError, IndexError, TypeError, RuntimeError) as error:
            raise tampered(error) from error

    def _called_back(self, asked: dict[str, Any], functions: Sequence[Callable[..., Any]]) -> dict[str, Any]:
        try:
            function = functions[asked["function"]]
            args = [wire.decode(one) for one in asked["args"][:20]]
        except (wire.BadFrame, KeyError, IndexError, TypeError) as error:
            raise tampered(error) from error
        try:
            return {"value": wire.encode(function(*args))}
        except Exception as error:
            kind = next(kind for kind in type(error).__mro__ if vars(builtins).get(kind.__name__) is kind)
            return {"error": kind.__name__, "words": str(error)[:500]}

    def _ask(self, frame: dict[str, Any], *kinds: str) -> dict[str, Any]:
        self.process.send(frame)
        answer = self.process.receive(*kinds)
        if answer["kind"] == "timeout":
            self._printed = clean(answer.get("printed"), wire.WORDS)
            raise _OutOfTime(answer.get("place"), self.file)
        return answer

    def _rebuilt(self, answer: dict[str, Any]) -> BaseException:
        try:
            error = rebuilt(answer["error"], self.file)
            if isinstance(error, ModuleNotFoundError) and is_here(error.name):
                raise lacks(error.name)
            return error
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise tampered(error) from error


def tampered(error: Exception) -> Ended:
    """Return the end of an answer that sent what is no value."""
    return Ended(Verdict.TAMPERED, f"The answer sent what no answer sends: {error}.")


class _Function:
    """A function as the engine looks at it: called, with a signature, and with code that has or has no lines."""

    def __init__(self, call: Callable[..., Any], parameters: Any, code: CodeType | None = None) -> None:
        self._call = call
        self.__signature__ = _signature(parameters)
        self.__name__ = self.__qualname__ = "answer"
        self.__doc__ = None
        if code is not None:
            self.__code__ = code

    def __call__(self, *args: Any) -> Any:
        return self._call(*args)

    def bound(self) -> Any:
        """Return a plain function, which is a method in a class."""

        def method(*args: Any) -> Any:
            return self._call(*args)

        method.__signature__ = self.__signature__
        return method


class _Unreadable:
    """A value that raises an error when it is read."""

    def __init__(self, name: str) -> None:
        self._error = type(name or "Error", (Exception,), {})

    @property
    def __next__(self) -> Any:
        raise self._error


def _signature(parameters: Any) -> inspect.Signature | None:
    """Return a signature from (name, kind, has a default); None, which inspect takes for unknown, if there is none."""
    if not isinstance(parameters, list):
        return inspect.Signature([inspect.Parameter("args", inspect.Parameter.VAR_POSITIONAL)])
    kinds = list(inspect._ParameterKind)
    made = []
    for one in parameters[:40]:
        if not (isinstance(one, list) and len(one) == 3 and isinstance(one[0], str)):
            raise tampered(ValueError("no parameter"))
        if not (type(one[1]) is int and 0 <= one[1] < len(kinds)):
            raise tampered(ValueError("no parameter"))
        name = one[0] if one[0].isidentifier() and not keyword.iskeyword(one[0]) else "x"
        variable = kinds[one[1]] in (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
        default = None if one[2] and not variable else inspect.Parameter.empty
        made.append(inspect.Parameter(name[:60], kinds[one[1]], default=default))
    return inspect.Signature(made, __validate_parameters__=False)


def _code(source: str, file: str) -> CodeType:
    namespace: dict[str, Any] = {}
    exec(compile(source, file, "exec"), namespace)
    return next(value.__code__ for value in namespace.values() if hasattr(value, "__code__"))


def clean(text: Any, length: int) -> str:
    """Return what can be printed of a text, and no more than so many characters.

    >>> clean("a\\x1b[31mb", 10)
    'a[31mb'
    """
    if not isinstance(text, str):
        return ""
    return "".join(c for c in text[:length] if c.isprintable() or c in "\n\t")


def overwrite(old: Any, new: Any) -> None:
    """Make an argument what the answer has made of it in place."""
    if isinstance(old, np.ndarray) and isinstance(new, np.ndarray):
        if old.shape != new.shape or old.dtype != new.dtype:
            old.dtype = new.dtype if old.dtype.itemsize == new.dtype.itemsize else old.dtype
            old.resize(new.shape, refcheck=False)
        old[...] = new
    elif isinstance(old, list) and isinstance(new, list):
        old[:] = new
    elif hasattr(old, "detach") and hasattr(new, "detach"):  # a tensor
        old.data = new.data


# ---------------------------------------------------------------- errors


def rebuilt(data: dict[str, Any], own: str = "") -> BaseException:
    """Return an error that says what the answer's said, from the same line.

    Args:
        data: as the answer's process describes it.
        own: the name of the answer's file.

    >>> error = rebuilt({"classes": ["KeyError", "Exception"], "words": "KeyError: 'a'", "text": "'a'", "place": None})
    >>> type(error), error.described
    (<class 'KeyError'>, "KeyError: 'a'")
    """
    classes = [name for name in data["classes"] if isinstance(name, str)]
    if classes[:1] == ["NotAttempted"]:
        return NotAttempted()
    base = next((_BUILTIN[name] for name in classes if name in _BUILTIN), Exception)
    text = clean(data["text"], 500)
    name = clean(classes[0] if classes else "", 60) or "Error"
    kind = base if base.__name__ == name else type(name, (base,), {"__str__": lambda self: text})
    error = kind.__new__(kind, text)
    error.args = (text,)
    error.described = clean(data["words"], 500) or name
    if isinstance(error, PermissionError):
        error.described += f". {CLOSED}"
    if isinstance(error, NameError | ModuleNotFoundError):
        error.name = clean(data.get("name"), 60)
    if isinstance(error, SyntaxError) and isinstance(data.get("syntax"), list) and len(data["syntax"]) == 3:
        file, line, words = data["syntax"]
        error.filename, error.text = _file(file, own), clean(words, 200)
        error.lineno = line if isinstance(line, int) else 0
    return error.with_traceback(_traceback(_place(data.get("place"), own)))


def is_here(package: str) -> bool:
    """Return whether the grader's own Python has a package, which an answer's may lack.

    >>> is_here("numpy"), is_here("nampy"), is_here("numpy.nothing")
    (True, False, False)
    """
    return package.isidentifier() and importlib.util.find_spec(package) is not None


_BUILTIN = {
    name: kind
    for name, kind in vars(builtins).items()
    if isinstance(kind, type) and issubclass(kind, BaseException) and not issubclass(kind, BaseExceptionGroup)
}


def _place(data: Any, own: str) -> tuple[str, int] | None:
    if isinstance(data, list) and len(data) == 2 and isinstance(data[0], str) and type(data[1]) is int:
        return _file(data[0], own), max(1, min(data[1], 10_000))
    return None


def _file(name: Any, own: str) -> str:
    """Return the file's name if it is the answer's own: no message may show a line of this machine's files."""
    return own if name == own else "<elsewhere>"


def _traceback(place: tuple[str, int] | None) -> TracebackType | None:
    """Return a traceback whose innermost frame is that file and line."""
    if place is None:
        return None
    file, line = place
    try:
        exec(compile("\n" * (line - 1) + "raise LookupError", file, "exec"), {})
    except LookupError as error:
        return error.__traceback__.tb_next
    return None
