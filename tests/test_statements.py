"""What docstrings and the chapter on momentum state in words, computed anew, by formulas that stand here."""

import numpy as np
import pytest
import torch
from scipy.optimize import brentq

from course_lib.ensembles import refresh_batch_norm
from course_lib.nn import ELU, BatchNorm, Sequential, orthogonal
from course_lib.optim import (
    BFGS,
    SAM,
    SGD,
    Adam,
    AMSGrad,
    InverseTime,
    Rastrigin,
    Ravine,
    ScheduleFreeAdamW,
    ScheduleFreeSGD,
    SharpFlat,
    best_gd,
    best_heavy_ball,
    best_nesterov,
    descend,
)
from course_lib.optim.second_order.saddles import solve_subproblem
from course_lib.optim.surfaces.counterexamples import Reddi

# --------------------------------------------------------------------------- SAM


def sam_by_hand(surface, lr, radius, x, steps):
    for _ in range(steps):
        g = surface.grad(x)
        x = x - lr * surface.grad(x + radius * g / np.linalg.norm(g))
    return x


@pytest.mark.parametrize("lr", [0.001, 0.01, 0.03])
def test_sam_without_noise_stays_in_the_sharp_minimum(lr):
    """At the default radius .05, which is well below the valley's width: 4,000 steps, and it is still there."""
    surface = SharpFlat()
    end = descend(surface, SAM(SGD(lr), radius=0.05, axis=-1), surface.start, 4_000)[-1]
    assert np.linalg.norm(end - [-1, 0]) < 0.1
    assert np.linalg.norm(sam_by_hand(surface, lr, 0.05, surface.start, 2000) - [-1, 0]) < 0.1


def test_where_sam_hangs_it_looks_at_the_sharp_minimum_itself():
    """At radius .5 it ends half way, .5 from the sharp minimum: not on the ridge, at −.573."""
    surface = SharpFlat()
    end = descend(surface, SAM(SGD(0.01), radius=0.5, axis=-1), surface.start, 4_000)[-1]
    np.testing.assert_allclose(end, [-0.5, 0.0], atol=1e-6)
    assert surface.saddles[0, 0] == pytest.approx(-0.573, abs=5e-4)
    uphill = surface.grad(end) / np.linalg.norm(surface.grad(end))
    np.testing.assert_allclose(end + 0.5 * uphill, [-1.0, 0.0], atol=1e-6)
    assert np.linalg.norm(surface.grad(end)) > 0.4 and np.linalg.norm(surface.grad([-1.0, 0.0])) == 0


def test_the_point_sam_looks_at_is_the_highest_nearby():
    """In the limit of a small radius, of all directions; its gradient is not the steepest there."""
    surface, x, r = Ravine(kappa=10), np.array([-4.5, 0.5]), 1e-3
    angles = np.linspace(0, 2 * np.pi, 3601)
    ring = x + r * np.stack([np.cos(angles), np.sin(angles)], axis=-1)
    g = surface.grad(x)
    highest = ring[surface.value(ring).argmax()]
    np.testing.assert_allclose(highest, x + r * g / np.linalg.norm(g), atol=2e-3 * r)
    steepest = ring[np.linalg.norm(surface.grad(ring), axis=-1).argmax()]
    assert np.linalg.norm(steepest - highest) > 0.1 * r


# ------------------------------------------------------------------------- Reddi


@pytest.mark.parametrize(
    ("problem", "beta1", "beta2", "rate", "adam", "amsgrad"),
    [
        (Reddi(), 0.9, 0.999, 0.1, -1, -1),  # the usual settings: the best point
        (Reddi(), 0.9, 0.1, 0.1, -1, -1),  # a short memory alone does not do it
        (Reddi(), 0.0, 0.1, 0.1, 1, -1),  # 1/(1 + C²)
        (Reddi(1010, 10, 101), 0.9, 0.99, 0.5, 1, -1),
    ],
)
def test_when_adam_goes_to_the_worst_point(problem, beta1, beta2, rate, adam, amsgrad):
    steps = 3000 if problem.period == 3 else 10_000
    ends = []
    for method in (Adam, AMSGrad):
        x, opt = np.zeros(1), method(lambda step: rate / np.sqrt(step + 1), beta1=beta1, beta2=beta2)
        for t in range(1, steps + 1):
            opt.step(x, problem.grad(x, t))
            problem.project(x)
        ends.append(x[0])
    assert np.sign(ends).tolist() == [adam, amsgrad] and np.abs(ends).min() > 0.5
    m = v = x = 0.0  # the first of the two, written down again
    for t in range(1, steps + 1):
        g = problem.C if t % problem.period == 1 else -problem.c
        m, v = beta1 * m + (1 - beta1) * g, beta2 * v + (1 - beta2) * g * g
        x -= rate / np.sqrt(t) * m / (1 - beta1**t) / (np.sqrt(v / (1 - beta2**t)) + 1e-8)
        x = min(max(x, -1), 1)
    assert x == pytest.approx(ends[0], abs=1e-9)


# ---------------------------------------------------------------------- chapter 3


def certified(kappa, alpha, rho, rate):
    """Whether the heavy ball is proved to converge at this rate for all curvatures between 1 and κ.

    The weighted off-by-one constraint of Lessard, Recht and Packard (2016, lemma 10), seen over frequencies:
    Re (1 − h/z)* (κ G(z) − 1)* (1 − G(z)) < 0 on the circle |z| = rate, for one h in [0, rate²], where G(z) takes the
    gradient to the point; and the loop with curvature 1 must be that fast itself.
    """
    if np.abs(np.roots([1, -(1 + rho - alpha), rho])).max() >= rate:
        return False
    z = rate * np.exp(1j * np.linspace(0, np.pi, 2001))
    G = -alpha * z / ((z - 1) * (z - rho))
    return any(
        (np.conj((1 - h / z) * (kappa * G - 1)) * (1 - G)).real.max() < 0 for h in rate**2 * np.linspace(0, 1, 101)
    )


def gentle(kappa):
    return 1 / kappa, (np.sqrt(kappa) - 1) / (np.sqrt(kappa) + 1)


def test_the_gentle_heavy_ball_is_certified_for_small_condition_numbers_only():
    assert gentle(25) == pytest.approx((1 / 25, 2 / 3))
    assert certified(25, *gentle(25), 0.93)
    accelerated = np.sqrt(1 - 1 / np.sqrt(25))  # what Nesterov's method is proved to do
    assert not certified(25, *gentle(25), accelerated)
    assert not any(certified(300, *gentle(300), rate) for rate in (0.99, 0.995, 0.999, 0.9995, 0.9999))
    assert not any(certified(25, *best_heavy_ball(1, 25), rate) for rate in (0.9, 0.99, 0.999))  # it has a cycle


@pytest.mark.parametrize("kappa", [10, 100, 1000])
def test_how_near_divergence_the_fastest_heavy_ball_is(kappa):
    """Its limit 2(1 + ρ)/λ_max is (1 + 1/κ) α: one per cent more, at κ = 100, is the border itself."""
    lr, rho = best_heavy_ball(1 / kappa, 1)
    assert 2 * (1 + rho) / lr == pytest.approx(1 + 1 / kappa, rel=1e-12)
    largest = [np.abs(np.roots([1, -(1 + rho - lr * by), rho])).max() for by in (1 + 0.9 / kappa, 1 + 1.1 / kappa)]
    assert largest[0] < 1 < largest[1]
    assert np.abs(np.roots([1, -(1 + rho - lr * (1 + 1 / kappa)), rho])).max() == pytest.approx(1)


def test_nine_elevenths_is_a_factor_a_step_and_not_of_steps():
    lr, rho = best_heavy_ball(0.01, 1)
    assert np.sqrt(rho) == pytest.approx(9 / 11) and best_gd(0.01, 1) == pytest.approx(2 / 1.01)
    lr, rho = best_nesterov(0.01, 1)
    slowest = max(
        np.abs(np.roots([1, -(1 + rho) * (1 - lr * curvature), rho * (1 - lr * curvature)])).max()
        for curvature in np.linspace(0.01, 1, 1000)
    )
    assert slowest == pytest.approx(1 - 2 / np.sqrt(301), abs=1e-6) == pytest.approx(0.8847, abs=5e-5)


def test_the_five_cases_of_the_heavy_ball():
    """The roots for a rising αλ, at ρ = .5; the borders are (1 ∓ √ρ)² and 2(1 + ρ)."""
    rho = 0.5
    low, high, limit = (1 - np.sqrt(rho)) ** 2, (1 + np.sqrt(rho)) ** 2, 2 * (1 + rho)

    def roots(al):
        return np.roots([1, -(1 + rho - al), rho])

    assert np.isreal(roots(low / 2)).all() and roots(low / 2).min() > 0 and roots(low / 2).max() > np.sqrt(rho)
    np.testing.assert_allclose(roots(low), np.sqrt(rho), atol=1e-7)
    assert not np.isreal(roots(1.0)).any() and np.abs(roots(1.0)) == pytest.approx(np.sqrt(rho))
    between = roots((high + limit) / 2)
    assert np.isreal(between).all() and between.max() < 0 and np.sqrt(rho) < np.abs(between).max() < 1
    assert np.abs(roots(limit)).max() == pytest.approx(1) and np.abs(roots(1.01 * limit)).max() > 1
    border = brentq(lambda al: (1 + rho - al) ** 2 - 4 * rho, 1.0, 4.0)
    assert border == pytest.approx(high)


# ------------------------------------------------------------- settings, draws, layers


def test_nadams_beta_rises_over_ten_thousand_steps_in_torch():
    x = torch.zeros(1, dtype=torch.float64, requires_grad=True)
    opt, product, beta = torch.optim.NAdam([x], lr=0.1), 1.0, []
    for _ in range(50):
        x.grad = torch.ones_like(x)
        opt.step()
        beta.append(float(opt.state[x]["mu_product"]) / product)
        product = float(opt.state[x]["mu_product"])
    paper = 0.9 * (1 - 0.5 * 0.96 ** (0.004 * np.arange(1, 10_001)))
    np.testing.assert_allclose(beta, paper[:50], rtol=1e-5)  # torch keeps it in float32
    assert 0.45 < paper[0] < 0.4502 and 0.81 < paper[-1] < 0.82  # half of .9, and after 10,000 steps not there yet


def test_the_squares_of_the_rates_have_a_sum_above_one_half_only():
    """Σ over t and 2t: a sum that converges has less and less in each doubling, one that does not has not."""
    t = np.arange(2**21)
    for power, squares in ((1.0, True), (0.75, True), (0.5, False)):
        rates = InverseTime(0.1, decay=0.1, power=power)(t)
        for each, converges in ((rates, False), (rates**2, squares)):
            late = [each[2**k : 2 ** (k + 1)].sum() for k in (15, 20)]
            assert (late[1] < 0.6 * late[0]) == converges


def test_half_of_the_orthogonal_matrices_are_reflections():
    rng = np.random.default_rng(0)
    signs = [np.linalg.det(orthogonal(rng, 4, 4, np.float64)) for _ in range(400)]
    np.testing.assert_allclose(np.abs(signs), 1)
    assert 150 < np.sum(np.array(signs) < 0) < 250
    x = rng.normal(size=(20, 4))
    for units, kept in ((4, True), (9, True), (3, False)):
        ratio = np.linalg.norm(x @ orthogonal(rng, 4, units, np.float64), axis=1) / np.linalg.norm(x, axis=1)
        assert np.allclose(ratio, 1) == kept and ratio.max() < 1 + 1e-12


@pytest.mark.parametrize(("alpha", "jump"), [(1.0, 0.0), (0.5, 0.5), (2.0, -1.0)])
def test_elus_slope_jumps_unless_alpha_is_one(alpha, jump):
    layer, h = ELU(alpha), 1e-7
    y = layer.forward(np.array([-2 * h, -h, h, 2 * h]))
    assert (y[3] - y[2]) / h - (y[1] - y[0]) / h == pytest.approx(jump, abs=1e-5)


def test_rastrigin_has_eleven_minima_a_coordinate():
    surface = Rastrigin()
    (low, high), _ = surface.window
    x = np.linspace(low, high, 200_001)
    slope = surface.grad(np.stack([x, np.zeros_like(x)], axis=-1))[:, 0]
    minima = x[1:][(slope[:-1] < 0) & (slope[1:] >= 0)]
    assert len(minima) == 11 and np.abs(minima - np.arange(-5, 6)).max() < 0.04


# -------------------------------------------------------------- second order, averages


def test_bfgs_is_closest_in_the_weighted_norm_and_not_in_the_plain_one():
    """At a minimum under H y = s, the gradient of the distance is orthogonal to every symmetric N with N y = 0."""
    rng = np.random.default_rng(0)
    A = rng.normal(size=(5, 5))
    W = A @ A.T + np.eye(5)  # W s = y, as the mean Hessian has it
    s = rng.normal(size=5)
    y = W @ s
    old = np.eye(5) + 0.1 * (A + A.T)
    method = BFGS()
    method.H = old.copy()
    method.update_curvature(s, y)
    np.testing.assert_allclose(method.H @ y, s, atol=1e-12)
    P = np.eye(5) - np.outer(y, y) / (y @ y)
    gaps = []
    for _ in range(20):
        B = rng.normal(size=(5, 5))
        N = P @ (B + B.T) @ P
        change = method.H - old
        assert np.trace(W @ change @ W @ N) == pytest.approx(0, abs=1e-8)
        gaps.append(np.trace(change @ N))
    assert np.abs(gaps).max() > 1e-2


def test_a_quarter_of_the_radius_would_try_the_same_step_again():
    g, H = np.array([1.0, -2.0]), np.diag([50.0, 40.0])
    p = solve_subproblem(g, H, 1.0)
    assert np.linalg.norm(p) < 0.25
    np.testing.assert_array_equal(solve_subproblem(g, H, 0.25), p)
    assert np.linalg.norm(solve_subproblem(g, H, np.linalg.norm(p) / 4)) == pytest.approx(np.linalg.norm(p) / 4)


def test_refreshed_statistics_have_n_minus_one():
    rng = np.random.default_rng(0)
    x = rng.normal(2, 3, size=(60, 4, 4, 5))
    net = Sequential(BatchNorm(5, dtype=np.float64))
    refresh_batch_norm(net, x, batch=20)
    batches = x.reshape(3, -1, 5)
    np.testing.assert_allclose(net.state["0.var"], batches.var(axis=1, ddof=1).mean(axis=0), rtol=1e-12)
    np.testing.assert_allclose(net.state["0.mean"], batches.mean(axis=(0, 1)), rtol=1e-12)


def test_schedule_frees_parameters_follow_from_two_of_its_arrays():
    """So the method needs one array beside the parameters (AdamW's two); the library keeps the average as well."""
    rng = np.random.default_rng(0)
    for method in (ScheduleFreeSGD(0.1), ScheduleFreeAdamW(0.1)):
        x = rng.normal(size=4)
        for _ in range(5):
            method.step(x, rng.normal(size=4))
        z, a = (next(iter(method._state[method.slots.index(name)].values())) for name in ("z", "a"))
        np.testing.assert_allclose(x, 0.9 * a + 0.1 * z, rtol=1e-12)
        np.testing.assert_allclose(a, (x - 0.1 * z) / 0.9, rtol=1e-12)
