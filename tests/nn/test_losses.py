"""Losses against torch and finite differences, and their errors."""

import numpy as np
import pytest
import torch
from torch.nn import functional

from course_lib.nn.losses import hinge, softmax, softmax_cross_entropy, squared_error

SHAPES = [(1, 1), (1, 5), (7, 3)]


def draw(shape, scale=1.0, seed=0):
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, shape[1], size=shape[0])
    return scale * rng.normal(size=shape), labels, rng.dirichlet(np.ones(shape[1]), size=shape[0])


def same_as_torch(ours, theirs, scores):
    """Value and gradient of a loss, and torch's of its own."""
    t = torch.tensor(scores, requires_grad=True)
    value = theirs(t)
    value.backward()
    loss, dscores = ours
    assert isinstance(loss, float) and loss == pytest.approx(value.item(), rel=1e-12, abs=1e-15)
    np.testing.assert_allclose(dscores, t.grad.numpy(), rtol=1e-10, atol=1e-15)


def same_as_differences(loss, scores, h=1e-6):
    dscores = loss(scores)[1]
    for i in np.ndindex(scores.shape):
        e = np.zeros_like(scores)
        e[i] = h
        assert dscores[i] == pytest.approx((loss(scores + e)[0] - loss(scores - e)[0]) / (2 * h), abs=1e-7)


# -- cross-entropy ------------------------------------------------------------------------------


@pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.9])
@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e3])
@pytest.mark.parametrize("shape", SHAPES)
def test_cross_entropy_of_torch(scale, shape, smoothing):
    scores, labels, probabilities = draw(shape, scale)
    for target in (labels, probabilities):
        same_as_torch(
            softmax_cross_entropy(scores, target, smoothing),
            lambda t, y=target: functional.cross_entropy(t, torch.tensor(y), label_smoothing=smoothing),
            scores,
        )


@pytest.mark.parametrize("smoothing", [0.0, 0.3])
@pytest.mark.parametrize("shape", SHAPES)
def test_cross_entropy_by_finite_differences(shape, smoothing):
    scores, labels, probabilities = draw(shape)
    for target in (labels, probabilities):
        same_as_differences(lambda s, y=target: softmax_cross_entropy(s, y, smoothing), scores)


def test_onehot_probabilities_are_labels():
    scores, labels, _ = draw((6, 4))
    for smoothing in (0.0, 0.2):
        loss, dscores = softmax_cross_entropy(scores, labels, smoothing)
        other, dother = softmax_cross_entropy(scores, np.eye(4)[labels], smoothing)
        assert loss == pytest.approx(other, rel=1e-14)
        np.testing.assert_allclose(dscores, dother, atol=1e-16)


def test_smoothing_is_a_mixture_of_targets():
    scores, labels, _ = draw((5, 3))
    smooth = 0.7 * np.eye(3)[labels] + 0.1
    assert softmax_cross_entropy(scores, labels, 0.3)[0] == pytest.approx(softmax_cross_entropy(scores, smooth)[0])
    # the best scores are no longer infinitely far apart: p = t there
    best = np.log(smooth)
    np.testing.assert_allclose(softmax_cross_entropy(best, labels, 0.3)[1], 0, atol=1e-16)


def test_chance_level_and_extremes():
    assert softmax_cross_entropy(np.zeros((4, 10)), np.arange(4))[0] == pytest.approx(np.log(10))
    loss, dscores = softmax_cross_entropy(np.array([[1e4, 0.0], [0.0, 1e4]], np.float32), np.array([0, 0]))
    assert loss == pytest.approx(5e3) and np.isfinite(dscores).all()
    scores = np.array([[0.0, 0.0, -np.inf]])  # a class that is ruled out
    for target in (np.array([0]), np.array([[1.0, 0.0, 0.0]])):
        loss, dscores = softmax_cross_entropy(scores, target)
        assert loss == pytest.approx(np.log(2)) and dscores.tolist() == [[-0.5, 0.5, 0.0]]
    assert softmax_cross_entropy(scores, np.array([2]))[0] == np.inf
    assert softmax_cross_entropy(scores, np.array([0]), smoothing=0.1)[0] == np.inf
    assert hinge(scores, np.array([0])) == (1.0, pytest.approx(np.array([[-1.0, 1.0, 0.0]])))


@pytest.mark.parametrize("where", [0, 1])
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_broken_scores_give_a_broken_loss_and_no_warning(bad, where):
    scores = np.array([[0.0, 0.0], [1.0, 2.0]])
    scores[0, where] = bad
    labels = np.array([0, 1])
    for target in (labels, np.eye(2), np.full((2, 2), 0.5)):
        assert np.isnan(softmax_cross_entropy(scores, target)[0])
    assert not np.isfinite(hinge(scores, labels)[0])
    assert not np.isfinite(squared_error(scores, np.zeros((2, 2)))[0])
    assert np.isnan(softmax(scores)[0]).all() and softmax(scores)[1].sum() == pytest.approx(1)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_the_largest_scores_give_no_warning(dtype):
    """Their differences are too large for a number: then the loss is infinite, and the gradient is right."""
    high = np.finfo(dtype).max
    scores, labels = np.tile(np.array([high, -high], dtype), (3, 1)), np.array([1, 1, 1])
    assert softmax(scores).tolist() == [[1.0, 0.0]] * 3
    for loss in (softmax_cross_entropy, hinge):
        value, dscores = loss(scores, labels)
        assert value == np.inf and dscores.dtype == dtype
        np.testing.assert_allclose(dscores, np.tile([1 / 3, -1 / 3], (3, 1)), rtol=1e-3)
        assert loss(scores, 1 - labels)[0] == 0
    assert squared_error(scores, -scores)[0] == np.inf


def test_softmax():
    scores, _, _ = draw((7, 3), 50.0)
    np.testing.assert_allclose(softmax(scores), torch.softmax(torch.tensor(scores), -1).numpy(), rtol=1e-12)
    cube = np.random.default_rng(0).normal(size=(2, 5, 3))
    np.testing.assert_allclose(softmax(cube)[1], softmax(cube[1]))
    assert softmax(scores.astype(np.float32)).dtype == np.float32
    for wrong, error in (
        (np.zeros((2, 0)), ValueError),
        (np.zeros((2, 3), int), TypeError),
        (np.float64(3), ValueError),
    ):
        with pytest.raises(error, match="scores must"):
            softmax(wrong)


# -- hinge --------------------------------------------------------------------------------------


@pytest.mark.parametrize("margin", [0.0, 1.0, 2.5])
@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e3])
@pytest.mark.parametrize("shape", SHAPES)
def test_hinge_of_torch(scale, shape, margin):
    scores, labels, _ = draw(shape, scale)
    classes = shape[1]  # torch divides by their number, too
    same_as_torch(
        hinge(scores, labels, margin),
        lambda t: functional.multi_margin_loss(t, torch.tensor(labels), margin=margin) * classes,
        scores,
    )


@pytest.mark.parametrize("margin", [0.0, 1.0, 2.5])
@pytest.mark.parametrize("shape", SHAPES)
def test_hinge_by_finite_differences(shape, margin):
    scores, labels, _ = draw(shape)
    same_as_differences(lambda s: hinge(s, labels, margin), scores)


def test_hinge_says_nothing_beyond_the_margin():
    loss, dscores = hinge(np.array([[5.0, 3.9, 4.0]]), np.array([0]))
    assert loss == 0 and not dscores.any()
    assert hinge(np.zeros((2, 10)), np.array([3, 4]))[0] == 9  # what a fresh network should show


# -- squared error ------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(1,), (7,), (1, 1), (5, 3), (2, 3, 4)])
def test_squared_error_of_torch(shape):
    rng = np.random.default_rng(0)
    y, target = rng.normal(size=shape), rng.normal(size=shape)
    same_as_torch(squared_error(y, target), lambda t: functional.mse_loss(t, torch.tensor(target)), y)
    same_as_differences(lambda y: squared_error(y, target), y)


def test_squared_error_takes_whole_numbers_as_targets():
    assert squared_error(np.array([0.0, 1.0]), np.array([1, 200], np.uint8))[0] == pytest.approx((1 + 199**2) / 2)


# -- all ----------------------------------------------------------------------------------------

LOSSES = [softmax_cross_entropy, hinge, squared_error]


@pytest.mark.parametrize("loss", LOSSES)
def test_arguments_are_left_alone_and_the_dtype_is_kept(loss):
    for dtype in (np.float32, np.float64):
        scores = np.ones((2, 3), dtype)
        target = np.zeros((2, 3)) if loss is squared_error else np.array([0, 2])
        kept = target.copy()
        value, dscores = loss(scores, target)
        assert isinstance(value, float) and dscores.dtype == dtype and dscores.shape == scores.shape
        assert np.array_equal(scores, np.ones((2, 3))) and np.array_equal(target, kept)
    probabilities = np.full((2, 3), 1 / 3)
    value, dscores = softmax_cross_entropy(np.ones((2, 3), np.float32), probabilities, 0.1)
    assert dscores.dtype == np.float32 and np.array_equal(probabilities, np.full((2, 3), 1 / 3))


@pytest.mark.parametrize("loss", LOSSES)
def test_the_batch_does_not_set_the_size(loss):
    scores, labels, _ = draw((6, 4))
    target = labels if loss is not squared_error else np.eye(4)[labels]
    once, twice = loss(scores, target), loss(np.vstack([scores, scores]), np.concatenate([target, target]))
    assert once[0] == pytest.approx(twice[0])
    np.testing.assert_allclose(once[1], 2 * twice[1][:6])


@pytest.mark.parametrize("loss", [softmax_cross_entropy, hinge])
@pytest.mark.parametrize(
    ("scores", "labels", "error", "message"),
    [
        (np.zeros((2, 3), int), [0, 1], TypeError, "scores must hold floats, not int64"),
        (np.zeros((2, 3)), [0.0, 1.0], TypeError, "labels must hold integers, not float64"),
        (np.zeros((2, 3)), [True, False], TypeError, "labels must hold integers, not bool"),
        (np.zeros(3), [0], ValueError, r"scores must have shape \(N, C\) .* not \(3,\)"),
        (np.zeros((0, 3)), np.zeros(0, int), ValueError, r"scores must have shape .* not \(0, 3\)"),
        (np.zeros((2, 0)), [0, 0], ValueError, r"scores must have shape .* not \(2, 0\)"),
        (np.zeros((2, 3)), [0], ValueError, r"labels must have shape \(2,\) to fit scores \(2, 3\), not \(1,\)"),
        (np.zeros((2, 3)), [[0], [1]], ValueError, r"labels must have shape \(2,\)"),
        (np.zeros((2, 3)), [0, 3], ValueError, "labels must lie in 0 … 2, not 0 … 3"),
        (np.zeros((2, 3)), [-1, 0], ValueError, "labels must lie in 0 … 2, not -1 … 0"),
    ],
)
def test_bad_arguments(loss, scores, labels, error, message):
    with pytest.raises(error, match=message):
        loss(scores, labels)


@pytest.mark.parametrize(
    ("labels", "message"),
    [
        (np.full((2, 4), 0.25), r"the shape of scores, \(2, 3\), not \(2, 4\)"),
        (np.array([[1.0, 0.0, 0.0], [0.5, 0.4, 0.0]]), r"sum to 1 in each row, not \[0.5 0.4 0. \] \(row 1\)"),
        (np.array([[1.5, -0.5, 0.0], [0.5, 0.5, 0.0]]), r"must be ≥ 0 .* \(row 0\)"),
        (np.array([[1.0, 0.0, 0.0], [np.nan, 0.5, 0.5]]), r"\(row 1\)"),
        (np.array([[1.0, 0.0, 0.0], [np.inf, -np.inf, 1.0]]), r"\(row 1\)"),
    ],
)
def test_bad_probabilities(labels, message):
    with pytest.raises(ValueError, match=message):
        softmax_cross_entropy(np.zeros((2, 3)), labels)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda s, y: softmax_cross_entropy(s, y, 1.0), ValueError, "smoothing must be at least 0 and below 1"),
        (lambda s, y: softmax_cross_entropy(s, y, -0.1), ValueError, "smoothing must be"),
        (lambda s, y: softmax_cross_entropy(s, y, "a bit"), TypeError, "smoothing must be a number"),
        (lambda s, y: softmax_cross_entropy(s, y, np.array([0.1, 0.2])), TypeError, "smoothing must be one number"),
        (lambda s, y: hinge(s, y, margin=-1.0), ValueError, "margin must be"),
        (lambda s, y: hinge(s, y, margin=np.nan), ValueError, "margin must be"),
        (lambda s, y: squared_error(s, y), ValueError, r"target must have the shape of y, \(2, 3\), not \(2,\)"),
        (lambda s, y: squared_error(s[:, :1], y), ValueError, r"\(2, 1\), not \(2,\)"),
        (lambda s, y: squared_error(s, s > 0), TypeError, "target must hold numbers, not bool"),
        (lambda s, y: squared_error(s[:0], s[:0]), ValueError, r"y must have shape .* not \(0, 3\)"),
        (lambda s, y: squared_error(y, y), TypeError, "y must hold floats, not int64"),
    ],
)
def test_bad_settings(call, error, message):
    with pytest.raises(error, match=message):
        call(np.zeros((2, 3)), np.array([0, 1]))
