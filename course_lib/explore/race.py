"""The race: methods from one start down a surface. Chapter 3 and the book's first page show it.

The functions of the controls come first: plain Python over `course_lib.optim`, run by Python under Jupyter and
compiled from these very lines for the site. The declaration of controls and panels follows.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from course_lib.explore.experiment import Data, Experiment
from course_lib.explore.parts import axis, choice, colour_of, contour, drag, line, panel, point, readout, slider
from course_lib.explore.primitives import field, lowest, plane, trace, tuned
from course_lib.optim import SGD, Bumpy, Momentum, Nesterov, Optimizer, Ravine, Rosenbrock, Saddle
from course_lib.optim.surfaces import Surface2D

_STEPS = {"ravine": 150, "saddle": 200, "rosenbrock": 1500, "bumpy": 150, "yours": 300}


def _landscape(surface: str, kappa: float) -> Any:
    if surface == "ravine":
        return Ravine(kappa=kappa)
    elif surface == "saddle":
        return Saddle()
    elif surface == "rosenbrock":
        return Rosenbrock()
    else:
        return Bumpy()


def _first_below(values: Any, level: float) -> Any:
    for t in range(len(values)):
        if values[t] <= level:
            return t
    return None


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
        "steps_SGD": _first_below(sgd["loss"], goal),
        "steps_Momentum": _first_below(momentum["loss"], goal),
        "steps_Nesterov": _first_below(nesterov["loss"], goal),
    }


def _race_backdrop(surface: str, kappa: float) -> Data:
    return _scene(_landscape(surface, kappa), _STEPS[surface])


def _race(surface: str, kappa: float, lr: float, rho: float, start: Any) -> Data:
    return _runs(_landscape(surface, kappa), lr, rho, start, _STEPS[surface])


def _own_race(
    mine: Optimizer | None, ground: Surface2D | None, height: Callable[..., Any] | None, window: Any, low: float
) -> tuple[Callable[..., Data], Callable[..., Data]]:
    """The race with the reader's own optimizer, surface or function of (x, y) in it."""
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
        data["yours"] = trace(f, tuned(mine, lr, rho), start, _STEPS[surface])
        data["steps_yours"] = _first_below(data["yours"]["loss"], 0.001 * data["SGD"]["loss"][0])
        return data

    return own_backdrop, own_race if mine is None else own_race_with_mine


def race(
    mine: Optimizer | None = None,
    *,
    surface: str | Surface2D | Callable[..., Any] = "ravine",
    window: Any = ((-3.0, 3.0), (-3.0, 3.0)),
    autoplay: bool = False,
    **values: Any,
) -> Experiment:
    """SGD, Momentum and Nesterov race from one start down a surface.

    Parameters
    ----------
    mine
        An optimizer of your own, to race against them. The sliders set its ``lr`` and, if it has one, its ``rho``.
    surface
        ``"ravine"``, ``"saddle"``, ``"rosenbrock"``, ``"bumpy"``; or a `Surface2D`; or a function of x and y in
        plain arithmetic and NumPy, whose gradient is then taken by central differences.
    window
        For a function: the part of the plane to show, ((x0, x1), (y0, y1)).
    autoplay
        Run once when it comes into view, unless the reader's system asks for less motion.
    **values
        Where the controls start: ``kappa``, ``lr``, ``rho``, ``start``.

    Examples
    --------
    >>> race(kappa=30, rho=0.8).params["rho"]
    0.8
    >>> race(surface=lambda x, y: x**2 + 3 * np.abs(y)).params["surface"]
    'yours'
    """
    ground = surface if isinstance(surface, Surface2D) else None
    height = surface if callable(surface) else None
    if mine is not None and not isinstance(mine, Optimizer):
        raise TypeError(f"race: mine must be an Optimizer, such as Momentum(lr=0.1); got {mine!r}")
    options = {"ravine": "Ravine", "saddle": "Saddle", "rosenbrock": "Rosenbrock", "bumpy": "Bumpy bowl"}
    presets: dict[str, Data] = {
        "ravine": {"lr": 1.2, "rho": 0.8, "start": [-4.5, 1.5]},
        "saddle": {"lr": 0.05, "rho": 0.9, "start": [1.0, 0.001]},
        "rosenbrock": {"lr": 0.0005, "rho": 0.9, "start": [-1.2, 1.0]},
        "bumpy": {"lr": 0.1, "rho": 0.9, "start": [-4.4, 3.6]},
    }
    backdrop, compute = _race_backdrop, _race
    if ground is not None or height is not None or mine is not None:
        low = 0.0
        if ground is not None or height is not None:
            f = ground if ground is not None else plane(height, window, 0.0)
            low = float(np.min(field(f, f.window, 200)["z"])) if ground is None else lowest(ground)
            (x0, x1), (y0, y1) = f.window
            options = {"yours": "Yours", **options}
            presets["yours"] = {"lr": 0.05, "rho": 0.9, "start": [x0 + 0.2 * (x1 - x0), y0 + 0.75 * (y1 - y0)]}
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
    if first not in options:
        raise ValueError(
            f"race: surface must be one of {', '.join(options)}, a Surface2D or a function; got {surface!r}"
        )
    return Experiment(
        "race",
        [
            choice(
                "surface",
                "Surface",
                options,
                first if first != "yours" else "yours",
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
                over_time,
                alt="The loss of each method over the steps, on a logarithmic axis.",
            ),
        ],
        readouts=[
            readout(f"steps_{n}", f"{labels[n]}: steps to f₀/1000", format="d", color=colour_of(n)) for n in names
        ],
        backdrop=backdrop,
        alt="A race between SGD, Momentum and Nesterov down a surface of your choice, from a start you can drag.",
        autoplay=autoplay,
        own=compute is not _race,
        values={"surface": first, **values},
    )
