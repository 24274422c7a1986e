"""The numbers the chapter on momentum tells come out of the library."""

import numpy as np
import pytest

from course_lib.optim import (
    SGD,
    Momentum,
    Nesterov,
    Quadratic,
    Rosenbrock,
    Saddle,
    best_gd,
    best_heavy_ball,
    classic_nesterov,
    descend,
    steps_to,
)

KAPPAS = [10.0, 100.0, 1000.0, 1e4]


def settings(kappa):
    lr, rho = best_heavy_ball(1 / kappa, 1.0)
    ahead_lr, ahead_rho = classic_nesterov(1 / kappa, 1.0)
    return SGD(best_gd(1 / kappa, 1.0)), Momentum(lr, rho=rho), Nesterov(ahead_lr, rho=ahead_rho)


@pytest.mark.parametrize("kappa", KAPPAS)
def test_measured_rates(kappa):
    """At a double root the error is (c + d·k) ρᵏ: one step shrinks it by ρ (1 + 1/k), a little over ρ."""
    root = np.sqrt(kappa)
    surface, start = Quadratic([1 / kappa, 1.0]), [1.0, 1.0]
    _, heavy, ahead = settings(kappa)
    for opt, theory in ((heavy, (root - 1) / (root + 1)), (ahead, 1 - 1 / root)):
        k = int(-230 / np.log(theory))  # as far as 1e-100
        error = np.abs(descend(surface, opt, start, k)[:, 0])
        measured = (error[-1] / error[k // 2]) ** (1 / (k - k // 2))
        assert theory < measured < theory * (1 + 2 / k)
        assert error[-1] / error[-2] == pytest.approx(theory * (1 + 1 / k), rel=2e-4)


@pytest.mark.parametrize(
    ("kappa", "gd", "heavy_ball", "nesterov"),
    [(100.0, 612, 85, 139), (1000.0, 6107, 288, 455), (1e4, 61039, 972, 1455)],
)
def test_steps_to_a_millionth(kappa, gd, heavy_ball, nesterov):
    """‖x‖/‖x₀‖ ≤ 1e-6 on 50 curvatures, evenly spaced in their logarithm, from x₀ = (1, …, 1)."""
    surface, start = Quadratic(np.geomspace(1 / kappa, 1.0, 50)), np.ones(50)
    plain, heavy, ahead = settings(kappa)

    def steps(path):
        size = np.linalg.norm(path, axis=-1)
        return steps_to(size / size[0], 1e-6)

    if kappa < 1e4:
        assert steps(descend(surface, plain, start, gd + 10)) == gd
    else:  # the same run in closed form: 61,039 steps need not be taken here
        k = np.arange(gd - 5, gd + 5)[:, None]
        size = np.linalg.norm((1 - plain.lr * surface.eigenvalues) ** k, axis=-1) / np.sqrt(50)
        assert k[steps_to(size, 1e-6)] == gd
    assert steps(descend(surface, heavy, start, heavy_ball + 10)) == heavy_ball
    # These were counted at the point y of the look-ahead form; x, the point kept here, is there a step sooner.
    path = descend(surface, ahead, start, nesterov + 10)
    assert steps(path) == nesterov - 1
    y, v, behind = start.copy(), np.zeros(50), []
    for _ in range(nesterov + 10):
        behind.append(y)
        v = ahead.rho * v + surface.grad(y - ahead.lr * ahead.rho * v)
        y = y - ahead.lr * v
    assert steps(np.array(behind)) == nesterov


@pytest.mark.parametrize(("opt", "told"), [(SGD(0.01), 1334), (Momentum(0.01), 216), (Nesterov(0.01), 207)])
def test_escape_from_the_saddle(opt, told):
    y = np.abs(descend(Saddle(), opt, [1.0, 1e-6], told + 10)[:, 1])
    assert np.argmax(y > 0.5) == told
    assert not descend(Saddle(), opt, [1.0, 0.0], 5000)[:, 1].any()  # from the ridge itself: never


def test_rosenbrock():
    """Steps from (−1.2, 1) to a gradient below 1e-6: the best of 60 rates each, all in one run."""
    surface = Rosenbrock()

    def fewest(cls, rates, steps, **hyper):
        path = descend(surface, cls(rates[:, None], **hyper), surface.start, steps)
        with np.errstate(all="ignore"):
            return steps_to(np.abs(surface.grad(path)).max(-1), 1e-6).min()

    gd = fewest(SGD, np.linspace(0.0018, 0.00202, 12), 17_000)
    momentum = fewest(Momentum, np.linspace(0.0005, 0.0035, 60), 1500)
    assert 15_500 < gd < 16_500
    assert momentum < 900 and gd / momentum > 17
