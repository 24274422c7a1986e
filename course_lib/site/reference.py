"""The reference pages: what the library's registry and docstrings say, put into a page's text when it is read.

A page names what it wants in a fence, one name a line, of `course_lib.optim` or of the package after `{library}`.
`METHODS`, `COMPOUND` and `SECOND_ORDER` stand for all their rows: a new method is on the page as soon as it has one.
An `index` is a table of links: to what it names, or to all that the page has. Entries with `code` show a class's
lines, `brief` ones have no example.

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

from course_lib.optim import Method

from . import docstrings, entries, formula
from .entries import entry, index, method_entry

#: The packages that have reference pages: every public name of one stands on exactly one page.
PACKAGES = ("optim", "nn", "data", "data.augment", "ensembles", "deep")
KINDS = ("", "index", "brief", "code")
FENCE = re.compile(r"^```\{library\}([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def named(body: str, package: str = "optim") -> dict[str, Any]:
    """Find what a fence names: entry name → object, or its row where it has one.

    Args:
        body: public names of one package, between blanks.
        package: one of `PACKAGES`; beside `optim` it becomes part of the entries' names.

    Raises:
        ValueError: there is no such package, or it has no such name.

    >>> list(named("COMPOUND clip_norm")), list(named("Dense ReLU", "nn"))
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
    """List a page's fences: each one's kind, and what it names.

    Raises:
        ValueError: a fence of no kind; as for `named`.
    """
    found = []
    for words, body in FENCE.findall(text):
        kind = " ".join(word for word in words.split() if word in KINDS)
        if kind not in KINDS:
            raise ValueError(f"entries are {', '.join(KINDS[1:])} or nothing of it, not {kind!r}")
        package = " ".join(word for word in words.split() if word not in KINDS)
        found.append((kind, named(body, package or "optim")))
    return found


def expand(text: str, bib: dict[str, Entry]) -> str:
    """Give a page's text with every fence replaced by what it names."""
    found = fences(text)
    all_of_it = {name: obj for kind, objects in found if kind != "index" for name, obj in objects.items()}
    rest = iter(found)

    def replaced(_: re.Match[str]) -> str:
        kind, objects = next(rest)
        if kind == "index":
            return index(objects or all_of_it)
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
