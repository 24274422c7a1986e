"""A line fitted to points: how far the inputs lie from zero decides how long gradient descent takes.

The functions of the controls come first: plain Python over `course_lib.optim`, compiled from this source for the site.
"""

from typing import Any

import numpy as np

from course_lib.explore.experiment import Data, Experiment, experiment
from course_lib.explore.parts import axis, colour_of, contour, drag, line, panel, point, points, readout, rule, slider
from course_lib.explore.primitives import field, normals, trace
from course_lib.optim import SGD, Ravine

_SHOWN = 200  # steps
_POINTS = 40


def _largest(mean: float, spread: float) -> float:
    """Return the largest eigenvalue of the Hessian [[spread² + mean², mean], [mean, 1]]."""
    square = spread * spread + mean * mean
    return (square + 1) / 2 + np.sqrt((square - 1) * (square - 1) / 4 + mean * mean)


def _kappa(mean: float, spread: float) -> float:
    """Return the condition number: the eigenvalues' product is the determinant, spread²."""
    largest = _largest(mean, spread)
    return max(1, largest * largest / (spread * spread))


def _valley(mean: float, spread: float) -> Any:
    """Return the loss, over the errors of slope and intercept, divided by its largest curvature."""
    along = _largest(mean, spread) - 1  # (along, mean) is the steep direction
    size = np.sqrt(along * along + mean * mean)
    steep = np.arccos(along / size) if size > 0 else np.pi / 2
    return Ravine(_kappa(mean, spread), steep - np.pi / 2)


def _line_backdrop(mean: float, spread: float) -> Data:
    f = _valley(mean, spread)
    draws = normals(1, 2 * _POINTS)
    middle = 0.0
    for i in range(_POINTS):
        middle = middle + draws[i] / _POINTS
    square = 0.0
    for i in range(_POINTS):
        square = square + (draws[i] - middle) ** 2 / _POINTS
    x = [mean + spread * (draws[i] - middle) / np.sqrt(square) for i in range(_POINTS)]  # exactly so on average
    return {
        "window": {"x": f.window[0], "y": f.window[1]},
        "field": field(f, f.window, 64),
        "data": {"x": x, "y": [0.5 * x[i] + 1 + 0.3 * draws[_POINTS + i] for i in range(_POINTS)]},
        "inputs": [-3 * spread, mean + 3 * spread],
        "outputs": [-4, 6 + 0.5 * (mean + 3 * spread)],
    }


def _line(mean: float, spread: float, rate: float, start: Any) -> Data:
    f = _valley(mean, spread)
    kappa = _kappa(mean, spread)
    path = trace(f, SGD(rate), start, _SHOWN)
    sizes = [np.sqrt(path["x"][t] ** 2 + path["y"][t] ** 2) for t in range(_SHOWN + 1)]
    slow = max(abs(1 - rate), abs(1 - rate / kappa))
    ends = [-3 * spread, mean + 3 * spread]
    last = [path["x"][_SHOWN], path["y"][_SHOWN]]
    return {
        "SGD": {"x": path["x"], "y": path["y"]},
        "error": {"error": [size / sizes[0] if sizes[0] > 0 else 0 for size in sizes]},
        "at first": {"x": ends, "y": [(0.5 + start[0]) * v + 1 + start[1] for v in ends]},
        "at last": {"x": ends, "y": [(0.5 + last[0]) * v + 1 + last[1] for v in ends]},
        "kappa": kappa,
        "alpha": rate / _largest(mean, spread),
        "steps": -(-np.log(0.01) / np.log(slow) // 1) if slow > 0 else 1,
    }


@experiment(page="01_first_step")
def fitting(**values: Any) -> Experiment:
    """Show gradient descent on slope and intercept of a line, for inputs of a mean and a spread.

    The loss is half the mean squared error. Controls: ``mean``, ``spread``, ``rate`` (in units of 1/λ_max),
    ``start`` (the errors of slope and intercept).

    >>> round(fitting(mean=3, spread=1).data["kappa"], 1)
    119.0
    """
    color = colour_of("SGD")
    return Experiment(
        "fitting",
        [
            slider("mean", "mean of the inputs", 0, 10, 0, step=0.1, format=".1f"),
            slider("spread", "their standard deviation", 0.1, 3, 1, log=True, format=".2f"),
            slider("rate", "rate, times 1/λmax", 0.1, 1.9, 1.0, step=0.05),
            point("start", "start", (2.0, -2.0), within="window"),
        ],
        _line,
        [
            panel(
                "Points and lines",
                axis("input x", "inputs"),
                axis("output", "outputs"),
                [
                    rule(0, axis="x", label="x = 0", dashed=False, width=1),
                    points("data", color="#8A7A12"),
                    line("at first", label="at the start", color="currentColor", dashed=True, width=1.5),
                    line("at last", label="after 200 steps", color=color),
                ],
                alt="Forty points, and the fitted line at the start and after 200 steps.",
            ),
            panel(
                "Drag the start",
                axis("error of the slope", "window.x"),
                axis("error of the intercept", "window.y"),
                [
                    contour("field"),
                    line("SGD", color=color, timed=True, width=2),
                    drag("start", label="Start"),
                ],
                alt="Level lines of the loss over the errors of slope and intercept, with the path of gradient"
                " descent.",
            ),
            panel(
                "Error that is left",
                axis("step", (0, _SHOWN)),
                axis("share of the initial error", (1e-3, 3), log=True),
                [
                    rule(0.01, label="a hundredth"),
                    line("error", x="step", y="error", color=color, timed=True, width=2),
                ],
                ratio=0.5,
                alt="The size of the error of slope and intercept over 200 steps, as a share of the initial one, on a"
                " logarithmic axis.",
            ),
        ],
        readouts=[
            readout("kappa", "condition number κ", format=",.0f"),
            readout("alpha", "rate α", format=".3g"),
            readout("steps", "steps until a hundredth of the error is left", format=",d", color=color),
        ],
        backdrop=_line_backdrop,
        caption="Inputs far from zero turn the round bowl into a long valley: a change of the slope then moves the"
        " line as a change of the intercept does.",
        alt="Points with a line; the loss over slope and intercept with the path of gradient descent; and the error"
        " that is left.",
        values=values,
    )
