"""Every page in a real Chromium. The `page` fixture fails on console errors and foreign requests."""

import re
from pathlib import Path

import pytest

pytestmark = pytest.mark.browser

BOOK = Path(__file__).parents[2] / "book"
CHAPTER = f"book/{min(BOOK.glob('[0-9][0-9]_*.ipynb')).stem}.html"  # any will do
PHONE = {"width": 390, "height": 844}


@pytest.mark.parametrize("width", [320, 390, 768])
def test_no_sideways_scroll(page, any_page, width):
    shown = page(any_page, width=width, height=844)
    shown.wait_for_timeout(300)
    assert shown.evaluate("document.scrollingElement.scrollWidth") <= width


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("name", ["book/index.html", CHAPTER])
def test_nothing_jumps_while_it_is_read(page, name, width):
    """Layout shift, as browsers count it, stays under what the web's own guidance calls good.

    Measured with the type at hand, as on any page but a reader's first: how soon it arrives there is up to the
    machine's load, and the preload below is what the site can do about it.
    """
    shown = page(name, width=width, height=844)
    assert shown.locator("link[rel=preload][as=font]").count() == 2, "or lines move when their type arrives"
    shown.wait_for_load_state("networkidle")
    shown.reload()
    shown.evaluate("""() => {
        window.shifts = [];
        const seen = list => window.shifts.push(...list.getEntries().filter(entry => !entry.hadRecentInput));
        new PerformanceObserver(seen).observe({type: "layout-shift", buffered: true});
    }""")
    shown.evaluate("""async () => {
        const page = document.scrollingElement;
        for (let y = 0; y < page.scrollHeight; y += 200) {
            scrollTo({top: y, behavior: "instant"});
            await new Promise(done => setTimeout(done, 60));
        }
    }""")
    assert shown.locator(".course-experiment:not([data-ready])").count() == 0, "not all of it was seen"
    shift = shown.evaluate("window.shifts.reduce((sum, entry) => sum + entry.value, 0)")
    print(f"layout shift of {name} at {width}: {shift:.4f}")
    assert shift < 0.1, shown.evaluate("""window.shifts.map(entry => [entry.value, entry.startTime,
        ...entry.sources.map(s => s.node?.className || s.node?.nodeName)].join(" "))""")


def test_dark_page_has_no_bright_box(page, chapter):
    shown = page(chapter, scheme="dark")
    bright = shown.evaluate("""() => [...document.querySelectorAll("article *")].filter(e => {
        const c = getComputedStyle(e).backgroundColor.match(/[\\d.]+/g).map(Number);
        return !(c.length > 3 && c[3] < .2) && c[0] + c[1] + c[2] > 500 && e.getBoundingClientRect().width > 60;
      }).map(e => e.tagName + "." + e.className)""")
    assert bright == []


def test_reader_can_switch_the_colours(page):
    shown = page("book/index.html", scheme="light")
    seen = set()
    for _ in range(3):
        shown.locator("button.theme-switch-button:visible").first.click()
        seen.add(shown.evaluate("document.documentElement.dataset.mode"))
    assert seen == {"auto", "light", "dark"}


@pytest.mark.parametrize("size", [{"width": 1440, "height": 900}, PHONE])
def test_landing_page_moves_above_the_fold(page, size):
    shown = page("book/index.html", **size)
    box = shown.locator(".course-experiment").first.bounding_box()
    assert box["y"] < 0.42 * size["height"]
    plot = shown.locator(".course-experiment svg").first.bounding_box()
    assert plot["y"] + plot["height"] <= size["height"]


def test_text_is_set_in_the_books_own_type(page, server):
    shown = page("book/how_to_use.html")
    shown.evaluate("document.fonts.ready")
    assert shown.evaluate("document.fonts.check('18px \"Source Serif 4\"')")
    fonts = [address for address in shown.requests if address.endswith(".woff2")]
    assert fonts
    assert all(address.startswith(server) for address in fonts)


def test_lines_are_not_too_long(page, chapter):
    shown = page(chapter, width=1440, height=900)
    ems = shown.locator("article section > p").evaluate_all(
        "all => all.map(p => p.offsetWidth / parseFloat(getComputedStyle(p).fontSize))"
    )
    assert max(ems) < 42  # about 80 characters of this type


@pytest.mark.parametrize("term", ["nesterov", "ravine"])
def test_search_finds_a_term(page, term):
    shown = page(f"search.html?q={term}")
    shown.wait_for_selector("#search-results ul.search li a")
    found = shown.locator("#search-results ul.search li a").evaluate_all("links => links.map(link => link.pathname)")
    assert any(re.search(r"/book/\d\d_\w+\.html$", path) for path in found)
    shown.wait_for_load_state("networkidle")


def test_search_is_reached_from_the_keyboard(page):
    shown = page(CHAPTER)
    shown.keyboard.press("Control+k")
    box = shown.locator("#pst-search-dialog input[type=search]")
    box.wait_for(state="visible")
    box.fill("momentum")
    box.press("Enter")
    shown.wait_for_url("**/search.html?q=momentum")
    shown.wait_for_selector("#search-results ul.search li a")
    shown.wait_for_load_state("networkidle")


def test_long_formula_scrolls_within_itself(page, book_page):
    shown = page(book_page, **PHONE)
    for formula in shown.locator("div.math .formula").all():
        assert formula.evaluate("e => e.getBoundingClientRect().right") <= PHONE["width"]
        assert formula.get_attribute("tabindex") == "0"


@pytest.mark.parametrize("missing", ["nowhere.html", "book/nowhere.html", "book/deep/er/nowhere.html"])
def test_wrong_address_leads_back(page, server, missing):
    shown = page(missing)
    assert "no page at this address" in shown.inner_text("main")
    assert [line for line in shown.console if "404" not in line] == []
    shown.console.clear()  # the status is 404, as it should be
    shown.click("text=first page")
    assert shown.url == server + "book/index.html"
    assert shown.inner_text("h1").startswith("Descent")


def test_root_leads_to_the_first_page(page, server):
    shown = page("")
    shown.wait_for_url(server + "book/index.html")


def test_pages_open_from_disk(page, site, book_page):
    shown = page(book_page, base=site.as_uri() + "/")
    shown.evaluate("document.fonts.ready")
    assert shown.locator("article h1").count() == 1
    assert shown.evaluate("document.fonts.check('18px \"Source Serif 4\"')")


def test_search_works_from_disk(page, site):
    shown = page("search.html?q=nesterov", base=site.as_uri() + "/")
    shown.get_by_text("Search finished").wait_for()
    assert shown.locator("#search-results ul.search li a").count() >= 3


def test_phone_has_the_book_one_tap_away(page):
    shown = page(CHAPTER, **PHONE, has_touch=True)
    shown.locator("button.primary-toggle").tap()
    link = shown.locator("nav.bd-links a", has_text="Notation")
    link.wait_for(state="visible")
    link.tap()
    shown.wait_for_url("**/book/notation.html")


def test_printing_shows_no_furniture(page, chapter):
    shown = page(chapter)
    shown.emulate_media(media="print")
    for part in (".bd-sidebar-primary", ".prev-next-area", ".bd-header-article"):
        assert not shown.locator(part).first.is_visible(), part
