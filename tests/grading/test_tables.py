"""The tables agree with an independent count, and hold text alone."""

import csv
import io
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from course_lib.grading.anonymous import key_csv, pseudonyms, read_key, without_names
from course_lib.grading.rows import Row, Verdict
from course_lib.grading.tables import Grades, cells_csv, grades_csv, read_points

NAMES = ["momentum", "convert_rate", "nesterov", "choose"]


def read(text):
    return list(csv.DictReader(io.StringIO(text, newline="")))


@pytest.mark.parametrize("size", [60, 500])
def test_grades_agree_with_an_independent_count(a_class, size):
    rows, about = a_class(size)
    table = read(grades_csv(Grades(rows, about)))
    assert len(table) == size
    assert list(table[0])[:5] == ["student", "submitted", "late_by", "points", "out_of"]
    assert list(table[0])[5:] == [column for name in NAMES for column in (name, f"{name}_points")]
    assert {line["out_of"] for line in table} == {"5"}
    of = {}
    for row in rows:
        of.setdefault(row.student, {})[row.exercise] = row
    for line, (student, cells) in zip(table, of.items(), strict=True):
        worth = {"momentum": 2, "convert_rate": 1, "nesterov": 1, "choose": 1}
        unknown = [name for name in NAMES if cells[name].verdict == "NOT GRADED"]
        points = sum(worth[name] for name in NAMES if cells[name].verdict == "PASS")
        assert line["points"] == ("" if unknown else str(points)), student
        for name in NAMES:
            assert line[name] == cells[name].verdict
            assert line[f"{name}_points"] == (
                "" if name in unknown else str(worth[name] * (cells[name].verdict == "PASS"))
            )


def test_cells_agree_with_an_independent_count(a_class):
    rows, about = a_class(500)
    table = read(cells_csv(Grades(rows, about)))
    assert len(table) == 2000
    assert Counter(line["verdict"] for line in table) == Counter(str(row.verdict) for row in rows)
    named = Counter(name for line in table for name in line["diagnoses"].split("; ") if name)
    assert named == Counter(name for row in rows for name in row.diagnoses)
    assert {line["seeds"] for line in table} == {"3"} and {line["version"] for line in table} == {"1.0"}
    assert all((line["points"] == "") == (line["verdict"] == "NOT GRADED") for line in table)


def test_no_cell_is_a_formula_or_a_command(a_class):
    rows, about = a_class(60)
    for text in (grades_csv(Grades(rows, about)), cells_csv(Grades(rows, about))):
        text.encode("utf-8")
        for line in csv.reader(io.StringIO(text, newline="")):
            for cell in line:
                assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))
                assert all(letter.isprintable() or letter == "\n" for letter in cell)
                assert len(cell) < 5000


def test_an_answer_that_is_not_graded_has_no_points_and_none_is_lost(a_class):
    rows, about = a_class(60)
    student = rows[0].student
    rows = [Row(student, name, Verdict.PASS) for name in NAMES]
    about = replace(about, submissions=[])
    assert Grades(rows, about).total(student) == 5
    assert Grades([replace(rows[0], verdict=Verdict.NOT_GRADED), *rows[1:]], about).total(student) is None
    assert Grades(rows[1:], about).total(student) is None  # a row is lost: it is not a zero
    assert Grades([*rows, replace(rows[0], verdict=Verdict.NOT_YET)], about).total(student) == 3  # the later counts


def test_late_by_is_hours_and_minutes(a_class):
    rows, about = a_class(500)
    assert 20 < sum(one.late is not None for one in about.submissions) < 80
    for line, one in zip(read(grades_csv(Grades(rows, about))), about.submissions, strict=True):
        hours, _, minutes = line["late_by"].partition(":")
        seconds = one.late.total_seconds() if one.late else 0
        assert int(hours or 0) * 60 + int(minutes or 0) == seconds // 60


@pytest.mark.parametrize(
    "text", ["momentim=2", "momentum", "momentum=-1", "momentum=x", "momentum=nan", "momentum=1e9"]
)
def test_points_that_are_none(text):
    with pytest.raises(ValueError, match=r"momentum=2|no exercise 'momentim'"):
        read_points(text, NAMES)
    with pytest.raises(ValueError, match="twice"):
        read_points("momentum=1,momentum=1", NAMES)


def test_pseudonyms_are_kept_and_tell_nothing(a_class, tmp_path):
    _, about = a_class(60)
    students = [one.student for one in about.submissions]
    key = pseudonyms(students, np.random.default_rng(1))
    assert sorted(key.values()) == [f"S{n:03}" for n in range(1, 61)]
    assert list(key.values()) != sorted(key.values()) and key != pseudonyms(students, np.random.default_rng(2))
    path = tmp_path / "key.csv"
    path.write_text(key_csv(key), "utf-8", newline="")
    again = pseudonyms([*students, "new"], np.random.default_rng(3), read_key(path))
    clean = [student for student in students if student.isprintable() and len(student) < 100]
    assert len(clean) > 50 and all(again[student] == key[student] for student in clean)
    assert len(set(again.values())) == 61
    assert read_key(tmp_path / "none.csv") == {}


def test_texts_without_names(a_class):
    _, about = a_class(60)
    student = "Ada Lovelace"
    row = Row(
        student,
        "momentum",
        Verdict.NOT_YET,
        file="Ada Lovelace/x.ipynb",
        message=("`ex.momentum` of Ada, by Lovelace: x.ipynb", "Adam is not she"),
        notes=("Ada Lovelace/x.ipynb has no tag.",),
        printed="hello Ada Lovelace",
    )
    key = {one.student: f"S{i:03}" for i, one in enumerate(about.submissions)}
    about = replace(about, key=key, off_roster=[student])
    [hidden], nameless = without_names([row], about)
    name = key[student]
    assert hidden.message == (f"`ex.momentum` of {name}, by {name}: {name}", "Adam is not she")
    assert (hidden.notes, hidden.printed) == ((f"{name} has no tag.",), f"hello {name}")
    assert (hidden.file, hidden.sha256) == ("", "")
    assert nameless.off_roster == [name]
    assert [one.student for one in nameless.submissions] == sorted(key.values())
    assert not any("ipynb" in note for one in nameless.submissions for note in one.notes)
