"""Time two or more functions side by side, so that other load on the machine affects all of them."""

from __future__ import annotations

import platform
import time
from collections.abc import Callable, Sequence
from importlib.metadata import version
from statistics import median


def medians(*functions: Callable[[], object], seconds: float = 0.5, rounds: int = 9) -> list[float]:
    """Return each function's median time per call in seconds.

    The functions take turns, `rounds` times; each turn repeats its calls so that all turns together last
    about `seconds`.
    """
    calls = []
    for function in functions:
        function()  # warm up: state is allocated here
        function()
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


def show(seconds: float) -> str:
    """Format a time in a suitable unit, with a no-break space."""
    return f"{seconds * 1e6:.1f}\N{NO-BREAK SPACE}µs" if seconds < 1e-3 else f"{seconds * 1e3:.2f}\N{NO-BREAK SPACE}ms"


def times(ratio: float) -> str:
    """Format a ratio with about two digits."""
    return f"{ratio:.1f}×" if ratio < 9.95 else f"{ratio:.0f}×"


def setting(packages: Sequence[str]) -> str:
    """Name the processor, and the versions of Python and of packages, in one line."""
    name = platform.processor() or platform.machine()
    try:
        with open("/proc/cpuinfo") as info:
            name = next(line.split(":")[1].strip() for line in info if line.startswith("model name"))
    except (OSError, StopIteration):
        pass
    return ", ".join([name, f"Python {platform.python_version()}", *(f"{p} {version(p)}" for p in packages)])
