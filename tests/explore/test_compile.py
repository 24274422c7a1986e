"""The page's arithmetic is the library's: both sides run, and agree."""

import itertools
import json

import numpy as np
import pytest

from course_lib import chapters, optim
from course_lib.data.augment import bilinear
from course_lib.ensembles import mean_variance, variance_of_mean
from course_lib.explore.compile import CompileError, Library
from course_lib.explore.jsonable import to_jsonable
from course_lib.explore.live import finish
from course_lib.explore.primitives import trace
from course_lib.nn import L1, ElasticNet, soft_threshold
from course_lib.optim import Momentum, Optimizer
from course_lib.optim.registry import METHODS
from course_lib.optim.surfaces import Surface2D

from ..whole import WHOLE

SURFACES = [s for s in vars(optim).values() if isinstance(s, type) and issubclass(s, Surface2D) and s is not Surface2D]


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
def test_every_method_on_every_surface(method, surface, twin):
    """1,000 steps, or as many as the last bit has no say in: an adaptive method at its goal dances on it."""
    hyper = {**method.test_settings, "lr": RATES.get(surface.__name__, 0.02)}
    library = Library()
    m, s = library.add(method.cls), library.add(surface)
    start = surface().start.tolist()
    got = twin.run(
        library.script(f"course.path = trace(new {s}({{}}), new {m}({json.dumps(hyper)}), {start}, 1000);"),
        "course.path",
    )
    wanted = to_jsonable(trace(surface(), method.cls(**hyper), start, 1000))
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


#: Settings of an experiment that are compared, or some more until each value of each control is among them.
MOST = 24 if WHOLE else 8


def corners(experiment):
    """Both ends and the start of every slider, every option and toggle, in `MOST` combinations or some more."""
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
    every, chosen, seen = list(itertools.product(*axes)), [], set()
    for i in np.random.default_rng(0).permutation(len(every)):
        values = set(enumerate(every[i]))
        if len(chosen) < MOST or not values <= seen:
            chosen.append(every[i])
            seen |= values
    return [dict(zip(experiment.controls, combination, strict=True)) for combination in chosen]


COMPILED = [
    chapters.experiments()[key]
    for key, one in chapters.started().items()
    if not one.spec["tabulated"] and one.live is None
]
LIVE = [chapters.experiments()[key] for key, one in chapters.started().items() if one.live is not None]


@pytest.mark.parametrize("make", COMPILED, ids=lambda make: f"{make.page}-{make.__name__}")
def test_every_compiled_experiment_over_its_controls(make, library, twin):
    experiment = make()
    name = experiment.key
    finite, settings = 0, corners(experiment)
    for params in settings:
        for c in experiment.controls.values():
            if c["type"] == "point":
                window = experiment.answer("backdrop", {**experiment.params, **params})[c["within"]]
                params[c["name"]] = [0.9 * window["x"][0], 0.7 * window["y"][1]]
        for key in ("backdrop", "compute"):
            needs = experiment.spec[key]
            given = {**experiment.assets, **params}
            got = library.call(f"course.experiments['{name}'].{key}", *[given[n] for n in needs])
            wanted = experiment.answer(key, params)
            if key == "backdrop":
                twin.close(got, wanted, f"{name} {params}")
                continue
            finite += twin.compare_runs(got, wanted, f"{name} {params}")
    assert finite >= len(settings)


@pytest.mark.parametrize("make", LIVE, ids=lambda make: f"{make.page}-{make.__name__}")
def test_the_parts_of_every_live_experiment_over_its_controls(make, library, twin):
    """Two parts of each run: all of them take minutes in QuickJS, and are compared in a browser."""
    experiment = make()
    for end in ("low", "value", "high"):
        sliders = {n: c[end] for n, c in experiment.controls.items() if c["type"] == "slider"}
        given = {**experiment.assets, **experiment.params, **sliders}
        for name, needs in experiment.live.needs.items():
            values = [given[n] for n in needs]
            got = library.call(
                f"""(...values) => {{
                    const part = course.experiments['{experiment.key}'].live_{name}(...values);
                    part();
                    return part();
                }}""",
                *values,
            )
            twin.close(got, to_jsonable(finish(experiment.live.runs[name](*values), 2)), f"{name} {sliders}")


@pytest.mark.parametrize("make", LIVE, ids=lambda make: f"{make.page}-{make.__name__}")
def test_all_parts_are_the_whole(make):
    experiment = make()
    given, live = {**experiment.assets, **experiment.params}, experiment.live
    data = {}
    for name, begin in live.runs.items():
        data |= finish(begin(*[given[n] for n in live.needs[name]]), live.parts)
    assert to_jsonable(data) == experiment.data
    if experiment.yours:
        values = [given[n] for n in experiment.yours.needs]
        whole = experiment.yours.run(Momentum(0.1), *values)
        assert to_jsonable(finish(live.yours(Momentum(0.1), *values), live.parts)) == to_jsonable(whole)


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
        (Forgets, r"'x = x - self\.lr \* dx' rebinds x; change it in place"),
        (Aliases, "'u = v' is a second name for v"),
        (Norm, r"it calls \(dx \* dx\)\.sum\(\)"),
        (Total, r"it calls max\(\), but sees one element at a time"),
        (Whole, "Whole does not work element by element"),
        (Needs, "Needs needs depth: pass an instance"),
        (Momentum(lambda step: 0.1), "lr must be a number on a compiled page"),
        (3, "neither a function, an Optimizer, a Surface2D, a Schedule nor a penalty"),
    ],
)
def test_what_cannot_be_compiled_is_named(thing, message):
    with pytest.raises(CompileError, match=message):
        Library().add(thing)


def drawn(function, n=200):
    """Arguments for a function that the library and the page share: n of each."""
    rng = np.random.default_rng(0)
    if function is bilinear:
        return [*rng.normal(size=(4, n)), *rng.uniform(size=(2, n))]
    if function is soft_threshold:
        return [rng.normal(size=n), rng.uniform(0, 2, size=n)]
    return [rng.uniform(-0.1, 1, size=n), rng.uniform(0, 3, size=n), rng.integers(1, 11, size=n).astype(float)]


@pytest.mark.parametrize("function", [bilinear, soft_threshold, mean_variance], ids=lambda f: f.__name__)
def test_the_lines_that_the_library_and_the_page_share(function, twin):
    """Number by number on the page, all at once in the library: the same to the last bit, or nearly (powers)."""
    library, arguments = Library(), drawn(function)
    name = library.add(function)
    columns = json.dumps(np.transpose(arguments).tolist())
    got = twin.run(library.script(f"course.out = {columns}.map(row => {name}(...row));"), "course.out")
    np.testing.assert_allclose(got, function(*arguments), rtol=4e-16, atol=0)
    single = [function(*map(float, row)) for row in np.transpose(arguments)]
    np.testing.assert_array_equal(single, function(*arguments))


def test_the_library_itself_uses_the_lines_it_shares():
    w, _ = drawn(soft_threshold)
    np.testing.assert_array_equal(L1(0.5).prox(w, 0.3), soft_threshold(w, 0.15))
    np.testing.assert_array_equal(ElasticNet(0.5, 0.2).prox(w, 0.3), soft_threshold(w, 0.15) / (1 + 0.3 * 0.2))
    np.testing.assert_array_equal(variance_of_mean(*drawn(mean_variance)), mean_variance(*drawn(mean_variance)))
    assert "soft_threshold" in compiled_with(L1(0.5)) and "soft_threshold" in compiled_with(ElasticNet(0.5, 0.2))


def compiled_with(thing):
    """The names of all that is compiled for a thing."""
    library = Library()
    library.add(thing)
    return set(library.definitions)


def test_two_things_of_one_name_are_kept_apart(twin):
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
    assert twin.run(library.script(f"course.out = [{names[0]}(0), {names[1]}(0)];"), "course.out") == [1, 2]


def test_a_window_follows_its_parameters(twin):
    library = Library()
    name = library.add(optim.Ravine)
    got = twin.run(library.script(f"course.out = new {name}({{ kappa: 4, angle: 1 }}).window;"), "course.out")
    np.testing.assert_allclose(got, optim.Ravine(4, angle=1).window)
