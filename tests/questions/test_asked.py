"""A question, asked: the line is filled from what the experiment shows; the widget and the page hold the same."""

import json
import re

import pytest
from bs4 import BeautifulSoup

from course_lib.explore.experiment import experiment
from course_lib.explore.page import STATIC_DIR
from course_lib.explore.parts import axis, line, panel, readout, slider
from course_lib.questions import Choose, Number, Predict, ask
from course_lib.questions.lines import answers, filled, formatted, read_numbers


@experiment(page="98_demo")
def ramp(**values):
    from course_lib.explore.experiment import Experiment

    def compute(a):
        return {"ramp": {"x": [0, 1], "y": [0, a]}, "height": a, "crossed": None if a < 1 else 1 / a, "hidden": 7.0}

    return Experiment(
        "ramp",
        [slider("a", "slope a", 0, 2, 1, format=".1f")],
        compute,
        [panel("A ramp", axis("x", (0, 1)), axis("y", (0, 2)), [line("ramp")], alt="A line from the origin.")],
        readouts=[readout("height", "height", format=".2f"), readout("crossed", "crosses 1", format=".3~g")],
        alt="A slope.",
        values=values,
    )


def find(name):
    return {"ramp": ramp}[name]


def predict(text, setting, **more):
    options = {"low": "low", "high": "`high` & *steep*"}
    shows = None if setting is None else ("ramp", setting)
    return Predict("hill", "98_demo", "How `high`?", options=options, line=text, shows=shows, **more)


def test_a_line_says_what_the_experiment_shows():
    question = predict(
        "You said {said}; at a = {a} it is {height}, or {height:.0f}, and crosses at {crossed}.", {"a": 2}
    )
    assert filled(question, ramp(a=2)) == "You said {said}; at a = 2.0 it is 2.00, or 2, and crosses at 0.5."
    assert answers(question, "You said {said}; it is 2.") == {
        "low": "You said low; it is 2.",
        "high": "You said `high` & *steep*; it is 2.",
        "": "It is 2.",
    }


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("It is {crossed}.", r"Predict 'hill': at its setting, ramp\(a=0.5\) has no 'crossed'"),
        ("It is {hidden}.", "line names 'hidden', but ramp shows only height, crossed, a"),
        ("It is {heigth}.", "line names 'heigth', but ramp shows only height, crossed, a"),
    ],
)
def test_a_line_cannot_say_what_is_not_shown(text, message):
    with pytest.raises(ValueError, match=message):
        ask(predict(text, {"a": 0.5}), find)


def test_a_line_cites_a_claim(tmp_path):
    question = predict("It is {claim:a-b.height:.1f}, or {claim:a-b.height}, or {claim:a-b.n}.", None)
    numbers = {"a-b": {"height": "5.91", "height:.1f": "5.9", "n": "7"}}
    assert ask(question, find, lambda: numbers).lines[""] == "It is 5.9, or 5.91, or 7."
    with pytest.raises(ValueError, match=r"line names 'a-b.height:.1f', but the chapter's claims have no such value"):
        ask(question, find, lambda: {"a-b": {"n": "7"}})
    with pytest.raises(FileNotFoundError, match="the values of the chapter's claims, is not there"):
        read_numbers(tmp_path / "numbers.json")
    (tmp_path / "numbers.json").write_text(json.dumps(numbers))
    assert read_numbers(tmp_path / "numbers.json") == numbers


@pytest.mark.parametrize(
    ("value", "spec", "text"),
    [(169.0, "d", "169"), (24.0, None, "24"), (-0.5, ".3~g", "−0.5"), (0.5, ".3g", "0.500"), (100.0, ".3g", "100"),
     (0.0252, ".3f", "0.025"), ("ringing", None, "ringing"), (0.1, None, "0.1")],
)  # fmt: skip
def test_numbers_are_written_as_on_the_page(value, spec, text):
    assert formatted(value, spec) == text


CHOOSE = Choose(
    "pick", "98_demo", "Which `a < b`?", options={"a": "<b>", "b": "*so*"}, right="a", why={"a": "A & B.", "b": "No."}
)
NUMBER = Number(
    "third", "98_demo", "1 : 3?", right=1 / 3, tolerance=0.01, unit="m/s", confusions={3: "Upside *down*."},
    otherwise="Divide.", why="A third.",
)  # fmt: skip


def test_a_widget_has_the_markup_and_what_judges():
    asked = ask(CHOOSE, find)
    soup = BeautifulSoup(asked.question["markup"], "html.parser")
    assert soup.legend.get_text() == "Check yourself Which a < b?" and soup.legend.code.get_text() == "a < b"
    assert [label.get_text() for label in soup.find_all("label")] == ["<b>", "so"] and soup.find("b") is None
    assert soup.find(role="status").get_text() == "" and asked.question["data"]["why"]["a"] == "A &amp; B."
    assert repr(asked) == "Check yourself: Which a < b?\n  ( ) <b>\n  ( ) so"
    number = ask(NUMBER, find)
    assert number.question["data"]["confusions"] == [[3, "Upside <em>down</em>."]]
    assert 'aria-label="Your answer, in m/s"' in number.question["markup"]


def test_the_widget_computes_like_its_experiment():
    asked = ask(predict("It is {height}.", {"a": 2}, right="high"), find)
    assert asked.params == {"a": 2} and asked.spec["name"] == "ramp" and asked.data["height"] == 2
    asked.params = {"a": 0.5}
    assert asked.data["height"] == 0.5 and asked.data["ramp"]["y"] == [0, 0.5]
    asked.params = {"a": 0}
    assert asked.data == ramp(a=0).data


def test_a_page_holds_question_and_experiment(tmp_path, monkeypatch):
    monkeypatch.setenv(STATIC_DIR, str(tmp_path))
    bundle = ask(predict("You said {said}; it is {height}.", {"a": 2}), find)._repr_mimebundle_()
    assert bundle["text/plain"].startswith("Predict: How high?")
    soup = BeautifulSoup(bundle["text/html"], "html.parser")
    root = soup.find(attrs={"data-course-question": "hill"})
    data = json.loads(root.find("script", recursive=False).string)
    assert data["lines"]["high"] == "You said <code>high</code> &amp; <em>steep</em>; it is 2.00."
    assert root.find(class_="cq-given").get_text() == "It is 2.00."
    assert root.find(class_="cq-under").find(attrs={"data-course-experiment": "ramp"})
    plain = ask(NUMBER, find)._repr_mimebundle_()["text/html"]
    assert "Answer: 0.333333 m/s · A third." in plain and re.search(r'<div class="cq-under"></div>', plain)
