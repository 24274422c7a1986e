"""Freezing to the bit, groups, caches and heads; probes against scikit-learn; bad input; the loop on every device."""

import copy
import pickle
import re

import numpy as np
import pytest
import torch
from sklearn.linear_model import LogisticRegression
from torch import nn
from torch.nn import functional as F

from course_lib.deep import (
    ResNet18,
    SmallCNN,
    cache_features,
    choose_strategy,
    depths,
    evaluate_accuracy,
    fine_tune,
    freeze,
    linear_probe,
    parameter_groups,
    predict,
    replace_head,
    to_tensors,
    train,
    unfreeze,
)
from course_lib.deep.strategy import ADVICE
from course_lib.studies.sweep import STRATEGIES

torch.set_num_threads(1)
DEVICES = ["cpu", pytest.param("cuda", marks=pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU"))]


def seeded(seed=0):
    return torch.Generator().manual_seed(seed)


def batch(n=40, classes=10, seed=0):
    return torch.rand(n, 1, 8, 8, generator=seeded(seed)), torch.arange(n) % classes


def sgd(groups, lr=0.1):
    return torch.optim.SGD(groups, lr, momentum=0.9, weight_decay=0.01)


def bits(value):
    return value.cpu().numpy().tobytes()


def changed(net, before):
    """Names of parameters and buffers of which a bit has changed, be it the sign of a zero."""
    now = net.state_dict()
    return {name for name in before if bits(now[name]) != bits(before[name])}


def state(net):
    return copy.deepcopy(net.state_dict())


STAGES = [name for name, _ in SmallCNN(2).stages]


# -- freezing -------------------------------------------------------------------------------------


@pytest.mark.parametrize("upto", STAGES[:-1])
def test_not_a_bit_of_what_is_frozen_changes(upto):
    net, (x, y) = SmallCNN(10, generator=seeded()), batch()
    freeze(net, upto)
    kept = STAGES[: STAGES.index(upto) + 1]
    before = state(net)
    train(net.train(), x, y, sgd(parameter_groups(net, 0.1)), epochs=2, batch=16, generator=seeded())
    rest = {name for name in before if name.partition(".")[0] not in kept}
    assert changed(net, before) == rest  # all the others change, the count of batches too


def photographs(n=4):
    return torch.rand(n, 3, 32, 32, generator=seeded()), torch.arange(n) % 3


@pytest.mark.parametrize(("make", "examples"), [(SmallCNN, batch), (ResNet18, photographs)])
def test_a_full_fine_tune_changes_everything(make, examples):
    net, (x, y) = make(10, generator=seeded()), examples()
    freeze(net)
    before = state(net)
    fine_tune(net, x, y, classes=10, epochs=2, batch=len(x) // 2, generator=seeded())  # and no weight decay
    assert changed(net, before) == set(before)


@pytest.mark.parametrize("upto", ["stem", "layer2"])
def test_a_resnet_freezes_by_depth(upto):
    net = ResNet18(3, generator=seeded())
    freeze(net, upto)
    before = state(net)
    x, y = torch.rand(4, 3, 32, 32, generator=seeded()), torch.arange(4) % 3
    train(net, x, y, sgd(parameter_groups(net, 0.01)), epochs=1, batch=2, generator=seeded())
    kept = ("conv1", "bn1") if upto == "stem" else ("conv1", "bn1", "layer1", "layer2")
    assert changed(net, before) == {name for name in before if name.partition(".")[0] not in kept}


def test_what_is_frozen_stays_in_evaluation_mode():
    net = SmallCNN(10)
    freeze(net, "conv3")
    for _ in range(2):
        assert {name for name, part in net.train().stages if part.training} == {"conv4", "embed", "head"}
        assert not net.conv2[1].training and net.conv4[1].training
        net.eval()
    for twin in (copy.deepcopy(net), pickle.loads(pickle.dumps(net))):
        twin.train()
        assert not twin.conv3[1].training and twin.conv4[1].training
        unfreeze(twin)
        assert all(module.training for module in twin.modules())
        assert not net.train().conv3.training  # the one it was copied from is as it was


def test_unfreezing_by_depth():
    net = SmallCNN(10).eval()
    freeze(net, "head")
    table = unfreeze(net, "conv4")
    assert [s.trained > 0 for s in table] == [False, False, False, True, True, True]
    assert [s.kept for s in table] == [64, 64, 128, 0, 0, 0]
    assert not any(module.training for module in net.modules())  # the network's own mode
    net.train()
    assert [part.training for _, part in net.stages] == [False, False, False, True, True, True]
    assert all(s.trained == s.parameters and not s.kept for s in unfreeze(net))
    assert all(p.requires_grad for p in net.parameters()) and all(m.training for m in net.modules())


def test_an_optimizer_made_before_leaves_the_frozen_alone():
    net, (x, y) = SmallCNN(10, generator=seeded()), batch()
    optimizer = sgd(net.parameters())
    train(net, x, y, optimizer, epochs=1, generator=seeded())
    freeze(net)
    before = state(net)
    train(net, x, y, optimizer, epochs=1, generator=seeded())
    assert changed(net, before) == {"head.weight", "head.bias"}


OPTIMIZERS = {
    "SGD": lambda p: torch.optim.SGD(p, 0.1, momentum=0.9, nesterov=True, weight_decay=0.1),
    "Adam": lambda p: torch.optim.Adam(p, 0.01, weight_decay=0.1),
    "AdamW": lambda p: torch.optim.AdamW(p, 0.01, weight_decay=0.1, foreach=True),
}


@pytest.mark.parametrize("make", OPTIMIZERS.values(), ids=OPTIMIZERS)
@pytest.mark.parametrize("to_none", [True, False])
def test_an_optimizer_made_before_in_a_loop_of_ones_own(make, to_none):
    """It has momentum for what is frozen, and gradients are there at that moment; weight decay alone would move it."""
    net, (x, y) = SmallCNN(10, generator=seeded()), batch(20)
    optimizer = make(net.parameters())

    def gradients():
        net.train()
        optimizer.zero_grad(set_to_none=to_none)
        F.cross_entropy(net(x), y).backward()

    gradients()
    optimizer.step()
    gradients()
    freeze(net, "conv4")
    before = state(net)
    for _ in range(3):
        optimizer.step()
        gradients()
    assert {name.partition(".")[0] for name in changed(net, before)} == {"embed", "head"}


@pytest.mark.parametrize("move", [copy.deepcopy, lambda net: net.double(), lambda net: net.to("cpu"), lambda net: net])
def test_what_is_frozen_stays_so_in_copies_and_other_types(move):
    net, (x, y) = SmallCNN(10, generator=seeded()), batch(20)
    freeze(net, "conv4")
    first = state(net)
    moved = move(net)
    moved.load_state_dict(SmallCNN(10, generator=seeded(1)).state_dict())  # other weights, as frozen as these
    before = state(moved)
    optimizer = sgd(moved.parameters())  # of all, as one who does not know of groups would make it
    train(moved.train(), x.to(moved.head.weight), y, optimizer, epochs=2, batch=10, generator=seeded())
    assert {name.partition(".")[0] for name in changed(moved, before)} == {"embed", "head"}
    assert moved is net or not changed(net, first)


def test_what_is_frozen_stays_so_without_numbers():
    net = SmallCNN(10)
    freeze(net, "conv4")
    before = depths(net)
    net.to("meta").train()
    assert depths(net) == before and [part.training for _, part in net.stages] == 4 * [False] + 2 * [True]


def test_the_table_counts():
    net = SmallCNN(10)
    assert [s.parameters for s in depths(net)] == [sum(p.numel() for p in part.parameters()) for _, part in net.stages]
    assert sum(s.statistics for s in depths(net)) == 2 * (32 + 32 + 64 + 64)
    net.conv1[0].weight.requires_grad_(False)
    assert "conv1         352  in part               64  follow" in repr(depths(net))


# -- heads, groups, rates -------------------------------------------------------------------------


@pytest.mark.parametrize(("make", "n"), [(SmallCNN, 128), (ResNet18, 512)])
def test_a_new_head(make, n):
    net = make(5).double().eval()
    head = replace_head(net, 700, generator=seeded())
    assert net.head is head and head.weight.dtype == torch.float64 and not head.training
    assert head.weight.std().item() == pytest.approx(n**-0.5, rel=0.02) and not head.bias.any()
    assert torch.equal(replace_head(net, 700, generator=seeded()).weight, head.weight)
    assert len(net.state_dict()) == len(make(5).state_dict())


def test_groups_hold_what_trains_and_nothing_else():
    net = SmallCNN(10)
    for upto in [None, *STAGES[:-1]]:
        if upto:
            freeze(net, upto)
        groups = parameter_groups(net, 0.05, ratio=0.2)
        held = [p for group in groups for p in group["params"]]
        assert {id(p) for p in held} == {id(p) for p in net.parameters() if p.requires_grad}
        assert len(held) == len({id(p) for p in held})
        rates = {group["name"]: group["lr"] for group in groups}
        assert rates.pop("head") == 0.05 and rates.pop("body", 0.01) == pytest.approx(0.01) and not rates
    assert [group["name"] for group in groups] == ["head"]


def test_a_tenth_of_the_rate_is_a_tenth_of_the_step():
    net, (x, y) = SmallCNN(10, generator=seeded()).eval(), batch()
    start, steps = state(net), []
    for ratio in (1.0, 0.1):
        net.load_state_dict(start)
        optimizer = torch.optim.SGD(parameter_groups(net, 0.5, ratio=ratio))
        F.cross_entropy(net(x), y).backward()
        optimizer.step()
        net.zero_grad()
        steps.append({name: p.detach() - start[name] for name, p in net.named_parameters()})
    for name, step in steps[0].items():
        part = 1 if name.startswith("head") else 0.1
        torch.testing.assert_close(steps[1][name], part * step, atol=1e-6, rtol=1e-3)


# -- features and probes --------------------------------------------------------------------------


def test_a_head_on_cached_features_is_the_head_without_a_cache():
    x, y = batch(60)
    whole = SmallCNN(10, generator=seeded()).double()
    freeze(whole)
    cached, start = copy.deepcopy(whole), state(whole)
    settings = {"epochs": 5, "batch": 16}
    losses = train(whole, x.double(), y, sgd(parameter_groups(whole, 0.1)), generator=seeded(3), **settings)
    seen = cache_features(cached, x.double(), batch=7)
    others = train(cached.head, seen, y, sgd(cached.head.parameters()), generator=seeded(3), **settings)
    assert losses == pytest.approx(others, abs=1e-9)
    torch.testing.assert_close(whole.head.weight, cached.head.weight, atol=1e-9, rtol=0)
    assert changed(whole, start) == {"head.weight", "head.bias"}


def test_features_are_those_of_evaluation_and_leave_no_trace():
    net, (x, _) = SmallCNN(10, generator=seeded()), batch()
    net.conv2.eval()
    before, modes = state(net), [m.training for m in net.modules()]
    seen = cache_features(net, x)
    assert not seen.requires_grad and not changed(net, before)
    assert [m.training for m in net.modules()] == modes
    torch.testing.assert_close(seen, net.eval().features(x))


def test_a_probe_is_scikit_learns_logistic_regression():
    net, (x, y) = SmallCNN(3, generator=seeded()).double(), batch(30, 4)
    before = state(net)
    head = linear_probe(net, x.double(), y, l2=0.05)
    seen = cache_features(net, x.double()).numpy()
    theirs = LogisticRegression(C=1 / (0.05 * 30), tol=1e-8, max_iter=5000).fit(seen, y.numpy())
    np.testing.assert_allclose(
        head(torch.from_numpy(seen)).softmax(1).detach().numpy(), theirs.predict_proba(seen), atol=1e-3
    )
    np.testing.assert_allclose(head.weight.detach().numpy(), theirs.coef_, atol=1e-3)
    assert not changed(net, before) and net.head.out_features == 3
    assert linear_probe(net, x.double(), y, classes=6).out_features == 6


@pytest.mark.parametrize("downto", [None, "conv4", "head"])
def test_fine_tuning_fits_the_head_first(downto):
    net, (x, y) = SmallCNN(3, generator=seeded()), batch(40, 5)
    before, probe = state(net), linear_probe(net, x, y)
    losses = fine_tune(net, x, y, downto=downto, epochs=1, batch=40, lr=1e-9, generator=seeded())
    torch.testing.assert_close(net.head.weight, probe.weight)  # with next to no rate, what is left is the first part
    fine_tune(net, x, y, downto=downto, epochs=2, batch=16, generator=seeded())
    del before["head.weight"], before["head.bias"]
    stages = {None: STAGES[:-1], "conv4": ["conv4", "embed"], "head": []}[downto]
    assert changed(net, before) == {name for name in before if name.partition(".")[0] in stages}
    assert len(losses) == 1


def test_a_probe_is_at_the_minimum():
    net, (x, y) = SmallCNN(3, generator=seeded()).double(), batch(60, 10)
    head = linear_probe(net, x.double(), y, l2=1e-3)
    head.zero_grad()
    (F.cross_entropy(head(cache_features(net, x.double())), y) + 5e-4 * head.weight.square().sum()).backward()
    assert max(p.grad.abs().max() for p in head.parameters()) < 1e-4


def test_fine_tuning_is_a_probe_and_then_groups_with_momentum():
    net, (x, y) = SmallCNN(3, generator=seeded()), batch(40, 5)
    twin = copy.deepcopy(net)
    losses = fine_tune(net, x, y, lr=0.05, ratio=0.3, epochs=2, batch=16, generator=seeded(1))
    twin.head = linear_probe(twin, x, y)
    body = [p for name, p in twin.named_parameters() if not name.startswith("head")]
    groups = [{"params": body, "lr": 0.015}, {"params": twin.head.parameters(), "lr": 0.05}]
    optimizer = torch.optim.SGD(groups, momentum=0.9)
    others = train(twin, x, y, optimizer, epochs=2, batch=16, generator=seeded(1))
    assert losses == pytest.approx(others, rel=1e-5)
    for name, value in twin.state_dict().items():
        torch.testing.assert_close(net.state_dict()[name], value, atol=1e-5, rtol=1e-4, msg=name)


# -- the loop -------------------------------------------------------------------------------------


def test_the_loop_is_torch_written_out():
    x, y = batch(50)
    net = SmallCNN(10, generator=seeded())
    twin = copy.deepcopy(net)
    losses = train(net, x, y, sgd(net.parameters()), epochs=3, batch=20, generator=seeded(1))
    optimizer, g, t, means = sgd(twin.parameters()), seeded(1), 0, []
    twin.train()
    for _ in range(3):
        total = 0.0
        for rows in torch.randperm(50, generator=g).split(20):
            optimizer.param_groups[0]["lr"] = 0.05 * (1 + np.cos(np.pi * t / 9))
            loss = F.cross_entropy(twin(x[rows]), y[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            t, total = t + 1, total + loss.item() * len(rows) / 50
        means.append(total)
    assert losses == pytest.approx(means, rel=1e-4)
    for ours, theirs in zip(net.parameters(), twin.parameters(), strict=True):
        torch.testing.assert_close(ours, theirs, atol=1e-4, rtol=1e-3)


@pytest.mark.parametrize("device", DEVICES)
def test_one_seed_one_result(device):
    x, y = batch()
    nets = [SmallCNN(10, generator=seeded()) for _ in range(3)]
    for net, seed in zip(nets, (0, 0, 1), strict=True):
        train(net, x, y, sgd(net.parameters()), epochs=2, batch=16, generator=seeded(seed), device=device)
        assert next(net.parameters()).device.type == device
    first, second, other = (net.state_dict() for net in nets)
    same = torch.equal if device == "cpu" else torch.allclose  # a GPU may add in another order
    assert all(same(value, second[name]) for name, value in first.items())
    assert not torch.equal(first["head.weight"], other["head.weight"])


def test_rates_fall_and_are_back_afterwards():
    x, y = batch(20)
    net = SmallCNN(10)
    optimizer, seen = sgd(parameter_groups(net, 0.02)), []
    optimizer.register_step_pre_hook(lambda *_: seen.append([group["lr"] for group in optimizer.param_groups]))
    for anneal in (True, False, True):
        seen.clear()
        train(net, x, y, optimizer, epochs=2, batch=10, anneal=anneal)
        factors = (1 + np.cos(np.pi * np.arange(4) / 4)) / 2 if anneal else np.ones(4)
        np.testing.assert_allclose(seen, np.outer(factors, [0.002, 0.02]))
        assert [group["lr"] for group in optimizer.param_groups] == [0.002, 0.02]
        assert not any("initial_lr" in group for group in optimizer.param_groups)  # no trace of a schedule


def test_a_bar_is_shown(capsys):
    pytest.importorskip("tqdm")
    x, y = batch(10)
    line = nn.Linear(64, 10)
    train(line, x.flatten(1), y, sgd(line.parameters()), epochs=4, batch=5, progress=True)
    assert "8/8" in capsys.readouterr().err


def test_accuracy_and_scores():
    net, (x, y) = SmallCNN(10), batch(23)
    scores = predict(net, x, batch=5)
    torch.testing.assert_close(scores, net.eval()(x))
    assert evaluate_accuracy(net, x, y, batch=4) == pytest.approx((scores.argmax(1) == y).double().mean().item())


def test_images_from_numpy():
    images = np.random.default_rng(0).random((3, 4, 5, 2))[:, ::-1]
    x, y = to_tensors(images, np.array([2, 0, 1], np.uint8))
    assert x.shape == (3, 2, 4, 5)
    assert all(x[n, c, i, j] == value for (n, i, j, c), value in np.ndenumerate(images))
    assert y.tolist() == [2, 0, 1]


# -- advice ---------------------------------------------------------------------------------------


def test_advice_is_the_lectures_table():
    said = [
        choose_strategy(*at).strategy for at in (("similar", 9), ("similar", 10), ("different", 49), ("different", 50))
    ]
    assert said == [ADVICE[at].strategy for at in ADVICE]
    assert said[0] == "frozen" and said[1] == "all, rate/10" and said[3] == "all, full rate"
    assert set(said) <= set(STRATEGIES)
    assert all(re.fullmatch(r"\S.*\.", reason) for advice in ADVICE.values() for reason in advice.reasons)
    assert str(choose_strategy("similar", 1)).startswith("frozen:\n- ")


# -- bad input ------------------------------------------------------------------------------------


def test_bad_input_is_named_and_nothing_is_changed():
    net, (x, y) = SmallCNN(10), batch(20)
    optimizer, before = sgd(net.parameters()), state(net)

    def refused(words, *arguments, error=ValueError, function=train, **options):
        options = {"epochs": 1} | options if function is train else options
        with pytest.raises(error, match=re.escape(words)):
            function(*arguments, **options)
        assert not changed(net, before) and net.training

    refused("y holds class 10, but the model has 10 scores: replace_head(model, 11)", net, x, y + 1, optimizer)
    refused("y must hold classes from 0 on, not -1", net, x, y - 1, optimizer)
    refused("x must hold floats, not torch.uint8", net, x.byte(), y, optimizer, error=TypeError)
    refused("x must be a tensor, not ndarray; see to_tensors", net, x.numpy(), y, optimizer, error=TypeError)
    refused("y must hold classes as torch.int64, not torch.float32", net, x, y.float(), optimizer, error=TypeError)
    refused("y must be a tensor, not list", net, x, y.tolist(), optimizer, error=TypeError)
    refused("y must have the shape (20,)", net, x, y[:5], optimizer)
    refused("with N ≥ 1, not (0, 1, 8, 8)", net, x[:0], y[:0], optimizer)
    refused("x must have the shape (N, 1, height, width)", net, x[:, 0], y, optimizer)
    refused("optimizer holds parameters that are not the model's", net, x, y, sgd(nn.Linear(2, 2).parameters()))
    refused("optimizer must be one of torch.optim", net, x, y, 0.1, error=TypeError)
    refused("model must be a module of torch", "net", x, y, optimizer, error=TypeError)
    refused("epochs must be at least 1, not 0", net, x, y, optimizer, epochs=0)
    refused("batch must be at least 1, not 0", net, x, y, optimizer, batch=0)
    refused("torch cannot compute on the device 'abacus' here", net, x, y, optimizer, device="abacus")
    refused("classes must be at least 1", net, 0, function=replace_head)
    refused("upto must be one of 'conv1', ", net, "conv9", function=freeze)
    refused("downto must be one of 'conv1', ", net, "layer1", function=unfreeze)
    refused("downto must be one of 'conv1', ", net, x, y, downto="x", function=fine_tune)
    refused("torch cannot compute on the device 'meta' here", net, x, y, optimizer, device="meta")
    refused("torch cannot compute on the device 'meta' here", net, x, y, device="meta", function=fine_tune)
    refused(
        "generator must be a torch.Generator on the cpu, not int", net, x, y, optimizer, generator=0, error=TypeError
    )
    for function in (linear_probe, fine_tune):
        refused("classes must be at least 10, as y holds class 9, not 9", net, x, y, classes=9, function=function)
        refused("classes must be at least 1, not 0", net, x, y, classes=0, function=function)
    for option, value in {"batch": 0, "lr": -1, "ratio": -1, "epochs": 0, "generator": 0}.items():
        error = TypeError if option == "generator" else ValueError
        refused(f"{option} must be", net, x, y, **{option: value}, error=error, function=fine_tune)
    refused("l2 must be", net, x, y, l2=-1, function=linear_probe)
    refused("lr must be", net, -1.0, function=parameter_groups)
    refused("x must hold floats", net, y, error=TypeError, function=cache_features)
    refused("labels_per_class must be at least 1", "similar", 0, function=choose_strategy)
    refused("similarity must be 'similar' or 'different', not 'alike'", "alike", 5, function=choose_strategy)
    for function in (freeze, unfreeze, depths):
        refused("model must be a network with stages", nn.Linear(2, 2), error=TypeError, function=function)
    net.head = nn.Identity()
    with pytest.raises(TypeError, match=r"model.head must be a linear layer, not Identity"):
        replace_head(net, 3)
    for images, labels, error in (
        (np.zeros((2, 8, 8, 1), np.uint8), [0, 1], TypeError),
        (np.zeros((2, 8, 8)), [0, 1], ValueError),
        (np.zeros((2, 8, 8, 1)), [0.0, 1.0], TypeError),
    ):
        with pytest.raises(error, match=r"must h"):
            to_tensors(images, np.array(labels))


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_images_that_are_nan_ruin_nothing(value):
    net, (x, y) = SmallCNN(10), batch(20)
    x[3, 0, 4, 5] = value
    optimizer, before = sgd(net.parameters()), state(net)
    for call in (
        lambda: train(net, x, y, optimizer, epochs=1),
        lambda: linear_probe(net, x, y),
        lambda: fine_tune(net, x, y),
        lambda: evaluate_accuracy(net, x, y),
    ):
        with pytest.raises(ValueError, match=r"^x must hold finite numbers, and x\[3\] has nan or inf$"):
            call()
        assert not changed(net, before) and net.training


def test_a_network_that_is_nan_is_told():
    net, (x, y) = SmallCNN(10), batch(20)
    net.conv2[0].weight.data[0] = float("nan")
    head = net.head
    for call in (lambda: linear_probe(net, x, y), lambda: fine_tune(net, x, y)):
        with pytest.raises(
            ValueError, match=r"^model returns features that are nan or inf: load or draw its weights anew$"
        ):
            call()
    for call in (lambda: train(net, x, y, sgd(net.parameters()), epochs=1), lambda: evaluate_accuracy(net, x, y)):
        with pytest.raises(ValueError, match=r"^model returns nan before any training: load or draw its weights anew$"):
            call()
    assert net.head is head


def test_nothing_to_train():
    net, (x, y) = SmallCNN(10), batch(20)
    optimizer = sgd(net.parameters())
    freeze(net, "head")
    with pytest.raises(ValueError, match="nothing to train: every parameter is frozen"):
        parameter_groups(net, 0.1)
    before = state(net)
    with pytest.raises(ValueError, match="nothing to train: every parameter is frozen"):
        train(net, x, y, optimizer, epochs=1)
    assert not changed(net, before)


def test_a_rate_too_large_is_told():
    x, y = batch(20)
    line = nn.Linear(64, 10)
    with pytest.raises(FloatingPointError, match=r"the loss is (nan|inf) in epoch \d: train with a smaller rate"):
        train(line, 1e20 * x.flatten(1), y, torch.optim.SGD(line.parameters(), 1e30), epochs=3)
