"""Training against hand-written loops and torch; early stopping, checkpoints, and what breaks."""

import copy
import math
import signal
import sys
from types import SimpleNamespace

import matplotlib
import numpy as np
import pytest
import torch

from course_lib.nn import training
from course_lib.nn.activations import ReLU
from course_lib.nn.checkpoint import checkpoint, restore
from course_lib.nn.evaluation import Score, evaluate
from course_lib.nn.history import COLUMNS
from course_lib.nn.layers import Dense, Flatten, Layer
from course_lib.nn.losses import softmax_cross_entropy, squared_error
from course_lib.nn.network import Residual, Sequential
from course_lib.nn.normalization import BatchNorm
from course_lib.nn.penalties import L1, L2, MaxNorm
from course_lib.nn.steps import Diverged, Minibatch
from course_lib.nn.training import EarlyStopping, fit, train_epoch
from course_lib.optim import (
    SAM,
    SGD,
    Adam,
    Cosine,
    Groups,
    Linear,
    Lookahead,
    Momentum,
    Muon,
    Nesterov,
    NesterovLookAhead,
    ReducePlateau,
    ScheduleFreeSGD,
    Warmup,
    by_shape,
)

matplotlib.use("agg")


def with_muon(rate, muons=0.02):
    """Muon for the matrices, Adam for the rest."""
    return Groups({"matrices": Muon(muons), "others": Adam(rate)}, by_shape)


def network(seed=0, dtype=np.float64, sizes=(6, 9, 3)):
    rng = np.random.default_rng(seed)
    n, hidden, out = sizes
    return Sequential(Dense(n, hidden, rng=rng, dtype=dtype), ReLU(), Dense(hidden, out, rng=rng, dtype=dtype))


def clouds(n=90, val=30, seed=1, dtype=np.float64):
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 3, n + val)
    x = (rng.normal(size=(n + val, 6)) + 1.2 * np.eye(6)[y]).astype(dtype)
    return SimpleNamespace(x_train=x[:n], y_train=y[:n], x_val=x[n:], y_val=y[n:])


def same(a, b):
    return all(np.array_equal(a.params[k], b.params[k]) for k in a.params)


def test_an_epoch_of_torch():
    """Same batches, cosine rate, L2 on weights only: equal to 1e-10, and so are the numbers of the history."""
    net, data, epochs, batch = network(), clouds(), 2, 20
    theirs = torch.nn.Sequential(torch.nn.Linear(6, 9), torch.nn.ReLU(), torch.nn.Linear(9, 3)).double()
    with torch.no_grad():
        for i in (0, 2):
            theirs[i].weight.copy_(torch.tensor(net.params[f"{i}.W"].T))
            theirs[i].bias.copy_(torch.tensor(net.params[f"{i}.b"]))
    weights, biases = ([getattr(theirs[i], n) for i in (0, 2)] for n in ("weight", "bias"))
    groups = [{"params": weights, "weight_decay": 0.01}, {"params": biases}]
    opt = torch.optim.SGD(groups, lr=0.1, momentum=0.9)
    steps = epochs * math.ceil(90 / batch)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(opt, steps)

    optimizer, rng = Momentum(Cosine(0.1, steps=steps)), np.random.default_rng(5)
    history = fit(net, data, optimizer, epochs=epochs, batch=batch, rng=rng, penalty=L2(0.01))

    rng = np.random.default_rng(5)
    x, y = torch.tensor(data.x_train), torch.tensor(data.y_train)
    for epoch in range(epochs):
        order, total, extras, right = rng.permutation(90), 0.0, 0.0, 0
        for start in range(0, 90, batch):
            rows = order[start : start + batch]
            scores = theirs(x[rows])
            loss = torch.nn.functional.cross_entropy(scores, y[rows])
            extra = 0.005 * sum(float((w.detach() ** 2).sum()) for w in weights)
            total, extras = total + len(rows) * (loss.item() + extra), extras + len(rows) * extra
            right += (scores.argmax(1) == y[rows]).sum().item()
            opt.zero_grad()
            loss.backward()
            opt.step()
            schedule.step()
        assert history.loss[epoch] == pytest.approx(total / 90, rel=1e-10)
        assert history.penalty[epoch] == pytest.approx(extras / 90, rel=1e-10)
        assert history.accuracy[epoch] == pytest.approx(right / 90, abs=1e-12)
        scores = theirs(torch.tensor(data.x_val))
        loss = torch.nn.functional.cross_entropy(scores, torch.tensor(data.y_val))
        assert history.val_loss[epoch] == pytest.approx(loss.item(), rel=1e-10)
        right = (scores.argmax(1).numpy() == data.y_val).mean()
        assert history.val_accuracy[epoch] == pytest.approx(right, abs=1e-12)
    for i in (0, 2):
        np.testing.assert_allclose(net.params[f"{i}.W"], theirs[i].weight.detach().numpy().T, rtol=1e-10, atol=1e-12)
        np.testing.assert_allclose(net.params[f"{i}.b"], theirs[i].bias.detach().numpy(), rtol=1e-10, atol=1e-12)
    assert history.lr[0] == 0.1 and history.lr[1] == pytest.approx(0.05)  # half of the cosine is done
    assert optimizer.t == steps


class Slow:
    """The loss of a minibatch, written out; the gradients are new arrays each time."""

    def __init__(self, net, x, y):
        self.net, self.x, self.y = net, x, y

    def grad(self, params):
        own = {k: p.copy() for k, p in self.net.params.items()}
        for k, p in params.items():
            self.net.params[k][...] = p.copy()
        _, dscores = softmax_cross_entropy(self.net.forward(self.x, train=True), self.y)
        self.net.backward(dscores)
        for k, p in own.items():
            self.net.params[k][...] = p
        return {k: g.copy() for k, g in self.net.grads.items()}


@pytest.mark.parametrize(
    "make",
    [
        lambda: SGD(0.1),
        lambda: Adam(0.01),
        lambda: NesterovLookAhead(0.05),
        lambda: SAM(Momentum(0.05), radius=0.1),
        lambda: SAM(Adam(0.01)),
        lambda: Lookahead(Nesterov(0.05), k=4),
        lambda: ScheduleFreeSGD(0.1),
    ],
)
def test_every_kind_of_optimizer_against_a_plain_loop(make):
    mine, theirs, data = network(), network(), clouds()
    opt, rng = make(), np.random.default_rng(3)
    for _ in range(2):
        order = rng.permutation(90)
        for rows in np.split(order, 3):
            params = dict(theirs.params)
            opt.step_closure(params, Slow(theirs, data.x_train[rows], data.y_train[rows]))
    tested = opt.test_params(dict(theirs.params))
    history = fit(mine, data, make(), epochs=2, batch=30, rng=np.random.default_rng(3))
    for k in mine.params:
        np.testing.assert_allclose(mine.params[k], tested[k], rtol=1e-10, atol=1e-13)
    assert evaluate(mine, data.x_val, data.y_val) == (history.val_loss[-1], history.val_accuracy[-1])


def noisy(x, rng):
    return x + (0.1 * rng.normal(size=x.shape)).astype(x.dtype)


BY_HAND = {  # a method, what fit is told, and the same in the loop below
    "SGD": (lambda: SGD(0.1), {}, {}),
    "augment": (lambda: Momentum(0.05), {"augment": noisy}, {"augment": noisy}),
    "penalty": (lambda: Adam(0.01), {"penalty": L2(0.01)}, {"penalty": L2(0.01)}),
    "proximal": (lambda: Nesterov(0.05), {"penalty": L1(0.01), "proximal": True}, {"prox": L1(0.01)}),
    "SAM": (lambda: SAM(Momentum(0.05), radius=0.1), {"augment": noisy}, {"augment": noisy}),
    "Schedule-Free": (lambda: ScheduleFreeSGD(0.1), {"penalty": L2(0.01)}, {"penalty": L2(0.01)}),
    "Lookahead": (lambda: Lookahead(Adam(0.01), k=4), {}, {}),
}


def train_by_hand(net, data, opt, epochs, rng, augment=None, penalty=None, prox=None):
    """Train in batches of 20, all lines in one place; return each epoch's mean loss."""
    means = []
    for _ in range(epochs):
        order, losses = rng.permutation(90), 0.0
        for start in range(0, 90, 20):
            rows = order[start : start + 20]
            x, y, first = data.x_train[rows], data.y_train[rows], []
            x = x if augment is None else augment(x, rng)

            def grad(params, x=x, y=y, first=first):
                own = {k: p.copy() for k, p in net.params.items()}
                for k in own:
                    net.params[k][...] = params[k]
                value, dscores = softmax_cross_entropy(net.forward(x, train=True), y)
                cost = penalty or prox
                first.append(value + sum(cost.value(p) for k, p in params.items() if "W" in k) if cost else value)
                net.backward(dscores)
                grads = {k: g.copy() for k, g in net.grads.items()}
                for k in own:
                    grads[k] += penalty.grad(params[k]) if penalty and "W" in k else 0
                    net.params[k][...] = own[k]
                return grads

            opt.step_closure(dict(net.params), SimpleNamespace(grad=grad))
            for k, p in net.params.items():
                if prox is not None and "W" in k:
                    p[...] = prox.prox(p, opt.lr)
            losses += len(rows) * first[0]
        means.append(losses / 90)
    return means


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", BY_HAND)
def test_fit_is_the_loop_by_hand_bit_for_bit(name, dtype):
    make, told, by_hand = BY_HAND[name]
    mine, theirs, data, opt = network(dtype=dtype), network(dtype=dtype), clouds(dtype=dtype), make()
    history = fit(mine, data, make(), epochs=3, batch=20, rng=np.random.default_rng(4), **told)
    means = train_by_hand(theirs, data, opt, 3, np.random.default_rng(4), **by_hand)
    tested = opt.test_params(dict(theirs.params))
    assert all(np.array_equal(mine.params[k], tested[k]) and mine.params[k].dtype == dtype for k in tested)
    np.testing.assert_allclose(history.loss, means, rtol=1e-6 if dtype == np.float32 else 1e-12)


def test_an_epoch_alone():
    """It takes every row once, the last batch being smaller, and returns the means of what it saw."""
    net, data, seen = network(), clouds(), []

    class Spy(Minibatch):
        def step(self, optimizer):
            super().step(optimizer)
            seen.append((self.x, self.y, self.seen))

    minibatch = Spy(net, softmax_cross_entropy, L2(0.01))
    means = train_epoch(minibatch, SGD(0.1), data.x_train, data.y_train, 40, np.random.default_rng(0))
    order = np.random.default_rng(0).permutation(90)
    assert [len(x) for x, _, _ in seen] == [40, 40, 10] and minibatch.steps == 3
    np.testing.assert_array_equal(np.concatenate([x for x, _, _ in seen]), data.x_train[order])
    np.testing.assert_array_equal(np.concatenate([y for _, y, _ in seen]), data.y_train[order])
    np.testing.assert_allclose(means, np.average([s for _, _, s in seen], axis=0, weights=[40, 40, 10]), rtol=1e-14)
    assert means[0] > means[1] > 0 and 0 < means[2] < 1


def test_the_loss_of_sam_is_that_of_its_first_look():
    data = clouds()
    first = evaluate(network(), data.x_train, data.y_train).loss
    history = fit(network(), data, SAM(SGD(0.1), radius=5.0), epochs=1, batch=90, rng=np.random.default_rng(0))
    assert history.loss[0] == pytest.approx(first, rel=1e-12)


@pytest.mark.parametrize("first", ["still", "moves"])
@pytest.mark.parametrize("around", [lambda opt: opt, lambda opt: SAM(opt)])
def test_the_proximal_step_has_each_groups_rate(first, around):
    """Without a gradient L1 alone acts: each weight falls by λ times the sum of its own rates."""
    net, data = network(), clouds(90, 0)
    for p in net.params.values():
        p[...] = 1.0
    groups = {"still": SGD(0.0), "moves": SGD(Linear(1.0, steps=4))}
    groups = {first: groups[first]} | groups
    opt = around(Groups(groups, lambda key, p: "moves" if key == "2.W" else "still"))
    fit(
        net, data, opt, epochs=1, batch=30, rng=np.random.default_rng(0), loss=lambda s, y: (0.0, 0 * s),
        penalty=L1(0.01), proximal=True,
    )  # fmt: skip
    np.testing.assert_allclose(net.params["2.W"], 1 - 0.01 * (1 + 0.75 + 0.5), rtol=1e-14)
    assert all((net.params[k] == 1).all() for k in ("0.W", "0.b", "2.b"))


def test_one_seed_one_run():
    runs = []
    for seed in (0, 0, 1):
        net = network()
        history = fit(
            net, clouds(), Momentum(0.05), epochs=2, rng=np.random.default_rng(seed), batch=40,
            augment=lambda x, rng: x + 0.1 * rng.normal(size=x.shape),
        )  # fmt: skip
        runs.append((net, history))
    (a, first), (b, second), (c, _) = runs
    assert same(a, b) and np.array_equal(first.loss, second.loss)
    assert not same(a, c)


def test_an_optimizer_goes_on():
    """Two epochs are an epoch and an epoch, with the optimizer's memory and the shuffler's."""
    once, twice, data = network(), network(), clouds()
    fit(once, data, Adam(0.01), epochs=2, rng=np.random.default_rng(0))
    opt, rng = Adam(0.01), np.random.default_rng(0)
    fit(twice, data, opt, epochs=1, rng=rng)
    fit(twice, data, opt, epochs=1, rng=rng)
    assert same(once, twice)


def test_augmentation_sees_every_row_once_and_may_change_labels():
    seen, data = [], clouds()

    def watch(x, rng):
        seen.append(x.copy())
        return x

    fit(network(), data, SGD(0.1), epochs=1, batch=40, rng=np.random.default_rng(0), augment=watch)
    assert [len(x) for x in seen] == [40, 40, 10]
    assert sorted(map(tuple, np.concatenate(seen))) == sorted(map(tuple, data.x_train))

    def soften(pair, rng):
        x, y = pair
        return x, 0.8 * np.eye(3)[y] + 0.2 / 3

    soften.changes_labels = True
    history = fit(network(), data, Momentum(0.1), epochs=30, batch=30, rng=np.random.default_rng(0), augment=soften)
    assert history.val_accuracy[-1] > 0.4 and 0.6 < history.accuracy[-1] <= 1  # .51, sd .03; .78, sd .02
    # the loss is that of soft labels: it cannot fall below their entropy
    p = np.array([0.8 + 0.2 / 3, 0.2 / 3, 0.2 / 3])
    assert history.loss.min() > -(p * np.log(p)).sum()


def test_early_stopping_restores_the_best_epoch_exactly():
    """A run that is stopped by hand at the best epoch has the same weights and statistics."""

    def build():
        rng = np.random.default_rng(0)
        return Sequential(
            Dense(6, 40, rng=rng, dtype=np.float64), BatchNorm(40, dtype=np.float64), ReLU(),
            Dense(40, 3, rng=rng, dtype=np.float64),
        )  # fmt: skip

    data = clouds(40, 40)
    net = build()
    history = fit(net, data, Adam(0.03), epochs=60, batch=20, rng=np.random.default_rng(1), early_stopping=6)
    assert history.epochs < 60 and history.stopped == "no better val_loss for 6 epochs"
    assert history.best == history.val_loss.argmin() + 1 == history.epochs - 6
    by_hand = build()
    fit(by_hand, data, Adam(0.03), epochs=history.best, batch=20, rng=np.random.default_rng(1))
    assert same(net, by_hand) and net.state and all(np.array_equal(net.state[k], by_hand.state[k]) for k in net.state)
    assert evaluate(net, data.x_val, data.y_val).loss == history.val_loss.min()


MEMORIES = {  # methods whose state holds weights, a velocity, or both
    "Momentum": lambda: Momentum(0.3),
    "Lookahead": lambda: SAM(Lookahead(Adam(0.03), k=7)),
    "Schedule-Free": lambda: ScheduleFreeSGD(0.5),
    "Groups": lambda: with_muon(0.03),
    "schedule": lambda: Adam(Linear(0.1, steps=60)),
}


@pytest.mark.parametrize("name", MEMORIES)
def test_training_goes_on_from_the_best_epoch(name):
    """With the optimizer as it was then: the run is that of one stopped there by hand, and goes on as that does."""
    data, make = clouds(40, 40), MEMORIES[name]
    net, opt = network(), make()
    history = fit(net, data, opt, epochs=40, batch=20, rng=np.random.default_rng(1), early_stopping=6)
    assert history.best < history.epochs and opt.t == 2 * history.best
    by_hand, theirs = network(), make()
    fit(by_hand, data, theirs, epochs=history.best, batch=20, rng=np.random.default_rng(1))
    for _ in range(2):
        assert same(net, by_hand)
        runs = [(net, opt), (by_hand, theirs)]
        losses = [fit(n, data, o, epochs=3, batch=20, rng=np.random.default_rng(2)).val_loss for n, o in runs]
        assert np.array_equal(*losses)


def test_any_epoch_is_better_than_a_first_one_of_nan():
    best = training._Best(network(), SGD(0.1), EarlyStopping(watch="accuracy"))
    for epoch, value in enumerate((math.nan, math.nan, 0.3, 0.2), 1):
        best.compare(epoch, tuple(value if name == "accuracy" else 1.0 for name in COLUMNS))
    assert (best.epoch, best.since) == (3, 1)


def test_an_error_of_more_arguments_keeps_its_words():
    class Twice(ValueError):
        def __init__(self, one, two):
            super().__init__(f"{one} and {two}")

    def loss(scores, y):
        raise Twice("this", "that")

    with pytest.raises(ValueError, match=r"^the loss does not take one row of data.y_train: this and that$"):
        fit(network(), clouds(), SGD(0.1), epochs=1, rng=np.random.default_rng(0), loss=loss)


def test_what_early_stopping_watches():
    data = clouds(40, 40)
    rule = EarlyStopping(patience=4, watch="val_accuracy")
    net = network()
    history = fit(net, data, Adam(0.03), epochs=50, batch=20, rng=np.random.default_rng(1), early_stopping=rule)
    assert history.best == history.val_accuracy.argmax() + 1
    assert evaluate(net, data.x_val, data.y_val).accuracy == history.val_accuracy.max()
    rule = EarlyStopping(patience=None)  # never stops, but restores
    history = fit(net, data, Adam(0.03), epochs=9, batch=20, rng=np.random.default_rng(1), early_stopping=rule)
    assert history.epochs == 9 and evaluate(net, data.x_val, data.y_val).loss == history.val_loss.min()
    rule = EarlyStopping(patience=3, watch="loss", threshold=1e9)  # nothing is that much better than the first
    history = fit(net, data, Adam(0.03), epochs=9, batch=20, rng=np.random.default_rng(1), early_stopping=rule)
    assert (history.epochs, history.best) == (4, 1)


@pytest.mark.parametrize("make", [lambda: ScheduleFreeSGD(0.5), lambda: SAM(Lookahead(Adam(0.03), k=7))])
def test_the_best_epoch_is_of_the_weights_that_are_tested(make):
    net, data = network(), clouds(40, 40)
    history = fit(
        net, data, make(), epochs=30, batch=20, rng=np.random.default_rng(1), early_stopping=EarlyStopping(None)
    )
    assert history.best < 30 and evaluate(net, data.x_val, data.y_val).loss == history.val_loss.min()


def test_plateau_hears_the_validation_loss():
    data, heard = clouds(), []

    class Listening(ReducePlateau):
        def observe(self, loss):
            heard.append(loss)
            return super().observe(loss)

    lr = Listening(0.3, factor=0.5, patience=0)
    history = fit(network(), data, SGD(lr), epochs=12, batch=30, rng=np.random.default_rng(0))
    assert heard == history.val_loss.tolist()
    expected = ReducePlateau(0.3, factor=0.5, patience=0)
    assert history.lr.tolist() == [0.3, *(expected.observe(v) for v in heard[:-1])]
    assert history.lr[-1] < 0.3
    data.x_val, heard[:] = None, []
    history = fit(network(), data, SGD(lr.clone()), epochs=2, batch=30, rng=np.random.default_rng(0))
    assert heard == history.loss.tolist()


class Listening(ReducePlateau):
    """Keeps what it hears."""

    def observe(self, loss):
        self.__dict__.setdefault("heard", []).append(loss)
        return super().observe(loss)


@pytest.mark.parametrize("wrap", [SGD, lambda lr: SAM(Lookahead(Momentum(lr), k=2)), with_muon])
def test_plateau_in_a_chain_hears_the_losses_of_its_own_steps(wrap):
    """Two epochs of warming up, of 3 steps each; then the plateau; in the end a small rate."""
    plateau = Listening(0.2, factor=0.5, patience=0, threshold=0.2)
    chain = Linear(0.0, steps=6, end=0.2).then(plateau, at=6).then(1e-4, at=24)
    history = fit(network(), clouds(), wrap(chain), epochs=10, batch=30, rng=np.random.default_rng(0))
    assert plateau.heard == history.val_loss[2:8].tolist()
    if wrap is SGD:
        rates = ReducePlateau(0.2, factor=0.5, patience=0, threshold=0.2)
        expected = [0.0, 0.1, 0.2, *(rates.observe(v) for v in history.val_loss[2:7]), 1e-4, 1e-4]
        assert history.lr.tolist() == expected and min(expected[2:8]) < 0.2


def test_plateau_after_a_warm_up_hears_the_losses_of_its_own_steps():
    plateau = Listening(0.2, factor=0.5, patience=0, threshold=0.2)
    history = fit(network(), clouds(), SGD(Warmup(plateau, steps=6)), epochs=8, batch=30, rng=np.random.default_rng(0))
    assert plateau.heard == history.val_loss[2:].tolist() and history.lr[-1] < 0.2


def test_a_penalty_that_overflows_has_diverged():
    net = network()
    for name in ("0.W", "2.W"):
        net.params[name][...] = np.sign(net.params[name]) * 1e170
    x, y = np.zeros((30, net.params["0.W"].shape[0])), np.zeros(30, int)
    data = SimpleNamespace(x_train=x, y_train=y, x_val=None, y_val=None)
    with pytest.raises(Diverged, match="the penalty is inf, though the loss is finite"):
        fit(net, data, SGD(0.1), epochs=1, batch=30, rng=np.random.default_rng(0), penalty=L2(1.0))


def test_it_is_the_last_step_of_an_epoch_that_counts():
    plateau = Listening(0.2)
    chain = Linear(0.0, steps=6, end=0.2).then(plateau, at=5).then(1e-4, at=23)
    history = fit(network(), clouds(), SGD(chain), epochs=10, batch=30, rng=np.random.default_rng(0))
    assert plateau.heard == history.val_loss[1:7].tolist()


def test_a_plateau_that_two_rates_share_hears_once():
    plateau = Listening(0.02)
    history = fit(network(), clouds(), with_muon(plateau, plateau), epochs=2, rng=np.random.default_rng(0))
    assert plateau.heard == history.val_loss.tolist()


def test_proximal_l1_has_zeros_and_its_gradient_has_none():
    data, zeros = clouds(), []
    for proximal in (False, True):
        net = network()
        history = fit(
            net, data, SGD(0.1), epochs=30, batch=30, rng=np.random.default_rng(0), penalty=L1(0.03), proximal=proximal
        )
        zeros.append(sum(int((net.params[k] == 0).sum()) for k in ("0.W", "2.W")))
        assert np.all(net.params["0.b"] != 0)  # biases are left alone
        cost = 0.03 * sum(np.abs(net.params[k]).sum() for k in ("0.W", "2.W"))
        assert history.penalty[-1] == pytest.approx(cost, rel=0.2)
        assert np.all(history.loss > history.penalty)
    assert zeros[0] == 0 and zeros[1] > 12


def test_proximal_step_by_hand():
    net, data = network(), clouds()
    before = checkpoint(net)["params"]
    grads = Slow(net, data.x_train, data.y_train).grad(net.params)
    fit(net, data, SGD(lambda t: 0.2), epochs=1, batch=90, rng=np.random.default_rng(0), penalty=L2(0.5), proximal=True)
    for k, w in before.items():
        stepped = w - 0.2 * grads[k]
        np.testing.assert_allclose(net.params[k], stepped / 1.1 if k.endswith("W") else stepped, rtol=1e-10)


def test_penalties_where_asked_and_limits():
    data = clouds()
    only_first = network()
    fit(
        only_first, data, SGD(0.1), epochs=1, batch=90, rng=np.random.default_rng(0), penalty=L2(2.0),
        penalize=lambda name: name == "0.b",
    )  # fmt: skip
    plain = network()
    fit(plain, data, SGD(0.1), epochs=1, batch=90, rng=np.random.default_rng(0))
    assert same(plain, only_first)  # b was 0
    net = network()
    assert np.linalg.norm(net.params["0.W"], axis=0).max() > 0.7
    history = fit(
        net, data, SGD(0.5), epochs=5, batch=30, rng=np.random.default_rng(0), penalty=MaxNorm(0.7), proximal=True
    )
    assert not history.penalty.any() and np.isfinite(history.loss).all()  # it is kept from the first step on
    norms = np.linalg.norm(net.params["0.W"], axis=0)
    assert norms.max() <= 0.7 * (1 + 1e-12) and np.isclose(norms, 0.7).any()
    with pytest.raises(ValueError, match=r"MaxNorm\(0.7\) is a limit and has no gradient: it needs proximal=True"):
        fit(net, data, SGD(0.5), epochs=5, rng=np.random.default_rng(0), penalty=MaxNorm(0.7))
    opt = SAM(ScheduleFreeSGD(0.5))
    with pytest.raises(ValueError, match=r"ScheduleFreeSGD.* would undo a proximal one"):
        fit(net, data, opt, epochs=5, rng=np.random.default_rng(0), penalty=L1(0.1), proximal=True)


class Breaks(Layer):
    """Gives nan from its n-th forward in training on; or passes a nan back."""

    def __init__(self, n, where="forward"):
        super().__init__()
        self.n, self.where, self.state = n, where, {"calls": np.zeros(1)}  # as a state: a forward on trial counts not

    def forward(self, x, train=False):
        self.state["calls"] += train
        return x * np.nan if self.where == "forward" and train and self.state["calls"] >= self.n else x

    def backward(self, dy):
        return dy * np.nan if self.where == "backward" and self.state["calls"] >= self.n else dy


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ("forward", r"step 8 \(epoch 3\): nan or inf first in the output of layer 1, Breaks\(\)"),
        ("backward", r"step 8 \(epoch 3\): grads\['0.W'\] holds nan at \(0, 0\), in layer 0, Dense\(6, 9\)"),
    ],
)
def test_nan_names_step_and_layer_and_keeps_the_best(where, said):
    rng, data = np.random.default_rng(0), clouds()
    parts = Dense(6, 9, rng=rng, dtype=np.float64), Breaks(8, where), Dense(9, 3, rng=rng, dtype=np.float64)
    net = Sequential(*parts)
    with pytest.raises(Diverged, match=said) as caught:
        fit(net, data, Momentum(0.05), epochs=9, batch=30, rng=np.random.default_rng(2))
    assert caught.value.step == 8
    history = caught.value.history
    assert history.epochs == 2 and np.isfinite(history.val_loss).all() and history.stopped == "diverged"
    assert "the network is back at epoch 2, the best one" in str(caught.value)
    assert evaluate(net, data.x_val, data.y_val).loss == history.val_loss[history.best - 1]


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ("forward", r"nan or inf first in the output of layer 1.branch.1, Breaks\(\)"),
        ("backward", r"grads\['0.W'\] holds nan at \(0, 0\), in layer 1.branch.0, Dense\(9, 9\)"),
    ],
)
def test_nan_inside_a_block_names_the_layer_there(where, said):
    rng = np.random.default_rng(0)
    branch = Sequential(Dense(9, 9, rng=rng, dtype=np.float64), Breaks(2, where))
    ends = (Dense(n, m, rng=rng, dtype=np.float64) for n, m in ((6, 9), (9, 3)))
    net = Sequential(next(ends), Residual(branch), next(ends))
    with pytest.raises(Diverged, match=said):
        fit(net, clouds(), SGD(0.1), epochs=1, batch=30, rng=rng)


@pytest.mark.parametrize("at", [2, 8])
def test_a_run_that_diverged_goes_on_from_its_best_epoch(at):
    data, net, opt = clouds(), Sequential(*network().layers, Breaks(at, "backward")), Momentum(0.05)
    with pytest.raises(Diverged) as caught:
        fit(net, data, opt, epochs=9, batch=30, rng=np.random.default_rng(2))
    best = caught.value.history.best
    assert best == (at > 3) * 2 and opt.t == 3 * best  # in step 2 there is none yet
    by_hand, theirs, net = network(), Momentum(0.05), Sequential(*net.layers[:3])
    if best:
        fit(by_hand, data, theirs, epochs=best, batch=30, rng=np.random.default_rng(2))
    for n, o in ((net, opt), (by_hand, theirs)):
        fit(n, data, o, epochs=2, batch=30, rng=np.random.default_rng(3))
    assert same(net, by_hand)


def test_a_nan_that_a_second_look_does_not_find():
    class Once(Breaks):
        def forward(self, x, train=False):
            self.state["calls"] += train
            return x * np.nan if train and self.state["calls"] == self.n else x

    net = Sequential(*network().layers, Once(2))
    with pytest.raises(Diverged, match=r"step 2 .* in the scores \(a second pass, with other random draws, found none"):
        fit(net, clouds(), SGD(0.1), epochs=1, batch=30, rng=np.random.default_rng(0))


def ctrl_c(at):
    """Ctrl-C while the batch of that number is being made."""
    calls = iter(range(1, 10_000))

    def augment(x, rng):
        if next(calls) == at:
            signal.raise_signal(signal.SIGINT)
        return x

    return augment


def test_ctrl_c_keeps_what_was_learnt():
    """Stopped before step 8: the weights of seven steps by hand; and another fit goes on."""
    net, data, opt = network(), clouds(), Adam(0.03)
    with pytest.raises(KeyboardInterrupt):
        fit(net, data, opt, epochs=9, batch=30, rng=np.random.default_rng(2), augment=ctrl_c(8))
    by_hand, theirs, rng = network(), Adam(0.03), np.random.default_rng(2)
    rows = [r for _ in range(3) for r in np.split(rng.permutation(90), 3)][:7]
    for r in rows:
        theirs.step_closure(by_hand.params, Slow(by_hand, data.x_train[r], data.y_train[r]))
    for k in net.params:
        np.testing.assert_allclose(net.params[k], by_hand.params[k], rtol=1e-10, atol=1e-13)
    assert opt.t == 7
    before = evaluate(net, data.x_train, data.y_train).loss
    fit(net, data, opt, epochs=2, batch=30, rng=np.random.default_rng(3))
    assert evaluate(net, data.x_train, data.y_train).loss < before


@pytest.mark.parametrize("make", [lambda: ScheduleFreeSGD(0.5), lambda: SAM(Lookahead(Adam(0.03), k=7))])
def test_ctrl_c_leaves_the_weights_that_are_tested(make):
    net, data, opt = network(), clouds(), make()
    with pytest.raises(KeyboardInterrupt):
        fit(net, data, opt, epochs=9, batch=30, rng=np.random.default_rng(2), augment=ctrl_c(4))
    one_epoch = network()
    history = fit(one_epoch, data, make(), epochs=1, batch=30, rng=np.random.default_rng(2))
    assert same(net, one_epoch) and evaluate(net, data.x_val, data.y_val).loss == history.val_loss[0]
    untouched = network()
    with pytest.raises(KeyboardInterrupt):
        fit(untouched, data, make(), epochs=1, batch=30, rng=np.random.default_rng(2), augment=ctrl_c(1))
    assert same(untouched, network())


def test_ctrl_c_with_early_stopping_restores_the_best_epoch():
    data = clouds(40, 40)
    whole = fit(network(), data, Adam(0.03), epochs=30, batch=20, rng=np.random.default_rng(1))
    best = int(whole.val_loss.argmin())
    assert best < 25
    for step, left in ((2 * 29 + 1, whole.val_loss[best]), (2, None)):
        net = network()
        with pytest.raises(KeyboardInterrupt):
            fit(
                net, data, Adam(0.03), epochs=30, batch=20, rng=np.random.default_rng(1), augment=ctrl_c(step),
                early_stopping=EarlyStopping(None),
            )  # fmt: skip
        if left is None:  # in the first epoch: there is no best one yet, and one step was made
            assert not same(net, network())
        else:
            assert evaluate(net, data.x_val, data.y_val).loss == left


@pytest.mark.parametrize("make", [SGD, lambda lr: SAM(SGD(lr), radius=5.0), NesterovLookAhead])
def test_ctrl_c_within_a_step_leaves_no_borrowed_weights(make):
    calls = iter(range(1, 100))

    def loss(scores, y):
        if next(calls) == 4:  # after two looks of one row: within the second step, or SAM's second look
            raise KeyboardInterrupt
        return softmax_cross_entropy(scores, y)

    net, before = network(), network()
    with pytest.raises(KeyboardInterrupt):
        fit(net, clouds(), make(0.1), epochs=1, batch=30, rng=np.random.default_rng(0), loss=loss)
    if "SAM" in repr(make(0.1)):
        assert same(net, before)
    else:
        step = network()
        rows = np.random.default_rng(0).permutation(90)[:30]
        make(0.1).step_closure(step.params, Slow(step, clouds().x_train[rows], clouds().y_train[rows]))
        for k in net.params:
            np.testing.assert_allclose(net.params[k], step.params[k], rtol=1e-10)


def test_a_rate_that_is_too_large():
    net, data = network(dtype=np.float32), clouds(dtype=np.float32)
    before = checkpoint(net)["params"]
    with pytest.raises(Diverged, match=r"step \d+ \(epoch 1\): .*layer \d.*the network is back at where it began"):
        fit(net, data, SGD(1e30), epochs=9, batch=10, rng=np.random.default_rng(2))
    assert all(np.array_equal(net.params[k], p) for k, p in before.items())
    data.x_train[17, 2] = np.inf
    with pytest.raises(Diverged, match="nan or inf first in the input x"):
        fit(net, data, SGD(0.1), epochs=1, batch=90, rng=np.random.default_rng(2))


def test_the_very_last_step():
    net, data = network(dtype=np.float32), clouds(dtype=np.float32)
    data.x_val, before = None, checkpoint(net)["params"]
    with (
        np.errstate(over="ignore"),
        pytest.raises(Diverged, match=r"step 1 \(epoch 1\): the step made params\['0.W'\]"),
    ):
        fit(net, data, SGD(1e38), epochs=1, batch=90, rng=np.random.default_rng(0), loss=lambda s, y: (1.0, 100 * s))
    assert all(np.array_equal(net.params[k], p) for k, p in before.items())


def test_validation_that_overflows():
    net, data = network(), clouds()
    data.x_val = data.x_val.copy()
    data.x_val[0] = 1e308
    with pytest.raises(Diverged, match=r"epoch 1\): .*validation"):
        fit(net, data, SGD(0.1), epochs=2, batch=30, rng=np.random.default_rng(2))


def test_regression_and_no_validation():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(60, 4))
    data = SimpleNamespace(x_train=x, y_train=x @ rng.normal(size=(4, 1)), x_val=x[:0], y_val=x[:0])

    def squares(y, target):
        return float(np.square(y - target).mean()), 2 * (y - target) / y.size

    net = Sequential(Dense(4, 1, rng=rng, dtype=np.float64))
    history = fit(net, data, SGD(0.1), epochs=50, batch=20, rng=rng, loss=squares)
    assert history.loss[-1] < 1e-6 and np.isnan(history.accuracy).all() and np.isnan(history.val_loss).all()
    assert history.best == history.loss.argmin() + 1
    assert "accuracy" not in repr(history) and "val_" not in repr(history)


def test_evaluate_in_parts():
    net, data = network(), clouds()
    whole = evaluate(net, data.x_train, data.y_train)
    assert isinstance(whole, Score)
    parts = evaluate(net, data.x_train, data.y_train, batch=7)
    assert parts.loss == pytest.approx(whole.loss, rel=1e-12) and parts.accuracy == pytest.approx(whole.accuracy)
    scores = torch.tensor(net.forward(data.x_train))
    theirs = torch.nn.functional.cross_entropy(scores, torch.tensor(data.y_train)).item()
    assert whole.loss == pytest.approx(theirs, rel=1e-12)


def test_checkpoints_of_another_network():
    net, other = network(), network(sizes=(6, 8, 3))
    saved, before = checkpoint(other), checkpoint(net)["params"]
    with pytest.raises(ValueError, match="the checkpoint's params belong to another network"):
        restore(net, saved)
    assert all(np.array_equal(net.params[k], p) for k, p in before.items())
    for other in ({}, net.params, None, [1]):
        with pytest.raises(TypeError, match="saved must be a checkpoint, params and state"):
            restore(net, other)


@pytest.mark.parametrize(
    ("change", "error", "said"),
    [
        (dict(epochs=0), ValueError, "epochs must be at least 1, not 0"),
        (dict(batch=91), ValueError, "batch must be at most the 90 rows of data.x_train, not 91"),
        (dict(batch=2.0), TypeError, "batch must be an integer"),
        (dict(rng=0), TypeError, "rng must be a generator"),
        (dict(optimizer=0.1), TypeError, "optimizer must be an optimizer"),
        (dict(net="net"), TypeError, "net must be a network"),
        (dict(early_stopping=0), ValueError, "early_stopping must be at least 1"),
        (dict(early_stopping="val_loss"), TypeError, "early_stopping must be an integer, not 'val_loss'"),
        (dict(proximal="no"), TypeError, "proximal must be True or False, not .no."),
        (dict(penalize="W"), TypeError, "penalize must be a function of a parameter's name, not 'W'"),
        (dict(loss=lambda s, y: 1.0), ValueError, r"the loss must return .* gradient of shape \(1, 3\), not 1.0"),
        (dict(loss=lambda s, y: (1.0, s[0])), ValueError, r"the loss must return .* gradient of shape \(1, 3\)"),
        (dict(x_train=np.zeros((90, 6), int)), TypeError, "data.x_train must hold floats, not int64"),
        (dict(x_train=np.zeros((0, 6))), ValueError, "data.x_train must have shape .* at least one row"),
        (dict(y_train=np.zeros(89, int)), ValueError, "data.y_train must have 90 rows"),
        (dict(y_train=np.full(90, 3)), ValueError, "data.y_train must lie in 0 … 2, one class per score, not 3 … 3"),
        (dict(y_train=np.full(90, 3), x_val=None), ValueError, "data.y_train must lie in 0 … 2"),
        (dict(y_val=np.full(30, -1)), ValueError, "data.y_val must lie in 0 … 2, one class per score, not -1 … -1"),
        (dict(x_train=np.zeros((90, 5))), ValueError, "network does not take one row of data.x_train: Dense.*6.*5"),
        (dict(y_val=np.zeros(3, int)), ValueError, "data.y_val must have 30 rows"),
        (dict(x_val=np.zeros((30, 5))), ValueError, "the network does not take one row of data.x_val: Dense.*6.*5"),
        (dict(x_val=5.0), ValueError, "data.x_val must have shape"),
        (dict(y_train=np.zeros((90, 1), int)), ValueError, "the loss does not take one row of data.y_train: .*shape"),
        (dict(y_val=np.zeros(30)), TypeError, "the loss does not take one row of data.y_val: .*integers"),
        (dict(x_val=None, early_stopping=3), ValueError, "early stopping watches val_loss, but data has no validation"),
    ],
)
def test_bad_input(change, error, said):
    data, net = clouds(), network()
    before = checkpoint(net)["params"]
    given = dict(net=net, optimizer=SGD(0.1), epochs=1, rng=np.random.default_rng(0))
    for k, v in change.items():
        if hasattr(data, k):
            setattr(data, k, v)
        else:
            given[k] = v
    with pytest.raises(error, match=said):
        fit(given.pop("net"), data, given.pop("optimizer"), **given)
    assert all(np.array_equal(net.params[k], p) for k, p in before.items())


def test_what_does_not_go_together_is_told_before_anything_changes():
    data, net = clouds(), network()
    values = SimpleNamespace(x_train=data.x_train, y_train=3.0 + data.x_train[:, :3], x_val=None)
    rule = EarlyStopping(3, watch="accuracy")
    for error, said, given in [
        (TypeError, r"penalty must have value, grad and prox, such as L2\(.*, not 0.01", dict(penalty=0.01)),
        (TypeError, "early_stopping must be an integer, not True", dict(early_stopping=True)),
        (ValueError, "early stopping watches accuracy, but data.y_train holds no classes",
         dict(data=values, loss=squared_error, early_stopping=rule)),
        (ValueError, "w of shape", dict(penalty=MaxNorm(0.1, axis=1), proximal=True, penalize=lambda name: True)),
        (ValueError, "shape", dict(penalty=MaxNorm(0.1), proximal=True, loss=squared_error)),
    ]:  # fmt: skip
        with pytest.raises(error, match=said):
            fit(net, given.pop("data", data), SGD(0.1), epochs=1, rng=np.random.default_rng(0), **given)
        assert same(net, network())
    with pytest.raises(TypeError, match="threshold must be one number"):
        EarlyStopping(threshold=np.zeros(2))


def test_bad_rules_and_missing_data():
    for rule, said in (
        (dict(watch="loss!"), "watch must be one of"),
        (dict(watch=["loss"]), "watch must be one of"),
        (dict(threshold=-1.0), "threshold must be"),
        (dict(patience=0), "patience must be at least 1"),
    ):
        with pytest.raises(ValueError, match=said):
            EarlyStopping(**rule)
    with pytest.raises(TypeError, match="data must have x_train, but a SimpleNamespace has none"):
        fit(network(), SimpleNamespace(), SGD(0.1), epochs=1, rng=np.random.default_rng(0))


def test_history_plots_itself():
    from matplotlib.figure import Figure

    history = fit(network(), clouds(), SGD(0.1), epochs=4, rng=np.random.default_rng(0))
    ax = Figure().add_subplot()
    assert history.plot(ax) is ax
    assert [line.get_label() for line in ax.lines] == ["training", "validation", f"best: epoch {history.best}"]
    np.testing.assert_array_equal(ax.lines[1].get_ydata(), history.val_loss)
    assert ax.get_xlabel() == "epoch" and ax.get_ylabel() == "loss"
    rates = history.plot(Figure().add_subplot(), "lr")
    assert len(rates.lines) == 1 and rates.get_ylabel() == "learning rate"
    with pytest.raises(ValueError, match="what must be one of"):
        history.plot(ax, "speed")
    assert "4 epochs, all epochs done" in repr(history)


def test_the_bar_of_tqdm(monkeypatch, capsys):
    run = dict(epochs=2, batch=40, progress=True)
    fit(network(), clouds(), SGD(0.1), rng=np.random.default_rng(0), epochs=1)
    assert capsys.readouterr() == ("", "")
    history = fit(network(), clouds(), SGD(0.1), rng=np.random.default_rng(0), **run)
    out, shown = capsys.readouterr()
    last = shown.replace("\r", "\n").strip().splitlines()[-1]
    loss, val_loss, val_accuracy = history.loss[-1], history.val_loss[-1], history.val_accuracy[-1]
    assert out == "" and " 6/6 " in last and "step/s" in last
    assert f"loss={loss:.3g}, val_loss={val_loss:.3g}, val_accuracy={val_accuracy:.3g}" in last

    data = clouds()
    data.x_val, data.y_train = None, np.eye(3)[data.y_train] * 5  # a regression without validation: no nan is shown
    fit(network(), data, SGD(0.01), rng=np.random.default_rng(0), loss=squared_error, **run)
    shown = capsys.readouterr().err
    assert "loss=" in shown and "nan" not in shown and "val_" not in shown
    with pytest.raises(Diverged):  # the bar is closed, at the step that broke
        fit(network(), clouds(), SGD(1e300), rng=np.random.default_rng(0), **run)
    assert " 1/6 " in capsys.readouterr().err.replace("\r", "\n").splitlines()[-1]
    monkeypatch.setitem(sys.modules, "tqdm.auto", None)  # not installed: silence
    fit(network(), clouds(), SGD(0.1), rng=np.random.default_rng(0), **run)
    assert capsys.readouterr() == ("", "")


NORMED = Sequential(Dense(6, 4, rng=np.random.default_rng(0)), BatchNorm(4))


@pytest.mark.parametrize(
    ("net", "used", "change", "error", "message"),
    [
        (
            NORMED,
            False,
            {"batch": 44},
            ValueError,
            "the last minibatch of an epoch, of 1 rows, does not fit",
        ),
        (network(), False, {"augment": 3}, TypeError, "augment must be a function"),
        (NORMED, False, {"penalize": 3}, TypeError, "penalize must be a function"),
        (NORMED, False, {"loss": lambda s, y: (1.0, s[:, :3])}, ValueError, "the loss must return"),
        (network(), True, {}, ValueError, r"pass optimizer.clone\(\)\): params was of kind array before"),
    ],
)
def test_what_would_end_the_first_epoch_changes_nothing(net, used, change, error, message):
    """A batch of one that has no variance, an augmentation that is none, an optimizer of another network."""
    rng, opt = np.random.default_rng(0), Momentum(0.1)
    if used:
        opt.step(np.ones(3), np.ones(3))
    before, draws, t = copy.deepcopy(net), copy.deepcopy(rng.bit_generator.state), opt.t
    with pytest.raises(error, match=message):
        fit(net, clouds(n=89), opt, epochs=1, rng=rng, penalty=MaxNorm(0.1), proximal=True, **change)
    assert all(np.array_equal(net.params[k], before.params[k]) for k in net.params)
    assert rng.bit_generator.state == draws and opt.t == t
    assert not NORMED.layers[1].state["mean"].any()


def test_a_batch_of_one_is_refused_before_anything_changes():
    """Two positions of one example are enough for the first layer, but not for the second."""
    rng, rows = np.random.default_rng(0), clouds(12)
    net = Sequential(BatchNorm(3), Flatten(), Dense(6, 4, rng=rng), BatchNorm(4))
    data = SimpleNamespace(x_train=rows.x_train.reshape(12, 2, 3), y_train=rows.y_train)
    draws = copy.deepcopy(rng.bit_generator.state)
    with pytest.raises(ValueError, match=r"the last minibatch .*, of 1 rows, .*BatchNorm\(4\): .* one value of each"):
        fit(net, data, SGD(0.1), epochs=1, batch=1, rng=rng)
    assert not net.layers[0].state["mean"].any() and rng.bit_generator.state == draws


@pytest.mark.parametrize("opt", [Lookahead(SGD(0.1), alpha=np.full(7, 0.5)), SAM(SGD(0.1), radius=np.ones(7), axis=-1)])
def test_a_wrappers_array_that_does_not_fit_is_refused_before_anything_changes(opt):
    net, rng = Sequential(Dense(6, 4, rng=np.random.default_rng(0)), BatchNorm(4)), np.random.default_rng(0)
    draws = copy.deepcopy(rng.bit_generator.state)
    with pytest.raises(ValueError, match=r"does not fit the network.*of shape .*7.* does not broadcast"):
        fit(net, clouds(), opt, epochs=1, rng=rng)
    assert rng.bit_generator.state == draws and not net.layers[1].state["mean"].any()


def test_the_labels_that_early_stopping_watches_must_be_classes():
    data = clouds()
    ones = SimpleNamespace(x_train=data.x_train, y_train=data.x_train[:, :3], x_val=data.x_val, y_val=data.y_val)
    soft = SimpleNamespace(x_train=data.x_train, y_train=data.y_train, x_val=data.x_val, y_val=data.x_val[:, :3])
    run = dict(epochs=1, batch=30, early_stopping=EarlyStopping(3, watch="val_accuracy"))

    def loss(scores, y):
        return squared_error(scores, y if np.ndim(y) == 2 else np.eye(3)[y])

    fit(network(), ones, SGD(0.1), rng=np.random.default_rng(0), loss=loss, **run)
    with pytest.raises(ValueError, match=r"watches val_accuracy, but data.y_val holds no classes"):
        fit(network(), soft, SGD(0.1), rng=np.random.default_rng(0), loss=loss, **run)


def test_slow_weights_of_another_network_are_refused_before_anything_changes():
    net, other, rng = network(), network(sizes=(6, 8, 3)), np.random.default_rng(0)
    trained, opt = Lookahead(SGD(0.1)), Lookahead(SGD(0.1))
    fit(other, clouds(), trained, epochs=1, rng=np.random.default_rng(0))
    opt.load_state_dict(trained.state_dict())
    draws = copy.deepcopy(rng.bit_generator.state)
    with pytest.raises(ValueError, match=r"pass optimizer.clone\(\)\): params\['0.W'\] was .* \(6, 8\) before"):
        fit(net, clouds(), SAM(opt), epochs=1, rng=rng)
    assert same(net, network()) and rng.bit_generator.state == draws
