"""`course grade` on a class: its files, its options, and what it does after it was killed."""

import csv
import io
import json
import multiprocessing
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from bs4 import BeautifulSoup

from course_lib import chapters, cli
from course_lib.challenge import LADDER
from course_lib.grading import accepted, pool, run
from course_lib.grading import folder as finding
from course_lib.grading.challenge import BASELINE, Entry, grade_entry
from course_lib.grading.grade import Task, grade_notebook
from course_lib.grading.journal import Journal
from course_lib.grading.kept import alone
from course_lib.grading.pool import Work, grade_here, grade_on_cluster, grade_work
from course_lib.grading.process import Interrupted, Isolation, Process, Sandbox
from course_lib.grading.rows import Row, Verdict
from course_lib.studies.challenge import sealed_score

from .submissions import FAULTS, HEAD, RIGHT, answer, cell, notebook
from .test_faults import processes_of

PAGE = "03_momentum"
EXERCISES = {name: one for name, one in chapters.exercises().items() if one.page == PAGE}
WRONG = HEAD + "    v = rho * v + dx\n    x = x + lr * v\n    return x, v\n"  # uphill
WRONG_TOO = "# mine\n" + WRONG.replace("    return", "\n    return")  # the same but for its spaces
HELPED = HEAD + "    return step(x, dx, v, lr, rho)\n"

ALL = notebook(*(cell(one.source, f"exercise:{name}") for name, one in EXERCISES.items()))
CLASS = {
    "ada": ALL,
    "bob": answer(WRONG),
    "chen": notebook(cell("import os\na = os._exit(0)\n", "exercise:momentum"),
                     cell(EXERCISES["nesterov"].source, "exercise:nesterov")),
    "dana": b"{",
    "fatima": answer(HEAD + "    ex.todo()\n"),
    "goran": answer("a = exit()\n" + HEAD + RIGHT),
    "hana": FAULTS["floods the real output"][0],
    "iris": notebook(cell(f"def step(x, dx, v, lr, rho):\n{RIGHT}"), cell(HELPED, "exercise:momentum")),
    "joão": answer(WRONG_TOO),
    "=1+1 <b>": notebook(),
}  # fmt: skip
#: Verdicts on `momentum`.
WANTED = {
    "ada": "PASS", "bob": "NOT YET", "chen": "CRASHED", "dana": "UNREADABLE", "fatima": "NOT ATTEMPTED",
    "goran": "NOT YET", "hana": "PASS", "iris": "PASS", "joão": "NOT YET", "'=1+1 <b>": "MISSING",
    "emre": "NOTHING HANDED IN", "link": "UNREADABLE", "vast": "UNREADABLE",
}  # fmt: skip
GRADED = len(CLASS)


def hand_in(folder, students):
    for student, raw in students.items():
        (folder / student).mkdir(parents=True, exist_ok=True)
        (folder / student / f"{PAGE}.ipynb").write_bytes(raw)
    return folder


def table(path):
    return list(csv.DictReader(io.StringIO(path.read_text("utf-8-sig"), newline="")))


def verdicts(out, name="momentum"):
    return {row["student"]: row[name] for row in table(out / "grades.csv")}


def without_time(out):
    """The cells, but for what is another each time."""
    return [{key: text for key, text in row.items() if key != "seconds"} for row in table(out / "cells.csv")]


def lines(out):
    return len((out / "journal.jsonl").read_bytes().splitlines())


@pytest.fixture(scope="module")
def whole(confined, tmp_path_factory):
    """A class, and its results."""
    place = tmp_path_factory.mktemp("grading")
    folder = hand_in(place / "class", CLASS)
    for student in ("emre", "link", "vast"):
        (folder / student).mkdir()
    (folder / "emre" / "notes.txt").write_text("later")
    (folder / "link" / f"{PAGE}.ipynb").symlink_to(folder / "ada" / f"{PAGE}.ipynb")
    with open(folder / "vast" / f"{PAGE}.ipynb", "wb") as file:
        file.truncate(21_000_000)
    status = cli.main(["grade", str(folder), "--out", str(place / "grades"), "--workers", "2"])
    assert status == 0
    return folder, place / "grades"


@pytest.fixture
def again(whole, tmp_path, capsys):
    """A function that runs the command on the class, with a copy of the results: what is graded already is known."""

    def grade(*options, known=GRADED):
        folder, results = whole
        out = tmp_path / "grades"
        if not out.exists():
            shutil.copytree(results, out)
        capsys.readouterr()
        status = cli.main(["grade", str(folder), "--out", str(out), *options])
        said = capsys.readouterr()
        assert status == 0, said.err
        assert f"{known} of {GRADED} notebooks are graded already." in said.out
        return out

    return grade


@pytest.fixture
def here(monkeypatch):
    """Notebooks are graded in this process: a worker takes a second to start."""
    asked = []

    def grade(works, workers):
        for work in works:
            asked.append(work)
            yield work, [Row.from_dict({**row, "student": work.student}) for row in grade_work(work)]

    monkeypatch.setattr(run, "grade_here", grade)
    return asked


# ---------------------------------------------------------------- results


def test_each_student_has_the_right_verdict(whole):
    assert verdicts(whole[1]) == WANTED
    assert verdicts(whole[1], "nesterov")["chen"] == verdicts(whole[1], "choose")["ada"] == "PASS"
    ada, bob = (row for row in table(whole[1] / "grades.csv") if row["student"] in ("ada", "bob"))
    assert (ada["points"], ada["out_of"], bob["points"], bob["out_of"]) == ("4", "4", "0", "4")


def test_the_files_of_results(whole):
    folder, out = whole
    assert sorted(path.name for path in out.iterdir()) == [
        "cells.csv", "feedback", "grades.csv", "journal.jsonl", "report.html", "run.json", "seeds.json",
    ]  # fmt: skip
    cells = table(out / "cells.csv")
    assert len(cells) == len(WANTED) * len(EXERCISES) == 4 * 13
    bobs = next(row for row in cells if (row["student"], row["exercise"]) == ("bob", "momentum"))
    assert bobs["diagnoses"] == "uphill" and bobs["file"] == f"bob/{PAGE}.ipynb" and len(bobs["sha256"]) == 64
    assert "closed to answers" in bobs["isolation"] and bobs["seeds"] == "2"
    report = (out / "report.html").read_text("utf-8")
    assert "closed to answers" in report and "<b>" not in report
    assert len(list((out / "feedback").iterdir())) == len(WANTED)
    assert lines(out) == GRADED
    assert not run._folder_of_run(out).path.exists()
    seeds = json.loads((out / "seeds.json").read_text())
    assert len(set(seeds)) == len(seeds) and all(0 < seed <= 2**31 for seed in seeds)
    assert not any(str(seed) in (out / "cells.csv").read_text("utf-8") for seed in seeds)
    assert sorted(path.name for path in folder.parent.iterdir()) == ["class", "grades"]


def test_a_second_run_grades_nothing_and_writes_the_same(whole, again):
    out = again()
    for name in ("grades.csv", "cells.csv", "report.html", "journal.jsonl", "seeds.json"):
        assert (out / name).read_bytes() == (whole[1] / name).read_bytes(), name


def test_a_changed_notebook_is_graded_again(whole, here, tmp_path, capsys):
    folder, results = whole
    mine, out = tmp_path / "class", tmp_path / "grades"
    shutil.copytree(folder, mine, symlinks=True)
    shutil.copytree(results, out)
    hand_in(mine, {"bob": answer(HEAD + RIGHT)})
    assert cli.main(["grade", str(mine), "--out", str(out)]) == 0
    assert [work.student for work in here] == ["bob"] and verdicts(out) == WANTED | {"bob": "PASS"}
    assert lines(out) == GRADED + 1


# ---------------------------------------------------------------- options


def test_students_are_graded_again_by_name(again, here):
    out = again("--student", "bob", "--student", "ada", known=GRADED - 2)
    assert {work.student for work in here} == {"ada", "bob"} and verdicts(out) == WANTED
    assert lines(out) == GRADED + 2


def test_again_seeds_and_variants(confined, here, tmp_path):
    folder, out = hand_in(tmp_path / "class", {"ada": answer(HEAD + RIGHT)}), tmp_path / "out"
    command = ["grade", str(folder), "--out", str(out)]
    seeds = []
    for options in ([], [], ["--again"], ["--seeds", "0"], ["--seeds", "4"], ["--variants"]):
        here.clear()
        assert cli.main([*command, *options]) == 0
        seeds.append([work.task.seeds for work in here])
    secret = tuple(json.loads((out / "seeds.json").read_text()))
    own = run.variant((0, *secret[:2]), "ada")
    assert seeds == [[(0, *secret[:2])], [], [(0, *secret[:2])], [(0,)], [(0, *secret[:4])], [own]]
    assert len({0, *own, *secret}) == 3 + len(secret)
    assert run.variant((0, 1, 2), "ada") == run.variant((0, 1, 2), "ada") != run.variant((0, 1, 2), "bob")


def test_points_and_the_date_due(again):
    out = again("--points", "momentum=2.5, choose=0", "--due", "2001-01-01T00:00+00:00")
    ada = next(row for row in table(out / "grades.csv") if row["student"] == "ada")
    assert (ada["points"], ada["out_of"], ada["momentum_points"], ada["choose_points"]) == ("4.5", "4.5", "2.5", "0")
    assert ada["late_by"].partition(":")[0].isdecimal()
    out = again("--due", "2999-01-01T00:00+00:00")
    assert not any(row["late_by"] for row in table(out / "grades.csv"))


def test_pseudonyms(again):
    out = again("--anonymous")
    key = {row["student"]: row["pseudonym"] for row in table(out / "key.csv")}
    assert key.keys() == WANTED.keys()
    assert {student: verdicts(out)[key[student]] for student in key} == WANTED
    texts = [
        path.read_text("utf-8") for path in [out / "grades.csv", out / "report.html", *(out / "feedback").iterdir()]
    ]
    assert not any(name in text for text in texts for name in ("fatima", "goran", "joão"))
    assert not any("ada" in path.name or "bob" in path.name for path in (out / "feedback").iterdir())
    assert {row["student"]: row["pseudonym"] for row in table(again("--anonymous") / "key.csv")} == key


def test_a_roster_is_filled_in(again, tmp_path):
    roster = tmp_path / "gradebook.csv"
    roster.write_text("Name;Section;Homework 3\nada;1;\nBob;1;\nZoë;2;\n", "utf-8")
    out = again("--roster", str(roster), "--roster-id", "Name", "--roster-grade", "Homework 3")
    assert (out / "gradebook.csv").read_text("utf-8") == "Name;Section;Homework 3\nada;1;4\nBob;1;0\nZoë;2;0\n"
    assert roster.read_text("utf-8").endswith("Zoë;2;\n") and verdicts(out)["Zoë"] == "NOTHING HANDED IN"
    assert "joão" in (out / "report.html").read_text("utf-8")


def test_a_roster_that_names_nobody_is_refused(again, here, tmp_path, capsys, monkeypatch):
    roster = tmp_path / "gradebook.csv"
    roster.write_text("Name,ID number,Grade\nada,7,\nbob,8,\n", "utf-8")
    out = again("--roster", str(roster), "--roster-id", "Name", "--roster-grade", "Grade")
    (out / "gradebook.csv").unlink()
    report = BeautifulSoup((out / "report.html").read_text("utf-8"), "html.parser")
    kinds = [one.get_text() for one in report.select("#attention .kinds > li > div > p:first-child > span")]
    assert kinds.index("Not on the roster") < kinds.index("CRASHED")
    hand_in(tmp_path / "class", {"ada": ALL, "bob": ALL, "chen": ALL})
    monkeypatch.chdir(tmp_path)
    command = ["grade", "class", "--out", "new", "--roster", "gradebook.csv", "--roster-grade", "Grade", "--roster-id"]
    assert cli.main([*command, "ID number"]) == 2
    said = capsys.readouterr()
    assert said.err == (
        "course grade: no student of class ('ada', 'bob', 'chen') is in the column 'ID number' of gradebook.csv: "
        "give another with --roster-id\n"
    )
    assert not Path("new").exists() and not here
    assert cli.main([*command, "Name"]) == 0
    assert "2 of 3 students of the class are on the roster.\n" in capsys.readouterr().out


def test_an_answer_is_accepted_by_hand_for_all_who_wrote_it_and_from_then_on(again):
    out = again("--accept", "bob:momentum")
    wanted = WANTED | {"bob": "PASS", "joão": "PASS"}
    assert verdicts(out) == wanted == verdicts(again())
    (path,) = (out / "accepted" / "momentum").iterdir()
    assert path.read_text("utf-8") == WRONG
    notes = {row["student"]: row["notes"] for row in table(out / "cells.csv") if row["exercise"] == "momentum"}
    assert notes["joão"] == notes["bob"] == f"{accepted.NOTE} NOT YET." and not notes["ada"]
    path.unlink()
    assert verdicts(again()) == WANTED


def test_who_else_passes_is_told_and_only_a_checked_answer_is_accepted(again, here, capsys, whole):
    out = again()
    for one, verdict in (
        ("fatima", "NOT ATTEMPTED"), ("=1+1 <b>", "MISSING"), ("ada", "PASS"),
    ):  # fmt: skip
        assert cli.main(["grade", str(whole[0]), "--out", str(out), "--accept", f"{one}:momentum"]) == 2
        assert f"the answer '{one}:momentum' is {verdict}: give one that was checked" in capsys.readouterr().err
    assert not (out / "accepted").exists() and verdicts(out) == WANTED
    again("--anonymous")
    bob = next(row["pseudonym"] for row in table(out / "key.csv") if row["student"] == "bob")
    capsys.readouterr()
    assert cli.main(["grade", str(whole[0]), "--out", str(out), "--accept", f"{bob}:momentum", "--exam"]) == 0
    assert "bob:momentum is accepted; joão passes by it.\n" in capsys.readouterr().out
    page = BeautifulSoup((out / "feedback" / "bob.html").read_text("utf-8"), "html.parser").find(id="ex-momentum")
    assert [one.get_text() for one in page.find_all("p")] == ["PASS", "Accepted by your teacher."]
    again()
    page = BeautifulSoup((out / "feedback" / "bob.html").read_text("utf-8"), "html.parser").find(id="ex-momentum")
    assert [one.get_text() for one in page.find_all("p")] == ["PASS", "Accepted by your teacher."]


def test_a_notebook_of_another_chapter_is_told_as_such(confined, here, tmp_path, capsys):
    other = notebook(cell("def f(): ...\n", "exercise:inverted_dropout"), cell("x = 1\n", "exercise:adam"),
                     cell("def f(): ...\n", "exercise:uncorrected"))  # fmt: skip
    folder, out = hand_in(tmp_path / "class", {"ada": other, "bob": notebook()}), tmp_path / "out"
    assert cli.main(["grade", str(folder), "--out", str(out)]) == 0
    assert verdicts(out) == {"ada": "MISSING", "bob": "MISSING"}
    assert "1 thing needs you: see “What needs you” in the report.\n" in capsys.readouterr().out
    words = "This is a notebook of chapter 4 (04_adaptive)."
    page = BeautifulSoup((out / "feedback" / "ada.html").read_text("utf-8"), "html.parser")
    assert page.find(id="ex-momentum").find_all("p")[1].get_text() == words
    needs = BeautifulSoup((out / "report.html").read_text("utf-8"), "html.parser").find(id="attention")
    (item,) = needs.select(".kinds > li")
    assert words in item.get_text() and [one.get_text() for one in item.select(".names li")] == ["ada"]


def test_a_file_that_the_grader_may_not_open_is_not_graded(confined, here, tmp_path, monkeypatch, capsys):
    folder = hand_in(tmp_path / "class", dict.fromkeys(("ada", "bob", "chen"), answer(HEAD + RIGHT)))
    read, listed = run._read, finding._listed

    def closed(path):
        if path.parent.name == "ada":
            raise PermissionError(13, "Permission denied", str(path))
        return read(path)

    def closed_folder(path):
        if Path(path).name == "bob":
            raise PermissionError(13, "Permission denied", str(path))
        return listed(path)

    monkeypatch.setattr(run, "_read", closed)
    monkeypatch.setattr(finding, "_listed", closed_folder)
    assert cli.main(["grade", str(folder), "--page", PAGE, "--out", str(tmp_path / "out")]) == 1
    said = capsys.readouterr().out
    assert "Not opened, for want of the right to read: ada, bob. They are NOT GRADED.\n" in said
    assert verdicts(tmp_path / "out") == {"ada": "NOT GRADED", "bob": "NOT GRADED", "chen": "PASS"}
    assert [row["points"] for row in table(tmp_path / "out" / "grades.csv")] == ["", "", "1"]
    for name in ("ada", "bob"):
        words = (tmp_path / "out" / "feedback" / f"{name}.html").read_text("utf-8")
        assert "could not open the file. This is no fault of yours." in words and "last changed" not in words


def test_an_accepted_answer_is_accepted_with_its_own_helpers_only(confined, here, tmp_path):
    def uses(helper):
        return notebook(cell(f"def step(x, dx, v, lr, rho):\n{helper}"), cell(HELPED, "exercise:momentum"))

    worse = "    return x, v\n"
    good, bad = uses("    return x - lr * (rho * v + dx), 0 * v\n"), uses(worse)
    folder = hand_in(tmp_path / "class", {"ada": good, "bob": bad})
    command = ["grade", str(folder), "--out", str(tmp_path / "out")]
    assert cli.main(command) == 0 and cli.main([*command, "--accept", "ada:momentum"]) == 0
    assert verdicts(tmp_path / "out") == {"ada": "PASS", "bob": "NOT YET"}


def test_the_self_test(confined, here, tmp_path, capsys, monkeypatch):
    folder = hand_in(tmp_path / "class", {"ada": answer(HEAD + RIGHT)})
    command = ["grade", str(folder), "--out", str(tmp_path / "out"), "--self-test"]
    assert cli.main(command) == 0
    assert "graded 1 notebooks alone and under load: the same verdicts" in capsys.readouterr().out
    quiet = run.grade_here

    def loaded(works, workers):
        for work, rows in quiet(works, workers):
            yield work, [replace(row, verdict=Verdict.TIMEOUT) for row in rows] if workers > 1 else rows

    monkeypatch.setattr(run, "grade_here", loaded)
    assert cli.main(command) == 2
    assert "alone, TIMEOUT beside other processes. Nothing was graded" in capsys.readouterr().err


def test_what_is_not_graded_has_no_points_and_is_tried_again(confined, tmp_path, monkeypatch, capsys):
    folder = hand_in(tmp_path / "class", {"ada": answer(HEAD + RIGHT)})
    command = ["grade", str(folder), "--out", str(tmp_path / "out")]
    with monkeypatch.context() as patch:
        patch.setattr(run, "grade_here", lambda works, workers: ((w, pool.not_graded(w, "No power.")) for w in works))
        assert cli.main(command) == 1
    (ada,) = table(tmp_path / "out" / "grades.csv")
    assert (ada["momentum"], ada["momentum_points"], ada["points"]) == ("NOT GRADED", "", "")
    assert cli.main(command) == 0 and "graded already" not in capsys.readouterr().out
    assert verdicts(tmp_path / "out") == {"ada": "PASS"}


def test_nothing_is_graded_where_answers_are_not_confined(tmp_path, here, monkeypatch, capsys):
    folder = hand_in(tmp_path / "class", {"ada": answer(HEAD + RIGHT)})
    command = ["grade", str(folder), "--out", str(tmp_path / "out")]
    monkeypatch.setattr(run, "probe", lambda sandbox: Isolation("limits", ("files", "network")))
    assert cli.main(command) == 2
    assert "limits: files and network OPEN to answers." in capsys.readouterr().err
    assert not (tmp_path / "out").exists() and not here
    assert cli.main([*command, "--trust-submissions"]) == 0
    assert "files and network OPEN to answers" in (tmp_path / "out" / "report.html").read_text("utf-8")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ("--page 99_nothing", "99_nothing"),
        ("--due tomorrow", "tomorrow"),
        ("--due 2027-03-01", "offset"),
        ("--points adam=1", "'adam'"),
        ("--points momentum=much", "momentum=much"),
        ("--points momentum=-1", "momentum=-1"),
        ("--student zoë", "'zoë'"),
        ("--accept bob", "'bob'"),
        ("--accept zoë:momentum", "'zoë:momentum'"),
        ("--accept bob:adam", "'bob:adam'"),
        ("--seeds -1", "--seeds"),
        ("--workers -3", "--workers"),
        ("--roster r.csv", "--roster-id"),
        ("--points momentumm=2", "only momentum, convert_rate"),
        ("--out class", "--out is class or a folder above it: name another"),
        (f"--out . --page {PAGE}", "--out is class or a folder above it"),
        ("--roster-id Name", "--roster"),
        ("--roster nowhere.csv --roster-id Name --roster-grade Grade", "nowhere.csv"),
        ("--roster r.csv --roster-id Names --roster-grade Grade", "'Names'"),
        ("--roster r.csv --roster-id Name --roster-grade Grades", "'Grades'"),
        ("--roster r.csv --roster-id Name --roster-grade Name", "'Name'"),
        ("--sandbox no-such-program", "no-such-program"),
        ("--sandbox false", "false"),
        ("--cluster foo", "tcp://scheduler:8786, or local, not 'foo'"),
        ("--sandbox 'open", "--sandbox"),
        ("--sandbox-python /no/python", "/no/python"),
    ],
)
def test_a_wrong_use_is_one_sentence_and_writes_nothing(tmp_path, monkeypatch, capsys, options, words):
    hand_in(tmp_path / "class", {"bob": answer(WRONG)})
    (tmp_path / "r.csv").write_text("Name,Grade\nbob,\n")
    monkeypatch.chdir(tmp_path)
    assert cli.main(["grade", "class", *options.split()]) == 2
    said = capsys.readouterr()
    assert said.out == "" and said.err.count("\n") == 1 and said.err.startswith("course grade: ") and words in said.err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["class", "r.csv"]


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ("--due yesterday", "yesterday"),
        ("--points adam=x", "adam=x"),
        ("--points adma=1", "'adma'"),
        ("--seeds -1", "--seeds"),
        ("--roster nowhere.csv --roster-id Name --roster-grade Grade", "nowhere.csv"),
    ],
)
@pytest.mark.parametrize("folder", ["nowhere", "empty"])
def test_options_are_judged_before_the_folder(tmp_path, monkeypatch, capsys, options, words, folder):
    monkeypatch.chdir(tmp_path)
    Path("empty").mkdir()
    assert cli.main(["grade", folder, *options.split()]) == 2 and words in capsys.readouterr().err
    assert cli.main(["grade", folder]) == 2
    wanted = {"nowhere": "there is no folder nowhere", "empty": "there is no notebook (*.ipynb) in empty or below it"}
    assert capsys.readouterr().err == f"course grade: {wanted[folder]}\n"


def test_a_class_that_hands_in_what_pages_export_is_told_so(tmp_path, capsys):
    (tmp_path / "class" / "ada").mkdir(parents=True)
    (tmp_path / "class" / "ada" / "descent-remembers.json").write_text("{}")
    assert cli.main(["grade", str(tmp_path / "class")]) == 2
    assert "what pages export: that is practice, and notebooks are graded" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("options", "words"), [([], "required: folder"), (["class", "--seed", "many"], "--seeds"), (["a", "b"], "b")]
)
def test_a_wrong_command_is_one_line(capsys, options, words):
    with pytest.raises(SystemExit, match="2"):
        cli.main(["grade", *options])
    said = capsys.readouterr().err
    assert said.startswith("course grade: ") and said.count("\n") == 1 and words in said and "usage" not in said


@pytest.mark.parametrize(
    "names", [[], ["ada/notes.txt"], ["ada/01_first_step.ipynb", "bob/03_momentum.ipynb"], ["a/b.ipynb"]]
)
def test_a_folder_without_notebooks_of_one_page(tmp_path, monkeypatch, capsys, names):
    monkeypatch.chdir(tmp_path)
    for name in names:
        Path("class", name).parent.mkdir(parents=True, exist_ok=True)
        Path("class", name).write_text("{}")
    assert cli.main(["grade", "class"]) == 2
    assert "class" in capsys.readouterr().err and not Path("grades").exists()


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (
            ["submitted/ada/hw3", "submitted/bob/hw3"],
            "'submitted' stands where students' names should be: is it class/s",
        ),
        (["Submissions/ada"], "is it class/Submissions?"),
        (["03_momentum/ada", "03_momentum/bob"], "is it class/03_momentum?"),
        ([""], "in class, '03_momentum' stands where students' names should be: name the folder of all"),
        (["all/ada", "all/bob", "all/chen"], "3 folders with notebooks are in it: is it class/all?"),
        (["ada/1/2/3/4/5"], "class has no notebook where students' should be, in 'ada'"),
    ],
)
def test_a_folder_that_is_not_of_students_is_refused(tmp_path, monkeypatch, capsys, names, words):
    monkeypatch.chdir(tmp_path)
    hand_in(Path("class"), dict.fromkeys(names, ALL))
    assert cli.main(["grade", "class"]) == 2
    said = capsys.readouterr().err
    assert words in said and said.count("\n") == 1 and not Path("grades").exists()


def test_the_folder_may_be_named_from_beside_it(confined, here, tmp_path, monkeypatch):
    hand_in(tmp_path / "class", {"ada": answer(HEAD + RIGHT)})
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    assert cli.main(["grade", "../class"]) == 0 and verdicts(tmp_path / "here" / "grades") == {"ada": "PASS"}


def test_one_file_of_two_students_is_noted(confined, here, tmp_path):
    same = answer(HEAD + RIGHT)
    untouched, empty = answer(EXERCISES["momentum"].stub), notebook()
    students = {"ada": same, "bob": same, "chen": answer(HEAD + RIGHT + "\n"), "dana": untouched, "emre": untouched}
    folder, out = hand_in(tmp_path / "class", students | {"goran": empty, "hana": empty}), tmp_path / "out"
    assert cli.main(["grade", str(folder), "--out", str(out)]) == 0
    needs = BeautifulSoup((out / "report.html").read_text("utf-8"), "html.parser").find(id="attention")
    (item,) = needs.select(".kinds > li")
    assert "2 students handed in the same file, byte for byte" in item.get_text()
    assert [one.get_text() for one in item.select(".names li")] == ["ada", "bob"]


def test_percentages_are_of_the_answers_that_ran(confined, here, tmp_path):
    students = {
        "right": answer(HEAD + RIGHT),
        "uphill": answer(WRONG),
        "uphill too": answer(WRONG_TOO),
        "no name for it": answer(HEAD + "    return x + 7, v\n"),
        "a name from elsewhere": answer(HEAD + "    return x - learning_rate * dx, v\n"),  # it breaks off, and is named
        "no Python": answer(HEAD + "    return x +\n"),
        "no function": answer("x = 1\n"),
        "raises": answer(HEAD + "    return 1 / 0\n"),
        "raises later": answer(
            HEAD + RIGHT.replace("    return", "    if np.ndim(x) == 2:\n        1 / 0\n    return")
        ),
        "opens a file": answer(HEAD + "    open('/etc/passwd')\n" + RIGHT),
        "returns nothing": answer(HEAD + "    x = 1\n"),
        "not tried": answer(HEAD + "    ex.todo()\n"),
        "no end": answer(HEAD + "    while True: pass\n"),
        "no notebook": b"{",
    }
    folder, out = hand_in(tmp_path / "class", students), tmp_path / "out"
    assert cli.main(["grade", str(folder), "--out", str(out)]) == 0
    section = BeautifulSoup((out / "report.html").read_text("utf-8"), "html.parser").find(id="ex-momentum")
    words = " ".join(section.get_text(" ").split())
    assert "Of 5 answers: all that ran" in words and "6 other answers could not be run, or broke off." in words
    shares = {
        one.select_one(".name").get_text(): one.select_one(".count").get_text()
        for one in section.select("li:has(.name)")
    }
    assert shares == {"uphill": "2 of 5 · 40 %", "a name from elsewhere": "1 of 5 · 20 %"}


def test_a_folder_of_results_is_of_one_homework(confined, here, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    right = answer(HEAD + RIGHT)
    hand_in(Path("class"), {"ada": right, "bob": right})
    hand_in(Path("other"), {"ada": right})
    Path("class/ada/05_schedules.ipynb").write_bytes(notebook())
    command = ["grade", "class", "--page", PAGE]
    assert cli.main(command) == 0
    assert sys.platform == "win32" or Path("grades").stat().st_mode & 0o777 == 0o700
    before = {path: path.read_bytes() for path in Path("grades").rglob("*") if path.is_file()}
    capsys.readouterr()
    for others in (["other"], ["class", "--page", "05_schedules"]):
        assert cli.main(["grade", "--page", PAGE, *others]) == 2
        said = capsys.readouterr().err
        assert "grades is of 03_momentum in class, and this is 0" in said and "give another --out" in said
    assert cli.main(["grade", "class/ada", "--page", PAGE]) == 2  # its notebooks would be students
    assert before == {path: path.read_bytes() for path in Path("grades").rglob("*") if path.is_file()}
    hand_in(Path("class"), {"chen": right})
    assert cli.main(command) == 0 and set(verdicts(Path("grades"))) == {"ada", "bob", "chen"}
    shutil.rmtree(Path("class/bob"))
    capsys.readouterr()
    assert cli.main([*command, "--anonymous"]) == 0
    assert "Graded in the last run, and no longer in class: bob.\n" in capsys.readouterr().out
    assert cli.main(command) == 0 and "no longer" not in capsys.readouterr().out
    Path("moved").mkdir()
    for name in ("class", "grades"):
        shutil.move(name, f"moved/{name}")
    monkeypatch.chdir("moved")
    assert cli.main(command) == 0 and len(here) == 3


def test_options_that_are_forgotten_are_told(confined, here, tmp_path, capsys):
    folder = hand_in(tmp_path / "class", {"ada": answer(HEAD + RIGHT)})
    command = ["grade", str(folder), "--out", str(tmp_path / "out")]
    assert cli.main([*command, "--points", "momentum=2", "--anonymous"]) == 0
    assert "In the last run" not in capsys.readouterr().out
    assert cli.main(command) == 0
    said = capsys.readouterr().out
    assert "In the last run points was 'momentum=2'; now it is not given.\n" in said
    assert "In the last run anonymous was given; now it is not given.\n" in said
    assert cli.main(command) == 0 and "In the last run" not in capsys.readouterr().out


@pytest.mark.skipif(sys.platform == "win32", reason="no lock there")
def test_a_second_run_into_one_folder_is_refused(confined, here, tmp_path, capsys):
    folder, out = hand_in(tmp_path / "class", {"ada": answer(HEAD + RIGHT)}), tmp_path / "out"
    out.mkdir()
    command = ["grade", str(folder), "--out", str(out)]
    with alone(out):
        assert cli.main(command) == 2
        assert f"another run is writing into {out}: wait for its end" in capsys.readouterr().err
    assert not list(out.iterdir()) and cli.main(command) == 0


# ---------------------------------------------------------------- killed


def test_a_run_that_was_killed_goes_on_where_it_was(whole, tmp_path, capsys):
    _, results = whole
    few = ["bob", "chen", "fatima", "goran", "joão"]
    folder, out = hand_in(tmp_path / "class", {student: CLASS[student] for student in few}), tmp_path / "grades"
    out.mkdir()
    shutil.copy(results / "seeds.json", out)
    place = run._folder_of_run(out).path
    command = ["grade", str(folder), "--out", str(out)]
    code = f"import sys; from course_lib import cli; sys.exit(cli.main({[*command, '--workers', '1']!r}))"
    grader = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        end = time.monotonic() + 60
        while not ((out / "journal.jsonl").exists() and lines(out) >= 2) and time.monotonic() < end:
            time.sleep(0.01)
    finally:
        grader.send_signal(signal.SIGKILL)
        grader.wait()
    journal = out / "journal.jsonl"
    journal.write_bytes(journal.read_bytes()[:-40])
    end = time.monotonic() + 10
    while place.exists() and processes_of(place) and time.monotonic() < end:
        time.sleep(0.05)
    assert processes_of(place) == []
    known = len(Journal(journal).rows)
    assert 1 <= known < len(few)
    assert cli.main([*command, "--workers", "1"]) == 0
    assert f"{known} of {len(few)} notebooks are graded already." in capsys.readouterr().out
    assert verdicts(out) == {student: WANTED[student] for student in few}
    assert without_time(out) == [row for row in without_time(results) if row["student"] in few]
    assert len(Journal(journal).rows) == len(few) and not place.exists()


@pytest.mark.skipif(sys.platform == "win32", reason="its Ctrl-C is no signal that can be sent")
def test_ctrl_c_is_one_sentence_and_leaves_no_process(confined, tmp_path):
    slow = answer("import time\n" + HEAD + "    time.sleep(30)\n" + RIGHT)
    folder, out = hand_in(tmp_path / "class", {"ada": ALL, **dict.fromkeys("bcdefgh", slow)}), tmp_path / "out"
    code = f"import sys; from course_lib import cli; sys.exit(cli.main({['grade', str(folder), '--out', str(out)]!r}))"
    command = [sys.executable, "-c", code]
    grader = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True)
    end = time.monotonic() + 60
    while not (out / "journal.jsonl").exists() and time.monotonic() < end:
        time.sleep(0.05)
    os.killpg(grader.pid, signal.SIGINT)  # as a terminal does: to all of its processes
    _, said = grader.communicate(timeout=20)
    graded = lines(out)
    assert grader.returncode == 130
    assert said.decode() == f"\nStopped: {graded} of 8 notebooks are graded. The same command goes on.\n"
    place = run._folder_of_run(out).path
    end = time.monotonic() + 10
    while processes_of(place) and time.monotonic() < end:
        time.sleep(0.05)
    assert processes_of(place) == [] and not place.exists()


def test_ctrl_c_while_a_process_starts_is_a_sentence_too(tmp_path, monkeypatch, capsys):
    def receive(*_):
        raise Interrupted

    monkeypatch.setattr(Process, "receive", receive)
    folder = hand_in(tmp_path / "class", {"ada": answer(HEAD + RIGHT)})
    assert cli.main(["grade", str(folder), "--out", str(tmp_path / "out")]) == 130
    assert capsys.readouterr().err == "\nStopped.\n"


def test_without_a_terminal_a_line_tells_how_far_it_is(confined, here, tmp_path, monkeypatch, capsys):
    folder = hand_in(tmp_path / "class", dict.fromkeys(("ada", "bob"), answer(HEAD + RIGHT)))
    told = ["1 of 2 notebooks are graded.", "2 of 2 notebooks are graded."]
    for seconds, lines in [(0.0, told), (100.0, told[1:])]:  # the last line says that all are
        monkeypatch.setattr(run, "PROGRESS", seconds)
        assert cli.main(["grade", str(folder), "--out", str(tmp_path / f"out {seconds}")]) == 0
        said = capsys.readouterr().out.splitlines()
        assert [line for line in said if "notebooks are graded" in line] == lines


@pytest.mark.parametrize("line", [b"{", b"[]", b'"a"', b"\xff", b'{"key": 1}', b'{"key": "a", "rows": [{}]}', b"null"])
def test_a_line_of_the_journal_that_is_none_is_passed_over(tmp_path, line):
    path = tmp_path / "journal.jsonl"
    path.write_bytes(line)
    journal, row = Journal(path), Row("ada", "momentum", Verdict.PASS, message=("é",), scores=(1.5,))
    assert journal.rows == {}
    journal.add("key", [row])
    assert Journal(path).rows == {"key": [row]} == journal.rows


def works(count, names=("momentum",)):
    task = Task((0,))
    return [Work(f"student {n}", answer(HEAD + RIGHT), "a.ipynb", names, task) for n in range(count)]


def test_a_worker_that_is_killed_costs_nothing(confined):
    asked, results = works(4), []
    for work, rows in grade_here(asked, 1):
        results.append((work.student, [str(row.verdict) for row in rows]))
        if len(results) == 2:
            (worker,) = multiprocessing.active_children()
            os.kill(worker.pid, signal.SIGKILL)
    assert sorted(results) == [(work.student, ["PASS"]) for work in asked]


def test_workers_that_are_killed_again_and_again_leave_rows_that_say_so(confined, monkeypatch):
    monkeypatch.setattr(pool, "TRIES", 0)
    ((_, (row,)),) = grade_here(works(1), 1)
    assert row.verdict is Verdict.NOT_GRADED and row.student == "student 0"


@pytest.mark.slow
def test_a_cluster_of_which_a_worker_is_killed(confined):
    pytest.importorskip("distributed")
    asked, results = works(6), []
    for work, rows in grade_on_cluster(asked, "local", trust=False):
        results.append((work.student, [str(row.verdict) for row in rows]))
        if len(results) == 1:
            os.kill(min(child.pid for child in multiprocessing.active_children()), signal.SIGKILL)
    assert sorted(results) == [(work.student, ["PASS"]) for work in asked]


# ---------------------------------------------------------------- the challenge

NEAREST = """\
def train(x, y, rng):
    def predict(new):
        far = ((new[:, None] - x) ** 2).sum(axis=2)
        return np.stack([-far[:, y == k].min(axis=1) for k in range(10)], axis=1)
    return predict
"""


def entry(source, draws=(3,)):
    return grade_entry(notebook(cell(source)), "a.ipynb", Entry(), Sandbox(), draws, None)


def test_an_entry_scores_what_it_scores_here(confined):
    row = entry(NEAREST, (3, 4))
    assert row.verdict is Verdict.PASS and row.scores == tuple(sealed_score(LADDER[BASELINE], n)[0] for n in (3, 4))
    assert f"{np.mean(row.scores):.1f}" in row.message[0] and "+0.0 ± 0.0 points over 1-NN" in row.message[1]


@pytest.mark.parametrize(
    ("source", "verdict", "words"),
    [
        ("x = 1\n", "NOT ATTEMPTED", "No cell defines `train`"),
        ("def train(x, y, rng):\n    return 3\n", "NOT YET", "must return a function"),
        ("def train(x, y, rng):\n    return lambda new: np.zeros(3)\n", "NOT YET", "must return scores of shape"),
        ("def train(x, y, rng):\n    return lambda new: np.full((len(new), 10), np.nan)\n", "NOT YET", "finite"),
        ("def train(x, y, rng):\n    return 1 / 0\n", "NOT YET", "ZeroDivisionError"),
        ("def train(x, y, rng):\n    import os\n    os._exit(0)\n", "CRASHED", "ended the whole program"),
        ("a = exit()\n" + NEAREST, "PASS", "%"),
        ("train = 3\ndef trains(): ...\n", "NOT ATTEMPTED", "No cell defines `train`"),
    ],
)
def test_an_entry_without_a_score_says_why(confined, source, verdict, words):
    row = entry(source)
    assert str(row.verdict) == verdict and words in " ".join(row.message), row


@pytest.mark.parametrize(
    "line",
    [
        "from course_lib.studies.challenge import sealed; labels = sealed(3).y_test",
        "from sklearn.datasets import load_digits; labels = load_digits().target",
        "import gc; labels = [a for a in gc.get_objects() if isinstance(a, np.ndarray) and a.shape == (1100,)][0]",
    ],
)
def test_labels_of_sealed_digits_cannot_be_had(confined, line):
    source = "def train(x, y, rng):\n    def predict(new):\n" + "".join(
        f"        {part}\n" for part in line.split("; ")
    )
    row = entry(f"{source}        return np.eye(10)[labels[:len(new)]]\n    return predict\n")
    assert row.verdict is Verdict.NOT_YET and not row.scores, row


def test_an_entry_cannot_change_the_graders_digits(confined):
    before = sealed_score(LADDER[BASELINE], 3)[0]
    entry(NEAREST.replace("    def predict", "    x *= 0; y *= 0\n    def predict").replace("far =", "new *= 0; far ="))
    assert sealed_score(LADDER[BASELINE], 3)[0] == before


OTHERS = "an entry has its own hundred digits and no others"


@pytest.mark.parametrize(
    "more",
    [
        "x, y = (np.concatenate(parts) for parts in zip(*[practice(k)[:2] for k in range(60)], (x, y)))",
        "x, y, *_ = practice(1)",
        "x, y = data.x_train, data.y_train",
        "x, y = split().x_train, split().y_train",
        "x, y = sealed(7)[:2]",
        "x, y = load_digits(np.random.default_rng(0))[:2]",
        "x, y = load_glyphs(np.random.default_rng(0), 100, characters='0123456789')",
        "cross_validate(LADDER['1-NN on pixels'])",
    ],
)
def test_an_entry_has_no_labels_but_its_own(confined, more):
    """Not those of the practice digits either: with sixty draws of them the nearest neighbour is 8 points better."""
    imports = (
        "from course_lib.challenge import LADDER, cross_validate, practice\n"
        "from course_lib.data import load_digits, load_glyphs\n"
        "from course_lib.studies.challenge import sealed, split\ndata = practice(0)\n"
    )
    row = entry(imports + NEAREST.replace("    def predict", f"    {more}\n    def predict"))
    assert row.verdict is Verdict.NOT_YET and OTHERS in row.message[0] and not row.scores, row


def test_an_entry_that_may_hold_digits_has_a_note(confined):
    """All digits are public, and so a notebook can hold them with their labels."""
    held = f"known = {list(range(5000))}\n" + NEAREST.replace("    def predict", "    len(known)\n    def predict")
    row = entry(held)
    assert row.passed and len(row.notes) == 1 and "look whether digits are written in it" in row.notes[0]
    assert entry(NEAREST).notes == ()


def test_practice_may_lend_its_form(confined):
    """As in the chapter's own cell, there or outside of `train`."""
    cells = [one.replace("128", "64").replace("practice()", "blank") for one in chapter_13()]
    cells.insert(2, "blank = practice(3)")
    row = grade_entry(notebook(*map(cell, cells)), "a.ipynb", Entry(), Sandbox(), (3,), None)
    assert row.verdict is Verdict.PASS and row.scores[0] > 80 and row.notes == (), row


def chapter_13():
    cells = json.loads((Path(__file__).parents[2] / "book/13_challenge.ipynb").read_text("utf-8"))["cells"]
    return ["".join(one["source"]) for one in cells if one["cell_type"] == "code"]


def test_the_chapters_own_train_is_no_entry(confined):
    raw = notebook(*map(cell, [*chapter_13(), "# nothing of mine\n"]))
    row = grade_entry(raw, "a.ipynb", Entry(), Sandbox(), (3,), None)
    assert row.verdict is Verdict.NOT_ATTEMPTED and "still the one that the chapter gives" in row.message[0], row
    for old, new in [("128", "64"), ("import Cosine, Momentum", "import Cosine, Nesterov as Momentum")]:
        mine = notebook(*(cell(one.replace(old, new) if "train(" in one or "Cosine," in one else one)
                          for one in chapter_13()))  # fmt: skip
        assert grade_entry(mine, "a.ipynb", Entry(), Sandbox(), (3,), None).passed


def test_a_process_that_closes_less_than_the_trial_did_grades_nothing(monkeypatch):
    """Nor does one that ends before it has seen the answer: neither is the student's fault."""
    exercise = {"momentum": EXERCISES["momentum"]}
    raw = answer(EXERCISES["momentum"].source)
    less = Task(sandbox=Sandbox(closed=("limits", "Landlock 99", "seccomp")))
    (row,) = grade_notebook(raw, "x.ipynb", exercise, less)
    assert row.verdict is Verdict.NOT_GRADED and "a process closed only" in row.message[0]
    ends = Task(sandbox=Sandbox(python="/bin/true"))
    (row,) = grade_notebook(raw, "x.ipynb", exercise, ends)
    assert row.verdict is Verdict.NOT_GRADED and "no process for the answer has started" in row.message[0]


@pytest.fixture
def poor(confined, tmp_path):
    """A sandbox whose Python has neither torch nor the library, as an image with NumPy alone."""
    without = (
        "import sys\n"
        "class Without:\n"
        "    def find_spec(name, path, target=None):\n"
        "        if name in ('torch', 'course_lib'): raise ModuleNotFoundError(f'No module {name}', name=name)\n"
        "sys.meta_path.insert(0, Without)\n"
    )
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" -I -B -c "{without}$4"\n')
    python.chmod(0o700)
    return Sandbox(python=str(python))


@pytest.mark.parametrize(
    ("name", "source", "package"),
    [
        ("head_step", "def head_step(features, head, y, optimizer):\n    return 1\n", "torch"),
        ("momentum", "from course_lib.optim import Momentum\n" + HEAD + "    return Momentum(0.1)\n", "course_lib"),
        ("challenge", "from course_lib.nn import fit\ndef train(x, y, rng):\n    return fit\n", "course_lib"),
    ],
)
def test_a_package_that_the_answers_python_lacks_is_not_the_students_fault(poor, name, source, package):
    raw = notebook(cell(source, f"exercise:{name}"))
    (row,) = grade_notebook(raw, "x.ipynb", {name: pool.book()[name]}, Task(sandbox=poor, draws=(3,)))
    assert row.verdict is Verdict.NOT_GRADED and f"has no `{package}`. This is no fault of yours" in row.message[0], row
    assert "leave out" not in row.message[0]


def test_a_package_that_nobody_has_is_the_answers_own_affair(poor):
    raw = answer(HEAD + "    import panda_s\n" + RIGHT)
    (row,) = grade_notebook(raw, "x.ipynb", {"momentum": EXERCISES["momentum"]}, Task(sandbox=poor))
    assert row.verdict is Verdict.NOT_YET and "No module named 'panda_s'" in row.message[0]


def test_a_python_with_numpy_alone_grades_an_entry_that_needs_no_more(poor):
    row = grade_entry(notebook(cell(NEAREST)), "a.ipynb", Entry(), poor, (3,), None)
    assert row.verdict is Verdict.PASS, row
