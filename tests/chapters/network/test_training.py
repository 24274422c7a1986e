"""The page's network against the library's own, against torch, and in JavaScript matrices."""

import numpy as np
import pytest
import torch

from course_lib.chapters.network import training
from course_lib.chapters.network.experiments import digits
from course_lib.explore.compile import Library
from course_lib.explore.live import finish
from course_lib.explore.primitives import each, matmul, transpose, walk
from course_lib.nn import Dense, ReLU, Sequential, evaluate, softmax_cross_entropy
from course_lib.nn.evaluation import accuracy
from course_lib.optim import SGD, Adam, Cosine, Momentum, Optimizer, descend


def data():
    x, y = np.array(training.pictures(digits()["pixels"])), np.array(digits()["labels"])
    return x[: training.TRAIN], y[: training.TRAIN], x[training.TRAIN :], y[training.TRAIN :]


def library_network(seed):
    rng = np.random.default_rng(0)
    net = Sequential(Dense(64, 32, rng=rng, dtype=float), ReLU(), Dense(32, 10, rng=rng, dtype=float))
    net.params.flat[...] = training.start(seed)
    return net


@pytest.mark.parametrize("method", [SGD(0.5), Momentum(0.1), Adam(0.01), Momentum(Cosine(0.2, steps=200))], ids=str)
def test_a_run_is_the_librarys(method):
    """The same weights, minibatches and steps, with `Dense`, `ReLU` and the library's loss."""
    x, y, x_test, y_test = data()
    net, opt = library_network(3), method.clone()
    losses, right = [evaluate(net, x, y).loss], [evaluate(net, x_test, y_test).accuracy]
    for rows in training.order(3, training.EPOCHS):
        for first in range(0, training.TRAIN, training.BATCH):
            batch = rows[first : first + training.BATCH]
            _, ds = softmax_cross_entropy(net.forward(x[batch], train=True), y[batch])
            net.fill_grads(ds)
            opt.step(net.params, net.grads)
        losses.append(evaluate(net, x, y).loss)
        right.append(evaluate(net, x_test, y_test).accuracy)
    seen = finish(training.begin("run", method, 3, **digits()), training.EPOCHS)
    np.testing.assert_allclose(seen["run"]["loss"], losses, rtol=1e-9)
    np.testing.assert_allclose(seen["run"]["accuracy"], 100 * np.array(right), rtol=1e-9)
    assert (seen["loss_run"], seen["accuracy_run"]) == (seen["run"]["loss"][-1], seen["run"]["accuracy"][-1])


def test_loss_and_gradient_are_torchs():
    x, y, *_ = data()
    w = torch.tensor(training.start(1), requires_grad=True)
    W, b, V, c = w[:2048].reshape(64, 32), w[2048:2080], w[2080:2400].reshape(32, 10), w[2400:]
    scores = torch.relu(torch.tensor(x) @ W + b) @ V + c
    loss = torch.nn.functional.cross_entropy(scores, torch.tensor(y))
    loss.backward()
    start = training.start(1)
    assert training.loss(start, x, y) == pytest.approx(loss.item(), rel=1e-12)
    np.testing.assert_allclose(training.gradient(start, x, y), w.grad.numpy(), rtol=1e-9, atol=1e-14)


def test_the_digits_are_written_as_they_are():
    x, y, x_test, y_test = data()
    assert x.shape == (300, 64) and x_test.shape == (500, 64) and set(y) == set(y_test) == set(range(10))
    assert x.min() == 0 and x.max() == 1 and np.array_equal(16 * x, np.round(16 * x))
    assert len({row.tobytes() for row in np.concatenate([x, x_test])}) == 800  # none is learnt and tested with


def test_weights_begin_by_hes_rule_and_every_epoch_has_every_picture():
    w = np.array([training.start(seed) for seed in range(8)])
    assert w[:, :2048].std() == pytest.approx(np.sqrt(2 / 64), rel=0.03)
    assert w[:, 2080:2400].std() == pytest.approx(np.sqrt(2 / 32), rel=0.06)
    assert not w[:, 2048:2080].any() and not w[:, 2400:].any()
    epochs = training.order(0, 3)
    assert all(sorted(rows) == list(range(300)) for rows in epochs) and epochs[0] != epochs[1] != list(range(300))
    places = np.array([training.order(seed, 20) for seed in range(20)]).reshape(400, 300).argsort(axis=1)
    assert np.abs(places.mean(axis=0) - 149.5).max() < 5 * 86.6 / 20  # the standard error of a place's mean


def test_a_run_that_explodes_ends_in_no_number_and_without_a_warning():
    seen = finish(training.begin("run", SGD(1e200), 0, **digits()), 2)
    assert np.isnan(seen["accuracy_run"]) and not np.isfinite(seen["loss_run"])


class Zero(Optimizer):
    """Set all weights to 0, so that all ten scores are equal."""

    def update(self, x, dx):
        x[...] = 0


def test_a_tie_is_a_guess_and_not_right():
    """A network that prefers no class is right as often as one that always says the first."""
    seen = finish(training.begin("run", Zero(0.1), 0, **digits()), 1)
    labels = data()[3]
    assert seen["accuracy_run"] == pytest.approx(100 * np.mean(labels == 0)) and 5 < seen["accuracy_run"] < 15
    assert seen["loss_run"] == pytest.approx(np.log(10))


@pytest.mark.parametrize(("tied", "wanted"), [((3, 7), 3), ((0, 9), 0), ((8, 2, 5), 2), ((6,), 6)])
def test_of_equal_highest_scores_the_first_counts_here_and_in_the_library_and_in_the_page(twin, tied, wanted):
    w = [0.0] * 2410
    for k in tied:
        w[2400 + k] = 1.0  # the last bias: these classes are ahead in every picture, and level
    *_, x, y = data()
    x, y = x.tolist(), y.tolist()
    right = 100 * np.mean(np.equal(y, wanted))
    assert training.accuracy(w, x, y) == pytest.approx(right)
    assert 100 * accuracy(np.array(training.forward(w, x)[1]), np.array(y)) == pytest.approx(right)
    library = Library()
    name = library.add(training.accuracy)
    got = twin.run(library.script(f"course.got = {name}({w}, {x}, {y});"), "course.got")
    assert got == pytest.approx(right, rel=1e-9)


def test_matrices_in_the_page(twin):
    rng = np.random.default_rng(0)
    A, B, row = rng.normal(size=(5, 7)), rng.normal(size=(7, 3)), rng.normal(size=3)

    def all_of(a, b, row):
        def add(v, w):
            return v + 2 * w

        ab = matmul(a, b)
        return [ab, transpose(ab), each(add, ab, row), each(add, ab, ab), matmul([row], transpose(b))]

    library = Library()
    name = library.add(all_of)
    got = twin.run(library.script(f"course.got = {name}({A.tolist()}, {B.tolist()}, {row.tolist()});"), "course.got")
    wanted = [A @ B, (A @ B).T, A @ B + 2 * row, 3 * (A @ B), row[None] @ B.T]
    for mine, theirs in zip(got, wanted, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-12)
    for mine, theirs in zip(all_of(A.tolist(), B.tolist(), row.tolist()), wanted, strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-12)


@pytest.mark.parametrize("method", [Momentum(0.1), Adam(Cosine(0.1, steps=30))], ids=str)
def test_a_walk_is_a_descent(method):
    path = descend(lambda x: 2 * x, method, [3.0, -1.0], 30)
    step, x = walk(method, [3.0, -1.0]), np.array([3.0, -1.0])
    for k in range(1, 31):
        x = step((2 * x).tolist())
        np.testing.assert_array_equal(x, path[k])
