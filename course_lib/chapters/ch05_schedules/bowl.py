"""The noisy bowl: how far from the minimum a schedule ends, exactly, and one run beside it.

The functions of the controls come first: plain Python, compiled from this source for the site.
"""

from typing import Any

from course_lib.explore.experiment import Data, Experiment, experiment
from course_lib.explore.parts import axis, choice, line, panel, readout, rule, slider
from course_lib.explore.primitives import normals
from course_lib.optim import Constant, Cosine, Linear, MultiStep, Snapshots, WarmupStableDecay

_CURVATURES, _SIGMA, _START = [1.0, 0.05], 0.5, 3.0


def _rates(shape: str, lr: float, steps: int) -> Any:
    """Return the rate of every step."""
    if shape == "constant":
        schedule = Constant(lr=lr)
    elif shape == "step":
        schedule = MultiStep(lr=lr, milestones=[steps // 2, 3 * steps // 4], factor=0.1)
    elif shape == "linear":
        schedule = Linear(lr=lr, steps=steps, end=0.0)
    elif shape == "cosine":
        schedule = Cosine(lr=lr, steps=steps, end=0.0)
    elif shape == "restarts":
        schedule = Snapshots(lr=lr, steps=steps, cycles=4)
    else:
        schedule = WarmupStableDecay(
            lr=lr, steps=steps, warmup=max(steps // 20, 1), cooldown=steps // 4, start=0.0, end=0.0, root=False
        )
    return [schedule(t) for t in range(steps)]


def _expected(rates: Any) -> Any:
    """Return the mean loss before and after every step, exactly.

    Along each eigenvector the mean and the variance of x follow from those before: each step multiplies x by 1 − αλ,
    and adds α times the noise.
    """
    means, variances = [_START, _START], [0.0, 0.0]
    losses = []
    for t in range(len(rates) + 1):
        rate = rates[t - 1] if t > 0 else 0.0
        loss = 0.0
        for i in range(2):
            kept = 1 - rate * _CURVATURES[i]
            means[i] = kept * means[i]
            variances[i] = kept * kept * variances[i] + rate * rate * _SIGMA * _SIGMA
            loss = loss + 0.5 * _CURVATURES[i] * (means[i] * means[i] + variances[i])
        losses.append(loss)
    return losses


def _walk(rates: Any, seed: int) -> Any:
    """Return the loss before and after every step of one run."""
    draws = normals(seed, 2 * len(rates))
    x, losses = [_START, _START], []
    for t in range(len(rates) + 1):
        loss = 0.0
        for i in range(2):
            if t > 0:
                slope = _CURVATURES[i] * x[i] + _SIGMA * draws[2 * t - 2 + i]
                x[i] = x[i] - rates[t - 1] * slope
            loss = loss + 0.5 * _CURVATURES[i] * x[i] * x[i]
        losses.append(loss)
    return losses


def _bowl(shape: str, lr: float, steps: float, run: float) -> Data:
    steps = int(steps)
    rates = _rates(shape, lr, steps)
    losses = _expected(rates)
    constant = _expected([lr for t in range(steps)])
    floor = 0.0
    for curvature in _CURVATURES:
        floor = floor + lr * _SIGMA * _SIGMA / (2 * (2 - lr * curvature))
    return {
        "rate": {"rate": rates},
        "run": {"loss": _walk(rates, int(run))},
        "mean": {"loss": losses},
        "constant": {"loss": constant},
        "time": [0, steps],
        "top": [0, 1.08 * lr],
        "floor": floor,
        "end": losses[steps],
        "end_constant": constant[steps],
    }


@experiment(page="05_schedules")
def bowl(**values: Any) -> Experiment:
    """Show how far above its minimum a noisy quadratic ends under a schedule: exactly, on average, and in one run.

    The curvatures are 1 and 0.05, each gradient component has noise of standard deviation 0.5, and the start is
    (3, 3). Controls: ``shape``, ``lr``, ``steps``, ``run``.

    >>> data = bowl(shape="constant", lr=0.5, steps=1000).data
    >>> abs(data["end"] - data["floor"]) < 1e-9
    True
    """
    return Experiment(
        "bowl",
        [
            choice(
                "shape",
                "Schedule",
                {
                    "constant": "constant",
                    "step": "step",
                    "linear": "linear",
                    "cosine": "cosine",
                    "restarts": "restarts",
                    "wsd": "warm-up–stable–decay",
                },
                "cosine",
            ),
            slider("lr", "rate α₀", 0.01, 1.0, 0.5, log=True, format=".2~g"),
            slider("steps", "steps T", 20, 1000, 300, log=True, step=1, format="d"),
            slider("run", "run", 1, 20, 1, step=1, format="d"),
        ],
        _bowl,
        [
            panel(
                "The rate",
                axis("step t", "time"),
                axis("α(t)", "top"),
                [line("rate", x="step", y="rate", color="currentColor", width=2)],
                alt="The learning rate over the steps of the run.",
            ),
            panel(
                "Height above the minimum",
                axis("step t", "time"),
                axis("f(xₜ)", (1e-4, 10), log=True),
                [
                    rule("floor", label="noise floor of α₀"),
                    line("run", x="step", y="loss", label="one run", color="#8A7A12", width=0.8),
                    line("constant", x="step", y="loss", label="constant α₀, on average", color="#D55E00", dashed=True),
                    line("mean", x="step", y="loss", label="schedule, on average", color="#0072B2", width=2.5),
                ],
                alt="The loss over the steps on a logarithmic axis: one ragged run, its average, and that of a"
                " constant rate, which levels off at its noise floor.",
            ),
        ],
        readouts=[
            readout("end", "at the end, on average", format=".2~g", color="#0072B2"),
            readout("end_constant", "with constant α₀", format=".2~g", color="#D55E00"),
            readout("floor", "noise floor of α₀", format=".2~g"),
        ],
        caption="A constant rate levels off at its noise floor; a rate that falls carries the loss below it, if the"
        " valley has been travelled by then.",
        alt="A noisy bowl: under a constant rate the loss stays at a floor, under a falling rate it sinks below.",
        values=values,
    )
