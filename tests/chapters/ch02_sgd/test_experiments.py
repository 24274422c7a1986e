"""What chapter 2's experiments show, against closed forms and runs of its own."""

import json

import numpy as np
import pytest

from course_lib.chapters.ch02_sgd import explore
from course_lib.chapters.ch02_sgd.experiments import noisy_ravine
from course_lib.chapters.ch02_sgd.pictures import worst_angle
from course_lib.explore.page import compiled
from course_lib.optim import (
    SGD,
    LeastSquares,
    Minibatch,
    Ravine,
    Saddle,
    best_gd,
    descend,
    escape_steps,
    gd_rate,
    steps_to,
)

# ---------------------------------------------------------------- zigzag


@pytest.mark.parametrize(("kappa", "lr", "angle"), [(10, 0.5, 0), (100, 1.98, 30), (100, 1.0, 45), (30, 1.4, 7)])
def test_zigzag_counts_the_steps_of_the_run(kappa, lr, angle):
    f = Ravine(kappa, np.radians(angle))
    data = explore.zigzag(kappa=kappa, lr=lr, angle=angle, start=tuple(f.start)).data
    distance = np.linalg.norm(descend(f, SGD(lr), f.start, 3000), axis=1)
    assert data["steps"] == steps_to(distance / distance[0], 1e-6)
    both = np.hypot(data["along"]["error"], data["across"]["error"])
    np.testing.assert_allclose(both, distance[: len(both)], rtol=1e-6, atol=1e-12)


def test_zigzag_never_arrives_at_the_limit_and_beyond():
    for lr in (2.0, 2.1):
        assert explore.zigzag(kappa=100, lr=lr).data["steps"] is None
    assert explore.zigzag(kappa=100, lr=2.0, start=(-4.5, 0.0)).data["steps"] == steps_to(0.98 ** np.arange(2000), 1e-6)


def test_zigzag_at_the_minimum_has_no_angle_and_nowhere_to_go():
    data = explore.zigzag(start=(0.0, 0.0)).data
    assert data["off"] is None and data["steps"] is None and data["goal"] is None


def test_the_slowest_setting_is_counted_too():
    exact = np.log(1e-6) / np.log(gd_rate(0.01, 1e-3))
    assert explore.zigzag(kappa=1000, lr=0.01, start=(-4.5, 0.0)).data["steps"] == int(np.ceil(exact))


def test_the_worst_place_is_the_worst():
    data = explore.zigzag(kappa=100, lr=1.0, start=(-4.5, 0.45)).data
    assert data["off"] == pytest.approx(worst_angle(100))
    assert explore.zigzag(kappa=100, start=(-4.5, 0.0)).data["off"] == pytest.approx(0, abs=1e-5)


def test_no_rate_of_the_slider_beats_the_best_one():
    counts = {lr: explore.zigzag(kappa=10, lr=lr).data["steps"] for lr in (1.0, 1.7, 1.81, 1.82, 1.9, 1.98)}
    assert min(counts, key=counts.get) in (1.81, 1.82) and best_gd(0.1, 1) == pytest.approx(1.818, abs=1e-3)


# ---------------------------------------------------------------- saddle


@pytest.mark.parametrize("distance", [1e-12, 1e-6, 1e-2])
@pytest.mark.parametrize("lr", [0.05, 0.1, 0.5])
def test_the_steps_to_leave_are_a_logarithm(distance, lr):
    data = explore.saddle(distance=distance, lr=lr).data
    assert data["left"] == pytest.approx(escape_steps(1 + lr, distance, 0.5), abs=4)
    path = descend(Saddle(), SGD(lr), [1.0, distance], 600)
    np.testing.assert_allclose(data["SGD"]["y"], path[:, 1], rtol=1e-9)
    np.testing.assert_allclose(data["SGD"]["x"], path[:, 0], rtol=1e-9, atol=1e-15)


def test_the_law_is_the_line_that_the_point_lies_on():
    e = explore.saddle(distance=1e-6)
    law = dict(zip(np.round(np.log10(e.backdrop["law"]["x"]), 1), e.backdrop["law"]["y"], strict=True))
    assert e.data["here"]["y"] == [law[-6.0]] == [e.data["left"]]


def test_on_the_ridge_it_stays_and_noise_frees_it():
    on, noisy = explore.saddle(start="on").data, explore.saddle(start="noisy").data
    assert on["left"] is None and on["end"] == 0 and abs(on["SGD"]["x"][-1]) < 1e-20
    assert 100 < noisy["left"] < 250 and noisy["end"] == pytest.approx(1, abs=1e-3)
    assert noisy["here"]["y"] == [None]


def test_without_curvature_nearer_is_far_slower():
    steps = [explore.saddle(surface="monkey", distance=d).data["left"] for d in (1e-1, 1e-2, 1e-3)]
    assert steps[2] - steps[1] > 2 * (steps[1] - steps[0])
    assert explore.saddle(surface="monkey", distance=1e-6).data["left"] is None


@pytest.mark.parametrize("start", ["beside", "on", "noisy"])
@pytest.mark.parametrize("surface", ["saddle", "monkey"])
def test_the_page_counts_alike(surface, start, twin):
    pytest.importorskip("quickjs")
    experiment = explore.saddle(surface=surface, start=start, distance=1e-2)
    script = compiled({"saddle": experiment})
    arguments = ", ".join(json.dumps(experiment.params[n]) for n in experiment.spec["compute"])
    got = twin.run(script, f"course.experiments.saddle.compute({arguments})")
    assert got["left"] == experiment.data["left"]


# ---------------------------------------------------------------- dimension


def test_few_dimensions_are_as_computed_by_hand():
    exact = {1: 0.5, 2: (2 - 2**0.5) / 4, 3: (np.pi - 8**0.5) / (4 * np.pi)}
    chance = explore.dimension(n=1, lift=0.0).data["chance"]
    for n, right in exact.items():
        measured = chance["y"][chance["x"].index(n)]
        assert measured == pytest.approx(right, abs=4 * (right * (1 - right) / 20_000) ** 0.5)
    assert chance["y"][-4:] == [0, 0, 0, 0]


def test_many_dimensions_have_the_semicircle():
    for lift in (0.0, 0.5, 1.5):
        share = 0.5 - lift * (4 - lift**2) ** 0.5 / (4 * np.pi) - np.arcsin(lift / 2) / np.pi
        assert explore.dimension(n=100, lift=lift).data["share"] == pytest.approx(100 * share, abs=0.7)
    high, low = (explore.dimension(n=100, lift=lift).data["minimum"] for lift in (1.5, 2.5))
    assert high == 0 and low == 100


# ---------------------------------------------------------------- minibatch


def test_the_noisy_ravine_is_a_ravine():
    loss, points = noisy_ravine(), np.random.default_rng(1).normal(size=(20, 2))
    assert isinstance(loss, LeastSquares) and loss.f_min == pytest.approx(0.125)
    np.testing.assert_allclose(loss.value(points) - loss.f_min, Ravine().value(points), rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(loss.grad(points), Ravine().grad(points), rtol=1e-9, atol=1e-12)


def test_all_examples_are_gradient_descent():
    data = explore.minibatch(lr=0.5, batch="all").data
    path = descend(Ravine(), SGD(0.5), Ravine().start, 600)
    np.testing.assert_allclose(data["SGD"]["x"], path[:301, 0], atol=0.006)
    np.testing.assert_allclose(data["excess"]["y"], np.maximum(Ravine().value(path), 1e-9)[::5], rtol=1e-6)
    assert explore.minibatch(lr=0.5, batch="1").data["late"] > 0.05
    assert explore.minibatch(lr=1.0, batch="1").data["late"] is None, "it diverges"


@pytest.mark.parametrize(("lr", "batch"), [(0.5, 16), (0.5, 64), (1.0, 64)])
def test_the_floor_is_the_stationary_covariance(lr, batch):
    """Iterate the exact covariance of SGD on these examples: C ← E[(1 − αA) C (1 − αA)] + α² cov(noise)."""
    loss = noisy_ravine()
    outer = loss.X[:, :, None] * loss.X[:, None, :]
    mean, C = loss.hessian(np.zeros(2)), np.zeros((2, 2))
    noise = Minibatch(loss, batch, np.random.default_rng(0)).covariance(np.zeros(2))
    for _ in range(3000):
        spread = np.mean(outer @ C @ outer, axis=0) - mean @ C @ mean
        C = C - lr * (mean @ C + C @ mean) + lr**2 * (mean @ C @ mean + spread / batch) + lr**2 * noise
    floor = np.trace(mean @ C) / 2
    assert explore.minibatch(lr=lr, batch=str(batch)).data["late"] == pytest.approx(floor, rel=0.25)


# ---------------------------------------------------------------- edge


def test_the_largest_curvature_ends_at_the_border():
    data = explore.edge(lr=0.8).data
    assert data["border"] == 2.5 and 2.3 < data["low"] <= data["high"] < 2.7
    assert data["rises"] > 500 and data["loss"]["y"][-1] < data["loss"]["y"][0] / 2
    assert explore.edge(lr=1.6).data["low"] is None, "beyond every network's border it diverges"
