"""A table of results: for a terminal, or for a page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Table:
    """A table of results, to print or to put on a page."""

    title: str
    seeds: str
    text: str
    header: Sequence[str]
    rows: Sequence[Sequence[str]]

    def plain(self) -> str:
        """Lay it out for a terminal."""
        widths = [max(map(len, column)) for column in zip(self.header, *self.rows, strict=True)]
        lines = [
            "  ".join([row[0].ljust(widths[0]), *(cell.rjust(w) for cell, w in zip(row[1:], widths[1:], strict=True))])
            for row in (self.header, *self.rows)
        ]
        return "\n".join([f"{self.title} ({self.seeds})", *(f"  {line}".rstrip() for line in lines)])

    def markdown(self) -> str:
        """Lay it out for a page: the first column to the left, numbers to the right."""
        rows = [self.header, [":--"] + ["--:"] * (len(self.header) - 1), *self.rows]
        lines = ["| " + " | ".join(row).replace(" ± ", "\N{NO-BREAK SPACE}±\N{NO-BREAK SPACE}") + " |" for row in rows]
        return "\n".join([f"## {self.title}", "", f"{self.text} {self.seeds}.", "", *lines])
