"""The benchmark of exercises in the page: a stopped process goes on, and every chapter has an exercise there."""

import pytest
from playwright.sync_api import sync_playwright

from benchmarks import inpage, site

COUNT = "async () => { const end = performance.now() + 300; let n = 0; while (performance.now() < end) n++; return n; }"


@pytest.mark.browser
def test_a_page_is_slowed_and_then_goes_on():
    try:
        executable = site.find_chromium()
    except SystemExit:
        pytest.skip("NO BROWSER")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        page = browser.new_page()
        page.goto("data:text/html,<title>t</title>")
        page.evaluate(COUNT)
        fast = max(page.evaluate(COUNT) for _ in range(3))  # other work on the machine slows it, too
        with inpage.slowed(browser, 20):
            slow = min(page.evaluate(COUNT) for _ in range(3))
        assert slow < fast
        assert page.evaluate("1 + 1") == 2
        browser.close()
