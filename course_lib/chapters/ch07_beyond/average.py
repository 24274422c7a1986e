"""The experiment with Schedule-Free in a noisy bowl: exact means, and one run.

The functions of the controls come first: plain Python, compiled from this source for the site.
"""

from typing import Any

from course_lib.explore.experiment import Data, Experiment, experiment
from course_lib.explore.parts import axis, line, panel, points, readout, slider
from course_lib.explore.primitives import normals
from course_lib.optim import Cosine

_CURVATURES, _SIGMA, _START, _STEPS = [1.0, 0.05], 0.5, 3.0, 1000
_LENGTHS = [100, 300, 1000]


def _plain(rates: Any) -> Any:
    """Return SGD's mean loss before and after every step, exactly: from the mean and the variance of x."""
    means, variances, losses = [_START, _START], [0.0, 0.0], []
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


def _averaged(lr: float, beta: float) -> Any:
    """Return the mean loss of the average a, exactly: from the means, the variances and the covariance of z and a."""
    losses = []
    z, a = [_START, _START], [_START, _START]
    zz, za, aa = [0.0, 0.0], [0.0, 0.0], [0.0, 0.0]
    for t in range(_STEPS + 1):
        loss = 0.0
        for i in range(2):
            if t > 0:  # the new z is p z + q a + noise, the new a is a + (z − a)/t
                c, p, q = 1 / t, 1 - lr * (1 - beta) * _CURVATURES[i], -lr * beta * _CURVATURES[i]
                z[i] = p * z[i] + q * a[i]
                a[i] = (1 - c) * a[i] + c * z[i]
                both = p * za[i] + q * aa[i]
                zz[i] = p * p * zz[i] + 2 * p * q * za[i] + q * q * aa[i] + lr * lr * _SIGMA * _SIGMA
                aa[i] = (1 - c) * (1 - c) * aa[i] + 2 * c * (1 - c) * both + c * c * zz[i]
                za[i] = (1 - c) * both + c * zz[i]
            loss = loss + 0.5 * _CURVATURES[i] * (a[i] * a[i] + aa[i])
        losses.append(loss)
    return losses


def _walk(lr: float, beta: float, seed: int) -> Any:
    """Return the points z and their averages a of one run."""
    draws = normals(seed, 2 * _STEPS)
    z, a = [_START, _START], [_START, _START]
    path = {"x": [_START], "y": [_START]}
    means = {"x": [_START], "y": [_START]}
    for t in range(1, _STEPS + 1):
        for i in range(2):
            x = beta * a[i] + (1 - beta) * z[i]
            z[i] = z[i] - lr * (_CURVATURES[i] * x + _SIGMA * draws[2 * t - 2 + i])
            a[i] = a[i] + (z[i] - a[i]) / t
        path["x"].append(z[1])
        path["y"].append(z[0])
        means["x"].append(a[1])
        means["y"].append(a[0])
    return [path, means]


def _from_one(losses: Any) -> Data:
    """Return the losses from step 1 on, for a logarithmic axis."""
    times = range(1, len(losses))
    return {"x": [t for t in times], "y": [losses[t] for t in times]}


def _average(lr: float, beta: float, run: float) -> Data:
    path, means = _walk(lr, beta, int(run))
    constant = _plain([lr for t in range(_STEPS)])
    averaged = _averaged(lr, beta)
    data = {
        "z": path,
        "a": means,
        "constant": _from_one(constant),
        "averaged": _from_one(averaged),
        "minimum": {"x": [0], "y": [0]},
    }
    ends = []
    for steps in _LENGTHS:
        schedule = Cosine(lr=lr, steps=steps, end=0.0)
        losses = _plain([schedule(t) for t in range(steps)])
        data["cosine " + str(steps)] = _from_one(losses)
        ends.append(losses[steps])
    data["ends"] = {"x": _LENGTHS, "y": ends}
    data["constant_300"] = constant[300]
    data["averaged_300"] = averaged[300]
    data["averaged_1000"] = averaged[1000]
    data["cosine_300"] = ends[1]
    data["cosine_1000"] = ends[2]
    return data


@experiment(page="07_beyond")
def average(**values: Any) -> Experiment:
    """Show Schedule-Free in a noisy bowl beside cosines of three lengths: exact mean losses, and one run.

    The curvatures are 1 and 0.05, each gradient component has noise of standard deviation 0.5, and the start is
    (3, 3). Controls: ``lr``, ``beta``, how near to the average the gradient is taken (0: a plain average), ``run``.

    >>> data = average(lr=0.5, beta=0).data
    >>> data["averaged_300"] < data["cosine_300"] < data["constant_300"]
    True
    """
    mean, cosine, constant = "#009E73", "#0072B2", "#D55E00"
    return Experiment(
        "average",
        [
            slider("lr", "rate α", 0.01, 1.0, 0.5, log=True, format=".2~g"),
            slider("beta", "β, weight of the average", 0, 0.98, 0, step=0.02, format=".2f"),
            slider("run", "run", 1, 20, 1, step=1, format="d"),
        ],
        _average,
        [
            panel(
                "One run",
                axis("flat direction, λ = 0.05", (-3.5, 3.5)),
                axis("steep direction, λ = 1", (-3.5, 3.5)),
                [
                    line("z", label="points z", color="#8A7A12", width=0.8),
                    line("a", label="average a", color=mean, width=2.5),
                    points("minimum", color="currentColor", shape="cross", radius=6),
                ],
                ratio=0.9,
                alt="The points of one run wander around the minimum; their average goes there on a smooth line.",
            ),
            panel(
                "Mean height above the minimum",
                axis("step t", (1, _STEPS), log=True),
                axis("loss", (1e-3, 10), log=True),
                [
                    line("constant", label="constant rate", color=constant, dashed=True),
                    *[
                        line(
                            f"cosine {n}",
                            label="cosines of 100, 300, 1,000 steps" if n == _LENGTHS[0] else None,
                            color=cosine,
                            width=1.5,
                        )
                        for n in _LENGTHS
                    ],
                    points("ends", color=cosine, radius=4.5),
                    line("averaged", color=mean, width=2.5),
                ],
                alt="Losses on logarithmic axes: a constant rate levels off, three cosines dive at their ends, the"
                " average falls all the time.",
            ),
        ],
        readouts=[
            readout("constant_300", "at step 300: constant rate", format=".2~g", color=constant),
            readout("averaged_300", "average", format=".2~g", color=mean),
            readout("cosine_300", "cosine of 300 steps", format=".2~g", color=cosine),
            readout("averaged_1000", "at step 1,000: average", format=".2~g", color=mean),
            readout("cosine_1000", "cosine of 1,000 steps", format=".2~g", color=cosine),
        ],
        caption="Each cosine is low at its own end only, the dots; one average, which knows no end, passes near all of"
        " them.",
        alt="A noisy bowl: the average of the points of a constant rate is as low as cosines of several lengths.",
        values=values,
    )
