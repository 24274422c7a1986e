"""The networks, against forward passes written with NumPy from the papers' tables, and torchvision's own names."""

import copy
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from course_lib.deep import IMAGENET_MEAN, IMAGENET_STD, ResNet18, SmallCNN

torch.set_num_threads(1)
MANIFEST = json.loads((Path(__file__).parent / "resnet18_manifest.json").read_text())["entries"]
BOTH = [pytest.param(SmallCNN, (1, 8, 8), id="SmallCNN"), pytest.param(ResNet18, (3, 40, 40), id="ResNet18")]


def seeded(make, classes=7, seed=0):
    """A network in float64 whose every number is drawn, batch norm's statistics too."""
    net = make(classes).double().eval()
    g = torch.Generator().manual_seed(seed)
    for name, value in net.state_dict().items():
        if value.ndim == 4:
            nn.init.kaiming_normal_(value, generator=g)
        elif value.ndim == 2:
            value.normal_(0, value.shape[1] ** -0.5, generator=g)
        elif name.endswith("running_var") or (value.ndim and name.endswith("weight")):
            value.uniform_(0.5, 2, generator=g)
        elif value.is_floating_point():
            value.normal_(0, 0.5, generator=g)
    return net, {name: value.numpy() for name, value in net.state_dict().items()}


def images(shape, n=3, seed=0):
    return np.random.default_rng(seed).standard_normal((n, *shape))


# -- a forward pass in NumPy ----------------------------------------------------------------------


def conv(x, w, stride, pad):
    x = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)))
    windows = np.lib.stride_tricks.sliding_window_view(x, w.shape[2:], axis=(2, 3))[:, :, ::stride, ::stride]
    return np.tensordot(windows, w, ((1, 4, 5), (1, 2, 3))).transpose(0, 3, 1, 2)


def norm(x, s, name):
    mean, var, gamma, beta = (
        s[f"{name}.{part}"][:, None, None] for part in ("running_mean", "running_var", "weight", "bias")
    )
    return gamma * (x - mean) / np.sqrt(var + 1e-5) + beta


def relu(x):
    return np.maximum(x, 0)


def max_pool(x, size, stride, pad=0):
    x = np.pad(x, ((0, 0), (0, 0), (pad, pad), (pad, pad)), constant_values=-np.inf)
    windows = np.lib.stride_tricks.sliding_window_view(x, (size, size), axis=(2, 3))
    return windows[:, :, ::stride, ::stride].max(axis=(4, 5))


def resnet18_features(x, s):
    """He et al. 2016, table 1, the column of 18 layers; and section 3.3, option B, where the shape changes."""
    x = relu(norm(conv(x, s["conv1.weight"], 2, 3), s, "bn1"))  # conv1: 7×7, 64, stride 2
    x = max_pool(x, 3, 2, 1)  # conv2_x begins with 3×3 max pool, stride 2
    for layer, first_stride in ((1, 1), (2, 2), (3, 2), (4, 2)):  # conv2_x … conv5_x, two blocks of two 3×3 each
        for block in (0, 1):
            at, stride = f"layer{layer}.{block}", first_stride if block == 0 else 1
            y = relu(norm(conv(x, s[f"{at}.conv1.weight"], stride, 1), s, f"{at}.bn1"))
            y = norm(conv(y, s[f"{at}.conv2.weight"], 1, 1), s, f"{at}.bn2")
            if layer > 1 and block == 0:
                x = norm(conv(x, s[f"{at}.downsample.0.weight"], 2, 0), s, f"{at}.downsample.1")
            x = relu(x + y)
    return x.mean(axis=(2, 3))  # average pool


def upsampled(x, side=16):
    """Bilinear: pixel i of the new image lies at (i + 1/2)·old/new − 1/2 in the old one, whose edge goes on outside."""
    for axis in (2, 3):
        old = x.shape[axis]
        at = np.clip((np.arange(side) + 0.5) * old / side - 0.5, 0, old - 1)
        low = np.floor(at).astype(int)
        t = (at - low).reshape([-1 if i == axis else 1 for i in range(4)])
        x = (1 - t) * x.take(low, axis) + t * x.take(np.minimum(low + 1, old - 1), axis)
    return x


def small_features(x, s):
    x = upsampled(x)
    for i in (1, 2, 3, 4):
        x = relu(norm(conv(x, s[f"conv{i}.0.weight"], 1, 1), s, f"conv{i}.1"))
        if i in (2, 4):
            x = max_pool(x, 2, 2)
    return relu(x.reshape(len(x), -1) @ s["embed.1.weight"].T + s["embed.1.bias"])


@pytest.mark.parametrize("shape", [(3, 64, 64), (3, 33, 47)])
def test_resnet18_is_the_papers(shape):
    net, state = seeded(ResNet18)
    x = images(shape, n=2)
    features = resnet18_features(x, state)
    assert features.shape == (2, 512) and features.std() > 0.1
    assert np.allclose(net.features(torch.from_numpy(x)).detach(), features, rtol=1e-10, atol=1e-12)
    scores = features @ state["fc.weight"].T + state["fc.bias"]
    assert np.allclose(net(torch.from_numpy(x)).detach(), scores, rtol=1e-10, atol=1e-12)
    single = net.float()(torch.from_numpy(x).float()).detach()
    assert single.dtype == torch.float32 and np.allclose(single, scores, rtol=1e-3, atol=1e-3 * np.abs(scores).max())


@pytest.mark.parametrize("shape", [(1, 8, 8), (1, 16, 16), (1, 5, 11), (1, 1, 1)])
def test_small_network_is_what_it_says(shape):
    net, state = seeded(SmallCNN)
    x = images(shape)
    features = small_features(x, state)
    assert features.shape == (3, 128) and (features > 0).mean() > 0.1
    assert np.allclose(net.features(torch.from_numpy(x)).detach(), features, rtol=1e-10, atol=1e-12)
    scores = features @ state["head.weight"].T + state["head.bias"]
    assert np.allclose(net(torch.from_numpy(x)).detach(), scores, rtol=1e-10, atol=1e-12)


# -- names, shapes, numbers -----------------------------------------------------------------------


def test_resnet18_has_the_names_and_shapes_of_torchvision():
    assert len(MANIFEST) == 122
    found = [[name, list(v.shape), str(v.dtype).removeprefix("torch.")] for name, v in ResNet18().state_dict().items()]
    assert found == MANIFEST


def test_number_of_weights():
    def count(net):
        return sum(p.numel() for p in net.parameters())

    assert count(ResNet18()) == 11_689_512  # torchvision's num_params
    assert count(ResNet18(5)) == 11_689_512 - 995 * 513
    assert count(SmallCNN(38)) - count(SmallCNN(38).head) == 196_384
    assert (len(IMAGENET_MEAN), len(IMAGENET_STD)) == (3, 3)


@pytest.mark.parametrize(("make", "shape"), BOTH)
def test_stages_hold_every_parameter_once_from_the_input_on(make, shape):
    net = make(7)
    names = {id(tensor): name for name, tensor in net.state_dict(keep_vars=True).items()}
    held = [names[id(t)] for _, stage in net.stages for t in stage.state_dict(keep_vars=True).values()]
    assert held == list(net.state_dict())
    assert net.stages[-1] == ("head", net.head) and len(net.stages) == 6
    seen = []  # the stages in the order in which x reaches their first weights
    for name, stage in net.stages:
        first = next(module for module in stage.modules() if list(module.parameters(recurse=False)))
        first.register_forward_hook(lambda *_, name=name: seen.append(name))
    net.eval()(torch.from_numpy(images(shape)).float())
    assert seen == [name for name, _ in net.stages]


@pytest.mark.parametrize(("make", "shape"), BOTH)
def test_freezing_stages_trains_the_others(make, shape):
    net = make(7)
    for _, stage in net.stages[:4]:
        stage.requires_grad_(False).eval()
    x = torch.from_numpy(images(shape)).float()
    net(x).square().sum().backward()
    later = {id(p) for _, stage in net.stages[4:] for p in stage.parameters()}
    for p in net.parameters():
        assert (p.grad is not None) == (id(p) in later) and (p.grad is None or p.grad.abs().sum() > 0)


@pytest.mark.parametrize(("make", "shape"), BOTH)
def test_head_is_replaced(make, shape):
    net = make(7).eval()
    x = torch.from_numpy(images(shape)).float()
    width = net.features(x).shape[1]
    assert torch.equal(net(x), net.head(net.features(x)))
    before = list(net.state_dict())
    net.head = new = nn.Linear(width, 4)
    assert net.head is new and net(x).shape == (3, 4) and torch.equal(net(x), new(net.features(x)))
    assert list(net.state_dict()) == before and [n for n, _ in net.named_children()].count("head") <= 1
    assert any(p is new.weight for p in net.parameters()) and net.stages[-1][1] is new
    net.head = nn.Identity()
    assert torch.equal(net(x), net.features(x))
    with pytest.raises(TypeError, match="cannot assign"):
        net.head = 5
    twin = copy.deepcopy(net)
    twin.head = nn.Linear(width, 2)
    assert isinstance(net.head, nn.Identity) and twin(x).shape == (3, 2)


def test_head_of_resnet18_is_torchvisions_fc():
    net = ResNet18(3)
    assert net.head is net.fc
    net.fc = nn.Linear(512, 2)
    assert net.head is net.fc and "head.weight" not in net.state_dict()


# -- as any module --------------------------------------------------------------------------------


@pytest.mark.parametrize(("make", "shape"), BOTH)
def test_evaluation_is_deterministic_and_row_by_row(make, shape):
    net = make(7, generator=torch.Generator().manual_seed(0)).eval()
    x = torch.from_numpy(images(shape, n=6)).float()
    kept, before = x.clone(), {name: v.clone() for name, v in net.state_dict().items()}
    with torch.no_grad():
        y = net(x)
        assert y.dtype == torch.float32 and y.isfinite().all() and torch.equal(net(x), y)
        assert torch.allclose(torch.cat([net(x[:1]), net(x[1:])]), y, atol=1e-5)
        assert net(x[:0]).shape == (0, 7)
        strided = torch.from_numpy(images(shape, n=6).transpose(0, 2, 3, 1).copy()).float().permute(0, 3, 1, 2)
        assert torch.allclose(net(strided), y, atol=1e-5)
    assert torch.equal(x, kept)
    assert all(torch.equal(v, before[name]) for name, v in net.state_dict().items())


@pytest.mark.parametrize(("make", "shape"), BOTH)
def test_weights_are_drawn_from_the_generator(make, shape):
    def drawn(seed):
        return list(make(7, generator=torch.Generator().manual_seed(seed)).parameters())

    one, same, other = drawn(0), drawn(0), drawn(1)
    assert all(torch.equal(a, b) for a, b in zip(one, same, strict=True))
    assert not torch.equal(one[0], other[0])
    net = make(7)
    for module in net.modules():
        if isinstance(module, nn.Conv2d):
            fan_out = module.out_channels * module.kernel_size[0] * module.kernel_size[1]
            assert module.weight.std().item() == pytest.approx((2 / fan_out) ** 0.5, rel=0.2)
        elif isinstance(module, nn.Linear):
            assert module.weight.std().item() == pytest.approx(module.in_features**-0.5, rel=0.2)
            assert not module.bias.any()


@pytest.mark.parametrize(("make", "shape"), BOTH)
def test_moved_to_a_device_it_computes_there(make, shape):
    """On the device `meta`, which has no numbers, whatever were made on another one would be an error."""
    net = make(7).to("meta")
    x = torch.empty(3, *shape, device="meta")
    net(x).sum().backward()
    assert net(x).device.type == "meta" and next(net.parameters()).grad.device.type == "meta"
    assert make(7).double().eval()(torch.zeros(1, *shape, dtype=torch.float64)).dtype == torch.float64


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU here")
@pytest.mark.parametrize(("make", "shape"), BOTH)
def test_the_gpu_computes_the_same(make, shape):
    net, _ = seeded(make)
    x = torch.from_numpy(images(shape))
    with torch.no_grad():
        assert torch.allclose(net(x), net.to("cuda")(x.to("cuda")).cpu(), rtol=1e-8, atol=1e-10)


@pytest.mark.parametrize(("make", "shape"), BOTH)
def test_it_learns(make, shape):
    net = make(2, generator=torch.Generator().manual_seed(0))
    x = torch.from_numpy(images(shape, n=8)).float()
    y = torch.arange(8) % 2
    optimizer = torch.optim.SGD(net.parameters(), lr=0.02, momentum=0.9)
    losses = []
    for _ in range(12):
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(net(x), y)
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[-1] < 0.1 * losses[0]


# -- bad input ------------------------------------------------------------------------------------


@pytest.mark.parametrize("make", [SmallCNN, ResNet18])
@pytest.mark.parametrize(("classes", "error"), [(0, ValueError), (-3, ValueError), (2.0, TypeError), (True, TypeError)])
def test_number_of_classes(make, classes, error):
    with pytest.raises(error, match="classes must be"):
        make(classes)


@pytest.mark.parametrize(
    ("x", "error", "words"),
    [
        (np.zeros((2, 1, 8, 8), np.float32), TypeError, r"not ndarray; write torch.from_numpy\(x\)"),
        ([[1.0]], TypeError, "x must be a tensor of images, not list$"),
        (torch.zeros(2, 1, 8, 8, dtype=torch.uint8), TypeError, "x must hold floats, not torch.uint8"),
        (torch.zeros(2, 8, 8, 1), ValueError, r"not \(2, 8, 8, 1\); write x.permute\(0, 3, 1, 2\)"),
        (torch.zeros(2, 3, 8, 8), ValueError, r"must have the shape \(N, 1, height, width\), not \(2, 3, 8, 8\)$"),
        (torch.zeros(1, 8, 8), ValueError, r"not \(1, 8, 8\)$"),
        (torch.zeros(2, 64), ValueError, r"not \(2, 64\)$"),
        (torch.zeros(2, 1, 0, 8), ValueError, r"not \(2, 1, 0, 8\)"),
        (torch.zeros(2, 1, 17, 8), ValueError, "at most 16×16 pixels, not 17×8"),
        (torch.zeros(2, 1, 8, 17), ValueError, "at most 16×16 pixels, not 8×17"),
    ],
)
def test_images_of_another_form(x, error, words):
    with pytest.raises(error, match=words):
        SmallCNN(2)(x)


def test_photographs_of_another_form():
    with pytest.raises(ValueError, match=r"\(N, 3, height, width\), not \(2, 64, 64, 3\); write x.permute"):
        ResNet18(2)(torch.zeros(2, 64, 64, 3))
    with pytest.raises(ValueError, match=r"\(N, 3, height, width\), not \(2, 1, 64, 64\)$"):
        ResNet18(2)(torch.zeros(2, 1, 64, 64))
