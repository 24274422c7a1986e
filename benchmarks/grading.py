"""`course grade`: how many submissions a second, and a class of five hundred of all kinds with two workers killed."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from course_lib import chapters
from course_lib.grading.journal import Journal
from course_lib.studies.table import Table

PACKAGES = ("numpy",)
HOW = "each answer on one thread, one worker a core"
PAGE = "03_momentum"
STUDENTS, RIGHT = 500, 60
#: One student in so many hands in what has to be ended.
ODD = {"endless": 50, "exit": 40, "no notebook": 40}


def write_class(folder: Path, count: int, rng: np.random.Generator, *, right: bool) -> None:
    """Write a class: right answers only, or right ones, known mistakes, other forms, stubs, and what breaks."""
    exercises = [one for one in chapters.exercises().values() if one.page == PAGE]
    for number in range(count):
        cells = []
        for one in exercises:
            mutants = [str(mutant.patch(one.source)) for mutant in one.mutants]
            forms = [one.source] if right else [*4 * [one.source], one.stub, *one.accepts.values(), *mutants]
            cells.append([one.name, forms[rng.integers(len(forms))]])
        if not right and number % ODD["endless"] == 1:
            cells[0][1] = exercises[0].opening + "\n    while True:\n        pass\n"
        if not right and number % ODD["exit"] == 2:
            cells[0][1] = exercises[0].opening + "\n    import os\n    os._exit(0)\n"
        made = [
            {"cell_type": "code", "metadata": {"tags": [f"exercise:{name}"]}, "source": text} for name, text in cells
        ]
        text = "no notebook" if not right and number % ODD["no notebook"] == 3 else json.dumps({"cells": made})
        path = folder / f"student {number:03}" / f"{PAGE}.ipynb"
        path.parent.mkdir(parents=True)
        path.write_text(text, "utf-8")


def grade(folder: Path, out: Path, kill: int = 0) -> tuple[float, int]:
    """Grade a class in a process of its own, kill some of its workers; return wall seconds and peak memory in bytes."""
    command = [sys.executable, "-m", "course_lib.cli", "grade", str(folder), "--out", str(out)]
    start, peak = time.perf_counter(), 0
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    killed = threading.Thread(target=_kill_workers, args=(process.pid, out / "journal.jsonl", kill), daemon=True)
    killed.start()
    while process.poll() is None:
        peak = max(peak, _memory(process.pid))
        time.sleep(0.2)
    if process.returncode:
        sys.exit("grading failed")
    return time.perf_counter() - start, peak


def _kill_workers(pid: int, journal: Path, count: int) -> None:
    for n in range(count):
        while not journal.exists() or journal.read_bytes().count(b"\n") < 60 * (n + 1):
            time.sleep(0.1)
        workers = [one for one in _below(pid) if b"spawn_main" in Path(f"/proc/{one}/cmdline").read_bytes()]
        os.kill(workers[0], signal.SIGKILL)


def _below(pid: int) -> list[int]:
    """Return the processes that a process has started, and those that they have."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []
    return [one for child in map(int, children) for one in [child, *_below(child)]]


def _memory(pid: int) -> int:
    """Return the memory that a process and all below it have to themselves, and share, together."""
    total = 0
    for one in [pid, *_below(pid)]:
        try:
            lines = Path(f"/proc/{one}/smaps_rollup").read_text().splitlines()
        except OSError:
            continue
        total += sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))
    return total


def tables() -> Iterator[Table]:
    """Yield the speed of right answers, and a whole class."""
    rows = []
    for what, count, right, kill in (("right answers", RIGHT, True, 0), ("of all kinds", STUDENTS, False, 2)):
        with tempfile.TemporaryDirectory() as folder:
            write_class(Path(folder) / "in", count, np.random.default_rng(0), right=right)
            seconds, peak = grade(Path(folder) / "in", Path(folder) / "out", kill)
            graded = [row for rows_ in Journal(Path(folder) / "out" / "journal.jsonl").rows.values() for row in rows_]
        counts = Counter(str(row.verdict) for row in graded)
        told = ", ".join(f"{n} {verdict}" for verdict, n in counts.most_common())
        speed = f"{count / seconds:.1f} a second"
        rows.append((what, str(count), str(kill), f"{seconds:.0f} s", speed, f"{peak / 2**20:.0f} MiB", told))
    head = ("submissions", "number", "workers killed", "in", "", "memory", "answers")
    text = (
        f"Notebooks of {PAGE} with four exercises, each answer in a process of its own and with two secret seeds; "
        f"{os.cpu_count()} workers. The memory is that of all processes together at its peak, shared parts counted "
        "once."
    )
    yield Table("A class", text, head, rows)
