"""A network's weights laid aside, and taken up again."""

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
    """Write what `checkpoint` gave back into the network's own arrays.

    Raises:
        TypeError, ValueError: it is no checkpoint, or from another network; nothing has been changed.
    """
    if not isinstance(saved, Mapping) or saved.keys() != {"params", "state"}:
        raise TypeError(f"saved must be what checkpoint gave, params and state, not a {type(saved).__name__}")
    for part, arrays in saved.items():
        mine = {k: a.shape for k, a in getattr(net, part, {}).items()}
        if mine != {k: a.shape for k, a in arrays.items()}:
            raise ValueError(f"the checkpoint's {part} are of another network: {list(arrays)}, not {list(mine)}")
    for part, arrays in saved.items():
        copy_into(getattr(net, part, {}), arrays)


@contextlib.contextmanager
def using_params(net: Layer, params: Any) -> Iterator[None]:
    """Let the network hold other parameters for a while."""
    own = {k: p.copy() for k, p in net.params.items()}
    try:
        copy_into(net.params, params)
        yield
    finally:
        copy_into(net.params, own)


def copy_into(arrays: Any, values: Any) -> None:
    """Write values into arrays of the same names."""
    for name, value in values.items():
        arrays[name][...] = value
