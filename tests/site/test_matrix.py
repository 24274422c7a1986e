"""The matrix in the book: its table without a script, its order, and the row of an optimizer typed in the page.

The page's JavaScript runs in QuickJS where it needs no browser, and is held against the stored study.
"""

import json
import re
from pathlib import Path

import numpy as np
import pytest
from axe_playwright_python.sync_playwright import Axe
from bs4 import BeautifulSoup

from course_lib import explore, inpage
from course_lib.explore.compile import Library
from course_lib.explore.yours import FILLS, lines_of, settings
from course_lib.inpage.quick import Quick
from course_lib.optim import METHODS
from course_lib.site import matrix
from course_lib.studies import load
from course_lib.studies.matrix import COLUMNS, ENTRIES, FINDINGS, GROUNDS, TASKS, cells

from .test_policy import ALLOWED, served

PAGE = "book/matrix.html"
PHONE = {"width": 390, "height": 844, "has_touch": True}
RESULTS = load("matrix")
CELLS = cells(RESULTS)
SCRIPTS = Path(explore.__file__).parent / "js", Path(inpage.__file__).parent
ELEMENTWISE = [
    name for name, row in METHODS.items() if row.cls.elementwise and not row.cls(**row.defaults).tests_others
]


# -- one source -----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def page_script():
    """The page's scripts without a browser, with the library's methods compiled beside them."""
    quickjs = pytest.importorskip("quickjs")
    context, library = quickjs.Context(), Library()
    names = {name: library.add(METHODS[name].cls) for name in ELEMENTWISE}
    pairs = ", ".join(f"{json.dumps(name)}: {compiled}" for name, compiled in names.items())
    for text in (
        (SCRIPTS[0] / "runtime.js").read_text("utf-8"),
        (SCRIPTS[1] / "js" / "update.js").read_text("utf-8"),
        matrix.live(),
        library.script(f"course.methods = {{ {pairs} }};"),
    ):
        context.eval(text)

    def call(expression, *arguments):
        passed = ", ".join(map(json.dumps, arguments))
        return json.loads(context.eval(f"JSON.stringify(({expression})({passed}))"))

    return call


@pytest.fixture(scope="module")
def worker():
    """A function that reads the lines of an update as the page's worker does."""
    method = (SCRIPTS[1] / "page" / "method.js").read_text("utf-8")
    python = Quick({}, before=f"globalThis.pageKinds = {{}};\n{method}")
    given = list(settings())
    return lambda text: python.value(f"pageKinds.method({json.dumps({'text': text, 'settings': given})})")


def is_stored(found, name, column):
    i = list(ENTRIES).index(name)
    rate, steps = found
    assert steps == RESULTS.values[column][i].tolist()
    assert rate == pytest.approx(RESULTS.values[f"{column} rate"][i, 0])


@pytest.mark.parametrize("column", ["valley", "noisy"])
@pytest.mark.parametrize("name", ELEMENTWISE)
def test_the_page_computes_the_stored_row(page_script, name, column):
    run = "(name, h, column) => course.experiments.matrix.yours(new course.methods[name](h), column)"
    is_stored(page_script(run, name, METHODS[name].defaults, column), name, column)


@pytest.mark.parametrize("column", GROUNDS)
@pytest.mark.parametrize("kind", FILLS, ids=lambda kind: kind.__name__)
def test_a_typed_method_has_the_row_of_the_library(page_script, worker, kind, column):
    run = """(method, h, column) => course.experiments.matrix.yours(
        { slots: method.slots, update: course.updateOf(method), h }, column)"""
    found = page_script(run, worker(lines_of(kind)), {**settings(), "lr": 0.1}, column)
    is_stored(found, kind.__name__, column)


# -- the table ------------------------------------------------------------------------------------


HIDDEN = ("span", "rate")  # until it is chosen


def test_the_table_says_what_is_stored():
    soup = BeautifulSoup(matrix.table(CELLS), "html.parser")
    heads = [head["data-column"] for head in soup.select("th[data-column]")]
    assert heads == ["method", *COLUMNS]
    rows = soup.select("tbody tr")
    assert [row.th.get_text().removesuffix(" †") for row in rows] == list(ENTRIES)
    for row, name in zip(rows, ENTRIES, strict=True):
        for td, cell in zip(row.find_all("td"), CELLS[name].values(), strict=True):
            span, rate = (
                one.extract().text if (one := td.select_one(f".matrix-{k}")) else "" for k in ("span", "rate")
            )
            edge = " ‡ at the edge of the rates"
            said = " ".join(td.get_text(" ").split())
            assert (edge in said) == (cell.rate is not None and cell.rate > 9)
            said = said.replace(edge, "")
            if cell.why:
                assert said.startswith("n/a") and cell.why in said
            elif cell.steps is None:
                assert said == "— never", "not by colour, and not by a sign alone"
            else:
                assert said == cell.text.replace("(", "").replace(")", "")
                assert float(rate) == pytest.approx(cell.rate, rel=0.05) if cell.rate else rate == "its own"
                ends = [float(n.replace(",", "")) for n in span.split("–")]
                assert ends[0] <= cell.steps <= ends[-1] and (ends[0], ends[-1]) == cell.span


def test_a_cell_of_the_text():
    assert matrix.said("Adam/long") == (CELLS["Adam"]["long"].text, "#row-adam")
    assert matrix.said("Adam/long.arrived") == ("10", "#row-adam")
    assert matrix.said("noisy.no run") == ("8", "#matrix")
    for wrong in ("Adam/none", "None/long", "none.all", "long.most"):
        with pytest.raises(KeyError):
            matrix.said(wrong)


def test_the_rest_of_the_page_is_true_of_the_stored_runs():
    assert matrix.said("edges") == ("9", "#matrix") and matrix.said("Adam/long.rate")[0] == "0.1"
    assert TASKS["scales"].steps == GROUNDS["turned"].steps == 1000, "the page says so"
    text = (Path(__file__).parents[2] / "book" / "matrix.md").read_text("utf-8")
    assert set(re.findall(r"\{finding\}`([\w-]+)`", text)) == set(FINDINGS), "each is cited"


# -- in a browser ---------------------------------------------------------------------------------


@pytest.fixture
def live(page, site):
    """A function that opens the page where the site's policy allows Python, with the box opened."""
    with served(site, ALLOWED) as base:

        def show(**options):
            shown = page(PAGE, base=base, **options)
            open_box(shown)
            return shown

        yield show


def column(shown, key, rows="tbody tr"):
    k = ["method", *COLUMNS].index(key)
    return shown.locator(f".course-matrix {rows}").evaluate_all(
        "(rows, k) => rows.map(row => row.cells[k].innerText.trim())", k
    )


def open_box(shown):
    shown.locator(".matrix-box summary").click()
    shown.locator(".matrix-box textarea").wait_for()


def type_in(shown, text):
    """Write lines over what there is: the text area gives way to the editor at the first touch."""
    shown.locator(".matrix-box :is(textarea, .cm-content)").focus()
    shown.locator(".matrix-box .cm-content").press("Control+A")
    shown.keyboard.insert_text(text)


def kin(shown, words):
    shown.wait_for_function(
        "words => document.querySelector('.matrix-kin').textContent.replaceAll('\\u00a0', ' ').includes(words)",
        arg=words,
        timeout=60_000,
    )


@pytest.mark.browser
def test_without_a_script_the_table_is_there(page):
    shown = page(PAGE, java_script_enabled=False)
    assert column(shown, "method")[0] == "SGD" and len(column(shown, "method")) == len(ENTRIES)
    assert shown.locator(".course-matrix button").count() == 0
    assert not shown.locator(".matrix-box").is_visible()


@pytest.mark.browser
def test_a_header_sorts_from_the_keyboard(page):
    shown = page(PAGE)
    head = shown.locator("th[data-column=scales]")
    head.locator("button").focus()
    shown.keyboard.press("Enter")
    assert head.get_attribute("aria-sort") == "ascending"
    k = list(COLUMNS).index("scales")
    by = {name: list(row.values())[k] for name, row in CELLS.items()}
    found = [name.removesuffix(" †") for name in column(shown, "method")]
    verdicts = [by[name].verdict for name in found]
    assert verdicts == sorted(verdicts, key=["all", "some", "none", "no run"].index)
    steps = [by[name].steps for name in found if by[name].verdict == "all"]
    assert steps == sorted(steps)
    shown.keyboard.press("Space")
    assert head.get_attribute("aria-sort") == "descending"
    assert column(shown, "scales")[-1] == by[found[0]].text and by[found[0]].verdict == "all"
    shown.locator("th[data-column=method] button").press("Enter")
    assert head.get_attribute("aria-sort") is None and column(shown, "method")[0] == "SGD"
    assert [name.removesuffix(" †") for name in column(shown, "method")] == list(ENTRIES)


@pytest.mark.browser
@pytest.mark.parametrize("scripts", [True, False])
def test_what_a_cell_shows_is_chosen_from_the_keyboard(page, scripts):
    """Without a script, too; the rate is no secret of those who can hover."""
    shown = page(PAGE, java_script_enabled=scripts)
    row = shown.locator("#row-adagrad").locator("xpath=..").locator("td")
    cell = CELLS["AdaGrad"]["valley"]
    assert row.all_inner_texts()[0].startswith(f"{CELLS['AdaGrad']['long'].text}‡") and cell.verdict == "some"
    shown.locator("#matrix-shows-steps").focus()
    for text in (f"{cell.span[0]:,.0f}–{cell.span[1]:,.0f}", f"{cell.rate:.2g}"):
        shown.keyboard.press("ArrowRight")
        assert " ".join(row.all_inner_texts()[2].split()) == f"{text} {cell.arrived} of 10"


@pytest.mark.browser
def test_nothing_is_loaded_before_the_box_is_opened(page):
    shown = page(PAGE)
    asked = [address for address in shown.requests if re.search(r"explore\.js|live\.js|inpage/|yours\.js", address)]
    assert asked == []


@pytest.mark.browser
def test_adam_typed_is_adam(live):
    shown = live()
    shown.locator(".cx-fills button", has_text="Adam").click()
    kin(shown, "Yours behaves like Adam: the same verdict on all 6 surfaces, the same steps.")
    row = shown.locator("tr.yours")
    adam = shown.locator("#row-adam").locator("xpath=..")
    for shows in ("rate", "span", "steps"):
        shown.locator(f"label[for=matrix-shows-{shows}]").click()
        mine, clean = ([" ".join(t.split()) for t in one.locator("td").all_inner_texts()] for one in (row, adam))
        assert mine[: len(GROUNDS)] == clean[: len(GROUNDS)], shows
    assert mine[len(GROUNDS) :] == len(TASKS) * ["n/a"]
    shown.locator("th[data-column=long] button").press("Enter")
    assert "Yours" in column(shown, "method")
    shown.get_by_role("button", name="Remove mine").click()
    assert column(shown, "method", "tr.yours") == []
    assert shown.locator(".matrix-kin").text_content() == ""


@pytest.mark.browser
def test_what_is_like_no_method_is_told(live):
    shown = live()
    type_in(shown, "x += self.lr * dx")
    kin(shown, "Yours arrives on no surface. No method of the table is near.")
    type_in(shown, "x -= 0.01 * self.lr * x")
    shown.wait_for_function("document.querySelector('.matrix-kin').textContent.includes('It runs')")
    kin(shown, "Yours arrives on no surface. No method of the table is near.")
    type_in(shown, "x -= 2 * self.lr * dx")
    kin(shown, "No method of the table is near.")
    type_in(shown, "v[...] = self.rho * v + dx\nx -= 1.001 * self.lr * v")
    kin(shown, "Yours behaves like Momentum: the same verdict on all 6 surfaces, ")


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_on_a_phone_a_row_keeps_its_name(live, scheme):
    shown = live(scheme=scheme, **PHONE)
    box, name = shown.locator(".course-matrix .pst-scrollable-table-container"), shown.locator("#row-adam")
    name.scroll_into_view_if_needed()
    before = name.bounding_box()["x"]
    box.evaluate("box => { box.scrollLeft = 300; }")
    shown.wait_for_function("document.querySelector('.course-matrix [data-more~=left]')")
    assert name.bounding_box()["x"] == pytest.approx(before, abs=1)
    assert shown.evaluate("document.scrollingElement.scrollWidth") <= 390
    shown.locator(".cx-fills button", has_text="Momentum").click()
    kin(shown, "Yours behaves like Momentum")
    found = Axe().run(shown, context=".course-matrix", options={"rules": {"region": {"enabled": False}}})
    assert found.violations_count == 0, found.generate_report()


def test_a_study_with_a_page_of_its_own_is_not_among_the_measured():
    text = (Path(__file__).parents[2] / "book" / "measured.md").read_text("utf-8")
    assert f"## {RESULTS.study.title}" not in text and np.isfinite(RESULTS.values["long"]).all()
