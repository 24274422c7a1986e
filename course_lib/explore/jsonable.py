"""JSON data, which crosses from Python into the page."""

import json
import math
from collections.abc import Mapping
from typing import Any

import numpy as np


def to_jsonable(value: Any, digits: int | None = None) -> Any:
    """Convert arrays and NumPy numbers to JSON data; what is not finite becomes None; ``digits`` rounds.

    >>> to_jsonable({"x": np.array([1.0, np.inf])})
    {'x': [1.0, None]}
    """
    if isinstance(value, Mapping):
        return {k: to_jsonable(v, digits) for k, v in value.items()}
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if isinstance(value, list | tuple):
        return [to_jsonable(v, digits) for v in value]
    if isinstance(value, bool | np.bool_ | str) or value is None:
        return bool(value) if isinstance(value, np.bool_) else value
    number = float(value)
    if not math.isfinite(number):
        return None
    if digits is not None:
        number = float(f"{number:.{digits}g}")
        return int(number) if number.is_integer() and abs(number) < 1e15 else number
    return number


def json_text(value: Any) -> str:
    """Return JSON that is safe in a script element, whatever its strings contain."""
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False, allow_nan=False).replace("<", "\\u003c")
