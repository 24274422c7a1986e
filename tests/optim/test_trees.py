"""Every bad argument is named, and nothing has been touched: parameters and state are compared byte by byte."""

import copy
import re

import numpy as np
import pytest

from course_lib.optim import (
    METHODS,
    SAM,
    SGD,
    Adam,
    Groups,
    Lookahead,
    Momentum,
    Nesterov,
    NesterovLookAhead,
    Optimizer,
    Ravine,
    ScheduleFreeAdamW,
    ScheduleFreeSGD,
)


def read_only(x):
    x.flags.writeable = False
    return x


def memory(opt, *trees):
    """All bytes an error must not change."""
    arrays = []
    for tree in trees:
        tree = tree if isinstance(tree, list | tuple) else list(tree.values()) if isinstance(tree, dict) else [tree]
        arrays += [x.tobytes() for x in tree if isinstance(x, np.ndarray)]
    return opt.t, copy.deepcopy(opt.state_dict()).__repr__(), arrays


one = np.ones
a_list = lambda: [one(2), one((3, 4))]  # noqa: E731
a_dict = lambda: {"W1": one((3, 4)), "b1": one(4)}  # noqa: E731
shared = one(6)

BAD = {
    # name: (params, grads, error, message)
    "Python float": (lambda: 1.0, lambda: one(()), TypeError, r"params must be .* not the Python float 1\.0"),
    "Python int": (lambda: 1, lambda: one(()), TypeError, r"params .* Python int 1"),
    "None": (lambda: None, lambda: one(1), TypeError, "params must be .* not a NoneType"),
    "string": (lambda: "x", lambda: one(1), TypeError, "params must be .* not a str"),
    "NumPy scalar": (lambda: np.float64(1), lambda: np.float64(1), TypeError, "params is a NumPy scalar"),
    "ints": (lambda: one(2, int), lambda: one(2), TypeError, "params must hold floats, not int64"),
    "bools": (lambda: one(2, bool), lambda: one(2), TypeError, "params must hold floats, not bool"),
    "complex": (lambda: one(2, complex), lambda: one(2), TypeError, "params must hold floats, not complex"),
    "objects": (lambda: np.array([1.0, None]), lambda: one(2), TypeError, "params must hold floats, not object"),
    "floats in a list": (lambda: [one(2), 1.0], a_list, TypeError, r"params\[1\] must be .* Python float"),
    "nested list": (lambda: [one(2), [one(2)]], a_list, TypeError, r"params\[1\] must be .* not a list"),
    "ints in a dict": (
        lambda: {"W1": one((3, 4)), "b1": one(4, int)},
        a_dict,
        TypeError,
        r"params\['b1'\] must hold floats",
    ),
    "read-only": (lambda: [one(2), read_only(one((3, 4)))], a_list, ValueError, r"params\[1\] is read-only"),
    "the same array twice": (
        lambda: [shared, shared],
        lambda: [one(6), one(6)],
        ValueError,
        r"params\[1\] shares memory with params\[0\]",
    ),
    "overlapping views": (
        lambda: {"a": shared[:4], "b": shared[3:]},
        lambda: {"a": one(4), "b": one(3)},
        ValueError,
        r"params\['b'\] shares memory with params\['a'\]",
    ),
    "grads a float": (lambda: one(()), lambda: 1.0, TypeError, "grads must be .* Python float"),
    "grads None": (lambda: one(1), lambda: None, TypeError, "grads must be"),
    "grads of ints": (lambda: one(2), lambda: one(2, int), TypeError, "grads must hold floats, not int64"),
    "a None gradient": (a_list, lambda: [one(2), None], TypeError, r"grads\[1\] must be .* not a NoneType"),
    "shape": (lambda: one(2), lambda: one(3), ValueError, r"grads has shape \(3,\), but params has \(2,\)"),
    "shape that broadcasts": (lambda: one((2, 3)), lambda: one(3), ValueError, "grads has shape"),
    "scalar for an array": (lambda: one(2), lambda: np.float64(1), ValueError, r"grads has shape \(\)"),
    "shape in a list": (a_list, lambda: [one(2), one((4, 3))], ValueError, r"grads\[1\] has shape \(4, 3\)"),
    "shape in a dict": (
        a_dict,
        lambda: {"W1": one((3, 4)), "b1": one(3)},
        ValueError,
        r"grads\['b1'\] has shape",
    ),
    "too few": (a_list, lambda: [one(2)], ValueError, "grads has 1 arrays, but params has 2"),
    "too many": (a_list, lambda: [one(2), one((3, 4)), one(1)], ValueError, "grads has 3 arrays"),
    "missing key": (a_dict, lambda: {"W1": one((3, 4))}, ValueError, r"grads\['b1'\] is missing"),
    "unknown key": (a_dict, lambda: a_dict() | {"b2": one(1)}, ValueError, r"grads\['b2'\] has no counterpart"),
    "list for a dict": (a_dict, lambda: list(a_dict().values()), TypeError, "grads must be of the same kind"),
    "array for a list": (lambda: [one(2)], lambda: one(2), TypeError, "grads must be of the same kind"),
}


@pytest.mark.parametrize("cls", [row.cls for row in METHODS.values()])
@pytest.mark.parametrize(("params", "grads", "error", "message"), BAD.values(), ids=BAD)
def test_bad_arguments_on_the_first_step(cls, params, grads, error, message):
    opt, p, g = cls(0.1), params(), grads()
    before = memory(opt, p, g)
    with pytest.raises(error, match=message):
        opt.step(p, g)
    assert memory(opt, p, g) == before


LATER = {
    # after one good step on {"W1": (3, 4), "b1": (4,)}, float64
    "key gone": (lambda: {"W1": one((3, 4))}, ValueError, r"params\['b1'\] was there before"),
    "key new": (lambda: a_dict() | {"b2": one(1)}, ValueError, r"params\['b2'\] is new"),
    "shape": (
        lambda: {"W1": one((3, 4)), "b1": one(5)},
        ValueError,
        r"params\['b1'\] was float64 \(4,\) before and is now float64 \(5,\)",
    ),
    "dtype": (lambda: {"W1": one((3, 4)), "b1": one(4, np.float32)}, ValueError, r"params\['b1'\] was float64"),
    "kind": (lambda: list(a_dict().values()), ValueError, "params was of kind dict before"),
}


@pytest.mark.parametrize("cls", [row.cls for row in METHODS.values()])
@pytest.mark.parametrize(("params", "error", "message"), LATER.values(), ids=LATER)
def test_a_changed_set_between_steps(cls, params, error, message):
    opt, first = cls(0.1), a_dict()
    opt.step(first, a_dict())
    p, g = params(), params()
    before = memory(opt, p, first)
    with pytest.raises(error, match=message):
        opt.step(p, g)
    assert memory(opt, p, first) == before
    opt.step(first, a_dict())  # and the run goes on
    assert opt.t == 2


def test_the_order_of_keys_does_not_matter():
    one_way, other_way = a_dict(), a_dict()
    a, b = Momentum(0.1), Momentum(0.1)
    for _ in range(3):
        a.step(one_way, a_dict())
        b.step(dict(reversed(other_way.items())), a_dict())
    assert all(np.array_equal(one_way[k], other_way[k]) for k in one_way)


def mapped(path):
    x = np.memmap(path, dtype=float, mode="w+", shape=8)
    return [x, x[3:]]


def buffers(path):
    memory = bytearray(64)
    return [np.frombuffer(memory), np.frombuffer(memory)]


def tensors(path):
    tensor = pytest.importorskip("torch").zeros(8)
    return [tensor.numpy(), tensor.numpy()]


def nested(path):
    x = np.zeros((4, 4)).view(np.matrix)
    return [np.zeros(3), x[::2], x.T[1:]]


@pytest.mark.parametrize("make", [mapped, buffers, tensors, nested])
def test_memory_is_shared_whoever_owns_it(make, tmp_path):
    params = make(tmp_path / "x")
    last = len(params) - 1
    for order, later in ((params, last), (params[::-1], 1)):
        opt, before = SGD(1.0), [x.copy() for x in order]
        with pytest.raises(ValueError, match=re.escape(f"params[{later}] shares memory with params[{later - 1}]")):
            opt.step(order, [np.ones_like(x) for x in order])
        assert opt.t == 0 and all(np.array_equal(x, y) for x, y in zip(order, before, strict=True))


@pytest.mark.parametrize("make", [mapped, buffers, tensors])
def test_a_gradient_in_a_parameters_memory_is_used_as_it_was(make, tmp_path):
    """x ← x − (x shifted by 3): in place, what is written first must not be read later."""
    x, y = make(tmp_path / "x")
    x[:] = np.arange(8.0)
    expected = x[:5] - y[-5:]
    SGD(1.0).step([x[:5], np.zeros(5, x.dtype)], [y[-5:], y[:5]])
    assert np.array_equal(x[:5], expected) and x[7] == 7.0
    x[:] = np.arange(8.0)
    a, b = x[:4], x[4:]
    SGD(1.0).step([a, b], [y[-4:], y[-5:-1]])
    assert np.array_equal(x, [0 - 4, 1 - 5, 2 - 6, 3 - 7, 4 - 3, 5 - 4, 6 - 5, 7 - 6])


def test_memory_agrees_with_numpy_on_random_views():
    rng = np.random.default_rng(0)
    base, seen = np.zeros(60), set()
    for _ in range(300):
        cuts = [slice(*sorted(rng.integers(0, 60, 2)), rng.integers(1, 5)) for _ in range(3)]
        views = [base[cut][:: rng.choice([-1, 1])] for cut in cuts]
        shared = any(np.shares_memory(views[i], views[j]) for i, j in ((0, 1), (0, 2), (1, 2)))
        seen.add(shared)
        try:
            SGD(0.0).step(views, [np.ones(v.shape) for v in views])
            assert not shared
        except ValueError as error:
            assert shared and "shares memory" in str(error)
    assert seen == {True, False}


def test_interleaved_views_are_apart():
    base = np.zeros(10)
    SGD(1.0).step([base[::2], base[1::2]], [np.full(5, -1.0), np.full(5, -2.0)])
    assert np.array_equal(base, [1.0, 2.0] * 5)


BAD_HYPER = {
    "nan": (np.nan, ValueError, "not nan"),
    "negative": (-0.1, ValueError, "not -0.1"),
    "inf": (np.inf, ValueError, "not inf"),
    "minus inf": (-np.inf, ValueError, "not -inf"),
    "bool": (True, TypeError, "not True"),
    "string": ("0.1", TypeError, "not '0.1'"),
    "None": (None, TypeError, "not None"),
    "list": ([0.1], TypeError, "NumPy array"),
    "complex": (1j, TypeError, "number"),
    "NumPy complex": (np.complex128(1), TypeError, "real number"),
    "array with nan": (np.array([0.1, np.nan]), ValueError, "not nan"),
    "array with a negative": (np.array([0.1, -2.0]), ValueError, "not -2.0"),
    "array of strings": (np.array(["a"]), TypeError, "real number"),
}


@pytest.mark.parametrize("name", ["lr", "rho"])
@pytest.mark.parametrize(("value", "error", "message"), BAD_HYPER.values(), ids=BAD_HYPER)
def test_bad_hyper_parameters(name, value, error, message):
    hyper = {"lr": 0.1, "rho": 0.9} | {name: value}
    for cls in (Momentum, Nesterov):
        with pytest.raises(error, match=f"^{name} must be .*{message}"):
            cls(**hyper)
    opt, x = Momentum(0.1), np.ones(2)
    opt.step(x, np.ones(2))
    setattr(opt, name, value)  # and when it is assigned later
    before = memory(opt, x)
    with pytest.raises(error, match=f"^{name} must be .*{message}"):
        opt.step(x, np.ones(2))
    assert memory(opt, x) == before


@pytest.mark.parametrize("rho", [1.0, 1.5, np.array([0.5, 1.0])])
def test_rho_stays_below_one(rho):
    with pytest.raises(ValueError, match="rho must be at least 0 and below 1"):
        Momentum(0.1, rho=rho)


def test_good_hyper_parameters_of_every_number_type():
    for lr in (0, 1, 0.5, np.float32(0.5), np.int64(2), np.array(0.5), np.array([1, 2])):
        SGD(lr).step(np.ones(2), np.ones(2))


@pytest.mark.parametrize(("value", "error", "message"), BAD_HYPER.values(), ids=BAD_HYPER)
def test_a_schedule_that_gives_nonsense(value, error, message):
    opt, x = Momentum(lambda step: 0.1 if step < 1 else value), np.ones(2)
    opt.step(x, np.ones(2))
    before = memory(opt, x)
    with pytest.raises(error, match=rf"^lr\(1\) must be .*{message}"):
        opt.step(x, np.ones(2))
    assert memory(opt, x) == before


@pytest.mark.parametrize("shape", [(3,), (2, 2), (1, 1, 2), (5, 2), (2, 3)])
def test_settings_that_do_not_broadcast(shape):
    x = {"W": np.ones((4, 2)), "b": np.ones(2)}
    opt = Momentum(0.1, rho=np.full(shape, 0.5))
    before = memory(opt, x)
    with pytest.raises(ValueError, match=re.escape(f"rho of shape {shape} does not broadcast to params['")):
        opt.step(x, {"W": np.ones((4, 2)), "b": np.ones(2)})
    assert memory(opt, x) == before


ROUNDED = {
    "rho": ({"rho": 1 - 1e-12}, np.float32, "rho in float32 must be at least 0 and below 1, not 1.0"),
    "rho grid": ({"rho": np.full(2, 1 - 1e-12)}, np.float32, "rho in float32 must be at least 0 and below 1, not 1.0"),
    "rho half": ({"rho": 0.9999}, np.float16, "rho in float16 must be at least 0 and below 1, not 1.0"),
    "lr": ({"lr": 1e300}, np.float32, "lr in float32 must be finite and at least 0, not inf"),
    "lr grid": ({"lr": np.array([0.1, 1e300])}, np.float32, "lr in float32 must be finite and at least 0, not inf"),
    "schedule": ({"lr": lambda step: 1e300}, np.float32, "lr in float32 must be finite and at least 0, not inf"),
}


@pytest.mark.parametrize("cls", [Momentum, Nesterov])
@pytest.mark.parametrize(("change", "dtype", "message"), ROUNDED.values(), ids=ROUNDED)
def test_hyper_parameters_keep_to_their_domain_in_the_parameters_dtype(cls, change, dtype, message):
    opt, x = cls(**{"lr": 0.1} | change), [np.ones(2), np.ones(2, dtype)]
    before = memory(opt, x)
    with pytest.raises(ValueError, match=re.escape(message)):
        opt.step(x, [np.ones(2), np.ones(2)])
    assert memory(opt, x) == before
    opt.step(x[0], np.ones(2))  # in float64 they are fine
    assert opt.t == 1


def test_each_parameter_has_the_settings_in_its_own_dtype():
    seen = []

    class Spy(Optimizer):
        def update(self, x, dx):
            seen.append((x.dtype, self.lr.dtype, self.shift.dtype, self.down))

    x = [np.ones(2), np.ones(2, np.float32), np.ones((3, 2), np.float16)]
    Spy(np.full(2, 0.1), shift=np.array([1, 2]), down=True).step(x, x)
    assert seen == [(y.dtype, y.dtype, y.dtype, True) for y in x]


@pytest.mark.parametrize("name", ["t", "block", "hyper", "step", "update", "slots", "domains", "_state", "_layout"])
def test_names_of_the_class_are_no_hyper_parameters(name):
    class Own(Optimizer):
        def update(self, x, dx):
            x -= self.lr * dx

    with pytest.raises(ValueError, match=f"^{name} cannot be a hyper-parameter: it is kept for Own itself"):
        Own(0.1, **{name: 5.0})
    assert Own(0.1, shift=2.0).shift == 2.0


def test_an_epsilon_that_float16_does_not_know():
    x = np.ones(2, np.float16)
    with pytest.raises(ValueError, match="eps must not be so small that it is 0 in float16, as 1e-08 is"):
        Adam(1e-3).step(x, np.ones(2, np.float16))
    Adam(1e-3, eps=0.0).step(x, np.ones(2, np.float16))  # the reader's own wish


def test_gradients_too_large_for_the_parameters_type():
    x = np.ones(2, np.float32)
    with pytest.raises(ValueError, match=r"grads holds inf at \(1,\)"):
        SGD(0.1).step(x, np.array([1.0, 1e300]))


@pytest.mark.parametrize("correct", [1, 0.0, "yes", None])
def test_a_switch_is_true_or_false(correct):
    with pytest.raises(TypeError, match="correct must be True or False"):
        Adam(1e-3, correct=correct)


@pytest.mark.parametrize("opt", [SGD(0.1), NesterovLookAhead(0.1), Lookahead(SGD(0.1)), SAM(SGD(0.1))], ids=repr)
def test_a_loss_without_a_gradient_is_named(opt):
    with pytest.raises(TypeError, match=r"loss must have \.grad\(params\), as a surface does, but .* does not"):
        opt.step_closure(np.ones(2), np.sin)


def test_the_look_ahead_form_knows_its_parameters():
    opt = NesterovLookAhead(0.1)
    opt.step_closure(np.ones(2), Ravine())
    with pytest.raises(ValueError, match="params was of kind array before and is now of kind dict"):
        opt.look_ahead({"a": np.ones(2)})
    with pytest.raises(ValueError, match=r"params was float64 \(2,\) before and is now float64 \(3,\)"):
        opt.look_ahead(np.ones(3))


@pytest.mark.parametrize("inner", [ScheduleFreeSGD(0.1), ScheduleFreeAdamW(0.1)], ids=repr)
def test_lookahead_refuses_what_would_not_come_back(inner):
    with pytest.raises(TypeError, match=f"{type(inner).__name__}.*: Schedule-Free steps from its own state"):
        Lookahead(inner)
    for around in (SAM(inner), Groups({"all": inner}, lambda key, x: "all")):
        with pytest.raises(TypeError, match=f"{type(inner).__name__}.*: Schedule-Free steps from its own state"):
            Lookahead(around)
