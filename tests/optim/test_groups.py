"""Groups against torch's parameter groups, against each method alone, and that all of them step or none."""

import copy

import numpy as np
import pytest
import torch

from course_lib.optim import (
    SAM,
    SGD,
    Adam,
    AdamW,
    Cosine,
    Groups,
    Lookahead,
    Momentum,
    Muon,
    NesterovLookAhead,
    ParameterSet,
    Quadratic,
    ScheduleFreeSGD,
    by_shape,
)

SHAPES = {"0.W": (4, 3), "0.b": (3,), "2.W": (3, 2), "2.b": (2,)}
BIASES = {"weights": lambda: AdamW(0.01, weight_decay=0.3), "biases": lambda: AdamW(0.02, weight_decay=0.0)}


def kind(key, x):
    return "biases" if x.ndim == 1 else "weights"


def of_biases():
    return Groups({name: make() for name, make in BIASES.items()}, kind)


def draw(rng, size=1.0):
    return {key: size * rng.normal(size=shape) for key, shape in SHAPES.items()}


def same_bits(a, b):
    return a.keys() == b.keys() and all(a[key].tobytes() == b[key].tobytes() for key in a)


def test_parity_with_torchs_parameter_groups():
    rng = np.random.default_rng(0)
    ours, opt = draw(rng), of_biases()
    theirs = {key: torch.tensor(x, requires_grad=True) for key, x in ours.items()}
    weights, biases = ([p for p in theirs.values() if p.ndim == n] for n in (2, 1))
    groups = [{"params": weights}, {"params": biases, "lr": 0.02, "weight_decay": 0.0}]
    other = torch.optim.AdamW(groups, lr=0.01, weight_decay=0.3)
    for _ in range(300):
        g = draw(rng)
        for key, p in theirs.items():
            p.grad = torch.tensor(g[key])
        other.step()
        opt.step(ours, g)
    for key, p in theirs.items():
        np.testing.assert_allclose(ours[key], p.detach().numpy(), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize(
    "make", [dict, ParameterSet, lambda arrays: list(arrays.values())], ids=["dict", "set", "list"]
)
def test_each_group_is_its_optimizer_alone(make):
    rng = np.random.default_rng(1)
    start = draw(rng)
    w = make(copy.deepcopy(start))
    alone = {name: {key: x.copy() for key, x in start.items() if kind(key, x) == name} for name in BIASES}
    opt, others = of_biases(), {name: new() for name, new in BIASES.items()}
    for _ in range(10):
        g = draw(rng)
        opt.step(w, make(g))
        for name, part in alone.items():
            others[name].step(part, {key: g[key] for key in part})
    found = dict(zip(SHAPES, w, strict=True)) if isinstance(w, list) else dict(w)
    assert same_bits(found, {key: alone[kind(key, x)][key] for key, x in start.items()})
    assert opt.t == 10 and all(one.t == 10 for one in opt.optimizers.values())


def test_a_group_may_be_empty_and_an_array_a_group():
    x, y, opt = np.ones(3), np.ones(3), Groups({"matrices": Muon(0.1), "others": SGD(0.5)}, by_shape)
    opt.step(x, np.ones(3))
    SGD(0.5).step(y, np.ones(3))
    assert x.tolist() == y.tolist() == [0.5] * 3 and opt.t == 1


def test_groups_in_groups_and_in_wrappers():
    rng = np.random.default_rng(2)
    start = draw(rng)
    flat, nested, slow = (copy.deepcopy(start) for _ in range(3))
    heads = Groups({"head": SGD(0.3), "body": SGD(0.1)}, lambda key, x: "head" if key[0] == "2" else "body")
    layers = Groups({"weights": heads.clone(), "biases": SGD(0.2)}, kind)
    around = Lookahead(layers.clone(), k=1, alpha=0.5)
    g = draw(rng)
    layers.step(nested, g)
    around.step(slow, g)
    rates = {"0.W": 0.1, "0.b": 0.2, "2.W": 0.3, "2.b": 0.2}
    for key, x in flat.items():
        x -= rates[key] * g[key]
        np.testing.assert_allclose(slow[key], (start[key] + x) / 2, rtol=1e-15)
    assert same_bits(flat, nested) and len(around.innermost()) == 3


def test_the_rate_is_the_first_groups():
    opt = Groups({"weights": SGD(Cosine(0.1, steps=4)), "biases": SGD(0.5)}, kind)
    assert opt.settings()["lr"] == 0.1
    opt.step({"W": np.ones((1, 1))}, {"W": np.ones((1, 1))})
    assert opt.settings()["lr"] == pytest.approx(0.05 * (1 + np.cos(np.pi / 4)))
    opt.lr = 0.3
    assert opt.lr == 0.3 and opt.optimizers["weights"].lr == 0.3 and opt.optimizers["biases"].lr == 0.5


def test_each_parameter_has_its_groups_rate():
    w = {"W": np.ones((2, 2)), "b": np.ones(2)}
    opt = Groups({"weights": SGD(Cosine(0.2, steps=2)), "biases": Momentum(0.5)}, kind)
    for around in (opt, Lookahead(opt), SAM(opt), Groups({"all": opt}, lambda key, x: "all")):
        assert around.rates(w) == {"W": 0.2, "b": 0.5}
    opt.step(w, copy.deepcopy(w))
    assert opt.rates(w) == {"W": pytest.approx(0.1), "b": 0.5}
    assert SGD(0.3).rates([np.ones(1), np.ones(2)]) == {0: 0.3, 1: 0.3} and SGD(0.3).rates(np.ones(1)) == {None: 0.3}


def test_the_weights_to_test_with_are_each_groups_own():
    w, opt = (
        {"W": np.ones((1, 1)), "b": np.ones(1)},
        Groups({"weights": SGD(0.5), "biases": ScheduleFreeSGD(0.5)}, kind),
    )
    for _ in range(2):
        opt.step(w, copy.deepcopy(w))
    alone, free = np.ones(1), ScheduleFreeSGD(0.5)
    for _ in range(2):
        free.step(alone, alone.copy())
    tested = opt.test_params(w)
    assert opt.tests_others and tested["b"].tolist() == free.test_params(alone).tolist() != w["b"].tolist()
    assert tested["W"] == w["W"] and tested["W"] is not w["W"]
    plain = of_biases()
    assert not plain.tests_others and plain.test_params(w) is w


def test_resume_is_bit_for_bit():
    rng = np.random.default_rng(3)
    start, grads = draw(rng), [draw(rng) for _ in range(40)]
    straight, broken = copy.deepcopy(start), copy.deepcopy(start)
    whole, first, second = of_biases(), of_biases(), of_biases()
    for g in grads:
        whole.step(straight, g)
    for g in grads[:17]:
        first.step(broken, g)
    saved = first.state_dict()
    assert list(saved) == ["t", "weights", "biases"] and saved["t"] == saved["biases"]["t"] == 17
    second.load_state_dict(saved)
    for g in grads[17:]:
        second.step(broken, g)
    assert same_bits(straight, broken) and second.t == 40
    fresh = second.clone()
    assert fresh.state_dict() == {"t": 0, "weights": {"t": 0}, "biases": {"t": 0}} and second.t == 40


def test_errors_change_nothing():
    w = {"W": np.ones((2, 2)), "b": np.ones(2)}
    g = {"W": np.eye(2), "b": np.ones(2)}
    opt = Groups({"matrices": Muon(0.1), "others": Momentum(0.1)}, by_shape)
    opt.step(w, g)
    before, state = copy.deepcopy(w), opt.state_dict()
    first, second = opt.optimizers.values()
    bad = [
        (first, {"rho": 1.0}, g, "rho must be at least 0 and below 1, not 1"),
        (first, {"lr": np.ones(3)}, g, r"lr of shape \(3,\) does not broadcast to params\['W'\]"),
        (first, {"lr": lambda step: -1.0}, g, r"lr\(1\) must be finite and at least 0"),
        (first, {"block": 0}, g, "block must be at least 1"),
        (second, {"rho": 1.0}, g, "rho must be at least 0 and below 1, not 1"),
        (second, {"lr": np.ones(3)}, g, r"lr of shape \(3,\) does not broadcast to params\['b'\]"),
        (second, {"block": 0}, g, "block must be at least 1"),
        (opt, {}, g | {"b": np.ones(3)}, r"grads\['b'\] has shape \(3,\)"),
        (opt, {}, {"W": g["W"]}, r"grads\['b'\] is missing"),
        (opt, {}, g | {"b": np.array([0.0, np.nan])}, r"grads\['b'\] holds nan at \(1,\)"),
        (opt, {}, g | {"W": np.full((2, 2), np.inf)}, r"grads\['W'\] holds inf at \(0, 0\)"),
        (opt, {"choose": lambda key, x: "others"}, g, r"params\['W'\] was there before"),
        (opt, {"choose": lambda key, x: key}, g, r"choose\('W', …\) returned 'W', which is none of the groups"),
    ]
    for it, changes, grads, message in bad:
        kept = {name: getattr(it, name) for name in changes}
        for name, value in changes.items():
            setattr(it, name, value)
        with pytest.raises(ValueError, match=message):
            opt.step(w, grads)
        for name, value in kept.items():
            setattr(it, name, value)
        assert same_bits(w, before) and opt.t == first.t == second.t == 1
        assert np.array_equal(opt.state_dict()["matrices"]["m"]["W"], state["matrices"]["m"]["W"])
    with pytest.raises(ValueError, match='nonfinite must be "raise", "skip" or "allow"'):
        opt.step(w, g, nonfinite="ignore")
    with pytest.raises(ValueError, match=r"params\['c'\] is new"):
        opt.step(w | {"c": np.ones(1)}, g | {"c": np.ones(1)})
    opt.step(w, g | {"b": np.full(2, np.nan)}, nonfinite="skip")
    assert same_bits(w, before) and opt.t == first.t == second.t == 1
    opt.step(w, g | {"b": np.full(2, np.nan)}, nonfinite="allow")
    assert np.isnan(w["b"]).all() and np.isfinite(w["W"]).all() and opt.t == 2


SHARED = Momentum(0.1)


@pytest.mark.parametrize(
    ("optimizers", "error", "message"),
    [
        ({}, TypeError, "optimizers must be a dict of optimizers"),
        ([SGD(0.1)], TypeError, "optimizers must be a dict of optimizers"),
        ({1: SGD(0.1)}, ValueError, "a group's name must be a string, and not 't', so it cannot be 1"),
        ({"t": SGD(0.1)}, ValueError, "it cannot be 't'"),
        ({"a": SGD}, TypeError, r"optimizers\['a'\] must be an optimizer such as SGD\(0.1\)"),
        ({"a": SAM(SGD(0.1))}, TypeError, r"optimizers\['a'\] must be .* not wrapped, not SAM"),
        ({"a": SGD(0.1), "b": Lookahead(SGD(0.1))}, TypeError, r"optimizers\['b'\] must be .* not wrapped"),
        ({"a": NesterovLookAhead(0.1)}, TypeError, "not NesterovLookAhead"),
        ({"a": SHARED, "b": SHARED}, ValueError, "every group needs an optimizer of its own, but one is there twice"),
        ({"a": Groups({"c": SHARED}, kind), "b": SHARED}, ValueError, "one is there twice"),
    ],
)
def test_bad_groups(optimizers, error, message):
    with pytest.raises(error, match=message):
        Groups(optimizers, kind)


def test_what_chooses_must_be_a_function():
    with pytest.raises(TypeError, match="choose must be a function of a key and an array, not 'b'"):
        Groups({"a": SGD(0.1)}, "b")


def test_a_bad_state_changes_nothing():
    w, opt = {"W": np.ones((2, 2)), "b": np.ones(2)}, Groups({"matrices": Muon(0.1), "others": Momentum(0.1)}, by_shape)
    opt.step(w, {"W": np.eye(2), "b": np.ones(2)})
    state = opt.state_dict()
    for bad, message in [
        ({key: s for key, s in state.items() if key != "others"}, r"state\['others'\] is missing"),
        ({key: s for key, s in state.items() if key != "t"}, r"state\['t'\] is missing"),
        (state | {"more": 1}, r"state\['more'\] is unknown"),
        (state | {"others": {"t": 1}}, r"in state\['others'\], state\['v'\] is missing"),
        (
            state | {"matrices": {"t": 9, "m": {"W": np.ones(3)}}},
            r"in state\['matrices'\], state\['m'\]\['W'\] was",
        ),
    ]:
        with pytest.raises(ValueError, match=message):
            opt.load_state_dict(bad)
        assert opt.t == 1 and [one.t for one in opt.optimizers.values()] == [1, 1]


def test_repr_and_step_closure():
    opt = Groups({"matrices": Muon(0.1), "others": Adam(0.2)}, by_shape)
    assert repr(opt).startswith("Groups({'matrices': Muon(lr=0.1, ") and repr(opt).endswith("correct=True)}, by_shape)")
    x, y = np.array([[3.0, 4.0]]), np.array([[3.0, 4.0]])
    opt.step_closure(x, Quadratic([1.0, 1.0]))
    Muon(0.1).step(y, y.copy())
    assert x.tobytes() == y.tobytes()
