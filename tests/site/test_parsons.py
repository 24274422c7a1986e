"""A solution's lines, to be put in order: on a page with one exercise of its own, whose client knows three answers.

That the right order passes, and a wrong line is named, in every exercise: tests/inpage/test_parsons.py. The last test
does one in a chapter as it is built.
"""

import json
import threading
from html import escape

import pytest
from axe_playwright_python.sync_playwright import Axe

from course_lib import chapters, inpage, questions
from course_lib.exercises import Case, Exercise, Mutant
from course_lib.exercises.result import Result, Status
from course_lib.inpage.assets import script, told
from course_lib.site import exercises
from course_lib.site.serve import make_server

from .test_exercises import COLAB, LOOK, PAGE
from .test_policy import ALLOWED, served

pytestmark = pytest.mark.browser

LINES = ["    y = x + 1", "    if y > 2:", "        y = 2 * y", "    return y"]
WRONG = ["    if y < 2:", "    y = x - 1"]
MOVE = Exercise(
    name="move",
    page="00_numbers",
    title="Four lines",
    prompt="Move `x`.",
    source="\n".join(["def move(x):", *LINES, ""]),
    returns=("y",),
    cases=lambda rng: [Case("a number", {}, ({"x": 3.0},))],
    hints=("Add.", "Then double."),
    mutants=(
        Mutant("minus", "x + 1", "x - 1", "You subtract."),
        Mutant("below", "y > 2", "y < 2", "The other way round."),
        Mutant("not at all", "    y = x + 1\n", "    y = x\n    y = y\n", "Nothing is added."),
    ),
)
MADE = {
    "right": ("\n".join(["def move(x):", *LINES, ""]), Result("move", Status.PASS, "Right.")),
    "idle": ("\n".join(["def move(x):", *LINES[:2], LINES[3], ""]), Result("move", Status.PASS, "Right.")),
    "wrong": (
        "\n".join(["def move(x):", WRONG[1], *LINES[1:], ""]),
        Result("move", Status.NOT_YET, "You subtract.", diagnoses=("minus",)),
    ),
}
VERDICTS = {
    text: {"status": str(result.status), "html": result.html, "diagnoses": list(result.diagnoses)}
    for text, result in MADE.values()
}
CLIENT = f"""
course.verdicts = {json.dumps(VERDICTS)};
course.inpage = {{ async prepare() {{}}, async begin() {{}}, async check(exercise, text) {{
  course.checked = text;
  return course.verdicts[text] ?? {{ status: "NOT YET", html: "<div><p>Something else.</p></div>", diagnoses: [] }};
}} }};
"""
STILL = {"reduced_motion": "reduce"}


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """The address of the page."""
    folder = tmp_path_factory.mktemp("lines")
    everywhere, asked = inpage.site_assets(), questions.site_assets()
    data = told(MOVE) | {"mutants": [[m.name, m.old, m.new, m.message] for m in MOVE.mutants]}
    made = inpage.on_demand() | {"client.js": lambda: CLIENT, "ex-move.js": lambda: script(data)}
    del made["python.js"]
    (folder / "inpage").mkdir()
    for name, text in made.items():
        (folder / "inpage" / name).write_text(text(), "utf-8")
    book = [asked["progress.js"], asked["again.js"], everywhere["loader.js"]]
    (folder / "book.js").write_text(";\n".join(book), "utf-8")
    (folder / "look.css").write_text(LOOK + everywhere["inpage.css"], "utf-8")
    page = PAGE.format(
        scripts=" ".join(f"inpage/{name}?v=0" for name in made),
        before=exercises.before(MOVE, "inpage/ex-move.js?v=0", COLAB),
        code=escape(MOVE.stub.strip()),
        after=exercises.after(MOVE, COLAB),
    )
    (folder / "index.html").write_text(page, "utf-8")
    running = make_server(folder)
    threading.Thread(target=running.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{running.server_port}/"
    running.shutdown()
    running.server_close()


@pytest.fixture
def show(page, address):
    """A function that opens the page, and the lines unless it is told not to."""

    def opened(lines=True, **options):
        shown = page("index.html", base=address, **STILL | options)
        if lines:
            open_lines(shown.locator("[data-exercise]"), MOVE)
        return shown

    return opened


def open_lines(place, exercise):
    """Take all hints, and then the lines."""
    for number in range(1, len(exercise.hints) + 1):
        place.locator(".ce-hint").click()
        place.get_by_text(f"Hint {number} of {len(exercise.hints)} ·").wait_for()
    place.locator(".ce-order").click()
    place.locator(".cp-line").first.wait_for()


def line(shown, text, within=".ce-lines"):
    return shown.locator(f"{within} .cp-line[data-line={json.dumps(text)}]")


def order(shown, within=".cp-answer"):
    return shown.locator(f"{within} .cp-line").evaluate_all("all => all.map((one) => one.dataset.line)")


def live(shown):
    return shown.locator(".cp-live").inner_text()


def check(shown, words):
    shown.get_by_role("button", name="Check the order").click()
    said = shown.locator(".ce-lines .ce-said", has_text=words)
    said.wait_for()
    return said.inner_text()


# ------------------------------------------------------------------------------------------------ where it is


def test_it_comes_after_the_last_hint_and_is_loaded_when_it_is_asked_for(show):
    shown = show(lines=False)
    button = shown.get_by_role("button", name="Put the solution’s lines in order")
    shown.get_by_role("button", name="Hint").click()
    shown.get_by_text("Hint 1 of 2 ·").wait_for()
    assert button.count() == 0
    shown.get_by_role("button", name="Hint").click()
    button.wait_for()
    names = shown.locator(".ce-actions button:visible").all_inner_texts()
    assert names.index("Put the solution’s lines in order") == names.index("Solution") - 1
    assert not [one for one in shown.requests if "parsons.js" in one]
    button.click()
    shown.locator(".ce-lines").wait_for()
    assert button.get_attribute("aria-expanded") == "true"
    assert [one for one in shown.requests if "parsons.js" in one]
    assert not [one for one in shown.requests if "client.js" in one], "Python comes with the check"
    button.click()
    shown.locator(".ce-lines").wait_for(state="hidden")
    assert button.get_attribute("aria-expanded") == "false"


def test_the_lines_are_those_of_the_solution_and_two_wrong_ones(show):
    shown = show()
    offered = order(shown, ".cp-pool")
    assert sorted(offered) == sorted(LINES + WRONG) and order(shown) == []
    assert [one for one in offered if one in LINES] != LINES
    assert shown.locator(".cp-head").inner_text() == "def move(x):"
    shown.reload()
    open_lines(shown.locator("[data-exercise]"), MOVE)
    assert order(shown, ".cp-pool") == offered, "they stay as they were"


# ------------------------------------------------------------------------------------------------ putting in order


def test_by_press(show):
    shown = show()
    for text in LINES:
        line(shown, text).click()
    assert order(shown) == LINES and live(shown) == "Line 4 of 4 in your order."
    said = check(shown, "Right.")
    assert "Now write it yourself" in said
    assert shown.evaluate("course.checked") == MADE["right"][0]
    assert shown.evaluate("course.progress.get()") == {}, "it is not solved by that"
    assert shown.locator("[data-exercise]").get_attribute("data-passed") is None
    line(shown, LINES[0]).click()
    assert live(shown) == "Taken out." and order(shown) == LINES[1:]
    content = "getComputedStyle(document.querySelector('.ce-lines .ce-said > div'), '::before').content"
    assert shown.evaluate(content).startswith('"Before your last change')


def test_lines_have_numbers_and_one_that_may_be_left_out_is_named(show):
    shown = show()
    for text in (*LINES[:2], LINES[3]):
        line(shown, text).click()
    number = "(e) => getComputedStyle(e, '::after').content"
    assert shown.locator(".cp-answer .cp-line").first.evaluate(number) == "counter(line)"
    assert shown.locator(".cp-head").evaluate("(e) => getComputedStyle(e, '::before').content") == '"1"'
    check(shown, "Right.")
    idle = shown.locator(".cp-next").first.inner_text()
    assert idle == "The book’s solution also has y = 2 * y. It is right without that line, too."


def test_a_wrong_line_is_named_and_comes_not_back(show):
    shown = show()
    for text in [WRONG[1], *LINES[1:]]:
        line(shown, text).click()
    assert "You subtract." in check(shown, "You subtract.")
    assert shown.evaluate("localStorage.getItem('descent-again')") is None, "it was not the reader's own code"


def test_an_answer_of_ones_own_with_a_mistake_comes_back(show):
    shown = show(lines=False)
    shown.evaluate("text => course.drafts.set('00_numbers', 'move', text)", MADE["wrong"][0])
    shown.reload()
    shown.get_by_role("button", name="Check").click()
    shown.locator(".ce-said", has_text="You subtract.").wait_for()
    kept = json.loads(shown.evaluate("localStorage.getItem('descent-again')"))
    assert kept["00_numbers/exercises/move"]["mistakes"] == ["minus"]


def test_nothing_is_checked_before_there_is_a_line(show):
    shown = show()
    shown.get_by_role("button", name="Check the order").click()
    assert live(shown) == "Put a line into your order first."
    assert shown.evaluate("course.checked") is None


def test_by_keyboard(show):
    shown = show()
    for text in LINES[::-1]:
        line(shown, text).focus()
        shown.keyboard.press("Enter")
        assert line(shown, text).evaluate("e => e === document.activeElement"), "the focus goes along"
    assert order(shown) == LINES[::-1]
    for text, steps in ((LINES[0], 3), (LINES[1], 2), (LINES[2], 1)):
        line(shown, text).focus()
        for _ in range(steps):
            shown.keyboard.press("ArrowUp")
    assert order(shown) == [LINES[0], LINES[1], LINES[2], LINES[3]]
    assert live(shown) == "Line 3 of 4 in your order."
    shown.keyboard.press("ArrowDown")
    shown.keyboard.press("ArrowDown")
    assert live(shown) == "Line 4 of 4 in your order." and order(shown)[3] == LINES[2], "and stays at the end"
    shown.keyboard.press("Space")
    assert live(shown) == "Taken out." and len(order(shown)) == 3
    shown.keyboard.press("Tab")


def middle(box):
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_by_mouse(show):
    shown = show()
    for text in LINES[:2]:
        line(shown, text).click()

    def drag(text, to, share):
        line(shown, text).scroll_into_view_if_needed()
        x, y = middle(line(shown, text).bounding_box())
        box = to.bounding_box()
        shown.mouse.move(x, y)
        shown.mouse.down()
        shown.mouse.move(x, y + 10)
        shown.mouse.move(x, box["y"] + share * box["height"], steps=8)
        shown.mouse.up()

    drag(LINES[1], line(shown, LINES[0]), 0.2)
    assert order(shown) == [LINES[1], LINES[0]] and live(shown) == "Line 1 of 2 in your order."
    drag(LINES[3], shown.locator(".cp-answer"), 0.95)
    assert order(shown) == [LINES[1], LINES[0], LINES[3]], "from the other lines"
    drag(LINES[0], shown.locator(".cp-pool"), 0.5)
    assert order(shown) == [LINES[1], LINES[3]] and live(shown) == "Taken out."
    line(shown, LINES[0]).click()
    assert order(shown)[-1] == LINES[0], "a press is no drag"


def test_by_finger(show):
    shown = show(width=390, height=844, has_touch=True, is_mobile=True)
    for text in LINES[:3]:
        line(shown, text).tap()
    assert order(shown) == LINES[:3]
    line(shown, LINES[2]).scroll_into_view_if_needed()
    grip = line(shown, LINES[2]).locator(".cp-grip")
    assert grip.evaluate("e => getComputedStyle(e).touchAction") == "none"
    assert line(shown, LINES[2]).evaluate("e => getComputedStyle(e).touchAction") != "none", "the page scrolls there"
    (x, y), target = middle(grip.bounding_box()), line(shown, LINES[0]).bounding_box()
    touch = shown.context.new_cdp_session(shown)

    def send(kind, *points):
        touch.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [{"x": px, "y": py} for px, py in points]})

    send("touchStart", (x, y))
    for i in range(1, 9):
        send("touchMove", (x, y + (target["y"] + 4 - y) * i / 8))
    send("touchEnd")
    assert order(shown) == [LINES[2], LINES[0], LINES[1]]


# ------------------------------------------------------------------------------------------------ everyone


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_is_accessible(show, scheme):
    shown = show(scheme=scheme)
    for text in LINES:
        line(shown, text).click()
    check(shown, "Right.")
    found = Axe().run(shown, options={"preload": False})
    assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize("width", [320, 390])
def test_a_phone_shows_it(show, width):
    shown = show(width=width, height=844, has_touch=True, is_mobile=True)
    line(shown, LINES[2]).tap()
    assert shown.evaluate("document.scrollingElement.scrollWidth") <= width
    for one in [*shown.locator(".cp-line").all(), shown.get_by_role("button", name="Check the order")]:
        assert one.bounding_box()["height"] >= 44
    code = line(shown, LINES[2]).locator("code")
    code.evaluate("e => { e.textContent += ' + 1'.repeat(30); }")
    assert shown.evaluate("document.scrollingElement.scrollWidth") <= width


def test_indentation_is_seen(show):
    shown = show()
    left = "e => { const r = document.createRange(); r.selectNodeContents(e.firstChild); r.setStart(e.firstChild, %d);"
    left += " return r.getBoundingClientRect().left; }"
    outer, inner = (
        line(shown, text).locator("code").evaluate(left % (len(text) - len(text.lstrip()))) for text in LINES[1:3]
    )
    assert inner > outer + 20


def test_paper_has_none_of_it(show):
    shown = show()
    shown.emulate_media(media="print")
    assert not shown.locator(".ce-lines").is_visible()


# ------------------------------------------------------------------------------------------------ the built book


@pytest.mark.parametrize("name", ["momentum", "adam"])
def test_in_a_chapter_python_checks_the_order(page, site, name):
    exercise = chapters.exercises()[name]
    with served(site, ALLOWED) as base:
        shown = page(f"book/{exercise.page}.html", base=base, **STILL)
        place = shown.locator(f"[data-exercise={name}]")
        open_lines(place, exercise)

        def checked(source):
            for one in place.locator(".cp-answer .cp-line").all()[::-1]:
                one.click()
            for text in source.strip().split("\n")[1:]:
                place.locator(f".cp-pool .cp-line[data-line={json.dumps(text)}]").first.click()
            place.get_by_role("button", name="Check the order").click()

        checked(exercise.source)
        said = place.locator(".ce-lines .ce-said")
        said.filter(has_text="PASS").wait_for(timeout=60_000)
        assert place.get_attribute("data-passed") is None
        wrong = set(order(shown, ".cp-pool"))
        mutant = next(m for m in exercise.mutants if wrong & set(m.patch(exercise.source).split("\n")))
        checked(mutant.patch(exercise.source))
        said.filter(has_text="NOT YET").wait_for(timeout=60_000)
        assert mutant.message.split("`")[0][:40].strip() in said.inner_text()
