"""Finding and checking the exercises of a notebook."""

import copy
import json

import pytest

from course_lib import chapters
from course_lib.exercises import Status
from course_lib.exercises.notebooks import NotebookError, check_cell, read_answers
from course_lib.exercises.source import needed_definitions
from course_lib.grading import check
from course_lib.grading.check import check_answers
from course_lib.grading.process import Limits

EXERCISES = chapters.exercises()
RIGHT = EXERCISES["momentum"].source
HEAD = "def momentum_step(x, dx, v, lr, rho):\n"


def cell(source, *tags, kind="code"):
    return {"cell_type": kind, "metadata": {"tags": list(tags)}, "source": source}


@pytest.fixture
def notebook(tmp_path):
    def write(*cells):
        path = tmp_path / "chapter.ipynb"
        path.write_text(json.dumps({"cells": list(cells), "nbformat": 4}), encoding="utf-8")
        return path

    return write


def answers(path):
    return read_answers(path, EXERCISES)


def test_tagged_cells_are_found(notebook):
    path = notebook(
        cell("# Title", kind="markdown"),
        cell("import numpy"),
        cell(["a = 1\n", "b = 2"], "hide-input", "exercise:choose"),
        cell(RIGHT, "exercise:momentum"),
    )
    assert answers(path).cells == {"choose": "a = 1\nb = 2", "momentum": RIGHT}
    assert list(answers(str(path)).cells) == ["choose", "momentum"]
    assert answers(path).others == {"choose": ["import numpy", RIGHT], "momentum": ["import numpy", "a = 1\nb = 2"]}
    assert answers(path).problems == {}


def test_a_notebook_without_exercises(notebook):
    for path in (notebook(cell("x = 1")), notebook()):
        assert answers(path).cells == answers(path).problems == {}


@pytest.mark.parametrize(
    ("cells", "name", "words"),
    [
        ([cell(RIGHT, "exercise:nobodys")], "nobodys", f"names no exercise: there are {', '.join(EXERCISES)}."),
        ([cell(RIGHT, "exercise:momentun")], "momentun", "do you mean `exercise:momentum`?"),
        (
            [cell(RIGHT, "exercise:momentum")] * 2,
            "momentum",
            "2 cells have the tag",
        ),
        ([cell("text", "exercise:momentum", kind="markdown")], "momentum", "on a text cell"),
    ],
)
def test_one_tag_that_makes_no_sense_leaves_the_others_as_they_are(notebook, cells, name, words):
    path = notebook(*cells, cell(EXERCISES["choose"].source, "exercise:choose"))
    assert list(answers(path).cells) == ["choose"] and words in answers(path).problems[name]
    results = check_answers(path)
    assert results["choose"].passed
    assert results[name].status is Status.NOT_YET and words in results[name].message


@pytest.mark.parametrize("stem", ["03_trial", "anna-03_trial (1)"])
def test_a_lost_cell_is_not_passed_over(notebook, stem, monkeypatch):
    exercises = {name: copy.copy(EXERCISES[name]) for name in ("momentum", "choose")}
    for exercise in exercises.values():
        exercise.page = "03_trial"
    monkeypatch.setattr(check, "exercises", lambda: exercises)
    path = notebook(cell(RIGHT, "exercise:momentum"))
    path = path.rename(path.with_name(f"{stem}.ipynb"))
    results = check_answers(path)
    assert results["momentum"].passed and results["choose"].status is Status.NOT_YET
    assert f"No cell of {stem}.ipynb has the tag `exercise:choose`" in results["choose"].message


@pytest.mark.parametrize(
    "text", ["", "not json", "[]", "3", "null", '{"nbformat": 4}', '{"cells": 3}', '{"cells": [{}]}', '{"cells": [4]}']
)
def test_files_that_are_no_notebooks(tmp_path, text):
    path = tmp_path / "chapter.ipynb"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(NotebookError, match=r"chapter.ipynb: is not a Jupyter notebook"):
        answers(path)


def test_files_that_are_not_text(tmp_path):
    path = tmp_path / "chapter.ipynb"
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(NotebookError, match="is not a Jupyter notebook"):
        answers(path)
    with pytest.raises(NotebookError, match="cannot be read"):
        answers(tmp_path / "missing.ipynb")


@pytest.mark.parametrize("name", list(EXERCISES))
def test_a_solved_and_an_untouched_cell(name):
    exercise = EXERCISES[name]
    assert check_cell(exercise, exercise.source).passed
    assert check_cell(exercise, exercise.stub).status is Status.NOT_ATTEMPTED
    assert check_cell(exercise, "\n").status is Status.NOT_ATTEMPTED


def test_a_cell_says_the_same_as_the_notebook():
    exercise = EXERCISES["momentum"]
    mutant = exercise.mutants[0]
    in_notebook = exercise.evaluate(exercise.mutated(mutant))
    in_pytest = check_cell(EXERCISES["momentum"], exercise.source.replace(mutant.old, mutant.new))
    assert str(in_pytest) == str(in_notebook) and in_pytest.diagnosis == mutant.name


def test_only_definitions_are_run():
    source = f"{RIGHT}\nex.momentum.check(momentum_step)\nmomentum_step(1, 2)\nmomentum_step = ex.momentum.use(None)\n"
    assert check_cell(EXERCISES["momentum"], source).passed
    assert EXERCISES["momentum"].progress.checks == 0


def test_notebook_commands_are_passed_over():
    source = f"%matplotlib inline\n!pip list\nimport math\n{RIGHT}    %time\n"
    assert check_cell(EXERCISES["momentum"], source).passed


@pytest.mark.parametrize(
    ("source", "status", "words"),
    [
        (HEAD + "    retrun x", Status.NOT_YET, "SyntaxError: invalid syntax\n    line 2: retrun x"),
        (HEAD + "return x", Status.NOT_YET, "IndentationError"),
        ("def step(x):\n    return x", Status.NOT_YET, "Your code defines no `momentum_step`"),
        ("a = 1 / 0\n" + RIGHT, Status.NOT_YET, "ZeroDivisionError: division by zero\n    line 1: a = 1 / 0"),
        ("while True:\n    pass", Status.TIMEOUT, "line 1: while True:"),
        (HEAD + "    while True:\n        pass", Status.TIMEOUT, "line 2: while True:"),
        ("for i in range(3):\n    ex.todo()", Status.NOT_ATTEMPTED, "still to be written"),
        (HEAD + "    return x, W", Status.NOT_YET, "line 2: return x, W"),
        ("\0", Status.NOT_YET, "cannot be run"),
    ],
)
def test_cells_that_cannot_be_run(source, status, words):
    result = check_cell(EXERCISES["momentum"], source, timeout=0.3)
    assert result.status is status and words in result.message


def test_imports_come_from_other_cells(notebook):
    source = HEAD + "    v = zeros_like(x) + m.fsum([rho]) * v + dx\n    return x - lr * v, v"
    path = notebook(
        cell("%pip install something\nimport math as m, no_such_package_at_all"),
        cell("import math as m\nfrom numpy import zeros_like\nimport unused_and_not_there"),
        cell("broken ("),
        cell(source, "exercise:momentum"),
    )
    assert needed_definitions(source, ["import os.path\nimport math as m"]) == "import math as m"
    with_both = check_answers(path)["momentum"]
    assert "no_such_package_at_all" in with_both.message  # the import is needed, and it fails: say so
    path = notebook(cell("import math as m\nfrom numpy import zeros_like"), cell(source, "exercise:momentum"))
    assert check_answers(path)["momentum"].passed


def test_helpers_and_constants_come_from_other_cells(notebook):
    """What the notebook passes, pytest passes: a helper may stand in a cell of its own."""
    source = HEAD + "    v = decayed(v, rho) + dx\n    return x - lr * v, v"
    path = notebook(
        cell("import math\nONE: float = math.cos(0)\nnever = 1 / 0\nx = never"),
        cell("%matplotlib inline\nclass Scale:\n    factor = ONE"),
        cell("def decayed(v, rho):\n    return Scale.factor * rho * v"),
        cell(source + "\nmomentum_step?\n", "exercise:momentum"),
        cell("decayed(1, 2)\nplot(ONE)"),
    )
    assert check_answers(path)["momentum"].passed


def test_only_what_is_needed_is_taken():
    cells = ["x = 1 / 0\nlr = 1 / 0", "k = 2", "k = 3", "def half(x):\n    return x / k", "half = ex.trial.use(half)"]
    assert needed_definitions("def f(x, lr):\n    return half(x) - lr", cells) == (
        "k = 2\nk = 3\ndef half(x):\n    return x / k"
    )
    assert needed_definitions("def f(x):\n    k = 1\n    return [x for x in (k,)]", cells) == ""
    assert needed_definitions("k = 5\ndef f():\n    return k", cells) == ""


@pytest.mark.parametrize("line", ["momentum_step?", "?momentum_step", "momentum_step??", "%timeit 1", "!ls", "%%time"])
def test_notebook_commands_of_every_kind(line):
    source = f"{line}\n{RIGHT}" if line == "%%time" else f"{RIGHT}\n{line}\n"
    assert check_cell(EXERCISES["momentum"], source).passed


def test_a_line_that_begins_with_an_operator_is_no_command():
    source = HEAD + "    v = (rho * v + dx\n         % 1e300)\n    return x - lr * v, v"
    assert check_cell(EXERCISES["momentum"], source).status is Status.NOT_YET  # it is Python, though not right
    assert "cannot be run" not in check_cell(EXERCISES["momentum"], source).message


def test_broken_code_that_nobody_touched_is_not_attempted():
    exercise = copy.copy(EXERCISES["momentum"])
    exercise.start = exercise.source.replace("x - lr", "x + lr")
    untouched = f"# repair this\n{exercise.start}\nex.momentum.check(momentum_step)"
    assert check_cell(exercise, untouched).status is Status.NOT_ATTEMPTED
    assert check_cell(exercise, exercise.start.replace("x + lr", "x + 2 * lr")).status is Status.NOT_YET
    assert check_cell(exercise, exercise.source).passed


# In a process of their own

ENDS = HEAD + "    import os\n    os._exit({code})"
HANGS = HEAD + "    sum(range(10**12))"


@pytest.mark.parametrize("code", [0, 3])
def test_an_answer_that_ends_python_is_a_failure_and_the_next_ones_are_checked(notebook, code):
    path = notebook(
        cell(EXERCISES["choose"].source, "exercise:choose"),
        cell(ENDS.format(code=code), "exercise:momentum"),
        cell(EXERCISES["nesterov"].source, "exercise:nesterov"),
        cell("", "exercise:convert_rate"),
    )
    results = check_answers(path)
    assert results["momentum"].status is Status.NOT_YET
    assert f"ended the whole program while it was checked (exit code {code})" in results["momentum"].message
    assert results["choose"].passed and results["nesterov"].passed
    assert results["convert_rate"].status is Status.NOT_ATTEMPTED


def test_another_process_says_what_the_notebook_says(notebook):
    mutant = EXERCISES["momentum"].mutants[0]
    wrong = EXERCISES["momentum"].source.replace(mutant.old, mutant.new)
    path = notebook(cell(wrong + "print('here')\n", "exercise:momentum"), cell(RIGHT, "exercise:momentun"))
    there = check_answers(path)
    assert str(there["momentum"]) == str(check_cell(EXERCISES["momentum"], wrong + "print('here')\n"))
    assert there["momentum"].diagnoses == (mutant.name,) and "names no exercise" in there["momentun"].message


def test_a_call_into_c_that_never_returns_is_ended(notebook, monkeypatch):
    monkeypatch.setattr(check, "Limits", lambda soft: Limits(soft=soft, hard=3.0))
    results = check_answers(notebook(cell(HANGS, "exercise:momentum")), timeout=0.2)
    assert results["momentum"].status is Status.TIMEOUT and "after 3 seconds" in results["momentum"].message
