"""The pictures of chapter 2: legible in both widths, and of numbers that are true."""

import functools

import numpy as np
import pytest

from course_lib.chapters.ch02_sgd import pictures
from course_lib.optim import Ravine, gd_rate
from course_lib.plots import show, show_figure
from course_lib.plots.legible import faults
from course_lib.plots.show import draw_once

SPECTRA = {"before": np.geomspace(1e-4, 0.3, 226) * np.where(np.arange(226) % 3, 1, -1)}
SPECTRA["after"] = SPECTRA["before"] * 2
SHOWN = {
    "draw_angle": dict(panels=2, width_ratios=(3, 2), height=260, narrow_height=460),
    "draw_factors": dict(height=280),
    "draw_spectrum": dict(panels=2, sharey=True, height=260, narrow_height=480),
}
DRAW = {"draw_spectrum": functools.partial(pictures.draw_spectrum, spectra=SPECTRA)}


@pytest.mark.parametrize("name", SHOWN)
def test_both_versions_can_be_read_and_say_the_same(name, monkeypatch):
    drawn = []
    monkeypatch.setattr(show, "draw_once", lambda *a, **k: drawn.append(draw_once(*a, **k)) or drawn[-1])
    show_figure(DRAW.get(name, getattr(pictures, name)), name="picture", caption="One.", alt="One.", **SHOWN[name])
    assert [faults(figure) for figure in drawn] == [[], []]


def test_every_picture_is_tested():
    own = {name for name, value in vars(pictures).items() if getattr(value, "__module__", "") == pictures.__name__}
    assert {name for name in own if name.startswith("draw_")} == SHOWN.keys()


@pytest.mark.parametrize("kappa", [1, 7.0, 100.0])
def test_no_place_is_worse_than_the_worst(kappa):
    turn = np.linspace(0, np.pi, 100_001)
    x = np.stack([np.cos(turn), np.sin(turn)], axis=-1)
    gradient = Ravine(kappa).grad(x)
    cosine = np.sum(gradient * x, axis=-1) / np.linalg.norm(gradient, axis=-1)
    assert pictures.worst_angle(kappa) == pytest.approx(np.degrees(np.arccos(np.clip(cosine.min(), -1, 1))), abs=1e-2)


def test_the_arrows_begin_at_the_worst_point():
    figure = draw_once(pictures.draw_angle, 2, (1, 2), (660, 260))
    arrows = [text for text in figure.axes[0].texts if text.arrow_patch is not None]
    directions = [np.subtract(arrow.xy, arrow.xyann) for arrow in arrows]
    cosine = np.dot(*directions) / np.prod([np.linalg.norm(d) for d in directions])
    assert np.degrees(np.arccos(cosine)) == pytest.approx(pictures.worst_angle(pictures.KAPPA))


def test_the_thick_line_is_the_slower_factor():
    figure = draw_once(pictures.draw_factors, 1, (1, 1), (660, 280))
    thick = figure.axes[0].get_lines()[0]
    alpha, factor = thick.get_data()
    slower = np.maximum(gd_rate(alpha, 1.0), gd_rate(alpha, 1 / pictures.KAPPA))
    np.testing.assert_allclose(factor, slower)
    assert alpha[factor.argmin()] == pytest.approx(2 / (1 + 1 / pictures.KAPPA), abs=0.01)


def test_every_curvature_is_a_dot():
    figure = draw_once(DRAW["draw_spectrum"], 2, (1, 2), (660, 260), sharey=True)
    for ax, curvatures in zip(figure.axes, SPECTRA.values(), strict=True):
        up, down = (line.get_ydata() for line in ax.get_lines()[:2])
        assert sorted([*up, *-down]) == pytest.approx(sorted(curvatures))
