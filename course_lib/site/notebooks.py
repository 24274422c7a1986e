"""Notebooks are committed clean: outputs only in cells whose output a test compares."""

import json
import os
import re
from pathlib import Path

from .repository import find_root

COMPARED = "nbval-check-output"
KERNEL = {"display_name": "Python 3", "language": "python", "name": "python3"}


def tags_of(cell: dict) -> list[str]:
    """Return a cell's tags."""
    return cell["metadata"].get("tags", [])


def is_compared(cell: dict) -> bool:
    """Return whether a test compares this cell's output with the stored one."""
    return COMPARED in tags_of(cell) or "NBVAL_CHECK_OUTPUT" in "".join(cell["source"])


def clean(notebook: dict) -> dict:
    """Return the notebook without the traces of a run, except compared outputs."""
    cells = []
    for cell in notebook["cells"]:
        kept = {name: cell["metadata"][name] for name in ("tags", "mystnb") if cell["metadata"].get(name)}
        cell = cell | {"metadata": kept}
        if cell["cell_type"] == "code":
            cell |= {"execution_count": None, "outputs": cell["outputs"] if is_compared(cell) else []}
            for output in cell["outputs"]:
                if "execution_count" in output:
                    output["execution_count"] = None
        cells.append(cell)
    metadata = {"kernelspec": KERNEL, "language_info": {"name": "python"}}
    metadata |= {
        name: notebook["metadata"][name] for name in ("kind", "myst", "mystnb") if name in notebook["metadata"]
    }
    return {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}


def dumps(notebook: dict) -> str:
    """Return the canonical text of a notebook, in which changing a word changes a line."""
    return json.dumps(notebook, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def problems(text: str) -> list[str]:
    """List what must be fixed before a notebook's text is committed."""
    notebook = json.loads(text)
    found = []
    for number, cell in enumerate(notebook["cells"]):
        if cell["cell_type"] != "code":
            continue
        if is_compared(cell) and not cell["outputs"]:
            found.append(f"cell {number} is tagged to be compared and has no output")
        if not is_compared(cell) and cell["outputs"]:
            found.append(f"cell {number} has an output that no test compares")
        if "raises-exception" in tags_of(cell) and not is_compared(cell):
            found.append(f"cell {number}: raises-exception also passes if nothing is raised; tag it {COMPARED} as well")
        if re.search(r"/(home|Users|tmp|root)/\w", json.dumps(cell["outputs"])):
            found.append(f"cell {number}: its output contains a path of somebody's machine")
    if not found and dumps(clean(notebook)) != text:
        found.append("it has traces of a run or an editor (counts, metadata, order of keys)")
    return found


def chapters() -> list[Path]:
    """Return the book's notebooks, relative to the current folder.

    Raises:
        ValueError: the current folder is not in the book's repository.
        FileNotFoundError: the book has no notebook.
    """
    root = find_root(Path.cwd())
    found = sorted((root / "book").glob("*.ipynb"))
    if not found:
        raise FileNotFoundError(f"no notebook in {root / 'book'}")
    return [Path(os.path.relpath(path)) for path in found]


def read(path: Path) -> str:
    """Return a notebook's text.

    Raises:
        ValueError: the file is not a notebook.
    """
    try:
        text = path.read_text(encoding="utf-8")
        json.loads(text)["cells"]
    except (ValueError, KeyError, TypeError):
        raise ValueError(f"{path} is not a notebook") from None
    return text
