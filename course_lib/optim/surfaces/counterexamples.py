"""Two small problems on which adaptive methods provably fail and gradient descent does not."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from ...validation import ANY, check_count, check_number, check_rng
from .examples import LeastSquares


class Reddi:
    """An online problem in one weight: a rare large gradient one way, many small ones the other way.

    fₜ(x) = C x  if t mod P = 1,  else  −c x;  x in [−1, 1], t = 1, 2, 3, …

    On average the slope is (C − (P − 1) c)/P > 0, so x = −1 is best. Adam divides the rare gradient C by its own
    size, and the small ones by what is left of it a few steps later. If it forgets within a period, it goes to +1,
    the worst point: with the defaults here for β₁ = 0 and β₂ = 1/(1 + C²) = .1. With its usual β₁ = .9 and β₂ = .999
    its memory is longer, and it goes to −1. With C = 1010, c = 10, P = 101 and β₂ = .99 it fails with momentum, too.
    AMSGrad, whose divisor never shrinks, goes to −1 in both.

    Args:
        C: the slope once per period, C > (P − 1) c.
        c: the slope the other way, c > 0.
        period: P ≥ 2 steps.

    Attributes:
        low, high: the interval, −1 and 1.
        best: −1, where the average loss is least.
        slope: the average gradient.

    >>> from course_lib.optim import SGD
    >>> problem, x = Reddi(C=3, c=1, period=3), np.array([0.5])
    >>> opt = SGD(lambda step: 0.1 / np.sqrt(step + 1))
    >>> for t in range(1, 3001):
    ...     opt.step(x, problem.grad(x, t))
    ...     problem.project(x)
    >>> bool(x[0] < -0.98)
    True

    Source: Reddi, Kale and Kumar, On the convergence of Adam and beyond, 2018.
    """

    low, high, best = -1.0, 1.0, -1.0

    def __init__(self, C: float = 3.0, c: float = 1.0, period: int = 3) -> None:
        self.period = check_count("period", period, least=2)
        self.c = check_number("c", c, above=0.0)
        self.C = check_number("C", C, ANY, above=(self.period - 1) * self.c)

    @property
    def slope(self) -> float:
        """The average gradient (C − (P − 1) c)/P."""
        return (self.C - (self.period - 1) * self.c) / self.period

    def value(self, x: ArrayLike, t: int) -> np.ndarray:
        """Return fₜ(x), with the shape of x."""
        return self.grad(x, t) * x

    def grad(self, x: ArrayLike, t: int) -> np.ndarray:
        """Return fₜ'(x), with the shape of x (any shape: each element is a separate run)."""
        x, t = np.asarray(x), check_count("t", t, least=1)
        slope = self.C if t % self.period == 1 else -self.c
        return np.full(x.shape, slope, x.dtype if x.dtype.kind == "f" else float)

    def project(self, x: np.ndarray) -> None:
        """Project x onto [−1, 1], in place."""
        np.clip(x, self.low, self.high, out=x)


class Wilson(LeastSquares):
    """A classification problem that gradient descent learns and adaptive methods do not, with the same squared error.

    f(w) = 1/N Σ ½ (xᵢ·w − yᵢ)²,  yᵢ = ±1, the positive ones being the majority;

        xᵢ = (yᵢ,  1,  1,  its own features: one 1 if yᵢ = 1, five if yᵢ = −1,  0 elsewhere)

    Only the first feature determines the class; the next two carry no information; the rest identify one example each.
    All methods that start at 0 fit the training data perfectly. Gradient descent converges to the shortest such w,
    which classifies new examples correctly. AdaGrad, RMSProp and Adam move each weight by the same amount,
    to w ∝ sign(Xᵀy) = (1, 1, 1, …): a new example, whose own features have no weight yet, gets
    yᵢ + 2 > 0. They predict positive for everything, and are wrong on exactly the minority.

    Args:
        train: number of training examples.
        test: number of test examples.
        minority: share of negative examples in both, below 1/2; it is rounded to whole examples.
        rng: generator of the random order of the examples.

    Attributes:
        X, y: training inputs (train, n) with n = 3 + 5 train, and labels ±1.
        X_test, y_test: test inputs (test, n) and labels. Their own features are left out: in training these
            are 0 and their weights stay at 0.

    >>> data = Wilson(train=50, test=100, rng=np.random.default_rng(0))
    >>> float(data.error(np.sign(data.X.T @ data.y))), float(data.error(data.minima[0]))
    (0.42, 0.0)

    Source: Wilson, Roelofs, Stern, Srebro and Recht, The marginal value of adaptive gradient methods in machine
    learning, 2017.
    """

    def __init__(self, train: int = 100, test: int = 1000, *, minority: float = 0.42, rng: np.random.Generator) -> None:
        self.train = train = check_count("train", train, least=3)
        self.test = test = check_count("test", test, least=1)
        self.minority = minority = check_number("minority", minority, above=0.0)
        negative = round(minority * train)
        if not 1 <= negative < train - negative:
            raise ValueError(f"minority must make more than 0 and less than half of {train} examples, not {minority}")
        y, y_test = (_labels(n, minority, check_rng("rng", rng)) for n in (train, test))
        X, self.X_test = (np.zeros((n, 3 + 5 * train)) for n in (train, test))
        for i in range(train):
            X[i, :3] = y[i], 1, 1
            X[i, 3 + 5 * i : 3 + 5 * i + (1 if y[i] > 0 else 5)] = 1
        self.X_test[:, 0], self.X_test[:, 1:3] = y_test, 1
        self.y_test = y_test
        super().__init__(X, y)

    def error(self, w: ArrayLike) -> np.ndarray:
        """Return the test error, shape (...), for weights w of shape (..., n)."""
        return (self._point(w) @ self.X_test.T * self.y_test <= 0).mean(-1)


def _labels(count: int, minority: float, rng: np.random.Generator) -> np.ndarray:
    return rng.permutation(np.where(np.arange(count) < round(minority * count), -1.0, 1.0))
