"""The race on the static page: the reader's own optimizer and surface are compiled like the book's."""

import json

import numpy as np
import pytest

from course_lib import optim
from course_lib.chapters.ch03_momentum import explore
from course_lib.explore.page import compiled
from course_lib.optim import Momentum, Optimizer
from course_lib.optim.surfaces import Surface2D

pytest.importorskip("quickjs")


def test_steps_to_goal_agree(twin):
    experiment = explore.race()
    script = compiled({"race": experiment})
    for rho in (0.0, 0.5, 0.9):
        experiment.params = {"rho": rho}
        arguments = ", ".join(json.dumps(experiment.params[n]) for n in experiment.spec["compute"])
        got = twin.run(script, f"course.experiments.race.compute({arguments})")
        for name in ("SGD", "Momentum", "Nesterov"):
            assert got[f"steps_{name}"] == experiment.data[f"steps_{name}"]


class Signed(Optimizer):
    def update(self, x, dx):
        x -= self.lr * np.sign(dx)


class Dent(Surface2D):
    window = ((-2.0, 2.0), (-2.0, 2.0))
    start = np.array([1.0, 1.0])
    minima = np.zeros((1, 2))

    def __init__(self, depth: float = 2.0) -> None:
        self.depth = depth

    def f(self, x, y):
        return self.depth * np.square(x) + np.exp(y * y) - 1

    def df(self, x, y):
        return 2 * self.depth * x, 2 * y * np.exp(y * y)


class Bowl(Surface2D):
    """Names no minimum and no start."""

    window = ((-2.0, 1.0), (-1.0, 2.0))

    def f(self, x, y):
        return x * x + 2 * y * y

    def df(self, x, y):
        return 2 * x, 4 * y


def taco(x, y):
    return 0.1 * x**2 + np.abs(y)


class Shift(Optimizer):
    """Takes what the base takes: its hyper-parameters are known to the instance only."""

    def update(self, x, dx):
        x -= self.lr * (dx + self.gain * np.sign(dx))


SGDs = type("SGD", (Signed,), {"update": Signed.update})  # a reader's class may have a name of the book's


@pytest.mark.parametrize(
    "experiment",
    [
        explore.race(Signed(lr=0.03)),
        explore.race(Momentum(0.1)),
        explore.race(Shift(0.01, gain=0.5)),
        explore.race(SGDs(0.03)),
        explore.race(surface=Dent(3.0)),
        explore.race(surface=Bowl()),
        explore.race(surface=optim.Rosenbrock(b=10), lr=0.01),
        explore.race(surface=optim.Ravine(4, angle=1.0)),
        explore.race(Signed(0.03), surface=taco),
        explore.race(surface=lambda x, y: x**2 + 3 * abs(y)),
    ],
    ids=lambda e: repr(e.params["surface"]),
)
def test_the_readers_own_are_compiled_too(experiment, twin):
    needs = experiment.spec["compute"]
    arguments = ", ".join(json.dumps(experiment.params[n]) for n in needs)
    script = compiled({"mine": experiment})
    assert np.nanmin([v for v in experiment.data["SGD"]["loss"] if v is not None]) >= 0
    assert (
        twin.compare_runs(twin.run(script, f"course.experiments.mine.compute({arguments})"), experiment.data, "mine")
        > 500
    )
    backdrop = ", ".join(json.dumps(experiment.params[n]) for n in experiment.spec["backdrop"])
    twin.close(twin.run(script, f"course.experiments.mine.backdrop({backdrop})"), experiment.backdrop)
