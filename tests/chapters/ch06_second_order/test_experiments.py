"""What chapter 6's experiments show: closed forms, the library's methods, and the settings that the text links to."""

import numpy as np
import pytest

from course_lib.chapters.ch06_second_order import batches, explore
from course_lib.optim import (
    Backtracking,
    Himmelblau,
    Newton,
    Rosenbrock,
    Saddle,
    StyblinskiTang,
    minimize,
)
from course_lib.optim.second_order.line_search import Line, Point

SURFACES = {"Himmelblau": Himmelblau, "Tang": StyblinskiTang, "Saddle": Saddle, "Rosenbrock": Rosenbrock}

# ---------------------------------------------------------------- the model


@pytest.mark.parametrize("x", [-1.8, 0.35, 1.8])
@pytest.mark.parametrize("damping", [0.0, 4.0])
def test_the_parabola_touches_the_curve_and_is_flat_where_the_step_leads(x, damping):
    data = explore.model(x=x, damping=damping).data
    zs, ys = np.array(data["model"]["x"]), np.array(data["model"]["y"])
    a, b, c = np.polyfit(zs, ys, 2)
    f, slope, curvature = x**4 / 4 - x**2 / 2, x**3 - x, 3 * x**2 - 1
    assert np.polyval([a, b, c], x) == pytest.approx(f) and 2 * a * x + b == pytest.approx(slope)
    assert 2 * a == pytest.approx(curvature + damping) and data["after"] == pytest.approx(-b / (2 * a))
    assert data["flat"]["y"][0] == pytest.approx(np.polyval([a, b, c], data["after"]))
    assert data["rise"] == pytest.approx(data["after"] ** 4 / 4 - data["after"] ** 2 / 2 - f)


def test_the_linked_points_do_what_the_text_says():
    right, flat = explore.model(x=1.5).data, explore.model(x=0.58).data
    assert right["rise"] < 0 and 1 < right["after"] < 1.5
    assert abs(flat["curvature"]) < 0.02 and flat["after"] > 5, "it leaves the picture"
    assert explore.model(x=0.35, damping=1).data["rise"] < 0


def test_there_is_no_step_where_the_curvature_is_zero():
    x = 0.5
    assert explore.model(x=x, damping=1 - 3 * x**2).data["step"] is None


# ---------------------------------------------------------------- Newton in the plane


@pytest.mark.parametrize("on", SURFACES)
@pytest.mark.parametrize("damping", [0.0, 40.0])
def test_the_path_is_the_librarys(on, damping):
    for start in ([1.3, -0.9], [-0.5, 0.3]):
        data = explore.newton(on=on, damping=damping, start=start).data
        found = minimize(SURFACES[on](), Newton(damping=damping), start, steps=40)
        path = np.transpose([data["path"]["x"], data["path"]["y"]])[: len(found.path)]
        np.testing.assert_allclose(path, found.path, rtol=1e-7, atol=1e-7)
        assert data["steps"] == (found.steps if found.reason.startswith("the gradient") else None)


def kinds_of(on, x, y, damping):
    """What the library's Newton ends in, by the signs of the Hessian's eigenvalues."""
    surface = SURFACES[on]()
    found = minimize(surface, Newton(damping=damping, tol=1e-6), [x, y], steps=40)
    if not found.reason.startswith("the gradient"):
        return None
    return int((np.linalg.eigvalsh(surface.hessian(found.x)) < 0).sum())


@pytest.mark.parametrize(("on", "damping"), [("Himmelblau", 0.0), ("Himmelblau", 20.0), ("Tang", 0.0), ("Saddle", 0.0)])
def test_the_colours_are_what_the_library_ends_in(on, damping):
    basins = explore.newton(on=on, damping=damping).backdrop["basins"]
    z, rng = basins["z"], np.random.default_rng(0)
    xs, ys = (np.linspace(*basins[axis], len(z)) for axis in "xy")
    rows = rng.integers(len(z), size=(60, 2))
    same = [z[j][i] == kinds_of(on, xs[i], ys[j], damping) for j, i in rows]
    assert np.mean(same) > 0.94, "but at the borders of the basins"


def test_shares_add_up():
    for setting in ({}, {"damping": 40}, {"curvatures": "absolute"}):
        backdrop = explore.newton(**setting).backdrop
        z = np.array(backdrop["basins"]["z"], dtype=float)
        assert [backdrop[k] for k in ("minima", "saddles", "tops")] == pytest.approx(
            [100 * np.mean(z == kind) for kind in range(3)]
        )


def test_a_saddle_lets_go_at_half_of_its_negative_curvature():
    surface = Himmelblau()
    for saddle in surface.saddles:
        curvature, axes = np.linalg.eigh(surface.hessian(saddle))
        near = saddle + 1e-3 * axes[:, 0]
        for share, comes_back in ((0.45, True), (0.55, False)):
            found = minimize(surface, Newton(damping=-share * curvature[0], tol=0.0), near, steps=10)
            assert (np.linalg.norm(found.x - saddle) < 1e-3) == comes_back


def test_the_linked_settings_show_what_the_text_says():
    tang, ridge = explore.newton(on="Tang", start=[-1, 1]), explore.newton(on="Saddle", start=[1, 0.2])
    assert 45 < tang.backdrop["minima"] < 55 and ridge.data["end"] == "saddle"
    assert [explore.newton(damping=d).backdrop["tops"] for d in (10, 20, 26)] == [0, 0, 0]
    assert explore.newton(damping=26).backdrop["saddles"] == 0 < explore.newton(damping=20).backdrop["saddles"]
    assert explore.newton(curvatures="absolute").backdrop["minima"] == 100


# ---------------------------------------------------------------- the line search


@pytest.mark.parametrize("on", ["Himmelblau", "Rosenbrock"])
@pytest.mark.parametrize("c1", [1e-4, 0.95])
@pytest.mark.parametrize("first", [0.25, 8.0])
def test_the_search_is_the_librarys(on, c1, first):
    start = np.array([-1.0, -0.3])
    data = explore.search(on=on, c1=c1, first=first, start=start.tolist()).data
    g = SURFACES[on]().grad(start)
    line = Line(Point(SURFACES[on](), start), -g / np.linalg.norm(g))
    assert data["a"] == pytest.approx(Backtracking(c1=c1)(line, first).end.a)
    assert data["count"] == len(data["trials"]["x"]) == 1 + np.log2(first / data["a"])
    for a, f in zip(data["trials"]["x"], data["trials"]["y"], strict=True):
        assert f == pytest.approx(line(a).f)
    assert data["kept"] == pytest.approx((line.f - line(data["a"]).f) / (-line.slope * data["a"]))
    assert data["kept"] >= c1
    assert data["armijo"]["y"][1] - line.f == pytest.approx(c1 * line.slope * data["armijo"]["x"][1])


def test_nothing_is_searched_where_there_is_no_slope():
    data = explore.search(on="Himmelblau", start=[3.0, 2.0]).data
    assert data["a"] is None and data["count"] == 0


def test_the_linked_searches_show_what_the_text_says():
    far = explore.search(c1=1e-4, first=6).data
    hill = far["phi"]["x"][int(np.argmax(far["phi"]["y"]))]
    assert far["count"] == 1 and 0 < hill < far["a"] == 6, "it lies beyond the hill"
    assert explore.search(c1=0.3, first=6).data["count"] == 4


# ---------------------------------------------------------------- batches


def test_a_fresh_batch_at_each_evaluation():
    loss = batches.digits()
    fresh = batches.Fresh(loss, 50, np.random.default_rng(0))
    x = np.random.default_rng(1).standard_normal(loss.dim)
    assert len({float(fresh.value(x)) for _ in range(5)}) == 5
    mean = np.mean([fresh.grad(x) for _ in range(400)], axis=0)
    np.testing.assert_allclose(mean, loss.grad(x), atol=0.05)


def test_the_epochs_count_gradients_of_examples():
    curve = batches.by_momentum(700, 0)
    assert curve.steps == 30 * 1437 // 700 and curve.x[-1] == pytest.approx(curve.steps * 700 / 1437)
    held, stopped = batches.by_lbfgs(700, 0)
    assert stopped is None and 30 <= held.x[-1] < 31 and held.steps * 700 / 1437 <= held.x[-1]
    assert len(batches.digits().X) == batches.EXAMPLES


def test_the_rates_are_the_best_of_five_where_they_matter():
    """On average of two seeds; those of 20 and 200 examples have neighbours within a third."""
    for batch in (200, 700, 1437):
        ends = {
            lr: np.mean([batches.by_momentum(batch, seed, lr).y[-1] for seed in range(2)])
            for lr in (0.1, 0.3, 1.0, 2.0, 4.0)
        }
        assert ends[batches.RATES[batch]] < 1.15 * min(ends.values())


def test_where_the_methods_cross():
    """Five seeds, L-BFGS to momentum: 79 at 20, 12 at 200, 0.26 ± 0.02 at 700."""
    ratio = {}
    for batch in (20, 200, 700):
        runs = [explore.batches(batch=batch, seed=seed).data for seed in range(5)]
        ratio[batch] = np.mean([d["end_held"] for d in runs]) / np.mean([d["end_momentum"] for d in runs])
    assert ratio[20] > 10 and ratio[200] > 4 and ratio[700] < 0.5


def test_all_examples_need_no_draw():
    data = explore.batches(batch=1437, seed=3).data
    assert data["fresh"] == data["held"] and data["stop"] == {"x": [], "y": []}
