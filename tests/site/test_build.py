"""A small book built with the real extension: what must fail, fails; what is stale, is renewed."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from course_lib.site import sphinx_ext
from course_lib.site.build import JUPYTER_BOOK, build

ROOT = Path(__file__).parents[2]
PAGE = "# A page\n\nA sentence that is long enough to describe what this page of the small book is about.\n\n"


@pytest.fixture
def book(tmp_path):
    """A book of one page with the real settings, and without the chapters."""
    shutil.copytree(ROOT / "book" / "web", tmp_path / "book" / "web", ignore=shutil.ignore_patterns("fonts"))
    shutil.copy(ROOT / "_config.yml", tmp_path)
    (tmp_path / "_toc.yml").write_text("format: jb-book\nroot: book/index\n")
    (tmp_path / "book" / "references.bib").write_text("")
    (tmp_path / "book" / "index.md").write_text(PAGE)
    return tmp_path


def run(book: Path) -> subprocess.CompletedProcess:
    command = [*JUPYTER_BOOK, "build", ".", "-W", "-n", "--keep-going"]
    return subprocess.run(
        command, cwd=book, text=True, encoding="utf-8", stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )


def test_what_is_wrong_fails_every_time_until_it_is_mended(book, capfd):
    (book / "book/index.md").write_text(PAGE + r"Here $\frac{1}{$ stands. See [](nowhere.md).")
    for _ in range(2):
        assert build(book) != 0
        said = "".join(capfd.readouterr())
        assert r"in the formula '\\frac{1}{'" in said and "nowhere.md" in said and "index" in said
    (book / "book/index.md").write_text(PAGE)
    assert build(book) == 0


def test_small_book_is_described_and_a_page_that_left_it_leaves_the_site(book):
    toc, two = book / "_toc.yml", book / "book/two.md"
    alone = toc.read_text()
    toc.write_text(alone + "chapters:\n  - file: book/two\n")
    (book / "book/index.md").write_text(PAGE + ":::{glossary}\nravine\n  A valley.\n:::\n")
    two.write_text(PAGE.replace("A page", "Another") + "It has a {term}`ravine`.\n")
    done = run(book)
    assert done.returncode == 0, done.stdout
    site = book / "_build/html"
    page = (site / "book/index.html").read_text(encoding="utf-8")
    assert 'name="description" content="A sentence that is long enough' in page
    assert 'rel="canonical"' not in page and not (site / "sitemap.xml").exists()  # their address is not known
    pages = {path.relative_to(site).as_posix() for path in site.rglob("*.html")}
    assert "book/two.html" in pages
    script = (site / "_static/book.js").read_text(encoding="utf-8")
    assert "a.term" in script
    named, stale = (site / "_static/explore" / f"noise-{digit * 12}.js" for digit in "12")
    kept = book / "_build/.cache/tables/explore"
    for table in (named, stale, kept / named.name, kept / stale.name):
        table.touch()
    (book / "_build/.cache/notebooks/book.two/key").mkdir(parents=True)
    toc.write_text(alone)
    two.unlink()
    (book / "book/index.md").write_text(PAGE + f"It names {named.stem}.\n")
    assert run(book).returncode == 0
    assert {path.relative_to(site).as_posix() for path in site.rglob("*.html")} == pages - {"book/two.html"}
    assert not list((site / "_sources").rglob("two*"))
    assert (site / "_static/book.js").read_text(encoding="utf-8") == script  # whichever pages were written
    assert named.exists() and not stale.exists()
    assert [path.name for path in kept.iterdir()] == [named.name]
    assert not (book / "_build/.cache/notebooks/book.two").exists()
    assert (site / "_static/explore/library.js").exists()


def test_known_address_reaches_the_404_page_and_the_head(book, monkeypatch):
    monkeypatch.setenv(sphinx_ext.SITE_URL, "https://ada.github.io/engine")
    assert run(book).returncode == 0
    lost = (book / "_build/html/404.html").read_text(encoding="utf-8")
    assert '<script src="/engine/_static/lost.js">' in lost and lost.count("<script") == 1
    sitemap = ElementTree.parse(book / "_build/html/sitemap.xml")
    assert [place.text for place in sitemap.findall(".//{*}loc")] == ["https://ada.github.io/engine/book/index.html"]
    robots = (book / "_build/html/robots.txt").read_text(encoding="utf-8")
    assert "Sitemap: https://ada.github.io/engine/sitemap.xml" in robots
    assert 'href="/engine/search.html"' in (book / "_build/html/404.html").read_text(encoding="utf-8")
    page = (book / "_build/html/book/index.html").read_text(encoding="utf-8")
    assert '<link rel="canonical" href="https://ada.github.io/engine/book/index.html"' in page
    assert 'content="https://ada.github.io/engine/_static/card.png"' in page
    assert (book / "_build/html/_static/card.png").is_file()


FRONT = "---\nfile_format: mystnb\nkernelspec:\n  name: python3\n---\n"
#: What a cell of the small book's notebooks prints: what it imports, and when it ran.
CELL = "```{{code-cell}}\nimport time\nfrom course_lib import {0}\nprint('{0} is', {0}.VALUE, time.time_ns())\n```\n"


def test_only_what_imports_a_change_runs_again(book):
    """In a copy of the library, so that it can be changed: a module, a style sheet, a script, a notebook's text."""
    lib = book / "course_lib"
    shutil.copytree(ROOT / "course_lib", lib, ignore=shutil.ignore_patterns("node_modules", "__pycache__"))
    (book / "_toc.yml").write_text("format: jb-book\nroot: book/index\nchapters:\n  - file: book/two\n")
    names = {"index": "first", "two": "second"}
    for page, module in names.items():
        (lib / f"{module}.py").write_text("VALUE = 41\n")
        (book / f"book/{page}.md").write_text(FRONT + PAGE + CELL.format(module))

    def outputs():
        command = [sys.executable, *JUPYTER_BOOK[1:], "build", ".", "-W", "-n", "--keep-going"]
        done = subprocess.run(
            command, cwd=book, env=_with_path(book), text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        assert done.returncode == 0, done.stdout[-3000:]
        pages = [(book / f"_build/html/book/{page}.html").read_text(encoding="utf-8") for page in names]
        return [re.search(r"(first|second) is (\d+) \d+", text)[0] for text in pages]

    first, second = outputs()
    assert first.startswith("first is 41") and second.startswith("second is 41")
    (lib / "second.py").write_text("VALUE = 42\n")
    (lib / "explore/js/explore.css").write_text("body { color: red }\n")
    with (lib / "explore/js/site.js").open("a") as script:
        script.write("// changed\n")
    with (book / "book/index.md").open("a") as page:
        page.write("\nMore words.\n")
    again, changed = outputs()
    assert again == first and changed.startswith("second is 42")
    assert "red" in (book / "_build/html/_static/explore/explore.css").read_text()
    assert "changed" in (book / "_build/html/_static/explore/site.js").read_text()
    caches = sorted(path.parent.name for path in (book / "_build/.cache/notebooks").glob("*/*"))
    assert caches == ["book.index", "book.two"]


def _with_path(folder: Path) -> dict[str, str]:
    return os.environ | {"PYTHONPATH": str(folder)}
