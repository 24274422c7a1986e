"""Find the answers in a reader's notebook, and check them without opening it.

A cell with an answer has the tag `exercise:NAME`. Only its definitions are run, not its plots and checks, and of the
other cells only what these need: imports, functions, classes, constants.
"""

from __future__ import annotations

import ast
import difflib
import importlib
import json
import linecache
import symtable
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import CodeType, SimpleNamespace
from typing import Any

import numpy as np

from .cell import check_text, without_commands
from .checking import LIMIT
from .exercise import Exercise
from .result import Result, Status
from .stub import todo

TAG = "exercise:"
_AT_HAND = {"np", "ex"}


class NotebookError(ValueError):
    """A file that is not a notebook, or cannot be read."""


@dataclass(frozen=True)
class Answers:
    """The answers in a notebook.

    Attributes:
        cells: the source of each tagged cell by the name of its exercise, in the notebook's order.
        others: for each of these, the sources of all other code cells.
        problems: a sentence for each invalid tag, and for each exercise of this page that has no cell.
    """

    cells: Mapping[str, str]
    others: Mapping[str, list[str]]
    problems: Mapping[str, str]


def read_answers(path: str | Path, exercises: Mapping[str, Exercise]) -> Answers:
    """Read the answers in a notebook. An invalid tag does not affect the other answers.

    Args:
        path: the notebook.
        exercises: the book's exercises by name. Those of the page whose name is in the file's name must be there.

    Raises:
        NotebookError: the file is not a notebook.
    """
    path = Path(path)
    cells = _cells(path)
    found: dict[str, list[dict[str, Any]]] = {}
    for cell in cells:
        for tag in cell.get("metadata", {}).get("tags", []):
            if str(tag).startswith(TAG):
                found.setdefault(str(tag).removeprefix(TAG), []).append(cell)
    problems = {}
    for name, tagged in found.items():
        if name not in exercises:
            near = difflib.get_close_matches(name, exercises, n=1)
            meant = f"do you mean `{TAG}{near[0]}`?" if near else f"there are {', '.join(exercises)}."
            problems[name] = f"The tag `{TAG}{name}` names no exercise: {meant}"
        elif len(tagged) > 1:
            problems[name] = f"{len(tagged)} cells have the tag `{TAG}{name}`: keep it on one."
        elif tagged[0]["cell_type"] != "code":
            problems[name] = f"The tag `{TAG}{name}` is on a text cell; it belongs on a code cell."
    for name, exercise in exercises.items():
        if exercise.page and exercise.page in path.stem and name not in found:
            problems[name] = (
                f"No cell of {path.name} has the tag `{TAG}{name}`: the cell was deleted, or its tag was lost. Put "
                "the tag back on the cell with your answer."
            )
    answers = {name: _source(tagged[0]) for name, tagged in found.items() if name not in problems}
    code = [cell for cell in cells if cell["cell_type"] == "code"]
    others = {name: [_source(cell) for cell in code if cell is not found[name][0]] for name in answers}
    return Answers(answers, others, problems)


def check_notebook(
    path: str | Path, exercises: Mapping[str, Exercise], names: Sequence[str] | None = None, *, timeout: float = LIMIT
) -> Iterator[tuple[str, Result]]:
    """Check the answers in a notebook; yield each exercise's name with its result.

    Args:
        path: the notebook.
        exercises: the book's exercises by name.
        names: of the exercises to check; None: all, and a failure for each problem that `read_answers` finds.
        timeout: see `check_cell`.

    Raises:
        NotebookError: the file is not a notebook.
    """
    answers = read_answers(path, exercises)
    if names is None:
        names = list(answers.cells)
        for name, sentence in answers.problems.items():
            yield name, Result(name, Status.NOT_YET, sentence)
    for name in names:
        yield name, check_cell(exercises[name], answers.cells[name], others=answers.others[name], timeout=timeout)


def check_cell(exercise: Exercise, source: str, *, others: Sequence[str] = (), timeout: float = LIMIT) -> Result:
    """Check the answer in the source of one cell.

    Args:
        exercise: the exercise.
        source: the cell; `np`, `ex` and the exercise's packages are defined.
        others: sources of the other cells, for needed imports and definitions.
        timeout: seconds for the cell, and again for the check.
    """
    name = exercise.name
    if not source.strip():
        return Result(name, Status.NOT_ATTEMPTED, "The cell is empty.")
    if exercise.start and _same_code(source, exercise.start):
        return Result(name, Status.NOT_ATTEMPTED, "The cell is as it was at first.")
    ex = SimpleNamespace(todo=todo, **{name: exercise})
    packages = {name: importlib.import_module(name) for name in exercise.packages}
    namespace: dict[str, Any] = {"np": np, "ex": ex, **packages, "__name__": "__exercise__"}

    def run() -> None:
        needed = needed_definitions(source, others)
        if needed:
            exec(compile(needed, "<the other cells>", "exec"), namespace)
        exec(_definitions(source, name), namespace)

    return check_text(exercise, run, namespace, timeout=timeout)


def needed_definitions(source: str, cells: Sequence[str]) -> str:
    """Return the definitions in other cells of names that `source` uses and does not define.

    These are imports, functions, classes and assignments, in the order of the cells; and what they need in turn.

    >>> print(needed_definitions("y = half(2)", ["import os\\nk = 2", "def half(x):\\n    return x / k", "print(k)"]))
    k = 2
    def half(x):
        return x / k
    """
    statements = [node for cell in cells for node in _statements(cell)]
    needed: set[int] = set()
    waiting, seen = [source], set(_AT_HAND)
    while waiting:
        for name in _free_names(waiting.pop()) - seen:
            seen.add(name)
            for index, (node, defines) in enumerate(statements):
                if name in defines and index not in needed:
                    needed.add(index)
                    waiting.append(ast.unparse(node))
    return "\n".join(ast.unparse(statements[index][0]) for index in sorted(needed))


def _statements(cell: str) -> Iterator[tuple[ast.stmt, set[str]]]:
    """Yield the statements of a cell that define names, with these names."""
    try:
        body = _parse(cell).body
    except (SyntaxError, ValueError):
        return
    for node in body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node, {(alias.asname or alias.name).split(".")[0] for alias in node.names}
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node, {node.name}
        elif isinstance(node, ast.Assign | ast.AnnAssign) and not _uses(node):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            names = {n.id for target in targets for n in ast.walk(target) if isinstance(n, ast.Name)}
            yield node, names


def _free_names(source: str) -> set[str]:
    """Return the names that a source uses and does not define."""
    try:
        table = symtable.symtable(ast.unparse(_parse(source)), "<cell>", "exec")
    except (SyntaxError, ValueError):
        return set()
    own = {symbol.get_name() for symbol in table.get_symbols() if symbol.is_assigned() or symbol.is_imported()}
    own |= {child.get_name() for child in table.get_children()}
    used: set[str] = set()
    waiting = [table]
    while waiting:
        scope = waiting.pop()
        waiting += scope.get_children()
        used |= {s.get_name() for s in scope.get_symbols() if s.is_referenced() and (s.is_global() or scope is table)}
    return used - own


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


def _parse(source: str, file: str = "<cell>") -> ast.Module:
    """Parse a cell. If it is not plain Python, IPython's commands (`%...`, `!...`, `f?`) are skipped."""
    try:
        return ast.parse(source, file)
    except SyntaxError:
        return ast.parse(without_commands(source), file)


def _definitions(source: str, name: str) -> CodeType:
    """Compile a cell's definitions, without bare calls (checks, plots) and without `f = ex.name.use(f)`."""
    file = f"<the cell exercise:{name}>"
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    tree = _parse(source, file)
    tree.body = [node for node in tree.body if not isinstance(node, ast.Expr) and not _uses(node)]
    return compile(tree, file, "exec")


def _same_code(source: str, start: str) -> bool:
    """Check whether two sources have the same definitions, up to comments and spaces."""
    try:
        dumps = [
            [ast.dump(node) for node in _parse(text).body if not isinstance(node, ast.Expr)] for text in (source, start)
        ]
    except (SyntaxError, ValueError):
        return False
    return dumps[0] == dumps[1]


def _uses(node: ast.stmt) -> bool:
    value = getattr(node, "value", None)
    return isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute) and value.func.attr == "use"
