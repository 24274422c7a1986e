"""The contents on the first page, and the way through the book."""

import json
import re
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from sphinx.errors import ExtensionError

from course_lib.site import contents

ROOT = Path(__file__).parents[2]
PLAN = "```{chapters}\nStart\n1 One | First.\nMore\n2 Two & three | Second.\n```\n"


@pytest.fixture
def book(tmp_path):
    """A book with chapter 2 of two that are planned, and chapter 9, which is not."""
    (tmp_path / "book").mkdir()
    (tmp_path / "_toc.yml").write_text(
        """
root: book/index
parts:
  - caption: A
    chapters:
      - file: book/02_two
      - file: book/09_nine
  - caption: Reference
    chapters:
      - file: book/look
        sections:
          - file: book/up
"""
    )
    for name, title in (("02_two", "Two <b>"), ("09_nine", "Nine")):
        cells = [{"cell_type": "markdown", "source": [f"# {title}\n", "\n", "**In 30 minutes** you will"]}]
        (tmp_path / "book" / f"{name}.ipynb").write_text(json.dumps({"cells": cells}))
    return tmp_path


def test_plan_becomes_a_list_with_links_to_what_is_there(book):
    text = contents.expand(PLAN, book)
    html = "".join(re.findall(r"```\{raw\} html\n(.*?)\n```", text, re.DOTALL))
    soup = BeautifulSoup(html, "html.parser")
    assert [p.text for p in soup.select(".contents-part")] == ["Start", "More"]
    one, two, nine = soup.select("li")
    assert "in preparation" in one.text and not one.a and one["class"] == ["planned"]
    assert two.a["href"] == "02_two.html" and two.a.text == "Two <b>" and "30 minutes" in two.text
    assert two.select_one("[data-progress='02_two']") and not one.select_one("[data-progress]")
    assert nine["value"] == "9" and nine.a.text == "Nine"
    assert len(soup.select("ol")) == 2


def test_a_chapter_that_states_no_time_stops_the_build(book):
    (book / "book/02_two.ipynb").write_text(json.dumps({"cells": [{"cell_type": "markdown", "source": "# Two"}]}))
    with pytest.raises(ExtensionError, match="02_two"):
        contents.expand(PLAN, book)


def test_a_line_that_is_neither_part_nor_chapter_stops_the_build(book):
    with pytest.raises(ExtensionError, match=r"One \| First"):
        contents.expand(PLAN.replace("1 One", "One"), book)


def test_reference_is_told_from_what_is_read_through(book):
    assert contents.reference_pages(book) == {"book/look", "book/up"}


# -- on the site


def read(path: Path) -> BeautifulSoup:
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


def test_first_page_lists_fourteen_places_in_four_parts(site):
    soup = read(site / "book/index.html")
    assert len(soup.select(".contents-part")) == 4
    entries = soup.select(".contents li")
    assert [entry["value"] for entry in entries] == [str(number) for number in range(1, 15)]
    for number, notebook in contents.chapters(ROOT).items():
        entry = entries[number - 1]
        assert entry.a["href"] == f"{notebook.stem}.html"
        assert entry.select_one(f"[data-progress='{notebook.stem}']")
        assert entry.a.text == read(site / f"book/{notebook.stem}.html").h1.find(string=True)
    assert all("in preparation" in entry.text for entry in entries if not entry.a)


def test_previous_and_next_do_not_lead_into_the_reference(site):
    apart = contents.reference_pages(ROOT)
    assert "book/glossary" in apart
    followed = 0
    for page in (site / "book").glob("*.html"):
        for link in read(page).select(".left-prev, .right-next, head link[rel=prev], head link[rel=next]"):
            assert (f"book/{page.stem}" in apart) == (f"book/{Path(link['href']).stem}" in apart), page.name
            followed += 1
    assert followed > 10


@pytest.mark.browser
def test_the_first_page_counts_what_the_reader_has_answered(page):
    shown = page("book/index.html")
    places = shown.locator("[data-progress]").all()
    assert places
    for place in places:
        chapter, names = place.get_attribute("data-progress"), json.loads(place.get_attribute("data-names"))
        total = len(names["predictions"]) + len(names["checks"])
        assert place.inner_text() == "" and total > 5
        first = names["predictions"][0]
        shown.evaluate("([chapter, name]) => course.progress.set(chapter, 'predictions', name, null)", [chapter, first])
        shown.evaluate("([chapter, name]) => course.progress.set(chapter, 'checks', name, false)", [chapter, first])
        assert place.inner_text() == f"You have answered 1 of {total} questions."
        solved = "([chapter, name]) => course.progress.set(chapter, 'exercises', name, true)"
        shown.evaluate(solved, [chapter, names["exercises"][0]])
        of = len(names["exercises"])
        assert place.inner_text() == f"You have answered 1 of {total} questions and solved 1 of {of} exercises."
    shown.evaluate("course.progress.clear()")
    assert [place.inner_text() for place in places] == ["" for _ in places]
