"""The solutions of chapter 3 against the library, and against what they claim."""

import math

import numpy as np
import pytest

from course_lib.chapters.ch03_momentum import ex
from course_lib.chapters.ch03_momentum.exercises.choose import (
    DIRECTIONS,
    TOLERANCE,
    allowed,
    reaches_goal,
    steps_needed,
)
from course_lib.optim import Momentum, Nesterov, best_gd, best_heavy_ball, descend, steps_to


def gradient(x):
    return np.array([1.0, 0.1]) * x + 0.3 * np.sin(x)


@pytest.mark.parametrize(("name", "optimizer"), [("momentum", Momentum), ("nesterov", Nesterov)])
def test_the_steps_are_the_librarys(name, optimizer):
    step = getattr(ex, name).reference
    takes_function = getattr(ex, name).parameters[1] == "grad"
    theirs, x, v = np.array([2.0, -1.0]), np.array([2.0, -1.0]), np.zeros(2)
    method = optimizer(0.1, rho=0.9)
    for _ in range(50):
        x, v = step(x, gradient if takes_function else gradient(x), v, 0.1, 0.9)
        method.step(theirs, gradient(theirs))
        np.testing.assert_allclose(x, theirs, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("rho", [0.0, 0.5, 0.9, 0.99])
def test_converted_runs_go_on_along_the_same_path(rho):
    lr = 0.3
    x, v = np.array([2.0, -1.0]), np.array([0.2, 0.7])
    y, (rate, w) = x, ex.convert_rate.reference(lr, rho, v)
    for _ in range(50):
        v = rho * v + (1 - rho) * gradient(x)
        x = x - lr * v
        w = rho * w + gradient(y)
        y = y - rate * w
        np.testing.assert_allclose(y, x, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("kappa", [10, 37, 100, 1000])
def test_the_best_choice_is_polyaks_and_gets_there(kappa):
    lr, rho = ex.choose.reference(kappa)
    np.testing.assert_allclose((lr, rho), best_heavy_ball(1 / kappa, 1.0), rtol=1e-12)
    assert reaches_goal(kappa, lr, rho) is None


def steps_by_hand(kappa, lr, rho, limit):
    """The slowest direction's steps to 1e-6, one direction after the other, in plain Python."""
    slowest = 0
    for power in range(20):
        curvature = kappa ** (power / 19 - 1)
        x, v, late = 1.0, 0.0, 0
        for step in range(1, limit + 1):
            v = rho * v + curvature * x
            x -= lr * v
            late = late if abs(x) <= 1e-6 else step
        slowest = max(slowest, late + 1)
    return slowest


@pytest.mark.parametrize("kappa", [10, 100])
def test_the_count_is_right(kappa):
    lr, rho = best_gd(1 / kappa, 1.0), 0.0
    needed = steps_by_hand(kappa, lr, rho, 20 * allowed(kappa))
    assert f"it takes {needed} steps, and {allowed(kappa)} are allowed" in reaches_goal(kappa, lr, rho)


@pytest.mark.parametrize(("lr", "rho"), [(1.0, 0.0), (0.3, 0.9), (3.3, 0.67), (2.5, 0.9)])
def test_the_walk_is_that_of_the_librarys_momentum(lr, rho):
    eigenvalues = np.geomspace(1 / 50, 1, DIRECTIONS)
    path = descend(lambda x: eigenvalues * x, Momentum(lr, rho=rho), np.ones(DIRECTIONS), 1000)
    needed = steps_to(np.abs(path).max(axis=-1), TOLERANCE)
    assert steps_needed(50, lr, rho, 1000) == needed < 1000


def test_the_allowance_is_what_the_prompt_says():
    prompt = ex.choose.prompt
    for kappa in (10, 100, 1000):
        assert allowed(kappa) == math.ceil(12 * kappa**0.5)
        assert f"{allowed(kappa)} for κ = {kappa}" in prompt


@pytest.mark.parametrize(
    ("lr", "rho", "words"),
    [
        (5.0, 0.5, "diverges"),
        (1e300, 0.9, "diverges"),
        (1.0, 1.0, "less than 1"),
        (1.0, -0.1, "at least 0"),
        (0.0, 0.9, "positive"),
        (-1.0, 0.9, "positive"),
        (1e-9, 0.0, "takes more than 2400 steps, and 120 are allowed"),
    ],
)
def test_wrong_choices_are_told(lr, rho, words):
    assert words in reaches_goal(100.0, lr, rho)
    assert words in ex.choose.evaluate(lambda kappa: (lr, rho)).message or "2400" in words


def test_constants_do_not_reach_the_goal():
    """No single pair is right for every κ, so the formula is needed."""
    for kappa in (10, 30, 100, 300, 1000):
        lr, rho = best_heavy_ball(1 / kappa, 1.0)
        assert not ex.choose.evaluate(lambda kappa, lr=lr, rho=rho: (lr, rho)).passed
