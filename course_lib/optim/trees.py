"""Parameters as one array, a list or a dict of arrays: read, checked and rebuilt.

Errors name an array as its owner writes it: `params['W1']`. Nothing here changes an argument.
"""

from __future__ import annotations

import itertools
import math
from bisect import bisect_left
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ..validation import check_count, check_float, describe
from .parameter_set import ParameterSet

Leaves = dict[Any, np.ndarray]  # key → array; the key is None, an index or a dict's key
Layout = tuple[str, dict[Any, tuple[tuple[int, ...], np.dtype]]]  # kind, and key → (shape, dtype)


def kind_of(tree: Any) -> str | None:
    """Return "array", "list" or "dict"; None for anything else."""
    if isinstance(tree, np.ndarray | np.floating):
        return "array"
    return "list" if isinstance(tree, list | tuple) else "dict" if isinstance(tree, Mapping) else None


def leaves(tree: Any, what: str) -> Leaves:
    """Return the arrays of an array, a list or a dict by key; TypeError for anything else."""
    match kind_of(tree):
        case "array":
            return {None: tree}
        case "list":
            return dict(enumerate(tree))
        case "dict":
            return dict(tree)
    raise TypeError(f"{what} must be a NumPy float array, or a list or dict of them, not {describe(tree)}")


def rebuild(kind: str, values: dict[Any, Any]) -> Any:
    """Rebuild a tree from its leaves: the inverse of `leaves`."""
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
    check_apart(xs)
    return xs


def check_apart(xs: Leaves) -> None:
    """Raise ValueError if two parameters share memory: a step would change it twice."""
    if len(xs) < 2 or _all_own_memory(list(xs.values())):
        return
    keys, arrays = list(xs), list(xs.values())
    near: list[tuple[int, int]] = []  # (end, index) of the arrays that reach to where the next one starts
    for low, high, i in sorted((*_bounds(x), i) for i, x in enumerate(arrays)):
        near = [(end, j) for end, j in near if end > low]
        for _, j in near:
            if np.shares_memory(arrays[i], arrays[j]):
                first, second = (keys[k] for k in sorted((i, j)))
                raise ValueError(f"{_name('params', second)} shares memory with {_name('params', first)}")
        near.append((high, i))


def check_grads(grads: Any, params: Any, xs: Leaves) -> Leaves:
    """Return the gradients by key, cast to the parameters' dtypes, if structure, keys and shapes are the same."""
    dxs = leaves(grads, "grads")
    kind = kind_of(params)
    if kind_of(grads) != kind:
        raise TypeError(f"grads must be of the same kind as params: {kind}, not {kind_of(grads)}")
    if kind == "list" and len(dxs) != len(xs):
        raise ValueError(f"grads has {len(dxs)} arrays, but params has {len(xs)}")
    for key in [*xs, *dxs]:
        if key not in dxs:
            raise ValueError(f"{_name('grads', key)} is missing: params has that key")
        if key not in xs:
            raise ValueError(f"{_name('grads', key)} has no counterpart in params")
    for key, x in xs.items():
        dx, label = dxs[key], _name("grads", key)
        check_float(dx, label)
        if dx.shape != x.shape:
            raise ValueError(f"{label} has shape {dx.shape}, but {_name('params', key)} has {x.shape}")
    # f(x, y) = x·y has the gradient (y, x): one in a parameter's memory would change while it is being used, so it is
    # copied.
    overlaps = _overlaps(xs, dxs)
    with np.errstate(over="ignore"):  # what is too large for float32 becomes infinite, and is reported as such
        return {
            key: np.array(dxs[key], dtype=x.dtype) if overlaps(dxs[key]) else np.asarray(dxs[key], dtype=x.dtype)
            for key, x in xs.items()
        }


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


def _all_own_memory(arrays: list[Any]) -> bool:
    """Return whether each array owns its memory and none occurs twice: then no two of them share memory."""
    ids = [id(x) for x in arrays if x.flags.owndata]
    return len(set(ids)) == len(arrays)


def _bounds(x: np.ndarray) -> tuple[int, int]:
    """Return the addresses between which x lies. (`.base` is no help: views of buffers and tensors have one each.)"""
    low = high = x.__array_interface__["data"][0]
    if x.size == 0:
        return low, low
    for n, stride in zip(x.shape, x.strides, strict=True):
        low += min(0, (n - 1) * stride)
        high += max(0, (n - 1) * stride)
    return low, high + x.itemsize


def _overlaps(xs: Leaves, dxs: Leaves) -> Callable[[Any], bool]:
    """Return a function of a gradient: whether it overlaps the memory bounds of any parameter."""
    if _all_own_memory([*xs.values(), *dxs.values()]):
        return lambda dx: False
    spans = sorted(_bounds(x) for x in xs.values())
    lows = [low for low, _ in spans]
    reach = list(itertools.accumulate((high for _, high in spans), max))

    def overlaps(dx: Any) -> bool:
        low, high = _bounds(dx)
        before = bisect_left(lows, high)  # so many parameters start before it ends
        return before > 0 and reach[before - 1] > low

    return overlaps
