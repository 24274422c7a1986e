"""Grade many notebooks: in processes of this machine, or on a Dask cluster. A worker that is killed costs nothing."""

from __future__ import annotations

import contextlib
import ctypes
import functools
import hashlib
import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing import get_context
from typing import Any

from course_lib import chapters
from course_lib.exercises.declaration import Declaration

from .challenge import Entry
from .grade import Task, grade_notebook
from .process import LIBRARY, probe
from .rows import Row, Verdict

TRIES = 5  # pools, one after the other, that may be killed


@dataclass(frozen=True)
class Work:
    """A notebook to be graded: whose it is, its bytes, its name, and how."""

    student: str
    raw: bytes
    file: str
    names: tuple[str, ...]
    task: Task


@functools.cache
def book() -> Mapping[str, Declaration | Entry]:
    """Return all that can be graded, by name: the book's exercises, and the challenge."""
    entry = Entry()
    return {**chapters.exercises(), entry.name: entry}


def grade_work(work: Work) -> list[dict[str, Any]]:
    """Grade a notebook, in a worker; return its rows as JSON data."""
    exercises = {name: book()[name] for name in work.names}
    return [row.to_dict() for row in grade_notebook(work.raw, work.file, exercises, work.task)]


def grade_here(works: Sequence[Work], workers: int) -> Iterator[tuple[Work, list[Row]]]:
    """Grade notebooks in processes of this machine; yield each with its rows, in the order in which they end."""
    waiting = {work.student: work for work in works}
    for _ in range(TRIES):
        if not waiting:
            return
        with ProcessPoolExecutor(workers, mp_context=get_context("spawn"), initializer=_end_with_parent) as pool:
            with _no_interrupt():  # workers inherit that, and Ctrl-C is for the parent
                futures = {pool.submit(grade_work, work): work for work in waiting.values()}
            running = list(pool._processes.values())
            try:
                for future in as_completed(futures):
                    rows = future.result()
                    yield _of(futures[future], rows)
                    del waiting[futures[future].student]
            except BrokenProcessPool:  # a worker was killed: the others' results are lost with it, and made again
                continue
            except (GeneratorExit, KeyboardInterrupt):
                pool.shutdown(wait=False, cancel_futures=True)
                for worker in running:  # with the answers that it is grading
                    worker.kill()
                raise
    for work in waiting.values():
        yield work, not_graded(work, f"The grader's processes were killed {TRIES} times.")


def grade_on_cluster(works: Sequence[Work], address: str, *, trust: bool) -> Iterator[tuple[Work, list[Row]]]:
    """Grade notebooks on a Dask cluster.

    Args:
        works: the notebooks.
        address: of the scheduler, "tcp://…" or "tls://…"; "local" for one of this machine.
        trust: whether answers may reach the network there.

    Raises:
        ValueError: Dask is not installed; a worker has another version of the library, or does not confine answers.
    """
    try:
        from distributed import Client, as_completed
    except ImportError:
        raise ValueError("--cluster needs Dask: pip install 'course_lib[cluster]'") from None
    options: dict[str, Any] = (
        {"processes": True, "dashboard_address": None} if address == "local" else {"address": address}
    )
    with Client(**options, set_as_default=False) as client:
        mine, theirs = fingerprint(), client.run(fingerprint)
        if other := [worker for worker, one in theirs.items() if one != mine]:
            raise ValueError(f"{other[0]} has another version of course_lib: install the same one on every worker")
        for worker, isolation in client.run(probe, works[0].task.sandbox).items() if works else ():
            if isolation.open and not trust:  # whoever reaches the scheduler's port can run code there
                raise ValueError(f"on {worker} {isolation}: --trust-submissions, if you trust them")
        futures = {client.submit(grade_work, work, pure=False): work for work in works}
        for future in as_completed(futures, loop=client.loop):
            work = futures[future]
            try:
                yield _of(work, future.result())
            except Exception:  # its workers were killed: here, then
                yield _of(work, grade_work(work))


def not_graded(work: Work, words: str) -> list[Row]:
    """Return rows without a verdict, for a reason that is not the student's."""
    return [Row(work.student, name, Verdict.NOT_GRADED, work.file, message=(words,)) for name in work.names]


def _of(work: Work, rows: Sequence[Mapping[str, Any]]) -> tuple[Work, list[Row]]:
    return work, [Row.from_dict({**row, "student": work.student}) for row in rows]


@contextlib.contextmanager
def _no_interrupt() -> Iterator[None]:
    """Hold Ctrl-C back for a moment."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _end_with_parent() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL, 0, 0, 0)


@functools.cache
def fingerprint() -> str:
    """Return a digest of all that a verdict depends on: the engine, the exercises, the grader."""
    digest = hashlib.sha256(sys.version.encode())
    for folder in ("exercises", "chapters", "grading"):
        for path in sorted((LIBRARY / folder).rglob("*.py")):
            digest.update(path.relative_to(LIBRARY).as_posix().encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]
