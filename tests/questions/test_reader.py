"""How the page reads a number, in QuickJS."""

import json
import math

import pytest

from course_lib import questions

quickjs = pytest.importorskip("quickjs")


@pytest.fixture(scope="module")
def read():
    context = quickjs.Context()
    context.eval("globalThis.document = { dispatchEvent() {} }; globalThis.Event = class {};")
    for name in ("progress.js", "question.js"):
        context.eval(questions.site_assets()[name])

    def call(text, unit=""):
        asked = f"course.readNumber({json.dumps(text)}, {json.dumps(unit)})"
        return json.loads(context.eval(f"[JSON.stringify({asked})].join('')"))

    return call


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1.5", 1.5), ("1,5", 1.5), (" 1.5 ", 1.5), (".5", 0.5), ("5.", 5), ("-2", -2), ("−2", -2), ("+3", 3),
        ("1e-3", 1e-3), ("1E3", 1000), ("2,5e-1", 0.25), ("10 %", 0.1), ("10%", 0.1), ("12,5 %", 0.125),
        ("1/3", 1 / 3), ("-2 / 5", -0.4), ("10 000", 10000), ("10\u202f000", 10000), ("1,234,567", 1234567),
        ("1,234.5", 1234.5),
    ],
)  # fmt: skip
def test_what_people_write(read, text, value):
    (found,) = read(text)
    assert math.isclose(found, value, rel_tol=1e-12)


def test_a_comma_before_three_digits_may_mean_both(read):
    assert read("1,000") == [1, 1000]


@pytest.mark.parametrize(
    "text", ["", "ten", "1.2.3", "1,2,3", "1/0", "1/2/3", "--1", "1e", "e5", "Infinity", "0x10", "1 %%"]
)
def test_what_is_no_number(read, text):
    assert read(text) == []


def test_a_unit_may_be_written_or_not(read):
    assert read("12 Steps", "steps") == read("12", "steps") == [12]
    assert read("12 %", "%") == read("12", "%") == [12]
    assert read("12 steps") == []
