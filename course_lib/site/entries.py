"""Entries of the reference pages: what a docstring and the registry say of one name, as Markdown."""

from __future__ import annotations

import inspect
import re
from typing import Any

from pybtex.database import Entry

from course_lib.claims import source_of
from course_lib.optim import Method

from .docstrings import Doc, read_doc
from .formula import Unreadable, set_formulas, tex_of

#: The methods that are the lesson: of an optimizer, and of a layer, a noise, a penalty, an average or a network.
STEPS = ("update", "direction", "update_curvature")
LESSON = (
    *("f", "df", "draw", "apply", "features", "forward", "backward", "fill_grads"),
    *("value", "grad", "prox", "update_average", "weight"),
)
#: What every optimizer's `lr` may be; the page says it once.
ANY_RATE = re.compile(r": a number or a schedule( \([^)]*\))?")


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
        if not depth and line[i : i + 2] == "  " and line[i - 1] != ":":
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
        author = bib[key].persons["author"][0].last_names[-1].strip("{}")
        before = before[: before.find(author)] if author in before else before
        after = after.replace(f", {bib[key].fields['year']}", "", 1)
        parts.append(f"{before}{{cite:t}}`{key}`, *{found[key][0]}*{after}")
    if paper and not any(f"`{paper}`" in part for part in parts):
        parts.insert(0, f"{{cite:t}}`{paper}`")
    return re.sub(r"\?\*\.$", "?*", "; ".join(parts) + ".") if parts else ""


def _title(entry: Entry) -> str:
    """A pattern for a reference's title, whatever stands between its words; a subtitle may be left out."""
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
    """A table in Markdown, its first row the heading."""
    cells = [[cell.replace("|", r"\|") for cell in row] for row in rows]
    lines = [f"| {' | '.join(row)} |" for row in cells]
    return "\n".join([lines[0], "|" + ":--|" * len(rows[0]), *lines[1:]])


def label(name: str) -> str:
    """The anchor of an entry, to which any page can link.

    An anchor does not tell `Affine` from `affine`: a function's says that it is one.

    >>> label("Adam"), label("nn.L2"), label("data.augment.affine")
    ('library-adam', 'library-nn-l2', 'library-data-augment-affine-function')
    """
    function = "-function" * _own(name).islower()
    return f"library-{re.sub(r'[^a-z0-9]+', '-', name.lower())}{function}"


def _own(name: str) -> str:
    """An entry's name without its package."""
    return name.rpartition(".")[2]


def _lines(cls: type, methods: tuple[str, ...]) -> list[str]:
    """The source of those methods that a class itself has, if it has one."""
    own = tuple(name for name in methods if name in vars(cls))
    return [f"```python\n{source_of(cls, only=own)}\n```"] if own else []


# -- entries ------------------------------------------------------------------------------------


def method_entry(name: str, row: Method, bib: dict[str, Entry]) -> str:
    """One optimizer of the registry: what it is, its formula, its lines, its settings, where it comes from."""
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
    """A method's settings in the order of its constructor: its own defaults, and the registry's where it has none."""
    given = {name: p.default for name, p in inspect.signature(row.cls).parameters.items()}
    return {name: row.defaults.get(name, value) for name, value in given.items()}


def _value(value: Any) -> str:
    """A default as it is written in code, "" if there is none."""
    if value is inspect.Parameter.empty:
        return ""
    return getattr(value, "__name__", None) or re.sub(r"e-0+", "e-", repr(value))


def entry(name: str, obj: Any, bib: dict[str, Entry], kind: str = "") -> str:
    """Anything else: what it is, its formula, its arguments, what it gives, an example.

    Args:
        name: with its package, unless that is `optim`.
        obj: a class or a function.
        bib: the references, by key.
        kind: "brief" leaves the prose and the example out, "code" puts a class's lines in.
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
    """A list of what something takes, each with its default; of what it has; of what it gives."""
    given = inspect.signature(obj).parameters if doc.args else {}
    values = {name: f"={value}" for name, p in given.items() if (value := _value(p.default))}
    words = {f"`{key}{values.get(key, '')}`": text for key, text in doc.args.items()}
    words |= {f"`.{key.replace(', ', '`, `.')}`": text for key, text in doc.attributes.items()}
    words |= {"**Gives**": doc.returns} if doc.returns else {}
    return [f"- {name} {set_formulas(ANY_RATE.sub('', text))}" for name, text in words.items()]


def index(found: dict[str, Any]) -> str:
    """A table of links, each with its sentence, and if all are optimizers what each keeps."""
    objects = {name: obj.cls if isinstance(obj, Method) else obj for name, obj in found.items()}
    links = [f"{{ref}}`{_own(name)} <{label(name)}>`" for name in objects]
    rows = list(zip(links, (set_formulas(read_doc(obj).sentence) for obj in objects.values()), strict=True))
    heading: tuple[str, ...] = ("Name", "In one sentence")
    if all(hasattr(obj, "slots") for obj in objects.values()):
        kept = [", ".join(f"`{slot}`" for slot in obj.slots) or "nothing" for obj in objects.values()]
        rows = [(*row, slots) for row, slots in zip(rows, kept, strict=True)]
        heading = (*heading, "Keeps")
    return ":::{div} settings index\n" + _table(heading, *rows) + "\n:::"
