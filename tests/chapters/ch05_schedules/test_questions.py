"""The answers of chapter 5's questions, against the library and the runs that they show."""

import numpy as np
import pytest

from course_lib.chapters.ch05_schedules import ex, explore, questions
from course_lib.optim import Cosine, Momentum, Snapshots, Warmup, WarmupStableDecay, descend


def shown(question):
    name, setting = question.shows
    return getattr(explore, name)(**setting).data


def test_the_slow_rate_overtakes():
    data = shown(questions.four_curves)
    assert data["end"] > data["end_best"] and questions.four_curves.right == "slow"
    assert data["first"] == pytest.approx(1.35, abs=0.02), "as the question says"
    assert explore.schedules(shape="constant", lr=0.01).data["first"] == pytest.approx(1.84, abs=0.02)


def test_the_loss_falls_by_a_quarter():
    data = shown(questions.drop)
    assert 0.7 < data["after"] / data["before"] < 0.8 and questions.drop.right == "falls"


def test_the_early_cosine_ends_higher():
    data = shown(questions.too_small)
    assert data["end"] > 1.5 * data["end_constant"] and questions.too_small.right == "higher"


def test_both_together_are_good():
    assert shown(questions.warm)["good"] == 5 and questions.warm.right == "both"


def test_the_lowest_is_at_the_limit():
    data = shown(questions.lowest)
    explodes = data["each"]["x"][-1]
    assert data["suggestion"] * 10 == pytest.approx(data["lowest"]) and explodes < 5 * data["lowest"]


def test_guess():
    assert questions.guess.right == pytest.approx(np.log(100), abs=1e-3)
    assert sorted(questions.guess.confusions) == pytest.approx([0.01, np.log10(100), np.log(10)], abs=1e-3)


def settled(lr, curvature, sigma=0.5):
    rng = np.random.default_rng(0)
    start = np.zeros((200, 1))
    path = descend(lambda x: curvature * x, Momentum(lr, rho=0.0), start, 3000, noise=sigma, rng=rng)[1500:]
    return curvature / 2 * (path**2).mean()


def test_the_size_of_the_floor():
    found = settled(0.04, 1.0) + settled(0.04, 0.5)
    assert found == pytest.approx(questions.floor_size.right, rel=0.05)
    assert (
        settled(0.4, 0.5) / settled(0.04, 0.5) == pytest.approx(10, rel=0.15) and questions.lower_floor.right == "tenth"
    )


def test_half_way():
    rates = Cosine(0.4, steps=200)
    assert questions.half_way.right == pytest.approx(rates(50), abs=1e-4)
    assert sorted(questions.half_way.confusions) == pytest.approx(
        [0.4 - rates(50), rates(100), 0.4 * np.cos(np.pi / 4), 0.4 * (1 - 50 / 200)], abs=1e-4
    )


def test_compounding_freezes():
    lr = 1.0
    for t in range(100):
        lr *= 1 / (1 + 0.01 * t)
    assert 1e-18 < lr < 1e-16 and questions.compounding.right == "freezes"


def test_a_cycle_ends_low():
    rates = Snapshots(1.0, steps=4000, cycles=4)
    found = {
        name: rates(int(text.replace(",", "")) - 1)
        for name, text in questions.where_to_stop.options.items()
        if name != "d"
    }
    assert min(found, key=found.get) == questions.where_to_stop.right and found["a"] == pytest.approx(0.5, abs=0.01)


def test_first_rate():
    schedule = Warmup(0.2, steps=99, start=0.002)
    assert questions.first_rate.right == pytest.approx(schedule(49)) and schedule(99) == 0.2


def test_only_one_schedule_goes_on():
    """Before the decay of the short run, the long one has had the same rates."""
    t = np.arange(7500)
    short, long = (WarmupStableDecay(1.0, steps=n, warmup=100, cooldown=2500) for n in (10_000, 20_000))
    assert (short(t) == long(t)).all() and questions.continue_run.right == "wsd"
    assert Cosine(1.0, steps=20_000)(10_000) == pytest.approx(0.5)


def test_summed():
    assert questions.summed.right == pytest.approx(8 * 0.05)
    assert sorted(questions.summed.confusions) == pytest.approx([0.05 / 8, 0.05, 0.05 * 8**0.5], abs=1e-3)


def test_the_order_of_clipping():
    grads, sizes = np.array([[0.5, 0.0], [0.0, 5.0], [0.0, 5.0], [0.5, 0.0]]), np.ones(4, int)
    mean = ex.accumulate.reference(grads, sizes, 1e9)
    end = ex.accumulate.reference(grads, sizes, 1.0)
    each = np.mean([ex.accumulate.reference(g[None], sizes[:1], 1.0) for g in grads], axis=0)
    total = ex.accumulate.reference(4 * mean[None], sizes[:1], 1.0) / 4
    assert end / np.linalg.norm(end) == pytest.approx(mean / np.linalg.norm(mean)) and np.linalg.norm(
        end
    ) == pytest.approx(1)
    assert abs(each @ mean / np.linalg.norm(each) / np.linalg.norm(mean) - 1) > 0.01
    assert np.linalg.norm(total) == pytest.approx(1 / 4) and questions.clip_order.right == "end"


def test_which_drop():
    losses = [3, 2, 2.2, 2.1, 1.9, 1.8]
    rates = [ex.plateau.reference(np.array(losses[:n]), 1.0, 0.1, 1) for n in range(1, 7)]
    assert 1 + rates.index(0.1) == questions.which_drop.right
