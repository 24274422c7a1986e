"""Fractional max pooling: its sequences against the paper, its layer against loops over regions and torch."""

import itertools
import math

import numpy as np
import pytest
import torch

from course_lib.nn.noise import average
from course_lib.nn.pooling import FractionalMaxPool, pseudorandom_sequence, random_sequence

KINDS = [(random, overlapping) for random in (True, False) for overlapping in (True, False)]


def generator(seed=0):
    return np.random.default_rng(seed)


def layer(random=True, overlapping=True, ratio=1.4, seed=0):
    return FractionalMaxPool(ratio, rng=generator(seed), random=random, overlapping=overlapping)


def test_the_papers_pseudorandom_sequence_comes_out():
    """Section 2 shows the increments of one sequence for 25 pixels and 18 regions."""
    paper = [int(c) for c in "112112121121211212"]
    ours = [np.diff(pseudorandom_sequence(25, 18, u)).tolist() for u in np.arange(0.005, 1, 0.01)]
    assert paper in ours
    assert len({tuple(s) for s in ours}) == 18  # one for each place where the pattern can start


def test_the_papers_random_sequence_is_one_of_ours():
    """It has as many ones and twos; and every order of them is drawn (shown below for fewer)."""
    paper = [int(c) for c in "211112112211112122"]
    assert sum(paper) == 25 and len(paper) == 18
    for seed in range(20):
        assert sorted(np.diff(random_sequence(25, 18, generator(seed)))) == sorted(paper)


@pytest.mark.parametrize("random", [True, False])
def test_the_layers_regions_for_25_pixels(random):
    """25 to 18: disjoint regions have the paper's 11 ones and 7 twos; overlapping ones have a pixel more each."""
    for overlapping, sizes in ((False, [1] * 11 + [2] * 7), (True, [2] * 12 + [3] * 6)):
        pool = layer(random, overlapping, 25 / 18)
        for z in (*pool.draw((1, 25, 25, 1)), pool._regions(25, u=0.5)):
            ends = regions(z)
            pixels = [p for low, high in ends for p in range(low, high + 1)]
            assert sorted(high - low + 1 for low, high in ends) == sizes
            assert sorted(set(pixels)) == list(range(25))  # every pixel, the last one too,
            assert len(pixels) - 25 == (17 if overlapping else 0)  # and only borders twice


def test_sizes_are_not_lost_to_rounding():
    """33/1.1 and 9/(9/7) are 29.999… and 6.999… in floating point."""
    assert layer(ratio=1.1).output_shape((33, 330, 1)) == (30, 300, 1)
    for n in range(3, 60):
        for m in range(n // 2 + 1, n):
            assert layer(ratio=n / m, overlapping=False).output_shape((n, n, 1)) == (m, m, 1)
    nearly = layer(ratio=1 + 1e-12)
    assert nearly.forward(np.ones((1, 10, 10, 1))).shape == (1, 9, 9, 1)  # overlapping regions have two pixels


@pytest.mark.parametrize("length, steps", [(25, 18), (9, 9), (8, 4), (1, 1), (2, 1), (33, 17), (100, 71)])
def test_sequences_rise_by_ones_and_twos_to_the_end(length, steps):
    rng = generator(1)
    for u in (0, *rng.random(50)):
        for a in (pseudorandom_sequence(length, steps, u), random_sequence(length, steps, rng)):
            assert a[0] == 0 and a[-1] == length and a.shape == (steps + 1,) and a.dtype.kind == "i"
            increments = np.diff(a)
            assert set(increments) <= {1, 2} and (increments == 2).sum() == length - steps


@pytest.mark.parametrize("length, steps", [(25, 18), (32, 23), (7, 5)])
def test_the_pseudorandom_sequence_is_the_ceiling_of_a_line(length, steps):
    for u in generator(2).random(100):
        line = np.array([math.ceil(length / steps * (i + u)) for i in range(steps + 1)])
        np.testing.assert_array_equal(pseudorandom_sequence(length, steps, u), line - line[0])


def test_every_random_order_is_as_likely_and_pseudorandom_ones_are_even():
    rng, draws = generator(3), 6_000
    seen = [tuple(np.diff(random_sequence(6, 4, rng))) for _ in range(draws)]
    counts = [seen.count(s) for s in set(seen)]
    assert len(counts) == math.comb(4, 2)
    assert sum((c - draws / 6) ** 2 for c in counts) / (draws / 6) < 20.5  # chi-squared, 5 degrees, 0.999
    # No window of pseudo-random increments strays from α per step by more than one pixel; random ones do.
    slope, steps = 25 / 18, np.arange(19)
    even = [pseudorandom_sequence(25, 18, u) - slope * steps for u in rng.random(200)]
    odd = [random_sequence(25, 18, rng) - slope * steps for _ in range(200)]
    assert np.ptp(even, axis=1).max() < 1 < np.ptp(odd, axis=1).max()


def regions(z):
    """The first and last pixel of each region, from the layer's table of pixels."""
    return [(int(r.min()), int(r.max())) for r in z]


@pytest.mark.parametrize("ratio", [1.05, math.sqrt(2), 1.5, 1.9])
@pytest.mark.parametrize("random, overlapping", KINDS)
def test_regions_cover_all_pixels_and_sizes_are_exact(random, overlapping, ratio):
    pool = layer(random, overlapping, ratio)
    for n in range(1 + overlapping, 40):
        n_out = pool.output_shape((n, n + 1, 3))[0]
        if n > 2 / (2 - ratio):  # smaller images may need one region more, or steps of 3
            assert n_out == math.floor(n / ratio)
        for z in (pool.draw((1, n, n, 1))[0], *(pool.draw((1, n, n, 1))[1] for _ in range(5))):
            ends = regions(z)
            assert len(ends) == n_out and ends[0][0] == 0 and ends[-1][1] == n - 1
            for (_, high), (after, _) in itertools.pairwise(ends):
                assert after == (high if overlapping else high + 1)
            assert {high - low for low, high in ends} <= ({1, 2} if overlapping else {0, 1})


@pytest.mark.parametrize("overlapping", [True, False])
def test_a_layer_draws_the_kind_of_sequence_that_it_says(overlapping):
    strays = {}
    for random in (True, False):
        pool = layer(random, overlapping, 1.4)
        ends = np.array([regions(r) for _ in range(20) for r in pool.draw((1, 30, 30, 1))])
        a = ends[:, 1:, 0]
        slope = (30 - overlapping) / pool.output_shape((30, 30, 1))[0]
        strays[random] = np.ptp(a - slope * np.arange(1, a.shape[1] + 1), axis=1)
    assert strays[False].max() < 1 < np.median(strays[True])


def test_rows_and_columns_are_drawn_apart_and_anew():
    pool = layer()
    drawn = [tuple(r.tobytes() for r in pool.draw((1, 20, 20, 1))) for _ in range(5)]
    assert len({*drawn}) == 5 and all(rows != columns for rows, columns in drawn)


@pytest.mark.parametrize("train", [False, True])
@pytest.mark.parametrize("shape", [(1, 2, 2, 1), (2, 9, 6, 3), (3, 7, 14, 2)])
@pytest.mark.parametrize("random, overlapping", KINDS)
def test_against_loops_and_torch_given_the_same_regions(random, overlapping, shape, train):
    rng, pool = generator(4), layer(random, overlapping)
    x = rng.normal(size=shape)
    z = pool.draw(shape)
    if train:
        pool.draw = lambda shape: z
    y = pool.forward(x, train)
    rows, columns = (regions(r) for r in pool._z)
    tx = torch.tensor(x, requires_grad=True)
    ty = torch.stack(
        [
            torch.stack([tx[:, a : b + 1, c : d + 1].amax((1, 2)) for c, d in columns], 1)
            for a, b in rows
        ], 1
    )  # fmt: skip
    np.testing.assert_array_equal(y, ty.detach().numpy())
    assert y.shape[1:] == pool.output_shape(shape[1:])
    dy = rng.normal(size=y.shape)
    ty.backward(torch.tensor(dy))
    np.testing.assert_allclose(pool.backward(dy), tx.grad.numpy(), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("train", [False, True])
@pytest.mark.parametrize("random, overlapping", KINDS)
def test_gradient_by_finite_differences_with_the_regions_held(random, overlapping, train):
    rng, pool, h = generator(5), layer(random, overlapping), 1e-6
    x = rng.normal(size=(2, 5, 4, 2))
    z = pool.draw(x.shape)
    pool.draw = lambda shape: z
    dy = rng.normal(size=pool.forward(x, train).shape)
    dx = pool.backward(dy)
    for i in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[i] += h
        down[i] -= h
        slope = ((pool.forward(up, train) - pool.forward(down, train)) * dy).sum() / (2 * h)
        assert dx[i] == pytest.approx(slope, abs=1e-7)


def test_among_equal_pixels_one_takes_the_gradient():
    pool = layer(overlapping=False)
    y = pool.forward(np.zeros((1, 9, 9, 2), np.float32), train=True)
    dx = pool.backward(np.ones_like(y))
    rows, columns = ([low for low, _ in regions(z)] for z in pool._z)
    assert dx.dtype == np.float32 and dx.sum() == y.size
    assert (dx[:, rows][:, :, columns] == 1).all()  # the first of each region


def test_nan_is_not_lost():
    x = np.zeros((1, 6, 6, 1))
    x[0, 3, 3] = np.nan
    assert np.isnan(layer().forward(x, train=True)).any()


def test_testing_is_fixed_and_average_gives_the_mean_over_regions():
    """One row of 4 pixels in 3 regions: disjoint, the two-pixel region is the first, second or third."""
    pool = layer(True, False, 1.3)
    x = np.array([4.0, 1.0, 3.0, 2.0]).reshape(1, 4, 1, 1)
    assert pool.output_shape((4, 1, 1)) == (3, 1, 1)
    np.testing.assert_array_equal(pool.forward(x), pool.forward(x))
    every = np.array([[4, 3, 2], [4, 3, 2], [4, 1, 3]])  # pairs (4 1), (1 3), (3 2)
    mean = average(pool, x, 6_000, generator(6))[0, :, 0, 0]
    np.testing.assert_allclose(mean, every.mean(0), atol=5 * every.std(0).max() / math.sqrt(6_000))
    assert pool.forward(x)[0, :, 0, 0].tolist() in every.tolist()
    assert np.abs(pool.forward(x)[0, :, 0, 0] - every.mean(0)).max() > 0.3  # the shortcut is one of them, no mean


def test_one_seed_one_result():
    x = generator(7).normal(size=(2, 11, 12, 3)).astype(np.float32)
    a, b = layer(seed=8), layer(seed=8)
    for _ in range(3):
        y = a.forward(x, train=True)
        np.testing.assert_array_equal(y, b.forward(x, train=True))
        assert y.dtype == np.float32
    state = a.rng.bit_generator.state
    a.forward(x)
    assert a.rng.bit_generator.state == state


@pytest.mark.parametrize("ratio", [1, 1.0, 2, 0.5, math.nan, -1.5])
def test_a_ratio_outside_its_range_is_named(ratio):
    with pytest.raises(ValueError, match="FractionalMaxPool: ratio"):
        layer(ratio=ratio)


def test_bad_input_is_named():
    for ratio in ("1.5", None, True, np.array([1.5])):
        with pytest.raises(TypeError, match="FractionalMaxPool: ratio"):
            layer(ratio=ratio)
    pool = layer()
    with pytest.raises(ValueError, match=r"FractionalMaxPool.*\(N, height, width, channels\)"):
        pool.forward(np.ones((2, 3)))
    with pytest.raises(TypeError, match=r"FractionalMaxPool.*floats"):
        pool.forward(np.ones((1, 4, 4, 1), np.uint8))
    with pytest.raises(ValueError, match="at least 2, not 1"):
        pool.forward(np.ones((1, 1, 4, 1)))
    with pytest.raises(RuntimeError, match="backward needs a forward"):
        pool.backward(np.ones((1, 2, 2, 1)))
    pool.forward(np.ones((1, 4, 4, 1)))
    with pytest.raises(ValueError, match="dy must have shape"):
        pool.backward(np.ones((1, 4, 4, 1)))
    for length, steps in ((5, 2), (5, 6)):
        with pytest.raises(ValueError, match=f"{steps} steps of 1 or 2 cannot reach length {length}"):
            random_sequence(length, steps, generator())
    with pytest.raises(ValueError, match="u must"):
        pseudorandom_sequence(5, 4, 1.0)
