"""Every page against axe. Two classes, so that two processes share the work."""

import pytest
from axe_playwright_python.sync_playwright import Axe

pytestmark = pytest.mark.browser


def check(page, name, scheme, **options):
    shown = page(name, scheme=scheme, reduced_motion="reduce")
    if name != "404.html":
        assert shown.evaluate("document.documentElement.dataset.theme") == scheme
    shown.evaluate("document.fonts.ready")
    # Its preload would look for the theme's imports in a wrong folder; and what passes needs no description.
    found = Axe().run(shown, options={"preload": False, "resultTypes": ["violations"], **options})
    assert found.violations_count == 0, found.generate_report()


class TestLight:
    def test_page_is_accessible(self, page, any_page):
        check(page, any_page, "light")


class TestDark:
    def test_colours_are_accessible(self, page, any_page):
        """Nothing but colours differs from the light page."""
        rules = ["color-contrast", "link-in-text-block"]
        check(page, any_page, "dark", runOnly={"type": "rule", "values": rules})
