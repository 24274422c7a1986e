"""Check a notebook's answers in a child process: whatever they do to it, the check continues.

The child writes one line for each result into a file. If it ends early (`os._exit`, a crash, a call into C that
never returns), its current answer has failed, and another child continues with the next.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from .checking import LIMIT
from .exercise import Exercise
from .notebooks import check_notebook, read_answers
from .result import Result, Status

START = 60.0  # seconds for a child to start on a busy machine


def check_apart(
    path: str | Path, exercises: Mapping[str, Exercise], command: Sequence[str], *, timeout: float = LIMIT
) -> dict[str, Result]:
    """Check the answers in a notebook, in a child process.

    Args:
        path: the notebook.
        exercises: the book's exercises by name.
        command: starts a Python that calls `report` with the arguments that follow.
        timeout: see `check_cell`; the child has extra time to start.

    Raises:
        NotebookError: the file is not a notebook.
    """
    answers = read_answers(path, exercises)
    results = {name: Result(name, Status.NOT_YET, sentence) for name, sentence in answers.problems.items()}
    waiting = list(answers.cells)
    while waiting:
        with tempfile.TemporaryDirectory() as folder:
            out = Path(folder) / "results"
            arguments = [*command, str(path), str(out), str(timeout), *waiting]
            seconds = START + len(waiting) * 3 * (timeout + 1)
            try:
                done = subprocess.run(arguments, capture_output=True, stdin=subprocess.DEVNULL, timeout=seconds)
                ending = _ended(done.returncode, done.stderr.decode(errors="replace"))
            except subprocess.TimeoutExpired:
                ending = Status.TIMEOUT, f"The check was still running after {seconds:g} seconds, and was ended."
            lines = out.read_text("utf-8").splitlines() if out.exists() else []
        finished = [Result.from_dict(json.loads(line)) for line in lines]
        results |= {result.exercise: result for result in finished}
        waiting = waiting[len(finished) :]
        if waiting:
            results[waiting[0]] = Result(waiting[0], *ending)
            waiting = waiting[1:]
    return results


def _ended(code: int, errors: str) -> tuple[Status, str]:
    if code > 0 and errors.strip():
        return Status.NOT_YET, f"The check broke off: {errors.strip().splitlines()[-1]}"
    return Status.NOT_YET, (
        f"Your answer ended the whole program while it was checked (exit code {code}), so it cannot be judged: leave "
        "out whatever ends Python."
    )


def report(exercises: Mapping[str, Exercise], arguments: Sequence[str] | None = None) -> None:
    """Check answers and write each result as a line of a file, as the child of `check_apart`.

    Args:
        exercises: the book's exercises by name.
        arguments: notebook, file, seconds, and the names of the exercises; those of the command line unless given.
    """
    path, out, timeout, *names = sys.argv[1:] if arguments is None else arguments
    with open(out, "a", encoding="utf-8") as file:
        for _, result in check_notebook(path, exercises, names, timeout=float(timeout)):
            print(json.dumps(result.to_dict()), file=file, flush=True)
