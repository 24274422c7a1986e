"""The reference pages: the library's registry and docstrings, inserted into a page's text when it is read.

A page lists names in a fence, one a line, of `course_lib.optim` or of the package after `{library}`.
`METHODS`, `COMPOUND` and `SECOND_ORDER` mean all their rows: a new method is on the page as soon as it has one.
An `index` is a table of links: to the names in it, or to all entries of the page. Entries with `code` show a class's
code, `brief` ones have no example. A `line` is no entry but a link to one, with formula,
numbers and papers.

    ```{library} index
    ```
    ```{library}
    METHODS
    NesterovLookAhead
    ```
    ```{library} nn code
    Dense
    ```
"""

from __future__ import annotations

import functools
import importlib
import re
from pathlib import Path
from typing import Any

from pybtex.database import Entry, parse_file
from sphinx.application import Sphinx

from course_lib.optim import COMPOUND, METHODS, SECOND_ORDER, Method

from . import docstrings, entries, formula
from .entries import entry, index, lines, method_entry

#: The packages that have reference pages: each of their public names is on exactly one page.
PACKAGES = ("optim", "nn", "data", "data.augment", "ensembles", "deep")
ROWS = METHODS | COMPOUND | SECOND_ORDER
KINDS = ("", "index", "brief", "code", "line")
#: Those that link to entries, and are none.
LINKS = ("index", "line")
FENCE = re.compile(r"^```\{library\}([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def named_objects(body: str, package: str = "optim") -> dict[str, Any]:
    """Return the objects named in a fence: entry name → object, or its row if it has one.

    Args:
        body: public names of one package, separated by white space.
        package: one of `PACKAGES`; unless it is `optim`, it becomes part of the entries' names.

    >>> list(named_objects("COMPOUND clip_norm")), list(named_objects("Dense ReLU", "nn"))
    (['Lookahead', 'SAM', 'Muon', 'clip_norm'], ['nn.Dense', 'nn.ReLU'])
    """
    if package not in PACKAGES:
        raise ValueError(f"the package after {{library}} must be one of {', '.join(PACKAGES)}, not {package!r}")
    module = importlib.import_module(f"course_lib.{package}")
    found: dict[str, Any] = {}
    for name in body.split():
        obj = getattr(module, name, None)
        if name not in module.__all__ or not (callable(obj) or isinstance(obj, dict)):
            raise ValueError(f"course_lib.{package} has no {name}")
        found |= obj if isinstance(obj, dict) else {name if package == "optim" else f"{package}.{name}": obj}
    return found


def fences(text: str) -> list[tuple[str, dict[str, Any]]]:
    """List a page's fences: the kind and the named objects of each."""
    found = []
    for words, body in FENCE.findall(text):
        kind = " ".join(word for word in words.split() if word in KINDS)
        if kind not in KINDS:
            raise ValueError(f"a fence must have one of {', '.join(KINDS[1:])} or none, not {kind!r}")
        package = " ".join(word for word in words.split() if word not in KINDS)
        found.append((kind, named_objects(body, package or "optim")))
    return found


def expand(text: str, bib: dict[str, Entry]) -> str:
    """Return a page's text with every fence replaced by the entries it names."""
    found = fences(text)
    all_of_it = {name: obj for kind, objects in found if kind not in LINKS for name, obj in objects.items()}
    rest = iter(found)

    def replaced(_: re.Match[str]) -> str:
        kind, objects = next(rest)
        if kind == "index":
            return index(objects or all_of_it)
        if kind == "line":
            return lines({name: ROWS.get(name, obj) for name, obj in objects.items()}, bib)
        return "\n\n".join(
            method_entry(name, obj, bib) if isinstance(obj, Method) else entry(name, obj, bib, kind)
            for name, obj in objects.items()
        )

    return FENCE.sub(replaced, text)


@functools.cache
def references(path: Path) -> dict[str, Entry]:
    """Read the book's references: key → entry."""
    return dict(parse_file(path, "bibtex").entries)


def _expand_page(app: Sphinx, docname: str, source: list[str]) -> None:
    if not FENCE.search(source[0]):
        return
    (bib,) = (Path(app.confdir) / name for name in app.config.bibtex_bibfiles)
    # The library's other files are in its hash.
    for path in (__file__, entries.__file__, docstrings.__file__, formula.__file__, bib):
        app.env.note_dependency(str(path))
    source[0] = expand(source[0], references(bib))


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the fence."""
    app.connect("source-read", _expand_page)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
