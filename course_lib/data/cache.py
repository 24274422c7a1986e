"""The cache of data sets between runs: a folder of the user, and NumPy's npz files without pickle."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import BinaryIO

import numpy as np


def cache_folder() -> Path:
    """Return the user's folder for data that can be made or fetched again; the variable DESCENT_CACHE overrides it.

    >>> cache_folder().name
    'descent'
    """
    if os.environ.get("DESCENT_CACHE"):
        return Path(os.environ["DESCENT_CACHE"]).expanduser() / "descent"
    if sys.platform == "win32":
        home = os.environ.get("LOCALAPPDATA", Path.home() / "AppData" / "Local")
    elif sys.platform == "darwin":
        home = Path.home() / "Library" / "Caches"
    else:
        home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "descent"


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """Open a new file that replaces `path` only once it is complete: nobody ever reads half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
        os.replace(name, path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def save_arrays(path: Path, arrays: Mapping[str, np.ndarray]) -> None:
    """Save arrays to a file. A folder that cannot be written is no error: the arrays are made again next time."""
    with contextlib.suppress(OSError), replacing(path) as file:
        np.savez_compressed(file, **arrays)


def load_arrays(path: Path, names: tuple[str, ...]) -> dict[str, np.ndarray] | None:
    """Load arrays; return None if there is no such file, or it is damaged."""
    damage = (ValueError, KeyError, EOFError, RuntimeError, MemoryError, zipfile.BadZipFile, zlib.error)
    try:
        # Opened here, because NumPy leaves a damaged file open.
        with path.open("rb") as file:
            arrays = np.load(file, allow_pickle=False)
            return {name: arrays[name] for name in names} if isinstance(arrays, np.lib.npyio.NpzFile) else None
    except (OSError, *damage):
        return None
