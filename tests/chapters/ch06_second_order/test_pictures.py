"""Chapter 6's pictures: both versions can be read, and what they show is what runs."""

import numpy as np
import pytest

from course_lib.chapters.ch06_second_order import pictures
from course_lib.optim import Quadratic
from course_lib.plots import show, show_figure
from course_lib.plots.legible import faults
from course_lib.plots.show import draw_once

TURN = np.pi / 6
TURNED = Quadratic([1.0, 10.0], np.array([[np.cos(TURN), -np.sin(TURN)], [np.sin(TURN), np.cos(TURN)]]))
ESTIMATES = pictures.learned(TURNED, [3.0, 2.0])
NEARING = {"Newton": 10.0 ** -(2.0 ** np.arange(4)), "gradient descent": 0.7 ** np.arange(13)}
FALL = {"Newton": 0.03, "L-BFGS": 0.75, "momentum": 0.88, "gradient descent": 0.985}
EXCESS = {name: 2 * factor ** np.arange(150.0) for name, factor in FALL.items()}
STEPS = {"1": 127, "3": 102, "10": 91, "30": 69, "BFGS": 83}


def draw_digits(left, right):
    pictures.draw_excess(left, EXCESS)
    pictures.draw_memory(right, STEPS)


#: How each picture is shown in the chapter.
SHOWN = {
    "draw_nearing": (lambda ax: pictures.draw_nearing(ax, NEARING), dict(height=260)),
    "draw_costs": (pictures.draw_costs, dict(height=280)),
    "draw_learned": (
        lambda *axes: pictures.draw_learned(*axes, surface=TURNED, estimates=ESTIMATES),
        dict(panels=3, sharey=True, height=250, narrow_height=620),
    ),
    "draw_excess": (draw_digits, dict(panels=2, width_ratios=(3, 2), height=290)),
    "draw_memory": (draw_digits, dict(panels=2, width_ratios=(3, 2), height=290)),
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


def test_each_ellipse_is_a_level_line():
    figure = draw_once(SHOWN["draw_learned"][0], 3, (1, 3), (660, 250), sharey=True)
    for ax, B in zip(figure.axes, ESTIMATES, strict=True):
        loss, model = (line.get_xydata() for line in ax.get_lines())
        np.testing.assert_allclose(2 * TURNED.value(loss), 1)
        np.testing.assert_allclose(np.einsum("ki,ij,kj->k", model, B, model), 1)


def test_two_steps_are_enough_in_the_plane():
    np.testing.assert_array_equal(ESTIMATES[0], np.eye(2))
    np.testing.assert_allclose(ESTIMATES[2], TURNED.hessian([0.0, 0.0]), atol=1e-6)


def test_the_costs_are_those_of_the_text():
    figure = draw_once(pictures.draw_costs, 1, (1, 1), (660, 280))
    matrix, pairs, *_ = figure.axes[0].get_lines()
    n = matrix.get_xdata()
    np.testing.assert_allclose(matrix.get_ydata(), 8 * n**2)
    np.testing.assert_allclose(pairs.get_ydata(), 160 * n)
