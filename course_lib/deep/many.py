"""Many small networks at once in torch: stacked weights, by hand with `baddbmm` or for any architecture with `vmap`.

Train a stack as any module. The members' losses are added up, and as member k's weights appear in its own loss alone,
each gets its own gradient:

    many, optimizer = StackedModels(nets), torch.optim.SGD(many.parameters(), lr=0.1)
    for rows in batches:  # (K, N), each member's own
        losses = cross_entropies(many(x[rows]), y[rows])
        optimizer.zero_grad()
        losses.sum().backward()
        optimizer.step()
    many.unstack()

An optimizer must work element by element, as SGD and Adam do: one with a norm would take it over all members.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

#: What `StackedModels` allows between linear layers: elementwise, without weights.
ELEMENTWISE = (nn.ReLU, nn.LeakyReLU, nn.ELU, nn.GELU, nn.SiLU, nn.Sigmoid, nn.Tanh, nn.Identity)


class Stack(nn.Module):
    """K models' parameters, each stacked along a first axis: the base of `StackedModels` and `VmapModels`.

    Args:
        models: of one architecture. They keep their own weights until `unstack`.
    """

    def __init__(self, models: Sequence[nn.Module]) -> None:
        super().__init__()
        self.models = _check_models(models)
        for name, p in self.models[0].named_parameters():
            stacked = torch.stack([model.get_parameter(name).detach() for model in self.models])
            self.register_parameter(_flat(name), nn.Parameter(stacked, p.requires_grad))

    def named_stacks(self) -> dict[str, Tensor]:
        """Return every stack by the name that its parameter has in the models."""
        return {name: self.get_parameter(_flat(name)) for name, _ in self.models[0].named_parameters()}

    @torch.no_grad()
    def unstack(self) -> tuple[nn.Module, ...]:
        """Write the weights into the models, and return these."""
        for name, stacked in self.named_stacks().items():
            for model, p in zip(self.models, stacked, strict=True):
                model.get_parameter(name).copy_(p)
        return self.models


class StackedModels(Stack):
    """K networks of linear layers as one: one batched product computes a layer of all of them.

    Y[k] = X[k] W[k]ᵀ + b[k] for k = 1 … K: one call of `torch.baddbmm`

    On the CPU, with torch's MKL, its scores and gradients equalled those of K single models bit for bit wherever it
    was tried with layers of 16 or 64 units and more than one row. With odd widths or single rows the last digit
    differed.

    Args:
        models: K modules `nn.Sequential` of `nn.Linear` and activations, such as `nn.ReLU`.

    >>> nets = [nn.Sequential(nn.Linear(64, 16), nn.ReLU(), nn.Linear(16, 10)) for _ in range(3)]
    >>> many, x = StackedModels(nets), torch.ones(5, 64)
    >>> many(x).shape  # one batch for all; shape (3, 5, 64): one for each
    torch.Size([3, 5, 10])
    >>> torch.allclose(many(x)[2], nets[2](x), atol=1e-6)
    True
    """

    def __init__(self, models: Sequence[nn.Sequential]) -> None:
        super().__init__(models)
        first = self.models[0]
        if not isinstance(first, nn.Sequential):
            raise TypeError(f"StackedModels needs nn.Sequential, not {type(first).__name__}: use VmapModels")
        for name, layer in first.named_children():
            if type(layer) not in (nn.Linear, *ELEMENTWISE) or getattr(layer, "bias", 0) is None:
                raise TypeError(
                    f"layer {name}, {layer}, must be a linear layer with bias or an activation: use VmapModels"
                )
        # An activation has no weights, and is not a submodule: a plain list keeps it out.
        self.layers = [(n, None if isinstance(layer, nn.Linear) else layer) for n, layer in first.named_children()]

    def forward(self, x: Tensor) -> Tensor:
        """Return every member's scores, shape (K, N, C), for a batch (N, F) or one for each member (K, N, F)."""
        y = x.expand(len(self.models), *x.shape) if x.ndim == 2 else x
        for name, layer in self.layers:
            if layer is None:
                y = Linears.apply(y, getattr(self, f"{name}_weight"), getattr(self, f"{name}_bias"))
            else:
                y = layer.forward(y)
        return y


class Linears(torch.autograd.Function):
    """K linear layers, and their backward pass.

    Y = X Wᵀ + b;  dX = dY W,  dW = dYᵀ X,  db = Σ dY,  for each of K

    autograd can derive this from `baddbmm`, but computes dW as (Xᵀ dY)ᵀ: the same, up to the last digit.
    """

    @staticmethod
    def forward(ctx: Any, x: Tensor, W: Tensor, b: Tensor) -> Tensor:
        ctx.save_for_backward(x, W)
        return torch.baddbmm(b[:, None], x, W.mT)

    @staticmethod
    def backward(ctx: Any, dy: Tensor) -> tuple[Tensor | None, Tensor, Tensor]:
        x, W = ctx.saved_tensors
        dx = torch.bmm(dy, W) if ctx.needs_input_grad[0] else None
        return dx, torch.bmm(dy.mT, x), dy.sum(1)


class VmapModels(Stack):
    """K models of any architecture as one: `torch.func.vmap` runs the first one's code on all weights together.

    Equal to the single models up to rounding. Dropout draws separately for every member. Modules with running
    statistics, such as batch norm, cannot be stacked.

    Args:
        models: K modules of one architecture.

    >>> nets = [nn.Sequential(nn.Conv2d(1, 4, 3), nn.Flatten(), nn.Linear(144, 10)) for _ in range(3)]
    >>> VmapModels(nets)(torch.ones(5, 1, 8, 8)).shape
    torch.Size([3, 5, 10])
    """

    def __init__(self, models: Sequence[nn.Module]) -> None:
        super().__init__(models)
        for name, _ in self.models[0].named_buffers():
            raise ValueError(f"{name} is a buffer: models with buffers cannot be stacked")
        # Code without weights, in a tuple: it must not be a submodule.
        self.code = (copy.deepcopy(self.models[0]).to("meta"),)

    def forward(self, x: Tensor, each: bool = False) -> Tensor:
        """Return every member's scores, shape (K, N, …), for one batch; with `each`, for one batch each, (K, N, …)."""
        (code,) = self.code
        code.train(self.training)

        def one(weights: dict[str, Tensor], x: Tensor) -> Tensor:
            return torch.func.functional_call(code, weights, (x,))

        return torch.func.vmap(one, in_dims=(0, 0 if each else None), randomness="different")(self.named_stacks(), x)


def cross_entropies(scores: Tensor, y: Tensor) -> Tensor:
    """Return each member's mean cross-entropy of the softmax.

    L[k] = −(1/N) Σₙ log softmax(s[k, n])[y[k, n]]

    torch is slow along a short last axis, so the classes come first here. That sums in another order than a single
    run, and the last digit may differ; `F.cross_entropy(scores.flatten(0, 1), y.flatten(), reduction="none")` has the
    same bits, and takes four times as long.

    Args:
        scores: shape (K, N, C).
        y: labels, shape (K, N), or (N,) for all.

    Returns:
        L, shape (K,). Call `backward` on its sum.

    >>> cross_entropies(torch.zeros(3, 5, 10), torch.zeros(5, dtype=torch.long))
    tensor([2.3026, 2.3026, 2.3026])
    """
    if scores.ndim != 3 or y.shape not in (scores.shape[:2], scores.shape[1:2]):
        shapes = f"{tuple(scores.shape)} and {tuple(y.shape)}"
        raise ValueError(f"scores and y must have the shapes (K, N, C) and (K, N) or (N,), not {shapes}")
    y = y.expand(scores.shape[:2])
    log_p = scores.movedim(2, 0).contiguous().log_softmax(0)
    return -log_p.gather(0, y[None])[0].mean(1)


def _flat(name: str) -> str:
    return name.replace(".", "_")  # a parameter's name may have no dots


def _form(p: Tensor) -> str:
    return f"{tuple(p.shape)}, {p.dtype}, {p.device}{'' if p.requires_grad else ', frozen'}"


def _check_models(models: Any) -> tuple[nn.Module, ...]:
    if isinstance(models, nn.Module) or not isinstance(models, Sequence):
        raise TypeError(f"models must be a list of modules, not {type(models).__name__}")
    for k, model in enumerate(models):
        if not isinstance(model, nn.Module):
            raise TypeError(f"models[{k}] must be a module of torch, not {model!r}")
    if not models:
        raise ValueError("models is empty: there must be at least one")
    if len({id(p) for model in models for p in model.parameters()}) < sum(1 for m in models for _ in m.parameters()):
        raise ValueError("models must not share parameters: give each its own")
    for k, model in enumerate(models):
        if str(model) != str(models[0]):
            raise ValueError(f"models must be of one architecture: models[{k}] is {model}, models[0] {models[0]}")
        ours, first = ({n: _form(p) for n, p in m.named_parameters()} for m in (model, models[0]))
        if ours != first:
            name = next(n for n in {**ours, **first} if ours.get(n) != first.get(n))
            raise ValueError(
                f"models must be alike: {name} is {ours.get(name)} in models[{k}], {first.get(name)} in [0]"
            )
    return tuple(models)
