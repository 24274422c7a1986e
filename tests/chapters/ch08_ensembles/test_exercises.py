"""The solutions of chapter 8 against the library's votes, schedules and averages, drawn numbers, and a search."""

import numpy as np
import pytest

from course_lib.chapters.ch08_ensembles import ex
from course_lib.ensembles import EMA, mean_probability, variance_of_mean
from course_lib.nn import softmax
from course_lib.optim import SGD, Snapshots


def test_the_vote_is_the_librarys():
    p = softmax(np.random.default_rng(0).normal(size=(5, 7, 4)))
    np.testing.assert_allclose(ex.vote.reference(p), mean_probability(p))


@pytest.mark.parametrize(("rho", "sigma", "M"), [(0.0, 2.0, 5), (0.4, 1.3, 3), (1.0, 0.7, 9)])
def test_the_variance_is_the_librarys_and_that_of_drawn_errors(rho, sigma, M):
    found = ex.variance.reference(rho, sigma, M)
    assert found == pytest.approx(variance_of_mean(rho, sigma, M))
    rng = np.random.default_rng(0)
    shared, own = rng.normal(size=40_000), rng.normal(size=(M, 40_000))
    errors = sigma * (rho**0.5 * shared + (1 - rho) ** 0.5 * own)
    assert errors.mean(axis=0).var() == pytest.approx(found, rel=0.05)


def test_the_rate_is_the_schedules():
    schedule = Snapshots(0.3, steps=36, cycles=3)
    found = [ex.snapshot_rate.reference(t, 0.3, 12) for t in range(36)]
    np.testing.assert_allclose(found, [schedule(t) for t in range(36)], atol=1e-15)


def test_the_average_is_the_librarys():
    x, opt, x_test, rng = np.array([3.0, -1.0]), EMA(SGD(0.3), decay=0.9), np.zeros(2), np.random.default_rng(0)
    for t in range(1, 20):
        opt.step(x, rng.normal(size=2))
        x_test, estimate = ex.polyak.reference(x_test, x, 0.9, t)
        np.testing.assert_allclose(estimate, opt.test_params(x))


@pytest.mark.parametrize("rho", [0.05, 0.33, 0.5, 0.88, 1.0])
@pytest.mark.parametrize("share", [0.03, 0.25, 0.7, 3.1])
def test_the_least_number_of_members_by_a_search(rho, share):
    enough = [M for M in range(1, 1000) if variance_of_mean(rho, 1.0, M) <= (1 + share) * rho + 1e-12]
    assert ex.members_for.reference(rho, share) == enough[0]
