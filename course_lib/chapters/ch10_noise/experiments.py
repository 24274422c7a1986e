"""The experiments of chapter 10, *Noise as a regularizer*, that have tables: missing units, keep, pooling.

The networks were trained before (networks.py); what is drawn is read from networks.json.
"""

import json
from functools import cache
from typing import Any

import numpy as np

from course_lib.data import load_photos
from course_lib.explore.experiment import Data, Experiment, experiment
from course_lib.explore.parts import axis, band, choice, image, line, panel, points, readout, rule, slider
from course_lib.nn import FractionalMaxPool

from .networks import EPOCHS, KEEPS, SHARES, STORED

_BLUE, _ORANGE = "#0072B2", "#D55E00"


@cache
def _stored() -> dict[str, Any]:
    return json.loads(STORED.read_text("utf-8"))


# ---------------------------------------------------------------- 1 · missing

_TRAINED = {"plain": "without dropout", "dropout": "with dropout, p = 0.5"}
_KEEP = {"plain": "1.0", "dropout": "0.5"}


def _missing(trained: str, share: float) -> Data:
    data: Data = {"here": 100 * share}
    for name, keep in _KEEP.items():
        runs = np.array(_stored()["missing"][keep])  # a row for each share, a column for each seed
        shown = name == "plain" or trained == "dropout"
        x = 100 * np.array(SHARES) if shown else np.array([])
        runs = runs if shown else runs[:0]
        data[name] = {"x": x, "y": runs.mean(axis=1)}
        data[f"{name} range"] = {"x": x, "low": runs.min(axis=1), "high": runs.max(axis=1)}
    now = np.array(_stored()["missing"][_KEEP[trained]])[SHARES.index(share)].mean()
    return {
        **data,
        "point": {"x": [100 * share], "y": [now]},
        "accuracy": now,
        "whole": np.mean(_stored()["missing"][_KEEP[trained]][0]),
    }


@experiment(page="10_noise")
def missing(**values: Any) -> Experiment:
    """Show the accuracy of trained networks on the digits when some of their hidden units are dropped in testing.

    Controls: ``trained`` (``"plain"`` or ``"dropout"``), ``share`` of the units, 0 to 0.9.

    >>> gone = missing(trained="plain", share=0.5).data
    >>> gone["accuracy"] < gone["whole"] - 15
    True
    """
    return Experiment(
        "missing",
        [
            choice("trained", "Networks trained", _TRAINED, "plain"),
            slider("share", "share dropped", values=SHARES, value=0.5, format=".1f"),
        ],
        _missing,
        [
            panel(
                "Accuracy without some of the units",
                axis("hidden units dropped in testing, %", (0, 90)),
                axis("test accuracy, %", (0, 100)),
                [
                    rule("here", axis="x"),
                    band("plain range", color=_ORANGE),
                    band("dropout range", color=_BLUE),
                    line("plain", label="without dropout", color=_ORANGE, width=2.5),
                    line("dropout", label="with dropout, when chosen", color=_BLUE, width=2.5),
                    points("point", color="currentColor", radius=4),
                ],
                ratio=0.5,
                alt="Test accuracy against the share of hidden units dropped in testing: it falls, with dropout later.",
            )
        ],
        readouts=[
            readout("whole", "with all units, %", format=".1f"),
            readout("accuracy", "without this share, %", format=".1f"),
        ],
        tabulated=True,
        caption="Mean accuracy of eight networks, the band from the worst to the best, when units are dropped from the"
        " trained networks.",
        alt="How much of a trained network's accuracy is left without some of its hidden units.",
        values=values,
    )


# ---------------------------------------------------------------- 2 · keep


def _keep(labels: str, keep: float) -> Data:
    of, epochs = _stored()["keep"], np.arange(1, EPOCHS + 1)
    run, plain = of[f"{labels} {keep}"], of[f"{labels} 1.0"]
    ends = np.array([of[f"{labels} {p}"]["ends"] for p in KEEPS])
    return {
        "train": {"x": epochs, "y": run["train"]},
        "test": {"x": epochs, "y": run["test"]},
        "ends": {"x": KEEPS, "y": ends.mean(axis=1)},
        "range": {"x": KEEPS, "low": ends.min(axis=1), "high": ends.max(axis=1)},
        "here": keep,
        "end": np.mean(run["ends"]),
        "plain": np.mean(plain["ends"]),
        "gain": np.mean(np.subtract(run["ends"], plain["ends"])),
    }


@experiment(page="10_noise")
def strength(**values: Any) -> Experiment:
    """Show training and test accuracy under dropout of any strength, with right or partly wrong labels.

    Controls: ``labels`` (``"right"`` or ``"wrong"``), ``keep``.

    >>> strength(labels="wrong", keep=0.5).data["gain"] > 5
    True
    """
    return Experiment(
        "strength",
        [
            choice("labels", "Labels", {"right": "all right", "wrong": "30 % wrong"}, "wrong"),
            slider("keep", "probability to keep, p", values=KEEPS, value=1.0, format=".1f"),
        ],
        _keep,
        [
            panel(
                "One strength, over the epochs",
                axis("epoch", (1, EPOCHS)),
                axis("accuracy, %", (0, 100)),
                [
                    line("train", label="on the training labels, with dropout on", color=_ORANGE, width=2),
                    line("test", label="test", color=_BLUE, width=2.5),
                ],
                alt="Accuracy over 80 epochs, on the training labels and in testing.",
            ),
            panel(
                "All strengths, at the end",
                axis("probability to keep, p", (0.15, 1.05)),
                axis("test accuracy, %", (0, 100)),
                [
                    rule("here", axis="x"),
                    band("range", color=_BLUE),
                    line("ends", color=_BLUE, width=2),
                    points("ends", color=_BLUE, radius=3.5),
                ],
                alt="Final test accuracy against the probability to keep, mean and range of eight seeds.",
            ),
        ],
        readouts=[
            readout("end", "test accuracy at the end, %", format=".1f", color=_BLUE),
            readout("plain", "without dropout, %", format=".1f"),
            readout("gain", "gain, points", format="+.1f"),
        ],
        tabulated=True,
        caption="Means of eight seeds, 300 digits each; the band is the range of the seeds.",
        alt="Accuracy under dropout of several strengths, over the epochs and at the end.",
        values=values,
    )


# ---------------------------------------------------------------- 3 · pooling

SIDE, DRAWS, RATIOS = 24, 4, (1.2, 1.4, 1.6, 1.8)


@cache
def flower() -> np.ndarray:
    """Return a grey flower of 24×24 pixels, shape (1, 24, 24, 1)."""
    return load_photos(SIDE, dtype=np.float64)[1:].mean(axis=3, keepdims=True)


def pooling_layer(ratio: float, regions: str, draw: int) -> FractionalMaxPool:
    """Return fractional max pooling over disjoint regions: "random", or "even", spread by a pseudo-random sequence."""
    rng = np.random.default_rng(draw)
    return FractionalMaxPool(ratio, rng=rng, random=regions == "random", overlapping=False)


def _pooling(ratio: float, regions: str, draw: float) -> Data:
    layer = pooling_layer(ratio, regions, int(draw))
    z = layer.draw(flower().shape)  # the rows and the columns of the regions
    rows, columns = (part[1:, 0] for part in z)
    pooled = layer.apply(flower(), z)[0, :, :, 0]
    return {
        "pooled": {"x": [0, len(pooled)], "y": [0, len(pooled)], "z": pooled.round(2)},
        "sides": [0, len(pooled)],
        "rows": SIDE - rows,
        "columns": columns,
        "side": len(pooled),
        "ones": int((np.diff([0, *columns, SIDE]) == 1).sum()),
    }


def _picture() -> Data:
    return {"picture": {"x": [0, SIDE], "y": [0, SIDE], "z": flower()[0, :, :, 0].round(2)}}


@experiment(page="10_noise")
def pooling(**values: Any) -> Experiment:
    """Show fractional max pooling of a picture: the borders of its regions, and what is left.

    Controls: ``ratio`` (α), ``regions`` (``"random"`` or ``"even"``), ``draw``.

    >>> pooling(ratio=1.6).data["side"]
    15.0
    """
    pixels, left = axis("pixel", (0, SIDE)), axis("pixel that is left", "sides")
    borders = [
        rule(key, axis=key_axis, color=_ORANGE, dashed=False, width=1)
        for key, key_axis in (("rows", "y"), ("columns", "x"))
    ]
    return Experiment(
        "pooling",
        [
            slider("ratio", "ratio α", values=RATIOS, value=1.6, format=".1f"),
            choice("regions", "Regions", {"random": "random", "even": "spread evenly"}, "random"),
            slider("draw", "draw", values=range(1, DRAWS + 1), value=1, format="d"),
        ],
        _pooling,
        [
            panel(
                "The regions",
                pixels,
                pixels,
                [image("picture"), *borders],
                ratio=1,
                alt="A grey flower of 24 by 24 pixels, cut by lines into regions of one or two pixels a side.",
            ),
            panel(
                "The largest pixel of each",
                left,
                left,
                [image("pooled")],
                ratio=1,
                alt="The flower after pooling: fewer, larger pixels, the flower a little out of shape.",
            ),
        ],
        readouts=[
            readout("side", "pixels a side that are left of 24", format="d"),
            readout("ones", "columns of regions one pixel wide", format="d", color=_ORANGE),
        ],
        tabulated=True,
        backdrop=_picture,
        caption="Each draw cuts the picture into other regions, one or two pixels a side, and so stretches it a little"
        " differently.",
        alt="Fractional max pooling of a small picture over regions drawn at random.",
        values=values,
    )
