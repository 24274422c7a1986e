"""One small training program, thirteen versions of it with one thing wrong, and ten numbers that must hold.

The network has one hidden layer of 64 ReLUs with batch norm and dropout, for the handwritten digits. The experiments
read what is stored in programs.json, which ``python -m course_lib.chapters.ch14_bugs.programs`` writes.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from course_lib.data import Data, load_digits
from course_lib.ensembles import EMA
from course_lib.nn import (
    BatchNorm,
    Dense,
    Dropout,
    InvertedDropout,
    ReLU,
    Sequential,
    fit,
    gradient_check,
    he,
    softmax,
    softmax_cross_entropy,
)
from course_lib.nn.init import small
from course_lib.optim import Adam, Cosine, Momentum

from ..ch10_noise.networks import FreshMask
from .wrong import OneCorrection

STORED = Path(__file__).with_name("programs.json")

#: Digits to train on, epochs, rows of a minibatch, seeds; each seed has its own digits and weights.
EXAMPLES, EPOCHS, BATCH, SEEDS, RATE = 300, 80, 50, 8, 0.003


# ---------------------------------------------------------------- what is wrong, one thing each


class WrongFactor(Dropout):
    """Dropout in its first form that is scaled by the probability to drop."""

    def apply(self, x: np.ndarray, z: np.ndarray | None) -> np.ndarray:
        return super().apply(x, z) if z is not None else x * (1 - self.keep)


class ScaledTwice(InvertedDropout):
    """Inverted dropout that is scaled in testing as well."""

    def apply(self, x: np.ndarray, z: np.ndarray | None) -> np.ndarray:
        return super().apply(x, z) if z is not None else x * self.keep


class LeftOn(InvertedDropout):
    """Dropout that goes on in testing."""

    def forward(self, x: np.ndarray, train: bool = False) -> np.ndarray:
        return super().forward(x, train=True)


class BatchStatistics(BatchNorm):
    """Batch norm that takes the statistics of the batch in testing as well."""

    def forward(self, x: np.ndarray, train: bool = False) -> np.ndarray:
        return super().forward(x, train or len(x) > 1)  # one row alone has no variance


class NoBiasGradient(Dense):
    """A dense layer whose backward pass forgets the biases."""

    def fill_grads(self, dy: np.ndarray) -> None:
        super().fill_grads(dy)
        self.grads["b"][...] = 0


class NoScaleNoShift(BatchNorm):
    """Batch norm whose γ and β stay 1 and 0. Some call that a mistake; it is not among the thirteen."""

    def backward(self, dy: np.ndarray) -> np.ndarray:
        dx = super().backward(dy)
        self.grads["gamma"][...] = self.grads["beta"][...] = 0
        return dx


class NoNorm(BatchNorm):
    """No normalization in its place."""

    def forward(self, x: np.ndarray, train: bool = False) -> np.ndarray:
        return x

    def backward(self, dy: np.ndarray) -> np.ndarray:
        self.grads["gamma"][...] = self.grads["beta"][...] = 0
        return dy


def softmax_twice(scores: np.ndarray, labels: np.ndarray) -> tuple[float, np.ndarray]:
    """Return the cross-entropy of probabilities that are taken for scores, and its gradient."""
    p = softmax(scores)
    loss, dp = softmax_cross_entropy(p, labels)
    return loss, p * (dp - (p * dp).sum(axis=1, keepdims=True))


def sum_for_mean(scores: np.ndarray, labels: np.ndarray) -> tuple[float, np.ndarray]:
    """Return the mean loss, and the gradient of the sum."""
    loss, dscores = softmax_cross_entropy(scores, labels)
    return loss, len(scores) * dscores


def bare_loss(scores: np.ndarray, labels: np.ndarray) -> tuple[float, np.ndarray]:
    """Return the cross-entropy and its gradient, with exponentials of the scores as they are: they may overflow."""
    e, rows = np.exp(scores), np.arange(len(labels))
    p = e / e.sum(axis=1, keepdims=True)
    dscores = p.copy()
    dscores[rows, labels] -= 1
    return float(-np.log(p[rows, labels]).mean()), dscores / len(labels)


def unit_weights(rng: np.random.Generator, n_in: int, n_out: int, dtype: Any = np.float32) -> np.ndarray:
    """Draw weights of standard deviation 1."""
    return rng.standard_normal((n_in, n_out)).astype(dtype)


# ---------------------------------------------------------------- the program


@dataclass(frozen=True)
class Program:
    """All parts of a training program that may be wrong; without arguments it is right.

    Args:
        dense: the class of the dense layers.
        norm: the class of the normalization.
        noise: the class of the dropout.
        keep: the probability to keep a unit.
        last: draws the last layer's weights; small ones make a network that is undecided at first.
        loss: a function (scores, y) → (mean loss, gradient).
        method: the class of the optimizer.
        decay: of the average of weights that is tested; None: the weights themselves are tested.
        start_up: whether this average is corrected for its start at zero.
        split_first: whether the data are split into training and validation before they are copied.
        freeze_state: whether a frozen layer also keeps its running statistics.
    """

    dense: type = Dense
    norm: type = BatchNorm
    noise: type = InvertedDropout
    keep: float = 0.5
    last: Callable[..., np.ndarray] = small
    loss: Callable[..., tuple[float, np.ndarray]] = softmax_cross_entropy
    method: type = Adam
    decay: float | None = None
    start_up: bool = True
    split_first: bool = True
    freeze_state: bool = True

    def network(self, rng: np.random.Generator, dtype: type = np.float32) -> Sequential:
        """Return the network: dense, batch norm, ReLU, dropout, dense."""
        return Sequential(
            self.dense(64, 64, rng=rng, init=he, dtype=dtype), self.norm(64, dtype=dtype), ReLU(),
            self.noise(self.keep, rng=rng), self.dense(64, 10, rng=rng, init=self.last, dtype=dtype),
        )  # fmt: skip

    def optimizer(self, lr: Any) -> Any:
        """Return the optimizer, with its average if there is one."""
        inner = self.method(lr)
        return inner if self.decay is None else EMA(inner, decay=self.decay, start_up=self.start_up)

    def train(self, data: Any, rng: np.random.Generator, epochs: int = EPOCHS) -> Sequential:
        """Return a trained network: Adam, from 0.003 on a cosine to 0, minibatches of 50."""
        net, steps = self.network(rng), epochs * -(-len(data.x_train) // BATCH)
        method = self.optimizer(Cosine(RATE, steps=steps))
        own = Data(data.x_train, data.y_train, None, None, None, None)
        fit(net, own, method, epochs=epochs, batch=min(BATCH, len(data.x_train)), rng=rng, loss=self.loss)
        return net


RIGHT = Program()

#: What is wrong → the program that has it. Each differs from a right one in one line.
BUGS = {
    "weights of sd 1": Program(last=unit_weights),
    "another mask backward": Program(noise=FreshMask),
    "no gradient for biases": Program(dense=NoBiasGradient),
    "sum for mean": Program(loss=sum_for_mean),
    "softmax twice": Program(loss=softmax_twice),
    "split after copying": Program(split_first=False),
    "dropout left on": Program(noise=LeftOn),
    "batch statistics": Program(norm=BatchStatistics),
    "1 − p for p": Program(noise=WrongFactor, keep=0.8),
    "scaled twice": Program(noise=ScaledTwice),
    "one moment corrected": Program(method=OneCorrection),
    "average from zero": Program(decay=0.999, start_up=False),
    "frozen by half": Program(freeze_state=False),
}

#: The right program beside a bug, where it is not `RIGHT`.
TWINS = {
    "1 − p for p": Program(noise=Dropout, keep=0.8),
    "average from zero": Program(decay=0.999),
}


@cache
def digits() -> Any:
    """Return 1,000 digits to draw from and 797 to test on, as `x_val`."""
    return load_digits(np.random.default_rng(0), val=797)


def some_digits(rng: np.random.Generator, n: int = EXAMPLES) -> Any:
    """Return `n` of the 1,000 digits for training; the 797 others stay."""
    data, rows = digits(), rng.choice(1000, n, replace=False)
    return data._replace(x_train=data.x_train[rows], y_train=data.y_train[rows])


# ---------------------------------------------------------------- three numbers of a trained network


@cache
def trained(program: Program, seed: int) -> Sequential:
    """Return the program's network, trained on the seed's 300 digits."""
    rng = np.random.default_rng(seed)
    return program.train(some_digits(rng), rng)


@cache
def measured(program: Program, seeds: int = SEEDS) -> np.ndarray:
    """Return test accuracy in %, test loss and the error of the gradient check: shape (seeds, 3).

    Each is what the program itself would print: its own loss, its own way of testing.
    """
    found, x, y = [], digits().x_val, digits().y_val
    for seed in range(seeds):
        scores = trained(program, seed).forward(x)
        right = (scores.argmax(axis=1) == y).mean()
        found.append((100 * right, program.loss(scores, y)[0], gradient_error(program, seed)))
    return np.array(found)


def gradient_error(program: Program, seed: int = 0) -> float:
    """Return the largest relative error of the program's gradient, before training, in float64."""
    rng = np.random.default_rng(seed)
    net = program.network(rng, np.float64)
    x = digits().x_val[:12].astype(float)
    checked = gradient_check(
        net, x, digits().y_val[:12], program.loss, train=True, samples=20, rng=np.random.default_rng(seed)
    )
    return checked.rows[0].error


# ---------------------------------------------------------------- two symptoms: nan, and a test at chance


def step_of_nan(lr: float, seed: int, steps: int = 480) -> int | None:
    """Return the first step whose loss is nan: momentum, no batch norm, `bare_loss`. None: there is none.

    >>> step_of_nan(0.1, seed=0, steps=100) is None
    True
    """
    rng = np.random.default_rng(seed)
    data, net = some_digits(rng), Program(norm=NoNorm).network(rng)
    method = Momentum(lr)
    with np.errstate(all="ignore"):
        for t in range(1, steps + 1):
            rows = rng.integers(0, EXAMPLES, BATCH)
            loss, dscores = bare_loss(net.forward(data.x_train[rows], train=True), data.y_train[rows])
            if np.isnan(loss):
                return t
            net.backward(dscores)
            method.step(net.params, net.grads, nonfinite="allow")
    return None


def labels_apart(seed: int) -> tuple[float, float, float]:
    """Train, without dropout, on labels that were shuffled apart from their digits.

    Returns:
        Accuracy in % in training and in testing, and the test loss.
    """
    rng = np.random.default_rng(seed)
    data = some_digits(rng)
    y = rng.permutation(data.y_train)
    net = Program(keep=1.0).train(data._replace(y_train=y), rng)
    named, scores = net.forward(data.x_train).argmax(axis=1), net.forward(digits().x_val)
    right = (scores.argmax(axis=1) == digits().y_val).mean()
    loss, _ = softmax_cross_entropy(scores, digits().y_val)
    return float(100 * (named == y).mean()), float(100 * right), loss


# ---------------------------------------------------------------- batch norm, tested with the statistics of the batch

SIZES = (2, 5, 10, 20, 50, 100)


def in_batches(net: Sequential, size: int, order: str) -> tuple[np.ndarray, np.ndarray]:
    """Test a network with the statistics of each batch of `size` digits; return the named digits and the right ones.

    Args:
        net: of `Program.network`; it is left as it was.
        size: digits of a batch; what is left over at the end is left out.
        order: "shuffled", as they are in the data, or "sorted" by class.
    """
    x, y = digits().x_val, digits().y_val
    if order == "sorted":
        rows = np.argsort(y, kind="stable")
        x, y = x[rows], y[rows]
    norm, batches = net.layers[1], range(0, len(x) - size + 1, size)
    state = {name: array.copy() for name, array in norm.state.items()}
    named = []
    for start in batches:
        h = net.layers[0].forward(x[start : start + size])
        h = norm.forward(h, train=True)
        for layer in net.layers[2:]:
            h = layer.forward(h)
        named.append(h.argmax(axis=1))
    for name, array in state.items():
        norm.state[name][...] = array
    return np.concatenate(named), y[: len(batches) * size]


def batch_accuracies(size: int, order: str, seeds: int = SEEDS) -> np.ndarray:
    """Return the accuracy in % of each seed's network by `in_batches`."""
    found = (in_batches(trained(RIGHT, seed), size, order) for seed in range(seeds))
    return np.array([100 * (named == right).mean() for named, right in found])


# ---------------------------------------------------------------- ten numbers that must hold


def initial_loss(program: Program) -> tuple[float, bool]:
    """1: an untrained network is undecided, so its loss is log C."""
    net = program.network(np.random.default_rng(0))
    value = program.loss(net.forward(digits().x_val), digits().y_val)[0]
    return value, abs(value - np.log(10)) < 0.1


def gradients(program: Program) -> tuple[float, bool]:
    """2: the gradient is the slope."""
    error = gradient_error(program)
    return error, error < 1e-6


def twenty(program: Program) -> tuple[float, bool]:
    """3: twenty examples can be learnt by heart. Noise and averages are off."""
    rng = np.random.default_rng(0)
    few = some_digits(rng, 20)
    quiet = replace(program, noise=InvertedDropout, keep=1.0, decay=None)
    net = quiet.train(few, rng, epochs=300)
    value = program.loss(net.forward(few.x_train), few.y_train)[0]
    return value, value < 0.05


def by_lot(program: Program) -> tuple[float, bool]:
    """4: labels drawn by lot give chance in validation, in %."""
    shares = []
    for seed in range(4):
        rng = np.random.default_rng(seed)
        data, copies = some_digits(rng, 100), 5
        x, y = data.x_train, rng.integers(0, 10, 100)
        rows = np.arange(100) if program.split_first else rng.permutation(100 * copies)
        if program.split_first:  # the last 20 are held out, the others copied
            train, val = np.tile(rows[:80], copies), rows[80:]
        else:
            train, val = rows[100:] % 100, rows[:100] % 100
        net = program.train(data._replace(x_train=x[train], y_train=y[train]), rng, epochs=40)
        shares.append(100 * (net.forward(x[val]).argmax(axis=1) == y[val]).mean())
    return float(np.mean(shares)), float(np.mean(shares)) < 30


def two_calls(program: Program) -> tuple[float, bool]:
    """5: the same digits get the same scores in the next call."""
    net = program.network(np.random.default_rng(0))
    gap = np.abs(net.forward(digits().x_val) - net.forward(digits().x_val)).max()
    return float(gap), gap == 0


def alone(program: Program) -> tuple[float, bool]:
    """6: a digit gets the same scores among others of its class as among all."""
    net = program.network(np.random.default_rng(0))
    x, zeros = digits().x_val, np.flatnonzero(digits().y_val == 0)
    gap = np.abs(net.forward(x)[zeros] - net.forward(x[zeros])).max()
    return float(gap), gap < 1e-5


def mean_over_noise(program: Program) -> tuple[float, bool]:
    """7: what a linear layer gets from dropout is in testing the mean of training: their ratio."""
    noise = program.noise(program.keep, rng=np.random.default_rng(0))
    x = np.ones((1, 1000))
    mean = np.mean([noise.forward(x, train=True).mean() for _ in range(20)])
    ratio = float(noise.forward(x).mean() / mean)
    return ratio, abs(ratio - 1) < 0.05


def first_step(program: Program) -> tuple[float, bool]:
    """8: Adam's first step is α in each coordinate, for small gradients and large: the longest, in units of α."""
    x = np.zeros(3)
    program.method(0.01).step(x, np.array([1e-3, 1.0, -1e3]))
    size = float(np.abs(x).max() / 0.01)
    return size, abs(size - 1) < 1e-3


def first_average(program: Program) -> tuple[float, bool]:
    """9: of a point that stands still the average is the point, from the first step on: their ratio."""
    x = np.array([8.0])
    method = program.optimizer(0.0)
    method.step(x, np.array([1.0]))
    ratio = float(method.test_params(x)[0] / x[0])
    return ratio, abs(ratio - 1) < 1e-9


def frozen(program: Program) -> tuple[float, bool]:
    """10: frozen running statistics are the same after training: the largest change."""
    net = program.network(np.random.default_rng(0))
    body = net.layers[:3]
    before = [array.copy() for layer in body for array in layer.state.values()]
    h = 0.3 * digits().x_val[:50]  # dimmer digits
    for layer in body:  # the head's training is left out: it changes nothing here
        h = layer.forward(h, train=not program.freeze_state)
    after = [array for layer in body for array in layer.state.values()]
    change = max(float(np.abs(a - b).max()) for a, b in zip(after, before, strict=True))
    return change, change == 0


#: Name → check. Each returns its number and whether it is as it must be.
CHECKS: dict[str, Callable[[Program], tuple[float, bool]]] = {
    "initial loss": initial_loss,
    "gradient check": gradients,
    "twenty by heart": twenty,
    "labels by lot": by_lot,
    "two calls": two_calls,
    "other company": alone,
    "mean over noise": mean_over_noise,
    "first step": first_step,
    "first average": first_average,
    "frozen": frozen,
}


@cache
def seen(program: Program) -> tuple[bool, ...]:
    """Return for each check whether it sees that something is wrong with a program."""
    return tuple(not check(program)[1] for check in CHECKS.values())


# ---------------------------------------------------------------- what the experiments read

#: The bugs of the experiment: the others need batches, copies or frozen layers to show anywhere.
SHOWN = tuple(name for name in BUGS if name not in ("split after copying", "batch statistics", "frozen by half"))


def stored() -> dict[str, Any]:
    """Measure what the experiments read."""
    bars = {"right": RIGHT} | {f"right for {n}": p for n, p in TWINS.items()} | {n: BUGS[n] for n in SHOWN}
    named = {
        f"{order} {size}": [part[:20].tolist() for part in in_batches(trained(RIGHT, 0), size, order)]
        for order in ("shuffled", "sorted")
        for size in SIZES
    }
    return {
        "bars": {name: measured(program).mean(axis=0).tolist() for name, program in bars.items()},
        "seen": {name: [int(one) for one in seen(BUGS[name])] for name in SHOWN},
        "batches": {
            f"{order} {size}": batch_accuracies(size, order).round(2).tolist()
            for order in ("shuffled", "sorted")
            for size in SIZES
        },
        "running": measured(RIGHT)[:, 0].round(2).tolist(),
        "named": named,
    }


if __name__ == "__main__":
    STORED.write_text(json.dumps(stored(), separators=(",", ":")) + "\n", "utf-8")
