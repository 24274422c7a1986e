"""The gain of ensembles with the network of the regularizers' tables; and of averages of weights along a run.

A row of the first two tables is a function of a `Run` that returns groups of members: predictions on the test digits
and then the training digits, shape (groups, members, N, C). Members of a group vote together; the groups are alike,
and the table shows their mean.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from typing import Any, NamedTuple

import numpy as np

from course_lib.data import Data, load_digits, wrong_labels
from course_lib.ensembles import (
    EMA,
    SWA,
    average_weights,
    bootstrap,
    disagreement,
    ece,
    mean_probability,
    nll,
    predict_members,
    snapshots,
    train_members,
)
from course_lib.nn import L2, Sequential, evaluate, fit
from course_lib.optim import Cosine, Momentum

from .regularization import BATCH, EPOCHS, dropout, plain
from .study import Study

MEMBERS, RATE = 8, 0.05


class Run(NamedTuple):
    """The setting of a measurement: seed, number of training digits, and the share of them with a wrong label."""

    seed: int
    train: int
    wrong: float

    def rngs(self) -> list[np.random.Generator]:
        """Return generators for data, initial weights, batches (those of the regularizers' tables), and members."""
        return np.random.default_rng(self.seed).spawn(4)

    def data(self) -> Data:
        """Draw the digits of the regularizers' tables."""
        of_data, *_ = self.rngs()
        data = load_digits(of_data, train=self.train, val=100, test=1000)
        return data._replace(y_train=wrong_labels(data.y_train, self.wrong, of_data, classes=10)[0])

    def x(self) -> np.ndarray:
        """Return the inputs of the members: the test digits, and then the training digits."""
        data = self.data()
        return np.concatenate([data.x_test, data.x_train])

    def steps(self, epochs: int) -> int:
        """Return the number of steps in that many epochs."""
        return epochs * self.train // BATCH


Row = Callable[[Run], np.ndarray]


def train_one(index: int, rng: np.random.Generator, *, run: Run, bagged: bool) -> Sequential:
    """Train a member from its own initial weights and batches; if bagged, on digits drawn with replacement, too."""
    of_net, of_fit, of_bag = rng.spawn(3)
    data, net = run.data(), plain(of_net)
    if bagged:
        rows, _ = bootstrap(run.train, of_bag)
        data = data._replace(x_train=data.x_train[rows], y_train=data.y_train[rows])
    fit(net, data, Momentum(Cosine(RATE, steps=run.steps(EPOCHS))), epochs=EPOCHS, batch=BATCH, rng=of_fit)
    return net


@lru_cache(maxsize=100)  # several rows use the same members
def members(run: Run, bagged: bool) -> tuple[np.ndarray, np.ndarray]:
    """Train eight members, and return their predictions; and those of one network with their mean weights."""
    *_, of_members = run.rngs()
    nets = train_members(partial(train_one, run=run, bagged=bagged), MEMBERS, of_members)
    return predict_members(nets, run.x()), predict_members([average_weights(nets)], run.x())


@lru_cache(maxsize=100)
def cycles(run: Run, number: int, epochs: int) -> tuple[np.ndarray, np.ndarray]:
    """Train through cycles, and return the snapshots' predictions; and those of a single run of the same budget."""
    _, of_net, of_fit, _ = run.rngs()
    data = run.data()
    ensemble = snapshots(
        plain(of_net), data, Momentum(RATE), cycles=number, epochs_per_cycle=epochs, rng=of_fit, batch=BATCH
    )
    return predict_members(ensemble.members, run.x()), predict_members([ensemble.single], run.x())


def independent(run: Run, size: int, bagged: bool = False) -> np.ndarray:
    """Let the eight vote in groups: eight of one, four of two, two of four, one of eight."""
    p, _ = members(run, bagged)
    return p.reshape(MEMBERS // size, size, *p.shape[1:])


def mean_weights(run: Run) -> np.ndarray:
    """Return the one network with the eight members' mean weights."""
    return members(run, False)[1][None]


def snapshot_vote(run: Run, number: int, epochs: int, which: slice = slice(None)) -> np.ndarray:
    """Let snapshots vote, all or some."""
    return cycles(run, number, epochs)[0][None, which]


def single_run(run: Run, number: int, epochs: int) -> np.ndarray:
    """Return the control: as many epochs in one run."""
    return cycles(run, number, epochs)[1][None]


FIRST, LAST = slice(1), slice(-1, None)
SHORT = {"number": 5, "epochs": EPOCHS // 5}
LONG = {"number": 8, "epochs": 4 * EPOCHS // 8}
ROWS: dict[str, Row] = {
    "single": partial(independent, size=1),
    "independent ×2": partial(independent, size=2),
    "independent ×4": partial(independent, size=4),
    "independent ×8": partial(independent, size=8),
    "bagged ×8": partial(independent, size=8, bagged=True),
    "snapshots of 5 cycles of 16 epochs": partial(snapshot_vote, **SHORT),
    "– the first alone": partial(snapshot_vote, **SHORT, which=FIRST),
    "– control: the last alone": partial(snapshot_vote, **SHORT, which=LAST),
    "– control: one run of 80 epochs": partial(single_run, **SHORT),
    "snapshots of the last 5 of 8 cycles of 40 epochs": partial(snapshot_vote, **LONG, which=slice(-5, None)),
    "– control: the last of these alone": partial(snapshot_vote, **LONG, which=LAST),
    "– control: one run of 320 epochs": partial(single_run, **LONG),
    "one network of the eight's mean weights": mean_weights,
}


def measure(row: Row, seed: int, *, train: int, wrong: float) -> dict[str, float]:
    """Let groups of members vote on 1,000 digits with right labels; return the mean over the groups."""
    run = Run(seed, train, wrong)
    scores = [score(p, run.data()) for p in row(run)]
    return {quantity: float(np.mean([one[quantity] for one in scores])) for quantity in scores[0]}


def score(p: np.ndarray, data: Data) -> dict[str, float]:
    """Score one group."""
    p, on_train = np.split(p, [len(data.y_test)], axis=1)
    mean = mean_probability(p)
    return {
        "accuracy": 100 * np.mean(mean.argmax(axis=1) == data.y_test),
        "each alone": 100 * np.mean(p.argmax(axis=2) == data.y_test),
        "disagree": 100 * disagreement(p).mean if len(p) > 1 else 0.0,
        "on its training labels": 100 * np.mean(mean_probability(on_train).argmax(axis=1) == data.y_train),
        "NLL": nll(mean, data.y_test),
        "ECE": 100 * ece(mean, data.y_test),
    }


def measure_averages(row: Mapping[str, Any], seed: int) -> dict[str, float]:
    """Train with a constant rate, and test the last weights and averages; and train with a falling rate."""
    options = dict(row)
    run = Run(seed, options.pop("train"), options.pop("wrong"))
    make, data, steps = options.pop("net", plain), run.data(), run.steps(EPOCHS)
    found = {}
    for name, optimizer in {
        "last": Momentum(RATE),
        "EMA": EMA(Momentum(RATE), decay=0.995),
        "SWA": SWA(Momentum(RATE), start=steps // 2, every=run.steps(1)),
        "cosine": Momentum(Cosine(RATE, steps=steps)),
    }.items():
        _, of_net, of_fit, _ = run.rngs()
        net = make(of_net)
        fit(net, data, optimizer, epochs=EPOCHS, batch=BATCH, rng=of_fit, **options)
        found[name] = 100 * evaluate(net, data.x_test, data.y_test).accuracy
        if name != "last":
            found[f"{name} − last"] = found[name] - found["last"]
    return found


READ = (
    "Members vote by the mean of their probabilities. *Single* is the mean of eight networks, ×2 that of their four "
    "pairs, ×4 that of their two halves. Snapshots and their controls start from one and the same network: they are to "
    "be compared with each other. *Each alone* is the members' mean accuracy; two members *disagree* on so many test "
    "digits in a hundred; ECE has 15 bins, in points."
)
FORMATS = {"NLL": ".3f"}
NOISY = Study(
    "Ensembles against wrong labels",
    f"500 digits, 30 % of them with a wrong label. {READ}\n\nVoting averages out a part of what each network learns by "
    "heart. Bagging does so most: its members see less of the data, are worse alone, and disagree twice as often. The "
    "snapshots' gain is **early stopping in disguise**: the first one alone, which has not learnt the wrong labels "
    "yet, beats the vote of all five, and the last one alone, a control, gains nothing. In four times the budget the "
    "last five say the same, and are worse than a single network, as is one run of that length. The mean of "
    "independent networks' *weights* is no network at all.",
    partial(measure, train=500, wrong=0.3),
    ROWS,
    seeds=12,
    formats=FORMATS,
)
CLEAN = Study(
    "Ensembles with few examples",
    f"200 digits, all labels right. {READ}\n\nIndependent networks gain a little, and nearly all of it with the first "
    "four. Snapshots gain nothing over their controls: where all training digits are fitted a cycle does not lead far "
    "away, and they disagree less than independent networks do. Bagging's members disagree most, but each sees 63 % of "
    "so few digits, and the vote just makes up for it.",
    partial(measure, train=200, wrong=0.0),
    ROWS,
    seeds=12,
    formats=FORMATS,
)
AVERAGES = Study(
    "Averages of weights along a run",
    "Momentum with a constant rate of 0.05: accuracy with the last weights; with their averages EMA, of decay 0.995, "
    "and SWA, of one point an epoch over the second half; and with a rate that falls to 0 along a cosine.\n\nWhere L2 "
    "keeps the network from fitting wrong labels, the weights jump about to the end, and an average brings what a "
    "falling rate brings, without a schedule. Where the training digits are fitted the weights come to rest, and there "
    "is little or nothing to average.",
    measure_averages,
    {
        "wrong labels, L2": {"train": 500, "wrong": 0.3, "penalty": L2(3e-3)},
        "wrong labels, L2 and dropout .5": {"train": 500, "wrong": 0.3, "penalty": L2(3e-3), "net": dropout},
        "wrong labels, dropout .5": {"train": 500, "wrong": 0.3, "net": dropout},
        "wrong labels, learnt by heart": {"train": 500, "wrong": 0.3},
        "right labels, 200 digits": {"train": 200, "wrong": 0.0},
    },
    compare=False,
    seeds=12,
    formats={f"{name} − last": "+.1f" for name in ("EMA", "SWA", "cosine")},
    rows_are="setting",
)
