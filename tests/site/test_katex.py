"""Formulas rendered at build time."""

import re

import pytest
from bs4 import BeautifulSoup

from course_lib.site import katex


def text_of(tex: str, display: bool = False) -> str:
    return BeautifulSoup(katex.render(tex, display), "html.parser").select_one("annotation").text


@pytest.mark.parametrize("tex", [r"v \leftarrow \rho v + \nabla f(x)", r"\frac{a}{b}", r"x^2 < y \& z"])
def test_source_is_kept_for_copying_and_screen_readers(tex):
    assert text_of(tex) == tex


def test_display_differs_from_inline():
    assert "katex-display" in katex.render("x", True)
    assert "katex-display" not in katex.render("x", False)


@pytest.mark.parametrize("tex", [r"\frac{1}{", r"\nosuchcommand", "x^2^3", r"\begin{matrix} a", r"ρ \text{", "$"])
def test_unreadable_formula_is_named(tex):
    with pytest.raises(katex.FormulaError) as caught:
        katex.render(tex)
    assert repr(tex) in str(caught.value)
    assert "KaTeX" in str(caught.value)


def test_one_bad_formula_leaves_the_renderer_sound():
    with pytest.raises(katex.FormulaError):
        katex.render("{")
    assert "katex-html" in katex.render(r"\sqrt{\alpha\lambda}")


@pytest.mark.parametrize(
    ("tex", "nowrap", "expected"),
    [
        ("a", False, "a"),
        (r"a \\ b", False, r"\begin{split}a \\ b\end{split}"),
        (r"\begin{pmatrix} a \\ b \end{pmatrix}", False, r"\begin{pmatrix} a \\ b \end{pmatrix}"),
        (r"\begin{align} a &= b \end{align}", True, r"\begin{align*} a &= b \end{align*}"),
        (r"\begin{aligned} a \end{aligned}", True, r"\begin{aligned} a \end{aligned}"),
        (r"\begin{alignat}{2} a &= b \end{alignat}", True, r"\begin{alignat*}{2} a &= b \end{alignat*}"),
        (r"\text{equation} = \text{align}", False, r"\text{equation} = \text{align}"),
        (r"\begin{gather*} a \end{gather*}", True, r"\begin{gather*} a \end{gather*}"),
    ],
)
def test_what_katex_is_given(tex, nowrap, expected):
    assert katex.display_source(tex, nowrap) == expected
    katex.render(expected, True)


def test_fonts_of_the_sheet_are_shipped():
    sheet = (katex.FOLDER / "katex.min.css").read_text(encoding="utf-8")
    named = set(re.findall(r"url\(fonts/([^)]+)\)", sheet))
    assert named == {font.name for font in (katex.FOLDER / "fonts").iterdir()}
    assert "MIT License" in (katex.FOLDER / "LICENSE").read_text(encoding="utf-8")
