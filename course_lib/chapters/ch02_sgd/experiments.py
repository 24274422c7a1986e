"""The experiments of chapter 2, *What is wrong with SGD*: zigzag, edge of stability, saddle, dimension, minibatch.

The functions of the controls come first in each part. Those of `zigzag` and `saddle` are plain Python over
`course_lib.optim`, compiled for the site; the other three have tables.
"""

import itertools
import json
from typing import Any

import numpy as np

from course_lib.chapters.ch02_sgd.edge import EVERY, RATES, STEPS, STORED
from course_lib.explore.experiment import Data, Experiment, experiment
from course_lib.explore.parts import (
    axis,
    band,
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
from course_lib.explore.primitives import field, normals, trace
from course_lib.optim import SGD, LeastSquares, Minibatch, MonkeySaddle, Ravine, Saddle, descend, random_symmetric

_STEEP, _FLAT, _ACCENT = "#C2478F", "#8A7A12", "#3B78C4"
Grid = dict[str, list[Any]]

# ---------------------------------------------------------------- 1 · zigzag

_SHOWN = 700  # steps


def _steps_to_a_millionth(flat: float, steep: float, along: float, across: float) -> float:
    """Return the first step at which the distance is a millionth of the initial one; nan if it never is.

    The distance falls at every step, or never for good; so the step is found bit by bit.
    """
    start = along * along + across * across
    moving = max(flat if along != 0 else 0, steep if across != 0 else 0)
    if moving >= 1 or start == 0:
        return np.nan
    t = 0
    bit = 4194304
    for _ in range(23):
        left = (along * flat ** (t + bit)) ** 2 + (across * steep ** (t + bit)) ** 2
        if left > 1e-12 * start:
            t += bit
        bit = bit / 2
    return t + 1


def _zigzag_backdrop(kappa: float, angle: float) -> Data:
    f = Ravine(kappa, angle * np.pi / 180)
    return {"window": {"x": f.window[0], "y": f.window[1]}, "field": field(f, f.window, 64)}


def _zigzag(kappa: float, lr: float, angle: float, start: Any) -> Data:
    f = Ravine(kappa, angle * np.pi / 180)
    c = np.cos(angle * np.pi / 180)
    s = np.sin(angle * np.pi / 180)
    along = c * start[0] + s * start[1]
    across = c * start[1] - s * start[0]
    flat = abs(1 - lr / kappa)
    steep = abs(1 - lr)
    distance = np.sqrt(along * along + across * across)
    slope = np.sqrt(along * along / (kappa * kappa) + across * across)
    cosine = np.nan
    if distance > 0:
        cosine = (along * along / kappa + across * across) / (distance * slope)
    path = trace(f, SGD(lr), start, _SHOWN)
    return {
        "SGD": {"x": path["x"], "y": path["y"]},
        "along": {"error": [abs(along) * flat**t for t in range(_SHOWN + 1)]},
        "across": {"error": [abs(across) * steep**t for t in range(_SHOWN + 1)]},
        "goal": 1e-6 * distance if distance > 0 else np.nan,
        "flat": flat,
        "steep": steep,
        "steps": _steps_to_a_millionth(flat, steep, along, across),
        "off": np.arccos(np.clip(cosine, -1, 1)) * 180 / np.pi,
    }


@experiment(page="02_sgd")
def zigzag(**values: Any) -> Experiment:
    """Show gradient descent on a ravine: its path, and the distance along each of the two eigenvectors.

    Controls: ``kappa``, ``lr``, ``angle`` (degrees), ``start``.

    >>> zigzag(kappa=100, lr=1.0).data["steep"]
    0.0
    """
    return Experiment(
        "zigzag",
        [
            slider("kappa", "condition number κ", 1, 1000, 100, log=True, format=".3~g"),
            slider("angle", "the valley is turned by, in degrees", 0, 45, 0, step=1, format=".0f"),
            slider("lr", "rate α", 0.01, 2.1, 1.0, step=0.01),
            point("start", "start", (-4.5, 1.5), within="window"),
        ],
        _zigzag,
        [
            panel(
                "Drag the start",
                axis("x", "window.x"),
                axis("y", "window.y"),
                [
                    contour("field"),
                    line("SGD", color=colour_of("SGD"), timed=True, width=2),
                    drag("start", label="Start"),
                ],
                alt="Level lines of the ravine with the path of gradient descent from the start.",
            ),
            panel(
                "Distance along each eigenvector",
                axis("step t", (0, _SHOWN)),
                axis("distance from the minimum", (1e-7, 1e2), log=True),
                [
                    rule("goal", label="a millionth"),
                    line("across", x="step", y="error", label="across, λ = 1", color=_STEEP, timed=True),
                    line("along", x="step", y="error", label="along, λ = 1/κ", color=_FLAT, timed=True),
                ],
                alt="Two straight lines on a logarithmic axis: the distance across the valley and along it.",
            ),
        ],
        readouts=[
            readout("steep", "factor per step across", format=".4f", color=_STEEP),
            readout("flat", "along", format=".4f", color=_FLAT),
            readout("steps", "steps to a millionth", format="d"),
            readout("off", "at the start the gradient is off by, in degrees", format=".1f", missing="no gradient"),
        ],
        backdrop=_zigzag_backdrop,
        caption="Along each eigenvector the distance is multiplied by a factor of its own; the same rate sets both.",
        alt="Gradient descent on a ravine: one distance falls fast, the other hardly at all.",
        values=values,
    )


# ---------------------------------------------------------------- 2 · edge of stability


def _edge(lr: float) -> Data:
    stored = json.loads(STORED.read_text("utf-8"))[str(lr)]
    if stored["loss"] is None:
        return {"border": 2 / lr, "low": None, "high": None, "rises": None}
    t = list(range(0, STEPS + 1, EVERY))
    return {
        "border": 2 / lr,
        "range": {"x": t, "low": stored["low"], "high": stored["high"]},
        "sharpness": {"x": t, "y": stored["median"]},
        "loss": {"x": list(range(0, STEPS + 1, 10)), "y": stored["loss"]},
        "low": stored["low"][-1],
        "high": stored["high"][-1],
        "rises": stored["rises"],
    }


@experiment(page="02_sgd")
def edge(**values: Any) -> Experiment:
    """Show the largest curvature of a network that is trained with full batches, beside the border 2/α.

    The network has 226 parameters, its loss is the squared error on 200 digits; eight seeds. Control: ``lr``.

    >>> edge(lr=0.4).data["border"]
    5.0
    """
    return Experiment(
        "edge",
        [slider("lr", "rate α", values=RATES, value=0.1, format=".2~g")],
        _edge,
        [
            panel(
                "Largest curvature of the loss",
                axis("step t", (0, STEPS)),
                axis("largest λ", (0, 12)),
                [
                    band("range", label="eight seeds", color=_ACCENT),
                    line("sharpness", label="median", color=_ACCENT),
                    rule("border", label="border 2/α"),
                ],
                alt="The largest curvature over 3,000 steps, median and range of eight seeds, and the border 2/α.",
            ),
            panel(
                "Loss, one seed",
                axis("step t", (0, STEPS)),
                axis("loss", (0.1, 3), log=True),
                [line("loss", color=colour_of("SGD"))],
                alt="The training loss of one of the runs on a logarithmic axis.",
            ),
        ],
        readouts=[
            readout("border", "border 2/α", format=".3~g"),
            readout("low", "at the end the largest λ is from", format=".2f", missing="diverges"),
            readout("high", "to", format=".2f", missing="diverges"),
            readout("rises", "steps on which the loss rose, median", format=".0f", missing="diverges"),
        ],
        tabulated=True,
        caption="Training moves the largest curvature; where it comes to the border 2/α of the rate, it stays near it.",
        alt="Sharpness of a network over the steps: it ends at the border of the rate it is trained with.",
        values=values,
    )


# ---------------------------------------------------------------- 3 · saddle

_HORIZON = 600  # steps
_DECADES = [-12 + 0.5 * i for i in range(25)]


def _ground(surface: str) -> Any:
    return MonkeySaddle() if surface == "monkey" else Saddle()


def _left_after(f: Any, lr: float, y: float) -> float:
    """Return the first step at which the distance from the ridge is more than ½; nan if none is."""
    x = 1.0
    for t in range(_HORIZON + 1):
        if abs(y) > 0.5:
            return t
        slope = f.df(x, y)
        x = x - lr * slope[0]
        y = y - lr * slope[1]
    return np.nan


def _first_beyond(values: list[float], reach: float) -> float:
    for t in range(len(values)):
        if abs(values[t]) > reach:
            return t
    return np.nan


def _saddle_backdrop(surface: str, lr: float) -> Data:
    f = _ground(surface)
    return {
        "window": {"x": f.window[0], "y": f.window[1]},
        "field": field(f, f.window, 64),
        "law": {"x": [10**d for d in _DECADES], "y": [_left_after(f, lr, 10**d) for d in _DECADES]},
    }


def _saddle(surface: str, start: str, distance: float, lr: float) -> Data:
    f = _ground(surface)
    noise = normals(2, _HORIZON)
    sigma = 1e-6 if start == "noisy" else 0.0
    x = 1.0
    y = distance if start == "beside" else 0.0
    xs = [x]
    ys = [y]
    for t in range(_HORIZON):
        slope = f.df(x, y)
        x = x - lr * slope[0]
        y = y - lr * (slope[1] + sigma * noise[t])
        xs.append(x)
        ys.append(y)
    left = _first_beyond(ys, 0.5)
    return {
        "SGD": {"x": xs, "y": ys},
        "from ridge": {"distance": [abs(v) for v in ys]},
        "here": {"x": [distance], "y": [left if start == "beside" else np.nan]},
        "left": left,
        "end": abs(ys[_HORIZON]),
    }


@experiment(page="02_sgd")
def saddle(**values: Any) -> Experiment:
    """Show gradient descent near a saddle, and how the steps until it has left depend on where it starts.

    Controls: ``surface`` (``"saddle"`` or ``"monkey"``), ``start`` (``"beside"``, ``"on"`` or ``"noisy"``),
    ``distance`` (from the ridge), ``lr``.

    >>> saddle(start="on").data["left"] is None
    True
    """
    return Experiment(
        "saddle",
        [
            choice("surface", "Surface", {"saddle": "saddle", "monkey": "monkey saddle"}, "saddle"),
            choice(
                "start",
                "Start",
                {"beside": "beside the ridge", "on": "on the ridge", "noisy": "on the ridge, noisy gradients"},
                "beside",
                shows={"distance": ["beside"]},
            ),
            slider("distance", "distance from the ridge", 1e-12, 1, 1e-2, log=True, format=".0e"),
            slider("lr", "rate α", 0.05, 0.5, 0.1, step=0.01),
        ],
        _saddle,
        [
            panel(
                "The path from the right",
                axis("x", "window.x"),
                axis("y", "window.y"),
                [contour("field"), line("SGD", color=colour_of("SGD"), timed=True, width=2)],
                alt="Level lines of a saddle whose ridge is the line y = 0, and a path that starts near it.",
            ),
            panel(
                "Distance from the ridge",
                axis("step t", (0, _HORIZON)),
                axis("|y|", (1e-12, 10), log=True),
                [
                    rule(0.5, label="has left"),
                    line("from ridge", x="step", y="distance", color=colour_of("SGD"), timed=True, width=2),
                ],
                alt="The distance from the ridge over the steps, on a logarithmic axis.",
            ),
            panel(
                "Steps until it has left",
                axis("distance at the start", (1e-12, 1), log=True),
                axis("steps", (0, _HORIZON)),
                [line("law", color="currentColor"), points("here", color=colour_of("SGD"), radius=6)],
                ratio=0.36,
                alt="Steps to leave against the initial distance: a straight line on a logarithmic axis for the "
                "saddle.",
            ),
        ],
        readouts=[
            readout("left", "more than ½ from the ridge after step", format="d", missing="not in this run"),
            readout("end", "distance after 600 steps", format=".2g"),
        ],
        backdrop=_saddle_backdrop,
        caption="The nearer to the ridge the path starts, the later it leaves; the third picture shows how much later.",
        alt="A saddle: the path runs along the ridge, waits, and leaves; only exactly on the ridge it stays.",
        values=values,
    )


# ---------------------------------------------------------------- 4 · dimension

_DIMENSIONS = {1: 100_000, 2: 100_000, 3: 100_000, 5: 20_000, 10: 5_000, 20: 2_000, 50: 400, 100: 150}  # n: matrices


def _spectrum(n: int) -> np.ndarray:
    """Return eigenvalues of random symmetric matrices, shape (matrices, n), on a scale where most lie within ±2."""
    matrices = random_symmetric(n, np.random.default_rng(n), _DIMENSIONS[n])
    return np.linalg.eigvalsh(matrices) * np.sqrt(2 / n)


def _dimension_all(grid: Grid) -> list[Data]:
    spectra = {n: _spectrum(n) for n in _DIMENSIONS}
    edges = np.linspace(-4, 7, 45)
    answers = []
    for n, lift in itertools.product(grid["n"], grid["lift"]):
        minimum = {m: float(np.mean(np.all(values > -lift, axis=1))) for m, values in spectra.items()}
        lifted = spectra[n] + lift
        counts = np.histogram(lifted, edges)[0] / lifted.size
        answers.append(
            {
                "spectrum": {"x": edges, "y": np.round(counts / counts.max(), 3)},
                "chance": {"x": list(minimum), "y": list(minimum.values())},
                "here": {"x": [n], "y": [minimum[n]]},
                "share": 100 * float(np.mean(lifted < 0)),
                "minimum": 100 * minimum[n],
            }
        )
    return answers


@experiment(page="02_sgd")
def dimension(**values: Any) -> Experiment:
    """Show the eigenvalues of random symmetric matrices, and how often all of them are positive.

    Controls: ``n`` (dimensions), ``lift`` (added to every eigenvalue).

    >>> dimension(n=2, lift=0.0).data["minimum"] < 16
    True
    """
    lifts = [0.25 * i for i in range(13)]
    return Experiment(
        "dimension",
        [
            slider("n", "dimensions n", values=list(_DIMENSIONS), value=2, format="d"),
            slider("lift", "lift s, added to every curvature", values=lifts, value=0.0, format=".2f"),
        ],
        None,
        [
            panel(
                "Curvatures of many random Hessians",
                axis("curvature λ", (-4, 7)),
                axis("how often (peak = 1)", (0, 1.08)),
                [bars("spectrum", color=_ACCENT), rule(0, axis="x", dashed=False)],
                alt="A histogram of curvatures that moves to the right as the lift grows.",
            ),
            panel(
                "How often all n curvatures are positive",
                axis("dimensions n", (0.9, 120), log=True),
                axis("share that are minima", (0, 1.05)),
                [line("chance", color=_ACCENT), points("here", color=_STEEP, radius=6)],
                alt="The share of minima against the dimension: without a lift it falls to zero by six dimensions.",
            ),
        ],
        readouts=[
            readout("minimum", "are minima, %", format=".1f"),
            readout("share", "of all curvatures are negative, %", format=".1f"),
        ],
        compute_all=_dimension_all,
        caption="Without a lift nearly all random Hessians of many dimensions are saddles; with a large one, minima.",
        alt="Random Hessians: in many dimensions, low lifts mean saddles and high lifts mean minima.",
        values=values,
    )


# ---------------------------------------------------------------- 5 · minibatch

_EXAMPLES, _WALKERS, _BATCH_STEPS, _PATH = 1000, 30, 600, 300


def noisy_ravine(kappa: float = 25.0, sigma: float = 0.5) -> LeastSquares:
    """Return a squared error on 1,000 examples whose mean is a ravine, as far above its minimum as `Ravine` is.

    f(w) = ½ (w₁²/κ + w₂²) + ½ σ²,  so that the best weights are 0 and the curvatures 1/κ and 1

    Args:
        kappa: κ.
        sigma: σ, the standard deviation of what the best weights leave of the targets.

    >>> noisy_ravine().hessian([0.0, 0.0]).round(9) + 0.0
    array([[0.04, 0.  ],
           [0.  , 1.  ]])
    """
    rng = np.random.default_rng(0)
    columns = np.linalg.qr(rng.standard_normal((_EXAMPLES, 3)))[0] * np.sqrt(_EXAMPLES)  # uncorrelated, of size 1
    return LeastSquares(columns[:, :2] * [kappa**-0.5, 1.0], sigma * columns[:, 2])


def _minibatch(lr: float, batch: str) -> Data:
    loss = noisy_ravine()
    noisy = loss if batch == "all" else Minibatch(loss, int(batch), np.random.default_rng(int(batch)))
    start, t = np.broadcast_to(Ravine().start, (_WALKERS, 2)), np.arange(0, _BATCH_STEPS + 1, 5)
    with np.errstate(over="ignore", invalid="ignore"):
        path = descend(noisy, SGD(lr), start, _BATCH_STEPS)
        excess = Ravine().value(path).mean(axis=1)
    walk, late = path[: _PATH + 1, 0], excess[_BATCH_STEPS // 2 :].mean()
    return {
        "SGD": {"x": np.round(walk[:, 0], 2), "y": np.round(walk[:, 1], 2)},
        "excess": {"x": t, "y": np.maximum(excess[t], 1e-9)},
        "late": late if late < 10 else None,
    }


def _minibatch_backdrop() -> Data:
    f = Ravine()
    return {"field": field(f, f.window, 64)}


@experiment(page="02_sgd")
def minibatch(**values: Any) -> Experiment:
    """Show SGD on a ravine that is a mean over 1,000 examples: one path, and the mean excess loss of 30.

    Controls: ``lr``, ``batch`` (``"1"``, ``"4"``, ``"16"``, ``"64"`` or ``"all"``).

    >>> minibatch(lr=0.5, batch="16").data["late"] < 0.01
    True
    """
    sizes = {"1": "1", "4": "4", "16": "16", "64": "64", "all": "all 1,000"}
    return Experiment(
        "minibatch",
        [
            slider("lr", "rate α", values=[0.02, 0.05, 0.1, 0.2, 0.5, 1.0], value=0.5, format=".2~g"),
            choice("batch", "Examples in a batch", sizes, "16"),
        ],
        _minibatch,
        [
            panel(
                "One path, 300 steps",
                axis("w₁", (-5.0, 5.0)),
                axis("w₂", (-2.5, 2.5)),
                [contour("field"), line("SGD", color=colour_of("SGD"), timed=True, width=1.5)],
                alt="Level lines of a ravine and a path that comes down to its minimum and then wanders about it.",
            ),
            panel(
                "Loss above the minimum, mean of 30 paths",
                axis("step t", (0, _BATCH_STEPS)),
                axis("excess loss", (1e-6, 100), log=True),
                [line("excess", color=colour_of("SGD"))],
                alt="The mean excess loss falls and then stays level, at the noise floor.",
            ),
        ],
        readouts=[readout("late", "mean excess loss of the last 300 steps", format=".2g", missing="does not settle")],
        tabulated=True,
        backdrop=_minibatch_backdrop,
        caption="The path comes down until noise holds it: the smaller the rate and the larger the batch, the lower.",
        alt="SGD comes down a ravine and then wanders about the minimum, the more widely the smaller the batch.",
        values=values,
    )
