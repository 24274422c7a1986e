"""Transfer: a head trained on cached features, against features recomputed; and a GPU, if there is one."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

import torch
from torch import Tensor

from course_lib.deep import SmallCNN, cache_features, freeze, parameter_groups, train
from course_lib.deep.training import one_thread
from course_lib.studies.table import Table

from .timing import medians, show, times

PACKAGES = ("torch",)
EPOCHS, BATCH = 20, 50
SIZES = (100, 500)


def images(n: int) -> tuple[Tensor, Tensor]:
    """Return images as small as the digits, and ten classes."""
    return torch.rand(n, 1, 8, 8, generator=torch.Generator().manual_seed(0)), torch.arange(n) % 10


def network() -> SmallCNN:
    """Build a network that is frozen except for the head."""
    net = SmallCNN(10, generator=torch.Generator().manual_seed(1))
    freeze(net)
    return net


def cached(net: SmallCNN, x: Tensor, y: Tensor, epochs: int = EPOCHS) -> None:
    """Train the head on features that are computed once, which is included in the time."""
    _train(net, net.head, cache_features(net, x), y, epochs)


def anew(net: SmallCNN, x: Tensor, y: Tensor, epochs: int = EPOCHS) -> None:
    """Train the head of the frozen network: features are computed in every epoch."""
    _train(net, net, x, y, epochs)


def _train(net: SmallCNN, part: torch.nn.Module, x: Tensor, y: Tensor, epochs: int) -> None:
    optimizer = torch.optim.SGD(parameter_groups(net, 0.1), momentum=0.9)
    train(part, x, y, optimizer, epochs=epochs, batch=BATCH, generator=torch.Generator().manual_seed(2))


def full(net: SmallCNN, x: Tensor, y: Tensor, device: str, epochs: int = 2) -> None:
    """Train all of it, on a device."""
    optimizer = torch.optim.SGD(net.parameters(), 0.02, momentum=0.9)
    train(net, x, y, optimizer, epochs=epochs, batch=BATCH, device=device)


def caches() -> Table:
    rows = []
    with one_thread():
        for n in SIZES:
            once, always = medians(*(_run(way, n) for way in (cached, anew)), seconds=3, rounds=5)
            rows.append((f"{n}", show(always), show(once), times(always / once)))
    return Table(
        f"A head behind a frozen network, {EPOCHS} epochs",
        "The small network, 8×8 pixels, minibatches of 50. Computing the features once counts to the cached side; both "
        "come to the same head.",
        ("images", "computed anew", "cached", "anew / cached"),
        rows,
    )


def devices() -> Table:
    """Compare the CPU with a GPU, if torch has one."""
    rows = []
    for n in (500, 20_000):
        x, y = images(n)
        runs = (partial(full, SmallCNN(10), x, y, device) for device in ("cpu", "cuda"))
        cpu, gpu = medians(*runs, seconds=3, rounds=3)
        rows.append((f"{n:,}", show(cpu), show(gpu), times(cpu / gpu)))
    return Table(
        "The small network on a GPU",
        f"Two epochs of all of it, minibatches of {BATCH}, on {torch.cuda.get_device_name()}; the processor uses "
        f"{torch.get_num_threads()} threads.",
        ("images", "processor", "GPU", "processor / GPU"),
        rows,
    )


def tables() -> Iterator[Table]:
    """Yield every table."""
    yield caches()
    if torch.cuda.is_available():
        yield devices()


def _run(way: Callable[..., None], n: int) -> Callable[[], None]:
    return partial(way, network(), *images(n))
