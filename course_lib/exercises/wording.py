"""Messages of a check: differences, calls, errors and endless loops, with the reader's own line."""

from __future__ import annotations

import linecache
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Any

from numpy import array, generic, ndarray  # kept here: a reader may change `np`

from .cases import is_tensor
from .declaration import Declaration, Mutant
from .diagnosis import Difference
from .host import NOT_THE_READERS, NUMPY, describe_error
from .limit import Outcome
from .play import Problem, Raised

Place = tuple[str, int]  # file and line

YOURS = "This one is yours to write: put your own lines in the place of `ex.todo()`, then check again."
SMALL = 18  # arrays of up to this many numbers are shown in full
#: Names of our arguments in other courses and papers.
ELSEWHERE = {
    "lr": ("learning_rate", "alpha", "eta", "step_size", "rate"),
    "rho": ("momentum", "mu", "beta", "gamma"),
    "dx": ("dw", "dW", "grad", "g", "gradient", "dtheta"),
    "x": ("w", "W", "theta", "params", "weights"),
    "v": ("velocity", "vx", "V"),
}


# ---------------------------------------------------------------- values


def describe_difference(exercise: Declaration, difference: Difference) -> tuple[str, ...]:
    """Describe a difference: which value, where, and a call that reproduces it."""
    call, right = difference.call, difference.right
    got, want = call.outputs[difference.name], right.outputs[difference.name]
    place = f"[{', '.join(map(str, difference.index))}]" if difference.index else ""
    a, b, digits = _two_values(got[difference.index], want[difference.index])
    steps = f", step {call.step}" if len(call.case.arguments) > 1 else ""
    sentence = f"First difference ({call.case.label}{steps}): `{difference.name}{place}` is {a}, and should be {b}."
    if exercise.method and call.step > 1:  # the calls before do not fit in one line
        return (sentence,)
    code = [format_call(exercise, call.args, call.case.init)]
    if all(_size(value) <= SMALL for value in right.outputs.values()):
        code += [f"yours returns  {named(call.outputs, digits)}", f"should return  {named(right.outputs, digits)}"]
    return sentence, "\n".join("    " + line for line in code)


def format_call(exercise: Declaration, args: Mapping[str, Any], init: Mapping[str, Any]) -> str:
    """Return a call as the reader would type it."""
    if not exercise.method:
        return f"{exercise.function}({named(args)})"
    made = f"{exercise.function}({named(init)})"
    return made if args is init else f"{made}.{exercise.method}({named(args)})"


def named(values: Mapping[str, Any], digits: int = 6) -> str:
    """Return values as arguments are typed, `x=1.5, v=np.array([0.1])`."""
    return ", ".join(f"{name}={shown(value, digits)}" for name, value in values.items())


def _size(value: Any) -> int:
    return value.numel() if is_tensor(value) else getattr(value, "size", 1)


def shown(value: Any, digits: int = 6) -> str:
    """Return a value as it is typed, a large array by its shape."""
    if is_tensor(value):
        return f"torch.tensor({value.tolist()})" if _size(value) <= SMALL else f"<tensor of shape {tuple(value.shape)}>"
    if isinstance(value, ndarray) and value.ndim:
        if value.size > SMALL:
            return f"<array of shape {value.shape}>"
        rounded = value
        if value.dtype.kind == "f":
            rounded = array([float(f"{number:.{digits}g}") + 0.0 for number in value.flat]).reshape(value.shape)
        return f"np.array({rounded.tolist()})" if value.dtype.kind != "U" else repr(value.tolist())
    if isinstance(value, (ndarray, generic)):
        value = value.item()
    if isinstance(value, float):
        return f"{value + 0.0:.{digits}g}"  # so that -0 is 0
    text = repr(value)
    return "<a function>" if callable(value) and text.startswith("<") else text


def _two_values(a: Any, b: Any) -> tuple[str, str, int]:
    """Format two values, numbers with enough digits to distinguish them; return these and the number of digits."""
    if isinstance(a, str) or isinstance(b, str):
        return repr(str(a)), repr(str(b)), 6
    for digits in (6, 9, 12, 15, 17):
        one, other = f"{float(a) + 0.0:.{digits}g}", f"{float(b) + 0.0:.{digits}g}"
        if one != other:
            break
    return one, other, digits


def describe_line(source: str, mutant: Mutant) -> str:
    """Show the solution's line, and what stands in its place with a known mistake.

    >>> print(describe_line("def f(x):\\n    return 2 * x\\n", Mutant("half", "2 * x", "x / 2", "Half of it.")))
           the book's  return 2 * x
        yours acts as  return x / 2
    """
    own, wrong = differing_lines(source, mutant)
    indent = min(len(line) - len(line.lstrip()) for line in [*own, *wrong] if line.strip())
    lines = []
    for head, those in (("the book's", own), ("yours acts as", wrong)):
        for line in those or [" " * indent + "(no such line)"]:
            lines.append(f"    {head:>13}  {line[indent:]}".rstrip())
            head = ""
    return "\n".join(lines)


def differing_lines(source: str, mutant: Mutant) -> tuple[list[str], list[str]]:
    """Return the solution's lines that a known mistake changes, and those in their place."""
    own, wrong = source.split("\n"), str(mutant.patch(source)).split("\n")
    while own and wrong and own[0] == wrong[0]:
        own, wrong = own[1:], wrong[1:]
    while own and wrong and own[-1] == wrong[-1]:
        own, wrong = own[:-1], wrong[:-1]
    return own, wrong


def describe_in_place(names: Sequence[str]) -> str:
    """Explain that arguments were changed in place."""
    *first, last = (f"`{name}`" for name in names)
    listed = f"{', '.join(first)} and {last}" if first else last
    return (
        f"Your function changes {listed} in place. The array belongs to the caller, and operators such as `-=` and "
        f"`*=`, or `{names[0]}[...] = ...`, write into it. Make a new array instead: `{names[0]} = ...`."
    )


REMEMBERS = (
    "Your function gave different answers to the same arguments: it remembers something between calls (a global "
    "variable, an attribute, a default argument that is changed?) or draws random numbers. All it needs is in its "
    "arguments."
)


# ---------------------------------------------------------------- errors


def describe_raised(exercise: Declaration, raised: Raised, init: Mapping[str, Any]) -> tuple[str, ...]:
    """Describe what an answer raised, in which of the reader's lines, and in which call."""
    error = raised.error
    if isinstance(error, SystemExit):
        sentence = "Your function ends the whole program (SystemExit): leave out `exit()`, and `return` the result."
    elif isinstance(error, RecursionError):
        sentence = "Your function calls itself without end (RecursionError)."
    else:
        sentence = f"Your function raised {describe_error(error)}"
    line = own_line(places(error.__traceback__))
    return sentence, line, _tip(exercise, error, raised.arguments), describe_call(exercise, raised, init)


def describe_call(exercise: Declaration, problem: Problem, init: Mapping[str, Any]) -> str:
    """Show the call that a problem is with."""
    return f"It was called like this: `{format_call(exercise, problem.arguments or {}, init)}`"


def is_name_from_elsewhere(error: BaseException) -> bool:
    """Check for an undefined name that is not NumPy's either."""
    return isinstance(error, NameError) and not isinstance(error, UnboundLocalError) and error.name not in NUMPY


def _tip(exercise: Declaration, error: BaseException, arguments: Mapping[str, Any]) -> str:
    text = str(error)
    if isinstance(error, UnboundLocalError):
        name = text.split("'")[1]
        return f"`{name}` is used before it has a value: it is set in a later line, or only under an `if`."
    if isinstance(error, NameError):
        return _name_tip(exercise, str(error.name))
    if type(error).__name__ == "StdinNotImplementedError" or isinstance(error, EOFError) or "stdin" in text:
        return "Nobody can type while a check runs: leave out `input()`. All it needs is in its arguments."
    if isinstance(error, TypeError) and ("for ^" in text or "bitwise_xor" in text):
        return "A power is written `**` in Python."
    functions = [name for name, value in arguments.items() if callable(value)]
    if functions and isinstance(error, TypeError) and "'function'" in text:
        return f"Note that `{functions[0]}` is a function: its value at `x` is `{functions[0]}(x)`."
    single = [name for name, value in arguments.items() if isinstance(value, ndarray) and not value.ndim]
    if single and isinstance(error, (TypeError, IndexError)) and any(word in text for word in _LOOPS):
        return (
            f"`{single[0]}` is a single number in this call, and has no length. No loop is needed: NumPy's arithmetic "
            "does the same to a number and to each element of an array."
        )
    return ""


_LOOPS = ("has no len", "unsized", "not iterable", "invalid index to scalar", "not subscriptable", "0-d array")


def _name_tip(exercise: Declaration, name: str) -> str:
    known = [*exercise.parameters, *exercise.constructor]
    ours = next((ours for ours, others in ELSEWHERE.items() if name in others and ours in known), None)
    if ours:
        return f"`{name}` has no meaning here. Do you mean the argument `{ours}`?"
    if name in NUMPY:
        return f"Do you mean NumPy's, `np.{name}`?"
    return f"`{name}` has no meaning here. All that is needed comes as an argument: {', '.join(known)}."


def describe_timeout(outcome: Outcome, seconds: float) -> tuple[str, ...]:
    """Explain that time ran out, and where."""
    sentence = f"Your function had not come to an end after {seconds:g} seconds, so it was stopped here:"
    line = own_line(outcome.stack) or "    (the line is not known)"
    if outcome.stopped:
        return sentence, line, "Does a loop in it never end?"
    return sentence, line, "It could not be stopped, and may still be running: if things are slow, restart the kernel."


def describe_unreadable(exercise: Declaration, error: BaseException) -> tuple[str, ...]:
    """Explain that the returned value raised an error in the check."""
    sentence = f"The value that your function returned cannot be read: reading it raised {type(error).__name__}."
    return sentence, f"It should return plain numbers or NumPy arrays: `return {', '.join(exercise.returns)}`."


def places(trace: TracebackType | None) -> tuple[Place, ...]:
    """Return the file and line of each frame of a traceback, from the outermost to the innermost."""
    found = []
    while trace is not None:
        found.append((trace.tb_frame.f_code.co_filename, trace.tb_lineno))
        trace = trace.tb_next
    return tuple(found)


def own_line(stack: Sequence[Place]) -> str:
    """Return the innermost line that is not Python's, a package's or this library's: the reader's."""
    own = [place for place in stack if not place[0].startswith(NOT_THE_READERS)]
    if not own:
        return ""
    file, number = own[-1]
    text = linecache.getline(file, number).strip()
    return f"    line {number}: {text}" if text else f"    line {number}"
