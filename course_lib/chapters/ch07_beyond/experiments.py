"""The experiments of chapter 7, *Beyond the lecture*: a decay, a race, and a sharp minimum beside a flat one."""

from functools import cache
from typing import Any

import numpy as np

from course_lib.explore.experiment import Data, Experiment, experiment
from course_lib.explore.parts import (
    axis,
    choice,
    colour_of,
    contour,
    drag,
    line,
    panel,
    point,
    points,
    readout,
    rule,
    slider,
    text,
)
from course_lib.explore.primitives import field, trace
from course_lib.explore.yours import Yours
from course_lib.optim import SAM, SGD, Adam, AdamW, Lion, Momentum, NAdam, Optimizer, Ravine, SharpFlat, descend

# ---------------------------------------------------------------- 1 · a decay that the gradients' size undoes

_WEIGHTS, _LR, _LONG, _START = 200, 0.01, 1500, 5.0
_NOISES, _STRENGTHS = [0.01, 0.1, 1, 10, 100], [0, 0.03, 0.1, 0.3]


@cache
def _means(decoupled: bool, strength: float, noise: float) -> np.ndarray:
    """Return the mean of 200 weights over the steps, whose gradients are noise alone."""
    opt: Optimizer = AdamW(_LR, weight_decay=strength) if decoupled else Adam(_LR)
    penalty = 0.0 if decoupled else strength

    def gradient(x: np.ndarray) -> np.ndarray:
        return penalty * x

    x = np.full(_WEIGHTS, _START)
    return descend(gradient, opt, x, _LONG, noise=noise, rng=np.random.default_rng(0)).mean(axis=1)


def _decay(lam: float, noise: float) -> Data:
    steps = np.arange(0, _LONG + 1, 25)
    ends = {d: [_means(d, lam, n)[-1] for n in _NOISES] for d in (True, False)}
    law = _START * (1 - _LR * lam) ** steps
    return {
        "decoupled": {"x": steps, "y": _means(True, lam, noise)[steps].round(4)},
        "penalty": {"x": steps, "y": _means(False, lam, noise)[steps].round(4)},
        "law": {"x": steps, "y": law.round(4)},
        "decoupled ends": {"x": _NOISES, "y": ends[True]},
        "penalty ends": {"x": _NOISES, "y": ends[False]},
        "here": noise,
        "left_decoupled": ends[True][_NOISES.index(noise)],
        "left_penalty": ends[False][_NOISES.index(noise)],
        "left_at_one": ends[False][_NOISES.index(1)],
        "left_law": law[-1],
    }


@experiment(page="07_beyond")
def decay(**values: Any) -> Experiment:
    """Show how far weights decay under Adam with an L2 penalty and under AdamW, if their gradients are pure noise.

    Controls: ``lam``, the strength λ, and ``noise``, the standard deviation of the gradients.

    >>> data = decay(lam=0.1, noise=100).data
    >>> round(data["left_decoupled"], 1), round(data["left_penalty"], 1)
    (1.1, 4.9)
    """
    adamw, adam = colour_of("AdamW"), colour_of("Adam")
    return Experiment(
        "decay",
        [
            slider("lam", "strength λ", values=_STRENGTHS, value=0.1, format=".2~g"),
            slider("noise", "size of the gradients", values=_NOISES, value=1, format=".3~g"),
        ],
        _decay,
        [
            panel(
                "Mean of 200 weights",
                axis("step t", (0, _LONG)),
                axis("weight", (0, 5.4)),
                [
                    line("law", label="5 (1 − αλ)ᵗ", color="currentColor", dashed=True),
                    line("penalty", label="Adam with L2", color=adam, width=2.5),
                    line("decoupled", label="AdamW", color=adamw, width=2.5),
                ],
                alt="The mean weight over 1,500 steps: AdamW follows the dashed law; Adam with L2 lies above or below.",
            ),
            panel(
                "What is left at the end",
                axis("size of the gradients", (0.006, 160), log=True),
                axis("weight after 1,500 steps", (0, 5.4)),
                [
                    rule("here", axis="x"),
                    line("penalty ends", color=adam, width=1.5),
                    line("decoupled ends", color=adamw, width=1.5),
                    points("penalty ends", color=adam, radius=5),
                    points("decoupled ends", color=adamw, radius=5),
                ],
                alt="The weight at the end against the size of the gradients: level for AdamW, rising from 0 to 5 for"
                " Adam with L2.",
            ),
        ],
        readouts=[
            readout("left_penalty", "Adam with L2: left of 5", format=".2f", color=adam),
            readout("left_at_one", "at size 1", format=".2f", color=adam),
            readout("left_decoupled", "AdamW: left of 5", format=".2f", color=adamw),
            readout("left_law", "5 (1 − αλ)¹⁵⁰⁰", format=".2f"),
        ],
        tabulated=True,
        caption="Weights that start at 5, with gradients of pure noise: AdamW's decay is the same at any size of them,"
        " that of an L2 penalty in Adam is not.",
        alt="Decay of weights under AdamW and under Adam with an L2 penalty, for gradients of several sizes.",
        values=values,
    )


# ---------------------------------------------------------------- 2 · a race

_FOUR = ["Momentum", "Adam", "NAdam", "Lion"]
_STEPS = 800


def _race_backdrop(kappa: float, angle: float) -> Data:
    valley = Ravine(kappa=kappa, angle=angle * np.pi / 180)
    return {"window": {"x": valley.window[0], "y": valley.window[1]}, "field": field(valley, valley.window, 64)}


def _below_from(values: Any, level: float) -> Any:
    """Return the step from which all values, to the last, are below the level; None if that is not for 50 steps."""
    start = None
    for t in range(len(values)):
        if not values[t] < level:
            start = None
        elif start is None:
            start = t
    return start if start is not None and start <= len(values) - 50 else None


def _late(values: Any) -> float:
    """Return the largest of the last 50 values."""
    return max([values[t] for t in range(len(values) - 50, len(values))])


def _race(kappa: float, angle: float, tune: str, lr: float, start: Any) -> Data:
    valley = Ravine(kappa=kappa, angle=angle * np.pi / 180)
    rates = {"Momentum": 0.3, "Adam": 0.15, "NAdam": 0.9, "Lion": 0.03}
    rates[tune] = lr
    runs = {
        "Momentum": trace(valley, Momentum(lr=rates["Momentum"], rho=0.9), start, _STEPS),
        "Adam": trace(valley, Adam(lr=rates["Adam"]), start, _STEPS),
        "NAdam": trace(valley, NAdam(lr=rates["NAdam"]), start, _STEPS),
        "Lion": trace(valley, Lion(lr=rates["Lion"]), start, _STEPS),
    }
    goal = 0.000001 * runs["Adam"]["loss"][0]
    data = {"goal": goal}
    for name in _FOUR:
        data[name] = runs[name]
        data["steps_" + name] = _below_from(runs[name]["loss"], goal)
        data["late_" + name] = _late(runs[name]["loss"])
    return data


def _race_yours(mine: Any, kappa: float, angle: float, start: Any) -> Data:
    run = trace(Ravine(kappa=kappa, angle=angle * np.pi / 180), mine, start, _STEPS)
    goal = 0.000001 * run["loss"][0]
    return {"yours": run, "steps_yours": _below_from(run["loss"], goal), "late_yours": _late(run["loss"])}


@experiment(page="07_beyond")
def race(**values: Any) -> Experiment:
    """Race momentum, Adam, NAdam and Lion in a ravine without noise, each at a constant rate.

    Controls: ``kappa``, ``angle`` in degrees, ``tune``, a method, ``lr``, its rate, and ``start``. The other methods
    keep a good rate for κ = 100 along the axes.

    >>> data = race().data
    >>> data["steps_Lion"] is None, data["steps_NAdam"] < data["steps_Adam"]
    (True, True)
    """
    rates = {"Lion": 0.03, "NAdam": 0.9, "Adam": 0.15, "Momentum": 0.3}
    return Experiment(
        "race",
        [
            slider("kappa", "condition number κ", 1, 1000, 100, log=True, format=".4~g"),
            slider("angle", "turned by, degrees", 0, 45, 0, step=1, format=".0f"),
            choice("tune", "Tune", {n: n for n in rates}, "Lion", presets={n: {"lr": lr} for n, lr in rates.items()}),
            slider("lr", "its rate α", 0.01, 3, 0.03, log=True, format=".2~g"),
            point("start", "start", (-4.0, 1.5), within="window"),
        ],
        _race,
        [
            panel(
                "Paths",
                axis("x", "window.x"),
                axis("y", "window.y"),
                [
                    contour("field"),
                    *[line(n, label=n, color=colour_of(n), timed=True, width=2) for n in _FOUR],
                    drag("start", label="Start"),
                ],
                alt="Level lines of the valley, and the path of each method.",
            ),
            panel(
                "Loss",
                axis("step t", (0, _STEPS)),
                axis("f(xₜ)", (1e-9, 10), log=True),
                [
                    rule("goal", label="a millionth of the loss at the start"),
                    *[line(n, x="step", y="loss", label=n, color=colour_of(n), timed=True, width=2) for n in _FOUR],
                ],
                alt="The loss of each method over the steps, on a logarithmic axis: Lion's stops falling.",
            ),
        ],
        readouts=[
            *[
                readout(
                    "steps_" + n,
                    f"{n}: below a millionth from step",
                    format="d",
                    color=colour_of(n),
                    missing=f"not in {_STEPS} steps",
                )
                for n in _FOUR
            ],
            readout("late_Lion", "Lion: largest loss of the last 50 steps", format=".2~g", color=colour_of("Lion")),
        ],
        backdrop=_race_backdrop,
        caption="Lion's loss falls as long as there is a way to go, and then stays in a band: its steps have one"
        f" length. Each run has {_STEPS} steps.",
        alt="Momentum, Adam, NAdam and Lion in a ravine: Lion's loss stays in a band above zero.",
        yours=Yours(_race_yours, like="Lion"),
        values=values,
    )


# ---------------------------------------------------------------- 3 · a sharp minimum

_RADII, _SIGMAS = [0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4], [0, 1, 2, 3]
_RUNS, _WALK, _RATE = 100, 1500, 0.02


def _sharp(radius: float, noise: float) -> Data:
    valley = SharpFlat(sharp=50, flat=1)
    rng = np.random.default_rng(0)
    start = [-1.0, 0.0] + 0.15 * rng.standard_normal((_RUNS, 2))
    opt = SAM(SGD(_RATE), radius=radius, axis=-1)
    path = descend(valley, opt, start, _WALK, noise=noise, rng=rng)
    far = np.linalg.norm(path[:, 0] - [-1.0, 0.0], axis=-1)  # of the first run
    end = path[-1]
    sharp = np.linalg.norm(end - [-1.0, 0.0], axis=1) < 0.35
    flat = np.linalg.norm(end - [1.0, 0.0], axis=1) < 1
    return {
        "path": {"x": path[::5, 0, 0].round(3), "y": path[::5, 0, 1].round(3)},
        "ends": {"x": end[:, 0].round(3), "y": end[:, 1].round(3)},
        "distance": {"x": np.arange(0, _WALK + 1, 5), "y": far[::5].round(3)},
        "turns": 1 + float(valley.saddles[0][0]) - radius,
        "in_sharp": 100 * sharp.mean(),
        "in_flat": 100 * flat.mean(),
        "elsewhere": 100 * (1 - sharp.mean() - flat.mean()),
    }


def _sharp_backdrop() -> Data:
    valley = SharpFlat(sharp=50, flat=1)
    return {
        "field": field(valley, valley.window, 80),
        "minima": {"x": [-1, 1], "y": [0, 0]},
        "names": {"x": [-1, 1], "y": [-0.62, -1.05], "text": ["sharp", "flat"]},
        "saddle": 1 + float(valley.saddles[0][0]),
    }


@experiment(page="07_beyond")
def sharp(**values: Any) -> Experiment:
    """Show whether SAM leaves a sharp minimum in which it starts, for a flat one.

    Curvatures 50 and 1, SGD with α = 0.02 inside SAM, 1,500 steps, 100 runs. Controls: ``radius`` and ``noise``.

    >>> sharp(radius=0.25, noise=0).data["in_flat"]
    0.0
    """
    color = colour_of("SAM")
    return Experiment(
        "sharp",
        [
            slider("radius", "radius r", values=_RADII, value=0, format=".2~g"),
            slider("noise", "noise of the gradients, σ", values=_SIGMAS, value=2, format="d"),
        ],
        _sharp,
        [
            panel(
                "Where the runs end, and the way of one",
                axis("x", (-1.8, 3.2)),
                axis("y", (-1.6, 1.6)),
                [
                    contour("field"),
                    line("path", label="one run", color=color, width=1),
                    points("ends", label="ends of 100 runs", color="#D55E00", radius=3.5),
                    points("minima", color="currentColor", shape="cross", radius=6),
                    text("names"),
                ],
                alt="Level lines of a narrow bowl on the left and a wide one on the right, the ends of 100 runs, and"
                " one path.",
            ),
            panel(
                "Distance of this run from the sharp minimum",
                axis("step t", (0, _WALK)),
                axis("distance", (0, 2.6)),
                [
                    rule("saddle", label="saddle point"),
                    rule("turns", label="saddle point − r", color=color),
                    line("distance", color=color, width=1.5),
                ],
                alt="The distance of one run from the sharp minimum over 1,500 steps.",
            ),
        ],
        readouts=[
            readout("in_sharp", "end in the sharp minimum, %", format=".0f"),
            readout("in_flat", "in the flat one, %", format=".0f", color=color),
            readout("elsewhere", "elsewhere, %", format=".0f"),
        ],
        tabulated=True,
        backdrop=_sharp_backdrop,
        caption="A hundred runs start in the sharp minimum: the radius alone leads none to the flat one,"
        " noise alone hardly any, both together do.",
        alt="A sharp minimum beside a flat one: with noise and a radius all runs end in the flat one.",
        values=values,
    )
