"""A claim prints, raises and is remembered; the source shown is the source that runs."""

import functools
import json
import re

import numpy as np
import pytest
from IPython.core.formatters import DisplayFormatter
from IPython.core.interactiveshell import InteractiveShell

from course_lib import claims
from course_lib.claims import Claim, ClaimError, Source, claim, claims_made, show_source, source_of


@pytest.fixture(autouse=True)
def no_claims(monkeypatch):
    monkeypatch.setattr(claims, "_made", {})


class Base:
    """A base."""


class Decorated(Base):
    """First line.

    Second paragraph.
    """

    slots = ("v",)  # why
    _memory = frozenset({"v"})

    def __init__(self, lr):
        """Keep the rate."""
        self.lr = lr

    @functools.lru_cache  # noqa: B019
    def update(self, x):
        """Say nothing."""
        # the lesson
        text = """not a docstring"""
        return x, text

    @property
    def rate(self):
        return self.lr


# --------------------------------------------------------------------------------------------------- claim


@pytest.mark.parametrize("true", [True, np.bool_(True), np.float64(2) > 1])
def test_a_true_claim_prints_one_sentence_and_is_remembered(true, capsys):
    claim("faster", true, "7.2x fewer steps")
    assert capsys.readouterr().out == "✓ 7.2x fewer steps\n"
    assert claims_made() == [Claim("faster", "7.2x fewer steps")]


@pytest.mark.parametrize("false", [False, np.bool_(False), np.float64("nan") > 1])
def test_a_false_claim_raises_with_its_name_and_is_not_remembered(false, capsys):
    with pytest.raises(ClaimError, match=r"'faster' does not hold: 0\.9x") as error:
        claim("faster", false, "0.9x fewer steps", times=0.9)
    assert isinstance(error.value, AssertionError)
    assert capsys.readouterr().out == "" and claims_made() == []


@pytest.mark.parametrize("ok", [1, 0, None, "yes", np.array([True]), np.array(True), [True], np.int64(1)])
def test_what_is_not_a_bool_is_refused(ok):
    with pytest.raises(TypeError, match="claim 'faster': ok must be True or False"):
        claim("faster", ok, "some")
    assert claims_made() == []


def test_an_array_is_told_its_shape():
    with pytest.raises(TypeError, match=r"an array of shape \(2, 3\)"):
        claim("all-of-them", np.ones((2, 3), bool), "some")


@pytest.mark.parametrize("name", ["", "a\nb", 3, "two words", "a.b", "a:b", "-a", "a-", "naïve"])
def test_a_name_is_words_joined_by_hyphens(name):
    with pytest.raises(TypeError, match=f"name must be words joined by hyphens, got {re.escape(repr(name))}"):
        claim(name, True, "m")


@pytest.mark.parametrize("words", ["", " ", "x\ny", "x\u2028y", None, 3])
def test_the_sentence_is_one_line(words):
    with pytest.raises(TypeError, match="claim 'a': words must be one line of text"):
        claim("a", True, words)


def test_a_cell_run_again_replaces_its_claim():
    claim("a", True, "old", n=1)
    claim("b", True, "b")
    claim("a", True, "new", n=2)
    assert claims_made() == [Claim("a", "new", {"n": 2}), Claim("b", "b")]


def test_values_are_recorded_as_pythons_own():
    values = {"n": np.int8(3), "x": np.float32(0.5), "big": np.longdouble(2), "s": np.str_("a"), "i": 7, "f": 0.1}
    claim("numbers", True, "some", **values)
    kept = claims_made()[0].values
    assert kept == {"n": 3, "x": 0.5, "big": 2.0, "s": "a", "i": 7, "f": 0.1}
    assert [type(v) for v in kept.values()] == [int, float, float, str, int, float]


def test_a_value_can_have_any_name():
    claim("numbers", True, "some", name=1, ok=2, words=3)
    assert claims_made()[0].values == {"name": 1, "ok": 2, "words": 3}


@pytest.mark.parametrize(
    ("value", "error", "words"),
    [
        (float("nan"), ValueError, "must be finite, got nan"),
        (np.float64("inf"), ValueError, "must be finite, got inf"),
        (True, TypeError, "must be a number or a text, got bool True"),
        (np.bool_(True), TypeError, "must be a number or a text, got bool"),
        (1j, TypeError, "must be a number or a text, got complex 1j"),
        (None, TypeError, "must be a number or a text, got NoneType None"),
        ([1], TypeError, "must be a number or a text, got list"),
        (np.array(1.0), TypeError, "must be a number or a text, got ndarray"),
        ("", ValueError, "must be one line of text"),
        ("a\nb", ValueError, "must be one line of text"),
    ],
)
def test_other_values_are_refused_by_name(value, error, words):
    with pytest.raises(error, match=f"claim 'faster': the value 'times' {words}"):
        claim("faster", True, "some", times=value)
    assert claims_made() == []


def test_in_a_notebook_it_is_shown_with_its_record(monkeypatch):
    """IPython's own formatter, which a kernel uses: the sentence to read, the record as metadata."""
    shown = []
    monkeypatch.setattr("IPython.get_ipython", lambda: InteractiveShell)
    monkeypatch.setattr("IPython.display.display", shown.append)
    claim("faster", True, "7.2x fewer steps", times=np.float64(7.2))
    data, metadata = DisplayFormatter().format(*shown)
    assert data == {"text/plain": "✓ 7.2x fewer steps"}
    assert metadata == {"claim": {"name": "faster", "words": "7.2x fewer steps", "values": {"times": 7.2}}}
    assert json.loads(json.dumps(metadata)) == metadata


# --------------------------------------------------------------------------------------------- show_source


def test_source_of_a_class_without_docstrings_keeps_code_and_comments():
    shown = source_of(Decorated)
    assert "First line" not in shown and "Say nothing" not in shown and "Keep the rate" not in shown
    assert "# the lesson" in shown and '"""not a docstring"""' in shown and "# why" in shown
    assert compile(shown, "shown", "exec")


def test_source_with_docstrings_is_the_file_text():
    assert "Second paragraph." in source_of(Decorated, docstring=True)
    assert "Say nothing." in source_of(Decorated, docstring=True)


def test_only_one_method_keeps_the_class_line_and_the_public_attributes():
    shown = source_of(Decorated, only="update")
    assert shown.splitlines()[:4] == [
        "class Decorated(Base):",
        '    slots = ("v",)  # why',
        "",
        "    @functools.lru_cache  # noqa: B019",
    ]
    assert "__init__" not in shown and "def rate" not in shown and "@property" not in shown and "_memory" not in shown
    assert compile(shown, "shown", "exec")


def test_a_method_is_dedented():
    assert source_of(Decorated.__init__) == "def __init__(self, lr):\n    self.lr = lr"


def test_a_body_that_is_only_a_docstring_keeps_it():
    assert compile(source_of(Base), "shown", "exec")


def test_what_has_no_source_is_refused():
    for thing in (len, 3, np.add):
        with pytest.raises(TypeError, match="no Python source"):
            source_of(thing)
    with pytest.raises(TypeError, match="needs a class"):
        source_of(source_of, only="update")
    with pytest.raises(ValueError, match=r"does not define 'step'; it has \['__init__', 'update', 'rate'\]"):
        source_of(Decorated, only="step")


def test_outside_a_notebook_it_prints(capsys):
    show_source(Decorated.__init__)
    assert capsys.readouterr().out == source_of(Decorated.__init__) + "\n"


def test_in_a_notebook_it_is_a_highlighted_block(monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.get_ipython", lambda: InteractiveShell)
    monkeypatch.setattr("IPython.display.display", shown.append)
    show_source(Decorated, only="update")
    (source,) = shown
    assert source == source_of(Decorated, only="update") and isinstance(source, Source)
    assert source._repr_markdown_() == f"```python\n{source}\n```"
    assert repr(source) == str(source)  # the plain form, for a terminal
