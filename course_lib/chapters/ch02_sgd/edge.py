"""The edge of stability: a network trained with full batches, and its largest curvature on the way.

Many networks are trained at once, each at its own rate, by `StackedNetworks`. The experiment reads what is stored in
edge.json, which ``python -m course_lib.chapters.ch02_sgd.edge`` writes.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from course_lib.data import load_digits
from course_lib.ensembles import StackedNetworks
from course_lib.nn import Dense, Sequential, Tanh, xavier_normal

STORED = Path(__file__).with_name("edge.json")
RATES, SEEDS, STEPS = (0.1, 0.2, 0.4, 0.6, 0.8, 1.6), 8, 3000

#: A network's largest curvature is measured once in so many steps.
EVERY = 50


class Runs(NamedTuple):
    """What was measured of every run; the runs of one rate are neighbours.

    ``sharpness`` has shape (rates, seeds, steps / EVERY + 1), ``loss`` (rates, seeds, steps + 1).
    """

    sharpness: np.ndarray
    loss: np.ndarray


def small_digits(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return digits as 16 centred pixels, the means of 2×2 blocks, and their classes as rows of 0 and 1.

    Args:
        count: number of training images, the first of the shuffled ones.

    >>> x, target = small_digits(200)
    >>> x.shape, target.shape, x.dtype.name
    ((200, 16), (200, 10), 'float64')
    """
    digits = load_digits(np.random.default_rng(0), dtype=np.float64)
    blocks = digits.x_train.reshape(-1, 4, 2, 4, 2).mean(axis=(2, 4)).reshape(-1, 16)
    return (blocks - blocks.mean(axis=0))[:count], np.eye(10)[digits.y_train[:count]]


def small_network(seed: int) -> Sequential:
    """Return a new network of 226 parameters for these digits: 16 inputs, 8 tanh units, 10 scores.

    >>> small_network(0).params.flat.size
    226
    """
    rng, f64 = np.random.default_rng(seed), np.float64
    hidden, scores = (Dense(*sizes, rng=rng, init=xavier_normal, dtype=f64) for sizes in ((16, 8), (8, 10)))
    return Sequential(hidden, Tanh(), scores)


def train_full_batch(rates: Sequence[float], seeds: int, steps: int) -> Runs:
    """Train the small network with the gradient of all 200 digits, at every rate from every seed.

    The loss is ½ ‖scores − target‖², averaged over the digits. A run that diverges ends in inf or nan.

    Args:
        rates: learning rates α.
        seeds: number of seeds, 0, 1, 2, …
        steps: number of steps, a multiple of `EVERY`.
    """
    x, target = small_digits(200)
    nets = StackedNetworks([small_network(seed) for _ in rates for seed in range(seeds)])
    lr = np.repeat(np.asarray(rates, dtype=float), seeds)[:, None]
    drawn = [np.random.default_rng(seed).normal(size=nets.params.shape[1]) for seed in range(seeds)]
    probe = np.tile(drawn, (len(rates), 1))  # the same for every rate

    def loss() -> np.ndarray:  # its gradient is then in nets.grads
        error = nets.forward(x, train=True) - target
        nets.backward(error / len(x))
        return (error**2).sum(axis=(1, 2)) / (2 * len(x))

    def curvature(tries: int) -> np.ndarray:
        """Turn the probe towards the steepest eigenvector, v ← Hv/‖Hv‖, and return ‖Hv‖."""
        w, h = nets.params.copy(), 1e-4
        for _ in range(tries):
            probe[:] /= np.linalg.norm(probe, axis=1, keepdims=True)
            slopes = []
            for side in (h, -h):
                nets.params[:] = w + side * probe
                loss()
                slopes.append(nets.grads.copy())
            probe[:] = (slopes[0] - slopes[1]) / (2 * h)
        nets.params[:] = w
        return np.linalg.norm(probe, axis=1)

    losses, sharpness = [], []
    with np.errstate(over="ignore", invalid="ignore"):
        for t in range(steps + 1):
            if t % EVERY == 0:
                sharpness.append(curvature(10 if t else 40))
            losses.append(loss())
            nets.params -= lr * nets.grads
    shape = len(rates), seeds, -1
    return Runs(np.stack(sharpness, axis=-1).reshape(shape), np.stack(losses, axis=-1).reshape(shape))


def summary(runs: Runs) -> list[dict[str, Any]]:
    """Return what the experiment shows of each rate: the range over seeds, one seed's loss, None where runs diverge."""
    rows = []
    for sharpness, loss in zip(runs.sharpness, runs.loss, strict=True):
        if np.all(np.isfinite(loss)):
            rises = np.sum(np.diff(loss) > 0, axis=1)
            rows.append(
                {
                    "low": sharpness.min(axis=0).round(3).tolist(),
                    "median": np.median(sharpness, axis=0).round(3).tolist(),
                    "high": sharpness.max(axis=0).round(3).tolist(),
                    "loss": loss[0, ::10].round(4).tolist(),
                    "rises": float(np.median(rises)),
                }
            )
        else:
            rows.append({"low": None, "median": None, "high": None, "loss": None, "rises": None})
    return rows


if __name__ == "__main__":
    measured = dict(zip(map(str, RATES), summary(train_full_batch(RATES, SEEDS, STEPS)), strict=True))
    STORED.write_text(json.dumps(measured) + "\n", encoding="utf-8")
