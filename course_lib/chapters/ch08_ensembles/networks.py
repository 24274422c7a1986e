"""The networks of chapter 8: members of ensembles, snapshots of one run, averages of weights.

The experiments read what is stored in networks.json, which ``python -m course_lib.chapters.ch08_ensembles.networks``
writes in about a minute.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from course_lib.data import Data, load_digits, wrong_labels
from course_lib.ensembles import (
    EMA,
    SnapshotEnsemble,
    average_weights,
    bootstrap,
    disagreement,
    fit_many,
    nll,
    predict_members,
    refresh_batch_norm,
    snapshots,
    spread,
)
from course_lib.nn import L2, BatchNorm, Dense, History, ReLU, Sequential, fit, softmax
from course_lib.optim import Cosine, Momentum

STORED = Path(__file__).with_name("networks.json")

#: Share of the labels that are wrong, by the name that the experiments have for it.
LABELS = {"right": 0.0, "wrong": 0.3}
#: Training digits, epochs, rows of a minibatch, hidden units, the rate at the start of the cosine, members.
EXAMPLES, EPOCHS, BATCH, WIDTH, RATE, MEMBERS = 300, 100, 50, 64, 0.1, 8
#: Seeds of the chapter's means; each draws digits, labels, first weights and minibatches.
SEEDS = 20


def digits(seed: int, labels: str = "wrong") -> Data:
    """Return 300 training digits drawn by the seed, 300 to validate and 1,000 to test on, whose labels are right."""
    return _digits(seed, labels)


@cache
def _digits(seed: int, labels: str) -> Data:
    rng = np.random.default_rng(seed)
    data = load_digits(rng, train=EXAMPLES, val=300, test=1000)
    return data._replace(y_train=wrong_labels(data.y_train, LABELS[labels], rng, classes=10)[0])


def network(rng: np.random.Generator) -> Sequential:
    """Return an untrained network: 64 hidden units between 64 pixels and ten scores."""
    return Sequential(Dense(64, WIDTH, rng=rng), ReLU(), Dense(WIDTH, 10, rng=rng))


def train(nets: Sequence[Sequential], data: Data, rngs: Sequence[Any], lr: Any = RATE, **more: Any) -> list[History]:
    """Train networks together by the chapter's recipe: momentum 0.9, minibatches of 50, 100 epochs.

    Args:
        nets: are trained in place.
        data: of all of them.
        rngs: a generator for each, which shuffles.
        lr: the rate at the start of the cosine to 0; or an optimizer, which brings its own rate.
        **more: of `fit_many`.
    """
    optimizer = lr if isinstance(lr, Momentum) else Momentum(Cosine(lr, steps=EPOCHS * EXAMPLES // BATCH))
    without = data._replace(x_val=None, y_val=None)  # nothing is tested on the way
    return fit_many(nets, without, optimizer, epochs=EPOCHS, batch=BATCH, rngs=rngs, **more)


def bags(rngs: Sequence[np.random.Generator]) -> dict[str, np.ndarray]:
    """Return a bootstrap of the digits for each generator, as `train` takes it."""
    return {"rows": np.stack([bootstrap(EXAMPLES, rng).rows for rng in rngs])}


def members(seed: int, labels: str = "wrong", bagged: bool = False, count: int = MEMBERS) -> list[Sequential]:
    """Train members that differ in first weights and minibatches; if bagged, in their digits, too.

    Args:
        seed: draws the digits, and the members.
        labels: "right", or "wrong": 30 % of them are.
        bagged: whether each member is trained on a bootstrap of the digits.
        count: members.

    Returns:
        The networks. They are kept for the next call.
    """
    return _members(seed, labels, bagged, count)


@cache
def _members(seed: int, labels: str, bagged: bool, count: int) -> list[Sequential]:
    rngs = np.random.default_rng([seed, 1]).spawn(count)
    nets = [network(rng) for rng in rngs]
    train(nets, digits(seed, labels), rngs, **(bags(rngs) if bagged else {}))
    return nets


def siblings(seed: int, labels: str = "wrong", bagged: bool = False) -> list[Sequential]:
    """Train eight networks from one and the same start, with other minibatches; if bagged, with other digits, too."""
    return _siblings(seed, labels, bagged)


@cache
def _siblings(seed: int, labels: str, bagged: bool) -> list[Sequential]:
    rng = np.random.default_rng([seed, 2])
    first, rngs = network(rng), rng.spawn(MEMBERS)
    nets = [copy.deepcopy(first) for _ in rngs]
    train(nets, digits(seed, labels), rngs, **(bags(rngs) if bagged else {}))
    return nets


# ---------------------------------------------------------------- what is measured of them


def over_seeds(measure: Callable[..., Any], seeds: int = SEEDS, *more: Any) -> np.ndarray:
    """Return what a function, measure(seed, *more), measures for the seeds 0, 1, 2, …, a row for each."""
    return np.array([measure(seed, *more) for seed in range(seeds)])


def predictions(seed: int, labels: str = "wrong", bagged: bool = False, count: int = MEMBERS) -> np.ndarray:
    """Return the members' probabilities for the 1,000 test digits, shape (members, 1000, 10)."""
    return _predictions(seed, labels, bagged, count)


@cache
def _predictions(seed: int, labels: str, bagged: bool, count: int) -> np.ndarray:
    return predict_members(members(seed, labels, bagged, count), digits(seed).x_test)


def share_right(found: np.ndarray, seed: int) -> Any:
    """Return the accuracy in % on the test digits, of probabilities or scores of shape (…, 1000, 10)."""
    return 100 * (found.argmax(axis=-1) == digits(seed).y_test).mean(axis=-1)


def tested(net: Sequential, seed: int) -> float:
    """Return the accuracy of one network on the test digits, in %."""
    return float(share_right(net.forward(digits(seed).x_test), seed))


def votes(seed: int, labels: str, bagged: bool, sizes: Sequence[int], count: int) -> list[float]:
    """Return the accuracy of votes of each size, in %: the mean over the groups of that size.

    Args:
        seed: of the digits and the members.
        labels: as for `members`.
        bagged: likewise.
        sizes: of the groups; each divides `count`.
        count: members.
    """
    p = predictions(seed, labels, bagged, count)
    groups = [p.reshape(count // size, size, *p.shape[1:]).mean(axis=1) for size in sizes]
    return [float(share_right(group, seed).mean()) for group in groups]


def fair_votes(p: np.ndarray) -> np.ndarray:
    """Return how many members name each class, shape (rows, classes), with ties broken by the mean probability.

    >>> fair_votes(np.array([[[0.4, 0.6]], [[0.9, 0.1]]])).argmax(axis=1)  # one vote each, the second is surer
    array([0])
    """
    named = p.argmax(axis=2)[:, :, None] == np.arange(p.shape[2])
    return named.sum(axis=0) + p.mean(axis=0) / 2


def errors(p: np.ndarray, seed: int) -> np.ndarray:
    """Return each member's error: its probabilities minus 1 for the right class, 0 for the others."""
    return p - np.eye(10)[digits(seed).y_test]


def between(a: Sequential, b: Sequential, share: float) -> Sequential:
    """Return a network with the weights (1 − share) · a + share · b.

    >>> a, b = (network(np.random.default_rng(seed)) for seed in (0, 1))
    >>> bool(np.allclose(between(a, b, 0.5).params["0.W"], (a.params["0.W"] + b.params["0.W"]) / 2))
    True
    """
    mixed = copy.deepcopy(a)
    mixed.params.flat[...] = (1 - share) * a.params.flat + share * b.params.flat
    return mixed


def line(nets: Sequence[Sequential], seed: int, shares: np.ndarray) -> np.ndarray:
    """Return the accuracy in % on the straight lines between pairs of networks, the mean over the pairs."""
    pairs = list(zip(nets[::2], nets[1::2], strict=True))
    return np.array([np.mean([tested(between(a, b, s), seed) for a, b in pairs]) for s in shares])


def soup(nets: Sequence[Sequential], seed: int) -> float:
    """Return the accuracy in % of the one network with the mean weights."""
    return tested(average_weights(nets), seed)


def temperature(scores: np.ndarray, y: np.ndarray) -> float:
    """Return the temperature T, ¼ to 4, for which softmax(scores/T) has the least NLL.

    >>> s = np.random.default_rng(0).normal(size=(4000, 3))
    >>> y = np.array([np.random.default_rng(i).choice(3, p=p) for i, p in enumerate(softmax(s / 2))])
    >>> 1.8 < temperature(s, y) < 2.2
    True
    """
    grid = np.geomspace(0.25, 4, 81)
    return float(grid[np.argmin([nll(softmax(scores / T), y) for T in grid])])


def strengths(seed: int, labels: str, lams: Sequence[float]) -> np.ndarray:
    """Return training and test accuracy in % of one network under L2 of several strengths, shape (2, strengths)."""
    data, first = digits(seed, labels), network(np.random.default_rng([seed, 4]))
    nets = [copy.deepcopy(first) for _ in lams]
    train(nets, data, [np.random.default_rng([seed, 5]) for _ in lams], penalty=[L2(lam) for lam in lams])
    own = [100 * np.mean(net.forward(data.x_train).argmax(axis=1) == data.y_train) for net in nets]
    return np.array([own, [tested(net, seed) for net in nets]])


@cache
def committee_under(seed: int, lams: tuple[float, ...]) -> list[Sequential]:
    """Train members under L2, a strength for each, on 30 % wrong labels."""
    rngs = np.random.default_rng([seed, 1]).spawn(len(lams))
    nets = [network(rng) for rng in rngs]
    train(nets, digits(seed), rngs, penalty=[L2(lam) for lam in lams])
    return nets


def picked(nets: Sequence[Sequential], seed: int) -> float:
    """Return the accuracy in % on the test digits of the network that is best on the 300 validation digits."""
    data = digits(seed)
    right = [np.mean(net.forward(data.x_val).argmax(axis=1) == data.y_val) for net in nets]
    return tested(nets[int(np.argmax(right))], seed)


@cache
def snapshot_run(seed: int, labels: str, cycles: int) -> SnapshotEnsemble:
    """Train through cycles of the rate, and in one run of the same length; the logs' `val` is the test digits."""
    data, rng = digits(seed, labels), np.random.default_rng([seed, 3])
    data = data._replace(x_val=data.x_test, y_val=data.y_test)
    net, optimizer = network(rng), Momentum(RATE)
    return snapshots(net, data, optimizer, cycles=cycles, epochs_per_cycle=EPOCHS // cycles, rng=rng, batch=BATCH)


# ---------------------------------------------------------------- averages along a run


class Recorded(Momentum):
    """Momentum with a constant rate, which also keeps the sums x_test ← d x_test + (1 − d) x for several decays d.

    Attributes:
        sums: one for each decay, as they are after the last step.
        at: step → (x, sums) after it, for the steps asked for.
    """

    def __init__(self, lr: float, decays: Sequence[float], steps: Sequence[int] = ()) -> None:
        super().__init__(lr)
        self.decays, self.steps, self.sums, self.at = tuple(decays), set(steps), [0.0] * len(decays), {}

    def step(self, params: Any, grads: Any, *, nonfinite: str = "raise") -> None:
        super().step(params, grads, nonfinite=nonfinite)
        self.sums = [d * x_test + (1 - d) * params for d, x_test in zip(self.decays, self.sums, strict=True)]
        if self.t in self.steps:
            self.at[self.t] = params.copy(), self.sums


def _run(seed: int, labels: str, optimizer: Any, lam: float) -> Sequential:
    net = network(np.random.default_rng([seed, 7]))
    train([net], digits(seed, labels), [np.random.default_rng([seed, 8])], optimizer, penalty=L2(lam))
    return net


def _with(net: Sequential, weights: np.ndarray) -> Sequential:
    other = copy.deepcopy(net)
    other.params.flat[...] = weights
    return other


@cache
def averages(seed: int, labels: str, lam: float, decays: tuple[float, ...]) -> np.ndarray:
    """Return the accuracies in % of one run at the rate 0.1: last weights, corrected EMAs; and of two controls.

    The controls are a cosine's last weights, and the same run's weights after the epoch that is best on the validation
    digits.

    Args:
        seed: of digits, first weights and minibatches.
        labels: as for `members`.
        lam: strength of L2.
        decays: of the EMAs.
    """
    epoch = EXAMPLES // BATCH
    optimizer = Recorded(RATE, decays, range(epoch, epoch * EPOCHS + 1, epoch))
    net = _run(seed, labels, optimizer, lam)
    emas = [_with(net, x[0] / (1 - d**optimizer.t)) for d, x in zip(decays, optimizer.sums, strict=True)]
    found = [tested(one, seed) for one in (net, *emas, _run(seed, labels, RATE, lam))]
    return np.array([*found, picked([_with(net, x[0]) for x, _ in optimizer.at.values()], seed)])


@cache
def start_up(seed: int, decay: float, steps: tuple[int, ...]) -> np.ndarray:
    """Return NLL and accuracy of an EMA early in a run on right labels, at the rate 0.05.

    Returns:
        An array of shape (2, 3, steps): NLL and accuracy in %; from 0, from 0 and corrected, from the first weights.
    """
    optimizer = Recorded(0.05, [decay], (1, *steps))
    net, data, found = _run(seed, "right", optimizer, 0.0), digits(seed, "right"), []
    first = optimizer.at[1][0][0]
    for t in steps:
        x_test = optimizer.at[t][1][0][0]
        for weights in (x_test, x_test / (1 - decay**t), x_test + decay**t * first):
            scores = _with(net, weights).forward(data.x_test)
            found.append((nll(softmax(scores), data.y_test), share_right(scores, seed)))
    return np.array(found).reshape(len(steps), 3, 2).T


@cache
def refreshed(seed: int, epochs: int) -> tuple[float, float]:
    """Return the NLL of an EMA of a network with batch norm, with the last weights' statistics and with its own."""
    rng, data = np.random.default_rng([seed, 7]), digits(seed, "right")
    net = Sequential(Dense(64, WIDTH, rng=rng), BatchNorm(WIDTH), ReLU(), Dense(WIDTH, 10, rng=rng))
    without = data._replace(x_val=None, y_val=None)
    fit(
        net, without, EMA(Momentum(RATE), decay=0.995), epochs=epochs, batch=BATCH, rng=np.random.default_rng([seed, 8])
    )
    before = nll(softmax(net.forward(data.x_test)), data.y_test)
    refresh_batch_norm(net, data.x_train)
    return before, nll(softmax(net.forward(data.x_test)), data.y_test)


# ---------------------------------------------------------------- what the experiments read

SIZES, CYCLES, HARD = (1, 2, 4, 8, 16), (2, 4, 5, 10), 12


def _opinions() -> dict[str, Any]:
    """Return the test digits on which the eight of seed 0 disagree most, and what each member thinks of them."""
    data, p = digits(0), predictions(0)
    share = np.mean(p.argmax(axis=2)[:, :, None] == np.arange(10), axis=0)  # of the votes, for each class
    hard = np.argsort((share**2).sum(axis=1), kind="stable")[:HARD]
    return {
        "images": np.rint(16 * data.x_test[hard]).astype(int).tolist(),
        "labels": data.y_test[hard].tolist(),
        "p": p[:, hard].astype(float).round(3).tolist(),
        "alone": share_right(p, 0).astype(float).round(1).tolist(),
        "together": [round(float(share_right(p[:m].mean(axis=0), 0)), 1) for m in range(1, MEMBERS + 1)],
        "disagree": round(100 * disagreement(p).mean, 1),
    }


def _gain(labels: str, bagged: bool, seeds: int) -> dict[str, Any]:
    count = SIZES[-1]
    spreads = [spread(errors(predictions(seed, labels, bagged, count), seed)) for seed in range(seeds)]
    apart = [disagreement(predictions(seed, labels, bagged, count)).mean for seed in range(seeds)]
    return {
        "accuracy": np.round([votes(seed, labels, bagged, SIZES, count) for seed in range(seeds)], 2).tolist(),
        "rho": round(float(np.mean([s.rho for s in spreads])), 3),
        "sigma2": round(float(np.mean([s.sigma**2 for s in spreads])), 4),
        "drawn": [round(_variance(labels, bagged, size, seeds), 5) for size in SIZES],
        "disagree": round(100 * float(np.mean(apart)), 1),
    }


def _variance(labels: str, bagged: bool, size: int, seeds: int) -> float:
    """Return the variance of the error of votes of a size, measured: the mean over the groups and the seeds."""
    found = []
    for seed in range(seeds):
        e = errors(predictions(seed, labels, bagged, SIZES[-1]), seed)
        found += [group.var() for group in e.reshape(-1, size, *e.shape[1:]).mean(axis=1)]
    return float(np.mean(found))


def _snapshots(labels: str, cycles: int, seeds: int) -> dict[str, Any]:
    runs = [snapshot_run(seed, labels, cycles) for seed in range(seeds)]
    p = [predict_members(run.members, digits(seed).x_test) for seed, run in enumerate(runs)]
    curve = [np.concatenate([log.val_accuracy for log in run.histories]) for run in runs]
    return {
        "curve": (100 * np.mean(curve, axis=0)).round(1).tolist(),
        "single": (100 * np.mean([run.single_history.val_accuracy for run in runs], axis=0)).round(1).tolist(),
        "each": np.mean([share_right(one, seed) for seed, one in enumerate(p)], axis=0).round(2).tolist(),
        "vote": round(float(np.mean([share_right(one.mean(axis=0), seed) for seed, one in enumerate(p)])), 2),
        "disagree": round(100 * float(np.mean([disagreement(one).mean for one in p])), 1),
    }


def stored(seeds: int = 12) -> dict[str, Any]:
    """Compute what the experiments read."""
    kinds, runs = {"independent": False, "bagged": True}, [(labels, n) for labels in LABELS for n in CYCLES]
    return {
        "opinions": _opinions(),
        "gain": {f"{name} {labels}": _gain(labels, kinds[name], seeds) for name in kinds for labels in LABELS},
        "snapshots": {f"{labels} {cycles}": _snapshots(labels, cycles, seeds) for labels, cycles in runs},
    }


if __name__ == "__main__":
    STORED.write_text(json.dumps(stored(), separators=(",", ":")) + "\n", "utf-8")
