"""What holds for every exercise, those to come included: they are tested by being in a chapter."""

import inspect
import itertools
import re
from pathlib import Path

import numpy as np
import pytest

from course_lib import chapters
from course_lib.exercises import Status
from course_lib.exercises.diagnosis import first_difference

from ..whole import WHOLE
from . import holding

BOOK = Path(__file__).parents[2] / "book"
EXERCISES = chapters.exercises()
SEEDS = range(20 if WHOLE else 5)
every_exercise = pytest.mark.parametrize("exercise", EXERCISES.values(), ids=list(EXERCISES))
FUNCTIONS = [exercise for exercise in EXERCISES.values() if not exercise.method]
every_function = pytest.mark.parametrize("exercise", FUNCTIONS, ids=[exercise.name for exercise in FUNCTIONS])


@every_exercise
def test_the_shown_solution_passes(exercise):
    shown = re.search(r"```python\n(.*?)```", (exercise.solution(), exercise.solution())[1].markdown, re.DOTALL)[1]
    assert shown.strip() == exercise.source.strip()
    holding.passes(exercise, SEEDS)


@every_exercise
def test_every_mutant_fails_and_is_named_as_itself(exercise):
    holding.names_each_mutant(exercise, SEEDS)


@every_exercise
def test_every_argument_matters(exercise):
    holding.every_argument_matters(exercise, SEEDS)


@every_exercise
def test_the_stub_is_not_attempted(exercise):
    holding.stub_is_not_attempted(exercise)


@every_exercise
def test_the_declaration_holds_on_every_seed(exercise):
    for seed in SEEDS:
        exercise.verify(seed)


@every_function
@pytest.mark.parametrize("body", ["pass", "...", '"""Only words."""', "raise NotImplementedError"])
def test_other_stubs_are_not_attempted(exercise, body):
    stub = exercise.build(f"{exercise.opening}\n    {body}\n", "stub")
    assert exercise.evaluate(stub).status is Status.NOT_ATTEMPTED


@every_exercise
def test_the_reference_handed_out_is_not_taken_for_an_answer(exercise):
    assert exercise.evaluate(exercise.reference).status is Status.NOT_ATTEMPTED


def returning(exercise, value):
    """A function with the right arguments that returns `value(right answer)`."""
    namespace = {"answer": lambda *args: value(exercise.reference(*args))}
    arguments = ", ".join(exercise.parameters)
    exec(f"def f({arguments}):\n    return answer({arguments})", namespace)
    return namespace["f"]


def first_result(exercise):
    """The right value of the first result in the first call."""
    return exercise.solve(exercise.draw(0)).calls[0].outputs[exercise.returns[0]]


def with_first(change):
    return lambda right: (change(right[0]), *right[1:]) if isinstance(right, tuple) else change(right)


@every_function
@pytest.mark.parametrize(
    ("value", "words"),
    [
        pytest.param(lambda right: None, "returned None", id="None"),
        pytest.param(with_first(lambda x: np.ones((7, 7))), "has shape (7, 7); it should have shape", id="shape"),
        pytest.param(with_first(lambda x: np.asarray(x + 0j)), "has dtype complex128", id="complex"),
        pytest.param(with_first(lambda x: np.float16(x)), "has dtype float16", id="float16"),
        pytest.param(with_first(lambda x: [np.sum(x)]), "is a list", id="list"),
        pytest.param(with_first(lambda x: str(x)), "is a str", id="string"),
        pytest.param(with_first(lambda x: x * np.nan), "is nan", id="NaN"),
        pytest.param(with_first(lambda x: x + np.inf), "is inf", id="inf"),
    ],
)
def test_wrong_kinds_of_values_are_told(exercise, value, words):
    if first_result(exercise).dtype.kind == "U":
        value, words = with_first(lambda x: 1.5), "is a float"
    result = exercise.evaluate(returning(exercise, value))
    assert result.status is Status.NOT_YET
    assert words in result.message


@every_function
def test_a_wrong_number_of_values_is_told(exercise):
    count = len(exercise.returns)
    more = exercise.evaluate(returning(exercise, lambda right: (0.0,) * (count + 1)))
    assert f"returned {count + 1} values; it should return {count if count > 1 else 'one'}" in more.message
    one = exercise.evaluate(returning(exercise, lambda right: right[0] if isinstance(right, tuple) else {"x": right}))
    assert ("returned one value" if count > 1 else "is a dict") in one.message


@every_function
def test_an_exception_is_told_with_its_line(exercise):
    source = f"{exercise.opening}\n    scale = 2\n    return scale / 0, {exercise.parameters[0]}\n"
    result = exercise.evaluate(exercise.build(source, "wrong"))
    assert result.status is Status.NOT_YET
    assert "ZeroDivisionError: division by zero" in result.message
    assert f"line 3: return scale / 0, {exercise.parameters[0]}" in result.message
    assert f"{exercise.function}({exercise.parameters[0]}=" in result.message


@every_function
def test_an_endless_loop_ends_and_is_told_with_its_line(exercise):
    source = f"{exercise.opening}\n    going = True\n    while going:\n        going = True\n"
    result = exercise.evaluate(exercise.build(source, "endless"), timeout=0.1)
    assert result.status is Status.TIMEOUT
    assert "after 0.1 seconds" in result.message
    assert re.search(r"line [34]: (while going:|going = True)", result.message)
    assert "could not be stopped" not in result.message


@every_exercise
def test_the_declaration_is_complete(exercise):
    assert exercise.prompt and exercise.title and exercise.explanation and exercise.after
    assert len(exercise.hints) >= 2
    assert len(exercise.accepts) >= 3 and "float32" in exercise.accepts
    assert len({m.name for m in exercise.mutants}) == len(exercise.mutants) >= 8
    assert len({m.message for m in exercise.mutants}) == len(exercise.mutants)
    assert (BOOK / f"{exercise.page}.ipynb").is_file(), "name the page that asks it"
    assert list(inspect.signature(exercise.build(exercise.stub, "stub")).parameters) == list(exercise.parameters)


@every_exercise
def test_its_texts_are_plain(exercise):
    """They have `code` and *emphasis*; a reader would see the source of a formula, so mathematics is in Unicode."""
    told = exercise.title, exercise.prompt, *exercise.hints, exercise.explanation, exercise.after
    for text in (*told, *(mutant.message for mutant in exercise.mutants)):
        assert "$" not in text and "\\" not in text, f"write it in Unicode: {text}"
        assert text.count("`") % 2 == 0, f"a ` without its partner: {text}"


@every_exercise
def test_hints_and_mutants_do_not_give_the_solution_away(exercise):
    def squeezed(text):
        return re.sub(r"\s", "", text)

    lines = [squeezed(line) for line in exercise.source.strip().splitlines()]
    for text in exercise.hints:
        assert not any(line in squeezed(text) for line in lines)
        assert not any(right in squeezed(text) for line in lines if (right := line.partition("=")[2]))


@every_exercise
def test_no_two_mutants_are_the_same(exercise):
    cases = exercise.draw(0)
    right = exercise.solve(cases)
    runs = [exercise.play(exercise.mutated(mutant), cases, right) for mutant in exercise.mutants]
    for a, b in itertools.combinations([right, *runs], 2):
        same_numbers = len(a.calls) == len(b.calls) and not first_difference(a.calls, b.calls)
        same_changes = [call.changed for call in a.calls] == [call.changed for call in b.calls]
        assert not (same_numbers and same_changes and str(a.problem) == str(b.problem))


@every_exercise
def test_cases_are_seeded(exercise):
    def numbers(seed):
        return exercise.solve(exercise.draw(seed)).calls

    def written(calls):
        return [out.tolist() for call in calls for out in call.outputs.values()]

    assert written(numbers(3)) == written(numbers(3)) != written(numbers(4))
