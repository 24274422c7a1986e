"""Submissions are found in every layout, each student once, and nothing of a stranger's is followed or trusted."""

import os
import re
import sys
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_lib.grading import folder
from course_lib.grading.folder import find, read_due

PAGE = "03_momentum"


@pytest.fixture
def put(tmp_path):
    """A function that writes files of a class: path → content."""

    def write(*names, text="{}"):
        for name in names:
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
        return tmp_path

    return write


def found(place, page=PAGE, **options):
    return {one.student: one for one in find(place, page, **options)}


def test_every_layout(put):
    place = put(
        "ada/03_momentum.ipynb",
        "bob/03_momentum/answers.ipynb",
        "bob/04_adaptive/answers.ipynb",
        "lovelacechen_LATE_2041_77_03_momentum.ipynb",
        "muellerdana_2042_78_03_momentum-1.ipynb",
        "Emre Rossi_901_assignsubmission_file_/03_momentum.ipynb",
        "fatima.ipynb",
        "goran_03_momentum.ipynb",
    )
    students = found(place)
    paths = {name: one.path.relative_to(place).as_posix() for name, one in students.items()}
    assert paths == {
        "ada": "ada/03_momentum.ipynb",
        "bob": "bob/03_momentum/answers.ipynb",
        "lovelacechen": "lovelacechen_LATE_2041_77_03_momentum.ipynb",
        "muellerdana": "muellerdana_2042_78_03_momentum-1.ipynb",
        "Emre Rossi": "Emre Rossi_901_assignsubmission_file_/03_momentum.ipynb",
        "fatima": "fatima.ipynb",
        "goran": "goran_03_momentum.ipynb",
    }
    assert students["lovelacechen"].notes == ("The file's name says LATE.",)
    assert students["lovelacechen"].aliases[0] == "2041" and students["Emre Rossi"].aliases[0] == "901"
    assert not any(one.notes or one.problem for name, one in students.items() if name != "lovelacechen")


def test_what_is_hidden_or_no_students_is_passed_over(put):
    place = put(
        "ada/.ipynb_checkpoints/a-checkpoint.ipynb", "ada/a.ipynb", ".git/x.ipynb", "._bob.ipynb", "roster.csv",
        "grades/report.html", "ada/1/2/3/4/5/a.ipynb", "__MACOSX/ada/._a.ipynb", "ada/__MACOSX/a.ipynb",
    )  # fmt: skip
    students = found(place, skip=[place / "grades"])
    assert list(students) == ["ada"] and students["ada"].path == place / "ada" / "a.ipynb"
    assert students["ada"].notes == ()


def test_notebooks_in_folders_of_folders(put, monkeypatch):
    place = put("ada/hw/sub/03_momentum.ipynb", "bob/1/2/3/4/03_momentum.ipynb", "bob/other.ipynb", "chen/1/a.ipynb")
    paths = {name: one.path.relative_to(place).as_posix() for name, one in found(place).items()}
    assert paths == {
        "ada": "ada/hw/sub/03_momentum.ipynb",
        "bob": "bob/1/2/3/4/03_momentum.ipynb",
        "chen": "chen/1/a.ipynb",
    }
    monkeypatch.setattr(folder, "ENTRIES", 2)
    assert found(place)["ada"].path is None and found(place)["chen"].path


def test_of_several_notebooks_one_is_chosen_and_named(put):
    place = put(
        "ada/03_momentum.ipynb", "ada/zz.ipynb", "bob/draft-9.ipynb", "bob/draft-10.ipynb",
        "chen_1_2_03_momentum.ipynb", "chen_1_3_03_momentum-1.ipynb", "dana.ipynb", "dana/03_momentum.ipynb",
    )  # fmt: skip
    students = found(place)
    chosen = {name: (one.path.name, one.notes) for name, one in students.items()}
    assert chosen["ada"] == ("03_momentum.ipynb", ())  # the other is of no chapter that is asked for
    assert chosen["bob"][0] == "draft-10.ipynb" and "2 notebooks; “draft-10.ipynb” (" in chosen["bob"][1][0]
    assert chosen["chen"][0] == "chen_1_3_03_momentum-1.ipynb" and "2 notebooks" in chosen["chen"][1][0]
    put("emre/03_momentum.ipynb", "emre/03_momentum-Copy1.ipynb")
    emre = found(place)["emre"]
    assert emre.path.name == "03_momentum.ipynb" and "by its name" in emre.notes[0]
    assert chosen["dana"] == ("03_momentum.ipynb", ())
    assert "2 notebooks" in found(place, None)["ada"].notes[0]


def test_of_several_notebooks_the_newest_is_graded(put):
    place, noon = put("tina/03_momentum.ipynb", "tina/03_momentum (1).ipynb", "tina/notes.ipynb"), 1_796_040_000
    due = read_due("2026-12-01T12:00+00:00")

    def dated(first, second):
        for name, date in (("03_momentum", first), ("03_momentum (1)", second), ("notes", noon + 10**6)):
            os.utime(place / "tina" / f"{name}.ipynb", (date, date))
        return found(place, due=due)["tina"]

    tina = dated(noon - 86_400, noon)
    assert tina.path.name == "03_momentum (1).ipynb" and tina.submitted.timestamp() == noon
    assert tina.notes == (
        "There are 2 notebooks; “03_momentum (1).ipynb” (2026-11-30 12:00:00) is graded, as the newest. Not graded: "
        "“03_momentum.ipynb” (2026-11-29 12:00:00). Move the file away to have another one graded.",
    )
    assert dated(noon, noon - 86_400).path.name == "03_momentum.ipynb"
    copied = dated(noon, noon + folder.TOGETHER - 1)  # or unpacked: the order in which that happened says nothing
    assert copied.path.name == "03_momentum.ipynb" and "by its name" in copied.notes[0]
    os.truncate(place / "tina" / "03_momentum (1).ipynb", 20_000_001)  # the newest, but it cannot be read
    assert dated(noon - 86_400, noon).path.name == "03_momentum.ipynb"


@pytest.mark.skipif(sys.platform == "win32", reason="it has no such names")
def test_two_students_of_one_name_stay_two(put):
    place = put("mei_1_9_a.ipynb", "mei_2_8_a.ipynb", "a\nb.ipynb", "a b.ipynb", "a\tb.ipynb")
    assert sorted(found(place)) == ["a b", "a b (2)", "a b (3)", "mei (1)", "mei (2)"]


@pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")
def test_links_and_what_is_no_file_are_named_and_never_followed(put, tmp_path):
    secret = put("elsewhere/secret.ipynb") / "elsewhere" / "secret.ipynb"
    place = put("class/ada/a.ipynb", "class/bob/note.txt") / "class"
    (place / "bob" / "x.ipynb").symlink_to(secret)
    (place / "chen.ipynb").symlink_to(secret)
    (place / "dana").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    (place / "ada" / "data").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    students = found(place)
    assert {name: one.problem for name, one in students.items()} == {
        "ada": "",
        "bob": "is a link to another file",
        "chen": "is a link to another file",
        "dana": "is a link to another file",
    }
    assert students["ada"].notes == () and students["ada"].path == place / "ada" / "a.ipynb"
    if hasattr(os, "mkfifo"):
        os.mkfifo(place / "emre.ipynb")
        assert found(place)["emre"].problem == "is not a regular file"


def test_a_large_file_is_a_problem(put):
    place = put("ada/a.ipynb", "bob/b.ipynb")
    os.truncate(place / "ada" / "a.ipynb", 20_000_001)
    os.truncate(place / "bob" / "b.ipynb", 20_000_000)
    students = found(place)
    assert students["ada"].problem == "is larger than 20 MB" and students["ada"].path
    assert students["bob"].problem == ""


def test_a_student_without_a_notebook(put):
    place = put("ada/03_momentum.py", "ada/“x”.ipynb.txt", "bob_1_2_answers.pdf")
    (place / "chen").mkdir()
    students = found(place)
    assert [one.path for one in students.values()] == [None, None, None]
    assert students["ada"].notes == ("There is no notebook, but “03_momentum.py”, “x.ipynb.txt”.",)
    assert students["bob"].notes == ("There is no notebook, but “bob_1_2_answers.pdf”.",)
    assert students["chen"].notes == ()


def test_what_is_there_in_the_place_of_a_notebook_is_named_with_the_reason(put):
    place = put(
        "ada/descent-remembers.json", "bob/sub/descent-remembers (1).json", "chen/hw.ZIP", "dana/1/2/3/4/5/a.ipynb",
        "emre_1_2_descent-remembers.json", "fatima/descent-remembers.json", "fatima/03_momentum.ipynb",
    )  # fmt: skip
    notes = {name: " ".join(one.notes) for name, one in found(place).items()}
    assert notes["ada"].startswith("There is no notebook, but “descent-remembers.json”. What a page exports")
    assert all("exports is practice; what is handed in is the notebook" in notes[name] for name in ("bob", "emre"))
    assert notes["chen"].startswith("There is no notebook, but “hw.ZIP”. Archives are not opened")
    assert notes["dana"] == "In folders more than 4 levels down no notebook is looked for."
    assert notes["fatima"] == ""


def test_the_page_exports_a_file_of_this_name():
    script = Path(folder.__file__).parents[1] / "questions/js/page.js"
    assert any(folder.EXPORTED.search(name) for name in re.findall(r'download: "([^"]+)"', script.read_text("utf-8")))


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such names")
def test_names_of_any_bytes(tmp_path):
    for name in (b"\xff\xfe", b"a\x1b[31mb", "\u202eevil".encode(), b"=HYPERLINK(1)", b"y" * 250, b"\x01", b"'"):
        os.mkdir(os.path.join(os.fsencode(tmp_path), name))
        with open(os.path.join(os.fsencode(tmp_path), name, b"a.ipynb"), "wb"):
            pass
    students = found(tmp_path)
    assert len(students) == 7
    for name, one in students.items():
        assert name.isprintable() and 0 < len(name) < 90
        name.encode("utf-8")
        assert one.path.is_file()


@given(st.lists(st.tuples(st.text(st.characters(exclude_categories=[]), max_size=12), st.sampled_from(["", "1", "2"]))))
def test_names_are_unique(owners):
    names = list(folder._unique(list(dict.fromkeys(owners))))
    assert len(set(names)) == len(names) == len(set(owners))
    assert all(name and name.isprintable() for name in names)


def test_late(put):
    place = put("ada.ipynb", "bob.ipynb")
    due = read_due("2027-03-01T23:59+01:00")
    os.utime(place / "ada.ipynb", (due.timestamp() + 90, due.timestamp() + 90))
    os.utime(place / "bob.ipynb", (due.timestamp(), due.timestamp()))
    students = found(place, due=due)
    assert students["ada"].late == timedelta(seconds=90)
    assert students["ada"].submitted == datetime(2027, 3, 2, 0, 0, 30, tzinfo=timezone(timedelta(hours=1)))
    assert students["bob"].late is None
    assert found(place)["ada"].late is None
    local = datetime.fromtimestamp(due.timestamp() + 90).astimezone()
    assert found(place)["ada"].submitted.isoformat() == local.isoformat()


@pytest.mark.parametrize("text", ["2027-03-01T23:59", "2027-03-01", "tomorrow", ""])
def test_a_date_needs_its_offset(text):
    with pytest.raises(ValueError, match="offset"):
        read_due(text)
    assert read_due("2027-03-01T22:59Z") == read_due("2027-03-01T23:59+01:00")


def test_a_folder_that_is_none(tmp_path):
    with pytest.raises(FileNotFoundError):
        find(tmp_path / "none")
