"""Trainability with batch normalization: the range of initial scales and learning rates a deep network tolerates."""

from __future__ import annotations

import numpy as np
from numpy.typing import DTypeLike

from course_lib.data import load_digits
from course_lib.nn import BatchNorm, Dense, Diverged, ReLU, Sequential, evaluate, fit, he
from course_lib.optim import Momentum

from .study import Study

SCALES, RATES = (0.25, 0.5, 1.0, 2.0), (0.01, 0.1, 0.5)
DEPTH, WIDTH, EPOCHS = 8, 64, 10


def deep(rng: np.random.Generator, scale: float, norm: bool) -> Sequential:
    """Build eight hidden layers with weights initialized at `scale` times He's scale."""

    def init(rng: np.random.Generator, n_in: int, n_out: int, dtype: DTypeLike) -> np.ndarray:
        return scale * he(rng, n_in, n_out, dtype)

    layers = []
    for _ in range(DEPTH):
        layers += [Dense(WIDTH, WIDTH, rng=rng, init=init), *([BatchNorm(WIDTH)] if norm else []), ReLU()]
    return Sequential(*layers, Dense(WIDTH, 10, rng=rng, init=init))


def measure(setting: tuple[float, float], seed: int) -> dict[str, float]:
    """Train with a scale and a rate, without batch norm and with it; return the accuracy on 360 other digits."""
    scale, rate = setting
    return {"without": _accuracy(scale, rate, False, seed), "with batch norm": _accuracy(scale, rate, True, seed)}


def _accuracy(scale: float, rate: float, norm: bool, seed: int) -> float:
    of_data, of_net, of_fit = np.random.default_rng(seed).spawn(3)
    data, net = load_digits(of_data), deep(of_net, scale, norm)
    try:
        fit(net, data, Momentum(rate), epochs=EPOCHS, rng=of_fit)
    except Diverged:  # the network is back at its best epoch
        pass
    return 100 * evaluate(net, data.x_val, data.y_val).accuracy


TRAINABILITY = Study(
    "Trainability with batch norm",
    "Eight hidden layers of 64 ReLUs, weights drawn at a multiple of He's size, 10 epochs on 1,437 digits with "
    "momentum and a constant rate α: accuracy on 360 others.",
    measure,
    {f"{scale:g} × He, α = {rate:g}": (scale, rate) for scale in SCALES for rate in RATES},
    compare=False,
    seeds=5,
    rows_are="setting",
)
