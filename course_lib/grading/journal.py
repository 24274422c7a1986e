"""What has been graded, a line for each notebook: a run that was killed goes on from there."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from .rows import Row


class Journal:
    """The file `journal.jsonl`. A line that was cut off when the power went is passed over.

    Args:
        path: the file; it need not be there.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.rows: dict[str, list[Row]] = {}
        for line in path.read_bytes().splitlines() if path.exists() else ():
            try:
                entry: dict[str, Any] = json.loads(line)
                self.rows[entry["key"]] = [Row.from_dict(row) for row in entry["rows"]]
            except (ValueError, KeyError, TypeError):
                continue

    def add(self, key: str, rows: Sequence[Row]) -> None:
        """Write the rows of a notebook; when this returns they are on the disk."""
        line = json.dumps({"key": key, "rows": [row.to_dict() for row in rows]}).encode()
        with open(self.path, "ab+") as file:
            if file.tell():
                file.seek(-1, os.SEEK_END)
                if file.read(1) != b"\n":  # after a torn line
                    file.write(b"\n")
            file.write(line + b"\n")
            file.flush()
            os.fsync(file.fileno())
        self.rows[key] = list(rows)
