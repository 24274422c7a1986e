"""The pictures of chapter 4: legible in both widths, and of numbers that are true."""

import numpy as np
import pytest

from course_lib.chapters.ch04_adaptive import pictures
from course_lib.optim import Adam, RMSProp, descend
from course_lib.plots import show, show_figure
from course_lib.plots.legible import faults
from course_lib.plots.show import draw_once

SHOWN = {
    "draw_epsilon": dict(height=260),
    "draw_steepest": dict(panels=2, sharey=True, height=330, narrow_height=640),
    "draw_swing": dict(panels=2),
}


@pytest.mark.parametrize("name", SHOWN)
def test_both_versions_can_be_read_and_say_the_same(name, monkeypatch):
    drawn = []
    monkeypatch.setattr(show, "draw_once", lambda *a, **k: drawn.append(draw_once(*a, **k)) or drawn[-1])
    show_figure(getattr(pictures, name), name="picture", caption="One.", alt="One.", **SHOWN[name])
    assert [faults(figure) for figure in drawn] == [[], []]
    labels = [{(ax.get_xlabel(), ax.get_ylabel(), ax.get_title("left")) for ax in figure.axes} for figure in drawn]
    assert labels[0] == labels[1]


def test_every_picture_is_tested():
    own = {name for name, value in vars(pictures).items() if getattr(value, "__module__", "") == pictures.__name__}
    assert {name for name in own if name.startswith("draw_")} == SHOWN.keys()


@pytest.mark.parametrize(("shape", "length"), [("circle", 2), ("square", np.inf)])
def test_no_step_of_that_length_descends_more(shape, length):
    best = pictures.steepest(shape)
    assert np.linalg.norm(best, length) == pytest.approx(1)
    steps = np.random.default_rng(0).standard_normal((2000, 2))
    steps /= np.linalg.norm(steps, length, axis=1)[:, None]
    assert (steps @ pictures.SLOPE).min() >= best @ pictures.SLOPE - 1e-12


def test_the_way_down_is_a_run():
    assert pictures.way_down(Adam(0.1), 50) == pytest.approx(descend(lambda x: x, Adam(0.1), [3.0], 50)[:, 0])


def test_rmsprop_is_thrown_out_and_swings_by_half_the_rate():
    x = np.abs(pictures.way_down(RMSProp(0.1), 4000))
    assert x[50] < 1e-6 and x[600:1000].max() > 0.5
    assert x[-100:] == pytest.approx(np.full(100, 0.05), rel=1e-3)
    scaled = descend(lambda x: 7 * x, RMSProp(0.1), [3.0], 6000)[-100:, 0]  # another curvature
    assert np.abs(scaled) == pytest.approx(np.full(100, 0.05), rel=1e-2)


@pytest.mark.parametrize("slope", [1e-9, 1e-8, 1e-4])
def test_the_scaled_step_is_adams(slope):
    for eps in (1e-8, 1e-4):
        walked = descend(lambda x: np.full_like(x, -slope), Adam(1.0, eps=eps), [0.0], 20)[-1, 0]
        assert pictures.scaled_step(np.array(slope), eps) == pytest.approx(walked / 20)
    assert pictures.scaled_step(np.array(1e-4), 1e-8, inside=True) == pytest.approx(0.5**0.5)
