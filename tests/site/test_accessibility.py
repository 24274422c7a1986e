"""Every page against axe."""

import pytest
from axe_playwright_python.base import AxeResults
from axe_playwright_python.sync_playwright import Axe

from ..whole import WHOLE
from .conftest import DIFFERENT

pytestmark = pytest.mark.browser

#: Mark where text stands, twice for each way that it can look, in case one is covered; return how many were marked.
#: What contrast depends on decides: a page of the reference has ten thousand elements, of some twenty looks.
MARK = """() => {
    const known = new Map(), seen = new Map();
    const layer = ({ background, opacity, filter }) => [background, opacity, filter].join();
    const nothing = layer(getComputedStyle(document.head));
    const visible = {visibilityProperty: true, opacityProperty: true}, link = e => e.closest("a");
    const behind = e => {
        if (!e) return "";
        if (!known.has(e)) {
            const own = layer(getComputedStyle(e));
            known.set(e, behind(e.parentElement) + (own === nothing ? "" : own));
        }
        return known.get(e);
    };
    const look = e => {
        const { color, fontSize, fontWeight, textShadow } = getComputedStyle(e), a = link(e);
        const told = a && [a, a.parentElement].map(getComputedStyle)
            .map(s => [s.color, s.fontWeight, s.textDecoration, s.borderBottom]);
        return [behind(e), color, parseFloat(fontSize) > 18, fontWeight, textShadow, told].join();
    };
    const holdsText = e => e.matches("input, select, textarea")
        || [...e.childNodes].some(node => node.nodeType === Node.TEXT_NODE && node.data.trim());
    for (const e of document.body.querySelectorAll("*")) {
        e.removeAttribute("data-marked");
        if (holdsText(e) && e.checkVisibility(visible) && e.offsetWidth !== 1) {
            const count = seen.get(look(e)) ?? 0;
            seen.set(look(e), count + 1);
            if (count < 2) [e, link(e)].forEach(marked => marked?.setAttribute("data-marked", ""));
        }
    }
    return document.querySelectorAll("[data-marked]").length;
}"""

#: Take the boxes out of formulas of which none is marked: a third of a chapter's elements, hidden from who listens.
LIGHTEN = """() => {
    for (const boxes of document.querySelectorAll(".katex-html:not(:has([data-marked]))")) {
        boxes.style = `display: inline-block; width: ${boxes.getBoundingClientRect().width}px`;
        boxes.replaceChildren();
    }
}"""

#: Ask the two rules about colours only where MARK has been.
AT_MARKS = """() => axe.configure({rules: [
    {id: "color-contrast", selector: "[data-marked]"},
    {id: "link-in-text-block", selector: "a[href][data-marked]"},
]})"""


def check(shown, **options):
    # Its preload would look for the theme's imports in a wrong folder; and what passes needs no description.
    options = {"preload": False, "resultTypes": ["violations"], **options}
    found = AxeResults(shown.evaluate("options => axe.run(options)", options))
    assert found.violations_count == 0, found.generate_report()


def test_page_is_accessible(reading, different_page):
    """Nothing but colours differs between the light page and the dark one, of which every third is looked at."""
    shown = reading(different_page, reduced_motion="reduce", changes=True)
    shown.evaluate(Axe().axe_script)
    shown.evaluate(AT_MARKS)
    assert shown.evaluate(MARK) > 1
    shown.evaluate(LIGHTEN)
    check(shown)
    if not WHOLE and DIFFERENT.index(different_page) % 3:
        return
    shown.emulate_media(color_scheme="dark")
    if different_page != "404.html":
        shown.wait_for_function("document.documentElement.dataset.theme === 'dark'")
    shown.evaluate(MARK)
    check(shown, runOnly={"type": "rule", "values": ["color-contrast", "link-in-text-block"]})
