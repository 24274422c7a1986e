"""Grade one notebook: a row for each exercise, whatever the notebook does."""

from __future__ import annotations

import functools
import hashlib
import os
import re
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from course_lib import chapters
from course_lib.exercises import Result
from course_lib.exercises.cell import check_text
from course_lib.exercises.declaration import Declaration

from .challenge import Entry, grade_entry
from .process import LIBRARY, Ended, Limits, Process, Sandbox
from .remote import Remote, clean
from .rows import Row, Verdict

#: The folders before these, wherever Python's packages are.
PACKAGES = r"(?:[A-Za-z]:)?(?:[/\\]+[^/\\\s'\"]+)+(?=[/\\]+(?:course_lib|site-packages|dist-packages)\b)"
SIZE = 20 * 2**20  # bytes of a notebook
#: torch alone takes more than a gigabyte of address space.
LARGE = Limits(memory=12 * 2**30, cpu=40)


@dataclass(frozen=True)
class Task:
    """How to grade: the same for every notebook.

    Attributes:
        seeds: of the cases. The first is the book's own, 0, whose messages a student knows; the others are secret.
        sandbox: how answers' processes are started.
        limits: what an answer may use.
        folder: where processes have their folders.
        draws: of the challenge's sealed digits.
    """

    seeds: tuple[int, ...] = (0,)
    sandbox: Sandbox = field(default_factory=Sandbox)
    limits: Limits = field(default_factory=Limits)
    folder: Path | None = None
    draws: tuple[int, ...] = ()


def grade_notebook(raw: bytes, file: str, exercises: Mapping[str, Declaration | Entry], task: Task) -> list[Row]:
    """Return a row for each exercise, without the student's name.

    Args:
        raw: the notebook's bytes.
        file: its name.
        exercises: by name.
        task: how to grade.
    """
    day = datetime.now().astimezone().date().isoformat()
    digest = hashlib.sha256(raw).hexdigest()
    rows: list[Row] = []
    for name, exercise in exercises.items():
        start = time.monotonic()
        if rows and rows[-1].verdict is Verdict.UNREADABLE:
            row = rows[-1]
        elif len(raw) > SIZE:
            row = Row("", name, Verdict.UNREADABLE, message=(f"The file has more than {SIZE // 2**20} MB.",))
        else:
            row = _graded(raw, file, exercise, task)
            if row.verdict in (Verdict.NOT_GRADED, Verdict.CRASHED):  # a machine without memory, say: once more
                row = _graded(raw, file, exercise, task)
        seconds = round(time.monotonic() - start, 3)
        row = replace(row, message=tuple(map(without_places, row.message)), printed=without_places(row.printed))
        rows.append(replace(row, exercise=name, file=file, sha256=digest, seconds=seconds, graded=day))
    if all(row.verdict is Verdict.MISSING for row in rows) and (words := other_chapter(raw)):
        rows = [replace(row, message=(words,), notes=(words,)) for row in rows]
    return rows


def other_chapter(raw: bytes) -> str:
    """Say of which page the most exercises are that a notebook has by their tags; nothing if there are none.

    >>> other_chapter(b'{"tags": ["exercise:momentum"]}')
    'This is a notebook of chapter 3 (03_momentum).'
    """
    names = {match.decode() for match in re.findall(rb'"exercise:(\w{1,80})"', raw)}
    pages = Counter(one.page for name, one in chapters.exercises().items() if name in names)
    if not pages:
        return ""
    page = pages.most_common(1)[0][0]
    return f"This is a notebook of chapter {int(page[:2])} ({page})."


def without_places(text: str) -> str:
    """Return a text that a student may read: the folders of this machine, and its user's name in them, are left out.

    >>> without_places(f"No such file: '{LIBRARY / 'optim.py'}'")
    "No such file: '…/course_lib/optim.py'"
    """
    return _places().sub("…", text)


@functools.cache
def _places() -> re.Pattern[str]:
    own = {
        os.path.expanduser("~"),
        os.getcwd(),
        str(LIBRARY.parent),
        sys.prefix,
        sys.base_prefix,
        tempfile.gettempdir(),
    }
    own |= {os.path.realpath(place) for place in own}
    own -= {os.sep, "/usr", "/usr/local"}  # which every machine has
    own |= {repr(place)[1:-1] for place in own}  # with two backslashes for one
    listed = "|".join(map(re.escape, sorted(own, key=len, reverse=True)))
    return re.compile(rf"(?<![\w.-])(?:{listed})(?![\w.-])|{PACKAGES}")


def _graded(raw: bytes, file: str, exercise: Declaration | Entry, task: Task) -> Row:
    """Return the row of an answer or an entry. Errors of the grader itself are a row, too: NOT GRADED."""
    try:
        if isinstance(exercise, Entry):
            return grade_entry(raw, file, exercise, task.sandbox, task.draws, task.folder)
        return grade_answer(raw, file, exercise, task)
    except Exception as error:
        words = f"The grader itself failed: {type(error).__name__}: {clean(str(error), 200)}"
        return Row("", exercise.name, Verdict.NOT_GRADED, message=(words,))


def grade_answer(raw: bytes, file: str, exercise: Declaration, task: Task) -> Row:
    """Return the row of one answer, in a process of its own."""
    row = Row("", exercise.name, Verdict.NOT_GRADED)
    try:
        with _process(file, exercise, task) as process:
            found = _found(process, raw)
            if found["kind"] == "unreadable":
                return replace(row, verdict=Verdict.UNREADABLE, message=(clean(found["why"], 300),))
            if found["kind"] == "missing":
                words = f"No cell has the tag `exercise:{exercise.name}`, and none defines `{exercise.function}`."
                return replace(row, verdict=Verdict.MISSING, message=(words,))
            notes = tuple(clean(note, 200) for note in found["notes"])
            row = replace(row, notes=notes, code=clean(found["code"], 16))
            if found["state"]:
                words = {"empty": "The cell is empty.", "untouched": "The cell is as it was at first."}[found["state"]]
                return replace(row, verdict=Verdict.NOT_ATTEMPTED, message=(words,))
            try:
                row = _check(process, exercise, found["lines"], row, task.seeds)
            except Ended as ended:
                row = replace(row, verdict=ended.verdict, message=ended.message)
            return process.noted(row)
    except Ended as ended:  # before the answer has run
        return replace(row, verdict=ended.verdict, message=ended.message)


def source_of(raw: bytes, file: str, exercise: Declaration, task: Task) -> str:
    """Return the text of an answer's cell.

    Raises:
        ValueError: there is none.
    """
    with _process(file, exercise, task) as process:
        found = _found(process, raw)
    if found["kind"] != "found":
        raise ValueError(f"{file} has no answer to {exercise.name}")
    return "".join(f"{clean(line, 200)}\n" for line in found["lines"])


def _process(file: str, exercise: Declaration, task: Task) -> Process:
    job = {
        "exercise": exercise.name,
        "function": exercise.function,
        "method": exercise.method,
        "packages": exercise.packages,
        "start": exercise.start,
        "file": file,
    }
    return Process(task.sandbox, LARGE if exercise.packages else task.limits, job, task.folder)


def _found(process: Process, raw: bytes) -> dict[str, Any]:
    process.send({"op": "find", "bytes": len(raw)}, after=raw)
    return process.receive("found", "missing", "unreadable")


def _check(process: Process, exercise: Declaration, lines: Sequence[str], row: Row, seeds: Sequence[int]) -> Row:
    remote, soft = Remote(process, exercise, lines), process.limits.soft
    for place, seed in enumerate(seeds):
        run = remote.run if place == 0 else _nothing
        result = check_text(exercise, run, remote.namespace, seed=seed, timeout=soft, call=remote.call, numpy=remote)
        row = judged(row, result)
        if not result.passed:
            also = ("It passes the book's own cases, and fails others.",) if place else ()
            return replace(row, notes=row.notes + also)
    return row


def _nothing() -> None:
    pass


def judged(row: Row, result: Result) -> Row:
    """Return a row with what a check found."""
    return replace(
        row,
        verdict=Verdict(str(result.status)),
        diagnoses=result.diagnoses,
        message=result.paragraphs,
        printed=result.printed,
        ran=result.ran,
    )
