"""The experiments of chapter 4, *Adaptive rates*: a turned valley, Adam's first steps, a trap, a counterexample.

The functions of the controls come first in each part.
"""

from typing import Any

import numpy as np

from course_lib.explore.experiment import Data, Experiment, experiment
from course_lib.explore.parts import (
    axis,
    bars,
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
    toggle,
)
from course_lib.explore.primitives import field, trace
from course_lib.explore.yours import Yours
from course_lib.optim import SGD, AdaGrad, Adam, AMSGrad, Momentum, Ravine, Reddi, RMSProp, Saddle

# ---------------------------------------------------------------- 1 · a valley turned against the axes

_FIVE = ["SGD", "Momentum", "AdaGrad", "RMSProp", "Adam"]
_DRAWN = ["SGD", "Momentum", "RMSProp", "Adam", "AdaGrad"]  # its short path is not under the others
_STEPS = 800
_WIDE, _HIGH = 5.0, 3.9  # as wide as high on the screen, so that a right angle looks like one
_REACH = 7.0


def _below_from(values: Any, level: float) -> Any:
    """Return the step from which all values, to the last, are below the level; None if the last one is not."""
    start = None
    for t in range(len(values)):
        if not values[t] < level:
            start = None
        elif start is None:
            start = t
    return start


def _turned_backdrop(kappa: float, angle: float) -> Data:
    window = [[-_WIDE, _WIDE], [-_HIGH, _HIGH]]
    turn = angle * np.pi / 180
    c, s = _REACH * np.cos(turn), _REACH * np.sin(turn)
    return {
        "window": {"x": window[0], "y": window[1]},
        "field": field(Ravine(kappa=kappa), window, 64),
        "first axis": {"x": [-c, c], "y": [s, -s]},
        "second axis": {"x": [-s, s], "y": [-c, c]},
    }


def _along(run: Any, turn: float) -> Data:
    """Return a run as it is drawn: along the valley, and across it."""
    c, s = float(np.cos(turn)), float(np.sin(turn))
    xs = [float(x) for x in run["x"]]
    ys = [float(y) for y in run["y"]]
    return {
        "x": [c * xs[t] + s * ys[t] for t in range(_STEPS + 1)],
        "y": [c * ys[t] - s * xs[t] for t in range(_STEPS + 1)],
        "loss": run["loss"],
    }


def _turned_start(start: Any, turn: float) -> list[float]:
    c, s = float(np.cos(turn)), float(np.sin(turn))
    return [c * start[0] - s * start[1], s * start[0] + c * start[1]]


def _turned(kappa: float, angle: float, tune: str, lr: float, start: Any) -> Data:
    turn = angle * np.pi / 180
    valley = Ravine(kappa=kappa, angle=turn)
    begin = _turned_start(start, turn)
    rates = {"SGD": 1.9, "Momentum": 3.0, "AdaGrad": 2.0, "RMSProp": 0.02, "Adam": 0.3}
    rates[tune] = lr
    runs = {
        "SGD": trace(valley, SGD(lr=rates["SGD"]), begin, _STEPS),
        "Momentum": trace(valley, Momentum(lr=rates["Momentum"], rho=0.9), begin, _STEPS),
        "AdaGrad": trace(valley, AdaGrad(lr=rates["AdaGrad"]), begin, _STEPS),
        "RMSProp": trace(valley, RMSProp(lr=rates["RMSProp"]), begin, _STEPS),
        "Adam": trace(valley, Adam(lr=rates["Adam"]), begin, _STEPS),
    }
    goal = 0.000001 * runs["SGD"]["loss"][0]
    data = {"goal": goal}
    for name in _FIVE:
        data[name] = _along(runs[name], turn)
        data["steps_" + name] = _below_from(runs[name]["loss"], goal)
    return data


def _turned_yours(mine: Any, kappa: float, angle: float, start: Any) -> Data:
    turn = angle * np.pi / 180
    run = trace(Ravine(kappa=kappa, angle=turn), mine, _turned_start(start, turn), _STEPS)
    return {"yours": _along(run, turn), "steps_yours": _below_from(run["loss"], 0.000001 * run["loss"][0])}


@experiment(page="04_adaptive")
def turned(**values: Any) -> Experiment:
    """Five methods in one ravine, whose long side is turned against the coordinate axes.

    The picture is drawn along the valley, so what turns in it are the axes. Controls: ``kappa``, ``angle`` in degrees,
    ``tune``, a method, ``lr``, its rate, and ``start``, along and across the valley. The other methods keep a good rate
    for the valley along the axes.

    >>> turned(angle=0).data["steps_AdaGrad"], turned(angle=45).data["steps_AdaGrad"]
    (10.0, None)
    """
    rates = {"Adam": 0.3, "RMSProp": 0.02, "AdaGrad": 2.0, "Momentum": 3.0, "SGD": 1.9}
    return Experiment(
        "turned",
        [
            slider("kappa", "condition number κ", 1, 1000, 1000, log=True, format=".4~g"),
            slider("angle", "turned by, degrees", 0, 45, 0, step=1, format=".0f"),
            choice("tune", "Tune", {n: n for n in rates}, "Adam", presets={n: {"lr": lr} for n, lr in rates.items()}),
            slider("lr", "its rate α", 0.001, 5, 0.3, log=True, format=".2~g"),
            point("start", "start", (-4.5, 1.5), within="window"),
        ],
        _turned,
        [
            panel(
                "The valley, and the axes",
                axis("along the valley (λ = 1/κ)", "window.x"),
                axis("across it (λ = 1)", "window.y"),
                [
                    contour("field"),
                    line("first axis", label="coordinate axes", color="currentColor", dashed=True, width=1.25),
                    line("second axis", color="currentColor", dashed=True, width=1.25),
                    *[line(n, label=n, color=colour_of(n), timed=True, width=2) for n in _DRAWN],
                    drag("start", label="Start"),
                ],
                alt="Level lines of the valley, the coordinate axes at an angle to it, and the path of each method.",
            ),
            panel(
                "Loss",
                axis("step t", (0, _STEPS)),
                axis("f(xₜ)", (1e-8, 10), log=True),
                [
                    rule("goal", label="a millionth of the loss at the start"),
                    *[line(n, x="step", y="loss", label=n, color=colour_of(n), timed=True, width=2) for n in _FIVE],
                ],
                alt="The loss of each method over the steps, on a logarithmic axis.",
            ),
        ],
        readouts=[
            readout(
                "steps_" + n,
                f"{n}: below a millionth from step",
                format="d",
                color=colour_of(n),
                missing=f"not in {_STEPS} steps",
            )
            for n in _FIVE
        ],
        backdrop=_turned_backdrop,
        caption="What turns are the dashed axes: two of the five paths do not change with them. A method arrives where"
        f" its loss stays below the line, up to step {_STEPS}.",
        alt="Five methods in a ravine turned against the axes: the adaptive ones depend on the angle, SGD and Momentum"
        " do not.",
        yours=Yours(_turned_yours, like="Adam"),
        values=values,
    )


# ---------------------------------------------------------------- 2 · Adam's first steps

_TIMES = [*range(1, 61), *[round(60 * 10 ** (i / 40)) for i in range(1, 69)]]


def _first_steps(beta1: float, beta2: float, gradient: float) -> Data:
    eps = 0.00000001

    def step(m: float, v: float) -> Any:
        return m / (np.sqrt(v) + eps)

    neither, only_m, only_v, both, mean, root = [], [], [], [], [], []
    for t in _TIMES:
        c1 = 1 - beta1**t
        c2 = 1 - beta2**t
        m = c1 * gradient
        v = c2 * gradient * gradient
        neither.append(step(m, v))
        only_m.append(step(m / c1, v))
        only_v.append(step(m, v / c2))
        both.append(step(m / c1, v / c2))
        mean.append(m)
        root.append(np.sqrt(v))
    return {
        "neither": {"x": _TIMES, "size": neither},
        "only m": {"x": _TIMES, "size": only_m},
        "only v": {"x": _TIMES, "size": only_v},
        "both": {"x": _TIMES, "size": both},
        "mean": {"x": _TIMES, "size": mean},
        "root": {"x": _TIMES, "size": root},
        "given": gradient,
        "first_neither": neither[0],
        "first_m": only_m[0],
        "first_v": only_v[0],
        "first_both": both[0],
        "largest": max(neither),
        "travelled": sum(neither[:50]),
    }


@experiment(page="04_adaptive")
def first_steps(**values: Any) -> Experiment:
    """The sizes of Adam's steps on a steady slope, with both bias corrections, one or none; and its two moments.

    Controls: ``beta1``, ``beta2``, and the slope's size, ``gradient``.

    >>> e = first_steps()
    >>> [round(e.data[f"first_{which}"], 2) for which in ("neither", "m", "v", "both")]
    [3.16, 31.62, 0.1, 1.0]
    """
    colors = {"neither": "#E4572E", "only m": "#8B5FC7", "only v": "#168A86", "both": colour_of("Adam")}
    words = {
        "neither": "no correction",
        "only m": "only m corrected",
        "only v": "only v corrected",
        "both": "both corrected: Adam",
    }
    return Experiment(
        "first_steps",
        [
            slider("gradient", "the slope g", 0.001, 1000, 1, log=True, format=".3~g"),
            slider("beta1", "β₁, kept of m", 0, 0.99, 0.9, step=0.01),
            slider("beta2", "β₂, kept of v", values=[0.9, 0.99, 0.999, 0.9999], value=0.999, format=".4~g"),
        ],
        _first_steps,
        [
            panel(
                "Size of the step, in units of α",
                axis("step t", (1, 3000), log=True),
                axis("step / α", (0.05, 150), log=True),
                [line(key, y="size", label=words[key], color=colors[key], width=2.25) for key in words],
                alt="Four lines over the first 3,000 steps: with both corrections the step is 1, with one or none not.",
            ),
            panel(
                "The two moments",
                axis("step t", (1, 3000), log=True),
                axis("m and √v", (1e-5, 2e3), log=True),
                [
                    rule("given", label="the slope g"),
                    line("mean", y="size", label="m", color="#3B78C4", width=2.25),
                    line("root", y="size", label="√v", color="#8A7A12", width=2.25),
                ],
                alt="The first moment and the root of the second rise from below to the size of the slope.",
            ),
        ],
        readouts=[
            readout("first_neither", "first step, no correction", format=".3~g", color=colors["neither"]),
            readout("first_m", "only m", format=".3~g", color=colors["only m"]),
            readout("first_v", "only v", format=".3~g", color=colors["only v"]),
            readout("first_both", "both", format=".3~g", color=colors["both"]),
            readout("largest", "largest step, no correction", format=".3~g"),
            readout("travelled", "way of 50 steps, no correction", format=".3~g"),
        ],
        caption="Both moments start at zero and rise to the slope at their own speeds: as long as they differ, the"
        " uncorrected steps are wrong by the ratio of the two.",
        alt="Adam on a steady slope: without correction the first steps are several times too long.",
        values=values,
    )


# ---------------------------------------------------------------- 3 · AdaGrad's trap

_BEFORE, _LONG = 300, 1500


def _trap_backdrop() -> Data:
    f = Saddle(steep=10.0, angle=0.7853981633974483)
    c = 1.6 * 0.7071067811865476
    return {
        "window": {"x": f.window[0], "y": f.window[1]},
        "field": field(f, f.window, 64),
        "ridge": {"x": [-3, 3], "y": [-3, 3]},
        "saddle": {"x": [0], "y": [0]},
        "start": {"x": [0.7071067811865476 * 0.999], "y": [0.7071067811865476 * 1.001]},
        "limits": [-c, c],
    }


def _trap(method: str, lr: float, clear: bool) -> Data:
    f = Saddle(steep=10.0, angle=0.7853981633974483)
    root = 0.7071067811865476
    start = [root * 0.999, root * 1.001]  # 1 along the ridge, 0.001 off it
    if method == "AdaGrad":
        opt = AdaGrad(lr=lr)
    elif method == "RMSProp":
        opt = RMSProp(lr=lr)
    elif method == "Adam":
        opt = Adam(lr=lr)
    elif method == "Momentum":
        opt = Momentum(lr=lr, rho=0.9)
    else:
        opt = SGD(lr=lr)
    if clear:
        first = trace(f, opt, start, _BEFORE)
        second = trace(f, opt, [first["x"][_BEFORE], first["y"][_BEFORE]], _LONG - _BEFORE)
        xs = [first["x"][t] if t < _BEFORE else second["x"][t - _BEFORE] for t in range(_LONG + 1)]
        ys = [first["y"][t] if t < _BEFORE else second["y"][t - _BEFORE] for t in range(_LONG + 1)]
    else:
        run = trace(f, opt, start, _LONG)
        xs, ys = run["x"], run["y"]
    off = [abs(ys[t] - xs[t]) * root if np.isfinite(xs[t]) else np.inf for t in range(_LONG + 1)]
    leaves = None
    for t in range(_LONG + 1):
        if leaves is None and off[t] > 0.5:
            leaves = t
    return {
        "path": {"x": xs, "y": ys},
        "off": {"off": off},
        "cleared": [_BEFORE] if clear else [],
        "at_300": off[_BEFORE],
        "leaves": leaves,
    }


@experiment(page="04_adaptive")
def trap(**values: Any) -> Experiment:
    """A method that comes down a steep ridge to a saddle, and has to leave it by a gentle slope.

    Controls: ``method``, ``lr``, and ``clear``: whether the method's memory is set to zero after 300 steps.

    >>> trap(clear=False).data["leaves"], trap(clear=True).data["leaves"]
    (1115.0, 304.0)
    """
    methods = {"AdaGrad": 0.1, "RMSProp": 0.05, "Adam": 0.05, "Momentum": 0.1, "SGD": 0.1}
    return Experiment(
        "trap",
        [
            choice(
                "method",
                "Method",
                {name: name for name in methods},
                "AdaGrad",
                presets={name: {"lr": lr} for name, lr in methods.items()},
            ),
            slider("lr", "rate α", 0.001, 1, 0.1, log=True, format=".2~g"),
            toggle("clear", "clear the memory after 300 steps", False),
        ],
        _trap,
        [
            panel(
                "The path",
                axis("x", "window.x"),
                axis("y", "window.y"),
                [
                    contour("field"),
                    line("ridge", label="ridge", color="currentColor", dashed=True, width=1.25),
                    line("path", label="path", color="#3B78C4", timed=True, width=2.25),
                    points("saddle", color="currentColor", shape="cross", radius=6),
                    points("start", color="currentColor", radius=4),
                ],
                ratio=1.0,
                alt="Level lines of a saddle whose steep ridge lies at an angle to both axes, and the method's path.",
            ),
            panel(
                "Distance from the ridge",
                axis("step t", (0, _LONG)),
                axis("distance", (1e-4, 3), log=True),
                [
                    rule(0.5, label="has left"),
                    rule("cleared", axis="x", label="memory cleared"),
                    line("off", x="step", y="off", color="#3B78C4", timed=True, width=2.25),
                ],
                alt="The distance from the ridge over the steps, on a logarithmic axis.",
            ),
        ],
        readouts=[
            readout("leaves", "has left at step", format="d", missing=f"not in {_LONG} steps"),
            readout("at_300", "distance at step 300", format=".2~g"),
        ],
        backdrop=_trap_backdrop,
        caption="The steep way down fills AdaGrad's sums; the gentle way out is then taken at rates that are far too"
        " small.",
        alt="A steep ridge down to a saddle, at an angle to the axes: AdaGrad stays there longer than other methods.",
        values=values,
    )


# ---------------------------------------------------------------- 4 · a counterexample

_RUN = 2000
_ONLINE = ["Adam", "AMSGrad", "SGD"]


def _decaying(step: Any) -> Any:
    return 0.1 / np.sqrt(step + 1)


def _counterexample(C: float, beta2: float) -> Data:
    problem = Reddi(C=C, c=1.0, period=3)
    methods = {
        "Adam": Adam(_decaying, beta1=0.0, beta2=beta2),
        "AMSGrad": AMSGrad(_decaying, beta1=0.0, beta2=beta2),
        "SGD": SGD(_decaying),
    }
    data: Data = {}
    for name, method in methods.items():
        x, path, pushes = np.zeros(1), [0.0], []
        for t in range(1, _RUN + 1):
            before = float(x[0])
            method.step(x, problem.grad(x, t))
            pushes.append((float(x[0]) - before) / _decaying(t - 1))
            problem.project(x)
            path.append(float(x[0]))
        late = 3 * 600  # the large gradient comes next
        data[name] = {"x": list(range(0, _RUN + 1, 10)), "y": path[::10]}
        data[f"{name} pushes"] = {"y": pushes[late : late + 3]}
        data[f"{name} end"] = path[-1]
        data[f"{name} drift"] = sum(pushes[late : late + 3])
    return data


@experiment(page="04_adaptive")
def counterexample(**values: Any) -> Experiment:
    """A slope that pushes hard to the left once in three steps, and gently to the right in the others.

    On average it pushes to the left, so x = −1 is best. Controls: the rare slope ``C``, and ``beta2``, the share of
    the mean square that Adam and AMSGrad keep. Without momentum, at the rate 0.1/√t.

    >>> e = counterexample(C=3.0, beta2=0.1)
    >>> round(e.data["Adam end"], 1), round(e.data["AMSGrad end"], 1)
    (1.0, -1.0)
    """
    return Experiment(
        "counterexample",
        [
            slider("C", "the rare slope C", values=[2.2, 3.0, 4.0, 6.0], value=3.0, format=".2~g"),
            slider(
                "beta2",
                "β₂, kept of the mean square",
                values=[0.05, 0.1, 0.3, 0.5, 0.9, 0.99],
                value=0.1,
                format=".2~g",
            ),
        ],
        _counterexample,
        [
            panel(
                "Where they go",
                axis("step t", (0, _RUN)),
                axis("x", (-1.08, 1.08)),
                [
                    rule(-1.0, label="best"),
                    *[line(name, label=name, color=colour_of(name), width=2.25) for name in _ONLINE],
                ],
                alt="Position over 2,000 steps for Adam, AMSGrad and SGD: the best point is −1.",
            ),
            panel(
                "The pushes of one period",
                axis("the three steps of a period", names=["rare", "small", "small again"]),
                axis("change of x, in units of α", (-6.2, 2.2)),
                [
                    *[
                        bars(f"{name} pushes", label=name, color=colour_of(name), group=(i, 3))
                        for i, name in enumerate(_ONLINE)
                    ],
                    rule(0.0, dashed=False, width=1),
                ],
                alt="Three bars for each method: the rare push to the left, and two pushes to the right.",
            ),
        ],
        readouts=[readout(f"{n} end", f"{n} ends at", format=".2f", color=colour_of(n)) for n in _ONLINE]
        + [readout(f"{n} drift", f"{n}: all three pushes", format=".2f", color=colour_of(n)) for n in _ONLINE],
        caption="Adam divides the rare push by its own size, and the next two by what is left of it: with a short"
        " memory the small ones win.",
        alt="A problem on which Adam with a short memory goes to the worst point, and AMSGrad and SGD to the best.",
        tabulated=True,
        values=values,
    )
