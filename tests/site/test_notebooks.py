"""Clean notebooks."""

import json

import pytest

from course_lib import cli
from course_lib.site import notebooks


def code(source="1 + 1", tags=(), outputs=(), count=None):
    metadata = {"tags": list(tags)} if tags else {}
    return {
        "cell_type": "code", "id": "a", "source": [source], "metadata": metadata,
        "outputs": list(outputs), "execution_count": count,
    }  # fmt: skip


RESULT = {"output_type": "execute_result", "execution_count": 3, "metadata": {}, "data": {"text/plain": ["2"]}}
STREAM = {"output_type": "stream", "name": "stdout", "text": ["2\n"]}


def book(*cells, **metadata):
    return {"cells": list(cells), "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def test_clean_removes_what_a_run_leaves():
    dirty = book(code(outputs=[RESULT], count=3), widgets={"state": 1})
    dirty["cells"][0]["metadata"] = {"collapsed": True, "tags": ["x"], "execution": {"a": 1}}
    cleaned = notebooks.clean(dirty)
    assert cleaned["cells"][0] | {"id": "a"} == code(tags=["x"])
    assert "widgets" not in cleaned["metadata"]
    assert notebooks.problems(notebooks.dumps(cleaned)) == []


def test_clean_keeps_what_is_compared_without_its_count():
    cleaned = notebooks.clean(book(code(tags=["nbval-check-output"], outputs=[RESULT, STREAM], count=3)))
    assert cleaned["cells"][0]["outputs"] == [RESULT | {"execution_count": None}, STREAM]
    assert notebooks.problems(notebooks.dumps(cleaned)) == []


def test_clean_twice_is_clean_once():
    once = notebooks.clean(
        book(code(outputs=[STREAM]), {"cell_type": "markdown", "id": "b", "source": ["ρ"], "metadata": {}})
    )
    assert notebooks.clean(json.loads(notebooks.dumps(once))) == once
    assert "ρ" in notebooks.dumps(once)


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        (code(outputs=[STREAM]), "no test compares"),
        (code(tags=["nbval-check-output"]), "has no output"),
        (code("# NBVAL_CHECK_OUTPUT\n1"), "has no output"),
        (code(tags=["raises-exception"]), "passes if nothing is raised"),
        (code(tags=["nbval-check-output"], outputs=[STREAM | {"text": ["/home/ada/x.py"]}]), "somebody's machine"),
        (code(count=7), "traces of a run"),
    ],
)
def test_problems_are_told_in_words(cell, words):
    shown = notebooks.problems(notebooks.dumps(book(cell) | {"metadata": notebooks.clean(book())["metadata"]}))
    assert len(shown) == 1
    assert words in shown[0]


def test_command_checks_and_cleans(tmp_path, capsys):
    path = tmp_path / "n.ipynb"
    path.write_text(json.dumps(book(code(outputs=[STREAM], count=1))), encoding="utf-8")
    assert cli.main(["notebooks", "--check", str(path)]) == 1
    assert "no test compares" in capsys.readouterr().err
    assert cli.main(["notebooks", "--clean", str(path)]) == 0
    assert cli.main(["notebooks", "--check", str(path)]) == 0
