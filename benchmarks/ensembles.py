"""Ensembles: K small networks trained at once, against the same networks one after the other."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Sequence
from types import SimpleNamespace

import numpy as np
import torch
from torch.nn import functional as F

from course_lib.deep.many import Stack, StackedModels, VmapModels, cross_entropies
from course_lib.ensembles.many import fit_many
from course_lib.nn import Sequential, fit
from course_lib.optim import Momentum
from course_lib.studies.table import Table

from .networks import RATE, RHO, digits, in_torch, mlp
from .timing import medians, show, times

PACKAGES = ("NumPy", "torch")
STEPS = 40
MEMBERS = (8, 16, 32)
#: Layers, and rows of a minibatch.
CASES = (((64, 16, 10), 16), ((64, 16, 10), 32), ((64, 16, 10), 50), ((64, 64, 10), 50), ((64, 256, 256, 10), 50))
Runs = tuple[Callable[[], object], ...]


def networks(members: int, sizes: Sequence[int]) -> list[Sequential]:
    """Build networks of one architecture, each with its own initial weights."""
    nets = [mlp(*sizes) for _ in range(members)]
    for k, net in enumerate(nets):
        net.params.flat += np.random.default_rng(k).normal(0, 0.01, net.params.flat.size).astype(np.float32)
    return nets


def numpy_runs(members: int, sizes: Sequence[int], batch: int, epochs: int) -> tuple[Runs, list[list[Sequential]]]:
    """Return runs at once and one by one, and the networks that they train."""
    x, y = digits()
    data, nets = SimpleNamespace(x_train=x, y_train=y), [networks(members, sizes) for _ in range(2)]
    rngs = [np.random.default_rng(1).spawn(members) for _ in range(2)]

    def at_once() -> None:
        fit_many(nets[0], data, Momentum(RATE, rho=RHO), epochs=epochs, batch=batch, rngs=rngs[0])

    def one_by_one() -> None:
        for net, rng in zip(nets[1], rngs[1], strict=True):
            fit(net, data, Momentum(RATE, rho=RHO), epochs=epochs, batch=batch, rng=rng)

    return (at_once, one_by_one), nets


def torch_runs(members: int, sizes: Sequence[int], batch: int, steps: int) -> tuple[Runs, list[list[torch.nn.Module]]]:
    """Return runs by `baddbmm`, by `vmap` and one by one, with the same minibatches; and the models that they train."""
    x, y = map(torch.tensor, digits())
    first = [in_torch(net, (sizes[0],)) for net in networks(members, sizes)]
    models = [copy.deepcopy(first) for _ in range(3)]
    draw = torch.Generator().manual_seed(0)
    batches = torch.stack(
        [torch.stack([torch.randperm(len(x), generator=draw)[:batch] for _ in first]) for _ in range(steps)]
    )

    def sgd(module: torch.nn.Module) -> torch.optim.Optimizer:
        return torch.optim.SGD(module.parameters(), lr=RATE, momentum=RHO)

    def at_once(many: Stack, **how: bool) -> Callable[[], None]:
        optimizer = sgd(many)

        def run() -> None:
            for rows in batches:
                # embedding(rows, x) is x[rows], four times as fast.
                losses = cross_entropies(many(F.embedding(rows, x), **how), y[rows])
                optimizer.zero_grad()
                losses.sum().backward()
                optimizer.step()
                losses.tolist()
            many.unstack()

        return run

    optimizers = [sgd(model) for model in models[2]]

    def one_by_one() -> None:
        for k, (model, optimizer) in enumerate(zip(models[2], optimizers, strict=True)):
            for rows in batches[:, k]:
                loss = F.cross_entropy(model(F.embedding(rows, x)), y[rows])
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                loss.item()

    return (at_once(StackedModels(models[0])), at_once(VmapModels(models[1]), each=True), one_by_one), models


def name(sizes: Sequence[int]) -> str:
    return "-".join(map(str, sizes))


def rows(runs: Callable[..., tuple[Runs, object]], short: int, long: int) -> Iterator[tuple[str, ...]]:
    """Yield a row for each case: `runs` returns the functions to time, for some epochs or steps, the loop last."""
    for sizes, batch in CASES:
        for members in MEMBERS:
            count = short if sizes[1] > 64 else long
            found = [t / count for t in medians(*runs(members, sizes, batch, count)[0], seconds=3)]
            yield name(sizes), str(batch), str(members), *map(show, found), *(times(found[-1] / t) for t in found[:-1])


def in_numpy() -> Table:
    return Table(
        "K networks at once in NumPy",
        "An epoch of the 1,437 handwritten digits, momentum: `fit_many`, and a loop of `fit`; both give the same bits.",
        ("network", "batch", "K", "at once", "loop", "loop / at once"),
        list(rows(numpy_runs, 1, 5)),
    )


def with_torch() -> Table:
    return Table(
        "K networks at once in torch",
        "A step of all K, each on digits of its own, momentum: stacked by hand (`baddbmm`), by `torch.func.vmap`, and "
        "K models one after the other, each with its optimizer.",
        ("network", "batch", "K", "by hand", "`vmap`", "loop", "loop / by hand", "loop / `vmap`"),
        list(rows(torch_runs, 4, STEPS)),
    )


def tables() -> Iterator[Table]:
    """Yield every table."""
    torch.set_num_threads(1)
    yield in_numpy()
    yield with_torch()
