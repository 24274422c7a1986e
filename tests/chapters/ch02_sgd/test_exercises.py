"""The solutions of chapter 2 against the library, and against runs."""

import numpy as np
import pytest

from course_lib.chapters.ch02_sgd import ex
from course_lib.optim import SGD, Himmelblau, Quadratic, best_gd, descend, gd_rate, noise_floor, steps_to


@pytest.mark.parametrize(("lmin", "lmax"), [(0.01, 1.0), (0.3, 7.0), (2.0, 2.0)])
def test_the_best_rate_is_the_librarys_and_no_other_is_better(lmin, lmax):
    lr, factor = ex.best_rate.reference(lmin, lmax)
    assert lr == pytest.approx(best_gd(lmin, lmax))
    rates = np.linspace(0, 2 / lmax, 2001)[1:]
    worst = np.maximum(gd_rate(rates, lmin), gd_rate(rates, lmax))
    assert factor <= worst.min() + 1e-12 and factor == pytest.approx(worst.min(), abs=2e-3)


@pytest.mark.parametrize("lr", [0.3, 1.0, 1.9])
def test_the_steps_are_those_of_a_run(lr):
    curvatures = np.array([0.05, 0.4, 1.0])
    path = np.abs(descend(Quadratic(curvatures), SGD(lr), np.ones(3), 2000)).max(axis=1)
    counted = steps_to(path, 1e-6)
    assert counted - 1 < ex.steps_needed.reference(lr, curvatures, 1e-6) <= counted


def test_the_directions_of_a_known_surface():
    """Himmelblau's function has four minima, four saddles and a top."""
    f = Himmelblau()
    counts = [ex.directions.reference(f.hessian(x)) for x in [*f.minima, *f.saddles]]
    assert [tuple(map(int, c)) for c in counts] == [(2, 0)] * len(f.minima) + [(1, 1)] * len(f.saddles)


@pytest.mark.parametrize(("lr", "batch"), [(0.1, 1), (0.7, 4), (1.3, 16)])
def test_the_floor_is_that_of_momentum_without_momentum_and_of_a_run(lr, batch):
    curvature, sigma = 1.2, 0.7
    floor = ex.batch_floor.reference(lr, curvature, sigma, batch)
    assert floor == pytest.approx(noise_floor(lr, 0.0, curvature, sigma / batch**0.5))
    rng, x = np.random.default_rng(0), np.zeros(4000)
    for _ in range(200):
        gradients = curvature * x + sigma * rng.normal(size=(batch, x.size)).mean(axis=0)
        x -= lr * gradients
    assert x.var() == pytest.approx(floor, rel=0.1)  # 4,000 walks: the standard error is 2 %
