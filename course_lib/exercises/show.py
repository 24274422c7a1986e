"""Messages of the engine: plain text anywhere, HTML or Markdown in a notebook, with the same content."""

import html
import re
import sys
from collections.abc import Iterable
from typing import Any

ACCENTS = {
    "PASS": "#2E8B57",
    "ALL CAUGHT": "#2E8B57",
    "NOT YET": "#B8740A",
    "NOT ATTEMPTED": "#808080",
    "TIMEOUT": "#C2571A",
}


class Card:
    """A message that is displayed once: when it is made, or as the value of its cell, not both.

    Args:
        text: plain text, for a terminal.
        html: the same for a notebook.
        markdown: the same for a notebook, if there is no HTML (code is then coloured by the notebook).

    >>> Card("PASS")
    PASS
    """

    def __init__(self, text: str, *, html: str | None = None, markdown: str | None = None) -> None:
        self.text, self.html, self.markdown = text, html, markdown
        self._shown_in: int | None = None  # number of the notebook cell that has shown it

    def __repr__(self) -> str:
        return self.text

    def _repr_html_(self) -> str | None:
        return self.html

    def _ipython_display_(self) -> None:
        shell = _shell()
        if shell is None or shell.execution_count != self._shown_in:
            self._display()

    def _display(self) -> None:
        from IPython.display import display

        forms = {"text/plain": self.text, "text/html": self.html, "text/markdown": self.markdown}
        display({kind: form for kind, form in forms.items() if form is not None}, raw=True)


def show(card: Card) -> Card:
    """Display a card now: a check in the middle of a cell, or in a script, must be seen, too."""
    shell = _shell()
    if shell is not None:
        card._display()
        card._shown_in = shell.execution_count
    elif not _echoed():
        print(card)
    return card


def _shell() -> Any:
    """Return the current notebook or IPython session, if any."""
    if "IPython" not in sys.modules:
        return None
    from IPython import get_ipython

    return get_ipython()


def _echoed() -> bool:
    """Check for Python's own prompt (or a doctest), which displays the returned card itself."""
    frame = sys._getframe()
    while frame.f_back and frame.f_globals.get("__name__", "").startswith(__package__):
        if frame.f_code.co_filename.startswith("<doctest"):
            break
        frame = frame.f_back
    file = frame.f_code.co_filename
    return file.startswith("<doctest") or (hasattr(sys, "ps1") and file.startswith("<"))


def status_card(
    title: str,
    status: str,
    paragraphs: Iterable[str],
    *,
    also: tuple[str, list[str]] = ("", []),
    last: Iterable[str] = (),
    more: tuple[str, list[str]] = ("", []),
) -> Card:
    """Return a card with a status and paragraphs; a paragraph of indented lines is code.

    Args:
        title: what it is about.
        status: one or a few words.
        paragraphs: what is said.
        also: the name of what is folded in HTML, and its paragraphs.
        last: paragraphs after that.
        more: what is folded at the end, as `also`.
    """
    paragraphs, last = ([part for part in parts if part] for parts in (paragraphs, last))
    body = "\n".join(_paragraph(part) for part in paragraphs) + _fold(*also)
    body += "".join(f"\n{_paragraph(part)}" for part in last) + _fold(*more)
    style = (
        f"border-inline-start: .25rem solid {ACCENTS.get(status, '#808080')}; padding: .25rem 1rem; "
        "margin: .5rem 0; color: inherit; background: transparent; max-width: 44rem; line-height: 1.5"
    )
    markup = (
        f'<div class="course-check" data-status="{html.escape(status)}" style="{style}">\n'
        f'<p style="margin: .25rem 0"><strong>{html.escape(status)}</strong> · {html.escape(title)}</p>\n'
        f"{body}\n</div>"
    )
    (_, folded), (summary, extra) = also, more
    ending = [f"{summary}: {extra[0]}", *extra[1:]] if extra else []
    return Card("\n".join([f"{status} · {title}", *paragraphs, *folded, *last, *ending]), html=markup)


def _fold(summary: str, paragraphs: list[str]) -> str:
    inside = "\n".join(_paragraph(part) for part in paragraphs)
    return f"\n<details><summary>{html.escape(summary)}</summary>\n{inside}\n</details>" if paragraphs else ""


def table_card(title: str, header: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> Card:
    """Return a card with a table; the first column names the row."""
    rows = list(rows)
    widths = [max(len(row[i]) for row in [header, *rows]) for i in range(len(header))]
    lines = [
        "  ".join(word.ljust(width) for word, width in zip(row, widths, strict=True)).rstrip()
        for row in [header, *rows]
    ]
    cell = 'style="text-align: start; padding: .2rem 1rem .2rem 0"'
    head = "".join(f'<th scope="col" {cell}>{html.escape(word)}</th>' for word in header)
    body = "\n".join(
        f'<tr><th scope="row" {cell}>{html.escape(row[0])}</th>'
        + "".join(f"<td {cell}>{html.escape(word)}</td>" for word in row[1:])
        + "</tr>"
        for row in rows
    )
    markup = (
        '<table class="course-progress" style="color: inherit; background: transparent">'
        f'<caption style="text-align: start">{html.escape(title)}</caption>\n'
        f"<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody></table>"
    )
    return Card("\n".join([title, *lines]), html=markup)


def _paragraph(text: str) -> str:
    if text.startswith("    "):
        style = "margin: .5rem 0; color: inherit; background: transparent; white-space: pre-wrap"
        lines = "\n".join(line.removeprefix("    ") for line in text.split("\n"))
        return f'<pre style="{style}"><code>{html.escape(lines)}</code></pre>'
    return f'<p style="margin: .5rem 0">{inline(text)}</p>'


def inline(text: str) -> str:
    """Escape text for HTML; text between backquotes becomes code, and a *word* between asterisks is stressed.

    >>> inline("`a < b` holds")
    '<code style="color: inherit; background: transparent">a &lt; b</code> holds'
    """
    style = "color: inherit; background: transparent"
    parts = html.escape(text, quote=False).split("`")
    parts[::2] = [re.sub(r"(^|[\s(])\*([^\s*][^*]*)\*", r"\1<em>\2</em>", part) for part in parts[::2]]
    return re.sub(r"`([^`]+)`", rf'<code style="{style}">\1</code>', "`".join(parts))
