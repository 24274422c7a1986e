"""The answers of chapter 8's questions, against the library and the runs that they show."""

import numpy as np
import pytest

from course_lib.chapters.ch08_ensembles import explore, networks, questions
from course_lib.ensembles import EMA, average_weights, predict_members, variance_of_mean
from course_lib.nn import Dense, ReLU, Sequential, softmax
from course_lib.optim import SGD

pytest.importorskip("sklearn")


def shown(question):
    name, setting = question.shows
    return getattr(explore, name)(**setting).data


def test_two_of_eight_disagree_on_one_digit_in_five():
    data = shown(questions.agree)
    assert 16 < data["disagree"] < 24 and questions.agree.right == "many"
    assert data["best"] - data["worst"] < 4, "equally good to a few points"


def test_sixteen_members():
    data = shown(questions.sixteen)
    assert data["theory"] == pytest.approx(0.9 + 0.1 / 16) and questions.sixteen.right == "most"


def test_bags_win():
    data, alone = shown(questions.bags), explore.gain(kind="independent", labels="wrong", M=16).data
    assert data["vote"] > alone["vote"] + 3 and questions.bags.right == "bagged"
    assert 4 <= alone["alone"] - data["alone"] <= 5, "as the question says"


def test_half_way_is_about_a_half():
    """Three seeds of four pairs, standard error 1 point."""
    shares = np.array([0, 0.5])
    ends, middle = np.mean([networks.line(networks.members(seed), seed, shares) for seed in range(3)], axis=0)
    assert 43 < middle < 55 and ends == pytest.approx(71, abs=3) and questions.halfway.right == "half"


def test_the_first_snapshot_is_the_highest():
    data = shown(questions.highest)
    found = {name: data[name] for name in ("vote", "last", "first", "single")}
    assert max(found, key=found.get) == questions.highest.right


def test_the_average_is_late():
    data = shown(questions.small_rate)
    assert data["late_mean"] > 1.3 * data["late"] and questions.small_rate.right == "higher"


def test_two_parts():
    assert questions.two_parts.right == variance_of_mean(0.5, 2.0, 4)
    assert sorted(questions.two_parts.confusions) == pytest.approx(
        [0.5 * 4 / 4, 4 / 4, 0.5 * 2 + 0.5 * 2 / 4, 2.5**0.5, 0.5 * 4], abs=0.01
    )


def test_more_members_leave_nine_tenths():
    rho = 0.9 / (0.9 + 0.1 * 8)  # of the variance of eight, nine tenths are shared
    eight, many = variance_of_mean(rho, 1.0, 8), variance_of_mean(rho, 1.0, 800)
    assert rho / eight == pytest.approx(0.9) and 0.9 <= many / eight
    assert variance_of_mean(rho / 2, 1.0, 8) < 0.8 * eight and questions.which_part.right == "differ"


def test_twice_as_hot():
    s = np.random.default_rng(0).normal(size=(50, 4))
    p, hot = softmax(s), softmax(s / 2)
    assert (p.argmax(axis=1) == hot.argmax(axis=1)).all() and (hot.max(axis=1) < p.max(axis=1)).all()
    np.testing.assert_allclose(softmax(s + 2), p)
    assert questions.twice_as_hot.right == "sure"


def test_units_in_another_order():
    rng = np.random.default_rng(0)
    net, same = (Sequential(Dense(4, 6, rng=rng), ReLU(), Dense(6, 3, rng=rng)) for _ in range(2))
    order = rng.permutation(6)
    for name in ("0.W", "0.b"):
        same.params[name][...] = net.params[name][..., order]
    same.params["2.W"][...], same.params["2.b"][...] = net.params["2.W"][order], net.params["2.b"]
    x = rng.normal(size=(20, 4)).astype(np.float32)
    np.testing.assert_allclose(net.forward(x), same.forward(x), rtol=1e-4, atol=1e-5)
    mean = softmax(average_weights([net, same]).forward(x))
    vote = predict_members([net, same], x).mean(axis=0)
    assert np.abs(mean - vote).max() > 0.05 and questions.units.right == "other"


def test_two_steps_from_zero():
    x, opt = np.array([10.0]), EMA(SGD(0.0), decay=0.9, start_up=False)
    for _ in range(2):
        opt.step(x, np.zeros(1))
    assert opt.test_params(x)[0] == pytest.approx(questions.two_steps.right)
    assert sorted(questions.two_steps.confusions) == [1, 2, 9, 9.9, 10]


def test_no_gap():
    assert questions.no_gap.right == "a" and 91 > 89
