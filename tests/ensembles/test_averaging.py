"""EMA and SWA against torch's AveragedModel, batch norm against its update_bn, and closed forms."""

import copy
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch.optim import swa_utils

from course_lib.ensembles import EMA, SWA, average_weights, refresh_batch_norm
from course_lib.nn import (
    BatchNorm,
    Conv2d,
    Dense,
    Dropout,
    EarlyStopping,
    Flatten,
    ReLU,
    Residual,
    Sequential,
    evaluate,
    fit,
)
from course_lib.optim import SGD, Adam, AdamW, Groups, Momentum, ParameterSet, Quadratic, descend
from course_lib.optim.schedule_free import ScheduleFreeAdamW, ScheduleFreeSGD
from course_lib.optim.schedules import Cosine
from course_lib.optim.wrappers import SAM, Lookahead

SHAPES = {"W": (4, 3), "b": (3,), "scale": ()}
KINDS = pytest.mark.parametrize("kind", ["array", "list", "dict", "set"])
INNER = {
    "SGD": (lambda: SGD(0.037), lambda params: torch.optim.SGD(params, lr=0.037)),
    "Momentum": (lambda: Momentum(0.013, rho=0.73), lambda params: torch.optim.SGD(params, lr=0.013, momentum=0.73)),
    "AdamW": (
        lambda: AdamW(0.013, beta1=0.83, beta2=0.97, eps=1e-5, weight_decay=0.3),
        lambda params: torch.optim.AdamW(params, lr=0.013, betas=(0.83, 0.97), eps=1e-5, weight_decay=0.3),
    ),
}
INNERS = pytest.mark.parametrize(("inner", "their_inner"), INNER.values(), ids=INNER)
SCALES = pytest.mark.parametrize("scale", [1.0, 1e-6, 0.0, 1e6])


@pytest.fixture(autouse=True)
def torch_counts_in_float64():
    """Some of torch's optimizers keep their scalars in the default type."""
    torch.set_num_threads(1)
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


def make(kind, arrays):
    named = dict(zip(SHAPES, arrays, strict=True))
    return (
        {"array": named["W"], "list": list(named.values()), "dict": named}.get(kind)
        if kind != "set"
        else (ParameterSet(named))
    )


def arrays_of(tree):
    return [tree] if isinstance(tree, np.ndarray) else list(tree.values() if hasattr(tree, "values") else tree)


def same_bits(a, b):
    pairs = zip(arrays_of(a), arrays_of(b), strict=True)
    return all(p.dtype == q.dtype and p.shape == q.shape and p.tobytes() == q.tobytes() for p, q in pairs)


def problem(kind, scale=1.0, seed=0, steps=500):
    """Parameters and gradients of one scale; a tenth of the gradients are exact zeros."""
    rng = np.random.default_rng(seed)

    def draw(size):
        return make(kind, [np.asarray(size * rng.normal(size=shape)) for shape in SHAPES.values()])

    return draw(scale or 1.0), [draw(0.0 if k % 10 == 9 else scale) for k in range(steps)]


class Ask:
    """A loss made of a function that gives its gradient."""

    def __init__(self, grad):
        self.grad = grad


class Weights(torch.nn.Module):
    """Parameters, as AveragedModel wants them."""

    def __init__(self, arrays):
        super().__init__()
        self.all = torch.nn.ParameterList([torch.nn.Parameter(torch.tensor(a)) for a in arrays])


def side_by_side(x, grads, opt, their_inner, averages):
    """Both walks, and torch's averages: name → (its model of averages, made from a model; when it is given a point)."""
    model = Weights(arrays_of(x))
    other = their_inner(model.parameters())
    averages = {name: (averaged(model), when) for name, (averaged, when) in averages.items()}
    for t, g in enumerate(grads, start=1):
        opt.step(x, g)
        for p, dx in zip(model.parameters(), arrays_of(g), strict=True):
            p.grad = torch.tensor(dx)
        other.step()
        for averaged, when in averages.values():
            if when(t):
                averaged.update_parameters(model)
    return {name: [p.detach().numpy() for p in averaged.parameters()] for name, (averaged, _) in averages.items()}


def close(ours, theirs):
    for a, b in zip(arrays_of(ours), theirs, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-12 * np.abs(b).max(initial=0.0))


def ema_from(start, decay):
    """torch's average, told to begin at `start`: it copies what it is first given."""

    def averaged(model):
        new = swa_utils.AveragedModel(model, multi_avg_fn=swa_utils.get_ema_multi_avg_fn(decay))
        if start is not None:
            new.update_parameters(Weights(start))
        return new

    return averaged, lambda t: True


@INNERS
@SCALES
@pytest.mark.parametrize("kind", ["dict", "set"])
def test_all_averages_are_torchs(inner, their_inner, scale, kind):
    """Several of them around one optimizer, over one walk.

    Without start-up correction EMA is torch's, begun at 0; with it, that over 1 − dᵗ. torch itself begins at the first
    point it sees, x₁: that is x_test + dᵗ x₁. SWA is torch's plain average, given the same points.
    """
    steps = 500 if (scale, kind, inner) == (1, "dict", INNER["Momentum"][0]) else 60
    x, grads = problem(kind, scale, steps=steps)
    zeros, first = [np.zeros_like(a) for a in arrays_of(x)], copy.deepcopy(x)
    inner().step(first, grads[0])
    settings = {"all": (1, 1), "late": (steps // 2, 1), "some": (20, 7), "few": (7, 20)}
    opts = {"raw": EMA(inner(), decay=0.995, start_up=False)}
    opts["corrected"] = EMA(opts["raw"], decay=0.98)
    for name, (start, every) in settings.items():
        opts[name] = SWA(list(opts.values())[-1], start=start, every=every)
    points = {name: set(range(start, steps + 1, every)) for name, (start, every) in settings.items()}
    theirs = side_by_side(
        x,
        grads,
        opts["few"],
        their_inner,
        {"raw": ema_from(zeros, 0.995), "corrected": ema_from(zeros, 0.98), "theirs": ema_from(None, 0.995)}
        | {name: (swa_utils.AveragedModel, points[name].__contains__) for name in settings},
    )
    ours = {name: opt.test_params(x) for name, opt in opts.items()}
    close(ours["raw"], theirs["raw"])
    close(ours["corrected"], [a / (1 - 0.98**steps) for a in theirs["corrected"]])
    from_first = [a + 0.995**steps * x1 for a, x1 in zip(arrays_of(ours["raw"]), arrays_of(first), strict=True)]
    close(from_first, theirs["theirs"])
    for name in settings:
        close(ours[name], theirs[name])
        assert opts[name].n_averaged() == len(points[name])
        assert type(ours[name]) is type(x)


# EMA


@pytest.mark.parametrize("decay", [0.0, 0.5, 0.995, 0.9999])
def test_start_up(decay):
    """Where x does not move, the average without correction is x (1 − dᵗ), and with it x."""
    x, g = np.array([8.0, -3.0]), np.ones(2)
    raw, corrected = EMA(SGD(0.0), decay=decay, start_up=False), EMA(SGD(0.0), decay=decay)
    for t in range(1, 51):
        raw.step(x, g)
        corrected.step(x, g)
        np.testing.assert_allclose(raw.test_params(x), x * (1 - decay**t), rtol=1e-11)
        np.testing.assert_allclose(corrected.test_params(x), x, rtol=1e-11)


def test_ema_is_the_weighted_mean_of_the_walk():
    x, grads = problem("array", steps=40)
    opt, walk = EMA(SGD(0.1), decay=0.9), []
    for g in grads:
        opt.step(x, g)
        walk.append(x.copy())
    weights = 0.9 ** np.arange(39, -1, -1)
    np.testing.assert_allclose(opt.test_params(x), np.average(walk, axis=0, weights=weights), rtol=1e-12)


def test_without_decay_it_is_the_last_point():
    x, grads = problem("dict", steps=5)
    opt = EMA(SGD(0.1), decay=0.0)
    for g in grads:
        opt.step(x, g)
    assert same_bits(opt.test_params(x), x)


def test_a_grid_of_decays():
    decays = np.array([[[0.0]], [[0.9]], [[0.99]]])
    grads = np.random.default_rng(0).normal(size=(30, 3, 2, 4))
    grads[:, 1:] = grads[:, :1]
    x, opt = np.ones((3, 2, 4)), EMA(SGD(0.1), decay=decays)
    ones = [(np.ones((2, 4)), EMA(SGD(0.1), decay=float(d))) for d in decays.ravel()]
    for g in grads:
        opt.step(x, g)
        for y, one in ones:
            one.step(y, g[0])
    for i, (y, one) in enumerate(ones):
        assert np.array_equal(opt.test_params(x)[i], one.test_params(y))


# SWA


@KINDS
def test_swa_is_the_mean_of_its_points(kind):
    x, grads = problem(kind, steps=20)
    opt, points = SWA(SGD(0.1), start=4, every=3), []
    for t, g in enumerate(grads, start=1):
        opt.step(x, g)
        if t in (4, 7, 10, 13, 16, 19):
            points.append([a.copy() for a in arrays_of(x)])
        if t < 4:
            assert same_bits(opt.test_params(x), x) and opt.n_averaged() == 0
        else:
            close(opt.test_params(x), [np.mean(a, axis=0) for a in zip(*points, strict=True)])
            assert opt.n_averaged() == len(points)
    assert type(opt.test_params(x)) is type(x)


# Both, as Lookahead is tested

OPTS = {
    "EMA": lambda: EMA(Momentum(lambda step: 0.1 / (1 + step)), decay=0.9),
    "EMA without correction": lambda: EMA(Adam(Cosine(0.1, steps=50)), start_up=False),
    "SWA": lambda: SWA(Momentum(lambda step: 0.1 / (1 + step)), start=10, every=4),
    "SWA, not begun": lambda: SWA(Momentum(0.1), start=1_000),
    "EMA(SAM)": lambda: EMA(SAM(Momentum(0.01), radius=0.2), decay=0.8),
    "SAM(EMA)": lambda: SAM(EMA(Momentum(0.01), decay=0.8), radius=0.2),
    "EMA(Lookahead(Groups))": lambda: EMA(Lookahead(Groups({"all": Momentum(0.1)}, lambda key, x: "all"), k=3)),
    "SWA(EMA)": lambda: SWA(EMA(SGD(0.01)), start=3),
}
ALL = pytest.mark.parametrize("new", OPTS.values(), ids=OPTS)


def asked(opt, x, grads):
    for g in grads:
        opt.step_closure(x, Ask(lambda params, g=g: make_like(params, g)))


def make_like(params, g):
    """A gradient that depends on where it is asked."""
    mixed = [np.asarray(a + 0.1 * b) for a, b in zip(arrays_of(g), arrays_of(params), strict=True)]
    return (
        mixed[0]
        if isinstance(params, np.ndarray)
        else type(params)(mixed if isinstance(params, list) else dict(zip(params, mixed, strict=True)))
    )


@ALL
@KINDS
def test_the_walk_is_the_inner_optimizers(new, kind):
    x, grads = problem(kind, steps=30)
    y, opt = copy.deepcopy(x), new()
    plain = opt.inner
    while isinstance(plain, EMA | SWA):
        plain = plain.inner
    plain = SAM(plain, radius=opt.radius).clone() if isinstance(opt, SAM) else plain.clone()
    asked(opt, x, grads)
    asked(plain, y, grads)
    assert same_bits(x, y) and opt.t == plain.t == 30


@ALL
@KINDS
def test_resume_is_bit_for_bit(new, kind):
    x, grads = problem(kind, steps=50)
    straight, broken, whole, first, second = copy.deepcopy(x), copy.deepcopy(x), new(), new(), new()
    asked(whole, straight, grads)
    asked(first, broken, grads[:22])
    saved = first.state_dict()
    asked(first, copy.deepcopy(broken), grads[22:])  # what happens later does not reach it
    second.load_state_dict(saved)
    asked(second, broken, grads[22:])
    assert same_bits(straight, broken) and second.t == 50
    assert same_bits(whole.test_params(straight), second.test_params(broken))


@ALL
def test_fresh_forgets_and_keeps_apart(new):
    x, grads = problem("dict", steps=5)
    opt = new()
    asked(opt, x, grads)
    fresh, lr = opt.clone(), opt.lr
    assert fresh.state_dict() == new().state_dict() and repr(fresh) == repr(opt)
    fresh.step_closure(np.ones((2, 2)), Ask(np.copy))  # other parameters
    fresh.lr = 0.5
    assert opt.t == 5 and opt.lr is lr and fresh.t == 1


@ALL
def test_a_skipped_step_does_not_count(new):
    one, two = {"W": np.ones((2, 2)), "b": np.ones(2)}, {"W": np.ones((2, 2)), "b": np.ones(2)}
    first, second = new(), new()
    for k in range(6):
        for opt, w, entries in ((first, one, (np.nan, 1.0 + k)), (second, two, (1.0 + k,))):
            for value in entries:
                g = {"W": np.full((2, 2), value), "b": np.ones(2)}
                opt.step_closure(w, Ask(lambda params, g=g: g), nonfinite="skip")
    averages = [opt.test_params(w) for opt, w in ((first, one), (second, two))]
    assert first.t == second.t == 6 and same_bits(one, two) and same_bits(*averages)


def test_step_takes_nonfinite():
    x, opt = np.ones(2), EMA(SGD(0.1))
    with pytest.raises(ValueError, match=r"grads holds nan at \(0,\)"):
        opt.step(x, np.array([np.nan, 1.0]))
    opt.step(x, np.array([np.nan, 1.0]), nonfinite="skip")
    assert opt.t == 0 and x.tolist() == [1, 1] and opt.test_params(x).tolist() == [1, 1]
    opt.step(x, np.array([np.nan, 1.0]), nonfinite="allow")
    assert opt.t == 1 and np.isnan(opt.test_params(x)[0]) and opt.test_params(x)[1] == pytest.approx(0.9)
    with pytest.raises(ValueError, match="nonfinite must be"):
        opt.step(x, x, nonfinite="no")


def test_repr_and_settings():
    opt = EMA(SAM(Momentum(0.1, rho=0.5), radius=0.2), decay=0.9)
    assert repr(opt) == "EMA(SAM(Momentum(lr=0.1, rho=0.5), radius=0.2), decay=0.9, start_up=True)"
    assert opt.settings() == {"lr": 0.1, "rho": 0.5, "radius": 0.2, "decay": 0.9, "start_up": True}
    opt = SWA(SGD(0.1), start=5, every=2)
    assert repr(opt) == "SWA(SGD(lr=0.1), start=5, every=2)"
    assert opt.settings() == {"lr": 0.1, "start": 5, "every": 2}
    opt.lr = 0.7
    assert opt.inner.lr == opt.lr == 0.7


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_dtype_stays(dtype):
    for opt in (EMA(Momentum(0.1)), EMA(SGD(0.1), decay=np.full((1, 3), 0.9)), SWA(SGD(0.1), start=1)):
        x = np.ones((2, 3), dtype)
        for _ in range(3):
            opt.step(x, (x + 1).astype(np.float64))
        assert opt.test_params(x).dtype == opt.state_dict()["x_test"].dtype == x.dtype == dtype
        assert np.all(opt.test_params(x) > x)


def test_float32_does_not_drift():
    """In float32 d and 1 − d sum to 1 only nearly: over 5,000 steps of .9999 that would show."""
    x, opt = np.array([1.0], np.float32), EMA(SGD(0.0), decay=0.9999)
    for _ in range(5_000):
        opt.step(x, x)
    assert opt.test_params(x)[0] == pytest.approx(1.0, abs=2e-5)


def test_average_is_a_copy():
    w = [np.array([8.0]), np.array(4.0)]
    assert same_bits(EMA(SGD(0.5), start_up=False).test_params(w), w)
    for opt in (EMA(SGD(0.5)), SWA(SGD(0.5), start=1)):
        before = copy.deepcopy(w)
        assert same_bits(opt.test_params(w), w) and opt.test_params(w)[0] is not w[0]
        opt.step(w, [np.zeros(1), np.array(0.0)])
        for a in opt.test_params(w):
            a[...] = 0.0
        close(opt.test_params(w), before)
        assert same_bits(w, before)
        with pytest.raises(ValueError, match=r"params\[0\] was float64 \(1,\) before and is now float64 \(2,\)"):
            opt.test_params([np.zeros(2), np.array(0.0)])


def test_another_set_is_looked_at():
    """The set of the last step needs no check; another one does."""
    x, opt = ParameterSet({"W": np.ones(2)}), EMA(SGD(0.1))
    for _ in range(2):
        opt.step(x, x.zeros_like())
    same, other = ParameterSet({"W": np.ones(2)}), ParameterSet({"W": np.ones(3)})
    opt.step(same, same.zeros_like())
    with pytest.raises(ValueError, match=r"params\['W'\] was float64 \(2,\) before and is now float64 \(3,\)"):
        opt.step(other, other.zeros_like())
    assert opt.clone().test_params(other)["W"].shape == (3,)


BAD = {
    "no optimizer": (lambda: EMA(0.1), TypeError, r"inner must be an optimizer such as SGD\(0\.1\), not 0\.1"),
    "a class": (lambda: SWA(SGD, start=1), TypeError, "inner must be an optimizer"),
    "decay = 1": (lambda: EMA(SGD(0.1), decay=1.0), ValueError, "decay must be at least 0 and below 1, not 1"),
    "decay < 0": (lambda: EMA(SGD(0.1), decay=-0.1), ValueError, "decay must be"),
    "decay nan": (lambda: EMA(SGD(0.1), decay=np.nan), ValueError, "decay must be"),
    "decay a word": (lambda: EMA(SGD(0.1), decay="long"), TypeError, "decay must be a number"),
    "start_up = 1": (lambda: EMA(SGD(0.1), start_up=1), TypeError, "start_up must be True or False, not 1"),
    "start = 0": (lambda: SWA(SGD(0.1), start=0), ValueError, "start must be finite and at least 1, not 0"),
    "start = 2.5": (lambda: SWA(SGD(0.1), start=2.5), ValueError, r"start must be a whole number, not 2\.5"),
    "every = 0": (lambda: SWA(SGD(0.1), start=1, every=0), ValueError, "every must be finite and at least 1"),
    "every an array": (lambda: SWA(SGD(0.1), start=1, every=np.array([2])), ValueError, "every must be a whole number"),
    "Schedule-Free": (
        lambda: EMA(ScheduleFreeSGD(0.1)),
        TypeError,
        "inner must not be ScheduleFreeSGD: it keeps an av",
    ),
    "SAM(Schedule-Free)": (
        lambda: SWA(SAM(ScheduleFreeAdamW(0.1)), start=1),
        TypeError,
        "inner must not be ScheduleFreeAdamW",
    ),
}


@pytest.mark.parametrize(("build", "error", "message"), BAD.values(), ids=BAD)
def test_bad_settings(build, error, message):
    with pytest.raises(error, match=message):
        build()


def test_sam_within_needs_a_loss():
    x = np.ones(2)
    with pytest.raises(TypeError, match=r"gradient at a second point"):
        EMA(SAM(SGD(0.1))).step(x, x)
    assert x.tolist() == [1.0, 1.0]


@pytest.mark.parametrize("new", [lambda: EMA(Momentum(0.1), decay=0.5), lambda: SWA(Momentum(0.1), start=1)])
def test_errors_in_mid_run_change_nothing(new):
    x, opt = [np.ones(2), np.ones(1)], new()
    opt.step(x, x)
    name = opt.hyper[0]
    good, before, state, average = getattr(opt, name), copy.deepcopy(x), opt.state_dict(), opt.test_params(x)
    bad = [
        (lambda: setattr(opt, name, -1.0), x, x, f"{name} must be"),
        (lambda: setattr(opt, name, np.ones(3) / 2), x, x, rf"{name} (of shape \(3,\) does not broadcast|must be)"),
        (lambda: setattr(opt.inner, "rho", 1.0), x, x, "rho must be"),
        (lambda: None, x, x[:1], "grads has 1 arrays"),
        (lambda: None, x[:1], x[:1], r"params\[1\] was there before"),
        (lambda: None, x, [np.full(2, np.nan), np.ones(1)], r"grads\[0\] holds nan"),
    ]
    for spoil, params, grads, message in bad:
        spoil()
        with pytest.raises(ValueError, match=message):
            opt.step(params, grads)
        setattr(opt, name, good)
        opt.inner.rho = 0.9
        assert same_bits(x, before) and opt.t == opt.inner.t == 1
        assert same_bits(opt.state_dict()["inner"]["v"], state["inner"]["v"]) and same_bits(opt.test_params(x), average)


BAD_STATES = {
    "no dict": ([1], TypeError, "state must be a dict"),
    "no inner": ({"t": 1, "x_test": np.zeros(2)}, ValueError, r"state\['inner'\] is missing"),
    "no x_test": ({"t": 1, "inner": {"t": 1, "v": np.zeros(2)}}, ValueError, r"state\['x_test'\] is missing"),
    "unknown": ({"t": 1, "x_test": np.zeros(2), "inner": {}, "q": 1}, ValueError, r"state\['q'\] is unknown"),
    "bad inner": ({"t": 1, "x_test": np.zeros(2), "inner": {"t": 1}}, ValueError, r"in state\['inner'\], state\['v'\]"),
    "shape": ({"t": 1, "x_test": np.zeros(3), "inner": {"t": 0}}, ValueError, r"state\['x_test'\] was float64 \(2,\)"),
}


@pytest.mark.parametrize("new", [lambda: EMA(Momentum(0.1)), lambda: SWA(Momentum(0.1), start=1)])
@pytest.mark.parametrize(("state", "error", "message"), BAD_STATES.values(), ids=BAD_STATES)
def test_a_bad_state_changes_nothing(new, state, error, message):
    opt, x = new(), np.zeros(2)
    opt.step(x, np.ones(2))
    before = opt.test_params(x)
    with pytest.raises(error, match=message):
        opt.load_state_dict(state)
    assert opt.t == opt.inner.t == 1 and same_bits(opt.test_params(x), before)


def test_noise_is_averaged_out():
    """Where SGD with a constant rate jumps about the minimum, the averages lie far closer to it; 300 walks."""
    x = {}
    for name, opt in {"EMA": EMA(SGD(0.3), decay=0.99), "SWA": SWA(SGD(0.3), start=200)}.items():
        rng, points = np.random.default_rng(0), np.ones((300, 1))
        for _ in range(1_000):
            opt.step(points, points + rng.normal(size=points.shape))
        x[name] = points.var(), opt.test_params(points).var()
    for last, average in x.values():
        assert last == pytest.approx(0.3 / (2 - 0.3), rel=0.3) and average < last / 20
    path = descend(Quadratic([1.0]), EMA(SGD(0.3)), [1.0], 5)
    np.testing.assert_allclose(path[:, 0], 0.7 ** np.arange(6))


# In training


def blobs(n=200, seed=0):
    rng = np.random.default_rng(seed)
    y = rng.integers(3, size=n)
    x = (rng.normal(size=(n, 4)) + 2 * np.eye(3, 4)[y]).astype(np.float32)
    return SimpleNamespace(x_train=x[:150], y_train=y[:150], x_val=x[150:], y_val=y[150:])


def dense(seed=0, norm=False):
    rng = np.random.default_rng(seed)
    between = [BatchNorm(8)] if norm else []
    return Sequential(Dense(4, 8, rng=rng), *between, ReLU(), Dense(8, 3, rng=rng))


@pytest.mark.parametrize("new", [lambda: EMA(Momentum(0.3), decay=0.9), lambda: SWA(Momentum(0.3), start=5, every=3)])
@pytest.mark.parametrize("around", [lambda opt: opt, SAM])
def test_fit_tests_with_the_average_and_leaves_it(new, around):
    data, net, plain = blobs(), dense(), dense()
    opt = around(new())
    history = fit(net, data, opt, epochs=3, rng=np.random.default_rng(1))
    fit(plain, data, around(Momentum(0.3)), epochs=3, rng=np.random.default_rng(1))
    average = opt.test_params(plain.params)  # the walk ends at plain's
    assert same_bits(dict(net.params), dict(average)) and not same_bits(dict(net.params), dict(plain.params))
    score = evaluate(net, data.x_val, data.y_val)
    assert history.val_loss[-1] == score.loss and history.val_accuracy[-1] == score.accuracy


def test_lookahead_outside_has_the_last_word():
    data, net = blobs(), dense()
    opt = Lookahead(EMA(Momentum(0.3), decay=0.9), k=4)
    fit(net, data, opt, epochs=2, rng=np.random.default_rng(1))
    slow, average = opt.test_params(net.params), opt.inner.test_params(net.params)
    assert same_bits(dict(net.params), dict(slow)) and not same_bits(dict(slow), dict(average))


def test_early_stopping_restores_the_best_average():
    data, net = blobs(), dense()
    history = fit(
        net,
        data,
        EMA(Momentum(1.0), decay=0.9),
        epochs=8,
        rng=np.random.default_rng(1),
        early_stopping=EarlyStopping(None),
    )
    assert evaluate(net, data.x_val, data.y_val).loss == history.val_loss.min()


# Batch norm


def as_torch(net):
    """The same layers in torch, of channels first."""
    parts = []
    for layer in net.layers:
        match layer:
            case Dense():
                new = torch.nn.Linear(*layer.params["W"].shape)
                new.weight.data, new.bias.data = torch.tensor(layer.params["W"].T), torch.tensor(layer.params["b"])
            case BatchNorm():
                new = torch.nn.BatchNorm1d(len(layer.params["beta"]), eps=layer.eps, momentum=0.1)
                for theirs, mine in ((new.weight, "gamma"), (new.bias, "beta")):
                    theirs.data = torch.tensor(layer.params[mine])
            case ReLU():
                new = torch.nn.ReLU()
        parts.append(new)
    return torch.nn.Sequential(*parts)


@pytest.mark.parametrize("batch", [10, 32, 150, 1_000])
def test_batch_norm_is_refreshed_as_torch_does(batch):
    rng = np.random.default_rng(0)
    net = Sequential(
        Dense(4, 6, rng=rng, dtype=float), BatchNorm(6, dtype=float), ReLU(), Dense(6, 5, rng=rng, dtype=float),
        BatchNorm(5, dtype=float, momentum=0.7), ReLU(), Dense(5, 3, rng=rng, dtype=float),
    )  # fmt: skip
    for name in ("1.gamma", "1.beta", "4.gamma"):
        net.params[name][...] = rng.normal(size=net.params[name].shape)
    x = rng.normal(size=(150, 4)) * [1, 5, 0.1, 2] + 3
    theirs, before = as_torch(net), net.params.flat.copy()
    for value in (0.0, np.nan):  # whatever was there is forgotten
        for a in net.state.values():
            a[...] = value
        refresh_batch_norm(net, x, batch)
        swa_utils.update_bn(torch.utils.data.DataLoader(torch.tensor(x), batch_size=batch), theirs)
        for i in (1, 4):
            np.testing.assert_allclose(net.state[f"{i}.mean"], theirs[i].running_mean.numpy(), rtol=1e-12)
            np.testing.assert_allclose(net.state[f"{i}.var"], theirs[i].running_var.numpy(), rtol=1e-12)
    theirs.eval()
    np.testing.assert_allclose(net.forward(x), theirs(torch.tensor(x)).detach().numpy(), rtol=1e-10, atol=1e-12)
    assert np.array_equal(net.params.flat, before)
    assert (net.layers[1].momentum, net.layers[4].momentum) == (0.9, 0.7)


def test_every_batch_norm_at_any_depth_is_refreshed():
    rng = np.random.default_rng(0)
    branch = Sequential(Conv2d(2, 2, 3, padding=1, rng=rng), BatchNorm(2))
    net = Sequential(Residual(branch), Flatten(), Dense(32, 2, rng=rng))
    x = rng.normal(size=(12, 4, 4, 2)).astype(np.float32)
    refresh_batch_norm(net, x, batch=12)
    y = branch.layers[0].forward(x).reshape(-1, 2)
    np.testing.assert_allclose(branch.state["1.mean"], y.mean(0), rtol=1e-5)
    np.testing.assert_allclose(branch.state["1.var"], y.var(0, ddof=1), rtol=1e-5)


def test_a_single_row_joins_the_batch_before_it():
    x = np.random.default_rng(0).normal(size=(21, 3))
    net, other = Sequential(BatchNorm(3, dtype=float)), Sequential(BatchNorm(3, dtype=float))
    refresh_batch_norm(net, x, batch=10)
    mean = (x[:10].mean(0) + x[10:].mean(0)) / 2
    np.testing.assert_allclose(net.state["0.mean"], mean, rtol=1e-12)
    refresh_batch_norm(other, x[:20], batch=10)
    assert not np.allclose(other.state["0.mean"], mean)


def test_averaged_weights_are_better_for_it():
    """The average's activations are not the walk's, which the running statistics tell of; ten seeds."""
    data, losses = blobs(), []
    for seed in range(10):
        net = dense(seed, norm=True)
        fit(net, data, SWA(SGD(1.0), start=10), epochs=6, batch=10, rng=np.random.default_rng(seed))
        stale = evaluate(net, data.x_train, data.y_train).loss
        refresh_batch_norm(net, data.x_train)
        losses.append((stale, evaluate(net, data.x_train, data.y_train).loss))
    stale, fresh = np.transpose(losses)
    assert np.mean(fresh / stale) < 0.98  # .954, sd .019


@pytest.mark.parametrize("norm", [False, True])
def test_no_generator_goes_on(norm):
    net = Sequential(*dense(norm=norm).layers, Dropout(0.5, rng=np.random.default_rng(1)))
    state, params = net.layers[-1].rng.bit_generator.state, net.params.flat.copy()
    refresh_batch_norm(net, blobs().x_train)
    assert net.layers[-1].rng.bit_generator.state == state and np.array_equal(net.params.flat, params)
    assert not norm or net.state["1.mean"].any()


X = np.random.default_rng(0).normal(size=(20, 4)).astype(np.float32)
BAD_X = {
    "no network": (lambda net: refresh_batch_norm(3, X), TypeError, "net must be a network"),
    "bytes": (lambda net: refresh_batch_norm(net, X.astype(np.uint8)), TypeError, "x must hold floats, not uint8"),
    "no rows": (lambda net: refresh_batch_norm(net, X[:0]), ValueError, "x must have shape .* at least one row"),
    "one row": (lambda net: refresh_batch_norm(net, X[:1]), ValueError, "training needs at least two"),
    "flat": (lambda net: refresh_batch_norm(net, X[0]), ValueError, "x must have shape"),
    "columns": (lambda net: refresh_batch_norm(net, X[:, :3]), ValueError, r"x must have shape \(N, 4\)"),
    "batch": (lambda net: refresh_batch_norm(net, X, 0), ValueError, "batch must be at least 1"),
    "nan": (lambda net: refresh_batch_norm(net, X * np.nan), ValueError, "statistics nan or infinite"),
}


@pytest.mark.parametrize(("call", "error", "message"), BAD_X.values(), ids=BAD_X)
def test_bad_rows_change_nothing(call, error, message):
    net = dense(norm=True)
    net.forward(X, train=True)
    before = copy.deepcopy(net.state)
    with pytest.raises(error, match=message):
        call(net)
    assert same_bits(net.state, before) and net.layers[1].momentum == 0.9


# Independent networks


def test_average_weights():
    nets = [dense(seed, norm=True) for seed in range(3)]
    for net in nets:
        net.forward(blobs().x_train, train=True)
    before = [net.params.flat.copy() for net in nets]
    mean = average_weights(nets)
    np.testing.assert_allclose(mean.params.flat, np.mean(before, axis=0), rtol=1e-6, atol=1e-8)
    for k in mean.state:
        np.testing.assert_allclose(mean.state[k], np.mean([net.state[k] for net in nets], axis=0), rtol=1e-6)
    assert all(np.array_equal(net.params.flat, b) for net, b in zip(nets, before, strict=True))
    mean.params.flat[...] = 0
    assert nets[0].params.flat.any() and not mean.layers[0].params["W"].any()
    assert same_bits(dict(average_weights(nets[:1]).params), dict(nets[0].params))


def test_the_mean_of_good_networks_is_bad():
    """All get nine in ten right, and so does the mean of their probabilities, but not the mean of their weights."""
    data, nets = blobs(400), [dense(seed) for seed in range(5)]
    for seed, net in enumerate(nets):
        fit(net, data, Momentum(0.1), epochs=20, rng=np.random.default_rng(seed))
    single = np.mean([evaluate(net, data.x_val, data.y_val).loss for net in nets])
    mean = evaluate(average_weights(nets), data.x_val, data.y_val)
    assert mean.loss > 1.3 * single  # 2.1, sd .2


BAD_NETS = {
    "none": ([], ValueError, "nets is empty"),
    "one, bare": (dense(), TypeError, "nets must be a list of networks"),
    "no network": ([dense(), 3], TypeError, r"nets\[1\] must be a network, not 3"),
    "other layers": (
        [dense(), dense(norm=True)],
        ValueError,
        r"nets\[1\]\.params\['2\.W'\] has shape None, but nets\[0\]",
    ),
    "other sizes": (
        [
            dense(),
            Sequential(Dense(4, 9, rng=np.random.default_rng(0)), ReLU(), Dense(9, 3, rng=np.random.default_rng(0))),
        ],
        ValueError,
        r"nets\[1\]\.params\['0\.W'\] has shape \(4, 9\), but nets\[0\] \(4, 8\)",
    ),
}


@pytest.mark.parametrize(("nets", "error", "message"), BAD_NETS.values(), ids=BAD_NETS)
def test_bad_networks(nets, error, message):
    with pytest.raises(error, match=message):
        average_weights(nets)
