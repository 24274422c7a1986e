"""Schedule-Free methods: averaging instead of a schedule."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .optimizer import Optimizer, Rate
from .trees import check_layout, check_params, layout_of, rebuild_like


class _ScheduleFree(Optimizer):
    """What the two Schedule-Free methods share: the average, which is what to test with.

    Each step computes x anew from z and a, so other changes to the parameters, such as a projection, are undone.
    """

    domains = Optimizer.domains | {"warmup": (1.0, math.inf), "power": (0.0, 16.0), "lr_power": (0.0, 16.0)}

    def test_params(self, params: Any) -> Any:
        """Return the average of the points so far, structured like `params` (a copy); see `Optimizer.test_params`.

        >>> x, opt = np.array([1.0]), ScheduleFreeSGD(0.1)
        >>> opt.step(x, grads=x)
        >>> opt.test_params(x)
        array([0.9])
        """
        xs = check_params(params)
        if self._layout is not None:
            check_layout(layout_of(params, xs), self._layout, "params")
            xs = self._state[self.slots.index("a")]
        return rebuild_like(params, {key: x.copy() for key, x in xs.items()})


class ScheduleFreeSGD(_ScheduleFree):
    """Take plain steps with a constant rate, and average the points instead of lowering the rate.

    αₜ = α min(1, t/T)        cₜ = wₜ / (w₁ + … + wₜ),  wₜ = tᵖ max(α₁, …, αₜ)^q
    z ← z − αₜ (∇f(x) + λ x)        a ← a + cₜ (z − a)        x ← β₁ a + (1 − β₁) z

    z takes SGD's steps, a is its average (cₜ = 1/t if all weights are equal), and the gradient is taken between the
    two, at x, which is what `params` hold. **Test with a**: `opt.test_params(params)`. With β₁ = 0 it is the average of
    SGD's own points, with β₁ → 1 the gradient is taken at the average itself. The paper writes y for x, and x for a.

    Args:
        lr: learning rate α ≥ 0: a number or a schedule (which is not needed here).
        beta1: β₁, 0 ≤ β₁ < 1, the weight of the average in the point where the gradient is taken.
        weight_decay: λ ≥ 0, the strength of the penalty ½ λ ‖x‖².
        warmup: T ≥ 1, the steps in which the rate grows to α; 1 is no warm-up.
        power: p ≥ 0; p > 0 weights later points more.
        lr_power: q ≥ 0; q > 0 weights points of the warm-up less.

    >>> x, opt = np.array([1.0]), ScheduleFreeSGD(0.5)
    >>> for _ in range(50):
    ...     opt.step(x, grads=x)
    >>> abs(opt.test_params(x)) < 0.01
    array([ True])

    Source: Defazio, Yang, Mehta, Mishchenko, Khaled and Cutkosky, The road less scheduled, 2024.
    """

    slots = ("z", "a", "w", "peak")

    def __init__(
        self,
        lr: Rate,
        *,
        beta1: float | np.ndarray = 0.9,
        weight_decay: float | np.ndarray = 0.0,
        warmup: float | np.ndarray = 1.0,
        power: float | np.ndarray = 0.0,
        lr_power: float | np.ndarray = 2.0,
    ) -> None:
        super().__init__(lr, beta1=beta1, weight_decay=weight_decay, warmup=warmup, power=power, lr_power=lr_power)

    def update(self, x, dx, z, a, w, peak):
        z += x if self.t == 1 else 0.0  # all three points start at the same place
        a += x if self.t == 1 else 0.0
        lr = self.lr * ((self.t < self.warmup) * self.t / self.warmup + (self.t >= self.warmup))
        np.maximum(peak, lr**self.lr_power, out=peak)
        weight = self.t**self.power * peak
        w += weight
        z -= lr * (dx + self.weight_decay * x)
        a += weight / (w + (w == 0)) * (z - a)
        x += self.beta1 * a + (1 - self.beta1) * z - x


class ScheduleFreeAdamW(_ScheduleFree):
    """Take Adam's steps with a constant rate, and average the points instead of lowering the rate.

    αₜ = α min(1, t/T)        cₜ = wₜ / (w₁ + … + wₜ),  wₜ = tᵖ max(α₁, …, αₜ)^q
    v ← β₂ v + (1 − β₂) ∇f(x)²        d = ∇f(x) / (√(v / (1 − β₂ᵗ)) + ε) + λ x
    z ← z − αₜ d        a ← a + cₜ (z − a)        x ← β₁ a + (1 − β₁) z

    It has no first moment: the average takes its place. z takes Adam's steps, a is its average, and the gradient is
    taken between the two, at x, which is what `params` hold. **Test with a**: `opt.test_params(params)`.

    Args:
        lr: learning rate α ≥ 0: a number or a schedule (which is not needed here).
        beta1: β₁, 0 ≤ β₁ < 1, the weight of the average in the point where the gradient is taken.
        beta2: β₂, 0 ≤ β₂ < 1, the decay of the mean of squared gradients.
        eps: ε ≥ 0, added to the root.
        weight_decay: λ ≥ 0, decoupled from the gradient's size, as in AdamW.
        warmup: T ≥ 1, the steps in which the rate grows to α; 1 is no warm-up. The authors advise some.
        power: p ≥ 0; p > 0 weights later points more.
        lr_power: q ≥ 0; q > 0 weights points of the warm-up less.

    >>> x, opt = np.array([1.0, -100.0]), ScheduleFreeAdamW(0.1)
    >>> opt.step(x, grads=x)
    >>> opt.test_params(x)  # the first step is α long, whatever the gradient
    array([  0.9, -99.9])

    Source: Defazio, Yang, Mehta, Mishchenko, Khaled and Cutkosky, The road less scheduled, 2024.
    """

    slots = ("z", "a", "v", "w", "peak")

    def __init__(
        self,
        lr: Rate,
        *,
        beta1: float | np.ndarray = 0.9,
        beta2: float | np.ndarray = 0.999,
        eps: float | np.ndarray = 1e-8,
        weight_decay: float | np.ndarray = 0.0,
        warmup: float | np.ndarray = 1.0,
        power: float | np.ndarray = 0.0,
        lr_power: float | np.ndarray = 2.0,
    ) -> None:
        super().__init__(
            lr,
            beta1=beta1,
            beta2=beta2,
            eps=eps,
            weight_decay=weight_decay,
            warmup=warmup,
            power=power,
            lr_power=lr_power,
        )

    def update(self, x, dx, z, a, v, w, peak):
        z += x if self.t == 1 else 0.0  # all three points start at the same place
        a += x if self.t == 1 else 0.0
        lr = self.lr * ((self.t < self.warmup) * self.t / self.warmup + (self.t >= self.warmup))
        np.maximum(peak, lr**self.lr_power, out=peak)
        weight = self.t**self.power * peak
        w += weight
        v *= self.beta2
        v += (1 - self.beta2) * dx * dx
        z -= lr * (dx / (np.sqrt(v / (1 - self.beta2**self.t)) + self.eps) + self.weight_decay * x)
        a += weight / (w + (w == 0)) * (z - a)
        x += self.beta1 * a + (1 - self.beta1) * z - x
