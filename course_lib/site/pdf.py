"""The book as one PDF, printed by a Chromium from the built pages.

All pages are put after one another into one document, so that a link from one page of the book to another stays within
the PDF, headings become its bookmarks, and the fonts are in it once. The style sheet of paper is the site's own
(`@media print`); this adds the title of the page above and the number of the sheet below. The document starts every
experiment, and takes its title only then: a PDF without the title was printed too early.
"""

import html
import json
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path

NAME = "book.pdf"

#: No window, no sandbox (a container has none), and nothing that a browser does on the side.
FLAGS = [
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--font-render-hinting=none",  # without windows letters would be hinted, and wider than those that readers see
]
PRINT = [
    "--headless",
    "--disable-gpu",
    "--force-prefers-reduced-motion",  # nothing plays
    "--window-size=672,986",  # A4 less its margins, at 96 dots an inch: what is drawn has the paper's width
    "--no-pdf-header-footer",
    "--generate-pdf-document-outline",
    "--virtual-time-budget=10000",  # time that passes only while nothing is loaded and no script runs
]
#: How long Chromium may take: on an idle machine it is a minute and a half.
SECONDS = 1200

ARTICLE = re.compile(r"<article\b.*?</article>", re.DOTALL)
HEADING = re.compile(r'<(h[1-6])[^>]*>(.*?)(?:<a class="headerlink".*?)?</\1>', re.DOTALL)
TAG = re.compile(r"<[a-z][^<>]*>", re.IGNORECASE)
#: An address in the book: a page, what an experiment is set to, a place.
ADDRESS = re.compile(r"(?:([\w.-]+)\.html)?(?:\?[^#]*)?(?:#(.+))?")

DOCUMENT = """<!DOCTYPE html>
<html lang="{language}" data-theme="light" data-mode="light">
<head>
<meta charset="utf-8">
<title></title>
<link rel="stylesheet" href="../_static/book.css">
<style>
  @page {{
    size: A4; margin: 18mm 16mm;
    @bottom-center {{ content: counter(page); font: 9pt "Source Sans 3", sans-serif }}
  }}
  {sheets}
</style>
<script defer src="../_static/book.js"></script>
<script defer src="../_static/explore/explore.js"></script>
<script>
  addEventListener("load", async () => {{
    dispatchEvent(new Event("beforeprint")); // unfolds what is folded
    await document.fonts.ready;
    for (const place of document.querySelectorAll("[data-course-experiment]")) await course.site.begin(place);
    document.title = {title};
  }});
</script>
</head>
<body>
<div class="bd-container"><div class="bd-container__inner bd-page-width"><main class="bd-main"><div class="bd-content">
<div class="bd-article-container">
{articles}
</div></div></main></div></div>
</body>
</html>
"""


def find_chromium() -> str | None:
    """Return a Chromium of this machine, if there is one: $CHROMIUM, or the first of the usual names.

    The first is Chromium without its windows, which opens a page with a third of the work.
    """
    names = [os.environ.get("CHROMIUM"), "chromium-headless-shell", "chromium", "chromium-browser"]
    names += ["google-chrome", "google-chrome-stable"]
    return next((found for name in names if name and (found := shutil.which(name))), None)


def write(site: Path, pages: list[str], numbers: dict[str, int], title: str, author: str) -> Path | None:
    """Write the book as `book.pdf` into the built site; return its path, or None where there is no Chromium.

    Args:
        site: the folder of the built site.
        pages: the pages in their order, such as "book/index".
        numbers: those of the chapters, by page.
        title: the PDF's.
        author: the PDF's.

    Raises:
        ValueError: Chromium failed, took too long, or printed before all experiments were drawn.
    """
    path = site / NAME
    path.unlink(missing_ok=True)
    chromium = find_chromium()
    if chromium is None:
        return None
    whole = document(site, pages, numbers, title)
    # beside the site, since a Chromium in a container of its own may read nothing else
    with tempfile.TemporaryDirectory(dir=site.parent, prefix="print-", ignore_cleanup_errors=True) as folder:
        copy, raw = Path(folder) / "html", Path(folder) / NAME
        shutil.copytree(site, copy, ignore=shutil.ignore_patterns("*.zip", "inpage"))
        sheet = copy / "_static/book.css"  # paper waits for its type
        sheet.write_text(sheet.read_text("utf-8").replace("font-display:optional", "font-display:block"), "utf-8")
        printed = copy / Path(pages[0]).parent / "_print.html"
        printed.write_text(whole, encoding="utf-8")
        profile = Path(folder) / "profile"
        command = [chromium, *FLAGS, *PRINT, f"--user-data-dir={profile}", f"--print-to-pdf={raw}", printed.as_uri()]
        try:
            done = subprocess.run(command, capture_output=True, timeout=SECONDS)
        except subprocess.TimeoutExpired:
            raise ValueError(f"{chromium} has not printed the book in {SECONDS} seconds") from None
        if done.returncode or not raw.is_file():
            raise ValueError(f"{chromium} printed no PDF: {done.stderr.decode(errors='replace')[-2000:]}")
        _finish(raw, path, title, author, headings(whole))
    return path


def headings(text: str) -> list[str]:
    """Return the headings of a page, as text.

    >>> headings('<h1>1&ensp;One <em>way</em><a class="headerlink" href="#one">#</a></h1>')
    ['1 One way']
    """
    return [" ".join(html.unescape(re.sub("<[^>]+>", "", found[2])).split()) for found in HEADING.finditer(text)]


def document(site: Path, pages: list[str], numbers: dict[str, int], title: str) -> str:
    """Return the HTML of all pages as one document, to stand beside them."""
    names = [Path(page).name for page in pages]
    sheets, articles = [], []
    language = "en"
    for page, name in zip(pages, names, strict=True):
        text = (site / f"{page}.html").read_text(encoding="utf-8")
        language = re.search(r'<html [^>]*?lang="([^"]*)"', text)[1]
        (article,) = ARTICLE.findall(text)
        article = TAG.sub(lambda tag, name=name: _own(tag[0], name, names), article)
        if page in numbers:
            article = article.replace("<h1>", f"<h1>{numbers[page]}&ensp;", 1)
        heading = headings(article)[0] if sheets else ""
        sheets.append(
            f"#{anchor(name)} {{ page: {anchor(name)} }} "
            f"@page {anchor(name)} {{ @top-left {{ content: {json.dumps(heading, ensure_ascii=False)};"
            f' font: 9pt "Source Sans 3", sans-serif; color: #555 }} }}'
        )
        articles.append(article.replace("<article", f'<article id="{anchor(name)}"', 1))
    return DOCUMENT.format(
        language=language,
        title=json.dumps(title),
        sheets="\n  ".join(sheets).replace("</", "<\\/"),
        articles="\n".join(articles),
    )


def anchor(name: str) -> str:
    """Return what a page is called in the document: page-03_momentum."""
    return f"page-{name}"


def _own(tag: str, page: str, names: list[str]) -> str:
    """Return a tag of one page with names and addresses that are unique in the book."""

    def led(found: re.Match[str]) -> str:
        address = html.unescape(found[1])
        if re.match(r"(https?|mailto):", address):
            return found[0]
        place = ADDRESS.fullmatch(address)
        target = place and (place[1] or page)
        if target not in names:  # a file: it is not in the PDF
            return ""
        return f' href="#{anchor(target)}{f"--{html.escape(place[2])}" if place[2] else ""}"'

    tag = re.sub(r' id="([^"]*)"', lambda found: f' id="{anchor(page)}--{found[1]}"', tag)
    return re.sub(r' href="([^"]*)"', led, tag).replace(' loading="lazy"', "")


def _finish(raw: Path, path: Path, title: str, author: str, known: list[str]) -> None:
    """Write a PDF of Chromium's half as large, with its bookmarks in sight, each chapter's folded; check its title."""
    import pikepdf  # not needed by a build without Chromium

    spaced = {"".join(heading.split()): heading for heading in known}

    def space(items: list[pikepdf.OutlineItem]) -> None:
        for item in items:  # Chromium loses the space at the end of a line
            item.title = spaced.get("".join(item.title.split()), item.title)
            space(item.children)

    pikepdf.settings.set_flate_compression_level(9)
    with pikepdf.open(raw) as pdf:
        if str(pdf.docinfo.get("/Title", "")) != title:
            raise ValueError("the PDF was printed before all experiments were drawn")
        pdf.docinfo["/Author"] = author
        for name in ("/Creator", "/CreationDate", "/ModDate"):  # of a browser; and the same pages give the same file
            del pdf.docinfo[name]
        pdf.Root.PageMode = pikepdf.Name.UseOutlines
        with pdf.open_outline() as outline:
            for item in outline.root:
                item.is_closed = True
            space(outline.root)
        pdf.save(
            path,
            object_stream_mode=pikepdf.ObjectStreamMode.generate,
            recompress_flate=True,
            deterministic_id=True,
        )
