"""The pages that find things: questions, experiments and exercises, the cheat sheet."""

import ast
import functools
import importlib
import inspect
import re
from collections import Counter
from pathlib import Path

import pytest
from bs4 import BeautifulSoup, Tag

from course_lib import chapters
from course_lib.optim import COMPOUND, METHODS
from course_lib.site import contents, entries, finder, reference
from course_lib.site.boxes import anchor
from course_lib.site.entries import label

from .conftest import ROOT

PAGES = ("questions", "finder", "cheat_sheet")
BIB = reference.references(ROOT / "book" / "references.bib")
#: What students ask in the lecture, in a word or two, and the chapters in which the book answers.
ASKED = {
    "hyperparameters do I search": {1},
    "move the best": {1},
    "tiny rate": {5},
    "local optima": {2},
    "full-batch": {2},
    "badly conditioned": {3},
    "velocity start": {3},
    "AdaGrad": {4},
    "first step": {4},
    "1e-7": {4},
    "Adam not fix": {4},
    "learning rate is best": {5},
    "small gap": {8},
    "members of an ensemble": {8},
    "which layers": {10},
    "gradient under dropout": {10},
    "more than one regularizer": {10},
    "transfer": {12},
}


@functools.cache
def read(path: Path) -> BeautifulSoup:
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


@functools.cache
def ids(path: Path) -> Counter[str]:
    return Counter(tag["id"] for tag in read(path).find_all(id=True))


def chapter_of(link: Tag) -> int:
    return int(re.match(r"(\d\d)_", link["href"])[1])


# -- what the library knows


def test_every_experiment_is_shown_in_its_chapter():
    for notebook in contents.chapters(ROOT).values():
        own, exercises = finder.of_chapter(notebook.stem)
        assert own.keys() <= finder.shown(notebook).keys()
        assert [exercise.number for exercise in exercises] == list(range(1, len(exercises) + 1))


def test_a_figure_knows_its_section(tmp_path):
    cells = [("markdown", "# One\n\nText.\n\n## Two"), ("code", "explore.race()"), ("markdown", "## Three\n\n## Four")]
    cells += [("code", "explore.edge(place='edge-again')"), ("code", "print(1)")]
    notebook = tmp_path / "99_none.ipynb"
    notebook.write_text(finder.json.dumps({"cells": [{"cell_type": kind, "source": [text]} for kind, text in cells]}))
    assert finder.shown(notebook) == {"race": (1, "Two"), "edge-again": (2, "Four")}


def test_a_level_counts_what_has_to_be_right():
    sizes = {name: finder.size(exercise) for name, exercise in chapters.exercises().items()}
    assert sizes["mirror"] == 2 + 1  # images[:, :, ::-1].copy()
    assert sizes["adam"] > sizes["rmsprop"] > sizes["adagrad"]
    for name, exercise in chapters.exercises().items():
        if exercise.start:  # what stays does not count
            whole = sum(isinstance(part, finder.OPERATIONS) for part in ast.walk(ast.parse(exercise.source)))
            assert len(exercise.parameters) < sizes[name] <= whole + len(exercise.parameters)
    found = Counter(map(finder.level, chapters.exercises().values()))
    assert min(found[name] for name in finder.LEVELS) >= 10, "a level that hardly any exercise has tells nothing"
    assert list(finder.LEVELS.values()) == sorted(finder.LEVELS.values())


@pytest.mark.parametrize("name", chapters.exercises())
def test_what_an_exercise_asks_is_said_in_a_line(name):
    text = finder.task(chapters.exercises()[name].prompt)
    assert 15 < len(text) <= 160 and text[-1] in ".?…"
    assert text.count("`") % 2 == 0 and text.count("(") == text.count(")")


@pytest.mark.parametrize("place", chapters.experiments())
def test_an_experiment_says_in_a_line_what_it_shows(place):
    text = finder.describe(chapters.experiments()[place])
    assert 15 < len(text) <= 120 and not text[0].islower() and not re.search(r"[`<>*_\n]|\.$", text)


# -- the pages


@pytest.mark.parametrize("name", PAGES)
def test_every_link_leads_to_something(site, name):
    article = read(site / f"book/{name}.html").article
    links = [a["href"] for a in article.select("a[href]") if not re.match(r"https?:|mailto:", a["href"])]
    assert len(links) > 20
    for link in links:
        page, _, inside = link.partition("#")
        file = (site / "book" / (page or f"{name}.html")).resolve()
        assert file.is_file(), link
        if inside:
            assert ids(file)[inside] == 1, link


def test_each_question_of_the_lecture_is_answered_once(site):
    article = read(site / "book/questions.html").article
    asked = article.select("h3")
    assert len(asked) == len(ASKED) == 18
    for words, wanted in ASKED.items():
        (heading,) = (h for h in asked if words in h.text)
        answer = " ".join(heading.find_next_sibling("p").text.split())
        links = heading.find_next_sibling("p").select("a.place")
        assert {chapter_of(link) for link in links} == wanted
        assert all("#" in link["href"] for link in links), "a section answers it, not a chapter"
        said = answer.removesuffix(" · ".join(link.text for link in links))
        assert 1 <= len(re.findall(r"[.?!](?=\s|$)", said)) <= 3, said


def test_each_box_of_a_chapter_is_found_by_its_question(site):
    links = [a["href"] for a in read(site / "book/questions.html").select(".finder a.place")]
    wanted = []
    for notebook in contents.chapters(ROOT).values():
        boxes = read(site / f"book/{notebook.stem}.html").select("details.question")
        assert [anchor(box.summary.text) for box in boxes] == [box["id"] for box in boxes]
        wanted += [f"{notebook.stem}.html#{box['id']}" for box in boxes]
    assert links == wanted and len(wanted) > 50


def test_every_experiment_and_every_exercise_is_listed_once(site):
    article = read(site / "book/finder.html").article
    listed = {link["href"]: link.find_parent("li") for link in article.select(".finder a.place")}
    assert len(listed) == len(article.select(".finder li"))
    everywhere = [(make.page, name) for (_, name), make in chapters.experiments().items()]
    wanted = {f"{page}.html#fig-{name}" for page, name in everywhere if page[0].isdigit()}
    others = {f"{page}.html" for page, _ in everywhere if not page[0].isdigit()}
    assert others <= {link["href"] for link in article.select("a[href]")}, "the text names the pages without a number"
    assert {href for href in listed if "#fig-" in href} == wanted
    for name, exercise in chapters.exercises().items():
        entry = listed.pop(f"{exercise.page}.html#exercise-{name}")
        place = read(site / f"book/{exercise.page}.html").find(id=f"exercise-{name}")
        about = entry.select_one(".about").text
        assert exercise.title.replace("'", "’") in entry.text.replace("'", "’")
        assert about.startswith(finder.level(exercise).capitalize())
        assert ("in the page" in about) == ("data-exercise" in place.attrs) == (not exercise.packages)
        assert all(package in about for package in exercise.packages)
    assert listed.keys() == wanted
    rule = article.select_one(".admonition.note").text
    assert all(str(most) in rule and name in rule for name, most in list(finder.LEVELS.items())[:2])


def test_figure_and_section_are_those_of_the_page(site):
    """The list takes them from the source."""
    for item in read(site / "book/finder.html").select(".finder:not(.exercises) li"):
        link, about = item.a["href"], " ".join(item.select_one(".about").text.split())
        number, section = re.match(r"Figure (\d+), in “(.+)”\. You set: \S", about).groups()
        name, _, inside = link.partition("#")
        figure = read(site / "book" / name).find(id=inside)
        assert figure.select_one(".caption-number").text == f"Figure {number}."
        assert figure.find_parent("section").select_one("h2").find(string=True) == section


@pytest.mark.browser
def test_a_link_to_a_question_opens_its_box(page):
    shown = page("book/questions.html")
    shown.locator(".finder a.place").first.click()
    box = shown.locator(":target")
    assert box.evaluate("box => box.matches('details.question[open]')")
    assert box.locator("p").first.is_visible()
    second = shown.locator("details.question").nth(1)
    assert second.get_attribute("open") is None
    shown.evaluate("id => { location.hash = id }", second.get_attribute("id"))
    shown.locator("details.question[open]").nth(1).wait_for()


@pytest.mark.browser
def test_a_link_to_an_exercise_shows_what_it_asks(page):
    for exercise in list(chapters.exercises().values())[::7]:
        shown = page(f"book/{exercise.page}.html#exercise-{exercise.name}", height=700)
        top = shown.locator(f"#exercise-{exercise.name}").evaluate("place => place.getBoundingClientRect().top")
        assert 100 < top < 600, exercise.name


def test_a_place_that_is_not_there_stops_the_build(tmp_path):
    from sphinx.testing.util import SphinxTestApp

    (tmp_path / "conf.py").write_text("extensions = ['myst_parser', 'course_lib.site.finder']\n")
    (tmp_path / "index.md").write_text("# One\n\n## Two\n\n{place}`index/Two` {place}`index/Three` {place}`nowhere`\n")
    app = SphinxTestApp(srcdir=tmp_path)
    try:
        app.build()
        said = app.warning.getvalue()
        assert "index has no section 'Three'; it has 'One', 'Two'" in said
        assert "no page 'nowhere'" in said
        html = read(Path(app.outdir) / "index.html")
        assert html.select_one("a.place[href='#two']").text == "Index, Two"
    finally:
        app.cleanup()


# -- a line for each method


def test_a_line_has_formula_numbers_and_paper():
    text = entries.line("RMSProp", METHODS["RMSProp"], BIB)
    assert text.startswith(r"{ref}`RMSProp <library-rmsprop>` $s\leftarrow \delta s+(1-\delta)g^{2}$ $x\leftarrow x-")
    assert text.endswith("[`lr=0.001`, `decay=0.99`, `eps=1e-8`]{.numbers} {cite:p}`hinton2012`")
    assert "start" not in text and "nabla" not in text
    assert r"$g^{\prime}=\nabla f(x+rg/\|g\|)$" in entries.line("SAM", COMPOUND["SAM"], BIB)


def test_a_line_has_no_backward_pass():
    from course_lib import nn

    text = entries.line("nn.InvertedDropout", nn.InvertedDropout, BIB)
    assert "dx" not in text and "dy" not in text and r"\text{testing}:\;y=x$" in text
    text = entries.line("nn.BatchNorm", nn.BatchNorm, BIB)
    assert "dx" not in text and "sum" not in text and "`momentum=0.9`" in text


# -- the cheat sheet

#: The optimizers of the lecture, and those that came since.
RULES = ["SGD", "Momentum", "Nesterov", "AdaGrad", "RMSProp", "Adam", "AdamW", "Lion", "Muon", "SAM"]


@pytest.fixture
def sheet(site) -> BeautifulSoup:
    return read(site / "book/cheat_sheet.html").article


def test_numbers_of_the_sheet_are_the_library_s_defaults(sheet):
    """They are compared with the signatures; a rate that a signature leaves open, with the registry."""
    public = {}
    for package in reference.PACKAGES:
        module = importlib.import_module(f"course_lib.{package}")
        for name in module.__all__:
            public[label(name if package == "optim" else f"{package}.{name}")] = getattr(module, name)
    compared = 0
    for item in sheet.select(".lines li"):
        link = item.a["href"].partition("#")[2]
        if not link:  # a chapter
            continue
        row = next((row for name, row in (METHODS | COMPOUND).items() if label(name) == link), None)
        values = {name: p.default for name, p in inspect.signature(public[link]).parameters.items()}
        values |= {
            name: value for name, value in (row.defaults if row else {}).items() if values[name] is inspect._empty
        }
        wanted = {name: v for name, v in values.items() if type(v) in (int, float) and v not in (0, 1)}
        shown = dict(code.text.split("=") for code in item.select(".numbers code"))
        assert {name: float(text) for name, text in shown.items()} == wanted, link
        assert item.select_one("a[href^='references.html#']"), link
        compared += len(wanted)
    assert compared > 30


def test_sheet_has_each_rule_of_the_lecture(sheet):
    (rules,) = (s for s in sheet.select("section section") if s.h2.text.startswith("Update rules"))
    assert [item.a.text for item in rules.select(".lines li")] == RULES
    assert all(item.select_one(".katex") for item in rules.select(".lines li"))


def test_each_sign_of_failure_has_cause_remedy_and_chapter(sheet):
    (signs,) = (s for s in sheet.select("section section") if s.h2.text.startswith("When it fails"))
    items = signs.select("li")
    assert len(items) == 10
    for item in items:
        (link,) = item.select("a.place")
        assert f"chapter {chapter_of(link)}" == link.text and "#" in link["href"]
        assert len([part for part in item.text.split("→") if part.strip()]) == 3, item.text


@pytest.mark.browser
@pytest.mark.parametrize("own_type", [True, False])
def test_sheet_is_one_sheet_of_a4(page, own_type):
    """With the book's letters, and with the wider ones of a machine on which they come too late."""
    shown = page("book/cheat_sheet.html")
    if not own_type:
        shown.add_style_tag(content=":root { --serif: 'DejaVu Serif', serif; --sans: 'DejaVu Sans', sans-serif }")
    for options in ({"prefer_css_page_size": True}, {"format": "A4"}):
        printed = shown.pdf(**options)
        assert len(re.findall(rb"/Type\s*/Page\b", printed)) == 1
        width, height = map(float, re.search(rb"/MediaBox\s*\[0 0 ([\d.]+) ([\d.]+)\]", printed).groups())
        assert (round(width / 72 * 25.4), round(height / 72 * 25.4)) == (210, 297)


@pytest.mark.browser
def test_no_type_on_the_sheet_is_under_seven_and_a_half_points(page):
    """Indices and the halves of formulas are smaller, as everywhere."""
    shown = page("book/cheat_sheet.html", width=718)
    shown.emulate_media(media="print")
    small = shown.evaluate("""() => {
      const sheet = document.querySelector("#cheat-sheet"), found = {};
      const walker = document.createTreeWalker(sheet, NodeFilter.SHOW_TEXT);
      while (walker.nextNode()) {
        const box = walker.currentNode.parentElement;
        const isShown = walker.currentNode.data.trim() && box.getClientRects().length;
        if (!isShown || box.closest("sub, sup, .msupsub, .mtight, .vlist-s, .katex-mathml")) continue;
        const size = parseFloat(getComputedStyle(box).fontSize) * 0.75;
        if (size < 7.5) found[walker.currentNode.data.trim().slice(0, 30)] = size;
      }
      return found;
    }""")
    assert small == {}
    columns = shown.locator("#cheat-sheet li").evaluate_all(
        "all => all.map(li => li.getBoundingClientRect().left > 350)"
    )
    assert 10 < sum(columns) < len(columns) - 10


@pytest.mark.browser
def test_sheet_is_readable_on_a_phone(page):
    shown = page("book/cheat_sheet.html", width=390, height=844)
    assert shown.evaluate("document.documentElement.scrollWidth") <= 390
    wide = "all => all.filter(x => x.getBoundingClientRect().right > innerWidth).map(x => x.textContent)"
    assert shown.locator(".lines .katex-base").evaluate_all(wide) == []
    sizes = shown.locator(".lines li > p, .numbers code").evaluate_all(
        "all => all.map(x => getComputedStyle(x).fontSize)"
    )
    assert min(float(size.removesuffix("px")) for size in sizes) >= 13
