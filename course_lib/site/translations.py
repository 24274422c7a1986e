"""The glossary in other languages: below each definition, what the field calls the term in Chinese and in Korean.

The names stand in `book/terms.yml`, and `search.py` finds the terms by them. They are added to a page when it is
written: the definitions that chapters show beside their links (`terms.py`) stay as they are.
"""

from __future__ import annotations

import html
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from docutils import nodes
from sphinx.addnodes import glossary
from sphinx.application import Sphinx
from sphinx.transforms.post_transforms import SphinxPostTransform

TERMS = "book/terms.yml"
#: In the order of the file.
LANGUAGES = ("zh-Hans", "ko")


def translations(root: Path) -> dict[str, list[str]]:
    """Return the names of each term, as pages spell it, one for each language; none if the book has no such file."""
    file = root / TERMS
    text = file.read_text(encoding="utf-8") if file.is_file() else "{}"
    return yaml.safe_load(text.replace("'", "’"))


def glossary_terms(document: nodes.document) -> Iterator[tuple[nodes.term, nodes.definition]]:
    """Yield the terms of a page's glossaries, each with its definition."""
    for place in document.findall(glossary):
        for term in place.findall(nodes.term):
            yield term, term.parent.next_node(nodes.definition)


def line(names: list[str]) -> str:
    """Return the line of names below a definition.

    >>> line(["动量", "모멘텀"])
    '<p class="translations"><span lang="zh-Hans">动量</span> <span lang="ko">모멘텀</span></p>'
    """
    parts = (f'<span lang="{lang}">{html.escape(name)}</span>' for lang, name in zip(LANGUAGES, names, strict=True))
    return f'<p class="translations">{" ".join(parts)}</p>'


class Translations(SphinxPostTransform):
    """Add the names to the glossary that is about to be written."""

    default_priority = 5
    formats = ("html",)

    def run(self, **_: Any) -> None:
        """Change the page."""
        terms = list(glossary_terms(self.document))
        names = translations(Path(self.app.confdir)) if terms else {}
        for term, definition in terms:
            if term.astext() in names:
                definition += nodes.raw("", line(names[term.astext()]), format="html")


def _needs_terms(app: Sphinx, document: nodes.document) -> None:
    """Have a page with a glossary read again when the names change."""
    file = Path(app.confdir) / TERMS
    if document.next_node(glossary) and file.is_file():
        app.env.note_dependency(str(file))


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the names."""
    app.connect("doctree-read", _needs_terms)
    app.add_post_transform(Translations)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
