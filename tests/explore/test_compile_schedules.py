"""Schedules, second derivatives, np.clip and functions within functions: Python and QuickJS run, and agree."""

import json

import numpy as np
import pytest
import quickjs

from course_lib import explore, optim
from course_lib.explore.compile import CompileError, Library
from course_lib.explore.primitives import trace
from course_lib.nn.penalties import L1, L2, ElasticNet, MaxNorm
from course_lib.optim import SURFACES, Momentum, Optimizer, Saddle, Surface2D, descend
from course_lib.optim.schedules import (
    Constant,
    Cosine,
    Exponential,
    Function,
    InverseTime,
    Linear,
    MultiStep,
    OneCycle,
    Polynomial,
    ReducePlateau,
    Schedule,
    Snapshots,
    Step,
    Triangular,
    WarmRestarts,
    Warmup,
    WarmupStableDecay,
)

STEPS = 200


def run(library, body, expression="course.out"):
    context = quickjs.Context()
    context.eval(explore.site_assets([])["runtime.js"])
    context.eval(library.script(body))
    return json.loads(context.eval(f"[JSON.stringify({expression})].join('')"))


def compute(function, *arguments):
    """A function's value, as the compiled page has it."""
    library = Library()
    name = library.add(function)
    return run(library, f"course.out = {name}({', '.join(map(json.dumps, arguments))});")


def early_and_late(step):
    return 0.1 if step < 100 else 0.1 / (step - 99)


SCHEDULES = [
    Constant(0.07),
    Step(0.3, every=7, factor=0.83),
    MultiStep(0.4, milestones=[1, 30, 31, 150], factor=0.37),
    MultiStep(0.4, milestones=[]),
    Exponential(0.3, factor=0.5, every=12),
    InverseTime(0.5, decay=0.13, power=0.5),
    Linear(0.3, steps=120, end=0.05),
    Polynomial(0.3, steps=170, power=2.3),
    Cosine(0.3, steps=150, end=0.012),
    Snapshots(0.3, steps=200, cycles=6),
    Warmup(Cosine(0.4, steps=175), steps=25, start=0.1),
    Warmup(0.4, steps=25),
    WarmupStableDecay(0.4, steps=180, warmup=20, cooldown=50, start=0.01, end=0.02),
    WarmupStableDecay(0.4, steps=180, warmup=20, cooldown=50, root=True),
    *(
        OneCycle(0.05, peak=0.5, steps=180, warmup=60, end=0.001, linear=linear, three_phase=three)
        for linear in (False, True)
        for three in (False, True)
    ),
    Triangular(0.02, peak=0.3, up=10, down=7, cycle_factor=0.5, step_factor=0.99),
    Triangular(0.02, peak=0.3, up=23),
    Linear(0.05, steps=20, end=0.5).then(Exponential(0.5, factor=0.98), at=20).then(0.01, at=111),
    Function(early_and_late),
]


@pytest.mark.parametrize("schedule", SCHEDULES, ids=repr)
def test_every_schedule_at_every_step(schedule):
    library = Library()
    name = library.add(schedule)
    got = run(
        library,
        f"const s = new {name}({{}}); course.out = [[], []];"
        f"for (let t = 0; t <= {STEPS}; t++) {{ course.out[0].push(s(t)); course.out[1].push(s.rate(t)); }}",
    )
    np.testing.assert_allclose(got[0], schedule(np.arange(STEPS + 1)), rtol=1e-13, atol=1e-17)
    assert got[0] == got[1]


def test_every_schedule_of_the_library_is_compiled_or_refused():
    own = [Schedule]
    for cls in own:
        own += cls.__subclasses__()
    own = {cls for cls in own if cls.__module__.startswith("course_lib.")}
    assert own - {type(s) for s in SCHEDULES} == {Schedule, ReducePlateau, WarmRestarts}


def rates(lr, steps):
    """As a compute would have it: classes called, schedules kept in names, handed on, asked both ways."""

    def curve(schedule):
        return [schedule(t) for t in range(steps)]

    cosine = Cosine(lr, steps=steps, end=0.01)
    return {
        "cosine": curve(cosine),
        "rate": [cosine.rate(t) for t in range(steps)],
        "warm": curve(Warmup(Linear(lr, steps=steps - 5), steps=5)),
        "flat": curve(Warmup(lr, steps=5)),
        "stable": curve(WarmupStableDecay(lr, steps=steps, warmup=3, cooldown=9)),
        "kept": curve(KEPT),
    }


KEPT = Step(0.3, every=9)


def test_schedules_in_a_compute():
    got, wanted = compute(rates, 0.2, 30), rates(0.2, 30)
    assert got.keys() == wanted.keys()
    for key in got:
        np.testing.assert_allclose(got[key], np.array(wanted[key], float), rtol=1e-13, atol=1e-17)


@pytest.mark.parametrize("method", [Momentum(Cosine(0.1, steps=80), rho=0.8), optim.Adam(Warmup(0.05, steps=20))])
def test_an_optimizer_with_a_schedule(method):
    surface, library = optim.Ravine(kappa=10), Library()
    s, m = library.add(surface), library.add(method)
    got = run(library, f"course.out = trace(new {s}({{}}), new {m}({{}}), [-4.5, 1.5], 100);")
    wanted = trace(surface, method, [-4.5, 1.5], 100)
    np.testing.assert_allclose(got["x"], wanted["x"], rtol=0, atol=1e-11)
    np.testing.assert_allclose(got["y"], wanted["y"], rtol=0, atol=1e-11)


class Root(Schedule):
    def __init__(self, lr):
        super().__init__(lr=lr)

    def rate(self, t):
        return self.lr / np.sqrt(1 + t)


class Remembers(Root):
    def rate(self, t):
        self.lr = 2 * self.lr
        return self.lr + self.last


class Sorted(Root):
    def rate(self, t):
        return self.lr * np.sort(t)


class Counted(Root):
    def rate(self, t):
        return self.lr / len(t)


def test_a_schedule_of_the_readers_own():
    library = Library()
    name = library.add(Root)
    assert run(library, f"course.out = new {name}({{ lr: 0.2 }})(3);") == pytest.approx(0.1)


@pytest.mark.parametrize(
    ("thing", "message"),
    [
        (ReducePlateau(0.1), r"ReducePlateau\.rate .* it reads self\.now, which is not one of its settings"),
        (WarmRestarts(0.1, period=3, growth=2), r"WarmRestarts\.rate .* np\.array has no JavaScript twin"),
        (Cosine(np.array([0.1, 0.2]), steps=3), "Cosine: lr must be a number on a compiled page"),
        (Function(np.sqrt), "Function: f must be a Python function"),
        (Remembers, r"Remembers\.rate .* it reads self\.last"),
        (Sorted, r"Sorted\.rate .* np\.sort has no JavaScript twin"),
        (Counted, r"Counted\.rate .* it calls len\(\), but sees one element"),
        (Momentum(ReducePlateau(0.1)), r"it reads self\.now"),
    ],
)
def test_what_is_no_plain_schedule_is_named(thing, message):
    with pytest.raises(CompileError, match=message):
        Library().add(thing)


def test_a_schedule_in_a_compute_must_have_what_its_constructor_would_fill_in():
    def forgets(lr):
        return Triangular(lr, peak=1.0, up=3)(1)

    with pytest.raises(CompileError, match=r"'Triangular\(lr, peak=1.0, up=3\)' must have the argument down"):
        Library().add(forgets)


# --------------------------------------------------------------------------------- surfaces


@pytest.mark.parametrize("surface", [s for s in SURFACES.values() if isinstance(s, Surface2D)], ids=repr)
def test_gradients_and_second_derivatives_as_plain_functions(surface):
    library = Library()
    name = library.add(surface)
    at = surface.sample(20, np.random.default_rng(0))
    got = run(
        library,
        f"const s = new {name}({{}});course.out = {at.tolist()}.map(([x, y]) => [s.f(x, y), s.df(x, y), s.d2f(x, y)]);",
    )
    for (x, y), (f, df, d2f) in zip(at, got, strict=True):
        scale = np.abs(surface.hessian([x, y])).max()
        assert f == pytest.approx(surface.f(x, y), rel=1e-12, abs=1e-12)
        np.testing.assert_allclose(df, surface.df(x, y), rtol=1e-11, atol=1e-13 * scale)
        np.testing.assert_allclose(d2f, surface.d2f(x, y), rtol=1e-11, atol=1e-13 * scale)


def test_a_turned_saddle_in_a_compute():
    def along(steep, angle):
        surface = Saddle(steep, angle)
        path = trace(surface, Momentum(0.05, rho=0.9), [1.0, 0.2], 60)
        return {"x": path["x"], "y": path["y"], "window": surface.window, "loss": path["loss"]}

    got, wanted = compute(along, 10, 0.7), along(10, 0.7)
    for key, value in wanted.items():
        np.testing.assert_allclose(got[key], value, rtol=1e-9, atol=1e-11)


# ---------------------------------------------------------- np.clip, and functions within functions


def clipped(values):
    return [[np.clip(v, -1, 2.5), np.clip(v, 3, 1), np.clip(0.5, v, 0.75)] for v in values]


def test_clip_is_numpys():
    values = [-3.0, -1.0, -0.2, 0.7, 2.5, 9.0]
    assert compute(clipped, values) == clipped(values)


class Clipped(Optimizer):
    """The gradient's parts are held in ±1."""

    def update(self, x, dx):
        x -= self.lr * np.clip(dx, -1, 1)


def test_an_optimizer_may_clip():
    library = Library()
    s, m = library.add(optim.Rosenbrock), library.add(Clipped)
    got = run(library, f"course.out = trace(new {s}({{}}), new {m}({{ lr: 0.01 }}), [-1.2, 1.0], 50);")
    np.testing.assert_allclose(got["x"], trace(optim.Rosenbrock(), Clipped(0.01), [-1.2, 1.0], 50)["x"], atol=1e-12)


x = "a global name that a function within shadows"


def nested(a, n=3):
    """Closures over arguments and locals, over one another, and over what is assigned later; shadowed names."""

    def line(x):
        """Of x."""
        return slope * x + a

    def twice(f, x: float) -> float:
        return f(f(x))

    def power(x, k=2):
        return 1 if k == 0 else x * power(x, k - 1)

    def total(numbers):
        a = 0  # its own
        for v in numbers:
            a += v
        return a

    def count():
        nonlocal calls
        calls += 1
        return calls

    def shifted(by):
        def inner(x):
            return x + by + len(x_names)

        return inner

    calls, slope, x_names = 0, 10, ["u", "v"]
    count()
    return [
        line(1),
        twice(line, 2),
        power(3),
        power(2, 5),
        total([line(i) for i in range(n)]),
        a,
        count(),
        shifted(5)(1),
        (lambda x, y: x * y + slope)(2, 3),
        twice(lambda x: x + a, 1),
    ]


def inside_a_loop(n):
    made = []
    for k in range(n):

        def f(x, k):
            total = 0
            for _ in range(x):
                total += k
            return total

        made.append(f(k + 1, k))
    return made


def nothing():
    return sum([]) + sum([2, 3])


TOP, BOTTOM, COUNT = np.inf, -np.inf, 3


def by_default(a, n=COUNT, low=BOTTOM, b=None):
    return [n, low < a, a < TOP, BOTTOM < 0, b is None]


def test_defaults_and_infinities_are_written_in():
    assert compute(by_default, 1) == by_default(1) == [3, True, True, True, True]
    assert compute(by_default, 1, 5) == by_default(1, 5)

    def of_an_array(a, b=np.ones(2)):  # noqa: B008
        return a

    with pytest.raises(CompileError, match="of_an_array cannot be compiled: a default is a ndarray"):
        Library().add(of_an_array)


def test_a_sum_of_nothing_is_zero():
    assert compute(nothing) == nothing() == 5


def test_functions_within_functions():
    assert compute(nested, 7) == nested(7)
    assert compute(nested, 1.5, 5) == nested(1.5, 5)
    assert compute(inside_a_loop, 3) == inside_a_loop(3) == [0, 2, 6]


def decorated():
    @np.vectorize
    def f(x):
        return x

    return f(1)


def starred():
    def f(*x):
        return x

    return f(1)


def moving_default(a):
    def f(x, k=a):
        return x + k

    return f(1)


def yields():
    def f():
        yield 1

    return f()


def holds_a_class():
    class C:
        pass

    return C


def by_keyword():
    def f(x):
        return x

    return f(x=1)


def unknown():
    def f(x):
        return x + beyond  # noqa: F821

    return f(1)


def reads_a_loop():
    made = []
    for k in range(3):
        made.append(lambda x: x + k)  # noqa: B023
    return [f(10) for f in made]


def capital():
    def Line(x):
        return x

    return Line(1)


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (decorated, "the inner function f has a decorator"),
        (starred, r"the inner function f must have plain parameters, without \* and /"),
        (moving_default, "the inner function f has the default 'a'; write a constant"),
        (yields, "yield cannot be used"),
        (holds_a_class, "a class cannot be used"),
        (by_keyword, "pass the arguments of a function by position"),
        (unknown, "the name 'beyond' is not known"),
        (reads_a_loop, "an inner function reads the loop variable k; pass it as an argument"),
        (capital, "the inner function Line must have a name that begins with a lower-case letter"),
    ],
)
def test_what_a_function_within_cannot_be(function, message):
    with pytest.raises(CompileError, match=f"{function.__name__} cannot be compiled: .*{message}"):
        Library().add(function)


# -- penalties and many coordinates -------------------------------------------------------------

WEIGHTS = [-3.0, -0.3, -1e-9, 0.0, 0.05, 0.3, 0.31, 2.5]


@pytest.mark.parametrize("penalty", [L1(0.7), L2(0.7), ElasticNet(l1=0.4, l2=1.3), L1(0.0)], ids=repr)
@pytest.mark.parametrize("step", [0.0, 0.5, 3.0])
def test_a_penaltys_gradient_and_proximal_step(penalty, step):
    library = Library()
    name = library.add(penalty)
    got = run(library, f"const p = new {name}({{}}); course.out = [p.grad({WEIGHTS}), p.prox({WEIGHTS}, {step})];")
    np.testing.assert_allclose(
        got, [penalty.grad(np.array(WEIGHTS)), penalty.prox(np.array(WEIGHTS), step)], rtol=1e-14
    )


def shrunk(strength, step, steps):
    """Proximal gradient descent on ½(w − 1)², as a compute would write it."""
    penalty = L1(strength)
    path = [3.0]
    for _ in range(steps):
        w = path[-1]
        path.append(penalty.prox(np.asarray(w - step * (w - 1)), step))
    return path


@pytest.mark.parametrize("strength", [0.25, 2.0])
def test_a_penalty_within_a_function(strength):
    got = compute(shrunk, strength, 0.3, 60)
    np.testing.assert_allclose(got, shrunk(strength, 0.3, 60), rtol=1e-14, atol=1e-15)
    assert got[-1] == pytest.approx(max(1 - strength, 0))


def test_a_penalty_that_mixes_elements_is_refused():
    with pytest.raises(CompileError, match="MaxNorm"):
        Library().add(MaxNorm(1.0))


def walk(lr, steps):
    """The path of a method in four coordinates."""
    curvatures = [1.0, 0.3, 0.1, 0.01]

    def grad(x):
        return [c * v for c, v in zip(curvatures, x)]  # noqa: B905  the page has no strict

    path = descend(grad, Momentum(lr, rho=0.8), [1.0, -2.0, 3.0, 0.5], steps)
    return [[path[t][i] for i in range(4)] for t in range(steps + 1)]


def test_a_walk_in_more_than_two_coordinates():
    got = compute(walk, 0.9, 200)
    np.testing.assert_allclose(got, walk(0.9, 200), rtol=1e-12, atol=1e-15)
    assert np.shape(got) == (201, 4) and np.abs(got[-1]).max() < 0.1
