"""The photographs: scikit-learn's own, cropped around the centre, resized as Pillow does."""

import sys

import numpy as np
import pytest
from PIL import Image
from sklearn.datasets import load_sample_image

from course_lib.data.photos import NAMES, load_photos, resize


def pillow(image, height, width):
    """Resize a float image, channel by channel."""
    planes = [Image.fromarray(p).resize((width, height), Image.Resampling.BILINEAR) for p in np.moveaxis(image, -1, 0)]
    return np.stack([np.asarray(p) for p in planes], axis=-1)


def test_photographs_are_those_of_scikit_learn():
    photos = load_photos(dtype=np.float64)
    for name, photo in zip(NAMES, photos, strict=True):
        assert np.array_equal(photo, load_sample_image(f"{name}.jpg") / 255)
    assert load_photos().dtype == np.float32 and np.allclose(load_photos(), photos)


@pytest.mark.parametrize("shape", [(32, 32), (427, 640), (500, 700), (20, 999), (1, 1), (33, 7)])
def test_resize_is_pillows(shape):
    photos = load_photos()
    mine = resize(photos, *shape)
    assert mine.shape == (2, *shape, 3) and mine.dtype == np.float32
    assert photos.min() <= mine.min() and mine.max() <= photos.max()
    for image, photo in zip(mine, photos, strict=True):
        assert np.allclose(image, pillow(photo, *shape), atol=1e-5)


def test_crop_is_the_largest_in_the_middle():
    photos = load_photos()
    assert np.allclose(load_photos(427), photos[:, :, 106:533], atol=1e-6)
    assert np.allclose(load_photos((160, 640)), photos[:, 133:293], atol=1e-6)
    square = load_photos(48)
    assert square.shape == (2, 48, 48, 3)
    assert np.allclose(square[1], pillow(photos[1][:, 106:533], 48, 48), atol=1e-5)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda: load_photos(0), ValueError, "size must be at least 1"),
        (lambda: load_photos(3.5), TypeError, "size must be an integer"),
        (lambda: load_photos((3, 0)), ValueError, r"size\[1\] must be at least 1"),
        (lambda: load_photos((3, 4, 5)), ValueError, r"an integer or \(height, width\), not \(3, 4, 5\)"),
        (lambda: load_photos(dtype=np.uint8), TypeError, "dtype must be a float type, not uint8"),
        (lambda: resize(np.zeros((2, 4, 4, 3), int), 2, 2), TypeError, "images must hold floats in .*, not int64"),
        (lambda: resize([[0.0]], 2, 2), TypeError, "images must be a NumPy array of images, not a list"),
        (lambda: resize(np.zeros((4, 4, 3)), 2, 2), ValueError, r"\(N, height, width, channels\), not \(4, 4, 3\)"),
        (lambda: resize(np.zeros((1, 0, 4, 3)), 2, 2), ValueError, r"images is empty: its shape is \(1, 0, 4, 3\)"),
        (lambda: resize(np.zeros((1, 4, 4, 3)), 2, 0), ValueError, "width must be at least 1"),
    ],
)
def test_bad_input(call, error, words):
    with pytest.raises(error, match=words):
        call()


def test_without_scikit_learn(monkeypatch):
    monkeypatch.setitem(sys.modules, "sklearn", None)
    with pytest.raises(ImportError, match=r'pip install "course-lib\[data\]"'):
        load_photos()
