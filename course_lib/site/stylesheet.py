"""One style sheet of many: merged, and without the rules that no page can need.

The theme brings some 500 KB of rules; a page of this book needs a tenth of them.
"""

import posixpath
import re
from collections.abc import Callable, Iterable
from pathlib import Path

import tinycss2
from tinycss2 import ast

#: Rules that hold rules.
NESTED = {"media", "supports", "layer", "container"}
VARIABLE = re.compile(r"var\(\s*(--[\w-]+)")
ADDRESS = re.compile(r"""(?<!@import )url\(\s*(["']?)(?!data:|https?:|#)([^"')]+)\1\s*\)""")
FACE = re.compile(r"@font-face\{[^}]*?font-family:\s*[\"']?([^\"';}]+)[^}]*\}")
IMPORT = re.compile(r"""@import\s+(?:url\()?["']([^"']+)["']\)?\s*;""")


def merge(sheets: Iterable[Path], folder: Path) -> str:
    """Return the text of style sheets in their order, imports included, with addresses relative to `folder`.

    Raises:
        FileNotFoundError: there is no such sheet, or none that it imports.
    """
    return "\n".join(_read(sheet, folder) for sheet in sheets)


def _read(sheet: Path, folder: Path) -> str:
    here = posixpath.relpath(sheet.parent.resolve().as_posix(), folder.resolve().as_posix())
    text = sheet.read_text(encoding="utf-8")
    text = ADDRESS.sub(lambda found: f"url({posixpath.normpath(posixpath.join(here, found[2]))})", text)
    return IMPORT.sub(lambda found: _read(sheet.parent / found[1], folder), text)


def words(pages: Iterable[str], scripts: Iterable[str]) -> set[str]:
    """Return every word in the tags of pages, and every word of scripts: all names that an element can have."""
    found: set[str] = set()
    for page in pages:
        for tag in set(re.findall(r"<[a-zA-Z][^>]*>", page)):
            found.update(re.findall(r"[\w-]+", tag))
    for script in scripts:
        found.update(re.findall(r"[\w-]+", script))
    return found


def trim(text: str, known: set[str], without: Iterable[str] = ()) -> str:
    """Return a style sheet without selectors that need a class, id or element that is not among the known words.

    Nor those that need `:has`: with such a rule each change of a page has the ancestors of what changes styled anew,
    and a chapter has thousands of elements. Then without custom properties that nothing uses, and without fonts of
    families that no rule names.

    Args:
        text: the style sheet.
        known: the names that elements have, as `words` finds them.
        without: beginnings of the names of font families to leave out.

    >>> trim(".a, .b { color: red } @media print { .b { margin: 0 } } .a:not(.b) { --x: 1px }", {"a"})
    '.a{color:red}.a:not(.b){}'
    >>> trim(".a:has(.b), :is(.a:has(.b)) { color: red }", {"a", "b"})
    ''
    """

    def met(selector: list[ast.Node]) -> bool:
        return not _has(selector) and all(name in known for name in _needs(selector))

    rules = _rules(text)
    before, kept = "", _write(rules, met)
    while before != kept:  # a property may be used by one that is not used itself
        before, used = kept, {*VARIABLE.findall(kept), *known}
        kept = _write(rules, met, used.__contains__)
    rest = FACE.sub("", kept)
    return FACE.sub(lambda face: face[0] if face[1] in rest and not face[1].startswith(tuple(without)) else "", kept)


def refuse_has(text: str) -> None:
    """Stop at a rule of the book's own that `trim` would leave out without a word.

    Args:
        text: a style sheet that somebody of this book has written.

    Raises:
        ValueError: a selector needs `:has`.

    >>> refuse_has(".a:has(.b) { color: red }")
    Traceback (most recent call last):
        ...
    ValueError: the site leaves out rules with :has, so write this one without: .a:has(.b)
    """

    def passes(selector: list[ast.Node]) -> bool:
        if _has(selector):
            raise ValueError(f"the site leaves out rules with :has, so write this one without: {_text(selector)}")
        return True

    _write(_rules(text), passes)


def _has(tokens: list[ast.Node]) -> bool:
    functions = [token for token in tokens if isinstance(token, ast.FunctionBlock)]
    return any(function.lower_name == "has" or _has(function.arguments) for function in functions)


def _needs(selector: list[ast.Node]) -> Iterable[str]:
    """Yield the classes, ids and elements that a selector needs, none from inside `:is(…)`, `:not(…)` and the like."""
    before = None
    for token in selector:
        if isinstance(token, ast.HashToken):
            yield token.value
        elif isinstance(token, ast.IdentToken) and (before is None or before.type != "literal" or before.value == "."):
            yield token.value if before is not None and before.value == "." else token.value.lower()
        elif isinstance(token, ast.IdentToken) and before.value in {">", "+", "~"}:
            yield token.value.lower()
        before = None if isinstance(token, ast.WhitespaceToken) else token


def _rules(text: str) -> list[ast.Node]:
    return tinycss2.parse_stylesheet(text, skip_comments=True, skip_whitespace=True)


def _write(
    rules: list[ast.Node],
    is_kept: Callable[[list[ast.Node]], bool],
    is_used: Callable[[str], bool] = lambda _: True,
) -> str:
    """Return the text of rules, of each only the selectors and custom properties to keep, in short form."""
    parts = []
    for rule in rules:
        if isinstance(rule, ast.QualifiedRule):
            selectors = [one for one in _split(rule.prelude) if is_kept(one)]
            if selectors:
                head = ",".join(_text(one, selector=True) for one in selectors)
                parts.append(f"{head}{{{_declarations(rule.content, is_used)}}}")
        elif isinstance(rule, ast.AtRule) and rule.lower_at_keyword in NESTED and rule.content is not None:
            inner = _write(
                tinycss2.parse_rule_list(rule.content, skip_comments=True, skip_whitespace=True), is_kept, is_used
            )
            if inner:
                parts.append(f"@{rule.at_keyword}{_text(rule.prelude, selector=True, lead=' ')}{{{inner}}}")
        elif isinstance(rule, ast.AtRule) and rule.content is not None:
            body = (
                _declarations(rule.content, is_used)
                if rule.lower_at_keyword in {"font-face", "page", "property"}
                else None
            )
            body = tinycss2.serialize(rule.content) if body is None else body
            parts.append(f"@{rule.at_keyword}{_text(rule.prelude, selector=True, lead=' ')}{{{body}}}")
        elif isinstance(rule, ast.AtRule) and rule.lower_at_keyword != "charset":
            parts.append(rule.serialize())
        elif isinstance(rule, ast.ParseError):
            raise ValueError(f"a style sheet cannot be read: line {rule.source_line}: {rule.message}")
    return "".join(parts)


def _split(prelude: list[ast.Node]) -> list[list[ast.Node]]:
    """Return the selectors of a rule, split at its commas."""
    found: list[list[ast.Node]] = [[]]
    for token in prelude:
        if isinstance(token, ast.LiteralToken) and token.value == ",":
            found.append([])
        elif not isinstance(token, ast.Comment):
            found[-1].append(token)
    return found


def _text(tokens: list[ast.Node], selector: bool = False, lead: str = "") -> str:
    text = re.sub(r"\s+", " ", tinycss2.serialize(tokens)).strip()
    if selector:
        text = re.sub(r" ?([>,~]) ?", r"\1", text)
    return lead + text if text else ""


def _declarations(content: list[ast.Node], is_used: Callable[[str], bool]) -> str:
    """Return the declarations of a rule in short form; all of one that is repeated, as browsers differ."""
    parts = []
    for node in tinycss2.parse_blocks_contents(content, skip_comments=True, skip_whitespace=True):
        if isinstance(node, ast.Declaration) and node.name.startswith("--") and not is_used(node.name):
            continue
        if isinstance(node, ast.Declaration):
            important = "!important" if node.important else ""
            parts.append(f"{node.name}:{_text(node.value)}{important}")
        elif isinstance(node, ast.ParseError):
            continue  # browsers skip what they cannot read, too
        else:
            parts.append(node.serialize())
    return ";".join(parts)
