"""A page of feedback: what one student reads. It names no other."""

from __future__ import annotations

from course_lib.exercises.host import how_to_get_hints
from course_lib.exercises.wording import YOURS

from .folder import CLOSED, shown
from .look import css_class, page
from .rows import ACCEPTED, Row, Verdict
from .tables import Grades
from .text import NAME, clean, count, duration, escape, name_html, number, one_line, paragraphs, repeated

#: What a chip says where the verdict's own word is for one who still works on the answer.
WORDS = {Verdict.NOT_YET: "NOT RIGHT"}
#: What is said where a verdict comes without a message, and in an exam.
SENTENCES = {
    Verdict.PASS: "Your answer is right.",
    Verdict.NOT_YET: "Your answer is not right.",
    Verdict.NOT_ATTEMPTED: "There is no answer.",
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
    if grades.is_unreadable(student):
        answers = [_unreadable(grades, student)]
    else:
        answers = [_answer(grades, student, index) for index in range(len(grades.names))]
    if late:
        lead += f", {duration(late)} late"
    body = "\n".join(
        [
            f'<main>\n<header>\n<p class="eyebrow">{escape(grades.about.title)}</p>',
            f'<h1>{name_html(student)}</h1>\n<p class="lead">{lead}.</p>',
            f'<p class="note">{_about(grades, student)}</p>\n</header>',
            *answers,
            "</main>",
        ]
    )
    return page(f"{grades.about.title}: {one_line(student, NAME)}", body)


def _about(grades: Grades, student: str) -> str:
    """Say when which file was graded, and whom to ask."""
    handed, days = grades.submission(student), {grades.row(student, name).graded for name in grades.names}
    words = f"Graded on {max(days)}." if any(days) else ""
    if handed.path and handed.problem not in CLOSED:
        words += f" The file is “{one_line(handed.path.name, NAME)}”, last changed {shown(handed.submitted)}."
    words = " ".join([words, *(handed.notes if handed.path is None else ())])
    who = one_line(grades.about.contact) or "your teacher"
    return escape(f"{words} If you think that something here is wrong, ask {who}.".strip())


def _unreadable(grades: Grades, student: str) -> str:
    why = "" if grades.about.exam else paragraphs(grades.row(student, grades.names[0]).message[:1])
    words = "Your file cannot be read. Look whether it opens on your computer, and hand it in again."
    return f'<section class="answer"><p>{words}</p>{why}</section>'


def _final(row: Row) -> tuple[str, ...]:
    """Return a check's message without its advice to one who still works on the answer."""
    return tuple(part for part in row.message if part not in (YOURS, how_to_get_hints(row.exercise)))


def _answer(grades: Grades, student: str, index: int) -> str:
    exercise = grades.about.exercises[index]
    row, points = grades.row(student, exercise.name), grades.points(student, exercise.name)
    worth = number(grades.worth(exercise.name))
    earned = f"{number(points)} of {worth}" if points is not None else f"{worth} at most"
    printed = ""
    if row.printed.strip() and not grades.about.exam:
        text, times = repeated(clean(row.printed.strip(), PRINTED))
        least = "at least " * (len(row.printed) >= PRINTED)  # more is not kept
        more = f'<p class="note">… and {least}{count(times - 1, "time")} more</p>' if times > 1 else ""
        printed = (
            f"<details><summary>What your code printed</summary><pre><code>{escape(text)}</code></pre>{more}</details>"
        )
    shows = not grades.about.exam or row.message == (ACCEPTED,)
    told = (shows and _final(row)) or (SENTENCES[row.verdict],)
    return (
        f'<section class="answer" id="ex-{exercise.name}">\n'
        f'<h2><span class="over">{exercise.name} · {earned} {"point" if worth == "1" else "points"}</span>'
        f"{escape(exercise.title)}</h2>\n"
        f'<p><span class="chip {css_class(row.verdict)}">{WORDS.get(row.verdict, row.verdict)}</span></p>\n'
        f"{paragraphs(told)}{printed}\n</section>"
    )
