"""The class that `course grade` is timed on has what it says, and its table comes from the run."""

import json

import numpy as np
import pytest

from benchmarks import grading
from course_lib import chapters


def test_a_class_of_all_kinds(tmp_path):
    grading.write_class(tmp_path, 52, np.random.default_rng(0), right=False)
    paths = sorted(tmp_path.glob("*/*.ipynb"))
    texts = [path.read_text("utf-8") for path in paths]
    assert len(paths) == 52
    assert texts[3] == texts[43] == "no notebook" and "while True" in texts[1] + texts[51] and "os._exit" in texts[2]
    names = [name for name, one in chapters.exercises().items() if one.page == grading.PAGE]
    assert [cell["metadata"]["tags"][0] for cell in json.loads(texts[0])["cells"]] == [f"exercise:{n}" for n in names]


def test_right_answers_only(tmp_path):
    grading.write_class(tmp_path, 3, np.random.default_rng(0), right=True)
    solutions = [one.source for one in chapters.exercises().values() if one.page == grading.PAGE]
    for path in tmp_path.glob("*/*.ipynb"):
        assert [cell["source"] for cell in json.loads(path.read_text("utf-8"))["cells"]] == solutions


@pytest.mark.slow
def test_the_table(monkeypatch):
    monkeypatch.setattr(grading, "RIGHT", 2)
    monkeypatch.setattr(grading, "STUDENTS", 3)
    killed = []
    measured = grading.grade
    monkeypatch.setattr(grading, "grade", lambda folder, out, kill=0: killed.append(kill) or measured(folder, out))
    (table,) = grading.tables()
    assert killed == [0, 2] and [row[1] for row in table.rows] == ["2", "3"]
    assert table.rows[0][-1] == "8 PASS" and all(len(row) == len(table.header) for row in table.rows)
