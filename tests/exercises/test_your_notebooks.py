"""Your own answers: every cell of the book that is tagged `exercise:NAME` is checked, as in the notebook.

    pytest tests/exercises/test_your_notebooks.py

An exercise that you have not begun is skipped. Set COURSE_NOTEBOOKS to check a folder other than `book`, with all
folders in it.
"""

import functools
import os
from pathlib import Path

import pytest

from course_lib import chapters
from course_lib.chapters.answers import check_answers
from course_lib.exercises import Status
from course_lib.exercises.notebooks import NotebookError, read_answers

CHOSEN = os.environ.get("COURSE_NOTEBOOKS")
FOLDER = Path(CHOSEN or Path(__file__).parents[2] / "book")
EXERCISES = chapters.exercises()


check = functools.cache(check_answers)


def notebooks():
    """All notebooks of the folder, save the copies that Jupyter keeps."""
    return [path for path in sorted(FOLDER.rglob("*.ipynb")) if ".ipynb_checkpoints" not in path.parts]


def answers():
    """One test for each answer and each problem, and one for each notebook that cannot be read."""
    if CHOSEN and not notebooks():
        yield pytest.param(FOLDER, "", id=f"COURSE_NOTEBOOKS={CHOSEN}")
    for path in notebooks():
        try:
            found = read_answers(path, EXERCISES)
            names = [*found.cells, *found.problems]
        except NotebookError:
            names = [""]
        for name in names:
            yield pytest.param(path, name, id=f"{path.relative_to(FOLDER).with_suffix('')}: {name or 'not readable'}")


@pytest.mark.parametrize(("path", "name"), list(answers()))
def test_your_answer(path, name):
    problem = f"there is no notebook in COURSE_NOTEBOOKS={CHOSEN}" if path == FOLDER else ""
    try:
        result = problem or check(path)[name]
    except NotebookError as error:
        problem = str(error)
    if problem:
        pytest.fail(problem, pytrace=False)
    if result.status is Status.NOT_ATTEMPTED:
        pytest.skip(f"not attempted yet: {name}")
    if not result.passed:
        pytest.fail(str(result), pytrace=False)
