"""The process of one answer: it reads the notebook, runs the answer, and answers the grader's frames with values.

`process` starts it with the text of this module and of the few that it needs (MODULES), so that a container needs
nothing of the library. It gives up its rights first. What it reports is not believed where it could make a pass.
"""

from __future__ import annotations

import ast
import builtins
import contextlib
import hashlib
import importlib.util
import inspect
import io
import os
import re
import signal
import sys
import tempfile
import traceback
import warnings
from collections.abc import Callable, Iterator
from types import FrameType, SimpleNamespace
from typing import Any, BinaryIO

import numpy as np

from course_lib.exercises import host, source
from course_lib.exercises.intact import Intact

from . import confine, wire

HIDDEN = ("chapters", "exercises", "grading")  # of the library, from answers; and labelled digits
LINES = 400  # of an answer, that are sent for messages
LONG = 10_000  # characters of an entry to the challenge, which may then hold labelled digits
KEPT = 2000  # characters of what it prints
PATIENCE = 100  # alarms that a bare `except:` may swallow
TOLD = 5  # attempts to leave its folder
#: What Python announces before it does it (`sys.addaudithook`): with a path that may be one of its own, and without.
WITH_PATH = frozenset(
    {"open", "shutil.rmtree"}
    | {f"os.{name}" for name in "chdir chmod chown link listdir mkdir remove rename rmdir scandir truncate".split()}
)
WITHOUT = frozenset(
    {"ctypes.dlopen", "socket.__new__", "socket.getaddrinfo", "subprocess.Popen"}
    | {f"os.{name}" for name in "exec fork forkpty kill killpg posix_spawn spawn startfile system".split()}
)
#: A line at the top of a cell that ends Python. Bare calls there are not run.
ENDS = re.compile(r"^(?:[^\s#][^#\n]*; *)?(os\._exit|os\.abort|sys\.exit|exit|quit)\b", re.MULTILINE)
OTHERS = (
    "an entry has its own hundred digits and no others: practice() gives none when it is graded, and nothing else does"
)
IMPORT = importlib._bootstrap._find_and_load.__code__


class Stop(BaseException):
    """Raised in the answer when its time is up."""


class NotAttempted(NotImplementedError):
    """Raised by `ex.todo()`."""


class _Printed(io.TextIOBase):
    text = ""

    def writable(self) -> bool:
        return True

    def write(self, text: str) -> int:
        self.text += text[: KEPT - len(self.text)]
        return len(text)


class _Ex:
    """What `ex` is for an answer: its checks and hints do nothing."""

    todos = 0

    def todo(self) -> None:
        _Ex.todos += 1
        raise NotAttempted("this function is yours to write: replace ex.todo() with your own lines")

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        mute = dict.fromkeys(("check", "hint", "solution", "catch"), lambda *args, **named: None)
        return SimpleNamespace(**mute, use=lambda answer, *args: answer)


class Child:
    """One answer, and the pipe to the grader."""

    def __init__(self, reads: BinaryIO, writes: BinaryIO) -> None:
        self.reads, self.writes = reads, writes
        self.job = self.receive()
        self.ex, self.printed = _Ex(), _Printed()
        self.objects: list[Any] = []
        self.left = 0.0  # CPU seconds
        self.tried: list[str] = []

    def receive(self) -> dict[str, Any]:
        frame = wire.receive(self.reads)
        if frame is None:  # the grader has ended
            os._exit(0)
        return frame

    def reply(self, kind: str, **fields: Any) -> None:
        tried = {"tried": self.tried} if self.tried else {}
        wire.send(self.writes, {"kind": kind, **fields, **tried})

    def end(self, kind: str, **fields: Any) -> None:
        self.reply(kind, **fields)
        os._exit(0)

    # ------------------------------------------------------------ before the answer

    def confine(self) -> None:
        """Import what the answer needs, and give up all rights."""
        packages = {}
        for name in self.job["packages"]:
            try:
                packages[name] = importlib.import_module(name)
            except ModuleNotFoundError:
                self.end("lacks", package=name)
        if "torch" in packages:
            packages["torch"].set_num_threads(1)
        library, hidden = "", []
        with contextlib.suppress(ImportError):
            library = importlib.import_module("course_lib").__path__[0]
            hidden = [os.path.join(library, name) for name in HIDDEN]
        if sklearn := importlib.util.find_spec("sklearn"):
            hidden += [os.path.join(place, "datasets", "data") for place in sklearn.submodule_search_locations]
        tempfile.tempdir = os.getcwd()  # some packages ask for such a folder, and write nothing
        self.roots = [os.path.realpath(os.getcwd()), os.devnull, *confine.roots(library)]
        self.hidden = [os.path.realpath(one) for one in hidden]
        closed = confine.confine(library, hidden, self.job["memory"], self.job["seconds"])
        if "entry" in self.job and library:
            _its_own_hundred_alone()
        self.namespace = {"np": np, "ex": self.ex, **packages, "__name__": "__exercise__"}
        self.reply("confined", closed=closed)

    def find(self, raw: bytes) -> None:
        """Find the answer in the notebook; the grader is told its lines."""
        job, notes = self.job, []
        try:
            cells = [cell for cell in source.read_cells(raw, job["file"]) if cell["kind"] == "code"]
        except source.NotebookError as error:
            self.end("unreadable", why=str(error)[:300])
        except MemoryError:
            self.end("unreadable", why="it is too large, or nested too deeply")
        if "entry" in job:  # an entry to the challenge: `train`, and what it needs, wherever that stands
            needed = source.needed_definitions(job["function"], [cell["source"] for cell in cells])
            cells = [{"source": needed, "tags": [source.TAG + job["exercise"]]}] if "def train" in needed else []
        found = [cell for cell in cells if source.TAG + job["exercise"] in cell["tags"]]
        if len(found) > 1:
            notes.append(f"{len(found)} cells have the tag; the last is graded.")
        if not found:
            wanted = re.compile(rf"^(def|class) {job['function']}\b", re.MULTILINE)
            found = [cell for cell in cells if wanted.search(cell["source"])]
            if found:
                notes.append("No cell has the tag; it was found by the name of its function.")
        if not found:
            self.end("missing")
        self.source = found[-1]["source"]
        self.others = [cell["source"] for cell in cells if cell is not found[-1]]
        if ends := ENDS.search(self.source):
            notes.append(
                f"Outside its functions it says `{ends[1]}`, which would end Python; this line was passed over."
            )
        needed = self._needed()
        used = sorted(set(re.findall(r"\bcourse_lib\.[\w.]+", f"{self.source}\n{needed}")))
        if used and "entry" not in job:  # an entry may use the library
            notes.append(f"It uses {', '.join(used[:3])}.")
        if "entry" in job and len(self.source) > LONG:
            notes.append(f"It has {len(self.source):,} characters: look whether digits are written in it.")
        lines = [line[:200] for line in self.source.splitlines()[:LINES]]
        state = "empty" if not self.source.strip() else ""
        if job["start"] and source.same_code(self.source, job["start"]):
            state = "untouched"
        if "entry" in job and _definitions(self.source) == _definitions(job["start"]):
            state = "untouched"
        definitions = f"{source.shape(self.source)}\n{needed}"
        code = hashlib.sha256(definitions.encode("utf-8", "replace")).hexdigest()[:16]
        self.reply("found", notes=notes, lines=lines, state=state, code=code)

    def _needed(self) -> str:
        """Return what the answer needs of other cells; nothing if it cannot be told."""
        try:
            return source.needed_definitions(self.source, self.others)
        except (RecursionError, MemoryError):
            return ""

    # ------------------------------------------------------------ the answer

    def watch(self) -> None:
        """Note from now on what is tried outside the answer's own folder and Python's, whatever comes of it.

        What an import does is not noted: packages look for fonts, programs and the kernel's version.
        """

        def is_outside(path: str) -> bool:
            path = os.path.realpath(path)
            inside = any(confine.is_below(path, one) for one in self.roots)
            return not inside or any(confine.is_below(path, one) for one in self.hidden)

        def hook(event: str, args: tuple[Any, ...]) -> None:
            if (event not in WITH_PATH and event not in WITHOUT) or len(self.tried) >= TOLD or _in_an_import():
                return
            path = os.fsdecode(args[0]) if args and isinstance(args[0], str | bytes | os.PathLike) else ""
            with contextlib.suppress(OSError, ValueError):  # a path that is none
                if event in WITH_PATH and (not path or not is_outside(path)):
                    return
            words = f"{event} {path[:150]}".strip()
            if words not in self.tried:
                self.tried.append(words)

        sys.addaudithook(hook)

    def run(self) -> None:
        """Run the answer's definitions."""

        def work() -> None:
            source.load(self.source, self.others, self.job["exercise"], self.namespace)

        self.watch()
        self.left = self.job["soft"]
        if error := self._raised(work):
            self.reply("raised", error=error, printed=self.printed.text)
            return
        function = self.namespace.get(self.job["function"], self)
        if function is self:
            self.reply("nothing", printed=self.printed.text)
            return
        self.function = function
        host.import_for(function)
        self.reply("ready", printed=self.printed.text, **_described(function, self.job["method"]))

    def begin(self) -> None:
        """Begin a check: with its own time, a NumPy as it is now, and nothing printed."""
        self.left, self.printed.text, self.numpy = self.job["soft"], "", Intact(np)
        self.reply("begun")

    def finish(self) -> None:
        """End a check: NumPy is put back."""
        self.numpy.put_back()
        names = [name for name in self.numpy.changed if isinstance(name, str)][:10]
        self.reply("finished", numpy=names, printed=self.printed.text)

    def call(self, ask: dict[str, Any]) -> None:
        """Call the function, the class, or a method of an object that it made."""
        functions: dict[int, Callable[..., Any]] = {}

        def remote(place: int, name: str) -> Callable[..., Any]:
            return functions.setdefault(place, self._remote(place, name))

        args = [wire.decode(one, remote) for one in ask["args"]]
        named = {name: wire.decode(one, remote) for name, one in ask["named"].items()}
        before = [wire.encode(one) for one in args]
        result: list[Any] = []

        def work() -> None:
            called = self.function
            if ask["object"] is not None:
                called = getattr(self.objects[ask["object"]], self.job["method"])
            result.append(called(*args, **named))

        if error := self._raised(work):
            self.reply("raised", error=error, todos=_Ex.todos)
            return
        changed = {i: now for i, one in enumerate(args) if (now := wire.encode(one)) != before[i]}
        if ask["make"]:
            self.objects.append(result[0])
            value, made = wire.encode(result[0]), callable(result[0])
            self.reply("answer", value=value, callable=made, changed=changed, todos=_Ex.todos)
            return
        try:
            value = wire.encode(result[0])
        except BaseException as error:  # a class of the answer's own, that cannot be read
            self.reply("unreadable", error=type(error).__name__, todos=_Ex.todos)
            return
        if inspect.iscoroutine(result[0]):
            result[0].close()
        self.reply("answer", value=value, changed=changed, todos=_Ex.todos)

    def _remote(self, place: int, name: str) -> Callable[..., Any]:
        def function(*args: Any) -> Any:
            with _no_alarm():
                self.reply("callback", function=place, args=[wire.encode(one) for one in args])
                got = self.receive()
            if "error" in got:
                raise getattr(builtins, got["error"])(got["words"])
            return wire.decode(got["value"])

        function.__name__ = function.__qualname__ = name
        return function

    # ------------------------------------------------------------ its time and its errors

    def _raised(self, work: Callable[[], None]) -> dict[str, Any] | None:
        """Run something in the time that is left; return the error that it raised, as data."""
        try:
            with self._limited(), np.errstate(all="ignore"), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                sys.stdout = sys.stderr = self.printed
                work()
        except Stop as stop:
            self.end("timeout", place=_place(stop), printed=self.printed.text)
        except BaseException as error:  # SystemExit, too
            return _error(error)
        return None

    @contextlib.contextmanager
    def _limited(self) -> Iterator[None]:
        """Raise `Stop` in the answer when its CPU seconds are over, and again while it swallows that."""
        if not hasattr(signal, "setitimer"):  # Windows: the grader's own clock remains
            yield
            return
        alarms = 0

        def alarm(number: int, frame: FrameType | None) -> None:
            nonlocal alarms
            alarms += 1
            if alarms > PATIENCE:
                self.end("timeout", place=_frame_place(frame), printed=self.printed.text)
            raise Stop

        signal.signal(signal.SIGPROF, alarm)
        signal.signal(signal.SIGALRM, alarm)
        signal.setitimer(signal.ITIMER_PROF, max(self.left, 0.001), 0.01)
        signal.setitimer(signal.ITIMER_REAL, self.job["wall"], 0.01)
        try:
            yield
        finally:
            self.left = signal.setitimer(signal.ITIMER_PROF, 0)[0]
            signal.setitimer(signal.ITIMER_REAL, 0)


def _in_an_import() -> bool:
    frame: FrameType | None = sys._getframe()
    while frame is not None and frame.f_code is not IMPORT:
        frame = frame.f_back
    return frame is not None


@contextlib.contextmanager
def _no_alarm() -> Iterator[None]:
    """Hold alarms back while a frame is on its way: half a frame is none."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    alarms = {signal.SIGPROF, signal.SIGALRM}
    signal.pthread_sigmask(signal.SIG_BLOCK, alarms)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, alarms)


def _definitions(text: str) -> list[str]:
    """Return what a plain text defines: the same for two of which one imports more that it does not use."""
    body = ast.parse(text).body
    imports = [node for node in body if isinstance(node, ast.Import | ast.ImportFrom)]
    rest = [node for node in body if node not in imports]
    used = {one.id for node in rest for one in ast.walk(node) if isinstance(one, ast.Name)}
    taken = {
        f"{alias.asname or alias.name} is {getattr(node, 'module', None)} {alias.name}"
        for node in imports
        for alias in node.names
        if (alias.asname or alias.name) in used
    }
    return [*sorted(taken), *map(ast.dump, rest)]


class _NoDigits:
    """In the place of other labelled digits than an entry's own. Whoever reads them learns that there are none."""

    def _none(self, *args: Any, **named: Any) -> Any:
        raise ValueError(OTHERS)

    __array__ = __iter__ = __len__ = __getitem__ = __getattr__ = _none


def _its_own_hundred_alone() -> None:
    """Leave an entry to the challenge no labelled digits but those that `train` gets.

    `practice()` still gives Data, whose digits an entry may replace by its own, as the chapter's does.
    """
    challenge = importlib.import_module("course_lib.studies.challenge")
    glyphs = importlib.import_module("course_lib.data.glyphs")
    load_glyphs, none = glyphs.load_glyphs, _NoDigits()

    def practice(draw: int = 0) -> Any:
        empty = np.empty((0, 64), np.float32), np.empty(0, int)
        return challenge.Data(none, none, *empty, *empty)

    def letters_alone(*args: Any, **named: Any) -> Any:
        if any(one.isdigit() for one in str(named.get("characters", ""))):
            none._none()
        return load_glyphs(*args, **named)

    closed = {"practice": practice, "load_digits": none._none, "load_glyphs": letters_alone}
    for module in [one for name, one in sys.modules.items() if name.startswith("course_lib.")]:
        for name in closed.keys() & vars(module).keys():
            setattr(module, name, closed[name])
    challenge.split = challenge.sealed = none._none


def _described(function: Any, method: str) -> dict[str, Any]:
    """Describe an answer, as far as a check looks at it."""
    name = type(function).__name__[:60]
    called = getattr(function, method, None) if method else None
    return {
        "callable": callable(function),
        "is_class": isinstance(function, type),
        "type": name,
        "parameters": _parameters(function),
        "method": _parameters(called) if callable(called) else None,
        "has_method": callable(called),
        "empty": host.is_empty(function),
    }


def _parameters(function: Any) -> list[list[Any]] | None:
    """Return (name, kind, has a default) of each parameter; None if it does not know."""
    try:
        found = list(inspect.signature(function).parameters.values())[:40]
    except (TypeError, ValueError):
        return None
    return [[p.name, int(p.kind), p.default is not p.empty] for p in found]


def _error(error: BaseException) -> dict[str, Any]:
    """Describe an error: its classes, Python's own words, and the answer's line."""
    classes = [kind.__name__ for kind in type(error).__mro__ if issubclass(kind, BaseException)]
    try:
        words = host.describe_error(error)
    except BaseException:  # of a class of the answer's own
        words = type(error).__name__
    told = {"classes": classes, "words": words[:500], "text": _text(error), "place": _place(error)}
    if isinstance(error, SyntaxError):
        told["syntax"] = [error.filename, error.lineno, error.text]
    if isinstance(error, NameError | ModuleNotFoundError):
        told["name"] = str(error.name or "")[:60]
    return told


def _text(error: BaseException) -> str:
    try:
        return str(error)[:500]
    except BaseException:
        return ""


def _place(error: BaseException) -> list[Any] | None:
    """Return the file and line of the innermost frame that is the answer's."""
    places = [(frame.f_code.co_filename, line) for frame, line in traceback.walk_tb(error.__traceback__)]
    return _own(places)


def _frame_place(frame: FrameType | None) -> list[Any] | None:
    return _own(reversed([(one.f_code.co_filename, line) for one, line in traceback.walk_stack(frame)]))


def _own(places: Any) -> list[Any] | None:
    own = [place for place in places if not place[0].startswith(host.NOT_THE_READERS)]
    return list(own[-1]) if own else None


def main(reads: BinaryIO, writes: BinaryIO) -> None:
    """Answer the grader's frames until it ends."""
    null = os.open(os.devnull, os.O_RDWR)
    for number in (0, 1, 2):
        os.dup2(null, number)
    child = Child(reads, writes)
    child.confine()
    asked = {"run": child.run, "begin": child.begin, "finish": child.finish}
    while True:
        ask = child.receive()
        if ask["op"] == "find":
            child.find(wire.read_exactly(reads, ask["bytes"]) or b"")
        elif ask["op"] == "call":
            child.call(ask)
        elif ask["op"] == "probe":
            child.reply("probed", **probe(ask))
        else:
            asked[ask["op"]]()


def probe(ask: dict[str, Any]) -> dict[str, str]:
    """Try what an answer must not be able to do; return how each went: "open", or the system's refusal."""
    import socket

    def sees(path: str) -> None:
        with open(path, "rb") as file:
            file.read(1)

    def forks() -> None:
        if not os.fork():
            os._exit(0)

    tried: dict[str, Callable[[], Any]] = {
        "files": lambda: sees(ask["secret"]),
        "writing": lambda: os.mkdir(ask["folder"]),
        "network": lambda: socket.create_connection(("127.0.0.1", ask["port"]), timeout=2),
        "processes": forks,
    }
    results = {}
    for name, attempt in tried.items():
        try:
            attempt()
            results[name] = "open"
        except Exception as error:
            results[name] = type(error).__name__
    return results
