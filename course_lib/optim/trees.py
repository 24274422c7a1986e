"""Parameters as one array, a list or a dict of arrays: read, checked and rebuilt.

Errors name an array as its owner writes it: `params['W1']`. Nothing here changes an argument.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from ..validation import check_count, check_float, describe
from .parameter_set import ParameterSet

_ARRAY, _LIST = (np.ndarray, np.floating), (list, tuple)
Leaves = dict[Any, np.ndarray]  # key → array; the key is None, an index or a dict's key
Layout = tuple[str, dict[Any, tuple[tuple[int, ...], np.dtype]]]  # kind, and key → (shape, dtype)


def kind_of(tree: Any) -> str | None:
    """Return "array", "list" or "dict"; None for anything else."""
    if isinstance(tree, _ARRAY):
        return "array"
    return "list" if isinstance(tree, _LIST) else "dict" if isinstance(tree, Mapping) else None


def leaves(tree: Any, what: str) -> Leaves:
    """Return the arrays of an array, a list or a dict by key; TypeError for anything else."""
    if isinstance(tree, _ARRAY):
        return {None: tree}
    if isinstance(tree, _LIST):
        return dict(enumerate(tree))
    if isinstance(tree, Mapping):
        return dict(tree)
    raise TypeError(f"{what} must be a NumPy float array, or a list or dict of them, not {describe(tree)}")


def rebuild(kind: str, values: dict[Any, Any]) -> Any:
    """Rebuild a tree from its leaves: the inverse of `leaves`, but for a tuple, which becomes a list."""
    return values[None] if kind == "array" else list(values.values()) if kind == "list" else values


def rebuild_like(tree: Any, values: dict[Any, Any]) -> Any:
    """Rebuild leaves in the structure of another tree: an array, a list, a dict or a parameter set."""
    return ParameterSet(values) if isinstance(tree, ParameterSet) else rebuild(kind_of(tree), values)


def layout_of(tree: Any, xs: Leaves) -> Layout:
    """Return what must stay the same from step to step: structure, keys, shapes and dtypes."""
    return kind_of(tree), {key: (x.shape, x.dtype) for key, x in xs.items()}


def check_params(params: Any) -> Leaves:
    """Return the parameters by key, if they are writable float arrays, no two of which share memory."""
    xs = leaves(params, "params")
    for key, x in xs.items():
        label = _name("params", key)
        check_float(x, label)
        if not isinstance(x, np.ndarray):
            raise TypeError(f"{label} is a NumPy scalar and cannot be changed in place: write np.array({x})")
        if not x.flags.writeable:
            raise ValueError(f"{label} is read-only, so it cannot be changed in place")
    if not isinstance(params, ParameterSet):  # its arrays are parts of one buffer
        check_apart(xs)
    return xs


def check_apart(xs: Leaves) -> None:
    """Raise ValueError if two parameters share memory: a step would change it twice."""
    owners = owners_of(xs)
    if owners is not None and len(owners) == len(xs):
        return
    for (first, a), (second, b) in itertools.combinations(xs.items(), 2):
        if np.shares_memory(a, b):
            raise ValueError(f"{_name('params', second)} shares memory with {_name('params', first)}")


def owner(x: np.ndarray) -> Any:
    """Return what owns an array's memory: the array itself, another one, or an object that is none, such as a tensor.

    >>> x = np.zeros(6)
    >>> owner(x[1:].reshape(5, 1)) is owner(x) is x
    True
    """
    while isinstance(x.base, np.ndarray):
        x = x.base
    return x if x.base is None else x.base


def owners_of(xs: Leaves) -> set[int] | None:
    """Return the identities of the arrays that own the memory; None if others do, which may share it, as tensors do."""
    owners = [owner(x) for x in xs.values()]
    return {id(one) for one in owners} if all(isinstance(one, np.ndarray) for one in owners) else None


def is_apart(dx: np.ndarray, owners: set[int] | None) -> bool:
    """Check whether an array's memory certainly has none of these owners, which are those of the parameters'."""
    if owners is None:
        return False
    its = dx if dx.base is None else owner(dx)
    return isinstance(its, np.ndarray) and id(its) not in owners


def check_grads(grads: Any, params: Any, xs: Leaves, owners: set[int] | None = None) -> Leaves:
    """Return the gradients by key, in the parameters' dtypes, if structure, keys and shapes are the same.

    f(x, y) = x·y has the gradient (y, x): one in a parameter's memory would change while it is being used. So a
    gradient is copied, unless its memory certainly has another owner than theirs.

    Args:
        grads: what is checked.
        params: as in `Optimizer.step`.
        xs: their arrays by key.
        owners: their `owners_of`; None: all gradients are copied.
    """
    dxs = leaves(grads, "grads")
    if type(grads) is not type(params) and kind_of(grads) != kind_of(params):
        raise TypeError(f"grads must be of the same kind as params: {kind_of(params)}, not {kind_of(grads)}")
    if dxs.keys() != xs.keys():
        _name_odd_key(dxs, xs, kind_of(params))
    for key, x in xs.items():
        dx = dxs[key]
        if not (isinstance(dx, np.ndarray) and dx.dtype.kind == "f"):
            check_float(dx, _name("grads", key))
        if dx.shape != x.shape:
            raise ValueError(f"{_name('grads', key)} has shape {dx.shape}, but {_name('params', key)} has {x.shape}")
        if not (type(dx) is np.ndarray and dx.dtype is x.dtype and is_apart(dx, owners)):
            with np.errstate(over="ignore"):  # what is too large for float32 becomes infinite, and is reported as such
                dxs[key] = np.array(dx, dtype=x.dtype)
    return dxs


def _name_odd_key(dxs: Leaves, xs: Leaves, kind: str) -> None:
    if kind == "list":
        raise ValueError(f"grads has {len(dxs)} arrays, but params has {len(xs)}")
    for key in xs:
        if key not in dxs:
            raise ValueError(f"{_name('grads', key)} is missing: params has that key")
    for key in dxs:
        if key not in xs:
            raise ValueError(f"{_name('grads', key)} has no counterpart in params")


def has_nonfinite(dx: np.ndarray) -> bool:
    """Return whether an array holds nan or inf.

    A finite sum of squares, which BLAS computes quickly, means that it does not. (`dot` would warn.)
    """
    return not (math.isfinite(np.vdot(dx, dx)) or np.isfinite(dx).all())


def find_nonfinite(dxs: Leaves) -> str | None:
    """Describe the first nan or inf, as in `grads['W'] holds nan at (0, 3)`; None if there is none."""
    for key, dx in dxs.items():
        if has_nonfinite(dx):
            where = tuple(int(i) for i in np.argwhere(~np.isfinite(dx))[0])
            return f"{_name('grads', key)} holds {dx[where]} at {where}" if where else f"{_name('grads', key)} is {dx}"
    return None


def zeros_like(xs: Leaves) -> Leaves:
    """Return zeros with the same keys, shapes and dtypes."""
    return {key: np.zeros_like(x) for key, x in xs.items()}


def check_layout(new: Layout, old: Layout, what: str) -> None:
    """Raise a ValueError that names the first difference between two layouts."""
    if new == old:
        return
    if new[0] != old[0]:
        raise ValueError(f"{what} was of kind {old[0]} before and is now of kind {new[0]}")
    for key in [*old[1], *new[1]]:
        label = _name(what, key)
        if key not in new[1]:
            raise ValueError(f"{label} was there before and is missing now")
        if key not in old[1]:
            raise ValueError(f"{label} is new: the set of parameters cannot change between steps")
        if new[1][key] != old[1][key]:
            (shape, dtype), (old_shape, old_dtype) = new[1][key], old[1][key]
            raise ValueError(f"{label} was {old_dtype} {old_shape} before and is now {dtype} {shape}")


def check_broadcast(grids: dict[str, np.ndarray], xs: Leaves) -> None:
    """Raise ValueError if a hyper-parameter's array does not broadcast to every parameter's shape."""
    for label, grid in grids.items():
        for key, x in xs.items():
            sides = zip(reversed(grid.shape), reversed(x.shape), strict=False)
            if grid.ndim > x.ndim or any(n not in (1, m) for n, m in sides):
                where = f"{_name('params', key)} of shape {x.shape}"
                raise ValueError(f"{label} of shape {grid.shape} does not broadcast to {where}")


def check_state(state: Any, slots: tuple[str, ...], layout: Layout | None) -> tuple[Layout | None, list[Leaves]]:
    """Check a saved state; return the parameters' layout as far as it is known, and a copy of each slot."""
    if not isinstance(state, Mapping):
        raise TypeError(f"state must be a dict as state_dict() returns, not {describe(state)}")
    if "t" not in state:
        raise ValueError("state['t'] is missing: the number of finished steps")
    t = check_count("state['t']", state["t"], least=0)
    for key in state:
        if key != "t" and key not in slots:
            raise ValueError(f"state[{key!r}] is unknown: this method keeps {list(slots)}")
    if t == 0 and len(state) == 1:  # saved before the first step
        return None, []
    trees = {}
    for slot in slots:
        label = f"state[{slot!r}]"
        if slot not in state:
            raise ValueError(f"{label} is missing")
        trees[slot] = leaves(state[slot], label)
        for key, s in trees[slot].items():
            check_float(s, _name(label, key))
        new = layout_of(state[slot], trees[slot])
        check_layout(new, layout or new, label)
        layout = layout or new
    if layout is None:  # a method without slots
        return None, []
    return layout, [{key: np.array(trees[slot][key]) for key in layout[1]} for slot in slots]


def _name(what: str, key: Any) -> str:
    return what if key is None else f"{what}[{key!r}]"
