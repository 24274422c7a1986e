"""Noise floors against Lyapunov equations, covariance matrices, and runs."""

import numpy as np
import pytest
from scipy.linalg import solve_discrete_lyapunov

from course_lib.optim import (
    SGD,
    AdamW,
    Momentum,
    Nesterov,
    Quadratic,
    adamw_noise_floor,
    averaged_noise_floor,
    descend,
    nesterov_noise_floor,
    noise_floor,
)


def transition(cls, lr, rho, curvature):
    """The matrix of one step on f = λx²/2, by taking the step on the unit vectors of (x, v)."""
    columns = []
    for x, v in ((1.0, 0.0), (0.0, 1.0)):
        opt = cls(lr, rho=rho)
        opt.load_state_dict({"t": 1, "v": np.array([v])})
        x = np.array([x])
        opt.step(x, curvature * x)
        columns.append([x[0], opt.state_dict()["v"][0]])
    return np.array(columns).T


# Noise


@pytest.mark.parametrize("lr", [0.01, 0.1, 0.7])
@pytest.mark.parametrize("rho", [0.0, 0.5, 0.9, 0.99])
@pytest.mark.parametrize(("curvature", "sigma"), [(1.0, 1.0), (0.2, 3.0)])
def test_noise_floor_solves_the_lyapunov_equation(lr, rho, curvature, sigma):
    # (x, v) ← A (x, v) + n (−α, 1): the noise enters v with weight 1 and x with −α
    matrix, kick = transition(Momentum, lr, rho, curvature), np.array([[-lr], [1.0]])
    covariance = solve_discrete_lyapunov(matrix, sigma**2 * kick @ kick.T)
    assert noise_floor(lr, rho, curvature, sigma) == pytest.approx(covariance[0, 0], rel=1e-9)


@pytest.mark.parametrize(("lr", "rho", "told"), [(0.01, 0.9, 0.050), (0.01, 0.0, 0.005), (0.1, 0.0, 0.053)])
def test_noise_floor_in_a_run(lr, rho, told):
    theory = noise_floor(lr, rho, 1.0, 1.0)
    assert theory == pytest.approx(told, abs=0.0005)
    path = descend(
        Quadratic([1.0]), Momentum(lr, rho=rho), np.zeros((4000, 1)), 800, noise=1.0, rng=np.random.default_rng(0)
    )
    assert path[-1].var() == pytest.approx(theory, rel=0.08)
    assert path[600:].var() == pytest.approx(theory, rel=0.04)


@pytest.mark.parametrize("lr", [0.01, 0.1, 0.7, 1.2])
@pytest.mark.parametrize("rho", [0.0, 0.5, 0.9, 0.99])
@pytest.mark.parametrize(("curvature", "sigma"), [(1.0, 1.0), (0.2, 3.0)])
def test_nesterov_noise_floor_solves_the_lyapunov_equation(lr, rho, curvature, sigma):
    # (x, v) ← A (x, v) + n (−α (1 + ρ), 1)
    matrix, kick = transition(Nesterov, lr, rho, curvature), np.array([[-lr * (1 + rho)], [1.0]])
    covariance = solve_discrete_lyapunov(matrix, sigma**2 * kick @ kick.T)
    assert nesterov_noise_floor(lr, rho, curvature, sigma) == pytest.approx(covariance[0, 0], rel=1e-9)


@pytest.mark.parametrize(("lr", "rho"), [(0.01, 0.9), (0.3, 0.9), (1.2, 0.5)])
def test_nesterov_noise_floor_in_a_run(lr, rho):
    path = descend(
        Quadratic([1.0]), Nesterov(lr, rho=rho), np.zeros((4000, 1)), 800, noise=1.0, rng=np.random.default_rng(1)
    )
    assert path[600:].var() == pytest.approx(nesterov_noise_floor(lr, rho, 1.0, 1.0), rel=0.03)


def test_floors_agree_without_momentum_and_at_small_rates():
    lr = np.array([0.01, 0.1, 1.0])
    np.testing.assert_allclose(nesterov_noise_floor(lr, 0.0, 0.7, 2.0), noise_floor(lr, 0.0, 0.7, 2.0), rtol=1e-14)
    small = nesterov_noise_floor(1e-6, 0.9, 1.0, 1.0)
    assert small == pytest.approx(noise_floor(1e-6, 0.9, 1.0, 1.0), rel=1e-4) == pytest.approx(5e-6, rel=1e-4)
    assert np.all(nesterov_noise_floor(lr, 0.9, 1.0, 1.0) < noise_floor(lr, 0.9, 1.0, 1.0))
    edge = 2 * 1.9 / 2.8
    assert nesterov_noise_floor(edge * (1 - 1e-9), 0.9, 1.0, 1.0) > 1e8, "it has no bound at the limit of stability"


@pytest.mark.parametrize("lr", [0.02, 0.1, 0.5, 1.0, 1.7])
@pytest.mark.parametrize("steps", [1, 2, 7, 170])
@pytest.mark.parametrize(("curvature", "sigma"), [(1.0, 1.0), (0.3, 2.0)])
def test_averaged_noise_floor_is_the_mean_of_the_covariance_matrix(lr, steps, curvature, sigma):
    lag = np.abs(np.subtract.outer(np.arange(steps), np.arange(steps)))
    covariance = noise_floor(lr, 0.0, curvature, sigma) * (1 - lr * curvature) ** lag
    assert averaged_noise_floor(lr, curvature, sigma, steps) == pytest.approx(covariance.mean(), rel=1e-9)


def test_averaged_noise_floor_in_a_run():
    path = descend(Quadratic([1.0]), SGD(0.1), np.zeros((4000, 1)), 400, noise=1.0, rng=np.random.default_rng(2))[
        201:, :, 0
    ]
    assert path.mean(axis=0).var() == pytest.approx(averaged_noise_floor(0.1, 1.0, 1.0, 200), rel=0.08)


def test_averages_of_many_points_do_not_depend_on_the_rate():
    lr = np.array([0.02, 0.1, 0.5, 1.5])
    np.testing.assert_allclose(averaged_noise_floor(lr, 0.5, 2.0, 1e7), 4 / (0.25 * 1e7), rtol=1e-4)
    gain = noise_floor(lr, 0.0, 1.0, 1.0) / averaged_noise_floor(lr, 1.0, 1.0, 1e7)
    np.testing.assert_allclose(gain, 1e7 * lr / (2 - lr), rtol=1e-4)


@pytest.mark.parametrize("sigma", [1.0, 100.0])
def test_adamw_noise_floor_in_a_run(sigma):
    lr, weight_decay = 0.01, 5.0  # so that it settles soon
    theory = adamw_noise_floor(lr, 0.9, weight_decay)
    opt = AdamW(lr, weight_decay=weight_decay)
    path = descend(np.zeros_like, opt, np.zeros((4000, 1)), 600, noise=sigma, rng=np.random.default_rng(3))
    assert path[400:].var() == pytest.approx(theory, rel=0.03)
    assert adamw_noise_floor(0.001, 0.9, 0.1) == pytest.approx(0.001 / (2 * 0.1), rel=0.01)


@pytest.mark.parametrize("beta1", [0.0, 0.5, 0.9, 0.99])
def test_adamw_noise_floor_solves_the_lyapunov_equation(beta1):
    lr, phi = 0.02, 1 - 0.02 * 0.3
    # m ← β₁ m + (1 − β₁) n, x ← φ x − α m
    matrix, kick = np.array([[beta1, 0.0], [-lr * beta1, phi]]), (1 - beta1) * np.array([[1.0], [-lr]])
    covariance = solve_discrete_lyapunov(matrix, kick @ kick.T)
    assert adamw_noise_floor(lr, beta1, 0.3) == pytest.approx(covariance[1, 1], rel=1e-9)
