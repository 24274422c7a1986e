"""Results as data: what is written is read again, the page is made from it, damage is named, none is half-written."""

import json
import re
import subprocess
import sys
import zipfile
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
import scipy.stats

from course_lib import cli, studies
from course_lib.explore.sources import LIBRARY
from course_lib.site.keys import every_file
from course_lib.studies import Study, stored
from course_lib.studies.page import MARK, render, setting, write
from course_lib.studies.stored import dumps, loads, provenance, read, replace_files
from course_lib.studies.student import t_factor
from course_lib.studies.study import Results

NAMES = {"steps": (0.0, 2.0), "more": (1.0, 3.0)}
MADE = {"date": "2026-11-28", "Python": "3.11.7"}


def measure(row, seed):
    rng = np.random.default_rng([seed, int(10 * row)])
    return {"height": row + rng.normal(), "width": rng.normal() / 3}


def toy(low=0.0, high=2.0, **options):
    return Study("Steps", "How high?", measure, {"floor": low, "“stairs” [±]": high}, **options)


@pytest.fixture
def toys(monkeypatch):
    made = {name: toy(*ends, seeds=4) for name, ends in NAMES.items()}
    monkeypatch.setattr(studies, "STUDIES", made)
    return made


@pytest.fixture
def page(tmp_path):
    path = tmp_path / "book" / "measured.md"
    path.parent.mkdir()
    path.write_text(f"# Measured\n\nRead me.\n\n{MARK}\n\nold\n", "utf-8")
    return path


def text(seeds=4, study=None):
    return dumps("steps", replace((study or toy()).run(seeds), made=MADE))


def test_what_is_written_is_read_again():
    study = toy()
    results = study.run(4)
    again = loads(text(), "steps", study)
    assert again.names == results.names and again.made == MADE and again.study is study and again.seeds == 4
    for quantity, values in results.values.items():
        np.testing.assert_allclose(again.values[quantity], values, rtol=1e-8)
    assert dumps("steps", again) == text()


def test_the_file_has_means_and_errors_for_any_reader():
    content = json.loads(text())
    assert content["seeds"] == [0, 1, 2, 3] and content["made"] == MADE and content["title"] == "Steps"
    values = [measure(2.0, seed)["height"] for seed in range(4)]
    row = content["quantities"]["height"]["“stairs” [±]"]
    assert row["mean"] == pytest.approx(np.mean(values), rel=1e-8)
    assert row["error"] == pytest.approx(scipy.stats.sem(values), rel=1e-8)
    assert row["values"] == pytest.approx(values, rel=1e-8)
    assert len(text().splitlines()) == 16  # a line for each quantity of each row


def test_one_seed_has_no_error():
    assert json.loads(text(1))["quantities"]["width"]["floor"]["error"] is None
    assert np.isnan(loads(text(1), "steps", toy()).error("width")).all()


def test_provenance():
    made = provenance()
    date.fromisoformat(made["date"])
    assert made["NumPy"] == np.__version__ and list(made)[:5] == ["date", "Python", "NumPy", "scikit-learn", "torch"]
    assert re.fullmatch(r"Measured on \d{4}-\d\d-\d\d with Python 3\.\d+.*, NumPy .*; float32\.", setting(made))


# What the package holds

PAGE = Path(__file__).parents[2] / "book" / "measured.md"


def test_the_books_page_is_made_from_what_the_package_holds():
    results = {name: studies.load(name) for name in studies.STUDIES}
    page = PAGE.read_text("utf-8")
    assert page == render(page, results), "write it anew: `course study --page`"
    for name, one in results.items():
        assert one.seeds == studies.STUDIES[name].seeds and (stored.FOLDER / f"{name}.json").stat().st_size < 80_000
        assert f"{t_factor(one.seeds - 1):.2f}" in page.partition(MARK)[0], "how to read the page says each factor"


def test_the_wheel_holds_code_and_data(tmp_path):
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(command, cwd=LIBRARY.parent, check=True, capture_output=True)
    [wheel] = tmp_path.glob("*.whl")
    files = {path.relative_to(LIBRARY.parent).as_posix() for path in every_file()}
    assert "course_lib/studies/results/transfer.json" in files
    assert files <= set(zipfile.ZipFile(wheel).namelist())


# What is damaged


def other(change):
    content = json.loads(text())
    change(content)
    return json.dumps(content)


def row(content):
    return content["quantities"]["height"]["floor"]


@pytest.mark.parametrize(
    ("damaged", "words"),
    [
        (text()[:-40], "Expecting"),
        ("[]", "it must have the keys study, title, made, seeds, quantities"),
        (other(lambda c: c.pop("made")), "it must have the keys"),
        (other(lambda c: c.update(more=1)), "it must have the keys"),
        (other(lambda c: c.update(study="more")), "it holds the study 'more'"),
        (other(lambda c: c.update(made=3)), "made must be a dict of texts with a date, not 3"),
        (other(lambda c: c["made"].pop("date")), "made must be a dict of texts with a date"),
        (other(lambda c: c["made"].update(date="soon")), "Invalid isoformat string: 'soon'"),
        (other(lambda c: c.update(seeds=[])), "seeds must be 0, 1, …"),
        (other(lambda c: c.update(seeds=[0, 2])), "seeds must be 0, 1, …"),
        (other(lambda c: c.update(quantities={})), "quantities must be a dict"),
        (other(lambda c: c["quantities"].update(height=3)), "height must be a dict of rows, not 3"),
        (other(lambda c: c["quantities"]["width"].pop("floor")), "width has the rows"),
        (other(lambda c: row(c).pop("mean")), "height of floor must have mean, error, values"),
        (other(lambda c: row(c)["values"].pop()), "height of floor must have 4 values"),
        (other(lambda c: row(c).update(values=[1, 2, "3", 4])), "height of floor must be finite numbers"),
        (other(lambda c: row(c).update(values=[1, 2, True, 4])), "height of floor must be finite numbers"),
        (other(lambda c: row(c).update(mean=7.5)), "height of floor has the mean 7.5, its values"),
        (other(lambda c: row(c).update(error=None)), "height of floor has the error None, its values"),
        (re.sub(r'"mean": [^,]*', '"mean": NaN', text()), "numbers must be finite, not NaN"),
    ],
)
def test_damage_is_named(damaged, words, tmp_path):
    path = tmp_path / "steps.json"
    path.write_text(damaged, "utf-8")
    with pytest.raises(ValueError, match=re.escape("steps.json is damaged, or older than its study: ")) as caught:
        read(path, toy())
    assert words in str(caught.value)


def test_bytes_that_are_no_text(tmp_path):
    (tmp_path / "steps.json").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ValueError, match=r"steps\.json is damaged"):
        read(tmp_path / "steps.json", toy())


def test_a_study_that_was_changed_wants_to_be_measured_again():
    with pytest.raises(ValueError, match=r"height has the rows \['floor', '“stairs” \[±\]'\], the study \['attic'\]"):
        loads(text(), "steps", Study("Steps", "", measure, {"attic": 4.0}))


def test_names_that_are_not_there(tmp_path, monkeypatch):
    with pytest.raises(ValueError, match="there is no study 'nope', only wrong-labels, few-examples"):
        studies.load("nope")
    monkeypatch.setattr(stored, "FOLDER", tmp_path)
    with pytest.raises(FileNotFoundError, match="no results of the study 'transfer': measure them with `course study"):
        studies.load("transfer")


# The page and the files are written together


def test_the_page_is_made_from_the_files_and_keeps_its_head(page, toys, tmp_path, monkeypatch):
    folder = tmp_path / "results"
    folder.mkdir()
    (folder / "gone.json").write_text("{}")
    results = {name: study.run() for name, study in toys.items()}
    for _ in range(2):  # a second time changes nothing
        write(page, folder, results)
        assert {path.name for path in folder.iterdir()} == {"steps.json", "more.json"}
        monkeypatch.setattr(stored, "FOLDER", folder)
        loaded = {name: studies.load(name) for name in toys}
        tables = "\n\n".join(one.table().markdown() for one in loaded.values())
        made = setting(loaded["steps"].made)
        assert page.read_text("utf-8") == f"# Measured\n\nRead me.\n\n{MARK}\n\n{made}\n\n{tables}\n"
        assert render(page.read_text("utf-8"), loaded) == page.read_text("utf-8")


def test_a_table_of_another_run_says_so(page):
    first = replace(toy().run(2), made=MADE)
    later = replace(first, made=MADE | {"date": "2026-11-29"})
    text = render(page.read_text("utf-8"), {"a": first, "b": later, "c": first})
    table = first.table().markdown()
    assert text.partition(f"{MARK}\n\n")[2] == (
        f"{setting(MADE)}\n\n{table}\n\n{table}\n\n{setting(later.made)}\n\n{table}\n"
    )


@pytest.mark.usefixtures("toys")
def test_one_study_is_stored_alone_and_the_others_stay(book, monkeypatch):
    assert cli.main(["study", "--write"]) == 0
    before = {path.stem: path.read_bytes() for path in stored.FOLDER.glob("*.json")}
    monkeypatch.setattr("course_lib.studies.page.provenance", lambda: MADE)
    assert cli.main(["study", "more", "--write", "--seeds", "3"]) == 0
    after = {path.stem: path.read_bytes() for path in stored.FOLDER.glob("*.json")}
    assert after["steps"] == before["steps"] and studies.load("more").seeds == 3 and studies.load("more").made == MADE
    written = book.read_text("utf-8")
    assert written.count("## Steps") == 2 and written.endswith(f"{setting(MADE)}\n") and "3 seeds" in written
    assert cli.main(["study", "--page"]) == 0 and book.read_text("utf-8") == written


@pytest.mark.usefixtures("toys")
def test_one_study_is_stored_beside_the_others_or_not_at_all(book, capsys):
    assert cli.main(["study", "more", "--write"]) == 2
    assert "no results of the study 'steps'" in capsys.readouterr().err and "old" in book.read_text("utf-8")


def test_a_page_without_the_mark_stays_as_it_is(page, tmp_path):
    page.write_text("# Measured\n", "utf-8")
    with pytest.raises(ValueError, match="the page must have the line <!--"):
        write(page, tmp_path / "results", {"steps": toy().run(2)})
    assert page.read_text("utf-8") == "# Measured\n" and not (tmp_path / "results").exists()


def test_a_write_that_fails_leaves_the_old_files(tmp_path, monkeypatch):
    first, second = tmp_path / "a", tmp_path / "b"
    first.write_text("old")
    with pytest.raises(FileNotFoundError):
        replace_files({first: "new", tmp_path / "no folder" / "c": "new"})
    assert [path.name for path in tmp_path.iterdir()] == ["a"] and first.read_text() == "old"
    replace_files({first: "new", second: "ñew"})
    assert first.read_text() == "new" and second.read_text("utf-8") == "ñew" and len(list(tmp_path.iterdir())) == 2


@pytest.fixture
def book(page, monkeypatch):
    (page.parents[1] / "pyproject.toml").write_text('name = "course-lib"\n')
    monkeypatch.chdir(page.parent)
    monkeypatch.setattr(stored, "FOLDER", page.parents[1] / "course_lib" / "studies" / "results")
    return page


@pytest.mark.usefixtures("toys")
def test_the_command_stores_and_the_page_can_be_made_again(book, capsys, monkeypatch):
    assert cli.main(["study", "--write"]) == 0
    written = book.read_text("utf-8")
    assert written.count("## Steps\n\nHow high? 4 seeds; ") == 2 and studies.load("more").seeds == 4
    book.write_text(written.replace("Read me.", "Read me again.").replace("| floor", "| attic"), "utf-8")
    monkeypatch.setattr(Study, "run", None)  # nothing is measured
    assert cli.main(["study", "--page"]) == 0
    assert book.read_text("utf-8") == written.replace("Read me.", "Read me again.")
    assert cli.main(["study", "steps", "--page"]) == 2
    assert "--page is for all studies: leave out 'steps'" in capsys.readouterr().err


@pytest.mark.parametrize("at", [0, 1])
def test_an_interrupted_run_leaves_the_old_files_whole(at, book, toys, monkeypatch):
    assert cli.main(["study", "--write"]) == 0
    before = {path: path.read_bytes() for path in book.parents[1].rglob("*") if path.is_file()}

    def stopped(row, seed):
        raise KeyboardInterrupt

    name = list(toys)[at]
    monkeypatch.setitem(toys, name, replace(toys[name], measure=stopped))
    assert cli.main(["study", "--write", "--seeds", "2"]) == 130
    assert {path: path.read_bytes() for path in book.parents[1].rglob("*") if path.is_file()} == before


def test_results_stay_as_they_are():
    with pytest.raises(AttributeError):
        Results(toy(), [], {}).made = {}
