"""The reference pages: docstrings taken apart, sources linked, and the built pages held against the registry."""

import inspect
import re
from pathlib import Path

import pytest
import torch
from bs4 import BeautifulSoup

from course_lib import optim
from course_lib.claims import source_of
from course_lib.optim import COMPOUND, METHODS, SECOND_ORDER, Method, Optimizer
from course_lib.site import reference
from course_lib.site.docstrings import read_doc
from course_lib.site.reference import defaults, expand, label, named, set_source

ROOT = Path(__file__).parents[2]
BOOK = ROOT / "book"
BIB = reference.references(BOOK / "references.bib")
ROWS = METHODS | COMPOUND | SECOND_ORDER
PAGES = {path: path.read_text("utf-8") for path in BOOK.glob("*.md") if "{library}" in path.read_text("utf-8")}
ENTRIES = {
    name: path.stem
    for path, text in PAGES.items()
    for kind, body in reference.FENCE.findall(text)
    if kind != " index"
    for name in named(body)
}


# -- docstrings ---------------------------------------------------------------------------------


class Rolling(Optimizer):
    """Roll, and do not stop.

    x ← x − α g        (g = ∇f(x))

    Its second paragraph holds
    a formula:

        y = α x
        z = α y

    A third one.

    Args:
        lr: learning rate α ≥ 0: a number, an array that broadcasts, or a schedule step → rate (or
            two). Or more.
        rho: |ρ| < 1.

    Raises:
        ValueError: never.

    >>> 1 + 1
    2

    Source: Kingma and Ba, Adam: A method for stochastic optimization, 2015, algorithm 1; of the idea: Nobody, Nothing,
    1900.
    """

    slots = ("v",)

    def __init__(self, lr: float, *, rho: float = 1e-05) -> None:
        super().__init__(lr, rho=rho)

    def update(self, x, dx, v):
        x -= self.lr * dx


ROLLING = Method(Rolling, "kingma2015", "torch.optim.SGD(params, lr=lr)", {"lr": 0.5})


def test_a_docstring_is_taken_apart():
    doc = read_doc(Rolling)
    assert doc.sentence == "Roll, and do not stop."
    assert doc.formula == ("x ← x − α g        (g = ∇f(x))",)
    assert doc.prose == ("Its second paragraph holds a formula:", " y = α x\nz = α y", "A third one.")
    assert doc.args == {
        "lr": "learning rate α ≥ 0: a number, an array that broadcasts, or a schedule step → rate (or two). Or more.",
        "rho": "|ρ| < 1.",
    }
    assert doc.example == ">>> 1 + 1\n2"
    assert doc.source.startswith("Kingma and Ba") and doc.source.endswith("Nothing, 1900.")


def test_an_entry_shows_what_the_registry_says():
    """A new class and its row are all that a new method needs."""
    text = reference.method_entry("Rolling", ROLLING, BIB)
    assert text.startswith("(library-rolling)=\n### Rolling\n\nRoll, and do not stop.")
    assert r"$\displaystyle x\leftarrow x-\alpha g$ $\displaystyle (g=\nabla f(x))$" in text
    assert "```python\nclass Rolling(Optimizer):\n    slots" in text and "x -= self.lr * dx\n```" in text
    assert r"| `lr` | `0.5` | learning rate $\alpha \ge 0$. Or more. |" in text
    assert r"| `rho` | `1e-5` | $\|\rho\|<1$. |" in text  # a table takes the strokes for walls
    assert (
        "**Source** {cite:t}`kingma2015`, *Adam: A method for stochastic optimization*, algorithm 1; of the idea:"
        in text
    )
    assert "**Tested against** `torch.optim.SGD(params, lr=lr)`" in text


def test_a_row_is_all_that_a_page_needs(monkeypatch):
    monkeypatch.setitem(METHODS, "Rolling", ROLLING)
    text = expand(PAGES[BOOK / "optimizers.md"], BIB)
    assert "\n### Rolling\n" in text and "| {ref}`Rolling <library-rolling>` | Roll, and do not stop. | `v` |" in text


@pytest.mark.parametrize("text", [None, "", "a beginning in lower case.", "No full stop", "x ← y"])
def test_without_a_sentence_there_is_no_entry(text):
    def nothing():
        pass

    nothing.__doc__ = text
    with pytest.raises(ValueError, match="nothing: its docstring must begin with a sentence"):
        read_doc(nothing)


@pytest.mark.parametrize("name", [*optim.__all__])
def test_docstrings_have_the_form_that_pages_need(name):
    """One sentence; formulas at once after it; every argument described; a doctest that is shown."""
    obj = getattr(optim, name)
    if not (inspect.isclass(obj) or inspect.isfunction(obj)):
        return
    doc = read_doc(obj)
    if name in ENTRIES:
        for line in (*doc.formula, *(line for text in doc.prose if text[0] == " " for line in text.splitlines())):
            assert len(set(re.findall(r"[a-z]{4,}", line))) < 8, f"a sentence without a full stop: {line}"
        own = {n for n, p in inspect.signature(obj).parameters.items() if p.kind is not p.VAR_KEYWORD}
        described = {n for names in doc.args for n in names.replace("*", "").split(", ")}
        assert own <= described or name in ("Constant", "Function"), "their sentences say it"


@pytest.mark.parametrize("name", ROWS)
def test_docstring_and_registry_name_the_same_paper(name):
    doc, row = read_doc(ROWS[name].cls), ROWS[name]
    assert row.paper in BIB, f"{row.paper} is not in book/references.bib"
    assert f"{{cite:t}}`{row.paper}`, *" in set_source(doc.source, BIB), "the title differs"
    assert doc.formula


@pytest.mark.parametrize("name", ROWS)
def test_registry_and_constructor_have_the_same_defaults(name):
    row = ROWS[name]
    for key, p in inspect.signature(row.cls).parameters.items():
        if p.default is not p.empty and key in row.defaults:
            assert row.defaults[key] == p.default, key
    missing = {key for key, value in defaults(row).items() if value is inspect.Parameter.empty}
    assert missing <= {"inner"}, "a row must give a first rate"


@pytest.mark.parametrize("name", ENTRIES)
def test_every_source_is_in_the_references(name):
    obj = ROWS[name].cls if name in ROWS else getattr(optim, name)
    source = read_doc(obj).source
    for part in set_source(source, BIB).split("; "):
        assert not part or part.startswith("found in 1970") or "{cite:t}" in part, part
        for key in re.findall(r"\{cite:t\}`(\w+)`", part):
            assert BIB[key].fields["year"] in source


def test_a_title_is_found_whatever_stands_between_its_words():
    text = "Nesterov, A method of solving a convex programming problem with convergence rate O(1/k²), 1983."
    assert set_source(text, BIB) == "{cite:t}`nesterov1983`, *" + text[10:-7] + "*."
    assert set_source("Nobody, Nothing, 1900.", BIB) == "Nobody, Nothing, 1900."
    assert set_source("Nobody, Nothing, 1900.", BIB, "kingma2015") == "{cite:t}`kingma2015`; Nobody, Nothing, 1900."
    assert set_source("", BIB) == ""


# -- pages --------------------------------------------------------------------------------------


def test_pages_miss_nothing():
    kinds = (optim.Optimizer, optim.Schedule, optim.SecondOrder, optim.Surface)
    found = {name for name in optim.__all__ if isinstance(o := getattr(optim, name), type) and issubclass(o, kinds)}
    abstract = {"Surface", "Surface2D"}  # the page says in words what they have
    assert found - abstract - set(ENTRIES) == set(), "name it in a fence of a page in book/"
    assert set(ROWS) <= set(ENTRIES)
    listed = [
        n for text in PAGES.values() for k, body in reference.FENCE.findall(text) if k != " index" for n in named(body)
    ]
    assert len(set(listed)) == len(listed), "two entries of one name"


def test_a_name_that_is_not_there_stops_the_build():
    with pytest.raises(ValueError, match=r"course_lib\.optim has no Nadir"):
        expand("```{library}\nNadir\n```", BIB)


def test_index_lists_what_it_names_or_all():
    page = "```{library} index\n```\n\n```{library}\nCosine\nclip_norm\n```\n"
    assert expand(page, BIB).startswith(
        ":::{div} settings index\n| Name | In one sentence |\n|:--|:--|\n| {ref}`Cosine "
    )
    assert expand(page, BIB).count("{ref}`") == 2
    kept = expand("```{library} index\nSGD\nAMSGrad\n```\n", BIB)
    assert "| Name | In one sentence | Keeps |" in kept and "| nothing |" in kept and "| `m`, `v`, `v_max` |" in kept


def test_other_fences_are_left_alone():
    page = "```python\nx = 1\n```\n\n    ```{library}\n    SGD\n    ```\n"
    assert expand(page, BIB) == page


def is_code(tag):
    """Where signs of markup may stand."""
    return tag.name in ("pre", "code") or "katex" in tag.get("class", ())


# -- the built site -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def pages(site):
    return {
        path.stem: BeautifulSoup((site / "book" / f"{path.stem}.html").read_text("utf-8"), "html.parser")
        for path in PAGES
    }


@pytest.mark.parametrize("name", ENTRIES)
def test_entry_is_on_its_page(pages, name):
    page = pages[ENTRIES[name]]
    section = next(s for s in page.find_all("section") if s.find(["h1", "h2", "h3"]).contents[0] == name)
    assert page.find(id=label(name))
    obj = ROWS[name].cls if name in ROWS else getattr(optim, name)
    doc = read_doc(obj)
    if doc.formula:
        assert section.select(".formulas .katex-html")
        assert not section.select(".formula-as-written")
    if doc.source:
        assert section.select_one(".provenance a[href*='references.html#']")
    if name in ROWS:
        row = ROWS[name]
        shown = [tuple(td.text.strip() for td in tr.select("td")[:2]) for tr in section.select("tbody tr")]
        assert [key for key, _ in shown] == list(defaults(row))
        for key, value in shown:
            assert eval(value or "None") == row.defaults.get(key, eval(value or "None"))
        assert row.reference in section.select_one(".provenance").text.replace("\n", " ")
        for method in ("update", "direction", "learn"):
            if method in vars(row.cls):
                lines = source_of(row.cls, only=method).splitlines()
                start = next(i for i, line in enumerate(lines) if f"def {method}" in line)
                assert "\n".join(lines[start:]) in section.select_one("div.highlight pre").text


def test_index_leads_to_every_method(pages):
    for page, rows in (("optimizers", METHODS | COMPOUND), ("second_order", SECOND_ORDER)):
        links = {a.text: a["href"] for a in pages[page].select(".index a")}
        assert links.items() >= {name: f"#{label(name)}" for name in rows}.items()


def test_pages_leave_nothing_unset(pages):
    for name, page in pages.items():
        text = "".join(page.select_one("article").find_all(string=lambda s: not s.find_parent(is_code)))
        assert not re.search(r"\{\w+(:\w)?\}`|[$`*]|:::", text), name


def test_figures_are_described(pages):
    for name in ("schedules", "surfaces"):
        (image,) = pages[name].select("article img")
        assert len(image["alt"]) > 100 and image["src"].endswith(".svg")


def test_pages_that_are_no_notebooks_offer_no_colab(site):
    for page in site.glob("book/*.html"):
        notebook = (BOOK / f"{page.stem}.ipynb").exists()
        assert ("colab.research.google.com/github" in page.read_text("utf-8")) == notebook, page.name


# -- notation -----------------------------------------------------------------------------------


def test_epsilons_and_decays_are_those_that_notation_names():
    text = (BOOK / "notation.md").read_text("utf-8")
    kept = {name: row.defaults["eps"] for name, row in METHODS.items() if "eps" in row.defaults}
    assert set(kept.values()) == {1e-8} and "`1e-8` unless you say otherwise" in text
    default = {n: {k: p.default for k, p in inspect.signature(getattr(torch.optim, n)).parameters.items()} for n in
               ("Adam", "RMSprop", "Adagrad", "Adamax")}  # fmt: skip
    assert [default[n]["eps"] for n in ("Adam", "RMSprop", "Adagrad", "Adamax")] == [1e-8, 1e-8, 1e-10, 1e-8]
    assert "torch's RMSprop, Adagrad | outside the root | `1e-8`, `1e-10`" in text
    assert default["RMSprop"]["alpha"] == METHODS["RMSProp"].defaults["decay"] == 0.99


@pytest.mark.parametrize("symbol", ["lr", "rho", "decay", "beta1", "beta2", "eps", "weight_decay"])
def test_notation_has_every_shared_setting(symbol):
    assert f"`{symbol}`" in (BOOK / "notation.md").read_text("utf-8").split("## Conventions")[0]
