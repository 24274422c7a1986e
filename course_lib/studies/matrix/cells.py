"""The stored study as the cells of a table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from course_lib.studies.table import Table

from .plane import median
from .runs import COLUMNS, reason

if TYPE_CHECKING:
    from course_lib.studies.study import Results


@dataclass(frozen=True)
class Cell:
    """A method in a column.

    Attributes:
        arrived: the number of runs that arrive.
        runs: the number of runs.
        steps: the median of their steps; None if none arrives.
        rate: the rate at which they ran; None where none was chosen, or the method chooses its own step length.
        why: why it cannot be run there; empty if it can.
        span: the fewest and the most of their steps; None if none arrives.
    """

    arrived: int
    runs: int
    steps: float | None
    rate: float | None
    why: str = ""
    span: tuple[float, float] | None = None

    @property
    def verdict(self) -> str:
        """Return "all" if every run arrives, "some" if not, "none" if none does, or "no run"."""
        if self.why:
            return "no run"
        return "all" if self.arrived == self.runs else "some" if self.arrived else "none"

    @property
    def text(self) -> str:
        """Return it in few words: the steps, with the share of the runs that arrive if that is not all; or —, or n/a.

        >>> Cell(10, 10, 87.5, 0.1).text, Cell(7, 10, 700.0, 0.1).text, Cell(0, 10, None, None).text
        ('88', '700 (7 of 10)', '—')
        """
        if self.why:
            return "n/a"
        if self.steps is None:
            return "—"
        steps = f"{int(self.steps + 0.5):,}"
        return steps if self.verdict == "all" else f"{steps} ({self.arrived} of {self.runs})"


def cells(results: Results) -> dict[str, dict[str, Cell]]:
    """Return the cells of the stored study: method → column → cell."""
    found: dict[str, dict[str, Cell]] = {}
    for i, name in enumerate(results.names):
        found[name] = {}
        for column in COLUMNS:
            steps = results.values[column][i]
            there = [float(n) for n in steps if n >= 0]
            lr = float(results.values[f"{column} rate"][i, 0])
            found[name][column] = Cell(
                len(there),
                len(steps),
                median(there) if there else None,
                lr if lr > 0 else None,
                reason(name, column),
                (min(there), max(there)) if there else None,
            )
    return found


def counts(found: dict[str, dict[str, Cell]], column: str) -> dict[str, int]:
    """Return how many methods have each verdict in a column."""
    verdicts = [row[column].verdict for row in found.values()]
    return {verdict: verdicts.count(verdict) for verdict in ("all", "some", "none", "no run")}


def table(results: Results) -> Table:
    """Return the matrix as a table for a terminal."""
    found = cells(results)
    rows = [[name, *(cell.text for cell in row.values())] for name, row in found.items()]
    header = ["method", *(column.label for column in COLUMNS.values())]
    return Table(results.study.title, results.study.text, header, rows, f"{results.seeds} runs")
