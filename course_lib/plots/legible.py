"""Whether a figure's text can be read: large enough, inside the picture, and never on other text."""

from __future__ import annotations

import math
from itertools import combinations
from typing import Any, NamedTuple

from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.figure import Figure
from matplotlib.transforms import Bbox

#: The least size of type, in pixels of the page. An exponent may be smaller, as everywhere.
LEAST = 11


class Line(NamedTuple):
    """A line of text as a figure draws it: size and place in pixels."""

    text: str
    size: float
    box: Bbox


class _Listener(RendererAgg):
    """A renderer that keeps the lines of text that it is asked to draw; ticks out of view, for one, never are."""

    def __init__(self, figure: Figure) -> None:
        super().__init__(*figure.bbox.size, figure.dpi)
        self.lines: list[Line] = []

    def draw_text(
        self, gc: Any, x: float, y: float, s: str, prop: Any, angle: float, ismath: Any = False, mtext: Any = None
    ) -> None:
        width, height, descent = self.get_text_width_height_descent(s, prop, ismath)
        flat = Bbox.from_bounds(0, -descent, width, height)
        box = flat.rotated(math.radians(angle)).translated(x, self.height - y)
        self.lines.append(Line(s, self.points_to_pixels(prop.get_size_in_points()), box))


def lines_of(figure: Figure) -> list[Line]:
    """Return every line of text that a figure draws."""
    listener = _Listener(figure)
    figure.draw(listener)
    return listener.lines


def faults(figure: Figure) -> list[str]:
    """Return what makes a figure's text hard to read, each fault as a sentence; none in a good figure.

    The figure must have as many dots as it has pixels on the page.

    >>> figure = Figure(figsize=(2, 1), dpi=96)
    >>> label = figure.text(0.9, 0.5, "too far to the right", size=9)
    >>> faults(figure)
    ["'too far to the right' leaves the picture"]
    """
    lines, found = lines_of(figure), []
    for text, size, box in lines:
        if size < LEAST:
            found.append(f"{text!r} is {size:.1f} pixels high, less than {LEAST}")
        if min(box.extents) < -1 or box.x1 > figure.bbox.width + 1 or box.y1 > figure.bbox.height + 1:
            found.append(f"{text!r} leaves the picture")
    for one, other in combinations(lines, 2):
        both = Bbox.intersection(one.box, other.box)
        if both is not None and min(both.width, both.height) > 1:
            found.append(f"{one.text!r} overlaps {other.text!r}")
    return found
