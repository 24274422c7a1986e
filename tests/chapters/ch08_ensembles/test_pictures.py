"""Chapter 8's pictures: both versions can be read, and what they show is what was measured."""

import numpy as np
import pytest

from course_lib.chapters.ch08_ensembles import pictures
from course_lib.plots import show, show_figure
from course_lib.plots.legible import faults
from course_lib.plots.show import draw_once

RNG = np.random.default_rng(0)
NAMES = ["wrong labels", "right", "wrong, bagged", "right, bagged"]
WAYS = {
    "mean of logits": {n: m + 0.3 * RNG.normal(size=20) for n, m in zip(NAMES, (0.2, 0, 1.7, -0.3), strict=True)},
    "hard votes": {n: m + 0.3 * RNG.normal(size=20) for n, m in zip(NAMES, (-0.4, 0, -1.3, 0), strict=True)},
}
SHARES = np.linspace(0, 1, 9)
DIP = np.sin(np.pi * SHARES)
LINES = {
    "strangers": [71 - 22 * DIP + RNG.normal(size=(12, 9)), 94 - 10 * DIP + RNG.normal(size=(12, 9))],
    "siblings": [71 + DIP + RNG.normal(size=(12, 9)), 94 + RNG.normal(size=(12, 9))],
}
STEPS = (5, 10, 20, 50, 100, 200, 400)
START = np.array([
    [[2.3, 2.3, 2.29, 2.17, 1.66, 0.64, 0.22], [2.3, 2.08, 1.65, 0.73, 0.37, 0.24, 0.2],
     [2.48, 2.46, 2.38, 1.97, 1.25, 0.48, 0.22]],
    [[15, 22, 51, 86, 91, 93, 94], [20, 30, 61, 87, 91, 93, 94], [10, 11, 13, 35, 75, 91, 94]],
])  # fmt: skip
LAMS = (0, 0.003, 0.01, 0.02, 0.05)
GAP = [
    np.array([[100, 100, 99.7, 98.2, 94.3], [94, 94.5, 94.3, 93.5, 90.4]]) + 0.3 * RNG.normal(size=(16, 2, 5)),
    np.array([[98.4, 89.8, 74.6, 69.7, 62], [71.6, 77.5, 85.5, 87.3, 78.6]]) + 0.3 * RNG.normal(size=(8, 2, 5)),
]

#: How each picture is shown in the chapter.
SHOWN = {
    "draw_ways": (
        lambda a, b: pictures.draw_ways(a, b, WAYS),
        dict(panels=2, sharey=True, height=240, narrow_height=440),
    ),
    "draw_line": (
        lambda a, b: pictures.draw_line(a, b, SHARES, LINES),
        dict(panels=2, sharey=True, height=280, narrow_height=520),
    ),
    "draw_start": (
        lambda a, b: pictures.draw_start(a, b, STEPS, START),
        dict(panels=2, height=280, narrow_height=520),
    ),
    "draw_gap": (
        lambda a, b: pictures.draw_gap(a, b, LAMS, GAP),
        dict(panels=2, sharey=True, height=280, narrow_height=520),
    ),
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


def wide(name):
    return draw_once(SHOWN[name][0], 2, (1, 2), (660, 300)).axes


def test_dots_and_bars_are_those_of_the_votes():
    for ax, rows in zip(wide("draw_ways"), WAYS.values(), strict=True):
        for values, (dot, _, [lines]) in zip(rows.values(), ax.containers, strict=True):
            [[(low, _), (high, _)]] = lines.get_segments()
            assert dot.get_xdata()[0] == pytest.approx(values.mean())
            assert high - low == pytest.approx(6 * values.std(ddof=1) / 20**0.5)
            assert -3 < low and high < 3, "within the axis"


def test_the_lines_are_the_means():
    for i, ax in enumerate(wide("draw_line")):
        for curve, runs in zip(ax.get_lines(), LINES.values(), strict=True):
            np.testing.assert_allclose(curve.get_ydata(), runs[i].mean(axis=0))


def test_three_starts():
    for ax, rows in zip(wide("draw_start"), START, strict=True):
        assert [line.get_ydata().tolist() for line in ax.get_lines()] == rows.tolist()


def test_the_gap_lies_between_training_and_test():
    for ax, runs in zip(wide("draw_gap"), GAP, strict=True):
        train, test = ax.get_lines()
        np.testing.assert_allclose([train.get_ydata(), test.get_ydata()], runs.mean(axis=0))
        [grey] = ax.collections
        edges = grey.get_paths()[0].vertices[:, 1]
        assert edges.min() == pytest.approx(runs.mean(axis=0).min()) and ax.get_ylim() == (50, 101)
