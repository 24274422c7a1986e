"""Boxes that fold: an `{admonition}` of the class `dropdown` is a `<details>`, which needs no script.

A question, of the class `question`, has an anchor of its own: the search leads to it, and `web/frame.js` opens it.
"""

from __future__ import annotations

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform
from sphinx.writers.html5 import HTML5Translator


def anchor(question: str) -> str:
    """Return the anchor of the box that answers a question.

    >>> anchor("How should the velocity start?")
    'question-how-should-the-velocity-start'
    """
    return nodes.make_id(f"question-{question}".replace("’", "'"))


class box(nodes.container):
    """A box that folds; its first child is the title."""


class Boxes(SphinxTransform):
    """Replace the boxes of the class `dropdown` on the page that was just read."""

    default_priority = 420

    def apply(self, **_: object) -> None:
        """Change the page."""
        for old in list(self.document.findall(nodes.admonition)):
            if "dropdown" in old["classes"]:
                ids = old["ids"] or ([anchor(old[0].astext())] if "question" in old["classes"] else [])
                new = box("", *old.children, ids=ids, names=old["names"], classes=old["classes"])
                new.source, new.line = old.source, old.line
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
