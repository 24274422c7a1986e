"""`descend` against plain loops, and counting steps."""

import numpy as np
import pytest

from course_lib.optim import (
    LBFGS,
    SGD,
    Momentum,
    Nesterov,
    Newton,
    Ravine,
    Rosenbrock,
    Saddle,
    Surface2D,
    descend,
    steps_to,
)

# descend


@pytest.mark.parametrize("cls", [SGD, Momentum, Nesterov])
def test_descend_is_a_loop(cls):
    surface, opt, x = Rosenbrock(), cls(0.001), np.array([-1.2, 1.0])
    path = descend(surface, cls(0.001), x, 50)
    assert path.shape == (51, 2) and np.array_equal(path[0], [-1.2, 1.0])
    for k in range(50):
        opt.step(x, surface.grad(x))
        assert np.array_equal(path[k + 1], x)


def test_descend_leaves_the_optimizer_and_the_start_alone():
    opt, start = Momentum(0.1), np.array([1.0, 1.0])
    opt.step(np.zeros(3), np.ones(3))
    first = descend(Ravine(), opt, start, 5)
    assert np.array_equal(first, descend(Ravine(), opt, start, 5))
    assert opt.t == 1 and np.array_equal(opt.state_dict()["v"], np.ones(3)) and start.tolist() == [1.0, 1.0]


def test_descend_takes_a_batch_of_starts():
    starts = np.random.default_rng(0).normal(size=(3, 4, 2))
    path = descend(Saddle(), Nesterov(0.1), starts, 20)
    assert path.shape == (21, 3, 4, 2)
    assert np.array_equal(path[:, 1, 2], descend(Saddle(), Nesterov(0.1), starts[1, 2], 20))


@pytest.mark.parametrize("cls", [Momentum, Nesterov])
def test_descend_over_a_grid_of_settings_is_bit_identical_to_a_loop(cls):
    lrs, rhos, surface = np.linspace(0.0, 2.5, 20), np.linspace(0.0, 0.95, 20), Ravine(kappa=40)
    grid = descend(surface, cls(lrs.reshape(20, 1, 1), rho=rhos.reshape(20, 1)), surface.start, 60)
    assert grid.shape == (61, 20, 20, 2)
    for i in range(0, 20, 3):
        for j in range(0, 20, 3):
            assert np.array_equal(grid[:, i, j], descend(surface, cls(lrs[i], rho=rhos[j]), surface.start, 60))


def test_descend_takes_a_function_scalars_and_float32():
    assert descend(lambda x: 2 * x, SGD(0.25), 8.0, 3).tolist() == [8.0, 4.0, 2.0, 1.0]
    path = descend(lambda x: [2 * x[0]], SGD(0.25), np.array([8.0], np.float32), 3)
    assert path.dtype == np.float32 and path[-1, 0] == 1.0
    assert descend(lambda x: 2 * x, SGD(0.25), 8, 0).tolist() == [8.0]


@pytest.mark.parametrize("surface", [Ravine(), Saddle(), Rosenbrock()])
@pytest.mark.parametrize("cls", [SGD, Momentum, Nesterov])
def test_divergence_is_silent(surface, cls):
    path = descend(surface, cls(50.0), surface.start, 3000)
    assert not np.isfinite(path[-1]).all() and np.isfinite(path[1]).all()


def test_noise_is_seeded_and_broadcast():
    def walk(seed, noise=1.0):
        return descend(Ravine(), SGD(0.1), np.zeros(2), 20, noise=noise, rng=np.random.default_rng(seed))

    assert np.array_equal(walk(1), walk(1)) and not np.array_equal(walk(1), walk(2))
    levels = walk(1, noise=np.array([[0.0], [1.0], [2.0]]))
    assert levels.shape == (21, 3, 2)
    assert not levels[:, 0].any() and levels[-1, 2].any()


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"surface": 3}, TypeError, "surface must be"),
        ({"optimizer": SGD}, TypeError, "optimizer must be"),
        ({"steps": 2.0}, TypeError, "steps must be an integer"),
        ({"steps": True}, TypeError, "steps must be an integer"),
        ({"steps": -1}, ValueError, "steps must be at least 0"),
        ({"noise": -1.0}, ValueError, "noise must be"),
        ({"noise": np.nan}, ValueError, "noise must be"),
        ({"noise": "a"}, TypeError, "^noise must be a number or a NumPy array of numbers, not 'a'"),
        ({"noise": None}, TypeError, "^noise must be a number or a NumPy array of numbers, not None"),
        ({"noise": True}, TypeError, "^noise must be"),
        ({"noise": np.array([0.1, -1.0])}, ValueError, "^noise must be"),
        ({"noise": np.zeros((4, 3))}, ValueError, "^start, noise and settings must broadcast"),
        ({"start": [1.0 + 2j, 0.0]}, TypeError, "^start must hold real numbers, not complex128"),
        ({"start": None}, TypeError, "^start must hold real numbers"),
        ({"start": ["a", "b"]}, TypeError, "^start must hold real numbers"),
        ({"start": [[1.0], [1.0, 2.0]]}, ValueError, "^start must be an array"),
        ({"noise": 1.0}, TypeError, "rng is required"),
        ({"noise": 1.0, "rng": 3}, TypeError, "rng is required"),
        ({"surface": lambda x: x[:1]}, ValueError, "grads has shape"),
        ({"start": [1.0, 2.0, 3.0]}, ValueError, "x must have 2 coordinates"),
    ],
)
def test_descend_names_what_is_wrong(change, error, message):
    good = {"surface": Ravine(), "optimizer": SGD(0.1), "start": [1.0, 2.0], "steps": 3}
    with pytest.raises(error, match=message):
        descend(**good | change)


@pytest.mark.parametrize("method", [Newton(), LBFGS()])
def test_what_second_order_methods_need(method):
    def slope(x):
        return 2 * x

    name = type(method).__name__
    message = rf"^surface must be a Surface for {name}, which needs \.value\(x\): slope has none$"
    with pytest.raises(TypeError, match=message):
        descend(slope, method, [1.0], 3)
    with pytest.raises(ValueError, match=rf"^noise must be one number for {name}, not of shape \(2,\)$"):
        descend(Ravine(), method, [1.0, 1.0], 3, noise=np.ones(2), rng=np.random.default_rng(0))


def test_a_surface_without_a_hessian_is_named():
    class Slope(Surface2D):
        hessian = None

        def f(self, x, y):
            return x + y * y

        def df(self, x, y):
            return 1.0, 2 * y

    with pytest.raises(TypeError, match=r"^loss must have \.hessian\(x\), but Slope\(\) does not$"):
        descend(Slope(), Newton(), [1.0, 1.0], 3)


# steps_to


def test_steps_to():
    assert steps_to([3.0, -2.0, 1.0, 0.5, 2.0], 1.0) == 2
    assert isinstance(steps_to([1.0, 0.0], 0.5), int)
    assert steps_to([3.0, 0.0, 1.0, 0.5, -0.2], 0.5, stay=True) == 3
    assert steps_to([0.0, 0.0, 1.0], 0.5, stay=True) == steps_to([0.0, np.nan], 0.5, stay=True) == np.inf
    assert steps_to([[3.0, 0.0], [0.0, 2.0], [0.0, 0.1]], 0.5, stay=True).tolist() == [1.0, 2.0]
    assert steps_to([3.0, np.nan, np.inf], 1.0) == np.inf
    many = np.array([[1.0, 1.0, 0.0], [0.1, 1.0, 0.0]])
    assert steps_to(many, 0.5).tolist() == [1.0, np.inf, 0.0]
    path = descend(Rosenbrock(), Momentum(0.001), [-1.2, 1.0], 3000)
    steps = steps_to(path, 1e-3, minimum=[1.0, 1.0])
    away = np.linalg.norm(path - 1, axis=-1)
    assert away[steps] <= 1e-3 and np.all(away[:steps] > 1e-3)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"tol": -1.0}, ValueError, "^tol must be .* not -1.0"),
        ({"tol": np.nan}, ValueError, "^tol must be"),
        ({"tol": "a"}, TypeError, "^tol must be"),
        ({"tol": None}, TypeError, "^tol must be"),
        ({"values": []}, ValueError, "^values must hold one entry a step"),
        ({"values": 3.0}, ValueError, "^values must hold one entry a step"),
        ({"values": ["a"]}, TypeError, "^values must hold real numbers"),
        ({"values": [1j]}, TypeError, "^values must hold real numbers"),
        ({"minimum": [0.0]}, ValueError, "^minimum of shape"),
        ({"values": np.ones((3, 2)), "minimum": [0.0] * 3}, ValueError, "^minimum of shape"),
        ({"values": np.ones((3, 2)), "minimum": ["a", "b"]}, TypeError, "^minimum must hold real numbers"),
    ],
)
def test_steps_to_names_what_is_wrong(change, error, message):
    with pytest.raises(error, match=message):
        steps_to(**{"values": [1.0, 0.5], "tol": 0.1} | change)
