"""The library's one progress bar: tqdm's where it is installed, none elsewhere."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator
from typing import Any


class NoBar:
    """A progress bar that shows nothing."""

    def __init__(self, items: Iterable[Any] = ()) -> None:
        self.items = items

    def __iter__(self) -> Iterator[Any]:
        return iter(self.items)

    def __enter__(self) -> NoBar:
        return self

    def __exit__(self, *error: object) -> None: ...

    def update(self, n: int = 1) -> None: ...

    def set_postfix(self, shown: dict[str, str]) -> None: ...


def progress_bar(
    show: bool, total: int | None, unit: str, items: Iterable[Any] = (), *, instead: Any = None, **options: Any
) -> Any:
    """Return a tqdm progress bar, to loop over or to use in a `with` block (`bar.update(n)`, `bar.set_postfix(…)`).

    Args:
        show: False for a bar that shows nothing.
        total: number of steps; None if unknown.
        unit: name of a step.
        items: what a loop over the bar iterates over.
        instead: what to return where tqdm is not installed; None for a bar that shows nothing.
        **options: further arguments of tqdm.

    >>> sum(progress_bar(False, 3, "member", [1, 2, 3]))
    6
    """
    if not show:
        return NoBar(items)
    with contextlib.suppress(ImportError):
        from tqdm.auto import tqdm

        return tqdm(items or None, total=total, unit=unit, **options)
    return NoBar(items) if instead is None else instead
