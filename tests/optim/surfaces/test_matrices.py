"""Random rotations are rotations, and evenly spread; random symmetric matrices have the published signs."""

import numpy as np
import pytest
from scipy import stats

from course_lib.optim.surfaces.matrices import random_rotation, random_symmetric


@pytest.mark.parametrize("dim", [1, 2, 3, 30])
def test_a_rotation(dim):
    for seed in range(20):
        q = random_rotation(dim, np.random.default_rng(seed))
        np.testing.assert_allclose(q.T @ q, np.eye(dim), atol=1e-14)
        assert np.linalg.det(q) == pytest.approx(1.0)
        assert np.array_equal(q, random_rotation(dim, np.random.default_rng(seed)))


def test_every_rotation_is_as_likely():
    rng = np.random.default_rng(0)
    turns = np.array([random_rotation(2, rng) for _ in range(2000)])
    angles = np.arctan2(turns[:, 1, 0], turns[:, 0, 0])
    assert stats.kstest(angles, stats.uniform(-np.pi, 2 * np.pi).cdf).pvalue > 0.01
    # on the sphere in three dimensions each coordinate of each column is even on [-1, 1] (Archimedes)
    turns = np.array([random_rotation(3, rng) for _ in range(2000)])
    for i in range(3):
        for j in range(3):
            assert stats.kstest(turns[:, i, j], stats.uniform(-1, 2).cdf).pvalue > 1e-3


@pytest.mark.parametrize(
    ("dim", "share"), [(1, 1 / 2), (2, (2 - np.sqrt(2)) / 4), (3, (np.pi - 2 * np.sqrt(2)) / (4 * np.pi))]
)
def test_saddles_outnumber_minima(dim, share):
    assert share == pytest.approx({1: 0.5, 2: 0.147, 3: 0.025}[dim], abs=6e-4)
    count = 100_000
    h = random_symmetric(dim, np.random.default_rng(dim), count)
    assert h.shape == (count, dim, dim) and np.array_equal(h, np.swapaxes(h, -1, -2))
    positive = np.mean(np.all(np.linalg.eigvalsh(h) > 0, axis=-1))
    assert positive == pytest.approx(share, abs=4 * np.sqrt(share / count))
    if dim > 1:  # the diagonal has twice the others' variance: only so is no direction preferred
        assert h[:, 0, 0].var() / h[:, 0, 1].var() == pytest.approx(2.0, rel=0.03)


def test_bad_arguments():
    rng = np.random.default_rng(0)
    for draw in (random_rotation, random_symmetric):
        with pytest.raises(ValueError, match=r"^dim must be at least 1, not 0"):
            draw(0, rng)
        with pytest.raises(TypeError, match=r"^dim must be an integer, not 2\.0"):
            draw(2.0, rng)
        with pytest.raises(TypeError, match=r"^rng must be a generator"):
            draw(2, 0)
    with pytest.raises(ValueError, match=r"^count must be at least 0, not -1"):
        random_symmetric(2, rng, -1)
