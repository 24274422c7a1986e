"""Conjugate gradients against numpy's solver and SciPy's; Newton-CG by given products and by finite differences."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize as scipy_minimize
from scipy.sparse.linalg import cg as scipy_cg

from course_lib.optim import SURFACES, Evaluations, NewtonCG, Rosenbrock, Saddle, cg, minimize
from course_lib.optim.second_order.line_search import Point
from course_lib.optim.second_order.newton_cg import gradient_difference


def positive(n, kappa, rng):
    Q = np.linalg.qr(rng.standard_normal((n, n)))[0]
    return Q @ np.diag(np.geomspace(1, kappa, n)) @ Q.T


@given(st.integers(1, 12), st.floats(1, 20), st.integers(0, 2**32 - 1))
def test_cg_solves_in_n_products(n, kappa, seed):
    """In a small system: in a large one round-off asks for some more than n."""
    rng = np.random.default_rng(seed)
    H, b = positive(n, kappa, rng), rng.standard_normal(n)
    products = []
    x = cg(lambda v: products.append(v) or H @ v, b, steps=n)
    np.testing.assert_allclose(x, np.linalg.solve(H, b), rtol=1e-7, atol=1e-7 * np.linalg.norm(x))
    assert len(products) <= n
    for p, after in itertools.pairwise(products):  # neighbours are conjugate; round-off parts the others
        assert abs(p @ H @ after) < 1e-9 * kappa * np.linalg.norm(p) * np.linalg.norm(after)


def test_cg_makes_the_steps_of_scipys():
    rng = np.random.default_rng(0)
    H, b = positive(40, 1000.0, rng), rng.standard_normal(40)
    for k in (1, 2, 5, 20):
        np.testing.assert_allclose(cg(lambda v: H @ v, b, steps=k), scipy_cg(H, b, maxiter=k, rtol=0)[0], rtol=1e-8)


def test_cg_needs_as_many_steps_as_there_are_different_eigenvalues():
    rng = np.random.default_rng(0)
    Q = np.linalg.qr(rng.standard_normal((50, 50)))[0]
    H = Q @ np.diag(rng.choice([1.0, 3.0, 10.0], 50)) @ Q.T
    products = []
    cg(lambda v: products.append(v) or H @ v, rng.standard_normal(50))
    assert len(products) == 3


def test_cg_ends_where_the_curvature_is_not_positive():
    b = np.array([1.0, 1.0])
    assert cg(lambda v: -v, b).tolist() == [0.0, 0.0]
    assert cg(lambda v: v * np.nan, b).tolist() == [0.0, 0.0]
    assert cg(lambda v: v, np.zeros(2)).tolist() == [0.0, 0.0]
    x = cg(lambda v: np.array([2.0, -0.5]) * v, b)  # first step 2/1.5 along b, then negative curvature
    np.testing.assert_allclose(x, [4 / 3, 4 / 3])


@pytest.mark.parametrize("tol", [1e-1, 1e-4, 1e-8])
def test_cg_stops_at_its_tolerance(tol):
    rng = np.random.default_rng(0)
    H, b = positive(60, 300.0, rng), rng.standard_normal(60)
    residual = np.linalg.norm(H @ cg(lambda v: H @ v, b, tol=tol, steps=500) - b) / np.linalg.norm(b)
    assert 1e-3 * tol < residual <= 1.01 * tol


@pytest.mark.parametrize(
    ("make", "error", "match"),
    [
        (lambda: cg(np.eye(2), [1.0, 1.0]), TypeError, "Hv must be a function"),
        (lambda: cg(lambda v: v, 1.0), ValueError, r"b must have shape \(n,\), not \(\)"),
        (lambda: cg(lambda v: v, ["a"]), TypeError, "b must hold real numbers"),
        (lambda: cg(lambda v: v, [1.0], tol=-1), ValueError, "tol must be"),
        (lambda: cg(lambda v: v, [1.0], steps=2.5), TypeError, "steps must be an integer, not 2.5"),
        (lambda: cg(lambda v: v, [1.0], steps=-1), ValueError, "steps must be at least 0, not -1"),
        (lambda: cg(lambda v: v[0], [1.0, 2.0]), ValueError, r"Hv\(v\) must have shape \(2,\), not \(\)"),
    ],
)
def test_bad_input(make, error, match):
    with pytest.raises(error, match=match):
        make()


class Products:
    """Rosenbrock with products, and no Hessian."""

    def __init__(self):
        self.surface, self.asked = Rosenbrock(), []

    def value(self, x):
        return self.surface.value(x)

    def grad(self, x):
        return self.surface.grad(x)

    def hvp(self, x, v):
        self.asked.append(x.copy())
        return self.surface.hessian(x) @ v


def test_newton_cg_uses_products_where_they_are_given():
    loss, start = Products(), [-1.2, 1.0]
    by_loss = minimize(loss, NewtonCG(), start)
    assert by_loss.evaluations.hvp == len(loss.asked) > 0 and by_loss.evaluations.hessian == 0
    assert by_loss.evaluations.grad == by_loss.steps + 1
    surface = Rosenbrock()
    given_one = minimize(surface, NewtonCG(hvp=lambda x, v: surface.hessian(x) @ v), start)
    assert np.array_equal(given_one.path, by_loss.path) and given_one.evaluations == by_loss.evaluations
    by_gradients = minimize(surface, NewtonCG(), start)
    assert by_gradients.evaluations.hvp == 0
    assert by_gradients.evaluations.grad >= by_gradients.steps + 1 + by_loss.evaluations.hvp // 2
    for found in (by_loss, by_gradients):
        assert found.reason == "the gradient is below 1e-06"
        np.testing.assert_allclose(found.x, [1.0, 1.0], atol=1e-5)
    with pytest.raises(ValueError, match=r"hvp\(x, v\) must have shape \(2,\), not \(3,\)"):
        minimize(surface, NewtonCG(hvp=lambda x, v: np.ones(3)), start)


def test_the_step_is_more_exact_near_the_minimum():
    """‖H p + ∇f‖ ≤ min(½, √‖∇f‖) ‖∇f‖."""
    surface = SURFACES["Rosenbrock in 10-D"]
    rng = np.random.default_rng(0)
    for distance in (1e-2, 1e-4, 1e-6):
        at = Point(surface, 1 + distance * rng.standard_normal(10))
        p = NewtonCG(hvp=lambda x, v: surface.hessian(x) @ v).direction(at)
        size = np.linalg.norm(at.g)
        assert np.linalg.norm(at.hessian @ p + at.g) <= 1.001 * min(0.5, np.sqrt(size)) * size


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_differences_of_gradients(dtype):
    surface = SURFACES["Rosenbrock in 10-D"]
    rng = np.random.default_rng(0)
    for x in surface.sample(20, rng):
        v = rng.standard_normal(10) * 10.0 ** rng.integers(-6, 6)
        at = Point(surface, x.astype(dtype), Evaluations())
        exact = surface.hessian(x) @ v
        error = np.linalg.norm(gradient_difference(at, v) - exact) / np.linalg.norm(exact)
        assert error < 20 * math.sqrt(np.finfo(dtype).eps)
        assert at.count == Evaluations(grad=2)


def test_newton_cg_reaches_minima_with_about_scipys_evaluations():
    ours = theirs = 0
    for name in ("Rosenbrock", "Himmelblau", "StyblinskiTang", "Rosenbrock in 10-D", "Ravine in 10-D", "Booth"):
        surface = SURFACES[name]
        for start in surface.sample(20, np.random.default_rng(5)):
            mine = minimize(surface, NewtonCG(), start)
            assert mine.reason == "the gradient is below 1e-06"
            assert np.linalg.eigvalsh(surface.hessian(mine.x))[0] > 0
            other = scipy_minimize(surface.value, start, jac=surface.grad, method="Newton-CG", options={"xtol": 1e-6})
            ours += mine.evaluations.value + mine.evaluations.grad
            theirs += other.nfev + other.njev
    assert ours <= 1.5 * theirs


def test_negative_curvature_leads_down_not_into_the_saddle():
    for start in np.random.default_rng(1).uniform([-1, -0.4], [1, 0.4], size=(20, 2)):
        assert abs(minimize(Saddle(), NewtonCG(), start).x).round(5).tolist() == [0.0, 1.0]
