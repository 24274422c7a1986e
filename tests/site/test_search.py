"""The book's own search: what it indexes, and what a reader's words find."""

import json
from pathlib import Path

import pytest
import yaml
from docutils import nodes
from docutils.utils import new_document
from sphinx import addnodes

from course_lib.site import search

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def index(site):
    text = (site / "_static/search-index.js").read_text(encoding="utf-8")
    return json.loads(text.removeprefix("course.index = ").rstrip().removesuffix(";"))


def test_every_chapter_and_term_is_in_the_index(site, index):
    pages = {address.split("#")[0] for address, *_ in index}
    for notebook in (ROOT / "book").glob("*.ipynb"):
        assert f"book/{notebook.stem}.html" in pages
    terms = [title for address, title, *_ in index if "#term-" in address]
    assert {"momentum", "batch normalization"} <= set(terms)
    assert len(terms) > 60


def test_every_address_of_the_index_is_there(site, index):
    ids = {}
    for address, *_ in index:
        page, _, anchor = address.partition("#")
        if page not in ids:
            ids[page] = (site / page).read_text(encoding="utf-8")
        assert not anchor or f'id="{anchor}"' in ids[page], address


def test_the_index_holds_words_and_no_formulas(index):
    texts = " ".join(text for *_, text in index)
    assert "\\frac" not in texts and "course_lib.chapters" not in texts
    assert "ravine" in texts


def test_synonyms_are_in_use(index):
    synonyms = yaml.safe_load((ROOT / search.SYNONYMS).read_text(encoding="utf-8"))
    names = {title: names for _, title, _, names, _ in index}
    for title, others in synonyms.items():
        assert set(others) <= set(names[title])


def test_entries_of_a_page():
    page = new_document("page")
    outer, inner = nodes.section(ids=["a"]), nodes.section(ids=["b"])
    outer += [nodes.title("", "A page"), nodes.paragraph("", "Its own "), inner]
    inner += [
        nodes.title("", "Below"),
        nodes.paragraph("", "", nodes.Text("for "), nodes.math("", "x^2"), nodes.Text(" 5 times")),
    ]
    item, glossary = nodes.definition_list_item(), addnodes.glossary()
    item += [nodes.term("", "thing", ids=["term-thing"]), nodes.definition("", nodes.paragraph("", "What it is."))]
    glossary += nodes.definition_list("", item)
    inner += [glossary, nodes.literal_block("", "code")]
    page += outer
    assert list(search.entries(page, "p.html")) == [
        ("p.html", "A page", "A page", [], "Its own"),
        ("p.html#b", "Below", "A page", [], "for times"),
        ("p.html#term-thing", "thing", "A page", [], "What it is."),
    ]


#: What readers type, and a place that must be among the first so many.
WANTED = [
    ("nesterov", "book/03_momentum.html", 5),
    ("ravine", "book/03_momentum.html", 5),
    ("momentum", "book/glossary.html#term-momentum", 3),
    ("动量", "book/glossary.html#term-momentum", 1),
    ("cosine annealing", "book/schedules.html", 1),
    ("batch norm", "book/networks.html", 2),
    ("Batch Normalization", "book/glossary.html#term-batch-normalization", 1),
    ("learning rates", "book/glossary.html#term-learning-rate", 4),
    ("adam", "book/optimizers.html", 2),
    ("early stopping", "book/glossary.html#term-early-stopping", 2),
    ("polyak", "book/03_momentum.html", 8),
]


@pytest.mark.browser
@pytest.mark.parametrize(("words", "wanted", "first"), WANTED)
def test_a_reader_finds(page, words, wanted, first):
    shown = page(f"search.html?q={words}")
    links = shown.locator("#search-results li a").evaluate_all("all => all.map(a => a.pathname + a.hash)")
    assert any(wanted in link for link in links[:first]), links[:8]


@pytest.mark.browser
def test_hits_are_titled_by_what_they_are(page):
    shown = page("search.html?q=momentum")
    titles = shown.locator("#search-results li a").all_inner_texts()
    assert "Glossary" not in titles
    assert len(set(titles)) > 0.8 * len(titles)
    shown.locator("#search-results li a").first.click()
    shown.wait_for_load_state()
    assert shown.locator("article h1").is_visible()


@pytest.mark.browser
@pytest.mark.parametrize("words", ["zzyzx", "(", "<b>bold</b>", "\\", "' \" &"])
def test_odd_words_find_nothing_and_break_nothing(page, server, words):
    shown = page("search.html")
    shown.locator("main input[type=search]").fill(words)
    shown.keyboard.press("Enter")
    shown.wait_for_url("**/search.html?q=*")
    assert shown.locator("#search-results b").count() == 0
    assert shown.locator("main input[type=search]").input_value() == words
