"""Monte-Carlo dropout against nn.average, all masks in turn, and the closed form of a linear model."""

import itertools

import numpy as np
import pytest
from scipy.stats import entropy

from course_lib.ensembles import disagreement, mean_probability, monte_carlo, mutual_information, predictive_entropy
from course_lib.nn import BatchNorm, Dense, Dropout, InvertedDropout, ReLU, Sequential, average, softmax


def network(keep=0.6, seed=0, dtype=np.float64):
    rng = np.random.default_rng(seed)
    return Sequential(
        Dense(3, 8, rng=rng, dtype=dtype), BatchNorm(8, dtype=dtype), ReLU(), InvertedDropout(keep, rng=rng),
        Dense(8, 4, rng=rng, dtype=dtype),
    )  # fmt: skip


X = np.random.default_rng(9).normal(size=(6, 3))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_mean_is_that_of_average(dtype):
    net, x = network(dtype=dtype), X.astype(dtype)
    found = monte_carlo(net, x, 40, np.random.default_rng(1))
    assert found.passes.shape == (40, 6, 4) and found.passes.dtype == dtype
    theirs = average(net, x, 40, np.random.default_rng(1), of=softmax)
    np.testing.assert_allclose(found.mean, theirs, rtol=1e-5 if dtype == np.float32 else 1e-13)
    assert np.array_equal(found.passes, monte_carlo(net, x, 40, np.random.default_rng(1)).passes)
    assert not np.array_equal(found.passes, monte_carlo(net, x, 40, np.random.default_rng(2)).passes)


def test_a_pass_is_one_forward_in_training_mode_but_for_batch_norm():
    net = Sequential(Dense(3, 5, rng=np.random.default_rng(0)), Dropout(0.5, rng=np.random.default_rng(3)))
    x = X.astype(np.float32)
    found = monte_carlo(net, x, 3, np.random.default_rng(3))
    for t in range(3):
        np.testing.assert_array_equal(found.passes[t], softmax(net.forward(x, train=True)))


def test_all_masks_in_turn():
    """16 masks of four inputs, each with its probability: the exact mean, spread, entropy and information."""
    rng, keep, T = np.random.default_rng(0), 0.7, 10_000
    net = Sequential(InvertedDropout(keep, rng=rng), Dense(4, 3, rng=rng, dtype=float))
    net.params["1.W"] *= 2
    W, x = net.params["1.W"], rng.normal(size=(1, 4))
    masks = np.array(list(itertools.product([0, 1], repeat=4)))
    chance = np.prod(np.where(masks, keep, 1 - keep), axis=1)
    p = softmax((masks * x / keep) @ W)
    mean = chance @ p
    found = monte_carlo(net, x, T, np.random.default_rng(1))
    std = np.sqrt(chance @ (p - mean) ** 2)
    np.testing.assert_allclose(found.mean[0], mean, atol=5 * std.max() / np.sqrt(T))
    np.testing.assert_allclose(found.std[0], std, rtol=0.03)
    assert found.entropy[0] == pytest.approx(entropy(mean), abs=0.01)
    assert found.mutual_information[0] == pytest.approx(entropy(mean) - chance @ entropy(p, axis=1), abs=0.01)
    assert found.mutual_information[0] > 0.1


def test_the_closed_form_of_a_linear_model():
    """Var s = (1 − p)/p Σ (x w)²; for small scores of two classes p₁ = ½ + s/4, so std p₁ = std(s)/4."""
    rng, keep, T = np.random.default_rng(0), 0.5, 8_000
    net = Sequential(InvertedDropout(keep, rng=rng), Dense(50, 2, rng=rng, dtype=float))
    w, x = 0.01 * rng.normal(size=50), rng.normal(size=(3, 50))
    net.params["1.W"][...] = np.stack([np.zeros(50), w], axis=1)
    found = monte_carlo(net, x, T, np.random.default_rng(1))
    std = np.sqrt((1 - keep) / keep * np.square(x * w).sum(axis=1))
    np.testing.assert_allclose(found.std[:, 1], std / 4, rtol=0.03)
    np.testing.assert_allclose(found.mean[:, 1], 0.5 + x @ w / 4, atol=5 * std.max() / 4 / np.sqrt(T) + 1e-4)
    # and the information is that of a small spread: I ≈ Var(p₁)/(2 p̄ (1 − p̄)) = 2 Var(p₁)
    np.testing.assert_allclose(found.mutual_information, 2 * (std / 4) ** 2, rtol=0.1)


def test_without_noise_all_passes_agree():
    found = monte_carlo(network(keep=1.0), X, 10, np.random.default_rng(0))
    assert np.ptp(found.passes, axis=0).max() == 0 and disagreement(found.passes).mean == 0
    np.testing.assert_allclose(found.mutual_information, 0, atol=1e-15)
    np.testing.assert_allclose(found.std, 0, atol=1e-15)
    np.testing.assert_allclose(found.entropy, entropy(softmax(network(keep=1.0).forward(X)), axis=1), rtol=1e-12)


def test_entropy_and_information_of_any_ensemble():
    p = softmax(2 * np.random.default_rng(0).normal(size=(5, 7, 3)))
    np.testing.assert_allclose(predictive_entropy(p), entropy(p.mean(0), axis=1), rtol=1e-12)
    information = entropy(p.mean(0), axis=1) - entropy(p, axis=2).mean(0)
    np.testing.assert_allclose(mutual_information(p), information, rtol=1e-10)
    divergence = np.mean([entropy(member, p.mean(0), axis=1) for member in p], axis=0)  # the mean KL from the mean
    np.testing.assert_allclose(mutual_information(p), divergence, rtol=1e-10)
    certain = np.array([[[1.0, 0.0]], [[0.0, 1.0]]])
    assert predictive_entropy(certain)[0] == mutual_information(certain)[0] == pytest.approx(np.log(2))
    agreed = np.repeat(softmax(np.random.default_rng(1).normal(size=(1, 500, 7))), 3, axis=0)
    assert 0 <= mutual_information(agreed).min() and mutual_information(agreed).max() < 1e-14


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_few_digits_are_counted_in_float64(dtype):
    p = softmax(2 * np.random.default_rng(0).normal(size=(1, 7, 3))).astype(dtype)
    exact = p[0].astype(float)
    np.testing.assert_allclose(predictive_entropy(p), -(exact * np.log(exact)).sum(axis=1), rtol=1e-12)
    assert (mutual_information(p) == 0).all()


def test_the_network_is_left_alone():
    net = network()
    before = net.layers[3].rng.bit_generator.state, net.params.flat.copy(), {k: a.copy() for k, a in net.state.items()}
    y = net.forward(X)
    found = monte_carlo(net, X, 5, np.random.default_rng(0))
    assert net.layers[3].rng.bit_generator.state == before[0] and np.array_equal(net.params.flat, before[1])
    assert all(np.array_equal(net.state[k], a) for k, a in before[2].items()) and np.array_equal(net.forward(X), y)
    assert repr(found).startswith("MonteCarlo(5 passes, 6 rows, 4 classes: mean entropy ")
    assert np.array_equal(found.mean, mean_probability(found.passes))


def broken():
    net = network()
    net.params["4.b"][2] = np.nan
    return net


RNG = np.random.default_rng(0)
BAD = {
    "no passes": (lambda: monte_carlo(network(), X, 0, RNG), ValueError, "passes must be at least 1, not 0"),
    "2.5 passes": (lambda: monte_carlo(network(), X, 2.5, RNG), TypeError, "passes must be an integer"),
    "a seed": (lambda: monte_carlo(network(), X, 2, 0), TypeError, "rng must be a generator"),
    "no noise": (lambda: monte_carlo(Dense(3, 2, rng=RNG), X, 2, RNG), ValueError, "there is no noise in Dense"),
    "no network": (lambda: monte_carlo(softmax, X, 2, RNG), TypeError, "net must be a network"),
    "nan": (lambda: monte_carlo(broken(), X, 2, RNG), ValueError, "pass 0 returns nan at row 0, class 0"),
    "columns": (lambda: monte_carlo(network(), X[:, :2], 2, RNG), ValueError, r"x must have shape \(N, 3\)"),
    "scores": (lambda: predictive_entropy(np.ones((2, 3, 4))), ValueError, "no probabilities"),
    "empty": (lambda: mutual_information([]), ValueError, "the ensemble is empty"),
}


@pytest.mark.parametrize(("call", "error", "message"), BAD.values(), ids=BAD)
def test_bad_input(call, error, message):
    with pytest.raises(error, match=message):
        call()
