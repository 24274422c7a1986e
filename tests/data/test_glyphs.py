"""Glyphs: the letters they say, in all faces, bent but readable, digitized as the digits were; seeded and cached."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import matplotlib
import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont
from scipy import ndimage
from sklearn.neighbors import KNeighborsClassifier

from course_lib.data import glyphs, load_digits
from course_lib.data.glyphs import FACES, LETTERS, glyph_classes, load_glyphs

STILL = {"version": 1, "rotation": 0.0, "shear": 0.0, "stretch": 0.0, "warp": 0.0, "stroke": (0.0, 0.0)}


def draw(seed=0, n=380, **options):
    return load_glyphs(np.random.default_rng(seed), n, **({"cache": False} | options))


@pytest.fixture(scope="module")
def many():
    return draw(n=4000)


def pillow(face, character):
    """The glyph as Pillow renders it: bounding box, 32 high, at most 24 wide, in the middle of 32×32."""
    font = ImageFont.truetype(str(Path(matplotlib.get_data_path()) / "fonts" / "ttf" / f"{face}.ttf"), 200)
    image = Image.new("L", (600, 600))
    ImageDraw.Draw(image).text((150, 150), character, font=font, fill=255)
    image = image.crop(image.getbbox())
    width = max(1, min(24, round(32 * image.width / image.height)))
    page = np.zeros((32, 32))
    left = (32 - width) // 2
    page[:, left : left + width] = np.asarray(image.resize((width, 32), Image.Resampling.BOX)) / 255
    return page


@pytest.mark.parametrize("face", FACES)
def test_unbent_glyphs_are_those_of_the_font(face, monkeypatch):
    monkeypatch.setattr(glyphs, "RECIPE", STILL)
    monkeypatch.setattr(glyphs, "FACES", (face,))
    glyphs._fields.cache_clear()
    characters = "AgRsMe"
    x, y = draw(n=6, characters=characters, merge=False, size=32)
    glyphs._fields.cache_clear()
    for image, label in zip(x[..., 0], y, strict=True):
        likeness = np.corrcoef(image.ravel(), pillow(face, characters[label]).ravel())[0, 1]
        others = [
            np.corrcoef(image.ravel(), pillow(face, c).ravel())[0, 1] for c in characters if c != characters[label]
        ]
        assert likeness > 0.8 and likeness > max(others) + 0.15


def test_an_older_matplotlib_has_another_face_in_the_place_of_one(tmp_path, monkeypatch):
    new = glyphs._fields("ab")
    folder = tmp_path / "fonts" / "ttf"
    folder.mkdir(parents=True)
    for font in (Path(matplotlib.get_data_path()) / "fonts" / "ttf").glob("*.ttf"):
        if font.stem != "cmti10":
            (folder / font.name).write_bytes(font.read_bytes())
    monkeypatch.setattr(matplotlib, "get_data_path", lambda: str(tmp_path))
    old = glyphs._fields.__wrapped__("ab")
    place, instead = map(FACES.index, ("cmti10", "cmmi10"))
    others = [i for i in range(len(FACES)) if i != place]
    assert (old[others] == new[others]).all() and (old[place] == new[instead]).all()
    assert (new[place] != new[instead]).any()


def test_faces_are_text_faces_and_complete():
    fonts = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    assert len(set(FACES)) == 22 and all((fonts / f"{face}.ttf").is_file() for face in FACES)
    assert not any(
        part in face for face in FACES for part in ("Siz", "NonUni", "cmex", "cmsy", "Display", "LastResort")
    )
    fields = glyphs._fields("".join(glyph_classes()))
    assert fields.shape[:2] == (22, 52)
    inside = (fields > 0).mean(axis=(2, 3))
    assert inside.min() > 0.01 and inside.max() < 0.4  # no face misses a letter, or has a box for it
    assert len({face.tobytes() for face in fields}) == 22  # no face is another one


def test_distances_are_scipys():
    rng = np.random.default_rng(0)
    seen = ndimage.gaussian_filter(rng.standard_normal((glyphs.FIELD, glyphs.FIELD)), 3) > 0
    theirs = ndimage.distance_transform_edt(seen)
    assert np.allclose(glyphs._far(seen), np.maximum(theirs - 0.5, 0))


def test_points_are_looked_up_as_scipy_does():
    rng = np.random.default_rng(0)
    fields = rng.standard_normal((3, glyphs.FIELD, glyphs.FIELD))
    down, across = rng.uniform(-0.45, 0.45, (2, 3, 5, 6))
    mine = glyphs._look_up(fields, down, across)
    for k in range(3):
        points = (np.stack([down[k], across[k]]) + 0.5) * glyphs.FIELD - 0.5
        assert np.allclose(mine[k], ndimage.map_coordinates(fields[k], points, order=1))


class Told:
    """A generator that gives the numbers it was told, in the order `_bend` asks: angle, shear, stretch, warp."""

    def __init__(self, *numbers):
        self.numbers = list(numbers)

    def standard_normal(self, shape):
        return np.broadcast_to(self.numbers.pop(0), shape)

    def uniform(self, low, high, n):
        return np.zeros(n)


WAVES = np.random.default_rng(5).standard_normal((1, 2, 5, 5))


@pytest.mark.parametrize(
    ("angle", "shear", "stretch", "warp"),
    [(3, 0, 0, 0), (-11.25, 0, 0, 0), (0, 2, 0, 0), (0, 0, 4, 0), (0, 0, 0, WAVES), (1, -1, 1, WAVES)],
)
def test_glyphs_are_bent_as_scipy_bends_them(angle, shear, stretch, warp):
    fields = glyphs._fields("GR")[0]
    n = glyphs.FIELD
    turn, lean, widen = np.deg2rad(8) * angle, 0.15 * shear, np.exp(0.1 * stretch)
    matrix = (
        np.array([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
        @ np.array([[1, 0], [lean, 1]])
        @ np.diag([1, widen])
    )
    at = (np.mgrid[:n, :n] + 0.5) / n - 0.5
    moved = np.einsum("ij,jrc->irc", matrix, at)
    for i, knots in enumerate(np.broadcast_to(warp, (1, 2, 5, 5))[0] * 0.035):
        moved[i] += ndimage.map_coordinates(knots, (at + 0.5) * 4, order=1)
    bent = [ndimage.map_coordinates(f, (moved + 0.5) * n - 0.5, order=1, mode="nearest") for f in fields]
    mine = glyphs._bend(Told(angle, shear, stretch, warp), fields)
    theirs = glyphs._bend(Told(0, 0, 0, 0), np.array(bent, np.float32))
    still = glyphs._bend(Told(0, 0, 0, 0), fields)
    assert (mine == theirs).mean() > 0.985 > 0.96 > (mine == still).mean()


def test_strokes_are_thick_and_thin(monkeypatch):
    ink = []
    for stroke in (0.0, 0.01, 0.02):
        monkeypatch.setattr(glyphs, "RECIPE", STILL | {"stroke": (stroke, stroke)})
        ink.append(draw(n=100)[0].mean())
    assert ink[0] + 0.03 < ink[1] and ink[1] + 0.03 < ink[2]


def test_classes():
    assert len(glyph_classes()) == 38 and len(glyph_classes(merge=False)) == 52
    assert sorted("".join(glyph_classes())) == sorted(LETTERS)
    assert glyph_classes("xX8") == ("Xx", "8") and glyph_classes("xa") == ("x", "a")
    _, y = draw(n=390)
    counts = np.bincount(y)
    assert len(counts) == 38 and set(counts) == {10, 11}


def test_both_letters_and_all_faces_of_a_class_are_drawn(monkeypatch):
    seen = []
    bend = glyphs._bend
    monkeypatch.setattr(glyphs, "_bend", lambda rng, fields: seen.extend(fields) or bend(rng, fields))
    draw(n=600, characters="Ss")
    assert len({f.tobytes() for f in seen}) == 44


def test_boxes_and_ink_are_as_of_the_digits(many):
    x, _ = many
    digits = load_digits(np.random.default_rng(0), images=True).x_train
    assert x.dtype == np.float32 and x.min() == 0 and x.max() == 1
    assert np.array_equal(x * 16, np.rint(x * 16))
    assert abs(x.mean() - digits.mean()) < 0.04
    rows, columns = ((x[..., 0] > 0).any(axis=a).mean(axis=0) for a in (2, 1))
    assert rows.min() > 0.98  # the box is as high as the image
    assert np.allclose(columns[::7], 0, atol=0.1) and columns[2:6].min() > 0.98


def test_sizes_are_blocks_of_one_bitmap():
    bitmap, _ = draw(size=32)
    assert set(np.unique(bitmap)) == {0, 1}
    for size in (4, 8, 16):
        k = 32 // size
        blocks = bitmap.reshape(-1, size, k, size, k).mean(axis=(2, 4))
        assert np.array_equal(draw(size=size)[0][..., 0], blocks)
    assert draw(n=5, dtype=np.float64)[0].dtype == np.float64


def test_bent_but_readable(many):
    x, y = many
    x = x.reshape(4000, -1)
    assert len(np.unique(x, axis=0)) > 3950
    assert KNeighborsClassifier(1).fit(x[:3500], y[:3500]).score(x[3500:], y[3500:]) > 0.82


def test_seeded():
    (x, y), (same, same_y), (other, _) = (draw(seed) for seed in (0, 0, 1))
    assert np.array_equal(x, same) and np.array_equal(y, same_y) and not np.array_equal(x, other)


def test_cache_gives_the_same_and_does_not_draw(tmp_path, monkeypatch):
    rngs = [np.random.default_rng(0) for _ in range(3)]
    x, y = load_glyphs(rngs[0], 50, cache=False)
    made = load_glyphs(rngs[1], 50, cache=tmp_path)
    monkeypatch.setattr(glyphs, "_draw", None)
    kept = load_glyphs(rngs[2], 50, cache=tmp_path)
    for pair in (made, kept):
        assert np.array_equal(x, pair[0]) and np.array_equal(y, pair[1]) and y.dtype == pair[1].dtype
    assert len({r.random() for r in rngs}) == 1  # what follows is the same, too
    (path,) = tmp_path.iterdir()
    with np.load(path, allow_pickle=False) as file:
        assert file["ink"].dtype == np.uint8


def test_cache_is_of_one_recipe_only(tmp_path, monkeypatch):
    def size(seed=0, **options):
        load_glyphs(np.random.default_rng(seed), 10, cache=tmp_path, **options)
        return len(list(tmp_path.iterdir()))

    assert size() == size() == size(dtype=np.float64) == 1
    assert [size(seed=1), size(size=16), size(characters="abcC"), size(characters="abcC", merge=False)] == [2, 3, 4, 5]
    monkeypatch.setitem(glyphs.RECIPE, "warp", 0.1)
    assert size() == 6
    monkeypatch.setattr(matplotlib, "__version__", "0")
    assert size() == 7


def test_damaged_cache_is_drawn_anew(tmp_path, monkeypatch):
    monkeypatch.setenv("DESCENT_CACHE", str(tmp_path))
    x, _ = draw(n=20, cache=True)
    (path,) = (tmp_path / "descent").iterdir()
    whole = path.read_bytes()
    path.write_bytes(whole[:50])
    assert np.array_equal(draw(n=20, cache=True)[0], x) and len(path.read_bytes()) == len(whole)
    np.savez(path, ink=np.zeros((3, 8, 8, 1), np.uint8), y=np.zeros(3, int))
    assert np.array_equal(draw(n=20, cache=True)[0], x)


def test_writers_at_once_do_not_harm_each_other(tmp_path):
    x, _ = draw(n=30)
    with ThreadPoolExecutor(8) as pool:
        for kept, _ in pool.map(lambda _: draw(n=30, cache=tmp_path), range(24)):
            assert np.array_equal(kept, x)
    assert len(list(tmp_path.iterdir())) == 1


def test_only_generators_draw():
    with pytest.raises(TypeError, match="rng must be a generator"):
        load_glyphs(0, 5, cache=False)


@pytest.mark.parametrize(
    ("options", "error", "words"),
    [
        ({"n": 0}, ValueError, "n must be at least 1"),
        ({"n": 1.5}, TypeError, "n must be an integer"),
        ({"size": 10}, ValueError, "size must be 4, 8, 16 or 32, not 10"),
        ({"characters": ""}, ValueError, "characters must be different letters"),
        ({"characters": "aa"}, ValueError, "characters must be different letters"),
        ({"characters": "aé"}, ValueError, "not 'aé'"),
        ({"characters": 3}, TypeError, "characters must be a string, not int"),
        ({"dtype": int}, TypeError, "dtype must be a float type, not int64"),
        ({"cache": None}, TypeError, "cache must be True, False or a folder, not None"),
    ],
)
def test_bad_input(options, error, words):
    with pytest.raises(error, match=words):
        draw(**options)
