"""Every page in a real Chromium. The `page` fixture fails on console errors and foreign requests."""

from pathlib import Path

import pytest

pytestmark = pytest.mark.browser

BOOK = Path(__file__).parents[2] / "book"
CHAPTER = f"book/{min(BOOK.glob('[0-9][0-9]_*.ipynb')).stem}.html"  # any will do
PHONE = {"width": 390, "height": 844}


#: The formulas that leave the screen, or that are a stop of the keyboard though they need not be scrolled, or are not
#: when the reader has come to them.
FORMULAS = """async () => {
    const wrong = [], frame = () => new Promise(requestAnimationFrame);
    for (const e of document.querySelectorAll("div.math .formula")) {
        if (!e.checkVisibility()) continue;  // it waits for a question
        if (!("more" in e.dataset)) e.scrollIntoView({ block: "center", behavior: "instant" });
        for (let frames = 0; frames < 60 && !("more" in e.dataset); frames++) await frame();
        const scrolls = e.scrollWidth > e.clientWidth + 4, stops = e.getAttribute("tabindex") === "0";
        if (e.getBoundingClientRect().right > innerWidth || stops !== scrolls) wrong.push(e.textContent);
    }
    return wrong;
}"""


#: Wait until the page has its new width: experiments draw themselves anew for it, boxes say whether they scroll.
SETTLED = "async () => { for (let i = 0; i < 4; i++) await new Promise(requestAnimationFrame); }"


def test_page_opened_from_disk_fits_every_width(reading, site, server, different_page):
    """In the book's own type, with its folds open, no page scrolls sideways; long formulas do, within themselves."""
    disk = different_page != "404.html"  # which is for servers
    shown = reading(different_page, base=site.as_uri() + "/" if disk else server, changes=True, **PHONE)
    if disk:
        assert shown.locator("article h1").count() == 1 or not different_page.startswith("book/")
        assert shown.evaluate("document.fonts.check('18px \"Source Serif 4\"')")
    shown.evaluate("document.querySelectorAll('article details').forEach(fold => { fold.open = true; })")
    for width in (320, 390, 768):
        shown.set_viewport_size({"width": width, "height": 844})
        shown.evaluate(SETTLED)
        assert shown.evaluate("document.scrollingElement.scrollWidth") <= width
        assert width == 390 or shown.evaluate(FORMULAS) == [], width


@pytest.mark.parametrize(("name", "width"), [("book/index.html", 1280), (CHAPTER, 390)])
def test_nothing_jumps_while_it_is_read(page, name, width):
    """Layout shift, as browsers count it, stays under what the web's own guidance calls good.

    Measured with the type at hand, as on any page but a reader's first: how soon it arrives there is up to the
    machine's load, and the preload below is what the site can do about it.
    """
    shown = page(name, width=width, height=844)
    fonts = shown.locator("link[rel=preload][as=font]").evaluate_all("all => all.map(link => link.href)")
    assert len(fonts) == (5 if shown.locator(".katex").count() else 2), "or lines move when their type arrives"
    assert set(fonts) <= set(shown.requests)
    shown.wait_for_load_state("networkidle")
    shown.reload()
    shown.evaluate("""() => {
        window.shifts = [];
        const seen = list => window.shifts.push(...list.getEntries().filter(entry => !entry.hadRecentInput));
        new PerformanceObserver(seen).observe({type: "layout-shift", buffered: true});
    }""")
    shown.evaluate("""async () => {
        const page = document.scrollingElement;
        for (let y = 0; y < page.scrollHeight; y += 400) {
            scrollTo({top: y, behavior: "instant"});
            await new Promise(done => setTimeout(done, 60));
        }
    }""")
    assert shown.locator(".course-experiment:not([data-ready])").count() == 0, "not all of it was seen"
    shift = shown.evaluate("window.shifts.reduce((sum, entry) => sum + entry.value, 0)")
    print(f"layout shift of {name} at {width}: {shift:.4f}")
    assert shift < 0.02, shown.evaluate("""window.shifts.map(entry => [entry.value, entry.startTime,
        ...entry.sources.map(s => s.node?.className || s.node?.nodeName)].join(" "))""")


@pytest.mark.in_turn
def test_dark_page_has_no_bright_box(reading, chapter):
    shown = reading(chapter, scheme="dark")
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


@pytest.mark.parametrize("size", [{"width": 1280, "height": 800}, PHONE])
def test_what_the_book_does_is_shown_within_one_scroll(page, size):
    """The experiment on the first screen, and before the end of the second one the beginning of each proof."""
    shown = page("book/index.html", **size)
    shown.wait_for_load_state("networkidle")
    shown.reload()  # with the type at hand
    shown.wait_for_function("!document.querySelector('.course-experiment:not([data-ready])')")
    proofs = shown.locator(".proof").all()
    assert len(proofs) in (3, 4)
    for proof in proofs:
        box = proof.bounding_box()
        assert box["y"] + 30 < 2 * size["height"], proof.inner_text()
        assert box["x"] >= 0 and box["x"] + box["width"] <= size["width"]
    race = shown.locator(".course-experiment").first.bounding_box()
    if size["width"] > 1200:
        assert proofs[0].bounding_box()["x"] > race["x"] + race["width"], "beside it"
        assert proofs[-1].bounding_box()["y"] < race["y"] + race["height"]


def test_no_button_of_the_first_page_is_dead(page):
    """It has no list of its sections, and so nothing that would show one."""
    shown = page("book/index.html", **PHONE)
    assert shown.locator(".secondary-toggle").count() == shown.locator("#pst-secondary-sidebar").count() == 0


def test_text_is_set_in_the_books_own_type(page, server):
    shown = page("book/how_to_use.html")
    assert shown.evaluate("document.fonts.check('18px \"Source Serif 4\"')")
    fonts = [address for address in shown.requests if address.endswith(".woff2")]
    assert fonts
    assert all(address.startswith(server) for address in fonts)


@pytest.mark.in_turn
def test_lines_are_not_too_long(reading, chapter):
    shown = reading(chapter, width=1440, height=900)
    ems = shown.locator("article section > p").evaluate_all(
        "all => all.map(p => p.offsetWidth / parseFloat(getComputedStyle(p).fontSize))"
    )
    assert max(ems) < 42  # about 80 characters of this type


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


@pytest.mark.parametrize("missing", ["nowhere.html", "book/nowhere.html", "not/the/book/nowhere.html"])
def test_wrong_address_leads_back(page, server, missing):
    shown = page(missing)
    shown.wait_for_function("document.documentElement.dataset.root")
    shown.wait_for_load_state("networkidle")
    assert "no page at this address" in shown.inner_text("main")
    # The status is 404, as it should be, and so is that of the folders where the script is not.
    assert [line for line in shown.console if "404" not in line and "lost.js" not in line] == []
    links = shown.locator("main a").evaluate_all("all => all.map(a => a.href)")
    assert links == [server + "book/index.html", server + "search.html"]
    shown.click("text=first page")
    shown.wait_for_url(server + "book/index.html")
    shown.wait_for_load_state("networkidle")
    shown.console.clear()
    assert shown.inner_text("h1").startswith("Descent")


def test_root_leads_to_the_first_page(page, server):
    shown = page("")
    shown.wait_for_url(server + "book/index.html")


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


@pytest.mark.in_turn
def test_printing_shows_no_furniture(reading, chapter):
    shown = reading(chapter, width=1440, height=900)
    shown.emulate_media(media="print")
    for part in (".bd-sidebar-primary", ".bd-sidebar-secondary", ".prev-next-area", ".bd-header-article", ".copybtn"):
        assert not shown.locator(part).first.is_visible(), part


CONTRAST = """() => {
    const light = (text) => {
        const [r, g, b] = text.match(/[\\d.]+/g)
            .map(v => (v /= 255) <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4);
        return .2126 * r + .7152 * g + .0722 * b;
    };
    const own = e => [...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim());
    return [...document.querySelectorAll("article *")].filter(e => own(e) && e.checkVisibility())
        .filter(e => !e.closest("svg"))
        .map(e => [1.05 / (light(getComputedStyle(e).color) + .05), e.textContent.slice(0, 40)]);
}"""


@pytest.mark.in_turn
def test_paper_is_white_also_from_a_dark_screen(reading, chapter):
    shown = reading(chapter, scheme="dark")
    shown.emulate_media(media="print")
    assert shown.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    pale = [found for found in shown.evaluate(CONTRAST) if found[0] < (3 if found[1] in "●×" else 4.5)]  # or a sign
    assert pale == []


#: How many elements that a selector finds are visible.
VISIBLE = "all => all.filter(e => e.checkVisibility({ visibilityProperty: true }) && e.getClientRects().length).length"


@pytest.mark.in_turn
def test_paper_has_no_control_and_all_text(reading, chapter):
    shown = reading(chapter, reduced_motion="reduce", changes=True)
    shown.evaluate("dispatchEvent(new Event('beforeprint'))")
    shown.wait_for_function("!document.querySelector('.course-experiment:not([data-ready])')")
    shown.emulate_media(media="print")
    assert shown.locator("article details:not([open], .cx-yours)").count() == 0
    for part in (".cx-cover", ".cx-time", ".cx-controls", ".cx-yours", ".course-experiment input"):
        assert shown.locator(part).evaluate_all(VISIBLE) == 0, part
    shown.evaluate("dispatchEvent(new Event('afterprint'))")
    assert shown.locator("article details[data-printed]").count() == 0


def test_what_is_unfolded_for_paper_is_printed_at_once(page):
    """It would be blank: it fades in, and is printed as it begins to."""
    shown = page(CHAPTER)
    shown.emulate_media(media="print")
    shown.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert shown.locator("article details[data-printed]").count() > 0
    assert shown.evaluate("document.getAnimations().filter(a => a.effect.target.closest('details')).length") == 0


@pytest.mark.in_turn
def test_pages_of_paper_are_not_half_empty(reading, chapter):
    """What may not be divided is at most half a page high: 297 mm less the margins, at 96 dots an inch."""
    shown = reading(chapter, width=672, height=986)
    shown.emulate_media(media="print")
    for _ in range(100):  # panels are drawn anew for the paper's width
        tall = shown.evaluate("""() => [...document.querySelectorAll("article *")].filter(e =>
            getComputedStyle(e).breakInside === "avoid" && e.getBoundingClientRect().height > 986 / 2)
            .map(e => e.tagName + "." + e.getAttribute("class"))""")
        if not tall:
            return
        shown.wait_for_timeout(50)
    assert tall == []


@pytest.mark.in_turn
def test_without_javascript_nothing_waits(reading, chapter):
    shown = reading(chapter, java_script_enabled=False)
    for height, text in shown.locator(".course-experiment").evaluate_all(
        "all => all.map(e => [e.getBoundingClientRect().height, e.textContent])"
    ):
        assert height < 200
        assert "JavaScript" in text
    for dead in (".theme-switch-button", ".search-button-field", ".sidebar-toggle", ".dropdown-toggle"):
        assert shown.locator(dead).evaluate_all(VISIBLE) == 0, dead


FOCUS = """() => {
    const look = e => {
        const s = getComputedStyle(e);
        return [s.outlineStyle, s.outlineWidth, s.outlineColor, s.boxShadow].join();
    };
    const parts = e => [e, e.nextElementSibling, e.parentElement, ...e.children].filter(Boolean);
    const all = [...document.querySelectorAll("a[href], button, input, select, summary, [tabindex='0']")]
        .filter(e => !e.matches(".ce-code")); // an exercise's code becomes an editor
    return all.filter(e => e.checkVisibility({visibilityProperty: true})).filter(e => {
        const before = parts(e).map(look);
        e.focus({focusVisible: true, preventScroll: true});
        const same = document.activeElement === e && parts(e).map(look).every((now, i) => now === before[i]);
        e.blur();
        return same;
    }).map(e => e.outerHTML.slice(0, 90));
}"""


@pytest.mark.parametrize("name", ["book/index.html", "book/glossary.html", "search.html?q=momentum", CHAPTER])
def test_whatever_has_the_focus_shows_it(page, name):
    shown = page(name, reduced_motion="reduce")
    shown.keyboard.press("Shift")  # the reader is at the keyboard
    for scheme in ("light", "dark"):
        shown.emulate_media(color_scheme=scheme)
        shown.wait_for_function(f"document.documentElement.dataset.theme === '{scheme}'")
        assert shown.evaluate(FOCUS) == [], scheme
