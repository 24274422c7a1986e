"""Methods that use the gradient alone, the simplest first."""

from __future__ import annotations

import numpy as np

from .optimizer import Optimizer, Rate


class SGD(Optimizer):
    """Step against the gradient.

    x ← x − α ∇f(x)

    On a quadratic it converges along an eigenvector of curvature λ by the factor |1 − αλ| a step, and so
    only if α < 2/λ for the largest λ.

    Args:
        lr: learning rate α ≥ 0: a number, an array that broadcasts, or a schedule step → rate.

    Raises:
        TypeError, ValueError: a bad argument, named; nothing has been changed.

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
    """Gather gradients in a velocity that friction wears down, and step against it (heavy ball).

    v ← ρ v + ∇f(x)        x ← x − α v        (v starts at 0)

    The velocity is a sum of past gradients, not a mean: under a constant gradient g it grows to g/(1 − ρ),
    and the effective rate is α/(1 − ρ). A larger ρ is *less* friction.

    The other convention puts the rate inside: v ← ρ v − α ∇f(x), x ← x + v. With constant α both walk the
    same path (its v is −α times this one). They differ as soon as α changes in mid-run: here the new rate
    scales the whole velocity at once; there old velocity keeps the rate it was gathered with. Mixing the
    two (`v = ρ v + ∇f`, `x += α v`) goes uphill.

    Args:
        lr: learning rate α ≥ 0: a number, an array that broadcasts, or a schedule step → rate.
        rho: momentum ρ, 0 ≤ ρ < 1, a number or an array that broadcasts. ρ = 0 is SGD.

    Raises:
        TypeError, ValueError: a bad argument, named; nothing has been changed.

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
    """Momentum that takes its gradient where the velocity is about to carry it.

    v ← ρ v + ∇f(x)        x ← x − α (∇f(x) + ρ v)        (v starts at 0)

    This is the rearranged form. The look-ahead form keeps a point y and asks for the gradient ahead of it,
    at x = y − α ρ v:

        v' = ρ v + ∇f(y − α ρ v)        y' = y − α v'

    Follow the look-ahead point x itself. Its next position is x' = y' − α ρ v', where y' = y − α v' and
    y = x + α ρ v. As ρ v = v' − ∇f(x), that is

        x' = x + α ρ v − α v' − α ρ v' = x − α (∇f(x) + ρ v').

    So the gradient is asked for only at the point that is kept, and any code that gives ∇f(x) will do.
    At ρ = 0 it is SGD. Equal to `torch.optim.SGD(nesterov=True)`.

    Args:
        lr: learning rate α ≥ 0: a number, an array that broadcasts, or a schedule step → rate.
        rho: momentum ρ, 0 ≤ ρ < 1, a number or an array that broadcasts.

    Raises:
        TypeError, ValueError: a bad argument, named; nothing has been changed.

    >>> import numpy as np
    >>> x = np.array([1.0])
    >>> Nesterov(lr=0.1, rho=0.9).step(x, grads=np.array([1.0]))
    >>> x  # 1 - 0.1·(1 + 0.9·1)
    array([0.81])

    Source: Nesterov, A method of solving a convex programming problem with convergence rate O(1/k²), 1983;
    the form used here: Sutskever, Martens, Dahl and Hinton, On the importance of initialization and
    momentum in deep learning, 2013.
    """

    slots = ("v",)

    def __init__(self, lr: Rate, *, rho: float | np.ndarray = 0.9) -> None:
        super().__init__(lr, rho=rho)

    def update(self, x, dx, v):
        v *= self.rho
        v += dx
        x -= self.lr * (dx + self.rho * v)
