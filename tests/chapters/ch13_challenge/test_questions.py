"""The answers of chapter 13's questions, against what is shown and what is measured."""

import numpy as np
import pytest

from course_lib.challenge import best_of
from course_lib.chapters.ch13_challenge import ex, explore, questions
from course_lib.studies import load

pytest.importorskip("sklearn")


def shown(question):
    name, setting = question.shows
    return getattr(explore, name)(**setting).data


def test_the_first_block_of_a_sorted_file_is_two_classes():
    assert shown(questions.sorted_file)["missing"] == 2 and questions.sorted_file.right == "two"


def test_the_winner_is_three_points_too_high():
    data = shown(questions.winner)
    assert data["lead"] > 3 and questions.winner.right == "much"


def test_the_wider_search_finds_more():
    narrow = explore.tune(budget="20", high=0.01, strongest=1).data
    assert narrow["score"] == pytest.approx(55, abs=3) and narrow["rate"] == pytest.approx(0.009, abs=0.0005)
    assert shown(questions.wider)["score"] > 85 and questions.wider.right == "much"


def test_the_nearest_neighbour_is_ahead_by_less_than_two_points():
    gain = load("challenge").gain("1-NN on pixels", over="MLP 128")
    assert 0 < gain.mean < 2 and questions.neighbour.right == "near"


def test_five_draws_do_not_decide():
    five = explore.rungs(first="pixels", second="dropout", draws=5).data
    assert five["gain"] == pytest.approx(0.8, abs=0.05) and five["paired"] == pytest.approx(0.6, abs=0.05)
    low, high = five["gain"] - 2 * five["paired"], five["gain"] + 2 * five["paired"]
    assert low < 0 < high and questions.five_more.right == "open"
    assert abs(shown(questions.five_more)["mean"]) < 0.1, "they happen to be level"


def test_training_longer_beats_the_vote():
    gap = load("challenge").gain("three times as long", over="vote of five")
    assert gap.mean > 2.5 * gap.error and questions.dearer.right == "longer"


def test_the_error_of_a_hundred():
    _, error = ex.share_error.reference(80, 100)
    assert questions.twenty.right == pytest.approx(100 * error)
    wrong = questions.twenty.confusions
    assert {16, 0.16, 0.4, 0.04, 40, 5, 8, 8.94} == set(wrong)
    assert 100**2 * 0.8 * 0.2 / 100 == pytest.approx(16) and np.sqrt(0.8 * 0.2) == pytest.approx(0.4)
    assert 100 * np.sqrt(0.8 / 100) == pytest.approx(8.94, abs=0.01) and 100 * 0.5 / 10 == 5


def test_only_pairs_tell():
    """Both pairs of columns have the same means and errors; one difference is sure, the other is not."""
    rng = np.random.default_rng(0)
    luck = rng.normal(0, 1, 10)
    a, alike, otherwise = 93.5 + luck, 94.1 + luck, 94.1 + luck[::-1]
    assert alike.std() == pytest.approx(otherwise.std()) and alike.mean() == pytest.approx(otherwise.mean())
    assert ex.paired_gain.reference(a, alike)[1] < 1e-9 < 0.1 < ex.paired_gain.reference(a, otherwise)[1]
    assert questions.which_error.right == "pairs"


def test_the_best_of_ten():
    assert 0.5 * best_of(10) == pytest.approx(0.8, abs=0.05) and questions.ten_tries.right == "some"
    assert 0.5 / np.sqrt(10) == pytest.approx(0.16, abs=0.005)
