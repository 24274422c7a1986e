"""Find the answers in a reader's notebook, and check them without opening it.

A cell with an answer has the tag `exercise:NAME`. Only its definitions are run, not its plots and checks, and of the
other cells only what these need: imports, functions, classes, constants.
"""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np

from .cell import check_text
from .checking import LIMIT
from .exercise import Exercise
from .result import Result, Status
from .source import TAG, NotebookError, load, read_cells, same_code
from .stub import todo


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
        for tag in cell["tags"]:
            if tag.startswith(TAG):
                found.setdefault(tag.removeprefix(TAG), []).append(cell)
    problems = {}
    for name, tagged in found.items():
        if name not in exercises:
            near = difflib.get_close_matches(name, exercises, n=1)
            meant = f"do you mean `{TAG}{near[0]}`?" if near else f"there are {', '.join(exercises)}."
            problems[name] = f"The tag `{TAG}{name}` names no exercise: {meant}"
        elif len(tagged) > 1:
            problems[name] = f"{len(tagged)} cells have the tag `{TAG}{name}`: keep it on one."
        elif tagged[0]["kind"] != "code":
            problems[name] = f"The tag `{TAG}{name}` is on a text cell; it belongs on a code cell."
    for name, exercise in exercises.items():
        if exercise.page and exercise.page in path.stem and name not in found:
            problems[name] = (
                f"No cell of {path.name} has the tag `{TAG}{name}`: the cell was deleted, or its tag was lost. Put "
                "the tag back on the cell with your answer."
            )
    answers = {name: tagged[0]["source"] for name, tagged in found.items() if name not in problems}
    code = [cell for cell in cells if cell["kind"] == "code"]
    others = {name: [cell["source"] for cell in code if cell is not found[name][0]] for name in answers}
    return Answers(answers, others, problems)


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
    if exercise.start and same_code(source, exercise.start):
        return Result(name, Status.NOT_ATTEMPTED, "The cell is as it was at first.")
    ex = SimpleNamespace(todo=todo, **{name: exercise})
    packages = {name: importlib.import_module(name) for name in exercise.packages}
    namespace: dict[str, Any] = {"np": np, "ex": ex, **packages, "__name__": "__exercise__"}

    return check_text(exercise, lambda: load(source, others, name, namespace), namespace, timeout=timeout)


def _cells(path: Path) -> list[dict[str, Any]]:
    try:
        return read_cells(path.read_bytes(), path.name)
    except OSError as error:
        raise NotebookError(f"{path.name}: cannot be read ({error.strerror})") from error
