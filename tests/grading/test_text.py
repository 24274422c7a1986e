"""What strangers wrote is shown as text, and does nothing."""

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from course_lib.grading.text import cell, clean, count, escape, one_line, paragraphs, rich

ANY = st.text(st.characters(exclude_categories=[]), max_size=60)  # lone surrogates, too


@given(ANY)
def test_all_that_is_shown_can_be_printed_and_written(text):
    shown = clean(text)
    assert all(letter.isprintable() or letter == "\n" for letter in shown)
    assert not any(unicodedata.category(letter) in ("Cc", "Cf", "Cs") for letter in shown.replace("\n", ""))
    shown.encode("utf-8")
    assert "\n" not in one_line(text)


@given(ANY)
def test_no_cell_is_a_formula(text):
    for begun in (text, f"={text}", f" \t+{text}", f"\x1b[0m@{text}", f"\u200b-{text}", f"\uff1d{text}", f"\n={text}"):
        assert not cell(begun).lstrip().startswith(("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20"))
    assert cell("\t1").startswith("'") and cell("\r1").startswith("'")


def test_a_cell_that_is_no_formula_stays_as_it_is():
    for text in ("", "Ada Lovelace", "2.5", "a=b", "velocity - forgotten", "Nguyễn"):
        assert cell(text) == text


@given(ANY)
def test_html_has_no_tag_but_ours(text):
    assert "<" not in escape(text) and '"' not in escape(text)
    made = paragraphs([text, f"    {text}"])
    for tag in ("p", "pre", "code", "em"):
        made = made.replace(f"<{tag}>", "").replace(f"</{tag}>", "")
    assert "<" not in made and "style=" not in made.replace(text, "")


def test_messages_keep_their_code():
    assert rich("`a < b` is *not* so") == "<code>a &lt; b</code> is <em>not</em> so"
    assert paragraphs(["", "    a\n    b"]) == "<pre><code>a\nb</code></pre>"
    assert len(paragraphs(["x" * 10_000], most=50)) < 80
    assert count(1200, "answer") == "1,200 answers"
