"""Stochastic depth: the paper's survival rule, and a block against torch given the same draw."""

import math

import numpy as np
import pytest
import torch

from course_lib.nn.activations import ReLU
from course_lib.nn.layers import Dense, Flatten
from course_lib.nn.network import Sequential
from course_lib.nn.noise import Dropout, average
from course_lib.nn.normalization import BatchNorm
from course_lib.nn.stochastic_depth import StochasticDepth, survival


def generator(seed=0):
    return np.random.default_rng(seed)


def block(keep=0.6, seed=0, width=4):
    rng = generator(seed)
    branch = Sequential(
        Dense(width, 5, rng=rng, dtype=np.float64), ReLU(), Dense(5, width, rng=rng, dtype=np.float64)
    )  # fmt: skip
    return StochasticDepth(branch, keep, rng=rng)


def test_the_papers_survival_rule():
    """p₀ = 1 at the input; 54 blocks that end at 1/2 are about 40 on average: (3L − 1)/4."""
    p = survival(54, 0.5)
    assert p.shape == (54,) and p[-1] == 0.5 and p[26] == 0.75
    np.testing.assert_allclose(np.diff(p, prepend=1.0), -0.5 / 54, rtol=1e-9)
    assert p.sum() == pytest.approx((3 * 54 - 1) / 4) == pytest.approx(40.25)
    np.testing.assert_array_equal(survival(3, 1.0), np.ones(3))
    np.testing.assert_allclose(survival(1, 0.2), [0.2])


def test_a_branch_survives_as_often_as_it_should():
    made, draws = block(0.7), 100_000
    z = np.array([made.draw((1, 4)) for _ in range(draws)])
    assert set(z) == {0, 1} and z.mean() == pytest.approx(0.7, abs=5 * 0.458 / math.sqrt(draws))
    assert abs(((z[1:] - 0.7) * (z[:-1] - 0.7)).mean()) < 5 * 0.21 / math.sqrt(draws)


@pytest.mark.parametrize("keep", [0.3, 1.0])
def test_the_mean_over_draws_is_what_testing_gives(keep):
    made, x, draws = block(keep), generator(1).normal(size=(3, 4)), 4_000
    f = made.parts["branch"].forward(x)
    np.testing.assert_allclose(made.forward(x), x + keep * f, rtol=1e-14)
    error = 5 * np.abs(f) * math.sqrt(keep * (1 - keep) / draws) + 1e-12
    assert (np.abs(average(made, x, draws, generator(2)) - made.forward(x)) < error).all()
    mean = np.mean([made.forward(x, train=True) for _ in range(draws)], axis=0)
    assert (np.abs(mean - made.forward(x)) < error).all()


def test_two_blocks_in_a_row_have_a_gap_for_the_shortcut():
    net, x = Sequential(block(0.5, 3), block(0.5, 4)), 2 * generator(5).normal(size=(20, 4))
    (f, g), total = (part.parts["branch"] for part in net.layers), 0
    for first in (0, 1):
        for second in (0, 1):
            h = x + first * f.forward(x)
            total = total + (h + second * g.forward(h)) / 4
    shortcut = net.forward(x)
    assert np.abs(shortcut - total).max() > 0.05
    np.testing.assert_allclose(average(net, x, 4_000, generator(6)), total, atol=0.05 * np.abs(total).max())


@pytest.mark.parametrize("z", [0, 1, None])
def test_gradients_of_torch_given_the_same_draw(z):
    made, rng = block(), generator(7)
    x, dy = rng.normal(size=(5, 4)), rng.normal(size=(5, 4))
    for g in made.grads.values():
        g[...] = 7  # left over from a step before
    made.draw = lambda shape: z
    y = made.forward(x, train=z is not None)
    dx = made.backward(dy)
    tx = torch.tensor(x, requires_grad=True)
    t = {name: torch.tensor(p, requires_grad=True) for name, p in made.params.items()}
    f = torch.relu(tx @ t["branch.0.W"] + t["branch.0.b"]) @ t["branch.2.W"] + t["branch.2.b"]
    ty = tx + (made.keep if z is None else z) * f
    ty.backward(torch.tensor(dy))
    np.testing.assert_allclose(y, ty.detach().numpy(), rtol=1e-12)
    np.testing.assert_allclose(dx, tx.grad.numpy(), rtol=1e-10)
    for name, tensor in t.items():
        np.testing.assert_allclose(made.grads[name], tensor.grad.numpy(), rtol=1e-10, atol=1e-14)
    if z == 0:
        assert not any(g.any() for g in made.grads.values())


@pytest.mark.parametrize("z", [0, 1, None])
def test_gradients_by_finite_differences_with_the_draw_held(z):
    made, rng, h, train = block(), generator(8), 1e-6, z is not None
    x, dy = rng.normal(size=(2, 4)), rng.normal(size=(2, 4))
    made.draw = lambda shape: z
    made.forward(x, train)
    dx = made.backward(dy)
    grads = {name: g.copy() for name, g in made.grads.items()}
    for array, gradient in [(x, dx), *((p, grads[name]) for name, p in made.params.items())]:
        for i in np.ndindex(array.shape):
            kept, sides = array[i], []
            for step in (h, -h):
                array[i] = kept + step
                sides.append((made.forward(x, train) * dy).sum())
            array[i] = kept
            assert gradient[i] == pytest.approx((sides[0] - sides[1]) / (2 * h), abs=1e-7)


def test_a_skipped_branch_is_not_computed():
    made = block()
    made.draw = lambda shape: 0
    made.parts["branch"].forward = None
    x = np.ones((2, 4))
    np.testing.assert_array_equal(made.forward(x, train=True), x)


def test_in_a_network_it_trains_and_shows_in_the_table():
    net = Sequential(block(1.0, 9), block(0.5, 10))
    assert "0.branch.0.W" in net.params and "1.branch.2.b" in net.params
    assert "StochasticDepth" in repr(net) and net.output_shape((4,)) == (4,)
    x = generator(11).normal(size=(3, 4))
    net.forward(x, train=True)
    net.backward(np.ones((3, 4)))
    before = net.forward(x)
    for name, p in net.params.items():
        p -= 0.1 * net.grads[name]
    assert net.forward(x).sum() < before.sum()


def test_the_branch_has_its_own_train_mode_and_state():
    rng = generator(12)
    made = StochasticDepth(Sequential(BatchNorm(3), Dropout(0.5, rng=rng)), 0.9, rng=rng)
    made.draw = lambda shape: 1
    x = rng.normal(size=(8, 3)).astype(np.float32) + 5
    kept = {name: a.copy() for name, a in made.state.items()}
    made.forward(x)
    assert kept and all((made.state[name] == a).all() for name, a in kept.items())
    made.forward(x, train=True)
    assert any((made.state[name] != a).any() for name, a in kept.items())
    changed = {name: a.copy() for name, a in made.state.items()}
    average(made, x, 3, rng)
    assert all((made.state[name] == a).all() for name, a in changed.items())


def test_a_branch_that_was_given_away_is_told():
    made = block()
    Sequential(made.parts["branch"])
    made.forward(np.ones((2, 4)), train=True)
    with pytest.raises(RuntimeError, match=r"StochasticDepth: 0\.W of part branch"):
        made.backward(np.ones((2, 4)))


def test_one_seed_one_result():
    x = generator(13).normal(size=(3, 4))
    a, b = block(seed=14), block(seed=14)
    for _ in range(20):
        np.testing.assert_array_equal(a.forward(x, train=True), b.forward(x, train=True))
    state = a.rng.bit_generator.state
    a.forward(x)
    assert a.rng.bit_generator.state == state


def test_bad_input_is_named():
    rng = generator()
    for keep in (0, -1, 1.1, math.nan):
        with pytest.raises(ValueError, match="StochasticDepth: keep"):
            StochasticDepth(ReLU(), keep, rng=rng)
        with pytest.raises(ValueError, match="survival: last"):
            survival(3, keep)
    with pytest.raises(TypeError, match="StochasticDepth: keep"):
        StochasticDepth(ReLU(), "0.5", rng=rng)
    with pytest.raises(TypeError, match="StochasticDepth: rng"):
        StochasticDepth(ReLU(), 0.5, rng=0)
    with pytest.raises(TypeError, match="StochasticDepth"):
        StochasticDepth(np.tanh, 0.5, rng=rng)
    for blocks, error in ((0, ValueError), (2.0, TypeError)):
        with pytest.raises(error, match="survival: blocks"):
            survival(blocks)
    with pytest.raises(TypeError, match=r"StochasticDepth.*x must be a NumPy array of floats, not a list"):
        StochasticDepth(ReLU(), 0.5, rng=rng).forward([[1.0]], train=True)
    narrow = StochasticDepth(Dense(4, 3, rng=rng), 0.5, rng=rng)
    for call in (lambda: narrow.output_shape((4,)), lambda: narrow.forward(np.ones((2, 4), np.float32))):
        with pytest.raises(ValueError, match="StochasticDepth: the branch must keep the shape"):
            call()
    made = StochasticDepth(Flatten(), 0.5, rng=rng)
    with pytest.raises(RuntimeError, match="backward needs a forward"):
        made.backward(np.ones((2, 4)))
    with pytest.raises(TypeError, match="floats"):
        made.forward(np.ones((2, 4), int))
