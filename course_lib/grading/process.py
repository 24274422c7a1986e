"""Start the process of an answer, exchange frames with it, and end it in time."""

from __future__ import annotations

import contextlib
import functools
import os
import queue
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from course_lib.exercises.limit import Stop

from . import wire
from .rows import Row, Verdict
from .text import one_line

LIBRARY = Path(__file__).parents[1]
#: What the process is made of, in an order in which each module needs only those before it.
MODULES = (
    *("exercises.commands", "exercises.source", "exercises.intact", "exercises.host"),
    *("grading.wire", "grading.confine", "grading.child"),
)
#: Reads these modules' texts from its input, and runs them under their names; then the library's own may be imported.
START = """
import json, os, struct, sys, types
reads, writes = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
def module(name, file):
    made = sys.modules[name] = types.ModuleType(name)
    made.__file__, made.__path__ = file, []
    package, _, last = name.rpartition(".")
    if package:
        setattr(sys.modules.get(package) or module(package, file), last, made)
    return made
for name, file, text in json.loads(reads.read(struct.unpack(">I", reads.read(4))[0])):
    last = module("course_lib." + name, file)
    last.__package__ = last.__name__.rpartition(".")[0]
    exec(compile(text, "<frozen " + name + ">", "exec"), vars(last))
for name in [name for name in sys.modules if name.partition(".")[0] == "course_lib"]:
    del sys.modules[name]
last.main(reads, writes)
"""
FRAMES = 20_000  # that one answer may send
TRIED = "It says that it tried what no answer needs: "


@dataclass(frozen=True)
class Limits:
    """What an answer may use.

    Attributes:
        soft: CPU seconds of a check, after which its line is told.
        wall: seconds of a call: sleeping takes no CPU.
        cpu: CPU seconds of the process, and
        hard: seconds, after which it is killed, wherever it is.
        memory: bytes.
    """

    soft: float = 3.0
    wall: float = 10.0
    cpu: int = 15
    hard: float = 40.0
    memory: int = 1536 * 2**20


@dataclass(frozen=True)
class Sandbox:
    """How processes are started.

    Attributes:
        prefix: a command that runs the command behind it in confinement: `("bwrap", …)`, `("docker", "run", "-i", …)`.
        python: the Python in there.
        closed: what each process must say that it has closed; None: anything.
    """

    prefix: tuple[str, ...] = ()
    python: str = sys.executable
    closed: tuple[str, ...] | None = None


class Ended(Stop):
    """The answer's process has ended, or cannot be believed. No check takes a `Stop` for an error of the answer."""

    def __init__(self, verdict: Verdict, *message: str) -> None:
        super().__init__(*message)
        self.verdict, self.message = verdict, message


class Interrupted(Stop):
    """Ctrl-C while an answer was waited for: it is no error of the answer's."""


def lacks(package: str) -> Ended:
    """Return the end of an answer that needs a package which its Python has not."""
    install = {"sklearn": "scikit-learn", "course_lib": "the same version of course-lib"}.get(package, package)
    return Ended(
        Verdict.NOT_GRADED,
        f"The Python in which answers run has no `{package}`. This is no fault of yours: whoever grades has to install "
        f"{install} there.",
    )


class Process:
    """A process for one answer. Use it as a context: afterwards it is dead, and its folder is gone."""

    def __init__(self, sandbox: Sandbox, limits: Limits, job: Mapping[str, Any], folder: Path | None = None) -> None:
        self.limits, self.frames, self.timed_out = limits, 0, False
        self.closed: list[str] | None = None  # what it says that it has closed; None before it has started
        self.tried: tuple[str, ...] = ()  # as the answer's process says: `open /etc/passwd`
        keep = {name: os.environ[name] for name in ("SystemRoot", "PATH") if name in os.environ}
        self.box = tempfile.mkdtemp(prefix="answer-", dir=folder)
        own = dict.fromkeys(("HOME", "TMPDIR", "MPLCONFIGDIR", "TORCHINDUCTOR_CACHE_DIR"), self.box)
        own |= {"MPLBACKEND": "agg", "LANG": "C.UTF-8"}
        single = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
        kernels = {
            name: value for name, value in os.environ.items() if name in ("OPENBLAS_CORETYPE", "ATEN_CPU_CAPABILITY")
        }
        try:
            self.process = subprocess.Popen(
                [*sandbox.prefix, sandbox.python, "-I", "-B", "-c", START],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                cwd=self.box,
                env=keep | own | single | kernels,
                start_new_session=True,
            )
        except OSError:
            os.rmdir(self.box)
            raise
        self.incoming: queue.Queue[bytes | Exception | None] = queue.Queue(maxsize=8)
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()
        self.deadline = time.monotonic() + limits.hard
        self.clock = threading.Timer(limits.hard, self._time_is_up)  # a write that nobody reads ends with it, too
        self.clock.daemon = True
        self.clock.start()
        try:
            self._write(_modules())
            self.send({"memory": limits.memory, "seconds": limits.cpu,
                       "soft": limits.soft, "wall": limits.wall, **job})  # fmt: skip
            ready = self.receive("confined", "lacks")
            if ready["kind"] == "lacks":
                raise lacks(one_line(ready["package"], 60))
            self.closed = ready["closed"]
            if sandbox.closed is not None and self.closed != list(sandbox.closed):
                raise RuntimeError(f"a process closed only {', '.join(self.closed) or 'nothing'}")
        except Ended as ended:  # before it has seen the answer
            self.__exit__()
            if ended.verdict is Verdict.NOT_GRADED:
                raise
            raise RuntimeError(f"no process for the answer has started: {' '.join(ended.message)}") from None
        except Interrupted:
            self.__exit__()
            raise KeyboardInterrupt from None
        except BaseException:
            self.__exit__()
            raise

    def __enter__(self) -> Process:
        return self

    def __exit__(self, *error: object) -> None:
        self.clock.cancel()
        self._kill()
        with contextlib.suppress(OSError):
            self.process.stdin.close()
        self.process.wait()
        end = time.monotonic() + 1
        while self.reader.is_alive() and time.monotonic() < end:  # it may wait for a place for what nobody asked for
            with contextlib.suppress(queue.Empty):
                self.incoming.get(timeout=0.01)
        shutil.rmtree(self.box, ignore_errors=True)
        if any(isinstance(one, Interrupted) for one in error):
            raise KeyboardInterrupt

    def send(self, frame: dict[str, Any], after: bytes = b"") -> None:
        """Send a frame, and bytes after it. What cannot be sent is noticed where an answer is missing."""
        with contextlib.suppress(OSError):
            wire.send(self.process.stdin, frame)
        if after:
            self._write(after)

    def receive(self, *kinds: str) -> dict[str, Any]:
        """Return the next frame, of one of these kinds.

        Raises:
            Ended: there is none, or another one.
        """
        self.frames += 1
        if self.frames > FRAMES:
            raise Ended(Verdict.TAMPERED, "The answer sent frames without end.")
        try:
            frame = self.incoming.get(timeout=max(0.01, self.deadline - time.monotonic()))
        except queue.Empty:
            frame, self.timed_out = None, True
        except KeyboardInterrupt:
            raise Interrupted from None
        if frame is None:
            raise self._ended()
        try:
            if isinstance(frame, Exception):
                raise frame
            frame = wire.parse(frame)
        except (wire.BadFrame, OSError, ValueError) as error:
            raise Ended(Verdict.TAMPERED, f"The answer sent what no answer sends: {error}.") from None
        if frame.get("kind") not in kinds:
            raise Ended(Verdict.TAMPERED, "The answer sent what no answer sends: a frame that was not asked for.")
        if isinstance(tried := frame.get("tried"), list):
            self.tried = tuple(one_line(one, 200).replace("`", "'") for one in tried[:5] if isinstance(one, str))
        return frame

    def noted(self, row: Row) -> Row:
        """Return an answer's row, with a note for the instructor if it tried to reach this machine."""
        listed = ", ".join(f"`{one}`" for one in self.tried)
        return replace(row, notes=(*row.notes, f"{TRIED}{listed}.")) if listed else row

    def _ended(self) -> Ended:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.process.wait(2)
        code = self.process.returncode
        if self.timed_out:
            return Ended(Verdict.TIMEOUT, f"Your answer had not come to an end after {self.limits.hard:g} seconds.")
        if code in (-signal.SIGXCPU, -signal.SIGKILL) if os.name == "posix" else False:
            return Ended(Verdict.TIMEOUT, "Your answer used up its processor time in a single call that never ended.")
        if self.closed is None:
            return Ended(Verdict.CRASHED, f"its Python ended before it saw the answer (exit code {code}).")
        how = f"by signal {-code}, as after an access to wrong memory" if code and code < 0 else f"exit code {code}"
        how = "it closed the pipe by which it is asked" if code is None else how
        return Ended(
            Verdict.CRASHED,
            f"Your answer ended the whole program while it was checked ({how}), so it cannot be judged: leave out "
            "whatever ends Python.",
        )

    def _read(self) -> None:
        with self.process.stdout as stream:
            try:
                while (frame := wire.read_text(stream)) is not None:
                    self.incoming.put(frame)
                self.incoming.put(None)
            except (wire.BadFrame, OSError, ValueError) as error:
                self.incoming.put(error)

    def _write(self, raw: bytes) -> None:
        with contextlib.suppress(OSError):
            self.process.stdin.write(raw)
            self.process.stdin.flush()

    def _time_is_up(self) -> None:
        self.timed_out = True
        self._kill()

    def _kill(self) -> None:
        with contextlib.suppress(OSError):
            if os.name == "posix":
                os.killpg(self.process.pid, signal.SIGKILL)
            else:
                self.process.kill()


@functools.cache
def _modules() -> bytes:
    import json
    import struct

    paths = {name: LIBRARY / f"{name.replace('.', '/')}.py" for name in MODULES}
    text = json.dumps([(name, str(path), path.read_text("utf-8")) for name, path in paths.items()]).encode()
    return struct.pack(">I", len(text)) + text


# ---------------------------------------------------------------- what is closed


@dataclass(frozen=True)
class Isolation:
    """What answers can reach, as one has tried.

    Attributes:
        how: what closes it.
        open: of "files", "writing", "network", "processes", those that are open.
        closed: what the process said that it has closed.
    """

    how: str
    open: tuple[str, ...]
    closed: tuple[str, ...] = ()

    def __str__(self) -> str:
        if not self.open:
            return f"{self.how}: files, network and other processes are closed to answers"
        return f"{self.how or 'no confinement'}: {' and '.join(self.open)} OPEN to answers"


def probe(sandbox: Sandbox) -> Isolation:
    """Start a process as for an answer, and let it try what answers must not be able to do.

    Raises:
        ValueError: it does not start.
    """
    job = {"packages": [], "exercise": "", "function": "", "method": "", "file": "", "start": ""}
    with tempfile.TemporaryDirectory() as folder, socket.create_server(("127.0.0.1", 0)) as server:
        secret = Path(folder) / "secret.txt"
        secret.write_text("told to nobody", "utf-8")
        try:
            with Process(sandbox, Limits(), job) as process:
                process.send({"op": "probe", "secret": str(secret), "folder": str(Path(folder) / "new"),
                              "port": server.getsockname()[1]})  # fmt: skip
                tried = process.receive("probed")
                names = ("files", "writing", "network", "processes")
                how = [*([sandbox.prefix[0]] if sandbox.prefix else []), *process.closed]
                opened = tuple(name for name in names if tried.get(name) == "open")
                return Isolation(", ".join(how), opened, tuple(process.closed))
        except (Ended, RuntimeError) as error:
            command: Sequence[str] = [*sandbox.prefix, sandbox.python]
            raise ValueError(f"no process for answers starts by {' '.join(command)}: {error}") from None
