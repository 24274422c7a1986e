"""Values, gradients and Hessians, against complex steps and finite differences; minima, windows, shapes."""

import numpy as np
import pytest

from course_lib.optim import Bumpy, Quadratic, Ravine, Rosenbrock, Saddle, Surface2D

SURFACES = {
    "ravine": Ravine(),
    "turned ravine": Ravine(kappa=1000.0, angle=0.7),
    "saddle": Saddle(),
    "rosenbrock": Rosenbrock(),
    "mild rosenbrock": Rosenbrock(b=3.0),
    "bumpy": Bumpy(),
    "bowl": Bumpy(height=0.0),
    "quadratic": Quadratic([0.01, 0.5, 1.0, 7.0, -2.0]),
    "one dimension": Quadratic([3.0]),
}
EACH = pytest.mark.parametrize("surface", SURFACES.values(), ids=SURFACES)
PLANE = pytest.mark.parametrize("surface", [s for s in SURFACES.values() if s.dim == 2])


def points(surface, count=40):
    (x0, x1), (y0, y1) = surface.window
    rng = np.random.default_rng(0)
    low, high = np.full(surface.dim, min(x0, y0)), np.full(surface.dim, max(x1, y1))
    return rng.uniform(low, high, size=(count, surface.dim))


@EACH
def test_gradient_by_complex_step(surface):
    x, h = points(surface), 1e-30
    for i in range(surface.dim):
        derivative = surface.value(x + 1j * h * np.eye(surface.dim)[i]).imag / h
        np.testing.assert_allclose(surface.grad(x)[..., i], derivative, rtol=1e-12, atol=1e-12)


@EACH
def test_hessian_by_complex_step(surface):
    x, h = points(surface), 1e-30
    hessian = surface.hessian(x)
    for i in range(surface.dim):
        column = surface.grad(x + 1j * h * np.eye(surface.dim)[i]).imag / h
        np.testing.assert_allclose(hessian[..., i], column, rtol=1e-12, atol=1e-12)
    assert np.array_equal(hessian, np.swapaxes(hessian, -1, -2))


@EACH
def test_gradient_by_finite_differences(surface):
    x, h = points(surface), 1e-5
    for i in range(surface.dim):
        e = h * np.eye(surface.dim)[i]
        slope = (surface.value(x + e) - surface.value(x - e)) / (2 * h)
        np.testing.assert_allclose(surface.grad(x)[..., i], slope, rtol=1e-5, atol=1e-4)


@EACH
def test_leading_axes(surface):
    n, x = surface.dim, points(surface, 12)
    grid = x.reshape(3, 4, n)
    for method, shape in ((surface.value, ()), (surface.grad, (n,)), (surface.hessian, (n, n))):
        assert method(grid).shape == (3, 4, *shape)
        one_by_one = np.array([method(p) for p in x]).reshape(3, 4, *shape)
        # a sum over many points may be ordered otherwise, hence no bits here
        np.testing.assert_allclose(method(grid), one_by_one, rtol=1e-14)


@EACH
def test_lists_ints_and_wrong_shapes(surface):
    ints = list(range(1, surface.dim + 1))
    assert np.array_equal(surface.grad(ints), surface.grad(np.array(ints, float)))
    for bad in (1.0, np.ones(surface.dim + 1), np.ones((surface.dim, surface.dim + 2))):
        with pytest.raises(ValueError, match=f"x must have {surface.dim} coordinates"):
            surface.value(bad)


@EACH
@pytest.mark.parametrize("what", ["value", "grad", "hessian"])
def test_float32_stays(surface, what):
    x, method = points(surface).astype(np.float32), getattr(surface, what)
    assert method(x).dtype == method(x[0]).dtype == np.float32
    assert type(surface.value(x[0])) is np.float32  # a point has a scalar value
    np.testing.assert_allclose(method(x), method(x.astype(float)), rtol=1e-3, atol=1e-3)


@EACH
def test_a_start_may_be_changed(surface):
    """The optimizers work in place: the surface must not hand out its own array."""
    start = surface.start
    start += 1
    assert not np.array_equal(start, surface.start)
    assert surface.start.shape == (surface.dim,) and surface.start.dtype == float


@PLANE
def test_minima_and_start_lie_in_the_window(surface):
    (x0, x1), (y0, y1) = surface.window
    for x, y in [*surface.minima, surface.start]:
        assert x0 < x < x1 and y0 < y < y1


@PLANE
def test_minima_are_the_lowest_points(surface):
    minima = surface.minima
    assert minima.shape == (len(minima), 2) and len(minima) > 0
    assert np.allclose(surface.grad(minima), 0, atol=1e-12)
    assert np.all(np.linalg.eigvalsh(surface.hessian(minima)) > 0)
    (x0, x1), (y0, y1) = surface.window
    grid = np.stack(np.meshgrid(np.linspace(x0, x1, 301), np.linspace(y0, y1, 301)), axis=-1)
    assert surface.value(grid).min() >= surface.value(minima).max() - 1e-12
    assert np.ptp(surface.value(minima)) < 1e-12


def test_minima_of_a_quadratic():
    assert np.array_equal(Quadratic([1.0, 2.0, 0.0]).minima, np.zeros((1, 3)))
    assert Quadratic([1.0, -2.0]).minima.shape == (0, 2)


@pytest.mark.parametrize("angle", [0.0, 0.3, np.pi / 4, np.pi / 2, 2.0])
def test_ravine_has_its_curvatures_at_every_angle(angle):
    surface = Ravine(kappa=50.0, angle=angle)
    values, vectors = np.linalg.eigh(surface.hessian(surface.start))
    np.testing.assert_allclose(values, [1 / 50, 1.0], rtol=1e-12)
    along = np.array([np.cos(angle), np.sin(angle)])
    assert abs(vectors[:, 0] @ along) == pytest.approx(1.0)
    assert surface.value(surface.start) == pytest.approx(Ravine(50.0).value(Ravine(50.0).start))
    if angle == 0.0:
        assert np.array_equal(surface.grad([3.0, 2.0]), [3.0 / 50, 2.0])  # y is the steep axis


def test_bumpy_has_several_local_minima():
    surface = Bumpy()
    (x0, x1), (y0, y1) = surface.window
    grid = np.stack(np.meshgrid(np.linspace(x0, x1, 41), np.linspace(y0, y1, 41)), axis=-1).reshape(-1, 2)
    for _ in range(300):
        grid = grid - 0.5 * surface.grad(grid)
    assert np.all(np.linalg.eigvalsh(surface.hessian(grid)) > 0)
    found = np.unique(grid.round(6) + 0.0, axis=0)
    assert len(found) == 9 and [0.0, 0.0] in found.tolist()
    assert np.sum(surface.value(found) > 0.1) == 8


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda: Ravine(kappa=0.5), "kappa"),
        (lambda: Ravine(kappa=np.nan), "kappa"),
        (lambda: Ravine(kappa=np.inf), "kappa"),
        (lambda: Ravine(angle=np.inf), "angle"),
        (lambda: Rosenbrock(b=0), "b"),
        (lambda: Rosenbrock(b=np.nan), "b"),
        (lambda: Bumpy(height=-1), "height"),
        (lambda: Quadratic([]), "eigenvalues"),
        (lambda: Quadratic([[1.0]]), "eigenvalues"),
        (lambda: Quadratic([1.0, np.nan]), "eigenvalues"),
    ],
)
def test_bad_settings(make, name):
    with pytest.raises(ValueError, match=f"^{name} must be"):
        make()


def test_a_surface_of_ones_own():
    class Cubic(Surface2D):
        def f(self, x, y):
            return x * x * x + y

        def df(self, x, y):
            return 3 * x * x, 1.0

    assert np.array_equal(Cubic().grad([[2.0, 0.0], [1.0, 5.0]]), [[12.0, 1.0], [3.0, 1.0]])
    with pytest.raises(NotImplementedError):
        Cubic().hessian([1.0, 1.0])
