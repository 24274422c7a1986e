"""The reader's own copies of the chapters, in the folder `work`: made once, and updated when the reader asks.

Each cell of a copy has a mark in its metadata: its name, and a hash of what it held. So an update knows the cells
that the reader changed, those that the book changed, and those that the reader added.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from course_lib.exercises.record import NAME as PROGRESS
from course_lib.exercises.source import TAG
from course_lib.studies.stored import replace_files

from .notebooks import clean, dumps, read, tags_of
from .plain import make_plain, site_address

NAME = "work"
CONTENTS = "00_contents.ipynb"
BACKUPS = "backups"
MARK = "course"

Cell = dict[str, Any]
Notebook = dict[str, Any]


class Change(NamedTuple):
    """What happened to a copy, as a sentence for the reader; `failed` if it could not be updated."""

    path: Path
    sentence: str
    failed: bool = False


def prepare(root: Path, *, update: bool = False) -> Iterator[Change]:
    """Copy the chapters that the reader's folder lacks; yield what was done.

    A file that is there is never overwritten. With `update`, the new version of a chapter comes in with what the
    reader wrote, and the file as it was goes to `work/backups`.

    Args:
        root: the book's folder.
        update: whether to update copies of older versions.
    """
    folder = root / NAME
    if not folder.exists():
        folder.mkdir()
        (folder / PROGRESS).write_text("{}\n", "utf-8")  # `ex.progress()` is kept there as long as the file exists
    for name, new in versions(root).items():
        path = folder / name
        if not path.exists():
            replace_files({path: dumps(new)})
            yield Change(path, "new")
            continue
        try:
            mine = _read(path)
        except (OSError, ValueError) as error:
            yield Change(path, f"left as it is: {error}", failed=True)
            continue
        if mine.get("metadata", {}).get(MARK) == new["metadata"][MARK]:
            continue
        if update:
            yield _update(path, mine, new)
        else:
            yield Change(path, "there is a new version: `course work --update` brings it and keeps what you wrote")


def _read(path: Path) -> Notebook:
    notebook = json.loads(read(path))
    for cell in notebook["cells"]:
        parts = {"cell_type": str, "metadata": dict, "source": str | list}
        if not isinstance(cell, dict) or not all(isinstance(cell.get(key), kind) for key, kind in parts.items()):
            raise ValueError(f"{path} is not a notebook")
    return notebook


def versions(root: Path) -> dict[str, Notebook]:
    """Return the present versions of the copies, by file name: the contents, and every chapter, with marks."""
    chapters = {path.name: make_plain(path) for path in sorted((root / "book").glob("*.ipynb"))}
    notebooks = {CONTENTS: _contents(chapters, site_address(root))} | chapters
    for notebook in notebooks.values():
        for cell in notebook["cells"]:
            cell["metadata"][MARK] = f"{cell['id']} {_hash(_source(cell))}"
        notebook["metadata"][MARK] = _hash(dumps(notebook))
    return notebooks


def _contents(chapters: Mapping[str, Notebook], site: str) -> Notebook:
    """Return the notebook that lists the chapters."""
    lines = [f"- [{_title(notebook) or name}]({name})" for name, notebook in chapters.items()]
    text = f"""\
# Descent: your notebooks

{chr(10).join(lines)}

These copies are yours: change what you like. From a terminal, in the folder of the book,

- `.venv/bin/course check` checks all your answers;
- `.venv/bin/course work --update` brings new chapters and new versions, and keeps what you wrote.

`ex.progress()` remembers how far you are in the file `{PROGRESS}`; without that file it forgets when a notebook is
closed. The same chapters to read and to play with: {site}
"""
    cell = {"cell_type": "markdown", "id": "contents", "metadata": {}, "source": text.splitlines(keepends=True)}
    return clean({"cells": [cell], "metadata": {}})


def _title(notebook: Notebook) -> str:
    text = "\n\n".join(_source(cell) for cell in notebook["cells"] if cell["cell_type"] == "markdown")
    found = re.search(r"^# (.+)", text, re.MULTILINE)
    return found[1] if found else ""


# -- an update ----------------------------------------------------------------------------------


def _update(path: Path, mine: Notebook, new: Notebook) -> Change:
    merged, answers, left = merge(mine, new)
    backup = _backup(path)
    replace_files({path: dumps(merged)})
    sentence = f"updated; as it was: {backup.relative_to(path.parent)}"
    if answers:
        sentence += f"; with your answers to {', '.join(answers)}"
    if left:
        sentence += f"; what you changed in {', '.join(left)} has changed in the book, too, and is only in that file"
    return Change(path, sentence)


def _backup(path: Path) -> Path:
    """Copy a file to a name in the folder of backups that is not taken."""
    folder = path.parent / BACKUPS
    folder.mkdir(exist_ok=True)
    number = 1
    while (to := folder / f"{path.stem}-{number}.ipynb").exists():
        number += 1
    shutil.copy2(path, to)
    return to


def merge(mine: Notebook, new: Notebook) -> tuple[Notebook, list[str], list[str]]:
    """Put what the reader wrote into a new version of a notebook.

    Cells that the book did not change stay as the reader has them, answers stay in any case, and cells that the reader
    added stay behind the cells that they followed.

    Args:
        mine: the reader's notebook.
        new: the new version, with marks.

    Returns:
        the notebook; the exercises with an answer; the names of cells changed by reader and book, which are the book's.
    """
    names = {key: _keys(cell)[0] for cell in new["cells"] for key in _keys(cell)}
    mines: dict[str, Cell] = {}
    added: dict[str, list[Cell]] = defaultdict(list)
    last = ""
    for cell in mine["cells"]:
        name = next((names[key] for key in _keys(cell) if key in names), None)
        if name and (name not in mines or not _is_changed(mines[name])):
            mines[name], last = cell, name
        elif _is_changed(cell) and _source(cell).strip():
            added[last].append(cell)

    cells, answers, left = [*added[""]], [], []
    for cell in new["cells"]:
        name = _keys(cell)[0]
        exercise = name.removeprefix(TAG) if name.startswith(TAG) else ""
        old = mines.get(name, cell)
        changed = _is_changed(old) and _source(old) != _source(cell)
        if old["metadata"].get(MARK) == cell["metadata"][MARK]:
            cell = old | {"metadata": old["metadata"] | cell["metadata"]}
        elif changed and exercise and old["cell_type"] == "code":
            cell = cell | {"source": old["source"]}
        elif changed:
            left.append(name)
        if changed and exercise:
            answers.append(exercise)
        cells += [cell, *added[name]]
    metadata = mine.get("metadata", {}) | {MARK: new["metadata"][MARK]}
    return _unique(new | {"cells": cells, "metadata": metadata}), answers, left


def _unique(notebook: Notebook) -> Notebook:
    """Return a notebook whose cells' ids differ, as the format demands."""
    seen: set[str] = set()
    for number, cell in enumerate(notebook["cells"]):
        if cell.get("id") in seen or "id" not in cell:
            cell["id"] = f"cell-{number}-{_hash(_source(cell))}"
        seen.add(cell["id"])
    return notebook


def _keys(cell: Cell) -> list[str]:
    """Return what a cell is known by, the surest first: its tag as an exercise, the name in its mark, its id."""
    tags = [tag for tag in tags_of(cell) if tag.startswith(TAG)]
    mark = cell["metadata"].get(MARK, "").partition(" ")[0]
    return [key for key in (*tags[:1], mark, cell.get("id", "")) if key]


def _is_changed(cell: Cell) -> bool:
    """Check whether a cell is not as it came: the reader changed it, or added it."""
    return cell["metadata"].get(MARK, "").partition(" ")[2] != _hash(_source(cell))


def _source(cell: Cell) -> str:
    return "".join(cell["source"])


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]
