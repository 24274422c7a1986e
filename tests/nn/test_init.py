"""He's rule keeps the size of the signal through ReLUs."""

import numpy as np
import pytest

from course_lib.nn import he


def test_moments_and_dtype():
    w = he(np.random.default_rng(0), 500, 400)
    assert w.shape == (500, 400) and w.dtype == np.float32
    assert w.mean() == pytest.approx(0.0, abs=1e-3)
    assert w.std() == pytest.approx(np.sqrt(2 / 500), rel=0.01)
    assert he(np.random.default_rng(0), 3, 2, np.float64).dtype == np.float64


def test_the_signal_lives_through_twenty_layers():
    rng = np.random.default_rng(1)
    x = rng.normal(size=(200, 300))
    for _ in range(20):
        x = np.maximum(x, 0) @ he(rng, 300, 300, np.float64)
    assert 0.5 < x.std() / np.sqrt(1.0) < 2.0


def test_seeded():
    assert np.array_equal(he(np.random.default_rng(2), 4, 4), he(np.random.default_rng(2), 4, 4))


@pytest.mark.parametrize(("sizes", "name"), [((0, 3), "n_in"), ((3, -1), "n_out")])
def test_bad_sizes(sizes, name):
    with pytest.raises(ValueError, match=f"{name} must be at least 1"):
        he(np.random.default_rng(0), *sizes)
