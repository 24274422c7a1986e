"""Bootstrap samples against 1/e, and members that are the same wherever they are trained."""

from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from functools import partial
from multiprocessing import get_context

import numpy as np
import pytest

from course_lib.ensembles import bootstrap, mean_probability, predict_members, train_members
from course_lib.nn import Dense, Diverged, InvertedDropout, ReLU, Sequential, fit
from course_lib.optim import Momentum


@pytest.mark.parametrize("n", [1, 2, 10, 5_000])
def test_bootstrap(n):
    rows, out = bootstrap(n, np.random.default_rng(0))
    assert rows.shape == (n,) and set(rows) | set(out) == set(range(n)) and not set(rows) & set(out)
    assert out.tolist() == sorted(out)


@pytest.mark.parametrize("n", [5, 50, 2_000])
def test_the_share_out_of_the_bag(n):
    """(1 − 1/n)ⁿ, which goes to 1/e; rows that are drawn are drawn equally often."""
    rng, draws = np.random.default_rng(1), max(200, 20_000 // n)
    bags = [bootstrap(n, rng) for _ in range(draws)]
    share = np.mean([len(bag.out_of_bag) / n for bag in bags])
    assert share == pytest.approx((1 - 1 / n) ** n, abs=0.01)
    if n == 2_000:
        assert share == pytest.approx(np.exp(-1), abs=0.003)
    counts = np.bincount(np.concatenate([bag.rows for bag in bags]), minlength=n)
    assert np.abs(counts - draws).max() < 6 * np.sqrt(draws)


def test_same_seed_same_bag():
    first, second, other = (bootstrap(50, np.random.default_rng(seed)) for seed in (3, 3, 4))
    assert np.array_equal(first.rows, second.rows) and not np.array_equal(first.rows, other.rows)


class Clouds:
    """Two clouds of points."""

    def __init__(self, seed=0, n=120):
        rng = np.random.default_rng(seed)
        self.y_train = rng.integers(2, size=n)
        self.x_train = (rng.normal(size=(n, 4)) + 1.5 * self.y_train[:, None]).astype(np.float32)
        self.x_val = self.y_val = None


def bagged(index, rng):
    """A member of its own size and rate, on rows of its own."""
    data, h = Clouds(), 4 + 2 * index
    rows, _ = bootstrap(len(data.x_train), rng)
    data.x_train, data.y_train = data.x_train[rows], data.y_train[rows]
    net = Sequential(Dense(4, h, rng=rng), ReLU(), InvertedDropout(0.8, rng=rng), Dense(h, 2, rng=rng))
    fit(net, data, Momentum(0.02 * (1 + index)), epochs=10, rng=rng)
    return net


class Backwards:
    """The last member first."""

    def map(self, function, *columns):
        return reversed([function(*row) for row in reversed(list(zip(*columns, strict=True)))])


def diverges(index, rng):
    if index == 2:
        raise Diverged("the loss is nan", step=7)
    return index


def test_every_executor_gives_the_same_members():
    alone = train_members(bagged, 4, np.random.default_rng(5))
    with ThreadPoolExecutor(2) as threads, ProcessPoolExecutor(2, mp_context=get_context("spawn")) as processes:
        executors = None, threads, processes, Backwards()
        spread = [train_members(bagged, 4, np.random.default_rng(5), executor=e) for e in executors]
    for nets in spread:
        for mine, theirs in zip(alone, nets, strict=True):
            assert mine.params.flat.tobytes() == theirs.params.flat.tobytes()
    assert [len(net.params["0.b"]) for net in alone] == [4, 6, 8, 10]
    other = train_members(bagged, 4, np.random.default_rng(6))
    assert not np.array_equal(alone[0].params.flat, other[0].params.flat)
    data = Clouds(1)
    p = predict_members(alone, data.x_train)
    assert np.mean(mean_probability(p).argmax(1) == data.y_train) > 0.9


def test_members_draw_apart():
    drawn = train_members(lambda index, rng: rng.random(3), 5, np.random.default_rng(0))
    assert len(np.unique(drawn)) == 15
    assert np.array_equal(drawn[:3], train_members(lambda index, rng: rng.random(3), 3, np.random.default_rng(0)))
    assert train_members(lambda index, rng: index, 4, np.random.default_rng(0)) == [0, 1, 2, 3]


@pytest.mark.parametrize(
    "pool", [None, ThreadPoolExecutor, partial(ProcessPoolExecutor, mp_context=get_context("spawn"))]
)
def test_a_member_that_fails_is_named(pool):
    executor = pool and pool(1)
    with pytest.raises(Diverged, match="the loss is nan") as caught:
        train_members(diverges, 3, np.random.default_rng(0), executor=executor)
    assert "in member 2" in caught.value.__notes__ and caught.value.step == 7
    if executor:
        executor.shutdown()


def test_progress(capsys):
    train_members(lambda index, rng: index, 3, np.random.default_rng(0), progress=True)
    assert "3/3" in capsys.readouterr().err
    train_members(lambda index, rng: index, 3, np.random.default_rng(0))
    assert capsys.readouterr().err == ""


RNG = np.random.default_rng(0)
BAD = {
    "n = 0": (lambda: bootstrap(0, RNG), ValueError, "n must be at least 1, not 0"),
    "n = 2.0": (lambda: bootstrap(2.0, RNG), TypeError, "n must be an integer"),
    "a seed": (lambda: bootstrap(2, 0), TypeError, "rng must be a generator"),
    "no function": (lambda: train_members(3, 2, RNG), TypeError, r"make must be a function \(index, rng\) → member"),
    "no members": (lambda: train_members(bagged, 0, RNG), ValueError, "n must be at least 1"),
    "seed": (lambda: train_members(bagged, 2, 7), TypeError, "rng must be a generator"),
    "executor": (lambda: train_members(bagged, 2, RNG, executor=3), TypeError, "executor must have the map"),
    "None": (lambda: train_members(lambda i, rng: None, 2, RNG), TypeError, r"make\(0, rng\) returned None"),
}


@pytest.mark.parametrize(("call", "error", "message"), BAD.values(), ids=BAD)
def test_bad_input(call, error, message):
    with pytest.raises(error, match=message):
        call()
