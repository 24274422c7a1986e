"""Activations against finite differences, torch autograd and what is known of each."""

import numpy as np
import pytest
import torch

from course_lib.nn import ELU, GELU, LeakyReLU, Maxout, ReLU, Sigmoid, SiLU, Tanh
from course_lib.nn.activations import Activation

F = torch.nn.functional
THEIRS = {
    Sigmoid(): torch.sigmoid,
    Tanh(): torch.tanh,
    ReLU(): torch.relu,
    LeakyReLU(): F.leaky_relu,
    LeakyReLU(0.3): lambda x: F.leaky_relu(x, 0.3),
    ELU(): F.elu,
    ELU(0.4): lambda x: F.elu(x, 0.4),
    GELU(): lambda x: F.gelu(x, approximate="tanh"),
    SiLU(): F.silu,
}
SHAPES = [(1, 1), (1, 7), (5, 3), (2, 3, 5, 4)]
each = pytest.mark.parametrize("layer", THEIRS, ids=repr)


@each
@pytest.mark.parametrize("train", [False, True])
@pytest.mark.parametrize("shape", SHAPES)
def test_gradients(layer, shape, train, by_differences, as_torch):
    x = 3 * np.random.default_rng(0).normal(size=shape)
    by_differences(layer, x, train)
    as_torch(layer, x, train, lambda x, p: THEIRS[layer](x))


@each
def test_far_out_and_at_zero(layer, as_torch):
    x = np.array([[-1e4, -800.0, -40.0, -1e-12, 0.0, 1e-12, 40.0, 800.0, 1e4]])
    as_torch(layer, x, False, lambda x, p: THEIRS[layer](x))  # a warning (an overflow) would be an error
    y = layer.forward(x.astype(np.float32))
    assert y.dtype == np.float32 and np.isfinite(y).all()
    assert np.isfinite(layer.backward(np.ones_like(y))).all()


@each
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_the_largest_numbers(layer, dtype):
    """x³ of them is none: no warning (it would be an error), and a slope that is one."""
    x = np.array([[np.finfo(dtype).max, -np.finfo(dtype).max]], dtype)
    y = layer.forward(x)
    slope = layer.backward(np.ones_like(x))
    left, right = {"Sigmoid": (0, 0), "Tanh": (0, 0), "LeakyReLU": (getattr(layer, "slope", 0), 1)}.get(
        type(layer).__name__, (0, 1)
    )
    assert np.isfinite(y).all() and y.dtype == dtype
    np.testing.assert_allclose(slope, [[right, left]], rtol=1e-3)
    assert y[0, 0] == (x[0, 0] if right else 1)


@each
def test_float32_stays_and_arguments_are_left_alone(layer):
    x = np.random.default_rng(0).normal(size=(4, 6)).astype(np.float32)
    before, dy = x.copy(), np.ones_like(x)
    y = layer.forward(x, train=True)
    dx = layer.backward(dy)
    assert y.dtype == dx.dtype == np.float32
    assert np.array_equal(x, before) and np.array_equal(dy, np.ones_like(x))
    np.testing.assert_allclose(y, THEIRS[layer](torch.tensor(x)).numpy(), rtol=1e-5, atol=1e-6)


@each
def test_nan_is_passed_on(layer):
    assert np.isnan(layer.forward(np.array([[np.nan, 1.0]]))).tolist() == [[True, False]]


@each
def test_bad_input(layer):
    fresh = type(layer)()
    with pytest.raises(RuntimeError, match=r"backward needs a forward first"):
        fresh.backward(np.ones((2, 3)))
    fresh.forward(np.ones((2, 3)))
    with pytest.raises(ValueError, match=rf"^{type(layer).__name__}\(.*\): dy must have shape \(2, 3\), not \(3, 2\)"):
        fresh.backward(np.ones((3, 2)))
    assert fresh.output_shape((4, 5)) == (4, 5) and not fresh.params


def test_how_far_the_short_form_of_gelu_is_off():
    x = np.linspace(-10, 10, 20_001)
    off = np.abs(GELU().forward(x) - F.gelu(torch.tensor(x)).numpy()).max()
    assert 4e-4 < off < 5e-4


def test_where_silu_is_lowest():
    """σ + x σ (1 − σ) = 0 where x = −1 − W(1/e), and σ(x) there makes x σ(x) = −W(1/e), W being Lambert's function."""
    x = np.linspace(-5, 5, 100_001)
    y = SiLU().forward(x)
    lambert = 0.2784645427610738  # w eʷ = 1/e
    assert lambert * np.exp(lambert) == pytest.approx(np.exp(-1))
    assert (x[y.argmin()], y.min()) == (pytest.approx(-1 - lambert, abs=1e-4), pytest.approx(-lambert, abs=1e-8))
    np.testing.assert_allclose(y, x / 2 * (1 + np.tanh(x / 2)), rtol=1e-10, atol=1e-15)


@pytest.mark.parametrize("train", [False, True])
@pytest.mark.parametrize("pieces", [1, 2, 3])
@pytest.mark.parametrize("shape", [(1, 6), (5, 12), (2, 3, 5, 6)])
def test_maxout(shape, pieces, train, by_differences, as_torch):
    x = np.random.default_rng(0).normal(size=shape)
    by_differences(Maxout(pieces), x, train)
    as_torch(Maxout(pieces), x, train, lambda x, p: x.reshape(*x.shape[:-1], -1, pieces).amax(dim=-1))


def test_maxout_gives_the_gradient_to_one():
    maxout = Maxout(3)
    assert maxout.forward(np.array([[2.0, 2.0, 1.0, -1.0, 0.0, 0.0]], np.float32)).tolist() == [[2.0, 0.0]]
    dx = maxout.backward(np.array([[5.0, 7.0]], np.float32))
    assert dx.tolist() == [[5.0, 0.0, 0.0, 0.0, 7.0, 0.0]] and dx.dtype == np.float32
    assert repr(maxout) == "Maxout(3)" and maxout.output_shape((4, 6)) == (4, 2)
    with pytest.raises(ValueError, match=r"Maxout\(3\): x must have a last axis that is a multiple of 3, not \(N, 4\)"):
        maxout.forward(np.ones((2, 4)))
    with pytest.raises(ValueError, match=r"Maxout\(3\): dy must have shape \(1, 2\), not \(1, 6\)"):
        maxout.backward(np.ones((1, 6)))


def test_maxout_of_two_is_the_absolute_value_and_the_rectifier():
    """With pieces (x, −x) it is |x|, with (x, 0) the rectifier: activations that it can learn."""
    x = np.random.default_rng(0).normal(size=(5, 1))
    assert np.array_equal(Maxout(2).forward(np.hstack([x, -x])), np.abs(x))
    assert np.array_equal(Maxout(2).forward(np.hstack([x, 0 * x])), np.maximum(x, 0))


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: LeakyReLU(np.nan), ValueError, "slope must be"),
        (lambda: LeakyReLU("a"), TypeError, "slope must be a number"),
        (lambda: LeakyReLU(np.ones(2)), TypeError, "slope must be one number"),
        (lambda: ELU(-1.0), ValueError, "alpha must be finite and at least 0"),
        (lambda: Maxout(0), ValueError, "pieces must be at least 1, not 0"),
        (lambda: Maxout(2.0), TypeError, "pieces must be an integer"),
    ],
)
def test_bad_settings(make, error, message):
    with pytest.raises(error, match=f"^{message}"):
        make()


def test_reprs():
    assert [repr(layer) for layer in (ReLU(), LeakyReLU(), ELU(0.5), GELU(), SiLU())] == [
        "ReLU()",
        "LeakyReLU(0.01)",
        "ELU(0.5)",
        "GELU()",
        "SiLU()",
    ]


def test_an_activation_of_ones_own():
    with pytest.raises(NotImplementedError, match="Activation must define f"):
        Activation().forward(np.ones(2))
    with pytest.raises(NotImplementedError, match="Activation must define df"):
        Activation().df(np.ones(2), np.ones(2))
