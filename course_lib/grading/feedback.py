"""A page of feedback: what one student reads. It names no other."""

from __future__ import annotations

from .folder import shown
from .look import css_class, page
from .rows import Verdict
from .tables import Grades
from .text import NAME, clean, duration, escape, name_html, number, one_line, paragraphs

#: What is said where a verdict comes without a message, and in an exam.
SENTENCES = {
    Verdict.PASS: "Your answer is right.",
    Verdict.NOT_YET: "Your answer is not right yet.",
    Verdict.NOT_ATTEMPTED: "There is no answer yet.",
    Verdict.TIMEOUT: "Your answer took too long.",
    Verdict.MISSING: "Your notebook has no cell for this exercise.",
    Verdict.UNREADABLE: "Your file is no notebook that can be read.",
    Verdict.CRASHED: "Your answer ended the process that ran it.",
    Verdict.TAMPERED: "Your answer sent something that no answer sends.",
    Verdict.NOTHING_HANDED_IN: "You have not handed in a notebook.",
    Verdict.NOT_GRADED: "Your answer could not be graded yet. This is no fault of yours.",
}
PRINTED = 2000  # letters


def feedback_html(grades: Grades, student: str) -> str:
    """Return a student's page."""
    total, late = grades.total(student), grades.submission(student).late
    of = number(grades.out_of)
    lead = f"{number(total)} of {of} points" if total is not None else f"{of} points at most; not all is graded yet"
    if late:
        lead += f", {duration(late)} late"
    handed = grades.submission(student)
    name = escape(one_line(handed.path.name, NAME)) if handed.path else ""
    file = f'<p class="note">Graded: “{name}”, last changed {shown(handed.submitted)}.</p>' if name else ""
    answers = [_answer(grades, student, index) for index in range(len(grades.names))]
    body = "\n".join(
        [
            f'<main>\n<header>\n<p class="eyebrow">{escape(grades.about.title)}</p>',
            f'<h1>{name_html(student)}</h1>\n<p class="lead">{lead}.</p>{file}\n</header>',
            *answers,
            "</main>",
        ]
    )
    return page(f"{grades.about.title}: {one_line(student, NAME)}", body)


def _answer(grades: Grades, student: str, index: int) -> str:
    exercise = grades.about.exercises[index]
    row, points = grades.row(student, exercise.name), grades.points(student, exercise.name)
    worth = number(grades.worth(exercise.name))
    earned = f"{number(points)} of {worth}" if points is not None else f"{worth} at most"
    printed = ""
    if row.printed.strip() and not grades.about.exam:
        text = escape(clean(row.printed.strip(), PRINTED))
        printed = f"<details><summary>What your code printed</summary><pre><code>{text}</code></pre></details>"
    told = (not grades.about.exam and row.message) or (SENTENCES[row.verdict],)
    return (
        f'<section class="answer" id="ex-{exercise.name}">\n'
        f'<h2><span class="over">{exercise.name} · {earned} {"point" if worth == "1" else "points"}</span>'
        f"{escape(exercise.title)}</h2>\n"
        f'<p><span class="chip {css_class(row.verdict)}">{row.verdict}</span></p>\n'
        f"{paragraphs(told)}{printed}\n</section>"
    )
