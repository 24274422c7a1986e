"""Download a published file once: complete, checked, and resumed after an interruption."""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import os
import re
import ssl
import sys
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from course_lib.progress import NoBar, progress_bar
from course_lib.validation import check_count, check_number

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None

PIECE = 1 << 18  # bytes read at a time
BROKEN = (urllib.error.URLError, http.client.HTTPException, ConnectionError, TimeoutError, ssl.SSLError)


def fetch(
    url: str,
    file: str | Path,
    *,
    most_bytes: int,
    sha256: str | None = None,
    md5: str | None = None,
    progress: bool = True,
    timeout: float = 30,
) -> Path:
    """Download a file, unless it is there; under its name it is always complete and correct.

    The part of an interrupted download is kept beside it, as `.NAME.part`, and the next call resumes from there. Of
    several processes that want it at once one downloads it, and the others wait.

    Args:
        url: http or https.
        file: path of the file, which is looked for first. An old file stays until the new one is complete.
        most_bytes: limit of the file's size.
        sha256: its checksum in hexadecimal, or at least the first 8 digits, as file names publish them.
        md5: instead of sha256, the full checksum of an older publication.
        progress: whether to show the progress (with tqdm, if installed).
        timeout: seconds without a byte before giving up.

    Returns:
        The file's path.

    Raises:
        ConnectionError: the download failed or broke off; the message explains what to do offline.
        ValueError: a file that is too large or has another checksum; it is not kept.

    >>> import tempfile
    >>> here = Path(tempfile.mkdtemp()) / "hello.txt"
    >>> here.write_bytes(b"hello")
    5
    >>> fetch("https://example.org/hello.txt", here, most_bytes=9, sha256="2cf24dba").name  # nothing to fetch
    'hello.txt'

    Source: Fielding, Nottingham and Reschke, HTTP semantics (RFC 9110), 2022: range requests.
    """
    if not isinstance(url, str) or urllib.parse.urlsplit(url).scheme not in ("http", "https"):
        raise ValueError(f"url must begin with http:// or https://, not {url!r}")
    check_count("most_bytes", most_bytes)
    check_number("timeout", timeout)
    kind, expected = _expected(sha256, md5)
    file = Path(file)
    if file.is_dir():
        raise ValueError(f"file must name a file, and {file} is a folder")
    part = file.with_name(f".{file.name}.part")

    def done() -> bool:
        return file.is_file() and _checksum(file, kind).startswith(expected)

    if done():
        return file
    file.parent.mkdir(parents=True, exist_ok=True)
    with _alone_in(file.parent):
        while not done():
            try:
                resumed = _append(url, part, most_bytes, progress and file.name, timeout)
            except ValueError:
                part.unlink(missing_ok=True)
                raise
            except BROKEN as error:
                raise ConnectionError(
                    f"{file.name} could not be fetched from {url} ({getattr(error, 'reason', None) or error}). "
                    f"{'What arrived is kept: call again to resume. ' if _size(part) else ''}"
                    f"{'The existing file has another checksum. ' if file.is_file() else ''}"
                    f"Offline: fetch it elsewhere, and put it at {file}"
                ) from error
            found = _checksum(part, kind)
            if found.startswith(expected):
                os.replace(part, file)
            else:
                part.unlink()
                if not resumed:  # if resumed, the part may have been an old one's: once more, from the start
                    raise ValueError(f"{url} has the {kind} checksum {found}, not {expected}; nothing of it is kept")
    return file


@contextlib.contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Lock the folder, so that of several processes one downloads and the others then find the file.

    Windows locks no folder, nor do some network drives; there, what several fetch at once may fail.
    """
    handle = os.open(folder, os.O_RDONLY) if fcntl else None
    try:
        if handle is not None:
            with contextlib.suppress(OSError):
                fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        if handle is not None:
            os.close(handle)  # and the lock is gone, as it is when a process dies


def _append(url: str, part: Path, most_bytes: int, name: str | bool, timeout: float) -> bool:
    """Download the missing bytes of `part`; return whether an earlier part was resumed."""
    start = _size(part)
    headers = {"User-Agent": "course-lib"} | ({"Range": f"bytes={start}-"} if start else {})
    try:
        answer = urllib.request.urlopen(urllib.request.Request(url, headers=headers), timeout=timeout)
    except urllib.error.HTTPError as error:
        error.close()
        if start and error.code == http.HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            return True  # nothing is missing
        raise ConnectionError(f"HTTP status {error.code}, {error.reason}") from None
    with answer:
        if answer.status != http.HTTPStatus.PARTIAL_CONTENT:
            start = 0  # the server sends all of it, whatever the range
        elif not re.match(rf"bytes {start}-\d", answer.headers.get("Content-Range", "")):
            raise ValueError(f"{url} did not send its bytes from {start} on, but others")
        done, total = start, 0
        if answer.headers.get("Content-Length"):
            total = start + int(answer.headers["Content-Length"])
        if total > most_bytes:
            raise ValueError(f"{url} has {total} bytes; at most {most_bytes} are accepted")
        bar = progress_bar(
            bool(name), total or None, "B", instead=_Line(name, start, total), initial=start, desc=name, unit_scale=True
        )
        with open(part, "ab") as file, bar:
            file.truncate(start)
            while piece := answer.read(PIECE):
                done += len(piece)
                if done > most_bytes:
                    raise ValueError(f"{url} has more than the {most_bytes} bytes that are accepted")
                file.write(piece)
                bar.update(len(piece))
            if done < total:
                raise ConnectionError(f"the connection broke off after {done} of {total} bytes")
    return start > 0


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _expected(sha256: str | None, md5: str | None) -> tuple[str, str]:
    """Return the kind of checksum and its digits."""
    if (sha256 is None) == (md5 is None):
        raise TypeError("either sha256 or md5 must be given")
    kind, digits = ("md5", md5) if sha256 is None else ("sha256", sha256)
    least, most = (32, 32) if kind == "md5" else (8, 64)
    if not isinstance(digits, str) or not re.fullmatch(rf"[0-9a-fA-F]{{{least},{most}}}", digits):
        count = f"{most}" if least == most else f"{least} to {most}"
        raise ValueError(f"{kind} must be {count} hexadecimal digits, not {digits!r}")
    return kind, digits.lower()


def _checksum(path: Path, kind: str) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.new(kind, usedforsecurity=False)).hexdigest()


class _Line(NoBar):
    """Progress as a plain line, rewritten every 5 %, if tqdm is not installed."""

    def __init__(self, name: str | bool, start: int, total: int) -> None:
        self.name, self.done, self.total = name, start, total

    def update(self, n: int = 1) -> None:
        before, self.done, total = self.done, self.done + n, self.total
        if total and self.done * 20 // total > before * 20 // total:
            print(f"\r{self.name}: {self.done / 1e6:.1f} of {total / 1e6:.1f} MB", end="", file=sys.stderr, flush=True)

    def __exit__(self, *error: object) -> None:
        print(file=sys.stderr)
