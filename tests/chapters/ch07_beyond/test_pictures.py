"""Chapter 7's pictures: both versions can be read, and what they show is what runs."""

import numpy as np
import pytest

from course_lib.chapters.ch07_beyond import ex, pictures
from course_lib.plots import show, show_figure
from course_lib.plots.legible import faults
from course_lib.plots.show import draw_once

RNG = np.random.default_rng(0)
STRENGTHS = {"Adam": (3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1), "AdamW": (0.01, 0.03, 0.1, 0.3, 1.0, 3.0)}
ACCURACY = {
    "Adam": np.array([95.4, 96.1, 96.1, 94.8, 92.4, 53.8]) + RNG.normal(size=(16, 6)),
    "AdamW": np.array([95.3, 95.8, 96.1, 95.9, 94.4, 88.2]) + RNG.normal(size=(16, 6)),
}
ENDS = {  # losses and accuracies as the chapter measures them
    "Momentum": ((0.025, 0.05, 0.1, 0.2, 0.4), (0.21, 0.11, 0.057, 0.044, 0.21), (94.6, 96.3, 97.1, 97.4, 86)),
    "Adam": ((0.005, 0.01, 0.02, 0.04, 0.08), (0.12, 0.067, 0.042, 0.032, 0.076), (96.4, 97.1, 97.6, 97.8, 95.6)),
    "NAdam": ((0.005, 0.01, 0.02, 0.04, 0.08), (0.11, 0.059, 0.033, 0.029, 0.15), (96.6, 97.3, 97.7, 97.8, 90.6)),
    "Lion": ((0.001, 0.002, 0.004, 0.008, 0.016), (0.51, 0.15, 0.064, 0.03, 0.035), (89, 95.1, 96.7, 96.9, 96.8)),
    "Muon": ((0.015, 0.03, 0.06, 0.12, 0.24), (0.1, 0.026, 0.0064, 0.0037, 0.011), (96.5, 98.2, 98.1, 97.9, 96.8)),
}
RUNS = {
    name: (rates, np.stack([loss * np.exp(0.1 * RNG.normal(size=(12, 5))), right + 0.4 * RNG.normal(size=(12, 5))]))
    for name, (rates, loss, right) in ENDS.items()
}
VALUES = np.geomspace(1, 1e-6, 64)

#: How each picture is shown in the chapter.
SHOWN = {
    "draw_norms": (pictures.draw_norms, dict(panels=3, height=260, narrow_height=760)),
    "draw_singular_values": (lambda a, b: pictures.draw_singular_values(a, b, VALUES), dict(panels=2)),
    "draw_strengths": (lambda ax: pictures.draw_strengths(ax, ACCURACY, STRENGTHS), dict(height=300)),
    "draw_methods": (lambda a, b: pictures.draw_methods(a, b, RUNS), dict(panels=2)),
}


@pytest.mark.parametrize("name", SHOWN)
def test_both_versions_can_be_read(name, monkeypatch):
    drawn, (draw, look) = [], SHOWN[name]
    monkeypatch.setattr(show, "draw_once", lambda *a, **k: drawn.append(draw_once(*a, **k)) or drawn[-1])
    show_figure(draw, name="picture", caption="One.", alt="One.", **look)
    assert [faults(figure) for figure in drawn] == [[], []]


def test_every_picture_is_tested():
    own = {name for name, value in vars(pictures).items() if getattr(value, "__module__", "") == pictures.__name__}
    assert {name for name in own if name.startswith("draw_")} == SHOWN.keys()


@pytest.mark.parametrize("ball", ["circle", "square"])
def test_no_step_in_the_ball_is_steeper(ball):
    for g in RNG.normal(size=(20, 2)):
        others = RNG.uniform(-1, 1, size=(2000, 2))
        if ball == "circle":
            others = others[np.linalg.norm(others, axis=1) <= 1]
        assert pictures.steepest(ball, g) @ g <= (others @ g).min()


def test_the_third_ball_is_that_of_the_largest_singular_value():
    """In the plane of u₁v₁ᵀ and u₂v₂ᵀ the largest singular value of a step is its larger coordinate."""
    left, _, right = np.linalg.svd(RNG.normal(size=(4, 3)), full_matrices=False)
    for a, b in RNG.normal(size=(20, 2)):
        step = a * np.outer(left[:, 0], right[0]) + b * np.outer(left[:, 1], right[1])
        assert np.linalg.norm(step, 2) == pytest.approx(max(abs(a), abs(b)))


def test_the_curve_is_the_exercises_iteration():
    for s in (0.05, 0.4, 0.9):
        found = ex.newton_schulz.reference(np.diag([s, (1 - s * s) ** 0.5]), 5)[0, 0]
        assert pictures.newton_schulz(s, 5) == pytest.approx(found)
