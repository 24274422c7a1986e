"""One step of training: the loss of a minibatch as an optimizer takes it; and the layer where nan or inf begins."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from ..optim.optimizer import Optimizer
from ..optim.trees import find_nonfinite, has_nonfinite
from .checkpoint import using_params
from .evaluation import Loss, accuracy
from .history import History
from .layers import Layer, fill_grads
from .penalties import Penalty, add_penalty_grad, apply_prox, is_weight, penalty_value


class Diverged(FloatingPointError):
    """The loss became nan or infinite. The network has its best epoch's weights; `history` holds the epochs before."""

    def __init__(self, message: str, history: History | None = None, step: int = 0) -> None:
        super().__init__(message)
        self.history, self.step = history, step


class Minibatch:
    """The loss on one minibatch, in the form that an optimizer takes: `grad(params)`."""

    def __init__(
        self,
        net: Layer,
        loss: Loss,
        penalty: Penalty | None = None,
        proximal: bool = False,
        on: Callable[[str], bool] = is_weight,
    ) -> None:
        self.net, self.loss, self.penalty, self.proximal, self.on = net, loss, penalty, proximal, on
        self.steps = 0  # minibatches taken
        if penalty is not None and proximal:  # MaxNorm's limit holds from the start; other penalties do nothing yet
            apply_prox(penalty, net.params, 0.0, on)

    def take(self, x: np.ndarray, y: np.ndarray) -> None:
        """Set the next minibatch."""
        self.x, self.y, self.seen, self.steps = x, y, None, self.steps + 1

    def step(self, optimizer: Optimizer) -> None:
        """Take one step, and the proximal one after it."""
        params = self.net.params
        rates = optimizer.rates(params) if self.proximal else {}  # before the step, which moves a schedule on
        try:
            optimizer.step_closure(params, self)
        except ValueError:
            if (where := find_nonfinite(dict(self.net.grads))) is None:
                raise
            raise Diverged(f"{where}, in {_last_layer(self.net)}, though the loss is finite") from None
        if self.penalty is not None:
            for name, rate in rates.items():
                apply_prox(self.penalty, {name: params[name]}, float(np.mean(rate)), self.on)

    def grad(self, params: Any) -> Any:
        """Compute the gradients at params; if these are not the network's own, it uses them temporarily."""
        if params is not self.net.params:
            with using_params(self.net, params):
                return self.grad(self.net.params)
        scores = self.net.forward(self.x, train=True)
        value, dscores = self._finite_loss(scores)
        if self.seen is None:  # SAM looks twice: the first look counts
            self.seen = self._see(value, scores)
        fill_grads(self.net, dscores)  # backward
        if self.penalty is not None and not self.proximal:
            add_penalty_grad(self.penalty, params, self.net.grads, self.on)
        return self.net.grads

    def _finite_loss(self, scores: np.ndarray) -> tuple[float, np.ndarray]:
        """Return the mean loss and its gradient; raise Diverged where nan or inf begins."""
        if has_nonfinite(scores):
            raise Diverged(f"nan or inf first in {find_nonfinite_layer(self.net, self.x)}")
        value, dscores = self.loss(scores, self.y)
        if not math.isfinite(value):
            raise Diverged(f"the loss is {value}, though the scores are finite")
        return value, dscores

    def _see(self, value: float, scores: np.ndarray) -> tuple[float, float, float]:
        """Return what the history shows: the loss with the penalty, the penalty (finite, too), and the accuracy."""
        extra = 0.0 if self.penalty is None else penalty_value(self.penalty, self.net.params, self.on)
        if not math.isfinite(extra):
            raise Diverged(f"the penalty is {extra}, though the loss is finite")
        return float(value) + extra, extra, accuracy(scores, self.y)


def find_nonfinite_layer(net: Layer, x: np.ndarray) -> str:
    """Describe where nan or inf first appears on the way from x through a network, nested blocks included."""
    if has_nonfinite(x):
        return "the input x"
    layers = dict(named_layers(net)) or {"0": net}
    found: list[str] = []

    def hook(name: str, x: np.ndarray, y: np.ndarray) -> None:
        layer = layers[name]
        own = {} if getattr(layer, "parts", {}) else layer.params
        bad = [f"parameter {key}" for key, p in own.items() if has_nonfinite(p)]
        if bad or has_nonfinite(y):
            found.append(f"{(bad or ['the output'])[0]} of layer {name}, {describe_layer(layer)}")

    with forward_hooks(layers, hook):
        net.forward(x, train=True)
    return found[0] if found else "the scores (a second pass, with other random draws, found none)"


def current_lr(optimizer: Optimizer) -> float:
    """Return the learning rate of the next step."""
    return float(np.mean(optimizer.settings()["lr"]))


def iter_layers(layer: Layer) -> Iterator[Layer]:
    """Iterate over a layer and all layers within it."""
    yield layer
    for _, part in named_layers(layer):
        yield part


def named_layers(layer: Layer, prefix: str = "") -> Iterator[tuple[str, Layer]]:
    """Iterate over the layers within a layer, with names as in its `params`: "1", "1.branch", …"""
    for name, part in getattr(layer, "parts", {}).items():
        yield prefix + name, part
        yield from named_layers(part, f"{prefix}{name}.")


@contextmanager
def forward_hooks(layers: dict[str, Layer], hook: Callable[[str, np.ndarray, np.ndarray], None]) -> Iterator[None]:
    """Call `hook(name, x, y)` after every forward of these layers, inside a `with` block."""

    def hooked_forward(name: str, forward: Callable) -> Callable:
        def hooked(x: np.ndarray, train: bool = False) -> np.ndarray:
            y = forward(x, train)
            hook(name, x, y)
            return y

        return hooked

    try:
        for name, layer in layers.items():
            layer.forward = hooked_forward(name, layer.forward)
        yield
    finally:
        for layer in layers.values():
            vars(layer).pop("forward", None)


def describe_layer(layer: Layer) -> str:
    """Describe a layer in one line, with the name of its class."""
    text, name = repr(layer), type(layer).__name__
    if "\n" in text:  # a table
        return name
    return text if text.startswith(name) else f"{name}: {text}"


def _last_layer(net: Layer) -> str:
    """Describe the layer in which a nan gradient began: the backward pass comes from the end."""
    bad = {name.rpartition(".")[0] for name, g in net.grads.items() if has_nonfinite(g)}
    found = [f"layer {name}, {describe_layer(part)}" for name, part in named_layers(net) if name in bad]
    return found[-1] if found else describe_layer(net)
