"""What the site shows of a cell's code: the lesson is open, all else is folded under a label, or not shown.

| cell | its code |
|:--|:--|
| tag `lesson`, `framework` or `exercise:NAME` | open |
| tag `rule`: it only calls `show_source` | not shown: its output is the code |
| tag `setup` or `colab`; or it only calls what `explore`, `ask` or `ex` hold | not shown |
| it makes claims and draws nothing | folded with what it prints, under the author's label or "How this was measured" |
| any other | folded under the author's label, or one that says what the cell does |

The author's label is the cell's metadata, `{"mystnb": {"code_prompt_show": "The label"}}`. Folded code is a
`<details>`: it opens by keyboard and without JavaScript, and prints as the reader left it.
"""

from __future__ import annotations

import ast
from collections.abc import Collection
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config
from sphinx.transforms import SphinxTransform
from sphinx.util import logging

log = logging.getLogger(__name__)

OPEN = {"lesson", "framework"}
UNSEEN = {"setup", "colab", "rule", "remove-input", "remove-cell"}
#: What a cell shows by calling a method of it: an experiment, a question, an exercise's check.
SHOWN = {"explore", "ask", "ex"}
MEASURED, DRAWN, BOTH = "How this was measured", "How this is drawn", "How this was measured and drawn"
OTHER = "The code of this cell"


def called(code: str) -> list[str]:
    """Return what a cell calls, by the full name, in no order; nothing for code that is not Python.

    >>> called("plt.subplots(1, 2); claim('a', f(2) > 1, 'words')")
    ['plt.subplots', 'claim', 'f']
    """
    try:
        tree = ast.parse(code)
    except SyntaxError:  # `%magic`, or a cell that shows an error
        return []
    return [ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)]


def only_calls(code: str, *names: str) -> bool:
    """Return whether each statement of a cell is a call of one of these functions, or of what these objects hold.

    >>> only_calls("explore.race(rho=0.9)", "explore"), only_calls("x = explore.race()", "explore")
    (True, False)
    """
    try:
        body = ast.parse(code).body
    except SyntaxError:
        return False
    return bool(body) and all(
        isinstance(line, ast.Expr)
        and isinstance(line.value, ast.Call)
        and ast.unparse(line.value.func).partition(".")[0] in names
        for line in body
    )


def label(code: str) -> str:
    """Return the label that says what a cell does: it measures, it draws, or both.

    >>> label("claim('two-is-even', 2 % 2 == 0, 'words')")
    'How this was measured'
    """
    calls = called(code)
    measures = "claim" in calls
    draws = any(name.rpartition(".")[2] in {"show_figure", "subplots", "figure"} for name in calls)
    return BOTH if measures and draws else MEASURED if measures else DRAWN if draws else OTHER


def folds(code: str, tags: Collection[str]) -> bool:
    """Return whether a cell's code is folded: it is shown, and not open."""
    return not (OPEN & set(tags) or is_unseen(code, tags) or any(tag.startswith("exercise:") for tag in tags))


def is_unseen(code: str, tags: Collection[str]) -> bool:
    """Return whether the site shows nothing of a cell's code."""
    return bool(UNSEEN & set(tags)) or only_calls(code, *SHOWN)


class Folding(SphinxTransform):
    """Fold, open or remove the code of the cells of a page that was just read."""

    default_priority = 410

    def apply(self, **_: Any) -> None:
        """Change the cells; MyST-NB folds what has a `hide_mode` when it writes the page."""
        for cell in list(self.document.findall(nodes.container)):
            if cell.get("nb_element") == "cell_code" and cell.children:
                code = cell[0]
                if code.get("nb_element") == "cell_code_source":
                    self._fold(cell, code, code.astext())

    def _fold(self, cell: nodes.Element, code: nodes.Element, text: str) -> None:
        metadata = cell["cell_metadata"]
        tags = set(metadata.get("tags", []))
        if "rule" in tags and not only_calls(text, "show_source"):
            where = cell["cell_index"] + 1
            words = "cell %d has the tag `rule`, so it must only call show_source(…): %s"
            log.warning(words, where, text, location=(self.env.docname, None), type="folding")
        if is_unseen(text, tags):
            cell.remove(code)
            if not cell.children:
                cell.parent.remove(cell)
        elif not folds(text, tags):
            cell["hide_mode"] = "output" if "hide-output" in tags else None
        else:
            own = metadata.get("mystnb", {}).get("code_prompt_show")
            whole = (
                tags & {"hide-output", "hide-cell"} or label(text) == MEASURED
            )  # what it prints is in the text already
            cell["hide_mode"] = "all" if whole else "input"
            cell["classes"].append("folded" if whole or len(cell.children) == 1 else "begins-folded")
            cell["prompt_show"] = cell["prompt_hide"] = own or label(text)


def _no_default_label(app: Sphinx, config: Config) -> None:
    """Replace MyST-NB's "Show code cell source", for the outputs that an author hides."""
    config.nb_code_prompt_show = config.nb_code_prompt_hide = "The {type}"


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the folding."""
    app.add_transform(Folding)
    app.connect("config-inited", _no_default_label)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
