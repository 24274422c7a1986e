"""The answers of chapter 3's questions, against the library's formulas and runs."""

import numpy as np
import pytest

from course_lib.chapters.ch03_momentum import explore, questions
from course_lib.optim import (
    SGD,
    Momentum,
    Nesterov,
    Ravine,
    Saddle,
    best_heavy_ball,
    critical_rho,
    descend,
    gd_rate,
    heavy_ball_rate,
    nesterov_rate,
    noise_floor,
    regime,
    steps_to,
)


def velocity(rho, gradients):
    """The velocities of momentum at rate 1, read off its steps."""
    method, x, path = Momentum(lr=1.0, rho=rho), np.zeros(1), [0.0]
    for gradient in gradients:
        method.step(x, np.array([float(gradient)]))
        path.append(x[0])
    return -np.diff(path)


# ---------------------------------------------------------------- predictions


def test_memory_is_a_fifth_of_the_steps():
    data = explore.race(**questions.memory.shows[1]).data
    assert 1 / 6 < data["steps_Momentum"] / data["steps_SGD"] < 1 / 4 and questions.memory.right == "fifth"


def test_of_the_four_rules_one_descends():
    f, lr, rho = Ravine(100), 1.0, 0.9
    rules = {
        "A": lambda v, g: (rho * v + g, lr * (rho * v + g)),
        "B": lambda v, g: (rho * v + g, -lr * g),
        "C": lambda v, g: (rho * v - lr * g, -lr * (rho * v - lr * g)),
        "D": lambda v, g: (rho * v - lr * g, rho * v - lr * g),
    }
    ends = {}
    for name, rule in rules.items():
        x, v = f.start.copy(), np.zeros(2)
        for _ in range(20):
            v, step = rule(v, f.grad(x))
            x = x + step
        ends[name] = x
    assert np.allclose(ends[questions.four_rules.right], descend(f, Momentum(lr, rho=rho), f.start, 20)[-1])
    assert np.allclose(ends["B"], descend(f, SGD(lr), f.start, 20)[-1])
    assert all(f.value(ends[name]) > 1e12 for name in "AC")


def test_all_directions_are_equally_slow():
    kappa, lr, rho = (questions.slowest.shows[1][name] for name in ("kappa", "lr", "rho"))
    assert [heavy_ball_rate(lr, rho, kappa**-s) for s in np.linspace(0, 1, 5)] == pytest.approx([rho**0.5] * 5)
    lonely = np.array([[abs(1 - lr / k) ** t for t in range(1001)] for k in (1, kappa)])
    assert steps_to(lonely[0], 1e-6) <= 10 and steps_to(lonely[1], 1e-6) > 200


def test_nesterov_alone_explodes():
    kappa, lr, rho = (questions.too_fast.shows[1][name] for name in ("kappa", "lr", "rho"))
    for lam in (1 / kappa, 1.0):
        assert gd_rate(lr, lam) < 1 and heavy_ball_rate(lr, rho, lam) < 1
    assert nesterov_rate(lr, rho, 1.0) > 1


def test_it_trembles_more():
    lr, rho = questions.tremble.shows[1]["lr"], questions.tremble.shows[1]["rho"]
    data = explore.noise(lr=lr, rho=rho).data
    assert noise_floor(lr, rho, 1.0, 1.0) / noise_floor(lr, 0.0, 1.0, 1.0) == pytest.approx(data["ratio"], rel=0.1)
    assert round(data["ratio"]) == 10 and abs(np.mean(data["SGD"]["x"][100:])) < 0.5, "it has settled, and trembles"


def test_on_the_ridge_all_end_at_the_saddle():
    data = explore.race(**questions.ridge.shows[1]).data
    for name in ("SGD", "Momentum", "Nesterov"):
        assert abs(data[name]["x"][-1]) < 1e-3 and data[name]["y"][-1] == 0 and data[f"steps_{name}"] is None


# ---------------------------------------------------------------- numbers, and what they are confused with


def confused(question):
    return sorted(question.confusions)


def test_gain():
    steady, flipping = velocity(0.8, [1] * 200), velocity(0.8, [(-1) ** t for t in range(200)])
    assert steady[-1] == pytest.approx(questions.gain.right)
    assert confused(questions.gain) == pytest.approx([abs(flipping[-1]), 0.8, 1, steady[1]], abs=1e-3)


def test_effective():
    lr, rho = 0.02, 0.99
    assert -np.diff(descend(lambda x: np.ones(1), Momentum(lr, rho=rho), [0.0], 3000)[:, 0])[-1] == pytest.approx(
        questions.effective.right
    )
    assert confused(questions.effective) == pytest.approx([lr * (1 - rho), lr, lr * (1 + rho), lr / (1 - 0.9)])


def test_mean_form():
    rho, gradients = 0.9, np.random.default_rng(0).normal(size=50)
    x, v, mean = 0.0, 0.0, []
    for gradient in gradients:
        v = rho * v + (1 - rho) * gradient
        x -= 1.0 * v
        mean.append(x)
    walked = -questions.mean_form.right * np.cumsum(velocity(rho, gradients))
    assert walked == pytest.approx(mean)


def test_ringing_rate():
    rho = 0.81
    assert heavy_ball_rate(1.0, rho, 0.5) == pytest.approx(questions.ringing_rate.right)
    assert confused(questions.ringing_rate) == pytest.approx([1 - rho**0.5, 1 - rho, rho])


def test_nesterov_limit():
    right = questions.nesterov_limit.right
    assert nesterov_rate(right - 1e-3, 0.5, 1.0) < 1 < nesterov_rate(right + 1e-3, 0.5, 1.0)
    assert confused(questions.nesterov_limit) == [1, 2, 3]
    assert heavy_ball_rate(2.999, 0.5, 1.0) < 1 < heavy_ball_rate(3.001, 0.5, 1.0)


def test_speedup():
    digit = []
    for kappa in (100, 10_000):
        lr, rho = best_heavy_ball(1 / kappa, 1)
        digit.append(-1 / np.log(heavy_ball_rate(lr, rho, 1.0)))
    assert digit[1] / digit[0] == pytest.approx(questions.speedup.right, abs=0.1)
    assert questions.speedup.tolerance > 2, "a run to 1e-6 has 12 times as many: the double root's factor t"


def test_floor_size():
    lr = 0.0001
    ratio = noise_floor(lr, 0.8, 1.0, 1.0) / noise_floor(lr, 0.0, 1.0, 1.0)
    assert 0.005 * ratio == pytest.approx(questions.floor_size.right, rel=0.01)


# ---------------------------------------------------------------- choices


def test_regime():
    assert regime(1.0, 0.5, 0.01, 0.02) == questions.regime_of.right == "overdamped"
    assert critical_rho(1.0, 0.01) == pytest.approx(0.81)


def test_where_nesterov_measures():
    """Of the four places, only the right one walks Nesterov's path."""
    f, lr, rho, steps = Ravine(30), 0.8, 0.9, 30
    x = descend(f, Nesterov(lr, rho=rho), f.start, steps)[-1]
    found = {}
    for name in questions.where.options:
        y, v, last = f.start.copy(), np.zeros(2), f.start.copy()
        for _ in range(steps):
            ahead = y - lr * rho * v
            v = rho * v + f.grad({"here": y, "last": last}.get(name, ahead))
            last, y = y, (ahead if name == "moved" else y) - lr * v
        found[name] = y - lr * rho * v
    assert [name for name, end in found.items() if np.allclose(end, x)] == [questions.where.right]


def test_what_a_drop_of_the_rate_does():
    def steps(form):
        v, out, lr = 0.0, [], 1.0
        for t in range(200):
            lr = 1.0 if t < 199 else 0.1
            v = 0.9 * v + (1.0 if form == "outside" else -lr)
            out.append(lr * v if form == "outside" else -v)
        return out[-1] / out[-2]

    assert steps("outside") == pytest.approx(0.1, rel=0.01) and steps("inside") > 0.9


def test_floor_choice():
    def floor(lr, rho):
        return noise_floor(lr, rho, 1.0, 1.0)

    before = floor(0.01, 0.9)
    assert floor(0.001, 0.9) == pytest.approx(before / 10, rel=0.01) and questions.floor.right == "lr"
    assert floor(0.001, 0.99) == pytest.approx(before, rel=0.01) and floor(0.01, 0.99) > 9 * before


def test_near_the_ridge():
    def leaves(method):
        return int((np.abs(descend(Saddle(), method, [1.0, 1e-6], 4000)[:, 1]) > 0.5).argmax())

    sgd, ball, large = (leaves(method) for method in (SGD(0.01), Momentum(0.01), SGD(0.1)))
    assert 0 < large <= ball < sgd / 3
