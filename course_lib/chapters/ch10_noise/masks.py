"""The experiment of chapter 10 on a network that is small enough to list every mask: six hidden units, 64 networks."""

from typing import Any

import numpy as np

from course_lib.explore.experiment import Data, Experiment, experiment
from course_lib.explore.parts import axis, bars, choice, panel, readout, rule, slider
from course_lib.explore.primitives import uniforms

#: Weights of the two inputs, biases, and weights of the output.
W1 = [[1.2, -0.7, 0.4, 0.9, -0.6, 0.3], [-0.5, 1.1, 0.8, -0.6, 0.7, 1.3]]
B1 = [0.1, 0.35, -0.1, 0.3, 0.7, -0.2]
W2 = [1.0, -1.2, 0.8, 1.5, 0.9, -0.7]
B2 = 0.2
UNITS = 6
_BINS = 40


def hidden(x1: float, x2: float) -> list[float]:
    """Return the six hidden units, h = ReLU(W₁ᵀx + b₁)."""
    return [np.maximum(W1[0][i] * x1 + W1[1][i] * x2 + B1[i], 0.0) for i in range(UNITS)]


def output(h: list[float], after: str) -> float:
    """Return the output, a sum over the hidden units, or its sigmoid."""
    total = B2
    for i in range(UNITS):
        total = total + W2[i] * h[i]
    return total if after == "sum" else 1 / (1 + np.exp(-total))


def _scaled(h: list[float], factor: float) -> list[float]:
    return [factor * value for value in h]


def _masks(x1: float, x2: float, keep: float, draw: float, after: str) -> Data:
    h = hidden(x1, x2)
    u = uniforms(int(draw), UNITS)
    z = [1 if u[i] < keep else 0 for i in range(UNITS)]
    low = 0.0
    high = 1.0
    if after == "sum":  # from the lowest sum of all to the highest
        low = B2 - 0.5
        high = B2 + 0.5
        for i in range(UNITS):
            low = low + np.minimum(W2[i] * h[i], 0.0)
            high = high + np.maximum(W2[i] * h[i], 0.0)
    width = (high - low) / _BINS
    chance = [0.0 for i in range(_BINS)]
    exact = 0.0
    for code in range(64):  # bit i of the code says whether unit i is kept
        p = 1.0
        rest = code
        kept = []
        for i in range(UNITS):
            bit = rest % 2
            rest = rest // 2
            p = p * (keep if bit == 1 else 1 - keep)
            kept.append(bit * h[i])
        y = output(kept, after)
        exact = exact + p * y
        place = (y - low) // width
        if place >= 0 and place < _BINS:
            chance[int(place)] = chance[int(place)] + 100 * p
    return {
        "all units": {"x": [i + 0.5 for i in range(UNITS + 1)], "y": h},
        "kept units": {"x": [i + 0.5 for i in range(UNITS + 1)], "y": [h[i] * z[i] for i in range(UNITS)]},
        "outputs": {"x": [low + width * i for i in range(_BINS + 1)], "y": chance},
        "range": [low, high],
        "exact": exact,
        "shortcut": output(_scaled(h, keep), after),
        "unscaled": output(h, after),
        "wrong": output(_scaled(h, 1 - keep), after),
        "this": output([h[i] * z[i] for i in range(UNITS)], after),
    }


@experiment(page="10_noise")
def masks(**values: Any) -> Experiment:
    """Show what a network of six hidden units gives under all 64 masks, their mean, and the shortcuts for it.

    Controls: ``keep``, ``after`` (``"sum"`` or ``"sigmoid"``), the input ``x1`` and ``x2``, ``draw`` (a mask).

    >>> data = masks(keep=0.8, after="sum").data
    >>> round(data["exact"], 3) == round(data["shortcut"], 3)
    True
    """
    blue, orange, green, violet = "#0072B2", "#D55E00", "#009E73", "#9671FE"
    return Experiment(
        "masks",
        [
            slider("keep", "probability to keep, p", 0.1, 1, 0.8, step=0.01),
            choice("after", "Output", {"sum": "the sum", "sigmoid": "its sigmoid"}, "sum"),
            slider("draw", "draw a mask", 1, 40, 1, step=1, format=".0f"),
            slider("x1", "input x₁", -2, 2, 1.0, step=0.1, format=".1f"),
            slider("x2", "input x₂", -2, 2, 0.5, step=0.1, format=".1f"),
        ],
        _masks,
        [
            panel(
                "Six hidden units, one mask",
                axis("unit", (0.5, UNITS + 0.5)),
                axis("output of the unit", (0, 4)),
                [bars("all units", label="dropped", color="#B9BEC7"), bars("kept units", label="kept", color=violet)],
                alt="Six bars, the outputs of the hidden units; those that this mask drops are grey.",
            ),
            panel(
                "The output under all 64 masks",
                axis("output", "range"),
                axis("probability, %", (0, 60)),
                [
                    bars("outputs", color="#8FB4D9"),
                    rule("unscaled", axis="x", label="all units, not scaled", color="currentColor"),
                    rule("this", axis="x", label="this mask", color=violet, dashed=False),
                    rule("exact", axis="x", label="mean", color=blue, dashed=False, width=2),
                    rule("shortcut", axis="x", label="scaled by p", color=green, width=3),
                    rule("wrong", axis="x", label="scaled by 1 − p", color=orange),  # on top: at ½ it is the right one
                ],
                alt="A histogram of the output over all masks; lines at its mean, three shortcuts and this mask.",
            ),
        ],
        readouts=[
            readout("exact", "mean over the masks", format=".3f", color=blue),
            readout("shortcut", "shortcut, scaled by p", format=".3f", color=green),
            readout("unscaled", "not scaled", format=".3f"),
            readout("wrong", "scaled by 1 − p", format=".3f", color=orange),
            readout("this", "this mask", format=".3f", color=violet),
        ],
        caption="Each unit is the ReLU of a weighted sum of x₁ and x₂, the output a weighted sum of the units."
        " The other panel has it for all 64 masks.",
        alt="A network of six hidden units under a random mask, and the distribution of its output over all masks.",
        values=values,
    )
