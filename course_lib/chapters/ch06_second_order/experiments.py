"""Three experiments of chapter 6, *Second-order methods*: the model on a curve, Newton in the plane, a line search.

The functions of the controls come first in each part: plain Python over `course_lib.optim`, compiled for the site.
"""

from typing import Any

import numpy as np

from course_lib.explore.experiment import Data, Experiment, experiment
from course_lib.explore.parts import (
    axis,
    choice,
    contour,
    drag,
    heat,
    line,
    panel,
    point,
    points,
    readout,
    slider,
)
from course_lib.explore.primitives import field, linspace, mesh
from course_lib.optim import Himmelblau, Rosenbrock, Saddle, StyblinskiTang, newton_step_2d

_LOSS, _MODEL, _STEP = "#0072B2", "#D55E00", "#C2478F"

# ---------------------------------------------------------------- 1 · the model on a curve

_EDGE = 1.9  # of the curve that is drawn, to both sides


def _height(x: Any) -> Any:
    return x**4 / 4 - x**2 / 2


def _model(x: float, damping: float) -> Data:
    slope = x**3 - x
    curvature = 3 * x**2 - 1
    step = np.nan
    if abs(curvature + damping) > 1e-9:
        step = -slope / (curvature + damping)
    model = {"x": linspace(-_EDGE, _EDGE, 120), "y": []}
    for z in model["x"]:
        p = z - x
        model["y"].append(_height(x) + slope * p + 0.5 * (curvature + damping) * p * p)
    after = x + step
    return {
        "model": model,
        "here": {"x": [x], "y": [_height(x)]},
        "flat": {"x": [after], "y": [_height(x) + 0.5 * slope * step]},
        "end": {"x": [after], "y": [_height(after)]},
        "down": {"x": [after, after], "y": [_height(x) + 0.5 * slope * step, _height(after)]},
        "slope": slope,
        "curvature": curvature,
        "step": step,
        "after": after,
        "rise": _height(after) - _height(x),
    }


def _curve() -> Data:
    xs = linspace(-_EDGE, _EDGE, 120)
    return {"loss": {"x": xs, "y": [_height(x) for x in xs]}}


@experiment(page="06_second_order")
def model(**values: Any) -> Experiment:
    """Show the quadratic model of x⁴/4 − x²/2 at a point, and the step to where the model is flat.

    Controls: ``x`` and ``damping``, which is added to the curvature.

    >>> round(model(x=0.35, damping=0).data["rise"], 4)  # uphill
    0.0484
    """
    return Experiment(
        "model",
        [
            slider("x", "x", -1.8, 1.8, 1.5, step=0.01),
            slider("damping", "damping λ", 0, 4, 0, step=0.1, format=".1f"),
        ],
        _model,
        [
            panel(
                "Drag the point along the curve",
                axis("x", (-_EDGE, _EDGE)),
                axis("f(x)", (-0.9, 1.5)),
                [
                    line("loss", label="loss", color=_LOSS, width=2.5),
                    line("model", label="quadratic model", color=_MODEL, dashed=True),
                    line("down", color=_STEP, width=1.5),
                    points("flat", label="the model is flat", color=_MODEL, shape="cross", radius=6),
                    points("end", label="after the step", color=_STEP, radius=5),
                    drag("x", along="loss", label="Point"),
                ],
                ratio=0.6,
                alt="A curve with two valleys and a hill between them, and a parabola that touches it at the point.",
            )
        ],
        readouts=[
            readout("slope", "slope f′", format=".3f", color=_LOSS),
            readout("curvature", "curvature f″", format=".3f", color=_MODEL),
            readout("step", "step", format=".3f", color=_STEP, missing="none"),
            readout("after", "x after the step", format=".3f", color=_STEP, missing="none"),
            readout("rise", "the loss changes by", format=".3f", missing="none"),
        ],
        backdrop=_curve,
        caption="The parabola has the height, slope and curvature of the loss at the point; one step leads to where the"
        " parabola is flat, be that a valley or a top.",
        alt="A curve, the parabola that touches it at a point, and Newton's step.",
        values=values,
    )


# ---------------------------------------------------------------- 2 · Newton in the plane

_STEPS, _CELLS, _TOL = 40, 80, 1e-6
_KINDS = ["minimum", "saddle", "top"]


def _surface(on: str) -> Any:
    surfaces = {
        "Himmelblau": Himmelblau(),
        "Tang": StyblinskiTang(),
        "Saddle": Saddle(),
        "Rosenbrock": Rosenbrock(),
    }
    return surfaces[on]


def _kind(x: Any, y: Any, surface: Any) -> Any:
    """Return what a point is: 0 a minimum, 1 a saddle, 2 a top; nan where the loss is not flat."""
    gx, gy = surface.df(x, y)
    xx, xy, yy = surface.d2f(x, y)
    kind = np.where(xx * yy - xy * xy < 0, 1.0, np.where(xx + yy > 0, 0.0, 2.0))
    return np.where(np.maximum(np.abs(gx), np.abs(gy)) < _TOL, kind, np.nan)


def _end_of(x: Any, y: Any, surface: Any, absolute: bool, damping: float) -> Any:
    for _ in range(_STEPS):
        px, py = newton_step_2d(surface.df(x, y), surface.d2f(x, y), damping, absolute)
        x = x + px
        y = y + py
    return _kind(x, y, surface)


def _newton_backdrop(on: str, curvatures: str, damping: float) -> Data:
    surface = _surface(on)
    (x0, x1), (y0, y1) = surface.window
    z = mesh(_end_of, linspace(x0, x1, _CELLS), linspace(y0, y1, _CELLS), surface, curvatures == "absolute", damping)
    counts = [0, 0, 0]
    for row in z:
        for kind in [0, 1, 2]:
            for end in row:
                if end == kind:
                    counts[kind] = counts[kind] + 1
    share = 100 / (_CELLS * _CELLS)
    return {
        "window": {"x": [x0, x1], "y": [y0, y1]},
        "field": field(surface, [[x0, x1], [y0, y1]], 64),
        "basins": {"x": [x0, x1], "y": [y0, y1], "z": z},
        "minima": share * counts[0],
        "saddles": share * counts[1],
        "tops": share * counts[2],
    }


def _newton(on: str, curvatures: str, damping: float, start: Any) -> Data:
    surface = _surface(on)
    x, y = start
    path = {"x": [x], "y": [y]}
    steps, arrived = np.nan, False
    for t in range(_STEPS):
        gx, gy = surface.df(x, y)
        if not arrived and max(abs(gx), abs(gy)) < _TOL:
            steps, arrived = t, True
        px, py = newton_step_2d((gx, gy), surface.d2f(x, y), damping, curvatures == "absolute")
        x = x + px
        y = y + py
        path["x"].append(x)
        path["y"].append(y)
    kind = _kind(x, y, surface)
    names = ["minimum", "saddle", "top"]
    end = "not there yet"
    for k in [0, 1, 2]:
        if kind == k:
            end = names[k]
    return {
        "path": path,
        "dots": path,
        "end": end,
        "steps": steps,
        "before": surface.f(start[0], start[1]),
        "after": surface.f(x, y),
    }


@experiment(page="06_second_order")
def newton(**values: Any) -> Experiment:
    """Show Newton's path from a start, and for each start of a grid what it ends in.

    Controls: ``on`` (a surface), ``curvatures`` (``"plain"`` or ``"absolute"``), ``damping``, ``start``.

    >>> newton(on="Himmelblau", start=[-0.5, 0.3]).data["end"]
    'top'
    """
    return Experiment(
        "newton",
        [
            choice(
                "on",
                "Surface",
                {
                    "Himmelblau": "Himmelblau",
                    "Tang": "Styblinski–Tang",
                    "Saddle": "saddle",
                    "Rosenbrock": "Rosenbrock",
                },
                "Himmelblau",
                presets={
                    "Himmelblau": {"start": [-0.5, 0.3]},
                    "Tang": {"start": [-1, 1]},
                    "Saddle": {"start": [1, 0.2]},
                    "Rosenbrock": {"start": [-1.2, 1]},
                },
            ),
            choice("curvatures", "Curvatures", {"plain": "as they are", "absolute": "absolute values"}, "plain"),
            slider("damping", "damping λ", 0, 40, 0, step=0.5, format=".1f"),
            point("start", "start", (-0.5, 0.3), within="window"),
        ],
        _newton,
        [
            panel(
                "Drag the start",
                axis("x", "window.x"),
                axis("y", "window.y"),
                [
                    heat(
                        "basins", names=_KINDS, label="from here it ends in a", missing=f"not there in {_STEPS} steps"
                    ),
                    contour("field"),
                    line("path", color="#ffffff", casing="#00000090", timed=True),
                    points("dots", color="#ffffff", radius=3, timed=True),
                    drag("start", label="Start"),
                ],
                ratio=0.85,
                alt="Level lines over a map of starts, coloured by what Newton ends in; and one path.",
            )
        ],
        readouts=[
            readout("end", "where it ends", color=_STEP),
            readout("steps", "steps", format="d"),
            readout("before", "loss at the start", format=".4~g"),
            readout("after", "at the end", format=".4~g", missing="none"),
            readout("minima", "of all starts, in a minimum, %", format=".1f"),
            readout("saddles", "in a saddle, %", format=".1f"),
            readout("tops", "on a top, %", format=".1f"),
        ],
        backdrop=_newton_backdrop,
        caption="The colour of a start tells what Newton ends in from there; the white line is the path from the one"
        " that you drag.",
        alt="A map of starts on a surface, coloured by what Newton's method ends in, with one of its paths.",
        values=values,
    )


# ---------------------------------------------------------------- 3 · a line search

_TRIALS = 40


def _line_backdrop(on: str) -> Data:
    surface = _surface(on)
    (x0, x1), (y0, y1) = surface.window
    return {"window": {"x": [x0, x1], "y": [y0, y1]}, "field": field(surface, [[x0, x1], [y0, y1]], 64)}


def _search(on: str, start: Any, first: float, c1: float) -> Data:
    """Halve a step along −∇f, scaled to length 1, until the loss falls by the share c₁ of what its slope promises."""
    surface = _surface(on)
    x, y = start
    gx, gy = surface.df(x, y)
    norm = np.sqrt(gx * gx + gy * gy)
    px, py = 0.0, 0.0
    if norm > 0:
        px, py = -gx / norm, -gy / norm
    f0 = surface.f(x, y)
    trials = {"x": [], "y": []}
    tried = {"x": [], "y": []}
    a, found, searching = first, np.nan, norm > 0
    for _ in range(_TRIALS):
        if searching:
            f = surface.f(x + a * px, y + a * py)
            trials["x"].append(a)
            trials["y"].append(f)
            tried["x"].append(x + a * px)
            tried["y"].append(y + a * py)
            if f <= f0 - c1 * a * norm:
                found, searching = a, False
            a = a / 2
    along = [1.05 * first * i / 120 for i in range(121)]
    phi = [surface.f(x + b * px, y + b * py) for b in along]
    low, high = f0, f0
    for v in phi:
        low, high = min(low, v), max(high, v)
    high = min(high, f0 + 1.5 * (f0 - low) + 0.1 * abs(f0) + 0.01)
    end = surface.f(x + found * px, y + found * py)
    return {
        "ray": {"x": [x, x + first * px], "y": [y, y + first * py]},
        "tried": tried,
        "here": {"x": [x + found * px], "y": [y + found * py]},
        "phi": {"x": along, "y": phi},
        "promise": {"x": [0, 1.05 * first], "y": [f0, f0 - 1.05 * first * norm]},
        "armijo": {"x": [0, 1.05 * first], "y": [f0, f0 - c1 * 1.05 * first * norm]},
        "trials": trials,
        "taken": {"x": [found], "y": [end]},
        "axis": [0, 1.05 * first],
        "range": [low - 0.1 * (high - low), high],
        "a": found,
        "count": len(trials["x"]),
        "kept": (f0 - end) / (found * norm),
    }


@experiment(page="06_second_order")
def search(**values: Any) -> Experiment:
    """Show a line search by halving: the loss along a line, the Armijo line below which a step is accepted, the trials.

    The direction is −∇f, scaled to length 1. Controls: ``on``, ``start``, ``first`` (the first trial), ``c1``.

    >>> search(first=4.0, c1=1e-4).data["count"] < search(first=4.0, c1=0.9).data["count"]
    True
    """
    return Experiment(
        "search",
        [
            choice(
                "on",
                "Surface",
                {"Himmelblau": "Himmelblau", "Rosenbrock": "Rosenbrock"},
                "Himmelblau",
                presets={"Himmelblau": {"start": [-4, -0.5]}, "Rosenbrock": {"start": [-1, -0.3]}},
            ),
            slider("first", "first trial", 0.25, 8, 6, step=0.05),
            slider("c1", "c₁", 1e-4, 0.95, 1e-4, log=True, format=".2~g"),
            point("start", "start", (-4, -0.5), within="window"),
        ],
        _search,
        [
            panel(
                "The line in the plane",
                axis("x", "window.x"),
                axis("y", "window.y"),
                [
                    contour("field"),
                    line("ray", color="currentColor", width=1.5),
                    points("tried", color=_MODEL, shape="cross", radius=4),
                    points("here", color=_STEP, radius=5),
                    drag("start", label="Start"),
                ],
                alt="Level lines and a straight line downhill from the start, with the trials as crosses.",
            ),
            panel(
                "The loss along the line",
                axis("step length a", "axis"),
                axis("φ(a)", "range"),
                [
                    line("promise", label="what the slope promises", color="#8A7A12", width=1),
                    line("armijo", label="the share c₁ of it", color=_LOSS, dashed=True),
                    line("phi", label="loss", color="currentColor", width=2),
                    points("trials", label="trials", color=_MODEL, shape="cross", radius=5),
                    points("taken", label="accepted", color=_STEP, radius=5),
                ],
                alt="The loss over the step length, a dashed line from its start, and the trials; the first one at or"
                " below the dashed line is accepted.",
            ),
        ],
        readouts=[
            readout("count", "trials", format="d", color=_MODEL),
            readout("a", "accepted step length", format=".3~g", color=_STEP, missing="none"),
            readout("kept", "its decrease, as a share of the promise", format=".2f", missing="none"),
        ],
        backdrop=_line_backdrop,
        caption="Trials along the negative gradient, scaled to length 1: one at or below the dashed line is accepted;"
        " if not, the step is halved.",
        alt="A line search: the loss along a line, the dashed Armijo line, and the trials.",
        values=values,
    )
