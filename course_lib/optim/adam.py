"""Adam and its variants: a mean of gradients over the root of a mean of their squares."""

from __future__ import annotations

import numpy as np

from ..validation import check_bool
from .optimizer import Optimizer, Rate

Setting = float | np.ndarray


class Adam(Optimizer):
    """Combine momentum and RMSProp, both with a bias correction for starting at zero.

    m ← β₁ m + (1 − β₁) ∇f(x)        v ← β₂ v + (1 − β₂) ∇f(x)²        (m and v start at 0)
    x ← x − α m̂ / (√v̂ + ε),   m̂ = m/(1 − β₁ᵗ),   v̂ = v/(1 − β₂ᵗ),   t = 1, 2, …

    After t steps the weights in m sum to (1 − β₁)(1 + β₁ + … + β₁ᵗ⁻¹) = 1 − β₁ᵗ only; dividing by that
    makes it a mean. With it the first step is α in every coordinate, whatever the gradient's size; without
    it (`correct=False`) it is α (1 − β₁)/√(1 − β₂), which is 3.16 α at the defaults.

    Args:
        lr: learning rate α ≥ 0: a number or a schedule. 1e-3 is usual.
        beta1: β₁, 0 ≤ β₁ < 1: m reaches about 1/(1 − β₁) steps back.
        beta2: β₂, 0 ≤ β₂ < 1: v reaches about 1/(1 − β₂) steps back.
        eps: ε ≥ 0, added to the root.
        correct: False omits the bias correction.

    >>> x, opt = np.array([1.0, 1.0]), Adam(lr=0.1)
    >>> opt.step(x, grads=np.array([100.0, 0.01]))
    >>> x.round(6)
    array([0.9, 0.9])

    Source: Kingma and Ba, Adam: A method for stochastic optimization, 2015.
    """

    slots = ("m", "v")

    def __init__(
        self, lr: Rate, *, beta1: Setting = 0.9, beta2: Setting = 0.999, eps: Setting = 1e-8, correct: bool = True
    ) -> None:
        super().__init__(lr, beta1=beta1, beta2=beta2, eps=eps, correct=check_bool("correct", correct))

    def update(self, x, dx, m, v):
        m *= self.beta1
        m += (1 - self.beta1) * dx
        v *= self.beta2
        v += (1 - self.beta2) * dx * dx
        c1 = 1 - self.beta1**self.t if self.correct else 1.0
        c2 = 1 - self.beta2**self.t if self.correct else 1.0
        x -= self.lr / c1 * m / (np.sqrt(v / c2) + self.eps)


class AdamW(Optimizer):
    """Adam with decoupled weight decay: the parameters shrink directly, not through the gradient.

    x ← (1 − α λ) x, then Adam's step

    An L2 penalty adds λx to the gradient, and Adam then divides it by √v̂ like the rest: where gradients are
    large, hardly any decay is left. Here every parameter decays at the same rate α λ.

    Args:
        lr: learning rate α ≥ 0: a number or a schedule.
        beta1: β₁, 0 ≤ β₁ < 1, of the mean gradient.
        beta2: β₂, 0 ≤ β₂ < 1, of the mean square.
        eps: ε ≥ 0, added to the root.
        weight_decay: λ ≥ 0. At λ = 0 it is Adam.

    >>> x, opt = np.array([1.0]), AdamW(lr=0.1, weight_decay=0.5)
    >>> opt.step(x, grads=np.array([0.0]))
    >>> x
    array([0.95])

    Source: Loshchilov and Hutter, Decoupled weight decay regularization, 2019.
    """

    slots = ("m", "v")

    def __init__(
        self,
        lr: Rate,
        *,
        beta1: Setting = 0.9,
        beta2: Setting = 0.999,
        eps: Setting = 1e-8,
        weight_decay: Setting = 0.01,
    ) -> None:
        super().__init__(lr, beta1=beta1, beta2=beta2, eps=eps, weight_decay=weight_decay)

    def update(self, x, dx, m, v):
        m *= self.beta1
        m += (1 - self.beta1) * dx
        v *= self.beta2
        v += (1 - self.beta2) * dx * dx
        c1 = 1 - self.beta1**self.t
        c2 = 1 - self.beta2**self.t
        x *= 1 - self.lr * self.weight_decay
        x -= self.lr / c1 * m / (np.sqrt(v / c2) + self.eps)


class AMSGrad(Optimizer):
    """Adam that divides by the largest mean square so far.

    m, v as in Adam        v̄ ← max(v̄, v)        x ← x − α m̂ / (√(v̄/(1 − β₂ᵗ)) + ε)

    Adam forgets a rare large gradient too soon, and on some convex problems converges to the worst point. v̄ never
    shrinks, so a gradient's weight in a step does not grow again. (The paper has no bias correction; with it,
    as in libraries, it may still grow in the first 1/(1 − β₂) steps or so.)

    Args:
        lr: learning rate α ≥ 0: a number or a schedule.
        beta1: β₁, 0 ≤ β₁ < 1, of the mean gradient.
        beta2: β₂, 0 ≤ β₂ < 1, of the mean square.
        eps: ε ≥ 0, added to the root.

    >>> x, opt = np.array([1.0]), AMSGrad(lr=0.1, beta1=0.0, beta2=0.0)
    >>> for g in (4.0, 1.0):
    ...     opt.step(x, grads=np.array([g]))
    >>> x.round(6)  # 1 - 0.1·4/4 - 0.1·1/4
    array([0.875])

    Source: Reddi, Kale and Kumar, On the convergence of Adam and beyond, 2018.
    """

    slots = ("m", "v", "v_max")

    def __init__(self, lr: Rate, *, beta1: Setting = 0.9, beta2: Setting = 0.999, eps: Setting = 1e-8) -> None:
        super().__init__(lr, beta1=beta1, beta2=beta2, eps=eps)

    def update(self, x, dx, m, v, v_max):
        m *= self.beta1
        m += (1 - self.beta1) * dx
        v *= self.beta2
        v += (1 - self.beta2) * dx * dx
        np.maximum(v_max, v, out=v_max)
        c1 = 1 - self.beta1**self.t
        c2 = 1 - self.beta2**self.t
        x -= self.lr / c1 * m / (np.sqrt(v_max / c2) + self.eps)


class Adamax(Optimizer):
    """Adam with the largest recent gradient instead of the root of the mean square.

    m ← β₁ m + (1 − β₁) ∇f(x)        u ← max(β₂ u, |∇f(x)| + ε)        x ← x − α m̂ / u

    It is the limit p → ∞ of Adam with p-norms instead of squares. u needs no bias correction.

    Args:
        lr: learning rate α ≥ 0: a number or a schedule.
        beta1: β₁, 0 ≤ β₁ < 1, of the mean gradient.
        beta2: β₂, 0 ≤ β₂ < 1: how slowly a large gradient is forgotten.
        eps: ε ≥ 0, added to the gradient's size, so that u is not 0. With ε = 0, and no gradient yet, 0/0 = nan.

    >>> x, opt = np.array([1.0]), Adamax(lr=0.1)
    >>> opt.step(x, grads=np.array([100.0]))
    >>> x.round(6)
    array([0.9])

    Source: Kingma and Ba, Adam: A method for stochastic optimization, 2015.
    """

    slots = ("m", "u")

    def __init__(self, lr: Rate, *, beta1: Setting = 0.9, beta2: Setting = 0.999, eps: Setting = 1e-8) -> None:
        super().__init__(lr, beta1=beta1, beta2=beta2, eps=eps)

    def update(self, x, dx, m, u):
        m *= self.beta1
        m += (1 - self.beta1) * dx
        u *= self.beta2
        np.maximum(u, np.abs(dx) + self.eps, out=u)
        x -= self.lr / (1 - self.beta1**self.t) * m / u


class NAdam(Optimizer):
    """Adam with Nesterov's momentum: the mean gradient is taken one step ahead.

    m, v as in Adam        m̄ = β₁ m/(1 − β₁ᵗ⁺¹) + (1 − β₁) ∇f(x)/(1 − β₁ᵗ)        x ← x − α m̄ / (√v̂ + ε)

    β₁ is constant here; the paper also lets it rise to its value from half of it, over some ten thousand steps, and
    torch always does (`momentum_decay`; a huge one yields this method).

    Args:
        lr: learning rate α ≥ 0: a number or a schedule.
        beta1: β₁, 0 ≤ β₁ < 1, of the mean gradient.
        beta2: β₂, 0 ≤ β₂ < 1, of the mean square.
        eps: ε ≥ 0, added to the root.

    >>> x, opt = np.array([1.0]), NAdam(lr=0.1, beta1=0.5)
    >>> opt.step(x, grads=np.array([2.0]))  # 1 - 0.1·(0.5/0.75·1 + 0.5/0.5·2)/2
    >>> x.round(6)
    array([0.866667])

    Source: Dozat, Incorporating Nesterov momentum into Adam, 2016.
    """

    slots = ("m", "v")

    def __init__(self, lr: Rate, *, beta1: Setting = 0.9, beta2: Setting = 0.999, eps: Setting = 1e-8) -> None:
        super().__init__(lr, beta1=beta1, beta2=beta2, eps=eps)

    def update(self, x, dx, m, v):
        m *= self.beta1
        m += (1 - self.beta1) * dx
        v *= self.beta2
        v += (1 - self.beta2) * dx * dx
        now = (1 - self.beta1) / (1 - self.beta1**self.t)
        ahead = self.beta1 / (1 - self.beta1 ** (self.t + 1))
        c2 = 1 - self.beta2**self.t
        x -= self.lr * (ahead * m + now * dx) / (np.sqrt(v / c2) + self.eps)
