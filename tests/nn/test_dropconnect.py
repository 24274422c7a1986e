"""DropConnect: masks of weights, and the Gaussian rule against sampling and closed forms."""

import itertools
import math

import numpy as np
import pytest
import torch
from scipy.stats import norm

from course_lib.nn.activations import ReLU, Sigmoid, Tanh
from course_lib.nn.dropconnect import DropConnect
from course_lib.nn.layers import Dense
from course_lib.nn.network import Sequential
from course_lib.nn.noise import average

SETTINGS = [
    {"each": each, "activation": activation} for each in (True, False) for activation in (None, ReLU, Tanh, Sigmoid)
]


def generator(seed=0):
    return np.random.default_rng(seed)


def layer(n_in=6, n_out=4, keep=0.6, seed=0, activation=None, **settings):
    made = DropConnect(
        n_in, n_out, keep, rng=generator(seed), dtype=np.float64, activation=activation and activation(), **settings
    )
    made.params["b"] += generator(seed + 1).normal(size=n_out)
    return made


def test_a_share_keep_of_the_weights_stays_each_alone():
    z = layer(30, 20, 0.3).draw((200, 30))
    assert z.shape == (200, 30, 20) and z.mean() == pytest.approx(0.3, abs=5 * 0.458 / math.sqrt(z.size))
    a = (z - 0.3) / 0.458
    for pair in ((a[1:], a[:-1]), (a[:, 1:], a[:, :-1]), (a[:, :, 1:], a[:, :, :-1])):
        assert abs((pair[0] * pair[1]).mean()) < 5 / math.sqrt(z.size)
    assert layer(30, 20, 0.3, each=False).draw((200, 30)).shape == (1, 30, 20)
    assert layer(30, 20, 1.0).draw((200, 30)).all()


def test_moments_are_those_of_all_masks():
    made, x, p = layer(3, 2, 0.3), generator(1).normal(size=(1, 3)), 0.3
    W, b, mean, square = made.params["W"], made.params["b"], 0, 0
    for bits in itertools.product([0, 1], repeat=6):
        weight = p ** sum(bits) * (1 - p) ** (6 - sum(bits))
        u = x @ (np.reshape(bits, (3, 2)) * W) + b
        mean, square = mean + weight * u, square + weight * u**2
    mu, variance = made.moments(x)
    np.testing.assert_allclose(mu, mean, rtol=1e-12)
    np.testing.assert_allclose(variance, square - mean**2, rtol=1e-12)


@pytest.mark.parametrize("keep", [0.2, 0.5, 1.0])
def test_without_activation_the_mean_over_draws_is_what_testing_gives(keep):
    made, x, draws = layer(5, 3, keep), generator(2).normal(size=(1, 5)), 100_000
    drawn = made.forward(np.repeat(x, draws, 0), train=True)
    mu, variance = made.moments(x)
    np.testing.assert_allclose(made.forward(x), mu, rtol=1e-14)
    assert (np.abs(drawn.mean(0) - mu) <= 5 * np.sqrt(variance / draws) + 1e-10).all()
    np.testing.assert_allclose(drawn.var(0), variance[0], rtol=0.03, atol=1e-20)


def test_the_gaussian_rule_gives_the_closed_form_of_a_relu():
    """E max(u, 0) = μ Φ(μ/σ) + σ φ(μ/σ) for a normal u."""
    made, x = layer(40, 30, 0.5, activation=ReLU, points=200), generator(3).normal(size=(5, 40))
    mu, sigma = made.moments(x)[0], np.sqrt(made.moments(x)[1])
    closed = mu * norm.cdf(mu / sigma) + sigma * norm.pdf(mu / sigma)
    assert np.abs((made.forward(x) - closed) / sigma).max() < 1e-3
    assert np.abs((np.maximum(mu, 0) - closed) / sigma).max() > 0.3


@pytest.mark.parametrize("activation", [ReLU, Tanh, Sigmoid])
def test_the_gaussian_rule_is_near_to_sampling_where_the_plain_rule_is_not(activation):
    x, draws = generator(4).normal(size=(1, 60)), 20_000
    gaussian, plain = (layer(60, 12, 0.5, activation=activation, rule=rule) for rule in ("gaussian", "mean"))
    drawn = gaussian.forward(np.repeat(x, draws, 0), train=True)
    truth, error = drawn.mean(0), drawn.std(0) / math.sqrt(draws)
    near, far = np.abs(gaussian.forward(x) - truth), np.abs(plain.forward(x) - truth)
    assert (near < 5 * error + 0.01 * drawn.std(0)).all()  # u is a sum of 60: normal but for a hundredth
    assert far.mean() > 5 * near.mean()
    np.testing.assert_allclose(plain.forward(x), activation().forward(plain.moments(x)[0]), rtol=1e-12)


def test_average_samples_the_masks():
    made, x = layer(20, 5, 0.5, activation=ReLU), generator(5).normal(size=(3, 20))
    net = Sequential(made, Dense(5, 2, rng=generator(6), dtype=np.float64))
    sampled = average(net, x, 8_000, generator(7))
    np.testing.assert_allclose(sampled, net.forward(x), atol=0.06)  # what follows is linear
    assert not made.sampling


@pytest.mark.parametrize("settings", SETTINGS, ids=str)
@pytest.mark.parametrize("n", [1, 5])
def test_gradients_of_torch_given_the_same_mask(settings, n):
    made, rng = layer(**settings), generator(8)
    x, dy = rng.normal(size=(n, 6)), rng.normal(size=(n, 4))
    z = made.draw(x.shape)
    z[:, 1, 2] = False
    made.draw = lambda shape: z
    y = made.forward(x, train=True)
    dx = made.backward(dy)
    tx, W, b = (torch.tensor(a, requires_grad=True) for a in (x, made.params["W"], made.params["b"]))
    act = {None: lambda u: u, ReLU: torch.relu, Tanh: torch.tanh, Sigmoid: torch.sigmoid}[settings["activation"]]
    ty = act(torch.einsum("ni,nio->no", tx, (torch.tensor(z) * W).expand(n, 6, 4)) + b)
    ty.backward(torch.tensor(dy))
    np.testing.assert_allclose(y, ty.detach().numpy(), rtol=1e-12)
    for ours, theirs in ((dx, tx), (made.grads["W"], W), (made.grads["b"], b)):
        np.testing.assert_allclose(ours, theirs.grad.numpy(), rtol=1e-10, atol=1e-14)
    assert made.grads["W"][1, 2] == 0  # dropped for every example


@pytest.mark.parametrize("rule", ["gaussian", "mean"])
@pytest.mark.parametrize("keep", [0.5, 1.0])
@pytest.mark.parametrize("activation", [None, ReLU, Tanh])
def test_gradients_of_torch_in_testing(activation, keep, rule):
    made, rng = layer(keep=keep, activation=activation, rule=rule, points=16), generator(9)
    x, dy = rng.normal(size=(5, 6)), rng.normal(size=(5, 4))
    made.forward(x)
    dx = made.backward(dy)
    tx, W, b = (torch.tensor(a, requires_grad=True) for a in (x, made.params["W"], made.params["b"]))
    t = torch.tensor(norm.ppf((np.arange(16) + 0.5) / 16))
    t = t / t.std(correction=0)
    mu = keep * tx @ W + b
    u = mu + t[:, None, None] * torch.sqrt(keep * (1 - keep) * tx**2 @ W**2) if rule == "gaussian" and keep < 1 else mu
    act = {None: lambda u: u, ReLU: torch.relu, Tanh: torch.tanh}[activation]
    y = act(u).mean(0) if u.ndim == 3 else act(u)
    y.backward(torch.tensor(dy))
    for ours, theirs in ((dx, tx), (made.grads["W"], W), (made.grads["b"], b)):
        np.testing.assert_allclose(ours, theirs.grad.numpy(), rtol=1e-10, atol=1e-13)


@pytest.mark.parametrize("train", [False, True])
@pytest.mark.parametrize("settings", SETTINGS, ids=str)
def test_gradients_by_finite_differences_with_the_mask_held(settings, train):
    made, rng, h = layer(**settings), generator(10), 1e-6
    x, dy = rng.normal(size=(3, 6)), rng.normal(size=(3, 4))
    z = made.draw(x.shape)
    made.draw = lambda shape: z
    made.forward(x, train)
    dx = made.backward(dy)
    grads = {name: g.copy() for name, g in made.grads.items()}
    for array, gradient in ((x, dx), (made.params["W"], grads["W"]), (made.params["b"], grads["b"])):
        for i in np.ndindex(array.shape):
            kept, sides = array[i], []
            for step in (h, -h):
                array[i] = kept + step
                sides.append((made.forward(x, train) * dy).sum())
            array[i] = kept
            assert gradient[i] == pytest.approx((sides[0] - sides[1]) / (2 * h), abs=1e-7)


def test_an_input_of_zeros_has_no_spread_and_finite_gradients():
    made = layer(activation=ReLU)
    y = made.forward(np.zeros((2, 6)))
    np.testing.assert_allclose(y, np.maximum(made.params["b"], 0)[None].repeat(2, 0))
    assert np.isfinite(made.backward(np.ones((2, 4)))).all() and np.isfinite(made.grads["W"]).all()


@pytest.mark.parametrize("train", [False, True])
def test_float32_stays_and_one_seed_gives_one_result(train):
    x = generator(11).normal(size=(3, 6)).astype(np.float32)
    a, b = (DropConnect(6, 4, 0.5, rng=generator(12), activation=ReLU()) for _ in range(2))
    for _ in range(2):
        y = a.forward(x, train)
        np.testing.assert_array_equal(y, b.forward(x, train))
    assert y.dtype == a.backward(np.ones_like(y)).dtype == a.grads["W"].dtype == np.float32
    state = a.rng.bit_generator.state
    a.forward(x)
    assert a.rng.bit_generator.state == state


def test_in_a_network_its_weights_lie_in_the_flat_buffer():
    made = layer()
    net = Sequential(made, ReLU())
    assert list(net.params) == ["0.W", "0.b"] and net.params["0.W"] is made.params["W"]
    net.forward(np.ones((2, 6)), train=True)
    net.backward(np.ones((2, 4)))
    assert np.shares_memory(net.grads["0.W"], made.grads["W"]) and net.grads["0.W"].any()
    assert net.output_shape((6,)) == (4,) and "DropConnect(6, 4, keep=0.6)" in repr(net)


@pytest.mark.parametrize(
    "change, error, words",
    [
        ({"keep": 0}, ValueError, "DropConnect: keep"),
        ({"keep": 1.5}, ValueError, "DropConnect: keep"),
        ({"keep": "1"}, TypeError, "DropConnect: keep"),
        ({"n_in": 0}, ValueError, "DropConnect: n_in"),
        ({"n_out": 1.5}, TypeError, "DropConnect: n_out"),
        ({"rule": "sample"}, ValueError, 'rule must be "gaussian" or "mean", not \'sample\''),
        ({"points": 1}, ValueError, "DropConnect: points"),
        ({"activation": "relu"}, TypeError, "DropConnect: activation"),
        ({"activation": ReLU}, TypeError, "DropConnect: activation"),
        ({"activation": Dense(4, 4, rng=generator())}, TypeError, "DropConnect: activation"),
        ({"rng": 0}, TypeError, "DropConnect: rng"),
    ],
)
def test_bad_settings_are_named(change, error, words):
    with pytest.raises(error, match=words):
        DropConnect(**{"n_in": 6, "n_out": 4, "keep": 0.5, "rng": generator()} | change)


def test_bad_input_is_named():
    made = layer()
    with pytest.raises(ValueError, match=r"DropConnect\(6, 4, keep=0.6\): x must have shape \(N, 6\), not \(2, 5\)"):
        made.forward(np.ones((2, 5)), train=True)
    with pytest.raises(ValueError, match=r"x must have shape \(N, 6\)"):
        made.output_shape((5,))
    with pytest.raises(RuntimeError, match="backward needs a forward"):
        made.backward(np.ones((2, 4)))
    made.forward(np.ones((2, 6)))
    with pytest.raises(ValueError, match=r"dy must have shape \(2, 4\), not \(2, 6\)"):
        made.backward(np.ones((2, 6)))
