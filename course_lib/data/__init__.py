"""Data sets, one file each; splits, labels and preprocessing; augmentation in `augment`."""

from .cifar10 import load_cifar10
from .digits import load_digits
from .glyphs import glyph_classes, load_glyphs
from .labels import Data, few, split, wrong_labels
from .photos import load_photos
from .preprocess import PCA, Center, Normalize, Preprocess, Whiten, preprocess
from .toys import blobs, moons, rings, spirals

__all__ = [
    "PCA",
    "Center",
    "Data",
    "Normalize",
    "Preprocess",
    "Whiten",
    "blobs",
    "few",
    "glyph_classes",
    "load_cifar10",
    "load_digits",
    "load_glyphs",
    "load_photos",
    "moons",
    "preprocess",
    "rings",
    "spirals",
    "split",
    "wrong_labels",
]
