"""Augmentation: one call for a batch, against a Python loop over its images in Pillow."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from PIL import Image, ImageEnhance

from course_lib.data import load_photos
from course_lib.data.augment import (
    Augmentation,
    Brightness,
    Compose,
    Contrast,
    Cutout,
    FlipHorizontal,
    PadAndCrop,
    RandomCrop,
    Rotate,
    Saturation,
)
from course_lib.studies.table import Table

from .timing import medians, show, times

PACKAGES = ("NumPy", "Pillow")
N, SIDE = 256, 32


def photo_crops(n: int, rng: np.random.Generator) -> np.ndarray:
    """Cut n pieces of 32×32 pixels out of the two photographs."""
    photos = load_photos((107, 160))
    return RandomCrop(SIDE)(photos[rng.integers(len(photos), size=n)], rng)


@dataclass(frozen=True)
class Step:
    """One augmentation, ours and Pillow's."""

    name: str
    ours: Augmentation
    draws: Callable[[np.random.Generator, int], np.ndarray]  # the random numbers of ours for n images
    pillows: Callable[[Image.Image, Any], Image.Image]  # one image, and its random numbers


def enhance(kind: type, image: Image.Image, factor: float) -> Image.Image:
    return kind(image).enhance(factor)


def shift(image: Image.Image, corner: Sequence[int]) -> Image.Image:
    top, left = corner
    return image.crop((left, top, left + SIDE, top + SIDE))  # black outside: quicker than to pad first


def cover(image: Image.Image, middle: Sequence[int]) -> Image.Image:
    i, j = middle
    image = image.copy()
    image.paste(0, (j - 4, i - 4, j + 4, i + 4))
    return image


def factors(rng: np.random.Generator, n: int) -> np.ndarray:
    return rng.uniform(0.8, 1.2, n)


MIRROR, BILINEAR = Image.Transpose.FLIP_LEFT_RIGHT, Image.Resampling.BILINEAR
STEPS = (
    Step(
        "mirror", FlipHorizontal(), lambda rng, n: rng.random(n) < 0.5, lambda x, yes: x.transpose(MIRROR) if yes else x
    ),
    Step("pad by 4, crop", PadAndCrop(4), lambda rng, n: np.floor(rng.random((n, 2)) * 9).astype(int) - 4, shift),
    Step("brightness ± 20 %", Brightness(0.2), factors, partial(enhance, ImageEnhance.Brightness)),
    Step("contrast ± 20 %", Contrast(0.2), factors, partial(enhance, ImageEnhance.Contrast)),
    Step("saturation ± 20 %", Saturation(0.2), factors, partial(enhance, ImageEnhance.Color)),
    Step("rotate ± 10°", Rotate(10), lambda rng, n: rng.uniform(-10, 10, n), lambda x, phi: x.rotate(phi, BILINEAR)),
    Step("cutout 8 × 8", Cutout(8), lambda rng, n: np.floor(rng.random((n, 2)) * SIDE).astype(int), cover),
)


def ours(steps: Sequence[Step]) -> Augmentation:
    """Compose the steps: f(batch, rng) → batch."""
    return Compose([step.ours for step in steps])


def draws(steps: Sequence[Step], rng: np.random.Generator, n: int) -> list[tuple]:
    """Draw the random numbers of ours, for each image, in advance for Pillow's loop."""
    return list(zip(*(step.draws(rng, n).tolist() for step in steps), strict=True))


def loop(steps: Sequence[Step], images: list[Image.Image], drawn: list[tuple]) -> list[Image.Image]:
    """Apply the same steps in Pillow, image by image."""
    done = []
    for image, values in zip(images, drawn, strict=True):
        for step, value in zip(steps, values, strict=True):
            image = step.pillows(image, value)
        done.append(image)
    return done


def to_pillow(batch: np.ndarray) -> list[Image.Image]:
    """Convert a batch of floats in [0, 1] to a list of images of bytes."""
    return [Image.fromarray(image) for image in np.rint(batch * 255).astype(np.uint8)]


def from_pillow(images: list[Image.Image]) -> np.ndarray:
    """Convert images back to a batch of floats."""
    return np.stack([np.asarray(image) for image in images]).astype(np.float32) / np.float32(255)


def converted(steps: Sequence[Step], batch: np.ndarray, drawn: list[tuple]) -> np.ndarray:
    """Run the loop as training needs it: a batch of floats in, a batch of floats out."""
    return from_pillow(loop(steps, to_pillow(batch), drawn))


def chains() -> Table:
    rows, rng = [], np.random.default_rng(0)
    batch = photo_crops(N, rng)
    for name, steps in (("the whole chain", STEPS), *((step.name, (step,)) for step in STEPS)):
        drawn = draws(steps, rng, N)
        a, b, c = medians(
            partial(ours(steps), batch, rng),
            partial(loop, steps, to_pillow(batch), drawn),
            partial(converted, steps, batch, drawn),
            seconds=2,
        )
        rows.append((name, show(a), show(b), times(b / a), show(c), times(c / a)))
    return Table(
        f"A batch of {N} colour images of 32×32 pixels",
        "Ours takes and gives a batch of float32, and draws its own numbers; Pillow's loop finds the numbers drawn, "
        "and works on bytes. It is timed from Pillow's images to Pillow's images, and then from the batch to the "
        "batch, as training needs it. Ratios are Pillow's time over ours.",
        ("operation", "ours", "Pillow", "Pillow / ours", "Pillow, with batches", "with batches / ours"),
        rows,
    )


def tables() -> Iterator[Table]:
    """Yield every table."""
    yield chains()
