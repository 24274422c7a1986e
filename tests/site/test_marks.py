"""Every mark as the page draws it: measured off the picture, at both ends of a control, and cleared without data."""

import base64
import io
import re

import numpy as np
import pytest
from PIL import Image

from course_lib.explore.experiment import Experiment
from course_lib.explore.parts import (
    axis,
    band,
    bars,
    choice,
    drag,
    heat,
    image,
    line,
    panel,
    points,
    rule,
    slider,
    sprites,
    table,
    text,
)
from course_lib.explore.pictures import strip

STILL = {"reduced_motion": "reduce"}
DIGITS = np.zeros((3, 2, 2, 3))
DIGITS[0, ..., 0] = DIGITS[1, ..., 1] = DIGITS[2, ..., 2] = 1  # red, green, blue


def _cells(top):
    return {"x": [0, 4], "y": [0, 10], "z": [[1, None], [2, top]]}


def _everything(a, there):
    data = {
        "curve": {"x": [0, 1, 2, 4], "y": [None, a / 2, a, None]},
        "between": {"x": [0, 4], "low": [1, 1], "high": [a, a]},
        "measured": {"x": [1, 3], "y": [5, 5], "e": [1, a]},
        "level": a,
        "words": {"x": [2], "y": [5], "text": ["here"]},
        "cells": _cells(a),
        "one": {"y": [1, a]},
        "two": {"y": [2, None]},
        "shades": {"x": [0, 4], "y": [0, 10], "z": [[[0, 0]], [[[1, 0, 0], [0, 1, 2]]], [[0.5, a / 10]]]},
        "which": {"index": [[0, 1, 2], [2]]},
        "rows": [["SGD", 0.1234, a], ["Momentum", None, 2]],
    }
    return data if there == "all" else {"level": a}


def _nothing(a):
    return {"curve": None}


def everything(**values):
    x, y = axis("x", (0, 4)), axis("y", (0, 10))
    methods = axis("method", names=["SGD", "Momentum"])
    colours = {"domain": (1, 9), "label": "height", "missing": "none"}
    return Experiment(
        "everything",
        [slider("a", "a", 1, 9, 5, step=1), choice("there", "Data", {"all": "All", "few": "Few"}, "all")],
        _everything,
        [
            panel(
                "Lines",
                x,
                y,
                [
                    line("curve"),
                    band("between", color="#00f"),
                    points("measured", error="e"),
                    rule("level", label="level"),
                    rule(3, axis="x"),
                    text("words"),
                ],
                alt="Lines, and what is around them.",
            ),
            panel("Cells", x, y, [heat("cells", **colours)], alt="Four cells."),
            panel("The same cells", x, y, [heat("cells", **colours)], alt="Four cells."),
            panel("Bars", methods, y, [bars("one", group=(0, 2)), bars("two", group=(1, 2))], alt="Bars in groups."),
            panel("Shades", x, y, [image("shades", timed=True)], alt="Two shades."),
            panel("Pictures", None, None, [sprites("which", "digits", timed=True)], ratio=0.4, alt="Coloured squares."),
            table("rows", "Rates", {"method": None, "α": ".2g", "n": "d"}, alt="Rates of methods."),
        ],
        assets={"digits": strip(DIGITS)},
        alt="Every mark that there is.",
        columns=3,
        own=True,
        values=values,
    )


@pytest.fixture
def shown(page, exhibits):
    opened = page("page.html", base=exhibits(everything()), **STILL)
    opened.wait_for_selector("#everything[data-ready]")
    return opened


def settle(shown):
    shown.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")


def numbers(path):
    return [float(v) for v in re.findall(r"-?\d+\.?\d*", path or "")]


class Picture:
    """A panel, with what its marks draw in the axes' own units."""

    def __init__(self, shown, n):
        self.panel = shown.locator("#everything .cx-panel").nth(n)
        self.size = [float(self.panel.locator(".cx-plate").get_attribute(k)) for k in ("width", "height")]

    def path(self, mark, nth=0):
        return self.panel.locator(f"g[data-mark={mark}] path").nth(nth).get_attribute("d")

    def y(self, pixel):
        return 10 * (1 - pixel / self.size[1])

    def colour(self, x, y):
        """The bytes of the canvas at a share of its width and height."""
        return self.panel.locator("canvas").evaluate(
            """(canvas, [x, y]) => {
                const copy = document.createElement("canvas");
                Object.assign(copy, { width: canvas.width, height: canvas.height });
                const brush = copy.getContext("2d", { willReadFrequently: true });
                brush.drawImage(canvas, 0, 0);
                return [...brush.getImageData(x * canvas.width, y * canvas.height, 1, 1).data];
            }""",
            [x, y],
        )


def set_slider(shown, value):
    shown.locator("#everything [data-control=a]").evaluate(
        "(e, v) => { e.value = v; e.dispatchEvent(new Event('input')); }", value - 1
    )
    settle(shown)


@pytest.mark.browser
@pytest.mark.parametrize("a", [1, 5, 9])
def test_marks_are_where_their_numbers_say(shown, a):
    set_slider(shown, a)
    lines = Picture(shown, 0)
    assert lines.y(numbers(lines.path("rule"))[1]) == pytest.approx(a)
    assert numbers(lines.path("rule", 1))[0] == pytest.approx(3 / 4 * lines.size[0])
    heights = {round(lines.y(v), 6) for v in numbers(lines.path("band"))[1::2]}
    assert heights == {1, a}
    ups = re.findall(r"V(-?[\d.]+)", lines.path("points", 1))
    assert [lines.y(float(v)) for v in ups] == pytest.approx([4, 5 - a])
    ends = numbers(lines.path("line"))
    assert [ends[0], ends[-2]] == pytest.approx([lines.size[0] / 4, lines.size[0] / 2]), "where its numbers are known"
    label = lines.panel.locator("g[data-mark=text] text")
    assert label.text_content() == "here" and float(label.get_attribute("x")) == pytest.approx(lines.size[0] / 2)


@pytest.mark.browser
def test_the_last_number_of_an_axis_is_in_the_picture(page, exhibits):
    one = panel("Long", axis("step", (0, 3000)), axis("y", (0, 10)), [line("curve")], alt="A line.")
    long = Experiment("long", [slider("a", "a", 1, 9, 5, step=1)], _nothing, [one], alt="One.", own=True)
    shown = page("page.html", base=exhibits(long), **STILL)
    shown.wait_for_selector("#long[data-ready]")
    last = shown.locator("#long .cx-axes text", has_text="3,000")
    text, picture = (e.bounding_box() for e in (last, shown.locator("#long .cx-panel svg").first))
    assert text["x"] + text["width"] <= picture["x"] + picture["width"]


@pytest.mark.browser
def test_bars_stand_side_by_side_over_their_names(shown):
    picture = Picture(shown, 3)
    (x0, floor, top, x1, _), (x2, _, _, x3, _) = (numbers(p) for p in picture.path("bars").removesuffix("Z").split("Z"))
    width = picture.size[0] / 2  # of a category
    assert [x0, x1, x2, x3] == pytest.approx([0.1 * width, 0.5 * width, 1.1 * width, 1.5 * width], abs=0.1)
    assert (picture.y(floor), picture.y(top)) == (pytest.approx(0, abs=0.1), pytest.approx(1, abs=0.1))
    assert picture.path("bars", 1).count("M") == 1, "a missing height has no bar"
    assert {"SGD", "Momentum"} <= set(picture.panel.locator(".cx-axes text").all_text_contents())


@pytest.mark.browser
def test_cells_have_the_colours_of_one_shared_key(shown):
    first, last = (Picture(shown, n) for n in (1, 2))
    assert first.colour(0.1, 0.9) == [253, 231, 37, 255] == last.colour(0.1, 0.9), "1, the brightest"
    assert first.colour(0.9, 0.9)[3] == 0, "what is not known is left out"
    set_slider(shown, 9)
    assert first.colour(0.9, 0.1) == [68, 1, 84, 255] != first.colour(0.1, 0.1)
    assert shown.locator("#everything .cx-key").count() == 1


@pytest.mark.browser
def test_pictures_move_in_time_and_are_cut_from_their_strip(shown):
    shades, squares = Picture(shown, 4), Picture(shown, 5)
    assert shown.locator("#everything .cx-clock").inner_text() == "t = 2 / 2"
    assert shades.colour(0.1, 0.5)[:3] == [127, 127, 127] or shades.colour(0.1, 0.5)[:3] == [128, 128, 128]
    assert squares.colour(0.5, 0.5) == [0, 0, 255, 255], "the last list is of blue alone"
    time = shown.locator("#everything [data-control=time]")
    time.evaluate("e => { e.value = 0; e.dispatchEvent(new Event('input')); }")
    settle(shown)
    assert shades.colour(0.1, 0.5) == [0, 0, 0, 255]
    found = [squares.colour(x, 0.5)[:3] for x in (0.1, 0.5, 0.9)]
    assert found == [[255, 0, 0], [0, 255, 0], [0, 0, 255]]
    time.evaluate("e => { e.value = 1; e.dispatchEvent(new Event('input')); }")
    settle(shown)
    assert [shades.colour(x, 0.5) for x in (0.1, 0.9)] == [[255, 0, 0, 255], [0, 255, 255, 255]], "colours, clamped"
    assert squares.panel.locator(".cx-axes text").count() == 0


@pytest.mark.browser
def test_a_table_has_a_heading_for_each_row(shown):
    rows = shown.locator("#everything .cx-table tr").all()
    assert [row.locator("th, td").all_inner_texts() for row in rows] == [
        ["method", "α", "n"], ["SGD", "0.12", "5"], ["Momentum", "–", "2"],
    ]  # fmt: skip
    assert shown.locator("#everything .cx-table th[scope=row]").all_inner_texts() == ["SGD", "Momentum"]
    assert shown.locator("#everything .cx-table caption").inner_text() == "Rates"


@pytest.mark.browser
def test_a_mark_without_data_is_not_seen_and_comes_back(shown):
    def seen():
        marks = shown.locator("#everything .cx-panel [data-mark]").all()
        return {m.get_attribute("data-mark") for m in marks if m.evaluate("e => e.style.display") != "none"}

    every = {"line", "band", "points", "rule", "text", "heat", "bars", "image", "sprites"}
    assert seen() == every
    shown.get_by_role("radio", name="Few").check()
    settle(shown)
    assert seen() == {"rule"} and shown.locator("#everything .cx-table tbody tr").count() == 0
    shown.get_by_role("radio", name="All").check()
    settle(shown)
    assert seen() == every


@pytest.mark.browser
@pytest.mark.parametrize(("width", "columns"), [(1280, 3), (390, 2)])
def test_panels_stand_in_columns(page, exhibits, width, columns):
    shown = page("page.html", base=exhibits(everything()), width=width, **STILL)
    shown.wait_for_selector("#everything[data-ready]")
    tops = [p.bounding_box()["y"] for p in shown.locator("#everything .cx-panel").all()]
    assert tops.count(tops[0]) == columns
    assert shown.evaluate("document.documentElement.scrollWidth") <= width


def _bowl(x):
    return {"bowl": {"x": [-2, -1, 0, 1, 2], "y": [4, 1, 0, 1, 4]}, "height": x * x}


@pytest.mark.browser
def test_a_point_is_dragged_along_a_curve(page, exhibits):
    marks = [line("bowl"), drag("x", label="x", along="bowl")]
    one = Experiment(
        "one", [slider("x", "x", -2, 2, 1, step=0.1)], _bowl,
        [panel("A bowl", axis("x", (-2, 2)), axis("y", (0, 4)), marks, alt="A parabola.")], alt="A bowl.", own=True,
    )  # fmt: skip
    shown = page("page.html", base=exhibits(one), **STILL)
    shown.wait_for_selector("#one[data-ready]")
    knob = shown.locator("#one .cx-handle")
    assert knob.get_attribute("aria-valuetext") == "1, 1"
    knob.press("ArrowLeft")
    knob.press("ArrowUp")  # along a curve, only x moves
    settle(shown)
    assert knob.get_attribute("aria-valuetext") == "0.9, 0.9"
    box = shown.locator("#one .cx-plate").bounding_box()
    shown.mouse.click(box["x"] + 2, box["y"] + 2)
    settle(shown)
    assert knob.get_attribute("aria-valuetext") == "−2, 4"
    assert shown.locator("#one [data-control=x]").get_attribute("aria-valuetext") == "−2.00"


@pytest.mark.parametrize("shape", [(3, 4, 5), (2, 4, 5, 3)])
def test_a_strip_is_a_png_of_its_images(shape):
    x = np.random.default_rng(0).integers(0, 256, shape).astype(np.uint8)
    made = strip(x)
    assert (made["n"], made["h"], made["w"]) == shape[:3]
    kind, data = made["src"].split(",")
    picture = np.asarray(Image.open(io.BytesIO(base64.b64decode(data))))
    assert kind == "data:image/png;base64" and np.array_equal(picture.reshape(shape), x)
    assert strip(x / 255) == made


@pytest.mark.parametrize(
    ("images", "message"),
    [(np.zeros((2, 2)), "must have the shape"), (np.zeros((1, 2, 2, 4)), "must have the shape"),
     (np.full((1, 2, 2), np.nan), "must be finite"), (np.zeros((0, 2, 2)), "must have the shape")],
)  # fmt: skip
def test_images_of_another_kind_are_refused(images, message):
    with pytest.raises(ValueError, match=message):
        strip(images)
