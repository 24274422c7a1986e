"""The page's random numbers: Python's and JavaScript's bits, MurmurHash3's own, and what a statistician asks."""

import json

import numpy as np
import pytest
import quickjs
from scipy import stats
from sklearn.utils import murmurhash3_32

from course_lib import explore
from course_lib.explore.primitives import PRIMITIVES, _mix, normals, uniforms

SEEDS = [0, 1, 2, 3, 17, 1000, 2**31 - 1, 2**31, 2**32 - 1]


def in_javascript(expression):
    context = quickjs.Context()
    context.eval(explore.site_assets([])["runtime.js"])
    return json.loads(context.eval(f"JSON.stringify({expression})"))


@pytest.mark.parametrize("seed", SEEDS)
def test_both_languages_draw_alike(seed):
    assert in_javascript(f"course.uniforms({seed}, 1000)") == uniforms(seed, 1000)  # to the last bit
    np.testing.assert_allclose(in_javascript(f"course.normals({seed}, 1000)"), normals(seed, 1000), rtol=1e-15)


def test_the_scattering_is_murmurhash3s_last_step():
    """Of an empty key, that is all that MurmurHash3 does to its seed."""
    seeds = np.random.default_rng(0).integers(2**32, size=500, dtype=np.uint32)
    assert _mix(seeds).tolist() == [murmurhash3_32(b"", seed=int(s), positive=True) for s in seeds]


def test_uniforms_one_by_one():
    """The formula, with integers of any size and no array."""

    def mix(z):
        return murmurhash3_32(b"", seed=z % 2**32, positive=True)

    for seed in SEEDS:
        start, stride = mix(seed), mix(seed + 0x9E3779B9) | 1
        assert uniforms(seed, 20) == [(mix(start + i * stride) + 0.5) / 2**32 for i in range(1, 21)]


def test_fewer_are_the_beginning_of_more():
    assert uniforms(5, 1000)[:10] == uniforms(5, 10) and normals(5, 1000)[:10] == normals(5, 10)
    assert uniforms(5, 0) == normals(5, 0) == []
    assert uniforms(3.0, 4) == uniforms(np.int64(3), 4.0) == uniforms(3, 4)  # a slider's 3 is 3.0
    assert {"uniforms", "normals"} <= PRIMITIVES.keys()


@pytest.mark.parametrize("seed", range(6))
def test_they_are_distributed_as_they_should_be(seed):
    u, z = np.array(uniforms(seed, 50_000)), np.array(normals(seed, 50_000))
    assert u.min() > 0 and u.max() < 1 and len(set(u)) > 49_990
    for drawn, law in ((u, "uniform"), (z, "norm")):
        assert stats.kstest(drawn, law).pvalue > 1e-3
        for lag in (1, 2, 3, 7):  # neighbours in one stream
            assert abs(np.corrcoef(drawn[:-lag], drawn[lag:])[0, 1]) < 4 / np.sqrt(len(drawn))
    assert abs(z.mean()) < 4 / np.sqrt(z.size) and abs(z.var() - 1) < 4 * np.sqrt(2 / z.size)
    assert abs(stats.skew(z)) < 4 * np.sqrt(6 / z.size) and abs(stats.kurtosis(z)) < 4 * np.sqrt(24 / z.size)
    cells = np.histogram2d(u[::2], u[1::2], bins=20, range=[[0, 1], [0, 1]])[0].ravel()  # pairs fill the square
    assert stats.chisquare(cells).pvalue > 1e-3
    bits = (np.array(u * 2**32, dtype=np.uint64)[:, None] >> np.arange(32, dtype=np.uint64)) & np.uint64(1)
    assert np.abs(bits.mean(axis=0) - 0.5).max() < 4.5 * 0.5 / np.sqrt(u.size)


@pytest.mark.parametrize("draw", [uniforms, normals])
def test_neighbouring_seeds_have_nothing_to_do_with_each_other(draw):
    """All pairs of 60 seeds, as they stand; and shifted against each other, as two pieces of one stream would be."""
    seeds, n = 60, 4096
    streams = np.array([draw(seed, n) for seed in range(seeds)])
    streams = (streams - streams.mean(axis=1, keepdims=True)) / streams.std(axis=1, keepdims=True)
    pairs = (streams @ streams.T / n)[np.triu_indices(seeds, 1)] * np.sqrt(n)
    assert np.abs(pairs).max() < 4.5 and stats.kstest(pairs, "norm").pvalue > 1e-3
    spectrum = np.fft.rfft(streams)
    for near in range(1, seeds):
        shifted = np.fft.irfft(spectrum[near].conj() * spectrum[near - 1]) / np.sqrt(n)
        assert np.abs(shifted).max() < 6  # of 4096 shifts; two pieces of one stream would have dozens


def test_the_first_numbers_of_many_seeds_are_a_sample_too():
    first = np.array([uniforms(seed, 2) for seed in range(5000)])
    for k in (0, 1):
        assert stats.kstest(first[:, k], "uniform").pvalue > 1e-3
        assert abs(np.corrcoef(first[:-1, k], first[1:, k])[0, 1]) < 4 / np.sqrt(5000)
    assert abs(np.corrcoef(first.T)[0, 1]) < 4 / np.sqrt(5000)


@pytest.mark.parametrize("seed", [-1, 2**32, 0.5, "1", None, float("nan")])
def test_bad_seeds(seed):
    with pytest.raises(ValueError, match="seed must be a whole number from 0"):
        uniforms(seed, 3)
