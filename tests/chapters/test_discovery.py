"""Chapters are found by being there, and read only when they are asked for."""

import doctest
import subprocess
import sys
from pathlib import Path

import pytest

from course_lib import chapters
from course_lib.chapters import ChapterExercises, ChapterExperiments, ChapterQuestions, discovery

from ..whole import WHOLE

BOOK = Path(__file__).parents[2] / "book"
EXERCISE = """
from course_lib.exercises import Case, Exercise, Mutant
cases = [Case.one("one", x=1.0)]
{variable} = Exercise("{name}", "t", "p", "def f(x):\\n    return x\\n", ("x",), lambda rng: cases, ("a", "b"), ())
"""
EXPERIMENTS = """
from course_lib.explore.experiment import Experiment, experiment
{more}

@experiment(page="98_demo")
def ramp(**values):
    return Experiment("ramp", [], lambda: {{}}, [], alt="A ramp.", values=values)

def helper():
    return ramp()
"""
QUESTIONS = """
from course_lib.questions import Predict
{variable} = Predict("hill", "98_demo", "Up?", options=dict(yes="yes", no="no"), line="{line}", shows={shows})
"""


@pytest.fixture
def chapter(tmp_path, monkeypatch):
    """A function that writes a chapter's folder and returns its package's name."""
    monkeypatch.syspath_prepend(tmp_path)
    before = set(sys.modules)

    def write(name, files):
        for file, text in {"__init__.py": "", **files}.items():
            path = tmp_path / name / file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return name

    yield write
    for name in set(sys.modules) - before:
        del sys.modules[name]


def exercise(name, variable="it"):
    return EXERCISE.format(name=name, variable=variable)


def test_a_chapters_own(chapter):
    package = chapter(
        "ch98_demo",
        {
            "experiments.py": EXPERIMENTS.format(more=""),
            "exercises/__init__.py": "",
            "exercises/adam.py": exercise("adam", "adam"),
            "exercises/cases.py": "SHARED = 3",
        },
    )
    ex, explore = ChapterExercises(package), ChapterExperiments(package)
    assert "ch98_demo.experiments" not in sys.modules and "ch98_demo.exercises" not in sys.modules
    assert dir(explore) == ["ramp"] and explore.ramp().key == "98_demo-ramp"
    assert dir(ex) == ["adam", "progress", "todo"] and ex.adam.name == "adam"
    assert ex.progress().text.startswith("0 of 1 exercises pass")
    with pytest.raises(NotImplementedError):
        ex.todo()
    with pytest.raises(AttributeError, match=r"^ch98_demo has no exercise 'adm'; there are adam$"):
        _ = ex.adm
    with pytest.raises(AttributeError, match=r"^ch98_demo has no experiment 'helper'; there are ramp$"):
        _ = explore.helper
    assert not hasattr(explore, "_repr_html_") and "ramp" in repr(explore) and "adam" in repr(ex)


def test_an_experiment_is_shown_again_by_another_chapter(chapter):
    chapter("ch98_demo", {"experiments.py": EXPERIMENTS.format(more="")})
    again = chapter("ch99_again", {"experiments.py": "from ch98_demo.experiments import ramp"})
    first = ChapterExperiments("ch98_demo").ramp
    assert ChapterExperiments(again).ramp is first and first.__module__ == "ch98_demo.experiments"
    other = chapter("ch97_other", {"a.py": EXPERIMENTS.format(more=""), "b.py": EXPERIMENTS.format(more="")})
    with pytest.raises(ValueError, match="ch97_other has two experiments with the name 'ramp'"):
        ChapterExperiments(other).declared()


def test_a_chapter_may_have_none(chapter):
    package = chapter("ch98_demo", {})
    assert ChapterExercises(package).declared() == {} == ChapterExperiments(package).declared()
    assert ChapterQuestions(package).declared() == {}
    with pytest.raises(AttributeError, match="has no exercise 'adam'; there are none"):
        _ = ChapterExercises(package).adam
    broken = chapter("ch99_broken", {"exercises/__init__.py": "import not_there_at_all"})
    with pytest.raises(ModuleNotFoundError, match="not_there_at_all"):
        ChapterExercises(broken).declared()


@pytest.mark.parametrize(("file", "name"), [("adam", "adamw"), ("todo", "todo"), ("progress", "progress")])
def test_a_file_holds_one_exercise_of_its_name(chapter, file, name):
    package = chapter("ch98_demo", {"exercises/__init__.py": "", f"exercises/{file}.py": exercise(name)})
    with pytest.raises(ValueError, match=f"ch98_demo.exercises.{file} must hold one exercise of its own name"):
        ChapterExercises(package).declared()


def questions(variable="hill", line="Up.", shows=None):
    return QUESTIONS.format(variable=variable, line=line, shows=shows)


def test_a_chapters_questions(chapter):
    files = {"experiments.py": EXPERIMENTS.format(more=""), "questions.py": questions(shows=("ramp", {}))}
    ask = ChapterQuestions(chapter("ch98_demo", files))
    assert "ch98_demo.questions" not in sys.modules
    assert dir(ask) == ["hill"] and "hill" in repr(ask) and not hasattr(ask, "_repr_html_")
    assert ask.hill().experiment.key == "98_demo-ramp"
    with pytest.raises(AttributeError, match=r"^ch98_demo has no question 'hil'; there are hill$"):
        _ = ask.hil


@pytest.mark.parametrize(
    ("text", "error", "message"),
    [
        (questions(shows=("rump", {})), AttributeError, "ch98_demo has no experiment 'rump'; there are ramp"),
        (questions(shows=("ramp", {"a": 1})), ValueError, "ramp has no control 'a'"),
        (questions(line="It was {claim:a.b}."), FileNotFoundError, "ch98_demo/numbers.json, the values of"),
        (questions(variable="hall"), ValueError, "Predict 'hill' is assigned to 'hall', not to its own name"),
        ("import not_there_at_all", ModuleNotFoundError, "not_there_at_all"),
    ],
)
def test_a_wrong_question_is_an_error(chapter, text, error, message):
    files = {"experiments.py": EXPERIMENTS.format(more=""), "questions.py": text}
    with pytest.raises(error, match=message):
        ChapterQuestions(chapter("ch98_demo", files)).hill()


def test_a_line_reads_its_chapters_numbers(chapter):
    files = {"questions.py": questions(line="It was {claim:a.b}."), "numbers.json": '{"a": {"b": "691"}}'}
    assert ChapterQuestions(chapter("ch98_demo", files)).hill().lines[""] == "It was 691."


def test_exercises_names_are_unique_in_the_book():
    with pytest.raises(ValueError, match="exercise 'adam' is in ch04_a and in ch05_b: its name must be unique"):
        discovery._joined([("ch04_a", {"adam": 1}), ("ch05_b", {"sgd": 2, "adam": 3})])


def test_the_books_own():
    assert chapters.chapters()
    assert {chapters.folder_of(path.stem) for path in BOOK.glob("*.ipynb")} == {*chapters.chapters()}
    for (chapter, name), one in chapters.started().items():
        assert chapter in chapters.chapters() and one.name == name
        assert (BOOK / f"{one.page}.ipynb").is_file(), f"{chapter}: {name} names no page"
    for page, name in chapters.questions():
        assert (BOOK / f"{page}.ipynb").is_file(), f"{name} names no page"
    keys = [one.key for one in chapters.started().values()]
    assert len(set(keys)) == len(keys)


@pytest.mark.parametrize("make", chapters.experiments().values(), ids=map("/".join, chapters.experiments()))
def test_the_examples_of_every_experiment(make):
    """pytest's own search passes over decorated functions."""
    finder, runner = doctest.DocTestFinder(), doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE)
    (examples,) = finder.find(make.__wrapped__, make.__name__, module=sys.modules[make.__module__])
    found = runner.run(examples)
    assert found.attempted > 0 == found.failed


@pytest.mark.parametrize("chapter", chapters.chapters()[:: 1 if WHOLE else 3])
def test_a_chapter_offers_its_names_and_imports_no_other(chapter):
    code = f"""
import sys
from course_lib.chapters import chapters
from course_lib.chapters.{chapter} import ask, ex, explore
loaded = [name for name in sys.modules if name.startswith(tuple(f"course_lib.chapters.{{one}}" for one in chapters()))]
assert loaded == ["course_lib.chapters.{chapter}"], loaded
dir(ask), dir(ex), dir(explore)
assert "torch" not in sys.modules and "pscript" not in sys.modules
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
