"""Penalties: gradients and proximal steps by definition, solutions of scikit-learn, weights and not biases."""

import copy
import math

import numpy as np
import pytest
import torch
from scipy import optimize
from sklearn import linear_model

from course_lib.nn import Dense
from course_lib.nn.losses import squared_error
from course_lib.nn.penalties import (
    L1,
    L2,
    ElasticNet,
    MaxNorm,
    add_penalty_grad,
    apply_prox,
    is_weight,
    penalty_value,
    soft_threshold,
)
from course_lib.optim import SGD, Adam, AdamW, ParameterSet

SMOOTH = [L2(0.0), L2(0.7), L1(0.7), ElasticNet(0.4, 0.3), ElasticNet(0.4, 0.0), ElasticNet(0.0, 0.3)]
COSTS = {
    L2: lambda p, w: p.strength / 2 * (w**2).sum(),
    L1: lambda p, w: p.strength * w.abs().sum(),
    ElasticNet: lambda p, w: p.l1 * w.abs().sum() + p.l2 / 2 * (w**2).sum(),
}


# -- value, gradient, prox ----------------------------------------------------------------------


@pytest.mark.parametrize("penalty", SMOOTH, ids=repr)
@pytest.mark.parametrize("shape", [(1,), (4, 3), (2, 2, 3, 2)])
def test_value_and_gradient_of_torch(penalty, shape):
    w = np.random.default_rng(0).normal(size=shape)
    w.flat[0] = 0  # where |w| has its corner, torch's subgradient is 0, too
    t = torch.tensor(w, requires_grad=True)
    cost = COSTS[type(penalty)](penalty, t)
    cost.backward()
    assert penalty.value(w) == pytest.approx(cost.item(), rel=1e-12)
    np.testing.assert_allclose(penalty.grad(w), t.grad.numpy(), rtol=1e-10, atol=1e-15)


@pytest.mark.parametrize("penalty", SMOOTH, ids=repr)
def test_gradient_by_finite_differences(penalty):
    w, h = np.random.default_rng(1).normal(size=(3, 4)), 1e-6
    for i in np.ndindex(w.shape):
        e = np.zeros_like(w)
        e[i] = h
        slope = (penalty.value(w + e) - penalty.value(w - e)) / (2 * h)
        assert penalty.grad(w)[i] == pytest.approx(slope, abs=1e-7)


@pytest.mark.parametrize("step", [0.0, 0.1, 1.0, 10.0])
@pytest.mark.parametrize("penalty", SMOOTH, ids=repr)
def test_prox_is_the_minimum_it_is_defined_by(penalty, step):
    for w in (-3.0, -0.05, 0.0, 0.02, 0.5, 4.0):

        def cost(u, w=w):
            return (u - w) ** 2 / 2 + step * penalty.value(np.array([u]))

        best = optimize.minimize_scalar(cost, bounds=(-5, 5), method="bounded", options={"xatol": 1e-12}).x
        ours = penalty.prox(np.array([w]), step)[0]
        assert ours == pytest.approx(best, abs=1e-6) and cost(ours) <= cost(best) + 1e-15


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("a", [0.0, 0.3, 5.0])
def test_soft_threshold_is_torchs(a, dtype):
    w = np.array([-3.0, -0.3, -1e-9, -0.0, 0.0, 0.05, 0.3, 0.31, 2.5], dtype)
    found = soft_threshold(w, a)
    np.testing.assert_allclose(found, torch.nn.functional.softshrink(torch.tensor(w), a).numpy(), rtol=1e-6)
    assert found.dtype == dtype and not np.signbit(found[np.abs(w) <= a]).any(), "no −0"
    assert soft_threshold(-2.0, 0.5) == -1.5 and soft_threshold(0.4, 0.5) == 0.0
    np.testing.assert_array_equal(soft_threshold(w, np.full_like(w, a)), found)


def test_prox_of_max_norm_is_the_nearest_point_inside():
    rng = np.random.default_rng(2)
    w, penalty = rng.normal(size=(3, 4)) * [0.1, 1.0, 3.0, 10.0], MaxNorm(1.5)
    ours = penalty.prox(w, 0.1)
    for unit in range(4):
        inside = {"type": "ineq", "fun": lambda u: 1.5**2 - u @ u}
        nearest = optimize.minimize(
            lambda u, unit=unit: ((u - w[:, unit]) ** 2).sum(), np.zeros(3), constraints=inside, tol=1e-12
        )
        np.testing.assert_allclose(ours[:, unit], nearest.x, atol=1e-5)
    assert penalty.value(ours) == 0.0 and penalty.value(w) == math.inf
    assert np.array_equal(ours[:, 0], w[:, 0])  # inside nothing happens, to the last bit
    np.testing.assert_allclose(penalty.prox(ours, 5.0), ours, rtol=1e-15)
    assert not penalty.grad(w).any()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_axes_of_max_norm(dtype):
    rng = np.random.default_rng(3)
    kernel, vector = (5 * rng.normal(size=s).astype(dtype) for s in ((3, 3, 2, 7), (6,)))
    bounded = MaxNorm(2.0).prox(kernel, 0.1)
    norms = [np.linalg.norm(bounded[..., c]) for c in range(7)]
    np.testing.assert_allclose(norms, 2.0, rtol=1e-5)
    assert MaxNorm(2.0).value(bounded) == 0 and bounded.dtype == dtype
    assert np.linalg.norm(MaxNorm(2.0).prox(vector, 0.1)) == pytest.approx(2, rel=1e-6)
    matrix = 5 * rng.normal(size=(4, 3)).astype(dtype)
    np.testing.assert_allclose(np.linalg.norm(MaxNorm(2.0, axis=1).prox(matrix, 0.0), axis=1), 2, rtol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(MaxNorm(2.0, axis=(0, 1)).prox(matrix, 0.0)), 2, rtol=1e-6)
    zeros = np.zeros((2, 2), dtype)
    assert not MaxNorm(2.0).prox(zeros, 0.1).any()


@pytest.mark.parametrize("penalty", [*SMOOTH[1:4], MaxNorm(1.0)], ids=repr)
def test_dtype_is_kept_and_w_left_alone(penalty):
    w = np.array([[3.0, -0.1], [-2.0, 0.5]], np.float32)
    kept = w.copy()
    assert penalty.grad(w).dtype == penalty.prox(w, 0.1).dtype == np.float32
    assert isinstance(penalty.value(w), float) and np.array_equal(w, kept)
    assert penalty.grad(w).shape == penalty.prox(w, 0.1).shape == w.shape


# -- a linear model: the solutions of scikit-learn ----------------------------------------------

N, D, TRUE = 100, 50, 8


def regression(seed=0):
    """50 inputs, of which 8 matter."""
    rng = np.random.default_rng(seed)
    X, w = rng.normal(size=(N, D)), np.zeros(D)
    w[rng.choice(D, TRUE, replace=False)] = rng.choice([-1, 1], TRUE) * rng.uniform(1, 3, TRUE)
    return X, X @ w + 0.3 * rng.normal(size=N) + 4.0


def descend(penalty, X, y, proximal, steps=3000):
    """Gradient descent on ½ mean squared error of a Dense layer, with the penalty's prox or its gradient."""
    layer = Dense(D, 1, rng=np.random.default_rng(1), dtype=np.float64)
    centered = np.hstack([X, np.ones((N, 1))])
    opt = SGD(N / np.linalg.norm(centered, 2) ** 2)
    for _ in range(steps):
        layer.backward(squared_error(layer.forward(X), y[:, None])[1] / 2)
        if not proximal:
            add_penalty_grad(penalty, layer.params, layer.grads)
        opt.step(layer.params, layer.grads)
        if proximal:
            apply_prox(penalty, layer.params, opt.lr)
    return layer.params["W"][:, 0], layer.params["b"][0]


@pytest.mark.parametrize(
    ("penalty", "theirs"),
    [
        (L2(0.3), linear_model.Ridge(alpha=0.3 * N)),
        (L1(0.2), linear_model.Lasso(alpha=0.2, tol=1e-14, max_iter=100_000)),
        (ElasticNet(0.2, 0.1), linear_model.ElasticNet(alpha=0.3, l1_ratio=2 / 3, tol=1e-14, max_iter=100_000)),
    ],
    ids=lambda p: type(p).__name__,
)
@pytest.mark.parametrize("seed", [0, 1, 2])
def test_proximal_descent_reaches_scikit_learns_solution(penalty, theirs, seed):
    X, y = regression(seed)
    w, b = descend(penalty, X, y, proximal=True)
    theirs.fit(X, y)
    np.testing.assert_allclose(w, theirs.coef_, atol=1e-8)
    assert b == pytest.approx(theirs.intercept_, abs=1e-8)  # the bias pays nothing
    assert np.array_equal(w == 0, theirs.coef_ == 0)
    assert penalty_value(penalty, {"W": w}) > 0


def test_with_l2_the_gradient_does_as_well():
    X, y = regression()
    np.testing.assert_allclose(*(descend(L2(0.3), X, y, proximal)[0] for proximal in (True, False)), atol=1e-8)


def test_only_prox_gives_exact_zeros():
    """42 of 50 weights have nothing to say: prox finds them all, the subgradient none, in as many steps."""
    for seed in range(3):
        X, y = regression(seed)
        by_prox, by_grad = (descend(L1(0.2), X, y, proximal)[0] for proximal in (True, False))
        assert (by_prox == 0).sum() == D - TRUE == 42
        assert (by_grad == 0).sum() == 0
        np.testing.assert_allclose(by_grad, by_prox, atol=0.2)  # and yet they are near each other


# -- L2 and weight decay ------------------------------------------------------------------------


def run(opt, penalty, w, gradients):
    w = w.copy()
    for g in gradients:
        grads = {"W": g.copy()}
        add_penalty_grad(penalty, {"W": w}, grads)
        opt.step({"W": w}, grads)
    return w


def test_l2_is_weight_decay_for_sgd_and_not_for_adam():
    rng = np.random.default_rng(4)
    w, gradients, lr, decay = rng.normal(size=20), rng.normal(size=(50, 20)), 0.05, 0.1
    shrunk = w.copy()
    for g in gradients:
        shrunk = (1 - lr * decay) * shrunk - lr * g
    np.testing.assert_allclose(run(SGD(lr), L2(decay), w, gradients), shrunk, rtol=1e-12)

    t = torch.tensor(w, requires_grad=True)
    theirs = torch.optim.SGD([t], lr=lr, weight_decay=decay)
    for g in gradients:
        t.grad = torch.tensor(g)
        theirs.step()
    np.testing.assert_allclose(run(SGD(lr), L2(decay), w, gradients), t.detach().numpy(), rtol=1e-12)

    coupled = run(Adam(lr), L2(decay), w, gradients)
    decoupled = run(AdamW(lr, weight_decay=decay), L2(0.0), w, gradients)
    assert np.abs(coupled - decoupled).max() > 0.05


# -- networks -----------------------------------------------------------------------------------


def network():
    rng = np.random.default_rng(5)
    names = {"0.W": (4, 3), "0.b": (3,), "1.gamma": (3,), "1.beta": (3,), "2.0.W": (3, 2), "2.0.b": (2,)}
    return {name: rng.normal(size=shape) for name, shape in names.items()}


@pytest.mark.parametrize("kind", [dict, ParameterSet])
def test_weights_pay_and_biases_do_not(kind):
    penalty, before = ElasticNet(0.3, 0.2), network()
    params, grads = kind(before), kind({name: np.ones_like(p) for name, p in before.items()})
    arrays = {name: params[name] for name in params}
    weights = [name for name in before if is_weight(name)]
    assert weights == ["0.W", "2.0.W"]
    assert penalty_value(penalty, params) == pytest.approx(sum(penalty.value(before[n]) for n in weights))
    add_penalty_grad(penalty, params, grads)
    before = copy.deepcopy(before)
    apply_prox(penalty, params, 0.5)
    for name in before:
        paid = name in weights
        assert params[name] is arrays[name]  # changed where they are
        np.testing.assert_array_equal(grads[name], 1 + penalty.grad(before[name]) if paid else 1)
        np.testing.assert_array_equal(params[name], penalty.prox(before[name], 0.5) if paid else before[name])


def test_others_pay_if_asked():
    params, penalty = network(), L2(1.0)
    assert penalty_value(penalty, params, on=lambda name: True) == pytest.approx(
        sum((p**2).sum() / 2 for p in params.values())
    )
    gamma = params["1.gamma"].copy()
    apply_prox(penalty, params, 1.0, on=lambda name: name.endswith("gamma"))
    np.testing.assert_array_equal(params["1.gamma"], gamma / 2)
    np.testing.assert_array_equal(params["0.W"], network()["0.W"])
    grads = {name: np.zeros_like(p) for name, p in params.items()}
    add_penalty_grad(penalty, params, grads, on=lambda name: name == "0.b")
    assert [name for name, g in grads.items() if g.any()] == ["0.b"]
    assert penalty_value(penalty, {}) == 0.0


# -- errors -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: L2(-0.1), ValueError, "strength must be finite and at least 0, not -0.1"),
        (lambda: L1(math.nan), ValueError, "strength must be"),
        (lambda: L1("much"), TypeError, "strength must be a number"),
        (lambda: L2(np.array([0.1, 0.2])), TypeError, "strength must be one number"),
        (lambda: ElasticNet(0.1, -1), ValueError, "l2 must be"),
        (lambda: ElasticNet(math.inf, 1), ValueError, "l1 must be"),
        (lambda: MaxNorm(0.0), ValueError, "limit must be above 0"),
        (lambda: MaxNorm(-1.0), ValueError, "limit must be"),
        (lambda: MaxNorm(1.0, axis=0.5), TypeError, "axis must be"),
        (lambda: MaxNorm(1.0, axis=2).prox(np.ones((2, 2)), 0.1), ValueError, r"axis=2.* w of shape \(2, 2\)"),
        (lambda: L1(0.1).prox(np.ones(2), -1.0), ValueError, "step must be"),
        (lambda: L2(0.1).prox(np.ones(2), "1"), TypeError, "step must be a number"),
        (lambda: MaxNorm(1.0).prox(np.ones(2), math.nan), ValueError, "step must be"),
    ],
)
def test_bad_settings(make, error, message):
    with pytest.raises(error, match=message):
        make()


@pytest.mark.parametrize("penalty", [L2(1.0), L1(1.0), ElasticNet(1.0, 1.0), MaxNorm(1.0)], ids=repr)
def test_bad_weights(penalty):
    for w in ([1.0, 2.0], np.array([1, 2]), 3.0):
        for call in (penalty.value, penalty.grad, lambda w: penalty.prox(w, 0.1)):
            with pytest.raises(TypeError, match="w must"):
                call(w)


def test_a_gradient_that_is_missing_is_named_and_nothing_changed():
    params = {"0.W": np.ones(2), "1.W": np.ones(2)}
    for grads in ({"0.W": np.zeros(2)}, {"0.W": np.zeros(2), "1.W": np.zeros(3)}):
        with pytest.raises(ValueError, match=r"grads\['1.W'\]"):
            add_penalty_grad(L2(1.0), params, grads)
        assert not grads["0.W"].any()


def test_repr():
    assert [repr(p) for p in (L2(0.01), L1(2e-3), ElasticNet(0.1, 0.2), MaxNorm(3), MaxNorm(3, axis=1))] == [
        "L2(0.01)", "L1(0.002)", "ElasticNet(l1=0.1, l2=0.2)", "MaxNorm(3)", "MaxNorm(3, axis=1)",
    ]  # fmt: skip


def test_nothing_is_half_changed_where_one_weight_does_not_fit():
    def network():
        return {"0.W": np.full((2, 2, 3, 4), 5.0), "1.W": np.full((3, 2), 5.0)}

    params, whole = network(), {"0.W": np.ones(2), "1.W": np.ones(2, int)}
    with pytest.raises(ValueError, match=r"does not fit w of shape \(3, 2\)"):
        apply_prox(MaxNorm(1.0, axis=(0, 1, 2)), params, 0.1)
    assert all(np.array_equal(params[name], w) for name, w in network().items())
    grads = {name: np.zeros(2) for name in whole}
    for call in (lambda: apply_prox(L1(0.1), whole, 0.5), lambda: add_penalty_grad(L1(0.1), whole, grads)):
        with pytest.raises(TypeError, match="w must hold floats"):
            call()
        assert (whole["0.W"] == 1).all() and not grads["0.W"].any()


@pytest.mark.parametrize(("dtype", "size"), [(np.float16, 3e3), (np.float32, 1e25), (np.float64, 1e100)])
def test_max_norm_of_huge_weights_is_the_limit_and_not_0(dtype, size):
    w = np.full((4, 2), size, dtype)
    np.testing.assert_allclose(MaxNorm(2.0).prox(w, 0.1), 1.0, rtol=2e-3)
    assert MaxNorm(2.0).value(w) == math.inf
