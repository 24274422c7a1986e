"""First-order methods, the simplest first; Adam and its variants are in `adam.py`."""

from __future__ import annotations

from typing import Any

import numpy as np

from .optimizer import Optimizer, Rate, gradient
from .trees import check_layout, check_params, layout_of, rebuild_like, zeros_like


class SGD(Optimizer):
    """Gradient descent: step against the gradient.

    x ← x − α ∇f(x)

    On a quadratic the error along an eigenvector of curvature λ shrinks by |1 − αλ| per step, so it converges
    only if α < 2/λ for the largest λ.

    Args:
        lr: learning rate α ≥ 0: a number or a schedule.

    >>> import numpy as np
    >>> x = np.array([1.0, -2.0])
    >>> SGD(lr=0.1).step(x, grads=2 * x)
    >>> x
    array([ 0.8, -1.6])

    Source: Robbins and Monro, A stochastic approximation method, 1951.
    """

    def __init__(self, lr: Rate) -> None:
        super().__init__(lr)

    def update(self, x, dx):
        x -= self.lr * dx


class Momentum(Optimizer):
    """Accumulate gradients in a velocity with friction, and step against it (heavy ball).

    v ← ρ v + ∇f(x)        x ← x − α v        (v starts at 0)

    The velocity is a sum of past gradients, not a mean: under a constant gradient g it grows to g/(1 − ρ),
    and the effective rate is α/(1 − ρ). A larger ρ is *less* friction.

    The other convention puts the rate inside: v ← ρ v − α ∇f(x), x ← x + v. With constant α both follow the
    same path (its v is −α times this one). They differ as soon as α changes during the run: here the new rate
    scales the whole velocity at once; there old velocity keeps the rate it was accumulated with. Mixing the
    two (`v = ρ v + ∇f`, `x += α v`) goes uphill.

    Args:
        lr: learning rate α ≥ 0: a number or a schedule.
        rho: momentum ρ, 0 ≤ ρ < 1. ρ = 0 is SGD.

    >>> import numpy as np
    >>> x, opt = np.array([1.0]), Momentum(lr=0.1, rho=0.9)
    >>> for _ in range(2):
    ...     opt.step(x, grads=np.array([1.0]))
    >>> x  # 1 - 0.1·1 - 0.1·1.9
    array([0.71])

    Source: Polyak, Some methods of speeding up the convergence of iteration methods, 1964.
    """

    slots = ("v",)

    def __init__(self, lr: Rate, *, rho: float | np.ndarray = 0.9) -> None:
        super().__init__(lr, rho=rho)

    def update(self, x, dx, v):
        v *= self.rho
        v += dx
        x -= self.lr * v


class Nesterov(Optimizer):
    """Momentum with the gradient taken at the look-ahead point.

    v ← ρ v + ∇f(x)        x ← x − α (∇f(x) + ρ v)        (v starts at 0)

    This is the rearranged form. The look-ahead form keeps a point y and evaluates the gradient ahead of it,
    at x = y − α ρ v:

        v' = ρ v + ∇f(y − α ρ v)        y' = y − α v'

    Follow the look-ahead point x itself. Its next position is x' = y' − α ρ v', where y' = y − α v' and
    y = x + α ρ v. As ρ v = v' − ∇f(x), that is

        x' = x + α ρ v − α v' − α ρ v' = x − α (∇f(x) + ρ v').

    So the gradient is needed only at the point that is kept, and any code that computes ∇f(x) will do.
    At ρ = 0 it is SGD. Equal to `torch.optim.SGD(nesterov=True)`.

    Args:
        lr: learning rate α ≥ 0: a number or a schedule.
        rho: momentum ρ, 0 ≤ ρ < 1.

    >>> import numpy as np
    >>> x = np.array([1.0])
    >>> Nesterov(lr=0.1, rho=0.9).step(x, grads=np.array([1.0]))
    >>> x  # 1 - 0.1·(1 + 0.9·1)
    array([0.81])

    Source: Nesterov, A method of solving a convex programming problem with convergence rate O(1/k²), 1983;
    the form used here: Bengio, Boulanger-Lewandowski and Pascanu, Advances in optimizing recurrent networks, 2013.
    """

    slots = ("v",)

    def __init__(self, lr: Rate, *, rho: float | np.ndarray = 0.9) -> None:
        super().__init__(lr, rho=rho)

    def update(self, x, dx, v):
        v *= self.rho
        v += dx
        x -= self.lr * (dx + self.rho * v)


class NesterovLookAhead(Momentum):
    """Nesterov's method in its original form: look where the velocity leads, and take the gradient there.

    v ← ρ v + ∇f(y − α ρ v)        y ← y − α v        (v starts at 0)

    Its update is Momentum's. All that differs is where the gradient is evaluated, so it needs a loss function
    (`step_closure`), not just a gradient (`step`). From the same start, the points `look_ahead` are those of
    `Nesterov` up to rounding; this class is here to show it.

    Args:
        lr: learning rate α ≥ 0: a number or a schedule.
        rho: momentum ρ, 0 ≤ ρ < 1.

    >>> from course_lib.optim import Quadratic
    >>> y, opt = np.array([1.0]), NesterovLookAhead(lr=0.1, rho=0.9)
    >>> opt.step_closure(y, Quadratic([1.0]))  # y = 1 - 0.1·1
    >>> y, opt.look_ahead(y)  # and the next gradient is taken at 0.9 - 0.1·0.9·1
    (array([0.9]), array([0.81]))

    Source: Sutskever, Martens, Dahl and Hinton, On the importance of initialization and momentum in deep
    learning, 2013.
    """

    def look_ahead(self, params: Any) -> Any:
        """Return y − α ρ v, where the next gradient is taken: new arrays, structured like `params`."""
        now = self.settings()
        ys = check_params(params)
        if self._layout is not None:
            check_layout(layout_of(params, ys), self._layout, "params")
        v = self._state[0] if self._state else zeros_like(ys)
        return rebuild_like(params, {key: y - now["lr"] * now["rho"] * v[key] for key, y in ys.items()})

    def step_closure(self, params: Any, loss: Any, *, nonfinite: str = "raise") -> None:
        """Make one step on a loss function: its gradient is taken at `look_ahead(params)`."""
        self.step(params, gradient(loss, self.look_ahead(params)), nonfinite=nonfinite)


class Lion(Optimizer):
    """Step by the sign of a mix of momentum and gradient.

    x ← (1 − α λ) x − α sign(β₁ m + (1 − β₁) ∇f(x)),   then   m ← β₂ m + (1 − β₂) ∇f(x)        (m starts at 0)

    Every coordinate moves by α each step, so α should be three to ten times smaller than Adam's, and λ larger by
    the same factor. It keeps one array beside the parameters, Adam two.

    Args:
        lr: learning rate α ≥ 0: a number or a schedule. 1e-4 is usual.
        beta1: β₁, 0 ≤ β₁ < 1: the weight of momentum in the step.
        beta2: β₂, 0 ≤ β₂ < 1: the decay of momentum.
        weight_decay: λ ≥ 0, decoupled as in AdamW.

    >>> x, opt = np.array([1.0, 1.0]), Lion(lr=0.1)
    >>> opt.step(x, grads=np.array([100.0, -0.01]))
    >>> x
    array([0.9, 1.1])

    Source: Chen et al., Symbolic discovery of optimization algorithms, 2023.
    """

    slots = ("m",)

    def __init__(
        self,
        lr: Rate,
        *,
        beta1: float | np.ndarray = 0.9,
        beta2: float | np.ndarray = 0.99,
        weight_decay: float | np.ndarray = 0.0,
    ) -> None:
        super().__init__(lr, beta1=beta1, beta2=beta2, weight_decay=weight_decay)

    def update(self, x, dx, m):
        x *= 1 - self.lr * self.weight_decay
        x -= self.lr * np.sign(self.beta1 * m + (1 - self.beta1) * dx)
        m *= self.beta2
        m += (1 - self.beta2) * dx


class AdaGrad(Optimizer):
    """Divide each coordinate's step by the root of all its squared gradients so far.

    s ← s + ∇f(x)²        x ← x − α ∇f(x) / (√s + ε)        (s starts at 0)

    A coordinate with large gradients gets a small rate and one with small gradients a large rate. As s only
    grows, every rate falls for ever: right on a convex loss, a trap on others.

    Args:
        lr: learning rate α ≥ 0: a number or a schedule.
        eps: ε ≥ 0, added to the root, so that a coordinate without gradient yields 0/ε = 0.

    >>> x, opt = np.array([1.0, 1.0]), AdaGrad(lr=0.1)
    >>> opt.step(x, grads=np.array([100.0, 0.01]))
    >>> x.round(6)  # the first step is α, whatever the gradient's size
    array([0.9, 0.9])

    Source: Duchi, Hazan and Singer, Adaptive subgradient methods for online learning and stochastic
    optimization, 2011.
    """

    slots = ("s",)

    def __init__(self, lr: Rate, *, eps: float | np.ndarray = 1e-8) -> None:
        super().__init__(lr, eps=eps)

    def update(self, x, dx, s):
        s += dx * dx
        x -= self.lr * dx / (np.sqrt(s) + self.eps)


class RMSProp(Optimizer):
    """AdaGrad with a decaying mean of squared gradients instead of their sum.

    s ← δ s + (1 − δ) ∇f(x)²        x ← x − α ∇f(x) / (√s + ε)        (s starts at 0)

    The mean starts at 0 without bias correction, so the first step is α/√(1 − δ), ten times α at δ = .99.

    Args:
        lr: learning rate α ≥ 0: a number or a schedule.
        decay: δ, 0 ≤ δ < 1: the mean reaches about 1/(1 − δ) steps back.
        eps: ε ≥ 0, added to the root.

    >>> x, opt = np.array([1.0, 1.0]), RMSProp(lr=0.01, decay=0.99)
    >>> opt.step(x, grads=np.array([100.0, 0.01]))
    >>> x.round(6)
    array([0.9     , 0.900001])

    Source: Tieleman and Hinton, Lecture 6.5: RMSProp, Neural networks for machine learning, 2012.
    """

    slots = ("s",)

    def __init__(self, lr: Rate, *, decay: float | np.ndarray = 0.99, eps: float | np.ndarray = 1e-8) -> None:
        super().__init__(lr, decay=decay, eps=eps)

    def update(self, x, dx, s):
        s *= self.decay
        s += (1 - self.decay) * dx * dx
        x -= self.lr * dx / (np.sqrt(s) + self.eps)


class RMSPropMomentum(Optimizer):
    """RMSProp with momentum: the scaled gradients accumulate in a velocity.

    s ← δ s + (1 − δ) ∇f(x)²        v ← ρ v + ∇f(x) / (√s + ε)        x ← x − α v        (s and v start at 0)

    Args:
        lr: learning rate α ≥ 0: a number or a schedule.
        decay: δ, 0 ≤ δ < 1, of the mean square.
        rho: momentum ρ, 0 ≤ ρ < 1. ρ = 0 is RMSProp.
        eps: ε ≥ 0, added to the root.

    >>> x, opt = np.array([1.0]), RMSPropMomentum(lr=0.01, decay=0.75)
    >>> opt.step(x, grads=np.array([5.0]))
    >>> x.round(6)
    array([0.98])

    Source: Graves, Generating sequences with recurrent neural networks, 2013.
    """

    slots = ("s", "v")

    def __init__(
        self,
        lr: Rate,
        *,
        decay: float | np.ndarray = 0.99,
        rho: float | np.ndarray = 0.9,
        eps: float | np.ndarray = 1e-8,
    ) -> None:
        super().__init__(lr, decay=decay, rho=rho, eps=eps)

    def update(self, x, dx, s, v):
        s *= self.decay
        s += (1 - self.decay) * dx * dx
        v *= self.rho
        v += dx / (np.sqrt(s) + self.eps)
        x -= self.lr * v


class CenteredRMSProp(Optimizer):
    """RMSProp that divides by the gradient's standard deviation: the squared mean is subtracted from the mean square.

    m ← δ m + (1 − δ) ∇f(x)        s ← δ s + (1 − δ) ∇f(x)²
    x ← x − α ∇f(x) / (√(s − m²) + ε)        (m and s start at 0)

    Where the gradient hardly varies, steps grow: be careful with α.

    Args:
        lr: learning rate α ≥ 0: a number or a schedule.
        decay: δ, 0 ≤ δ < 1, of both means. At δ = 0 the deviation is 0, and ε is the whole divisor.
        eps: ε ≥ 0, added to the root.

    >>> x, opt = np.array([1.0]), CenteredRMSProp(lr=0.01, decay=0.5)
    >>> opt.step(x, grads=np.array([5.0]))  # s - m² = 12.5 - 6.25
    >>> x.round(6)
    array([0.98])

    Source: Graves, Generating sequences with recurrent neural networks, 2013.
    """

    slots = ("m", "s")

    def __init__(self, lr: Rate, *, decay: float | np.ndarray = 0.99, eps: float | np.ndarray = 1e-8) -> None:
        super().__init__(lr, decay=decay, eps=eps)

    def update(self, x, dx, m, s):
        m *= self.decay
        m += (1 - self.decay) * dx
        s *= self.decay
        s += (1 - self.decay) * dx * dx
        x -= self.lr * dx / (np.sqrt(np.maximum(s - m * m, 0.0)) + self.eps)
