"""Results without names: a pseudonym for each student, and a key that is kept apart."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from .folder import Submission
from .rows import Row
from .tables import About, table
from .text import cell


def pseudonyms(
    students: Sequence[str], rng: np.random.Generator, known: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Return a pseudonym for each student, in an order that tells nothing.

    >>> sorted(pseudonyms(["ada", "bob"], np.random.default_rng(0)).values())
    ['S001', 'S002']

    Args:
        students: all of them.
        rng: draws the order.
        known: the pseudonyms of an earlier run (`read_key`), which are kept.
    """
    known = known or {}
    kept = {student: known[cell(student)] for student in students if cell(student) in known}
    new = [student for student in students if student not in kept]
    numbers = range(1, len(known) + len(new) + 1)
    free = [name for name in map("S{:03}".format, numbers) if name not in known.values()][: len(new)]
    kept |= {new[i]: name for i, name in zip(rng.permutation(len(new)), free, strict=True)}
    return {student: kept[student] for student in students}


def key_csv(key: Mapping[str, str]) -> str:
    """Return `key.csv`: whose pseudonym each is."""
    return table([["pseudonym", "student"], *sorted((name, student) for student, name in key.items())])


def read_key(path: Path) -> dict[str, str]:
    """Return the pseudonyms of an earlier run, by what stands in the file; none if there is no such file."""
    if not path.is_file():
        return {}
    with path.open(encoding="utf-8-sig", newline="") as file:
        return {line["student"]: line["pseudonym"] for line in csv.DictReader(file)}


def without_names(rows: Iterable[Row], about: About) -> tuple[list[Row], About]:
    """Put pseudonyms in the place of names, and leave out what tells them: files, and a student's name in a text."""
    key = about.key or {}

    def hidden(row: Row) -> Row:
        name, words = key[row.student], _words(row.student, row.file)
        message, notes = (tuple(_hide(part, words, name) for part in parts) for parts in (row.message, row.notes))
        printed = _hide(row.printed, words, name)
        return replace(row, student=name, file="", sha256="", message=message, notes=notes, printed=printed)

    def nameless(one: Submission) -> Submission:
        name, words = key[one.student], _words(one.student, one.path.name if one.path else "")
        notes = tuple(_hide(re.sub("“[^”]*”", "a file", note), words, name) for note in one.notes)
        return replace(one, student=name, path=None, notes=notes, aliases=())

    submissions = sorted(map(nameless, about.submissions), key=lambda one: one.student)
    off_roster = sorted(key[student] for student in about.off_roster)
    rows = sorted(map(hidden, rows), key=lambda row: row.student)
    return rows, replace(about, submissions=submissions, off_roster=off_roster)


def _words(student: str, file: str) -> list[str]:
    """List what in a text would tell a student: the name, its parts, and the notebook's path."""
    parts = re.findall(r"[^\W\d_]+", student)
    return [word for word in (file, Path(file).name, student, *parts) if len(word) > 2]


def _hide(text: str, words: Sequence[str], name: str) -> str:
    if not words:
        return text
    found = "|".join(map(re.escape, sorted(words, key=len, reverse=True)))
    return re.sub(rf"(?<!\w)(?:{found})(?!\w)", name, text)
