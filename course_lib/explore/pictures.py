"""Pictures for experiments: many images as one PNG, which is much smaller than their numbers in JSON."""

import base64
import struct
import zlib
from typing import Any

import numpy as np


def strip(images: Any) -> dict[str, Any]:
    """Return images one above the other, as one PNG, for the ``sprites`` mark.

    Args:
        images: (n, height, width) grey, or (n, height, width, 3) colour; floats from 0 to 1, or bytes.

    >>> sorted(strip(np.zeros((10, 8, 8))))
    ['h', 'n', 'src', 'w']

    Raises:
        ValueError: another shape, or a value that is not finite.
    """
    x = np.asarray(images)
    if x.ndim not in (3, 4) or (x.ndim == 4 and x.shape[3] != 3) or 0 in x.shape:
        raise ValueError(f"images must have the shape (n, height, width) or (n, height, width, 3), not {x.shape}")
    if x.dtype != np.uint8:
        if not np.isfinite(x).all():
            raise ValueError("images must be finite")
        x = np.rint(255 * np.clip(x, 0, 1)).astype(np.uint8)
    n, h, w = x.shape[:3]
    png = _png(x.reshape(n * h, -1), w, colour=x.ndim == 4)
    return {"src": "data:image/png;base64," + base64.b64encode(png).decode(), "n": n, "h": h, "w": w}


def _png(rows: np.ndarray, width: int, *, colour: bool) -> bytes:
    """Write rows of bytes as a PNG: a header, the compressed rows, an end; each part has its length and checksum."""

    def part(name: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + name + content + struct.pack(">I", zlib.crc32(name + content))

    header = struct.pack(">IIBBBBB", width, len(rows), 8, 2 if colour else 0, 0, 0, 0)
    unfiltered = np.pad(rows, ((0, 0), (1, 0)))  # the byte before each row names its filter: none
    content = part(b"IHDR", header) + part(b"IDAT", zlib.compress(unfiltered.tobytes(), 9)) + part(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + content
