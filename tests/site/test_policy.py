"""The site is served under a strict content-security policy (see conftest.py): that it is in force."""

import re

import pytest

#: What makes a program of a text.
EVALUATION = re.compile(r"(?<![.\w$])(?:eval|Function)\s*\(|set(?:Timeout|Interval)\(\s*[\"'`]")


@pytest.mark.browser
def test_the_policy_is_in_force(page):
    shown = page("book/index.html")
    shown.evaluate("""() => {
        document.head.append(Object.assign(document.createElement("script"), {textContent: "window.x = 1"}));
    }""")
    assert shown.evaluate("window.x") is None
    assert [line for line in shown.console if "Content Security Policy" in line]
    shown.console.clear()


def test_pages_hold_no_script(site, any_page):
    text = (site / any_page).read_text(encoding="utf-8")
    assert re.findall(r"<script(?![^>]*\b(?:src=|type=\"application/json\"))[^>]*>", text) == []
    assert re.findall(r"<[^>]+\son\w+=", re.sub(r"<script.*?</script>", "", text, flags=re.S)) == []
    assert "javascript:" not in text


def test_scripts_evaluate_no_text(site):
    scripts = set()
    for page in site.rglob("*.html"):
        named = re.findall(r"<script[^>]*\bsrc=\"([^\"?]+)", page.read_text(encoding="utf-8"))
        scripts |= {path for name in named if (path := (page.parent / name).resolve()).is_file()}
    assert {"book.js", "explore.js", "search.js"} <= {path.name for path in scripts}
    assert [path for path in scripts if EVALUATION.search(path.read_text(encoding="utf-8"))] == []
    assert all(map(EVALUATION.search, ("eval(x)", "a=new Function('x', y)", "setTimeout('x()', 3)")))
    assert not any(map(EVALUATION.search, ("retrieval(x)", "isFunction(x)", "setTimeout(() => x, 3)")))
