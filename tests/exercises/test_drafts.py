"""The engine with drafts of the exercises of chapters 1 to 14: each solution passes, each mistake is named."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from course_lib import chapters
from course_lib.exercises import Case, Exercise

from . import holding

SEEDS = range(4)
FOLDER = Path(__file__).parent / "drafts"


def load(file: Path) -> list[Exercise]:
    spec = importlib.util.spec_from_file_location(f"drafts_{file.stem}", file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return [value for value in vars(module).values() if isinstance(value, Exercise)]


DRAFTS = [exercise for file in sorted(FOLDER.glob("ch*.py")) for exercise in load(file)]
every_draft = pytest.mark.parametrize("exercise", DRAFTS, ids=[exercise.name for exercise in DRAFTS])


@every_draft
def test_the_solution_and_its_variants_pass(exercise):
    holding.passes(exercise, SEEDS)


@every_draft
def test_every_mutant_fails_and_is_named_as_itself(exercise):
    holding.names_each_mutant(exercise, SEEDS)


@every_draft
def test_every_argument_matters(exercise):
    holding.every_argument_matters(exercise, SEEDS)


@every_draft
def test_the_cell_a_reader_begins_with_never_passes(exercise):
    holding.stub_is_not_attempted(exercise)


def test_none_is_missing():
    every = [*DRAFTS, *chapters.exercises().values()]  # a draft moves to its chapter
    assert len({exercise.name for exercise in every}) == len(every) >= 54
    assert sum(len(exercise.mutants) for exercise in every) >= 417
    assert min(len(exercise.mutants) for exercise in DRAFTS) >= 6


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
