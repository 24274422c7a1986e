"""Preprocessing that is fitted to the training data, and to nothing else.

    prepare = Normalize(data.x_train)
    x_val = prepare(data.x_val)          # with the mean and deviation of the training data

Fitted to all data, it would leak the validation data into training; fitted to the validation data anew, it would show
the network something else than it was trained on.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from course_lib.validation import check_count, check_float


class Preprocess:
    """The base class: fitted by the constructor, then a function of any batch, with an inverse.

    Args:
        x_train: the training data, floats, shape (N, …), N ≥ 1.
        per_channel: one mean for each channel (the last axis) instead of each entry.

    Attributes:
        shape: of one example.
        mean: of each feature over the training data, in float64, shape that broadcasts against one example.

    Raises:
        ValueError: nan or inf in the training data.
    """

    def __init__(self, x_train: np.ndarray, *, per_channel: bool = False) -> None:
        check_float(x_train, "x_train")
        if x_train.ndim < 2 or x_train.size == 0:
            raise ValueError(f"{self!r}: x_train must have shape (N, …) with N at least 1, not {x_train.shape}")
        if not np.isfinite(x_train).all():
            where = tuple(int(i) for i in np.argwhere(~np.isfinite(x_train))[0])
            raise ValueError(f"{self!r}: x_train holds {x_train[where]} at {where}")
        self.shape = x_train.shape[1:]
        self._axes = tuple(range(x_train.ndim - 1)) if per_channel else (0,)
        low, high = x_train.min(axis=self._axes), x_train.max(axis=self._axes)
        # A constant's computed mean may be off in the last digit; its spread must be 0 and not that error.
        self.mean = np.where(low == high, low, x_train.mean(axis=self._axes, dtype=float))

    def __call__(self, x: np.ndarray) -> np.ndarray:
        """Return the batch x preprocessed, in its dtype."""
        raise NotImplementedError

    def inverse(self, z: np.ndarray) -> np.ndarray:
        """Return the batch that was preprocessed to z."""
        raise NotImplementedError

    def _check(self, x: np.ndarray, name: str, shape: tuple[int, ...]) -> None:
        check_float(x, name)
        if x.shape[1:] != shape or x.ndim == 0:
            expected = "(N, " + ", ".join(map(str, shape)) + ")"
            raise ValueError(f"{self!r}: {name} must have shape {expected}, as fitted on training data, not {x.shape}")

    def __repr__(self) -> str:
        return type(self).__name__


class Center(Preprocess):
    """Subtract the mean of the training data: zero on average.

    z = x − x̄

    With inputs that are all positive, the gradients of a unit's weights all have one sign. And the farther the data
    lie from zero, the more a small change of the weights moves the boundary there: the loss is sensitive.

    Args:
        x_train: the training data, floats, shape (N, D) or, as images, (N, height, width, channels).
        per_channel: one mean for each channel (the last axis) instead of a whole mean image.

    Attributes:
        mean: x̄, float64.

    >>> center = Center(np.array([[1.0, 10.0], [3.0, 10.0]]))
    >>> center(np.array([[2.0, 11.0]]))
    array([[0., 1.]])

    Source: LeCun, Bottou, Orr and Müller, Efficient BackProp, 1998.
    """

    def __call__(self, x: np.ndarray) -> np.ndarray:
        self._check(x, "x", self.shape)
        return x - self.mean.astype(x.dtype)

    def inverse(self, z: np.ndarray) -> np.ndarray:
        self._check(z, "z", self.shape)
        return z + self.mean.astype(z.dtype)


class Normalize(Preprocess):
    """Subtract the mean and divide by the standard deviation of the training data: all features on one scale.

    z = (x − x̄)/σ,  σ² = (1/N) Σ (x − x̄)²

    A feature that is constant over the training data (a pixel that is always black) has no scale: it is only
    centered, as if σ were 1.

    Args:
        x_train: the training data, floats, shape (N, D) or, as images, (N, height, width, channels).
        per_channel: one mean and deviation for each channel (the last axis) instead of each entry.

    Attributes:
        mean, std: x̄ and σ, float64.

    >>> normalize = Normalize(np.array([[1.0, 10.0], [3.0, 10.0]]))
    >>> normalize(np.array([[4.0, 11.0]]))
    array([[2., 1.]])

    Source: LeCun, Bottou, Orr and Müller, Efficient BackProp, 1998.
    """

    def __init__(self, x_train: np.ndarray, *, per_channel: bool = False) -> None:
        super().__init__(x_train, per_channel=per_channel)
        d = x_train - self.mean.astype(x_train.dtype)
        # In units of the largest deviation, so that a square neither overflows nor vanishes in float32 or float16.
        unit = np.maximum(d.max(axis=self._axes), -d.min(axis=self._axes))
        unit = np.where(unit == 0, 1, unit)
        d /= unit
        std = unit * np.sqrt(np.square(d, out=d).mean(axis=self._axes, dtype=float))
        self.std = np.where(std == 0, 1.0, std)

    def __call__(self, x: np.ndarray) -> np.ndarray:
        self._check(x, "x", self.shape)
        return (x - self.mean.astype(x.dtype)) / self.std.astype(x.dtype)

    def inverse(self, z: np.ndarray) -> np.ndarray:
        self._check(z, "z", self.shape)
        return z * self.std.astype(z.dtype) + self.mean.astype(z.dtype)


class PCA(Preprocess):
    """Rotate the axes to the directions in which the training data vary, largest variance first: uncorrelated features.

    z = (x − x̄) V;  X − x̄ = U S Vᵀ, variances S²/(N − 1)

    A direction in which the training data do not vary at all, to the precision of their dtype
    (S ≤ S_max · max(N, D) · machine epsilon, NumPy's rule for the rank), is not a component. So there are at most
    min(N − 1, D), and fewer where some features are constant or follow from others.

    Args:
        x_train: the training data, floats, shape (N, …); each example is flattened to D entries.
        components: number of components to keep, 1 … rank; all if None.

    Attributes:
        directions: V, shape (D, components), orthonormal columns; the largest entry of each is positive.
        variance: along each direction, shape (components,).
        explained: the fraction of the whole variance, shape (components,).

    Raises:
        ValueError: training data that do not vary.

    >>> pca = PCA(np.array([[0.0, 0.0], [1.0, 1.0], [2.0, 2.0]]))
    >>> pca.directions.round(3).tolist(), pca.variance.round(3).tolist()
    ([[0.707], [0.707]], [2.0])
    >>> pca.inverse(pca(np.array([[3.0, 3.0]]))).round(3)
    array([[3., 3.]])

    Source: Hotelling, Analysis of a complex of statistical variables into principal components, 1933.
    """

    def __init__(self, x_train: np.ndarray, components: int | None = None) -> None:
        super().__init__(x_train)
        n = len(x_train)
        X = (x_train - self.mean).reshape(n, -1)
        _, S, Vt = np.linalg.svd(X, full_matrices=False)
        rank = int((S > S[0] * max(X.shape) * np.finfo(x_train.dtype).eps).sum())
        if rank == 0:
            problem = f"x_train of shape {x_train.shape} does not vary, to the precision of {x_train.dtype}"
            raise ValueError(f"{self!r}: {problem}")
        kept = rank if components is None else check_count("components", components)
        if kept > rank:
            raise ValueError(
                f"{self!r}: components must be at most {rank}, the rank of the centered x_train, not {kept}"
            )
        V = Vt[:kept].T
        self.directions = V * np.sign(V[np.abs(V).argmax(axis=0), np.arange(kept)])
        self.variance = S[:kept] ** 2 / (n - 1)
        self.explained = S[:kept] ** 2 / np.square(S).sum()

    def __call__(self, x: np.ndarray) -> np.ndarray:
        self._check(x, "x", self.shape)
        return (x - self.mean.astype(x.dtype)).reshape(len(x), len(self.directions)) @ self._forward().astype(x.dtype)

    def inverse(self, z: np.ndarray) -> np.ndarray:
        """Return the batch that was preprocessed to z, as far as the components represent it."""
        self._check(z, "z", self.variance.shape)
        x = z @ self._back().astype(z.dtype)
        return x.reshape(len(z), *self.shape) + self.mean.astype(z.dtype)

    def _forward(self) -> np.ndarray:
        return self.directions

    def _back(self) -> np.ndarray:
        return self.directions.T


class Whiten(PCA):
    """Rotate the axes as PCA does, and scale every direction to variance 1: the covariance becomes the identity.

    z = (x − x̄) V/√variance

    This is PCA whitening: z is a row of components, not an image. (Rotated back, z Vᵀ, it is ZCA whitening.)

    Directions in which the training data do not vary are no components (see `PCA`), so nothing is divided by zero.
    Those in which they hardly vary are amplified to the size of the others: keep fewer components.

    Args:
        x_train: the training data, floats, shape (N, …); each example is flattened to D entries.
        components: number of components to keep, 1 … rank; all if None.

    Attributes:
        directions, variance, explained: as in `PCA`.

    >>> x = np.random.default_rng(0).normal(size=(50, 2)) @ np.array([[3.0, 1.0], [0.0, 0.1]])
    >>> bool(np.allclose(np.cov(Whiten(x)(x).T), np.eye(2)))
    True

    Source: Bell and Sejnowski, The "independent components" of natural scenes are edge filters, 1997.
    """

    def _forward(self) -> np.ndarray:
        return self.directions / np.sqrt(self.variance)

    def _back(self) -> np.ndarray:
        return (self.directions * np.sqrt(self.variance)).T


def preprocess(data: Any, how: Callable[[np.ndarray], Preprocess]) -> Any:
    """Return a data set with every x preprocessed, fitted to its training part.

    Args:
        data: a named tuple with x_train, such as `Data`; its fields `x_…` change.
        how: a class of this file, or a function of x_train that returns an instance.

    >>> from course_lib.data import load_digits
    >>> digits = preprocess(load_digits(np.random.default_rng(0)), Center)
    >>> bool(abs(digits.x_train.mean(axis=0)).max() < 1e-6)
    True
    """
    if not hasattr(data, "_replace") or not hasattr(data, "x_train"):
        raise TypeError(f"data must be a named tuple with a field x_train, not a {type(data).__name__}")
    fitted = how(data.x_train)
    return data._replace(**{name: fitted(getattr(data, name)) for name in data._fields if name.startswith("x_")})
