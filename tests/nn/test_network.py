"""Networks: one buffer, any nesting, and a table."""

import copy
import subprocess
import sys

import numpy as np
import pytest
import torch

from course_lib.nn import (
    BatchNorm,
    Conv2d,
    Dense,
    Flatten,
    GlobalAvgPool,
    Layer,
    MaxPool2d,
    ReLU,
    Residual,
    Sequential,
    Tanh,
    softmax_cross_entropy,
)
from course_lib.nn.layers import fill_grads
from course_lib.nn.network import Container
from course_lib.optim import Adam, Momentum, Optimizer, ParameterSet

F = torch.nn.functional


def block(rng, c_in, c_out, stride=1, dtype=np.float64):
    """A residual block, with a projection where the shape changes."""
    branch = Sequential(
        Conv2d(c_in, c_out, 3, stride=stride, padding=1, rng=rng, dtype=dtype),
        BatchNorm(c_out, dtype=dtype),
        ReLU(),
        Conv2d(c_out, c_out, 3, padding=1, rng=rng, dtype=dtype),
    )
    same = c_in == c_out and stride == 1
    return Residual(branch, None if same else Conv2d(c_in, c_out, 1, stride=stride, rng=rng, dtype=dtype))


def resnet(seed=0, dtype=np.float64):
    rng = np.random.default_rng(seed)
    return Sequential(
        Conv2d(1, 2, 3, padding=1, rng=rng, dtype=dtype),
        block(rng, 2, 2, dtype=dtype),
        block(rng, 2, 3, stride=2, dtype=dtype),
        Sequential(GlobalAvgPool(), Dense(3, 4, rng=rng, dtype=dtype)),
    )


def images(n=3, seed=1, dtype=np.float64):
    rng = np.random.default_rng(seed)
    return rng.normal(size=(n, 5, 6, 1)).astype(dtype), rng.integers(0, 4, size=n)


def torch_resnet(x, p, train):
    def conv(x, name, **settings):
        return F.conv2d(x, p[f"{name}.W"].permute(3, 2, 0, 1), p[f"{name}.b"], **settings)

    def branch(x, name, stride):
        x = conv(x, f"{name}.0", stride=stride, padding=1)
        mean, var = torch.zeros_like(p[f"{name}.1.beta"]), torch.ones_like(p[f"{name}.1.beta"])
        x = F.batch_norm(x, mean, var, p[f"{name}.1.gamma"], p[f"{name}.1.beta"], training=train)
        return conv(torch.relu(x), f"{name}.3", padding=1)

    x = conv(x.permute(0, 3, 1, 2), "0", padding=1)
    x = x + branch(x, "1.branch", 1)
    x = conv(x, "2.projection", stride=2) + branch(x, "2.branch", 2)
    return x.mean(dim=(2, 3)) @ p["3.1.W"] + p["3.1.b"]


# Forward and backward


@pytest.mark.parametrize("train", [False, True])
@pytest.mark.parametrize("n", [1, 3])
def test_nested_networks(n, train, by_differences, as_torch):
    x = images(n)[0]
    as_torch(resnet(), x, train, lambda x, p: torch_resnet(x, p, train))
    by_differences(resnet(), x, train)


@pytest.mark.parametrize("train", [False, True])
@pytest.mark.parametrize("n", [1, 5])
@pytest.mark.parametrize("projected", [False, True])
def test_residual_alone(projected, n, train, by_differences, as_torch):
    rng = np.random.default_rng(0)
    projection = Dense(3, 4, rng=rng, dtype=np.float64) if projected else None
    residual = Residual(Sequential(Tanh(), Dense(3, 4 if projected else 3, rng=rng, dtype=np.float64)), projection)
    x = rng.normal(size=(n, 3))
    by_differences(residual, x, train)

    def theirs(x, p):
        shortcut = x @ p["projection.W"] + p["projection.b"] if projected else x
        return shortcut + torch.tanh(x) @ p["branch.1.W"] + p["branch.1.b"]

    as_torch(residual, x, train, theirs)


def test_the_state_is_gathered():
    net, x = resnet(), images()[0]
    assert list(net.state) == ["1.branch.1.mean", "1.branch.1.var", "2.branch.1.mean", "2.branch.1.var"]
    before = {k: a.copy() for k, a in net.state.items()}
    net.forward(x)
    assert all(np.array_equal(net.state[k], before[k]) for k in before)
    net.forward(x, train=True)
    assert not any(np.array_equal(net.state[k], before[k]) for k in before)


# One buffer


def test_everything_is_a_view_of_two_buffers():
    net = resnet()
    assert type(net.params) is type(net.grads) is ParameterSet and net.params.fits(net.grads)
    conv = net.layers[1].parts["branch"].layers[0]
    assert conv.params["W"] is net.params["1.branch.0.W"]
    for arrays, flat in ((conv.params, net.params.flat), (conv.grads, net.grads.flat)):
        assert all(np.shares_memory(a, flat) for a in arrays.values())
    assert net.params.flat.size == sum(p.size for p in net.params.values())
    x, y = images()
    net.backward(softmax_cross_entropy(net.forward(x), y)[1])
    assert all(np.any(g) for name, g in net.grads.items() if name.endswith("W"))
    net.params.flat[...] = 0
    assert np.array_equal(net.forward(x), np.zeros((3, 4)))


def test_a_step_is_one_update():
    calls = []

    class Counted(Optimizer):
        def update(self, x, dx):
            calls.append(x.size)
            x -= self.lr * dx

    net, (x, y), opt = resnet(), images(), Counted(0.1)
    for _ in range(3):
        net.backward(softmax_cross_entropy(net.forward(x), y)[1])
        opt.step(net.params, net.grads)
    assert calls == [net.params.flat.size] * 3


@pytest.mark.parametrize("opt", [Momentum(0.05), Adam(0.01)], ids=repr)
def test_it_trains_as_separate_arrays_do(opt):
    net, loose, (x, y) = resnet(), resnet(), images(8)
    params = {k: p.copy() for k, p in loose.params.items()}
    other = opt.clone()
    for _ in range(60):
        loss, dscores = softmax_cross_entropy(net.forward(x, train=True), y)
        net.backward(dscores)
        opt.step(net.params, net.grads)
        for k, p in params.items():
            loose.params[k][...] = p
        loose.backward(softmax_cross_entropy(loose.forward(x, train=True), y)[1])
        other.step(params, {k: g.copy() for k, g in loose.grads.items()})
    for k, p in params.items():
        np.testing.assert_array_equal(net.params[k], p)
    assert loss < 0.5 * softmax_cross_entropy(resnet().forward(x, train=True), y)[0]


def test_float32_stays():
    net, (x, y) = resnet(dtype=np.float32), images(dtype=np.float32)
    scores = net.forward(x, train=True)
    assert scores.dtype == net.backward(softmax_cross_entropy(scores, y)[1]).dtype == np.float32
    assert net.params.flat.dtype == net.grads.flat.dtype == np.float32


@pytest.mark.parametrize("how", [copy.copy, copy.deepcopy])
def test_copies_are_whole_and_apart(how):
    net, (x, y) = resnet(), images()
    before = net.forward(x, train=True)
    twin = how(net)
    np.testing.assert_array_equal(twin.forward(x, train=True), before)
    assert twin.params["3.1.W"] is twin.layers[3].layers[1].params["W"]
    assert twin.state["1.branch.1.mean"] is twin.layers[1].parts["branch"].layers[1].state["mean"]
    kept = twin.params.flat.copy()
    twin.backward(softmax_cross_entropy(twin.forward(x), y)[1])
    Momentum(0.1).step(twin.params, twin.grads)
    assert not np.array_equal(twin.forward(x), net.forward(x))
    assert np.array_equal(net.params.flat, kept) and net.layers[0].params["W"] is net.params["0.W"]


def test_a_process_of_an_executor_can_be_sent_a_network():
    code = (  # in a process of its own, where no module is loaded twice, as doctests do
        "import pickle, numpy as np; from course_lib.nn import *; rng = np.random.default_rng(0);"
        "net = Sequential(Residual(Dense(3, 3, rng=rng)), BatchNorm(3)); x = np.ones((2, 3), np.float32);"
        "twin = pickle.loads(pickle.dumps(net)); assert (twin.forward(x) == net.forward(x)).all();"
        "twin.params.flat[...] = 0; assert not twin.forward(x).any() and net.forward(x).any();"
        "assert twin.state['1.mean'] is twin.layers[1].state['mean']"
    )
    done = subprocess.run([sys.executable, "-c", code], text=True, capture_output=True)
    assert done.returncode == 0, done.stderr


def test_parts_train_with_the_last_network_they_were_given_to():
    rng = np.random.default_rng(0)
    body = Sequential(Dense(3, 4, rng=rng), ReLU())
    before = body.params.flat.copy()
    net = Sequential(body, Dense(4, 2, rng=rng))
    np.testing.assert_array_equal(np.concatenate([net.params[f"0.0.{k}"].ravel() for k in "Wb"]), before)
    assert body.params["0.W"] is net.params["0.0.W"] is body.layers[0].params["W"]


def test_a_part_that_no_step_would_reach_is_told():
    rng, x = np.random.default_rng(0), np.ones((2, 3), np.float32)
    net = Sequential(Dense(3, 4, rng=rng), ReLU(), Residual(Dense(4, 4, rng=rng)))
    net.backward(net.forward(x))
    head = Sequential(*copy.deepcopy(net).layers[:2], Dense(4, 1, rng=rng))
    head.backward(head.forward(x))
    net.backward(net.forward(x))  # a copy was given away
    Sequential(*net.layers[:2], Dense(4, 1, rng=rng))
    y = net.forward(x)
    with pytest.raises(RuntimeError, match=r"^Sequential: W of part 0 is not params\['0.W'\] any longer"):
        net.backward(y)
    block = Residual(Dense(3, 3, rng=rng))
    block.parts["branch"].params["b"] = np.ones(3, np.float32)
    y = block.forward(x)
    with pytest.raises(RuntimeError, match=r"^Residual: b of part branch is not params\['branch.b'\] any longer"):
        block.backward(y)


def test_bind_is_passed_on():
    net, x = Sequential(Residual(Dense(2, 2, rng=np.random.default_rng(0)))), np.ones((1, 2), np.float32)
    mine, grads = net.params.copy(), net.params.zeros_like()
    mine.flat[...] = 1
    net.bind(mine, grads)
    assert net.forward(x).tolist() == [[4.0, 4.0]]
    net.backward(np.ones((1, 2), np.float32))
    assert grads["0.branch.b"].tolist() == [1.0, 1.0]
    with pytest.raises(ValueError, match=r"^Sequential: params must have the shapes"):
        net.bind({"0.branch.W": mine["0.branch.W"]}, grads)


def test_networks_without_parameters():
    net = Sequential(ReLU(), Flatten())
    assert net.forward(np.ones((2, 3, 4))).shape == (2, 12) and len(net.params) == 0
    empty, x = Sequential(), np.ones((2, 3))
    assert empty.forward(x) is x and empty.backward(x) is x and empty.layers == ()


# The table


def test_the_table_of_a_network():
    rng = np.random.default_rng(0)
    net = Sequential(
        Conv2d(1, 8, 3, padding=1, rng=rng), BatchNorm(8), ReLU(), MaxPool2d(2), Flatten(), Dense(128, 10, rng=rng)
    )
    expected = [
        ["Sequential", "shape", "parameters"],
        ["x", "(N, 8, 8, 1)"],
        ["0", "Conv2d(1, 8, size=3, stride=1, padding=1)", "(N, 8, 8, 8)", "80"],
        ["1", "BatchNorm(8)", "(N, 8, 8, 8)", "16"],
        ["2", "ReLU()", "(N, 8, 8, 8)"],
        ["3", "MaxPool2d(size=2, stride=2)", "(N, 4, 4, 8)"],
        ["4", "Flatten()", "(N, 128)"],
        ["5", "Dense(128, 10)", "(N, 10)", "1,290"],
        ["total", "1,386"],
    ]

    def cells(table):
        return [[cell.strip() for cell in line.split("  ") if cell.strip()] for line in table.splitlines()]

    assert cells(net.table((8, 8, 1))) == expected
    assert "(N," not in repr(net) and "1,386" in repr(net) and repr(net) == net.table()
    net.forward(np.ones((5, 8, 8, 1), np.float32))
    assert repr(net) == net.table() == net.table((8, 8, 1))
    assert repr(net).splitlines()[-1].endswith("1,386")
    with pytest.raises(ValueError, match=r"Dense\(128, 10\): x must have shape \(N, 128\), not \(N, 392\)"):
        net.table((14, 15, 1))
    with pytest.raises(ValueError, match=r"Conv2d\(1, 8, .*\): x must have shape \(N, H, W, 1\), not \(N, 64\)"):
        net.table((64,))


def test_the_table_of_blocks():
    lines = resnet().table((5, 6, 1)).splitlines()
    names = [line.split()[0] for line in lines[1:]]
    assert names == [
        "x", "0",
        "1", "1.branch", *(f"1.branch.{i}" for i in range(4)),
        "2", "2.branch", *(f"2.branch.{i}" for i in range(4)), "2.projection",
        "3", "3.0", "3.1", "total",
    ]  # fmt: skip
    assert "(N, 3, 3, 3)" in lines[names.index("2") + 1] and "(N, 4)" in lines[-2]
    total = sum(int(line.split()[-1]) for line in lines[2:-1] if not line.endswith(")"))
    assert total == resnet().params.flat.size == int(lines[-1].split()[-1])


def test_the_table_tells_the_shapes_there_are():
    """Of every part, however deep, the shape of y is that of its own forward."""
    rng, seen = np.random.default_rng(0), {}
    inner = Residual(Sequential(Conv2d(3, 3, 3, padding=1, rng=rng), ReLU()))
    net = Sequential(
        Conv2d(1, 2, (3, 2), rng=rng),
        Residual(Sequential(Conv2d(2, 3, 2, stride=2, rng=rng), inner), Conv2d(2, 3, 1, stride=(2, 2), rng=rng)),
        Sequential(MaxPool2d(2), Residual(Sequential(ReLU())), Flatten()),
        Residual(Dense(6, 4, rng=rng), Dense(6, 4, rng=rng)),
    )

    def watch(prefix, layer):
        for name, part in layer.parts.items():

            def forward(x, train=False, key=f"{prefix}{name}", of=part.forward):
                seen[key] = of(x, train)
                return seen[key]

            part.forward = forward
            if hasattr(part, "parts"):
                watch(f"{prefix}{name}.", part)

    watch("", net)
    net.forward(rng.normal(size=(5, 10, 7, 1)))
    for table in (net.table(), net.table((10, 7, 1)), net.table([10, 7, 1])):
        _, x, *rows, _ = table.splitlines()
        assert x.split(maxsplit=1) == ["x", "(N, 10, 7, 1)"]
        assert [row.split()[0] for row in rows] == [
            "0", "1", "1.branch", "1.branch.0", "1.branch.1", "1.branch.1.branch", "1.branch.1.branch.0",
            "1.branch.1.branch.1", "1.projection", "2", "2.0", "2.1", "2.1.branch", "2.1.branch.0", "2.2", "3",
            "3.branch", "3.projection",
        ]  # fmt: skip
        for row in rows:
            shape = ", ".join(map(str, seen[row.split()[0]].shape[1:]))
            assert f"  (N, {shape})" in row
    with pytest.raises(ValueError, match=r"^Residual: the branch must have the shape of the shortcut, \(N, 5, 2, 3\)"):
        net.table((11, 5, 1))


def test_any_network_can_be_looked_at():
    rng = np.random.default_rng(0)
    torn = Sequential(Dense(3, 4, rng=rng), Dense(5, 2, rng=rng))  # one that cannot work, too
    assert "Dense(5, 2)" in repr(torn) and "(N" not in repr(torn) and repr(torn).endswith(" 28")
    with pytest.raises(ValueError, match=r"^Dense\(5, 2\): x must have shape \(N, 5\), not \(N, 4\)"):
        torn.table()
    loose = Container({"left": Dense(2, 3, rng=rng), "right": Dense(2, 1, rng=rng)})
    assert [line.split()[0] for line in repr(loose).splitlines()[2:]] == ["left", "right", "total"]


def test_a_dense_network_knows_its_shapes():
    rng = np.random.default_rng(0)
    net = Sequential(Sequential(Dense(4, 3, rng=rng), ReLU()), Dense(3, 2, rng=rng))
    assert "(N, 4)" in repr(net) and "(N, 2)" in repr(net)
    assert repr(Residual(Dense(3, 3, rng=rng))).splitlines()[0].split() == ["Residual", "shape", "parameters"]
    assert net.output_shape((4,)) == (2,)


# Bad input


def test_bad_shapes_are_named():
    net = resnet()
    with pytest.raises(ValueError, match=r"^Conv2d\(1, 2, .*\): x must have shape \(N, H, W, 1\), not \(3, 64\)"):
        net.forward(np.ones((3, 64)))
    net.forward(images()[0])
    with pytest.raises(ValueError, match=r"^Dense\(3, 4\): dy must have shape \(3, 4\), not \(3, 5\)"):
        net.backward(np.ones((3, 5)))
    rng = np.random.default_rng(0)
    with pytest.raises(
        ValueError, match=r"^Residual: the branch must have .* \(5, 3\), not \(5, 2\): add a projection"
    ):
        Residual(Dense(3, 2, rng=rng)).forward(np.ones((5, 3)))
    with pytest.raises(ValueError, match=r"^Residual: the branch must have .* \(N, 3\), not \(N, 2\)"):
        Residual(Dense(3, 2, rng=rng)).table((3,))
    with pytest.raises(TypeError, match=r"^shape must be that of one example, such as \(8, 8, 1\), not 64"):
        net.table(64)
    with pytest.raises(ValueError, match=r"^shape must be at least 1, not 0"):
        net.table((0, 8, 1))
    # the same number of numbers is not enough: they would broadcast
    with pytest.raises(ValueError, match=r"^Residual: "):
        Residual(Dense(3, 1, rng=rng)).forward(np.ones((5, 3)))


def test_bad_parts_are_named():
    rng = np.random.default_rng(0)
    dense = Dense(3, 3, rng=rng)
    with pytest.raises(TypeError, match=r"^Sequential: part 1 must be a Layer, not .*ReLU.*: write ReLU\(…\)"):
        Sequential(dense, ReLU)
    with pytest.raises(TypeError, match=r"^Sequential: part 0 must be a Layer, not \["):
        Sequential([dense, ReLU()])
    with pytest.raises(TypeError, match=r"^Residual: part branch must be a Layer"):
        Residual(lambda x: x)
    with pytest.raises(ValueError, match=r"^Sequential: 2 is the same layer as 0, Dense\(3, 3\)"):
        Sequential(dense, ReLU(), dense)
    with pytest.raises(ValueError, match=r"^Sequential: 1.branch.0 is the same layer as 0, Dense\(3, 3\)"):
        Sequential(dense, Residual(Sequential(dense)))
    with pytest.raises(ValueError, match=r"one dtype, but .*'0\..'.* is float32 and .*'1\..'.* is float64"):
        Sequential(dense, Dense(3, 3, rng=rng, dtype=np.float64))

    class Mine(Layer):
        def __init__(self):
            self.rate = 2

    with pytest.raises(TypeError, match=r"^Sequential: part 0: Mine.__init__ must call super\(\).__init__\(\)"):
        Sequential(Mine())
    assert isinstance(dense, Layer) and dense.params["W"].shape == (3, 3)


class Doubled(Dense):
    """A layer with a backward of its own: what it inherits must not pass it by."""

    def backward(self, dy):
        dx = super().backward(dy)
        self.grads["W"] *= 2
        return dx


@pytest.mark.parametrize(
    "first",
    [
        lambda rng: Conv2d(2, 4, 3, rng=rng),
        lambda rng: Sequential(Conv2d(2, 4, 3, rng=rng), ReLU(), Conv2d(4, 4, 1, rng=rng)),
        lambda rng: Residual(Conv2d(2, 2, 3, padding=1, rng=rng)),
        lambda rng: Sequential(Flatten(), Doubled(50, 4, rng=rng)),
        lambda rng: Doubled(2, 4, rng=rng),
        lambda rng: Sequential(),
    ],
    ids=["convolution", "row", "residual", "flat", "own backward", "nothing"],
)
def test_gradients_without_that_of_the_input(first):
    rng = np.random.default_rng(0)
    layer = first(rng)
    x = rng.normal(size=(3, 2) if isinstance(layer, Doubled) else (3, 5, 5, 2)).astype(np.float32)
    net = Sequential(layer, ReLU())
    dy = rng.normal(size=net.forward(x, train=True).shape).astype(np.float32)
    net.backward(dy)
    expected = net.grads.flat.copy()
    net.grads.flat[...] = np.nan
    fill_grads(net, dy)
    assert np.array_equal(net.grads.flat, expected) and (expected.size == 0 or np.abs(expected).max() > 0)


def test_training_does_not_compute_the_gradient_of_the_input(monkeypatch):
    rng, asked = np.random.default_rng(0), []
    net = Sequential(Dense(3, 4, rng=rng), ReLU(), Dense(4, 2, rng=rng))
    backward = Dense.backward
    monkeypatch.setattr(Dense, "backward", lambda self, dy: asked.append(repr(self)) or backward(self, dy))
    net.forward(np.ones((5, 3), np.float32), train=True)
    fill_grads(net, np.ones((5, 2), np.float32))
    assert asked == ["Dense(4, 2)"]
