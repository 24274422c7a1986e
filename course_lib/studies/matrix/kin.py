"""Which method of the table another row is most like. The site compiles it."""

from __future__ import annotations

from typing import Any

import numpy as np

from .plane import median


def summary(steps: Any) -> list[Any]:
    """Return a cell as [the number of runs that arrive, the median of their steps]; the median is 0 if none does.

    >>> summary([3, -1, 5]), summary([-1, -1])
    ([2, 4.0], [0, 0])
    """
    there = [n for n in steps if n >= 0]
    return [len(there), median(there) if len(there) > 0 else 0]


def verdict(cell: Any, runs: int) -> int:
    """Return 2 if all runs arrive, 1 if some do, 0 if none does."""
    if cell[0] == runs:
        return 2
    return 1 if cell[0] > 0 else 0


def kin(mine: Any, names: Any, rows: Any, runs: int) -> dict[str, Any]:
    """Return the row most like another one: the most equal verdicts, then steps that differ by the least factor.

    Args:
        mine: the row's cells, as `summary` returns them.
        names: the other rows' names.
        rows: their cells in the same columns; null in a row that has none in one of them.
        runs: the number of runs of a cell.

    Returns:
        `name`; `same`, the number of equal verdicts; and `factor`, by which steps differ at most where runs of both
        arrive.

    >>> kin([[10, 80], [0, 0]], ["A", "B"], [[[10, 40], [0, 0]], [[10, 88], [0, 0]]], 10)
    {'name': 'B', 'same': 2, 'factor': 1.1}
    """
    name, most, least = "", -1, np.inf
    for i in range(len(names)):
        same, factor, known = 0, 1.0, True
        for k in range(len(mine)):
            one, other = mine[k], rows[i][k]
            if other is None:
                known = False
            else:
                if verdict(one, runs) == verdict(other, runs):
                    same += 1
                if one[0] > 0 and other[0] > 0:
                    ratio = one[1] / other[1]
                    factor = max(factor, ratio, 1 / ratio)
        if known and (same > most or (same == most and factor < least)):
            name, most, least = names[i], same, factor
    return {"name": name, "same": most, "factor": least}
