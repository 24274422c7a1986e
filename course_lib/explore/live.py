"""Experiments that the page computes in parts, and draws in between: all at once would keep it from its reader."""

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

Run = Callable[[], dict[str, Any]]


@dataclass(frozen=True)
class Live:
    """How the page computes, part by part, what ``compute`` and ``yours`` compute at once.

    Each function begins a run: it takes controls and assets by name, and returns a function without arguments, which
    does one more part and returns the data so far. A run goes on unless one of its own controls moves.

    Args:
        parts: the number of parts of each run.
        runs: name → function; together, the data of all runs are those of ``compute``.
        yours: the same for the reader's optimizer, which is its first argument; None: there is no box for one.

    >>> def begin(n):
    ...     seen = []
    ...     def part():
    ...         seen.append(n)
    ...         return {"total": sum(seen)}
    ...     return part
    >>> finish(begin(3), 2)
    {'total': 6}
    """

    parts: int
    runs: Mapping[str, Callable[..., Run]]
    yours: Callable[..., Run] | None = None

    @property
    def needs(self) -> dict[str, list[str]]:
        """The names of the controls and assets that each run takes."""
        return {name: list(inspect.signature(begin).parameters) for name, begin in self.runs.items()}

    @property
    def functions(self) -> dict[str, Callable[..., Run]]:
        """All functions, by the names that they have in the page."""
        own = {} if self.yours is None else {"live_yours": self.yours}
        return {f"live_{name}": begin for name, begin in self.runs.items()} | own


def finish(run: Run, parts: int) -> dict[str, Any]:
    """Do all parts of a run; return the data of the last."""
    data: dict[str, Any] = {}
    for _ in range(parts):
        data = run()
    return data
