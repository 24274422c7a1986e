"""Comparison runs against `descend` on one walk after another; means and errors against SciPy."""

import numpy as np
import pytest
from scipy import stats

from course_lib.optim import (
    LBFGS,
    SAM,
    SGD,
    Adam,
    AMSGrad,
    Booth,
    Constant,
    Cosine,
    Lookahead,
    Momentum,
    Muon,
    Nesterov,
    Newton,
    Noisy,
    Quadratic,
    Ravine,
    RMSProp,
    Rosenbrock,
    Runs,
    Saddle,
    compare,
    descend,
    mean_and_error,
    steps_to,
)

LRS, RHOS = np.geomspace(0.01, 3.0, 5), np.array([0.0, 0.5, 0.9])


def count(surface, path, until):
    """The number of steps, by a plain search."""
    gap = surface.value(path) - surface.f_min
    return steps_to(gap, until * gap[0])


# The one run is all the runs


def test_a_grid_is_a_loop_bit_for_bit():
    surface, starts = Ravine(kappa=30, angle=0.4), np.array([[1.0, 2.0], [-3.0, 0.5]])
    table = compare(surface, {"Momentum": Momentum(LRS, rho=RHOS)}, 80, starts=starts, until=1e-3)
    runs = table["Momentum"]
    assert list(runs.settings) == ["lr", "rho"] and runs.loss.shape == runs.steps.shape == (5, 3, 2)
    for i, lr in enumerate(LRS):
        for j, rho in enumerate(RHOS):
            for k, start in enumerate(starts):
                path = descend(surface, Momentum(lr, rho=rho), start, 80)
                assert runs.loss[i, j, k] == surface.value(path[-1])
                assert runs.steps[i, j, k] == count(surface, path, 1e-3)
    assert np.isinf(runs.steps).any() and np.isfinite(runs.steps).any()


@pytest.mark.parametrize("make", [SGD, Momentum, Nesterov, RMSProp, Adam, AMSGrad, lambda lr: Lookahead(Adam(lr))])
def test_noise_is_a_loop_bit_for_bit_too(make):
    """Each start and seed has a stream of its own, the same for every setting and method."""
    surface, starts, seeds = Rosenbrock(), np.array([[-1.2, 1.0], [0.5, 0.5]]), 3
    lrs, levels = np.array([1e-4, 1e-3]), np.array([0.0, 1.0, 5.0])
    methods = {"other": SGD(lrs), "this": make(lrs)}
    table = compare(
        surface, methods, 300, starts=starts, noise=levels, seeds=seeds, rng=np.random.default_rng(5), until=0.5
    )
    runs = table["this"]
    assert list(runs.settings) == ["noise", "lr"] and runs.loss.shape == (3, 2, 6)
    for i, noise in enumerate(levels):
        for j, lr in enumerate(lrs):
            streams = np.random.default_rng(5).spawn(6)
            for k in range(6):
                path = descend(surface, make(lr), starts[k // seeds], 300, noise=noise, rng=streams[k])
                assert runs.loss[i, j, k] == surface.value(path[-1])
                assert runs.steps[i, j, k] == count(surface, path, 0.5)


def test_methods_that_ask_twice_see_the_same_noise_as_alone():
    make = lambda lr: SAM(SGD(lr), radius=0.1, axis=-1)  # noqa: E731
    table = compare(Ravine(), {"SAM": make(LRS[:3])}, 200, noise=0.3, seeds=2, rng=np.random.default_rng(1))
    for j, lr in enumerate(LRS[:3]):
        for k, rng in enumerate(np.random.default_rng(1).spawn(2)):
            path = descend(Ravine(), make(lr), Ravine().start, 200, noise=0.3, rng=rng)
            assert table["SAM"].loss[j, k] == Ravine().value(path[-1])


def test_more_axes_and_those_of_a_wrapper():
    betas, alphas = np.array([0.5, 0.9]), np.array([0.3, 0.5, 1.0])
    method = Lookahead(Adam(np.array([0.01, 0.1]), beta1=betas), k=3, alpha=alphas)
    runs = compare(Booth(), {"Lookahead": method}, 50)["Lookahead"]
    assert list(runs.settings) == ["lr", "beta1", "alpha"] and runs.loss.shape == (2, 2, 3, 1)
    path = descend(Booth(), Lookahead(Adam(0.1, beta1=0.5), k=3, alpha=0.3), Booth().start, 50)
    assert runs.loss[1, 0, 0, 0] == pytest.approx(Booth().value(path[-1]), rel=1e-9)


def test_settings_of_the_same_name_in_two_layers_stay_apart():
    alphas = np.array([0.5, 1.0])
    runs = compare(Booth(), {"L": Lookahead(Lookahead(SGD(0.05), k=2, alpha=0.1), k=3, alpha=alphas)}, 50)["L"]
    outer = compare(Booth(), {"L": Lookahead(Lookahead(SGD(0.05), k=2, alpha=alphas), k=3, alpha=0.1)}, 50)["L"]
    for i, alpha in enumerate(alphas):
        path = descend(Booth(), Lookahead(Lookahead(SGD(0.05), k=2, alpha=0.1), k=3, alpha=alpha), Booth().start, 50)
        assert runs.loss[i, 0] == Booth().value(path[-1])
        path = descend(Booth(), Lookahead(Lookahead(SGD(0.05), k=2, alpha=alpha), k=3, alpha=0.1), Booth().start, 50)
        assert outer.loss[i, 0] == Booth().value(path[-1])


def test_schedules_of_one_rate_a_step_are_no_axis():
    runs = compare(Ravine(), {"SGD": SGD(Cosine(0.5, steps=20)), "plain": SGD(lambda step: 0.5)}, 20)
    assert runs["SGD"].settings == runs["plain"].settings == {}
    assert runs["SGD"].loss[0] == Ravine().value(descend(Ravine(), SGD(Cosine(0.5, steps=20)), Ravine().start, 20)[-1])


def test_matrix_products_round_alike_up_to_the_last_bits():
    turn = np.array([[0.6, -0.8], [0.8, 0.6]])
    surface = Quadratic([0.1, 1.0], turn)
    runs = compare(surface, {"SGD": SGD(LRS)}, 40)["SGD"]
    for i, lr in enumerate(LRS):
        path = descend(surface, SGD(lr), surface.start, 40)
        assert runs.loss[i, 0] == pytest.approx(surface.value(path[-1]), rel=1e-12)


@pytest.mark.parametrize("method", [Newton(), LBFGS()])
def test_second_order_methods_walk_one_by_one(method):
    starts = Rosenbrock().starts
    runs = compare(Rosenbrock(), {"it": method}, 60, starts=starts)["it"]
    assert runs.settings == {} and runs.loss.shape == (4,)
    for k, start in enumerate(starts):
        path = descend(Rosenbrock(), method, start, 60)
        assert runs.loss[k] == Rosenbrock().value(path[-1]) and runs.steps[k] == count(Rosenbrock(), path, 1e-6)
    noisy = compare(Ravine(), {"it": method}, 5, noise=np.array([0.0, 0.1]), seeds=2, rng=np.random.default_rng(0))
    assert noisy["it"].loss.shape == (2, 2) and list(noisy["it"].settings) == ["noise"]


def test_nothing_that_was_given_changes():
    method, starts, rng = Momentum(LRS, rho=RHOS), np.ones((2, 2)), np.random.default_rng(0)
    compare(Ravine(), {"a": method}, 5, starts=starts, noise=1.0, rng=rng)
    assert method.lr is LRS and method.t == 0 and np.all(starts == 1)
    assert rng.bit_generator.state == np.random.default_rng(0).bit_generator.state  # spawned from, not drawn from


def test_a_noisy_surface_draws_for_every_walk():
    surface = Noisy(Ravine(), 1.0, np.random.default_rng(0))
    runs = compare(surface, {"SGD": SGD(np.array([0.1, 0.1]))}, 20, seeds=50)["SGD"]
    assert len(set(runs.loss.flat)) == 100


def test_float32_stays():
    runs = compare(Ravine(), {"SGD": SGD(0.5)}, 10, starts=np.ones(2, np.float32))["SGD"]
    assert runs.loss[0] == Ravine().value(descend(Ravine(), SGD(0.5), np.ones(2, np.float32), 10)[-1])


# What is counted


def test_the_goal_may_be_a_function():
    def escaped(points):
        return np.abs(points[..., 1]) > 0.5

    table = compare(Saddle(), {"SGD": SGD(np.array([0.01, 0.02]))}, 1400, starts=[1.0, 1e-6], until=escaped)
    y = np.abs(descend(Saddle(), SGD(0.01), [1.0, 1e-6], 1400)[:, 1])
    assert table["SGD"].steps[0, 0] == np.argmax(y > 0.5) == 1334
    assert "steps to escaped" in repr(table)
    assert compare(Saddle(), {"SGD": SGD(0.1)}, 3, starts=[1.0, 0.7], until=escaped)["SGD"].steps[0] == 0


def test_divergence_counts_as_infinite_loss():
    runs = compare(Rosenbrock(), {"SGD": SGD(np.array([1e-3, 1.0]))}, 50)["SGD"]
    assert np.isfinite(runs.loss[0, 0]) and runs.loss[1, 0] == np.inf and runs.steps[1, 0] == np.inf
    assert runs.best()["lr"] == 1e-3


def test_rows_and_the_best_of_them():
    runs = compare(Quadratic([1.0]), {"SGD": SGD(np.array([0.1, 0.9, 2.5]))}, 60, starts=[[1.0], [-2.0]], until=1e-4)
    rows = runs.rows()
    assert [row["lr"] for row in rows] == [0.1, 0.9, 2.5] and [row["reached"] for row in rows] == [2, 2, 0]
    assert list(rows[0]) == ["method", "lr", "loss", "loss_error", "steps", "steps_error", "reached"]
    assert rows[0]["steps"] == np.ceil(np.log(1e-2) / np.log(0.9)) and rows[0]["steps_error"] == 0
    assert rows[2]["steps"] == np.inf and np.isnan(rows[2]["steps_error"])
    assert rows[0]["loss"] == pytest.approx((0.5 + 2.0) / 2 * 0.9**120)
    assert runs.best() == [rows[1]]


def test_best_prefers_to_arrive():
    """A rate that brings all runs there beats one that is faster for some; without any, the lowest loss."""
    starts = np.array([[0.01], [3.0]])
    quartic = Quadratic([1.0])
    runs = compare(quartic, {"SGD": SGD(np.array([0.01, 0.02, 0.03]))}, 10, starts=starts)["SGD"]
    assert not np.isfinite(runs.steps).any() and runs.best()["lr"] == 0.03


def test_the_setting_that_brings_more_runs_there_is_best():
    steps, loss = (
        np.array([[9.0, np.inf], [np.inf, np.inf], [3.0, 9.0]]),
        np.array([[1.0, 9.0], [0.1, 0.1], [5.0, 5.0]]),
    )
    rates = np.array([0.1, 0.2, 0.3])
    assert Runs("SGD", {"lr": rates}, loss, steps).best()["lr"] == 0.3
    assert Runs("SGD", {"lr": rates[:2]}, loss[:2], steps[:2]).best()["lr"] == 0.1


def test_a_share_is_of_the_height_above_the_minimum():
    """The saddle's minima lie at −1/4."""
    runs = compare(Saddle(), {"SGD": SGD(0.1)}, 300, starts=[1.0, 0.1], until=1e-3)["SGD"]
    path = descend(Saddle(), SGD(0.1), [1.0, 0.1], 300)
    gap = Saddle().value(path) + 0.25
    assert runs.steps[0] == np.argmax(gap <= 1e-3 * gap[0]) > 0


def test_it_prints_a_table():
    text = repr(
        compare(
            Ravine(kappa=10),
            {"SGD": SGD(1.0), "Momentum": Momentum(np.array([0.1, 1.0]), rho=0.5)},
            200,
            noise=0.01,
            seeds=4,
            rng=np.random.default_rng(0),
            until=1e-3,
        )
    ).splitlines()
    assert text[0] == "Ravine(kappa=10.0, angle=0.0), 4 runs of 200 steps"
    assert text[1].split() == ["method", "best", "setting", "of", "loss", "steps", "to", "0.001", "reached"]
    assert text[2].split()[:3] == ["SGD", "-", "1"] and text[2].endswith("4/4") and text[2].count("±") == 2
    assert text[3].split()[:3] == ["Momentum", "lr=1", "2"]
    assert len({line.index(" 4/4") for line in text[2:]}) == 1, "columns stand under one another"


def test_mean_and_error():
    x = np.random.default_rng(0).normal(size=(7, 5))
    mean, error = mean_and_error(x)
    np.testing.assert_allclose(mean, x.mean(1), rtol=1e-14)
    np.testing.assert_allclose(error, stats.sem(x, axis=1), rtol=1e-13)
    np.testing.assert_allclose(mean_and_error(x, axis=0)[1], stats.sem(x, axis=0), rtol=1e-13)
    mean, error = mean_and_error([4.0])
    assert mean == 4 and np.isnan(error)
    mean, error = mean_and_error([1.0, np.inf])
    assert mean == np.inf and np.isnan(error)


# Bad input


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"surface": lambda x: x}, TypeError, "surface must be a Surface"),
        ({"methods": {}}, TypeError, "methods must be a dict"),
        ({"methods": [SGD(0.1)]}, TypeError, "methods must be a dict"),
        ({"methods": {"SGD": SGD}}, TypeError, r"methods\['SGD'\] must be an optimizer"),
        ({"methods": {"SGD": SGD(np.ones((2, 2)))}}, ValueError, r"methods\['SGD'\]: lr must be .*\(2, 2\)"),
        ({"methods": {"SGD": SGD(np.ones(0))}}, ValueError, r"methods\['SGD'\]: lr must be .*\(0,\)"),
        ({"methods": {"M": Muon(0.1)}}, ValueError, r"methods\['M'\] would mix the runs"),
        ({"methods": {"M": Lookahead(Muon(0.1))}}, ValueError, r"methods\['M'\] would mix the runs"),
        ({"methods": {"S": SAM(SGD(0.1))}}, ValueError, r"methods\['S'\] would mix the runs"),
        (
            {"methods": {"a": SGD(Constant(np.array([0.0, 1.0])))}},
            ValueError,
            r"methods\['a'\]: lr must return one rate",
        ),
        ({"methods": {"a": SGD(lambda step: np.ones(2))}}, ValueError, r"methods\['a'\]: lr must return one rate"),
        (
            {"methods": {"a": Lookahead(SGD(Constant(np.ones(1))))}},
            ValueError,
            r"methods\['a'\]: lr must return one rate",
        ),
        (
            {"methods": {"a": Lookahead(Lookahead(SGD(0.1), alpha=np.ones(2)), alpha=np.ones(3))}},
            ValueError,
            r"methods\['a'\]: only one alpha can be an axis",
        ),
        ({"steps": 0}, ValueError, "steps must be at least 1, not 0"),
        ({"steps": 1.5}, TypeError, "steps must be an integer"),
        ({"seeds": 0}, ValueError, "seeds must be at least 1, not 0"),
        ({"noise": -1.0}, ValueError, "noise must be .* not -1.0"),
        ({"noise": np.ones((2, 2))}, ValueError, "noise must be a number or an array"),
        ({"noise": 1.0}, TypeError, "rng must be a generator"),
        ({"noise": 1.0, "rng": 3}, TypeError, "rng must be a generator .* not 3"),
        ({"starts": [1.0, 2.0, 3.0]}, ValueError, r"starts must be points \(2,\) or \(S, 2\), not of shape \(3,\)"),
        ({"starts": np.zeros((0, 2))}, ValueError, "starts must be points"),
        ({"starts": ["a", "b"]}, TypeError, "starts must hold real numbers"),
        ({"until": -1.0}, ValueError, "until must be .* not -1.0"),
        ({"until": None}, TypeError, "until must be"),
        ({"until": np.ones(2)}, TypeError, "until must be a number or a function"),
        ({"until": lambda x: x}, ValueError, "until.points. must return booleans of shape"),
        ({"until": lambda x: True}, ValueError, "until.points. must return booleans of shape"),
        ({"surface": Quadratic([1.0, -1.0])}, ValueError, "until must be a function of points: Quadratic"),
    ],
)
def test_bad_arguments_are_named(change, error, message):
    good = {"surface": Ravine(), "methods": {"SGD": SGD(0.1)}, "steps": 3}
    with pytest.raises(error, match=f"^{message}"):
        compare(**good | change)
