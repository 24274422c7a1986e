"""The classical pictures of chapter 3: legible in both widths, and of numbers that are true."""

import numpy as np
import pytest

from course_lib.chapters.ch03_momentum import pictures
from course_lib.optim import Momentum, Nesterov, descend
from course_lib.plots import show, show_figure
from course_lib.plots.legible import faults
from course_lib.plots.show import draw_once

SHOWN = {
    "draw_arrows": dict(panels=2, narrow_height=560),
    "draw_regimes": dict(panels=4, sharey=True, narrow_columns=2, height=230),
    "draw_weights": dict(height=260),
}


@pytest.mark.parametrize("name", [name for name in vars(pictures) if name.startswith("draw_") and name in SHOWN])
def test_both_versions_can_be_read_and_say_the_same(name, monkeypatch):
    drawn = []
    monkeypatch.setattr(show, "draw_once", lambda *a, **k: drawn.append(draw_once(*a, **k)) or drawn[-1])
    show_figure(getattr(pictures, name), name="picture", caption="One.", alt="One.", **SHOWN[name])
    assert [faults(figure) for figure in drawn] == [[], []]
    labels = [{(ax.get_xlabel(), ax.get_title("left")) for ax in figure.axes} for figure in drawn]
    heights = [{ax.get_ylabel() for ax in figure.axes} for figure in drawn]
    assert labels[0] == labels[1] and heights[0] == heights[1]


def test_every_picture_is_tested():
    own = {name for name, value in vars(pictures).items() if getattr(value, "__module__", "") == pictures.__name__}
    assert {name for name in own if name.startswith("draw_")} == SHOWN.keys()


def test_the_arrows_are_steps_of_the_library():
    a = pictures.arrows()
    rule = Momentum(pictures.LR, rho=pictures.RHO)
    path = descend(pictures.SURFACE, rule, pictures.SURFACE.start, 2)
    np.testing.assert_allclose(path, [a.before, a.start, a.start + a.push + a.slope_here], rtol=1e-12)
    # The library's Nesterov holds the look-ahead point, so its weights after one step are where the push leads.
    x = descend(pictures.SURFACE, Nesterov(pictures.LR, rho=pictures.RHO), pictures.SURFACE.start, 1)[-1]
    np.testing.assert_allclose(a.start + a.push, x, rtol=1e-12)
    np.testing.assert_allclose(a.slope_there, -pictures.LR * np.array([x[0] / 10, x[1]]), rtol=1e-12)


def test_the_arrows_show_why_looking_ahead_helps():
    a = pictures.arrows()
    momentum, nesterov = (a.start + a.push + slope for slope in (a.slope_here, a.slope_there))
    assert abs(nesterov[1]) < abs(momentum[1]) / 4  # the second stays near the floor of the valley, y = 0
    assert all(abs(p[1]) > 0.1 for p in (a.start, momentum))


def test_each_regime_is_the_one_it_is_called():
    roots = {r.name: np.roots([1, -(1 + r.rho - r.lr), r.rho]) for r in pictures.REGIMES}
    assert list(roots) == ["overdamped", "critical", "ringing", "divergent"]
    assert np.isreal(roots["overdamped"]).all() and 0 < min(roots["overdamped"]) < max(roots["overdamped"]) < 1
    assert np.ptp(roots["critical"].real) < 1e-6 and 0 < roots["critical"][0].real < 1
    assert np.abs(roots["ringing"].imag).min() > 0.1 and np.abs(roots["ringing"]).max() < 1
    assert np.abs(roots["divergent"]).max() > 1
    assert roots["critical"][0].real < max(roots["overdamped"])  # no ρ is faster


def test_the_regimes_are_drawn_from_runs():
    figure = draw_once(pictures.draw_regimes, 4, (1, 4), (660, 230), sharey=True)
    for ax, regime in zip(figure.axes, pictures.REGIMES, strict=True):
        error = ax.get_lines()[1].get_ydata()
        assert error[0] == 1 and error[1] == pytest.approx(1 - regime.lr)
        by_formula = (1 + regime.rho - regime.lr) * error[1:-1] - regime.rho * error[:-2]
        np.testing.assert_allclose(error[2:], by_formula, rtol=1e-9, atol=1e-12)
        assert ax.get_title("left") == f"{regime.name}\nαλ = {regime.lr:.3g}, ρ = {regime.rho:.2g}"


def test_the_weights_are_what_momentum_keeps_of_one_gradient():
    figure = draw_once(pictures.draw_weights, 1, (1, 1), (660, 260))
    lines = figure.axes[0].get_lines()
    for rho, curve, dot in zip((0.5, 0.9, 0.99), lines[::3], lines[2::3], strict=True):
        velocity, x, method = [], np.zeros(1), Momentum(1.0, rho=rho)
        for t in range(120):
            x[:] = 0
            method.step(x, np.array([1.0 if t == 0 else 0.0]))
            velocity.append(-x[0])
        k = curve.get_xdata()
        seen = k < 119
        kept = np.exp(np.interp(k[seen], range(120), np.log(velocity)))
        np.testing.assert_allclose(curve.get_ydata()[seen], kept, rtol=1e-6)
        assert dot.get_xdata() == pytest.approx(1 / (1 - rho)) and 0.2 < dot.get_ydata()[0] < 1 / np.e
