"""The base class: structures, dtypes, blocks, broadcasting, schedules, saving, and that errors change nothing."""

import copy

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course_lib.optim import METHODS, SGD, Momentum, Nesterov, Optimizer

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
    single = [run(row.cls(**row.moved), a.copy(), ga), run(row.cls(**row.moved), b.copy(), gb)]
    listed = run(row.cls(**row.moved), [a.copy(), b.copy()], zip(ga, gb, strict=True))
    keyed = {"W": a.copy(), "b": b.copy()}
    run(row.cls(**row.moved), keyed, ({"b": y, "W": x} for x, y in zip(ga, gb, strict=True)))
    for one, two, three in zip(single, listed, keyed.values(), strict=True):
        assert same_bits(one, two) and same_bits(one, three)


@ALL
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_dtype_stays(row, dtype):
    x, v = np.ones(4, dtype), None
    hyper = {name: np.full(4, h) for name, h in row.moved.items()}
    for opt in (row.cls(**row.moved), row.cls(**hyper)):
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
    one, two = row.cls(**row.moved), row.cls(**row.moved)
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
    expected = run(row.cls(**row.moved), x.copy(), g)
    run(row.cls(**row.moved), x, g)
    assert np.array_equal(base[view], expected)
    inside = np.zeros(base.shape, bool)
    inside[view] = True
    assert np.array_equal(base[~inside], untouched[~inside])


@ALL
def test_fortran_order_and_non_contiguous_gradients(row):
    rng = np.random.default_rng(2)
    x, g = rng.normal(size=(50, 40)), rng.normal(size=(40, 50))
    for block in (32_768, 64):
        a, b = x.copy(), np.asfortranarray(x)
        for y in (a, b):
            opt = row.cls(**row.moved)
            opt.block = block
            run(opt, y, [g.T] * 3)
        assert np.array_equal(a, b)


def test_gradients_are_left_alone():
    for row in METHODS.values():
        g = np.ones(5)
        opt = row.cls(**row.moved)
        opt.step(np.ones(5), g)
        opt.step(np.ones(5), g)
        assert np.array_equal(g, np.ones(5))


@ALL
def test_gradient_in_the_parameters_own_memory(row):
    """f = x²/2 has the gradient x, f = x·y has (y, x): both may be passed as they are."""
    x, y = np.array([1.0, 2.0]), np.array([1.0, 2.0])
    row.cls(**row.moved).step(x, x)
    row.cls(**row.moved).step(y, y.copy())
    assert np.array_equal(x, y)
    a, b = [np.array([1.0]), np.array([2.0])], [np.array([1.0]), np.array([2.0])]
    row.cls(**row.moved).step(a, a[::-1])
    row.cls(**row.moved).step(b, [np.array([2.0]), np.array([1.0])])
    assert a == b
    big = np.arange(100_001.0)
    expected = big[1:].copy()
    row.cls(**row.moved).step(expected, big[:-1].copy())
    row.cls(**row.moved).step(big[1:], big[:-1])
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
    whole, cut = row.cls(**row.moved), row.cls(**row.moved)
    whole.block, cut.block = None, block
    assert same_bits(run(whole, x.copy(), g), run(cut, x.copy(), g))


@ALL
@pytest.mark.parametrize("size", [32_767, 32_768, 32_769, 65_537, 100_000])
def test_the_default_block_changes_no_bit(row, size):
    rng = np.random.default_rng(size)
    x, g = rng.normal(size=size), rng.normal(size=(2, size))
    whole = row.cls(**row.moved)
    whole.block = None
    assert same_bits(run(whole, x.copy(), g), run(row.cls(**row.moved), x.copy(), g))


def test_large_arrays_are_cut():
    class Sizes(Optimizer):
        seen = []

        def update(self, x, dx):
            self.seen.append(x.size)

    x = np.zeros((10, 10_000))
    Sizes(0.1).step(x, x.copy())
    assert Sizes.seen == [32_768, 32_768, 32_768, 1_696]
    Sizes.seen.clear()
    Sizes(0.1).step(x.T, x.T)  # not contiguous: some rows at a time
    assert Sizes.seen == [32_760] * 3 + [1_720]
    Sizes.seen.clear()
    Sizes(np.full((10, 1), 0.1)).step(x, x.copy())
    assert Sizes.seen == [30_000] * 3 + [10_000]
    Sizes.seen.clear()
    Sizes.elementwise = False  # a method that needs the whole matrix gets it
    Sizes(0.1).step(x, x.copy())
    assert Sizes.seen == [100_000]


@ALL
@pytest.mark.parametrize("block", [None, 32_768, 50, 7])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_grid_of_settings_is_bit_identical_to_a_loop(row, block, dtype):
    lrs, rhos = np.linspace(0.01, 0.5, 6), np.linspace(0.0, 0.95, 5)
    rng = np.random.default_rng(3)
    x0, g = rng.normal(size=(6, 5, 4)).astype(dtype), rng.normal(size=(20, 6, 5, 4)).astype(dtype)
    hyper = {"lr": lrs.reshape(6, 1, 1)} | ({"rho": rhos.reshape(5, 1)} if "rho" in row.moved else {})
    opt = row.cls(**hyper)
    opt.block = block
    grid = run(opt, x0.copy(), g)
    for i, lr in enumerate(lrs):
        for j, rho in enumerate(rhos):
            one = {"lr": lr} | ({"rho": rho} if "rho" in row.moved else {})
            assert same_bits(run(row.cls(**one), x0[i, j].copy(), g[:, i, j]), grid[i, j])


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
    hyper = row.moved | {"lr": lambda step: 0.1 / (1 + step)}
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
    "negative t": ({"t": -1, "v": np.zeros(2)}, ValueError, r"state\['t'\] must not be negative"),
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
    new = opt.fresh()
    assert new.state_dict() == {"t": 0} and new.rho == 0.5 and new.block == 7
    new.lr *= 2
    new.step(np.zeros((3, 2)), np.ones((3, 2)))
    assert opt.t == 1 and np.array_equal(opt.lr, [0.1, 0.2])
