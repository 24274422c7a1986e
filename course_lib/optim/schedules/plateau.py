"""The schedule that depends on the loss."""

from __future__ import annotations

import math
from collections.abc import Mapping

from ...validation import check_count, check_number, check_scalar
from .schedule import Schedule


class ReducePlateau(Schedule):
    """Multiply the rate by a factor when the loss has stopped falling.

    Pass each loss to `observe`. A loss is better if ℓ < ℓ* − θ |ℓ*|, where ℓ* is the best one so far.
    After more than `patience` losses in a row that are not, α ← max(γ α, floor), and the next `cooldown`
    losses are not counted. A loss that is not finite is never better, so a run that diverges slows down.
    For a quantity that should rise, observe its negative.

    A call returns the current rate, whatever the step. As the `lr` of an optimizer it takes the loss by
    `opt.lr.observe(loss)`. `opt.state_dict()` does not contain its state: save `opt.lr.state_dict()` beside it.

    Args:
        lr: α₀ ≥ 0, the first rate, one number.
        factor: γ, 0 ≤ γ < 1.
        patience: number of losses in a row without improvement that are tolerated.
        threshold: θ, 0 ≤ θ < 1, relative.
        cooldown: number of losses that are not counted after a drop.
        floor: the lower bound of a drop.

    >>> plateau = ReducePlateau(0.1, factor=0.5, patience=1)
    >>> [plateau.observe(loss) for loss in [3.0, 2.0, 2.0, 2.0]]
    [0.1, 0.1, 0.1, 0.05]

    Source: Krizhevsky, Sutskever and Hinton, ImageNet classification with deep convolutional neural networks,
    2012, did so by hand.
    """

    domains = Schedule.domains | {"factor": (0.0, 1.0)}

    def __init__(
        self,
        lr: float,
        *,
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        cooldown: int = 0,
        floor: float = 0.0,
    ) -> None:
        super().__init__(lr=lr, factor=factor, patience=patience, threshold=threshold, cooldown=cooldown, floor=floor)
        self.reset()

    def reset(self) -> None:
        """Return to the first rate, as if no loss had been observed."""
        self.now = self.lr  # the current rate
        self.best = math.inf
        self.bad = 0  # losses in a row that were not better
        self.rest = 0  # losses still not to be counted

    def observe(self, loss: float) -> float:
        """Record a loss, and return the rate from now on."""
        loss = check_scalar("loss", loss)
        if math.isfinite(loss) and loss < self.best * (1 - math.copysign(self.threshold, self.best)):
            self.best, self.bad = loss, 0
        else:
            self.bad += 1
        if self.rest > 0:
            self.rest, self.bad = self.rest - 1, 0
        if self.bad > self.patience:
            self.now = min(self.now, max(self.factor * self.now, self.floor))
            self.rest, self.bad = self.cooldown, 0
        return self.now

    def rate(self, t):
        return self.now

    def state_dict(self) -> dict[str, float]:
        """Return the state: the current rate, the best loss, and the two counters; not the settings.

        >>> plateau = ReducePlateau(0.1)
        >>> rate = plateau.observe(3.0)
        >>> plateau.state_dict()
        {'now': 0.1, 'best': 3.0, 'bad': 0, 'rest': 0}
        """
        return {name: getattr(self, name) for name in ("now", "best", "bad", "rest")}

    def load_state_dict(self, state: dict[str, float]) -> None:
        """Restore a state that `state_dict` returned.

        Raises:
            TypeError, ValueError: an entry that is missing, unknown or out of range; nothing has been changed.
        """
        if not isinstance(state, Mapping):
            raise TypeError(f"state must be a dict as state_dict() returns, not {state!r}")
        if state.keys() != self.state_dict().keys():
            raise ValueError(f"state must have the keys {list(self.state_dict())}, not {list(state)}")
        now = check_number("state['now']", state["now"], self.domains["lr"])
        best = check_scalar("state['best']", state["best"])
        if math.isnan(best):
            raise ValueError("state['best'] must be a loss, not nan")
        bad, rest = (check_count(f"state[{name!r}]", state[name], 0) for name in ("bad", "rest"))
        self.now, self.best, self.bad, self.rest = now, best, bad, rest

    def _checked(self, name, value):
        value = super()._checked(name, value)
        return value if name in self.counts else check_scalar(name, value)
