"""Chapter 12's pictures: both versions can be read, and what they show is what was measured."""

import numpy as np
import pytest

from course_lib.chapters.ch12_transfer import pictures
from course_lib.plots import show, show_figure
from course_lib.plots.legible import faults
from course_lib.plots.show import draw_once

RNG = np.random.default_rng(0)
FOUND = {"1-NN": RNG.normal(75, 2, 3), "scratch": RNG.normal(78, 2, 3), "frozen": RNG.normal(87, 2, 3)}
BY_STAGE = {
    "letters": np.array([85, 85.5, 86.5, 91, 92, 92.5]) + RNG.normal(0, 1, (3, 6)),
    "random": np.array([85, 85, 85, 85, 85, 82]) + RNG.normal(0, 1, (3, 6)),
}
#: How each picture is shown in the chapter.
SHOWN = {
    "draw_ways": (lambda ax: pictures.draw_ways(ax, FOUND), dict(height=170, narrow_height=190)),
    "draw_stages": (lambda ax: pictures.draw_stages(ax, BY_STAGE), {}),
}


@pytest.mark.parametrize("name", SHOWN)
def test_both_versions_can_be_read(name, monkeypatch):
    drawn, (draw, look) = [], SHOWN[name]
    monkeypatch.setattr(show, "draw_once", lambda *a, **k: drawn.append(draw_once(*a, **k)) or drawn[-1])
    show_figure(draw, name="picture", caption="One.", alt="One.", **look)
    assert [faults(figure) for figure in drawn] == [[], []]


def test_every_picture_is_tested():
    own = {name for name, value in vars(pictures).items() if getattr(value, "__module__", "") == pictures.__name__}
    assert {name for name in own if name.startswith("draw_")} == SHOWN.keys()


def test_bars_are_means_beside_their_names():
    [ax] = draw_once(SHOWN["draw_ways"][0], 1, (1, 1), (660, 170)).axes
    names = [label.get_text() for label in ax.get_yticklabels()]
    assert names == [pictures.NAMES[name] for name in FOUND]
    np.testing.assert_allclose([bar.get_width() for bar in ax.patches], [v.mean() for v in FOUND.values()])
    for line, values in zip(ax.get_lines(), FOUND.values(), strict=True):
        np.testing.assert_allclose(line.get_xdata(), values)


def test_lines_are_means_over_seeds():
    [ax] = draw_once(SHOWN["draw_stages"][0], 1, (1, 1), (660, 320)).axes
    lines = {line.get_label(): line for line in ax.get_lines()}
    np.testing.assert_allclose(lines["learnt from letters"].get_ydata(), BY_STAGE["letters"].mean(axis=0))
    np.testing.assert_allclose(lines["random weights"].get_ydata(), BY_STAGE["random"].mean(axis=0))
    assert [t.get_text() for t in ax.get_xticklabels()] == list(pictures.STAGES)
