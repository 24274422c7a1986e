"""Exercises in the page: the editor, its buttons, and what is said to the reader; the verdicts are made up.

Most tests use a page with one exercise of their own, in whose place of Python there is a client that knows three
answers. The rest look at the chapters as they are built.
"""

import itertools
import json
import re
from html import escape
from pathlib import Path

import nbformat
import pytest
from axe_playwright_python.sync_playwright import Axe
from bs4 import BeautifulSoup

from course_lib import chapters, inpage, questions
from course_lib.exercises import Case, Exercise, Mutant, source
from course_lib.exercises.result import Result, Status
from course_lib.inpage.assets import script, told
from course_lib.site import exercises

from .answers import STUCK
from .conftest import NUMBERED

pytestmark = pytest.mark.browser

ROOT = Path(__file__).parents[2]
DOUBLE = Exercise(
    name="double",
    page="00_numbers",
    title="Twice <as> much",
    prompt="Return twice `x`.",
    source="def double(x):\n    return 2 * x\n",
    returns=("y",),
    cases=lambda rng: [Case("a number", {}, ({"x": 3.0},))],
    hints=("How often is `x < 2` in it?", "Multiply."),
    mutants=(Mutant("half", "2 * x", "x / 2", "Half of it."),),
    explanation="Twice is `2 * x`.\n\nSo is `x + x`.",
)
START = DOUBLE.stub.strip()
LOST = "This browser keeps nothing: copy your code before you leave."
COLAB = "https://colab.example/double.ipynb"
RIGHT, WRONG = "def double(x):\n    return x + x", "def double(x):\n    return x / 2"
OPEN = "def double(x):\n    return (x"
VERDICTS = {
    text: Result("double", status, *message.split("\n"))
    for text, status, message in (
        (START, Status.NOT_ATTEMPTED, "Write it first."),
        (WRONG, Status.NOT_YET, "Half of it."),
        (RIGHT, Status.PASS, "Right for a number."),
        (OPEN, Status.NOT_YET, "Your code cannot be run: SyntaxError: '(' was never closed\n    line 2: return (x"),
    )
}
#: Two answers with a known mistake, which is not named at once.
FADED = {
    f"def double(x):\n    return {form}": Result(
        "double", Status.NOT_YET, name, f"`y` is {value}, and should be 6.", diagnoses=(name,), named=1,
        question="With `x` = 0 your answer is right: what should `x` do?",
        line=f"    the book's  2 * x\n    yours acts as  {form}",
    )
    for form, name, value in (("x * x", "A square.", 9), ("-2 * x", "A sign.", -6))
}  # fmt: skip
TOLD = {
    text: {"status": str(r.status), "html": r.html, "diagnoses": r.diagnoses, "exam": r.in_exam().html}
    | ({"stages": [r.stage(n).html for n in (1, 2, 3)]} if r.named else {})
    for text, r in {**VERDICTS, **FADED}.items()
}
#: A client without Python. `course.held = true` keeps Python from starting, until `course.release()`;
#: `course.refusal` is what starting ends with, `course.crash` what a check does.
CLIENT = f"""
course.verdicts = {json.dumps(TOLD)};
course.begun = 0;
course.inpage = {{
  async prepare() {{}},
  async begin() {{
    course.begun += 1;
    if (course.held) await new Promise((done) => {{ course.release = () => {{ course.held = false; done(); }}; }});
    if (course.refusal) throw Object.assign(new Error("no eval"), {{ policy: course.refusal === "policy" }});
  }},
  async check(exercise, text) {{
    course.checked = [exercise.name, text];
    if (course.slow) await new Promise((done) => {{ course.release = done; }});
    if (course.crash) throw new Error(course.crash);
    const known = Object.keys(course.verdicts).find((one) => one.trim() === text.trim());
    return course.verdicts[known] ?? {{ status: "NOT YET", html: "<div>Something else.</div>" }};
  }},
}};
"""
PAGE = """<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>Exercises</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,">
<link rel="stylesheet" href="look.css"><script defer src="book.js" data-inpage="{scripts}"></script>
<main class="bd-article"><h1>Exercises</h1><p><a href="#">before</a></p>
{before}<div class="cell"><div class="highlight"><pre>{code}
</pre></div></div>{after}<p><a href="#">after</a></p></main></html>"""
#: What the book's own sheet says of a page.
LOOK = """pre { margin: 0 }
body { margin: 8px; background: var(--paper); color: var(--ink) }
a { color: var(--link) }
:focus-visible { outline: 2px solid var(--link) }
:root { --paper: #fdfcf9; --ink: #22262d; --quiet: #5a606a; --line: #e2ddd1; --edge: #8b877d; --link: #0b5c94;
  --exercise: #9b4a0c; --practice: #14704c; --code-note: #656b75; --mono: monospace }
@media (prefers-color-scheme: dark) { :root { --paper: #14181f; --ink: #d8dce2; --quiet: #a0a8b3; --line: #303843;
  --edge: #77808c; --link: #8ac5f1; --exercise: #f0a777; --practice: #7fcfa5; --code-note: #98a1ad } }
"""


def write_page(folder):
    """Write the page with one exercise into a folder."""
    everywhere, asked = inpage.site_assets(), questions.site_assets()
    data = told(DOUBLE) | {"mutants": [[r.diagnosis, "", "", ""] for r in FADED.values()]}
    made = inpage.on_demand() | {"client.js": lambda: CLIENT, "ex-double.js": lambda: script(data)}
    del made["python.js"]
    (folder / "inpage").mkdir()
    for name, text in made.items():
        (folder / "inpage" / name).write_text(text(), "utf-8")
    (folder / "book.js").write_text(f"{asked['progress.js']};\n{everywhere['loader.js']}", "utf-8")
    (folder / "look.css").write_text(LOOK + everywhere["inpage.css"], "utf-8")
    page = PAGE.format(
        scripts=" ".join(f"inpage/{name}?v=0" for name in made),
        before=exercises.before(DOUBLE, "inpage/ex-double.js?v=0", COLAB),
        code=escape(START),
        after=exercises.after(DOUBLE, COLAB),
    )
    (folder / "index.html").write_text(page, "utf-8")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("exercise")
    write_page(made)
    return made


@pytest.fixture(scope="module")
def address(folder, serving):
    return serving(folder)


@pytest.fixture
def show(reading, address):
    """A function that opens the page."""
    return lambda base=None, **options: reading(
        "index.html", base=base or address, changes=True, **{"reduced_motion": "reduce"} | options
    )


def names(shown):
    """What the page has asked for, in order."""
    return [asked.split("/")[-1].split("?")[0] for asked in shown.requests]


def button(shown, name):
    return shown.get_by_role("button", name=name)


def opened(shown):
    """Click into the code; return the editor."""
    shown.locator(".ce-code").click()
    editor = shown.locator(".cm-content")
    editor.wait_for()
    return editor


def text_of(shown):
    """What stands in the editor."""
    return "\n".join(shown.locator(".cm-line").all_inner_texts()).replace("\n\n", "\n")


def write(shown, text):
    """Replace what stands in the editor."""
    shown.locator(".cm-content").focus()
    shown.keyboard.press("ControlOrMeta+a")
    shown.keyboard.insert_text(text)


def check(shown, text):
    """Write an answer, and have it checked; return what is said."""
    write(shown, text)
    button(shown, "Check").click()
    return said(shown, VERDICTS[text].paragraphs[0])


def said(shown, words):
    place = shown.locator(".ce-said", has_text=words)
    place.wait_for()
    return place.inner_text()


def solved(shown):
    """Whether a tick says so, of the present answer or of an earlier one."""
    content = "getComputedStyle(document.querySelector('.ce-actions'), '::after').content"
    return shown.evaluate(content).startswith('"✓ Solved')


def bottom(shown, selector):
    """How far the last of some elements reaches below what is seen."""
    return shown.locator(selector).last.evaluate("e => e.getBoundingClientRect().bottom - innerHeight")


def kept(shown):
    return shown.evaluate("Object.fromEntries(Object.entries(localStorage))")


# ------------------------------------------------------------------------------------------------ loading


def test_nothing_is_loaded_before_the_reader_touches_it(show):
    shown = show()
    assert names(shown) == ["index.html", "look.css", "book.js"]
    opened(shown)
    shown.wait_for_load_state("networkidle")
    assert sorted(names(shown)[3:]) == ["client.js", "editor.js", "ex-double.js", "exercise.js"]


def test_help_alone_loads_no_python(show):
    shown = show()
    button(shown, "Hint").click()
    shown.get_by_text("Hint 1 of 2 ·").wait_for()
    assert sorted(names(shown)[3:]) == ["ex-double.js", "exercise.js"]


def test_it_works_from_the_disk(show, folder):
    shown = show(base=folder.as_uri() + "/")
    opened(shown)
    assert check(shown, RIGHT).startswith("PASS · double")


def hold(shown, pattern):
    """Keep a script from arriving; return the function that lets it."""
    held = []
    shown.route(pattern, lambda route: held.append(route))
    return lambda: [route.continue_() for route in held]


@pytest.mark.parametrize("late", ["exercise.js", "editor.js"])
def test_nothing_typed_is_lost_while_it_loads(show, late):
    shown = show()
    release = hold(shown, f"**/{late}*")
    shown.locator(".ce-code").click()
    area = shown.get_by_role("textbox", name="Your Python for: Twice <as> much")
    assert area.evaluate("e => e.tagName") == "TEXTAREA" and area.evaluate("e => document.activeElement === e")
    if late == "editor.js":
        shown.wait_for_function("document.querySelector('textarea').ariaDescription")
        assert area.evaluate("e => e.value.slice(e.selectionStart, e.selectionEnd)") == "ex.todo()"
    area.evaluate("(e, start) => e.setSelectionRange(start, start + 9)", START.index("ex.todo()"))
    shown.keyboard.type("return 7")
    shown.keyboard.press("ArrowLeft")
    release()
    shown.locator(".cm-content").wait_for()
    shown.keyboard.type("+")
    assert text_of(shown) == "def double(x):\n    return +7"


def test_without_the_editor_a_text_area_does(show):
    shown = show()
    shown.route("**/editor.js*", lambda route: route.abort())
    shown.locator(".ce-code").click()
    shown.wait_for_selector("[data-ready]")
    area = shown.locator("textarea")
    area.fill(RIGHT)
    shown.keyboard.press("Shift+Enter")
    said(shown, "Right for a number.")
    assert kept(shown)["descent-draft/00_numbers/double"] == RIGHT
    button(shown, "Start again").click()
    assert area.input_value() == START
    button(shown, "Solution").click()
    assert shown.locator(".ce-answer pre").inner_text() == DOUBLE.source.strip()
    shown.console.clear()  # the script that did not arrive


def test_a_reader_who_was_offline_tries_again(show):
    shown = show()
    shown.route("**/exercise.js*", lambda route: route.abort())
    shown.locator(".ce-code").click()
    said(shown, "exercise.js cannot be loaded: try again.")
    shown.locator("textarea").fill(RIGHT)
    shown.unroute("**/exercise.js*")
    button(shown, "Check").click()
    said(shown, "Right for a number.")
    assert shown.evaluate("course.checked") == ["double", RIGHT]
    shown.console.clear()


# ------------------------------------------------------------------------------------------------ the editor


def test_a_click_opens_the_editor_where_there_is_something_to_do(show):
    shown = show()
    editor = opened(shown)
    assert text_of(shown) == START and editor.evaluate("e => document.activeElement === e")
    shown.keyboard.type("return 7")
    assert text_of(shown) == "def double(x):\n    return 7"
    assert editor.evaluate("e => ['autocapitalize', 'autocorrect', 'spellcheck'].map(a => e.getAttribute(a))") == [
        *("off", "off", "false")
    ]


def test_code_that_is_selected_to_be_copied_stays_what_it_is(show):
    shown = show()
    box = shown.locator(".ce-code pre").bounding_box()
    shown.mouse.move(box["x"] + 60, box["y"] + 20)
    shown.mouse.down()
    shown.mouse.move(box["x"] + 120, box["y"] + 20)
    shown.mouse.up()
    assert shown.evaluate("String(getSelection())") and shown.locator("textarea, .cm-editor").count() == 0


def test_a_selection_elsewhere_does_not_keep_the_code_closed(show):
    shown = show()
    shown.evaluate("getSelection().selectAllChildren(document.querySelector('h1'))")
    shown.locator(".ce-code").evaluate("code => code.click()")  # as a phone does it: what is selected stays so
    shown.locator(".cm-content").wait_for()


def test_it_is_highlighted_with_the_classes_of_the_book(show):
    shown = show()
    opened(shown)
    write(shown, 'def f(x):  # note\n    return None, "a", 1.5')
    for part, name in (("def", "k"), ("f", "nf"), ("# note", "c1"), ("None", "kc"), ('"a"', "s"), ("1.5", "m")):
        assert part in shown.locator(f".cm-line .{name}").all_inner_texts()


def test_the_keyboard_comes_in_and_out(show):
    shown = show()

    def at():
        return shown.evaluate("document.activeElement.innerText.slice(0, 6)")

    shown.get_by_role("link", name="before").focus()
    shown.keyboard.press("Tab")
    shown.locator(".cm-content").wait_for()
    shown.keyboard.press("Tab")
    assert at() == "Check", "who only comes by is not held"
    shown.keyboard.press("Shift+Tab")
    shown.keyboard.press("Shift+Tab")
    assert at() == "before"
    shown.keyboard.press("Tab")
    shown.keyboard.press("ControlOrMeta+End")
    shown.keyboard.press("Enter")
    shown.keyboard.press("Tab")
    shown.keyboard.type("y = 1")
    assert text_of(shown) == f"{START}\n        y = 1", "one more level than the line above"
    shown.keyboard.press("Shift+Tab")
    assert text_of(shown) == f"{START}\n    y = 1"
    shown.keyboard.press("Escape")
    shown.keyboard.press("Tab")
    assert at() == "Check"


def test_tab_indents_after_a_click(show):
    shown = show()
    opened(shown)
    shown.keyboard.press("Tab")
    assert text_of(shown) == START.replace("    ex", "        ex")


@pytest.mark.parametrize("keys", ["Shift+Enter", "Control+Enter"])
def test_keys_check(show, keys):
    shown = show()
    opened(shown)
    write(shown, WRONG)
    shown.keyboard.press(keys)
    said(shown, "Half of it.")
    assert text_of(shown) == WRONG and shown.evaluate("course.checked") == ["double", WRONG]


def test_what_is_written_is_kept(show):
    shown = show()
    opened(shown)
    write(shown, WRONG)
    assert kept(shown) == {"descent-draft/00_numbers/double": WRONG}
    shown.reload()
    assert shown.locator(".ce-code").inner_text().strip() == WRONG, "shown before it is touched"
    button(shown, "Check").click()
    said(shown, "Half of it.")
    opened(shown)
    assert text_of(shown) == WRONG
    write(shown, START)
    assert kept(shown) == {}, "there is nothing to keep"


DRAFT = "descent-draft/00_numbers/double"


def other_tab(shown):
    """The same page in another tab."""
    other = shown.context.new_page()
    other.goto(shown.url)
    return other


def test_two_tabs_have_one_text(show):
    shown = show()
    other = other_tab(shown)
    opened(shown)
    write(shown, WRONG)
    opened(other)
    assert text_of(other) == WRONG and kept(other) == {DRAFT: WRONG}
    write(other, RIGHT)
    shown.wait_for_function("text => document.querySelector('.cm-content').innerText === text", arg=RIGHT)
    write(other, START)
    assert text_of(shown) == RIGHT, "which starting again elsewhere does not take away"


def test_the_text_is_read_when_it_is_touched_and_written_when_it_is_changed(show):
    shown = show()
    shown.evaluate("([key, text]) => localStorage.setItem(key, text)", [DRAFT, WRONG])  # a tab hears of the others only
    opened(shown)
    assert text_of(shown) == WRONG
    shown.evaluate("([key, text]) => localStorage.setItem(key, text)", [DRAFT, RIGHT])
    button(shown, "Check").click()
    said(shown, "Half of it.")
    assert kept(shown)[DRAFT] == RIGHT, "nothing was typed"


@pytest.mark.parametrize("touched", [False, True])
def test_a_page_that_comes_back_shows_what_was_written_since(show, touched):
    shown = show()
    if touched:
        opened(shown)
    shown.evaluate("([key, text]) => localStorage.setItem(key, text)", [DRAFT, WRONG])
    shown.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }))")
    assert (text_of(shown) if touched else shown.locator(".ce-code").inner_text().strip()) == WRONG


@pytest.mark.parametrize(
    "store",
    [
        "Object.defineProperty(globalThis, 'localStorage', { get() { throw new Error('forbidden'); } })",
        "Storage.prototype.setItem = () => { throw new Error('full'); }",
    ],
    ids=["forbidden", "full"],
)
def test_a_browser_that_keeps_nothing_does_no_harm(page, address, store):
    shown = page("index.html", base=address)
    shown.add_init_script(store)
    shown.reload()
    opened(shown)
    assert "keeps nothing" not in shown.locator(".course-exercise").inner_text()
    assert check(shown, RIGHT).startswith("PASS")
    assert shown.locator("[data-passed]").count() == 1
    assert shown.get_by_role("status").first.inner_text() == LOST
    assert shown.evaluate("course.drafts.get('00_numbers', 'double')") == RIGHT, "as long as the page lives"
    write(shown, START)
    assert shown.get_by_role("status").first.inner_text() == "", "there is nothing to copy"


def test_an_older_draft_does_not_come_back_in_place_of_what_could_not_be_kept(show):
    shown = show()
    opened(shown)
    write(shown, WRONG)
    shown.evaluate("void (Storage.prototype.setItem = () => { throw new Error('full'); })")
    write(shown, RIGHT)
    shown.get_by_text(LOST).wait_for()
    shown.reload()
    assert shown.locator(".ce-code").inner_text().strip() == START


@pytest.mark.parametrize("blank", ["", " \n"])
def test_a_blank_draft_is_none(show, blank):
    shown = show()
    opened(shown)
    write(shown, WRONG)
    write(shown, blank)
    assert kept(shown) == {} and button(shown, "Start again").is_visible()
    shown.evaluate("text => localStorage.setItem('descent-draft/00_numbers/double', text)", blank)
    shown.reload()
    assert shown.locator(".ce-code").inner_text().strip() == START
    button(shown, "Check").click()
    said(shown, "Write it first.")
    assert shown.evaluate("course.checked") == ["double", START]


def test_starting_again_can_be_undone(show):
    shown = show()
    opened(shown)
    again, undo = button(shown, "Start again"), button(shown, "Undo")
    assert not again.is_visible() and not undo.is_visible()
    check(shown, WRONG)
    again.click()
    assert text_of(shown) == START and not again.is_visible() and kept(shown) == {}
    assert shown.locator(".ce-said").inner_text() == ""
    undo.click()
    assert text_of(shown) == WRONG and not undo.is_visible()
    again.click()
    shown.keyboard.press("ControlOrMeta+z")
    assert text_of(shown) == WRONG and not undo.is_visible(), "the keys do it, too"
    again.click()
    shown.keyboard.type("pass")
    assert text_of(shown) == "def double(x):\n    pass" and not undo.is_visible(), "the reader goes on"


def test_forgetting_progress_forgets_what_was_written(show):
    shown = show()
    opened(shown)
    check(shown, RIGHT)
    assert len(kept(shown)) == 2
    shown.evaluate("localStorage.setItem('mode', 'dark'); course.progress.clear()")
    assert kept(shown) == {"mode": "dark"} and shown.locator("[data-passed]").count() == 0


# ------------------------------------------------------------------------------------------------ the verdict


def test_verdicts_are_the_engines(show):
    shown = show()
    opened(shown)
    for text, result in VERDICTS.items():
        check(shown, text)
        card = BeautifulSoup(shown.locator(".ce-said").inner_html(), "html.parser")
        assert card.get_text() == BeautifulSoup(result.html, "html.parser").get_text()
        assert shown.locator(".course-check").get_attribute("data-status") == result.status
    assert shown.locator(".ce-said").get_attribute("aria-live") == "polite"


def test_a_verdict_says_that_it_is_of_an_earlier_answer(show):
    shown = show()
    opened(shown)
    earlier = "getComputedStyle(document.querySelector('.ce-said > div'), '::before').content"
    check(shown, RIGHT)
    assert shown.evaluate(earlier) == "none"
    write(shown, WRONG)
    assert shown.evaluate(earlier) == '"Before your last change:"'
    write(shown, RIGHT)
    assert shown.evaluate(earlier) == "none", "it is that answer again"
    write(shown, WRONG)
    check(shown, WRONG)
    assert shown.evaluate(earlier) == "none"


def test_a_verdict_of_what_was_taken_away_meanwhile_is_dropped(show):
    shown = show()
    opened(shown)
    write(shown, RIGHT)
    shown.evaluate("course.slow = true")
    button(shown, "Check").click()
    shown.wait_for_function("course.checked")
    button(shown, "Start again").click()
    shown.evaluate("course.slow = course.release()")
    shown.wait_for_function("!document.querySelector('[data-busy]')")
    assert shown.locator(".ce-said").inner_text() == "" and shown.locator("[data-passed]").count() == 0
    check(shown, WRONG)


def test_a_verdict_leads_to_the_solution_once_all_hints_are_given(show):
    shown = show()
    opened(shown)
    shown.evaluate("html => (course.verdicts['y'] = { status: 'NOT YET', html })", f"<div><p>{STUCK}</p></div>")
    write(shown, "y")
    button(shown, "Check").click()
    assert said(shown, "Stuck?") == STUCK
    for name in ("Hint 1 of 2", "Hint 2 of 2"):
        assert said(shown, "Stuck?") == STUCK
        button(shown, name).click()
    instead = STUCK.replace("Hint", "Solution")
    assert said(shown, instead) == instead
    write(shown, WRONG)
    check(shown, WRONG)
    write(shown, "y")
    button(shown, "Check").click()
    assert said(shown, "Stuck?") == instead


def test_an_answer_that_passes_counts_and_goes_on_counting(show):
    shown = show()
    opened(shown)
    check(shown, WRONG)
    assert not button(shown, "Why").is_visible() and shown.locator("[data-passed]").count() == 0
    check(shown, RIGHT)
    assert json.loads(kept(shown)["descent-progress"])["00_numbers"]["exercises"] == {"double": True}
    check(shown, WRONG)
    assert solved(shown) and "✓" not in button(shown, "Check").aria_snapshot(), "the verdict is another one by now"
    assert shown.evaluate("getComputedStyle(document.querySelector('.ce-actions'), '::after').content").startswith(
        '"✓ Solved before"'
    )
    shown.reload()
    assert solved(shown)
    button(shown, "Why").click()
    shown.get_by_text("So is x + x.").wait_for()
    assert button(shown, "Why").get_attribute("aria-expanded") == "true"
    button(shown, "Why").click()
    assert not shown.get_by_text("So is x + x.").is_visible()


def test_the_page_says_what_takes_long(page, address):
    shown = page("index.html", base=address)
    shown.clock.install(time=0)
    shown.clock.pause_at(1000)
    shown.evaluate("course.held = true; course.slow = true")
    waits = shown.locator(".ce-wait")

    def until(condition):  # the page's own clock stands still
        while not shown.evaluate(condition):
            shown.wait_for_load_state()

    button(shown, "Check").click()
    until("course.begun")
    shown.clock.run_for(299)
    assert waits.inner_text() == ""
    shown.clock.run_for(1)
    assert waits.inner_text() == "Python is starting …"
    shown.evaluate("course.release()")
    until("course.checked")
    assert waits.inner_text() == ""
    shown.clock.run_for(300)
    assert waits.inner_text() == "Checking …"
    shown.evaluate("course.checked = null")
    button(shown, "Check").click()  # once more is not twice
    shown.evaluate("course.release()")
    until("document.querySelector('.ce-said').textContent")
    assert waits.inner_text() == "" and shown.evaluate("course.checked") is None


def test_a_policy_that_forbids_python_is_told(show):
    shown = show()
    shown.evaluate("course.refusal = 'policy'")
    opened(shown)
    words = "Your site's policy forbids Python in the page; in JupyterLab or Colab it works."
    assert said(shown, "policy") == words
    assert shown.locator(".ce-said a").get_attribute("href") == COLAB
    button(shown, "Check").click()
    assert said(shown, "policy") == words
    button(shown, "Hint").click()
    shown.get_by_text("Hint 1 of 2 ·").wait_for()


@pytest.mark.parametrize("ended", ["refusal", "crash"])
def test_python_that_ends_is_started_anew(show, ended):
    shown = show()
    shown.evaluate(f"course.{ended} = 'It is out of <memory>'")
    opened(shown)
    write(shown, RIGHT)
    button(shown, "Check").click()
    words = {"refusal": "no eval", "crash": "It is out of <memory>"}[ended]
    assert said(shown, words) == f"{words}. Check starts Python anew."
    shown.evaluate(f"course.{ended} = null")
    button(shown, "Check").click()
    said(shown, "Right for a number.")


# ------------------------------------------------------------------------------------------------ little by little

SQUARE, SIGN = FADED


TRIES = itertools.count()


def judged(shown, text):
    """Have an answer checked, as another text than before; return which of its sentences are shown."""
    write(shown, text + " " * (1 + next(TRIES) % 2))
    return judged_again(shown)


def judged_again(shown):
    """Have what stands there checked; return which of its sentences are shown: of the difference, the question, …"""
    shown.evaluate("course.checked = null")
    button(shown, "Check").click()
    shown.wait_for_function("course.checked && !document.querySelector('[data-busy]')")
    return shown_now(shown)


def shown_now(shown):
    words = shown.locator(".ce-said").inner_text()
    signs = {
        "where": "should be",
        "question": "what should",
        "name": "A s",
        "line": "the book's",
        "more": "Change something",
    }
    return [part for part, sign in signs.items() if sign in words]


STAGES = ["where", "question", "more"], ["where", "name"], ["where", "name", "line"]


def test_checks_in_a_row_say_more_and_another_mistake_begins_anew(show):
    shown = show()
    opened(shown)
    assert [judged(shown, SQUARE), judged_again(shown), judged_again(shown)] == 3 * [STAGES[0]], "nothing was tried"
    assert [judged(shown, text) for text in (SQUARE, SQUARE, SQUARE)] == [*STAGES[1:], STAGES[2]]
    assert [judged(shown, text) for text in (SIGN, SQUARE, SQUARE)] == [STAGES[0], STAGES[0], STAGES[1]]
    check(shown, RIGHT)
    assert not shown.get_by_role("switch").is_visible(), "there is nothing to tell"
    assert judged(shown, SQUARE) == STAGES[0]


def test_a_reader_who_wants_it_is_told_at_once_on_all_pages(show):
    shown = show()
    opened(shown)
    switch = shown.get_by_role("switch", name="Name mistakes at once")
    assert not switch.is_visible()
    judged(shown, SQUARE)
    assert switch.is_visible() and not switch.is_checked()
    switch.focus()
    shown.keyboard.press("Space")
    assert switch.is_checked() and shown_now(shown) == STAGES[2]
    assert shown.evaluate("document.activeElement.role") == "switch", "the focus stays"
    assert kept(shown)["descent-tell"] == "1"
    assert judged(shown, SIGN) == STAGES[2]
    shown.reload()
    opened(shown)
    assert judged(shown, SQUARE) == STAGES[2] and switch.is_checked()
    shown.evaluate("course.progress.clear()")
    assert kept(shown)["descent-tell"] == "1", "it is a setting, no progress"
    shown.keyboard.press("Tab")
    check(shown, RIGHT)
    assert switch.is_visible(), "who has chosen it can take it back"
    judged(shown, SQUARE)
    switch.uncheck()
    assert shown_now(shown) == STAGES[0] and "descent-tell" not in kept(shown)


def test_a_browser_that_keeps_no_setting_does_no_harm(show):
    shown = show()
    shown.add_init_script("Storage.prototype.setItem = () => { throw new Error('full'); }")
    shown.reload()
    opened(shown)
    judged(shown, SQUARE)
    shown.get_by_role("switch").check()
    assert shown_now(shown) == STAGES[2] and judged(shown, SIGN) == STAGES[2]


@pytest.mark.parametrize("query", ["?exam", "?exam=1&x=2", "?x=2&exam"])
def test_an_exam_gives_the_verdict_alone(show, address, query):
    shown = show()
    shown.goto(f"{address}index.html{query}")
    page_wide, beside = shown.get_by_role("note").all_inner_texts()
    assert page_wide.startswith("Exam: on this page") and beside == "Exam: the verdict alone."
    assert shown.locator("h1").evaluate("(h1) => h1.previousElementSibling.className") == "ce-exam"
    opened(shown)
    for text in (SQUARE, SQUARE, SQUARE, WRONG, RIGHT):
        write(shown, text)
        button(shown, "Check").click()
        status = TOLD[text]["status"]
        assert said(shown, status).strip() == f"{status} · double" and shown_now(shown) == []
    write(shown, OPEN)
    button(shown, "Check").click()
    assert said(shown, "cannot be run").split("\n")[-1] == "line 2: return (x", "that it is no Python is no secret"
    names = ["Save my answers", "Check", "Start again"]
    assert [one.inner_text() for one in shown.get_by_role("button").all()] == names
    with shown.expect_download() as download:
        button(shown, "Save my answers").click()
    raw = Path(download.value.path()).read_bytes()
    nbformat.validate(nbformat.reads(raw.decode("utf-8"), as_version=4))
    cells = [(cell["tags"], cell["source"]) for cell in source.read_cells(raw, download.value.suggested_filename)]
    assert cells == [([], "import numpy as np"), (["exercise:double"], OPEN)], "as `course grade` reads it"
    assert download.value.suggested_filename == "00_numbers-exam.ipynb"
    assert "it holds 1 of 1 answers" in shown.get_by_role("note").first.inner_text()
    assert not shown.get_by_role("switch").is_visible() and solved(shown)
    check(shown, START)  # that nothing was written is no help
    shown.get_by_role("link", name="Leave the exam").click()
    shown.wait_for_url(re.compile(r"index\.html(\?x=2)?$"))
    assert shown.get_by_role("note").count() == 0 and button(shown, "Hint").is_visible(), "that page alone"
    opened(shown)
    assert not solved(shown) and text_of(shown) == START.strip(), "practice is kept apart"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("exam", [False, True])
def test_a_phone_shows_what_is_told_and_how_to_be_told(show, address, scheme, exam):
    shown = show(width=390, height=844, has_touch=True, is_mobile=True, scheme=scheme)
    if exam:
        shown.goto(f"{address}index.html?exam")
    opened(shown)
    for _ in range(3):
        write(shown, SQUARE)
        button(shown, "Check").tap()
        said(shown, "NOT YET")
        assert shown.evaluate("document.scrollingElement.scrollWidth") <= 390
        found = Axe().run(shown, options={"preload": False})
        assert found.violations_count == 0, found.generate_report()
    if not exam:
        box = shown.locator(".ce-tell label").bounding_box()
        assert box["height"] >= 44 and box["width"] >= 44
        shown.locator(".ce-tell label").tap()
        assert shown.get_by_role("switch").is_checked()


# ------------------------------------------------------------------------------------------------ help


def test_hints_come_one_by_one(show):
    shown = show()
    below = shown.locator(".ce-below")
    button(shown, "Hint 1 of 2").click()
    button(shown, "Hint 2 of 2").wait_for()
    assert below.inner_text() == "Hint 1 of 2 · How often is x < 2 in it?"
    button(shown, "Hint 2 of 2").focus()
    shown.keyboard.press("Enter")
    shown.get_by_text("That was the last one. The answer: Solution.").wait_for()
    assert "Hint 2 of 2 · Multiply." in below.inner_text()
    assert not shown.locator(".ce-hint").is_visible()
    assert shown.evaluate("document.activeElement.textContent") == "Solution", "the focus is not lost"


def test_the_solution_waits_for_a_try_or_is_asked_twice(show):
    shown = show()
    solution, answer = button(shown, "Solution"), shown.locator(".ce-answer")
    solution.click()
    shown.get_by_text("Try it first: a wrong answer is told what is wrong in it. A nudge: Hint 1 of 2.").wait_for()
    assert not answer.is_visible()
    solution.click()
    answer.wait_for()
    assert answer.locator("pre").inner_text() == DOUBLE.source.strip()
    assert answer.locator(".k").all_inner_texts() == ["def", "return"]
    assert "\n".join(shown.locator(".ce-reason p").all_inner_texts()) == "Twice is 2 * x.\nSo is x + x."
    solution.click()
    shown.locator(".ce-reason").wait_for(state="hidden")
    assert not answer.is_visible() and solution.get_attribute("aria-expanded") == "false"


def test_help_is_scrolled_to(show):
    shown = show(width=390, height=240, has_touch=True, is_mobile=True)

    def seen(name, selector):
        shown.locator(".ce-actions").evaluate("e => e.scrollIntoView({ block: 'end' })")
        button(shown, name).tap()
        shown.locator(selector).last.wait_for()
        shown.wait_for_load_state("networkidle")
        return bottom(shown, selector) <= 0

    assert seen("Hint 1 of 2", ".ce-below p:nth-child(1)")
    assert seen("Hint 2 of 2", ".ce-below p:nth-child(3)")
    assert seen("Solution", ".ce-below p:nth-child(5)")
    assert seen("Solution", ".ce-answer")
    shown.evaluate("course.progress.set('00_numbers', 'exercises', 'double', true)")
    button(shown, "Solution").tap()
    shown.locator(".ce-answer").wait_for(state="hidden")
    assert seen("Why", ".ce-reason")


def test_the_code_of_a_solution_is_not_wrapped(show):
    shown = show(width=320, height=844, has_touch=True, is_mobile=True)
    shown.evaluate("course.load('inpage/ex-double.js?v=0')")
    shown.evaluate("course.exercises.double.solution = `def double(x):\\n    return ${'x + '.repeat(20)}0`")
    button(shown, "Solution").tap()
    shown.get_by_text("Try it first").wait_for()
    button(shown, "Solution").tap()
    code = shown.locator(".ce-answer pre")
    code.wait_for()
    assert code.evaluate("e => [e.scrollWidth > e.clientWidth, e.tabIndex]") == [True, 0]
    assert shown.evaluate("document.scrollingElement.scrollWidth") <= 320
    shown.evaluate(Axe().axe_script)
    found = shown.evaluate("axe.run('.course-exercise', { preload: false, resultTypes: ['violations'] })")
    assert [v["id"] for v in found["violations"]] == []


@pytest.mark.parametrize("text", [START, WRONG], ids=["stub", "wrong"])
def test_only_an_answer_is_a_try(show, text):
    shown = show()
    opened(shown)
    check(shown, text)
    button(shown, "Solution").click()
    (shown.locator(".ce-answer") if text == WRONG else shown.get_by_text("Try it first")).wait_for()
    assert shown.locator(".ce-answer").is_visible() == (text == WRONG)


# ------------------------------------------------------------------------------------------------ everyone


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_accessible(show, scheme):
    shown = show(scheme=scheme)

    def faults():
        found = Axe().run(shown, options={"preload": False})
        return found.violations_count, found.generate_report()

    assert faults()[0] == 0, faults()[1]
    editor = opened(shown)
    assert editor.get_attribute("aria-label") == "Your Python for: Twice <as> much"
    assert "Escape, then Tab" in editor.get_attribute("aria-description")
    check(shown, WRONG)
    check(shown, RIGHT)
    for name in ("Hint", "Hint", "Solution"):
        button(shown, name).click()
    shown.locator(".ce-reason p").first.wait_for()
    assert faults()[0] == 0, faults()[1]


@pytest.mark.parametrize("width", [320, 390])
def test_a_phone_shows_it(show, width):
    shown = show(width=width, height=844, has_touch=True, is_mobile=True)
    shown.locator(".ce-code").tap()
    area = "getComputedStyle(document.querySelector('textarea, .cm-content')).fontSize"
    assert shown.evaluate(area) == "16px", "or the page would be enlarged"
    shown.locator(".cm-content").wait_for()
    assert shown.evaluate(area) == "16px"
    write(shown, f"{WRONG}  # {'a long remark ' * 5}")
    button(shown, "Check").tap()
    said(shown, "Something else.")
    assert shown.evaluate("document.scrollingElement.scrollWidth") <= width
    boxes = [one.bounding_box() for one in shown.get_by_role("button").all()]
    assert len(boxes) == 4 and all(box["height"] >= 44 and box["width"] >= 44 for box in boxes)


def test_a_long_name_does_not_widen_a_phone(show):
    shown = show(width=320, height=844, has_touch=True, is_mobile=True)
    opened(shown)
    words = f"NameError: name '{'x' * 60}' is not defined"
    shown.evaluate("html => course.verdicts['y'] = { status: 'NOT YET', html }", f"<div><p>{words}</p></div>")
    write(shown, "y")
    button(shown, "Check").tap()
    assert said(shown, "NameError") == words
    assert shown.evaluate("document.scrollingElement.scrollWidth") <= 320


@pytest.mark.parametrize("touch", [True, False], ids=["touch", "mouse"])
@pytest.mark.parametrize("width", [390, 1280])
def test_nothing_moves_as_the_editor_opens(show, width, touch):
    shown = show(width=width, height=844, has_touch=touch, is_mobile=touch)
    before = button(shown, "Check").bounding_box()["y"]
    opened(shown)
    shown.wait_for_selector("[data-ready]")
    assert button(shown, "Check").bounding_box()["y"] == pytest.approx(before, abs=1)
    assert ("Tab indents" in shown.locator(".ce-keys").first.inner_text()) == (not touch)


def test_a_wrapped_line_goes_on_further_in_than_it_begins(show):
    shown = show(width=390, height=844)
    opened(shown)
    write(shown, "def double(x):\n    return " + "x + " * 30 + "0")
    first, second = shown.locator(".cm-line").last.evaluate("""line => {
      const range = document.createRange();
      range.selectNodeContents(line);
      const boxes = [...range.getClientRects()].filter((box) => box.width);
      const top = Math.min(...boxes.map((box) => box.top));
      const left = (row) => Math.min(...row.map((box) => box.left));
      return [boxes.filter((box) => box.top <= top + 5), boxes.filter((box) => box.top > top + 5)].map(left);
    }""")
    column = shown.locator(".cm-line .nf").evaluate("e => e.getBoundingClientRect().width / e.textContent.length")
    assert second - first == pytest.approx(6 * column, abs=1), "four columns of its own, and two"


def test_it_prints_as_code_alone(show):
    shown = show()
    opened(shown)
    check(shown, WRONG)
    button(shown, "Hint").click()
    shown.get_by_text("Hint 1 of 2 ·").wait_for()
    shown.emulate_media(media="print")
    assert [e for e in shown.locator(".course-exercise > *").all() if e.is_visible()] != []
    assert [
        e.get_attribute("class").split()[0] for e in shown.locator(".course-exercise > *").all() if e.is_visible()
    ] == ["cm-editor"]


# ------------------------------------------------------------------------------------------------ the built book


def cells(chapter):
    """The names of a chapter's exercises, in its order."""
    notebook = nbformat.read(ROOT / Path(chapter).with_suffix(".ipynb"), as_version=4)
    tags = [tag for cell in notebook.cells for tag in cell.metadata.get("tags", [])]
    return [tag.removeprefix("exercise:") for tag in tags if tag.startswith("exercise:")]


def test_every_exercise_of_a_chapter_is_in_its_page(site, numbered):
    soup = BeautifulSoup((site / numbered).read_text("utf-8"), "html.parser")
    found = soup.select(".course-exercise")
    here = [name for name in cells(numbered) if not chapters.exercises()[name].packages]
    assert len(found) == len(cells(numbered))
    assert [place["data-exercise"] for place in found if place.get("data-exercise")] == here
    for place, name in zip((p for p in found if p.get("data-exercise")), here, strict=True):
        assert place.select_one(".ce-code pre").text.strip() == chapters.exercises()[name].stub.strip()
        script = (site / numbered).parent / place["data-script"].split("?")[0]
        data = script.resolve().read_text("utf-8")
        assert data.startswith(f'((course.exercises ??= {{}})["{name}"]')
    launch = soup.select_one("a[title='Launch on Colab']")["href"]
    assert {place["data-colab"] for place in found if place.get("data-colab")} == {launch}


@pytest.mark.in_turn
def test_a_chapter_loads_nothing_of_it_at_first(reading, numbered):
    shown = reading(numbered, changes=True)
    shown.evaluate("document.querySelector('#exercises').scrollIntoView({ behavior: 'instant' })")
    shown.wait_for_load_state("networkidle")
    assert [one for one in shown.requests if "/inpage/" in one] == []
    shown.locator("[data-exercise] .ce-hint").first.click()
    shown.locator(".ce-below p").first.wait_for()
    loaded = [one.rpartition("/")[2].partition("?")[0] for one in shown.requests if "/inpage/" in one]
    assert loaded == ["exercise.js", f"ex-{cells(numbered)[0]}.js"]


def test_the_style_sheet_of_the_site_says_what_is_of_an_earlier_answer(page):
    """All chapters have one sheet."""
    card = page(NUMBERED[0]).locator(".ce-said").first
    card.evaluate("place => { place.innerHTML = '<div>A verdict.</div>'; place.dataset.earlier = ''; }")
    assert card.evaluate("e => getComputedStyle(e.firstChild, '::before').content") == '"Before your last change:"'


@pytest.mark.in_turn
def test_without_javascript_it_is_code_and_a_sentence(reading, numbered):
    shown = reading(numbered, java_script_enabled=False)
    place = shown.locator("[data-exercise]").first
    assert place.locator(".ce-code pre").is_visible() and not place.locator(".ce-actions, .ce-keys").first.is_visible()
    assert "With JavaScript you do it here; without, in Colab, or in JupyterLab with make lab." in place.inner_text()


def test_exercises_are_counted(page):
    first, table = page("book/index.html"), page("book/how_to_use.html")
    for chapter in NUMBERED:
        stem = Path(chapter).stem
        name, *others = (name for name in cells(chapter) if not chapters.exercises()[name].packages)
        for shown in (first, table):
            shown.evaluate("([page, name]) => course.progress.set(page, 'exercises', name, true)", [stem, name])
        counted = first.locator(f"[data-progress='{stem}']").inner_text()
        assert counted == f"You have solved 1 of {1 + len(others)} exercises."
        cell = table.locator(f".course-progress-table td[data-page='{stem}'][data-kind=exercises]")
        assert cell.inner_text() == f"1 of {1 + len(others)}"


def test_bugs_that_are_caught_are_counted_apart(page):
    shown = page("book/index.html")
    shown.evaluate("course.progress.set('04_adaptive', 'caught', 'adam', ['no correction'])")
    counted = shown.locator("[data-progress='04_adaptive']")
    assert counted.inner_text() == ""
    shown.evaluate("course.progress.set('04_adaptive', 'caught', 'adam', true)")
    assert counted.inner_text() == "You have caught every bug in 1 of 4."
    shown.evaluate("course.progress.set('04_adaptive', 'exercises', 'adam', true)")
    assert counted.inner_text() == "You have solved 1 of 4 exercises and caught every bug in 1 of 4."


# ------------------------------------------------------------------------------------------------ declarations


def test_an_exercise_that_needs_a_package_says_where_it_is_done():
    heavy = Exercise(**{**vars_of(DOUBLE), "packages": ("torch",)})
    html = exercises.before(heavy, "x.js", COLAB) + exercises.after(heavy, COLAB)
    place = BeautifulSoup(html, "html.parser").select_one(".course-exercise")
    assert (
        place.text.strip() == "This needs torch, which no page can run: do it in Colab, or in JupyterLab with make lab."
    )
    assert place.a["href"] == COLAB and not place.select("button") and "data-exercise" not in place.attrs
    assert inpage.of_exercises([heavy]) == {}


def vars_of(declared):
    return {name: getattr(declared, name) for name, field in declared.__dataclass_fields__.items() if field.init}
