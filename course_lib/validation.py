"""The library's one set of argument checks: each returns the checked value, or raises.

The rule in the whole library: a wrong type is a TypeError, a wrong value a ValueError; each names the argument and the
value. Docstrings have a `Raises` entry only where there is more to say.

A `domain` (low, high) means low ≤ value < high.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Mapping
from typing import Any

import numpy as np

#: The domain of every finite number.
ANY = (-math.inf, math.inf)


def check_count(label: str, value: Any, least: int = 1) -> int:
    """Return an integer of at least `least` as an int."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise TypeError(f"{label} must be an integer, not {value!r}")
    if value < least:
        raise ValueError(f"{label} must be at least {least}, not {value}")
    return int(value)


def check_scalar(label: str, value: Any) -> float:
    """Return a real number as a float; nan and infinity are allowed."""
    if isinstance(value, bool) or not isinstance(value, int | float | np.number | np.ndarray):
        raise TypeError(f"{label} must be a number, not {value!r}")
    array = np.asarray(value)
    if array.ndim:
        raise TypeError(f"{label} must be one number, not an array of shape {array.shape}")
    if array.dtype.kind not in "iuf":
        raise TypeError(f"{label} must be a real number, not {value!r}")
    return float(value)


def check_number(
    label: str, value: Any, domain: tuple[float, float] = (0.0, math.inf), *, above: float = -math.inf
) -> float:
    """Return a finite number with low ≤ value < high and value > above as a float.

    >>> check_number("rate", 1, above=0.0)
    1.0
    """
    number, (low, high) = check_scalar(label, value), domain
    if not (low <= number < high and number > above and math.isfinite(number)):
        raise ValueError(f"{label} must be {_describe_range(low, high, above)}, not {value}")
    return number


def _describe_range(low: float, high: float, above: float = -math.inf) -> str:
    """Describe a range, as in "finite and at least 0"."""
    low, above = (low, -math.inf) if low > above else (-math.inf, above)
    rules = ["finite"] * (math.isinf(high) or math.isinf(max(low, above))) + [f"at least {low:g}"] * (low > -math.inf)
    rules += [f"above {above:g}"] * (above > -math.inf) + [f"below {high:g}"] * (high < math.inf)
    return " and ".join(rules)


def check_bool(label: str, value: Any) -> bool:
    """Return a value that must be True or False."""
    if not isinstance(value, bool):
        raise TypeError(f"{label} must be True or False, not {value!r}")
    return value


def check_hyper(label: str, value: Any, domain: tuple[float, float] | None) -> Any:
    """Return a number as a float, an array as it is; it must be finite, with low ≤ value < high."""
    low, high = domain or ANY
    if type(value) is float and low <= value < high and value > -math.inf:
        return value
    if isinstance(value, bool) and domain is None:  # a flag, not a number
        return value
    if isinstance(value, bool) or not isinstance(value, int | float | np.number | np.ndarray):
        made = f": did you mean {value.__name__}(…)?" if isinstance(value, type) else ""  # Cosine(0.1, steps=90)
        raise TypeError(f"{label} must be a number or a NumPy array of numbers, not {value!r}{made}")
    array = np.asarray(value)
    if array.dtype.kind not in "iuf":
        raise TypeError(f"{label} must be a real number or an array of them, not {array.dtype}")
    outside = ~(np.isfinite(array) & (array >= low) & (array < high))
    if outside.any():
        raise ValueError(f"{label} must be {_describe_range(low, high)}, not {array[outside].flat[0]}")
    return float(value) if array.ndim == 0 else value


def cast_hyper(hyper: dict[str, Any], dtype: np.dtype, domains: Mapping[str, tuple[float, float]]) -> dict[str, Any]:
    """Return hyper-parameters for parameters of a dtype: arrays are cast to it, and each must stay in its domain.

    In float32, ρ = 1 − 10⁻¹² is 1 and α = 10³⁰⁰ is infinite. A number is checked and returned as it is: in
    arithmetic with an array it takes the array's dtype.
    """
    if dtype == np.float64 and not any(isinstance(h, np.ndarray) for h in hyper.values()):
        return hyper
    cast = dict(hyper)
    for name, value in hyper.items():
        if isinstance(value, np.ndarray):
            if value.dtype == dtype:
                continue
            with np.errstate(over="ignore", under="ignore"):
                cast[name] = check_hyper(f"{name} in {dtype}", value.astype(dtype), domains.get(name))
        elif not isinstance(value, bool):
            _check_rounded(name, value, dtype, domains.get(name))
    return cast


@functools.lru_cache(maxsize=256)  # the same few numbers at every step
def _check_rounded(name: str, value: float, dtype: np.dtype, domain: tuple[float, float] | None) -> None:
    with np.errstate(over="ignore", under="ignore"):
        rounded = check_hyper(f"{name} in {dtype}", float(dtype.type(value)), domain)
    if name == "eps" and value > 0 and rounded == 0:
        raise ValueError(f"eps must not be so small that it is 0 in {dtype}, as {value:g} is")


def check_rng(label: str, rng: Any) -> np.random.Generator:
    """Return a value that must be a NumPy random generator."""
    if not isinstance(rng, np.random.Generator):
        raise TypeError(f"{label} must be a generator such as np.random.default_rng(0), not {rng!r}")
    return rng


def check_float(x: Any, label: str) -> None:
    """Raise TypeError unless x is a NumPy array or scalar of floats."""
    if not isinstance(x, np.ndarray | np.floating):
        raise TypeError(f"{label} must be a NumPy float array, not {describe(x)}")
    if x.dtype.kind != "f":
        raise TypeError(f"{label} must hold floats, not {x.dtype}: write {label}.astype(float)")


def describe(x: Any) -> str:
    """Describe the type of a value that is not an array, for an error message."""
    if isinstance(x, int | float):
        return f"the Python {type(x).__name__} {x!r} (a NumPy array can be changed in place: np.array({x!r}))"
    return f"a {type(x).__name__}"
