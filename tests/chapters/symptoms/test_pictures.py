"""The pictures of *Symptoms and causes*: both versions can be read."""

import pytest

from course_lib.chapters.symptoms import pictures
from course_lib.plots import show, show_figure
from course_lib.plots.legible import faults
from course_lib.plots.show import draw_once

SHOWN = [draw for name, draw in vars(pictures).items() if name.startswith("draw_")]


@pytest.mark.parametrize("draw", SHOWN)
def test_both_versions_can_be_read(draw, monkeypatch):
    drawn = []
    monkeypatch.setattr(show, "draw_once", lambda *a, **k: drawn.append(draw_once(*a, **k)) or drawn[-1])
    show_figure(draw, name="picture", caption="One.", alt="One.", height=300)
    assert [faults(figure) for figure in drawn] == [[], []]
