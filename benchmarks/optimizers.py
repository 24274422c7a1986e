"""The optimizers: against torch.optim's loop, blocked against whole, one grid against a loop."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch

from course_lib.optim import METHODS, Optimizer, Ravine, descend

from .timing import machine, medians, show, table

SIZES = (1_000, 10_000, 100_000, 1_000_000, 10_000_000)


def stepper(opt: Optimizer, size: int) -> Callable[[], None]:
    """One step of ours on float32 arrays of a size."""
    x, g = np.ones(size, np.float32), np.full(size, 1e-3, np.float32)
    return lambda: opt.step(x, g)


def torch_stepper(reference: str, hyper: dict[str, float], size: int) -> Callable[[], None]:
    """One step of torch's loop over tensors, without its multi-tensor and fused kernels."""
    p = torch.ones(size, requires_grad=True)
    p.grad = torch.full((size,), 1e-3)
    loop = reference.removesuffix(")") + ", foreach=False)"
    opt = eval(loop, {"torch": torch, "params": [p], **hyper})
    return lambda: opt.step()


def against_torch() -> None:
    rows = []
    for name, row in METHODS.items():
        for size in SIZES:
            ours, theirs = medians(
                stepper(row.cls(**row.defaults), size), torch_stepper(row.reference, row.defaults, size)
            )
            rows.append((name, f"{size:,}", show(ours), show(theirs), f"{theirs / ours:.2f}×"))
    table("One step, float32", ("method", "parameters", "ours", "torch", "torch/ours"), rows)


def blocks() -> None:
    rows = []
    for name, row in METHODS.items():
        for size in SIZES[2:]:
            cut, whole = row.cls(**row.defaults), row.cls(**row.defaults)
            whole.block = None
            a, b = medians(stepper(cut, size), stepper(whole, size))
            rows.append((name, f"{size:,}", show(a), show(b), f"{b / a:.2f}×"))
    table("In blocks of 32,768 or whole", ("method", "parameters", "blocks", "whole", "whole/blocks"), rows)


def grids() -> None:
    rows, surface = [], Ravine()
    lrs, rhos = np.linspace(0.01, 1.9, 20), np.linspace(0.0, 0.95, 20)
    for name, row in METHODS.items():
        has_rho = "rho" in row.defaults
        grid = {"lr": lrs.reshape(20, 1, 1)} | ({"rho": rhos.reshape(20, 1)} if has_rho else {})
        start = np.broadcast_to(surface.start, (20, 20, 2))

        def broadcast(row=row, grid=grid, start=start) -> None:
            descend(surface, row.cls(**grid), start, 20)

        def loop(row=row, has_rho=has_rho) -> None:
            for lr in lrs:
                for rho in rhos:
                    descend(surface, row.cls(lr, **({"rho": rho} if has_rho else {})), surface.start, 20)

        a, b = medians(broadcast, loop, rounds=5)
        rows.append((name, show(a), show(b), f"{b / a:.0f}×"))
    table("400 settings, 20 steps on the ravine", ("method", "one run", "loop", "loop/run"), rows)


def main() -> None:
    torch.set_num_threads(1)
    print(f"{machine()}, NumPy {np.__version__}, torch {torch.__version__}, one thread")
    against_torch()
    blocks()
    grids()
