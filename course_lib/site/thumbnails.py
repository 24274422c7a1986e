"""Small pictures of the chapters, for the contents: of all experiments of a chapter the one that shows most.

Each is an experiment's first panel as it starts, drawn from the data that the page draws (explore/js/marks.js), without
axes and words, in colours for light and dark pages. It is an SVG, `contents/NN_name.svg` among the static files.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from html import escape
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib import colormaps
from matplotlib.figure import Figure

from course_lib.explore.experiment import Experiment
from course_lib.explore.pictures import strip
from course_lib.plots.style import INK

FOLDER = "contents"
WIDTH, HEIGHT, EDGE = 120, 80, 4
#: Pixels between two points of a line, and cells of a map along a side: what is finer is not seen at this size.
NEAR, CELLS = 1, 40
LEVELS = 6

Point = tuple[float, float]
Scale = Callable[[float], float]


def write(experiments: Mapping[tuple[str, str], Experiment], folder: Path) -> set[str]:
    """Draw a picture for each chapter; return the names of their notebooks.

    Args:
        experiments: of the book, by chapter and name.
        folder: for the pictures.
    """
    folder.mkdir(parents=True, exist_ok=True)
    drawn: dict[str, str] = {}
    for (chapter, _), one in experiments.items():
        page, picture = chapter.removeprefix("ch"), draw(one)
        drawn[page] = max(drawn.get(page, ""), picture, key=_told)
    for page, picture in drawn.items():
        (folder / f"{page}.svg").write_text(picture, encoding="utf-8")
    return {page for page, picture in drawn.items() if picture}


def _told(picture: str) -> int:
    """Return how much a picture shows: its size, compressed."""
    return len(zlib.compress(picture.encode()))


def draw(experiment: Experiment) -> str:
    """Return an experiment's first panel as a small SVG; nothing, if it has none."""
    data = {**experiment.assets, **experiment.backdrop, **experiment.data}
    panel = next((part for part in experiment.spec["panels"] if part["type"] == "panel"), None)
    if panel is None:
        return ""
    x, y = _scale(panel["x"], data, EDGE, WIDTH - EDGE), _scale(panel["y"], data, HEIGHT - EDGE, EDGE)
    drawn = [DRAWN[mark["type"]](mark, data, x, y) for mark in panel["marks"] if _is_there(mark, data)]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" viewBox="0 0 {WIDTH} {HEIGHT}">'
        f'<clipPath id="a"><rect width="{WIDTH}" height="{HEIGHT}" rx="5"/></clipPath>'
        f'<g clip-path="url(#a)" fill="none" stroke-linejoin="round" stroke-linecap="round">'
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="{INK}" fill-opacity=".1"/>{"".join(drawn)}</g></svg>\n'
    )


def _is_there(mark: Mapping[str, Any], data: Mapping[str, Any]) -> bool:
    return mark["type"] in DRAWN and not mark.get("hidden") and (not mark["key"] or data.get(mark["key"]) is not None)


def _scale(axis: Mapping[str, Any] | None, data: Mapping[str, Any], start: float, end: float) -> Scale:
    """Return what turns a value of an axis into pixels; one that cannot be shown becomes NaN."""
    domain = axis["domain"] if axis else (0, 1)
    if isinstance(domain, str):
        domain = reduce(lambda value, key: value[key], domain.split("."), data)
    low, high = map(math.log, domain) if axis and axis["log"] else domain

    def scale(value: float) -> float:
        if axis and axis["log"]:
            value = math.log(value) if value > 0 else math.nan
        at = start + (end - start) * (value - low) / (high - low)
        return max(-999.0, min(999.0, at)) if math.isfinite(at) else math.nan

    return scale


# -- marks ----------------------------------------------------------------------------------------


def _pixels(mark: Mapping[str, Any], data: Mapping[str, Any], x: Scale, y: Scale, key: str = "") -> list[Point]:
    values = data[mark["key"]]
    ys = values[key or mark["y"]]
    xs = range(len(ys)) if mark.get("x", "x") == "step" else values[mark.get("x", "x")]
    known = ((a, b) for a, b in zip(xs, ys, strict=False) if a is not None and b is not None)
    placed = [(x(a), y(b)) for a, b in known]
    return [(a, b) for a, b in placed if math.isfinite(a) and math.isfinite(b)]


def _path(points: Sequence[Point], close: str = "") -> str:
    """Return a path through the points, in whole pixels and halves, without what is too near to be seen."""
    few: list[Point] = []
    for point in points:
        if not few or math.dist(point, few[-1]) >= NEAR:
            few.append(point)
    return "".join(f"{'L' if i else 'M'}{_n(a)} {_n(b)}" for i, (a, b) in enumerate(few)) + (close if few else "")


def _n(value: float) -> str:
    return f"{round(2 * value) / 2:g}"


def _colour(mark: Mapping[str, Any]) -> str:
    colour = mark.get("color", "currentColor")
    return INK if colour == "currentColor" else escape(colour)


def _line(mark: Mapping[str, Any], data: Mapping[str, Any], x: Scale, y: Scale) -> str:
    dashed = ' stroke-dasharray="3 3"' if mark.get("dashed") else ""
    path = _path(_pixels(mark, data, x, y))
    return f'<path d="{path}" stroke="{_colour(mark)}" stroke-width="{min(mark["width"], 2):g}"{dashed}/>'


def _points(mark: Mapping[str, Any], data: Mapping[str, Any], x: Scale, y: Scale) -> str:
    dots = "".join(f"M{_n(a)} {_n(b)}h0" for a, b in _pixels(mark, data, x, y))  # with round ends
    return f'<path d="{dots}" stroke="{_colour(mark)}" stroke-width="{min(mark["radius"] + 1, 5):g}"/>'


def _band(mark: Mapping[str, Any], data: Mapping[str, Any], x: Scale, y: Scale) -> str:
    upper, lower = (_pixels(mark, data, x, y, mark[end]) for end in ("high", "low"))
    return f'<path d="{_path([*upper, *reversed(lower)], "Z")}" fill="{_colour(mark)}" fill-opacity=".22"/>'


def _rule(mark: Mapping[str, Any], data: Mapping[str, Any], x: Scale, y: Scale) -> str:
    across = mark["axis"] == "y"
    values = np.atleast_1d(data[mark["key"]] if mark["key"] else mark["at"])
    at = [_n((y if across else x)(float(value))) for value in values if value is not None]
    path = "".join(f"M0 {a}H{WIDTH}" if across else f"M{a} 0V{HEIGHT}" for a in at if a != "nan")
    return f'<path d="{path}" stroke="{_colour(mark)}" stroke-dasharray="3 3"/>'


def _bars(mark: Mapping[str, Any], data: Mapping[str, Any], x: Scale, y: Scale) -> str:
    values, (place, groups) = data[mark["key"]], mark["group"]
    heights = values["y"][-1] if mark.get("timed") else values["y"]
    floor, wide, path = _n(min(y(0), HEIGHT)), 0.8 / groups, ""
    for i, height in enumerate(heights):
        ends = values["x"][i : i + 2] if "x" in values else (i - 0.4 + place * wide, i - 0.4 + (place + 1) * wide)
        if height and math.isfinite(top := y(height)):
            path += f"M{_n(x(ends[0]))} {floor}V{_n(top)}H{_n(x(ends[1]))}V{floor}Z"
    return f'<path d="{path}" fill="{_colour(mark)}" fill-opacity=".75"/>'


def _contour(mark: Mapping[str, Any], data: Mapping[str, Any], x: Scale, y: Scale) -> str:
    field = data[mark["key"]]
    z = np.array(field["z"], dtype=float)
    z[~np.isfinite(z)] = z[np.isfinite(z)].max()
    xs, ys = np.linspace(*field["x"], z.shape[1]), np.linspace(*field["y"], z.shape[0])
    levels = field["lowest"] + (z.max() - field["lowest"]) * ((np.arange(LEVELS) + 0.5) / LEVELS) ** 3
    lines = Figure().add_subplot().contour(xs, ys, z, levels)
    rings = [ring for rings in lines.allsegs for ring in rings]
    path = "".join(_path([(x(a), y(b)) for a, b in ring]) for ring in rings)
    return f'<path d="{path}" stroke="{INK}" stroke-opacity=".5" stroke-width=".75"/>'


def _heat(mark: Mapping[str, Any], data: Mapping[str, Any], x: Scale, y: Scale) -> str:
    low, high = map(math.log, mark["domain"]) if mark.get("log") else mark["domain"]
    values = data[mark["key"]]
    z = np.array(values["z"][-1] if mark.get("timed") else values["z"], dtype=float)[::-1]
    unit = ((np.log(z) if mark.get("log") else z) - low) / (high - low)
    colours = colormaps["viridis_r"](np.clip(unit, 0, 1))[..., :3]
    colours[~np.isfinite(unit)] = 0.5
    return _raster(colours, values, x, y, "auto")


def _image(mark: Mapping[str, Any], data: Mapping[str, Any], x: Scale, y: Scale) -> str:
    values = data[mark["key"]]
    return _raster(np.array(values["z"][-1] if mark.get("timed") else values["z"]), values, x, y, "pixelated")


def _raster(cells: np.ndarray, values: Mapping[str, Any], x: Scale, y: Scale, rendering: str) -> str:
    every = [max(1, math.ceil(n / CELLS)) for n in cells.shape[:2]]
    source = strip(cells[None, :: every[0], :: every[1]])["src"]
    (left, right), (top, bottom) = sorted(map(x, values["x"])), sorted(map(y, values["y"]))
    return (
        f'<image href="{source}" x="{_n(left)}" y="{_n(top)}" width="{_n(right - left)}" height="{_n(bottom - top)}"'
        f' preserveAspectRatio="none" image-rendering="{rendering}"/>'
    )


DRAWN = {
    "line": _line,
    "points": _points,
    "band": _band,
    "rule": _rule,
    "bars": _bars,
    "contour": _contour,
    "heat": _heat,
    "image": _image,
}
