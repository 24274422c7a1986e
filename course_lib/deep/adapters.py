"""Low-rank adapters: the weights stay, and beside each of them a product of two thin matrices is trained."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

from course_lib.validation import check_count, check_number

from .freezing import Depths, depths, freeze, stages_of
from .networks import Network


class LowRank(nn.Module):
    """Add a matrix of low rank to a weight matrix.

    W' = W + s·BA,  B of shape (m, r), A of shape (r, k)

    A is drawn from N(0, 1/k), and B is 0, so that W' = W at first. A convolution's weights, of shape
    (m, channels, height, width), count as a matrix of m rows.

    Args:
        weight: W; only its shape and type are used.
        rank: r ≥ 1; at most m and k, else the smaller of these.
        scale: s > 0.
        generator: draws A, the same on every device; torch's global one unless given.

    >>> W = torch.ones(3, 4)
    >>> change = LowRank(W, rank=2)
    >>> change.B.shape, change.A.shape, torch.equal(change(W), W)
    (torch.Size([3, 2]), torch.Size([2, 4]), True)

    Source: Hu, Shen, Wallis, Allen-Zhu, Li, Wang, Wang and Chen, LoRA: Low-rank adaptation of large language models,
    2022.
    """

    def __init__(
        self, weight: Tensor, rank: int, *, scale: float = 1.0, generator: torch.Generator | None = None
    ) -> None:
        super().__init__()
        m, k = weight.flatten(1).shape
        r, self.scale = min(check_count("rank", rank), m, k), check_number("scale", scale, above=0.0)
        self.B = nn.Parameter(torch.zeros(m, r).to(weight))
        self.A = nn.Parameter((torch.randn(r, k, generator=generator) / k**0.5).to(weight))

    def forward(self, W: Tensor) -> Tensor:
        return W + self.scale * (self.B @ self.A).view_as(W)


def add_adapters(model: Network, rank: int, *, scale: float = 1.0, generator: torch.Generator | None = None) -> Depths:
    """Freeze a network below its head, and let each weight matrix there have a trainable change of low rank.

    Afterwards `train` with `parameter_groups` trains the adapters and the head. See `LowRank` for the formula.

    Args:
        model: a network.
        rank: r ≥ 1 of every adapter.
        scale: s > 0.
        generator: draws the matrices A.

    Returns:
        A table of what is frozen now; a stage with an adapter is frozen "in part".

    Raises:
        ValueError: the network has adapters already.

    >>> from course_lib.deep import SmallCNN
    >>> sum(stage.trained for stage in add_adapters(SmallCNN(10), rank=4)[:-1])  # of 196,384 + 10,020
    10020

    Source: Hu, Shen, Wallis, Allen-Zhu, Li, Wang, Wang and Chen, LoRA: Low-rank adaptation of large language models,
    2022.
    """
    layers = _layers(model)
    if any(parametrize.is_parametrized(layer, "weight") for layer in layers):
        raise ValueError("model has adapters already: merge_adapters(model) first")
    check_count("rank", rank)
    check_number("scale", scale, above=0.0)
    freeze(model)
    for layer in layers:
        change = LowRank(layer.weight, rank, scale=scale, generator=generator)
        parametrize.register_parametrization(layer, "weight", change)
    return depths(model)


def merge_adapters(model: Network) -> Depths:
    """Add the adapters to the weights: the network computes the same in its old form, all frozen below its head.

    Args:
        model: a network with adapters.

    Returns:
        A table of what is frozen now.

    Raises:
        ValueError: the network has no adapters.

    >>> from course_lib.deep import SmallCNN
    >>> net = SmallCNN(10)
    >>> names = set(net.state_dict())
    >>> _ = add_adapters(net, rank=1)
    >>> _ = merge_adapters(net)
    >>> set(net.state_dict()) == names
    True
    """
    layers = [layer for layer in _layers(model) if parametrize.is_parametrized(layer, "weight")]
    if not layers:
        raise ValueError("model has no adapters: add_adapters(model, rank) adds them")
    for layer in layers:  # not by remove_parametrizations, which would change copies of the network, too
        weight = layer.parametrizations.weight.original
        weight.data = layer.weight.detach()
        del layer.parametrizations
        layer.__class__ = type(layer).__base__
        layer.register_parameter("weight", weight)
    return depths(model)


def _layers(model: Network) -> list[nn.Module]:
    """Return the layers below the head that have a weight matrix."""
    modules = [module for _, part in stages_of(model)[:-1] for module in part.modules()]
    return [module for module in modules if isinstance(module, (nn.Linear, nn.Conv2d))]
