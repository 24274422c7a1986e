"""The matrix in the book: the directive `{matrix}`, its table, and the roles `{cell}` and `{finding}`.

`{matrix-columns}` is the table of what each column asks.

The table is HTML that reads as it stands. `_static/matrix.js` makes its headers buttons that sort; what runs the
reader's own optimizer (`_static/matrix/live.js`, compiled from `course_lib.studies.matrix`) is loaded when its box is
opened.

`` {cell}`Adam/long` `` is the cell of a method and a column, as it stands in the table, and a link to it;
`` {cell}`Adam/long.arrived` `` is the number of its runs that arrive, `` {cell}`Adam/long.rate` `` their rate;
`` {cell}`long.all` `` is the number of methods of which all runs arrive (`some`, `none`) in a column.
`` {cell}`edges` `` is the number of cells whose rate is the first or last of those tried.

`` {finding}`turned` `` is the ✓ of a statement about the table, of `course_lib.studies.matrix.findings`. It is a
warning, and so ends a strict build, if the statement is not true of the stored study.
"""

from __future__ import annotations

import functools
import re
from html import escape
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective, SphinxRole

from course_lib.explore.compile import Library
from course_lib.explore.primitives import tuned
from course_lib.explore.yours import FILLS, lines_of, settings
from course_lib.inpage.build import to_json
from course_lib.studies import load, stored
from course_lib.studies.matrix import (
    COLUMNS,
    COUNTED,
    ENTRIES,
    FINDINGS,
    GROUNDS,
    RATES,
    TASKS,
    Cell,
    at_edge,
    cells,
    counts,
    edges,
    kin,
    row_of,
    steps_on,
    summary,
)

from .claims import link

FOLDER = "_static/matrix"
#: Where a page finds what it loads when the box is opened.
SCRIPTS = ("_static/explore/explore.js", f"{FOLDER}/live.js")


def yours(mine: Any, column: str) -> Any:
    """Return the reader's cell on a surface: the rate, and the steps of each run."""
    return row_of(lambda lr, run: steps_on(column, tuned(mine, lr, 0.9), run))


def live() -> str:
    """Return the script that runs the reader's optimizer and looks for its kin, compiled from the study's own lines."""
    library = Library()
    names = {key: library.add(f) for key, f in {"yours": yours, "summary": summary, "kin": kin}.items()}
    pairs = ", ".join(f"{key}: {name}" for key, name in names.items())
    return library.script(f"course.experiments.matrix = {{ {pairs} }};")


@functools.cache
def matrix() -> dict[str, dict[str, Cell]]:
    """Return the cells of the stored study."""
    return cells(load("matrix"))


# -- HTML -----------------------------------------------------------------------------------------

#: What the cells can show: the class of what is shown then, and its name.
SHOWN = {
    "steps": "the median of the steps",
    "span": "the fewest and the most",
    "rate": "the learning rate",
}


def choice() -> str:
    """Return the radio buttons for what the cells show; style sheets do the rest, so that it needs no script."""
    buttons = "".join(
        f'<input type="radio" name="matrix-shows" id="matrix-shows-{key}"{" checked" if key == "steps" else ""}>'
        f'<label for="matrix-shows-{key}">{words}</label>'
        for key, words in SHOWN.items()
    )
    return f'<span class="matrix-shows">A cell shows</span>{buttons}'


def table(found: dict[str, dict[str, Cell]]) -> str:
    """Return the table as HTML."""
    groups = (
        f'<td></td><th colspan="{len(GROUNDS)}" scope="colgroup">Surfaces</th>'
        f'<th colspan="{len(TASKS)}" scope="colgroup">Tasks</th>'
    )
    heads = "".join(
        f'<th scope="col" data-column="{key}">{escape(label)}</th>'
        for key, label in [("method", "Method"), *((key, column.label) for key, column in COLUMNS.items())]
    )
    rows = "\n".join(f"<tr>{_head(name)}{''.join(map(_cell, row.values(), row))}</tr>" for name, row in found.items())
    return (
        '<div class="pst-scrollable-table-container"><table class="table">\n'
        f"<thead><tr>{groups}</tr>\n<tr>{heads}</tr></thead>\n<tbody>\n{rows}\n</tbody></table></div>"
    )


def anchor(name: str) -> str:
    """Return the anchor of a method's row.

    >>> anchor("SAM (SGD)")
    'row-sam-sgd'
    """
    return "row-" + re.sub(r"\W+", "-", name.lower()).strip("-")


def _head(name: str) -> str:
    own = ' <span class="matrix-own">†</span>' if ENTRIES[name].own_steps else ""
    return f'<th scope="row" id="{anchor(name)}">{escape(name)}{own}</th>'


def _cell(cell: Cell, column: str) -> str:
    """Return a cell as HTML; `data-at` is what it is sorted by: most runs first, then fewest steps."""
    if cell.why:
        return f'<td class="none" data-at="3">n/a<span class="visually-hidden">: {escape(cell.why)}</span></td>'
    if cell.steps is None or cell.span is None:
        words = '<span aria-hidden="true">—</span><span class="visually-hidden">never</span>'
        return f'<td class="never" data-at="2">{words}</td>'
    shown = {
        "steps": cell.text.partition(" (")[0],
        "span": "–".join(dict.fromkeys(f"{n:,.0f}" for n in cell.span)),
        "rate": "its own" if cell.rate is None else f"{cell.rate:.2g}",
    }
    spans = "".join(f'<span class="matrix-{key}">{text}</span>' for key, text in shown.items())
    at = f"{1 - cell.arrived / cell.runs:.3f} {cell.steps:g}"
    edge = EDGE if at_edge(cell.rate) else ""
    share = "" if cell.verdict == "all" else f' <span class="matrix-part">{cell.arrived} of {cell.runs}</span>'
    return f'<td class="{cell.verdict}" data-at="{at}">{spans}{edge}{share}</td>'


#: The mark of a cell whose rate is the first or the last of those tried.
EDGE = '<sup aria-hidden="true">‡</sup><span class="visually-hidden"> at the edge of the rates</span>'


def columns() -> str:
    """Return the table of the columns as HTML: what each asks, how long a run is, and its goal."""
    heads = "".join(f'<th scope="col">{name}</th>' for name in ("Column", "What it asks", "Steps", "Goal"))
    rows = "\n".join(
        f'<tr><th scope="row">{escape(one.label)}</th><td>{escape(one.job)}</td>'
        f'<td class="text-right">{one.steps:,}</td><td class="text-right">{one.goal:g}</td></tr>'
        for one in COLUMNS.values()
    )
    return (
        '<div class="pst-scrollable-table-container"><table class="table">\n'
        f"<thead><tr>{heads}</tr></thead>\n<tbody>\n{rows}\n</tbody></table></div>"
    )


def box(found: dict[str, dict[str, Cell]], root: str) -> str:
    """Return the box for the reader's own optimizer, empty until it is opened, with what its script has to know."""
    rows = {
        name: [None if c.why else [c.arrived, c.steps or 0] for c in (row[column] for column in GROUNDS)]
        for name, row in found.items()
        if not ENTRIES[name].own_steps
    }
    data = {
        "yours": {
            "needs": ["column"],
            "settings": settings(),
            "fills": {kind.__name__: lines_of(kind) for kind in FILLS},
            "rates": len(RATES),
        },
        "compiled": "matrix",
        "controls": [],
        "columns": list(GROUNDS),
        "tasks": len(TASKS),
        "runs": len(COUNTED),
        "last": [RATES[0], RATES[-1]],
        "rows": rows,
    }
    scripts = " ".join(f"{root}{name}?v=0" for name in SCRIPTS)
    return (
        f'<div class="cx matrix-box" data-scripts="{scripts}" hidden>'
        f'<script type="application/json">{to_json(data)}</script>'
        '<details class="cx-yours"><summary>Type your own optimizer</summary></details>'
        '<p class="matrix-kin" role="status"></p></div>'
    )


# -- Sphinx ---------------------------------------------------------------------------------------


class matrix_table(nodes.General, nodes.Element):
    """The place of the table."""


class MatrixDirective(SphinxDirective):
    """The directive {matrix}."""

    def run(self) -> list[nodes.Node]:
        """Return its place; the page depends on the stored study."""
        self.env.note_dependency(str(stored.FOLDER / "matrix.json"))
        return [matrix_table()]


class ColumnsDirective(SphinxDirective):
    """The directive {matrix-columns}."""

    def run(self) -> list[nodes.Node]:
        """Return the table of the columns."""
        return [nodes.raw("", columns(), format="html")]


class CellRole(SphinxRole):
    """A cell of the table, or a number of cells, from the stored study."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Return its text, a link to the row; or a problem, if there is no such cell."""
        self.env.note_dependency(str(stored.FOLDER / "matrix.json"))
        try:
            text, uri = said(self.text)
        except KeyError:
            problem = self.inliner.reporter.warning(f"{{cell}}: the matrix has no {self.text!r}", line=self.lineno)
            return [nodes.problematic(self.rawtext, self.text)], [problem]
        link = nodes.reference(self.rawtext, text, refuri=uri, classes=["measured-value"])
        return [link], []


class FindingRole(SphinxRole):
    """The ✓ of a statement about the table, which leads to it."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Return the ✓; or a problem, if there is no such statement, or it is not true."""
        self.env.note_dependency(str(stored.FOLDER / "matrix.json"))
        fault = "" if self.text in FINDINGS else "there is no such statement"
        if not fault and not FINDINGS[self.text](matrix()):
            fault = "this is not true of the stored study"
        if fault:
            problem = self.inliner.reporter.warning(f"{{finding}} {self.text!r}: {fault}", line=self.lineno)
            return [nodes.problematic(self.rawtext, self.text)], [problem]
        label = "checked against the table when this page was made"
        return [link("", "✓", refuri="#matrix", label=label, classes=["claim-check"])], []


def said(name: str) -> tuple[str, str]:
    """Return the text of a cell, METHOD/COLUMN, or of a count, COLUMN.VERDICT, and what it links to.

    >>> said("Momentum/long")
    ('87', '#row-momentum')
    """
    if name == "edges":
        return str(len(edges(matrix()))), "#matrix"
    method, slash, column = name.partition("/")
    if slash:
        column, _, what = column.partition(".")
        cell = matrix()[method][column]
        return {"": cell.text, "arrived": str(cell.arrived), "rate": f"{cell.rate or 0:.2g}"}[
            what
        ], f"#{anchor(method)}"
    column, _, verdict = name.partition(".")
    COLUMNS[column]  # KeyError if there is none
    return str(counts(matrix(), column)[verdict]), "#matrix"


def visit_matrix(translator: Any, node: nodes.Element) -> None:
    """Write the table, and the box."""
    root = "../" * translator.builder.current_docname.count("/")
    script = f'<script defer src="{root}_static/matrix.js?v=0"></script>'
    body = f"{choice()}\n{table(matrix())}\n{box(matrix(), root)}\n{script}"
    translator.body.append(f'<div class="course-matrix" id="matrix">{body}</div>\n')
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directives and the roles."""
    app.add_node(matrix_table, html=(visit_matrix, None))
    app.add_directive("matrix", MatrixDirective)
    app.add_directive("matrix-columns", ColumnsDirective)
    app.add_role("cell", CellRole())
    app.add_role("finding", FindingRole())
    return {"parallel_read_safe": True, "parallel_write_safe": True}
