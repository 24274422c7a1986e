"""The page's small NumPy against the real one: thousands of drawn calls, in QuickJS."""

import ast
import inspect
import math
import re
import warnings
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest

from course_lib.inpage.names import names, public_functions
from course_lib.inpage.quick import BRYTHON, Quick

from ..whole import WHOLE

HERE = Path(__file__).parent
PAGE = BRYTHON.parent / "page"
EACH = 8 if WHOLE else 4  # times that a call is drawn
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

def flattened(a, values):
    a.flat = values
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
        return f"(np.array({sorted(self.rng.sample(range(-30, 30), 4))}) / 10)"

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

    def cut(self) -> str:
        return self.one("slice(None)", "slice(1, None)", "slice(-2)", "slice(None, None, -1)", "slice(0, 5, 2)")

    def fancy(self) -> str:
        return self.one("[0, 1]", "[1, 0]", "np.array([1, -1])", "np.array([0])", "np.array([[0, 1], [1, 0]])", "[]")

    def key(self) -> str:
        return self.one(self.index(), self.index(), self.fancy(), "Ellipsis", "None", "slice(1, None)", "slice(-1)")

    def axis(self) -> str:
        return self.one("None", "0", "0", "1", "-1", "-2", "2", "(0, 1)", "(1,)", "3")

    def one_axis(self) -> str:
        return self.one("-1", "0", "1")

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
    body = ",\n".join(f"lambda: ({call})" for call in calls)
    printed = quick.run(f"{COMMON}\nfor call in [\n{body}\n]:\n    print(repr(tell(call)))\n")
    return [ast.literal_eval(line) for line in printed.splitlines()]


def in_numpy(calls: list[str]) -> list[Any]:
    """Return what NumPy says of the calls."""
    scope: dict[str, Any] = {}
    exec(COMMON, scope)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return [scope["tell"](eval(f"lambda: ({call})", scope)) for call in calls]


ELEMENTARY = 1e-15  # one function of the C library, of JavaScript or of NumPy: the last bit is free
REORDERED = 1e-12
TOLERANCES = {" ": 0.0, "!": 0.0, ".": ELEMENTARY, "~": REORDERED}


def differ(ours: Any, theirs: Any, tolerance: float) -> bool:
    """Check whether two answers differ by more than rounding allows."""
    if len(ours) == 1 and len(theirs) == 1:  # lists of answers
        return len(ours[0]) != len(theirs[0]) or any(
            differ(a, b, tolerance) for a, b in zip(ours[0], theirs[0], strict=True)
        )
    if theirs[0] in ("error", "text") or ours[:3] != theirs[:3] or len(ours[3]) != len(theirs[3]):
        return ours != theirs
    allowed = tolerance * (2**29 if "float32" in theirs[1] else 1)  # their precisions are 29 bits apart
    pairs = [(a, b) for a, b in zip(ours[3], theirs[3], strict=True) if a != b]
    if not all(isinstance(v, str) and math.isfinite(_number(v)) for pair in pairs for v in pair):
        return True
    largest = max((abs(_number(b)) for b in theirs[3] if math.isfinite(_number(b))), default=0.0)
    return any(
        abs(float(a) - float(b)) > allowed * (largest if tolerance == REORDERED else abs(float(b))) for a, b in pairs
    )


def _number(value: Any) -> float:
    """Return a number that was written down by `repr`; nan for anything else."""
    try:
        return float(value)
    except (TypeError, ValueError):
        return math.nan


def disagreements(quick: Quick, calls: list[tuple[str, float, bool]]) -> tuple[list[str], set[int]]:
    """Return what differs, in words, and which calls were answered by both."""
    texts = [text for text, *_ in calls]
    wrong, answered = [], set()
    for i, (ours, theirs) in enumerate(zip(in_page(quick, texts), in_numpy(texts), strict=True)):
        if ours[:2] == ["error", "Missing"]:
            continue
        if ours[0] == theirs[0] == "error" and calls[i][2]:
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
    calls = [(text, TOLERANCES[line[0]], line[1] == "?") for text, line in drawn]
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
            "np.{0}({{v}}, {{w}}, out=np.zeros(4, np.float32), where={{v}} > 0)",
            "np.{0}({{x}}, {{y}}, {{x}}) is None",
            "np.{0}({{ints}}, {{index}})",
        ]
    return [
        "np.{0}({{x}})",
        "np.{0}({{edge}})",
        "np.{0}(abs({{v}}) / 4)",
        "np.{0}({{v}})",
        "np.{0}({{c}})",
        "np.{0}({{list}})",
        "np.{0}({{v}}, out=np.zeros(4, np.float32))",
        "np.{0}({{v}}, np.ones(4, np.float32), where=[True, False, False, True])",
        "np.{0}({{positive}}, out={{y}}) is None",
    ]


def test_element_wise_functions_agree_with_numpy(quick: Quick) -> None:
    known = quick.run("import numpy as np\nprint([n for n in dir(np) if type(getattr(np, n)) is np.ufunc])")
    calls, owners = [], []
    for name in ast.literal_eval(known):
        bits = EXACT | {n for n in UFUNCS if getattr(np, n).types[-1][-1] == "?" or "bit" in n or "shift" in n}
        for i, template in enumerate(_element_wise(name) * 3):
            calls.append((draw(template.format(name), 77 * i + len(name)), 0.0 if name in bits else ELEMENTARY, False))
            owners.append(name)
    wrong, answered = disagreements(quick, calls)
    assert not wrong, f"{len(wrong)} differ:\n" + "\n".join(wrong[:30])
    assert {owners[i] for i in answered} == set(owners)


OWN = {"Missing", "UFuncTypeError", "AxisError", "builtins", "math"}  # modules, and what NumPy keeps elsewhere


def _public(quick: Quick, module: str) -> dict[str, str]:
    """Return the names of a module of the page, each with its type."""
    listed = "{n: type(getattr(m, n)).__name__ for n in dir(m) if n[0] not in '_$'}"
    return ast.literal_eval(quick.run(f"import {module} as m\nprint({listed})"))


def test_every_public_name_is_numpys(quick: Quick) -> None:
    assert set(_public(quick, "numpy")) - set(dir(np)) == OWN
    assert set(_public(quick, "numpy.linalg")) - set(dir(np.linalg)) == {"EighResult", "Missing", "builtins", "np"}


def test_every_public_name_is_held_against_numpy(quick: Quick) -> None:
    text = (HERE / "numpy_calls.txt").read_text("utf-8") + COMMON
    held = set(re.findall(r"\.(\w+)", text)) | OWN
    public = {name for name, kind in _public(quick, "numpy").items() if kind != "ufunc"}
    assert public - held == set()
    assert set(_public(quick, "numpy.linalg")) - held == {"EighResult", "LinAlgError", "np"}
    methods = ast.literal_eval(quick.run("import numpy as np\nprint([n for n in dir(np.ndarray) if n[0] != '_'])"))
    assert [name for name in methods if not re.search(rf"\}}\.{name}\b|a\.{name}\(", text)] == []


@pytest.mark.parametrize("name", sorted(public_functions()))
def test_positional_arguments_come_in_numpys_order(name: str) -> None:
    ours = [argument.arg for argument in public_functions()[name].args]
    theirs = inspect.signature(getattr(np, name)).parameters.values()
    pairs = list(zip(ours, (p for p in theirs if p.kind != p.KEYWORD_ONLY), strict=False))
    assert [a for a, p in pairs if p.kind == p.POSITIONAL_OR_KEYWORD] == [
        p.name for _, p in pairs if p.kind == p.POSITIONAL_OR_KEYWORD
    ]


def test_what_is_lacking_is_told(quick: Quick) -> None:
    calls = {
        "np.fft": "`np.fft`",
        "np.fft.fft(np.ones(3))": "`np.fft`",
        "np.linalg.lstsq": "`np.linalg.lstsq`",
        "np.random.default_rng(0)": "`np.random.default_rng`",
        "np.ones(3).byteswap()": "`ndarray.byteswap`",
        "np.float64(1).byteswap()": "`ndarray.byteswap`",
        "np.sum(np.ones(3), initial=1)": "the keyword `initial` of `np.sum`",
        "np.ones(3).sum(where=True)": "the keyword `where` of `np.sum`",
        "np.add(1, 2, casting='safe')": "the keyword `casting` of `np.add`",
        "np.ones(3, dtype=np.uint8)": "`np.uint8`",
        "np.ones(3, dtype='uint8')": "dtype `uint8`",
        "np.ones(3, dtype=complex)": "dtype `complex`",
        "np.array([1, None])": "arrays of objects such as 'NoneType'",
        "np.array(v for v in [])": "arrays of objects such as 'generator'",
        "np.array([1j])": "arrays of objects such as 'complex'",
        "np.array([2**60]) + 1": "integers beyond 2**53",
        "np.array([2**40]) ** 3": "integers beyond 2**53, nor inf and nan as integers",
        "np.array([np.nan]).astype(int)": "integers beyond 2**53, nor inf and nan as integers",
        "np.sqrt(np.array([True]))": "dtype `float16`",
        "np.ones(3).flat.coords": "`flatiter.coords`",
        "np.linalg.eigvalsh(np.eye(2), UPLO='U')": "the keyword `UPLO` of `np.linalg.eigvalsh`",
        "np.linalg.svd(np.eye(2))": "`np.linalg.svd` but with compute_uv=False",
        "np.linalg.eigvals(np.array([[0.0, 1], [-1, 0]]))": "`np.linalg.eigvals` of a matrix that is not symmetric",
        "np.einsum('...i->i', np.eye(2))": '`np.einsum` with "...i->i"',
    }
    told = in_page(quick, list(calls))
    assert [answer[1] for answer in told] == ["Missing"] * len(calls)
    assert [answer[3][0] for answer in told] == [f"the page's NumPy does not have {what}" for what in calls.values()]


@pytest.mark.parametrize("kind", ["ndarray", "float64", "flatiter"])
def test_no_answer_can_change_what_arrays_are(quick: Quick, kind: str) -> None:
    (said,) = in_page(quick, [f"setattr(np.{kind}, 'copy', None)"])
    assert said[:2] == ["error", "TypeError"] and "immutable type" in said[3][0]
    assert in_page(quick, ["np.ones(3).copy()"])[0][0] == "array"


def test_brython_takes_no_array_for_true(quick: Quick) -> None:
    templates = (
        "0 < {v} < 1",
        "0 < {double} < 1 < {double}",
        "0 <= {double} <= {v}",
        "max({v}, {w})",
        "min([{double}, {double}, 0.1])",
        "max([{v}, {w}], key=lambda a: (a > 0).sum())",
        "sorted([{double}, {double}, {double}])",
        "sorted([{v}, {w}])",
        "{double} in [{double}, 1.0, 2.0]",
        "1.0 in {v}",
        "{v} in [{w}]",
        "[1.0, 2.0, 3.0].index(np.float64(2))",
        "(lambda a: [a.sort(), a.remove(np.float64(2)), a])([{double}, 2.0, {double}])",
        "{1.0: 'one', 2.5: 'more'}[np.float64(2.5)]",
        "[1, 2] == [np.int64(1), np.int64(2)]",
        "not np.bool_(True), 1 if np.bool_(False) else 2",
        "all([np.bool_(False)]), any([np.bool_(False), {double} > 0])",
        "[0, 1] * np.int64(2), np.int64(2) * [0, 1], 'abc'[np.int64(1)], (1, 2)[np.int64(1)]",
        "[v * 2 for v in {v}], list(map(float, {v})), dict(zip('abcd', {v}))",
    )
    calls = [(draw(template, seed), 0.0, False) for template in templates for seed in range(4)]
    assert disagreements(quick, calls)[0] == []
