"""One target, every strategy of transfer: the measurements of `course study transfer`."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from course_lib.deep import SmallCNN, evaluate_accuracy, fine_tune, linear_probe, parameter_groups, replace_head, train
from course_lib.deep.training import Device, check_device, one_thread

LR, STEPS, BATCH = 0.02, 200, 50  # of every strategy that trains a network; momentum .9, the rate falls along a cosine


class Nearest(nn.Module):
    """Classify an image as its nearest labelled neighbour: no network, only pixels.

    scoreₖ(x) = −min ‖x − xₙ‖ over the n of class k

    >>> x = torch.eye(3)
    >>> Nearest(x, torch.tensor([0, 1, 0]), classes=2)(torch.tensor([[0.0, 0.0, 2.0]])).argmax(1)
    tensor([0])
    """

    def __init__(self, x: Tensor, y: Tensor, classes: int) -> None:
        super().__init__()
        self.register_buffer("x", x.flatten(1))
        self.register_buffer("y", y)
        self.classes = classes

    def forward(self, x: Tensor) -> Tensor:
        far = torch.cdist(x.flatten(1), self.x, compute_mode="donot_use_mm_for_euclid_dist")
        return -torch.stack([far[:, self.y == k].amin(1) for k in range(self.classes)], 1)


def scratch(source: SmallCNN, x: Tensor, y: Tensor, classes: int, g: torch.Generator) -> nn.Module:
    """Train a network from random weights."""
    net = SmallCNN(classes, generator=g).to(x.device)
    return train_sgd(net, net.parameters(), x, y, g)


def frozen(source: SmallCNN, x: Tensor, y: Tensor, classes: int, g: torch.Generator) -> nn.Module:
    """Keep all but the head, and fit the head."""
    source.head = linear_probe(source, x, y, classes=classes)
    return source


def random_frozen(source: SmallCNN, x: Tensor, y: Tensor, classes: int, g: torch.Generator) -> nn.Module:
    """Keep random features: the performance of a head alone."""
    return frozen(SmallCNN(classes, generator=g).to(x.device), x, y, classes, g)


def fine_tuned(
    source: SmallCNN, x: Tensor, y: Tensor, classes: int, g: torch.Generator, *, downto: str | None, ratio: float
) -> nn.Module:
    """Fit the head first, then train it and the stages down to one of them."""
    settings = {"classes": classes, "lr": LR, "ratio": ratio, "epochs": _epochs(x), "batch": BATCH, "generator": g}
    fine_tune(source, x, y, downto=downto, **settings)
    return source


def random_head(source: SmallCNN, x: Tensor, y: Tensor, classes: int, g: torch.Generator, *, ratio: float) -> nn.Module:
    """Train all at one rate, ratio·LR, below a random head."""
    replace_head(source, classes, generator=g)
    return train_sgd(source, parameter_groups(source, ratio * LR, ratio=1.0), x, y, g)


#: Strategy → a function (source, x, y, classes, generator) that returns a trained model, and may change the source.
STRATEGIES: dict[str, Callable[..., nn.Module]] = {
    "1-NN": lambda source, x, y, classes, g: Nearest(x, y, classes),
    "scratch": scratch,
    "random, frozen": random_frozen,
    "frozen": frozen,
    "last block, rate/10": partial(fine_tuned, downto="conv4", ratio=0.1),
    "all, rate/10": partial(fine_tuned, downto=None, ratio=0.1),
    "all, full rate": partial(fine_tuned, downto=None, ratio=1.0),
    "random head, all at rate/10": partial(random_head, ratio=0.1),
    "random head, all at full rate": partial(random_head, ratio=1.0),
}


def sweep(
    strategy: str,
    source: SmallCNN,
    training: tuple[Tensor, Tensor],
    test: tuple[Tensor, Tensor],
    labels: Sequence[int],
    *,
    seed: int,
    device: Device = "cpu",
) -> dict[str, float]:
    """Measure one strategy with few labels and with more.

    Args:
        strategy: a name in `STRATEGIES`.
        source: the pretrained network; it is not changed.
        training: x and y; with n labels the first n examples of each class, so that larger sets contain the smaller.
        test: x and y of other examples.
        labels: numbers of labels of each class.
        seed: draws initial weights and batches.
        device: "cpu" or "cuda".

    Returns:
        Number of labels, as a string → accuracy in per cent.

    >>> x, y = torch.rand(8, 1, 8, 8), torch.arange(8) % 2
    >>> sweep("1-NN", SmallCNN(38), (x, y), (x, y), [2, 4], seed=0)["4"]
    100.0
    """
    if strategy not in STRATEGIES:
        raise ValueError(f"strategy must be one of {', '.join(map(repr, STRATEGIES))}, not {strategy!r}")
    check_device(device)
    (x, y), classes = training, int(training[1].max()) + 1
    of_class = y[:, None] == torch.arange(classes)
    place = (of_class.cumsum(0) * of_class).sum(1)  # 1 for the first example of a class, then 2, …
    fewest = int(torch.bincount(y, minlength=classes).min())
    if fewest < max(labels):
        raise ValueError(f"training must have {max(labels)} examples of each class, not {fewest}")
    measured = {}
    with one_thread():
        for n in labels:
            rows = place <= n
            model = STRATEGIES[strategy](
                copy.deepcopy(source).to(device),
                x[rows].to(device),
                y[rows].to(device),
                classes,
                seeded(seed),
            )
            measured[str(n)] = 100 * evaluate_accuracy(model.to(device), *test)
    return measured


def seeded(seed: int) -> torch.Generator:
    """Return a generator on the CPU: it draws first weights, and shuffles.

    >>> seeded(3).initial_seed()
    3
    """
    return torch.Generator().manual_seed(seed)


def pretrain(x: Tensor, y: Tensor, *, seed: int, steps: int | None = None, device: Device = "cpu") -> SmallCNN:
    """Pretrain a network on given images, such as the digits 0–4, for so many steps: three times STEPS unless given."""
    with one_thread():
        g = seeded(seed)
        net = SmallCNN(int(y.max()) + 1, generator=g).to(device)
        optimizer = torch.optim.SGD(net.parameters(), 0.05, momentum=0.9, weight_decay=0.01)
        train(net, x, y, optimizer, epochs=_epochs(x, steps or 3 * STEPS), batch=BATCH, generator=g)
    return net


def train_sgd(
    net: nn.Module, parameters: Any, x: Tensor, y: Tensor, g: torch.Generator, *, steps: int | None = None
) -> nn.Module:
    """Train parameters of a network as every strategy does: momentum 0.9, from LR to 0 along a cosine, STEPS steps.

    Args:
        net: the network.
        parameters: of the network, or groups of them with rates of their own.
        x: images.
        y: their classes.
        g: shuffles.
        steps: in place of STEPS; whole epochs, so a few more as a rule.
    """
    optimizer = torch.optim.SGD(parameters, LR, momentum=0.9)
    train(net, x, y, optimizer, epochs=_epochs(x, steps), batch=BATCH, generator=g)
    return net


def train_adam(
    net: nn.Module, parameters: Any, lr: float, x: Tensor, y: Tensor, g: torch.Generator, *, steps: int | None = None
) -> nn.Module:
    """Train parameters of a network by Adam, as `train_sgd` does otherwise; `lr` is the rate at the start."""
    optimizer = torch.optim.Adam(parameters, lr)
    train(net, x, y, optimizer, epochs=_epochs(x, steps), batch=BATCH, generator=g)
    return net


def _epochs(x: Tensor, steps: int | None = None) -> int:
    return math.ceil((steps or STEPS) / math.ceil(len(x) / BATCH))
