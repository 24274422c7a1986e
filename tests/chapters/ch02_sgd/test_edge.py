"""The edge of stability: many networks at once are what one of the library's networks is alone."""

import json

import numpy as np
import pytest

from course_lib.chapters.ch02_sgd import edge
from course_lib.nn import BatchLoss, squared_error

pytest.importorskip("sklearn")

RATES = [0.1, 0.8]


@pytest.fixture(scope="module")
def runs():
    return edge.train_full_batch(RATES, seeds=2, steps=100)


def half_of_the_squares(scores, target):
    """The loss of these networks: ten times half of the mean over examples and scores."""
    value, slope = squared_error(scores, target)
    return 5 * value, 5 * slope


@pytest.mark.parametrize("i", [0, 1])
@pytest.mark.parametrize("seed", [0, 1])
def test_a_run_is_gradient_descent_on_one_network(runs, i, seed):
    x, target = edge.small_digits(200)
    loss = BatchLoss(edge.small_network(seed), x, target, loss=half_of_the_squares)
    w, values = loss.start, []
    for _ in range(101):
        values.append(loss.value(w))
        w = w - RATES[i] * loss.grad(w)
    np.testing.assert_allclose(runs.loss[i, seed], values, rtol=1e-6)


def test_the_curvature_is_the_largest_eigenvalue(runs):
    """At the start, where the probe has been turned 40 times; later it follows."""
    x, target = edge.small_digits(200)
    for seed in (0, 1):
        loss = BatchLoss(edge.small_network(seed), x, target, loss=half_of_the_squares)
        largest = np.linalg.eigvalsh(loss.hessian(loss.start))[-1]
        assert runs.sharpness[:, seed, 0] == pytest.approx([largest, largest], rel=0.02)


def test_shapes(runs):
    assert runs.loss.shape == (2, 2, 101) and runs.sharpness.shape == (2, 2, 3)


def test_the_digits_are_centred_blocks():
    x, target = edge.small_digits(1437)
    np.testing.assert_allclose(x.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_array_equal(target.sum(axis=1), 1)


def test_what_is_stored_is_measured_so():
    """The first steps of each rate, which no rounding has magnified yet; and none is missing."""
    stored = json.loads(edge.STORED.read_text("utf-8"))
    assert list(stored) == [str(rate) for rate in edge.RATES]
    again = edge.summary(edge.train_full_batch(edge.RATES[:5], edge.SEEDS, steps=100))
    for rate, row in zip(edge.RATES, again, strict=False):
        assert len(stored[str(rate)]["median"]) == edge.STEPS / edge.EVERY + 1
        for key, tol in (("low", 0.01), ("median", 0.01), ("high", 0.01), ("loss", 1e-3)):
            assert row[key] == pytest.approx(stored[str(rate)][key][: len(row[key])], rel=tol, abs=1e-3)
    assert set(stored[str(edge.RATES[5])].values()) == {None}, "it diverges"


def test_a_diverging_rate_is_told_as_one():
    [row] = edge.summary(edge.train_full_batch([1.6], seeds=1, steps=200))
    assert set(row.values()) == {None}
