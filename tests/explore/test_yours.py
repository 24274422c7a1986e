"""The update that a reader types: read in the page's Python, evaluated by the page, held against the library."""

import inspect
import itertools
import json
import textwrap
from pathlib import Path

import numpy as np
import pytest

from course_lib import chapters, inpage
from course_lib.explore.experiment import Experiment
from course_lib.explore.jsonable import to_jsonable
from course_lib.explore.live import Live, finish
from course_lib.explore.page import experiments_in, static_html
from course_lib.explore.parts import axis, line, panel, readout, slider
from course_lib.explore.yours import FILLS, Yours, lines_of, settings
from course_lib.inpage.quick import Quick
from course_lib.optim import Adam, Lion, Momentum, Nesterov, Optimizer, Rosenbrock, descend
from course_lib.optim.registry import METHODS

INPAGE = Path(inspect.getfile(inpage)).parent
UPDATE = (INPAGE / "js" / "update.js").read_text("utf-8")
METHOD = "globalThis.pageKinds = {};\n" + (INPAGE / "page" / "method.js").read_text("utf-8")
SETTINGS = settings()
ELEMENTWISE = {name: row for name, row in METHODS.items() if row.cls.elementwise}


@pytest.fixture(scope="module")
def worker():
    """A function that reads a text as the worker does."""
    python = Quick({}, before=METHOD)
    return lambda text: python.value(f"pageKinds.method({json.dumps({'text': text, 'settings': list(SETTINGS)})})")


@pytest.fixture
def ride(worker, library):
    """A function that lets the page descend Rosenbrock's valley with a text, and returns the points."""
    library.context.eval(UPDATE)

    def run(text, hyper, steps=300):
        method = worker(text)
        assert "wrong" not in method, method
        path = """(method, h, start, steps) => course.descend(
            ([x, y]) => [-2 * (1 - x) - 400 * x * (y - x * x), 200 * (y - x * x)],
            { slots: method.slots, update: course.updateOf(method), h }, start, steps)"""
        return np.array(library.call(path, method, {**SETTINGS, **hyper}, Rosenbrock().start.tolist(), steps), float)

    return run


def plain_gradient(p):
    x, y = p[..., 0], p[..., 1]
    return np.stack([-2 * (1 - x) - 400 * x * (y - x * x), 200 * (y - x * x)], axis=-1)


def wanted(method, steps=300):
    return descend(plain_gradient, method, Rosenbrock().start, steps)


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_the_lines_of_every_method_do_in_the_box_what_they_do_in_the_library(ride, name):
    """Also what no fill offers, with hyper-parameters other than the defaults."""
    row = ELEMENTWISE[name]
    hyper = {**row.test_settings, "lr": 2e-4}
    got = ride(lines_of(row.cls), {k: float(v) for k, v in hyper.items()})
    path = wanted(row.cls(**hyper))
    assert np.isfinite(path).all() and np.abs(path[-1] - path[0]).max() > 1e-3
    np.testing.assert_allclose(got, path, rtol=0, atol=1e-9)


@pytest.mark.parametrize("method", [Momentum(2e-4, rho=0.9), Nesterov(2e-4, rho=0.9)], ids=lambda m: type(m).__name__)
def test_momentum_and_nesterov_agree_to_the_last_bit(ride, method):
    got = ride(lines_of(type(method)), {"lr": method.lr, "rho": method.rho})
    np.testing.assert_array_equal(got, wanted(method))


def as_python(text, slots):
    """A text as a method of the library: what NumPy makes of it."""
    scope = {"np": np}
    body = textwrap.indent(text, "    ")
    exec(f"def update(self, x, dx, {', '.join(slots)}):\n{body}\n", scope)
    return type("Typed", (Optimizer,), {"slots": tuple(slots), "update": scope["update"]})


@pytest.mark.parametrize(
    "text",
    [
        "old = v\nv *= self.rho\nv += dx\nx -= self.lr * (v + old)",  # one array, two names
        "old = v.copy()\nv *= self.rho\nv += dx\nx -= self.lr * (v + old)",
        "old = 1.0 * v\nv *= self.rho\nv += dx\nx -= self.lr * (v + old)",
        "d = dx\nd *= 0.5\nx -= self.lr * (d + dx)",
        "dx = dx + 0.01 * x\nx -= self.lr * dx",
        "a = 1 / self.t\nb = a\nb *= 2\nx -= self.lr * a * b * dx",  # two numbers
        "d = dx / 2\ne = d\nd = d * 3\nx -= self.lr * (d - e)",
        "c = self.lr\nc *= dx\nx -= c",  # a number that becomes an array
        "v[...] = self.rho * v + dx\nx[:] = x - self.lr * v",
        "np.maximum(0.9 * u, np.abs(dx), out=u)\nx -= self.lr * dx / (u + 1e-8)",
        "u[...] = dx if self.t == 1 else 0.9 * u + 0.1 * dx\nx -= self.lr * np.where(np.sign(u) == np.sign(dx), u, 0)",
        "x -= self.lr * np.clip(dx, -1.5, 1) / (1 + self.t // 10)",
        "x -= self.lr * (self.t % 3 + 1) * dx * (abs(dx) > 0.1)",
        "x -= self.lr * -(+dx) * -1 ** 2 * np.square(0.5) * np.pi",
        "s += dx**2\nx -= self.lr * dx * np.exp(-self.t) / np.sqrt(np.add(s, 1e-8))",
        "import numpy as np\n'My own.'\npass\nx -= np.minimum(self.lr, 1) * np.tanh(dx)  # and no more",
    ],
)
def test_names_and_arrays_are_numpys(ride, worker, text):
    method = as_python(text, worker(text)["slots"])(2e-4)
    method.rho = 0.9
    np.testing.assert_allclose(ride(text, {"lr": 2e-4, "rho": 0.9}, 60), wanted(method, 60), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(
    "wrapped",
    [
        "def update(self, x, dx, v):\n{}",
        "class Mine:\n\n    def update(self, x, dx, v):\n{}",
        "class Mine:\n    def __init__(self, lr, dx=0):\n        self.lr = lr\n\n    def reset(self):\n        pass\n\n"
        "    def step(self, x, dx, v):\n{}",
    ],
)
def test_lines_may_be_pasted_with_what_is_around_them(worker, wrapped):
    lines = lines_of(Momentum)
    deep = wrapped.count("    ") * "    " + "    "
    assert worker(wrapped.format(textwrap.indent(lines, deep)))["lines"] == worker(lines)["lines"]
    assert worker(textwrap.indent(lines, "\t"))["lines"] == worker(lines)["lines"]


@pytest.mark.parametrize("line", ["v += dx", "v = self.rho * v + dx"])
def test_a_name_that_is_set_to_0_at_each_step_is_told_to_keep_nothing(worker, line):
    method = worker(f"x -= 0\nv = 0.0\n{line}\nx -= self.lr * v")
    assert method["slots"] == []
    assert method["notes"] == ["Line 2 sets v to 0 at each step, so v keeps nothing: leave that line out."]
    assert worker("rest = 0\nx -= self.lr * (dx + rest)")["notes"] == worker(lines_of(Momentum))["notes"] == []


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("root = np.sqrt(-dx**2)\nx -= root", "root becomes nan: the root of less than 0"),
        ("x -= 0 * dx / 0", "x becomes nan: 0 / 0"),
        ("x -= dx**2 / 0", "x becomes -inf: a division by 0"),
        ("x -= abs(dx) // (v * 0)\nv += 1", "x becomes -inf: a division by 0"),
        ("x -= 5 % (self.t - 1)", "x becomes nan: a division by 0"),
        ("x -= np.log(-abs(dx) - 1)", "x becomes nan: the logarithm of less than 0"),
        ("d = np.log10(0 * dx)\nx -= d", "d becomes -inf: the logarithm of 0"),
        ("x -= np.arccos(abs(dx) + 1.5)", "x becomes nan: the arccos of less than -1 or more than 1"),
        ("x -= (-abs(dx)) ** 0.5", "x becomes nan: a fractional power of less than 0"),
        ("x -= (0 * abs(dx)) ** -1", "x becomes -inf: 0 to a power of less than 0"),
        ("x -= np.exp(1000 * abs(dx))", "x becomes -inf: the exp of a number that is too large"),
        ("v += 1e300\nv *= 1e9\nx -= v", "v becomes inf: steps that grow without end"),
        ("x -= 1e9 * dx", "dx becomes inf: steps that grow without end"),
        ("x -= np.where(dx > -np.exp(700), 0, dx / 0)", None),
    ],
)
def test_what_is_no_number_any_more_is_told_with_its_reason(worker, library, text, words):
    library.context.eval(UPDATE)
    method = worker(text)
    assert "wrong" not in method
    run = """(method, h, start) => {
        const update = course.updateOf(method);
        course.descend(([x, y]) => [-2 * (1 - x) - 400 * x * (y - x * x), 200 * (y - x * x)],
            { slots: method.slots, update, h }, start, 300);
        return update.fault ?? null;
    }"""
    assert library.call(run, method, SETTINGS, Rosenbrock().start.tolist()) == words


def test_what_is_read_before_it_is_set_is_kept(worker):
    assert worker(lines_of(Adam))["slots"] == ["m", "v"]
    assert worker("d = 2 * dx\nx -= self.lr * d")["slots"] == []
    assert worker(lines_of(Adam))["used"] == ["beta1", "beta2", "correct", "t", "lr", "eps"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("v *= self.rho\nv += dx\nx -= self.lr * (dx + self.rho * v", "line 3: '(' was never closed"),
        ("x -= self.lr dx", "line 1: invalid syntax"),
        ("x -= dx\n  x -= dx", "line 2: unexpected indent"),
        ("x = x - self.lr * dx", "line 1: x = … makes a new array, and the x that is kept stays as it was: "),
        ("x = x - self.lr * dx", "write x -= …, in place."),
        ("v = self.rho * v + dx\nx -= self.lr * v", "line 1: v = … makes a new array"),
        ("v = self.rho * v + dx\nx -= self.lr * v", "the v that is kept stays as it was: write v[...] = …, in place."),
        ("x -= self.lr * g", "line 1: g is not known"),
        ("x -= lr * dx", "line 1: lr is not known: write self.lr."),
        ("x -= dx / t", "write self.t"),
        ("x -= self.gamma * dx", "line 1: self.gamma is not known: self has lr, "),
        ("x -= self.gamma * dx", f", {list(SETTINGS)[-1]} and t."),
        ("x -= self.lr * dx^2", "line 1: a power is written **."),
        ("x ^= 2", "line 1: a power is written **."),
        ("x -= sqrt(dx)", "write np.sqrt"),
        ("x -= math.exp(dx)", "write np.exp"),
        ("x -= max(dx, 0)", "write np.maximum"),
        ("x -= np.linalg.norm(dx)", "np.linalg.norm is none of NumPy's"),
        ("x -= np.sum(dx)", "np.sum is none of NumPy's"),
        ("x -= np.maximum(dx)", "np.maximum takes 2 arguments here, not 1"),
        ("x -= np.sqrt(dx, where=x)", "np.sqrt takes no where="),
        ("v = np.zeros_like(x)\nx -= v", "begins at 0 by itself"),
        ("x[0] -= dx", "none can be picked"),
        ("x -= dx[0]", "none can be picked"),
        ("x -= dx if dx > 0 else 0", "np.where"),
        ("if self.t > 3:\n    x -= dx", "line 1: no line can begin with if here: np.where(dx > 0, 1, 2)"),
        ("x -= dx\nfor i in x:\n    pass", "line 2: loops cannot run here"),
        ("self.lr *= 0.9\nx -= dx", "self.lr cannot be set here"),
        ("self.v = dx\nx -= dx", "self.v cannot be set here"),
        ("x -= dx\nreturn x", "return"),
        ("def update(self, x, dx):\n    x -= dx\n    return x", "line 3: nothing is returned"),
        ("x -= 'a'", "only numbers"),
        ("x -= np", "np alone is no number"),
        ("x - dx", "this line changes nothing"),
        ("x -= dx @ dx", "takes arithmetic"),
        ("x -= [1, 2]", "takes arithmetic"),
        ("x, y = dx, dx", "takes lines such as"),
        ("import os", "takes lines such as"),
        ("def a(dx):\n    x -= dx\n\ndef b(dx):\n    x += dx", "Several methods take dx, a and b: leave one of them."),
        ("v += dx", "No line changes x yet."),
        ("", "No line changes x yet."),
        ("# nothing", "No line changes x yet."),
    ],
)  # fmt: skip
def test_what_is_wrong_is_told(worker, text, words):
    assert words in worker(text)["wrong"]


# ---------------------------------------------------------------- experiments with a box

BOXED = {"/".join(key): one for key, one in chapters.started().items() if one.yours}


@pytest.mark.parametrize("name", BOXED)
@pytest.mark.parametrize("method", [Momentum(0.05, rho=0.8), Adam(0.05)], ids=lambda m: type(m).__name__)
def test_every_box_races_a_text_as_python_races_the_method(worker, library, twin, name, method):
    experiment = BOXED[name]
    library.context.eval(UPDATE)
    hyper = {**SETTINGS, **{n: getattr(method, n) for n in method.hyper}}
    choices = [c for c in experiment.controls.values() if c["type"] == "choice"]
    compared, settings_tried = 0, list(itertools.product(*(c["options"] for c in choices)))
    for options in settings_tried:
        params = experiment.params | {c["name"]: option for c, option in zip(choices, options, strict=True)}
        given = {**experiment.assets, **params}
        needs = [given[n] for n in experiment.yours.needs]
        f = "live_yours" if experiment.live else "yours"  # QuickJS would take minutes for all parts: the first does
        got = library.call(
            f"""(method, h, ...needs) => {{
                const f = course.experiments['{experiment.key}'].{f};
                const answer = f({{ slots: method.slots, update: course.updateOf(method), h }}, ...needs);
                return typeof answer === "function" ? answer() : answer;
            }}""",
            worker(lines_of(type(method))), hyper, *needs,
        )  # fmt: skip
        if experiment.live:
            wanted = to_jsonable(finish(experiment.live.yours(method.clone(), *needs), 1))
            twin.close(got, wanted, name)
        else:
            wanted = to_jsonable(experiment.yours.run(method.clone(), *needs))
            compared += twin.compare_runs(got, wanted, f"{name} {options}")
    assert experiment.live or compared > 100 * len(settings_tried)


@pytest.mark.parametrize("name", BOXED)
def test_every_mark_and_readout_of_the_reader_finds_its_data(name, tmp_path):
    experiment = BOXED[name]
    ((_, spec),) = experiments_in(static_html(experiment, tmp_path))
    mine = [m for p in spec["panels"] for m in p["marks"] if m.get("yours")]
    assert mine and [p["marks"][-1].get("yours") for p in spec["panels"]].count(True) == len(mine)  # on top
    told = [r for r in spec["readouts"] if r.get("yours")]
    assert told == spec["readouts"][-len(told) :]
    given = {**experiment.assets, **experiment.params}
    data = experiment.yours.run(Momentum(0.05), *[given[n] for n in experiment.yours.needs])
    for part in mine + told:
        assert part["key"] in data and part["key"] not in experiment.data
        assert "Yours" in part["label"] and part["color"] == "currentColor"
    for mark in mine:
        assert mark["y"] in data[mark["key"]]


def test_in_a_notebook_there_is_no_box():
    for experiment in BOXED.values():
        assert "yours" not in json.dumps(experiment.spec)


def test_the_method_that_yours_is_compared_with_has_a_button_and_its_defaults():
    box = Yours(lambda mine: {}, "Lion").box()
    assert list(box["fills"]) == [*(kind.__name__ for kind in FILLS), "Lion"] and box["fills"]["Lion"] == lines_of(Lion)
    assert box["settings"].items() >= {"beta2": 0.99, "weight_decay": 0.0, "rho": 0.9}.items()


def test_the_fills_are_the_librarys_own_lines(worker):
    fills = Yours(lambda mine: {}, "SGD").box()["fills"]
    assert list(fills) == [kind.__name__ for kind in FILLS]
    for kind in FILLS:
        source = inspect.getsource(kind.update)
        assert all(line.strip() in source for line in fills[kind.__name__].splitlines())
        assert worker(fills[kind.__name__])["slots"] == list(kind.slots)


def hill(yours, **options):
    def compute(lr):
        return {"SGD": {"x": [0, lr], "y": [0, 1]}}

    path = panel("P", axis("x", (0, 1)), axis("y", (0, 1)), [line("SGD", label="SGD")], alt="")
    return Experiment(
        "hill", [slider("lr", "rate", 0, 1, 0.5)], compute, [path],
        readouts=[readout("lr", "rate")], alt="A hill.", yours=yours, **options,
    )  # fmt: skip


def test_a_bad_declaration_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"yours has the parameters \['rho'\]"):
        hill(Yours(lambda mine, rho: {}, like="SGD"))
    with pytest.raises(ValueError, match=r"yours has the parameters \['rate'\]"):
        hill(Yours(lambda mine, lr: {}, like="SGD", alone=("rate",)))
    with pytest.raises(ValueError, match="live has the parameters"):
        hill(None, live=Live(3, {"SGD": lambda rate: None}))
    with pytest.raises(ValueError, match="needs yours where there is yours"):
        hill(Yours(lambda mine, lr: {}, like="SGD"), live=Live(3, {"SGD": lambda lr: None}))
    with pytest.raises(ValueError, match="tabulated"):
        hill(Yours(lambda mine, lr: {}, like="SGD"), tabulated=True)
    with pytest.raises(ValueError, match="no mark has 'Adam' in its key"):
        hill(Yours(lambda mine, lr: {}, like="Adam"))
