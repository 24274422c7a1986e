"""Disagreement by loops, correlation against NumPy's, and the variance of a mean: simulated, and exactly on data."""

import itertools

import numpy as np
import pytest

from course_lib.ensembles import disagreement, error_correlation, spread, variance_of_mean
from course_lib.nn import softmax


def draw(seed=0, shape=(5, 60, 3)):
    rng = np.random.default_rng(seed)
    return softmax(rng.normal(size=shape) + rng.normal(size=shape[1:])), rng.integers(shape[2], size=shape[1])


def test_disagreement_by_loops():
    p, _ = draw()
    found = disagreement(p)
    pairs = []
    for i, j in itertools.product(range(5), repeat=2):
        share = sum(p[i, n].argmax() != p[j, n].argmax() for n in range(60)) / 60
        assert found.matrix[i, j] == pytest.approx(share, abs=1e-15)
        if i < j:
            pairs.append(share)
    assert found.mean == pytest.approx(np.mean(pairs)) and 0.1 < found.mean < 0.9
    assert disagreement(np.stack([p[0], p[0]])).mean == 0


def test_error_correlation_is_numpys():
    p, y = draw()
    found, errors = error_correlation(p, y), (p.argmax(2) != y).astype(float)
    theirs = np.corrcoef(errors)
    np.testing.assert_allclose(found.matrix, theirs, atol=1e-14)
    assert found.mean == pytest.approx(np.mean([theirs[i, j] for i, j in itertools.combinations(range(5), 2)]))
    assert found.mean > 0.05  # they have something in common


def test_a_member_without_errors_has_no_correlation():
    p, _ = draw()
    y = p[2].argmax(1)
    found = error_correlation(p, y)
    assert np.isnan(found.matrix[2]).all() and np.isnan(found.matrix[:, 2]).all()
    others = [0, 1, 3, 4]
    assert found.mean == pytest.approx(error_correlation(p[others], y).mean)
    right = np.stack([p[2], p[2]])
    assert np.isnan(error_correlation(right, y).mean)


@pytest.mark.parametrize("rho", [-0.1, 0.0, 0.3, 0.9, 1.0])
@pytest.mark.parametrize("M", [2, 5, 8])
def test_equicorrelated_gaussians(rho, M):
    """200,000 draws of M Gaussians with Var = σ², Corr = ρ, by the eigenvectors of their covariance."""
    sigma, draws = 1.7, 200_000
    C = sigma**2 * (rho * np.ones((M, M)) + (1 - rho) * np.eye(M))
    values, vectors = np.linalg.eigh(C)
    x = vectors @ (np.sqrt(np.maximum(values, 0))[:, None] * np.random.default_rng(0).normal(size=(M, draws)))
    theory = variance_of_mean(rho, sigma, M)
    assert theory == pytest.approx(C.sum() / M**2, rel=1e-12)
    error = 5 * np.sqrt(2 / draws)  # five standard errors of a variance
    assert x.mean(axis=0).var() == pytest.approx(theory, rel=error)
    found = spread(x)
    assert found.rho == pytest.approx(rho, abs=error) and found.sigma == pytest.approx(sigma, rel=error)


@pytest.mark.parametrize("shape", [(1, 30), (2, 30), (7, 30), (4, 30, 3)])
def test_the_decomposition_holds_exactly_on_data(shape):
    """Members of quite different variance and mean."""
    rng = np.random.default_rng(1)
    scale = rng.uniform(0.1, 5, size=(shape[0], *[1] * (len(shape) - 1)))
    e = scale * (rng.normal(size=shape) + rng.normal(size=shape[1:])) + rng.normal(size=scale.shape)
    found = spread(e)
    centred = e - e.reshape(shape[0], -1).mean(axis=1).reshape(scale.shape)
    assert variance_of_mean(*found) == pytest.approx(np.square(centred.mean(axis=0)).mean(), rel=1e-12)
    assert found.M == shape[0] and found.sigma**2 == pytest.approx(np.square(centred).mean(), rel=1e-12)


def test_the_ends_of_the_formula():
    assert variance_of_mean(0.0, 3.0, 9) == pytest.approx(1.0)  # independent: σ²/M
    assert variance_of_mean(1.0, 3.0, 9) == 9.0  # all the same: σ²
    assert variance_of_mean(-0.5, 3.0, 3) == pytest.approx(0.0, abs=1e-12)  # they cancel
    assert variance_of_mean(0.25, 2.0, 10**9) == pytest.approx(1.0)  # ρσ² stays
    curve = variance_of_mean(np.array([[0.0], [0.5]]), 1.0, np.array([1, 2, 4]))
    np.testing.assert_allclose(curve, [[1, 1 / 2, 1 / 4], [1, 3 / 4, 5 / 8]])


def test_nothing_varies():
    assert spread(np.ones((3, 4))) == (0.0, 0.0, 3)
    assert spread(np.array([[1.0, 3.0]])) == (0.0, 1.0, 1)


def test_members_that_are_copies_gain_nothing():
    e = np.random.default_rng(0).normal(size=50)
    found = spread(np.stack([e, e, e]))
    assert found.rho == pytest.approx(1.0) and variance_of_mean(*found) == pytest.approx(e.var())


P, Y = draw(shape=(2, 4, 3))
BAD = {
    "one member": (lambda: disagreement(P[:1]), ValueError, "p holds one member"),
    "one member's errors": (lambda: error_correlation(P[:1], Y), ValueError, "p holds one member"),
    "empty": (lambda: disagreement([]), ValueError, "the ensemble is empty"),
    "nan": (lambda: disagreement(P * np.nan), ValueError, "member 0 returns nan at row 0, class 0"),
    "classes": (lambda: disagreement([P[0], P[0][:, :2]]), ValueError, "member 1 returns 4 rows and 2 classes"),
    "labels' length": (lambda: error_correlation(P, Y[:3]), ValueError, r"y must have shape \(4,\)"),
    "float labels": (lambda: error_correlation(P, Y / 1), TypeError, "y must hold the right classes as integers"),
    "label 3": (lambda: error_correlation(P, np.array([0, 1, 2, 3])), ValueError, r"y must lie in 0 … 2, not 0 … 3"),
    "rho > 1": (lambda: variance_of_mean(1.2, 1.0, 2), ValueError, "rho must be at least"),
    "rho too low": (lambda: variance_of_mean(-0.6, 1.0, 3), ValueError, "rho must be at least"),
    "rho nan": (lambda: variance_of_mean(np.nan, 1.0, 3), ValueError, "rho must be at least"),
    "sigma < 0": (lambda: variance_of_mean(0.5, -1.0, 3), ValueError, "sigma must be finite and at least 0"),
    "M = 0": (lambda: variance_of_mean(0.5, 1.0, 0), ValueError, "M must be a whole number of members"),
    "M = 1.5": (lambda: variance_of_mean(0.5, 1.0, 1.5), ValueError, "M must be a whole number of members"),
    "e integers": (lambda: spread(np.ones((2, 3), int)), TypeError, "e must hold floats"),
    "e flat": (lambda: spread(np.ones(3)), ValueError, r"e must have shape \(members, cases\), not \(3,\)"),
    "e empty": (lambda: spread(np.ones((0, 3))), ValueError, "e must have shape"),
    "e nan": (lambda: spread(np.array([[1.0, 2.0], [0.0, np.nan]])), ValueError, "member 1 holds nan at case 1"),
}


@pytest.mark.parametrize(("call", "error", "message"), BAD.values(), ids=BAD)
def test_bad_input(call, error, message):
    with pytest.raises(error, match=message):
        call()
