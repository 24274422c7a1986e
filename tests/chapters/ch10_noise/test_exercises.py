"""The solutions of chapter 10 against the library's layers, torch, and the mean over every mask."""

from itertools import product

import numpy as np
import pytest

from course_lib.chapters.ch10_noise import ex
from course_lib.nn import DropConnect, Dropout, FractionalMaxPool, InvertedDropout, numerical_gradient
from course_lib.nn.pooling import random_sequence


def every_mask(shape, keep):
    """Each mask of a shape, and its probability."""
    for bits in product([0, 1], repeat=int(np.prod(shape))):
        z = np.array(bits).reshape(shape)
        yield z, keep ** z.sum() * (1 - keep) ** (z.size - z.sum())


@pytest.mark.parametrize("keep", [0.2, 0.7, 1.0])
def test_inverted_dropout_is_the_librarys(keep):
    x = np.random.default_rng(1).normal(size=(6, 5))
    layer, u = InvertedDropout(keep, rng=np.random.default_rng(2)), np.random.default_rng(2).random((6, 5), np.float32)
    np.testing.assert_allclose(layer.forward(x, train=True), ex.inverted_dropout.reference(x, u, keep, True))
    np.testing.assert_allclose(layer.forward(x), ex.inverted_dropout.reference(x, u, keep, False))


def test_its_mean_over_every_mask_is_the_input():
    x, keep, mean = np.array([[1.0, -2.0, 0.5]]), 0.3, 0.0
    for z, chance in every_mask((1, 3), keep):
        u = np.where(z, keep / 2, (1 + keep) / 2)
        mean = mean + chance * ex.inverted_dropout.reference(x, u, keep, True)
    np.testing.assert_allclose(mean, x)


def test_it_is_torchs_for_the_probability_to_drop():
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)
    x = torch.randn(50, 40, dtype=torch.float64, requires_grad=True)
    y = torch.nn.Dropout(p=1 - 0.8)(x)
    u, dy = np.where(y.detach() != 0, 0.0, 0.9), torch.randn(50, 40, dtype=torch.float64)
    np.testing.assert_allclose(y.detach(), ex.inverted_dropout.reference(x.detach().numpy(), u, 0.8, True))
    y.backward(dy)
    np.testing.assert_allclose(x.grad, ex.dropout_backward.reference(dy.numpy(), (u < 0.8).astype(float), 0.8))


def test_backward_is_the_gradient_for_that_mask():
    rng = np.random.default_rng(0)
    x, dy, u = rng.normal(size=(3, 4)), rng.normal(size=(3, 4)), rng.random((3, 4))
    found = ex.dropout_backward.reference(dy, (u < 0.6).astype(float), 0.6)
    numeric = numerical_gradient(lambda at: np.sum(dy * ex.inverted_dropout.reference(at, u, 0.6, True)), x)
    np.testing.assert_allclose(found, numeric, atol=1e-8)


def test_the_first_form_is_the_mean_over_every_mask():
    rng, keep = np.random.default_rng(0), 0.35
    x, W, b = rng.normal(size=(2, 3)), rng.normal(size=(3, 2)), rng.normal(size=2)
    mean = sum(chance * ((x * z) @ W + b) for z, chance in every_mask(3, keep))
    np.testing.assert_allclose(ex.vanilla_test.reference(x, W, b, keep), mean)
    layer = Dropout(keep, rng=rng)
    np.testing.assert_allclose(layer.forward(x) @ W + b, mean)


def test_dropconnects_moments_are_those_of_every_mask():
    rng, keep = np.random.default_rng(0), 0.35
    x, W, b = rng.normal(size=(2, 3)), rng.normal(size=(3, 2)), rng.normal(size=2)
    sums = [(x @ (z * W) + b, chance) for z, chance in every_mask((3, 2), keep)]
    mean = sum(chance * u for u, chance in sums)
    variance = sum(chance * (u - mean) ** 2 for u, chance in sums)
    found = ex.dropconnect.reference(x, W, b, keep)
    np.testing.assert_allclose(found, (mean, variance))
    layer = DropConnect(3, 2, keep, rng=rng, dtype=np.float64)
    layer.params["W"][...], layer.params["b"][...] = W, b
    np.testing.assert_allclose(layer.moments(x), found)


@pytest.mark.parametrize("seed", range(5))
def test_a_pooled_row_is_the_librarys(seed):
    layer = FractionalMaxPool(1.4, rng=np.random.default_rng(seed), overlapping=False)
    steps = np.diff(random_sequence(23, 16, np.random.default_rng(seed)))
    x = np.random.default_rng(9).normal(size=23)
    found = layer.forward(np.tile(x[:, None], (1, 23))[None, :, :, None], train=True)[0, :, 0, 0]
    np.testing.assert_allclose(found, ex.fractional_pool.reference(x, steps))
