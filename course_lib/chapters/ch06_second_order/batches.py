"""L-BFGS on minibatches of the digits, and momentum beside it: softmax regression, which has one minimum."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

from course_lib.data import load_digits
from course_lib.explore.experiment import Data, Experiment, experiment
from course_lib.explore.parts import axis, colour_of, line, panel, points, readout, slider
from course_lib.optim import LBFGS, Cosine, Minibatch, Momentum, SoftmaxRegression

#: Batch → momentum's rate: of 0.1, 0.3, 1, 2 and 4 the one that ends lowest after `EPOCHS`, on average of five seeds.
RATES = {20: 0.3, 50: 0.3, 200: 2.0, 700: 1.0, 1437: 1.0}
SEEDS, EPOCHS = 5, 30
EXAMPLES = 1437


@cache
def digits() -> SoftmaxRegression:
    """Return the loss of softmax regression on the digits, with a small penalty: 650 weights."""
    data = load_digits(np.random.default_rng(0))
    return SoftmaxRegression(data.x_train, data.y_train, strength=1e-3)


class Fresh:
    """A loss whose every value and every gradient is that of another batch: what a line search must not meet.

    Args:
        loss: the loss over all examples.
        size: examples per batch.
        rng: generator of the draws.
    """

    def __init__(self, loss: SoftmaxRegression, size: int, rng: np.random.Generator) -> None:
        self._batch = Minibatch(loss, size, rng, held=True)

    def value(self, x: np.ndarray) -> Any:
        self._batch.draw()
        return self._batch.value(x)

    def grad(self, x: np.ndarray) -> Any:
        self._batch.draw()
        return self._batch.grad(x)


class Curve:
    """The excess loss over the epochs, at steps that lie at least 8 % of the way so far apart, and at the last one."""

    def __init__(self) -> None:
        self.steps, self.epochs, self._kept = 0, 0.0, -1.0
        self.x: list[float] = []
        self.y: list[float] = []

    def add(self, epochs: float, w: np.ndarray, *, last: bool) -> None:
        """Count one more step, which ended at weights w after so many epochs."""
        self.steps, self.epochs = self.steps + 1, epochs
        if last or epochs >= 1.08 * self._kept:
            self._kept = epochs
            self.x.append(epochs)
            self.y.append(max(float(digits().value(w)) - digits().f_min, 1e-9))


def by_lbfgs(batch: int, seed: int, *, fresh: bool = False) -> tuple[Curve, str | None]:
    """Run L-BFGS on batches for `EPOCHS`: one batch a step, or with `fresh` a new one at each evaluation.

    Returns:
        the excess loss over the epochs, counted in gradients of single examples; the reason if it stopped.
    """
    loss, rng = digits(), np.random.default_rng(seed)
    part: Any = loss
    if batch < EXAMPLES:
        part = Fresh(loss, batch, rng) if fresh else Minibatch(loss, batch, rng, held=True)
    w, method, curve = np.zeros(loss.dim), LBFGS(), Curve()
    while not method.stopped and curve.epochs < EPOCHS:
        method.step_closure(w, part)
        if isinstance(part, Minibatch):
            part.draw()
        epochs = method.evaluations.grad * batch / EXAMPLES
        curve.add(epochs, w, last=bool(method.stopped) or epochs >= EPOCHS)
    return curve, method.stopped


def by_momentum(batch: int, seed: int, lr: float | None = None) -> Curve:
    """Run momentum with a cosine on batches for `EPOCHS`.

    Args:
        batch: examples per batch; all of them are the full batch, no draw.
        seed: of the draws.
        lr: the first rate; that of `RATES` if None.
    """
    loss, steps = digits(), EPOCHS * EXAMPLES // batch
    part: Any = loss if batch == EXAMPLES else Minibatch(loss, batch, np.random.default_rng(seed), held=True)
    w, curve = np.zeros(loss.dim), Curve()
    method = Momentum(Cosine(RATES[batch] if lr is None else lr, steps=steps))
    for t in range(1, steps + 1):
        method.step(w, part.grad(w))
        if batch < EXAMPLES:
            part.draw()
        curve.add(t * batch / EXAMPLES, w, last=t == steps)
    return curve


@cache
def _batches(batch: float, seed: float) -> Data:
    size, seed = int(batch), int(seed)
    (fresh, _), (held, _) = by_lbfgs(size, seed, fresh=True), by_lbfgs(size, seed)
    momentum = by_momentum(size, seed)
    return {
        "fresh": {"x": fresh.x, "y": fresh.y},
        "held": {"x": held.x, "y": held.y},
        "momentum": {"x": momentum.x, "y": momentum.y},
        "stop": {"x": fresh.x[-1:], "y": fresh.y[-1:]} if size < EXAMPLES else {"x": [], "y": []},
        "epochs": [0.8 * size / EXAMPLES, 1.1 * EPOCHS],
        "steps": fresh.steps,
        "end_fresh": fresh.y[-1],
        "end_held": held.y[-1],
        "end_momentum": momentum.y[-1],
    }


@experiment(page="06_second_order")
def batches(**values: Any) -> Experiment:
    """Show L-BFGS on minibatches of the digits, held for a step or fresh at each evaluation, and momentum beside it.

    Controls: ``batch`` (1437 is the full batch) and ``seed``.

    >>> batches(batch=700, seed=0).data["end_fresh"] > 0.03  # it has stopped early
    True
    """
    held, fresh = "#009E73", "#D55E00"
    return Experiment(
        "batches",
        [
            slider("batch", "batch", values=list(RATES), value=700, format="d"),
            slider("seed", "seed", values=range(SEEDS), value=0, format="d"),
        ],
        _batches,
        [
            panel(
                "Softmax regression on the digits",
                axis("epochs", "epochs", log=True),
                axis("excess loss", (3e-4, 6), log=True),
                [
                    line("momentum", label="momentum, cosine", color=colour_of("Momentum")),
                    line("held", label="L-BFGS, one batch a step", color=held),
                    line("fresh", label="L-BFGS, a new batch at every evaluation", color=fresh, width=2.5),
                    points("stop", label="stops", color=fresh, shape="cross", radius=7),
                ],
                ratio=0.6,
                alt="Excess loss over epochs, both axes logarithmic: momentum, L-BFGS with one batch a step, and L-BFGS"
                " with a new batch at every evaluation, which stops early.",
            )
        ],
        readouts=[
            readout("steps", "L-BFGS, new batches: steps", format="d", color=fresh),
            readout("end_fresh", "excess loss at its end", format=".2~g", color=fresh),
            readout("end_held", "one batch a step, after 30 epochs", format=".2~g", color=held),
            readout("end_momentum", "momentum, after 30 epochs", format=".2~g", color=colour_of("Momentum")),
        ],
        tabulated=True,
        caption="With a new batch at every evaluation L-BFGS soon stops; with one a step, or all examples, it goes on."
        " One seed; the table has means of five.",
        alt="The excess loss of L-BFGS and of momentum over 30 epochs on batches of the digits.",
        values=values,
    )
