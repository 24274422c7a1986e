"""A chapter's exercises solved: every check passes. The chapter sabotaged: a claim fails.

The chapters as they are run in the site's build: see tests/site/test_runs.py.
"""

import json
import os
import warnings
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from course_lib import chapters, optim

from ..whole import WHOLE

EXERCISES = chapters.exercises()
CHAPTERS = sorted((Path(__file__).parents[2] / "book").glob("[0-9][0-9]_*.ipynb"))


def exercise_of(cell):
    """Return the name of the exercise that a cell is for, or None."""
    tags = cell.metadata.get("tags", [])
    return next((tag.removeprefix("exercise:") for tag in tags if tag.startswith("exercise:")), None)


def solve(notebook):
    """Write each exercise's solution into its cell, and keep only these cells, their checks and what is set up."""
    for cell in notebook.cells:
        if name := exercise_of(cell):
            cell.source = EXERCISES[name].source
    notebook.cells = [
        cell
        for cell in notebook.cells
        if exercise_of(cell) or "setup" in cell.metadata.get("tags", []) or ".check(" in cell.source
    ]
    return notebook


def run(path, *, first="", change=lambda notebook: notebook):
    """Run a chapter, as it is but for `change`, after the lines `first`."""
    notebook = change(nbformat.read(path, as_version=4))
    notebook.cells.insert(0, nbformat.v4.new_code_cell(first))
    client = NotebookClient(notebook, timeout=120, resources={"metadata": {"path": str(path.parent)}})
    env = {name: value for name, value in os.environ.items() if name != "MPLBACKEND"}  # figures, as readers have
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Jupyter's own, about event loops and sockets
        client.execute(env=env)
    return notebook


@pytest.fixture(params=CHAPTERS if WHOLE else CHAPTERS[::-3], ids=lambda path: path.stem)  # the newest among them
def chapter(request):
    return request.param


@pytest.mark.slow
def test_solved_every_check_passes(chapter):
    cells = [cell for cell in run(chapter, change=solve).cells if cell.cell_type == "code"]
    outputs = [output for cell in cells for output in cell.outputs]
    shown = [output.data["text/plain"] for output in outputs if "text/plain" in output.get("data", {})]
    assert sum(text.startswith("PASS") for text in shown) == sum(map(bool, map(exercise_of, cells))) > 0
    assert not [text for text in shown if text.startswith(("NOT", "TIMEOUT"))]
    assert not [output.text for output in outputs if output.get("name") == "stderr"]


def unasked(notebook):
    """Leave out the questions, whose lines cannot be told of a broken method: the claims must notice by themselves."""
    notebook.cells = [cell for cell in notebook.cells if not cell.source.startswith("ask.")]
    return notebook


#: What each chapter's claims must notice: chapter → bug → (method, its broken update).
SABOTAGE = {
    path.parent.name.removeprefix("ch"): json.loads(path.read_text(encoding="utf-8"))
    for path in sorted((Path(__file__).parents[1] / "chapters").glob("ch*/sabotage.json"))
}


#: A chapter takes up to a minute for each.
BUGS = [(stem, bug) for stem, bugs in SABOTAGE.items() for bug in bugs][: None if WHOLE else 1]


@pytest.mark.slow
@pytest.mark.parametrize(("stem", "bug"), BUGS)
def test_sabotaged_a_claim_fails(stem, bug):
    (path,) = [path for path in CHAPTERS if path.stem == stem]
    method, lines = SABOTAGE[stem][bug]
    arguments = ", ".join(("self", "x", "dx", *getattr(optim, method).slots))
    first = f"from course_lib.optim import {method}\ndef update({arguments}):\n    {lines}\n{method}.update = update"
    with pytest.raises(CellExecutionError) as error:
        run(path, first=first, change=unasked)
    assert error.value.ename == "ClaimError"
