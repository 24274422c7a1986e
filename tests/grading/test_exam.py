"""`course grade --exam`: feedback gives the verdict alone, the report says all."""

from dataclasses import replace

from bs4 import BeautifulSoup

from course_lib import cli
from course_lib.grading import run
from course_lib.grading.feedback import SENTENCES
from course_lib.grading.report import write
from course_lib.grading.rows import Verdict


def texts(folder):
    """The text of each page."""
    return {
        path.name: BeautifulSoup(path.read_text("utf-8"), "html.parser").get_text() for path in folder.glob("*.html")
    }


def test_feedback_of_an_exam_is_the_verdict_alone(a_class, tmp_path):
    rows, about = a_class(60)
    write(tmp_path / "usual", rows, about)
    write(tmp_path / "exam", rows, replace(about, exam=True))
    usual, exam = texts(tmp_path / "usual" / "feedback"), texts(tmp_path / "exam" / "feedback")
    assert texts(tmp_path / "usual") == texts(tmp_path / "exam"), "the report keeps all"
    assert usual.keys() == exam.keys()
    names = [exercise.title for exercise in about.exercises]
    for text in exam.values():
        assert "What your code printed" not in text and "should be" not in text and "hint" not in text
        assert all(title in text for title in names) or "Your file cannot be read." in text
        mistakes = [m.message.replace("`", "") for e in about.exercises for m in e.mutants]
        assert not any(message in text for message in mistakes)
    assert any("should be" in text for text in usual.values())
    rows_of = {row.verdict for row in rows} - {Verdict.UNREADABLE}  # whose page has a sentence of its own
    assert all(any(SENTENCES[verdict] in text for text in exam.values()) for verdict in rows_of)
    tables = ("grades.csv", "cells.csv")
    assert all((tmp_path / "usual" / t).read_bytes() == (tmp_path / "exam" / t).read_bytes() for t in tables)


def test_the_command_asks_for_it(monkeypatch, tmp_path):
    asked = []
    monkeypatch.setattr(run, "grade_folder", lambda options: asked.append(options.exam) or 0)
    cli.main(["grade", str(tmp_path)])
    cli.main(["grade", str(tmp_path), "--exam"])
    assert asked == [False, True]
