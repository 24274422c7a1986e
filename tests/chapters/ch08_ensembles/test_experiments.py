"""What chapter 8's experiments show: plain NumPy beside the compiled ones, networks measured again, linked settings."""

import itertools
import json

import numpy as np
import pytest

from course_lib.chapters.ch08_ensembles import explore, networks
from course_lib.ensembles import EMA, spread, variance_of_mean
from course_lib.explore.primitives import normals
from course_lib.nn import Layer, softmax
from course_lib.optim import SGD

pytest.importorskip("sklearn")

# ---------------------------------------------------------------- committee


@pytest.mark.parametrize(("M", "rho", "sigma"), [(1, 0.5, 1.0), (16, 0.9, 1.0), (7, 0.3, 1.4), (16, 0.0, 0.5)])
def test_the_committee_by_matrices(M, rho, sigma):
    data = explore.committee(M=M, rho=rho, sigma=sigma, draw=3).data
    assert data["theory"] == pytest.approx(variance_of_mean(rho, sigma, M))
    assert data["theory curve"]["y"] == pytest.approx(variance_of_mean(rho, sigma, np.arange(1, 17)))
    z = np.reshape(normals(1003, 300 * 17), (300, 17))
    e = sigma * (rho**0.5 * z[:, 16:] + (1 - rho) ** 0.5 * z[:, :16])
    means = np.cumsum(e, axis=1) / np.arange(1, 17)
    assert data["drawn"]["y"] == pytest.approx((means**2).mean(axis=0))
    assert data["this"] == pytest.approx(data["drawn"]["y"][M - 1])
    members = [data[f"member {m + 1}"]["y"] for m in range(16)]
    assert [len(one) > 0 for one in members] == [m < M for m in range(16)]
    np.testing.assert_allclose(data["vote"]["y"], np.mean(members[:M], axis=0), atol=1e-12)


def test_drawn_and_predicted_variance_agree_over_draws():
    """Twenty draws of 300 cases: the standard error of their mean is about 2 %."""
    for rho in (0.0, 0.3, 0.9):
        drawn = [explore.committee(M=16, rho=rho, draw=draw).data for draw in range(1, 21)]
        assert np.mean([d["this"] for d in drawn]) == pytest.approx(drawn[0]["theory"], rel=0.08)


def test_the_curves_have_the_correlation_that_was_set():
    pairs = []
    for draw in range(1, 21):
        data = explore.committee(M=2, rho=0.6, draw=draw).data
        pairs.append([data["member 1"]["y"], data["member 2"]["y"]])
    a, b = np.concatenate(pairs, axis=1)
    assert np.mean(a * b) / np.sqrt(np.mean(a * a) * np.mean(b * b)) == pytest.approx(0.6, abs=0.15)


def test_the_lines_and_the_variances_are_in_the_picture():
    data = explore.committee(M=16, rho=0.5, sigma=1.0).data
    assert max(np.abs(data["member 5"]["y"])) < 4 and 1.5**2 <= 2.4


# ---------------------------------------------------------------- average


@pytest.mark.parametrize("start_up", [True, False])
@pytest.mark.parametrize(("lr", "decay"), [(0.02, 0.995), (0.3, 0.99), (0.5, 0.9)])
def test_the_average_is_the_librarys(lr, decay, start_up):
    data = explore.average(lr=lr, decay=decay, start_up=start_up, draw=2).data
    z, x, opt = np.reshape(normals(40, 800), (400, 2)), np.array([1.0, 4.0]), None
    opt, means, points = EMA(SGD(lr), decay=decay, start_up=start_up), [], []
    for noise in z:
        opt.step(x, np.array([0.1 * (x[0] - 5), x[1] - 2]) + noise)
        points.append(x.copy())
        means.append(opt.test_params(x))
    np.testing.assert_allclose(np.transpose(means), [data["mean"]["x"], data["mean"]["y"]], atol=1e-9)
    np.testing.assert_allclose(np.transpose(points), np.array([data["points"]["x"], data["points"]["y"]])[:, 1:])
    losses = 0.05 * (np.array(means)[:, 0] - 5) ** 2 + 0.5 * (np.array(means)[:, 1] - 2) ** 2
    np.testing.assert_allclose(losses, data["loss of mean"]["y"], atol=1e-9)


def test_the_linked_averages_show_what_the_text_says():
    for draw in (1, 7, 20):
        slow, fast = (explore.average(lr=lr, decay=0.995, draw=draw).data for lr in (0.02, 0.5))
        assert slow["late_mean"] > 1.3 * slow["late"]
        assert 10 * fast["late_mean"] < fast["late"]
    raw = explore.average(lr=0.1, decay=0.995, start_up=False).data
    assert np.hypot(raw["mean"]["x"][0], raw["mean"]["y"][0]) < 0.1, "it begins at the origin"
    assert raw["memory"] == pytest.approx(200)


# ---------------------------------------------------------------- what is stored

STORED = json.loads(networks.STORED.read_text("utf-8"))


def test_votes_and_variances_are_measured_so():
    """Four of the twelve seeds again: paired gains differ by less than a point, and so does ρ by less than 0.03."""
    for name, bagged in (("independent", False), ("bagged", True)):
        kept = STORED["gain"][f"{name} wrong"]
        again = np.array([networks.votes(seed, "wrong", bagged, (1, 4, 8), 8) for seed in range(4)])
        old = np.array(kept["accuracy"])[:4, [0, 2, 3]]
        assert (again - again[:, :1]).mean(axis=0) == pytest.approx((old - old[:, :1]).mean(axis=0), abs=1.6)
        rho = spread(networks.errors(networks.predictions(0, "wrong", bagged), 0)).rho
        assert rho == pytest.approx(kept["rho"], abs=0.05)
        predicted = variance_of_mean(kept["rho"], kept["sigma2"] ** 0.5, np.array(networks.SIZES))
        np.testing.assert_allclose(kept["drawn"], predicted, rtol=0.02)


def test_snapshots_are_measured_so():
    """Three of the twelve seeds; the standard errors of such means are below 1.5 points."""
    kept = STORED["snapshots"]["wrong 5"]
    firsts = [networks.tested(networks.snapshot_run(seed, "wrong", 5).members[0], seed) for seed in range(3)]
    assert np.mean(firsts) == pytest.approx(kept["each"][0], abs=4.5)
    run = networks.snapshot_run(0, "wrong", 5)
    curve = np.concatenate([log.val_accuracy for log in run.histories])
    assert len(curve) == len(kept["curve"]) == networks.EPOCHS
    assert networks.tested(run.members[1], 0) == pytest.approx(100 * curve[39])


def test_the_hard_digits_are_those_of_the_test_set():
    of, data = STORED["opinions"], networks.digits(0)
    pictures = {tuple(np.rint(16 * x).astype(int)): y for x, y in zip(data.x_test, data.y_test, strict=True)}
    assert [pictures[tuple(picture)] for picture in of["images"]] == of["labels"]
    np.testing.assert_allclose(np.sum(of["p"], axis=2), 1, atol=0.01)


# ---------------------------------------------------------------- opinions, gain, cyclic


def test_opinions_of_the_first_members():
    p = np.array(STORED["opinions"]["p"])
    for digit, M in ((1, 8), (6, 3), (12, 1)):
        data = explore.opinions(digit=digit, M=M).data
        mean = p[:M, digit - 1].mean(axis=0)
        np.testing.assert_allclose(data["mean"]["y"], 100 * mean)
        assert data["vote"] == mean.argmax() and data["named"] == len(set(p[:M, digit - 1].argmax(axis=1)))
    eight, one = explore.opinions(digit=3).data, explore.opinions(digit=3, M=1).data
    assert eight["named"] == 4 and eight["vote"] == eight["label"] != one["vote"] and one["sure"] > 70, "as in the text"


def test_bags_help_on_wrong_labels_alone():
    bagged = explore.gain(kind="bagged", labels="wrong", M=16).data
    alone = explore.gain(kind="independent", labels="wrong", M=16).data
    assert bagged["alone"] < alone["alone"] - 3 and bagged["vote"] > alone["vote"] + 3
    right = explore.gain(kind="bagged", labels="right", M=16).data
    assert right["alone"] < 93 and abs(right["over"]) < 1


def test_the_bars_are_the_runs():
    for labels, cycles in (("wrong", 5), ("right", 10)):
        data, kept = explore.cyclic(labels=labels, cycles=cycles).data, STORED["snapshots"][f"{labels} {cycles}"]
        assert (data["first"], data["last"], data["vote"]) == (kept["each"][0], kept["each"][-1], kept["vote"])
        assert data["taken"]["x"] == [100 // cycles * (i + 1) for i in range(cycles)]
        assert max(data["rate"]["y"]) == pytest.approx(networks.RATE)
    tens = STORED["snapshots"]["wrong 10"]["each"]
    assert all(a > b for a, b in itertools.pairwise(tens[1:])), "as the text says"
    right = explore.cyclic(labels="right", cycles=5).data
    assert abs(right["vote"] - right["single"]) < 0.5


# ---------------------------------------------------------------- the networks of the text


def test_labels_are_wrong_where_it_says_so():
    right, wrong = networks.digits(0, "right"), networks.digits(0)
    assert (right.y_train != wrong.y_train).mean() == pytest.approx(0.3)
    assert (right.x_test == wrong.x_test).all() and (right.y_val == wrong.y_val).all()


class Says(Layer):
    """Scores that do not look at the digit."""

    def __init__(self, k):
        self.scores = np.eye(10)[k]

    def forward(self, x, train=False):
        return np.tile(self.scores, (len(x), 1))


def test_the_share_of_right_answers():
    y = networks.digits(0).y_test
    assert networks.share_right(np.eye(10)[y], 0) == 100
    assert networks.tested(Says(3), 0) == pytest.approx(100 * (y == 3).mean())


def test_picked_is_the_best_in_validation():
    best = np.bincount(networks.digits(0).y_val).argmax()
    assert networks.picked([Says(k) for k in range(10)], 0) == networks.tested(Says(best), 0)


def test_siblings_have_one_start_and_strangers_have_not():
    a, b = networks.siblings(0)[:2]
    c, d = networks.members(0)[:2]
    near, far = (np.abs(p.params.flat - q.params.flat).mean() for p, q in ((a, b), (c, d)))
    assert 0 < near < far / 3


def test_recorded_sums_are_the_emas():
    data, net = networks.digits(0), networks.network(np.random.default_rng(1))
    optimizer = networks.Recorded(0.1, (0.9, 0.99), (3,))
    networks.train([net], data, [np.random.default_rng(2)], optimizer)
    assert optimizer.t == 600 and set(optimizer.at) == {3} and len(optimizer.sums) == 2
    x, sums = optimizer.at[3]
    assert x.shape == sums[0].shape == (1, net.params.flat.size)
    opt, z = EMA(SGD(0.1), decay=0.9), np.array([2.0, -1.0])
    same = networks.Recorded(0.1, (0.9,))
    same.rho, y = 0.0, z.copy()[None]
    for _ in range(4):
        opt.step(z, np.array([1.0, 0.5]))
        same.step(y, np.array([[1.0, 0.5]]))
    np.testing.assert_allclose(same.sums[0][0] / (1 - 0.9**4), opt.test_params(z))


def test_a_temperature_undoes_a_factor():
    rng = np.random.default_rng(0)
    scores = rng.normal(size=(3000, 5))
    y = np.array([rng.choice(5, p=p) for p in softmax(scores)])
    assert networks.temperature(scores, y) == pytest.approx(1, abs=0.12)
    assert networks.temperature(3 * scores, y) == pytest.approx(3, abs=0.36)
