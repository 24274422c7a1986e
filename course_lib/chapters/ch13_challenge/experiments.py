"""The experiments of chapter 13, *Putting it together*: folds, two bells, the board, rungs of the ladder, a search."""

from functools import cache
from typing import Any

import numpy as np

from course_lib.explore.experiment import Data, Experiment, experiment
from course_lib.explore.parts import axis, bars, choice, line, panel, points, readout, rule, slider
from course_lib.explore.parts import toggle as switch
from course_lib.explore.primitives import uniforms
from course_lib.studies import load

from .networks import BUDGETS, HIGH_L2, LOW_L2, PUBLIC, stored

PAGE = "13_challenge"
_BLUE, _ORANGE, _PINK, _GREY = "#0072B2", "#D55E00", "#C2478F", "#7F7F7F"

# ---------------------------------------------------------------- 1 · folds

_ROWS = 100


def _order(shuffled: bool, draw: float) -> list[int]:
    """Return the rows in the file's order, or shuffled: each in turn changes places with one that is left."""
    order = [i for i in range(_ROWS)]
    if shuffled:
        u = uniforms(int(draw), _ROWS)
        for i in range(_ROWS):
            j = i + int((u[i] * (_ROWS - i)) // 1)
            order[i], order[j] = order[j], order[i]
    return order


def _folds(folds: float, fold: float, shuffled: bool, draw: float) -> Data:
    order = _order(shuffled, draw)
    size = int(_ROWS // folds)
    start = int(min(fold, folds) - 1) * size
    held = [order[k] for k in range(start, start + size)]
    kept = [i for i in range(_ROWS) if i not in held]
    classes = [0 for _ in range(10)]
    for i in held:  # ten rows of each class, as in a file that is sorted by class
        classes[i // 10] = classes[i // 10] + 1
    return {
        "held": {"x": [i % 10 + 0.5 for i in held], "y": [i // 10 for i in held]},
        "kept": {"x": [i % 10 + 0.5 for i in kept], "y": [i // 10 for i in kept]},
        "classes": {"y": classes},
        "even": size / 10,
        "trained": len(kept),
        "tested": len(held),
        "missing": sum([1 if n == 10 else 0 for n in classes]),
        "one": 100 * (0.9 * 0.1 / size) ** 0.5,
        "all": 100 * (0.9 * 0.1 / (size * folds)) ** 0.5,
    }


@experiment(page=PAGE)
def folds(**values: Any) -> Experiment:
    """Show which of 100 digits, ten of each class, a fold holds out.

    Controls: ``folds`` (2, 4, 5, 10 or 20), ``fold`` from 1 on, ``shuffled``, ``draw``.

    >>> folds(shuffled=False).data["missing"], folds(shuffled=True).data["missing"]
    (2.0, 0.0)
    """
    return Experiment(
        "folds",
        [
            slider("folds", "folds k", values=(2, 4, 5, 10, 20), value=5, format="d"),
            slider("fold", "fold shown", 1, 20, 1, step=1, format="d"),
            switch("shuffled", "shuffled first", True),
            slider("draw", "draw", 1, 20, 1, step=1, format="d"),
        ],
        _folds,
        [
            panel(
                "A hundred digits, a row for each class",
                axis("the class's first to tenth digit", (0, 10)),
                axis("class", names=[str(k) for k in range(10)]),
                [
                    points("kept", label="trained on", color=_GREY, radius=3),
                    points("held", label="held out", color=_ORANGE, radius=6),
                ],
                alt="Ten rows of ten dots, a row for each class. The digits of the fold are large.",
            ),
            panel(
                "The fold's classes",
                axis("class", names=[str(k) for k in range(10)]),
                axis("digits held out", (0, 10)),
                [bars("classes", color=_ORANGE), rule("even", label="even share")],
                alt="Bars: how many digits of each class the fold holds out, beside an even share.",
            ),
        ],
        readouts=[
            readout("trained", "trained on", format="d"),
            readout("tested", "held out", format="d", color=_ORANGE),
            readout("missing", "classes never trained on", format="d"),
            readout("one", "error of one fold at 90 %, points", format=".1f"),
            readout("all", "of all, if independent", format=".1f"),
        ],
        caption="Each digit is held out once. Without shuffling, a file sorted by class makes folds of whole classes.",
        alt="A hundred digits and the fold that is held out, with the number of its digits in each class.",
        values=values,
    )


# ---------------------------------------------------------------- 2 · two bells


def _bell(mean: float, sd: float, xs: list[float]) -> list[float]:
    return [np.exp(-(((x - mean) / sd) ** 2) / 2) / (sd * np.sqrt(2 * np.pi)) for x in xs]


def _bells(n: float, accuracy: float, gap: float, apart: float) -> Data:
    p, q = accuracy / 100, (accuracy + gap) / 100
    first, second = 100 * np.sqrt(p * (1 - p) / n), 100 * np.sqrt(q * (1 - q) / n)
    unpaired = np.sqrt(first**2 + second**2)
    wrong = (1 - p) + (1 - q)  # on digits where just one is right, the other is wrong: there can be no more of them
    share = min(max(apart / 100, q - p), wrong)
    paired = 100 * np.sqrt((share - (q - p) ** 2) / n)
    xs = [80 + 20 * i / 400 for i in range(401)]
    gaps = [-6 + 12 * i / 240 for i in range(241)]
    flat = [0 for _ in gaps]
    scores = [_bell(accuracy, first, xs), _bell(accuracy + gap, second, xs)]
    differences = [_bell(gap, unpaired, gaps), _bell(gap, paired, gaps) if paired > 0.01 else flat]
    return {
        "first": {"x": xs, "y": scores[0]},
        "second": {"x": xs, "y": scores[1]},
        "apart": {"x": gaps, "y": differences[0]},
        "paired": {"x": gaps, "y": differences[1]},
        "left": {"y": [0, max(1.4, 1.05 * max(scores[0]), 1.05 * max(scores[1]))]},
        "right": {"y": [0, max(1.4, 1.05 * max(differences[0]), 1.05 * max(differences[1]))]},
        "error": first,
        "share": 100 * share,
        "ratio": gap / unpaired,
        "unpaired_error": unpaired,
        "paired_error": paired,
        "paired_ratio": gap / paired if paired > 0.01 else None,
    }


@experiment(page=PAGE)
def bells(**values: Any) -> Experiment:
    """Show the scores that two classifiers get on n digits drawn anew, and the difference on the same digits or not.

    Controls: ``n``, ``accuracy`` and ``gap`` in %, ``apart``: the digits in % on which just one of the two is right,
    kept between the gap and both error rates together.

    >>> data = bells(n=1000, accuracy=95, gap=1, apart=3).data
    >>> round(data["ratio"], 1), round(data["paired_ratio"], 1)
    (1.1, 1.8)
    """
    return Experiment(
        "bells",
        [
            slider("n", "test digits n", values=(20, 50, 100, 200, 500, 800, 1000, 2000, 5000), value=1000, format="d"),
            slider("accuracy", "accuracy of the first, %", 85, 97, 95, step=0.5, format=".1f"),
            slider("gap", "the second is better by, points", 0, 2.5, 1, step=0.1, format=".1f"),
            slider("apart", "one right, one wrong, %", 0, 8, 3, step=0.5, format=".1f"),
        ],
        _bells,
        [
            panel(
                "Scores on n digits",
                axis("accuracy, %", (80, 100)),
                axis("density", "left.y"),
                [
                    line("first", label="first", color=_BLUE, width=2.5),
                    line("second", label="second", color=_ORANGE, width=2.5),
                ],
                alt="Two bells of scores, that of the better classifier further to the right; they overlap.",
            ),
            panel(
                "Second minus first",
                axis("difference, points", (-6, 6)),
                axis("density", "right.y"),
                [
                    rule(0, axis="x"),
                    line("apart", label="each on digits of its own", color=_GREY, width=2.5),
                    line("paired", label="on the same digits", color=_PINK, width=2.5),
                ],
                alt="Two bells of the difference: on the same digits it is narrower than on different ones.",
            ),
        ],
        readouts=[
            readout("error", "error of the first, points", format=".2f", color=_BLUE),
            readout("share", "share s that is possible, %", format=".1f"),
            readout("unpaired_error", "error of the gap, other digits", format=".2f", color=_GREY),
            readout("ratio", "gap over this error", format=".1f", color=_GREY),
            readout("paired_error", "error of the gap, same digits", format=".2f", color=_PINK),
            readout("paired_ratio", "gap over this error", format=".1f", color=_PINK, missing="–"),
        ],
        caption="The scores of two classifiers on n digits, and their difference: on the same digits it is surer,"
        " unless the two err on different ones.",
        alt="Bells of two classifiers' scores, and of their difference, on the same test digits and on different ones.",
        values=values,
    )


# ---------------------------------------------------------------- 3 · the board

_TRIED = (1, 2, 4, 8, 16, 32)


@cache
def _boards() -> dict[str, np.ndarray]:
    return {key: np.array(one) for key, one in stored()["boards"].items()}


def _board(entries: float, public: float) -> Data:
    shown, true = (_boards()[key][:, : int(entries)] for key in (f"{public:g}", "private"))
    best = shown.argmax(axis=1)  # of equals the first
    rows = np.arange(len(shown))
    lead, gain = shown[rows, best] - true[rows, best], true[rows, best] - _boards()["private"][:, 0]
    over = [(shown[:, :k].max(axis=1) - true[rows, shown[:, :k].argmax(axis=1)]).mean() for k in _TRIED]
    first = _boards()["private"][:, 0]
    gains = [(true[rows, shown[:, :k].argmax(axis=1)] - first).mean() for k in _TRIED]
    till = [k for k in range(len(_TRIED)) if _TRIED[k] <= entries]
    low, high = 80.0, 100.0
    return {
        "diagonal": {"x": [low, high], "y": [low, high]},
        "others": {"x": shown[0].clip(low), "y": true[0].clip(low)},
        "winner": {"x": [shown[0, best[0]]], "y": [true[0, best[0]]]},
        "over": {"x": till, "y": [over[k] for k in till]},
        "gains": {"x": till, "y": [gains[k] for k in till]},
        "lead": lead.mean(),
        "lead_error": lead.std(ddof=1) / len(lead) ** 0.5,
        "gain": gain.mean() + 0.0,
        "gain_error": gain.std(ddof=1) / len(gain) ** 0.5,
    }


@experiment(page=PAGE)
def board(**values: Any) -> Experiment:
    """Show what a public board says of up to 32 entries that are the same recipe with other seeds.

    Controls: ``entries`` (1 to 32) and ``public``, the digits of the public test.

    >>> data = board(entries=32, public=50).data
    >>> data["lead"] > 2 > data["gain"]
    True
    """
    return Experiment(
        "board",
        [
            slider("entries", "entries tried", values=_TRIED, value=1, format="d"),
            slider("public", "public digits", values=PUBLIC, value=50, format="d"),
        ],
        _board,
        [
            panel(
                "One board",
                axis("public score, %", (80, 100)),
                axis("score on 1,000 others, %", (80, 100)),
                [
                    line("diagonal", color="currentColor", dashed=True, width=1),
                    points("others", label="entries", color=_GREY, radius=4),
                    points("winner", label="first on the board", color=_ORANGE, radius=7),
                ],
                ratio=0.9,
                alt="Dots of entries: the public score across, the score on others up. The winner lies below the line"
                " of equal scores.",
            ),
            panel(
                "Forty boards, on average",
                axis("entries tried", names=[str(k) for k in _TRIED]),
                axis("points", (-1, 6)),
                [
                    rule(0),
                    line("over", color=_ORANGE),
                    points("over", label="the winner's score is too high by", color=_ORANGE, radius=5),
                    line("gains", color=_BLUE),
                    points("gains", label="the winner is really better by", color=_BLUE, radius=5),
                ],
                alt="Two curves over the number of entries: the winner's excess rises, its true gain hardly.",
            ),
        ],
        readouts=[
            readout("lead", "shown minus true, points", format=".1f", color=_ORANGE),
            readout("lead_error", "its error", format=".1f", color=_ORANGE),
            readout("gain", "better than the first entry, points", format=".1f", color=_BLUE),
            readout("gain_error", "its error", format=".1f", color=_BLUE),
        ],
        tabulated=True,
        caption="The same recipe entered again and again: the more entries and the fewer digits, the more the winner's"
        " score is luck.",
        alt="Public and private scores of entries, and how far the winner's score is too high.",
        values=values,
    )


# ---------------------------------------------------------------- 4 · rungs


#: The rungs to choose from: a short name for the page's address, and the name in the ladder.
_RUNGS = {
    "mlp": "MLP 128",
    "wide": "MLP 256-256",
    "linear": "linear",
    "pixels": "1-NN on pixels",
    "dropout": "dropout",
    "moved": "augmentation",
    "longer": "three times as long",
    "letters": "letters, jittered copies",
}


@cache
def _scores() -> dict[str, list[float]]:
    measured = load("challenge")
    return {key: measured.values["accuracy"][measured.names.index(name)].tolist() for key, name in _RUNGS.items()}


def _mean(values: list[float]) -> float:
    return sum(values) / len(values)


def _error(values: list[float]) -> float:
    m = _mean(values)
    return np.sqrt(sum([(v - m) ** 2 for v in values]) / (len(values) - 1) / len(values))


def _pairs(first: str, second: str, draws: float, scores: dict[str, list[float]]) -> Data:
    n = int(draws)
    a, b = scores[first], scores[second]
    a, b = [a[i] for i in range(n)], [b[i] for i in range(n)]
    d = [b[i] - a[i] for i in range(n)]
    wins, xs, ys = 0, [], []
    for i in range(n):
        wins = wins + (1 if d[i] > 0 else 0)
        xs.append(i + 0.8)
        xs.append(i + 1.2)
        ys.append(a[i])
        ys.append(b[i])
    data: Data = {
        "first": {"x": [i + 0.8 for i in range(n)], "y": a},
        "second": {"x": [i + 1.2 for i in range(n)], "y": b},
        "gains": {"x": [i + 1 for i in range(n)], "y": d},
        "mean": _mean(d),
        "gain": (10 * _mean(d) + 0.5) // 1 / 10,  # rounded here, so that no zero has a sign
        "low": _mean(d) - 2 * _error(d),
        "high": _mean(d) + 2 * _error(d),
        "paired": _error(d),
        "unpaired": np.sqrt(_error(a) ** 2 + _error(b) ** 2),
        "wins": wins,
    }
    for i in range(10):
        here = i < n
        data[f"pair {i}"] = {"x": [xs[2 * i], xs[2 * i + 1]] if here else [], "y": [a[i], b[i]] if here else []}
    return data


@experiment(page=PAGE)
def rungs(**values: Any) -> Experiment:
    """Compare two rungs of the ladder, draw by draw.

    Controls: ``first`` and ``second`` (keys of `_RUNGS`: ``"wide"``, ``"linear"``, …); ``draws``, 2 to 10.

    >>> data = rungs(first="wide", second="moved", draws=10).data
    >>> data["gain"] > 3 * data["paired"] and data["wins"] > 8
    True
    """
    return Experiment(
        "rungs",
        [
            choice("first", "First", _RUNGS, "wide"),
            choice("second", "Second", _RUNGS, "linear"),
            slider("draws", "draws", 2, 10, 5, step=1, format="d"),
        ],
        _pairs,
        [
            panel(
                "Accuracy on each draw",
                axis("draw", (0, 11)),
                axis("accuracy, %", (84, 100)),
                [
                    *[line(f"pair {i}", color=_GREY, width=1.5) for i in range(10)],
                    points("first", label="first", color=_BLUE, radius=5),
                    points("second", label="second", color=_ORANGE, radius=5),
                ],
                alt="Pairs of dots, one pair for each draw of labels, joined by lines.",
            ),
            panel(
                "Second minus first",
                axis("draw", (0, 11)),
                axis("points", (-8, 12)),
                [
                    rule(0),
                    rule("mean", label="mean", color=_PINK, dashed=False),
                    rule("low", label="two errors below and above it", color=_PINK),
                    rule("high", color=_PINK),
                    points("gains", label="difference", color=_PINK, radius=5),
                ],
                alt="The difference on each draw as dots, their mean as a line, and two lines at two errors from it.",
            ),
        ],
        readouts=[
            readout("gain", "mean difference, points", format=".1f", color=_PINK),
            readout("paired", "its error, paired", format=".2f", color=_PINK),
            readout("unpaired", "as if not paired", format=".2f"),
            readout("wins", "draws won by the second", format="d", color=_ORANGE),
        ],
        assets={"scores": _scores()},
        digits=5,
        caption="Two recipes on the same draws: what both owe to the draw drops out of the difference.",
        alt="Accuracies of two rungs on the same draws of a hundred labels, and their differences.",
        values=values,
    )


# ---------------------------------------------------------------- 5 · a search


def _tune(budget: str, high: float, strongest: float, rates: Any, strengths: Any, found: Any) -> Data:
    scores = found[budget]
    inside = [rates[i] <= high and strengths[i] <= strongest for i in range(len(rates))]
    best = -1
    for i in range(len(rates)):
        if inside[i] and (best < 0 or scores[i] > scores[best]):
            best = i
    data: Data = {"tried": sum([1 if one else 0 for one in inside]), "high": high, "strongest": strongest}
    for name in ("in", "out"):
        rows = [i for i in range(len(rates)) if inside[i] == (name == "in") and i != best]
        data[name + " rate"] = {"x": [rates[i] for i in rows], "y": [scores[i] for i in rows]}
        data[name + " L2"] = {"x": [strengths[i] for i in rows], "y": [scores[i] for i in rows]}
    data["best rate"] = {"x": [rates[best]], "y": [scores[best]]}
    data["best L2"] = {"x": [strengths[best]], "y": [scores[best]]}
    data["rate"], data["L2"], data["score"] = rates[best], strengths[best], scores[best]
    data["room"] = high / rates[best]
    return data


@experiment(page=PAGE)
def tune(**values: Any) -> Experiment:
    """Show a random search for a rate and a strength of L2, and what a smaller space of search would have found.

    Controls: ``budget``, the epochs (``"5"``, ``"20"``, ``"100"``); ``high``, the largest rate; ``strongest``, the
    largest λ.

    >>> tune(budget="20", high=0.01).data["room"] < 2 < tune(budget="20", high=1).data["room"]
    True
    """
    budgets = {str(n): str(n) for n in BUDGETS}
    return Experiment(
        "tune",
        [
            choice("budget", "Epochs", budgets, "20"),
            slider("high", "largest rate searched", 0.01, 1, 0.01, log=True, format=".2~g"),
            slider("strongest", "largest λ searched", 0.001, 1, 1, log=True, format=".2~g"),
        ],
        _tune,
        [
            panel(
                "Score against the rate",
                axis("rate α", (1e-3, 1), log=True),
                axis("cross-validated accuracy, %", (0, 100)),
                [
                    rule("high", axis="x", label="edge of the search"),
                    points("out rate", label="outside", color=_GREY, radius=3, shape="cross"),
                    points("in rate", label="searched", color=_BLUE, radius=4),
                    points("best rate", label="best", color=_ORANGE, radius=7),
                ],
                alt="Sixty settings: accuracy against the rate. It rises, becomes flat, and falls at the end.",
            ),
            panel(
                "The same settings, against λ",
                axis("strength λ of L2", (LOW_L2, HIGH_L2), log=True),
                axis("cross-validated accuracy, %", (0, 100)),
                [
                    rule("strongest", axis="x"),
                    points("out L2", color=_GREY, radius=3, shape="cross"),
                    points("in L2", color=_BLUE, radius=4),
                    points("best L2", color=_ORANGE, radius=7),
                ],
                alt="The same sixty settings: accuracy against λ. From about a tenth on it falls to nothing.",
            ),
        ],
        readouts=[
            readout("tried", "settings searched", format="d", color=_BLUE),
            readout("rate", "best rate", format=".2~g", color=_ORANGE),
            readout("room", "edge over best rate", format=".1f"),
            readout("L2", "best λ", format=".2~g", color=_ORANGE),
            readout("score", "its score, %", format=".1f", color=_ORANGE),
        ],
        assets={"rates": stored()["rates"], "strengths": stored()["strengths"], "found": stored()["search"]},
        digits=4,
        caption="Sixty settings, against one of their two numbers at a time. Look whether the best is at an edge.",
        alt="Accuracy of sixty settings against their rate and against their strength of L2.",
        values=values,
    )
