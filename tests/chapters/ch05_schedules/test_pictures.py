"""Chapter 5's pictures: both versions can be read, and what they show is what runs."""

from types import SimpleNamespace

import numpy as np
import pytest

from course_lib.chapters.ch05_schedules import pictures
from course_lib.chapters.ch05_schedules.shapes import SHAPES
from course_lib.optim import SGD, Rosenbrock, descend
from course_lib.plots import show, show_figure
from course_lib.plots.legible import faults
from course_lib.plots.show import draw_once

RNG = np.random.default_rng(0)
ACCURACY = {name: 97 + 0.3 * RNG.normal(size=(40, 2)) for name in SHAPES}
PER = 0.0004 * 2.0 ** np.arange(6)
LOSSES = 0.2 + 0.3 / np.arange(1, 21), 0.4 + 0.1 * RNG.normal(size=20)
LOSS = {batch: np.exp(RNG.normal(size=(8, 6))) for batch in (10, 40, 160)}
HEARD, KEPT = (SimpleNamespace(loss=loss, val_loss=loss, lr=0.1 * 0.3 ** (np.arange(20) // 4)) for loss in LOSSES)

#: How each picture is shown in the chapter.
SHOWN = {
    "draw_shapes": (pictures.draw_shapes, dict(panels=3, sharey=True, height=260, narrow_height=600)),
    "draw_gains": (
        lambda good, large: pictures.draw_gains(good, large, ACCURACY),
        dict(panels=2, sharey=True, height=300, narrow_height=560),
    ),
    "draw_batches": (lambda a, b: pictures.draw_batches(a, b, PER, LOSS), dict(panels=2, sharey=True)),
    "draw_clipping": (pictures.draw_clipping, dict(height=330)),
    "draw_plateau": (lambda a, b: pictures.draw_plateau(a, b, HEARD, KEPT), dict(panels=2)),
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


def test_each_shape_is_drawn_once_but_the_constant():
    figure = draw_once(pictures.draw_shapes, 3, (1, 3), (660, 260), sharey=True)
    drawn = {line.get_label(): line for ax in figure.axes for line in ax.get_lines()}
    assert drawn.keys() == SHAPES.keys() - {"constant"}
    for name, line in drawn.items():
        np.testing.assert_allclose(line.get_ydata(), SHAPES[name](1.0, 400)(np.arange(400)))


def test_the_means_and_bars_are_those_of_the_runs():
    figure = draw_once(SHOWN["draw_gains"][0], 2, (1, 2), (660, 300), sharey=True)
    for column, ax in enumerate(figure.axes):
        for (name, values), bar in zip(ACCURACY.items(), ax.containers, strict=True):
            dot, _, [lines] = bar
            assert dot.get_xdata()[0] == pytest.approx(values[:, column].mean()), name
            [[(low, _), (high, _)]] = lines.get_segments()
            assert high - low == pytest.approx(6 * values[:, column].std(ddof=1) / 40**0.5)


def test_clipped_steps_are_short_and_point_downhill():
    f = Rosenbrock()
    path = descend(f, pictures.Clipped(0.05), f.start, 60)
    for x, step in zip(path, np.diff(path, axis=0), strict=False):
        g, size = f.grad(x), np.linalg.norm(f.grad(x))
        np.testing.assert_allclose(step, -0.05 * g / max(size, 1), rtol=1e-9, atol=1e-15)
    first = descend(f, SGD(0.05), f.start, 1)[-1]
    assert not all(low < v < high for v, (low, high) in zip(first, f.window, strict=True)), "it leaves the picture"
