"""How far gradient noise keeps a method from the minimum, in closed form.

Near the minimum of f = λx²/2, with gradients λx + σ·N(0, 1), a method never settles: x fluctuates about 0 with a
stationary variance. A smaller learning rate, or an average, lowers this *noise floor*. These formulas
take numbers, or arrays that broadcast.
"""

from __future__ import annotations

from typing import Any


def noise_floor(lr: Any, rho: Any, curvature: Any, sigma: Any) -> Any:
    """Return the stationary variance of x about the minimum for the heavy ball with noisy gradients.

    var x = α σ² (1 + ρ) / (λ (1 − ρ) (2 (1 + ρ) − αλ)),  which is near α σ²/(2λ (1 − ρ)) for small α

    Momentum does not average the noise away: at equal α the floor is higher by about 1/(1 − ρ), and at equal
    effective rate α/(1 − ρ) it is about the same as SGD's (ρ = 0). It solves the Lyapunov equation of the
    recurrence.

    Args:
        lr: learning rate α, below the heavy ball's limit.
        rho: momentum ρ; 0 is SGD.
        curvature: λ > 0.
        sigma: standard deviation σ of the noise in each gradient.

    >>> round(float(noise_floor(lr=0.01, rho=0.9, curvature=1.0, sigma=1.0)), 3)
    0.05

    Source: Mandt, Hoffman and Blei, Stochastic gradient descent as approximate Bayesian inference, 2017
    (for small α); the exact form follows from the moments of the recurrence.
    """
    return lr * sigma * sigma * (1 + rho) / (curvature * (1 - rho) * (2 * (1 + rho) - lr * curvature))


def nesterov_noise_floor(lr: Any, rho: Any, curvature: Any, sigma: Any) -> Any:
    """Return the stationary variance of x about the minimum for Nesterov's method with noisy gradients.

    var x = α σ² (1 + ρ + αλρ (1 + 2ρ)) / (λ (1 − ρ + αλρ) (2 (1 + ρ) − αλ (1 + 2ρ)))

    For small α it is the heavy ball's, near α σ²/(2λ (1 − ρ)); for a larger one it is lower, until α approaches
    the limit of Nesterov's method. It solves the Lyapunov equation of the recurrence.

    Args:
        lr: learning rate α, below Nesterov's limit.
        rho: momentum ρ; 0 is SGD.
        curvature: λ > 0.
        sigma: standard deviation σ of the noise in each gradient.

    >>> round(float(nesterov_noise_floor(lr=0.01, rho=0.9, curvature=1.0, sigma=1.0)), 3)
    0.047

    Source: of the recurrence: Lessard, Recht and Packard, Analysis and design of optimization algorithms via
    integral quadratic constraints, 2016; the form follows from its moments.
    """
    step = lr * curvature
    above = lr * sigma * sigma * (1 + rho + step * rho * (1 + 2 * rho))
    return above / (curvature * (1 - rho + step * rho) * (2 * (1 + rho) - step * (1 + 2 * rho)))


def averaged_noise_floor(lr: Any, curvature: Any, sigma: Any, steps: Any) -> Any:
    """Return the stationary variance of the mean of SGD's last points (Polyak averaging).

    var (1/N Σ xₖ) = s²/N · ((1 + φ)/(1 − φ) − 2φ (1 − φᴺ)/(N (1 − φ)²)),  φ = 1 − αλ,  s² = SGD's noise floor

    For many points it is σ²/(λ²N), whatever α is: the points are correlated over about 1/(αλ) steps, so a small
    rate makes each point less noisy, and N of them worth fewer. Averaging gains N αλ/(2 − αλ) over the last point:
    much at a large rate, little at a small one. At N = 1 it is the noise floor.

    Args:
        lr: learning rate α, 0 < α < 2/λ.
        curvature: λ > 0.
        sigma: standard deviation σ of the noise in each gradient.
        steps: number N ≥ 1 of successive points in the mean.

    >>> import numpy as np
    >>> lr = np.array([0.5, 0.1, 0.02])
    >>> (noise_floor(lr, 0.0, 1.0, 1.0) / averaged_noise_floor(lr, 1.0, 1.0, steps=170)).round(1)
    array([57.1,  9.5,  2.4])

    Source: Polyak and Juditsky, Acceleration of stochastic approximation by averaging, 1992 (for many points);
    the exact form is the variance of an autoregressive series' mean.
    """
    step = lr * curvature
    phi = 1 - step
    floor = lr * sigma * sigma / (curvature * (2 - step))
    return floor / steps * ((1 + phi) / step - 2 * phi * (1 - phi**steps) / (steps * step * step))


def adamw_noise_floor(lr: Any, beta1: Any, weight_decay: Any) -> Any:
    """Return the stationary variance of a weight that AdamW moves by noise alone, limited by weight decay.

    var x = α² q (1 + φβ₁) / ((1 − φ²)(1 − φβ₁)),  q = (1 − β₁)/(1 + β₁),  φ = 1 − αλ

    It is near α/(2λ) where αλ ≪ 1 − β₁. The gradient's size σ is not in it: Adam divides by it. The weight's
    start decays by φ per step. The formula assumes √v̂ = σ: β₂ near 1, long after the first steps, and σ ≫ ε.

    Args:
        lr: learning rate α > 0.
        beta1: β₁, 0 ≤ β₁ < 1.
        weight_decay: λ, 0 < αλ < 1.

    >>> round(float(adamw_noise_floor(lr=0.01, beta1=0.9, weight_decay=0.1)), 4)
    0.0496

    Source: of the method: Loshchilov and Hutter, Decoupled weight decay regularization, 2019; the form is the
    variance of an autoregressive series driven by another one.
    """
    phi = 1 - lr * weight_decay
    share = (1 - beta1) / (1 + beta1)
    return lr * lr * share * (1 + phi * beta1) / ((1 - phi * phi) * (1 - phi * beta1))
