"""Many networks at once in torch against the same networks one by one."""

import copy
from itertools import pairwise

import pytest
import torch
from torch import nn

from course_lib.deep import SmallCNN
from course_lib.deep.many import ELEMENTWISE, Stack, StackedModels, VmapModels, cross_entropies

K, N = 4, 330


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def mlp(*sizes, act=nn.ReLU, dtype=torch.float32, seed=0):
    torch.manual_seed(seed)
    layers = []
    for n_in, n_out in pairwise(sizes):
        layers += [nn.Linear(n_in, n_out), act()]
    return nn.Sequential(*layers[:-1]).to(dtype)


def conv(seed=0, dtype=torch.float32):
    torch.manual_seed(seed)
    return nn.Sequential(nn.Conv2d(1, 4, 3), nn.Tanh(), nn.Flatten(), nn.Linear(144, 5, bias=False)).to(dtype)


def generators():
    return [torch.Generator().manual_seed(k) for k in range(K)]


def data(shape, classes, dtype):
    generator = torch.Generator().manual_seed(99)
    x = torch.randn(N, *shape, generator=generator, dtype=dtype)
    return x, torch.randint(classes, (N,), generator=generator)


def train_each(models, x, y, method, epochs, batch):
    for model, generator in zip(models, generators(), strict=True):
        optimizer = method(model.parameters())
        for _ in range(epochs):
            for rows in torch.randperm(N, generator=generator).split(batch):
                optimizer.zero_grad()
                nn.functional.cross_entropy(model(x[rows]), y[rows]).backward()
                optimizer.step()


def by_rows(scores, y):
    """The cross-entropies, added up as in a single run."""
    losses = nn.functional.cross_entropy(scores.flatten(0, 1), y.flatten(), reduction="none")
    return losses.view(y.shape).mean(1)


def train_all(many, x, y, method, epochs, batch, loss=cross_entropies, **how):
    optimizer, own = method(many.parameters()), generators()
    for _ in range(epochs):
        for rows in torch.stack([torch.randperm(N, generator=generator) for generator in own]).split(batch, dim=1):
            optimizer.zero_grad()
            loss(many(x[rows], **how), y[rows]).sum().backward()
            optimizer.step()
    many.unstack()


def sgd(params):
    return torch.optim.SGD(params, lr=0.05, momentum=0.9, weight_decay=1e-3)


def adam(params):
    return torch.optim.Adam(params, lr=0.01)


def largest_difference(models, others):
    pairs = [zip(a.parameters(), b.parameters(), strict=True) for a, b in zip(models, others, strict=True)]
    return max((p - q).abs().max().item() for pair in pairs for p, q in pair)


@pytest.mark.parametrize("method", [sgd, adam])
@pytest.mark.parametrize("act", [nn.ReLU, nn.Tanh])
@pytest.mark.parametrize("sizes", [(64, 16, 10), (64, 64, 10), (7, 37, 13, 3)], ids=str)
def test_training_at_once_is_training_one_by_one(sizes, act, method):
    """In float64, so that rounding does not hide an error: with any BLAS it stays near 10⁻¹⁶ a step."""
    x, y = data(sizes[:1], sizes[-1], torch.float64)
    models, others = ([mlp(*sizes, act=act, dtype=x.dtype, seed=k) for k in range(K)] for _ in range(2))
    start = copy.deepcopy(models)
    train_all(StackedModels(models), x, y, method, 3, 32)
    train_each(others, x, y, method, 3, 32)
    assert largest_difference(models, others) < 1e-10
    assert largest_difference(models, start) > 1e-2


@pytest.mark.parametrize("method", [sgd, adam])
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("sizes", [(64, 16, 10), (64, 64, 10)], ids=str)
@pytest.mark.skipif(not torch.backends.mkl.is_available(), reason="torch has another BLAS than MKL")
def test_not_a_bit_differs(sizes, dtype, method):
    x, y = data(sizes[:1], sizes[-1], dtype)
    models, others = ([mlp(*sizes, dtype=dtype, seed=k) for k in range(K)] for _ in range(2))
    train_all(StackedModels(models), x, y, method, 3, 32, loss=by_rows)
    train_each(others, x, y, method, 3, 32)
    assert largest_difference(models, others) == 0


@pytest.mark.parametrize("make", [conv, lambda seed, dtype: mlp(64, 16, 10, seed=seed, dtype=dtype)])
def test_vmap_is_training_one_by_one(make):
    models, others = ([make(seed=k, dtype=torch.float64) for k in range(K)] for _ in range(2))
    x, y = data((1, 8, 8) if make is conv else (64,), 5, torch.float64)
    train_all(VmapModels(models), x, y, sgd, 2, 32, each=True)
    train_each(others, x, y, sgd, 2, 32)
    assert largest_difference(models, others) < 1e-10


@pytest.mark.parametrize("kind", [StackedModels, VmapModels])
def test_one_batch_for_all_and_gradients(kind):
    models = [mlp(6, 5, 3, act=nn.Sigmoid, dtype=torch.float64, seed=k) for k in range(K)]
    x = torch.randn(7, 6, dtype=torch.float64, generator=torch.Generator().manual_seed(0), requires_grad=True)
    many = kind(models)
    scores = many(x)
    losses = cross_entropies(scores, torch.arange(7) % 3)
    (dx,) = torch.autograd.grad(losses.sum(), x, retain_graph=True)
    losses.sum().backward()
    expected = 0
    for k, model in enumerate(models):
        torch.testing.assert_close(scores[k], model(x), atol=1e-14, rtol=0)
        loss = nn.functional.cross_entropy(model(x), torch.arange(7) % 3)
        torch.testing.assert_close(losses[k], loss, atol=1e-14, rtol=0)
        expected = expected + torch.autograd.grad(loss, x, retain_graph=True)[0]
        loss.backward()
        for name, p in model.named_parameters():
            torch.testing.assert_close(many.named_stacks()[name].grad[k], p.grad, atol=1e-14, rtol=0)
    torch.testing.assert_close(dx, expected, atol=1e-14, rtol=0)


def test_by_finite_differences():
    many = StackedModels([mlp(3, 4, 2, act=nn.Tanh, dtype=torch.float64, seed=k) for k in range(2)])
    x = torch.randn(2, 5, 3, dtype=torch.float64, requires_grad=True)
    names = list(many.named_stacks())
    assert torch.autograd.gradcheck(
        lambda x, *p: torch.func.functional_call(
            many, {n.replace(".", "_"): q for n, q in zip(names, p, strict=True)}, x
        ),
        (x, *many.parameters()),
    )


def test_weights_are_the_models_own_until_unstack():
    models = [mlp(6, 5, 3, seed=k) for k in range(K)]
    many, before = StackedModels(models), copy.deepcopy(models)
    assert sum(p.numel() for p in many.parameters()) == K * sum(p.numel() for p in models[0].parameters())
    with torch.no_grad():
        for p in many.parameters():
            p += 1
    assert largest_difference(models, before) == 0
    assert many.unstack() == tuple(models)
    assert largest_difference(models, before) == pytest.approx(1)
    for y, model in zip(many(torch.ones(2, 6)), models, strict=True):
        torch.testing.assert_close(y, model(torch.ones(2, 6)))


def test_frozen_stays_frozen():
    models = [mlp(6, 5, 3, seed=k) for k in range(2)]
    for model in models:
        model[0].requires_grad_(False)
    many = VmapModels(models)
    cross_entropies(many(torch.ones(2, 6)), torch.zeros(2, dtype=torch.long)).sum().backward()
    assert [name for name, p in many.named_stacks().items() if p.grad is None] == ["0.weight", "0.bias"]


def test_dropout_by_vmap():
    models = [nn.Sequential(nn.Linear(6, 50), nn.Dropout(0.5)) for _ in range(2)]
    many, x = VmapModels(models), torch.ones(3, 6)
    dropped = (many(x) == 0).float()
    assert 0.3 < dropped.mean() < 0.7 and not torch.equal(dropped[0], dropped[1])
    many.eval()
    assert not (many(x) == 0).any()


@pytest.mark.parametrize("act", ELEMENTWISE)
def test_activations(act):
    models = [mlp(6, 5, 3, act=act, seed=k) for k in range(2)]
    x = torch.randn(4, 6)
    for k, model in enumerate(models):
        torch.testing.assert_close(StackedModels(models)(x)[k], model(x))


def one():
    return nn.Sequential(nn.Linear(6, 3))


def shared():
    layer = nn.Linear(6, 3)
    return [nn.Sequential(layer), nn.Sequential(layer)]


BAD = {
    "no list": (lambda: StackedModels(one()), TypeError, "models must be a list of modules, not Sequential"),
    "a number": (lambda: StackedModels([one(), 3]), TypeError, r"models\[1\] must be a module"),
    "empty": (lambda: VmapModels([]), ValueError, "models is empty"),
    "one twice": (lambda: StackedModels([one()] * 2), ValueError, "must not share parameters"),
    "a layer twice": (lambda: StackedModels(shared()), ValueError, "must not share parameters"),
    "sizes": (
        lambda: StackedModels([mlp(6, n, 3) for n in (4, 5)]),
        ValueError,
        r"one architecture: models\[1\] is Sequential",
    ),
    "dtypes": (
        lambda: StackedModels([one(), one().double()]),
        ValueError,
        r"0.weight is \(3, 6\), torch.float64, cpu in models\[1\]",
    ),
    "one is frozen": (
        lambda: StackedModels([one(), one().requires_grad_(False)]),
        ValueError,
        r"0.weight is \(3, 6\), torch.float32, cpu, frozen in models\[1\], \(3, 6\), torch.float32, cpu in",
    ),
    "no Sequential": (
        lambda: StackedModels([nn.Linear(6, 3)]),
        TypeError,
        "needs nn.Sequential, not Linear: use VmapModels",
    ),
    "no bias": (lambda: StackedModels([nn.Sequential(nn.Linear(6, 3, bias=False))]), TypeError, "layer 0, Linear"),
    "convolution": (lambda: StackedModels([conv()]), TypeError, "layer 0, Conv2d.* must be a linear layer"),
    "dropout": (lambda: StackedModels([nn.Sequential(nn.Linear(6, 3), nn.Dropout())]), TypeError, "layer 1, Dropout"),
    "batch norm": (lambda: VmapModels([SmallCNN(3)]), ValueError, "conv1.1.running_mean is a buffer"),
    "scores": (lambda: cross_entropies(torch.ones(5, 3), torch.ones(5)), ValueError, r"not \(5, 3\) and \(5,\)"),
    "labels": (lambda: cross_entropies(torch.ones(2, 5, 3), torch.ones(2)), ValueError, r"\(2, 5, 3\) and \(2,\)"),
}


@pytest.mark.parametrize(("call", "error", "message"), BAD.values(), ids=BAD)
def test_bad_input(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_the_base_stacks_any_module():
    models = [conv(seed=k) for k in range(3)]
    assert {n: tuple(p.shape) for n, p in Stack(models).named_stacks().items()} == {
        "0.weight": (3, 4, 1, 3, 3),
        "0.bias": (3, 4),
        "3.weight": (3, 5, 144),
    }
