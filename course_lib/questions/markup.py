"""A question as HTML, the same on the site and in Jupyter; js/question.js makes it answer.

Without JavaScript, and on paper, it is a question with its options, and the answer below them.
"""

from html import escape
from typing import Any

from course_lib.questions.declaration import Choose, Number, Predict, Question
from course_lib.questions.text import to_html, to_plain


def to_data(question: Question, lines: dict[str, str]) -> dict[str, Any]:
    """Return what the page must know to judge an answer; texts are HTML.

    Args:
        question: the question.
        lines: for a prediction, the sentence after each option (`lines.answers`).
    """
    data: dict[str, Any] = {"kind": question.kind, "page": question.page, "name": question.name}
    data["record"] = question.record
    if isinstance(question, Predict):
        return data | {"right": question.right, "lines": {key: to_html(text) for key, text in lines.items()}}
    if isinstance(question, Choose):
        return data | {"right": question.right, "why": {key: to_html(text) for key, text in question.why.items()}}
    assert isinstance(question, Number)
    return data | {
        "right": question.right,
        "tolerance": question.tolerance,
        "unit": question.unit,
        "shown": _number(question),
        "confusions": [[value, to_html(text)] for value, text in question.confusions.items()],
        "otherwise": to_html(question.otherwise),
        "why": to_html(question.why),
    }


def to_markup(question: Question, given: str, under: str = "", data: str = "") -> str:
    """Return a question's HTML.

    Args:
        question: the question.
        given: its answer, as text, for paper and for pages without JavaScript.
        under: HTML of what stays covered until it is answered.
        data: HTML of what the page must know, on the site.
    """
    do, show = ("That is my guess", "Just show me") if question.kind == "predict" else ("Check", "Show the answer")
    hidden = "" if question.kind == "predict" else " hidden"
    actions = f"""<p class="cq-actions"><button type="button" class="cq-do">{do}</button>
<button type="button" class="cq-show"{hidden}>{show}</button></p>"""
    if isinstance(question, Number):
        unit = f'<span class="cq-unit">{escape(question.unit)}</span>' if question.unit else ""
        fields = (
            '<div class="cq-field"><input type="text" inputmode="decimal" autocomplete="off" spellcheck="false"'
            f' aria-label="Your answer{f", in {escape(question.unit)}" if question.unit else ""}">{unit}{actions}</div>'
        )
        actions = ""  # they stand beside the field
    else:
        assert isinstance(question, Predict | Choose)
        fields = "\n".join(
            f'<label class="cq-option" data-option="{escape(key)}"><input type="radio" name="answer"'
            f' value="{escape(key)}"><span>{to_html(text)}</span></label>'
            for key, text in question.options.items()
        )
        fields = f'<div class="cq-options">\n{fields}\n</div>'
    key = f'data-course-question="{question.name}" data-course-page="{escape(question.page)}"'
    return f"""<div class="course-question" id="ask-{question.name}" {key} data-kind="{question.kind}">{data}
<form class="cq">
<fieldset><legend><span class="cq-label">{question.label}</span> {to_html(question.question)}</legend>
{fields}</fieldset>
{actions}
<p class="cq-line" role="status"></p>
<p class="cq-given">{to_html(given)}</p>
</form>
<div class="cq-under">{under}</div>
</div>"""


def given(question: Question, lines: dict[str, str]) -> str:
    """Return the answer in a sentence or two; lines as for `to_data`."""
    if isinstance(question, Predict):
        return lines[""]
    if isinstance(question, Choose):
        return f"Answer: {question.options[question.right]} · {question.why[question.right]}"
    assert isinstance(question, Number)
    return f"Answer: {_number(question)}{f' {question.unit}' if question.unit else ''} · {question.why}"


def to_text(question: Question) -> str:
    """Return the question as lines of text, without its answer.

    >>> coin = Predict("coin", "00_coins", "Heads?", options={"y": "yes", "n": "no"}, line="It was.")
    >>> print(to_text(coin))
    Predict: Heads?
      ( ) yes
      ( ) no
    """
    options = getattr(question, "options", {}).values()
    return "\n".join([f"{question.label}: {to_plain(question.question)}", *(f"  ( ) {to_plain(o)}" for o in options)])


def _number(question: Number) -> str:
    return f"{question.right:.6g}".replace("-", "−")
