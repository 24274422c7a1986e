"""The schedules that chapter 5 compares, each by its largest rate and the number of steps alone."""

from collections.abc import Callable
from typing import Any

from course_lib.optim import (
    Constant,
    Cosine,
    Exponential,
    InverseTime,
    Linear,
    MultiStep,
    OneCycle,
    Schedule,
    WarmRestarts,
    WarmupStableDecay,
)

#: Label → a function (largest rate, steps) → schedule. The rate may be an array, one for each network.
SHAPES: dict[str, Callable[[Any, int], Schedule]] = {
    "constant": lambda lr, steps: Constant(lr),
    "step": lambda lr, steps: MultiStep(lr, milestones=[steps // 2, 3 * steps // 4]),
    "exponential": lambda lr, steps: Exponential(lr, factor=0.01, every=steps),
    "1/t": lambda lr, steps: InverseTime(lr, decay=9 / steps),
    "linear": lambda lr, steps: Linear(lr, steps=steps),
    "cosine": lambda lr, steps: Cosine(lr, steps=steps),
    "one-cycle": lambda lr, steps: OneCycle(lr / 10, peak=lr, steps=steps, warmup=3 * steps // 10),
    "restarts": lambda lr, steps: WarmRestarts(lr, period=-(-steps // 4)),
    "warm-up–stable–decay": lambda lr, steps: WarmupStableDecay(
        lr, steps=steps, warmup=steps // 20, cooldown=steps // 4
    ),
}
DECAYS = [name for name in SHAPES if name != "constant"]
