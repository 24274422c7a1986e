"""What an answer must not do is refused, call by call; what Python, NumPy, matplotlib and torch need is not."""

import json
import os
import platform
import re
import sys
from pathlib import Path

import pytest

from course_lib import chapters
from course_lib.grading import child, confine
from course_lib.grading.grade import Task, grade_answer
from course_lib.grading.process import LIBRARY, Sandbox, probe
from course_lib.grading.rows import Verdict

from .submissions import HEAD, RIGHT, answer

MOMENTUM = chapters.exercises()["momentum"]

#: Tries each text of TRIED, and prints how it went. Python's own modules are loaded, and libc's calls are at hand.
TRIES = '''
import ctypes, errno, fcntl, glob, json, os, socket, sys, threading, time
libc = ctypes.CDLL(None, use_errno=True)

def call(number, *args):
    """A call of the kernel; it raises what the kernel says."""
    status = libc.syscall(number, *[ctypes.c_long(a) if isinstance(a, int) else a for a in args])
    if status == -1:
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
    return status

def tried(text):
    space = dict(globals())
    try:
        *lines, last = text.split("; ")
        exec("; ".join(lines), space)
        return repr(eval(last, space))[:200]
    except OSError as error:
        return errno.errorcode.get(error.errno, str(error.errno))
    except BaseException as error:
        return f"{type(error).__name__}: {error}"[:200]
'''


def outcomes(texts):
    """What became of each text in an answer's process."""
    before = f"{TRIES}\nTRIED = {list(texts)!r}\nprinted = [tried(text) for text in TRIED]\n"
    row = grade_answer(answer(f"{before}{HEAD}    print(json.dumps(printed))\n{RIGHT}"), "a.ipynb", MOMENTUM, Task())
    assert row.verdict is Verdict.PASS, row
    return dict(zip(texts, json.JSONDecoder().raw_decode(row.printed)[0], strict=True))


def refused(texts, *allowed):
    said = {}
    for start in range(0, len(texts), 12):  # what is printed is cut
        said |= outcomes(texts[start : start + 12])
    return {text: how for text, how in said.items() if how not in allowed}


def test_all_four_are_closed(confined):
    isolation = probe(Sandbox())
    assert isolation.open == () and "closed to answers" in str(isolation)
    assert {"limits", "seccomp"} <= set(confined.split(", ")) and "Landlock" in confined


# ---------------------------------------------------------------- calls


def table(text):
    return {name: int(number) for name, number in re.findall(r"#define __NR(?:3264)?_(\w+)\s+(\d+)\b", text)}


@pytest.mark.parametrize(
    ("column", "path"),
    [
        pytest.param(0, "/usr/include/x86_64-linux-gnu/asm/unistd_64.h", id="x86-64"),
        pytest.param(1, "/usr/include/asm-generic/unistd.h", id="ARM64"),
    ],
)
def test_the_numbers_of_calls_are_the_kernels(column, path):
    if not Path(path).exists():
        pytest.skip(f"{path} is not installed (Debian: apt install linux-libc-dev)")
    known = table(Path(path).read_text())
    ours = {name: numbers[column] for name, numbers in confine.DENIED.items()}
    ours |= {name: numbers[column] for name, (numbers, *_) in confine.DENIED_WITH.items()}
    ours |= {"clone": confine.CLONE[column], "clone3": confine.CLONE3[column]}
    newer = {"fchmodat2": 452, "setxattrat": 463, "removexattrat": 466}  # than the headers, perhaps
    for name, number in ours.items():
        assert number == known.get(name, newer.get(name, 0)), name


def test_no_number_is_there_twice():
    for column in (0, 1):
        numbers = [numbers[column] for numbers in confine.DENIED.values() if numbers[column]]
        assert len(set(numbers)) == len(numbers)


def test_every_call_that_is_denied_is_refused(confined):
    """With arguments that are wrong, so that nothing would happen: the refusal comes before these are looked at."""
    column = confine.MACHINES[platform.machine()][0]
    numbers = [numbers[column] for numbers in confine.DENIED.values() if numbers[column]]
    texts = [f"call({number}, -1, -1, -1, -1, -1, -1)" for number in numbers]
    texts += [f"call({confine.CLONE[column]}, 17, 0, 0, 0, 0)"]
    assert refused(texts, "EPERM") == {}
    assert outcomes(["call(435, 0, 0)"]) == {"call(435, 0, 0)": "ENOSYS"}


def test_signals_processes_and_sockets(confined):
    texts = [
        "os.kill(os.getppid(), 0)", "os.kill(1, 0)", "os.kill(-1, 0)", "os.kill(os.getpid(), 9)", "os.killpg(0, 0)",
        "os.fork()", "os.forkpty()", "os.execv('/bin/true', ['true'])", "os.posix_spawn('/bin/true', ['true'], {})",
        "import subprocess; subprocess.run(['true'])", "os.system('true')",
        "import multiprocessing; multiprocessing.Process(target=print).start()", "os.setsid()",
        "socket.socket()", "socket.socket(socket.AF_UNIX)", "socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)",
        "socket.socket(socket.AF_NETLINK, socket.SOCK_RAW)", "socket.socketpair()",
        "socket.create_connection(('127.0.0.1', 1))", "os.pidfd_open(os.getppid())",
        "os.sched_setaffinity(os.getppid(), [0])", "os.setpriority(os.PRIO_PROCESS, os.getppid(), 19)",
        "import resource; resource.prlimit(os.getppid(), resource.RLIMIT_CPU)",
        "import resource; resource.setrlimit(resource.RLIMIT_CPU, (99, 99))",
        "fcntl.fcntl(os.pipe()[0], fcntl.F_SETOWN, os.getppid())", "fcntl.fcntl(os.pipe()[0], fcntl.F_SETSIG, 9)",
        "libc.prctl(1, 0, 0, 0, 0)",
    ]  # fmt: skip
    open_ = refused(texts, "EPERM", "EACCES")
    assert open_.pop("import resource; resource.setrlimit(resource.RLIMIT_CPU, (99, 99))").startswith("ValueError")
    # what C says instead of raising: -1, and a shell that did not start
    assert open_ == {"libc.prctl(1, 0, 0, 0, 0)": "-1", "os.system('true')": str(127 << 8)}


def test_pipes_duplicates_and_clocks_are_allowed(confined):
    texts = ["len(os.pipe())", "fcntl.fcntl(os.pipe()[0], fcntl.F_GETFD)", "time.sleep(0)", "len(os.urandom(3))",
             "os.getpid() > 0", "thread = threading.Thread(target=print); thread.start(); thread.join()",
             "libc.prctl(15, b'a name', 0, 0, 0)"]  # fmt: skip
    assert refused(texts, "2", "1", "None", "3", "True", "0") == {}


# ---------------------------------------------------------------- files


@pytest.fixture
def secret(tmp_path):
    """A file of the test's own, with links to it in its folder."""
    path = tmp_path / "secret.txt"
    path.write_text("told to nobody", "utf-8")
    path.chmod(0o600)
    (tmp_path / "link").symlink_to(path)
    return path


def test_files_cannot_be_read(confined, secret):
    digits = Path(sys.prefix, "lib", f"python{sys.version_info[0]}.{sys.version_info[1]}", "site-packages")
    sklearn = next(digits.glob("sklearn/datasets/data/digits*"), "/etc/passwd")
    texts = [f"open({str(path)!r}).read()" for path in (
        "/etc/passwd", "/etc/hostname", secret, secret.parent / "link", Path.home() / ".bashrc", sklearn,
        LIBRARY / "chapters" / "__init__.py", Path(__file__), f"/proc/{os.getpid()}/environ",
        f"/proc/{os.getpid()}/mem", "/proc/self/environ", "/proc/self/mem", "/proc/1/cmdline", "/dev/tty", "/dev/mem",
    )]  # fmt: skip
    texts += [f"os.listdir({str(path)!r})" for path in ("/", "/tmp", "/home", Path.home(), secret.parent, ".", "/proc")]
    texts += [
        "open(f'/proc/{os.getppid()}/environ').read()",
        "open(f'/proc/{os.getppid()}/cmdline').read()",
        f"libc.open({str(secret)!r}.encode(), 0)",
        "os.open('passwd', os.O_RDONLY, dir_fd=os.open('/etc', os.O_PATH))",
        "os.open('../../../../etc/passwd', os.O_RDONLY, dir_fd=os.open(sys.prefix, os.O_RDONLY))",
        "os.listdir('/proc/self/fd')",
    ]
    open_ = refused(texts, "EACCES", "EPERM")
    assert open_.pop(f"libc.open({str(secret)!r}.encode(), 0)") == "-1"
    gone = {text for text, how in open_.items() if how in ("ENOENT", "ENXIO")}
    assert set(open_) == gone, open_


def test_the_books_answers_cannot_be_imported_nor_read_where_the_library_is(confined):
    texts = [f"import course_lib.{name}" + f"; course_lib.{name}" for name in ("chapters", "exercises", "grading")]
    texts += [
        "import course_lib; [open(p).read() for p in glob.glob(course_lib.__path__[0] + '/chapters/*.py')]",
        "import course_lib; open(course_lib.__path__[0] + '/chapters/__init__.py').read()",
        "import sklearn.datasets; sklearn.datasets.load_digits()",
    ]
    for text, how in outcomes(texts).items():
        assert how in ("EACCES", "EPERM") or how.startswith(("ModuleNotFoundError", "ImportError", "KeyError")), text


def test_no_file_of_the_grader_is_open(confined):
    """But for the two ends of its own pipes, and nothing."""
    texts = [f"__import__('stat').filemode(os.fstat({n}).st_mode)[0]" for n in range(64)]
    kinds = [how for start in range(0, 64, 16) for how in outcomes(texts[start : start + 16]).values()]
    assert kinds[:3] == ["'c'"] * 3
    assert kinds[3:].count("'p'") == 2 and set(kinds[3:]) <= {"'p'", "'c'", "EBADF"}


def test_nothing_can_be_written_nor_changed(confined, secret):
    path, folder = repr(str(secret)), repr(str(secret.parent))
    before = secret.stat()
    texts = [
        f"open({path}, 'w')", f"open({path}, 'a')", f"os.truncate({path}, 0)", f"os.remove({path})",
        f"os.rename({path}, {path} + '2')", f"os.link({path}, {path} + '2')", f"os.symlink({path}, {path} + '2')",
        f"os.mkdir({folder} + '/new')", f"os.rmdir({folder})", f"os.mkfifo({folder} + '/new')",
        f"os.chmod({path}, 0o777)", f"os.chmod({folder}, 0o777)", f"os.chown({path}, 0, 0)",
        f"os.utime({path}, (1, 1))",
        f"os.setxattr({path}, 'user.a', b'a')", f"os.removexattr({path}, 'user.a')",
        "open('here.txt', 'w')", "os.mkdir('here')", "open(sys.prefix + '/new', 'w')", "os.symlink('/etc', 'here')",
        "open(np.__file__, 'a')", "os.remove(np.__file__)", "open('/dev/shm/new', 'w')", "open('/tmp/new', 'w')",
        "import tempfile; tempfile.TemporaryFile()", "os.chroot('/')", "os.mkfifo('here')",
        f"os.open({folder}, os.O_TMPFILE | os.O_WRONLY)",
        "os.write(os.memfd_create('a'), b'a')", "os.chmod('.', 0o777)",
    ]  # fmt: skip
    open_ = refused(texts, "EACCES", "EPERM", "EROFS")
    assert open_.pop("os.write(os.memfd_create('a'), b'a')") == "EFBIG"
    assert open_ == {}
    after = secret.stat()
    assert (before.st_mode, before.st_mtime_ns, before.st_size) == (after.st_mode, after.st_mtime_ns, after.st_size)
    assert sorted(os.listdir(secret.parent)) == ["link", "secret.txt"]


# ---------------------------------------------------------------- what works


@pytest.mark.parametrize("name", ["matplotlib.pyplot", "scipy.optimize", "sklearn.linear_model", "course_lib.optim"])
def test_packages_can_be_imported_afterwards(confined, name):
    pytest.importorskip(name.partition(".")[0])
    assert outcomes([f"import {name}; sys.modules[{name!r}].__name__"]) == {
        f"import {name}; sys.modules[{name!r}].__name__": repr(name)
    }


@pytest.mark.slow
def test_torch_can_be_imported_afterwards(confined):
    pytest.importorskip("torch")
    head = chapters.exercises()["head_step"]
    text = "import torch\nassert float((torch.ones(200, 200) @ torch.ones(200, 200)).sum()) == 200.0**3\n"
    row = grade_answer(answer(text + head.source, "head_step"), "a.ipynb", head, Task())
    assert row.passed, row


def test_a_hidden_folder_is_not_reached_around(tmp_path):
    """Of a folder with a hidden one in it, what is beside that can be read; links are left out."""
    for name in ("a/secret", "a/other", "b"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "a" / "link").symlink_to(tmp_path / "a" / "secret")
    hidden = str(tmp_path / "a" / "secret")
    found = dict(confine._without(str(tmp_path), [hidden]))
    assert found == {
        str(tmp_path): False,
        str(tmp_path / "a"): False,
        str(tmp_path / "a/other"): True,
        str(tmp_path / "b"): True,
    }


def test_the_image_for_answers_has_neither_solutions_nor_labelled_digits():
    """Where Landlock does not hide them, they are not there."""
    place = Path(child.__file__).parent
    image = (place / "Dockerfile").read_text("utf-8")
    assert f"rm -r {' '.join(child.HIDDEN)} " in image and '"/descent[deep]"' in image
    (command,) = re.findall(r"docker build .*", image)
    told = (place.parents[1] / "book" / "grading.md").read_text("utf-8")
    assert f"`{command}`" in told and 'docker run -i --rm --network none --read-only answers" --sandbox-python' in told
    copied = (place / "Dockerfile.dockerignore").read_text("utf-8").split()
    assert copied[0] == "*" and all((place.parents[1] / name[1:]).exists() for name in copied[1:])
