"""Newton is drawn to saddles, and what leaves them: the exact step in a ball, against its conditions and SciPy's."""

from types import SimpleNamespace

import numpy as np
import pytest
from scipy.optimize import minimize as scipy_minimize

from course_lib.optim import SURFACES, Newton, Saddle, SaddleFreeNewton, TrustRegion, minimize
from course_lib.optim.second_order.saddles import solve_subproblem


def test_newton_is_drawn_to_the_saddle_and_others_leave_it():
    surface, starts = Saddle(), np.random.default_rng(1).uniform([-1, -0.4], [1, 0.4], size=(30, 2))
    for start in starts:
        found = minimize(surface, Newton(), start)
        assert np.abs(found.x).max() < 1e-6 and np.linalg.eigvalsh(surface.hessian(found.x))[0] < -0.9
        for method in (TrustRegion(), SaddleFreeNewton(), Newton(damping=2.0)):
            assert abs(minimize(surface, method, start).x).round(5).tolist() == [0.0, 1.0]


def test_trust_region_leaves_every_saddle_even_from_the_saddle_itself():
    for name in ("Saddle", "Himmelblau", "Plateau", "SharpFlat"):
        surface = SURFACES[name]
        for saddle in surface.saddles:
            assert minimize(surface, Newton(), saddle).reason == "the gradient is below 1e-06"
            found = minimize(surface, TrustRegion(), saddle)
            assert found.value < surface.value(saddle) - 0.01
            assert np.linalg.eigvalsh(surface.hessian(found.x))[0] > -1e-6


def test_a_saddle_in_many_dimensions_is_left():
    """Σ xᵢ²/2 over 15 axes, and yⱼ⁴/4 − yⱼ²/2 over 5 more."""
    down = np.arange(20) < 5

    def hessian(x):
        return np.diag(np.where(down, 3 * x * x - 1, 1.0))

    loss = SimpleNamespace(
        value=lambda x: float(np.where(down, x**4 / 4 - x**2 / 2, x**2 / 2).sum()),
        grad=lambda x: np.where(down, x**3 - x, x),
        hessian=hessian,
    )
    found = minimize(loss, TrustRegion(), np.zeros(20))
    assert found.value == pytest.approx(-1.25) and "no curvature is negative" in found.reason
    start = np.random.default_rng(0).normal(scale=0.01, size=20)
    assert minimize(loss, SaddleFreeNewton(), start).value == pytest.approx(-1.25)
    assert minimize(loss, Newton(), start).value == pytest.approx(0.0)


@pytest.mark.parametrize("n", [1, 2, 5, 20])
def test_subproblem_is_the_lowest_in_the_ball(n):
    """Moré and Sorensen's conditions, which are necessary and sufficient; and no random point is lower."""
    rng = np.random.default_rng(n)
    for case in range(60):
        Q = np.linalg.qr(rng.standard_normal((n, n)))[0]
        lam = np.sort(rng.normal(size=n) * 10.0 ** rng.integers(-3, 3))
        if case % 3 == 0:
            lam = np.abs(lam) + 1e-3
        H, g, radius = Q @ np.diag(lam) @ Q.T, rng.standard_normal(n), 10.0 ** rng.uniform(-3, 3)
        H = (H + H.T) / 2
        if case % 3 == 1:  # the hard case: no slope along the lowest curvature
            g = g - Q[:, 0] * (Q[:, 0] @ g)
        p = solve_subproblem(g, H, radius)
        if not g.any() and lam[0] > 0:
            assert not p.any()
            continue
        length = np.linalg.norm(p)
        assert length <= radius * (1 + 1e-6)
        r = H @ p + g
        mu = -(r @ p) / (p @ p)
        scale = np.abs(lam).max() + np.linalg.norm(g) / radius
        assert mu >= -1e-6 * scale and lam[0] + mu >= -1e-6 * scale
        np.testing.assert_allclose(r, -mu * p, atol=1e-5 * scale * length)
        assert abs(mu) * (radius - length) <= 1e-4 * scale * radius
        others = rng.standard_normal((500, n))
        others *= radius * rng.uniform(0, 1, (500, 1)) / np.linalg.norm(others, axis=1, keepdims=True)
        model = others @ g + np.einsum("ki,ij,kj->k", others, H, others) / 2
        assert g @ p + p @ H @ p / 2 <= model.min() + 1e-9 * abs(model).max()


def test_trust_region_agrees_with_scipys():
    """The same algorithm by others: as many evaluations, up to half more, and the same minimum."""
    ours = theirs = 0
    for name in ("Rosenbrock", "Himmelblau", "StyblinskiTang", "Plateau", "Rosenbrock in 10-D", "Bumpy"):
        surface = SURFACES[name]
        for start in surface.sample(20, np.random.default_rng(5)):
            mine = minimize(surface, TrustRegion(), start)
            other = scipy_minimize(
                surface.value,
                start,
                jac=surface.grad,
                hess=surface.hessian,
                method="trust-exact",
                options={"gtol": 1e-6},
            )
            assert np.abs(surface.grad(mine.x)).max() <= 1e-6
            ours += mine.evaluations.value + mine.evaluations.grad + mine.evaluations.hessian
            theirs += other.nfev + other.njev + other.nhev
    assert ours <= 1.5 * theirs


def test_the_saddle_free_step_divides_by_absolute_curvatures():
    """Twice the curvature halves the step, whatever its sign; tiny curvatures are lifted to the floor."""
    rng = np.random.default_rng(0)
    Q = np.linalg.qr(rng.standard_normal((4, 4)))[0]
    lam, c = np.array([-8.0, -1.0, 1e-6, 4.0]), rng.standard_normal(4)
    at = SimpleNamespace(hessian=Q @ np.diag(lam) @ Q.T, g=Q @ c)
    for floor, size in ((1e-8, np.abs(lam)), (0.01, [8.0, 1.0, 0.08, 4.0])):
        np.testing.assert_allclose(SaddleFreeNewton(floor=floor).direction(at), -Q @ (c / size), rtol=1e-6)


def test_the_radius_grows_where_the_model_is_right():
    """From 1000 away with Δ = 1: 1 + 2 + 4 + … is there after 10 steps."""
    found = minimize(SURFACES["Ravine"], TrustRegion(), [0.0, 1000.0])
    assert found.steps == 10 and np.abs(found.x).max() < 1e-9
    lengths = np.linalg.norm(np.diff(found.path, axis=0), axis=1)
    np.testing.assert_allclose(lengths[:9], 2.0 ** np.arange(9), rtol=1e-6)
