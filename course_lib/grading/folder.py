"""Find the notebooks that a class handed in, for one assignment. Nothing in them is opened here."""

from __future__ import annotations

import itertools
import os
import re
import stat
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from .text import NAME, one_line

MEGABYTES = 20  # of one notebook
ENTRIES = 2000  # that are looked at in one student's folder
DEPTH = 5  # of folders in it, its own counted
NO_STUDENTS = ("submitted", "submissions", "source", "release", "autograded", "feedback", "grades")  # nbgrader's, ours
CLOSED_FOLDER, CLOSED_FILE = "is in a folder that cannot be opened", "cannot be opened"
CLOSED = (CLOSED_FOLDER, CLOSED_FILE)  # to the grader, which is no student's fault
TOO_DEEP = "is a folder that is not looked into"
EXPORTED = re.compile(r"descent-remembers[^/]*\.json$")  # the name that a page gives to what it exports
ARCHIVES = (".zip", ".7z", ".rar", ".tar", ".gz", ".tgz")
TOGETHER = 10  # seconds: files that were copied or unpacked one after the other have the same date
#: NAME_LATE_ID_ID_TITLE in one folder for the class, LATE only where it is so. From memory, not from an export: Canvas.
_CANVAS = re.compile(r"(?P<name>[^_]+)_(?P<late>LATE_)?(?P<id>\d+)_\d+_(?P<title>.+)", re.DOTALL)
#: NAME_ID_assignsubmission_file_, a folder a student. From memory, too: Moodle.
_MOODLE = re.compile(r"(?P<name>.+)_(?P<id>\d+)_assignsubmission_\w+", re.DOTALL)


@dataclass(frozen=True)
class Submission:
    """What a student handed in.

    Attributes:
        student: the name in the folder, printable, and no other student's.
        path: the notebook; None if there is none.
        submitted: when the file was last changed, in the zone of the date due, or else this machine's. Copies and some
            archives set it anew.
        late: by how much after the date it was due; None if it was in time, or no date is given.
        notes: for the instructor, a sentence each, and for the student if there is no notebook. Names of files stand
            between “ and ”.
        problem: why the notebook cannot be read, as in "is larger than 20 MB"; such an answer is UNREADABLE, or
            NOT GRADED if it is one of `CLOSED`.
        aliases: other names by which a roster may know the student, such as the number in the file's name.
    """

    student: str
    path: Path | None = None
    submitted: datetime | None = None
    late: timedelta | None = None
    notes: tuple[str, ...] = ()
    problem: str = ""
    aliases: tuple[str, ...] = ()


@dataclass(frozen=True)
class _File:
    path: Path
    place: str  # below the student's folder
    problem: str = ""
    changed: float = 0.0  # seconds since 1970; 0 if that is not known


def find(
    folder: str | Path, page: str | None = None, *, due: datetime | None = None, skip: Sequence[str | Path] = ()
) -> list[Submission]:
    """Find what each student handed in.

    A student is a folder with notebooks in it or below, down to `DEPTH`, or a notebook beside the others, as in

        STUDENT/*.ipynb                         STUDENT/ASSIGNMENT/*.ipynb, and deeper
        NAME_ID_assignsubmission_file_/*.ipynb  NAME_ID_ID_TITLE.ipynb, NAME_LATE_ID_ID_TITLE.ipynb
        STUDENT.ipynb, STUDENT_PAGE.ipynb

    Hidden files and folders are passed over, and a Mac's `__MACOSX`. Links are never followed. Of several notebooks,
    those come first that have the page in their name or in their folder's, then those that can be read, then the
    newest. Of files with the same date the one whose name is the page comes first, then the last by name. A note tells
    if there are two with the page, or two and none with it.

    Args:
        folder: of the class.
        page: such as "03_momentum"; None: any.
        due: the date with its offset; see `read_due`.
        skip: files and folders to pass over, such as the one of results.

    Raises:
        OSError: the folder cannot be read.
    """
    passed_over = {Path(os.path.abspath(path)) for path in skip}
    found: dict[tuple[str, str], list[_File]] = {}
    late = set()
    for entry in _listed(folder):
        path = Path(os.path.abspath(entry.path))
        if path in passed_over:
            continue
        if entry.is_dir(follow_symlinks=False):
            match = _MOODLE.fullmatch(entry.name)
            owner = (match["name"], match["id"]) if match else (entry.name, "")
            files = list(_files(path))
        else:
            match = _CANVAS.fullmatch(path.stem)
            if not (match or _is_notebook(path) or entry.is_symlink()):
                continue
            owner = (match["name"], match["id"]) if match else (_without(page, path.stem), "")
            late |= {owner} if match and match["late"] else set()
            files = [_file(path, entry.name)]
        found.setdefault(owner, []).extend(files)
    return [
        _chosen(student, owner[1], found[owner], page, due, owner in late)
        for student, owner in zip(_unique(list(found)), found, strict=True)
    ]


def check_level(folder: Path, page: str, submissions: Sequence[Submission]) -> None:
    """Say so if the folder is not one of students.

    Raises:
        ValueError: no student has a notebook, or a name is one that no student has.
    """
    for one in submissions:
        if one.student.casefold() in (*NO_STUDENTS, page):
            inner = folder / one.student
            where = f": is it {inner}?" if inner.is_dir() else ": name the folder of all students"
            raise ValueError(f"in {folder}, {one.student!r} stands where students' names should be{where}")
    if all(one.path is None for one in submissions):
        listed = ", ".join(repr(one.student) for one in submissions[:3]) + (" …" if submissions[3:] else "")
        raise ValueError(f"{folder} has no notebook where students' should be, in {listed or 'folders of their own'}")
    if len(submissions) == 1 and (path := submissions[0].path) is not None:
        top = Path(os.path.abspath(folder))
        student = top / path.relative_to(top).parts[0]
        inside = [Path(part.path) for part in _listed(student) if part.is_dir()] if student.is_dir() else []
        with_notebooks = [one for one in inside if any(_is_notebook(f.path) and page in f.place for f in _files(one))]
        if len(with_notebooks) > 2 and path.parent != student:
            raise ValueError(
                f"{folder} has one folder alone, and {len(with_notebooks)} folders with notebooks are in it: is it "
                f"{folder / student.name}?"
            )


def read_due(text: str) -> datetime:
    """Return the date by which it was due.

    >>> read_due("2027-03-01T23:59+01:00").utcoffset()
    datetime.timedelta(seconds=3600)

    Raises:
        ValueError: it is no date, or lacks its offset: midnight is not the same everywhere.
    """
    try:
        due = datetime.fromisoformat(text)
    except ValueError:
        due = None
    if due is None or due.tzinfo is None:
        raise ValueError(f"the date due must be like 2027-03-01T23:59+01:00, with its offset from UTC, not {text!r}")
    return due


def _chosen(
    student: str, number: str, files: list[_File], page: str | None, due: datetime | None, marked_late: bool
) -> Submission:
    """Choose one notebook of a student's; a link of any name counts where there is no notebook."""
    aliases = (number, f"Participant {number}") if number else ()
    notebooks = [f for f in files if _is_notebook(f.path)] or [f for f in files if f.path.is_symlink()]
    if not notebooks:
        return Submission(student, notes=_instead(files), aliases=aliases)

    rivals = [f for f in notebooks if page is not None and page in f.place] or notebooks
    whole = [f for f in rivals if not f.problem] or rivals
    newest = max(f.changed for f in whole)
    alike = [f for f in whole if newest - f.changed < TOGETHER]
    file = max(alike, key=lambda f: (f.path.stem == page, _natural(f.path.stem), f.place))
    submitted = _date(file, due)
    notes = []
    if len(rivals) > 1:
        how = "as the newest" if len(alike) == 1 else "by its name, for the dates are alike"
        others = sorted((f for f in rivals if f is not file), key=lambda f: -f.changed)
        listed = ", ".join(f"{_quoted(f.place)} ({shown(_date(f, due))})" for f in others[:3])
        notes.append(
            f"There are {len(rivals)} notebooks; {_quoted(file.place)} ({shown(submitted)}) is graded, {how}. Not "
            f"graded: {listed}{' …' if others[3:] else ''}. Move the file away to have another one graded."
        )
    if any(f.problem == CLOSED_FOLDER for f in files) and not file.problem:
        notes.append("The grader could not open one of the folders in the student's.")
    if marked_late:
        notes.append("The file's name says LATE.")
    if submitted is None:
        notes.append("It is not known when the file was last changed.")
    late = submitted - due if due and submitted and submitted > due else None
    return Submission(student, file.path, submitted, late, tuple(notes), file.problem, aliases)


def _instead(files: Sequence[_File]) -> tuple[str, ...]:
    """Say what there is where no notebook is, and why that is none: the student reads it, too."""
    names = [file for file in files if file.problem != TOO_DEEP]
    listed = ", ".join(_quoted(file.place) for file in names[:3]) + (" …" if len(names) > 3 else "")
    notes = [f"There is no notebook, but {listed}."] if names else []
    if any(EXPORTED.search(file.place) for file in names):
        notes.append("What a page exports is practice; what is handed in is the notebook, with the answers in it.")
    if any(file.path.suffix.lower() in ARCHIVES for file in names):
        notes.append("Archives are not opened: a notebook has to be handed in as it is.")
    if len(names) < len(files):
        notes.append(f"In folders more than {DEPTH - 1} levels down no notebook is looked for.")
    return tuple(notes)


def _date(file: _File, due: datetime | None) -> datetime | None:
    """Return when a file was last changed, in the zone of the date due, or else this machine's."""
    try:
        date = datetime.fromtimestamp(file.changed).astimezone(due.tzinfo if due else None)
    except (OSError, OverflowError, ValueError):
        return None
    return date if file.changed else None


def shown(date: datetime | None) -> str:
    """Return a file's date as one reads it.

    >>> shown(read_due("2027-03-01T23:59+01:00"))
    '2027-03-01 23:59:00'
    """
    return f"{date:%Y-%m-%d %H:%M:%S}" if date else "date unknown"


def _listed(folder: str | Path) -> list[os.DirEntry[str]]:
    """List a folder's entries in their natural order, without hidden ones."""
    with os.scandir(folder) as entries:
        shown = [entry for entry in entries if not entry.name.startswith(".") and entry.name != "__MACOSX"]
    return sorted(shown, key=lambda entry: _natural(entry.name))


def _files(folder: Path) -> Iterator[_File]:
    """Yield the files in a student's folder and in those below, the upper ones first."""
    left, level = ENTRIES, [(folder, "")]
    for _ in range(DEPTH):
        below = []
        for here, place in level:
            try:
                entries = _listed(here)[:left]
            except OSError:
                yield _File(here / "*.ipynb", place, CLOSED_FOLDER)
                continue
            left -= len(entries)
            for entry in entries:
                if entry.is_dir(follow_symlinks=False):
                    below.append((Path(here, entry.name), f"{place}{entry.name}/"))
                else:
                    yield _file(Path(here, entry.name), place + entry.name)
        level = below
    if level:
        yield _File(*level[0], TOO_DEEP)


def _file(path: Path, place: str) -> _File:
    try:
        about = path.lstat()
    except OSError:
        return _File(path, place, CLOSED_FILE)
    if stat.S_ISLNK(about.st_mode):
        problem = "is a link to another file"
    elif not stat.S_ISREG(about.st_mode):
        problem = "is not a regular file"
    else:
        problem = f"is larger than {MEGABYTES} MB" if about.st_size > MEGABYTES * 1_000_000 else ""
    return _File(path, place, problem, about.st_mtime)


def _unique(owners: list[tuple[str, str]]) -> Iterator[str]:
    """Name each student: printable, and no two alike."""
    names = [one_line(name, NAME) or "?" for name, _ in owners]
    times, taken = Counter(names), set()
    for name, (_, number) in zip(names, owners, strict=True):
        wanted = f"{name} ({number})" if number and times[name] > 1 else name
        tries = itertools.chain([wanted], (f"{wanted} ({n})" for n in itertools.count(2)))
        taken.add(label := next(label for label in tries if label not in taken))
        yield label


def _is_notebook(path: Path) -> bool:
    return path.suffix.lower() == ".ipynb"


def _without(page: str | None, stem: str) -> str:
    """Return a notebook's name without the page's: what is left is the student's."""
    return (stem.replace(page, "").strip(" _-") if page else stem) or stem


def _natural(name: str) -> list[tuple[int, str]]:
    """Return a key that sorts draft-9 before draft-10."""
    return [(int(part) if part.isdecimal() and part.isascii() else 0, part) for part in re.split(r"(\d{1,9})", name)]


def _quoted(name: str) -> str:
    return f"“{one_line(re.sub('[“”]', '', name), 80)}”"
