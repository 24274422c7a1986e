"""The class's list, as its learning platform exports it: who is on it, and one column to be filled in."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from course_lib.studies.stored import replace_files

from .folder import Submission
from .text import NAME, number, one_line

_DELIMITERS = ",;\t"


@dataclass(frozen=True)
class Roster:
    """A roster: the rows of its file, and where in them a student's name stands.

    Attributes:
        path: the file.
        header: its first row.
        rows: the others.
        column: the place of the student's name.
        delimiter: a comma, semicolon or tab.
        quoting: of all cells, or of those that need it, as in `csv`.
        line_end: of a row.
        mark: the byte-order mark, if the file begins with one.
    """

    path: Path
    header: list[str]
    rows: list[list[str]]
    column: int
    delimiter: str
    quoting: int
    line_end: str
    mark: str

    @property
    def students(self) -> list[str]:
        """Names of the students. A row whose name is empty is none: some platforms put the points possible there."""
        return [name for row in self.rows if (name := _at(row, self.column))]

    def line(self, row: Sequence[str]) -> str:
        """Return a row as it is written in the file."""
        written = io.StringIO(newline="")
        # Every sign of "\r\n" within a cell is put in quotes, also where rows end in "\n".
        csv.writer(written, delimiter=self.delimiter, quoting=self.quoting, lineterminator="\r\n").writerow(row)
        return written.getvalue().removesuffix("\r\n") + self.line_end


def read_roster(path: str | Path, column: str) -> Roster:
    """Read a roster.

    Args:
        path: a CSV file in UTF-8, separated by commas, semicolons or tabs.
        column: the heading over the names that the folder of submissions uses, too: names, numbers or log-ins.

    Raises:
        ValueError: it has no such column or two of them, two rows of one student, or is not such a file.
    """
    path = Path(path)
    try:
        text = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError:
        raise ValueError(f"{path} is not in UTF-8: export it again, or save it as CSV UTF-8") from None
    mark, text = ("\ufeff", text[1:]) if text.startswith("\ufeff") else ("", text)
    first, line_end, _ = text.partition("\n")
    bare = "".join(first.split('"')[::2])  # a comma between quotes separates nothing
    delimiter = max(_DELIMITERS, key=bare.count)
    quoted = '"' in first and not bare.strip(f"{delimiter}\r")
    quoting = csv.QUOTE_ALL if quoted else csv.QUOTE_MINIMAL
    end = "\r\n" if line_end and first.endswith("\r") else "\n"
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise ValueError(f"{path} is not a CSV file: {error}") from None
    if not rows:
        raise ValueError(f"{path} is empty")
    roster = Roster(path, rows[0], rows[1:], _place(path, rows[0], column), delimiter, quoting, end, mark)
    seen: dict[str, int] = {}
    for line, row in enumerate(roster.rows, 2):
        name = _at(row, roster.column)
        if name and (before := seen.setdefault(name, line)) != line:
            raise ValueError(f"{path} has {name!r} twice in {column!r}, in its rows {before} and {line}")
    return roster


def match(students: Sequence[str], submissions: Sequence[Submission]) -> dict[str, Submission]:
    """Find each student of a roster among the submissions; those who handed in nothing are not in the result.

    A name must be the same, or else the same but for capital letters and for what is not printed; the number in the
    file's name will do, too.

    >>> match(["Ada", "2041"], [Submission("ada"), Submission("bob", aliases=("2041",))])["2041"].student
    'bob'

    Raises:
        ValueError: one submission may be two students', or two submissions one student's; both are named.
    """
    found: dict[str, Submission] = {}
    exact = {name: name for name in students}
    folded: dict[str, list[str]] = {}
    for name in students:
        folded.setdefault(_folded(name), []).append(name)
    for one in submissions:
        names = [one.student, *one.aliases]
        same = list(dict.fromkeys(exact[name] for name in names if name in exact))
        same = same or list(dict.fromkeys(n for name in names for n in folded.get(_folded(name), [])))
        if len(same) > 1:
            raise ValueError(f"{one.student!r} may be {same[0]!r} or {same[1]!r} of the roster: rename the submission")
        for name in same:
            if name in found:
                both = f"{found[name].student!r} and {one.student!r}"
                raise ValueError(f"{both} may both be {name!r} of the roster: rename one of them")
            found[name] = one
    return found


def join(students: Sequence[str], submissions: Sequence[Submission]) -> tuple[list[Submission], list[str]]:
    """Return the submissions, with one of nothing for each other student of the roster; and who is not on it."""
    found = match(students, submissions)
    here = {one.student for one in found.values()}
    nothing = [Submission(name) for name in students if name not in found]
    return [*submissions, *nothing], [one.student for one in submissions if one.student not in here]


def fill_roster(roster: Roster, out: Path, column: str, grades: Mapping[str, float | None]) -> None:
    """Write the roster with one column filled in; all else stays.

    Args:
        roster: as read.
        out: the file to be written.
        column: the heading over the grades.
        grades: by the roster's names, as in `{name: grades.total(one.student) for name, one in match(…).items()}`.
            A student without one, or with None, keeps what stands there.

    Raises:
        ValueError: it has no such column, two of them, or it is that of the names.
    """
    place = check_column(roster, column)
    lines = [roster.line(roster.header)]
    for row in roster.rows:
        grade = grades.get(_at(row, roster.column)) if row else None
        if grade is not None:
            row = [*row, *[""] * (place + 1 - len(row))]
            row[place] = number(grade)
        lines.append(roster.line(row))
    replace_files({out: roster.mark + "".join(lines)})


def check_column(roster: Roster, column: str) -> int:
    """Return the place of the column to be filled in.

    Raises:
        ValueError: there is none, there are two, or it is that of the names.
    """
    place = _place(roster.path, roster.header, column)
    if place == roster.column:
        raise ValueError(f"the column {column!r} of {roster.path} has the students' names: grades need another")
    return place


def _place(path: Path, header: Sequence[str], column: str) -> int:
    places = [index for index, name in enumerate(header) if name.strip() == column.strip()]
    if len(places) != 1:
        listed = ", ".join(repr(one_line(name)) for name in header)
        raise ValueError(f"{path} has {'two columns' if places else 'no column'} {column!r}; it has {listed}")
    return places[0]


def _at(row: Sequence[str], column: int) -> str:
    return row[column].strip() if column < len(row) else ""


def _folded(name: str) -> str:
    return one_line(name, NAME).casefold()
