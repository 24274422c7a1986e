"""`course check` and test_your_notebooks.py: a folder of notebooks, and what is not there."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from course_lib import chapters, cli

ROOT = Path(__file__).parents[2]
YOURS = "tests/exercises/test_your_notebooks.py"
EXERCISES = chapters.exercises()
RIGHT = EXERCISES["momentum"].source
#: pytest, without the grammar that jsonschema would compile: see course_lib/site/build.py.
PYTEST = "import sys; sys.modules['rfc3987_syntax'] = None; import pytest; sys.exit(pytest.main())"


def write(path, *cells):
    """Write a notebook; a cell is (source, tag)."""
    made = [{"cell_type": "code", "metadata": {"tags": [tag] if tag else []}, "source": text} for text, tag in cells]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps({"cells": made, "nbformat": 4}), "utf-8")


def answer(source, name="momentum"):
    return source, f"exercise:{name}"


@pytest.fixture
def students(tmp_path):
    """A folder with a sub-folder for each student."""
    write(tmp_path / "ada" / "home work.ipynb", answer(RIGHT), ("1 / 0", None))
    write(tmp_path / "bob" / "deep" / "x.ipynb", answer(RIGHT.replace("- lr", "+ lr")), answer("", "choose"))
    write(tmp_path / "bob" / "backups" / "x-1.ipynb", answer("old"))
    write(tmp_path / "bob" / ".ipynb_checkpoints" / "x-checkpoint.ipynb", answer("older"))
    return tmp_path


def test_a_folder_of_folders(students, capsys):
    assert cli.main(["check", str(students)]) == 1
    said = capsys.readouterr().out
    assert f"{students / 'ada' / 'home work.ipynb'}\n  PASS · momentum\n" in said
    assert "Your step goes uphill" in said and "NOT ATTEMPTED · choose" in said
    assert said.endswith("1 NOT ATTEMPTED, 1 NOT YET, 1 PASS\n") and "backups" not in said


def test_right_answers_are_green_and_none_are_not(tmp_path, capsys):
    path = tmp_path / "mine.ipynb"
    write(path, answer(RIGHT), answer("", "choose"))
    assert cli.main(["check", str(path)]) == 0
    write(path, answer(EXERCISES["momentum"].stub))
    assert cli.main(["check", str(tmp_path)]) == 1 and "There is no answer yet" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        (None, "there is no notebook (*.ipynb) in"),
        ([("x = 1", None)], "no cell in trial/a.ipynb has a tag `exercise:NAME`"),
    ],
)
def test_nothing_to_check_is_an_error(cells, words, tmp_path, capsys):
    folder = tmp_path / "trial"
    folder.mkdir()
    if cells:
        write(folder / "a.ipynb", *cells)
    assert cli.main(["check", str(folder)]) == 2
    assert words in capsys.readouterr().err.replace(os.sep, "/")


def test_a_folder_that_is_not_there(tmp_path, monkeypatch, capsys):
    assert cli.main(["check", str(tmp_path / "tpyo")]) == 2
    assert f"there is no folder {tmp_path / 'tpyo'}: nothing was checked" in capsys.readouterr().err
    monkeypatch.chdir(tmp_path)
    assert cli.main(["check"]) == 2 and "not inside a copy" in capsys.readouterr().err


def test_a_file_that_is_no_notebook_is_a_failure(students, capsys):
    (students / "bob" / "deep" / "x.ipynb").write_text('{"cells": [')
    assert cli.main(["check", str(students)]) == 1
    assert "x.ipynb: is not a Jupyter notebook" in capsys.readouterr().out


def judged(*arguments, **variables):
    env = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "COURSE_"))}
    command = [sys.executable, "-c", PYTEST, "-q", "--color=no", "-p", "no:cacheprovider", "-p", "no:xdist"]
    done = subprocess.run(
        [*command, *arguments], cwd=ROOT, env=env | variables, text=True, capture_output=True, encoding="utf-8"
    )
    return done.returncode, done.stdout


@pytest.mark.slow
def test_pytest_judges_the_same(students):
    code, said = judged(YOURS, COURSE_NOTEBOOKS=str(students))
    assert code == 1 and "1 failed, 1 passed, 1 skipped" in said and "Your step goes uphill" in said


@pytest.mark.slow
def test_pytest_is_never_green_when_nothing_was_checked(tmp_path):
    code, said = judged(YOURS, COURSE_NOTEBOOKS=str(tmp_path / "tpyo"))
    assert code == 1 and "there is no folder" in said and "tpyo" in said
    (tmp_path / "empty").mkdir()
    code, said = judged(YOURS, COURSE_NOTEBOOKS=str(tmp_path / "empty"))
    assert code == 1 and "there is no notebook" in said


@pytest.mark.slow
def test_only_a_command_that_names_it_judges_what_a_reader_wrote(students):
    here = Path(__file__).parent
    others = [path for path in here.parent.iterdir() if path != here and path.name != "conftest.py"]
    others += [path for path in here.glob("test_*.py") if path.stem not in ("test_checking", "test_your_notebooks")]
    others = [f"--ignore={path}" for path in others]  # they take long to collect
    _, said = judged("--collect-only", "tests", *others, COURSE_NOTEBOOKS=str(students))
    assert "test_checking.py" in said and "test_your_notebooks" not in said
    _, said = judged("--collect-only", "tests/exercises", *others, COURSE_NOTEBOOKS=str(students))
    assert "test_your_notebooks.py::test_your_answer" in said
