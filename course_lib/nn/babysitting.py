"""Quick checks before a long training run: is this network able to learn?"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..optim.adam import Adam
from ..optim.first_order import Momentum
from ..optim.optimizer import Optimizer
from ..validation import check_count, check_rng
from .activations import ReLU
from .checkpoint import checkpoint, restore
from .evaluation import Loss, check_net, check_rows, check_train, evaluate
from .gradient_check import Replay
from .layers import Layer
from .losses import softmax_cross_entropy
from .penalties import is_weight
from .steps import Minibatch, forward_hooks, named_layers


@dataclass(frozen=True, repr=False)
class Babysitting:
    """The report of `babysit`. Printed, it is four lines, each with the value to hope for.

    Attributes:
        initial_loss: the loss before the first step; log C if all classes are equally likely.
        chance_loss: log C.
        ten_loss: the loss on ten examples after training on them alone; near 0 if all is well.
        ten_accuracy: the accuracy on them.
        ten_steps: the number of steps that this took.
        ratios: name of the weight → ‖ΔW‖/‖W‖, the median over a few steps; about 1e-3 is healthy.
        dead: name of the ReLU → (units that are off for every example, units), after these steps.
        problems: a sentence for each check that failed.
    """

    initial_loss: float
    chance_loss: float
    ten_loss: float
    ten_accuracy: float
    ten_steps: int
    ratios: dict[str, float]
    dead: dict[str, tuple[int, int]]
    problems: tuple[str, ...]

    @property
    def ok(self) -> bool:
        """Whether every check passed."""
        return not self.problems

    def __repr__(self) -> str:
        dead = ", ".join(f"{name} {k} of {n}" for name, (k, n) in self.dead.items()) or "no ReLU"
        ratios = ", ".join(f"{name} {ratio:.1e}" for name, ratio in self.ratios.items()) or "no weights"
        ten = f"loss {self.ten_loss:.2g}, accuracy {100 * self.ten_accuracy:.0f} % after {self.ten_steps} steps"
        lines = [
            f"initial loss   {self.initial_loss:.3f}  (log C = {self.chance_loss:.3f})",
            f"ten examples   {ten}  (near 0, 100 %)",
            f"update/weight  {ratios}  (about 1e-3)",
            f"dead units     {dead}  (few)",
        ]
        return "\n".join([*lines, *(f"LOOK: {problem}" for problem in self.problems)] if self.problems else lines)


def babysit(
    net: Layer,
    data: Any,
    rng: np.random.Generator,
    *,
    optimizer: Optimizer | None = None,
    loss: Loss = softmax_cross_entropy,
    batch: int = 50,
    steps: int = 20,
) -> Babysitting:
    """Check a network before it is trained: four quick checks that find most mistakes.

    1. L(start) ≈ log C: all classes equally likely. Much more: the weights are too large.
    2. Ten examples can be memorized (Adam, at most 500 steps). If not: gradients or labels are wrong.
    3. ‖ΔW‖/‖W‖ ≈ 10⁻³ a step, for every W. Much more or less: the rate, or the scale of W, is wrong.
    4. Few units of a ReLU are off for every example: such units never learn again.

    The report prints LOOK if L is not within half of log C, if the ten are not memorized, if a ratio is outside
    10⁻⁵ … 10⁻¹ (early steps of a good run may come within a factor of ten of it), or if half of a layer is dead.

    Args:
        net: a network with one score per class; it is left unchanged.
        data: has x_train and y_train, labels 0 … C − 1; at least ten rows.
        rng: draws minibatches and the ten examples.
        optimizer: the one whose steps are measured; it is left unchanged. None: Momentum(0.01).
        loss: a function (scores, labels) → (mean loss, gradient).
        batch: rows of a minibatch.
        steps: number of steps over which ratios are measured, before the units are counted.

    Returns:
        The report.

    Raises:
        Diverged: nan or inf. The network is unchanged.

    >>> from course_lib.data import load_digits
    >>> from course_lib.nn import Dense, ReLU, Sequential
    >>> rng = np.random.default_rng(0)
    >>> net = Sequential(Dense(64, 32, rng=rng), ReLU(), Dense(32, 10, rng=rng))
    >>> babysit(net, load_digits(rng), rng).ok
    True

    Source: Karpathy, A recipe for training neural networks, 2019.
    """
    check_net(net)
    x, y = check_train(data)
    batch, steps = check_count("batch", batch), check_count("steps", steps)
    check_rng("rng", rng)
    if len(x) < max(10, batch):
        raise ValueError(f"data.x_train must have at least {max(10, batch)} rows, not {len(x)}")
    if y.dtype.kind not in "iu":
        raise TypeError(f"data.y_train must hold labels, integers, not {y.dtype}")
    if optimizer is not None and not isinstance(optimizer, Optimizer):
        raise TypeError(f"optimizer must be an optimizer such as Momentum(0.01), not {optimizer!r}")
    with _restored(net), np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        some = rng.permutation(len(x))[:1000]
        first = evaluate(net, x[some], y[some], loss=loss).loss
        chance = math.log(net.forward(x[:1]).shape[-1])
        ten, ten_steps = _learn_ten(net, x, y, loss, rng)
    with _restored(net), np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        ratios = _ratios(net, x, y, loss, (optimizer or Momentum(0.01)).clone(), rng, batch, steps)
        dead = dead_units(net, x[some])
    problems = []
    if not chance / 2 < first < 1.5 * chance:
        problems.append(f"the initial loss {first:.3g} is far from log C = {chance:.3g}: check the initial weights")
    if ten.accuracy < 1 or ten.loss > chance / 10:
        problems.append(f"ten examples were not memorized in {ten_steps} steps: check gradients and labels")
    for name, ratio in ratios.items():
        if not 1e-5 <= ratio <= 1e-1:
            way = "lower" if ratio > 1e-3 else "raise"
            problems.append(f"{name} changes by {ratio:.1e} of its size per step: {way} the rate")
    for name, (k, n) in dead.items():
        if 2 * k >= n:
            problems.append(f"{k} of {n} units of {name} are dead: lower the rate, or check the initial weights")
    return Babysitting(first, chance, ten.loss, ten.accuracy, ten_steps, ratios, dead, tuple(problems))


def _learn_ten(net: Layer, x: np.ndarray, y: np.ndarray, loss: Loss, rng: np.random.Generator) -> tuple[Any, int]:
    """Train on ten examples until they are memorized; return the score and the number of steps."""
    rows = rng.permutation(len(x))[:10]
    minibatch, adam, goal = Minibatch(net, loss), Adam(0.003), 0.02
    for step in range(1, 501):
        minibatch.take(x[rows], y[rows])
        minibatch.step(adam)
        if minibatch.seen[0] < goal and (score := evaluate(net, x[rows], y[rows], loss=loss)).loss < goal:
            return score, step
    return evaluate(net, x[rows], y[rows], loss=loss), step


def _ratios(
    net: Layer,
    x: np.ndarray,
    y: np.ndarray,
    loss: Loss,
    optimizer: Optimizer,
    rng: np.random.Generator,
    batch: int,
    steps: int,
) -> dict[str, float]:
    """Take a few steps; return the median of ‖ΔW‖/‖W‖ for each W."""
    minibatch, order, seen = Minibatch(net, loss), rng.permutation(len(x)), []
    for i in range(steps):
        rows = order.take(np.arange(i * batch, (i + 1) * batch), mode="wrap")
        before = {k: p.copy() for k, p in net.params.items() if is_weight(k)}
        minibatch.take(x[rows], y[rows])
        minibatch.step(optimizer)
        norms = {k: (np.linalg.norm(net.params[k] - w), np.linalg.norm(w)) for k, w in before.items()}
        seen.append([float(change / size) if size else math.inf for change, size in norms.values()])
    return dict(zip(before, np.median(seen, axis=0).tolist(), strict=True))


def dead_units(net: Layer, x: np.ndarray) -> dict[str, tuple[int, int]]:
    """Count, for each ReLU of a network, the units (channels of an image) that are 0 for every row.

    Such a unit has gradient 0 on all of them: if x is the training set, it never learns again.

    Args:
        net: a network; it runs in test mode and is not changed.
        x: inputs, floats, shape (N, …).

    Returns:
        Name of the ReLU → (dead units, units), from the input on.

    >>> from course_lib.nn import Dense, Sequential
    >>> net = Sequential(Dense(2, 3, rng=np.random.default_rng(0)), ReLU())
    >>> net.params["0.b"][:2] = -100
    >>> dead_units(net, np.ones((5, 2), np.float32))
    {'1 ReLU': (2, 3)}

    Source: Maas, Hannun and Ng, Rectifier nonlinearities improve neural network acoustic models, 2013.
    """
    check_net(net)
    x, _ = check_rows("x", x, "x", x)
    alive: dict[str, np.ndarray] = {}

    def hook(name: str, x: np.ndarray, y: np.ndarray) -> None:
        alive[name] = (y > 0).any(axis=tuple(range(y.ndim - 1)))

    with forward_hooks({name: layer for name, layer in named_layers(net) if isinstance(layer, ReLU)}, hook):
        net.forward(x)
    return {f"{name} ReLU": (int((~on).sum()), len(on)) for name, on in alive.items()}


@contextmanager
def _restored(net: Layer) -> Iterator[None]:
    """Restore weights, running statistics and random generators at the end."""
    saved, replay = checkpoint(net), Replay(net)
    try:
        yield
    finally:
        restore(net, saved)
        replay()
