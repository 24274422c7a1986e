"""Signals through depth: against torch autograd, and against the mean-field recursion in the limit of wide layers."""

from functools import partial

import numpy as np
import pytest
import torch
from scipy import integrate, stats

from course_lib.nn.depth import ACTIVATIONS, through_depth
from course_lib.nn.init import he, large, orthogonal, small, xavier_normal

TORCH = {"tanh": torch.tanh, "relu": torch.relu, "sigmoid": torch.sigmoid}


def batch(n=400, d=300, seed=0):
    return np.random.default_rng(seed).standard_normal((n, d))


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_of_torch(activation):
    x, weights, fixed = batch(9, 6), [], np.random.default_rng(1)

    def init(rng, n_in, n_out, dtype):
        weights.append(0.7 * fixed.standard_normal((n_in, n_out)))
        return weights[-1]

    seen = through_depth(x, init, rng=np.random.default_rng(5), activation=activation, depth=4, width=8, bins=20)
    last = torch.tensor(np.random.default_rng(5).standard_normal((9, 8)))
    tensors, ys = [torch.tensor(W, requires_grad=True) for W in weights], [torch.tensor(x)]
    for W in tensors:
        ys.append(TORCH[activation](ys[-1] @ W))
        ys[-1].retain_grad()
    (ys[-1] * last).sum().backward()
    assert [W.shape for W in weights] == [(6, 8), (8, 8), (8, 8), (8, 8)]
    for i, (y, W) in enumerate(zip(ys[1:], tensors, strict=True)):
        dy, y = y.grad.numpy(), y.detach().numpy()
        assert seen.mean[i] == pytest.approx(y.mean(), rel=1e-10)
        assert seen.std[i] == pytest.approx(y.std(), rel=1e-10)
        assert seen.grad_mean[i] == pytest.approx(dy.mean(), rel=1e-10)
        assert seen.grad_std[i] == pytest.approx(dy.std(), rel=1e-10)
        assert seen.weight_grad_std[i] == pytest.approx(W.grad.numpy().std(), rel=1e-10)
        for counts, edges, a in ((seen.counts, seen.edges, y), (seen.grad_counts, seen.grad_edges, dy)):
            assert counts.shape == (4, 20) and edges.shape == (4, 21)
            assert counts[i].sum() == a.size and np.abs(a).max() == pytest.approx(edges[i][-1])
            expected = np.searchsorted(np.sort(a.ravel()), edges[i][1:-1])
            assert np.array_equal(np.cumsum(counts[i])[:-1], expected)


def mean_field(f, variance, q):
    """The mean square of a layer's output after one of mean square q, if layers were infinitely wide
    (Poole and others, 2016)."""
    return integrate.quad(lambda z: f(np.sqrt(variance * q) * z) ** 2 * stats.norm.pdf(z), -12, 12, points=[0])[0]


@pytest.mark.parametrize(
    ("init", "activation", "variance"),
    [
        (small, "tanh", 300 * 1e-4), (large, "tanh", 300), (xavier_normal, "tanh", 1), (orthogonal, "tanh", 1),
        (he, "relu", 2), (xavier_normal, "relu", 1), (partial(orthogonal, gain=np.sqrt(2)), "relu", 2),
        (large, "relu", 300),
    ],
)  # fmt: skip
def test_of_the_mean_field(init, activation, variance):
    seen = through_depth(batch(), init, rng=np.random.default_rng(1), activation=activation)
    ours = [1.0, *(seen.mean**2 + seen.std**2)]
    expected = [mean_field(ACTIVATIONS[activation][0], variance, q) for q in ours[:-1]]
    np.testing.assert_allclose(ours[1:], expected, rtol=0.3)  # a layer of 300 is not infinitely wide
    assert ours[1] == pytest.approx(expected[0], rel=0.03)


def test_what_the_chapter_says():
    def run(init, activation):
        return through_depth(batch(), init, rng=np.random.default_rng(2), activation=activation)

    fading, stuck, right = run(small, "tanh"), run(large, "tanh"), run(xavier_normal, "tanh")
    assert right.std.shape == (10,) and right.counts.shape == (10, 50)
    assert fading.std[-1] < 1e-6 and fading.grad_std[0] < 1e-5 * fading.grad_std[-1]
    assert stuck.flat.min() > 0.8 and stuck.std[-1] > 0.9 and fading.flat.max() == 0
    assert right.std[-1] > 0.2 and right.flat.max() < 0.05 and 0.2 < right.grad_std[0] < 5
    half, kept = run(xavier_normal, "relu"), run(he, "relu")
    assert half.std[-1] < 0.06 and kept.std[-1] > 0.4
    np.testing.assert_allclose(kept.flat, 0.5, atol=0.1)
    assert half.grad_std[0] < 0.1 < 0.5 < kept.grad_std[0] < 2
    assert run(large, "relu").std[-1] > 1e8


def test_dead_units():
    minus = through_depth(np.abs(batch()), lambda rng, n, m, dtype: -np.ones((n, m)), rng=np.random.default_rng(0),
                          activation="relu", depth=2)  # fmt: skip
    assert minus.dead.tolist() == [1, 1] and minus.std.tolist() == [0, 0] and minus.grad_std[0] == 0
    assert minus.counts[:, 0].tolist() == [400 * 300] * 2 and minus.edges[0, -1] == 1
    assert through_depth(batch(), he, rng=np.random.default_rng(0), activation="relu", depth=2).dead.max() == 0


def test_very_deep():
    seen = through_depth(batch(20, 30), small, rng=np.random.default_rng(0), depth=250)
    assert (np.diff(seen.edges) >= 0).all() and np.isfinite(seen.std).all() and seen.std[-1] < 1e-300
    assert seen.std[150] > 0  # where squares are already too small for a number
    with pytest.raises(OverflowError, match=r"the output of layer .* is too large for a number"):
        through_depth(
            batch(20, 30), partial(large, std=1e30), rng=np.random.default_rng(0), activation="relu", depth=20
        )
    with pytest.raises(OverflowError, match=r"the gradient of layer \d+'s"):
        through_depth(1e-300 * batch(20, 30), partial(orthogonal, gain=1e30), rng=np.random.default_rng(0),
                      activation="relu", depth=12)  # fmt: skip


def test_seeded():
    one, same = (through_depth(batch(5, 4), he, rng=np.random.default_rng(3), depth=2) for _ in range(2))
    assert all(np.array_equal(a, b) for a, b in zip(one, same, strict=True))


@pytest.mark.parametrize(
    ("x", "more", "error", "message"),
    [
        (np.ones((3, 2), int), {}, TypeError, "x must hold floats"),
        (np.ones(3), {}, ValueError, r"x must have shape \(N, D\) .* not \(3,\)"),
        (np.ones((0, 3)), {}, ValueError, "x must have shape"),
        (np.ones((3, 2)), {"activation": "gelu"}, ValueError, "activation must be one of tanh, relu, sigmoid"),
        (np.ones((3, 2)), {"depth": 0}, ValueError, "depth must be at least 1"),
        (np.ones((3, 2)), {"width": 2.0}, TypeError, "width must be an integer"),
        (np.ones((3, 2)), {"bins": 0}, ValueError, "bins must be at least 1"),
        (np.ones((3, 2)), {"init": lambda *_: np.ones((3, 3))}, ValueError, r"weights of shape \(2, 2\) for layer 1"),
        (
            np.ones((3, 2)),
            {"init": lambda *_: np.full((2, 2), np.inf)},
            ValueError,
            "return finite weights for layer 1",
        ),
        (np.array([[1.0, np.nan]]), {}, ValueError, "x must be finite, but holds nan or inf"),
        (np.ones((3, 2)), {"rng": 0}, TypeError, "rng must be a generator such as"),
    ],
)
def test_bad_arguments(x, more, error, message):
    init, rng = more.pop("init", he), more.pop("rng", np.random.default_rng(0))
    with pytest.raises(error, match=message):
        through_depth(x, init, rng=rng, **more)
