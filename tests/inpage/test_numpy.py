"""The page's small NumPy against the real one: thousands of drawn calls, in QuickJS."""

import ast
import math
import re
import warnings
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest

from course_lib.inpage.names import names
from course_lib.inpage.quick import BRYTHON, Quick

HERE = Path(__file__).parent
PAGE = BRYTHON.parent / "page"
EACH = 12  # times that a call is drawn
CALLS = [line for line in (HERE / "numpy_calls.txt").read_text("utf-8").splitlines() if line and line[0] != "#"]

#: What both Pythons run before the calls.
COMMON = """
import operator
import numpy as np

IN_PLACE = {"+=": operator.iadd, "-=": operator.isub, "*=": operator.imul, "/=": operator.itruediv,
            "**=": operator.ipow, "//=": operator.ifloordiv, "%=": operator.imod, "&=": operator.iand,
            "|=": operator.ior}

def in_place(op, a, b):
    made = IN_PLACE[op](a, b)
    return made, made is a

def set_item(a, key, value):
    a[key] = value
    return a

def sorted_in_place(a):
    a.sort()
    return a

def filled_diagonal(a, value):
    np.fill_diagonal(a, value)
    return a

def aliased(a):
    b, c = a[::-1], a[1:]
    b[0] = 9
    c += a[:-1]
    b *= 2
    a[:] = b
    return a, b, c

def with_errstate(a):
    with np.errstate(divide="ignore", invalid="ignore"):
        return a / 0

def eigenpairs(a):
    w, v = np.linalg.eigh(a)
    return w, v @ np.diag(w) @ v.T, v.T @ v

def told(value):
    if isinstance(value, np.ndarray):
        return ["array", repr(value.dtype), list(value.shape), [alone(v) for v in value.reshape(-1).tolist()]]
    if isinstance(value, np.generic) and not isinstance(value, str):
        return [type(value).__name__, repr(value.dtype), [], [alone(value.item())]]
    if isinstance(value, (list, tuple)):
        return [[told(v) for v in value]]
    if type(value) in (bool, int, float) or value is None:
        return [type(value).__name__, "", [], [alone(value)]]
    return ["text", "", [], [str(value)]]

def alone(v):
    return repr(v) if type(v) is float else v

def tell(call):
    try:
        return told(call())
    except Exception as error:
        return ["error", type(error).__name__, [], [str(error)]]
"""


def page() -> Quick:
    """Return the page's Python with its NumPy."""
    operators = {"iadd": "+=", "isub": "-=", "imul": "*=", "itruediv": "/=", "ipow": "**=", "ifloordiv": "//="}
    operators |= {"imod": "%=", "iand": "&=", "ior": "|="}
    stand_in = "".join(f"def {name}(a, b):\n    a {op} b\n    return a\n" for name, op in operators.items())
    modules = {
        "_nd": [".js", (PAGE / "nd.js").read_text("utf-8"), []],
        "_names": [".py", names(), []],
        "numpy": [".py", (PAGE / "numpy" / "__init__.py").read_text("utf-8"), [], 1],
        "numpy.linalg": [".py", (PAGE / "numpy" / "linalg.py").read_text("utf-8"), []],
        "math": [".js", (BRYTHON / "math.js").read_text("utf-8"), []],
        "operator": [".py", stand_in, []],
    }
    quick = Quick(modules)
    quick.run("import numpy")  # from here on, a chain of comparisons is compiled for arrays, too
    return quick


# What is drawn


class Draw:
    """Draw the text of an argument; one method each."""

    def __init__(self, seed: int) -> None:
        self.rng = Random(seed)

    def one(self, *choices: Any) -> Any:
        return self.rng.choice(choices)

    def decimal(self) -> float:
        return self.rng.choice([round(self.rng.uniform(-3, 3), self.rng.randint(0, 3)), self.rng.uniform(-3, 3)])

    def numbers(self, n: int, kind: str) -> list[Any]:
        if kind == "bool":
            return [self.rng.random() < 0.5 for _ in range(n)]
        if kind.startswith("int"):
            return [self.rng.randint(-4, 5) for _ in range(n)]
        return [self.decimal() for _ in range(n)]

    def filled(self, shape: tuple[int, ...], kind: str) -> str:
        flat = self.numbers(math.prod(shape), kind)
        return f"np.array({flat}, dtype='{kind}').reshape({shape})"

    def kind(self) -> str:
        return self.rng.choices(["float64", "float32", "int64", "int32", "bool"], [6, 2, 3, 1, 1])[0]

    def float_kind(self) -> str:
        return self.rng.choices(["float64", "float32"], [4, 1])[0]

    def shape(self) -> str:
        return repr(self.one((), (3,), 3, (2, 3), (1, 3), (3, 1), (2, 1, 3), (0,), (0, 3), [2, 2], (3, 4)))

    def x(self) -> str:
        shapes = ((), (3,), (3,), (4,), (2, 3), (2, 3), (1, 3), (3, 1), (2, 1, 3), (3, 4), (0,), (2, 0), (1,))
        text = self.filled(self.one(*shapes), self.kind())
        return text + self.one("", "", "", "[::-1]" if "reshape(())" not in text else "", ".T")

    y = x

    def edge(self) -> str:
        specials = ["np.nan", "np.inf", "-np.inf", "-0.0", "0.0", "1.0", "-1.0", "2.5", "-0.5", "0.5", "1e-300"]
        picked = [self.rng.choice(specials) for _ in range(4)]
        return f"np.array([{', '.join(picked)}], dtype='{self.float_kind()}')"

    def positive(self) -> str:
        return f"abs({self.x()} * 1.0)"

    def positive_v(self) -> str:
        return f"(abs({self.v()}) + 0.5)"

    def v(self) -> str:
        return self.filled((4,), self.float_kind())

    w = v

    def v3(self) -> str:
        return self.filled((3,), self.float_kind())

    def matrix(self) -> str:
        return self.filled((3, 4), self.float_kind()) + self.one("", "", "[::-1]", "[:, ::-1]")

    def tall(self) -> str:
        return self.filled((4, 2), self.float_kind())

    def wide(self) -> str:
        return self.filled((4, 3), self.float_kind())

    def stack(self) -> str:
        return self.filled((2, 3, 4), self.float_kind())

    def square(self) -> str:
        kind = self.float_kind()
        return f"({self.filled((3, 3), kind)} + 9 * np.eye(3, dtype='{kind}'))"

    def symmetric(self) -> str:
        return f"(lambda a: a + a.T)({self.filled((3, 3), 'float64')})"

    def definite(self) -> str:
        return f"(lambda a: a @ a.T + np.eye(3))({self.filled((3, 3), 'float64')})"

    def ints(self) -> str:
        return self.filled((4,), self.one("int64", "int64", "int32"))

    def nonnegative(self) -> str:
        return f"np.array({[self.rng.randint(0, 5) for _ in range(self.rng.randint(0, 6))]}, dtype=int)"

    def nonnegative4(self) -> str:
        return f"np.array({[self.rng.randint(0, 5) for _ in range(4)]})"

    def long(self) -> str:
        return self.filled(self.one((300,), (9, 30), (40, 9)), self.float_kind())

    def big(self) -> str:
        numbers = [self.decimal() * 10.0 ** self.rng.randint(*self.one((-6, 6), (0, 1), (0, 9))) for _ in range(5)]
        return f"np.array({numbers}, dtype='{self.float_kind()}')"

    def sorted(self) -> str:
        return f"np.array({sorted(self.rng.sample(range(-30, 30), 4))}) / 10"

    def labels(self) -> str:
        return f"np.array({[self.one('a', 'b', 'saddle', 'minimum') for _ in range(3)]})"

    def words(self) -> str:
        return repr([self.one("a", "bc", "d") for _ in range(3)])

    def list(self) -> str:
        return repr(self.one(self.numbers(3, self.kind()), [1, 2.5, True], [self.numbers(3, self.kind())] * 2))

    def c(self) -> str:
        kind = self.kind()
        value = self.numbers(1, kind)[0]
        name = "bool_" if kind == "bool" else kind
        return self.one(f"({value})", f"({value})", f"np.{name}({value})", "0", "1", "2", "0.5", "(-1.0)")

    def scalar(self) -> str:
        kind = self.kind()
        return f"np.{'bool_' if kind == 'bool' else kind}({self.numbers(1, kind)[0]})"

    def double(self) -> str:
        return f"np.float64({self.decimal()})"

    def number(self) -> str:
        return repr(self.one(1, 2, 5, 0.5, 2.5, 7.25, 10.0))

    def step(self) -> str:
        return repr(self.one(1, 2, -1, 0.25, 0.3, 1.5))

    def small(self) -> str:
        return repr(self.rng.randint(-2, 2))

    def digits(self) -> str:
        return repr(self.rng.randint(0, 3))

    def ddof(self) -> str:
        return repr(self.rng.randint(0, 2))

    def count(self) -> str:
        return repr(self.rng.randint(0, 5))

    def many(self) -> str:
        return repr(self.one(4, 30, 120, 1200))

    def index(self) -> str:
        return self.one("0", "1", "-1", "2", "np.int64(1)")

    def slice(self) -> str:
        ends = ["", "", "0", "1", "2", "-1", "-2", "5", "-9"]
        start, stop = self.rng.choice(ends), self.rng.choice(ends)
        return self.one(":", f"{start}:{stop}", f"{start}:{stop}:{self.one(-2, -1, 2, 1)}")

    def fancy(self) -> str:
        return self.one("[0, 1]", "[1, 0]", "np.array([1, -1])", "np.array([0])", "np.array([[0, 1], [1, 0]])", "[]")

    def key(self) -> str:
        return self.one(self.index(), self.index(), self.fancy(), "Ellipsis", "None", "slice(1, None)", "slice(-1)")

    def axis(self) -> str:
        return self.one("None", "0", "0", "1", "-1", "-2", "2", "(0, 1)", "(1,)", "3")

    def flag(self) -> str:
        return self.one("True", "False")

    def dtype(self) -> str:
        return self.one("float", "int", "bool", "np.float32", "np.int32", "'float32'", "'int64'", "'f8'", "np.bool_")

    def newshape(self) -> str:
        return repr(self.one((-1,), (3, 2), (2, -1), (6,), (1, 3), (4, 3), (3, 1), (-1, 1)))

    def permutation(self) -> str:
        return repr(tuple(self.rng.sample(range(3), 3)))

    def order(self) -> str:
        return self.one("None", "1", "2", "np.inf", "-np.inf", "0", "3", "-1", "-2", "'fro'", "0.5")


def draw(template: str, seed: int) -> str:
    """Return a call with its arguments drawn."""
    one = Draw(seed)
    return re.sub(r"\{(\w+)\}", lambda found: str(getattr(one, found[1])()), template)


# What both say


def in_page(quick: Quick, calls: list[str]) -> list[Any]:
    """Return what the page's NumPy says of the calls."""
    body = ",\n".join(f"lambda: {call}" for call in calls)
    printed = quick.run(f"{COMMON}\nfor call in [\n{body}\n]:\n    print(repr(tell(call)))\n")
    return [ast.literal_eval(line) for line in printed.splitlines()]


def in_numpy(calls: list[str]) -> list[Any]:
    """Return what NumPy says of the calls."""
    scope: dict[str, Any] = {}
    exec(COMMON, scope)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return [scope["tell"](eval(f"lambda: {call}", scope)) for call in calls]


ELEMENTARY = 1e-15  # one function of the C library, of JavaScript or of NumPy: the last bit is free
REORDERED = 1e-12


def differ(ours: Any, theirs: Any, tolerance: float) -> bool:
    """Check whether two answers differ by more than rounding allows."""
    if len(ours) == 1 and len(theirs) == 1:  # lists of answers
        return len(ours[0]) != len(theirs[0]) or any(
            differ(a, b, tolerance) for a, b in zip(ours[0], theirs[0], strict=True)
        )
    if ours[:3] != theirs[:3] or len(ours[3]) != len(theirs[3]):
        return True
    allowed = tolerance * (2**29 if "float32" in theirs[1] else 1)  # their precisions are 29 bits apart
    numbers = [
        abs(float(b)) for b in theirs[3] if isinstance(b, str) and theirs[0] != "text" and math.isfinite(float(b))
    ]
    size = max(numbers, default=0.0) if tolerance == REORDERED else 0.0
    return any(_apart(a, b, allowed, size) for a, b in zip(ours[3], theirs[3], strict=True))


def _apart(a: Any, b: Any, allowed: float, size: float) -> bool:
    if type(a) is not type(b) or a == b:
        return a != b
    if not allowed or not isinstance(a, str):
        return True
    try:
        p, q = float(a), float(b)
    except ValueError:
        return True
    return not abs(p - q) <= allowed * max(abs(p), abs(q), size)


def disagreements(quick: Quick, calls: list[tuple[str, float]]) -> tuple[list[str], set[int]]:
    """Return what differs, in words, and which calls were answered by both."""
    texts = [text for text, _ in calls]
    wrong, answered = [], set()
    for i, (ours, theirs) in enumerate(zip(in_page(quick, texts), in_numpy(texts), strict=True)):
        if ours[:2] == ["error", "Missing"]:
            continue
        if differ(ours, theirs, calls[i][1]):
            wrong.append(f"{texts[i]}\n    page:  {ours}\n    NumPy: {theirs}")
        else:
            answered.add(i)
    return wrong, answered


@pytest.fixture(scope="module")
def quick() -> Quick:
    return page()


BATCHES = 8


@pytest.mark.parametrize("batch", range(BATCHES))
def test_calls_agree_with_numpy(quick: Quick, batch: int) -> None:
    lines = CALLS[batch::BATCHES]
    drawn = [(draw(line[2:], 1000 * i + batch), line) for line in lines for i in range(EACH)]
    calls = [(text, REORDERED if line[0] == "~" else 0.0) for text, line in drawn]
    wrong, answered = disagreements(quick, calls)
    assert not wrong, f"{len(wrong)} differ:\n" + "\n".join(wrong[:30])
    idle = [line for i, line in enumerate(lines) if not any(i * EACH + k in answered for k in range(EACH))]
    assert not idle, f"never answered: {idle}"


UFUNCS = sorted(name for name in dir(np) if isinstance(getattr(np, name), np.ufunc))
EXACT = set(
    "add subtract multiply divide negative positive absolute fabs sign square sqrt floor ceil trunc rint".split()
)


def _element_wise(name: str) -> list[str]:
    """Return calls of an element-wise function, by the number of its operands."""
    if getattr(np, name).nin == 2:
        return [
            "np.{0}({{x}}, {{y}})",
            "np.{0}({{x}}, {{c}})",
            "np.{0}({{c}}, {{scalar}})",
            "np.{0}({{edge}}, {{edge}})",
            "np.{0}({{list}}, {{v3}})",
            "np.{0}({{matrix}}, {{v}}, out=np.zeros((3, 4)))",
            "np.{0}({{v}}, {{w}}, out={{w}}, where={{v}} > 0)",
            "np.{0}({{x}}, {{y}}, {{x}})",
            "np.{0}({{ints}}, {{index}})",
        ]
    return [
        "np.{0}({{x}})",
        "np.{0}({{edge}})",
        "np.{0}(abs({{v}}) / 4)",
        "np.{0}({{v}})",
        "np.{0}({{c}})",
        "np.{0}({{list}})",
        "np.{0}({{v}}, out={{w}})",
        "np.{0}({{v}}, {{w}}, where=[True, False, False, True])",
        "np.{0}({{x}}, out={{y}})",
    ]


def test_element_wise_functions_agree_with_numpy(quick: Quick) -> None:
    known = quick.run("import numpy as np\nprint([n for n in dir(np) if type(getattr(np, n)) is np.ufunc])")
    calls, owners = [], []
    for name in ast.literal_eval(known):
        bits = EXACT | {n for n in UFUNCS if getattr(np, n).types[-1][-1] == "?" or "bit" in n or "shift" in n}
        for i, template in enumerate(_element_wise(name) * 3):
            calls.append((draw(template.format(name), 77 * i + len(name)), 0.0 if name in bits else ELEMENTARY))
            owners.append(name)
    wrong, answered = disagreements(quick, calls)
    assert not wrong, f"{len(wrong)} differ:\n" + "\n".join(wrong[:30])
    assert {owners[i] for i in answered} == set(owners)


def test_every_public_name_is_held_against_numpy(quick: Quick) -> None:
    text = "\n".join(CALLS)
    public = "import numpy as np\nprint([n for n in dir(np) if n[0] != '_' and type(getattr(np, n)) is not np.ufunc])"
    modules = {"builtins", "math", "linalg", "Missing", "UFuncTypeError", "AxisError"}
    names = set(ast.literal_eval(quick.run(public))) - modules
    unheld = sorted(name for name in names if not re.search(rf"np\.{name}\b|filled_diagonal|errstate", text))
    assert unheld == []


def test_every_public_name_is_numpys(quick: Quick) -> None:
    ours = ast.literal_eval(quick.run("import numpy as np\nprint([n for n in dir(np) if n[0] != '_'])"))
    assert set(ours) - set(dir(np)) == {"Missing", "UFuncTypeError", "AxisError", "builtins", "math"}
