"""Softmax cross-entropy against torch, and its errors."""

import numpy as np
import pytest
import torch

from course_lib.nn import softmax_cross_entropy


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e3])
@pytest.mark.parametrize("shape", [(1, 1), (1, 5), (7, 3)])
def test_against_torch(scale, shape):
    rng = np.random.default_rng(0)
    scores, labels = scale * rng.normal(size=shape), rng.integers(0, shape[1], size=shape[0])
    loss, dscores = softmax_cross_entropy(scores, labels)
    t = torch.tensor(scores, requires_grad=True)
    theirs = torch.nn.functional.cross_entropy(t, torch.tensor(labels))
    theirs.backward()
    assert loss == pytest.approx(theirs.item(), rel=1e-12, abs=1e-15)
    np.testing.assert_allclose(dscores, t.grad.numpy(), rtol=1e-10, atol=1e-15)


def test_chance_level_and_extremes():
    assert softmax_cross_entropy(np.zeros((4, 10)), np.arange(4))[0] == pytest.approx(np.log(10))
    loss, dscores = softmax_cross_entropy(np.array([[1e4, 0.0], [0.0, 1e4]], np.float32), np.array([0, 0]))
    assert loss == pytest.approx(5e3) and np.isfinite(dscores).all()


def test_arguments_are_left_alone():
    scores, labels = np.ones((2, 3)), np.array([0, 2])
    softmax_cross_entropy(scores, labels)
    assert np.array_equal(scores, np.ones((2, 3))) and labels.tolist() == [0, 2]


@pytest.mark.parametrize(
    ("scores", "labels", "error", "message"),
    [
        (np.zeros((2, 3), int), [0, 1], TypeError, "scores must hold floats"),
        (np.zeros((2, 3)), [0.0, 1.0], TypeError, "labels must hold integers"),
        (np.zeros(3), [0], ValueError, "scores must have shape"),
        (np.zeros((0, 3)), np.zeros(0, int), ValueError, "scores must have shape"),
        (np.zeros((2, 3)), [0], ValueError, r"labels must have shape \(2,\)"),
        (np.zeros((2, 3)), [[0], [1]], ValueError, r"labels must have shape \(2,\)"),
        (np.zeros((2, 3)), [0, 3], ValueError, "labels must lie in 0 … 2, not 0 … 3"),
        (np.zeros((2, 3)), [-1, 0], ValueError, "labels must lie in 0 … 2, not -1 … 0"),
    ],
)
def test_bad_arguments(scores, labels, error, message):
    with pytest.raises(error, match=message):
        softmax_cross_entropy(scores, labels)
