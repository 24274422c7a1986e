"""What a reader does with a phone: leaves and comes back, opens menus, enlarges the text, touches what is small."""

from pathlib import Path

import pytest

from .conftest import NUMBERED

pytestmark = pytest.mark.browser

BOOK = Path(__file__).parents[2] / "book"
CHAPTER = f"book/{min(BOOK.glob('[0-9][0-9]_*.ipynb')).stem}.html"  # any will do
PHONE = {"width": 390, "height": 844}
HEADING = "article section section > h2"


def top(heading):
    return heading.evaluate("e => e.getBoundingClientRect().top")


def walk(shown):
    """Scroll from top to bottom: all of the page comes within 800 pixels of the screen, where it is prepared."""
    shown.evaluate("""async () => {
        const frame = () => new Promise(requestAnimationFrame);
        for (let y = 0; y < document.scrollingElement.scrollHeight; y += 1200) {
            scrollTo({top: y, behavior: "instant"});
            await frame();
            await frame();
        }
    }""")


@pytest.mark.parametrize(("leave", "folds"), [("reload", "closed"), ("back", "opened")])
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
    shown.evaluate("document.fonts.ready.then(() => new Promise(requestAnimationFrame)).then(() => null)")
    assert shown.evaluate("document.scrollingElement.scrollWidth") <= PHONE["width"]
    for button in shown.locator(".bd-header-article :is(.btn, button):visible").all():
        box = button.bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= PHONE["width"]


@pytest.mark.in_turn
@pytest.mark.parametrize("width", [320, 1280])
def test_what_scrolls_within_itself_shows_it(reading, chapter, width):
    shown = reading(chapter, width=width, height=844, changes=True)
    shown.evaluate("document.querySelectorAll('article details').forEach(box => { box.open = true; })")
    walk(shown)  # what is far from the reader is not prepared yet
    boxes = shown.locator("article :is(pre, .formula):visible").evaluate_all("""all => all.map(e => [
        e.scrollWidth > e.clientWidth + 4, getComputedStyle(e).maskImage !== "none", e.tabIndex === 0, e.innerText])""")
    assert any(wide for wide, *_ in boxes) or width > 1000
    assert [text for wide, faded, reached, text in boxes if not wide == faded == reached] == []
    shown.evaluate("""async () => {
        const wide = [...document.querySelectorAll("article :is(pre, .formula)")]
            .filter(e => e.checkVisibility() && e.scrollWidth > e.clientWidth + 4);
        for (const box of wide) box.scrollLeft = 1e6;
        while (wide.some(box => box.dataset.more !== "left")) await new Promise(requestAnimationFrame);
    }""")


def test_the_number_of_a_formula_takes_no_room_from_it(reading, chapter):
    shown = reading(chapter, width=320, height=844)
    crowded = shown.locator("div.math:has(.eqno):visible").evaluate_all("""all => all.filter(block => {
        const formula = block.querySelector(".formula"), number = block.querySelector(".eqno");
        const beside = number.getBoundingClientRect().top < formula.getBoundingClientRect().bottom - 2;
        return beside && formula.scrollWidth > formula.clientWidth + 4;
    }).map(block => block.textContent)""")
    assert crowded == []


@pytest.mark.in_turn
@pytest.mark.parametrize("width", [320, 1280])
def test_code_looks_alike_and_is_not_wrapped(reading, chapter, width):
    shown = reading(chapter, width=width, height=844)
    code = shown.locator("article :is(.highlight-python, .highlight-ipython3):not(.course-exercise *) pre")
    looks = code.evaluate_all("""all => all.map(e => {
        const { whiteSpace, overflowX, backgroundColor, fontSize, padding, borderRadius } = getComputedStyle(e);
        return [whiteSpace, overflowX, backgroundColor, fontSize, padding, borderRadius].join();
    })""")
    assert len(set(looks)) == 1, set(looks)
    assert looks[0].startswith("pre,auto,")


#: The links that a finger misses; on the way to them, what is near is prepared.
MISSED = """async all => {
  const missed = [];
  for (const link of all) {
    link.scrollIntoView({block: "center", behavior: "instant"});
    const box = link.getBoundingClientRect(), x = box.left + box.width / 2, y = box.top + box.height / 2;
    const at = (dx, dy) => link.contains(document.elementFromPoint(x + dx, y + dy));
    if (!(at(-11.5, 0) && at(11.5, 0) && at(0, -11.5) && at(0, 11.5))) missed.push(link.href);
    await new Promise(requestAnimationFrame);
  }
  await new Promise(requestAnimationFrame);
  return missed;
}"""


@pytest.mark.in_turn
def test_a_finger_finds_what_is_small(reading, chapter):
    shown = reading(chapter, **PHONE, has_touch=True, is_mobile=True, changes=True)
    marks = shown.locator("article a.claim-check:visible")
    assert marks.count()
    assert marks.evaluate_all(MISSED) == []
    buttons = shown.locator("article .copybtn:visible").evaluate_all(
        "all => all.map(e => [getComputedStyle(e).opacity, e.offsetWidth, e.offsetHeight])"
    )
    assert buttons or chapter not in NUMBERED, "each chapter has code to copy"
    assert [found for found in buttons if found[0] != "1" or min(found[1:]) < 24] == []
    for side, rows in (("secondary", "#pst-page-toc-nav a"), ("primary", "nav.bd-links li > a")):
        shown.locator(f".{side}-toggle").tap()
        heights = shown.locator(f"{rows}:visible").evaluate_all("all => all.map(e => e.getBoundingClientRect().height)")
        assert heights
        assert min(heights) >= 40
        shown.keyboard.press("Escape")


@pytest.mark.in_turn
def test_folds_in_a_row_take_little_room(reading, chapter):
    shown = reading(chapter, width=1280, height=844)
    tops = shown.evaluate("""() => [...document.querySelectorAll("div.cell > details.hide:only-child")]
        .map(fold => [fold, fold.parentElement.nextElementSibling?.querySelector(":scope > details.hide:first-child")])
        .filter(([fold, next]) => next?.checkVisibility() && fold.checkVisibility())
        .map(([fold, next]) => next.getBoundingClientRect().top - fold.getBoundingClientRect().top)""")
    assert all(30 <= step <= 48 for step in tops), tops


#: Between each experiment that is seen and its caption.
GAPS = """() => [...document.querySelectorAll("article .course-experiment + figcaption")]
    .filter(caption => caption.checkVisibility())
    .map(e => e.getBoundingClientRect().top - e.previousElementSibling.getBoundingClientRect().bottom)"""


@pytest.mark.in_turn
def test_captions_stand_at_one_distance(reading, chapter):
    """In a chapter as on the first page, which has a width of its own, so that it stays open."""
    first = reading("book/index.html", width=1280, height=800).evaluate(GAPS)
    gaps = reading(chapter, width=1280, height=844).evaluate(GAPS) + first
    assert len(gaps) > 1
    assert max(gaps) - min(gaps) < 2
