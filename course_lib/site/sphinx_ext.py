"""The book's Sphinx extension: execution that sees the library, assets, page heads, accessibility.

All features of the site beyond Jupyter Book's are here.
"""

import functools
import html
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pybtex.plugin
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.config import Config

from course_lib import chapters, explore, inpage, questions
from course_lib.explore.page import STATIC_DIR
from course_lib.explore.sources import digest

from . import again, exercises, katex, matrix, search, stylesheet, terms, thumbnails
from .assets import TEMPLATES, WEB, Assets, place_images
from .execution import cache_folder, pins
from .keys import every_file

SITE = Path(__file__).parent
LIBRARY = SITE.parent

#: The address of the finished site, if known (set by the deploying workflow).
SITE_URL = "COURSE_SITE_URL"

DESCRIPTION = (
    "An interactive textbook on training neural networks: drag a slider, watch the algorithm behave, "
    "read the five lines that did it, then write them yourself."
)


# -- before the pages are read ------------------------------------------------------------------


def prepare(app: Sphinx, config: Config) -> None:
    """Prepare the files that every page loads, and the folders kept between builds, of outputs and tables."""
    cache = cache_folder(app)
    static, tables = cache / "static", cache / "tables"
    shutil.rmtree(static, ignore_errors=True)
    folders = [static / name for name in ("explore", "questions", "inpage", "matrix")]
    for folder in (*folders, tables / "explore"):
        folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(terms.SCRIPT, static)
    shutil.copytree(katex.FOLDER, static / "katex", ignore=shutil.ignore_patterns("*.js"))
    experiments = chapters.started()
    here = {path.stem for path in Path(app.srcdir, "book").iterdir()}
    of_pages = {place: one for place, one in experiments.items() if one.page in here}
    app.course_pictures = thumbnails.write(of_pages, static / thumbnails.FOLDER)
    for name, text in questions.on_demand().items():
        (static / "questions" / name).write_text(text, encoding="utf-8")
    (static / "matrix" / "live.js").write_text(matrix.live(), encoding="utf-8")
    assets = {
        **{f"explore/{name}": text for name, text in explore.site_assets(experiments.values()).items()},
        **{f"questions/{name}": text for name, text in questions.site_assets().items()},
        **{f"inpage/{name}": text for name, text in inpage.site_assets().items()},
    }
    # If the first changes, all pages are read again, as they contain docstrings; if the second does, written again.
    config.course_library_hash = digest(every_file(), pins(app))
    own = [*SITE.glob("*.py"), *SITE.glob("*.js"), *TEMPLATES.iterdir(), *WEB.iterdir()]
    own += [path for folder in config.html_static_path for path in (Path(app.confdir) / folder).glob("*.css")]
    frame = [path.read_text(encoding="utf-8") for path in sorted(own)]
    config.course_assets_hash = digest([], *assets.values(), *frame)
    sheets = [text for name, text in assets.items() if name.endswith(".css")]
    for sheet in [*sheets, *(path.read_text(encoding="utf-8") for path in own if path.suffix == ".css")]:
        stylesheet.refuse_has(sheet)
    for name, text in assets.items():
        (static / name).write_text(text, encoding="utf-8")
        if name.endswith(".css"):
            app.add_css_file(name, priority=950)
        else:
            app.add_js_file(name)

    config.templates_path = [str(TEMPLATES), *config.templates_path]
    config.html_static_path = [*config.html_static_path, str(WEB), str(static), str(tables)]
    os.environ[STATIC_DIR] = str(tables / "explore")  # where experiments write tables; kernels inherit both
    os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, [str(LIBRARY.parent), os.environ.get("PYTHONPATH")]))
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # small products lose by threads
    os.environ["MPLBACKEND"] = "module://matplotlib_inline.backend_inline"  # any other would omit the figures

    config.html_theme_options |= {
        "navbar_persistent": [],  # the theme's second search box
        "logo": {"text": config.project},
        "use_fullscreen_button": False,
        "search_bar_text": "Search the book",
        "footer_content_items": ["copyright.html", "extra-footer.html"],  # the first names the authors, too
    }
    if os.environ.get(SITE_URL):
        config.html_baseurl = os.environ[SITE_URL].rstrip("/") + "/"


# -- while the pages are written ----------------------------------------------------------------


def add_metadata(app: Sphinx, pagename: str, templatename: str, context: dict, doctree: nodes.document | None) -> None:
    """Add each page's description, the metadata of shared links, and the fallback icons."""
    tags = context.get("metatags", "")
    found = re.search(r'<meta content="([^"]*)" name="description"|name="description" content="([^"]*)"', tags)
    if found:
        text = html.unescape(found[1] or found[2])
    else:
        text = _first_words(doctree) or DESCRIPTION
        tags += _meta("name", "description", text)
    title = re.sub(r"<[^>]+>", "", context.get("title", "")) or app.config.html_title
    tags += _meta("property", "og:type", "website" if pagename == app.config.root_doc else "article")
    tags += _meta("property", "og:site_name", app.config.html_title)
    tags += _meta("property", "og:title", html.unescape(title))
    tags += _meta("property", "og:description", text)
    tags += _meta("name", "twitter:card", "summary_large_image")
    if pagename not in app.env.found_docs:
        tags += _meta("name", "robots", "noindex")  # the search, the index
    if app.config.html_baseurl:  # both need a whole address
        tags += _meta("property", "og:url", f"{app.config.html_baseurl}{pagename}.html")
        tags += _meta("property", "og:image", f"{app.config.html_baseurl}_static/card.png")
    for rel, name, size in (("icon", "favicon.ico", "32x32"), ("apple-touch-icon", "icon-180.png", "180x180")):
        tags += f'<link rel="{rel}" href="{context["pathto"]("_static/" + name, resource=True)}" sizes="{size}">\n'
    context["metatags"] = tags


def offer_launch(app: Sphinx, pagename: str, templatename: str, context: dict, doctree: nodes.document | None) -> None:
    """Remove the launch buttons from a page that is no `.ipynb`, even if it has cells: Colab cannot open it."""
    if not str(app.env.doc2path(pagename)).endswith(".ipynb"):
        buttons = context.get("header_buttons", [])
        context["header_buttons"] = [button for button in buttons if button.get("label") != "launch-buttons"]


def _meta(kind: str, name: str, text: str) -> str:
    return f'<meta {kind}="{name}" content="{html.escape(text)}">\n'


def _first_words(doctree: nodes.document | None, least: int = 60, most: int = 160) -> str:
    for paragraph in doctree.findall(nodes.paragraph) if doctree else ():
        text = " ".join(paragraph.astext().split())
        of_text = isinstance(paragraph.parent, nodes.section) and paragraph.next_node(nodes.math) is None
        if of_text and len(text) >= least:
            return text if len(text) <= most else text[: text.rfind(" ", 0, most)] + " …"
    return ""


# -- after the pages are written ----------------------------------------------------------------

#: Faults of the theme found by axe-core, or by a content-security policy: pattern and replacement.
FIXES: list[tuple[re.Pattern[str], str]] = [
    (re.compile(r'<summary>(?=<span class="toctree-toggle")'), '<summary aria-label="Show or hide subsections">'),
    (re.compile(r'(<button class="btn search-button-field[^>]*?) aria-label="Search"'), r"\1"),
    (re.compile(r'(<div class="citation" id="[^"]*" )role="doc-biblioentry"'), r'\1role="listitem"'),
    (re.compile(r'<summary aria-label="Toggle hidden content">'), "<summary>"),  # its label says what is hidden
    (re.compile(r'(<button) onclick="window\.print\(\)"'), r"\1"),  # web/frame.js does it
    (re.compile(r'(</a>\s+<a [^>]*class="claim-check)(?=")'), r"\1 next"),  # a finger must tell neighbours apart
    (re.compile(r"(\d(?:</(?:span|a|strong)>)?) %(?=[\s<.,;:)])"), "\\1\u00a0%"),  # no line ends between
    (re.compile(r'<th class="head[^"]*"><p></p></th>'), "<td></td>"),  # an empty corner heads nothing
    (re.compile(r'<div (id="pst-primary-sidebar")'), r'<div role="navigation" aria-label="Book" \1'),
    # What may scroll within itself is reached from the keyboard; web/frame.js takes back what does not.
    (re.compile(r'(<div class="(?:highlight"><pre|pst-scrollable-table-container"))>'), r'\1 tabindex="0">'),
]

#: Pages without a document.
ADDED = {"index", "404", "search", "genindex"}
#: The name of an experiment's table or a figure's picture: after what it is of, a hash of what it depends on or holds.
HASHED = re.compile(r".+-[0-9a-f]{12}")


def finish(app: Sphinx, problem: Exception | None) -> None:
    """Fix the theme's accessibility, remove what no page needs, and write the pages at the root."""
    if problem or app.builder.format != "html":
        return
    out = Path(app.outdir)
    _remove_stale(out, cache_folder(app), app.env.found_docs)
    for page in out.rglob("*.html"):
        before = page.read_text(encoding="utf-8")
        after = place_images(fix_accessibility(before), page.parent)
        if after != before:
            page.write_text(after, encoding="utf-8")
    (out / "_static/search-index.js").write_text(search.index(app), encoding="utf-8")
    again.write_questions(out)
    exercises.write_scripts(out, cache_folder(app) / "inpage")
    app.course_assets.write(out)
    for name, text in _root_pages(app):
        (out / name).write_text(text, encoding="utf-8")
    (out / ".nojekyll").touch()  # without it, GitHub Pages omits folders that begin with _


def _remove_stale(out: Path, cache: Path, documents: set[str]) -> None:
    """Remove pages and outputs of documents that the book no longer has; tables and pictures that no page names."""
    text = ""
    for page in out.rglob("*.html"):
        name = page.relative_to(out).with_suffix("").as_posix()
        if name in documents:
            text += page.read_text(encoding="utf-8")
        elif name not in ADDED and not name.startswith("_"):
            page.unlink()
            for source in (out / "_sources").glob(f"{name}.*"):
                source.unlink()
    for outputs in (cache / "notebooks").glob("*"):
        if outputs.name not in {name.replace("/", ".") for name in documents}:
            shutil.rmtree(outputs, ignore_errors=True)
    for folder in (out / "_static/explore", cache / "tables/explore"):
        for file in [*folder.glob("*.js"), *folder.glob("*.svg")]:
            if HASHED.fullmatch(file.stem) and file.stem not in text:
                file.unlink()


def fix_accessibility(page: str) -> str:
    """Return a page of the theme with its accessibility faults fixed."""
    page = katex.keep_close(page)
    for pattern, replacement in FIXES:
        page = pattern.sub(replacement, page)
    return page


#: How deep a wrong address may lie below the book's root for its page to find the way back, where no address is set.
DEPTH = 8


def _root_pages(app: Sphinx) -> Iterator[tuple[str, str]]:
    """Yield the pages outside the theme, and what tells search engines of the others, if the address is known."""
    base = app.config.html_baseurl
    root = urlsplit(base).path if base else ""
    # The page for a wrong address is sent from anywhere: it looks for its script in every folder above.
    steps = [root] if root else ["../" * level for level in range(DEPTH)]
    scripts = "\n".join(f'<script src="{step}_static/lost.js"></script>' for step in steps)
    lost = (SITE / "404.html").read_text(encoding="utf-8")
    yield "404.html", lost.replace("{{scripts}}", scripts).replace("{{root}}", root)
    if base:
        pages = "".join(f"<url><loc>{base}{name}.html</loc></url>\n" for name in sorted(app.env.found_docs))
        yield "sitemap.xml", f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n{pages}</urlset>\n'
        yield "robots.txt", f"User-agent: *\nAllow: /\nSitemap: {base}sitemap.xml\n"
    title, first = html.escape(app.config.html_title), f"{app.config.root_doc}.html"
    yield (
        "index.html",
        f"""<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="refresh" content="0; url={first}">
<title>{title}</title>
{_meta("name", "description", DESCRIPTION)}<link rel="icon" href="_static/favicon.svg">
<main><h1>{title}</h1><p><a href="{first}">Open the book</a></p></main>
</html>
""",
    )


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the extension."""
    # For each citation pybtex would look through all installed packages for its own parts.
    pybtex.plugin.find_plugin = functools.cache(pybtex.plugin.find_plugin)
    app.setup_extension("course_lib.site.execution")
    app.setup_extension("course_lib.site.boxes")
    app.setup_extension("course_lib.site.figures")
    app.setup_extension("course_lib.site.katex")
    app.setup_extension("course_lib.site.reference")
    app.setup_extension("course_lib.site.claims")
    app.setup_extension("course_lib.site.folding")
    app.setup_extension("course_lib.site.terms")
    app.setup_extension("course_lib.site.translations")
    app.setup_extension("course_lib.site.questions")
    app.setup_extension("course_lib.site.again")
    app.setup_extension("course_lib.site.exercises")
    app.setup_extension("course_lib.site.moves")
    app.setup_extension("course_lib.site.catches")
    app.setup_extension("course_lib.site.contents")
    app.setup_extension("course_lib.site.proofs")
    app.setup_extension("course_lib.site.finder")
    app.setup_extension("course_lib.site.matrix")
    app.add_config_value("course_library_hash", "", "env", [str])
    app.add_config_value("course_assets_hash", "", "html", [str])
    app.add_css_file("fonts.css", priority=900)
    app.add_css_file("descent.css", priority=900)
    app.connect("config-inited", prepare, priority=100)
    app.connect("html-page-context", add_metadata, priority=900)
    app.connect("html-page-context", offer_launch, priority=900)  # after the theme's, at 501
    app.course_assets = Assets()
    app.connect("html-page-context", app.course_assets.take, priority=950)
    app.connect("build-finished", finish, priority=900)  # after the table of contents wrote its redirect
    return {"parallel_read_safe": True, "parallel_write_safe": True}
