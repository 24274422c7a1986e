"""Convolution and pooling against finite differences and torch, which has its channels first."""

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from course_lib.nn import AvgPool2d, Conv2d, GlobalAvgPool, MaxPool2d

F = torch.nn.functional


def first(x):
    return x.permute(0, 3, 1, 2)


def last(x):
    return x.permute(0, 2, 3, 1)


def conv(c_in=2, c_out=3, size=3, dtype=np.float64, seed=0, **settings):
    rng = np.random.default_rng(seed)
    layer = Conv2d(c_in, c_out, size, rng=rng, dtype=dtype, **settings)
    layer.params["b"][...] = rng.normal(size=c_out)
    return layer


def images(*shape, seed=1):
    return np.random.default_rng(seed).normal(size=shape)


# n, height, width, channels in, out, size, stride, padding
CONVS = [
    (1, 1, 1, 1, 1, 1, 1, 0),
    (1, 3, 3, 1, 2, 3, 1, 0),
    (2, 5, 4, 2, 3, 3, 1, 1),
    (1, 7, 6, 3, 1, 3, 2, 1),
    (3, 8, 8, 1, 4, 5, 1, 2),
    (2, 6, 9, 2, 2, (2, 3), (3, 2), (1, 2)),
    (2, 7, 5, 2, 2, 2, 3, 0),  # strides that leave the last row and column out
    (1, 4, 4, 2, 3, 1, 2, 0),  # a stride larger than the window: pixels that nobody sees
    (1, 2, 2, 1, 2, 4, 1, 1),  # a window larger than the image, with padding
    (2, 5, 5, 2, 2, 3, 2, 3),  # windows that see zeros alone
]


@pytest.mark.parametrize("train", [False, True])
@pytest.mark.parametrize("case", CONVS, ids=str)
def test_convolution(case, train, by_differences, as_torch):
    n, h, w, c_in, c_out, size, stride, padding = case
    layer, x = conv(c_in, c_out, size, stride=stride, padding=padding), images(n, h, w, c_in)
    by_differences(layer, x, train)

    def theirs(x, p):
        W = p["W"].permute(3, 2, 0, 1).contiguous()
        return last(F.conv2d(first(x), W, p["b"], stride=stride, padding=padding))

    as_torch(layer, x, train, theirs)


pairs = st.tuples(st.integers(1, 3), st.integers(1, 3))


@given(
    shape=st.tuples(*(st.integers(1, 6) for _ in range(4))), c_out=st.integers(1, 3), size=pairs, stride=pairs,
    padding=st.tuples(st.integers(0, 2), st.integers(0, 2)),
)  # fmt: skip
@settings(max_examples=60)
def test_any_convolution_and_pool_is_that_of_torch(shape, c_out, size, stride, padding):
    x, rng = images(*shape), np.random.default_rng(0)
    layer = conv(shape[3], c_out, size, stride=stride, padding=padding)
    tensors = {name: torch.tensor(p, requires_grad=True) for name, p in layer.params.items()}
    W, b = tensors["W"].permute(3, 2, 0, 1).contiguous(), tensors["b"]
    fits = all(n + 2 * p >= k for n, k, p in zip(shape[1:], size, padding, strict=False))
    inside = all(n >= k for n, k in zip(shape[1:], size, strict=False))
    for mine, theirs, possible in (
        (layer, lambda x: F.conv2d(x, W, b, stride=stride, padding=padding), fits),
        (MaxPool2d(size, stride=stride), lambda x: F.max_pool2d(x, size, stride), inside),
        (AvgPool2d(size, stride=stride), lambda x: F.avg_pool2d(x, size, stride), inside),
    ):
        if not possible:
            with pytest.raises(ValueError, match="of at least"):
                mine.forward(x)
            continue
        tx = torch.tensor(x, requires_grad=True)
        ty, y = last(theirs(first(tx))), mine.forward(x)
        dy = rng.normal(size=y.shape)
        ty.backward(torch.tensor(dy))
        np.testing.assert_allclose(y, ty.detach().numpy(), rtol=1e-10, atol=1e-12)
        np.testing.assert_allclose(mine.backward(dy), tx.grad.numpy(), rtol=1e-10, atol=1e-12)
        for name, gradient in mine.grads.items():
            np.testing.assert_allclose(gradient, tensors[name].grad.numpy(), rtol=1e-10, atol=1e-12)


def test_convolution_is_its_formula():
    layer, x = conv(2, 3, (2, 3), stride=(2, 1), padding=(1, 0)), images(2, 4, 5, 2)
    W, b = layer.params["W"], layer.params["b"]
    y = layer.forward(x)
    assert y.shape == (2, 3, 3, 3)
    for n, p, q, o in np.ndindex(y.shape):
        total = b[o]
        for i, j, c in np.ndindex(2, 3, 2):
            row, column = 2 * p + i - 1, q + j
            if 0 <= row < 4:
                total += x[n, row, column, c] * W[i, j, c, o]
        assert y[n, p, q, o] == pytest.approx(total, rel=1e-12)


def test_gradients_reach_arrays_of_any_layout():
    layer, x = conv(2, 3, 3), images(2, 5, 5, 2)
    layer.backward(layer.forward(x))
    expected = layer.grads["W"].copy()
    columns = {k: np.zeros_like(g, order="F") for k, g in layer.grads.items()}
    layer.bind(dict(layer.params), columns)
    layer.backward(layer.forward(x))
    np.testing.assert_array_equal(columns["W"], expected)


def test_a_convolution_of_size_one_is_dense_at_every_pixel():
    layer, x = conv(3, 2, 1), images(2, 4, 5, 3)
    np.testing.assert_allclose(layer.forward(x), x @ layer.params["W"][0, 0] + layer.params["b"], rtol=1e-12)


def test_a_shifted_image_gives_a_shifted_answer():
    layer, x = conv(1, 2, 3), images(1, 9, 9, 1)
    np.testing.assert_allclose(layer.forward(x[:, 2:])[0], layer.forward(x)[0, 2:], rtol=1e-12)


# n, height, width, channels, size, stride
POOLS = [
    (1, 1, 1, 1, 1, None),
    (2, 4, 6, 3, 2, None),
    (1, 5, 7, 2, 2, None),  # the last row and column are left out
    (2, 5, 5, 2, 3, 2),  # windows that overlap
    (1, 7, 4, 1, (3, 2), (1, 2)),
    (2, 6, 6, 2, 2, 3),  # gaps
    (3, 4, 4, 5, 4, 1),
]


@pytest.mark.parametrize("train", [False, True])
@pytest.mark.parametrize("case", POOLS, ids=str)
def test_pooling(case, train, by_differences, as_torch):
    *shape, size, stride = case
    x = images(*shape)
    for layer, theirs in ((MaxPool2d, F.max_pool2d), (AvgPool2d, F.avg_pool2d)):
        by_differences(layer(size, stride=stride), x, train)
        as_torch(layer(size, stride=stride), x, train, lambda x, p, f=theirs: last(f(first(x), size, stride)))


@pytest.mark.parametrize("train", [False, True])
@pytest.mark.parametrize("shape", [(1, 1, 1, 1), (2, 3, 5, 4), (1, 7, 2, 3)])
def test_global_pooling(shape, train, by_differences, as_torch):
    x = images(*shape)
    by_differences(GlobalAvgPool(), x, train)
    as_torch(GlobalAvgPool(), x, train, lambda x, p: x.mean(dim=(1, 2)))


def test_ties_go_to_the_first_as_in_torch(as_torch):
    """Zeros after a rectifier are ties: one of them gets the gradient, not all."""
    x = np.maximum(images(4, 6, 6, 3).round(), 0)
    for size, stride in ((2, 2), (3, 1), (3, 2)):
        as_torch(
            MaxPool2d(size, stride=stride), x, True, lambda x, p, s=(size, stride): last(F.max_pool2d(first(x), *s))
        )
    below = np.full((1, 2, 2, 1), -np.inf)
    pool = MaxPool2d(2)
    assert pool.forward(below).item() == -np.inf
    assert pool.backward(np.ones((1, 1, 1, 1))).ravel().tolist() == [1.0, 0.0, 0.0, 0.0]


@pytest.mark.parametrize("where", range(4))
def test_nan_is_passed_on(where):
    x = np.arange(4.0)
    x[where] = np.nan
    for layer in (MaxPool2d(2), AvgPool2d(2), GlobalAvgPool()):
        assert np.isnan(layer.forward(x.reshape(1, 2, 2, 1))).all()


LAYERS = [conv(3, 2, 3, padding=1, dtype=np.float32), MaxPool2d(2), AvgPool2d(3, stride=1), GlobalAvgPool()]


@pytest.mark.parametrize("layer", LAYERS, ids=repr)
def test_float32_stays_and_batches_are_their_images(layer):
    x = images(5, 8, 7, 3).astype(np.float32)
    y, before = layer.forward(x, train=True), x.copy()
    dy = np.ones_like(y)
    assert y.dtype == layer.backward(dy).dtype == np.float32 and np.array_equal(x, before)
    assert all(a.dtype == np.float32 for a in (*layer.params.values(), *layer.grads.values()))
    for i in range(5):
        np.testing.assert_allclose(layer.forward(x[i : i + 1])[0], y[i], rtol=1e-5, atol=1e-6)
    turned = np.asfortranarray(x)
    np.testing.assert_allclose(layer.forward(turned), y, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("layer", LAYERS, ids=repr)
def test_bad_input(layer):
    name, channels = type(layer).__name__, 3 if isinstance(layer, Conv2d) else "C"
    with pytest.raises(ValueError, match=rf"^{name}\(.*\): x must have shape \(N, H, W, {channels}\), not \(2, 64\)"):
        layer.forward(np.ones((2, 64)))
    with pytest.raises(TypeError, match=rf"^{name}\(.*\): x must be a NumPy array of floats, not uint8"):
        layer.forward(np.ones((2, 8, 8, 3), np.uint8))
    with pytest.raises(ValueError, match=rf"^{name}\(.*\): x is empty"):
        layer.forward(np.ones((0, 8, 8, 3)))
    layer.forward(np.ones((2, 8, 8, 3), np.float32))
    with pytest.raises(ValueError, match=rf"^{name}\(.*\): dy must have shape \(2, .*\), not \(2, 9, 9, 9\)"):
        layer.backward(np.ones((2, 9, 9, 9)))
    with pytest.raises(ValueError, match=rf"^{name}\(.*\): x must have shape"):
        layer.output_shape((8,))


def test_bad_shapes_in_words():
    with pytest.raises(RuntimeError, match=r"Conv2d\(2, 3, size=3, .*\): backward needs a forward first"):
        conv().backward(np.ones((1, 2, 2, 3)))
    with pytest.raises(ValueError, match=r"x must have shape \(N, H, W, 2\), not \(1, 5, 5, 3\)"):
        conv().forward(images(1, 5, 5, 3))
    with pytest.raises(ValueError, match=r"x must have W of at least 3, not 2"):
        conv().forward(images(1, 5, 2, 2))
    with pytest.raises(ValueError, match=r"x must have H of at least 5 with 1 of padding on each side, not 2"):
        conv(size=5, padding=1).forward(images(1, 2, 5, 2))
    with pytest.raises(ValueError, match=r"MaxPool2d\(size=2, stride=2\): x must have H of at least 2, not 1"):
        MaxPool2d(2).output_shape((1, 4, 3))


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: conv(0), ValueError, "c_in must be at least 1, not 0"),
        (lambda: conv(c_out=1.5), TypeError, "c_out must be an integer, not 1.5"),
        (lambda: conv(size=0), ValueError, "size must be at least 1, not 0"),
        (lambda: conv(size=(3, 3, 3)), ValueError, r"size must be one number or a pair, not \(3, 3, 3\)"),
        (lambda: conv(stride=0), ValueError, "stride must be at least 1, not 0"),
        (lambda: conv(padding=-1), ValueError, "padding must be at least 0, not -1"),
        (lambda: conv(padding="same"), TypeError, "padding must be an integer, not 'same'"),
        (lambda: MaxPool2d(2.0), TypeError, "size must be an integer, not 2.0"),
        (lambda: AvgPool2d(2, stride=(1, 0)), ValueError, "stride must be at least 1, not 0"),
    ],
)
def test_bad_settings(make, error, message):
    with pytest.raises(error, match=f"^{message}"):
        make()


def test_reprs():
    assert repr(conv(stride=(2, 1), padding=1)) == "Conv2d(2, 3, size=3, stride=(2, 1), padding=1)"
    assert repr(conv(size=(3, 1))) == "Conv2d(2, 3, size=(3, 1), stride=1, padding=0)"
    assert [repr(layer) for layer in LAYERS[1:]] == [
        "MaxPool2d(size=2, stride=2)",
        "AvgPool2d(size=3, stride=1)",
        "GlobalAvgPool()",
    ]
