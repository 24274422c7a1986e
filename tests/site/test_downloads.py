"""The book to take away: the PDF, linked; the zip, opened from disk; both absent where they must be.

To print all pages takes a minute or two, so the PDF here has three of them; with PDF=all, which the workflow sets that
publishes the book, it has all.
"""

import functools
import os
import re
import shutil
import zipfile
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import yaml
from bs4 import BeautifulSoup
from pypdf import PdfReader

from course_lib import cli
from course_lib.site import contents, downloads, pdf

ROOT = Path(__file__).parents[2]
PAGES = contents.pages(ROOT)
CONFIG = yaml.safe_load((ROOT / "_config.yml").read_text(encoding="utf-8"))
#: The pages that are printed: the first one, a chapter, and the terms to which it leads.
PRINTED = PAGES if os.environ.get("PDF") == "all" else [PAGES[0], "book/13_challenge", "book/glossary"]
CHAPTERS = [page for page in PRINTED if (ROOT / page).with_suffix(".ipynb").is_file()]


@pytest.fixture
def chromium():
    if pdf.find_chromium() is None:
        pytest.skip("NO BROWSER: install Chromium, or name one in $CHROMIUM")


@pytest.fixture(scope="module")
def made(site, tmp_path_factory) -> Path:
    """A copy of the site with its downloads."""
    root = tmp_path_factory.mktemp("book")
    first, *others = PRINTED
    toc = {"format": "jb-book", "root": first, "chapters": [{"file": page} for page in others]}
    (root / "_toc.yml").write_text(yaml.safe_dump(toc), encoding="utf-8")
    shutil.copy(ROOT / "_config.yml", root)
    shutil.copytree(site, root / "_build" / "html")
    downloads.write(root)
    return root / "_build" / "html"


@functools.cache
def read(path: Path) -> BeautifulSoup:
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


def words(element) -> str:
    """Text without its spaces: those of a PDF are where its lines end."""
    return "".join(element.get_text().split())


# ------------------------------------------------------------------------------------------------ the PDF


class Book:
    """A PDF as a reader sees it: its bookmarks, the first sheet of each page of the site, the text of a sheet."""

    def __init__(self, path: Path) -> None:
        self.pdf = PdfReader(path)
        self.outline = []  # of each page of the site: its title, its sheet, its sections
        for item in self.pdf.outline:
            if isinstance(item, list):
                self.outline[-1][2].extend(section.title for section in item if not isinstance(section, list))
            else:
                self.outline.append((item.title, self.pdf.get_destination_page_number(item), []))
        self.titles = dict(zip(PRINTED, (title for title, *_ in self.outline), strict=True))
        self.starts = dict(zip(PRINTED, (start for _, start, _ in self.outline), strict=True))
        self._texts = {}

    def text(self, sheet: int) -> str:
        """Return a sheet's text without its spaces: it takes a tenth of a second."""
        if sheet not in self._texts:
            self._texts[sheet] = "".join(self.pdf.pages[sheet].extract_text().split())
        return self._texts[sheet]


@pytest.fixture(scope="module")
def book(made) -> Book:
    if pdf.find_chromium() is None:
        pytest.skip("NO BROWSER: install Chromium, or name one in $CHROMIUM")
    return Book(made / pdf.NAME)


def test_the_pdf_says_what_it_is_and_is_small(book, made):
    assert book.pdf.metadata.title == CONFIG["title"]
    assert book.pdf.metadata.author == CONFIG["author"]
    root = book.pdf.trailer["/Root"]
    assert root["/Lang"] == "en" and root["/MarkInfo"]["/Marked"]
    assert (made / pdf.NAME).stat().st_size < (15e6 if PRINTED == PAGES else 2e6)


def test_every_page_and_section_is_a_bookmark(book, site):
    numbers = {f"book/{notebook.stem}": f"{number} " for number, notebook in contents.chapters(ROOT).items()}
    for page, (title, _, sections) in zip(PRINTED, book.outline, strict=True):
        soup = read(site / f"{page}.html").article
        for anchor in soup.select(".headerlink"):
            anchor.extract()
        assert title == numbers.get(page, "") + " ".join(soup.h1.get_text().split())
        plain = [h2 for h2 in soup.find_all("h2") if not h2.select_one(".math, .katex")]
        assert {" ".join(h2.get_text().split()) for h2 in plain} <= set(sections), page


def test_no_sheet_is_blank(book):
    """The number and the title of the page have, together, no more letters than the longest title."""
    longest = max(len(title) for title in book.titles.values()) + 3
    shown = [len(re.findall(rb"\bTj\b|\bTJ\b", sheet.get_contents().get_data())) for sheet in book.pdf.pages]
    assert [number for number, count in enumerate(shown, 1) if count < longest] == []


def test_sheets_have_a_number_and_the_title_of_their_page(book):
    for page in PRINTED[1:]:
        sheet = book.starts[page]
        assert str(sheet + 1) in book.text(sheet)
        title = "".join(book.titles[page].split())
        assert book.text(sheet).count(title) >= 2, page  # above the text, and in it


@pytest.mark.parametrize("page", CHAPTERS)
def test_the_text_of_a_chapter_is_in_it(book, site, page):
    start, end = book.starts[page], book.starts[PRINTED[PRINTED.index(page) + 1]]
    text = "".join(book.text(sheet) for sheet in [*range(start, start + 3), *range(end - 3, end)])
    soup = read(site / f"{page}.html")
    paragraphs = [p for p in soup.select("article section > p") if not p.select(".katex, svg, .claim-check")]
    known = [words(paragraph) for paragraph in [*paragraphs[:2], *paragraphs[-2:]]]
    assert sum(paragraph in text for paragraph in known) >= 3, known  # one may be divided by the end of a sheet


def test_a_book_whose_experiments_do_not_start_is_refused(chromium, tmp_path):
    (tmp_path / "html/book").mkdir(parents=True)
    (tmp_path / "html/_static").mkdir()
    (tmp_path / "html/_static/book.css").touch()
    place = '<div data-course-experiment="race"></div>'
    for inside, fails in (("", False), (place, True)):
        text = f'<html lang="en"><article class="bd-article"><h1>A page</h1>{inside}</article></html>'
        (tmp_path / "html/book/index.html").write_text(text)
        if fails:
            with pytest.raises(ValueError, match="before all experiments were drawn"):
                pdf.write(tmp_path / "html", ["book/index"], {}, "Title", "Ada")
            assert not (tmp_path / "html" / pdf.NAME).exists()
        else:
            path = pdf.write(tmp_path / "html", ["book/index"], {}, "Title", "Ada")
            assert "A page" in PdfReader(path).pages[0].extract_text()


def test_links_stay_in_the_book_or_lead_to_the_web(book):
    """A link to a page of the book leads to its first sheet, one to a term to the sheet with that term."""
    names = book.pdf.named_destinations
    inside = {}
    for sheet in book.pdf.pages:
        for note in (note.get_object() for note in sheet.get("/Annots", ())):
            if note["/Subtype"] != "/Link":
                continue
            if "/Dest" in note:
                inside[str(note["/Dest"])] = None
            else:
                assert urlsplit(note["/A"]["/URI"]).scheme in {"http", "https", "mailto"}, note["/A"]
    assert {name.removeprefix("/") for name in inside} <= {name.removeprefix("/") for name in names}
    at = {name.removeprefix("/"): book.pdf.get_destination_page_number(place) for name, place in names.items()}
    pages = [page for page in PRINTED if pdf.anchor(Path(page).name) in at]
    assert set(pages) >= set(CHAPTERS) & {f"book/{notebook.stem}" for notebook in contents.chapters(ROOT).values()}
    assert [page for page in pages if at[pdf.anchor(Path(page).name)] != book.starts[page]] == []
    terms = {name: sheet for name, sheet in at.items() if "--term-" in name}
    assert len(terms) > 60
    for name, sheet in terms.items():
        term = name.split("--term-")[1].replace("-", "")
        assert term.lower() in re.sub(r"[^a-z0-9]", "", book.text(sheet).lower()), name


def test_pages_have_names_of_their_own_in_the_one_document(tmp_path):
    (tmp_path / "book").mkdir()
    page = (
        '<html lang="en"><article class="bd-article"><section id="a"><h1>{}<a class="headerlink" href="#a">#</a></h1>'
        '<a href="#a">here</a> <a href="two.html#a">there</a> <a href="one.html">one</a> <a href="?x.k=5#x">set</a>'
        '<a href="https://example.org/#a">out</a> <a href="../_sources/one.md">file</a></section></article></html>'
    )
    for name in ("one", "two"):
        (tmp_path / f"book/{name}.html").write_text(page.format(f"Page <em>{name}</em>"), encoding="utf-8")
    soup = BeautifulSoup(pdf.document(tmp_path, ["book/one", "book/two"], {"book/two": 7}, "T"), "html.parser")
    ids = [tag["id"] for tag in soup.find_all(id=True)]
    assert ids == ["page-one", "page-one--a", "page-two", "page-two--a"]
    links = [tag.get("href") for tag in soup.find_all("article")[0].find_all("a")]
    assert links[1:] == ["#page-one--a", "#page-two--a", "#page-one", "#page-one--x", "https://example.org/#a", None]
    assert soup.find_all("h1")[1].get_text() == "7\u2002Page two#"


# ------------------------------------------------------------------------------------------------ the zip


@pytest.fixture(scope="module")
def unpacked(made, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("a folder")
    with zipfile.ZipFile(made / downloads.ZIP) as zipped:
        zipped.extractall(folder)
    return folder / "descent"


def test_the_zip_is_the_site_without_what_only_a_server_needs(made, unpacked):
    inside = {path.relative_to(unpacked).as_posix() for path in unpacked.rglob("*") if path.is_file()}
    everything = {path.relative_to(made).as_posix() for path in made.rglob("*") if path.is_file()}
    assert inside <= everything
    assert {name for name in everything - inside if not name.startswith(".")} <= downloads.SERVED
    assert downloads.ZIP not in inside


def test_the_same_site_gives_the_same_zip(made):
    path = made / downloads.ZIP
    before = path.read_bytes()
    (made / "index.html").touch()
    files = [file for file in [made / pdf.NAME] if file.is_file()]
    assert downloads.archive(made, files).read_bytes() == before


def test_links_to_downloads_are_alive_and_say_their_size(made, unpacked):
    offers = {}
    for folder in (made, unpacked):
        for page in PAGES:
            offer = downloads.MARK.search((folder / f"{page}.html").read_text(encoding="utf-8"))
            for link in BeautifulSoup(offer[0], "html.parser").find_all("a") if offer else ():
                file = (folder / page).parent / link["href"]
                assert file.is_file(), page
                assert downloads.size(file.stat().st_size) in link.next_sibling
                offers.setdefault((folder, page), []).append(file.name)
    there = [name for name in (pdf.NAME, downloads.ZIP) if (made / name).is_file()]
    for page in ("book/index", "book/how_to_use"):
        assert offers[made, page] == there
        assert offers.get((unpacked, page), []) == there[:-1]


def test_the_unpacked_site_opens_from_disk(page, unpacked, site):
    base = unpacked.as_uri() + "/"
    start = page("index.html", base=base)
    start.wait_for_url("**/book/index.html")
    start.locator(".course-experiment[data-ready]").first.wait_for()
    shown = page(next(f"{name}.html" for name in PAGES if name[5:7].isdigit()), base=base, reduced_motion="reduce")
    place = shown.locator("[data-course-experiment]").first
    place.scroll_into_view_if_needed()
    shown.wait_for_function("e => e.dataset.ready", arg=place.element_handle())
    found = page("search.html?q=momentum", base=base)
    found.wait_for_selector("#search-results ul.search li a")


# ------------------------------------------------------------------------------------------------ absent


@pytest.fixture
def small(tmp_path, monkeypatch) -> Path:
    """A site of one page as it was left by an earlier build, on a machine without Chromium."""
    monkeypatch.setenv("CHROMIUM", str(tmp_path / "nowhere"))
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    shutil.copy(ROOT / "_config.yml", tmp_path)
    (tmp_path / "pyproject.toml").write_text('name = "course-lib"')
    (tmp_path / "_toc.yml").write_text("format: jb-book\nroot: book/index\n")
    site = tmp_path / "_build/html"
    (site / "book").mkdir(parents=True)
    (site / pdf.NAME).write_text("of an earlier build")
    text = '<h1>A page</h1><p class="downloads">To read: <a href="../book.pdf">old</a>.</p>'
    (site / "book/index.html").write_text(text)
    return site


def test_without_chromium_there_is_no_pdf_and_no_link_to_one(small, capsys):
    assert cli.main(["downloads"]) == 0
    assert not (small / pdf.NAME).exists() and (small / downloads.ZIP).is_file()
    said = capsys.readouterr()
    assert "descent.zip: " in said.out and "book.pdf" not in said.out
    assert "No book.pdf: there is no Chromium" in said.err
    text = (small / "book/index.html").read_text()
    assert "book.pdf" not in text and 'href="../descent.zip"' in text
    with zipfile.ZipFile(small / downloads.ZIP) as zipped:
        assert zipped.namelist() == ["descent/book/index.html"]
        assert b'<p class="downloads"></p>' in zipped.read("descent/book/index.html")


def test_removed_downloads_leave_no_link(small):
    downloads.remove(small)
    assert (small / "book/index.html").read_text() == '<h1>A page</h1><p class="downloads"></p>'
    assert sorted(path.name for path in small.iterdir()) == ["book"]


def test_a_site_that_is_not_built_is_told(small, capsys):
    shutil.rmtree(small)
    assert cli.main(["downloads"]) == 2
    assert "build it first" in capsys.readouterr().err


def test_a_chromium_that_fails_is_told(small, monkeypatch, capsys):
    (small / "_static").mkdir()
    (small / "_static/book.css").touch()
    (small / "book/index.html").write_text('<html lang="en"><article><h1>A page</h1></article></html>')
    monkeypatch.setenv("CHROMIUM", shutil.which("false", path="/bin:/usr/bin") or pytest.skip("no program to fail"))
    assert cli.main(["downloads"]) == 2
    assert "printed no PDF" in capsys.readouterr().err
    assert not (small / pdf.NAME).exists() and [path.name for path in small.parent.iterdir()] == ["html"]
