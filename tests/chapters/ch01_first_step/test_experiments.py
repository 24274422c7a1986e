"""What chapter 1's experiments show: closed forms, independent runs, and the settings that the text links to."""

import json
from itertools import pairwise

import numpy as np
import pytest

from course_lib.chapters.ch01_first_step import experiments, explore, networks
from course_lib.data import load_digits
from course_lib.nn import L2, Dense, ReLU, Sequential, babysit, fit, softmax_cross_entropy
from course_lib.optim import Momentum

pytest.importorskip("sklearn")

# ---------------------------------------------------------------- depth


def squares(scale, layers=10, width=2000):
    """The mean squares of the outputs of ReLUs, in plain NumPy."""
    rng = np.random.default_rng(5)
    x, found = rng.normal(size=(50, width)), []
    for _ in range(layers):
        x = np.maximum(x @ rng.normal(0, scale / width**0.5, (width, width)), 0)
        found.append(np.mean(x**2))
    return np.array(found)


def test_a_relu_leaves_half_of_the_mean_square():
    np.testing.assert_allclose(squares(1.0, 5) * 2 ** np.arange(1, 6), 1, rtol=0.15)
    np.testing.assert_allclose(squares(2**0.5, 5), 1, rtol=0.15)


@pytest.mark.parametrize("scale", [0.1, 1.0, 1.4142, 10.0])
def test_relus_are_scaled_by_every_layer(scale):
    """A ReLU is scale-free: with s times the weights, layer l is s^l times as large, and so is the gradient."""
    data, one = (explore.depth(activation="relu", scale=s).data for s in (scale, 1.0))
    np.testing.assert_allclose(data["forth"]["y"], one["forth"]["y"] * scale ** np.arange(1.0, 11), rtol=1e-6)
    np.testing.assert_allclose(data["back"]["y"], one["back"]["y"] * scale ** np.arange(9.0, -1, -1), rtol=1e-6)
    assert data["flat"] == one["flat"]


@pytest.mark.parametrize("activation", ["tanh", "sigmoid"])
@pytest.mark.parametrize("scale", [0.1, 1.0, 10.0])
def test_signal_and_slopes_are_those_of_plain_numpy(activation, scale):
    rng, x = np.random.default_rng(0), np.random.default_rng(1).standard_normal((300, 100))
    f = np.tanh if activation == "tanh" else lambda z: 1 / (1 + np.exp(-z))
    data = explore.depth(activation=activation, scale=scale).data
    for layer in range(10):
        z = x @ (scale / 10 * rng.standard_normal((100, 100)))
        x = f(z)
        assert data["forth"]["y"][layer] == pytest.approx(x.std(), rel=1e-6)
    slope = (f(z + 1e-6) - f(z - 1e-6)) / 2e-6
    assert data["flat"] == pytest.approx(100 * np.mean(slope < 0.01), abs=0.1)


def test_the_gradient_follows_its_formula():
    """One layer multiplies the gradient by about s √(E f′²)."""
    data, stack = explore.depth(activation="tanh", scale=10.0).data, experiments.stack_of("tanh", 10.0)
    z = 10 * np.random.default_rng(3).normal(size=10**6) * stack.std[-2]
    slopes = 1 - np.tanh(z) ** 2
    back = np.array(data["back"]["y"])
    factor = (back[0] / back[-1]) ** (1 / 9)
    assert factor == pytest.approx(10 * np.sqrt(np.mean(slopes**2)), rel=0.1)


def test_what_the_text_says_of_its_links():
    def shown(activation, scale):
        return explore.depth(activation=activation, scale=scale).data

    assert shown("tanh", 10.0)["gradient"] > 1000 and shown("tanh", 10.0)["flat"] > 60
    small = shown("tanh", 0.3)
    assert small["flat"] == 0 and small["last"] < 1e-4 and small["gradient"] < 1e-4
    right = shown("tanh", 1.0)
    assert right["last"] / right["first"] > 1 / 3 and right["gradient"] > 1 / 3, "both keep more than a third"
    assert 0.7 < shown("sigmoid", 10.0)["gradient"] < 1.4 and shown("sigmoid", 1.0)["gradient"] < 1e-5
    level = shown("relu", 1.4142)
    assert 0.6 < level["last"] / level["first"] < 1.4 and 0.7 < level["gradient"] < 1.4


# ---------------------------------------------------------------- a line


@pytest.mark.parametrize(("mean", "spread"), [(0, 1), (3, 1), (10, 0.1), (0, 0.1), (10, 3), (0, 3), (1, 0.5)])
def test_the_valley_is_that_of_least_squares(mean, spread):
    experiment = explore.fitting(mean=mean, spread=spread, rate=0.8, start=(1.0, -0.5))
    x = np.array(experiment.backdrop["data"]["x"])
    assert x.mean() == pytest.approx(mean, abs=1e-9) and x.std() == pytest.approx(spread)
    A = np.stack([x, np.ones_like(x)], axis=1)
    curvatures = np.linalg.eigvalsh(A.T @ A / len(x))
    data = experiment.data
    assert data["kappa"] == pytest.approx(curvatures[1] / curvatures[0], rel=1e-5)
    assert data["alpha"] == pytest.approx(0.8 / curvatures[1])
    error = np.array([1.0, -0.5])
    for t in range(60):
        assert (data["SGD"]["x"][t], data["SGD"]["y"][t]) == pytest.approx(tuple(error), abs=1e-7)
        error = error - data["alpha"] * (A.T @ (A @ error)) / len(x)


def test_the_steps_are_those_of_the_slow_direction():
    for mean, rate in ((0.0, 1.0), (0.0, 0.5), (3.0, 1.0), (3.0, 1.9), (10.0, 0.5)):
        data = explore.fitting(mean=mean, rate=rate).data
        slow = max(abs(1 - rate), abs(1 - rate / data["kappa"]))
        assert slow ** data["steps"] <= 0.01 * (1 + 1e-9) and (data["steps"] == 1 or slow ** (data["steps"] - 1) > 0.01)
    assert explore.fitting(mean=0.0).data["steps"] == 1
    assert 47_000 < explore.fitting(mean=10.0).data["steps"] < 48_000, "as the text says"


# ---------------------------------------------------------------- ten runs


def test_the_stored_runs_can_be_made_again():
    stored = json.loads(networks.STORED.read_text("utf-8"))["runs"]
    assert stored.keys() == networks.RUNS.keys()
    rng, digits = np.random.default_rng(0), load_digits(np.random.default_rng(0))
    sizes, layers = (64, 32, 32, 10), []
    for a, b in pairwise(sizes):
        layers += [Dense(a, b, rng=rng, init=networks.scaled(2**0.5)), ReLU()]
    alone = fit(Sequential(*layers[:-1]), digits, Momentum(0.05), epochs=15, rng=rng)
    np.testing.assert_allclose(networks.train(networks.RUNS["c"], 0).loss[:3], alone.loss[:3], rtol=1e-4)
    again = networks.summary(networks.RUNS["c"])
    assert again["loss"][:2] == pytest.approx(stored["c"]["loss"][:2], rel=0.05)
    assert again["initial"] == pytest.approx(stored["c"]["initial"], rel=1e-3)
    assert again["accuracy"] == pytest.approx(stored["c"]["accuracy"], abs=2)


def test_one_run_is_healthy_and_each_fault_shows_somewhere():
    shown = {run: explore.runs(run=run).data for run in networks.RUNS}
    assert all(data["fault"] is None for data in shown.values())
    healthy, chance = shown["c"], np.log(10)
    assert healthy["accuracy"] > 95 and healthy["end_val"] < 0.3
    assert all(data["accuracy"] < 85 for run, data in shown.items() if run != "c")
    assert shown["a"]["ratio"] < healthy["ratio"] / 10 and shown["e"]["ratio"] > 3 * healthy["ratio"]
    assert shown["b"]["initial"] > 100 * chance and shown["h"]["initial"] > 1.5 * chance
    assert abs(shown["f"]["initial"] - chance) < 0.01 and shown["f"]["dead"] > 40
    assert shown["d"]["end"] < shown["d"]["end_val"] - 0.05 and shown["d"]["ten"] < 0.1
    assert shown["g"]["end_val"] > shown["g"]["end"] + 0.1
    assert shown["i"]["end_val"] > 2.2 and abs(shown["i"]["initial"] - healthy["initial"]) < 0.01
    assert shown["j"]["ten"] > 100 and shown["j"]["end"] > shown["j"]["train"]["y"][0]
    for run in "bfhi":
        assert shown[run]["end"] == pytest.approx(chance, abs=0.01), "a guess"


def test_more_than_half_of_the_faults_show_before_the_first_epoch():
    """`babysit` names five of nine on nearly every seed; of the other four only the curves tell, or the ratio."""
    problems = {run: [bool(networks.check(networks.RUNS[run], k).problems) for k in range(5)] for run in networks.RUNS}
    assert not any(problems.pop("c")), "healthy"
    assert {run for run, found in problems.items() if sum(found) >= 3} == set("befhj")
    assert not any(any(problems[run]) for run in "adgi")


@pytest.mark.parametrize("run", networks.RUNS)
def test_both_curves_and_chance_fit_on_the_axis(run):
    data = explore.runs(run=run).data
    [low, high], curves = data["losses"], [*data["train"]["y"], *data["val"]["y"], np.log(10)]
    assert low == 0 < min(curves) and 0.8 * high < max(curves) < high


@pytest.mark.parametrize("run", "dg")
def test_the_curves_of_wrong_labels_and_of_few_examples_can_be_told_apart(run):
    """In a panel 150 pixels high, as on a phone, they end 7 pixels apart."""
    data = explore.runs(run=run).data
    assert (data["end_val"] - data["end"]) / data["losses"][1] * 150 > 7


def test_small_weights_die_of_their_biases():
    """In the second layer the bias outweighs the sum of the inputs: a negative one kills the unit."""
    negative, outweighed = [], []
    for seed in range(5):
        rng, optimizer = np.random.default_rng(seed), Momentum(0.05)
        data = networks.prepared("as it is", rng)
        net = networks.start(networks.RUNS["f"], rng)
        for rows in rng.permutation(len(data.x_train))[:1000].reshape(20, 50):
            scores = net.forward(data.x_train[rows], train=True)
            net.backward(softmax_cross_entropy(scores, data.y_train[rows])[1])
            optimizer.step(net.params, net.grads)
        inputs = np.maximum(data.x_train @ net.params["0.W"] + net.params["0.b"], 0)
        sums, bias = inputs @ net.params["2.W"], net.params["2.b"]
        dead = (sums + bias <= 0).all(axis=0)
        negative.append(np.mean(bias[dead] < 0))
        outweighed.append(np.mean(np.abs(bias) > np.abs(sums).max(axis=0)))
        assert dead.sum() > 8
    assert np.mean(negative) > 0.8 and np.mean(outweighed) > 0.5


def test_the_wrong_sign_is_wrong():
    scores, y = np.random.default_rng(0).normal(size=(5, 10)), np.arange(5)
    loss, grad = softmax_cross_entropy(scores, y)
    assert networks.uphill(scores, y)[0] == loss
    np.testing.assert_allclose(networks.uphill(scores, y)[1], -grad)


def test_the_data_of_the_runs():
    digits = load_digits(np.random.default_rng(0))
    shuffled = networks.prepared("shuffled", np.random.default_rng(0))
    assert sorted(shuffled.y_train) == sorted(digits.y_train) and np.mean(shuffled.y_train == digits.y_train) < 0.2
    assert len(networks.prepared("few", np.random.default_rng(0)).x_train) == 100
    moved = networks.prepared("moved", np.random.default_rng(0))
    np.testing.assert_allclose(moved.x_val - digits.x_val, 3, atol=1e-6)
    run = networks.RUNS["c"]
    report = babysit(networks.start(run, np.random.default_rng(3)), digits, np.random.default_rng(3))
    assert report.ok


# ---------------------------------------------------------------- search


def test_the_map_is_that_of_networks_trained_alone():
    stored = np.array(json.loads(networks.STORED.read_text("utf-8"))["map"])
    assert stored.shape == (13, 25)
    digits = load_digits(np.random.default_rng(0))
    for row, column in ((0, 14), (8, 10), (12, 4)):
        ends = []
        for seed in range(5):
            rng = np.random.default_rng(seed)
            net = Sequential(Dense(64, 32, rng=rng), ReLU(), Dense(32, 10, rng=rng))
            rate, strength = networks.MAP_RATES[column], networks.MAP_STRENGTHS[row]
            log = fit(net, digits, Momentum(float(rate)), epochs=5, rng=rng, penalty=L2(float(strength)))
            ends.append(100 * log.val_accuracy[-1])
        assert np.mean(ends) == pytest.approx(stored[row, column], abs=2)


@pytest.mark.parametrize("how", ["grid", "log", "uniform"])
@pytest.mark.parametrize("n", experiments.COUNTS)
def test_trials_lie_on_the_map(how, n):
    trials = experiments.places(how, n, 3)
    assert trials.shape == (n, 2)
    for column, axis in enumerate((networks.MAP_RATES, networks.MAP_STRENGTHS)):
        assert axis[0] <= trials[:, column].min() and trials[:, column].max() <= axis[-1]
        assert len(np.unique(trials[:, column].round(12))) == (round(n**0.5) if how == "grid" else n)
    data = explore.search(how=how, n=n, draw=3).data
    assert data["best"] == max(data["each"]["y"]) and data["best so far"]["y"][-1] == data["best"]
    best = int(np.argmax(data["each"]["y"]))
    assert data["rate"] == trials[best, 0] and data["chosen"]["x"] == [trials[best, 0]]


def test_a_trial_gets_the_accuracy_of_its_cell():
    table = np.arange(13 * 25.0).reshape(13, 25)
    for row, column in ((0, 0), (12, 24), (5, 17)):
        at = np.array([[networks.MAP_RATES[column], networks.MAP_STRENGTHS[row]]])
        assert experiments.found(at * 1.001, table)[0] == table[row, column]


def test_nine_in_ten_uniform_trials_are_in_the_last_order_of_magnitude():
    rates = np.concatenate([experiments.places("uniform", 25, draw)[:, 0] for draw in range(200)])
    assert np.mean(rates > 0.1) == pytest.approx(2.9 / 3, abs=0.01)
    logs = np.log10(np.concatenate([experiments.places("log", 25, draw)[:, 0] for draw in range(200)]))
    assert np.mean(logs > -1) == pytest.approx(np.log10(30) / np.log10(3e4), abs=0.02)


def test_the_good_rates_fill_a_third_of_a_log_scale_and_a_seventh_of_the_interval():
    backdrop = explore.search().backdrop["map"]
    good = np.flatnonzero(np.median(backdrop["z"], axis=0) > 90)
    assert (np.diff(good) == 1).all(), "a band"
    edges = np.geomspace(*backdrop["x"], 26)
    assert len(good) / 25 > 1 / 3
    assert (edges[good[-1] + 1] - edges[good[0]]) / (3 - 1e-4) == pytest.approx(1 / 7, abs=0.03)
