"""The base class: structures, dtypes, blocks, broadcasting, schedules, saving, and that errors change nothing."""

import copy
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course_lib.optim import (
    METHODS,
    SGD,
    Cosine,
    Lookahead,
    Momentum,
    Nesterov,
    Optimizer,
    ParameterSet,
    Quadratic,
    ReducePlateau,
)

ALL = pytest.mark.parametrize("row", METHODS.values(), ids=METHODS)


def run(opt, x, grads):
    for g in grads:
        opt.step(x, g)
    return x


def same_bits(a, b):
    return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()


# Structures and dtypes


@ALL
def test_list_dict_and_single_array_take_the_same_path(row):
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(3, 4)), rng.normal(size=5)
    ga, gb = rng.normal(size=(9, 3, 4)), rng.normal(size=(9, 5))
    single = [run(row.cls(**row.test_settings), a.copy(), ga), run(row.cls(**row.test_settings), b.copy(), gb)]
    listed = run(row.cls(**row.test_settings), [a.copy(), b.copy()], zip(ga, gb, strict=True))
    keyed = {"W": a.copy(), "b": b.copy()}
    run(row.cls(**row.test_settings), keyed, ({"b": y, "W": x} for x, y in zip(ga, gb, strict=True)))
    for one, two, three in zip(single, listed, keyed.values(), strict=True):
        assert same_bits(one, two) and same_bits(one, three)


@ALL
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_dtype_stays(row, dtype):
    x, v = np.ones(4, dtype), None
    hyper = {name: h if isinstance(h, bool) else np.full(4, h) for name, h in row.test_settings.items()}
    for opt in (row.cls(**row.test_settings), row.cls(**hyper)):
        opt.step(x, np.ones(4, np.float64))  # a gradient of another dtype is cast
        assert x.dtype == dtype
        for slot in opt.slots:
            v = opt.state_dict()[slot]
            assert v.dtype == dtype


def test_float32_is_computed_in_float32():
    x, g = np.full(3, 1.1, np.float32), np.full(3, 0.3, np.float32)
    expected = x - np.float32(0.1) * g
    for lr in (0.1, np.float64(0.1), np.full(3, 0.1)):
        y = x.copy()
        SGD(lr).step(y, g)
        assert same_bits(y, expected)


@ALL
def test_zero_dimensional_arrays_and_their_scalar_gradients(row):
    x, y = np.array(3.0), np.array([3.0])
    one, two = row.cls(**row.test_settings), row.cls(**row.test_settings)
    for _ in range(20):
        one.step(x, 2 * x)  # 2 * x is a NumPy scalar
        two.step(y, 2 * y)
    assert x.shape == () and x == y[0] != 3.0


@ALL
@pytest.mark.parametrize("view", [np.s_[::2], np.s_[::-1], np.s_[:, 1], np.s_[1:3, ::3]])
def test_views_change_their_base(row, view):
    base = np.arange(48.0).reshape(6, 8)
    untouched = base.copy()
    x, g = base[view], np.random.default_rng(1).normal(size=(4, *base[view].shape))
    expected = run(row.cls(**row.test_settings), x.copy(), g)
    run(row.cls(**row.test_settings), x, g)
    assert np.array_equal(base[view], expected)
    inside = np.zeros(base.shape, bool)
    inside[view] = True
    assert np.array_equal(base[~inside], untouched[~inside])


@ALL
def test_fortran_order_and_non_contiguous_gradients(row):
    rng = np.random.default_rng(2)
    x, g = rng.normal(size=(50, 40)), rng.normal(size=(40, 50))
    for block in (128_000, 512):
        a, b = x.copy(), np.asfortranarray(x)
        for y in (a, b):
            opt = row.cls(**row.test_settings)
            opt.block = block
            run(opt, y, [g.T] * 3)
        assert np.array_equal(a, b)


def test_gradients_are_left_alone():
    for row in METHODS.values():
        g = np.ones(5)
        opt = row.cls(**row.test_settings)
        opt.step(np.ones(5), g)
        opt.step(np.ones(5), g)
        assert np.array_equal(g, np.ones(5))


@ALL
def test_gradient_in_the_parameters_own_memory(row):
    """f = x²/2 has the gradient x, f = x·y has (y, x): both may be passed as they are."""
    x, y = np.array([1.0, 2.0]), np.array([1.0, 2.0])
    row.cls(**row.test_settings).step(x, x)
    row.cls(**row.test_settings).step(y, y.copy())
    assert np.array_equal(x, y)
    a, b = [np.array([1.0]), np.array([2.0])], [np.array([1.0]), np.array([2.0])]
    row.cls(**row.test_settings).step(a, a[::-1])
    row.cls(**row.test_settings).step(b, [np.array([2.0]), np.array([1.0])])
    assert a == b
    big = np.arange(100_001.0)
    expected = big[1:].copy()
    row.cls(**row.test_settings).step(expected, big[:-1].copy())
    row.cls(**row.test_settings).step(big[1:], big[:-1])
    assert np.array_equal(big[1:], expected)


def test_empty_sets_and_empty_arrays():
    opt = Momentum(0.1)
    opt.step([], [])
    assert opt.t == 1
    x = np.empty((0, 3))
    Momentum(0.1).step(x, x.copy())
    Momentum(np.ones((1, 3))).step(x, x.copy())


# Blocks and broadcasting


@ALL
@settings(deadline=None, max_examples=25)
@given(st.integers(1, 9), st.integers(-2, 2), st.sampled_from([np.float32, np.float64]), st.integers(0, 2**32))
def test_blocks_change_no_bit(row, count, off, dtype, seed):
    block = 64
    size = max(0, count * block + off)
    rng = np.random.default_rng(seed)
    x, g = rng.normal(size=size).astype(dtype), rng.normal(size=(3, size)).astype(dtype)
    whole, cut = row.cls(**row.test_settings), row.cls(**row.test_settings)
    whole.block, cut.block = None, block
    assert same_bits(run(whole, x.copy(), g), run(cut, x.copy(), g))


@ALL
@pytest.mark.parametrize("size", [15_999, 16_000, 16_001, 32_001, 150_000])
def test_the_default_block_changes_no_bit(row, size):
    rng = np.random.default_rng(size)
    x, g = rng.normal(size=size), rng.normal(size=(2, size))
    whole = row.cls(**row.test_settings)
    whole.block = None
    assert same_bits(run(whole, x.copy(), g), run(row.cls(**row.test_settings), x.copy(), g))


def test_large_arrays_are_cut():
    class Sizes(Optimizer):
        seen = []

        def update(self, x, dx):
            self.seen.append(x.size)

    x = np.zeros((10, 10_000))
    Sizes(0.1).step(x, x.copy())
    assert Sizes.seen == [14_286] * 6 + [14_284]
    Sizes.seen.clear()
    Sizes(0.1).step(x.T, x.T)  # not contiguous: some rows at a time
    assert Sizes.seen == [14_290] * 6 + [14_260]
    Sizes.seen.clear()
    Sizes(np.full((10, 1), 0.1)).step(x, x.copy())
    assert Sizes.seen == [20_000] * 5
    Sizes.seen.clear()
    Sizes.elementwise = False  # a method that needs the whole matrix gets it
    Sizes(0.1).step(x, x.copy())
    assert Sizes.seen == [100_000]


@ALL
@pytest.mark.parametrize("block", [None, 128_000, 400, 7])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_grid_of_settings_is_bit_identical_to_a_loop(row, block, dtype):
    lrs, rhos = np.linspace(0.01, 0.5, 6), np.linspace(0.0, 0.95, 5)
    rng = np.random.default_rng(3)
    x0, g = rng.normal(size=(6, 5, 4)).astype(dtype), rng.normal(size=(20, 6, 5, 4)).astype(dtype)
    hyper = {"lr": lrs.reshape(6, 1, 1)} | ({"rho": rhos.reshape(5, 1)} if "rho" in row.test_settings else {})
    opt = row.cls(**hyper)
    opt.block = block
    grid = run(opt, x0.copy(), g)
    for i, lr in enumerate(lrs):
        for j, rho in enumerate(rhos):
            one = {"lr": lr} | ({"rho": rho} if "rho" in row.test_settings else {})
            alone = run(row.cls(**one), x0[i, j].copy(), g[:, i, j])
            if "beta1" in row.test_settings and (dtype == np.float32 or "lr_power" in row.test_settings):
                # α/(1 − β₁ᵗ) is rounded to float32 in a grid; and powers of arrays are not those of numbers
                np.testing.assert_allclose(grid[i, j], alone, rtol=0, atol=2e-6 if dtype == np.float32 else 1e-14)
            else:
                assert same_bits(alone, grid[i, j])


@ALL
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_grid_of_any_setting_is_a_loop_up_to_round_off(row, dtype):
    """Arrays of β or δ are arrays of the parameter's type: 1 − β₂ᵗ is then as exact as that type can be."""
    rng = np.random.default_rng(4)
    for name in row.test_settings.keys() - {"lr", "correct"}:
        values = np.array([row.test_settings[name] * 0.9, row.test_settings[name], row.test_settings[name] * 1.02])
        x0, g = rng.normal(size=(3, 4)).astype(dtype), rng.normal(size=(20, 3, 4)).astype(dtype)
        grid = run(row.cls(**row.test_settings | {name: values.reshape(3, 1)}), x0.copy(), g)
        for i, value in enumerate(values):
            alone = run(row.cls(**row.test_settings | {name: float(value)}), x0[i].copy(), g[:, i])
            np.testing.assert_allclose(grid[i], alone, rtol=0, atol=1e-13 if dtype == np.float64 else 1e-5)


def test_settings_along_leading_axes_of_unequal_rank():
    x, g = np.ones((3, 4)), np.ones((3, 4))
    SGD(np.array([[1.0], [2.0], [3.0]])).step(x, g)
    assert np.array_equal(x[:, 0], [0.0, -1.0, -2.0])
    y = np.ones((3, 4))
    SGD(np.array([1.0, 2.0, 3.0, 4.0])).step(y, g)
    assert np.array_equal(y[0], [0.0, -1.0, -2.0, -3.0])


# Rates, steps, repr


def test_schedule_is_asked_with_the_finished_steps():
    asked = []

    def halving(step):
        asked.append(step)
        return 0.5**step

    x, opt = np.array([0.0]), SGD(halving)
    for _ in range(4):
        opt.step(x, np.array([-1.0]))
    assert asked == [0, 1, 2, 3] and x[0] == 1.875 and opt.t == 4
    assert opt.lr is halving


def test_schedule_may_give_arrays():
    x = np.ones((2, 1))
    opt = Momentum(lambda step: np.array([[0.1], [0.2]]) / (1 + step), rho=0.5)
    opt.step(x, np.ones((2, 1)))
    opt.step(x, np.ones((2, 1)))
    assert np.allclose(x[:, 0], 1 - np.array([0.1, 0.2]) * (1 + 1.5 / 2))


def test_update_sees_the_step_number_from_one():
    class Steps(Optimizer):
        seen = []

        def update(self, x, dx):
            self.seen.append((self.t, self.lr))

    opt = Steps(lambda step: step + 0.5)
    opt.step(np.zeros(2), np.zeros(2))
    opt.step(np.zeros(2), np.zeros(2))
    assert Steps.seen == [(1, 0.5), (2, 1.5)]


def test_hyper_parameters_may_be_reassigned_and_are_checked_again():
    x, opt = np.array([1.0]), Momentum(0.1)
    opt.lr, opt.rho = 0.5, 0.0
    opt.step(x, np.array([1.0]))
    assert x[0] == 0.5
    opt.rho = 1.5
    with pytest.raises(ValueError, match=r"rho must be at least 0 and below 1, not 1\.5"):
        opt.step(x, np.array([1.0]))
    assert x[0] == 0.5 and opt.t == 1


def test_repr():
    def warm_up(step):
        return 0.1

    assert repr(SGD(0.1)) == "SGD(lr=0.1)"
    assert repr(Momentum(np.float64(0.1), rho=0.9)) == "Momentum(lr=0.1, rho=0.9)"
    assert repr(Nesterov(warm_up, rho=np.zeros((20, 1)))) == "Nesterov(lr=warm_up, rho=array(20, 1))"


def test_a_method_without_update_says_so():
    class Empty(Optimizer):
        pass

    with pytest.raises(NotImplementedError, match="Empty must define update"):
        Empty(0.1).step(np.ones(1), np.ones(1))


def test_own_hyper_parameters_need_no_constructor():
    class Signed(Optimizer):
        def update(self, x, dx):
            x -= self.lr * dx * (1 if self.down else -1) + self.shift

    x = np.zeros(1)
    Signed(0.5, shift=-2.0, down=False).step(x, np.ones(1))
    assert x[0] == 2.5
    with pytest.raises(ValueError, match="shift must be finite"):
        Signed(0.5, shift=np.nan, down=True)


# Saving


@ALL
@pytest.mark.parametrize("kind", ["array", "list", "dict"])
def test_resume_is_bit_for_bit(row, kind):
    rng = np.random.default_rng(4)
    leaves = [rng.normal(size=(5, 3)), rng.normal(size=())]
    make = {"array": lambda a: a[0], "list": list, "dict": lambda a: {"W": a[0], "b": a[1]}}[kind]
    grads = [make([rng.normal(size=(5, 3)), np.array(rng.normal())]) for _ in range(40)]
    hyper = row.test_settings | {"lr": lambda step: 0.1 / (1 + step)}
    straight, broken = make(copy.deepcopy(leaves)), make(copy.deepcopy(leaves))
    run(row.cls(**hyper), straight, grads)
    first = row.cls(**hyper)
    run(first, broken, grads[:17])
    saved = first.state_dict()
    run(first, copy.deepcopy(broken), grads[17:])  # what happens later does not reach what was saved
    second = row.cls(**hyper)
    second.load_state_dict(saved)
    run(second, broken, grads[17:])
    assert second.t == 40
    if kind == "array":
        assert same_bits(straight, broken)
    else:
        keys = range(2) if kind == "list" else straight
        assert all(same_bits(straight[k], broken[k]) for k in keys)


def test_loading_copies():
    opt, v = Momentum(0.1), np.array([3.0])
    opt.load_state_dict({"t": 1, "v": v})
    opt.step(np.zeros(1), np.ones(1))
    assert v[0] == 3.0


def test_state_before_the_first_step_forgets_everything():
    opt = Momentum(0.1)
    empty = opt.state_dict()
    opt.step(np.zeros(2), np.ones(2))
    opt.load_state_dict(empty)
    assert opt.state_dict() == {"t": 0}
    opt.step(np.zeros(3), np.ones(3))  # even the shape may change


BAD_STATES = {
    "no dict": ([1], TypeError, "state must be a dict"),
    "no t": ({"v": np.zeros(2)}, ValueError, r"state\['t'\] is missing"),
    "float t": ({"t": 1.0, "v": np.zeros(2)}, TypeError, r"state\['t'\] must be an integer"),
    "bool t": ({"t": True, "v": np.zeros(2)}, TypeError, r"state\['t'\]"),
    "negative t": ({"t": -1, "v": np.zeros(2)}, ValueError, r"state\['t'\] must be at least 0"),
    "no v": ({"t": 1}, ValueError, r"state\['v'\] is missing"),
    "unknown slot": ({"t": 1, "v": np.zeros(2), "m": np.zeros(2)}, ValueError, r"state\['m'\] is unknown"),
    "v a number": ({"t": 1, "v": 1.0}, TypeError, r"state\['v'\] must be"),
    "v of ints": ({"t": 1, "v": np.zeros(2, int)}, TypeError, r"state\['v'\] must hold floats"),
    "shape": ({"t": 1, "v": np.zeros(3)}, ValueError, r"state\['v'\] was float64 \(2,\)"),
    "dtype": ({"t": 1, "v": np.zeros(2, np.float32)}, ValueError, r"state\['v'\] was float64"),
    "kind": ({"t": 1, "v": [np.zeros(2)]}, ValueError, r"state\['v'\] was of kind array"),
}


@pytest.mark.parametrize(("state", "error", "message"), BAD_STATES.values(), ids=BAD_STATES)
def test_a_bad_state_changes_nothing(state, error, message):
    opt = Momentum(0.1)
    opt.step(np.zeros(2), np.ones(2))
    with pytest.raises(error, match=message):
        opt.load_state_dict(state)
    assert opt.t == 1 and np.array_equal(opt.state_dict()["v"], [1.0, 1.0])


def test_a_loaded_state_must_fit_the_parameters():
    opt, x = Momentum(0.1), np.zeros(2)
    opt.load_state_dict({"t": 1, "v": np.ones(3)})
    with pytest.raises(ValueError, match=r"params was float64 \(3,\) before and is now float64 \(2,\)"):
        opt.step(x, np.ones(2))
    assert opt.t == 1 and not x.any()


def test_a_method_without_slots_saves_its_step_count_alone():
    opt = SGD(lambda step: 1.0 / (1 + step))
    opt.step(np.zeros(2), np.ones(2))
    saved = opt.state_dict()
    assert saved == {"t": 1}
    opt.load_state_dict(saved)
    with pytest.raises(ValueError, match="params was float64"):  # it has not forgotten its own parameters
        opt.step(np.zeros(3), np.ones(3))
    other, x = SGD(lambda step: 1.0 / (1 + step)), np.zeros(3)
    other.load_state_dict(saved)
    other.step(x, np.ones(3))
    assert x.tolist() == [-0.5] * 3 and other.t == 2


def test_fresh_has_the_settings_and_no_memory():
    opt = Momentum(np.array([0.1, 0.2]), rho=0.5)
    opt.block = 7
    opt.step(np.zeros(2), np.ones(2))
    new = opt.clone()
    assert new.state_dict() == {"t": 0} and new.rho == 0.5 and new.block == 7
    new.lr *= 2
    new.step(np.zeros((3, 2)), np.ones((3, 2)))
    assert opt.t == 1 and np.array_equal(opt.lr, [0.1, 0.2])


# Parameter sets


def a_set(rng, dtype=float):
    return ParameterSet({"W": rng.normal(size=(5, 3)).astype(dtype), "b": rng.normal(size=3).astype(dtype)})


@ALL
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_set_takes_the_path_of_a_dict(row, dtype):
    rng = np.random.default_rng(6)
    params = a_set(rng, dtype)
    keyed = {key: x.copy() for key, x in params.items()}
    one, two = row.cls(**row.test_settings), row.cls(**row.test_settings)
    for _ in range(12):
        g = a_set(rng, dtype)
        one.step(params, g)
        two.step(keyed, dict(g))
    for key, x in keyed.items():
        assert same_bits(x, params[key].copy())
    a, b = one.state_dict(), two.state_dict()
    assert a.keys() == b.keys() and all(same_bits(a[s][k], b[s][k]) for s in one.slots for k in keyed)


@ALL
def test_a_run_goes_on_from_a_dict_to_a_set_and_back(row):
    rng = np.random.default_rng(7)
    params, grads = a_set(rng), [a_set(rng) for _ in range(9)]
    straight = {key: x.copy() for key, x in params.items()}
    run(row.cls(**row.test_settings), straight, [dict(g) for g in grads])
    opt = row.cls(**row.test_settings)
    run(opt, params, grads[:2])
    for g in grads[2:4]:
        opt.step(dict(params), {k: g[k] for k in ("b", "W")})
    saved = opt.state_dict()
    for slot in opt.slots:
        saved[slot] = dict(reversed(saved[slot].items()))  # the order of keys does not matter
    later = row.cls(**row.test_settings)
    later.load_state_dict(saved)
    run(later, params, grads[4:])
    assert all(same_bits(straight[k], params[k].copy()) for k in straight)


def test_a_set_is_one_update():
    class Shapes(Optimizer):
        seen = []

        def update(self, x, dx):
            self.seen.append(x.shape)

    params = a_set(np.random.default_rng(8))
    opt = Shapes(0.1)
    for _ in range(3):
        opt.step(params, params.zeros_like())
    assert Shapes.seen == [(18,)] * 3
    Shapes.seen.clear()
    Shapes.elementwise = False
    Shapes(0.1).step(params, params.zeros_like())
    Shapes(np.ones(3)).step(params, params.zeros_like())  # a setting that broadcasts against each array
    assert Shapes.seen == [(5, 3), (3,)] * 2


def test_sets_of_unlike_layout_are_refused_by_name():
    params = a_set(np.random.default_rng(9))
    before = params.flat.copy()
    for _ in range(2):
        with pytest.raises(ValueError, match=r"grads\['b'\] is missing"):
            SGD(0.1).step(params, ParameterSet({"W": np.ones((5, 3))}))
        with pytest.raises(ValueError, match=r"grads\['W'\] has shape \(3, 5\)"):
            SGD(0.1).step(params, ParameterSet({"W": np.ones((3, 5)), "b": np.ones(3)}))
    assert np.array_equal(before, params.flat)


def test_grads_of_a_set_in_another_order_find_their_partners():
    params = a_set(np.random.default_rng(10))
    keyed = {k: x.copy() for k, x in params.items()}
    g = ParameterSet({"b": np.ones(3), "W": np.full((5, 3), 2.0)})
    for _ in range(3):
        SGD(0.1).step(params, g)
        SGD(0.1).step(keyed, dict(g))
    assert all(np.array_equal(keyed[k], params[k]) for k in keyed)


# What a step has checked, the next one need not: whatever has changed must be seen all the same


@ALL
def test_arrays_that_were_checked_before_change_no_bit(row):
    rng = np.random.default_rng(11)
    x, g = rng.normal(size=(4, 5)), rng.normal(size=(30, 4, 5))
    quick, slow, y = row.cls(**row.test_settings), row.cls(**row.test_settings), x.copy()
    for step in g:
        quick.step(x, step.copy())
        slow._bound = None
        slow.step(y, step)
    assert quick._bound is not None or not row.cls.elementwise
    assert same_bits(x, y)


def changed(name, value):
    return lambda opt, x, g: setattr(opt, name, value)


BETWEEN = {
    "rho too large": (changed("rho", 1.5), ValueError, "rho must be"),
    "rho no number": (changed("rho", "much"), TypeError, "rho must be a number"),
    "lr negative": (changed("lr", -1.0), ValueError, "lr must be"),
    "read-only": (lambda opt, x, g: setattr(x.flags, "writeable", False), ValueError, "params is read-only"),
    "nan": (lambda opt, x, g: g.__setitem__(2, np.nan), ValueError, r"grads holds nan at \(2,\)"),
    "infinite": (lambda opt, x, g: g.__setitem__(0, -np.inf), ValueError, r"grads holds -inf at \(0,\)"),
}


@pytest.mark.parametrize(("change", "error", "message"), BETWEEN.values(), ids=BETWEEN)
def test_what_changes_between_steps_is_checked(change, error, message):
    opt, x, g = Momentum(0.1), np.ones(4), np.ones(4)
    for _ in range(3):
        opt.step(x, g)
    change(opt, x, g)
    before = x.copy(), opt.state_dict()["v"]
    with pytest.raises(error, match=message):
        opt.step(x, g)
    assert np.array_equal(x, before[0]) and np.array_equal(opt.state_dict()["v"], before[1]) and opt.t == 3


@pytest.mark.parametrize("g", [[1.0] * 4, np.ones(3), np.ones((4, 1)), np.ones(4, int), 1.0, None])
def test_another_gradient_between_steps_is_checked(g):
    opt, x = Momentum(0.1), np.ones(4)
    opt.step(x, np.ones(4))
    with pytest.raises((TypeError, ValueError), match="grads"):
        opt.step(x, g)
    assert opt.t == 1


def test_a_step_sees_new_settings_and_arrays():
    opt, x, g = SGD(0.5), np.zeros(2), np.ones(2)
    opt.step(x, g)
    opt.lr = 1.0
    opt.step(x, g)
    opt.lr = np.array([1.0, 2.0])
    opt.step(x, g)
    opt.lr = lambda step: float(step)  # three steps are finished
    opt.step(x, g)
    assert x.tolist() == [-5.5, -6.5]
    y = np.zeros(2)
    opt.step(y, g)  # another array of the same shape
    assert y.tolist() == [-4.0, -4.0] and x.tolist() == [-5.5, -6.5]


@ALL
def test_a_schedule_on_arrays_that_were_checked_changes_no_bit(row):
    rng = np.random.default_rng(13)
    for schedule in (Cosine(0.1, steps=20), lambda step: 0.1 / (1 + step), lambda step: np.float64(0.1)):
        x, g = rng.normal(size=20).astype(np.float32), rng.normal(size=(25, 20)).astype(np.float32)
        hyper, y = row.test_settings | {"lr": schedule}, x.copy()
        quick, slow = row.cls(**hyper), row.cls(**hyper)
        for step in g:
            quick.step(x, step.copy())
            slow._bound = None
            slow.step(y, step)
        assert quick._bound is not None and same_bits(x, y)


@pytest.mark.parametrize("bad", [-0.1, np.nan, np.inf, "0.1", None, 1e300])
def test_a_schedule_that_goes_wrong_between_steps(bad):
    opt, x, g = Momentum(lambda step: 0.1 if step < 3 else bad), np.ones(2, np.float32), np.ones(2, np.float32)
    for _ in range(3):
        opt.step(x, g)
    before = x.copy()
    with pytest.raises((TypeError, ValueError), match=r"^lr"):
        opt.step(x, g)
    assert np.array_equal(x, before) and opt.t == 3


@pytest.mark.parametrize("kind", [float, int, np.float64, np.float32])
def test_a_schedule_is_asked_once_a_step(kind):
    asked, x = [], np.zeros(2, np.float32)
    opt = Momentum(lambda step: asked.append(step) or kind(1))
    for _ in range(4):
        opt.step(x, np.ones(2, np.float32))
    assert asked == [0, 1, 2, 3] and x.dtype == np.float32


def test_gradients_that_are_views_are_bound_and_not_copied():
    x, base, seen = np.zeros(4), np.ones(8), []

    class Looks(Optimizer):
        def update(self, x, dx):
            seen.append(np.shares_memory(dx, base))
            x -= self.lr * dx

    opt = Looks(0.1)
    opt.step(x, base[::2])
    bound = opt._bound
    opt.step(x, base[::2])
    assert opt._bound is bound and seen == [True, True]


def test_a_schedule_may_turn_to_arrays_and_whole_numbers():
    rates = [0.5, 1, np.array([1.0, 2.0]), 0.5]
    opt, x = SGD(lambda step: rates[step]), np.zeros(2)
    for _ in rates:
        opt.step(x, np.ones(2))
    assert x.tolist() == [-3.0, -4.0]


@ALL
def test_numpy_s_own_numbers_as_settings_change_no_type(row):
    """float64 scalars would make float64 of float32 arrays on the way."""
    hyper = {name: h if isinstance(h, bool) else np.float64(h) for name, h in row.test_settings.items()}
    rng = np.random.default_rng(14)
    x, g = rng.normal(size=20).astype(np.float32), rng.normal(size=(5, 20)).astype(np.float32)
    y, one, two = x.copy(), row.cls(**row.test_settings), row.cls(**row.test_settings)
    for step in g:
        vars(two).update(hyper)
        one.step(x, step.copy())
        two.step(y, step.copy())
    assert same_bits(x, y)


def test_a_schedule_s_class_is_no_schedule():
    with pytest.raises(TypeError, match=r"lr must be a number .*, not <class .*: did you mean Cosine\(…\)\?$"):
        SGD(Cosine)


def test_fresh_forgets_what_a_schedule_has_seen():
    opt = SGD(ReducePlateau(1.0, patience=0))
    opt.lr.observe(1.0)
    opt.lr.observe(1.0)
    assert opt.lr(2) < 1.0 and opt.clone().lr == ReducePlateau(1.0, patience=0)
    outside = Lookahead(opt)
    assert outside.clone().lr(0) == 1.0 and outside.lr(2) < 1.0


def test_a_change_of_the_array_s_own_type_is_seen():
    for other in (">f8", np.int64, np.float32):
        opt, x = Momentum(0.1), np.ones(4)
        opt.step(x, np.ones(4))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            x.dtype = other
        with pytest.raises((TypeError, ValueError), match="params"):
            opt.step(x, np.ones(4))
        assert opt.t == 1 and opt.state_dict()["v"].tolist() == [1.0] * 4


def test_a_step_keeps_to_a_class_s_own_rules():
    class Stops(Momentum):
        def settings(self):
            return super().settings() | ({"rho": 0.0} if self.t >= 2 else {})

    class Cautious(SGD):
        domains = SGD.domains | {"lr": (0.0, 1.0)}

    x, y, one, two = np.zeros(1), [np.zeros(1)], Stops(0.1), Stops(0.1)
    for _ in range(5):
        one.step(x, np.ones(1))
        two.step(y, [np.ones(1)])
    assert x == y[0]
    opt = Cautious(lambda step: 0.6 * (step + 1))
    opt.step(x, np.ones(1))
    with pytest.raises(ValueError, match=r"lr\(1\) must be at least 0 and below 1, not 1\.2"):
        opt.step(x, np.ones(1))
    infinite, z = SGD(lambda step: 0.1 if step < 1 else np.inf), np.zeros(2, np.longdouble)
    infinite.step(z, np.ones(2, np.longdouble))
    with pytest.raises(ValueError, match="lr"):
        infinite.step(z, np.ones(2, np.longdouble))


def test_every_step_checks_structure_and_choice():
    w = np.ones(2)
    opt = SGD(0.1)
    opt.step({"W": w}, {"W": np.ones(2)})
    with pytest.raises(ValueError, match="params was of kind dict before and is now of kind array"):
        opt.step(w, np.ones(2))
    one = SGD(0.1)
    for _ in range(2):
        one.step(w, np.ones(2))
    with pytest.raises(ValueError, match="nonfinite must be"):
        one.step(w, np.ones(2), nonfinite="bogus")


@ALL
def test_a_set_that_is_its_own_gradient(row):
    """f = x²/2; and an update may move x before it has last used dx."""
    params = a_set(np.random.default_rng(15))
    x, one, two = params.flat.copy(), row.cls(**row.test_settings), row.cls(**row.test_settings)
    for _ in range(4):
        one.step(params, params)
        two.step(x, x)
    assert same_bits(params.flat, x)
    assert all(same_bits(one._state[i].flat, two._state[i][None]) for i in range(len(one.slots)))


def test_an_empty_set():
    for empty in (ParameterSet({}), ParameterSet([np.empty((0, 3))])):
        opt = Momentum(0.1)
        for _ in range(3):
            opt.step(empty, empty.zeros_like())
        assert opt.t == 3


def test_gradients_in_the_parameters_memory_after_the_first_step():
    x, y = np.array([1.0, 2.0]), np.array([1.0, 2.0])
    a, b = Momentum(0.1), Momentum(0.1)
    for _ in range(4):
        a.step(x, x)
        b.step(y, y.copy())
    assert np.array_equal(x, y)
    for _ in range(4):
        a.step(x, x[::-1])
        b.step(y, y[::-1].copy())
    assert np.array_equal(x, y)


def test_what_update_keeps_in_self_is_forgotten():
    """What a method must remember goes into its slots: nothing else is saved, on no step."""

    class Counts(Optimizer):
        seen = []

        def update(self, x, dx):
            self.calls = getattr(self, "calls", 0) + 1
            self.lr *= 0.5
            self.seen.append((self.calls, self.lr, self.t))

    opt, x = Counts(1.0), np.zeros(2)
    for _ in range(3):
        opt.step(x, np.ones(2))
    assert Counts.seen == [(1, 0.5, 1), (1, 0.5, 2), (1, 0.5, 3)] and opt.lr == 1.0


@pytest.mark.parametrize(("value", "error"), [(0, ValueError), (-3, ValueError), (2.0, TypeError), (True, TypeError)])
@pytest.mark.parametrize("warm", [0, 2])
def test_a_bad_block_is_named(value, error, warm):
    opt, x = SGD(0.1), np.ones(3)
    for _ in range(warm):
        opt.step(x, np.ones(3))
    opt.block = value
    with pytest.raises(error, match="block must be"):
        opt.step(x, np.ones(3))
    assert opt.t == warm


# Gradients that are not finite


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("warm", [0, 3])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_a_gradient_that_is_not_finite(value, warm, dtype):
    def ready():
        opt, x = Momentum(0.1), np.ones((2, 3), dtype)
        for _ in range(warm):
            opt.step(x, np.ones((2, 3), dtype))
        return opt, x, x.copy()

    g = np.ones((2, 3), dtype)
    g[1, 2] = value
    opt, x, before = ready()
    with pytest.raises(
        ValueError, match=rf"grads holds {value} at \(1, 2\); nonfinite=\"skip\" leaves such a step out"
    ):
        opt.step(x, g)
    assert np.array_equal(x, before) and opt.t == warm
    opt.step(x, g, nonfinite="skip")
    assert np.array_equal(x, before) and opt.t == warm
    opt.step(x, np.ones((2, 3), dtype))  # and all goes on
    assert opt.t == warm + 1
    opt, x, before = ready()
    opt.step(x, g, nonfinite="allow")
    assert not np.isfinite(x[1, 2]) and np.isfinite(x[0]).all() and opt.t == warm + 1


def test_the_parameter_with_nan_is_named():
    params = {"W1": np.ones((2, 2)), "b1": np.ones(2)}
    with pytest.raises(ValueError, match=r"grads\['b1'\] holds nan at \(1,\)"):
        SGD(0.1).step(params, {"W1": np.ones((2, 2)), "b1": np.array([1.0, np.nan])})
    with pytest.raises(ValueError, match=r"grads\[1\] is inf"):
        SGD(0.1).step([np.ones(2), np.array(1.0)], [np.ones(2), np.array(np.inf)])
    flat = ParameterSet(params)
    g = flat.zeros_like()
    for _ in range(2):
        SGD(0.1).step(flat, g)
    g["W1"][0, 1] = np.nan
    with pytest.raises(ValueError, match=r"grads\['W1'\] holds nan at \(0, 1\)"):
        SGD(0.1).step(flat, g)


def test_gradients_whose_squares_overflow_are_finite():
    for dtype in (np.float16, np.float32, np.float64):
        x, g = np.zeros(3, dtype), np.full(3, np.finfo(dtype).max)
        opt = SGD(1e-3)
        for _ in range(3):
            opt.step(x, g)
        assert opt.t == 3


def test_the_choice_is_named():
    with pytest.raises(ValueError, match='nonfinite must be "raise", "skip" or "allow", not \'ignore\''):
        SGD(0.1).step(np.ones(1), np.ones(1), nonfinite="ignore")


def test_follow_asks_the_loss():
    x = np.array([8.0])
    SGD(0.5).step_closure(x, Quadratic([1.0]))
    assert x[0] == 4.0

    class Broken:
        def grad(self, x):
            return x * np.nan

    with pytest.raises(ValueError, match="grads holds nan"):
        SGD(0.5).step_closure(x, Broken())
    SGD(0.5).step_closure(x, Broken(), nonfinite="skip")
    assert x[0] == 4.0
