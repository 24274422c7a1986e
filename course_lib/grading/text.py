"""Text that strangers wrote, made fit to be shown: names of folders, messages, what an answer printed."""

from __future__ import annotations

import html
import re
import unicodedata
from collections.abc import Sequence
from datetime import timedelta

from course_lib.exercises.show import inline

#: What a terminal takes as a command: colours, titles, links.
_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|.)", re.DOTALL)
NAME = 80  # letters of a student's name that are shown
_FORMULA = tuple("=+-@\uff1d\uff0b\uff0d\uff20")  # the latter are the wide ones of East Asian keyboards
_INLINE_STYLE = ' style="color: inherit; background: transparent"'  # a page's policy forbids it


def clean(text: str, most: int = 4000) -> str:
    """Return a text with nothing in it but what is printed, and line ends; what is longer is cut.

    Marks that turn the direction of writing, and others without a width, are left out.

    >>> clean("\\x1b[31mred\\x1b[0m" + chr(0x202E) + "tfel" + chr(0) + chr(0xDC80))
    'redtfel��'
    >>> clean("a" * 20, most=5)
    'aaaaa …'
    """
    cut = len(text) > most
    text = unicodedata.normalize("NFC", _ESCAPES.sub("", text[:most]))
    return "".join(map(_printed, text)) + " …" * cut


def one_line(text: str, most: int = 200) -> str:
    """Return a text as one line.

    >>> one_line(" a\\r\\n\\tb ")
    'a b'
    """
    return " ".join(clean(text, most).split())


def cell(text: str, most: int = 4000) -> str:
    """Return a text for a cell of a CSV file: a spreadsheet would compute what begins like a formula.

    >>> cell("=HYPERLINK(1)"), cell("momentum")
    ("'=HYPERLINK(1)", 'momentum')
    """
    shown = clean(text, most)  # first: what is left out might have hidden a formula's sign
    formula = text.startswith(("\t", "\r")) or shown.lstrip().startswith(_FORMULA)
    return "'" * formula + shown


def escape(text: str) -> str:
    """Return a text for HTML.

    >>> escape('<b title="x">')
    '&lt;b title=&quot;x&quot;&gt;'
    """
    return html.escape(clean(text))


def name_html(student: str) -> str:
    """Return a student's name for HTML: one line, which does not turn the writing around it.

    >>> name_html("Ada <1>")
    '<bdi>Ada &lt;1&gt;</bdi>'
    """
    return f"<bdi>{html.escape(one_line(student, NAME))}</bdi>"


def paragraphs(message: Sequence[str], most: int = 4000) -> str:
    """Return a check's message as HTML; a paragraph whose lines are indented is code, and a longer one is cut.

    >>> paragraphs(("`x` is <1", "    y = 2"))
    '<p><code>x</code> is &lt;1</p><pre><code>y = 2</code></pre>'
    """
    made = []
    for part in filter(None, message):
        if part.startswith("    "):
            lines = "\n".join(line.removeprefix("    ") for line in clean(part, most).split("\n"))
            made.append(f"<pre><code>{html.escape(lines)}</code></pre>")
        else:
            made.append(f"<p>{rich(part, most)}</p>")
    return "".join(made)


def rich(text: str, most: int = 4000) -> str:
    """Return a sentence as HTML, with its `code` and its *stress*."""
    return inline(clean(text, most)).replace(_INLINE_STYLE, "")


def repeated(text: str) -> tuple[str, int]:
    """Return the lines that a text repeats from its beginning to its end, and how often they are there as a whole.

    >>> repeated("a\\nb\\na\\nb\\na"), repeated("a\\nb")
    (('a\\nb\\n', 2), ('a\\nb', 1))
    """
    lines = text.splitlines(keepends=True)
    for many in range(1, len(lines) // 2 + 1):
        part = "".join(lines[:many])
        times = (len(text) + 1) // len(part)  # the last line may have no end
        if text == (part * (times + 1))[: len(text)]:
            return part, times
    return text, 1


def number(value: float) -> str:
    """Return points as one writes them.

    >>> number(2.0), number(0.5), number(1 / 3)
    ('2', '0.5', '0.3333')
    """
    return f"{value:.4f}".rstrip("0").rstrip(".")


def count(many: int, one: str, more: str = "") -> str:
    """Return a number with its noun.

    >>> count(1, "answer"), count(2, "answer")
    ('1 answer', '2 answers')
    """
    return f"{many:,} {one if many == 1 else more or one + 's'}"


def duration(time: timedelta) -> str:
    """Return a time in words.

    >>> duration(timedelta(hours=27, minutes=5)), duration(timedelta(seconds=20))
    ('1 day 3 h 5 min', 'less than a minute')
    """
    hours, minutes = divmod(time.seconds // 60, 60)
    words = [(time.days, "day" if time.days == 1 else "days"), (hours, "h"), (minutes, "min")]
    return " ".join(f"{value} {unit}" for value, unit in words if value) or "less than a minute"


def _printed(letter: str) -> str:
    if letter.isprintable() or letter == "\n":
        return letter
    if letter.isspace():
        return " "
    return "" if unicodedata.category(letter) == "Cf" else "\N{REPLACEMENT CHARACTER}"
