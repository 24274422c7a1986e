"""The reference pages: what the library's registry and docstrings say, put into a page's text when it is read.

A page names what it wants in a fence, one name of `course_lib.optim` a line. `METHODS`, `COMPOUND` and `SECOND_ORDER`
stand for all their rows: a new method is on the page as soon as it has one. An `index` is a table of links: to what
it names, or to all that the page has.

    ```{library} index
    ```
    ```{library}
    METHODS
    NesterovLookAhead
    ```
"""

from __future__ import annotations

import functools
import inspect
import re
from pathlib import Path
from typing import Any

from pybtex.database import Entry, parse_file
from sphinx.application import Sphinx

from course_lib import optim
from course_lib.claims import source_of
from course_lib.optim import Method

from . import docstrings, formula
from .docstrings import Doc, read_doc
from .formula import Unreadable, set_formulas, tex_of

FENCE = re.compile(r"^```\{library\}(| index| brief)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
#: What every optimizer's `lr` may be; the page says it once.
ANY_RATE = re.compile(r": a number, an array that broadcasts, or a schedule step → rate( \([^)]*\))?")


# -- the parts of an entry ----------------------------------------------------------------------


def set_formula(lines: tuple[str, ...]) -> str:
    """Give lines of formulas as MyST text: on each line formulas side by side, where they fit."""
    rows = []
    for line in lines:
        cells = []
        for part in formulas_of(line):
            try:
                cells.append(rf"$\displaystyle {tex_of(part)}$")
            except Unreadable:
                cells.append(f"[{part}]{{.formula-as-written}}")
        rows.append(" ".join(cells))
    return ":::{div} formulas\n" + "\n\n".join(rows) + "\n:::"


def formulas_of(line: str) -> list[str]:
    """Split a line where two blanks or more stand outside of parentheses; commas and stops are not needed there."""
    parts, depth, start = [], 0, 0
    for i, sign in enumerate(line):
        depth += (sign in "([") - (sign in ")]")
        if not depth and line[i : i + 2] == "  ":
            parts.append(line[start:i])
            start = i
    parts.append(line[start:])
    return [part.strip().rstrip(",;.") for part in parts if part.strip()]


def set_source(text: str, bib: dict[str, Entry], paper: str = "") -> str:
    """Link what a docstring's `Source:` names to the book's references, found by title; each only once.

    Args:
        text: "Authors, Title, year; and: Authors, Title, year, algorithm 7.1."
        bib: the references, by key.
        paper: the key of one that must be there, whether the text names its title or not.
    """
    parts = []
    for part in text.rstrip(".").split("; ") if text else []:
        titles = {key: re.search(_title(entry), part, re.IGNORECASE) for key, entry in bib.items()}
        found = {key: match for key, match in titles.items() if match}
        if not found:
            parts.append(part)
            continue
        key = max(found, key=lambda k: len(found[k][0]))
        before, after = part[: found[key].start()], part[found[key].end() :]
        author = bib[key].persons["author"][0].last_names[-1]
        before = before[: before.find(author)] if author in before else before
        after = after.replace(f", {bib[key].fields['year']}", "", 1)
        parts.append(f"{before}{{cite:t}}`{key}`, *{found[key][0]}*{after}")
    if paper and not any(f"`{paper}`" in part for part in parts):
        parts.insert(0, f"{{cite:t}}`{paper}`")
    return "; ".join(parts) + "." if parts else ""


def _title(entry: Entry) -> str:
    """A pattern for a reference's title, whatever stands between its words."""
    title = re.sub(r"[{}]", "", entry.fields["title"])
    end = re.search(r"\W*$", title)[0]
    return r"\b" + r"\W+".join(map(re.escape, re.findall(r"\w+", title))) + (re.escape(end) or r"\b")


def _paragraphs(doc: Doc) -> list[str]:
    return [set_formula(tuple(text[1:].splitlines())) if text[0] == " " else set_formulas(text) for text in doc.prose]


def _table(*rows: tuple[str, ...]) -> str:
    """A table in Markdown, its first row the heading."""
    cells = [[cell.replace("|", r"\|") for cell in row] for row in rows]
    lines = [f"| {' | '.join(row)} |" for row in cells]
    return "\n".join([lines[0], "|" + ":--|" * len(rows[0]), *lines[1:]])


def label(name: str) -> str:
    """The anchor of an entry, to which any page can link: `{ref}`library-adam``."""
    return f"library-{re.sub(r'[^a-z0-9]+', '-', name.lower())}"


# -- entries ------------------------------------------------------------------------------------


def method_entry(name: str, row: Method, bib: dict[str, Entry]) -> str:
    """One optimizer of the registry: what it is, its formula, its lines, its settings, where it comes from."""
    doc = read_doc(row.cls)
    parts = [f"({label(name)})=\n### {name}", set_formulas(doc.sentence)]
    if doc.formula:
        parts.append(set_formula(doc.formula))
    parts += _paragraphs(doc)
    if lines := tuple(name for name in ("update", "direction", "learn") if name in vars(row.cls)):
        parts.append(f"```python\n{source_of(row.cls, only=lines)}\n```")
    settings = [
        (f"`{key}`", _value(value), set_formulas(ANY_RATE.sub("", doc.args.get(key, ""))))
        for key, value in defaults(row).items()
    ]
    parts.append(":::{div} settings\n" + _table(("Setting", "Value", "Meaning"), *settings) + "\n:::")
    tested = f"\n\n**Tested against** `{row.reference}`" if row.reference else ""
    parts.append(f":::{{div}} provenance\n**Source** {set_source(doc.source, bib, row.paper)}{tested}\n:::")
    return "\n\n".join(parts)


def defaults(row: Method) -> dict[str, Any]:
    """A method's settings in the order of its constructor: its own defaults, and the registry's where it has none."""
    given = {name: p.default for name, p in inspect.signature(row.cls).parameters.items()}
    return {name: row.defaults.get(name, value) for name, value in given.items()}


def _value(value: Any) -> str:
    return "" if value is inspect.Parameter.empty else f"`{re.sub(r'e-0+', 'e-', repr(value))}`"


def entry(name: str, obj: Any, bib: dict[str, Entry], *, brief: bool = False) -> str:
    """Anything else, shorter: what it is, its formula, its arguments, an example; if brief, only what it is."""
    doc = read_doc(obj)
    parts = [f"({label(name)})=\n### {name}", set_formulas(doc.sentence)]
    if doc.formula:
        parts.append(set_formula(doc.formula))
    if not brief:
        parts += _paragraphs(doc)
    if doc.args:
        args = "\n".join(f"- `{key}` {set_formulas(ANY_RATE.sub('', words))}" for key, words in doc.args.items())
        parts.append(f":::{{div}} arguments\n{args}\n:::")
    if doc.example and not brief:
        parts.append(f"```pycon\n{doc.example}\n```")
    if doc.source:
        parts.append(f":::{{div}} provenance\n**Source** {set_source(doc.source, bib)}\n:::")
    return "\n\n".join(parts)


def index(found: dict[str, Any]) -> str:
    """A table of links, each with its sentence, and if all are optimizers what each keeps."""
    objects = {name: obj.cls if isinstance(obj, Method) else obj for name, obj in found.items()}
    rows = [(f"{{ref}}`{name} <{label(name)}>`", set_formulas(read_doc(obj).sentence)) for name, obj in objects.items()]
    heading: tuple[str, ...] = ("Name", "In one sentence")
    if all(hasattr(obj, "slots") for obj in objects.values()):
        kept = [", ".join(f"`{slot}`" for slot in obj.slots) or "nothing" for obj in objects.values()]
        rows = [(*row, slots) for row, slots in zip(rows, kept, strict=True)]
        heading = (*heading, "Keeps")
    return ":::{div} settings index\n" + _table(heading, *rows) + "\n:::"


# -- in the page --------------------------------------------------------------------------------


def named(body: str) -> dict[str, Any]:
    """Find what a fence names: entry name → object, or its row where it has one.

    Raises:
        ValueError: the library has no such name.

    >>> list(named("COMPOUND clip_norm"))
    ['Lookahead', 'SAM', 'Muon', 'clip_norm']
    """
    found: dict[str, Any] = {}
    for name in body.split():
        obj = getattr(optim, name, None)
        if not (callable(obj) or isinstance(obj, dict)):
            raise ValueError(f"course_lib.optim has no {name}")
        found |= obj if isinstance(obj, dict) else {name: obj}
    return found


def expand(text: str, bib: dict[str, Entry]) -> str:
    """Give a page's text with every fence replaced by what it names."""
    all_of_it = named(" ".join(body for kind, body in FENCE.findall(text) if kind != " index"))

    def replaced(fence: re.Match[str]) -> str:
        kind, objects = fence[1].strip(), named(fence[2])
        if kind == "index":
            return index(objects or all_of_it)
        return "\n\n".join(
            method_entry(name, obj, bib) if isinstance(obj, Method) else entry(name, obj, bib, brief=kind == "brief")
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
    for path in (__file__, docstrings.__file__, formula.__file__, bib):  # the library's other files are in its hash
        app.env.note_dependency(str(path))
    source[0] = expand(source[0], references(bib))


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the fence."""
    app.connect("source-read", _expand_page)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
