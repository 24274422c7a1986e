"""The site is served under a strict content-security policy (see conftest.py): that it is in force."""

import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from course_lib import chapters
from course_lib.site.serve import make_server

from .conftest import POLICY

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
    scripts = {path for path in scripts if path.name != "search-index.js"}  # the book's words: model.eval()
    assert [path for path in scripts if EVALUATION.search(path.read_text(encoding="utf-8"))] == []
    assert all(map(EVALUATION.search, ("eval(x)", "a=new Function('x', y)", "setTimeout('x()', 3)")))
    assert not any(map(EVALUATION.search, ("retrieval(x)", "isFunction(x)", "setTimeout(() => x, 3)")))


# -- exercises in the page: a worker from a Blob inherits the policy of its page

#: What the page for instructors tells those who deploy: with it, exercises are done in the page.
TOLD = (Path(__file__).parents[2] / "book" / "teaching.md").read_text(encoding="utf-8")
ALLOWED = " ".join(re.search(r"```text\n(default-src.*?)\n```", TOLD, re.DOTALL)[1].split())
EXERCISE = next(one for one in chapters.exercises().values() if not one.packages)


@contextmanager
def served(site: Path, policy: str) -> Iterator[str]:
    running = make_server(site, policy=policy)
    threading.Thread(target=running.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{running.server_port}/"
    running.shutdown()
    running.server_close()


def check(page, base):
    """Press *Check* under the solution of an exercise; return the opened page, and where what is said stands."""
    opened = page(f"book/{EXERCISE.page}.html", base=base)
    opened.evaluate("([page, name, text]) => course.drafts.set(page, name, text)", [
        EXERCISE.page, EXERCISE.name, EXERCISE.source])  # fmt: skip
    opened.reload()
    place = opened.locator(f"[data-exercise={EXERCISE.name}]")
    place.locator(".ce-check").click()
    return opened, place.locator(".ce-said")


@pytest.mark.browser
def test_exercises_are_done_where_the_policy_allows_it(page, site):
    with served(site, ALLOWED) as base:
        _, said = check(page, base)
        said.get_by_text("PASS").wait_for(timeout=60_000)


@pytest.mark.browser
@pytest.mark.parametrize(
    "policy",
    [POLICY, ALLOWED.replace(" 'unsafe-eval'", "")],
    ids=["no worker from a Blob", "no program made of text"],
)
def test_where_the_policy_forbids_them_that_is_said(page, site, policy):
    with served(site, policy) as base:
        opened, said = check(page, base)
        said.get_by_text("policy forbids").wait_for(timeout=60_000)
        assert "JupyterLab" in said.inner_text()
        opened.console.clear()  # the browser tells of it, too
