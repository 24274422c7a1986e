"""Schedule-Free SGD and AdamW against the authors' own package."""

import inspect

import numpy as np
import pytest
import schedulefree
import torch

from course_lib.optim import SGD, Adam, Quadratic, descend
from course_lib.optim.schedule_free import ScheduleFreeAdamW, ScheduleFreeSGD

SHAPES = {"W": (4, 3), "b": (3,), "scale": ()}
SCALES = pytest.mark.parametrize("scale", [1.0, 1e-6, 0.0, 1e6])
BOTH = pytest.mark.parametrize("cls", [ScheduleFreeSGD, ScheduleFreeAdamW])

DEFAULTS = {ScheduleFreeSGD: {"lr": 0.1}, ScheduleFreeAdamW: {"lr": 0.0025}}
MOVED = {"lr": 0.013, "beta1": 0.83, "weight_decay": 0.3, "warmup": 37.0, "power": 1.5, "lr_power": 1.2}
MOVED = {ScheduleFreeSGD: MOVED, ScheduleFreeAdamW: MOVED | {"beta2": 0.97, "eps": 1e-5}}


def theirs(cls, params, **hyper):
    """The authors' optimizer, in the mode in which the parameters hold y."""
    h = {name: p.default for name, p in inspect.signature(cls).parameters.items()} | hyper
    rest = {"weight_decay": h["weight_decay"], "r": h["power"], "weight_lr_power": h["lr_power"]}
    rest |= {"lr": h["lr"], "warmup_steps": h["warmup"]}
    if cls is ScheduleFreeSGD:
        opt = schedulefree.SGDScheduleFree(params, momentum=h["beta1"], **rest)
    else:
        opt = schedulefree.AdamWScheduleFree(params, betas=(h["beta1"], h["beta2"]), eps=h["eps"], **rest)
    opt.train()
    return opt


def their_path(cls, hyper, arrays, grads, lr=None):
    """Walk with the authors' code; give the points y and the averages x after the last step."""
    params = [torch.tensor(a, requires_grad=True) for a in arrays]
    opt = theirs(cls, params, **hyper)
    for k, step in enumerate(grads):
        if lr is not None:
            opt.param_groups[0]["lr"] = lr(k)
        for p, g in zip(params, step, strict=True):
            p.grad = torch.tensor(g)
        opt.step()
    points = [p.detach().numpy().copy() for p in params]
    opt.eval()
    return points, [p.detach().numpy() for p in params]


def close(ours, others):
    for a, b in zip(ours, others, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-12 * np.abs(b).max(initial=0.0))


def problem(scale, seed=0, steps=1_000):
    """Arrays and gradients of one scale; a tenth of the gradients are exact zeros."""
    rng = np.random.default_rng(seed)
    arrays = [np.asarray((scale or 1.0) * rng.normal(size=shape)) for shape in SHAPES.values()]
    sizes = np.where(np.arange(steps) % 10 == 9, 0.0, scale)
    return arrays, [[np.asarray(size * rng.normal(size=shape)) for shape in SHAPES.values()] for size in sizes]


def run(opt, x, grads):
    for g in grads:
        opt.step(x, g)
    return x


def same_bits(a, b):
    return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()


# Against the authors' package


@BOTH
@pytest.mark.parametrize("hyper", [DEFAULTS, MOVED], ids=["defaults", "moved"])
@SCALES
@pytest.mark.parametrize("kind", ["list", "dict"])
def test_parity(cls, hyper, scale, kind):
    arrays, grads = problem(scale)
    opt, ours = cls(**hyper[cls]), [a.copy() for a in arrays]
    if kind == "list":
        run(opt, ours, grads)
        averages = opt.test_params(ours)
    else:
        keyed = dict(zip(SHAPES, ours, strict=True))
        run(opt, keyed, [dict(zip(SHAPES, g, strict=True)) for g in grads])
        averages = list(opt.test_params(keyed).values())
    points, their_averages = their_path(cls, hyper[cls], arrays, grads)
    close(ours, points)
    close(averages, their_averages)


@BOTH
@SCALES
@pytest.mark.parametrize("shape", [(3, 2), ()])
def test_parity_of_single_arrays(cls, scale, shape):
    rng = np.random.default_rng(1)
    x = np.asarray((scale or 1.0) * rng.normal(size=shape))
    grads = [np.asarray(scale * rng.normal(size=shape)) for _ in range(1_000)]
    (point,), (average,) = their_path(cls, MOVED[cls], [x], [[g] for g in grads])
    opt = cls(**MOVED[cls])
    run(opt, x, grads)
    close([x, opt.test_params(x)], [point, average])


@BOTH
@pytest.mark.parametrize(
    "rate", [lambda k: 0.05 * (1 + np.cos(np.pi * k / 100)), lambda k: 1e-3 * k], ids=["cos", "up"]
)
def test_parity_with_a_schedule(cls, rate):
    """The weights follow the largest rate so far; the second schedule starts with a rate of 0."""
    arrays, grads = problem(1.0, seed=2, steps=300)
    opt, ours = cls(**MOVED[cls] | {"lr": rate}), [a.copy() for a in arrays]
    run(opt, ours, grads)
    points, averages = their_path(cls, MOVED[cls], arrays, grads, lr=rate)
    close(ours, points)
    close(opt.test_params(ours), averages)


@BOTH
def test_parity_where_the_gradient_depends_on_the_point(cls):
    x = np.array([-1.2, 1.0, 0.3])
    p = torch.tensor(x, requires_grad=True)
    other, ours = theirs(cls, [p], **MOVED[cls]), cls(**MOVED[cls])
    for _ in range(1_000):
        other.zero_grad()
        (torch.cos(p).sum() + 0.1 * (p**2).sum()).backward()
        other.step()
        ours.step(x, -np.sin(x) + 0.2 * x)
    close([x], [p.detach().numpy()])
    other.eval()
    close([ours.test_params(x)], [p.detach().numpy()])


@BOTH
def test_parity_in_float32(cls):
    rng = np.random.default_rng(3)
    x, grads = rng.normal(size=50).astype(np.float32), rng.normal(size=(200, 50)).astype(np.float32)
    (point,), (average,) = their_path(cls, MOVED[cls], [x], [[g] for g in grads])
    opt = cls(**MOVED[cls])
    run(opt, x, grads)
    assert x.dtype == opt.test_params(x).dtype == np.float32
    np.testing.assert_allclose(x, point, rtol=1e-4, atol=1e-4)
    np.testing.assert_allclose(opt.test_params(x), average, rtol=1e-4, atol=1e-4)


# What it means


def test_without_beta1_it_is_the_mean_of_sgd():
    x, opt, walk = np.array([3.0, -2.0]), ScheduleFreeSGD(0.3, beta1=0.0), []
    y, sgd = x.copy(), SGD(0.3)
    for _ in range(40):
        opt.step(x, x * [1.0, 2.0])
        sgd.step(y, y * [1.0, 2.0])
        walk.append(y.copy())
        np.testing.assert_allclose(x, y, rtol=1e-12, atol=1e-15)
        np.testing.assert_allclose(opt.test_params(x), np.mean(walk, axis=0), rtol=1e-12, atol=1e-15)


def test_powers_weigh_the_average():
    """wₜ = t^p αₜ^q, and αₜ grows for T steps: told by the average of a walk that is known."""
    rng = np.random.default_rng(4)
    grads, lr, T, p, q = rng.normal(size=60), 0.1, 20, 0.7, 1.5
    x, opt = np.array(0.0), ScheduleFreeSGD(lr, warmup=T, power=p, lr_power=q)
    run(opt, x, np.asarray(grads))
    t = np.arange(1, 61)
    rates = lr * np.minimum(1, t / T)
    walk = -np.cumsum(rates * grads)
    weights = t**p * rates**q
    assert float(opt.test_params(x)) == pytest.approx((weights @ walk) / weights.sum(), rel=1e-12)


@BOTH
def test_the_average_is_quieter_than_the_walk(cls):
    """A noisy quadratic, 400 walks: the same rate, and a floor far below SGD's or Adam's."""
    rng = np.random.default_rng(5)
    x = np.full((400, 2), 2.0)
    y = x.copy()
    opt, plain = cls(0.1), {ScheduleFreeSGD: SGD, ScheduleFreeAdamW: Adam}[cls](0.1)
    for _ in range(1_000):
        noise = rng.normal(size=x.shape)
        opt.step(x, x + noise)
        plain.step(y, y + noise)
    average = opt.test_params(x)
    assert average.var() < 0.7 * x.var()  # the parameters themselves are noisier than their average,
    assert average.var() < y.var() / 6  # and the method without averaging much more so


# Structures, state, errors


@BOTH
def test_average_is_a_copy_built_like_the_parameters(cls):
    w, opt = {"W": np.ones((2, 3), np.float32), "b": np.zeros(())}, cls(0.1)
    before = opt.test_params(w)
    assert list(before) == ["W", "b"] and np.array_equal(before["W"], w["W"]) and before["W"] is not w["W"]
    opt.step(w, {"W": np.ones((2, 3)), "b": np.ones(())})
    opt.test_params(w)["W"][...] = 7.0
    np.testing.assert_allclose(opt.test_params(w)["W"], 0.9, rtol=1e-6)
    with pytest.raises(ValueError, match=r"params\['b'\] was float64 \(\) before and is now float64 \(2,\)"):
        opt.test_params({"W": w["W"], "b": np.zeros(2)})


@BOTH
@pytest.mark.parametrize("block", [None, 7])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_grid_of_settings_is_a_loop(cls, block, dtype):
    """Up to round-off: powers of arrays are taken in their dtype, powers of numbers in float64."""
    lrs, betas, warmups, powers = np.linspace(0.01, 0.5, 4), np.linspace(0, 0.95, 3), [1.0, 4.0, 9.0], [0.0, 1.0, 2.0]
    rng = np.random.default_rng(6)
    x0, g = rng.normal(size=(4, 3, 5)).astype(dtype), rng.normal(size=(20, 4, 3, 5)).astype(dtype)
    column = np.array(betas).reshape(3, 1)
    hyper = {
        "lr": lrs.reshape(4, 1, 1),
        "beta1": column,
        "warmup": np.array([warmups]).T,
        "power": np.array([powers]).T,
    }
    opt = cls(**hyper)
    opt.block = block
    grid = run(opt, x0.copy(), g)
    for i, lr in enumerate(lrs):
        for j in range(3):
            one = cls(lr, beta1=betas[j], warmup=warmups[j], power=powers[j])
            x = run(one, x0[i, j].copy(), g[:, i, j])
            np.testing.assert_allclose(x, grid[i, j], rtol=0, atol=1e-5 if dtype == np.float32 else 1e-14)


@BOTH
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_dtype_stays_and_blocks_change_no_bit(cls, dtype):
    rng = np.random.default_rng(7)
    x, g = rng.normal(size=200).astype(dtype), rng.normal(size=(3, 200)).astype(dtype)
    whole, cut = cls(**MOVED[cls]), cls(**MOVED[cls])
    whole.block, cut.block = None, 64
    a, b = run(whole, x.copy(), g), run(cut, x.copy(), g)
    assert same_bits(a, b) and a.dtype == dtype
    assert all(whole.state_dict()[slot].dtype == dtype for slot in cls.slots)


@BOTH
@pytest.mark.parametrize("kind", ["array", "list", "dict"])
def test_resume_is_bit_for_bit(cls, kind):
    arrays, grads = problem(1.0, seed=8, steps=60)
    make = {"array": lambda a: a[0], "list": list, "dict": lambda a: dict(zip(SHAPES, a, strict=True))}[kind]
    hyper = MOVED[cls] | {"lr": lambda step: 0.1 / (1 + step)}
    straight, broken = make([a.copy() for a in arrays]), make([a.copy() for a in arrays])
    one = cls(**hyper)
    run(one, straight, map(make, grads))
    first = cls(**hyper)
    run(first, broken, map(make, grads[:23]))
    second = cls(**hyper)
    second.load_state_dict(first.state_dict())
    run(second, broken, map(make, grads[23:]))
    pairs = [(straight, broken), (one.test_params(straight), second.test_params(broken))]
    for a, b in pairs:
        keys = [...] if kind == "array" else range(3) if kind == "list" else SHAPES
        assert all(same_bits(a[k], b[k]) for k in keys)


@BOTH
def test_descend_fresh_repr(cls):
    opt = cls(0.1)
    path = descend(Quadratic([1.0, 0.5]), opt, [[1.0, 1.0], [2.0, -3.0]], 300)
    assert path.shape == (301, 2, 2) and np.abs(path[-1]).max() < 0.1 and opt.t == 0
    opt.step(np.zeros(2), np.ones(2))
    assert opt.clone().state_dict() == {"t": 0}
    assert repr(opt).startswith(f"{cls.__name__}(lr=0.1, beta1=0.9, ") and "warmup=1.0" in repr(opt)


@BOTH
@pytest.mark.parametrize(
    ("hyper", "message"),
    [
        ({"beta1": 1.0}, "beta1 must be at least 0 and below 1, not 1"),
        ({"warmup": 0}, "warmup must be finite and at least 1, not 0"),
        ({"power": -1.0}, "power must be at least 0 and below 16, not -1"),
        ({"lr_power": np.nan}, "lr_power must be at least 0 and below 16, not nan"),
        ({"weight_decay": np.inf}, "weight_decay must be finite and at least 0, not inf"),
    ],
)
def test_bad_settings_change_nothing(cls, hyper, message):
    with pytest.raises(ValueError, match=message):
        cls(0.1, **hyper)
    opt, x = cls(0.1), np.ones(2)
    opt.step(x, x)
    before, state = x.copy(), opt.state_dict()
    (name, value), *_ = hyper.items()
    setattr(opt, name, value)
    with pytest.raises(ValueError, match=message):
        opt.step(x, x)
    assert same_bits(x, before) and all(np.array_equal(opt.state_dict()[k], state[k]) for k in state)
