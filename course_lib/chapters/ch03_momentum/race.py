"""The race: methods from one start down a surface. Chapter 3 and the book's first page show it.

The functions of the controls come first: plain Python over `course_lib.optim`, run by Python under Jupyter and
compiled from this source for the site. The declaration of controls and panels follows.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from course_lib.explore.experiment import Data, Experiment, experiment
from course_lib.explore.parts import axis, choice, colour_of, contour, drag, line, panel, point, readout, rule, slider
from course_lib.explore.primitives import field, least, plane, trace, tuned
from course_lib.explore.yours import Yours
from course_lib.optim import SGD, Bumpy, Momentum, Nesterov, Optimizer, Ravine, Rosenbrock, Saddle
from course_lib.optim.surfaces import Surface2D


@dataclass(frozen=True)
class _Ground:
    """A surface of the race: its label, the number of steps shown, and settings that suit it."""

    label: str
    surface: Surface2D
    steps: int
    lr: float
    rho: float


_GROUNDS = {
    "ravine": _Ground("Ravine", Ravine(kappa=50), 300, 1.2, 0.8),
    "saddle": _Ground("Saddle", Saddle(), 200, 0.05, 0.9),
    "rosenbrock": _Ground("Rosenbrock", Rosenbrock(), 1500, 0.0005, 0.9),
    "bumpy": _Ground("Bumpy bowl", Bumpy(), 150, 0.1, 0.9),
}
_STEPS = {name: ground.steps for name, ground in _GROUNDS.items()} | {"yours": 300}


def _landscape(surface: str, kappa: float) -> Any:
    if surface == "ravine":
        return Ravine(kappa=kappa)
    elif surface == "saddle":
        return Saddle()
    elif surface == "rosenbrock":
        return Rosenbrock()
    else:
        return Bumpy()


def _below_from(values: Any, level: float) -> Any:
    """Return the step from which all values are below the level; None if the last one is not."""
    start = None
    for t in range(len(values)):
        if not values[t] < level:
            start = None
        elif start is None:
            start = t
    return start


def _scene(f: Any, steps: int) -> Data:
    return {"window": {"x": f.window[0], "y": f.window[1], "t": [0, steps]}, "field": field(f, f.window, 64)}


def _runs(f: Any, lr: float, rho: float, start: Any, steps: int) -> Data:
    sgd = trace(f, SGD(lr=lr), start, steps)
    momentum = trace(f, Momentum(lr=lr, rho=rho), start, steps)
    nesterov = trace(f, Nesterov(lr=lr, rho=rho), start, steps)
    goal = 0.001 * sgd["loss"][0]
    return {
        "SGD": sgd,
        "Momentum": momentum,
        "Nesterov": nesterov,
        "goal": goal,
        "steps_SGD": _below_from(sgd["loss"], goal),
        "steps_Momentum": _below_from(momentum["loss"], goal),
        "steps_Nesterov": _below_from(nesterov["loss"], goal),
    }


def _race_backdrop(surface: str, kappa: float) -> Data:
    return _scene(_landscape(surface, kappa), _STEPS[surface])


def _race(surface: str, kappa: float, lr: float, rho: float, start: Any) -> Data:
    return _runs(_landscape(surface, kappa), lr, rho, start, _STEPS[surface])


def _run_of(mine: Any, f: Any, start: Any, steps: int) -> Data:
    run = trace(f, mine, start, steps)
    return {"yours": run, "steps_yours": _below_from(run["loss"], 0.001 * run["loss"][0])}


def _yours(mine: Any, surface: str, kappa: float, start: Any) -> Data:
    return _run_of(mine, _landscape(surface, kappa), start, _STEPS[surface])


def _own_race(
    mine: Optimizer | None, ground: Surface2D | None, height: Callable[..., Any] | None, window: Any, low: float
) -> tuple[Callable[..., Data], Callable[..., Data]]:
    """Return backdrop and race with the reader's own optimizer, surface or function of (x, y)."""
    if height is not None:

        def yours(surface: str, kappa: float) -> Any:
            return plane(height, window, low) if surface == "yours" else _landscape(surface, kappa)

    elif ground is not None:

        def yours(surface: str, kappa: float) -> Any:
            return ground if surface == "yours" else _landscape(surface, kappa)

    else:
        yours = _landscape

    def own_backdrop(surface: str, kappa: float) -> Data:
        return _scene(yours(surface, kappa), _STEPS[surface])

    def own_race(surface: str, kappa: float, lr: float, rho: float, start: Any) -> Data:
        return _runs(yours(surface, kappa), lr, rho, start, _STEPS[surface])

    def own_race_with_mine(surface: str, kappa: float, lr: float, rho: float, start: Any) -> Data:
        f = yours(surface, kappa)
        data = _runs(f, lr, rho, start, _STEPS[surface])
        more = _run_of(tuned(mine, lr, rho), f, start, _STEPS[surface])
        data["yours"] = more["yours"]
        data["steps_yours"] = more["steps_yours"]
        return data

    return own_backdrop, own_race if mine is None else own_race_with_mine


def _checked_window(window: Any) -> Any:
    try:
        (x0, x1), (y0, y1) = ((float(a), float(b)) for a, b in window)
    except (TypeError, ValueError):
        raise ValueError(f"race: window must be ((x0, x1), (y0, y1)); got {window!r}") from None
    if not (-np.inf < x0 < x1 < np.inf and -np.inf < y0 < y1 < np.inf):
        raise ValueError(f"race: window needs x0 < x1 and y0 < y1, all finite; got {window!r}")
    return (x0, x1), (y0, y1)


def _check_height(height: Callable[..., Any]) -> None:
    """Call the reader's function on a few points, as the experiment will."""
    x = np.linspace(0.5, 1.0, 3)
    try:
        with np.errstate(all="ignore"):
            good = np.asarray(height(x, x), dtype=float).shape in ((), x.shape)
    except Exception as error:
        raise ValueError(
            f"race: the surface must be a function of two arrays, x and y, without `if` on them (use np.where);"
            f" it raised {type(error).__name__}: {error}"
        ) from error
    if not good:
        raise ValueError("race: the surface must return one number for each x and y")


@experiment(page="03_momentum")
def race(
    mine: Optimizer | None = None,
    *,
    surface: str | Surface2D | Callable[..., Any] = "ravine",
    window: Any = ((-3.0, 3.0), (-3.0, 3.0)),
    autoplay: bool = False,
    **values: Any,
) -> Experiment:
    """Race SGD, Momentum and Nesterov from one start down a surface.

    Args:
        mine: an optimizer of your own, to race against them. The sliders set its ``lr`` and, if it has one, its
            ``rho``.
        surface: ``"ravine"``, ``"saddle"``, ``"rosenbrock"``, ``"bumpy"``; or a `Surface2D`; or a function of x and y
            in plain arithmetic and NumPy, whose gradient is then taken by central differences.
        window: for a function, the part of the plane to show, ((x0, x1), (y0, y1)).
        autoplay: as for `Experiment`: whether to run once when it comes into view.
        **values: initial values of the controls ``kappa``, ``lr``, ``rho``, ``start``.

    >>> race(kappa=30, rho=0.8).params["rho"]
    0.8
    >>> race(surface=lambda x, y: x**2 + 3 * np.abs(y)).params["surface"]
    'yours'
    """
    if mine is not None and not isinstance(mine, Optimizer):
        raise TypeError(f"race: mine must be an Optimizer, such as Momentum(lr=0.1); got {mine!r}")
    grounds = dict(_GROUNDS)
    ground, height, low = None, None, 0.0
    if isinstance(surface, Surface2D):
        ground = surface
    elif callable(surface) and not isinstance(surface, type):
        height, window = surface, _checked_window(window)
        _check_height(height)
        low = least(height, window)
    elif surface not in _GROUNDS:
        raise ValueError(
            f"race: surface must be one of {', '.join(_GROUNDS)}, a Surface2D such as Rosenbrock(b=10),"
            f" or a function of x and y; got {surface!r}"
        )
    if ground is not None or height is not None:
        yours = ground if ground is not None else plane(height, window, low)
        (x0, x1), (y0, y1) = yours.window
        starts = {"yours": [x0 + 0.2 * (x1 - x0), y0 + 0.75 * (y1 - y0)]}
        grounds = {"yours": _Ground("Yours", yours, _STEPS["yours"], 0.05, 0.9), **grounds}
    else:
        starts = {}
    presets = {
        name: {"lr": g.lr, "rho": g.rho, "start": starts[name] if name in starts else g.surface.start.tolist()}
        for name, g in grounds.items()
    }
    if len(grounds) == len(_GROUNDS) and mine is None:
        backdrop, compute = _race_backdrop, _race
    else:
        backdrop, compute = _own_race(mine, ground, height, window, low)
    first = surface if isinstance(surface, str) else "yours"
    if mine is not None:
        own_values = {k: getattr(mine, k) for k in ("lr", "rho") if isinstance(getattr(mine, k, None), float | int)}
        values = {**own_values, **values}
    names = ["SGD", "Momentum", "Nesterov"] + (["yours"] if mine is not None else [])
    labels = {n: n for n in names} | ({"yours": type(mine).__name__} if mine is not None else {})
    if labels.get("yours") in names[:3]:
        labels["yours"] = f"your {labels['yours']}"
    on_plane = [line(n, label=labels[n], color=colour_of(n), timed=True, width=2) for n in names]
    over_time = [line(n, x="step", y="loss", label=labels[n], color=colour_of(n), timed=True, width=2) for n in names]
    return Experiment(
        "race",
        [
            choice(
                "surface",
                "Surface",
                {name: g.label for name, g in grounds.items()},
                first,
                presets=presets,
                shows={"kappa": ["ravine"]},
            ),
            slider("kappa", "condition number κ", 1, 1000, 50, log=True, format=".3~g"),
            slider("lr", "rate α", 1e-4, 3, 1.2, log=True, format=".3~g"),
            slider("rho", "momentum ρ", 0, 0.99, 0.8, step=0.01),
            point("start", "start", (-4.5, 1.5), within="window"),
        ],
        compute,
        [
            panel(
                "Drag the start",
                axis("x", "window.x"),
                axis("y", "window.y"),
                [contour("field"), *on_plane, drag("start", label="Start")],
                alt="Level lines of the surface with the path of each method from the common start.",
            ),
            panel(
                "Loss above the minimum",
                axis("step t", "window.t"),
                axis("f(xₜ) − f*", (1e-8, 1e3), log=True),
                [rule("goal", label="loss ÷ 1000"), *over_time],
                alt="The loss of each method over the steps, on a logarithmic axis.",
            ),
        ],
        readouts=[
            readout(
                f"steps_{n}",
                f"{labels[n]}: below ÷ 1000 from step",
                format="d",
                color=colour_of(n),
                missing="not in this run",
            )
            for n in names
        ],
        backdrop=backdrop,
        caption="From one start, three methods walk down: see who creeps, who swings, and whose loss falls first.",
        alt="A race between SGD, Momentum and Nesterov down a surface of your choice, from a start you can drag.",
        autoplay=autoplay,
        own=compute is not _race,
        yours=Yours(_yours, like="Nesterov") if compute is _race else None,
        values={"surface": first, **values},
    )
