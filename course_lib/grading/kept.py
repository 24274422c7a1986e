"""What a folder of results keeps of its last run: which homework it is of, and the options; and that one run writes."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from course_lib.studies.stored import replace_files

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]

FILE = "run.json"


def read_last(out: Path) -> dict[str, Any]:
    """Return what is kept of the last run; nothing if there was none."""
    try:
        last = json.loads((out / FILE).read_text("utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return last if isinstance(last, dict) else {}


def write_last(out: Path, page: str, folder: Path, options: Mapping[str, object]) -> None:
    """Keep what this run is of."""
    kept = {"page": page, "folder": str(folder), **_places(out, folder), "options": dict(options)}
    replace_files({out / FILE: json.dumps(kept, indent=1)})


def check_same(out: Path, page: str, folder: Path) -> None:
    """Say so if the folder has the results of another homework; it may be moved together with its own.

    Raises:
        ValueError: another page, or another folder of submissions.
    """
    last = read_last(out)
    here = _places(out, folder)
    if last and (last.get("page") != page or all(last.get(key) != place for key, place in here.items())):
        before = f"{last.get('page')} in {last.get('folder')}"
        raise ValueError(f"{out} is of {before}, and this is {page} in {folder}: give another --out")


def differences(out: Path, options: Mapping[str, object]) -> list[str]:
    """Return a sentence for each option that changes the results and was another in the last run."""
    last = read_last(out).get("options", {})
    return [
        f"In the last run {name} was {_shown(last[name])}; now it is {_shown(value)}."
        for name, value in options.items()
        if name in last and last[name] != value
    ]


@contextlib.contextmanager
def alone(out: Path) -> Iterator[None]:
    """Lock a folder of results. The system takes the lock away from a run that was killed.

    Raises:
        ValueError: another run holds it.
    """
    if fcntl is None:
        yield
        return
    handle = os.open(out, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ValueError(f"another run is writing into {out}: wait for its end, or give another --out") from None
        except OSError:  # a file system without locks
            pass
        yield
    finally:
        os.close(handle)


def _places(out: Path, folder: Path) -> dict[str, str]:
    place, results = str(folder.resolve()), str(out.resolve())
    with contextlib.suppress(ValueError):  # another drive
        return {"place": place, "from_here": Path(os.path.relpath(place, results)).as_posix()}
    return {"place": place}


def _shown(value: object) -> str:
    return "given" if value is True else repr(value) if value else "not given"
