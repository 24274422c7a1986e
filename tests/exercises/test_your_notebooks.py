"""Your own answers: every cell of your notebooks that is tagged `exercise:NAME` is checked, as in the notebook.

    pytest tests/exercises/test_your_notebooks.py

Your notebooks are those in `work`, or, if the variable COURSE_NOTEBOOKS is set, those in that folder and below it. An
exercise that you have not begun is skipped. `course check` does the same without pytest.

Only a command that names this file, or `tests/exercises`, judges what you wrote (see conftest.py); `make test` does
not.
"""

import functools
import os
from pathlib import Path

import pytest

from course_lib import chapters
from course_lib.exercises import Status
from course_lib.exercises.notebooks import NotebookError, read_answers
from course_lib.grading.check import check_answers, notebooks_in

CHOSEN = os.environ.get("COURSE_NOTEBOOKS")
FOLDER = Path(CHOSEN or Path(__file__).parents[2] / "work")
EXERCISES = chapters.exercises()


check = functools.cache(check_answers)


def answers():
    """One test for each answer and each problem, and one for what cannot be checked at all."""
    try:
        paths = notebooks_in(FOLDER)
    except ValueError as error:
        yield pytest.param(FOLDER, str(error), id=f"COURSE_NOTEBOOKS={CHOSEN}" if CHOSEN else "work")
        return
    for path in paths:
        try:
            found = read_answers(path, EXERCISES)
            names = [*found.cells, *found.problems]
        except NotebookError:
            names = ["not readable"]
        for name in names:
            yield pytest.param(path, name, id=f"{path.relative_to(FOLDER.parent).with_suffix('')}: {name}")


@pytest.mark.parametrize(("path", "name"), list(answers()))
def test_your_answer(path, name):
    if path == FOLDER and not FOLDER.is_file():
        pytest.fail(f"{name} (set COURSE_NOTEBOOKS to another folder)", pytrace=False)
    try:
        result = check(path)[name]
    except NotebookError as error:
        pytest.fail(str(error), pytrace=False)
    if result.status is Status.NOT_ATTEMPTED:
        pytest.skip(f"not attempted yet: {name}")
    if not result.passed:
        pytest.fail(str(result), pytrace=False)
