"""The solutions of chapter 7 against the library, and against a decomposition in singular values."""

import numpy as np
import pytest

from course_lib.chapters.ch07_beyond import ex
from course_lib.optim import SAM, SGD, AdamW, Lion, Rosenbrock, ScheduleFreeSGD, descend

RULES = {
    "adamw": (
        AdamW(0.1, beta1=0.7, beta2=0.9, eps=1e-3, weight_decay=0.3),
        2,
        {"lr": 0.1, "beta1": 0.7, "beta2": 0.9, "eps": 1e-3, "wd": 0.3},
    ),
    "lion": (
        Lion(0.1, beta1=0.7, beta2=0.9, weight_decay=0.3),
        1,
        {"lr": 0.1, "beta1": 0.7, "beta2": 0.9, "wd": 0.3},
    ),
}


def gradient(x):
    return np.array([10.0, 0.1]) * x + 0.3 * np.sin(x)


@pytest.mark.parametrize("name", RULES)
def test_the_steps_are_the_librarys(name):
    method, count, setting = RULES[name]
    step = getattr(ex, name).reference
    x, state = np.array([2.0, -1.0]), [np.zeros(2)] * count
    path = descend(gradient, method, x, 50)
    for t in range(1, 51):
        clock = {"t": t} if name == "adamw" else {}
        x, *state = step(x, gradient(x), *state, **clock, **setting)
        np.testing.assert_allclose(x, path[t], rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("shape", [(4, 4), (5, 3), (2, 6)])
def test_newton_schulz_sets_the_singular_values_to_1(shape):
    g = np.random.default_rng(0).normal(size=shape)
    left, _, right = np.linalg.svd(g, full_matrices=False)
    np.testing.assert_allclose(ex.newton_schulz.reference(g, 40), left @ right, atol=1e-12)


def test_newton_schulz_maps_each_singular_value_by_itself():
    left, right = (np.linalg.qr(np.random.default_rng(seed).normal(size=(3, 3)))[0] for seed in (1, 2))
    s = np.array([0.8, 0.5, 0.1])
    s /= np.linalg.norm(s)
    found = np.linalg.svd(ex.newton_schulz.reference((left * s) @ right, 1), compute_uv=False)
    np.testing.assert_allclose(found, np.sort(1.5 * s - 0.5 * s**3)[::-1], rtol=1e-12)


@pytest.mark.parametrize("radius", [0.01, 0.5])
def test_sams_gradient_is_the_librarys(radius):
    f = Rosenbrock()
    for x in np.random.default_rng(0).normal(size=(5, 2)):
        stepped = descend(f, SAM(SGD(1e-3), radius=radius), x, 1)[1]
        np.testing.assert_allclose(ex.sam.reference(x, f.grad, radius), (x - stepped) / 1e-3, rtol=1e-6)


@pytest.mark.parametrize("beta", [0.0, 0.6, 0.9])
def test_schedule_free_is_the_librarys(beta):
    opt, x = ScheduleFreeSGD(0.05, beta1=beta), np.array([2.0, -1.0])
    z = a = x.copy()
    for t in range(1, 41):
        opt.step(x, gradient(x))
        z, a = ex.schedule_free.reference(z, a, gradient, t, 0.05, beta)
        np.testing.assert_allclose(opt.test_params(x), a, rtol=1e-10)
        np.testing.assert_allclose(x, beta * a + (1 - beta) * z, rtol=1e-10)
