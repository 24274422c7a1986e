"""What can be read off the built files without a browser."""

import functools
import json
import re
from pathlib import Path
from urllib.parse import unquote, urlsplit

import nbformat
import pytest
from bs4 import BeautifulSoup

from course_lib.site import repository
from course_lib.site.keys import cells, notebook_key
from course_lib.site.plain import make_plain

ROOT = Path(__file__).parents[2]


@functools.cache
def read(path: Path) -> BeautifulSoup:
    return BeautifulSoup(path.read_text(encoding="utf-8"), "html.parser")


@functools.cache
def anchors(path: Path) -> set[str]:
    return {tag["id"] for tag in read(path).find_all(id=True)}


def test_every_page_is_there(site, any_page):
    assert (site / any_page).is_file()


def test_internal_links_and_anchors_resolve(site, any_page):
    page = site / any_page
    broken = []
    for tag in read(page).find_all(["a", "link", "script", "img", "source", "form"]):
        if tag.name == "link" and tag.get("rel") == ["canonical"]:
            continue
        if any_page == "404.html" and tag.name == "script":
            continue  # sent from any depth, it tries every folder above
        for name in ("href", "src", "action"):
            url = urlsplit(tag.get(name) or "")
            if not tag.get(name) or url.scheme or url.netloc:
                continue
            target = (page.parent / unquote(url.path)).resolve() if url.path else page
            if any_page == "404.html" and target.name == "lost.js":
                continue  # it tries every folder above the wrong address
            if not target.is_file():
                broken.append(tag[name])
            elif (
                url.fragment
                and target.suffix == ".html"
                and unquote(url.fragment).partition("?")[0] not in anchors(target)
            ):
                broken.append(tag[name])
    assert broken == []


def test_nothing_is_fetched_from_elsewhere(site, any_page):
    fetched = []
    for tag in read(site / any_page).find_all(["link", "script", "img", "iframe", "source", "video", "audio"]):
        for name in ("href", "src", "srcset", "data-src"):
            if re.match(r"(https?:)?//", tag.get(name) or "") and tag.get("rel") != ["canonical"]:
                fetched.append(tag[name])
    assert fetched == []


def test_style_sheets_fetch_nothing_from_elsewhere(site):
    found = {}
    for sheet in site.rglob("*.css"):
        urls = re.findall(r"(?:@import\s+|url\(\s*)[\"']?((?:https?:)?//[^\"')]+)", sheet.read_text(encoding="utf-8"))
        if urls:
            found[sheet.name] = urls
    assert found == {}


def test_style_sheets_name_files_that_exist(site):
    missing = []
    for name in ("book.css", "descent.css", "fonts.css", "katex/katex.min.css"):
        sheet = site / "_static" / name
        for url in re.findall(r"url\(([^)]+)\)", sheet.read_text(encoding="utf-8")):
            if not (sheet.parent / url.strip("\"'")).is_file():
                missing.append((name, url))
    assert missing == []


def test_fonts_are_light_and_licensed(site):
    fonts = site / "_static" / "fonts"
    assert sum(font.stat().st_size for font in fonts.glob("*.woff2")) < 300_000
    for font in fonts.glob("*.woff2"):
        family = re.sub(r"-(latin|greek)-.*", "", font.name)
        assert "SIL Open Font License" in (fonts / f"LICENSE-{family}.txt").read_text(encoding="utf-8")


def test_head_tells_what_the_page_is(site, book_page):
    soup = read(site / book_page)
    assert soup.html["lang"] == "en"
    assert "Descent" in soup.title.text
    described = soup.find_all("meta", attrs={"name": "description"})
    assert len(described) == 1
    assert 40 <= len(described[0]["content"]) <= 200, described[0]["content"]
    shown = {tag["property"]: tag["content"] for tag in soup.find_all("meta", property=True)}
    assert shown["og:description"] == described[0]["content"]
    assert shown["og:title"]
    assert shown["og:site_name"].startswith("Descent")
    icons = [tag["href"] for tag in soup.find_all("link", rel=["icon", "apple-touch-icon"])]
    assert {Path(icon).suffix for icon in icons} == {".svg", ".ico", ".png"}
    assert "noindex" not in str(soup.head)


def test_pages_have_one_title_heading(site, any_page):
    shown = [h1 for h1 in read(site / any_page).find_all("h1") if not h1.find_parent(class_="onlyprint")]
    assert len(shown) == 1


def test_mathematics_needs_no_script(site, book_page):
    soup = read(site / book_page)
    assert not re.search(r"mathjax@|MathJax|katex\.min\.js", str(soup.find_all("script")))
    for formula in soup.select("span.math, div.math .formula"):
        assert formula.select_one(".katex-html"), formula
        assert formula.select_one("math"), "no MathML for screen readers"
    assert not soup.select(".katex-error")


def test_chapters_have_mathematics(site, chapter):
    soup = read(site / chapter)
    source = nbformat.read((ROOT / chapter).with_suffix(".ipynb"), as_version=4)
    ends = [end for cell in source.cells for end in re.findall(r"^\$\$", cell.source, re.MULTILINE)]
    assert len(soup.select("div.math .formula")) == len(ends) / 2
    assert all(number.a["href"].startswith("#") for number in soup.select("div.math .eqno"))


def test_colab_button_opens_the_notebook(site, chapter):
    expected = repository.current(ROOT).replace("https://", "https://colab.research.google.com/")
    expected += "/blob/notebooks/"  # the branch with the plain notebooks
    expected = expected.replace("github.com", "github") + chapter.replace(".html", ".ipynb")
    assert read(site / chapter).find("a", href=expected), expected


def test_the_download_button_gives_the_plain_notebook(site, chapter):
    (button,) = read(site / chapter).select("a[href$='.ipynb'].btn-download-source-button")
    source = (ROOT / chapter).with_suffix(".ipynb")
    assert json.loads(((site / chapter).parent / button["href"]).read_text("utf-8")) == make_plain(source)


def test_footer_names_both_licences(site, book_page):
    footer = read(site / book_page).select_one("footer.bd-footer-content").text
    for words in ("2026, The Descent authors", "CC BY 4.0", "BSD 3-Clause"):
        assert words in footer


def test_one_search_box(site, any_page):
    if any_page not in {"search.html", "404.html"}:
        assert len(read(site / any_page).select("input[type=search]")) == 1


def test_outputs_are_of_this_library(site):
    pins = (ROOT / "requirements.txt").read_text("utf-8")
    pages = [path for path in (ROOT / "book").iterdir() if path.suffix in {".ipynb", ".md"} and cells(path)]
    assert len(pages) > 4
    kept = {f"{path.parent.name}/{path.name}" for path in (ROOT / "_build/.cache/notebooks").glob("*/*")}
    assert kept == {f"book.{path.stem}/{notebook_key(path, pins)}" for path in pages}


@pytest.mark.parametrize("pattern", [r"/(?:home|Users|root|work|tmp)/\w+", r"localhost:\d"])
def test_pages_name_no_path_of_the_building_machine(site, book_page, pattern):
    assert not re.search(pattern, read(site / book_page).get_text())


def test_punctuation_stays_with_its_formula(site, chapter):
    text = (site / chapter).read_text(encoding="utf-8")
    assert "<!--math-->" not in text
    kept = read(site / chapter).select("span.close-math")
    assert kept
    assert all(span.select_one("span.math") for span in kept)
