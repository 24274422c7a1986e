"""Batch, layer and group norm against finite differences and torch: answers, gradients, running statistics."""

import itertools
import re

import numpy as np
import pytest
import torch

from course_lib.nn import BatchNorm, GroupNorm, LayerNorm

F = torch.nn.functional
SHAPES = [(2, 1), (7, 3), (1, 3, 2, 2), (2, 5, 3, 4)]


def filled(layer, seed=0):
    """The layer with γ, β and running statistics that are not the first ones."""
    rng = np.random.default_rng(seed)
    for arrays in (layer.params, layer.state):
        for a in arrays.values():
            a[...] = rng.uniform(0.5, 2.0, size=a.shape)
    return layer


def batch(shape, seed=1):
    return 2 * np.random.default_rng(seed).normal(size=shape) + 3


@pytest.mark.parametrize("train", [False, True])
@pytest.mark.parametrize("shape", [*SHAPES, (1, 5), (1, 1, 1, 2)])
def test_batch_norm(shape, train, by_differences, as_torch):
    x, layer = batch(shape), filled(BatchNorm(shape[-1], dtype=np.float64))
    if train and np.prod(shape[:-1]) == 1:
        with pytest.raises(ValueError, match=r"^BatchNorm\(\d\): x of shape .* one value of each feature"):
            layer.forward(x, train=True)
        return
    by_differences(layer, x, train)
    mean, var = (torch.tensor(layer.state[k]) for k in ("mean", "var"))

    def theirs(x, p):
        rows = x.reshape(-1, shape[-1])
        return F.batch_norm(rows, mean, var, p["gamma"], p["beta"], training=train, momentum=0.1).reshape(x.shape)

    as_torch(layer, x, train, theirs)


@pytest.mark.parametrize("momentum", [0.0, 0.5, 0.9, 0.99])
@pytest.mark.parametrize("image", [False, True])
def test_running_statistics_are_those_of_torch(image, momentum):
    ours = BatchNorm(3, momentum=momentum, dtype=np.float64)
    theirs = (torch.nn.BatchNorm2d if image else torch.nn.BatchNorm1d)(3, momentum=1 - momentum, dtype=torch.float64)
    for step in range(20):
        x = batch((5, 4, 2, 3) if image else (6, 3), seed=step)
        theirs(torch.tensor(x).permute(0, 3, 1, 2) if image else torch.tensor(x))
        ours.forward(x, train=True)
        np.testing.assert_allclose(ours.state["mean"], theirs.running_mean.numpy(), rtol=1e-12)
        np.testing.assert_allclose(ours.state["var"], theirs.running_var.numpy(), rtol=1e-12)
    assert BatchNorm(3).momentum == 1 - torch.nn.BatchNorm1d(3).momentum
    theirs.eval()
    x = batch((2, 3), seed=99)
    y = theirs(torch.tensor(x)[:, :, None, None])[:, :, 0, 0] if image else theirs(torch.tensor(x))
    np.testing.assert_allclose(ours.forward(x), y.detach().numpy(), rtol=1e-12)


def test_what_it_is_for():
    """In training every feature has mean β and deviation γ; testing leaves the statistics alone."""
    layer, x = filled(BatchNorm(4, eps=0.0, dtype=np.float64)), batch((50, 4))
    y = layer.forward(x, train=True)
    np.testing.assert_allclose(y.mean(axis=0), layer.params["beta"], rtol=1e-12)
    np.testing.assert_allclose(y.std(axis=0), layer.params["gamma"], rtol=1e-12)
    arrays, before = dict(layer.state), {k: a.copy() for k, a in layer.state.items()}
    layer.forward(x)
    assert all(np.array_equal(layer.state[k], before[k]) for k in before)
    layer.forward(x, train=True)
    assert all(layer.state[k] is arrays[k] for k in arrays), "they change in place: a checkpoint may hold them"
    assert not np.array_equal(layer.state["mean"], before["mean"])


def test_testing_after_much_training_is_training():
    layer, x = BatchNorm(3, dtype=np.float64), batch((200, 3))
    for _ in range(300):
        y = layer.forward(x, train=True)
    np.testing.assert_allclose(layer.forward(x), y, rtol=5e-3, atol=5e-3)  # n against n − 1


@pytest.mark.parametrize("train", [False, True])
@pytest.mark.parametrize("shape", [*SHAPES[1:], (1, 5)])
def test_layer_norm(shape, train, by_differences, as_torch):
    x, layer = batch(shape), filled(LayerNorm(shape[-1], dtype=np.float64))
    by_differences(layer, x, train)
    as_torch(layer, x, train, lambda x, p: F.layer_norm(x, (shape[-1],), p["gamma"], p["beta"]))


@pytest.mark.parametrize("layer", [BatchNorm, LayerNorm])
def test_a_small_variance_shows_eps(layer):
    """x = ±√ε has the variance ε: it comes to ±1/√2, and ε is torch's where none is given."""
    for eps, of in ((1e-5, layer(2, dtype=np.float64)), (0.01, layer(2, eps=0.01, dtype=np.float64))):
        x = np.sqrt(eps) * np.array([[1.0, -1.0], [-1.0, 1.0]])
        np.testing.assert_allclose(of.forward(x, train=True), np.sign(x) / np.sqrt(2), rtol=1e-12)


@pytest.mark.parametrize("train", [False, True])
@pytest.mark.parametrize(
    ("shape", "groups"),
    [*itertools.product([(1, 6), (4, 6)], [1, 2, 3]), *itertools.product([(3, 5, 6), (2, 3, 2, 6)], [1, 2, 3, 6])],
)
def test_group_norm(shape, groups, train, by_differences, as_torch):
    x, layer = batch(shape), filled(GroupNorm(6, groups=groups, dtype=np.float64))

    def theirs(x, p):  # torch has the features on the second axis
        return F.group_norm(x.movedim(-1, 1), groups, p["gamma"], p["beta"]).movedim(1, -1)

    by_differences(layer, x, train)
    as_torch(layer, x, train, theirs)


@pytest.mark.parametrize("train", [False, True])
@pytest.mark.parametrize(("shape", "features"), [((1, 6), 6), ((4, 6), 6), ((1, 1, 1, 6), 6), ((3, 1, 3), 3)])
def test_a_group_of_one_value_is_refused(shape, features, train):
    layer = GroupNorm(features, groups=features)
    with pytest.raises(ValueError, match=rf"^GroupNorm\({features}, .*: x of shape .* has one value in each group"):
        layer.forward(batch(shape), train)
    with pytest.raises(ValueError, match=r"x of shape \(N, .* has one value in each group"):
        layer.output_shape(shape[1:])
    x = torch.tensor(batch(shape)).movedim(-1, 1)
    if len(x) == 1:
        with pytest.raises(ValueError, match="Expected more than 1 value"):
            F.group_norm(x, features)
    else:  # torch looks at the batch as a whole; every answer is the same, here 0
        assert F.group_norm(x, features).abs().max() < 1e-9


def test_what_one_group_and_groups_of_one_are():
    """Layer norm, where there are no pixels; each feature of each image by itself."""
    rows, image = batch((5, 6)), batch((2, 4, 3, 6))
    one, layer_norm = GroupNorm(6, groups=1), LayerNorm(6)
    for layer in (one, layer_norm):
        filled(layer)
    np.testing.assert_array_equal(one.forward(rows), layer_norm.forward(rows))
    dy = batch(rows.shape, seed=2)
    np.testing.assert_allclose(one.backward(dy), layer_norm.backward(dy), rtol=1e-12, atol=1e-15)
    y = GroupNorm(6, groups=6, eps=0.0).forward(image)
    np.testing.assert_allclose(y, (image - image.mean((1, 2), keepdims=True)) / image.std((1, 2), keepdims=True))
    y = GroupNorm(6, groups=2, eps=0.0).forward(image)
    first = image[..., :3]
    expected = (first - first.mean((1, 2, 3), keepdims=True)) / first.std((1, 2, 3), keepdims=True)
    np.testing.assert_allclose(y[..., :3], expected)


@pytest.mark.parametrize("layer", [LayerNorm(6, dtype=np.float64), GroupNorm(6, groups=2, dtype=np.float64)], ids=repr)
def test_one_example_knows_no_other(layer):
    x = batch((4, 3, 6))
    for i in range(4):
        np.testing.assert_allclose(layer.forward(x[i : i + 1])[0], layer.forward(x)[i], rtol=1e-12)


@pytest.mark.parametrize(
    "layer", [BatchNorm(3), LayerNorm(3), GroupNorm(3, groups=1), GroupNorm(3, groups=3)], ids=repr
)
def test_float32_stays(layer):
    x = batch((6, 2, 2, 3)).astype(np.float32)
    before = x.copy()
    for train in (True, False):
        y = layer.forward(x, train)
        assert y.dtype == layer.backward(np.ones_like(y)).dtype == np.float32 and y.shape == x.shape
    assert np.array_equal(x, before)
    assert all(a.dtype == np.float32 for arrays in (layer.params, layer.grads, layer.state) for a in arrays.values())


def test_a_mean_far_from_zero_costs_little_precision():
    """A mean of 1000 has an error of a few millionths of it, in float32."""
    x = (1000 + np.random.default_rng(0).normal(size=(20_000, 2))).astype(np.float32)
    y = BatchNorm(2).forward(x, train=True)
    exact = (x.astype(float) - x.mean(0, dtype=float)) / x.std(0, dtype=float)
    np.testing.assert_allclose(y, exact, atol=5e-3)


@pytest.mark.parametrize("n", [8, 50, 2000])
def test_a_variance_that_float32_hardly_sees(n):
    """Mean 10⁴, variance 10⁻⁶: no more is lost than μ's own rounding to float32, half a spacing of 10⁻³.

    The short formula for the variance, mean(x²) − μ², would be off by millions of times the variance.
    """
    x = (1e4 + 1e-3 * np.random.default_rng(0).normal(size=(n, 5))).astype(np.float32)
    exact = (x.astype(float) - x.mean(0, dtype=float)) / np.sqrt(x.var(0, dtype=float) + 1e-5)
    half = np.spacing(np.float32(1e4)) / 2
    layer = BatchNorm(5)
    np.testing.assert_allclose(layer.forward(x, train=True), exact, rtol=0, atol=half / np.sqrt(1e-5))
    assert np.abs(layer.state["var"] - 0.9 - 0.1 * x.var(0, dtype=float, ddof=1)).max() < 1e-6


@pytest.mark.parametrize("make", [BatchNorm, LayerNorm, lambda n: GroupNorm(n, groups=1)])
def test_bad_input(make):
    layer, fresh = make(3), make(3)
    name = re.escape(repr(layer))
    with pytest.raises(RuntimeError, match=rf"{name}: backward needs a forward first"):
        fresh.backward(np.ones((2, 3)))
    for shape in ((2, 4), (3,), (2, 3, 3, 1)):
        with pytest.raises(ValueError, match=rf"^{name}: x must have shape \(N, …, 3\), not \("):
            layer.forward(np.ones(shape))
    with pytest.raises(TypeError, match=rf"^{name}: x must be a NumPy array of floats, not uint8"):
        layer.forward(np.ones((2, 3), np.uint8))
    with pytest.raises(ValueError, match=rf"^{name}: x is empty"):
        layer.forward(np.ones((0, 3)))
    layer.forward(np.ones((2, 3), np.float32))
    with pytest.raises(ValueError, match=rf"^{name}: dy must have shape \(2, 3\), not \(3, 2\)"):
        layer.backward(np.ones((3, 2)))
    assert layer.output_shape((8, 8, 3)) == (8, 8, 3)
    with pytest.raises(ValueError, match=rf"^{name}: x must have shape \(N, …, 3\), not \(N, 5\)"):
        layer.output_shape((5,))


def test_refused_training_changes_nothing():
    layer, x = BatchNorm(2), batch((4, 2)).astype(np.float32)
    layer.forward(x)
    dx = layer.backward(x)
    with pytest.raises(ValueError, match=r"BatchNorm\(2\): x of shape \(1, 2\) has one value of each feature"):
        layer.forward(np.ones((1, 2), np.float32), train=True)
    assert layer.state["mean"].tolist() == [0.0, 0.0] and layer.state["var"].tolist() == [1.0, 1.0]
    np.testing.assert_array_equal(layer.backward(x), dx)  # of the last batch that was taken


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: BatchNorm(0), ValueError, "features must be at least 1, not 0"),
        (lambda: BatchNorm(2.0), TypeError, "features must be an integer"),
        (lambda: BatchNorm(2, momentum=1.0), ValueError, "momentum must be at least 0 and below 1, not 1"),
        (lambda: BatchNorm(2, momentum=-0.1), ValueError, "momentum must be at least 0"),
        (lambda: BatchNorm(2, momentum=np.ones(2) / 2), TypeError, "momentum must be one number"),
        (lambda: LayerNorm(1), ValueError, "features must be at least 2, not 1"),
        (lambda: LayerNorm(2, eps=-1.0), ValueError, "eps must be finite and at least 0"),
        (lambda: LayerNorm(2, eps="a"), TypeError, "eps must be a number"),
        (lambda: GroupNorm(6, groups=4), ValueError, "groups must divide the 6 features, and 4 does not"),
        (lambda: GroupNorm(6, groups=12), ValueError, "groups must divide the 6 features, and 12 does not"),
        (lambda: GroupNorm(6, groups=0), ValueError, "groups must be at least 1, not 0"),
        (lambda: GroupNorm(6, groups=2.0), TypeError, "groups must be an integer"),
        (lambda: GroupNorm(0, groups=1), ValueError, "features must be at least 1, not 0"),
        (lambda: BatchNorm(2, dtype=int), TypeError, "dtype must be a float type, not int64"),
        (lambda: LayerNorm(2, dtype=complex), TypeError, "dtype must be a float type, not complex128"),
    ],
)
def test_bad_settings(make, error, message):
    with pytest.raises(error, match=f"^{message}"):
        make()
