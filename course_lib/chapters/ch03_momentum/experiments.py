"""The experiments of chapter 3, *Momentum and Nesterov*, beside the race: phase diagram, eigenvectors, noise.

The functions of the controls come first in each part, as in race.py.
"""

from typing import Any

import numpy as np

from course_lib.explore.experiment import Data, Experiment, experiment
from course_lib.explore.parts import (
    axis,
    bars,
    choice,
    colour_of,
    contour,
    drag,
    heat,
    line,
    panel,
    points,
    readout,
    slider,
)
from course_lib.explore.primitives import field, linspace, mesh, trace
from course_lib.optim import (
    SGD,
    Momentum,
    Nesterov,
    Optimizer,
    Ravine,
    best_heavy_ball,
    critical_rho,
    descend,
    gd_rate,
    heavy_ball_rate,
    nesterov_rate,
    noise_floor,
    regime,
)

# ---------------------------------------------------------------- 1 · phase diagram


def _steps_a_digit(lr: Any, rho: Any, kappa: float) -> Any:
    """Return the steps in which the error falls to a tenth, in the slower of two directions; nan where it grows."""
    rate = np.maximum(heavy_ball_rate(lr, rho, 1.0), heavy_ball_rate(lr, rho, 1 / kappa))
    return np.where(rate < 0.999999, -2.302585092994046 / np.log(np.maximum(rate, 1e-9)), np.nan)


def _phase_backdrop(kappa: float) -> Data:
    alphas = linspace(0.0, 4.0, 161)
    rhos = linspace(0.0, 1.0, 2)
    f = Ravine(kappa=kappa)
    best = best_heavy_ball(1 / kappa, 1.0)
    return {
        "speed": {
            "x": [0, 4],
            "y": [0, 1],
            "z": mesh(_steps_a_digit, linspace(0.02, 3.98, 100), linspace(0.005, 0.995, 100), kappa),
        },
        "edge": {"x": [2 * (1 + r) for r in rhos], "y": rhos},
        "critical_steep": {"x": alphas, "y": [critical_rho(a, 1.0) for a in alphas]},
        "critical_shallow": {"x": alphas, "y": [critical_rho(a, 1 / kappa) for a in alphas]},
        "best": {"x": [best[0]], "y": [best[1]]},
        "window": {"x": f.window[0], "y": f.window[1]},
        "field": field(f, f.window, 64),
    }


def _regime(lr: float, rho: float, curvature: float) -> str:
    """Return the regime; within half a step of the slider, ρ is critical."""
    return "critical" if abs(rho - critical_rho(lr, curvature)) <= 0.005 else regime(lr, rho, curvature)


def _phase(kappa: float, lr: float, rho: float) -> Data:
    path = trace(Ravine(kappa=kappa), Momentum(lr=lr, rho=rho), [-4.5, 1.5], 100)
    return {
        "Momentum": path,
        "start": {"x": [-4.5], "y": [1.5]},
        "factor": np.maximum(heavy_ball_rate(lr, rho, 1.0), heavy_ball_rate(lr, rho, 1 / kappa)),
        "digit": _steps_a_digit(lr, rho, kappa),
        "steep": _regime(lr, rho, 1.0),
        "shallow": _regime(lr, rho, 1 / kappa),
    }


@experiment(page="03_momentum")
def phase(**values: Any) -> Experiment:
    """Show the (α, ρ) plane of the heavy ball on a ravine: speed, regime and path at the point you drag.

    Controls: ``kappa``, ``lr``, ``rho``.

    >>> phase(kappa=1, lr=1.0, rho=0.5).data["steep"]
    'ringing'
    """
    return Experiment(
        "phase",
        [
            slider("kappa", "condition number κ", 1, 1000, 25, log=True, format=".3~g"),
            slider("lr", "rate α", 0.01, 4, 0.5, step=0.01),
            slider("rho", "momentum ρ", 0, 0.99, 0.3, step=0.01),
        ],
        _phase,
        [
            panel(
                "Drag the point: steps to ÷ 10",
                axis("rate α", (0, 4)),
                axis("momentum ρ", (0, 1)),
                [
                    heat("speed", domain=(1, 1000), log=True, label="steps to ÷ 10", missing="diverges"),
                    line("critical_steep", label="critical for λ = 1", color="#ffffff", casing="#00000090"),
                    line(
                        "critical_shallow",
                        label="critical for λ = 1/κ",
                        color="#ffffff",
                        dashed=True,
                        casing="#00000090",
                    ),
                    line("edge", label="divergence, α = 2(1 + ρ)", color="#c0392b", width=2.5),
                    points("best", label="best", color="#E4572E", shape="cross", radius=7, hidden=True),
                    drag(["lr", "rho"], label="Rate and momentum"),
                ],
                alt="Heat map over rate and momentum: steps to a tenth of the error; beyond α = 2(1 + ρ) it grows.",
            ),
            panel(
                "The path there, 100 steps",
                axis("along the valley (λ = 1/κ)", "window.x"),
                axis("across it (λ = 1)", "window.y"),
                [
                    contour("field"),
                    line("Momentum", color=colour_of("Momentum"), timed=True),
                    points("start", color="currentColor", radius=4),
                ],
                alt="The path of the heavy ball on the ravine, for the rate and momentum chosen.",
            ),
        ],
        readouts=[
            readout("steep", "across, λ = 1"),
            readout("shallow", "along, λ = 1/κ"),
            readout("factor", "factor of the error per step", format=".3f"),
            readout("digit", "steps to a tenth of the error", format=".3~g"),
        ],
        backdrop=_phase_backdrop,
        caption="Bright is fast: the point chooses rate and momentum, and the other picture shows where they lead.",
        alt="The heavy ball's plane of rate and momentum: a fast corner between creeping, ringing and diverging.",
        values=values,
    )


# ---------------------------------------------------------------- 2 · eigenvectors

_SHARES = [0.0, 0.25, 0.5, 0.75, 1.0]  # λ = κ^(-share)
_SHARE_NAMES = ["steepest", "second", "middle", "fourth", "flattest"]
_SHARE_COLOURS = ["#C2478F", "#8B5FC7", "#3B78C4", "#168A86", "#8A7A12"]


def _eigen_backdrop(kappa: float) -> Data:
    return {"edge": {"x": [0.0008, 1.25], "y": [1, 1]}, "spectrum": [1 / kappa, 1.0]}


def _eigen(method: str, kappa: float, lr: float, rho: float) -> Data:
    rate = heavy_ball_rate if method == "Momentum" else nesterov_rate
    lams = [kappa**-share for share in _SHARES]
    sweep = [10 ** (-3 + 0.02 * i) for i in range(151)]
    factors = [rate(lr, rho, lam) for lam in lams]
    data = {
        "curve": {"x": sweep, "y": [rate(lr, rho, lam) for lam in sweep]},
        "plain": {"x": sweep, "y": [gd_rate(lr, lam) for lam in sweep]},
        "worst": max(factors),
        "steep": factors[0],
        "shallow": factors[4],
    }
    for i in range(5):
        valley = Ravine(kappa=1 / lams[i])  # its long axis has curvature lams[i]
        opt = Momentum(lr=lr, rho=rho) if method == "Momentum" else Nesterov(lr=lr, rho=rho)
        path = trace(valley, opt, [1.0, 0.0], 200)
        data[_SHARE_NAMES[i]] = {"error": [abs(x) for x in path["x"]]}
        data["at " + _SHARE_NAMES[i]] = {"x": [lams[i]], "y": [factors[i]]}
    return data


@experiment(page="03_momentum")
def eigen(**values: Any) -> Experiment:
    """Show the error along five eigenvectors of a quadratic over time, and the factor per step for every curvature.

    Controls: ``method`` (``"Momentum"`` or ``"Nesterov"``), ``kappa``, ``lr``, ``rho``.

    >>> round(eigen(kappa=100, lr=1.0, rho=0.0).data["shallow"], 3)
    0.99
    """
    five = list(zip(_SHARE_NAMES, _SHARE_COLOURS, strict=True))
    return Experiment(
        "eigen",
        [
            choice("method", "Method", {"Momentum": "Momentum", "Nesterov": "Nesterov"}, "Momentum"),
            slider("kappa", "condition number κ", 1, 1000, 100, log=True, format=".3~g"),
            slider("lr", "rate α", 0.01, 4, 1.0, step=0.01),
            slider("rho", "momentum ρ", 0, 0.99, 0.0, step=0.01),
        ],
        _eigen,
        [
            panel(
                "Error along each eigenvector",
                axis("step t", (0, 200)),
                axis("error, from 1", (1e-6, 1e2), log=True),
                [line(name, x="step", y="error", label=name, color=c, timed=True, width=2) for name, c in five],
                alt="Five lines on a logarithmic axis: the error along eigenvectors of curvature 1 down to 1/κ.",
            ),
            panel(
                "Factor per step, for every curvature",
                axis("curvature λ", (0.0008, 1.25), log=True),
                axis("error × each step", (0, 1.25)),
                [
                    line("edge", color="currentColor", dashed=True, width=1),
                    line("plain", label="without momentum", color=colour_of("SGD"), dashed=True, width=1.5),
                    line("curve", label="with momentum ρ", color="currentColor", width=2),
                    *[points("at " + name, color=c, radius=5) for name, c in five],
                ],
                alt="The factor of the error per step, against curvature: above 1 it explodes, near 1 it stalls.",
            ),
        ],
        readouts=[
            readout("steep", "factor per step at λ = 1", format=".4f"),
            readout("shallow", "at λ = 1/κ", format=".4f"),
            readout("worst", "slowest of the five", format=".4f"),
        ],
        backdrop=_eigen_backdrop,
        caption="Five curvatures, from 1 to 1/κ, each on its own: its error, and the factor of the error per step.",
        alt="Each eigenvector of a quadratic on its own: which stalls, which rings and which explodes.",
        values=values,
    )


# ---------------------------------------------------------------- 3 · noise

_CHAINS, _SETTLE, _KEEP, _SHOWN = 200, 1500, 500, 200
_REACHES = [0.5, 1.0, 2.0, 4.0, 8.0]  # few, so that the axes of most settings are the same


def _settled(method: Optimizer, seed: int) -> np.ndarray:
    """Return the positions of many runs, long after their start: steps × runs."""
    bowl = lambda x: x  # noqa: E731  the gradient of x²/2
    start, rng = np.zeros(_CHAINS), np.random.default_rng(seed)
    return descend(bowl, method, start, _SETTLE + _KEEP, noise=1.0, rng=rng)[_SETTLE + 1 :]


def _noise(lr: float, rho: float, match: str) -> Data:
    gentle = lr * (1 - rho) if match == "effective" else lr
    floors = {"SGD": noise_floor(lr, 0.0, 1.0, 1.0), "Momentum": noise_floor(gentle, rho, 1.0, 1.0)}
    methods = {"SGD": SGD(lr=lr), "Momentum": Momentum(lr=gentle, rho=rho)}
    reach = min(r for r in _REACHES if r >= 3.5 * max(floors.values()) ** 0.5)
    edges = np.linspace(-reach, reach, 61)
    data: Data = {"reach": [-reach, reach]}
    for name, method in methods.items():
        settled = _settled(method, seed=3)
        counts = np.histogram(settled, edges)[0]
        data[name] = {"x": reach * np.round(settled[:_SHOWN, 0] / reach, 2)}  # as fine as the picture: a small table
        data[f"{name} spread"] = {"x": edges, "y": np.round(counts / counts.max(), 2)}
        data[f"{name} variance"] = (settled**2).mean()
        data[f"{name} theory"] = floors[name]
    data["ratio"] = data["Momentum variance"] / data["SGD variance"]
    return data


@experiment(page="03_momentum")
def noise(**values: Any) -> Experiment:
    """Show where minibatch noise holds SGD and Momentum around a minimum, at equal α or at equal α/(1 − ρ).

    The loss is x²/2, and each gradient has normal noise of standard deviation 1. Controls: ``lr``, ``rho``, ``match``
    (``"rate"`` or ``"effective"``).

    >>> noise(lr=0.1, rho=0.9, match="effective").params["match"]
    'effective'
    """
    both = ("SGD", "Momentum")
    return Experiment(
        "noise",
        [
            choice(
                "match", "Compare at", {"rate": "equal rate α", "effective": "equal effective rate α/(1 − ρ)"}, "rate"
            ),
            slider("lr", "rate α (of SGD)", values=[0.01, 0.02, 0.05, 0.1, 0.2], value=0.05, format=".2~g"),
            slider("rho", "momentum ρ", values=[0.0, 0.5, 0.8, 0.9, 0.95], value=0.9, format=".2~g"),
        ],
        _noise,
        [
            panel(
                "One run of each, long after its start",
                axis("steps since then", (0, _SHOWN)),
                axis("xₜ", "reach"),
                [line(n, x="step", y="x", label=n, color=colour_of(n), timed=True, width=1.75) for n in both],
                alt="Position over 200 noisy steps for SGD and Momentum, once settled: both tremble around 0.",
            ),
            panel(
                "Distribution of x",
                axis("x", "reach"),
                axis("how often (peak = 1)", (0, 1.08)),
                [bars(f"{n} spread", label=n, color=colour_of(n)) for n in reversed(both)],
                alt="Histograms of the settled positions of SGD and Momentum around the minimum.",
            ),
        ],
        readouts=[
            readout("SGD variance", "SGD: variance of x", format=".3f", color=colour_of("SGD")),
            readout("SGD theory", "in theory", format=".3f", color=colour_of("SGD")),
            readout("Momentum variance", "Momentum: variance of x", format=".3f", color=colour_of("Momentum")),
            readout("Momentum theory", "in theory", format=".3f", color=colour_of("Momentum")),
            readout("ratio", "Momentum / SGD", format=".2f"),
        ],
        caption="The start is forgotten: noise alone keeps both moving around the minimum, at 0.",
        alt="Noise floors: at an equal rate Momentum's is higher than SGD's; at an equal effective rate, alike.",
        tabulated=True,
        values=values,
    )
