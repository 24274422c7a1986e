"""Random matrices: rotations, and Hessians without any structure."""

from __future__ import annotations

import numpy as np

from ...validation import check_count, check_rng


def random_rotation(dim: int, rng: np.random.Generator) -> np.ndarray:
    """Draw a rotation from the uniform distribution.

    Q R = A with normal A;  Q ← Q diag(sign Rᵢᵢ), and one column negated if det Q = −1

    Args:
        dim: number of coordinates n ≥ 1.
        rng: generator of the numbers.

    Returns:
        An orthogonal matrix with determinant 1, shape (n, n).

    >>> q = random_rotation(3, np.random.default_rng(0))
    >>> bool(np.allclose(q.T @ q, np.eye(3)))
    True

    Source: Mezzadri, How to generate random matrices from the classical compact groups, 2007.
    """
    dim = check_count("dim", dim, least=1)
    q, r = np.linalg.qr(check_rng("rng", rng).standard_normal((dim, dim)))
    q *= np.where(np.diag(r) < 0, -1.0, 1.0)
    if np.linalg.det(q) < 0:
        q[:, 0] *= -1
    return q


def random_symmetric(dim: int, rng: np.random.Generator, count: int = 1) -> np.ndarray:
    """Draw symmetric matrices with no preferred direction (the Gaussian orthogonal ensemble).

    H = (A + Aᵀ)/2,  A normal

    As a model of the Hessian at a stationary point it explains why saddles outnumber minima: all
    eigenvalues are positive with probability 1/2, (2 − √2)/4 = .146 and (π − 2√2)/(4π) = .025 for
    n = 1, 2 and 3, and hardly ever for larger n.

    Args:
        dim: number of coordinates n ≥ 1.
        rng: generator of the numbers.
        count: number of matrices.

    Returns:
        Symmetric matrices, shape (count, n, n).

    >>> h = random_symmetric(2, np.random.default_rng(0), count=10_000)
    >>> round(float(np.mean(np.all(np.linalg.eigvalsh(h) > 0, axis=-1))), 2)
    0.15

    Source: Dauphin et al., Identifying and attacking the saddle point problem in high-dimensional non-convex
    optimization, 2014.
    """
    dim, count = check_count("dim", dim, least=1), check_count("count", count, least=0)
    a = check_rng("rng", rng).standard_normal((count, dim, dim))
    return (a + np.swapaxes(a, -1, -2)) / 2
