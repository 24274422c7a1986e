"""The text of a notebook: its cells, the one with an answer, and the definitions that run for it.

Nothing here needs the library, NumPy or IPython: the process in which a stranger's answer is graded loads this file.
"""

from __future__ import annotations

import ast
import json
import linecache
import symtable
from collections.abc import Iterator, Sequence
from pathlib import PurePath
from types import CodeType
from typing import Any

from .commands import without_commands

TAG = "exercise:"
_AT_HAND = {"np", "ex"}


class NotebookError(ValueError):
    """A file that is not a notebook, or cannot be read."""


def read_cells(raw: bytes, name: str) -> list[dict[str, Any]]:
    """Return the cells of a notebook. Each has a type, a source and tags.

    Args:
        raw: the file's bytes.
        name: the file's name, for messages.

    Raises:
        NotebookError: it is not a notebook.
    """
    try:
        cells = json.loads(raw.decode("utf-8-sig"))["cells"]
        return [
            {"kind": cell["cell_type"] + "", "source": "".join(cell["source"]), "tags": _tags(cell)} for cell in cells
        ]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise NotebookError(f"{PurePath(name).name}: is not a Jupyter notebook ({error})") from error


def _tags(cell: dict[str, Any]) -> list[str]:
    metadata = cell.get("metadata")
    tags = metadata.get("tags") if isinstance(metadata, dict) else None
    return [tag for tag in tags if isinstance(tag, str)] if isinstance(tags, list) else []


def file_of(name: str) -> str:
    """Return the file name that tracebacks give to an answer's cell."""
    return f"<the cell {TAG}{name}>"


def load(source: str, others: Sequence[str], name: str, namespace: dict[str, Any]) -> None:
    """Run a cell's definitions, and before them what it needs of the other cells.

    Args:
        source: the cell.
        others: sources of the other cells.
        name: of the exercise.
        namespace: where they run.
    """
    needed = needed_definitions(source, others)
    if needed:
        exec(compile(needed, "<the other cells>", "exec", dont_inherit=True), namespace)
    exec(_definitions(source, name), namespace)


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


def _parse(source: str, file: str = "<cell>") -> ast.Module:
    """Parse a cell. If it is not plain Python, IPython's commands (`%...`, `!...`, `f?`) are skipped."""
    try:
        return ast.parse(source, file)
    except SyntaxError:
        return ast.parse(without_commands(source), file)


def _definitions(source: str, name: str) -> CodeType:
    """Compile a cell's definitions, without bare calls (checks, plots) and without `f = ex.name.use(f)`."""
    file = file_of(name)
    linecache.cache[file] = (len(source), None, source.splitlines(keepends=True), file)
    tree = _parse(source, file)
    tree.body = [node for node in tree.body if not isinstance(node, ast.Expr) and not _uses(node)]
    return compile(tree, file, "exec", dont_inherit=True)  # not this file's `from __future__`


def same_code(source: str, other: str) -> bool:
    """Check whether two sources have the same definitions, up to comments and spaces."""
    return shape(source) == shape(other)


def _uses(node: ast.stmt) -> bool:
    value = getattr(node, "value", None)
    return isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute) and value.func.attr == "use"


def shape(source: str) -> str:
    """Return a text that is the same for two sources with the same definitions, up to comments and spaces.

    >>> shape("x = 1  # one") == shape("x=1")
    True
    """
    try:
        return "\n".join(ast.dump(node) for node in _parse(source).body if not isinstance(node, ast.Expr))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return source
