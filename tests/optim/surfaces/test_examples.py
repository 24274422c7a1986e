"""Losses over examples, against torch, scikit-learn, complex steps and finite differences; their minima; bad data."""

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression

from course_lib.data import load_digits
from course_lib.optim import LeastSquares, SoftmaxRegression
from course_lib.optim.surfaces import FiniteSum


def rng(seed=0):
    return np.random.default_rng(seed)


def regression(seed=0, count=60, dim=3):
    draws = rng(seed)
    X = draws.standard_normal((count, dim)) @ np.diag([3.0, 1.0, 0.3][:dim])
    return LeastSquares(X, X @ np.arange(1.0, dim + 1) + draws.standard_normal(count))


def classification(strength=0.01, count=40, dim=2, classes=3):
    X, y = rng().standard_normal((count, dim)), np.arange(count) % classes
    return SoftmaxRegression(X + 0.5 * y[:, None], y, strength=strength)


def theirs(loss):
    """The same loss in torch, a function of one vector of weights."""
    X, y = torch.tensor(loss.X[:, :-1]), torch.tensor(loss.y)

    def value(w):
        W, b = w[: -loss.classes].reshape(-1, loss.classes), w[-loss.classes :]
        return torch.nn.functional.cross_entropy(X @ W + b, y) + loss.strength / 2 * (w**2).sum()

    return value


def test_least_squares_against_numpy_and_complex_steps():
    loss = regression()
    at = loss.sample(20, rng())
    for i in range(3):
        step = 1e-30j * np.eye(3)[i]
        np.testing.assert_allclose(loss.grad(at)[:, i], loss.value(at + step).imag / 1e-30, rtol=1e-12, atol=1e-12)
        np.testing.assert_allclose(loss.hessian(at)[..., i], loss.grad(at + step).imag / 1e-30, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(loss.minima[0], np.linalg.pinv(loss.X) @ loss.y, rtol=1e-10)
    assert np.abs(loss.grad(loss.minima)).max() < 1e-13
    np.testing.assert_allclose(loss.grads(at).mean(axis=-2), loss.grad(at), rtol=1e-12, atol=1e-13)
    wide = LeastSquares(rng().standard_normal((4, 9)), np.ones(4))  # many fit: the shortest
    w = np.zeros(9)
    for _ in range(20_000):
        w -= 0.1 * wide.grad(w)
    np.testing.assert_allclose(wide.minima[0], w, atol=1e-10)


@pytest.mark.parametrize("loss", [regression(), classification()], ids=lambda s: type(s).__name__)
def test_some_of_the_examples(loss):
    rows, at = [3, 1, 3], rng().standard_normal((4, loss.dim))
    part = loss.subset(rows)
    assert isinstance(loss, FiniteSum) and type(part) is type(loss) and part.dim == loss.dim
    np.testing.assert_allclose(part.grad(at), loss.grads(at)[:, rows].mean(1), rtol=1e-11, atol=1e-12)
    np.testing.assert_allclose(part.grads(at), loss.grads(at, rows), rtol=1e-15)
    before = loss.minima
    assert np.abs(part.grad(loss.subset(rows).minima)).max() < 1e-13 < np.abs(part.grad(before)).max()
    assert np.array_equal(loss.minima, before) and len(loss.X) == len(loss.y) > 3


@pytest.mark.filterwarnings("ignore:.torch.jit.script. is deprecated:DeprecationWarning")  # torch.func's own
@pytest.mark.parametrize("strength", [0.0, 0.3])
@pytest.mark.parametrize("scale", [0.1, 1.0, 30.0])
def test_softmax_regression_against_torch(strength, scale):
    loss = classification(strength)
    value, at = theirs(loss), scale * rng(1).standard_normal((5, loss.dim))
    for w in at:
        x = torch.tensor(w, requires_grad=True)
        f = value(x)
        f.backward()
        assert float(loss.value(w)) == pytest.approx(f.item(), rel=1e-13)
        np.testing.assert_allclose(loss.grad(w), x.grad.numpy(), rtol=1e-11, atol=1e-14)
        H = torch.func.hessian(value)(torch.tensor(w)).numpy()
        np.testing.assert_allclose(loss.hessian(w), H, rtol=1e-10, atol=1e-14)
        assert np.array_equal(loss.hessian(w), loss.hessian(w).T)
        each = [torch.func.grad(theirs(loss.subset([i])))(torch.tensor(w)).numpy() for i in range(40)]
        np.testing.assert_allclose(loss.grads(w), each, rtol=1e-10, atol=1e-13)


def test_softmax_regression_by_complex_steps_and_differences():
    loss, h = classification(), 1e-5
    at = rng(1).standard_normal((6, loss.dim))
    for i, e in enumerate(np.eye(loss.dim)):
        np.testing.assert_allclose(
            loss.grad(at)[:, i], loss.value(at + 1e-30j * e).imag / 1e-30, rtol=1e-12, atol=1e-15
        )
        column = loss.grad(at + 1e-30j * e).imag / 1e-30
        np.testing.assert_allclose(loss.hessian(at)[..., i], column, rtol=1e-12, atol=1e-15)
        slope = (loss.value(at + h * e) - loss.value(at - h * e)) / (2 * h)
        np.testing.assert_allclose(loss.grad(at)[:, i], slope, atol=1e-9)


def test_points_in_batches_and_in_float32():
    loss = classification()
    at, n = rng(1).standard_normal((3, 2, loss.dim)), loss.dim
    calls = {loss.value: (), loss.grad: (n,), loss.hessian: (n, n), loss.grads: (40, n)}
    for call, shape in calls.items():
        got = call(at)
        assert got.shape == (3, 2, *shape) and got.dtype == float
        np.testing.assert_allclose(got, [[call(w) for w in row] for row in at], rtol=1e-12, atol=1e-15)
        single = call(at.astype(np.float32))
        assert single.dtype == np.float32
        np.testing.assert_allclose(single, got, rtol=1e-5, atol=1e-6)
        with pytest.raises(ValueError, match=f"x must have {n} coordinates"):
            call(np.ones(n + 1))
    rows = rng().integers(40, size=(3, 2, 5))
    wanted = [[loss.grads(w)[r] for w, r in zip(*row, strict=True)] for row in zip(at, rows, strict=True)]
    np.testing.assert_allclose(loss.grads(at, rows), wanted, rtol=1e-12, atol=1e-15)


def test_large_scores():
    """Two examples at ±1 with scores ±s: log(1 + exp(−2s)) if the labels fit, 2s if they do not."""
    fits, fails = SoftmaxRegression([[1.0], [-1.0]], [0, 1]), SoftmaxRegression([[1.0], [-1.0]], [1, 0])
    for s in (5.0, 50.0, 1e4, 1e100):
        w = np.array([s, -s, 0.0, 0.0])
        assert float(fits.value(w)) == pytest.approx(np.logaddexp(0, -2 * s), abs=1e-16)
        assert float(fails.value(w)) == pytest.approx(np.logaddexp(0, 2 * s), rel=1e-15)
        np.testing.assert_allclose(fails.grad(w), np.array([1, -1, 0, 0]) / (1 + np.exp(-2 * s)))
        assert np.all(np.isfinite(fits.grad(w))) and np.all(np.isfinite(fits.hessian(w)))


@pytest.mark.parametrize("strength", [1e3, 0.1, 1e-3, 1e-6, 1e-9])
@pytest.mark.parametrize("apart", [0.0, 10.0], ids=["mixed", "separable"])
def test_the_minimum(strength, apart):
    y = np.arange(45) % 3
    X = rng().standard_normal((45, 2)) * [1, 5] + apart * np.array([[0, 2], [3, -2], [-3, -2]])[y]
    loss = SoftmaxRegression(X, y, strength=strength)
    (w,), H = loss.minima, loss.hessian(loss.minima[0])
    assert np.abs(loss.grad(w)).max() < 1e-13 and np.linalg.eigvalsh(H)[0] > 0.9 * strength
    assert loss.f_min == float(loss.value(w)) <= loss.value(w + 1e-3 * rng(1).standard_normal((50, 9))).min()


def test_the_minimum_is_scikit_learns_and_found_once():
    loss = classification()
    calls = []
    loss.hessian = lambda x: calls.append(x) or SoftmaxRegression.hessian(loss, x)
    model = LogisticRegression(C=1 / (40 * 0.01), fit_intercept=False, tol=1e-12, max_iter=10_000).fit(loss.X, loss.y)
    np.testing.assert_allclose(loss.minima[0], model.coef_.T.ravel(), atol=1e-6)
    count = len(calls)
    assert loss.f_min == loss.f_min and 0 < count == len(calls)


def test_without_strength_no_minimum_is_named():
    loss = classification(strength=0.0)
    assert loss.minima.shape == (0, 9) and loss.f_min == -np.inf and loss.local_minima.shape == (0, 9)


def test_the_digits():
    digits = load_digits(rng())
    loss = SoftmaxRegression(digits.x_train, digits.y_train, strength=1e-3)
    assert (loss.dim, loss.classes, len(loss.X)) == (650, 10, 1437)
    assert float(loss.value(loss.start)) == pytest.approx(np.log(10), rel=1e-14)
    curvatures = np.linalg.eigvalsh(loss.hessian(loss.start))
    assert curvatures[-1] / curvatures[0] == pytest.approx(1142.13, abs=0.01)
    assert loss.f_min == pytest.approx(0.2633596286, abs=1e-10) and np.abs(loss.grad(loss.minima)).max() < 1e-15
    assert repr(loss) == "SoftmaxRegression(X=array(1437, 65), y=array(1437,), strength=0.001)"


@pytest.mark.parametrize("kind", [LeastSquares, SoftmaxRegression])
@pytest.mark.parametrize(
    ("X", "message"),
    [([1.0], r"X must hold .* shape \(1,\)"), ([[np.nan]], "X must hold finite"), (np.ones((0, 3)), "X must hold")],
)
def test_bad_inputs(kind, X, message):
    with pytest.raises(ValueError, match=f"^{message}"):
        kind(X, [1])


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: LeastSquares([[1.0]], [1.0, 2.0]), ValueError, r"y must hold one .* example, 1, not shape \(2,\)"),
        (lambda: labelled([0.0, 1.0, 2.0]), TypeError, "y must hold classes, integers, not float64"),
        (lambda: labelled([False, True, True]), TypeError, "y must hold classes, integers, not bool"),
        (lambda: labelled(list("abc")), TypeError, "y must hold classes, integers, not <U1"),
        (lambda: labelled([0, 1]), ValueError, r"y must hold one class an example, 3, not shape \(2,\)"),
        (lambda: labelled([[0], [1], [2]]), ValueError, r"y must hold one class an example, 3, not shape \(3, 1\)"),
        (lambda: labelled([0, 1, -1]), ValueError, "y must hold classes from 0 on, not -1"),
        (lambda: labelled([1, 2, 3]), ValueError, "y must hold each class from 0 to 3; 0 is missing"),
        (lambda: labelled([0, 10**15, 1]), ValueError, "y must hold each class from 0 to 10{15}; 2 is missing"),
        (lambda: labelled([0, 0, 0]), ValueError, "y must hold at least two classes, not 0 alone"),
        (lambda: labelled([0, 1, 2], strength=-1.0), ValueError, "strength must be finite and at least 0, not -1"),
        (lambda: labelled([0, 1, 2], strength="1"), TypeError, "strength must be a number, not '1'"),
    ],
)  # fmt: skip
def test_bad_arguments(make, error, message):
    with pytest.raises(error, match=f"^{message}"):
        make()


def labelled(y, strength=0.0):
    return SoftmaxRegression(np.ones((3, 1)), y, strength=strength)
