"""Freezing by depth: which stages of a network train, and which stay fixed, batch norm's statistics included."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from torch import nn

from .networks import Network


@dataclass(frozen=True)
class Stage:
    """One stage of a network.

    Attributes:
        name: of the stage.
        parameters: number of its parameters, frozen or not.
        trained: number of those that are not frozen.
        statistics: number of its running statistics of batch norm.
        kept: number of those that are frozen.
    """

    name: str
    parameters: int
    trained: int
    statistics: int
    kept: int


class Depths(tuple[Stage, ...]):
    """A table of what is frozen in a network, stage by stage; print it.

    >>> from course_lib.deep import SmallCNN
    >>> freeze(SmallCNN(10), "conv3")
    stage   parameters           batch norm's statistics
    conv1          352  frozen               64  frozen
    conv2        9,280  frozen               64  frozen
    conv3       18,560  frozen              128  frozen
    conv4       36,992  trains              128  follow
    embed      131,200  trains
    head         1,290  trains
    """

    def __repr__(self) -> str:
        width = max(len("stage"), *(len(stage.name) for stage in self))
        lines = [f"{'stage':{width}}  parameters           batch norm's statistics"]
        for s in self:
            trains = _either(s.trained, s.parameters, ("frozen", "trains"))
            follows = _either(s.kept, s.statistics, ("follow", "frozen"))
            lines.append(f"{s.name:{width}}  {s.parameters:10,}  {trains}  {s.statistics:15,}  {follows}"
                         if s.statistics else f"{s.name:{width}}  {s.parameters:10,}  {trains}")  # fmt: skip
        return "\n".join(lines)


def depths(model: Network) -> Depths:
    """Return a table of what is frozen in a network, stage by stage; see `freeze`."""
    return Depths(_stage(name, module) for name, module in stages_of(model))


def freeze(model: Network, upto: str | None = None) -> Depths:
    """Freeze a network from the input up to a stage: training no longer changes it.

    Its parameters get no gradient. Its modules are in evaluation mode and stay there, also after `model.train()`, so
    that batch norm's running statistics do not change, and dropout drops nothing.

    Args:
        model: a network.
        upto: the last stage to freeze; the one below the head unless given. Those above are not changed.

    Returns:
        A table of what is frozen now.

    >>> from course_lib.deep import SmallCNN
    >>> net = SmallCNN(10)
    >>> _ = freeze(net)
    >>> _ = net.train()
    >>> net.conv1.training, net.head.training
    (False, True)

    Source: Yosinski, Clune, Bengio and Lipson, How transferable are features in deep neural networks?, 2014.
    """
    names = [name for name, _ in stages_of(model)]
    last = place_of(names, "upto", upto, len(names) - 2)
    for _, part in stages_of(model)[: last + 1]:
        part.requires_grad_(False)
        for parameter in part.parameters():
            parameter.grad = None  # an optimizer made before skips what has none
        part.eval()
        for module in part.modules():
            module.train = partial(_stay, module)
    return depths(model)


def unfreeze(model: Network, downto: str | None = None) -> Depths:
    """Unfreeze a network from the head down to a stage.

    Args:
        model: a network.
        downto: the last stage to unfreeze, seen from the head; all of them unless given. Those below are not changed.

    Returns:
        A table of what is frozen now.

    >>> from course_lib.deep import SmallCNN
    >>> net = SmallCNN(10)
    >>> _ = freeze(net)
    >>> [(stage.name, stage.trained) for stage in unfreeze(net, "embed")[-3:]]
    [('conv4', 0), ('embed', 131200), ('head', 1290)]

    Source: Howard and Ruder, Universal language model fine-tuning for text classification, 2018.
    """
    names = [name for name, _ in stages_of(model)]
    for _, part in stages_of(model)[place_of(names, "downto", downto, 0) :]:
        part.requires_grad_(True)
        for module in part.modules():
            vars(module).pop("train", None)
        part.train(model.training)
    return depths(model)


def _stay(module: nn.Module, mode: bool = True) -> nn.Module:
    """Stand in for a frozen module's `train`: change nothing."""
    return module


def _either(count: int, whole: int, words: tuple[str, str]) -> str:
    return words[0] if count == 0 else words[1] if count == whole else "in part"


def _stage(name: str, part: nn.Module) -> Stage:
    """Count what is frozen in a stage. Statistics are updated if their module follows the network's training mode."""
    parameters = list(part.parameters())
    norms = [m for m in part.modules() if isinstance(m, nn.modules.batchnorm._BatchNorm) and m.track_running_stats]
    sizes = [sum(b.numel() for b in m.buffers() if b.is_floating_point()) for m in norms]
    return Stage(
        name,
        sum(p.numel() for p in parameters),
        sum(p.numel() for p in parameters if p.requires_grad),
        sum(sizes),
        sum(size for m, size in zip(norms, sizes, strict=True) if "train" in vars(m)),
    )


def stages_of(model: Network) -> list[tuple[str, nn.Module]]:
    """Return a network's stages; raise an error if model is no such network."""
    if not isinstance(model, nn.Module) or not hasattr(model, "stages") or not hasattr(model, "features"):
        raise TypeError(f"model must be a network with stages, features and a head, not {type(model).__name__}")
    return model.stages


def place_of(names: list[str], label: str, name: str | None, default: int) -> int:
    if name is None:
        return default
    if name not in names:
        raise ValueError(f"{label} must be one of {', '.join(map(repr, names))}, not {name!r}")
    return names.index(name)
