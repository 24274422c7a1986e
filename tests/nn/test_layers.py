"""Layers against finite differences and torch autograd."""

import copy
import pickle

import numpy as np
import pytest
import torch

from course_lib.nn import (
    ELU,
    GELU,
    AvgPool2d,
    BatchNorm,
    Conv2d,
    Dense,
    Flatten,
    GlobalAvgPool,
    GroupNorm,
    Layer,
    LayerNorm,
    LeakyReLU,
    Maxout,
    MaxPool2d,
    ReLU,
    Residual,
    Sequential,
    Sigmoid,
    SiLU,
    Tanh,
    he,
    softmax_cross_entropy,
)
from course_lib.optim import Nesterov


def network(seed=0, dtype=np.float64):
    rng = np.random.default_rng(seed)
    net = Sequential(
        Dense(5, 7, rng=rng, dtype=dtype), ReLU(), Dense(7, 6, rng=rng, dtype=dtype), ReLU(),
        Dense(6, 3, rng=rng, dtype=dtype),
    )  # fmt: skip
    for name, p in net.params.items():
        if name.endswith("b"):
            p += rng.normal(size=p.shape).astype(dtype)
    return net


def batch(n, seed=1):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, 5)), rng.integers(0, 3, size=n)


@pytest.mark.parametrize("train", [False, True])
@pytest.mark.parametrize("n", [1, 4])
def test_gradients_by_finite_differences(n, train):
    net, (x, y), h = network(), batch(n), 1e-6

    def loss():
        return softmax_cross_entropy(net.forward(x, train=train), y)[0]

    _, dscores = softmax_cross_entropy(net.forward(x, train=train), y)
    dx = net.backward(dscores)
    assert list(net.grads) == list(net.params)
    for array, gradient in [(x, dx), *((net.params[k], net.grads[k].copy()) for k in net.params)]:
        assert gradient.shape == array.shape
        for i in np.ndindex(array.shape):
            kept = array[i]
            array[i] = kept + h
            up = loss()
            array[i] = kept - h
            down = loss()
            array[i] = kept
            assert gradient[i] == pytest.approx((up - down) / (2 * h), abs=1e-7)


@pytest.mark.parametrize("train", [False, True])
@pytest.mark.parametrize("n", [1, 13])
def test_gradients_of_torch(n, train):
    net, (x, y) = network(), batch(n)
    loss, dscores = softmax_cross_entropy(net.forward(x, train=train), y)
    dx = net.backward(dscores)
    tensors = {k: torch.tensor(p, requires_grad=True) for k, p in net.params.items()}
    tx = torch.tensor(x, requires_grad=True)
    h = torch.relu(tx @ tensors["0.W"] + tensors["0.b"])
    h = torch.relu(h @ tensors["2.W"] + tensors["2.b"])
    theirs = torch.nn.functional.cross_entropy(h @ tensors["4.W"] + tensors["4.b"], torch.tensor(y))
    theirs.backward()
    assert loss == pytest.approx(theirs.item(), rel=1e-12)
    np.testing.assert_allclose(dx, tx.grad.numpy(), rtol=1e-10, atol=1e-14)
    for k, tensor in tensors.items():
        np.testing.assert_allclose(net.grads[k], tensor.grad.numpy(), rtol=1e-10, atol=1e-14)


def test_each_layer_alone_against_torch():
    rng = np.random.default_rng(2)
    dense, x, dy = Dense(4, 3, rng=rng, dtype=np.float64), rng.normal(size=(6, 4)), rng.normal(size=(6, 3))
    y = dense.forward(x)
    tx, tw = torch.tensor(x, requires_grad=True), torch.tensor(dense.params["W"], requires_grad=True)
    ty = tx @ tw + torch.tensor(dense.params["b"])
    ty.backward(torch.tensor(dy))
    np.testing.assert_allclose(y, ty.detach().numpy(), rtol=1e-12)
    np.testing.assert_allclose(dense.backward(dy), tx.grad.numpy(), rtol=1e-12)
    np.testing.assert_allclose(dense.grads["W"], tw.grad.numpy(), rtol=1e-12)
    np.testing.assert_allclose(dense.grads["b"], dy.sum(0), rtol=1e-12)
    relu, z = ReLU(), np.array([[-2.0, 0.0, 3.0]])
    tz = torch.tensor(z, requires_grad=True)
    torch.relu(tz).backward(torch.ones(1, 3, dtype=torch.float64))
    assert relu.forward(z).tolist() == [[0.0, 0.0, 3.0]]
    assert np.array_equal(relu.backward(np.ones((1, 3))), tz.grad.numpy())


def test_gradients_are_of_the_last_batch_only():
    net, (x, y) = network(), batch(6)
    for _ in range(2):  # a second backward replaces the gradients: it does not add to them
        net.backward(softmax_cross_entropy(net.forward(x), y)[1])
        now = {k: g.copy() for k, g in net.grads.items()}
    net.backward(softmax_cross_entropy(net.forward(x), y)[1])
    assert all(np.array_equal(net.grads[k], now[k]) for k in now)


def test_float32_stays():
    net, (x, y) = network(dtype=np.float32), batch(4)
    scores = net.forward(x.astype(np.float32))
    _, dscores = softmax_cross_entropy(scores, y)
    assert scores.dtype == dscores.dtype == net.backward(dscores).dtype == np.float32
    assert all(a.dtype == np.float32 for a in (*net.params.values(), *net.grads.values()))


def test_float64_images_and_float32_weights():
    rng = np.random.default_rng(0)
    net = Sequential(Conv2d(1, 2, 3, rng=rng), BatchNorm(2), ReLU(), Flatten(), Dense(8, 3, rng=rng), LayerNorm(3))
    x = rng.normal(size=(5, 4, 4, 1))
    for train in (True, False):
        y = net.forward(x, train)
        assert y.dtype == net.backward(y).dtype == np.float64
        single = net.forward(x.astype(np.float32), train)
        assert single.dtype == np.float32
        np.testing.assert_allclose(single, y, rtol=1e-3, atol=1e-4)
    assert all(a.dtype == np.float32 for a in (*net.params.values(), *net.grads.values(), *net.state.values()))


def test_an_optimizer_trains_the_layers_in_place():
    net, (x, y), opt = network(), batch(20), Nesterov(0.1)
    assert net.params["2.W"] is net.layers[2].params["W"]
    first = softmax_cross_entropy(net.forward(x), y)[0]
    for _ in range(200):
        loss, dscores = softmax_cross_entropy(net.forward(x, train=True), y)
        net.backward(dscores)
        opt.step(net.params, net.grads)
    assert loss < first / 20


def test_seeds():
    assert all(np.array_equal(p, network(3).params[k]) for k, p in network(3).params.items())
    assert not np.array_equal(network(3).params["0.W"], network(4).params["0.W"])


def test_wrong_shapes_name_the_layer():
    dense = Dense(4, 3, rng=np.random.default_rng(0))
    with pytest.raises(RuntimeError, match=r"Dense\(4, 3\): backward needs a forward first"):
        dense.backward(np.ones((2, 3)))
    with pytest.raises(ValueError, match=r"Dense\(4, 3\): x must have shape \(N, 4\), not \(2, 5\)"):
        dense.forward(np.ones((2, 5)))
    with pytest.raises(ValueError, match=r"Dense\(4, 3\): x must have shape"):
        dense.forward(np.ones(4))
    dense.forward(np.ones((2, 4), np.float32))
    for shape in ((2, 4), (3, 3), (2, 1)):
        with pytest.raises(ValueError, match=r"Dense\(4, 3\): dy must have"):
            dense.backward(np.ones(shape))
    relu = ReLU()
    with pytest.raises(RuntimeError, match=r"ReLU\(\): backward needs"):
        relu.backward(np.ones((2, 3)))
    relu.forward(np.ones((2, 3)))
    with pytest.raises(ValueError, match=r"ReLU\(\): dy must have shape \(2, 3\)"):
        relu.backward(np.ones((2, 1)))


def test_sizes():
    assert Dense(4, 3, rng=np.random.default_rng(0)).output_shape((4,)) == (3,)
    assert Flatten().output_shape((8, 7, 3)) == (168,)
    with pytest.raises(ValueError, match=r"Dense\(4, 3\): x must have shape \(N, 4\), not \(N, 2, 2\)"):
        Dense(4, 3, rng=np.random.default_rng(0)).output_shape((2, 2))


@pytest.mark.parametrize("train", [False, True])
@pytest.mark.parametrize("shape", [(1, 3), (5, 2, 3), (2, 3, 5, 4), (3,)])
def test_flatten(shape, train, by_differences, as_torch):
    x = np.random.default_rng(0).normal(size=shape)
    by_differences(Flatten(), x, train)
    as_torch(Flatten(), x, train, lambda x, p: x.reshape(len(x), -1))


@pytest.mark.parametrize("train", [False, True])
@pytest.mark.parametrize(("n", "n_in", "n_out"), [(1, 1, 1), (1, 3, 4), (5, 7, 2)])
def test_dense_alone(n, n_in, n_out, train, by_differences, as_torch):
    rng = np.random.default_rng(n)
    dense, x = Dense(n_in, n_out, rng=rng, dtype=np.float64), rng.normal(size=(n, n_in))
    dense.params["b"][...] = rng.normal(size=n_out)
    by_differences(dense, x, train)
    as_torch(dense, x, train, lambda x, p: x @ p["W"] + p["b"])


# What is remembered from forward to backward

EVERY = [
    lambda rng: Dense(4, 3, rng=rng), lambda rng: Conv2d(4, 3, 2, padding=1, rng=rng), lambda rng: BatchNorm(4),
    lambda rng: LayerNorm(4), lambda rng: GroupNorm(4, groups=2), lambda rng: MaxPool2d(2), lambda rng: AvgPool2d(2),
    lambda rng: GlobalAvgPool(), lambda rng: Flatten(), lambda rng: Maxout(2), lambda rng: ReLU(),
    lambda rng: LeakyReLU(), lambda rng: Sigmoid(), lambda rng: Tanh(), lambda rng: ELU(), lambda rng: GELU(),
    lambda rng: SiLU(), lambda rng: Residual(Dense(4, 4, rng=rng)),
    lambda rng: Sequential(Dense(4, 3, rng=rng), ReLU()),
]  # fmt: skip


def example_batch(layer, n, rng):
    images = isinstance(layer, Conv2d | MaxPool2d | AvgPool2d | GlobalAvgPool)
    return rng.normal(size=(n, 3, 5, 4) if images else (n, 4)).astype(np.float32)


@pytest.mark.parametrize("train", [False, True])
@pytest.mark.parametrize("make", EVERY)
def test_backward_is_of_the_last_forward_that_was_one(make, train):
    """As often as it is asked for, whatever went before, and after a forward that was refused."""
    rng = np.random.default_rng(0)
    layer, fresh = make(np.random.default_rng(1)), make(np.random.default_rng(1))
    for arrays in (layer.state, fresh.state):
        for a in arrays.values():
            a[...] = 1.5
    x, other = example_batch(layer, 3, rng), example_batch(layer, 5, rng)
    y = fresh.forward(x, train)
    dy = rng.normal(size=y.shape).astype(np.float32)
    dx, grads = fresh.backward(dy), {k: g.copy() for k, g in fresh.grads.items()}

    def same():
        assert np.array_equal(layer.backward(dy), dx)
        assert all(np.array_equal(layer.grads[k], grads[k]) for k in grads)

    layer.backward(layer.forward(other, not train))
    for name, a in fresh.state.items():  # in testing, it is the statistics as they are now
        layer.state[name][...] = 1.5 if not train else a
    layer.forward(x, train)
    same()
    same()
    knows_features = isinstance(layer, Dense | Conv2d | BatchNorm | LayerNorm | GroupNorm | Residual | Sequential)
    for bad in (x.astype(int), x[:0], np.float32(1), *([x[..., :3]] if knows_features else [])):
        with pytest.raises((TypeError, ValueError)):
            layer.forward(bad, train)
        same()


@pytest.mark.parametrize("train", [False, True])
@pytest.mark.parametrize("make", EVERY)
def test_arrays_of_any_layout_are_left_as_they_are(make, train):
    """Read-only, turned around, every other column, the other byte order: the numbers alone matter."""
    rng = np.random.default_rng(0)
    layer, wide = make(rng), np.repeat(example_batch(make(rng), 3, rng), 2, axis=-1)
    layouts = [lambda a: a[..., ::2], lambda a: a[..., ::-2], lambda a: np.asfortranarray(a[..., ::2]),
               lambda a: a[..., ::2].astype(">f4")]  # fmt: skip
    for turned in layouts:
        x = turned(wide)
        x.flags.writeable = False
        state = {k: a.copy() for k, a in layer.state.items()}
        expected = layer.forward(np.array(x, np.float32, order="C"), train)
        double = np.repeat(rng.normal(size=expected.shape).astype(np.float32), 2, axis=-1)
        dy = turned(double)
        dy.flags.writeable = False
        dx = layer.backward(np.array(dy, np.float32, order="C")).copy()
        grads = {k: g.copy() for k, g in layer.grads.items()}
        for k, a in state.items():
            layer.state[k][...] = a
        np.testing.assert_allclose(layer.forward(x, train), expected, rtol=1e-5, atol=1e-6)
        np.testing.assert_allclose(layer.backward(dy), dx, rtol=1e-5, atol=1e-5)
        for k in grads:
            np.testing.assert_allclose(layer.grads[k], grads[k], rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("make", EVERY)
def test_a_copy_goes_without_the_last_batch(make):
    layer = make(np.random.default_rng(1))
    size = len(pickle.dumps(layer))
    x = example_batch(layer, 500, np.random.default_rng(0))
    y = layer.forward(x, True)
    assert len(pickle.dumps(layer)) < size + 300
    for twin in (copy.deepcopy(layer), copy.copy(layer), pickle.loads(pickle.dumps(layer))):
        with pytest.raises(RuntimeError, match="backward needs a forward first"):
            twin.backward(y)
        assert np.array_equal(twin.forward(x, True), y)
    assert layer.backward(y).shape == x.shape


def test_the_rule_for_the_weights_is_an_argument():
    def ones(rng, n_in, n_out, dtype):
        return np.ones((n_in, n_out), dtype)

    dense = Dense(3, 2, rng=np.random.default_rng(0), init=ones)
    assert dense.params["W"].tolist() == np.ones((3, 2)).tolist() and dense.params["W"].dtype == np.float32
    same = he(np.random.default_rng(5), 3, 2)
    assert np.array_equal(Dense(3, 2, rng=np.random.default_rng(5)).params["W"], same)
    mine = np.ones((3, 2))
    dense = Dense(3, 2, rng=np.random.default_rng(0), init=lambda *_: mine)
    dense.params["W"] += 1
    assert np.array_equal(mine, np.ones((3, 2))) and dense.params["W"].dtype == np.float32
    with pytest.raises(ValueError, match=r"^init must return weights of shape \(3, 2\), not \(2, 3\)"):
        Dense(3, 2, rng=np.random.default_rng(0), init=lambda *_: np.ones((2, 3)))
    with pytest.raises(ValueError, match=r"^init must return weights of shape \(2, 2, 1, 3\), not \(3, 1, 2, 2\)"):
        Conv2d(1, 3, 2, rng=np.random.default_rng(0), init=lambda *_, kernel: np.ones((3, 1, *kernel)))
    for rng in (0, None, np.random.RandomState(0)):
        with pytest.raises(TypeError, match=r"^rng must be a generator such as"):
            Dense(3, 2, rng=rng, init=ones)
    with pytest.raises(TypeError, match=r"^dtype must be a float type, not int64"):
        Dense(3, 2, rng=np.random.default_rng(0), init=ones, dtype=int)


@pytest.mark.parametrize("layer", [Dense(4, 3, rng=np.random.default_rng(0)), Flatten(), ReLU()], ids=repr)
def test_what_is_no_batch_of_floats(layer):
    name = type(layer).__name__
    with pytest.raises(TypeError, match=rf"^{name}\(.*\): x must be a NumPy array of floats, not int64"):
        layer.forward(np.ones((2, 4), int))
    with pytest.raises(TypeError, match=rf"^{name}\(.*\): x must be a NumPy array of floats, not uint8"):
        layer.forward(np.ones((2, 4), np.uint8))
    with pytest.raises(TypeError, match=rf"^{name}\(.*\): x must be a NumPy array of floats, not a list"):
        layer.forward([[1.0] * 4])
    with pytest.raises(ValueError, match=rf"^{name}\(.*\): x must"):
        layer.forward(np.array(1.0))
    with pytest.raises(ValueError, match=rf"^{name}\(.*\): x is empty: its shape is \(0, 4\)"):
        layer.forward(np.ones((0, 4)))
    y = layer.forward(np.ones((2, 4), np.float32))
    with pytest.raises(TypeError, match=rf"^{name}\(.*\): dy must be a NumPy array of floats, not int64"):
        layer.backward(np.ones(y.shape, int))
    with pytest.raises(ValueError, match=rf"^{name}\(.*\): dy must have shape"):
        layer.backward(np.ones((2, 7)))


@pytest.mark.parametrize(
    ("sizes", "error", "message"),
    [
        ((0, 3), ValueError, "n_in must be at least 1, not 0"),
        ((3, -1), ValueError, "n_out must be at least 1, not -1"),
        ((3.0, 1), TypeError, "n_in must be an integer, not 3.0"),
    ],
)
def test_bad_sizes(sizes, error, message):
    for init in (he, lambda rng, n_in, n_out, dtype: np.ones((n_in, n_out), dtype)):  # a rule that checks nothing, too
        with pytest.raises(error, match=f"^{message}"):
            Dense(*sizes, rng=np.random.default_rng(0), init=init)


def test_bind_keeps_to_the_arrays_it_is_given():
    dense, x = Dense(2, 1, rng=np.random.default_rng(0)), np.ones((3, 2), np.float32)
    params = {"W": np.full((2, 1), 2.0, np.float32), "b": np.ones(1, np.float32)}
    grads = {k: np.zeros_like(p) for k, p in params.items()}
    dense.bind(params, grads)
    assert dense.forward(x).tolist() == [[5.0]] * 3
    dense.backward(np.ones((3, 1), np.float32))
    assert dense.grads is grads and grads["W"].tolist() == [[3.0], [3.0]] and grads["b"].tolist() == [3.0]
    with pytest.raises(ValueError, match=r"Dense\(2, 1\): params must have the shapes .* not {'W': \(2, 1\)}"):
        dense.bind({"W": params["W"]}, grads)
    with pytest.raises(ValueError, match=r"Dense\(2, 1\): grads must have the shapes"):
        dense.bind(params, params | {"b": np.zeros(2)})
    assert dense.params is params


def test_a_layer_of_ones_own():
    assert repr(Layer()) == "Layer()" and Layer().output_shape((3, 4)) == (3, 4)
    assert Layer().params == Layer().grads == Layer().state == {}
    for call in (Layer().forward, Layer().backward):
        with pytest.raises(NotImplementedError, match="Layer must define"):
            call(np.ones(1))
