"""Low-rank adapters: the formula, what is trained and what stays, merging, copies, bad input."""

import copy

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from course_lib.deep import (
    LowRank,
    ResNet18,
    SmallCNN,
    add_adapters,
    depths,
    load_weights,
    merge_adapters,
    parameter_groups,
    predict,
    replace_head,
    save_weights,
    train,
)

torch.set_num_threads(1)


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def small(n=24, classes=3):
    return torch.rand(n, 1, 8, 8, generator=seeded()), torch.arange(n) % classes


def adapted(rank=3, scale=1.0, steps=2):
    """A small network with adapters that have been trained a little, and the network as it was."""
    net, (x, y) = SmallCNN(3, generator=seeded()).eval(), small()
    before = copy.deepcopy(net)
    add_adapters(net, rank, scale=scale, generator=seeded(1))
    optimizer = torch.optim.Adam(parameter_groups(net, 0.01, ratio=1.0))
    train(net, x, y, optimizer, epochs=steps, batch=12, generator=seeded())
    return net, before, x


def changes(net):
    """The adapters of a network, by the path of the layer."""
    return {name: module for name, module in net.named_modules() if isinstance(module, LowRank)}


def test_the_formula():
    W = torch.randn(5, 3, 2, 2, generator=seeded())
    change = LowRank(W, 2, scale=0.5, generator=seeded())
    assert change.B.shape == (5, 2) and change.A.shape == (2, 12) and not change.B.any()
    torch.testing.assert_close(change.A, torch.randn(2, 12, generator=seeded()) / 12**0.5)
    change.B.data.normal_(generator=seeded(1))
    wanted = W.reshape(5, 12) + 0.5 * torch.einsum("mr,rn->mn", change.B, change.A)
    torch.testing.assert_close(change(W).reshape(5, 12), wanted)
    assert torch.linalg.matrix_rank((change(W) - W).reshape(5, 12)) == 2


def test_a_rank_is_at_most_that_of_the_matrix():
    assert LowRank(torch.zeros(4, 9), 7).B.shape == (4, 4)
    assert LowRank(torch.zeros(9, 4, dtype=torch.float64), 7).A.dtype == torch.float64


@pytest.mark.parametrize(("make", "shape"), [(SmallCNN, (4, 1, 8, 8)), (ResNet18, (4, 3, 32, 32))])
def test_at_first_nothing_changes_and_in_training_only_adapters_and_head(make, shape):
    net, x, y = make(3, generator=seeded()).eval(), torch.rand(shape, generator=seeded()), torch.arange(4) % 3
    before, scores = copy.deepcopy(net.state_dict()), predict(net, x)
    add_adapters(net, 2, generator=seeded())
    assert torch.equal(predict(net, x), scores)
    head = next(name for name, module in net.named_modules() if module is net.head)
    trained = {name for name, p in net.named_parameters() if p.requires_grad}
    assert all(name.startswith(f"{head}.") or name[-2:] in (".A", ".B") for name in trained)
    start = {name: p.detach().clone() for name, p in net.named_parameters()}
    train(net, x, y, torch.optim.SGD(parameter_groups(net, 0.1), momentum=0.9), epochs=3, batch=2, generator=seeded())
    assert {n for n, p in net.named_parameters() if not torch.equal(p, start[n])} == trained
    now = {name.replace("parametrizations.", "").replace(".original", ""): v for name, v in net.state_dict().items()}
    kept = {name for name in before if not name.startswith(f"{head}.")}
    assert all(torch.equal(now[name], before[name]) for name in kept), "batch norm's statistics included"


def test_the_table_counts_them():
    net = SmallCNN(10)
    trained = [stage.trained for stage in add_adapters(net, 4)]
    shapes = [(32, 9), (32, 288), (64, 288), (64, 576), (128, 1024)]
    assert trained == [*(4 * (m + k) for m, k in shapes), 1290]
    assert "in part" in repr(depths(net))


def test_gradients_are_those_of_a_network_with_the_product_added():
    net, before, x = adapted(scale=2.0)
    y = torch.arange(len(x)) % 3
    net.eval().zero_grad()
    F.cross_entropy(net(x), y).backward()
    changed = copy.deepcopy(before)
    changed.head = copy.deepcopy(net.head)
    weights = {}
    for name, change in changes(net).items():
        layer = changed.get_submodule(name.partition(".parametrizations")[0])
        layer.weight.data = change(layer.weight.data).detach()
        weights[name] = layer.weight
    F.cross_entropy(changed(x), y).backward()
    for name, change in changes(net).items():
        dW = weights[name].grad.flatten(1)
        torch.testing.assert_close(change.B.grad, 2 * dW @ change.A.T, atol=1e-5, rtol=1e-3)
        torch.testing.assert_close(change.A.grad, 2 * change.B.T @ dW, atol=1e-5, rtol=1e-3)


def test_merged_it_computes_the_same_in_the_old_form(tmp_path):
    net, before, x = adapted()
    scores = predict(net, x)
    assert not torch.allclose(scores, predict(before, x))
    table = merge_adapters(net)
    torch.testing.assert_close(predict(net, x), scores)
    assert net.state_dict().keys() == before.state_dict().keys() and not changes(net)
    assert [stage.trained > 0 for stage in table] == [False] * 5 + [True]
    save_weights(net, tmp_path / "net.safetensors")
    other = SmallCNN(3).eval()
    load_weights(other, tmp_path / "net.safetensors")
    torch.testing.assert_close(predict(other, x), scores)
    add_adapters(net, 1)  # and again
    assert len(changes(net)) == 5


def test_a_copy_has_its_own():
    net, _, x = adapted()
    twin = copy.deepcopy(net)
    merge_adapters(twin)
    assert len(changes(net)) == 5 and not changes(twin)
    torch.testing.assert_close(predict(twin, x), predict(net, x))
    twin.train()
    assert not twin.conv1.training and twin.head.training


def test_another_head_after_it():
    net, _, x = adapted()
    replace_head(net, 7, generator=seeded())
    assert predict(net, x).shape == (len(x), 7)


def test_bad_input():
    net = SmallCNN(3)
    with pytest.raises(ValueError, match="rank must be at least 1, not 0"):
        add_adapters(net, 0)
    with pytest.raises(ValueError, match="scale must be"):
        add_adapters(net, 1, scale=0.0)
    with pytest.raises(ValueError, match="has no adapters"):
        merge_adapters(net)
    assert all(p.requires_grad for p in net.parameters()), "nothing is half done"
    add_adapters(net, 1)
    with pytest.raises(ValueError, match="has adapters already: merge_adapters"):
        add_adapters(net, 1)
    with pytest.raises(TypeError, match="must be a network with stages"):
        add_adapters(nn.Linear(2, 2), 1)
