"""What chapter 4's experiments show is what closed forms and independent runs say, at every setting the text links."""

import re

import numpy as np
import pytest

from course_lib.chapters.ch04_adaptive import explore, questions
from course_lib.optim import Momentum, Ravine, RMSProp, Saddle, descend

FIVE = ("SGD", "Momentum", "AdaGrad", "RMSProp", "Adam")


def steps(**values):
    data = explore.turned(**values).data
    return {name: data[f"steps_{name}"] for name in FIVE}


@pytest.mark.parametrize("angle", [2, 10, 45])
def test_two_paths_do_not_know_the_axes(angle):
    upright, turned = explore.turned(angle=0).data, explore.turned(angle=angle).data
    for name in ("SGD", "Momentum"):
        np.testing.assert_allclose(turned[name]["x"], upright[name]["x"], atol=1e-9)
        np.testing.assert_allclose(turned[name]["y"], upright[name]["y"], atol=1e-9)
    for name in ("AdaGrad", "RMSProp", "Adam"):
        assert np.abs(np.subtract(turned[name]["y"], upright[name]["y"])).max() > 0.01


def test_the_paths_are_the_librarys():
    data = explore.turned(angle=0).data
    path = descend(Ravine(1000), Momentum(3.0, rho=0.9), [-4.5, 1.5], 800)
    np.testing.assert_allclose(np.transpose([data["Momentum"]["x"], data["Momentum"]["y"]]), path, atol=1e-12)
    loss = np.array(data["Momentum"]["loss"])
    late = np.flatnonzero(loss >= data["goal"])[-1] + 1
    assert data["steps_Momentum"] == late and data["goal"] == pytest.approx(1e-6 * loss[0])


def test_the_adaptive_methods_fall_back_with_the_angle():
    counts = [steps(angle=angle) for angle in (0, 2, 5, 10)]
    for name in ("AdaGrad", "Adam"):
        assert sorted(c[name] for c in counts) == [c[name] for c in counts]
    assert len({c["Momentum"] for c in counts}) == 1 and counts[0]["SGD"] is None
    assert counts[0]["AdaGrad"] < 20 < 100 < counts[1]["AdaGrad"]


def test_at_45_degrees_a_larger_rate_brings_adam_home():
    """The link of the text that tunes Adam."""
    assert steps(angle=45)["Adam"] is None
    better = steps(angle=45, tune="Adam", lr=1.0)
    assert better["Momentum"] < better["Adam"] < 800


def test_only_the_tuned_method_changes():
    usual, tuned = explore.turned().data, explore.turned(tune="SGD", lr=1.0).data
    assert [name for name in FIVE if usual[name]["loss"] != tuned[name]["loss"]] == ["SGD"]


@pytest.mark.parametrize(("beta1", "beta2"), [(0.9, 0.999), (0.5, 0.9), (0.9, 0.99)])
def test_first_steps_are_the_closed_form(beta1, beta2):
    data = explore.first_steps(beta1=beta1, beta2=beta2).data
    t = np.array(data["neither"]["x"])
    m, v = 1 - beta1**t, 1 - beta2**t
    for key, size in (("neither", m / v**0.5), ("only m", v**-0.5), ("only v", m), ("both", np.ones_like(m))):
        np.testing.assert_allclose(data[key]["size"], size, rtol=1e-6)
    assert data["first_both"] == pytest.approx(1)


def test_the_slope_changes_the_moments_and_not_the_steps():
    small, large = (explore.first_steps(gradient=g).data for g in (0.001, 1000))
    for key in ("neither", "only m", "only v", "both"):
        np.testing.assert_allclose(small[key]["size"], large[key]["size"], rtol=1e-3)
    np.testing.assert_allclose(large["mean"]["size"], 1e6 * np.array(small["mean"]["size"]), rtol=1e-9)


def test_at_the_linked_beta_the_first_step_is_right_and_the_next_too_long():
    data = explore.first_steps(beta2=0.99).data
    assert data["first_neither"] == pytest.approx(1) and data["largest"] > 1.3


def left(method, lr):
    return explore.trap(method=method, lr=lr).data["leaves"]


def test_adagrad_is_trapped_by_what_it_remembers():
    assert left("AdaGrad", 0.1) > 10 * left("SGD", 0.1) > 10 * left("Momentum", 0.1)
    assert explore.trap(method="AdaGrad", lr=0.1, clear=True).data["leaves"] == 304
    assert left("RMSProp", 0.05) < 300


def test_a_larger_rate_shortens_the_trap():
    """The link of the text to ten times the rate."""
    counts = [left("AdaGrad", lr) for lr in (0.1, 0.2, 0.5, 1.0)]
    assert sorted(counts, reverse=True) == counts and counts[-1] < left("SGD", 0.1)


def test_arrival_is_read_up_to_the_end_of_the_run():
    """A longer run of RMSProp is thrown out again, which is why the caption names the steps."""
    experiment = explore.turned(angle=0)
    loss = np.array(experiment.data["RMSProp"]["loss"])
    arrival = int(experiment.data["steps_RMSProp"])
    assert (loss[arrival:] < experiment.data["goal"]).all() and loss[arrival - 1] >= experiment.data["goal"]
    valley = Ravine(1000)
    later = valley.value(descend(valley, RMSProp(0.02), valley.start, 3000))[801:]
    assert later.max() > experiment.data["goal"] and f"step {len(loss) - 1}" in experiment.spec["caption"]


@pytest.mark.parametrize("clear", [False, True])
def test_the_trap_starts_a_thousandth_beside_the_ridge(clear):
    data = explore.trap(clear=clear).data
    start = Saddle(steep=10, angle=np.pi / 4).start
    assert [data["path"]["x"][0], data["path"]["y"][0]] == pytest.approx(start)
    assert data["off"]["off"][0] == pytest.approx(1e-3) and len(data["off"]["off"]) == 1501
    assert data["cleared"] == ([300] if clear else [])


@pytest.mark.parametrize("clear", [False, True])
def test_clearing_changes_nothing_before_it(clear):
    data, kept = explore.trap(clear=clear).data, explore.trap().data
    assert data["off"]["off"][:301] == kept["off"]["off"][:301] and data["at_300"] == data["off"]["off"][300]


def pushes_of_adam(C, beta2, periods=200):
    """The three steps of one period, from the recursion v ← β₂v + (1 − β₂)g² alone."""
    v = 0.0
    for _ in range(periods):
        out = []
        for slope in (C, -1.0, -1.0):
            v = beta2 * v + (1 - beta2) * slope**2
            out.append(-slope / v**0.5)
    return out


@pytest.mark.parametrize(("C", "beta2"), [(3.0, 0.1), (3.0, 0.9), (6.0, 0.3), (2.2, 0.5)])
def test_the_counterexample_is_its_recursion(C, beta2):
    data = explore.counterexample(C=C, beta2=beta2).data
    wanted = pushes_of_adam(C, beta2)
    assert data["Adam pushes"]["y"] == pytest.approx(wanted, rel=1e-2)
    assert data["Adam drift"] == pytest.approx(sum(wanted), abs=2e-2)
    assert data["SGD pushes"]["y"] == pytest.approx([-C, 1, 1], abs=1e-6)


@pytest.mark.parametrize("C", [2.2, 3.0, 4.0, 6.0])
def test_a_drift_to_the_right_ends_at_the_right(C):
    for beta2 in (0.05, 0.9, 0.99):
        data = explore.counterexample(C=C, beta2=beta2).data
        assert data["AMSGrad end"] < 0 > data["SGD end"]
        if abs(data["Adam drift"]) > 0.1:
            assert np.sign(data["Adam end"]) == np.sign(data["Adam drift"])


def test_longer_memory_is_the_cure():
    """The link of the text, and the self-check after it."""
    short, long = (explore.counterexample(beta2=b).data["Adam end"] for b in (0.1, 0.9))
    assert short > 0.9 > -0.9 > long and questions.cure.right == "longer"
    assert "0.9" in re.search(r"β₂ = [\d.]+", questions.cure.options["longer"])[0]
    assert explore.counterexample(beta2=0.05).data["Adam drift"] > explore.counterexample(beta2=0.1).data["Adam drift"]
