"""The numbers of the prose: roles and claims of a notebook's source, rounding, and each chapter's file."""

import json
import re
from pathlib import Path

import pytest

from course_lib.site import numbers
from course_lib.site.numbers import Citation, parse, rounded

ROOT = Path(__file__).parents[2]


def notebook(text="", code="", outputs=()):
    cells = [("markdown", text, {}), ("code", code, {"outputs": list(outputs)})]
    return {"cells": [{"cell_type": kind, "id": kind, "source": [source]} | more for kind, source, more in cells]}


def output(name, **values):
    return {"output_type": "display_data", "metadata": {"claim": {"name": name, "words": "w", "values": values}}}


@pytest.mark.parametrize(
    ("value", "form", "text"),
    [
        (7, "", "7"),
        (9999, "", "9999"),
        (-10000, "", "−10,000"),
        (1437, ",", "1,437"),
        (0.0, "", "0"),
        (5.0, "", "5.00"),
        (0.05, "", "0.0500"),
        (9.999, "", "10.0"),
        (691.4, "", "691"),
        (12345.6, "", "12,300"),
        (1e6, "", "1.00 × 10⁶"),
        (-4.5e-5, "", "−4.50 × 10⁻⁵"),
        (3.2e-16, ".0e", "3 × 10⁻¹⁶"),
        (0.1234, ".1%", "12.3 %"),
        (0.5, "+.2f", "+0.50"),
        (3, ".1f", "3.0"),
        ("0.1 to 0.2", "", "0.1 to 0.2"),
    ],
)
def test_how_a_number_is_written(value, form, text):
    assert rounded(value, form).replace("\xa0", " ") == text


@pytest.mark.parametrize(("value", "form"), [(3, "x!"), (0.5, "d"), ("text", ".1f")])
def test_a_format_that_does_not_suit_is_named(value, form):
    with pytest.raises(ValueError, match=re.escape(repr(form))):
        rounded(value, form)


@pytest.mark.parametrize("role", ["a-b", "a-b.c", "a-b.c_2:.1f", "a-b.c:,", "torch-SGD.gap:.0e"])
def test_a_role_is_read_as_it_is_written(role):
    assert str(parse(role)) == f"{{claim}}`{role}`"


@pytest.mark.parametrize("role", ["", " a", "a b", "a.", "a.b.c", "a.2", "a:.1f", "a.b:", "-a"])
def test_a_role_that_cannot_be_read_is_named(role):
    with pytest.raises(ValueError, match=f"not `{re.escape(role)}`"):
        parse(role)


def test_every_role_needs_its_claim_and_every_claim_its_tick():
    code = "%time 1\nif True:\n    claim('a', 1 > 0, 'w', x=1, y=2)\nclaim('b', True, 'w')\nclaim('c', True, 'w', z=1)"
    text = "{claim}`a.x:.1f` {claim}`a` {claim}`a.z` {claim}`b` {claim}`d` {claim}`c.z`"
    assert numbers.unmatched(notebook("{claim}`a` {claim}`b` {claim}`c.z` {claim}`c`", code)) == []
    z, d, c = numbers.unmatched(notebook(text, code))
    assert z.startswith("{claim}`a.z`: the claim 'a' has no value 'z', only 'x', 'y'")
    assert d.startswith("{claim}`d`: there is no claim 'd' on this page, only 'a', 'b', 'c'")
    assert c == "no ✓ cites the claim 'c': write {claim}`c` after the sentence that it measures"


@pytest.mark.parametrize(
    "code", ["claim(f'a-{b}', True, 'w')", "claim(name, True, 'w')", "claim('a', True, 'w', **values)"]
)
def test_a_claim_whose_names_are_not_written_out_is_quoted(code):
    with pytest.raises(ValueError, match=f"write out the claim's name.*{re.escape(code)}"):
        numbers.declared(notebook(code=code))


def test_two_claims_of_one_name_are_named():
    with pytest.raises(ValueError, match="two claims have the name 'a'"):
        numbers.declared(notebook(code="claim('a', True, 'w')\nclaim('a', True, 'w')"))


def test_the_file_has_each_form_of_a_value():
    run = notebook("{claim}`a.x:.1f` {claim}`a.x` {claim}`a.x:.1f` {claim}`a`", outputs=[output("a", x=5.906)])
    found = numbers.numbers_of(run)
    assert found == {"a": {"x": "5.9", "x:": "5.91"}}
    assert [numbers.text_of(role, found) for role in numbers.cited(run)] == ["5.9", "5.91", "5.9", "✓"]
    with pytest.raises(ValueError, match=r"lacks the number \{claim\}`a\.y`.*course site --numbers"):
        numbers.text_of(Citation("a", "y"), found)


def test_what_the_run_did_not_record_is_not_written():
    with pytest.raises(ValueError, match=r"\{claim\}`a\.y`: the claim 'a' has no value 'y', only 'x'"):
        numbers.numbers_of(notebook("{claim}`a.y`", outputs=[output("a", x=1)]))


def alike(one, other):
    """Whether two texts say nearly the same: number for number, within a third or two of the last digit.

    On another processor sums are added up in another order, and a network learns otherwise.
    """
    pairs = zip(
        *([n.replace(",", "") for n in re.findall(r"\d[\d,]*\.?\d*", text)] for text in (one, other)), strict=True
    )
    return all(
        abs(float(a) - float(b)) <= max(2 * 10.0 ** -len(a.partition(".")[2]), max(float(a), float(b)) / 3)
        for a, b in pairs
    )


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("93", "95", True),
        ("0.0008", "0.0010", True),
        ("12,345", "12,400", True),
        ("10", "20", False),
        ("1.5", "2.9", False),
    ],
)
def test_what_another_processor_may_change(one, other, expected):
    assert alike(one, other) == alike(other, one) == expected


def test_every_chapters_run_and_file_agree(site, chapter):
    """The numbers of the build that these tests share; `course site --numbers` writes the file."""
    page = Path(chapter).stem
    kept, run = numbers.read(numbers.path_of(page, ROOT)), numbers.numbers_of(numbers.read_run(page, ROOT))
    assert {name: set(values) for name, values in kept.items()} == {name: set(values) for name, values in run.items()}
    texts = [(text, run[name][key]) for name, values in kept.items() for key, text in values.items()]
    assert not [pair for pair in texts if not alike(*pair)]


def test_every_file_is_as_it_is_written(chapter):
    path = numbers.path_of(Path(chapter).stem, ROOT)
    source = json.loads((ROOT / chapter).with_suffix(".ipynb").read_text("utf-8"))
    for role in numbers.cited(source):
        assert numbers.text_of(role, numbers.read(path))
    named = {(role.name, role.value) for role in numbers.cited(source) if role.value}
    kept = {(name, key.partition(":")[0]) for name, values in numbers.read(path).items() for key in values}
    assert kept == named, "write it again: `course site --numbers`"
