"""Functions for experiments that exist twice: here in NumPy, and in js/runtime.js for the static page.

An experiment's functions are plain Python over these, the algorithms and the closed forms of `course_lib.optim`.
Everything but the few functions below is compiled from its own source, so little can differ, and a test compares both
languages over every experiment's controls.
"""

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from course_lib.optim import descend
from course_lib.optim.surfaces import Surface2D


def lowest(surface: Any) -> float:
    """Return the surface's least value: its `lowest`, or that at a known minimum, or the least found in its window."""
    if hasattr(surface, "lowest"):
        return float(surface.lowest)
    minima = getattr(surface, "minima", ())  # a reader's own surface may have none
    return float(surface.value(np.asarray(minima[0], dtype=float))) if len(minima) else least(surface.f, surface.window)


def least(f: Callable[..., Any], window: Sequence[Sequence[float]]) -> float:
    """Return the least value of ``f`` in a window: the best point of a grid, refined in smaller windows around it."""
    (x0, x1), (y0, y1) = window
    best = np.inf
    for _ in range(25):
        xs, ys = np.linspace(x0, x1, 101), np.linspace(y0, y1, 101)
        z = np.where(np.isfinite(found := mesh(f, xs, ys)), found, np.inf)
        j, i = np.unravel_index(np.argmin(z), z.shape)
        best = min(best, float(z[j, i]))
        dx, dy = (x1 - x0) / 10, (y1 - y0) / 10
        (x0, x1), (y0, y1) = (xs[i] - dx, xs[i] + dx), (ys[j] - dy, ys[j] + dy)
    return best


def trace(surface: Any, method: Any, start: Sequence[float], steps: int) -> dict[str, Any]:
    """Return the points a method visits: ``x`` and ``y``, and ``loss``, the height above the surface's minimum."""
    path = descend(surface, method, np.array(start, dtype=float), steps)
    with np.errstate(all="ignore"):
        loss = np.maximum(surface.value(path) - lowest(surface), 0.0)  # a minimum is known up to round-off
        return {"x": path[:, 0], "y": path[:, 1], "loss": loss}


def linspace(low: float, high: float, n: int) -> np.ndarray:
    """Return ``n`` evenly spaced numbers, both ends included."""
    return np.linspace(low, high, n)


def mesh(f: Callable[..., Any], xs: Sequence[float], ys: Sequence[float], *rest: float) -> np.ndarray:
    """Evaluate ``f`` on a grid, a row for each y."""
    x, y = np.meshgrid(xs, ys)
    with np.errstate(all="ignore"):
        return np.asarray(f(x, y, *rest)) + np.zeros_like(x)


def field(surface: Any, window: Sequence[Sequence[float]], n: int) -> dict[str, Any]:
    """Return the values of a surface over a window, for a contour mark."""
    (x0, x1), (y0, y1) = window
    z = mesh(lambda x, y: surface.value(np.stack([x, y], axis=-1)), linspace(x0, x1, n), linspace(y0, y1, n))
    return {"x": [x0, x1], "y": [y0, y1], "z": z, "lowest": lowest(surface)}


def tuned(method: Any, lr: float, rho: float) -> Any:
    """Return a clone of a method with another rate and, if it has one, another momentum."""
    other = method.clone()
    other.lr = lr
    if "rho" in other.hyper:
        other.rho = rho
    return other


class _Plane(Surface2D):
    def __init__(self, height: Callable[..., Any], window: Sequence[Sequence[float]], low: float) -> None:
        self.height, self.window, self.lowest = height, window, low

    def f(self, x: Any, y: Any) -> Any:
        return self.height(x, y) + 0.0 * x  # a constant, too, has the shape of its arguments

    def df(self, x: Any, y: Any) -> tuple[Any, Any]:
        h = 1e-5
        return (self.f(x + h, y) - self.f(x - h, y)) / (2 * h), (self.f(x, y + h) - self.f(x, y - h)) / (2 * h)


def plane(height: Callable[..., Any], window: Sequence[Sequence[float]], low: float) -> Any:
    """Return a surface made of a function of x and y, its gradient by central differences."""
    return _Plane(height, window, low)


def uniforms(seed: int, n: int) -> list[float]:
    """Return ``n`` pseudorandom numbers in (0, 1) from a seed, the same bits in both languages.

    uᵢ = (mix(s + i γ) + ½)/2³²,  i = 1 … n,  with s = mix(seed) and an odd γ from the seed, all modulo 2³²

    This is SplitMix on 32 bits: it goes through all integers in strides of γ, and scatters them by the last step of
    MurmurHash3. Seeds 0, 1, 2, … have their own starts and strides, so their numbers are unrelated. A shorter sequence
    is the beginning of a longer one.

    Args:
        seed: a whole number, 0 ≤ seed < 2³².
        n: their number, at most 2³².

    >>> [round(u, 4) for u in uniforms(1, 3)]
    [0.0623, 0.5994, 0.7229]

    Source: Steele, Lea and Flood, Fast splittable pseudorandom number generators, 2014.
    """
    if not (isinstance(seed, int | float | np.integer | np.floating) and seed == seed // 1 and 0 <= seed < 2**32):
        raise ValueError(f"seed must be a whole number from 0 to 2**32 - 1, not {seed!r}")
    keys = _mix(np.array([seed, (int(seed) + 0x9E3779B9) % 2**32], dtype=np.uint32))
    steps = np.arange(1, int(n) + 1, dtype=np.uint32)
    return ((_mix(keys[0] + steps * (keys[1] | np.uint32(1))) + 0.5) / 2**32).tolist()


def normals(seed: int, n: int) -> list[float]:
    """Return ``n`` standard normal pseudorandom numbers from a seed, by the method of Box and Muller.

    zᵢ = √(−2 log u) cos 2πv,  with u and v the next two of `uniforms`

    Both languages have the same u and v, but their logarithm and cosine may differ in the last bit.

    >>> [round(z, 4) for z in normals(1, 3)]
    [-1.9113, 0.7933, 0.9237]

    Source: Box and Muller, A note on the generation of random normal deviates, 1958.
    """
    u = uniforms(seed, 2 * int(n))
    return [math.sqrt(-2 * math.log(a)) * math.cos(2 * math.pi * b) for a, b in zip(u[::2], u[1::2], strict=True)]


def _mix(z: np.ndarray) -> np.ndarray:
    """Scatter neighbours among the 32-bit integers, a bijection (MurmurHash3's last step)."""
    z = (z ^ (z >> np.uint32(16))) * np.uint32(0x85EBCA6B)
    z = (z ^ (z >> np.uint32(13))) * np.uint32(0xC2B2AE35)
    return z ^ (z >> np.uint32(16))


def walk(method: Any, start: Sequence[float]) -> Callable[[Any], np.ndarray]:
    """Return a function that makes one step of a method: of a gradient, it returns the point after the step.

    `descend` is that, where the gradient depends on the point alone. The point is changed in place.

    >>> from course_lib.optim import Momentum
    >>> step = walk(Momentum(0.5, rho=0.5), [8.0])
    >>> [float(step([2.0])[0]) for _ in range(3)]
    [7.0, 5.5, 3.75]
    """
    optimizer, x = method.clone(), np.array(start, dtype=float)

    def step(dx: Any) -> np.ndarray:
        with np.errstate(all="ignore"):
            optimizer.step(x, np.asarray(dx, dtype=float), nonfinite="allow")
        return x

    return step


def matmul(a: Any, b: Any) -> np.ndarray:
    """Return the product A B of two matrices, given as lists of rows.

    >>> matmul([[1, 2], [3, 4]], [[1, 0], [1, 1]]).tolist()
    [[3, 2], [7, 4]]
    """
    with np.errstate(all="ignore"):
        return np.asarray(a) @ np.asarray(b)


def transpose(a: Any) -> np.ndarray:
    """Return Aᵀ."""
    return np.asarray(a).T


def each(f: Callable[[Any, Any], Any], a: Any, b: Any) -> np.ndarray:
    """Return f(aᵢⱼ, bᵢⱼ) for all entries of a matrix A; B is another matrix, or one row, as it were repeated.

    As for an optimizer's update, ``f`` sees arrays in Python, and single numbers in the page.

    >>> each(lambda v, bias: np.maximum(v + bias, 0.0), [[-1.0, 2.0]], [0.5, 0.5]).tolist()
    [[0.0, 2.5]]
    """
    with np.errstate(all="ignore"):
        return f(np.asarray(a), np.asarray(b))


PRIMITIVES = {
    f.__name__: f
    for f in (
        *(descend, trace, linspace, mesh, field, tuned, plane, uniforms, normals),
        *(walk, matmul, transpose, each),
    )
}
