"""The answers of chapter 14's questions, against the library and the runs that they show."""

import numpy as np
import pytest

from course_lib.chapters.ch14_bugs import explore, programs, questions
from course_lib.chapters.ch14_bugs.experiments import wrong_method
from course_lib.nn import softmax_cross_entropy
from course_lib.optim import SGD, Adam, Momentum, Ravine, descend

pytest.importorskip("sklearn")


def shown(question):
    name, setting = question.shows
    return getattr(explore, name)(**setting).data


def test_the_bug_ends_lower():
    data = shown(questions.lower)
    assert data["wrong_end"] < data["right_end"] / 50 and questions.lower.right == "bug"


def test_a_steady_slope_does_not_tell():
    data = shown(questions.steady)
    assert data["right_second"] == pytest.approx(data["wrong_second"], abs=1e-6) and questions.steady.right == "same"


def test_the_second_softmax_shows_in_the_loss_alone():
    data = shown(questions.softmaxes)
    assert abs(data["accuracy_wrong"] - data["accuracy_right"]) < 1 and data["error_wrong"] < 1e-6
    assert data["loss_wrong"] > 5 * data["loss_right"] and questions.softmaxes.right == "loss"


def test_sorted_twenties_are_named_by_a_fifth():
    assert 15 < shown(questions.company)["accuracy"] < 28 and questions.company.right == "fifth"


def test_no_check_sees_more_than_three():
    counts = np.array([programs.seen(program) for program in programs.BUGS.values()]).sum(axis=0)
    assert counts.max() == 3 and len(programs.BUGS) == 13 and questions.most.right == "three"


def test_a_velocity_that_is_not_used():
    f, start = Ravine(kappa=25), [-4.5, 1.5]
    wrong = descend(f, wrong_method("discarded", 1.0, 0.9), start, 20)
    np.testing.assert_array_equal(wrong, descend(f, SGD(1.0), start, 20))
    assert questions.same_path.right == "descent"


def test_two_classes_and_a_softmax_too_many():
    assert softmax_cross_entropy(np.array([[1.0, 0.0]]), np.array([0]))[0] == pytest.approx(
        questions.two_classes.right, abs=5e-4
    )
    ten = np.eye(10)[:1]
    assert softmax_cross_entropy(ten, np.array([0]))[0] == pytest.approx(1.461, abs=5e-4)
    assert 1.461 in questions.two_classes.confusions


def test_the_first_loss_of_a_thousand_classes():
    value = softmax_cross_entropy(np.zeros((1, 1000)), np.array([7]))[0]
    assert value == pytest.approx(questions.initial.right, abs=0.01)


def test_adams_first_step():
    x = np.zeros(2)
    Adam(0.3).step(x, np.array([0.01, 100.0]))
    np.testing.assert_allclose(x, -0.3, rtol=1e-5)
    assert questions.untrue.right == "first"


def test_the_floor_is_that_of_the_effective_rate():
    """In a bowl with noise: eight seeds, 50 balls each, the variance of 2,000 points after the first 400."""

    def floor(method, seed):
        rng, x, points = np.random.default_rng(seed), np.zeros(50), []
        for t in range(2400):
            method.step(x, x + rng.standard_normal(50))
            if t >= 400:
                points.append(x.copy())
        return np.var(points)

    sgd, same, tenth = (
        np.mean([floor(method(), seed) for seed in range(8)])
        for method in (lambda: SGD(0.01), lambda: Momentum(0.01, rho=0.9), lambda: Momentum(0.001, rho=0.9))
    )
    assert same > 8 * sgd and tenth == pytest.approx(sgd, rel=0.1)
    assert questions.condition.right == "tenth"
