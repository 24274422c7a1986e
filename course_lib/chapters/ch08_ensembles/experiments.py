"""The experiments of chapter 8, *Model ensembles*: opinions, a committee, seeds and bags, snapshots, an average.

`committee` and `average` are plain Python over numbers, compiled from this source for the site. For the others the
networks were trained before (networks.py); what is drawn is read from networks.json.
"""

import json
from functools import cache
from typing import Any

import numpy as np

from course_lib.ensembles import mean_variance
from course_lib.explore.experiment import Data, Experiment, experiment
from course_lib.explore.parts import (
    axis,
    band,
    bars,
    choice,
    contour,
    image,
    line,
    panel,
    points,
    readout,
    rule,
    slider,
    toggle,
)
from course_lib.explore.primitives import field, normals, plane

from .networks import CYCLES, EPOCHS, HARD, MEMBERS, RATE, SIZES, STORED

#: Votes and averages are blue everywhere, single members and runs orange; bags green, controls pink.
_VOTE, _ONE, _BAG, _CONTROL = "#0072B2", "#D55E00", "#009E73", "#D70272"


@cache
def _stored() -> dict[str, Any]:
    return json.loads(STORED.read_text("utf-8"))


# ---------------------------------------------------------------- 1 · opinions


def _opinions(digit: float, M: float) -> Data:
    of, i, m = _stored()["opinions"], int(digit) - 1, int(M)
    p = np.array(of["p"])[:m, i]
    mean, favourites, right = p.mean(axis=0), p.argmax(axis=1), of["labels"][i]
    return {
        "picture": {"x": [0, 8], "y": [0, 8], "z": 1 - np.reshape(of["images"][i], (8, 8)) / 16},
        "mean": {"x": [k - 0.5 for k in range(11)], "y": 100 * mean},
        "members": {"x": favourites + 0.1 * np.arange(m) - 0.05 * (m - 1), "y": 100 * p.max(axis=1)},  # side by side
        "right": [right],
        "named": len(set(favourites.tolist())),
        "vote": int(mean.argmax()),
        "sure": 100 * mean.max(),
        "label": right,
        "together": of["together"][m - 1],
        "disagree": of["disagree"],
        "worst": min(of["alone"]),
        "best": max(of["alone"]),
    }


@experiment(page="08_ensembles")
def opinions(**values: Any) -> Experiment:
    """Show what eight networks, trained alike, say of a hard digit, and the mean of their probabilities.

    Controls: ``digit``, 1 to 12, and ``M``, how many members vote.

    >>> opinions(digit=1, M=8).data["named"] >= 3
    True
    """
    return Experiment(
        "opinions",
        [
            slider("digit", "hard digit", values=range(1, HARD + 1), value=1, format="d"),
            slider("M", "members that vote, M", values=range(1, MEMBERS + 1), value=8, format="d"),
        ],
        _opinions,
        [
            panel(
                "The digit",
                axis("pixel", (0, 8)),
                axis("pixel", (0, 8)),
                [image("picture")],
                ratio=1,
                alt="A handwritten digit of eight by eight pixels that is hard to read.",
            ),
            panel(
                "What they say",
                axis("class", (-0.5, 9.5), ticks=range(10)),
                axis("probability, %", (0, 100)),
                [
                    rule("right", axis="x", label="right label"),
                    bars("mean", label="mean of M members", color=_VOTE),
                    points("members", label="a member's favourite, and how sure", color=_ONE, radius=4),
                ],
                alt="Bars: the mean probability of each class. Dots: each member's favourite class and its probability."
                " The dots lie over several classes.",
            ),
        ],
        readouts=[
            readout("named", "different answers of these members", format="d", color=_ONE),
            readout("vote", "the vote says", format="d", color=_VOTE),
            readout("label", "right label", format="d"),
            readout("together", "all 1,000 test digits, vote of M, %", format=".1f", color=_VOTE),
            readout("worst", "the worst of the eight, %", format=".1f", color=_ONE),
            readout("best", "the best, %", format=".1f", color=_ONE),
            readout("disagree", "two of them disagree on, %", format=".0f"),
        ],
        tabulated=True,
        columns=2,
        caption="The twelve test digits on which these eight networks of one seed disagree most: each has a favourite,"
        " and they are not the same.",
        alt="A hard digit, the favourites of eight networks, and their mean.",
        values=values,
    )


# ---------------------------------------------------------------- 2 · committee

_MOST, _CASES, _AT = 16, 300, 61


def _committee(M: float, rho: float, sigma: float, draw: float) -> Data:
    # Each error is a shared part and one of the member's own; a curve is five sines and five cosines.
    z = normals(int(draw), 10 * (_MOST + 1))
    xs = [i / (_AT - 1) for i in range(_AT)]
    curves = []
    for m in range(_MOST + 1):
        curve = []
        for x in xs:
            e = 0.0
            for k in range(5):
                angle = 2 * np.pi * (k + 1) * x
                e = e + z[10 * m + 2 * k] * np.sin(angle) + z[10 * m + 2 * k + 1] * np.cos(angle)
            curve.append(e / np.sqrt(5.0))
        curves.append(curve)
    own, shared = sigma * np.sqrt(1 - rho), sigma * np.sqrt(rho)
    data = {}
    vote = [0.0 for x in xs]
    for m in range(_MOST):
        error = []
        if m < M:
            error = [shared * curves[_MOST][i] + own * curves[m][i] for i in range(_AT)]
            vote = [vote[i] + error[i] / M for i in range(_AT)]
        data["member " + str(m + 1)] = {"x": xs if m < M else [], "y": error}
    data["vote"] = {"x": xs, "y": vote}
    # The variance, drawn: the mean square of the mean of m members over independent cases.
    z = normals(int(draw) + 1000, _CASES * (_MOST + 1))
    squares = [0.0 for m in range(_MOST)]
    for i in range(_CASES):
        total = 0.0
        at = i * (_MOST + 1)
        for m in range(_MOST):
            total = total + shared * z[at + _MOST] + own * z[at + m]
            squares[m] = squares[m] + (total / (m + 1)) * (total / (m + 1)) / _CASES
    ms = [m + 1 for m in range(_MOST)]
    theory = mean_variance(rho, sigma, M)
    data["theory curve"] = {"x": ms, "y": [mean_variance(rho, sigma, m) for m in ms]}
    data["drawn"] = {"x": ms, "y": squares}
    data["here"] = {"x": [M], "y": [theory]}
    data["floor"] = rho * sigma * sigma
    data["theory"] = theory
    data["one"] = sigma * sigma
    data["this"] = squares[int(M) - 1]
    return data


@experiment(page="08_ensembles")
def committee(**values: Any) -> Experiment:
    """Show the errors of M members that share a part of them, their mean, and its variance, drawn and predicted.

    Controls: ``M``, ``rho``, ``sigma``, ``draw``.

    >>> round(committee(M=16, rho=0.9, sigma=1.0).data["theory"], 3)
    0.906
    """
    return Experiment(
        "committee",
        [
            slider("M", "members M", 1, _MOST, 4, step=1, format=".0f"),
            slider("rho", "correlation ρ", 0, 1, 0.3, step=0.05),
            slider("sigma", "standard deviation σ", 0.5, 1.5, 1.0, step=0.1, format=".1f"),
            slider("draw", "draw", 1, 20, 1, step=1, format=".0f"),
        ],
        _committee,
        [
            panel(
                "Errors of the members, and of their mean",
                axis("case", (0, 1)),
                axis("error", (-4, 4)),
                [
                    rule(0, color="currentColor", dashed=False, width=1),
                    line("member 1", label="each member", color=_ONE, width=0.8),
                    *[line(f"member {m + 1}", color=_ONE, width=0.8) for m in range(1, _MOST)],
                    line("vote", label="their mean", color=_VOTE, width=3),
                ],
                alt="Thin wavy lines, an error each, and a thick one, their mean; it swings less for a small ρ.",
            ),
            panel(
                "Variance of the mean",
                axis("members M", (0, 17)),
                axis("variance", (0, 2.4)),
                [
                    rule("floor", label="what all share, ρσ²"),
                    line("theory curve", label="predicted", color=_VOTE, width=2),
                    points("drawn", label="drawn, 300 cases", color=_ONE, radius=3),
                    points("here", label="predicted for this M", color=_VOTE, radius=6),
                ],
                alt="The variance falls with M from σ² towards the dashed floor ρσ²; drawn dots lie near the curve.",
            ),
        ],
        readouts=[
            readout("one", "variance of one", format=".2f"),
            readout("theory", "of the mean, predicted", format=".3f", color=_VOTE),
            readout("this", "of the mean, drawn", format=".3f", color=_ONE),
            readout("floor", "floor ρσ²", format=".3f"),
        ],
        caption="More members shrink only what they do not share: the variance falls to the dashed floor, no further.",
        alt="Errors of an ensemble's members and of their mean, whose variance falls with their number.",
        values=values,
    )


# ---------------------------------------------------------------- 3 · gain


def _gain(kind: str, labels: str, M: float) -> Data:
    of, place = _stored()["gain"], SIZES.index(M)
    data: Data = {"here": M}
    for name in ("independent", "bagged"):
        runs = np.array(of[f"{name} {labels}"]["accuracy"])
        data[name] = {"x": SIZES, "y": runs.mean(axis=0)}
        error = runs.std(axis=0, ddof=1) / np.sqrt(len(runs))
        data[f"{name} error"] = {"x": SIZES, "low": runs.mean(axis=0) - error, "high": runs.mean(axis=0) + error}
    chosen = of[f"{kind} {labels}"]
    own, single = np.array(chosen["accuracy"]), np.array(of[f"independent {labels}"]["accuracy"])[:, 0]
    predicted = [mean_variance(chosen["rho"], chosen["sigma2"] ** 0.5, m) for m in SIZES]
    return {
        **data,
        "predicted": {"x": SIZES, "y": predicted},
        "measured": {"x": SIZES, "y": chosen["drawn"]},
        "floor": chosen["rho"] * chosen["sigma2"],
        "alone": own[:, 0].mean(),
        "vote": own[:, place].mean(),
        "over": (own[:, place] - single).mean(),
        "rho": chosen["rho"],
        "sigma2": chosen["sigma2"],
        "disagree": chosen["disagree"],
    }


@experiment(page="08_ensembles")
def gain(**values: Any) -> Experiment:
    """Show what votes of M networks gain: independent ones, and bagged ones.

    Controls: ``kind`` (``"independent"`` or ``"bagged"``), ``labels`` (``"wrong"`` or ``"right"``), ``M``.

    >>> data = gain(kind="bagged", labels="wrong", M=16).data
    >>> data["alone"] < gain(kind="independent", labels="wrong", M=1).data["alone"] < data["vote"]
    True
    """
    return Experiment(
        "gain",
        [
            choice("kind", "Members", {"independent": "independent", "bagged": "bagged"}, "independent"),
            choice("labels", "Labels", {"wrong": "30 % wrong", "right": "all right"}, "wrong"),
            slider("M", "members that vote, M", values=SIZES, value=16, format="d"),
        ],
        _gain,
        [
            panel(
                "Accuracy of the vote",
                axis("members M", (0, 17)),
                axis("test accuracy, %", (65, 96)),
                [
                    rule("here", axis="x"),
                    band("independent error", color=_VOTE),
                    band("bagged error", color=_BAG),
                    line("independent", label="independent", color=_VOTE, width=2.5),
                    line("bagged", label="bagged", color=_BAG, width=2.5),
                ],
                alt="Accuracy of the vote against the number of members. With wrong labels bagged members start below"
                " independent ones, and end above.",
            ),
            panel(
                "Variance of the chosen members' vote",
                axis("members M", (0, 17)),
                axis("variance of the error", (0, 0.06)),
                [
                    rule("floor", label="ρσ²"),
                    line("predicted", label="predicted by ρ, σ", color=_VOTE, width=2),
                    points("measured", label="measured", color=_ONE, radius=4),
                ],
                alt="The variance of the vote's error falls with M to a dashed floor; measured dots lie on the curve.",
            ),
        ],
        readouts=[
            readout("alone", "one of these alone, %", format=".1f", color=_ONE),
            readout("vote", "vote of M, %", format=".1f", color=_VOTE),
            readout("over", "over one independent network, points", format="+.1f"),
            readout("rho", "correlation ρ of their errors", format=".2f"),
            readout("sigma2", "variance σ² of one", format=".3f"),
            readout("disagree", "two disagree on, %", format=".0f"),
        ],
        tabulated=True,
        caption="Means of twelve seeds, 300 digits each, with one standard error: bagged members are worse, and less"
        " alike.",
        alt="Accuracy and variance of votes of independent and of bagged networks.",
        values=values,
    )


# ---------------------------------------------------------------- 4 · snapshots


def _snapshots(labels: str, cycles: float) -> Data:
    run, n = _stored()["snapshots"][f"{labels} {cycles:g}"], int(cycles)
    epochs, length = np.arange(EPOCHS + 1), EPOCHS // n
    ends = [length * (i + 1) for i in range(n)]
    within = np.append(epochs[:-1] % length, length)  # the last cycle ends, and no other begins
    bars_of = {"first": run["each"][0], "vote": run["vote"], "last": run["each"][-1], "single": run["single"][-1]}
    edges = {name: [i - 0.4, i + 0.4] for i, name in enumerate(bars_of)}
    return {
        "rate": {"x": epochs, "y": RATE / 2 * (1 + np.cos(np.pi * within / length))},
        "one rate": {"x": epochs, "y": RATE / 2 * (1 + np.cos(np.pi * epochs / EPOCHS))},
        "cyclic": {"x": epochs[1:], "y": run["curve"]},
        "one run": {"x": epochs[1:], "y": run["single"]},
        "taken": {"x": ends, "y": [run["curve"][end - 1] for end in ends]},
        **{f"{name} bar": {"x": edges[name], "y": [value]} for name, value in bars_of.items()},
        **bars_of,
        "disagree": run["disagree"],
    }


@experiment(page="08_ensembles")
def cyclic(**values: Any) -> Experiment:
    """Show snapshots of a run with a cyclic rate, their vote, and the controls.

    Controls: ``labels`` (``"wrong"`` or ``"right"``), ``cycles`` in the same 100 epochs.

    >>> data = cyclic(labels="wrong", cycles=5).data
    >>> data["first"] > data["vote"] > data["single"]
    True
    """
    names = ["first alone", "vote", "last alone", "one run"]
    return Experiment(
        "cyclic",
        [
            choice("labels", "Labels", {"wrong": "30 % wrong", "right": "all right"}, "wrong"),
            slider("cycles", "cycles in 100 epochs", values=CYCLES, value=5, format="d"),
        ],
        _snapshots,
        [
            panel(
                "The rate",
                axis("epoch", (0, EPOCHS)),
                axis("rate α", (0, 0.11)),
                [
                    line("one rate", label="one run", color=_CONTROL),
                    line("rate", label="in cycles", color=_VOTE, width=2.5),
                ],
                ratio=0.6,
                alt="The rate falls from 0.1 to 0 in each cycle, and jumps back; in the one run it falls once.",
            ),
            panel(
                "Test accuracy along the run",
                axis("epoch", (0, EPOCHS)),
                axis("test accuracy, %", (60, 100)),
                [
                    line("one run", label="one run", color=_CONTROL),
                    line("cyclic", label="in cycles", color=_VOTE),
                    points("taken", label="snapshot", color=_ONE, radius=5),
                ],
                ratio=0.6,
                alt="Test accuracy by epoch with a dot for each snapshot. With wrong labels the later ones are lower.",
            ),
            panel(
                "Vote and controls",
                axis("network or vote", names=names),
                axis("test accuracy, %", (0, 100)),
                [
                    bars("first bar", color=_ONE),
                    bars("vote bar", color=_VOTE),
                    bars("last bar", color=_ONE),
                    bars("single bar", color=_CONTROL),
                ],
                ratio=0.6,
                alt="Four bars: the first snapshot alone, the vote of all, the last alone, one run of the same length.",
            ),
        ],
        readouts=[
            readout("first", "first snapshot alone, %", format=".1f", color=_ONE),
            readout("vote", "vote of all, %", format=".1f", color=_VOTE),
            readout("last", "last alone, %", format=".1f", color=_ONE),
            readout("single", "one run, %", format=".1f", color=_CONTROL),
            readout("disagree", "two snapshots disagree on, %", format=".0f"),
        ],
        tabulated=True,
        caption="With wrong labels the vote beats one run of its length, and the first snapshot alone beats the vote;"
        " means of twelve seeds.",
        alt="A cyclic rate, the accuracy along the run, and the snapshots' vote beside its controls.",
        values=values,
    )


# ---------------------------------------------------------------- 5 · average

_STEPS, _LATE, _DRAWS = 400, 100, 10
_GOAL, _START = [5.0, 2.0], [1.0, 4.0]
_WINDOW = [[-0.5, 9.5], [-0.5, 4.5]]


def _bowl(x: Any, y: Any) -> Any:
    return 0.05 * (x - _GOAL[0]) * (x - _GOAL[0]) + 0.5 * (y - _GOAL[1]) * (y - _GOAL[1])


def _average(lr: float, decay: float, start_up: bool, draw: float) -> Data:
    data = {}
    late, late_mean = 0.0, 0.0
    for k in range(_DRAWS):  # the first is shown, all are in the two losses
        z = normals(20 * int(draw) + k, 2 * _STEPS)
        x, y, sum_x, sum_y, weight = _START[0], _START[1], 0.0, 0.0, 0.0
        xs, ys, mean_x, mean_y, losses, mean_losses = [x], [y], [], [], [], []
        for t in range(_STEPS):
            x = x - lr * (0.1 * (x - _GOAL[0]) + z[2 * t])
            y = y - lr * (y - _GOAL[1] + z[2 * t + 1])
            sum_x = decay * sum_x + (1 - decay) * x
            sum_y = decay * sum_y + (1 - decay) * y
            weight = decay * weight + (1 - decay)
            u = weight if start_up else 1.0
            loss, mean_loss = _bowl(x, y), _bowl(sum_x / u, sum_y / u)
            if t >= _STEPS - _LATE:
                late = late + loss / (_LATE * _DRAWS)
                late_mean = late_mean + mean_loss / (_LATE * _DRAWS)
            if k == 0:
                xs.append(x)
                ys.append(y)
                mean_x.append(sum_x / u)
                mean_y.append(sum_y / u)
                losses.append(loss)
                mean_losses.append(mean_loss)
        if k == 0:
            steps = [t + 1 for t in range(_STEPS)]
            data["points"] = {"x": xs, "y": ys}
            data["mean"] = {"x": mean_x, "y": mean_y}
            data["loss of points"] = {"x": steps, "y": losses}
            data["loss of mean"] = {"x": steps, "y": mean_losses}
            data["start"] = {"x": [_START[0]], "y": [_START[1]]}
            data["goal"] = {"x": [_GOAL[0]], "y": [_GOAL[1]]}
    data["late"] = late
    data["late_mean"] = late_mean
    data["memory"] = 1 / (1 - decay)
    return data


def _average_backdrop() -> Data:
    return {"field": field(plane(_bowl, _WINDOW, 0.0), _WINDOW, 40)}


@experiment(page="08_ensembles")
def average(**values: Any) -> Experiment:
    """Show noisy steps into a bowl, and the exponential moving average of the points.

    Controls: ``lr``, ``decay``, ``start_up`` (whether the start at 0 is corrected), ``draw``.

    >>> still = average(lr=0.02, decay=0.995).data
    >>> still["late_mean"] > still["late"]
    True
    """
    return Experiment(
        "average",
        [
            slider("lr", "rate α", 0.02, 0.5, 0.3, log=True),
            slider("decay", "decay d", 0.9, 0.995, 0.99, step=0.005, format=".3f"),
            toggle("start_up", "correct the start", True),
            slider("draw", "draw", 1, 20, 1, step=1, format=".0f"),
        ],
        _average,
        [
            panel(
                "Two weights",
                axis("w₁", (-0.5, 9.5)),
                axis("w₂", (-0.5, 4.5)),
                [
                    contour("field"),
                    line("points", label="the points", color=_ONE, width=1),
                    line("mean", label="their average", color=_VOTE, width=3),
                    points("start", label="start", color="currentColor", radius=5),
                    points("goal", label="minimum", color="currentColor", shape="cross", radius=6),
                ],
                alt="Level lines of a long bowl. A thin path jumps about its minimum; the average's thick one is calm.",
            ),
            panel(
                "Loss",
                axis("step", (0, _STEPS)),
                axis("loss", (1e-4, 10), log=True),
                [
                    line("loss of points", label="at the points", color=_ONE, width=1),
                    line("loss of mean", label="at the average", color=_VOTE, width=2.5),
                ],
                alt="The loss of the points falls and then jumps up and down; that of the average ends lower if the"
                " rate is large.",
            ),
        ],
        readouts=[
            readout("late", "loss of the points, last 100 of 400 steps", format=".3f", color=_ONE),
            readout("late_mean", "of their average", format=".3f", color=_VOTE),
            readout("memory", "memory 1/(1 − d), in steps", format=".0f"),
        ],
        backdrop=_average_backdrop,
        caption="At a large rate the average is far better than the points; at a small one it lags. Losses are means of"
        " ten draws.",
        alt="Noisy steps into a bowl, and the average of the points, with the loss of both.",
        values=values,
    )
