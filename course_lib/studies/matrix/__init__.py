"""The matrix: which optimizer gets there, on which surface and in which task, at equal tuning budget.

>>> from course_lib.studies import load
>>> cells(load("matrix"))["Momentum"]["long"].text
'87'
"""

from course_lib.studies.study import Study

from .cells import Cell, cells, counts, table
from .findings import FINDINGS, at_edge, edges
from .kin import kin, summary
from .plane import COUNTED, GROUNDS, RATES, TUNING, row_of, steps_on
from .runs import COLUMNS, ENTRIES, measure, reason
from .tasks import TASKS

#: The study: a row for each method; its quantities are the columns, and the rate in each.
MATRIX = Study(
    "Which optimizer gets there?",
    "The step at which a method arrives, and in how many of its runs.",
    measure,
    {name: name for name in ENTRIES},
    compare=False,
    seeds=len(COUNTED),
    own_table=table,
)

__all__ = [
    "COLUMNS", "COUNTED", "ENTRIES", "FINDINGS", "GROUNDS", "MATRIX", "RATES", "TASKS", "TUNING", "Cell", "at_edge",
    "cells", "counts", "edges", "kin", "measure", "reason", "row_of", "steps_on", "summary", "table",
]  # fmt: skip
