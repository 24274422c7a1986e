"""What chapter 13 has measured in advance: a board of 32 entries, and a search for a rate and a penalty.

The experiments read networks.json, which ``python -m course_lib.chapters.ch13_challenge.networks`` writes in a minute.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from course_lib.challenge import practice
from course_lib.data import Data, load_digits
from course_lib.ensembles import fit_many
from course_lib.nn import L2, Dense, ReLU, Sequential, accuracy
from course_lib.optim import Cosine, Momentum

STORED = Path(__file__).with_name("networks.json")
ENTRIES, PUBLIC, BOARDS = 32, (50, 200, 500), 40
SETTINGS, FOLDS, DRAWS, BUDGETS = 60, 5, 4, (5, 20, 100)
LOW_RATE, HIGH_RATE, LOW_L2, HIGH_L2 = 1e-3, 1.0, 1e-4, 1.0


def small(rng: np.random.Generator) -> Sequential:
    """Build a network with one hidden layer of 64."""
    return Sequential(Dense(64, 64, rng=rng), ReLU(), Dense(64, 10, rng=rng))


def board(draw: int) -> dict[str, list[float]]:
    """Enter the same recipe 32 times, with other weights and batches: accuracies in % on public and private digits.

    Args:
        draw: draws 100 labelled digits, 500 public ones and 1,000 private ones.

    Returns:
        "50", "200", "500": on the first so many public digits, an entry each; "private": on the private ones.
    """
    of_data, of_nets, of_fit = np.random.default_rng(draw).spawn(3)
    data = load_digits(of_data, train=100, val=max(PUBLIC), test=1000)
    nets = [small(rng) for rng in of_nets.spawn(ENTRIES)]
    labelled = data._replace(x_val=data.x_val[:0], y_val=data.y_val[:0])
    steps = 100 * 4
    fit_many(nets, labelled, Momentum(Cosine(0.05, steps=steps)), epochs=100, batch=25, rngs=of_fit.spawn(ENTRIES))
    public = {str(n): [100 * accuracy(net.forward(data.x_val[:n]), data.y_val[:n]) for net in nets] for n in PUBLIC}
    return public | {"private": [100 * accuracy(net.forward(data.x_test), data.y_test) for net in nets]}


def settings() -> tuple[np.ndarray, np.ndarray]:
    """Draw the settings of the search: rates and strengths of L2, both evenly on a logarithmic scale."""
    rng = np.random.default_rng(0)
    rates = np.exp(rng.uniform(np.log(LOW_RATE), np.log(HIGH_RATE), SETTINGS))
    return rates, np.exp(rng.uniform(np.log(LOW_L2), np.log(HIGH_L2), SETTINGS))


def search(draw: int, epochs: int) -> np.ndarray:
    """Cross-validate every setting on a practice draw: accuracy in %, an entry for each.

    All settings and folds are trained at once, as 300 small networks.
    """
    x, y, *_ = practice(draw)
    rates, strengths = settings()
    parts = np.random.default_rng([draw, 3]).permutation(len(x)).reshape(FOLDS, -1)
    others = [np.setdiff1d(np.arange(len(x)), part) for part in parts]
    rows, members = np.tile(others, (SETTINGS, 1)), SETTINGS * FOLDS
    of_nets, of_fit = np.random.default_rng([draw, 4]).spawn(2)
    nets = [small(rng) for rng in of_nets.spawn(members)]
    steps = epochs * rows.shape[1] // 20
    fit_many(
        nets,
        Data(x, y, x[:0], y[:0], x[:0], y[:0]),
        Momentum(Cosine(np.repeat(rates, FOLDS)[:, None], steps=steps)),
        epochs=epochs,
        batch=20,
        rngs=of_fit.spawn(members),
        rows=rows,
        penalty=[L2(lam) for lam in np.repeat(strengths, FOLDS)],
        diverged="keep",
    )
    right = [
        accuracy(net.forward(x[part]), y[part]) for net, part in zip(nets, np.tile(parts, (SETTINGS, 1)), strict=True)
    ]
    return 100 * np.reshape(right, (SETTINGS, FOLDS)).mean(axis=1)


@cache
def stored() -> dict[str, Any]:
    """Return what was measured in advance."""
    return json.loads(STORED.read_text("utf-8"))


def measured() -> dict[str, Any]:
    """Measure the boards and the search."""
    boards = [board(draw) for draw in range(BOARDS)]
    rates, strengths = settings()
    found = {str(n): np.mean([search(draw, n) for draw in range(DRAWS)], axis=0).round(2).tolist() for n in BUDGETS}
    answer = {"boards": {key: [np.round(one[key], 1).tolist() for one in boards] for key in boards[0]}}
    return answer | {"rates": rates.round(5).tolist(), "strengths": strengths.round(6).tolist(), "search": found}


if __name__ == "__main__":
    STORED.write_text(json.dumps(measured(), separators=(",", ":")) + "\n", "utf-8")
