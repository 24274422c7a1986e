"""Save a network's weights in memory, and restore them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from .layers import Layer


def checkpoint(net: Layer) -> dict[str, dict[str, np.ndarray]]:
    """Copy a network's parameters and state (running statistics).

    >>> from course_lib.nn import Dense, Sequential
    >>> net = Sequential(Dense(2, 2, rng=np.random.default_rng(0)))
    >>> saved = checkpoint(net)
    >>> net.params["0.b"] += 1
    >>> restore(net, saved)
    >>> net.params["0.b"]
    array([0., 0.], dtype=float32)
    """
    return {part: {k: a.copy() for k, a in getattr(net, part, {}).items()} for part in ("params", "state")}


def restore(net: Layer, saved: dict[str, dict[str, np.ndarray]]) -> None:
    """Copy a checkpoint back into the network's own arrays.

    Raises:
        TypeError, ValueError: not a checkpoint, or one of another network; nothing has been changed.
    """
    if not isinstance(saved, Mapping) or saved.keys() != {"params", "state"}:
        raise TypeError(f"saved must be a checkpoint, params and state, not a {type(saved).__name__}")
    for part, arrays in saved.items():
        shapes = {k: a.shape for k, a in getattr(net, part, {}).items()}
        if shapes != {k: a.shape for k, a in arrays.items()}:
            raise ValueError(f"the checkpoint's {part} belong to another network: {list(arrays)}, not {list(shapes)}")
    for part, arrays in saved.items():
        copy_into(getattr(net, part, {}), arrays)


@contextlib.contextmanager
def using_params(net: Layer, params: Any) -> Iterator[None]:
    """Let the network use other parameters inside a `with` block."""
    own = {k: p.copy() for k, p in net.params.items()}
    try:
        copy_into(net.params, params)
        yield
    finally:
        copy_into(net.params, own)


def copy_into(arrays: Any, values: Any) -> None:
    """Copy values into the arrays of the same names."""
    for name, value in values.items():
        arrays[name][...] = value
