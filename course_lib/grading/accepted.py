"""Answers that an instructor accepts by hand, though the check does not: kept, and accepted from then on.

accepted/momentum/1f3a….py    the answer; the same definitions pass in whatever notebook they are
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from course_lib.exercises.declaration import Declaration
from course_lib.studies.stored import replace_files

from .grade import source_of
from .pool import Work
from .rows import ACCEPTED, Row, Verdict

NOTE = "An instructor has accepted this answer; the check said"

#: Of an answer that was there and was not right.
ACCEPTABLE = (Verdict.NOT_YET, Verdict.TIMEOUT, Verdict.CRASHED, Verdict.TAMPERED)


def apply(
    rows: Sequence[Row],
    accept: Sequence[str],
    folder: Path,
    exercises: Mapping[str, Declaration],
    works: Mapping[str, Work],
    say: Callable[[str], None],
) -> list[Row]:
    """Return the rows, with a PASS for each answer that is accepted.

    Args:
        rows: of the class.
        accept: answers to be accepted now, as STUDENT:EXERCISE.
        folder: where accepted answers are kept, and those of an earlier class may be put.
        exercises: by name.
        works: the notebooks, by student.
        say: is told who else passes by each that is accepted now.

    Raises:
        ValueError: there is no such answer, or it cannot be accepted.
    """
    by_name = {(row.student, row.exercise): row for row in rows}
    texts = {}
    for one in accept:
        student, _, name = one.rpartition(":")
        row = by_name.get((student, name))
        if row is None or row.verdict not in ACCEPTABLE or not row.code:
            what = f"is {row.verdict}" if row else "is not there"
            raise ValueError(f"--accept: the answer {one!r} {what}: give one that was checked and is not right")
        work = works[student]
        texts[folder / name / f"{row.code}.py"] = source_of(work.raw, work.file, exercises[name], work.task)
        others = [other.student for other in rows if _alike(other, row) and other.student != student]
        say(f"{one} is accepted; {', '.join(others) or 'nobody else'} {'pass' if len(others) > 1 else 'passes'} by it.")
    for path, text in texts.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_files({path: text})
    codes = {(path.parent.name, path.stem) for path in folder.glob("*/*.py")}

    def judged(row: Row) -> Row:
        if row.verdict not in ACCEPTABLE or (row.exercise, row.code) not in codes:
            return row
        notes = (*row.notes, f"{NOTE} {row.verdict}.")
        return replace(row, verdict=Verdict.PASS, diagnoses=(), message=(ACCEPTED,), notes=notes)

    return [judged(row) for row in rows]


def _alike(row: Row, other: Row) -> bool:
    return row.verdict in ACCEPTABLE and (row.exercise, row.code) == (other.exercise, other.code)
