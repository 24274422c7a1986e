"""The grades of a class as tables: `grades.csv` has a row a student, `cells.csv` a row a student and exercise."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean

from course_lib.exercises.declaration import Declaration

from .folder import Submission
from .rows import Row, Verdict
from .text import cell, number


@dataclass(frozen=True)
class About:
    """What a table of grades says besides the verdicts.

    Attributes:
        title: of the assignment.
        isolation: a sentence: what kept the answers from this machine.
        seeds: the number of secret seeds.
        versions: of what took part, by name; `course_lib` is the library's.
        exercises: in their order.
        points: for each exercise by its name; 1 where there is none.
        submissions: what each student handed in, the students' order.
        off_roster: students who are not on the roster.
        key: pseudonyms of all students, for results without names (`anonymous.pseudonyms`); None: with their names.
        exam: the pages of feedback give the verdict alone.
        contact: whom a student may ask; empty: the teacher.
    """

    title: str
    isolation: str
    seeds: int
    versions: Mapping[str, str]
    exercises: Sequence[Declaration]
    points: Mapping[str, float] = field(default_factory=dict)
    submissions: Sequence[Submission] = ()
    off_roster: Sequence[str] = ()
    key: Mapping[str, str] | None = None
    exam: bool = False
    contact: str = ""


class Grades:
    """The rows of a class, and their points.

    A right answer has its exercise's points, any other has none; an answer that is not graded has neither, and so
    has the sum.

    Args:
        rows: in any order; of two on the same answer, the later counts.
        about: the rest.
    """

    def __init__(self, rows: Iterable[Row], about: About) -> None:
        self.about = about
        self.names = [exercise.name for exercise in about.exercises]
        self.cells = {(row.student, row.exercise): row for row in rows if row.exercise in self.names}
        self.submissions = {one.student: one for one in about.submissions}
        self.students = list(dict.fromkeys([*self.submissions, *(student for student, _ in self.cells)]))

    @property
    def out_of(self) -> float:
        """The sum of all exercises' points: the same for all students."""
        return sum(map(self.worth, self.names))

    def worth(self, name: str) -> float:
        """Return an exercise's points."""
        return self.about.points.get(name, 1)

    def row(self, student: str, name: str) -> Row:
        """Return the row on an answer; one that says NOT GRADED if there is none."""
        return self.cells.get((student, name)) or Row(student, name, Verdict.NOT_GRADED)

    def of(self, name: str) -> list[Row]:
        """Return the rows on an exercise."""
        return [self.row(student, name) for student in self.students]

    def points(self, student: str, name: str) -> float | None:
        """Return the points of an answer; None if it is not graded."""
        row = self.row(student, name)
        return None if row.verdict is Verdict.NOT_GRADED else self.worth(name) * row.passed

    def total(self, student: str) -> float | None:
        """Return the points of a student; None if an answer is not graded."""
        points = [self.points(student, name) for name in self.names]
        return None if None in points else sum(points)

    def is_unreadable(self, student: str) -> bool:
        """Return whether a student's file is no notebook that can be read."""
        return bool(self.names) and all(self.row(student, name).verdict is Verdict.UNREADABLE for name in self.names)

    def submission(self, student: str) -> Submission:
        """Return what a student handed in."""
        return self.submissions.get(student) or Submission(student)


def read_points(text: str, names: Sequence[str]) -> dict[str, float]:
    """Return the points that were asked for.

    >>> read_points("momentum=2, choose=0.5", ["momentum", "choose", "nesterov"])
    {'momentum': 2.0, 'choose': 0.5}

    Raises:
        ValueError: a name is no exercise's, or a number is none from 0 on.
    """
    points: dict[str, float] = {}
    for part in filter(None, map(str.strip, text.split(","))):
        name, _, value = (word.strip() for word in part.partition("="))
        if name not in names:
            listed = ", ".join(names[:8]) + (" …" if names[8:] else "")
            raise ValueError(f"there is no exercise {name!r}, only {listed}")
        if name in points:
            raise ValueError(f"the points of {name} are given twice")
        try:
            points[name] = float(value)
        except ValueError:
            points[name] = -1.0
        if not 0 <= points[name] < 1e6:
            raise ValueError(f"points must be like {name}=2, a number from 0 on, not {part!r}")
    return points


def grades_csv(grades: Grades) -> str:
    """Return `grades.csv`: a row a student, times as hours:minutes, points empty where an answer is not graded."""
    head = ["student", "submitted", "late_by", "points", "out_of"]
    lines = [head + [column for name in grades.names for column in (name, f"{name}_points")]]
    for student in grades.students:
        handed = grades.submission(student)
        when = handed.submitted.isoformat(" ", "seconds") if handed.submitted else ""
        minutes = int(handed.late.total_seconds() // 60) if handed.late else 0
        late = f"{minutes // 60}:{minutes % 60:02}" if handed.late else ""
        line = [student, when, late, _points(grades.total(student)), number(grades.out_of)]
        for name in grades.names:
            line += [str(grades.row(student, name).verdict), _points(grades.points(student, name))]
        lines.append(line)
    return table(lines)


def cells_csv(grades: Grades) -> str:
    """Return `cells.csv`: a row a student and exercise, with all that is known of the answer."""
    about = grades.about
    head = "student exercise verdict points diagnoses message notes printed code file sha256"
    lines = [f"{head} seconds isolation seeds version".split()]
    for student in grades.students:
        for name in grades.names:
            row = grades.row(student, name)
            line = [student, name, str(row.verdict), _points(grades.points(student, name)), "; ".join(row.diagnoses)]
            line += ["\n".join(row.message), "\n".join(row.notes), row.printed, row.code, row.file, row.sha256]
            line += [f"{row.seconds:.3f}", about.isolation, str(about.seeds), about.versions.get("course_lib", "")]
            lines.append(line)
    return table(lines)


def scores_csv(grades: Grades) -> str:
    """Return `scores.csv`: the challenge's entries, with the accuracy on each draw in per cent."""
    rows = sorted((row for row in grades.cells.values() if row.scores), key=lambda row: -sum(row.scores))
    draws = max(len(row.scores) for row in rows)
    lines = [[cell(row.student), f"{fmean(row.scores):.3f}", *(f"{one:.3f}" for one in row.scores)] for row in rows]
    return table([["student", "mean", *(f"draw_{n}" for n in range(1, draws + 1))], *lines])


def table(lines: Iterable[Sequence[str]]) -> str:
    """Return lines as the text of a CSV file; none of its cells is a formula."""
    written = io.StringIO(newline="")
    csv.writer(written).writerows([[cell(text) for text in line] for line in lines])
    return written.getvalue()


def _points(value: float | None) -> str:
    return "" if value is None else number(value)
