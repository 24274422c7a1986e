"""The scripts and the style sheet of exercises in the page."""

import functools
from collections.abc import Callable, Iterable
from html import escape
from pathlib import Path
from typing import Any

from course_lib.exercises import Exercise
from course_lib.exercises.show import inline

from .build import for_engine, python_script, to_json

_JS = Path(__file__).parent / "js"
_EVERYWHERE = ("inpage.css", "loader.js")


def site_assets() -> dict[str, str]:
    """Return what every page of the site loads: file name → text (a style sheet, and a classic script)."""
    return {name: (_JS / name).read_text("utf-8") for name in _EVERYWHERE}


def on_demand() -> dict[str, Callable[[], str]]:
    """Return what a page loads when its reader touches an exercise: file name → what makes its text (a script)."""
    files = [path for path in sorted(_JS.glob("*.js")) if path.name not in _EVERYWHERE]
    return {path.name: functools.partial(path.read_text, "utf-8") for path in files} | {"python.js": python_script}


def of_exercises(exercises: Iterable[Exercise]) -> dict[str, str]:
    """Return the scripts of exercises: file name → text."""
    return {script_name(one): script({**told(one), **for_engine(one)}) for one in exercises if not one.packages}


def script_name(exercise: Exercise) -> str:
    """Return the name of the file that tells the page of an exercise."""
    return f"ex-{exercise.name}.js"


def script(data: dict[str, Any]) -> str:
    """Return the script that tells the page of one exercise, `ex-NAME.js`."""
    return f"((course.exercises ??= {{}})[{to_json(data['name'])}] = {to_json(data)});\n"


def told(exercise: Exercise) -> dict[str, Any]:
    """Return what the page tells the reader of an exercise; texts are HTML, but for the code.

    >>> from course_lib.chapters.ch03_momentum import ex
    >>> told(ex.choose)["function"]
    'choose'
    """
    return {
        "name": exercise.name,
        "page": exercise.page,
        "title": exercise.title,
        "function": exercise.function,
        "stub": exercise.stub,
        "hints": [inline(hint) for hint in exercise.hints],
        "solution": exercise.source,
        "explanation": paragraphs(exercise.explanation),
        "packages": list(exercise.packages),
    }


def paragraphs(text: str) -> str:
    """Return the paragraphs of a text as HTML; one of indented lines is code.

    >>> paragraphs("One & two.\\n\\n    x = 1")
    '<p>One &amp; two.</p><pre>x = 1</pre>'
    """
    return "".join(map(_paragraph, filter(None, text.split("\n\n"))))


def _paragraph(text: str) -> str:
    if text.startswith("    "):
        lines = "\n".join(line.removeprefix("    ") for line in text.split("\n"))
        return f"<pre>{escape(lines)}</pre>"
    return f"<p>{inline(text)}</p>"
