"""Newton's step in the plane, against the methods in n dimensions and NumPy's eigenvectors."""

import numpy as np
import pytest

from course_lib.optim import SURFACES, Newton, SaddleFreeNewton, Surface2D, newton_step_2d
from course_lib.optim.second_order import Evaluations
from course_lib.optim.second_order.line_search import Point

EPS = np.finfo(float).eps
PLANE = {name: surface for name, surface in SURFACES.items() if isinstance(surface, Surface2D)}
H = np.random.default_rng(0).standard_normal((300, 3))  # f_xx, f_xy, f_yy
MATRICES = {
    "random": H,
    "large and small": H * 10.0 ** np.linspace(-8, 8, 300)[:, None],
    "along the axes": H * [1, 0, 1],
    "opposite": H * [1, 1, 0] - [0, 0, 1] * H[:, :1],
    "equal": H[:, :1] * [1, 0, 1],
    "nearly equal": H[:, :1] * [1, 0, 1] + 1e-12 * np.random.default_rng(1).standard_normal((300, 3)),
    "nearly singular": np.array([[1, 2, 4]]) * H[:, :1] + 1e-7 * H,
}


def full(curvatures):
    xx, xy, yy = np.moveaxis(np.asarray(curvatures, dtype=float), -1, 0)
    return np.stack([np.stack([xx, xy], -1), np.stack([xy, yy], -1)], -2)


class Model:
    """A loss with this gradient and this Hessian everywhere."""

    def __init__(self, g, H):
        self.grad, self.hessian, self.value = lambda x: g, lambda x: H, lambda x: 0.0


def direction(method, g, H):
    return method.direction(Point(Model(np.asarray(g), H), np.zeros(2), Evaluations()))


@pytest.mark.parametrize("damping", [0.0, 0.5, 20.0])
@pytest.mark.parametrize("curvatures", MATRICES.values(), ids=MATRICES)
def test_it_is_newtons_step(curvatures, damping):
    g = np.random.default_rng(2).standard_normal((len(curvatures), 2))
    for slopes, three, H in zip(g, curvatures, full(curvatures), strict=True):
        step = newton_step_2d(slopes, three, damping)
        wanted = direction(Newton(damping=damping), slopes, H)
        lam = np.linalg.eigvalsh(H)
        condition = (np.abs(lam).max() + damping) / np.abs(lam + damping).min()
        assert np.linalg.norm(step - wanted) <= 10 * EPS * condition * np.linalg.norm(wanted)


@pytest.mark.parametrize("damping", [0.0, 0.5, 20.0])
@pytest.mark.parametrize("curvatures", MATRICES.values(), ids=MATRICES)
def test_absolute_curvatures(curvatures, damping):
    g = np.random.default_rng(2).standard_normal((len(curvatures), 2))
    for slopes, three, H in zip(g, curvatures, full(curvatures), strict=True):
        step = newton_step_2d(slopes, three, damping, True)
        lam, Q = np.linalg.eigh(H)
        size = np.maximum(np.abs(lam), 1e-8 * np.abs(lam).max()) + damping
        condition = size.max() / size.min() * np.abs(lam).max() / np.abs(lam).min()  # the eigenvectors', the step's
        wanted = -Q @ (Q.T @ slopes / size)
        assert np.linalg.norm(step - wanted) <= 10 * EPS * condition * np.linalg.norm(wanted)
        if damping == 0:
            np.testing.assert_array_equal(wanted, direction(SaddleFreeNewton(), slopes, H))


@pytest.mark.parametrize("absolute", [False, True])
@pytest.mark.parametrize("surface", PLANE.values(), ids=PLANE)
def test_points_of_a_surface_at_once_and_one_by_one(surface, absolute):
    x, y = surface.sample(200, np.random.default_rng(0)).T
    px, py = newton_step_2d(surface.df(x, y), surface.d2f(x, y), 0.5, absolute)
    assert px.shape == py.shape == (200,)
    for i in range(200):
        at = float(x[i]), float(y[i])
        one = newton_step_2d(surface.df(*at), surface.d2f(*at), 0.5, absolute)
        np.testing.assert_allclose(one, [px[i], py[i]], rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("curvatures", [(1.0, 1.0, 1.0), (4.0, -2.0, 1.0), (0.0, 0.0, -3.0), (2.0, 0.0, 0.0)])
def test_a_singular_hessian(curvatures):
    """Newton has no step there; the other is that of `SaddleFreeNewton`, and damping helps both."""
    g, H = np.array([0.3, 0.7]), full(curvatures)
    assert np.all(np.isnan(newton_step_2d(g, curvatures))) and np.all(np.isnan(direction(Newton(), g, H)))
    # the smaller curvature is the floor, 10⁻⁸ of the larger one, up to the round-off in its direction
    np.testing.assert_allclose(newton_step_2d(g, curvatures, 0.0, True), direction(SaddleFreeNewton(), g, H), rtol=1e-7)
    np.testing.assert_allclose(newton_step_2d(g, curvatures, 0.1), np.linalg.solve(H + 0.1 * np.eye(2), -g), rtol=1e-13)


@pytest.mark.parametrize("absolute", [False, True])
def test_no_curvature_at_all(absolute):
    assert np.all(np.isnan(newton_step_2d([0.3, 0.7], [0.0, 0.0, 0.0], 0.0, absolute)))
    np.testing.assert_allclose(newton_step_2d([0.3, 0.7], [0.0, 0.0, 0.0], 0.5, absolute), [-0.6, -1.4], rtol=1e-15)
    assert np.all(np.isnan(newton_step_2d([0.3, 0.7], [np.nan, 0.0, 1.0], 0.0, absolute)))


def test_downhill_with_absolute_curvatures_and_with_enough_damping():
    g = np.random.default_rng(2).standard_normal((300, 2))
    plain, absolute, damped = (
        np.sum(np.transpose(newton_step_2d(g.T, H.T, *how)) * g, axis=1) for how in ((), (0.0, True), (20.0,))
    )
    assert np.all(absolute < 0) and np.all(damped < 0) and 0.2 < np.mean(plain > 0) < 0.8
