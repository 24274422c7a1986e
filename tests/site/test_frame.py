"""The frame around every page: its controls work, by pointer and from the keyboard."""

from pathlib import Path

import pytest

pytestmark = pytest.mark.browser

BOOK = Path(__file__).parents[2] / "book"
CHAPTER = f"book/{min(BOOK.glob('[0-9][0-9]_*.ipynb')).stem}.html"  # any will do
PHONE = {"width": 390, "height": 844}


def test_chosen_colours_hold_on_the_next_page_from_its_first_paint(page, server):
    shown = page("book/index.html", scheme="light")
    assert shown.evaluate("document.documentElement.dataset.theme") == "light"
    shown.click(".theme-switch-button")
    assert shown.evaluate("document.documentElement.dataset.theme") == "dark"
    # Without the deferred script: what the head alone decides.
    shown.route("**/book.js*", lambda route, _: route.fulfill(body="", content_type="text/javascript"))
    shown.goto(server + "book/glossary.html")
    assert shown.evaluate("document.documentElement.dataset.theme") == "dark"
    assert shown.locator(".theme-switch-button svg:visible").count() == 1


def test_colours_follow_the_system_until_one_is_chosen(page):
    shown = page("book/index.html", scheme="light")
    shown.emulate_media(color_scheme="dark")
    shown.wait_for_function("document.documentElement.dataset.theme === 'dark'")
    shown.click(".theme-switch-button")
    assert shown.evaluate("document.documentElement.dataset.theme") == "light"
    shown.emulate_media(color_scheme="light")
    shown.emulate_media(color_scheme="dark")
    assert shown.evaluate("document.documentElement.dataset.theme") == "light"


def test_search_opens_and_closes(page):
    shown = page("book/index.html")
    shown.click(".search-button-field")
    box = shown.locator("#pst-search-dialog")
    assert box.is_visible()
    assert box.locator("input").evaluate("e => e === document.activeElement")
    shown.keyboard.press("Escape")
    assert not box.is_visible()
    shown.keyboard.press("Control+k")
    assert box.is_visible()
    shown.mouse.click(5, 790)
    assert not box.is_visible()


def test_left_side_bar_can_be_put_away(page):
    shown = page(CHAPTER)
    bar = shown.locator("#pst-primary-sidebar")
    assert bar.is_visible()
    shown.click(".primary-toggle")
    bar.wait_for(state="hidden")
    shown.click(".primary-toggle")
    bar.wait_for(state="visible")


def test_contents_of_the_page_are_a_tap_away_on_a_phone(page):
    shown = page(CHAPTER, **PHONE, has_touch=True)
    shown.locator(".secondary-toggle").tap()
    entry = shown.locator("#pst-page-toc-nav a").last
    entry.tap()
    assert not shown.locator("#pst-secondary-sidebar-modal").is_visible()
    heading = shown.locator("article section section h2").last
    shown.wait_for_function("e => Math.abs(e.getBoundingClientRect().top) < innerHeight", arg=heading.element_handle())


def test_menus_open_one_at_a_time_and_close(page):
    shown = page(CHAPTER)
    launch, download = (shown.locator(f".dropdown-{name}-buttons") for name in ("launch", "download"))
    launch.locator("button").first.press("Enter")
    assert launch.get_by_text("Colab").is_visible()
    download.locator("button").first.press("Enter")
    assert not launch.get_by_text("Colab").is_visible()
    assert download.get_by_text(".ipynb").is_visible()
    shown.keyboard.press("Escape")
    assert not download.get_by_text(".ipynb").is_visible()
    assert download.locator("button").first.evaluate("e => e === document.activeElement")


def test_print_button_prints(page):
    shown = page(CHAPTER)
    shown.evaluate("window.print = () => { window.printed = true; }")
    shown.locator(".dropdown-download-buttons button").first.press("Enter")
    shown.click(".btn-download-pdf-button")
    assert shown.evaluate("window.printed")


def test_code_is_copied_without_its_prompt(page):
    shown = page("book/how_to_use.html", permissions=["clipboard-read", "clipboard-write"])
    block = shown.locator("div.highlight", has=shown.locator("pre")).first
    block.hover()
    block.locator("button.copybtn").click()
    copied = shown.evaluate("navigator.clipboard.readText()")
    assert copied.strip() == block.locator("pre").inner_text().strip()


def test_place_in_the_page_is_marked(page):
    shown = page(CHAPTER)
    shown.locator("article section section h2").nth(2).evaluate("e => e.scrollIntoView({block: 'start'})")
    wanted = shown.locator("#pst-page-toc-nav a").nth(2)
    shown.wait_for_function("e => e.getAttribute('aria-current') === 'true'", arg=wanted.element_handle())
    assert shown.locator("#pst-page-toc-nav a.active").count() == 1


def test_an_address_with_an_anchor_shows_its_place(page):
    shown = page(f"{CHAPTER}#summary")
    top = shown.locator("#summary").evaluate("e => e.getBoundingClientRect().top")
    assert -5 <= top < 200
