"""Values of an experiment's controls: checked, moved into their range, and read from the text of an address."""

import math
import warnings
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from course_lib.validation import ANY, check_number

Control = Mapping[str, Any]
Values = dict[str, Any]


def cleaned(
    name: str,
    controls: Mapping[str, Control],
    changes: Mapping[str, Any],
    before: Values,
    limits: Callable[[Control, Values], Mapping[str, Any]],
) -> Values:
    """Return all controls' values: changes, checked; presets of a newly chosen option; the rest as before.

    A number out of range is moved to the nearest end, with a warning.

    Args:
        name: of the experiment, for messages.
        controls: by name, as declared.
        changes: new values of some controls.
        before: present values; empty at the start, when each control has its declared value.
        limits: the window of a point control, which may depend on the other controls' values.

    Raises:
        TypeError, ValueError: no such control, or a value that it cannot take.
    """
    if unknown := [n for n in changes if n not in controls]:
        raise ValueError(f"{name} has no control {unknown[0]!r}; it has {', '.join(controls)}")
    merged = {**{n: c["value"] for n, c in controls.items()}, **before, **changes}
    for n, c in controls.items():
        if c["type"] == "choice" and merged[n] != before.get(n):
            presets = c["presets"].get(_one(name, c, merged[n]), {})
            merged |= {k: v for k, v in presets.items() if k not in changes}
    clean = {n: _one(name, controls[n], v) for n, v in merged.items() if controls[n]["type"] != "point"}
    for n, c in controls.items():
        if c["type"] == "point":
            clean[n] = _point(name, c, merged[n], limits(c, {**merged, **clean}))
    return {n: clean[n] for n in controls}


def read(name: str, controls: Mapping[str, Control], texts: Mapping[str, str]) -> Values:
    """Return the values that the texts of an address stand for, each exactly one that its control can take.

    >>> from course_lib.explore.parts import choice, point, slider
    >>> controls = [slider("rho", "momentum", 0, 1, 0.5), choice("on", "Surface", {"saddle": "Saddle"}, "saddle"),
    ...             point("start", "start", (1, 1), within="window")]
    >>> read("race", {c["name"]: c for c in controls}, {"rho": "0.9", "on": "saddle", "start": "-1,0"})
    {'rho': 0.9, 'on': 'saddle', 'start': [-1.0, 0.0]}

    Raises:
        ValueError: no such control, or a text that is no value of it; the message tells what there is.
    """
    values: Values = {}
    for n, text in texts.items():
        if n not in controls:
            raise ValueError(f"{name} has no control {n!r}; it has {', '.join(controls)}")
        values[n] = _read_one(f"{name}: {n}", controls[n], text)
    return values


def _read_one(what: str, control: Control, text: str) -> Any:
    if control["type"] == "choice":
        if text not in control["options"]:
            raise ValueError(f"{what} must be one of {', '.join(control['options'])}; got {text!r}")
        return text
    if control["type"] == "toggle":
        if text not in ("true", "false"):
            raise ValueError(f"{what} must be true or false; got {text!r}")
        return text == "true"
    count = 2 if control["type"] == "point" else 1
    try:
        numbers = [float(part) for part in text.split(",")]
    except ValueError:
        numbers = []
    if len(numbers) != count or not all(map(math.isfinite, numbers)):
        raise ValueError(f"{what} must be {'two numbers, as in 1,0' if count == 2 else 'a number'}; got {text!r}")
    if count == 2:
        return numbers
    (number,) = numbers
    if control["values"] and number not in control["values"]:
        raise ValueError(f"{what} must be one of {', '.join(f'{v:g}' for v in control['values'])}; got {text}")
    if not control["low"] <= number <= control["high"]:
        raise ValueError(f"{what} must be from {control['low']:g} to {control['high']:g}; got {text}")
    if control["step"]:
        steps = (number - control["low"]) / control["step"]
        if abs(steps - round(steps)) > 1e-6:
            raise ValueError(f"{what} goes in steps of {control['step']:g} from {control['low']:g}; got {text}")
    return number


def _one(name: str, control: Control, value: Any) -> Any:
    what = f"{name}: {control['name']}"
    if control["type"] == "choice":
        if value not in control["options"]:
            raise ValueError(f"{what} must be one of {', '.join(control['options'])}; got {value!r}")
        return value
    if control["type"] == "toggle":
        if not isinstance(value, bool | np.bool_):
            raise ValueError(f"{what} must be True or False; got {value!r}")
        return bool(value)
    number = check_number(what, value, ANY)
    clean = min(max(number, control["low"]), control["high"])
    if control["values"]:
        clean = min(control["values"], key=lambda v: abs(v - clean))
    if not math.isclose(clean, number, rel_tol=1e-9, abs_tol=1e-12):
        allowed = f"{control['values']}" if control["values"] else f"{control['low']:g} … {control['high']:g}"
        warnings.warn(f"{what} = {number:g} is not in {allowed}; using {clean:g}", stacklevel=2)
    return clean


def _point(name: str, control: Control, value: Any, limits: Mapping[str, Any]) -> list[float]:
    what = f"{name}: {control['name']}"
    if np.shape(value) != (2,):
        raise ValueError(f"{what} must be two numbers (x, y); got {value!r}")
    numbers = [check_number(what, v, ANY) for v in value]
    clean = [min(max(v, limits[k][0]), limits[k][1]) for v, k in zip(numbers, "xy", strict=True)]
    if clean != numbers:
        warnings.warn(f"{what} = {tuple(numbers)} is outside the picture; using {tuple(clean)}", stacklevel=2)
    return clean
