"""The book's page of measured tables: the head is written by hand and kept, the tables are made from the data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from .stored import dumps, loads, provenance, replace_files
from .study import Results

MARK = "<!-- from here on `course study --write` writes -->"
NONE: Mapping[str, Results] = {}


def setting(made: Mapping[str, str]) -> str:
    """Return the sentence on when and with what the tables were measured.

    >>> setting({"date": "2026-11-28", "Python": "3.11.7", "BLAS kernel": "Haswell"})
    'Measured on 2026-11-28 with Python 3.11.7, BLAS kernel Haswell; float32.'
    """
    others = ", ".join(f"{name} {value}" for name, value in made.items() if name != "date")
    return f"Measured on {made['date']} with {others}; float32."


def render(page: str, results: Mapping[str, Results]) -> str:
    """Return the text of a page with the tables of stored results below the mark.

    Most are measured in one run, whose date and versions stand above the tables; below a table that was measured in
    another run stand its own. A study with a page of its own is left out.

    Raises:
        ValueError: the page lacks the mark.
    """
    head, mark, _ = page.partition(MARK)
    if not mark:
        raise ValueError(f"the page must have the line {MARK}")
    made = next(iter(results.values())).made
    parts = [head.rstrip(), MARK, setting(made)]
    for one in (one for one in results.values() if one.study.own_table is None):
        parts += [one.table().markdown(), *([setting(one.made)] if one.made != made else [])]
    return "\n\n".join(parts) + "\n"


def write(page: Path, folder: Path, results: Mapping[str, Results], others: Mapping[str, Results] = NONE) -> None:
    """Write the results of one run as JSON files, and the page made from them: all or nothing.

    Args:
        page: a Markdown file that has the mark.
        folder: where NAME.json is written for each study; files of studies that are not on the page are removed.
        results: a study's name → what was measured.
        others: a study's name → what was stored before and stays, in the page's order; it may name `results`, too.

    Raises:
        OSError, ValueError: no such page, or one without the mark; nothing has been changed.
    """
    made = provenance()
    texts = {folder / f"{name}.json": dumps(name, replace(one, made=made)) for name, one in results.items()}
    stored = {name: loads(text, name, results[name].study) for name, text in zip(results, texts.values(), strict=True)}
    shown = {**others, **stored}
    new_page = render(page.read_text("utf-8"), shown)
    folder.mkdir(parents=True, exist_ok=True)
    stale = set(folder.glob("*.json")) - {folder / f"{name}.json" for name in shown}
    replace_files(texts | {page: new_page})
    for path in stale:
        path.unlink()
