"""The answers of chapter 1's questions, against the library and the runs that they show."""

import numpy as np
import pytest

from course_lib.chapters.ch01_first_step import ex, experiments, explore, questions
from course_lib.nn import BatchNorm, Log, ReLU, Sigmoid


def shown(question):
    name, setting = question.shows
    setting = {key: value for key, value in setting.items() if key not in ("place", "caption")}
    return getattr(explore, name)(**setting).data


def test_the_gradient_explodes():
    data = shown(questions.saturated)
    assert data["gradient"] > 1000 and questions.saturated.right == "exploded"
    assert data["flat"] == pytest.approx(75, abs=5), "three in four, as the question says"


def test_a_few_hundredths_are_left():
    data = shown(questions.half_lost)
    assert data["last"] == pytest.approx(0.03, abs=0.01) and questions.half_lost.right == "few"
    assert data["first"] == pytest.approx(0.6, abs=0.05), "as the question says"


def test_moved_inputs_take_hundreds_of_steps():
    assert shown(questions.moved)["steps"] > 500 and questions.moved.right == "many"
    assert explore.fitting(mean=0.0, spread=1.0, rate=1.0).data["steps"] == 1, "as the question says"


def test_ten_times_the_weights_change_nothing():
    z = np.random.default_rng(0).normal(size=(50, 8))
    norm = BatchNorm(8, dtype=np.float64, eps=1e-9)
    np.testing.assert_allclose(norm.forward(10 * z, train=True), norm.forward(z, train=True), atol=1e-6)
    assert questions.tenfold.right == "same"


def test_the_weights_are_too_large():
    data = shown(questions.nine_hundred)
    assert data["initial"] == pytest.approx(918, abs=1) and data["fault"] is None
    assert "weights 10 times" in explore.runs(run="b", named=True).data["fault"]
    assert max(abs(loss - 2.3) for loss in data["train"]["y"][2:]) < 0.05 and questions.nine_hundred.right == "weights"


def test_nearly_all_uniform_draws_are_large():
    assert shown(questions.draws)["above"] >= 8 and questions.draws.right == "nine"
    above = np.mean([np.sum(experiments.places("uniform", 9, draw)[:, 0] > 0.1) for draw in range(500)])
    assert above > 8.5


def test_factor():
    assert questions.factor.right == pytest.approx(0.5**10, abs=questions.factor.tolerance)


def test_the_slope_of_the_sigmoid():
    z = np.linspace(-3, 3, 601)
    sigmoid = Sigmoid()
    assert questions.slope_of_sigmoid.right == pytest.approx(sigmoid.df(z, sigmoid.f(z)).max())


def test_a_relu_dies_and_does_not_saturate():
    z = np.array([-5.0, 1e6])
    assert ReLU().df(z, ReLU().f(z)).tolist() == [0, 1] and questions.saturate_or_die.right == "die"


def test_weights_std():
    assert questions.weights_std.right == pytest.approx(ex.he_std.reference(200, 50, 0.0))
    assert sorted(questions.weights_std.confusions) == pytest.approx(
        [2 / 200, 1 / 200**0.5, (2 / 250) ** 0.5, (2 / 50) ** 0.5], abs=1e-4
    )


def test_which_axis():
    x = np.random.default_rng(0).normal(size=(50, 64))
    assert (f"{x.mean(axis=0).size} and {x.mean(axis=1).size}") == questions.which_axis.options[
        questions.which_axis.right
    ]
    norm = BatchNorm(64)
    norm.forward(x, train=True)
    assert norm.state["mean"].shape == (64,)


def test_one_example_is_normalized_by_the_running_numbers():
    norm, x = BatchNorm(3, dtype=np.float64), np.random.default_rng(0).normal(5, 2, (40, 3))
    norm.forward(x, train=True)
    expected = (x[:1] - norm.state["mean"]) / np.sqrt(norm.state["var"] + norm.eps)
    np.testing.assert_allclose(norm.forward(x[:1]), expected)
    with pytest.raises(ValueError, match="at least two"):
        norm.forward(x[:1], train=True)
    assert questions.one_example.right == "running"


def test_first_loss():
    assert questions.first_loss.right == pytest.approx(np.log(100), abs=1e-3)
    assert sorted(questions.first_loss.confusions) == pytest.approx([0.01, np.log10(100), np.log(10)], abs=1e-3)


def test_ten_examples():
    runs = {name: explore.runs(run=run).data for name, run in (("labels", "d"), ("gradient", "j"), ("few", "g"))}
    assert [name for name, data in runs.items() if data["ten"] > 0.1] == [questions.ten_examples.right]


def test_the_middle_of_a_log_scale():
    assert questions.middle.right == pytest.approx(Log(1e-4, 1.0).at(0.5))
    assert sorted(questions.middle.confusions) == pytest.approx(
        [Log(1e-4, 1.0).at(0.25), Log(1e-4, 1.0).at(0.75), 0.5], abs=1e-3
    )
