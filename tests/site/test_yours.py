"""The box for the reader's own optimizer, in a real Chromium: typed, it joins the race."""

import inspect
import json
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe

from course_lib import chapters, inpage, questions
from course_lib.chapters.network.experiments import training
from course_lib.explore.yours import FILLS, lines_of
from course_lib.inpage.quick import AFTER, BEFORE, START, brython
from course_lib.optim import SGD, Adam, Momentum, Nesterov

pytestmark = pytest.mark.browser

INPAGE = Path(inspect.getfile(inpage)).parent
PROGRESS = (Path(inspect.getfile(questions)).parent / "js" / "progress.js").read_text("utf-8")
METHOD = (INPAGE / "page" / "method.js").read_text("utf-8")
BOXED = {"/".join(where): make for where, make in chapters.experiments().items() if make().yours}
RACE = next(make for name, make in BOXED.items() if name.endswith("/race"))
#: As much of Python in the page as the box asks for: a worker that reads an update.
PYTHON = """
course.begun = 0;
course.loading = {};
course.load = (name) => course.loading[name] ??= new Promise((onload, failed) => {
  const onerror = () => {
    delete course.loading[name];
    failed(Error(`${name} cannot be loaded`));
  };
  document.head.append(Object.assign(document.createElement("script"), { src: `inpage/${name}`, onload, onerror }));
});
"""
CLIENT = """
course.inpage = (() => {
  let worker, serial = 0;
  const waiting = new Map();
  const begin = async () => {
    course.begun++;
    if (worker) return;
    worker = new Worker(URL.createObjectURL(new Blob([WORKER])));
    worker.onmessage = ({ data }) => waiting.get(data.id)(data);
  };
  const send = (message) => new Promise((done) => {
    waiting.set(++serial, done);
    worker.postMessage({ ...message, id: serial });
  });
  return { begin, send };
})();
"""
ANSWER = "onmessage = ({ data }) => postMessage({ id: data.id, ...pageKinds[data.kind](data) });"
FORBIDDEN = "course.inpage = { begin: () => Promise.reject(Object.assign(new Error('no'), { policy: true })) };"
LOST = """{
  const { begin } = course.inpage;
  let tried = 0;
  course.inpage.begin = () => (tried++ ? begin() : Promise.reject(new Error("the file is lost")));
}"""


@pytest.fixture
def boxed(exhibits, page, reading, tmp_path):
    """A function that opens a page with an experiment, scrolled to, and opens its box unless told otherwise.

    `clock=True`: the test sets the page's clock, in a context of its own.
    """

    def show(experiment, client="", editor="", opened=True, clock=False, **options):
        worker = json.dumps("\n".join([BEFORE, brython(), AFTER, "globalThis.pageKinds = {};", METHOD, START, ANSWER]))
        scripts = {
            "python.js": PROGRESS + PYTHON,
            "client.js": f"const WORKER = {worker};\n{CLIENT}\n{client}",
            "editor.js": editor,
            **{name: (INPAGE / "js" / name).read_text("utf-8") for name in ("update.js", "yours.js")},
        }
        (tmp_path / "inpage").mkdir()
        for name, text in scripts.items():
            (tmp_path / "inpage" / name).write_text(text, encoding="utf-8")
        base = exhibits(experiment, '<script defer src="inpage/python.js"></script>')
        options |= {"base": base, "reduced_motion": "reduce"}
        shown = page("page.html", **options) if clock else reading("page.html", changes=True, **options)
        if opened:
            shown.locator(".cx-yours summary").click()
            shown.locator(".cx-editor").wait_for()
        return shown

    return show


@pytest.fixture
def race(boxed):
    """The same for the race of chapter 3."""
    return lambda **options: boxed(RACE(), **options)


def area(shown):
    return shown.locator(".cx-yours textarea")


def say(shown, words):
    """Wait until the page says words."""
    shown.wait_for_function(
        "words => document.querySelector('.cx-say')?.textContent.replaceAll('\\u00a0', ' ').includes(words)", arg=words
    )


def settle(shown):
    shown.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")


def lines(shown, series):
    """What is drawn of a series: its line in every panel."""
    settle(shown)
    groups = shown.locator(f"g[data-series='{series}']").all()
    return [g.locator("path").first.get_attribute("d") for g in groups if g.is_visible()]


def told(shown, series):
    """The readout of a series, if it is seen."""
    box = shown.locator(".cx-readouts > div", has_text=f"{series}:")
    return box.locator("dd").text_content() if box.is_visible() else None


def type_in(shown, text):
    """Type over what there is, key by key, as a reader does."""
    area(shown).press("Control+A")
    area(shown).press_sequentially(text)


def test_nothing_is_loaded_before_the_box_is_touched(exhibits, page):
    shown = page("page.html", base=exhibits(RACE()))
    shown.locator(".cx-yours").wait_for()
    assert not [address for address in shown.requests if "yours.js" in address]
    assert lines(shown, "Yours") == [] and told(shown, "Yours") is None
    assert not shown.locator("[data-series=Yours]").first.is_visible()


def test_python_starts_at_the_first_touch_and_once(race):
    shown = race()
    assert shown.evaluate("course.begun") == 0 and lines(shown, "Yours") == []
    area(shown).focus()
    say(shown, "self.lr is the slider.")
    assert area(shown).input_value().splitlines()[-1] == lines_of(SGD)
    assert lines(shown, "Yours") == lines(shown, "SGD") != []
    type_in(shown, "x -= self.lr * dx / 2")
    say(shown, "self.lr is the slider.")
    assert shown.evaluate("course.begun") == 1


@pytest.mark.parametrize("method", [Momentum, Nesterov], ids=lambda kind: kind.__name__)
def test_a_method_typed_is_the_one_that_is_built_in(race, method):
    shown = race()
    type_in(shown, lines_of(method))
    say(shown, "Your method keeps v, which begins at 0. self.rho and self.lr are the sliders.")
    assert lines(shown, "Yours") == lines(shown, method.__name__) != []
    assert told(shown, "Yours") == told(shown, method.__name__)
    before = lines(shown, "Yours")
    shown.locator("[data-control=rho]").press("ArrowLeft")
    assert before != lines(shown, "Yours") == lines(shown, method.__name__)
    shown.locator("[data-control=surface][value=saddle]").check()
    assert lines(shown, "Yours") == lines(shown, method.__name__) != []


def test_the_last_good_curve_stays_and_nothing_moves(race):
    shown = race(width=390, height=844, has_touch=True)
    type_in(shown, lines_of(Momentum))
    say(shown, "Your method keeps v")
    drawn, said = lines(shown, "Yours"), told(shown, "Yours")
    place = shown.locator(".cx-controls").bounding_box()
    for text, words in [
        ("v *= self.rho\nv += dx\nx -= self.lr * (v", "line 3: '(' was never closed"),
        ("v = self.rho * v + dx\nx -= self.lr * v", "line 1: v = … makes a new array"),
        ("x -= np.linalg.norm(dx)", "np.linalg.norm is none of NumPy's functions of single elements."),
    ]:
        area(shown).fill(text)
        say(shown, words)
        say(shown, "Yours is still what ran last.")
        assert lines(shown, "Yours") == drawn and told(shown, "Yours") == said
        assert shown.locator(".cx-controls").bounding_box() == place
    area(shown).fill("x -= self.lr * dx")
    say(shown, "self.lr is the slider.")
    assert lines(shown, "Yours") == lines(shown, "SGD")


@pytest.mark.parametrize("name", BOXED)
def test_a_press_fills_in_the_lines_of_a_method(boxed, name):
    shown = boxed(BOXED[name]())
    for kind in FILLS:
        before = lines(shown, "Yours")
        shown.get_by_role("button", name=kind.__name__, exact=True).and_(shown.locator(".cx-fills button")).click()
        say(shown, f"Your method keeps {' and '.join(kind.slots)}" if kind.slots else "A name of your own")
        assert area(shown).input_value() == f"# {kind.__name__}\n{lines_of(kind)}"
        assert before != lines(shown, "Yours") and len(lines(shown, "Yours")) == 2


def test_settings_without_a_slider_are_told(race):
    shown = race()
    area(shown).fill(lines_of(Adam))
    say(shown, "self.beta1 = 0.9, self.beta2 = 0.999, self.correct = True and self.eps = 1e-8.")


def test_what_becomes_no_number_is_told_with_its_reason(race):
    shown = race()
    area(shown).fill("root = np.sqrt(dx)\nx -= self.lr * root")
    say(shown, "In this run root becomes nan: the root of less than 0.")
    area(shown).fill("x -= dx / (self.t - 1)")
    say(shown, "inf: a division by 0.")
    area(shown).fill("x -= 1e9 * dx")
    say(shown, "inf: steps that grow without end.")
    area(shown).fill("x -= self.lr * dx")
    say(shown, "A name of your own")
    area(shown).fill("x -= 1e9 * (")
    say(shown, "was never closed. Yours is still what ran last.")


def test_mine_is_removed_and_may_come_again(race):
    shown = race()
    area(shown).fill("x -= 0.1 * dx")
    say(shown, "A name of your own")
    assert lines(shown, "Yours")
    shown.get_by_role("button", name="Remove mine").click()
    assert lines(shown, "Yours") == [] and told(shown, "Yours") is None
    assert shown.evaluate("document.activeElement.textContent") == "Race your own optimizer"
    assert not area(shown).is_visible() and not shown.locator(".cx-legend [data-series=Yours]").is_visible()
    shown.locator(".cx-yours summary").click()
    area(shown).focus()
    shown.locator(".cx-legend [data-series=Yours]").wait_for()
    assert area(shown).input_value() == "x -= 0.1 * dx"


def test_the_lines_run_again_when_the_box_is_opened_again(race):
    shown = race()
    say(shown, "Your lines run as soon as you touch them.")
    area(shown).fill("x -= 0.1 * dx")
    say(shown, "A name of your own")
    shown.get_by_role("button", name="Remove mine").click()
    shown.locator(".cx-yours summary").click()
    shown.locator(".cx-legend [data-series=Yours]").wait_for()
    assert "as soon as you touch them" not in shown.locator(".cx-say").text_content() and lines(shown, "Yours")


def test_before_python_has_started_the_box_can_be_closed_and_opened(race):
    shown = race()
    for _ in range(2):
        shown.locator(".cx-yours summary").click()
    say(shown, "Your lines run as soon as you touch them.")
    assert shown.evaluate("course.begun") == 0 and lines(shown, "Yours") == []


def test_touching_the_box_in_another_tab_loses_nothing(race):
    shown = race()
    other = shown.context.new_page()
    other.goto(shown.url)
    other.locator(".cx-yours summary").click()
    area(other).wait_for()
    area(shown).fill("x -= self.lr * dx / 3")
    area(other).focus()
    say(other, "self.lr is the slider.")
    assert area(shown).input_value() == area(other).input_value() == "x -= self.lr * dx / 3"
    assert "x -= self.lr * dx / 3" in other.evaluate("Object.values(localStorage)")


def test_a_name_that_keeps_nothing_is_told(race):
    shown = race()
    area(shown).fill("v = 0\nv += dx\nx -= self.lr * v")
    say(shown, "Line 1 sets v to 0 at each step, so v keeps nothing: leave that line out.")
    assert lines(shown, "Yours") == lines(shown, "SGD")


def test_lines_that_are_too_long_for_the_page_are_told(race):
    shown = race()
    area(shown).fill(f"x -= {'(' * 20_000}dx{')' * 20_000}")
    say(shown, "The page cannot read lines that are this long or deep.")


def test_the_keys_are_told_and_go_as_the_eye_does(race):
    shown = race()
    assert shown.get_by_text("Tab indents; Escape, then Tab, leaves the editor.").is_visible()
    shown.locator(".cx-yours summary").focus()
    order = []
    for _ in range(2):
        shown.keyboard.press("Tab")
        order.append(shown.evaluate("document.activeElement.textContent"))
    assert order == ["Remove mine", "SGD"]


def test_without_its_scripts_the_box_says_so_and_tries_again(boxed, tmp_path):
    shown = boxed(RACE(), opened=False)
    script, away = tmp_path / "inpage/yours.js", tmp_path / "yours.js"
    script.rename(away)
    summary = shown.locator(".cx-yours summary")
    summary.click()
    say(shown, "yours.js cannot be loaded: close this box and open it again to try once more.")
    away.rename(script)
    summary.click()
    summary.click()
    shown.locator(".cx-editor").wait_for()
    assert shown.locator(".cx-editor").count() == shown.locator(".cx-say").count() == 1
    shown.console.clear()


def test_a_mistake_is_said_when_the_reader_rests(race):
    shown = race(clock=True)
    area(shown).fill("x -= self.lr * dx")
    say(shown, "self.lr is the slider.")
    shown.evaluate("""() => {
      const { send } = course.inpage;
      course.answered = course.written = 0;
      course.inpage.send = async (message) => {
        const answer = await send(message);
        setTimeout(() => course.answered++); // once the page has read it
        return answer;
      };
      const count = (changes) => (course.written += changes.length);
      new MutationObserver(count).observe(document.querySelector(".cx-say"), { childList: true });
    }""")
    good = shown.locator(".cx-say").text_content()
    area(shown).press_sequentially(" / 20")  # a mistake in between, "… /"
    shown.wait_for_function("course.answered === 5")
    shown.clock.install(time=0)
    shown.clock.pause_at(1000)

    def said_after(milliseconds):
        shown.clock.run_for(milliseconds)
        return shown.locator(".cx-say").text_content(), shown.locator(".cx-yours").get_attribute("data-state")

    def answered(text):
        count = shown.evaluate("course.answered")
        area(shown).fill(text)
        while shown.evaluate("course.answered") == count:
            shown.clock.run_for(0)

    answered("x -= self.lr * (")
    assert said_after(699) == (good, "")
    answered("x -= self.lr * (dx")
    assert said_after(699) == (good, "")
    words, state = said_after(1)
    assert "'(' was never closed" in words and state == "wrong"
    assert shown.evaluate("course.written") == 1
    answered("x -= self.lr * (dx)")
    assert said_after(0) == (good, ""), "what is right is shown at once"


def test_what_a_browser_does_not_keep_is_said(race):
    shown = race()
    shown.evaluate("void (Storage.prototype.setItem = () => { throw new Error('full'); })")
    area(shown).fill("x -= self.lr * dx / 3")
    shown.get_by_text("This browser keeps nothing: copy your code before you leave.").wait_for()


@pytest.mark.parametrize("editor", ["", (INPAGE / "js" / "editor.js").read_text("utf-8")], ids=["plain", "editor"])
def test_a_click_on_the_label_leads_to_the_editor(race, editor):
    shown = race(editor=editor)
    field = shown.locator(".cx-editor").locator(".cm-content" if editor else "textarea")
    area(shown).focus()
    field.wait_for()
    shown.locator(".cx-yours summary").focus()
    shown.get_by_text("Each step, with the point").click()
    assert field.evaluate("e => document.activeElement === e")


def test_what_was_typed_is_there_after_a_reload(race):
    shown = race()
    area(shown).fill("x -= self.lr * dx / 3")
    say(shown, "self.lr is the slider.")
    shown.reload()
    shown.locator(".cx-yours summary").click()
    assert area(shown).input_value() == "x -= self.lr * dx / 3"


def test_a_policy_that_forbids_python_is_told(race):
    shown = race(client=FORBIDDEN)
    area(shown).focus()
    say(shown, "Your site’s policy forbids Python in the page; in JupyterLab or Colab, race(mine=…) does it.")
    assert lines(shown, "Yours") == [] and told(shown, "Yours") is None


def test_after_a_failed_start_the_next_touch_tries_again(race):
    shown = race(client=LOST)
    area(shown).focus()
    say(shown, "Python could not start: the file is lost")
    area(shown).fill("x -= self.lr * dx")
    say(shown, "self.lr is the slider.")
    assert lines(shown, "Yours")


def test_the_editor_takes_the_place_of_the_plain_field(race):
    shown = race(editor=(INPAGE / "js" / "editor.js").read_text("utf-8"))
    place = shown.locator(".cx-controls").bounding_box(), shown.locator(".cx-say").bounding_box()
    area(shown).focus()
    editor = shown.locator(".cx-editor .cm-content")
    editor.wait_for()
    say(shown, "self.lr is the slider.")
    assert shown.locator(".cx-say").bounding_box()["height"] == place[1]["height"]
    editor.press("Control+A")
    shown.keyboard.type("v *= self.rho\nv += dx\nx -= self.lr * v")
    say(shown, "Your method keeps v")
    assert lines(shown, "Yours") == lines(shown, "Momentum")
    shown.locator(".cx-fills").get_by_role("button", name="Nesterov").click()
    say(shown, "Your method keeps v")
    assert lines(shown, "Yours") == lines(shown, "Nesterov")
    assert editor.inner_text().startswith("# Nesterov")


def test_a_slider_keeps_every_frame_beside_the_longest_method(race):
    """The longest of the fills on the longest run."""
    shown = race()
    shown.locator("[data-control=surface][value=rosenbrock]").check()
    area(shown).fill(lines_of(Adam))
    say(shown, "Your method keeps m and v")
    late = shown.locator("[data-control=rho]").evaluate("""async (slider) => {
        const root = slider.closest(".cx"), frame = () => new Promise(requestAnimationFrame);
        let late = 0;
        for (let i = 0; i < 20; i++) {
          await frame();
          const before = root.dataset.draws;
          slider.value = 2 * i;
          slider.dispatchEvent(new Event("input", { bubbles: true }));
          await frame();
          if (root.dataset.draws === before) late++;
        }
        return late;
    }""")
    assert late == 0


@pytest.mark.parametrize("width", [390, 320])
def test_the_box_fits_a_phone(race, width):
    shown = race(width=width, height=844, has_touch=True, is_mobile=True)
    area(shown).fill(lines_of(Adam))
    say(shown, "Your method keeps m and v")
    assert shown.evaluate("document.scrollingElement.scrollWidth") <= width
    assert area(shown).evaluate("e => parseFloat(getComputedStyle(e).fontSize)") >= 16  # or the phone zooms in
    for button in shown.locator(".cx-yours button, .cx-yours summary").all():
        assert button.bounding_box()["height"] >= 32


@pytest.mark.parametrize("editor", ["", (INPAGE / "js" / "editor.js").read_text("utf-8")], ids=["plain", "editor"])
def test_the_box_is_accessible(race, editor):
    shown = race(editor=editor)
    area(shown).focus()
    say(shown, "self.lr is the slider.")
    shown.locator(".cx-editor").locator(".cm-content" if editor else "textarea").fill("x = dx")
    say(shown, "makes a new array")
    shown.evaluate(Axe().axe_script)
    found = shown.evaluate("axe.run('.cx', { preload: false, resultTypes: ['violations'] })")
    assert [(v["id"], v["nodes"][0]["html"]) for v in found["violations"]] == []


@pytest.mark.parametrize("name", BOXED)
def test_on_the_built_page_it_is_loaded_when_opened_and_styled(reading, name):
    shown = reading(f"book/{BOXED[name].page}.html", changes=True, reduced_motion="reduce")
    experiment = shown.locator(f"[data-course-experiment={name.split('/')[1]}]").first
    experiment.evaluate("e => e.scrollIntoView()")
    experiment.locator(".cx-yours").wait_for(state="attached")
    assert not [address for address in shown.requests if "yours.js" in address]
    experiment.locator(".cx-yours").evaluate("e => { e.open = true; }")
    field = experiment.locator(".cx-yours textarea")
    field.wait_for(state="attached")
    assert len([address for address in shown.requests if "inpage/yours.js?v=" in address]) == 1
    assert field.evaluate("e => [getComputedStyle(e).display, getComputedStyle(e).resize]") == ["block", "vertical"]
    panels, box = experiment.locator(".cx-panels").bounding_box(), field.bounding_box()
    assert box["y"] + box["height"] - panels["y"] < 740, "whoever types sees the curves"


# ---------------------------------------------------------------- a network that is trained in parts


def trained(shown):
    """Wait until the reader's line has all epochs."""
    shown.wait_for_function(
        "document.querySelector(`g[data-series='Yours'] path`)?.getAttribute('d')?.split('L').length === 21"
    )


@pytest.mark.parametrize(("method", "lr"), [(SGD, 0.5), (Momentum, 0.1), (Adam, 0.01)])
def test_a_network_is_trained_by_a_method_typed_as_by_the_one_that_is_built_in(boxed, method, lr):
    shown = boxed(training(lr=lr))
    assert not shown.locator("[data-control=lr]").is_visible()  # the slider is for the reader's method alone
    area(shown).fill(lines_of(method))
    say(shown, "self.lr is the slider.")
    assert shown.locator("[data-control=lr]").is_visible()
    trained(shown)
    assert lines(shown, "Yours") == lines(shown, method.__name__) != []
    numbers = [
        shown.locator(".cx-readouts > div", has_text=f"{name}:").locator("dd").all_text_contents()
        for name in ("Yours", method.__name__)
    ]
    assert numbers[0] == numbers[1] and len(numbers[0]) == 2


def test_the_last_training_stays_and_goes(boxed):
    shown = boxed(training())
    area(shown).fill("x -= self.lr * dx")
    say(shown, "self.lr is the slider.")
    trained(shown)
    before = lines(shown, "Yours")
    area(shown).fill("x -= self.lr * (dx")
    say(shown, "'(' was never closed. Yours is still what ran last.")
    settle(shown)
    assert lines(shown, "Yours") == before != []
    area(shown).fill("x -= self.lr / 0 * dx")
    say(shown, "In this run x becomes")
    shown.get_by_role("button", name="Remove mine").click()
    settle(shown)
    assert lines(shown, "Yours") == [] and not shown.locator("[data-control=lr]").is_visible()
