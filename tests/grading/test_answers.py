"""A grader judges as a notebook does: the same status, words, diagnoses and print, for every exercise.

For each exercise: its solution, its stub, one right answer in another form and two mistakes; with `make whole`, all of
them, and what goes wrong in any exercise for one of each kind.
"""

import io
import json
import sys
from dataclasses import replace

import numpy as np
import pytest

from course_lib import chapters
from course_lib.exercises import Case, Exercise, Mutant
from course_lib.exercises.notebooks import check_cell
from course_lib.exercises.source import same_code
from course_lib.grading import grade
from course_lib.grading.grade import Task, grade_answer
from course_lib.grading.process import LIBRARY, Limits
from course_lib.grading.rows import Row, Verdict

from ..site import answers
from ..whole import WHOLE
from .submissions import HEAD, RIGHT, answer, cell, notebook

EXERCISES = chapters.exercises()
MOMENTUM = EXERCISES["momentum"]
LIGHT = [exercise for exercise in EXERCISES.values() if not exercise.packages]
KINDS = answers.one_of_each_kind(LIGHT) if WHOLE else [MOMENTUM]
PLACES = {name: place for place, name in enumerate(EXERCISES)}
BOOK = Task(seeds=(0,), limits=Limits(soft=3.0))


def said(result):
    """What a student reads, of a check's result or of a row."""
    if isinstance(result, Row):
        return str(result.verdict), result.message, result.diagnoses, result.printed
    return str(result.status), result.paragraphs, result.diagnoses, result.printed


def in_a_notebook(exercise, text, others=()):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stdin", io.StringIO())  # nobody types
        return check_cell(exercise, text, others=others)


def handed_in(exercise, text, others=()):
    return notebook(*map(cell, others), cell(text, f"exercise:{exercise.name}"))


def graded(exercise, text, others=(), task=BOOK):
    return grade_answer(handed_in(exercise, text, others), "a.ipynb", exercise, task)


def compare(exercise, text, others=()):
    result = in_a_notebook(exercise, text, others)
    assert said(graded(exercise, text, others)) == said(result), text
    return result


def graded_in_one_process(exercise, texts, secret=None):
    """Grade answers that define the same function, one after the other in one process: each start costs a fifth of a
    second. The stub comes last: the process counts how often it was left undone."""
    rows = {}
    with grade._process("a.ipynb", exercise, BOOK) as process:
        for label, text in texts.items():
            found = grade._found(process, handed_in(exercise, text))
            row, seeds = Row("", exercise.name, Verdict.NOT_GRADED), [0] if secret is None else [0, secret]
            rows[label] = grade._check(process, exercise, found["lines"], row, seeds)
    return rows


# ---------------------------------------------------------------- every exercise


@pytest.mark.parametrize("exercise", EXERCISES.values(), ids=list(EXERCISES))
def test_every_exercise_is_judged_as_in_a_notebook(confined, exercise):
    place, mutants, accepts = PLACES[exercise.name], list(exercise.mutants), list(exercise.accepts)
    if not WHOLE:  # which ones goes round, so that mistakes of all kinds are there
        mutants = [mutants[(place + i) % len(mutants)] for i in (0, len(mutants) // 2)]
        accepts = accepts[place % len(accepts) :][:1] if accepts else []
    texts = {"the solution": exercise.source, **{f"accepted: {name}": exercise.accepts[name] for name in accepts}}
    texts |= {f"mistake: {mutant.name}": str(mutant.patch(exercise.source)) for mutant in mutants}
    if not exercise.start:
        texts["the stub"] = exercise.stub
    if exercise.start:  # which may be one of the mistakes, and is not attempted
        texts = {label: text for label, text in texts.items() if not same_code(text, exercise.start)}
    rows = graded_in_one_process(exercise, texts, secret=20_000 + place)
    for label, text in texts.items():
        assert said(rows[label]) == said(in_a_notebook(exercise, text)), label
        assert rows[label].passed == label.startswith(("the solution", "accepted")), label


@pytest.mark.parametrize("exercise", EXERCISES.values(), ids=list(EXERCISES))
def test_a_secret_seed_has_a_case_of_its_own(exercise):
    def drawn(seed):
        return [repr((case.init, case.start, case.arguments)) for case in exercise.draw(seed)]

    assert len({tuple(drawn(seed)) for seed in (0, 20_001, 20_002)}) == 3
    assert len(drawn(0)) == len(drawn(20_001))


@pytest.mark.parametrize("exercise", [one for one in EXERCISES.values() if one.start], ids=lambda one: one.name)
def test_broken_code_as_it_was_is_not_attempted(confined, exercise):
    assert compare(exercise, exercise.start).status == "NOT ATTEMPTED"


@pytest.mark.parametrize("exercise", KINDS, ids=lambda exercise: exercise.name)
def test_what_goes_wrong_in_any_exercise_goes_wrong_alike(confined, exercise):
    common = answers.common_answers(exercise)
    texts = {label: common[label] for label in [*common][:: 1 if WHOLE else 4]} | unusual(exercise)
    wanted = {label: said(in_a_notebook(exercise, text)) for label, text in texts.items()}
    assert {label: said(graded(exercise, text)) for label, text in texts.items()} == wanted


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("import os; os._exit(0)\n", "os._exit"),
        ("import sys\nsys.exit()\n", "sys.exit"),
        (f"{HEAD}{RIGHT}quit()\n", "quit"),
        ("raise SystemExit\n", ""),  # it is run, and told
        (f"# a; exit\nexits = 1\n{HEAD}{RIGHT}", ""),
        (f"{HEAD}    if False: exit()\n{RIGHT}", ""),
    ],
)
def test_a_cell_that_would_end_python_has_a_note(confined, text, words):
    notes = graded(MOMENTUM, text).notes
    assert notes == () if not words else len(notes) == 1 and f"it says `{words}`" in notes[0]


@pytest.mark.parametrize("exercise", KINDS, ids=lambda exercise: exercise.name)
def test_what_is_no_python_is_told_alike(confined, exercise):
    texts = answers.unreadable_texts(exercise)
    for label in texts if WHOLE else ["no colon", "a bracket that is open", "no body", "return outside", "tabs"]:
        assert said(graded(exercise, texts[label])) == said(in_a_notebook(exercise, texts[label])), label


def unusual(exercise):
    """Errors and values that cross a pipe with some care."""
    head = f"def {exercise.function}({', '.join(exercise.parameters)}):\n"

    def body(*lines, before=""):
        return before + head + "".join(f"    {line}\n" for line in lines)

    own = "class Mine(Exception):\n    pass\n\nclass Odd(ValueError):\n    def __str__(self):\n        return 'odd'\n\n"
    return {
        "UnicodeDecodeError": body("return b'\\xff'.decode()"),
        "UnicodeEncodeError": body("return '\\ud800'.encode()"),
        "an own exception": body("raise Mine('words')", before=own),
        "an own exception, without words": body("raise Mine", before=own),
        "an own ValueError": body("raise Odd(1, 2)", before=own),
        "a group": body("raise ExceptionGroup('both', [ValueError(1), KeyError(2)])"),
        "KeyboardInterrupt": body("raise KeyboardInterrupt"),
        "GeneratorExit": body("raise GeneratorExit"),
        "StopIteration": body("return next(iter([]))"),
        "exit at the top": "x = exit(3)\n" + exercise.source,
        "a warning as an error": body("raise RuntimeWarning('beware')"),
        "OSError": body("raise FileNotFoundError(2, 'No such file', 'here.txt')"),
        "an error with a cause": body("try:", "    1 / 0", "except Exception as e:", "    raise TypeError from e"),
        "an error of several lines": body("raise ValueError('one\\ntwo\\n   three')"),
        "an empty error": body("raise ValueError"),
        "KeyError of a tuple": body("return {}[1, 2]"),
        "SyntaxError from inside": body("return eval('1 +')"),
        "an error in a lambda": body("return (lambda a: a / 0)(1)"),
        "in a comprehension": body("return [1 / i for i in range(2)]"),
        "assert": body("assert 1 == 2, 'not so'"),
        "a set": body("return {1.0}"),
        "bytes": body("return b'a'"),
        "complex numbers": body("return 1j"),
        "an iterator": body("return iter([1.0])"),
        "a class": body("return int"),
        "a range": body("return range(2)"),
        "a masked array": body("return np.ma.array([1.0], mask=[True])"),
        "a matrix": body("return np.matrix([[1.0]])"),
        "half precision": body("return np.float16(1)"),
        "objects": body("return np.array([None, 1])"),
        "a huge whole number": body("return 10**40"),
        "nested lists": body("return [[[[[[[[1.0]]]]]]]]"),
        "a list of strings": body("return ['a', 'b']"),
        "prints much": exercise.source.replace("return ", "print('é' * 5000)\n    return ", 1),
        "prints to stderr": exercise.source.replace("return ", "import sys; sys.stderr.write('a')\n    return ", 1),
        "from elsewhere": body("return momentum * learning_rate"),
        "a helper above": "def half(a):\n    return a / 2\n\n" + exercise.source,
        "a decorator": f"def same(f):\n    return f\n\n@same\n{exercise.source}",
        "functools.wraps": "import functools\ndef wrapped(f):\n    @functools.wraps(f)\n    def g(*args):\n"
        f"        return f(*args)\n    return g\n\n@wrapped\n{exercise.source}",
        "NumPy without a name": body("del np.sum", "return 1.0"),
        "changes NumPy, right": exercise.source.replace("return ", "np.my_own = 3; np.exp2 = np.exp\n    return ", 1),
    }  # fmt: skip


# ---------------------------------------------------------------- what an exercise may ask for


def declare(source, returns, cases, *mutants, **fields):
    fields = {"name": "trial", "title": "Trial", "prompt": "Try.", "hints": ("One.", "Two."), **fields}
    mutants = tuple(Mutant(*parts) for parts in mutants)
    return Exercise(source=source, returns=returns, cases=lambda rng: list(cases), mutants=mutants, **fields)


ADAPTIVE = """\
class Momentum:
    def __init__(self, lr, rho):
        self.lr, self.rho, self.v = lr, rho, 0.0

    def update(self, x, dx):
        self.v = self.rho * self.v + dx
        return x - self.lr * self.v
"""


def a_class():
    init = {"lr": 0.1, "rho": 0.9}
    cases = [
        Case("a number", {"x": np.array(2.0)}, [{"dx": np.array(g)} for g in (1.0, 2.0, -1.0)], init),
        Case("arrays", {"x": np.ones(2)}, [{"dx": np.array([g, 1.0])} for g in (1.0, 2.0)], {"lr": 1.0, "rho": 0.5}),
    ]
    return declare(
        ADAPTIVE, ("x",), cases,
        ("uphill", "x - self.lr", "x + self.lr", "Uphill."),
        ("forgets", "self.rho * self.v + dx", "dx", "It forgets its velocity."),
    )  # fmt: skip


CLASSES = {
    "right": ADAPTIVE,
    "uphill": ADAPTIVE.replace("x - self.lr", "x + self.lr"),
    "forgets": ADAPTIVE.replace("self.rho * self.v + dx", "dx"),
    "a number": "Momentum = 3\n",
    "a function": "def Momentum(lr, rho): ...\n",
    "no such method": ADAPTIVE.replace("update", "step"),
    "an argument less": ADAPTIVE.replace("self, x, dx", "self, x"),
    "no self": ADAPTIVE.replace("self, x, dx", "x, dx"),
    "another constructor": ADAPTIVE.replace("self, lr, rho", "self, lr"),
    "an error in the constructor": ADAPTIVE.replace("lr, rho, 0.0", "lr, rho, W"),
    "an error in the method": ADAPTIVE.replace("return x", "return y"),
    "shared by all": ADAPTIVE.replace("    def __init__", "    v = 0.0\n\n    def __init__")
    .replace("self.lr, self.rho, self.v = lr, rho, 0.0", "self.lr, self.rho = lr, rho")
    .replace("self.v = self.rho * self.v + dx", "Momentum.v = self.rho * Momentum.v + dx"),
    "in place": ADAPTIVE.replace("self.v = self.rho", "dx *= 2; self.v = self.rho"),
    "returns itself": ADAPTIVE.replace("return x - self.lr * self.v", "return self"),
    "inherits": "class Base:\n    def update(self, x, dx):\n        self.v = self.rho * self.v + dx\n"
    "        return x - self.lr * self.v\n\nclass Momentum(Base):\n    def __init__(self, lr, rho):\n"
    "        self.lr, self.rho, self.v = lr, rho, 0.0\n",
    "a dataclass": "import dataclasses\n@dataclasses.dataclass\nclass Momentum:\n    lr: float\n    rho: float\n"
    "    v: float = 0.0\n\n    def update(self, x, dx):\n        self.v = self.rho * self.v + dx\n"
    "        return x - self.lr * self.v\n",
    "the stub": "class Momentum:\n    def __init__(self, lr, rho):\n        ex.todo()\n\n"
    "    def update(self, x, dx):\n        ex.todo()\n",
    "a static method": ADAPTIVE.replace(
        "    def update(self, x, dx)", "    @staticmethod\n    def update(self, x, dx)"
    ),
}


@pytest.mark.parametrize("label", CLASSES)
def test_classes(confined, label):
    result = compare(a_class(), CLASSES[label])
    assert result.passed == (label in ("right", "inherits", "a dataclass"))


def every_argument():
    """An exercise whose arguments are of every kind."""
    source = "def f(x, k, mask, names, pair, grad, n):\n    y = 2 * x\n    return y, k + n\n"
    rng = np.random.default_rng(0)
    grad = eval(compile("lambda x: 2 * x", str(LIBRARY / "cases.py"), "eval"))  # no line of it is the reader's
    cases = [
        Case.one(
            f"{n} numbers", x=rng.random(n), k=rng.integers(0, 9, n), mask=rng.random(n) < 0.5, names=["a", "b"],
            pair=[np.ones(2), np.zeros(3)], grad=grad, n=n
        )
        for n in (3, 5)
    ]  # fmt: skip
    return declare(source, ("y", "m"), cases, ("three", "2 * x", "3 * x", "Thrice."))


LINES = {
    "an array": "x[0] = 7",
    "an array, whole": "x *= 0",
    "an array of whole numbers": "k += 1; k = k - 1",
    "a mask": "mask[:] = True; mask[0] = False; mask ^= True",
    "a list": "names.append('c')",
    "a list, shorter": "del names[0]",
    "a list's array": "pair[0][0] = 5",
    "another kind": "x.dtype = np.int64",
    "another shape": "x.shape = (x.size, 1)",
    "longer": "x.resize(x.size + 2, refcheck=False)",
    "two of them": "x[0] = 7; names.clear()",
    "a callback": "assert np.allclose(grad(x), 2 * x)",
    "a callback with a number": "assert grad(1.5) == 3 and grad(2) == 4 and grad(np.float32(1)) == 2",
    "a callback with too much": "grad(x, x)",
    "a callback with nothing": "grad()",
    "a callback with words": "grad('a', 2)",
    "a callback that fails": "grad({})",
    "a callback that fails, caught": "try: grad({})\n    except TypeError as e: print(e)",
    "a callback's name": "print(grad.__name__, type(grad).__name__)",
    "a callback by name": "grad(x=1)",
    "NaN": "x = x * np.nan",
    "an endless callback": "for _ in range(50): grad(x)",
    "kinds": "print(*map(type, (x, k, names, pair, n)), x.dtype, k.dtype, mask.dtype, x.flags.writeable)",
}


@pytest.mark.parametrize("label", LINES)
def test_arguments_of_every_kind(confined, label):
    exercise = every_argument()
    compare(exercise, exercise.source.replace("    y = ", f"    {LINES[label]}\n    y = "))


def test_a_goal_exercise(confined):
    goal = next(exercise for exercise in EXERCISES.values() if exercise.goal)
    compare(goal, goal.source)
    compare(goal, answers.common_answers(goal)["strings"])


LABELS = "def f(x):\n    return ['up' if value > 0 else 'down' for value in x]\n"


@pytest.mark.parametrize(
    "form", ["['up']", "['up', 'down', 'up']",
             "['up', 'é\\ud800']", "('up', 'down')", "[1, 2]", "np.array(['up', 'down'])",
             "'up'", "[np.str_('up'), 'down']", "['up' * 900, 'down']", "['\\x1b[31m', '']"]
)  # fmt: skip
def test_labels(confined, form):
    exercise = declare(LABELS, ("names",), [Case.one("two", x=np.array([1.0, -1.0]))])
    compare(exercise, f"def f(x):\n    return {form}\n")


TENSORS = {
    "right": "    return torch.relu(w) @ x\n",
    "no ReLU": "    return w @ x\n",
    "in NumPy": "    return np.maximum(w.detach().numpy(), 0) @ x.numpy()\n",
    "in place": "    return w.data.clamp_(min=0) @ x\n",
    "in place, double": "    w.data = w.data.double()\n    return torch.relu(w.float()) @ x\n",
    "another shape": "    return x\n",
    "a parameter": "    return torch.nn.Parameter(torch.relu(w) @ x)\n",
    "an error of torch": "    return w @ w\n",
    "whole numbers": "    return (torch.relu(w) @ x).long()\n",
    "half": "    return (torch.relu(w) @ x).half()\n",
    "kinds": "    print(type(w).__name__, w.requires_grad, x.dtype, type(net), net.weight.requires_grad)\n"
    "    return torch.relu(w) @ x\n",
    "the network": "    for p in net.parameters():\n        p.requires_grad_(False)\n    return torch.relu(w) @ x\n",
}


@pytest.mark.slow
def test_tensors_and_networks(confined):
    torch = pytest.importorskip("torch")
    source = "def f(w, x, net):\n    return torch.relu(w) @ x\n"
    torch.manual_seed(0)
    cases = [Case.one("two", w=torch.tensor([[1.0, -2.0]], requires_grad=True), x=torch.tensor([3.0, 4.0]),
                      net=torch.nn.Linear(2, 1))]  # fmt: skip
    exercise = declare(
        source, ("y",), cases, ("no ReLU", "torch.relu(w)", "w", "The ReLU is missing."), packages=("torch",)
    )
    texts = {label: f"def f(w, x, net):\n{lines}" for label, lines in TENSORS.items()}
    rows = graded_in_one_process(exercise, texts)
    for label, text in texts.items():
        assert said(rows[label]) == said(in_a_notebook(exercise, text)), label


# ---------------------------------------------------------------- what a notebook does not show


def test_an_answer_that_knows_the_books_cases_only_is_not_yet(confined):
    key = "float(np.sum(x) + 3 * np.sum(dx) + 7 * np.sum(v) + 11 * lr + 13 * rho)"
    known = {}
    for call in MOMENTUM.solve(MOMENTUM.draw(0)).calls:
        known[repr(eval(key, {"np": np}, dict(call.args)))] = [call.outputs[name].tolist() for name in ("x", "v")]
    text = f"import json\nTABLE = json.loads({json.dumps(known)!r})\n{HEAD}    known = TABLE.get(repr({key}))\n"
    text += "    return tuple(np.array(one, np.asarray(x).dtype) for one in known) if known else (x, v)\n"
    assert graded(MOMENTUM, text).passed
    row = graded(MOMENTUM, text, task=replace(BOOK, seeds=(0, 77)))
    assert row.verdict is Verdict.NOT_YET
    assert row.notes[-1] == "It passes the book's own cases, and fails others."


def test_an_answer_that_uses_other_cells(confined):
    helper = "import math\nHALF = 0.5\n\ndef step(v, dx, rho):\n    return rho * v + dx * math.floor(2 * HALF)\n"
    text = HEAD + "    v = step(v, dx, rho)\n    return x - lr * v, v\n"
    assert compare(MOMENTUM, text, ["print('not run')\n1 / 0", helper]).passed
    assert "step" in compare(MOMENTUM, text, ["def steps(): ..."]).message
    compare(MOMENTUM, text, [helper.replace("rho * v", "rho * w")])
    compare(MOMENTUM, text, ["def step(v, dx, rho):\n    return rho * v + \n"])
    compare(MOMENTUM, text, ["step = 1 / 0"])


def test_the_last_cell_with_the_tag_counts_and_notes_say_so(confined):
    raw = notebook(cell(HEAD + "    return x, v\n", "exercise:momentum"), cell(HEAD + RIGHT, "exercise:momentum"))
    row = grade_answer(raw, "a.ipynb", MOMENTUM, BOOK)
    assert row.passed and row.notes == ("2 cells have the tag; the last is graded.",)
    library = grade_answer(answer("from course_lib.optim import Momentum\n" + HEAD + RIGHT), "a.ipynb", MOMENTUM, BOOK)
    assert library.notes == ("It uses course_lib.optim.",)
    elsewhere = graded(MOMENTUM, HEAD + "    Momentum\n" + RIGHT, ["from course_lib.optim import Momentum"])
    assert elsewhere.notes == library.notes


def test_the_same_definitions_have_the_same_code_whatever_their_spaces(confined):
    def code(text, *others):
        return graded(MOMENTUM, text, others).code

    one = code(HEAD + RIGHT)
    assert one == code(f"# mine\n{HEAD}\n    # a step\n{RIGHT}\nprint(1)\n") != code(HEAD + RIGHT.replace("-", "+"))
    uses = HEAD + "    return step(x, dx, v, lr, rho)\n"
    helpers = ["def step(x, dx, v, lr, rho):\n    return x, v\n", f"def step(x, dx, v, lr, rho):\n{RIGHT}"]
    assert len({code(uses), *(code(uses, helper) for helper in helpers)}) == 3
