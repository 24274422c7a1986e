"""A training loop for a torch module on tensors, for transfer learning: the same on the CPU or a GPU."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from course_lib.progress import progress_bar
from course_lib.validation import check_count

Device = str | torch.device


def to_tensors(x: np.ndarray, y: np.ndarray) -> tuple[Tensor, Tensor]:
    """Convert images and labels from NumPy to torch, where the channels come before height and width.

    Args:
        x: images, floats of shape (N, height, width, channels).
        y: their classes, whole numbers of shape (N,).

    Returns:
        (x, y) of shapes (N, channels, height, width) and (N,).

    >>> x, y = to_tensors(np.zeros((5, 8, 8, 1), np.float32), np.arange(5))
    >>> x.shape, y.dtype
    (torch.Size([5, 1, 8, 8]), torch.int64)
    """
    x, y = np.asarray(x), np.asarray(y)
    if x.dtype.kind != "f":
        raise TypeError(f"x must hold floats, not {x.dtype}: pixels are in [0, 1]")
    if x.ndim != 4:
        raise ValueError(f"x must have the shape (N, height, width, channels), not {x.shape}")
    if y.dtype.kind not in "iu":
        raise TypeError(f"y must hold whole numbers, not {y.dtype}")
    images = torch.from_numpy(np.ascontiguousarray(x.transpose(0, 3, 1, 2)))
    return images, torch.from_numpy(y.astype(np.int64))


def train(
    model: nn.Module,
    x: Tensor,
    y: Tensor,
    optimizer: torch.optim.Optimizer,
    *,
    epochs: int,
    batch: int = 50,
    anneal: bool = True,
    generator: torch.Generator | None = None,
    device: Device | None = None,
    progress: bool = False,
) -> list[float]:
    """Train the optimizer's parameters by cross-entropy on shuffled minibatches.

    αₜ = α·(1 + cos(πt/T))/2, each group with its own α, T steps in all

    Args:
        model: returns scores, shape (N, classes). It is in training mode meanwhile, except what `freeze` froze, and
            in its own mode again afterwards.
        x: examples, floats of shape (N, …).
        y: classes, whole numbers of shape (N,).
        optimizer: one of torch.optim, over the model's parameters. At the end its rates are restored.
        epochs: passes over the examples.
        batch: examples of a minibatch.
        anneal: whether rates fall along the cosine; else they are constant.
        generator: shuffles, the same on every device; torch's global one unless given.
        device: where to compute, "cpu" or "cuda"; the model moves there, and stays. Its own device unless given.
        progress: shows a bar where tqdm is installed.

    Returns:
        Every epoch's mean loss.

    Raises:
        FloatingPointError: the loss is nan or inf; the model is spoilt, and a smaller rate helps.

    >>> g = torch.Generator().manual_seed(0)
    >>> x = torch.randn(200, 2, generator=g)
    >>> line = nn.Linear(2, 2)
    >>> losses = train(line, x, (x[:, 0] > x[:, 1]).long(), torch.optim.SGD(line.parameters(), lr=1.0), epochs=20)
    >>> losses[-1] < 0.2
    True

    Source: Loshchilov and Hutter, SGDR: stochastic gradient descent with warm restarts, 2017 (the cosine).
    """
    check_count("epochs", epochs)
    check_count("batch", batch)
    check_generator(generator)
    _check_optimizer(model, optimizer)
    device = device_of(model) if device is None else check_device(device)
    _check_examples(model, x, y)

    model.to(device)
    x, y = x.to(device), y.to(device)
    steps = epochs * math.ceil(len(x) / batch)
    losses = []
    with _rates_restored(optimizer), mode(model, training=True), progress_bar(progress, steps, "step") as bar:
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, steps) if anneal else None
        for epoch in range(epochs):
            total = torch.zeros((), device=device)  # summed there: reading each loss would make a GPU wait
            for rows in torch.randperm(len(x), generator=generator).to(device).split(batch):
                loss = F.cross_entropy(model(x[rows]), y[rows])
                optimizer.zero_grad()
                loss.backward()
                optimizer.step()
                if schedule:
                    schedule.step()
                total += len(rows) * loss.detach()
                bar.update()
            losses.append(total.item() / len(x))
            bar.set_postfix({"loss": f"{losses[-1]:.3g}"})
            if not math.isfinite(losses[-1]):
                raise FloatingPointError(f"the loss is {losses[-1]} in epoch {epoch}: train with a smaller rate")
    return losses


def predict(model: nn.Module, x: Tensor, *, batch: int = 500) -> Tensor:
    """Compute scores, shape (N, classes), in evaluation mode, without gradients, batch by batch.

    Args:
        model: returns scores; its mode is restored afterwards.
        x: examples, shape (N, …), on any device; the scores are on the model's.
        batch: examples of a batch, as many as memory holds.

    >>> predict(nn.Linear(3, 2), torch.zeros(4, 3)).shape
    torch.Size([4, 2])
    """
    return in_batches(model, model, x, batch)


def evaluate_accuracy(model: nn.Module, x: Tensor, y: Tensor, *, batch: int = 500) -> float:
    """Return the share of examples whose class has the highest score.

    Args:
        model: returns scores.
        x: examples, shape (N, …).
        y: their classes, shape (N,).
        batch: examples of a batch, as many as memory holds.

    >>> evaluate_accuracy(nn.Identity(), torch.eye(4), torch.tensor([0, 1, 2, 0]))
    0.75
    """
    _check_examples(model, x, y)
    return (predict(model, x, batch=batch).argmax(1).cpu() == y.cpu()).double().mean().item()


def in_batches(model: nn.Module, function: nn.Module, x: Tensor, batch: int) -> Tensor:
    """Apply a function of the model batch by batch, in evaluation mode and without gradients."""
    check_count("batch", batch)
    check_floats(x)
    device = device_of(model)
    with mode(model, training=False), torch.no_grad():
        return torch.cat([function(part.to(device)) for part in x.split(batch)])


@contextlib.contextmanager
def mode(model: nn.Module, *, training: bool) -> Iterator[None]:
    """Set training or evaluation mode, and at the end restore the mode of each module."""
    before = [(module, module.training) for module in model.modules()]
    model.train(training)
    try:
        yield
    finally:
        for module, was in before:
            module.training = was


@contextlib.contextmanager
def one_thread() -> Iterator[None]:
    """Let torch compute on one thread, so that the order of sums is fixed."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def device_of(model: nn.Module) -> torch.device:
    """Return the device of a model: that of its first parameter or buffer."""
    first = next(model.parameters(), next(model.buffers(), None))
    return torch.device("cpu") if first is None else first.device


def check_device(device: Device) -> torch.device:
    """Raise ValueError unless torch can compute there."""
    try:
        torch.zeros(1, device=device).item()  # "meta" makes tensors and has no numbers: a model there would be lost
    except (RuntimeError, AssertionError, TypeError) as error:
        reason = str(error).partition("\n")[0]
        raise ValueError(f"torch cannot compute on the device {device!r} here: {reason}") from error
    return torch.device(device)


def check_generator(generator: torch.Generator | None) -> None:
    """Raise TypeError unless it is a torch generator on the CPU, where it draws the same for every device."""
    if generator is not None and (not isinstance(generator, torch.Generator) or generator.device.type != "cpu"):
        what = generator.device if isinstance(generator, torch.Generator) else type(generator).__name__
        raise TypeError(f"generator must be a torch.Generator on the cpu, not {what}")


def check_floats(x: Tensor) -> None:
    """Raise an error unless x holds examples, as floats."""
    if not isinstance(x, Tensor):
        hint = "; see to_tensors" if isinstance(x, np.ndarray) else ""
        raise TypeError(f"x must be a tensor, not {type(x).__name__}{hint}")
    if not x.is_floating_point():
        raise TypeError(f"x must hold floats, not {x.dtype}: pixels are in [0, 1]")
    if x.ndim < 2 or len(x) == 0:
        raise ValueError(f"x must hold examples, shape (N, …) with N ≥ 1, not {tuple(x.shape)}")


def check_labels(x: Tensor, y: Tensor) -> None:
    """Raise an error unless y holds a class for each example in x."""
    check_floats(x)
    if not isinstance(y, Tensor):
        raise TypeError(f"y must be a tensor, not {type(y).__name__}")
    if y.dtype != torch.int64:
        raise TypeError(f"y must hold classes as torch.int64, not {y.dtype}")
    if y.shape != (len(x),):
        raise ValueError(f"y must have the shape ({len(x)},), a class for each example, not {tuple(y.shape)}")
    if y.min() < 0:
        raise ValueError(f"y must hold classes from 0 on, not {y.min()}")
    if not (finite := x.isfinite()).all():
        row = int(finite.flatten(1).all(1).int().argmin())
        raise ValueError(f"x must hold finite numbers, and x[{row}] has nan or inf")


def check_classes(scores: Tensor, y: Tensor) -> None:
    """Raise an error unless there is a score for every class in y."""
    if scores.ndim != 2:
        raise ValueError(f"model must return scores of shape (N, classes), not {tuple(scores.shape)}")
    high, classes = int(y.max()), scores.shape[1]
    if high >= classes:
        raise ValueError(f"y holds class {high}, but the model has {classes} scores: replace_head(model, {high + 1})")


@contextlib.contextmanager
def _rates_restored(optimizer: torch.optim.Optimizer) -> Iterator[None]:
    """Restore an optimizer's rates: a schedule leaves them at 0, and the next training would change nothing."""
    rates = [group["lr"] for group in optimizer.param_groups]
    try:
        yield
    finally:
        for group, rate in zip(optimizer.param_groups, rates, strict=True):
            group["lr"] = rate
            group.pop("initial_lr", None)


def _check_examples(model: nn.Module, x: Tensor, y: Tensor) -> None:
    check_labels(x, y)
    scores = predict(model, x[:1])  # one example shows the number of classes, and whether x fits at all
    check_classes(scores, y)
    if scores.isnan().any():
        raise ValueError("model returns nan before any training: load or draw its weights anew")


def _check_optimizer(model: nn.Module, optimizer: torch.optim.Optimizer) -> None:
    """Raise an error unless the optimizer has something to train, and all of it is the model's."""
    if not isinstance(model, nn.Module):
        raise TypeError(f"model must be a module of torch, not {type(model).__name__}")
    if not isinstance(optimizer, torch.optim.Optimizer):
        raise TypeError(f"optimizer must be one of torch.optim, not {type(optimizer).__name__}")
    own = {id(p) for p in model.parameters()}
    held = [p for group in optimizer.param_groups for p in group["params"]]
    if not all(id(p) in own for p in held):
        raise ValueError("optimizer holds parameters that are not the model's: make it after the head was replaced")
    if not any(p.requires_grad for p in held):
        raise ValueError("nothing to train: every parameter is frozen; see unfreeze and replace_head")
