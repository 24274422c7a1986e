"""Parameters come as one array, a list or a dict of arrays: read them, check them, name what is wrong.

Nothing here changes an argument; every error names it as the caller would write it: `params['W1']`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

Leaves = dict[Any, np.ndarray]  # key → array; the key is None, an index or a dict's key


def name(what: str, key: Any) -> str:
    """Write one leaf as its owner does: `params`, `params[2]` or `params['W1']`."""
    return what if key is None else f"{what}[{key!r}]"


def kind(tree: Any) -> str | None:
    """Tell "array", "list" or "dict"; None for anything else."""
    if isinstance(tree, np.ndarray | np.floating):
        return "array"
    return "list" if isinstance(tree, list | tuple) else "dict" if isinstance(tree, Mapping) else None


def leaves(tree: Any, what: str) -> Leaves:
    """List the leaves of a single array, a list or a dict by key; TypeError for anything else."""
    match kind(tree):
        case "array":
            return {None: tree}
        case "list":
            return dict(enumerate(tree))
        case "dict":
            return dict(tree)
    raise TypeError(f"{what} must be a NumPy float array, or a list or dict of them, not {_said(tree)}")


def rebuild(kind: str, values: dict[Any, Any]) -> Any:
    """Put leaves back together: the inverse of `leaves`."""
    return values[None] if kind == "array" else list(values.values()) if kind == "list" else dict(values)


def check_float(x: Any, label: str) -> None:
    """Raise TypeError unless x is a NumPy float array or float scalar."""
    if not isinstance(x, np.ndarray | np.floating):
        raise TypeError(f"{label} must be a NumPy float array, not {_said(x)}")
    if x.dtype.kind != "f":
        raise TypeError(f"{label} must hold floats, not {x.dtype}: write {label}.astype(float)")


def check_params(params: Any) -> Leaves:
    """Read the parameters: writable float arrays, no two of which share memory."""
    xs = leaves(params, "params")
    for key, x in xs.items():
        label = name("params", key)
        check_float(x, label)
        if not isinstance(x, np.ndarray):
            raise TypeError(f"{label} is a NumPy scalar and cannot change in place: write np.array({x})")
        if not x.flags.writeable:
            raise ValueError(f"{label} is read-only, so it cannot change in place")
    _check_apart(xs)
    return xs


def check_grads(grads: Any, params: Any, xs: Leaves) -> Leaves:
    """Read the gradients in the parameters' order: the same structure, keys and shapes."""
    dxs = leaves(grads, "grads")
    if kind(grads) != kind(params):
        raise TypeError(f"grads must be {_article(params)}, like params, not {_article(grads)}")
    if len(dxs) != len(xs) and kind(params) == "list":
        raise ValueError(f"grads has {len(dxs)} arrays, but params has {len(xs)}")
    if missing := [key for key in xs if key not in dxs]:
        raise ValueError(f"{name('grads', missing[0])} is missing: params has that key")
    if extra := [key for key in dxs if key not in xs]:
        raise ValueError(f"{name('grads', extra[0])} has no partner in params")
    owners = {id(_owner(x)) for x in xs.values()}
    ready: Leaves = {}
    for key, x in xs.items():
        dx, label = dxs[key], name("grads", key)
        check_float(dx, label)
        if dx.shape != x.shape:
            raise ValueError(f"{label} has shape {dx.shape}, but {name('params', key)} has {x.shape}")
        # A gradient that shares memory with a parameter (f = x·y has the gradient (y, x)) would change
        # while it is being used: take a copy.
        shares = isinstance(dx, np.ndarray) and id(_owner(dx)) in owners
        ready[key] = np.array(dx, dtype=x.dtype, copy=True if shares else None)
    return ready


def layout_of(tree: Any, xs: Leaves) -> tuple[str, dict[Any, tuple[tuple[int, ...], np.dtype]]]:
    """Describe what must stay the same from step to step: structure, keys, shapes and dtypes."""
    return kind(tree), {key: (x.shape, x.dtype) for key, x in xs.items()}


def check_layout(new: tuple, old: tuple, what: str = "params") -> None:
    """Raise ValueError that names the first difference between two layouts."""
    if new == old:
        return
    if new[0] != old[0]:
        raise ValueError(f"{what} was given as {old[0]} before and is now given as {new[0]}")
    for key in [*old[1], *new[1]]:
        label = name(what, key)
        if key not in new[1]:
            raise ValueError(f"{label} was there in earlier steps and is missing now")
        if key not in old[1]:
            raise ValueError(f"{label} is new: the set of parameters cannot change between steps")
        (shape, dtype), (old_shape, old_dtype) = new[1][key], old[1][key]
        if (shape, dtype) != (old_shape, old_dtype):
            raise ValueError(f"{label} was {old_dtype}{old_shape} before and is now {dtype}{shape}")


def _check_apart(xs: Leaves) -> None:
    """Two parameters that share memory would be moved twice a step."""
    by_owner: dict[int, list[Any]] = {}
    for key, x in xs.items():
        others = by_owner.setdefault(id(_owner(x)), [])
        for other in others:
            if np.shares_memory(x, xs[other]):
                raise ValueError(f"{name('params', key)} shares memory with {name('params', other)}")
        others.append(key)


def _owner(x: np.ndarray) -> Any:
    """The object that owns x's memory: views of one array have the same."""
    return x if x.base is None else x.base


def _said(x: Any) -> str:
    if isinstance(x, bool | int | float):
        return f"the Python {type(x).__name__} {x!r}: write np.array({float(x)})"
    return f"{type(x).__name__}"


def _article(tree: Any) -> str:
    return {"array": "one array", "list": "a list", "dict": "a dict"}[kind(tree)]
