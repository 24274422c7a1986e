"""Chapter 1's pictures: both versions can be read, and what they show is what runs."""

import numpy as np
import pytest

from course_lib.chapters.ch01_first_step import pictures
from course_lib.nn import GELU, BatchNorm, GroupNorm, LayerNorm, SiLU, Tanh
from course_lib.plots import show, show_figure
from course_lib.plots.legible import faults
from course_lib.plots.show import draw_once
from course_lib.studies import load

RNG = np.random.default_rng(0)
RATES = np.array([0.1, 0.5, 1.0, 1.5, 2.0, 3.0])
DEAD = RNG.uniform(0, 100, (10, 6))
THIRDS = (np.arange(3) + 0.5) / 3
TRIALS = {
    "grid": np.array([[a, b] for a in THIRDS for b in THIRDS]),
    "random": np.random.default_rng(2).random((9, 2)),
}
RESULTS = load("trainability")

#: How each picture is shown in the chapter.
SHOWN = {
    "draw_activations": (pictures.draw_activations, dict(panels=3, sharey=True, height=270, narrow_height=620)),
    "draw_dead": (lambda a, b: pictures.draw_dead(a, b, RATES, DEAD, 100 - DEAD), dict(panels=2)),
    "draw_norms": (pictures.draw_norms, dict(panels=3, height=230, narrow_height=520)),
    "draw_trainability": (
        lambda *axes: pictures.draw_trainability(*axes, results=RESULTS),
        dict(panels=3, sharey=True, height=280, narrow_height=640),
    ),
    "draw_projections": (
        lambda a, b: pictures.draw_projections(a, b, TRIALS),
        dict(panels=2, height=300, narrow_height=560),
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


@pytest.mark.parametrize(("name", "f"), [("tanh", Tanh()), ("GELU", GELU()), ("SiLU", SiLU())])
def test_a_curve_is_the_activation_and_the_dashed_one_its_slope(name, f):
    figure = draw_once(pictures.draw_activations, 3, (1, 3), (660, 270), sharey=True)
    lines = [line for ax in figure.axes for line in ax.get_lines()]
    [i] = [i for i, line in enumerate(lines) if line.get_label() == name]
    x, y = lines[i].get_data()
    np.testing.assert_allclose(y, f.f(x), atol=1e-12)
    np.testing.assert_allclose(lines[i + 1].get_ydata()[1:-1], np.gradient(y, x)[1:-1], atol=1e-3)
    assert (lines[i].get_linestyle(), lines[i + 1].get_linestyle()) == ("-", "--")


def test_the_lines_are_the_means():
    figure = draw_once(SHOWN["draw_dead"][0], 2, (1, 2), (660, 300))
    for ax, values in zip(figure.axes, (DEAD, 100 - DEAD), strict=True):
        mean, dots = ax.get_lines()
        np.testing.assert_allclose(mean.get_ydata(), values.mean(axis=0))
        assert sorted(dots.get_ydata()) == sorted(values.ravel())


def test_trainability_is_the_studys():
    figure = draw_once(SHOWN["draw_trainability"][0], 3, (1, 3), (660, 280), sharey=True)
    for column, (ax, rate) in enumerate(zip(figure.axes, (0.01, 0.1, 0.5), strict=True)):
        lines = {line.get_label(): line for line in ax.get_lines() if not line.get_label().startswith("_")}
        for name, line in lines.items():
            rows = [f"{scale:g} × He, α = {rate:g}" for scale in (0.25, 0.5, 1, 2)]
            means = [RESULTS.values[name][list(RESULTS.study.rows).index(row)].mean() for row in rows]
            np.testing.assert_allclose(line.get_ydata(), means)
        assert len(lines) == 2 and ax.get_title("left") == f"α = {rate:g}", column


def test_the_first_box_is_what_a_change_of_its_numbers_moves():
    """One number changed: the outputs that change are those of its box."""
    figure = draw_once(pictures.draw_norms, 3, (1, 3), (660, 230))
    x = RNG.normal(size=(4, 6))
    other = x.copy()
    other[0, 0] += 1
    layers = (BatchNorm(6), LayerNorm(6), GroupNorm(6, groups=2))
    for ax, layer in zip(figure.axes, layers, strict=True):
        before, after = layer.forward(x, train=True).copy(), layer.forward(other, train=True)
        moved = {(int(c), int(r)) for r, c in np.argwhere(np.abs(before - after) > 1e-9)}
        left, top, width, height = ax.patches[0].get_bbox().bounds
        inside = {(c, r) for c in range(6) for r in range(4) if left < c + 0.5 < left + width}
        assert moved == {(c, r) for c, r in inside if top < r + 0.5 < top + height}
