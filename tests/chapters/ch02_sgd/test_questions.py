"""The answers of chapter 2's questions, against the library's formulas and runs."""

import numpy as np
import pytest

from course_lib.chapters.ch02_sgd import explore, questions
from course_lib.optim import SGD, Ravine, Saddle, best_gd, descend, escape_steps, gd_limit, gd_rate, noise_floor


def confused(question):
    return sorted(question.confusions)


# ---------------------------------------------------------------- predictions


def test_the_jumping_path_is_sooner():
    jumping = explore.zigzag(**questions.sooner.shows[1]).data["steps"]
    straight = explore.zigzag(kappa=100, lr=1.0).data["steps"]
    assert 1.9 < straight / jumping < 2.1 and questions.sooner.right == "jumping"
    y = descend(Ravine(100), SGD(1.98), Ravine(100).start, 20)[:, 1]
    assert np.all(y[1:] * y[:-1] < 0), "it jumps from wall to wall"
    assert descend(Ravine(100), SGD(1.0), Ravine(100).start, 1)[1, 1] == 0, "at 1 it is on the floor in one step"


def test_the_curvature_stays_at_the_border():
    data = explore.edge(**questions.border.shows[1]).data
    begin = np.array(data["range"]["high"])[0]
    assert begin < data["border"] == 5 and abs(data["low"] - 5) < 0.3 and abs(data["high"] - 5) < 0.3
    assert data["loss"]["y"][-1] < data["loss"]["y"][0] / 2


def test_leaving_takes_three_times_as_long():
    near = explore.saddle(**questions.leaving.shows[1]).data["left"]
    far = explore.saddle(distance=1e-2).data["left"]
    assert far == 43 and "43 steps" in questions.leaving.question
    assert 2.7 < near / far < 3.5 and questions.leaving.right == "three"


def test_one_in_forty():
    share = explore.dimension(**questions.minima.shows[1]).data["minimum"]
    assert share == pytest.approx(100 / 40, abs=0.45) and questions.minima.right == "fortieth"


def test_a_quarter_is_left():
    large = explore.minibatch(**questions.larger_batch.shows[1]).data["late"]
    small = explore.minibatch(lr=0.5, batch="16").data["late"]
    assert 3 < small / large < 5.3 and questions.larger_batch.right == "quarter"


def test_the_noise_alone_is_cured():
    every = explore.minibatch(lr=0.5, batch="all").data["late"]
    assert every < 1e-6 and questions.cured.right == "noise"
    assert explore.zigzag(kappa=100, lr=1.98).data["steps"] > 600, "a ravine without noise"
    assert explore.saddle(distance=1e-6).data["left"] > 100, "a saddle without noise"


# ---------------------------------------------------------------- self-checks


def test_condition():
    curvatures = np.array([0.5, 2, 50])
    assert np.linalg.cond(np.diag(curvatures)) == pytest.approx(questions.condition.right)
    assert confused(questions.condition) == pytest.approx([0.01, 100**0.5, 50 / 2, 50])


def test_points_home():
    f = Ravine(100)
    points = {"along": (-4.0, 0.0), "across": (-4.0, 0.4), "diagonal": (1.0, 1.0)}
    for key, x in points.items():
        g = f.grad(x)
        off = np.degrees(np.arccos(np.clip(np.dot(g, x) / np.linalg.norm(g) / np.linalg.norm(x), -1, 1)))
        assert (off < 0.01) == (key == questions.points_home.right)


def test_limit():
    right = questions.limit.right
    assert gd_limit(8) == right and gd_rate(right - 1e-4, 8) < 1 < gd_rate(right + 1e-4, 8)
    assert confused(questions.limit) == pytest.approx([1 / 8, best_gd(0.2, 8), 8 / 2, gd_limit(0.2)], abs=1e-4)


def test_doubled():
    half, best = (np.log(gd_rate(lr, 1e-3)) for lr in (gd_limit(1.0) / 2, best_gd(1e-3, 1)))
    assert best / half == pytest.approx(2, rel=0.01) and questions.doubled.right == "two"


def test_lower_rate():
    assert 2 / 0.5 == 4 and 2 / 0.25 == 8 and questions.lower_rate.right == "rise"


def test_ten_times():
    lr = 0.2
    assert escape_steps(1 + lr, 0.1, 1.0) == pytest.approx(questions.ten_times.right, abs=0.05)
    path = np.abs(descend(Saddle(), SGD(lr), np.array([[1.0, 1e-8], [1.0, 1e-9]]), 200)[..., 1])
    left = (path > 0.5).argmax(axis=0)
    assert left[1] - left[0] == pytest.approx(questions.ten_times.right, abs=1)
    assert confused(questions.ten_times) == pytest.approx([np.log(10), 1 / lr, 10, escape_steps(1.1, 0.1, 1)], abs=0.05)


def test_downhill():
    shares = [explore.dimension(n=n, lift=1.5).data["share"] for n in (50, 100)]
    assert shares == pytest.approx([7.5, 7.5], abs=0.5)
    exact = 0.5 - 1.5 * (4 - 1.5**2) ** 0.5 / (4 * np.pi) - np.arcsin(0.75) / np.pi  # the semicircle, below −1.5
    assert 200 * exact == pytest.approx(questions.downhill.right, abs=questions.downhill.tolerance)
    assert confused(questions.downhill) == [0, 7, 200 / 2, 200 - questions.downhill.right]


def test_two_changes():
    floor = lambda lr, batch: noise_floor(lr, 0.0, 0.01, 1.0) / batch  # noqa: E731
    ratio = floor(0.1, 256) / floor(0.05, 32)
    assert 0.004 * ratio == pytest.approx(questions.two_changes.right, rel=0.01)
    assert confused(questions.two_changes) == pytest.approx([0.004 / 8, 0.004 / 2, 0.004, 0.008, 0.004 * 2 * 8])
