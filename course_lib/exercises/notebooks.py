"""Find the exercises in a reader's notebook, and check them without opening it.

A cell that holds an answer carries the tag `exercise:NAME`. Only its definitions are run, not its plots and
checks, and of the other cells only those imports whose names it uses.
"""

from __future__ import annotations

import ast
import json
import linecache
import re
from collections.abc import Mapping
from pathlib import Path
from types import CodeType, SimpleNamespace
from typing import Any

import numpy as np

from . import errors
from .checking import LIMIT
from .exercise import Exercise
from .limit import call
from .result import Result, Status
from .stub import todo

TAG = "exercise:"


class NotebookError(ValueError):
    """A notebook that cannot be read, or whose tags make no sense."""


def exercise_cells(path: str | Path, exercises: Mapping[str, Exercise]) -> dict[str, str]:
    """Give the source of each tagged cell by the name of its exercise, in the notebook's order.

    Args:
        path: the notebook.
        exercises: what may be tagged, by name.

    Raises:
        NotebookError: no notebook, an unknown name, a name that occurs twice, or a tag on a text cell.
    """
    path, found = Path(path), {}
    for cell in _cells(path):
        for tag in cell.get("metadata", {}).get("tags", []):
            if not tag.startswith(TAG):
                continue
            name = tag.removeprefix(TAG)
            if name not in exercises:
                raise NotebookError(f"{path.name}: the tag {tag!r} names no exercise; there are {', '.join(exercises)}")
            if name in found:
                raise NotebookError(f"{path.name}: two cells have the tag {tag!r}; keep one")
            if cell["cell_type"] != "code":
                raise NotebookError(f"{path.name}: the tag {tag!r} is on a text cell; it belongs on a code cell")
            found[name] = _source(cell)
    return found


def check_notebook(path: str | Path, exercises: Mapping[str, Exercise], *, timeout: float = LIMIT) -> dict[str, Result]:
    """Check all tagged cells of a notebook.

    Raises:
        NotebookError: see `exercise_cells`.
    """
    cells = exercise_cells(path, exercises)
    others = [_source(cell) for cell in _cells(Path(path)) if cell["cell_type"] == "code"]
    return {
        name: check_cell(name, source, exercises, imports=needed_imports(source, others), timeout=timeout)
        for name, source in cells.items()
    }


def check_cell(
    name: str, source: str, exercises: Mapping[str, Exercise], *, imports: str = "", timeout: float = LIMIT
) -> Result:
    """Check the answer in the source of one cell.

    Args:
        name: name of the exercise.
        source: the cell; `np` and `ex` are at hand.
        exercises: what there is, by name; `ex` offers them.
        imports: import statements to be run before.
        timeout: seconds for the cell, and again for the check.

    Raises:
        KeyError: there is no such exercise.

    >>> from course_lib.chapters import exercises
    >>> cell = "def momentum_step(x, dx, v, lr, rho):\\n    ex.todo()"
    >>> check_cell("momentum", cell, exercises()).status.value
    'NOT ATTEMPTED'
    """
    exercise = exercises[name]
    if not source.strip():
        return Result(name, Status.NOT_ATTEMPTED, "The cell is empty.")
    ex = SimpleNamespace(todo=todo, **exercises)
    namespace: dict[str, Any] = {"np": np, "ex": ex, "__name__": "__exercise__"}

    def run() -> None:
        if imports:
            exec(compile(imports, "<imports>", "exec"), namespace)
        exec(_definitions(source, name), namespace)

    outcome = call(run, timeout)
    if outcome.timed_out:
        return Result(name, Status.TIMEOUT, *errors.endless(outcome, timeout), printed=outcome.printed)
    if isinstance(outcome.error, NotImplementedError):
        return Result(name, Status.NOT_ATTEMPTED, "The cell stops at a line that is still to be written.")
    if outcome.error is not None:
        return Result(name, Status.NOT_YET, *_cell_error(outcome.error), printed=outcome.printed)
    if exercise.function not in namespace:
        says = f"The cell defines no `{exercise.function}`: it should hold `def {exercise.signature}:`."
        return Result(name, Status.NOT_YET, says, printed=outcome.printed)
    return exercise.evaluate(namespace[exercise.function], timeout=timeout)


def needed_imports(source: str, cells: list[str]) -> str:
    """Pick, out of other cells, the import statements that bring in a name that `source` uses.

    >>> needed_imports("y = sqrt(2)", ["import os\\nfrom math import sqrt", "print(1)"])
    'from math import sqrt'
    """
    try:
        used = {node.id for node in ast.walk(ast.parse(_plain(source))) if isinstance(node, ast.Name)}
    except SyntaxError:
        return ""
    found = []
    for cell in cells:
        try:
            statements = ast.parse(_plain(cell)).body
        except SyntaxError:
            continue
        for node in statements:
            if isinstance(node, ast.Import | ast.ImportFrom):
                names = {(alias.asname or alias.name).split(".")[0] for alias in node.names}
                if names & used:
                    found.append(ast.unparse(node))
    return "\n".join(found)


def _cells(path: Path) -> list[dict[str, Any]]:
    try:
        notebook = json.loads(path.read_text(encoding="utf-8"))
        return [cell for cell in notebook["cells"] if cell["cell_type"] and _source(cell) is not None]
    except OSError as error:
        raise NotebookError(f"{path.name}: cannot be read ({error.strerror})") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise NotebookError(f"{path.name}: is not a Jupyter notebook ({error})") from error


def _source(cell: dict[str, Any]) -> str:
    return "".join(cell["source"])


def _plain(source: str) -> str:
    """The source without the notebook's own commands, `%...` and `!...`; lines keep their numbers."""
    return re.sub(r"^([ \t]*)[%!].*$", r"\1pass", source, flags=re.MULTILINE)


def _definitions(source: str, name: str) -> CodeType:
    """What a cell defines, compiled: without bare calls (checks, plots) and without `f = ex.name.use(f)`."""
    file = f"<the cell exercise:{name}>"
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    tree = ast.parse(_plain(source), file)
    tree.body = [node for node in tree.body if not isinstance(node, ast.Expr) and not _uses(node)]
    return compile(tree, file, "exec")


def _uses(node: ast.stmt) -> bool:
    value = getattr(node, "value", None)
    return isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute) and value.func.attr == "use"


def _cell_error(error: BaseException) -> tuple[str, ...]:
    words = f"The cell cannot be run: {errors.in_words(error)}"
    if isinstance(error, SyntaxError) and error.text:
        return words, f"    line {error.lineno}: {error.text.strip()}"
    return words, errors.own_line(errors.places(error.__traceback__))
