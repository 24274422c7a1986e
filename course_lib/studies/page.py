"""The book's page of measured tables: the head is written by hand and kept, the tables are made from the data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from .stored import dumps, loads, provenance, replace_files
from .study import Results

MARK = "<!-- from here on `course study --write` writes -->"


def setting(made: Mapping[str, str]) -> str:
    """Return the sentence on when and with what the tables were measured.

    >>> setting({"date": "2026-11-28", "Python": "3.11.7", "BLAS kernel": "Haswell"})
    'Measured on 2026-11-28 with Python 3.11.7, BLAS kernel Haswell; float32.'
    """
    others = ", ".join(f"{name} {value}" for name, value in made.items() if name != "date")
    return f"Measured on {made['date']} with {others}; float32."


def render(page: str, results: Mapping[str, Results]) -> str:
    """Return the text of a page with the tables of stored results below the mark.

    Raises:
        ValueError: the page lacks the mark, or the results were not measured in one run.
    """
    head, mark, _ = page.partition(MARK)
    if not mark:
        raise ValueError(f"the page must have the line {MARK}")
    made, *others = [one.made for one in results.values()]
    if any(other != made for other in others):
        raise ValueError("the results were not measured in one run: measure them all with `course study --write`")
    parts = [head.rstrip(), MARK, setting(made), *(one.table().markdown() for one in results.values())]
    return "\n\n".join(parts) + "\n"


def write(page: Path, folder: Path, results: Mapping[str, Results]) -> None:
    """Write the results of one run as JSON files, and the page made from them: all or nothing.

    Args:
        page: a Markdown file that has the mark.
        folder: where NAME.json is written for each study; files of other studies there are removed.
        results: a study's name → what was measured.

    Raises:
        OSError, ValueError: no such page, or one without the mark; nothing has been changed.
    """
    made = provenance()
    texts = {folder / f"{name}.json": dumps(name, replace(one, made=made)) for name, one in results.items()}
    stored = {name: loads(text, name, results[name].study) for name, text in zip(results, texts.values(), strict=True)}
    new_page = render(page.read_text("utf-8"), stored)
    folder.mkdir(parents=True, exist_ok=True)
    stale = set(folder.glob("*.json")) - set(texts)
    replace_files(texts | {page: new_page})
    for path in stale:
        path.unlink()
