"""Your own answers: every cell of the book that is tagged `exercise:NAME` is checked, as in the notebook.

    pytest tests/exercises/test_your_notebooks.py

An exercise that you have not begun is skipped. Set COURSE_NOTEBOOKS to check a folder other than `book`.
"""

import functools
import os
from pathlib import Path

import pytest

from course_lib import chapters
from course_lib.exercises import Status
from course_lib.exercises.notebooks import NotebookError, check_notebook, exercise_cells

BOOK = Path(os.environ.get("COURSE_NOTEBOOKS") or Path(__file__).parents[2] / "book")
EXERCISES = chapters.exercises()
check = functools.cache(functools.partial(check_notebook, exercises=EXERCISES))


def answers():
    """One test for each tagged cell, and one for each notebook that cannot be read."""
    for path in sorted(BOOK.glob("*.ipynb")):
        try:
            names = list(exercise_cells(path, EXERCISES))
        except NotebookError:
            names = [""]
        for name in names:
            yield pytest.param(path, name, id=f"{path.stem}: {name or 'not readable'}")


@pytest.mark.parametrize(("path", "name"), list(answers()))
def test_your_answer(path, name):
    problem = ""
    try:
        result = check(path)[name]
    except NotebookError as error:
        problem = str(error)
    if problem:
        pytest.fail(problem, pytrace=False)
    if result.status is Status.NOT_ATTEMPTED:
        pytest.skip(f"not attempted yet: {name}")
    if not result.passed:
        pytest.fail(str(result), pytrace=False)
