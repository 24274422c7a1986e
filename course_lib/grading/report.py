"""The results of a class as files: tables, a report, and a page of feedback for each student."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from statistics import fmean
from urllib.parse import quote

from course_lib.studies.stored import replace_files

from .anonymous import key_csv, without_names
from .feedback import feedback_html
from .histogram import Who, exercise_html, frequent_html
from .look import css_class, file_names, page, verdict_bar
from .process import TRIED
from .rows import Row, Verdict
from .tables import About, Grades, cells_csv, grades_csv, scores_csv
from .text import count, duration, escape, name_html, number, paragraphs, rich

OUTSIDE = "Reached outside"
#: Verdicts that say little about the answer, and what else needs a human; and what to do about them.
HUMAN = {
    OUTSIDE: "What the head of this page calls closed was refused. The path of a student's "
    "own computer may be harmless. Read the cell.",
    Verdict.NOT_GRADED: "The grader failed here, not the student: grade again. Until then there are no points.",
    Verdict.TAMPERED: "Something was sent to the grader that no answer sends. Read the notebook.",
    Verdict.CRASHED: "The answer's process came to an end before its time. Read the cell.",
    Verdict.UNREADABLE: "The file is no notebook that can be read. Ask for it again.",
}
#: Where "not attempted" is too long.
SHORT = {Verdict.NOT_ATTEMPTED: "not tried", Verdict.NOTHING_HANDED_IN: "nothing"}
SLOWEST = 5
MARK = "\ufeff"  # by it a spreadsheet knows that a table is in UTF-8
SHOWN = 500  # letters of a message

#: The address of a student's page, at an exercise or at its top.
Address = Callable[[str, str], str]


def write(out: Path, rows: Sequence[Row], about: About) -> int:
    """Write all results into a folder: tables, the report, and a page of feedback a student; count what needs a human.

    All files are replaced together. Pages of feedback from an earlier run are removed. With pseudonyms no file but
    `key.csv` holds a name.

    Args:
        out: the folder; it is made if need be.
        rows: a row for each student and exercise.
        about: the rest.
    """
    texts = {}
    if about.key is not None:
        texts[out / "key.csv"] = MARK + key_csv(about.key)
        rows, about = without_names(rows, about)
    grades = Grades(rows, about)
    files = file_names(grades.students)
    texts[out / "grades.csv"] = MARK + grades_csv(grades)
    texts[out / "cells.csv"] = MARK + cells_csv(grades)
    if any(row.scores for row in rows):
        texts[out / "scores.csv"] = MARK + scores_csv(grades)
    texts[out / "report.html"] = report_html(grades, files)
    folder = out / "feedback"
    pages = {folder / files[student]: feedback_html(grades, student) for student in grades.students}
    folder.mkdir(parents=True, exist_ok=True)
    replace_files(texts | pages)
    for old in {*folder.glob("*.html")} - pages.keys():
        old.unlink()
    return len(_needs(grades, _everything(grades)))


def report_html(grades: Grades, files: Mapping[str, str]) -> str:
    """Return the report; `files` names each student's page of feedback."""

    def address(student: str, exercise: str) -> str:
        return f"feedback/{quote(files[student])}" + f"#ex-{exercise}" * bool(exercise)

    def who(rows: Sequence[Row]) -> str:
        first = {row.student: row.exercise for row in reversed(rows)}
        links = "".join(f"<li>{_link(s, address(s, first[s]))}</li>" for s in dict.fromkeys(r.student for r in rows))
        return f'<details><summary>{count(len(first), "student")}</summary><ul class="names">{links}</ul></details>'

    everything = _everything(grades)
    parts = [_head(grades, everything), frequent_html([(e, grades.of(e.name)) for e in grades.about.exercises])]
    parts += [exercise_html(e, grades.of(e.name), grades.worth(e.name), who) for e in grades.about.exercises]
    parts += [_scores(everything, address)] if any(row.scores for row in everything) else []
    parts += [_students(grades, address), _attention(grades, everything, who), _slowest(everything, address)]
    return page(grades.about.title, "<main>\n{}\n</main>".format("\n".join(parts)))


def _everything(grades: Grades) -> list[Row]:
    return [grades.row(student, name) for student in grades.students for name in grades.names]


def _head(grades: Grades, rows: Sequence[Row]) -> str:
    about = grades.about
    late = sum(grades.submission(student).late is not None for student in grades.students)
    facts = {
        "Isolation": rich(about.isolation),
        "Secret seeds": f"{about.seeds:,}",
        "Versions": ", ".join(f"{escape(name)} {escape(version)}" for name, version in about.versions.items()),
        "Points": f"{number(grades.out_of)} at most",
        "Late": count(late, "student") if late else "nobody, or no date was given",
    }
    places = {f"#ex-{name}": f"<code>{name}</code>" for name in grades.names}
    places |= {"#students": "All students", "#attention": f"What needs you ({len(_needs(grades, rows))})"}
    links = "".join(f'<li><a href="{place}">{words}</a></li>' for place, words in places.items())
    facts = "".join(f"<dt>{name}</dt><dd>{what}</dd>" for name, what in facts.items())
    right = sum(row.passed for row in rows)
    return (
        f'<header>\n<p class="eyebrow">Grades</p>\n<h1>{escape(about.title)}</h1>\n'
        f'<p class="lead">{count(len(grades.students), "student")}, {count(len(grades.names), "exercise")}: '
        f"{right:,} of {count(len(rows), 'answer')} are right.</p>\n"
        f"{verdict_bar(Counter(row.verdict for row in rows))}\n"
        f"<dl>{facts}</dl>\n"
        f'<nav aria-label="On this page"><ul>{links}</ul></nav>\n</header>'
    )


def _students(grades: Grades, address: Address) -> str:
    late = any(grades.submission(student).late for student in grades.students)
    head = '<th scope="col">Student</th>'
    head += f'<th scope="col" class="number">Points of {number(grades.out_of)}</th>'
    head += '<th scope="col">Late by</th>' * late
    head += "".join(f'<th scope="col"><a href="#ex-{name}"><code>{name}</code></a></th>' for name in grades.names)
    lines = []
    for student in grades.students:
        total, handed = grades.total(student), grades.submission(student)
        line = f'<th scope="row">{_link(student, address(student, ""))}</th>'
        line += f'<td class="number">{"–" if total is None else number(total)}</td>'
        line += f"<td>{duration(handed.late) if handed.late else ''}</td>" * late
        for name in grades.names:
            verdict = grades.row(student, name).verdict
            word = SHORT.get(verdict, verdict.lower())
            line += f'<td class="of {css_class(verdict)}"><a href="{address(student, name)}">{word}</a></td>'
        lines.append(f"<tr>{line}</tr>\n")
    return (
        '<section id="students">\n<h2>All students</h2>\n'
        '<div class="frame" role="region" aria-label="All students" tabindex="0">\n'
        f"<table><thead><tr>{head}</tr></thead>\n<tbody>{''.join(lines)}</tbody></table></div>\n</section>"
    )


def _needs(grades: Grades, rows: Sequence[Row]) -> dict[tuple[str, str], list[Row]]:
    """What needs a human: verdicts that say little of the answer, notes, and who is not on the roster."""
    groups: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in rows:
        for note in row.notes:
            if note.startswith(TRIED):
                groups[OUTSIDE, paragraphs((note,), SHOWN)].append(row)
    for student in grades.about.off_roster:
        groups["Not on the roster", ""].append(Row(student, "", Verdict.PASS))
    for verdict in HUMAN:
        for row in rows:
            if row.verdict is verdict:
                groups[verdict, paragraphs(row.message[:1], SHOWN)].append(row)
    for row in rows:
        for note in dict.fromkeys(row.notes):
            if note.startswith(TRIED):
                continue
            groups["Note", paragraphs((note,), SHOWN)].append(row)
    for student in grades.students:
        for note in grades.submission(student).notes:
            groups["Hand-in", paragraphs((note,), SHOWN)].append(Row(student, "", Verdict.PASS))
    return groups


def _attention(grades: Grades, rows: Sequence[Row], who: Who) -> str:
    items = []
    for (kind, words), those in _needs(grades, rows).items():
        advice = f'<p class="note">{HUMAN[kind]}</p>' if kind in HUMAN else ""
        names = ", ".join(f"<code>{name}</code>" for name in grades.names if name in {r.exercise for r in those})
        answers = f"<strong>{count(len(those), 'answer')}</strong><br>{names}" if names else ""
        colour = f' class="chip {css_class(kind)}"' if isinstance(kind, Verdict) else ' class="name"'
        items.append(
            f"<li><div><p><span{colour}>{kind}</span></p>{words}{advice}</div>"
            f'<div class="count">{answers}</div>{who(those)}</li>'
        )
    listed = f'<ul class="kinds">{"".join(items)}</ul>' if items else "<p>Nothing does.</p>"
    return f'<section id="attention">\n<h2>What needs you</h2>\n{listed}\n</section>'


def _scores(rows: Sequence[Row], address: Address) -> str:
    """The challenge's entries, the best first."""
    lines = [
        f'<tr><th scope="row">{_link(row.student, address(row.student, row.exercise))}</th>'
        f'<td class="number">{fmean(row.scores):.1f} %</td>'
        f"<td>{', '.join(f'{one:.1f}' for one in row.scores)}</td></tr>"
        for row in sorted(rows, key=lambda row: -sum(row.scores))
        if row.scores
    ]
    head = '<th scope="col">Student</th><th scope="col" class="number">Accuracy</th><th scope="col">On each draw</th>'
    return (
        '<section id="scores">\n<h2>The entries</h2>\n<p class="note">The best of many entries looks better than it '
        'is.</p>\n<div class="frame" role="region" aria-label="The entries" tabindex="0">'
        f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(lines)}</tbody></table></div>\n</section>"
    )


def _slowest(rows: Sequence[Row], address: Address) -> str:
    lines = [
        f'<tr><th scope="row">{_link(row.student, address(row.student, row.exercise))}</th>'
        f'<td><code>{row.exercise}</code></td><td class="number">{row.seconds:.1f} s</td></tr>'
        for row in sorted(rows, key=lambda row: -row.seconds)[:SLOWEST]
        if row.seconds
    ]
    if not lines:
        return ""
    head = '<th scope="col">Student</th><th scope="col">Exercise</th><th scope="col" class="number">Time</th>'
    return (
        '<section id="slowest">\n<h2>The slowest answers</h2>\n<div class="frame short">'
        f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(lines)}</tbody></table></div>\n</section>"
    )


def _link(student: str, address: str) -> str:
    return f'<a href="{address}">{name_html(student)}</a>'
