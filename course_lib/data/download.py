"""Fetch a published file once: whole, checked, resumed where it broke off, and told in words what to do offline."""

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
from pathlib import Path

from course_lib.progress import NoBar, progress_bar
from course_lib.validation import check_count, check_number

PIECE = 1 << 18  # bytes read at a time


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
    """Fetch a file, unless it is there; under its name it is only ever whole and right.

    What came of a download that broke off is kept beside it, as `.NAME.part`, and the next call goes on from there.

    Args:
        url: http or https.
        file: where it is put, and looked for first. Another file there stays until the new one is complete.
        most_bytes: a longer file is not accepted.
        sha256: its checksum in hexadecimal, or the first 8 digits and more, as they are published in file names.
        md5: in place of sha256, the whole checksum of an older publication.
        progress: show how far it is (with tqdm, where there is one).
        timeout: seconds without a byte after which the server is given up.

    Returns:
        The file's path.

    Raises:
        ConnectionError: it could not be fetched, or not whole. The message says what to do offline.
        TypeError, ValueError: an argument is wrong, or what came is too long or has another checksum; it is not kept.

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
    kind, wanted = _wanted(sha256, md5)
    file = Path(file)
    if file.is_dir():
        raise ValueError(f"file must name a file, and {file} is a folder")
    part = file.with_name(f".{file.name}.part")

    def done() -> bool:
        return file.is_file() and _checksum(file, kind).startswith(wanted)

    while not done():
        file.parent.mkdir(parents=True, exist_ok=True)
        try:
            resumed = _append(url, part, most_bytes, progress and file.name, timeout)
        except ValueError:
            part.unlink(missing_ok=True)
            raise
        except (urllib.error.URLError, http.client.HTTPException, ConnectionError, TimeoutError, ssl.SSLError) as error:
            kept = _size(part)
            raise ConnectionError(
                f"{file.name} could not be fetched from {url} ({getattr(error, 'reason', None) or error}). "
                f"{'What came is kept: call again to go on. ' if kept else ''}"
                f"{'The file that is there has another checksum. ' if file.is_file() else ''}"
                f"Offline: fetch it elsewhere, and put it at {file}"
            ) from error
        with contextlib.suppress(FileNotFoundError):  # unless another process has put it in place meanwhile
            found = _checksum(part, kind)
            if found.startswith(wanted):
                os.replace(part, file)
                continue
            part.unlink()
            if not resumed and not done():  # if resumed, the part may have been an old one's: once more, from the start
                raise ValueError(f"{url} has the {kind} checksum {found}, not {wanted}; nothing of it is kept")
    return file


def _append(url: str, part: Path, most_bytes: int, name: str | bool, timeout: float) -> bool:
    """Fetch what is missing of `part`; tell whether anything was there already, and was gone on from.

    Two processes that fetch at once write the same bytes to the same places, so they do not harm each other.
    """
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
            start = 0  # the server sends all of it, asked or not
        elif not re.match(rf"bytes {start}-\d", answer.headers.get("Content-Range", "")):
            raise ValueError(f"{url} was asked for its bytes from {start} on, and sent others")
        done, total = start, 0
        if answer.headers.get("Content-Length"):
            total = start + int(answer.headers["Content-Length"])
        if total > most_bytes:
            raise ValueError(f"{url} has {total} bytes; at most {most_bytes} are accepted")
        bar = progress_bar(
            bool(name), total or None, "B", instead=_Line(name, start, total), initial=start, desc=name, unit_scale=True
        )
        with open(part, "r+b", opener=_open_or_make) as file, bar:
            file.seek(start)
            while piece := answer.read(PIECE):
                done += len(piece)
                if done > most_bytes:
                    raise ValueError(f"{url} has more than the {most_bytes} bytes that are accepted")
                file.write(piece)
                bar.update(len(piece))
            if done < total:
                raise ConnectionError(f"it broke off after {done} of {total} bytes")
            file.truncate()
    return start > 0


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _open_or_make(path: str, flags: int) -> int:
    """Make the file if there is none, and leave it as it is if there is: no mode of `open` does both."""
    return os.open(path, flags | os.O_CREAT, 0o666)


def _wanted(sha256: str | None, md5: str | None) -> tuple[str, str]:
    """Name the kind of checksum that was given, and give its digits."""
    if (sha256 is None) == (md5 is None):
        raise TypeError("give either sha256 or md5")
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
    """Progress as a plain line, written again every 5 %, where tqdm is not installed."""

    def __init__(self, name: str | bool, start: int, total: int) -> None:
        self.name, self.done, self.total = name, start, total

    def update(self, n: int = 1) -> None:
        before, self.done, total = self.done, self.done + n, self.total
        if total and self.done * 20 // total > before * 20 // total:
            print(f"\r{self.name}: {self.done / 1e6:.1f} of {total / 1e6:.1f} MB", end="", file=sys.stderr, flush=True)

    def __exit__(self, *error: object) -> None:
        print(file=sys.stderr)
