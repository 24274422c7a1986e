"""Chapter 13's picture: both versions can be read, and each rung stands at its height."""

import numpy as np
from matplotlib.figure import Figure

from course_lib.chapters.ch13_challenge import pictures
from course_lib.plots import show, show_figure
from course_lib.plots.legible import faults
from course_lib.plots.show import draw_once
from course_lib.studies import load

STUDY = load("challenge")
RUNGS = dict(zip(STUDY.names, STUDY.values["accuracy"][:, :5], strict=True))
YOURS = np.array([93.0, 94.0, 92.5, 93.3, 95.0])


def test_both_versions_can_be_read(monkeypatch):
    drawn = []
    monkeypatch.setattr(show, "draw_once", lambda *a, **k: drawn.append(draw_once(*a, **k)) or drawn[-1])
    for yours in (None, YOURS):
        show_figure(
            lambda ax, yours=yours: pictures.draw_ladder(ax, RUNGS, yours),
            name="ladder", caption="One.", alt="One.", height=420, narrow_height=460,
        )  # fmt: skip
    assert [faults(figure) for figure in drawn] == [[]] * 4


def test_the_gains_can_be_read_the_first_on_top(monkeypatch):
    drawn, gains = [], {name: STUDY.gain(name) for name in STUDY.names[1:8]}
    monkeypatch.setattr(show, "draw_once", lambda *a, **k: drawn.append(draw_once(*a, **k)) or drawn[-1])
    show_figure(
        lambda ax: pictures.draw_steps(ax, gains),
        name="steps", caption="One.", alt="One.", height=320, narrow_height=340,
    )  # fmt: skip
    assert [faults(figure) for figure in drawn] == [[]] * 2
    ax = Figure().subplots()
    pictures.draw_steps(ax, gains)
    widths = {bar.get_y() + 0.3: bar.get_width() for bar in ax.patches}
    names = [label.get_text() for label in ax.get_yticklabels()]
    assert names == list(gains) and widths[max(widths)] == next(iter(gains.values())).mean


def test_the_best_is_on_top_and_yours_in_its_place():
    ax = Figure().subplots()
    pictures.draw_ladder(ax, RUNGS, YOURS)
    names = [label.get_text() for label in ax.get_yticklabels()]
    means = {name: values.mean() for name, values in RUNGS.items()} | {"yours": YOURS.mean()}
    assert names == sorted(means, key=means.get)
    dots = ax.lines[2 * names.index("yours")]
    assert sorted(dots.get_xdata()) == sorted(YOURS) and set(dots.get_ydata()) == {names.index("yours")}
