"""Letters from the fonts that come with matplotlib, each distorted a little differently, digitized as digits were.

A glyph is stored as a signed distance field: how far each point lies inside (+) or outside (−) of the ink. The ink is
where it exceeds a level, so that a lower level is a thicker stroke; and it can be interpolated at any point, so
that rotation, shear and warp only move the points.
"""

from __future__ import annotations

import functools
import hashlib
import json
import string
from pathlib import Path

import numpy as np
from numpy.typing import DTypeLike

from course_lib.validation import check_count, check_rng

from .cache import cache_folder, load_arrays, save_arrays
from .labels import check_dtype

# The text faces; matplotlib's other fonts hold symbols, or pieces of large brackets.
FACES = (
    *(f"DejaVuSans{style}" for style in ("", "-Bold", "-Oblique", "-BoldOblique")),
    *(f"DejaVuSansMono{style}" for style in ("", "-Bold", "-Oblique", "-BoldOblique")),
    *(f"DejaVuSerif{style}" for style in ("", "-Bold", "-Italic", "-BoldItalic")),
    *(f"STIXGeneral{style}" for style in ("", "Bol", "Italic", "BolIta")),
    *("cmr10", "cmb10", "cmti10", "cmmi10", "cmss10", "cmtt10"),
)
# matplotlib has the first of each pair from 3.11 on; before, the other one, as slanted, takes its place.
OLDER = {"cmti10": "cmmi10"}
# Letters that look alike at the same size: 52 letters, 38 classes.
ALIKE = ("Cc", "Il", "Jj", "Kk", "Mm", "Oo", "Pp", "Ss", "Uu", "Vv", "Ww", "Xx", "Yy", "Zz")
LETTERS = string.ascii_letters

FIELD = 64  # points of a distance field along one side; the glyph is FIT of it high or wide, in the middle
FIT = 0.6
BITMAP = 32  # pixels of the bitmap along one side
WIDEST = 24  # and of the glyph in it at most
RECIPE = {
    "version": 1,
    "rotation": 8.0,  # degrees, standard deviation
    "shear": 0.15,
    "stretch": 0.1,
    "warp": 0.035,  # of the field's side
    "stroke": (0.0, 0.022),  # range of what the stroke gains on each side, of the field's side
}


def load_glyphs(
    rng: np.random.Generator,
    n: int = 20_000,
    *,
    characters: str = LETTERS,
    merge: bool = True,
    size: int = 8,
    cache: bool | str | Path = True,
    dtype: DTypeLike = np.float32,
) -> tuple[np.ndarray, np.ndarray]:
    """Draw glyphs in 22 faces: rotated, sheared, stretched, warped, in thin and thick strokes.

    x = (pixels of ink in a block)/(pixels of a block): the glyph's bounding box is scaled to a bitmap of 32×32
    pixels, and that is averaged over size×size blocks, as for the handwritten digits.

    Args:
        rng: draws everything; one seed always gives the same glyphs.
        n: number of glyphs, ≥ 1; all classes are equally frequent, up to one glyph.
        characters: letters and digits to draw.
        merge: whether letters that look alike, `ALIKE`, are one class: A–Z and a–z are then 38 classes.
        size: side of an image: 4, 8, 16 or 32.
        cache: True for the user's cache folder; or the folder to use; or False.
        dtype: the float type of x.

    Returns:
        (x, y), x in [0, 1] of shape (n, size, size, 1), ink 1; y of shape (n,), the index into
        `glyph_classes(characters, merge)`.

    >>> x, y = load_glyphs(np.random.default_rng(0), 76, cache=False)
    >>> x.shape, y.min(), y.max()
    ((76, 8, 8, 1), np.int64(0), np.int64(37))

    Source: the bitmaps as in Garris and others, NIST form-based handprint recognition system, 1994; the distance
    fields after Green, Improved alpha-tested magnification for vector textures and special effects, 2007.
    """
    dtype = check_dtype(dtype)
    check_rng("rng", rng)
    check_count("n", n)
    if check_count("size", size) not in (4, 8, 16, 32):
        raise ValueError(f"size must be 4, 8, 16 or 32, not {size}")
    classes = glyph_classes(characters, merge)
    if not isinstance(cache, bool | str | Path):
        raise TypeError(f"cache must be True, False or a folder, not {cache!r}")
    # One number is drawn whether or not the glyphs are in the cache, so that what follows is the same.
    seed = int(rng.integers(2**63))
    path = None
    if cache is not False:
        key = {"n": n, "classes": classes, "size": size, "seed": seed, "faces": FACES, "recipe": RECIPE} | _versions()
        digest = hashlib.sha256(json.dumps(key, sort_keys=True).encode()).hexdigest()[:20]
        path = (cache_folder() if cache is True else Path(cache)) / f"glyphs-{digest}.npz"
    kept = load_arrays(path, ("ink", "y")) if path else None
    if kept is None or kept["ink"].shape != (n, size, size, 1) or kept["y"].shape != (n,):
        kept = _draw(np.random.default_rng(seed), n, classes, size)
        if path:
            save_arrays(path, kept)
    return kept["ink"].astype(dtype) / dtype.type((BITMAP // size) ** 2), kept["y"]


def glyph_classes(characters: str = LETTERS, merge: bool = True) -> tuple[str, ...]:
    """Return the classes, each as the string of its characters.

    >>> len(glyph_classes()), glyph_classes("aCc5")
    (38, ('a', 'Cc', '5'))
    """
    if not isinstance(characters, str):
        raise TypeError(f"characters must be a string, not {type(characters).__name__}")
    known = string.ascii_letters + string.digits
    if not characters or len(set(characters)) < len(characters) or not set(characters) <= set(known):
        raise ValueError(f"characters must be different letters A–Z, a–z and digits, not {characters!r}")
    partner = {c: pair for pair in ALIKE for c in pair} if merge else {}
    groups = ("".join(d for d in partner.get(c, c) if d in characters) for c in characters)
    return tuple(dict.fromkeys(groups))


def _draw(rng: np.random.Generator, n: int, classes: tuple[str, ...], size: int) -> dict[str, np.ndarray]:
    y = rng.permutation(np.arange(n) % len(classes))
    first = np.cumsum([0, *map(len, classes)])  # the place of a class's first character among all
    letter = first[y] + rng.integers(np.array([len(c) for c in classes])[y])
    face = rng.integers(len(FACES), size=n)
    fields = _fields("".join(classes))
    block = BITMAP // size
    ink = np.empty((n, size, size, 1), np.uint8)
    for i in range(0, n, 256):  # few at a time: they stay in the processor's cache
        bitmaps = _bend(rng, fields[face[i : i + 256], letter[i : i + 256]])
        ink[i : i + 256, :, :, 0] = bitmaps.reshape(-1, size, block, size, block).sum(axis=(2, 4))
    return {"ink": ink, "y": y}


def _bend(rng: np.random.Generator, fields: np.ndarray) -> np.ndarray:
    """Distort glyphs, and scale each one's bounding box to a bitmap, shape (m, 32, 32)."""
    m = len(fields)
    angle = np.deg2rad(RECIPE["rotation"]) * rng.standard_normal(m)
    shear, stretch = (RECIPE[key] * rng.standard_normal(m) for key in ("shear", "stretch"))
    cos, sin, one, zero = np.cos(angle), np.sin(angle), np.ones(m), np.zeros(m)
    turn = np.array([[cos, -sin], [sin, cos]])
    lean = np.array([[one, zero], [shear, one]])  # x moves with y
    widen = np.array([[one, zero], [zero, np.exp(stretch)]])
    matrix = np.einsum("ijm,jkm,klm->mil", turn, lean, widen)
    warp = RECIPE["warp"] * rng.standard_normal((m, 2, 5, 5))
    level = -rng.uniform(*RECIPE["stroke"], m)

    def ink(rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
        """Return whether there is ink at rows × columns, both (m, k), 0 in the middle, ±0.5 at the border."""
        pull = _hats(rows)[:, None] @ warp @ _hats(columns)[:, None].transpose(0, 1, 3, 2)
        down, across = (
            matrix[:, i, 0, None, None] * rows[:, :, None] + matrix[:, i, 1, None, None] * columns[:, None, :]
            for i in (0, 1)
        )
        return _look_up(fields, down + pull[:, 0], across + pull[:, 1]) > level[:, None, None]

    grid = np.broadcast_to((np.arange(FIELD) + 0.5) / FIELD - 0.5, (m, FIELD))
    coarse = ink(grid, grid)
    top, bottom = _extent(coarse.any(axis=2), grid)
    left, right = _extent(coarse.any(axis=1), grid)
    # 32 pixels high, as wide as that makes it, but not wider than WIDEST; in the middle.
    height, width = bottom - top, right - left
    pixel = np.maximum(height / BITMAP, 1e-6), np.maximum(height / BITMAP, width / WIDEST)
    steps = np.arange(BITMAP) - (BITMAP - 1) / 2
    return ink(
        ((top + bottom) / 2)[:, None] + pixel[0][:, None] * steps,
        ((left + right) / 2)[:, None] + pixel[1][:, None] * steps,
    )


def _hats(at: np.ndarray, knots: int = 5) -> np.ndarray:
    """Return the weights of linear interpolation between knots spread over [−0.5, 0.5], shape (m, k, knots)."""
    position = (np.clip(at, -0.5, 0.5) + 0.5) * (knots - 1)
    return np.maximum(0, 1 - np.abs(position[:, :, None] - np.arange(knots)))


def _look_up(fields: np.ndarray, down: np.ndarray, across: np.ndarray) -> np.ndarray:
    """Interpolate each field, (m, FIELD, FIELD), at points of its own."""
    rows, columns = (np.clip((at + 0.5) * FIELD - 0.5, 0, FIELD - 1.001) for at in (down, across))
    i, j = rows.astype(np.int32), columns.astype(np.int32)
    u, v = rows - i, columns - j
    flat = fields.ravel()
    corner = (np.arange(len(fields), dtype=np.int32) * FIELD**2)[:, None, None] + i * FIELD + j
    above = flat[corner] * (1 - v) + flat[corner + 1] * v
    below = flat[corner + FIELD] * (1 - v) + flat[corner + FIELD + 1] * v
    return above * (1 - u) + below * u


def _extent(seen: np.ndarray, grid: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the first and the last place with ink, shape (m,), with a margin of half a step."""
    k = np.arange(len(seen))
    first, last = seen.argmax(axis=1), seen.shape[1] - 1 - seen[:, ::-1].argmax(axis=1)
    return grid[k, first] - 0.5 / FIELD, grid[k, last] + 0.5 / FIELD


@functools.lru_cache(maxsize=4)
def _fields(characters: str) -> np.ndarray:
    """Draw every character in every face as a distance field, shape (faces, characters, FIELD, FIELD)."""
    import matplotlib
    from matplotlib.ft2font import FT2Font

    fonts = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    fields = np.empty((len(FACES), len(characters), FIELD, FIELD), np.float32)
    for i, face in enumerate(FACES):
        path = fonts / f"{face}.ttf"
        font = FT2Font(str(path if path.is_file() else fonts / f"{OLDER.get(face, face)}.ttf"))
        font.set_size(2 * FIELD, 72)  # pixels; twice as fine as the field
        for j, character in enumerate(characters):
            font.clear()
            font.set_text(character)
            font.draw_glyphs_to_bitmap(antialiased=True)
            fields[i, j] = _distance(np.asarray(font.get_image()))
    return fields


def _distance(image: np.ndarray) -> np.ndarray:
    """Center a glyph in the field, and compute each point's signed distance to its outline."""
    rows, columns = np.flatnonzero(image.any(axis=1)), np.flatnonzero(image.any(axis=0))
    image = image[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    scale = max(image.shape) / (FIT * FIELD)
    places = [np.rint((np.arange(FIELD) + 0.5 - FIELD / 2) * scale + k / 2 - 0.5).astype(int) for k in image.shape]
    inside = [(p >= 0) & (p < k) for p, k in zip(places, image.shape, strict=True)]
    seen = np.zeros((FIELD, FIELD), bool)
    seen[np.ix_(*inside)] = image[np.ix_(*(p[q] for p, q in zip(places, inside, strict=True)))] > 127
    return (_far(seen) - _far(~seen)) / FIELD


def _far(seen: np.ndarray) -> np.ndarray:
    """Compute how far, in pixels, each True lies from the nearest False: along columns, then across them."""
    k = np.arange(FIELD)
    gap = (k[:, None] - k[None, :]) ** 2.0  # squared, from row to row
    down = np.where(seen[None, :, :], np.inf, gap[:, :, None]).min(axis=1)  # within a column
    squared = (down[:, None, :] + gap[None, :, :]).min(axis=2)
    return np.maximum(np.sqrt(squared) - 0.5, 0)


def _versions() -> dict[str, str]:
    import matplotlib
    from matplotlib import ft2font

    return {"numpy": np.__version__, "matplotlib": matplotlib.__version__, "freetype": ft2font.__freetype_version__}
