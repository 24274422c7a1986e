"""Rules for weights: their distributions, against SciPy's and torch's fans; rotations; errors."""

import inspect

import numpy as np
import pytest
import torch
from scipy import stats

from course_lib.nn.init import he, large, orthogonal, small, xavier_normal, xavier_uniform

RULES = [small, large, xavier_normal, xavier_uniform, he, orthogonal]
SIZES = [(300, 200, ()), (200, 300, ()), (12, 20, (5, 4)), (40, 25, (7,))]


def torch_fans(w):
    """torch counts the fans of (c_out, c_in, kh, kw)."""
    return torch.nn.init._calculate_fan_in_and_fan_out(torch.tensor(np.moveaxis(w, (-1, -2), (0, 1)).copy()))


@pytest.mark.parametrize(("n_in", "n_out", "kernel"), SIZES)
def test_distributions(n_in, n_out, kernel):
    def drawn(rule, **more):
        w = rule(np.random.default_rng(0), n_in, n_out, np.float64, kernel=kernel, **more)
        assert w.shape == (*kernel, n_in, n_out)
        return w

    fan_in, fan_out = torch_fans(drawn(he))
    a = np.sqrt(6 / (fan_in + fan_out))
    for w, law in [
        (drawn(small), stats.norm(0, 0.01)),
        (drawn(small, std=0.3), stats.norm(0, 0.3)),
        (drawn(large), stats.norm(0, 1)),
        (drawn(xavier_normal), stats.norm(0, np.sqrt(2 / (fan_in + fan_out)))),
        (drawn(xavier_uniform), stats.uniform(-a, 2 * a)),
        (drawn(he), stats.norm(0, np.sqrt(2 / fan_in))),
        (drawn(he, slope=0.5), stats.norm(0, np.sqrt(2 / (1.25 * fan_in)))),
    ]:
        assert stats.kstest(w.ravel(), law.cdf).pvalue > 1e-3
        assert w.std() == pytest.approx(law.std(), rel=0.03)


@pytest.mark.parametrize("gain", [1.0, np.sqrt(2)])
@pytest.mark.parametrize(("n_in", "n_out", "kernel"), [*SIZES, (1, 1, ()), (1, 4, ()), (4, 1, ())])
def test_orthogonal(n_in, n_out, kernel, gain):
    w = orthogonal(np.random.default_rng(0), n_in, n_out, np.float64, kernel=kernel, gain=gain)
    W = w.reshape(-1, n_out)
    small_side = W.T @ W if len(W) >= n_out else W @ W.T
    np.testing.assert_allclose(small_side, gain**2 * np.eye(len(small_side)), atol=1e-12)


def test_all_rotations_are_equally_likely():
    rng = np.random.default_rng(0)
    draws = np.array([orthogonal(rng, 4, 4, np.float64) for _ in range(4000)])
    reference = stats.ortho_group.rvs(4, size=4000, random_state=1)
    for entry in [(0, 0), (3, 1), (3, 3)]:
        assert stats.ks_2samp(draws[:, *entry], reference[:, *entry]).pvalue > 1e-3
    assert 0.4 < (np.linalg.det(draws) > 0).mean() < 0.6
    assert stats.ks_2samp(np.trace(draws, axis1=1, axis2=2), np.trace(reference, axis1=1, axis2=2)).pvalue > 1e-3


def test_the_signal_lives_through_twenty_layers():
    rng = np.random.default_rng(1)
    x = rng.normal(size=(200, 300))
    for _ in range(20):
        x = np.maximum(x, 0) @ he(rng, 300, 300, np.float64)
    assert 0.5 < x.std() / np.sqrt(1.0) < 2.0


def test_the_matrix_is_the_one_he_always_drew():
    drawn = (np.random.default_rng(3).standard_normal((6, 5)) * np.sqrt(2 / 6)).astype(np.float32)
    assert np.array_equal(he(np.random.default_rng(3), 6, 5), drawn)


@pytest.mark.parametrize("rule", RULES)
def test_every_rule(rule):
    for dtype in (np.float32, np.float64):
        assert rule(np.random.default_rng(0), 3, 2, dtype).dtype == dtype
    assert rule(np.random.default_rng(0), 3, 2).dtype == np.float32
    assert np.array_equal(rule(np.random.default_rng(2), 4, 4), rule(np.random.default_rng(2), 4, 4))
    assert not np.array_equal(rule(np.random.default_rng(2), 4, 4), rule(np.random.default_rng(3), 4, 4))
    assert rule.__doc__.count(">>>") >= 1 and list(inspect.signature(rule).parameters)[:5] == [
        "rng", "n_in", "n_out", "dtype", "kernel",
    ]  # fmt: skip


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize(
    ("sizes", "more", "error", "message"),
    [
        ((0, 3), {}, ValueError, "n_in must be at least 1, not 0"),
        ((3, -1), {}, ValueError, "n_out must be at least 1, not -1"),
        ((3.0, 1), {}, TypeError, "n_in must be an integer"),
        ((3, 2, np.int32), {}, TypeError, "dtype must be a float type, not int32"),
        ((3, 2), {"kernel": 3}, TypeError, "kernel must be a tuple such as"),
        ((3, 2), {"kernel": (3, 0)}, ValueError, "kernel must be at least 1"),
    ],
)
def test_bad_sizes(rule, sizes, more, error, message):
    rng = np.random.default_rng(0)
    before = rng.bit_generator.state
    with pytest.raises(error, match=message):
        rule(rng, *sizes, **more)
    assert rng.bit_generator.state == before, "nothing was drawn"


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("rng", [0, None, np.random])
def test_no_generator(rule, rng):
    with pytest.raises(TypeError, match=r"^rng must be a generator such as"):
        rule(rng, 3, 2)


@pytest.mark.parametrize(("rule", "name"), [(small, "std"), (large, "std"), (he, "slope"), (orthogonal, "gain")])
def test_bad_settings(rule, name):
    for value, error in ((-1.0, ValueError), (np.nan, ValueError), ("1", TypeError), (np.ones(2), TypeError)):
        with pytest.raises(error, match=f"{name} must be"):
            rule(np.random.default_rng(0), 3, 2, **{name: value})
