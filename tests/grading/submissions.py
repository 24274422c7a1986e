"""Notebooks that a class might hand in: right, wrong, broken, and hostile.

What is destructive if it is not confined runs in the tests only after `probe` has shown that it is.
"""

import json

RIGHT = "    v = rho * v + dx\n    x = x - lr * v\n    return x, v\n"
HEAD = "def momentum_step(x, dx, v, lr, rho):\n"


def cell(source, *tags, kind="code"):
    return {"cell_type": kind, "metadata": {"tags": list(tags)}, "source": source}


def notebook(*cells):
    return json.dumps({"cells": list(cells), "nbformat": 4, "nbformat_minor": 5, "metadata": {}}).encode()


def answer(source, name="momentum"):
    """A notebook with an answer."""
    return notebook(cell(source, f"exercise:{name}"))


def body(lines, before=""):
    """A notebook with an answer to `momentum` that runs these lines first, and would be right without them."""
    return answer(before + HEAD + "".join(f"    {line}\n" for line in lines.splitlines()) + RIGHT)


def wrong(lines, before=""):
    """The same, but what it computes is wrong: a PASS would be a cheat's."""
    return answer(before + HEAD + "".join(f"    {line}\n" for line in lines.splitlines()) + "    return x, v\n")


#: Name → (notebook, verdicts that are right).
FAULTS = {
    "endless in Python": (body("while True:\n    pass"), "TIMEOUT"),
    "endless, and swallows": (body("while True:\n    try:\n        while True: pass\n    except: pass"), "TIMEOUT"),
    "endless in C": (body("sum(range(10**13))"), "TIMEOUT"),
    "endless at the top": (answer("while True:\n    pass\n" + HEAD + RIGHT), "TIMEOUT"),
    "sleeps": (body("import time\ntime.sleep(60)"), "TIMEOUT"),
    "memory": (body("a = [0] * 10**10"), "NOT YET"),
    "memory, slowly": (body("a = []\nwhile True:\n    a.append(bytearray(10**7))"), "NOT YET TIMEOUT CRASHED"),
    "exit": (body("import os\nos._exit(0)"), "CRASHED"),
    "exit at the top": (answer("import os\na = os._exit(0)\n" + HEAD + RIGHT), "CRASHED"),
    "SystemExit": (body("raise SystemExit"), "NOT YET"),
    "segmentation fault": (body("import ctypes\nctypes.string_at(0)"), "CRASHED"),
    "aborts": (body("import os\nos.abort()"), "CRASHED"),
    "recursion": (body("return momentum_step(x, dx, v, lr, rho)"), "NOT YET"),
    "deep recursion": (
        body("import sys\nsys.setrecursionlimit(10**9)\nreturn momentum_step(x, dx, v, lr, rho)"),
        "NOT YET CRASHED TIMEOUT",
    ),
    "prints without end": (body("for _ in range(10**5): print('a' * 1000)"), "PASS TIMEOUT"),
    "floods the real output": (body("import os\nfor _ in range(1000): os.write(1, b'x' * 10**5)"), "PASS"),
    "not JSON": (b"{'cells': [", "UNREADABLE"),
    "empty file": (b"", "UNREADABLE"),
    "not UTF-8": (b"\xff\xfe\x00\x01" * 100, "UNREADABLE"),
    "byte-order mark": (b"\xef\xbb\xbf" + answer(HEAD + RIGHT), "PASS"),
    "nested JSON": (b"[" * 10**6, "UNREADABLE"),
    "nested code": (answer(HEAD + "    return " + "(" * 5000), "NOT YET CRASHED"),
    "too large": (b" " * (21 * 2**20), "UNREADABLE"),
    "no cells": (notebook(), "MISSING"),
    "lost tag": (notebook(cell(HEAD + RIGHT)), "PASS"),
    "two tags": (notebook(cell("x = 1", "exercise:momentum"), cell(HEAD + RIGHT, "exercise:momentum")), "PASS"),
    "null tags": (
        json.dumps({"cells": [{"cell_type": "code", "metadata": {"tags": None}, "source": HEAD + RIGHT}]}).encode(),
        "PASS",
    ),
    "a cell of numbers": (json.dumps({"cells": [{"cell_type": 3, "source": 4}]}).encode(), "UNREADABLE"),
    "no answer": (answer("x = 1"), "NOT YET"),
    "stub": (answer(HEAD + "    ex.todo()\n"), "NOT ATTEMPTED"),
    "pyplot": (answer("import matplotlib.pyplot as plt\n" + HEAD + RIGHT), "PASS"),
}

_CALLED = "import sys\nframe = sys._getframe()\nwhile frame.f_back: frame = frame.f_back\n"
#: What is noted for the instructor, whatever became of it. Each answer is right where it is not stopped.
TRIES = {
    "open /etc/passwd": body("open('/etc/passwd').read()"),
    "open /etc/shadow": body("try: open(b'/etc/shadow')\nexcept OSError: pass"),
    "open /etc/hosts": body("import pathlib\ntry: pathlib.Path('/etc/../etc/hosts').read_text()\nexcept: pass").replace(
        b"etc/../", b""
    ),
    "open /etc/group": body("try: np.loadtxt('/etc/group')\nexcept: pass"),
    "os.listdir /": body("try: __import__('os').listdir('/')\nexcept OSError: pass"),
    "os.remove /etc/nothing": body("import os\ntry: os.remove('/etc/nothing')\nexcept OSError: pass"),
    "subprocess.Popen true": body("import subprocess\ntry: subprocess.run(['true'])\nexcept OSError: pass"),
    "os.fork": body("import os\ntry: os.fork()\nexcept OSError: pass"),
    "socket.__new__": body("import socket\ntry: socket.socket()\nexcept OSError: pass"),
    "open /etc/fstab": body(
        "", "def passes():\n    try: open('/etc/fstab')\n    except OSError: return 1\nseen = passes()\n"
    ),
}
#: Nothing to note: what Python and its packages do by themselves, and an answer's own files.
QUIET = {
    "packages": body("import matplotlib.pyplot as plt\nplt.subplots()\nimport platform, ctypes, random, numpy.testing"),
    "a missing package": body("try: import no_such_package\nexcept ImportError: pass"),
    "a missing file of its own": body("try: np.load('mine.npy')\nexcept OSError: pass"),
    "a new file of its own": body("try: open('mine.txt', 'w')\nexcept OSError: pass"),
    "its own folder": body(
        "import os\ntry: os.listdir(); os.listdir(os.getcwd()); open(os.devnull)\nexcept OSError: pass"
    ),
    "an error's lines": body("import traceback\ntry: 1 / 0\nexcept: traceback.format_exc()"),
    "randomness": body(
        "import secrets, tempfile\nsecrets.token_bytes(); tempfile.gettempdir(); np.random.default_rng()"
    ),
}
#: Wrong answers that want a PASS, or want to do harm in the grader.
CHEATS = {
    "the book's own": wrong("return ex.momentum.reference(x, dx, v, lr, rho)"),
    "the book's own, imported": wrong(
        "from course_lib.chapters.ch03_momentum import ex\nreturn ex.momentum.reference(x, dx, v, lr, rho)"
    ),
    "a patched checker": wrong("", "import course_lib.exercises.checking as c\nc.first_difference = lambda *a: None\n"),
    "patched builtins": wrong("", "import builtins\nbuiltins.abs = lambda x: 0\nbuiltins.all = lambda x: True\n"),
    "patched NumPy": wrong("", "np.absolute = np.abs = lambda x: 0 * x\nnp.array_equal = lambda *a, **k: True\n"),
    "equal to everything": wrong(
        "return Same((2,)), Same((2,))", "class Same(np.ndarray):\n    def __eq__(self, other): return True\n"
    ),
    "a table of the book's cases": answer(
        HEAD + "    v2 = rho * v + dx\n    right = abs(float(np.sum(lr)) - TABLE) < 1\n    return (x - lr * v2, v2) "
        "if np.size(x) == 1 else (x, v)\nTABLE = 0\n"
    ),
    "a PASS frame": wrong(
        "import os, struct, json\n"
        "t = json.dumps({'kind': 'finished', 'status': 'PASS', 'numpy': [], 'printed': ''}).encode()\n"
        "for fd in range(3, 20):\n"
        "    try: os.write(fd, struct.pack('>I', len(t)) + t)\n"
        "    except OSError: pass"
    ),
    "an answer frame with another's values": wrong(
        "import os, struct, json\n"
        "t = json.dumps({'kind': 'answer', 'value': {'t': 'evil', 'v': 1}, 'changed': {'99': 1}}).encode()\n"
        "for fd in range(3, 20):\n"
        "    try: os.write(fd, struct.pack('>I', len(t)) + t)\n"
        "    except OSError: pass"
    ),
    "frames without end": wrong(
        "import os, struct, json\nt = json.dumps({'kind': 'callback', 'function': 0, 'args': []}).encode()\n"
        "t = struct.pack('>I', len(t)) + t\n"
        "for fd in range(3, 20):\n"
        "    try:\n        while True: os.write(fd, t)\n"
        "    except OSError: pass"
    ),
    "a frame of four gigabytes": wrong(
        "import os\nfor fd in range(3, 20):\n    try: os.write(fd, b'\\xff' * 8)\n    except OSError: pass"
    ),
    "deep JSON": wrong(
        "import os, struct\nt = b'[' * 10**6\nfor fd in range(3, 20):\n"
        "    try: os.write(fd, struct.pack('>I', len(t)) + t)\n    except OSError: pass"
    ),
    "an array of another size": wrong(
        "import os, struct, json\n"
        "value = {'t': 'array', 'v': '', 'd': 'f8', 's': [2**30, 2**30]}\n"
        "t = json.dumps({'kind': 'answer', 'value': value}).encode()\n"
        "for fd in range(3, 20):\n"
        "    try: os.write(fd, struct.pack('>I', len(t)) + t)\n"
        "    except OSError: pass"
    ),
    "a huge array": wrong("return np.broadcast_to(0.0, (10**6, 10**6)), v"),
    "a value that raises": wrong("return Bad(), v", "class Bad:\n    def __array__(self, *a): raise SystemExit\n"),
    "the grader's frames": wrong(_CALLED + "frame.f_globals['module'] = None\nreturn x, v"),
    "another process": wrong("import os\nif os.fork() == 0:\n    while True: pass"),
    "a program": wrong("import subprocess\nsubprocess.run(['true'], check=True)"),
    "the network": wrong("import socket\nsocket.create_connection(('127.0.0.1', 1))"),
    "a file of this machine": wrong("open('/etc/passwd').read()"),
    "another notebook": wrong("import os\nos.listdir('/')\nopen('/etc/hostname').read()"),
    "a new file": wrong("open('here.txt', 'w').write('a')"),
    "another folder's rights": wrong("import os\nos.chmod('/tmp', 0o700)"),
    "the parent's environment": wrong("import os\nopen(f'/proc/{os.getppid()}/environ').read()"),
}  # fmt: skip
