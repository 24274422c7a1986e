"""The answers of chapter 10's questions, against the library and the runs that they show."""

from itertools import product

import numpy as np
import pytest

from course_lib.chapters.ch10_noise import explore, questions
from course_lib.nn import InvertedDropout, softmax_cross_entropy, survival
from course_lib.studies import load

pytest.importorskip("sklearn")


def shown(question):
    name, setting = question.shows
    return getattr(explore, name)(**setting).data


def test_half_of_the_units_gone():
    data = shown(questions.half_gone)
    assert round(data["whole"]) == 94, "as the question says"
    assert 55 < data["accuracy"] < 78 and questions.half_gone.right == "third"


def test_the_scaled_pass_is_the_mean():
    data = shown(questions.mean_of_masks)
    assert data["exact"] == pytest.approx(data["shortcut"], rel=1e-12) and questions.mean_of_masks.right == "exact"
    assert data["unscaled"] > data["exact"] + 0.3


def test_one_half_ends_highest():
    ends = {p: explore.strength(labels="wrong", keep=p).data["end"] for p in (0.9, 0.5, 0.2)}
    assert max(ends, key=ends.get) == 0.5 and questions.wrong_labels.right == "half"
    data = shown(questions.wrong_labels)
    assert data["end"] == ends[0.5] and data["end"] > data["plain"] + 6


def test_six_single_columns():
    data = shown(questions.pooled)
    assert (data["ones"], data["side"]) == (6, 15) and questions.pooled.right == "six"
    for draw in range(1, 5):
        assert explore.pooling(ratio=1.6, draw=draw).data["ones"] == 6


def test_batch_norm_gains_nothing():
    gain = load("wrong-labels").gain("batch norm")
    assert abs(gain.mean) < 1 and questions.by_the_way.right == "none"


def test_the_doubled_sum_keeps_its_mean_alone():
    w = np.array([1.0, -2.0, 0.5])
    sums = np.array([2 * w @ np.array(z) for z in product([0, 1], repeat=3)])
    assert sums.mean() == pytest.approx(w.sum()) and sums.std() > 1 and questions.doubled.right == "mean"


def test_how_many():
    assert questions.how_many.right == len(list(product([0, 1], repeat=10)))
    assert sorted(questions.how_many.confusions) == [10, 2**5, 2**6, 100]


def test_torchs_p():
    torch = pytest.importorskip("torch")
    torch.manual_seed(0)
    y = torch.nn.Dropout(p=questions.torch_p.right)(torch.ones(20_000)).numpy()
    assert (y > 0).mean() == pytest.approx(0.8, abs=0.02) and y.max() == pytest.approx(1.25)
    assert sorted(questions.torch_p.confusions) == [0.8, 1.25]


def test_the_factor_of_the_inverted_form():
    y = InvertedDropout(0.2, rng=np.random.default_rng(0)).forward(np.ones((1, 100)), train=True)
    assert y.max() == pytest.approx(questions.factor.right)
    assert sorted(questions.factor.confusions) == pytest.approx([0.2, 0.8, 1, 1 / 0.8])


def test_the_gradient_of_a_dropped_unit():
    layer = InvertedDropout(0.5, rng=np.random.default_rng(0))
    y = layer.forward(np.ones((1, 50)), train=True)
    dx = layer.backward(np.full((1, 50), 3.0))
    assert set(dx[y == 0]) == {questions.dropped_gradient.right} and set(dx[y > 0]) == {6.0}
    assert sorted(questions.dropped_gradient.confusions) == [1.5, 3, 6]


def mean_and_shortcut(after, masks=1):
    """Of one output behind a weight matrix, three units each with p = 1/2."""
    h, W, mean = np.array([1.0, -2.0, 3.0]), np.array([[1.0, -1.0], [0.5, 2.0], [-0.7, 1.0]]), 0.0
    for z in product([0, 1], repeat=3):
        for second in product([0, 1], repeat=2) if masks == 2 else [(1, 1)]:
            each = 1 / 8 / (4 if masks == 2 else 1)
            mean = mean + each * after(np.array(second) * (np.array(z) * h @ W))
    return mean, after((0.5 if masks == 2 else 1) * (0.5 * h @ W))


def test_the_shortcut_is_exact_in_one_of_the_four():
    softmax = lambda u: np.exp(u) / np.exp(u).sum()  # noqa: E731
    relu = lambda u: np.maximum(u, 0)  # noqa: E731
    exact = {
        "linear": mean_and_shortcut(lambda u: u),
        "relu": mean_and_shortcut(relu),
        "softmax": mean_and_shortcut(softmax),
        "two": mean_and_shortcut(relu, masks=2),
    }
    assert [name for name, (a, b) in exact.items() if np.allclose(a, b)] == [questions.exact_where.right] == ["linear"]


def test_variance():
    x, w = np.array([1.0, 2.0]), np.array([3.0, -1.0])
    sums = [x @ (np.array(z) * w) for z in product([0, 1], repeat=2)]
    assert questions.variance.right == pytest.approx(np.var(sums))
    assert sorted(questions.variance.confusions) == pytest.approx(
        [0.25 * (x @ w) ** 2, np.std(sums), 0.5 * x**2 @ w**2, x**2 @ w**2], abs=1e-3
    )


def test_expected_blocks():
    chances = survival(3, 0.4)
    assert questions.expected_blocks.right == pytest.approx(chances.sum())
    assert sorted(questions.expected_blocks.confusions) == pytest.approx([3 * 0.4, 3 * 0.7, 3])


def test_smoothed():
    _, gradient = softmax_cross_entropy(np.zeros((1, 10)), np.array([0]), smoothing=0.2)
    assert questions.smoothed.right == pytest.approx(0.1 - gradient[0, 0])
    assert sorted(questions.smoothed.confusions) == pytest.approx([0.1 - gradient[0, 1], 0.2, 0.8, 0.98])
