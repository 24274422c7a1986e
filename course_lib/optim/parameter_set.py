"""Many named arrays in one buffer, so that a step over twenty of them costs the same as a step over one."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np


class ParameterSet(Mapping[Any, np.ndarray]):
    """A dict of float arrays that are views of one flat buffer.

    Read it like a dict. `s[key] = values` writes *into* the array, which stays where it is; keys and shapes
    are fixed. If parameters and gradients are two sets of one layout, an optimizer works on the two buffers,
    and each of its slots is one more set.

    Args:
        arrays: a dict of float arrays of one dtype, or a list of them (the keys are then 0, 1, 2, …). They
            are copied.

    >>> params = ParameterSet({"W": np.ones((2, 3)), "b": np.zeros(2)})
    >>> params["b"] = 5.0
    >>> params.flat
    array([1., 1., 1., 1., 1., 1., 5., 5.])
    >>> params.flat *= 2
    >>> params["b"]
    array([10., 10.])
    """

    __slots__ = ("_flat", "_layout", "_views")

    def __init__(self, arrays: Mapping[Any, np.ndarray] | Sequence[np.ndarray]) -> None:
        if isinstance(arrays, list | tuple):
            arrays = dict(enumerate(arrays))
        if not isinstance(arrays, Mapping):
            raise TypeError(f"arrays must be a dict or a list of float arrays, not a {type(arrays).__name__}")
        for key, x in arrays.items():
            if not isinstance(x, np.ndarray) or x.dtype.kind != "f":
                what = x.dtype if isinstance(x, np.ndarray) else f"a {type(x).__name__}"
                raise TypeError(f"arrays[{key!r}] must be a NumPy float array, not {what}")
        dtypes = {x.dtype: key for key, x in arrays.items()}
        if len(dtypes) > 1:
            (a, i), (b, j) = list(dtypes.items())[:2]
            raise ValueError(f"all arrays must be of one dtype, but arrays[{i!r}] is {a} and arrays[{j!r}] is {b}")
        self._lay_out({key: x.shape for key, x in arrays.items()}, next(iter(dtypes), np.dtype(float)))
        for key, x in arrays.items():
            self._views[key][...] = x

    def _lay_out(self, layout: dict[Any, tuple[int, ...]], dtype: np.dtype) -> None:
        self._layout = layout
        self._flat = np.zeros(sum(map(math.prod, layout.values())), dtype)
        self._views, start = {}, 0
        for key, shape in layout.items():
            stop = start + math.prod(shape)
            self._views[key] = self._flat[start:stop].reshape(shape)
            start = stop

    @property
    def flat(self) -> np.ndarray:
        """The buffer, shape (n,): all arrays in their order, each row by row. Assigning writes into it."""
        return self._flat

    @flat.setter
    def flat(self, values: Any) -> None:
        if values is not self._flat:
            self._flat[...] = values

    def zeros_like(self) -> ParameterSet:
        """Return a set of zeros with the same layout, for gradients.

        >>> ParameterSet([np.ones(2), np.ones(1)]).zeros_like().flat
        array([0., 0., 0.])
        """
        return _rebuild(self._layout, np.zeros_like(self._flat))

    def with_flat(self, flat: np.ndarray) -> ParameterSet:
        """Return a set of the same layout with a copy of another buffer's values, shape (n,).

        >>> a = ParameterSet([np.ones(2), np.ones(1)])
        >>> a.with_flat(2 * a.flat)[1]
        array([2.])
        """
        return _rebuild(self._layout, flat)

    def copy(self) -> ParameterSet:
        """Return a set with the same values in its own buffer.

        >>> a = ParameterSet([np.ones(2)])
        >>> b = a.copy()
        >>> b.flat += 1
        >>> a.flat
        array([1., 1.])
        """
        return self.with_flat(self._flat)

    def fits(self, other: object) -> bool:
        """Return whether the other is a set with the same keys in the same order, the same shapes and dtype.

        >>> a = ParameterSet([np.ones(2)])
        >>> a.fits(a.zeros_like()), a.fits([np.ones(2)])
        (True, False)
        """
        if not isinstance(other, ParameterSet) or other.flat.dtype != self.flat.dtype:
            return False
        if other._layout is not self._layout:
            if list(other._layout.items()) != list(self._layout.items()):
                return False
            other._layout = self._layout  # so that the next comparison is quick
        return True

    def __getitem__(self, key: Any) -> np.ndarray:
        return self._views[key]

    def __setitem__(self, key: Any, values: Any) -> None:
        if key not in self._views:
            raise KeyError(f"{key!r} is not in this set, whose keys are fixed: {list(self._views)}")
        view = self._views[key]
        if values is not view:
            if np.shape(values) not in ((), view.shape):
                raise ValueError(f"{key!r} has shape {view.shape} and cannot hold values of shape {np.shape(values)}")
            view[...] = values

    def __iter__(self) -> Iterator[Any]:
        return iter(self._views)

    def __len__(self) -> int:
        return len(self._views)

    def __copy__(self) -> ParameterSet:
        return self.copy()

    def __deepcopy__(self, memo: dict) -> ParameterSet:
        return self.copy()

    def __reduce__(self) -> tuple:
        return _rebuild, (self._layout, self._flat)

    def __repr__(self) -> str:
        return f"ParameterSet({', '.join(f'{k}: {v.shape}' for k, v in self._views.items())}; {self.flat.dtype})"


def _rebuild(layout: dict[Any, tuple[int, ...]], flat: np.ndarray) -> ParameterSet:
    new = object.__new__(ParameterSet)
    new._lay_out(layout, flat.dtype)
    new.flat = flat
    return new
