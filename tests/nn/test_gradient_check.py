"""The gradient check finds planted mistakes and no others; babysitting sees what is wrong with a network."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch

from course_lib.data import load_digits
from course_lib.nn.activations import GELU, Maxout, ReLU, SiLU, Tanh
from course_lib.nn.babysitting import babysit
from course_lib.nn.conv import Conv2d, MaxPool2d
from course_lib.nn.dropconnect import DropConnect
from course_lib.nn.gradient_check import Replay, gradient_check, numerical_gradient
from course_lib.nn.layers import Dense, Flatten, Layer
from course_lib.nn.losses import softmax_cross_entropy
from course_lib.nn.network import Residual, Sequential
from course_lib.nn.noise import SpatialDropout
from course_lib.nn.normalization import BatchNorm, GroupNorm, LayerNorm
from course_lib.nn.pooling import FractionalMaxPool
from course_lib.nn.stochastic_depth import StochasticDepth
from course_lib.optim import SGD, Momentum

F8 = np.float64


def batch(n=5, width=4, classes=3, seed=1):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, width)), rng.integers(0, classes, n)


class HalfBias(Dense):
    """A mistake: the mean instead of the sum."""

    def backward(self, dy):
        dx = super().backward(dy)
        self.grads["b"] /= len(dy)
        return dx


class Transposed(Dense):
    """A mistake in dx alone: its own gradients are right."""

    def backward(self, dy):
        super().backward(dy)
        return dy @ self.params["W"]


class LeakyBackward(ReLU):
    """A mistake of an activation: the gradient comes through where it should not."""

    def backward(self, dy):
        return super().backward(dy) + 0.01 * dy


class Dropout(Layer):
    """Draws at every forward in training."""

    def __init__(self, rng):
        super().__init__()
        self.rng = rng

    def forward(self, x, train=False):
        self._mask = self.rng.random(x.shape) < 0.5 if train else np.ones(x.shape, bool)
        return x * self._mask

    def backward(self, dy):
        return dy * self._mask


def network(middle, seed=0):
    rng = np.random.default_rng(seed)
    return Sequential(Dense(4, 4, rng=rng, dtype=F8), Tanh(), middle(rng), Dense(4, 3, rng=rng, dtype=F8))


@pytest.mark.parametrize("train", [False, True])
def test_a_right_network_passes(train):
    rng = np.random.default_rng(0)
    net = Sequential(
        Conv2d(2, 3, 3, padding=1, rng=rng, dtype=F8), BatchNorm(3, dtype=F8), ReLU(), MaxPool2d(2), Flatten(),
        Residual(Sequential(Dense(12, 12, rng=rng, dtype=F8), GELU())), Dropout(np.random.default_rng(3)),
        Dense(12, 4, rng=rng, dtype=F8),
    )  # fmt: skip
    x, y = rng.normal(size=(6, 4, 4, 2)), rng.integers(0, 4, 6)
    before = {k: a.copy() for part in (net.params, net.state) for k, a in part.items()}
    x_before, draws = x.copy(), net.layers[6].rng.bit_generator.state
    report = gradient_check(net, x, y, train=train)
    assert report.ok and report.wrong == () and report.culprits == ()
    assert {row.name for row in report.rows} == {"x", *net.params}
    assert max(row.error for row in report.rows) < 1e-7
    assert all(row.compared + row.kinks == (x.size if row.name == "x" else net.params[row.name].size)
               for row in report.rows)  # fmt: skip
    after = {k: a for part in (net.params, net.state) for k, a in part.items()}
    assert all(np.array_equal(before[k], after[k]) for k in before) and np.array_equal(x, x_before)
    assert net.layers[6].rng.bit_generator.state == draws


@pytest.mark.parametrize(
    ("middle", "culprit", "wrong"),
    [
        (lambda rng: HalfBias(4, 4, rng=rng, dtype=F8), "layer 2, HalfBias: Dense(4, 4): db is off by", {"2.b"}),
        (lambda rng: Transposed(4, 4, rng=rng, dtype=F8), "layer 2, Transposed: Dense(4, 4): dx", {"0.W", "0.b", "x"}),
        (lambda rng: LeakyBackward(), "layer 2, LeakyBackward(): dx is off by", {"0.W", "0.b", "x"}),
    ],
)
def test_a_planted_mistake_is_named(middle, culprit, wrong):
    report = gradient_check(network(middle), *batch())
    assert not report.ok and set(report.wrong) == wrong
    assert len(report.culprits) == 1 and report.culprits[0].startswith(culprit)
    assert "WRONG" in repr(report) and f"wrong: {culprit}" in repr(report)
    assert report.rows[0].error == max(row.error for row in report.rows)


def test_a_mistake_inside_a_block_is_named():
    rng = np.random.default_rng(0)
    inner = Sequential(Dense(4, 4, rng=rng, dtype=F8), LeakyBackward())
    net = Sequential(Dense(4, 4, rng=rng, dtype=F8), Residual(inner), Dense(4, 3, rng=rng, dtype=F8))
    (culprit,) = gradient_check(net, *batch()).culprits
    assert culprit.startswith("layer 1.branch.1, LeakyBackward(): dx is off by")

    class NoShortcut(Residual):
        """A mistake of the block itself."""

        def backward(self, dy):
            return self.parts["branch"].backward(dy)

    inner = Sequential(Dense(4, 4, rng=rng, dtype=F8), Tanh())
    net = Sequential(Dense(4, 4, rng=rng, dtype=F8), NoShortcut(inner), Dense(4, 3, rng=rng, dtype=F8))
    (culprit,) = gradient_check(net, *batch()).culprits
    assert culprit.startswith("layer 1, NoShortcut: dx is off by")


def test_group_norm_and_silu_in_a_network():
    rng = np.random.default_rng(0)
    net = Sequential(
        Conv2d(2, 4, 3, padding=1, rng=rng, dtype=F8), GroupNorm(4, groups=2, dtype=F8), SiLU(), Flatten(),
        Dense(64, 4, rng=rng, dtype=F8), GroupNorm(4, groups=1, dtype=F8), SiLU(), Dense(4, 3, rng=rng, dtype=F8),
    )  # fmt: skip
    report = gradient_check(net, rng.normal(size=(5, 4, 4, 2)), rng.integers(0, 3, 5), train=True)
    assert report.ok and max(row.error for row in report.rows) < 1e-7


def test_draws_and_ties():
    """Whole channels that are dropped make ties in the maximum after them: kinks, and no mistakes."""
    rng = [np.random.default_rng(s) for s in range(9)]
    net = Sequential(
        Conv2d(2, 3, 3, padding=1, rng=rng[0], dtype=F8), SpatialDropout(0.5, rng=rng[1]),
        FractionalMaxPool(1.4, rng=rng[2]), StochasticDepth(Conv2d(3, 3, 3, padding=1, rng=rng[3], dtype=F8), 0.5,
        rng=rng[4]), Flatten(), DropConnect(27, 8, 0.5, rng=rng[5], dtype=F8), Dropout(rng[6]),
        LayerNorm(8, dtype=F8), Maxout(2), Dense(4, 3, rng=rng[7], dtype=F8),
    )  # fmt: skip
    x, y = rng[8].normal(size=(6, 5, 5, 2)), np.arange(6) % 3
    for train in (False, True):
        report = gradient_check(net, x, y, train=train)
        assert report.ok, report
    assert any(row.kinks for row in report.rows) and all(row.compared for row in report.rows)


def test_by_how_much():
    """db/5 instead of db: (1 - 1/5)/(1 + 1/5) = 2/3."""
    report = gradient_check(network(lambda rng: HalfBias(4, 4, rng=rng, dtype=F8)), *batch())
    row = report.rows[0]
    assert row.name == "2.b" and row.error == pytest.approx(2 / 3, rel=1e-6)
    assert row.numeric == pytest.approx(5 * row.analytic, rel=1e-5)


def test_a_wrong_loss_is_named():
    def twice(scores, labels):
        value, dscores = softmax_cross_entropy(scores, labels)
        return value, 2 * dscores

    report = gradient_check(network(lambda rng: ReLU()), *batch(), twice)
    assert not report.ok and len(report.culprits) == 1 and report.culprits[0].startswith("the loss")


def test_one_wrong_component_is_pointed_at():
    class OneOff(Dense):
        def backward(self, dy):
            dx = super().backward(dy)
            self.grads["W"][2, 1] += 1e-3
            return dx

    report = gradient_check(network(lambda rng: OneOff(4, 4, rng=rng, dtype=F8)), *batch())
    assert report.wrong == ("2.W",) and report.rows[0].worst == (2, 1)
    assert report.rows[0].analytic - report.rows[0].numeric == pytest.approx(1e-3, rel=1e-4)


def test_kinks_are_no_mistakes():
    """An input at exactly 0, or within h of it."""
    rng = np.random.default_rng(0)
    net = Sequential(ReLU(), Dense(4, 3, rng=rng, dtype=F8))
    x, y = batch()
    x[0, 0], x[1, 1], x[2, 2], x[3, 3] = 0.0, 3e-6, -4e-6, 5e-7
    report = gradient_check(net, x, y)
    assert report.ok
    row = next(row for row in report.rows if row.name == "x")
    assert row.kinks == 2  # the others were far enough for a tenth of h
    assert "2 at a kink" in repr(report)
    wrong = Sequential(LeakyBackward(), Dense(4, 3, rng=rng, dtype=F8))
    assert gradient_check(wrong, x, y).wrong == ("x",)


def test_rounding_is_no_kink():
    """Where the loss is a line, the slopes on the two sides differ by rounding alone, and most for the smaller step."""
    rng = np.random.default_rng(0)
    net, weights = HalfBias(4, 30, rng=rng, dtype=F8), rng.normal(size=(5, 30))
    report = gradient_check(net, batch()[0], np.zeros(5), lambda s, y: (float((weights * s).sum()), weights))
    assert report.wrong == ("b",) and sum(row.kinks for row in report.rows) == 0
    assert report.rows[0].compared == 30 and report.rows[0].error == pytest.approx(2 / 3, rel=1e-6)


def test_nothing_but_kinks_is_said():
    rng = np.random.default_rng(0)
    net = Sequential(ReLU(), Dense(4, 3, rng=rng, dtype=F8))
    report = gradient_check(net, np.zeros((2, 4)), np.array([0, 1]))
    assert report.ok and "x          8 left out, all at a kink" in repr(report)


def test_samples():
    rng = np.random.default_rng(0)
    net = Sequential(Dense(30, 40, rng=rng, dtype=F8), Tanh(), Dense(40, 3, rng=rng, dtype=F8))
    x, y = batch(width=30)
    report = gradient_check(net, x, y, samples=12, rng=np.random.default_rng(0))
    assert report.ok and {row.compared for row in report.rows} == {12, 3}


def test_a_random_layer_may_draw_from_the_generator_of_the_samples():
    rng = np.random.default_rng(0)
    net = Sequential(Dense(5, 8, rng=rng, dtype=F8), Dropout(rng), Dense(8, 3, rng=rng, dtype=F8))
    x, y = rng.normal(size=(4, 5)), rng.integers(0, 3, 4)
    assert gradient_check(net, x, y, train=True, samples=5, rng=rng).ok


def test_bad_input_of_the_gradient_check():
    net, (x, y) = network(lambda rng: ReLU()), batch()
    coarse = Sequential(Dense(4, 3, rng=np.random.default_rng(0)))
    with pytest.raises(TypeError, match=r"params\['0.W'\] is float32, too coarse for differences"):
        gradient_check(coarse, x, y)
    with pytest.raises(TypeError, match="x is float32, too coarse"):
        gradient_check(net, x.astype(np.float32), y)
    with pytest.raises(TypeError, match="net must be a network"):
        gradient_check(None, x, y)
    with pytest.raises(ValueError, match="h must be above 0"):
        gradient_check(net, x, y, h=0.0)
    with pytest.raises(TypeError, match="samples=3 needs rng"):
        gradient_check(net, x, y, samples=3)
    for name in ("h", "tolerance"):
        with pytest.raises(TypeError, match=f"{name} must be one number"):
            gradient_check(net, x, y, **{name: np.full(3, 1e-5)})
    with pytest.raises(ValueError, match="y must have 5 rows"):
        gradient_check(net, x, y[:3])


@pytest.mark.parametrize("at", [2, 3, 20, 60])
def test_a_check_that_is_broken_off_leaves_all_as_it_was(at):
    calls = iter(range(1, 1000))

    def loss(scores, y):
        if next(calls) == at:
            raise KeyboardInterrupt
        return softmax_cross_entropy(scores, y)

    net = network(lambda rng: Sequential(BatchNorm(4, dtype=F8), Dropout(np.random.default_rng(3))))
    before = {k: a.copy() for part in (net.params, net.state) for k, a in part.items()}
    draws = net.layers[2].layers[1].rng.bit_generator.state
    with pytest.raises(KeyboardInterrupt):
        gradient_check(net, *batch(), loss, train=True)
    after = {k: a for part in (net.params, net.state) for k, a in part.items()}
    assert all(np.array_equal(before[k], after[k]) for k in before)
    assert net.layers[2].layers[1].rng.bit_generator.state == draws


def test_replay():
    rng = np.random.default_rng(0)
    net = Sequential(BatchNorm(4, dtype=F8), Dropout(rng))
    replay, x = Replay(net), batch()[0]
    first = net.forward(x, train=True)
    assert not np.array_equal(first, net.forward(x, train=True))
    replay()
    assert np.array_equal(first, net.forward(x, train=True))


# Babysitting


def digits_net(seed=0, scale=1.0, middle=ReLU):
    rng = np.random.default_rng(seed)
    net = Sequential(Dense(64, 50, rng=rng), middle(), Dense(50, 10, rng=rng))
    for name in ("0.W", "2.W"):
        net.params[name][...] *= scale
    return net


@pytest.fixture(scope="module")
def digits():
    return load_digits(np.random.default_rng(0))


def test_a_healthy_network(digits):
    net = digits_net()
    before = {k: p.copy() for k, p in net.params.items()}
    report = babysit(net, digits, np.random.default_rng(0))
    assert report.ok and "LOOK" not in repr(report)
    assert report.chance_loss == pytest.approx(np.log(10)) and report.ten_accuracy == 1 and report.ten_loss < 0.02
    assert set(report.ratios) == {"0.W", "2.W"} and all(1e-4 < r < 1e-2 for r in report.ratios.values())
    assert report.dead["1 ReLU"][0] <= 5 and report.dead["1 ReLU"][1] == 50
    assert all(np.array_equal(net.params[k], p) for k, p in before.items())
    assert "forward" not in vars(net.layers[1])
    again = babysit(digits_net(), digits, np.random.default_rng(0))
    assert repr(again) == repr(report)


def test_statistics_and_draws_are_left_alone(digits):
    rng = np.random.default_rng(0)
    net = Sequential(Dense(64, 30, rng=rng), BatchNorm(30), ReLU(), Dropout(np.random.default_rng(1)),
                     Dense(30, 10, rng=rng))  # fmt: skip
    state, draws = {k: a.copy() for k, a in net.state.items()}, net.layers[3].rng.bit_generator.state
    assert state and babysit(net, digits, np.random.default_rng(0)).ten_steps > 1
    assert all(np.array_equal(net.state[k], a) for k, a in state.items())
    assert net.layers[3].rng.bit_generator.state == draws


def test_the_ratio_by_hand(digits):
    """One step of plain descent on one batch: ‖α dW‖/‖W‖."""
    data = SimpleNamespace(x_train=digits.x_train[:60], y_train=digits.y_train[:60])
    report = babysit(digits_net(), data, np.random.default_rng(0), optimizer=SGD(0.1), steps=1, batch=60)
    net = digits_net()
    net.backward(softmax_cross_entropy(net.forward(data.x_train), data.y_train)[1])
    for k in ("0.W", "2.W"):
        expected = 0.1 * np.linalg.norm(net.grads[k]) / np.linalg.norm(net.params[k])
        assert report.ratios[k] == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize(
    ("scale", "optimizer", "said"),
    [
        (30.0, None, "the initial loss .* is far from log C = 2.3"),
        (1.0, Momentum(10.0), "of its size per step: lower the rate"),
        (1.0, SGD(1e-7), "of its size per step: raise the rate"),
        (1.0, SGD(60.0), r"of 50 units of 1 ReLU are dead"),
    ],
)
def test_what_is_wrong_is_said(digits, scale, optimizer, said):
    report = babysit(digits_net(scale=scale), digits, np.random.default_rng(0), optimizer=optimizer)
    assert not report.ok
    assert any(__import__("re").search(said, problem) for problem in report.problems), report
    assert "LOOK" in repr(report)


def test_a_network_that_cannot_learn(digits):
    class Stuck(ReLU):
        def backward(self, dy):
            return -super().backward(dy)

        def forward(self, x, train=False):
            return 0 * super().forward(x, train)

    report = babysit(digits_net(middle=Stuck), digits, np.random.default_rng(0))
    assert report.ten_steps == 500 and any("ten examples were not memorized" in p for p in report.problems)
    assert report.dead["1 ReLU"] == (50, 50)


def test_bad_input_of_babysitting(digits):
    few = SimpleNamespace(x_train=digits.x_train[:9], y_train=digits.y_train[:9])
    with pytest.raises(ValueError, match=r"data.x_train must have at least 10 rows, not 9"):
        babysit(digits_net(), few, np.random.default_rng(0), batch=5)
    with pytest.raises(TypeError, match="optimizer must be an optimizer"):
        babysit(digits_net(), digits, np.random.default_rng(0), optimizer=0.1)
    with pytest.raises(TypeError, match="rng must be a generator"):
        babysit(digits_net(), digits, 0)
    with pytest.raises(TypeError, match="net must be a network"):
        babysit("net", digits, np.random.default_rng(0))
    with pytest.raises(TypeError, match="data must have x_train, but a tuple has none"):
        babysit(digits_net(), (1, 2), np.random.default_rng(0))
    odd = SimpleNamespace(x_train=digits.x_train, y_train=digits.y_train.astype(float))
    with pytest.raises(TypeError, match=r"data.y_train must hold labels, integers, not float64"):
        babysit(digits_net(), odd, np.random.default_rng(0))


@pytest.mark.parametrize("shape", [(), (5,), (3, 4)])
def test_the_plain_numerical_gradient(shape):
    """Against torch's gradient of a function in which all components meet."""
    w = np.random.default_rng(0).normal(size=shape)
    kept, t = w.copy(), torch.tensor(w, requires_grad=True)
    (torch.sin(t).sum() * torch.exp(t).sum()).backward()
    found = numerical_gradient(lambda w: np.sin(w).sum() * np.exp(w).sum(), w)
    np.testing.assert_allclose(found, t.grad.numpy(), rtol=1e-7, atol=1e-8)
    assert found.shape == w.shape and found.dtype == float and np.array_equal(w, kept)
    exact = numerical_gradient(lambda w: np.sum(w**2), w.astype(np.float32), h=0.5)  # no error on a parabola
    np.testing.assert_allclose(exact, 2 * w.astype(np.float32), rtol=1e-14)
