"""What a reader has done so far: in this session, and in the file `.progress.json` of the current folder.

Nothing is written where there is no such file. To forget nothing, make it (`course work` does); to keep nothing, delete
it. It never leaves the machine.
"""

from __future__ import annotations

import contextlib
import json
import os
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from .result import Status

NAME = ".progress.json"


@dataclass
class Progress:
    """How far the reader is with an exercise."""

    status: Status = Status.NOT_ATTEMPTED
    checks: int = 0
    hints: int = 0
    asked: bool = False
    solution: bool = False
    caught: list[str] = field(default_factory=list)  # names of wrong versions


def recall(page: str, name: str, default: Progress) -> Progress:
    """Return what the file has about an exercise; without a file, or if it says nothing valid, the default."""
    entry = _exercises(_read(), page).get(name)
    try:
        kept = Progress(**(entry | {"status": Status(entry["status"])}))
    except (TypeError, KeyError, ValueError):
        return default
    valid = all(type(getattr(kept, one.name)) is type(getattr(default, one.name)) for one in fields(Progress))
    return kept if valid else default


def remember(page: str, name: str, progress: Progress) -> None:
    """Write an exercise's progress into the file, if there is one; a check never fails for the sake of it."""
    book = _read()
    if book is None:
        return
    _exercises(book, page)[name] = asdict(progress)
    draft = Path(f"{NAME}.{os.getpid()}")
    with contextlib.suppress(OSError):
        draft.write_text(json.dumps(book, indent=1) + "\n", "utf-8")
        os.replace(draft, NAME)


def _read() -> dict[str, Any] | None:
    """Return the file's content, empty if it is damaged; None if there is no file."""
    try:
        book = json.loads(Path(NAME).read_text("utf-8"))
    except OSError:
        return None
    except ValueError:
        return {}
    return book if isinstance(book, dict) else {}


def _exercises(book: dict[str, Any] | None, page: str) -> dict[str, Any]:
    """Return the part of the file with a page's exercises; make it if it is missing."""
    part: Any = {} if book is None else book
    for key in (page, "exercises"):
        if not isinstance(part.get(key), dict):
            part[key] = {}
        part = part[key]
    return part
