"""Transfer learning: keep a network's features, replace its head, and train no more than the labels allow.

A network here has the form of `Network`: scores = head(features(x)), and `stages` from the input to the head.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from course_lib.validation import check_count, check_number

from .freezing import freeze, place_of, stages_of, unfreeze
from .networks import Network
from .training import Device, check_device, check_generator, check_labels, in_batches, train


def replace_head(model: Network, classes: int, *, generator: torch.Generator | None = None) -> nn.Linear:
    """Replace a network's head by a linear one for other classes, with random weights.

    W ~ N(0, 1/n), b = 0, for n features

    Args:
        model: a network, whose head is linear.
        classes: number of new classes, ≥ 1.
        generator: draws the weights, the same on every device; torch's global one unless given.

    Returns:
        The new head, which is trainable, on the device of the old one.

    >>> from course_lib.deep import SmallCNN
    >>> net = SmallCNN(38)
    >>> replace_head(net, 10)
    Linear(in_features=128, out_features=10, bias=True)
    >>> net(torch.zeros(5, 1, 8, 8)).shape
    torch.Size([5, 10])
    """
    stages_of(model)
    old, classes = model.head, check_count("classes", classes)
    if not isinstance(old, nn.Linear):
        raise TypeError(f"model.head must be a linear layer, not {type(old).__name__}: assign a new one")
    model.head = _linear(old.in_features, classes, generator).to(old.weight).train(model.training)
    return model.head


def parameter_groups(model: Network, lr: float, *, ratio: float = 0.1) -> list[dict[str, Any]]:
    """Group the trainable parameters for a torch optimizer: the head at its rate, the layers below at a tenth.

    The head is new; the layers below are nearly right, and a full rate would make them forget.

    Args:
        model: a network; its frozen parameters are in no group.
        lr: the head's rate.
        ratio: the rate of the layers below is `ratio * lr`.

    >>> from course_lib.deep import SmallCNN
    >>> net = SmallCNN(10)
    >>> _ = freeze(net, "conv4")
    >>> groups = parameter_groups(net, lr=0.05)
    >>> [(group["name"], round(group["lr"], 4), len(group["params"])) for group in groups]
    [('body', 0.005, 2), ('head', 0.05, 2)]
    >>> optimizer = torch.optim.SGD(groups, momentum=0.9)

    Source: Howard and Ruder, Universal language model fine-tuning for text classification, 2018.
    """
    check_number("lr", lr)
    check_number("ratio", ratio)
    *body, (_, head) = stages_of(model)
    parts = {"body": ([p for _, part in body for p in part.parameters()], ratio * lr),
             "head": (list(head.parameters()), lr)}  # fmt: skip
    groups = []
    for name, (parameters, rate) in parts.items():
        if trained := [p for p in parameters if p.requires_grad]:
            groups.append({"name": name, "params": trained, "lr": rate})
    if not groups:
        raise ValueError("nothing to train: every parameter is frozen; see unfreeze and replace_head")
    return groups


def cache_features(model: Network, x: Tensor, *, batch: int = 500) -> Tensor:
    """Compute the features of all examples once, to train a head on them many times.

    Args:
        model: a network, which should be frozen: else its features soon differ from the cached ones.
        x: images, shape (N, channels, height, width), on any device.
        batch: images of a batch, as many as fit in memory.

    Returns:
        features(x) in evaluation mode, shape (N, n), on the network's device, without gradients.

    >>> from course_lib.deep import SmallCNN, train
    >>> net, x, y = SmallCNN(10), torch.rand(50, 1, 8, 8), torch.arange(50) % 10
    >>> seen = cache_features(net, x)
    >>> seen.shape
    torch.Size([50, 128])
    >>> losses = train(net.head, seen, y, torch.optim.SGD(net.head.parameters(), lr=0.1), epochs=3)
    """
    stages_of(model)
    return in_batches(model, model.features, x, batch)


def linear_probe(
    model: Network,
    x: Tensor,
    y: Tensor,
    *,
    classes: int | None = None,
    l2: float = 0.01,
    device: Device | None = None,
) -> nn.Linear:
    """Fit a linear head to the features of a network, which is not changed.

    min (1/N) Σₙ −log softmax(W features(xₙ) + b)_{yₙ} + ½λ‖W‖²

    This is convex, and L-BFGS finds its minimum, without random numbers; λ > 0 makes the best W unique. The head's
    accuracy measures how good the features are; `model.head = linear_probe(model, x, y)` puts it into the network.

    Args:
        model: a network.
        x: images, shape (N, channels, height, width).
        y: their classes, shape (N,).
        classes: number of classes; max(y) + 1 unless given.
        l2: λ ≥ 0.
        device: where to compute; the network moves there. Its own device unless given.

    Returns:
        The head.

    >>> from course_lib.deep import SmallCNN
    >>> x, y = torch.rand(20, 1, 8, 8), torch.arange(20) % 4
    >>> linear_probe(SmallCNN(38), x, y)
    Linear(in_features=128, out_features=4, bias=True)

    Source: Alain and Bengio, Understanding intermediate layers using linear classifier probes, 2017.
    """
    stages_of(model)
    check_number("l2", l2)
    check_labels(x, y)
    high = int(y.max())
    if classes is not None and check_count("classes", classes) <= high:
        raise ValueError(f"classes must be at least {high + 1}, as y holds class {high}, not {classes}")
    if device is not None:
        model.to(check_device(device))
    seen = cache_features(model, x)
    if not seen.isfinite().all():
        raise ValueError("model returns features that are nan or inf: load or draw its weights anew")
    head = nn.Linear(seen.shape[1], classes or high + 1).to(seen)
    nn.init.zeros_(head.weight)
    nn.init.zeros_(head.bias)
    optimizer = torch.optim.LBFGS(head.parameters(), max_iter=300, line_search_fn="strong_wolfe")
    y = y.to(seen.device)

    def closure() -> Tensor:
        optimizer.zero_grad()
        loss = F.cross_entropy(head(seen), y) + l2 / 2 * head.weight.square().sum()
        loss.backward()
        return loss

    optimizer.step(closure)
    return head


def fine_tune(
    model: Network,
    x: Tensor,
    y: Tensor,
    *,
    classes: int | None = None,
    downto: str | None = None,
    lr: float = 0.02,
    ratio: float = 0.1,
    epochs: int = 30,
    batch: int = 50,
    generator: torch.Generator | None = None,
    device: Device | None = None,
    progress: bool = False,
) -> list[float]:
    """Replace a network's head, fit it first, and then train the rest with it, at a tenth of its rate.

    A random head sends back random gradients, which would spoil the layers below before the head is any good.

    Args:
        model: a network. At the end, stages below `downto` are frozen, the others trained.
        x: images, shape (N, channels, height, width).
        y: their classes, shape (N,).
        classes: number of classes; max(y) + 1 unless given.
        downto: the last stage that is trained, seen from the head; all of them unless given.
        lr: the head's rate in the second part, with momentum 0.9; it falls to 0 along a cosine.
        ratio: the rate of the layers below the head is `ratio * lr`.
        epochs: passes over the examples in the second part.
        batch: examples of a minibatch.
        generator: shuffles.
        device: where to compute; the network moves there. Its own device unless given.
        progress: shows a bar where tqdm is installed.

    Returns:
        Every epoch's mean loss in the second part.

    Raises:
        FloatingPointError: the loss is nan or inf; see `train`.

    >>> from course_lib.deep import SmallCNN
    >>> net, x, y = SmallCNN(38), torch.rand(20, 1, 8, 8), torch.arange(20) % 4
    >>> losses = fine_tune(net, x, y, downto="conv4", epochs=2)
    >>> net.head
    Linear(in_features=128, out_features=4, bias=True)

    Source: Yosinski, Clune, Bengio and Lipson, How transferable are features in deep neural networks?, 2014;
    Kumar, Raghunathan, Jones, Ma and Liang, Fine-tuning can distort pretrained features and underperform
    out-of-distribution, 2022.
    """
    check_number("lr", lr)
    check_number("ratio", ratio)
    check_count("epochs", epochs)
    check_count("batch", batch)
    check_generator(generator)
    names = [name for name, _ in stages_of(model)]
    place = place_of(names, "downto", downto, 0)
    settings = {"batch": batch, "generator": generator, "progress": progress}
    model.head = linear_probe(model, x, y, classes=classes, device=device)
    unfreeze(model, names[place])
    if place:
        freeze(model, names[place - 1])
    optimizer = torch.optim.SGD(parameter_groups(model, lr, ratio=ratio), momentum=0.9)
    return train(model, x, y, optimizer, epochs=epochs, **settings)


def _linear(n: int, classes: int, generator: torch.Generator | None) -> nn.Linear:
    head = nn.Linear(n, classes)
    nn.init.kaiming_normal_(head.weight, nonlinearity="linear", generator=generator)
    nn.init.zeros_(head.bias)
    return head
