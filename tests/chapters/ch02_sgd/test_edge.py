"""The edge of stability: many networks at once are what one of the library's networks is alone."""

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
