"""Finding and checking the exercises of a notebook."""

import json

import pytest

from course_lib import chapters
from course_lib.exercises import Status, notebooks
from course_lib.exercises.notebooks import NotebookError, needed_imports

EXERCISES = chapters.exercises()

RIGHT = EXERCISES["momentum"].source
HEAD = "def momentum_step(x, dx, v, lr, rho):\n"


def exercise_cells(path):
    return notebooks.exercise_cells(path, EXERCISES)


def check_notebook(path):
    return notebooks.check_notebook(path, EXERCISES)


def check_cell(name, source, **options):
    return notebooks.check_cell(name, source, EXERCISES, **options)


def cell(source, *tags, kind="code"):
    return {"cell_type": kind, "metadata": {"tags": list(tags)}, "source": source}


@pytest.fixture
def notebook(tmp_path):
    def write(*cells):
        path = tmp_path / "chapter.ipynb"
        path.write_text(json.dumps({"cells": list(cells), "nbformat": 4}), encoding="utf-8")
        return path

    return write


def test_tagged_cells_are_found(notebook):
    path = notebook(
        cell("# Title", kind="markdown"),
        cell("import numpy"),
        cell(["a = 1\n", "b = 2"], "hide-input", "exercise:choose"),
        cell(RIGHT, "exercise:momentum"),
    )
    assert exercise_cells(path) == {"choose": "a = 1\nb = 2", "momentum": RIGHT}
    assert list(exercise_cells(str(path))) == ["choose", "momentum"]


def test_a_notebook_without_exercises(notebook):
    assert exercise_cells(notebook(cell("x = 1"))) == {}
    assert exercise_cells(notebook()) == {}


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        ([cell(RIGHT, "exercise:adam")], "names no exercise; there are choose, convert_rate"),
        ([cell(RIGHT, "exercise:momentum")] * 2, "two cells have the tag 'exercise:momentum'"),
        ([cell("text", "exercise:momentum", kind="markdown")], "on a text cell"),
    ],
)
def test_tags_that_make_no_sense(notebook, cells, words):
    with pytest.raises(NotebookError, match=words):
        exercise_cells(notebook(*cells))


@pytest.mark.parametrize(
    "text", ["", "not json", "[]", "3", "null", '{"nbformat": 4}', '{"cells": 3}', '{"cells": [{}]}', '{"cells": [4]}']
)
def test_files_that_are_no_notebooks(tmp_path, text):
    path = tmp_path / "chapter.ipynb"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(NotebookError, match=r"chapter.ipynb: is not a Jupyter notebook"):
        exercise_cells(path)


def test_files_that_are_not_text(tmp_path):
    path = tmp_path / "chapter.ipynb"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(NotebookError, match="is not a Jupyter notebook"):
        exercise_cells(path)
    with pytest.raises(NotebookError, match="cannot be read"):
        exercise_cells(tmp_path / "missing.ipynb")


@pytest.mark.parametrize("name", list(EXERCISES))
def test_a_solved_and_an_untouched_cell(name):
    assert check_cell(name, EXERCISES[name].source).passed
    assert check_cell(name, EXERCISES[name].stub).status is Status.NOT_ATTEMPTED
    assert check_cell(name, "\n").status is Status.NOT_ATTEMPTED


def test_a_cell_says_the_same_as_the_notebook():
    exercise = EXERCISES["momentum"]
    mutant = exercise.mutants[0]
    in_notebook = exercise.evaluate(exercise.mutated(mutant))
    in_pytest = check_cell("momentum", exercise.source.replace(mutant.old, mutant.new))
    assert str(in_pytest) == str(in_notebook) and in_pytest.diagnosis == mutant.name


def test_only_definitions_are_run():
    source = f"{RIGHT}\nex.momentum.check(momentum_step)\nmomentum_step(1, 2)\nmomentum_step = ex.momentum.use(None)\n"
    assert check_cell("momentum", source).passed
    assert EXERCISES["momentum"].progress.checks == 0


def test_notebook_commands_are_passed_over():
    source = f"%matplotlib inline\n!pip list\nimport math\n{RIGHT}    %time\n"
    assert check_cell("momentum", source).passed


@pytest.mark.parametrize(
    ("source", "status", "words"),
    [
        (HEAD + "    retrun x", Status.NOT_YET, "SyntaxError: invalid syntax\n    line 2: retrun x"),
        (HEAD + "return x", Status.NOT_YET, "IndentationError"),
        ("def step(x):\n    return x", Status.NOT_YET, "The cell defines no `momentum_step`"),
        ("a = 1 / 0\n" + RIGHT, Status.NOT_YET, "ZeroDivisionError: division by zero\n    line 1: a = 1 / 0"),
        ("while True:\n    pass", Status.TIMEOUT, "line 1: while True:"),
        (HEAD + "    while True:\n        pass", Status.TIMEOUT, "line 2: while True:"),
        ("for i in range(3):\n    ex.todo()", Status.NOT_ATTEMPTED, "still to be written"),
        (HEAD + "    return x, W", Status.NOT_YET, "line 2: return x, W"),
        ("\0", Status.NOT_YET, "cannot be run"),
    ],
)
def test_cells_that_cannot_be_run(source, status, words):
    result = check_cell("momentum", source, timeout=0.3)
    assert result.status is status and words in result.message


def test_imports_come_from_other_cells(notebook):
    source = HEAD + "    v = zeros_like(x) + m.fsum([rho]) * v + dx\n    return x - lr * v, v"
    path = notebook(
        cell("%pip install something\nimport math as m, no_such_package_at_all"),
        cell("import math as m\nfrom numpy import zeros_like\nimport unused_and_not_there"),
        cell("broken ("),
        cell(source, "exercise:momentum"),
    )
    assert needed_imports(source, ["import os.path\nimport math as m"]) == "import math as m"
    with_both = check_notebook(path)["momentum"]
    assert "no_such_package_at_all" in with_both.message  # the import is needed, and it fails: say so
    path = notebook(cell("import math as m\nfrom numpy import zeros_like"), cell(source, "exercise:momentum"))
    assert check_notebook(path)["momentum"].passed


def test_check_notebook_gives_a_result_each(notebook):
    results = check_notebook(notebook(cell(RIGHT, "exercise:momentum"), cell("", "exercise:choose")))
    assert {name: result.status for name, result in results.items()} == {
        "momentum": Status.PASS,
        "choose": Status.NOT_ATTEMPTED,
    }
