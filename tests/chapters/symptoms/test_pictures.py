"""The pictures of *Symptoms and causes*: both versions can be read."""

import pytest

from course_lib.chapters.symptoms import pictures
from course_lib.plots import show, show_figure
from course_lib.plots.legible import faults
from course_lib.plots.show import draw_once

#: How each picture is drawn on the page.
SHOWN = {
    "draw_losses": lambda ax: pictures.draw_losses(ax, "discarded"),
    "draw_steps": lambda ax: pictures.draw_steps(ax, "none", "steady"),
}


@pytest.mark.parametrize("name", SHOWN)
def test_both_versions_can_be_read(name, monkeypatch):
    drawn = []
    monkeypatch.setattr(show, "draw_once", lambda *a, **k: drawn.append(draw_once(*a, **k)) or drawn[-1])
    show_figure(SHOWN[name], name="picture", caption="One.", alt="One.", height=300)
    assert [faults(figure) for figure in drawn] == [[], []]


def test_every_picture_is_tested():
    assert {name for name in vars(pictures) if name.startswith("draw_")} == SHOWN.keys()
