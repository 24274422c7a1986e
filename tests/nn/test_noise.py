"""Noise layers: masks, means over draws, gradients; and `average` against sums over all masks."""

import copy
import itertools
import math

import numpy as np
import pytest
import torch
from scipy.stats import kstest
from sklearn.linear_model import Ridge

from course_lib.nn.activations import ReLU
from course_lib.nn.dropconnect import DropConnect
from course_lib.nn.layers import Dense
from course_lib.nn.losses import softmax
from course_lib.nn.network import Sequential
from course_lib.nn.noise import Dropout, GaussianNoise, InvertedDropout, Noise, SpatialDropout, average
from course_lib.nn.normalization import BatchNorm
from course_lib.nn.pooling import FractionalMaxPool
from course_lib.nn.stochastic_depth import StochasticDepth

DROPOUTS = [Dropout, InvertedDropout, SpatialDropout]
DRAWS = 100_000


def generator(seed=0):
    return np.random.default_rng(seed)


def hold(layer, z):
    """Let a layer draw the same z from now on."""
    layer.draw = lambda shape: z
    return z


def layers():
    return [
        *(kind(keep, rng=generator()) for kind in DROPOUTS for keep in (0.2, 0.5, 1.0)),
        GaussianNoise(0.7, rng=generator()),
    ]


@pytest.mark.parametrize("keep", [0.1, 0.5, 0.8, 1.0, np.float32(0.25), 1])
@pytest.mark.parametrize("kind", DROPOUTS)
def test_a_share_keep_of_the_units_stays_each_alone(kind, keep):
    shape = (400, 1, 1, 250)
    z = kind(keep, rng=generator(1)).draw(shape)
    n, error = z.size, math.sqrt(keep * (1 - keep))
    assert z.shape == shape and z.dtype == bool
    assert z.mean() == pytest.approx(keep, abs=5 * error / math.sqrt(n))
    if keep < 1:  # neighbours, in the batch and among the units, know nothing of one another
        a = (z[:, 0, 0] - keep) / error
        assert abs((a[1:] * a[:-1]).mean()) < 5 / math.sqrt(n)
        assert abs((a[:, 1:] * a[:, :-1]).mean()) < 5 / math.sqrt(n)


@pytest.mark.parametrize("keep", [0.3, 0.5, 0.9])
@pytest.mark.parametrize("kind", DROPOUTS)
def test_the_mean_over_draws_is_what_testing_gives(kind, keep):
    layer, x = kind(keep, rng=generator(2)), generator(3).normal(size=(1, 1, 1, 6))
    drawn = layer.forward(np.repeat(x, DRAWS, axis=0), train=True)
    error = drawn.std(0) / math.sqrt(DRAWS)
    assert (np.abs(drawn.mean(0) - layer.forward(x)[0]) < 5 * error).all()
    scale = 1 if kind is Dropout else 1 / keep
    np.testing.assert_allclose(drawn.std(0), np.abs(x[0]) * scale * math.sqrt(keep * (1 - keep)), rtol=0.03)
    np.testing.assert_allclose(layer.forward(x), x * (keep if kind is Dropout else 1), rtol=1e-15)


def test_dropout_scales_in_testing_and_inverted_dropout_in_training():
    x = np.ones((4, 50))
    plain, inverted = Dropout(0.25, rng=generator()), InvertedDropout(0.25, rng=generator())
    assert set(np.unique(plain.forward(x, train=True))) == {0, 1}
    assert set(np.unique(inverted.forward(x, train=True))) == {0, 4}
    assert set(np.unique(plain.forward(x))) == {0.25} and set(np.unique(inverted.forward(x))) == {1}


def test_spatial_dropout_takes_whole_channels_of_each_image():
    layer = SpatialDropout(0.5, rng=generator(4))
    y = layer.forward(np.ones((30, 3, 5, 8)), train=True)
    assert (y == y[:, :1, :1, :]).all()
    channels = y[:, 0, 0, :]
    assert len(np.unique(channels, axis=0)) > 20 and 0.3 < (channels == 2).mean() < 0.7
    dx = layer.backward(np.ones_like(y))
    np.testing.assert_array_equal(dx, y)


def test_gaussian_noise_is_normal_and_adds_nothing_in_testing():
    layer, x = GaussianNoise(0.3, rng=generator(5)), np.full((DRAWS, 1), 2.0)
    y = layer.forward(x, train=True)
    assert kstest(((y - x) / 0.3).ravel(), "norm").pvalue > 0.01
    assert y.mean() == pytest.approx(2, abs=5 * 0.3 / math.sqrt(DRAWS))
    np.testing.assert_array_equal(layer.forward(x), x)
    np.testing.assert_array_equal(GaussianNoise(0, rng=generator()).forward(x, train=True), x)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_gaussian_noise_in_torch_given_the_same_noise(dtype):
    rng = generator(20)
    layer, x, dy = GaussianNoise(0.7, rng=rng), rng.normal(size=(5, 6)).astype(dtype), rng.normal(size=(5, 6))
    z, dy = hold(layer, layer.draw(x.shape)), dy.astype(dtype)
    tx = torch.tensor(x, requires_grad=True)
    ty = tx + 0.7 * torch.tensor(z).to(tx.dtype)
    ty.backward(torch.tensor(dy))
    np.testing.assert_allclose(
        layer.forward(x, train=True), ty.detach().numpy(), rtol=1e-6 if dtype == np.float32 else 1e-14
    )
    np.testing.assert_array_equal(layer.backward(dy), tx.grad.numpy())


def test_training_a_linear_model_with_gaussian_noise_reaches_the_ridge_solution():
    """E ‖y − (X + σZ) w‖² = ‖y − X w‖² + N σ² ‖w‖², so λ = N σ²: Bishop's Tikhonov, exact where all is linear."""
    rng, sigma, steps = generator(21), 0.8, 20_000
    X = rng.normal(size=(40, 5))
    y = X @ rng.normal(size=5) + 0.3 * rng.normal(size=40)
    layer, w, mean = GaussianNoise(sigma, rng=rng), np.zeros(5), np.zeros(5)
    for _ in range(steps):
        Z = layer.forward(X, train=True)
        w -= 0.05 * Z.T @ (Z @ w - y) / len(y)
        mean += w / steps
    ridge = Ridge(len(X) * sigma**2, fit_intercept=False).fit(X, y).coef_
    plain = np.linalg.lstsq(X, y)[0]
    np.testing.assert_allclose(mean, ridge, atol=0.02)
    assert np.abs(plain - ridge).max() > 0.2


@pytest.mark.parametrize("train", [False, True])
@pytest.mark.parametrize("layer", layers(), ids=repr)
@pytest.mark.parametrize("shape", [(1, 1, 1, 1), (1, 2, 3, 5), (4, 3, 2, 3)])
def test_gradients_by_finite_differences_with_the_mask_held(layer, shape, train):
    rng, h = generator(6), 1e-4  # y is linear in x: the step may be large
    x, dy, z = rng.normal(size=shape), rng.normal(size=shape), layer.draw(shape)
    held = type(layer)(layer.sigma if isinstance(layer, GaussianNoise) else layer.keep, rng=rng)
    hold(held, z)
    held.forward(x, train)
    dx = held.backward(dy)
    for i in np.ndindex(shape):
        up, down = x.copy(), x.copy()
        up[i] += h
        down[i] -= h
        slope = ((held.forward(up, train) - held.forward(down, train)) * dy).sum() / (2 * h)
        assert dx[i] == pytest.approx(slope, abs=1e-7)


@pytest.mark.parametrize("kind", DROPOUTS)
def test_gradients_of_torch_given_the_same_mask_reach_only_what_was_kept(kind):
    rng = generator(7)
    x, dy = rng.normal(size=(5, 6)), rng.normal(size=(5, 8))
    if kind is SpatialDropout:
        layer, x, dy = kind(0.6, rng=rng), rng.normal(size=(5, 2, 3, 8)), rng.normal(size=(5, 2, 3, 8))
        z = hold(layer, layer.draw(x.shape))
        tx = torch.tensor(x, requires_grad=True)
        (tx * torch.tensor(z) / 0.6).backward(torch.tensor(dy))
        layer.forward(x, train=True)
        np.testing.assert_allclose(layer.backward(dy), tx.grad.numpy(), rtol=1e-12)
        assert (layer.backward(dy)[np.broadcast_to(~z, x.shape)] == 0).all()
        return
    layer = kind(0.6, rng=rng)
    net = Sequential(Dense(6, 8, rng=rng, dtype=np.float64), ReLU(), layer)
    z = hold(layer, layer.draw(dy.shape))
    z[:, 2] = False  # a unit that no example keeps
    net.forward(x, train=True)
    dx = net.backward(dy)
    tx, W, b = (torch.tensor(a, requires_grad=True) for a in (x, net.params["0.W"], net.params["0.b"]))
    y = torch.relu(tx @ W + b) * torch.tensor(z) / (0.6 if kind is InvertedDropout else 1)
    y.backward(torch.tensor(dy))
    np.testing.assert_allclose(dx, tx.grad.numpy(), rtol=1e-10, atol=1e-14)
    np.testing.assert_allclose(net.grads["0.W"], W.grad.numpy(), rtol=1e-10, atol=1e-14)
    assert (net.grads["0.W"][:, 2] == 0).all() and net.grads["0.b"][2] == 0


def test_dropout_on_a_linear_model_is_ridge_regression():
    """E ‖y − (z ∘ X) w‖² = ‖y − p X w‖² + p (1 − p) Σⱼ wⱼ² Σᵢ xᵢⱼ²: a penalty, and its gradient."""
    rng, p, draws = generator(8), 0.6, 20_000
    X, y, w = rng.normal(size=(30, 8)), rng.normal(size=30), rng.normal(size=8)
    layer = Dropout(p, rng=rng)

    sampled, slopes = np.empty(draws), np.empty((draws, 8))
    for i in range(draws):
        Z = layer.forward(X, train=True)
        error = Z @ w - y
        sampled[i], slopes[i] = error @ error, 2 * Z.T @ error

    miss, strength = p * X @ w - y, p * (1 - p) * (X**2).sum(0)
    closed, slope = miss @ miss + strength @ w**2, 2 * p * X.T @ miss + 2 * strength * w
    assert abs(sampled.mean() - closed) < 4 * sampled.std() / math.sqrt(draws)
    assert (np.abs(slopes.mean(0) - slope) < 4.5 * slopes.std(0) / math.sqrt(draws)).all()
    assert strength @ w**2 > 20 * sampled.std() / math.sqrt(draws)  # the penalty is far more than the error


def test_training_a_linear_model_with_dropout_reaches_the_ridge_solution():
    rng, p = generator(9), 0.5
    X = rng.normal(size=(40, 5))
    X /= np.sqrt((X**2).mean(0))  # all features of one size: one strength for all
    y = X @ rng.normal(size=5) + 0.3 * rng.normal(size=40)
    layer, w, mean, steps = Dropout(p, rng=rng), np.zeros(5), np.zeros(5), 20_000
    for _ in range(steps):
        Z = layer.forward(X, train=True)
        w -= 0.05 * Z.T @ (Z @ w - y) / len(y)
        mean += w / steps
    # p w solves ‖y − X v‖² + (1 − p)/p Σ x² ‖v‖²
    ridge = Ridge((1 - p) / p * len(X), fit_intercept=False).fit(X, y)
    np.testing.assert_allclose(p * mean, ridge.coef_, atol=0.02)


def two_layers(keep=0.5, kind=Dropout):
    """A net whose dropout is followed by ReLUs, with four hidden units: 16 masks in all."""
    rng = generator(10)
    net = Sequential(
        Dense(3, 4, rng=rng, dtype=np.float64), ReLU(), kind(keep, rng=rng), Dense(4, 6, rng=rng, dtype=np.float64),
        ReLU(), Dense(6, 3, rng=rng, dtype=np.float64),
    )  # fmt: skip
    return net, net.parts["2"], rng.normal(size=(5, 3))


def exact(net, dropout, x, of=lambda y: y):
    """E_z f(x, z), by the sum over all masks."""
    total, p, units = 0, dropout.keep, 4
    for bits in itertools.product([False, True], repeat=units):
        z = np.tile(bits, (len(x), 1))
        total = total + p ** sum(bits) * (1 - p) ** (units - sum(bits)) * of(given(net, dropout, x, z))
    return total


def given(net, dropout, x, z):
    hold(dropout, z)
    try:
        return net.forward(x, train=True)
    finally:
        del dropout.draw


@pytest.mark.parametrize("of", [None, softmax])
@pytest.mark.parametrize("kind", [Dropout, InvertedDropout])
def test_average_finds_the_mean_over_all_masks_and_the_shortcut_misses_it(kind, of):
    net, dropout, x = two_layers(0.5, kind)
    truth = exact(net, dropout, x, of or (lambda y: y))
    sampled = average(net, x, 20_000, generator(11), of=of)
    spread = np.sqrt(exact(net, dropout, x, lambda y: (of or (lambda y: y))(y) ** 2) - truth**2)
    assert (np.abs(sampled - truth) < 5 * spread / math.sqrt(20_000) + 1e-12).all()
    shortcut = net.forward(x) if of is None else of(net.forward(x))
    assert np.abs(shortcut - truth).max() > 10 * spread.max() / math.sqrt(20_000)


def test_the_gap_of_the_shortcut_where_it_is_known():
    """x = (1, 1), weights (1, −1): E max(z₁ − z₂, 0) = p (1 − p), and the shortcut gives 0."""
    rng = generator(12)
    net = Sequential(Dropout(0.5, rng=rng), Dense(2, 1, rng=rng, dtype=np.float64), ReLU())
    net.params["1.W"][...] = [[1.0], [-1.0]]
    x = np.ones((1, 2))
    assert net.forward(x) == 0
    assert average(net, np.repeat(x, DRAWS, 0), 1, rng).mean() == pytest.approx(0.25, abs=5 * 0.433 / DRAWS**0.5)


def test_average_takes_a_function():
    rng = generator(13)
    mean = average(lambda x, rng: x * rng.random(x.shape, x.dtype), np.ones((2, 3), np.float32), 5_000, rng)
    assert mean.dtype == np.float32
    np.testing.assert_allclose(mean, 0.5, atol=5 * 0.289 / math.sqrt(5_000))


def test_the_average_of_votes_is_a_share():
    layer, x = Dropout(0.25, rng=generator()), np.ones((2, 3), np.float32)
    for of in (lambda y: y > 0, lambda y: (y > 0).astype(int)):
        share = average(layer, x, 4_000, generator(1), of=of)
        assert share.dtype == np.float64
        np.testing.assert_allclose(share, 0.25, atol=5 * 0.433 / math.sqrt(4_000))
    mean = average(layer, x, 4_000, generator(1), of=lambda y: float(y.mean()))
    assert mean == pytest.approx(0.25, abs=5 * 0.433 / math.sqrt(6 * 4_000))


def test_average_leaves_the_network_as_it_was():
    net, dropout, x = two_layers()
    own = dropout.rng
    before = own.bit_generator.state
    a, b = (average(net, x, 10, generator(14)) for _ in range(2))
    np.testing.assert_array_equal(a, b)
    assert dropout.rng is own and own.bit_generator.state == before and not dropout.sampling
    np.testing.assert_array_equal(net.forward(x), net.forward(x))
    with pytest.raises(ZeroDivisionError):
        average(net, x, 10, generator(), of=lambda y: 1 / 0)
    assert dropout.rng is own and not dropout.sampling


def test_average_draws_the_noise_only_and_batch_norm_keeps_its_statistics():
    rng = generator(15)
    net = Sequential(BatchNorm(3), Sequential(GaussianNoise(1.0, rng=rng)))
    x = np.array([[1.0, 2.0, 3.0]], np.float32)
    kept = {name: a.copy() for name, a in net.state.items()}
    mean = average(net, x, 4_000, rng)
    np.testing.assert_allclose(mean, net.forward(x), atol=5 / math.sqrt(4_000))
    assert kept and all((net.state[name] == a).all() for name, a in kept.items())


@pytest.mark.parametrize("index", range(len(layers())))
def test_one_seed_one_result_and_a_new_draw_each_time(index):
    a, b = layers()[index], layers()[index]
    x = np.ones((3, 4, 5, 6), np.float32)
    first, second = a.forward(x, train=True), a.forward(x, train=True)
    np.testing.assert_array_equal(first, b.forward(x, train=True))
    np.testing.assert_array_equal(second, b.forward(x, train=True))
    assert (first != second).any() or getattr(a, "keep", 0) == 1
    state = a.rng.bit_generator.state
    a.forward(x)
    assert a.rng.bit_generator.state == state  # testing draws nothing
    assert a.output_shape((4, 5, 6)) == (4, 5, 6) and a.params == {} == a.grads


@pytest.mark.parametrize(
    "layer",
    [
        *layers(),
        DropConnect(5, 5, 0.5, rng=generator(), activation=ReLU()),
        FractionalMaxPool(1.5, rng=generator()),
        StochasticDepth(ReLU(), 0.5, rng=generator()),
    ],
    ids=repr,
)
def test_a_copy_goes_without_the_last_batch(layer):
    x = np.ones((6, 5) if isinstance(layer, DropConnect) else (2, 6, 6, 3), np.float32)
    for train in (False, True):
        layer.forward(x, train)
        other = copy.deepcopy(layer)
        arrays = {name for name, value in vars(other).items() if isinstance(value, np.ndarray | tuple)}
        assert arrays <= {"_points", "_example"}
        with pytest.raises(RuntimeError, match="backward needs a forward"):
            other.backward(np.ones_like(x))
        np.testing.assert_array_equal(other.forward(x, train=True), layer.forward(x, train=True))  # it draws the same


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("train", [False, True])
@pytest.mark.parametrize("layer", layers(), ids=repr)
def test_dtype_and_input_stay(layer, train, dtype):
    x = generator(16).normal(size=(2, 3, 4, 5)).astype(dtype)
    kept = x.copy()
    y = layer.forward(x, train)
    assert y.dtype == layer.backward(np.ones_like(y)).dtype == dtype
    np.testing.assert_array_equal(x, kept)


@pytest.mark.parametrize("kind", DROPOUTS)
@pytest.mark.parametrize("keep", [0, 0.0, -0.1, 1.0001, 2, math.nan, math.inf])
def test_a_keep_outside_its_range_is_named(kind, keep):
    with pytest.raises(ValueError, match=rf"{kind.__name__}: keep, .* must lie in \(0, 1\], not {keep}"):
        kind(keep, rng=generator())


@pytest.mark.parametrize("keep", ["0.5", None, True, [0.5], np.array([0.5]), 0.5j])
def test_a_keep_that_is_no_number_is_named(keep):
    with pytest.raises(TypeError, match=r"Dropout: keep must be (a|one) number"):
        Dropout(keep, rng=generator())


@pytest.mark.parametrize("rng", [0, None, np.random.RandomState(0), np.random])
def test_rng_must_be_a_generator(rng):
    with pytest.raises(TypeError, match="Dropout: rng must be a generator"):
        Dropout(0.5, rng=rng)
    with pytest.raises(TypeError, match="average: rng"):
        average(Dropout(0.5, rng=generator()), np.ones((1, 2)), 3, rng)


def test_bad_input_is_named():
    layer = InvertedDropout(0.5, rng=generator())
    with pytest.raises(RuntimeError, match=r"InvertedDropout\(keep=0.5\): backward needs a forward"):
        layer.backward(np.ones((2, 2)))
    with pytest.raises(TypeError, match=r"InvertedDropout.*floats, not int"):
        layer.forward(np.ones((2, 2), int), train=True)
    with pytest.raises(ValueError, match="empty"):
        layer.forward(np.ones((0, 2)))
    layer.forward(np.ones((2, 3)))
    with pytest.raises(ValueError, match=r"dy must have shape \(2, 3\), not \(2, 1\)"):
        layer.backward(np.ones((2, 1)))
    spatial = SpatialDropout(0.5, rng=generator())
    for call in (lambda: spatial.forward(np.ones((2, 3))), lambda: spatial.output_shape((3,))):
        with pytest.raises(ValueError, match=r"SpatialDropout.*\(N, height, width, channels\)"):
            call()
    for sigma, error in ((-1, ValueError), (math.inf, ValueError), ("1", TypeError), (np.ones(2), TypeError)):
        with pytest.raises(error, match="GaussianNoise: sigma"):
            GaussianNoise(sigma, rng=generator())
    for samples, error in ((0, ValueError), (1.5, TypeError)):
        with pytest.raises(error, match="average: samples"):
            average(layer, np.ones((1, 2)), samples, generator())
    with pytest.raises(ValueError, match=r"no noise in Sequential$"):
        average(Sequential(Dense(2, 2, rng=generator())), np.ones((1, 2)), 1, generator())
    with pytest.raises(ValueError, match="no noise"):
        average(Dense(2, 2, rng=generator()), np.ones((1, 2)), 1, generator())
    with pytest.raises(NotImplementedError):
        Noise(generator()).forward(np.ones((1, 2)), train=True)
