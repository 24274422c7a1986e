"""Time two or more functions side by side, so that what else the machine does hits all of them."""

from __future__ import annotations

import platform
import time
from collections.abc import Callable
from statistics import median


def medians(*functions: Callable[[], object], seconds: float = 0.5, rounds: int = 7) -> list[float]:
    """Give each function's median time per call in seconds.

    The functions take turns, `rounds` times; each turn repeats its calls so that all turns together last
    about `seconds`.
    """
    calls = []
    for function in functions:
        function()  # warm up: state is allocated here
        start = time.perf_counter()
        function()
        once = time.perf_counter() - start
        calls.append(max(1, int(seconds / len(functions) / rounds / max(once, 1e-7))))
    times: list[list[float]] = [[] for _ in functions]
    for _ in range(rounds):
        for function, count, record in zip(functions, calls, times, strict=True):
            start = time.perf_counter()
            for _ in range(count):
                function()
            record.append((time.perf_counter() - start) / count)
    return [median(record) for record in times]


def table(title: str, header: tuple[str, ...], rows: list[tuple[str, ...]]) -> None:
    """Print one aligned table."""
    print(f"\n{title}")
    widths = [max(len(row[i]) for row in [header, *rows]) for i in range(len(header))]
    for row in [header, *rows]:
        print("  " + "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)))


def show(seconds: float) -> str:
    """Write a time in a unit that suits it."""
    return f"{seconds * 1e6:.1f} µs" if seconds < 1e-3 else f"{seconds * 1e3:.2f} ms"


def machine() -> str:
    """Name the processor and the Python in one line."""
    name = platform.processor() or platform.machine()
    try:
        with open("/proc/cpuinfo") as info:
            name = next(line.split(":")[1].strip() for line in info if line.startswith("model name"))
    except (OSError, StopIteration):
        pass
    return f"{name}, Python {platform.python_version()}"
