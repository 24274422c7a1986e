"""Entries of the reference pages: one name's docstring and registry row, as Markdown."""

from __future__ import annotations

import inspect
import re
from typing import Any

from pybtex.database import Entry

from course_lib.claims import source_of
from course_lib.optim import Method

from .docstrings import Doc, read_doc
from .formula import Unreadable, set_formulas, tex_of

#: The methods that hold the algorithm: of an optimizer, and of a layer, a noise, a penalty, an average or a network.
STEPS = ("update", "direction", "update_curvature")
LESSON = (
    *("f", "df", "draw", "apply", "features", "forward", "backward", "fill_grads"),
    *("value", "grad", "prox", "update_average", "weight"),
)
#: The types of every optimizer's `lr`, which the page states once.
ANY_RATE = re.compile(r"[:;] a number or a schedule( \([^)]*\))?")


# -- the parts of an entry ----------------------------------------------------------------------


def set_formula(lines: tuple[str, ...]) -> str:
    """Return lines of formulas as MyST text: the formulas of a line side by side, where they fit."""
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
    """Split a line at two spaces or more outside of parentheses; drop commas and full stops there."""
    parts, depth, start = [], 0, 0
    for i, sign in enumerate(line):
        depth += (sign in "([") - (sign in ")]")
        if not depth and line[i : i + 2] == "  " and line[i - 1] != ":":
            parts.append(line[start:i])
            start = i
    parts.append(line[start:])
    return [part.strip().rstrip(",;.") for part in parts if part.strip()]


def set_source(text: str, bib: dict[str, Entry], paper: str = "") -> str:
    """Link a docstring's `Source:` to the book's references, found by title; each only once.

    Args:
        text: "Authors, Title, year; and: Authors, Title, year, algorithm 7.1."
        bib: the references, by key.
        paper: the key of one that is added if the text does not name its title.
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
        author = bib[key].persons["author"][0].last_names[-1].strip("{}")
        before = before[: before.find(author)] if author in before else before
        after = after.replace(f", {bib[key].fields['year']}", "", 1)
        parts.append(f"{before}{{cite:t}}`{key}`, *{found[key][0]}*{after}")
    if paper and not any(f"`{paper}`" in part for part in parts):
        parts.insert(0, f"{{cite:t}}`{paper}`")
    return re.sub(r"\?\*\.$", "?*", "; ".join(parts) + ".") if parts else ""


def _title(entry: Entry) -> str:
    """Return a pattern for a reference's title, with anything between its words; a subtitle is optional."""
    title = re.sub(r"[{}]", "", entry.fields["title"])
    end = re.search(r"\W*$", title)[0]
    words, main = (re.findall(r"\w+", text) for text in (title, title.partition(":")[0]))
    after = len(main) if len(main) > 2 else len(words)  # "Adam" alone is no title
    rest = r"\W+".join(map(re.escape, words[after:])) + (re.escape(end) or r"\b")
    return r"\b" + r"\W+".join(map(re.escape, words[:after])) + (rf"\b(?:\W+{rest})?" if words[after:] else rest)


def _paragraphs(doc: Doc) -> list[str]:
    return [
        set_formula(tuple(text[1:].splitlines())) if text[0] == " " else "\n".join(map(set_formulas, text.splitlines()))
        for text in doc.prose
    ]


def _table(*rows: tuple[str, ...]) -> str:
    """Return a Markdown table, its first row the heading."""
    cells = [[cell.replace("|", r"\|") for cell in row] for row in rows]
    lines = [f"| {' | '.join(row)} |" for row in cells]
    return "\n".join([lines[0], "|" + ":--|" * len(rows[0]), *lines[1:]])


def label(name: str) -> str:
    """Return the anchor of an entry, to which any page can link.

    Anchors ignore case: to distinguish `affine` from `Affine`, a function's ends with "-function".

    >>> label("Adam"), label("nn.L2"), label("data.augment.affine")
    ('library-adam', 'library-nn-l2', 'library-data-augment-affine-function')
    """
    function = "-function" * _own(name).islower()
    return f"library-{re.sub(r'[^a-z0-9]+', '-', name.lower())}{function}"


def _own(name: str) -> str:
    """Return an entry's name without its package."""
    return name.rpartition(".")[2]


def _lines(cls: type, methods: tuple[str, ...]) -> list[str]:
    """Return the source of those methods that a class itself defines, if any."""
    own = tuple(name for name in methods if name in vars(cls))
    return [f"```python\n{source_of(cls, only=own)}\n```"] if own else []


# -- entries ------------------------------------------------------------------------------------


def method_entry(name: str, row: Method, bib: dict[str, Entry]) -> str:
    """Return the entry of an optimizer in the registry: description, formula, code, settings, source."""
    doc = read_doc(row.cls)
    parts = [f"({label(name)})=\n### {name}", set_formulas(doc.sentence)]
    if doc.formula:
        parts.append(set_formula(doc.formula))
    parts += _paragraphs(doc)
    parts += _lines(row.cls, STEPS)
    settings = [
        (f"`{key}`", _value(value) and f"`{_value(value)}`", set_formulas(ANY_RATE.sub("", doc.args.get(key, ""))))
        for key, value in defaults(row).items()
    ]
    parts.append(":::{div} settings\n" + _table(("Setting", "Value", "Meaning"), *settings) + "\n:::")
    tested = f"\n\n**Tested against** `{row.reference}`" if row.reference else ""
    parts.append(f":::{{div}} provenance\n**Source** {set_source(doc.source, bib, row.paper)}{tested}\n:::")
    return "\n\n".join(parts)


def defaults(row: Method) -> dict[str, Any]:
    """Return a method's settings in the order of its constructor: its own defaults, or else the registry's."""
    own = {name: p.default for name, p in inspect.signature(row.cls).parameters.items()}
    return {name: row.defaults.get(name, value) for name, value in own.items()}


def _value(value: Any) -> str:
    """Return a default as code, "" if there is none."""
    if value is inspect.Parameter.empty:
        return ""
    return getattr(value, "__name__", None) or re.sub(r"e-0+", "e-", repr(value))


def entry(name: str, obj: Any, bib: dict[str, Entry], kind: str = "") -> str:
    """Return any other entry: description, formula, arguments, return value, example.

    Args:
        name: with its package, unless that is `optim`.
        obj: a class or a function.
        bib: the references, by key.
        kind: "brief" omits prose and example, "code" adds a class's code.
    """
    doc = read_doc(obj)
    parts = [f"({label(name)})=\n### {_own(name)}", set_formulas(doc.sentence)]
    if doc.formula:
        parts.append(set_formula(doc.formula))
    if kind != "brief":
        parts += _paragraphs(doc)
    if kind == "code" and inspect.isclass(obj):
        parts += _lines(obj, LESSON)
    if items := _items(obj, doc):
        parts.append(":::{div} arguments\n" + "\n".join(items) + "\n:::")
    if doc.example and kind != "brief":
        parts.append(f"```pycon\n{doc.example}\n```")
    if doc.source:
        parts.append(f":::{{div}} provenance\n**Source** {set_source(doc.source, bib)}\n:::")
    return "\n\n".join(parts)


def _items(obj: Any, doc: Doc) -> list[str]:
    """List arguments with their defaults, attributes, and the return value."""
    parameters = inspect.signature(obj).parameters if doc.args else {}
    values = {name: f"={value}" for name, p in parameters.items() if (value := _value(p.default))}
    texts = {f"`{key}{values.get(key, '')}`": text for key, text in doc.args.items()}
    texts |= {f"`.{key.replace(', ', '`, `.')}`": text for key, text in doc.attributes.items()}
    texts |= {"**Returns**": doc.returns} if doc.returns else {}
    return [f"- {name} {set_formulas(ANY_RATE.sub('', text))}" for name, text in texts.items()]


def index(found: dict[str, Any]) -> str:
    """Return a table of links, each with its sentence and, if all are optimizers, their state."""
    objects = {name: obj.cls if isinstance(obj, Method) else obj for name, obj in found.items()}
    links = [f"{{ref}}`{_own(name)} <{label(name)}>`" for name in objects]
    rows = list(zip(links, (set_formulas(read_doc(obj).sentence) for obj in objects.values()), strict=True))
    heading: tuple[str, ...] = ("Name", "In one sentence")
    if all(hasattr(obj, "slots") for obj in objects.values()):
        kept = [", ".join(f"`{slot}`" for slot in obj.slots) or "nothing" for obj in objects.values()]
        rows = [(*row, slots) for row, slots in zip(rows, kept, strict=True)]
        heading = (*heading, "Keeps")
    return ":::{div} settings index\n" + _table(heading, *rows) + "\n:::"


# -- entries in a line --------------------------------------------------------------------------

#: What a line leaves out of formulas: the backward pass, and remarks on the start or on another setting.
BACKWARD = re.compile(r"[,;]?\s*\bd[xWbβγ] = [^,;]*(?:\([^()]*\)[^,;]*)*")
REMARK = re.compile(r"\([^()]*(?:\bat 0|`[^`]+`|from t = T on)[^()]*\)")


def lines(found: dict[str, Any], bib: dict[str, Entry]) -> str:
    """Return a list with a line for each of some objects."""
    return ":::{div} lines\n" + "\n".join(f"- {line(name, obj, bib)}" for name, obj in found.items()) + "\n:::"


def line(name: str, obj: Any, bib: dict[str, Entry]) -> str:
    """Return an entry in a line: a link to it, its formula with g for the gradient, its numbers, its papers.

    Without a formula it has its sentence.
    """
    cls, paper = (obj.cls, obj.paper) if isinstance(obj, Method) else (obj, "")
    doc = read_doc(cls)
    formulas = [part for text in doc.formula for part in formulas_of(REMARK.sub("", BACKWARD.sub("", text)))]
    short = [part.replace("∇f(x)", "g").replace(" / ", "/") for part in formulas if part != "g = ∇f(x)"]
    text = " ".join(f"${tex_of(part)}$" for part in short) or set_formulas(doc.sentence)
    numbers = ", ".join(f"`{key}={value}`" for key, value in numbers_of(obj).items())
    keys = [paper] if paper else re.findall(r"\{cite:t\}`(\w+)`", set_source(doc.source, bib))
    parts = [f"{{ref}}`{_own(name)} <{label(name)}>`", text, numbers and f"[{numbers}]{{.numbers}}"]
    return " ".join([*filter(None, parts), *([f"{{cite:p}}`{','.join(keys)}`"] if keys else [])])


def numbers_of(obj: Any) -> dict[str, str]:
    """Return the settings of an object that are numbers, as code; none that is 0 or 1, and so does nothing.

    >>> from course_lib.optim import METHODS
    >>> numbers_of(METHODS["Adam"])
    {'lr': '0.001', 'beta1': '0.9', 'beta2': '0.999', 'eps': '1e-8'}
    """
    values = defaults(obj) if isinstance(obj, Method) else {}
    values = values or {name: p.default for name, p in inspect.signature(obj).parameters.items()}
    return {key: _value(value) for key, value in values.items() if type(value) in (int, float) and value not in (0, 1)}
