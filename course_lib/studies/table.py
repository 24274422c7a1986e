"""A table of results: for a terminal, or for a page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Table:
    """A table of results, to print or to put on a page.

    Attributes:
        title: its title.
        text: what was measured, in Markdown.
        header: the columns' names.
        rows: their cells.
        note: applies to all of it, such as the number of seeds.
        remark: a conclusion, shown below.
    """

    title: str
    text: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    note: str = ""
    remark: str = ""

    def plain(self) -> str:
        """Return it as plain text for a terminal."""
        widths = [max(map(len, column)) for column in zip(self.header, *self.rows, strict=True)]
        lines = [
            "  ".join([row[0].ljust(widths[0]), *(cell.rjust(w) for cell, w in zip(row[1:], widths[1:], strict=True))])
            for row in (self.header, *self.rows)
        ]
        title = f"{self.title} ({self.note})" if self.note else self.title
        remark = [f"  {self.remark}"] if self.remark else []
        return "\n".join([title, *(f"  {line}".rstrip() for line in lines), *remark])

    def __str__(self) -> str:
        return self.plain()

    def markdown(self, level: int = 2) -> str:
        """Return it as Markdown, under a heading of that level: first column left-aligned, numbers right-aligned."""
        rows = [self.header, [":--"] + ["--:"] * (len(self.header) - 1), *self.rows]
        lines = ["| " + " | ".join(row).replace(" ± ", "\N{NO-BREAK SPACE}±\N{NO-BREAK SPACE}") + " |" for row in rows]
        text = f"{self.text} {self.note}." if self.note else self.text
        remark = ["", self.remark] if self.remark else []
        return "\n".join([f"{'#' * level} {self.title}", "", text, "", *lines, *remark])
