"""Check a reader's answers: those of a notebook, or of all notebooks in a folder, each in a process without rights."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from course_lib.chapters import exercises
from course_lib.exercises.checking import LIMIT
from course_lib.exercises.notebooks import NotebookError, read_answers
from course_lib.exercises.result import Result, Status

from .grade import Task, grade_answer
from .process import Limits

#: Folders whose notebooks are copies: Jupyter's, and those of `course work --update`.
COPIES = {".ipynb_checkpoints", "backups"}


def notebooks_in(folder: str | Path) -> list[Path]:
    """Return the notebooks in a folder and its sub-folders, or the notebook itself.

    Raises:
        ValueError: there are none; or none of them that can be read has an exercise of the book.
    """
    folder = Path(folder)
    if not folder.exists():
        raise ValueError(f"there is no folder {folder}: nothing was checked")
    found = [folder] if folder.is_file() else sorted(folder.rglob("*.ipynb"))
    found = [path for path in found if not COPIES & set(path.relative_to(folder).parts)]
    if not found:
        raise ValueError(f"there is no notebook (*.ipynb) in {folder} or below it: nothing was checked")
    if not any(map(_has_exercises, found)):
        names = ", ".join(str(path.relative_to(folder.parent)) for path in found[:3]) + (" …" if found[3:] else "")
        raise ValueError(f"no cell in {names} has a tag `exercise:NAME`: nothing was checked")
    return found


def _has_exercises(path: Path) -> bool:
    try:
        answers = read_answers(path, exercises())
    except NotebookError:
        return True  # it is reported
    return bool(answers.cells or answers.problems)


def check_folder(folder: str | Path) -> bool:
    """Check all answers in a folder, and print the results; return whether all that were attempted pass.

    Raises:
        ValueError: there is nothing to check.
    """
    counts: Counter[str] = Counter()
    for path in notebooks_in(folder):
        try:
            results = check_answers(path)
        except NotebookError as error:
            counts["not readable"] += 1
            print(f"{error}\n")
            continue
        print(path if results else f"{path}: no exercises")
        for name, result in results.items():
            counts[result.status] += 1
            passed_over = result.passed or result.status is Status.NOT_ATTEMPTED
            print(f"  {result.status} · {name}" if passed_over else f"\n{result}\n".replace("\n", "\n  ").rstrip(" "))
    print(", ".join(f"{count} {status}" for status, count in sorted(counts.items())))
    if set(counts) == {Status.NOT_ATTEMPTED}:
        print("There is no answer yet.")
    return not counts.keys() - {Status.PASS, Status.NOT_ATTEMPTED} and counts[Status.PASS] > 0


def check_answers(notebook: str | Path, *, timeout: float = LIMIT) -> dict[str, Result]:
    """Check all answers in a notebook to exercises of the book.

    Args:
        notebook: the file.
        timeout: CPU seconds for an answer's cell, and again for its check.

    Raises:
        NotebookError: the file is not a notebook.
    """
    return dict(_check(Path(notebook), Task(limits=Limits(soft=timeout))))


def _check(path: Path, task: Task) -> Iterator[tuple[str, Result]]:
    book = exercises()
    answers = read_answers(path, book)
    for name, sentence in answers.problems.items():
        yield name, Result(name, Status.NOT_YET, sentence)
    raw = path.read_bytes()
    for name in answers.cells:
        row = grade_answer(raw, path.name, book[name], task)
        status = Status(str(row.verdict)) if str(row.verdict) in list(Status) else Status.NOT_YET
        yield name, Result(name, status, *row.message, diagnoses=row.diagnoses, printed=row.printed)
