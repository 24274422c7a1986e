"""The house style reads on light and dark pages; the marks carry the data they are given."""

import itertools

import matplotlib
import numpy as np
import pytest
from matplotlib.colors import to_rgb, to_rgba
from matplotlib.figure import Figure

from course_lib import plots
from course_lib.nn import L2
from course_lib.optim import COMPOUND, METHODS, SECOND_ORDER, SGD, Cosine, Momentum, Ravine, Saddle, schedules
from course_lib.studies.sweep import STRATEGIES

LIGHT, DARK = "#ffffff", "#14181f"


def luminance(color):
    """WCAG 2 relative luminance."""
    channels = np.array(to_rgb(color))
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    return linear @ [0.2126, 0.7152, 0.0722]


def contrast(a, b):
    low, high = sorted((luminance(a), luminance(b)))
    return (high + 0.05) / (low + 0.05)


@pytest.fixture
def ax():
    with matplotlib.rc_context(plots.STYLE):
        yield Figure().subplots()


# ------------------------------------------------------------------------------------------------- colours


@pytest.mark.parametrize("page", [LIGHT, DARK])
@pytest.mark.parametrize("name", plots.COLORS)
def test_each_colour_stands_out_from_both_pages(name, page):
    assert contrast(plots.COLORS[name], page) >= 3  # WCAG 1.4.11, graphical objects


@pytest.mark.parametrize("page", [LIGHT, DARK])
def test_each_colour_of_the_palette_stands_out_too(page):
    assert min(contrast(color, page) for color in plots.PALETTE) >= 3


def test_everything_that_the_book_compares_has_a_colour():
    known = [*METHODS, *COMPOUND, *SECOND_ORDER, *STRATEGIES, "augmentation", "label smoothing"]
    known += [name for name in schedules.__all__ if name != "Schedule"]
    known += (
        "L1 L2 ElasticNet MaxNorm Dropout InvertedDropout SpatialDropout DropConnect BatchNorm EarlyStopping".split()
    )
    for name in known:
        assert plots.color_of(name, "none") != "none", name
        assert min(contrast(plots.color_of(name), page) for page in (LIGHT, DARK)) >= 3
    assert plots.color_of(Cosine(0.1, steps=3)) == plots.color_of(Cosine) == plots.COLORS["Cosine"]
    assert plots.color_of(L2(0.1)) == plots.COLORS["L2"] and plots.color_of("1-NN") == plots.INK


def test_what_one_figure_shows_has_colours_of_its_own():
    figures = [
        "Constant Step Exponential InverseTime Linear Cosine OneCycle WarmRestarts".split(),
        "Constant Cosine WarmupStableDecay".split(),
        "L2 Dropout augmentation BatchNorm EarlyStopping L1 MixUp DropConnect".split(),
        [name for name in STRATEGIES if name != "random head, all at rate/10"],
        list(SECOND_ORDER),
    ]
    for names in figures:
        assert len({plots.color_of(name) for name in names}) == len(names)


def test_a_new_method_needs_no_colour(monkeypatch):
    """It gets one of the palette, the same each time, and no other method's changes."""
    for name in [name for name in METHODS if name not in plots.COLORS]:
        monkeypatch.delitem(METHODS, name)
    before = {name: plots.color_of(name) for name in METHODS}
    monkeypatch.setitem(METHODS, "Newest", METHODS["SGD"])
    monkeypatch.setitem(METHODS, "Newer", METHODS["SGD"])
    got = [plots.color_of(name) for name in ("Newest", "Newer", "Newest")]
    assert got == [plots.PALETTE[-1], plots.PALETTE[-2], plots.PALETTE[-1]]
    assert not set(got) & {plots.COLORS[name] for name in ("SGD", "Momentum", "Nesterov", "AdaGrad", "RMSProp", "Adam")}
    assert before == {name: plots.color_of(name) for name in before}
    monkeypatch.setitem(plots.COLORS, "Newest", "#123456")  # one that is wished for
    assert plots.color_of("Newest") == "#123456" and plots.color_of("Newer") == plots.PALETTE[-1]


def test_the_text_is_as_clear_as_one_grey_can_be_on_both_pages():
    grey = min(contrast(plots.INK, LIGHT), contrast(plots.INK, DARK))
    best = np.sqrt(contrast(LIGHT, DARK))  # no colour can have more with both
    assert grey > 0.98 * best > 4


def test_colours_are_distinct_for_colour_blind_readers():
    """Machado et al. (2009), severity 1: any two colours of the palette stay apart."""
    simulations = {
        "protanopia": [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ],
        "deuteranopia": [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ],
    }
    simulations["none"] = np.eye(3)
    six = [plots.COLORS[name] for name in ("SGD", "Momentum", "Nesterov", "AdaGrad", "RMSProp", "Adam")]
    assert set(six) <= set(plots.PALETTE)
    for used_together, matrix in itertools.product([six, plots.PALETTE], simulations.values()):
        seen = [np.clip(np.array(matrix) @ to_rgb(color), 0, 1) for color in used_together]
        for i, a in enumerate(seen):
            for b in seen[i + 1 :]:
                assert np.abs(a - b).max() > 0.15


def test_color_of_takes_name_class_or_instance_and_greys_strangers():
    assert plots.color_of("SGD") == plots.color_of(SGD) == plots.color_of(SGD(0.1)) == plots.COLORS["SGD"]
    assert plots.color_of("mine") == plots.color_of(object()) == plots.INK


def test_use_style_sets_a_transparent_figure():
    with matplotlib.rc_context():
        plots.use_style()
        figure = Figure()
        assert figure.get_facecolor() == to_rgba("none")
        assert figure.subplots().get_facecolor() == to_rgba("none")
        assert matplotlib.rcParams["axes.labelcolor"] == plots.INK


# --------------------------------------------------------------------------------------------------- marks


def test_contours_cover_the_window_and_mark_each_minimum(ax):
    surface = Saddle()
    plots.draw_contours(ax, surface)
    assert (ax.get_xlim(), ax.get_ylim()) == surface.window
    crosses = ax.get_lines()[0]
    np.testing.assert_array_equal(np.column_stack(crosses.get_data()), surface.minima)
    drawn = np.vstack([path.vertices for path in ax.collections[0].get_paths() if len(path.vertices)])
    heights = surface.value(drawn)
    levels = ax.collections[0].levels
    assert np.abs(heights[:, None] - levels).min(axis=1).max() < 0.01 * np.ptp(levels)


def test_a_path_keeps_every_point_and_rings_the_start(ax):
    path = np.array([[3.0, 1.0], [2.0, 0.5], [1.0, 0.0]])
    plots.draw_path(ax, path, Momentum(0.1))
    line, start = ax.get_lines()
    np.testing.assert_array_equal(np.column_stack(line.get_data()), path)
    np.testing.assert_array_equal(np.column_stack(start.get_data()), path[:1])
    assert line.get_label() == "Momentum" and line.get_color() == plots.COLORS["Momentum"]
    with pytest.raises(ValueError, match=r"shape \(steps \+ 1, 2\), got \(4,\)"):
        plots.draw_path(ax, np.ones(4), "SGD")


def test_a_loss_leaves_out_what_a_log_axis_cannot_show(ax):
    plots.draw_loss(ax, [1.0, 0.0, -1.0, np.inf, np.nan, 0.5], "SGD", label="mine")
    (line,) = ax.get_lines()
    np.testing.assert_array_equal(line.get_ydata(), [1.0, np.nan, np.nan, np.nan, np.nan, 0.5])
    assert ax.get_yscale() == "log" and line.get_label() == "mine"


def test_a_band_is_median_and_range(ax):
    runs = np.array([[1.0, 5.0], [2.0, 9.0], [4.0, 7.0]])
    plots.draw_band(ax, [0, 10], runs, "Nesterov")
    np.testing.assert_array_equal(ax.get_lines()[0].get_ydata(), [2.0, 7.0])
    corners = ax.collections[0].get_paths()[0].vertices
    for x, low, high in ((0, 1.0, 4.0), (10, 5.0, 9.0)):
        at = corners[corners[:, 0] == x, 1]
        assert (at.min(), at.max()) == (low, high)
    with pytest.raises(ValueError, match=r"shape \(seeds, 3\), got \(3, 2\)"):
        plots.draw_band(ax, [0, 1, 2], runs, "SGD")


def test_labels_stand_at_the_line_ends_in_its_colour_and_never_overlap(ax):
    for name, end in (("SGD", 0.50), ("Momentum", 0.51), ("Nesterov", 0.9)):
        ax.plot([0, 1], [0, end], color=plots.COLORS[name], label=name)
    ax.plot([0, 1], [1, 1])  # no label
    ax.set_ylim(0, 1)
    plots.label_lines(ax, gap=0.1)
    labels = {text.get_text(): text for text in ax.texts}
    assert set(labels) == {"SGD", "Momentum", "Nesterov"}
    assert all(to_rgba(text.get_color()) == to_rgba(plots.COLORS[name]) for name, text in labels.items())
    heights = sorted(text.xy[1] for text in labels.values())
    assert np.diff(heights).min() >= 0.1 - 1e-12
    assert labels["Nesterov"].xy[1] == pytest.approx(0.9)


def test_many_labels_at_the_top_stay_inside(ax):
    for i in range(5):
        ax.plot([0, 1], [1, 1], label=str(i))
    ax.set_ylim(0, 1)
    plots.label_lines(ax, gap=0.1)
    heights = [text.xy[1] for text in ax.texts]
    assert max(heights) <= 1 and np.diff(sorted(heights)).min() >= 0.1 - 1e-12


def test_labels_find_limits_that_nobody_has_asked_for_yet(ax):
    ax.plot([0, 1], [1.0, 1e-8], label="low")
    ax.plot([0, 1], [1.0, 1e-2], label="high")
    ax.set_yscale("log")
    plots.label_lines(ax)
    low, high = sorted(text.xy[1] for text in ax.texts)
    assert low < 0.1 and 0.65 < high < 0.8


def test_labels_work_on_a_log_axis_and_after_a_divergence(ax):
    plots.draw_loss(ax, [1.0, 10.0, np.inf], "SGD")
    plots.draw_loss(ax, Ravine().value(np.ones((3, 2))), "Momentum")
    ax.set_ylim(1e-3, 1e3)
    plots.label_lines(ax)
    assert all(0 <= text.xy[1] <= 1 for text in ax.texts) and len(ax.texts) == 2
