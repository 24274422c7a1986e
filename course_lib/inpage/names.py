"""What the real NumPy has, by name: the page's small one tells with it what it lacks."""

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np


def names() -> str:
    """Return the source of the page's module `_names`: `NAMES`, sorted, and `KEYWORDS` of NumPy's functions.

    >>> scope = {}
    >>> exec(names(), scope)
    >>> "fft" in scope["NAMES"]["numpy"], "squareroot" in scope["NAMES"]["numpy"], scope["KEYWORDS"]["vdot"]
    (True, False, ['a', 'b'])
    """
    known = {"numpy": _public(np), "linalg": _public(np.linalg), "ndarray": _public(np.ndarray)}
    known["dtypes"] = [name for name in (*known["numpy"], "complex", "object", "bytes") if _is_dtype(name)]
    keywords = {name: _keywords(getattr(np, name)) for name in known["numpy"] if callable(getattr(np, name))}
    return f"NAMES = {known}\nKEYWORDS = { ({name: words for name, words in keywords.items() if words}) }\n"


def _public(thing: Any) -> list[str]:
    return sorted(name for name in dir(thing) if not name.startswith("_"))


def _is_dtype(name: str) -> bool:
    try:
        np.dtype(name)
    except TypeError:
        return False
    return True


def _keywords(function: Callable[..., Any]) -> list[str]:
    try:
        return list(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        return []
