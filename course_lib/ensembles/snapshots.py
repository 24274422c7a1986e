"""Snapshot ensembles: one run, many members; and the two controls without which their gain means nothing."""

from __future__ import annotations

import copy
import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..nn.history import History
from ..nn.layers import Layer
from ..nn.training import fit
from ..optim.optimizer import Optimizer
from ..optim.schedules import Cosine, Snapshots
from ..validation import check_count, check_number, check_rng


@dataclass(frozen=True, repr=False)
class SnapshotEnsemble:
    """The members from a cyclic run, and the controls to compare them with.

    Attributes:
        members: the networks at the ends of the M cycles, the first cycle's first.
        histories: the history of each cycle, from `fit`.
        single: the second control, one run of the same budget, from the same start, with one cosine down to zero.
        single_history: its history.
    """

    members: tuple[Layer, ...]
    histories: tuple[History, ...]
    single: Layer
    single_history: History

    @property
    def last(self) -> Layer:
        """The first control: the last snapshot alone, which had the whole training, too."""
        return self.members[-1]

    def __repr__(self) -> str:
        cycle = f"{len(self.members)} members, one every {self.histories[0].epochs} epochs"
        return (
            f"SnapshotEnsemble({cycle}; controls: the last alone, a single run of {self.single_history.epochs} epochs)"
        )


def snapshots(
    net: Layer,
    data: Any,
    optimizer: Optimizer,
    *,
    cycles: int,
    epochs_per_cycle: int,
    rng: np.random.Generator,
    batch: int = 50,
    **training: Any,
) -> SnapshotEnsemble:
    """Train once with a cyclic rate, and keep the network at the end of every cycle; also train the control.

    α(t) = ½ α₀ (1 + cos(π (t mod P)/P)),  P steps in a cycle;    the control: α(t) = ½ α₀ (1 + cos(π t/(M P)))

    Snapshots are not independent: each starts where the one before ended. Their gain can be early stopping in
    disguise, so always compare the ensemble with `last` and `single`.

    Args:
        net: the start of both runs; it is copied, and not changed.
        data: has x_train, y_train, x_val and y_val, as for `fit`.
        optimizer: any first-order method; its rate, a number, is the peak α₀ (with `Groups`, the first one's: the
            others keep their own). A clone of it trains. (None that tests with other weights than it trains, such as
            `EMA`: a snapshot holds the trained ones.)
        cycles: M, ≥ 1.
        epochs_per_cycle: ≥ 1.
        rng: shuffles and augments; the control draws the same numbers.
        batch: rows of a minibatch.
        **training: further arguments of `fit`: loss, penalty, proximal, penalize, augment, progress.

    Returns:
        A `SnapshotEnsemble`.

    Raises:
        Diverged: nan or inf; a note names the cycle.

    >>> from course_lib.data import load_digits
    >>> from course_lib.ensembles import mean_probability, predict_members
    >>> from course_lib.nn import Dense, ReLU, Sequential
    >>> from course_lib.optim import Momentum
    >>> rng = np.random.default_rng(0)
    >>> data = load_digits(rng, train=300)
    >>> net = Sequential(Dense(64, 16, rng=rng), ReLU(), Dense(16, 10, rng=rng))
    >>> run = snapshots(net, data, Momentum(0.1), cycles=3, epochs_per_cycle=2, rng=rng)
    >>> run
    SnapshotEnsemble(3 members, one every 2 epochs; controls: the last alone, a single run of 6 epochs)
    >>> mean_probability(predict_members(run.members, data.x_val)).shape
    (360, 10)

    Source: Huang, Li, Pleiss, Liu, Hopcroft and Weinberger, Snapshot ensembles: Train 1, get M for free, 2017.
    """
    M, epochs = check_count("cycles", cycles), check_count("epochs_per_cycle", epochs_per_cycle)
    batch, peak = check_count("batch", batch), _peak(optimizer)
    for name in {"early_stopping", "epochs"} & training.keys():
        raise TypeError(f"{name} cannot be set: every cycle has its epochs_per_cycle")
    if getattr(data, "x_train", None) is None:
        raise TypeError(f"data must have x_train, and {type(data).__name__} has none")
    steps = M * epochs * max(1, math.ceil(len(data.x_train) / batch))
    # Copied together: layers may draw from this very rng. Both runs draw the same.
    (trained, own), (single, same) = (copy.deepcopy((net, check_rng("rng", rng))) for _ in range(2))

    opt, members, histories = optimizer.clone(), [], []
    opt.lr = Snapshots(peak, steps=steps, cycles=M)
    for cycle in range(1, M + 1):
        histories.append(_fit(f"cycle {cycle}", trained, data, opt, epochs, batch, own, training))
        members.append(copy.deepcopy(trained))

    opt = optimizer.clone()
    opt.lr = Cosine(peak, steps=steps)
    history = _fit("the single run", single, data, opt, M * epochs, batch, same, training)
    rng.bit_generator.state = own.bit_generator.state  # advanced as if it had drawn for the members
    return SnapshotEnsemble(tuple(members), tuple(histories), single, history)


def _fit(
    where: str,
    net: Layer,
    data: Any,
    opt: Optimizer,
    epochs: int,
    batch: int,
    rng: np.random.Generator,
    training: dict[str, Any],
) -> History:
    try:
        return fit(net, data, opt, epochs=epochs, batch=batch, rng=rng, **training)
    except FloatingPointError as error:  # Diverged
        error.add_note(f"in {where}")
        raise


def _peak(optimizer: Any) -> float:
    """Return the rate that the cycles start with."""
    if not isinstance(optimizer, Optimizer):
        raise TypeError(f"optimizer must be an optimizer such as Momentum(0.1), not {optimizer!r}")
    if optimizer.tests_others:
        raise TypeError(f"optimizer must not be {optimizer!r}: it tests with other weights than it trains")
    if callable(optimizer.lr):
        raise TypeError(f"optimizer.lr must be a number, the peak of the cycles, not {optimizer.lr!r}")
    return check_number("the optimizer's lr", optimizer.lr)
