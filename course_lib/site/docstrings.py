"""Parse docstrings.

All have one form: a sentence; paragraphs, and formulas, which are indented or end without a full stop; `Args:`;
doctests; `Source:`.
"""

from __future__ import annotations

import inspect
import re
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

SECTION = re.compile(r"(Args|Attributes|Raises|Returns|Source):")
FORMULA = re.compile(r"[←→=≈~√∇‖Σ]")
END = re.compile(r"[.:?]\)?\s*$")
ITEM = re.compile(r"\n(?=\d\. )")
LEADS = re.compile(r"[^;,] $")  # a paragraph that leads to an indented formula


@dataclass(frozen=True)
class Doc:
    """The parts of a docstring; a missing part is empty."""

    sentence: str
    formula: tuple[str, ...]  # lines
    prose: tuple[str, ...]  # paragraphs, lists line by line; one that begins with a space is a formula
    args: dict[str, str]
    attributes: dict[str, str]
    returns: str
    example: str
    source: str


def read_doc(obj: Any) -> Doc:
    """Parse an object's docstring.

    Raises:
        ValueError: there is none, or it does not begin with a sentence.

    >>> from course_lib.optim import SGD
    >>> read_doc(SGD).formula
    ('x ← x − α ∇f(x)',)
    """
    parts = re.split(r"\n\s*\n", inspect.cleandoc(obj.__doc__ or ""))
    sentence = _line(parts[0])
    if not re.fullmatch(r"[A-Z].*[.:?]\)?", sentence):
        raise ValueError(f"{obj.__name__}: its docstring must begin with a sentence, not {sentence[:60]!r}")
    formulas: list[str] = []
    prose: list[str] = []
    sections: dict[str, str] = {}
    examples: list[str] = []
    for part, after in pairwise([*parts[1:], ""]):
        if found := SECTION.match(part):
            sections[found[1]] = part[found.end() :]
        elif part.startswith(">>>"):
            examples.append(part)
        elif part[0] == " " or (FORMULA.search(part) and not END.search(part) and not LEADS.search(part + after[:1])):
            lines = [line.strip() for line in part.splitlines()]
            if prose:
                prose.append(" " + "\n".join(lines))
            else:
                formulas += lines
        else:
            prose.append("\n".join(_line(item) for item in ITEM.split(part)))
    return Doc(
        sentence,
        tuple(formulas),
        tuple(prose),
        _args(sections.get("Args", "")),
        _args(sections.get("Attributes", "")),
        _line(sections.get("Returns", "")),
        "\n\n".join(examples),
        _line(sections.get("Source", "")),
    )


def _line(text: str) -> str:
    return " ".join(text.split())


def _args(text: str) -> dict[str, str]:
    """Read entries `name: text`, whose text continues in lines that are indented further."""
    found: dict[str, str] = {}
    for name, description in re.findall(r"^    (\*{0,2}\w[\w, ]*): (.*(?:\n {5,}.*)*)", text, re.MULTILINE):
        found[name] = _line(description)
    return found
