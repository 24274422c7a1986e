"""The answers of chapter 4's questions, against runs of the library."""

import re

import numpy as np
import pytest

from course_lib.chapters.ch04_adaptive import explore, pictures, questions
from course_lib.optim import SGD, AdaGrad, Adam, RMSProp, Saddle, descend


def first_step(method, slope=1.0):
    """The length of a method's first step at rate 1."""
    return abs(descend(lambda x: np.full_like(x, slope), method, [0.0], 1)[1, 0])


# ---------------------------------------------------------------- predictions


def test_own_rates_take_a_tenth():
    stated = float(re.search(r"α = ([\d.]+)", questions.own_rates.question)[1])
    data = explore.turned(angle=0, tune="AdaGrad", lr=stated).data
    assert 100 < data["steps_Momentum"] and data["steps_AdaGrad"] < data["steps_Momentum"] / 10
    assert questions.own_rates.right == "tenth"


def test_adagrad_is_stuck_ten_times_as_long():
    setting = questions.stuck.shows[1]
    stated = int(re.search(r"left after (\d+) steps", questions.stuck.question)[1])
    assert explore.trap(method="SGD", lr=setting["lr"]).data["leaves"] == stated
    assert explore.trap(**setting).data["leaves"] > 10 * stated and questions.stuck.right == "ten"


def test_rmsprop_ends_between_half_a_rate_and_its_negative():
    lr, decay = map(float, re.findall(r"0\.\d+", questions.settle.question))
    end = pictures.way_down(RMSProp(lr, decay=decay), 4000)[-2:]
    assert sorted(end) == pytest.approx([-0.05, 0.05], rel=1e-3) and questions.settle.right == "half"


def test_the_moments_do_not_cancel():
    assert first_step(Adam(1.0, correct=False)) == pytest.approx(3.16, abs=0.01)
    assert explore.first_steps(**questions.cancel.shows[1]).data["first_neither"] == pytest.approx(3.16, abs=0.01)
    assert questions.cancel.right == "three"


def test_the_adaptive_paths_change():
    upright, turned = (explore.turned(angle=angle).data for angle in (0, questions.turn.shows[1]["angle"]))
    changed = [
        name
        for name in ("SGD", "Momentum", "AdaGrad", "RMSProp", "Adam")
        if not np.allclose(upright[name]["y"], turned[name]["y"], atol=1e-9)
    ]
    assert changed == ["AdaGrad", "RMSProp", "Adam"] and questions.turn.right == "adaptive"


def test_the_rare_slope_loses():
    data = explore.counterexample(**questions.rare.shows[1]).data
    assert data["Adam end"] > 0.99 and data["SGD end"] < -0.9 and questions.rare.right == "right"
    assert 3 - 2 * 1 > 0, "on average it pushes to the left"


# ---------------------------------------------------------------- numbers


def confused(question):
    return sorted(question.confusions)


@pytest.mark.parametrize("slope", [100.0, 0.01])
def test_adagrads_first_step(slope):
    assert 0.1 * first_step(AdaGrad(1.0), slope) == pytest.approx(questions.first_adagrad.right)
    g, s = 100, 100**2
    assert confused(questions.first_adagrad) == pytest.approx([0.1 * g / s, g / s, g / s**0.5, 0.1 * g])


def test_twice_the_way():
    way = -descend(np.ones_like, AdaGrad(1.0), [0.0], 50_000)[:, 0]
    there = np.searchsorted(way, 2 * way[10_000])
    assert there == pytest.approx(questions.twice.right, abs=questions.twice.tolerance)


def test_rmsprops_first_step():
    assert first_step(RMSProp(1.0, decay=0.96)) == pytest.approx(questions.rms_first.right)
    assert first_step(RMSProp(1.0, decay=0.99)) == pytest.approx(10)
    assert confused(questions.rms_first) == pytest.approx([0.2, 1, 10, 25])


def test_betas_that_cancel_in_the_first_step():
    assert first_step(Adam(1.0, beta2=0.99, correct=False)) == pytest.approx(questions.other_beta.right)
    assert confused(questions.other_beta) == pytest.approx([0.1, first_step(Adam(1.0, correct=False)), 10], abs=0.01)


def test_t_counted_twice():
    m, v = 0.1 / (1 - 0.9**2), 0.001 / (1 - 0.999**2)
    assert m / v**0.5 == pytest.approx(questions.t_two.right, abs=1e-3)
    assert confused(questions.t_two) == pytest.approx([m, 1, m / v, 3.16], abs=0.01)


def test_epsilon_inside():
    size = pictures.scaled_step(np.array(1e-5), 1e-8, inside=True)
    assert size == pytest.approx(questions.eps_inside.right, abs=questions.eps_inside.tolerance)
    assert pictures.scaled_step(np.array(1e-5), 1e-8) == pytest.approx(1, abs=0.01)


# ---------------------------------------------------------------- choices


def leaves(saddle, method):
    c, s = np.cos(saddle.angle), np.sin(saddle.angle)
    return (np.abs(descend(saddle, method, saddle.start, 3000) @ [-s, c]) > 0.5).argmax()


def test_the_trap_lies_across_the_axes():
    upright, across = (Saddle(steep=10, angle=angle) for angle in (0.0, np.pi / 4))
    counts = [leaves(upright, method) for method in (AdaGrad(0.1), SGD(0.1))]
    assert 0 < 10 * counts[0] < leaves(across, AdaGrad(0.1)) and questions.which_trap.right == "across"
    rate, *stated = map(float, re.findall(r"\d+(?:\.\d+)?", questions.which_trap.why["every"]))
    assert rate == 0.1 and stated == counts


def test_dividing_by_the_present_gradient_leaves_the_sign():
    class Present(AdaGrad):
        def update(self, x, dx, s):
            x -= self.lr * dx / np.abs(dx)

    steps = np.diff(descend(lambda x: x - 0.33, Present(0.1), [3.0], 50)[:, 0])
    assert np.abs(steps) == pytest.approx(np.full(50, 0.1)) and questions.current.right == "alpha"


def swing(**options):
    curvature = options.pop("curvature", 1.0)
    return abs(descend(lambda x: curvature * x, RMSProp(**{"lr": 0.1, **options}), [3.0], 8000)[-1, 0])


def test_only_the_rate_makes_the_swing_smaller():
    assert swing(lr=0.05) == pytest.approx(swing() / 2, rel=0.01) and questions.smaller_swing.right == "rate"
    assert swing(curvature=0.01) == pytest.approx(swing(), rel=0.01)
    other, usual = map(float, re.findall(r"0\.\d+", questions.smaller_swing.options["decay"]))
    assert swing(decay=other) == pytest.approx(swing(decay=usual), rel=0.01)


def test_one_moment_is_thirty_times_too_long():
    data = explore.first_steps().data
    assert 30 < data["first_m"] < 33 and questions.one_moment.right == "long"


def test_sums_turn_with_the_valley():
    turn = np.array([[0.8, -0.6], [0.6, 0.8]])
    gradients = np.random.default_rng(0).standard_normal((10, 2))
    assert (gradients @ turn.T).sum(axis=0) == pytest.approx(turn @ gradients.sum(axis=0))
    assert not np.allclose(np.abs(gradients @ turn.T), np.abs(gradients) @ turn.T)
    assert questions.knows_axes.right == "sums"
