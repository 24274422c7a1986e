"""Terms: the page has the definition of each term that it links to the glossary; `terms.js` shows it beside the link.

The link leads to the glossary, so that nothing is lost without JavaScript.
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform

SCRIPT = Path(__file__).with_suffix(".js")
#: The page of the definitions, beside the one that links to it.
GLOSSARY = "glossary"


def _links(document: nodes.document) -> list[pending_xref]:
    return [link for link in document.findall(pending_xref) if link.get("reftype") == "term"]


def _needs_glossary(app: Sphinx, document: nodes.document) -> None:
    """Have a page with terms read again when the glossary changes."""
    page = (Path(app.env.docname).parent / GLOSSARY).as_posix()
    if _links(document) and page in app.env.found_docs:
        app.env.note_dependency(str(app.env.doc2path(page)))


class Definitions(SphinxPostTransform):
    """Add the definitions of a page's terms to its end, out of sight."""

    default_priority = 5  # references are resolved at 10
    formats = ("html",)

    def run(self, **_: Any) -> None:
        """Change the page that is about to be written; a term that is not there is Sphinx's to report."""
        links = _links(self.document)
        if not links:
            return
        objects = self.env.domains["std"].get_objects()
        places = {name.lower(): (page, anchor) for name, _, kind, page, anchor, _ in objects if kind == "term"}
        used = dict.fromkeys(places[t] for link in links if (t := link["reftarget"].lower()) in places)
        for page, anchor in used:
            content = _content(_glossary(self.app, page), anchor)
            self.document += tooltip("", content=content, ids=[f"{anchor}-definition"])


class Links(SphinxPostTransform):
    """Mark the links to terms, for the style sheet and for `terms.js`."""

    default_priority = 15  # references are resolved at 10
    formats = ("html",)

    def run(self, **_: Any) -> None:
        """Change the page that is about to be written."""
        for link in self.document.findall(nodes.reference):
            if any("std-term" in part["classes"] for part in link.children if isinstance(part, nodes.Element)):
                link["classes"].append("term")


class tooltip(nodes.General, nodes.Element):
    """A term's definition; as an attribute, so that the search finds the glossary and not each page with the term."""


def visit_tooltip(translator: Any, node: tooltip) -> None:
    """Write a definition."""
    translator.body.append(translator.starttag(node, "div", CLASS="definition"))
    for part in node["content"]:
        part.walkabout(translator)
    translator.body.append("</div>\n")
    raise nodes.SkipNode


@functools.cache  # it is read from disk
def _glossary(app: Sphinx, page: str) -> nodes.document:
    return app.env.get_doctree(page)


def _content(glossary: nodes.document, anchor: str) -> list[nodes.Node]:
    """Return the paragraphs that define a term, without the links in them."""
    term = next(term for term in glossary.findall(nodes.term) if anchor in term["ids"])
    defined = term.parent[-1].deepcopy()
    for link in list(defined.findall(pending_xref)):
        link.parent.replace(link, link.children)
    return defined.children


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the definitions."""
    app.add_node(tooltip, html=(visit_tooltip, None))
    app.connect("doctree-read", _needs_glossary)
    app.add_post_transform(Definitions)
    app.add_post_transform(Links)
    app.add_js_file(SCRIPT.name)  # of every page: it is a part of `book.js`, whichever pages a build writes
    return {"parallel_read_safe": True, "parallel_write_safe": True}
