"""Whatever a notebook does: a verdict in time, no PASS for wrong numbers, the other answers judged, nothing left."""

import os
import re
import resource
import signal
import sys
import tempfile
import threading
import time
from pathlib import Path

import pytest

from course_lib import chapters
from course_lib.grading import process as processes
from course_lib.grading.grade import Task, grade_answer, grade_notebook
from course_lib.grading.process import LIBRARY, TRIED, Limits, Process, Sandbox
from course_lib.grading.remote import CLOSED
from course_lib.grading.rows import Verdict

from .submissions import CHEATS, FAULTS, HEAD, QUIET, RIGHT, TRIES, answer, body, cell, notebook, wrong

BOOK = chapters.exercises()
TWO = {name: BOOK[name] for name in ("momentum", "nesterov")}
LIMITS = Limits(soft=0.5, wall=1.0, hard=5, cpu=1)
LONGEST = 2 * (LIMITS.hard + 2) + 1  # seconds: what has crashed is tried once more


def processes_of(folder: Path) -> list[str]:
    """Command lines of processes whose folder is in there."""
    found = []
    for one in Path("/proc").iterdir() if Path("/proc").is_dir() else ():
        try:
            if one.name.isdigit() and Path(os.readlink(one / "cwd").removesuffix(" (deleted)")).parent == folder:
                found.append((one / "cmdline").read_text())
        except OSError:
            continue
    return found


@pytest.fixture
def graded(confined, tmp_path):
    """A function that grades a notebook's answer to `momentum`; nothing may be left of it."""

    def grade(raw, limits=LIMITS):
        threads, start = threading.active_count(), time.monotonic()
        task = Task(limits=limits, folder=tmp_path)
        (row,) = grade_notebook(raw, "a.ipynb", {"momentum": BOOK["momentum"]}, task)
        assert time.monotonic() - start < LONGEST
        assert row.verdict is not Verdict.NOT_GRADED, row
        assert list(tmp_path.iterdir()) == [] and processes_of(tmp_path) == []
        while threading.active_count() > threads and time.monotonic() - start < LONGEST:
            time.sleep(0.02)  # a busy machine needs more than one
        assert threading.active_count() <= threads
        return row

    return grade


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_has_the_right_verdict(graded, name):
    raw, allowed = FAULTS[name]
    row = graded(raw, Limits() if name == "pyplot" else LIMITS)  # matplotlib looks at all fonts first
    assert f" {row.verdict} " in f" {allowed} ", row
    assert row.message and all(text.isprintable() or "\n" in text for text in row.message)


@pytest.mark.parametrize("name", CHEATS)
def test_no_cheat_passes(graded, name):
    row = graded(CHEATS[name])
    assert row.verdict in (Verdict.NOT_YET, Verdict.TAMPERED, Verdict.CRASHED, Verdict.TIMEOUT), row


@pytest.mark.parametrize("name", TRIES)
def test_what_an_answer_tried_is_noted_though_it_swallows_the_error(graded, name):
    row = graded(TRIES[name], Limits())
    assert row.notes[-1] == f"{TRIED}`{name}`.", row
    assert row.passed is (name != "open /etc/passwd")


@pytest.mark.parametrize("name", QUIET)
def test_what_packages_do_by_themselves_is_not_noted(graded, name):
    row = graded(QUIET[name], Limits())
    assert row.passed and row.notes == (), row


@pytest.mark.parametrize(
    "line",
    [
        "import course_lib.chapters",
        "open(np.__file__ + '/nothing')",
        "open('mine.txt')",
        "raise ValueError(np)",
        "raise FileNotFoundError(2, 'where', __import__('os').path.expanduser('~/a'))",
        "print(np.__file__, __import__('os').getcwd(), __import__('sys').path)",
        "return np.ones((2, 'a'), like=3)",
    ],
)
def test_a_student_reads_no_path_of_this_machine(graded, line):
    row = graded(body(line), Limits())
    shown = "\n".join((*row.message, row.printed))
    for place in (LIBRARY.parent, sys.prefix, sys.base_prefix, tempfile.gettempdir(), Path.home()):
        assert str(place) == "/usr" or not re.search(rf"{re.escape(str(place))}\b", shown), shown
    assert not re.search(r"\w/(course_lib|site-packages)", shown), shown
    if "PermissionError" in shown:
        assert CLOSED in row.message[0]


def test_an_answer_that_opens_a_file_is_told_that_it_may_not(graded):
    row = graded(TRIES["open /etc/passwd"], Limits())
    assert row.message[0] == (
        f"Your function raised PermissionError: [Errno 13] Permission denied: '/etc/passwd'. {CLOSED}"
    )


# ---------------------------------------------------------------- attacks on the pipe and on the grader

#: `child` is the object at the other end of the pipe, which a stranger finds. Bare calls at the top do not run.
FOUND = """
import gc, os, sys, json, struct, signal, time
child = next(one for one in gc.get_objects() if type(one).__name__ == "Child" and hasattr(one, "writes"))
def value(number):
    return {"t": "float", "v": float(number).hex()}
def say(kind, **fields):
    child.reply(kind, **fields)
def sent(count, kind, **fields):
    for _ in range(count):
        say(kind, **fields)
WRONG = {"t": "tuple", "v": [value(0), value(0)]}
"""


def top(lines):
    """Wrong numbers, and something at the top."""
    return answer(f"{FOUND}\ndef attack():\n" + "".join(f"    {line}\n" for line in lines.splitlines())
                  + f"    return 1\nx = attack()\n{HEAD}    return x, v\n")  # fmt: skip


def inside(lines):
    """Wrong numbers, and something in each call."""
    return wrong(lines, FOUND)


WRONG = {"t": "tuple", "v": [{"t": "float", "v": "0x0p+0"}] * 2}
OBJECTS = {"t": "array", "v": "", "d": "O", "s": [4] * 8}
LONG = {"t": "long", "v": "list", "n": 10**6}
PASSWD = ["/etc/passwd", 1]


def ahead(kind="answer", **fields):
    """Send a frame before it is asked for, in the first call; and then nothing."""
    fields = {"value": WRONG, "changed": {}, "todos": 0} | fields if kind == "answer" else fields
    return inside(f"say({kind!r}, **{fields!r})\ntime.sleep(60)")


def raised(**error):
    return ahead("raised", error={"classes": ["ValueError"], "words": "a", "text": "b", "place": None} | error)


def ready(**fields):
    """Describe itself otherwise than it is."""
    told = {"callable": True, "is_class": False, "type": "function", "empty": False, "has_method": False}
    return top(f"say('ready', **{told | {'method': None, 'parameters': None, 'printed': ''} | fields!r})")


ATTACKS = {
    "ready twice": ready(),
    "ready, begun, an answer and finished ahead": top(
        "say('ready', parameters=None, callable=True, empty=False, printed='')\nsay('begun')\n"
        "sent(60, 'answer', value=WRONG, changed={}, todos=0)\nsay('finished', numpy=[], printed='')"
    ),
    "finished twice": inside("sent(2, 'finished', numpy=[], printed='')"),
    "found twice": top("say('found', notes=[], lines=[], state='', code='0' * 16)"),
    "unreadable, so that all rows are": top("say('unreadable', why='no notebook')"),
    "confined again": top("say('confined', closed=[])"),
    "probed": top("say('probed', files='closed')"),
    "answers ahead, and silence": inside("sent(100, 'answer', value=WRONG, changed={}, todos=0)\ntime.sleep(60)"),
    "an answer of wrong numbers first": inside("say('answer', value=WRONG, changed={}, todos=0)"),
    "its own methods replaced": top(
        "type(child)._raised = lambda self, work: None\ntype(child).finish = type(child).begin"
    ),
    "wire replaced": top("type(child).reply.__globals__['wire'].encode = lambda *a, **k: value(0)"),
    "half a frame": inside("os.write(child.writes.fileno(), b'\\0\\0')\ntime.sleep(60)"),
    "a frame byte by byte": inside(
        "for byte in struct.pack('>I', 100) + b'{' * 100:\n    os.write(child.writes.fileno(), bytes([byte]))"
    ),
    "closes the pipe": inside("child.writes.close()\ntime.sleep(60)"),
    "closes what it reads": inside("child.reads.close()"),
    "closes all": inside("os.closerange(0, 64)"),
    "closes all and sleeps": inside("os.closerange(0, 64)\ntime.sleep(60)"),
    "stops itself": inside("signal.raise_signal(signal.SIGSTOP)"),
    "stops itself by a timer": inside(
        "import ctypes\nclass Event(ctypes.Structure):\n    _fields_ = [('value', ctypes.c_uint64), "
        "('signo', ctypes.c_int), ('notify', ctypes.c_int), ('pad', ctypes.c_char * 48)]\n"
        "number, libc, intel = ctypes.c_int(), ctypes.CDLL(None), os.uname().machine == 'x86_64'\n"
        "libc.syscall(222 if intel else 107, 1, ctypes.byref(Event(0, 19, 0, b'')), ctypes.byref(number))\n"
        "libc.syscall(223 if intel else 110, number, 0, (ctypes.c_long * 4)(0, 0, 0, 1000), None)\nwhile True: pass"
    ),
    "no alarm": inside("for s in (signal.SIGPROF, signal.SIGALRM): signal.signal(s, signal.SIG_IGN)\nwhile True: pass"),
    "no alarm, asleep": inside("signal.setitimer(signal.ITIMER_REAL, 0)\ntime.sleep(60)"),
    "alarms blocked": inside("signal.pthread_sigmask(signal.SIG_BLOCK, range(1, 64))\nwhile True: pass"),
    "an alarm that kills": inside(
        "signal.signal(signal.SIGALRM, signal.SIG_DFL)\nsignal.setitimer(signal.ITIMER_REAL, 0.01)\nwhile True: pass"
    ),
    "a trace": top("def trace(frame, event, arg):\n    frame.f_locals.clear()\n    return trace\nsys.settrace(trace)"),
    "threads without end": inside(
        "import threading\nfor _ in range(10**4):\n"
        "    threading.Thread(target=time.sleep, args=(60,), daemon=True).start()"
    ),
    "a thread that answers": top(
        "import threading\ndef answers():\n    while True:\n        say('answer', value=WRONG, changed={}, todos=0)\n"
        "threading.Thread(target=answers, daemon=True).start()"
    ),
    "todos is huge": ahead(todos=10**4000),
    "todos is true": ahead(todos=True),
    "todos is a list": ahead(todos=[1.5]),
    "changed is a list": ahead(changed=[[0, WRONG]]),
    "changed has no number": ahead(changed={"x": WRONG}),
    "changed in another script": ahead(changed={"٣": OBJECTS}),
    "changed from the end": ahead(changed={"-1": WRONG}),
    "changed, a number that cannot": ahead(changed={"3": WRONG}),
    "changed into objects": ahead(changed={str(place): OBJECTS for place in range(5)}),
    "an error without classes": raised(classes=[], words=1, text=None),
    "an error that is none": ahead("raised", error=[1], todos=0),
    "an error of the grader's": raised(classes=["Ended", "Stop", "KeyboardInterrupt"], place=PASSWD),
    "an error of many classes": raised(classes=["A" * 60] * 5000, place=["<the cell exercise:momentum>", 10**9]),
    "an error of many words": raised(words="a" * 10**6, text="a" * 10**6),
    "a timeout of another's line": ahead("timeout", place=PASSWD, printed=""),
    "a callback of none": inside("say('callback', function=0, args=[])\nchild.receive()\ntime.sleep(60)"),
    "a callback of minus one": ahead("callback", function=-1, args={"a": 1}),
    "a kind that is a list": ahead([]),
    "parameters that are none": ready(parameters=[["x", 1.0, False]]),
    "parameters of any kind": ready(parameters=[["a" * 10**6, 99, []], 3, None]),
    "parameters by thousands": ready(parameters=[["_" * 1000, 3, False]] * 2000),
    "a type with a bell in its name": ready(callable=False, type="\a\x1b[2J" + "e" * 10**6, printed="\a" * 10**6),
    "a class where a function is": ready(is_class=True),
    "names of NumPy's with a bell": inside("child.numpy.changed += ['\\a' * 10**5] * 100"),
    "a value of long lists": ahead(value={"t": "list", "v": [LONG] * 1000}),
    "frames of four megabytes": inside(
        "t = b'{\"a\": [' + b'[],' * 1_390_000 + b'[]]}'\nt = struct.pack('>I', len(t)) + t\n"
        "for _ in range(30): child.writes.write(t)\ntime.sleep(60)"
    ),
    "an array that is never whole": ahead(value={"t": "array", "v": "A" * 400_000, "d": "f8", "s": [1]}),
    "letters that are none": ahead(
        value={"t": "tuple", "v": [{"t": "scalar", "v": "////////", "d": "U1", "s": []}] * 2}
    ),
    "a number that lies": wrong(
        "return Liar(0), Liar(0)",
        "class Liar(float):\n    def hex(self): return '0x1p0'\n    __eq__ = lambda *a: True\n",
    ),
    "exit at the top": answer(f"x = exit()\n{HEAD}    return x, v\n"),
    "KeyboardInterrupt at the top": answer(f"def f():\n    raise KeyboardInterrupt\nx = f()\n{HEAD}{RIGHT}"),
    "a line of another file": inside("exec(compile('1 / 0', '/etc/passwd', 'exec'))"),
    "a line of another file, as syntax": answer(
        f"def f():\n    raise SyntaxError('a', ('/etc/passwd', 1, 1, None))\nx = f()\n{HEAD}{RIGHT}"
    ),
    "a line of another file, as a timeout": inside("exec(compile('while True: pass', '/etc/passwd', 'exec'))"),
    "a line of another's answer": raised(place=["<the cell exercise:nesterov>", 2]),
    "a metaclass that hangs": answer(
        "class M(type):\n    def __getattribute__(cls, name):\n        while True: pass\n"
        "class momentum_step(metaclass=M):\n    pass\n"
    ),
    "a signature that raises": answer(
        "class F:\n    @property\n    def __signature__(self): raise MemoryError\n"
        "    __call__ = lambda self, *a: a[:2]\nmomentum_step = F()\n"
    ),
}


def test_the_attacks_reach_the_pipe(graded):
    """The same with right numbers passes: what fails below is what was sent."""
    assert graded(body("child", FOUND)).passed
    right = "{'t': 'tuple', 'v': [value(x - lr * v), value(v)]}"
    lines = f"v = rho * v + dx\nsay('answer', value={right}, changed={{}}, todos=0)\ntime.sleep(60)"
    row = graded(body(lines, FOUND))
    assert row.verdict is Verdict.TIMEOUT, row


@pytest.mark.parametrize("name", ATTACKS)
def test_no_attack_passes_or_harms_the_grader(graded, name):
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    row = graded(ATTACKS[name])
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    assert grown < 300, f"{grown:.0f} MB"
    assert row.verdict in (Verdict.NOT_YET, Verdict.TAMPERED, Verdict.CRASHED, Verdict.TIMEOUT,
                           Verdict.NOT_ATTEMPTED), row  # fmt: skip
    told = " ".join([*row.message, *row.notes, row.printed])
    assert "root" not in told and len(told) < 10_000
    assert all(letter.isprintable() or letter in "\n\t" for letter in told)


@pytest.mark.parametrize(
    "raw", [FAULTS["exit"][0], FAULTS["endless in Python"][0], CHEATS["frames without end"], ATTACKS["closes all"]],
    ids=["exit", "endless in Python", "frames without end", "closes all"],
)  # fmt: skip
def test_the_students_other_answer_is_judged_as_ever(confined, tmp_path, raw):
    import json

    cells = json.loads(raw)["cells"]
    task = Task((0, 5), limits=LIMITS, folder=tmp_path)
    for answers in ([*cells, cell(BOOK["nesterov"].source, "exercise:nesterov")],
                    [cell(BOOK["nesterov"].source, "exercise:nesterov"), *cells]):  # fmt: skip
        bad, good = grade_notebook(notebook(*answers), "a.ipynb", TWO, task)
        assert good.passed and good.exercise == "nesterov" and not bad.passed
        assert bad.sha256 == good.sha256 and len(bad.sha256) == 64


def test_a_file_that_is_no_notebook_is_unreadable_in_every_row(confined, tmp_path):
    rows = grade_notebook(b"{", "a.ipynb", TWO, Task(limits=LIMITS, folder=tmp_path))
    assert [(row.exercise, row.verdict) for row in rows] == [(name, Verdict.UNREADABLE) for name in TWO]


def test_an_error_of_the_grader_is_a_row_that_is_not_graded(confined, tmp_path, monkeypatch):
    def fails(*args, **named):
        raise RuntimeError("no such thing")

    monkeypatch.setattr("course_lib.grading.grade.check_text", fails)
    (row,) = grade_notebook(answer(HEAD + RIGHT), "a", {"momentum": BOOK["momentum"]}, Task(folder=tmp_path))
    assert row.verdict is Verdict.NOT_GRADED and "RuntimeError: no such thing" in row.message[0]
    assert list(tmp_path.iterdir()) == []


def test_what_crashed_is_tried_once_more(confined, tmp_path, monkeypatch):
    started = []
    real = processes.Process.__init__

    def counted(self, *args, **named):
        started.append(1)
        real(self, *args, **named)

    monkeypatch.setattr(processes.Process, "__init__", counted)
    for name, times in (("exit", 2), ("endless at the top", 1), ("stub", 1)):
        started.clear()
        grade_notebook(FAULTS[name][0], "a", {"momentum": BOOK["momentum"]}, Task(limits=LIMITS, folder=tmp_path))
        assert len(started) == times, name


@pytest.mark.parametrize("sandbox", [Sandbox(("false",)), Sandbox(("true",)), Sandbox(("/no/such/program",))], ids=str)
def test_a_process_that_does_not_start_leaves_nothing(tmp_path, sandbox):
    threads = threading.active_count()
    with pytest.raises((RuntimeError, OSError)):
        Process(sandbox, LIMITS, {"packages": ()}, tmp_path)
    time.sleep(0.05)
    assert list(tmp_path.iterdir()) == [] and threading.active_count() <= threads


def test_ctrl_c_ends_the_grader_and_is_no_error_of_the_answer(confined, tmp_path):
    threading.Timer(1.0, os.kill, (os.getpid(), signal.SIGINT)).start()
    with pytest.raises(KeyboardInterrupt):
        grade_answer(FAULTS["sleeps"][0], "a", BOOK["momentum"], Task(folder=tmp_path))
    assert list(tmp_path.iterdir()) == [] and processes_of(tmp_path) == []
