"""The solutions of chapter 1 against the library, torch, and a step of gradient descent."""

import numpy as np
import pytest

from course_lib.chapters.ch01_first_step import ex
from course_lib.data import Normalize
from course_lib.nn import BatchNorm, Log, he
from course_lib.optim import SGD

RNG = np.random.default_rng(0)


def test_the_ratio_is_that_of_a_step():
    w, dw = RNG.normal(size=(2, 30, 4))
    moved = w.copy()
    SGD(0.03).step(moved, dw)
    expected = np.linalg.norm(moved - w) / np.linalg.norm(w)
    assert ex.update_ratio.reference(w, dw, 0.03) == pytest.approx(expected)


@pytest.mark.parametrize("u", [0.0, 0.25, 0.7, 1.0])
def test_a_log_scale_is_the_librarys(u):
    assert ex.log_uniform.reference(1e-5, 30.0, u) == pytest.approx(Log(1e-5, 30.0).at(u), rel=1e-9)


def test_every_order_of_magnitude_gets_its_share():
    values = ex.log_uniform.reference(1e-4, 1.0, RNG.random(40_000))
    shares = np.histogram(np.log10(values), bins=[-4, -3, -2, -1, 0])[0] / 40_000
    np.testing.assert_allclose(shares, 0.25, atol=0.015)


def test_standardize_is_normalize():
    train, val = RNG.normal(3, [1, 20, 0.1], (50, 3)), RNG.normal(size=(20, 3))
    train[:, 2] = 5
    prepare = Normalize(train)
    found = ex.standardize.reference(train, val)
    np.testing.assert_allclose(found[0], prepare(train), atol=1e-12)
    np.testing.assert_allclose(found[1], prepare(val), atol=1e-12)


def test_1e8_added_to_the_deviation_is_named():
    """The mistake that the chapter warns of, written as a student would."""

    def answer(train, val):
        mean, std = train.mean(axis=0), train.std(axis=0) + 1e-8
        return (train - mean) / std, (val - mean) / std

    result = ex.standardize.evaluate(answer)
    assert result.diagnosis == "1e-8 added" and "constant" in result.message


@pytest.mark.parametrize("slope", [0.0, 0.2, 1.0])
def test_hes_scale_is_that_of_the_librarys_weights(slope):
    W = he(np.random.default_rng(1), 300, 200, np.float64, slope=slope)
    assert ex.he_std.reference(300, 200, slope) == pytest.approx(W.std(), rel=0.02)


@pytest.mark.parametrize("slope", [0.0, 0.3, 1.0])
def test_it_keeps_the_mean_square(slope):
    x = RNG.normal(size=(400, 500))
    z = x @ (ex.he_std.reference(500, 500, slope) * RNG.normal(size=(500, 500)))
    y = np.where(z > 0, z, slope * z)
    assert np.mean(y**2) == pytest.approx(np.mean(x**2), rel=0.05)


def batches():
    gamma, beta = RNG.uniform(0.5, 2, (2, 6))
    return gamma, beta, RNG.normal(3, 2, (4, 9, 6))


def test_batch_norm_is_the_librarys():
    gamma, beta, xs = batches()
    layer = BatchNorm(6, momentum=0.7, eps=1e-3, dtype=np.float64)
    layer.params["gamma"][...], layer.params["beta"][...] = gamma, beta
    mean, var = np.zeros(6), np.ones(6)
    for x in xs:
        y, mean, var = ex.batchnorm.reference(x, gamma, beta, mean, var, 0.7, 1e-3)
        np.testing.assert_allclose(y, layer.forward(x, train=True), rtol=1e-10)
    np.testing.assert_allclose(mean, layer.state["mean"], rtol=1e-10)
    np.testing.assert_allclose(var, layer.state["var"], rtol=1e-10)


def test_batch_norm_is_torchs_with_the_other_share():
    torch = pytest.importorskip("torch")
    gamma, beta, xs = batches()
    layer = torch.nn.BatchNorm1d(6, momentum=1 - 0.7, eps=1e-3, dtype=torch.float64)
    with torch.no_grad():
        layer.weight.copy_(torch.tensor(gamma))
        layer.bias.copy_(torch.tensor(beta))
    mean, var = np.zeros(6), np.ones(6)
    for x in xs:
        y, mean, var = ex.batchnorm.reference(x, gamma, beta, mean, var, 0.7, 1e-3)
        np.testing.assert_allclose(y, layer(torch.tensor(x)).detach().numpy(), rtol=1e-9)
    np.testing.assert_allclose(mean, layer.running_mean.numpy(), rtol=1e-9)
    np.testing.assert_allclose(var, layer.running_var.numpy(), rtol=1e-9)
