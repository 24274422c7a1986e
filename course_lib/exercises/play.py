"""Run a function on the cases of an exercise and write down what happened, call by call."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from numpy import argwhere, array, array_equal, generic, isfinite, ndarray  # kept here: a reader may change `np`

from .limit import Stop


@dataclass(frozen=True)
class Case:
    """Some calls in a row, each going on from what the one before returned.

    Args:
        label: what is special about it, in words: "gradients of 1e-6".
        start: the arguments that the function itself carries on: x and v of an optimizer.
        given: the other arguments, one mapping for each call.
    """

    label: str
    start: Mapping[str, Any]
    given: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True)
class Call:
    """One call: where it stands, what went in, what came out, which arguments it changed in place."""

    case: Case
    step: int
    args: Mapping[str, Any]
    outputs: Mapping[str, ndarray]
    changed: tuple[str, ...]


@dataclass(frozen=True)
class Run:
    """All calls; and if they ended early, the problem with what the next one returned."""

    calls: list[Call]
    problem: Problem | None = None


class Problem(Exception):
    """Something about an answer that is wrong before its values are looked at, in words for the reader."""


class ForgotReturn(Problem):
    """The function returned None."""


class Raised(Exception):
    """The function itself raised `error`."""

    def __init__(self, args: Mapping[str, Any], error: BaseException) -> None:
        super().__init__(args, error)
        self.arguments, self.error = args, error


def play(
    function: Callable[..., Any],
    cases: Sequence[Case],
    parameters: Sequence[str],
    returns: Sequence[str],
    like: Run | None = None,
) -> Run:
    """Call `function` through all cases.

    Args:
        function: takes `parameters` by position, and returns the values named by `returns`.
        cases: see `Case`. A returned value named as a part of `start` goes into the next call.
        parameters: names of the arguments, in order.
        returns: names of the returned values, in order.
        like: the run of a right answer, which says what shapes are right; None asks for no shape.

    Returns:
        A `Run`. It ends early if the function returns what cannot be compared with numbers.

    Raises:
        Raised: the function raised.

    >>> halve = Case("a number", {"x": array(8.0)}, ({}, {}))
    >>> [float(call.outputs["x"]) for call in play(lambda x: x / 2, [halve], ["x"], ["x"]).calls]
    [4.0, 2.0]
    """
    calls: list[Call] = []
    for case in cases:
        state = dict(case.start)
        for step, given in enumerate(case.given, start=1):
            merged = state | dict(given)
            args = {name: merged[name] for name in parameters}
            passed = {name: _copy(value) for name, value in args.items()}
            try:
                result = function(*passed.values())
            except Stop:
                raise
            except BaseException as error:  # SystemExit too
                raise Raised(args, error) from error
            shapes = {name: out.shape for name, out in like.calls[len(calls)].outputs.items()} if like else {}
            where = f"{case.label}, step {step}" if len(case.given) > 1 else case.label
            try:
                outputs = read(result, returns, shapes, where)
            except Problem as problem:
                return Run(calls, problem)
            changed = tuple(name for name in args if not _same(args[name], passed[name]))
            calls.append(Call(case, step, args, outputs, changed))
            state.update({name: outputs[name] for name in returns if name in state})
    return Run(calls)


def read(result: Any, returns: Sequence[str], shapes: Mapping[str, tuple], where: str) -> dict[str, ndarray]:
    """Take a returned value apart into named arrays of floats.

    >>> read((1.0, [2.0]), ["x", "v"], {}, "a number, step 1")
    Traceback (most recent call last):
        ...
    course_lib.exercises.play.Problem: `v` is a list; it should be a NumPy array or a number.
    """
    line = f"`return {', '.join(returns)}`"
    if result is None:
        raise ForgotReturn(f"Your function returned None. Its last line should hand the result on: {line}.")
    if hasattr(result, "__next__") or hasattr(result, "__await__"):
        if hasattr(result, "close"):
            result.close()
        raise Problem(
            f"Your function returned {kind(result)}, not a value: use a plain `def`, and {line} in place of `yield`."
        )
    if len(returns) == 1:
        values = (result,)
    elif isinstance(result, (tuple, list)) or _stacked(result, returns, shapes):
        values = tuple(result)
    else:
        raise Problem(f"Your function returned one value ({kind(result)}); it should return {len(returns)}: {line}.")
    if len(values) != len(returns):
        count = f"{len(values)} value{'s' * (len(values) != 1)}"
        raise Problem(f"Your function returned {count}; it should return {len(returns)}: {line}.")
    return {name: _array(value, name, shapes.get(name), where) for name, value in zip(returns, values, strict=True)}


def _stacked(result: Any, returns: Sequence[str], shapes: Mapping[str, tuple]) -> bool:
    """True for `np.array([x, v])`, which can be taken apart as well as a tuple."""
    return isinstance(result, ndarray) and any(result.shape == (len(returns), *shape) for shape in shapes.values())


def _array(value: Any, name: str, shape: tuple | None, where: str) -> ndarray:
    """One returned value as an array of floats of its own."""
    if not isinstance(value, (ndarray, generic, float, int)) or isinstance(value, bool):
        raise Problem(f"`{name}` is {kind(value)}; it should be a NumPy array or a number.")
    copy = array(value)
    if copy.dtype.kind in "iu" and copy.ndim == 0:
        copy = copy.astype(float)  # a plain 0 is a fine number
    if copy.dtype.kind != "f" or copy.dtype.itemsize < 4:
        raise Problem(f"`{name}` has dtype {copy.dtype}; it should hold real numbers (float64 or float32). ({where})")
    if shape is not None and copy.shape != shape:
        raise Problem(f"`{name}` has shape {copy.shape}; it should have shape {shape}. ({where})")
    bad = argwhere(~isfinite(copy))
    if len(bad):
        index = tuple(int(i) for i in bad[0])
        place = f" at index {index}" if index else ""
        raise Problem(f"`{name}` is {copy[index]}{place}; it should be a finite number. ({where})")
    return copy


def kind(value: Any) -> str:
    """The type of a value, in words.

    >>> kind([]), kind(1)
    ('a list', 'an int')
    """
    word = "array" if isinstance(value, ndarray) else type(value).__name__
    return f"{'an' if word[:1].lower() in 'aeiou' else 'a'} {word}"


def _copy(value: Any) -> Any:
    return value.copy() if isinstance(value, ndarray) else value


def _same(before: Any, after: Any) -> bool:
    if not isinstance(before, ndarray):
        return True
    return before.shape == after.shape and before.dtype == after.dtype and array_equal(before, after, equal_nan=True)
