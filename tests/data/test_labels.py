"""Splits, subsets and wrong labels: nothing lost, classes in proportion, noise as told."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from sklearn.model_selection import train_test_split

from course_lib.data.labels import Data, few, split, wrong_labels


def rng(seed=0):
    return np.random.default_rng(seed)


@settings(max_examples=60, deadline=None)
@given(
    counts=st.lists(st.integers(1, 40), min_size=1, max_size=6),
    val=st.integers(0, 30),
    test=st.integers(0, 30),
    seed=st.integers(0, 99),
)
def test_split_keeps_every_example_once_and_classes_in_proportion(counts, val, test, seed):
    y = rng(seed).permutation(np.repeat(np.arange(len(counts)), counts))
    n = len(y)
    if val + test >= n:
        with pytest.raises(ValueError, match=rf"below {n}, the number of examples, not {val + test}"):
            split(np.arange(n), y, rng(seed), val=val, test=test)
        return
    data = split(np.arange(n), y, rng(seed), val=val, test=test)
    assert [len(part) for part in data] == [n - val - test] * 2 + [val] * 2 + [test] * 2
    assert sorted(np.concatenate([data.x_train, data.x_val, data.x_test])) == list(range(n))
    for x, labels in (data[:2], data[2:4], data[4:]):
        assert np.array_equal(y[x], labels)
        assert np.all(abs(np.bincount(labels, minlength=len(counts)) - len(x) * np.array(counts) / n) < 2)


def test_split_has_the_proportions_of_scikit_learn():
    y = np.repeat(np.arange(4), [500, 300, 150, 50])
    data = split(np.zeros((1000, 3)), y, rng(), val=100, test=200)
    rest, test = train_test_split(y, test_size=200, stratify=y, random_state=0)
    _, val = train_test_split(rest, test_size=100, stratify=rest, random_state=0)
    assert np.array_equal(np.bincount(data.y_test), np.bincount(test))
    assert np.array_equal(np.bincount(data.y_val), np.bincount(val))
    whole = split(np.arange(1000), y, rng())
    assert len(whole.x_train) == 1000 and len(whole.x_val) == len(whole.x_test) == 0
    assert data.x_train.shape == (700, 3)


def test_parts_are_shuffled_and_seeded():
    y = np.repeat(np.arange(3), 100)
    one, same, other = (split(np.arange(300), y, rng(s), val=60, test=60) for s in (0, 0, 1))
    assert isinstance(one, Data) and all(np.array_equal(a, b) for a, b in zip(one, same, strict=True))
    assert not np.array_equal(one.x_val, other.x_val)
    assert all(stats.spearmanr(np.arange(len(part)), part).pvalue > 1e-3 for part in (one.x_train, one.x_val))
    small, labels = few(np.arange(300), y, rng(), per_class=60)
    assert stats.spearmanr(np.arange(180), small).pvalue > 1e-3 and np.array_equal(small // 100, labels)


def test_few_gives_the_same_number_of_each_class_none_twice():
    y = rng(3).choice([0, 2, 5], 500, p=[0.8, 0.15, 0.05])
    x, labels = few(np.arange(500), y, rng(), per_class=7)
    assert len(set(x)) == 21 and np.array_equal(y[x], labels)
    assert np.bincount(labels).tolist() == [7, 0, 7, 0, 0, 7]
    again, _ = few(np.arange(500), y, rng(), per_class=7)
    assert np.array_equal(x, again)
    with pytest.raises(ValueError, match="per_class is 400, but class 2 has only"):
        few(np.arange(500), y, rng(), per_class=400)


@pytest.mark.parametrize("share", [0, 0.3, 0.301, 1])
def test_wrong_labels_are_as_many_as_asked_and_truly_wrong(share):
    y = np.arange(1000) % 7
    kept = y.copy()
    noisy, wrong = wrong_labels(y, share, rng(), classes=7)
    assert np.array_equal(y, kept) and noisy.dtype == y.dtype
    assert wrong.sum() == round(share * 1000) and np.array_equal(noisy != y, wrong)
    assert noisy.min() >= 0 and noisy.max() <= 6
    assert np.array_equal(noisy, wrong_labels(y, share, rng(), classes=7)[0])


def test_wrong_labels_are_uniform_among_the_others():
    y = np.full(60_000, 3, np.uint8)
    noisy, wrong = wrong_labels(y, 0.5, rng(), classes=6)
    counts = np.bincount(noisy[wrong], minlength=6)
    assert noisy.dtype == np.uint8 and counts[3] == 0
    assert stats.chisquare(np.delete(counts, 3)).pvalue > 1e-3
    # And no place is more likely than another to be wrong.
    assert stats.chisquare(wrong.reshape(20, -1).sum(axis=1)).pvalue > 1e-3


def test_small_types_hold_all_their_classes():
    y = np.full(20_000, 3, np.uint8)
    noisy, wrong = wrong_labels(y, 1, rng(), classes=256)
    assert noisy.dtype == np.uint8 and wrong.all() and set(noisy) == set(range(256)) - {3}


def test_few_may_take_all():
    y = np.repeat(np.arange(3), 5)
    x, _ = few(np.arange(15), y, rng(), per_class=5)
    assert sorted(x) == list(range(15))


Y = np.array([0, 1, 2, 1])


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: wrong_labels(Y, 1.2, rng()), ValueError, "share must be between 0 and 1, not 1.2"),
        (lambda: wrong_labels(Y, np.nan, rng()), ValueError, "share must be finite"),
        (lambda: wrong_labels(Y, -0.1, rng()), ValueError, "share must be between 0 and 1, not -0.1"),
        (lambda: wrong_labels(Y, 0.5 + 0j, rng()), TypeError, "share must be a number"),
        (lambda: wrong_labels(Y.astype(np.uint8), 0.5, rng(), classes=257), ValueError, "hold class 256, not uint8"),
        (lambda: wrong_labels(Y, 0.5, 0), TypeError, "rng must be a generator"),
        (lambda: split(Y, Y, np.random), TypeError, "rng must be a generator"),
        (lambda: few(Y, Y, None, per_class=1), TypeError, "rng must be a generator"),
        (lambda: wrong_labels(Y, "0.2", rng()), TypeError, "share must be a number"),
        (lambda: wrong_labels(Y, 0.5, rng(), classes=2), ValueError, "y must be below 2, .* but holds 2"),
        (lambda: wrong_labels(Y * 0, 0.5, rng()), ValueError, "classes must be at least 2"),
        (lambda: wrong_labels(Y * 1.0, 0.5, rng()), TypeError, "y must be a NumPy array of integers, not float64"),
        (lambda: wrong_labels(-Y, 0.5, rng()), ValueError, "y must hold classes from 0, not -2"),
        (lambda: wrong_labels(Y[:0], 0.5, rng()), ValueError, r"with N ≥ 1, not \(0,\)"),
        (lambda: wrong_labels(Y[:, None], 0.5, rng()), ValueError, r"the shape \(N,\)"),
        (lambda: split(Y[:3], Y, rng()), ValueError, r"x must have 4 examples, as y has, not shape \(3,\)"),
        (lambda: split([1, 2, 3, 4], Y, rng()), TypeError, "x must be a NumPy array, not list"),
        (lambda: split(Y, Y, rng(), val=-1), ValueError, "val must be at least 0"),
        (lambda: split(Y, Y, rng(), test=0.5), TypeError, "test must be an integer, not 0.5"),
        (lambda: few(Y, Y, rng(), per_class=0), ValueError, "per_class must be at least 1"),
        (lambda: few(Y, list(Y), rng(), per_class=1), TypeError, "y must be a NumPy array of integers"),
    ],
)
def test_bad_input(call, error, words):
    with pytest.raises(error, match=words):
        call()
