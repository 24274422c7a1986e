"""The book's page of measured tables: what people write at its head stays, the tables below are written anew."""

from __future__ import annotations

import platform
from collections.abc import Iterable
from importlib.metadata import version
from pathlib import Path

from .table import Table

MARK = "<!-- from here on `course study --write` writes -->"


def setting() -> str:
    """Say with what the tables were measured: what the numbers depend on, and no machine.

    >>> setting().startswith("Measured with Python")
    True
    """
    others = ", ".join(f"{name} {version(package)}" for name, package in _PACKAGES.items())
    return f"Measured with Python {platform.python_version()}, {others}; float32."


_PACKAGES = {"NumPy": "numpy", "scikit-learn": "scikit-learn", "torch": "torch"}


def write(page: Path, tables: Iterable[Table]) -> None:
    """Write tables onto a page, below the mark.

    Args:
        page: a Markdown file that has the mark.
        tables: what is written there, in place of what was.

    Raises:
        OSError, ValueError: no such page, or one without the mark; it stays as it is.
    """
    head, mark, _ = page.read_text("utf-8").partition(MARK)
    if not mark:
        raise ValueError(f"{page} must have the line {MARK}")
    parts = [head.rstrip(), MARK, setting(), *(table.markdown() for table in tables)]
    page.write_text("\n\n".join(parts) + "\n", "utf-8")
