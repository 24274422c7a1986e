"""What each surface is there to show does show."""

import numpy as np
import pytest

from course_lib.optim.surfaces.landscapes import MonkeySaddle, Plateau, SharpFlat


def test_the_monkey_has_three_ways_down():
    """In polar coordinates f = r³ cos(3θ)/3 + r⁴/4."""
    surface, rng = MonkeySaddle(), np.random.default_rng(0)
    r, angle = rng.uniform(0, 2, 50), rng.uniform(0, 2 * np.pi, 50)
    at = np.stack([r * np.cos(angle), r * np.sin(angle)], axis=-1)
    np.testing.assert_allclose(surface.value(at), r**3 * np.cos(3 * angle) / 3 + r**4 / 4, atol=1e-13)
    np.testing.assert_allclose(surface.value(surface.minima), -1 / 12, rtol=1e-14)
    np.testing.assert_allclose(np.linalg.eigvalsh(surface.hessian(surface.minima)), [[1, 3]] * 3, rtol=1e-14)
    assert not surface.hessian(surface.saddles).any() and not surface.grad(surface.saddles).any()


def test_gradient_descent_stalls_on_the_plateau_as_long_as_said():
    surface, lr = Plateau(), 0.1
    for start in (3.0, 4.5):
        x, steps = np.array([start, 1.0]), 0
        while surface.value(x) > 0.1:
            x = x - lr * surface.grad(x)
            steps += 1
        assert steps == pytest.approx(np.exp(2 * start) / (8 * lr), rel=0.1)
    for dtype in (float, np.float32):  # where tanh x is 1 to the last bit
        far = np.array([20.0, 0.0], dtype)
        assert surface.grad(far)[0] == pytest.approx(4 * np.exp(-40.0), rel=1e-5)
    for wild in (-1e6, 1e6):  # a line search may look there
        assert surface.value([wild, 0.0]) == 0.5 and not surface.grad([wild, 0.0]).any()
    bend = np.arctanh(np.sqrt(1 / 3))
    assert bend == pytest.approx(0.66, abs=2e-3) and abs(surface.hessian([bend, 0.0])[0, 0]) < 1e-15


@pytest.mark.parametrize(("sharp", "flat"), [(50.0, 1.0), (1000.0, 0.5), (3.0, 3.0), (1.0, 4.0)])
def test_the_curvatures_of_the_pair(sharp, flat):
    surface = SharpFlat(sharp, flat)
    for curvature, minimum in zip((sharp, flat), surface.minima, strict=True):
        assert surface.value(minimum) == 0.0
        np.testing.assert_allclose(surface.hessian(minimum), curvature * np.eye(2), rtol=1e-14)
    assert not np.allclose(surface.saddles, surface.minima[0])
    np.testing.assert_allclose(surface.grad(surface.saddles), 0, atol=1e-12 * sharp)
    low, high = np.linalg.eigvalsh(surface.hessian(surface.saddles[0]))
    assert low < 0 < high
    # the pass lies on the line between the minima: it is the highest point there
    line = np.stack([np.linspace(-1, 1, 2001), np.zeros(2001)], axis=-1)
    assert line[surface.value(line).argmax(), 0] == pytest.approx(surface.saddles[0, 0], abs=1e-3)


@pytest.mark.parametrize(("lr", "stays"), [(0.03, True), (0.05, False), (1.5, False)])
def test_a_large_rate_leaves_the_sharp_minimum(lr, stays):
    """2/50 = .04 is the limit; below 2 the flat one holds whatever comes near."""
    surface = SharpFlat(sharp=50.0, flat=1.0)
    rng = np.random.default_rng(0)
    x = surface.minima[0] + 0.01 * rng.standard_normal((200, 2))
    for _ in range(3000):
        x = x - lr * surface.grad(x)
    at_sharp = np.linalg.norm(x - surface.minima[0], axis=-1) < 1e-6
    at_flat = np.linalg.norm(x - surface.minima[1], axis=-1) < 1e-6
    assert np.all(at_sharp) if stays else not np.any(at_sharp)
    assert stays or lr < 0.1 or np.mean(at_flat) > 0.9
