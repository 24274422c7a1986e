"""What has to hold for every exercise of the book.

Each function takes an exercise and seeds, and raises AssertionError with the exercise's message if it does not hold.
"""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np

from course_lib.exercises import Exercise, Status
from course_lib.exercises.cases import Case


def passes(exercise: Exercise, seeds: Iterable[int]) -> None:
    """Check that the solution, rebuilt from its text, and every accepted variant pass."""
    sources = {"solution": exercise.source, **exercise.accepts}
    answers = {name: exercise.build(source, f"{name} of {exercise.name}") for name, source in sources.items()}
    for seed in seeds:
        for name, answer in answers.items():
            result = exercise.evaluate(answer, seed=seed)
            assert result.passed and result.diagnosis is None, f"{name}, seed {seed}: {result}"


def names_each_mutant(exercise: Exercise, seeds: Iterable[int]) -> None:
    """Check that every known mistake fails, and is named as itself."""
    answers = {mutant: exercise.mutated(mutant) for mutant in exercise.mutants}
    for seed in seeds:  # the outer loop: the mistakes' runs of one seed are kept
        for mutant, answer in answers.items():
            result = exercise.evaluate(answer, seed=seed)
            named = result.status is Status.NOT_YET and result.diagnosis == mutant.name
            assert named and mutant.message in result.message, f"{mutant.name}, seed {seed}: {result}"


def stub_is_not_attempted(exercise: Exercise) -> None:
    """Check that the cell a reader begins with counts as not attempted; broken code to be repaired as NOT YET."""
    stub = exercise.stub.replace("ex.todo()", "from course_lib import exercises as ex; ex.todo()")
    expected = Status.NOT_YET if exercise.start else Status.NOT_ATTEMPTED
    result = exercise.evaluate(exercise.build(stub, f"stub of {exercise.name}"))
    assert result.status is expected, result


def every_argument_matters(exercise: Exercise, seeds: Iterable[int]) -> None:
    """Check that no single number may be ignored, unless it is a distractor.

    A right answer in which one argument, or one argument of a class's constructor, is frozen at the value of its
    first call has to fail; which mistake it is taken for is not asked.
    """
    exercise = replace(exercise, mutants=())
    for seed in seeds:
        first = exercise.draw(seed)[0]
        for name, value in _single_numbers(first).items():
            if name not in exercise.distractors:
                result = exercise.evaluate(_frozen(exercise, name, value), seed=seed)
                assert result.status is Status.NOT_YET, f"`{name}` may be ignored (seed {seed}): {result}"


def _single_numbers(case: Case) -> dict[str, Any]:
    values = {**case.arguments[0], **case.init}
    return {name: value for name, value in values.items() if isinstance(value, (bool, int, float, np.generic))}


def _frozen(exercise: Exercise, name: str, value: Any) -> Any:
    """Return the right answer, with one argument always `value`."""
    reference, method = exercise.reference, exercise.method
    if name in exercise.parameters:
        where = exercise.parameters.index(name)

        def called(*args: Any) -> Any:
            *self, args = (args[0], args[1:]) if method else (args,)
            function = getattr(reference, method) if method else reference
            return function(*self, *args[:where], value, *args[where + 1 :])

        return type(reference.__name__, (reference,), {method: called}) if method else called

    def __init__(self: Any, *args: Any, **init: Any) -> None:
        reference.__init__(self, *args, **(init | {name: value}))

    return type(reference.__name__, (reference,), {"__init__": __init__})
