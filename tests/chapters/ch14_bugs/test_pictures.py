"""Chapter 14's pictures: both versions can be read, and what they show is what was measured."""

import numpy as np
import pytest
from matplotlib.figure import Figure

from course_lib.chapters.ch14_bugs import pictures
from course_lib.chapters.ch14_bugs.programs import BUGS, CHECKS
from course_lib.plots import show, show_figure
from course_lib.plots.legible import faults
from course_lib.plots.show import draw_once

RATES = np.geomspace(0.001, 10, 41)
TITLES = ("AdaGrad", "Adam", "momentum")
ENDS = {title: np.stack([RATES**-2, np.where(RATES > 1, np.inf, RATES)]) for title in TITLES}
SEEN = {bug: [i % 10 == k for k in range(10)] for i, bug in enumerate(BUGS)}

#: How each picture is shown in the chapter.
SHOWN = {
    "draw_rates": (
        lambda *axes: pictures.draw_rates(*axes, rates=RATES, ends=ENDS), dict(panels=3, height=260, narrow_height=640)
    ),
    "draw_seen": (lambda ax: pictures.draw_seen(ax, SEEN, list(CHECKS)), dict(height=400, narrow_height=420)),
}  # fmt: skip


@pytest.mark.parametrize("name", SHOWN)
def test_both_versions_can_be_read(name, monkeypatch):
    drawn, (draw, look) = [], SHOWN[name]
    monkeypatch.setattr(show, "draw_once", lambda *a, **k: drawn.append(draw_once(*a, **k)) or drawn[-1])
    show_figure(draw, name="picture", caption="One.", alt="One.", **look)
    assert [faults(figure) for figure in drawn] == [[], []]


def test_every_picture_is_tested():
    own = {name for name, value in vars(pictures).items() if getattr(value, "__module__", "") == pictures.__name__}
    assert {name for name in own if name.startswith("draw_")} == SHOWN.keys()


def test_a_dot_for_each_hit():
    ax = Figure().subplots()
    pictures.draw_seen(ax, SEEN, list(CHECKS))
    dots = {(x, -y) for line in ax.lines for x, y in zip(*line.get_data(), strict=True)}
    assert dots == {(i % 10 + 1, i) for i in range(len(BUGS))}
    assert [label.get_text() for label in ax.get_yticklabels()] == list(BUGS)
