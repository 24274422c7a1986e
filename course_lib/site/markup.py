r"""The book's MyST as plain Markdown, which Jupyter, Colab and GitHub all show well.

Only what chapters use is translated. Anything else is an error, so that no raw markup reaches a reader.

>>> print(plain("By {eq}`eq-a`, {term}`SGD <sgd>` stops:\n\n$$\nx = 0\n$$ (eq-a)", Page(equations={"eq-a": 1})))
By (1), SGD stops:
<BLANKLINE>
$$
x = 0 \tag{1}
$$
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, quote

from pybtex.database import Entry

#: Boxes whose title is their name; an `admonition` has a title of its own.
NAMED_BOXES = ("attention", "caution", "danger", "error", "hint", "important", "note", "tip", "warning")

_FENCE = re.compile(r"(?P<mark>`{3,}|:{3,})\s*(?:\{(?P<name>[\w:-]+)\})?\s*(?P<title>.*)")
_MATH = re.compile(r"\$\$(?P<body>(?:[^$]|\\\$)+)\$\$[ \t]*(?:\((?P<label>[\w:-]+)\))?[ \t]*(?:\n|\Z)")
_OPTION = re.compile(r":([\w-]+):\s*(.*)")
_UNSEEN = re.compile(r"\([\w:-]+\)=\s*|%.*")
_TITLED = re.compile(r"(.+?)\s*<([^<>]+)>", re.DOTALL)
_MEASURED = re.compile(r"(?P<study>[\w-]+)/(?P<row>.+)\.(?P<column>[^.]+)")
_INLINE = re.compile(
    r"\{(?P<role>[A-Za-z][\w:.+-]*)\}(?P<ticks>`+)(?P<content>.+?)(?P=ticks)(?!`)"
    r"|(?P<quote>`+)(?!`).+?(?<!`)(?P=quote)(?!`)|\$\$.+?\$\$|\$[^$]+\$"  # code and formulas stay
    r"|!\[(?P<alt>[^\]]*)\]\((?P<image>[^)\s]+)\)"
    r"|(?<!\[)\]\((?P<link>[^)\s]+)\)",
    re.DOTALL,
)
#: What is still raw markup where it stands in a text outside of code.
_RAW = {
    "a fence": r"^\s*:{3,}.*|^\s*`{3,}\{.*",
    "a label": r"^\s*\([\w:-]+\)=|\$\$ *\([\w:-]+\)",
    "a role": r"\{[a-z][\w:-]*\}`",
    "a link without a text": r"(?<!!)\[\]\([^)]*\)",
    "a footnote": r"\[\^[^\]]+\]",
    "a list of definitions": r"^: .*",
    "attributes": r"[\]`]\{[.#][^}]*\}",
}


class MarkupError(ValueError):
    """Markup that has no plain form, or refers to something that is not there."""


@dataclass
class Page:
    """What a page's text refers to.

    Attributes:
        equations: label → number.
        figures: name → number.
        experiments: place on the page → name of the experiment there.
        games: the page's exercises that have a bug to catch, each under its name.
        claims: name of a claim → its values by name, as text.
        measured: returns a study's number as text: (study, row, column) → text.
        references: key → entry of the bibliography.
        address: returns the public address of a page or a label, or None.
        attach: adds a picture of the book to the notebook, and returns its address there.
    """

    equations: Mapping[str, int] = field(default_factory=dict)
    figures: Mapping[str, int] = field(default_factory=dict)
    experiments: Mapping[str, str] = field(default_factory=dict)
    games: Mapping[str, str] = field(default_factory=dict)
    claims: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    measured: Callable[[str, str, str], str] = lambda *names: ".".join(names)
    references: Mapping[str, Entry] = field(default_factory=dict)
    address: Callable[[str], str | None] = lambda target: None
    attach: Callable[[str], str] = lambda path: path


def plain(text: str, page: Page) -> str:
    """Return a cell's MyST as plain Markdown.

    Raises:
        MarkupError: it has a role, a directive or other markup that has no plain form, or a reference to nothing.
    """
    shown = "\n".join(_render(block, page) for block in blocks(text))
    prose = re.sub(r"^```.*?^```$", "", shown, flags=re.MULTILINE | re.DOTALL)
    prose = re.sub(r"(`+)(?!`).+?(?<!`)\1(?!`)(?!\{)", "", prose, flags=re.DOTALL)
    for what, pattern in _RAW.items():
        if found := re.search(pattern, prose, re.MULTILINE):
            raise MarkupError(f"{what} has no plain form here: {found[0].strip()!r}")
    return shown


def labels(text: str) -> Iterator[str]:
    """Yield the labels of a text's equations, in order."""
    for block in blocks(text):
        if block.kind == "math" and block.title:
            yield block.title
        elif block.kind not in ("text", "code", "math"):
            yield from labels(block.body)


# -- blocks -------------------------------------------------------------------------------------


class Block(NamedTuple):
    """Whole lines of a text: "text", "code", "math" (its title is the label), or a directive by its name."""

    kind: str
    body: str
    title: str = ""
    options: Mapping[str, str] = {}


def blocks(text: str) -> Iterator[Block]:
    """Split a text into blocks; comments and the targets of links are left out."""
    lines, run, i = text.split("\n"), [], 0
    while i < len(lines):
        block, length = _block_at(lines, i)
        if block and run:
            yield Block("text", "\n".join(run))
            run = []
        if block:
            yield block
        elif not _UNSEEN.fullmatch(lines[i]):
            run.append(lines[i])
        i += length
    if run:
        yield Block("text", "\n".join(run))


def _block_at(lines: list[str], start: int) -> tuple[Block | None, int]:
    """Return the block that begins in a line, None for plain text, and its number of lines."""
    rest = "\n".join(lines[start:])
    if formula := _MATH.match(rest):
        return Block("math", formula["body"].strip(), formula["label"] or ""), formula[0].rstrip("\n").count("\n") + 1
    fence = _FENCE.fullmatch(lines[start])
    if not fence:
        return None, 1
    closing = re.compile(rf"{fence['mark'][0]}{{{len(fence['mark'])},}}\s*")
    for end in range(start + 1, len(lines)):
        if closing.fullmatch(lines[end]):
            break
    else:
        raise MarkupError(f"the fence {lines[start]!r} is not closed")
    length, inside = end + 1 - start, lines[start + 1 : end]
    if fence["name"] is None:
        if fence["mark"][0] == ":":
            raise MarkupError(f"the fence {lines[start]!r} names no directive")
        return Block("code", "\n".join(lines[start : end + 1])), length
    options = {}
    while inside and (option := _OPTION.fullmatch(inside[0])):
        options[option[1]] = option[2]
        inside = inside[1:]
    return Block(fence["name"], "\n".join(inside).strip("\n"), fence["title"].strip(), options), length


def _render(block: Block, page: Page, *, in_box: bool = False) -> str:
    kind, body, title, options = block
    if kind == "text":
        return _inline(body, page)
    if kind == "code":
        return body
    if kind == "math":
        tag = f" \\tag{{{page.equations[title]}}}" if title else ""
        # In a box each line begins with >, which Jupyter would take for a part of a formula of several lines.
        return f"$$ {' '.join(body.split())}{tag} $$" if in_box else f"$$\n{body}{tag}\n$$"
    if kind in ("figure", "image"):
        picture = f"![{options.get('alt', '')}]({page.attach(title)})"
        return f"{picture}\n\n*{_inline(body, page)}*" if body else picture
    if kind == "admonition":
        heading = title
    elif kind == "dropdown":
        heading, options = title, {"class": "dropdown"}
    elif kind == "answer":
        heading, options = "The answer", {"class": "dropdown"}
    elif kind in NAMED_BOXES:
        heading, body = kind.capitalize(), f"{title}\n{body}".strip("\n")
    else:
        raise MarkupError(f"the directive {{{kind}}} has no plain form")
    folded = "dropdown" in options.get("class", "").split()
    text = "\n".join(_render(part, page, in_box=not folded) for part in blocks(body)).strip("\n")
    heading = _inline(heading, page)
    if folded:  # the blank lines let Markdown begin and end in HTML
        return f"<details>\n<summary><b>{heading}</b></summary>\n\n{text}\n\n</details>"
    quoted = f"**{heading}**\n\n{text}".split("\n")
    return "\n".join(f"> {line}".rstrip() for line in quoted)


# -- in a line ----------------------------------------------------------------------------------


def _inline(text: str, page: Page) -> str:
    def replaced(found: re.Match[str]) -> str:
        if found["role"]:
            return _role(found["role"], " ".join(found["content"].split()), page)
        if found["image"]:
            return f"![{found['alt']}]({page.attach(found['image'])})"
        if found["link"]:
            return f"]({_address(found['link'], page)})"
        return found[0]

    return _INLINE.sub(replaced, text)


def _role(role: str, content: str, page: Page) -> str:
    titled = _TITLED.fullmatch(content)
    title, target = titled.groups() if titled else (content, content)
    match role:
        case "eq":
            return f"({_find(page.equations, content, 'equation')})"
        case "fig":
            return f"Figure {_find(page.figures, content, 'figure')}"
        case "cite:p":
            return f"({'; '.join(_citation(key.strip(), page) for key in content.split(','))})"
        case "cite:t":
            return ", ".join(_citation(key.strip(), page) for key in content.split(","))
        case "claim":
            return _claimed(content, page)
        case "measured":
            return _measured(content, page)
        case "move":
            return f"{title} (run `{_call(target, page)}`)"
        case "catch":
            name = _find(page.games, target, "exercise with a bug to catch on this page")
            return f"{title} (run `ex.{name}.catch(…)`, with arguments by name)"
        case "term" | "abbr":
            return title
        case "ref" | "doc":
            if not titled:
                raise MarkupError(f"{{{role}}} needs a text: {{{role}}}`the text <{content}>`")
            return f"[{title}]({_address(target, page)})"
    raise MarkupError(f"the role {{{role}}} has no plain form")


def _claimed(content: str, page: Page) -> str:
    """Return ✓ for `name`, and the value's text for `name.value` and `name.value:format`."""
    name, _, value = content.partition(".")
    if not value:
        return "✓"
    texts = _find(page.claims, name, "claim with numbers")
    plain_name = value.partition(":")[0]
    return texts[value] if value in texts else _find(texts, plain_name, f"number of the claim {name!r},")


def _measured(content: str, page: Page) -> str:
    found = _MEASURED.fullmatch(content)
    if not found:
        raise MarkupError(f"{{measured}} must be `study/row.column`, not {content!r}")
    return page.measured(found["study"], found["row"], found["column"])


def _citation(key: str, page: Page) -> str:
    """Return a link such as [Polyak 1964](…)."""
    entry = _find(page.references, key, "reference")
    names = [re.sub(r"[{}]", "", " ".join(person.last_names)) for person in entry.persons["author"]]
    who = f"{names[0]} et al." if len(names) > 2 else " and ".join(names)
    doi, url = entry.fields.get("doi"), entry.fields.get("url")
    where = f"https://doi.org/{quote(doi, safe='/')}" if doi else url or page.address("references")
    return f"[{who} {entry.fields['year']}]({where})"


def _call(target: str, page: Page) -> str:
    """Return the call that shows an experiment as a link sets it: race?rho=0.95&surface=saddle."""
    place, _, query = target.partition("?")
    name = _find(page.experiments, place, "experiment on this page")
    settings = ", ".join(f"{control}={_value(text)}" for control, text in parse_qsl(query, keep_blank_values=True))
    return f"explore.{name}({settings})"


def _value(text: str) -> str:
    """Return a value of an address as Python has it.

    >>> _value("0.95"), _value("1,-2"), _value("true"), _value("saddle")
    ('0.95', '(1, -2)', 'True', '"saddle"')
    """
    if text in ("true", "false"):
        return text.capitalize()
    if re.fullmatch(r"[-+.\de]+", text):
        return text
    return f"({text.replace(',', ', ')})" if re.fullmatch(r"[-+.\de,]+", text) else f'"{text}"'


def _address(target: str, page: Page) -> str:
    if re.match(r"[a-z]+:", target):  # an address of the web
        return target
    found = page.address(target)
    if found is None:
        raise MarkupError(f"the link to {target!r} leads to no page and no label of the book")
    return found


def _find(there: Mapping[str, Any], name: str, what: str) -> Any:
    if name not in there:
        near = difflib.get_close_matches(name, there, n=1)
        meant = f"; do you mean {near[0]!r}?" if near else ""
        raise MarkupError(f"there is no {what} {name!r}{meant}")
    return there[name]
