"""What holds for every question of the book, those to come included: they are tested by being in a chapter."""

import json
import re
from pathlib import Path

import pytest

from course_lib import chapters
from course_lib.chapters import ChapterExperiments, ChapterQuestions
from course_lib.questions import Predict

BOOK = Path(__file__).parents[2] / "book"
QUESTIONS = chapters.questions()
every_question = pytest.mark.parametrize(("page", "name"), QUESTIONS, ids=map("/".join, QUESTIONS))
SEEN = [key for key, question in QUESTIONS.items() if isinstance(question, Predict) and question.shows]


def package(page):
    assert chapters.folder_of(page) in chapters.chapters()
    return f"course_lib.chapters.{chapters.folder_of(page)}"


@every_question
def test_it_can_be_asked(page, name):
    asked, options = getattr(ChapterQuestions(package(page)), name)(), getattr(QUESTIONS[page, name], "options", ())
    assert (BOOK / f"{page}.ipynb").is_file() and repr(asked).count("\n") == len(options)


@every_question
def test_the_right_answer_does_not_stand_out(page, name):
    question = QUESTIONS[page, name]
    others = [len(text) for key, text in getattr(question, "options", {}).items() if key != question.right]
    if others and question.right is not None:
        assert len(question.options[question.right]) <= 2 * max(others), "the right option is the long one"


@pytest.mark.parametrize(("page", "name"), SEEN, ids=map("/".join, SEEN))
def test_each_number_of_a_line_is_shown_at_its_setting(page, name):
    """Held against the experiment, made afresh; a browser test reads the same off the page."""
    experiment, setting = QUESTIONS[page, name].shows
    made = ChapterExperiments(package(page)).declared()[experiment](**setting)
    for control in made.params.keys() & setting.keys():
        value = setting[control]
        assert made.params[control] == (value if isinstance(value, str) else pytest.approx(value)), control
    held = made.backdrop | made.data
    shown = [held[readout["key"]] for readout in made.spec["readouts"]] + list(made.params.values())
    line = getattr(ChapterQuestions(package(page)), name)().lines[""]
    for text in re.findall(r"(?<![\w.])−?\d+(?:\.\d+)?", line):
        number, rounding = float(text.replace("−", "-")), 0.5 * 10.0 ** -len(text.partition(".")[2])
        near = [value for value in shown if isinstance(value, float) and abs(value - number) <= rounding]
        assert near, f"{text} of the line is not shown: {line}"


@pytest.mark.parametrize("path", sorted(BOOK.glob("*.ipynb")), ids=lambda path: path.stem)
def test_a_chapter_asks_what_it_declares(path):
    cells = json.loads(path.read_text("utf-8"))["cells"]
    code = "\n".join("".join(cell["source"]) for cell in cells if cell["cell_type"] == "code")
    asked = re.findall(r"\bask\.(\w+)\(\)", code)
    if asked:  # a chapter may ask nothing
        assert sorted(asked) == sorted(name for page, name in QUESTIONS if page == path.stem)


@every_question
def test_it_makes_sense_on_the_contents_page_too(page, name):
    """There it comes back without what stands around it in the chapter."""
    around = r"(experiment|figure|picture|race) (above|below)|\bas (above|before this)\b|in the figure"
    assert not re.search(around, QUESTIONS[page, name].question)
