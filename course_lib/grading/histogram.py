"""One exercise in the report: its verdicts, its known mistakes and how many made each, and mistakes without a name."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence

from course_lib.exercises.declaration import Declaration

from .look import share_bar, verdict_bar
from .rows import Row, Verdict
from .text import count, escape, number, paragraphs, rich

#: What a check calls mistakes that are no exercise's own.
GENERAL = {
    "in place": "Arguments are changed in place: the arrays belong to the caller.",
    "remembers": "The same arguments give different answers: something is kept between calls, or drawn at random.",
    "another order": "The values are right, but returned in another order.",
    "a name from elsewhere": "A name is used that is neither an argument's nor NumPy's.",
}
SHOWN = 8  # mistakes that are shown at once; the rarer ones are folded
FREQUENT = 5  # mistakes above the exercises
NAMELESS = "a mistake without a name"  # one that the book does not know
LETTERS = 500  # of a message

#: Lists the students of some rows.
Who = Callable[[Sequence[Row]], str]


def exercise_html(exercise: Declaration, rows: Sequence[Row], worth: float, who: Who) -> str:
    """Return an exercise's part of the report."""
    points = f"{number(worth)} {'point' if worth == 1 else 'points'}"
    return (
        f'<section id="ex-{exercise.name}">\n'
        f'<h2><span class="over">{exercise.name} · {points}</span>{escape(exercise.title)}</h2>\n'
        f"{verdict_bar(Counter(row.verdict for row in rows))}\n"
        f"{mistakes_html(exercise, rows, who)}{unnamed_html(rows, who)}</section>"
    )


def mistakes_html(exercise: Declaration, rows: Sequence[Row], who: Who) -> str:
    """Return the histogram of known mistakes. An answer with two mistakes is counted at both."""
    made = _made(rows)
    if not made:
        return ""
    checked = sum(map(is_judged, rows))
    items = []
    for name, those in sorted(made.items(), key=lambda item: (-len(item[1]), item[0])):
        count_html = f'<div class="count">{_share(len(those), checked)}</div>'
        items.append(
            f'<li><div><p class="name">{escape(name)}</p>{_sentence(exercise, name)}</div>{count_html}{who(those)}</li>'
        )
    note = (
        f"Of {count(checked, 'answer')}: all that ran to the end of the check, or broke off by a mistake with a name."
    )
    if others := sum(row.verdict is Verdict.NOT_YET and not is_judged(row) for row in rows):
        note += f" {count(others, 'other answer')} could not be run, or broke off."
    if twice := sum(len(set(row.diagnoses)) > 1 for row in rows):
        note += f" {count(twice, 'answer makes', 'answers make')} more than one mistake, and each counts."
    return f'<h3>Known mistakes</h3>\n<p class="note">{note}</p>\n{_listed(items, "rarer mistake")}\n'


def frequent_html(exercises: Sequence[tuple[Declaration, Sequence[Row]]]) -> str:
    """Return the mistakes that most of the class made, over all exercises; after three only shared ones.

    Answers without a known mistake that first differ in the same place are one mistake, too, if they are two or more.
    """
    found = []
    for exercise, rows in exercises:
        judged = sum(map(is_judged, rows))
        found += [
            (len(those), escape(name), exercise, judged, _sentence(exercise, name))
            for name, those in _made(rows).items()
        ]
        ran = [row for row in rows if row.verdict in (Verdict.PASS, Verdict.NOT_YET)]
        for first, those in _unnamed(rows).items():
            if len(those) > 1:
                of = judged if all(map(is_judged, those)) else len(ran)
                found.append((len(those), NAMELESS, exercise, of, paragraphs(first, LETTERS)))
    found = sorted(found, key=lambda one: -one[0])[:FREQUENT]
    items = [
        f'<li><div><p class="name">{name} · <a href="#ex-{exercise.name}"><code>{exercise.name}</code></a></p>'
        f'{words}</div><div class="count">{_share(many, of)}</div></li>'
        for place, (many, name, exercise, of, words) in enumerate(found)
        if place < 3 or many > 1
    ]
    if not items:
        return ""
    listed = f'<ul class="kinds">{"".join(items)}</ul>'
    return f'<section id="frequent">\n<h2>The most frequent mistakes</h2>\n{listed}\n</section>'


def _made(rows: Sequence[Row]) -> dict[str, list[Row]]:
    made = defaultdict(list)
    for row in rows:
        for name in dict.fromkeys(row.diagnoses):
            made[name].append(row)
    return made


def _unnamed(rows: Sequence[Row]) -> dict[tuple[str, ...], list[Row]]:
    groups = defaultdict(list)
    for row in rows:
        if row.verdict is Verdict.NOT_YET and not row.diagnoses:
            groups[row.message[:1]].append(row)
    return groups


def _sentence(exercise: Declaration, name: str) -> str:
    sentences = GENERAL | {mutant.name: mutant.message for mutant in exercise.mutants}
    return f"<p>{rich(sentences[name])}</p>" if name in sentences else ""


def _share(many: int, of: int) -> str:
    words = f"<strong>{many:,} of {of:,}</strong> · {100 * many / max(of, 1):.0f} %"
    return f"{words}{share_bar(many, of, Verdict.NOT_YET)}"


def is_judged(row: Row) -> bool:
    """Return whether an answer could be seen to make a known mistake, or not to."""
    return row.passed or (row.verdict is Verdict.NOT_YET and (row.ran or bool(row.diagnoses)))


def unnamed_html(rows: Sequence[Row], who: Who) -> str:
    """Return the wrong answers that no known mistake explains, grouped by where they first differ."""
    items = []
    for first, those in sorted(_unnamed(rows).items(), key=lambda item: (-len(item[1]), item[0])):
        example = tuple(part for part in those[0].message[1:2] if part.startswith("    "))
        programs = len({row.code or row.student for row in those})
        items.append(
            f"<li><div>{paragraphs(first, LETTERS) or '<p>It has no message.</p>'}</div>"
            f'<div class="count"><strong>{count(len(those), "answer")}</strong><br>'
            f"{count(programs, 'different program')}</div>{paragraphs(example, LETTERS)}{who(those)}</li>"
        )
    if not items:
        return ""
    return (
        "<h3>Wrong, and no mistake that the book knows</h3>\n"
        '<p class="note">Grouped by where they first differ; all answers are checked on the same cases. What many have '
        f"written alike may be a mistake that deserves a name.</p>\n{_listed(items, 'smaller group')}\n"
    )


def _listed(items: Sequence[str], what: str) -> str:
    first, rest = "".join(items[:SHOWN]), items[SHOWN:]
    if len(rest) == 1:
        first += rest[0]
    elif rest:
        folded = f'<summary>{count(len(rest), what)}</summary><ul class="kinds">{"".join(rest)}</ul>'
        first += f'<li class="more"><details>{folded}</details></li>'
    return f'<ul class="kinds">{first}</ul>'
