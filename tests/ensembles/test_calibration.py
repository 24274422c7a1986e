"""NLL and Brier against scikit-learn, ECE against loops and np.histogram, and the reliability diagram."""

import matplotlib.pyplot as plt
import numpy as np
import pytest
from sklearn.metrics import brier_score_loss, log_loss

from course_lib.ensembles import brier, ece, nll, reliability
from course_lib.nn import softmax


def draw(N=300, C=5, seed=0, sharp=2.0):
    rng = np.random.default_rng(seed)
    p = softmax(sharp * rng.normal(size=(N, C)))
    return p, np.array([rng.choice(C, p=row) for row in p])


def ece_by_loops(p, y, bins):
    total = 0.0
    for b in range(bins):
        rows = [n for n in range(len(y)) if b / bins < max(p[n]) <= (b + 1) / bins]
        if rows:
            confidence = sum(max(p[n]) for n in rows) / len(rows)
            accuracy = sum(np.argmax(p[n]) == y[n] for n in rows) / len(rows)
            total += len(rows) / len(y) * abs(accuracy - confidence)
    return total


@pytest.mark.parametrize("seed", range(5))
def test_nll_is_scikit_learns(seed):
    p, y = draw(seed=seed)
    assert nll(p, y) == pytest.approx(log_loss(y, p, labels=range(5)), rel=1e-12)


@pytest.mark.parametrize("seed", range(5))
def test_brier_by_hand_and_scikit_learns_for_two_classes(seed):
    p, y = draw(seed=seed)
    by_hand = np.mean([sum((p[n, k] - (k == y[n])) ** 2 for k in range(5)) for n in range(300)])
    assert brier(p, y) == pytest.approx(by_hand, rel=1e-12)
    p, y = draw(C=2, seed=seed)
    assert brier(p, y) == pytest.approx(2 * brier_score_loss(y, p[:, 1]), rel=1e-12)


@pytest.mark.parametrize("bins", [1, 2, 10, 15, 37, 1000])
@pytest.mark.parametrize("sharp", [0.3, 2.0, 8.0])
def test_ece_is_that_of_loops_and_of_a_histogram(bins, sharp):
    p, y = draw(sharp=sharp)
    assert ece(p, y, bins) == pytest.approx(ece_by_loops(p, y, bins), rel=1e-10)
    confidence, right = p.max(1), p.argmax(1) == y
    edges = np.linspace(0, 1, bins + 1)
    sums = [np.histogram(confidence, edges, weights=a)[0] for a in (confidence, 1.0 * right)]
    assert ece(p, y, bins) == pytest.approx(np.abs(sums[0] - sums[1]).sum() / 300, rel=1e-10)


def test_a_bin_has_its_upper_edge():
    """Confidence 0.5 in two bins belongs to the lower one, 1 to the upper one."""
    found = reliability(np.array([[0.5, 0.5], [1.0, 0.0], [0.25, 0.75]]), np.array([0, 0, 0]), bins=2)
    assert found.count.tolist() == [1, 2] and found.accuracy.tolist() == [1.0, 0.5]
    assert found.confidence.tolist() == [0.5, 0.875]


def test_a_calibrated_model_has_none_but_chance():
    p, y = draw(N=30_000)
    assert ece(p, y) < 0.015
    sharper = p**3 / np.sum(p**3, axis=1, keepdims=True)
    assert ece(sharper, y) > 0.1 and nll(sharper, y) > nll(p, y) and brier(sharper, y) > brier(p, y)


def test_the_parts_of_a_diagram():
    p, y = draw()
    found = reliability(p, y, 10)
    assert found.count.sum() == 300 and found.edges.shape == (11,)
    assert found.count[:2].tolist() == [0, 0] and np.isnan(found.accuracy[:2]).all()  # five classes: at least 0.2
    full = found.count > 0
    assert np.average(found.accuracy[full], weights=found.count[full]) == pytest.approx(np.mean(p.argmax(1) == y))
    assert found.ece == ece(p, y, 10)
    assert f"{np.mean(p.argmax(1) == y):.1%}".replace("%", " %") in repr(found)


def test_plot():
    p, y = draw()
    found = reliability(p, y, 10)
    ax = found.plot()
    bars = {round(bar.get_x(), 9): bar.get_height() for bar in ax.patches}
    assert bars == {round(e, 9): a for e, a in zip(found.edges, found.accuracy, strict=False) if not np.isnan(a)}
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("confidence", "accuracy")
    assert f"ECE {found.ece:.3f}" in ax.get_legend().get_texts()[0].get_text()
    other = plt.figure().add_subplot()
    assert found.plot(other) is other
    plt.close("all")


def test_a_class_that_was_ruled_out():
    p = np.array([[1.0, 0.0], [0.5, 0.5]])
    assert nll(p, np.array([1, 0])) == np.inf and brier(p, np.array([1, 0])) == 1.25
    assert nll(np.array([[1.0, 0.0]]), np.array([0])) == 0


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_few_digits(dtype):
    """They count in float64; a confidence just above 1 is 1."""
    p, y = draw()
    for score in (nll, brier, ece):
        few = score(p.astype(dtype), y)
        assert type(few) is float and few == pytest.approx(score(p, y), rel=0.02)
    assert reliability(np.array([[1.0005, 0.0]]), np.array([0])).confidence[-1] == 1.0


P, Y = draw(N=4, C=3)
SCORES = pytest.mark.parametrize("score", [nll, brier, ece, reliability])
BAD = {
    "integers": (np.ones((4, 3), int), Y, TypeError, "p must hold probabilities, floats, not int64"),
    "an ensemble": (P[None], Y, ValueError, r"p must have shape \(rows, classes\), not \(1, 4, 3\)"),
    "no rows": (P[:0], Y[:0], ValueError, r"p must have shape \(rows, classes\), not \(0, 3\)"),
    "nan": (np.where(np.eye(4, 3) > 0, np.nan, P), Y, ValueError, "p holds nan at row 0, class 0"),
    "scores": (np.ones((4, 3)), Y, ValueError, "p has .* no probabilities"),
    "short y": (P, Y[:3], ValueError, r"y must have shape \(4,\), one label for each row, not \(3,\)"),
    "one-hot y": (P, np.eye(3, dtype=int)[Y], ValueError, r"y must have shape \(4,\)"),
    "float y": (P, Y.astype(float), TypeError, "y must hold the right classes as integers, not float64"),
    "y = 3": (P, np.array([0, 1, 2, 3]), ValueError, "y must lie in 0 … 2, not 0 … 3"),
    "y = -1": (P, np.array([0, 1, 2, -1]), ValueError, "y must lie in 0 … 2, not -1 … 2"),
}


@SCORES
@pytest.mark.parametrize(("p", "y", "error", "message"), BAD.values(), ids=BAD)
def test_bad_input(score, p, y, error, message):
    with pytest.raises(error, match=message):
        score(p, y)


@pytest.mark.parametrize(("bins", "error"), [(0, ValueError), (2.5, TypeError), (True, TypeError)])
def test_bad_bins(bins, error):
    for score in (ece, reliability):
        with pytest.raises(error, match="bins must be"):
            score(P, Y, bins)
