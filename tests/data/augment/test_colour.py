import numpy as np
import pytest
from PIL import Image, ImageEnhance

from course_lib.data.augment import Brightness, Contrast, PCAColour, Saturation, brightness, contrast, saturation

PAIRS = [
    (brightness, ImageEnhance.Brightness),
    (contrast, ImageEnhance.Contrast),
    (saturation, ImageEnhance.Color),
]


@pytest.mark.parametrize(("ours", "pillows"), PAIRS, ids=["brightness", "contrast", "saturation"])
def test_they_are_pillows_up_to_its_rounding(ours, pillows, photos, photo_bytes):
    factors = np.array([0, 0.3, 0.7, 1, 1.3, 1.8, 3])
    y = ours(photos, factors)
    for image, factor, changed in zip(photo_bytes, factors, y, strict=True):
        theirs = np.asarray(pillows(Image.fromarray(image)).enhance(factor)).astype(float)
        # Pillow cuts fractions off, and rounds grey before it takes the difference: (factor + 1) half steps.
        assert abs(theirs - 255 * changed).max() <= 1 + 0.5 * (1 + abs(factor - 1))


def test_a_mean_is_kept_where_nothing_is_cut_off(rng):
    x = rng.uniform(0.4, 0.6, (5, 6, 7, 3))
    luma = np.array([0.299, 0.587, 0.114])
    np.testing.assert_allclose((contrast(x, 2) @ luma).mean(axis=(1, 2)), (x @ luma).mean(axis=(1, 2)), rtol=1e-13)
    np.testing.assert_allclose(saturation(x, 1.5) @ luma, x @ luma, rtol=1e-13)
    gray = x[..., :1]
    np.testing.assert_allclose(contrast(gray, 2).std(axis=(1, 2)), 2 * gray.std(axis=(1, 2)), rtol=1e-13)


@pytest.mark.parametrize("kind", [Brightness, Contrast, Saturation, "pca"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_random_colours(kind, dtype, photos, rng):
    x = photos.astype(dtype)
    f, nothing = (PCAColour(x, s) if kind == "pca" else kind(s) for s in (0.5, 0))
    np.testing.assert_array_equal(nothing(x, rng), x)
    y = f(x, np.random.default_rng(5))
    assert y.shape == x.shape and y.dtype == dtype and y.min() >= 0 and y.max() <= 1
    assert all((a != b).any() for a, b in zip(x, y, strict=True))
    one_by_one = np.random.default_rng(5)
    np.testing.assert_array_equal(np.concatenate([f(x[n : n + 1], one_by_one) for n in range(7)]), y)
    labels = np.arange(7)
    y, kept = f((x, labels), np.random.default_rng(5))
    np.testing.assert_array_equal(kept, labels)


@pytest.mark.parametrize("f", [Brightness((0.5, 0.9)), Contrast((0.5, 0.9)), Saturation((0.5, 0.9))])
def test_factors_fill_their_range(f, rng):
    n = 3000
    pixels = np.array([[0.5, 0.1, 0.2], [0.1, 0.3, 0.2]]).reshape(1, 1, 2, 3)
    y = f(np.repeat(pixels, n, axis=0), rng)
    factor = (y[:, 0, 0, 0] - y[:, 0, 0, 1]) / 0.4  # all three scale a difference of channels
    assert 0.5 <= factor.min() + 1e-12 and factor.min() < 0.51 and 0.89 < factor.max() <= 0.9 + 1e-12
    assert abs(factor.mean() - 0.7) < 4 * 0.4 / np.sqrt(12 * n)


def test_pca_finds_a_known_covariance(rng):
    p = np.linalg.qr(rng.standard_normal((3, 3)))[0]
    lam = np.array([9e-4, 4e-4, 1e-4])
    pixels = 0.5 + (rng.standard_normal((200_000, 3)) * np.sqrt(lam)) @ p.T
    f = PCAColour(pixels.reshape(200, 100, 10, 3))
    np.testing.assert_allclose(f.lam, lam, rtol=0.02)
    np.testing.assert_allclose(abs(f.p.T @ p), np.eye(3), atol=0.02)
    assert (f.p[abs(f.p).argmax(axis=0), np.arange(3)] > 0).all()
    np.testing.assert_allclose(f.p * f.lam @ f.p.T, np.cov(pixels.T, bias=True), atol=1e-15)


def test_pca_jitter_is_the_papers_formula(rng):
    """y − x is one colour for an image: Σ pᵢ αᵢ λᵢ, of covariance p diag(σλ)² pᵀ."""
    f = PCAColour(rng.uniform(0.2, 0.8, (20, 9, 9, 3)) * [1, 0.6, 0.3])
    assert f.sigma == 0.1
    x = np.full((20_000, 1, 2, 3), 0.5)
    added = f(x, rng) - 0.5
    np.testing.assert_array_equal(added[:, :, 0], added[:, :, 1])
    alpha = added[:, 0, 0] @ f.p / f.lam
    np.testing.assert_allclose(np.cov(alpha.T), 0.01 * np.eye(3), atol=4 * 0.01 * np.sqrt(2 / 20_000))
    assert (abs(alpha.mean(axis=0)) < 4 * 0.1 / np.sqrt(20_000)).all()
    alpha = np.random.default_rng(3).normal(0, 0.1, (4, 3))
    by_hand = [sum(f.p[:, i] * a[i] * f.lam[i] for i in range(3)) for a in alpha]
    np.testing.assert_allclose(f(x[:4], np.random.default_rng(3))[:, 0, 0] - 0.5, by_hand, atol=1e-15)


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda x, rng: brightness(x * 255, 1), ValueError, r"must lie in \[0, 1\], not in"),
        (lambda x, rng: contrast(x - 0.5, 1), ValueError, "before you normalize"),
        (lambda x, rng: contrast(x * np.nan, 1), ValueError, "not in"),
        (lambda x, rng: brightness(x, -1), ValueError, "factor must be finite and at least 0"),
        (lambda x, rng: brightness(x, [1, 2]), ValueError, "one number or 7"),
        (lambda x, rng: brightness(x.astype("f"), 1e39), ValueError, "factor must be finite in the images' float32"),
        (lambda x, rng: contrast(x.astype("e"), 1e5), ValueError, "factor must be finite in the images' float16"),
        (lambda x, rng: PCAColour(x, np.ones(3)), TypeError, "sigma must be one number"),
        (lambda x, rng: saturation(x[..., :1], 1), ValueError, "three channels"),
        (lambda x, rng: Contrast(1.5), ValueError, "0 ≤ low"),
        (lambda x, rng: Brightness("much"), TypeError, "factor must be a number"),
        (lambda x, rng: PCAColour(x, -0.1), ValueError, "sigma"),
        (lambda x, rng: PCAColour(x)(x[..., :2], rng), ValueError, "3 channels"),
        (lambda x, rng: Saturation(0.1)((x * 255).astype(int), rng), TypeError, "int64"),
    ],
)
def test_bad_input_is_named(call, error, words, photos, rng):
    with pytest.raises(error, match=words):
        call(photos, rng)
