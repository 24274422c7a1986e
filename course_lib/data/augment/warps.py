"""Random warps: each image is shifted, rotated, sheared, stretched or distorted by its own draw.

A range is a pair (low, high), or a number s for (−s, s); of a factor, s stands for (1 − s, 1 + s).
The pixels outside the image (fill) are "constant" (zero), "edge" or "reflect".
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from .base import Augmentation, check_limits
from .sampling import affine, check_fill, distort, rotation, shearing, stretching, translation

Range = float | tuple[float, float]


@dataclass
class Translate(Augmentation):
    """Shift each image, right and down, by distances drawn from a range.

    M = translation(d₁, d₂),  d ~ U(low, high)

    Args:
        pixels: range of the distance in pixels; fractions blend neighbours.
        fill: the pixels outside the image: "constant" (zero), "edge" or "reflect".

    >>> Translate(2)(np.ones((5, 8, 8, 1)), np.random.default_rng(0)).shape
    (5, 8, 8, 1)
    """

    pixels: Range
    fill: str = "constant"

    def __post_init__(self) -> None:
        self._limits = check_limits("pixels", self.pixels)
        check_fill(self.fill)

    def apply(self, batch: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        right, down = rng.uniform(*self._limits, (len(batch), 2)).T
        return affine(batch, translation(right, down), self.fill)


@dataclass
class Rotate(Augmentation):
    """Rotate each image about its middle by an angle drawn from a range.

    M = rotation(φ),  φ ~ U(low, high)

    Args:
        degrees: range of the angle, counter-clockwise.
        fill: the pixels outside the image: "constant" (zero), "edge" or "reflect".

    >>> Rotate(15)(np.ones((5, 8, 8, 1)), np.random.default_rng(0)).shape
    (5, 8, 8, 1)
    """

    degrees: Range
    fill: str = "constant"

    def __post_init__(self) -> None:
        self._limits = check_limits("degrees", self.degrees)
        check_fill(self.fill)

    def apply(self, batch: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        return affine(batch, rotation(rng.uniform(*self._limits, len(batch))), self.fill)


@dataclass
class Shear(Augmentation):
    """Shear the rows of each image sideways, by a slant drawn from a range.

    M = shearing(s),  s ~ U(low, high)

    Args:
        slant: range of s in x' = x + s y.
        fill: the pixels outside the image: "constant" (zero), "edge" or "reflect".

    >>> Shear(0.2)(np.ones((5, 8, 8, 1)), np.random.default_rng(0)).shape
    (5, 8, 8, 1)
    """

    slant: Range
    fill: str = "constant"

    def __post_init__(self) -> None:
        self._limits = check_limits("slant", self.slant)
        check_fill(self.fill)

    def apply(self, batch: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        return affine(batch, shearing(rng.uniform(*self._limits, len(batch))), self.fill)


@dataclass
class Stretch(Augmentation):
    """Make each image wider and higher by factors drawn from a range, each by its own.

    M = stretching(f₁, f₂),  f ~ U(low, high)

    Args:
        factor: range of the factors; a number s stands for (1 − s, 1 + s). Above 0.
        fill: the pixels outside the image: "constant" (zero), "edge" or "reflect".

    >>> Stretch(0.1)(np.ones((5, 8, 8, 1)), np.random.default_rng(0)).shape
    (5, 8, 8, 1)
    """

    factor: Range
    fill: str = "constant"

    def __post_init__(self) -> None:
        self._limits = check_limits("factor", self.factor, middle=1.0, least=math.ulp(0.0))
        check_fill(self.fill)

    def apply(self, batch: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        wide, high = rng.uniform(*self._limits, (len(batch), 2)).T
        return affine(batch, stretching(wide, high), self.fill)


@dataclass
class Affine(Augmentation):
    """Shear, stretch, rotate and shift each image by its own draws, in one sampling.

    M = translation · rotation · stretching · shearing, each drawn uniformly from its range

    Args:
        rotate: range of the angle in degrees, counter-clockwise.
        translate: range of the distance in pixels, drawn for right and for down.
        shear: range of s in x' = x + s y.
        stretch: range of the factor, above 0, drawn for width and for height.
        fill: the pixels outside the image: "constant" (zero), "edge" or "reflect".

    >>> jitter = Affine(rotate=12, translate=0.8, stretch=0.08)
    >>> jitter(np.ones((5, 8, 8, 1)), np.random.default_rng(0)).shape
    (5, 8, 8, 1)

    Source: Simard, Steinkraus and Platt, Best practices for convolutional neural networks applied to visual
    document analysis, 2003.
    """

    rotate: Range = 0.0
    translate: Range = 0.0
    shear: Range = 0.0
    stretch: Range = 0.0
    fill: str = "constant"

    def __post_init__(self) -> None:
        limits = [check_limits(name, getattr(self, name)) for name in ("rotate", "translate", "shear")]
        limits.append(check_limits("stretch", self.stretch, middle=1.0, least=math.ulp(0.0)))
        check_fill(self.fill)
        angle, distance, slant, factor = limits
        self._low, self._high = np.array([angle, distance, distance, slant, factor, factor]).T

    def apply(self, batch: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        degrees, right, down, s, wide, high = rng.uniform(self._low, self._high, (len(batch), 6)).T
        M = translation(right, down) @ rotation(degrees) @ stretching(wide, high) @ shearing(s)
        return affine(batch, M, self.fill)


@dataclass
class LensDistortion(Augmentation):
    """Distort each image as a lens does, by a strength drawn from a range.

    r → r (1 + k r²),  k ~ U(low, high);  r is 1 at the corners

    Args:
        k: range of the strength, above −1/3; k > 0 gives a barrel, k < 0 a pincushion.
        fill: the pixels outside the image: "constant" (zero), "edge" or "reflect".

    >>> LensDistortion(0.2)(np.ones((5, 8, 8, 1)), np.random.default_rng(0)).shape
    (5, 8, 8, 1)

    Source: Brown, Close-range camera calibration, 1971 (its first radial term).
    """

    k: Range
    fill: str = "constant"

    def __post_init__(self) -> None:
        self._limits = check_limits("k", self.k, least=math.nextafter(-1 / 3, 0))
        check_fill(self.fill)

    def apply(self, batch: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        return distort(batch, rng.uniform(*self._limits, len(batch)), self.fill)
