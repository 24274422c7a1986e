"""Many networks at once against the same networks one by one: not a bit differs."""

import copy
from types import SimpleNamespace

import numpy as np
import pytest

from course_lib.data import load_digits
from course_lib.ensembles import EMA, bootstrap
from course_lib.ensembles.many import fit_many
from course_lib.ensembles.stacked import StackedNetworks
from course_lib.nn import (
    L1,
    L2,
    BatchNorm,
    Conv2d,
    Dense,
    Diverged,
    Dropout,
    Flatten,
    GaussianNoise,
    InvertedDropout,
    LeakyReLU,
    MaxNorm,
    ReLU,
    Residual,
    Sequential,
    Sigmoid,
    Tanh,
    fit,
    hinge,
    softmax_cross_entropy,
    squared_error,
)
from course_lib.nn.activations import Activation
from course_lib.optim import (
    SGD,
    AdaGrad,
    Adam,
    AdamW,
    Cosine,
    Lookahead,
    Momentum,
    Muon,
    Nesterov,
    ReducePlateau,
    Warmup,
)

K = 5
COLUMNS = ("loss", "penalty", "accuracy", "val_loss", "val_accuracy", "lr")


def digits(dtype=np.float32, val=True):
    data = load_digits(np.random.default_rng(0), train=330)  # no multiple of the minibatch
    x_val, y_val = (data.x_val.astype(dtype), data.y_val) if val else (None, None)
    return SimpleNamespace(x_train=data.x_train.astype(dtype), y_train=data.y_train, x_val=x_val, y_val=y_val)


def relus(k, rng, dtype=np.float32, hidden=16):
    return Sequential(Dense(64, hidden, rng=rng, dtype=dtype), ReLU(), Dense(hidden, 10, rng=rng, dtype=dtype))


def noisy(k, rng, dtype=np.float32):
    return Sequential(
        InvertedDropout(0.9, rng=rng),
        GaussianNoise(0.1, rng=rng),
        Dense(64, 24, rng=rng, dtype=dtype),
        Tanh(),
        Dropout(0.8, rng=rng),
        Dense(24, 16, rng=rng, dtype=dtype),
        LeakyReLU(0.1),
        Sigmoid(),
        Dense(16, 10, rng=rng, dtype=dtype),
    )


def members(make, dtype=np.float32, seed=7):
    """Nets with the generators that they are trained by: each draws its weights and its noise from its own."""
    rngs = np.random.default_rng(seed).spawn(K)
    return [make(k, rng, dtype) for k, rng in enumerate(rngs)], rngs


def assert_same(history, other):
    for name in COLUMNS:
        np.testing.assert_array_equal(getattr(history, name), getattr(other, name), err_msg=name)
    assert history.best == other.best


def assert_equal_to_single_runs(make, data, optimizers, dtype=np.float32, rows=None, penalties=None, epochs=4, **more):
    """One run of all against K runs of `fit`: weights, histories, and what is drawn next."""
    together, single = optimizers
    (nets, rngs), (alone, own) = members(make, dtype), members(make, dtype)
    starts = [net.params.flat.copy() for net in nets]
    together = together.clone()
    histories = fit_many(nets, data, together, epochs=epochs, batch=32, rngs=rngs, rows=rows, penalty=penalties, **more)
    for k, (net, rng) in enumerate(zip(alone, own, strict=True)):
        mine = copy.copy(data)
        if rows is not None:
            mine.x_train, mine.y_train = data.x_train[rows[k]], data.y_train[rows[k]]
        penalty = penalties[k] if isinstance(penalties, list) else penalties
        history = fit(net, mine, single(k), epochs=epochs, batch=32, rng=rng, penalty=penalty, **more)
        assert nets[k].params.flat.dtype == dtype
        np.testing.assert_array_equal(nets[k].params.flat, net.params.flat)
        assert not np.array_equal(net.params.flat, starts[k])
        assert_same(histories[k], history)
        assert histories[k].stopped == history.stopped
        assert rngs[k].random() == rng.random()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("make", [relus, noisy])
@pytest.mark.parametrize(
    "method",
    [
        lambda: SGD(0.1),
        lambda: Momentum(0.05),
        lambda: Nesterov(Cosine(0.05, steps=44)),
        lambda: Adam(0.01),
        lambda: AdamW(0.01, weight_decay=0.1),
    ],
    ids=["SGD", "Momentum", "Nesterov, cosine", "Adam", "AdamW"],
)
def test_every_bit_is_that_of_single_runs(make, dtype, method):
    assert_equal_to_single_runs(make, digits(dtype), (method(), lambda k: method()), dtype)


def test_members_have_their_own_rates():
    rates, rhos = np.geomspace(0.01, 0.3, K), np.linspace(0, 0.9, K)
    for method in (Momentum, Nesterov):
        together = method(rates[:, None], rho=rhos[:, None])
        assert_equal_to_single_runs(relus, digits(), (together, lambda k, m=method: m(rates[k], rho=rhos[k])))
    assert_equal_to_single_runs(relus, digits(), (AdaGrad(rates[:, None]), lambda k: AdaGrad(rates[k])))
    adam = Adam(rates[:, None] / 10), lambda k: Adam(rates[k] / 10)
    assert_equal_to_single_runs(relus, digits(np.float64), adam, np.float64)  # in float32 up to the last digit
    falling = Momentum(lambda t: rates[:, None] / (1 + t)), lambda k: Momentum(lambda t: rates[k] / (1 + t))
    assert_equal_to_single_runs(relus, digits(), falling)


def test_adam_with_rates_of_its_own_in_float32():
    rates, (nets, rngs), (alone, own) = np.geomspace(1e-3, 1e-2, K), members(relus), members(relus)
    fit_many(nets, digits(), Adam(rates[:, None]), epochs=2, rngs=rngs)
    for net, rng, rate, mine in zip(alone, own, rates, nets, strict=True):
        fit(net, digits(), Adam(rate), epochs=2, rng=rng)
        np.testing.assert_allclose(mine.params.flat, net.params.flat, atol=1e-5)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_members_have_their_own_rows_and_penalties(dtype):
    data, rng = digits(dtype), np.random.default_rng(3)
    rows = np.array([bootstrap(len(data.x_train), rng).rows for _ in range(K)])
    sgd = Momentum(0.05), lambda k: Momentum(0.05)
    assert_equal_to_single_runs(relus, data, sgd, dtype, rows, [L2(s) for s in np.geomspace(1e-4, 1e-1, K)])
    assert_equal_to_single_runs(relus, data, sgd, dtype, rows[:, :100], [L1(1e-3), L2(1e-2), L1(0), L2(0), L2(1)])
    assert_equal_to_single_runs(noisy, data, sgd, dtype, None, L2(1e-2))
    assert_equal_to_single_runs(relus, data, sgd, dtype, None, L1(1e-3))


def smooth(scores, y):
    return softmax_cross_entropy(scores, y, smoothing=0.1)


@pytest.mark.parametrize("loss", [hinge, smooth])
def test_other_losses(loss):
    assert_equal_to_single_runs(relus, digits(), (SGD(0.05), lambda k: SGD(0.05)), loss=loss)


def test_regression_soft_labels_and_no_validation():
    sgd = SGD(0.05), lambda k: SGD(0.05)
    data = digits(val=False)
    assert_equal_to_single_runs(relus, data, sgd)
    data.y_train = np.eye(10)[data.y_train]
    assert_equal_to_single_runs(relus, data, sgd)
    assert_equal_to_single_runs(relus, data, sgd, loss=squared_error)


def test_inputs_of_another_type_and_layout():
    sgd = Momentum(0.05), lambda k: Momentum(0.05)
    assert_equal_to_single_runs(relus, digits(np.float64), sgd)  # float32 weights
    data = digits()
    data.x_train, data.y_train = data.x_train[::2], data.y_train[::2]
    assert_equal_to_single_runs(relus, data, sgd)


def test_one_member_and_a_batch_of_all():
    (nets, rngs), (alone, own) = members(relus), members(relus)
    data = digits()
    fit_many(nets[:1], data, SGD(0.1), epochs=2, batch=330, rngs=rngs[:1])
    fit(alone[0], data, SGD(0.1), epochs=2, batch=330, rng=own[0])
    assert nets[0].params.flat.tobytes() == alone[0].params.flat.tobytes()


def test_a_second_run_goes_on():
    nets, rngs = members(relus)
    same, own = members(relus)
    together, optimizer = Momentum(0.05), Momentum(0.05)
    fit_many(nets, digits(), together, epochs=3, rngs=rngs)
    for _ in range(3):
        fit_many(same, digits(), optimizer, epochs=1, rngs=own)
    for net, other in zip(nets, same, strict=True):
        np.testing.assert_array_equal(net.params.flat, other.params.flat)


@pytest.mark.parametrize("val", [True, False])
@pytest.mark.parametrize("method", [SGD, Momentum, Adam])
def test_a_member_that_diverges_harms_no_other(method, val):
    """Its last good weights and its history are those that `fit` leaves, and all others are trained to the end."""
    rates = np.array([0.01, 1e6, 0.01, 3e18, 0.02])
    rates[3] = 1e300 if method is Adam else 3e18
    data, more = digits(np.float64, val), {"epochs": 6, "batch": 32}
    (nets, rngs), (alone, own) = members(relus, np.float64), members(relus, np.float64)
    (again, others), broken = members(relus, np.float64), set()
    with pytest.raises(Diverged) as caught:
        fit_many(nets, data, method(rates[:, None]), rngs=rngs, penalty=L2(0.1), **more)
    kept = fit_many(again, data, method(rates[:, None]), rngs=others, diverged="keep", penalty=L2(0.1), **more)
    for k, (net, rng) in enumerate(zip(alone, own, strict=True)):
        try:
            history = fit(net, data, method(rates[k]), rng=rng, penalty=L2(0.1), **more)
        except Diverged as error:
            broken.add(k)
            history = error.history
            assert f"member {k} diverged at step {error.step}" in str(caught.value)
            assert kept[k].stopped == f"diverged at step {error.step}"
        else:
            assert f"member {k} " not in str(caught.value) and kept[k].epochs == 6
        assert_same(caught.value.history[k], history)
        assert_same(kept[k], history)
        np.testing.assert_array_equal(nets[k].params.flat, net.params.flat)
        np.testing.assert_array_equal(again[k].params.flat, net.params.flat)
    assert broken and broken <= {1, 3}


def broken_run(make, data, **more):
    """One of the members breaks; at which step, and with what weights, is as in `fit`."""
    nets, alone = make(), make()
    with pytest.raises(Diverged) as caught:
        fit_many(nets, data, SGD(0.01), epochs=2, rngs=rngs(len(nets)), **more)
    for k, (net, rng) in enumerate(zip(alone, rngs(len(nets)), strict=True)):
        try:
            fit(net, data, SGD(0.01), epochs=2, rng=rng, **more)
        except Diverged as error:
            assert str(caught.value).startswith(f"member {k} diverged at step {error.step}: back at the best epoch")
            assert caught.value.step == error.step
        np.testing.assert_array_equal(nets[k].params.flat, net.params.flat)


def test_a_member_breaks_on_the_validation_set():
    data = digits()
    data.x_val = np.concatenate([data.x_val, np.full((1, 64), 1e38, np.float32)])
    data.y_val = np.append(data.y_val, 0)

    def make():
        nets = pair()
        nets[0].params["0.W"][...] = 0
        nets[0].params["0.W"][0, 0] = 1e-8
        nets[1].params["0.W"][...] = 100
        return nets

    data.x_train = np.zeros_like(data.x_train)  # it never moves W
    broken_run(make, data)


def test_a_score_of_minus_infinity_breaks_a_member_though_its_loss_is_finite():
    data = digits(val=False)
    data.y_train = np.maximum(data.y_train, 1)

    def make():
        nets = pair()
        nets[1].params["0.b"][0] = -np.inf
        return nets

    broken_run(make, data)


def test_a_gradient_that_is_nan_breaks_a_member_though_its_loss_is_finite():
    def loss(scores, y):
        value, dscores = softmax_cross_entropy(scores, y)
        return value, dscores * (np.nan if len(scores) == 50 and scores[0, 0] > 50 else 1)

    def make():
        nets = pair()
        nets[1].params["0.b"][...] = 60
        return nets

    broken_run(make, digits(val=False), loss=loss)


def test_the_first_of_equal_epochs_is_the_best():
    nets, own = members(relus)
    assert [history.best for history in fit_many(nets, digits(), SGD(0.0), epochs=3, rngs=own)] == [1] * K


def test_all_members_diverge():
    nets, rngs = members(relus)
    starts = [net.params.flat.copy() for net in nets]
    with pytest.raises(Diverged, match="member 4 diverged at step"):
        fit_many(nets, digits(), SGD(1e30), epochs=500, rngs=rngs)
    assert all(np.array_equal(net.params.flat, start) for net, start in zip(nets, starts, strict=True))


def test_an_interrupt_leaves_what_was_learnt():
    nets, rngs = members(relus)
    calls = iter(range(20))

    def loss(scores, y):
        if next(calls, None) is None:
            raise KeyboardInterrupt
        return softmax_cross_entropy(scores, y)

    starts = [net.params.flat.copy() for net in nets]
    with pytest.raises(KeyboardInterrupt):
        fit_many(nets, digits(val=False), SGD(0.1), epochs=9, rngs=rngs, loss=loss)
    assert not any(np.array_equal(net.params.flat, start) for net, start in zip(nets, starts, strict=True))


@pytest.mark.parametrize("make", [relus, noisy])
@pytest.mark.parametrize("each", [True, False])
def test_forward_and_backward(make, each):
    """In test mode and in training, on one batch for all and on one for each."""
    rng = np.random.default_rng(2)
    x, dy = rng.normal(size=(K, 7, 64)), rng.normal(size=(K, 7, 10))
    (nets, _), (alone, _) = members(make, np.float64), members(make, np.float64)
    many = StackedNetworks(nets)
    for train in (False, True):
        y = many.forward(x if each else x[0], train=train)
        many.backward(dy)
        for k, net in enumerate(alone):
            np.testing.assert_array_equal(y[k], net.forward(x[k if each else 0], train=train))
            net.backward(dy[k])
            np.testing.assert_array_equal(many.grads[k], net.grads.flat)
    many.params += 1
    assert not np.array_equal(nets[1].params.flat, many.params[1])
    assert many.unstack() is many.nets and np.array_equal(nets[1].params.flat, many.params[1])


def test_an_activation_of_ones_own():
    class Cube(Activation):
        def f(self, x):
            return x**3

        def df(self, x, y):
            return 3 * x**2

    def make(k, rng, dtype):
        return Sequential(Cube(), Dense(64, 16, rng=rng), Cube(), Dense(16, 10, rng=rng), LeakyReLU())

    assert_equal_to_single_runs(make, digits(), (SGD(0.001), lambda k: SGD(0.001)))


def test_progress(capsys):
    nets, rngs = members(relus)
    fit_many(nets, digits(), SGD(0.1), epochs=2, rngs=rngs, progress=True)
    assert "14/14" in capsys.readouterr().err
    fit_many(nets, digits(), SGD(0.1), epochs=1, rngs=rngs)
    assert capsys.readouterr().err == ""


def rngs(n=2):
    return np.random.default_rng(0).spawn(n)


def two(*layers):
    return [Sequential(*(layer(rng) for layer in layers)) for rng in rngs()]


def dense(rng):
    return Dense(64, 10, rng=rng)


def pair():
    return two(dense)


def shared():
    rng = np.random.default_rng(0)
    return [Sequential(InvertedDropout(0.5, rng=rng), dense(rng)) for _ in range(2)]


def same_layer():
    layer = dense(np.random.default_rng(0))
    return [Sequential(layer), Sequential(layer)]


class Power(Activation):
    def __init__(self, n):
        super().__init__()
        self.n = n


class Twice(Dense):
    def forward(self, x, train=False):
        return 2 * super().forward(x, train)


NETS = {
    "no list": (lambda: pair()[0], TypeError, r"nets must be a list of networks"),
    "a number": (lambda: [*pair(), 3], TypeError, r"nets must be a list of networks"),
    "empty": (lambda: [], ValueError, "nets is empty"),
    "one twice": (lambda: pair()[:1] * 2, ValueError, "one occurs twice"),
    "a layer twice": (same_layer, RuntimeError, "is not params"),
    "convolution": (lambda: two(lambda r: Conv2d(1, 2, 3, rng=r), lambda r: Flatten()), TypeError, "layer 0, Conv2d"),
    "batch norm": (
        lambda: two(dense, lambda r: BatchNorm(10)),
        TypeError,
        r"layer 1, BatchNorm\(10\), cannot be stacked",
    ),
    "residual": (lambda: two(lambda r: Residual(dense(r))), TypeError, "layer 0, Residual, cannot be stacked"),
    "a kind of Dense": (lambda: two(lambda r: Twice(64, 10, rng=r)), TypeError, "layer 0, .*cannot be stacked"),
    "nothing to train": (lambda: two(lambda r: ReLU()), ValueError, "nothing to train"),
    "sizes": (
        lambda: [Sequential(Dense(64, n, rng=rngs()[0]), Dense(n, 10, rng=rngs()[0])) for n in (16, 8)],
        ValueError,
        r"layer 0 is Dense\(64, 8\) in net 1, and Dense\(64, 16\) in net 0; train_members",
    ),
    "slopes": (
        lambda: [Sequential(dense(rngs()[0]), LeakyReLU(slope)) for slope in (0.1, 0.2)],
        ValueError,
        r"layer 1 is LeakyReLU\(0.2\) in net 1",
    ),
    "an attribute": (
        lambda: [Sequential(dense(rngs()[0]), Power(n)) for n in (1, 2)],
        ValueError,
        r"layer 1 is Power\(\) in net 1",
    ),
    "depth": (
        lambda: [pair()[0], two(dense, lambda r: ReLU())[0]],
        ValueError,
        "net 1 has 2 layers of float32, net 0 1",
    ),
    "dtype": (
        lambda: [Sequential(Dense(64, 10, rng=rngs()[0], dtype=t)) for t in (np.float32, np.float64)],
        ValueError,
        "net 1 has 1 layers of float64, net 0 1 layers of float32",
    ),
    "one generator": (shared, ValueError, "member 1 shares a generator with member 0"),
}


@pytest.mark.parametrize(("nets", "error", "message"), NETS.values(), ids=NETS)
def test_networks_that_cannot_be_stacked(nets, error, message):
    with pytest.raises(error, match=message):
        fit_many(nets(), digits(), SGD(0.1), epochs=1, rngs=rngs())


def momentum_on_plateaus():
    return Momentum(ReducePlateau(0.1))


BAD = {
    "epochs": ({"epochs": 0}, ValueError, "epochs must be at least 1"),
    "batch": ({"batch": 331}, ValueError, "batch must be at most the 330 rows"),
    "batch of bags": ({"batch": 50, "rows": np.zeros((2, 40), int)}, ValueError, "batch must be at most the 40 rows"),
    "data": ({"data": 3}, TypeError, "data must have x_train"),
    "images": (
        {"data": SimpleNamespace(x_train=np.ones((9, 8, 8)), y_train=np.zeros(9, int))},
        ValueError,
        r"data.x_train must have shape \(N, F\)",
    ),
    "width": (
        {"data": SimpleNamespace(x_train=np.ones((9, 8)), y_train=np.zeros(9, int))},
        ValueError,
        r"x must have shape \(N, 64\)",
    ),
    "labels": (
        {"data": SimpleNamespace(x_train=np.ones((9, 64)), y_train=np.full(9, 10))},
        ValueError,
        "must lie in 0 … 9, one class per score, not 10",
    ),
    "optimizer": ({"optimizer": 0.1}, TypeError, "optimizer must be an optimizer"),
    "a whole": ({"optimizer": Muon(0.1)}, TypeError, "must work element by element"),
    "Lookahead": ({"optimizer": Lookahead(SGD(0.1))}, TypeError, "and Lookahead does not: use train_members"),
    "EMA": ({"optimizer": EMA(SGD(0.1))}, TypeError, "and EMA does not"),
    "plateau": ({"optimizer": momentum_on_plateaus()}, TypeError, "ReducePlateau follows the loss of one network"),
    "plateau after a warm-up": (
        {"optimizer": SGD(Warmup(ReducePlateau(0.1), steps=3))},
        TypeError,
        "ReducePlateau follows",
    ),
    "rates": (
        {"optimizer": SGD(np.ones(2))},
        ValueError,
        r"lr must be a number or an array of shape \(2, 1\), not \(2,\)",
    ),
    "3 rates": ({"optimizer": SGD(np.ones((3, 1)))}, ValueError, r"lr must be .* shape \(2, 1\), not \(3, 1\)"),
    "one rng": ({"rngs": np.random.default_rng(0)}, ValueError, "rngs must be a list of 2 generators"),
    "3 rngs": ({"rngs": rngs(3)}, ValueError, "rngs must be a list of 2 generators"),
    "seeds": ({"rngs": [0, 1]}, TypeError, r"rngs\[0\] must be a generator"),
    "same rng": ({"rngs": rngs()[:1] * 2}, ValueError, "member 1 shares a generator with member 0: give each"),
    "rows": ({"rows": np.zeros((3, 330), int)}, ValueError, r"rows must be integers of shape \(2, n\)"),
    "mask": ({"rows": np.ones((2, 330), bool)}, ValueError, "rows must be integers"),
    "far row": ({"rows": np.full((2, 330), 330)}, ValueError, "rows must lie in 0 … 329, not 330"),
    "row −1": ({"rows": np.full((2, 330), -1)}, ValueError, "rows must lie in 0 … 329, not -1"),
    "penalty": ({"penalty": 0.1}, TypeError, "penalty must have value, grad and prox"),
    "no penalty": ({"penalty": [L2(0.1), None]}, TypeError, "member 1 has None"),
    "3 penalties": ({"penalty": [L2(0.1)] * 3}, ValueError, "penalty must be one, or 2"),
    "a limit": ({"penalty": MaxNorm(1.0)}, ValueError, "needs a proximal step, which only nn.fit makes"),
    "diverged": ({"diverged": "skip"}, ValueError, 'diverged must be "raise" or "keep"'),
}


@pytest.mark.parametrize(("change", "error", "message"), BAD.values(), ids=BAD)
def test_bad_input(change, error, message):
    nets = pair()
    arguments = {"data": digits(), "optimizer": SGD(0.1), "epochs": 1, "rngs": rngs()} | change
    before = [net.params.flat.copy() for net in nets]
    with pytest.raises(error, match=message):
        fit_many(nets, **arguments)
    assert all(np.array_equal(net.params.flat, start) for net, start in zip(nets, before, strict=True))


@pytest.mark.parametrize(
    "x", [np.ones((5, 63)), np.ones((3, 5, 64)), np.ones(64), np.ones((0, 64)), np.ones((5, 64), int), [[1.0] * 64]]
)
def test_bad_x(x):
    with pytest.raises((TypeError, ValueError), match="x must "):
        StackedNetworks(pair()).forward(x)
