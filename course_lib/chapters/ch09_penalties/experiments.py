"""The experiments of chapter 9, *Penalties*: two weights on a map, twenty weights, a network, and an early stop.

All but `strength` are plain Python over numbers, compiled from this source for the site.
"""

import json
from functools import cache
from typing import Any

import numpy as np

from course_lib.chapters.ch07_beyond.experiments import decay  # noqa: F401  (shown again in this chapter)
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
)
from course_lib.explore.primitives import field, plane
from course_lib.nn import soft_threshold
from course_lib.plots import INK

from .networks import EPOCHS, EVERY, STORED, STRENGTHS

_DATA, _ONE, _TWO, _TRAIN, _TEST = "#D70272", "#0072B2", "#D55E00", "#0072B2", "#D55E00"

# ---------------------------------------------------------------- 1 · two weights

_MOST, _POINTS = 3.0, 60
_WINDOW = [[-3.2, 3.2], [-2.5, 2.5]]
_LEVELS = [0.05, 0.3, 1.0, 2.4, 4.5, 8.0]


def _minimum(b: Any, c: float, l1: float, l2: float) -> Any:
    """Return where the loss ½ (w − b)ᵀ [[1, c], [c, 1]] (w − b), with a price l1 ‖w‖₁ + ½ l2 ‖w‖², is least.

    Each weight in turn goes to its own minimum; 120 rounds are enough for |c| ≤ 0.9.
    """
    w1, w2 = b[0], b[1]
    for _ in range(120):
        w1 = soft_threshold(b[0] - c * (w2 - b[1]), l1) / (1 + l2)
        w2 = soft_threshold(b[1] - c * (w1 - b[0]), l1) / (1 + l2)
    return [w1, w2]


def _within(b: Any, c: float, limit: float) -> Any:
    """Return where the loss is least among the weights of norm at most `limit`: with L2, as strong as it takes."""
    if np.sqrt(b[0] * b[0] + b[1] * b[1]) <= limit:
        return [b[0], b[1]]
    low, high = 0.0, 1e9
    for _ in range(80):
        middle = (low + high) / 2
        w = _ridge(b, c, middle)
        if np.sqrt(w[0] * w[0] + w[1] * w[1]) > limit:
            low = middle
        else:
            high = middle
    return _ridge(b, c, high)


def _ridge(b: Any, c: float, l2: float) -> Any:
    """Return the minimum with L2 alone, from its two linear equations."""
    p, q, d = b[0] + c * b[1], c * b[0] + b[1], 1 + l2
    return [(d * p - c * q) / (d * d - c * c), (d * q - c * p) / (d * d - c * c)]


def _chosen(kind: str, strength: float, c: float, b: Any) -> Any:
    """Return the minimum under a penalty of this kind; of max-norm, the strength is the limit."""
    if kind == "L1":
        return _minimum(b, c, strength, 0.0)
    if kind == "L2":
        return _ridge(b, c, strength)
    if kind == "elastic":
        return _minimum(b, c, strength / 2, strength / 2)
    return _within(b, c, strength)


def _ball(kind: str, w: Any) -> Any:
    """Return the curve of all weights that cost as much as w."""
    one, two = abs(w[0]) + abs(w[1]), np.sqrt(w[0] * w[0] + w[1] * w[1])
    xs, ys = [], []
    for i in range(121):
        u, v = np.cos(i * np.pi / 60), np.sin(i * np.pi / 60)
        corner = abs(u) + abs(v)
        if kind == "L1":
            r = one / corner
        elif kind == "elastic":  # r corner + r²/2 = one + two²/2
            r = np.sqrt(corner * corner + 2 * one + two * two) - corner
        else:
            r = two
        xs.append(r * u)
        ys.append(r * v)
    return {"x": xs, "y": ys}


def _level(b: Any, c: float, loss: float) -> Any:
    """Return the ellipse of all weights with this loss; its axes lie along (1, 1) and (1, −1)."""
    same, apart = np.sqrt(loss / (1 + c)), np.sqrt(loss / (1 - c))
    xs, ys = [], []
    for i in range(121):
        u, v = same * np.cos(i * np.pi / 60), apart * np.sin(i * np.pi / 60)
        xs.append(b[0] + u + v)
        ys.append(b[1] + u - v)
    return {"x": xs, "y": ys}


def _geometry(kind: str, lam: float, limit: float, c: float, b: Any) -> Data:
    strength = limit if kind == "max" else lam
    grid = [_MOST * i / _POINTS for i in range(_POINTS + 1)]
    path = [_chosen(kind, s, c, b) for s in grid]
    w = _chosen(kind, strength, c, b)
    x, y = w[0] - b[0], w[1] - b[1]
    data = {
        "touching": _level(b, c, (x * x + y * y) / 2 + c * x * y),
        "path": {"x": [p[0] for p in path], "y": [p[1] for p in path]},
        "ball": _ball(kind, w),
        "here": {"x": [w[0]], "y": [w[1]]},
        "first": {"x": grid, "y": [p[0] for p in path]},
        "second": {"x": grid, "y": [p[1] for p in path]},
        "now": strength,
        "w1": w[0],
        "w2": w[1],
    }
    for i in range(len(_LEVELS)):
        data["level " + str(i)] = _level(b, c, _LEVELS[i])
    return data


def _geometry_backdrop() -> Data:
    return {"window": {"x": _WINDOW[0], "y": _WINDOW[1]}}


@experiment(page="09_penalties")
def geometry(**values: Any) -> Experiment:
    """Show the minimum of a loss over two weights under a penalty, and how it moves as the strength grows.

    Controls: ``kind`` (``"L2"``, ``"L1"``, ``"elastic"``, ``"max"``), ``lam``, ``limit`` of max-norm, ``c``, the
    correlation of the two inputs, and ``b``, the minimum of the loss alone.

    >>> data = geometry(kind="L1", lam=1.0).data
    >>> data["w1"], data["w2"]
    (1.0, 0.0)
    """
    kinds = {"L2": "L2", "L1": "L1", "elastic": "elastic net, half of each", "max": "max-norm"}
    return Experiment(
        "geometry",
        [
            choice("kind", "Penalty", kinds, "L2", shows={"lam": ["L2", "L1", "elastic"], "limit": ["max"]}),
            slider("lam", "strength λ", 0, _MOST, 1.0, step=0.05),
            slider("limit", "limit of the norm", 0, _MOST, 1.0, step=0.05),
            slider("c", "correlation c", -0.9, 0.9, 0.0, step=0.1, format=".1f"),
            point("b", "minimum of the loss", (2.0, 0.6), within="window"),
        ],
        _geometry,
        [
            panel(
                "Two weights",
                axis("w₁", "window.x"),
                axis("w₂", "window.y"),
                [
                    *[line(f"level {i}", color=INK, width=0.7) for i in range(len(_LEVELS))],
                    line("touching", label="level line of the loss", color=INK, width=2),
                    line("ball", label="solution's price/norm", color="currentColor", width=2),
                    line("path", label="path as λ (or the limit) changes", color=_DATA, width=2.5),
                    points("here", label="solution", color=_DATA, radius=6),
                    drag("b", label="Minimum of the loss"),
                ],
                equal=True,
                alt="Level lines of the loss around its minimum, the curve of equal penalty through the penalized"
                " minimum, and the way of that minimum as the strength changes.",
            ),
            panel(
                "Each weight",
                axis("strength λ, or the limit of max-norm", (0, _MOST)),
                axis("weight", (-1.5, 3.2)),
                [
                    rule("now", axis="x"),
                    rule(0, color="currentColor", dashed=False, width=1),
                    line("first", label="w₁", color=_ONE, width=2.5),
                    line("second", label="w₂", color=_TWO, width=2.5),
                ],
                alt="The two weights of the penalized minimum against the strength of the penalty.",
            ),
        ],
        readouts=[
            readout("w1", "w₁", format=".2f", color=_ONE),
            readout("w2", "w₂", format=".2f", color=_TWO),
        ],
        backdrop=_geometry_backdrop,
        caption="The penalized minimum lies where a level line of the loss touches the curve of equal price: L1's has"
        " corners, and there a weight is exactly 0.",
        alt="Two weights under a penalty: the minimum moves to the origin, with L1 by way of a corner.",
        values=values,
    )


# ---------------------------------------------------------------- 2 · twenty weights

_WEIGHTS, _IDLE, _STEPS = 20, 14, 200


def _shrink(how: str, lr: float, lam: float) -> Data:
    start = [(1.0 - 2 * (i % 2)) * (0.05 + 0.1 * i) for i in range(_WEIGHTS)]
    target = [0.0 if i < _IDLE else start[i] for i in range(_WEIGHTS)]
    w = [s for s in start]
    frames, small, large = [w], [w[8]], [w[18]]
    for _ in range(_STEPS):
        after = []
        for i in range(_WEIGHTS):
            g = w[i] - target[i]
            if how == "L2":
                after.append(w[i] - lr * (g + lam * w[i]))
            elif how == "subgradient":
                after.append(w[i] - lr * (g + lam * np.sign(w[i])))
            else:
                after.append(soft_threshold(w[i] - lr * g, lr * lam))
        w = after
        frames.append(w)
        small.append(w[8])
        large.append(w[18])
    return {
        "wanted at 0": {"x": [i + 0.5 for i in range(_IDLE + 1)], "y": [f[:_IDLE] for f in frames]},
        "wanted": {"x": [i + 0.5 for i in range(_IDLE, _WEIGHTS + 1)], "y": [f[_IDLE:] for f in frames]},
        "idle": {"w": small},
        "needed": {"w": large},
        "zeros": sum([1 if v == 0 else 0 for v in w]),
        "near": sum([1 if abs(v) < 0.01 else 0 for v in w]),
        "largest": max([abs(w[i]) for i in range(_IDLE)]),
        "kept": w[18],
    }


@experiment(page="09_penalties")
def shrink(**values: Any) -> Experiment:
    """Show twenty weights under a penalty for 200 steps; the data want fourteen of them at 0, six where they start.

    Controls: ``how`` (``"L2"``, ``"subgradient"`` or ``"proximal"`` for L1), ``lr``, ``lam``.

    >>> shrink(how="subgradient").data["zeros"], shrink(how="proximal").data["zeros"]
    (0.0, 14.0)
    """
    ways = {"L2": "L2", "subgradient": "L1, in the gradient", "proximal": "L1, proximal step"}
    return Experiment(
        "shrink",
        [
            choice("how", "Penalty", ways, "subgradient"),
            slider("lr", "rate α", 0.05, 0.5, 0.2, step=0.05),
            slider("lam", "strength λ", 0, 1, 0.3, step=0.05),
        ],
        _shrink,
        [
            panel(
                "Twenty weights",
                axis("weight number", (0.5, 20.5)),
                axis("weight", (-2, 2)),
                [bars("wanted", color=_TWO, timed=True), bars("wanted at 0", color=_ONE, timed=True)],
                alt="Bars of twenty weights. Fourteen, in blue, shrink to about 0; six, in orange, keep most of it.",
            ),
            panel(
                "Two of them",
                axis("step t", (0, _STEPS)),
                axis("weight", (-0.3, 2)),
                [
                    rule(0, color="currentColor", dashed=False, width=1),
                    line("needed", x="step", y="w", label="number 19, needed", color=_TWO, timed=True, width=2.5),
                    line("idle", x="step", y="w", label="number 9, wanted at 0", color=_ONE, timed=True, width=2.5),
                ],
                alt="One weight that the data need and one that they want at 0, over 200 steps.",
            ),
        ],
        readouts=[
            readout("zeros", "exactly 0 at the end", format="d"),
            readout("near", "below 0.01 at the end", format="d"),
            readout("largest", "largest of 14 at the end", format=".2~g", color=_ONE),
            readout("kept", "number 19 at the end", format=".2f", color=_TWO),
        ],
        caption="With the gradient of L1 weights jump around 0 for ever; the proximal step lets them rest there.",
        alt="Twenty weights that shrink: with a proximal step fourteen become exactly 0, with a gradient none does.",
        values=values,
    )


# ---------------------------------------------------------------- 3 · a network

_NAMES = ["L2", "L1", "elastic"]


@cache
def _stored() -> dict[str, Any]:
    return json.loads(STORED.read_text("utf-8"))


def _strength(kind: str, lam: float, wrong: str) -> Data:
    row = _stored()[f"{kind} {lam:g} {wrong}"]
    rows = [_stored()[f"{kind} {value:g} {wrong}"] for value in STRENGTHS]
    epochs, places = np.arange(EVERY, EPOCHS + 1, EVERY), np.arange(len(STRENGTHS))
    return {
        "train": {"x": epochs, "y": row["train"]},
        "test": {"x": epochs, "y": row["test"]},
        "train ends": {"x": places, "y": [each["train"][-1] for each in rows]},
        "test ends": {"x": places, "y": [each["test"][-1] for each in rows]},
        "here": STRENGTHS.index(lam),
        "right": 100 - int(wrong),
        "at_train": row["train"][-1],
        "at_test": row["test"][-1],
        "best_test": max(row["test"]),
        "zeros": row["zeros"],
        "norm": row["norm"],
    }


@experiment(page="09_penalties")
def strength(**values: Any) -> Experiment:
    """Show how a network learns 300 digits under a penalty, mean of four seeds; 30 % of the labels are wrong, or none.

    Controls: ``kind`` (``"L2"``, ``"L1"``, ``"elastic"``), ``lam``, ``wrong`` (``"30"``, ``"0"``).

    >>> data = strength(kind="L2", lam=0.02).data
    >>> data["at_test"] > strength(lam=0).data["at_test"] + 10
    True
    """
    kinds = {"L2": "L2", "L1": "L1", "elastic": "elastic net"}
    return Experiment(
        "strength",
        [
            choice("kind", "Penalty", kinds, "L2"),
            slider("lam", "strength λ", values=STRENGTHS, value=0.0, format=".2~g"),
            choice("wrong", "Wrong labels", {"30": "30 %", "0": "none"}, "30"),
        ],
        _strength,
        [
            panel(
                "Accuracy while it learns",
                axis("epoch", (0, EPOCHS)),
                axis("accuracy, %", (0, 100)),
                [
                    rule("right", label="share of right labels"),
                    line("train", label="training labels", color=_TRAIN, width=2.5),
                    line("test", label="test digits", color=_TEST, width=2.5),
                ],
                alt="Accuracy on the training labels and on the test digits over 100 epochs.",
            ),
            panel(
                "At the end, by strength",
                axis("strength λ", names=[f"{lam:g}" * (i % 2 == 0) for i, lam in enumerate(STRENGTHS)]),
                axis("accuracy, %", (0, 100)),
                [
                    rule("here", axis="x"),
                    line("train ends", color=_TRAIN, width=1.5),
                    line("test ends", color=_TEST, width=1.5),
                    points("train ends", color=_TRAIN, radius=4),
                    points("test ends", color=_TEST, radius=4),
                ],
                alt="Both accuracies in the last epoch against the strength; that on the test digits has a hill.",
            ),
        ],
        readouts=[
            readout("at_train", "training labels learnt, %", format=".1f", color=_TRAIN),
            readout("at_test", "test accuracy, %", format=".1f", color=_TEST),
            readout("best_test", "at its best on the way, %", format=".1f", color=_TEST),
            readout("zeros", "weights at exactly 0, %", format=".1f"),
            readout("norm", "norm of the weights", format=".1f"),
        ],
        tabulated=True,
        caption="With 30 % wrong labels, the test accuracy is highest where about 70 % of the training labels are"
        " learnt, as many as are right. Means of four seeds.",
        alt="Accuracies of a network under a penalty: over the epochs, and at the end for each strength.",
        values=values,
    )


# ---------------------------------------------------------------- 4 · an early stop

_B = [2.0, 1.6]
_CURVES = 61


def _left(h: float, lr: float, t: float) -> float:
    """Return the share of an error that t steps of gradient descent leave along a curvature h."""
    return (1 - lr * h) ** t


def _stopping(h: float, lr: float, t: float) -> Data:
    lam = 1 / (lr * t)
    curvatures = [10 ** (3 * i / (_CURVES - 1) - 3) for i in range(_CURVES)]
    ridge = [10 ** (6 * i / 120 - 4) for i in range(121)]
    left, left_flat = _left(1.0, lr, t), _left(h, lr, t)
    return {
        "steps": {
            "x": [_B[0] * (1 - _left(1.0, lr, k)) for k in range(401)],
            "y": [_B[1] * (1 - _left(h, lr, k)) for k in range(401)],
        },
        "ridge": {"x": [_B[0] / (1 + s) for s in ridge], "y": [_B[1] * h / (h + s) for s in ridge]},
        "stop": {"x": [_B[0] * (1 - left)], "y": [_B[1] * (1 - left_flat)]},
        "rule": {"x": [_B[0] / (1 + lam)], "y": [_B[1] * h / (h + lam)]},
        "goal": {"x": [_B[0]], "y": [_B[1]]},
        "learnt": {"x": curvatures, "y": [100 * (1 - _left(c, lr, t)) for c in curvatures]},
        "kept": {"x": curvatures, "y": [100 * c / (c + lam) for c in curvatures]},
        "flat": h,
        "lam": lam,
        "exact_flat": h * left_flat / (1 - left_flat),
        "exact_steep": left / (1 - left),
        "share_flat": 100 * (1 - left_flat),
        "share_ridge": 100 * h / (h + lam),
    }


def _stopping_backdrop(h: float) -> Data:
    def loss(x: float, y: float) -> float:
        return ((x - _B[0]) ** 2 + h * (y - _B[1]) ** 2) / 2

    window = [[-0.4, 3.0], [-0.4, 2.3]]
    return {"window": {"x": window[0], "y": window[1]}, "field": field(plane(loss, window, 0.0), window, 48)}


@experiment(page="09_penalties")
def stopping(**values: Any) -> Experiment:
    """Show gradient descent that stops after t steps, and the minima under L2, in a bowl of curvatures 1 and h.

    Controls: ``h``, ``lr``, ``t``.

    >>> round(stopping(h=0.01, lr=0.5, t=20).data["exact_flat"], 3)
    0.095
    """
    early, l2 = colour_of("EarlyStopping"), colour_of("L2")
    return Experiment(
        "stopping",
        [
            slider("t", "stop after t steps", 1, 400, 20, log=True, step=1, format=".0f"),
            slider("lr", "rate α", 0.05, 0.9, 0.5, step=0.05),
            slider("h", "flat curvature h", 0.005, 0.5, 0.01, log=True, format=".2~g"),
        ],
        _stopping,
        [
            panel(
                "Two ways to the minimum",
                axis("w₁ (curvature 1)", "window.x"),
                axis("w₂ (flat)", "window.y"),
                [
                    contour("field"),
                    line("ridge", label="minima with L2, all strengths", color=l2, width=2.5),
                    line("steps", label="gradient descent from 0", color=early, width=2.5),
                    points("rule", label="L2 with λ = 1/(αt)", color=l2, radius=6),
                    points("stop", label="after t steps", color=early, radius=6),
                    points("goal", color="currentColor", shape="cross", radius=6),
                ],
                alt="Level lines of a long bowl, and two curves from the origin to its minimum that run close together:"
                " the steps of gradient descent, and the minima with L2.",
            ),
            panel(
                "Share of the way",
                axis("curvature", (0.001, 1), log=True),
                axis("share of the way, %", (0, 100)),
                [
                    rule("flat", axis="x"),
                    line("kept", color=l2, width=2.5),
                    line("learnt", color=early, width=2.5),
                ],
                alt="Two S-shaped curves that rise with the curvature, close together where they are low.",
            ),
        ],
        readouts=[
            readout("lam", "1/(αt)", format=".2~g", color=l2),
            readout("exact_flat", "as strict as t steps: λ, flat direction", format=".2~g"),
            readout("exact_steep", "λ, steep direction", format=".2~g"),
            readout("share_flat", "flat direction, after t steps, %", format=".1f", color=early),
            readout("share_ridge", "with L2, %", format=".1f", color=l2),
        ],
        backdrop=_stopping_backdrop,
        caption="To stop after t steps is much like L2 with λ = 1/(αt): both get far in steep directions and not in"
        " flat ones.",
        alt="Gradient descent that stops early beside the minima under L2, which lie close to its path.",
        values=values,
    )
