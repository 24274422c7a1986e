"""What is asked of every exercise can fail: an argument that may be ignored is found."""

import numpy as np
import pytest

from course_lib.exercises import Case, Exercise

from . import holding

SEEDS = range(4)

FUNCTION = """\
def step(x, dx, lr, scale):
    return x - lr * scale * dx
"""
CLASS = """\
class Step:
    def __init__(self, lr):
        self.lr = lr

    def update(self, x, dx, scale):
        return x - self.lr * scale * dx
"""


def small_exercise(source, settings, **more):
    def case(lr, scale):
        call = {"x": np.array(1.0), "dx": np.array(2.0), "scale": scale}
        rate = {"lr": lr}
        return Case("a step", {}, (call,), rate) if source is CLASS else Case("a step", {}, (call | rate,))

    return Exercise(
        name="step",
        title="",
        prompt="",
        source=source,
        returns=("x",),
        cases=lambda rng: [case(lr, scale) for lr, scale in settings],
        hints=(),
        mutants=(),
        **more,
    )


@pytest.mark.parametrize("source", [FUNCTION, CLASS])
def test_an_argument_that_may_be_ignored_is_found(source):
    holding.every_argument_matters(small_exercise(source, [(0.1, 1.0), (0.2, 3.0)]), SEEDS)
    with pytest.raises(AssertionError, match="`lr` may be ignored"):
        holding.every_argument_matters(small_exercise(source, [(0.1, 1.0), (0.1, 3.0)]), SEEDS)
    with pytest.raises(AssertionError, match="`scale` may be ignored"):
        holding.every_argument_matters(small_exercise(source, [(0.1, 1.0), (0.2, 1.0)]), SEEDS)
    distracted = small_exercise(source, [(0.1, 1.0), (0.2, 1.0)], distractors=("scale",))
    holding.every_argument_matters(distracted, SEEDS)
