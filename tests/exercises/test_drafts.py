"""The engine against drafts of fifty-four exercises, as different as the chapters to come."""

import importlib.util
from pathlib import Path

import pytest

from course_lib.exercises import Exercise

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
    assert len({exercise.name for exercise in DRAFTS}) == len(DRAFTS) >= 54
    assert sum(len(exercise.mutants) for exercise in DRAFTS) >= 417
    assert min(len(exercise.mutants) for exercise in DRAFTS) >= 6
