import numpy as np
import pytest
from sklearn.datasets import load_digits

from course_lib.data.augment import (
    Affine,
    Brightness,
    Compose,
    Contrast,
    CutMix,
    Cutout,
    FlipHorizontal,
    MixUp,
    OnRows,
    PadAndCrop,
    RandomCrop,
    Rotate,
    Sometimes,
    average_views,
    flip_horizontal,
    ten_crops,
)


def standard():
    return Compose([FlipHorizontal(), PadAndCrop(4), Brightness(0.2), Contrast(0.2), Rotate(15)])


def test_a_chain_is_its_parts_in_order(photos):
    chain, rng = standard(), np.random.default_rng(3)
    y = photos
    for f in chain.functions:
        y = f(y, rng)
    np.testing.assert_array_equal(chain(photos, np.random.default_rng(3)), y)
    np.testing.assert_array_equal(Compose([])(photos, rng), photos)
    assert not chain.changes_labels and "Rotate(degrees=15" in repr(chain)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_chain_keeps_dtype_shape_range_and_labels(dtype, photos, rng):
    y, labels = standard()((photos.astype(dtype), np.arange(7)), rng)
    assert y.dtype == dtype and y.shape == photos.shape and y.min() >= 0 and y.max() <= 1
    np.testing.assert_array_equal(labels, np.arange(7))


def test_plain_functions_are_welcome(photos, rng):
    def half(batch, rng):
        return batch / 2

    y, labels = Compose([half, MixUp(0, classes=7)])((photos, np.arange(7)), rng)
    np.testing.assert_array_equal(y, photos / 2)
    np.testing.assert_array_equal(labels, np.eye(7))
    np.testing.assert_array_equal(Sometimes(half, 1)(photos, rng), photos / 2)
    np.testing.assert_array_equal(Compose([half])(photos, rng), photos / 2)


def test_sometimes_chooses_images(rng):
    x = np.ones((5000, 2, 2, 1))
    y = Sometimes(Brightness((0.5, 0.5)), 0.2)(x, rng)[:, 0, 0, 0]
    assert set(y) == {0.5, 1.0}
    assert abs((y == 0.5).mean() - 0.2) < 4 * np.sqrt(0.16 / 5000)
    for p, value in ((0, 1), (1, 0.5)):
        np.testing.assert_array_equal(Sometimes(Brightness((0.5, 0.5)), p)(x, rng), value * x)


@pytest.mark.parametrize("p", [0, 0.5, 1])
def test_sometimes_carries_labels(p, rng):
    n = 200
    x = (np.arange(n) / n)[:, None, None, None] + np.zeros((1, 6, 6, 1))
    f = Sometimes(Compose([Cutout(2, value=0.3), CutMix(1.0, classes=n)]), p)
    assert f.changes_labels
    y, labels = f((x, np.arange(n)), rng)
    untouched = (y == x).all(axis=(1, 2, 3))
    assert labels.shape == (n, n)
    np.testing.assert_array_equal(labels[untouched], np.eye(n)[untouched])
    assert abs(untouched.mean() - (1 - p)) < 0.15
    y, labels = Sometimes(Cutout(2), p)((x, np.arange(n)), rng)
    np.testing.assert_array_equal(labels, np.arange(n))


@pytest.mark.parametrize("p", [0.5, 1])
def test_sometimes_mixes_labels_as_it_mixes_images(p, rng):
    n, labels = 50, np.arange(50)
    x = (labels / n)[:, None, None, None] + np.zeros((1, 8, 8, 1))
    y, mixed = Sometimes(MixUp(1.0, classes=n), p)((x, labels), rng)
    assert (mixed.max(axis=1) < 1).mean() > 0.8 * p
    np.testing.assert_allclose(y[:, 0, 0, 0], mixed @ (labels / n), atol=1e-14)
    np.testing.assert_array_equal(labels, np.arange(50))


def test_rows_are_images_for_a_moment(rng):
    x = load_digits().data[:50] / 16
    f = Affine(rotate=12, translate=0.8, stretch=0.08)
    y = OnRows(f, (8, 8))(x, np.random.default_rng(0))
    np.testing.assert_array_equal(y, f(x.reshape(50, 8, 8, 1), np.random.default_rng(0)).reshape(50, 64))
    mix = OnRows(Compose([f, MixUp(classes=10)]), (8, 8))
    y, labels = mix((x, load_digits().target[:50]), rng)
    assert y.shape == (50, 64) and labels.shape == (50, 10) and mix.changes_labels


def test_views_are_averaged(photos, rng):
    weights = rng.standard_normal((20 * 21 * 3, 4))

    def predict(x):
        return np.exp(x.reshape(len(x), -1) @ weights / 100)

    views = ten_crops(photos, (20, 21))
    np.testing.assert_allclose(average_views(predict, views), np.mean([predict(v) for v in views], axis=0), rtol=1e-13)
    small = photos[:, :20, :21]
    mean = average_views(predict, (view for view in (small, flip_horizontal(small))))
    np.testing.assert_allclose(mean, average_views(predict, [flip_horizontal(small), small]), rtol=1e-15)


def test_a_prediction_may_be_written_into_the_same_memory(photos):
    scores = np.empty((7, 3))

    def predict(x):
        return np.mean(x, axis=(1, 2), out=scores)

    views = [photos, photos / 2, photos / 4]
    np.testing.assert_allclose(average_views(predict, views), photos.mean(axis=(1, 2)) * 7 / 12, rtol=1e-13)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda x, rng: Compose([FlipHorizontal(), 3]), TypeError, "functions: .*not 3"),
        (lambda x, rng: Compose(FlipHorizontal()), TypeError, "functions must be a list"),
        (lambda x, rng: OnRows(Rotate(1), 64), ValueError, r"shape must be .*not 64"),
        (lambda x, rng: OnRows(lambda x, rng: x, (8, 8))(np.ones((2, 64)), 0), TypeError, "rng must be a generator"),
        (lambda x, rng: Sometimes("flip"), TypeError, "f: an augmentation"),
        (lambda x, rng: Sometimes(FlipHorizontal(), 1.1), ValueError, r"p must lie in \[0, 1\]"),
        (lambda x, rng: Sometimes(RandomCrop(8), 0.9)(x, rng), ValueError, "must keep their shape"),
        (lambda x, rng: Compose([MixUp(classes=3)])(x, rng), TypeError, "pair"),
        (lambda x, rng: Compose([lambda x, rng: None])(x, rng), TypeError, "the result of .* must be a NumPy array"),
        (
            lambda x, rng: Compose([lambda x, rng: x[1:]])((x, np.arange(7)), rng),
            ValueError,
            "7 images, but returned 6",
        ),
        (lambda x, rng: Compose([])(x[:0], rng), ValueError, "empty"),
        (lambda x, rng: OnRows(Rotate(1), (8, 8))(x, rng), ValueError, r"\(N, 64\)"),
        (lambda x, rng: OnRows(Rotate(1), (8,)), ValueError, "shape must be"),
        (lambda x, rng: OnRows(RandomCrop(4), (8, 8))(np.ones((2, 64)), rng), ValueError, "keep their shape"),
        (lambda x, rng: average_views(np.mean, []), ValueError, "views is empty"),
        (lambda x, rng: average_views(lambda x: x, [x, x[:1]]), ValueError, "one shape"),
    ],
)
def test_bad_input_is_named(call, error, words, photos, rng):
    with pytest.raises(error, match=words):
        call(photos, rng)
