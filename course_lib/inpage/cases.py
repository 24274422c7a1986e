"""The cases of an exercise as data: drawn by NumPy itself when the site is built, and handed to the page."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np

from course_lib.exercises import Exercise


def encode_cases(exercise: Exercise, seed: int = 0) -> list[dict[str, Any]]:
    """Return the cases that `exercise.check` draws, as JSON data.

    Raises:
        TypeError: an argument is nothing that the page can be given.
    """
    return [
        {
            "label": case.label,
            "start": _named(case.start),
            "arguments": [_named(arguments) for arguments in case.arguments],
            "init": _named(case.init),
        }
        for case in exercise.draw(seed)
    ]


def _named(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: encode(value) for name, value in values.items()}


def encode(value: Any) -> Any:
    """Return a value of a case as JSON data; page/answer.py makes the value again.

    A plain number of JSON is a float. A function must be an instance of a dataclass of the exercise's file.

    >>> encode([1, 0.5, np.array([1.0])])
    {'list': [{'int': 1}, 0.5, {'array': [1.0], 'shape': [1], 'dtype': 'float64', 'scalar': False}]}
    """
    if isinstance(value, (np.ndarray, np.generic)):
        numbers = [
            number if np.isfinite(number) else {"float": repr(float(number))} for number in np.ravel(value).tolist()
        ]
        shape, dtype = list(np.shape(value)), str(value.dtype)
        return {"array": numbers, "shape": shape, "dtype": dtype, "scalar": isinstance(value, np.generic)}
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, int):
        return {"int": value}
    if isinstance(value, float):
        return value if np.isfinite(value) else {"float": repr(value)}
    if isinstance(value, (list, tuple)):
        return {type(value).__name__: [encode(inner) for inner in value]}
    if isinstance(value, dict):
        return {"dict": _named(value)}
    if dataclasses.is_dataclass(value):
        of = {field.name: encode(getattr(value, field.name)) for field in dataclasses.fields(value) if field.init}
        return {"make": type(value).__name__, "of": of}
    raise TypeError(f"a case holds {value!r}, which the page cannot be given: it may hold a dataclass's instance")
