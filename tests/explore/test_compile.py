"""The page's arithmetic is the library's: both sides run, and agree."""

import itertools
import json

import numpy as np
import pytest
import quickjs

from course_lib import explore, optim
from course_lib.explore.compile import CompileError, Library
from course_lib.explore.page import compiled, plain
from course_lib.explore.primitives import trace
from course_lib.optim import Momentum, Optimizer
from course_lib.optim.registry import METHODS
from course_lib.optim.surfaces import Surface2D

SURFACES = [s for s in vars(optim).values() if isinstance(s, type) and issubclass(s, Surface2D) and s is not Surface2D]
RUNTIME = explore.site_assets()["runtime.js"]


def close(got, wanted, where="", rtol=1e-9, atol=1e-12):
    """Compare nested data; the first difference is named."""
    if isinstance(wanted, dict):
        assert got.keys() == wanted.keys(), where
        for key in wanted:
            close(got[key], wanted[key], f"{where}.{key}", rtol, atol)
    elif isinstance(wanted, list):
        assert len(got) == len(wanted), where
        for i, (g, w) in enumerate(zip(got, wanted, strict=True)):
            close(g, w, f"{where}[{i}]", rtol, atol)
    elif isinstance(wanted, float) and got is not None:
        assert got == pytest.approx(wanted, rel=rtol, abs=atol), where
    else:
        assert got == wanted, where


def run(script, expression):
    context = quickjs.Context()
    context.eval(RUNTIME)
    context.eval(script)
    return json.loads(context.eval(f"[JSON.stringify({expression})].join('')"))


# Rates that every method bears, and that do not bring the quickest to their goal at once; .02 elsewhere.
RATES = {
    "Ackley": 0.005,
    "Beale": 0.005,
    "Himmelblau": 0.01,
    "Rastrigin": 0.002,
    "Rosenbrock": 2e-4,
    "SharpFlat": 0.005,
    "StyblinskiTang": 0.01,
}

ELEMENTWISE = {name: row for name, row in METHODS.items() if row.cls.elementwise}


@pytest.mark.parametrize("surface", SURFACES, ids=lambda s: s.__name__)
@pytest.mark.parametrize("method", ELEMENTWISE.values(), ids=ELEMENTWISE)
def test_every_method_on_every_surface(method, surface):
    """1,000 steps, or as many as the last bit has no say in: an adaptive method at its goal dances on it."""
    hyper = {**method.moved, "lr": RATES.get(surface.__name__, 0.02)}
    library = Library()
    m, s = library.add(method.cls), library.add(surface)
    start = surface().start.tolist()
    got = run(
        library.script(f"course.path = trace(new {s}({{}}), new {m}({json.dumps(hyper)}), {start}, 1000);"),
        "course.path",
    )
    wanted = plain(trace(surface(), method.cls(**hyper), start, 1000))
    end = steps_before_chance(surface(), method.cls(**hyper), start, 1000)
    assert end > 100
    for key in ("x", "y"):
        np.testing.assert_allclose(got[key][:end], wanted[key][:end], rtol=0, atol=1e-9)
    np.testing.assert_allclose(got["loss"][:end], wanted["loss"][:end], rtol=1e-6, atol=1e-12)


def steps_before_chance(surface, method, start, steps):
    """How long a walk is the same if its points and gradients are off in the last bits, as another machine's may be."""
    rng = np.random.default_rng(0)
    size = 1e-15 * (np.arange(6) > 0)[:, None]  # the first walk is the right one

    def off(x):
        return x * (1 + size * rng.standard_normal(x.shape))

    def grad(x):
        return off(surface.grad(off(x)))

    path = optim.descend(grad, method, [start] * 6, steps)
    apart = np.flatnonzero(~(np.abs(path - path[:, :1]).max(axis=(1, 2)) < 1e-10))
    return int(apart[0]) if apart.size else steps + 1


def corners(experiment):
    """Both ends and the start of every slider; every option; every toggle."""
    axes = []
    for c in experiment.controls.values():
        if c["type"] == "slider":
            axes.append(sorted({c["low"], c["value"], c["high"]}))
        elif c["type"] == "choice":
            axes.append(list(c["options"]))
        elif c["type"] == "toggle":
            axes.append([False, True])
        else:
            axes.append([None])
    names = list(experiment.controls)
    return [dict(zip(names, combination, strict=True)) for combination in itertools.product(*axes)]


@pytest.mark.parametrize("name", [n for n, make in explore.EXPERIMENTS.items() if not make().spec["tabulated"]])
def test_every_compiled_experiment_over_its_controls(name, library):
    experiment = explore.EXPERIMENTS[name]()
    finite = 0
    for params in corners(experiment):
        for c in experiment.controls.values():
            if c["type"] == "point":
                window = experiment.answer("backdrop", {**experiment.params, **params})[c["within"]]
                params[c["name"]] = [0.9 * window["x"][0], 0.7 * window["y"][1]]
        for key in ("backdrop", "compute"):
            needs = experiment.spec[key]
            got = library.call(f"course.experiments.{name}.{key}", *[params[n] for n in needs])
            wanted = experiment.answer(key, params)
            if key == "backdrop":
                close(got, wanted, f"{name} {params}")
                continue
            finite += compare_runs(got, wanted, f"{name} {params}")
    assert finite > 1000


def compare_runs(got, wanted, where):
    """Chaotic or exploding runs part ways by round-off in the end: compare while they are of ordinary size."""
    assert got.keys() == wanted.keys()
    compared = 0
    for key, w in wanted.items():
        g = got[key]
        if not isinstance(w, dict):
            if isinstance(w, float) and not key.startswith("steps_"):
                close(g, w, f"{where} {key}")
            elif not isinstance(w, float):
                assert g == w, f"{where} {key}"
            continue
        for axis in w:
            a, b = (np.array(v, dtype=float) for v in (g[axis], w[axis]))
            assert a.shape == b.shape
            wild = np.flatnonzero(~(np.abs(b) < 1e3))
            end = min(int(wild[0]) if wild.size else b.size, 150)
            np.testing.assert_allclose(a[:end], b[:end], rtol=1e-6, atol=1e-9, err_msg=f"{where} {key}.{axis}")
            compared += end
    return compared


def test_steps_to_goal_agree(library):
    experiment = explore.race()
    for rho in (0.0, 0.5, 0.9):
        experiment.params = {"rho": rho}
        got = library.call(
            "course.experiments.race.compute", *[experiment.params[n] for n in experiment.spec["compute"]]
        )
        for name in ("SGD", "Momentum", "Nesterov"):
            assert got[f"steps_{name}"] == experiment.data[f"steps_{name}"]


class Signed(Optimizer):
    def update(self, x, dx):
        x -= self.lr * np.sign(dx)


class Dent(Surface2D):
    window = ((-2.0, 2.0), (-2.0, 2.0))
    start = np.array([1.0, 1.0])
    minima = np.zeros((1, 2))

    def __init__(self, depth: float = 2.0) -> None:
        self.depth = depth

    def f(self, x, y):
        return self.depth * np.square(x) + np.exp(y * y) - 1

    def df(self, x, y):
        return 2 * self.depth * x, 2 * y * np.exp(y * y)


class Bowl(Surface2D):
    """Names no minimum and no start."""

    window = ((-2.0, 1.0), (-1.0, 2.0))

    def f(self, x, y):
        return x * x + 2 * y * y

    def df(self, x, y):
        return 2 * x, 4 * y


def taco(x, y):
    return 0.1 * x**2 + np.abs(y)


class Shift(Optimizer):
    """Takes what the base takes: its hyper-parameters are known to the instance only."""

    def update(self, x, dx):
        x -= self.lr * (dx + self.gain * np.sign(dx))


SGDs = type("SGD", (Signed,), {"update": Signed.update})  # a reader's class may have a name of the book's


@pytest.mark.parametrize(
    "experiment",
    [
        explore.race(Signed(lr=0.03)),
        explore.race(Momentum(0.1)),
        explore.race(Shift(0.01, gain=0.5)),
        explore.race(SGDs(0.03)),
        explore.race(surface=Dent(3.0)),
        explore.race(surface=Bowl()),
        explore.race(surface=optim.Rosenbrock(b=10), lr=0.01),
        explore.race(surface=optim.Ravine(4, angle=1.0)),
        explore.race(Signed(0.03), surface=taco),
        explore.race(surface=lambda x, y: x**2 + 3 * abs(y)),
    ],
    ids=lambda e: repr(e.params["surface"]),
)
def test_the_readers_own_are_compiled_too(experiment):
    needs = experiment.spec["compute"]
    arguments = ", ".join(json.dumps(experiment.params[n]) for n in needs)
    script = compiled({"mine": experiment})
    assert np.nanmin([v for v in experiment.data["SGD"]["loss"] if v is not None]) >= 0
    assert compare_runs(run(script, f"course.experiments.mine.compute({arguments})"), experiment.data, "mine") > 500
    backdrop = ", ".join(json.dumps(experiment.params[n]) for n in experiment.spec["backdrop"])
    close(run(script, f"course.experiments.mine.backdrop({backdrop})"), experiment.backdrop)


class Peeks(Optimizer):
    def update(self, x, dx):
        x -= self.lr * self.helper(dx)


class Sorts(Optimizer):
    def update(self, x, dx):
        x -= self.lr * np.sort(dx)


class Forgets(Optimizer):
    def update(self, x, dx):
        x = x - self.lr * dx


class Aliases(Optimizer):
    slots = ("v",)

    def update(self, x, dx, v):
        u = v
        u += dx
        x -= self.lr * u


class Norm(Optimizer):
    def update(self, x, dx):
        x -= self.lr * dx / (dx * dx).sum()


class Total(Optimizer):
    def update(self, x, dx):
        x -= self.lr * dx / max(abs(dx))


class Whole(Optimizer):
    elementwise = False

    def update(self, x, dx):
        x -= self.lr * dx


class Needs(Surface2D):
    def __init__(self, depth):
        self.depth = depth


@pytest.mark.parametrize(
    ("thing", "message"),
    [
        (Peeks, r"Peeks\.update .* calls self\.helper\(\)"),
        (Sorts, r"Sorts\.update .* np\.sort has no JavaScript twin"),
        (Forgets, r"'x = x - self\.lr \* dx' gives x another meaning; change it in place"),
        (Aliases, "'u = v' is a second name for v"),
        (Norm, r"it calls \(dx \* dx\)\.sum\(\)"),
        (Total, r"it calls max\(\), but sees one element at a time"),
        (Whole, "Whole does not treat each element alone"),
        (Needs, "Needs needs depth: pass an instance"),
        (Momentum(lambda step: 0.1), "lr must be a number on a compiled page"),
        (3, "neither a function, an Optimizer, a Surface2D nor a Schedule"),
    ],
)
def test_what_cannot_be_compiled_is_named(thing, message):
    with pytest.raises(CompileError, match=message):
        Library().add(thing)


def test_two_things_of_one_name_are_kept_apart():
    def outer(inner):
        def f(x):
            return inner(x)

        return f

    def one(x):
        return x + 1

    def two(x):
        return x + 2

    library = Library()
    names = [library.add(outer(one), "f"), library.add(outer(two), "f")]
    assert run(library.script(f"course.out = [{names[0]}(0), {names[1]}(0)];"), "course.out") == [1, 2]


def test_a_window_follows_its_parameters():
    library = Library()
    name = library.add(optim.Ravine)
    got = run(library.script(f"course.out = new {name}({{ kappa: 4, angle: 1 }}).window;"), "course.out")
    np.testing.assert_allclose(got, optim.Ravine(4, angle=1).window)
