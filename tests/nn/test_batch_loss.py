"""The loss as a function of a vector: against torch's value, gradient and Hessian; the network is left alone."""

import numpy as np
import pytest
import torch

from course_lib.nn import (
    L2,
    BatchLoss,
    BatchNorm,
    Dense,
    InvertedDropout,
    ReLU,
    Sequential,
    Tanh,
    dead_units,
    evaluate,
    hessian,
)
from course_lib.optim import LBFGS, SGD, Newton, Ravine, Rosenbrock, minimize, range_test

F8 = np.float64


def problem(dtype=F8, seed=0):
    rng = np.random.default_rng(seed)
    net = Sequential(Dense(4, 5, rng=rng, dtype=dtype), Tanh(), Dense(5, 3, rng=rng, dtype=dtype))
    return net, rng.normal(size=(20, 4)).astype(dtype), rng.integers(0, 3, 20)


def in_torch(x, y, strength):
    """The same loss of the flat vector, by hand: W₁ 4×5, b₁, W₂ 5×3, b₂; the penalty holds for W only."""
    x, y = torch.tensor(x), torch.tensor(y)

    def loss(w):
        W1, b1, W2, b2 = w[:20].reshape(4, 5), w[20:25], w[25:40].reshape(5, 3), w[40:]
        scores = torch.tanh(x @ W1 + b1) @ W2 + b2
        return torch.nn.functional.cross_entropy(scores, y) + strength / 2 * ((W1**2).sum() + (W2**2).sum())

    return loss


@pytest.mark.parametrize("strength", [0.0, 0.3])
def test_value_gradient_and_hessian_against_torch(strength):
    net, x, y = problem()
    loss, theirs = BatchLoss(net, x, y, penalty=L2(strength) if strength else None), in_torch(x, y, strength)
    w = loss.start + np.random.default_rng(1).normal(size=loss.dim)
    tw = torch.tensor(w, requires_grad=True)
    value = theirs(tw)
    value.backward()
    assert loss.value(w) == pytest.approx(value.item(), rel=1e-13)
    np.testing.assert_allclose(loss.grad(w), tw.grad.numpy(), rtol=0, atol=1e-14)
    exact = torch.autograd.functional.hessian(theirs, torch.tensor(w)).numpy()
    H = hessian(loss, w)
    np.testing.assert_allclose(H, exact, rtol=0, atol=1e-9 * np.abs(exact).max())
    assert np.array_equal(H, H.T) and np.array_equal(loss.hessian(w), H)
    at_start = torch.autograd.functional.hessian(theirs, torch.tensor(loss.start)).numpy()
    np.testing.assert_allclose(hessian(loss), at_start, rtol=0, atol=1e-9 * np.abs(at_start).max())


@pytest.mark.parametrize("surface", [Ravine(30.0, 0.4), Rosenbrock()])
def test_the_hessian_of_a_surface_is_its_own(surface):
    at = np.array([-0.7, 1.3])
    np.testing.assert_allclose(hessian(surface, at), surface.hessian(at), rtol=1e-7, atol=1e-7)
    assert at.tolist() == [-0.7, 1.3]


def test_the_network_is_left_alone():
    net, x, y = problem()
    loss, before = BatchLoss(net, x, y), net.params.flat.copy()
    loss.value(before + 1), loss.grad(before + 1), hessian(loss)
    assert np.array_equal(net.params.flat, before)
    net.parts["1"].forward = refuse
    with pytest.raises(ValueError, match="not today"):  # also where a layer refuses
        loss.value(before + 1)
    assert np.array_equal(net.params.flat, before)


def refuse(x, train=False):
    raise ValueError("not today")


def test_a_vector_of_its_own_and_the_networks_buffer_agree():
    net, x, y = problem()
    loss = BatchLoss(net, x, y)
    assert loss.value(net.params.flat) == loss.value(loss.start) == evaluate(net, x, y).loss
    assert np.array_equal(loss.grad(net.params.flat), loss.grad(loss.start))
    net.params.flat += 0.1  # the function of w is the same, its start another
    assert loss.value(loss.start) == evaluate(net, x, y).loss


def test_draws_and_running_statistics_repeat():
    rng = np.random.default_rng(0)
    net = Sequential(Dense(4, 30, rng=rng, dtype=F8), BatchNorm(30, dtype=F8), InvertedDropout(0.5, rng=rng), ReLU())
    net = Sequential(net, Dense(30, 3, rng=rng, dtype=F8))
    _, x, y = problem()
    loss, state = BatchLoss(net, x, y, train=True), {k: a.copy() for k, a in net.state.items()}
    values = [loss.value(loss.start) for _ in range(3)]
    assert values[0] == values[1] == values[2] != BatchLoss(net, x, y).value(loss.start)
    e = 1e-6 * np.random.default_rng(1).normal(size=loss.dim)
    slope = (loss.value(loss.start + e) - loss.value(loss.start - e)) / 2
    assert slope == pytest.approx(loss.grad(loss.start) @ e, rel=1e-5)
    assert state and all(np.array_equal(net.state[k], a) for k, a in state.items())


def test_minimize_and_the_range_test_take_it():
    net, x, y = problem()
    loss = BatchLoss(net, x, y, penalty=L2(0.1))
    found = minimize(loss, LBFGS(), loss.start)
    assert np.abs(loss.grad(found.x)).max() < 1e-6 and found.value < loss.value(loss.start)
    assert np.linalg.eigvalsh(hessian(loss, found.x)).min() > -1e-9
    near = minimize(loss, Newton(), found.x + 1e-3)  # the scores' common bias is free: values are compared
    assert near.value == pytest.approx(found.value, rel=1e-9)
    before = net.params.flat.copy()
    for params in (net.params.flat, loss.start):
        tested = range_test(loss, SGD(0.1), params, low=1e-3, high=1e3, smooth=0.0, steps=40)
        assert tested.first == loss.value(before) and tested.lowest is not None
    assert np.array_equal(net.params.flat, before)


def test_minibatches_are_drawn_at_each_call():
    """Five rows at a time: each value is that of some five rows, and their mean is the whole batch's."""
    net, x, y = problem()
    whole = BatchLoss(net, x, y)
    few = BatchLoss(net, x, y, batch=5, rng=np.random.default_rng(2))
    rows = np.random.default_rng(2).choice(20, 5, replace=False)
    assert few.value(few.start) == BatchLoss(net, x[rows], y[rows]).value(few.start)
    values = np.array([few.value(few.start) for _ in range(2000)])
    assert abs(values.mean() - whole.value(whole.start)) < 4 * values.std() / np.sqrt(2000) and values.std() > 0.01
    grads = np.array([few.grad(few.start) for _ in range(2000)])
    error = grads.std(axis=0) / np.sqrt(2000)
    assert (np.abs(grads.mean(axis=0) - whole.grad(whole.start)) < 5 * error + 1e-12).all()
    everything = BatchLoss(net, x, y, batch=20, rng=np.random.default_rng(0))
    np.testing.assert_allclose(everything.grad(few.start), whole.grad(few.start), rtol=1e-12, atol=1e-15)
    tested = range_test(few, SGD(0.1), net.params.flat, low=1e-3, high=1e3, steps=60)
    assert tested.lowest is not None and np.array_equal(net.params.flat, whole.start)
    with pytest.raises(ValueError, match="loss must be on a fixed batch to be differentiated, not on 5 rows"):
        hessian(few)


def test_float32_is_kept_and_refused_where_it_is_too_coarse():
    net, x, y = problem(np.float32)
    loss = BatchLoss(net, x, y)
    assert loss.start.dtype == loss.grad(loss.start).dtype == np.float32
    with pytest.raises(TypeError, match="w is float32, too coarse"):
        hessian(loss)
    with pytest.raises(TypeError, match=r"loss\.grad\(w\) is float32, too coarse"):
        hessian(loss, loss.start.astype(F8))


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"net": 3}, TypeError, "net must be a network"),
        ({"net": Dense(4, 3, rng=np.random.default_rng(0))}, TypeError, "net must be made of layers"),
        ({"x": np.ones((20, 4), int)}, TypeError, "x must hold floats"),
        ({"y": np.zeros(3, int)}, ValueError, "y must have 20 rows"),
        ({"penalty": 0.1}, TypeError, "penalty must be a penalty"),
        ({"batch": 5}, TypeError, "rng must be a generator"),
        ({"batch": 0, "rng": np.random.default_rng(0)}, ValueError, "batch must be at least 1"),
        ({"batch": 2.5, "rng": np.random.default_rng(0)}, TypeError, "batch must be an integer"),
        ({"batch": 21, "rng": np.random.default_rng(0)}, ValueError, "batch must be at most 20, the number of rows"),
    ],
)
def test_bad_arguments(change, error, message):
    net, x, y = problem()
    arguments = {"net": net, "x": x, "y": y} | change
    with pytest.raises(error, match=message):
        BatchLoss(arguments.pop("net"), arguments.pop("x"), arguments.pop("y"), **arguments)


def test_bad_vectors_and_steps():
    net, x, y = problem()
    loss = BatchLoss(net, x, y)
    with pytest.raises(TypeError, match="w must be a float array"):
        loss.value(net.params)
    with pytest.raises(ValueError, match=r"w must have shape \(43,\)"):
        loss.grad(np.zeros(42))
    with pytest.raises(TypeError, match=r"loss must have \.grad"):
        hessian(net, loss.start)
    with pytest.raises(ValueError, match="h must be above 0"):
        hessian(loss, h=0.0)
    with pytest.raises(ValueError, match=r"w must have shape \(n,\)"):
        hessian(Ravine(), np.zeros((2, 2)))


def test_dead_units_are_those_that_no_row_wakes():
    _, x, y = problem()
    rng = np.random.default_rng(0)
    net = Sequential(Dense(4, 6, rng=rng, dtype=F8), ReLU(), Dense(6, 3, rng=rng, dtype=F8))
    net.params["0.b"][:2] = -100
    by_hand = (x @ net.params["0.W"] + net.params["0.b"] > 0).any(axis=0)
    assert dead_units(net, x) == {"1 ReLU": (int((~by_hand).sum()), 6)} and not by_hand[:2].any()
    BatchLoss(net, x, y).grad(net.params.flat)
    assert not net.grads["0.W"][:, ~by_hand].any() and net.grads["0.W"][:, by_hand].any(axis=0).all()
    with pytest.raises(TypeError, match="net must be a network"):
        dead_units(None, x)
    with pytest.raises(TypeError, match="x must hold floats"):
        dead_units(net, x.astype(int))
