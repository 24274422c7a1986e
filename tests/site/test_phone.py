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


@pytest.mark.parametrize("folds", ["closed", "opened"])
@pytest.mark.parametrize("leave", ["reload", "back"])
def test_reader_comes_back_to_the_same_place(page, server, leave, folds):
    shown = page(CHAPTER, **PHONE)
    heading = shown.locator(HEADING).nth(-2)
    shown.evaluate("""async () => {  // as a reader would, so that every experiment has started
        for (let y = 0; y < document.scrollingElement.scrollHeight; y += 400) {
            scrollTo({top: y, behavior: "instant"});
            await new Promise(done => setTimeout(done, 20));
        }
    }""")
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
