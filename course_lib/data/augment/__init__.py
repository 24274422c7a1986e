"""Augmentation: a training set that never shows the same image twice. Pure functions f(batch, rng) → batch.

Images are NHWC, (N, height, width, channels), floats in [0, 1]; the dtype is kept. Classes draw, for each
image anew; the functions beneath them get what was drawn as arguments. MixUp and CutMix change labels too, and so take
and return (batch, labels); every augmentation may.
"""

from .base import Augmentation
from .colour import Brightness, Contrast, PCAColour, Saturation, brightness, contrast, saturation
from .composition import Compose, OnRows, Sometimes, average_views
from .geometry import (
    FlipHorizontal,
    FlipVertical,
    PadAndCrop,
    RandomCrop,
    center_crop,
    crop,
    flip_horizontal,
    flip_vertical,
    ten_crops,
)
from .mixing import CutMix, Cutout, MixUp, cutmix, mixup, one_hot
from .resizing import ScaleJitterCrop, resize
from .sampling import affine, bilinear, distort, rotation, sample, shearing, stretching, translation
from .warps import Affine, LensDistortion, Rotate, Shear, Stretch, Translate

__all__ = [
    "Affine",
    "Augmentation",
    "Brightness",
    "Compose",
    "Contrast",
    "CutMix",
    "Cutout",
    "FlipHorizontal",
    "FlipVertical",
    "LensDistortion",
    "MixUp",
    "OnRows",
    "PCAColour",
    "PadAndCrop",
    "RandomCrop",
    "Rotate",
    "Saturation",
    "ScaleJitterCrop",
    "Shear",
    "Sometimes",
    "Stretch",
    "Translate",
    "affine",
    "average_views",
    "bilinear",
    "brightness",
    "center_crop",
    "contrast",
    "crop",
    "cutmix",
    "distort",
    "flip_horizontal",
    "flip_vertical",
    "mixup",
    "one_hot",
    "resize",
    "rotation",
    "sample",
    "saturation",
    "shearing",
    "stretching",
    "ten_crops",
    "translation",
]
