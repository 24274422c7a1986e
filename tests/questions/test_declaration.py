"""Declarations check themselves, and say what is wrong."""

import re

import pytest

from course_lib.questions import Choose, Number, Predict

PREDICT = {
    "name": "coin",
    "page": "98_demo",
    "question": "Heads?",
    "options": {"yes": "yes", "no": "no"},
    "right": "yes",
    "line": "You said {said}; it was heads.",
}
SHOWN = PREDICT | {"line": "You said {said}; it was {height}.", "shows": ("ramp", {"a": 1})}
CHOOSE = {
    "name": "sum",
    "page": "98_demo",
    "question": "1 + 1?",
    "options": {"two": "2", "ten": "10"},
    "right": "two",
    "why": {"two": "Yes.", "ten": "That is binary."},
}
NUMBER = {
    "name": "third",
    "page": "98_demo",
    "question": "1 : 3?",
    "right": 1 / 3,
    "tolerance": 0.01,
    "confusions": {3: "That is 3 : 1."},
    "otherwise": "Divide.",
    "why": "A third.",
}


def test_good_ones():
    for make, given in ((Predict, PREDICT), (Predict, SHOWN), (Choose, CHOOSE), (Number, NUMBER)):
        made = make(**given)
        assert (made.name, made.page) == (given["name"], "98_demo")
    assert Predict(**PREDICT | {"right": None}).right is None
    assert Number(**NUMBER | {"confusions": {}, "unit": "steps"}).unit == "steps"


@pytest.mark.parametrize(
    ("make", "base", "change", "message"),
    [
        (Predict, PREDICT, {"name": "a coin"}, "a question's name must be an identifier, not 'a coin'"),
        (Predict, PREDICT, {"name": "_coin"}, "a question's name must be an identifier, not '_coin'"),
        (Predict, PREDICT, {"question": ""}, "Predict 'coin': question must be one line of text, not ''"),
        (Predict, PREDICT, {"question": "Is $x$ 1?"}, "question contains $; write mathematics in Unicode"),
        (Predict, PREDICT, {"question": "Is `x 1?"}, "question has a ` without its partner"),
        (Predict, PREDICT, {"question": 3}, "question must be a text, not 3"),
        (Predict, PREDICT, {"options": {"yes": "yes"}}, "options must be a dictionary of 2 to 4"),
        (Predict, PREDICT, {"options": dict.fromkeys("abcde", "x")}, "options must be a dictionary of 2 to 4"),
        (Predict, PREDICT, {"options": ["yes", "no"]}, "options must be a dictionary of 2 to 4"),
        (Predict, PREDICT, {"options": {"yes": "it is", "no": "it is"}}, "two options have the same text"),
        (Predict, PREDICT, {"right": "perhaps"}, "right must be one of yes, no, not 'perhaps'"),
        (Predict, PREDICT, {"line": "It was, as you said, {said}."}, "{said} must stand in 'You said {said}; '"),
        (Predict, PREDICT, {"line": "You said {said}; it was {said}."}, "{said} must stand in 'You said {said}; '"),
        (Predict, PREDICT, {"line": "It was {heads."}, "line cannot be read"),
        (Predict, PREDICT, {"line": "It was {height}."}, "line names {height}, but the prediction shows no experiment"),
        (Predict, PREDICT, {"line": "It was {claim:coin}."}, "as {claim:NAME.value}, not 'coin'"),
        (Predict, SHOWN, {"line": "It was 12 against {height}."}, "line has a number by hand in 'It was 12 against '"),
        (Predict, SHOWN, {"shows": "ramp"}, "shows must be (experiment's name, setting), not 'ramp'"),
        (Predict, SHOWN, {"shows": ("ramp", 3)}, "shows must be (experiment's name, setting)"),
        (Choose, CHOOSE, {"right": "three"}, "Choose 'sum': right must be one of two, ten, not 'three'"),
        (Choose, CHOOSE, {"why": {"two": "Yes."}}, "why must have one sentence for each option, two, ten"),
        (Choose, CHOOSE, {"why": {"two": "Yes.", "ten": " "}}, "why of 'ten' must be one line of text"),
        (Number, NUMBER, {"right": "1/3"}, "Number 'third': right must be a finite number, not '1/3'"),
        (Number, NUMBER, {"right": float("nan")}, "right must be a finite number, not nan"),
        (Number, NUMBER, {"tolerance": -1}, "tolerance must not be negative"),
        (Number, NUMBER, {"confusions": {0.34: "Near."}}, "0.34 and 0.333333 cannot be told apart within 0.01"),
        (Number, NUMBER, {"confusions": {3: "A.", 3.01: "B."}}, "3.01 and 3 cannot be told apart"),
        (Number, NUMBER, {"confusions": {"3": "A."}}, "confusion '3' must be a finite number"),
        (Number, NUMBER, {"confusions": {3: ""}}, "confusion 3 must be one line of text"),
        (Number, NUMBER, {"otherwise": "a\nb"}, "otherwise must be one line of text"),
    ],
)
def test_a_wrong_one_is_an_error_where_it_stands(make, base, change, message):
    with pytest.raises((TypeError, ValueError), match=re.escape(message)):
        make(**base | change)


def test_a_number_has_other_numbers_for_when_it_comes_back():
    arguments = {"right": 2, "tolerance": 0.1, "otherwise": "No.", "why": "Yes."}
    three = {"question": "1 + 2?", "right": 3}
    (other,) = Number("sum", "00_sums", "1 + 1?", **arguments, others=({"question": "1 + 2?", "right": 3},)).anew
    assert (other.question, other.right, other.why, other.name, other.anew) == ("1 + 2?", 3, "Yes.", "sum", ())
    for wrong in ({"right": 3}, {"question": "1 + 2?"}):
        with pytest.raises(ValueError, match="must differ"):
            Number("sum", "00_sums", "1 + 1?", **arguments, others=(wrong,))
    with pytest.raises(ValueError, match="must differ"):
        Number("sum", "00_sums", "1 + 1?", **arguments, others=(three, three))
    with pytest.raises(ValueError, match="told apart"):
        Number("sum", "00_sums", "1 + 1?", **arguments, others=({**three, "confusions": {3.1: "Nearly."}},))
