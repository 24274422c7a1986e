"""The measured numbers come out again: by the library's methods, and by others written down here in NumPy."""

import numpy as np
import pytest

from course_lib.optim.adam import Adam, AMSGrad
from course_lib.optim.first_order import SGD, AdaGrad, Momentum, RMSProp
from course_lib.optim.surfaces.counterexamples import Reddi, Wilson


def adaptive(problem, x, lr, beta1, beta2, steps, amsgrad=False):
    """Adam, or AMSGrad as torch has it; rate lr/√t, then back into the interval. The path, start first."""
    m, v, top, path = np.zeros_like(x), np.zeros_like(x), np.zeros_like(x), [x.copy()]
    for t in range(1, steps + 1):
        g = problem.grad(x, t)
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g * g
        top = np.maximum(top, v) if amsgrad else v
        x = x - lr / np.sqrt(t) * m / (1 - beta1**t) / (np.sqrt(top / (1 - beta2**t)) + 1e-8)
        problem.project(x)
        path.append(x)
    return np.array(path)


def test_adam_goes_to_the_worst_point():
    problem, steps = Reddi(), 3000
    starts = np.array([-1.0, -0.5, 0.0])
    adam = adaptive(problem, starts, 0.1, 0.0, 0.1, steps)
    amsgrad = adaptive(problem, starts, 0.1, 0.0, 0.1, steps, amsgrad=True)
    assert np.all(adam[-1] > 0.9995)
    np.testing.assert_allclose(amsgrad[-1], -0.9987, atol=5e-5)
    x = starts.copy()
    for t in range(1, steps + 1):
        x -= 0.1 / np.sqrt(t) * problem.grad(x, t)
        problem.project(x)
    np.testing.assert_allclose(x, -0.996, atol=5e-4)


def test_the_rare_large_gradient():
    problem = Reddi(1010.0, 10.0, 101)
    assert problem.slope == pytest.approx(10 / 101)
    adam = adaptive(problem, np.zeros(1), 0.5, 0.9, 0.99, 100_000)
    amsgrad = adaptive(problem, np.zeros(1), 0.5, 0.9, 0.99, 100_000, amsgrad=True)
    np.testing.assert_allclose(adam[[10_000, 100_000], 0], [0.948, 0.993], atol=5e-4)
    np.testing.assert_allclose(amsgrad[[10_000, 100_000], 0], [-0.901, -0.998], atol=5e-4)


@pytest.mark.parametrize(
    ("method", "end"),
    [(SGD(0.1), -0.996), (Adam(0.1, beta1=0.0, beta2=0.1), 1.0), (AMSGrad(0.1, beta1=0.0, beta2=0.1), -0.9987)],
)
def test_the_librarys_methods_on_it(method, end):
    problem, x, method = Reddi(), np.array([-0.5, 0.0]), method.clone()
    method.lr = lambda step: 0.1 / np.sqrt(step + 1)
    for t in range(1, 3001):
        method.step(x, problem.grad(x, t))
        problem.project(x)
    np.testing.assert_allclose(x, end, atol=5e-4)


def test_a_grid_of_settings_is_one_run():
    """In theory Adam without momentum fails for β2 ≤ 1/(1 + C²); the closer β2 is to 1, the longer it remembers."""
    problem, beta2 = Reddi(), np.array([0.05, 0.1, 0.999])
    x, opt = np.zeros(3), Adam(lambda step: 0.1 / np.sqrt(step + 1), beta1=0.0, beta2=beta2)
    for t in range(1, 3001):
        opt.step(x, problem.grad(x, t))
        problem.project(x)
    assert np.all(x[:2] > 0.999) and x[2] < -0.99


@pytest.mark.parametrize("problem", [Reddi(), Reddi(1010.0, 10.0, 101), Reddi(C=1.5, c=1.0, period=2)])
def test_one_period(problem):
    period = problem.period
    slopes = [float(problem.grad(0.3, t)) for t in range(1, 3 * period + 1)]
    assert slopes == ([problem.C] + [-problem.c] * (period - 1)) * 3
    assert np.mean(slopes) == pytest.approx(problem.slope) and problem.slope > 0
    x = np.linspace(problem.low, problem.high, 101)
    average = np.mean([problem.value(x, t) for t in range(1, period + 1)], axis=0)
    np.testing.assert_allclose(average, problem.slope * x, atol=1e-12)
    assert x[average.argmin()] == problem.best


def test_shapes_and_types_are_kept():
    x = np.linspace(-3, 3, 6, dtype=np.float32).reshape(2, 3)
    assert Reddi().grad(x, 1).dtype == np.float32 and Reddi().grad(x, 1).shape == (2, 3)
    assert Reddi().value(x, 2).dtype == np.float32
    assert Reddi().grad(np.array([1, 2]), 2).dtype == float
    Reddi().project(x)
    assert x.min() == -1 and x.max() == 1 and np.abs(x).min() == np.float32(0.6)


def gradient_descent(loss, steps, lr):
    w = loss.start
    for _ in range(steps):
        w -= lr * loss.grad(w)
    return w


def scaled(loss, steps, lr, beta1=0.0, beta2=None):
    """AdaGrad (beta2 None), RMSProp (beta1 0) and Adam."""
    w, m, v = loss.start, 0.0, 0.0
    for t in range(1, steps + 1):
        g = loss.grad(w)
        m = beta1 * m + (1 - beta1) * g
        v = v + g * g if beta2 is None else beta2 * v + (1 - beta2) * g * g
        grown = 1.0 if beta2 is None else 1 - beta2**t
        w -= lr / np.sqrt(t) * m / (1 - beta1**t) / (np.sqrt(v / grown) + 1e-12)
    return w


@pytest.mark.parametrize("seed", range(3))
def test_adaptive_methods_fail_on_the_minority(seed):
    data = Wilson(rng=np.random.default_rng(seed))
    assert data.X.shape == (100, 503) and data.X_test.shape == (1000, 503)
    assert data.error(gradient_descent(data, 3000, 0.3)) == 0.0
    runs = {
        "AdaGrad": scaled(data, 3000, 0.1),
        "RMSProp": scaled(data, 3000, 0.01, beta2=0.99),
        "Adam": scaled(data, 3000, 0.01, beta1=0.9, beta2=0.999),
    }
    wrong = data.X_test[:, 0] < 0
    for name, w in runs.items():
        assert np.all(data.X @ w * data.y > 0.5), name  # the training data are learnt
        assert data.error(w) == 0.42 == wrong.mean(), name
        assert np.array_equal(data.X_test @ w < 0, np.zeros(1000, bool)), name


@pytest.mark.parametrize(
    ("method", "error"),
    [
        (SGD(0.3), 0.0),
        (Momentum(0.1, rho=0.9), 0.0),
        (AdaGrad(0.1), 0.42),
        (RMSProp(lambda step: 0.01 / np.sqrt(step + 1)), 0.42),
        (Adam(0.01), 0.42),
        (AMSGrad(0.01), 0.42),
    ],
    ids=lambda value: type(value).__name__,
)
def test_the_librarys_methods_on_wilson(method, error):
    data = Wilson(rng=np.random.default_rng(0))
    w, method = data.start, method.clone()
    for _ in range(2000):
        method.step(w, data.grad(w))
    assert np.all(data.X @ w * data.y > 0.5) and data.error(w) == error


def test_the_construction():
    """X sign(Xᵀy) = 4 y, the lemma's condition; the shortest solution tells the classes apart."""
    for train, minority in ((100, 0.42), (11, 0.3), (60, 0.49)):
        data = Wilson(train, 50, minority=minority, rng=np.random.default_rng(1))
        direction = np.sign(data.X.T @ data.y)
        assert np.array_equal(data.X @ direction, 4 * data.y)
        assert set(data.X.sum(axis=1) - data.X[:, 0]) == {3.0, 7.0}
        assert np.sum(data.y < 0) == round(minority * train) < train / 2
        assert data.value(data.minima[0]) < 1e-20 and data.error(data.minima[0]) == 0
        assert data.value(direction / 4) == 0 and data.error(direction) == np.mean(data.y_test < 0)
        assert np.linalg.norm(data.minima[0]) < np.linalg.norm(direction / 4)
        own = data.X[:, 3:] > 0
        assert own.sum(axis=0).max() == 1 and not data.X_test[:, 3:].any()
        both = np.stack([direction, data.minima[0]])
        assert np.array_equal(data.error(both), [data.error(direction), 0.0])
    again = Wilson(11, 50, minority=0.3, rng=np.random.default_rng(1))
    assert np.array_equal(again.y_test, Wilson(11, 50, minority=0.3, rng=np.random.default_rng(1)).y_test)


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: Reddi(C=2.0), ValueError, "C must be finite and above 2, not 2"),
        (lambda: Reddi(c=0.0), ValueError, "c must be finite and above 0"),
        (lambda: Reddi(period=1), ValueError, "period must be at least 2, not 1"),
        (lambda: Reddi(period=3.0), TypeError, "period must be an integer"),
        (lambda: Reddi(C="3"), TypeError, "C must be a number, not '3'"),
        (lambda: Reddi().grad(0.0, 0), ValueError, "t must be at least 1, not 0"),
        (lambda: Reddi().grad(0.0, 1.5), TypeError, "t must be an integer"),
        (lambda: Wilson(rng=0), TypeError, "rng must be a generator"),
        (lambda: Wilson(2, rng=np.random.default_rng(0)), ValueError, "train must be at least 3"),
        (lambda: Wilson(10, 0, rng=np.random.default_rng(0)), ValueError, "test must be at least 1"),
        (lambda: Wilson(10, minority=0.5, rng=np.random.default_rng(0)), ValueError, "minority must make .* not 0.5"),
        (lambda: Wilson(10, minority=0.01, rng=np.random.default_rng(0)), ValueError, "minority must make"),
        (lambda: Wilson(10, minority=-1.0, rng=np.random.default_rng(0)), ValueError, "minority must be finite"),
        (lambda: Wilson(10, rng=np.random.default_rng(0)).error(np.ones(3)), ValueError, "x must have 53"),
    ],
)
def test_bad_arguments(make, error, message):
    with pytest.raises(error, match=f"^{message}"):
        make()
