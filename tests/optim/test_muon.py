"""Muon against torch's, and its orthogonalization against the singular value decomposition."""

import copy

import numpy as np
import pytest
import torch

from course_lib.optim import AdamW, Groups, Quadratic, by_shape
from course_lib.optim.muon import Muon, orthogonalize

SHAPES = {"W": (4, 3), "b": (3,), "V": (2, 6), "scale": ()}
DEFAULTS = {"lr": 0.02}
MOVED = {"lr": 0.013, "rho": 0.83, "nesterov": False, "weight_decay": 0.3, "eps": 1e-6, "match_adamw": True}
ADAMW = {"lr": 0.013, "beta1": 0.83, "beta2": 0.97, "eps": 1e-5, "weight_decay": 0.3}


@pytest.fixture(autouse=True)
def torch_counts_in_float64(monkeypatch):
    """torch.optim.Muon takes its products in bfloat16, two or three digits: here it takes them in float64."""
    torch.set_default_dtype(torch.float64)
    monkeypatch.setattr(torch.Tensor, "bfloat16", lambda self: self.double().clone())
    yield
    torch.set_default_dtype(torch.float32)


class Theirs:
    """torch's Muon for matrices and its AdamW for the rest."""

    def __init__(self, params, lr, rho=0.95, nesterov=True, weight_decay=0.0, eps=1e-7, match_adamw=False):
        adjust = "match_rms_adamw" if match_adamw else "original"
        matrices, rest = [p for p in params if p.ndim == 2], [p for p in params if p.ndim != 2]
        self.opts = [
            torch.optim.Muon(matrices, lr, weight_decay, rho, nesterov, eps=eps, adjust_lr_fn=adjust),
            *([torch.optim.AdamW(rest, lr=0.013, betas=(0.83, 0.97), eps=1e-5, weight_decay=0.3)] if rest else []),
        ]

    def step(self):
        for opt in self.opts:
            opt.step()


def their_path(hyper, arrays, grads, lr=None):
    params = [torch.tensor(a, requires_grad=True) for a in arrays]
    opt = Theirs(params, **hyper)
    for k, step in enumerate(grads):
        if lr is not None:
            opt.opts[0].param_groups[0]["lr"] = lr(k)
        for p, g in zip(params, step, strict=True):
            p.grad = torch.tensor(g)
        opt.step()
    return [p.detach().numpy() for p in params]


def close(ours, theirs):
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-12 * np.abs(b).max(initial=0.0))


def problem(scale, seed=0, steps=1_000):
    """Arrays and gradients of one scale; a tenth of the gradients are exact zeros."""
    rng = np.random.default_rng(seed)
    arrays = [np.asarray((scale or 1.0) * rng.normal(size=shape)) for shape in SHAPES.values()]
    sizes = np.where(np.arange(steps) % 10 == 9, 0.0, scale)
    return arrays, [[np.asarray(size * rng.normal(size=shape)) for shape in SHAPES.values()] for size in sizes]


def keyed(arrays):
    return dict(zip(SHAPES, arrays, strict=True))


def run(opt, x, grads):
    for g in grads:
        opt.step(x, g)
    return x


def with_adamw(**hyper):
    """Muon for the matrices, AdamW for the rest."""
    return Groups({"matrices": Muon(**hyper), "others": AdamW(**ADAMW)}, by_shape)


def same_bits(a, b):
    return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()


# Against torch


@pytest.mark.parametrize("hyper", [DEFAULTS, MOVED], ids=["defaults", "moved"])
@pytest.mark.parametrize("scale", [1.0, 1e-6, 0.0, 1e6])
@pytest.mark.parametrize("kind", ["list", "dict"])
def test_parity_with_torch(hyper, scale, kind):
    arrays, grads = problem(scale)
    ours = [a.copy() for a in arrays]
    opt = with_adamw(**hyper)
    if kind == "list":
        run(opt, ours, grads)
    else:
        run(opt, keyed(ours), map(keyed, grads))
    close(ours, their_path(hyper, arrays, grads))


@pytest.mark.parametrize("scale", [1.0, 1e-6, 0.0, 1e6])
@pytest.mark.parametrize("shape", [(5, 2), (2, 5), (3, 3), (1, 4)])
def test_parity_of_single_matrices(scale, shape):
    rng = np.random.default_rng(1)
    x = (scale or 1.0) * rng.normal(size=shape)
    grads = scale * rng.normal(size=(300, *shape))
    (theirs,) = their_path(MOVED, [x], [[g] for g in grads])
    close([run(Muon(**MOVED), x, grads)], [theirs])


def test_parity_with_a_schedule():
    arrays, grads = problem(1.0, seed=2, steps=300)

    def rate(k):
        return 0.05 * (1 + np.cos(np.pi * k / 100))

    ours = run(with_adamw(**MOVED | {"lr": rate}), [a.copy() for a in arrays], grads)
    close(ours, their_path(MOVED, arrays, grads, lr=rate))


def test_parity_where_the_gradient_depends_on_the_point():
    x = np.random.default_rng(3).normal(size=(3, 4))
    p = torch.tensor(x, requires_grad=True)
    opt, other = Muon(**MOVED), Theirs([p], **MOVED)
    for _ in range(1_000):
        p.grad = None
        (torch.cos(p).sum() + 0.1 * (p**2).sum()).backward()
        other.step()
        opt.step(x, -np.sin(x) + 0.2 * x)
    close([x], [p.detach().numpy()])


def test_torch_as_it_is_differs_by_bfloat16_alone(monkeypatch):
    monkeypatch.undo()
    x, g = np.zeros((40, 30)), np.random.default_rng(4).normal(size=(40, 30))
    (theirs,) = their_path(DEFAULTS, [x], [[g]])
    Muon(**DEFAULTS).step(x, g)
    assert 0.005 < np.linalg.norm(x - theirs) / np.linalg.norm(x) < 0.02  # "about 1 %", says the page


# The orthogonalization


def poly(s, steps=5):
    for _ in range(steps):
        s = 3.4445 * s - 4.775 * s**3 + 2.0315 * s**5
    return s


@pytest.mark.parametrize("shape", [(6, 4), (4, 6), (5, 5), (1, 7), (7, 1), (1, 1)])
@pytest.mark.parametrize("steps", [0, 1, 5])
def test_orthogonalize_is_a_polynomial_of_the_singular_values(shape, steps):
    m = np.random.default_rng(5).normal(size=shape)
    u, s, vt = np.linalg.svd(m, full_matrices=False)
    np.testing.assert_allclose(
        orthogonalize(m, steps=steps), (u * poly(s / np.linalg.norm(m), steps)) @ vt, rtol=0, atol=1e-13
    )


def test_where_the_singular_values_end():
    """On a fine grid: from 1/500 of the norm up between .68 and 1.21, from 1/100 up below 1.14, and all below 1.21."""
    s = np.geomspace(1e-9, 1, 400_001)
    end = poly(s)
    assert end.min() > 0 and end.max() < 1.21
    assert end[s >= 1 / 500].min() > 0.68 and end[s >= 1 / 100].max() < 1.14
    assert end[s < 1 / 1_000].max() < 0.48  # what was smaller stays small


@pytest.mark.parametrize("scale", [1e-300, 1e-20, 1.0, 1e20, 1e300])
def test_the_scale_of_the_gradient_does_not_matter(scale):
    rng = np.random.default_rng(6)
    for shape in [(64, 32), (32, 64), (128, 8)]:
        g, x = rng.normal(size=shape), np.zeros(shape)
        Muon(1.0, eps=0.0, match_adamw=False).step(x, scale * g)
        s = np.linalg.svd(x, compute_uv=False) / max(1.0, np.sqrt(shape[0] / shape[1]))
        assert 0.68 < s.min() and s.max() < 1.14
        u, _, vt = np.linalg.svd(g, full_matrices=False)
        assert np.trace((u @ vt).T @ -x) > 0  # downhill


def test_a_matrix_of_rank_one_gets_the_step_of_any_other():
    """SGD's step is as long as the gradient, Muon's is not: a direction of size 1 and one of size 0.1 move alike."""
    x = np.zeros((8, 8))
    Muon(1.0, nesterov=False).step(x, np.diag([1.0, 0.1, 0, 0, 0, 0, 0, 0]))
    moved = -np.diag(x)
    assert 0.68 < moved[:2].min() and moved[:2].max() < 1.21 and np.all(moved[2:] == 0)


def test_orthogonalize_batches_dtypes_and_zeros():
    m = np.random.default_rng(7).normal(size=(2, 3, 5, 4))
    batch = orthogonalize(m)
    for i in np.ndindex(2, 3):
        np.testing.assert_allclose(batch[i], orthogonalize(m[i]), rtol=0, atol=1e-14)
    for dtype in (np.float32, np.float64):
        before = m.astype(dtype)
        out = orthogonalize(before)
        assert out.dtype == dtype and same_bits(before, m.astype(dtype))
        np.testing.assert_allclose(out, batch, rtol=0, atol=1e-5)
    assert not orthogonalize(np.zeros((3, 2))).any()
    assert orthogonalize(np.zeros((0, 2))).shape == (0, 2)
    Muon(0.1).step(np.zeros((2, 0)), np.zeros((2, 0)))
    np.testing.assert_allclose(orthogonalize(np.full((1, 1), 1e-9), eps=1e-7, steps=0), 0.01, rtol=1e-12)
    with pytest.raises(ValueError, match=r"m must be a matrix, not of shape \(3,\)"):
        orthogonalize(np.zeros(3))
    with pytest.raises(TypeError, match=r"steps must be an integer, not 2\.5"):
        orthogonalize(np.eye(2), steps=2.5)
    with pytest.raises(ValueError, match="steps must be at least 0, not -1"):
        orthogonalize(np.eye(2), steps=-1)


# What it moves


@pytest.mark.parametrize("params", [np.zeros(3), [np.zeros((2, 2)), np.zeros(3)], {"W": np.eye(2), "b": np.zeros(())}])
def test_what_is_no_matrix_is_named_and_nothing_moves(params):
    grads = params if isinstance(params, np.ndarray) else copy.deepcopy(params)
    before, opt = copy.deepcopy(params), Muon(0.1)
    with pytest.raises(ValueError, match=r"params.* has shape \(3?,?\), but Muon moves matrices: .* Groups"):
        opt.step(params, grads)
    assert opt.t == 0 and repr(before) == repr(params)


def test_inputs_first_is_the_transposed_problem():
    g = np.random.default_rng(9).normal(size=(20, 3, 5))
    for match in (False, True):
        x, y = np.zeros((3, 5)), np.zeros((5, 3))
        run(Muon(0.1, inputs_first=True, match_adamw=match), x, g)
        run(Muon(0.1, match_adamw=match), y, g.swapaxes(1, 2))
        np.testing.assert_allclose(x, y.T, rtol=0, atol=1e-13)
    assert np.abs(x).max() > 0


def test_a_batch_of_matrices_and_of_rates():
    g = np.random.default_rng(10).normal(size=(10, 4, 3, 2))
    lrs = np.array([0.0, 0.1, 0.2, 0.3])
    x = {"Ws": np.zeros((4, 3, 2))}
    run(Muon(lrs.reshape(4, 1, 1)), x, [{"Ws": a} for a in g])
    for i, lr in enumerate(lrs):
        np.testing.assert_allclose(run(Muon(lr), np.zeros((3, 2)), g[:, i]), x["Ws"][i], rtol=0, atol=1e-13)


# State and errors


@pytest.mark.parametrize("kind", ["array", "list", "dict"])
def test_resume_is_bit_for_bit(kind):
    arrays, grads = problem(1.0, seed=11, steps=40)
    make = {"array": lambda a: a[0], "list": lambda a: [a[0], a[2]], "dict": lambda a: {"W": a[0], "V": a[2]}}[kind]
    hyper = MOVED | {"lr": lambda step: 0.1 / (1 + step)}
    straight, broken = make(copy.deepcopy(arrays)), make(copy.deepcopy(arrays))
    run(Muon(**hyper), straight, map(make, grads))
    first, second = Muon(**hyper), Muon(**hyper)
    run(first, broken, map(make, grads[:17]))
    second.load_state_dict(first.state_dict())
    run(second, broken, map(make, grads[17:]))
    keys = [...] if isinstance(straight, np.ndarray) else range(2) if kind == "list" else straight
    assert all(same_bits(straight[k], broken[k]) for k in keys) and second.t == 40
    assert second.clone().state_dict() == {"t": 0}


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_dtype_stays(dtype):
    w, opt = {"W": np.ones((3, 2), dtype)}, Muon(0.1, weight_decay=0.1)
    opt.step(w, {"W": np.ones((3, 2))})
    assert w["W"].dtype == opt.state_dict()["m"]["W"].dtype == dtype and np.all(w["W"] < 1)


def test_float32_is_close_to_float64():
    g = np.random.default_rng(12).normal(size=(50, 20, 10))
    x, y = np.zeros((20, 10)), np.zeros((20, 10), np.float32)
    run(Muon(0.02), x, g)
    run(Muon(0.02), y, g.astype(np.float32))
    np.testing.assert_allclose(y, x, rtol=0, atol=1e-5)


@pytest.mark.parametrize(
    ("hyper", "error", "message"),
    [
        ({"nesterov": 1}, TypeError, "nesterov must be True or False, not 1"),
        ({"match_adamw": "original"}, TypeError, "match_adamw must be True or False, not 'original'"),
        ({"eps": -1.0}, ValueError, "eps must be .*, not -1"),
        ({"weight_decay": np.nan}, ValueError, "weight_decay must be .*, not nan"),
    ],
)
def test_bad_settings(hyper, error, message):
    with pytest.raises(error, match=message):
        Muon(0.1, **hyper)


def test_repr_and_step_closure():
    assert repr(Muon(0.1)) == (
        "Muon(lr=0.1, rho=0.95, nesterov=True, weight_decay=0.0, eps=1e-07, match_adamw=False, inputs_first=False)"
    )
    x, y = np.array([[3.0, 4.0]]), np.array([[3.0, 4.0]])
    opt, other = Muon(0.1), Muon(0.1)
    opt.step_closure(x, Quadratic([1.0, 1.0]))
    other.step(y, y.copy())
    assert same_bits(x, y)


def test_eps_is_one_number():
    opt = Muon(0.1, eps=np.ones((1, 2)))
    with pytest.raises(TypeError, match="eps must be a number"):
        opt.step(np.ones((2, 2)), np.ones((2, 2)))


def test_what_is_no_array_is_named():
    with pytest.raises(TypeError, match="m must be a NumPy float array, not"):
        orthogonalize([[1.0, 0.0], [0.0, 1.0]])
