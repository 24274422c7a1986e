"""Formulas against SymPy's derivatives of the published ones; published minima; SciPy's Rosenbrock."""

import numpy as np
import pytest
import scipy.optimize
import sympy as sp

from course_lib.optim import TrustRegion, minimize
from course_lib.optim.surfaces import Bumpy, Ravine, Rosenbrock, Saddle
from course_lib.optim.surfaces.classics import Ackley, Beale, Booth, Himmelblau, Rastrigin, StyblinskiTang
from course_lib.optim.surfaces.landscapes import MonkeySaddle, Plateau, SharpFlat
from course_lib.optim.surfaces.many_dims import RastriginND, RosenbrockND, StyblinskiTangND

X = x, y, z = sp.symbols("x y z", real=True)
TURN = sp.Float("0.3", 30)
U, W = x * sp.cos(TURN) + y * sp.sin(TURN), y * sp.cos(TURN) - x * sp.sin(TURN)
SHARP, FLAT = 20 * ((x + 1) ** 2 + y**2), sp.Rational(1, 2) * ((x - 1) ** 2 + y**2)

FORMULAS = [
    (Ravine(50.0, 0.3), (U**2 / 50 + W**2) / 2),
    (Saddle(), x**2 / 2 - y**2 / 2 + y**4 / 4),
    (Saddle(10.0, 0.3), 5 * U**2 - W**2 / 2 + W**4 / 4),
    (MonkeySaddle(), x**3 / 3 - x * y**2 + (x**2 + y**2) ** 2 / 4),
    (Plateau(), (sp.tanh(x) ** 2 + y**2) / 2),
    (SharpFlat(40.0, 1.0), 1 / (1 / SHARP + 1 / FLAT)),
    (Bumpy(0.2), (x**2 + y**2) / 20 + (2 - sp.cos(2 * x) - sp.cos(2 * y)) / 5),
    (Booth(), (x + 2 * y - 7) ** 2 + (2 * x + y - 5) ** 2),
    (Rosenbrock(), (1 - x) ** 2 + 100 * (y - x**2) ** 2),
    (RosenbrockND(3), (1 - x) ** 2 + 100 * (y - x**2) ** 2 + (1 - y) ** 2 + 100 * (z - y**2) ** 2),
    (
        Beale(),
        sum((sp.Rational(c) - x + x * y**k) ** 2 for k, c in ((1, "1.5"), (2, "2.25"), (3, "2.625"))),
    ),
    (Himmelblau(), (x**2 + y - 11) ** 2 + (x + y**2 - 7) ** 2),
    (StyblinskiTang(), sum(v**4 - 16 * v**2 + 5 * v for v in (x, y)) / 2),
    (StyblinskiTangND(3), sum(v**4 - 16 * v**2 + 5 * v for v in X) / 2),
    (Rastrigin(), 20 + sum(v**2 - 10 * sp.cos(2 * sp.pi * v) for v in (x, y))),
    (RastriginND(3), 30 + sum(v**2 - 10 * sp.cos(2 * sp.pi * v) for v in X)),
    (
        Ackley(),
        -20 * sp.exp(-sp.Rational(1, 5) * sp.sqrt((x**2 + y**2) / 2))
        - sp.exp((sp.cos(2 * sp.pi * x) + sp.cos(2 * sp.pi * y)) / 2)
        + 20
        + sp.E,
    ),
]


@pytest.mark.parametrize(("surface", "formula"), FORMULAS, ids=[type(s).__name__ for s, _ in FORMULAS])
def test_against_sympy(surface, formula):
    symbols = X[: surface.dim]
    at = surface.sample(30, np.random.default_rng(0))
    wanted = [formula, [sp.diff(formula, s) for s in symbols], sp.hessian(formula, symbols).tolist()]
    for method, expression in zip((surface.value, surface.grad, surface.hessian), wanted, strict=True):
        evaluate = sp.lambdify(symbols, expression, "numpy", cse=True)
        one_by_one = np.array([evaluate(*p) for p in at], dtype=float)
        np.testing.assert_allclose(method(at), one_by_one, rtol=1e-11, atol=1e-13 * np.abs(one_by_one).max())


@pytest.mark.parametrize(
    ("surface", "minima", "value", "digits"),
    [
        (Booth(), [(1, 3)], 0, 12),
        (Beale(), [(3, 0.5)], 0, 12),
        (Himmelblau(), [(3, 2), (-2.805118, 3.131312), (-3.779310, -3.283186), (3.584428, -1.848126)], 0, 12),
        (StyblinskiTang(), [(-2.903534, -2.903534)], -78.33233, 5),
        (StyblinskiTangND(7), [(-2.903534,) * 7], -39.16616570377142 * 7, 10),
        (Rastrigin(), [(0, 0)], 0, 12),
        (RastriginND(6), [(0,) * 6], 0, 12),
        (Ackley(), [(0, 0)], 0, 12),
        (Rosenbrock(), [(1, 1)], 0, 12),
        (RosenbrockND(9), [(1,) * 9], 0, 12),
    ],
    ids=lambda value: type(value).__name__,
)
def test_published_minima(surface, minima, value, digits):
    np.testing.assert_allclose(surface.minima, minima, atol=1.1e-6)
    assert surface.value(surface.minima) == pytest.approx(value, abs=10.0**-digits)
    assert surface.f_min == pytest.approx(value, abs=10.0**-digits)


@pytest.mark.parametrize("dim", [2, 3, 8])
def test_rosenbrock_against_scipy(dim):
    surface = RosenbrockND(dim)
    at = surface.sample(50, np.random.default_rng(dim))
    np.testing.assert_allclose(surface.value(at), scipy.optimize.rosen(at.T), rtol=1e-13)
    for p in at:
        np.testing.assert_allclose(surface.grad(p), scipy.optimize.rosen_der(p), rtol=1e-12, atol=1e-10)
        np.testing.assert_allclose(surface.hessian(p), scipy.optimize.rosen_hess(p), rtol=1e-12, atol=1e-10)
    if dim == 2:
        for method in ("value", "grad", "hessian"):
            np.testing.assert_allclose(getattr(surface, method)(at), getattr(Rosenbrock(), method)(at), rtol=1e-12)


@pytest.mark.parametrize(
    ("dim", "published"),
    [(4, [-0.775659, 0.613093, 0.382063, 0.145972]), (5, [-0.962051, 0.935739, 0.880714, 0.777878, 0.605094])],
)
def test_the_chain_of_four_and_more_has_a_second_minimum(dim, published):
    surface, p = RosenbrockND(dim), np.array(published)
    assert np.abs(surface.grad(p)).max() < 1e-3
    for _ in range(5):
        p = p - np.linalg.solve(surface.hessian(p), surface.grad(p))
    np.testing.assert_allclose(p, published, atol=1e-6)
    assert np.abs(surface.grad(p)).max() < 1e-12 and np.linalg.eigvalsh(surface.hessian(p)).min() > 0


@pytest.mark.parametrize(("dim", "last"), [(6, 0.808), (7, 0.905), (10, 0.988), (30, 1.0)])
def test_the_second_minimum_comes_near_minus_one_and_ones_slowly(dim, last):
    """From there, BFGS of SciPy finds it; all coordinates between the ends are nearer to 1 than the last."""
    x = np.ones(dim)
    x[0] = -1
    found = scipy.optimize.minimize(
        scipy.optimize.rosen, x, jac=scipy.optimize.rosen_der, hess=scipy.optimize.rosen_hess, method="trust-exact"
    ).x
    assert np.abs(RosenbrockND(dim).grad(found)).max() < 1e-3
    assert found[0] == pytest.approx(-0.99, abs=0.01) and found[-1] == pytest.approx(last, abs=6e-4)
    assert np.all(found[1:-1] > min(last, 0.99))


def test_the_chain_of_three_has_one_minimum():
    found = minimize(RosenbrockND(3), TrustRegion(), [-1.0, 1.0, 1.0])
    np.testing.assert_allclose(found.x, 1.0, atol=1e-5)


def test_the_hills_top():
    top = np.array([-0.270845, -0.923039])
    assert np.abs(Himmelblau().grad(top)).max() < 1e-4
    assert np.linalg.eigvalsh(Himmelblau().hessian(top)).max() < 0
    assert Himmelblau().value(top) == pytest.approx(181.617, abs=1e-3)
    tops = np.full(2, 0.156731)
    assert np.abs(StyblinskiTang().grad(tops)).max() < 1e-4
    assert np.linalg.eigvalsh(StyblinskiTang().hessian(tops)).max() < 0


def test_curvature_in_the_cups():
    assert np.linalg.eigvalsh(Rastrigin().hessian([0.0, 0.0])) == pytest.approx([396.784, 396.784], abs=1e-3)
    assert np.linalg.cond(Booth().hessian([1.0, 3.0])) == pytest.approx(9.0)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_ackley_at_its_tip(dtype):
    """No warning, gradient zero, a positive definite Hessian; and just beside it the cone's slope."""
    surface, tip = Ackley(), np.zeros((3, 2), dtype)
    assert np.array_equal(surface.grad(tip), tip)
    np.testing.assert_allclose(surface.hessian(tip)[0], 2 * np.pi**2 * np.e * np.eye(2), rtol=1e-6)
    assert abs(surface.value(tip)).max() < 1e-5 if dtype is np.float32 else 1e-14
    angles = np.linspace(0, 2 * np.pi, 8)
    near = 1e-8 * np.stack([np.cos(angles), np.sin(angles)], axis=-1).astype(dtype)
    np.testing.assert_allclose(np.linalg.norm(surface.grad(near), axis=-1), np.sqrt(8), rtol=1e-5)
    smallest = np.full(2, np.finfo(dtype).smallest_subnormal)  # its square is 0
    assert np.all(np.isfinite(surface.grad(smallest))) and np.all(np.isfinite(surface.hessian(smallest)))
