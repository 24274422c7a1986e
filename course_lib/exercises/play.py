"""Run an answer on the cases of an exercise and record what happened, call by call."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from numpy import argwhere, array, generic, isfinite, ndarray  # kept here: a reader may change `np`

from .cases import Case, handed, is_tensor, numbers, unchanged
from .host import describe_error
from .limit import Stop, own_time


@dataclass(frozen=True)
class Call:
    """One call: its case and step, its arguments, its outputs, and the arguments it changed in place."""

    case: Case
    step: int
    args: Mapping[str, Any]
    outputs: Mapping[str, ndarray]
    changed: tuple[str, ...]


@dataclass(frozen=True)
class Run:
    """The calls of all cases up to the first problem, that problem, and each case by itself."""

    calls: list[Call]
    problem: Problem | None = None
    cases: tuple[Run, ...] = ()

    @property
    def changed(self) -> frozenset[str]:
        """Names of the arguments that some call changed in place."""
        return frozenset(name for call in self.calls for name in call.changed)


class Problem(Exception):
    """What is wrong with a call before its values are compared; the message is for the reader."""

    arguments: Mapping[str, Any] | None = None  # of the call


class ForgotReturn(Problem):
    """The answer returned None."""


class NotFinite(Problem):
    """The answer returned `outputs` with nan or infinity in them."""

    def __init__(self, message: str, outputs: Mapping[str, ndarray]) -> None:
        super().__init__(message)
        self.outputs = outputs


class Raised(Problem):
    """The answer itself raised `error` when it was called with `arguments`."""

    def __init__(self, arguments: Mapping[str, Any], error: BaseException) -> None:
        super().__init__(describe_error(error))  # now: later the reader's code is not called
        self.arguments = arguments
        self.error = error


def play(
    answer: Callable[..., Any],
    cases: Sequence[Case],
    parameters: Sequence[str],
    returns: Sequence[str],
    *,
    method: str = "",
    like: Run | None = None,
) -> Run:
    """Call an answer on all cases.

    Args:
        answer: takes `parameters` by position, and returns the values named by `returns`; or a class, one of
            whose methods does.
        cases: see `Case`. A returned value named in `start` is passed to the next call.
        parameters: names of the arguments, in order.
        returns: names of the returned values, in order.
        method: name of the method, if the answer is a class.
        like: the run of a right answer, which determines the right kinds and shapes of values; None: any.

    Returns:
        A `Run`. A case ends early if the answer raises, or returns something that cannot be compared.

    >>> halve = Case("a number", {"x": array(8.0)}, ({}, {}))
    >>> [float(call.outputs["x"]) for call in play(lambda x: x / 2, [halve], ["x"], ["x"]).calls]
    [4.0, 2.0]
    """
    played, count = [], 0
    for case in cases:
        right = like.calls[count : count + len(case.arguments)] if like else []
        count += len(case.arguments)
        calls: list[Call] = []
        problem = None
        try:
            for call in _calls(answer, case, parameters, returns, method, right):
                calls.append(call)
        except Problem as found:
            problem = found
        played.append(Run(calls, problem))
    broken = next((i for i, run in enumerate(played) if run.problem), len(played) - 1)
    calls = [call for run in played[: broken + 1] for call in run.calls]
    return Run(calls, played[broken].problem if played else None, tuple(played))


def _calls(
    answer: Callable[..., Any],
    case: Case,
    parameters: Sequence[str],
    returns: Sequence[str],
    method: str,
    right: Sequence[Call],
) -> Iterator[Call]:
    function = answer
    if method:
        init = {name: handed(name, value) for name, value in case.init.items()}
        function = getattr(_called(answer, init, case.init, by_name=True), method)
    state = dict(case.start)
    for step, arguments in enumerate(case.arguments, start=1):
        merged = state | dict(arguments)
        args = {name: merged[name] for name in parameters}
        passed = {name: handed(name, value) for name, value in args.items()}
        result = _called(function, passed, args)
        where = f"{case.label}, step {step}" if len(case.arguments) > 1 else case.label
        try:
            outputs = read(result, returns, right[step - 1].outputs if right else {}, where)
        except Problem as problem:
            problem.arguments = args
            raise
        changed = tuple(name for name in args if not unchanged(args[name], passed[name]))
        yield Call(case, step, args, outputs, changed)
        state.update({name: outputs[name] for name in returns if name in state})


def _called(function: Callable[..., Any], passed: Mapping[str, Any], args: Mapping, by_name: bool = False) -> Any:
    try:
        with own_time():
            return function(**passed) if by_name else function(*passed.values())
    except Stop:
        raise
    except BaseException as error:  # SystemExit too
        raise Raised(args, error) from error


def read(result: Any, returns: Sequence[str], like: Mapping[str, ndarray], where: str) -> dict[str, ndarray]:
    """Convert a returned value to named arrays.

    Args:
        result: what was returned: one value for each name, or the value itself if there is one name.
        returns: the names.
        like: the right values, if known, with the required kind (numbers, labels) and shape.
        where: the call, for messages.

    Raises:
        Problem: it cannot be compared with the right values.

    >>> read((1.0, [2.0]), ["x", "v"], {"x": array(1.0), "v": array(2.0)}, "a number, step 1")
    Traceback (most recent call last):
        ...
    course_lib.exercises.play.Problem: `v` is a list; it should be a NumPy array or a number.
    """
    line = f"`return {', '.join(returns)}`"
    if result is None:
        raise ForgotReturn(
            "Your function returned None: in this call it came to no `return` with a value. It should end with "
            f"{line}, not under an `if` or in a loop that this call passes by."
        )
    if hasattr(result, "__next__") or hasattr(result, "__await__"):
        if hasattr(result, "close"):
            result.close()
        found = kind(result)
        raise Problem(
            f"Your function returned {found}, not a value: use a plain `def`, and {line} in place of `yield`."
        )
    if len(returns) == 1:
        lonely = isinstance(result, tuple) and len(result) == 1  # `return x,`
        values = tuple(result) if lonely else (result,)
    elif isinstance(result, (tuple, list)) or _stacked(result, returns, like):
        values = tuple(result)
    else:
        raise Problem(f"Your function returned one value ({kind(result)}); it should return {len(returns)}: {line}.")
    if len(returns) == 1 and isinstance(values[0], tuple) and not _is_labels(values[0]):
        raise Problem(f"Your function returned {len(values[0])} values; it should return one: {line}.")
    if len(values) != len(returns):
        count = f"{len(values)} value{'s' * (len(values) != 1)}"
        raise Problem(f"Your function returned {count}; it should return {len(returns)}: {line}.")
    outputs = {name: _array(value, name, like.get(name), where) for name, value in zip(returns, values, strict=True)}
    for name, output in outputs.items():
        finite = isfinite(output) if output.dtype.kind == "f" else output == output
        if not finite.all():
            index = tuple(int(i) for i in argwhere(~finite)[0])
            place = f" at index {index}" if index else ""
            raise NotFinite(f"`{name}` is {output[index]}{place}; it should be a finite number. ({where})", outputs)
    return outputs


def _stacked(result: Any, returns: Sequence[str], like: Mapping[str, ndarray]) -> bool:
    """Check for `np.array([x, v])`, which can be unpacked like a tuple."""
    return isinstance(result, ndarray) and any(result.shape == (len(returns), *right.shape) for right in like.values())


def _is_labels(value: Any) -> bool:
    return isinstance(value, str) or (isinstance(value, (list, tuple)) and all(isinstance(v, str) for v in value))


def _array(value: Any, name: str, like: ndarray | None, where: str) -> ndarray:
    """Return one returned value as a new array: floats, or the type of `like` (integers, truth values, labels)."""
    wanted = like.dtype.kind if like is not None else ""
    if _is_labels(value) and wanted in ("U", ""):
        return _shaped(array(value, dtype=str), name, like, where)
    if wanted == "U":
        raise Problem(f"`{name}` is {kind(value)}; it should be {_labels(like)}. ({where})")
    if is_tensor(value):
        value = numbers(value)
    if not isinstance(value, (ndarray, generic, float, int)):
        raise Problem(f"`{name}` is {kind(value)}; it should be a NumPy array or a number.")
    copy = array(value)
    if copy.dtype.kind == "b" and wanted == "f":
        if copy.ndim == 0:
            raise Problem(f"`{name}` is {kind(value)}; it should be a NumPy array or a number.")
        raise Problem(f"`{name}` has dtype bool; it should hold real numbers (float64 or float32). ({where})")
    if copy.dtype.kind in "iu" and wanted == "f":
        copy = copy.astype(float)  # a plain 0 is a fine number
    if copy.dtype.kind not in "fiub" or (copy.dtype.kind == "f" and copy.dtype.itemsize < 4):
        raise Problem(f"`{name}` has dtype {copy.dtype}; it should hold {_KINDS[wanted or 'f']}. ({where})")
    return _shaped(copy, name, like, where)


_KINDS = dict.fromkeys("iu", "whole numbers") | {"b": "truth values", "f": "real numbers (float64 or float32)"}


def _labels(like: ndarray) -> str:
    return f"a list of {like.size} strings" if like.ndim else "a string"


def _shaped(values: ndarray, name: str, like: ndarray | None, where: str) -> ndarray:
    if like is not None and values.shape != like.shape:
        raise Problem(f"`{name}` has shape {values.shape}; it should have shape {like.shape}. ({where})")
    return values


def kind(value: Any) -> str:
    """Return the name of a value's type, with its article.

    >>> kind([]), kind(1)
    ('a list', 'an int')
    """
    word = "array" if isinstance(value, ndarray) else type(value).__name__
    return f"{'an' if word[:1].lower() in 'aeiou' else 'a'} {word}"
