"""Catch the bug: every exercise with a call to choose, by discovery; what is typed; what the chapters say of it."""

import numpy as np
import pytest

from course_lib import chapters
from course_lib.exercises import catching
from course_lib.exercises.catching import LARGEST, LISTED, NoCall, catch, describe, moves, read_argument
from course_lib.exercises.game import as_text, game_of

EXERCISES = chapters.exercises()
GAMES = {name: game for name, one in EXERCISES.items() if (game := game_of(one))}
MOST_CALLS = 6  # that follow the nudges, after the call to begin with; the most that was measured is 6, for Adam


@pytest.fixture(params=GAMES)
def game(request):
    return GAMES[request.param]


def typed(game, arguments):
    """Arguments as a reader types them."""
    return {name: repr(np.asarray(value).tolist()) for name, value in arguments.items() if game.kinds[name]}


def names(mutants):
    return {mutant.name for mutant in mutants}


def test_most_exercises_have_a_game():
    assert len(GAMES) > 50
    for name in ("choose", "bfgs", "dropout_backward", "head_step"):  # every call tells all; needs torch
        assert name not in GAMES


def test_the_call_to_begin_with_is_typed_as_it_is(game):
    for name, kind in game.kinds.items():
        if kind:
            same = read_argument(name, as_text(game.start[name]), kind)
            assert np.array_equal(same, game.start[name]) and np.shape(same) == np.shape(game.start[name])
    first = catch(game, {})
    assert first.alive and names(first.caught) | names(first.alive) == names(game.known)
    assert set(game.exercise.mutants) >= set(game.known) and len(game.known) >= len(game.exercise.mutants) - 1


def test_the_nudges_lead_to_the_end(game):
    card, before = describe(game, {}, [])
    now = game.start
    for count in range(MOST_CALLS + 1):
        if card.text.startswith("ALL CAUGHT"):
            break
        assert count < MOST_CALLS, card.text
        listed, now = next(moves(game, now, [m for m in game.known if m.name not in before]))
        assert listed and f"A nudge: Move {' and '.join(f'`{name}`' for name in listed)}." in card.text
        card, after = describe(game, typed(game, now), before)
        assert set(after) > set(before)
        before = after
    assert set(before) == names(game.known)


BAD = {
    "number": ["", "  ", "two", "inf", "-inf", "nan", "1e999", "0,5", "[1]", "1 2", "()", "__import__('os')",
               None, [1], True],
    "whole number": ["", "1.5", "inf", "[3]", "1e300", str(10 * LARGEST), -10 * LARGEST, 10**400, 0.5],
    "numbers": ["", "[", "[]", "]", "[1, 2", "1, 2]", "[[1, 2], [3]]", "[1, [2]]", "[1 2]", "[1,, 2]", "[nan]", "[1] 2",
                "[x]", "[1, inf]", "np.array([1", "[" * 300,
                "[" * 5000 + "]" * 5000, {}, [[1, 2], [3]], "a"],
    "whole numbers": ["[1.5]", "[1, 2", "", "[1e300]"],
    "truth value": ["", "true", "1", 1, "[True]"],
}  # fmt: skip


def test_what_is_no_argument_is_refused_and_changes_nothing(game):
    for name, kind in game.kinds.items():
        for value in BAD.get(kind, ["1", 1]):
            card, caught = describe(game, {name: value}, [])
            assert card.text.startswith(f"NO CALL · {game.exercise.name}\n`{name}` ") and caught == [], value
    card, caught = describe(game, {"nothing": 1}, ["a name"])
    assert "`nothing` is no argument of" in card.text and caught == ["a name"]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-8", 1e-8),
        ("-3", -3.0),
        ("\N{MINUS SIGN}3", -3.0),
        (" .5 ", 0.5),
        ("1_000", 1000.0),
        ("[1, 2]", [1, 2]),
        ("[ 1,2, ]", [1, 2]),
        ("[[1, 2],\n [3, 4]]", [[1, 2], [3, 4]]),
        ("np.array([1, -2.5])", [1, -2.5]),
    ],
)
def test_what_is_typed_is_read(text, value):
    assert np.array_equal(read_argument("x", text, "numbers"), value)


def test_the_reason_is_told():
    for text, words in {
        "": "nothing is typed",
        "0,5": "a number has a point, `0.5`",
        "[1, 2": "a `[` lacks its `]`",
        "[1]]": "a `]` lacks its `[`",
        "[[1], [2, 3]]": "its rows differ in length",
        "[1 2]": "commas separate",
        "[1,,2]": "a number is missing",
        "[1][2]": "after the last `]` stands '[2]'",
        "pi": "'pi' is no number",
        "[" * 5000 + "1" + "]" * 5000: "more than 6 brackets",
    }.items():
        with pytest.raises(NoCall) as error:
            read_argument("x", text, "numbers")
        assert words in str(error.value)


def test_a_call_that_the_right_version_does_not_take_is_none():
    card, caught = describe(GAMES["batchnorm"], {"x": "[[1, 2, 3], [3, 4, 5]]"}, [])
    assert card.text.startswith("NO CALL · batchnorm\nWith these arguments the right version has no answer: they do")
    assert caught == [] and "Error" not in card.text
    card, _ = describe(GAMES["convert_rate"], {"rho": "1"}, [])
    assert card.text.endswith("it should be a finite number.")


@pytest.mark.parametrize(
    ("name", "arguments", "words"),
    [
        (
            "momentum",
            {"x": "[1, 2]", "v": "[1, 2, 3]"},
            "`x` and `dx` must have one shape: `x` has 2 entries, and `dx` has 3 entries.",
        ),
        (
            "weights_only",
            {"db": "[1, 2]"},
            "`db` and `b` must have one shape: `db` has 2 entries, and `b` has 3 entries.",
        ),
        ("plateau", {"patience": "-1"}, "`patience` must be at least 0 here."),
        ("plateau", {"losses": "5"}, "`losses` must be a list of numbers such as `[1, 2]` here."),
        ("plateau", {"losses": "[[5, 4], [3, 2]]"}, "`losses` must be a list of numbers such as `[1, 2]` here."),
        ("plateau", {"losses": "[]"}, "`losses` must be finite numbers, not '[]': there is no number in it."),
        ("adam", {"beta1": "1.5"}, "`beta1` must be at most 1 here."),
        ("armijo", {"slope": "1"}, "`slope` must be at most 0 here."),
        (
            "adam",
            {"beta1": "1e400"},
            "`beta1` must be a finite number, not '1e400': 1e400 is too large for a computer's",
        ),
    ],
)
def test_arguments_that_do_not_fit_are_refused_with_the_reason(name, arguments, words):
    card, caught = describe(GAMES[name], arguments, ["a name"])
    assert words in card.text and card.text.startswith(f"NO CALL · {name}\n") and caught == ["a name"]


def test_what_is_alive_and_the_nudge_stay_where_there_is_no_call():
    adam = GAMES["adam"]
    _, caught = describe(adam, {"dx": "[1, -0.5]"}, [])
    card, same = describe(adam, {"dx": "[1, -0.5]", "t": "two"}, caught)
    assert card.text.startswith("NO CALL · adam\n`t` must be ") and same == caught
    assert "\nStill alive: " in card.text and "\nA nudge: Move " in card.text
    assert "Still alive" not in describe(adam, {"t": "two"}, names(adam.known))[0].text


def test_each_call_of_a_check_fits(game):
    for arguments in catching.calls(game):
        assert not list(catching.misfits(game, arguments, list(arguments)))


def test_long_lists_are_cut_and_the_rest_is_folded():
    card, caught = describe(GAMES["adam"], {}, [])
    assert f" and {len(GAMES['adam'].known) - len(caught) - LISTED} more." in card.text
    card, caught = describe(GAMES["adam"], {"dx": "[1, -0.5]"}, [])
    assert f"<summary>and {len(caught) - catching.SHOWN} more</summary>" in card.html
    for mutant in GAMES["adam"].known:
        assert (f"*{mutant.name}*" in card.text and mutant.message in card.text) == (mutant.name in caught)


def test_in_a_notebook_what_is_caught_stays_caught(capsys):
    adam = EXERCISES["adam"]
    adam.progress.caught = []
    adam.catch(dx=[1, -0.5])
    some = list(adam.progress.caught)
    adam.catch(x="big")
    assert adam.progress.caught == some and "NO CALL" in capsys.readouterr().out
    adam.catch(dx=[1, -0.5], m=[0.3, 0.2], v=[0.5, 0.1], t=3, beta1=0.7, beta2=0.95, eps=0.1)
    assert len(adam.progress.caught) == len(adam.mutants) and "ALL CAUGHT" in capsys.readouterr().out
    adam.progress.caught = []
    EXERCISES["choose"].catch()
    assert "There is no call of `choose` to choose" in capsys.readouterr().out


def alive(name, **given):
    return names(catch(GAMES[name], given).alive)


def test_what_the_chapters_say_of_it():
    first_step = alive("momentum", dx="[1, 2, 3]", v="[0, 0, 0]")
    assert {"rho as friction", "velocity discarded"} <= first_step
    assert {"RMSProp's line", "t never advanced"} <= alive("adam", dx="[1, -2]", t=1)
    for t in (0, 100):  # the first step and the last
        assert len(alive("cosine", t=t)) > len(GAMES["cosine"].known) / 2
    assert {"scalar added", "diagonal"} <= alive("newton", damping=0, H="[[2, 0], [0, 3]]")
    without = alive("adamw", wd=0, m=[0.1, 0.2, 0.3], v=[1, 4, 9], t=3, eps=0.1)
    assert "L2 in the gradient" in without and len(without) < len(GAMES["adamw"].known)
    assert "as if independent" in alive("variance", rho=0)
    assert "jumps over zero" in alive("soft", lam=0.5, w="[5, -7]", step=0.1) and len(alive("soft", lam=0)) > 1
    assert alive("inverted_dropout", train=True) and len(alive("inverted_dropout", train=False)) > 2
    assert not alive("inverted_dropout", train=True) & alive("inverted_dropout", train=False)
    assert len(alive("source_point", degrees=0)) > len(GAMES["source_point"].known) / 2
    assert alive("source_point", degrees=90) == {"rounded"}
    assert alive("stage_rates", stages=6, frozen=5) and not alive("stage_rates", stages=6, frozen=2)


def test_a_call_in_one_setting_hides_the_other():
    """No call of the check tells all the wrong versions of inverted dropout."""
    game = GAMES["inverted_dropout"]
    assert all(catch(game, typed(game, arguments)).alive for arguments in catching.calls(game))
