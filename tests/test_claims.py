"""A claim prints, raises and is remembered; the source shown is the source that runs."""

import functools

import numpy as np
import pytest
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
def test_a_true_claim_prints_one_line_and_is_remembered(true, capsys):
    claim("faster", true, "7.2x fewer steps")
    assert capsys.readouterr().out == "✓ faster: 7.2x fewer steps\n"
    assert claims_made() == [Claim("faster", "7.2x fewer steps")]


@pytest.mark.parametrize("false", [False, np.bool_(False), np.float64("nan") > 1])
def test_a_false_claim_raises_with_its_name_and_is_not_remembered(false, capsys):
    with pytest.raises(ClaimError, match=r"'faster' does not hold: 0\.9x") as error:
        claim("faster", false, "0.9x fewer steps")
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


@pytest.mark.parametrize(
    ("name", "message", "which"),
    [
        ("", "m", "name"),
        ("a\nb", "m", "name"),
        (3, "m", "name"),
        ("a", " ", "message"),
        ("a", "x\ny", "message"),
        ("a", None, "message"),
    ],
)
def test_names_and_messages_are_one_line(name, message, which):
    with pytest.raises(TypeError, match=f"{which} must be one line of text"):
        claim(name, True, message)


def test_a_cell_run_again_replaces_its_claim():
    claim("a", True, "old")
    claim("b", True, "b")
    claim("a", True, "new")
    assert claims_made() == [Claim("a", "new"), Claim("b", "b")]


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
