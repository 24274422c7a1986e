"""The index of the book's own search: every section, question of students and term of the glossary, with its words.

It is a script, since a page opened from disk may fetch nothing; web/search.js reads it. What readers call a thing where
the book says otherwise stands in `book/synonyms.yml`: a title or a term, and its other names, in any language; what a
term is called in Chinese and in Korean, in `book/terms.yml`.
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

from .boxes import box
from .translations import glossary_terms, translations

SYNONYMS = "book/synonyms.yml"


class Entry(NamedTuple):
    """A place that a search can find: page and anchor, its title, the page's, other names, its text."""

    address: str
    title: str
    page: str
    names: list[str]
    text: str


def entries(doctree: nodes.document, page: str) -> Iterator[Entry]:
    """Yield the places of one page: its sections without their subsections, its questions, and the terms it explains.

    Args:
        doctree: the page.
        page: its address.
    """
    titles = [section.next_node(nodes.title).astext() for section in doctree.findall(nodes.section)]
    for number, section in enumerate(doctree.findall(nodes.section)):
        address = page if number == 0 else f"{page}#{section['ids'][0]}"
        yield Entry(address, titles[number], titles[0], [], _text(section))
    for question in filter(_is_question, doctree.findall(box)):
        yield Entry(f"{page}#{question['ids'][-1]}", question[0].astext(), titles[0], [], _text(question))
    for term, definition in glossary_terms(doctree):
        yield Entry(f"{page}#{term['ids'][0]}", term.astext(), titles[0], [], _text(definition))


#: What is no text to search: other entries, formulas, code and what it printed.
SKIPPED = (nodes.section, nodes.title, addnodes.glossary, nodes.math, nodes.math_block, nodes.literal_block, nodes.raw)


def _is_question(node: nodes.Node) -> bool:
    return isinstance(node, box) and "question" in node["classes"]


def _text(node: nodes.Element) -> str:
    """Return the words of a section or a definition; of numbers, as in tables, none."""

    def inside(node: nodes.Node) -> str:
        if isinstance(node, nodes.Text):
            return node.astext()
        if isinstance(node, SKIPPED) or _is_question(node):
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


def other_names(
    title: str, synonyms: dict[str, list[str]], terms: dict[str, list[str]], called: dict[str, str]
) -> list[str]:
    """Return what a place is called besides: its title in words, its synonyms, its term's names in other languages.

    Its term is the one that its title is, which then lends it its synonyms; or that one of its synonyms is; or of which
    its title is a synonym.

    Args:
        title: of a section, a question or a term.
        synonyms: other names, by title.
        terms: names in other languages, by term.
        called: the term that each synonym stands for, in small letters.
    """
    known = {term.lower(): term for term in terms}
    own = known.get(apart(title), known.get(title.lower()))
    names = [apart(title), *synonyms.get(title, []), *synonyms.get(own, [])]
    term = own or next(filter(None, (known.get(name.lower()) for name in names)), called.get(apart(title)))
    return list(dict.fromkeys([*names, *terms.get(term, [])]))


def index(app: Sphinx) -> str:
    """Return the script that holds the whole index.

    Raises:
        ExtensionError: `book/synonyms.yml` names what is neither a title nor a term.
    """
    file = Path(app.confdir) / SYNONYMS
    synonyms = yaml.safe_load(file.read_text(encoding="utf-8")) if file.is_file() else {}
    terms = translations(Path(app.confdir))
    called = {name.lower(): term for term in terms for name in synonyms.get(term, [])}
    found = []
    for name in sorted(app.env.found_docs):
        found += entries(app.env.get_doctree(name), f"{name}.html")
    if unknown := synonyms.keys() - {entry.title for entry in found}:
        raise ExtensionError(f"{SYNONYMS}: no title and no term of the book is {', '.join(map(repr, sorted(unknown)))}")
    full = [entry._replace(names=other_names(entry.title, synonyms, terms, called)) for entry in found]
    return f"course.index = {json.dumps(full, ensure_ascii=False, separators=(',', ':'))};\n"
