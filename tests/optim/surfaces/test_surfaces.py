"""Values, gradients and Hessians, against complex steps and finite differences; minima, windows, shapes."""

import numpy as np
import pytest

from course_lib.optim import SGD, AdaGrad, Adam, RMSProp, descend
from course_lib.optim.surfaces import Bumpy, Quadratic, Ravine, Rosenbrock, Saddle
from course_lib.optim.surfaces.classics import Rastrigin
from course_lib.optim.surfaces.counterexamples import Wilson
from course_lib.optim.surfaces.landscapes import SharpFlat
from course_lib.optim.surfaces.many_dims import SURFACES as ALL
from course_lib.optim.surfaces.many_dims import RastriginND, RosenbrockND, StyblinskiTangND
from course_lib.optim.surfaces.matrices import random_rotation
from course_lib.optim.surfaces.noisy import Minibatch, Noisy
from course_lib.optim.surfaces.surface import Surface2D

SURFACES = ALL | {
    "mild rosenbrock": Rosenbrock(b=3.0),
    "bowl": Bumpy(height=0.0),
    "steep saddle": Saddle(steep=10.0, angle=np.pi / 4),
    "flat saddle": Saddle(steep=0.1, angle=2.0),
    "indefinite": Quadratic([0.01, 0.5, 1.0, 7.0, -2.0], random_rotation(5, np.random.default_rng(1))),
    "one dimension": Quadratic([3.0]),
    "nearly alike": SharpFlat(sharp=2.0, flat=3.0),
    "shortest chain": RosenbrockND(2, b=7.0),
    "one cup": RastriginND(1),
    "two wells": StyblinskiTangND(1),
}
EACH = pytest.mark.parametrize("surface", SURFACES.values(), ids=SURFACES)
IN_THE_PLANE = {name: surface for name, surface in SURFACES.items() if surface.dim == 2}
PLANE = pytest.mark.parametrize("surface", IN_THE_PLANE.values(), ids=IN_THE_PLANE)


def points(surface, count=40):
    return surface.sample(count, np.random.default_rng(0))


def close(got, wanted, all_of_it, rtol=2e-13):
    """Equal to within round-off on the scale of the largest entry: smaller ones are differences of such."""
    np.testing.assert_allclose(got, wanted, rtol=rtol, atol=rtol * np.abs(all_of_it).max())


@EACH
def test_gradient_by_complex_step(surface):
    x, h = points(surface), 1e-30
    for i in range(surface.dim):
        derivative = surface.value(x + 1j * h * np.eye(surface.dim)[i]).imag / h
        close(surface.grad(x)[..., i], derivative, surface.grad(x))


@EACH
def test_hessian_by_complex_step(surface):
    x, h = points(surface), 1e-30
    hessian = surface.hessian(x)
    for i in range(surface.dim):
        column = surface.grad(x + 1j * h * np.eye(surface.dim)[i]).imag / h
        close(hessian[..., i], column, hessian)
    assert np.array_equal(hessian, np.swapaxes(hessian, -1, -2))


@EACH
def test_gradient_by_finite_differences(surface):
    x, h = points(surface), 1e-5
    for i in range(surface.dim):
        e = h * np.eye(surface.dim)[i]
        slope = (surface.value(x + e) - surface.value(x - e)) / (2 * h)
        close(surface.grad(x)[..., i], slope, surface.grad(x), rtol=1e-7)


@EACH
def test_leading_axes(surface):
    n, x = surface.dim, points(surface, 12)
    grid = x.reshape(3, 4, n)
    for method, shape in ((surface.value, ()), (surface.grad, (n,)), (surface.hessian, (n, n))):
        assert method(grid).shape == (3, 4, *shape)
        one_by_one = np.array([method(p) for p in x]).reshape(3, 4, *shape)
        # a sum over many points may be ordered otherwise, hence no bits here
        close(method(grid), one_by_one, one_by_one, rtol=1e-14)


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
    close(method(x), method(x.astype(float)), method(x), rtol=1e-4)


@EACH
def test_a_start_may_be_changed(surface):
    """The optimizers work in place: the surface must not hand out its own array."""
    start = surface.start
    start += 1
    assert not np.array_equal(start, surface.start)
    assert surface.start.shape == (surface.dim,) and surface.start.dtype == float
    assert np.array_equal(surface.starts[0], surface.start) and surface.starts.shape[1:] == (surface.dim,)


@EACH
def test_stationary_points_are_what_they_are_called(surface):
    for at, sign in ((surface.minima, 1), (surface.local_minima, 1), (surface.saddles, 0)):
        assert at.shape == (len(at), surface.dim) and at.dtype == float
        assert np.abs(surface.grad(at)).max(initial=0) < 1e-12 * max(1, np.abs(surface.hessian(at)).max(initial=0))
        curvatures = np.linalg.eigvalsh(surface.hessian(at))
        if sign:
            assert np.all(curvatures > 0)
        elif surface.value(at).size and np.any(curvatures):
            assert np.all(curvatures.min(axis=-1) < 0) and np.all(curvatures.max(axis=-1) > 0)
    assert np.all(surface.value(surface.local_minima) > surface.f_min)
    assert np.all(surface.value(points(surface, 1000)) >= surface.f_min)


def test_a_surface_says_what_it_is():
    assert repr(Ravine(kappa=4)) == "Ravine(kappa=4.0, angle=0.0)" and repr(Saddle()) == "Saddle(steep=1.0, angle=0.0)"
    assert repr(Quadratic.ravine(3, 10.0)) == "Quadratic(eigenvalues=array(3,), rotation=None)"
    rng = np.random.default_rng(0)
    assert repr(Noisy(Ravine(kappa=4), 0.5, rng)) == "Noisy(surface=Ravine(kappa=4.0, angle=0.0), sigma=0.5)"
    data = Wilson(train=20, test=7, minority=0.3, rng=rng)
    assert repr(data) == "Wilson(train=20, test=7, minority=0.3)"
    assert repr(Minibatch(data, 2, rng)) == "Minibatch(loss=Wilson(train=20, test=7, minority=0.3), size=2, held=False)"


def test_least_values():
    assert Saddle().f_min == -0.25 and Quadratic([1.0, -1.0]).f_min == -np.inf and Rastrigin().f_min == 0.0


@PLANE
def test_all_that_is_named_lies_in_the_window(surface):
    (x0, x1), (y0, y1) = surface.window
    for x, y in [*surface.minima, *surface.starts, *surface.local_minima, *surface.saddles]:
        assert x0 < x < x1 and y0 < y < y1
    assert len(surface.minima) > 0


@PLANE
def test_minima_are_the_lowest_points(surface):
    minima = surface.minima
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


def test_the_saddle_by_default_is_the_upright_one_to_the_last_bit():
    surface, at = Saddle(), points(Saddle(), 200)
    x, y = at.T
    assert np.array_equal(surface.value(at), x * x / 2 - y * y / 2 + y * y * y * y / 4)
    assert np.array_equal(surface.grad(at), np.stack([x, y * y * y - y], axis=-1))
    assert np.array_equal(surface.hessian(at)[:, [0, 0, 1], [0, 1, 1]].T, [x**0, 0 * x, 3 * y * y - 1])
    assert surface.window == ((-1.5, 1.5), (-1.6, 1.6))
    assert surface.minima.tolist() == [[0.0, -1.0], [0.0, 1.0]] and surface.saddles.tolist() == [[0.0, 0.0]]
    assert surface.starts.tolist() == [[1.0, 1e-3], [-1.0, 1e-6], [1.0, -0.1], [1.0, 0.0]]


@pytest.mark.parametrize("angle", [0.0, 0.3, np.pi / 4, np.pi / 2, 2.0])
def test_a_turned_saddle_is_the_saddle_seen_in_other_coordinates(angle):
    turned, plain = Saddle(10.0, angle), Saddle(10.0)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    at = points(plain)
    np.testing.assert_allclose(turned.value(at @ turn.T), plain.value(at), rtol=1e-12, atol=1e-14)
    np.testing.assert_allclose(turned.grad(at @ turn.T), plain.grad(at) @ turn.T, rtol=1e-12, atol=1e-13)
    np.testing.assert_allclose(turned.starts, plain.starts @ turn.T, atol=1e-15)
    np.testing.assert_allclose(np.linalg.eigvalsh(turned.hessian([0.0, 0.0])), [-1.0, 10.0])


@pytest.mark.parametrize(
    ("method", "leaves"),
    [(AdaGrad(0.1), 1115), (AdaGrad(0.3), 194), (RMSProp(0.05), 81), (Adam(0.05), 252), (SGD(0.1), 67)],
    ids=lambda value: repr(value),
)
def test_a_steep_ridge_across_the_axes_traps_adagrad(method, leaves):
    """Steps from w = .001 until |w| > .5; a hand-written loop walks beside."""
    surface = Saddle(steep=10.0, angle=np.pi / 4)
    path = descend(surface, method, surface.start, leaves + 5)
    across = np.abs(path @ [-np.sin(np.pi / 4), np.cos(np.pi / 4)])
    assert np.flatnonzero(across > 0.5)[0] == leaves
    if isinstance(method, AdaGrad):
        p, s = surface.start, np.zeros(2)
        for _ in range(leaves):
            u, w = (p[0] + p[1]) / np.sqrt(2), (p[1] - p[0]) / np.sqrt(2)
            g = np.array([10 * u - (w**3 - w), 10 * u + (w**3 - w)]) / np.sqrt(2)
            s += g * g
            p = p - method.lr * g / (np.sqrt(s) + method.eps)
        np.testing.assert_allclose(path[leaves], p, rtol=1e-6)


def test_a_ravine_in_the_plane_and_one_in_n_dimensions_are_one():
    c, s = np.cos(0.7), np.sin(0.7)
    plane, same = Ravine(kappa=30.0, angle=0.7), Quadratic.ravine(2, 30.0, [[c, -s], [s, c]])
    x = points(plane)
    for method in ("value", "grad", "hessian"):
        np.testing.assert_allclose(getattr(same, method)(x), getattr(plane, method)(x), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("dim", [2, 3, 20])
def test_a_turned_ravine_is_the_ravine_seen_in_other_coordinates(dim):
    q = random_rotation(dim, np.random.default_rng(dim))
    plain, turned = Quadratic.ravine(dim, 1e4), Quadratic.ravine(dim, 1e4, q)
    np.testing.assert_allclose(np.linalg.eigvalsh(turned.hessian(turned.start)), plain.eigenvalues, rtol=1e-10)
    assert np.linalg.cond(turned.hessian(turned.start)) == pytest.approx(1e4)
    u = np.random.default_rng(0).standard_normal((30, dim))
    np.testing.assert_allclose(turned.value(u @ q.T), plain.value(u), rtol=1e-11)
    np.testing.assert_allclose(turned.grad(u @ q.T), plain.grad(u) @ q.T, rtol=0, atol=1e-13)
    assert turned.value(turned.start) == pytest.approx(plain.value(plain.start), rel=1e-12)
    ratios = plain.eigenvalues[1:] / plain.eigenvalues[:-1]
    np.testing.assert_allclose(ratios, ratios[0], rtol=1e-12)
    # turning does not change what gradient descent does, along the path or to the loss
    x, y = plain.start, turned.start
    for _ in range(50):
        x, y = x - 1.9 * plain.grad(x), y - 1.9 * turned.grad(y)
    np.testing.assert_allclose(y, q @ x, rtol=0, atol=1e-12)


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
        (lambda: Saddle(steep=0.0), "steep"),
        (lambda: Saddle(angle=np.inf), "angle"),
        (lambda: Quadratic([]), "eigenvalues"),
        (lambda: Quadratic([[1.0]]), "eigenvalues"),
        (lambda: Quadratic([1.0, np.nan]), "eigenvalues"),
        (lambda: Quadratic([1.0, 2.0], [[1.0, 0.0], [0.1, 1.0]]), "rotation"),
        (lambda: Quadratic([1.0, 2.0], np.eye(3)), "rotation"),
        (lambda: Quadratic([1.0, 2.0], np.full((2, 2), np.nan)), "rotation"),
        (lambda: Quadratic.ravine(1, 10.0), "dim"),
        (lambda: Quadratic.ravine(3, 0.1), "kappa"),
        (lambda: RosenbrockND(1), "dim"),
        (lambda: RosenbrockND(3, b=-1.0), "b"),
        (lambda: StyblinskiTangND(0), "dim"),
        (lambda: RastriginND(-1), "dim"),
        (lambda: SharpFlat(sharp=0.0), "sharp"),
        (lambda: SharpFlat(flat=np.inf), "flat"),
    ],
)
def test_bad_settings(make, name):
    with pytest.raises(ValueError, match=f"^{name} must be"):
        make()


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda: Ravine(kappa="5"), "kappa"),
        (lambda: Ravine(kappa=True), "kappa"),
        (lambda: Ravine(angle=None), "angle"),
        (lambda: Rosenbrock(b=[1.0]), "b"),
        (lambda: Bumpy(height=1j), "height"),
        (lambda: Saddle(steep="10"), "steep"),
        (lambda: SharpFlat(sharp=np.ones(2)), "sharp"),
        (lambda: Quadratic.ravine(2.0, 5.0), "dim"),
        (lambda: RosenbrockND(True), "dim"),
    ],
)
def test_settings_of_a_wrong_type(make, name):
    with pytest.raises(TypeError, match=f"^{name} must be"):
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
