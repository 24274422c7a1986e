"""The roles `{claim}` and `{measured}`: numbers in the prose come from the run of this build, or from a stored study.

A claim's value is filled in; a claim without a value is a ✓ that leads to the line which its cell printed, and that
line leads back. `` {claim}`03_momentum/name.value` `` cites a claim of that chapter on another page: its number is the
chapter's (numbers.json), and its ✓ leads there. `` {measured}`study/row.column` `` is a study's number with its error,
and leads to the page *Measured*. It is a warning, and so ends a strict build, if a role names what is not there, if no
✓ cites a claim, or if a number is typed beside such a role although the run recorded it.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
from docutils import nodes
from jupyter_cache import get_cache
from sphinx.addnodes import pending_xref
from sphinx.application import Sphinx
from sphinx.transforms import SphinxTransform
from sphinx.util import logging
from sphinx.util.docutils import SphinxRole

from course_lib.studies import load, stored

from .numbers import Citation, Run, Value, fault_of, parse, path_of, read, recorded, rounded, text_of, uncited

log = logging.getLogger(__name__)

#: The page with the tables of all studies, beside the one that cites them.
MEASURED = "measured"
#: A number as it is typed: digits, perhaps in groups of three, perhaps with decimals; and what follows.
TYPED = re.compile(r"(?<![\w.,])(\d{1,3}(?:[,\u2009\u202f]\d{3})+(?!\d)|\d+)?(\.\d+)?(\s*%)?")


class link(nodes.reference):
    """A link within the book that says by `label` where it leads."""


def visit_link(translator: Any, node: link) -> None:
    """Write the link's beginning."""
    href = f"#{node['refid']}" if "refid" in node else node["refuri"]
    attributes = {"href": href, "title": node["label"], "aria-label": node["label"]}
    translator.body.append(translator.starttag(node, "a", "", **attributes))


def depart_link(translator: Any, node: link) -> None:
    """Write the link's end."""
    translator.body.append("</a>")


class ClaimRole(SphinxRole):
    """`` {claim}`name` ``, `` {claim}`name.value` `` or `` {claim}`name.value:format` ``, of this page or `page/`."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Return a place for the number or the ✓, which `Claims` fills in when the page's outputs are known."""
        page, _, rest = self.text.rpartition("/")
        try:
            if page:
                return [self._elsewhere(page, parse(rest))], []
            place = {"citation": parse(self.text)}
        except ValueError as error:
            place = {"fault": str(error)}
        return [nodes.inline("", f"{{claim}}`{self.text}`", classes=["claim-value"], **place)], []

    def _elsewhere(self, page: str, role: Citation) -> nodes.Node:
        """Return a number of another chapter, or the ✓ that leads to its measurement there."""
        path = path_of(page, Path(self.env.app.confdir))
        self.env.note_dependency(str(path))
        numbers = read(path)
        if role.name not in numbers:
            raise ValueError(f"{{claim}}`{self.text}`: {page} cites no value of a claim {role.name!r}")
        if role.value:
            return nodes.inline("", text_of(role, numbers), classes=["claim-value"])
        uri = f"{page}.html#claim-{role.name}"
        label = f"measured in chapter {page.partition('_')[0].lstrip('0')}"
        return link("", "✓", refuri=uri, label=label, classes=["claim-check"])


class MeasuredRole(SphinxRole):
    """`` {measured}`study/row.column` ``: a number of a stored study with its error; the column is as in its table."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """Return the number as a link to the study's table."""
        try:
            return [self._link()], []
        except (ValueError, FileNotFoundError) as error:
            role = f"{{measured}}`{self.text}`"
            return [nodes.inline("", role, fault=f"{role}: {error}")], []

    def _link(self) -> link:
        name, _, rest = self.text.partition("/")
        row, _, column = rest.rpartition(".")
        if not name or not row or not column:
            raise ValueError("it must be `study/row.column`")
        results = load(name)
        text = results.text(row, column)
        page = (Path(self.env.docname).parent / MEASURED).as_posix()
        if page not in self.env.found_docs:
            raise ValueError(f"the book has no page {page}")
        self.env.note_dependency(str(stored.FOLDER / f"{name}.json"))
        uri = self.env.app.builder.get_relative_uri(self.env.docname, page)
        label = f"{text}, measured over {results.seeds} seeds: {results.study.title}, {row}, {column}"
        return link(
            "",
            text.replace(" ± ", "\xa0±\xa0"),
            refuri=f"{uri}#{nodes.make_id(results.study.title)}",
            label=label,
            measured=f"{{measured}}`{self.text}`",
            classes=["measured-value"],
        )


class Claims(SphinxTransform):
    """Fill in the numbers of a page from its run, link sentences and measurements, and check both."""

    default_priority = 400

    def apply(self, **_: Any) -> None:
        """Change the page that was just read."""
        runs = self._runs()
        for node in self.document.findall(nodes.inline):
            if "fault" in node:
                self._warn(node, node["fault"])
        roles = [node for node in self.document.findall(nodes.inline) if "citation" in node]
        measured = [node for node in self.document.findall(link) if "measured" in node]
        blocks = dict.fromkeys(_block(node) for node in [*roles, *measured])  # each once, in order
        self._fill_in(roles, runs)
        known: list[tuple[Citation | str, Value]] = [(node["measured"], node.astext()) for node in measured]
        for run in runs.values():
            known += [(Citation(run.claim.name, key), value) for key, value in run.claim.values.items()]
        for block in blocks:
            self._check_typed(block, known)

    def _runs(self) -> dict[str, Run]:
        """Return the claims of this page's run by name."""
        self.cells = self._run_cells()
        runs: dict[str, Run] = {}
        for run in recorded({"cells": self.cells}):
            if runs.setdefault(run.claim.name, run) is not run:
                self._warn(run.cell, f"two claims have the name {run.claim.name!r}: rename one")
        return runs

    def _fill_in(self, roles: list[nodes.inline], runs: dict[str, Run]) -> None:
        """Fill in the numbers and the ✓, and link each ✓ with what its cell printed."""
        claims = {name: run.claim.values for name, run in runs.items()}
        checked = set()
        for node in roles:
            role: Citation = node["citation"]
            fault = fault_of(role, claims)
            if not fault and role.value:
                try:
                    node[:] = [nodes.Text(rounded(claims[role.name][role.value], role.form))]
                except ValueError as error:
                    fault = str(error)
            elif not fault:
                words = f"measured in this run: {runs[role.name].claim.words}"
                ids = [] if role.name in checked else [f"cites-{role.name}"]
                checked.add(role.name)
                check = link("", "✓", refid=f"claim-{role.name}", label=words, ids=ids, classes=["claim-check"])
                node.parent.replace(node, check)
            if fault:
                self._warn(node, f"{role}: {fault}")
        for name, run in runs.items():
            if name not in checked:
                self._warn(run.cell, uncited(name))
            elif not self._anchor(run):
                self._warn(run.cell, f"the page does not show the line of {name!r}: show the cell's output")

    def _run_cells(self) -> list[dict[str, Any]]:
        """Return the cells of this page's run; none, if it has no code."""
        if not any(node.get("nb_element") == "cell_code" for node in self.document.findall(nodes.container)):
            return []
        path = Path(self.env.mystnb_config.output_folder) / f"{self.env.docname}.ipynb"
        notebook = nbformat.read(path, as_version=4)
        with contextlib.suppress(KeyError):  # MyST-NB writes what it ran, but not what it found in its cache
            _, notebook = get_cache(self.env.mystnb_config.execution_cache_path).merge_match_into_notebook(notebook)
            nbformat.write(notebook, path)
        return notebook["cells"]

    def _anchor(self, run: Run) -> bool:
        """Make the line that a claim printed the target of its ✓, with a link back; return whether the page has it."""
        for cell in self.document.findall(nodes.container):
            if cell.get("nb_element") == "cell_code" and cell["cell_index"] == run.cell:
                for line in cell.findall(nodes.literal_block):
                    if line.astext().rstrip("\n") == str(run.claim):
                        name = run.claim.name
                        back = link("", "↩", refid=f"cites-{name}", label="back to the sentence that cites this")
                        shown = nodes.paragraph("", f"{run.claim} ", back, ids=[f"claim-{name}"], classes=["claim"])
                        line.parent.replace(line, shown)
                        return True
        return False

    def _check_typed(self, block: nodes.Element, known: list[tuple[Citation | str, Value]]) -> None:
        """Warn of numbers that are typed although they are on record."""
        for typed in typed_numbers(prose(block)):
            for source, value in known:
                form = told_by(typed, value)
                if form is not None:
                    role = source._replace(form=form) if isinstance(source, Citation) else source
                    self._warn(block, f"{typed.strip()} is typed by hand, and measured: write {role}")
                    break

    def _warn(self, where: nodes.Element | int, message: str) -> None:
        """Warn of something in a paragraph, which is quoted, or in the cell of that index."""
        cell, line = where, None
        if not isinstance(where, int):
            block = node = _block(where)
            while node.line is None and node.parent is not None:
                node = node.parent
            # MyST-NB numbers the lines of a notebook's cells from 10,000 times the cell's number.
            cell, line = (node.line or 0) // 10_000 - 1, node.line
            message = f"in the paragraph “{' '.join(block.astext().split()[:8])} …”: {message}"
        if 0 <= cell < len(self.cells):
            message, line = f"in the cell {self.cells[cell].get('id', cell + 1)!r}: {message}", None
        log.warning("%s", message, location=(self.env.docname, line), type="claims")


def _block(node: nodes.Element) -> nodes.Element:
    """Return the paragraph that a node is in, or what else holds the text: a table's cell, a title."""
    while isinstance(node, nodes.Inline):
        node = node.parent
    return node


def prose(block: nodes.Element) -> str:
    """Return a paragraph's typed words: no roles, no code, no keys of citations, and formulas only if bare numbers."""
    return "".join(_words(block))


def _words(node: nodes.Node) -> Iterator[str]:
    if isinstance(node, nodes.math):
        text = re.sub(r"\\(times|,|;|%)", lambda found: " %"[found[1] == "%"], node.astext().replace("{,}", ","))
        yield text if not re.search(r"[^\W\d_]|[=<>\\]", text) else " "
    elif isinstance(node, nodes.Text):
        yield str(node)
    elif "citation" in node or "fault" in node or isinstance(node, (link, nodes.literal, nodes.raw, pending_xref)):
        yield " "
    else:
        for child in node.children:
            yield from _words(child)


def typed_numbers(text: str) -> list[str]:
    """Return the decimal numbers in a text, and the integers above 10.

    >>> typed_numbers("In 3 steps of 0.1 from 1,437 to .5 or 37 %, on CS231n of 12.")
    ['0.1', '1,437', '.5', '37 %', '12']
    """
    found = [match for match in TYPED.finditer(text) if match[1] or match[2]]
    return [match[0] for match in found if match[2] or _number(match[1]) > 10]


def told_by(typed: str, value: Value) -> str | None:
    """Return the format in which a recorded value is the typed number; None, if it is another number.

    >>> told_by("5.9", 5.906), told_by("37 %", 0.372), told_by("5.91", 5.906), told_by("5.8", 5.906)
    ('.1f', '.0%', '', None)
    """
    if isinstance(value, str):  # a text that may hold the number
        held = [float(re.sub(r"[^\d.]", "", number)) for number in typed_numbers(value)]
        return "" if any(told_by(typed, number) is not None for number in held) else None
    digits = re.sub(r"[^\d.]", "", typed)
    places = len(digits.partition(".")[2])
    percent = "%" in typed
    forms = [f".{places}%", f".{places}f"] if percent else [f".{places}f"]
    for form in forms:
        as_rounded = format(abs(value), form).removesuffix("%")
        if float(as_rounded) == float(digits) != 0:
            plain = rounded(abs(value)).replace(",", "") == digits and not form.endswith("%")
            return "" if plain else f",{form}" if "," in typed else form
    return None


def _number(digits: str) -> float:
    return float(re.sub(r"\D", "", digits))


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the roles, and what fills them in."""
    app.add_node(link, html=(visit_link, depart_link))
    app.add_role("claim", ClaimRole())
    app.add_role("measured", MeasuredRole())
    app.add_transform(Claims)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
