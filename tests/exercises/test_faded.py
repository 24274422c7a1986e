"""A mistake is not named at once: a question first, then its name, then the line. The question is made from runs."""

import re
import time

import numpy as np
import pytest

from course_lib import chapters
from course_lib.exercises import Case, Exercise, Mutant, Status
from course_lib.exercises.diagnosis import first_difference
from course_lib.exercises.intact import Intact
from course_lib.exercises.limit import call
from course_lib.exercises.question import changes, on_the_line, question
from course_lib.exercises.result import AGAIN, UNKNOWN, Result

EXERCISES = chapters.exercises()
LIGHT = [exercise for exercise in EXERCISES.values() if not exercise.packages]
every_exercise = pytest.mark.parametrize("exercise", LIGHT, ids=lambda exercise: exercise.name)


# ------------------------------------------------------------------------------------------------ the stages


@every_exercise
def test_every_mistake_is_asked_about_then_named_then_shown(exercise):
    faded = 0
    for mutant in exercise.mutants:
        whole = exercise.evaluate(exercise.mutated(mutant), questions=True)
        first, second, third = (whole.stage(n) for n in (1, 2, 3))
        assert {first.status, second.status, third.status} == {whole.status}
        assert second.paragraphs == whole.paragraphs and mutant.message in second.paragraphs
        assert first.diagnoses == third.diagnoses == whole.diagnoses
        if not whole.named:  # nothing but the name is known, or there was an error
            assert first.paragraphs == third.paragraphs == whole.paragraphs
            continue
        faded += 1
        assert mutant.message not in first.message and first.paragraphs[-1] == AGAIN
        assert first.paragraphs[0] == whole.paragraphs[whole.named]  # which value, in which call
        assert third.paragraphs == (*whole.paragraphs[: whole.named], whole.line, *whole.paragraphs[whole.named :])
        lines = [re.sub(r"^ +(the book's|yours acts as|) +", "", line) for line in whole.line.split("\n")]
        both = [line.strip() for line in (exercise.source + mutant.patch(exercise.source)).split("\n")]
        assert all(line.strip() in [*both, "(no such line)"] for line in lines)
    assert exercise.goal or faded >= len(exercise.mutants) / 2


def test_without_a_question_nothing_else_changes():
    for exercise in LIGHT[::5]:
        for mutant in exercise.mutants[:3]:
            asked, plain = (exercise.evaluate(exercise.mutated(mutant), questions=q) for q in (True, False))
            assert asked.to_dict() | {"question": ""} == plain.to_dict()
            assert asked.text == plain.text and asked.html == plain.html


def test_a_result_and_its_fields_are_the_same(momentum):
    result = momentum.evaluate(momentum.mutated(momentum.mutants[0]), questions=True)
    again = Result.from_dict(result.to_dict())
    assert [again.stage(n).html for n in range(1, 5)] == [result.stage(n).html for n in range(1, 5)]
    assert result.stage(3).html == result.stage(9).html


def test_two_mistakes_are_both_shown(momentum):
    two = [mutant for mutant in momentum.mutants if mutant.name in ("uphill", "rho forgotten")]
    whole = momentum.evaluate(momentum.mutated(*two), questions=True)
    assert whole.named == 3 and "Two things" not in whole.stage(1).message
    assert whole.line.count("the book's") == whole.line.count("yours acts as") == 2


# ------------------------------------------------------------------------------------------------ check after check


def by_name(exercise, name):
    return exercise.mutated(next(mutant for mutant in exercise.mutants if mutant.name == name))


def stages(exercise, *answers, **options):
    """Which stage each of some checks has shown; 0: all, as there was nothing to fade."""
    found = []
    for answer in answers:
        whole, shown = exercise.evaluate(answer, questions=True), exercise.check(answer, **options)
        texts = [tuple(p for p in whole.stage(n).paragraphs if p != AGAIN) for n in (1, 2, 3)]
        mine = tuple(p for p in shown.paragraphs if not p.startswith(AGAIN))
        found.append(texts.index(mine) + 1 if whole.named else 0)
    return found


def test_checks_in_a_row_say_more_and_another_mistake_begins_anew(momentum, capsys):
    uphill, forgotten = by_name(momentum, "uphill"), by_name(momentum, "rho forgotten")
    assert stages(momentum, uphill, uphill, uphill, uphill) == [1, 2, 3, 3]
    assert stages(momentum, forgotten, forgotten, uphill, forgotten) == [1, 2, 1, 1]
    assert stages(momentum, forgotten, momentum.build(momentum.source, "right"), forgotten) == [2, 0, 1]
    assert momentum.progress.checks == 11 and momentum.progress.status is Status.PASS
    assert "To be told at once: `ex.momentum.check(momentum_step, tell=True)`." in capsys.readouterr().out


def test_a_reader_may_be_told_at_once(momentum, capsys):
    uphill = by_name(momentum, "uphill")
    assert stages(momentum, uphill, tell=True) == [3]
    assert "To be told at once" not in capsys.readouterr().out
    assert stages(momentum, uphill) == [2]


def test_what_has_no_name_is_the_same_each_time(momentum):
    for answer in (lambda x, dx, v, lr, rho: (x, v), lambda x: 1 / 0, None, lambda x, dx, v, lr, rho: 1 / 0):
        one, two, three = (momentum.check(answer).text for _ in range(3))
        assert one == two == three and AGAIN not in one


# ------------------------------------------------------------------------------------------------ the question


def on_changed_lines(exercise, mutant):
    """The arguments on lines that only one of the two versions has, or on any if they have the same lines."""
    right, wrong = exercise.source, mutant.patch(exercise.source)
    lines = {line.strip() for line in right.split("\n")} ^ {line.strip() for line in wrong.split("\n")}
    return {name for line in lines or [right] for name in re.findall(r"[A-Za-z_]\w*", line)} & set(exercise.parameters)


def test_the_question_names_an_argument_of_the_mistaken_line():
    """Of 70 % of all mistakes whose values differ, functions of numbers and arrays having questions; and no question
    suspects a line that is right."""
    every, asked, good = 0, 0, 0
    numpy = Intact(np)
    for exercise in LIGHT:
        if exercise.method or exercise.goal:
            continue
        cases = exercise.draw(0)
        right = exercise.solve(cases)
        for mutant in exercise.mutants:
            answer = exercise.mutated(mutant)
            run = call(lambda: exercise.play(answer, cases, like=right), 2).value  # noqa: B023
            difference = run and first_difference(run.calls, right.calls[: len(run.calls)])
            if not difference:
                continue
            every += 1
            names = on_the_line(exercise, [mutant])
            words = question(exercise, answer, difference.call.args, names, changes(exercise), numpy)
            asked += bool(words)
            mirrored = words.endswith(("the right way?", "the right sign?"))
            good += mirrored or (bool(words) and re.search(r"`(\w+)`", words)[1] in on_changed_lines(exercise, mutant))
    assert every > 700 and good >= 0.7 * every, (every, asked, good)
    assert good >= 0.98 * asked, (every, asked, good)  # a line may be moved, and is in both versions


@every_exercise
def test_what_it_asks_is_a_question(exercise):
    for words in exercise.asks.values():
        assert words.endswith("?") and words.count("`") % 2 == 0 and len(words) < 100
        assert words[0].islower() and words.count("?") == 1


def declare(*mutants, **fields):
    return Exercise(
        name="trial", title="Trial", prompt="Try.", hints=("One.", "Two."),
        source="def f(x, rho):\n    return 2 * x + rho\n", returns=("y",),
        cases=lambda rng: [Case.one("a number", x=2.0, rho=0.5), Case.one("another", x=3.0, rho=0.25)],
        mutants=mutants or (Mutant("minus", "+ rho", "- rho", "You subtract."),
                            Mutant("half", "2 * x", "x", "Twice.")), **fields,
    )  # fmt: skip


def minus(x, rho):
    return 2 * x - rho


def test_the_words_of_a_question():
    plain, own = declare(), declare(asks={"rho": "what should `rho` do to x?"})
    said = "With `rho` = 0 your answer is right, with `rho` = 0.5 it is not: "
    assert plain.evaluate(minus, questions=True).question == said + "what should `rho` do?"
    assert own.evaluate(minus, questions=True).question == said + "what should `rho` do to x?"
    assert plain.evaluate(minus).question == ""


ASKED = {
    ("momentum", "uphill"): "Your `x` goes as far from the given `x` as it should: does it go the right way?",
    ("weights_only", "twice"): "You return what is right for `lam` = 0.2, and `lam` is 0.1: ",
    ("weights_only", "biases too"): "If `b` is changed in this call, your `db` changes with it, and should not: ",
    ("cosine", "end left out"): "Whatever `end` is in this call, your `rate` stays as it is, and should not: ",
    (
        "adam",
        "one beta for both",
    ): "With `beta1` the same as `beta2` your answer is right, with `beta1` = 0.9 it is not: ",
    ("inverted_dropout", "the wrong way round"): "You return what is right for `train` = False, and `train` is True: ",
    (
        "directions",
        "diagonal",
    ): "With only the diagonal of `H` your answer is right, with those of this call it is not: ",
    ("vote", "mean of logits"): "With only the first entry of `p` your answer is right, with all of them it is not: ",
    (
        "standardize",
        "only centred",
    ): "With only the first row of `train` your answer is right, with all of them it is not: ",
    ("steps_needed", "loss for error"): "You return what is right for √`tol`, and `tol` is given: ",
    ("dropout_backward", "the other units"): "You return what is right for 1 − `z`, and `z` is given: ",
    ("paired_gain", "the sign"): "Your `gain` has the right size: has it the right sign?",
    # at peak = 0 all is 0, at lr = 0 nothing moves, and so on: what is right there says nothing
    ("warmup_cosine", "a straight line"): "",
    ("plateau", "equal is better"): "",
    ("newton", "times H"): "",
}


@pytest.mark.parametrize(("name", "mistake"), ASKED)
def test_what_is_asked(name, mistake):
    exercise = EXERCISES[name]
    asked = exercise.evaluate(by_name(exercise, mistake), questions=True).question
    assert asked.startswith(ASKED[name, mistake]) and bool(asked) == bool(ASKED[name, mistake])


def test_a_change_that_makes_all_right_or_shows_nothing_is_not_tried(momentum):
    for name, rate in {"warmup_cosine": "peak", "step_decay": "lr", "snapshot_rate": "lr"}.items():
        assert (rate, "zero") not in changes(EXERCISES[name])
    halved = question(momentum, lambda x, dx, v, lr, rho: (x - lr / 2 * (rho * v + dx), rho * v + dx),
                      dict(x=2.0, dx=1.0, v=0.5, lr=0.1, rho=0.9), ["lr"], [("lr", "zero")], Intact(np))  # fmt: skip
    assert "`lr` = 0 " not in halved  # x is then what was given, whatever is done with the rate


def test_a_mistake_of_the_readers_own_is_asked_about_and_not_promised_a_name(momentum):
    def divided(x, dx, v, lr, rho):
        v = rho * v + dx
        return x - lr * v / (1 - rho), v

    first, again = momentum.check(divided), momentum.check(divided)
    *_, asked, unknown, hint = first.paragraphs
    assert asked.startswith("With `rho` = 0 your answer is right, with `rho` = 0.9 it is not: ")
    assert unknown == UNKNOWN and hint.startswith("Stuck?") and first.text == again.text
    assert AGAIN not in first.text and asked not in momentum.check(divided, tell=True).text


def test_large_arrays_do_not_hide_the_call():
    contrast = EXERCISES["contrast"]
    code = contrast.evaluate(by_name(contrast, "brightness")).paragraphs[-1]
    assert code == "    contrast(images=<array of shape (3, 4, 4, 1)>, f=1.5)"
    weights = EXERCISES["weights_only"]
    shown = weights.evaluate(by_name(weights, "biases too")).paragraphs[-1]
    assert "db=np.array([0.1, -0.2])" in shown and "yours returns" in shown and "should return" in shown


def test_where_no_argument_matters_call_and_values_stand_alone():
    exercise = declare(Mutant("one more", "return 2", "return 1 + 2", "You add 1."))
    assert changes(exercise) == ()
    first = exercise.check(exercise.mutated(exercise.mutants[0]))
    assert first.paragraphs[0].startswith("First difference (a number): `y` is 5.5, and should be 4.5.")
    assert len(first.paragraphs) == 3 and first.paragraphs[-1].startswith(AGAIN)


def endless_at_0(x, rho):
    while rho == 0:
        x = x + 0.0
    return 2 * x - rho


def stubborn_at_0(x, rho):
    while rho == 0:
        try:
            x = x + 0.0
        except BaseException:
            x = 1.0
    return 2 * x - rho


def exits_at_0(x, rho):
    if rho == 0:
        raise SystemExit
    return 2 * x - rho


def strange_at_0(x, rho):
    class Strange(float):
        def __array__(self, *args, **named):
            raise KeyError

    return Strange(1.0) if rho == 0 else 2 * x - rho


@pytest.mark.parametrize("answer", [exits_at_0, strange_at_0])
def test_an_answer_may_do_anything_in_a_call_that_is_changed(answer):
    result = declare().evaluate(answer, questions=True)
    assert result.diagnosis == "minus" and result.named == 1
    assert result.question.startswith("You return what is right for `rho` = -0.5, and `rho` is 0.5: "), "and not at 0"


@pytest.mark.parametrize("answer", [endless_at_0, stubborn_at_0])
def test_an_answer_that_never_ends_in_a_changed_call_is_stopped(answer):
    begun = time.monotonic()
    result = declare().evaluate(answer, questions=True)
    assert result.diagnosis == "minus" and result.question == ""
    assert time.monotonic() - begun < 8


def test_what_a_changed_call_does_to_numpy_is_put_back_and_what_it_prints_is_dropped(capsys):
    before = np.abs

    def spoils(x, rho):
        if rho == 0:
            np.abs = np.array = None
            print("changed")
        return 2 * x - rho

    result = declare().evaluate(spoils, questions=True)
    assert np.abs is before and "rho" in result.question and not result.printed
    assert "np.abs" not in result.message and capsys.readouterr().out == ""


def test_an_answer_that_remembers_or_changes_numpy_is_told_so_as_before():
    calls = []

    def remembers(x, rho):
        calls.append(x)
        return 2 * x - rho * len(calls)

    def changes_numpy(x, rho):
        np.abs = None
        return 2 * x - rho

    exercise = declare()
    said = exercise.evaluate(remembers, questions=True)
    assert said.diagnoses == ("remembers",) and said.stage(1).text == said.stage(3).text == said.text
    told = exercise.evaluate(changes_numpy, questions=True)
    assert "Your code changed `np.abs`" in told.stage(1).message and "You subtract" not in told.stage(1).message


def test_mistakes_that_never_end_do_not_keep_a_question_waiting():
    endless = "return 2 * x - rho if rho else [0 for i in iter(int, 1)]"
    exercise = declare(
        Mutant("endless", "return 2 * x + rho", endless, "It never ends."), Mutant("minus", "+ rho", "- rho", "Minus.")
    )
    begun = time.monotonic()
    assert ("rho", "zero") not in changes(exercise) and time.monotonic() - begun < 20
