"""Claims: what the text asserts about a run is asserted in the run; and the source code that the text shows."""

from __future__ import annotations

import ast
import inspect
import textwrap
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

__all__ = ["Claim", "ClaimError", "Source", "claim", "claims_made", "show_source"]


class ClaimError(AssertionError):
    """A sentence of the text is not true of this run."""


class Claim(NamedTuple):
    """One claim that held: its name, and the measurement that was printed with it."""

    name: str
    message: str

    def __str__(self) -> str:
        return f"✓ {self.name}: {self.message}"


_made: dict[str, Claim] = {}


def claim(name: str, ok: bool, message: str) -> None:
    """Assert in the run what the text asserts about it, and print the measurement.

    The text around a claim refers to the printed line, so a number on the page is always a number of the run.

    Args:
        name: short name, words joined by hyphens; the text cites it.
        ok: True or False. A NumPy bool is allowed, an array is not (use `.all()` or `.any()`).
        message: the measurement, in one line of text.

    Raises:
        ClaimError: the claim is false; the error names it.

    >>> claim("two-is-prime", all(2 % d for d in range(2, 2)), "no divisor between 1 and 2")
    ✓ two-is-prime: no divisor between 1 and 2
    """
    for what, text in (("name", name), ("message", message)):
        if not isinstance(text, str) or not text.strip() or "\n" in text:
            raise TypeError(f"{what} must be one line of text, got {text!r}")
    if not isinstance(ok, (bool, np.bool_)):
        is_array = isinstance(ok, np.ndarray)
        got = f"an array of shape {ok.shape}" if is_array else f"{type(ok).__name__} {ok!r}"
        raise TypeError(f"claim {name!r}: ok must be True or False, got {got}")
    if not ok:
        raise ClaimError(f"the claim {name!r} does not hold: {message}")
    _made[name] = Claim(name, message)
    print(_made[name])


def claims_made() -> list[Claim]:
    """Return the claims that held in this process, oldest first; a repeated claim replaces the earlier one.

    >>> claim("addition", 2 + 2 == 4, "2 + 2 = 4")
    ✓ addition: 2 + 2 = 4
    >>> claims_made()[-1].name
    'addition'
    """
    return list(_made.values())


class Source(str):
    """Python source text: highlighted in a notebook and on the site, plain everywhere else."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)

    def _repr_markdown_(self) -> str:
        return f"```python\n{self}\n```"


def show_source(
    obj: type | Callable[..., Any], *, only: str | tuple[str, ...] | None = None, docstring: bool = False
) -> None:
    """Show the source that runs and is tested, so that page and code cannot differ.

    In a notebook and on the site it is a highlighted block that follows the page's light or dark colours;
    elsewhere it is printed.

    Args:
        obj: a class, a method or a function.
        only: for a class, the method to show with the class line and its public attributes, or several.
        docstring: whether to show docstrings too.

    Raises:
        TypeError: `obj` has no Python source, or `only` is given for something that is not a class.
        ValueError: the class itself does not define the method named by `only`.

    >>> show_source(Claim, only="__str__")
    class Claim(NamedTuple):
        name: str
        message: str
    <BLANKLINE>
        def __str__(self) -> str:
            return f"✓ {self.name}: {self.message}"
    """
    source = Source(source_of(obj, only=only, docstring=docstring))
    try:
        from IPython import get_ipython
        from IPython.display import display
    except ImportError:  # the library itself works without a notebook
        print(source)
        return
    if get_ipython() is None:
        print(source)
    else:
        display(source)


def source_of(
    obj: type | Callable[..., Any], *, only: str | tuple[str, ...] | None = None, docstring: bool = False
) -> str:
    """Return the source of a class, method or function, dedented; the arguments are `show_source`'s.

    >>> print(source_of(Source._repr_markdown_))
    def _repr_markdown_(self) -> str:
        return f"```python\\n{self}\\n```"
    """
    try:
        source = textwrap.dedent(inspect.getsource(obj))
    except (OSError, TypeError):
        raise TypeError(f"{obj!r} has no Python source to show") from None
    top = ast.parse(source).body[0]
    drop: set[int] = set()  # line numbers, from 1
    if only is not None:
        if not isinstance(top, ast.ClassDef):
            raise TypeError(f"only={only!r} needs a class, got {obj!r}")
        methods = [node for node in top.body if isinstance(node, ast.FunctionDef)]
        wanted = (only,) if isinstance(only, str) else only
        for name in wanted:
            if name not in {node.name for node in methods}:
                raise ValueError(f"{top.name} does not define {name!r}; it has {[m.name for m in methods]}")
        for node in top.body:
            if isinstance(node, ast.FunctionDef) and node.name not in wanted:
                first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
                drop.update(range(first, node.end_lineno + 1))
            elif isinstance(node, ast.Assign) and ast.unparse(node.targets[0]).startswith("_"):  # machinery
                drop.update(range(node.lineno, node.end_lineno + 1))
    if not docstring:
        for node in ast.walk(top):
            is_scope = isinstance(node, (ast.ClassDef, ast.FunctionDef))
            if is_scope and ast.get_docstring(node, clean=False) is not None and len(node.body) > 1:
                drop.update(range(node.body[0].lineno, node.body[0].end_lineno + 1))
    kept = [line for number, line in enumerate(source.splitlines(), 1) if number not in drop]
    return "\n".join(_single_blank_lines(kept)).rstrip()


def _single_blank_lines(lines: list[str]) -> list[str]:
    """Drop the blank lines that dropped parts leave: at the start of a body, and doubled ones."""
    out: list[str] = []
    for line in lines:
        blank = not line.strip()
        if blank and (not out or not out[-1].strip() or out[-1].rstrip().endswith(":")):
            continue
        out.append(line.rstrip())
    return out
