"""Many runs at once: several methods, each over a grid of settings, from several starts, with noise or without.

A grid is not a loop here: its settings are arrays that broadcast, so that all of its runs are one run.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from ...validation import check_count, check_hyper, check_rng
from ..optimizer import Optimizer
from ..second_order.newton import SecondOrder
from ..surfaces.surface import Surface
from ..wrappers import SAM, Wrapper
from .trajectory import _real, descend

Until = float | Callable[[np.ndarray], Any]


def mean_and_error(values: ArrayLike, axis: int = -1) -> tuple[Any, Any]:
    """Return the mean over an axis and its standard error.

    m = 1/N Σ xᵢ,  se = √(Σ (xᵢ − m)²/(N − 1)) / √N;  of a single value the error is nan

    Args:
        values: independent results, such as one per seed; an inf makes the mean inf and the error nan.
        axis: the axis of the repetitions.

    >>> m, se = mean_and_error([1.0, 2.0, 3.0])
    >>> float(m), round(float(se), 3)
    (2.0, 0.577)
    """
    values = np.asarray(values, dtype=float)
    count = values.shape[axis]
    with np.errstate(all="ignore"):
        mean = values.mean(axis=axis, keepdims=True)
        square = np.square(values - mean).sum(axis=axis) / np.float64(count - 1)
        return mean.squeeze(axis)[()], np.sqrt(square / count)


@dataclass(frozen=True)
class Runs:
    """The runs of one method.

    Attributes:
        name: the method's name.
        settings: name → values, shape (m,), for each axis of the grid in order; empty for a single setting.
        loss: final loss, exact even where gradients are noisy, shape (*grid, runs); inf if the run diverged.
        steps: number of steps to the goal, shape (*grid, runs); inf if it was never reached.
    """

    name: str
    settings: dict[str, np.ndarray]
    loss: np.ndarray
    steps: np.ndarray

    def rows(self) -> list[dict[str, Any]]:
        """Return a row for each setting: the method, its settings, means and standard errors over the runs."""
        loss, loss_error = mean_and_error(self.loss)
        steps, steps_error = mean_and_error(self.steps)
        return [
            {
                "method": self.name,
                **{name: float(values[i]) for i, (name, values) in zip(at, self.settings.items(), strict=True)},
                "loss": float(loss[at]),
                "loss_error": float(loss_error[at]),
                "steps": float(steps[at]),
                "steps_error": float(steps_error[at]),
                "reached": int(np.isfinite(self.steps[at]).sum()),
            }
            for at in np.ndindex(self.steps.shape[:-1])
        ]

    def best(self) -> dict[str, Any]:
        """Return the best row: most runs at the goal, then fewest steps on average, then lowest loss."""
        return min(self.rows(), key=lambda row: (-row["reached"], row["steps"], row["loss"]))


@dataclass(frozen=True, repr=False)
class Comparison:
    """The runs of several methods; `table[name]` are those of one. It prints the best setting of each.

    Attributes:
        methods: name → runs.
        title: what was run.
        goal: what `steps` counts.
    """

    methods: dict[str, Runs]
    title: str
    goal: str

    def __getitem__(self, name: str) -> Runs:
        return self.methods[name]

    def rows(self) -> list[dict[str, Any]]:
        """Return a row for each setting of each method; see `Runs.rows`."""
        return [row for runs in self.methods.values() for row in runs.rows()]

    def best(self) -> list[dict[str, Any]]:
        """Return the best row of each method; see `Runs.best`."""
        return [runs.best() for runs in self.methods.values()]

    def __repr__(self) -> str:
        table = [("method", "best setting", "of", "loss", self.goal, "reached")]
        for runs, row in zip(self.methods.values(), self.best(), strict=True):
            setting = ", ".join(f"{name}={row[name]:.3g}" for name in runs.settings) or "-"
            grid, count = runs.steps[..., 0].size, runs.steps.shape[-1]
            loss, steps = (_format_mean(row[what], row[f"{what}_error"]) for what in ("loss", "steps"))
            table.append((runs.name, setting, str(grid), loss, steps, f"{row['reached']}/{count}"))
        widths = [max(map(len, column)) for column in zip(*table, strict=True)]
        lines = ["  ".join(map(str.ljust, line, widths)).rstrip() for line in table]
        return "\n".join([self.title, *lines])


def _format_mean(mean: float, error: float) -> str:
    return f"{mean:.4g} ± {error:.1g}" if np.isfinite(error) else f"{mean:.4g}"


def compare(
    surface: Surface,
    methods: Mapping[str, Optimizer | SecondOrder],
    steps: int,
    *,
    starts: ArrayLike | None = None,
    until: Until = 1e-6,
    noise: float | np.ndarray = 0.0,
    seeds: int = 1,
    rng: np.random.Generator | None = None,
) -> Comparison:
    """Run several methods, each over a grid of settings, from all starts and with all seeds, in one broadcast run.

    There is one run per start and seed. Every method and setting has the same starts, and with `noise` the same
    stream of it, one draw per gradient, so that differences between them are not chance. Each run is, bit for bit,
    that of `descend` with its setting, start and noise alone. (Up to round-off where a surface multiplies matrices,
    or β₁ or β₂ is an axis, so that NumPy takes powers of an array.) Neither holds for a surface that draws noise of
    its own, a `Noisy` or a `Minibatch`: it draws anew for every run, so that differences are partly chance.

    Args:
        surface: the loss.
        methods: name → optimizer or second-order method. A hyper-parameter that is an array (m,) is an axis of the
            grid: Momentum(lr=rates, rho=rhos) are len(rates) × len(rhos) settings. A schedule must return one rate.
        steps: number of steps, ≥ 1.
        starts: points (n,) or (S, n); by default the surface's own start.
        until: the goal to count steps to: a fraction of the start's height above the minimum, f − f_min ≤
            until · (f₀ − f_min), or a function from points (..., n) to booleans (...).
        noise: standard deviation of the normal noise on each gradient component, ≥ 0; an array (m,) is an axis, too.
        seeds: K ≥ 1, repetitions from each start with different noise.
        rng: generator of the noise, from which S · K streams are spawned; required with noise.

    Returns:
        A table. `table["Adam"].steps` and `.loss` have shape (*grid, S · K), start by start, seeds varying
        fastest; axes are in the order of the constructor's arguments, noise first.

    >>> from course_lib.optim import SGD, Momentum, Ravine
    >>> rates = np.array([0.5, 1.0, 1.9])
    >>> compare(Ravine(kappa=25), {"SGD": SGD(rates), "Momentum": Momentum(rates, rho=np.array([0.5, 0.7]))}, 200)
    Ravine(kappa=25.0, angle=0.0), 1 run of 200 steps
    method    best setting     of  loss       steps to 1e-06  reached
    SGD       lr=1.9           3   7.521e-15  80              1/1
    Momentum  lr=1.9, rho=0.5  6   2.106e-40  30              1/1
    """
    if not isinstance(surface, Surface):
        raise TypeError(f"surface must be a Surface such as Ravine(), not {surface!r}")
    if not isinstance(methods, Mapping) or not methods:
        raise TypeError(f'methods must be a dict of optimizers such as {{"SGD": SGD(0.1)}}, not {methods!r}')
    steps, seeds = check_count("steps", steps, least=1), check_count("seeds", seeds, least=1)
    noise = check_hyper("noise", noise, (0.0, np.inf))
    if np.ndim(noise) > 1 or np.size(noise) == 0:
        raise ValueError(f"noise must be a number or an array (m,), not of shape {np.shape(noise)}")
    x = _real("starts", surface.start if starts is None else starts)
    if x.ndim not in (1, 2) or x.shape[-1] != surface.dim or x.size == 0:
        raise ValueError(f"starts must be points ({surface.dim},) or (S, {surface.dim}), not of shape {x.shape}")
    x = x if x.dtype.kind == "f" else x.astype(float)
    x = np.repeat(np.atleast_2d(x), seeds, axis=0)  # (runs, n)
    goal = _Goal(surface, until, x)
    title = f"{surface!r}, {len(x)} run{'s' * (len(x) > 1)} of {steps} steps"
    results = {}
    streams = check_rng("rng", rng).spawn(len(x)) if np.any(noise) else []
    for name, method in methods.items():
        run = _run_each if isinstance(method, SecondOrder) else _run
        results[name] = run(name, surface, method, x, steps, goal, noise, copy.deepcopy(streams))
    return Comparison(results, title, f"steps to {goal}")


def _run(name, surface, method, x, steps, goal, noise, streams) -> Runs:
    """Run one method from every start, over its whole grid."""
    if not isinstance(method, Optimizer):
        raise TypeError(f"methods[{name!r}] must be an optimizer such as SGD(0.1), not {method!r}")
    method = method.clone()
    axes = {"noise": noise} if np.ndim(noise) else {}
    holders = {}  # the layer that each axis belongs to
    for owner in _layers(method):
        alone = owner.axis == -1 if isinstance(owner, SAM) else owner.elementwise or isinstance(owner, Wrapper)
        if not alone:
            raise ValueError(f"methods[{name!r}] would mix the runs, which share one array: {method!r}")
        for key in owner.hyper:
            values = getattr(owner, key)
            if callable(values) and np.ndim(values(0)):
                raise ValueError(f"methods[{name!r}]: {key} must return one rate per step, not an array: {method!r}")
            if isinstance(values, np.ndarray):
                if key in axes:
                    raise ValueError(f"methods[{name!r}]: only one {key} can be an axis of the grid: {method!r}")
                axes[key] = values
                holders[key] = owner
    for i, (key, values) in enumerate(axes.items()):
        if values.ndim != 1 or values.size == 0:
            raise ValueError(f"methods[{name!r}]: {key} must be a number or an array (m,), not of shape {values.shape}")
        axis = values.reshape(-1, *[1] * (len(axes) - i + 1))
        if key in holders:
            setattr(holders[key], key, axis)
        else:
            noise = axis
    grid = tuple(map(len, axes.values()))
    loss = _SharedNoise(surface, noise, streams, x.shape)
    x = np.array(np.broadcast_to(x, (*grid, *x.shape)))
    reached = np.where(goal(x), 0.0, np.inf)
    with np.errstate(all="ignore"):
        for k in range(1, steps + 1):
            method.step_closure(x, loss, nonfinite="allow")
            reached[goal(x) & (reached > k)] = k
    return Runs(name, axes, goal.height(x), reached)


def _run_each(name, surface, method, x, steps, goal, noise, streams) -> Runs:
    """Run a second-order method from one start after another: each run has its own line searches."""
    ends, reached = [], []
    for sigma in np.atleast_1d(noise):
        for i, start in enumerate(x):
            rng = copy.deepcopy(streams[i]) if streams else None
            path = descend(surface, method, start, steps, noise=float(sigma), rng=rng)
            hit = goal(path, slice(i, i + 1))
            reached.append(float(hit.argmax()) if hit.any() else np.inf)
            ends.append(goal.height(path[-1]))
    shape = (*np.shape(noise), len(x))
    axes = {"noise": noise} if np.ndim(noise) else {}
    return Runs(name, axes, np.reshape(ends, shape), np.reshape(reached, shape))


def _layers(method: Optimizer) -> Iterator[Optimizer]:
    """Yield a wrapper and the optimizers inside it, the innermost first."""
    if isinstance(method, Wrapper):
        yield from _layers(method.inner)
    yield method


class _Goal:
    """The goal of a run: called with points, it returns which of them have reached it."""

    def __init__(self, surface: Surface, until: Any, starts: np.ndarray) -> None:
        self.surface, self.until = surface, until
        if callable(until):
            return
        self.until = check_hyper("until", until, (0.0, np.inf))
        if np.ndim(self.until):
            raise TypeError(f"until must be a number or a function, not an array of shape {np.shape(self.until)}")
        if not np.isfinite(surface.f_min):
            raise ValueError(f"until must be a function of points: {surface!r} has no minimum to approach")
        self.f_min = surface.f_min
        self.enough = self.f_min + self.until * (surface.value(starts) - self.f_min)

    def __call__(self, x: np.ndarray, run: slice = slice(None)) -> np.ndarray:
        with np.errstate(all="ignore"):
            if not callable(self.until):
                return self.surface.value(x) <= self.enough[run]
            hit = np.asarray(self.until(x))
        if hit.dtype != bool or hit.shape != x.shape[:-1]:
            raise ValueError(f"until(points) must return booleans of shape {x.shape[:-1]}, not {hit!r}")
        return hit

    def height(self, x: np.ndarray) -> np.ndarray:
        with np.errstate(all="ignore"):
            value = self.surface.value(x)
        return np.where(np.isnan(value), np.inf, value)

    def __str__(self) -> str:
        return getattr(self.until, "__name__", "the goal") if callable(self.until) else f"{self.until:g}"


class _SharedNoise:
    """A surface with noise on its gradient: one stream per run, the same for all settings."""

    def __init__(self, surface: Surface, noise: Any, streams: list[np.random.Generator], shape: tuple) -> None:
        self.surface, self.noise, self.streams, self.shape = surface, noise, streams, shape
        self.drawn = self._draw()

    def _draw(self, block: int = 256) -> Iterator[np.ndarray]:
        """Yield noise (runs, n), call by call; drawn in blocks, with the same numbers as call by call."""
        while True:
            yield from np.stack([s.standard_normal((block, self.shape[1])) for s in self.streams], axis=1)

    def grad(self, x: np.ndarray) -> np.ndarray:
        dx = self.surface.grad(x)
        return dx + self.noise * next(self.drawn) if self.streams else dx
