"""Closed forms of convergence against companion matrices, the library's own steps, and runs."""

import numpy as np
import pytest

from course_lib.optim import (
    SGD,
    Momentum,
    Nesterov,
    Quadratic,
    Saddle,
    best_gd,
    best_heavy_ball,
    best_nesterov,
    classic_nesterov,
    critical_rho,
    descend,
    escape_steps,
    gd_limit,
    gd_rate,
    heavy_ball_limit,
    heavy_ball_rate,
    nesterov_limit,
    nesterov_rate,
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
                real = "overdamped" if roots.real.max() > 1e-6 else "alternating"
                assert got == (real if np.allclose(roots.imag, 0) else "ringing")


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
        "overdamped", "overdamped", "critical", "alternating", "divergent", "divergent", "divergent",
    ]  # fmt: skip
    for rho in RHOS:
        edge = 2 * (1 + rho)
        assert regime(edge, rho, 1.0) == "divergent"
        assert regime(edge * (1 - 1e-9), rho, 1.0) == "alternating"
    assert regime(2.25, 0.25, 1.0) == "critical", "the other double root, at αλ = (1 + √ρ)², is negative"
    assert regime(1.0, 0.001, 1.0) == "ringing" and regime(1.0, 0.001, 1.0, 0.02) == "critical"


def test_regimes_in_a_run():
    """Overdamped walks keep their side of the minimum for ever, ringing ones change it again and again."""
    for lr, rho in ((0.01, 0.5), (0.01, 0.81), (0.01, 0.95), (1.5, 0.1), (3.7, 0.9)):
        x = descend(Quadratic([1.0]), Momentum(lr, rho=rho), [1.0], 300)[:, 0]
        crossings = np.sum(np.sign(x[1:]) != np.sign(x[:-1]))
        kinds = {"overdamped": 0, "critical": 0, "ringing": None, "alternating": 300}
        expected = kinds[regime(lr, rho, 1.0)]
        assert crossings == expected if expected is not None else 4 < crossings < 300


# Along negative curvature


@pytest.mark.parametrize(
    ("opt", "rate"),
    [
        (SGD(0.01), gd_rate(0.01, -1.0)),
        (Momentum(0.01), heavy_ball_rate(0.01, 0.9, -1.0)),
        (Nesterov(0.01), nesterov_rate(0.01, 0.9, -1.0)),
    ],
)
def test_escape_steps_on_a_pure_saddle(opt, rate):
    """Where the saddle is a quadratic, the count is right up to the few steps in which velocity builds up."""
    y = descend(Quadratic([1.0, -1.0]), opt, [1.0, 1e-9], 3000)[:, 1]
    for start, end in ((1e-9, 1e-3), (1e-9, 0.5)):
        told = escape_steps(rate, start, end)
        counted = np.argmax(y >= end)
        late = 0 if type(opt) is SGD else 6
        assert told <= counted <= told + late + 1
    # once it is under way, the count is exact
    k, m = np.argmax(y >= 1e-6), np.argmax(y >= 1e-2)
    assert escape_steps(rate, y[k], y[m]) == pytest.approx(m - k, rel=1e-6)


def test_escape_steps_counts_convergence_too():
    errors = np.abs(descend(Quadratic([1.0]), SGD(0.1), [1.0], 200)[:, 0])
    assert np.ceil(escape_steps(gd_rate(0.1, 1.0), 1.0, 1e-6)) == steps_to(errors, 1e-6)
    many = escape_steps(np.array([1.01, 2.0]), 1.0, np.array([[4.0], [8.0]]))
    assert many.shape == (2, 2) and many[1, 1] == pytest.approx(3)


def test_theory_of_the_saddle():
    """The saddle of the book, from y = 1e-6 to 0.5; the quartic term slows the last part: see the measured numbers."""
    assert round(float(escape_steps(gd_rate(0.01, -1.0), 1e-6, 0.5))) == 1319
    assert round(float(escape_steps(heavy_ball_rate(0.01, 0.9, -1.0), 1e-6, 0.5))) == 209
    assert np.all(descend(Saddle(), Momentum(0.01), [1.0, 0.0], 50)[:, 1] == 0)
