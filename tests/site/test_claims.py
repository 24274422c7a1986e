"""Numbers in the prose, in a small book built with the real extension; and what stops its build."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from bs4 import BeautifulSoup

from course_lib import chapters
from course_lib.site import build as site_build
from course_lib.site import numbers
from course_lib.site.folding import label
from course_lib.studies import load

ROOT = Path(__file__).parents[2]
SETUP = """\
import numpy as np
from course_lib.chapters.ch03_momentum import explore
from course_lib.claims import claim, show_source
from course_lib.optim import Momentum"""
RACE = """\
plain, ball = np.int64(691), 117
claim("momentum-faster", ball < plain, f"Plain descent needs {plain} steps, momentum {ball}.",
      plain=plain, momentum=ball, ratio=plain / ball, share=ball / plain, far=12345, tiny=3.21e-16)
claim("other", True, "The other one.", low=-0.5, text="0.11 to 0.13")"""
PROSE = """\
Plain descent needs **{claim}`momentum-faster.plain`** steps, momentum {claim}`momentum-faster.momentum`,
{claim}`momentum-faster.ratio:.1f` times fewer {claim}`momentum-faster`, or {claim}`momentum-faster.ratio`: a share of
{claim}`momentum-faster.share:.0%`. In 2 of 10 settings $\\alpha = 0.17$ and `lr=117`, as in {eq}`eq-a` of 1964.

$$
x = 117
$$ (eq-a)

| far | tiny | others |
|:--|:--|:--|
| {claim}`momentum-faster.far` | {claim}`momentum-faster.tiny` | {claim}`other.low` {claim}`other` {claim}`other.text` |

Again {claim}`momentum-faster`: dropout gains {measured}`wrong-labels/dropout .5.gain` points, and reaches
{measured}`wrong-labels/dropout .5.accuracy`.

No role is beside the 117 steps here, on a {term}`ravine` or along an {term}`eigenvector <eigenvector>`.
"""

GLOSSARY = """\
# Glossary

```{glossary}
eigenvector
  A direction that $H$ only stretches, as a {term}`ravine` shows.

ravine
  A long valley.
```
"""


def cell(kind, name, source, *tags, **mystnb):
    metadata = ({"tags": list(tags)} if tags else {}) | ({"mystnb": mystnb} if mystnb else {})
    made = {"cell_type": kind, "id": name, "metadata": metadata, "source": source}
    return made | ({"execution_count": None, "outputs": []} if kind == "code" else {})


def notebook(*cells):
    return {"cells": list(cells), "metadata": {"kernelspec": {"name": "python3"}}, "nbformat": 4, "nbformat_minor": 5}


TITLE = cell(
    "markdown", "title", "# Small\n\nA sentence that is long enough to describe what this page of it is about."
)
EXPLORE = "explore.race(rho=0.5)"
FIGURE = "import matplotlib.pyplot as plt\nfig, ax = plt.subplots()\nax.plot([1, 2]);"
CELLS = [
    TITLE,
    cell("code", "setup", SETUP, "setup"),
    cell("markdown", "prose", PROSE),
    cell("code", "race", RACE),
    cell("code", "rule", "show_source(Momentum, only='update')", "rule"),
    cell("code", "shown", EXPLORE),
    cell("code", "loop", "for step in range(3):\n    x = step", "lesson"),
    cell("code", "torch", "y = x + 1", "framework"),
    cell("code", "plot", FIGURE),
    cell("code", "own", "z = 1", code_prompt_show="How z is chosen"),
    cell("code", "hidden", "print('secret')", "hide-output"),
    cell("code", "old", "print('old')", "hide-input"),
    cell("code", "exercise-a", "def answer():\n    ...", f"exercise:{next(iter(chapters.exercises()))}"),
]


def make_book(folder, *cells):
    """A book of a chapter of these cells, and the page of the studies."""
    shutil.copytree(ROOT / "book" / "web", folder / "book" / "web", ignore=shutil.ignore_patterns("fonts"))
    shutil.copy(ROOT / "_config.yml", folder)
    measured = (ROOT / "book" / "measured.md").read_text("utf-8")
    (folder / "book" / "measured.md").write_text(re.sub(r"\[([^]]*)\]\(\w+\.(?:ipynb|md)\)", r"\1", measured), "utf-8")
    (folder / "book" / "glossary.md").write_text(GLOSSARY)
    pages = "".join(f"  - file: book/{page}\n" for page in ("measured", "glossary"))
    (folder / "_toc.yml").write_text(f"format: jb-book\nroot: book/01_small\nchapters:\n{pages}")
    (folder / "book" / "references.bib").write_text("")
    (folder / "book" / "01_small.ipynb").write_text(json.dumps(notebook(*cells)))
    return folder


def build(book):
    command = [*site_build.JUPYTER_BOOK, "build", ".", "-W", "-n", "--keep-going"]
    return subprocess.run(
        command, cwd=book, text=True, encoding="utf-8", stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The small book, built."""
    book = make_book(tmp_path_factory.mktemp("claims"), *CELLS)
    done = build(book)
    assert done.returncode == 0, done.stdout[-3000:]
    return book


@pytest.fixture(scope="module")
def soup(built):
    return BeautifulSoup((built / "_build/html/book/01_small.html").read_text("utf-8"), "html.parser")


def test_numbers_are_filled_in_from_the_run(soup):
    shown = [value.text for value in soup.select(".claim-value")]
    assert shown == [
        "691", "117", "5.9", "5.91", "17\xa0%", "12,345", "3.21\xa0×\xa010⁻¹⁶", "−0.500", "0.11 to 0.13",
    ]  # fmt: skip
    assert soup.select_one("strong > .claim-value").text == "691"


def test_each_tick_leads_to_what_was_printed_and_back(soup):
    first, other, again = soup.select("a.claim-check")
    assert [tick.text for tick in (first, other, again)] == ["✓"] * 3
    words = "Plain descent needs 691 steps, momentum 117."
    assert first["aria-label"] == again["aria-label"] == f"measured in this run: {words}"
    line = soup.find(id=first["href"].removeprefix("#"))
    assert line.text.startswith(f"✓ {words}") and "momentum-faster" not in line.text
    assert line.find_parent(class_="cell_output") and again["href"] == first["href"] != other["href"]
    back = line.a
    assert back["href"] == f"#{first['id']}" and "back" in back["aria-label"] and again.get("id") is None
    ids = [tag["id"] for tag in soup.find_all(id=True)]
    assert len(set(ids)) == len(ids)


def test_a_studys_number_has_its_error_and_leads_to_its_table(soup, built):
    results, measured = load("wrong-labels"), soup.select("a.measured-value")
    gain = results.gain("dropout .5")
    assert [link.text for link in measured] == [
        f"{gain.mean:+.2f}\xa0±\xa0{gain.error:.2f}",
        results.text("dropout .5", "accuracy").replace(" ", "\xa0"),
    ]
    assert f"{gain.mean:+.2f} ± {gain.error:.2f}, measured over 20 seeds" in measured[0]["aria-label"]
    page, _, anchor = measured[0]["href"].partition("#")
    table = BeautifulSoup((built / "_build/html/book" / page).read_text("utf-8"), "html.parser").find(id=anchor)
    assert table.h2.text.startswith(results.study.title) and measured[0].text in table.text


def test_the_runs_numbers_are_written_as_the_prose_has_them(built, capsys):
    with pytest.raises(ValueError, match=r"01_small\.ipynb cites claims, and its package is not there"):
        numbers.write(built)
    path = numbers.path_of("01_small", built)
    path.parent.mkdir(parents=True)
    (built / "pyproject.toml").write_text(
        '[project]\nname = "course-lib"\n[project.urls]\nRepository = "https://github.com/ada/engine"\n'
    )
    assert site_build.build(built, renew_numbers=True) == 0
    assert "course_lib/chapters/ch01_small/numbers.json" in capsys.readouterr().out
    assert numbers.read(path) == {
        "momentum-faster": {
            "plain": "691", "momentum": "117", "ratio": "5.9", "ratio:": "5.91", "share": "17\xa0%", "far": "12,345",
            "tiny": "3.21\xa0×\xa010⁻¹⁶",
        },
        "other": {"low": "−0.500", "text": "0.11 to 0.13"},
    }  # fmt: skip
    source = json.loads((built / "book/01_small.ipynb").read_text("utf-8"))
    soup = BeautifulSoup((built / "_build/html/book/01_small.html").read_text("utf-8"), "html.parser")
    shown = [mark.text for mark in soup.select(".claim-value, .claim-check")]
    assert [numbers.text_of(role, numbers.read(path)) for role in numbers.cited(source)] == shown


# ------------------------------------------------------------------------------------------------- folding


def code_of(soup, source):
    """The code of the page's cell with these words, and the label it is folded under."""
    found = [code for code in soup.select(".cell_input") if source in code.text]
    if not found:
        return None
    (code,) = found
    fold = code.find_parent("details")
    return fold and fold.summary.select_one(".collapsed").text


@pytest.mark.parametrize(
    ("source", "folded"),
    [
        ("momentum-faster", "How this was measured"),
        ("plt.subplots", "How this is drawn"),
        ("z = 1", "How z is chosen"),
        ("secret", "The code of this cell"),
        ("print('old')", "The code of this cell"),
        ("for step", ""),
        ("y = x + 1", ""),
        ("def answer", ""),
        ("import numpy", None),
        ("explore.race", None),
        ("show_source(", None),
    ],
)
def test_code_is_folded_under_what_it_holds_or_open_or_not_shown(soup, source, folded):
    assert (code_of(soup, source) or None) == (folded or None)
    assert any(source in code.text for code in soup.select(".cell_input")) == (folded is not None)


def test_what_is_not_shown_keeps_its_output(soup):
    assert len(soup.select(".course-experiment")) == 1
    assert "self.rho" in "".join(code.text for code in soup.select(".cell_output .highlight"))


def test_a_label_is_the_folds_name(soup, built):
    assert "Show code cell" not in str(soup) and "Toggle hidden" not in str(soup)
    assert [fold.summary.get("aria-label") for fold in soup.select("details.hide")] == [None] * 5
    assert code_of(soup, "secret") == label("")
    assert "secret\n" in [out.text for out in soup.select("details.hide pre")], "what the author hides is in the fold"


# --------------------------------------------------------------------------------------------------- terms


def test_a_page_has_the_definitions_of_its_terms(soup):
    links = soup.select("a.term")
    anchors = [link["href"].partition("#")[2] for link in links]
    ravine, eigenvector = (soup.find(id=f"{anchor}-definition") for anchor in anchors)
    assert ravine.text.strip() == "A long valley."
    assert eigenvector.select_one(".katex-html") and not eigenvector.find("a"), "set, and without links"


def test_definitions_are_not_what_the_search_finds(built):
    text = (built / "_build/html/searchindex.js").read_text("utf-8")
    index = json.loads(text[text.index("(") + 1 : text.rindex(")")])
    found = index["terms"]["stretch"]
    assert index["docnames"].index("book/01_small") not in (found if isinstance(found, list) else [found])


@pytest.fixture
def definition(built, browser):
    """The small page in a browser: its first link to a term, and the definition."""
    context = browser.new_context(has_touch=True, viewport={"width": 390, "height": 700})
    page = context.new_page()
    page.goto((built / "_build/html/book/01_small.html").as_uri())
    link = page.locator("a.term").first
    yield page, link, page.locator(f"#{link.get_attribute('aria-describedby')}")
    context.close()


@pytest.mark.browser
def test_a_definition_is_shown_to_pointer_and_keyboard(definition):
    page, link, text = definition
    assert not text.is_visible()
    link.hover()
    text.wait_for(state="visible")
    text.hover()  # it stays while the pointer is on it
    assert text.is_visible() and text.get_attribute("role") == "tooltip"
    page.keyboard.press("Escape")
    text.wait_for(state="hidden")
    page.mouse.move(0, 0)
    link.focus()
    text.wait_for(state="visible")
    assert link.get_attribute("aria-describedby") == text.get_attribute("id")
    box = text.bounding_box()
    assert box["x"] >= 0 and box["x"] + box["width"] <= 390
    page.emulate_media(media="print")
    assert not text.is_visible()


@pytest.mark.browser
def test_a_first_tap_shows_the_definition_and_a_second_follows_the_link(definition):
    page, link, text = definition
    link.tap()
    text.wait_for(state="visible")
    assert page.url.endswith("01_small.html")
    link.tap()
    page.wait_for_url("**/glossary.html#term-ravine")


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_of_it_is_accessible(built, browser, scheme):
    """Ticks, arrows, an open fold, and a definition that is shown."""
    context = browser.new_context(color_scheme=scheme, reduced_motion="reduce")
    page = context.new_page()
    page.goto((built / "_build/html/book/01_small.html").as_uri())
    page.locator("details.hide summary").first.press("Enter")
    assert page.locator("details.hide[open] .cell_input").first.is_visible(), "it opens by keyboard"
    page.locator("a.term").first.focus()
    found = Axe().run(page, options={"preload": False, "rules": {"image-alt": {"enabled": False}}})
    context.close()
    assert found.violations_count == 0, found.generate_report()


@pytest.mark.browser
def test_a_closed_fold_is_not_printed_and_an_open_one_is(built, browser):
    context = browser.new_context()
    page = context.new_page()
    page.goto((built / "_build/html/book/01_small.html").as_uri())
    page.locator("details.hide summary").first.click()
    page.emulate_media(media="print")
    shown = page.locator("details.hide").evaluate_all("all => all.map(fold => fold.checkVisibility())")
    context.close()
    assert shown == [True] + [False] * 4


# ----------------------------------------------------------------------------------- what stops the build

WRONG = """\
{claim}`momentum-fatser`, {claim}`momentum-faster.plane`, {claim}`momentum-faster.plain:x!`, {claim}`a b`,
{claim}`momentum-faster`.

Plain descent needs 691 steps, momentum {claim}`momentum-faster.momentum`; 5.9 times, 17 %, $12{,}345$, between
.11 and .12. {claim}`other`

{measured}`no-study/a.b` {measured}`wrong-labels/nothing.gain` {measured}`wrong-labels/dropout.gain`
{measured}`wrong-labels/dropout .5.height` {measured}`wrong-labels`; 11.8 is {measured}`wrong-labels/dropout .5.gain`.
"""


def test_what_is_wrong_stops_the_build_and_is_named(tmp_path):
    again = cell("code", "again", 'claim("other", True, "Twice.")\nclaim("alone", True, "Alone.")')
    warns = cell("code", "warns", 'import warnings\nwarnings.warn("Beware.")')
    unseen = cell("code", "unseen", 'claim("unseen", True, "Not shown.")', "remove-output")
    rule = cell("code", "rule", "x = 1\nshow_source(Momentum)", "rule")
    wrong = cell("markdown", "prose", WRONG + "\n{claim}`unseen`")
    done = build(make_book(tmp_path, TITLE, CELLS[1], wrong, CELLS[3], again, unseen, rule, warns))
    assert done.returncode != 0
    assert re.search(r"01_small\.ipynb:\d+: ERROR: stderr was found in the cell outputs", done.stdout)
    found = re.findall(r"book/01_small\.ipynb: WARNING: (.*?)(?:\x1b.*)?$", done.stdout, re.MULTILINE)
    at = "in the cell 'prose': in the paragraph “"
    names = "only 'momentum-faster', 'other', 'alone', 'unseen'"
    typed = f"{at}Plain descent needs 691 steps, momentum 117; 5.9 …”: "
    first = f"{at}{{claim}}`momentum-fatser`, "
    last = f"{at}{{measured}}`no-study/a.b` "
    expected = [
        (first, f"{{claim}}`momentum-fatser`: there is no claim 'momentum-fatser' on this page, {names}: make it in "),
        (first, "{claim}`momentum-faster.plane`: the claim 'momentum-faster' has no value 'plane', only 'far', "),
        (first, "…, plane=…)"),
        (first, "{claim}`momentum-faster.plain:x!`: 691 cannot be written with the format 'x!'"),
        (first, "{claim} needs `name`, `name.value` or `name.value:format`, not `a b`"),
        (typed, "691 is typed by hand, and measured: write {claim}`momentum-faster.plain`"),
        (typed, "5.9 is typed by hand, and measured: write {claim}`momentum-faster.ratio:.1f`"),
        (typed, "17 % is typed by hand, and measured: write {claim}`momentum-faster.share:.0%`"),
        (typed, "12,345 is typed by hand, and measured: write {claim}`momentum-faster.far`"),
        (typed, ".11 is typed by hand, and measured: write {claim}`other.text`"),
        (last, "{measured}`no-study/a.b`: there is no study 'no-study', only wrong-labels, "),
        (last, "{measured}`wrong-labels/nothing.gain`: 'nothing' is the row that the others are compared with"),
        (last, "{measured}`wrong-labels/dropout.gain`: row must be among ['nothing', 'early stopping', "),
        (last, "{measured}`wrong-labels/dropout .5.height`: column must be among ['gain', 'accuracy', "),
        (last, "{measured}`wrong-labels`: it must be `study/row.column`"),
        (last, "11.8 is typed by hand, and measured: write {measured}`wrong-labels/dropout .5.gain`"),
        ("in the cell 'again': ", "two claims have the name 'other': rename one"),
        ("in the cell 'again': ", "no ✓ cites the claim 'alone': write {claim}`alone` after the sentence"),
        ("in the cell 'unseen': ", "the page does not show the line of 'unseen': show the cell's output"),
        ("cell 7 has the tag `rule`", "so it must only call show_source(…): x = 1"),
    ]
    missing = [(where, what) for where, what in expected if not any(m.startswith(where) and what in m for m in found)]
    assert missing == [], "\n".join(found)
    assert len(found) == len(expected) - 1, "no more than these, of which two are one"


# -------------------------------------------------------------------------------------------- the real chapters


def test_only_what_is_taught_is_open(site, numbered):
    """The rules' own lines, the loop that is the lesson, one call of the framework, and the reader's exercises."""
    soup = BeautifulSoup((site / numbered).read_text("utf-8"), "html.parser")
    cells = [code.find_parent(class_="cell")["class"] for code in soup.select(".cell_input") if not in_fold(code)]
    for tag in ("tag_lesson", "tag_framework"):
        assert sum(tag in classes for classes in cells) <= 1
    assert all({"tag_lesson", "tag_framework"} & set(classes) or "tag_exercise:" in str(classes) for classes in cells)
    rules = soup.select(".tag_rule .cell_output pre")
    assert rules and all(len(rule.text.strip().splitlines()) <= 12 for rule in rules)


def test_no_page_has_the_default_label(site, any_page):
    text = (site / any_page).read_text("utf-8")
    assert "Show code cell" not in text and "Toggle hidden content" not in text


def in_fold(code):
    return code.find_parent("details") is not None
