"""A figure is drawn wide and narrow; both can be read; a notebook and the site show it with its caption."""

import base64
import re
import xml.etree.ElementTree as ET

import IPython
import IPython.display
import matplotlib
import matplotlib.pyplot as plt
import numpy as np
import pytest
from bs4 import BeautifulSoup
from matplotlib.figure import Figure

from course_lib.explore import page
from course_lib.plots import show, show_figure
from course_lib.plots.legible import faults, lines_of
from course_lib.plots.show import DPI, NARROW, NARROW_STYLE, WIDE, draw_once, svg_of

CAPTION, ALT = "The right line is <steeper>.", 'Two lines; the "right" one is steeper.'


def two(left, right):
    left.plot([0, 1], [0, 1], label="SGD")
    right.plot([0, 1], [0, 2], label="Momentum")
    left.set(title="Left", xlabel="step", ylabel="loss")
    right.set(title="Right", xlabel="epoch")


@pytest.fixture
def shown(monkeypatch):
    """What is displayed, in a notebook."""
    outputs = []
    monkeypatch.setattr(IPython, "get_ipython", lambda: object())
    monkeypatch.setattr(IPython.display, "display", lambda data, raw: outputs.append(data))
    monkeypatch.delenv(show.STATIC_DIR, raising=False)
    return outputs


def both(monkeypatch):
    """The figures that `show_figure` draws, in order."""
    drawn = []
    monkeypatch.setattr(show, "draw_once", lambda *a, **k: drawn.append(draw_once(*a, **k)) or drawn[-1])
    return drawn


def show_two(**changes):
    show_figure(two, **{"name": "two-lines", "caption": CAPTION, "alt": ALT, "panels": 2, "sharey": True} | changes)


def test_the_folder_is_the_one_of_the_experiments():
    assert show.STATIC_DIR == page.STATIC_DIR


def test_wide_has_panels_side_by_side_and_narrow_stacks_them(monkeypatch):
    drawn = both(monkeypatch)
    show_two(width_ratios=(3, 1), height=300, narrow_height=500)
    wide, narrow = drawn
    assert wide.get_size_inches() * DPI == pytest.approx((WIDE, 300))
    assert narrow.get_size_inches() * DPI == pytest.approx((NARROW, 500))
    (a, b), (c, d) = ([ax.get_position() for ax in figure.axes] for figure in drawn)
    assert a.y0 == b.y0 and a.x1 < b.x0 and 2.4 < a.width / b.width < 3.6
    assert c.x0 == d.x0 and c.y0 > d.y1
    assert {ax.get_ylim() for ax in wide.axes} == {wide.axes[0].get_ylim()}


def test_a_shared_label_begins_each_row(monkeypatch):
    drawn = both(monkeypatch)
    show_two()
    wide, narrow = ([(ax.get_xlabel(), ax.get_ylabel()) for ax in figure.axes] for figure in drawn)
    assert wide == [("step", "loss"), ("epoch", "")] and narrow == [("step", "loss"), ("epoch", "loss")]


def test_three_panels_in_two_columns_leave_no_empty_axes(monkeypatch):
    drawn = both(monkeypatch)
    show_figure(lambda a, b, c: a.plot([1]), name="three", caption="One.", alt="One.", panels=3, narrow_columns=2)
    assert [len(figure.axes) for figure in drawn] == [3, 3]
    assert drawn[1].axes[0].get_position().y0 > drawn[1].axes[2].get_position().y1


def test_type_is_set_for_the_column(monkeypatch):
    drawn = both(monkeypatch)
    with matplotlib.rc_context():  # whatever the session's own style
        matplotlib.rcParams["font.size"] = 3
        show_two()
    for figure in drawn:
        assert faults(figure) == []
        assert {"0.0", "step", "Right"} <= {line.text for line in lines_of(figure)}
    wide, narrow = (min(line.size for line in lines_of(figure)) for figure in drawn)
    assert wide > 13 and 11 <= narrow < 12


def test_nothing_is_left_open_or_changed():
    before = dict(matplotlib.rcParams)
    show_two()
    assert dict(matplotlib.rcParams) == before and plt.get_fignums() == []


def test_outside_a_notebook_it_draws_and_shows_nothing(monkeypatch, capsys, tmp_path):
    drawn = both(monkeypatch)
    monkeypatch.setenv(show.STATIC_DIR, str(tmp_path))
    show_two()
    assert len(drawn) == 2 and capsys.readouterr().out == "" and not list(tmp_path.iterdir())


# ------------------------------------------------------------------------------------------------- display


def test_a_notebook_shows_the_wide_picture_with_its_caption(shown):
    show_two()
    (output,) = shown
    assert output["text/plain"] == CAPTION
    tree = BeautifulSoup(output["text/html"], "html.parser")
    assert tree.figcaption.text == CAPTION and tree.img["alt"] == ALT and tree.img["width"] == str(WIDE)
    kind, data = tree.img["src"].split(",")
    assert kind == "data:image/svg+xml;base64"
    svg = ET.fromstring(base64.b64decode(data))
    assert svg.attrib["width"] == f"{WIDE * 0.75:g}pt"  # 660 pixels


def test_the_site_gets_both_pictures_as_files(shown, monkeypatch, tmp_path):
    folder = tmp_path / "explore"
    monkeypatch.setenv(show.STATIC_DIR, str(folder))
    show_two(height=300, narrow_height=500)
    show_two(height=300, narrow_height=500)
    assert shown[0] == shown[1]
    figure = BeautifulSoup(shown[0]["text/html"], "html.parser").figure
    assert figure["id"] == "fig-two-lines" and figure["data-figure"] == "two-lines"
    assert figure.find("figcaption", class_="cx-caption").text == CAPTION and figure.img["alt"] == ALT
    assert (figure.img["width"], figure.img["height"]) == ("660", "300")
    assert (figure.source["width"], figure.source["height"]) == ("350", "500")
    assert figure.source["media"] == "(max-width: 600px)"
    files = sorted(path.name for path in folder.iterdir())
    assert [figure.source["srcset"], figure.img["src"]] == [f"_static/explore/{name}" for name in files]
    assert all(re.fullmatch(r"two-lines-(wide|narrow)-[0-9a-f]{12}\.svg", name) for name in files) and len(files) == 2
    for name, width in zip(files, (NARROW, WIDE), strict=True):
        assert ET.parse(folder / name).getroot().attrib["width"] == f"{width * 0.75:g}pt"
    show_two(height=301, narrow_height=500)
    assert len(list(folder.iterdir())) == 3  # another picture, another name


def test_the_site_is_told_what_is_a_photograph(shown, monkeypatch, tmp_path):
    monkeypatch.setenv(show.STATIC_DIR, str(tmp_path))
    show_two()
    show_two(photo=True)
    classes = [BeautifulSoup(output["text/html"], "html.parser").figure["class"] for output in shown]
    assert classes == [["course-figure"], ["course-figure", "course-photo"]]


def test_the_same_figure_is_the_same_file():
    once, again = (svg_of(draw_once(two, 2, (1, 2), (660, 300))) for _ in range(2))
    assert once == again and b"<dc:date>" not in once


def test_the_build_stops_for_what_cannot_be_read(shown, monkeypatch, tmp_path):
    def crowded(ax):
        ax.text(0.5, 0.5, "one word")
        ax.text(0.5, 0.5, "another")

    given = dict(name="crowded", caption="A.", alt="A.")
    show_figure(crowded, **given)  # a reader may do what they like
    monkeypatch.setenv(show.STATIC_DIR, str(tmp_path))
    with pytest.raises(ValueError, match=r"figure 'crowded' is not legible. wide: 'one word' overlaps 'another'; narr"):
        show_figure(crowded, **given)
    assert len(shown) == 1


# ----------------------------------------------------------------------------------------------- bad input


@pytest.mark.parametrize(
    "changes, words",
    [
        ({"name": "Two Lines"}, "a figure's name must be words in lower case, joined by hyphens, not 'Two Lines'"),
        ({"name": None}, "not None"),
        ({"caption": " "}, "figure 'two-lines' needs one line of text as its caption, not ' '"),
        ({"caption": "No stop"}, "figure 'two-lines': the caption must be a sentence, with its full stop"),
        ({"alt": ""}, "figure 'two-lines' needs one line of text as its alt text, not ''"),
        ({"alt": "two\nlines"}, "one line of text as its alt text"),
        ({"panels": 0}, "figure 'two-lines' must have at least one panel, not 0"),
        ({"narrow_columns": 0}, "figure 'two-lines' must have at least one column, not 0"),
    ],
)
def test_bad_input_is_named(changes, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        show_two(**changes)


# ------------------------------------------------------------------------------------------------ legible


def test_faults_are_found():
    def figure(*texts, **look):
        made = Figure(figsize=(350 / DPI, 200 / DPI), dpi=DPI)
        for x, y, text in texts:
            made.text(x, y, text, **{"size": 9} | look)
        return made

    assert faults(figure((0.1, 0.5, "good"), (0.5, 0.5, "good, too"))) == []
    assert faults(figure((0.1, 0.5, "two lines\nare fine"))) == []
    assert faults(figure((0.1, 0.5, "small"), size=8)) == ["'small' is 10.7 pixels high, less than 11"]
    assert faults(figure((0.1, 0.5, "one word"), (0.2, 0.5, "another"))) == ["'one word' overlaps 'another'"]
    assert faults(figure((0.99, 0.5, "right"))) == ["'right' leaves the picture"]
    assert faults(figure((0.5, -0.05, "below"))) == ["'below' leaves the picture"]
    assert faults(figure((0.5, 0.99, "up"), rotation=90)) == ["'up' leaves the picture"]
    assert faults(figure((0.5, 0.5, "a long line of words, turned"), rotation=90)) != []
    assert faults(figure((0.5, 0.5, "hidden"), (0.5, 0.5, "seen"), visible=False)) == []


def test_ticks_out_of_view_do_not_count():
    figure = draw_once(lambda ax: ax.set(xscale="log", xlim=(1, 900)), 1, (1, 1), (350, 230), style=NARROW_STYLE)
    drawn = [line.text for line in lines_of(figure) if "10" in line.text]
    assert len(drawn) == 3 and faults(figure) == []


def test_the_place_of_turned_text_is_where_matplotlib_draws_it():
    figure = Figure(figsize=(3, 2), dpi=DPI)
    for angle in (0, 90, -90):
        figure.texts.clear()
        text = figure.text(0.5, 0.5, "lamp", rotation=angle, size=12)
        (line,) = lines_of(figure)
        wanted = text.get_window_extent()
        np.testing.assert_allclose(line.box.extents, wanted.extents, atol=2.5)


def test_labels_at_line_ends_keep_apart_in_both_versions(monkeypatch):
    from course_lib.plots import draw_loss, label_lines

    def draw(left, right):
        for ax in (left, right):
            for name, end in (("SGD", 1e-3), ("Momentum", 0.9e-3), ("Nesterov", 0.8e-3), ("Adam", 0.7e-3)):
                draw_loss(ax, np.geomspace(1, end, 50), name)
            label_lines(ax)

    drawn = both(monkeypatch)
    show_figure(draw, name="ends", caption="A.", alt="A.", panels=2, height=200, narrow_height=400)
    assert [faults(figure) for figure in drawn] == [[], []]
