"""The challenge against independent counts: draws, folds, scores, the counter, the ladder; what goes wrong is told."""

import json
import re

import numpy as np
import pytest
import scipy.stats
from sklearn import datasets
from sklearn.neighbors import KNeighborsClassifier

from course_lib import challenge
from course_lib.challenge import LADDER, Score, best_of, cross_validate, held_out_accuracy, practice, submit
from course_lib.studies import load
from course_lib.studies.challenge import CHALLENGE, nearest, sealed, split

from .whole import WHOLE

PIXELS, LABELS = datasets.load_digits(return_X_y=True)


def keys(x):
    """Digits as bytes, to tell them from one another."""
    return [row.tobytes() for row in np.rint(16 * x).astype(np.int8)]


def blank(x, y, rng):
    """Always the class 3."""
    return lambda new: np.tile(np.eye(10)[3], (len(new), 1))


@pytest.fixture
def counter(tmp_path):
    return tmp_path / "challenge.json"


# -- draws ----------------------------------------------------------------------------------------


def test_the_digits_are_split_once_and_for_all():
    digits = split()
    assert (len(digits.x_train), len(digits.x_test)) == (597, 1200)
    assert sorted(keys(digits.x_train) + keys(digits.x_test)) == sorted(keys(PIXELS / 16))
    label = dict(zip(keys(PIXELS / 16), LABELS, strict=True))
    assert [label[key] for key in keys(digits.x_test)] == digits.y_test.tolist()


def test_a_practice_draw_has_ten_of_each_class_and_none_of_the_sealed():
    hidden = set(keys(split().x_test))
    for draw in range(5):
        data = practice(draw)
        assert np.bincount(data.y_train).tolist() == [10] * 10 and len(set(keys(data.x_train))) == 100
        assert not hidden & set(keys(data.x_train)) and len(data.x_val) == len(data.x_test) == 0
        np.testing.assert_array_equal(data.x_train, practice(draw).x_train)
    assert set(keys(practice(0).x_train)) != set(keys(practice(1).x_train))
    with pytest.raises(ValueError, match="draw must be at least 0, not -1"):
        practice(-1)


def test_a_sealed_draw_trains_on_a_hundred_and_tests_on_the_rest():
    for draw in (0, 1, 7):
        data = sealed(draw)
        assert np.bincount(data.y_train).tolist() == [10] * 10
        assert sorted(keys(data.x_train) + keys(data.x_test)) == sorted(keys(split().x_test))
        label = dict(zip(keys(PIXELS / 16), LABELS, strict=True))
        assert [label[key] for key in keys(data.x_test)] == data.y_test.tolist()
        assert [label[key] for key in keys(data.x_train)] == data.y_train.tolist()


# -- cross-validation -----------------------------------------------------------------------------


@pytest.mark.parametrize("folds", [2, 5, 7, 100])
def test_each_digit_is_held_out_once_and_never_trained_on_then(folds):
    seen = []

    def train(x, y, rng):
        known = set(keys(x))

        def predict(new):
            assert not known & set(keys(new)) and len(known) + len(new) == 100
            seen.extend(keys(new))
            return np.zeros((len(new), 10))

        return predict

    cross_validate(train, draws=2, folds=folds)
    assert sorted(seen) == sorted(keys(practice(0).x_train) + keys(practice(1).x_train))


def test_the_score_is_the_share_of_right_answers():
    right = {0: 0, 1: 0}

    def train(x, y, rng):
        model = KNeighborsClassifier(1).fit(x, y)
        draw = 0 if set(keys(x)) <= set(keys(practice(0).x_train)) else 1
        data = practice(draw)
        label = dict(zip(keys(data.x_train), data.y_train, strict=True))

        def predict(new):
            found = model.predict(new)
            right[draw] += sum(label[key] == one for key, one in zip(keys(new), found, strict=True))
            return np.eye(10)[found]

        return predict

    score = cross_validate(train, draws=2)
    assert score.accuracies.tolist() == pytest.approx([right[0], right[1]])  # of a hundred
    assert score.mean == pytest.approx((right[0] + right[1]) / 2) and score.draws == (0, 1)
    assert score.error == pytest.approx(scipy.stats.sem(score.accuracies)) and score.submissions is None
    again = cross_validate(LADDER["1-NN on pixels"], draws=2)  # ties apart it is the same method
    np.testing.assert_allclose(again.accuracies, score.accuracies, atol=1)


def test_one_draw_has_no_error():
    score = cross_validate(blank, draws=1)
    assert (
        score.mean == 10
        and np.isnan(score.error)
        and re.fullmatch(r"10\.0 % on the practice draws 0; 0\.\d CPU s each", str(score))
    )


def test_a_fold_may_be_done_by_hand():
    data, held_out = practice(0), np.arange(100) % 4 == 0
    model = KNeighborsClassifier(1).fit(data.x_train[~held_out], data.y_train[~held_out])
    expected = 100 * model.score(data.x_train[held_out], data.y_train[held_out])
    rng = np.random.default_rng(0)
    assert held_out_accuracy(nearest, data.x_train, data.y_train, held_out, rng) == pytest.approx(expected)


def bad_labels(x, y, rng):
    return lambda new: np.zeros(len(new), int)


def bad_nan(x, y, rng):
    return lambda new: np.full((len(new), 10), np.nan)


def bad_words(x, y, rng):
    return lambda new: np.full((len(new), 10), "3")


def bad_nothing(x, y, rng):
    pass


def bad_division(x, y, rng):
    return lambda new: 1 / 0


BAD = [
    (bad_labels, ValueError, r"predict must return scores of shape \(\d+, 10\), not \(\d+,\): scores of the ten"),
    (bad_nan, ValueError, "predict must return finite numbers, and some scores are nan or inf"),
    (bad_words, ValueError, "predict must return finite numbers"),
    (bad_nothing, TypeError, r"train must return a function predict\(x\) → scores, not NoneType"),
    (bad_division, ZeroDivisionError, "division by zero"),
]


@pytest.mark.parametrize(("train", "kind", "words"), BAD)
def test_in_practice_an_error_is_raised(train, kind, words):
    with pytest.raises(kind, match=words):
        cross_validate(train)


@pytest.mark.parametrize("function", [cross_validate, submit])
def test_train_must_be_a_function(function, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(TypeError, match=r"train must be a function \(x, y, rng\) → predict, not float"):
        function(0.5)
    assert not list(tmp_path.iterdir()), "not counted"


def test_folds_and_draws_must_be_counts():
    with pytest.raises(ValueError, match="folds must be at least 2, not 1"):
        cross_validate(blank, folds=1)
    with pytest.raises(ValueError, match="folds must be at most 100, the digits of a draw, not 101"):
        cross_validate(blank, folds=101)
    with pytest.raises(ValueError, match="draws must be at least 1, not 0"):
        cross_validate(blank, draws=0)


# -- submissions ----------------------------------------------------------------------------------


def test_a_submission_is_scored_as_by_scikit_learn(counter, capsys):
    score = submit(nearest, counter=counter)
    for draw, found in zip(range(5), score.accuracies, strict=True):
        data = sealed(draw)
        model = KNeighborsClassifier(1).fit(data.x_train, data.y_train)
        assert found == pytest.approx(100 * model.score(data.x_test, data.y_test), abs=0.2)  # ties
    assert score.draws == (0, 1, 2, 3, 4) and score.submissions == 1 and score.optimism == 0 and not score.reason
    said = capsys.readouterr().out
    assert said == f"{score}\nSubmission 1.\n" and f"{score.mean:.1f} ± {score.error:.1f} %" in said


def test_submissions_are_counted_with_their_optimism(counter, capsys):
    for n in (1, 2, 3):
        score = submit(nearest, seeds=[0, 1], counter=counter)
        assert json.loads(counter.read_text()) == {"submissions": n} and score.submissions == n
    assert score.optimism == pytest.approx(0.8463 * score.error, rel=1e-3)  # the largest of three normal numbers
    last = capsys.readouterr().out.splitlines()[-1]
    told = f"Submission 3: if all were worth the same, the best of them would look at most about {score.optimism:.1f} "
    assert last == f"{told}points too good; less, the more their luck is that of the draws, which all share."
    assert [path.name for path in counter.parent.iterdir()] == ["challenge.json"], "no draft is left"


def test_an_instructor_counts_nothing(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    score = submit(blank, seeds=range(100, 103), counter=None)
    assert score.draws == (100, 101, 102) and not list(tmp_path.iterdir())
    shares = [100 * np.mean(sealed(draw).y_test == 3) for draw in (100, 101, 102)]
    np.testing.assert_allclose(score.accuracies, shares)
    assert "Submission" not in capsys.readouterr().out


def test_the_counter_stands_beside_the_notebook(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    submit(blank, seeds=[0])
    assert json.loads((tmp_path / "challenge.json").read_text()) == {"submissions": 1}


@pytest.mark.parametrize(("train", "kind", "words"), BAD)
def test_what_goes_wrong_is_no_score_and_counted(train, kind, words, counter, capsys):
    score = submit(train, counter=counter)
    assert re.search(rf"on draw 0, {kind.__name__}: {words}", score.reason) and str(score).startswith("no score: ")
    assert np.isnan([score.mean, score.error, score.optimism]).all() and score.submissions == 1
    assert json.loads(counter.read_text()) == {"submissions": 1}
    said = capsys.readouterr().out
    assert "no score: on draw 0" in said and said.endswith("Submission 1.\n")
    with pytest.raises(ValueError, match="there is no score: on draw 0"):
        score.ladder()


def test_over_the_budget_is_no_score(counter, monkeypatch):
    monkeypatch.setattr(challenge, "BUDGET", 0.0)
    score = submit(nearest, counter=counter)
    assert re.fullmatch(r"draw 0 took 0\.\d CPU seconds, and the budget is 0", score.reason)
    assert score.seconds > 0 and json.loads(counter.read_text()) == {"submissions": 1}


def test_an_interrupted_submission_is_counted(counter):
    def train(x, y, rng):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        submit(train, counter=counter)
    assert json.loads(counter.read_text()) == {"submissions": 1}


@pytest.mark.parametrize("text", [b"", b"{", b"3", b"[]", b'{"submissions": -1}', b'{"submissions": "many"}', b"\xff"])
def test_a_damaged_counter_is_told_and_begins_anew(text, counter, capsys):
    counter.write_bytes(text)
    assert submit(blank, seeds=[0], counter=counter).submissions == 1
    assert "challenge.json is damaged, or cannot be read: it counts from 1 again." in capsys.readouterr().out
    assert json.loads(counter.read_text()) == {"submissions": 1}


def test_a_counter_that_cannot_be_written_is_told(tmp_path, capsys):
    score = submit(blank, seeds=[0], counter=tmp_path / "no folder" / "challenge.json")
    assert score.mean > 5 and "cannot be written (No such file or directory)" in capsys.readouterr().out


@pytest.mark.parametrize("seeds", [[], [-1], [0.5]])
def test_seeds_must_be_numbers_of_draws(seeds, counter):
    with pytest.raises((ValueError, TypeError), match="seeds must"):
        submit(blank, seeds=seeds, counter=counter)
    assert not counter.exists()


@pytest.mark.parametrize(("k", "expected"), [(1, 0), (2, 0.5641896), (3, 0.8462844), (10, 1.5387527), (32, 2.0697)])
def test_the_best_of_k(k, expected):
    assert best_of(k) == pytest.approx(expected, abs=1e-4)  # tables of order statistics


# -- comparing ------------------------------------------------------------------------------------


def scores(*accuracies, submissions=1):
    return [Score(np.array(values), tuple(range(len(values))), 0.1, submissions) for values in accuracies]


def test_a_gain_is_paired():
    a, b = scores([90.0, 94, 89, 92], [91.0, 96, 90, 91])
    gain, t = b.gain(a), scipy.stats.ttest_rel(b.accuracies, a.accuracies)
    assert gain.mean == pytest.approx(0.75) and gain.mean / gain.error == pytest.approx(t.statistic) and gain.wins == 3


def test_only_the_same_draws_make_pairs():
    a, b = scores([90.0, 94], [91.0, 96, 90])
    with pytest.raises(ValueError, match="only the same draws make pairs, not sealed draws 0, 1 and sealed draws 0, 1"):
        a.gain(b)
    with pytest.raises(ValueError, match="not sealed draws 0, 1 and practice draws 0, 1"):
        a.gain(*scores([91.0, 96], submissions=None))


def test_the_ladder_holds_the_study_and_yours_in_its_place():
    study = load("challenge")
    yours = study.values["accuracy"][study.names.index("augmentation"), :5] + 0.01
    table = Score(yours, (0, 1, 2, 3, 4), 0.1, 1).ladder()
    names = [row[0] for row in table.rows]
    means = dict(zip(study.names, study.values["accuracy"][:, :5].mean(axis=1), strict=True)) | {"YOURS": yours.mean()}
    assert names == sorted(means, key=means.get, reverse=True) and len(names) == len(LADDER) + 1
    assert names.index("YOURS") == names.index("augmentation") - 1
    row = table.rows[names.index("linear")]
    d = yours - study.values["accuracy"][study.names.index("linear"), :5]
    assert row[2] == f"{d.mean():+.1f} ± {scipy.stats.sem(d):.1f}" and row[3] == f"{(d > 0).sum()}/5"
    assert "YOURS" in str(table) and "sealed draws 0, 1, 2, 3, 4" in str(table)


def test_the_ladder_is_for_its_own_draws():
    with pytest.raises(ValueError, match="the ladder is for sealed draws"):
        scores([90.0, 91], submissions=None)[0].ladder()
    with pytest.raises(ValueError, match=r"the ladder was measured on the sealed draws 0 … 9, not on 100: score a"):
        Score(np.array([90.0, 91]), (3, 100), 0.1, 0).ladder()


# -- the study ------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["1-NN on pixels", "linear", "MLP 128"])
def test_a_rung_comes_out_again(name):
    stored = load("challenge")
    found = CHALLENGE.measure(name, 0)["accuracy"]
    assert found == pytest.approx(stored.values["accuracy"][stored.names.index(name), 0], abs=2)  # seeds: sd 0.7


DEAR = [name for name in LADDER if name not in ("1-NN on pixels", "linear", "MLP 128")]


@pytest.mark.slow
@pytest.mark.parametrize("name", DEAR if WHOLE else DEAR[::3])
def test_a_dear_rung_comes_out_again(name):
    stored = load("challenge")
    found = CHALLENGE.measure(name, 1)
    assert found["accuracy"] == pytest.approx(stored.values["accuracy"][stored.names.index(name), 1], abs=2.5)
    assert found["CPU seconds"] < challenge.BUDGET


@pytest.mark.parametrize("name", list(LADDER))
def test_every_rung_is_stored_and_within_the_budget(name):
    stored = load("challenge")
    assert stored.names == list(LADDER) and stored.seeds == 10
    assert stored.values["CPU seconds"][stored.names.index(name)].max() < challenge.BUDGET / 2
