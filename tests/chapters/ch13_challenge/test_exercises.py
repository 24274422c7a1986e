"""The solutions of chapter 13 against SciPy, scikit-learn and draws."""

import numpy as np
import pytest
import scipy.stats
from sklearn.model_selection import KFold

from course_lib.chapters.ch13_challenge import ex

RNG = np.random.default_rng(0)


@pytest.mark.parametrize(("right", "n"), [(45, 50), (800, 1000), (3, 4)])
def test_the_error_of_a_share_is_the_binomials(right, n):
    share, error = ex.share_error.reference(right, n)
    assert share == right / n and error == pytest.approx(scipy.stats.binom.std(n, right / n) / n)


@pytest.mark.parametrize(("n", "k"), [(20, 4), (20, 5), (12, 2)])
def test_folds_are_scikit_learns_in_the_shuffled_order(n, k):
    order = RNG.permutation(n)
    for i, (train, val) in enumerate(KFold(k).split(order)):
        mine = ex.fold.reference(order, k, i)
        assert sorted(np.flatnonzero(mine[0])) == sorted(order[train])
        assert sorted(np.flatnonzero(mine[1])) == sorted(order[val])


def test_a_paired_gain_is_that_of_the_t_test():
    a = RNG.normal(90, 2, 8)
    b = a + RNG.normal(1, 0.5, 8)
    gain, error = ex.paired_gain.reference(a, b)
    assert gain == pytest.approx(np.mean(b) - np.mean(a)) and error == pytest.approx(scipy.stats.sem(b - a))
    assert gain / error == pytest.approx(scipy.stats.ttest_rel(b, a).statistic)
