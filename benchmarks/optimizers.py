"""The optimizers: against torch.optim, against the memory's speed, and one grid against a loop."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import numpy as np
import torch

from course_lib.optim import METHODS, Adam, Method, Optimizer, ParameterSet, Ravine, descend
from course_lib.studies.table import Table

from .timing import medians, show, times

PACKAGES = ("NumPy", "torch")
TWINS = {name: row for name, row in METHODS.items() if row.reference}
SIZES = (100_000, 1_000_000, 10_000_000)
Step = Callable[[], object]


def label(name: str) -> str:
    """Return a method's name, and the package it is compared with if torch lacks it."""
    package = METHODS[name].reference.split(".")[0]
    return name if package == "torch" else f"{name} ({package})"


def ours(opt: Optimizer, size: int, arrays: int = 1, flat: bool = True) -> Step:
    """Return one step of ours over float32 arrays of `size` parameters in all."""
    xs = [np.ones(size // arrays, np.float32) for _ in range(arrays)]
    gs = [np.full_like(x, 1e-3) for x in xs]
    if arrays == 1:
        return partial(opt.step, xs[0], gs[0])
    return partial(opt.step, ParameterSet(xs), ParameterSet(gs)) if flat else partial(opt.step, xs, gs)


def theirs(row: Method, size: int, arrays: int = 1, **more: bool) -> Step:
    """Return one step of the reference's default path, or of another one chosen by `more`, over the same."""
    ps = [torch.ones(size // arrays, requires_grad=True) for _ in range(arrays)]
    for p in ps:
        p.grad = torch.full_like(p, 1e-3)
    opt = row.other(ps, **row.defaults)
    for group in opt.param_groups:
        group |= more
    return opt.step


def small() -> Table:
    rows = []
    for name, row in TWINS.items():
        one = medians(ours(row.cls(**row.defaults), 1000), theirs(row, 1000))
        many = medians(
            ours(row.cls(**row.defaults), 1000, 20),
            ours(row.cls(**row.defaults), 1000, 20, flat=False),
            theirs(row, 1000, 20),
        )
        rows.append(
            (
                label(name),
                show(one[0]),
                times(one[1] / one[0]),
                show(many[0]),
                times(many[2] / many[0]),
                times(many[2] / many[1]),
            )
        )
    return Table(
        "A thousand parameters",
        "What a step costs before any arithmetic. A `ParameterSet` keeps many arrays in one buffer, so that 20 "
        "arrays cost what one does; a list of 20 does not. Ratios are torch's time over ours.",
        ("method", "one array", "torch / ours", "20 in a set", "torch / ours", "20 in a list: torch / ours"),
        rows,
    )


def large() -> Table:
    rows = []
    for name, row in TWINS.items():
        cells = []
        for size in SIZES:
            a, b = medians(ours(row.cls(**row.defaults), size), theirs(row, size))
            cells += [show(a), times(b / a)]
        rows.append((label(name), *cells))
    return Table(
        "Large arrays",
        "`update` is written line by line, and each line is a pass over memory. The base class cuts large arrays "
        "into blocks that stay in the processor's cache, so that most passes do not leave it. Ratios are torch's "
        "time over ours; every step of ours also looks through the gradient for nan and inf.",
        ("method", *(cell for size in SIZES for cell in (f"{size:,}", "torch / ours"))),
        rows,
    )


def warm_allocator() -> Table:
    """Measure after `keep_freed_memory`: it cannot be undone, so this table comes after `large`."""
    keep_freed_memory()
    rows = []
    for name, row in TWINS.items():
        a, b = medians(ours(row.cls(**row.defaults), 1_000_000), theirs(row, 1_000_000))
        rows.append((label(name), show(a), show(b), times(b / a)))
    return Table(
        "Large arrays, in a process that has freed one before",
        "torch's loop makes temporaries as large as the parameters. A fresh process gives their memory back to "
        "the system after each step and must fetch it again; one that has freed an array of some 30 MB keeps it "
        "(glibc raises its threshold), and torch is up to four times faster at a million parameters. Blocks of "
        "ours fit below the threshold either way.",
        ("method", "1,000,000", "torch", "torch / ours"),
        rows,
    )


def keep_freed_memory() -> None:
    """Free one large array: from then on glibc keeps freed memory, up to that size."""
    np.ones(31 << 20, np.uint8)


def fused() -> Table:
    row, rows = METHODS["Adam"], []
    for size in (1_000, *SIZES):
        a, b = medians(ours(Adam(1e-3), size), theirs(row, size, fused=True))
        rows.append((f"{size:,}", show(a), show(b), times(a / b)))
    return Table(
        "Adam against the fused kernel",
        "torch can do all of Adam in one pass, in C++ (`fused=True`). That is what plain lines over arrays cost.",
        ("parameters", "ours", "fused", "ours / fused"),
        rows,
    )


def grids() -> Table:
    """Time one run with arrays of settings against a loop over the same class."""
    rows, surface = [], Ravine()
    lrs, seconds = np.geomspace(1e-3, 1.0, 20), np.linspace(0.0, 0.95, 20)
    for name, row in METHODS.items():
        if not row.cls.elementwise or "lr" not in row.defaults:
            continue
        other = next((key for key in ("rho", "beta1", "decay", "eps") if key in row.defaults), None)
        grid = {"lr": lrs.reshape(20, 1, 1)} | ({other: seconds.reshape(20, 1)} if other else {})
        start = np.broadcast_to(surface.start, (20, 20, 2))

        def broadcast(row=row, grid=grid, start=start) -> None:
            descend(surface, row.cls(**grid), start, 100)

        def loop(row=row, other=other) -> None:  # a twentieth of the 400 runs
            for second in seconds:
                descend(surface, row.cls(lrs[7], **({other: second} if other else {})), surface.start, 100)

        a, b = medians(broadcast, loop, rounds=5)
        rows.append((name, show(a), show(20 * b), times(20 * b / a)))
    return Table(
        "400 settings at once",
        "Hyperparameters may be arrays that broadcast: a grid of 20 × 20 settings, 100 steps on the ravine, as "
        "one run and as a loop over the same class (a twentieth of it was run).",
        ("method", "one run", "loop", "loop / run"),
        rows,
    )


def bandwidth() -> Table:
    """Compare the bytes a step must move with the bytes a second that a copy moves in the same run."""
    rows, size = [], 10_000_000
    a, b = np.ones(size, np.float32), np.ones(size, np.float32)
    speed = 2 * a.nbytes / medians(partial(np.copyto, a, b))[0]  # a copy reads and writes
    for name, row in METHODS.items():
        (step,) = medians(ours(row.cls(**row.defaults), size))
        least = (3 + 2 * len(row.cls.slots)) * a.nbytes  # x and slots read and written, dx read
        rows.append(
            (name, f"{least / 1e6:.0f} MB", show(least / speed), show(step), f"{100 * least / speed / step:.0f} %")
        )
    return Table(
        "Against the memory's speed",
        f"Ten million parameters. A step must at least read the gradient, and read and write the parameters and "
        f"its state. At the speed of a copy in the same run ({speed / 1e9:.0f} GB/s) that takes the third column's "
        f"time; the last is how near the step comes.",
        ("method", "must move", "at a copy's speed", "step", "share"),
        rows,
    )


def tables() -> Iterator[Table]:
    """Yield every table, in an order in which none affects the next."""
    torch.set_num_threads(1)
    for make in (small, large, fused, bandwidth, grids, warm_allocator):
        yield make()
