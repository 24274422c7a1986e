"""What the cases of several exercises share."""

import numpy as np


def bowl(rng: np.random.Generator, n: int) -> np.ndarray:
    """Return a random matrix with positive curvatures."""
    A = rng.standard_normal((n, n))
    return A @ A.T + n * np.eye(n)
