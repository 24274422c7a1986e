"""What experiments may call that exists twice: here in NumPy, and in js/runtime.js for the static page.

An experiment's functions are plain Python over these, the algorithms and the closed forms of `course_lib.optim`;
everything but the few functions below is compiled from its own source, so there is little that could differ,
and a test runs both sides over every experiment's controls.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from course_lib.optim import descend
from course_lib.optim.surfaces import Surface2D


def lowest(surface: Any) -> float:
    """The surface's least value: as it says itself, or at a known minimum, or the least found in its window."""
    if hasattr(surface, "lowest"):
        return float(surface.lowest)
    minima = getattr(surface, "minima", ())  # a reader's own surface may name none
    return float(surface.value(np.asarray(minima[0], dtype=float))) if len(minima) else least(surface.f, surface.window)


def least(f: Callable[..., Any], window: Sequence[Sequence[float]]) -> float:
    """The least value of ``f`` in a window: the best point of a grid, again and again in a smaller window around it."""
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
    """The points a method visits: ``x`` and ``y``, and ``loss``, the height above the surface's minimum."""
    path = descend(surface, method, np.array(start, dtype=float), steps)
    with np.errstate(all="ignore"):
        loss = np.maximum(surface.value(path) - lowest(surface), 0.0)  # a minimum is known up to round-off
        return {"x": path[:, 0], "y": path[:, 1], "loss": loss}


def linspace(low: float, high: float, n: int) -> np.ndarray:
    """``n`` evenly spaced numbers, both ends included."""
    return np.linspace(low, high, n)


def mesh(f: Callable[..., Any], xs: Sequence[float], ys: Sequence[float], *rest: float) -> np.ndarray:
    """``f`` over a grid, a row for each y."""
    x, y = np.meshgrid(xs, ys)
    with np.errstate(all="ignore"):
        return np.asarray(f(x, y, *rest)) + np.zeros_like(x)


def field(surface: Any, window: Sequence[Sequence[float]], n: int) -> dict[str, Any]:
    """The values of a surface over a window, for a contour mark."""
    (x0, x1), (y0, y1) = window
    z = mesh(lambda x, y: surface.value(np.stack([x, y], axis=-1)), linspace(x0, x1, n), linspace(y0, y1, n))
    return {"x": [x0, x1], "y": [y0, y1], "z": z, "lowest": lowest(surface)}


def tuned(method: Any, lr: float, rho: float) -> Any:
    """The same method with another rate and, if it has one, another momentum; and no memory."""
    other = method.fresh()
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
    """A surface from a function of x and y, its gradient by central differences."""
    return _Plane(height, window, low)


PRIMITIVES = {f.__name__: f for f in (trace, linspace, mesh, field, tuned, plane)}
