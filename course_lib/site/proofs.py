"""What the first page shows of the book, from what the book has: a question of a chapter, a mistake and its name.

    ```{asked} 03_momentum/too_fast
    See it in the race
    ```

is a question without the experiment under it. Its words link, once the reader has answered, to the experiment of the
same name on this page, at the setting that shows the answer.

    ```{mistaken} momentum/stale velocity
    Write the step yourself
    ```

is a wrong answer to an exercise, the sentence with which the check names its mistake, and a link to the exercises of
that chapter. It is checked while the page is read: if the check does not name that mistake, the build stops.
"""

import difflib
from html import escape
from urllib.parse import quote

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from course_lib import chapters
from course_lib.exercises import Exercise, Mutant
from course_lib.exercises.show import inline
from course_lib.explore.jsonable import json_text
from course_lib.questions import Predict
from course_lib.questions.markup import given, to_data, to_markup


class Asked(SphinxDirective):
    """The directive {asked}, with the page and the name of a prediction, and the words of the link to its answer."""

    required_arguments = 1
    has_content = True

    def run(self) -> list[nodes.Node]:
        """Return the question."""
        page, _, name = self.arguments[0].partition("/")
        question = chapters.questions().get((page, name))
        if not isinstance(question, Predict) or question.shows is None:
            raise self.error(f"there is no prediction {name!r} on the page {page!r} that shows an experiment")
        asked = getattr(chapters.ChapterQuestions(f"{chapters.__name__}.ch{page}"), name)()
        data = f'<script type="application/json">{json_text(to_data(question, asked.lines))}</script>'
        before, after = to_markup(question, given(question, asked.lines), "\0", data).split("\0")
        link = nodes.reference("", " ".join(self.content), refuri=f"#{address(question, asked.experiment.controls)}")
        link["classes"].append("move")
        self.set_source_info(link)
        return [_html(before), nodes.paragraph("", "", link), _html(after)]


def address(question: Predict, controls: object) -> str:
    """Return the address that sets the controls of an experiment as a prediction shows it."""
    name, setting = question.shows
    values = [f"{key}={_text(value)}" for key, value in setting.items() if key in controls]
    return f"{name}?{'&'.join(values)}" if values else name


def _text(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return ",".join(map(str, value)) if isinstance(value, tuple | list) else quote(str(value))


class Mistaken(SphinxDirective):
    """The directive {mistaken}, with the names of an exercise and of one of its mistakes, and the words of the link."""

    required_arguments = 1
    final_argument_whitespace = True
    has_content = True

    def run(self) -> list[nodes.Node]:
        """Return the wrong answer, and what the check says to it."""
        name, _, mistake = self.arguments[0].partition("/")
        exercise = chapters.exercises().get(name)
        if exercise is None:
            raise self.error(f"there is no exercise {name!r}")
        mutant = next((one for one in exercise.mutants if one.name == mistake), None)
        if mutant is None:
            raise self.error(f"{exercise} has no mistake {mistake!r}")
        try:
            said = told(exercise, mutant)
        except ValueError as error:
            raise self.error(str(error)) from None
        source = mutant.patch(exercise.source)
        code = nodes.literal_block(source, source, language="python")
        code["highlight_args"] = {"hl_lines": changed(exercise.source, source)}
        link = nodes.reference("", " ".join(self.content), refuri=f"{exercise.page}.html#exercises", internal=True)
        return [code, _html(said), nodes.paragraph("", "", link)]


def told(exercise: Exercise, mutant: Mutant) -> str:
    """Return the sentence with which the check names a mistake, as HTML.

    Raises:
        ValueError: it does not name it.
    """
    result = exercise.evaluate(exercise.mutated(mutant))
    if result.diagnoses != (mutant.name,):
        raise ValueError(f"the check of {exercise.name} names {result.diagnoses}, and not {mutant.name!r}")
    return f'<p class="told"><strong>{escape(result.status)}</strong> {inline(result.paragraphs[0])}</p>'


def changed(right: str, wrong: str) -> list[int]:
    """Return the lines of a wrong answer, counted from 1, that the right one does not have at their place.

    >>> changed("a\\nb\\nc\\n", "a\\nx\\nc\\n")
    [2]
    """
    matcher = difflib.SequenceMatcher(None, right.splitlines(), wrong.splitlines(), autojunk=False)
    return [
        line + 1 for kind, *_, first, last in matcher.get_opcodes() if kind != "equal" for line in range(first, last)
    ]


def _html(text: str) -> nodes.raw:
    return nodes.raw("", text, format="html")


def setup(app: Sphinx) -> dict[str, bool]:
    """Register both directives."""
    app.add_directive("asked", Asked)
    app.add_directive("mistaken", Mistaken)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
