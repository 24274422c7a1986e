"""The chapters' small pictures: drawn from what an experiment draws, whatever its marks."""

import re
import xml.etree.ElementTree as ElementTree

import pytest

from course_lib import chapters
from course_lib.explore import Experiment, parts
from course_lib.site import thumbnails

SVG = "{http://www.w3.org/2000/svg}"


def picture(data, *marks, x=(0, 4), y=(0, 4), log=False):
    """The elements of a picture of one panel, without its ground."""
    axes = parts.axis("x", x), parts.axis("y", y, log=log)
    shown = Experiment("one", [], lambda: data, [parts.panel("One", *axes, marks, alt="One.")], alt="One.")
    return list(ElementTree.fromstring(thumbnails.draw(shown)).find(f"{SVG}g"))[1:]


@pytest.fixture(scope="module")
def drawn():
    """The picture of each experiment of the book."""
    return {key: thumbnails.draw(one) for key, one in chapters.started().items()}


def test_every_chapter_has_one(drawn):
    parts_of = {key: len(list(ElementTree.fromstring(text).find(f"{SVG}g"))) for key, text in drawn.items() if text}
    for chapter, _ in drawn:
        assert max(n for (one, _), n in parts_of.items() if one == chapter) > 1, f"{chapter}: nothing but the ground"


def test_every_experiment_can_be_drawn(drawn):
    for key, text in drawn.items():
        assert "nan" not in text.replace(";base64,", "").split("<image")[0].lower(), key
        assert len(text) < 20_000, key


def test_a_chapter_has_the_one_that_shows_most(tmp_path):
    empty = Experiment("none", [], lambda: {}, [parts.panel("One", None, None, [], alt="One.")], alt="One.")
    table = Experiment("words", [], lambda: {}, [parts.table("t", "One", {"a": None}, alt="One.")], alt="One.")
    full = next(make for make in chapters.experiments().values())()
    there = {("ch01_one", "none"): empty, ("ch01_one", "full"): full, ("ch02_two", "words"): table}
    assert thumbnails.write(there, tmp_path) == {"01_one"}, "a table is no picture"
    assert (tmp_path / "01_one.svg").read_text(encoding="utf-8") == thumbnails.draw(full)


def test_a_line_goes_where_its_data_are():
    (line,) = picture({"a": {"x": [0, 4], "y": [0, 4]}}, parts.line("a", color="#123456", dashed=True))
    edge, right, bottom = thumbnails.EDGE, thumbnails.WIDTH - thumbnails.EDGE, thumbnails.HEIGHT - thumbnails.EDGE
    assert line.get("d") == f"M{edge} {bottom}L{right} {edge}"
    assert line.get("stroke") == "#123456" and line.get("stroke-dasharray")


def test_what_cannot_be_shown_is_left_out():
    data = {"a": {"y": [None, 1, 0, float("inf"), 100]}}
    (line,) = picture(data, parts.line("a", x="step"), parts.line("b"), y=(1, 100), log=True)
    assert len(re.findall("[ML]", line.get("d"))) == 2, "1 and 100: 0 has no logarithm, and b has no data"


def test_what_is_too_near_to_be_seen_is_left_out():
    (line,) = picture({"a": {"x": [i / 2500 for i in range(10_000)], "y": [1] * 10_000}}, parts.line("a"))
    assert 50 < len(re.findall("[ML]", line.get("d"))) <= thumbnails.WIDTH


def test_every_mark_is_drawn():
    frames = [[[0, 1], [2, 3]], [[3, 2], [1, 0]]]
    data = {
        "p": {"x": [1, 2], "y": [1, 2]},
        "c": {"x": [0, 1], "low": [0, 1], "high": [1, 2]},
        "r": [1, 2],
        "h": {"x": [0, 1, 2], "y": [1, 2]},
        "g": {"y": [1, 0, 2]},
        "f": {"x": [0, 4], "y": [0, 4], "z": [[0, 1, 2], [1, 2, 3], [2, 3, 9]], "lowest": 0},
        "m": {"x": [0, 4], "y": [0, 4], "z": frames},
        "i": {"x": [0, 4], "y": [0, 4], "z": [[0, 0.5], [1, 0]]},
    }
    marks = (
        parts.points("p"),
        parts.points("p", shape="cross", hidden=True),
        parts.band("c"),
        parts.rule("r"),
        parts.rule(2, axis="x"),
        parts.bars("h"),
        parts.bars("g", group=(1, 2)),
        parts.contour("f"),
        parts.heat("m", domain=(0, 3), label="z", timed=True),
        parts.image("i"),
    )
    kinds = [element.tag.removeprefix(SVG) for element in picture(data, *marks)]
    assert kinds == ["path"] * 7 + ["image"] * 2
