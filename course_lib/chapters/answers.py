"""Check a reader's answers: those of a notebook, in a separate process.

`python -m course_lib.chapters.answers` is that process; `check_answers` starts it.
"""

import sys
from pathlib import Path

from course_lib.exercises.checking import LIMIT
from course_lib.exercises.child import check_apart, report
from course_lib.exercises.result import Result

from .discovery import exercises


def check_answers(notebook: str | Path, *, timeout: float = LIMIT) -> dict[str, Result]:
    """Check all answers in a notebook to exercises of the book.

    Args:
        notebook: the file.
        timeout: seconds for an answer's cell, and again for its check.

    Raises:
        NotebookError: the file is not a notebook.
    """
    return check_apart(notebook, exercises(), [sys.executable, "-m", __name__], timeout=timeout)


if __name__ == "__main__":
    report(exercises())
