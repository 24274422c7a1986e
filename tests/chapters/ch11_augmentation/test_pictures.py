"""Chapter 11's pictures: both versions can be read, and what they show is what was measured."""

import numpy as np
import pytest

from course_lib.chapters.ch11_augmentation import pictures
from course_lib.data.augment import affine, rotation
from course_lib.plots import show, show_figure
from course_lib.plots.legible import faults
from course_lib.plots.show import draw_once

RNG = np.random.default_rng(0)
SIX = RNG.random((8, 8))
KINDS = ["jitter", "jitter × 0.5", "CutMix", "mixup", "cutout", "flips", "turns up to 90°", "turns up to 180°"]
GAINS = {name: RNG.normal(3 - 2 * i, 1, 6) for i, name in enumerate(KINDS)}
STRENGTHS = {s: RNG.normal(90 - 15 * s, 1, 6) for s in (0, 0.5, 1, 2, 4)}
LABELS = {name: {n: RNG.normal(92, 1, 6) for n in (50, 100, 200, 400)} for name in ("as they are", "with jitter")}
LEAK = {"labels drawn by lot": RNG.uniform(5, 99, (2, 8)), "right labels": RNG.uniform(5, 99, (2, 8))}

#: How each picture is shown in the chapter.
SHOWN = {
    "draw_sheet": (
        lambda ax: pictures.draw_sheet(ax, RNG.random((12, 8, 8, 1)), 6), dict(height=240, narrow_height=140)
    ),
    "draw_ways": (
        lambda *axes: pictures.draw_ways(*axes, SIX, 30), dict(panels=3, height=250, narrow_height=640)
    ),
    "draw_strengths": (lambda ax: pictures.draw_strengths(ax, STRENGTHS), {}),
    "draw_labels": (lambda ax: pictures.draw_labels(ax, LABELS), {}),
    "draw_gains": (lambda ax: pictures.draw_gains(ax, GAINS), dict(height=320, narrow_height=320)),
    "draw_leak": (lambda ax: pictures.draw_leak(ax, LEAK), dict(height=320)),
}  # fmt: skip


@pytest.mark.parametrize("name", SHOWN)
def test_both_versions_can_be_read(name, monkeypatch):
    drawn, (draw, look) = [], SHOWN[name]
    monkeypatch.setattr(show, "draw_once", lambda *a, **k: drawn.append(draw_once(*a, **k)) or drawn[-1])
    show_figure(draw, name="picture", caption="One.", alt="One.", **look)
    assert [faults(figure) for figure in drawn] == [[], []]


def test_every_picture_is_tested():
    own = {name for name, value in vars(pictures).items() if getattr(value, "__module__", "") == pictures.__name__}
    assert {name for name in own if name.startswith("draw_")} == SHOWN.keys() | {"draw_means"}


@pytest.mark.parametrize("channels", [1, 3])
def test_a_mosaic_holds_each_image_once(channels):
    images = RNG.random((6, 4, 5, channels))
    sheet = pictures.mosaic(images, columns=3)
    assert sheet.shape == (9, 17, channels)
    for n, image in enumerate(images):
        top, left = n // 3 * 5, n % 3 * 6
        np.testing.assert_array_equal(sheet[top : top + 4, left : left + 5], image)
    assert np.isnan(sheet).sum() == (9 * 17 - 6 * 20) * channels


def test_forward_leaves_holes_and_backward_none():
    sent = pictures.forwards(SIX, 30)
    assert np.isnan(sent).sum() == 8 and set(sent[~np.isnan(sent)]) <= {0, *SIX.ravel()}
    outside = affine(np.ones((1, 8, 8, 1)), rotation(30))[0, :, :, 0] == 0
    assert outside[0, 0] and not np.isnan(sent[outside]).any()
    np.testing.assert_array_equal(pictures.forwards(SIX, 90), np.rot90(SIX))
    figure = draw_once(SHOWN["draw_ways"][0], 3, (1, 3), (660, 250))
    crosses = [len(ax.get_lines()) for ax in figure.axes]
    assert crosses == [0, np.isnan(sent).sum(), 0]
    turned = affine(SIX[None, :, :, None], rotation(30))[0, :, :, 0]
    np.testing.assert_allclose(figure.axes[2].get_images()[0].get_array(), turned)


def test_dots_are_means_and_bars_two_standard_errors():
    figure = draw_once(SHOWN["draw_strengths"][0], 1, (1, 1), (660, 320))
    [ax] = figure.axes
    line = ax.get_lines()[-1]
    np.testing.assert_allclose(line.get_ydata(), [v.mean() for v in STRENGTHS.values()])
    assert [t.get_text() for t in ax.get_xticklabels()] == ["0", "0.5", "1", "2", "4"]
    [container] = ax.containers
    for segment, values in zip(container[2][0].get_segments(), STRENGTHS.values(), strict=True):
        assert np.ptp(segment[:, 1]) == pytest.approx(4 * values.std(ddof=1) / 6**0.5)


def test_bars_stand_beside_their_names():
    figure = draw_once(SHOWN["draw_gains"][0], 1, (1, 1), (660, 320))
    [ax] = figure.axes
    names = {round(place): label.get_text() for place, label in zip(ax.get_yticks(), ax.get_yticklabels(), strict=True)}
    for bar in ax.patches:
        name = names[round(bar.get_y() + bar.get_height() / 2)]
        assert bar.get_width() == pytest.approx(GAINS[name].mean())


def test_validation_stands_to_the_left_of_test():
    figure = draw_once(SHOWN["draw_leak"][0], 1, (1, 1), (660, 320))
    heights = [bar.get_height() for bar in figure.axes[0].patches]
    np.testing.assert_allclose(heights, [v.mean() for pair in LEAK.values() for v in pair])
    assert [t.get_text() for t in figure.axes[0].get_legend().get_texts()] == ["validation", "test"]
