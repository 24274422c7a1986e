"""Linear algebra of small matrices, for the page's NumPy."""

import builtins

import _names
import _nd

import numpy as np
from numpy import Missing


class LinAlgError(ValueError):
    """Raised for a matrix that does not allow what is asked."""


_nd.setup({"LinAlgError": LinAlgError})


def __getattr__(name):
    if name in _names.NAMES["linalg"]:
        raise Missing(f"the page's NumPy does not have `np.linalg.{name}`")
    raise AttributeError(f"module 'numpy.linalg' has no attribute '{name}'")


def _float(x):
    x = np.asarray(x)
    return x if x.dtype.kind == "f" else x.astype(float)


def norm(x, ord=None, axis=None, keepdims=False):
    x = _float(x)
    if axis is None and (ord is None or (ord == "fro" and x.ndim == 2) or (ord == 2 and x.ndim == 1)):
        flat = _nd.reshape(x, -1)
        made = np.sqrt(_nd.matmul(flat, flat))
        return made.reshape((1,) * x.ndim) if keepdims else made
    axes = tuple(range(x.ndim)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    if len(axes) == 1:
        return _vector_norm(x, ord, axes, keepdims)
    if len(axes) == 2:
        return _matrix_norm(x, ord, axes, keepdims)
    raise ValueError("Improper number of dimensions to norm.")


def _vector_norm(x, ord, axis, keepdims):
    if isinstance(ord, str):
        raise ValueError(f"Invalid norm order '{ord}' for vectors")
    size = np.abs(x)
    if ord is None or ord == 2:
        return np.sqrt(np.sum(size * size, axis, keepdims=keepdims))
    if ord == np.inf:
        return np.max(size, axis, keepdims=keepdims)
    if ord == -np.inf:
        return np.min(size, axis, keepdims=keepdims)
    if ord == 0:
        return np.sum(x != 0, axis, x.dtype, keepdims=keepdims)
    if ord == 1:
        return np.sum(size, axis, keepdims=keepdims)
    return np.power(np.sum(size**ord, axis, keepdims=keepdims), 1 / ord)


def _matrix_norm(x, ord, axes, keepdims):
    row, column = (_nd.axis(k, x.ndim) for k in axes)
    if row == column:
        raise ValueError("Duplicate axes given.")
    if ord is None or ord == "fro":
        return np.sqrt(np.sum(x * x, axes, keepdims=keepdims))
    if ord in (1, -1, np.inf, -np.inf):
        summed, ruled = (row, column) if ord in (1, -1) else (column, row)
        sums = np.sum(np.abs(x), summed, keepdims=True)
        made = np.max(sums, ruled, keepdims=True) if ord > 0 else np.min(sums, ruled, keepdims=True)
        return made if keepdims else np.squeeze(made, axes)[()]
    if ord not in (2, -2, "nuc"):
        raise ValueError("Invalid norm order for matrices.")
    if x.ndim > 2:
        raise Missing(f"the page's NumPy does not have `np.linalg.norm` of many matrices with ord={ord!r}")
    values = svdvals(x)
    made = np.sum(values) if ord == "nuc" else values[0 if ord == 2 else -1]
    return made.reshape(1, 1) if keepdims else made


def solve(a, b):
    return _nd.solve(a, b)


def inv(a):
    return _nd.solve(a, np.eye(len(np.atleast_1d(a)), dtype=_float(a).dtype))


def det(a):
    return _nd.det(a)


def matrix_power(a, n):
    a = inv(a) if n < 0 else np.asarray(a)
    made = np.eye(len(a), dtype=a.dtype)
    for _ in range(builtins.abs(n)):
        made = made @ a
    return made


def cholesky(a):
    a = _float(a)
    made = np.zeros_like(a)
    for i in range(len(a)):
        for j in range(i + 1):
            rest = a[i, j] - made[i, :j] @ made[j, :j]
            if i == j and not rest > 0:
                raise LinAlgError("Matrix is not positive definite")
            made[i, j] = np.sqrt(rest) if i == j else rest / made[j, j]
    return made


def eigvalsh(a):
    return _nd.eigvalsh(a)


def eigh(a):
    """Return eigenvalues and eigenvectors. The sign of an eigenvector is free; it may not be LAPACK's."""
    return EighResult(*_nd.eigh(a))


class EighResult(tuple):
    """A pair whose parts have names."""

    def __new__(cls, eigenvalues, eigenvectors):
        return tuple.__new__(cls, (eigenvalues, eigenvectors))

    eigenvalues = property(lambda self: self[0])
    eigenvectors = property(lambda self: self[1])


def eigvals(a):
    if not np.array_equal(a, np.transpose(a)):
        raise Missing("the page's NumPy does not have `np.linalg.eigvals` of a matrix that is not symmetric")
    return _nd.eigvalsh(a)


def svdvals(x):
    return _nd.svdvals(x)


def svd(a, full_matrices=True, compute_uv=True):
    if compute_uv:
        raise Missing("the page's NumPy does not have `np.linalg.svd` but with compute_uv=False")
    return _nd.svdvals(a)


def cond(x, p=None):
    if p is not None and p != 2:
        return norm(x, p) * norm(inv(x), p)
    values = svdvals(x)
    return values[0] / values[-1]


def matrix_rank(A):
    A = _float(A)
    if A.ndim < 2:
        return int(np.any(A != 0))
    values = svdvals(A)
    return np.sum(values > values.max() * builtins.max(A.shape) * np.finfo(A.dtype).eps)


for _name, _function in list(globals().items()):
    if type(_function) is type(norm) and not _name.startswith("_"):
        globals()[_name] = _nd.told(_function, f"linalg.{_name}", _names.LACKING.get(f"linalg.{_name}", []))
