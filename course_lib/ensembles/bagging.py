"""Independent members: each trained from its own seed, on resampled data (bagging), here or on many machines."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

import numpy as np

from ..progress import progress_bar
from ..validation import check_count, check_rng

T = TypeVar("T")


class Bootstrap(NamedTuple):
    """Row numbers: those drawn, shape (N,), some of them several times; and those not drawn, sorted."""

    rows: np.ndarray
    out_of_bag: np.ndarray


def bootstrap(n: int, rng: np.random.Generator) -> Bootstrap:
    """Draw n of n rows, with replacement.

    P(a row is left out) = (1 − 1/n)ⁿ → 1/e = 36.8 %

    A member trained on the rows drawn can be tested on those out of the bag.

    Args:
        n: number of rows, ≥ 1.
        rng: draws the rows.

    Returns:
        `Bootstrap(rows, out_of_bag)`.

    >>> rows, out = bootstrap(8, np.random.default_rng(0))
    >>> rows, out
    (array([6, 5, 4, 2, 2, 0, 0, 0]), array([1, 3, 7]))

    Source: Breiman, Bagging predictors, 1996.
    """
    n, rng = check_count("n", n), check_rng("rng", rng)
    rows = rng.integers(n, size=n)
    return Bootstrap(rows, np.setdiff1d(np.arange(n), rows))


def train_members(
    make: Callable[[int, np.random.Generator], T],
    n: int,
    rng: np.random.Generator,
    *,
    executor: Any = None,
    progress: bool = False,
) -> list[T]:
    """Train n members, each with its own generator, so that a member is the same wherever and whenever it is trained.

    Members may differ in anything that `make` derives from the index: size, learning rate, regularizer, data.

    Args:
        make: a function (index, rng) → member; it trains and returns one member.
        n: number of members, ≥ 1.
        rng: the source of the members' generators.
        executor: runs the members: anything with the `map` of `concurrent.futures`. For processes `make` must be
            a module's function. None: one after the other. The members are the same.
        progress: shows a bar where tqdm is installed.

    Returns:
        The members, in the order of their indices.

    Raises:
        Exception: what `make` raises, with a note that names the member.

    >>> members = train_members(lambda index, rng: index + rng.random(), 3, np.random.default_rng(0))
    >>> [round(member, 2) for member in members]
    [0.94, 1.68, 2.84]
    """
    if not callable(make):
        raise TypeError(f"make must be a function (index, rng) → member, not {make!r}")
    n, rng = check_count("n", n), check_rng("rng", rng)
    if executor is not None and not callable(getattr(executor, "map", None)):
        raise TypeError(f"executor must have the map of concurrent.futures, not {executor!r}")
    run = map if executor is None else executor.map
    return list(progress_bar(progress, n, "member", run(_make, [make] * n, range(n), rng.spawn(n))))


def _make(make: Callable[[int, np.random.Generator], T], index: int, rng: np.random.Generator) -> T:
    try:
        member = make(index, rng)
    except Exception as error:
        error.add_note(f"in member {index}")
        raise
    if member is None:
        raise TypeError(f"make must return the member that it trained: make({index}, rng) returned None")
    return member
