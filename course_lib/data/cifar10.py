"""CIFAR-10: 60,000 small colour photographs in ten classes, fetched once (170 MB) from where it is published.

Nothing is fetched before `load_cifar10` is called, and nothing after it has been called once. The archive is the
binary one: plain bytes, so that no file from the network is ever unpickled; and none is unpacked onto the disk.
"""

from __future__ import annotations

import contextlib
import gzip
import hashlib
import http.client
import io
import ssl
import sys
import tarfile
import urllib.error
import urllib.parse
import urllib.request
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from numpy.typing import DTypeLike

from course_lib.optim.parameters import check_count, check_rng

from .cache import cache_folder, replacing
from .labels import Data, check_dtype, split

URL = "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz"
MD5 = "c32a1d4ab5d03f1284b67883e8d87530"
LIMIT = 200_000_000  # bytes; the archive has 170,052,171, and what is in it 184,380,000
NAMES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
TRAIN = tuple(f"cifar-10-batches-bin/data_batch_{i}.bin" for i in range(1, 6))
TEST = "cifar-10-batches-bin/test_batch.bin"
BROKEN = (TimeoutError, ConnectionResetError, ConnectionAbortedError, ssl.SSLError)  # connections
RECORD = 1 + 3 * 32 * 32  # a byte for the class, then the red, the green and the blue pixels, row by row
LARGEST = 10_000 * RECORD  # bytes of one file


def load_cifar10(
    rng: np.random.Generator,
    *,
    val: int = 5000,
    train: int | None = None,
    test: int | None = None,
    folder: str | Path | None = None,
    url: str = URL,
    md5: str = MD5,
    progress: bool = True,
    dtype: DTypeLike = np.float32,
) -> Data:
    """Load CIFAR-10; the first time, fetch it.

    x = bytes/255

    Args:
        rng: shuffles, and splits off the validation images (stratified).
        val: number of validation images, taken from the 50,000 for training, ≥ 0.
        train: number of training images; all the others unless given.
        test: number of test images; all 10,000 unless given.
        folder: where the archive is kept, and looked for; the user's cache folder unless given.
        url: where the archive is fetched from, http or https.
        md5: its checksum, in hexadecimal.
        progress: show how far the download is (with tqdm, where there is one).
        dtype: the float type of x. All 60,000 images take 737 MB in float32.

    Returns:
        Data(x_train, y_train, x_val, y_val, x_test, y_test): pixels in [0, 1], red, green and blue, shape
        (N, 32, 32, 3), and classes 0 … 9, `NAMES`, shape (N,).

    Raises:
        ConnectionError: the archive could not be fetched, or not whole; nothing is kept of it, and the next call
            begins anew.
        TypeError: dtype is no float type, rng no generator, or a number of images no integer.
        ValueError: the archive is not the one that the checksum is of, is too large, or does not hold what it
            should; or a number of images is out of range.

    >>> NAMES.index("frog")  # data = load_cifar10(rng) is then ready for training
    6

    Source: Krizhevsky, Learning multiple layers of features from tiny images, 2009.
    """
    dtype = check_dtype(dtype)
    check_rng("rng", rng)
    for label, count, least in (("val", val, 0), ("train", train, 1), ("test", test, 1)):
        if count is not None:
            check_count(label, count, least)
    path = Path(folder or cache_folder()) / "cifar-10-binary.tar.gz"
    if not (path.is_file() and _md5(path) == md5.lower()):
        fetch(url, path, md5=md5, progress=progress)
    files = _read(path)
    x, y = _decode(b"".join(files[name] for name in TRAIN), "training")
    x_test, y_test = _decode(files[TEST], "test")

    parts = split(np.arange(len(y)), y, rng, val=val)
    in_train = parts.x_train[: _at_most("train", train, len(parts.x_train))]
    in_test = rng.permutation(len(y_test))[: _at_most("test", test, len(y_test))]

    def part(x: np.ndarray, y: np.ndarray, chosen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return np.divide(x[chosen], dtype.type(255), dtype=dtype, order="C"), y[chosen]

    return Data(*part(x, y, in_train), *part(x, y, parts.x_val), *part(x_test, y_test, in_test))


def fetch(url: str, path: Path, *, md5: str, limit: int = LIMIT, progress: bool = True) -> None:
    """Fetch a file, which is there only when it is whole and has the right checksum.

    Args:
        url: http or https.
        path: where it is put; what was there stays until the new one is complete.
        md5: the checksum, in hexadecimal.
        limit: bytes that are accepted at most.
        progress: show how far it is.

    Raises:
        ConnectionError: it could not be fetched, or not whole.
        ValueError: another kind of address, too many bytes, or another checksum.
    """
    if urllib.parse.urlsplit(url).scheme not in ("http", "https"):
        raise ValueError(f"url must begin with http:// or https://, not {url}")
    done, seen = 0, hashlib.md5(usedforsecurity=False)
    try:
        with urllib.request.urlopen(url, timeout=30) as answer:
            total = int(answer.headers.get("Content-Length") or 0)
            if total > limit:
                raise ValueError(f"{url} has {total} bytes; at most {limit} are accepted")
            with replacing(path) as file, _bar(path.name, total, progress) as advance:
                while piece := answer.read(1 << 18):
                    done += len(piece)
                    if done > limit:
                        raise ValueError(f"{url} has more than the {limit} bytes that are accepted")
                    seen.update(piece)
                    file.write(piece)
                    advance(len(piece))
                if done < total:
                    raise ConnectionError(f"{url} broke off after {done} of {total} bytes; nothing is kept, try again")
                if seen.hexdigest() != md5.lower():
                    raise ValueError(f"{url} has the checksum {seen.hexdigest()}, and not {md5}; nothing is kept")
    except (urllib.error.URLError, http.client.HTTPException, *BROKEN) as error:
        raise ConnectionError(f"{url} could not be fetched ({error}); nothing is kept, try again") from error


def _read(path: Path) -> dict[str, bytes]:
    """Read the six files we know by name; anything else in the archive is left where it is."""
    files = {}
    try:
        with gzip.open(path) as file:
            content = file.read(LIMIT + 1)  # a small file may unpack to a very large one
        if len(content) > LIMIT:
            raise ValueError(f"{path} unpacks to more than the {LIMIT} bytes that are accepted")
        with tarfile.open(fileobj=io.BytesIO(content), mode="r:") as archive:
            for member in archive:
                if member.name not in (*TRAIN, TEST) or not member.isreg():
                    continue
                if not 0 < member.size <= LARGEST or member.size % RECORD:
                    raise ValueError(f"{path}: {member.name} has {member.size} bytes, no whole number of images")
                files[member.name] = archive.extractfile(member).read()
    except (tarfile.TarError, EOFError, zlib.error, OSError) as error:
        raise ValueError(f"{path} is no readable archive: {error}") from error
    for name in (*TRAIN, TEST):
        if name not in files:
            raise ValueError(f"{path} does not hold {name}")
    return files


def _decode(records: bytes, what: str) -> tuple[np.ndarray, np.ndarray]:
    """Take images, bytes of shape (N, 32, 32, 3), and classes out of records."""
    table = np.frombuffer(records, np.uint8).reshape(-1, RECORD)
    x, y = table[:, 1:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1), table[:, 0].astype(int)
    if y.max() >= len(NAMES):
        raise ValueError(f"the {what} images hold a class {y.max()}, where 9 is the last")
    return x, y


def _at_most(label: str, count: int | None, there: int) -> int:
    if count is not None and count > there:
        raise ValueError(f"{label} must be at most {there}, not {count}")
    return there if count is None else count


def _md5(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


@contextlib.contextmanager
def _bar(name: str, total: int, shown: bool) -> Iterator[Callable[[int], object]]:
    """Show progress with tqdm, or with a plain line of percents; give the function that says "so many bytes more"."""
    if not shown:
        yield lambda n: None
        return
    try:
        from tqdm import tqdm
    except ImportError:
        done = 0

        def advance(n: int) -> None:
            nonlocal done
            before, done = done, done + n
            if total and done * 20 // total > before * 20 // total:  # every 5 %
                print(f"\r{name}: {done / 1e6:.1f} of {total / 1e6:.1f} MB", end="", file=sys.stderr, flush=True)

        try:
            yield advance
        finally:
            print(file=sys.stderr)
    else:
        with tqdm(total=total or None, desc=name, unit="B", unit_scale=True) as bar:
            yield bar.update
