"""What chapter 9's experiments show: searched minima, closed forms, runs of their own, and the linked settings."""

import json

import numpy as np
import pytest
from scipy.optimize import minimize

from course_lib.chapters.ch09_penalties import explore, networks
from course_lib.nn import L1, L2, ElasticNet, MaxNorm
from course_lib.optim import SGD, descend

# ---------------------------------------------------------------- two weights


def lowest(kind, strength, c, b):
    """The penalized minimum by proximal gradient descent, with the library's penalties."""
    a = np.array([[1, c], [c, 1]])
    penalty = {
        "L2": lambda: L2(strength),
        "L1": lambda: L1(strength),
        "elastic": lambda: ElasticNet(strength / 2, strength / 2),
        "max": lambda: MaxNorm(max(strength, 1e-9)),
    }[kind]()
    w = np.array(b, dtype=float)
    for _ in range(600):
        w = penalty.prox(w - a @ (w - b) / (1 + abs(c)), 1 / (1 + abs(c)))
    return w


@pytest.mark.parametrize("kind", ["L2", "L1", "elastic", "max"])
@pytest.mark.parametrize("c", [-0.9, 0.0, 0.9])
def test_the_minimum_is_that_of_proximal_descent(kind, c):
    for strength in (0.0, 0.4, 3.0):
        for b in ((2.0, 0.6), (-1.0, 2.0)):
            data = explore.geometry(kind=kind, lam=strength, limit=strength, c=c, b=b).data
            assert [data["w1"], data["w2"]] == pytest.approx(lowest(kind, strength, c, b), abs=1e-6)


def test_no_point_nearby_is_better():
    def price(w):
        d = w - [2.0, 0.6]
        return d @ [[1, 0.5], [0.5, 1]] @ d / 2 + 0.4 * np.abs(w).sum() + 0.4 * w @ w / 2

    data = explore.geometry(kind="elastic", lam=0.8, c=0.5).data
    found = minimize(price, [1.0, 0.5], method="Nelder-Mead", options={"xatol": 1e-9, "fatol": 1e-12}).x
    assert [data["w1"], data["w2"]] == pytest.approx(found, abs=1e-5)


@pytest.mark.parametrize("kind", ["L2", "L1", "elastic", "max"])
def test_the_curve_costs_as_much_and_passes_the_minimum(kind):
    data = explore.geometry(kind=kind, lam=0.3, limit=1.5, c=0.5).data
    curve, w = np.transpose([data["ball"]["x"], data["ball"]["y"]]), np.array([data["w1"], data["w2"]])
    cost = {
        "L1": lambda v: np.abs(v).sum(axis=-1),
        "elastic": lambda v: np.abs(v).sum(axis=-1) + (v**2).sum(axis=-1) / 2,
    }.get(kind, lambda v: (v**2).sum(axis=-1))
    np.testing.assert_allclose(cost(curve), cost(w), rtol=1e-9)


@pytest.mark.parametrize("c", [-0.9, 0.0, 0.5])
def test_the_level_line_touches(c):
    """It passes the minimum, its points have one loss, and none inside the curve of equal price has less."""
    data = explore.geometry(kind="L1", lam=0.4, c=c).data
    a, b, w = np.array([[1, c], [c, 1]]), np.array([2.0, 0.6]), np.array([data["w1"], data["w2"]])

    def loss(v):
        return np.einsum("...i,ij,...j", v - b, a, v - b) / 2

    line, ball = (np.transpose([data[name]["x"], data[name]["y"]]) for name in ("touching", "ball"))
    np.testing.assert_allclose(loss(line), loss(w))
    assert loss(ball).min() >= loss(w) - 1e-9
    inner = np.transpose([data["level 0"]["x"], data["level 0"]["y"]])
    np.testing.assert_allclose(loss(inner), 0.05)


def test_the_lines_are_the_way_of_the_minimum():
    data = explore.geometry(kind="L1", lam=1.0, c=0.9).data
    at = data["first"]["x"].index(1.0)
    assert (data["first"]["y"][at], data["second"]["y"][at]) == (data["w1"], data["w2"])
    assert data["path"]["x"] == data["first"]["y"] and data["path"]["y"] == data["second"]["y"]


def test_the_linked_geometries_show_what_the_text_says():
    plain = {kind: explore.geometry(kind=kind, lam=1, c=0).data for kind in ("L2", "L1", "elastic")}
    assert (plain["L2"]["w1"], plain["L2"]["w2"]) == pytest.approx((1, 0.3))
    assert plain["L1"]["w2"] == 0 < plain["elastic"]["w2"]
    strong = explore.geometry(kind="L2", lam=3, c=0).data
    assert strong["w1"] / 2 == pytest.approx(strong["w2"] / 0.6) and strong["w2"] > 0
    dead, twin = (explore.geometry(kind="elastic", lam=lam, c=c).data for lam, c in ((1.25, 0), (3, 0.9)))
    assert dead["w2"] == 0 < dead["w1"], "it has corners still"
    assert twin["w2"] > 0, "but with a twin it does not die"
    gone, nearly = (explore.geometry(kind="L1", lam=lam, c=0.9).data["w2"] for lam in (1.15, 1.1))
    assert gone == 0 < nearly
    before, after = (explore.geometry(kind="L1", lam=lam, c=0.9).data for lam in (0.0, 1.0))
    for name in ("w1", "w2"):
        assert before[name] - after[name] == pytest.approx(1 / 1.9)
    limited = explore.geometry(kind="max", limit=1, c=0).data
    assert limited["w1"] ** 2 + limited["w2"] ** 2 == pytest.approx(1)
    free = explore.geometry(kind="max", limit=3, c=0).data
    assert (free["w1"], free["w2"]) == (2.0, 0.6), "up to the limit nothing is paid"


# ---------------------------------------------------------------- twenty weights


@pytest.mark.parametrize("how", ["L2", "subgradient", "proximal"])
@pytest.mark.parametrize(("lr", "lam"), [(0.05, 0.0), (0.2, 0.3), (0.5, 1.0)])
def test_the_weights_are_those_of_the_library(how, lr, lam):
    w = np.array([(-1.0) ** i * (0.05 + 0.1 * i) for i in range(20)])
    target, penalty = np.where(np.arange(20) < 14, 0, w), L2(lam) if how == "L2" else L1(lam)
    frames = [w]
    for _ in range(200):
        w = w - lr * (w - target + (how != "proximal") * penalty.grad(w))
        w = penalty.prox(w, lr) if how == "proximal" else w
        frames.append(w)
    data = explore.shrink(how=how, lr=lr, lam=lam).data
    np.testing.assert_allclose(np.hstack([data["wanted at 0"]["y"], data["wanted"]["y"]]), frames, atol=1e-12)
    assert [len(data[name]["x"]) - 1 for name in ("wanted at 0", "wanted")] == [14, 6]
    assert data["zeros"] == np.sum(w == 0) and data["kept"] == pytest.approx(w[18])
    np.testing.assert_allclose(data["idle"]["w"], np.array(frames)[:, 8], atol=1e-12)


@pytest.mark.parametrize("lr", [0.05, 0.2, 0.5])
def test_the_subgradient_jumps_for_ever(lr):
    data = explore.shrink(how="subgradient", lr=lr, lam=0.3).data
    assert data["zeros"] == 0 and data["largest"] <= lr * 0.3
    if lr > 0.05:
        assert data["largest"] == pytest.approx(lr * 0.3 / (2 - lr)) and data["near"] == 0


def test_the_linked_weights_show_what_the_text_says():
    slow, l2, proximal = (
        explore.shrink(how=how, lr=lr, lam=0.3).data
        for how, lr in (("subgradient", 0.05), ("L2", 0.2), ("proximal", 0.2))
    )
    assert (slow["zeros"], slow["near"]) == (0, 14) and (l2["zeros"], l2["near"]) == (0, 14)
    assert proximal["zeros"] == 14 and l2["largest"] > 0


# ---------------------------------------------------------------- an early stop


@pytest.mark.parametrize(("h", "lr", "t"), [(0.005, 0.05, 1), (0.01, 0.5, 20), (0.5, 0.9, 400)])
def test_the_path_is_gradient_descent(h, lr, t):
    data = explore.stopping(h=h, lr=lr, t=t).data
    path = descend(lambda w: np.array([1, h]) * (w - [2.0, 1.6]), SGD(lr), [0.0, 0.0], 400)
    np.testing.assert_allclose(np.transpose([data["steps"]["x"], data["steps"]["y"]]), path, atol=1e-12)
    assert (data["stop"]["x"][0], data["stop"]["y"][0]) == pytest.approx(path[t])


@pytest.mark.parametrize(("h", "lr", "t"), [(0.01, 0.5, 20), (0.1, 0.3, 5)])
def test_the_strengths_act_like_the_steps(h, lr, t):
    data = explore.stopping(h=h, lr=lr, t=t).data
    for curvature, lam in ((h, data["exact_flat"]), (1.0, data["exact_steep"])):
        assert curvature / (curvature + lam) == pytest.approx(1 - (1 - lr * curvature) ** t)
    ridge = np.linalg.solve(np.diag([1, h]) + data["lam"] * np.eye(2), [2.0, 1.6 * h])
    assert (data["rule"]["x"][0], data["rule"]["y"][0]) == pytest.approx(ridge)


def test_the_two_curves_are_close_where_they_are_low():
    data = explore.stopping(h=0.01, lr=0.5, t=20).data
    steps, ridge = np.array(data["learnt"]["y"]), np.array(data["kept"]["y"])
    assert np.all(steps >= ridge) and np.max((steps / ridge)[ridge < 15]) < 1.1
    assert 20 < np.max(steps - ridge) < 22, "in between"
    more = explore.stopping(h=0.01, lr=0.5, t=60).data
    assert more["lam"] < data["lam"] / 2.9 and more["share_flat"] > 2.5 * data["share_flat"]
    assert data["exact_steep"] < 1e-5 and 1 / (1 + data["lam"]) == pytest.approx(0.91, abs=0.002)


# ---------------------------------------------------------------- the networks


def test_what_is_stored_is_measured_so():
    """The first epochs, which no rounding has magnified yet, and quiet ends; and none is missing."""
    pytest.importorskip("sklearn")
    stored = json.loads(networks.STORED.read_text("utf-8"))
    kinds = ("L2", "L1", "elastic")
    assert list(stored) == [f"{k} {s:g} {w}" for w in networks.WRONG for k in kinds for s in networks.STRENGTHS]
    for kind, strength, wrong in (("L2", 0.02, 30), ("L1", 0.005, 30), ("elastic", 0.01, 0)):
        again = networks.summary([networks.trained(kind, strength, seed, wrong / 100) for seed in range(4)])
        kept = stored[f"{kind} {strength:g} {wrong}"]
        assert again["train"][:2] == pytest.approx(kept["train"][:2], abs=1.5)
        assert again["test"][-1] == pytest.approx(kept["test"][-1], abs=2)
        assert again["zeros"] == pytest.approx(kept["zeros"], abs=3)
        assert again["norm"] == pytest.approx(kept["norm"], rel=0.05)
        assert len(kept["train"]) == len(kept["test"]) == networks.EPOCHS // networks.EVERY


def test_the_linked_strengths_show_what_the_text_says():
    at = {lam: explore.strength(kind="L2", lam=lam).data for lam in networks.STRENGTHS}
    assert at[0.0]["at_train"] > 95 > 90 > at[0.005]["at_train"] > 75
    assert at[0.02]["best_test"] < at[0.02]["at_test"] + 1, "the test curve no longer falls"
    assert at[0.1]["at_test"] < at[0.0]["at_test"] - 10 and at[0.1]["at_train"] < 60, "what is right goes as well"
    clean = {lam: explore.strength(kind="L2", lam=lam, wrong="0").data for lam in (0.0, 0.05)}
    assert clean[0.05]["at_test"] < clean[0.0]["at_test"] - 2, "badly chosen, it costs"
    gap = {lam: data["at_train"] - data["at_test"] for lam, data in clean.items()}
    assert gap[0.05] < gap[0.0], "a smaller gap is no better"
    sparse, both = (explore.strength(kind=k, lam=lam).data for k, lam in (("L1", 0.002), ("elastic", 0.01)))
    assert sparse["zeros"] > 60 and both["zeros"] > 50 and both["at_test"] > sparse["at_test"]


def test_what_is_off_is_nearly_blank_and_at_the_edges():
    pytest.importorskip("sklearn")
    off = networks.pixels(networks.train(0, L1(0.02), proximal=True)[0]) == 0
    ink = networks.digits(0).x_train.mean(axis=0).reshape(8, 8)
    assert 8 < off.sum() < 22 and off[:, [0, 7]].sum() > 0.7 * off.sum()
    assert ink[off].max() < 0.1 < ink.mean()


def test_trained_together_or_alone():
    pytest.importorskip("sklearn")
    _, [log] = networks.train_many(0, [L2(0.02)])
    np.testing.assert_array_equal(log.val_accuracy, networks.train(0, L2(0.02))[1].val_accuracy)
    assert networks.sweep([0.02], seeds=1)[1, 0, 0] == networks.ends(log)[1]


def test_the_digits_are_what_the_text_says():
    pytest.importorskip("sklearn")
    data, clean = networks.digits(3), networks.digits(3, 0.0)
    assert np.mean(data.y_train != clean.y_train) == pytest.approx(0.3)
    np.testing.assert_array_equal(data.y_val, clean.y_val)
    assert np.mean(data.y_test != clean.y_test) == pytest.approx(0.3)
    seen = {tuple(row) for row in data.x_train}
    assert len(seen & {tuple(row) for row in np.vstack([data.x_val, data.x_test])}) <= 2, "some digits look the same"


def test_the_epoch_is_chosen_on_the_hundred():
    pytest.importorskip("sklearn")
    epoch, accuracy = networks.stopped(0)
    log = networks.train(0)[1]
    assert 100 * log.val_accuracy[epoch - 1] == pytest.approx(accuracy)


def test_the_digits_norm_hides_the_size():
    """Behind batch normalization, half the weights compute the same."""
    pytest.importorskip("sklearn")
    net = networks.network(np.random.default_rng(0), normalize=True)
    x = networks.digits(0).x_train[:50].astype(float)
    before = net.forward(x, train=True)
    net.params["0.W"] *= 0.5
    np.testing.assert_allclose(net.forward(x, train=True), before, rtol=1e-2, atol=1e-3)
