"""Weight decay and clipping against torch's, and that they leave their arguments alone."""

import numpy as np
import pytest
import torch

from course_lib.optim import SGD, ParameterSet, clip_norm, clip_value, global_norm, l2


def tree(rng, scale=1.0):
    return {"W": scale * rng.normal(size=(4, 3)), "b": scale * rng.normal(size=3), "c": np.array(scale * rng.normal())}


def in_torch(grads):
    params = [torch.zeros(np.shape(g), dtype=torch.float64, requires_grad=True) for g in grads.values()]
    for p, g in zip(params, grads.values(), strict=True):
        p.grad = torch.tensor(g)
    return params


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
@pytest.mark.parametrize("share", [0.1, 0.7, 3.0])
def test_clip_norm_is_torch_s(scale, share):
    """torch adds 1e-6 to the norm that it divides by."""
    grads = tree(np.random.default_rng(0), scale)
    params = in_torch(grads)
    most = share * global_norm(grads)
    norm = torch.nn.utils.clip_grad_norm_(params, most)
    assert global_norm(grads) == pytest.approx(float(norm), rel=1e-14)
    ours = clip_norm(grads, most)
    for a, p in zip(ours.values(), params, strict=True):
        np.testing.assert_allclose(a, p.grad.numpy(), rtol=1e-15 + 1e-6 / global_norm(grads))
    assert global_norm(ours) == pytest.approx(min(share, 1.0) * global_norm(grads), rel=1e-14)


def test_clip_value_is_torch_s():
    grads = tree(np.random.default_rng(1))
    params = in_torch(grads)
    torch.nn.utils.clip_grad_value_(params, 0.5)
    for a, p in zip(clip_value(grads, 0.5).values(), params, strict=True):
        assert np.array_equal(a, p.grad.numpy())


def test_l2_is_torch_s_weight_decay():
    rng = np.random.default_rng(2)
    x, grads = rng.normal(size=7), rng.normal(size=(100, 7))
    p = torch.tensor(x, requires_grad=True)
    theirs, ours = torch.optim.SGD([p], lr=0.1, weight_decay=0.3), SGD(0.1)
    for g in grads:
        p.grad = torch.tensor(g)
        theirs.step()
        ours.step(x, l2(g, x, 0.3))
    np.testing.assert_allclose(x, p.detach().numpy(), rtol=1e-12)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("make", [lambda a: a[0], list, tuple, lambda a: dict(enumerate(a)), ParameterSet])
def test_structure_and_dtype_stay_and_arguments_are_left_alone(make, dtype):
    rng = np.random.default_rng(3)
    arrays = [rng.normal(size=(2, 3)).astype(dtype), rng.normal(size=4).astype(dtype)]
    params, grads = make([a + 1 for a in arrays]), make([a.copy() for a in arrays])
    for out in (l2(grads, params, 0.1), clip_value(grads, 0.1), clip_norm(grads, 0.1)):
        for before, after in zip(arrays, listed(out), strict=False):
            assert after.dtype == dtype and after.shape == before.shape
            after += 1.0  # it has its own memory
        assert all(np.array_equal(a, b) for a, b in zip(arrays, listed(grads), strict=False))
        SGD(0.1).step(params, out)  # and a step takes it


def test_a_set_gives_a_set():
    params = ParameterSet({"W": np.ones((2, 3)), "b": np.full(2, 2.0)})
    grads = params.with_flat(np.arange(8.0))
    for out, flat in (
        (l2(grads, params, 0.5), grads.flat + 0.5 * params.flat),
        (clip_value(grads, 3.0), np.minimum(grads.flat, 3.0)),
        (clip_norm(grads, 1.0), grads.flat / np.linalg.norm(grads.flat)),
    ):
        assert params.fits(out) and np.allclose(out.flat, flat, rtol=1e-15)
        assert not np.shares_memory(out.flat, grads.flat)
    other_order = ParameterSet({"b": np.ones(2), "W": np.zeros((2, 3))})
    assert np.array_equal(l2(other_order, params, 0.5)["b"], [2.0, 2.0])


def listed(tree):
    return [tree] if isinstance(tree, np.ndarray) else list(tree.values() if hasattr(tree, "values") else tree)


def test_they_nest():
    x, g = np.array([3.0, 4.0]), np.array([300.0, 400.0])
    SGD(1.0).step(x, clip_norm(l2(g, x, 1.0), 5.0))
    np.testing.assert_allclose(x, [0.0, 0.0], atol=1e-15)


@pytest.mark.parametrize("size", [1e-300, 1e-200, 1e200, 1e300])
def test_the_norm_neither_overflows_nor_vanishes(size):
    assert global_norm([np.array([3.0 * size]), np.array([4.0 * size])]) == pytest.approx(5 * size, rel=1e-14)
    (clipped,) = clip_norm([np.array([3.0, 4.0]) * size], 2.5 * size)
    np.testing.assert_allclose(clipped, np.array([1.5, 2.0]) * size, rtol=1e-14)


def test_nothing_to_clip():
    assert global_norm([]) == 0.0 and clip_norm([], 1.0) == [] and global_norm(np.zeros(3)) == 0.0
    assert np.array_equal(clip_norm(np.zeros(3), 0.0), np.zeros(3))
    assert np.array_equal(clip_norm(np.ones(3), 0.0), np.zeros(3))
    g = np.array([1.0, -2.0])
    assert np.array_equal(clip_norm(g, 100.0), g) and np.array_equal(clip_value(g, 2.0), g)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_is_left_for_the_step_to_report(bad):
    g = {"W": np.array([1.0, bad]), "b": np.array([5.0])}
    assert np.isnan(global_norm(g)) if np.isnan(bad) else global_norm(g) == np.inf
    same = clip_norm(g, 1.0)
    assert np.array_equal(same["W"], g["W"], equal_nan=True) and np.array_equal(same["b"], g["b"])
    with pytest.raises(ValueError, match=r"grads\['W'\] holds"):
        SGD(0.1).step({"W": np.ones(2), "b": np.ones(1)}, same)


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: clip_norm(np.ones(2), np.ones(2)), TypeError, "max_norm must be one number, not an array of shape"),
        (lambda: l2(np.ones(2), np.ones(2), np.ones((3, 1))), TypeError, "weight_decay must be one number"),
        (lambda: clip_norm(np.ones(2), -1.0), ValueError, "max_norm must be finite and at least 0, not -1"),
        (lambda: clip_norm(np.ones(2), np.nan), ValueError, "max_norm must be"),
        (lambda: clip_value(np.ones(2), "1"), TypeError, "limit must be a number"),
        (lambda: clip_value([1.0], 1.0), TypeError, r"grads\[0\] must be a NumPy float array"),
        (lambda: clip_value(np.ones(2, int), 1.0), TypeError, "grads must hold floats"),
        (lambda: global_norm("no"), TypeError, "grads must be a NumPy float array"),
        (lambda: l2(np.ones(2), np.ones(3), 0.1), ValueError, r"grads has shape \(2,\)"),
        (lambda: l2(np.ones(2), np.ones(2), -0.1), ValueError, "weight_decay must be finite and at least 0"),
        (lambda: l2({"a": np.ones(2)}, {"b": np.ones(2)}, 0.1), ValueError, r"grads\['b'\] is missing"),
    ],
)
def test_bad_arguments_are_named(call, error, message):
    with pytest.raises(error, match=message):
        call()
