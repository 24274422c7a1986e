"""The ranges that a search for hyper-parameters draws from, and the table of its results."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..validation import ANY, check_count, check_number


@dataclass(frozen=True)
class Uniform:
    """Values between low and high, all equally likely.

    v = low + u (high − low),  u ~ U[0, 1)

    Whole numbers are v rounded, for bounds of low − ½ and high + ½: so all, the ends included, are equally likely.

    Args:
        low, high: the bounds, low < high; both are drawn if the values are whole numbers.
        integer: whether values are whole numbers, as the bounds must be then.

    >>> Uniform(0.0, 1.0).points(3)
    [0.0, 0.5, 1.0]
    """

    low: float
    high: float
    integer: bool = False

    def __post_init__(self) -> None:
        for name in ("low", "high"):
            value = check_number(name, getattr(self, name), ANY)
            if self.integer and value != round(value):
                raise ValueError(f"{name} must be a whole number, as the values are, not {value}")
        if not self.low < self.high:
            raise ValueError(f"low must be below high, not low={self.low!r} and high={self.high!r}")

    def at(self, u: float) -> Any:
        """Return the value at u, from 0 (low) to 1 (high)."""
        half = 0.5 if self.integer else 0.0
        return self._clipped(self._between(self.low - half, self.high + half, u))

    def points(self, n: int) -> list[Any]:
        """Return n values, evenly spaced, both ends included; for a grid."""
        us = np.linspace(0, 1, check_count("n", n, least=2)).tolist()
        return [self._clipped(self._between(self.low, self.high, u)) for u in us]

    def _between(self, low: float, high: float, u: float) -> float:
        return low + u * (high - low)

    def _clipped(self, v: float) -> Any:
        v = min(max(round(v) if self.integer else v, self.low), self.high)
        return int(v) if self.integer else float(v)


@dataclass(frozen=True)
class Log(Uniform):
    """Values between low and high, each order of magnitude equally likely: for learning rates and penalties.

    v = low (high/low)ᵘ,  u ~ U[0, 1)

    Args:
        low, high: the bounds, 0 < low < high.
        integer: whether values are whole numbers, as the bounds must be then; see `Uniform`.

    >>> Log(1e-4, 1.0).points(5)
    [0.0001, 0.001, 0.01, 0.1, 1.0]
    """

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.low > 0:
            raise ValueError(f"low must be above 0 on a log scale, not {self.low!r}")

    def _between(self, low: float, high: float, u: float) -> float:
        return float(f"{low * (high / low) ** u:.12g}")


@dataclass(frozen=True)
class Trial:
    """The settings of one trial and its result.

    Attributes:
        settings: name → value.
        value: what the objective returned; nan if it failed.
        index: the place in the order of the search, from 0.
        round: the round of a search from coarse to fine, from 0.
        failed: why there is no value; empty if there is one.
    """

    settings: dict[str, Any]
    value: float
    index: int
    round: int = 0
    failed: str = ""


class Results(Sequence[Trial]):
    """The trials of a search as a table, the best first, those that failed (nan, infinite) last.

    Args:
        trials: in the order of the search.
        maximize: whether the largest value is the best one.
    """

    def __init__(self, trials: Sequence[Trial], *, maximize: bool = False) -> None:
        sign = -1 if maximize else 1
        self.maximize = maximize

        def rank(t: Trial) -> tuple[bool, float, int]:
            return (False, sign * t.value, t.index) if math.isfinite(t.value) else (True, 0.0, t.index)

        self._trials = sorted(trials, key=rank)

    @property
    def best(self) -> Trial:
        """The best trial.

        Raises:
            ValueError: every trial failed.
        """
        if not self._trials or not math.isfinite(self._trials[0].value):
            first = next((t.failed for t in self._trials if t.failed), "no trials")
            raise ValueError(f"none of the {len(self)} trials returned a finite value: {first}")
        return self._trials[0]

    def column(self, name: str) -> np.ndarray:
        """Return one setting, or "value", of all trials, the best trial first."""
        if name != "value" and any(name not in t.settings for t in self._trials):
            raise KeyError(f"{name!r} is neither a setting nor 'value'")
        return np.array([t.value if name == "value" else t.settings[name] for t in self._trials])

    def __getitem__(self, i: Any) -> Any:
        return self._trials[i]

    def __len__(self) -> int:
        return len(self._trials)

    def __iter__(self) -> Iterator[Trial]:
        return iter(self._trials)

    def __repr__(self) -> str:
        names = list(self._trials[0].settings) if self._trials else []
        shown = self._trials[:20]
        rows = [["", *names, "value"]]
        for rank, t in enumerate(shown, start=1):
            rows.append([str(rank), *(_show(t.settings[name]) for name in names), t.failed or f"{t.value:.6g}"])
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = [
            "  ".join(f"{cell:>{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
        ]
        if len(self) > len(shown):
            lines.append(f"… and {len(self) - len(shown)} more")
        return "\n".join(lines)


def _show(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
