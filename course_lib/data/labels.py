"""Labelled data before training: stratified splits, small subsets, wrong labels.

A set is a pair (x, y), example i in x[i] with its class in y[i], or `Data`, in three parts.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from course_lib.validation import ANY, check_count, check_number, check_rng


class Data(NamedTuple):
    """Examples in three parts: x has shape (N, …), y holds the classes 0, 1, …, shape (N,). A part may be empty."""

    x_train: np.ndarray
    y_train: np.ndarray
    x_val: np.ndarray
    y_val: np.ndarray
    x_test: np.ndarray
    y_test: np.ndarray


def split(x: np.ndarray, y: np.ndarray, rng: np.random.Generator, *, val: int = 0, test: int = 0) -> Data:
    """Split examples into training, validation and test sets, with every class in proportion (stratified).

    part p has about n_p·N_c/N examples of class c: less than 2 more or fewer

    Args:
        x: examples, shape (N, …).
        y: their classes, whole numbers from 0, shape (N,).
        rng: draws which example goes where, and shuffles.
        val: number of validation examples, ≥ 0.
        test: number of test examples, ≥ 0; what is left, at least one, is for training.

    >>> x, y = np.arange(100.0), np.repeat([0, 1], [80, 20])
    >>> data = split(x, y, np.random.default_rng(0), val=10, test=20)
    >>> len(data.x_train), np.bincount(data.y_val), np.bincount(data.y_test)
    (70, array([8, 2]), array([16,  4]))

    Source: Kohavi, A study of cross-validation and bootstrap for accuracy estimation and model selection, 1995.
    """
    _check_pair(x, y)
    check_rng("rng", rng)
    sizes = check_count("test", test, 0), check_count("val", val, 0)
    if sum(sizes) >= len(y):
        raise ValueError(f"val + test must be below {len(y)}, the number of examples, not {sum(sizes)}")
    left = [rng.permutation(np.flatnonzero(y == c)) for c in np.unique(y)]
    parts = []
    for size in sizes:
        share = _in_proportion(size, np.array([len(i) for i in left]))
        parts.append(rng.permutation(np.concatenate([i[:n] for i, n in zip(left, share, strict=True)])))
        left = [i[n:] for i, n in zip(left, share, strict=True)]
    in_test, in_val = parts
    in_train = rng.permutation(np.concatenate(left))
    return Data(x[in_train], y[in_train], x[in_val], y[in_val], x[in_test], y[in_test])


def few(x: np.ndarray, y: np.ndarray, rng: np.random.Generator, *, per_class: int) -> tuple[np.ndarray, np.ndarray]:
    """Draw the same small number of examples from every class.

    Args:
        x: examples, shape (N, …).
        y: their classes, whole numbers from 0, shape (N,).
        rng: draws and shuffles.
        per_class: examples of each class that occurs in y, ≥ 1.

    Returns:
        (x, y) with per_class · (number of classes) examples, shuffled.

    Raises:
        ValueError: a class with too few examples.

    >>> x, y = np.arange(100.0), np.repeat([0, 1], [80, 20])
    >>> small_x, small_y = few(x, y, np.random.default_rng(0), per_class=5)
    >>> np.bincount(small_y)
    array([5, 5])
    """
    _check_pair(x, y)
    check_rng("rng", rng)
    check_count("per_class", per_class)
    chosen = []
    for c in np.unique(y):
        members = np.flatnonzero(y == c)
        if len(members) < per_class:
            raise ValueError(f"per_class is {per_class}, but class {c} has only {len(members)} examples")
        chosen.append(rng.choice(members, per_class, replace=False))
    chosen = rng.permutation(np.concatenate(chosen))
    return x[chosen], y[chosen]


def wrong_labels(
    y: np.ndarray, share: float, rng: np.random.Generator, *, classes: int | None = None
) -> tuple[np.ndarray, np.ndarray]:
    """Make a fraction of the labels wrong, each uniformly one of the other classes.

    ỹ = (y + d) mod C, d ~ U{1, …, C−1}, for round(share·N) examples

    Args:
        y: classes, whole numbers from 0 to C − 1, shape (N,).
        share: fraction of the labels that become wrong, 0 ≤ share ≤ 1.
        rng: draws which labels change, and to which class.
        classes: C ≥ 2; None: max(y) + 1.

    Returns:
        (ỹ, mask): the new labels, and True where they are wrong; both of shape (N,). y stays as it is.

    Raises:
        ValueError: a dtype of y that cannot hold class C − 1.

    >>> y = np.zeros(10, int)
    >>> noisy, wrong = wrong_labels(y, 0.3, np.random.default_rng(0), classes=4)
    >>> int(wrong.sum()), np.array_equal(noisy != y, wrong)
    (3, True)

    Source: Zhang, Bengio, Hardt, Recht and Vinyals, Understanding deep learning requires rethinking
    generalization, 2017.
    """
    _check_labels(y)
    check_rng("rng", rng)
    share = check_number("share", share, ANY)
    if not 0 <= share <= 1:
        raise ValueError(f"share must be between 0 and 1, not {share:g}")
    classes = check_count("classes", int(y.max()) + 1 if classes is None else classes, 2)
    if y.max() >= classes:
        raise ValueError(f"y must be below {classes}, the number of classes, but holds {y.max()}")
    if classes - 1 > np.iinfo(y.dtype).max:
        raise ValueError(f"y must be of a type that can hold class {classes - 1}, not {y.dtype}")
    wrong = np.zeros(len(y), bool)
    wrong[rng.choice(len(y), round(share * len(y)), replace=False)] = True
    noisy = y.copy()
    noisy[wrong] = (y[wrong].astype(int) + rng.integers(1, classes, wrong.sum())) % classes
    return noisy, wrong


def _in_proportion(size: int, counts: np.ndarray) -> np.ndarray:
    """Distribute `size` places in proportion to counts: round down, then up where the remainder is largest."""
    quota = size * counts / counts.sum()
    share = np.floor(quota).astype(int)
    share[np.argsort(share - quota, kind="stable")[: size - share.sum()]] += 1
    return share


def _check_labels(y: np.ndarray) -> None:
    if not isinstance(y, np.ndarray) or y.dtype.kind not in "iu":
        raise TypeError(f"y must be a NumPy array of integers, not {y.dtype if isinstance(y, np.ndarray) else type(y)}")
    if y.ndim != 1 or len(y) == 0:
        raise ValueError(f"y must have the shape (N,) with N ≥ 1, not {y.shape}")
    if y.min() < 0:
        raise ValueError(f"y must hold classes from 0, not {y.min()}")


def _check_pair(x: np.ndarray, y: np.ndarray) -> None:
    _check_labels(y)
    if not isinstance(x, np.ndarray):
        raise TypeError(f"x must be a NumPy array, not {type(x).__name__}")
    if x.ndim == 0 or len(x) != len(y):
        raise ValueError(f"x must have {len(y)} examples, as y has, not shape {x.shape}")


def check_dtype(dtype: object) -> np.dtype:
    """Return a float type as a NumPy dtype; raise TypeError for any other type."""
    kind = np.dtype(dtype)
    if kind.kind != "f":
        raise TypeError(f"dtype must be a float type, not {kind}")
    return kind
