"""Boxes that fold: an `{admonition}` of the class `dropdown` is a `<details>`, which needs no script.

A question, of the class `question`, has an anchor of its own: the search leads to it, and `web/frame.js` opens it.
"""

from __future__ import annotations

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform
from sphinx.writers.html5 import HTML5Translator


class box(nodes.container):
    """A box that folds; its first child is the title."""


class Boxes(SphinxTransform):
    """Replace the boxes of the class `dropdown` on the page that was just read."""

    default_priority = 420

    def apply(self, **_: object) -> None:
        """Change the page."""
        for old in list(self.document.findall(nodes.admonition)):
            if "dropdown" in old["classes"]:
                new = box("", *old.children, ids=old["ids"], names=old["names"], classes=old["classes"])
                new.source, new.line = old.source, old.line
                if "question" in new["classes"]:
                    new["ids"].append(nodes.make_id(f"question-{new[0].astext()}"))
                old.replace_self(new)


def visit_box(translator: HTML5Translator, node: box) -> None:
    """Write the head; the title is taken out, for it is the summary."""
    title = node.pop(0)
    translator.body.append(translator.starttag(node, "details", "", CLASS="admonition"))
    translator.body.append('<summary class="admonition-title">')
    for child in title.children:
        child.walkabout(translator)
    translator.body.append("</summary>\n")


def depart_box(translator: HTML5Translator, node: box) -> None:
    """Close it."""
    translator.body.append("</details>\n")


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the boxes."""
    app.add_node(box, html=(visit_box, depart_box))
    app.add_transform(Boxes)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
