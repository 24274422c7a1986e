"""`course study`: lists, measures, writes the page; one line for what cannot be done."""

import re

import pytest

from course_lib import cli, studies
from course_lib.studies import Study
from course_lib.studies.page import MARK


@pytest.fixture
def toys(monkeypatch):
    toy = Study("Steps", "How high?", lambda row, seed: {"height": row + seed}, {"floor": 0.0, "stairs": 2.0}, seeds=3)
    monkeypatch.setattr(studies, "STUDIES", {"steps": toy, "more": toy})


@pytest.fixture
def book(tmp_path, monkeypatch):
    (tmp_path / "pyproject.toml").write_text('name = "course-lib"\n')
    (tmp_path / "book").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path / "book" / "measured.md"


def test_without_a_name_the_studies_are_listed(capsys):
    assert cli.main(["study"]) == 0
    said = capsys.readouterr().out
    assert [line.split()[0] for line in said.splitlines()] == list(studies.STUDIES)
    assert "Regularizers against wrong labels: 17 rows, 20 seeds" in said


@pytest.mark.usefixtures("toys")
def test_a_table_is_printed(capsys):
    assert cli.main(["study", "steps"]) == 0
    assert "Steps (3 seeds;" in capsys.readouterr().out
    assert cli.main(["study", "steps", "--seeds", "5"]) == 0
    said = capsys.readouterr().out
    assert "Steps (5 seeds;" in said and re.search(r"stairs +4\.0 +\+2\.0 ± 0 +5/0/0", said)


def test_workers_change_nothing(capsys, monkeypatch):
    one = studies.TRAINABILITY
    few = Study(one.title, one.text, one.measure, dict(list(one.rows.items())[6:8]), compare=False)
    monkeypatch.setattr(studies, "STUDIES", {"few": few})
    said = []
    for workers in ("1", "2"):
        assert cli.main(["study", "few", "--seeds", "1", "--workers", workers]) == 0
        said.append(capsys.readouterr().out)
    assert said[0] == said[1] and "1 × He, α = 0.01" in said[0]


def test_how_several_begin_names_them_all(capsys, monkeypatch):
    toy = Study("Steps", "", lambda row, seed: {"height": row}, {"floor": 0.0}, seeds=1)
    monkeypatch.setattr(studies, "STUDIES", dict.fromkeys(["a", "b-c", "b-d", "bc"], toy))
    for name, tables in {"a": 1, "b": 2, "b-c": 1, "bc": 1}.items():
        assert cli.main(["study", name]) == 0
        assert capsys.readouterr().out.count("Steps (1 seed)") == tables
    assert cli.main(["study", "c"]) == 2


@pytest.mark.usefixtures("toys")
def test_all_tables_are_written(book, capsys):
    book.write_text(f"# Measured\n\n{MARK}\n\nold\n", "utf-8")
    assert cli.main(["study", "--write", "--seeds", "2"]) == 0
    text = book.read_text("utf-8")
    assert text.startswith(f"# Measured\n\n{MARK}\n\nMeasured on 2") and "old" not in text
    assert text.count("## Steps\n\nHow high? 2 seeds; ") == 2
    assert str(book) in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nope"], "there is no study 'nope', only wrong-labels, few-examples, trainability"),
        (["wrong-labels", "--seeds", "0"], "--seeds must be at least 1, not 0"),
        (["wrong-labels", "--workers", "-1"], "--workers must be at least 1, not -1"),
        (["wrong-labels", "--page"], "--page is for all studies: leave out 'wrong-labels'"),
        (["--write"], "measured.md: No such file"),
    ],
)
@pytest.mark.usefixtures("book")
def test_what_cannot_be_done_is_said_in_one_line(arguments, words, capsys):
    assert cli.main(["study", *arguments]) == 2
    said = capsys.readouterr().err
    assert said.startswith("course study: ") and words in said and said.count("\n") == 1


@pytest.mark.parametrize("how", ["--write", "--page"])
@pytest.mark.usefixtures("toys")
def test_a_page_without_the_mark_is_noticed_before_the_work(how, book, capsys):
    book.write_text("# Measured\n")
    assert cli.main(["study", how]) == 2
    out, err = capsys.readouterr()
    assert "measured.md must have the line <!-- from here on" in err and "Steps" not in out


def test_outside_the_book_nothing_is_written(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert cli.main(["study", "--write"]) == 2
    assert "not inside a copy" in capsys.readouterr().err


def test_a_number_must_be_one(capsys):
    with pytest.raises(SystemExit) as stop:
        cli.main(["study", "trainability", "--seeds", "many"])
    assert stop.value.code == 2
    assert "invalid int value: 'many'" in capsys.readouterr().err
