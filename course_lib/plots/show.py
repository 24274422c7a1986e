"""Figures on a page: drawn once wide and once narrow, with a caption, for whoever cannot see them in words."""

from __future__ import annotations

import base64
import hashlib
import html
import io
import math
import os
import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import matplotlib
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from .legible import faults
from .style import STYLE

#: Names the folder for files that the pages load, while the site is built (as in `course_lib.explore.page`).
STATIC_DIR = "COURSE_STATIC_DIR"

#: A pixel of the page is a dot of the figure, so that the sizes of its type are those on the page.
DPI = 96
#: Widths in pixels: of the column of text, and of a phone's.
WIDE, NARROW = 660, 350
#: Pages up to this width show the narrow version; above it, the column is nearly as wide as the wide one.
PHONE = 600
#: Smaller type, in points, as a phone is held closer; 8.5 points are 11.3 pixels.
NARROW_STYLE: dict[str, Any] = {
    "font.size": 9,
    "axes.titlesize": 10,
    "axes.labelsize": 9,
    "xtick.labelsize": 8.5,
    "ytick.labelsize": 8.5,
    "legend.fontsize": 9,
    "lines.linewidth": 1.5,
}


def show_figure(
    draw: Callable[..., None],
    *,
    name: str,
    caption: str,
    alt: str,
    panels: int = 1,
    width_ratios: Sequence[float] | None = None,
    sharey: bool = False,
    narrow_columns: int = 1,
    height: int = 320,
    narrow_height: int | None = None,
    photo: bool = False,
) -> None:
    """Show what a function draws, with a caption: wide, the panels side by side, or narrow, the panels stacked.

    The site shows whichever fits the reader's screen, and numbers the figure; a notebook shows the wide one. Outside
    both, it is drawn and not shown.

    Args:
        draw: draws on as many axes as there are panels, ``draw(left, right)``. It is called twice, so it must draw
            the same each time: train, and draw random numbers, before. It sets the labels; where a vertical axis is
            shared, it may label the first one alone.
        name: of the figure on its page, in lower case, as in "steps-by-kappa"; the text refers to it with the role
            ``fig``.
        caption: one sentence that says what to see.
        alt: describes the picture to a reader who cannot see it.
        panels: how many axes.
        width_ratios: relative widths of the panels of the wide version.
        sharey: whether the panels share their vertical axis.
        narrow_columns: columns of the narrow version, e.g. 2 for four small panels.
        height: of the wide version, in pixels; it is 660 wide.
        narrow_height: of the narrow version, which is 350 wide; if None, 230 a row.
        photo: whether it consists of images, which a dark page must show as they are, not brighter.

    Raises:
        ValueError: the name, the caption or the alt text is missing, or not of this form. While the site is built,
            also if text is too small, overlaps other text or leaves the picture.

    >>> show_figure(lambda ax: ax.plot([1, 4, 9]), name="squares", caption="Squares grow ever faster.",
    ...             alt="A line through 1, 4 and 9.")
    """
    _check(name, caption, alt, panels, narrow_columns)
    rows = math.ceil(panels / narrow_columns)
    wide = draw_once(draw, panels, (1, panels), (WIDE, height), sharey=sharey, width_ratios=width_ratios)
    shape, size = (rows, narrow_columns), (NARROW, narrow_height or 230 * rows)
    narrow = draw_once(draw, panels, shape, size, sharey=sharey, style=NARROW_STYLE)
    try:
        from IPython import get_ipython
        from IPython.display import display
    except ImportError:  # the library itself works without a notebook
        return
    if get_ipython() is None:
        return
    folder = os.environ.get(STATIC_DIR)
    if folder:
        found = [f"{width}: {fault}" for width, f in (("wide", wide), ("narrow", narrow)) for fault in faults(f)]
        if found:
            raise ValueError(f"figure {name!r} is not legible. " + "; ".join(found))
        text = page_html(wide, narrow, name=name, caption=caption, alt=alt, folder=Path(folder), photo=photo)
    else:
        text = notebook_html(wide, caption=caption, alt=alt)
    display({"text/html": text, "text/plain": caption}, raw=True)


def draw_once(
    draw: Callable[..., None],
    panels: int,
    shape: tuple[int, int],
    size: tuple[int, int],
    *,
    sharey: bool = False,
    width_ratios: Sequence[float] | None = None,
    style: dict[str, Any] | None = None,
) -> Figure:
    """Return a figure of the book's style with its panels drawn.

    Args:
        draw: as in `show_figure`.
        panels: how many axes.
        shape: rows and columns of panels.
        size: width and height in pixels.
        sharey: whether the panels share their vertical axis; its label then begins each row.
        width_ratios: relative widths of the columns.
        style: changes to the book's style.
    """
    with matplotlib.rc_context(STYLE | {"figure.dpi": DPI} | (style or {})):
        figure = Figure(figsize=(size[0] / DPI, size[1] / DPI))
        FigureCanvasAgg(figure)
        axes = figure.subplots(*shape, sharey=sharey, width_ratios=width_ratios, squeeze=False)
        for unused in axes.flat[panels:]:
            unused.remove()
        draw(*axes.flat[:panels])
        if sharey:
            for first in axes[1:, 0]:
                first.set_ylabel(first.get_ylabel() or axes[0, 0].get_ylabel())
        figure.draw_without_rendering()  # lays it out in this style
    return figure


def svg_of(figure: Figure) -> bytes:
    """Return a figure as SVG, the same bytes for the same figure."""
    file = io.BytesIO()
    with matplotlib.rc_context(STYLE):
        figure.savefig(file, format="svg", metadata={"Date": None})
    return file.getvalue()


def page_html(
    wide: Figure, narrow: Figure, *, name: str, caption: str, alt: str, folder: Path, photo: bool = False
) -> str:
    """Return a figure's HTML for the site; its two pictures are written into ``folder``.

    Addresses begin at the site's root. `course_lib.site.figures` sets them relative to the page, and adds the number.
    """
    files = [
        _write(svg_of(figure), f"{name}-{width}", folder) for figure, width in ((wide, "wide"), (narrow, "narrow"))
    ]
    at_wide, at_narrow = (f"_static/{folder.name}/{file}" for file in files)
    kind = "course-figure course-photo" if photo else "course-figure"
    return (
        f'<figure class="{kind}" id="fig-{name}" data-figure="{name}"><picture>'
        f'<source media="(max-width: {PHONE}px)" srcset="{at_narrow}" {_size(narrow)}>'
        f'<img src="{at_wide}" {_size(wide)} alt="{html.escape(alt)}"></picture>'
        f'<figcaption class="cx-caption">{html.escape(caption)}</figcaption></figure>'
    )


def notebook_html(figure: Figure, *, caption: str, alt: str) -> str:
    """Return a figure's HTML for a notebook, the picture inside."""
    data = base64.b64encode(svg_of(figure)).decode()
    return (
        f'<figure style="margin: 0"><img src="data:image/svg+xml;base64,{data}" {_size(figure)}'
        f' alt="{html.escape(alt)}" style="max-width: 100%; height: auto">'
        f"<figcaption>{html.escape(caption)}</figcaption></figure>"
    )


def _check(name: str, caption: str, alt: str, panels: int, columns: int) -> None:
    if not isinstance(name, str) or not re.fullmatch(r"[a-z][a-z0-9]*([-_][a-z0-9]+)*", name):
        raise ValueError(f"a figure's name must be words in lower case, joined by hyphens, not {name!r}")
    for what, text in (("caption", caption), ("alt text", alt)):
        if not isinstance(text, str) or not text.strip() or "\n" in text:
            raise ValueError(f"figure {name!r} needs one line of text as its {what}, not {text!r}")
    if not caption.rstrip().endswith((".", "?", "!")):
        raise ValueError(f"figure {name!r}: the caption must be a sentence, with its full stop, not {caption!r}")
    for what, count in (("panel", panels), ("column", columns)):
        if not isinstance(count, int) or count < 1:
            raise ValueError(f"figure {name!r} must have at least one {what}, not {count!r}")


def _size(figure: Figure) -> str:
    width, height = (round(DPI * inches) for inches in figure.get_size_inches())
    return f'width="{width}" height="{height}"'


def _write(svg: bytes, stem: str, folder: Path) -> str:
    """Write a picture under a name that changes with its content; return the name."""
    name = f"{stem}-{hashlib.sha256(svg).hexdigest()[:12]}.svg"
    if not (folder / name).is_file():
        folder.mkdir(parents=True, exist_ok=True)
        draft = folder / f".{name}.{os.getpid()}"  # an interrupted build leaves no partial picture
        draft.write_bytes(svg)
        draft.replace(folder / name)
    return name
