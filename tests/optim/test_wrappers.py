"""Lookahead and SAM against pytorch_optimizer, and SAM against its paper's equations in torch's autograd."""

import copy

import numpy as np
import pytest
import pytorch_optimizer
import torch

from course_lib.optim import SGD, Adam, AdamW, Groups, Momentum, Muon, ParameterSet, Quadratic, by_shape, descend
from course_lib.optim.schedule_free import ScheduleFreeAdamW, ScheduleFreeSGD
from course_lib.optim.surfaces.landscapes import SharpFlat
from course_lib.optim.wrappers import SAM, Lookahead, Wrapper

SHAPES = {"W": (4, 3), "b": (3,), "scale": ()}
SCALES = pytest.mark.parametrize("scale", [1.0, 1e-6, 0.0, 1e6])
KINDS = pytest.mark.parametrize("kind", ["array", "list", "dict"])
ADAMW = {"lr": 0.013, "beta1": 0.83, "beta2": 0.97, "eps": 1e-5, "weight_decay": 0.3}
#: ours, and the same in torch
INNER = {
    "SGD": (lambda: SGD(0.037), lambda params: torch.optim.SGD(params, lr=0.037)),
    "Momentum": (lambda: Momentum(0.013, rho=0.73), lambda params: torch.optim.SGD(params, lr=0.013, momentum=0.73)),
    "AdamW": (
        lambda: AdamW(**ADAMW),
        lambda params: torch.optim.AdamW(params, lr=0.013, betas=(0.83, 0.97), eps=1e-5, weight_decay=0.3),
    ),
}
INNERS = pytest.mark.parametrize(("inner", "their_inner"), INNER.values(), ids=INNER)
STRUCTURES = dict(zip(INNER, ("array", "list", "dict"), strict=True))
CASES = pytest.mark.parametrize(
    ("inner", "their_inner", "kind"), [(*INNER[name], kind) for name, kind in STRUCTURES.items()], ids=INNER
)


def muon(**hyper):
    """Muon for the matrices, AdamW for the rest."""
    return Groups({"matrices": Muon(0.1, **hyper), "others": AdamW(3e-4)}, by_shape)


@pytest.fixture(autouse=True)
def torch_counts_in_float64():
    """Some of torch's optimizers keep their scalars in the default type."""
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


def make(kind, arrays):
    arrays = list(arrays)
    return arrays[0] if kind == "array" else arrays if kind == "list" else dict(zip(SHAPES, arrays, strict=True))


def arrays_of(tree):
    return [tree] if isinstance(tree, np.ndarray) else list(tree.values() if isinstance(tree, dict) else tree)


def close(ours, theirs):
    for a, b in zip(arrays_of(ours), theirs, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-12 * np.abs(b).max(initial=0.0))


def same_bits(a, b):
    pairs = zip(arrays_of(a), arrays_of(b), strict=True)
    return all(p.dtype == q.dtype and p.shape == q.shape and p.tobytes() == q.tobytes() for p, q in pairs)


def problem(kind, scale, seed=0, steps=1_000):
    """Parameters and gradients of one scale; a tenth of the gradients are exact zeros."""
    rng = np.random.default_rng(seed)

    def draw(size):
        return make(kind, [np.asarray(size * rng.normal(size=shape)) for shape in SHAPES.values()])

    return draw(scale or 1.0), [draw(0.0 if k % 10 == 9 else scale) for k in range(steps)]


class Ask:
    """A loss made of a function that gives its gradient."""

    def __init__(self, grad):
        self.grad = grad


# Lookahead


@CASES
@SCALES
def test_lookahead_parity(inner, their_inner, scale, kind):
    ours, grads = problem(kind, scale)
    params = [torch.tensor(a, requires_grad=True) for a in arrays_of(ours)]
    opt, other = Lookahead(inner(), k=7, alpha=0.3), None
    other = pytorch_optimizer.Lookahead(their_inner(params), k=7, alpha=0.3)
    for g in grads:
        opt.step(ours, g)
        for p, dx in zip(params, arrays_of(g), strict=True):
            p.grad = torch.tensor(dx)
        other.step()
    close(ours, [p.detach().numpy() for p in params])
    close(opt.test_params(ours), [other.state[p]["slow_params"].detach().numpy() for p in params])


def test_lookahead_by_hand():
    """k = 3, α = 0.5 on f = x²/2 with rate 0.5: 8, 4, 2, then half of the way from 8 to 1."""
    x, opt, path = np.array([8.0]), Lookahead(SGD(0.5), k=3, alpha=0.5), []
    for _ in range(6):
        opt.step(x, x)
        path.append((float(x[0]), float(opt.test_params(x)[0])))
    assert path == [(4.0, 8.0), (2.0, 8.0), (4.5, 4.5), (2.25, 4.5), (1.125, 4.5), (2.53125, 2.53125)]


def test_lookahead_at_its_ends():
    """α = 1 changes no bit of the inner optimizer's numbers but for rounding; α = 0 comes back to the start."""
    x, grads = problem("array", 1.0, steps=20)
    plain, one, zero = x.copy(), x.copy(), x.copy()
    opts = Momentum(0.1), Lookahead(Momentum(0.1), alpha=1.0), Lookahead(Momentum(0.1), alpha=0.0)
    for g in grads:
        for opt, y in zip(opts, (plain, one, zero), strict=True):
            opt.step(y, g)
    np.testing.assert_allclose(one, plain, rtol=1e-14)
    assert same_bits(zero, x)


def test_lookahead_is_quieter_than_its_inner_optimizer():
    """Noise on a quadratic, 2,000 walks. The paper's proposition 2 gives the variance of the slow weights."""
    rng = np.random.default_rng(1)
    lr, k, alpha = 0.3, 5, 0.5
    fast = descend(Quadratic([1.0]), SGD(lr), np.zeros((2_000, 1)), 400, noise=1.0, rng=rng)
    opt = Lookahead(SGD(lr), k=k, alpha=alpha)
    slow = descend(Quadratic([1.0]), opt, np.zeros((2_000, 1)), 400, noise=1.0, rng=rng)
    q = (1 - lr) ** k
    floor = lr / (2 - lr)  # SGD's
    theory = alpha**2 * (1 - q**2) / (alpha**2 * (1 - q**2) + 2 * alpha * (1 - alpha) * (1 - q)) * floor
    assert fast[300::5].var() == pytest.approx(floor, rel=0.05)
    assert slow[300::5].var() == pytest.approx(theory, rel=0.05)  # every fifth step is a slow one
    assert theory < 0.4 * floor


@pytest.mark.parametrize("opt", [Lookahead(SGD(0.1), k=3), Lookahead(muon(), k=3), SAM(SGD(0.1))], ids=str)
def test_a_skipped_step_does_not_count(opt):
    def follow(opt, w, g):
        opt.step_closure(w, Ask(lambda params: {"W": g, "b": np.ones(2)}), nonfinite="skip")

    one, two = {"W": np.ones((2, 2)), "b": np.ones(2)}, {"W": np.ones((2, 2)), "b": np.ones(2)}
    first, second = opt.clone(), opt.clone()
    for k in range(6):
        follow(first, one, np.full((2, 2), np.nan))
        follow(first, one, np.full((2, 2), 1.0 + k))
        follow(second, two, np.full((2, 2), 1.0 + k))
    assert first.t == second.t == 6 and same_bits(one, two)


def test_broadcast_alpha_and_grids_of_the_inner_optimizer():
    lrs, alphas = np.array([[[0.1]], [[0.4]]]), np.array([[0.2], [0.5], [0.9]])
    grid = descend(Quadratic([1.0, 0.3]), Lookahead(Momentum(lrs), k=4, alpha=alphas), [1.0, -2.0], 30)
    assert grid.shape == (31, 2, 3, 2)
    for i in range(2):
        for j in range(3):
            one = Lookahead(Momentum(lrs[i, 0, 0]), k=4, alpha=alphas[j, 0])
            assert np.array_equal(descend(Quadratic([1.0, 0.3]), one, [1.0, -2.0], 30), grid[:, i, j])


# SAM


def wavy(centre, scale):
    """The gradient of scale · Σ (½ (x − c)² + cos 3x), for arrays and for tensors."""
    return lambda x, sin: scale * (x - centre - 3 * sin(3 * x))


def sam_problem(kind, scale, steps=1_000):
    rng = np.random.default_rng(2)
    start = make(kind, [np.asarray(rng.normal(size=shape)) for shape in SHAPES.values()])
    shapes = [a.shape for a in arrays_of(start)]
    centres = [[3 * rng.normal(size=shape) for shape in shapes] for _ in range(steps)]
    return start, centres


def follow_all(opt, x, kind, scale, centres):
    for step in centres:

        def grad(params, step=step):
            return make(
                kind, [np.asarray(wavy(c, scale)(a, np.sin)) for a, c in zip(arrays_of(params), step, strict=True)]
            )

        opt.step_closure(x, Ask(grad))


def backward(params, scale, step):
    """Torch's own gradients of the same losses."""
    for p in params:
        p.grad = None
    loss = sum((0.5 * (p - torch.tensor(c)) ** 2 + torch.cos(3 * p)).sum() for p, c in zip(params, step, strict=True))
    (scale * loss).backward()


@CASES
@SCALES
def test_sam_parity_with_the_papers_equations(inner, their_inner, scale, kind):
    """ε = ρ g/‖g‖, then the gradient at w + ε, in autograd."""
    x, centres = sam_problem(kind, scale)
    params = [torch.tensor(a, requires_grad=True) for a in arrays_of(x)]
    opt, other, radius = SAM(inner(), radius=0.21), their_inner(params), 0.21
    tame(opt, other, scale)
    follow_all(opt, x, kind, scale, centres)
    for step in centres:
        backward(params, scale, step)
        with torch.no_grad():
            w = [p.clone() for p in params]
            norm = torch.linalg.vector_norm(torch.cat([p.grad.reshape(-1) for p in params]))
            for p in params:
                p += radius * p.grad / norm if norm > 0 else 0.0
        backward(params, scale, step)
        with torch.no_grad():
            for p, w0 in zip(params, w, strict=True):
                p.copy_(w0)
        other.step()
    close(x, [p.detach().numpy() for p in params])


def tame(opt, other, scale):
    """A rate for gradients of this scale: SGD would diverge on 1e6, and nothing would move on 1e-6."""
    if scale and not isinstance(opt.inner, AdamW):
        opt.lr /= scale
        other.param_groups[0]["lr"] = opt.lr


@INNERS
@SCALES
def test_sam_parity_with_pytorch_optimizer(inner, their_inner, scale, monkeypatch):
    """It takes its norm in float32, here in float64; and it adds 1e-12 to it, here nothing."""

    def squared_norm(groups, device=None, **_):
        return sum(p.grad.square().sum() for group in groups for p in group["params"]).reshape(1)

    monkeypatch.setattr(pytorch_optimizer.optimizer.sam, "get_global_gradient_norm", squared_norm)
    x, centres = sam_problem("list", scale)
    params = [torch.tensor(a, requires_grad=True) for a in x]
    opt, base = SAM(inner(), radius=0.21), their_inner(params)
    defaults = {k: v for k, v in base.defaults.items() if k in ("lr", "momentum", "betas", "eps", "weight_decay")}
    eps = 0.0 if scale else 1e-12
    other = pytorch_optimizer.SAM(params, type(base), rho=0.21, perturb_eps=eps, **defaults)
    tame(opt, other, scale)
    follow_all(opt, x, "list", scale, centres)
    for step in centres:
        backward(params, scale, step)
        other.step(lambda step=step: backward(params, scale, step))
    close(x, [p.detach().numpy() for p in params])


def test_sam_without_a_radius_is_its_inner_optimizer():
    x, centres = sam_problem("dict", 1.0, steps=50)
    y = copy.deepcopy(x)
    follow_all(SAM(Adam(0.1), radius=0.0), x, "dict", 1.0, centres)
    follow_all(Adam(0.1), y, "dict", 1.0, centres)
    assert same_bits(x, y)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_sam_comes_back_bit_for_bit(dtype):
    """Numbers of all sizes, for which (x + ε) − ε is not x; a rate of 0 then shows x itself."""
    rng = np.random.default_rng(3)
    base = (rng.normal(size=(6, 5)) * 10.0 ** rng.integers(-3, 4, size=(6, 5))).astype(dtype)
    x = {"W": base[::2, 1:], "b": base[1, :]}  # views, too
    before, points = copy.deepcopy(base), []

    def grad(params):
        assert params is x
        points.append({key: a.copy() for key, a in params.items()})
        return {key: a.astype(dtype) for key, a in params.items()}

    SAM(SGD(0.0), radius=0.5).step_closure(x, Ask(grad))
    assert same_bits(base, before)
    first, second = points  # the loss saw the parameters themselves at a distance of the radius
    away = [(second[key] - first[key]).astype(float) for key in first]
    assert np.sqrt(sum((a**2).sum() for a in away)) == pytest.approx(0.5, rel=0.01 if dtype != np.float16 else 0.2)


@pytest.mark.parametrize("when", ["first", "second"])
@pytest.mark.parametrize("what", ["raises", "nan", "inf", "no gradient", "wrong shape"])
def test_sam_leaves_everything_as_it_was(when, what):
    x, opt = {"W": np.array([[0.1, 0.2]]), "b": np.array([1e-9])}, SAM(Momentum(0.1), radius=0.3)
    opt.step_closure(x, Ask(lambda params: {key: a + 1 for key, a in params.items()}))
    before, state, asked = copy.deepcopy(x), opt.state_dict(), []

    def grad(params):
        asked.append(1)
        good = {key: a + 1 for key, a in params.items()}
        if len(asked) != (1 if when == "first" else 2):
            return good
        if what == "raises":
            raise RuntimeError("out of memory")
        bad = {"nan": np.array([np.nan]), "inf": np.array([np.inf]), "no gradient": None, "wrong shape": np.ones(2)}
        return good | {"b": bad[what]}

    error, message = {
        "raises": (RuntimeError, "out of memory"),
        "nan": (ValueError, r"grads\['b'\] holds nan at \(0,\)"),
        "inf": (ValueError, r"grads\['b'\] holds inf at \(0,\)"),
        "no gradient": (TypeError, r"grads\['b'\] must be a NumPy float array"),
        "wrong shape": (ValueError, r"grads\['b'\] has shape \(2,\), but params\['b'\] has \(1,\)"),
    }[what]
    with pytest.raises(error, match=message):
        opt.step_closure(x, Ask(grad))
    assert same_bits(x, before) and opt.t == 1
    assert same_bits(opt.state_dict()["inner"]["v"], state["inner"]["v"])
    if what in ("nan", "inf"):
        asked.clear()
        opt.step_closure(x, Ask(grad), nonfinite="skip")
        assert same_bits(x, before) and opt.t == 1
        asked.clear()
        opt.step_closure(x, Ask(grad), nonfinite="allow")
        assert not np.isfinite(x["b"]).any() and np.isfinite(x["W"]).all() and opt.t == 2


def test_sam_with_gradients_in_the_parameters_memory():
    """f = x·y has the gradient (y, x), and f = x²/2 has x: given as they are, not as copies."""
    for grad in (lambda p: p[::-1], lambda p: p):
        x, y = ([np.array([3.0]), np.array([4.0])] for _ in range(2))
        SAM(SGD(0.1), radius=5.0).step_closure(x, Ask(grad))
        SAM(SGD(0.1), radius=5.0).step_closure(y, Ask(lambda p, grad=grad: copy.deepcopy(grad(p))))
        assert same_bits(x, y)
    np.testing.assert_allclose(np.ravel(x), [3 - 0.1 * 6, 4 - 0.1 * 8], rtol=1e-15)


@pytest.mark.parametrize("size", [1e-300, 1e-170, 1e170, 1e300])
def test_the_radius_is_the_radius_at_any_scale(size):
    seen = []

    def grad(params):
        seen.append([a.copy() for a in params])
        return [size * np.array([3.0]), size * np.array([[4.0]])]

    SAM(SGD(0.0), radius=0.5).step_closure([np.zeros(1), np.zeros((1, 1))], Ask(grad))
    np.testing.assert_allclose([seen[1][0][0], seen[1][1][0, 0]], [0.3, 0.4], rtol=1e-14)


def test_a_batch_of_walks_is_a_loop():
    """With axis=-1 every row is a walk of its own, and a radius of its own is possible."""
    rng = np.random.default_rng(4)
    starts, radii = rng.normal(size=(5, 2)), np.array([[0.0], [0.1], [0.5]])
    surface = Quadratic([1.0, 5.0])
    batch = descend(surface, SAM(Momentum(0.02), radius=radii[:, None], axis=-1), starts, 40)
    assert batch.shape == (41, 3, 5, 2)
    for i, radius in enumerate(radii.ravel()):
        for j, start in enumerate(starts):
            one = descend(surface, SAM(Momentum(0.02), radius=float(radius)), start, 40)
            np.testing.assert_allclose(batch[:, i, j], one, rtol=1e-10, atol=1e-12)
    x = np.array([[0.0, 0.0], [1.0, 0.0]])  # at a minimum there is no uphill
    SAM(SGD(0.1), axis=-1).step_closure(x, surface)
    assert np.array_equal(x[0], [0.0, 0.0])


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_walk_that_is_lost_leaves_the_others_of_its_batch_alone(bad):
    """It stays where it is for the second gradient, the error names it, and no walk is evaluated at nan."""

    def grad(x):
        assert np.isfinite(x).all()
        g = x * np.array([1.0, 5.0])
        if len(x) == 3:
            g[1, 1] = bad
        return g

    start = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    x, opt = start.copy(), SAM(SGD(0.1), radius=0.5, axis=-1)
    with pytest.raises(ValueError, match=rf"grads holds {bad} at \(1, 1\)"):
        opt.step_closure(x, Ask(grad))
    opt.step_closure(x, Ask(grad), nonfinite="skip")
    assert same_bits(x, start) and opt.t == 0
    opt.step_closure(x, Ask(grad), nonfinite="allow")
    others = start[[0, 2]]
    opt.clone().step_closure(others, Ask(grad))
    np.testing.assert_allclose(x[[0, 2]], others, rtol=1e-15)
    assert x[1, 0] == 3.0 - 0.1 * 3.0 and not np.isfinite(x[1, 1])


def near(points, x):
    return np.linalg.norm(points - [x, 0.0], axis=-1) < 0.5


def test_sam_with_noise_leaves_the_sharp_minimum_for_the_flat_one():
    """Two minima of equal depth, curvature 50 and 1, 400 starts, noisy gradients."""
    rng, surface = np.random.default_rng(5), SharpFlat()
    starts = surface.sample(400, rng)
    sgd = descend(surface, SGD(0.02), starts, 2_000, noise=3.0, rng=rng)[-200:].mean(0)
    sam = descend(surface, SAM(SGD(0.02), radius=0.3, axis=-1), starts, 2_000, noise=3.0, rng=rng)[-200:].mean(0)
    assert near(sgd, -1.0).mean() > 0.08  # where SGD starts it stays
    assert near(sam, -1.0).mean() == 0 and near(sam, 1.0).mean() > 0.95


def test_sam_without_noise_hangs_on_the_ridge():
    """The other side of it: at the top of a ridge the gradients uphill push back from both sides."""
    surface = SharpFlat()
    starts = surface.sample(400, np.random.default_rng(5))
    sgd = descend(surface, SGD(0.02), starts, 2_000)[-1]
    sam = descend(surface, SAM(SGD(0.02), radius=0.3, axis=-1), starts, 2_000)[-1]
    assert np.all(near(sgd, -1.0) | near(sgd, 1.0))
    assert near(sam, -1.0).mean() > 0.08  # not far from the sharp minimum, and yet
    assert (surface.value(sam[near(sam, -1.0)]) > 0.3).mean() > 0.5  # high above it


def test_sam_walks_along_a_valley_to_its_flattest_point():
    """f = (1 + x²) y²/2: every point with y = 0 is a minimum, of curvature 1 + x². GD stops at the first it meets."""

    def grad(points):
        x, y = points[..., 0], points[..., 1]
        return np.stack([x * y * y, (1 + x * x) * y], axis=-1)

    starts = np.random.default_rng(6).uniform([-3, -1], [3, 1], size=(400, 2))
    gd = descend(grad, SGD(0.05), starts, 1_000)[-1]
    sam = descend(grad, SAM(SGD(0.05), radius=0.5, axis=-1), starts, 1_000)[-1]
    assert np.abs(gd[:, 1]).max() < 1e-12 and np.abs(gd[:, 0]).mean() > 1.0
    assert np.abs(sam).max() < 0.02


# State and errors

OPTS = {
    "Lookahead": lambda: Lookahead(Momentum(lambda step: 0.1 / (1 + step)), k=4, alpha=0.3),
    "SAM": lambda: SAM(AdamW(**ADAMW), radius=0.2),
    "Lookahead(SAM)": lambda: Lookahead(SAM(Momentum(0.01), radius=0.2), k=3),
    "SAM(Lookahead(Muon))": lambda: SAM(Lookahead(muon(weight_decay=0.1), k=3), radius=0.2),
}


@pytest.mark.parametrize("new", OPTS.values(), ids=OPTS)
@KINDS
def test_resume_is_bit_for_bit(new, kind):
    x, centres = sam_problem(kind, 1.0, steps=50)
    straight, broken, first, second = copy.deepcopy(x), copy.deepcopy(x), new(), new()
    follow_all(new(), straight, kind, 1.0, centres)
    follow_all(first, broken, kind, 1.0, centres[:22])
    saved = first.state_dict()
    follow_all(first, copy.deepcopy(broken), kind, 1.0, centres[22:])  # what happens later does not reach it
    second.load_state_dict(saved)
    follow_all(second, broken, kind, 1.0, centres[22:])
    assert same_bits(straight, broken) and second.t == 50


@pytest.mark.parametrize("new", OPTS.values(), ids=OPTS)
def test_fresh_forgets_and_keeps_apart(new):
    x, centres = sam_problem("dict", 1.0, steps=5)
    opt = new()
    follow_all(opt, x, "dict", 1.0, centres)
    fresh, lr = opt.clone(), opt.lr
    assert fresh.state_dict() == new().state_dict() and repr(fresh) == repr(opt)
    fresh.step_closure(np.ones((2, 2)), Ask(np.copy))  # other parameters
    fresh.lr = 0.5
    assert opt.t == 5 and opt.lr is lr and fresh.t == 1


def test_repr_and_settings():
    opt = Lookahead(SAM(Momentum(0.1, rho=0.5), radius=0.2), k=3)
    assert repr(opt) == "Lookahead(SAM(Momentum(lr=0.1, rho=0.5), radius=0.2), k=3, alpha=0.5)"
    assert opt.settings() == {"lr": 0.1, "rho": 0.5, "radius": 0.2, "k": 3, "alpha": 0.5}
    assert repr(SAM(SGD(0.1), axis=-1)) == "SAM(SGD(lr=0.1), radius=0.05, axis=-1)"
    opt.lr = 0.7
    assert opt.inner.inner.lr == opt.lr == 0.7


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_dtype_stays(dtype):
    for opt in (
        Lookahead(Momentum(0.1), k=2, alpha=np.full((1, 3), 0.3)),
        SAM(SGD(np.full(3, 0.1)), radius=np.full((2, 1), 0.3), axis=-1),
        SAM(SGD(0.1), radius=0.3),
    ):
        x = np.ones((2, 3), dtype)
        for _ in range(2):
            opt.step_closure(x, Ask(lambda x: (x + 1).astype(np.float64)))
        assert x.dtype == dtype and np.all(x < 1)
    look = Lookahead(SGD(0.1), k=2)
    look.step(x, x)
    assert look.test_params(x).dtype == look.state_dict()["slow"].dtype == dtype


def test_slow_is_a_copy_built_like_the_parameters():
    w, opt = [np.array([8.0]), np.array(4.0)], Lookahead(SGD(0.5))
    assert same_bits(opt.test_params(w), w) and opt.test_params(w)[0] is not w[0]
    opt.step(w, w)
    opt.test_params(w)[0][...] = 0.0
    assert opt.test_params(w) == [8.0, 4.0] and w == [4.0, 2.0]
    with pytest.raises(ValueError, match=r"params\[0\] was float64 \(1,\) before and is now float64 \(2,\)"):
        opt.test_params([np.zeros(2), np.array(0.0)])


def test_sam_cannot_step():
    x = np.ones(2)
    with pytest.raises(TypeError, match=r"gradient at a second point.*step_closure\(params, loss\)"):
        SAM(SGD(0.1)).step(x, x)
    with pytest.raises(TypeError, match=r"gradient at a second point"):
        Lookahead(SAM(SGD(0.1))).step(x, x)
    assert x.tolist() == [1.0, 1.0]


BAD = {
    "no optimizer": (lambda: Lookahead(0.1), TypeError, r"inner must be an optimizer such as SGD\(0\.1\), not 0\.1"),
    "a class": (lambda: SAM(SGD), TypeError, "inner must be an optimizer"),
    "k = 0": (lambda: Lookahead(SGD(0.1), k=0), ValueError, "k must be finite and at least 1, not 0"),
    "k = 2.5": (lambda: Lookahead(SGD(0.1), k=2.5), ValueError, r"k must be an integer, not 2\.5"),
    "k an array": (lambda: Lookahead(SGD(0.1), k=np.array([2.0])), ValueError, "k must be an integer"),
    "k a bool": (lambda: Lookahead(SGD(0.1), k=True), TypeError, "k must be a number"),
    "alpha < 0": (lambda: Lookahead(SGD(0.1), alpha=-0.1), ValueError, r"alpha must be .* not -0\.1"),
    "alpha > 1": (
        lambda: Lookahead(SGD(0.1), alpha=1.5),
        ValueError,
        r"alpha must be at least 0 and at most 1, not 1\.5",
    ),
    "radius < 0": (lambda: SAM(SGD(0.1), radius=-1), ValueError, "radius must be finite and at least 0, not -1"),
    "radius nan": (lambda: SAM(SGD(0.1), radius=np.nan), ValueError, "radius must be .* not nan"),
    "radii": (lambda: SAM(SGD(0.1), radius=np.ones(2)), ValueError, "radius must be a number"),
    "axis": (lambda: SAM(SGD(0.1), axis="x"), TypeError, "axis must be None or an integer, not 'x'"),
}


@pytest.mark.parametrize(("build", "error", "message"), BAD.values(), ids=BAD)
def test_bad_settings(build, error, message):
    with pytest.raises(error, match=message):
        build()


def test_errors_in_mid_run_change_nothing():
    x, opt = [np.ones(2), np.ones(1)], Lookahead(Momentum(0.1), k=2)
    opt.step(x, x)
    before, state = copy.deepcopy(x), opt.state_dict()
    bad = [
        (lambda: setattr(opt, "alpha", 2.0), x, x, "alpha must be"),
        (lambda: setattr(opt, "alpha", np.ones(3)), x, x, r"alpha of shape \(3,\) does not broadcast to params\[0\]"),
        (lambda: setattr(opt.inner, "rho", 1.0), x, x, "rho must be"),
        (lambda: None, x, x[:1], "grads has 1 arrays"),
        (lambda: None, x[:1], x[:1], r"params\[1\] was there before"),
        (lambda: None, x, [np.full(2, np.nan), np.ones(1)], r"grads\[0\] holds nan"),
    ]
    for spoil, params, grads, message in bad:
        spoil()
        with pytest.raises(ValueError, match=message):
            opt.step(params, grads)
        opt.alpha, opt.inner.rho = 0.5, 0.9
        assert same_bits(x, before) and opt.t == opt.inner.t == 1
        assert same_bits(opt.state_dict()["inner"]["v"], state["inner"]["v"])
        assert same_bits(opt.test_params(x), state["slow"])


BAD_STATES = {
    "no dict": ([1], TypeError, "state must be a dict"),
    "no inner": ({"t": 1, "slow": np.zeros(2)}, ValueError, r"state\['inner'\] is missing"),
    "no slow": ({"t": 1, "inner": {"t": 1, "v": np.zeros(2)}}, ValueError, r"state\['slow'\] is missing"),
    "unknown": ({"t": 1, "slow": np.zeros(2), "inner": {}, "q": 1}, ValueError, r"state\['q'\] is unknown"),
    "bad inner": ({"t": 1, "slow": np.zeros(2), "inner": {"t": 1}}, ValueError, r"in state\['inner'\], state\['v'\]"),
    "shape": ({"t": 1, "slow": np.zeros(3), "inner": {"t": 0}}, ValueError, r"state\['slow'\] was float64 \(2,\)"),
}


@pytest.mark.parametrize(("state", "error", "message"), BAD_STATES.values(), ids=BAD_STATES)
def test_a_bad_state_changes_nothing(state, error, message):
    opt, x = Lookahead(Momentum(0.1)), np.zeros(2)
    opt.step(x, np.ones(2))
    with pytest.raises(error, match=message):
        opt.load_state_dict(state)
    assert opt.t == opt.inner.t == 1 and opt.test_params(x).tolist() == [0, 0]
    assert opt.state_dict()["inner"]["v"].tolist() == [1, 1]


@pytest.mark.parametrize(
    "opt",
    [ScheduleFreeSGD(0.1), ScheduleFreeAdamW(0.1), muon(), Lookahead(Adam(0.1), k=3), SAM(Momentum(0.01))],
    ids=lambda opt: type(opt).__name__,
)
def test_a_parameter_set_takes_the_same_path_as_a_dict(opt):
    arrays = {"W": np.arange(6.0).reshape(2, 3), "b": np.array([0.5, -3.0])}
    w, flat = copy.deepcopy(arrays), ParameterSet(arrays)
    for walker, params, grads in ((opt.clone(), w, dict), (opt.clone(), flat, ParameterSet)):
        for _ in range(10):
            walker.step_closure(params, Ask(lambda p, grads=grads: grads({key: np.sin(a) for key, a in p.items()})))
        average = walker.test_params(params)
        assert list(average) == ["W", "b"]
    assert same_bits(w, dict(flat)) and not same_bits(w, arrays)


def test_the_weights_to_test_with_are_asked_for_by_one_name():
    x = np.ones(2)
    plain = [SGD(0.1), SAM(Momentum(0.1)), muon()]
    others = [ScheduleFreeSGD(0.1), Lookahead(SGD(0.1)), SAM(Lookahead(SGD(0.1))), SAM(ScheduleFreeAdamW(0.1))]
    for opt in plain:
        assert not opt.tests_others and opt.test_params(x) is x
    for opt in others:
        assert opt.tests_others and opt.test_params(x) is not x and same_bits(opt.test_params(x), x)
    opt = SAM(Lookahead(SGD(0.5), k=2), radius=0.0)
    opt.step_closure(x, Ask(lambda w: w))
    assert x.tolist() == [0.5, 0.5] and opt.test_params(x).tolist() == [1, 1]


@pytest.mark.parametrize("opt", [Lookahead(SGD(0.1)), SAM(Momentum(0.1))], ids=lambda opt: type(opt).__name__)
def test_a_wrapper_cannot_be_checked_apart_from_its_step(opt):
    x = np.ones(2)
    for call in (lambda: opt.check(x, x), lambda: opt.check(x, x, nonfinite="skip"), lambda: opt.move(None, {}, {})):
        with pytest.raises(TypeError, match=rf"{type(opt).__name__} has no check and move, .* step or step_closure"):
            call()
    assert opt.t == 0 and opt.state_dict()["inner"] == {"t": 0}


def test_a_wrapper_without_a_step_says_so():
    class Around(Wrapper):
        pass

    opt, x = Around(SGD(0.1)), np.ones(2)
    for step in (lambda: opt.step(x, x), lambda: opt.step_closure(x, Quadratic([1.0, 1.0]))):
        with pytest.raises(NotImplementedError, match="Around must define step and step_closure"):
            step()
    assert opt.t == 0 and x.tolist() == [1, 1]
