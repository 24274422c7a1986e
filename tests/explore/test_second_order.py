"""Second derivatives, Newton's, proximal steps and rates in compiled experiments, at both ends of controls."""

import itertools
import json

import numpy as np
import pytest

from course_lib.explore.experiment import Experiment
from course_lib.explore.page import compiled
from course_lib.explore.parts import axis, choice, heat, line, panel, point, slider
from course_lib.explore.primitives import field, linspace, mesh
from course_lib.nn.penalties import L1, L2, ElasticNet
from course_lib.optim import (
    Bumpy,
    Cosine,
    Himmelblau,
    Newton,
    OneCycle,
    Rosenbrock,
    Saddle,
    SaddleFreeNewton,
    StyblinskiTang,
    Warmup,
    minimize,
    newton_step_2d,
)

pytest.importorskip("quickjs")

PLANE = axis("x", (-6, 6)), axis("y", (-6, 6))


def both(experiment, twin, settings):
    """Yield the settings with what Python and the page compute for them."""
    script = compiled({experiment.name: experiment})
    for setting in settings:
        params = {**experiment.params, **setting}
        for key in ("compute", "backdrop"):
            arguments = ", ".join(json.dumps(params[n]) for n in experiment.spec[key])
            got = twin.run(script, f"course.experiments.{experiment.name}.{key}({arguments})")
            yield params, key, got, experiment.answer(key, params)


# ---------------------------------------------------------------- Newton's steps and basins

SURFACES = {
    "Himmelblau": Himmelblau,
    "Saddle": Saddle,
    "Tang": StyblinskiTang,
    "Rosenbrock": Rosenbrock,
    "Bumpy": Bumpy,
}
STEPS = 30


def surface_of(on):
    surfaces = {
        "Himmelblau": Himmelblau(),
        "Saddle": Saddle(),
        "Tang": StyblinskiTang(),
        "Rosenbrock": Rosenbrock(),
        "Bumpy": Bumpy(),
    }
    return surfaces[on]


def end_of(x, y, surface, absolute, damping):
    """Return where Newton's steps end: 0 in a minimum, 1 in a saddle, 2 on a top, nan where they have not ended."""
    for _ in range(STEPS):
        px, py = newton_step_2d(surface.df(x, y), surface.d2f(x, y), damping, absolute)
        x = x + px
        y = y + py
    gx, gy = surface.df(x, y)
    xx, xy, yy = surface.d2f(x, y)
    kind = np.where(xx * yy - xy * xy < 0, 1.0, np.where(xx + yy > 0, 0.0, 2.0))
    return np.where(np.maximum(np.abs(gx), np.abs(gy)) < 1e-6, kind, np.nan)


def basins(on, kind, damping, cells=18):
    surface = surface_of(on)
    (x0, x1), (y0, y1) = surface.window
    z = mesh(end_of, linspace(x0, x1, cells), linspace(y0, y1, cells), surface, kind == "absolute", damping)
    return {"x": [x0, x1], "y": [y0, y1], "z": z}


def newton_backdrop(on, kind, damping):
    (x0, x1), (y0, y1) = surface_of(on).window
    drawn = field(surface_of(on), [[x0, x1], [y0, y1]], 24)
    return {"window": {"x": [x0, x1], "y": [y0, y1]}, "field": drawn, "basins": basins(on, kind, damping)}


def newton_compute(on, kind, damping, start):
    surface = surface_of(on)
    x, y = start
    path = {"x": [x], "y": [y]}
    for _ in range(STEPS):
        px, py = newton_step_2d(surface.df(x, y), surface.d2f(x, y), damping, kind == "absolute")
        x = x + px
        y = y + py
        path["x"].append(x)
        path["y"].append(y)
    return {"path": path}


def newton():
    return Experiment(
        "newton",
        [
            choice("on", "Surface", {n: n for n in SURFACES}, "Himmelblau"),
            choice("kind", "Curvatures", {"Newton": "as they are", "absolute": "absolute"}, "Newton"),
            slider("damping", "damping λ", 0, 20, 0),
            point("start", "start", (-0.5, 0.3), within="window"),
        ],
        newton_compute,
        [panel("Paths", *PLANE, [heat("basins", domain=(0, 2), label="end"), line("path")], alt="A path.")],
        backdrop=newton_backdrop,
        alt="Where Newton goes.",
    )


def test_newtons_paths_and_basins_on_the_page(twin):
    ends = set()
    settings = [
        {"on": on, "kind": kind, "damping": damping, "start": start}
        for on, kind, damping in itertools.product(SURFACES, ("Newton", "absolute"), (0.0, 20.0))
        for start in ([-0.5, 0.3], [1.3, -0.9])
    ]
    for params, key, got, wanted in both(newton(), twin, settings):
        if key == "compute":
            twin.compare_runs(got, wanted, str(params))
        else:
            twin.close(got, wanted, str(params))
            ends |= {v for row in got["basins"]["z"] for v in row}
    assert ends == {None, 0, 1, 2}  # not finished, minimum, saddle, top


def test_the_page_goes_where_the_librarys_newton_goes():
    """From near the top of the hill to the top, in five steps."""
    for kind, method in (("Newton", Newton(tol=1e-12)), ("absolute", SaddleFreeNewton(tol=1e-12))):
        path = newton_compute("Himmelblau", kind, 0.0, [-0.5, 0.3])["path"]
        end = path["x"][-1], path["y"][-1]
        if kind == "Newton":  # a line search shortens the steps of the other
            found = minimize(Himmelblau(), method, [-0.5, 0.3])
            np.testing.assert_allclose(np.transpose([path["x"], path["y"]])[: len(found.path)], found.path, atol=1e-9)
            np.testing.assert_allclose(end, [-0.270845, -0.923039], atol=1e-6)
        else:
            assert np.abs(Himmelblau().minima - end).max(axis=1).min() < 1e-9


@pytest.mark.parametrize(
    ("kind", "damping", "shares"),
    [("Newton", 0.0, (59.7, 34.7, 5.6)), ("Newton", 10.0, (74.4, 25.5, 0.0)), ("absolute", 0.0, (100.0, 0.0, 0.0))],
)
def test_where_newton_ends_on_himmelblaus_function(kind, damping, shares):
    """Of 90 × 90 starts, in percent: in a minimum, in a saddle, on the top."""
    z = np.array(basins("Himmelblau", kind, damping, 90)["z"])
    np.testing.assert_allclose([100 * np.mean(z == k) for k in range(3)], shares, atol=0.1)


# ---------------------------------------------------------------- proximal steps and rates


def shrink(strength, step, w):
    kinds = {"L1": L1(strength), "L2": L2(strength), "both": ElasticNet(l1=strength, l2=strength / 2)}
    ends = {}
    for name in ["L1", "L2", "both"]:
        path = [w]
        for _ in range(40):  # proximal gradient descent on ½(w − 1)²
            u = path[-1] - step * (path[-1] - 1)
            path.append(kinds[name].prox(np.asarray(u), step))
        ends[name] = {"x": path, "y": [kinds[name].grad(np.asarray(u)) for u in path]}
    return ends


def test_proximal_steps_on_the_page(twin):
    controls = [
        slider("strength", "λ", 0, 2, 0.25), slider("step", "step", 0, 1, 0.3), slider("w", "start", -3, 3, 2.0)
    ]  # fmt: skip
    lines = [line(name) for name in ("L1", "L2", "both")]
    experiment = Experiment("shrink", controls, shrink, [panel("w", *PLANE, lines, alt="Paths.")], alt="Paths.")
    settings = [
        dict(zip(("strength", "step", "w"), v, strict=True))
        for v in itertools.product((0.0, 0.25, 2.0), (0.0, 0.3, 1.0), (-3.0, 2.0, 3.0))
    ]
    for params, key, got, wanted in both(experiment, twin, settings):
        twin.close(got, wanted, str(params), rtol=1e-13)
        if key == "compute" and params["step"] > 0:  # the minimum of the penalized loss, in closed form
            a = params["strength"]
            minima = {"L1": max(1 - a, 0), "L2": 1 / (1 + a), "both": max(1 - a, 0) / (1 + a / 2)}
            assert {n: got[n]["x"][-1] for n in minima} == pytest.approx(minima, abs=1e-5)


def rates(lr, steps, warmup):
    last, first = int(steps), int(warmup)  # a slider's numbers are floats
    kinds = {
        "cosine": Cosine(lr, steps=last, end=lr / 100),
        "warm": Warmup(Cosine(lr, steps=last), steps=first),
        "cycle": OneCycle(lr / 10, peak=lr, steps=last + first, warmup=first),
    }
    curves = {}
    for name in ["cosine", "warm", "cycle"]:
        curves[name] = {"y": [kinds[name].rate(t) for t in range(last + first + 3)]}
    return curves


def test_rates_on_the_page(twin):
    controls = [
        slider("lr", "α", 0, 10, 0.1),
        slider("steps", "steps", 1, 60, 20, step=1),
        slider("warmup", "warm-up", 1, 9, 5, step=1),
    ]
    lines = [line(name, x="step") for name in ("cosine", "warm", "cycle")]
    experiment = Experiment("rates", controls, rates, [panel("α", *PLANE, lines, alt="Rates.")], alt="Rates.")
    settings = [
        dict(zip(("lr", "steps", "warmup"), v, strict=True))
        for v in itertools.product((0.0, 0.1, 10.0), (1.0, 20.0, 60.0), (1.0, 9.0))
    ]
    for params, _, got, wanted in both(experiment, twin, settings):
        twin.close(got, wanted, str(params), rtol=1e-12)
        if wanted:
            peaks = {name: max(curve["y"]) for name, curve in got.items()}
            assert peaks == pytest.approx(dict.fromkeys(peaks, params["lr"]), rel=1e-12)
