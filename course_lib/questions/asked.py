"""A question, asked: under Jupyter a widget; while the book is built, a piece of HTML that needs no kernel.

If it names an experiment, that stands below it and stays covered until the question is answered.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from course_lib.explore.experiment import _DRAWING, Experiment
from course_lib.explore.experiment import JS as EXPLORE_JS
from course_lib.explore.jsonable import json_text
from course_lib.explore.page import STATIC_DIR, static_html
from course_lib.questions.declaration import Predict, Question
from course_lib.questions.lines import Numbers, answers, filled
from course_lib.questions.markup import given, to_data, to_markup, to_text

JS = Path(__file__).parent / "js"
_FRONT_END = "\n".join((JS / name).read_text("utf-8") for name in ("progress.js", "question.js"))
_EXPERIMENTS = "\n".join((EXPLORE_JS / name).read_text("utf-8") for name in _DRAWING)
_STYLE = (JS / "question.css").read_text("utf-8")
_RENDER = "\nexport default { render: course.ask };\n"
_SHARED = list(Experiment.class_own_traits(sync=True))  # what an experiment's front end reads from its model


class Asked(anywidget.AnyWidget):
    """A question in a notebook or on a page.

    Args:
        question: its declaration.
        lines: for a prediction, the sentence after each option.
    """

    _esm = _FRONT_END + _RENDER
    _css = _STYLE

    question = traitlets.Dict().tag(sync=True)

    def __init__(self, question: Question, lines: dict[str, str], **state: Any) -> None:
        self.declaration, self.lines, self.experiment = question, lines, None
        markup = to_markup(question, given(question, lines))
        super().__init__(question={"markup": markup, "data": to_data(question, lines)}, **state)

    def __repr__(self) -> str:
        return to_text(self.declaration)

    def open(self) -> None:
        """Open the connection to the page; a site build has none."""
        if STATIC_DIR not in os.environ:
            super().open()

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        if STATIC_DIR not in os.environ:
            return super()._repr_mimebundle_(**kwargs)
        return {"text/plain": repr(self), "text/html": self.static_html(Path(os.environ[STATIC_DIR]))}

    def static_html(self, folder: Path) -> str:
        """Return the HTML for the site; an experiment's table is written into the folder."""
        question, state = self.declaration, json_text(to_data(self.declaration, self.lines))
        under = static_html(self.experiment, folder) if self.experiment is not None else ""
        return to_markup(
            question, given(question, self.lines), under, f'<script type="application/json">{state}</script>'
        )


class AskedToSee(Asked):
    """A prediction above the experiment that shows the answer, in one widget. The arguments are `Asked`'s.

    Args:
        experiment: at the setting that shows the answer.
    """

    _esm = _EXPERIMENTS + _FRONT_END + _RENDER
    _css = (EXPLORE_JS / "explore.css").read_text("utf-8") + _STYLE

    def __init__(self, question: Question, lines: dict[str, str], experiment: Experiment) -> None:
        self.add_traits(**{name: traitlets.Dict().tag(sync=True) for name in _SHARED})
        experiment.close()  # Python goes on to compute; the page has one widget, which is this one
        super().__init__(question, lines, **{name: getattr(experiment, name) for name in _SHARED})
        self.experiment = experiment
        self.observe(lambda _: self._refresh(), "params")

    def _refresh(self) -> None:
        assert self.experiment is not None
        self.experiment.params = self.params
        with self.hold_sync():
            for name in _SHARED:
                setattr(self, name, getattr(self.experiment, name))


def ask(
    question: Question,
    find: Callable[[str], Callable[..., Experiment]],
    numbers: Callable[[], Numbers] = dict,
) -> Asked:
    """Return a question to show.

    Args:
        question: its declaration.
        find: returns the function that makes the experiment of a name.
        numbers: returns the values of the chapter's claims.

    Raises:
        AttributeError, ValueError: its experiment, or a value that its line names, does not exist.
    """
    if not isinstance(question, Predict):
        return Asked(question, {})
    if question.shows is None:
        return Asked(question, answers(question, filled(question, numbers=numbers)))
    name, setting = question.shows
    experiment = find(name)(**setting)
    return AskedToSee(question, answers(question, filled(question, experiment, numbers)), experiment)
