"""The matrix's five small tasks: each a loss of minibatches, or of all data, that is minimized in seconds."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from course_lib.data import load_digits

Params = dict[str, np.ndarray]


class Problem:
    """A loss of a dictionary of parameters, as `step_closure` takes it: `grad` is that of the batch drawn last.

    Attributes:
        params: the parameters at the start.
    """

    params: Params

    def draw(self) -> None:
        """Draw the next batch; a loss of all data has none."""

    def grad(self, params: Params) -> Params:
        """Return the gradient, by name."""
        raise NotImplementedError

    def value(self, params: Params) -> float:
        """Return the loss on all data, which the goal is about."""
        raise NotImplementedError


class Layers(Problem):
    """The cross-entropy of the digits with layers of ReLUs; a last input of 1 stands for the biases.

    Args:
        rng: draws the digits, the first weights and the batches.
        widths: of the layers, from 64 to 10.
    """

    def __init__(self, rng: np.random.Generator, widths: tuple[int, ...]) -> None:
        of_data, of_net, self.rng = rng.spawn(3)
        data = load_digits(of_data, train=1000, val=100, dtype=np.float64)
        self.x, self.y = data.x_train, np.eye(10)[data.y_train]
        self.params = {
            f"W{i}": of_net.normal(0, np.sqrt(2 / n), (n + 1, m)) for i, (n, m) in enumerate(itertools.pairwise(widths))
        }
        self.draw()

    def draw(self) -> None:
        self.rows = self.rng.integers(len(self.x), size=50)

    def _forward(self, params: Params, x: np.ndarray) -> tuple[list[np.ndarray], np.ndarray]:
        """Return the input of each layer, and the probabilities."""
        inputs = []
        for i, w in enumerate(params.values()):
            inputs.append(np.pad(np.maximum(x, 0) if i else x, ((0, 0), (0, 1)), constant_values=1.0))
            x = inputs[-1] @ w
        p = np.exp(x - x.max(axis=1, keepdims=True))
        return inputs, p / p.sum(axis=1, keepdims=True)

    def grad(self, params: Params) -> Params:
        inputs, p = self._forward(params, self.x[self.rows])
        d, grads = (p - self.y[self.rows]) / len(self.rows), {}
        for name, a in zip(reversed(params), reversed(inputs), strict=True):
            grads[name] = a.T @ d
            d = (d @ params[name].T)[:, :-1] * (a[:, :-1] > 0)
        return {name: grads[name] for name in params}

    def value(self, params: Params) -> float:
        _, p = self._forward(params, self.x)
        return float(-np.log(np.maximum((p * self.y).sum(axis=1), 1e-300)).mean())


class Scales(Problem):
    """Linear regression whose ten features have units of their own: their sizes go from 0.1 to 10."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.x = rng.normal(size=(200, 10)) * np.geomspace(0.1, 10, 10)
        self.y = self.x @ (rng.choice([-1, 1], 10) / np.geomspace(0.1, 10, 10))  # each feature matters alike
        self.params = {"w": np.zeros(10)}

    def grad(self, params: Params) -> Params:
        return {"w": self.x.T @ (self.x @ params["w"] - self.y) / len(self.x)}

    def value(self, params: Params) -> float:
        return float(np.square(self.x @ params["w"] - self.y).mean() / 2)

    def hessian(self, params: Params) -> np.ndarray:
        """Return the matrix of second derivatives, the same everywhere."""
        return self.x.T @ self.x / len(self.x)


class Rare(Problem):
    """Logistic regression on 100 words, of which the k-th is in a text with probability 1/(k + 1): most are rare."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng = rng
        self.x = (rng.random((2000, 100)) < 1 / np.arange(2, 102)).astype(float)
        self.y = np.where(self.x @ (2 * rng.choice([-1.0, 1.0], 100)) > 0, 1.0, -1.0)
        self.params = {"w": np.zeros(100)}
        self.draw()

    def draw(self) -> None:
        self.rows = self.rng.integers(len(self.x), size=20)

    def grad(self, params: Params) -> Params:
        x, y = self.x[self.rows], self.y[self.rows]
        return {"w": -x.T @ (y / (1 + np.exp(y * (x @ params["w"])))) / len(y)}

    def value(self, params: Params) -> float:
        return float(np.logaddexp(0, -self.y * (self.x @ params["w"])).mean())


class Noise(Problem):
    """A bowl in 50 dimensions with curvatures from 0.1 to 1, turned at random, and noise on each gradient.

    Its minimum is at (1, 1, …): at 0, a method that shrinks x would be drawn to it without a gradient.
    """

    def __init__(self, rng: np.random.Generator) -> None:
        self.rng, self.curvatures = rng, np.geomspace(0.1, 1, 50)
        self.q = np.linalg.qr(rng.normal(size=(50, 50)))[0]
        self.params = {"x": 1 + self.q @ rng.choice([-1.0, 1.0], 50)}
        self.draw()

    def draw(self) -> None:
        self.noise = 0.3 * self.rng.normal(size=50)

    def grad(self, params: Params) -> Params:
        return {"x": self.q @ (self.curvatures * (self.q.T @ (params["x"] - 1))) + self.noise}

    def value(self, params: Params) -> float:
        return float((self.curvatures * np.square(self.q.T @ (params["x"] - 1))).sum() / 2)


@dataclass(frozen=True)
class Task:
    """A task of the matrix.

    Attributes:
        label: the column's header.
        job: what is learned, in words.
        make: a function rng → the problem.
        steps: the length of a run.
        goal: the share of the first loss that must be reached.
        draws: whether each gradient is of another batch, or has noise.
    """

    label: str
    job: str
    make: Callable[[np.random.Generator], Any]
    steps: int
    goal: float
    draws: bool = True


#: The loss is looked at every so many steps.
EVERY = 10

TASKS = {
    "linear": Task(
        "Digits, linear",
        "learn 1,000 digits without a hidden layer, in batches of 50",
        lambda rng: Layers(rng, (64, 10)),
        600,
        0.05,
    ),
    "network": Task(
        "Digits, network", "the same with a hidden layer of 32 ReLUs", lambda rng: Layers(rng, (64, 32, 10)), 600, 0.03
    ),
    "scales": Task(
        "Unequal units",
        "fit a line to features of sizes from 0.1 to 10, all data at once",
        Scales,
        1000,
        1e-2,
        draws=False,
    ),
    "rare": Task(
        "Rare words", "tell 2,000 texts apart by their words, in batches of 20; most words are rare", Rare, 1000, 0.2
    ),
    "noise": Task(
        "Noise, 50-D",
        "settle in a bowl of 50 dimensions with condition number 10 and noise on its gradient",
        Noise,
        1000,
        2e-2,
    ),
}
