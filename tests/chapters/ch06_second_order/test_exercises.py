"""The solutions of chapter 6 against the library's methods, and SciPy's."""

import numpy as np
import pytest
from scipy.optimize import BFGS as ScipyBFGS
from scipy.optimize import LbfgsInvHessProduct

from course_lib.chapters.ch06_second_order import ex
from course_lib.optim import BFGS, LBFGS, Backtracking, Himmelblau, Newton
from course_lib.optim.second_order.line_search import Line, Point


def pairs(seed, m, n):
    """Steps on a bowl, and the changes of its gradient."""
    rng = np.random.default_rng(seed)
    A = rng.standard_normal((n, n))
    S = rng.standard_normal((m, n))
    return S, S @ (A @ A.T + n * np.eye(n)), rng.standard_normal(n)


@pytest.mark.parametrize("damping", [0.0, 3.0])
def test_newton_is_the_librarys(damping):
    surface, x = Himmelblau(), np.array([-0.5, 0.3])
    found = ex.newton.reference(x, surface.grad(x), surface.hessian(x), damping)
    method, stepped = Newton(damping=damping), x.copy()
    method.step_closure(stepped, surface)
    np.testing.assert_allclose(found, stepped, rtol=1e-12)


@pytest.mark.parametrize("c1", [1e-4, 0.3, 0.9])
@pytest.mark.parametrize("first", [1.0, 0.05])
def test_armijo_is_the_librarys(c1, first):
    line = Line(Point(Himmelblau(), np.array([-4.0, -0.5])), np.array([170.0, 30.0]))
    found = ex.armijo.reference(lambda a: line(a).f, line.slope, first, c1)
    assert line.slope < 0 and found == Backtracking(c1=c1)(line, first).end.a


@pytest.mark.parametrize("seed", range(5))
def test_bfgs_is_scipys_and_satisfies_the_secant_condition(seed):
    S, Y, _ = pairs(seed, 3, 4)
    theirs, H = ScipyBFGS(init_scale=1.0), np.eye(4)
    theirs.initialize(4, "inv_hess")
    ours = BFGS()
    ours.H = np.eye(4)
    for s, y in zip(S, Y, strict=True):
        H = ex.bfgs.reference(H, s, y)
        theirs.update(s, y)
        ours.update_curvature(s, y)
        np.testing.assert_allclose(H @ y, s, atol=1e-10)
        np.testing.assert_allclose(H, ours.H, atol=1e-10)
    np.testing.assert_allclose(H, theirs.get_matrix(), atol=1e-8)


@pytest.mark.parametrize("m", [1, 4])
def test_the_two_loops_are_those_of_the_library_and_of_scipy(m):
    S, Y, g = pairs(0, m, 5)
    found = ex.two_loops.reference(g, S, Y)
    method = LBFGS(m)
    for s, y in zip(S, Y, strict=True):
        method.update_curvature(s, y)
    np.testing.assert_allclose(-found, method.direction(type("At", (), {"g": g})()), rtol=1e-10)
    if m == 1:  # SciPy's operator begins with H₀ = I: the same, in units in which γ is 1
        gamma = (S[0] @ Y[0]) / (Y[0] @ Y[0])
        theirs = LbfgsInvHessProduct(S / gamma, Y)
        np.testing.assert_allclose(found, gamma * (theirs @ g), rtol=1e-10)


def test_the_two_loops_are_the_update_applied_to_a_vector():
    S, Y, g = pairs(1, 3, 4)
    H = (S[-1] @ Y[-1]) / (Y[-1] @ Y[-1]) * np.eye(4)
    for s, y in zip(S, Y, strict=True):
        H = ex.bfgs.reference(H, s, y)
    np.testing.assert_allclose(ex.two_loops.reference(g, S, Y), H @ g, rtol=1e-10)
