"""Answers that an instructor accepts by hand, though the check does not: kept, and accepted from then on.

accepted/momentum/1f3a….py    the answer; the same definitions pass in whatever notebook they are
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from course_lib.exercises.declaration import Declaration
from course_lib.studies.stored import replace_files

from .grade import source_of
from .pool import Work
from .rows import Row, Verdict

NOTE = "An instructor has accepted this answer; the check said"


def apply(
    rows: Sequence[Row],
    accept: Sequence[str],
    folder: Path,
    exercises: Mapping[str, Declaration],
    works: Mapping[str, Work],
) -> list[Row]:
    """Return the rows, with a PASS for each answer that is accepted.

    Args:
        rows: of the class.
        accept: answers to be accepted now, as STUDENT:EXERCISE.
        folder: where accepted answers are kept, and those of an earlier class may be put.
        exercises: by name.
        works: the notebooks, by student.

    Raises:
        ValueError: there is no such answer, or it cannot be accepted.
    """
    by_name = {(row.student, row.exercise): row for row in rows}
    for one in accept:
        student, _, name = one.rpartition(":")
        row = by_name.get((student, name))
        if row is None or not row.code:
            raise ValueError(f"there is no answer {one!r} to accept: give STUDENT:EXERCISE, as in the report")
        work = works[student]
        path = folder / name / f"{row.code}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_files({path: source_of(work.raw, work.file, exercises[name], work.task)})
    codes = {(path.parent.name, path.stem) for path in folder.glob("*/*.py")}

    def judged(row: Row) -> Row:
        if row.passed or (row.exercise, row.code) not in codes:
            return row
        return replace(row, verdict=Verdict.PASS, diagnoses=(), notes=(*row.notes, f"{NOTE} {row.verdict}."))

    return [judged(row) for row in rows]
