"""The index of the book's own search: every section, and every term of the glossary, with its words.

It is a script, since a page opened from disk may fetch nothing; web/search.js reads it. What readers call a thing where
the book says otherwise stands in `book/synonyms.yml`: a title or a term, and its other names, in any language.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import yaml
from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError

SYNONYMS = "book/synonyms.yml"


class Entry(NamedTuple):
    """A place that a search can find: page and anchor, its title, the page's, other names, its text."""

    address: str
    title: str
    page: str
    names: list[str]
    text: str


def entries(doctree: nodes.document, page: str) -> Iterator[Entry]:
    """Yield the places of one page: its sections without their subsections, and the terms of its glossaries.

    Args:
        doctree: the page.
        page: its address.
    """
    titles = [section.next_node(nodes.title).astext() for section in doctree.findall(nodes.section)]
    for number, section in enumerate(doctree.findall(nodes.section)):
        address = page if number == 0 else f"{page}#{section['ids'][0]}"
        yield Entry(address, titles[number], titles[0], [], _text(section))
    for term in doctree.findall(nodes.term):
        if isinstance(term.parent.parent.parent, addnodes.glossary):
            definition = term.parent.next_node(nodes.definition)
            yield Entry(f"{page}#{term['ids'][0]}", term.astext(), titles[0], [], _text(definition))


#: What is no text to search: other entries, formulas, code and what it printed.
SKIPPED = (nodes.section, nodes.title, addnodes.glossary, nodes.math, nodes.math_block, nodes.literal_block, nodes.raw)


def _text(node: nodes.Element) -> str:
    """Return the words of a section or a definition; of numbers, as in tables, none."""

    def inside(node: nodes.Node) -> str:
        if isinstance(node, nodes.Text):
            return node.astext()
        if isinstance(node, SKIPPED):
            return " "
        gap = "" if isinstance(node, nodes.Inline) else " "
        return gap + "".join(map(inside, node.children)) + gap

    text = "".join(map(inside, node.children))
    return " ".join(word for word in text.split() if re.search(r"[^\W\d_]|^[–—−]$", word))


def apart(title: str) -> str:
    """Return a name of the library as words.

    >>> apart("nn.BatchNorm"), apart("SGD"), apart("Momentum and Nesterov")
    ('nn batch norm', 'sgd', 'momentum and nesterov')
    """
    return re.sub(r"(?<=[a-z])(?=[A-Z])|[._]", " ", title).lower()


def index(app: Sphinx) -> str:
    """Return the script that holds the whole index.

    Raises:
        ExtensionError: `book/synonyms.yml` names what is neither a title nor a term.
    """
    file = Path(app.confdir) / SYNONYMS
    synonyms = yaml.safe_load(file.read_text(encoding="utf-8")) if file.is_file() else {}
    found = []
    for name in sorted(app.env.found_docs):
        found += entries(app.env.get_doctree(name), f"{name}.html")
    if unknown := synonyms.keys() - {entry.title for entry in found}:
        raise ExtensionError(f"{SYNONYMS}: no title and no term of the book is {', '.join(map(repr, sorted(unknown)))}")
    full = [entry._replace(names=[apart(entry.title), *synonyms.get(entry.title, [])]) for entry in found]
    return f"course.index = {json.dumps(full, ensure_ascii=False, separators=(',', ':'))};\n"
