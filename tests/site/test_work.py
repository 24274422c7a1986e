"""The reader's own copies: made once, updated without losing anything."""

import copy
import json
import shutil
from pathlib import Path

import nbformat
import pytest

from course_lib import chapters, cli
from course_lib.site import repository, work
from course_lib.site.notebooks import dumps

ROOT = Path(__file__).parents[2]
EXERCISES = chapters.exercises()


@pytest.fixture
def book(tmp_path, monkeypatch):
    """A copy of the book without the library, in which the commands run."""
    shutil.copytree(ROOT / "book", tmp_path / "book", ignore=shutil.ignore_patterns("web"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def chapter(book):
    return sorted((book / "book").glob("[0-9][0-9]_*.ipynb"))[0]


def copy_of(book):
    return book / "work" / chapter(book).name


def read(path):
    return json.loads(path.read_text("utf-8"))


def cell_of(notebook, name):
    (cell,) = [c for c in notebook["cells"] if c["id"] == name or f"exercise:{name}" in c["metadata"].get("tags", [])]
    return cell


def source(cell):
    return "".join(cell["source"])


def edit(path, change):
    notebook = read(path)
    change(notebook)
    path.write_text(json.dumps(notebook, indent=1), "utf-8")


def files(book):
    return {path: path.read_bytes() for path in (book / "work").rglob("*") if path.is_file()}


def test_the_copies_are_made_once_and_never_overwritten(book, capsys):
    assert cli.main(["work"]) == 0
    names = [work.CONTENTS, *(path.name for path in sorted((book / "book").glob("*.ipynb")))]
    assert sorted(path.name for path in (book / "work").glob("*.ipynb")) == names
    for name in names:
        nbformat.validate(nbformat.read(book / "work" / name, as_version=4))
        assert f"work/{name}: new" in capsys.readouterr().out or name != names[0]
    contents = source(read(book / "work" / work.CONTENTS)["cells"][0])
    for name in names[1:]:
        title = source(read(book / "book" / name)["cells"][0]).splitlines()[0].removeprefix("# ")
        assert f"- [{title}]({name})\n" in contents
    copy_of(book).write_text("mine", "utf-8")
    (book / "work" / work.CONTENTS).unlink()
    before = files(book)
    assert cli.main(["work"]) == cli.main(["work", "--update"]) == 1  # and the others are made
    assert before.items() <= files(book).items() and (book / "work" / work.CONTENTS).exists()
    assert "left as it is" in capsys.readouterr().err


def test_an_update_of_the_same_version_changes_nothing(book, capsys):
    cli.main(["work"])
    edit(copy_of(book), lambda notebook: notebook["cells"].pop(3))
    before = files(book)
    assert cli.main(["work", "--update"]) == 0 and files(book) == before
    assert capsys.readouterr().out.splitlines()[-1] == f"Your notebooks are in {book / 'work'}"


def test_an_update_keeps_what_the_reader_wrote(book, capsys):
    cli.main(["work"])
    path = copy_of(book)
    exercises = [t[9:] for c in read(path)["cells"] for t in c["metadata"].get("tags", []) if t[:9] == "exercise:"]
    first, second = exercises[:2]
    text, other, last = (
        c["id"]
        for c in [*(c for c in read(path)["cells"] if c["cell_type"] == "markdown" and "figure" not in c["id"])][1:4]
    )

    def readers(notebook):
        cell_of(notebook, first)["source"] = "def mine():\n    return 1"
        cell_of(notebook, second)["source"] = ["my answer\n", "is long"]
        cell_of(notebook, text)["source"] += ["\nA note of mine."]
        cell_of(notebook, other)["source"] = "Rewritten by me."
        at = notebook["cells"].index(cell_of(notebook, last)) + 1
        notebook["cells"].insert(at, nbformat.v4.new_code_cell("helper = 1"))
        notebook["metadata"]["kernelspec"]["name"] = "my-kernel"

    def books(notebook):
        cell_of(notebook, second)["source"] = ["def renamed():\n", "    ex.todo()"]
        cell_of(notebook, other)["source"] += ["\n\nRewritten by the book."]
        cell_of(notebook, last)["source"] += ["\n\nA better text."]

    edit(path, readers)
    edit(chapter(book), books)
    mine = path.read_bytes()
    capsys.readouterr()
    assert cli.main(["work"]) == 0 and path.read_bytes() == mine
    assert f"work/{path.name}: there is a new version: `course work --update`" in capsys.readouterr().out
    assert cli.main(["work", "--update"]) == 0
    said = capsys.readouterr().out
    assert f"with your answers to {first}, {second}" in said and f"what you changed in {other} has changed" in said
    new = read(path)
    nbformat.validate(nbformat.from_dict(new))
    assert source(cell_of(new, first)) == "def mine():\n    return 1"
    assert source(cell_of(new, second)) == "my answer\nis long"
    assert source(cell_of(new, text)).endswith("\nA note of mine.")
    assert source(cell_of(new, other)).endswith("Rewritten by the book.")
    at = new["cells"].index(cell_of(new, last))
    assert source(new["cells"][at]).endswith("\nA better text.") and source(new["cells"][at + 1]) == "helper = 1"
    assert new["metadata"]["kernelspec"]["name"] == "my-kernel"
    (backup,) = (book / "work" / work.BACKUPS).iterdir()
    assert backup.read_bytes() == mine

    before = files(book)
    assert cli.main(["work", "--update"]) == 0 and files(book) == before  # once is enough
    edit(chapter(book), lambda notebook: cell_of(notebook, last)["source"].append("\nBetter still."))
    assert cli.main(["work", "--update"]) == 0
    again = read(path)
    assert source(cell_of(again, second)) == "my answer\nis long" and source(cell_of(again, last)).endswith(
        "Better still."
    )
    assert [source(c) for c in again["cells"]].count("helper = 1") == 1
    assert len(list((book / "work" / work.BACKUPS).iterdir())) == 2
    assert backup.read_bytes() == mine


def version(*cells):
    """A version of a notebook, with marks: (id, source, tags)."""
    made = [
        {"cell_type": "code", "id": i, "metadata": {"tags": list(tags)}, "source": text.splitlines(keepends=True)}
        | {"outputs": [], "execution_count": None}
        for i, text, *tags in cells
    ]
    for cell in made:
        cell["metadata"][work.MARK] = f"{cell['id']} {work._hash(source(cell))}"
    return {"cells": made, "metadata": {work.MARK: work._hash(dumps({"cells": made}))}, "nbformat": 4}


OLD = version(("a", "1"), ("b", "stub", "exercise:b"), ("c", "3"))
NEW = version(("a", "1"), ("b", "stub", "exercise:b"), ("c", "4"), ("d", "5"))


def merged(change, old=OLD, new=NEW):
    mine = copy.deepcopy(old)
    change(mine["cells"])
    notebook, answers, left = work.merge(mine, copy.deepcopy(new))
    nbformat.validate(nbformat.from_dict(notebook | {"nbformat_minor": 5}))
    return [source(cell) for cell in notebook["cells"]], answers, left


def added(text, *tags):
    return {"cell_type": "code", "id": text, "metadata": {"tags": list(tags)}, "source": text} | {
        "outputs": [],
        "execution_count": None,
    }


@pytest.mark.parametrize(
    ("change", "cells", "answers", "left"),
    [
        (lambda c: None, "1 stub 4 5", [], []),
        (lambda c: c.clear(), "1 stub 4 5", [], []),
        (lambda c: c[1].update(source="x"), "1 x 4 5", ["b"], []),
        (lambda c: c[0].update(source="y"), "y stub 4 5", [], []),
        (lambda c: c[2].update(source="y"), "1 stub 4 5", [], ["c"]),
        (lambda c: c[2].update(source="4"), "1 stub 4 5", [], []),
        (lambda c: c.insert(0, added("z")), "z 1 stub 4 5", [], []),
        (lambda c: c.append(added("z")), "1 stub 4 z 5", [], []),
        (lambda c: c.append(added("")), "1 stub 4 5", [], []),
        # the answer is in a new cell, with the tag on it, beside the stub or in its place
        (lambda c: c.insert(1, added("x", "exercise:b")), "1 x 4 5", ["b"], []),
        (lambda c: c.insert(2, added("x", "exercise:b")), "1 x 4 5", ["b"], []),
        (lambda c: c.__setitem__(1, added("x", "exercise:b")), "1 x 4 5", ["b"], []),
        # two answers: none is lost
        (lambda c: (c[1].update(source="x"), c.insert(2, added("w", "exercise:b"))), "1 x w 4 5", ["b"], []),
        # the tag is lost, the name is still in the mark
        (lambda c: (c[1].update(source="x"), c[1]["metadata"].pop("tags")), "1 x 4 5", ["b"], []),
        # a copied cell has the mark of the other
        (lambda c: c.append(copy.deepcopy(c[0])), "1 stub 4 5", [], []),
        (lambda c: c.append(copy.deepcopy(c[0]) | {"source": "y"}), "y stub 4 5", [], []),
    ],
)
def test_cell_by_cell(change, cells, answers, left):
    assert merged(change) == (cells.split(), answers, left)


def test_cells_that_the_book_dropped_stay_only_if_the_reader_changed_them():
    new = version(("a", "1"))
    assert merged(lambda c: None, new=new)[0] == ["1"]
    assert merged(lambda c: c[1].update(source="x"), new=new)[0] == ["1", "x"]


def test_a_notebook_without_marks_keeps_its_answers():
    """A file from elsewhere, the button of a page, say."""
    old = copy.deepcopy(OLD)
    for cell in old["cells"]:
        del cell["metadata"][work.MARK]
    assert merged(lambda c: c[1].update(source="x"), old=old) == (["1", "x", "4", "5"], ["b"], ["c"])


def test_outside_the_book_it_says_so(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert cli.main(["work"]) == 2 and "not inside a copy" in capsys.readouterr().err


def test_an_interrupted_update_leaves_the_old_file(book, monkeypatch):
    cli.main(["work"])
    edit(chapter(book), lambda notebook: notebook["cells"][0].update(source=["# Another title"]))
    before = copy_of(book).read_bytes()

    def fail(source, target):
        raise OSError("disk full")

    monkeypatch.setattr("os.replace", fail)
    assert cli.main(["work", "--update"]) == 2
    assert copy_of(book).read_bytes() == before
    assert [path.name for path in (book / "work").iterdir() if path.name.endswith(".new")] == []


def test_git_ignores_the_readers_folder():
    assert "/work/" in (ROOT / ".gitignore").read_text("utf-8").splitlines()
    assert repository.find_root(ROOT) == ROOT
