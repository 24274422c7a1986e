"""Chapter 9's pictures: both versions can be read, and what they show is what runs."""

import numpy as np
import pytest
from scipy.optimize import minimize

from course_lib.chapters.ch09_penalties import pictures
from course_lib.plots import show, show_figure
from course_lib.plots.legible import faults
from course_lib.plots.show import draw_once
from course_lib.studies import load

RNG = np.random.default_rng(0)
EPOCHS = np.arange(1, 101)
TRAIN = 100 - 60 * np.exp(-EPOCHS / 12) + RNG.normal(size=(8, 100))
TEST = 72 + 13 * np.exp(-((EPOCHS - 8) ** 2) / 600) + RNG.normal(size=(8, 100))
SMALL = np.abs(RNG.normal(size=4000))
X = RNG.normal(size=(40, 1))
Y = 100 + 5 * X[:, 0] + 2 * RNG.normal(size=40)
SIZES = {
    "in the gradient": np.where(RNG.random(4000) < 0.8, 2e-4, 0.3) * SMALL,
    "proximal step": np.where(RNG.random(4000) < 0.8, 0, 0.3) * SMALL,
}

#: How each picture is shown in the chapter.
SHOWN = {
    "draw_heart": (lambda ax: pictures.draw_heart(ax, TRAIN, TEST), dict(height=300)),
    "draw_sizes": (
        lambda a, b: pictures.draw_sizes(a, b, SIZES, RNG.random((8, 8))),
        dict(panels=2, width_ratios=(3, 2), height=300),
    ),
    "draw_bias": (lambda a, b: pictures.draw_bias(a, b, X, Y), dict(panels=2)),
    "draw_gains": (
        lambda a, b: pictures.draw_gains(a, b, (load("wrong-labels"), load("few-examples"))),
        dict(panels=2),
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


@pytest.mark.parametrize("penalized", [True, False])
def test_the_ridge_is_the_minimum(penalized):
    def price(w):
        return np.mean((w[0] + X[:, 0] * w[1] - Y) ** 2) / 2 + 0.7 * (penalized * w[0] ** 2 + w[1] ** 2) / 2

    np.testing.assert_allclose(pictures.ridge(X, Y, 0.7, penalized), minimize(price, [0.0, 0.0]).x, rtol=1e-4)


def test_the_error_grows_to_the_height_of_the_points():
    """As the figure's text says: nearly 100 with the penalty on all, about 5 with it on the weight alone."""
    for penalized, error in ((True, 91), (False, 5)):
        b, w = pictures.ridge(X, Y, 10.0, penalized)
        assert np.sqrt(np.mean((b + X[:, 0] * w - Y) ** 2)) == pytest.approx(error, rel=0.15)


def test_the_gains_are_as_the_caption_says():
    noisy, few = load("wrong-labels"), load("few-examples")
    rows = [name for name in noisy.names if name.startswith(("early", "L2", "L1", "elastic"))]
    assert len(rows) == 5 and all(11 < noisy.gain(name).mean < 13 for name in rows)
    rows = [name for name in few.names if name.startswith(("early", "L2", "L1", "elastic"))]
    assert len(rows) == 5 and all(abs(few.gain(name).mean) < 0.5 for name in rows)
