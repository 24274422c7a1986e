"""Two colour photographs that come with scikit-learn: a temple and a flower, to see the effect of an augmentation."""

from __future__ import annotations

import numpy as np
from numpy.typing import DTypeLike

from course_lib.validation import check_count

from .augment.base import check_images
from .augment.resizing import resample
from .labels import check_dtype

NAMES = ("china", "flower")


def load_photos(size: int | tuple[int, int] | None = None, *, dtype: DTypeLike = np.float32) -> np.ndarray:
    """Load the two photographs, `NAMES`, as one batch of images.

    Args:
        size: None for the photographs as they are, 427×640; an integer for squares of that side; or
            (height, width). They are cropped around the centre to that aspect ratio, and resized.
        dtype: the float type of the pixels.

    Returns:
        Pixels in [0, 1], red, green and blue, shape (2, height, width, 3).

    Raises:
        ImportError: scikit-learn is missing.

    >>> load_photos().shape, load_photos(32).shape, load_photos((60, 90)).shape
    ((2, 427, 640, 3), (2, 32, 32, 3), (2, 60, 90, 3))

    Source: photographs by danielbuechele (china) and vultilion (flower), flickr.com, CC BY 2.0, 2011.
    """
    try:
        from sklearn import datasets
    except ImportError as error:
        raise ImportError('the photographs need scikit-learn: pip install "course-lib[data]"') from error
    dtype = check_dtype(dtype)
    photos = np.stack(datasets.load_sample_images().images) / 255
    if size is not None:
        height, width = _pair(size)
        photos = resize(_crop(photos, height / width), height, width)
    return photos.astype(dtype)


def resize(images: np.ndarray, height: int, width: int) -> np.ndarray:
    """Resize images bilinearly, with an average over the pixels that become one when they shrink.

    y = R x R'ᵀ, with R of `course_lib.data.augment.resizing.weights` for rows and R' for columns

    Args:
        images: floats, shape (N, height, width, channels).
        height: new height, ≥ 1.
        width: new width, ≥ 1.

    Returns:
        Images of shape (N, height, width, channels), of the same dtype; their range does not grow.

    >>> x = np.arange(16.0).reshape(1, 4, 4, 1)
    >>> resize(x, 4, 4).ravel().tolist() == x.ravel().tolist()
    True
    """
    check_images(images, "images")
    size = check_count("height", height), check_count("width", width)
    return resample(images, np.array(size)[:, None], np.zeros((2, 1)), size)


def _crop(images: np.ndarray, proportion: float) -> np.ndarray:
    """Crop to the largest centred part whose height/width is about that proportion."""
    h, w = images.shape[1:3]
    height, width = max(1, min(h, round(w * proportion))), max(1, min(w, round(h / proportion)))
    top, left = (h - height) // 2, (w - width) // 2
    return images[:, top : top + height, left : left + width]


def _pair(size: object) -> tuple[int, int]:
    if isinstance(size, tuple):
        if len(size) != 2:
            raise ValueError(f"size must be an integer or (height, width), not {size}")
        return check_count("size[0]", size[0]), check_count("size[1]", size[1])
    return check_count("size", size), check_count("size", size)
