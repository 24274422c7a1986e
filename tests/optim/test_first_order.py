"""Each method against torch.optim, and the ways of writing it against each other."""

import numpy as np
import pytest
import torch

from course_lib.optim import (
    METHODS,
    SGD,
    AdaGrad,
    Adam,
    AdamW,
    AMSGrad,
    Momentum,
    NAdam,
    Nesterov,
    NesterovLookAhead,
    Quadratic,
    Ravine,
    RMSProp,
    RMSPropMomentum,
    Rosenbrock,
    descend,
)

ROWS = pytest.mark.parametrize("row", METHODS.values(), ids=METHODS)
TWINS = {name: row for name, row in METHODS.items() if row.reference}
TWINS = pytest.mark.parametrize("row", TWINS.values(), ids=TWINS)
STEPS = 1_000
SHAPES = {"W": (4, 3), "b": (3,), "scale": ()}


@pytest.fixture(autouse=True)
def torch_counts_in_float64():
    """Some of torch's optimizers keep their scalars in the default type."""
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


def torch_path(row, hyper, arrays, grads, lr=None):
    """Walk with torch, one gradient list a step; give the final arrays."""
    params = [torch.tensor(a, requires_grad=True) for a in arrays]
    opt = row.other(params, **hyper)
    for k, step in enumerate(grads):
        if lr is not None:
            opt.param_groups[0]["lr"] = lr(k)
        for p, g in zip(params, step, strict=True):
            p.grad = torch.tensor(g)
        opt.step()
    return [p.detach().numpy() for p in params]


def close(ours, theirs):
    for a, b in zip(ours, theirs, strict=True):
        scale = np.abs(b).max(initial=0.0)
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-12 * scale)


def problem(scale, seed=0, steps=STEPS):
    """Arrays and gradients of one scale; a tenth of the gradients are exact zeros."""
    rng = np.random.default_rng(seed)
    arrays = [(scale or 1.0) * rng.normal(size=shape) for shape in SHAPES.values()]
    arrays = [np.asarray(a) for a in arrays]
    grads = []
    for k in range(steps):
        size = 0.0 if k % 10 == 9 else scale
        grads.append([np.asarray(size * rng.normal(size=shape)) for shape in SHAPES.values()])
    return arrays, grads


@TWINS
@pytest.mark.parametrize("hyper", ["defaults", "test_settings"])
@pytest.mark.parametrize("scale", [1.0, 1e-6, 0.0, 1e6])
def test_parity_with_torch(row, hyper, scale):
    hyper = getattr(row, hyper)
    arrays, grads = problem(scale)
    opt, ours = row.cls(**hyper), [a.copy() for a in arrays]
    opt_of_dict, keyed = row.cls(**hyper), {name: a.copy() for name, a in zip(SHAPES, arrays, strict=True)}
    for g in grads:
        opt.step(ours, g)
        opt_of_dict.step(keyed, dict(zip(SHAPES, g, strict=True)))
    theirs = torch_path(row, hyper, arrays, grads)
    close(ours, theirs)
    close(keyed.values(), theirs)


@TWINS
@pytest.mark.parametrize("scale", [1.0, 1e-6, 0.0, 1e6])
@pytest.mark.parametrize("shape", ["array", "0-d", "view"])
def test_parity_of_single_arrays(row, scale, shape):
    rng = np.random.default_rng(1)
    size = {"array": (3, 2), "0-d": (), "view": (3, 2)}[shape]
    start = np.asarray((scale or 1.0) * rng.normal(size=size))
    grads = [np.asarray(scale * rng.normal(size=size)) for _ in range(STEPS)]
    x = start.copy()
    if shape == "view":
        x = np.zeros((6, 5))[::2, 1::3]
        x[...] = start
        assert not x.flags.c_contiguous
    opt = row.cls(**row.test_settings)
    for g in grads:
        opt.step(x, g)
    close([x], torch_path(row, row.test_settings, [start], [[g] for g in grads]))


@TWINS
def test_parity_with_a_schedule(row):
    """The rate changes at every step: this tells the two velocity conventions apart."""
    arrays, grads = problem(1.0, seed=2, steps=300)

    def schedule(step):
        return 0.05 * (1 + np.cos(np.pi * step / 100))

    opt, ours = row.cls(**row.test_settings | {"lr": schedule}), [a.copy() for a in arrays]
    for g in grads:
        opt.step(ours, g)
    close(ours, torch_path(row, row.test_settings, arrays, grads, lr=schedule))


@TWINS
def test_parity_in_float32(row):
    rng = np.random.default_rng(3)
    x, grads = rng.normal(size=50).astype(np.float32), rng.normal(size=(200, 50)).astype(np.float32)
    theirs = torch_path(row, row.test_settings, [x], [[g] for g in grads])[0]
    opt = row.cls(**row.test_settings)
    for g in grads:
        opt.step(x, g)
    assert x.dtype == np.float32
    np.testing.assert_allclose(x, theirs, rtol=1e-4, atol=1e-4)


@TWINS
def test_parity_where_the_gradient_depends_on_the_point(row):
    """On a loss of torch's own making, so that the gradients are independent, too.

    80 steps lead near the minimum. There a method that divides by the gradient's size steps to and fro for
    ever, and rounding grows.
    """
    hyper = row.test_settings
    start = np.array([-1.2, 1.0, 0.3])
    p = torch.tensor(start, requires_grad=True)
    theirs = row.other([p], **hyper)
    x, ours = start.copy(), row.cls(**hyper)
    for _ in range(80):
        theirs.zero_grad()
        (torch.cos(p).sum() + 0.1 * (p**2).sum()).backward()
        theirs.step()
        ours.step(x, -np.sin(x) + 0.2 * x)
    close([x], [p.detach().numpy()])


def test_zero_momentum_is_sgd():
    surface = Ravine()
    path = descend(surface, SGD(0.3), surface.start, 50)
    for cls in (Momentum, Nesterov):
        assert np.array_equal(descend(surface, cls(0.3, rho=0.0), surface.start, 50), path)


def test_velocity_is_a_sum_not_a_mean():
    opt, x = Momentum(0.1, rho=0.9), np.zeros(1)
    for _ in range(400):
        opt.step(x, np.ones(1))
    assert opt.state_dict()["v"][0] == pytest.approx(1 / (1 - 0.9), rel=1e-12)


def walk_other_convention(lr, rho, start, steps):
    """v ← ρv − α∇f, x ← x + v, on f = x²/2."""
    x, v, path = start, 0.0, [start]
    for k in range(steps):
        v = rho * v - lr(k) * x
        x = x + v
        path.append(x)
    return np.array(path)


def test_the_two_conventions_agree_until_the_rate_changes():
    ours = descend(lambda x: x, Momentum(0.1), 1.0, 60)
    np.testing.assert_allclose(ours, walk_other_convention(lambda k: 0.1, 0.9, 1.0, 60), atol=1e-14)

    def drop(step):
        return 0.1 if step < 30 else 0.01

    ours, other = descend(lambda x: x, Momentum(drop), 1.0, 60), walk_other_convention(drop, 0.9, 1.0, 60)
    np.testing.assert_allclose(ours[:31], other[:31], atol=1e-14)
    # the new rate scales the old velocity at once in ours, and never in the other
    v = (ours[29] - ours[30]) / 0.1
    assert ours[31] == pytest.approx(ours[30] - 0.01 * (0.9 * v + ours[30]), abs=1e-14)
    assert abs(ours[31] - other[31]) > 0.01


def test_nesterov_rearranged_follows_the_look_ahead_point():
    surface, lr, rho = Ravine(100), 0.9, 0.8
    path = descend(surface, Nesterov(lr, rho=rho), surface.start, 200)
    y, v, ahead = surface.start, np.zeros(2), []
    for _ in range(201):
        ahead.append(y - lr * rho * v)  # where the look-ahead form takes its gradient
        v = rho * v + surface.grad(ahead[-1])
        y = y - lr * v
    np.testing.assert_allclose(path, ahead, rtol=1e-12, atol=1e-12)


def test_the_two_forms_of_nesterov_are_one():
    """The points where the look-ahead form takes its gradients are those the rearranged form keeps."""
    surface, start = Ravine(100), Ravine(100).start
    path = descend(surface, Nesterov(0.9, rho=0.8), start, 200)
    y, opt, ahead = {"x": start.copy()}, NesterovLookAhead(0.9, rho=0.8), []
    for _ in range(201):
        ahead.append(opt.look_ahead(y)["x"])
        opt.step_closure(y, Keyed(surface))
    np.testing.assert_allclose(path, ahead, rtol=1e-12, atol=1e-12)
    np.testing.assert_array_equal(descend(surface, NesterovLookAhead(0.9, rho=0.8), start, 201)[-1], y["x"])


class Keyed:
    def __init__(self, surface):
        self.grad = lambda params: {"x": surface.grad(params["x"])}


def test_the_look_ahead_form_follows_a_schedule_and_is_restored():
    surface = Quadratic([1.0, 0.1])
    opt, y = NesterovLookAhead(lambda step: 0.5 / (1 + step), rho=0.7), np.ones(2)
    for _ in range(5):
        opt.step_closure(y, surface)
    again, z = NesterovLookAhead(opt.lr, rho=0.7), y.copy()
    again.load_state_dict(opt.state_dict())
    v = opt.state_dict()["v"]
    np.testing.assert_allclose(opt.look_ahead(y), y - 0.5 / 6 * 0.7 * v, rtol=1e-15)
    for o, p in ((opt, y), (again, z)):
        o.step_closure(p, surface)
    assert np.array_equal(y, z)


@pytest.mark.parametrize("size", [1e-3, 1.0, 1e6])
def test_adam_without_correction_starts_too_fast(size):
    """m = (1 − β₁ᵗ) g and √v = √(1 − β₂ᵗ) |g| under a constant gradient: the step is their ratio."""
    t = np.arange(1, 1001)
    path = descend(lambda x: np.full_like(x, size), Adam(0.1, eps=0.0, correct=False), [0.0], 1000)
    steps = -np.diff(path[:, 0]) / 0.1
    np.testing.assert_allclose(steps, (1 - 0.9**t) / np.sqrt(1 - 0.999**t), rtol=1e-9)
    assert steps[0] == pytest.approx(3.162, abs=5e-4)
    assert (steps.argmax() + 1, steps.max()) == (12, pytest.approx(6.569, abs=5e-4))
    assert steps[-1] == pytest.approx(1.258, abs=5e-4)
    corrected = descend(lambda x: np.full_like(x, size), Adam(0.1, eps=0.0), [0.0], 1000)
    np.testing.assert_allclose(-np.diff(corrected[:, 0]), 0.1, rtol=1e-9)


def test_rmsprop_s_first_step():
    x = np.zeros(1)
    RMSProp(0.01, decay=0.99, eps=0.0).step(x, np.array([7.0]))
    assert x[0] == pytest.approx(-0.1, rel=1e-12)


@pytest.mark.parametrize("name", ["AdaGrad", "RMSProp", "Adam", "AdamW", "AMSGrad", "Adamax", "NAdam", "Lion"])
@pytest.mark.parametrize("factor", [1e-3, 7.0, 1e4])
def test_adaptive_methods_do_not_feel_the_loss_s_scale(name, factor):
    """Epsilon aside, and for a factor that is a power of two bit for bit."""
    row = METHODS[name]
    hyper = row.test_settings | ({"eps": 0.0} if "eps" in row.test_settings else {})
    surface = Rosenbrock()
    for f, exact in ((factor, False), (2.0**20, True)):
        path = descend(surface, row.cls(**hyper), surface.start, 60)
        scaled = descend(lambda x, f=f: f * surface.grad(x), row.cls(**hyper), surface.start, 60)
        np.testing.assert_allclose(scaled, path, rtol=0 if exact else 1e-9)


def test_turning_the_ravine_leaves_gradient_descent_alone_but_not_adam():
    """Momentum is as blind to a turn as SGD; a method with a rate for each coordinate is not."""
    turn = np.pi / 4
    c, s = np.cos(turn), np.sin(turn)
    straight, turned = Ravine(1000), Ravine(1000, angle=turn)
    for cls, same in ((SGD, True), (Momentum, True), (Nesterov, True), (AdaGrad, False), (Adam, False)):
        a = descend(straight, cls(0.1), straight.start, 100)
        b = descend(turned, cls(0.1), turned.start, 100) @ np.array([[c, -s], [s, c]])  # turned back
        assert np.allclose(a, b, rtol=1e-10, atol=1e-10) == same


@ROWS
def test_permuting_parameters_permutes_results(row):
    rng = np.random.default_rng(5)
    x, grads, order = rng.normal(size=50), rng.normal(size=(30, 50)), rng.permutation(50)
    a, b = x.copy(), x[order]
    one, two = row.cls(**row.test_settings), row.cls(**row.test_settings)
    for g in grads:
        one.step(a, g)
        two.step(b, g[order])
    assert np.array_equal(a[order], b)


def test_where_methods_meet():
    surface = Rosenbrock()

    def path(opt):
        return descend(surface, opt, surface.start, 50)

    assert np.array_equal(path(RMSPropMomentum(0.01, rho=0.0)), path(RMSProp(0.01)))
    assert np.array_equal(path(AdamW(0.01, weight_decay=0.0)), path(Adam(0.01)))
    np.testing.assert_allclose(path(NAdam(0.01, beta1=0.0)), path(Adam(0.01, beta1=0.0)), rtol=1e-12)
    # without corrections or a mean gradient Adam is RMSProp
    plain = path(Adam(0.01, beta1=0.0, beta2=0.99, correct=False))
    np.testing.assert_allclose(plain, path(RMSProp(0.01, decay=0.99)), rtol=1e-12)
    # while v rises, its maximum is itself
    rising = [np.array([float(k + 1)]) for k in range(30)]
    a, b, one, two = np.zeros(1), np.zeros(1), AMSGrad(0.1), Adam(0.1)
    for g in rising:
        one.step(a, g)
        two.step(b, g)
    assert np.array_equal(a, b)


def test_a_gradient_of_exact_zeros_moves_nothing_at_first():
    for row in METHODS.values():
        x = np.ones(3)
        no_decay = {"weight_decay": 0.0} if "weight_decay" in row.test_settings else {}
        row.cls(**row.test_settings | no_decay).step(x, np.zeros(3))
        assert np.array_equal(x, np.ones(3)), row.cls


def test_update_is_the_lecture_s_lines():
    """The page and the compiled experiments read this source: only plain arithmetic may stand in it."""
    import ast
    import inspect
    import textwrap

    for name, row in METHODS.items():
        tree = ast.parse(textwrap.dedent(inspect.getsource(row.cls.update)))
        body = tree.body[0].body
        assert len(body) <= (12 if name.startswith("ScheduleFree") else 8)
        for line in body:
            if isinstance(line, ast.Expr):
                assert ast.unparse(line.value.func) == "np.maximum" and line.value.keywords[0].arg == "out"
            else:
                assert isinstance(line, ast.Assign | ast.AugAssign)
        assert not any(isinstance(node, ast.Subscript) for line in body for node in ast.walk(line))
        for line in body:
            for node in ast.walk(line):
                if isinstance(node, ast.Attribute):
                    assert node.value.id == "np" or node.attr in {*row.test_settings, "t"}
