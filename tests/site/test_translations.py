"""The glossary's names in Chinese and Korean: complete, in the right letters, shown, and nowhere else."""

import re
import unicodedata
from collections import Counter
from pathlib import Path

import pytest
import yaml
from bs4 import BeautifulSoup

from course_lib.site import fonts, search
from course_lib.site.translations import LANGUAGES, TERMS

ROOT = Path(__file__).parents[2]
SCRIPTS = {"zh-Hans": "CJK UNIFIED IDEOGRAPH", "ko": "HANGUL SYLLABLE"}
#: English words that both languages use in place of the term's own.
CODE = {"reduce on plateau": {"reducelronplateau"}}
#: Different terms with one name, and why. There are none.
SHARED: dict[str, str] = {}


@pytest.fixture(scope="module")
def glossary():
    return re.findall(r"^(\S[^\n]*)\n  \S", (ROOT / "book/glossary.md").read_text(encoding="utf-8"), re.M)


@pytest.fixture(scope="module")
def names():
    return yaml.safe_load((ROOT / TERMS).read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def soup(site):
    return BeautifulSoup((site / "book/glossary.html").read_text(encoding="utf-8"), "html.parser")


def test_the_terms_are_those_of_the_glossary_in_its_order(glossary, names):
    assert list(names) == glossary


def test_each_has_a_name_in_every_language(names):
    assert [term for term, found in names.items() if len(found) != len(LANGUAGES) or not all(found)] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_letters_are_of_the_language_or_the_english_word(names, language):
    for term, found in names.items():
        name = found[LANGUAGES.index(language)]
        letters = [letter for letter in name if letter.isalpha()]
        other = [letter for letter in letters if not unicodedata.name(letter).startswith(SCRIPTS[language])]
        assert all(letter.isascii() for letter in other), name
        if other == letters:  # the field uses the English word, or what the code calls it
            assert name.casefold() in {term.casefold(), *CODE.get(term, ())}, name
        assert name == unicodedata.normalize("NFC", name).strip()


@pytest.mark.parametrize("language", LANGUAGES)
def test_no_two_terms_have_one_name(names, language):
    count = Counter(found[LANGUAGES.index(language)].casefold() for found in names.values())
    assert {name for name, times in count.items() if times > 1} == set(SHARED)


def test_no_name_stands_twice(names):
    """What the terms are called stands in one file, what they are called besides in the other."""
    synonyms = yaml.safe_load((ROOT / search.SYNONYMS).read_text(encoding="utf-8"))
    for title, others in synonyms.items():
        assert len({name.casefold() for name in others}) == len(others), title
        eastern = {name for name in others if not name.isascii() and any(name in found for found in names.values())}
        assert not eastern, title


def test_the_glossary_shows_them(soup, names):
    for term in soup.select("dl.glossary dt"):
        name = term.find(string=True).strip().replace("’", "'")
        shown = term.find_next("dd").select("p.translations > [lang]")
        assert [(part["lang"], part.get_text()) for part in shown] == list(zip(LANGUAGES, names[name], strict=True))
    assert len(soup.select("dl.glossary p.translations")) == len(names)


def test_their_letters_come_from_fonts_that_are_named(soup):
    """Not from the book's, which have none of them; another language's font would draw some of them otherwise."""
    sheet = (ROOT / "book/web/descent.css").read_text(encoding="utf-8")
    assert {part["lang"] for part in soup.select("body [lang]")} == set(LANGUAGES)
    for language in LANGUAGES:
        assert re.search(
            rf'^\[lang="{language}"\] {{ font-family: "Source Sans 3", ("[\w ]+", ){{3,}}sans-serif }}', sheet, re.M
        )
    assert not {code for codes in fonts.CHARACTERS.values() for code in codes if code > 0x2E80}


def test_a_chapters_definitions_are_as_they_were(site, chapter):
    page = BeautifulSoup((site / chapter).read_text(encoding="utf-8"), "html.parser")
    definitions = page.select(".definition")
    assert definitions
    for definition in definitions:
        assert not definition.select("[lang]")


def test_the_search_has_them(site, names):
    index = (site / "_static/search-index.js").read_text(encoding="utf-8")
    assert [name for found in names.values() for name in found if f'"{name}"' not in index] == []


@pytest.mark.browser
@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_lines_are_calm_and_fit(page, width, scheme):
    shown = page("book/glossary.html", width=width, scheme=scheme)
    lines = shown.locator("p.translations")
    sizes = lines.evaluate_all(
        "all => all.map(line => [line.scrollWidth - line.clientWidth, line.getBoundingClientRect().right])"
    )
    assert all(over <= 0 and right <= width for over, right in sizes)
    small, text = (
        shown.locator(f"dl.glossary dd > p{kind}").first.evaluate("e => parseFloat(getComputedStyle(e).fontSize)")
        for kind in (".translations", ":not(.translations)")
    )
    assert small < text
