"""What chapter 11's experiments show, against the library's augmentations, and what the text says of its links."""

import json

import numpy as np
import pytest

from course_lib.chapters.ch11_augmentation import experiments, explore, networks
from course_lib.data import augment
from course_lib.nn import Dense, ReLU, Sequential, softmax

pytest.importorskip("sklearn")

# ---------------------------------------------------------------- turn


def stored_net(kind):
    weights = json.loads(networks.STORED.read_text("utf-8"))[kind]
    net = Sequential(Dense(64, 32, rng=np.random.default_rng(0)), ReLU(), Dense(32, 10, rng=np.random.default_rng(0)))
    for name, key in (("0.W", "W1"), ("0.b", "b1"), ("2.W", "W2"), ("2.b", "b2")):
        net.params[name][...] = np.transpose(weights[key])
    return net


DIGITS = np.array(json.loads(networks.STORED.read_text("utf-8"))["digits"]).reshape(10, 8, 8, 1) / 16


@pytest.mark.parametrize(("digit", "angle", "right"), [(0, -180, -2), (9, 180, 2), (6, 35, 0.25), (4, -80, 0)])
def test_a_digit_is_turned_and_named_as_by_the_library(digit, angle, right):
    data = explore.turn(digit=digit, angle=angle, right=right).data
    M = augment.translation(right, 0) @ augment.rotation(angle)
    turned = augment.affine(DIGITS[digit : digit + 1], M)
    np.testing.assert_allclose(data["picture"]["z"], turned[0, :, :, 0], atol=1e-9)
    for name, kind in (("plain", "nothing"), ("augmented", "jitter")):
        p = softmax(stored_net(kind).forward(turned.reshape(1, 64).astype(np.float32)))[0]
        np.testing.assert_allclose(data[f"{name}_bars"]["y"], 100 * p, atol=0.01)
        assert data[f"{name}_says"] == p.argmax() and data[f"{name}_sure"] == pytest.approx(100 * p.max(), abs=0.01)


@pytest.mark.parametrize("digit", [0, 6, 8])
def test_the_ranges_end_where_another_digit_is_named(digit):
    experiment = explore.turn(digit=digit)
    for name, kind in (("plain", "nothing"), ("augmented", "jitter")):
        angles = np.arange(-180, 181, 10)
        turned = augment.affine(np.repeat(DIGITS[digit : digit + 1], len(angles), axis=0), augment.rotation(angles))
        named = stored_net(kind).forward(turned.reshape(-1, 64).astype(np.float32)).argmax(axis=1) == digit
        low, high = experiment.backdrop[f"{name}_low"], experiment.backdrop[f"{name}_high"]
        if not named[18]:
            assert low is high is None
            continue
        inside = (angles >= low) & (angles <= high)
        assert named[inside].all() and low <= 0 <= high
        assert not any(named[angles == end].any() for end in (low - 10, high + 10))


def test_the_stored_networks_can_be_made_again():
    stored, again = json.loads(networks.STORED.read_text("utf-8")), networks.stored()
    assert stored["digits"] == again["digits"]
    for kind in ("nothing", "jitter"):
        for name in ("W1", "b1", "W2", "b2"):
            np.testing.assert_allclose(stored[kind][name], again[kind][name], atol=0.05)


def test_what_the_text_says_of_its_links():
    def says(digit, angle, right):
        data = explore.turn(digit=digit, angle=angle, right=right).data
        return data["plain_says"], data["augmented_says"], data["plain_sure"], data["augmented_sure"]

    assert says(6, 180, 0)[:2] == (9, 9) and min(says(6, 180, 0)[2:]) > 90
    assert says(6, 0, 0)[:2] == (6, 6) and 50 < says(6, 0, 0.5)[2] < 90 and says(6, 0, 0.5)[:2] == (6, 6)
    assert says(6, 0, 1)[:2] == (1, 6)
    assert 6 not in says(6, 0, 2)[:2]
    assert 8 not in says(8, 0, 0)[:2]


# ---------------------------------------------------------------- views

PHOTO = np.array(experiments.photo())[None] / 255


def changed(change, amount):
    """The photograph, changed by the library."""
    matrices = {
        "turn": augment.rotation(45 * amount),
        "shear": augment.shearing(amount),
        "stretch": augment.stretching(2**amount, 1),
    }
    if change in matrices:
        return augment.affine(PHOTO, matrices[change])
    if change == "flip":
        return augment.flip_horizontal(PHOTO)
    if change == "lens":
        return augment.distort(PHOTO, 0.3 * amount)
    return getattr(augment, change)(PHOTO, 1 + amount)


@pytest.mark.parametrize("amount", [-1.0, -0.4, 0.0, 0.7, 1.0])
@pytest.mark.parametrize("change", experiments.CHANGES)
def test_a_photograph_is_changed_as_by_the_library(change, amount):
    data = explore.views(change=change, amount=amount).data
    np.testing.assert_allclose(data["picture"]["z"], changed(change, amount)[0], atol=1e-9)
    set_to = {"turn": 45 * amount, "stretch": 2**amount, "flip": None, "lens": 0.3 * amount, "shear": amount}
    assert data["value"] == pytest.approx(set_to.get(change, 1 + amount)) and (data["quantity"] is None) == (
        change == "flip"
    )
    assert (data["clipped"] is None) == (change not in ("brightness", "contrast", "saturation"))


def test_the_readouts_count_pixels():
    white = np.ones((1, *PHOTO.shape[1:3], 1))
    for change, amount in (("turn", 0.4), ("shear", -0.5), ("stretch", -1.0)):
        matrices = {"turn": augment.rotation(45 * amount), "shear": augment.shearing(amount)}
        M = matrices.get(change, augment.stretching(2**amount, 1))
        black = 100 * np.mean(augment.affine(white, M) == 0)
        assert explore.views(change=change, amount=amount).data["outside"] == pytest.approx(black)
    raised = 1.6 * PHOTO
    share = 100 * np.mean((raised > 1 + 1e-9).any(axis=3))
    assert explore.views(change="brightness", amount=0.6).data["clipped"] == pytest.approx(share) and share > 5


# ---------------------------------------------------------------- windows


def test_ten_crops_are_the_librarys():
    """Of a photograph whose pixels are their places, resized to 256 × 384."""
    rows, columns = np.meshgrid(np.arange(256.0), np.arange(384.0), indexing="ij")
    x = np.stack([rows, columns], axis=-1)[None] / 400
    crops = augment.ten_crops(x, 224)[:, 0]
    places = experiments._places("ten", 256, 1)
    for crop, (short, top, left, mirrored) in zip(crops, places, strict=True):
        corner = np.rint(400 * crop[0, -1 if mirrored else 0])
        assert (short, top, left) == (256, *corner)


@pytest.mark.parametrize("short", [224, 256, 480])
def test_random_windows_lie_in_the_photograph(short):
    places = np.array([place for draw in range(1, 200) for place in experiments._places("random", short, draw)])
    side, top, left, mirrored = places.T
    assert side.min() >= short and side.max() <= 480 and 0.4 < mirrored.mean() < 0.6
    assert top.min() >= 0 and (top <= side - 224).all() and left.min() >= 0
    assert (left <= np.floor((3 * side + 1) / 2) - 224).all()
    assert side.mean() == pytest.approx((short + 480) / 2, abs=8)


def test_a_window_shows_what_its_frame_holds():
    data = explore.windows(how="ten", short=480).data
    left, right = min(data["window 1"]["x"]), max(data["window 1"]["x"])
    low, high = min(data["window 1"]["y"]), max(data["window 1"]["y"])
    assert (left, high) == (0, 48) and right == pytest.approx(22.4) and low == pytest.approx(48 - 22.4)
    at = np.arange(20) * 1.12 + 0.06  # middles of the view's pixels, in those of the photograph
    x, y = np.meshgrid(at, at)
    wanted = augment.sample(PHOTO, x[None], y[None])[0]
    mosaic = np.array(data["views"]["z"])
    np.testing.assert_allclose(mosaic[:20, :20], wanted, atol=1e-9)
    np.testing.assert_allclose(mosaic[21:, :20], wanted[:, ::-1], atol=1e-9)


def mean_share():
    sides = [place[0] for draw in range(1, 21) for place in experiments._places("random", 256, draw)]
    return 100 * np.mean(224**2 / np.array(sides) ** 2 / 1.5)


def test_the_shares_are_those_of_areas():
    expected = 100 * 224**2 / 1.5 * np.mean(1 / np.arange(256.0, 481) ** 2)
    assert mean_share() == pytest.approx(expected, abs=1.5)
    shown = np.array(experiments._places("random", 256, 5))[:, 0]
    assert explore.windows(draw=5).data["mean"] == pytest.approx(100 * np.mean(224**2 / shown**2 / 1.5), rel=1e-6)
    assert 20 < explore.windows(how="random", short=256, draw=1).data["mean"] < 32, "about a quarter"
    assert explore.windows(how="random", short=480, draw=1).data["mean"] == pytest.approx(100 / 7, abs=1), "a seventh"


# ---------------------------------------------------------------- blend


@pytest.mark.parametrize("lam", [0.0, 0.3, 1.0])
def test_a_blend_is_the_librarys_mixup(lam):
    data = explore.blend(how="mixup", first=2, second=7, lam=lam).data
    x, y = augment.mixup(DIGITS[[2, 7]], np.eye(10)[[2, 7]], np.array([1, 0]), lam)
    np.testing.assert_allclose(data["picture"]["z"], x[0, :, :, 0], atol=1e-9)
    np.testing.assert_allclose(data["label"]["y"], 100 * y[0], atol=1e-9)


@pytest.mark.parametrize("middle", [(5.5, 3.5), (0, 0), (8, 8), (0.2, 7.9)])
@pytest.mark.parametrize("side", [0, 4, 5, 8])
def test_a_square_is_pasted_as_by_the_library(side, middle):
    data = explore.blend(how="cutmix", first=3, second=6, side=side, middle=middle).data
    row, column = min(int(8 - middle[1]), 7), min(int(middle[0]), 7)
    top, left = row - side // 2, column - side // 2
    inside = augment.mixing.box(DIGITS[[3, 6]], top, left, top + side, left + side)
    x, y = augment.cutmix(DIGITS[[3, 6]], np.eye(10)[[3, 6]], np.array([1, 0]), inside)
    np.testing.assert_allclose(data["picture"]["z"], x[0, :, :, 0], atol=1e-9)
    np.testing.assert_allclose(data["label"]["y"], 100 * y[0], atol=1e-9)
    assert data["share"] == pytest.approx(data["of_first"]) == 100 - inside[0].mean() * 100
    outline = np.ptp(data["square"]["x"]) * np.ptp(data["square"]["y"])
    assert outline == inside[0].sum(), "the outline holds the pixels of the square that lie in the image"
    covered = explore.blend(how="cutout", first=3, side=side, middle=middle).data
    np.testing.assert_allclose(covered["picture"]["z"], np.where(inside[0, :, :, 0], 0, DIGITS[3, :, :, 0]), atol=1e-9)
    assert covered["of_first"] == 100 and covered["of_second"] is None


def test_labels_that_are_not_blended():
    data = explore.blend(how="mixup", first=3, second=6, lam=0.6, blended=False).data
    assert (data["share"], data["of_first"], data["of_second"]) == (pytest.approx(60), 100, 0)
    same = explore.blend(how="mixup", first=3, second=3, lam=0.6).data
    assert same["of_first"] == pytest.approx(100)
