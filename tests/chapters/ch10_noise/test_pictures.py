"""Chapter 10's pictures: both versions can be read, and what they show is what was measured."""

from statistics import NormalDist

import numpy as np
import pytest

from course_lib.chapters.ch10_noise import pictures
from course_lib.plots import show, show_figure
from course_lib.plots.legible import faults
from course_lib.plots.show import draw_once
from course_lib.studies import load

RNG = np.random.default_rng(0)
FACTORS = ["p (right)", "1 − p", "none", "p²", "1/p"]
ACCURACY = {name: 93 + RNG.normal(size=8) for name in FACTORS}
LOSS = {name: value + 0.05 * RNG.random(8) for name, value in zip(FACTORS, (0.2, 1.5, 0.3, 0.18, 0.45), strict=True)}
BACKWARD = {name: 93 + RNG.normal(size=8) for name in ("right", "a new mask", "no mask")}
ERRORS = {"right": 1e-10, "a new mask": 0.6, "no mask": 0.5}
PASSES = (1, 2, 4, 8, 16, 32, 64)
SAMPLED = np.array([[73.5, 80, 82.6, 83.7, 84.5, 84.8, 85], [0.95, 0.84, 0.8, 0.775, 0.765, 0.76, 0.757]])
MEAN, VARIANCE = -0.3, 1.2
U = MEAN + VARIANCE**0.5 * RNG.normal(size=10_000)
WRONG, FEW = load("wrong-labels"), load("few-examples")

#: How each picture is shown in the chapter.
SHOWN = {
    "draw_factors": (
        lambda a, b: pictures.draw_factors(a, b, ACCURACY, LOSS),
        dict(panels=2, sharey=True, height=240, narrow_height=460),
    ),
    "draw_backward": (
        lambda a, b: pictures.draw_backward(a, b, BACKWARD, ERRORS),
        dict(panels=2, sharey=True, height=200, narrow_height=380),
    ),
    "draw_sampling": (
        lambda a, b: pictures.draw_sampling(a, b, PASSES, SAMPLED, np.array([85.2, 0.66])),
        dict(panels=2),
    ),
    "draw_bell": (lambda ax: pictures.draw_bell(ax, U, MEAN, VARIANCE), dict(height=300)),
    "draw_family": (
        lambda a, b: pictures.draw_family(a, b, WRONG, FEW),
        dict(panels=2, sharey=True, height=280, narrow_height=560),
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


def wide(name, panels=2):
    return draw_once(SHOWN[name][0], panels, (1, panels), (660, 300)).axes


def bars(ax):
    """Middle and width of each error bar."""
    for dot, _, [lines] in ax.containers:
        [[(low, _), (high, _)]] = lines.get_segments()
        yield dot.get_xdata()[0], high - low


@pytest.mark.parametrize("name", ["draw_factors", "draw_backward"])
def test_dots_and_bars_are_those_of_the_runs(name):
    left, right = wide(name)
    for ax, rows in ((left, ACCURACY), (right, LOSS)) if name == "draw_factors" else ((left, BACKWARD),):
        for values, (mean, width) in zip(rows.values(), bars(ax), strict=True):
            assert mean == pytest.approx(values.mean())
            assert width == pytest.approx(6 * values.std(ddof=1) / len(values) ** 0.5)
            low, high = ax.get_xlim()
            assert low < mean < high


def test_the_check_and_its_limit():
    _, right = wide("draw_backward")
    assert [line.get_xdata()[0] for line in right.get_lines()] == [*ERRORS.values(), 1e-6]


def test_sampled_passes_and_shortcut():
    for ax, values, one in zip(wide("draw_sampling"), SAMPLED, (85.2, 0.66), strict=True):
        curve, level = ax.get_lines()
        assert curve.get_ydata().tolist() == values.tolist() and level.get_ydata()[0] == one


def test_the_bell_and_both_means():
    [ax] = wide("draw_bell", panels=1)
    lines = {line.get_label(): line for line in ax.get_lines()}
    bell = NormalDist(MEAN, VARIANCE**0.5)
    curve = lines["bell of μ and σ²"]
    np.testing.assert_allclose(curve.get_ydata(), [bell.pdf(x) for x in curve.get_xdata()])
    assert lines["ReLU of the mean"].get_xdata()[0] == 0
    exact = np.maximum(MEAN + VARIANCE**0.5 * np.random.default_rng(1).normal(size=10**6), 0).mean()
    assert lines["mean of the ReLU"].get_xdata()[0] == pytest.approx(exact, abs=0.005)


def test_the_familys_gains_are_the_studies():
    for ax, results in zip(wide("draw_family"), (WRONG, FEW), strict=True):
        for row, (mean, width) in zip(pictures.FAMILY, bars(ax), strict=True):
            gain = results.gain(row)
            assert mean == pytest.approx(gain.mean) and width == pytest.approx(6 * gain.error)
            low, high = ax.get_xlim()
            assert low < mean - width / 2 and mean + width / 2 < high
