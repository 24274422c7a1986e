"""Cut large arrays into blocks that fit the cache, and share the blocks among threads.

A readable `update` makes a temporary array in almost every line. With a million elements each of them would be
written to main memory and read back; in blocks they stay in the processor's cache.
"""

from __future__ import annotations

import contextvars
import copy
import functools
import os
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any

import numpy as np


def update_in_blocks(now: Any, grids: dict[str, np.ndarray], *arrays: np.ndarray) -> None:
    """Call an optimizer's `update` on one parameter's arrays, in blocks if it is large; no bit depends on them.

    Args:
        now: the optimizer as `update` sees it, with this step's settings.
        grids: the settings that are arrays.
        *arrays: the parameter, its gradient, its slots.
    """
    x = arrays[0]
    large = now.block is not None and x.nbytes > now.block
    threads = now.threads if large and x.nbytes > 4 * now.wide * now.block else 1
    if now.elementwise and (large or x.ndim == 0) and not grids:
        if all(a.flags.c_contiguous for a in arrays):
            arrays = tuple(a.reshape(-1) for a in arrays)
    if not (now.elementwise and large):
        return now.update(*arrays)
    count = len(arrays[0])
    block = now.block * (now.wide if threads > 1 else 1)
    pieces = -(-x.nbytes // (block * threads)) * threads  # of about equal size: a piece is some rows, all columns
    rows = -(-count // min(pieces, count))

    def some(start: int, stop: int, now: Any = now) -> None:
        for i in range(start, stop, rows):
            part = slice(i, i + rows)
            for name, grid in grids.items():
                varies = grid.ndim == x.ndim and len(grid) > 1
                setattr(now, name, grid[part] if varies else grid)
            now.update(*[a[part] for a in arrays])

    if threads == 1:
        return some(0, count)
    share = -(-pieces // threads) * rows
    shares = [(i, min(i + share, count), copy.copy(now)) for i in range(0, count, share)]
    jobs = [_pool(threads).submit(contextvars.copy_context().run, some, *s) for s in shares]
    wait(jobs)  # all of them, before an error of one leaves here
    for job in jobs:
        job.result()


@functools.lru_cache
def _pool(threads: int) -> ThreadPoolExecutor:
    # Once an array of 31 MB has been freed, glibc keeps freed memory up to that size. Otherwise the temporaries of
    # wide blocks go back to the system after each line of `update`, and fetching them again costs what threads gain.
    np.empty(31 << 20, np.uint8)
    return ThreadPoolExecutor(threads)


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_pool.cache_clear)  # threads do not survive a fork
