import math
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from course_lib.data.augment import (
    Affine,
    LensDistortion,
    Rotate,
    Shear,
    Stretch,
    Translate,
    affine,
    bilinear,
    distort,
    rotation,
    sample,
    shearing,
    stretching,
    translation,
)


def pillow_affine(image, inverse):
    """Pillow's own sampling of one plane of floats by a matrix about the middle."""
    h, w = image.shape
    (a, b, c), (d, e, f) = inverse[:2]
    middle = np.array([w / 2, h / 2])
    c, f = np.array([c, f]) + middle - np.array([[a, b], [d, e]]) @ middle
    size, data = (w, h), (a, b, c, d, e, f)
    return np.asarray(Image.fromarray(image).transform(size, Image.Transform.AFFINE, data, Image.Resampling.BILINEAR))


def test_every_image_has_its_own_matrix_as_pillow_has_it(photos, rng):
    x = photos.astype(np.float32)
    M = (
        translation(rng.uniform(-3, 3, 7), rng.uniform(-3, 3, 7))
        @ rotation(rng.uniform(-180, 180, 7))
        @ stretching(rng.uniform(0.6, 1.5, 7), rng.uniform(0.6, 1.5, 7))
        @ shearing(rng.uniform(-0.5, 0.5, 7))
    )
    y = affine(x, M)
    assert y.dtype == np.float32
    for n in range(7):
        for channel in range(3):
            theirs = pillow_affine(np.ascontiguousarray(x[n, :, :, channel]), np.linalg.inv(M[n]))
            np.testing.assert_allclose(y[n, :, :, channel], theirs, atol=2e-6)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_between_four_pixels(dtype, rng):
    """Each pixel counts by the area of the opposite rectangle; at the pixels, and between equal ones, it is exact."""
    corners, (a, b) = rng.random((4, 50)).astype(dtype), rng.random((2, 50)).astype(dtype)
    areas = [(1 - a) * (1 - b), a * (1 - b), (1 - a) * b, a * b]
    found = bilinear(*corners, a, b)
    np.testing.assert_allclose(found, np.sum(np.multiply(areas, corners), axis=0), rtol=8 * np.finfo(dtype).eps)
    assert found.dtype == dtype
    assert [bilinear(0.1, 0.2, 0.3, 0.7, a, b) for b in (0, 1) for a in (0, 1)] == pytest.approx(
        [0.1, 0.2, 0.3, 0.7], rel=1e-15
    )
    np.testing.assert_array_equal(bilinear(*[corners[0]] * 4, a, b), corners[0])
    image = np.array([[0.1, 0.2], [0.3, 0.7]]).reshape(1, 2, 2, 1)
    assert sample(image, np.array([[[0.25]]]), np.array([[[0.75]]])) == bilinear(0.1, 0.2, 0.3, 0.7, 0.25, 0.75)


@pytest.mark.parametrize("way", [0.5, -0.5])
def test_the_image_ends_where_pillows_does(way, photos):
    """On the very edge: half a pixel beyond the first middle is inside, half a pixel beyond the last is not."""
    x = 0.5 + photos[:1, :, :, :1].astype(np.float32) / 2
    for M in (translation(way, 0), translation(0, way)):
        np.testing.assert_allclose(affine(x, M)[0, ..., 0], pillow_affine(x[0, ..., 0], np.linalg.inv(M)), atol=1e-6)


def test_images_of_many_blocks_are_pillows(rng):
    x = rng.random((2, 301, 203, 1), dtype=np.float32)  # sampled some lines at a time
    M = rotation([20, 200]) @ shearing(0.2)
    for image, matrix, warped in zip(x[..., 0], M, affine(x, M)[..., 0], strict=True):
        np.testing.assert_allclose(warped, pillow_affine(image, np.linalg.inv(matrix)), atol=1e-4)
    bent = distort(x, [0.1, -0.1])
    X, Y = np.arange(203) - 101.0, np.arange(301)[:, None] - 150.0
    bend = np.array([0.1, -0.1])[:, None, None] * (X**2 + Y**2) / (101**2 + 150**2)
    np.testing.assert_allclose(bent, sample(x, 101 + X * (1 + bend), 150 + Y * (1 + bend)), atol=1e-5)


@pytest.mark.parametrize("degrees", [30, -77.3, 180])
def test_rotation_is_pillows(degrees, photos):
    x = photos[..., :1].astype(np.float32)
    y = affine(x, rotation(degrees))
    for image, turned in zip(x[..., 0], y[..., 0], strict=True):
        theirs = np.asarray(Image.fromarray(image).rotate(degrees, Image.Resampling.BILINEAR))
        # Pillow rounds its matrix to 15 digits, and turns by 180° without sampling: ends may fall to the other side.
        assert (abs(turned - theirs) < 1e-5).mean() > 0.99
        np.testing.assert_allclose(turned[1:-1, 1:-1], theirs[1:-1, 1:-1], atol=1e-5)


def test_quarter_turns_and_whole_moves_are_exact(photos):
    square = photos[:, :, :24]
    np.testing.assert_allclose(affine(square, rotation(90)), np.rot90(square, axes=(1, 2)), atol=1e-12)
    y = affine(photos, translation(3, -2))
    np.testing.assert_array_equal(y[:, :22, 3:], photos[:, 2:, :-3])
    assert not y[:, 22:].any() and not y[:, :, :3].any()


def test_matrices_do_what_they_say():
    M = rotation(90) @ translation(1, 0)
    np.testing.assert_allclose(M @ [0, 0, 1], [0, -1, 1], atol=1e-15)  # first right, then counter-clockwise: up
    np.testing.assert_allclose(shearing([0.5, 1])[:, 0, 1], [0.5, 1])
    np.testing.assert_allclose(stretching(2, 3) @ [1, 1, 1], [2, 3, 1])


@pytest.mark.parametrize(("fill", "mode"), [("constant", "constant"), ("edge", "edge"), ("reflect", "symmetric")])
def test_outside_is_what_numpy_pads(fill, mode, photos):
    wide = np.pad(photos, ((0, 0), (30, 30), (40, 40), (0, 0)), mode=mode)
    for right, down in [(5, -7), (-30, 23), (31, 24)]:
        y = affine(photos, translation(right, down), fill)
        np.testing.assert_array_equal(y, wide[:, 30 - down : 54 - down, 40 - right : 71 - right])


def test_between_pixels_a_plane_is_read_exactly(rng):
    """Bilinear interpolation is exact for a + b x + c y + d x y."""
    X, Y = np.arange(9.0), np.arange(7.0)[:, None]

    def image(x, y):
        return 0.1 + 0.03 * x + 0.05 * y + 0.002 * x * y

    batch = np.stack([image(X, Y), 1 - image(X, Y)])[..., None]
    x, y = rng.uniform(0, 8, (2, 5, 4)), rng.uniform(0, 6, (2, 5, 4))
    out = sample(batch, x, y)[..., 0]
    np.testing.assert_allclose(out[0], image(x[0], y[0]), rtol=1e-13)
    np.testing.assert_allclose(out[1], 1 - image(x[1], y[1]), rtol=1e-13)


def test_a_lens_bends_radially(photos):
    h, w, k = 25, 25, 0.4
    X, Y = np.meshgrid(np.arange(w) - 12.0, np.arange(h) - 12.0)
    radius = np.hypot(X, Y) / np.hypot(12, 12)
    y = distort(np.stack([radius, radius])[..., None] / 2, [k, 0], fill="edge")[..., 0] * 2
    inner = radius * (1 + k * radius**2) < 0.7  # its circle is inside the square
    np.testing.assert_allclose(y[0][inner], (radius * (1 + k * radius**2))[inner], atol=5e-3)
    np.testing.assert_allclose(y[0][12, 12:16], (radius * (1 + k * radius**2))[12, 12:16], atol=1e-12)
    np.testing.assert_array_equal(y[1], radius)
    np.testing.assert_array_equal(distort(photos, 0.0), photos)
    assert distort(np.ones((1, 9, 9, 1)), 0.3)[0, 0, 0, 0] == 0 and distort(np.ones((1, 9, 9, 1)), -0.3).min() == 1


CHANGES = [
    (Translate(3), Translate(0)),
    (Rotate(20), Rotate(0)),
    (Shear(0.3), Shear(0)),
    (Stretch(0.2), Stretch(0)),
    (LensDistortion(0.3), LensDistortion(0)),
    (Affine(rotate=20, translate=2, shear=0.2, stretch=0.2), Affine()),
]


@pytest.mark.parametrize(("f", "nothing"), CHANGES, ids=lambda f: type(f).__name__)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("fill", ["constant", "edge", "reflect"])
def test_random_warps(f, nothing, dtype, fill, photos, rng):
    f, nothing = replace(f, fill=fill), replace(nothing, fill=fill)
    x = photos.astype(dtype)
    np.testing.assert_array_equal(nothing(x, rng), x)
    y = f(x, np.random.default_rng(5))
    assert y.shape == x.shape and y.dtype == dtype and y.min() >= 0 and y.max() <= 1
    assert all((a != b).any() for a, b in zip(x, y, strict=True))
    np.testing.assert_array_equal(f(x, np.random.default_rng(5)), y)
    one_by_one = np.random.default_rng(5)
    np.testing.assert_array_equal(np.concatenate([f(x[n : n + 1], one_by_one) for n in range(7)]), y)
    many = np.concatenate([x] * 30)  # more than one block
    np.testing.assert_array_equal(f(many, np.random.default_rng(5))[:7], y)


@pytest.mark.parametrize("big", [1 - 2**-24, 1.0])
def test_the_range_is_kept_to_the_last_bit(big, rng):
    x = rng.choice(np.array([0, 1e-8, 0.3, big], np.float32), (50, 9, 9, 1))
    y = affine(x, translation(rng.choice([1 - 1e-9, 1e-9, 0.3, 0.9999999], 50), 0.4), "edge")
    assert y.max() <= np.float32(big) and y.min() >= 0


def test_draws_fill_their_ranges(rng):
    """A dot that moves shows the way: its centre of mass is the draw."""
    n = 4000
    x = np.zeros((n, 11, 11, 1))
    x[:, 5, 5] = 1
    y = Translate((-1, 3))(x, rng)[..., 0]
    for axis in (1, 2):
        way = (y * (np.arange(11) - 5)[:, None].swapaxes(0, 2 - axis)).sum(axis=(1, 2))
        assert -1 <= way.min() < -0.95 and 2.95 < way.max() <= 3
        assert abs(way.mean() - 1) < 4 * 4 / math.sqrt(12 * n)
    x[:] = 0
    x[:, 5, 9] = 1
    y = Rotate((0, 90))(x, rng)[..., 0]
    right, up = ((y * a).sum(axis=(1, 2)) for a in (np.arange(11) - 5, 5 - np.arange(11)[:, None]))
    angle = np.rad2deg(np.arctan2(up, right))
    assert angle.min() > -4 and angle.max() < 94  # up is counter-clockwise
    assert abs(angle.mean() - 45) < 4 * 90 / math.sqrt(12 * n) + 0.5


@pytest.mark.parametrize("fill", ["constant", "edge", "reflect"])
def test_random_warps_are_their_matrices(fill, photos):

    def rng():
        return np.random.default_rng(8)

    wide, high = rng().uniform(0.8, 1.2, (7, 2)).T
    np.testing.assert_array_equal(Stretch(0.2, fill)(photos, rng()), affine(photos, stretching(wide, high), fill))
    right, down = rng().uniform(-3, 3, (7, 2)).T
    np.testing.assert_array_equal(Translate(3, fill)(photos, rng()), affine(photos, translation(right, down), fill))
    one = rng().uniform(-0.3, 0.3, 7)
    np.testing.assert_array_equal(Rotate(0.3, fill)(photos, rng()), affine(photos, rotation(one), fill))
    np.testing.assert_array_equal(Shear(0.3, fill)(photos, rng()), affine(photos, shearing(one), fill))
    np.testing.assert_array_equal(LensDistortion(0.3, fill)(photos, rng()), distort(photos, one, fill))
    every = Affine(rotate=(10, 20), translate=(1, 2), shear=(0.1, 0.2), stretch=(0.7, 0.9), fill=fill)
    low, high = [10, 1, 1, 0.1, 0.7, 0.7], [20, 2, 2, 0.2, 0.9, 0.9]
    phi, right, down, s, wide, high = rng().uniform(low, high, (7, 6)).T
    M = translation(right, down) @ rotation(phi) @ stretching(wide, high) @ shearing(s)
    np.testing.assert_allclose(every(photos, rng()), affine(photos, M, fill), atol=1e-12)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda x: Rotate((3, 1)), "degrees must be a range"),
        (lambda x: Rotate(-3), "degrees must be finite and at least 0"),
        (lambda x: Rotate((1, 2, 3)), "pair"),
        (lambda x: Translate(float("nan")), "pixels must be finite"),
        (lambda x: Stretch(1.0), "factor must be a range"),
        (lambda x: Affine(stretch=(0, 1)), "stretch must be a range"),
        (lambda x: Shear(1, fill="wrap"), "fill must be one of constant, edge, reflect"),
        (lambda x: LensDistortion((-1 / 3, 0)), "k must be a range"),
        (lambda x: distort(x, -0.4), "k must be above"),
        (lambda x: distort(x, [0.1, 0.2]), "one number or 7"),
        (lambda x: affine(x, np.eye(3) + [1, 0, 0]), "last row"),
        (lambda x: affine(x, stretching(0, 1)), "no inverse"),
        (lambda x: affine(x, rotation([1, 2])), r"\(3, 3\) or \(7, 3, 3\), not \(2, 3, 3\)"),
        (lambda x: sample(x, np.zeros((2, 3, 3)), np.zeros((1, 3, 3))), "broadcast|shape mismatch"),
        (lambda x: sample(x[:1], np.zeros((2, 3, 3)), np.zeros((1, 3, 3))), r"to \(1, h, w\), .* not to \(2, 3, 3\)"),
        (lambda x: sample(x, np.zeros((1, 0, 3)), np.zeros((1, 0, 3))), r"h and w ≥ 1, not to \(7, 0, 3\)"),
        (lambda x: affine(x, stretching(1e-320, 1)), "no inverse"),
        (lambda x: sample(x, np.full((1, 3, 3), np.nan), np.zeros((1, 3, 3))), "finite"),
        (lambda x: affine(x[:0], rotation(1)), "empty"),
    ],
)
def test_bad_input_is_named(call, words, photos):
    with pytest.raises(ValueError, match=words):
        call(photos)


@pytest.mark.parametrize("value", [np.array([1.0, 2.0]), (False, True), True, "1", (0, 1j)])
def test_a_range_is_of_plain_numbers(value):
    for kind in (Rotate, Translate, Shear, Stretch, LensDistortion):
        with pytest.raises(TypeError, match=r"^(degrees|pixels|slant|factor|k) must be"):
            kind(value)
