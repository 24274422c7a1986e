"""Claims: what the text asserts about a run is asserted in the run; and the source code that the text shows."""

from __future__ import annotations

import ast
import inspect
import math
import re
import textwrap
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

__all__ = ["Claim", "ClaimError", "Source", "claim", "claims_made", "show_source"]

#: The name of a claim.
NAME = re.compile(r"[A-Za-z0-9]+(-[A-Za-z0-9]+)*")
#: Where the metadata of a notebook's output has the record of a claim.
RECORD = "claim"


class ClaimError(AssertionError):
    """A sentence of the text is not true of this run."""


@dataclass(frozen=True)
class Claim:
    """One claim that held: its name, the sentence that was printed, and the values on record."""

    name: str
    words: str
    values: dict[str, int | float | str] = field(default_factory=dict)

    def __str__(self) -> str:
        return f"✓ {self.words}"

    def _repr_mimebundle_(self, **_: Any) -> tuple[dict[str, str], dict[str, Any]]:
        """Return what a notebook shows, and the record as its metadata, where the site finds it."""
        return {"text/plain": str(self)}, {RECORD: asdict(self)}


_made: dict[str, Claim] = {}


def claim(name: str, ok: bool, words: str, /, **values: Any) -> None:
    """Assert in the run what the text asserts about it, print it as a sentence, and record the values.

    The text cites the values by name, so a number in the text is always a number of the run.

    Args:
        name: short name, words joined by hyphens; the text cites it.
        ok: True or False. A NumPy bool is allowed, an array is not (use `.all()` or `.any()`).
        words: what was measured, as a sentence with units, in one line.
        **values: the numbers of the sentence, or texts, by name. Numbers are finite; NumPy's are allowed.

    Raises:
        ClaimError: the claim is false; the error names it.
        TypeError, ValueError: an argument is not as described above; the error names the claim and the value.

    >>> claim("momentum-faster", 117 < 691, "Plain descent needs 691 steps, momentum 117.", plain=691, momentum=117)
    ✓ Plain descent needs 691 steps, momentum 117.
    """
    if not isinstance(name, str) or not NAME.fullmatch(name):
        raise TypeError(f"name must be words joined by hyphens, got {name!r}")
    if not _is_line(words):
        raise TypeError(f"claim {name!r}: words must be one line of text, got {words!r}")
    if not isinstance(ok, (bool, np.bool_)):
        is_array = isinstance(ok, np.ndarray)
        got = f"an array of shape {ok.shape}" if is_array else f"{type(ok).__name__} {ok!r}"
        raise TypeError(f"claim {name!r}: ok must be True or False, got {got}")
    if not ok:
        raise ClaimError(f"the claim {name!r} does not hold: {words}")
    kept = {key: _value(f"claim {name!r}: the value {key!r}", value) for key, value in values.items()}
    _made[name] = Claim(name, words, kept)
    _show(_made[name])


def claims_made() -> list[Claim]:
    """Return the claims that held in this process, oldest first; a repeated claim replaces the earlier one.

    >>> claim("addition", 2 + 2 == 4, "2 + 2 = 4", total=2 + 2)
    ✓ 2 + 2 = 4
    >>> claims_made()[-1].values
    {'total': 4}
    """
    return list(_made.values())


def _value(where: str, value: Any) -> int | float | str:
    """Return a value as Python's own int, float or str."""
    if isinstance(value, np.floating):
        value = float(value)
    elif isinstance(value, np.integer):
        value = int(value)
    if isinstance(value, str):
        if not _is_line(value):
            raise ValueError(f"{where} must be one line of text, got {value!r}")
        return str(value)
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise TypeError(f"{where} must be a number or a text, got {type(value).__name__} {value!r}")
    if not math.isfinite(value):
        raise ValueError(f"{where} must be finite, got {value!r}")
    return value


def _is_line(text: Any) -> bool:
    return isinstance(text, str) and bool(text.strip()) and len(text.splitlines()) == 1


def _show(shown: Any) -> None:
    """Display it in a notebook; elsewhere, print it."""
    try:
        from IPython import get_ipython
        from IPython.display import display
    except ImportError:  # the library itself works without a notebook
        print(shown)
        return
    (print if get_ipython() is None else display)(shown)


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
    @dataclass(frozen=True)
    class Claim:
        name: str
        words: str
        values: dict[str, int | float | str] = field(default_factory=dict)
    <BLANKLINE>
        def __str__(self) -> str:
            return f"✓ {self.words}"
    """
    _show(Source(source_of(obj, only=only, docstring=docstring)))


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
