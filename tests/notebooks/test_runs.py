"""The chapter solved: every check passes. The chapter sabotaged: a claim fails."""

import functools
import json
import os
import warnings
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from course_lib import chapters, optim
from course_lib.site import numbers

EXERCISES = chapters.exercises()
CHAPTERS = sorted((Path(__file__).parents[2] / "book").glob("[0-9][0-9]_*.ipynb"))


def solve(notebook):
    """Write each exercise's solution into its cell."""
    for cell in notebook.cells:
        for tag in cell.metadata.get("tags", []):
            if tag.startswith("exercise:"):
                cell.source = EXERCISES[tag.removeprefix("exercise:")].source
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


def outputs(notebook):
    return [(cell, output) for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]


def printed(notebook):
    return "".join(output.text for _, output in outputs(notebook) if output.output_type == "stream")


@functools.cache
def solved(path):
    return run(path, change=solve)


@pytest.fixture(params=CHAPTERS, ids=lambda path: path.stem)
def chapter(request):
    return request.param


@pytest.mark.slow
def test_solved_every_check_passes(chapter):
    shown = [
        output.data["text/plain"]
        for cell, output in outputs(solved(chapter))
        if ".check(" in cell.source and "data" in output and "text/plain" in output.data
    ]
    count = sum(any(t.startswith("exercise:") for t in c.metadata.get("tags", [])) for c in solved(chapter).cells)
    assert sum(text.startswith("PASS") for text in shown) == count > 0
    assert not [text for text in shown if text.startswith(("NOT", "TIMEOUT"))]


@pytest.mark.slow
def test_nothing_is_written_to_stderr(chapter):
    noise = [o.text for _, o in outputs(solved(chapter)) if o.output_type == "stream" and o.name == "stderr"]
    assert noise == []


@pytest.mark.slow
def test_the_run_makes_the_claims_that_the_text_cites(chapter):
    made = [run.claim.name for run in numbers.recorded(solved(chapter))]
    assert len(set(made)) == len(made) >= 10
    assert {role.name for role in numbers.cited(solved(chapter))} == set(made)


@pytest.mark.slow
def test_every_figure_and_experiment_is_there(chapter):
    wanted = {"plt.subplots(": "image/svg+xml", "show_figure(": "text/html"}
    wanted |= {"\nexplore.": "text/html", "show_source(": "text/markdown"}
    for cell, kind in ((c, k) for c in solved(chapter).cells for k in wanted):
        if cell.cell_type == "code" and kind in "\n" + cell.source and "import" not in cell.source:
            shown = {name for output in cell.outputs for name in output.get("data", {})}
            widget = "application/vnd.jupyter.widget-view+json"
            assert wanted[kind] in shown or (kind == "\nexplore." and widget in shown), cell.id


def unasked(notebook):
    """Leave out the questions, whose lines cannot be told of a broken method: the claims must notice by themselves."""
    notebook.cells = [cell for cell in notebook.cells if not cell.source.startswith("ask.")]
    return notebook


#: What each chapter's claims must notice: chapter → bug → (method, its broken update).
SABOTAGE = {
    path.parent.name.removeprefix("ch"): json.loads(path.read_text(encoding="utf-8"))
    for path in sorted((Path(__file__).parents[1] / "chapters").glob("ch*/sabotage.json"))
}


#: One bug a chapter; with SABOTAGE=all, all of them.
BUGS = [
    (stem, bug) for stem, bugs in SABOTAGE.items() for bug in list(bugs)[: None if os.environ.get("SABOTAGE") else 1]
]


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
