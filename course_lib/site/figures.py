"""Figures and experiments of a page, numbered together in order of appearance: "Figure 1", "Figure 2", …

Both come as HTML from a cell's output: ``<figure data-figure="NAME" id="fig-NAME">`` with a caption of the class
``cx-caption`` inside. The number is added here, when the page is read, and `` {fig}`NAME` `` becomes a link to it.
The book's first page, a cover, has no numbers.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping
from html.parser import HTMLParser
from typing import NamedTuple

from docutils import nodes
from IPython.core.inputtransformer2 import TransformerManager
from sphinx.application import Sphinx
from sphinx.util import logging
from sphinx.util.docutils import SphinxRole
from sphinx.util.osutil import relative_uri

logger = logging.getLogger(__name__)

#: Addresses in the HTML of a figure begin at the site's root.
FROM_ROOT = re.compile(r'(\b(?:src|srcset)=")(?=_static/)')


class Found(NamedTuple):
    """A figure in a piece of HTML: its name, and where the text of its caption begins, if it has one."""

    name: str
    caption: int | None


class _Finder(HTMLParser):
    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[Found] = []
        self.lines = [0, *(match.end() for match in re.finditer("\n", text))]
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        given = dict(attributes)
        name = given.get("data-figure")
        if tag == "figure" and name:
            self.found.append(Found(name, None))
        elif "cx-caption" in (given.get("class") or "").split() and self.found:
            line, column = self.getpos()
            end = self.lines[line - 1] + column + len(self.get_starttag_text() or "")
            self.found[-1] = self.found[-1]._replace(caption=end)


def figures_in(text: str) -> list[Found]:
    """Return the figures in a piece of HTML, in order.

    >>> figures_in('<figure data-figure="race"><p class="cx-caption">Look.</p></figure>')
    [Found(name='race', caption=49)]
    """
    return _Finder(text).found


def with_numbers(text: str, numbers: Mapping[str, int]) -> str:
    """Return a piece of HTML in which each caption begins with its figure's number.

    >>> with_numbers('<figure data-figure="race"><p class="cx-caption">Look.</p></figure>', {"race": 3})
    '<figure data-figure="race"><p class="cx-caption"><span class="caption-number">Figure 3.</span> Look.</p></figure>'
    """
    for name, at in reversed(figures_in(text)):
        if at is not None:
            text = f'{text[:at]}<span class="caption-number">Figure {numbers[name]}.</span> {text[at:]}'
    return text


def figure_numbers(cells: Iterable[str], asked: Mapping[str, str] | None = None) -> dict[str, int]:
    """Return the numbers of a notebook's figures and experiments by name, from its source alone.

    They are those of the page, as long as each of its cells shows what it calls.

    Args:
        cells: the code of the code cells, in order.
        asked: the experiment that a question shows, by the question's name.

    Raises:
        ValueError: a name is not written out, or occurs twice.

    >>> figure_numbers(["explore.race()", "show_figure(draw, name='squares')", "explore.race(place='race-again')"])
    {'race': 1, 'squares': 2, 'race-again': 3}
    """
    numbers: dict[str, int] = {}
    for cell in cells:
        for call in showing_calls(cell):
            name = _shown_by(call, asked or {})
            if name in numbers:
                raise ValueError(f"two figures have the name {name!r}; the second is shown by {ast.unparse(call)}")
            if name is not None:
                numbers[name] = len(numbers) + 1
    return numbers


def showing_calls(cell: str) -> list[ast.Call]:
    """Return the calls in a cell that may show something, in order: an experiment only as a statement of its own.

    >>> [ast.unparse(call) for call in showing_calls("explore.race(lr=2)")], showing_calls("explore.race(lr=2).data")
    (['explore.race(lr=2)'], [])
    """
    tree = ast.parse(TransformerManager().transform_cell(cell))  # `%magic`, `!shell` and `help?` become Python
    statements = [node.value for node in tree.body if isinstance(node, ast.Expr)]
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    calls = [c for c in calls if c in statements or not ast.unparse(c.func).startswith("explore.")]
    return sorted(calls, key=lambda call: (call.lineno, call.col_offset))


def _shown_by(call: ast.Call, asked: Mapping[str, str]) -> str | None:
    """Return the name of the figure that a call shows, or None if it shows none."""
    given = {keyword.arg: keyword.value for keyword in call.keywords}
    match call.func:
        case ast.Name("show_figure") | ast.Attribute(attr="show_figure"):
            name = given.get("name")
        case ast.Attribute(value=ast.Name("explore"), attr=experiment):
            name = given.get("place", ast.Constant(experiment))
        case ast.Attribute(value=ast.Name("ask"), attr=question):
            name = ast.Constant(asked.get(question))
        case _:
            return None
    if not isinstance(name, ast.Constant):
        raise ValueError(f"the name of a figure must be written out: {ast.unparse(call)}")
    return name.value


# -- while the pages are read --------------------------------------------------------------------


class figure_reference(nodes.Inline, nodes.TextElement):
    """A reference to a figure by name; it becomes a link as soon as the page is read."""


class FigureRole(SphinxRole):
    """`` {fig}`NAME` ``: a link to a figure or an experiment of the same page, "Figure 3"."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        node = figure_reference(name=self.text)
        self.set_source_info(node)
        return [node], []


def number(app: Sphinx, doctree: nodes.document) -> None:
    """Number a page's figures and experiments, and link the references to them; warn of what has no number."""
    docname = app.env.docname
    outputs = [node for node in doctree.findall(nodes.raw) if "data-figure" in node.astext()]
    numbers: dict[str, int] = {}
    for output in outputs if docname != app.config.root_doc else []:
        for name, caption in figures_in(output.astext()):
            if name in numbers:
                logger.warning("two figures have the name %r", name, location=_place(output))
            if caption is None:
                logger.warning("the figure %r has no caption", name, location=_place(output))
            numbers.setdefault(name, len(numbers) + 1)
    up = relative_uri(app.builder.get_target_uri(docname), "")
    for output in outputs:
        text = with_numbers(output.astext(), numbers) if numbers else output.astext()
        output.children[:] = [nodes.Text(FROM_ROOT.sub(rf"\g<1>{up}", text))]
    for picture in doctree.findall(nodes.image) if numbers else []:
        if _place(picture).get("nb_element") == "mime_bundle":
            logger.warning("a picture without a caption: show it with show_figure", location=_place(picture))
    for reference in list(doctree.findall(figure_reference)):
        reference.replace_self(_link(reference, numbers))


def _link(reference: figure_reference, numbers: Mapping[str, int]) -> nodes.Node:
    name = reference["name"]
    if name not in numbers:
        known = ", ".join(numbers) or "no figures"
        logger.warning("the page has no figure %r; it has %s", name, known, location=reference)
        return nodes.Text(name)
    return nodes.reference("", f"Figure\N{NO-BREAK SPACE}{numbers[name]}", internal=True, refid=f"fig-{name}")


def _place(node: nodes.Element) -> nodes.Element:
    """Return the cell's output that holds a node: it knows its line in the source."""
    while node.parent is not None and node.get("nb_element") != "mime_bundle":
        node = node.parent
    return node


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the role, and the numbering of each page that is read."""
    app.add_role("fig", FigureRole())
    app.connect("doctree-read", number)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
