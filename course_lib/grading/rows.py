"""What grading finds: one row for each student and exercise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, Self


class Verdict(StrEnum):
    """What became of an answer. The first four are a check's own (`course_lib.exercises.Status`).

    Only NOT GRADED is the grader's fault: such an answer is tried again, and has no points rather than none earned.
    """

    PASS = "PASS"
    NOT_YET = "NOT YET"
    NOT_ATTEMPTED = "NOT ATTEMPTED"
    TIMEOUT = "TIMEOUT"
    MISSING = "MISSING"  # the notebook has no cell for it
    UNREADABLE = "UNREADABLE"  # the file is no notebook
    CRASHED = "CRASHED"  # the answer ended its process
    TAMPERED = "TAMPERED"  # it sent what no answer sends
    NOTHING_HANDED_IN = "NOTHING HANDED IN"
    NOT_GRADED = "NOT GRADED"


#: What the page of an answer says that a teacher has accepted.
ACCEPTED = "Accepted by your teacher."


@dataclass(frozen=True)
class Row:
    """The verdict on one answer.

    Attributes:
        student: as in the folder, or in the roster.
        exercise: its name.
        verdict: a `Verdict`.
        file: the notebook, within the folder of submissions; empty if there is none.
        sha256: of the notebook's bytes; empty if there is none.
        diagnoses: names of the known mistakes, the most important first.
        message: what the student would read, in paragraphs; a paragraph whose lines are indented is code.
        notes: for the instructor, a sentence each.
        printed: the beginning of what the answer printed.
        code: digest of the answer's definitions: the same for answers that differ in spaces and comments only.
        seconds: of wall time.
        ran: whether the answer ran to the end of the check, so that all its values could be compared.
        scores: of an entry to the challenge, the accuracy on each draw in per cent.
        graded: the day on which it was, as 2027-03-02.

    >>> Row("ada", "momentum", Verdict.PASS).to_dict()["verdict"]
    'PASS'
    """

    student: str
    exercise: str
    verdict: Verdict
    file: str = ""
    sha256: str = ""
    diagnoses: tuple[str, ...] = ()
    message: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    printed: str = ""
    code: str = ""
    seconds: float = 0.0
    ran: bool = False
    scores: tuple[float, ...] = ()
    graded: str = ""

    @property
    def passed(self) -> bool:
        """True if the answer is right."""
        return self.verdict is Verdict.PASS

    def to_dict(self) -> dict[str, Any]:
        """Return its fields as JSON data."""
        return asdict(self) | {"verdict": str(self.verdict)}

    @classmethod
    def from_dict(cls, fields: Mapping[str, Any]) -> Self:
        """Return the row with the fields of `to_dict`.

        >>> Row.from_dict(Row("ada", "adam", Verdict.MISSING, notes=("a",)).to_dict()).notes
        ('a',)
        """
        lists = {key: tuple(fields[key]) for key in ("diagnoses", "message", "notes", "scores")}
        return cls(**{**fields, **lists, "verdict": Verdict(fields["verdict"])})
