"""The parts of an experiment's declaration: controls, panels, marks, axes.

Each function checks its arguments and returns a plain dict, because a declaration crosses into the page as JSON.
Nothing here computes or draws.

A mark's ``key`` names what the experiment's ``compute`` or ``backdrop`` returns for it, or one of its ``assets``. A
mark whose data are absent is not drawn.

=============  ==================================================================================
mark           value under its key
=============  ==================================================================================
``line``       ``{"x": [...], "y": [...]}``, or with ``x="step"`` just ``{"<y>": [...]}``
``points``     the same; with ``error="e"`` also ``{"e": [...]}``, half the height of each bar
``band``       ``{"x": [...], "low": [...], "high": [...]}``
``rule``       a number, or a list of numbers
``text``       ``{"x": [...], "y": [...], "text": [...]}``
``contour``    ``field(...)``: ``{"x": [lo, hi], "y": [lo, hi], "z": rows, "lowest": number}``
``heat``       ``{"x": [lo, hi], "y": [lo, hi], "z": rows}``; a cell that is not finite is left grey
``image``      as ``heat``, grey levels 0 to 1 or colours ``[red, green, blue]``, first row on top
``sprites``    ``{"index": [...]}``, numbers of pictures in a strip
``bars``       ``{"x": [edges], "y": [heights]}`` with one edge more than heights; or ``{"y": [...]}``
``table``      rows of numbers and words, each headed by its first
=============  ==================================================================================

In ``timed`` heat maps, images, sprites and bars, ``z``, ``index`` or ``y`` is a list of frames, one for each step.
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
    which that control, or the handle of that point, matters; under the others it is hidden.
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


def axis(
    label: str,
    domain: Sequence[float] | str | None = None,
    *,
    log: bool = False,
    ticks: Sequence[float] | None = None,
    names: Sequence[str] | None = None,
) -> Part:
    """Declare an axis: its label and its domain, two numbers or the dotted name of two in the data (``"window.x"``).

    An axis of categories has their ``names`` in place of a domain: they stand at 0, 1, 2, …

    >>> axis("method", names=["SGD", "Momentum"])["domain"]
    [-0.5, 1.5]
    """
    if (domain is None) == (names is None):
        raise ValueError(f"axis {label!r} needs a domain, or names of categories")
    if names is not None:
        domain = (-0.5, len(names) - 0.5)
    if not isinstance(domain, str):
        low, high = (float(d) for d in domain)
        if not low < high or (log and low <= 0):
            raise ValueError(f"axis {label!r}: bad domain {domain}")
        domain = [low, high]
    return {
        "label": label,
        "domain": domain,
        "log": log,
        "ticks": None if ticks is None else [float(t) for t in ticks],
        "names": None if names is None else list(names),
    }


def panel(
    title: str,
    x: Part | None,
    y: Part | None,
    marks: Sequence[Part],
    *,
    ratio: float = 0.78,
    equal: bool = False,
    alt: str,
) -> Part:
    """Declare a picture: title, axes, marks from back to front; ``ratio`` is height/width, ``alt`` its description.

    Pictures without axes (``sprites``) have None in place of both. On a phone a picture is less high than its ratio
    says, unless its shape tells something: with ``equal`` (a circle is to be round), or with images, it keeps it.
    """
    if (x is None) != (y is None):
        raise ValueError(f"panel {title!r}: give both axes, or None for both")
    shape = {"ratio": ratio, "equal": equal}
    return {"type": "panel", "title": title, "x": x, "y": y, "marks": list(marks), **shape, "alt": alt}


def table(key: str, title: str, columns: Mapping[str, str | None], *, alt: str) -> Part:
    """Declare a table in place of a picture: its columns' names, and the format of each (``".3g"``), None for words.

    >>> table("best", "Best rates", {"method": None, "α": ".2g"}, alt="Best rates.")["columns"]
    ['method', 'α']
    """
    names, formats = list(columns), list(columns.values())
    part = {"type": "table", "key": key, "title": title, "columns": names, "formats": formats, "alt": alt}
    return {**part, "x": None, "y": None, "marks": [], "ratio": 0.4, "equal": False}


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
    radius: float = 3.0, shape: str = "circle", timed: bool = False, hidden: bool = False, error: str | None = None,
) -> Part:  # fmt: skip
    """Declare dots, or crosses (``shape="cross"``), with error bars if ``error`` names their half heights.

    ``hidden`` ones are shown by a click in the legend.
    """
    if shape not in ("circle", "cross"):
        raise ValueError(f"points {key!r}: shape must be 'circle' or 'cross', got {shape!r}")
    options = {"label": label, "color": color, "radius": radius, "shape": shape, "timed": timed, "hidden": hidden}
    return _mark("points", key, x=x, y=y, error=error, **options)


def band(
    key: str, *, x: str = "x", low: str = "low", high: str = "high", label: str | None = None,
    color: str | None = None, timed: bool = False,
) -> Part:  # fmt: skip
    """Declare the area between two curves."""
    return _mark("band", key, x=x, low=low, high=high, label=label, color=color, timed=timed)


def rule(
    at: float | str, *, axis: str = "y", label: str | None = None, color: str = "currentColor", dashed: bool = True,
    width: float = 1.5,
) -> Part:  # fmt: skip
    """Declare a straight line across the panel at a value of an axis: a number, or the key of one in the data.

    >>> rule(0.001, axis="y", label="goal")["at"]
    0.001
    """
    if axis not in ("x", "y"):
        raise ValueError(f"rule {at!r}: axis must be 'x' or 'y', got {axis!r}")
    key, at = (at, None) if isinstance(at, str) else ("", float(at))
    return _mark("rule", key, at=at, axis=axis, label=label, color=color, dashed=dashed, width=width)


def text(
    key: str, *, x: str = "x", y: str = "y", text: str = "text", color: str | None = None, centred: bool = False
) -> Part:
    """Declare words just above points, or centred on them, with a rim that parts them from what lies below."""
    return _mark("text", key, x=x, y=y, text=text, color=color, centred=centred or None)


def contour(key: str, *, levels: int = 14) -> Part:
    """Declare level lines of a ``field``, denser towards the minimum (levels rise with the cube of their rank)."""
    return _mark("contour", key, levels=levels)


def heat(
    key: str,
    *,
    domain: Sequence[float] | None = None,
    names: Sequence[str] | None = None,
    log: bool = False,
    label: str,
    missing: str | None = None,
    timed: bool = False,
) -> Part:
    """Declare a heat map with a colour key, which equal ones share; ``missing`` explains grey cells.

    A map of kinds has their ``names`` in place of a domain: its cells are 0, 1, 2, …

    >>> heat("ends", names=["minimum", "saddle"], label="ends in a")["domain"]
    [0.0, 1.0]
    """
    if (domain is None) == (names is None):
        raise ValueError(f"heat map {key!r} needs a domain, or names of kinds")
    if names is not None:
        if len(names) < 2:
            raise ValueError(f"heat map {key!r} needs at least two names, got {list(names)}")
        domain, names = (0, len(names) - 1), list(names)
    domain = [float(d) for d in domain]
    return _mark("heat", key, domain=domain, names=names, log=log, label=label, missing=missing, timed=timed)


def image(key: str, *, timed: bool = False) -> Part:
    """Declare a picture, grey or in colour."""
    return _mark("image", key, timed=timed)


def sprites(key: str, strip: str, *, columns: int = 10, timed: bool = False) -> Part:
    """Declare pictures, in rows of ``columns``, that are cut from a strip (`pictures.strip`).

    Args:
        key: of their numbers.
        strip: the key of the strip, in the backdrop or the assets.
        columns: pictures in a row.
        timed: whether there is a list of numbers for each step.
    """
    return _mark("sprites", key, strip=strip, columns=columns, timed=timed)


def bars(
    key: str, *, label: str | None = None, color: str | None = None, group: tuple[int, int] = (0, 1),
    timed: bool = False,
) -> Part:  # fmt: skip
    """Declare a histogram, or bars over an axis of categories.

    Several such marks stand side by side if ``group`` says which of how many each is: (0, 2) and (1, 2).
    """
    if not 0 <= group[0] < group[1]:
        raise ValueError(f"bars {key!r}: group must be (i, n) with 0 ≤ i < n, got {group}")
    return _mark("bars", key, label=label, color=color, group=list(group), timed=timed)


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
    """Declare a number or word below the panels, in the data or the backdrop.

    ``format`` is as in d3 and Python (``".3g"``), ``missing`` stands for None.
    """
    return _mark("readout", key, label=label, format=format, color=color, missing=missing)
