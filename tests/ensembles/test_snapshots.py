"""Snapshots against runs made by hand, with both controls."""

import copy
from types import SimpleNamespace

import numpy as np
import pytest

from course_lib.ensembles import EMA, SWA, mean_probability, predict_members, snapshots
from course_lib.nn import L2, BatchNorm, Dense, Diverged, InvertedDropout, MaxNorm, ReLU, Sequential, fit
from course_lib.optim import Adam, Momentum
from course_lib.optim.schedule_free import ScheduleFreeSGD
from course_lib.optim.schedules import Cosine
from course_lib.optim.wrappers import SAM, Lookahead


def blobs(n=130):
    rng = np.random.default_rng(0)
    y = rng.integers(3, size=n)
    x = (rng.normal(size=(n, 4)) + np.eye(3, 4)[y]).astype(np.float32)
    return SimpleNamespace(x_train=x[:110], y_train=y[:110], x_val=x[110:], y_val=y[110:])


def network(rng):
    return Sequential(Dense(4, 8, rng=rng), BatchNorm(8), ReLU(), InvertedDropout(0.8, rng=rng), Dense(8, 3, rng=rng))


def same(a, b):
    return a.params.flat.tobytes() == b.params.flat.tobytes() and all(
        np.array_equal(a.state[k], b.state[k]) for k in a.state
    )


DATA, STEPS = blobs(), 3  # 110 rows in batches of 40
METHODS = {
    "Momentum": lambda: Momentum(0.2),
    "Adam": lambda: Adam(0.02),
    "SAM": lambda: SAM(Momentum(0.1), radius=0.05),
}


@pytest.mark.parametrize("new", METHODS.values(), ids=METHODS)
@pytest.mark.parametrize("shared", [False, True], ids=["own rng", "shared rng"])
def test_members_are_those_of_a_run_by_hand(new, shared):
    """One fit after the other, with the rate written out; dropout may draw from the very generator that shuffles."""
    rng = np.random.default_rng(1)
    net = network(rng if shared else np.random.default_rng(2))
    hand, its_rng = copy.deepcopy((net, rng))
    cosine, its_other_rng = copy.deepcopy((net, rng))
    before = copy.deepcopy(net)
    run = snapshots(
        net, DATA, new(), cycles=3, epochs_per_cycle=2, rng=rng, batch=40, penalty=L2(1e-3)
    )  # fmt: skip
    peak, opt = new().lr, new()
    opt.lr = lambda t: peak * (1 + np.cos(np.pi * (t % 6) / 6)) / 2
    for member in run.members:
        fit(hand, DATA, opt, epochs=2, batch=40, rng=its_rng, penalty=L2(1e-3))
        assert same(member, hand)
    assert rng.bit_generator.state == its_rng.bit_generator.state and same(net, before)

    opt = new()
    opt.lr = lambda t: peak * (1 + np.cos(np.pi * t / 18)) / 2
    history = fit(cosine, DATA, opt, epochs=6, batch=40, rng=its_other_rng, penalty=L2(1e-3))
    assert same(run.single, cosine) and np.array_equal(run.single_history.loss, history.loss)
    assert run.last is run.members[-1] and not same(run.last, run.single)
    assert [h.epochs for h in run.histories] == [2, 2, 2] and run.single_history.epochs == 6


def test_one_long_run_passes_all_snapshots():
    """Cut into cycles or in one piece, it is the same run."""
    net = network(np.random.default_rng(2))
    run = snapshots(net, DATA, Momentum(0.2), cycles=2, epochs_per_cycle=3, rng=np.random.default_rng(0), batch=40)
    whole = copy.deepcopy(net)
    opt = Momentum(lambda t: 0.1 * (1 + np.cos(np.pi * (t % 9) / 9)))
    history = fit(whole, DATA, opt, epochs=6, batch=40, rng=np.random.default_rng(0))
    assert same(run.last, whole)
    assert np.array_equal(np.concatenate([h.val_loss for h in run.histories]), history.val_loss)
    assert run.histories[0].lr[0] == run.histories[1].lr[0] == 0.2 and run.histories[0].lr[2] < 0.06


def test_one_cycle_is_the_single_run():
    run = snapshots(
        network(np.random.default_rng(0)),
        DATA,
        Momentum(0.2),
        cycles=1,
        epochs_per_cycle=3,
        rng=np.random.default_rng(0),
    )
    assert len(run.members) == 1 and same(run.last, run.single)


def test_same_seed_same_members():
    def run(seed):
        return snapshots(
            network(np.random.default_rng(0)),
            DATA,
            Momentum(0.2),
            cycles=2,
            epochs_per_cycle=1,
            rng=np.random.default_rng(seed),
        )

    a, b, c = run(0), run(0), run(1)
    assert same(a.last, b.last) and same(a.single, b.single) and not same(a.last, c.last)


def test_members_are_apart_and_usable():
    optimizer = Momentum(0.2)
    run = snapshots(
        network(np.random.default_rng(0)), DATA, optimizer, cycles=3, epochs_per_cycle=4, rng=np.random.default_rng(0)
    )
    p = predict_members([*run.members, run.single], DATA.x_val)
    assert mean_probability(p).shape == (20, 3) and len({member.params.flat.tobytes() for member in run.members}) == 3
    kept = run.last.params.flat.copy()
    run.members[0].params.flat[...] = 0
    assert np.array_equal(run.last.params.flat, kept)
    assert optimizer.t == 0 and optimizer.lr == 0.2
    assert (
        repr(run)
        == "SnapshotEnsemble(3 members, one every 4 epochs; controls: the last alone, a single run of 12 epochs)"
    )


NO_VAL = SimpleNamespace(x_train=DATA.x_train, y_train=DATA.y_train)
GOOD = {"optimizer": Momentum(0.1), "cycles": 2, "epochs_per_cycle": 1, "rng": np.random.default_rng(0), "data": NO_VAL}
BAD = {
    "cycles": ({"cycles": 0}, ValueError, "cycles must be at least 1, not 0"),
    "cycles 1.5": ({"cycles": 1.5}, TypeError, "cycles must be an integer"),
    "epochs": ({"epochs_per_cycle": 0}, ValueError, "epochs_per_cycle must be at least 1"),
    "batch": ({"batch": 0}, ValueError, "batch must be at least 1"),
    "batch too large": ({"batch": 500}, ValueError, "batch must be at most the 110 rows"),
    "rng": ({"rng": 3}, TypeError, "rng must be a generator"),
    "no optimizer": ({"optimizer": 0.1}, TypeError, "optimizer must be an optimizer"),
    "a schedule": (
        {"optimizer": Momentum(Cosine(0.1, steps=9))},
        TypeError,
        "must be a number, the peak of",
    ),
    "rates": ({"optimizer": Momentum(np.ones(3))}, TypeError, "the optimizer's lr must be one number"),
    "EMA": (
        {"optimizer": EMA(Momentum(0.1))},
        TypeError,
        r"optimizer must not be EMA\(.*: it tests with other weights",
    ),
    "SAM(SWA)": ({"optimizer": SAM(SWA(Momentum(0.1), start=1))}, TypeError, r"optimizer must not be SAM\(SWA"),
    "Lookahead": ({"optimizer": Lookahead(Momentum(0.1))}, TypeError, "optimizer must not be Lookahead"),
    "Schedule-Free": ({"optimizer": ScheduleFreeSGD(0.1)}, TypeError, "optimizer must not be ScheduleFreeSGD"),
    "early stopping": ({"early_stopping": 3}, TypeError, "early_stopping cannot be set"),
    "epochs too": ({"epochs": 3}, TypeError, "epochs cannot be set"),
    "unknown": ({"colour": 3}, TypeError, "colour"),
    "no data": ({"data": SimpleNamespace()}, TypeError, "data must have x_train"),
    "no rows": ({"data": SimpleNamespace(x_train=DATA.x_train[:0], y_train=DATA.y_train[:0])}, ValueError, "x_train"),
    "a limit": ({"penalty": MaxNorm(1.0)}, ValueError, "needs proximal=True"),
}


@pytest.mark.parametrize(("change", "error", "message"), BAD.values(), ids=BAD)
def test_bad_arguments_change_nothing(change, error, message):
    net = network(np.random.default_rng(0))
    before, given = copy.deepcopy(net), GOOD | change
    state = copy.deepcopy(GOOD["rng"].bit_generator.state)
    with pytest.raises(error, match=message):
        snapshots(net, **given)
    assert same(net, before) and GOOD["rng"].bit_generator.state == state and GOOD["optimizer"].t == 0


def test_no_network():
    with pytest.raises(TypeError, match="net must be a network"):
        snapshots(3, **GOOD)


def test_a_run_that_diverges_tells_the_cycle():
    net = Sequential(Dense(4, 8, rng=np.random.default_rng(0)), ReLU(), Dense(8, 3, rng=np.random.default_rng(0)))
    with pytest.raises(Diverged) as caught:
        snapshots(net, DATA, Momentum(1e30), cycles=2, epochs_per_cycle=2, rng=np.random.default_rng(0))
    assert "in cycle 1" in caught.value.__notes__
