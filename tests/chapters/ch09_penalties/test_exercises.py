"""The solutions of chapter 9 against the library, and against minima that are searched for."""

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from course_lib.chapters.ch09_penalties import ex
from course_lib.nn import L1, L2, ElasticNet, MaxNorm, add_penalty_grad
from course_lib.optim import SGD, descend

RNG = np.random.default_rng(0)


def test_elastic_grad_is_the_librarys():
    w, dw = RNG.normal(size=(2, 9))
    w[3] = 0.0
    found = ex.elastic_grad.reference(w, dw, 0.3, 0.2)
    np.testing.assert_allclose(found, dw + ElasticNet(0.3, 0.2).grad(w))


def test_soft_is_the_librarys_and_the_minimum():
    w = RNG.normal(size=40)
    found = ex.soft.reference(w, 0.5, 0.8)
    np.testing.assert_allclose(found, L1(0.8).prox(w, 0.5), atol=1e-15)
    for v, u in zip(w, found, strict=True):
        least = minimize_scalar(lambda z, v=v: (z - v) ** 2 / 2 + 0.4 * abs(z), bounds=(-4, 4), method="bounded").x
        assert u == pytest.approx(least, abs=1e-5)


def test_weights_only_is_the_librarys():
    params = {"0.W": RNG.normal(size=(3, 2)), "0.b": RNG.normal(size=2)}
    grads = {name: RNG.normal(size=p.shape) for name, p in params.items()}
    found = ex.weights_only.reference(params["0.W"], params["0.b"], grads["0.W"], grads["0.b"], 0.3)
    add_penalty_grad(L2(0.3), params, grads)
    for mine, theirs in zip(found, grads.values(), strict=True):
        np.testing.assert_allclose(mine, theirs)


@pytest.mark.parametrize("c", [0.3, 1.5, 9.0])
def test_max_norm_is_the_librarys(c):
    W = RNG.normal(size=(5, 4)) * [0.1, 1, 2, 3]
    found = ex.max_norm.reference(W, c)
    np.testing.assert_allclose(found, MaxNorm(c).prox(W, 1.0))
    assert np.linalg.norm(found, axis=0).max() <= c * (1 + 1e-12)


@pytest.mark.parametrize(("h", "lr", "t"), [(1.0, 0.5, 3), (0.1, 0.3, 20), (2.0, 0.2, 7)])
def test_as_far_as_so_many_steps(h, lr, t):
    lam = ex.same_shrinkage.reference(h, lr, t)
    end = descend(lambda x: h * (x - 1), SGD(lr), [0.0], t)[-1, 0]
    least = minimize_scalar(lambda w: h * (w - 1) ** 2 / 2 + lam * w * w / 2, bounds=(-1, 2), method="bounded").x
    assert end == pytest.approx(least, abs=1e-5)
