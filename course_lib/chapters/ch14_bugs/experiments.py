"""The experiments of chapter 14, *Bugs in the wild*: wrong optimizers, wrong networks, batches in testing.

The functions of the controls come first in each part.
"""

import json
from functools import cache
from typing import Any

import numpy as np

from course_lib.explore.experiment import Data, Experiment, experiment
from course_lib.explore.parts import axis, bars, choice, contour, line, panel, points, readout, rule, slider
from course_lib.explore.primitives import field, trace
from course_lib.optim import AdaGrad, Adam, Momentum, Optimizer, Ravine, RMSProp

from .programs import CHECKS, SHOWN, SIZES, STORED, TWINS
from .wrong import (
    AddedToItself,
    Discarded,
    Mixed,
    NoCorrection,
    OneCorrection,
    PastedLine,
    PresentGradient,
    RunningMean,
    Uphill,
)

_RIGHT, _WRONG = "#0072B2", "#D55E00"

# ---------------------------------------------------------------- 1 · gallery

STEPS = 100

#: Bug → what the gallery calls it, and the rate that it is first shown at.
GALLERY = {
    "uphill": ("momentum: sum added", 1.0),
    "discarded": ("momentum: v unused", 1.0),
    "mixed": ("momentum: mixed", 1.0),
    "mean": ("momentum: a mean", 1.0),
    "present": ("AdaGrad: present dx", 0.07),
    "added": ("RMSProp: +=", 0.05),
    "none": ("Adam: uncorrected", 0.05),
    "one": ("Adam: one corrected", 0.05),
    "pasted": ("Adam: RMSProp's line", 0.05),
}
_OF_MOMENTUM = ["uphill", "discarded", "mixed", "mean"]


def right_method(bug: str, lr: float, rho: float) -> Optimizer:
    """Return the method that was meant."""
    if bug == "present":
        return AdaGrad(lr=lr)
    elif bug == "added":
        return RMSProp(lr=lr)
    elif bug == "none" or bug == "one" or bug == "pasted":
        return Adam(lr=lr)
    else:
        return Momentum(lr=lr, rho=rho)


def wrong_method(bug: str, lr: float, rho: float) -> Optimizer:
    """Return the method with the bug."""
    if bug == "uphill":
        return Uphill(lr=lr, rho=rho)
    elif bug == "discarded":
        return Discarded(lr=lr, rho=rho)
    elif bug == "mixed":
        return Mixed(lr=lr, rho=rho)
    elif bug == "mean":
        return RunningMean(lr=lr, rho=rho)
    elif bug == "present":
        return PresentGradient(lr=lr)
    elif bug == "added":
        return AddedToItself(lr=lr)
    elif bug == "none":
        return NoCorrection(lr=lr)
    elif bug == "one":
        return OneCorrection(lr=lr)
    else:
        return PastedLine(lr=lr)


def _line(bug: str) -> str:
    """Return the wrong line, as it was found."""
    lines = {
        "uphill": "v = ρ v + dx;  x += lr v",
        "discarded": "v = ρ v + dx;  x += −lr dx",
        "mixed": "v = ρ v − lr dx;  x −= lr v",
        "mean": "v = ρ v + (1 − ρ) dx;  x −= lr v",
        "present": "x −= lr dx / (|dx| + ε)",
        "added": "s += δ s + (1 − δ) dx²",
        "none": "x −= lr m / (√v + ε)",
        "one": "x −= lr m̂ / (√v + ε)",
        "pasted": "x −= lr dx / (√v̂ + ε)",
    }
    return lines[bug]


def _gallery_backdrop() -> Data:
    f = Ravine(kappa=25)
    return {"field": field(f, f.window, 64), "window": {"x": f.window[0], "y": f.window[1]}}


def _gallery(bug: str, lr: float, rho: float) -> Data:
    f = Ravine(kappa=25)
    right = trace(f, right_method(bug, lr, rho), [-4.5, 1.5], 100)
    wrong = trace(f, wrong_method(bug, lr, rho), [-4.5, 1.5], 100)
    return {
        "right": right,
        "wrong": wrong,
        "start": {"x": [-4.5], "y": [1.5]},
        "right_end": right["loss"][100],
        "wrong_end": wrong["loss"][100],
        "line": _line(bug),
    }


def ends(bug: str, rates: Any, last: int = 1, start: Any = (-4.5, 1.5)) -> np.ndarray:
    """Return where 100 steps end at each rate, the right method and the wrong one: losses, shape (2, rates).

    Args:
        bug: one of `GALLERY`.
        rates: the rates.
        last: the largest loss of so many last steps. A method that swings about the minimum passes it now and then,
            so the last loss alone is a matter of chance.
        start: where both begin.
    """
    f = Ravine(kappa=25)

    def end(method: Optimizer) -> float:
        return float(np.max(trace(f, method, list(start), STEPS)["loss"][-last:]))

    return np.array([[end(make(bug, float(lr), 0.9)) for lr in rates] for make in (right_method, wrong_method)])


@experiment(page="14_bugs")
def gallery(**values: Any) -> Experiment:
    """Nine optimizers with a wrong line each, beside the right ones, in a ravine of condition number 25.

    Controls: ``bug``, ``lr``, and ``rho`` for the four that are meant to be momentum.

    >>> gallery(bug="discarded").data["wrong_end"] > gallery(bug="discarded").data["right_end"]
    True
    """
    start = values.get("bug", "present")
    pair = (("right", "right", _RIGHT), ("wrong", "with the bug", _WRONG))
    return Experiment(
        "gallery",
        [
            choice(
                "bug",
                "Bug",
                {name: label for name, (label, _) in GALLERY.items()},
                "present",
                presets={name: {"lr": lr} for name, (_, lr) in GALLERY.items()},
                shows={"rho": _OF_MOMENTUM},
            ),
            slider("lr", "rate α", 0.001, 10, 0.07, log=True, format=".2~g"),
            slider("rho", "momentum ρ", 0, 0.95, 0.9, step=0.01),
        ],
        _gallery,
        [
            panel(
                "The two paths",
                axis("along the valley (λ = 1/25)", "window.x"),
                axis("across it (λ = 1)", "window.y"),
                [
                    contour("field"),
                    *[line(key, label=label, color=color, timed=True) for key, label, color in pair],
                    points("start", color="currentColor", radius=4),
                ],
                alt="Level lines of the ravine with the path of the right method and that of the wrong one.",
            ),
            panel(
                "Loss",
                axis("step t", (0, STEPS)),
                axis("f(xₜ)", (1e-10, 1e4), log=True),
                [line(key, x="step", y="loss", label=label, color=color, timed=True) for key, label, color in pair],
                alt="The loss of both methods over 100 steps, on a logarithmic axis.",
            ),
        ],
        readouts=[
            readout("line", "as found", color=_WRONG),
            readout("right_end", "loss after 100 steps, right", format=".2g", color=_RIGHT),
            readout("wrong_end", "with the bug", format=".2g", color=_WRONG),
        ],
        backdrop=_gallery_backdrop,
        caption="Nine bugs: two climb, others creep, and some get further down than the right method.",
        alt="A right and a wrong optimizer in one ravine: their paths, and their losses over 100 steps.",
        values={"lr": GALLERY[start][1] if start in GALLERY else 0.07, **values},
    )


# ---------------------------------------------------------------- 2 · probe

SIGNALS = {
    "steady": "a steady slope: 1, 1, 1, …",
    "alternating": "1, −1, 1, −1, …",
    "push": "one push: 1, 0, 0, …",
}
PROBED = 10


def signal_of(signal: str) -> np.ndarray:
    """Return the ten gradients of a signal.

    >>> signal_of("push")[:3]
    array([1., 0., 0.])
    """
    if signal == "push":
        return np.eye(PROBED)[0]
    return np.ones(PROBED) if signal == "steady" else np.tile([1.0, -1.0], PROBED // 2)


def steps_of(method: Optimizer, gradients: Any) -> np.ndarray:
    """Return −Δx of each step that an optimizer makes when it is fed these gradients, one after the other.

    >>> steps_of(Momentum(1.0, rho=0.5), [1.0, 1.0, 1.0])
    array([1.  , 1.5 , 1.75])
    """
    x, points = np.zeros(1), [0.0]
    for slope in gradients:
        method.step(x, np.array([slope], dtype=float))
        points.append(float(x[0]))
    return 0.0 - np.diff(points)


def _probe(bug: str, signal: str) -> Data:
    right, wrong = (steps_of(make(bug, 1.0, 0.9), signal_of(signal)) for make in (right_method, wrong_method))
    both = np.concatenate([right, wrong])
    low, high = min(both.min(), 0), max(both.max(), 0)
    far = np.flatnonzero(~np.isclose(right, wrong, rtol=0.01, atol=0.001))
    return {
        "signal": {"y": signal_of(signal)},
        "right": {"y": right},
        "wrong": {"y": wrong},
        "reach": [1.1 * low - 0.05, 1.1 * high + 0.05],
        "right_second": right[1],
        "wrong_second": wrong[1],
        "from_step": int(far[0]) + 1 if len(far) else None,
    }


@experiment(page="14_bugs")
def probe(**values: Any) -> Experiment:
    """Feed known gradients to a right and a wrong optimizer, and show the steps that they make.

    The rate is 1, so steps are in units of α. Controls: ``bug``, as in `gallery`, and ``signal``, one of `SIGNALS`.

    >>> probe(bug="pasted", signal="steady").data["from_step"] is None
    True
    """
    step = axis("step", names=[str(t) for t in range(1, PROBED + 1)])
    return Experiment(
        "probe",
        [
            choice("bug", "Bug", {name: label for name, (label, _) in GALLERY.items()}, "pasted"),
            choice("signal", "Gradients", SIGNALS, "steady"),
        ],
        _probe,
        [
            panel(
                "The gradients that are fed",
                step,
                axis("gradient", (-1.2, 1.2)),
                [rule(0, axis="y", width=1, dashed=False), bars("signal", color="#808080")],
                alt="Ten bars: the gradients, one for each step.",
            ),
            panel(
                "The steps that are made",
                step,
                axis("−Δx, in α", "reach"),
                [
                    rule(0, axis="y", width=1, dashed=False),
                    bars("right", label="right", color=_RIGHT, group=(0, 2)),
                    bars("wrong", label="with the bug", color=_WRONG, group=(1, 2)),
                ],
                alt="Pairs of bars: the steps of the right optimizer and of the wrong one.",
            ),
        ],
        readouts=[
            readout("right_second", "second −Δx in α, right", format=".3f", color=_RIGHT),
            readout("wrong_second", "with the bug", format=".3f", color=_WRONG),
            readout("from_step", "they differ from step", format="d", missing="none of ten"),
        ],
        tabulated=True,
        caption="Gradients that you know go in, steps that you can work out come out, drawn as −Δx.",
        alt="Known gradients, and the steps that a right and a wrong optimizer make of them.",
        values=values,
    )


# ---------------------------------------------------------------- 3 · invisible


@cache
def _stored() -> dict[str, Any]:
    return json.loads(STORED.read_text("utf-8"))


#: What the address of a setting calls the bugs of `SHOWN`.
KEYS = dict(
    zip(("unit", "mask", "biases", "sum", "softmax", "left", "factor", "scaled", "one", "zero"), SHOWN, strict=True)
)


def _invisible(bug: str) -> Data:
    means, name = _stored()["bars"], KEYS[bug]
    right = means[f"right for {name}" if name in TWINS else "right"]
    wrong = means[name]
    seen = [check for check, sees in zip(CHECKS, _stored()["seen"][name], strict=True) if sees]
    data: Data = {"checks": ", ".join(seen)}
    for i, key in enumerate(("accuracy", "loss", "error")):
        data[key] = {"x": [0], "y": [right[i]]} if key == "error" else {"y": [right[i], 0]}
        data[f"{key} wrong"] = {"x": [1], "y": [wrong[i]]} if key == "error" else {"y": [0, wrong[i]]}
        data[f"{key}_right"], data[f"{key}_wrong"] = right[i], wrong[i]
    return data


@experiment(page="14_bugs")
def invisible(**values: Any) -> Experiment:
    """Three numbers of a right and of a wrong training program, and the checks that see the difference.

    Controls: ``bug``, one of `KEYS`.

    >>> invisible(bug="scaled").data["checks"]
    'mean over noise'
    """
    two = axis("program", names=["right", "wrong"])

    def bars_of(key: str, title: str, label: str, top: float, alt: str) -> Any:
        marks = [bars(key, color=_RIGHT), bars(f"{key} wrong", color=_WRONG)]
        return panel(title, two, axis(label, (0, top)), marks, ratio=0.9, alt=alt)

    return Experiment(
        "invisible",
        [choice("bug", "What is wrong", KEYS, "sum")],
        _invisible,
        [
            bars_of("accuracy", "Accuracy", "test accuracy, %", 100, "Two bars: test accuracy, right and wrong."),
            bars_of("loss", "Loss", "test loss", 2.2, "Two bars: test loss, right and wrong."),
            panel(
                "Gradient check",
                two,
                axis("relative error", (1e-10, 30), log=True),
                [
                    rule(1e-6, label="limit"),
                    points("error", color=_RIGHT, radius=6),
                    points("error wrong", color=_WRONG, radius=6),
                ],
                ratio=0.9,
                alt="Two dots on a logarithmic axis: the error of the gradient, right and wrong.",
            ),
        ],
        readouts=[
            readout("accuracy_right", "accuracy, right, %", format=".1f", color=_RIGHT),
            readout("accuracy_wrong", "accuracy, wrong, %", format=".1f", color=_WRONG),
            readout("loss_right", "loss, right", format=".2f", color=_RIGHT),
            readout("loss_wrong", "loss, wrong", format=".2f", color=_WRONG),
            readout("error_wrong", "gradient's error, wrong", format=".1g", color=_WRONG),
            readout("checks", "seen by, of the ten checks below"),
        ],
        tabulated=True,
        columns=3,
        caption="Means of eight seeds, as each program would print them, beside the right one with the same p and "
        "average. Dashed: a millionth.",
        alt="Accuracy, loss and gradient check of a right and of a wrong training program.",
        values=values,
    )


# ---------------------------------------------------------------- 4 · batches


def _batches(order: str, size: float) -> Data:
    of, n = _stored(), int(size)
    named, right = of["named"][f"{order} {n}"]
    data: Data = {
        "running": np.mean(of["running"]),
        "here": n,
        "accuracy": np.mean(of["batches"][f"{order} {n}"]),
        "right": {"x": list(range(1, len(right) + 1)), "y": right},
        "named": {"x": list(range(1, len(named) + 1)), "y": named},
        "point": {"x": [SIZES.index(n)], "y": [np.mean(of["batches"][f"{order} {n}"])]},
    }
    for name in ("shuffled", "sorted"):
        means = [np.mean(of["batches"][f"{name} {size}"]) for size in SIZES]
        data[name] = {"x": list(range(len(SIZES))), "y": means}
    return data


@experiment(page="14_bugs")
def batches(**values: Any) -> Experiment:
    """Test a network whose batch norm takes mean and variance of the batch that a digit comes in.

    Controls: ``order`` of the test digits (``"shuffled"`` or ``"sorted"``), ``size`` of a batch.

    >>> batches(order="sorted", size=10).data["accuracy"] < 30
    True
    """
    return Experiment(
        "batches",
        [
            choice("order", "Test digits", {"shuffled": "shuffled", "sorted": "sorted by class"}, "shuffled"),
            slider("size", "digits in a batch", values=SIZES, value=100, format="d"),
        ],
        _batches,
        [
            panel(
                "Accuracy by size of batch",
                axis("digits in a batch", names=[str(size) for size in SIZES]),
                axis("test accuracy, %", (0, 100)),
                [
                    rule("running", label="running statistics", color=_RIGHT),
                    line("shuffled", label="batch statistics, shuffled", color=_WRONG),
                    line("sorted", label="batch statistics, sorted", color=_WRONG, dashed=True),
                    points("point", label="as chosen", color="currentColor", radius=5),
                ],
                alt="Test accuracy against the size of the batch: shuffled digits rise to 94 percent, sorted stay low.",
            ),
            panel(
                "The first twenty digits",
                axis("place in the test set", (0, 21)),
                axis("digit", (-0.5, 9.5), ticks=range(10)),
                [
                    points("right", label="true", color=_RIGHT, radius=6),
                    points("named", label="named", color=_WRONG, radius=3.5),
                ],
                alt="The first test digits as dots: the true digit, and the one that the network names.",
            ),
        ],
        readouts=[
            readout("accuracy", "test accuracy, %", format=".1f", color=_WRONG),
            readout("running", "with running statistics, %", format=".1f", color=_RIGHT),
        ],
        tabulated=True,
        caption="With the batch's own mean and variance. Lines: means of eight seeds. Dots: one of the networks.",
        alt="Batch norm with statistics of the batch in testing: the accuracy hangs on the company of a digit.",
        values=values,
    )
