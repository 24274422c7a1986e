"""Figures in the book's style.

The marks (`draw_path`, `draw_loss`, …) draw arrays on a given axis; `show_figure` shows what they draw, once wide
and once narrow. The style has a transparent background and mid-grey text, so that a figure is legible on a light
page and on a dark one.
"""

from .marks import draw_band, draw_contours, draw_loss, draw_path, label_lines
from .show import show_figure
from .style import COLORS, INK, PALETTE, STYLE, color_of, use_style

__all__ = [
    "COLORS",
    "INK",
    "PALETTE",
    "STYLE",
    "color_of",
    "draw_band",
    "draw_contours",
    "draw_loss",
    "draw_path",
    "label_lines",
    "show_figure",
    "use_style",
]
