"""Noise has the moments that are said, keeps the floor that theory says, and leaves value and Hessian exact."""

import numpy as np
import pytest

from course_lib.optim import LBFGS, SGD, LeastSquares, Momentum, SoftmaxRegression, descend, minimize, noise_floor
from course_lib.optim.surfaces import FiniteSum, Quadratic, Ravine
from course_lib.optim.surfaces.classics import Himmelblau
from course_lib.optim.surfaces.landscapes import SharpFlat
from course_lib.optim.surfaces.noisy import Minibatch, Noisy


def rng(seed=0):
    return np.random.default_rng(seed)


def regression(seed=0, count=60, dim=3):
    draws = rng(seed)
    X = draws.standard_normal((count, dim)) @ np.diag([3.0, 1.0, 0.3][:dim])
    return LeastSquares(X, X @ np.arange(1.0, dim + 1) + draws.standard_normal(count))


def classification(seed=0, strength=0.01):
    """Three overlapping classes in the plane: nine weights."""
    draws = rng(seed)
    X, y = draws.standard_normal((60, 2)), np.arange(60) % 3
    return SoftmaxRegression(X + np.array([[0, 2], [1, 0], [-1, 0]])[y], y, strength=strength)


def test_noise_of_a_given_size():
    loss, x = Noisy(Ravine(), 0.5, rng()), np.full((100_000, 2), 0.7)
    noise = loss.grad(x) - Ravine().grad(x)
    assert np.abs(noise.mean(axis=0)).max() < 4 * 0.5 / np.sqrt(len(x))
    np.testing.assert_allclose(np.cov(noise.T), 0.25 * np.eye(2), atol=0.005)
    assert np.array_equal(loss.value(x), Ravine().value(x)) and np.array_equal(loss.hessian(x), Ravine().hessian(x))


def test_the_same_seed_the_same_noise():
    x = rng(1).standard_normal((3, 4, 2))
    together = Noisy(Ravine(), 0.5, rng()).grad(x)
    loss = Noisy(Ravine(), 0.5, rng())
    assert np.array_equal(together, np.array([[loss.grad(p) for p in row] for row in x]))
    assert not np.array_equal(loss.grad(x), loss.grad(x))
    assert np.array_equal(Noisy(Ravine(), 0.0, rng()).grad(x), Ravine().grad(x))


def test_each_walk_its_own_noise():
    loss = Noisy(Quadratic([1.0, 1.0]), np.array([[0.0], [1.0], [10.0]]), rng())
    spread = loss.grad(np.zeros((5000, 3, 2))).std(axis=0)
    np.testing.assert_allclose(spread, [[0, 0], [1, 1], [10, 10]], rtol=0.05)
    for shape in ((2,), (4, 2)):
        with pytest.raises(ValueError, match=r"^sigma of shape \(3, 1\) does not broadcast to points"):
            Noisy(Himmelblau(), np.ones((3, 1)), rng()).grad(np.ones(shape))


@pytest.mark.parametrize(
    "surface",
    [Himmelblau(), SharpFlat(), Ravine(9.0, 0.4), regression(), classification()],
    ids=lambda s: type(s).__name__,
)
def test_it_looks_like_what_it_is_made_of(surface):
    noisy = Minibatch(surface, 2, rng()) if isinstance(surface, FiniteSum) else Noisy(surface, 1.0, rng())
    for name in ("start", "starts", "minima", "local_minima", "saddles"):
        assert np.array_equal(getattr(noisy, name), getattr(surface, name)), name
    assert (noisy.dim, noisy.window, noisy.f_min) == (surface.dim, surface.window, surface.f_min)
    x = surface.sample(5, rng()).astype(np.float32)
    assert noisy.value(x).dtype == noisy.grad(x).dtype == noisy.hessian(x).dtype == np.float32
    with pytest.raises(ValueError, match=f"x must have {surface.dim} coordinates"):
        noisy.grad(np.ones(surface.dim + 1))


@pytest.mark.parametrize("loss", [regression(), classification()], ids=lambda s: type(s).__name__)
def test_a_minibatch_is_right_on_average_and_noisy_as_said(loss):
    noisy, w = Minibatch(loss, 4, rng()), np.resize([0.5, -1.0, 2.0], loss.dim)
    draws = noisy.grad(np.broadcast_to(w, (200_000, loss.dim)))
    scale = np.sqrt(np.diag(noisy.covariance(w)))
    assert np.all(np.abs(draws.mean(axis=0) - loss.grad(w)) < 4 * scale / np.sqrt(len(draws)))
    np.testing.assert_allclose(np.cov(draws.T), noisy.covariance(w), atol=0.02 * scale.max() ** 2)
    np.testing.assert_allclose(noisy.covariance(w), np.cov(loss.grads(w).T, bias=True) / 4, rtol=1e-12)
    np.testing.assert_allclose(Minibatch(loss, 16, rng()).covariance(w), noisy.covariance(w) / 4, rtol=1e-12)
    assert np.array_equal(noisy.value(w), loss.value(w)) and np.array_equal(noisy.hessian(w), loss.hessian(w))
    several = noisy.covariance(np.stack([w, 2 * w]))
    np.testing.assert_allclose(several, [noisy.covariance(w), noisy.covariance(2 * w)], rtol=1e-12)


@pytest.mark.parametrize("loss", [regression(), classification()], ids=lambda s: type(s).__name__)
def test_a_batch_is_drawn_anew_at_each_call_and_for_each_point(loss):
    x = rng(1).standard_normal((5, 7, loss.dim))
    for at in (x, x[0, 0]):
        got, rows = Minibatch(loss, 4, rng(2)).grad(at), rng(2).integers(60, size=(*at.shape[:-1], 4))
        assert np.array_equal(got, loss.grads(at, rows).mean(-2))
        pairs = zip(at.reshape(-1, loss.dim), rows.reshape(-1, 4), strict=True)
        one = np.array([loss.grads(p)[r].mean(0) for p, r in pairs])
        np.testing.assert_allclose(got, one.reshape(at.shape), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("loss", [regression(), classification()], ids=lambda s: type(s).__name__)
def test_a_held_batch_is_one_loss_until_the_next_draw(loss):
    held, draws = Minibatch(loss, 6, rng(2), held=True), rng(2)
    x, before = rng(1).standard_normal((5, loss.dim)), None
    for _ in range(2):
        batch = loss.subset(draws.integers(60, size=6))
        for name in ("value", "grad", "hessian"):
            got = getattr(held, name)(x)
            assert np.array_equal(got, getattr(batch, name)(x)) and np.array_equal(got, getattr(held, name)(x))
            assert not np.allclose(got, getattr(loss, name)(x))
        assert before is None or not np.allclose(held.value(x), before)
        before = held.value(x)
        held.draw()
    assert np.array_equal(held.minima, loss.minima) and held.f_min == loss.f_min  # those of all examples
    assert np.array_equal(held.covariance(x), Minibatch(loss, 6, rng()).covariance(x))


def test_a_minibatch_does_not_ask_where_the_minimum_is():
    """It may be dear: Newton's method on all examples."""
    loss = classification()
    Minibatch(loss, 6, rng(), held=True).grad(loss.start)
    assert "_minima" not in vars(loss)


class Fresh:
    """Another batch at each call, of values, too."""

    def __init__(self, held):
        self.held = held

    def value(self, x):
        self.held.draw()
        return self.held.value(x)

    def grad(self, x):
        self.held.draw()
        return self.held.grad(x)


def test_a_line_search_needs_a_held_batch():
    """A batch that is held is minimized like any loss; where each call has its own, the search soon gives up.

    Over 200 seeds a held batch needs 12 to 21 steps, and the search gives up after 2 to 11.
    """
    loss = classification()
    for seed in range(10):
        held = Minibatch(loss, 20, rng(seed), held=True)
        found = minimize(held, LBFGS(), loss.start)
        assert found.reason == "the gradient is below 1e-06" and found.value < 0.7 * held.value(loss.start)
        np.testing.assert_allclose(found.value, held.batch.f_min, atol=1e-9)
        given_up = minimize(Fresh(held), LBFGS(), loss.start, steps=1000)
        assert given_up.reason == "the line search found no lower point" and given_up.steps < found.steps


@pytest.mark.parametrize(("method", "rho"), [(SGD(0.1), 0.0), (Momentum(0.1, rho=0.8), 0.8)], ids=["SGD", "Momentum"])
@pytest.mark.parametrize("kind", ["noise", "minibatch"])
def test_the_floor(method, rho, kind):
    """The mean of numbers, fitted by minibatches: a quadratic of curvature 1 with noise of variance var(y)/m."""
    y = rng(3).standard_normal(50)
    loss = LeastSquares(np.ones((50, 1)), y)
    if kind == "noise":
        noisy, sigma = Noisy(loss, 0.7, rng()), 0.7
    else:
        noisy, sigma = Minibatch(loss, 5, rng()), y.std() / np.sqrt(5)
    path = descend(noisy, method, np.broadcast_to(loss.minima[0], (400, 1)), 1000)[200:]
    measured = np.mean((path - loss.minima[0]) ** 2)
    assert measured == pytest.approx(noise_floor(0.1, rho, 1.0, sigma), rel=0.05)


def test_without_residuals_there_is_no_floor():
    """Where one w fits every example exactly, minibatches agree at the minimum and SGD converges all the way."""
    X = rng().standard_normal((30, 3))
    loss = LeastSquares(X, X @ [1.0, 2.0, 3.0])
    path = descend(Minibatch(loss, 2, rng()), SGD(0.1), loss.start, 3000)
    assert np.linalg.norm(path[-1] - [1.0, 2.0, 3.0]) < 1e-10


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: Noisy(np.cos, 1.0, rng()), TypeError, "surface must be a Surface"),
        (lambda: Noisy(Ravine, 1.0, rng()), TypeError, "surface must be a Surface"),
        (lambda: Noisy(Ravine(), -1.0, rng()), ValueError, "sigma must be finite and at least 0, not -1"),
        (lambda: Noisy(Ravine(), "1", rng()), TypeError, "sigma must be a number"),
        (lambda: Noisy(Ravine(), 1.0, 0), TypeError, "rng must be a generator such as .*, not 0"),
        (lambda: Minibatch(Ravine(), 1, rng()), TypeError, "loss must be a loss over examples"),
        (lambda: Minibatch(regression(), 0, rng()), ValueError, "size must be at least 1, not 0"),
        (lambda: Minibatch(regression(), 1.5, rng()), TypeError, r"size must be an integer, not 1\.5"),
        (lambda: Minibatch(regression(), 1, None), TypeError, "rng must be a generator"),
        (lambda: Minibatch(regression(), 1, rng(), held=1), TypeError, "held must be True or False, not 1"),
        (lambda: Minibatch(regression(), 1, rng()).draw(), ValueError, "only a held minibatch keeps what is drawn"),
    ],
)
def test_bad_arguments(make, error, message):
    with pytest.raises(error, match=f"^{message}"):
        make()
