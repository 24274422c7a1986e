"""Grade a folder of submissions: find them, grade what is not graded yet, write the tables and the report."""

from __future__ import annotations

import contextlib
import csv
import hashlib
import json
import os
import secrets
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

import course_lib
from course_lib.exercises.declaration import Declaration
from course_lib.progress import progress_bar
from course_lib.studies.stored import replace_files

from . import accepted, report
from .anonymous import pseudonyms, read_key
from .folder import CLOSED, CLOSED_FILE, EXPORTED, Submission, check_level, find, read_due
from .grade import Task
from .journal import Journal
from .kept import alone, check_same, differences, read_last, write_last
from .pool import Work, book, fingerprint, grade_here, grade_on_cluster
from .process import Isolation, Sandbox, probe
from .roster import Roster, check_column, fill_roster, join, match, read_roster
from .rows import Row, Verdict
from .tables import About, Grades, read_points
from .text import cell, count

SEEDS = 2  # secret ones
DRAWS = 5  # of the challenge's sealed digits
SELF_TEST = 8  # submissions
PROGRESS = 5.0  # seconds between two lines that tell how far it is, where there is no bar
KEPT = ("points", "due", "exam", "variants", "anonymous")  # options that a run is compared by with the last
STATE = ("journal.jsonl", "seeds.json", "accepted")


def say_now(text: str) -> None:
    """Print a line at once, also into a file."""
    print(text, flush=True)


@dataclass(frozen=True)
class Options:
    """What an instructor asks for; see `course grade --help`."""

    folder: Path
    out: Path
    page: str | None = None
    due: str | None = None
    points: str = ""
    students: Sequence[str] = ()
    again: bool = False
    roster: Path | None = None
    roster_id: str = ""
    roster_grade: str = ""
    anonymous: bool = False
    workers: int = 0
    cluster: str | None = None
    sandbox: Sandbox = field(default_factory=Sandbox)
    trust: bool = False
    seeds: int = SEEDS
    variants: bool = False
    accept: Sequence[str] = ()
    self_test: bool = False
    exam: bool = False
    contact: str = ""
    say: Callable[[str], None] = say_now


def grade_folder(options: Options) -> int:
    """Grade a folder; return 0 if every answer has a verdict, 1 if not.

    Raises:
        ValueError: something asked for makes no sense, or answers would not be confined.
    """
    due = read_due(options.due) if options.due else None
    roster = read_roster(options.roster, options.roster_id) if options.roster else None
    if roster is not None:
        check_column(roster, options.roster_grade)
    if options.out.resolve() in (options.folder.resolve(), *options.folder.resolve().parents):
        raise ValueError(f"--out is {options.folder} or a folder above it: name another, for the results alone")
    try:
        page = options.page or infer_page(options.folder, skip=[options.out])
    except ValueError:
        read_points(options.points, list(book()))  # options are judged before the folder
        raise
    exercises = {name: one for name, one in book().items() if one.page == page}
    if not exercises:
        pages = sorted({one.page for one in book().values()})
        raise ValueError(f"there is no page {page!r} with exercises, only {', '.join(pages)}")
    points = read_points(options.points, list(exercises))
    submissions, off_roster = find(options.folder, page, due=due, skip=[options.out]), []
    lines: list[str] = []  # that are said when nothing is refused any more
    check_level(options.folder, page, submissions)
    if roster is not None:
        handed = len(submissions)
        submissions, off_roster = join(roster.students, submissions)
        if len(off_roster) == handed:
            listed = ", ".join(map(repr, off_roster[:3])) + (" …" if handed > 3 else "")
            raise ValueError(
                f"no student of {options.folder} ({listed}) is in the column {options.roster_id!r} of {roster.path}: "
                "give another with --roster-id"
            )
        lines.append(f"{handed - len(off_roster)} of {count(handed, 'student')} of the class are on the roster.")
    names = [one.student for one in submissions if one.path is not None and not one.problem]
    owners = {cell(one.student): one.student for one in submissions}
    known = {name: owners.get(student, name) for student, name in read_key(options.out / "key.csv").items()}

    def named(student: str) -> str:
        return student if student in owners.values() else known.get(student, student)

    parts = [one.rpartition(":") for one in options.accept]
    accept = [f"{named(student)}{colon}{name}" for student, colon, name in parts]
    options = replace(options, students=[named(one) for one in options.students], accept=accept)
    for name in options.students:
        if name not in names:
            raise ValueError(f"--student: no notebook of {name!r} can be graded; there are {', '.join(names[:5])} …")
    for one in options.accept:
        student, _, name = one.rpartition(":")
        if student not in names or name not in exercises:
            raise ValueError(f"--accept: there is no answer {one!r}: give STUDENT:EXERCISE, as in the report")
    check_same(options.out, page, options.folder)
    isolation = probe(options.sandbox)
    if isolation.open and not options.trust:
        raise ValueError(
            f"{isolation}. Give a --sandbox command that closes them, or --trust-submissions if you trust every one."
        )
    for line in (f"{isolation}.", *lines):
        options.say(line)
    if not options.out.exists():
        options.out.mkdir(parents=True)
        options.out.chmod(0o700)  # for the names, the code and the secret seeds in it
    with alone(options.out):
        journal = Journal(options.out / "journal.jsonl")
        secret = _seeds(options.out / "seeds.json", max(options.seeds, DRAWS))
        seeds = (0, *secret[: options.seeds])  # the first is the book's own
        asked = {name: getattr(options, name) for name in KEPT}
        for line in differences(options.out, asked):
            options.say(line)
        if not read_last(options.out):
            write_last(options.out, page, options.folder, asked)
        with _folder_of_run(options.out) as folder:
            sandbox = options.sandbox  # on a cluster each worker's own trial has told what it closes
            if not (options.cluster or isolation.open):
                sandbox = replace(sandbox, closed=isolation.closed)
            task = Task(seeds, sandbox, folder=folder, draws=secret[:DRAWS])
            works = {work.student: work for work in _works(submissions, options, tuple(exercises), task)}
            submissions = [
                replace(one, problem=CLOSED_FILE) if one.path and not one.problem and one.student not in works else one
                for one in submissions
            ]
            if closed := [one.student for one in submissions if one.problem in CLOSED]:
                options.say(f"Not opened, for want of the right to read: {', '.join(closed)}. They are NOT GRADED.")
            if options.self_test:
                self_test(list(works.values()), options.say)
            rows = _graded(works, journal, isolation, options)
            rows += [row for one in submissions if one.student not in works for row in _without_work(one, exercises)]
            submissions = with_copies(submissions, rows)
            rows = accepted.apply(rows, options.accept, options.out / "accepted", exercises, works, options.say)
        versions = {"course_lib": course_lib.__version__, "Python": sys.version.split()[0], "NumPy": np.__version__}
        key = None
        if options.anonymous:
            known = read_key(options.out / "key.csv")
            key = pseudonyms([one.student for one in submissions], np.random.default_rng(), known)
        about = About(
            page,
            str(isolation),
            options.seeds,
            versions,
            list(exercises.values()),
            points,
            submissions,
            off_roster,
            key,
            options.exam,
            options.contact,
        )
        if gone := [name for name in _last_students(options.out, known) if name not in {*owners, *owners.values()}]:
            options.say(f"Graded in the last run, and no longer in {options.folder}: {', '.join(gone)}.")
        needs = report.write(options.out, rows, about)
        if roster is not None:
            _fill(roster, submissions, Grades(rows, about), options)
        write_last(options.out, page, options.folder, asked)
    counts = Counter(str(row.verdict) for row in rows)
    options.say(
        f"{count(len(submissions), 'student')}, {count(len(rows), 'answer')}: "
        + ", ".join(f"{n} {v}" for v, n in counts.most_common())
    )
    if needs:
        options.say(f"{count(needs, 'thing needs', 'things need')} you: see “What needs you” in the report.")
    options.say(f"{options.out / 'report.html'}")
    return int(counts[Verdict.NOT_GRADED] > 0)


def infer_page(folder: Path, skip: Sequence[Path] = ()) -> str:
    """Return the page whose name the notebooks bear.

    Raises:
        ValueError: none, or several.
    """
    if not folder.is_dir():
        raise ValueError(f"there is no folder {folder}")
    pages = {one.page for one in book().values()}
    apart = {path.resolve() for path in skip}
    names = [p.as_posix() for p in Path(folder).rglob("*.ipynb") if not apart & {p.resolve(), *p.resolve().parents}]
    if not names:
        pages_own = any(EXPORTED.search(path.name) for path in Path(folder).rglob("*.json"))
        but = ", but what pages export: that is practice, and notebooks are graded" if pages_own else ""
        raise ValueError(f"there is no notebook (*.ipynb) in {folder} or below it{but}")
    found = sorted({page for page in pages for name in names if page in name})
    if len(found) != 1:
        which = f"notebooks of {', '.join(found)}" if found else "no notebook with a page's name"
        raise ValueError(f"{folder} has {which}: say which to grade, as in --page {(found or sorted(pages))[0]}")
    return found[0]


def _works(submissions: Sequence[Submission], options: Options, names: tuple[str, ...], task: Task) -> Iterator[Work]:
    """Read the notebooks."""
    for one in submissions:
        if one.path is None or one.problem:
            continue
        own = replace(task, seeds=variant(task.seeds, one.student)) if options.variants else task
        try:
            raw = _read(one.path)
        except OSError:
            continue  # it is one of `CLOSED`
        yield Work(one.student, raw, one.path.relative_to(os.path.abspath(options.folder)).as_posix(), names, own)


def _read(path: Path) -> bytes:
    """Read a file that is no link, even if it has become one since it was found."""
    with open(os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)), "rb") as file:
        return file.read(21 * 2**20)


def variant(seeds: Sequence[int], student: str) -> tuple[int, ...]:
    """Return a student's own seeds: the book's, and secret ones that depend on the name."""
    digests = (hashlib.sha256(f"{seed} {student}".encode()).digest() for seed in seeds[1:])
    return seeds[0], *(int.from_bytes(digest[:4], "big") for digest in digests)


def _graded(works: Mapping[str, Work], journal: Journal, isolation: Isolation, options: Options) -> list[Row]:
    """Return the rows of all works: from the journal, or graded now."""
    keys = {name: _key(work, isolation) for name, work in works.items()}
    again = set(options.students or works if options.again else options.students)
    known = {
        name
        for name in works
        if keys[name] in journal.rows and name not in again and _settled(journal.rows[keys[name]])
    }
    waiting = [work for name, work in works.items() if name not in known]
    if known:
        options.say(f"{len(known)} of {len(works)} notebooks are graded already.")
    if options.cluster:
        results = grade_on_cluster(waiting, options.cluster, trust=options.trust)
    else:
        results = grade_here(waiting, options.workers or os.cpu_count() or 1)
    done, shown, told = len(known), sys.stderr.isatty(), time.monotonic()
    try:
        with contextlib.closing(results), progress_bar(shown, len(waiting), "notebook") as bar:
            for work, rows in results:
                journal.add(keys[work.student], rows)
                done += 1
                bar.update(1)
                if not shown and (time.monotonic() - told > PROGRESS or done == len(works)):
                    told = time.monotonic()
                    options.say(f"{done} of {len(works)} notebooks are graded.")
    except KeyboardInterrupt:
        words = f"Stopped: {done} of {len(works)} notebooks are graded. The same command goes on."
        raise KeyboardInterrupt(words) from None
    return [row for name in works for row in journal.rows[keys[name]]]


def _settled(rows: Sequence[Row]) -> bool:
    return bool(rows) and all(row.verdict is not Verdict.NOT_GRADED for row in rows)


def _key(work: Work, isolation: Isolation) -> str:
    """Return what a verdict depends on, as a short text."""
    parts = [work.student, hashlib.sha256(work.raw).hexdigest(), work.file, work.names, work.task.seeds]
    parts += [str(isolation), fingerprint()]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]


def _without_work(one: Submission, exercises: Mapping[str, Declaration]) -> Iterator[Row]:
    for name in exercises:
        if one.path is None:
            yield Row(one.student, name, Verdict.NOTHING_HANDED_IN)
        elif one.problem in CLOSED:
            words = "The grader could not open the file. This is no fault of yours."
            yield Row(one.student, name, Verdict.NOT_GRADED, one.path.name, message=(words,))
        else:
            words = f"The file {one.problem}."
            yield Row(one.student, name, Verdict.UNREADABLE, one.path.name, message=(words,))


def with_copies(submissions: Sequence[Submission], rows: Sequence[Row]) -> list[Submission]:
    """Return the submissions, with a note at those whose file another student has handed in, too.

    A notebook keeps the outputs, and how often each cell was run: two who work alone hardly hand in the same bytes,
    unless nothing was done.
    """
    owners: dict[str, set[str]] = {}
    for row in rows:
        if row.verdict in (Verdict.PASS, Verdict.NOT_YET, Verdict.TIMEOUT):
            owners.setdefault(row.sha256, set()).add(row.student)
    digests = {student: digest for digest, those in owners.items() if len(those) > 1 for student in those}

    def noted(one: Submission) -> Submission:
        if one.student not in digests:
            return one
        digest = digests[one.student]
        words = f"{len(owners[digest])} students handed in the same file, byte for byte (SHA-256 {digest[:8]}…)."
        return replace(one, notes=(*one.notes, words))

    return [noted(one) for one in submissions]


def _seeds(path: Path, count: int) -> tuple[int, ...]:
    """Return secret seeds, which are kept: who is graded again is graded by the same cases."""
    kept: list[Any] = json.loads(path.read_text("utf-8")) if path.exists() else []
    kept += [secrets.randbelow(2**31) + 1 for _ in range(count - len(kept))]
    replace_files({path: json.dumps(kept)})
    return tuple(kept)


class _folder_of_run:
    """A folder for answers' folders. What an earlier run that was killed has left there is removed."""

    def __init__(self, out: Path) -> None:
        digest = hashlib.sha256(str(out.resolve()).encode()).hexdigest()[:16]
        self.path = Path(tempfile.gettempdir()) / f"course-grade-{digest}"

    def __enter__(self) -> Path:
        shutil.rmtree(self.path, ignore_errors=True)
        self.path.mkdir(mode=0o700)
        return self.path

    def __exit__(self, *error: object) -> None:
        shutil.rmtree(self.path, ignore_errors=True)


def _last_students(out: Path, known: Mapping[str, str]) -> list[str]:
    """Return the students of the last run's table; `known` tells pseudonyms."""
    path = out / "grades.csv"
    if not path.is_file():
        return []
    with path.open(encoding="utf-8-sig", newline="") as file:
        return [known.get(line["student"], line["student"]) for line in csv.DictReader(file)]


def _fill(roster: Roster, submissions: Sequence[Submission], grades: Grades, options: Options) -> None:
    found = match(roster.students, submissions)
    given = {name: grades.total(one.student) for name, one in found.items()}
    out = options.out / roster.path.name
    fill_roster(roster, out, options.roster_grade, given)
    options.say(f"{out} has the points in {options.roster_grade!r}.")


def self_test(works: Sequence[Work], say: Callable[[str], None]) -> None:
    """Grade some notebooks alone, and again beside twice as many processes as the machine has cores.

    Raises:
        ValueError: a verdict depends on the load.
    """
    chosen = [works[i] for i in np.unique(np.linspace(0, len(works) - 1, SELF_TEST).astype(int))] if works else []
    copies = [replace(work, student=f"{work.student}\n{n}") for work in chosen for n in range(2)]
    alone = {work.student: rows for work, rows in grade_here(chosen, 1)}
    for copy, rows in grade_here(copies, 2 * (os.cpu_count() or 1)):
        name = copy.student.partition("\n")[0]
        for one, other in zip(alone[name], rows, strict=True):
            if (one.verdict, one.diagnoses) != (other.verdict, other.diagnoses):
                raise ValueError(
                    f"{name}, {one.exercise}: {one.verdict} alone, {other.verdict} beside other processes. Nothing was "
                    "graded: use fewer --workers, or a machine that does nothing else."
                )
    say(f"The self-test graded {len(chosen)} notebooks alone and under load: the same verdicts.")
