"""The parts of an experiment's declaration: controls, panels, marks, axes.

Each function checks its arguments and returns a plain dict, because a declaration crosses into the page as JSON.
Nothing here computes or draws.

A mark's ``key`` names what the experiment's ``compute`` or ``backdrop`` returns for it:

=============  ==================================================================================
mark           value under its key
=============  ==================================================================================
``line``       ``{"x": [...], "y": [...]}``, or with ``x="step"`` just ``{"<y>": [...]}``
``points``     ``{"x": [...], "y": [...]}``
``contour``    ``field(...)``: ``{"x": [lo, hi], "y": [lo, hi], "z": rows, "lowest": number}``
``heat``       ``{"x": [lo, hi], "y": [lo, hi], "z": rows}``; a cell that is not finite is left grey
``image``      as ``heat``, grey levels 0 to 1, first row on top
``bars``       ``{"x": [edges], "y": [heights]}`` with one edge more than heights
=============  ==================================================================================
"""

from collections.abc import Mapping, Sequence
from typing import Any

from course_lib.plots import color_of

Part = dict[str, Any]


# ---------------------------------------------------------------- controls


def slider(
    name: str,
    label: str,
    low: float | None = None,
    high: float | None = None,
    value: float | None = None,
    *,
    log: bool = False,
    step: float | None = None,
    values: Sequence[float] | None = None,
    format: str = ".2f",
) -> Part:
    """Declare a number: continuous between ``low`` and ``high``, in steps, or one of ``values`` (for a table).

    >>> slider("rho", "momentum ρ", 0, 0.99, 0.9)["value"]
    0.9
    """
    if values is not None:
        grid = [float(v) for v in values]
        if sorted(set(grid)) != grid:
            raise ValueError(f"slider {name!r}: values must rise, got {values}")
        low, high = grid[0], grid[-1]
    else:
        grid = None
    if low is None or high is None or value is None:
        raise ValueError(f"slider {name!r} needs low, high and value, or values and value")
    if not low < high or not low <= value <= high:
        raise ValueError(f"slider {name!r} needs low < high and value between them, got {low}, {high}, {value}")
    if log and low <= 0:
        raise ValueError(f"slider {name!r}: a log scale needs low > 0, got {low}")
    if grid is not None and value not in grid:
        raise ValueError(f"slider {name!r}: {value} is not one of its values {grid}")
    return {
        "type": "slider",
        "name": name,
        "label": label,
        "low": float(low),
        "high": float(high),
        "value": float(value),
        "log": log,
        "step": step,
        "values": grid,
        "format": format,
    }


def choice(
    name: str,
    label: str,
    options: Mapping[str, str],
    value: str,
    *,
    presets: Mapping[str, Mapping[str, Any]] | None = None,
    shows: Mapping[str, Sequence[str]] | None = None,
) -> Part:
    """Declare a choice of named options, ``{value: label}``.

    ``presets[option]`` sets other controls when the option is chosen; ``shows[control]`` lists the options under
    which that control matters; under the others it is hidden.
    """
    if value not in options:
        raise ValueError(f"choice {name!r}: {value!r} is not one of {list(options)}")
    unknown = set(presets or {}) - set(options)
    if unknown:
        raise ValueError(f"choice {name!r}: presets for unknown options {sorted(unknown)}")
    return {
        "type": "choice",
        "name": name,
        "label": label,
        "options": dict(options),
        "value": value,
        "presets": {k: dict(v) for k, v in (presets or {}).items()},
        "shows": {k: list(v) for k, v in (shows or {}).items()},
    }


def toggle(name: str, label: str, value: bool) -> Part:
    """Declare a switch."""
    return {"type": "toggle", "name": name, "label": label, "value": bool(value)}


def point(name: str, label: str, value: Sequence[float], *, within: str) -> Part:
    """Declare a point to drag; ``within`` names its limits in the backdrop, ``{"x": [lo, hi], "y": [lo, hi]}``."""
    x, y = value
    return {"type": "point", "name": name, "label": label, "value": [float(x), float(y)], "within": within}


# ---------------------------------------------------------------- panels


def axis(label: str, domain: Sequence[float] | str, *, log: bool = False, ticks: Sequence[float] | None = None) -> Part:
    """Declare an axis: its label and its domain, two numbers or the dotted name of two in the data (``"window.x"``)."""
    if not isinstance(domain, str):
        low, high = (float(d) for d in domain)
        if not low < high or (log and low <= 0):
            raise ValueError(f"axis {label!r}: bad domain {domain}")
        domain = [low, high]
    return {"label": label, "domain": domain, "log": log, "ticks": None if ticks is None else [float(t) for t in ticks]}


def panel(title: str, x: Part, y: Part, marks: Sequence[Part], *, ratio: float = 0.78, alt: str) -> Part:
    """Declare a picture: title, axes, marks from back to front; ``ratio`` is height/width, ``alt`` its description."""
    return {"title": title, "x": x, "y": y, "marks": list(marks), "ratio": ratio, "alt": alt}


# ---------------------------------------------------------------- marks


def _mark(kind: str, key: str, **options: Any) -> Part:
    return {"type": kind, "key": key, **{k: v for k, v in options.items() if v is not None}}


def colour_of(method: str) -> str:
    """Return the book's colour for a method; the reader's own methods have the text's colour."""
    return color_of(method, "currentColor")


def line(
    key: str,
    *,
    x: str = "x",
    y: str = "y",
    label: str | None = None,
    color: str | None = None,
    timed: bool = False,
    dashed: bool = False,
    width: float = 2.0,
    casing: str | None = None,
) -> Part:
    """Declare a line; ``x="step"`` counts 0, 1, 2, …; a ``timed`` one is drawn up to the step of the time slider.

    ``casing`` is the colour of a wider line under it, for lines over a heat map.
    """
    return _mark(
        "line", key, x=x, y=y, label=label, color=color, timed=timed, dashed=dashed, width=width, casing=casing
    )


def points(
    key: str, *, x: str = "x", y: str = "y", label: str | None = None, color: str | None = None,
    radius: float = 3.0, shape: str = "circle", timed: bool = False, hidden: bool = False,
) -> Part:  # fmt: skip
    """Declare dots, or crosses (``shape="cross"``); ``hidden`` ones are shown by a click in the legend."""
    if shape not in ("circle", "cross"):
        raise ValueError(f"points {key!r}: shape must be 'circle' or 'cross', got {shape!r}")
    return _mark(
        "points", key, x=x, y=y, label=label, color=color, radius=radius, shape=shape, timed=timed, hidden=hidden
    )


def contour(key: str, *, levels: int = 14) -> Part:
    """Declare level lines of a ``field``, denser towards the minimum (levels rise with the cube of their rank)."""
    return _mark("contour", key, levels=levels)


def heat(key: str, *, domain: Sequence[float], log: bool = False, label: str, missing: str | None = None) -> Part:
    """Declare a heat map with its own colour key; ``missing`` explains grey cells."""
    return _mark("heat", key, domain=[float(d) for d in domain], log=log, label=label, missing=missing)


def image(key: str) -> Part:
    """Declare a grey-level picture."""
    return _mark("image", key)


def bars(key: str, *, label: str | None = None, color: str | None = None) -> Part:
    """Declare a histogram."""
    return _mark("bars", key, label=label, color=color)


def drag(control: str | Sequence[str], *, label: str, along: str | None = None, color: str | None = None) -> Part:
    """Declare a handle: for a ``point`` control, for the two sliders of the axes, or for one slider along a line.

    A dragged point snaps to 0, to the middle of an axis and to the panel's ``points``; arrow keys go to round numbers.
    A panel may have several; a tap brings the nearest.

    Args:
        control: the name of a ``point``; the names of two sliders, of x and y; or, with ``along``, of the slider of x.
        label: for its name, as in "Start".
        along: the key of a line of this panel that the handle stays on.
        color: of its rim.
    """
    if along is not None and not isinstance(control, str):
        raise ValueError(f"drag {control!r}: along a line, it moves one slider")
    return _mark(
        "drag",
        "",
        control=control if isinstance(control, str) else list(control),
        label=label,
        along=along,
        color=color,
    )


def readout(
    key: str, label: str, *, format: str | None = None, color: str | None = None, missing: str = "never"
) -> Part:
    """Declare a number or word below the panels; ``format`` as in d3 and Python (``".3g"``), ``missing`` for None."""
    return _mark("readout", key, label=label, format=format, color=color, missing=missing)
