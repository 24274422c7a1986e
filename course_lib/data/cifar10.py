"""CIFAR-10: 60,000 small colour photographs in ten classes, downloaded once (170 MB) from its publisher.

Nothing is downloaded before `load_cifar10` is called, and nothing after its first call. The archive is the
binary one: plain bytes, so that no file from the network is ever unpickled; and none is extracted to the disk.
"""

from __future__ import annotations

import gzip
import io
import tarfile
import zlib
from pathlib import Path

import numpy as np
from numpy.typing import DTypeLike

from course_lib.validation import check_count, check_rng

from .cache import cache_folder
from .download import fetch
from .labels import Data, check_dtype, split

URL = "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz"
MD5 = "c32a1d4ab5d03f1284b67883e8d87530"
LIMIT = 200_000_000  # bytes; the archive has 170,052,171, and what is in it 184,380,000
NAMES = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
TRAIN = tuple(f"cifar-10-batches-bin/data_batch_{i}.bin" for i in range(1, 6))
TEST = "cifar-10-batches-bin/test_batch.bin"
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
    """Load CIFAR-10, and download it the first time.

    x = bytes/255

    Args:
        rng: shuffles, and splits off the validation images (stratified).
        val: number of validation images, taken from the 50,000 for training, ≥ 0.
        train: number of training images; None: all the others.
        test: number of test images; None: all 10,000.
        folder: the archive's folder; None: the user's cache folder.
        url: address of the archive, http or https.
        md5: its checksum, in hexadecimal.
        progress: whether to show the progress of the download (with tqdm, if installed).
        dtype: the float type of x. All 60,000 images take 737 MB in float32.

    Returns:
        Data(x_train, y_train, x_val, y_val, x_test, y_test): pixels in [0, 1], red, green and blue, shape
        (N, 32, 32, 3), and classes 0 … 9, `NAMES`, shape (N,).

    Raises:
        ConnectionError: the download failed or broke off. What arrived is kept, and the next call resumes it; the
            message explains what to do offline.
        ValueError: an archive of another checksum, too large, or with other contents.

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
    files = _read(fetch(url, path, md5=md5, most_bytes=LIMIT, progress=progress))
    x, y = _decode(b"".join(files[name] for name in TRAIN), "training")
    x_test, y_test = _decode(files[TEST], "test")

    parts = split(np.arange(len(y)), y, rng, val=val)
    in_train = parts.x_train[: _at_most("train", train, len(parts.x_train))]
    in_test = rng.permutation(len(y_test))[: _at_most("test", test, len(y_test))]

    def part(x: np.ndarray, y: np.ndarray, chosen: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return np.divide(x[chosen], dtype.type(255), dtype=dtype, order="C"), y[chosen]

    return Data(*part(x, y, in_train), *part(x, y, parts.x_val), *part(x_test, y_test, in_test))


def _read(path: Path) -> dict[str, bytes]:
    """Read the six known files by name; ignore anything else in the archive."""
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
                    raise ValueError(f"{path}: {member.name} has {member.size} bytes, not a whole number of images")
                files[member.name] = archive.extractfile(member).read()
    except (tarfile.TarError, EOFError, zlib.error, OSError) as error:
        raise ValueError(f"{path} is not a readable archive: {error}") from error
    for name in (*TRAIN, TEST):
        if name not in files:
            raise ValueError(f"{path} does not hold {name}")
    return files


def _decode(records: bytes, what: str) -> tuple[np.ndarray, np.ndarray]:
    """Decode records into images, bytes of shape (N, 32, 32, 3), and classes."""
    table = np.frombuffer(records, np.uint8).reshape(-1, RECORD)
    x, y = table[:, 1:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1), table[:, 0].astype(int)
    if y.max() >= len(NAMES):
        raise ValueError(f"the {what} images hold a class {y.max()}, but the last is 9")
    return x, y


def _at_most(label: str, count: int | None, available: int) -> int:
    if count is not None and count > available:
        raise ValueError(f"{label} must be at most {available}, not {count}")
    return available if count is None else count
