"""The experiments of chapter 1, *Before the first step*, that have tables: depth, ten runs, search.

Networks that were trained are read from networks.json (networks.py).
"""

import json
from collections.abc import Sequence
from functools import cache
from typing import Any

import numpy as np

from course_lib.explore.experiment import Data, Experiment, experiment
from course_lib.explore.parts import axis, bars, choice, heat, line, panel, points, readout, rule, slider, toggle
from course_lib.nn import Depth, through_depth

from .networks import EPOCHS, MAP_RATES, MAP_STRENGTHS, RUNS, STORED, scaled

_FORTH, _BACK, _ACCENT = "#0072B2", "#D55E00", "#C2478F"


@cache
def _stored() -> dict[str, Any]:
    return json.loads(STORED.read_text("utf-8"))


# ---------------------------------------------------------------- 1 · depth

DEPTH = 10
SCALES = (0.1, 0.2, 0.3, 0.5, 0.7, 1.0, 1.2, 1.4142, 1.7, 2.0, 3.0, 5.0, 7.0, 10.0)
_SHOWN = (1, 10)
_FLOOR = 1e-16


@cache
def stack_of(activation: str, scale: float) -> Depth:
    """Return what 300 normal inputs of 100 numbers become on their way through ten layers of 100 units, and back."""
    x = np.random.default_rng(1).standard_normal((300, 100))
    return through_depth(x, scaled(scale), rng=np.random.default_rng(0), activation=activation, depth=DEPTH, bins=25)


def _decades(*sizes: float) -> list[float]:
    """Return the bounds of an axis of whole decades that holds all sizes, and at least 0.001 to 10."""
    low, high = max(min(*sizes, 1e-3), _FLOOR), max(*sizes, 10.0)
    return [10.0 ** np.floor(np.log10(low)), 10.0 ** np.ceil(np.log10(high))]


def _through(activation: str, scale: float) -> Data:
    stack, layers = stack_of(activation, scale), np.arange(1, DEPTH + 1)
    data: Data = {
        "forth": {"x": layers, "y": np.maximum(stack.std, _FLOOR)},
        "back": {"x": layers, "y": np.maximum(stack.grad_std, _FLOOR)},
        "first": stack.std[0],
        "last": stack.std[-1],
        "gradient": stack.grad_std[0],
        "flat": 100 * stack.flat[-1],
        "sizes": _decades(*stack.std, *stack.grad_std),
    }
    for layer in _SHOWN:
        counts, edges = stack.counts[layer - 1], stack.edges[layer - 1]
        data[f"layer {layer}"] = {"x": edges, "y": counts / counts.max()}
        data[f"range {layer}"] = [edges[0], edges[-1]]
    return data


@experiment(page="01_first_step")
def depth(**values: Any) -> Experiment:
    """Show a signal on its way through ten layers, and a gradient on its way back.

    The weights are drawn from N(0, s²/fan_in). Controls: ``activation`` (``"tanh"``, ``"relu"``, ``"sigmoid"``),
    ``scale`` (s).

    >>> depth(activation="tanh", scale=10).data["gradient"] > 1000
    True
    """
    return Experiment(
        "depth",
        [
            choice("activation", "Activation", {"tanh": "tanh", "relu": "ReLU", "sigmoid": "sigmoid"}, "tanh"),
            slider("scale", "scale s of the weights", values=SCALES, value=1.0, format=".2~f"),
        ],
        _through,
        [
            *[
                panel(
                    f"Outputs of layer {layer}",
                    axis("output", f"range {layer}"),
                    axis("share of the fullest bin", (0, 1.05)),
                    [bars(f"layer {layer}", color=_FORTH)],
                    ratio=0.6,
                    alt=f"Histogram of the outputs of layer {layer}.",
                )
                for layer in _SHOWN
            ],
            panel(
                "Standard deviation in each layer",
                axis("layer", (1, DEPTH)),
                axis("size", "sizes", log=True),
                [
                    rule(1.0, label="size 1"),
                    line("forth", label="outputs", color=_FORTH, width=2.5),
                    line("back", label="gradients", color=_BACK, width=2.5),
                ],
                ratio=0.5,
                alt="Standard deviations of outputs and of gradients over the ten layers, on a logarithmic axis.",
            ),
        ],
        readouts=[
            readout("first", "outputs of layer 1: std", format=".2~g", color=_FORTH),
            readout("last", "of layer 10", format=".2g", color=_FORTH),
            readout("gradient", "gradient at layer 1, from 1 at layer 10", format=".4~g", color=_BACK),
            readout("flat", "layer 10: slope below 0.01, %", format=".0f"),
        ],
        tabulated=True,
        digits=4,
        caption="One number, the scale of the weights, decides whether signal and gradient come through ten layers.",
        alt="Histograms of layers 1 and 10, and the standard deviation of outputs and gradients in each layer.",
        values=values,
    )


# ---------------------------------------------------------------- 2 · ten runs

_CHANCE = float(np.log(10))


def _run(run: str, named: bool) -> Data:
    stored, epochs = _stored()["runs"][run], np.arange(1, EPOCHS + 1)
    return {
        "train": {"x": epochs, "y": stored["loss"]},
        "val": {"x": epochs, "y": stored["val_loss"]},
        "losses": [0, 1.1 * max(_CHANCE, *stored["loss"], *stored["val_loss"])],
        "initial": stored["initial"],
        "ten": stored["ten"],
        "ratio": stored["ratio"],
        "dead": stored["dead"],
        "end": stored["loss"][-1],
        "end_val": stored["val_loss"][-1],
        "accuracy": stored["accuracy"],
        "fault": RUNS[run].fault if named else None,
    }


@experiment(page="01_first_step")
def runs(**values: Any) -> Experiment:
    """Show the curves of ten training runs of one network, and four checks from before the first epoch.

    Nine have a fault, which the switch names. Controls: ``run`` (``"a"`` to ``"j"``), ``named``.

    >>> runs(run="c", named=True).data["fault"]
    'nothing: this run is healthy'
    """
    return Experiment(
        "runs",
        [
            choice("run", "Run", {name: name.upper() for name in RUNS}, "c"),
            toggle("named", "say what is wrong", False),
        ],
        _run,
        [
            panel(
                "Loss",
                axis("epoch", (1, EPOCHS)),
                axis("loss", "losses"),
                [
                    rule(_CHANCE, label="log 10"),
                    line("val", label="validation", color=_BACK, width=2.5),
                    line("train", label="training", color=_FORTH, width=2.5),
                ],
                ratio=0.5,
                alt="Training and validation loss over 15 epochs, and the line at log 10.",
            )
        ],
        readouts=[
            readout("fault", "what is wrong", missing="guess first"),
            readout("initial", "initial loss", format=".3~g"),
            readout("ten", "loss on ten examples, learnt alone", format=".2~g"),
            readout("ratio", "update : weight", format=".1e"),
            readout("dead", "dead units after 20 steps, %", format=".0f"),
            readout("end", "training loss at the end", format=".3~g", color=_FORTH),
            readout("end_val", "validation loss", format=".3~g", color=_BACK),
            readout("accuracy", "validation accuracy, %", format=".1f"),
        ],
        tabulated=True,
        caption="Ten runs, one of them healthy: more than half of the faults show in four numbers, before the first"
        " epoch, the others in the curves.",
        alt="Training and validation loss of a run over 15 epochs, and its initial checks.",
        values=values,
    )


# ---------------------------------------------------------------- 3 · search

COUNTS, DRAWS = (4, 9, 16, 25), tuple(range(1, 11))
_LOW, _HIGH = np.array([MAP_RATES[0], MAP_STRENGTHS[0]]), np.array([MAP_RATES[-1], MAP_STRENGTHS[-1]])


def places(how: str, n: int, draw: int) -> np.ndarray:
    """Return n settings (rate, strength) to try, shape (n, 2), in the order in which they are tried.

    Args:
        how: "grid", on a log scale; "log", at random on a log scale; "uniform", at random between the bounds.
        n: a square.
        draw: the seed. A grid is only shuffled by it.
    """
    rng = np.random.default_rng(draw)
    if how == "grid":
        k = round(n**0.5)
        u = (np.stack(np.meshgrid(*[np.arange(k)] * 2), axis=-1).reshape(-1, 2) + 0.5) / k
        return _LOW * (_HIGH / _LOW) ** rng.permutation(u)
    u = rng.random((n, 2))
    return _LOW * (_HIGH / _LOW) ** u if how == "log" else _LOW + u * (_HIGH - _LOW)


def found(settings: np.ndarray, accuracies: Sequence[Sequence[float]]) -> np.ndarray:
    """Return the accuracy of the map's cell in which each setting (rate, strength) lies."""
    table = np.asarray(accuracies)
    u = np.log(settings / _LOW) / np.log(_HIGH / _LOW)
    columns, rows = (np.rint(u[:, axis] * (size - 1)).astype(int) for axis, size in enumerate(table.shape[::-1]))
    return table[rows, columns]


def _search(how: str, n: float, draw: float) -> Data:
    settings = places(how, int(n), int(draw))
    values = found(settings, _stored()["map"])
    best = np.maximum.accumulate(values)
    return {
        "trials": {"x": settings[:, 0], "y": settings[:, 1]},
        "chosen": {"x": settings[[values.argmax()], 0], "y": settings[[values.argmax()], 1]},
        "best so far": {"x": np.arange(1, len(values) + 1), "y": best},
        "each": {"x": np.arange(1, len(values) + 1), "y": values},
        "best": best[-1],
        "rate": settings[values.argmax(), 0],
        "rates": len(np.unique(settings[:, 0].round(12))),
        "above": int((settings[:, 0] > 0.1).sum()),
    }


def _map() -> Data:
    half = [np.log(axis[1] / axis[0]) / 2 for axis in (MAP_RATES, MAP_STRENGTHS)]
    x, y = ([low * np.exp(-h), high * np.exp(h)] for low, high, h in zip(_LOW, _HIGH, half, strict=True))
    return {"map": {"x": x, "y": y, "z": _stored()["map"]}, "top": float(np.max(_stored()["map"]))}


@experiment(page="01_first_step")
def search(**values: Any) -> Experiment:
    """Show a search for a rate and a penalty on a map of accuracies that was measured before.

    Controls: ``how`` (``"grid"``, ``"log"``, ``"uniform"``), ``n`` trials, ``draw``.

    >>> search(how="grid", n=9).data["rates"], search(how="log", n=9).data["rates"]
    (3.0, 9.0)
    """
    return Experiment(
        "search",
        [
            choice("how", "Trials", {"uniform": "random, uniform", "log": "random, log scale", "grid": "grid"}, "log"),
            slider("n", "how many", values=COUNTS, value=9, format="d"),
            slider("draw", "draw", values=DRAWS, value=1, format="d"),
        ],
        _search,
        [
            panel(
                "Validation accuracy",
                axis("rate α", tuple(_map()["map"]["x"]), log=True),
                axis("penalty λ", tuple(_map()["map"]["y"]), log=True),
                [
                    heat("map", domain=(10, 97), label="accuracy, %"),
                    points("trials", color="#D70272", radius=3.5, label="each trial"),
                    points("chosen", color="#D70272", radius=7, label="best trial, large"),
                ],
                alt="A heat map of accuracies over rate and penalty, with the trials as points.",
            ),
            panel(
                "Best so far",
                axis("trial", (1, 25)),
                axis("accuracy, %", (0, 100)),
                [
                    rule("top", label="best of the map"),
                    points("each", label="each trial", color="#D70272"),
                    line("best so far", color=_ACCENT, width=2.5),
                ],
                alt="The accuracy of each trial, and the best so far.",
            ),
        ],
        readouts=[
            readout("best", "best found, %", format=".1f", color=_ACCENT),
            readout("rate", "at the rate", format=".2~g"),
            readout("rates", "different rates tried", format="d"),
            readout("above", "trials above 0.1", format="d"),
        ],
        tabulated=True,
        backdrop=_map,
        caption="Rates above 90 % fill over a third of the log scale, but only a seventh of the interval itself.",
        alt="Trials on a map of accuracies, and the best accuracy so far.",
        values=values,
    )
