"""What a reader does with a phone: leaves and comes back, opens menus, enlarges the text, touches what is small."""

from pathlib import Path

import pytest

pytestmark = pytest.mark.browser

BOOK = Path(__file__).parents[2] / "book"
CHAPTER = f"book/{min(BOOK.glob('[0-9][0-9]_*.ipynb')).stem}.html"  # any will do
PHONE = {"width": 390, "height": 844}
HEADING = "article section section > h2"


def top(heading):
    return heading.evaluate("e => e.getBoundingClientRect().top")


def walk(shown):
    """Scroll from top to bottom, as a reader does."""
    shown.evaluate("""async () => {
        for (let y = 0; y < document.scrollingElement.scrollHeight; y += 400) {
            scrollTo({top: y, behavior: "instant"});
            await new Promise(done => setTimeout(done, 20));
        }
    }""")


@pytest.mark.parametrize("folds", ["closed", "opened"])
@pytest.mark.parametrize("leave", ["reload", "back"])
def test_reader_comes_back_to_the_same_place(page, server, leave, folds):
    shown = page(CHAPTER, **PHONE)
    heading = shown.locator(HEADING).nth(-6)  # nearer to the end, the shorter page after a reload has no such place
    walk(shown)  # so that every experiment has started
    shown.wait_for_function("!document.querySelector('.course-experiment:not([data-ready])')")
    if folds == "opened":
        shown.evaluate("document.querySelectorAll('article details').forEach(box => { box.open = true; })")
    heading.evaluate("e => scrollTo({top: scrollY + e.getBoundingClientRect().top - 100, behavior: 'instant'})")
    assert top(heading) == pytest.approx(100, abs=2)
    shown.wait_for_timeout(300)  # browsers note the place when the scrolling has ended
    if leave == "reload":
        shown.reload()
    else:
        shown.goto(server + "book/glossary.html")
        shown.go_back()
    shown.wait_for_function("document.fonts.status === 'loaded'")
    shown.wait_for_timeout(500)
    assert top(heading) == pytest.approx(100, abs=60)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_contents_of_the_page_are_on_paper_and_close(page, scheme):
    shown = page(CHAPTER, **PHONE, scheme=scheme, has_touch=True)
    panel = shown.locator("#pst-secondary-sidebar-modal")
    paper = shown.evaluate("getComputedStyle(document.body).backgroundColor")
    for close in (lambda: shown.keyboard.press("Escape"), lambda: shown.touchscreen.tap(20, 700)):
        shown.locator(".secondary-toggle").tap()
        panel.wait_for(state="visible")
        assert panel.evaluate("e => getComputedStyle(e).backgroundColor") == paper
        for _ in range(panel.locator("a").count() + 2):
            shown.keyboard.press("Tab")
            assert shown.evaluate("document.activeElement.closest('dialog, body').id") in {
                panel.get_attribute("id"),
                "",
            }
            assert shown.evaluate("!document.activeElement.closest('article, .bd-header-article')")
        close()
        panel.wait_for(state="hidden")


@pytest.mark.parametrize("width", [320, 390])
def test_menus_stay_on_the_screen(page, width):
    shown = page(CHAPTER, width=width, height=844, has_touch=True)
    for button in shown.locator(".dropdown-toggle").all():
        button.tap()
        box = button.locator("+ .dropdown-menu").bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= width


@pytest.mark.parametrize("name", [CHAPTER, "book/index.html", "book/glossary.html", "book/optimizers.html"])
def test_text_of_twice_the_size_fits(page, name):
    shown = page(name, **PHONE)
    shown.add_style_tag(content="html { font-size: 200% !important }")
    shown.evaluate("document.fonts.ready")
    shown.wait_for_timeout(300)
    assert shown.evaluate("document.scrollingElement.scrollWidth") <= PHONE["width"]
    for button in shown.locator(".bd-header-article :is(.btn, button):visible").all():
        box = button.bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= PHONE["width"]


@pytest.mark.parametrize("width", [320, 1280])
def test_what_scrolls_within_itself_shows_it(page, chapter, width):
    shown = page(chapter, width=width, height=844)
    shown.evaluate("document.querySelectorAll('article details').forEach(box => { box.open = true; })")
    walk(shown)  # what is far from the reader is not prepared yet
    boxes = shown.locator("article :is(pre, .formula):visible").evaluate_all("""all => all.map(e => [
        e.scrollWidth > e.clientWidth + 4, getComputedStyle(e).maskImage !== "none", e.tabIndex === 0, e.innerText])""")
    assert any(wide for wide, *_ in boxes) or width > 1000
    assert [text for wide, faded, reached, text in boxes if not wide == faded == reached] == []
    shown.evaluate("""async () => {
        const wide = [...document.querySelectorAll("article :is(pre, .formula)")]
            .filter(e => e.checkVisibility() && e.scrollWidth > e.clientWidth + 4);
        for (const box of wide) {
            box.scrollLeft = 1e6;
            while (box.dataset.more !== "left") await new Promise(done => setTimeout(done, 10));
        }
    }""")


def test_the_number_of_a_formula_takes_no_room_from_it(page, chapter):
    shown = page(chapter, width=320, height=844)
    for block in shown.locator("div.math:has(.eqno):visible").all():
        formula, number = (block.locator(part).bounding_box() for part in (".formula", ".eqno"))
        beside = number["y"] < formula["y"] + formula["height"] - 2
        assert not (beside and block.locator(".formula").evaluate("e => e.scrollWidth > e.clientWidth + 4"))


@pytest.mark.parametrize("width", [390, 1280])
def test_code_looks_alike_and_is_not_wrapped(page, chapter, width):
    shown = page(chapter, width=width, height=844)
    code = shown.locator("article :is(.highlight-python, .highlight-ipython3):not(.course-exercise *) pre")
    looks = code.evaluate_all("""all => all.map(e => {
        const { whiteSpace, overflowX, backgroundColor, fontSize, padding, borderRadius } = getComputedStyle(e);
        return [whiteSpace, overflowX, backgroundColor, fontSize, padding, borderRadius].join();
    })""")
    assert len(set(looks)) == 1, set(looks)
    assert looks[0].startswith("pre,auto,")


HIT = """(link) => {
    link.scrollIntoView({block: "center", behavior: "instant"});
    const box = link.getBoundingClientRect(), x = box.left + box.width / 2, y = box.top + box.height / 2;
    const at = (dx, dy) => link.contains(document.elementFromPoint(x + dx, y + dy));
    return at(-11.5, 0) && at(11.5, 0) && at(0, -11.5) && at(0, 11.5);
}"""


def test_a_finger_finds_what_is_small(page, chapter):
    shown = page(chapter, **PHONE, has_touch=True, is_mobile=True)
    marks = shown.locator("article a.claim-check:visible").all()
    assert marks
    assert [mark.get_attribute("href") for mark in marks if not mark.evaluate(HIT)] == []
    for button in shown.locator("article .copybtn:visible").all():
        assert button.evaluate("e => getComputedStyle(e).opacity") == "1"
        assert min(button.evaluate("e => [e.offsetWidth, e.offsetHeight]")) >= 24
    for side, rows in (("secondary", "#pst-page-toc-nav a"), ("primary", "nav.bd-links li > a")):
        shown.locator(f".{side}-toggle").tap()
        heights = shown.locator(f"{rows}:visible").evaluate_all("all => all.map(e => e.getBoundingClientRect().height)")
        assert heights
        assert min(heights) >= 40
        shown.keyboard.press("Escape")


def test_folds_in_a_row_take_little_room(page, chapter):
    shown = page(chapter)
    tops = shown.evaluate("""() => [...document.querySelectorAll("div.cell > details.hide:only-child")]
        .map(fold => [fold, fold.parentElement.nextElementSibling?.querySelector(":scope > details.hide:first-child")])
        .filter(([fold, next]) => next?.checkVisibility() && fold.checkVisibility())
        .map(([fold, next]) => next.getBoundingClientRect().top - fold.getBoundingClientRect().top)""")
    assert all(30 <= step <= 48 for step in tops), tops


def test_captions_stand_at_one_distance(page, chapter):
    distance = """() => [...document.querySelectorAll("article .course-experiment + figcaption")]
        .filter(caption => caption.checkVisibility())
        .map(e => e.getBoundingClientRect().top - e.previousElementSibling.getBoundingClientRect().bottom)"""
    gaps = [gap for name in ("book/index.html", chapter) for gap in page(name).evaluate(distance)]
    assert len(gaps) > 1
    assert max(gaps) - min(gaps) < 2
