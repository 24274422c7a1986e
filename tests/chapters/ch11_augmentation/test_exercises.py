"""The solutions of chapter 11 against the library's augmentations, and against what a leak is."""

import numpy as np
import pytest

from course_lib.chapters.ch11_augmentation import ex
from course_lib.data import augment
from course_lib.data.augment.sampling import rotation, sample

RNG = np.random.default_rng(0)


def test_a_mirror_is_the_librarys():
    x = RNG.random((4, 5, 6, 3))
    np.testing.assert_array_equal(ex.mirror.reference(x), augment.flip_horizontal(x))


@pytest.mark.parametrize("f", [0.0, 0.4, 1.0, 2.5])
def test_contrast_is_the_librarys_where_there_is_one_channel(f):
    x = RNG.random((4, 5, 6, 1))
    np.testing.assert_allclose(ex.contrast.reference(x, f), augment.contrast(x, f), atol=1e-12)


@pytest.mark.parametrize("lam", [0.0, 0.3, 1.0])
def test_mixup_is_the_librarys(lam):
    x, y, partner = RNG.random((5, 2, 3, 1)), np.eye(4)[[0, 3, 1, 1, 2]], np.array([2, 0, 1, 4, 3])
    wanted = augment.mixup(x, y, partner, lam)
    for got, want in zip(ex.mixup.reference(x, y, x[partner], y[partner], lam), wanted, strict=True):
        np.testing.assert_allclose(got, want, atol=1e-12)


@pytest.mark.parametrize("degrees", [0.0, 20.0, 90.0, -135.0])
def test_an_image_sampled_at_the_source_points_is_the_rotated_one(degrees):
    x = RNG.random((1, 7, 7, 2))
    points = np.array([[ex.source_point.reference(i, j, degrees, 7) for j in range(7)] for i in range(7)])
    got = sample(x, points[None, :, :, 1], points[None, :, :, 0])
    np.testing.assert_allclose(got, augment.affine(x, rotation(degrees)), atol=1e-9)


def test_honest_copies_share_no_image_and_validate_on_originals():
    y, val_rows, copies = RNG.integers(0, 10, 20), np.array([3, 17, 4]), 4
    images = np.arange(20.0)
    longer = np.concatenate([images + k / 100 for k in range(copies + 1)])  # copy k is moved by k hundredths
    train, val, labels = ex.honest_copies.reference(y, val_rows, copies)
    trained, validated = longer[train], longer[val]
    assert sorted(validated) == [3, 4, 17]
    assert set(np.floor(trained + 1e-9)) == set(range(20)) - {3, 4, 17} and len(trained) == 17 * (copies + 1)
    np.testing.assert_array_equal(labels, y[np.floor(longer + 1e-9).astype(int)])
