"""The site under a strict content-security policy: nothing is refused, and everything works."""

import re
import threading

import pytest

from course_lib.site.serve import make_server

pytestmark = pytest.mark.browser

#: Styles within a page are allowed: every formula positions its parts so, and experiments their controls.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self'; font-src 'self'; "
    "form-action 'self'; base-uri 'none'"
)


@pytest.fixture(scope="module")
def strict(site):
    running = make_server(site, prefix="/some/where/", policy=POLICY)
    threading.Thread(target=running.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{running.server_port}/some/where/"
    running.shutdown()
    running.server_close()


def test_the_policy_is_in_force(page, strict):
    shown = page("book/index.html", base=strict)
    shown.evaluate("""() => {
        document.head.append(Object.assign(document.createElement("script"), {textContent: "window.x = 1"}));
    }""")
    assert shown.evaluate("window.x") is None
    assert [line for line in shown.console if "Content Security Policy" in line]
    shown.console.clear()


def test_a_page_works(page, strict, book_page):
    """The page fixture fails on whatever the browser refuses."""
    shown = page(book_page, base=strict)
    shown.click(".theme-switch-button")
    shown.evaluate("""async () => {
        for (let y = 0; y < document.scrollingElement.scrollHeight; y += 700) {
            scrollTo({top: y, behavior: "instant"});
            await new Promise(done => setTimeout(done, 30));
        }
    }""")
    shown.wait_for_function("!document.querySelector('.course-experiment:not([data-ready])')")
    shown.wait_for_load_state("networkidle")


def test_search_and_wrong_addresses_work(page, strict):
    shown = page("search.html?q=momentum", base=strict)
    assert shown.locator("#search-results li").count() > 3
    lost = page("book/deep/er/nowhere.html", base=strict)
    lost.wait_for_load_state("networkidle")
    assert [line for line in lost.console if "404" not in line and "lost.js" not in line] == []
    lost.click("text=first page")
    lost.wait_for_url(strict + "book/index.html")
    lost.wait_for_load_state("networkidle")
    lost.console.clear()


def test_pages_hold_no_script(site, any_page):
    text = (site / any_page).read_text(encoding="utf-8")
    assert re.findall(r"<script(?![^>]*\b(?:src=|type=\"application/json\"))[^>]*>", text) == []
    assert re.findall(r"<[^>]+\son\w+=", re.sub(r"<script.*?</script>", "", text, flags=re.S)) == []
    assert "javascript:" not in text
