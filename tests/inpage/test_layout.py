"""What is no Python is told in the page in CPython's words: solutions with a slip of the fingers, in QuickJS."""

import json
import warnings
from random import Random

import pytest

from course_lib import chapters
from course_lib.inpage.build import PAGE, modules
from course_lib.inpage.quick import START, Quick

from ..whole import WHOLE

SOURCES = [exercise.source for exercise in chapters.exercises().values()]
MISTYPED = [" ", "    ", "\t", "'", '"', "(", ")", "]", ":", "=", "\\", "#", "+", "1", ",", "\n", "\n    "]
COUNT = 600 if WHOLE else 100  # of how many that are tried
#: The rest is told, too, with other words or in the line beside.
ENOUGH = 0.85  # the words change a little from one Python to the next

ASK = """
import answer
def told(text):
    error = answer.syntax_error(text, "<text>")
    return None if error is None else [type(error).__name__, error.msg, error.lineno]
"""


@pytest.fixture(scope="module")
def quick() -> Quick:
    page = Quick(modules(), "globalThis.postMessage = () => {};")
    page.load((PAGE / "worker.js").read_text("utf-8").replace(START.strip(), ""))
    page.load(f"$B.runPythonSource({json.dumps(ASK)}, 'ask')")
    return page


def in_page(quick: Quick, text: str) -> list | None:
    said = quick.value(f"String($B.builtins.repr($B.$call($B.$getattr($B.imported.ask, 'told'), {json.dumps(text)})))")
    return eval(said)


def in_python(text: str) -> list | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile(text, "<text>", "exec")
    except SyntaxError as error:
        return [type(error).__name__, error.msg, error.lineno]
    return None


def mistype(rng: Random, source: str) -> str:
    """Return a text with one slip of the fingers: a character that is left out, exchanged, or one too many."""
    at = rng.randrange(len(source))
    return source[:at] + rng.choice(["", rng.choice(MISTYPED)]) + source[at + rng.randrange(2) :]


def test_a_slip_of_the_fingers_is_told_as_cpython_tells_it(quick):
    rng, same, differ = Random(0), 0, []
    while same + len(differ) < COUNT:
        text = mistype(rng, rng.choice(SOURCES))
        theirs, ours = in_python(text), in_page(quick, text)
        assert (theirs is None) == (ours is None), text
        if theirs is not None and ours == theirs:
            same += 1
        elif ours != theirs:
            differ.append((text, ours, theirs))
    assert same >= ENOUGH * COUNT, differ[:5]
