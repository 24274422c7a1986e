"""Compose augmentations, and average a prediction over views in testing."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from course_lib.validation import check_count, check_rng

from .base import Augmentation, check_images, check_probability


class Compose(Augmentation):
    """Apply one augmentation after another: f = fₖ ∘ … ∘ f₁.

    Args:
        functions: augmentations, or functions (batch, rng) → batch, first to last.

    Raises:
        TypeError, ValueError: a function that does not return as many images.

    >>> from course_lib.data.augment import FlipHorizontal, PadAndCrop
    >>> augment = Compose([FlipHorizontal(), PadAndCrop(2)])
    >>> augment
    Compose([FlipHorizontal(p=0.5), PadAndCrop(pad=2, mode='constant')])
    >>> augment(np.ones((4, 8, 8, 3)), np.random.default_rng(0)).shape
    (4, 8, 8, 3)
    """

    def __init__(self, functions: Sequence[Callable[..., Any]]) -> None:
        if not isinstance(functions, tuple | list):
            raise TypeError(f"functions must be a list of augmentations, not {functions!r}")
        self.functions = list(functions)
        for f in self.functions:
            check_function("functions", f)
        self.changes_labels = any(changes_labels(f) for f in self.functions)

    def __repr__(self) -> str:
        return f"Compose({self.functions!r})"

    def apply(self, batch: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        for f in self.functions:
            batch = call_checked(f, batch, rng)
        return batch

    def apply_labelled(
        self, batch: np.ndarray, labels: np.ndarray, rng: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        for f in self.functions:
            if isinstance(f, Augmentation) or changes_labels(f):
                batch, labels = f((batch, labels), rng)
            else:
                batch = call_checked(f, batch, rng)
        return batch, labels

    def encode(self, labels: np.ndarray, dtype: np.dtype) -> np.ndarray:
        for f in self.functions:
            labels = encode_labels(f, labels, dtype)
        return labels


class Sometimes(Augmentation):
    """Apply an augmentation to each image with probability p, and leave the others unchanged.

    Args:
        f: an augmentation, or a function (batch, rng) → batch, which keeps the images' shape.
        p: probability, in [0, 1].

    >>> from course_lib.data.augment import Cutout
    >>> y = Sometimes(Cutout(4), 0.5)(np.ones((100, 8, 8, 1)), np.random.default_rng(0))
    >>> int(np.any(y == 0, axis=(1, 2, 3)).sum())
    44
    """

    def __init__(self, f: Callable[..., Any], p: float = 0.5) -> None:
        self.f, self.p = check_function("f", f), check_probability("p", p)
        self.changes_labels = changes_labels(f)

    def __repr__(self) -> str:
        return f"Sometimes({self.f!r}, p={self.p:g})"

    def apply(self, batch: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        chosen = rng.random(len(batch)) < self.p
        return self._put(batch, chosen, call_checked(self.f, batch[chosen], rng)) if chosen.any() else batch.copy()

    def apply_labelled(
        self, batch: np.ndarray, labels: np.ndarray, rng: np.random.Generator
    ) -> tuple[np.ndarray, np.ndarray]:
        if not self.changes_labels:
            return self.apply(batch, rng), labels
        labels, chosen = np.array(self.encode(labels, batch.dtype)), rng.random(len(batch)) < self.p
        if not chosen.any():
            return batch.copy(), labels
        images, labels[chosen] = self.f((batch[chosen], labels[chosen]), rng)
        return self._put(batch, chosen, images), labels

    def encode(self, labels: np.ndarray, dtype: np.dtype) -> np.ndarray:
        return encode_labels(self.f, labels, dtype)

    def _put(self, batch: np.ndarray, chosen: np.ndarray, images: np.ndarray) -> np.ndarray:
        if images.shape[1:] != batch.shape[1:]:
            raise ValueError(
                f"{self!r}: images of {batch.shape[1:]} must keep their shape, not become {images.shape[1:]}"
            )
        y = batch.copy()
        y[chosen] = images
        return y


class OnRows(Augmentation):
    """Augment images that are rows of numbers, as a network without convolutions takes them: (N, H·W·C).

    Args:
        f: an augmentation, or a function (batch, rng) → batch, which keeps the images' shape.
        shape: (H, W) or (H, W, C) of an image.

    >>> from course_lib.data.augment import Affine
    >>> augment = OnRows(Affine(rotate=12), (8, 8))
    >>> augment(np.ones((50, 64)), np.random.default_rng(0)).shape
    (50, 64)
    """

    def __init__(self, f: Callable[..., Any], shape: tuple[int, ...]) -> None:
        self.f, self.changes_labels = check_function("f", f), changes_labels(f)
        if not isinstance(shape, tuple | list) or len(shape) not in (2, 3):
            raise ValueError(f"shape must be (height, width) or (height, width, channels), not {shape!r}")
        self.shape = tuple(check_count("shape", side) for side in (*shape, 1)[:3])

    def __repr__(self) -> str:
        return f"OnRows({self.f!r}, {self.shape})"

    def __call__(self, batch: Any, rng: np.random.Generator) -> Any:
        check_rng("rng", rng)
        if not isinstance(batch, tuple):
            return self._rows(call_checked(self.f, self._images(batch), rng))
        images, labels = Compose([self.f])((self._images(batch[0]), *batch[1:]), rng)
        return self._rows(images), labels

    def encode(self, labels: np.ndarray, dtype: np.dtype) -> np.ndarray:
        return encode_labels(self.f, labels, dtype)

    def _images(self, rows: np.ndarray) -> np.ndarray:
        length = int(np.prod(self.shape))
        if not isinstance(rows, np.ndarray) or rows.ndim != 2 or rows.shape[1] != length:
            shape = rows.shape if isinstance(rows, np.ndarray) else f"a {type(rows).__name__}"
            raise ValueError(f"{self!r}: the batch must have shape (N, {length}), not {shape}")
        return check_images(rows.reshape(-1, *self.shape))

    def _rows(self, images: np.ndarray) -> np.ndarray:
        if images.shape[1:] != self.shape:
            raise ValueError(f"{self!r}: images must keep their shape, not become {images.shape[1:]}")
        return images.reshape(len(images), -1)


def average_views(predict: Callable[[np.ndarray], np.ndarray], views: Iterable[np.ndarray]) -> np.ndarray:
    """Average a prediction over views of the same images: augmentation in testing.

    p̄(x) = (1/K) Σₖ p(viewₖ(x))

    Args:
        predict: batch → predictions, shape (N, …), such as probabilities.
        views: batches of the same images: `ten_crops(x, 24)`, or `[x, flip_horizontal(x)]`.

    >>> from course_lib.data.augment import ten_crops
    >>> x = np.random.default_rng(0).random((5, 8, 8, 1))
    >>> average_views(lambda view: view.mean(axis=(1, 2)), ten_crops(x, 6)).shape
    (5, 1)

    Source: Krizhevsky, Sutskever and Hinton, ImageNet classification with deep convolutional neural networks, 2012.
    """
    check_function("predict", predict)
    total, count = None, 0
    for view in views:
        p = np.asarray(predict(view))
        if total is not None and p.shape != total.shape:
            raise ValueError(f"predictions must have one shape, not {total.shape} and then {p.shape}")
        # A copy, for predict may write into the same memory every time.
        total, count = p.copy() if total is None else total + p, count + 1
    if total is None:
        raise ValueError("views is empty: there is nothing to average")
    return total / count


def call_checked(f: Callable[..., Any], batch: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return f(batch); raise unless it is a batch of as many images."""
    images = check_images(f(batch, rng), f"the result of {f!r}")
    if len(images) != len(batch):
        raise ValueError(f"{f!r} got {len(batch)} images, but returned {len(images)}")
    return images


def changes_labels(f: Callable[..., Any]) -> bool:
    """Return whether an augmentation needs the labels."""
    return getattr(f, "changes_labels", False)


def encode_labels(f: Callable[..., Any], labels: np.ndarray, dtype: np.dtype) -> np.ndarray:
    """Return labels in the form in which f returns them."""
    return f.encode(labels, dtype) if isinstance(f, Augmentation) else labels


def check_function(label: str, f: Any) -> Callable[..., Any]:
    """Return f if it can be called."""
    if not callable(f):
        raise TypeError(f"{label}: an augmentation is a function of (batch, rng), not {f!r}")
    return f
