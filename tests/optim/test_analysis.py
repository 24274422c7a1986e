"""Closed forms against companion matrices, Lyapunov equations and runs; `descend` against plain loops."""

import numpy as np
import pytest
from scipy.linalg import solve_discrete_lyapunov

from course_lib.optim import (
    SGD,
    Momentum,
    Nesterov,
    Quadratic,
    Ravine,
    Rosenbrock,
    Saddle,
    best_gd,
    best_heavy_ball,
    best_nesterov,
    classic_nesterov,
    critical_rho,
    descend,
    gd_limit,
    gd_rate,
    heavy_ball_limit,
    heavy_ball_rate,
    nesterov_limit,
    nesterov_rate,
    noise_floor,
    regime,
    steps_to,
)

STEPS = np.linspace(0.0, 4.2, 43)  # αλ
RHOS = np.linspace(0.0, 0.99, 34)


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


# Rates and limits


@pytest.mark.parametrize(("cls", "rate"), [(Momentum, heavy_ball_rate), (Nesterov, nesterov_rate)])
def test_rates_are_spectral_radii(cls, rate):
    for curvature in (1.0, 0.3):
        for step in STEPS:
            for rho in RHOS:
                matrix = transition(cls, step / curvature, rho, curvature)
                radius = np.abs(np.linalg.eigvals(matrix)).max()
                assert rate(step / curvature, rho, curvature) == pytest.approx(radius, abs=5e-8)


@pytest.mark.parametrize(
    ("rate", "companion"),
    [
        (heavy_ball_rate, lambda step, rho: [[1 + rho - step, -rho], [1, 0]]),
        (nesterov_rate, lambda step, rho: [[(1 + rho) * (1 - step), -rho * (1 - step)], [1, 0]]),
    ],
)
def test_rates_are_roots_of_the_companion_matrix(rate, companion):
    for step in STEPS:
        for rho in RHOS:
            radius = np.abs(np.linalg.eigvals(companion(step, rho))).max()
            assert rate(step, rho, 1.0) == pytest.approx(radius, abs=5e-8)


def test_gd_rate_is_both_methods_without_momentum():
    np.testing.assert_allclose(gd_rate(STEPS, 1.0), np.abs(1 - STEPS), rtol=1e-15)
    np.testing.assert_allclose(heavy_ball_rate(STEPS, 0.0, 1.0), gd_rate(STEPS, 1.0), rtol=1e-12)
    np.testing.assert_allclose(nesterov_rate(STEPS, 0.0, 1.0), gd_rate(STEPS, 1.0), rtol=1e-12)


def test_formulas_broadcast_as_they_are_alone():
    lr, rho = STEPS[:, None], RHOS
    for rate in (heavy_ball_rate, nesterov_rate):
        grid = rate(lr, rho, 0.7)
        assert grid.shape == (len(STEPS), len(RHOS))
        assert grid[5, 7] == rate(STEPS[5], RHOS[7], 0.7)


@pytest.mark.parametrize("curvature", [0.2, 1.0, 30.0])
def test_limits_are_where_the_rate_passes_one(curvature):
    for rho in RHOS:
        for limit, rate in ((heavy_ball_limit, heavy_ball_rate), (nesterov_limit, nesterov_rate)):
            edge = limit(rho, curvature)
            assert rate(edge * (1 - 1e-6), rho, curvature) < 1 < rate(edge * (1 + 1e-6), rho, curvature)
            assert rate(edge * 0.3, rho, curvature) < 1
    assert heavy_ball_limit(0.0, curvature) == nesterov_limit(0.0, curvature) == gd_limit(curvature)


@pytest.mark.parametrize("cls", [SGD, Momentum, Nesterov])
def test_limits_in_a_run(cls):
    limit = {SGD: 2.0, Momentum: 3.8, Nesterov: 3.8 / 2.8}[cls]
    inside = descend(Quadratic([1.0]), cls(0.99 * limit), [1.0], 3000)
    outside = descend(Quadratic([1.0]), cls(1.01 * limit), [1.0], 3000)
    assert abs(inside[-1, 0]) < 1e-6 and abs(outside[-1, 0]) > 1e6


@pytest.mark.parametrize("kappa", [10.0, 100.0, 1000.0, 1e4])
def test_best_settings_have_their_rates(kappa):
    lmin, lmax = 0.5, 0.5 * kappa
    root = np.sqrt(kappa)
    both = np.array([lmin, lmax])
    assert gd_rate(best_gd(lmin, lmax), both).max() == pytest.approx((kappa - 1) / (kappa + 1))
    assert heavy_ball_rate(*best_heavy_ball(lmin, lmax), both).max() == pytest.approx((root - 1) / (root + 1), rel=1e-6)
    assert nesterov_rate(*best_nesterov(lmin, lmax), both).max() == pytest.approx(
        1 - 2 / np.sqrt(3 * kappa + 1), rel=1e-6
    )
    assert nesterov_rate(*classic_nesterov(lmin, lmax), both).max() == pytest.approx(1 - 1 / root, rel=1e-6)


def test_best_settings_cannot_be_improved():
    """A fine search of the whole (α, ρ) plane finds nothing better than the formulas."""
    lmin, lmax = 0.04, 1.0
    between = np.geomspace(lmin, lmax, 30)
    lr, rho = np.linspace(0.01, 4, 400)[:, None, None], np.linspace(0, 0.99, 100)[:, None]
    for rate, best in ((heavy_ball_rate, best_heavy_ball), (nesterov_rate, best_nesterov)):
        found = rate(lr, rho, between).max(-1).min()
        claimed = rate(*best(lmin, lmax), between).max()
        assert claimed <= found + 1e-6 and claimed > found - 0.02
    gd = gd_rate(lr[..., 0], between).max(-1).min()
    assert gd_rate(best_gd(lmin, lmax), between).max() <= gd < gd_rate(best_gd(lmin, lmax), between).max() + 0.02


def test_best_settings_broadcast():
    kappa = np.array([4.0, 9.0, 16.0])
    lr, rho = best_heavy_ball(1.0, kappa)
    np.testing.assert_allclose(lr, 4 / (1 + np.sqrt(kappa)) ** 2)
    assert rho.shape == (3,)


# Regimes


def test_critical_rho_is_the_fastest_momentum():
    rhos = np.linspace(0, 0.9999, 20_001)
    for step in (0.001, 0.01, 0.1, 0.5, 0.9):
        fastest = rhos[heavy_ball_rate(step, rhos, 1.0).argmin()]
        assert critical_rho(step, 1.0) == pytest.approx(fastest, abs=1e-4)
        assert heavy_ball_rate(step, critical_rho(step, 1.0), 1.0) == pytest.approx(1 - np.sqrt(step), abs=1e-6)


def test_regime_is_told_by_the_roots():
    for step in STEPS:
        for rho in RHOS:
            roots = np.linalg.eigvals([[1 + rho - step, -rho], [1, 0]])
            got = regime(step, rho, 1.0)
            if step == 0:
                assert got == "overdamped"
            elif np.abs(roots).max() >= 1 - 1e-12:
                assert got == "divergent"
            elif np.abs(roots[0] - roots[1]) < 1e-4:
                assert got == "critical"
            else:
                monotone = np.allclose(roots.imag, 0) and roots.real.max() > 1e-6
                assert got == ("overdamped" if monotone else "ringing")


@pytest.mark.parametrize("step", [0.01, 0.1, 0.3, 0.77, 1.0])
@pytest.mark.parametrize("curvature", [1.0, 0.03])
def test_regime_at_its_boundaries(step, curvature):
    lr, rho = step / curvature, critical_rho(step, 1.0)
    assert regime(lr, critical_rho(lr, curvature), curvature) == "critical"
    assert regime(lr, min(rho + 1e-4, 0.99), curvature) == "ringing"
    if rho > 1e-4:
        assert regime(lr, rho - 1e-4, curvature) == "overdamped"


def test_regime_without_momentum_and_at_the_edge():
    assert [regime(step, 0.0, 1.0) for step in (0.0, 0.5, 1.0, 1.5, 2.0, 2.5, -0.1)] == [
        "overdamped", "overdamped", "critical", "ringing", "divergent", "divergent", "divergent",
    ]  # fmt: skip
    for rho in RHOS:
        edge = 2 * (1 + rho)
        assert regime(edge, rho, 1.0) == "divergent"
        assert regime(edge * (1 - 1e-9), rho, 1.0) == "ringing"
    assert regime(2.25, 0.25, 1.0) == "critical", "the other double root, at αλ = (1 + √ρ)², is negative"
    assert regime(1.0, 0.001, 1.0) == "ringing" and regime(1.0, 0.001, 1.0, 0.02) == "critical"


def test_regimes_in_a_run():
    """Overdamped walks keep their side of the minimum for ever, ringing ones change it again and again."""
    for lr, rho in ((0.01, 0.5), (0.01, 0.81), (0.01, 0.95), (1.5, 0.1), (3.7, 0.9)):
        x = descend(Quadratic([1.0]), Momentum(lr, rho=rho), [1.0], 300)[:, 0]
        crossings = np.sum(np.sign(x[1:]) != np.sign(x[:-1]))
        assert {"overdamped": crossings == 0, "critical": crossings == 0, "ringing": crossings > 4}[
            regime(lr, rho, 1.0)
        ]


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


# descend


@pytest.mark.parametrize("cls", [SGD, Momentum, Nesterov])
def test_descend_is_a_loop(cls):
    surface, opt, x = Rosenbrock(), cls(0.001), np.array([-1.2, 1.0])
    path = descend(surface, cls(0.001), x, 50)
    assert path.shape == (51, 2) and np.array_equal(path[0], [-1.2, 1.0])
    for k in range(50):
        opt.step(x, surface.grad(x))
        assert np.array_equal(path[k + 1], x)


def test_descend_leaves_the_optimizer_and_the_start_alone():
    opt, start = Momentum(0.1), np.array([1.0, 1.0])
    opt.step(np.zeros(3), np.ones(3))
    first = descend(Ravine(), opt, start, 5)
    assert np.array_equal(first, descend(Ravine(), opt, start, 5))
    assert opt.t == 1 and np.array_equal(opt.state_dict()["v"], np.ones(3)) and start.tolist() == [1.0, 1.0]


def test_descend_takes_a_batch_of_starts():
    starts = np.random.default_rng(0).normal(size=(3, 4, 2))
    path = descend(Saddle(), Nesterov(0.1), starts, 20)
    assert path.shape == (21, 3, 4, 2)
    assert np.array_equal(path[:, 1, 2], descend(Saddle(), Nesterov(0.1), starts[1, 2], 20))


@pytest.mark.parametrize("cls", [Momentum, Nesterov])
def test_descend_over_a_grid_of_settings_is_bit_identical_to_a_loop(cls):
    lrs, rhos, surface = np.linspace(0.0, 2.5, 20), np.linspace(0.0, 0.95, 20), Ravine(kappa=40)
    grid = descend(surface, cls(lrs.reshape(20, 1, 1), rho=rhos.reshape(20, 1)), surface.start, 60)
    assert grid.shape == (61, 20, 20, 2)
    for i in range(0, 20, 3):
        for j in range(0, 20, 3):
            assert np.array_equal(grid[:, i, j], descend(surface, cls(lrs[i], rho=rhos[j]), surface.start, 60))


def test_descend_takes_a_function_scalars_and_float32():
    assert descend(lambda x: 2 * x, SGD(0.25), 8.0, 3).tolist() == [8.0, 4.0, 2.0, 1.0]
    path = descend(lambda x: [2 * x[0]], SGD(0.25), np.array([8.0], np.float32), 3)
    assert path.dtype == np.float32 and path[-1, 0] == 1.0
    assert descend(lambda x: 2 * x, SGD(0.25), 8, 0).tolist() == [8.0]


@pytest.mark.parametrize("surface", [Ravine(), Saddle(), Rosenbrock()])
@pytest.mark.parametrize("cls", [SGD, Momentum, Nesterov])
def test_divergence_is_silent(surface, cls):
    path = descend(surface, cls(50.0), surface.start, 3000)
    assert not np.isfinite(path[-1]).all() and np.isfinite(path[1]).all()


def test_noise_is_seeded_and_broadcast():
    def walk(seed, noise=1.0):
        return descend(Ravine(), SGD(0.1), np.zeros(2), 20, noise=noise, rng=np.random.default_rng(seed))

    assert np.array_equal(walk(1), walk(1)) and not np.array_equal(walk(1), walk(2))
    levels = walk(1, noise=np.array([[0.0], [1.0], [2.0]]))
    assert levels.shape == (21, 3, 2)
    assert not levels[:, 0].any() and levels[-1, 2].any()


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"surface": 3}, TypeError, "surface must be"),
        ({"optimizer": SGD}, TypeError, "optimizer must be"),
        ({"steps": 2.0}, TypeError, "steps must be an integer"),
        ({"steps": True}, TypeError, "steps must be an integer"),
        ({"steps": -1}, ValueError, "steps must not be negative"),
        ({"noise": -1.0}, ValueError, "noise must be"),
        ({"noise": np.nan}, ValueError, "noise must be"),
        ({"noise": "a"}, TypeError, "^noise must be a number or a NumPy array of numbers, not 'a'"),
        ({"noise": None}, TypeError, "^noise must be a number or a NumPy array of numbers, not None"),
        ({"noise": True}, TypeError, "^noise must be"),
        ({"noise": np.array([0.1, -1.0])}, ValueError, "^noise must be"),
        ({"noise": np.zeros((4, 3))}, ValueError, "^start, noise and settings must broadcast"),
        ({"start": [1.0 + 2j, 0.0]}, TypeError, "^start must hold real numbers, not complex128"),
        ({"start": None}, TypeError, "^start must hold real numbers"),
        ({"start": ["a", "b"]}, TypeError, "^start must hold real numbers"),
        ({"start": [[1.0], [1.0, 2.0]]}, ValueError, "^start must be an array"),
        ({"noise": 1.0}, TypeError, "rng must be given"),
        ({"noise": 1.0, "rng": 3}, TypeError, "rng must be given"),
        ({"surface": lambda x: x[:1]}, ValueError, "grads has shape"),
        ({"start": [1.0, 2.0, 3.0]}, ValueError, "x must have 2 coordinates"),
    ],
)
def test_descend_names_what_is_wrong(change, error, message):
    good = {"surface": Ravine(), "optimizer": SGD(0.1), "start": [1.0, 2.0], "steps": 3}
    with pytest.raises(error, match=message):
        descend(**good | change)


# steps_to


def test_steps_to():
    assert steps_to([3.0, -2.0, 1.0, 0.5, 2.0], 1.0) == 2
    assert isinstance(steps_to([1.0, 0.0], 0.5), int)
    assert steps_to([3.0, np.nan, np.inf], 1.0) == np.inf
    many = np.array([[1.0, 1.0, 0.0], [0.1, 1.0, 0.0]])
    assert steps_to(many, 0.5).tolist() == [1.0, np.inf, 0.0]
    path = descend(Rosenbrock(), Momentum(0.001), [-1.2, 1.0], 3000)
    steps = steps_to(path, 1e-3, minimum=[1.0, 1.0])
    away = np.linalg.norm(path - 1, axis=-1)
    assert away[steps] <= 1e-3 and np.all(away[:steps] > 1e-3)


@pytest.mark.parametrize(
    ("change", "error", "message"),
    [
        ({"tol": -1.0}, ValueError, "^tol must be .* not -1.0"),
        ({"tol": np.nan}, ValueError, "^tol must be"),
        ({"tol": "a"}, TypeError, "^tol must be"),
        ({"tol": None}, TypeError, "^tol must be"),
        ({"values": []}, ValueError, "^values must hold one entry a step"),
        ({"values": 3.0}, ValueError, "^values must hold one entry a step"),
        ({"values": ["a"]}, TypeError, "^values must hold real numbers"),
        ({"values": [1j]}, TypeError, "^values must hold real numbers"),
        ({"minimum": [0.0]}, ValueError, "^minimum of shape"),
        ({"values": np.ones((3, 2)), "minimum": [0.0] * 3}, ValueError, "^minimum of shape"),
        ({"values": np.ones((3, 2)), "minimum": ["a", "b"]}, TypeError, "^minimum must hold real numbers"),
    ],
)
def test_steps_to_names_what_is_wrong(change, error, message):
    with pytest.raises(error, match=message):
        steps_to(**{"values": [1.0, 0.5], "tol": 0.1} | change)
