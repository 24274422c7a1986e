import numpy as np
import pytest

from course_lib.data.augment import CutMix, Cutout, MixUp, cutmix, mixup, one_hot


def pure(n, h=12, w=10):
    """Image n is all of value n / N: a pixel tells whose it is."""
    return np.broadcast_to((np.arange(n) / n)[:, None, None, None], (n, h, w, 1)).copy()


def test_one_hot():
    np.testing.assert_array_equal(one_hot(np.array([2, 0]), 3), [[0, 0, 1], [1, 0, 0]])
    matrix = np.array([[0.3, 0.7]], np.float32)
    assert one_hot(matrix, None).dtype == np.float64 and one_hot(matrix, 2) is not matrix


def test_cutout_covers_one_rectangle(rng):
    y = Cutout((4, 3), value=0.5)(np.ones((3000, 12, 10, 2)), rng)
    np.testing.assert_array_equal(y[..., 0], y[..., 1])
    covered = y[..., 0] == 0.5
    assert (covered | (y[..., 0] == 1)).all()
    rows, columns = covered.any(axis=2), covered.any(axis=1)
    np.testing.assert_array_equal(covered, rows[:, :, None] & columns[:, None, :])
    for side, longest in ((rows, 4), (columns, 3)):
        length = side.sum(axis=1)
        assert length.max() == longest and length.min() >= longest // 2
        assert (abs(np.diff(side.astype(int), axis=1)).sum(axis=1) <= 2).all()  # in one piece
    # The middle is any pixel, evenly: pixel (6, 5) is covered from 4 · 3 of 12 · 10 places.
    assert abs(covered[:, 6, 5].mean() - 0.1) < 4 * np.sqrt(0.09 / 3000)


def pixels(rng, n, h, w):
    """The pixels that `rng` draws as middles: rows and columns."""
    return np.floor(rng.random((n, 2)) * [h, w]).astype(int).T


@pytest.mark.parametrize(("h", "w"), [(4, 3), (5, 2), (1, 1)])
def test_cutout_is_the_authors(h, w):
    """Their loop: y1 = clip(y − h//2, 0, H), and so on (with the odd side's last pixel)."""
    y = Cutout((h, w))(np.ones((200, 12, 10, 1)), np.random.default_rng(7))
    for image, i, j in zip(y, *pixels(np.random.default_rng(7), 200, 12, 10), strict=True):
        mask = np.ones((12, 10, 1))
        top, left = i - h // 2, j - w // 2
        mask[max(top, 0) : max(top + h, 0), max(left, 0) : max(left + w, 0)] = 0
        np.testing.assert_array_equal(image, mask)
    assert Cutout(2).value == 0


def test_the_published_shares():
    """mixup's α on ImageNet lies in [0.1, 0.4]; CutMix draws λ evenly."""
    assert (MixUp().alpha, CutMix().alpha) == (0.2, 1.0)


def test_cutmix_is_the_authors():
    """Their rand_bbox: cut_w = int(W √(1 − λ)), bbx1 = clip(cx − cut_w // 2, 0, W), …"""
    n, (h, w) = 300, (12, 7)
    x = pure(n, h, w)
    _, mixed = CutMix(1.0, classes=n)((x, np.arange(n)), np.random.default_rng(7))
    rng = np.random.default_rng(7)
    lam, (i, j), partner = rng.beta(1, 1, n), pixels(rng, n, h, w), rng.permutation(n)
    for k in range(n):
        rows, columns = int(h * np.sqrt(1 - lam[k])), int(w * np.sqrt(1 - lam[k]))
        top, left = max(i[k] - rows // 2, 0), max(j[k] - columns // 2, 0)
        bottom, right = min(i[k] - rows // 2 + rows, h), min(j[k] - columns // 2 + columns, w)
        share = 0 if partner[k] == k else (bottom - top) * (right - left) / (h * w)
        assert abs(mixed[k, k] - (1 - share)) < 1e-14


def test_mixup_is_a_line_between_two(rng):
    x, labels, partner = pure(5), np.eye(5), np.array([1, 2, 3, 4, 0])
    y, mixed = mixup(x, labels, partner, [0, 0.25, 0.5, 0.75, 1])
    np.testing.assert_allclose(y[1], 0.25 * x[1] + 0.75 * x[2])
    np.testing.assert_allclose(mixed[1], [0, 0.25, 0.75, 0, 0])
    np.testing.assert_array_equal(y[4], x[4])
    np.testing.assert_allclose(y[0], x[1])
    np.testing.assert_allclose(mixed.sum(axis=1), 1)


@pytest.mark.parametrize("kind", [MixUp, CutMix])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_labels_weigh_as_pixels_do(kind, dtype, rng):
    n = 40
    x = pure(n).astype(dtype)
    y, mixed = kind(1.0, classes=n)((x, np.arange(n)), rng)
    assert y.dtype == mixed.dtype == dtype and y.shape == x.shape and mixed.shape == (n, n)
    values = np.arange(n) / n
    np.testing.assert_allclose(mixed.sum(axis=1), 1, rtol=1e-6)
    np.testing.assert_allclose(y.mean(axis=(1, 2, 3)), mixed @ values, atol=1e-6)
    if kind is CutMix:
        for image, probabilities in zip(y[..., 0], mixed, strict=True):
            share = [(image == v).mean() for v in x[:, 0, 0, 0]]
            np.testing.assert_allclose(share, probabilities, atol=1e-6)
    again, labels = kind(1.0, classes=n)((x, one_hot(np.arange(n), n)), np.random.default_rng(2))
    same, same_labels = kind(1.0, classes=n)((x, np.arange(n)), np.random.default_rng(2))
    np.testing.assert_array_equal(again, same)
    np.testing.assert_array_equal(labels, same_labels)
    y, mixed = kind(0, classes=n)((x, np.arange(n)), rng)
    np.testing.assert_array_equal(y, x)
    np.testing.assert_array_equal(mixed, np.eye(n))


def test_cutmix_pastes_what_is_inside():
    x = np.random.default_rng(0).random((2, 4, 4, 3))
    inside = np.zeros((2, 4, 4, 1), bool)
    inside[0, :2, 1:] = True
    y, labels = cutmix(x, np.eye(2), np.array([1, 0]), inside)
    np.testing.assert_array_equal(y[0, :2, 1:], x[1, :2, 1:])
    np.testing.assert_array_equal(y[0, 2:], x[0, 2:])
    np.testing.assert_array_equal(y[1], x[1])
    np.testing.assert_array_equal(labels, [[10 / 16, 6 / 16], [0, 1]])


@pytest.mark.parametrize("alpha", [0.2, 1.0, 4.0])
def test_shares_are_beta(alpha, rng):
    """Of mean 1/2 and variance 1 / (4 (2 α + 1))."""
    n = 20_000
    x = np.zeros((n, 1, 1, 1))
    labels = np.eye(2)[np.arange(n) % 2]
    _, mixed = MixUp(alpha)((x, labels), rng)
    lam = mixed[np.arange(n), np.arange(n) % 2]
    crossed = lam[lam < 1]  # partners of the other class, about half: there the label shows λ
    assert abs(len(crossed) / n - 0.5) < 0.02
    variance = 1 / (4 * (2 * alpha + 1))
    assert abs(crossed.mean() - 0.5) < 4 * np.sqrt(variance / len(crossed)) + 1e-3
    assert abs(crossed.var() - variance) < 0.03 * variance


def test_areas_of_cutmix_follow_the_draw(rng):
    """Without the border, the mean area pasted would be 1 − E λ = 1/2; a middle near the border costs a part."""
    n = 4000
    x = np.arange(n, dtype=float)[:, None, None, None] / n + np.zeros((1, 16, 16, 1))
    _, mixed = CutMix(1.0)((x, np.eye(2)[np.arange(n) % 2]), rng)
    lam = mixed[np.arange(n), np.arange(n) % 2]
    # A side s = √(1 − λ) about an even middle covers s (1 − s/4) of [0, 1] on average; and s² is even.
    expected = np.mean([s**2 * (1 - s / 4) ** 2 for s in np.sqrt(np.linspace(0, 1, 10_001))])
    assert abs((1 - lam).mean() - expected / 2) < 0.02  # half of the partners are of the same class


@pytest.mark.parametrize(
    ("call", "error", "words"),
    [
        (lambda x, y, rng: MixUp(classes=3)(x, rng), TypeError, r"pass the pair \(batch, labels\)"),
        (lambda x, y, rng: MixUp()((x, y), rng), ValueError, "classes must be given"),
        (lambda x, y, rng: MixUp(classes=2)((x, y), rng), ValueError, r"\[0, 2\), not 2"),
        (lambda x, y, rng: CutMix(classes=3)((x, y - 1), rng), ValueError, r"\[0, 3\), not -1"),
        (lambda x, y, rng: CutMix(classes=3)((x, y[:2]), rng), ValueError, "labels must be 3"),
        (lambda x, y, rng: CutMix(classes=3)((x, y * 0.5), rng), TypeError, "integers"),
        (lambda x, y, rng: CutMix(classes=4)((x, np.eye(3)), rng), ValueError, "4 columns"),
        (lambda x, y, rng: CutMix(classes=3)((x, y, y), rng), ValueError, "not a tuple of 3"),
        (lambda x, y, rng: MixUp(-1), ValueError, "alpha"),
        (lambda x, y, rng: MixUp(np.ones(3)), TypeError, "alpha must be one number"),
        (lambda x, y, rng: MixUp(classes=0), ValueError, "classes must be at least 1"),
        (lambda x, y, rng: CutMix(classes="3"), TypeError, "classes must be an integer"),
        (lambda x, y, rng: mixup(x, np.eye(3), y, 1.5), ValueError, r"lam must lie in \[0, 1\], not 1.5"),
        (lambda x, y, rng: mixup(x, np.eye(3), y, [0, 1, -0.5]), ValueError, r"lam must lie in \[0, 1\], not -0.5"),
        (lambda x, y, rng: mixup(x, np.eye(3), y, np.nan), ValueError, "lam must be finite"),
        (lambda x, y, rng: mixup(x, np.eye(3), y, "half"), TypeError, "lam must be a real number"),
        (lambda x, y, rng: mixup(x, np.eye(4), y, 0.5), ValueError, "labels must be 3, one for each image"),
        (lambda x, y, rng: mixup(x, np.eye(3), y + 1, 0.5), ValueError, r"partner must be 3 integers of \[0, 3\)"),
        (lambda x, y, rng: mixup(x, np.eye(3), y - 1, 0.5), ValueError, r"partner must be 3 integers of \[0, 3\)"),
        (lambda x, y, rng: mixup(x, np.eye(3), y[:2], 0.5), ValueError, "partner must be 3 integers"),
        (lambda x, y, rng: cutmix(x, np.eye(3), y * 1.0, x > 0.5), TypeError, "partner must hold integers"),
        (lambda x, y, rng: cutmix(x, np.eye(3), y, x), TypeError, "inside must hold booleans, not float64"),
        (lambda x, y, rng: cutmix(x, np.eye(3), y, x[0] > 0.5), ValueError, r"inside must have shape \(3, 12, 10, 1\)"),
        (lambda x, y, rng: cutmix((x * 9).astype(int), np.eye(3), y, x > 0.5), TypeError, "floats"),
        (lambda x, y, rng: mixup(x, y, y, 0.5), ValueError, "one_hot"),
        (lambda x, y, rng: cutmix(x, y, y, x > 0.5), ValueError, "one_hot"),
        (lambda x, y, rng: Cutout(0), ValueError, "size must be at least 1"),
        (lambda x, y, rng: Cutout(2, value=float("inf")), ValueError, "value must be finite"),
    ],
)
def test_bad_input_is_named(call, error, words, rng):
    with pytest.raises(error, match=words):
        call(pure(3), np.arange(3), rng)
