"""Warps: every new pixel is interpolated at the place it comes from, by one sampler.

Coordinates are in pixels: x to the right, y down, (0, 0) the middle of the first pixel. A matrix moves the image
about its middle; sampling uses the inverse.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .base import check_images, per_image

FILLS = ("constant", "edge", "reflect")
BLOCK = 1 << 14  # so many pixels at a time: what is computed for them stays in the cache


def bilinear(I00: Any, I10: Any, I01: Any, I11: Any, a: Any, b: Any) -> Any:
    """Interpolate between four pixels: first along the two rows, then from the upper row to the lower.

    I = (1 − a)(1 − b) I₀₀ + a (1 − b) I₁₀ + (1 − a) b I₀₁ + a b I₁₁

    It is exact at the pixels. A number or an array for each argument; nothing is checked.

    Args:
        I00: the upper left pixel.
        I10: the upper right pixel.
        I01: the lower left pixel.
        I11: the lower right pixel.
        a: the way from left to right, 0 ≤ a ≤ 1.
        b: the way from top to bottom, 0 ≤ b ≤ 1.

    >>> bilinear(0.0, 1.0, 2.0, 3.0, a=0.5, b=0.25)
    1.0

    Source: Wolberg, Digital image warping, 1990.
    """
    upper = I00 + a * (I10 - I00)
    lower = I01 + a * (I11 - I01)
    return upper + b * (lower - upper)


def sample(batch: np.ndarray, x: np.ndarray, y: np.ndarray, fill: str = "constant") -> np.ndarray:
    """Interpolate every image at its own points (x, y), each between the four nearest pixels: see `bilinear`.

    I(x, y) = bilinear(I₀₀, I₁₀, I₀₁, I₁₁, a, b),  a = x − ⌊x⌋,  b = y − ⌊y⌋

    Args:
        batch: images, shape (N, H, W, C).
        x: columns, to broadcast with y to (N, h, w).
        y: rows, likewise.
        fill: the pixels outside the image: "constant" (zero), "edge" or "reflect". The image ends half a pixel
            beyond the middles of its outermost pixels.

    Returns:
        Images, shape (N, h, w, C).

    >>> x = np.array([0.0, 1.0]).reshape(1, 1, 2, 1)
    >>> sample(x, np.array([[[0.25, 1.0, 2.0]]]), np.zeros((1, 1, 1))).ravel()
    array([0.25, 1.  , 0.  ])
    """
    check_images(batch)
    check_fill(fill)
    x, y = np.broadcast_arrays(x, y, np.empty((len(batch), 1, 1)))[:2]
    if x.ndim != 3 or len(x) != len(batch) or x.size == 0:
        raise ValueError(f"x and y must broadcast to ({len(batch)}, h, w), h and w ≥ 1, not to {x.shape}")
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        raise ValueError("x and y must be finite")
    return _sample_blocks(batch, x.shape[1:], lambda images, lines: (x[images, lines], y[images, lines]), fill)


Points = Callable[[slice, slice], tuple[np.ndarray, np.ndarray]]  # some images, some of their lines → x and y there


def _sample_blocks(batch: np.ndarray, size: tuple[int, int], points: Points, fill: str) -> np.ndarray:
    n, (h, w), channels = len(batch), size, batch.shape[3]
    out = np.empty((n, h, w, channels), batch.dtype)
    step, height = max(1, BLOCK // (h * w)), max(1, BLOCK // w)  # many small images at a time, or some lines of one
    for i in range(0, n, step):
        images = slice(i, i + step)
        planes = np.ascontiguousarray(batch[images].reshape(-1, channels).T)  # so that one weight fits all channels
        for j in range(0, h, height):
            lines = slice(j, j + height)
            out[images, lines] = _sample_planes(planes, batch.shape[1:3], *points(images, lines), fill)
    return out


def _sample_planes(planes: np.ndarray, size: tuple[int, int], x: np.ndarray, y: np.ndarray, fill: str) -> np.ndarray:
    rows, columns = size
    left, right, a = _neighbours(x, columns, fill)
    top, bottom, b = _neighbours(y, rows, fill)
    first = np.arange(0, planes.shape[1], rows * columns)[:, None, None]  # where each image begins
    above, below = first + top * columns, first + bottom * columns
    places = above + left, above + right, below + left, below + right
    corners = (planes.take(at, axis=1, mode="wrap") for at in places)  # all are inside; "raise" would look again
    out = bilinear(*corners, a.astype(planes.dtype, copy=False), b.astype(planes.dtype, copy=False))
    if fill == "constant":
        out *= (_inside(x, columns) & _inside(y, rows)).astype(out.dtype)
    return out.transpose(1, 2, 3, 0)


def _neighbours(at: np.ndarray, length: int, fill: str) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return, along one axis, the pixels on either side, and the distance from the first."""
    if fill == "reflect":  # … c b a | a b c | c b a …
        at = np.mod(at + 0.5, 2 * length)
        at = np.minimum(at, 2 * length - at) - 0.5
    at = np.clip(at, 0, length - 1)
    low = at.astype(np.intp)
    return low, np.minimum(low + 1, length - 1), at - low


def _inside(at: np.ndarray, length: int) -> np.ndarray:
    return (at >= -0.5) & (at < length - 0.5)


def check_fill(fill: str) -> None:
    """Raise ValueError unless `fill` is one of FILLS."""
    if fill not in FILLS:
        raise ValueError(f"fill must be one of {', '.join(FILLS)}, not {fill!r}")


def rotation(degrees: Any) -> np.ndarray:
    """Return the matrices that rotate an image counter-clockwise, shape (…, 3, 3).

    x' = x cos φ + y sin φ,  y' = −x sin φ + y cos φ   (y points down)

    >>> np.round(rotation(90) @ [1, 0, 1])
    array([ 0., -1.,  1.])
    """
    phi = np.deg2rad(degrees)
    return _matrix(np.cos(phi), np.sin(phi), -np.sin(phi), np.cos(phi))


def translation(right: Any, down: Any) -> np.ndarray:
    """Return the matrices that shift an image by so many pixels, shape (…, 3, 3): x' = x + right, y' = y + down.

    >>> translation(2, -1) @ [0, 0, 1]
    array([ 2., -1.,  1.])
    """
    return _matrix(1, 0, 0, 1, right, down)


def shearing(s: Any) -> np.ndarray:
    """Return the matrices that shear the rows sideways, shape (…, 3, 3): x' = x + s y.

    >>> shearing(0.5) @ [0, 2, 1]
    array([1., 2., 1.])
    """
    return _matrix(1, s, 0, 1)


def stretching(wide: Any, high: Any) -> np.ndarray:
    """Return the matrices that make an image wider and higher, shape (…, 3, 3): x' = wide · x, y' = high · y.

    >>> stretching(2, 0.5) @ [1, 1, 1]
    array([2. , 0.5, 1. ])
    """
    return _matrix(wide, 0, 0, high)


def _matrix(a: Any, b: Any, c: Any, d: Any, right: Any = 0.0, down: Any = 0.0) -> np.ndarray:
    matrix = np.zeros((*np.broadcast(a, b, c, d, right, down).shape, 3, 3))
    matrix[..., 0, 0], matrix[..., 0, 1], matrix[..., 0, 2] = a, b, right
    matrix[..., 1, 0], matrix[..., 1, 1], matrix[..., 1, 2] = c, d, down
    matrix[..., 2, 2] = 1
    return matrix


def affine(batch: np.ndarray, matrix: np.ndarray, fill: str = "constant") -> np.ndarray:
    """Transform every image by its own matrix, about its middle: I'(M p) = I(p), sampled as I'(q) = I(M⁻¹ q).

    Args:
        batch: images, shape (N, H, W, C).
        matrix: M, shape (3, 3) for all or (N, 3, 3), last row (0, 0, 1); products of `rotation`, `shearing` and
            the like are applied in one sampling.
        fill: the pixels outside the image: "constant" (zero), "edge" or "reflect".

    Raises:
        ValueError: a matrix without an inverse.

    >>> x = np.array([[0.1, 0.2], [0.3, 0.4]]).reshape(1, 2, 2, 1)
    >>> affine(x, translation(1, 0))[0, :, :, 0]
    array([[0. , 0.1],
           [0. , 0.3]])
    """
    n, rows, columns = check_images(batch).shape[:3]
    matrix = np.asarray(matrix, float)
    if matrix.shape not in ((3, 3), (1, 3, 3), (n, 3, 3)):
        raise ValueError(f"matrix must have shape (3, 3) or ({n}, 3, 3), not {matrix.shape}")
    if not np.isfinite(matrix).all() or (matrix[..., 2, :] != (0, 0, 1)).any():
        raise ValueError("matrix must be finite, with the last row (0, 0, 1)")
    try:
        inverse = np.linalg.inv(np.broadcast_to(matrix, (n, 3, 3)))
    except np.linalg.LinAlgError:
        inverse = np.full((1, 3, 3), np.inf)
    if not np.isfinite(inverse).all():
        raise ValueError("matrix has no inverse: it flattens the image")
    middle_x, middle_y = (columns - 1) / 2, (rows - 1) / 2
    X, Y = np.arange(columns) - middle_x, np.arange(rows)[:, None] - middle_y
    (a, b, right), (c, d, down) = (inverse[:, i, :, None, None].swapaxes(0, 1) for i in (0, 1))

    def points(images: slice, lines: slice) -> tuple[np.ndarray, np.ndarray]:
        x = (a[images] * X + (right[images] + middle_x)) + b[images] * Y[lines]  # one row, one column, then all
        return x, c[images] * X + (d[images] * Y[lines] + (down[images] + middle_y))

    return _sample_blocks(batch, (rows, columns), points, fill)


def distort(batch: np.ndarray, k: Any, fill: str = "constant") -> np.ndarray:
    """Distort the images as a lens does: the point at radius r shows what was at r (1 + k r²).

    r is measured from the middle, and is 1 at the corners. k > 0 gives a barrel, k < 0 a pincushion.

    Args:
        batch: images, shape (N, H, W, C).
        k: one for all or shape (N,), above −1/3, where the lens would fold the image.
        fill: the pixels outside the image: "constant" (zero), "edge" or "reflect".

    >>> distort(np.full((1, 9, 9, 1), 0.5), 0.2)[0, 0, 0], distort(np.full((1, 9, 9, 1), 0.5), 0.2)[0, 4, 4]
    (array([0.]), array([0.5]))

    Source: Brown, Close-range camera calibration, 1971 (its first radial term).
    """
    check_images(batch)
    k = per_image("k", k, batch)[:, None, None]
    if k.min() <= -1 / 3:
        raise ValueError(f"k must be above −1/3, not {k.min():g}: the image would fold over")
    rows, columns = batch.shape[1:3]
    X, Y = np.arange(columns) - (columns - 1) / 2, np.arange(rows)[:, None] - (rows - 1) / 2
    corner = max(X[-1] ** 2 + Y[-1, 0] ** 2, 1)

    def points(images: slice, lines: slice) -> tuple[np.ndarray, np.ndarray]:
        bend = k[images] * ((X**2 + Y[lines] ** 2) / corner)
        return np.arange(columns) + bend * X, np.arange(rows)[lines, None] + bend * Y[lines]

    return _sample_blocks(batch, (rows, columns), points, fill)
