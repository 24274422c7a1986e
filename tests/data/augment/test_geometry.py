import numpy as np
import pytest
from PIL import Image, ImageOps

from course_lib.data.augment import (
    Cutout,
    FlipHorizontal,
    FlipVertical,
    PadAndCrop,
    RandomCrop,
    ScaleJitterCrop,
    center_crop,
    crop,
    flip_horizontal,
    flip_vertical,
    resize,
    ten_crops,
)


@pytest.mark.parametrize(("ours", "pillows"), [(flip_horizontal, ImageOps.mirror), (flip_vertical, ImageOps.flip)])
def test_flips_are_pillows(ours, pillows, photos, photo_bytes):
    y = ours(photos)
    for image, flipped in zip(photo_bytes, y, strict=True):
        np.testing.assert_array_equal(np.asarray(pillows(Image.fromarray(image))) / 255, flipped)
    np.testing.assert_array_equal(ours(y), photos)
    assert not np.shares_memory(y, photos)


@pytest.mark.parametrize(("f", "flip"), [(FlipHorizontal, flip_horizontal), (FlipVertical, flip_vertical)])
def test_a_random_flip_flips_some(f, flip, rng):
    x = rng.random((4000, 2, 3, 1))
    y = f(0.3)(x, rng)
    kept, flipped = (y == x).all(axis=(1, 2, 3)), (y == flip(x)).all(axis=(1, 2, 3))
    assert (kept ^ flipped).all()
    assert abs(flipped.mean() - 0.3) < 4 * np.sqrt(0.3 * 0.7 / 4000)
    np.testing.assert_array_equal(f(0)(x, rng), x)
    np.testing.assert_array_equal(f(1)(x, rng), flip(x))


def test_a_crop_is_a_window_of_each_image(photos):
    top, left = np.array([0, 1, 2, 3, 4, 14, 7]), np.array([0, 21, 5, 3, 9, 20, 1])
    y = crop(photos, top, left, (10, 10))
    for n in range(7):
        np.testing.assert_array_equal(y[n], photos[n, top[n] : top[n] + 10, left[n] : left[n] + 10])
    np.testing.assert_array_equal(crop(photos[:, ::-1], 0, 0, (24, 31)), photos[:, ::-1])
    np.testing.assert_array_equal(center_crop(photos, (20, 11)), photos[:, 2:22, 10:21])


def test_ten_crops_are_the_corners_the_middle_and_their_mirror_images(photos):
    views = ten_crops(photos, (20, 21))
    for k, (i, j) in enumerate([(0, 0), (0, 10), (4, 0), (4, 10), (2, 5)]):
        np.testing.assert_array_equal(views[k], photos[:, i : i + 20, j : j + 21])
        np.testing.assert_array_equal(views[k + 5], flip_horizontal(views[k]))
    assert len(views) == 10


def test_all_places_of_a_random_crop_are_equally_likely(rng):
    n = 12000
    x = np.broadcast_to(np.arange(20.0).reshape(1, 4, 5, 1), (n, 4, 5, 1))
    first = RandomCrop((2, 3))(x, rng)[:, 0, 0, 0]
    places, counts = np.unique(first, return_counts=True)
    assert places.tolist() == [0, 1, 2, 5, 6, 7, 10, 11, 12]
    assert (abs(counts - n / 9) < 4.5 * np.sqrt(n / 9)).all()


@pytest.mark.parametrize("mode", ["constant", "edge", "reflect", "wrap"])
def test_pad_and_crop_moves_by_at_most_the_border(mode, photos, rng):
    seen = set()
    for _ in range(20):
        y = PadAndCrop(1, mode)(photos, rng)
        assert y.shape == photos.shape
        for image, moved in zip(photos, y, strict=True):
            padded = np.pad(image, ((1, 1), (1, 1), (0, 0)), mode=mode)
            (at,) = [
                (i, j) for i in range(3) for j in range(3) if np.array_equal(padded[i : i + 24, j : j + 31], moved)
            ]
            seen.add(at)
    assert len(seen) == 9
    np.testing.assert_array_equal(PadAndCrop(0, mode)(photos, rng), photos)


def test_resizing_up_is_pillows(photos):
    gray = photos[..., :1].astype(np.float32)
    y = resize(gray, 41)
    assert y.shape == (7, 41, 53, 1)
    for image, big in zip(gray[..., 0], y[..., 0], strict=True):
        np.testing.assert_allclose(
            big, np.asarray(Image.fromarray(image).resize((53, 41), Image.Resampling.BILINEAR)), atol=2e-6
        )
    np.testing.assert_array_equal(resize(photos, 24), photos)


@pytest.mark.parametrize("short", [1, 5, 11, 23, 24, 60])
def test_resizing_is_pillows_and_keeps_the_range(short, photos):
    for x in (photos.astype(np.float32), np.sign(photos.astype(np.float32) - 0.5) * 0.5 + 0.5):
        y = resize(x, short)
        assert x.min() <= y.min() and y.max() <= x.max() and y.dtype == np.float32
        size = (y.shape[2], short)
        for image, small in zip(x, y, strict=True):
            for c in range(3):
                plane = Image.fromarray(np.ascontiguousarray(image[..., c]))
                np.testing.assert_allclose(
                    small[..., c], np.asarray(plane.resize(size, Image.Resampling.BILINEAR)), atol=2e-6
                )


def test_fine_stripes_become_grey_and_not_another_pattern():
    stripes = np.broadcast_to((np.arange(64) % 2 * 1.0)[None, None, :, None], (1, 64, 64, 1))
    assert abs(resize(stripes, 16)[:, :, 1:-1] - 0.5).max() < 0.01
    small = ScaleJitterCrop(8, short=(12, 18))(np.repeat(stripes, 20, axis=0), np.random.default_rng(0))
    assert abs(small[:, :, 1:-1] - 0.5).max() < 0.1


@pytest.mark.parametrize(
    "f",
    [FlipHorizontal(), FlipVertical(), RandomCrop((9, 11)), PadAndCrop(4), PadAndCrop(4, "reflect"), Cutout((5, 8))],
)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_batch_is_its_images_one_by_one(f, dtype, photos):
    x = photos.astype(dtype)
    y, rng = f(x, np.random.default_rng(5)), np.random.default_rng(5)
    assert y.dtype == dtype and not np.shares_memory(x, y) and y.min() >= 0 and y.max() <= 1
    np.testing.assert_array_equal(y, np.concatenate([f(image[None], rng) for image in x]))
    also, labels = f((x[:, ::-1, ::-1], np.arange(7)), np.random.default_rng(5))  # strides below zero
    np.testing.assert_array_equal(also, f(x[:, ::-1, ::-1].copy(), np.random.default_rng(5)))
    np.testing.assert_array_equal(labels, np.arange(7))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_images_of_a_resized_crop_do_not_depend_on_their_batch(dtype, photos):
    f = ScaleJitterCrop(9, short=(10, 40))
    x = np.concatenate([photos] * 30).astype(dtype)  # more than one block
    y, rng = f(x, np.random.default_rng(5)), np.random.default_rng(5)
    assert y.dtype == dtype and y.min() >= 0 and y.max() <= 1
    np.testing.assert_allclose(y, np.concatenate([f(image[None], rng) for image in x]), atol=1e-6)


def test_a_random_resized_crop_is_a_window_of_the_resized_image(photos, rng):
    f = ScaleJitterCrop((20, 22), short=(24, 30))
    y = f(photos, rng)
    assert y.shape == (7, 20, 22, 3)
    shorts = set()
    for image, small in zip(photos, y, strict=True):
        found = []
        for short in range(24, 31):
            big = resize(image[None], short)[0]
            windows = np.lib.stride_tricks.sliding_window_view(big, (20, 22), axis=(0, 1)).transpose(0, 1, 3, 4, 2)
            if (abs(windows - small).max(axis=(2, 3, 4)) < 1e-12).any():
                found.append(short)
        assert len(found) == 1
        shorts.update(found)
    assert len(shorts) > 1


def test_all_places_of_a_resized_crop_are_equally_likely(rng):
    n = 9000
    x = np.broadcast_to(np.arange(20.0).reshape(1, 4, 5, 1), (n, 4, 5, 1))
    places, counts = np.unique(ScaleJitterCrop((2, 3), short=(4, 4))(x, rng)[:, 0, 0, 0], return_counts=True)
    assert places.tolist() == [0, 1, 2, 5, 6, 7, 10, 11, 12]
    assert (abs(counts - n / 9) < 4.5 * np.sqrt(n / 9)).all()


def test_the_short_side_is_drawn_evenly_and_whole_crops_are_themselves(photos, rng):
    ramp = np.broadcast_to(np.arange(8.0)[None, :, None, None] / 8, (6000, 8, 8, 1))
    slope = np.diff(ScaleJitterCrop(4, short=(8, 10))(ramp, rng)[:, 1:3, 0, 0], axis=1).ravel()
    inner = slope[slope > 0.099]
    sides, counts = np.unique(np.rint(1 / inner).astype(int), return_counts=True)
    assert sides.tolist() == [8, 9, 10]
    assert (abs(counts / len(inner) - 1 / 3) < 0.03).all()
    np.testing.assert_array_equal(ScaleJitterCrop((24, 31), short=(24, 24))(photos, rng), photos)


def test_the_published_recipes(rng):
    """ResNet's sides and window for ImageNet; for CIFAR-10 a border of 4 pixels, and half of them mirrored."""
    f = ScaleJitterCrop()
    assert (f.size, f.short) == (224, (256, 480)) and f(rng.random((2, 30, 40, 1)), rng).shape == (2, 224, 224, 1)
    assert (PadAndCrop().pad, PadAndCrop().mode, FlipHorizontal().p, FlipVertical().p) == (4, "constant", 0.5, 0.5)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda x, rng: RandomCrop(25)(x, rng), ValueError, "25×25 is larger than the images, 24×31"),
        (lambda x, rng: ten_crops(x, (3, 32)), ValueError, "larger than the images"),
        (lambda x, rng: center_crop(x, (1, 2, 3)), ValueError, "one number or"),
        (lambda x, rng: crop(x, 5, 0, (20, 20)), ValueError, "top must lie between 0 and 4"),
        (lambda x, rng: crop(x, 0, [1, 2], (20, 20)), ValueError, r"left must be one number or 7, .* shape \(2,\)"),
        (lambda x, rng: crop(x, 0.0, 0, (20, 20)), TypeError, "top must be integers"),
        (lambda x, rng: RandomCrop(0), ValueError, "size must be at least 1"),
        (lambda x, rng: ScaleJitterCrop(26, (25, 30))(x, rng), ValueError, "resized to 25×32"),
        (lambda x, rng: ScaleJitterCrop(26, (30, 25)), ValueError, "low ≤ high"),
        (lambda x, rng: ScaleJitterCrop(26, 30), TypeError, r"short must be a pair \(low, high\), not 30"),
        (lambda x, rng: ScaleJitterCrop(26, (1, 2, 3)), TypeError, "short must be a pair"),
        (lambda x, rng: resize(x, 2.5), TypeError, "short must be an integer"),
        (lambda x, rng: FlipHorizontal(1.5), ValueError, r"p must lie in \[0, 1\], not 1.5"),
        (lambda x, rng: FlipVertical("x"), TypeError, "p must be a number"),
        (lambda x, rng: PadAndCrop(-1), ValueError, "pad must be at least 0"),
        (lambda x, rng: PadAndCrop(1, "mirror"), ValueError, "mode must be one of"),
        (lambda x, rng: PadAndCrop(24, "reflect")(x, rng), ValueError, "pad must be below 24"),
        (lambda x, rng: flip_horizontal((x * 255).astype(np.uint8)), TypeError, r"floats in \[0, 1\], not uint8"),
        (lambda x, rng: flip_horizontal(x[0]), ValueError, r"\(N, height, width, channels\), not \(24, 31, 3\)"),
        (lambda x, rng: FlipHorizontal()(x[:0], rng), ValueError, "empty"),
        (lambda x, rng: FlipHorizontal()(x.tolist(), rng), TypeError, "not a list"),
        (lambda x, rng: FlipHorizontal()(x, 0), TypeError, "rng must be"),
    ],
)
def test_bad_input_is_named(call, error, words, photos, rng):
    with pytest.raises(error, match=words):
        call(photos, rng)
