"""Mathematics rendered when the book is built, so that a page needs no script for it.

KaTeX is JavaScript; `quickjs-ng` runs it inside this process, with no node to install.
"""

import functools
import json
import re
from pathlib import Path

import quickjs
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError
from sphinx.util.math import get_node_equation_number
from sphinx.writers.html5 import HTML5Translator

FOLDER = Path(__file__).parent / "katex"
SHORT = 40  # characters of LaTeX: a formula that fits on a line of any screen
NUMBERED = re.compile(r"(\\(?:begin|end)\s*\{(?:align|alignat|equation|gather))\}")
START, END = "<!--math-->", "<!--/math-->"
CLOSE = re.compile(rf"([(\[“]*){START}(.*?){END}([.,;:!?)\]”’]*)", re.DOTALL)

# Joined arrays because quickjs-ng cannot return a concatenated ("rope") string.
RENDER = r"""
function render(json) {
  const [tex, display] = JSON.parse(json);
  try {
    return ["+", katex.renderToString(tex, {displayMode: display, throwOnError: true, strict: "error"})].join("");
  } catch (error) {
    return ["-", String(error.message)].join("");
  }
}
"""


class FormulaError(ExtensionError):
    """A formula that KaTeX cannot read."""


@functools.cache
def _renderer():
    context = quickjs.Context()
    context.eval((FOLDER / "katex.min.js").read_text(encoding="utf-8"))
    context.eval(RENDER)
    return context.get("render")


@functools.cache
def render(tex: str, display: bool = False) -> str:
    r"""Return the HTML (with MathML for screen readers) of a formula.

    Args:
        tex: the formula in LaTeX, without dollar signs.
        display: whether it is on a line of its own.

    Raises:
        FormulaError: KaTeX cannot read it; the message names the formula and the place in it.

    >>> "katex-html" in render(r"x \leftarrow x - \alpha v")
    True
    >>> render(r"\frac{1}{")
    Traceback (most recent call last):
        ...
    course_lib.site.katex.FormulaError: KaTeX parse error: Unexpected end of input in a macro argument, expected '}' at end of input: \frac{1}{ in the formula '\\frac{1}{'
    """  # noqa: E501
    answer = _renderer()(json.dumps([tex, display]))
    if answer[0] != "+":
        raise FormulaError(f"{answer[1:]} in the formula {tex!r}")
    return answer[1:]


def display_source(tex: str, nowrap: bool) -> str:
    r"""Return the LaTeX of a displayed formula for KaTeX.

    Several lines are aligned, as Sphinx does for LaTeX; numbered environments lose their number,
    which the page adds.

    >>> display_source(r"a &= b \\ c &= d", nowrap=False)
    '\\begin{split}a &= b \\\\ c &= d\\end{split}'
    >>> display_source(r"\begin{align}a &= b\end{align}", nowrap=True)
    '\\begin{align*}a &= b\\end{align*}'
    """
    if not nowrap and r"\\" in tex and r"\begin" not in tex:
        tex = rf"\begin{{split}}{tex}\end{{split}}"
    return NUMBERED.sub(r"\1*}", tex)


def _rendered(self: HTML5Translator, node: nodes.Element, tex: str, display: bool) -> str:
    try:
        return render(tex, display)
    except FormulaError as error:
        place = ":".join(str(part) for part in (node.source or self.builder.current_docname, node.line) if part)
        raise FormulaError(f"{place}: {error}") from None


def visit_inline(self: HTML5Translator, node: nodes.math) -> None:
    """Write a formula within a line."""
    html = _rendered(self, node, node.astext(), display=False)
    html = self.starttag(node, "span", "", CLASS="math") + html + "</span>"
    self.body.append(f"{START}{html}{END}" if len(node.astext()) <= SHORT else html)
    raise nodes.SkipNode


def keep_close(page: str) -> str:
    """Return a page in which punctuation stays on the line of its short formula.

    >>> keep_close(f"as ({START}x{END}), or {START}y{END} is")
    'as <span class="close-math">(x),</span> or y is'
    """
    return CLOSE.sub(lambda m: f'<span class="close-math">{m[1]}{m[2]}{m[3]}</span>' if m[1] or m[3] else m[2], page)


def visit_block(self: HTML5Translator, node: nodes.math_block) -> None:
    """Write a formula on a line of its own, and its number; a long one scrolls, also by keyboard."""
    html = _rendered(self, node, display_source(node.astext(), bool(node.get("nowrap"))), display=True)
    name = f"Equation {get_node_equation_number(self, node)}" if node["number"] else "Equation"
    self.body.append(self.starttag(node, "div", CLASS="math"))
    self.body.append(f'<div class="formula" tabindex="0" role="group" aria-label="{name}">{html}</div>')
    if node["number"]:
        self.body.append(f'<span class="eqno">({get_node_equation_number(self, node)})')
        self.add_permalink_ref(node, "Link to this equation")
        self.body.append("</span>")
    self.body.append("</div>\n")
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the renderer `katex-build`."""
    app.add_html_math_renderer("katex-build", (visit_inline, None), (visit_block, None))
    app.add_css_file("katex/katex.min.css")
    return {"parallel_read_safe": True, "parallel_write_safe": True}
