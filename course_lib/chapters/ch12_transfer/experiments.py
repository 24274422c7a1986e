"""The experiments of chapter 12, *Transfer learning*: they show what was measured before, and need no torch.

Strategies are read from the studies, the rest from tables.json (the package measures).
"""

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from course_lib.explore.experiment import Data, Experiment, experiment
from course_lib.explore.parts import axis, band, bars, choice, line, panel, points, readout, rule, slider, text
from course_lib.plots import COLORS, PALETTE
from course_lib.studies import load

_BLUE, _ORANGE = "#0072B2", "#D55E00"


@cache
def _stored() -> dict[str, Any]:
    return json.loads(Path(__file__).with_name("tables.json").read_text("utf-8"))


# ---------------------------------------------------------------- 1 · features

_STAGES = ("pixels", "conv1", "conv2", "conv3", "conv4", "features")
_STAGE_NAMES = {name: name for name in _STAGES}
_TEN = (*PALETTE, "#A67C00", "#777b82")  # a colour for each digit


def _features(net: str, stage: str) -> Data:
    of, classes = _stored()["features"], np.array(_stored()["features"]["classes"])
    shown = of[f"{net} {stage}"]
    x, y = np.array(shown["x"]), np.array(shown["y"])
    data: Data = {str(k): {"x": x[classes == k], "y": y[classes == k]} for k in range(10)}
    data["means"] = {
        "x": [x[classes == k].mean() for k in range(10)],
        "y": [y[classes == k].mean() for k in range(10)],
        "text": [str(k) for k in range(10)],
    }
    return {**data, "nearest": shown["nearest"], "between": shown["between"], "before": of["letters pixels"]["nearest"]}


@experiment(page="12_transfer")
def features(**values: Any) -> Experiment:
    """Show 300 digits in the plane, after each stage of the letters network or of a random one.

    Controls: ``net`` (``"letters"`` or ``"random"``), ``stage``.

    >>> seen, drawn = (features(net=net, stage="features").data["nearest"] for net in ("letters", "random"))
    >>> seen > drawn + 5
    True
    """
    return Experiment(
        "features",
        [
            choice("net", "Weights", {"letters": "learnt from letters", "random": "random"}, "letters"),
            choice("stage", "After", _STAGE_NAMES, "pixels"),
        ],
        _features,
        [
            panel(
                "Digits, by what this stage makes of them",
                axis("first principal direction", (-1.05, 1.05)),
                axis("second direction", (-1.05, 1.05)),
                [*(points(str(k), color=_TEN[k], radius=2.5) for k in range(10)), text("means", centred=True)],
                ratio=0.7,
                alt="300 dots in ten colours, one for each digit; the digit's name stands at the mean of its dots.",
            )
        ],
        readouts=[
            readout("nearest", "right by the nearest of five labels a class, %", format=".0f"),
            readout("before", "the same by pixels, %", format=".0f"),
            readout("between", "share of this picture's variance between classes", format=".2f"),
        ],
        tabulated=True,
        caption="Each dot is a digit. Go from the pixels to the features, with weights that have learnt letters and"
        " with random ones.",
        alt="How the stages of a network that has learnt letters pull ten kinds of digits apart.",
        values=values,
    )


# ---------------------------------------------------------------- 2 · labels, and 5 · harm

_TARGETS = {"digits": ("letters → digits", "transfer"), "textures": ("letters → textures", "textures")}
_HOW = {
    "scratch": "from scratch",
    "frozen": "frozen, a new head",
    "all, rate/10": "all, the old part at a tenth",
    "random, frozen": "random weights, frozen",
    "frozen, from letters": "frozen, from letters",
}
_KEYS = {"scratch": "scratch", "frozen": "frozen", "all": "all, rate/10", "random": "random, frozen"}
_HARM_KEYS = {**_KEYS, "letters": "frozen, from letters"}
_LABELS, _FEW = (1, 2, 5, 10, 20, 50), (1, 5, 20)


@cache
def _study(name: str) -> Any:
    return load(name)


def _against_labels(study: str, keys: dict[str, str], strategy: str, n: float) -> Data:
    """Return the lines of a study's strategies, the chosen one bold and with a band, and what it has at n labels."""
    results = _study(study)
    x = [int(column) for column in results.values]
    of = {name: np.array([v[results.names.index(name)] for v in results.values.values()]) for name in keys.values()}
    data: Data = {"here": n}
    nothing: list[float] = []
    for key, name in keys.items():
        mean, error = of[name].mean(axis=1), of[name].std(axis=1, ddof=1) / of[name].shape[1] ** 0.5
        chosen = key == strategy
        data[key] = {"x": nothing, "y": nothing} if chosen else {"x": x, "y": mean}
        data[f"{key} bold"] = {"x": x, "y": mean} if chosen else {"x": nothing, "y": nothing}
        data[f"{key} band"] = {
            "x": x if chosen else nothing,
            "low": mean - 2 * error if chosen else nothing,
            "high": mean + 2 * error if chosen else nothing,
        }
    measured = int(n) in x
    at = x.index(int(n)) if measured else 0
    own, scratch = of[keys[strategy]][at], of["scratch"][at]
    return {
        **data,
        "accuracy": own.mean() if measured else None,
        "alone": scratch.mean() if measured else None,
        "gain": (own - scratch).mean() if measured else None,
    }


def _label_marks(keys: dict[str, str]) -> list[Data]:
    marks = [rule("here", axis="x")]
    for key, name in keys.items():
        color = COLORS.get(name, PALETTE[2])
        marks += [
            band(f"{key} band", color=color),
            line(key, color=color, width=1.5, label=_HOW[name]),
            line(f"{key} bold", color=color, width=3.5),
            points(f"{key} bold", color=color, radius=3.5),
        ]
    return marks


_LABEL_READOUTS = (
    readout("accuracy", "this strategy, %", format=".1f", missing="not measured"),
    readout("alone", "from scratch, %", format=".1f", missing="not measured"),
    readout("gain", "gain over scratch, points", format="+.1f", missing="not measured"),
)


def _labels(target: str, strategy: str, n: float) -> Data:
    return _against_labels(_TARGETS[target][1], _KEYS, strategy, n)


@experiment(page="12_transfer")
def labels(**values: Any) -> Experiment:
    """Show the accuracy of strategies of transfer, as the studies measured it, against the number of labels.

    Controls: ``target`` (``"digits"`` or ``"textures"``), ``strategy`` (``"scratch"``, ``"frozen"``, ``"all"`` or
    ``"random"``), ``n`` labels of each class.

    >>> labels(target="digits", strategy="frozen", n=2).data["gain"] > 5
    True
    """
    return Experiment(
        "labels",
        [
            choice("target", "From → to", {key: name for key, (name, _) in _TARGETS.items()}, "digits"),
            choice("strategy", "Strategy", {key: _HOW[name] for key, name in _KEYS.items()}, "frozen"),
            slider("n", "labels per class", values=_LABELS, value=2, format="d"),
        ],
        _labels,
        [
            panel(
                "Accuracy against the number of labels",
                axis("labels per class", (0.9, 56), log=True, ticks=_LABELS),
                axis("accuracy on other images, %", (20, 100)),
                _label_marks(_KEYS),
                ratio=0.6,
                alt="Accuracy of four strategies against labels per class, on a log axis; the chosen one is bold.",
            )
        ],
        readouts=_LABEL_READOUTS,
        tabulated=True,
        caption="Means of five seeds, 200 steps, one rate; the band is two standard errors. λ = 0.01 is too much for"
        " random features: with less they do far better.",
        alt="What transfer gains over training from scratch with few labels and with many, for two pairs of tasks.",
        values=values,
    )


def _harm(strategy: str, n: float) -> Data:
    return _against_labels("negative-transfer", _HARM_KEYS, strategy, n)


@experiment(page="12_transfer")
def harm(**values: Any) -> Experiment:
    """Show strategies of transfer from the digits 0–4 to the digits 5–9, and one from letters.

    Controls: ``strategy`` (``"scratch"``, ``"frozen"``, ``"all"``, ``"random"`` or ``"letters"``), ``n`` labels of each
    class.

    >>> harm(strategy="frozen", n=5).data["gain"] < -5 < 0 < harm(strategy="letters", n=5).data["gain"]
    True
    """
    return Experiment(
        "harm",
        [
            choice("strategy", "Strategy", {key: _HOW[name] for key, name in _HARM_KEYS.items()}, "frozen"),
            slider("n", "labels per class", values=_FEW, value=5, format="d"),
        ],
        _harm,
        [
            panel(
                "From the digits 0–4 to the digits 5–9",
                axis("labels per class", (0.9, 22), log=True, ticks=_FEW),
                axis("accuracy on other images, %", (40, 100)),
                _label_marks(_HARM_KEYS),
                ratio=0.6,
                alt="Accuracy of five strategies against labels per class, on a log axis; the chosen one is bold.",
            )
        ],
        readouts=_LABEL_READOUTS,
        tabulated=True,
        caption="Means of five seeds, 200 steps, one rate; the band is two standard errors. λ = 0.01 is too much for"
        " random features: with less they do better still.",
        alt="How features learnt from the digits 0 to 4, from letters and from nothing serve for the digits 5 to 9.",
        values=values,
    )


# ---------------------------------------------------------------- 3 · statistics

_LOOKS = {"plain": "as they are", "dim": "0.3 of the brightness", "inverted": "inverted"}
_FROZEN = {"requires_grad": "requires_grad only", "freeze": "freeze"}


def _statistics(look: str, how: str) -> Data:
    digits, letters = _stored()["statistics"][f"{look} {how}"]
    return {
        "bars": {"y": [digits, letters]},
        "before": _before(),
        "digits": digits,
        "letters": letters,
    }


def _before() -> float:
    return _stored()["forget"]["fitted 0.0"][1]


@experiment(page="12_transfer")
def statistics(**values: Any) -> Experiment:
    """Show what training a head alone does to digits and letters, if batch norm follows, and if it is frozen.

    Controls: ``look`` of the digits (``"plain"``, ``"dim"`` or ``"inverted"``), ``how`` the rest is frozen
    (``"requires_grad"`` or ``"freeze"``).

    >>> statistics(look="dim", how="requires_grad").data["letters"] < 80
    True
    """
    return Experiment(
        "statistics",
        [
            choice("look", "The new digits", _LOOKS, "plain"),
            choice("how", "Below the head", _FROZEN, "requires_grad"),
        ],
        _statistics,
        [
            panel(
                "After training the new head alone",
                axis("task, and head", names=["digits, new head", "letters, old head"]),
                axis("accuracy, %", (0, 100)),
                [bars("bars", color=_BLUE), rule("before", label="letters, before")],
                ratio=0.55,
                alt="Two bars: accuracy on digits with the new head, and on letters with the old one.",
            )
        ],
        readouts=[
            readout("digits", "digits, new head, %", format=".0f"),
            readout("letters", "letters, old head, %", format=".0f"),
            readout("before", "letters before, %", format=".0f"),
        ],
        tabulated=True,
        caption="In none of these six settings is a weight below the head trained. Look at the letters. Five labels a"
        " class, 200 steps, three seeds.",
        alt="Accuracy on the new task and on the old one after training a new head, batch norm following or frozen.",
        values=values,
    )


# ---------------------------------------------------------------- 4 · forget

_RATIOS = (0.0, 0.1, 1.0, 5.0)


def _forget(head: str, ratio: float) -> Data:
    runs = np.array([_stored()["forget"][f"{head} {r}"] for r in _RATIOS])
    place = [0, 1, 2, 3]
    at = _RATIOS.index(ratio)
    return {
        "digits": {"x": place, "y": runs[:, 0]},
        "letters": {"x": place, "y": runs[:, 1]},
        "here": at,
        "of_digits": runs[at, 0],
        "of_letters": runs[at, 1],
        "frozen": runs[0, 0],
    }


@experiment(page="12_transfer")
def forget(**values: Any) -> Experiment:
    """Show what fine-tuning at several rates does to the new task and to the old one.

    Controls: ``head`` (``"fitted"`` first, or ``"random"``), ``ratio`` of the old part's rate to the head's.

    >>> forget(head="random", ratio=5.0).data["of_letters"] < forget(head="fitted", ratio=5.0).data["of_letters"]
    True
    """
    return Experiment(
        "forget",
        [
            choice("head", "The head is", {"fitted": "fitted first", "random": "random at the start"}, "fitted"),
            slider("ratio", "rate, old part : head", values=_RATIOS, value=0.0, format=".1f"),
        ],
        _forget,
        [
            panel(
                "After fine-tuning on twenty digits",
                axis("rate of the old part : rate of the head", names=["0", "0.1", "1", "5"]),
                axis("accuracy, %", (0, 100)),
                [
                    rule("here", axis="x"),
                    line("digits", color=_BLUE, width=2.5, label="digits, new head"),
                    points("digits", color=_BLUE, radius=3.5),
                    line("letters", color=_ORANGE, width=2.5, label="letters, old head"),
                    points("letters", color=_ORANGE, radius=3.5),
                ],
                ratio=0.55,
                alt="Accuracy on digits and on letters against the rate of the old part, from frozen to five times.",
            )
        ],
        readouts=[
            readout("of_digits", "digits, new head, %", format=".0f", color=_BLUE),
            readout("of_letters", "letters, old head, %", format=".0f", color=_ORANGE),
            readout("frozen", "digits, old part frozen, %", format=".0f"),
        ],
        tabulated=True,
        caption="Two labels a class, 200 steps, the head's rate 0.02, means of three seeds. Compare the two heads"
        " at the same rate.",
        alt="What is learnt of digits, and what is forgotten of letters, at four rates, below two kinds of head.",
        values=values,
    )
