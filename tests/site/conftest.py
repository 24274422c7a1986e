"""The built site, a server of it under a sub-path, and a real Chromium that notes what goes wrong."""

import contextlib
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml
from filelock import FileLock
from playwright.sync_api import Browser, Error, Page, sync_playwright

from course_lib import chapters
from course_lib.explore import site_assets
from course_lib.explore.experiment import Experiment
from course_lib.explore.page import static_html
from course_lib.site.pdf import FLAGS, find_chromium
from course_lib.site.serve import make_server

from ..whole import WHOLE

ROOT = Path(__file__).parents[2]


def _toc_files(node) -> Iterator[str]:
    if isinstance(node, dict):
        yield from (node[key] for key in ("root", "file") if key in node)
        for value in node.values():
            yield from _toc_files(value)
    elif isinstance(node, list):
        for value in node:
            yield from _toc_files(value)


#: Every page of the book, in its order, and the pages that the site adds.
BOOK = [f"{name}.html" for name in _toc_files(yaml.safe_load((ROOT / "_toc.yml").read_text(encoding="utf-8")))]
#: The notebooks: the chapters, and the pages of practice, which have no number and not a chapter's form.
CHAPTERS = [name for name in BOOK if (ROOT / name).with_suffix(".ipynb").is_file()]
NUMBERED = [name for name in CHAPTERS if Path(name).name[0].isdigit()]
PAGES = [*BOOK, "search.html", "genindex.html", "404.html"]
#: The pages that are made from docstrings: they differ in their words alone.
MADE = [
    name
    for name in BOOK
    if (path := (ROOT / name).with_suffix(".md")).is_file() and "```{library}" in path.read_text("utf-8")
]
DIFFERENT = [name for name in PAGES if WHOLE or name not in MADE or MADE.index(name) % 3 == 0]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test that asks for `book_page`, `chapter`, `numbered`, `any_page` or `different_page` once on each.

    All tests of a module that ask for chapters see one chapter, then the next, so that they can share its pages. Of
    those that look at the frame, which is the same for all, each module takes another third: see the marker `in_turn`.
    """
    kinds = {
        "book_page": BOOK,
        "chapter": CHAPTERS,
        "numbered": NUMBERED,
        "any_page": PAGES,
        "different_page": DIFFERENT,
    }
    in_turn = metafunc.definition.get_closest_marker("in_turn") and not WHOLE
    for name, pages in kinds.items():
        if name in metafunc.fixturenames:
            some = pages[sum(metafunc.module.__name__.encode()) % 3 :: 3] if in_turn else pages
            metafunc.parametrize(name, some, scope="module")


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Path:
    """The site, built strictly, once for all of pytest-xdist's workers."""
    shared = tmp_path_factory.getbasetemp()
    if hasattr(request.config, "workerinput"):
        shared = shared.parent
    log = shared / "site-build.log"
    with FileLock(shared / "site-build.lock"):
        if not log.exists():
            done = subprocess.run(
                [sys.executable, "-m", "course_lib.cli", "site"],
                cwd=ROOT,
                text=True,
                encoding="utf-8",
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
            )
            log.write_text(f"{done.returncode}\n{done.stdout}", encoding="utf-8")
    status, text = log.read_text(encoding="utf-8").split("\n", 1)
    if status != "0":
        pytest.fail(f"the book does not build:\n{text[-6000:]}", pytrace=False)
    return ROOT / "_build" / "html"


#: What the served site keeps to: the `page` fixture fails on whatever the browser refuses.
#: Styles within a page are allowed: every formula positions its parts so, and experiments their controls. `eval` is
#: allowed to playwright, whose `wait_for_function` needs it; that the site has none is tested in test_policy.py.
POLICY = (
    "default-src 'none'; script-src 'self' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; img-src 'self'; "
    "font-src 'self'; form-action 'self'; base-uri 'none'"
)


class Patient:
    """A server's pages wait for their own type, which on a busy machine may come too late for them."""

    def copyfile(self, source, outputfile) -> None:
        # As long as it was: the length has been sent.
        outputfile.write(source.read().replace(b"font-display:optional", b"font-display:block   "))


@pytest.fixture(scope="session")
def serving() -> Iterator[Callable[..., str]]:
    """A function that serves a folder while the tests run, with `make_server`'s options; returns its address."""
    running = []

    def serve(folder: Path, prefix: str = "/", **options) -> str:
        made = make_server(folder, prefix=prefix, **options)
        made.RequestHandlerClass = type("PatientHandler", (Patient, made.RequestHandlerClass), {})
        threading.Thread(target=made.serve_forever, daemon=True).start()
        running.append(made)
        return f"http://127.0.0.1:{made.server_port}{prefix}"

    yield serve
    for made in running:
        made.shutdown()
        made.server_close()


@pytest.fixture(scope="session")
def server(site: Path, serving: Callable[..., str]) -> str:
    """The base address of the site, under a sub-path as on a project's Pages, and under a strict policy."""
    return serving(site, prefix="/some/where/", policy=POLICY)


# Of a module and not of the session: while it lives, no other test of the process can run an event loop.
@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A real Chromium, without a window."""
    executable = find_chromium()
    if executable is None:
        pytest.skip("NO BROWSER: install Chromium, or name one in $CHROMIUM")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=executable, args=FLAGS)
        yield chromium
        chromium.close()


def new_page(browser: Browser, *, width=1280, height=800, scheme="light", **options) -> Page:
    """Return a blank page in a fresh context, which notes what goes wrong in `.console`, `.requests` and `.outside`."""
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme, **options)
    context.set_default_timeout(90_000)  # milliseconds; a machine that tests on all cores is slow at times
    new = context.new_page()
    new.console, new.requests, new.outside = [], [], []

    def asked(asking):
        new.requests.append(asking.url)
        if not asking.url.startswith((new.origin, "data:", "blob:")):
            new.outside.append(asking.url)

    context.on("request", asked)

    def logged(said):
        if said.type in {"error", "warning"} and not said.text.startswith("Failed to load resource"):
            new.console.append(said.text)

    def answered(answer):  # in place of "Failed to load resource", which does not say which
        lost = answer.url.endswith("/lost.js")  # which 404.html looks for in the folders above, one after the other
        if answer.status >= 400 and not lost:
            new.console.append(f"{answer.status}: {answer.url}")

    def failed(asking):
        if asking.failure != "net::ERR_ABORTED":  # the test has moved on: nobody waits for it
            new.console.append(f"failed: {asking.url} {asking.failure}")

    new.on("console", logged)
    new.on("response", answered)
    new.on("pageerror", lambda error: new.console.append(f"uncaught: {error}"))
    new.on("requestfailed", failed)
    return new


def lead(shown: Page, base: str, path: str, *, java_script_enabled=True, **_) -> None:
    """Lead a page to an address, and wait until it is there in its own letters."""
    shown.origin = base if base.startswith("file:") else "/".join(base.split("/")[:3]) + "/"
    shown.goto(base + path, wait_until="load")
    if java_script_enabled:
        with contextlib.suppress(Error):  # the page leads on to another one
            shown.evaluate("document.fonts.ready.then(() => null)")


def said_nothing(pages: list[Page]) -> None:
    """Fail on what pages have noted since they were last asked."""
    said = [line for shown in pages for line in shown.console]
    outside = [address for shown in pages for address in shown.outside]
    for shown in pages:
        shown.console.clear()
        shown.outside.clear()
    assert said == []
    assert outside == []


@pytest.fixture
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Callable[..., Page]]:
    """A function that opens a page of the site, in a fresh context, and returns playwright's Page.

    `page("book/index.html", width=1280, height=800, scheme="light", base=None, **context_options)`; `base` is the
    served site unless another address is given. What the pages logged and asked for is in `.console` (errors
    and warnings as text) and `.requests` (addresses). When the test ends, an error in the console, a failed
    request or one that left the site's origin fails it, unless the test emptied the list.
    """
    opened = []

    def open_page(path: str, *, base: str | None = None, **options) -> Page:
        base = base or request.getfixturevalue("server")
        opened.append(new_page(browser, **options))
        lead(opened[-1], base, path, **options)
        return opened[-1]

    yield open_page
    try:
        said_nothing(opened)
    finally:
        for new in opened:
            new.context.close()


@pytest.fixture(scope="module")
def kept(browser: Browser) -> Iterator[dict[str, Page]]:
    """What `reading` has opened: for each set of options a page, in a context that goes from address to address."""
    pages = {}
    yield pages
    for shown in pages.values():
        shown.context.close()


@pytest.fixture
def reading(browser: Browser, kept: dict[str, Page], request: pytest.FixtureRequest) -> Iterator[Callable[..., Page]]:
    """As `page`, at a third of its cost or less: the tests of a module that open pages in the same way share one.

    A test may set its width and its media, which the next one finds as they were, and otherwise only look at it. One
    that changes more says so with `changes=True`: then the page is loaded anew for the next, with nothing stored and
    no other tab. What outlives that, a clock or a script that runs before the page's own, is for `page`.
    """
    opened = []

    def open_page(path: str, *, base: str | None = None, changes=False, **options) -> Page:
        base = base or request.getfixturevalue("server")
        key = repr(sorted(options.items()))
        if key not in kept:
            kept[key] = new_page(browser, **options)
            kept[key].stands_at = None
        shown = kept[key]
        opened.append(shown)
        shown.set_viewport_size({"width": options.get("width", 1280), "height": options.get("height", 800)})
        shown.emulate_media(media="screen", color_scheme=options.get("scheme", "light"))
        if shown.stands_at != base + path:
            clear(shown)
            lead(shown, base, path, **options)
        shown.stands_at = None if changes else base + path
        return shown

    yield open_page
    said_nothing(opened)


def clear(shown: Page) -> None:
    """Take away what a test has left in a page's context."""
    for other in shown.context.pages:
        if other is not shown:
            other.close()
    shown.unroute_all()
    shown.mouse.move(0, 0)
    with contextlib.suppress(Error):  # nothing is stored for a blank page, or no script may say so
        shown.evaluate("localStorage.clear()")
    shown.requests.clear()


@pytest.fixture(scope="session")
def explore_assets() -> dict[str, str]:
    """What every page with experiments loads: file name → text."""
    return site_assets(make() for make in chapters.experiments().values())


@pytest.fixture
def exhibits(explore_assets: dict[str, str], tmp_path: Path) -> Callable[..., str]:
    """A function that writes a page of experiments, and of HTML between them, for `page`; returns its folder's address.

    Such a page needs no site to be built.
    """

    def write(*parts: Experiment | str) -> str:
        (tmp_path / "explore").mkdir()
        for name, text in explore_assets.items():
            (tmp_path / "explore" / name).write_text(text, encoding="utf-8")
        head = "".join(
            f'<link rel="stylesheet" href="explore/{name}">'
            if name.endswith(".css")
            else f'<script defer src="explore/{name}"></script>'
            for name in explore_assets
        )
        body = "\n".join(p if isinstance(p, str) else static_html(p, tmp_path / "explore") for p in parts)
        (tmp_path / "page.html").write_text(
            f'<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>Experiments</title>{head}'
            f'<meta name="viewport" content="width=device-width, initial-scale=1">'
            f'<body style="max-width: 60rem; margin: auto; padding: 8px">{body}</body></html>',
            encoding="utf-8",
        )
        return tmp_path.as_uri() + "/"

    return write
