"""The contents on the first page, and the way through the book."""

import gzip
import json
import re
from pathlib import Path

import pytest
from bs4 import BeautifulSoup, SoupStrainer
from sphinx.errors import ExtensionError

from course_lib.site import contents, thumbnails

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
        lines = [f"# {title}\n", "\n", "**In 30 minutes** you will\n", "\n", "The exercises take about as long again."]
        cells = [{"cell_type": "markdown", "source": lines}]
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


def test_a_chapter_has_its_picture_and_all_have_their_time(book):
    soup = BeautifulSoup(contents.expand(PLAN, book, {"02_two"}), "html.parser")
    one, two, nine = soup.select("li")
    assert not one.img and not nine.img
    assert two.img["src"] == "../_static/contents/02_two.svg" and two.img["alt"] == ""
    assert two.img["loading"] == "lazy" and int(two.img["width"]) > int(two.img["height"]) > 0
    whole = soup.select_one(".contents-whole")
    assert whole.text == (
        "2 chapters: about 1 hour to read, and 1 more for the exercises. Begin with chapter 2, Two <b>."
    )
    assert whole.a["href"] == "02_two.html"


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


def read(path: Path, parts: list[str] | None = None) -> BeautifulSoup:
    """Return what a page holds, or only its elements of a kind, which is quicker."""
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser", parse_only=parts and SoupStrainer(parts))


def test_first_page_lists_fourteen_places_in_four_parts(site):
    soup = read(site / "book/index.html")
    assert len(soup.select(".contents-part")) == 4
    entries = soup.select(".contents li")
    assert [entry["value"] for entry in entries] == [str(number) for number in range(1, 15)]
    for number, notebook in contents.chapters(ROOT).items():
        entry = entries[number - 1]
        assert entry.a["href"] == f"{notebook.stem}.html"
        assert entry.select_one(f"[data-progress='{notebook.stem}']")
        assert entry.a.text == read(site / f"book/{notebook.stem}.html", ["h1"]).h1.find(string=True)
    assert all("in preparation" in entry.text for entry in entries if not entry.a)


def test_previous_and_next_do_not_lead_into_the_reference(site):
    apart = contents.reference_pages(ROOT)
    assert "book/glossary" in apart
    followed = 0
    for page in (site / "book").glob("*.html"):
        for link in read(page, ["a", "link"]).select(".left-prev, .right-next, link[rel=prev], link[rel=next]"):
            assert (f"book/{page.stem}" in apart) == (f"book/{Path(link['href']).stem}" in apart), page.name
            followed += 1
    assert followed > 10


def test_each_chapter_has_a_small_picture(site):
    soup, weight = read(site / "book/index.html"), 0
    for notebook in contents.chapters(ROOT).values():
        picture = soup.select_one(f".contents li a[href='{notebook.stem}.html']").find_parent("li").img
        assert picture["alt"] == "" and picture["loading"] == "lazy"
        weight += len(gzip.compress((site / "book" / picture["src"]).read_bytes()))
    assert 0 < weight <= 60_000


def test_the_time_of_the_book_is_that_of_its_chapters(site):
    minutes = [contents.title_and_minutes(notebook)[1] for notebook in contents.chapters(ROOT).values()]
    more = sum(map(contents.exercise_minutes, contents.chapters(ROOT).values()))
    said = read(site / "book/index.html").select_one(".contents-whole").text
    assert said.startswith(
        f"{len(minutes)} chapters: about {round(sum(minutes) / 60)} hours to read, and {round(more / 60)} more for the "
        "exercises."
    )


def test_a_chapter_says_how_long_its_exercises_take(tmp_path):
    def told(sentence):
        text = f"# One\n\n**In 50 minutes** you will\n\n{sentence}"
        notebook = tmp_path / "01_one.ipynb"
        notebook.write_text(json.dumps({"cells": [{"cell_type": "markdown", "source": [text]}]}))
        return contents.exercise_minutes(notebook)

    assert told("The exercises take as long again.") == told("The exercises take about as long again.") == 50
    assert told("The exercises take about half as long again.") == 25
    assert told("The exercises take half an hour more, your own entry as long as you like.") == 30
    with pytest.raises(ExtensionError, match="must say in its first cell"):
        told("The exercises take long.")


TEACHING = (ROOT / "book" / "teaching.md").read_text(encoding="utf-8")


def test_the_hours_of_both_courses_are_those_of_their_chapters():
    """For instructors: each row's minutes, and the sums above, are those of the chapters in it."""
    there, sums = contents.chapters(ROOT), []
    _, *courses = re.split(r"^\*\*In (?:six|twelve) hours\*\*", TEACHING, flags=re.MULTILINE)
    for course, hours in zip(courses, (6, 12), strict=True):
        rows = re.findall(r"^\| (\d+)(?: ·[^|]*)? \|(.+)\|$", course, re.MULTILINE)
        assert [int(number) for number, _ in rows] == [*range(1, hours + 1)]
        both = [0, 0]
        for _, row in rows:
            read = next(cell for cell in row.split("|") if ".ipynb)" in cell)
            chapters = [there[int(number)] for number in re.findall(r"\((\d\d)_\w+\.ipynb\)", read)]
            minutes = sum(contents.title_and_minutes(one)[1] for one in chapters)
            more = sum(map(contents.exercise_minutes, chapters))
            assert f": {minutes} |" in row if hours == 6 else f" | {minutes} + {more} | " in row, row
            both = [both[0] + minutes, both[1] + more]
        sums.append([round(one / 60) for one in both])
    (six, more), (twelve, homework) = sums
    assert f"with {six} hours of reading. All exercises of these chapters would take {more} hours more" in TEACHING
    assert f"with {twelve} hours of reading and {homework} of exercises" in TEACHING


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_pictures_are_there(page, scheme):
    shown = page("book/index.html", scheme=scheme)
    widths = shown.locator(".contents img").evaluate_all("""async all => {
        for (const image of all) {
            image.scrollIntoView({ block: "center", behavior: "instant" });
            await image.decode();
        }
        return all.map(image => [image.naturalWidth, image.getBoundingClientRect().width]);
    }""")
    assert widths and all(natural == thumbnails.WIDTH and width < 120 for natural, width in widths), widths


GO = ".contents-go"


@pytest.mark.browser
def test_the_reader_is_led_back_to_the_section_that_was_read(page, server, site):
    shown = page("book/index.html", reduced_motion="reduce")
    begin = shown.inner_text(GO)
    assert begin.startswith("Begin with chapter")
    for notebook in [*contents.chapters(ROOT).values()][::5]:
        shown.goto(f"{server}book/{notebook.stem}.html")
        shown.wait_for_load_state("networkidle")
        head = shown.locator("article section[id] > h2").nth(2)
        section = head.evaluate("head => head.parentNode.id")
        head.evaluate("head => { head.scrollIntoView({ block: 'start', behavior: 'instant' }); scrollBy(0, 30); }")
        shown.goto(f"{server}book/index.html")
        said = shown.inner_text(GO)
        title = head_text(site, notebook.stem, section)
        assert said.startswith("Go on where you were: chapter") and title in said
        shown.click(f"{GO} a")
        shown.wait_for_url(f"**/{notebook.stem}.html#{section}")
        shown.wait_for_load_state("networkidle")
        shown.goto(f"{server}book/glossary.html")  # no chapter: the place stays
        shown.goto(f"{server}book/index.html")
        assert f"/{notebook.stem}.html#" in shown.locator(f"{GO} a").evaluate("link => link.href")
    shown.evaluate("course.progress.clear()")
    assert shown.inner_text(GO) == begin
    shown.reload()
    assert shown.inner_text(GO) == begin


def head_text(site, page, section):
    head = read(site / f"book/{page}.html").find(id=section).h2
    head.select_one(".headerlink").extract()
    return " ".join(head.text.split())


@pytest.mark.browser
def test_after_a_chapter_that_is_done_the_next_one_that_is_not(page):
    shown = page("book/index.html")
    places = shown.locator("[data-progress]").all()
    chapters = [place.get_attribute("data-progress") for place in places]
    names = [json.loads(place.get_attribute("data-names")) for place in places]
    answer = """([chapter, names]) => {
        for (const [kind, all] of Object.entries(names))
            for (const name of all) course.progress.set(chapter, kind, name, kind === "predictions" ? null : true);
    }"""

    def leads_to():
        return shown.locator(f"{GO} a").get_attribute("href")

    shown.evaluate(answer, [chapters[1], {"predictions": names[1]["predictions"][:1]}])
    assert leads_to() == f"{chapters[1]}.html", "begun, as far as the answers tell"
    shown.evaluate(answer, [chapters[1], names[1]])
    assert leads_to() == f"{chapters[2]}.html" and "Go on with chapter" in shown.inner_text(GO)
    shown.evaluate("page => course.progress.visit({ page, section: 'exercises', title: 'Exercises' })", chapters[-1])
    shown.evaluate(answer, [chapters[-1], names[-1]])
    assert leads_to() == f"{chapters[0]}.html", "around the end"
    for one in zip(chapters, names, strict=True):
        shown.evaluate(answer, list(one))
    assert shown.inner_text(GO).startswith("Begin with"), "all is done"


@pytest.mark.browser
def test_a_place_that_is_not_one_is_no_harm(page):
    shown = page("book/index.html")
    for kept in ("{", "[]", "null", '{"page": 3}', '{"page": "99_none", "section": "x"}'):
        shown.evaluate("kept => localStorage.setItem('descent-place', kept)", kept)
        shown.reload()
        assert shown.inner_text(GO).startswith("Begin with"), kept


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
